/*
 * seals - which seals the pieces of a vote are for. See seals.h.
 */
#include "catalogue/seals.h"

#include "catalogue/sql.h"
#include "catalogue/states.h"

void sr_seals_begin(struct sr_hash *h, uint64_t count) {
	sr_hash_init(h, "strongroom/seals/v1", NULL);
	sr_hash_u64(h, count);
}

void sr_seals_add(struct sr_hash *h, const uint8_t item[SR_ID], uint64_t number) {
	sr_hash_field(h, sr_bytes_of(item, SR_ID));
	sr_hash_u64(h, number);
}

static int add_row(
	struct sr_version_seals *out, struct sr_hash *h, struct sr_stmt *st, struct sr_err *e) {
	uint8_t item[SR_ID];
	const uint64_t sealed = (uint64_t)sr_stmt_col_int(st, 2);
	const uint32_t level = (uint32_t)sr_stmt_col_int(st, 3);
	int rc = sr_stmt_col_copy(st, 0, item, SR_ID, e);

	if (rc != 0)
		return rc;
	sr_seals_add(h, item, (uint64_t)sr_stmt_col_int(st, 1));
	out->sealed = sealed > out->sealed ? sealed : out->sealed;
	if (sr_stmt_col_int(st, 4) == 0 && level > out->level)
		out->level = level;
	return 0;
}

int sr_seals_read(struct sr_version_seals *out, struct sr_db *db, int64_t v, int64_t extension,
	struct sr_err *e) {
	struct sr_version_seals s = {.sealed = 0};
	struct sr_stmt *st = NULL;
	struct sr_hash h;
	int64_t count = 0;
	bool row = false;
	int rc = SQL_INT_OF(db, e, &count,
		"SELECT count(*) FROM request_items WHERE v = ? AND extension = ?", A_INT(v),
		A_INT(extension));

	if (rc == 0)
		rc = SQL_OPEN(&st, db, e,
			"SELECT i.item, i.number, i.sealed, i.level, i.state = 'destroyed'"
			" FROM request_items r JOIN items i ON i.n = r.n WHERE r.v = ?"
			" AND r.extension = ? ORDER BY i.item",
			A_INT(v), A_INT(extension));
	if (rc != 0)
		return rc;
	sr_seals_begin(&h, (uint64_t)count);
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row)
		rc = add_row(&s, &h, st, e);
	sr_stmt_reset(st);
	sr_hash_final(&h, s.hash);
	if (rc == 0)
		*out = s;
	return rc;
}
