/*
 * Items that come later into a live grant: who may ask and for what, which topups open which list,
 * that pieces of one list never count for another, and that all of it ends with the grant.
 */
#include <stdlib.h>
#include <string.h>

#include "catalogue/seals.h"
#include "things.h"
#include "world.h"

/* Item 0 under a live grant of researchers 0 and 1 (members 0 and 1 voted); 1 and 2 came later, 3
 * is held, 4 has a hazard that nobody decided about. */
struct desk {
	struct world *w;
	uint8_t item[5][SR_ID];
	uint8_t grant[SR_ID];
	struct world_request rq;
	struct world_checkout c;
};

static struct desk *desk_new(void) {
	struct desk *d = calloc(1, sizeof *d);

	assert_non_null(d);
	d->w = world_new(&(struct world_options){.members = 4, .level = {2, 3}});
	put_item(d->w, d->item[0], true);
	d->rq = (struct world_request){.by = &d->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = 1,
		.with = {&d->w->researcher[1]}};
	assert_ok(world_request(d->w, &d->rq), &d->w->out.err);
	assert_ok(world_join(d->w, &d->w->researcher[1], d->rq.id), &d->w->out.err);
	world_grant(d->w, d->rq.id, d->grant);
	put_item(d->w, d->item[1], true);
	put_item(d->w, d->item[2], true);
	put_item(d->w, d->item[3], false);
	put_item(d->w, d->item[4], false);
	assert_ok(world_describe(d->w, &d->w->curator[0], d->item[4], "A title", "graphic"),
		&d->w->out.err);
	assert_ok(world_release(d->w, &d->w->curator[1], d->item[4], "graphic"), &d->w->out.err);
	d->c = (struct world_checkout){
		.by = &d->w->researcher[0], .grant = d->grant, .item = d->item[1]};
	return d;
}

static void desk_free(struct desk *d) {
	world_free(d->w);
	free(d);
}

static struct world_extend asks(struct desk *d, size_t first, size_t count, uint64_t number) {
	return (struct world_extend){.by = &d->w->researcher[1],
		.grant = d->grant,
		.request = d->rq.id,
		.items = (const uint8_t(*)[SR_ID])(d->item + first),
		.count = count,
		.number = number};
}

static int top_up(struct desk *d, size_t member, int64_t extension) {
	return world_vote(d->w, &(struct world_vote){.member = member,
					.request = d->rq.id,
					.decision = "topup",
					.extension = extension});
}

static void reads(struct desk *d, size_t who, size_t item) {
	struct world_checkout c = {
		.by = &d->w->researcher[who], .grant = d->grant, .item = d->item[item]};
	struct sr_buf text;

	sr_buf_init_secret(&text);
	assert_ok(world_checkout(d->w, &c), &d->w->out.err);
	assert_ok(world_open(d->w, &c), &d->w->e);
	assert_ok(world_read(d->w, &c, 0, &text), &d->w->e);
	assert_true(text.len > 0);
	assert_int_equal(world_return(d->w, &c), 0);
	sr_buf_free(&text);
}

static void the_whole_way(void **state) {
	(void)state;
	struct desk *d = desk_new();
	struct world *w = d->w;
	struct world_extend x = asks(d, 1, 2, 1);

	assert_refused(w, world_checkout(w, &d->c), "item-not-granted");
	assert_ok(world_extend(w, &x), &w->out.err);
	assert_refused(w, world_checkout(w, &d->c), "0 of 2 members");
	assert_ok(top_up(d, 2, 1), &w->out.err);
	assert_refused(w, top_up(d, 2, 1), "topped-up");
	assert_refused(w, world_checkout(w, &d->c), "1 of 2 members");
	assert_ok(top_up(d, 3, 1), &w->out.err);
	for (size_t who = 0; who < 2; who++)
		for (size_t i = 0; i < 3; i++)
			reads(d, who, i);
	world_reopen(w);
	reads(d, 0, 2);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	assert_int_equal(world_close_grant(w, &w->researcher[0], d->grant), 0);
	assert_refused(w, world_checkout(w, &d->c), "grant-state");
	assert_refused(w, top_up(d, 0, 1), "grant-state");
	desk_free(d);
}

