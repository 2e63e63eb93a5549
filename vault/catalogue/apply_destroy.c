/*
 * apply_destroy - items that a quorum destroyed: what is left of each is a tombstone.
 *
 * Kept: that it was there (accession, depositor, numbers, dates, controlled terms, every statement
 * about it) and when it ended. Gone: titles, descriptions, paths and every other text of it, here
 * as in any later replay, which has no key for them.
 */
#include "catalogue/apply_in.h"
#include "catalogue/lists.h"
#include "catalogue/query.h"

/* All words of the item, wherever a table has them. */
static int forget_texts(struct sr_apply *a, int64_t n, const uint8_t id[SR_ID], struct sr_err *e) {
	static const char *const tables[] = {"DELETE FROM item_texts WHERE n = ?",
		"DELETE FROM item_value_texts WHERE n = ?", "DELETE FROM item_files WHERE n = ?",
		"DELETE FROM item_facts WHERE n = ?", "DELETE FROM search WHERE rowid = ?"};
	char subject[SR_SUBJECT_TEXT] = "item:";
	int rc;

	sr_hex(subject + strlen(subject), id, SR_ID);
	rc = SQL_RUN(a->db, e,
		"DELETE FROM texts WHERE (entry, record) IN"
		" (SELECT entry, record FROM records WHERE subject = ?)",
		A_STR(subject));
	for (size_t i = 0; i < sizeof tables / sizeof tables[0] && rc == 0; i++)
		rc = SQL_RUN(a->db, e, tables[i], A_INT(n));
	return rc;
}

static int destroy_one(struct sr_apply *a, const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	int64_t held = 0;
	int rc = sr_apply_item(a, &it, id, e);

	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &held, "SELECT flags & ? FROM items WHERE n = ?",
			A_INT(SR_ITEM_HOLD), A_INT(it.n));
	if (rc == 0 && held != 0)
		return sr_fail(e, SR_CORRUPT, "a hold stands on an item that it destroys");
	if (rc == 0)
		rc = sr_apply_item_step(a, &it, SR_E_DESTROY, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE items SET destroyed = ? WHERE n = ?",
			A_INT(a->entry), A_INT(it.n));
	if (rc == 0)
		rc = sr_apply_end_checkouts(a, "n", A_INT(it.n), e);
	if (rc == 0)
		rc = sr_apply_flags_over(a, it.n, e);
	return rc == 0 ? forget_texts(a, it.n, id, e) : rc;
}

/* The items of the version, which must be those that the statement names by count and root. */
static int items_of(
	struct sr_apply *a, const struct sr_version *v, struct sr_buf *ids, struct sr_err *e) {
	uint8_t root[SR_HASH] = {0}, want[SR_HASH] = {0};
	struct sr_stmt *st = NULL;
	uint64_t count = 0;
	bool row = false;
	int rc = SQL_OPEN(&st, a->db, e,
		"SELECT i.item FROM request_items r JOIN items i ON i.n = r.n WHERE r.v = ?"
		" ORDER BY i.item",
		A_INT(v->v));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row)
		sr_buf_put_bytes(ids, sr_stmt_col_bytes(st, 0));
	sr_stmt_reset(st);
	if (rc == 0)
		rc = sr_buf_ok(ids, e);
	if (rc == 0)
		rc = sr_field_count_root(&count, want, a->s, "items", e);
	if (rc == 0 && (count == 0 || count != ids->len / SR_ID))
		return sr_fail(e, SR_CORRUPT, "it destroys %llu items, the request names %zu",
			(unsigned long long)count, ids->len / SR_ID);
	if (rc == 0)
		rc = sr_request_list_root(root, ids->p, ids->len / SR_ID, e);
	if (rc == 0 && memcmp(root, want, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "its items are not those of the request");
	return rc;
}

int sr_apply_destroy(struct sr_apply *a, struct sr_err *e) {
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID];
	uint64_t version = 0;
	int64_t right = 0;
	struct sr_buf ids;
	int rc = sr_field_id(request, a->s, "request", 0, e);

	sr_buf_init(&ids);
	if (rc == 0)
		rc = sr_field_dec(&version, a->s, "version", 0, e);
	if (rc == 0)
		rc = sr_apply_version(a, &v, request, 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &right,
			"SELECT count(*) FROM requests WHERE request = ? AND kind = 'destroy'",
			A_ID(request));
	if (rc == 0 && (right == 0 || (int64_t)version != v.version))
		rc = sr_fail(e, SR_CORRUPT, "it cites no newest version of a request to destroy");
	if (rc == 0)
		rc = items_of(a, &v, &ids, e);
	if (rc == 0)
		rc = sr_apply_version_step(a, &v, SR_E_DECIDED, e);
	for (size_t i = 0; rc == 0 && i < ids.len / SR_ID; i++)
		rc = destroy_one(a, ids.p + i * SR_ID, e);
	sr_buf_free(&ids);
	return rc;
}
