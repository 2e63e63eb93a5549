/*
 * Sealing the items of a grant anew. See client.h; room/reseal.c does it.
 *
 * For each item that was not sealed since the grant: checkout of right reseal (or the live one that
 * a broken call left), proof of everything as for a reader, record keys to the room, and then the
 * statement `reseal` in the log: of this grant and item, not to a lower level, under the key that
 * the board has.
 */
#include "core/client_in.h"

struct work {
	struct sr_client *c;
	const struct sr_resealing *r;
	uint64_t granted; /* entry of the grant */
};

/* A checkout of right reseal for the item under this grant: what is live, or a new one. */
static int borrow(
	struct work *w, const uint8_t item[SR_ID], uint8_t checkout[SR_ID], struct sr_err *e) {
	const struct sr_borrow b = {
		.item = item, .grant = w->r->grant, .right = "reseal", .form = "none"};
	struct sr_submitted out = {0};
	struct sr_call q, r;
	struct sr_rows rows = {0};
	uint64_t entry = 0;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "checkouts");
	sr_text_put(&q.head, "live", "yes");
	sr_text_put_hex(&q.head, "item", item, SR_ID);
	sr_text_put_hex(&q.head, "grant", w->r->grant, SR_ID);
	rc = sr_client_rows(w->c, &q, &r, &rows, e);
	if (rc == 0 && rows.count > 0) {
		rc = sr_row_get_id(checkout, SR_ID, &rows.rows[0], "id", e);
		if (rc == 0)
			rc = sr_row_get_dec(&entry, &rows.rows[0], "entry", e);
		if (rc == 0)
			rc = sr_client_prove_entries(w->c, &entry, 1, e);
	} else if (rc == 0) {
		rc = sr_client_borrow(w->c, &b, checkout, &out, e);
	}
	sr_submitted_free(&out);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* Is ${epoch} one that has the key which the board of the grant has now, as the log proves it? */
static int prove_key(struct work *w, uint64_t epoch, struct sr_err *e) {
	const struct sr_proofs *p = &w->c->proofs;
	const struct sr_proven *grant;
	uint8_t request[SR_ID], board[SR_ID];
	char hex[2 * SR_ID + 1];
	uint64_t version = 0, newest = 0;
	int rc;

	sr_hex(hex, w->r->grant, SR_ID);
	grant = sr_proofs_find(p, SR_T_GRANT, "grant", sr_bytes_str(hex), 0);
	rc = sr_proofs_need(grant, "grant", e);
	if (rc == 0)
		rc = sr_field_id(request, &grant->entry.statement, "request", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&version, &grant->entry.statement, "version", 0, e);
	if (rc == 0)
		rc = sr_client_request_board(board, w->c, request, version, e);
	if (rc != 0)
		return rc;
	for (const struct sr_known_board *b; (b = sr_proofs_board(p, board, newest + 1)) != NULL &&
					     (newest == 0 || b->opened != 0);)
		newest++;
	if (epoch > newest || sr_proofs_base(p, board, epoch) != sr_proofs_base(p, board, newest))
		return sr_fail(e, SR_AUTH,
			"it is sealed under the key of epoch %llu, which is not that of the board",
			(unsigned long long)epoch);
	return 0;
}

/* The statement that the vault says it made. */
static int prove(struct work *w, const uint8_t item[SR_ID], uint64_t entry, uint64_t old_level,
	uint64_t told[2], struct sr_err *e) {
	uint8_t id[SR_ID], grant[SR_ID];
	const struct sr_proven *pr = NULL;
	uint64_t epoch = 0;
	char hex[2 * SR_ID + 1];
	int rc = sr_client_prove_entries(w->c, &entry, 1, e);

	sr_hex(hex, item, SR_ID);
	for (size_t n = 0; rc == 0; n++) {
		pr = sr_proofs_find(&w->c->proofs, SR_T_RESEAL, "item", sr_bytes_str(hex), n);
		if (pr == NULL || pr->index == entry)
			break;
	}
	if (rc == 0)
		rc = sr_proofs_need(pr, "reseal", e);
	if (rc != 0)
		return rc;
	const struct sr_statement *s = &pr->entry.statement;
	rc = sr_field_id(id, s, "item", 0, e);
	if (rc == 0)
		rc = sr_field_id(grant, s, "grant", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&told[0], s, "number", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&told[1], s, "level", 0, e);
	if (rc == 0 && (memcmp(id, item, SR_ID) != 0 || memcmp(grant, w->r->grant, SR_ID) != 0 ||
			       told[1] < old_level))
		rc = sr_fail(e, SR_AUTH,
			"entry %llu is not the reseal that was asked for (item, grant or level)",
			(unsigned long long)entry);
	if (rc == 0)
		rc = sr_field_dec(&epoch, s, "epoch", 0, e);
	return rc == 0 ? prove_key(w, epoch, e) : rc;
}

