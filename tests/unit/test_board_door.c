/*
 * door - what is refused and how it is said, what follows from what, and what a kill leaves. The
 * acts are world.h's.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/invariants.h"
#include "drafts.h"
#include "ledger/ledger.h"
#include "store/secrets.h"
#include "world.h"

#define assert_refused(w, rc, piece) assert_fails((rc), SR_DENIED, &(w)->out.err, (piece))

static void put_item(struct world *w, uint8_t item[SR_ID]) {
	static const char text[] = "a page of harmless text\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	world_held_release(w, item);
}

static void ask(struct world *w, struct world_request *rq, const uint8_t (*item)[SR_ID]) {
	rq->by = &w->researcher[0];
	rq->items = item;
	rq->count = 1;
	assert_int_equal(world_request(w, rq), 0);
}

/* --- the founding ----------------------------------------------------------------------------- */

static void test_before_opened(void **state) {
	struct world *w = world_new(&(struct world_options){.bare = true});

	(void)state;
	world_draft_found(w);
	assert_false(world_sign_found(w, 0));
	assert_false(world_sign_found(w, 1));
	assert_false(w->v->founded);
	assert_true(world_sign_found(w, 2));
	assert_true(w->v->founded);
	assert_int_equal(world_count(w, SR_T_FOUND), 1);
	assert_int_equal(world_count(w, SR_T_KEY_EPOCH), 1);
	assert_int_equal(world_count(w, SR_T_DEAL), 3);
	assert_refused(w, world_person_add(w, &w->curator[0], &w->researcher[0], "researcher"),
		"nothing but the ceremony");
	assert_int_equal(world_accept(w, 0), 0);
	assert_refused(w, world_accept(w, 0), "accepted-already");
	assert_int_equal(world_count(w, SR_T_OPENED), 0);
	world_reopen(w);
	assert_int_equal(world_accept(w, 1), 0);
	assert_int_equal(world_accept(w, 2), 0);
	assert_int_equal(world_count(w, SR_T_OPENED), 1);
	assert_int_equal(world_person_add(w, &w->curator[0], &w->researcher[0], "researcher"), 0);
	world_free(w);
}

/* --- what every statement must be ------------------------------------------------------------- */

static void begin_comment(struct world_draft *d, struct world *w, const uint8_t request[SR_ID]) {
	world_begin(d, w, &w->researcher[0], SR_T_COMMENT);
	sr_text_put_hex(&d->text, "request", request, SR_ID);
	world_text(d, "text", "please read page two first");
}

static void test_same_id(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {0};
	struct world_draft d;
	struct sr_buf text, note;
	struct sr_submission sub = {0};
	uint64_t first, size;

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	begin_comment(&d, w, rq.id);
	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_buf_put_bytes(&text, sr_buf_view(&d.text));
	assert_ok(sr_statement_sign(&note, sr_buf_view(&text), d.by->person, d.by->seed, &w->e),
		&w->e);
	sub.note = sr_buf_view(&note);
	sub.texts = d.texts;
	sub.text_count = d.text_count;
	assert_ok(sr_door_commit(w->v, &sub, 1, &w->out, &w->e), &w->e);
	assert_int_equal(w->out.code, 0);
	assert_false(w->out.repeated);
	first = w->out.index;
	size = sr_ledger_next_index(w->v->ledger);
	/* The same bytes: the first receipt, and no second entry, also after a restart. */
	world_reopen(w);
	assert_ok(sr_door_commit(w->v, &sub, 1, &w->out, &w->e), &w->e);
	assert_int_equal(w->out.code, 0);
	assert_true(w->out.repeated);
	assert_int_equal(w->out.index, first);
	assert_int_equal(sr_ledger_next_index(w->v->ledger), size);
	/* Other bytes under the same id. */
	world_draft_free(&d);
	begin_comment(&d, w, rq.id);
	{
		uint8_t *at = memmem(d.text.p, d.text.len, "\nid ", 4);
		const uint8_t *from = memmem(text.p, text.len, "\nid ", 4);

		memcpy(at, from, 4 + 2 * SR_ID);
	}
	assert_refused(w, world_commit(&d, NULL), "another statement with this id");
	sr_buf_free(&text);
	sr_buf_free(&note);
	world_free(w);
}

