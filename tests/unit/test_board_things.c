/*
 * things - what is set on items and what it forbids: embargo, hold, seal, retention; who sets and
 * who lifts; what ends by itself. The acts are world.h's.
 */
#include "things.h"
#include "world.h"

/* Who may set what, and what cannot be set. */
static void who_sets(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], none[SR_ID];

	(void)state;
	put_item(w, item, false);
	world_id(w, none);
	assert_refused(
		w, set(w, &w->researcher[0], SR_T_EMBARGO, item, 0, NULL), "rule role-missing");
	assert_refused(w, set(w, &w->member[0], SR_T_EMBARGO, item, 0, NULL), "rule role-missing");
	assert_refused(w, set(w, &w->curator[0], SR_T_HOLD, item, 0, NULL), "rule role-missing");
	assert_refused(w, set(w, &w->depositor, SR_T_SEAL, item, 0, NULL), "rule role-missing");
	assert_refused(w, set(w, &w->auditor, SR_T_RETENTION, item, w->now + W_DAY, NULL),
		"rule role-missing");
	assert_refused(w, set(w, &w->officer, SR_T_HOLD, none, 0, NULL), "rule no-such-item");
	assert_refused(w, set(w, &w->officer, SR_T_EMBARGO, item, w->now, NULL), "rule date-past");
	assert_refused(w, set(w, &w->curator[0], SR_T_RETENTION, item, w->now - 1, NULL),
		"rule date-past");
	assert_int_equal(set(w, &w->officer, SR_T_HOLD, item, 0, NULL), 0);
	assert_int_equal(set(w, &w->officer, SR_T_HOLD, item, 0, NULL), 0);
	assert_int_equal(set(w, &w->curator[1], SR_T_EMBARGO, item, 0, NULL), 0);
	assert_int_equal(set(w, &w->member[1], SR_T_SEAL, item, 0, NULL), 0);
	assert_refused(w, set(w, &w->member[1], SR_T_SEAL, item, 0, NULL), "rule sealed-already");
	assert_int_equal(set(w, &w->officer, SR_T_SEAL, item, 0, NULL), 0);
	assert_int_equal(flags_of(w, item), SR_ITEM_HOLD | SR_ITEM_EMBARGO | SR_ITEM_SEALED);
	world_free(w);
}

/* Under embargo an item may be asked for and granted, not checked out; what is open ends; the date
 * ends it without anybody. */
static void embargo_ends(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], grant[SR_ID], flag[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};
	size_t ended = 0;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	assert_int_equal(set(w, &w->curator[0], SR_T_EMBARGO, item[0], w->now + W_DAY, flag), 0);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "the checkout is ended");
	assert_refused(w, world_checkout(w, &c), "rule embargo");
	w->now += W_DAY - 1;
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 0);
	w->now += 1;
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 1);
	assert_int_equal(flags_of(w, item[0]), 0);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	assert_refused(w, lift(w, &w->curator[0], item[0], flag), "rule flag-ended");
	world_free(w);
}

/* Each hold is lifted on its own, by an officer; an embargo by curators and officers. */
static void lifted_by_hand(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], other[SR_ID], hold[2][SR_ID], embargo[SR_ID], date[SR_ID];
	struct world_draft d;

	(void)state;
	put_item(w, item, true);
	put_item(w, other, false);
	assert_int_equal(set(w, &w->officer, SR_T_HOLD, item, 0, hold[0]), 0);
	assert_int_equal(set(w, &w->officer, SR_T_HOLD, item, 0, hold[1]), 0);
	assert_int_equal(set(w, &w->officer, SR_T_EMBARGO, item, 0, embargo), 0);
	assert_int_equal(set(w, &w->officer, SR_T_RETENTION, item, w->now + W_DAY, date), 0);
	assert_refused(w, lift(w, &w->curator[0], item, hold[0]), "rule hold-set");
	assert_refused(w, lift(w, &w->member[0], item, embargo), "rule embargo-set");
	assert_refused(w, lift(w, &w->officer, other, hold[0]), "rule other-item");
	world_id(w, embargo);
	assert_refused(w, lift(w, &w->officer, item, embargo), "rule no-such-flag");
	assert_int_equal(lift(w, &w->officer, item, hold[1]), 0);
	assert_int_equal(flags_of(w, item), SR_ITEM_HOLD | SR_ITEM_EMBARGO);
	assert_int_equal(lift(w, &w->officer, item, hold[0]), 0);
	assert_int_equal(flags_of(w, item), SR_ITEM_EMBARGO);
	assert_int_equal(lift(w, &w->curator[1], item, date), 0);
	/* A lift is of one thing. */
	world_begin(&d, w, &w->officer, SR_T_LIFT);
	sr_text_put_hex(&d.text, "item", item, SR_ID);
	assert_refused(w, world_commit(&d, NULL), "rule lift-of-what");
	world_free(w);
}

