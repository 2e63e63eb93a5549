/*
 * invariants_grant - grants that are suspended, lifted, closed; checkouts under them and returns.
 * See invariants_in.h.
 */
#include "board/invariants_in.h"
#include "board/training.h"

#include "base/time.h"

/* A step of the grant that the statement names, which its state must allow. */
static int grant_step(struct rules_ctx *c, enum sr_event step) {
	struct sr_grant_row g = {0};
	int rc = rules_grant(c, &g);

	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-grant", "", "no such grant");
	if (rc != 0)
		return rc;
	if (!sr_state_may(SR_M_GRANT, g.state, step))
		rc = rules_deny(c, "grant-state", "", "the grant is %s", sr_state_name(g.state));
	else
		rc = rules_allow(c);
	sr_grant_row_free(&g);
	return rc;
}

int rule_suspend(struct rules_ctx *c) {
	return grant_step(c, SR_E_SUSPEND);
}

int rule_lift(struct rules_ctx *c) {
	size_t grants = sr_field_count(c->s, "grant"), items = sr_field_count(c->s, "item");

	if (grants + items != 1 || items != sr_field_count(c->s, "flag"))
		return rules_deny(
			c, "lift-of-what", "", "it lifts a grant, or what stands on an item");
	if (items > 0)
		return rules_lift_flag(c);
	if (sr_field_count(c->s, "reason") > 0)
		return rules_deny(c, "lift-of-what", "a reason with it asks the board",
			"a member's own suspension is lifted without a reason");
	return grant_step(c, SR_E_LIFT);
}

int rule_close(struct rules_ctx *c) {
	return grant_step(c, SR_E_CLOSE);
}

/* Do the votes of the grant open the item as it is sealed now? */
static int checkout_topup(
	struct rules_ctx *c, const struct sr_grant_row *g, const struct sr_item_row *item) {
	struct sr_topups l = {0};
	struct sr_version_row v = {0};
	char ended[SR_PERSON_TEXT] = "";
	const char *why = "";
	int rc = sr_query_topups(&l, c->cat, g->id, item->id, c->e);

	if (rc == 0 && l.count > 0)
		rc = sr_query_version(&v, c->cat, g->request, g->version, c->e);
	if (rc == 0 && l.count > 0)
		rc = sr_invariants_reader_ended(ended, &why, c->cat, &v, c->e);
	sr_version_row_free(&v);
	if (rc != 0) {
		sr_topups_free(&l);
		return rc;
	}
	/* Whoever left is named in it still, and nobody seals a piece to them (invariants_vote.c).
	 */
	const char *const again =
		ended[0] != '\0' ? "somebody whom the grant names has left, or has another key, so "
				   "nobody gives pieces under it any more: make a new request"
				 : NULL;
	if (l.count > 0 && l.rows[0].extension != 0)
		rc = rules_deny(c, "topup-needed",
			again != NULL ? again
				      : "members vote on it: vote REQUEST topup --extension N",
			"extension %lld added the item, and %u of %u members have given pieces of "
			"it",
			(long long)l.rows[0].extension, l.rows[0].have, l.rows[0].want);
	else if (l.count > 0 && l.rows[0].resealed)
		rc = rules_deny(c, "topup-needed",
			again != NULL ? again : "members vote topup on its request",
			"the item was sealed anew at entry %llu and needs a topup: %u of %u "
			"members have given pieces since",
			(unsigned long long)item->sealed, l.rows[0].have, l.rows[0].want);
	else
		rc = rules_allow(c);
	sr_topups_free(&l);
	return rc;
}

/* Under a grant of right reseal the room seals the item anew, once, and shows nothing of it: so its
 * flags do not matter. */
static int checkout_reseal(
	struct rules_ctx *c, const struct sr_grant_row *g, const struct sr_item_row *item) {
	/* Under a key before, held items are sealed anew too. */
	if (item->state != SR_S_RELEASED &&
		(item->state != SR_S_HELD || item->epoch >= c->board.base))
		return rules_deny(
			c, "item-state", "", "the item is %s", sr_state_name(item->state));
	if (item->sealed > g->entry)
		return rules_deny(c, "resealed-already", "",
			"the item was sealed anew at entry %llu, after this grant",
			(unsigned long long)item->sealed);
	return checkout_topup(c, g, item);
}

/* Every training that a vote of the grant demanded holds on the day of the checkout, not only on
 * the day of the vote. */
static int checkout_trainings(struct rules_ctx *c, const struct sr_grant_row *g) {
	struct sr_training t;
	int rc = sr_training_ask(&t, c->cat, g->trainings, c->me.person, c->now, c->e);

	if (rc != 0)
		return rc;
	switch (t.state) {
	case SR_TRAINING_HOLDS:
		break;
	case SR_TRAINING_MISSING:
		return rules_deny(c, "training-missing",
			"an officer attests it (attest PERSON --kind training --term TERM)", "%s",
			t.sentence);
	case SR_TRAINING_EXPIRED:
		return rules_deny(
			c, "training-expired", "an officer attests it anew", "%s", t.sentence);
	case SR_TRAINING_ENDED:
		return rules_deny(
			c, "training-ended", "an officer attests it anew", "%s", t.sentence);
	}
	return rules_allow(c);
}

