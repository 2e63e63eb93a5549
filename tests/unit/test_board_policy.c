/*
 * Rules that a board adopts, at the door: what the client cannot be made to send. The text must be
 * the one that was signed, asked for at the board's highest level, and fit; a set that denies
 * everything is replaced like any other; the next one counts on from it.
 */
#include "policy/parse.h"
#include "rules_rig.h"
#include "world.h"

#define NOBODY_LOOKS(id) \
	RULE(id, "forbid (principal, action in Action::\"look\", resource is Item);")

static void refused(struct world *w, struct rules_asked a, const char *piece) {
	assert_int_equal(rules_ask(w, &a), SR_DENIED);
	if (strstr(w->out.err.text, piece) == NULL)
		fail_msg("want \"%s\", have \"%s\"", piece, w->out.err.text);
}

static void door(void **state) {
	struct world *w = world_new(&(struct world_options){.level = {2, 3}});
	const struct world_person *m = &w->member[0];
	struct rules_asked good = {.text = NOBODY_LOOKS("first"), .by = m, .level = 3};
	struct sr_policy_row now;
	struct sr_buf large;

	(void)state;
	refused(w,
		(struct rules_asked){.text = NOBODY_LOOKS("a"),
			.signed_ = NOBODY_LOOKS("b"),
			.by = m,
			.level = 3},
		"rule rules-differ");
	refused(w, (struct rules_asked){.text = NOBODY_LOOKS("a"), .by = m, .level = 2},
		"decided at level 3");
	refused(w,
		(struct rules_asked){
			.text = NOBODY_LOOKS("a"), .by = &w->researcher[0], .level = 3},
		"rule role-missing");
	refused(w,
		(struct rules_asked){
			.text = NOBODY_LOOKS("a") NOBODY_LOOKS("a"), .by = m, .level = 3},
		"rule rules-unfit");
	refused(w, (struct rules_asked){.text = "// nothing\n", .by = m, .level = 3},
		"everything would be denied");
	refused(w,
		(struct rules_asked){
			.text = "// \xe2\x81\xa6\n" NOBODY_LOOKS("a"), .by = m, .level = 3},
		"U+2066 does not show");
	refused(w, (struct rules_asked){.text = "permit", .by = m, .level = 3},
		"rule rules-unreadable");
	sr_buf_init(&large);
	sr_buf_put_str(&large, "@id(\"a\") @title(\"t\") @why(\"w\")\n"
			       "forbid (principal, action, resource is Item) when { [");
	while (large.len < SR_CEDAR_SOURCE_MAX - 200)
		sr_buf_put_str(&large, "{a: 1, b: {c: principal}} == {a: 1, b: {c: resource}},");
	sr_buf_put(&large, "].isEmpty() };", sizeof "].isEmpty() };");
	refused(w, (struct rules_asked){.text = (const char *)large.p, .by = m, .level = 3},
		"too large to check: more than 1000000 steps");
	sr_buf_free(&large);
	assert_int_equal(
		sr_query_policy(&now, w->v->catalogue, w->v->fingerprint, 0, &w->e), SR_NOTFOUND);
	/* Three take it, as the highest level does. */
	assert_int_equal(rules_ask(w, &good), 0);
	rules_vote(w, 0, &good);
	rules_vote(w, 1, &good);
	assert_int_equal(
		sr_query_policy(&now, w->v->catalogue, w->v->fingerprint, 0, &w->e), SR_NOTFOUND);
	rules_vote(w, 2, &good);
	assert_ok(sr_query_policy(&now, w->v->catalogue, w->v->fingerprint, 0, &w->e), &w->e);
	assert_int_equal(now.number, 1);
	world_free(w);
}

static void replaced(void **state) {
	struct world *w = world_new(NULL);
	struct rules_asked first = {.text = NOBODY_LOOKS("first"), .by = &w->member[0], .level = 2};
	struct rules_asked late = {.text = NOBODY_LOOKS("late"), .by = &w->member[1], .level = 2};
	struct rules_asked next = {.text = NOBODY_LOOKS("next"), .by = &w->curator[0], .level = 2};
	struct sr_policy_row row, old;
	struct sr_policies all = {0};
	uint8_t set[SR_HASH];

	(void)state;
	assert_int_equal(rules_ask(w, &first), 0);
	assert_int_equal(rules_ask(w, &late), 0);
	rules_vote(w, 0, &first);
	rules_vote(w, 1, &first);
	/* Weighed against rules that are gone by now. */
	rules_vote(w, 0, &late);
	rules_vote(w, 2, &late);
	assert_non_null(strstr(w->out.follow[0], "other rules were adopted since"));
	assert_int_equal(rules_ask(w, &next), 0);
	rules_vote(w, 1, &next);
	rules_vote(w, 2, &next);
	world_reopen(w);
	assert_ok(sr_query_policies(&all, w->v->catalogue, w->v->fingerprint, &w->e), &w->e);
	assert_int_equal(all.count, 2);
	sr_policies_free(&all);
	assert_ok(sr_query_policy(&row, w->v->catalogue, w->v->fingerprint, 0, &w->e), &w->e);
	assert_int_equal(row.number, 2);
	sr_sha256(set, next.text, strlen(next.text));
	assert_memory_equal(row.set, set, SR_HASH);
	assert_ok(sr_query_policy(&old, w->v->catalogue, w->v->fingerprint, 1, &w->e), &w->e);
	sr_sha256(set, first.text, strlen(first.text));
	assert_memory_equal(old.set, set, SR_HASH);
	assert_memory_equal(old.request, first.id, SR_ID);
	assert_int_equal(
		sr_query_policy(&old, w->v->catalogue, w->v->fingerprint, 3, &w->e), SR_NOTFOUND);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(door),
		cmocka_unit_test(replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
