/*
 * Names under which the log went on. See query.h.
 */
#include "catalogue/query_in.h"

static int take(struct sr_log_name *r, struct sr_stmt *st, struct sr_err *e) {
	int rc;

	r->entry = (uint64_t)sr_stmt_col_int(st, 0);
	rc = sr_stmt_col_copy(st, 1, r->hash, SR_HASH, e);
	snprintf(r->name, sizeof r->name, "%s", sr_stmt_col_str(st, 2));
	snprintf(r->former, sizeof r->former, "%s", sr_stmt_col_str(st, 3));
	r->known = (uint64_t)sr_stmt_col_int(st, 4);
	r->confirmed = (uint64_t)sr_stmt_col_int(st, 5);
	return rc;
}

int sr_query_log_names(struct sr_log_names *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT entry, hash, name, former, coalesce(known, 0), coalesce(confirmed, 0)"
		" FROM log_names WHERE ? ORDER BY entry",
		A_INT(1));

	memset(out, 0, sizeof *out);
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_log_name *more =
			reallocarray(out->rows, out->count + 1, sizeof *out->rows);

		if (more == NULL) {
			rc = sr_fail(e, SR_NOMEM, "out of memory");
			break;
		}
		out->rows = more;
		rc = take(&out->rows[out->count++], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_log_names_free(out);
	return rc;
}

void sr_log_names_free(struct sr_log_names *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}
