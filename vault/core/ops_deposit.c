/*
 * deposit.*: records of a body -> core/inflow.h. What became of each file goes back in the answer
 * to the message that ended it, so a depositor sees every file and nothing is remembered here.
 */
#include <stdio.h>

#include "core/inflow.h"
#include "core/ops_in.h"
#include "store/manifest.h"

static int need(struct sr_x *x, struct sr_err *e) {
	if (x->session->deposit == NULL)
		return sr_fail(
			e, SR_USAGE, "no deposit is under way on this connection: begin one");
	return 0;
}

/* One accession is deposited by one connection at a time: a resume of it meanwhile would write the
 * same items, and the abort of one would remove what the other has. */
static bool under_way(const struct sr_core *c, const uint8_t accession[SR_ID]) {
	for (size_t i = 0; i < c->deposits; i++) {
		if (memcmp(c->depositing[i], accession, SR_ID) == 0)
			return true;
	}
	return false;
}

static void no_longer(struct sr_core *c, const uint8_t accession[SR_ID]) {
	size_t i = 0;
	while (i + 1 < c->deposits && memcmp(c->depositing[i], accession, SR_ID) != 0)
		i++;
	c->deposits--;
	memmove(c->depositing[i], c->depositing[c->deposits], SR_ID);
}

int sr_inflow_begin(struct sr_x *x, const struct sr_inflow_options *o, struct sr_err *e) {
	if (x->session->deposit != NULL)
		return sr_fail(e, SR_LOCKED,
			"a deposit is under way on this connection: finish or abort it");
	if (x->core->deposits >= SR_DEPOSITS_MAX)
		return sr_fail(e, SR_LOCKED,
			"%d deposits are under way, more would not fit memory: try again later",
			SR_DEPOSITS_MAX);
	if (o->resume != NULL && under_way(x->core, o->resume))
		return sr_fail(e, SR_LOCKED,
			"this accession is being deposited on another connection: wait for its "
			"end, then resume");
	int rc = sr_inflow_new(&x->session->deposit, x->vault, o, e);
	if (rc != 0)
		return rc;
	memcpy(x->core->depositing[x->core->deposits++], sr_inflow_accession(x->session->deposit),
		SR_ID);
	sr_text_put_hex(&x->r->head, "accession", sr_inflow_accession(x->session->deposit), SR_ID);
	return 0;
}

int sr_inflow_drop(struct sr_x *x, struct sr_err *e) {
	struct sr_inflow *s = x->session->deposit;
	no_longer(x->core, sr_inflow_accession(s));
	x->session->deposit = NULL;
	return sr_inflow_abort(s, e);
}

int sr_op_deposit_begin(struct sr_x *x, struct sr_err *e) {
	uint8_t collection[SR_ID], resume[SR_ID];
	struct sr_collection_row row = {0};
	if (!sr_in_id(x, "collection", collection))
		return sr_fail(e, SR_MISUSE, "deposit.begin without a collection");
	int rc = sr_query_collection(&row, x->catalogue, collection, e);
	sr_collection_row_free(&row);
	if (rc != 0)
		return sr_wrap(e, "deposit");
	const struct sr_inflow_options o = {.collection = collection,
		.depositor = x->caller.person,
		.resume = sr_in_id(x, "resume", resume) ? resume : NULL};
	return sr_inflow_begin(x, &o, e);
}