/* A policy for witnesses, whose text comes with the statement as its object. */
static void begin_policy(struct world_draft *d, struct world *w) {
	static const char text[] = "quorum none\n";
	uint8_t id[SR_ID], set[SR_HASH];

	world_id(w, id);
	world_begin(d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d->text, "request", id, SR_ID);
	sr_text_put_dec(&d->text, "version", 1);
	sr_text_put(&d->text, "kind", "witnesses");
	sr_text_put_hex(&d->text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d->text, "epoch", 1);
	sr_text_put_dec(&d->text, "level", w->level[0]);
	world_object(d, "rules", sr_bytes_str(text));
	sr_sha256(set, text, sizeof text - 1);
	sr_text_put_hex(&d->text, "set", set, SR_HASH);
}

/* What comes beside a statement is what its lines name, and it is for this vault, and in time. */
static void what_came_with_it(struct world *w) {
	enum {
		GONE,
		OTHER,
		SEALED,
		TWO,
		ELSEWHERE,
		LATE
	};
	static const struct {
		enum sr_code code;
		const char *says;
	} rows[] = {
		[GONE] = {SR_USAGE, "line rules: its object did not come with the statement"},
		[OTHER] = {SR_AUTH, "line rules: the object that came is not the one it names"},
		[SEALED] = {SR_MISUSE, "which key seals its object is the vault's to say"},
		[TWO] = {SR_USAGE, "2 objects came, the statement names 1"},
		[ELSEWHERE] = {SR_DENIED,
			"signed for the vault with fingerprint 0000000000000007..., this is"},
		[LATE] = {SR_DENIED, "the statement was good until 2026-11-21T10:01:00Z, it is "
				     "2026-11-21T10:01:01Z: sign it anew"},
	};
	const size_t before = world_count(w, SR_T_REQUEST);
	struct world_draft d;

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		begin_policy(&d, w);
		if (i == GONE) {
			sr_buf_free(&d.bodies[0]);
			d.object_count = 0;
		} else if (i == OTHER) {
			d.objects[0].body.len--;
		} else if (i == SEALED) {
			snprintf(d.objects[0].subject, sizeof d.objects[0].subject, "%s",
				w->researcher[0].person);
		} else if (i == TWO) {
			d.objects[1] = d.objects[0];
			d.object_count = 2;
		} else if (i == ELSEWHERE) {
			draft_line(&d, "vault",
				"\nvault "
				"0000000000000007000000000000000000000000000000000000000000000000");
		} else if (i == LATE) {
			draft_line(&d, "time",
				"\ntime 2026-11-21T10:00:00Z\nuntil 2026-11-21T10:01:00Z");
			w->now = W_TIME + 61;
		}
		assert_fails(world_commit(&d, NULL), rows[i].code, &w->out.err, rows[i].says);
	}
	assert_int_equal(world_count(w, SR_T_REQUEST), before);
	begin_policy(&d, w);
	assert_ok(world_commit(&d, NULL), &w->out.err);
}

static void test_texts_and_times(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {0};
	struct world_draft d;

	(void)state;
	what_came_with_it(w);
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	begin_comment(&d, w, rq.id);
	d.texts[0].text.len -= 1;
	assert_fails(world_commit(&d, NULL), SR_AUTH, &w->out.err, "");
	begin_comment(&d, w, rq.id);
	free(d.kept[0]); /* the draft counts it no more */
	d.text_count = 0;
	assert_fails(world_commit(&d, NULL), SR_USAGE, &w->out.err, "did not come");
	begin_comment(&d, w, rq.id);
	d.texts[1] = d.texts[0];
	d.texts[1].index = 1;
	d.kept[1] = NULL;
	d.text_count = 2;
	assert_fails(world_commit(&d, NULL), SR_USAGE, &w->out.err, "2 texts came");
	/* Made long before it comes. */
	begin_comment(&d, w, rq.id);
	w->now += SR_INVARIANTS_SKEW_S + 1;
	assert_refused(w, world_commit(&d, NULL), "s apart");
	/* By somebody unknown. */
	world_begin(&d, w, &w->outsider, SR_T_COMMENT);
	sr_text_put_hex(&d.text, "request", rq.id, SR_ID);
	world_text(&d, "text", "let me in");
	assert_refused(w, world_commit(&d, NULL), "not known here");
	/* Signed with another key than the actor's. */
	begin_comment(&d, w, rq.id);
	{
		struct world_person liar = w->researcher[1];

		memcpy(liar.person, w->researcher[0].person, SR_PERSON_TEXT);
		d.by = &liar;
		assert_fails(world_commit(&d, NULL), SR_AUTH, &w->out.err, "");
	}
	world_free(w);
}

