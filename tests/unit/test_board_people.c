/*
 * people - what officers attest and whom it keeps from voting; what the end of a person stops. The
 * acts are world.h's.
 */
#include "board/authorize.h"
#include "board/invariants.h"
#include "board/quarantine.h"
#include "catalogue/catalogue.h"
#include "ledger/card.h"
#include "ledger/journal.h"
#include "store/db.h"
#include "store/secrets.h"
#include "world.h"

#define assert_refused(w, rc, piece) assert_fails((rc), SR_DENIED, &(w)->out.err, (piece))

/* Catalogue and index made anew from the log are what they were. */
static void assert_replays(struct world *w) {
	struct sr_rebuilt out = {0};
	size_t packs = 0, bad = 0;

	assert_ok(sr_vault_rebuild(w->v, NULL, &out, &packs, &bad, &w->e), &w->e);
	assert_true(out.had_old);
	assert_string_equal(out.difference, "");
}

static void put_item(struct world *w, uint8_t item[SR_ID]) {
	static const char text[] = "a page of harmless text\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	world_held_release(w, item);
}

static enum sr_state request_state(struct world *w, const uint8_t request[SR_ID]) {
	struct sr_version_row v = {0};
	enum sr_state s;

	assert_ok(sr_query_version(&v, w->v->catalogue, request, 0, &w->e), &w->e);
	s = v.state;
	sr_version_row_free(&v);
	return s;
}

struct attest {
	const struct world_person *by; /* NULL: the officer */
	const struct world_person *of;
	const uint8_t *request;
	const char *term;
	int64_t ends;
	uint8_t id[SR_ID]; /* out; in when ${again} */
	bool again;
};

static int attest(
	struct world *w, const struct world_person *who, const char *kind, struct attest *a) {
	struct world_draft d;

	if (!a->again)
		world_id(w, a->id);
	world_begin(&d, w, a->by != NULL ? a->by : &w->officer, SR_T_ATTEST);
	sr_text_put_hex(&d.text, "attestation", a->id, SR_ID);
	sr_text_put(&d.text, "person", who->person);
	sr_text_put(&d.text, "kind", kind);
	if (a->of != NULL)
		sr_text_put(&d.text, "of", a->of->person);
	if (a->request != NULL)
		sr_text_put_hex(&d.text, "request", a->request, SR_ID);
	if (a->term != NULL)
		sr_text_put(&d.text, "term", a->term);
	if (a->ends != 0)
		sr_text_put_time(&d.text, "ends", a->ends);
	world_text(&d, "note", "seen on paper");
	return world_commit(&d, NULL);
}

static int attest_end(struct world *w, const struct world_person *by, const uint8_t id[SR_ID]) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_ATTEST_END);
	sr_text_put_hex(&d.text, "attestation", id, SR_ID);
	world_text(&d, "reason", "no longer so");
	return world_commit(&d, NULL);
}

static void attest_rules(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *r = &w->researcher[0];
	struct attest a = {.term = "trauma-awareness", .ends = w->now + W_DAY};
	uint8_t nothing[SR_ID] = {9};

	(void)state;
	assert_int_equal(attest(w, r, "training", &a), 0);
	a.again = true;
	assert_refused(w, attest(w, r, "training", &a), "attestation-taken");
	assert_refused(w, attest(w, r, "saintliness", &(struct attest){.term = "x"}),
		"unknown-attestation");
	assert_refused(w, attest(w, r, "training", &(struct attest){0}), "attest-incomplete");
	assert_refused(w, attest(w, r, "supervisor-of", &(struct attest){0}), "attest-incomplete");
	assert_refused(w, attest(w, r, "conflict", &(struct attest){0}), "attest-incomplete");
	assert_refused(w,
		attest(w, r, "training", &(struct attest){.term = "x", .of = &w->member[0]}),
		"attest-surplus");
	assert_refused(w, attest(w, r, "supervisor-of", &(struct attest){.of = r}), "same-person");
	assert_refused(w, attest(w, &w->outsider, "training", &(struct attest){.term = "x"}),
		"no-such-person");
	assert_refused(w, attest(w, r, "conflict", &(struct attest){.of = &w->outsider}),
		"no-such-person");
	assert_refused(w, attest(w, r, "conflict", &(struct attest){.request = nothing}),
		"no-such-request");
	assert_refused(w,
		attest(w, r, "training", &(struct attest){.term = "x", .ends = w->now - 1}),
		"ends-past");
	assert_refused(
		w, attest(w, &w->officer, "training", &(struct attest){.term = "x"}), "own-affair");
	assert_refused(w,
		attest(w, r, "training", &(struct attest){.by = &w->curator[0], .term = "x"}),
		"role-missing");
	/* A conflict of one's own may be declared, and not taken back. */
	a = (struct attest){.of = r};
	assert_int_equal(attest(w, &w->officer, "conflict", &a), 0);
	assert_refused(w, attest_end(w, &w->officer, a.id), "own-affair");
	assert_refused(w, attest_end(w, &w->officer, nothing), "no-such-attestation");
	a = (struct attest){.term = "dept.history"};
	assert_int_equal(attest(w, r, "affiliation", &a), 0);
	assert_int_equal(attest_end(w, &w->officer, a.id), 0);
	assert_refused(w, attest_end(w, &w->officer, a.id), "attestation-ended");
	assert_replays(w);
	world_free(w);
}

