/*
 * people - what officers attest and whom it keeps from voting. The acts are world.h's.
 */
#include "board/rules.h"

#include "catalogue/catalogue.h"
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
			"rule conflict");
	assert_ok(sr_query_tally(&t, w->v->catalogue, rq.id, 0, &w->e), &w->e);
	assert_int_equal(t.eligible, 2);
	assert_ok(sr_query_inbox(&inbox, w->v->catalogue, w->member[0].person, &w->e), &w->e);
	assert_int_equal(inbox.count, 0);
	sr_versions_free(&inbox);
	/* A co-applicant is a party like the applicant. */
	assert_int_equal(world_request(w, &with), 0);
	assert_int_equal(world_join(w, &w->researcher[0], with.id), 0);
	assert_refused(w, world_vote(w, &(struct world_vote){.member = 0, .request = with.id}),
		"rule conflict");
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

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attest_rules),
		cmocka_unit_test(attestation_lapses),
		cmocka_unit_test(conflict_blocks),
		cmocka_unit_test(conflict_voids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
