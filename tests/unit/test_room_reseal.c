/*
 * A released item under a new seal: what changes and what is gone, that what opened it before opens
 * nothing, that a vote's pieces count for the seals they were made for alone, and what a failure
 * leaves.
 */
#include <stdlib.h>
#include <string.h>

#include "catalogue/seals.h"
#include "store/envelope.h"
#include "store/itemkey.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

static const char PAGE[] = "a page of harmless text\n";

/* One or two items of level 2 under a live grant of researcher 0 (members 0 and 1 voted). */
struct desk {
	struct world *w;
	uint8_t item[2][SR_ID];
	uint8_t grant[SR_ID], sealing[SR_ID];
	struct world_request rq, anew;
	struct world_checkout c, s;
};

static struct desk *desk_new(size_t items) {
	struct desk *d = calloc(1, sizeof *d);

	assert_non_null(d);
	d->w = world_new(&(struct world_options){.members = 4, .level = {2, 3}, .second = true});
	for (size_t i = 0; i < items; i++)
		put_item(d->w, d->item[i], true);
	d->rq = (struct world_request){.by = &d->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = items};
	assert_int_equal(world_request(d->w, &d->rq), 0);
	world_grant(d->w, d->rq.id, d->grant);
	d->c = (struct world_checkout){
		.by = &d->w->researcher[0], .grant = d->grant, .item = d->item[0]};
	d->s = (struct world_checkout){.by = &d->w->curator[0],
		.grant = d->sealing,
		.item = d->item[0],
		.right = "reseal",
		.form = "none"};
	return d;
}

static void desk_free(struct desk *d) {
	world_free(d->w);
	free(d);
}

static void raise(struct desk *d) {
	assert_int_equal(
		world_describe(d->w, &d->w->curator[0], d->item[0], "A title", "minors"), 0);
}

/* Asked by curator 0 for item 0, voted, and checked out. */
static void sealing_granted(struct desk *d) {
	d->anew = (struct world_request){.by = &d->w->curator[0],
		.kind = "reseal",
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = 1};
	assert_ok(world_request(d->w, &d->anew), &d->w->out.err);
	world_grant(d->w, d->anew.id, d->sealing);
	assert_ok(world_checkout(d->w, &d->s), &d->w->out.err);
}

static int seal_anew(struct desk *d, struct sr_room_resealed *out) {
	struct sr_room_record records[2 * W_MEMBERS];
	struct sr_room_open o = {.person = d->s.by->person, .records = records};
	int rc;

	memcpy(o.checkout, d->s.id, SR_ID);
	o.count = world_records(d->w, &d->s, records, T_COUNT(records));
	rc = sr_room_reseal(d->w->room, &o, out, &d->w->e);
	sr_wipe(records, sizeof records);
	return rc;
}

static void sealed_anew(struct desk *d) {
	struct sr_room_resealed out = {.number = 0};

	sealing_granted(d);
	assert_ok(seal_anew(d, &out), &d->w->e);
}

static int top_up(struct desk *d, size_t member) {
	return world_vote(d->w,
		&(struct world_vote){.member = member, .request = d->rq.id, .decision = "topup"});
}

static struct sr_item_row row_of(struct desk *d) {
	struct sr_item_row row = {0}, out;

	assert_ok(sr_query_item(&row, d->w->v->catalogue, d->item[0], &d->w->e), &d->w->e);
	out = row;
	sr_item_row_free(&row);
	return out; /* numbers and arrays alone are used */
}

static bool has_slot(struct desk *d, uint64_t n) {
	char name[2 * SR_ID + 1];

	sr_hex(name, d->item[0], SR_ID);
	return sr_secrets_has(d->w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), n);
}

static bool has_file(struct desk *d, uint32_t n) {
	char name[SR_ENVELOPE_NAME];

	sr_envelope_name(name, d->item[0], n);
	return sr_file_exists(d->w->v->items, name);
}

static void is_wholly(struct desk *d, uint32_t number) {
	struct sr_item_row row = row_of(d);

	assert_int_equal(row.number, number);
	for (uint32_t n = 1; n < 6; n++) {
		assert_int_equal(has_slot(d, n), n == number);
		assert_int_equal(has_file(d, n), n == number);
	}
}

