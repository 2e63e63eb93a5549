/*
 * invariants_flag - what is set on items and lifted: embargo, hold, seal, retention. Who may sign
 * which is in ledger/types.c. See invariants_in.h.
 */
#include "board/invariants_in.h"

/* What is set on an item goes by the id of the statement that set it, which its signer chose, and a
 * request to lift something names a grant or that: one that has the id of a grant could never be
 * asked about. */
int rules_flag_id(struct rules_ctx *c) {
	struct sr_grant_row g = {0};
	const int rc = sr_query_grant(&g, c->cat, c->s->head.id, c->e);

	sr_grant_row_free(&g);
	if (rc == 0)
		return rules_deny(c, "id-taken", "sign it anew", "its id is that of a grant");
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(c->e);
	return rules_allow(c);
}

/* An item on which something can still be set: with the ruling "no" else. */
static int settable(struct rules_ctx *c, struct sr_item_row *item) {
	int rc = rules_flag_id(c);

	if (rc != 0 || !c->out->allowed)
		return rc;
	rc = rules_item(c, item);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-item", "", "no such item");
	if (rc != 0)
		return rc;
	if (!sr_state_may(SR_M_ITEM, item->state, SR_E_FLAG))
		return rules_deny(
			c, "item-state", "", "the item is %s", sr_state_name(item->state));
	return rules_allow(c);
}

/* The same with a date ${key} that must lie ahead where it is given. */
static int settable_until(struct rules_ctx *c, const char *key) {
	struct sr_item_row item = {0};
	int64_t date = 0;
	int rc = settable(c, &item);

	sr_item_row_free(&item);
	if (rc != 0 || !c->out->allowed || sr_field_count(c->s, key) == 0)
		return rc;
	rc = sr_field_time(&date, c->s, key, 0, c->e);
	if (rc == 0 && date <= c->now)
		return rules_deny(c, "date-past", "", "its date lies in the past");
	return rc;
}

int rule_embargo(struct rules_ctx *c) {
	return settable_until(c, "ends");
}

int rule_retention(struct rules_ctx *c) {
	return settable_until(c, "due");
}

int rule_hold(struct rules_ctx *c) {
	struct sr_item_row item = {0};
	int rc = settable(c, &item);

	sr_item_row_free(&item);
	return rc;
}

/* One seal a person: a second one of the same hand adds nothing, and each costs a quorum to lift.
 */
int rule_seal(struct rules_ctx *c) {
	struct sr_item_row item = {0};
	struct sr_flags flags = {0};
	int rc = settable(c, &item);

	if (rc == 0 && c->out->allowed)
		rc = sr_query_flags(&flags, c->cat, item.id, true, c->e);
	for (size_t i = 0; i < flags.count; i++)
		if (strcmp(flags.rows[i].what, "seal") == 0 &&
			strcmp(flags.rows[i].person, c->me.person) == 0)
			rc = rules_deny(c, "sealed-already", "",
				"%s has sealed this item already (entry %llu)", c->me.person,
				(unsigned long long)flags.rows[i].entry);
	sr_flags_free(&flags);
	sr_item_row_free(&item);
	return rc;
}

/* --- lifting --- */

/* What one person's act ends; a seal's end is the board's. */
static int lift_by(struct rules_ctx *c, const struct sr_flag_row *f) {
	if (strcmp(f->what, "seal") == 0)
		return rules_deny(c, "seal-by-quorum", "ask the board: lift ITEM FLAG --ask",
			"a seal is lifted by a quorum alone");
	if (strcmp(f->what, "referral") == 0)
		return rules_deny(c, "referral-by-quorum",
			"an officer asks the board: lift ITEM FLAG --ask",
			"a mark for referral is taken back by a quorum of the highest level alone");
	return rules_allow(c);
}

