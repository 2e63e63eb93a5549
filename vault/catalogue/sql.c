/*
 * sql - see sql.h.
 */
#include "catalogue/sql.h"

/* ${lent}: the arguments outlive the statement's run. */
static void bind(struct sr_stmt *st, const struct sr_sql_arg *args, size_t count, bool lent) {
	for (size_t i = 0; i < count; i++) {
		int at = (int)i + 1;
		switch (args[i].kind) {
		case SQL_NULL:
			sr_stmt_null(st, at);
			break;
		case SQL_INTEGER:
			sr_stmt_int(st, at, args[i].i);
			break;
		case SQL_BLOB:
			if (lent)
				sr_stmt_lent(st, at, args[i].b, false);
			else
				sr_stmt_blob(st, at, args[i].b);
			break;
		case SQL_TEXT:
			if (lent)
				sr_stmt_lent(st, at, args[i].b, true);
			else
				sr_stmt_text(st, at, args[i].b);
			break;
		}
	}
}

int sr_sql_open(struct sr_stmt **out, struct sr_db *db, const char *sql,
	const struct sr_sql_arg *args, size_t count, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, db, sql, e);

	if (rc != 0)
		return rc;
	bind(st, args, count, false);
	*out = st;
	return 0;
}

int sr_sql_new(struct sr_stmt **out, struct sr_db *db, const char *sql,
	const struct sr_sql_arg *args, size_t count, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_stmt_new(&st, db, sql, e);

	if (rc != 0)
		return rc;
	bind(st, args, count, false);
	*out = st;
	return 0;
}

int sr_sql_run(struct sr_db *db, struct sr_err *e, const char *sql, const struct sr_sql_arg *args,
	size_t count) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, db, sql, e);

	if (rc != 0)
		return rc;
	bind(st, args, count, true);
	return sr_stmt_run(st, e);
}

int sr_sql_int(struct sr_db *db, struct sr_err *e, int64_t *out, const char *sql,
	const struct sr_sql_arg *args, size_t count) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, db, sql, e);

	if (rc == 0) {
		bind(st, args, count, true);
		rc = sr_stmt_row(st, e);
	}
	if (rc == 0)
		*out = sr_stmt_col_int(st, 0);
	sr_stmt_reset(st);
	return rc;
}