/* What has an end lapses by itself, when the vault is next looked at. */
static void attestation_lapses(void **state) {
	struct world *w = world_new(NULL);
	struct sr_attestations l = {0};
	const struct sr_attestation_filter standing = {
		.person = w->researcher[0].person, .standing = true};
	struct attest a = {.term = "trauma-awareness", .ends = w->now + W_DAY};
	size_t ended = 0;

	(void)state;
	assert_int_equal(attest(w, &w->researcher[0], "training", &a), 0);
	assert_ok(sr_query_attestations(&l, w->v->catalogue, &standing, &w->e), &w->e);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.rows[0].kind, "training");
	assert_string_equal(l.rows[0].term, "trauma-awareness");
	assert_string_equal(l.rows[0].note, "seen on paper");
	assert_string_equal(l.rows[0].officer, w->officer.person);
	sr_attestations_free(&l);
	w->now += W_DAY;
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 1);
	assert_ok(sr_query_attestations(&l, w->v->catalogue, &standing, &w->e), &w->e);
	assert_int_equal(l.count, 0);
	assert_refused(w, attest_end(w, &w->officer, a.id), "attestation-ended");
	assert_replays(w);
	world_free(w);
}

/* Supervisors do not vote on their students, nor students on their supervisors; the tally knows. */
static void conflict_blocks(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 4, .level = {2}});
	uint8_t item[1][SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request with = {.by = &w->researcher[1],
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1,
		.with = {&w->researcher[0]}};
	struct attest over = {.of = &w->researcher[0]}, under = {.of = &w->member[1]};
	struct attest about = {.request = rq.id};
	struct sr_tally t;
	struct sr_versions inbox = {0};

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(attest(w, &w->member[0], "supervisor-of", &over), 0);
	assert_int_equal(attest(w, &w->researcher[0], "supervisor-of", &under), 0);
	for (size_t i = 0; i < 2; i++)
		assert_refused(w,
			world_vote(w, &(struct world_vote){.member = i, .request = rq.id}),
			i == 0 ? "rule supervisor" : "rule student");
	assert_ok(sr_query_tally(&t, w->v->catalogue, rq.id, 0, &w->e), &w->e);
	assert_int_equal(t.eligible, 2);
	assert_ok(sr_authorize_inbox(&inbox, w->v, w->member[0].person, w->now, &w->e), &w->e);
	assert_int_equal(inbox.count, 0);
	sr_versions_free(&inbox);
	/* A co-applicant is a party like the applicant. */
	assert_int_equal(world_request(w, &with), 0);
	assert_int_equal(world_join(w, &w->researcher[0], with.id), 0);
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 0, .request = with.id}),
		"rule supervisor");
	/* About one request, and no other. */
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 2, .request = rq.id}), 0);
	about.request = with.id;
	assert_int_equal(attest(w, &w->member[2], "conflict", &about), 0);
	assert_int_equal(request_state(w, with.id), SR_S_REFUSED); /* one voter is left, of two */
	assert_int_equal(request_state(w, rq.id), SR_S_OPEN);
	/* What no longer stands no longer blocks. */
	assert_int_equal(attest_end(w, &w->officer, over.id), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_GRANTED);
	assert_replays(w);
	world_free(w);
}

/* An approval that was given before the conflict came to light is void, and may be given again when
 * it is over; a grant that is there stays. */
static void conflict_voids(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 4, .level = {2}});
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct attest a = {.of = &w->researcher[0]};
	struct sr_tally t;

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}), 0);
	assert_int_equal(attest(w, &w->member[0], "conflict", &a), 0);
	assert_ok(sr_query_tally(&t, w->v->catalogue, rq.id, 0, &w->e), &w->e);
	assert_int_equal(t.approved, 0);
	assert_int_equal(t.eligible, 3);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = rq.id}), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_OPEN);
	assert_int_equal(attest_end(w, &w->officer, a.id), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_GRANTED);
	assert_true(world_grant_of(w, rq.id, grant));
	a = (struct attest){.of = &w->researcher[0]};
	assert_int_equal(attest(w, &w->member[1], "conflict", &a), 0);
	{
		struct sr_grant_row g = {0};

		assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
		assert_int_equal(g.state, SR_S_LIVE);
		sr_grant_row_free(&g);
	}
	assert_replays(w);
	world_free(w);
}

