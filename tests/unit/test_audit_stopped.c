/*
 * What the service ends, stops or voids by itself: with a cause in the log it is left alone,
 * without one it is named by its entry.
 */
#include <stdlib.h>
#include <string.h>

#include "audit_rig.h"
#include "board/follow.h"
#include "cosigning_rig.h"
#include "ledger/card.h"
#include "world.h"

enum {
	MAX = 24
};

struct house {
	struct desk d; /* two items, and a request of two researchers that is open */
	struct world *w;
	struct { /* what must be found, in the order of the log */
		uint64_t entry;
		const char *what, *field, *piece;
	} want[MAX];
	size_t wanted;
};

static void house_begin(struct house *h) {
	memset(h, 0, sizeof *h);
	desk_begin(&h->d);
	h->w = h->d.w;
}

/* All of the log, and of it nothing but what is wanted. */
static void house_end(struct house *h) {
	struct heap found;

	replay(h->w, SR_AUDIT_STEP, false, &found);
	for (size_t i = 0; i < found.count || i < h->wanted; i++) {
		const struct sr_audit_finding *f = &found.rows[i];

		if (i >= found.count)
			fail_msg("entry %llu is not named: %s",
				(unsigned long long)h->want[i].entry, h->want[i].piece);
		if (i >= h->wanted || f->entry != h->want[i].entry ||
			strcmp(f->what, h->want[i].what) != 0 ||
			strcmp(f->field, h->want[i].field) != 0 ||
			strstr(f->text, h->want[i].piece) == NULL)
			fail_msg("not wanted: %s of entry %llu (%s), %s: %s", f->what,
				(unsigned long long)f->entry, f->type, f->field, f->text);
	}
	assert_int_equal(found.state, SR_AUDIT_COMPLETE);
	heap_free(&found);
	world_free(h->w);
}

static void begin(struct house *h, struct sr_buf *text, enum sr_type_id type) {
	sr_buf_init(text);
	sr_follow_begin(text, h->w->v, type, h->w->now);
}

