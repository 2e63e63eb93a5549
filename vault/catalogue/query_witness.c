/*
 * query_witness - the witness policy in force, and who waived witnessing for a checkout. See
 * query.h.
 */
#include "catalogue/query_in.h"

int sr_query_witness_policy(
	struct sr_witness_policy_row *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT entry, object, (SELECT count(*) FROM witness_policies), sha256,"
		" request NOT NULL FROM witness_policies WHERE ? ORDER BY entry DESC LIMIT 1",
		A_INT(1));

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_stmt_step(st, &row, e);
	if (rc == 0 && row) {
		out->adopted = (uint64_t)sr_stmt_col_int(st, 2);
		out->entry = (uint64_t)sr_stmt_col_int(st, 0);
		rc = sr_stmt_col_copy(st, 1, out->object, SR_HASH, e);
		(void)sr_col_opt(st, 3, out->set, SR_HASH, &rc, e);
		out->voted = sr_stmt_col_int(st, 4) != 0;
	}
	sr_stmt_free(st);
	return rc;
}

int sr_query_glass(struct sr_glass *out, struct sr_catalogue *c, const uint8_t checkout[SR_ID],
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT person, entry FROM glass WHERE checkout = ? ORDER BY entry LIMIT 2",
		A_ID(checkout));

	memset(out, 0, sizeof *out);
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		snprintf(out->person[out->count], SR_PERSON_TEXT, "%s", sr_stmt_col_str(st, 0));
		out->entry[out->count] = (uint64_t)sr_stmt_col_int(st, 1);
		out->count++;
	}
	sr_stmt_free(st);
	return rc;
}
