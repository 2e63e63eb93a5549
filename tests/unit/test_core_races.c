/*
 * Two people act at the same moment on one thing: each has a connection to core's socket, has
 * signed beforehand, and hands in when a barrier falls. Whoever is taken first, what the vault then
 * holds is one of the two lawful outcomes, whole; what both were told agrees with it; and the
 * ledger, replayed, gives the same catalogue.
 *
 *   vote and amend      the vote makes the grant and the amendment comes too late, or the new
 *                       version stands alone and the vote is on one that is superseded
 *   revoke and checkout the checkout begins and is ended by the revocation, or never begins
 *   end and vote        the applicant's end (person-end) lapses the open request, or finds a grant
 *                       and suspends it
 *   end and vote        of a member: their vote counts and they go, or they are gone and it does
 *                       not
 *
 * $RACES: rounds of each (20). The order of two messages is the kernel's; a delay of a part of a
 * millisecond on one side or the other makes both orders happen, and that both did is asserted.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "core/server.h"
#include "core_rig.h"
#include "store/secrets.h"
#include "world.h"

enum {
	ROUNDS = 20,
	TURN_MS = 2,
	DELAY_US = 600, /* about what a commit takes */
	MEMBERS_LEAVE = 3
};

struct actor {
	struct field *f;
	pthread_t thread;
	struct rig_desk desk;
	struct sr_buf body;
	unsigned delay_us;
};

struct field {
	struct rig *g;
	struct sr_server *s;
	pthread_t server;
	pthread_barrier_t begin, end, rest; /* a round; both answered; nobody touches the vault */
	atomic_bool serving, over;
	struct actor actor[2];
	uint64_t random;
	size_t first[2]; /* rounds in which that one was taken first */
	int rc;
	struct sr_err e;
};

/* --- the field -------------------------------------------------------------------------------- */

static void wait_us(unsigned us) {
	struct timespec t = {.tv_nsec = (long)us * 1000};

	if (us > 0)
		nanosleep(&t, NULL);
}

static void *act(void *ctx) {
	struct actor *a = ctx;

	for (;;) {
		pthread_barrier_wait(&a->f->begin);
		if (atomic_load(&a->f->over))
			return NULL;
		wait_us(a->delay_us);
		(void)!rig_call(&a->desk, "submit", NULL, &a->body);
		pthread_barrier_wait(&a->f->end);
	}
}

/* The vault is this thread's from `begin` until it comes to `rest`, and the test's otherwise. */
static void *serve(void *ctx) {
	struct field *f = ctx;

	for (;;) {
		pthread_barrier_wait(&f->begin);
		if (atomic_load(&f->over))
			return NULL;
		while (atomic_load(&f->serving) && f->rc == 0)
			f->rc = sr_server_turn(f->s, TURN_MS, &f->e);
		pthread_barrier_wait(&f->rest);
	}
}

/* One round without actors' statements: ${step} talks to core from this thread meanwhile. */
static void *serve_only(void *ctx) {
	struct field *f = ctx;

	while (atomic_load(&f->serving) && f->rc == 0)
		f->rc = sr_server_turn(f->s, TURN_MS, &f->e);
	return NULL;
}

static struct field *field_new(const struct world_options *o) {
	struct field *f = calloc(1, sizeof *f);
	pthread_t once;

