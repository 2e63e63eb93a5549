/*
 * walk_reading - deeds for 40-reading. See walk.h. Member 3 is a researcher as well.
 */
#ifndef SR_TESTS_WALK_READING_H
#define SR_TESTS_WALK_READING_H

#include "cosigning_rig.h"
#include "walk.h"

struct use { /* of an item of its own */
	const struct world_person *by;
	const char *kind;    /* of the request */
	const char *hazards; /* NULL: none */
	const char *right;   /* NULL: as asked for */
	const char *form;    /* NULL: text */
	const char *asked;   /* forms that are asked for; NULL: text */
	uint8_t item[1][SR_ID];
};

/* The item, and the grant for it in k->grant. */
static void use_granted(struct walk *k, struct use *u) {
	walk_item(k, u->hazards, true, u->item[0]);
	if (strcmp(u->kind, "referral") == 0)
		walk_mark(k, u->item[0]);
	walk_granted_as(k, u->by, u->kind, u->item[0], u->asked);
}

static struct world_checkout use_checkout(struct walk *k, const struct use *u) {
	return (struct world_checkout){.by = u->by,
		.grant = k->grant,
		.item = u->item[0],
		.right = u->right != NULL ? u->right : u->kind,
		.form = u->form};
}

static void use_draft(struct walk *k, struct world_draft *d, const struct use *u) {
	struct world_checkout c = use_checkout(k, u);

	WALK_DRAFT(k, d, world_checkout(k->w, &c));
}

static void uses(struct walk *k, struct world_draft *d, struct use u) {
	use_granted(k, &u);
	use_draft(k, d, &u);
}

static void reads_plain(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->researcher[0], .kind = "access"});
}

static void reads_as(struct walk *k, struct world_draft *d) {
	uses(k, d,
		(struct use){.by = &k->w->researcher[0],
			.kind = "access",
			.form = k->word,
			.asked = k->word});
}

/* Another item than that of the grant. */
static void reads_ungranted(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};

	use_granted(k, &u);
	memcpy(u.item[0], k->plain, SR_ID);
	use_draft(k, d, &u);
}

static void reads_hate(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->researcher[0], .kind = "access", .hazards = "hate"});
}

static void reads_worst(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->researcher[0], .kind = "access", .hazards = "minors"});
}

static void takes_copies(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->researcher[0], .kind = "export"});
}

static void hands_over(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->officer, .kind = "referral"});
}

static void reseals(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->curator[0], .kind = "reseal", .form = "none"});
}

static void redacts(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->curator[0], .kind = "redact"});
}

static void looks_with_copies(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->researcher[0], .kind = "export", .right = "access"});
}

static void copies_with_look(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->researcher[0], .kind = "access", .right = "export"});
}

static void refers_with_reseal(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->officer, .kind = "reseal", .right = "referral"});
}

static void reseals_with_redact(struct walk *k, struct world_draft *d) {
	uses(k, d,
		(struct use){.by = &k->w->curator[0],
			.kind = "redact",
			.right = "reseal",
			.form = "none"});
}

static void redacts_with_reseal(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->curator[0], .kind = "reseal", .right = "redact"});
}

static void looks_otherwise(struct walk *k, struct world_draft *d) {
	uses(k, d, (struct use){.by = &k->w->researcher[0], .kind = "access", .form = "colour"});
}

static void reads_suspended(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};

	use_granted(k, &u);
	WALK_OK(k, world_suspend(k->w, 0, k->grant));
	use_draft(k, d, &u);
}

static void reads_late(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};

	use_granted(k, &u);
	k->w->now += 31 * W_DAY;
	use_draft(k, d, &u);
}

static void reads_destroyed(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};
	uint8_t both[2][SR_ID];
	struct world_request rq = walk_request(k, u.by, "access", both[0]);
	struct world_request end;

	walk_item(k, NULL, true, u.item[0]);
	memcpy(both[0], u.item[0], SR_ID);
	memcpy(both[1], k->plain, SR_ID); /* a grant of nothing ends */
	rq.count = 2;
	walk_asked(k, &rq);
	world_grant(k->w, rq.id, k->grant);
	end = walk_request(k, &k->w->officer, "destroy", u.item[0]);
	walk_asked(k, &end);
	walk_vote(k, 0);
	walk_vote(k, 1);
	assert_int_equal(item_state(k->w, u.item[0]), SR_S_DESTROYED);
	use_draft(k, d, &u);
}

static void reads_marked(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};

	use_granted(k, &u);
	walk_mark(k, u.item[0]);
	use_draft(k, d, &u);
}

