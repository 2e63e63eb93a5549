/*
 * Rules that a board adopts, at the door: what the client cannot be made to send. The text must be
 * the one that was signed, asked for at the board's highest level, and fit; a set that denies
 * everything is replaced like any other; the next one counts on from it.
 */
#include "crypto/hash.h"
#include "world.h"

#define RULE(id)                                                       \
	"@id(\"" id "\") @title(\"Nobody looks\") @why(\"A test.\")\n" \
	"forbid (principal, action in Action::\"look\", resource is Item);\n"

struct asked {
	const char *text;    /* of the rules */
	const char *signed_; /* whose SHA-256 is signed; NULL: of text */
	const struct world_person *by;
	uint32_t level;
	uint8_t id[SR_ID], hash[SR_HASH];
};

static int ask(struct world *w, struct asked *a) {
	const char *named = a->signed_ != NULL ? a->signed_ : a->text;
	uint8_t set[SR_HASH];
	struct world_draft d;
	struct sr_version_row v = {0};
	int rc;

	world_id(w, a->id);
	world_begin(&d, w, a->by, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", a->id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "policy");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", a->level);
	world_object(&d, "rules", sr_bytes_str(a->text));
	sr_sha256(set, named, strlen(named));
	sr_text_put_hex(&d.text, "set", set, SR_HASH);
	rc = world_commit(&d, NULL);
	if (rc == 0) {
		assert_ok(sr_query_version(&v, w->v->catalogue, a->id, 1, &w->e), &w->e);
		memcpy(a->hash, v.hash, SR_HASH);
	}
	sr_version_row_free(&v);
	return rc;
}

static void approve(struct world *w, size_t member, const struct asked *a) {
	struct world_draft d;
	char of[2 * SR_ID + 2 * SR_HASH + 2];

	sr_hex(of, a->id, SR_ID);
	of[(size_t)2 * SR_ID] = ' ';
	sr_hex(of + (size_t)2 * SR_ID + 1, a->hash, SR_HASH);
	world_begin(&d, w, &w->member[member], SR_T_VOTE);
	sr_text_put(&d.text, "request", of);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put(&d.text, "decision", "approve");
	assert_int_equal(world_commit(&d, NULL), 0);
}

static void refused(struct world *w, struct asked a, const char *piece) {
	assert_int_equal(ask(w, &a), SR_DENIED);
	if (strstr(w->out.err.text, piece) == NULL)
		fail_msg("want \"%s\", have \"%s\"", piece, w->out.err.text);
}

static void door(void **state) {
	struct world *w = world_new(&(struct world_options){.level = {2, 3}});
	const struct world_person *m = &w->member[0];
	struct asked good = {.text = RULE("first"), .by = m, .level = 3};
	struct sr_policy_row now;

	(void)state;
	refused(w, (struct asked){.text = RULE("a"), .signed_ = RULE("b"), .by = m, .level = 3},
		"rule rules-differ");
	refused(w, (struct asked){.text = RULE("a"), .by = m, .level = 2}, "decided at level 3");
	refused(w, (struct asked){.text = RULE("a"), .by = &w->researcher[0], .level = 3},
		"rule role-missing");
	refused(w, (struct asked){.text = RULE("a") RULE("a"), .by = m, .level = 3},
		"rule rules-unfit");
	refused(w, (struct asked){.text = "// nothing\n", .by = m, .level = 3},
		"everything would be denied");
	refused(w, (struct asked){.text = "// \xe2\x81\xa6\n" RULE("a"), .by = m, .level = 3},
		"U+2066 does not show");
	refused(w, (struct asked){.text = "permit", .by = m, .level = 3}, "rule rules-unreadable");
	assert_int_equal(
		sr_query_policy(&now, w->v->catalogue, w->v->fingerprint, 0, &w->e), SR_NOTFOUND);
	/* Three take it, as the highest level does. */
	assert_int_equal(ask(w, &good), 0);
	approve(w, 0, &good);
	approve(w, 1, &good);
	assert_int_equal(
		sr_query_policy(&now, w->v->catalogue, w->v->fingerprint, 0, &w->e), SR_NOTFOUND);
	approve(w, 2, &good);
	assert_ok(sr_query_policy(&now, w->v->catalogue, w->v->fingerprint, 0, &w->e), &w->e);
	assert_int_equal(now.number, 1);
	world_free(w);
}

static void replaced(void **state) {
	struct world *w = world_new(NULL);
	struct asked first = {.text = RULE("first"), .by = &w->member[0], .level = 2};
	struct asked late = {.text = RULE("late"), .by = &w->member[1], .level = 2};
	struct asked next = {.text = RULE("next"), .by = &w->curator[0], .level = 2};
	struct sr_policy_row row, old;
	struct sr_policies all = {0};
	uint8_t set[SR_HASH];

	(void)state;
	assert_int_equal(ask(w, &first), 0);
	assert_int_equal(ask(w, &late), 0);
	approve(w, 0, &first);
	approve(w, 1, &first);
	/* Weighed against rules that are gone by now. */
	approve(w, 0, &late);
	approve(w, 2, &late);
	assert_non_null(strstr(w->out.follow[0], "other rules were adopted since"));
	assert_int_equal(ask(w, &next), 0);
	approve(w, 1, &next);
	approve(w, 2, &next);
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
