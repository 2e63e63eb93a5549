/*
 * query_policy - the rules that a board adopted, one after the other. See query.h.
 */
#include "catalogue/query_in.h"

#define COLUMNS "SELECT board, number, entry, request, rules, sha256, received FROM policies"

static int read_policy(struct sr_policy_row *p, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, p->board, SR_ID, e);

	p->number = (uint64_t)sr_stmt_col_int(st, 1);
	p->entry = (uint64_t)sr_stmt_col_int(st, 2);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 3, p->request, SR_ID, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 4, p->rules, SR_HASH, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 5, p->set, SR_HASH, e);
	p->received = sr_stmt_col_int(st, 6);
	return rc;
}

int sr_query_policy(struct sr_policy_row *out, struct sr_catalogue *c, const uint8_t board[SR_ID],
	uint64_t number, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		COLUMNS
		" WHERE board = ?1 AND (?2 = 0 OR number = ?2) ORDER BY number DESC LIMIT 1",
		A_ID(board), A_U64(number));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_policy(out, st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND && number == 0)
		return sr_fail(e, SR_NOTFOUND,
			"the board has adopted no rules: those of the program are in force");
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "the board has no rules number %llu",
			(unsigned long long)number);
	return rc;
}

void sr_policies_free(struct sr_policies *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_policies(struct sr_policies *out, struct sr_catalogue *c, const uint8_t board[SR_ID],
	struct sr_err *e) {
	struct sr_policies l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, COLUMNS " WHERE board = ? ORDER BY number",
		A_ID(board));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_policy(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_policies_free(&l);
	*out = l;
	return rc;
}