/* A checkout under a grant: everything that must hold now, whatever held when it was granted. */
static int checkout_granted(
	struct rules_ctx *c, const struct sr_grant_row *g, const struct sr_item_row *item) {
	bool has = false;
	char form[64];
	struct sr_bytes f = sr_field(c->s, "form", 0);
	int rc;

	if (!sr_token_in(g->people, c->me.person))
		return rules_deny(
			c, "not-named", "", "%s is not named in this grant", c->me.person);
	if (g->state != SR_S_LIVE)
		return rules_deny(c, "grant-state",
			g->state == SR_S_SUSPENDED
				? "the member who suspended it, or a quorum, lifts it"
				: "",
			"the grant is %s", sr_state_name(g->state));
	if (g->ends <= c->now)
		return rules_deny(c, "grant-expired", "make a new request", "the grant has ended");
	if (!rules_field_is(c->s, "right", g->right))
		return rules_deny(c, "right-not-granted", "export needs a request of its own",
			"the grant is for %s", g->right);
	rc = sr_query_grant_has_item(&has, c->cat, g->id, item->id, c->e);
	if (rc != 0)
		return rc;
	if (!has)
		return rules_deny(c, "item-not-granted", "", "the grant does not name this item");
	snprintf(form, sizeof form, "%.*s", (int)(f.len < 63 ? f.len : 63), (const char *)f.p);
	if (sr_invariants_looks(g->right) && !sr_token_in(g->forms, form))
		return rules_deny(c, "form-not-granted", "",
			"the form %s is not granted (granted: %s)", form, g->forms);
	rc = checkout_trainings(c, g);
	if (rc != 0 || !c->out->allowed)
		return rc;
	if (strcmp(g->right, "referral") == 0) /* handed over as it is, held or released */
		return !sr_state_may(SR_M_ITEM, item->state, SR_E_REFERRAL)
			       ? rules_deny(c, "item-state", "", "the item is %s",
					 sr_state_name(item->state))
			       : rules_allow(c);
	if (strcmp(g->right, "reseal") == 0)
		return checkout_reseal(c, g, item);
	if (item->state != SR_S_RELEASED)
		return rules_deny(
			c, "item-state", "", "the item is %s", sr_state_name(item->state));
	if ((item->flags & SR_ITEM_REFERRAL) != 0)
		return rules_deny(
			c, "referral", "", "the item is marked for referral: nobody looks at it");
	if (sr_invariants_raised(&c->board, item))
		return rules_deny(c, "hazard-raised",
			"reseal ask ITEM: a quorum of the old level has it sealed anew",
			"the item's hazards (%s) need a higher level than the %u it is sealed to",
			item->hazards, item->level);
	return checkout_topup(c, g, item);
}

static int checkout_item(struct rules_ctx *c, const struct sr_item_row *item) {
	struct sr_checkouts live = {0};
	struct sr_checkout_filter f = {.person = c->me.person, .item = item->id, .live = true};
	struct sr_grant_row g = {0};
	size_t n;
	int rc = sr_query_checkouts(&live, c->cat, &f, NULL, c->e);

	if (rc != 0)
		return rc;
	n = live.count;
	if (n > 0) {
		char id[2 * SR_ID + 1];

		rules_hex(id, live.rows[0].id);
		sr_checkouts_free(&live);
		return rules_deny(c, "checked-out", "return it first",
			"this item is checked out by %s already (checkout %.8s)", c->me.person, id);
	}
	sr_checkouts_free(&live);
	if (rules_field_is(c->s, "right", "quarantine")) {
		if (item->state != SR_S_HELD)
			return rules_deny(c, "not-held", "request access", "the item is %s",
				sr_state_name(item->state));
		if ((item->flags & SR_ITEM_REFERRAL) != 0)
			return rules_deny(c, "referral", "",
				"the item is marked for referral: nobody looks at it");
		return sr_field_count(c->s, "grant") > 0 ? rules_deny(c, "surplus-grant", "",
								   "a quarantine look has no grant")
							 : rules_allow(c);
	}
	if (!rules_field_is(c->s, "right", "access") && !rules_field_is(c->s, "right", "export") &&
		!rules_field_is(c->s, "right", "referral") &&
		!rules_field_is(c->s, "right", "reseal") &&
		!rules_field_is(c->s, "right", "redact"))
		return rules_deny(c, "unknown-right", "",
			"a right is access, export, referral, reseal, redact or quarantine");
	rc = rules_grant(c, &g);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-grant", "grants shows yours", "no such grant");
	if (rc != 0)
		return rc;
	rc = checkout_granted(c, &g, item);
	sr_grant_row_free(&g);
	return rc;
}

int rule_checkout(struct rules_ctx *c) {
	struct sr_item_row item = {0};
	int rc;

	if (!rules_field_is(c->s, "right", "quarantine") && sr_field_count(c->s, "grant") == 0)
		return rules_deny(c, "no-grant", "request access first",
			"a checkout names the grant it stands on");
	rc = rules_item(c, &item);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-item", "", "no such item");
	if (rc != 0)
		return rc;
	rc = checkout_item(c, &item);
	sr_item_row_free(&item);
	return rc;
}

int rule_return(struct rules_ctx *c) {
	struct sr_checkout_row row = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "checkout", 0, c->e);

	if (rc == 0)
		rc = sr_query_checkout(&row, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-checkout", "", "no such checkout");
	if (rc != 0)
		return rc;
	if (!sr_state_may(SR_M_CHECKOUT, row.state, SR_E_RETURN))
		return rules_deny(
			c, "checkout-state", "", "the checkout is %s", sr_state_name(row.state));
	return rules_allow(c);
}