/* --- ends ------------------------------------------------------------------------------------- */

static int end_person(
	struct world *w, const struct world_person *by, const struct world_person *who) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_PERSON_END);
	sr_text_put(&d.text, "person", who->person);
	world_text(&d, "reason", "has left");
	return world_commit(&d, NULL);
}

/* Beginning of a request about somebody. */
static void begin_about(struct world_draft *d, struct world *w, const struct world_person *by,
	const char *kind, const char *subject, uint8_t id[SR_ID]) {
	world_id(w, id);
	world_begin(d, w, by, SR_T_REQUEST);
	sr_text_put_hex(&d->text, "request", id, SR_ID);
	sr_text_put_dec(&d->text, "version", 1);
	sr_text_put(&d->text, "kind", kind);
	sr_text_put_hex(&d->text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d->text, "epoch", 1);
	sr_text_put_dec(&d->text, "level", w->level[0]);
	sr_text_put(&d->text, "subject", subject);
}

static int ask_end(struct world *w, const struct world_person *by, const struct world_person *who,
	uint8_t id[SR_ID]) {
	struct world_draft d;

	begin_about(&d, w, by, "person-end", who->person, id);
	return world_commit(&d, NULL);
}

static unsigned roles_of(struct world *w, const struct world_person *who) {
	struct sr_person_row p = {0};
	unsigned roles;

	assert_ok(sr_query_person(&p, w->v->catalogue, who->person, &w->e), &w->e);
	roles = p.roles;
	sr_person_row_free(&p);
	return roles;
}

static enum sr_state grant_state(struct world *w, const uint8_t grant[SR_ID], char by[19]) {
	struct sr_grant_row g = {0};
	enum sr_state s;

	assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
	s = g.state;
	snprintf(by, 19, "%s", g.suspended_by);
	sr_grant_row_free(&g);
	return s;
}

static size_t inbox_of(struct world *w, size_t member) {
	struct sr_versions l = {0};
	size_t n;

	assert_ok(sr_authorize_inbox(&l, w->v, w->member[member].person, w->now, &w->e), &w->e);
	n = l.count;
	sr_versions_free(&l);
	return n;
}

/* A named researcher leaves before they joined: whoever votes may still say no, and the request can
 * be withdrawn. */
