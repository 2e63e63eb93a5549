/*
 * apply_witness - which witnesses the log is to have, when they did not confirm it, checkouts that
 * were opened without them, and the board's word on a name of the log. See apply_in.h.
 */
#include "catalogue/apply_in.h"

/* By the custodian, who brings the text; or by a quorum, whose request brought it. */
static int adopt(struct sr_apply *a, struct sr_err *e) {
	const bool voted = sr_field_count(a->s, "request") > 0;
	struct sr_id_arg object, set, request;
	int64_t right = 1;
	int rc = 0;

	if (sr_field_count(a->s, voted ? "rules" : "policy") == 0)
		return sr_fail(e, SR_CORRUPT, "a policy without its object");
	if (voted)
		rc = SQL_INT_OF(a->db, e, &right,
			"SELECT count(*) FROM requests q JOIN versions v ON v.request = q.request"
			" AND v.version = q.newest JOIN objects o ON o.entry = v.entry"
			" WHERE q.request = ? AND q.kind = 'witnesses' AND o.object = ?",
			sr_arg_id(a, "request", &request), sr_arg_hash(a, "rules", &object));
	if (rc == 0 && right == 0)
		return sr_fail(e, SR_CORRUPT, "it is not the policy that the request asks for");
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO witness_policies(entry, object, sha256, request)"
			" VALUES(?, ?, ?, ?)",
			A_INT(a->entry), sr_arg_hash(a, voted ? "rules" : "policy", &object),
			sr_arg_hash(a, "set", &set), sr_arg_id(a, "request", &request));
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

static int unwitnessed(struct sr_apply *a, struct sr_err *e) {
	static const char *const keys[] = {"from", "to", "first", "last"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (sr_field_count(a->s, keys[i]) == 0)
			return sr_fail(e, SR_CORRUPT, "no line %s", keys[i]);
	return SQL_RUN(a->db, e,
		"INSERT INTO unwitnessed(entry, begun, ended, first, last) VALUES(?, ?, ?, ?, ?)",
		A_INT(a->entry), sr_arg_time(a, "from"), sr_arg_time(a, "to"),
		sr_arg_dec(a, "first"), sr_arg_dec(a, "last"));
}

/* The board confirms the entry that gave the log its name: exactly that one. */
static int confirmed(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg set, request;
	int64_t right = 0;
	int rc;

	if (sr_field_count(a->s, "request") == 0 || sr_field_count(a->s, "set") == 0)
		return sr_fail(e, SR_CORRUPT, "a name confirmed by nobody");
	rc = SQL_INT_OF(a->db, e, &right,
		"SELECT count(*) FROM requests q, log_names l WHERE q.request = ?"
		" AND q.kind = 'adopt' AND l.hash = ? AND l.confirmed IS NULL",
		sr_arg_id(a, "request", &request), sr_arg_hash(a, "set", &set));
	if (rc == 0 && right != 1)
		return sr_fail(e, SR_CORRUPT, "no name of the log waits to be confirmed by that");
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE log_names SET confirmed = ? WHERE hash = ?",
			A_INT(a->entry), sr_arg_hash(a, "set", &set));
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

int sr_apply_witness(struct sr_apply *a, struct sr_err *e) {
	const struct sr_bytes event = sr_field(a->s, "event", 0);

	if (sr_bytes_eq(event, sr_bytes_str("policy")))
		return adopt(a, e);
	if (sr_bytes_eq(event, sr_bytes_str("unwitnessed")))
		return unwitnessed(a, e);
	if (sr_bytes_eq(event, sr_bytes_str("confirmed")))
		return confirmed(a, e);
	return sr_fail(e, SR_CORRUPT, "event is \"%.*s\", want policy, unwitnessed or confirmed",
		(int)event.len, (const char *)event.p);
}

int sr_apply_break_glass(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg checkout;

	return SQL_RUN(a->db, e, "INSERT INTO glass(checkout, person, entry) VALUES(?, ?, ?)",
		sr_arg_id(a, "checkout", &checkout), A_STR(a->s->head.actor), A_INT(a->entry));
}