	assert_non_null(f);
	f->random = 1;
	f->g = rig_new(o);
	const struct sr_server_options so = {.core = &f->g->core};
	assert_ok(sr_server_new(&f->s, &so, &f->e), &f->e);
	const struct world_person *who[2] = {&f->g->w->curator[1], &f->g->w->officer};
	atomic_store(&f->serving, true);
	assert_int_equal(pthread_create(&once, NULL, serve_only, f), 0);
	for (size_t i = 0; i < 2; i++) {
		struct actor *a = &f->actor[i];

		a->f = f;
		sr_buf_init_secret(&a->body);
		sr_call_init(&a->desk.q);
		sr_call_init(&a->desk.r);
		assert_ok(sr_transport_socket(&a->desk.t, f->g->w->vault, &a->desk.e), &a->desk.e);
		rig_login(&a->desk, who[i]); /* they carry in what others signed */
	}
	atomic_store(&f->serving, false);
	assert_int_equal(pthread_join(once, NULL), 0);
	assert_int_equal(pthread_barrier_init(&f->begin, NULL, 4), 0);
	assert_int_equal(pthread_barrier_init(&f->end, NULL, 3), 0);
	assert_int_equal(pthread_barrier_init(&f->rest, NULL, 2), 0);
	assert_int_equal(pthread_create(&f->server, NULL, serve, f), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&f->actor[i].thread, NULL, act, &f->actor[i]), 0);
	return f;
}

/* Replayed and compared, then gone. */
static void field_free(struct field *f) {
	struct rig *g = f->g;

	atomic_store(&f->over, true);
	pthread_barrier_wait(&f->begin);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(f->actor[i].thread, NULL), 0);
		rig_desk_close(&f->actor[i].desk);
		sr_buf_free(&f->actor[i].body);
	}
	assert_int_equal(pthread_join(f->server, NULL), 0);
	sr_server_free(f->s);
	pthread_barrier_destroy(&f->begin);
	pthread_barrier_destroy(&f->end);
	pthread_barrier_destroy(&f->rest);
	rig_login(&g->desk, &g->w->custodian);
	assert_ok(rig_call(&g->desk, "verify", NULL, NULL), &g->desk.e);
	assert_field(&g->desk, "catalogue", "equal");
	assert_int_equal(rig_count(&g->desk, "problem"), 0);
	assert_ok(rig_call(&g->desk, "rebuild", NULL, NULL), &g->desk.e);
	assert_field(&g->desk, "catalogue", "equal");
	rig_free(g);
	free(f);
}

/* What an actor will hand in. */
static void arm(struct field *f, size_t i, struct world_draft *d) {
	sr_buf_clear(&f->actor[i].body);
	sr_buf_put_le32(&f->actor[i].body, 1);
	rig_put_submission(&f->actor[i].body, d);
}

/* The barrier falls. */
static void race(struct field *f, size_t round) {
	for (size_t i = 0; i < 2; i++)
		f->actor[i].delay_us = 0;
	if (round % 3 != 0)
		f->actor[round % 3 - 1].delay_us = (unsigned)t_rand(&f->random, DELAY_US);
	atomic_store(&f->serving, true);
	pthread_barrier_wait(&f->begin);
	pthread_barrier_wait(&f->end);
	atomic_store(&f->serving, false);
	pthread_barrier_wait(&f->rest);
	assert_ok(f->rc, &f->e);
	assert_ok(sr_room_sweep(f->g->w->room, NULL, &f->e), &f->e);
}

static int code_of(const struct field *f, size_t i) {
	return f->actor[i].desk.rc;
}

/* Actor ${i} was refused, in these words. */
static void assert_late(struct field *f, size_t i, const char *words) {
	struct rig_desk *d = &f->actor[i].desk;

	assert_fails(d->rc, SR_DENIED, &d->e, words);
}

static void report(const struct field *f, const char *name, size_t rounds) {
	print_message("%s: %zu rounds, %zu and %zu times first\n", name, rounds, f->first[0],
		f->first[1]);
	assert_int_equal(f->first[0] + f->first[1], rounds);
	assert_true(f->first[0] > 0);
	assert_true(f->first[1] > 0);
}

static size_t rounds_wanted(void) {
	const char *n = getenv("RACES");

	return n == NULL ? ROUNDS : (size_t)strtoul(n, NULL, 10);
}

/* --- what a round stands on ------------------------------------------------------------------- */

static void one_item(struct world *w, uint8_t item[SR_ID]) {
	const struct world_file file = {.path = "a.txt", .content = sr_bytes_str("One page.\n")};
	struct world_deposit dep = {.files = &file, .count = 1};

	assert_int_equal(world_deposit(w, &dep), 0);
	memcpy(item, dep.items[0], SR_ID);
	world_held_release(w, item);
}

