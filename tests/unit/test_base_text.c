/*
 * test_base_text - the line grammar: every refusal by its sentence, cuts and flips of a statement,
 * and encode(parse(b)) == b for thousands of random and nearly right texts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#include "util.h"

static const char SAMPLE[] = "strongroom/vote/v1\n"
			     "vault 5f0c\n"
			     "decision approve\n"
			     "form text grey\n"
			     "form outline\n"
			     "until 2027-03-31T23:59:59Z\n";

/* Write again what was parsed. */
static void encode(struct sr_buf *out, const struct sr_text *t) {
	char key[64];
	char *value = malloc(SR_TEXT_MAX + 1);
	char *type = strndup((const char *)t->type.p, t->type.len);
	assert_non_null(value);
	assert_non_null(type);
	sr_text_begin(out, type);
	for (size_t i = 0; i < t->count; i++) {
		memcpy(key, t->lines[i].key.p, t->lines[i].key.len);
		key[t->lines[i].key.len] = '\0';
		memcpy(value, t->lines[i].value.p, t->lines[i].value.len);
		value[t->lines[i].value.len] = '\0';
		sr_text_put(out, key, value);
	}
	free(type);
	free(value);
}

/* Parse ${in}; if it is accepted it must encode back to itself. Returns whether it was. */
static bool round_trip(struct sr_bytes in) {
	struct sr_text t;
	struct sr_err e = {0};
	int rc = sr_text_parse(&t, in, &e);
	if (rc != 0) {
		assert_fails(rc, SR_CORRUPT, &e, NULL);
		return false;
	}
	struct sr_buf b;
	sr_buf_init(&b);
	encode(&b, &t);
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), in));
	sr_buf_free(&b);
	sr_text_free(&t);
	return true;
}

static void parse_finds_lines(void **state) {
	(void)state;
	struct sr_text t;
	struct sr_err e = {0};
	assert_ok(sr_text_parse(&t, sr_bytes_str(SAMPLE), &e), &e);
	assert_true(sr_bytes_eq(t.type, sr_bytes_str("strongroom/vote/v1")));
	assert_int_equal(t.count, 5);
	assert_int_equal(t.raw.len, strlen(SAMPLE));
	assert_true(sr_bytes_eq(sr_text_get(&t, "decision"), sr_bytes_str("approve")));
	assert_int_equal(sr_text_count(&t, "form"), 2);
	assert_int_equal(sr_text_count(&t, "for"), 0);
	assert_true(sr_bytes_eq(sr_text_get(&t, "form"), sr_bytes_str("text grey")));
	assert_true(sr_bytes_eq(sr_text_get_n(&t, "form", 1), sr_bytes_str("outline")));
	assert_null(sr_text_get_n(&t, "form", 2).p);
	assert_null(sr_text_get(&t, "reason").p);
	sr_text_free(&t);
	assert_null(t.lines);
	sr_text_free(NULL);
}

static void a_type_line_alone_is_a_text(void **state) {
	(void)state;
	assert_true(round_trip(sr_bytes_str("strongroom/x/v65535\n")));
	assert_true(round_trip(sr_bytes_str("strongroom/key-card/v1\na b\n")));
}