static void reads(struct desk *d) {
	struct sr_buf text;

	sr_buf_init_secret(&text);
	assert_ok(world_checkout(d->w, &d->c), &d->w->out.err);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
	assert_ok(world_read(d->w, &d->c, 0, &text), &d->w->e);
	assert_int_equal(text.len, sizeof PAGE - 1);
	assert_memory_equal(text.p, PAGE, text.len);
	assert_int_equal(world_return(d->w, &d->c), 0);
	sr_buf_free(&text);
}

/* --- the way --- */

static void the_whole_way(void **state) {
	(void)state;
	struct desk *d = desk_new(1);
	struct world *w = d->w;
	struct world_checkout other = d->c;
	struct sr_room_resealed out = {.number = 0};
	struct sr_item_row row;
	struct sr_entry en;

	assert_ok(world_checkout(w, &other), &w->out.err);
	assert_ok(world_open(w, &other), &w->e);
	raise(d);
	is_wholly(d, 2);
	sealing_granted(d);
	/* Nothing is shown under it. */
	assert_fails(world_open(w, &d->s), SR_DENIED, &w->e, "nothing of it is shown");
	assert_ok(seal_anew(d, &out), &w->e);
	assert_int_equal(out.number, 3);
	assert_int_equal(out.level, 3);
	assert_int_equal(out.epoch, 1);
	is_wholly(d, 3);
	row = row_of(d);
	assert_int_equal(row.level, 3);
	assert_int_equal(row.epoch, 1);
	assert_int_equal(row.sealed, out.entry);
	assert_int_equal(row.state, SR_S_RELEASED);
	world_last(w, SR_T_RESEAL, &en);
	assert_int_equal(en.index, out.entry);
	sr_entry_free(&en);
	assert_int_equal(sr_room_count(w->room), 0); /* the other checkout ended with it */
	assert_fails(world_open(w, &other), SR_DENIED, &w->e, "ended");
	/* Once for each grant. */
	assert_fails(seal_anew(d, &out), SR_DENIED, &w->e, "ended");
	assert_refused(w, world_checkout(w, &d->s), "resealed-already");
	/* Three members of the new level, and it is read again. */
	assert_refused(w, world_checkout(w, &d->c), "topup-needed");
	for (size_t i = 0; i < 3; i++) {
		assert_refused(w, world_checkout(w, &d->c), "topup-needed");
		assert_ok(top_up(d, 3 - i), &w->out.err);
	}
	reads(d);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	world_reopen(w);
	assert_int_equal(w->v->recovered.len, 0);
	is_wholly(d, 3);
	reads(d);
	desk_free(d);
}

static void who_asks_and_what_for(void **state) {
	(void)state;
	struct desk *d = desk_new(1);
	struct world *w = d->w;
	struct world_request rq = {.by = &w->researcher[0],
		.kind = "reseal",
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = 1};
	struct sr_room_resealed out = {.number = 0};

	raise(d);
	assert_refused(w, world_request(w, &rq), "role-missing");
	rq.by = &w->depositor;
	assert_refused(w, world_request(w, &rq), "role-missing");
	rq.by = &w->curator[0];
	rq.ends = w->now + 32 * W_DAY;
	assert_refused(w, world_request(w, &rq), "reseal-soon");
	rq.ends = 0;
	rq.with[0] = &w->researcher[0];
	assert_refused(w, world_request(w, &rq), "request-surplus");
	/* A reader's checkout seals nothing. */
	assert_int_equal(world_describe(w, &w->curator[1], d->item[0], "A title", "graphic"), 0);
	assert_ok(world_checkout(w, &d->c), &w->out.err);
	d->s = d->c;
	assert_fails(seal_anew(d, &out), SR_DENIED, &w->e, "right access seals nothing anew");
	is_wholly(d, 2);
	desk_free(d);
}

/* --- what opened it before --- */