/* A seal ends everything at once, and only a quorum lifts it: that seal and no other. */
static void seal_by_quorum(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], held[SR_ID], grant[SR_ID], seal[2][SR_ID], hold[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};
	struct world_checkout look = {.by = &w->curator[0], .item = held};
	struct world_request unseal = {.by = &w->curator[0], .kind = "lift", .target = seal[0]};

	(void)state;
	put_item(w, item[0], true);
	put_item(w, held, false);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	assert_int_equal(set(w, &w->member[2], SR_T_SEAL, item[0], 0, seal[0]), 0);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_refused(w, world_checkout(w, &c), "rule sealed");
	assert_refused(w, world_request(w, &rq), "rule item-sealed");
	assert_refused(w, lift(w, &w->member[2], item[0], seal[0]), "rule seal-by-quorum");
	assert_refused(w, lift(w, &w->officer, item[0], seal[0]), "rule seal-by-quorum");
	/* A held item too: neither looked at nor released. */
	assert_int_equal(set(w, &w->officer, SR_T_SEAL, held, 0, NULL), 0);
	assert_refused(w, world_checkout(w, &look), "rule referral-not-inspected");
	/* The board: what is asked about is a seal that stands. */
	assert_int_equal(set(w, &w->officer, SR_T_HOLD, item[0], 0, hold), 0);
	unseal.target = hold;
	assert_refused(w, world_request(w, &unseal), "rule not-a-seal");
	unseal.target = seal[0];
	unseal.by = &w->researcher[1];
	assert_refused(w, world_request(w, &unseal), "rule house-asks-to-lift-a-seal");
	unseal.by = &w->researcher[0];
	assert_refused(w, world_request(w, &unseal), "rule own-grant-not-lifted");
	unseal.by = &w->curator[0];
	assert_int_equal(world_request(w, &unseal), 0);
	assert_int_equal(set(w, &w->officer, SR_T_SEAL, item[0], 0, seal[1]), 0);
	assert_int_equal(vote_on(w, 0, &unseal), 0);
	assert_int_equal(vote_on(w, 2, &unseal), 0); /* who sealed has a vote like any other */
	assert_int_equal(request_state(w, unseal.id), SR_S_GRANTED);
	assert_int_equal(flags_of(w, item[0]), SR_ITEM_HOLD | SR_ITEM_SEALED); /* the other one */
	assert_refused(w, world_request(w, &unseal), "rule flag-ended");
	unseal.target = seal[1];
	unseal.by = &w->member[0];
	assert_int_equal(world_request(w, &unseal), 0);
	assert_int_equal(vote_on(w, 0, &unseal), 0);
	assert_int_equal(vote_on(w, 1, &unseal), 0);
	assert_int_equal(flags_of(w, item[0]), SR_ITEM_HOLD);
	assert_int_equal(world_checkout(w, &c), 0); /* a hold forbids nothing but destruction */
	world_free(w);
}

/* Two requests about one seal: the second has nothing left to lift, and says so. */
static void seal_is_moot(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], seal[SR_ID];
	struct world_request a = {.by = &w->member[0], .kind = "lift", .target = seal}, b = a;

	(void)state;
	put_item(w, item, true);
	assert_int_equal(set(w, &w->officer, SR_T_SEAL, item, 0, seal), 0);
	assert_int_equal(world_request(w, &a), 0);
	assert_int_equal(world_request(w, &b), 0);
	assert_int_equal(vote_on(w, 1, &b), 0);
	assert_int_equal(vote_on(w, 1, &a), 0);
	assert_int_equal(vote_on(w, 2, &a), 0);
	assert_int_equal(vote_on(w, 2, &b), 0);
	assert_int_equal(request_state(w, b.id), SR_S_REFUSED);
	assert_last_rule(w, "flag-ended");
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sets),
		cmocka_unit_test(embargo_ends),
		cmocka_unit_test(lifted_by_hand),
		cmocka_unit_test(seal_by_quorum),
		cmocka_unit_test(seal_is_moot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