static void a_named_reader_leaves(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *gone = &w->researcher[0], *stays = &w->researcher[1];
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = stays, .items = (const uint8_t(*)[SR_ID])item, .count = 1, .with = {gone}};
	struct world_request again;
	struct sr_notices l = {NULL, 0};
	struct world_draft d;

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &rq), 0);
	again = rq;
	assert_int_equal(world_request(w, &again), 0);
	assert_refused(w,
		world_vote(w,
			&(struct world_vote){.member = 0, .request = rq.id, .decision = "reject"}),
		"not-joined");
	assert_int_equal(end_person(w, &w->curator[0], gone), 0);
	assert_ok(sr_query_notices_of(&l, w->v->catalogue, stays->person, w->now, &w->e), &w->e);
	assert_int_equal(l.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(l.rows[i].what, "amend-needed");
	sr_notices_free(&l);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(world_vote(w, &(struct world_vote){.member = i,
						       .request = rq.id,
						       .decision = "reject"}),
			0);
	assert_int_equal(request_state(w, rq.id), SR_S_REFUSED);
	assert_false(world_grant_of(w, rq.id, grant));
	world_begin(&d, w, stays, SR_T_WITHDRAW);
	sr_text_put_hex(&d.text, "request", again.id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	assert_int_equal(world_commit(&d, NULL), 0);
	assert_int_equal(request_state(w, again.id), SR_S_WITHDRAWN);
	assert_replays(w);
	world_free(w);
}

/* Everything that a researcher has or waits for stops at once; who shares it may go on when a
 * quorum says so. */
/* What the sweep finds that ends and new keys left. */
static size_t swept(struct world *w) {
	size_t ended = 0;

	w->v->unsettled = true; /* as after opening it */
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	return ended;
}

static void end_stops(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *gone = &w->researcher[0], *stays = &w->researcher[1];
	uint8_t item[1][SR_ID], alone[SR_ID], shared[SR_ID], other[SR_ID];
	struct world_request one = {.by = gone, .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request both = {
		.by = stays, .items = (const uint8_t(*)[SR_ID])item, .count = 1, .with = {gone}};
	struct world_request waits = one, names = both, lift = {.by = &w->member[0]};
	struct world_checkout c = {.by = gone, .grant = alone, .item = item[0]};
	struct world_checkout d = {.by = stays, .grant = shared, .item = item[0]};
	char by[19];

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &one), 0);
	world_grant(w, one.id, alone);
	assert_int_equal(world_request(w, &both), 0);
	assert_int_equal(world_join(w, gone, both.id), 0);
	world_grant(w, both.id, shared);
	assert_int_equal(world_request(w, &waits), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = waits.id}), 0);
	assert_int_equal(world_request(w, &names), 0);
	assert_int_equal(world_join(w, gone, names.id), 0);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	assert_int_equal(end_person(w, &w->curator[0], gone), 0);
	assert_int_equal(roles_of(w, gone), 0);
	assert_int_equal(grant_state(w, alone, by), SR_S_SUSPENDED);
	assert_string_equal(by, "service");
	assert_int_equal(grant_state(w, shared, by), SR_S_SUSPENDED);
	assert_int_equal(request_state(w, waits.id), SR_S_LAPSED);
	assert_int_equal(request_state(w, names.id), SR_S_OPEN);
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 0, .request = names.id}),
		"reader-ended");
	assert_int_equal(inbox_of(w, 0), 0);
	/* What takes no piece is said all the same: sent back, it is amended without them. */
	assert_int_equal(world_vote(w,
				 &(struct world_vote){
					 .member = 0, .request = names.id, .decision = "correct"}),
		0);
	assert_int_equal(request_state(w, names.id), SR_S_RETURNED);
	names.version = 2;
	assert_refused(w, world_request(w, &names), "not-a-researcher");
	names.with[0] = NULL;
	assert_int_equal(world_request(w, &names), 0);
	assert_int_equal(inbox_of(w, 0), 1);
	world_grant(w, names.id, other);
	assert_int_equal(grant_state(w, other, by), SR_S_LIVE);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "the checkout is ended");
	assert_refused(w, world_checkout(w, &c), "role-missing");
	assert_refused(w, world_checkout(w, &d), "the grant is suspended");
	assert_refused(w, world_lift(w, 0, shared), "who-suspended-lifts");
	assert_refused(w, end_person(w, &w->curator[0], gone), "no-role");
	/* A quorum lets the other go on. */
	lift.kind = "lift";
	lift.target = shared;
	assert_int_equal(world_request(w, &lift), 0);
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = lift.id}), 0);
	assert_int_equal(grant_state(w, shared, by), SR_S_LIVE);
	assert_int_equal(swept(w), 0); /* nothing of it was left to do */
	assert_int_equal(grant_state(w, shared, by), SR_S_LIVE);
	assert_int_equal(world_checkout(w, &d), 0);
	assert_ok(world_open(w, &d), &w->e);
	/* By what was given; a new piece would be sealed to who left, too. */
	assert_refused(w,
		world_vote(w,
			&(struct world_vote){.member = 2, .request = both.id, .decision = "topup"}),
		"those who stay make a new request");
	assert_replays(w);
	world_free(w);
}

static size_t boxes_of(struct world *w, const struct world_person *who, size_t *items) {
	struct sr_person_row p = {0};
	size_t boxed = 0;

	assert_ok(sr_query_person(&p, w->v->catalogue, who->person, &w->e), &w->e);
	assert_ok(sr_quarantine_count(w->v, &p, &boxed, items, &w->e), &w->e);
	sr_person_row_free(&p);
	return boxed;
}

static void deposit_held(struct world *w, struct world_deposit *d) {
	static const char text[] = "a page of harmless text\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};

	*d = (struct world_deposit){.files = &f, .count = 1};
	assert_int_equal(world_deposit(w, d), 0);
	d->files = NULL;
}

/* An end that one person signs decides no request, though it cites one: the board's, to end that
 * person's own roles, stays open. */
static void end_cites_none(void **state) {
	struct world *w = world_new(NULL);
	struct sr_version_row v = {.version = 0};
	struct world_draft d;
	uint8_t end[SR_ID];

	(void)state;
	assert_int_equal(ask_end(w, &w->officer, &w->curator[0], end), 0);
	world_begin(&d, w, &w->curator[0], SR_T_PERSON_END);
	sr_text_put_hex(&d.text, "request", end, SR_ID);
	sr_text_put(&d.text, "person", w->researcher[0].person);
	assert_refused(w, world_commit(&d, NULL), "rule cites-request");
	assert_ok(sr_query_version(&v, w->v->catalogue, end, 0, &w->e), &w->e);
	assert_int_equal(v.state, SR_S_OPEN);
	sr_version_row_free(&v);
	world_free(w);
}