static void reads_flagged(struct walk *k, struct world_draft *d, enum sr_type_id what) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};

	use_granted(k, &u);
	WALK_OK(k, set(k->w, &k->w->officer, what, u.item[0], 0, NULL));
	use_draft(k, d, &u);
}

static void reads_sealed(struct walk *k, struct world_draft *d) {
	reads_flagged(k, d, SR_T_SEAL);
}

static void reads_embargoed(struct walk *k, struct world_draft *d) {
	reads_flagged(k, d, SR_T_EMBARGO);
}

static void reads_raised(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};

	use_granted(k, &u);
	WALK_OK(k, world_describe(k->w, &k->w->curator[0], u.item[0], "A page", "instructional"));
	use_draft(k, d, &u);
}

static void reads_twice(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};
	struct world_checkout c;

	use_granted(k, &u);
	c = use_checkout(k, &u);
	WALK_OK(k, world_checkout(k->w, &c));
	use_draft(k, d, &u);
}

static void reads_untrained(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[1], .kind = "access", .hazards = "hate"};
	uint8_t id[SR_ID];

	rules_attest(k->w, u.by, "training", "trauma-awareness", NULL, k->w->now + W_HOUR, id);
	use_granted(k, &u);
	k->w->now += 2 * W_HOUR;
	use_draft(k, d, &u);
}

/* After one distressing item, ${later}. */
static void reads_more(struct walk *k, struct world_draft *d, int64_t later) {
	struct use one = {.by = &k->w->researcher[2], .kind = "access", .hazards = "hate"};
	struct use two = one;
	struct world_checkout c;

	k->w->now += 31 * W_DAY; /* what was seen before counts no more */
	use_granted(k, &one);
	c = use_checkout(k, &one);
	WALK_OK(k, world_checkout(k->w, &c));
	assert_ok(world_open(k->w, &c), &k->w->e);
	WALK_OK(k, world_return(k->w, &c));
	k->w->now += later;
	use_granted(k, &two);
	use_draft(k, d, &two);
}

static void reads_on(struct walk *k, struct world_draft *d) {
	reads_more(k, d, W_MIN);
}

static void reads_next_week(struct walk *k, struct world_draft *d) {
	reads_more(k, d, 7 * W_DAY);
}

/* --- grants and checkouts --------------------------------------------------------------------- */

static void on_grant_of(struct walk *k, struct world_draft *d, const struct world_person *reader,
	const struct world_person *by, enum sr_type_id type) {
	struct use u = {.by = reader, .kind = "access"};

	use_granted(k, &u);
	if (type == SR_T_LIFT)
		WALK_OK(k, world_suspend(k->w, 2, k->grant));
	world_begin(d, k->w, by, type);
	sr_text_put_hex(&d->text, "grant", k->grant, SR_ID);
}

static void closes(struct walk *k, struct world_draft *d) {
	on_grant_of(k, d, &k->w->researcher[0], &k->w->researcher[0], SR_T_CLOSE);
}

static void suspends(struct walk *k, struct world_draft *d) {
	on_grant_of(k, d, &k->w->researcher[0], &k->w->member[1], SR_T_SUSPEND);
}

static void suspends_own(struct walk *k, struct world_draft *d) {
	on_grant_of(k, d, &k->w->member[3], &k->w->member[3], SR_T_SUSPEND);
}

static void lifts_again(struct walk *k, struct world_draft *d) {
	on_grant_of(k, d, &k->w->researcher[0], &k->w->member[2], SR_T_LIFT);
}

static void returns(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};
	struct world_checkout c;

	use_granted(k, &u);
	c = use_checkout(k, &u);
	WALK_OK(k, world_checkout(k->w, &c));
	WALK_DRAFT(k, d, world_return(k->w, &c));
}

static void extend_of(struct walk *k, struct world_draft *d, const char *kind) {
	struct use u = {.by = &k->w->researcher[0], .kind = kind};
	uint8_t newer[1][SR_ID];
	struct world_extend x = {.by = u.by,
		.grant = k->grant,
		.request = k->id,
		.items = (const uint8_t(*)[SR_ID])newer,
		.count = 1,
		.number = 1};

	use_granted(k, &u);
	walk_item(k, NULL, true, newer[0]);
	WALK_DRAFT(k, d, world_extend(k->w, &x));
}

static void extends(struct walk *k, struct world_draft *d) {
	extend_of(k, d, "access");
}

static void extends_copies(struct walk *k, struct world_draft *d) {
	extend_of(k, d, "export");
}

/* From now on checkouts wait for witnesses. */
static void witnesses(struct walk *k) {
	if (sr_witnessing_asked(k->w->v))
		return;
	keys();
	assert_ok(adopt(k->w, "both"), &k->w->e);
}

