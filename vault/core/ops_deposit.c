/*
 * deposit.*: records of a body -> core/inflow.h. What became of each file goes back in the answer
 * to the message that ended it, so a depositor sees every file and nothing is remembered here.
 */
#include <stdio.h>

#include "core/inflow.h"
#include "core/ops_in.h"
#include "intake/recipient.h"
#include "store/manifest.h"

static unsigned silent_ms(const struct sr_core *c) {
	return c->silent_ms != 0 ? c->silent_ms : SR_DEPOSIT_SILENT_MS;
}

static int gave_way(const struct sr_session *s, struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	sr_hex(hex, s->gave_up, SR_ID);
	return sr_fail(e, SR_LOCKED,
		"accession %s brought nothing for a while and others waited, so it was ended; "
		"what came is kept: deposit it again with --resume %s",
		hex, hex);
}

static int need(struct sr_x *x, struct sr_err *e) {
	if (x->session->deposit != NULL)
		return 0;
	if (x->session->gave_way)
		return gave_way(x->session, e);
	return sr_fail(e, SR_USAGE, "no deposit is under way on this connection: begin one");
}

/* One accession is deposited by one connection at a time: a resume of it meanwhile would write the
 * same items, and the abort of one would remove what the other has. */
static bool under_way(const struct sr_core *c, const uint8_t accession[SR_ID]) {
	for (size_t i = 0; i < c->deposits; i++) {
		const struct sr_inflow *s = c->depositing[i].session->deposit;
		if (memcmp(sr_inflow_accession(s), accession, SR_ID) == 0)
			return true;
	}
	return false;
}

static struct sr_deposit_place *place_of(struct sr_core *c, const struct sr_session *s) {
	for (size_t i = 0; i < c->deposits; i++) {
		if (c->depositing[i].session == s)
			return &c->depositing[i];
	}
	return NULL;
}

static void take_place(struct sr_x *x) {
	struct sr_deposit_place *p = &x->core->depositing[x->core->deposits++];
	p->session = x->session;
	snprintf(p->person, sizeof p->person, "%s", x->caller.person);
	p->heard_ms = sr_mono_ms();
	x->session->gave_way = false;
}

static void leave_place(struct sr_core *c, const struct sr_session *s) {
	struct sr_deposit_place *p = place_of(c, s);
	if (p != NULL)
		*p = c->depositing[--c->deposits];
}

static int check_share(const struct sr_x *x, struct sr_err *e) {
	int mine = 0;
	for (size_t i = 0; i < x->core->deposits; i++)
		mine += strcmp(x->core->depositing[i].person, x->caller.person) == 0 ? 1 : 0;
	if (mine < SR_DEPOSITS_PERSON)
		return 0;
	return sr_fail(e, SR_LOCKED,
		"%d deposits of %s are under way on other connections, %d at most: finish or "
		"abort one",
		mine, x->caller.person, SR_DEPOSITS_PERSON);
}

/* Somebody who sits on a place and brings nothing gives it to who waits: ${*silent}, NULL while
 * there are places. */
static int find_place(struct sr_session **silent, const struct sr_core *c, struct sr_err *e) {
	const uint64_t now = sr_mono_ms();
	const struct sr_deposit_place *p = &c->depositing[0];
	*silent = NULL;
	if (c->deposits < SR_DEPOSITS_MAX)
		return 0;
	for (size_t i = 1; i < c->deposits; i++) {
		if (c->depositing[i].heard_ms < p->heard_ms)
			p = &c->depositing[i];
	}
	if (now - p->heard_ms < silent_ms(c))
		return sr_fail(e, SR_LOCKED,
			"%d deposits are under way, more would not fit memory, and each brought "
			"something in the last %u s: try again later",
			SR_DEPOSITS_MAX, (silent_ms(c) + 999) / 1000);
	*silent = p->session;
	return 0;
}

static void give_way(struct sr_core *c, struct sr_session *s) {
	memcpy(s->gave_up, sr_inflow_accession(s->deposit), SR_ID);
	sr_inflow_end(c, s);
	s->gave_way = true;
}

/* A resume of what is not there begins anew where there is room; nobody's deposit ends for it. */
static int check_kept(struct sr_x *x, const uint8_t accession[SR_ID], struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	bool kept = false;
	int rc = sr_deposit_kept(&kept, x->vault, accession, e);
	if (rc != 0 || kept)
		return rc;
	sr_hex(hex, accession, SR_ID);
	return sr_fail(e, SR_LOCKED,
		"%d deposits are under way, and nothing of accession %s is kept that could be "
		"resumed: deposit it without --resume, or try again later",
		SR_DEPOSITS_MAX, hex);
}