/* The service says ${text}, freed, which is wanted as a finding. */
static void forged(struct house *h, struct sr_buf *text, const char *what, const char *field,
	const char *piece) {
	struct sr_outcome out;

	assert_ok(sr_buf_ok(text, &h->w->e), &h->w->e);
	assert_ok(sr_door_service(h->w->v, sr_buf_view(text), &out, &h->w->e), &h->w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(text);
	assert_true(h->wanted < MAX);
	h->want[h->wanted].entry = out.index;
	h->want[h->wanted].what = what;
	h->want[h->wanted].field = field;
	h->want[h->wanted++].piece = piece;
}

static void forged_lapse(
	struct house *h, const char *what, const uint8_t id[SR_ID], const char *piece) {
	struct sr_buf text;

	begin(h, &text, SR_T_LAPSE);
	sr_text_put(&text, "what", what);
	sr_text_put_hex(&text, what, id, SR_ID);
	if (strcmp(what, "request") == 0)
		sr_text_put_dec(&text, "version", 1);
	forged(h, &text, "early", "what", piece);
}

static void forged_suspend(struct house *h, const uint8_t grant[SR_ID], const char *piece) {
	struct sr_buf text;

	begin(h, &text, SR_T_SUSPEND);
	sr_text_put_hex(&text, "grant", grant, SR_ID);
	forged(h, &text, "cause", "grant", piece);
}

/* By one researcher (with the other one), of the first of the items; ${grant} NULL: it stays open.
 */
static void asked(struct house *h, struct world_request *rq, size_t by, bool both, int64_t closes,
	uint8_t *grant) {
	*rq = (struct world_request){.by = &h->w->researcher[by],
		.items = (const uint8_t(*)[SR_ID])h->d.item,
		.count = 1,
		.closes = closes};
	if (both)
		rq->with[0] = &h->w->researcher[1 - by];
	assert_ok(world_request(h->w, rq), &h->w->out.err);
	if (both)
		assert_ok(world_join(h->w, &h->w->researcher[1 - by], rq->id), &h->w->out.err);
	if (grant != NULL)
		world_grant(h->w, rq->id, grant);
}

static void vote(struct house *h, size_t member, const uint8_t request[SR_ID], const char *word) {
	assert_ok(world_vote(h->w,
			  &(struct world_vote){
				  .member = member, .request = request, .decision = word}),
		&h->w->out.err);
}

static void end_person(struct house *h, const struct world_person *by, const char *person) {
	struct world_draft d;

	world_begin(&d, h->w, by, SR_T_PERSON_END);
	sr_text_put(&d.text, "person", person);
	assert_ok(world_commit(&d, NULL), &h->w->out.err);
}

/* The next key of researcher ${i}, by a curator; the world goes on with it. */
static void other_key(struct house *h, size_t i) {
	struct world_person *who = &h->w->researcher[i];
	const struct sr_card_next of = {who->person, NULL};
	uint8_t commit[SR_HASH];
	struct world_draft d;

	for (size_t k = 0; k < SR_SEED; k++)
		who->seed[k] = (uint8_t)(0xa5 ^ (k * k));
	sr_sign_public(who->pk, who->seed);
	sr_text_commit(commit, who->salt, sr_bytes_str(who->name));
	sr_buf_clear(&who->card);
	assert_ok(sr_card_make_next(&who->card, who->seed, commit, &of, &h->w->e), &h->w->e);
	world_begin(&d, h->w, &h->w->curator[0], SR_T_PERSON_KEY);
	sr_text_put(&d.text, "person", who->person);
	world_card(&d, "card", who);
	assert_ok(world_commit(&d, NULL), &h->w->out.err);
}

static void sweep(struct house *h, size_t want) {
	size_t ended = 0;

	assert_ok(sr_door_sweep(h->w->v, &ended, &h->w->e), &h->w->e);
	assert_int_equal(ended, want);
}

static size_t count_of(struct house *h, enum sr_type_id type, size_t before) {
	return world_count(h->w, type) - before;
}

/* --- lapses ----------------------------------------------------------------------------------- */

/* At their time, and a moment before it. */
static void test_due(void **state) {
	struct world_request rq;
	struct world_checkout c;
	uint8_t grant[SR_ID];
	struct house h;

	(void)state;
	house_begin(&h);
	asked(&h, &rq, 0, false, h.w->now + W_DAY, NULL);
	forged_lapse(&h, "request", h.d.rq.id, "until somebody ends it: nobody had ended it");
	asked(&h, &rq, 0, false, h.w->now + 2 * W_DAY, NULL);
	forged_lapse(&h, "request", rq.id, "what stands until 2026-11-23T10:00:00Z");
	asked(&h, &rq, 0, false, 0, grant);
	forged_lapse(&h, "grant", grant, "what stands until 2026-12-21T10:00:00Z");
	asked(&h, &rq, 0, false, 0, grant);
	c = (struct world_checkout){.by = &h.w->researcher[0], .grant = grant, .item = h.d.item[0]};
	assert_ok(world_checkout(h.w, &c), &h.w->out.err);
	h.w->now += 599;
	forged_lapse(&h, "checkout", c.id, "what stands until 2026-11-21T10:10:00Z");
	assert_ok(world_checkout(h.w, &c), &h.w->out.err);
	h.w->now += 600; /* unopened */
	sweep(&h, 1);
	assert_ok(world_checkout(h.w, &c), &h.w->out.err);
	assert_ok(world_open(h.w, &c), &h.w->e);
	h.w->now += W_DAY / 3 - 1;
	forged_lapse(&h, "checkout", c.id, "T18:19:59Z");
	assert_ok(world_checkout(h.w, &c), &h.w->out.err);
	assert_ok(world_open(h.w, &c), &h.w->e);
	h.w->now += W_DAY / 3;
	sweep(&h, 1);
	h.w->now += W_DAY;
	sweep(&h, 1); /* the request that closes after a day */
	h.w->now += 30 * W_DAY;
	sweep(&h, 1); /* the grant's end */
	house_end(&h);
}

/* Where witnesses are asked their clocks count too: up to a day ahead of ours. */
static void test_clocks(void **state) {
	struct world_request rq;
	struct sr_outcome out;
	struct sr_buf text;
	struct house h;

	(void)state;
	keys();
	house_begin(&h);
	assert_ok(adopt(h.w, "both"), &h.w->e);
	asked(&h, &rq, 0, false, h.w->now + W_DAY, NULL);
	begin(&h, &text, SR_T_LAPSE);
	sr_text_put(&text, "what", "request");
	sr_text_put_hex(&text, "request", rq.id, SR_ID);
	sr_text_put_dec(&text, "version", 1);
	assert_ok(sr_door_service(h.w->v, sr_buf_view(&text), &out, &h.w->e), &h.w->e);
	sr_buf_free(&text);
	asked(&h, &rq, 0, false, h.w->now + W_DAY + 1, NULL);
	forged_lapse(&h, "request", rq.id, "until 2026-11-22T10:00:01Z");
	house_end(&h);
}

/* Whose askers and readers are gone, or whose items. */
static void test_gone(void **state) {
	struct world_request rq, end;
	uint8_t grant[SR_ID];
	const size_t causes = 4;
	struct house h;

	(void)state;
	for (size_t cause = 0; cause < causes; cause++) {
		house_begin(&h);
		const size_t before = world_count(h.w, SR_T_LAPSE);

		asked(&h, &rq, 0, false, 0, grant);
		asked(&h, &rq, 0, false, 0, NULL);
		if (cause == 0) { /* and the desk's; the grant is suspended */
			end_person(&h, &h.w->curator[0], h.w->researcher[0].person);
			assert_int_equal(count_of(&h, SR_T_LAPSE, before), 2);
		} else if (cause == 1) {
			other_key(&h, 0);
			assert_int_equal(count_of(&h, SR_T_LAPSE, before), 3);
		} else if (cause == 2) { /* a co-applicant of the desk's */
			other_key(&h, 1);
			assert_int_equal(count_of(&h, SR_T_LAPSE, before), 1);
			forged_lapse(&h, "request", rq.id, "who asked is there, with the same key");
			forged_lapse(&h, "grant", grant, "and who reads under it");
		} else {
			end = (struct world_request){.by = &h.w->curator[0],
				.kind = "destroy",
				.items = (const uint8_t(*)[SR_ID])h.d.item,
				.count = 1};
			assert_ok(world_request(h.w, &end), &h.w->out.err);
			vote(&h, 0, end.id, "approve");
			vote(&h, 1, end.id, "approve");
			sweep(&h, 2); /* of the desk's two items one is left */
			forged_lapse(&h, "request", h.d.rq.id, "so is what they asked for");
		}
		house_end(&h);
	}
}

/* --- suspensions ------------------------------------------------------------------------------ */

static void test_suspended(void **state) {
	struct world_request rq, lift;
	uint8_t alone[SR_ID], shared[SR_ID];
	struct house h;

	(void)state;
	house_begin(&h);
	asked(&h, &rq, 0, false, 0, alone);
	asked(&h, &rq, 0, true, 0, shared);
	forged_suspend(&h, alone, "which gave it, nobody whom it names was ended or has another");
	assert_ok(world_suspend(h.w, 0, shared), &h.w->out.err); /* a member may without a word */
	forged_suspend(&h, shared, "which gave it, nobody");
	end_person(&h, &h.w->curator[0], h.w->researcher[1].person); /* anew */
	lift = (struct world_request){.by = &h.w->member[0], .kind = "lift", .target = shared};
	assert_ok(world_request(h.w, &lift), &h.w->out.err);
	vote(&h, 1, lift.id, "approve");
	vote(&h, 2, lift.id, "approve");
	forged_suspend(&h, shared, "which settled what was before, nobody");
	assert_ok(world_request(h.w, &lift), &h.w->out.err);
	vote(&h, 1, lift.id, "approve");
	vote(&h, 2, lift.id, "approve");
	other_key(&h, 0); /* the vault suspends it for that */
	forged_suspend(&h, shared, "which settled what was before, nobody");
	house_end(&h);
}

/* --- votes and room keys ---------------------------------------------------------------------- */

static void incident(struct sr_buf *text, struct house *h, const struct sr_vote_row *v,
	const uint8_t grant[SR_ID]) {
	begin(h, text, SR_T_INCIDENT);
	sr_text_put(text, "what", "piece-invalid");
	sr_text_put(text, "person", v->person);
	sr_text_put_hex(text, "vote", v->statement, SR_ID);
	sr_text_put_hex(text, "request", h->d.rq.id, SR_ID);
	sr_text_put_hex(text, "item", h->d.item[0], SR_ID);
	if (grant != NULL)
		sr_text_put_hex(text, "grant", grant, SR_ID);
}

static void test_voided(void **state) {
	static const char says[] = "no checkout that could have opened a piece of it";
	struct sr_votes votes = {.count = 0};
	struct world_checkout c;
	struct sr_buf text;
	struct house h;

	(void)state;
	house_begin(&h);
	vote(&h, 0, h.d.rq.id, NULL);
	assert_ok(sr_query_votes(&votes, h.w->v->catalogue, h.d.rq.id, 1, &h.w->e), &h.w->e);
	incident(&text, &h, &votes.rows[0], NULL); /* while it is open */
	forged(&h, &text, "cause", "vote", says);
	sr_votes_free(&votes);
	ask(&h.d);
	assert_ok(world_vote(h.w,
			  &(struct world_vote){
				  .member = 0, .request = h.d.rq.id, .lie = W_BAD_PIECE}),
		&h.w->out.err);
	vote(&h, 1, h.d.rq.id, NULL);
	assert_true(world_grant_of(h.w, h.d.rq.id, h.d.grant));
	assert_ok(sr_query_votes(&votes, h.w->v->catalogue, h.d.rq.id, 1, &h.w->e), &h.w->e);
	c = (struct world_checkout){
		.by = &h.w->researcher[0], .grant = h.d.grant, .item = h.d.item[0]};
	assert_ok(world_checkout(h.w, &c), &h.w->out.err);
	assert_int_equal(world_open(h.w, &c), SR_AUTH); /* and the room says so */
	assert_int_equal(world_count(h.w, SR_T_INCIDENT), 2);
	assert_ok(world_return(h.w, &c), &h.w->out.err);
	incident(&text, &h, &votes.rows[1], h.d.grant); /* nobody opens anything now */
	forged(&h, &text, "cause", "vote", says);
	sr_votes_free(&votes);
	house_end(&h);
}

static void put_room_key(struct sr_buf *text, struct house *h) {
	struct sr_version_row v = {.version = 0};

	assert_ok(sr_query_version(&v, h->w->v->catalogue, h->d.rq.id, 1, &h->w->e), &h->w->e);
	sr_buf_init(text);
	assert_ok(sr_follow_room_key(text, h->w->v, &v, h->w->now, &h->w->e), &h->w->e);
	sr_version_row_free(&v);
}

static void test_room_key(void **state) {
	struct sr_outcome out;
	struct sr_buf text;
	struct house h;

	(void)state;
	house_begin(&h);
	put_room_key(&text, &h);
	forged(&h, &text, "cause", "key", "and no backup was restored since");
	begin(&h, &text, SR_T_INCIDENT);
	sr_text_put(&text, "what", "restored");
	assert_ok(sr_door_service(h.w->v, sr_buf_view(&text), &out, &h.w->e), &h.w->e);
	sr_buf_free(&text);
	put_room_key(&text, &h);
	assert_ok(sr_door_service(h.w->v, sr_buf_view(&text), &out, &h.w->e), &h.w->e);
	sr_buf_free(&text);
	put_room_key(&text, &h); /* once for each */
	forged(&h, &text, "cause", "key", "and no backup was restored since");
	house_end(&h);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_suspended),
		cmocka_unit_test(test_voided),
		cmocka_unit_test(test_room_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
