/*
 * query_flag - what stands or stood on items: embargo, hold, seal, retention, referral. See
 * query.h.
 */
#include "catalogue/query_in.h"

#define FLAG_SQL                                                                                   \
	"SELECT f.flag, i.item, f.what, f.person, f.entry, en.received, f.ends, f.due, f.ended,"   \
	" f.basis, (SELECT t.text FROM records r JOIN texts t ON t.entry = r.entry AND t.record =" \
	" r.record WHERE r.entry = f.entry AND r.field = 'reason') FROM item_flags f"              \
	" JOIN items i ON i.n = f.n JOIN entries en ON en.entry = f.entry"

void sr_flag_row_free(struct sr_flag_row *r) {
	sr_words_free(r->basis);
	sr_words_free(r->reason);
	memset(r, 0, sizeof *r);
}

void sr_flags_free(struct sr_flags *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_flag_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_flag(struct sr_flag_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, r->id, SR_ID, e);

	if (rc == 0)
		rc = sr_stmt_col_copy(st, 1, r->item, SR_ID, e);
	if (rc != 0)
		return rc;
	snprintf(r->what, sizeof r->what, "%s", sr_stmt_col_str(st, 2));
	sr_col_person(r->person, st, 3);
	r->entry = (uint64_t)sr_stmt_col_int(st, 4);
	r->received = sr_stmt_col_int(st, 5);
	r->ends = sr_stmt_col_int(st, 6);
	r->due = sr_stmt_col_int(st, 7);
	r->ended = (uint64_t)sr_stmt_col_int(st, 8);
	rc = sr_col_dup(&r->basis, st, 9, e);
	return rc == 0 ? sr_col_dup(&r->reason, st, 10, e) : rc;
}

/* All rows of ${st}, which is taken over. */
static int read_flags(struct sr_flags *out, struct sr_stmt *st, struct sr_err *e) {
	struct sr_flags l = {NULL, 0};
	bool row = false;
	int rc = 0;

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_flag(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_flags_free(&l);
	*out = l;
	return rc;
}

int sr_query_flag(struct sr_flag_row *out, struct sr_catalogue *c, const uint8_t id[SR_ID],
	struct sr_err *e) {
	struct sr_flag_row r;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, FLAG_SQL " WHERE f.flag = ?", A_ID(id));

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_flag(&r, st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "nothing was set by a statement with this id");
	if (rc != 0)
		sr_flag_row_free(&r);
	else
		*out = r;
	return rc;
}

int sr_query_flags(struct sr_flags *out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	bool standing, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		FLAG_SQL " WHERE i.item = ? AND (f.ended IS NULL OR NOT ?) ORDER BY f.entry",
		A_ID(item), A_INT(standing));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_flags(out, st, e) : rc;
}

int sr_query_embargoes_over(
	struct sr_flags *out, struct sr_catalogue *c, int64_t now, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		FLAG_SQL " WHERE f.ended IS NULL AND f.ends <= ? ORDER BY f.ends, f.entry LIMIT"
			 " 1000",
		A_INT(now));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_flags(out, st, e) : rc;
}

int sr_query_retentions_due(
	struct sr_flags *out, struct sr_catalogue *c, int64_t now, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		FLAG_SQL " WHERE f.ended IS NULL AND f.due <= ? ORDER BY f.due, f.entry LIMIT 1000",
		A_INT(now));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_flags(out, st, e) : rc;
}
