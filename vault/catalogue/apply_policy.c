/*
 * apply_policy - the rules that a board adopted: the object that has their text, their SHA-256, and
 * their number, so that a set that was in force once is found again. What they say is not read
 * here: the catalogue decides nothing. And what was decided by which of them, and from what.
 */
#include "catalogue/apply_in.h"

int sr_apply_policy(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg board, request, object, set;
	uint64_t number = 0;
	int64_t before = 0;
	int rc = sr_field_dec(&number, a->s, "number", 0, e);

	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &before, "SELECT count(*) FROM policies WHERE board = ?",
			sr_arg_id(a, "board", &board));
	if (rc != 0)
		return rc;
	if (number != (uint64_t)before + 1)
		return sr_fail(e, SR_CORRUPT, "rules number %llu after %lld",
			(unsigned long long)number, (long long)before);
	rc = SQL_RUN(a->db, e,
		"INSERT INTO policies(board, number, entry, request, rules, sha256, received)"
		" VALUES(?, ?, ?, ?, ?, ?, ?)",
		sr_arg_id(a, "board", &board), A_U64(number), A_INT(a->entry),
		sr_arg_id(a, "request", &request), sr_arg_hash(a, "rules", &object),
		sr_arg_hash(a, "set", &set), A_INT(a->en->received));
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

/* Whoever re-derives it needs the text of the set and the inputs: both are named, or were. */
int sr_apply_decision(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg of, request, grant, checkout, item, board, set, rules, inputs;
	int64_t known = 0;
	int rc = 0;

	(void)sr_arg_hash(a, "set", &set);
	if (sr_arg_hash(a, "rules", &rules).kind == SQL_NULL) {
		rc = SQL_INT_OF(a->db, e, &known,
			"SELECT EXISTS(SELECT 1 FROM policies WHERE sha256 = ?1) OR EXISTS(SELECT 1"
			" FROM decisions WHERE policy_set = ?1 AND rules IS NOT NULL)",
			set.arg);
		if (rc == 0 && known == 0)
			rc = sr_fail(e, SR_CORRUPT, "it names rules whose text no entry has");
	}
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO decisions(entry, of, action, request, version, grant_id,"
			" checkout, item, board, policy_set, rules, inputs, decision, protection,"
			" via) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			A_INT(a->entry), sr_arg_id(a, "of", &of), sr_arg_token(a, "action"),
			sr_arg_id(a, "request", &request), sr_arg_dec(a, "version"),
			sr_arg_id(a, "grant", &grant), sr_arg_id(a, "checkout", &checkout),
			sr_arg_id(a, "item", &item), sr_arg_id(a, "board", &board), set.arg,
			rules.arg, sr_arg_hash(a, "inputs", &inputs), sr_arg_token(a, "decision"),
			sr_arg_token(a, "protection"), sr_arg_token(a, "via"));
	return rc == 0 ? sr_apply_each_at(a, "rule",
				 "INSERT INTO decision_rules(entry, position, rule)"
				 " VALUES(?, ?, ?)",
				 A_INT(a->entry), e)
		       : rc;
}
