/*
 * What the service ends, stops, voids or refuses by itself: with a cause in the log it is left
 * alone, without one it is named by its entry.
 */
#include <stdlib.h>
#include <string.h>

#include "audit_rig.h"
#include "board/follow.h"
#include "board/policy_default.h"
#include "cosigning_rig.h"
#include "ledger/card.h"
#include "rules_rig.h"
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

static void wanted(
	struct house *h, uint64_t entry, const char *what, const char *field, const char *piece) {
	assert_true(h->wanted < MAX);
	h->want[h->wanted].entry = entry;
	h->want[h->wanted].what = what;
	h->want[h->wanted].field = field;
	h->want[h->wanted++].piece = piece;
}

/* The service says ${text}, freed, which is wanted as a finding; ${piece} NULL: is none. */
static void forged(struct house *h, struct sr_buf *text, const char *what, const char *field,
	const char *piece) {
	struct sr_outcome out;

	assert_ok(sr_buf_ok(text, &h->w->e), &h->w->e);
	assert_ok(sr_door_service(h->w->v, sr_buf_view(text), &out, &h->w->e), &h->w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(text);
	if (piece != NULL)
		wanted(h, out.index, what, field, piece);
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

struct refusal {
	const uint8_t *request;
	const char *rule, *person;
	const uint8_t *grant, *item;
};

static void refuse(struct house *h, const struct refusal *r, const char *what, const char *field,
	const char *piece) {
	struct sr_buf text;

	begin(h, &text, SR_T_REFUSE);
	sr_text_put(&text, "what", "request");
	if (r->person != NULL)
		sr_text_put(&text, "person", r->person);
	sr_text_put_hex(&text, "request", r->request, SR_ID);
	sr_text_put_dec(&text, "version", 1);
	if (r->grant != NULL)
		sr_text_put_hex(&text, "grant", r->grant, SR_ID);
	if (r->item != NULL)
		sr_text_put_hex(&text, "item", r->item, SR_ID);
	sr_text_put(&text, "rule", r->rule);
	forged(h, &text, what, field, piece);
}

/* A refusal that no vote stands behind, of a fresh request. */
static void forged_refusal(
	struct house *h, const char *rule, const char *field, const char *piece) {
	ask(&h->d);
	refuse(h, &(struct refusal){.request = h->d.rq.id, .rule = rule}, "cause", field, piece);
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

/* A grant as above, and a request for its end. */
static void end_asked(struct house *h, const struct world_person *by, uint8_t grant[SR_ID],
	struct world_request *end) {
	asked(h, &(struct world_request){.version = 0}, 0, false, 0, grant);
	*end = (struct world_request){.by = by, .kind = "revoke", .target = grant};
	assert_ok(world_request(h->w, end), &h->w->out.err);
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
		who->seed[k] = (uint8_t)(3U * who->seed[k] + 0xa5 + k);
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

/* --- refusals --------------------------------------------------------------------------------- */

/* The quorum is out of reach: since members rejected, stepped aside, were set against it, or were
 * ended. */
static void test_out_of_reach(void **state) {
	struct world_draft d;
	struct house h;

	(void)state;
	house_begin(&h);
	const size_t before = world_count(h.w, SR_T_REFUSE);

	forged_refusal(&h, "quorum-out-of-reach", "rule",
		"level 2 of the board takes 2 members; 0 approved, and 3 more may");
	ask(&h.d);
	vote(&h, 0, h.d.rq.id, "reject");
	refuse(&h, &(struct refusal){.request = h.d.rq.id, .rule = "quorum-out-of-reach"}, "cause",
		"rule", "0 approved, and 2 more may: the quorum is in reach");
	ask(&h.d);
	vote(&h, 0, h.d.rq.id, "approve");
	vote(&h, 1, h.d.rq.id, "reject");
	vote(&h, 2, h.d.rq.id, "reject");
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 3);
	ask(&h.d);
	vote(&h, 0, h.d.rq.id, "reject");
	world_begin(&d, h.w, &h.w->member[1], SR_T_RECUSE);
	sr_text_put_hex(&d.text, "request", h.d.rq.id, SR_ID);
	assert_ok(world_commit(&d, NULL), &h.w->out.err);
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 4);
	ask(&h.d);
	vote(&h, 0, h.d.rq.id, "reject");
	world_begin(&d, h.w, &h.w->officer, SR_T_ATTEST);
	sr_text_put_hex(&d.text, "attestation", d.id, SR_ID);
	sr_text_put(&d.text, "person", h.w->member[1].person);
	sr_text_put(&d.text, "kind", "conflict");
	sr_text_put(&d.text, "of", h.w->researcher[0].person);
	assert_ok(world_commit(&d, NULL), &h.w->out.err);
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 5);
	house_end(&h);
}

/* No vote stands behind it, or nothing stands in the way. */
static void test_refused(void **state) {
	struct world_request revoke, end;
	uint8_t grant[SR_ID], hold[SR_ID];
	struct world_draft d;
	struct house h;

	(void)state;
	house_begin(&h);
	const size_t before = world_count(h.w, SR_T_REFUSE);

	forged_refusal(&h, "rekeyed", "rule", "its board has no other key than that of epoch 1");
	forged_refusal(&h, "hold-stands", "vote", "takes 2 members; 0 approved");
	forged_refusal(&h, "policy-set", "vote", "takes 2 members; 0 approved");
	ask(&h.d);
	refuse(&h,
		&(struct refusal){.request = h.d.rq.id,
			.rule = "quorum-out-of-reach",
			.person = h.w->member[0].person},
		"cause", "person", "what was asked and voted for is nothing");
	/* It was closed before the last vote. */
	end_asked(&h, &h.w->member[0], grant, &revoke);
	vote(&h, 1, revoke.id, "approve");
	assert_ok(world_close_grant(h.w, &h.w->researcher[0], grant), &h.w->out.err);
	vote(&h, 2, revoke.id, "approve");
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 5);
	/* An item is on hold since. Of rules that know of holds their answer is behind it. */
	end = (struct world_request){.by = &h.w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])h.d.item,
		.count = 1};
	assert_ok(world_request(h.w, &end), &h.w->out.err);
	vote(&h, 0, end.id, "approve");
	world_begin(&d, h.w, &h.w->officer, SR_T_HOLD);
	memcpy(hold, d.id, SR_ID);
	sr_text_put_hex(&d.text, "item", h.d.item[0], SR_ID);
	world_text(&d, "reason", "a court");
	assert_ok(world_commit(&d, NULL), &h.w->out.err);
	vote(&h, 1, end.id, "approve");
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 6);
	house_end(&h);
}