static void test_clock_back(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {0};
	struct world_draft d;
	struct sr_entry_row row;

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	/* Up to ten seconds back: receipt times never go back. */
	w->now -= SR_CLOCK_BACK_S;
	begin_comment(&d, w, rq.id);
	assert_int_equal(world_commit(&d, NULL), 0);
	assert_ok(sr_query_entry(&row, w->v->catalogue, w->out.index, &w->e), &w->e);
	assert_int_equal(row.received, w->now + SR_CLOCK_BACK_S);
	/* More: nothing is written, reading goes on. */
	w->now -= 1;
	begin_comment(&d, w, rq.id);
	{
		struct sr_buf note;
		struct sr_submission sub = {0};

		sr_buf_init(&note);
		assert_ok(sr_statement_sign(
				  &note, sr_buf_view(&d.text), d.by->person, d.by->seed, &w->e),
			&w->e);
		sub.note = sr_buf_view(&note);
		sub.texts = d.texts;
		sub.text_count = d.text_count;
		assert_fails(sr_door_commit(w->v, &sub, 1, &w->out, &w->e), SR_LOCKED, &w->e,
			"until the clock is right");
		sr_buf_free(&note);
	}
	world_draft_free(&d);
	world_reopen(w);
	assert_non_null(memmem(w->v->recovered.p, w->v->recovered.len, "clock", 5));
	world_free(w);
}

/* A client that verified another history than this one says so, and is not served. */
static void test_seen(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {0};
	struct world_draft d;
	struct sr_buf text;
	const uint8_t *line;
	char other[128];

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	for (int round = 0; round < 2; round++) {
		begin_comment(&d, w, rq.id);
		line = memmem(d.text.p, d.text.len, "\nseen ", 6);
		assert_non_null(line);
		sr_buf_init(&text);
		sr_buf_put(&text, d.text.p, (size_t)(line - d.text.p) + 1);
		snprintf(other, sizeof other,
			"seen %llu AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
			(unsigned long long)(round == 0 ? sr_ledger_next_index(w->v->ledger) + 1
							: 2));
		sr_buf_put_str(&text, other);
		line = memchr(line + 1, '\n', d.text.len - (size_t)(line + 1 - d.text.p));
		sr_buf_put(&text, line + 1, d.text.len - (size_t)(line + 1 - d.text.p));
		sr_buf_free(&d.text);
		d.text = text;
		assert_refused(w, world_commit(&d, NULL), round == 0 ? "rolled back" : "forked");
	}
	world_free(w);
}

/* --- votes ------------------------------------------------------------------------------------ */

