/*
 * query_scan - what scanners said of items. See query.h.
 */
#include "catalogue/query_in.h"

void sr_scans_free(struct sr_scans *l) {
	for (size_t i = 0; i < l->count; i++)
		free(l->rows[i].scanner);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_scan(struct sr_scan_row *r, struct sr_stmt *st, struct sr_err *e) {
	r->entry = (uint64_t)sr_stmt_col_int(st, 0);
	r->received = sr_stmt_col_int(st, 1);
	r->signatures = sr_stmt_col_int(st, 2);
	snprintf(r->result, sizeof r->result, "%s", sr_stmt_col_str(st, 3));
	r->clean = (uint64_t)sr_stmt_col_int(st, 4);
	r->infected = (uint64_t)sr_stmt_col_int(st, 5);
	r->not_scanned = (uint64_t)sr_stmt_col_int(st, 6);
	return sr_col_dup(&r->scanner, st, 7, e);
}

int sr_query_scans(struct sr_scans *out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	bool last, struct sr_err *e) {
	struct sr_scans l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT s.entry, en.received, s.signatures, s.result, s.clean, s.infected,"
		" s.not_scanned, s.scanner FROM scans s JOIN items i ON i.n = s.n"
		" JOIN entries en ON en.entry = s.entry WHERE i.item = ?1 AND (NOT ?2 OR NOT EXISTS"
		" (SELECT 1 FROM scans t WHERE t.n = s.n AND t.entry > s.entry"
		" AND substr(t.scanner, 1, instr(t.scanner || '/', '/'))"
		" = substr(s.scanner, 1, instr(s.scanner || '/', '/'))))"
		" ORDER BY s.entry DESC",
		A_ID(item), A_INT(last));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_scan(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_scans_free(&l);
	*out = l;
	return rc;
}