static int seal_one(
	struct work *w, const uint8_t item[SR_ID], uint64_t old_level, struct sr_err *e) {
	uint8_t checkout[SR_ID];
	uint64_t entry = 0, told[2] = {0, 0};
	struct sr_call r;
	char hex[2 * SR_ID + 1];
	int rc = borrow(w, item, checkout, e);

	sr_call_init(&r);
	if (rc == 0)
		rc = sr_client_lend(w->c, checkout, "reseal", &r, e);
	if (rc == 0)
		rc = sr_parse_dec(&entry, sr_text_get(&r.text, "entry"), INT64_MAX, e);
	if (rc == 0)
		rc = prove(w, item, entry, old_level, told, e);
	if (rc == 0 && w->r->told != NULL && w->r->told(w->r->ctx, item, told[0], told[1]) != 0)
		rc = sr_fail(e, SR_LOCKED, "stopped on request");
	sr_hex(hex, item, SR_ID);
	SR_NAMED(rc, e, "item %.12s", hex);
	sr_call_free(&r);
	return rc;
}

/* Not sealed anew since the grant, and still there: released, or held, for a new key. */
static int is_left(const struct work *w, const struct sr_row *row, bool *out, struct sr_err *e) {
	uint64_t sealed = 0;
	int rc = sr_row_get_dec(&sealed, row, "seal-entry", e);

	*out = rc == 0 && sealed < w->granted &&
	       !sr_bytes_eq(sr_row_get(row, "state"), sr_bytes_str("destroyed"));
	return rc;
}

static int seal_all(struct work *w, const struct sr_rows *rows, size_t *left, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < rows->count && rc == 0; i++) {
		const struct sr_row *row = &rows->rows[i];
		uint8_t item[SR_ID];
		uint64_t level = 0;
		bool todo = false;

		if (!sr_row_is(row, "item"))
			continue;
		rc = is_left(w, row, &todo, e);
		if (rc != 0 || !todo)
			continue;
		++*left;
		rc = sr_row_get_id(item, SR_ID, row, "id", e);
		if (rc == 0)
			rc = sr_row_get_dec(&level, row, "level", e);
		if (rc == 0)
			rc = seal_one(w, item, level, e);
		if (rc == 0)
			--*left;
	}
	return rc;
}

int sr_client_reseal(
	struct sr_client *c, const struct sr_resealing *r, size_t *left, struct sr_err *e) {
	struct work w = {.c = c, .r = r};
	struct sr_call q, a;
	struct sr_rows rows = {0};
	int rc = sr_client_signer(c, e);

	*left = 0;
	sr_call_init(&q);
	sr_call_init(&a);
	sr_call_begin(&q, "grant");
	sr_text_put_hex(&q.head, "grant", r->grant, SR_ID);
	if (rc == 0)
		rc = sr_client_rows(c, &q, &a, &rows, e);
	if (rc == 0) {
		const struct sr_row *g = sr_rows_first(&rows, "grant");

		rc = g == NULL ? sr_fail(e, SR_CORRUPT, "the vault shows no row of the grant")
			       : sr_row_get_dec(&w.granted, g, "entry", e);
		if (rc == 0 && !sr_bytes_eq(sr_row_get(g, "right"), sr_bytes_str("reseal")))
			rc = sr_fail(e, SR_USAGE, "the grant is not for sealing anew");
	}
	if (rc == 0)
		rc = seal_all(&w, &rows, left, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&a);
	return rc;
}