static void test_vote_rules(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 5, .level = {2, 3}});
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {.forms = "description text"}, closed = {0};
	size_t refusals;

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	refusals = world_count(w, SR_T_REFUSE);
	assert_refused(w,
		world_vote(
			w, &(struct world_vote){.member = 0, .request = rq.id, .forms = "colour"}),
		"form-not-asked");
	assert_int_equal(world_count(w, SR_T_REFUSE), refusals + 1);
	assert_int_equal(world_vote(w,
				 &(struct world_vote){
					 .member = 0, .request = rq.id, .forms = "description"}),
		0);
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}),
		"already-voted");
	assert_refused(w,
		world_vote(w, &(struct world_vote){.member = 1, .request = rq.id, .forms = "text"}),
		"forms-disjoint");
	assert_refused(w,
		world_vote(w,
			&(struct world_vote){
				.member = 1, .request = rq.id, .ends = w->now + 60 * W_DAY}),
		"ends-too-late");
	assert_false(world_grant_of(w, rq.id, grant));
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1,
					       .request = rq.id,
					       .ends = w->now + 5 * W_DAY}),
		0);
	assert_true(world_grant_of(w, rq.id, grant));
	{ /* The grant is the intersection of forms and the earliest end. */
		struct sr_grant_row g = {0};

		assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
		assert_string_equal(g.forms, "description");
		assert_int_equal(g.ends, w->now + 5 * W_DAY);
		assert_int_equal(g.vote_count, 2);
		sr_grant_row_free(&g);
	}
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 2, .request = rq.id}),
		"request-ended");
	/* After the closing date; the sweep then ends the request. */
	closed.closes = w->now + 100;
	ask(w, &closed, (const uint8_t(*)[SR_ID])item);
	w->now += 101;
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 0, .request = closed.id}),
		"closed");
	assert_ok(sr_door_sweep(w->v, NULL, &w->e), &w->e);
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 0, .request = closed.id}),
		"request-ended");
	world_free(w);
}

static void test_reject_and_correct(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {0}, again = {0};
	char name[2 * SR_ID + 1];

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	sr_hex(name, rq.id, SR_ID);
	assert_true(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1));
	assert_int_equal(
		world_vote(w,
			&(struct world_vote){.member = 0, .request = rq.id, .decision = "correct"}),
		0);
	assert_false(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1));
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 1, .request = rq.id}),
		"request-ended");
	/* A new version begins with no votes and a new room key. */
	rq.version = 2;
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	assert_true(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 2));
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}), 0);
	assert_false(world_grant_of(w, rq.id, grant));
	rq.version = 3;
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	assert_false(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 2));
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = rq.id}), 0);
	assert_false(world_grant_of(w, rq.id, grant));
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}), 0);
	assert_true(world_grant_of(w, rq.id, grant));
	/* Two of three reject: two approvals are out of reach. */
	ask(w, &again, (const uint8_t(*)[SR_ID])item);
	sr_hex(name, again.id, SR_ID);
	assert_int_equal(world_vote(w,
				 &(struct world_vote){
					 .member = 0, .request = again.id, .decision = "reject"}),
		0);
	assert_true(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1));
	assert_int_equal(world_vote(w,
				 &(struct world_vote){
					 .member = 1, .request = again.id, .decision = "reject"}),
		0);
	assert_false(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1));
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 2, .request = again.id}),
		"request-ended");
	world_free(w);
}

/* Ending a grant is erasure: close, revoke and expiry leave no room key; suspend and return do. */
static void test_grant_ends(void **state) {
	static const char *const ways[] = {"close", "revoke", "expiry"};
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], grant[SR_ID];

	(void)state;
	put_item(w, item[0]);
	for (size_t i = 0; i < T_COUNT(ways); i++) {
		struct world_request rq = {0};
		struct world_checkout c = {.by = &w->researcher[0],
					      .grant = grant,
					      .item = item[0]},
				      no = c;
		char name[2 * SR_ID + 1];

		ask(w, &rq, (const uint8_t(*)[SR_ID])item);
		world_grant(w, rq.id, grant);
		sr_hex(name, rq.id, SR_ID);
		assert_int_equal(world_checkout(w, &c), 0);
		assert_refused(w, world_checkout(w, &no), "checked-out");
		assert_int_equal(world_return(w, &c), 0);
		assert_int_equal(world_suspend(w, 2, grant), 0);
		assert_refused(w, world_checkout(w, &no), "suspended");
		assert_refused(w, world_lift(w, 1, grant), "who-suspended-lifts");
		assert_int_equal(world_lift(w, 2, grant), 0);
		assert_true(
			sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1));
		if (i == 0)
			assert_int_equal(world_close_grant(w, &w->researcher[0], grant), 0);
		else if (i == 1)
			world_revoke(w, grant);
		else
			w->now += 31 * W_DAY;
		if (i == 2)
			assert_ok(sr_door_sweep(w->v, NULL, &w->e), &w->e);
		assert_false(
			sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1));
		assert_refused(w, world_checkout(w, &no), "grant-state");
	}
	world_free(w);
}