/* Other roles are ended by a quorum; the house is never left without one of each. */
static void end_by_quorum(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *curator = &w->curator[0];
	struct world_deposit held;
	uint8_t end[SR_ID], other[SR_ID], part[SR_PART];
	size_t items = 0;

	(void)state;
	deposit_held(w, &held);
	assert_int_equal(boxes_of(w, curator, &items), 1);
	assert_refused(w, end_person(w, &w->officer, curator), "role-needs-quorum");
	assert_refused(w, ask_end(w, &w->researcher[0], curator, end), "house-asks-for-acts");
	assert_refused(w, ask_end(w, curator, &w->outsider, end), "no-such-person");
	assert_refused(w, ask_end(w, curator, &w->officer, end), "last-of-role");
	assert_refused(w, ask_end(w, curator, &w->auditor, end), "last-of-role");
	assert_refused(w, ask_end(w, curator, &w->custodian, end), "last-of-role");
	/* Both are asked for; the second finds nobody else left. */
	assert_int_equal(ask_end(w, &w->officer, curator, end), 0);
	assert_int_equal(ask_end(w, &w->officer, &w->curator[1], other), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = end}), 0);
	assert_int_equal(request_state(w, end), SR_S_GRANTED);
	assert_int_equal(roles_of(w, curator), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = other}), 0);
	assert_int_equal(request_state(w, other), SR_S_REFUSED);
	assert_int_equal(roles_of(w, &w->curator[1]), SR_ROLE_CURATOR);
	/* The box to who went is erased, that of who stayed opens. */
	assert_int_equal(boxes_of(w, curator, &items), 0);
	assert_int_equal(items, 1);
	assert_int_equal(boxes_of(w, &w->curator[1], &items), 1);
	assert_int_equal(world_part(w, &w->curator[1], held.items[0], part), 0);
	assert_int_not_equal(world_part(w, curator, held.items[0], part), 0);
	assert_replays(w);
	world_free(w);
}

/* A box that nobody needs, that has no room, or that is for who is no curator. */
static void boxes_that_are_not_added(struct world *w, const uint8_t item[SR_ID]) {
	const struct world_person *curator = &w->curator[1];
	struct sr_quarantine_item at = {.number = 1};
	struct sr_held_place place = {.number = 1};
	struct sr_held_boxes many = {.count = SR_HELD_CURATORS_MAX};
	struct sr_held_box box;
	struct sr_buf sealed;
	const uint8_t part[SR_PART] = {1};
	char name[2 * SR_ID + 1], says[100];

	memcpy(at.item, item, SR_ID);
	memcpy(place.item, item, SR_ID);
	memcpy(place.vault, w->v->fingerprint, SR_HASH);
	assert_ok(sr_held_box_make(&box, &place, curator->person, curator->pk, part, &w->e), &w->e);
	snprintf(says, sizeof says, "%s has a box already, and none is replaced", curator->person);
	assert_fails(sr_quarantine_may_add(w->v, &at, &box, &w->e), SR_DENIED, &w->e, says);
	assert_fails(sr_quarantine_add(w->v, &at, &box, &w->e), SR_DENIED, &w->e, says);
	/* As many as a secret holds, all of others. */
	for (size_t i = 0; i < many.count; i++) {
		many.rows[i] = box;
		snprintf(many.rows[i].person, sizeof many.rows[i].person, "p-%016zx", i);
	}
	sr_buf_init_secret(&sealed);
	sr_hex(name, item, SR_ID);
	assert_ok(sr_held_boxes_seal(&sealed, w->v->keys->s->quarantine_key, &place, &many, &w->e),
		&w->e);
	assert_ok(sr_secrets_replace(w->v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(name), 1,
			  sr_buf_view(&sealed), &w->e),
		&w->e);
	assert_fails(sr_quarantine_may_add(w->v, &at, &box, &w->e), SR_LIMIT, &w->e,
		"15 curators have boxes, and more have no room: release the item");
	box.pk[0] ^= 1;
	snprintf(says, sizeof says, "%s is no curator any more, or has another key",
		curator->person);
	assert_fails(sr_quarantine_may_add(w->v, &at, &box, &w->e), SR_DENIED, &w->e, says);
	sr_buf_free(&sealed);
}

