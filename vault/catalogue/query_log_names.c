/*
 * Names under which the log went on, and the entries that changed its key or its name. See query.h.
 */
#include "catalogue/query_in.h"

static int take(struct sr_log_name *r, struct sr_stmt *st, struct sr_err *e) {
	int rc;

	r->entry = (uint64_t)sr_stmt_col_int(st, 0);
	rc = sr_stmt_col_copy(st, 1, r->hash, SR_HASH, e);
	snprintf(r->name, sizeof r->name, "%s", sr_stmt_col_str(st, 2));
	snprintf(r->former, sizeof r->former, "%s", sr_stmt_col_str(st, 3));
	r->agreed = (uint64_t)sr_stmt_col_int(st, 4);
	r->known = (uint64_t)sr_stmt_col_int(st, 5);
	r->confirmed = (uint64_t)sr_stmt_col_int(st, 6);
	return rc;
}

int sr_query_log_names(struct sr_log_names *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_log_names l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT entry, hash, name, former, agreed, known, coalesce(confirmed, 0)"
		" FROM log_names WHERE entry >= ? ORDER BY entry",
		A_INT(0));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = take(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_log_names_free(&l);
	*out = l;
	return rc;
}

void sr_log_names_free(struct sr_log_names *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_log_changes(uint64_t **out, size_t *count, struct sr_catalogue *c, struct sr_err *e) {
	uint64_t *rows = NULL;
	struct sr_stmt *st = NULL;
	size_t n = 0;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT entry FROM service_keys WHERE entry > ?1 UNION"
		" SELECT entry FROM log_names WHERE entry > ?1 ORDER BY entry",
		A_INT(0));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&rows, &n, sizeof *rows, e);
		if (rc == 0)
			rows[n - 1] = (uint64_t)sr_stmt_col_int(st, 0);
	}
	sr_stmt_free(st);
	if (rc != 0) {
		free(rows);
		return rc;
	}
	*out = rows;
	*count = n;
	return 0;
}

int sr_query_log_restored(uint64_t *entry, struct sr_catalogue *c, struct sr_err *e) {
	int64_t at = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &at,
		"SELECT coalesce(max(entry), 0) FROM incidents WHERE what = 'restored'"
		" AND entry > (SELECT coalesce(max(entry), ?) FROM log_names)",
		A_INT(0));

	*entry = (uint64_t)at;
	return rc;
}