/* A request for the item, with member 0's approval: one more makes the grant. */
static void half_granted(struct world *w, const struct world_person *by, const uint8_t item[SR_ID],
	struct world_request *rq) {
	*rq = (struct world_request){.by = by, .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	assert_int_equal(world_request(w, rq), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq->id}), 0);
}

/* The next act of the world is left in ${d} instead of being committed. */
static struct world *into(struct world *w, struct world_draft *d) {
	w->instead = d;
	return w;
}

static enum sr_state version_state(struct world *w, const uint8_t request[SR_ID], uint32_t version,
	size_t *votes, bool *room_key) {
	struct sr_version_row v = {0};
	struct sr_votes l = {0};
	char hex[2 * SR_ID + 1];
	enum sr_state s;

	sr_hex(hex, request, SR_ID);
	assert_ok(sr_query_version(&v, w->v->catalogue, request, version, &w->e), &w->e);
	s = v.state;
	assert_ok(sr_query_votes(&l, w->v->catalogue, request, version, &w->e), &w->e);
	*votes = l.count;
	*room_key = sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(hex), version);
	sr_votes_free(&l);
	sr_version_row_free(&v);
	return s;
}

static enum sr_state grant_state(struct world *w, const uint8_t grant[SR_ID]) {
	struct sr_grant_row g = {0};
	enum sr_state s;

	assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
	s = g.state;
	sr_grant_row_free(&g);
	return s;
}

/* --- vote and amend --------------------------------------------------------------------------- */

static void vote_and_amend(struct field *f, const uint8_t item[SR_ID], size_t round) {
	struct world *w = f->g->w;
	struct world_request rq;
	struct world_draft d;
	uint8_t grant[SR_ID];
	size_t votes, new_votes = 0;
	bool key, new_key = false;

	half_granted(w, &w->researcher[0], item, &rq);
	assert_int_equal(
		world_vote(into(w, &d), &(struct world_vote){.member = 1, .request = rq.id}), 0);
	arm(f, 0, &d);
	rq.version = 2;
	assert_int_equal(world_request(into(w, &d), &rq), 0);
	arm(f, 1, &d);
	race(f, round);
	const enum sr_state one = version_state(w, rq.id, 1, &votes, &key);
	const bool granted = world_grant_of(w, rq.id, grant);
	if (code_of(f, 0) == 0) {
		f->first[0]++;
		assert_late(f, 1, "granted");
		assert_true(granted);
		assert_int_equal(one, SR_S_GRANTED);
		assert_int_equal(votes, 2);
		assert_true(key);
		assert_int_equal(grant_state(w, grant), SR_S_LIVE);
		assert_int_equal(world_close_grant(w, &w->researcher[0], grant), 0);
		return;
	}
	f->first[1]++;
	assert_late(f, 0, "the vote is on version 1, the request is at version 2");
	assert_ok(code_of(f, 1), &f->actor[1].desk.e);
	assert_false(granted);
	assert_int_equal(one, SR_S_SUPERSEDED);
	assert_int_equal(votes, 1);
	assert_false(key); /* what was made for the old version opens nothing */
	assert_int_equal(version_state(w, rq.id, 2, &new_votes, &new_key), SR_S_OPEN);
	assert_int_equal(new_votes, 0);
	assert_true(new_key);
}

static void test_vote_and_amend(void **state) {
	struct field *f = field_new(NULL);
	const size_t rounds = rounds_wanted();
	uint8_t item[SR_ID];

	(void)state;
	one_item(f->g->w, item);
	for (size_t i = 0; i < rounds; i++)
		vote_and_amend(f, item, i);
	report(f, "vote and amend", rounds);
	field_free(f);
}

/* --- revoke and checkout ---------------------------------------------------------------------- */

static enum sr_state checkout_state(struct world *w, const uint8_t checkout[SR_ID], bool *there) {
	struct sr_checkout_row c = {0};
	const int rc = sr_query_checkout(&c, w->v->catalogue, checkout, &w->e);