/* The last vote on ${rq}, as its voter signed it, past the door: nothing follows. */
static void last_vote(struct house *h, size_t member, const uint8_t request[SR_ID]) {
	static struct world_draft late;

	memset(&late, 0, sizeof late);
	h->w->instead = &late;
	vote(h, member, request, NULL);
	h->w->instead = NULL;
	past_the_door(h->w, &late, late.by->seed);
	world_reopen(h->w);
}

/* The votes are there, and what they ask for is not done: by a vault that says something stood in
 * the way. */
static void test_not_done(void **state) {
	static const struct {
		const char *rule, *what, *field, *piece;
		bool answered; /* by the rules, which allow it */
	} rows[] = {
		{"item-destroyed", "cause", "rule", "nothing of the kind stands in the way", true},
		{"item-on-hold", "cause", "rule", "nothing of the kind stands in the way", true},
		{"hold-at-the-end", "cause", "rule", "nothing of the kind stands", false},
		{"policy-set", "cause", "rule", "nothing of the kind stands", false},
		{"policy-inputs", "cause", "rule", "nothing of the kind stands", false},
		{"grant-ended", "cause", "rule", "nothing of the kind stands", true},
	};
	static const uint8_t set[SR_HASH];
	struct sr_outcome out;
	struct sr_buf text;
	struct house h;

	(void)state;
	house_begin(&h);
	begin(&h, &text, SR_T_INCIDENT); /* which they are asked again for */
	sr_text_put(&text, "what", "policy-inputs");
	sr_text_put_hex(&text, "set", set, SR_HASH);
	assert_ok(sr_door_service(h.w->v, sr_buf_view(&text), &out, &h.w->e), &h.w->e);
	sr_buf_free(&text);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct world_request end = {.by = &h.w->curator[0],
			.kind = "destroy",
			.items = (const uint8_t(*)[SR_ID])h.d.item,
			.count = 1};

		assert_ok(world_request(h.w, &end), &h.w->out.err);
		vote(&h, 0, end.id, "approve");
		last_vote(&h, 1, end.id);
		if (rows[i].answered)
			(void)forge_decision(h.w, end.id, NULL, NULL);
		refuse(&h,
			&(struct refusal){
				.request = end.id, .rule = rows[i].rule, .item = h.d.item[0]},
			rows[i].what, rows[i].field, rows[i].piece);
	}
	house_end(&h);
}