/* A kill before the boxes were erased: the next opening erases them, and says so. */
static void boxes_at_open(void **state) {
	struct world *w = world_new(NULL);
	struct world_deposit held;
	struct sr_buf old;
	uint8_t end[SR_ID];
	char name[2 * SR_ID + 1];
	size_t items = 0;

	(void)state;
	sr_buf_init_secret(&old);
	deposit_held(w, &held);
	sr_hex(name, held.items[0], SR_ID);
	assert_ok(sr_secrets_get(
			  w->v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(name), 1, &old, &w->e),
		&w->e);
	assert_int_equal(ask_end(w, &w->officer, &w->curator[0], end), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = end}), 0);
	assert_ok(sr_secrets_replace(w->v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(name), 1,
			  sr_buf_view(&old), &w->e),
		&w->e);
	assert_int_equal(boxes_of(w, &w->curator[0], &items), 1);
	world_reopen(w);
	assert_non_null(strstr((const char *)w->v->recovered.p,
		"1 boxes of held items to who is no curator any more were erased"));
	assert_int_equal(boxes_of(w, &w->curator[0], &items), 0);
	assert_int_equal(boxes_of(w, &w->curator[1], &items), 1);
	boxes_that_are_not_added(w, held.items[0]);
	sr_buf_free(&old);
	world_free(w);
}

/* A member who is ended votes no more, also not by what they said before; and enough must be left.
 */
static void end_member(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], end[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct sr_tally t;

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}), 0);
	assert_int_equal(ask_end(w, &w->officer, &w->member[0], end), 0);
	assert_refused(
		w, world_vote(w, &(struct world_vote){.member = 0, .request = end}), "own-matter");
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = end}), 0);
	assert_int_equal(roles_of(w, &w->member[0]), 0);
	assert_ok(sr_query_tally(&t, w->v->catalogue, rq.id, 0, &w->e), &w->e);
	assert_int_equal(t.approved, 0);
	assert_int_equal(t.eligible, 2);
	assert_refused(w, ask_end(w, &w->officer, &w->member[1], end), "quorum-kept");
	/* One of the two who are left rejects: two are out of reach. */
	assert_int_equal(
		world_vote(w,
			&(struct world_vote){.member = 1, .request = rq.id, .decision = "reject"}),
		0);
	assert_int_equal(request_state(w, rq.id), SR_S_REFUSED);
	assert_replays(w);
	world_free(w);
}

/* --- keys ------------------------------------------------------------------------------------- */

/* The same person with another key; ${old}: the key before bears it out. */
static struct world_person renewed(
	struct world *w, const struct world_person *who, uint64_t n, bool old) {
	const struct sr_card_next next = {who->person, old ? who->seed : NULL};
	struct world_person p = *who;
	uint8_t commit[SR_HASH];

	for (size_t i = 0; i < SR_SEED; i++) /* like nobody's in the world */
		p.seed[i] = (uint8_t)(0xa5 ^ (n * 7 + i * i));
	sr_sign_public(p.pk, p.seed);
	snprintf(p.name, sizeof p.name, "Another name %llu", (unsigned long long)n);
	sr_text_commit(commit, p.salt, sr_bytes_str(p.name));
	sr_buf_init(&p.card);
	assert_ok(sr_card_make_next(&p.card, p.seed, commit, &next, &w->e), &w->e);
	return p;
}

static int change(struct world *w, enum sr_type_id type, const struct world_person *by,
	const struct world_person *to) {
	struct world_draft d;

	world_begin(&d, w, by, type);
	sr_text_put(&d.text, "person", to->person);
	world_card(&d, "card", to);
	return world_commit(&d, NULL);
}

static int ask_key(struct world *w, const struct world_person *by, const struct world_person *to,
	uint8_t id[SR_ID]) {
	struct world_draft d;

	begin_about(&d, w, by, "person", to->person, id);
	world_card(&d, "card", to);
	return world_commit(&d, NULL);
}