/* --- hooks ------------------------------------------------------------------------------------ */

struct hooked { /* what became of one submission */
	unsigned refused, after;
	int fail; /* what after() answers */
};

static void hook_refused(void *ctx, struct sr_vault *v) {
	struct hooked *h = ctx;

	(void)v;
	h->refused++;
}

static int hook_after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	struct hooked *h = ctx;

	(void)v;
	h->after++;
	return h->fail == 0 ? 0 : sr_fail(e, (enum sr_code)h->fail, "after: it does not go");
}

struct signed_draft {
	struct world_draft d;
	struct sr_buf note;
};

static void draft_sign(struct signed_draft *s, struct sr_submission *sub, struct hooked *h) {
	sr_buf_init(&s->note);
	assert_ok(sr_statement_sign(&s->note, sr_buf_view(&s->d.text), s->d.by->person,
			  s->d.by->seed, &s->d.w->e),
		&s->d.w->e);
	*sub = (struct sr_submission){.note = sr_buf_view(&s->note),
		.texts = s->d.texts,
		.text_count = s->d.text_count,
		.refused = hook_refused,
		.after = hook_after,
		.ctx = h};
}

static void draft_drop(struct signed_draft *s) {
	sr_buf_free(&s->note);
	world_draft_free(&s->d);
}

static void begin_withdraw(struct world_draft *d, struct world *w, const uint8_t request[SR_ID]) {
	world_begin(d, w, &w->researcher[0], SR_T_WITHDRAW);
	sr_text_put_hex(&d->text, "request", request, SR_ID);
	sr_text_put_dec(&d->text, "version", 1);
}

/* An after() that fails takes nothing back that is committed: the side effects of other statements
 * stay, and their own after() runs. */
static void test_after_fails(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {0};
	struct signed_draft s[2];
	struct sr_submission subs[2];
	struct sr_outcome out[2];
	struct hooked h[2] = {{.fail = SR_IO}, {.fail = 0}};

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	for (size_t i = 0; i < 2; i++) {
		begin_comment(&s[i].d, w, rq.id);
		draft_sign(&s[i], &subs[i], &h[i]);
	}
	assert_fails(sr_door_commit(w->v, subs, 2, out, &w->e), SR_IO, &w->e, "does not go");
	assert_int_equal(world_count(w, SR_T_COMMENT), 2);
	assert_int_equal(h[0].after, 1);
	assert_int_equal(h[1].after, 1);
	assert_int_equal(h[0].refused + h[1].refused, 0);
	for (size_t i = 0; i < 2; i++)
		draft_drop(&s[i]);
	world_free(w);
}

/* A fault at every step of a group that also ends a room key: what the ledger holds is never told
 * to be refused, and what the hooks were told to undo is not in the ledger. */
static void hooks_and_faults(int fault) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {0};
	bool done = false, erasure = false;

	put_item(w, item[0]);
	for (unsigned long nth = 1; !done; nth++) {
		struct signed_draft s[2];
		struct sr_submission subs[2];
		struct sr_outcome out[2];
		struct hooked h[2] = {{.fail = 0}, {.fail = 0}};
		size_t before;
		bool in;
		int rc;

		memset(&rq, 0, sizeof rq);
		ask(w, &rq, (const uint8_t(*)[SR_ID])item);
		before = world_count(w, SR_T_COMMENT);
		begin_comment(&s[0].d, w, rq.id);
		draft_sign(&s[0], &subs[0], &h[0]);
		begin_withdraw(&s[1].d, w, rq.id);
		draft_sign(&s[1], &subs[1], &h[1]);
		sr_fault_set(nth, fault);
		rc = sr_door_commit(w->v, subs, 2, out, &w->e);
		sr_fault_set(0, 0);
		done = rc == 0;
		erasure = erasure || (rc != 0 && strstr(w->e.text, "is not erased yet") != NULL);
		world_reopen(w);
		in = world_count(w, SR_T_COMMENT) == before + 1;
		assert_true(in || world_count(w, SR_T_COMMENT) == before);
		assert_int_equal(h[0].refused, h[1].refused);
		if (in)
			assert_int_equal(h[0].refused, 0);
		if (done)
			assert_true(in && h[0].after == 1 && h[1].after == 1);
		for (size_t i = 0; i < 2; i++)
			draft_drop(&s[i]);
	}
	assert_true(erasure);
	world_free(w);
}