/* An incident: the rules ${set} cannot be read. */
static void rules_fault(struct house *h, const uint8_t set[SR_HASH]) {
	struct sr_outcome out;
	struct sr_buf text;

	begin(h, &text, SR_T_INCIDENT);
	sr_text_put(&text, "what", "policy-set");
	sr_text_put_hex(&text, "set", set, SR_HASH);
	assert_ok(sr_door_service(h->w->v, sr_buf_view(&text), &out, &h->w->e), &h->w->e);
	sr_buf_free(&text);
}

/* Refused, because rules cannot be read, though votes to destroy took the quorum. */
static void unread(struct house *h, const char *piece) {
	struct world_request end = {.by = &h->w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])h->d.item,
		.count = 1};

	assert_ok(world_request(h->w, &end), &h->w->out.err);
	vote(h, 0, end.id, "approve");
	last_vote(h, 1, end.id);
	refuse(h, &(struct refusal){.request = end.id, .rule = "policy-set"}, "cause", "rule",
		piece);
}

/* That rules cannot be read is a cause where they are asked, and where it is they. Not of other
 * rules that the board votes on, nor of the program's own, nor of another board's. */
static void test_unread(void **state) {
	static const char kind[] = "nothing of the kind stands in the way";
	static const uint8_t others[SR_HASH] = {0x0a};
	struct rules_asked rules = {.text = NULL};
	struct world_draft d;
	struct sr_buf set;
	struct house h;
	char *text;

	(void)state;
	house_begin(&h);
	sr_buf_init(&set);
	assert_ok(sr_policy_default(&set, &h.w->e), &h.w->e);
	sr_buf_put_str(&set,
		RULE("no-revoking", "forbid (principal is Board, action == Action::\"enact\","
				    " resource is Request) when { resource.kind == \"revoke\" };"));
	text = sr_buf_dup_str(&set);
	assert_non_null(text);
	rules.text = text;
	rules_fault(&h, others);
	unread(&h, kind);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rules_ask(h.w, &rules), 0);
		rules_vote(h.w, 0, &rules);
		if (i == 0) {
			rules_vote(h.w, 1, &rules); /* in force */
			continue;
		}
		rules_fault(&h, rules.set);
		rules_ballot(&d, h.w, 1, &rules);
		past_the_door(h.w, &d, d.by->seed);
		world_reopen(h.w);
		refuse(&h, &(struct refusal){.request = rules.id, .rule = "policy-set"}, "cause",
			"rule", kind);
	}
	unread(&h, NULL); /* which is believed */
	h.w->now += 3600;
	rules_fault(&h, others);
	unread(&h, kind);
	house_end(&h);
	sr_buf_free(&set);
	free(text);
}

/* Something does stand in the way; the rules were not asked, or an item of others is named. */
static void test_in_the_way(void **state) {
	struct world_request end;
	uint8_t grant[SR_ID];
	struct house h;

	(void)state;
	house_begin(&h);
	for (size_t i = 0; i < 3; i++) {
		end_asked(&h, &h.w->member[0], grant, &end);
		vote(&h, 1, end.id, "approve");
		assert_ok(world_close_grant(h.w, &h.w->researcher[0], grant), &h.w->out.err);
		last_vote(&h, 2, end.id);
		if (i == 0)
			refuse(&h,
				&(struct refusal){
					.request = end.id, .rule = "grant-ended", .grant = grant},
				"judged", "decided", "the rules of its board were not asked");
		else if (i == 1)
			refuse(&h,
				&(struct refusal){.request = end.id,
					.rule = "grant-ended",
					.item = h.d.item[0]},
				"cause", "item", "its item is none that the request is about");
		else
			refuse(&h,
				&(struct refusal){.request = end.id,
					.rule = "grant-ended",
					.grant = h.d.item[0]},
				"cause", "grant", "what was asked and voted for is ");
	}
	house_end(&h);
}

/* What votes decided is done at once, in the commit of the word that decided it; not on a better
 * day, nor on a word about something else. */