	*there = rc == 0;
	if (rc != 0)
		assert_int_equal(rc, SR_NOTFOUND);
	return c.state;
}

static void revoke_and_checkout(struct field *f, const uint8_t item[SR_ID], size_t round) {
	struct world *w = f->g->w;
	struct world_request rq, end = {.by = &w->member[0], .kind = "revoke"};
	struct world_draft d;
	uint8_t grant[SR_ID];
	size_t votes;
	bool key, there;

	half_granted(w, &w->researcher[0], item, &rq);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = rq.id}), 0);
	assert_true(world_grant_of(w, rq.id, grant));
	end.target = grant;
	assert_int_equal(world_request(w, &end), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = end.id}), 0);
	assert_int_equal(
		world_vote(into(w, &d), &(struct world_vote){.member = 1, .request = end.id}), 0);
	arm(f, 0, &d);
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item};
	assert_int_equal(world_checkout(into(w, &d), &c), 0);
	arm(f, 1, &d);
	race(f, round);
	assert_ok(code_of(f, 0), &f->actor[0].desk.e); /* nothing keeps a revocation waiting */
	assert_int_equal(grant_state(w, grant), SR_S_REVOKED);
	assert_int_equal(version_state(w, rq.id, 1, &votes, &key), SR_S_GRANTED);
	assert_false(key);
	const enum sr_state s = checkout_state(w, c.id, &there);
	if (code_of(f, 1) == 0) {
		f->first[1]++;
		assert_true(there);
		assert_int_equal(s, SR_S_ENDED);
	} else {
		f->first[0]++;
		assert_late(f, 1, "revoked");
		assert_false(there);
	}
	if (there)
		assert_int_not_equal(world_open(w, &c), 0);
}

static void test_revoke_and_checkout(void **state) {
	struct field *f = field_new(NULL);
	const size_t rounds = rounds_wanted();
	uint8_t item[SR_ID];

	(void)state;
	one_item(f->g->w, item);
	for (size_t i = 0; i < rounds; i++)
		revoke_and_checkout(f, item, i);
	report(f, "revoke and checkout", rounds);
	field_free(f);
}

/* --- end and vote: the applicant leaves ------------------------------------------------------- */

static void draft_end(struct world *w, const struct world_person *by, const char *person) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_PERSON_END);
	sr_text_put(&d.text, "person", person);
	world_text(&d, "reason", "has left");
	assert_int_equal(world_commit(&d, NULL), 0);
}

static void end_and_vote(struct field *f, const uint8_t item[SR_ID], size_t round) {
	struct world *w = f->g->w;
	struct world_person p = {0};
	struct world_request rq;
	struct world_draft d;
	uint8_t grant[SR_ID];
	char name[40];
	size_t votes;
	bool key;

	snprintf(name, sizeof name, "Visitor %zu", round);
	world_person_make(w, &p, name);
	assert_int_equal(world_person_add(w, &w->officer, &p, "researcher"), 0);
	half_granted(w, &p, item, &rq);
	draft_end(into(w, &d), &w->curator[0], p.person);
	arm(f, 0, &d);
	assert_int_equal(
		world_vote(into(w, &d), &(struct world_vote){.member = 1, .request = rq.id}), 0);
	arm(f, 1, &d);
	race(f, round);
	assert_ok(code_of(f, 0), &f->actor[0].desk.e); /* who leaves, leaves */
	const enum sr_state s = version_state(w, rq.id, 1, &votes, &key);
	const bool granted = world_grant_of(w, rq.id, grant);
	if (code_of(f, 1) == 0) {
		f->first[1]++;
		assert_int_equal(s, SR_S_GRANTED);
		assert_true(granted);
		assert_int_equal(grant_state(w, grant), SR_S_SUSPENDED);
		assert_int_equal(votes, 2);
	} else {
		f->first[0]++;
		assert_late(f, 1, "no researcher here any more");
		assert_int_equal(s, SR_S_LAPSED);
		assert_false(granted);
		assert_false(key);
		assert_int_equal(votes, 1);
	}
	struct world_checkout c = {.by = &p, .grant = grant, .item = item};
	if (granted) { /* and reads nothing in either case */
		assert_int_not_equal(world_checkout(w, &c), 0);
		world_revoke(w, grant);
	}
	sr_buf_free(&p.card);
}