/* A researcher's new key: grants of the old one end, and nothing that was sealed to it opens. */
static void key_of_researcher(void **state) {
	struct world *w = world_new(NULL);
	struct world_person *who = &w->researcher[0];
	const struct world_person *stays = &w->researcher[1];
	struct world_person next, again, stolen;
	uint8_t item[1][SR_ID], alone[SR_ID], shared[SR_ID];
	struct world_request one = {.by = who, .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request both = {
		.by = stays, .items = (const uint8_t(*)[SR_ID])item, .count = 1, .with = {who}};
	struct world_request waits = one;
	struct world_checkout c = {.by = who, .grant = alone, .item = item[0]};
	struct sr_room_keys keys = {0};
	char by[SR_PERSON_TEXT];

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &one), 0);
	world_grant(w, one.id, alone);
	assert_int_equal(world_request(w, &both), 0);
	assert_int_equal(world_join(w, who, both.id), 0);
	world_grant(w, both.id, shared);
	assert_int_equal(world_request(w, &waits), 0);
	assert_int_equal(world_checkout(w, &c), 0);
	next = renewed(w, who, 1, false);
	stolen = renewed(w, who, 2, true);
	assert_refused(w, change(w, SR_T_PERSON_KEY, who, &next), "role-missing");
	assert_refused(w, change(w, SR_T_PERSON_KEY, &w->curator[0], stays), "key-used");
	assert_refused(w, change(w, SR_T_PERSON_KEY, &w->curator[0], who), "key-used");
	assert_int_equal(change(w, SR_T_PERSON_KEY, &w->curator[0], &next), 0);
	assert_int_equal(grant_state(w, alone, by), SR_S_EXPIRED);
	assert_int_equal(grant_state(w, shared, by), SR_S_SUSPENDED);
	assert_int_equal(request_state(w, waits.id), SR_S_LAPSED);
	assert_ok(sr_query_room_keys(&keys, w->v->catalogue, &w->e), &w->e);
	for (size_t i = 0; i < keys.count; i++)
		assert_true(
			keys.rows[i].ended || memcmp(keys.rows[i].request, both.id, SR_ID) == 0);
	sr_room_keys_free(&keys);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "the checkout is ended");
	/* A quorum lets it go on for the other. The request key that the grant has is of the old
	 * seed, which may be in other hands: no piece is sealed to it any more. */
	struct world_request lift = {.by = &w->member[0], .kind = "lift", .target = shared};
	assert_int_equal(world_request(w, &lift), 0);
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = lift.id}), 0);
	assert_int_equal(grant_state(w, shared, by), SR_S_LIVE);
	assert_refused(w,
		world_vote(w,
			&(struct world_vote){.member = 2, .request = both.id, .decision = "topup"}),
		"has another key since");
	/* The old key signs nothing any more, the new one does; no key comes twice. */
	assert_int_equal(world_request(w, &waits), SR_AUTH);
	assert_refused(w, change(w, SR_T_PERSON_KEY, &w->curator[0], &stolen), "old-key");
	assert_refused(w, change(w, SR_T_PERSON_KEY, &w->curator[0], &next), "key-used");
	waits.by = &next;
	assert_int_equal(world_request(w, &waits), 0);
	/* A card of the new key gives a role and sets a name; one of the old key does not. */
	assert_refused(w, world_person_add(w, &w->curator[0], who, "depositor"), "other-key");
	assert_int_equal(world_person_add(w, &w->curator[0], &next, "depositor"), 0);
	assert_refused(w, change(w, SR_T_PERSON_SET, &w->curator[0], who), "other-key");
	assert_int_equal(change(w, SR_T_PERSON_SET, &w->officer, &next), 0);
	again = renewed(w, &next, 3, true);
	assert_int_equal(change(w, SR_T_PERSON_KEY, &w->officer, &again), 0);
	assert_replays(w);
	sr_buf_free(&next.card);
	sr_buf_free(&stolen.card);
	sr_buf_free(&again.card);
	world_free(w);
}

static size_t open_requests(struct world *w) {
	struct sr_versions l = {0};
	size_t count;

	assert_ok(sr_query_open(&l, w->v->catalogue, &w->e), &w->e);
	count = l.count;
	sr_versions_free(&l);
	return count;
}

/* Nobody keeps their roles, or a lost key, by asking for more than one commit can end: the sweep
 * ends the rest. */
