/*
 * query_policy - the rules that a board adopted, one after the other, and what was decided by them.
 * See query.h.
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

int sr_query_policy_text(uint8_t object[SR_HASH], struct sr_catalogue *c,
	const uint8_t set[SR_HASH], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_OPEN(&st, sr_catalogue_db(c), e,
		"SELECT rules FROM policies WHERE sha256 = ?1 UNION ALL SELECT rules FROM decisions"
		" WHERE policy_set = ?1 AND rules IS NOT NULL LIMIT 1",
		A_HASH(set));

	if (rc != 0)
		return rc;
	rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, object, SR_HASH, e);
	sr_stmt_reset(st);
	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "no entry has the text of these rules")
				 : rc;
}

void sr_decisions_free(struct sr_decisions *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].rules);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_decision(struct sr_decision_row *d, struct sr_stmt *st, struct sr_err *e) {
	int rc = 0;

	d->entry = (uint64_t)sr_stmt_col_int(st, 0);
	d->received = sr_stmt_col_int(st, 1);
	snprintf(d->action, sizeof d->action, "%s", sr_stmt_col_str(st, 2));
	snprintf(d->decision, sizeof d->decision, "%s", sr_stmt_col_str(st, 3));
	if (!sr_stmt_col_is_null(st, 4))
		snprintf(d->protection, sizeof d->protection, "%s", sr_stmt_col_str(st, 4));
	d->has_of = sr_col_opt(st, 5, d->of, SR_ID, &rc, e);
	d->has_request = sr_col_opt(st, 6, d->request, SR_ID, &rc, e);
	d->has_grant = sr_col_opt(st, 7, d->grant, SR_ID, &rc, e);
	d->has_checkout = sr_col_opt(st, 8, d->checkout, SR_ID, &rc, e);
	d->has_item = sr_col_opt(st, 9, d->item, SR_ID, &rc, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 10, d->board, SR_ID, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 11, d->set, SR_HASH, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 12, d->inputs, SR_HASH, e);
	return rc == 0 ? sr_col_dup_some(&d->rules, st, 13, e) : rc;
}

int sr_query_decisions(struct sr_decisions *out, struct sr_catalogue *c,
	const struct sr_decision_filter *f, struct sr_err *e) {
	struct sr_decisions l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT d.entry, e.received, d.action, d.decision, d.protection, d.of, d.request,"
		" d.grant_id, d.checkout, d.item, d.board, d.policy_set, d.inputs,"
		" (SELECT group_concat(rule, ' ') FROM (SELECT rule FROM decision_rules r"
		" WHERE r.entry = d.entry ORDER BY position))"
		" FROM decisions d JOIN entries e ON e.entry = d.entry"
		" WHERE (?1 IS NULL OR d.request = ?1) AND (?2 IS NULL OR d.checkout = ?2)"
		" AND (?3 IS NULL OR d.of = ?3) ORDER BY d.entry",
		A_ID(f->request), A_ID(f->checkout), A_ID(f->of));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_decision(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_decisions_free(&l);
	*out = l;
	return rc;
}

int sr_query_policy_incident(int64_t *received, struct sr_catalogue *c, const char *what,
	const uint8_t set[SR_HASH], struct sr_err *e) {
	return SQL_INT_OF(sr_catalogue_db(c), e, received,
		"SELECT coalesce(max(e.received), 0) FROM incidents i JOIN entries e"
		" ON e.entry = i.entry WHERE i.policy_set = ? AND i.what = ?",
		A_HASH(set), A_STR(what));
}
