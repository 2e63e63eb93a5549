/*
 * What rules are asked with: counted right in one life, and fast for a request of 10,000 items: two
 * questions to the catalogue for all of them, not one for each.
 */
#include "catalogue/facts.h"

#include "base/time.h"
#include "catalogue_life.h"

enum {
	MANY = 10000, /* what one request may name */
	/* What a vote may wait for it, ten times over what it takes where nothing else runs; one
	 * question for each item would take seconds. */
	VOTE_MS = 500,
	ASK_MS = 5000 /* of the request itself each item is looked up, once */
};

static void many_items(void **state) {
	const char **names = calloc(MANY, sizeof *names);
	struct rig_request q = {"many", "access", 1, names, MANY, -1, 0, NULL, NULL};
	struct sr_version_row v = {0};
	struct sr_items_facts f, g;
	uint8_t id[SR_ID], *ids = NULL;
	size_t count = 0;
	uint64_t began, version_ms, list_ms;
	struct rig r;
	struct sr_err e;

	(void)state;
	assert_non_null(names);
	for (size_t i = 0; i < MANY; i++) {
		char name[24];

		snprintf(name, sizeof name, "sheet %zu", i);
		names[i] = strdup(name);
		assert_non_null(names[i]);
	}
	rig_open(&r);
	life_board(&r);
	s_accession(&r, DEPOSITOR, "accession many", names, MANY);
	s_stored(&r, "accession many");
	for (size_t i = 0; i < MANY; i++)
		s_release(&r, names[i], 2, 2);
	s_describe(&r, "sheet 17", "A-sheet", "violence");
	s_describe(&r, "sheet 4711", "A-sheet", "hate");
	s_describe(&r, "sheet 9999", "A-sheet", "personal-data");
	s_describe(&r, "sheet 3", "A-sheet", "hate");
	s_request(&r, RESEARCHER, &q);
	rig_apply(&r);
	rig_id(id, "many");
	assert_ok(sr_query_version(&v, r.cat, id, 0, &e), &e);
	began = sr_mono_ms();
	assert_ok(sr_query_version_facts(&f, r.cat, &v, &e), &e);
	version_ms = sr_mono_ms() - began;
	assert_ok(sr_query_request_items(&ids, &count, r.cat, id, 1, &e), &e);
	assert_int_equal(count, MANY);
	began = sr_mono_ms();
	assert_ok(sr_query_items_facts(&g, r.cat, ids, count, &e), &e);
	list_ms = sr_mono_ms() - began;
	printf("# facts of %d items: %llu ms of a version, %llu ms of a list\n", MANY,
		(unsigned long long)version_ms, (unsigned long long)list_ms);
	assert_int_equal(f.count, MANY);
	assert_string_equal(f.hazards, "hate personal-data violence");
	assert_true(f.released && !f.held && !f.destroyed);
	assert_false(f.any_sealed || f.any_hold || f.any_referral || f.all_referral);
	assert_int_equal(g.count, MANY);
	assert_string_equal(g.hazards, f.hazards);
	assert_true(g.released && !g.held);
	/* One that does not exist is left out. */
	rig_id(ids, "nothing");
	assert_ok(sr_query_items_facts(&g, r.cat, ids, 2, &e), &e);
	assert_int_equal(g.count, 1);
	assert_true(version_ms < VOTE_MS);
	assert_true(list_ms < ASK_MS);
	free(ids);
	sr_version_row_free(&v);
	rig_close(&r);
	for (size_t i = 0; i < MANY; i++)
		free((void *)(uintptr_t)names[i]);
	free(names);
}

static uint32_t shown(struct rig *r, const char *item, int64_t since) {
	static const char *const hazards[] = {"hate", NULL};
	uint8_t id[SR_ID];
	uint32_t n = 0;
	struct sr_err e;

	rig_apply(r);
	rig_id(id, item);
	assert_ok(sr_query_exposure(&n, r->cat, r->person[RESEARCHER], id, since, hazards, &e), &e);
	return n;
}

/* What somebody was shown counts from when it was opened, each time, and what waits to be opened
 * counts as long as it may be. */