int sr_inflow_begin(struct sr_x *x, const struct sr_inflow_options *o, struct sr_err *e) {
	struct sr_session *silent = NULL;
	if (x->session->deposit != NULL)
		return sr_fail(e, SR_LOCKED,
			"a deposit is under way on this connection: finish or abort it");
	int rc = check_share(x, e);
	if (rc != 0)
		return rc;
	if (o->resume != NULL && under_way(x->core, o->resume))
		return sr_fail(e, SR_LOCKED,
			"this accession is being deposited on another connection: wait for its "
			"end, then resume");
	rc = find_place(&silent, x->core, e);
	if (rc == 0 && silent != NULL && o->resume != NULL)
		rc = check_kept(x, o->resume, e);
	/* Only what really begins ends another's: until then there is one more than there are
	 * places. */
	if (rc == 0)
		rc = sr_inflow_new(&x->session->deposit, x->vault, o, e);
	if (rc != 0)
		return rc;
	if (silent != NULL)
		give_way(x->core, silent);
	take_place(x);
	sr_text_put_hex(&x->r->head, "accession", sr_inflow_accession(x->session->deposit), SR_ID);
	return 0;
}

int sr_inflow_drop(struct sr_x *x, struct sr_err *e) {
	struct sr_inflow *s = x->session->deposit;
	leave_place(x->core, x->session);
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
	for (size_t i = 0; rc == 0 && i < f->media_type.len; i++)
		if (f->media_type.p[i] < 0x20 || f->media_type.p[i] > 0x7e)
			rc = sr_fail(e, SR_CORRUPT, "a media type with byte 0x%02x, want ASCII",
				f->media_type.p[i]);
	f->kind = (enum sr_file_kind)kind;
	f->mtime_s = (int64_t)seconds;
	/* What only the vault says of a file is not believed when a deposit says it. */
	if (rc == 0 && sr_media_type_is_ours(f->media_type))
		f->media_type = sr_bytes_of(NULL, 0);
	return rc;
}

/* Do the records that follow bring the whole file? Then ${in} moves behind it; ${*end} is the last
 * one's tag. */
static bool all_here(
	struct sr_reader *in, struct sr_bytes *records, struct sr_bytes *broken, uint8_t *end) {
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
	*end = tag;
	return tag == 'E' || tag == 'C' || tag == 'X';
}

static int put_file(struct sr_inflow *s, struct sr_reader *in, struct sr_err *e) {
	struct sr_ingest_file f = {0};
	struct sr_bytes records = {0}, broken = {0};
	struct sr_reader at;
	uint8_t end = 0;
	int rc = get_file(&f, in, e);
	if (rc != 0)
		return rc;
	at = *in;
	if (!all_here(&at, &records, &broken, &end))
		return sr_inflow_file(s, &f, e);
	*in = at;
	f.changed = end == 'C';
	return sr_inflow_whole(s, &f, records, broken, e);
}

static int put_record(struct sr_inflow *s, uint8_t tag, struct sr_reader *in, struct sr_err *e) {
	struct sr_bytes v = {0};
	int rc = 0;
	switch (tag) {
	case 'I':
		rc = sr_get_lp(in, &v, SR_LIST_TITLE_MAX, e);
		return rc == 0 ? sr_inflow_item_begin(s, v, e) : rc;
	case 'A':
		return sr_inflow_age(s, e);
	case 'F':
		return put_file(s, in, e);
	case 'D':
		rc = sr_get_lp(in, &v, SR_CALL_BODY_MAX, e);
		return rc == 0 ? sr_inflow_feed(s, v, e) : rc;
	case 'E':
		return sr_inflow_file_end(s, v, e);
	case 'C':
		sr_inflow_changed(s);
		return sr_inflow_file_end(s, v, e);
	case 'X':
		rc = sr_get_lp(in, &v, SR_FILE_NOTE_MAX, e);
		return rc == 0 ? sr_inflow_file_end(s, v, e) : rc;
	case 'J':
		return sr_inflow_item_end(s, e);
	default:
		return sr_fail(e, SR_CORRUPT, "record 0x%02x, want one of I A F D E C X J", tag);
	}
}

/* An empty or refused message holds no place. */
static void heard(struct sr_x *x) {
	struct sr_deposit_place *p = place_of(x->core, x->session);
	if (p != NULL)
		p->heard_ms = sr_mono_ms();
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
	if (rc == 0 && n > 0)
		heard(x);
	if (x->session->deposit != NULL) {
		sr_inflow_results(x->session->deposit, &x->r->body);
		x->keep_body = true;
	}
	return rc;
}

int sr_op_intake_recipient(struct sr_x *x, struct sr_err *e) {
	uint8_t sig[SR_SIG];
	int rc = sr_intake_recipient_sign(&x->r->body, sig, x->vault, e);
	if (rc == 0)
		sr_text_put_base64(&x->r->head, "signature", sig, SR_SIG);
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
	heard(x);
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
	if (s->deposit == NULL && s->gave_way && memcmp(s->gave_up, accession, SR_ID) == 0)
		return gave_way(s, e);
	if (s->deposit == NULL || memcmp(sr_inflow_accession(s->deposit), accession, SR_ID) != 0)
		return sr_fail(e, SR_USAGE,
			"accession: this connection has not deposited it; "
			"resume it and finish first");
	return sr_inflow_hooks(s->deposit, sub, e);
}

void sr_inflow_end(struct sr_core *c, struct sr_session *s) {
	if (s->deposit == NULL)
		return;
	leave_place(c, s);
	sr_inflow_free(s->deposit);
	s->deposit = NULL;
}