static void test_hooks_and_faults(void **state) {
	(void)state;
	hooks_and_faults(EIO);
	hooks_and_faults(ENOSPC); /* another code, the same uncertainty */
}

/* A room key that a failed commit left does not stand in the way of the same request. */
static void test_left_room_key(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], other[SR_X_SK] = {1};
	struct world_request rq = {0};
	char name[2 * SR_ID + 1];

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	sr_hex(name, rq.id, SR_ID);
	assert_ok(sr_secrets_put(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 2,
			  sr_bytes_of(other, sizeof other), &w->e),
		&w->e);
	rq.version = 2;
	assert_ok(world_request(w, &rq), &w->out.err);
	assert_int_equal(world_count(w, SR_T_ROOM_KEY), 2);
	world_free(w);
}

/* --- kill and fault at every step of a commit ------------------------------------------------- */

static int one_comment(struct world *w, const uint8_t request[SR_ID]) {
	struct world_draft d;
	struct sr_buf note;
	struct sr_submission sub = {0};
	int rc;

	begin_comment(&d, w, request);
	sr_buf_init(&note);
	rc = sr_statement_sign(&note, sr_buf_view(&d.text), d.by->person, d.by->seed, &w->e);
	sub.note = sr_buf_view(&note);
	sub.texts = d.texts;
	sub.text_count = d.text_count;
	if (rc == 0)
		rc = sr_door_commit(w->v, &sub, 1, &w->out, &w->e);
	sr_buf_free(&note);
	world_draft_free(&d);
	return rc != 0 ? rc : w->out.code;
}

static void test_killed(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {0};
	bool done = false;
	unsigned long nth = 1;

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	world_close(w);
	for (; !done; nth++) {
		uint64_t before, after;
		int status = 0;
		pid_t pid;

		world_reopen(w);
		before = sr_ledger_next_index(w->v->ledger);
		world_close(w);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			world_reopen(w);
			sr_fault_set(nth, -1);
			t_exit(one_comment(w, rq.id) == 0 ? 7 : 8);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		done = WIFEXITED(status) && WEXITSTATUS(status) == 7;
		assert_true(done || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
		world_reopen(w);
		after = sr_ledger_next_index(w->v->ledger);
		assert_true(after == before || after == before + 1);
		if (done)
			assert_int_equal(after, before + 1);
		assert_int_equal(one_comment(w, rq.id), 0);
		world_close(w);
	}
	assert_true(nth > 3);
	world_reopen(w);
	world_free(w);
}

static void test_fault(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {0};
	bool done = false;

	(void)state;
	put_item(w, item[0]);
	ask(w, &rq, (const uint8_t(*)[SR_ID])item);
	for (unsigned long nth = 1; !done; nth++) {
		uint64_t before = sr_ledger_next_index(w->v->ledger);
		int rc;

		sr_fault_set(nth, ENOSPC);
		rc = one_comment(w, rq.id);
		sr_fault_set(0, 0);
		done = rc == 0;
		if (!done)
			assert_true(w->e.text[0] != '\0');
		world_reopen(w);
		assert_true(sr_ledger_next_index(w->v->ledger) <= before + 1);
		if (done)
			assert_int_equal(sr_ledger_next_index(w->v->ledger), before + 1);
		assert_int_equal(one_comment(w, rq.id), 0);
	}
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_opened),
		cmocka_unit_test(test_same_id),
		cmocka_unit_test(test_texts_and_times),
		cmocka_unit_test(test_clock_back),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_vote_rules),
		cmocka_unit_test(test_reject_and_correct),
		cmocka_unit_test(test_grant_ends),
		cmocka_unit_test(test_after_fails),
		cmocka_unit_test(test_hooks_and_faults),
		cmocka_unit_test(test_left_room_key),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