static void what_is_not_covered(void **state) {
	(void)state;
	struct desk *d = desk_new();
	struct world *w = d->w;
	struct world_extend x = asks(d, 3, 1, 1);

	assert_refused(w, world_extend(w, &x), "item-not-released");
	x = asks(d, 4, 1, 1);
	assert_refused(w, world_extend(w, &x), "has the hazard graphic");
	x = asks(d, 0, 1, 1);
	assert_refused(w, world_extend(w, &x), "item-granted");
	x = asks(d, 1, 1, 2);
	assert_refused(w, world_extend(w, &x), "extension-number");
	x = asks(d, 1, 1, 1);
	x.version = 2;
	assert_refused(w, world_extend(w, &x), "other-version");
	x.version = 1;
	x.by = &w->researcher[2];
	assert_refused(w, world_extend(w, &x), "readers-extend");
	x.by = &w->curator[0];
	assert_refused(w, world_extend(w, &x), "role-missing");
	x.by = &w->researcher[0];
	/* As it is described now, not as it was released. */
	assert_int_equal(world_describe(w, &w->curator[0], d->item[1], "A title", "minors"), 0);
	assert_refused(w, world_extend(w, &x), "has the hazard minors");
	assert_int_equal(world_describe(w, &w->curator[0], d->item[1], "A title", "none"), 0);
	assert_int_equal(set(w, &w->member[2], SR_T_SEAL, d->item[1], 0, NULL), 0);
	assert_refused(w, world_extend(w, &x), "item-not-released");
	x = asks(d, 2, 1, 1);
	assert_int_equal(world_suspend(w, 2, d->grant), 0);
	assert_refused(w, world_extend(w, &x), "grant-state");
	assert_int_equal(world_lift(w, 2, d->grant), 0);
	assert_ok(world_extend(w, &x), &w->out.err);
	w->now += 31 * W_DAY;
	x = asks(d, 1, 1, 2);
	assert_refused(w, world_extend(w, &x), "grant-state");
	desk_free(d);
}

/* Pieces count for the list that their vote names, whatever a voter makes of it. */
static void one_list_is_not_another(void **state) {
	(void)state;
	struct desk *d = desk_new();
	struct world *w = d->w;
	struct world_extend x = asks(d, 1, 1, 1);
	struct world_vote vote = {.member = 2, .request = d->rq.id, .decision = "topup"};

	assert_ok(world_extend(w, &x), &w->out.err);
	x = asks(d, 2, 1, 2);
	assert_ok(world_extend(w, &x), &w->out.err);
	assert_ok(top_up(d, 2, 0), &w->out.err);
	assert_ok(top_up(d, 3, 0), &w->out.err);
	assert_refused(w, world_checkout(w, &d->c), "0 of 2 members");
	/* Said to be of list 1 with the pieces of list 2: other seals. */
	struct world_seals *other = world_seals(w, d->rq.id, 2);
	vote.seals = other;
	vote.extension = 1;
	assert_refused(w, world_vote(w, &vote), "sealed-anew");
	vote.extension = 3;
	assert_refused(w, world_vote(w, &vote), "no-such-extension");
	vote.extension = 2;
	assert_ok(world_vote(w, &vote), &w->out.err);
	vote.member = 3;
	assert_ok(world_vote(w, &vote), &w->out.err);
	assert_refused(w, world_checkout(w, &d->c), "0 of 2 members");
	reads(d, 0, 2);
	/* An approval is on the request as it was asked. */
	vote.decision = "approve";
	assert_refused(w, world_vote(w, &vote), "vote-surplus");
	free(other);
	desk_free(d);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_way),
		cmocka_unit_test(what_is_not_covered),
		cmocka_unit_test(one_list_is_not_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