static void envelope_of(struct desk *d, struct sr_envelope *env, struct sr_buf *file) {
	struct sr_envelope_want want = {.n = 0};
	struct sr_item_row row = row_of(d);

	sr_buf_init(file);
	want.n = row.number;
	memcpy(want.item, row.id, SR_ID);
	memcpy(want.hash, row.envelope, SR_HASH);
	memcpy(want.room_pk, d->w->v->keys->room_pk, SR_PK);
	assert_ok(sr_envelope_load(env, file, d->w->v->items, &want, &d->w->e), &d->w->e);
}

static void slot_of(struct desk *d, uint64_t n, uint8_t slot[SR_KEY]) {
	char name[2 * SR_ID + 1];
	struct sr_buf b;

	sr_hex(name, d->item[0], SR_ID);
	sr_buf_init_secret(&b);
	assert_ok(sr_secrets_get(
			  d->w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), n, &b, &d->w->e),
		&d->w->e);
	assert_int_equal(b.len, SR_KEY);
	memcpy(slot, b.p, SR_KEY);
	sr_buf_free(&b);
}

/* The part that k members open who keep their shares. */
static void part_of(struct desk *d, const struct sr_envelope *env, uint8_t part[SR_PART]) {
	struct world *w = d->w;
	struct sr_piece_share shares[2];
	struct sr_piece_ctx *c = calloc(1, sizeof *c);
	struct sr_sealed sealed = {.number = env->n, .seal = env->seal.p};
	uint8_t xr[SR_POINT], piece[SR_PIECE], reader[1][SR_X_PK] = {{9}};

	assert_non_null(c);
	memcpy(sealed.id, d->item[0], SR_ID);
	memcpy(c->key.vault, w->v->fingerprint, SR_HASH);
	memcpy(c->key.board, w->keys.level[0].board, SR_POINT);
	c->key.level = 2;
	c->key.kind = "item";
	c->readers = (const uint8_t(*)[SR_X_PK])reader;
	c->reader_count = 1;
	for (size_t i = 0; i < 2; i++) {
		c->index = (uint8_t)(i + 1);
		memcpy(c->share, w->keys.level[0].share[i], SR_POINT);
		assert_ok(sr_piece_make(piece, c, &sealed, w->x[i][0], &w->e), &w->e);
		assert_ok(sr_piece_verify(&shares[i], piece, c, &sealed, &w->e), &w->e);
	}
	assert_ok(sr_piece_combine(xr, shares, 2, 2, &w->e), &w->e);
	assert_ok(sr_tdh2_open(part, &c->key, &sealed, xr, &w->e), &w->e);
	free(c);
}

static bool key_is(
	const uint8_t slot[SR_KEY], const uint8_t part[SR_PART], const struct sr_envelope *env) {
	uint8_t key[SR_KEY], commitment[SR_HASH];

	sr_item_key(key, slot, env->vault, env->item, part);
	sr_item_key_commit(commitment, key, env->vault, env->item);
	return memcmp(commitment, env->commitment, SR_HASH) == 0;
}

/* Somebody kept the old envelope and k pieces of it, so they have its part, and now hold the whole
 * vault as it is after the reseal, unlocked: everything in it opens neither envelope. */
static void what_opened_it_before(void **state) {
	(void)state;
	struct desk *d = desk_new(1);
	struct world *w = d->w;
	struct sr_envelope old, now;
	struct sr_buf old_file, now_file;
	uint8_t old_part[SR_PART], old_slot[SR_KEY], slot[SR_KEY];
	struct sr_room_record records[2 * W_MEMBERS];
	struct sr_room_open o = {.person = d->c.by->person, .records = records};
	uint64_t n = 0;

	envelope_of(d, &old, &old_file);
	slot_of(d, 2, old_slot);
	part_of(d, &old, old_part);
	assert_true(key_is(old_slot, old_part, &old)); /* the control: this is what opens it */
	assert_ok(world_checkout(w, &d->c), &w->out.err);
	o.count = world_records(w, &d->c, records, T_COUNT(records));
	assert_int_equal(o.count, 2);
	memcpy(o.checkout, d->c.id, SR_ID);
	raise(d);
	sealed_anew(d);
	world_reopen(w); /* as from a copy that was taken now */
	is_wholly(d, 3);
	assert_ok(sr_secrets_count(w->v->secrets, SR_SECRET_SLOT, &n, &w->e), &w->e);
	assert_int_equal(n, 1);
	slot_of(d, 3, slot);
	assert_memory_not_equal(slot, old_slot, SR_KEY);
	envelope_of(d, &now, &now_file);
	assert_memory_not_equal(now.commitment, old.commitment, SR_HASH);
	assert_memory_not_equal(now.seal.p, old.seal.p, SR_SEAL);
	assert_false(key_is(slot, old_part, &old));
	assert_false(key_is(slot, old_part, &now));
	assert_false(key_is(old_slot, old_part, &now)); /* not even with the slot that is gone */
	/* The votes of the grant: the room passes them over, with the keys to their records. */
	assert_fails(sr_room_open(w->room, &o, &w->e), SR_DENIED, &w->e, "ended");
	assert_refused(w, world_checkout(w, &d->c), "0 of 3 members");
	sr_wipe(records, sizeof records);
	sr_buf_free(&old_file);
	sr_buf_free(&now_file);
	desk_free(d);
}

