/*
 * invariants_glass - when it can be said that a checkout is opened though no witness confirmed it:
 * by two people, each once; who they may be is the board's to say (action break-glass). It waives
 * witnessing and nothing else: grant, votes and pieces are asked for as ever. See invariants_in.h.
 */
#include "board/invariants_in.h"

int rule_break_glass(struct rules_ctx *c) {
	struct sr_witness_policy_row policy;
	struct sr_checkout_row row = {0};
	struct sr_glass glass;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "checkout", 0, c->e);

	if (rc == 0)
		rc = sr_query_checkout(&row, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-checkout", "", "no such checkout");
	if (rc == 0)
		rc = sr_query_witness_policy(&policy, c->cat, c->e);
	if (rc == 0)
		rc = sr_query_glass(&glass, c->cat, id, c->e);
	if (rc != 0)
		return rc;
	if (policy.adopted == 0)
		return rules_deny(c, "no-policy", "open it: nothing waits for a witness",
			"this vault asks no witnesses");
	if (row.ended != 0)
		return rules_deny(
			c, "checkout-state", "", "the checkout is %s", sr_state_name(row.state));
	for (size_t i = 0; i < glass.count; i++)
		if (strcmp(glass.person[i], c->me.person) == 0)
			return rules_deny(c, "said-already", "one more person has to say it",
				"%s said it already", c->me.person);
	if (glass.count == SR_GLASS_NAMES)
		return rules_deny(c, "said-already", "", "two people said it already");
	return rules_allow(c);
}