static void reads_witnessed(struct walk *k, struct world_draft *d) {
	struct use u = {.by = &k->w->researcher[0], .kind = "access"};

	witnesses(k);
	use_granted(k, &u);
	cosign(k->w, 2, true);
	use_draft(k, d, &u);
}

static void glass_of(struct walk *k, struct world_draft *d, const struct world_person *reader,
	const struct world_person *by) {
	struct use u = {.by = reader, .kind = "access"};
	struct world_checkout c;

	witnesses(k);
	use_granted(k, &u);
	c = use_checkout(k, &u);
	WALK_OK(k, world_checkout(k->w, &c));
	world_begin(d, k->w, by, SR_T_BREAK_GLASS);
	sr_text_put_hex(&d->text, "checkout", c.id, SR_ID);
	world_text(d, "reason", "the network is down");
}

static void breaks_glass(struct walk *k, struct world_draft *d) {
	glass_of(k, d, &k->w->researcher[0], &k->w->member[0]);
}

static void breaks_own_glass(struct walk *k, struct world_draft *d) {
	glass_of(k, d, &k->w->member[3], &k->w->member[3]);
}

static const struct walk_row reading_rows[] = {
	{.id = "read-undistressing", .deed = reads_plain},
	{.id = "read-undistressing", .deed = reads_ungranted, .first = "item-not-granted"},
	{.id = "read-undistressing", .deed = reads_as, .word = "metadata"},
	{.id = "read-undistressing", .deed = reads_as, .word = "description"},
	{.id = "read-undistressing", .deed = reads_as, .word = "features"},
	{.id = "read-undistressing", .deed = reads_as, .word = "outline"},
	{.id = "read-undistressing", .deed = reads_as, .word = "grey"},
	{.id = "read-undistressing", .deed = reads_as, .word = "colour"},
	{.id = "read-undistressing", .deed = reads_as, .word = "sound"},
	{.id = "read-distressing", .deed = reads_hate},
	{.id = "read-under-protection", .deed = reads_worst},
	{.id = "take-copies", .deed = takes_copies},
	{.id = "hand-over", .deed = hands_over},
	{.id = "reseal", .deed = reseals},
	{.id = "look-to-redact", .deed = redacts},
	{.id = "grant-state", .deed = reads_suspended, .first = "grant-state"},
	{.id = "grant-expired", .deed = reads_late, .first = "grant-expired"},
	{.id = "right-not-granted-look", .deed = looks_with_copies, .first = "right-not-granted"},
	{.id = "right-not-granted-copies", .deed = copies_with_look, .first = "right-not-granted"},
	{.id = "right-not-granted-referral",
		.deed = refers_with_reseal,
		.first = "right-not-granted"},
	{.id = "right-not-granted-reseal",
		.deed = reseals_with_redact,
		.first = "right-not-granted"},
	{.id = "right-not-granted-redact",
		.deed = redacts_with_reseal,
		.first = "right-not-granted"},
	{.id = "form-not-granted", .deed = looks_otherwise, .first = "form-not-granted"},
	{.id = "item-state", .deed = reads_destroyed, .first = "item-state"},
	{.id = "referral-not-shown", .deed = reads_marked, .first = "referral"},
	{.id = "sealed", .deed = reads_sealed},
	{.id = "embargo", .deed = reads_embargoed},
	{.id = "hazard-raised", .deed = reads_raised, .first = "hazard-raised"},
	{.id = "checked-out", .deed = reads_twice, .first = "checked-out"},
	{.id = "training-lapsed", .deed = reads_untrained},
	{.id = "budget-day", .deed = reads_on, .small = "exposureToday >= 40|exposureToday >= 01"},
	{.id = "budget-month",
		.deed = reads_next_week,
		.small = "exposureMonth >= 400|exposureMonth >= 001"},
	{.id = "lift-a-protection", .why = "the room shows no protections that could be lifted"},
	{.id = "lift-with-a-reason", .why = "the room shows no protections that could be lifted"},
	{.id = "readers-close", .deed = closes},
	{.id = "members-suspend", .deed = suspends},
	{.id = "own-grant-not-suspended", .deed = suspends_own},
	{.id = "who-suspended-lifts", .deed = lifts_again},
	{.id = "readers-return", .deed = returns},
	{.id = "readers-extend", .deed = extends},
	{.id = "right-not-extended", .deed = extends_copies, .first = "right-not-granted"},
	{.id = "read-undistressing", .deed = reads_witnessed},
	{.id = "house-breaks-the-glass", .deed = breaks_glass},
	{.id = "own-checkout", .deed = breaks_own_glass},
};

#endif