static int get_file(struct sr_ingest_file *f, struct sr_reader *in, struct sr_err *e) {
	uint8_t kind = 0;
	uint64_t seconds = 0;
	int rc = sr_get_u8(in, &kind, e);
	if (rc == 0)
		rc = sr_get_le64(in, &seconds, e);
	if (rc == 0)
		rc = sr_get_le32(in, &f->mtime_ns, e);
	if (rc == 0)
		rc = sr_get_le64(in, &f->size_expected, e);
	if (rc == 0)
		rc = sr_get_lp(in, &f->path, SR_PATH_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(in, &f->media_type, SR_MEDIA_TYPE_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(in, &f->note, SR_FILE_NOTE_MAX, e);
	if (rc == 0 && (kind < SR_FILE_REGULAR || kind > SR_FILE_UNREADABLE))
		rc = sr_fail(e, SR_CORRUPT, "file of kind %u, want %d to %d", kind, SR_FILE_REGULAR,
			SR_FILE_UNREADABLE);
	f->kind = (enum sr_file_kind)kind;
	f->mtime_s = (int64_t)seconds;
	return rc;
}

/* Do the records that follow bring the whole file? Then ${in} moves behind it. */
static bool all_here(struct sr_reader *in, struct sr_bytes *records, struct sr_bytes *broken) {
	struct sr_reader r = *in;
	const size_t from = r.pos;
	struct sr_bytes v = {0};
	uint8_t tag = 0;
	size_t to;
	do {
		to = r.pos;
		if (sr_get_u8(&r, &tag, NULL) != 0)
			return false;
	} while (tag == 'D' && sr_get_lp(&r, &v, SR_CALL_BODY_MAX, NULL) == 0);
	*broken = sr_bytes_of(NULL, 0);
	if (tag == 'X' && sr_get_lp(&r, broken, SR_FILE_NOTE_MAX, NULL) != 0)
		return false;
	*records = sr_bytes_of(in->in.p + from, to - from);
	*in = r;
	return tag == 'E' || tag == 'X';
}

static int put_file(struct sr_inflow *s, struct sr_reader *in, struct sr_err *e) {
	struct sr_ingest_file f = {0};
	struct sr_bytes records = {0}, broken = {0};
	struct sr_reader at;
	int rc = get_file(&f, in, e);
	if (rc != 0)
		return rc;
	at = *in;
	if (!all_here(&at, &records, &broken))
		return sr_inflow_file(s, &f, e);
	*in = at;
	return sr_inflow_whole(s, &f, records, broken, e);
}

static int put_record(struct sr_inflow *s, uint8_t tag, struct sr_reader *in, struct sr_err *e) {
	struct sr_bytes v = {0};
	int rc = 0;
	switch (tag) {
	case 'I':
		rc = sr_get_lp(in, &v, SR_LIST_TITLE_MAX, e);
		return rc == 0 ? sr_inflow_item_begin(s, v, e) : rc;
	case 'F':
		return put_file(s, in, e);
	case 'D':
		rc = sr_get_lp(in, &v, SR_CALL_BODY_MAX, e);
		return rc == 0 ? sr_inflow_feed(s, v, e) : rc;
	case 'E':
		return sr_inflow_file_end(s, v, e);
	case 'X':
		rc = sr_get_lp(in, &v, SR_FILE_NOTE_MAX, e);
		return rc == 0 ? sr_inflow_file_end(s, v, e) : rc;
	case 'J':
		return sr_inflow_item_end(s, e);
	default:
		return sr_fail(e, SR_CORRUPT, "record 0x%02x, want one of I F D E X J", tag);
	}
}

int sr_op_deposit_put(struct sr_x *x, struct sr_err *e) {
	struct sr_reader in;
	size_t n = 0;
	sr_reader_init(&in, sr_in_body(x));
	int rc = need(x, e);
	while (rc == 0 && sr_reader_left(&in) > 0) {
		uint8_t tag = 0;
		rc = sr_get_u8(&in, &tag, e);
		if (rc == 0)
			rc = put_record(x->session->deposit, tag, &in, e);
		n++;
	}
	if (rc != 0 && n > 0)
		rc = sr_wrap(e, "deposit: record %zu of this message", n);
	if (x->session->deposit != NULL) {
		sr_inflow_results(x->session->deposit, &x->r->body);
		x->keep_body = true;
	}
	return rc;
}

static void put_count_root(
	struct sr_buf *head, const char *key, uint64_t count, const uint8_t root[SR_HASH]) {
	char hex[2 * SR_HASH + 1];
	sr_hex(hex, root, SR_HASH);
	sr_text_putf(head, key, "%llu %s", (unsigned long long)count, hex);
}

int sr_op_deposit_finish(struct sr_x *x, struct sr_err *e) {
	struct sr_deposit_sign sign;
	struct sr_buf *head = &x->r->head;
	memset(&sign, 0, sizeof sign);
	int rc = need(x, e);
	if (rc == 0)
		rc = sr_inflow_finish(x->session->deposit, &sign, e);
	if (rc != 0)
		return rc;
	sr_text_put_hex(head, "accession", sign.accession, SR_ID);
	sr_text_put_hex(head, "collection", sign.collection, SR_ID);
	put_count_root(head, "items", sign.items, sign.items_root);
	put_count_root(head, "files", sign.files, sign.files_root);
	sr_text_put_dec(head, "bytes", sign.bytes);
	sr_text_put_hex(head, "list", sign.list_id, SR_HASH);
	sr_buf_put(&x->r->body, sign.list_salt, SR_SALT);
	sr_buf_put_bytes(&x->r->body, sign.list);
	return 0;
}

int sr_op_deposit_abort(struct sr_x *x, struct sr_err *e) {
	int rc = need(x, e);
	if (rc != 0)
		return rc;
	return sr_inflow_drop(x, e);
}

int sr_inflow_submission(struct sr_session *s, const uint8_t accession[SR_ID],
	struct sr_submission *sub, struct sr_err *e) {
	if (s->deposit == NULL || memcmp(sr_inflow_accession(s->deposit), accession, SR_ID) != 0)
		return sr_fail(e, SR_USAGE,
			"accession: this connection has not deposited it; "
			"resume it and finish first");
	return sr_inflow_hooks(s->deposit, sub, e);
}

void sr_inflow_end(struct sr_core *c, struct sr_session *s) {
	if (s->deposit == NULL)
		return;
	no_longer(c, sr_inflow_accession(s->deposit));
	sr_inflow_free(s->deposit);
	s->deposit = NULL;
}
