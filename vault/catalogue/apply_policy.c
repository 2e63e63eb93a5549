/*
 * apply_policy - the rules that a board adopted: the object that has their text, their SHA-256, and
 * their number, so that a set that was in force once is found again. What they say is not read
 * here: the catalogue decides nothing.
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