/* --- which seals a vote's pieces are for --- */

/* Made for the seal before by a client that has seen the reseal all the same (it proved something
 * in between): `seen` would let it pass, and its voter would be blamed at the checkout. */
static void a_vote_for_the_old_seal(void **state) {
	(void)state;
	struct desk *d = desk_new(2);
	struct world *w = d->w;
	struct world_request open = d->rq;
	struct world_seals *live_then, *open_then;
	struct world_vote topup = {.request = d->rq.id, .decision = "topup"};
	struct world_vote approve = {.request = open.id};

	open.by = &w->researcher[1];
	assert_int_equal(world_request(w, &open), 0);
	live_then = world_seals(w, d->rq.id, 0);
	open_then = world_seals(w, open.id, 0);
	raise(d);
	sealed_anew(d);
	topup.seals = live_then;
	approve.seals = open_then;
	assert_refused(w, world_vote(w, &topup), "sealed-anew");
	assert_refused(w, world_vote(w, &approve), "sealed-anew");
	/* For the seals in force: the topup counts; the approval was asked for at level 2. */
	topup.seals = approve.seals = NULL;
	assert_ok(world_vote(w, &topup), &w->out.err);
	assert_refused(w, world_vote(w, &approve), "level-raised");
	open.version = 2;
	assert_ok(world_request(w, &open), &w->out.err);
	assert_ok(world_vote(w, &approve), &w->out.err);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	free(live_then);
	free(open_then);
	desk_free(d);
}

/* Pieces that fit are taken whatever else happened since: another item sealed anew, entries of all
 * kinds, and a log that the voter has not seen. */
static void a_vote_for_the_seals_in_force(void **state) {
	(void)state;
	struct desk *d = desk_new(1);
	struct world *w = d->w;
	uint8_t other[1][SR_ID];
	struct world_request rq = {
		.by = &w->researcher[1], .items = (const uint8_t(*)[SR_ID])other, .count = 1};
	struct world_seals *then;
	struct world_vote approve = {.request = rq.id};

	put_item(w, other[0], true);
	assert_int_equal(world_request(w, &rq), 0);
	then = world_seals(w, rq.id, 0);
	raise(d);
	sealed_anew(d);
	assert_int_equal(world_describe(w, &w->curator[0], other[0], "Another title", NULL), 0);
	approve.seals = then;
	assert_ok(world_vote(w, &approve), &w->out.err);
	free(then);
	desk_free(d);
}

/* Pieces that came before the reseal never count after it, whoever gave them. */
static void a_topup_before_the_reseal(void **state) {
	(void)state;
	struct desk *d = desk_new(1);
	struct world *w = d->w;
	struct sr_topups l = {0};

	raise(d);
	assert_ok(top_up(d, 2), &w->out.err); /* a third member's piece of the old seal */
	assert_refused(w, top_up(d, 2), "topped-up");
	sealed_anew(d);
	assert_ok(sr_query_topups(&l, w->v->catalogue, d->grant, NULL, &w->e), &w->e);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.rows[0].have, 0);
	assert_int_equal(l.rows[0].want, 3);
	assert_true(l.rows[0].resealed);
	sr_topups_free(&l);
	assert_ok(top_up(d, 2), &w->out.err); /* once more, for the new seal */
	assert_refused(w, top_up(d, 2), "topped-up");
	assert_ok(top_up(d, 0), &w->out.err);
	assert_refused(w, world_checkout(w, &d->c), "2 of 3 members");
	assert_ok(top_up(d, 1), &w->out.err);
	reads(d);
	desk_free(d);
}