static void exposure(void **state) {
	int64_t day, opened;
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	s_describe(&r, "item 1", "One", "hate");
	s_describe(&r, "item 2", "Two", "hate");
	life_granted(&r, "request 6", "grant 6", "access");
	s_checkout(&r, RESEARCHER, "checkout 1", "grant 6", "item 1");
	s_checkout(&r, RESEARCHER, "checkout 2", "grant 6", "item 2");
	day = rig_last(&r)->received + 1;
	/* Both may be opened yet, whenever they were begun; one is without the other. */
	assert_int_equal(shown(&r, "item 3", 0), 2);
	assert_int_equal(shown(&r, "item 3", day), 2);
	assert_int_equal(shown(&r, "item 2", day), 1);
	/* Returned unopened; and opened on the next day. */
	s_ids(&r, SR_T_RETURN, RESEARCHER, "checkout", "checkout 1");
	s_viewed(&r, "checkout 2", "open");
	opened = rig_last(&r)->received;
	assert_int_equal(shown(&r, "item 3", 0), 1);
	assert_int_equal(shown(&r, "item 3", day), 1);
	assert_int_equal(shown(&r, "item 3", opened), 1);
	assert_int_equal(shown(&r, "item 3", opened + 1), 0);
	/* Opened before midnight, read after it. */
	s_viewed(&r, "checkout 2", "read");
	assert_int_equal(shown(&r, "item 3", opened + 1), 1);
	assert_int_equal(shown(&r, "item 2", opened + 1), 0);
	opened = rig_last(&r)->received;
	assert_int_equal(shown(&r, "item 3", opened + 1), 0);
	/* Shut and opened again on the day after that. */
	s_viewed(&r, "checkout 2", "shut");
	assert_int_equal(shown(&r, "item 3", opened + 1), 0);
	s_viewed(&r, "checkout 2", "open");
	assert_int_equal(shown(&r, "item 3", opened + 1), 1);
	s_ids(&r, SR_T_RETURN, RESEARCHER, "checkout", "checkout 2");
	assert_int_equal(shown(&r, "item 3", opened + 1), 1);
	assert_int_equal(shown(&r, "item 3", rig_last(&r)->received), 0);
	rig_close(&r);
}

/* Flags and states of few, and their kinds in a grant. */
static void few_items(void **state) {
	struct sr_ties ties = {.conflict = true};
	struct sr_version_row v = {0};
	struct sr_items_facts f;
	uint8_t id[SR_ID], *ids = NULL, *seats = NULL;
	size_t count = 0;
	struct sr_decisions d = {NULL, 0};
	int64_t last = -1;
	uint8_t set[SR_HASH], object[SR_HASH];
	struct rig r;
	struct sr_err e;

	(void)state;
	rig_open(&r);
	life_all(&r);
	rig_apply(&r);
	assert_ok(sr_query_seats(&seats, &count, r.cat, r.person[M0], &e), &e);
	assert_int_equal(count, 1);
	assert_memory_equal(seats, r.vault, SR_ID);
	free(seats);
	assert_ok(sr_query_seats(&seats, &count, r.cat, r.person[CUSTODIAN], &e), &e);
	assert_int_equal(count, 0);
	free(seats);
	/* Decisions by what they are about; the text of a set that one of them brought. */
	rig_id(id, "checkout 6");
	assert_ok(sr_query_decisions(&d, r.cat, &(struct sr_decision_filter){.checkout = id}, &e),
		&e);
	assert_int_equal(d.count, 1);
	assert_string_equal(d.rows[0].rules, "read-undistressing read-distressing");
	assert_string_equal(d.rows[0].protection, "default");
	assert_true(d.rows[0].has_grant && d.rows[0].has_item && !d.rows[0].has_of);
	rig_hash(set, "the program's rules");
	assert_memory_equal(d.rows[0].set, set, SR_HASH);
	assert_ok(sr_query_policy_text(object, r.cat, set, &e), &e);
	sr_decisions_free(&d);
	rig_id(id, "adopt rules");
	assert_ok(
		sr_query_decisions(&d, r.cat, &(struct sr_decision_filter){.request = id}, &e), &e);
	assert_int_equal(d.count, 1);
	assert_string_equal(d.rows[0].decision, "deny");
	assert_string_equal(d.rows[0].rules, "");
	sr_decisions_free(&d);
	rig_hash(set, "no such rules");
	assert_fails(sr_query_policy_text(object, r.cat, set, &e), SR_NOTFOUND, &e,
		"no entry has the text");
	assert_ok(sr_query_policy_incident(&last, r.cat, "policy-error", set, &e), &e);
	assert_int_equal(last, 0);
	rig_id(id, "request 6");
	assert_ok(sr_query_version(&v, r.cat, id, 0, &e), &e);
	assert_ok(sr_query_version_facts(&f, r.cat, &v, &e), &e);
	assert_true(f.count > 0);
	v.version += 7;
	assert_fails(sr_query_ties(&ties, r.cat, &v, r.person[M1], &e), SR_NOTFOUND, &e,
		"there is no such request or version");
	assert_false(ties.conflict || ties.supervisor || ties.student || ties.project);
	sr_version_row_free(&v);
	rig_id(id, "grant 6");
	assert_ok(sr_query_grant_classes(&ids, &count, r.cat, id, 64, &e), &e);
	assert_true(count >= 1 && count <= f.count);
	free(ids);
	rig_close(&r);
}

/* A decision under rules whose text nobody has is no decision. */
static void text_missing(void **state) {
	struct rig r;

	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	rig_begin(&r, SR_T_DECIDED, SERVICE);
	f_put(&r, "action", "enact");
	f_board(&r);
	f_hash(&r, "set", "rules from nowhere");
	rig_object(&r, "inputs", sr_bytes_str("strongroom/inputs/v1"));
	f_put(&r, "decision", "allow");
	rig_end(&r);
	rig_refused(&r, "rules whose text no entry has");
	rig_close(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_items),
		cmocka_unit_test(exposure),
		cmocka_unit_test(few_items),
		cmocka_unit_test(text_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