static void test_kept_back(void **state) {
	struct world_request end, other;
	struct sr_buf text;
	uint8_t grant[SR_ID];
	uint64_t entry;
	struct house h;

	(void)state;
	house_begin(&h);
	for (size_t i = 0; i < 4; i++) {
		end_asked(&h, &h.w->member[0], grant, &end);
		other = end;
		assert_ok(world_request(h.w, &other), &h.w->out.err);
		vote(&h, 1, end.id, "approve");
		last_vote(&h, 2, end.id);
		if (i == 1)
			h.w->now += 2 * W_DAY;
		if (i == 2)
			vote(&h, 1, other.id, "approve");
		entry = forge_decision(h.w, end.id, NULL, NULL);
		if (i == 1 || i == 2)
			wanted(&h, entry, "judged", i == 1 ? "time" : "of",
				i == 1 ? "172800 s after the word on which they were weighed"
				       : "it answers no word on which votes are weighed");
		if (i == 3)
			h.w->now += W_DAY / 2;
		begin(&h, &text, SR_T_REVOKE);
		sr_text_put_hex(&text, "request", end.id, SR_ID);
		sr_text_put_hex(&text, "grant", grant, SR_ID);
		forged(&h, &text, "judged", "decided", i == 3 ? "not their answer" : NULL);
	}
	house_end(&h);
}

/* Of rules the last vote itself is what they are adopted on. */
static void test_rules_kept_back(void **state) {
	struct rules_asked rules = {.text = NULL}, other;
	struct sr_version_row v = {.version = 0};
	struct sr_entry request = {.index = 0};
	uint8_t object[SR_HASH];
	struct world_draft d;
	struct sr_buf text;
	struct house h;
	char *set;

	(void)state;
	house_begin(&h);
	sr_buf_init(&text);
	assert_ok(sr_policy_default(&text, &h.w->e), &h.w->e);
	set = sr_buf_dup_str(&text);
	assert_non_null(set);
	sr_buf_free(&text);
	rules.text = set;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rules_ask(h.w, &rules), 0);
		rules_vote(h.w, 0, &rules);
		rules_ballot(&d, h.w, 1, &rules);
		past_the_door(h.w, &d, d.by->seed);
		world_reopen(h.w);
		h.w->now += i == 0 ? 0 : 2 * W_DAY;
		assert_ok(sr_query_version(&v, h.w->v->catalogue, rules.id, 1, &h.w->e), &h.w->e);
		assert_ok(sr_vault_entry(&request, h.w->v, v.entry, &h.w->e), &h.w->e);
		assert_ok(sr_field_hash(object, &request.statement, "rules", 0, &h.w->e), &h.w->e);
		sr_entry_free(&request);
		sr_version_row_free(&v);
		begin(&h, &text, SR_T_POLICY);
		sr_text_put_hex(&text, "request", rules.id, SR_ID);
		sr_text_put_hex(&text, "board", h.w->v->fingerprint, SR_ID);
		sr_text_put_dec(&text, "number", i + 1);
		sr_text_put_hex(&text, "rules", object, SR_HASH);
		sr_text_put_hex(&text, "set", rules.set, SR_HASH);
		forged(&h, &text, "judged", "request",
			i == 0 ? NULL : "the entry before it is no vote on it, of the same commit");
	}
	/* Two that were open together: the second vote on the other ends that one refused. */
	assert_int_equal(rules_ask(h.w, &rules), 0);
	other = rules;
	assert_int_equal(rules_ask(h.w, &other), 0);
	for (size_t i = 0; i < 2; i++) {
		rules_vote(h.w, i, &rules);
		rules_vote(h.w, i, &other);
	}
	assert_int_equal(world_count(h.w, SR_T_REFUSE), 1);
	house_end(&h);
	free(set);
}

/* And the other way: what was voted for was done, though it could not be any more. The votes lift
 * the suspension of a member; since then a reader was ended, for which the vault suspended it anew.
 */