static void refusals(void **state) {
	(void)state;
#define T "strongroom/a/v1\n"
	static const char *const cases[][2] = {
		{"", "text: empty"},
		{"\n", "line 1: not a type"},
		{"strongroom/a/v1", "last line does not end"},
		{"strongroom/a/v0\n", "line 1: not a type"},
		{"strongroom/a/v01\n", "line 1"},
		{"strongroom/a/v65536\n", "line 1"},
		{"strongroom/a/v\n", "line 1"},
		{"strongroom/a/1\n", "line 1"},
		{"strongroom/a/v1 \n", "line 1"},
		{"strongroom/a/b/v1\n", "line 1"},
		{"strongroom//v1\n", "line 1"},
		{"strongroom/A/v1\n", "line 1"},
		{"strongroom/a\n", "line 1"},
		{"strongroom/\n", "line 1"},
		{"Strongroom/a/v1\n", "line 1"},
		{"other/a/v1\n", "line 1"},
		{"a b\n", "line 1"},
		{T "\n", "line 2: blank"},
		{T "a b\n\n", "line 3: blank"},
		{T "a\n", "line 2: no value"},
		{T "a \n", "line 2: empty value"},
		{T "a  b\n", "line 2: space before"},
		{T "a b \n", "line 2: space after"},
		{T "a b  c\n", "line 2: two spaces"},
		{T " a b\n", "line 2: key"},
		{T "A b\n", "line 2: key"},
		{T "1a b\n", "line 2: key"},
		{T "-a b\n", "line 2: key"},
		{T "a_b c\n", "line 2: key"},
		{T "abcdefghijklmnopqrstuvwxyzabcdefg b\n", "line 2: key"},
		{T "a b\r\n", "outside 0x20"},
		{T "a b\tc\n", "outside 0x20"},
		{T "a b\x7f\n", "outside 0x20"},
		{T "a caf\xc3\xa9\n", "outside 0x20"},
		{T "a b\nc d", "last line does not end"},
	};
#undef T
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_text t;
		struct sr_err e = {0};
		assert_fails(sr_text_parse(&t, sr_bytes_str(cases[i][0]), &e), SR_CORRUPT, &e,
			cases[i][1]);
	}
	struct sr_text t;
	struct sr_err e = {0};
	static const char nul[] = "strongroom/a/v1\na b\0c\n";
	assert_fails(sr_text_parse(&t, sr_bytes_of(nul, sizeof nul - 1), &e), SR_CORRUPT, &e,
		"line 2: a byte outside");
	assert_int_equal(sr_text_parse(&t, sr_bytes_str("x"), NULL), SR_CORRUPT);
}

static void limits(void **state) {
	(void)state;
	struct sr_text t;
	struct sr_err e = {0};
	struct sr_buf b;
	sr_buf_init(&b);
	sr_text_begin(&b, "strongroom/a/v1");
	for (int i = 1; i < SR_TEXT_LINES; i++)
		sr_text_put(&b, "a", "b");
	assert_true(round_trip(sr_buf_view(&b)));
	sr_text_put(&b, "a", "b");
	assert_fails(sr_text_parse(&t, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"text: 2049 lines, want at most 2048");
	sr_buf_clear(&b);
	sr_text_begin(&b, "strongroom/a/v1");
	sr_buf_put_str(&b, "k ");
	while (b.len < SR_TEXT_MAX - 1)
		sr_buf_put_u8(&b, 'v');
	sr_buf_put_u8(&b, '\n');
	assert_int_equal(b.len, SR_TEXT_MAX);
	assert_true(round_trip(sr_buf_view(&b)));
	b.p[b.len - 1] = 'v';
	sr_buf_put_u8(&b, '\n');
	assert_fails(sr_text_parse(&t, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"text: 32769 bytes, want at most 32768");
	sr_buf_free(&b);
}

static void mutant_round_trips(void *ctx, struct sr_bytes mutant, const char *what) {
	size_t *accepted = ctx;
	(void)what;
	*accepted += round_trip(mutant);
}

static void cuts_and_flips_round_trip_or_fail(void **state) {
	(void)state;
	size_t accepted = 0;
	t_each_cut(sr_bytes_str(SAMPLE), mutant_round_trips, &accepted);
	assert_int_equal(accepted, 5); /* after the type line and after each line but the last */
	t_each_flip(sr_bytes_str(SAMPLE), mutant_round_trips, &accepted);
	assert_true(accepted > 50); /* a letter became another */
}

static void random_texts_round_trip_or_fail(void **state) {
	(void)state;
	/* Of the bytes that the grammar turns on, so that a good part is accepted. */
	static const char set[] = "aaab-0z   \nA~\r";
	uint64_t seed = 4;
	size_t accepted = 0;
	for (int round = 0; round < 200000; round++) {
		char in[64] = "strongroom/a/v1\n";
		size_t len = strlen(in);
		size_t more = (size_t)t_rand(&seed, 14);
		for (size_t i = 0; i < more; i++)
			in[len++] = set[t_rand(&seed, sizeof set - 1)];
		if (t_rand(&seed, 2) == 0)
			in[len++] = '\n';
		accepted += round_trip(sr_bytes_of(in, len));
	}
	assert_true(accepted > 5000);
	for (int round = 0; round < 20000; round++) {
		uint8_t in[48];
		size_t len = (size_t)t_rand(&seed, sizeof in + 1);
		t_fill(in, len, seed);
		assert_false(round_trip(sr_bytes_of(in, len)));
	}
}

static void writers(void **state) {
	(void)state;
	struct sr_buf b;
	struct sr_err e = {0};
	sr_buf_init(&b);
	sr_text_begin(&b, "strongroom/vote/v1");
	sr_text_put(&b, "decision", "approve");
	sr_text_putf(&b, "quorum", "%d of %d", 2, 5);
	sr_text_put_hex(&b, "hash", "\x01\xfe", 2);
	sr_text_put_base64(&b, "reason", "foob", 4);
	sr_text_put_dec(&b, "size", UINT64_MAX);
	sr_text_put_time(&b, "until", 1000000000);
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b),
		sr_bytes_str("strongroom/vote/v1\ndecision approve\nquorum 2 of 5\nhash 01fe\n"
			     "reason Zm9vYg==\nsize 18446744073709551615\n"
			     "until 2001-09-09T01:46:40Z\n")));
	assert_true(round_trip(sr_buf_view(&b)));
	sr_buf_free(&b);
}

