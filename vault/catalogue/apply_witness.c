/*
 * apply_witness - which witnesses the log is to have, and checkouts that were opened without them.
 * See apply_in.h.
 */
#include "catalogue/apply_in.h"

int sr_apply_witness(struct sr_apply *a, struct sr_err *e) {
	const struct sr_bytes event = sr_field(a->s, "event", 0);
	struct sr_id_arg policy;

	if (!sr_bytes_eq(event, sr_bytes_str("policy")))
		return sr_fail(e, SR_CORRUPT, "event is \"%.*s\", want policy", (int)event.len,
			(const char *)event.p);
	if (sr_field_count(a->s, "policy") == 0)
		return sr_fail(e, SR_CORRUPT, "a policy without its object");
	return SQL_RUN(a->db, e, "INSERT INTO witness_policies(entry, object) VALUES(?, ?)",
		A_INT(a->entry), sr_arg_hash(a, "policy", &policy));
}

int sr_apply_break_glass(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg checkout;

	return SQL_RUN(a->db, e, "INSERT INTO glass(checkout, person, entry) VALUES(?, ?, ?)",
		sr_arg_id(a, "checkout", &checkout), A_STR(a->s->head.actor), A_INT(a->entry));
}
