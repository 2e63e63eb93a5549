/*
 * query_store - what the store must hold, and which backups could be opened. See query.h.
 */
#include "catalogue/query_in.h"

/* --- items ------------------------------------------------------------------------------------ */

void sr_stored_items_free(struct sr_stored_items *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_stored(struct sr_stored_item *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 1, r->item, SR_ID, e);

	r->n = sr_stmt_col_int(st, 0);
	r->number = (uint32_t)sr_stmt_col_int(st, 2);
	return rc == 0 ? sr_stmt_col_copy(st, 3, r->envelope, SR_HASH, e) : rc;
}

int sr_query_stored_items(struct sr_stored_items *out, struct sr_catalogue *c, int64_t after,
	uint64_t dying, struct sr_err *e) {
	struct sr_stored_items l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT n, item, number, envelope FROM items"
		" WHERE n > ? AND (state <> 'destroyed' OR destroyed >= ?) ORDER BY n LIMIT 1000",
		A_INT(after), A_INT(dying > INT64_MAX ? INT64_MAX : (int64_t)dying));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_stored(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_stored_items_free(&l);
	else
		*out = l;
	return rc;
}

/* --- backups ---------------------------------------------------------------------------------- */

void sr_backups_free(struct sr_backups *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

/* A generation of the escrow above its own is in the log. */
#define CLOSED_SQL                                                                         \
	"(SELECT coalesce(max(x.generation), 0) FROM escrows x WHERE x.escrow = b.escrow)" \
	" > b.generation"

static int read_backup(struct sr_backup_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, r->id, SR_ID, e);

	if (rc == 0)
		rc = sr_stmt_col_copy(st, 1, r->escrow, SR_ID, e);
	r->generation = (uint64_t)sr_stmt_col_int(st, 2);
	r->entry = (uint64_t)sr_stmt_col_int(st, 3);
	r->received = sr_stmt_col_int(st, 4);
	r->made = !sr_stmt_col_is_null(st, 5);
	r->closed = sr_stmt_col_int(st, 6) != 0;
	return rc;
}

int sr_query_backups(struct sr_backups *out, struct sr_catalogue *c, bool open, uint64_t before,
	struct sr_err *e) {
	struct sr_backups l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT b.backup, b.escrow, b.generation, b.entry, n.received, b.made, " CLOSED_SQL
		" FROM backups b JOIN entries n ON n.entry = b.entry"
		" WHERE b.entry < ? AND (? = 0 OR NOT " CLOSED_SQL ") ORDER BY b.entry",
		A_U64(before == 0 ? INT64_MAX : before), A_INT(open));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_backup(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_backups_free(&l);
	else
		*out = l;
	return rc;
}

int sr_query_escrow(uint64_t *generation, struct sr_catalogue *c, const uint8_t escrow[SR_ID],
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT generation FROM escrows WHERE escrow = ? ORDER BY generation DESC LIMIT 1",
		A_ID(escrow));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		*generation = (uint64_t)sr_stmt_col_int(st, 0);
	sr_stmt_free(st);
	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "the log knows no such escrow") : rc;
}

int sr_query_backup_counts(struct sr_backup_counts *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_backups open = {NULL, 0};
	int64_t ended = 0;
	int rc;

	memset(out, 0, sizeof *out);
	rc = sr_db_int(db,
		"SELECT coalesce(max(n.received), 0) FROM backups b JOIN entries n"
		" ON n.entry = b.made",
		&out->last, e);
	if (rc == 0)
		rc = sr_db_int(db,
			"SELECT coalesce(max(entry), 0) FROM entries"
			" WHERE type IN ('destroy', 'erase')",
			&ended, e);
	if (rc == 0)
		rc = sr_query_backups(&open, c, true, 0, e);
	out->open = open.count;
	out->ended = (uint64_t)ended;
	for (size_t i = 0; i < open.count; i++)
		out->reviving += open.rows[i].entry < out->ended;
	sr_backups_free(&open);
	return rc;
}