/* The room by itself, when a checkout was begun because enough seemed to be there: it passes pieces
 * of the old seal over and blames nobody for them. */
static void the_room_passes_old_pieces_over(void **state) {
	(void)state;
	struct desk *d = desk_new(1);
	struct world *w = d->w;
	struct world_vote bad = {
		.member = 3, .request = d->rq.id, .decision = "topup", .lie = W_BAD_PIECE};

	raise(d);
	sealed_anew(d);
	assert_ok(top_up(d, 1), &w->out.err);
	assert_ok(top_up(d, 2), &w->out.err);
	assert_ok(world_vote(w, &bad), &w->out.err);
	assert_ok(world_checkout(w, &d->c), &w->out.err);
	assert_fails(world_open(w, &d->c), SR_DENIED, &w->e, "1 topup is needed");
	assert_non_null(strstr(w->e.text, "the item was sealed anew at entry"));
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1); /* the bad piece alone */
	assert_ok(top_up(d, 0), &w->out.err);
	assert_ok(world_open(w, &d->c), &w->e);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	desk_free(d);
}

/* One item of a grant is destroyed, another sealed anew: what is left is topped up. */
static void a_topup_beside_a_destroyed_item(void **state) {
	(void)state;
	struct desk *d = desk_new(2);
	struct world *w = d->w;
	struct world_request end = {.by = &w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])(d->item + 1),
		.count = 1};

	raise(d);
	sealed_anew(d);
	assert_int_equal(world_request(w, &end), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = end.id}), 0);
	assert_int_equal(item_state(w, d->item[1]), SR_S_DESTROYED);
	for (size_t i = 0; i < 3; i++)
		assert_ok(top_up(d, i), &w->out.err);
	reads(d);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	desk_free(d);
}

/* --- failures --- */

/* Every write and sync of it fails once, in turn: the item is wholly old and can be sealed anew, or
 * wholly new. */
static void every_write_fails_once(void **state) {
	(void)state;
	struct desk *d = desk_new(1);
	struct world *w = d->w;
	struct sr_room_resealed out = {.number = 0};
	uint32_t number = 2;
	size_t old = 0, anew = 0;

	raise(d);
	sealing_granted(d);
	for (unsigned long nth = 1; nth < 200; nth++) {
		bool failed;
		int rc;

		sr_fault_set(nth, 5); /* EIO */
		rc = seal_anew(d, &out);
		failed = sr_fault_count() >= nth;
		sr_fault_set(0, 0);
		if (!failed) {
			assert_ok(rc, &w->e);
			break;
		}
		world_reopen(w);
		if (row_of(d).number == number) {
			assert_int_not_equal(rc, 0);
			is_wholly(d, number);
			old++;
			continue;
		}
		is_wholly(d, ++number);
		anew++;
		assert_int_equal(row_of(d).number, number);
		sealed_anew(d); /* by a grant of its own, from the new level on */
		is_wholly(d, ++number);
		sealing_granted(d);
	}
	assert_true(old > 3);
	assert_true(anew > 1);
	is_wholly(d, ++number);
	for (size_t i = 0; i < 3; i++)
		assert_ok(top_up(d, i), &w->out.err);
	reads(d);
	desk_free(d);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_way),
		cmocka_unit_test(who_asks_and_what_for),
		cmocka_unit_test(what_opened_it_before),
		cmocka_unit_test(a_vote_for_the_old_seal),
		cmocka_unit_test(a_vote_for_the_seals_in_force),
		cmocka_unit_test(a_topup_before_the_reseal),
		cmocka_unit_test(the_room_passes_old_pieces_over),
		cmocka_unit_test(a_topup_beside_a_destroyed_item),
		cmocka_unit_test(every_write_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
