/*
 * founding - what founders may say of a second board, and the plan that follows from it and from
 * nothing else: every line changed, dropped, doubled or added makes another plan.
 */
#include "ledger/founding.h"

#include "ledger_fixture.h"

enum {
	MEMBERS = 3
}; /* persons 0..2; 3..6 hold offices (ledger_fixture.h) */

/* A founding of three members, levels 2 and 3, with these people on its second board (-1: no more)
 * and these quorums; parsed. */
static int found_with(
	struct sr_statement *s, const int *people, const char *const *quorums, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	t_found_text(&b, MEMBERS);
	for (; *people >= 0; people++) {
		const struct t_person p = t_person((unsigned)*people);

		t_put_card(&b, "standby", &p);
	}
	for (; *quorums != NULL; quorums++)
		sr_text_put(&b, "standby-quorum", *quorums);
	rc = sr_statement_parse_text(s, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

static void test_form(void **state) {
	static const struct {
		int people[5];
		const char *quorums[4];
		const char *piece; /* NULL: it holds */
	} rows[] = {
		{{-1}, {NULL}, NULL},
		{{10, 11, 12, -1}, {"2 2", "3 3", NULL}, NULL},
		{{10, 11, -1}, {"2 2", "3 2", NULL}, NULL},
		{{10, 4, -1}, {"2 2", "3 2", NULL}, NULL}, /* an officer may wait */
		{{10, -1}, {"2 2", "3 2", NULL}, "the standby board has 1 members, want 2 to 32"},
		{{-1}, {"2 2", "3 2", NULL}, "the standby board has 0 members, want 2 to 32"},
		{{10, 11, -1}, {NULL}, "the board has 2 quorum levels, the standby board 0"},
		{{10, 11, -1}, {"2 2", NULL}, "the board has 2 quorum levels, the standby board 1"},
		{{10, 11, -1}, {"2 2", "4 2", NULL}, "level 4, where the board has level 3"},
		{{10, 11, -1}, {"2 2", "3 3", NULL}, "level 3 takes 3 of the standby board"},
		{{10, 11, -1}, {"2 1", "3 2", NULL}, "level 2 takes 1 of the standby board"},
		{{10, 11, 12, -1}, {"2 3", "3 2", NULL}, "no fewer than the level below"},
		{{10, 1, -1}, {"2 2", "3 2", NULL}, "sits on the board"},
		{{10, 11, 10, -1}, {"2 2", "3 2", NULL}, "on the standby board twice"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct sr_statement s = {.type = NULL};
		struct sr_err e = {0};
		const int rc = found_with(&s, rows[i].people, rows[i].quorums, &e);

		if (rows[i].piece != NULL) {
			assert_fails(rc, SR_CORRUPT, &e, rows[i].piece);
			continue;
		}
		assert_ok(rc, &e);
		assert_int_equal(sr_founding_standby(&s), rows[i].people[0] >= 0);
		sr_statement_free(&s);
	}
}

/* A `reshare` whose lines are ${lines}; NULL: it does not parse. */
static bool is_plan(const struct sr_statement *found, struct sr_bytes lines, bool *parsed) {
	struct sr_statement s = {.type = NULL};
	struct sr_head head = t_head(NULL, 1);
	struct sr_err e = {0};
	struct sr_buf b;
	bool same = false;

	sr_buf_init(&b);
	sr_statement_begin(&b, SR_T_RESHARE, &head);
	sr_buf_put_bytes(&b, lines);
	*parsed = sr_statement_parse_text(&s, sr_buf_view(&b), NULL) == 0;
	if (*parsed) {
		assert_ok(sr_founding_plan_is(&same, &s, found, &e), &e);
		sr_statement_free(&s);
	}
	sr_buf_free(&b);
	return same;
}

/* ${text} with the line at ${at} twice, gone, or another. */
static void changed(
	struct sr_buf *out, struct sr_bytes text, size_t at, size_t len, const char *instead) {
	sr_buf_clear(out);
	sr_buf_put_bytes(out, sr_bytes_of(text.p, at));
	sr_buf_put_str(out, instead);
	sr_buf_put_bytes(out, sr_bytes_of(text.p + at + len, text.len - at - len));
}

static void test_plan(void **state) {
	static const int people[] = {10, 11, 12, -1};
	static const char *const quorums[] = {"2 2", "3 2", NULL};
	struct sr_statement found = {.type = NULL}, bare = {.type = NULL};
	struct sr_buf plan, other;
	struct sr_bytes text;
	struct sr_err e = {0};
	size_t lines = 0, refused = 0;
	bool parsed = false;

	(void)state;
	sr_buf_init(&plan);
	sr_buf_init(&other);
	assert_ok(found_with(&found, people, quorums, &e), &e);
	assert_ok(found_with(&bare, people + 3, quorums + 2, &e), &e);
	assert_fails(sr_founding_plan(&plan, &bare, &e), SR_MISUSE, &e, "named no standby board");
	assert_ok(sr_founding_plan(&plan, &found, &e), &e);
	text = sr_buf_view(&plan);
	assert_true(is_plan(&found, text, &parsed));
	assert_false(is_plan(&bare, text, &parsed));
	assert_true(parsed);
	for (size_t at = 0; at < text.len; lines++) {
		const uint8_t *end = memchr(text.p + at, '\n', text.len - at);
		const size_t len = (size_t)(end - (text.p + at)) + 1;
		char line[200], twice[400];

		snprintf(line, sizeof line, "%.*s", (int)len, (const char *)text.p + at);
		snprintf(twice, sizeof twice, "%s%s", line, line);
		changed(&other, text, at, len, "");
		assert_false(is_plan(&found, sr_buf_view(&other), &parsed));
		refused += parsed;
		changed(&other, text, at, len, twice);
		assert_false(is_plan(&found, sr_buf_view(&other), &parsed));
		refused += parsed;
		line[len - 2] = line[len - 2] == '1' ? '2' : '1'; /* its last character */
		changed(&other, text, at, len, line);
		assert_false(is_plan(&found, sr_buf_view(&other), &parsed));
		refused += parsed;
		at += len;
	}
	assert_int_equal(lines, 2 + 2 + 3 + 3 + 1);
	assert_true(refused >= lines); /* most are well formed: it is not the grammar that holds */
	/* Citing a request, it is a board's own. */
	sr_buf_clear(&other);
	sr_text_put(&other, "request", "00112233445566778899aabbccddeeff");
	sr_buf_put_bytes(&other, text);
	assert_false(is_plan(&found, sr_buf_view(&other), &parsed));
	assert_true(parsed);
	sr_buf_free(&plan);
	sr_buf_free(&other);
	sr_statement_free(&found);
	sr_statement_free(&bare);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests_name("ledger: founding", tests, NULL, NULL);
}
