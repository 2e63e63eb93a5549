/*
 * invariants_witness - a request to adopt a witness policy: what no vault could adopt is refused
 * before anybody votes on it. See invariants_in.h.
 *
 * The text itself is judged, as it lies in the object that the request names: its SHA-256 is the
 * one that was signed, it is a tlog-policy, and the witnesses with an address can make its quorum.
 * Whose keys they are, members ask the witnesses' operators.
 */
#include "board/invariants_in.h"

#include "board/witnessing.h"
#include "crypto/hash.h"

int rules_witnesses_asked(struct rules_ctx *c) {
	struct sr_witness_policy_row now;
	uint8_t want[SR_HASH], have[SR_HASH];
	struct sr_err why = {0};
	int rc = sr_field_hash(want, c->s, "set", 0, c->e);

	if (rc == 0)
		rc = sr_query_witness_policy(&now, c->cat, c->e);
	if (rc != 0)
		return rc;
	/* It came: the door takes no line without its object. */
	sr_sha256(have, c->object.p, c->object.len);
	if (memcmp(want, have, SR_HASH) != 0)
		return rules_deny(c, "policy-differs", "",
			"the policy that came has another SHA-256 than the request names");
	if (now.adopted > 0 && memcmp(now.set, want, SR_HASH) == 0)
		return rules_deny(c, "policy-in-force", "", "that is the policy in force already");
	rc = sr_witnessing_fit(c->object, &why);
	if (rc == SR_USAGE)
		return rules_deny(c, "policy-unfit", "", "%.390s", why.text);
	return rc == 0 ? rules_allow(c) : sr_fail(c->e, (enum sr_code)rc, "%s", why.text);
}