static void writers_refuse_what_parse_would(void **state) {
	(void)state;
	static const char *const bad[][2] = {{"A", "b"}, {"", "b"}, {"a b", "c"}, {"a\n", "b"},
		{"a", ""}, {"a", " b"}, {"a", "b "}, {"a", "b  c"}, {"a", "b\nc d"},
		{"a", "\xc3\xa9"}};
	static const char *const types[] = {
		"", "strongroom", "strongroom/a", "strongroom/a/v1\n", "strongroom/a/v0", "x/a/v1"};
	struct sr_buf b;
	struct sr_err e = {0};
	sr_buf_init(&b);
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		sr_text_begin(&b, "strongroom/a/v1");
		sr_text_put(&b, bad[i][0], bad[i][1]);
		sr_text_put(&b, "good", "line");
		assert_fails(sr_buf_ok(&b, &e), SR_MISUSE, &e, "does not allow");
		sr_buf_clear(&b);
		sr_text_putf(&b, bad[i][0], "%s", bad[i][1]);
		assert_fails(sr_buf_ok(&b, &e), SR_MISUSE, &e, "does not allow");
		sr_buf_clear(&b);
	}
	for (size_t i = 0; i < T_COUNT(types); i++) {
		sr_text_begin(&b, types[i]);
		assert_fails(sr_buf_ok(&b, &e), SR_MISUSE, &e, "does not allow");
		sr_buf_clear(&b);
	}
	sr_text_put_hex(&b, "empty", NULL, 0);
	assert_fails(sr_buf_ok(&b, &e), SR_MISUSE, &e, "does not allow");
	sr_buf_free(&b);
}

static void words(void **state) {
	(void)state;
	struct sr_bytes v = sr_bytes_str("text grey outline");
	assert_int_equal(sr_word_count(v), 3);
	assert_true(sr_bytes_eq(sr_word(v, 0), sr_bytes_str("text")));
	assert_true(sr_bytes_eq(sr_word(v, 2), sr_bytes_str("outline")));
	assert_null(sr_word(v, 3).p);
	assert_int_equal(sr_word_count(sr_bytes_str("one")), 1);
	assert_true(sr_bytes_eq(sr_word(sr_bytes_str("one"), 0), sr_bytes_str("one")));
	assert_int_equal(sr_word_count(sr_bytes_of(NULL, 0)), 0);
	assert_null(sr_word(sr_bytes_of(NULL, 0), 0).p);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_finds_lines),
		cmocka_unit_test(a_type_line_alone_is_a_text),
		cmocka_unit_test(refusals),
		cmocka_unit_test(limits),
		cmocka_unit_test(cuts_and_flips_round_trip_or_fail),
		cmocka_unit_test(random_texts_round_trip_or_fail),
		cmocka_unit_test(writers),
		cmocka_unit_test(writers_refuse_what_parse_would),
		cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
