/*
 * invariants_destroy - who may ask for the end of items, and which items have one. See
 * invariants_in.h.
 *
 * That a hold stops it is the board's rule, asked here and once more when the last vote comes
 * (actions request-destroy and destroy), because it may have been set in between. A board that has
 * no such rule destroys nothing on hold either (decide.c): that is the law's.
 */
#include "board/invariants_in.h"

/* One item of the list; *${referral} when it is marked. */
static int destroyable(struct rules_ctx *c, const uint8_t id[SR_ID], bool *referral) {
	struct sr_item_row item = {0};
	char hex[2 * SR_ID + 1];
	enum sr_state state;
	unsigned flags;
	bool other;
	int rc = sr_query_item(&item, c->cat, id, c->e);

	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	state = rc == 0 ? item.state : SR_S_NONE;
	flags = item.flags;
	other = rc == 0 && memcmp(item.board, c->board.id, SR_ID) != 0;
	sr_item_row_free(&item);
	rules_hex(hex, id);
	if (state == SR_S_NONE)
		return rules_deny(c, "no-such-item", "", "there is no item %.12s", hex);
	if (other)
		return rules_deny(c, "other-board", "ask the board of its collection (--board)",
			"item %.12s is under another board", hex);
	if (!sr_state_may(SR_M_ITEM, state, SR_E_DESTROY))
		return rules_deny(
			c, "item-state", "", "item %.12s is %s", hex, sr_state_name(state));
	*referral = *referral || (flags & SR_ITEM_REFERRAL) != 0;
	return rules_allow(c);
}

int rules_destroy_asked(struct rules_ctx *c) {
	bool referral = false;
	int rc = rules_list(c);

	for (size_t i = 0; i < c->item_count && rc == 0 && c->out->allowed; i++)
		rc = destroyable(c, c->items + i * SR_ID, &referral);
	if (rc != 0 || !c->out->allowed)
		return rc;
	if (sr_field_count(c->s, "reason") == 0)
		return rules_deny(c, "reason-missing", "", "say why these items are to end");
	if (referral && sr_field_count(c->s, "instruction") == 0)
		return rules_deny(c, "instruction-missing",
			"destroy ... --instruction TEXT: who instructed it, when, under which sign",
			"an item marked for referral is destroyed on the authority's instruction "
			"alone");
	return rules_allow(c);
}
