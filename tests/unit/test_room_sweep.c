/*
 * sweep - a hundred open checkouts: what a commit pays for them, and that what the rules end is
 * shown to nobody from that moment on, forgotten after some commits at most, and by the minute's
 * sweep at once.
 */
#include <time.h>

#include "board/follow.h"
#include "room/room_internal.h"
#include "things.h"
#include "world.h"

enum {
	ITEMS = 50,
	OPEN = 2 * ITEMS,
	TIMES = 20
};

struct desk {
	struct world *w;
	uint8_t item[ITEMS][SR_ID];
	uint8_t grant[SR_ID];
	struct world_checkout c[OPEN];
};

/* Both readers of one grant have all its items open. */
static struct desk *desk_new(void) {
	struct desk *d = calloc(1, sizeof *d);
	struct world_file f[ITEMS];
	struct world_deposit in = {.files = f, .count = ITEMS};
	char names[ITEMS][16];
	struct world_request rq;
	struct world *w;

	assert_non_null(d);
	w = d->w = world_new(NULL);
	for (size_t i = 0; i < ITEMS; i++) {
		snprintf(names[i], sizeof names[i], "page-%zu", i);
		f[i] = (struct world_file){.path = names[i], .content = sr_bytes_str(names[i])};
	}
	assert_int_equal(world_deposit(w, &in), 0);
	memcpy(d->item, in.items, sizeof d->item);
	for (size_t i = 0; i < ITEMS; i++)
		world_held_release(w, d->item[i]);
	rq = (struct world_request){.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = ITEMS,
		.with = {&w->researcher[1]}};
	assert_ok(world_request(w, &rq), &w->out.err);
	assert_ok(world_join(w, &w->researcher[1], rq.id), &w->out.err);
	world_grant(w, rq.id, d->grant);
	for (size_t i = 0; i < OPEN; i++) {
		d->c[i] = (struct world_checkout){
			.by = &w->researcher[i % 2], .grant = d->grant, .item = d->item[i / 2]};
		assert_ok(world_checkout(w, &d->c[i]), &w->out.err);
		assert_ok(world_open(w, &d->c[i]), &w->e);
	}
	assert_int_equal(sr_room_count(w->room), OPEN);
	return d;
}

static uint64_t us_of(
	struct world *w, int (*sweep)(struct sr_room *r, size_t *wiped, struct sr_err *e)) {
	const clock_t began = clock(); /* of this process: others may be at work */
	size_t wiped = 0;

	for (size_t i = 0; i < TIMES; i++) {
		assert_ok(sweep(w->room, &wiped, &w->e), &w->e);
		assert_int_equal(wiped, 0);
	}
	return (uint64_t)(clock() - began) * 1000000 / CLOCKS_PER_SEC / TIMES;
}

static void distressing(struct world *w, const uint8_t item[SR_ID]) {
	assert_ok(world_describe(w, &w->curator[0], item, "A page", "hate"), &w->out.err);
}

static void lapsed_training(struct world *w, const struct world_person *who) {
	struct world_draft d;
	uint8_t id[SR_ID];

	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_ATTEST);
	sr_text_put_hex(&d.text, "attestation", id, SR_ID);
	sr_text_put(&d.text, "person", who->person);
	sr_text_put(&d.text, "kind", "training");
	sr_text_put(&d.text, "term", "trauma-awareness");
	sr_text_put_time(&d.text, "ends", w->now + W_MIN);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	w->now += W_HOUR;
}

/* An act of the house that ends nothing. */
static void act(struct world *w) {
	struct world_draft d;
	uint8_t id[SR_ID];

	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_ENQUIRY);
	sr_text_put_hex(&d.text, "enquiry", id, SR_ID);
	sr_text_put(&d.text, "event", "open");
	sr_text_put(&d.text, "kind", "police");
	world_text(&d, "text", "what is asked");
	assert_ok(world_commit(&d, NULL), &w->out.err);
}

static void a_hundred(void **state) {
	struct desk *d = desk_new();
	struct world *w = d->w;
	uint64_t some, all;
	struct sr_buf text;
	size_t acts = 0, wiped = 0;

	(void)state;
	some = us_of(w, sr_room_sweep);
	all = us_of(w, sr_room_sweep_all);
	printf("# %d open: %llu us after a commit, %llu us each minute\n", OPEN,
		(unsigned long long)some, (unsigned long long)all);
	assert_true(some < all / 2); /* a quarter, and a row of each */

	/* Items that turn out to be distressing, and a reader whose training is over: what ends
	 * this is a rule alone. Nobody reads on ... */
	lapsed_training(w, &w->researcher[1]);
	w->room->turn = 0;
	distressing(w, d->item[49]);
	distressing(w, d->item[48]);
	assert_int_equal(sr_room_count(w->room), OPEN);
	sr_buf_init(&text);
	assert_fails(world_read(w, &d->c[99], 0, &text), SR_DENIED, &w->e, "rule training-lapsed");
	assert_ok(world_read(w, &d->c[98], 0, &text), &w->e);
	/* ... and what nobody uses is gone when each had its turn: world_commit sweeps. */
	while (sr_room_count(w->room) > OPEN - 2 && acts < OPEN / ROOM_ASKED) {
		act(w);
		acts++;
	}
	assert_int_equal(sr_room_count(w->room), OPEN - 2);
	assert_fails(world_read(w, &d->c[97], 0, &text), SR_NOTFOUND, &w->e, "not open");
	/* The minute looks at all. */
	w->room->turn = 50;
	distressing(w, d->item[0]);
	assert_int_equal(sr_room_count(w->room), OPEN - 2);
	assert_ok(sr_room_sweep_all(w->room, &wiped, &w->e), &w->e);
	assert_int_equal(wiped, 1);
	/* A grant that ends needs no turn. */
	assert_int_equal(world_suspend(w, 0, d->grant), 0);
	assert_int_equal(sr_room_count(w->room), 0);
	sr_buf_free(&text);
	world_free(w);
	free(d);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