static int lift_flag(struct rules_ctx *c, const struct sr_flag_row *f) {
	struct sr_item_row item = {0};
	enum sr_state state;
	bool same;
	int rc = rules_item(c, &item);

	same = rc == 0 && memcmp(item.id, f->item, SR_ID) == 0;
	state = item.state;
	sr_item_row_free(&item);
	if (rc == SR_NOTFOUND || (rc == 0 && !same))
		return rules_deny(
			c, "other-item", "show ITEM lists them", "it was set on another item");
	if (rc != 0)
		return rc;
	if (f->ended != 0)
		return rules_deny(c, "flag-ended", "", "the %s ended with entry %llu", f->what,
			(unsigned long long)f->ended);
	/* What destroys an item ends its flags. */
	if (!sr_state_may(SR_M_ITEM, state, SR_E_LIFT))
		return sr_fail(
			c->e, SR_MISUSE, "the item is %s and has a flag", sr_state_name(state));
	return lift_by(c, f);
}

int rules_lift_flag(struct rules_ctx *c) {
	struct sr_flag_row f = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "flag", 0, c->e);

	if (rc == 0)
		rc = sr_query_flag(&f, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-flag", "show ITEM lists them",
			"nothing was set by a statement with this id");
	if (rc == 0)
		rc = lift_flag(c, &f);
	sr_flag_row_free(&f);
	return rc;
}

/* Was it decided that the item goes to an authority? */
int sr_invariants_referred(
	bool *out, struct sr_catalogue *c, const uint8_t item[SR_ID], struct sr_err *e) {
	const struct sr_grant_filter f = {.item = item, .right = "referral"};
	const struct sr_page first = {.limit = 1};
	struct sr_grants l = {0};
	int rc = sr_query_grants(&l, c, &f, &first, e);

	*out = rc == 0 && l.count > 0;
	sr_grants_free(&l);
	return rc;
}

/* A mark that was a mistake is taken back by the highest level, on the record. If nobody could,
 * curators would think twice before they mark, and a slip of the pen would lose an item for good.
 * What a quorum has decided to hand over was no mistake. */
static int referral_lift(struct rules_ctx *c, const struct sr_flag_row *f) {
	bool referred = false;
	int rc = sr_invariants_referred(&referred, c->cat, f->item, c->e);

	if (rc != 0)
		return rc;
	if (referred)
		return rules_deny(c, "referred", "",
			"the board decided to hand this item over: the mark was no mistake");
	return rules_allow(c);
}

int rules_lift_level(uint32_t *level, struct rules_ctx *c) {
	struct sr_flag_row f = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "target", 0, c->e);

	*level = c->board.levels[0].level;
	if (rc == 0)
		rc = sr_query_flag(&f, c->cat, id, c->e);
	if (rc == 0 && strcmp(f.what, "referral") == 0)
		*level = c->board.levels[c->board.level_count - 1].level;
	sr_flag_row_free(&f);
	if (rc == SR_NOTFOUND) { /* a grant's */
		sr_err_clear(c->e);
		rc = 0;
	}
	return rc;
}

int rules_lift_asked(struct rules_ctx *c, const uint8_t flag[SR_ID]) {
	struct sr_flag_row f = {0};
	struct sr_item_row item = {0};
	int rc = sr_query_flag(&f, c->cat, flag, c->e);

	if (rc == SR_NOTFOUND)
		return rules_deny(
			c, "no-such-grant", "", "no such grant, and no such seal of an item");
	if (rc == 0)
		rc = sr_query_item(&item, c->cat, f.item, c->e);
	if (rc != 0)
		goto out;
	if (memcmp(item.board, c->board.id, SR_ID) != 0)
		rc = rules_deny(c, "other-board", "ask the board of its collection",
			"the item is under another board");
	else if (strcmp(f.what, "seal") != 0 && strcmp(f.what, "referral") != 0)
		rc = rules_deny(c, "not-a-seal", "lift ITEM FLAG",
			"a %s is lifted without the board, by officers or curators", f.what);
	else if (f.ended != 0)
		rc = rules_deny(c, "flag-ended", "", "the %s ended with entry %llu", f.what,
			(unsigned long long)f.ended);
	else if (!sr_state_may(SR_M_ITEM, item.state, SR_E_LIFT)) /* a mark outlives the item */
		rc = rules_deny(c, "item-state", "", "the item is %s", sr_state_name(item.state));
	else if (strcmp(f.what, "referral") == 0)
		rc = referral_lift(c, &f);
	else
		rc = rules_allow(c);
out:
	sr_item_row_free(&item);
	sr_flag_row_free(&f);
	return rc;
}