static void more_than_a_commit_takes(void **state) {
	(void)state;
	for (int keyed = 0; keyed < 2; keyed++) {
		struct world *w = world_new(NULL);
		struct world_person *who = &w->researcher[0];
		struct world_person next = renewed(w, who, 1, false);
		uint8_t item[1][SR_ID], alone[SR_ID], shared[SR_ID];
		struct world_request one = {
			.by = who, .items = (const uint8_t(*)[SR_ID])item, .count = 1};
		struct world_request both = {.by = &w->researcher[1],
			.items = (const uint8_t(*)[SR_ID])item,
			.count = 1,
			.with = {who}};
		char by[19];

		put_item(w, item[0]);
		assert_int_equal(world_request(w, &one), 0);
		world_grant(w, one.id, alone);
		assert_int_equal(world_request(w, &both), 0);
		assert_int_equal(world_join(w, who, both.id), 0);
		world_grant(w, both.id, shared);
		for (size_t i = 0; i < SR_COMMIT_LEAVES; i++) {
			struct world_request more = one;

			assert_int_equal(world_request(w, &more), 0);
		}
		assert_int_equal(keyed ? change(w, SR_T_PERSON_KEY, &w->curator[0], &next)
				       : end_person(w, &w->curator[0], who),
			0);
		assert_int_equal(grant_state(w, alone, by), keyed ? SR_S_EXPIRED : SR_S_SUSPENDED);
		assert_int_equal(grant_state(w, shared, by), SR_S_SUSPENDED);
		assert_in_range(open_requests(w), 1, SR_COMMIT_LEAVES - 1);
		while (open_requests(w) > 0) {
			size_t ended = 0;

			assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
			assert_int_not_equal(ended, 0);
		}
		assert_int_equal(swept(w), 0);
		assert_false(w->v->unsettled);
		assert_replays(w);
		/* As if the grants had not fitted. */
		assert_ok(
			sr_db_exec(sr_catalogue_db(w->v->catalogue),
				"UPDATE grants SET state = 'live', ended = NULL, suspended = NULL,"
				" suspended_by = NULL",
				&w->e),
			&w->e);
		assert_ok(sr_db_exec(sr_catalogue_db(w->v->catalogue),
				  "DELETE FROM subjects WHERE entry IN (SELECT entry FROM entries"
				  " WHERE type = 'suspend')",
				  &w->e),
			&w->e);
		assert_int_equal(swept(w), 2);
		assert_int_equal(grant_state(w, alone, by), keyed ? SR_S_EXPIRED : SR_S_SUSPENDED);
		assert_int_equal(grant_state(w, shared, by), SR_S_SUSPENDED);
		assert_string_equal(by, "service");
		sr_buf_free(&next.card);
		world_free(w);
	}
}

/* Other roles: the old key bears the new one out, before somebody else; or the board decides. */
static void key_of_house(void **state) {
	struct world *w = world_new(NULL);
	struct world_person lost = renewed(w, &w->curator[0], 1, false),
			    kept = renewed(w, &w->curator[0], 2, true),
			    member = renewed(w, &w->member[2], 3, false),
			    nobody = renewed(w, &w->outsider, 4, false);
	struct world_deposit held;
	uint8_t id[SR_ID], part[SR_PART];
	size_t items = 0;

	(void)state;
	deposit_held(w, &held);
	assert_refused(w, change(w, SR_T_PERSON_KEY, &w->curator[0], &kept), "own-card");
	assert_refused(w, change(w, SR_T_PERSON_SET, &w->curator[0], &w->curator[0]), "own-card");
	assert_refused(w, change(w, SR_T_PERSON_KEY, &w->officer, &lost), "role-needs-quorum");
	assert_refused(w, change(w, SR_T_PERSON_KEY, &w->officer, &nobody), "no-such-person");
	assert_refused(w, world_person_add(w, &w->officer, &nobody, "researcher"), "other-key");
	assert_int_equal(change(w, SR_T_PERSON_KEY, &w->officer, &kept), 0);
	/* The box to the old key is erased; the new one needs a curator who has one. */
	assert_int_equal(boxes_of(w, &kept, &items), 0);
	assert_int_equal(boxes_of(w, &w->curator[1], &items), 1);
	assert_int_equal(world_part(w, &w->curator[1], held.items[0], part), 0);
	/* A member's: the others decide, and it is signed with from then on. */
	assert_int_equal(ask_key(w, &w->officer, &member, id), 0);
	assert_refused(
		w, world_vote(w, &(struct world_vote){.member = 2, .request = id}), "own-matter");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = id}), 0);
	assert_int_equal(request_state(w, id), SR_S_GRANTED);
	assert_refused(w, ask_key(w, &w->officer, &member, id), "key-used");
	assert_replays(w);
	sr_buf_free(&lost.card);
	sr_buf_free(&kept.card);
	sr_buf_free(&member.card);
	sr_buf_free(&nobody.card);
	world_free(w);
}

/* A grant that rests on a vote with the key before still opens: pieces go by the key of their time.
 */
static void key_of_voter(void **state) {
	struct world *w = world_new(NULL);
	struct world_person next = renewed(w, &w->member[0], 1, true);
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(change(w, SR_T_PERSON_KEY, &w->curator[0], &next), 0);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	sr_buf_free(&next.card);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attest_rules),
		cmocka_unit_test(attestation_lapses),
		cmocka_unit_test(conflict_blocks),
		cmocka_unit_test(conflict_voids),
		cmocka_unit_test(end_stops),
		cmocka_unit_test(a_named_reader_leaves),
		cmocka_unit_test(end_cites_none),
		cmocka_unit_test(end_by_quorum),
		cmocka_unit_test(boxes_at_open),
		cmocka_unit_test(end_member),
		cmocka_unit_test(key_of_researcher),
		cmocka_unit_test(more_than_a_commit_takes),
		cmocka_unit_test(key_of_house),
		cmocka_unit_test(key_of_voter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