static void test_done_all_the_same(void **state) {
	struct world_request rq, lift;
	uint8_t grant[SR_ID];
	struct sr_buf text;
	struct house h;

	(void)state;
	house_begin(&h);
	for (size_t i = 0; i < 2; i++) {
		asked(&h, &rq, 0, true, 0, grant);
		assert_ok(world_suspend(h.w, 0, grant), &h.w->out.err);
		lift = (struct world_request){
			.by = &h.w->member[0], .kind = "lift", .target = grant};
		assert_ok(world_request(h.w, &lift), &h.w->out.err);
		vote(&h, 1, lift.id, "approve");
		if (i == 0) {
			vote(&h, 2, lift.id, "approve");
			continue;
		}
		end_person(&h, &h.w->curator[0], h.w->researcher[1].person);
		last_vote(&h, 2, lift.id);
		(void)forge_decision(h.w, lift.id, NULL, NULL);
		begin(&h, &text, SR_T_LIFT);
		sr_text_put_hex(&text, "request", lift.id, SR_ID);
		sr_text_put_hex(&text, "grant", grant, SR_ID);
		forged(&h, &text, "decision", "request",
			"could not be done any more (suspended-anew), and was done");
	}
	house_end(&h);
}

/* What the board's own rules refuse: by the rule that did, and when no vote can change it. */
static void test_rules(void **state) {
	static const char more[] = RULE("revoke-takes-three",
		"forbid (principal is Board, action == Action::\"enact\", resource is Request)"
		" when { resource.kind == \"revoke\" && context.approvals < 3 };")
		RULE("no-destruction", "forbid (principal is Board, action == Action::\"destroy\","
				       " resource is Request);");
	struct rules_asked rules = {.text = NULL};
	struct world_request rq;
	uint8_t grant[SR_ID];
	struct sr_buf set;
	struct house h;
	char *text;

	(void)state;
	house_begin(&h);
	sr_buf_init(&set);
	assert_ok(sr_policy_default(&set, &h.w->e), &h.w->e);
	sr_buf_put_str(&set, more);
	text = sr_buf_dup_str(&set);
	assert_non_null(text);
	rules.text = text;
	assert_int_equal(rules_ask(h.w, &rules), 0);
	for (size_t i = 0; i < 2; i++)
		rules_vote(h.w, i, &rules);
	sr_buf_free(&set);
	const size_t before = world_count(h.w, SR_T_REFUSE);

	for (size_t i = 0; i < 2; i++) {
		rq = (struct world_request){.by = &h.w->curator[0],
			.kind = "destroy",
			.items = (const uint8_t(*)[SR_ID])h.d.item,
			.count = 1};
		assert_ok(world_request(h.w, &rq), &h.w->out.err);
		vote(&h, 0, rq.id, "approve");
		if (i == 0) {
			vote(&h, 1, rq.id, "approve");
			assert_int_equal(count_of(&h, SR_T_REFUSE, before), 1);
			continue;
		}
		last_vote(&h, 1, rq.id);
		(void)forge_decision(h.w, rq.id, NULL, NULL);
		refuse(&h, &(struct refusal){.request = rq.id, .rule = "revoke-takes-three"},
			"cause", "rule", "it names a rule that did not decide");
	}
	end_asked(&h, &h.w->officer, grant, &rq);
	vote(&h, 0, rq.id, "approve");
	vote(&h, 1, rq.id, "approve");
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 2); /* it waits */
	(void)forge_decision(h.w, rq.id, NULL, NULL);
	refuse(&h, &(struct refusal){.request = rq.id, .rule = "revoke-takes-three"}, "cause",
		"rule", "with the approval of the 1 who may still vote its rules allow it");
	house_end(&h);
	free(text);
}

/* --- what a true vault does ------------------------------------------------------------------- */

/* The rules that come with the program and ${more}, voted for. */
static void rules_adopt(struct house *h, const char *more) {
	struct rules_asked rules = {.text = NULL};
	struct sr_buf set;
	char *text;

	sr_buf_init(&set);
	assert_ok(sr_policy_default(&set, &h->w->e), &h->w->e);
	sr_buf_put_str(&set, more);
	text = sr_buf_dup_str(&set);
	assert_non_null(text);
	rules.text = text;
	assert_int_equal(rules_ask(h->w, &rules), 0);
	for (size_t i = 0; i < 2; i++)
		rules_vote(h->w, i, &rules);
	sr_buf_free(&set);
	free(text);
}

static void recuse(struct house *h, size_t member, const uint8_t request[SR_ID]) {
	struct world_draft d;

	world_begin(&d, h->w, &h->w->member[member], SR_T_RECUSE);
	sr_text_put_hex(&d.text, "request", request, SR_ID);
	assert_ok(world_commit(&d, NULL), &h->w->out.err);
}