static void test_end_and_vote(void **state) {
	struct field *f = field_new(NULL);
	const size_t rounds = rounds_wanted();
	uint8_t item[SR_ID];

	(void)state;
	one_item(f->g->w, item);
	for (size_t i = 0; i < rounds; i++)
		end_and_vote(f, item, i);
	report(f, "end of the applicant and vote", rounds);
	field_free(f);
}

/* --- end and vote: the member leaves ---------------------------------------------------------- */

static void ask_end(struct world *w, const struct world_person *who, uint8_t id[SR_ID]) {
	struct world_draft d;

	world_id(w, id);
	world_begin(&d, w, &w->member[0], SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "person-end");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[0]);
	sr_text_put(&d.text, "subject", who->person);
	assert_int_equal(world_commit(&d, NULL), 0);
}

/* The last vote for the end of member ${m}, and that member's vote that would make a grant. */
static void member_leaves(struct field *f, const uint8_t item[SR_ID], size_t m, size_t round) {
	struct world *w = f->g->w;
	struct world_request rq;
	struct world_draft d;
	struct sr_person_row p = {0};
	uint8_t end[SR_ID], grant[SR_ID];
	size_t votes;
	bool key;

	half_granted(w, &w->researcher[0], item, &rq);
	ask_end(w, &w->member[m], end);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = end}), 0);
	assert_int_equal(
		world_vote(into(w, &d), &(struct world_vote){.member = 1, .request = end}), 0);
	arm(f, 0, &d);
	assert_int_equal(
		world_vote(into(w, &d), &(struct world_vote){.member = m, .request = rq.id}), 0);
	arm(f, 1, &d);
	race(f, round);
	assert_ok(code_of(f, 0), &f->actor[0].desk.e);
	assert_ok(sr_query_person(&p, w->v->catalogue, w->member[m].person, &w->e), &w->e);
	assert_int_equal(p.roles, 0);
	sr_person_row_free(&p);
	const enum sr_state s = version_state(w, rq.id, 1, &votes, &key);
	const bool granted = world_grant_of(w, rq.id, grant);
	if (code_of(f, 1) == 0) {
		f->first[1]++;
		assert_int_equal(s, SR_S_GRANTED);
		assert_true(granted);
		assert_int_equal(grant_state(w, grant), SR_S_LIVE);
	} else {
		f->first[0]++;
		assert_late(f, 1, "member");
		assert_int_equal(s, SR_S_OPEN);
		assert_false(granted);
		/* Somebody who stays can still make the grant. */
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = 1, .request = rq.id}), 0);
		assert_true(world_grant_of(w, rq.id, grant));
	}
}

static void test_member_leaves(void **state) {
	const size_t rounds = rounds_wanted();
	size_t done = 0, first[2] = {0, 0};
	uint8_t item[SR_ID];

	(void)state;
	while (done < rounds) {
		struct field *f = field_new(&(struct world_options){.members = 5});

		f->random = done + 1;
		one_item(f->g->w, item);
		for (size_t m = 0; m < MEMBERS_LEAVE && done < rounds; m++, done++)
			member_leaves(f, item, 4 - m, done);
		first[0] += f->first[0];
		first[1] += f->first[1];
		if (done >= rounds) {
			f->first[0] = first[0];
			f->first[1] = first[1];
			report(f, "end of a member and their vote", rounds);
		}
		field_free(f);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vote_and_amend),
		cmocka_unit_test(test_revoke_and_checkout),
		cmocka_unit_test(test_end_and_vote),
		cmocka_unit_test(test_member_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