static void destroy(struct house *h, struct world_request *rq, size_t item) {
	*rq = (struct world_request){.by = &h->w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])h->d.item + item,
		.count = 1};
	assert_ok(world_request(h->w, rq), &h->w->out.err);
}

/* Rules that ask for more votes than the level takes: they wait, and are refused once nobody is
 * left who could give them, or other rules are asked. */
static void test_true_rules(void **state) {
	static const char three[] = RULE("three",
		"forbid (principal is Board, action == Action::\"destroy\", resource is Request)"
		" when { context.approvals < 3 };");
	static const char never[] = RULE("never",
		"forbid (principal is Board, action == Action::\"destroy\", resource is Request);");
	static const char silent[] = RULE("silent",
		"forbid (principal, action == Action::\"vote-approve\", resource is Request)"
		" when { resource.kind == \"destroy\" };");
	struct world_request first, second, third;
	uint8_t id[SR_ID];
	struct house h;

	(void)state;
	house_begin(&h);
	const size_t before = world_count(h.w, SR_T_REFUSE);

	rules_adopt(&h, three);
	destroy(&h, &first, 0);
	destroy(&h, &second, 1);
	destroy(&h, &third, 1);
	for (size_t i = 0; i < 2; i++) {
		vote(&h, i, first.id, "approve");
		vote(&h, i, second.id, "approve");
	}
	vote(&h, 0, third.id, "approve");
	recuse(&h, 2, first.id);
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 1);
	rules_adopt(&h, never);
	rules_attest(h.w, &h.w->member[2], "conflict", NULL, &h.w->curator[0], 0, id);
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 1);
	recuse(&h, 2, second.id);
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 2);
	rules_adopt(&h, silent);
	recuse(&h, 1, third.id);
	recuse(&h, 2, third.id);
	assert_int_equal(count_of(&h, SR_T_REFUSE, before), 3);
	house_end(&h);
}

/* Researcher ${by} reads until ${ends}. */
static void renew(struct house *h, size_t by, const uint8_t grant[SR_ID], int64_t ends) {
	struct world_draft d;
	uint8_t id[SR_ID];

	world_id(h->w, id);
	world_begin(&d, h->w, &h->w->researcher[by], SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "renew");
	sr_text_put_hex(&d.text, "board", h->w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", 2);
	sr_text_put_time(&d.text, "ends", ends);
	sr_text_put_hex(&d.text, "target", grant, SR_ID);
	world_text(&d, "reason", "two chapters are done");
	assert_ok(world_commit(&d, NULL), &h->w->out.err);
	vote(h, 0, id, "approve");
	vote(h, 1, id, "approve");
}

/* Grants that were renewed, suspended, extended and left without items; a reader with another key
 * who asks again; and a clock that was put back. */
static void test_true_ends(void **state) {
	struct world_request rq, again, end;
	struct world_checkout c;
	uint8_t grant[SR_ID], alone[SR_ID];
	struct house h;

	(void)state;
	house_begin(&h);
	asked(&h, &rq, 0, true, 0, grant);
	renew(&h, 0, grant, h.w->now + 60 * W_DAY);
	assert_ok(world_suspend(h.w, 0, grant), &h.w->out.err);
	other_key(&h, 0);
	asked(&h, &again, 0, false, 0, alone);
	c = (struct world_checkout){.by = &h.w->researcher[0], .grant = alone, .item = h.d.item[0]};
	assert_ok(world_checkout(h.w, &c), &h.w->out.err);
	h.w->now += 600 - 8;
	end_person(&h, &h.w->curator[0], h.w->researcher[1].person);
	h.w->now -= 8;
	sweep(&h, 0);
	h.w->now += 16;
	sweep(&h, 1);
	other_key(&h, 0); /* the grant ends */
	asked(&h, &again, 0, false, h.w->now + 40 * W_DAY, NULL);
	h.w->now += 60 * W_DAY;
	sweep(&h, 2); /* the request, and the grant that is suspended and was renewed */
	asked(&h, &again, 0, false, 0, alone);
	destroy(&h, &end, 0);
	vote(&h, 0, end.id, "approve");
	vote(&h, 1, end.id, "approve");
	sweep(&h, 1);
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
		cmocka_unit_test(test_out_of_reach),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_done),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_in_the_way),
		cmocka_unit_test(test_kept_back),
		cmocka_unit_test(test_rules_kept_back),
		cmocka_unit_test(test_done_all_the_same),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_true_rules),
		cmocka_unit_test(test_true_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
