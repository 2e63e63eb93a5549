/*
 * test_base_escape - UTF-8 validity at its borders, what is escaped and what passes, cuts that stay
 * whole, and that nothing dangerous is ever left in the output.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

#include "util.h"

static void utf8_borders(void **state) {
	(void)state;
	static const struct {
		const char *hex;
		size_t len;
		uint32_t cp;
	} cases[] = {{"00", 1, 0}, {"7f", 1, 0x7f}, {"c280", 2, 0x80}, {"dfbf", 2, 0x7ff},
		{"e0a080", 3, 0x800}, {"ed9fbf", 3, 0xd7ff}, {"ee8080", 3, 0xe000},
		{"efbfbf", 3, 0xffff}, {"f0908080", 4, 0x10000}, {"f48fbfbf", 4, 0x10ffff},
		/* invalid: overlong, surrogate, above the end, lone, cut */
		{"80", 0, 0}, {"bf", 0, 0}, {"c080", 0, 0}, {"c1bf", 0, 0}, {"c2", 0, 0},
		{"c241", 0, 0}, {"e08080", 0, 0}, {"e09fbf", 0, 0}, {"eda080", 0, 0},
		{"edbfbf", 0, 0}, {"e282", 0, 0}, {"e28241", 0, 0}, {"f0808080", 0, 0},
		{"f08fbfbf", 0, 0}, {"f4908080", 0, 0}, {"f5808080", 0, 0}, {"ff", 0, 0},
		{"f09f98", 0, 0}, {"f8888080", 0, 0}};
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		uint8_t raw[8];
		uint32_t cp = 0;
		size_t len = t_hex(raw, sizeof raw, cases[i].hex);
		size_t got = sr_utf8_next(sr_bytes_of(raw, len), &cp);
		if (got != cases[i].len || (got > 0 && cp != cases[i].cp))
			fail_msg("%s: length %zu, U+%04X", cases[i].hex, got, cp);
		assert_int_equal(sr_utf8_valid(sr_bytes_of(raw, len)), cases[i].len == len);
	}
	uint32_t cp = 0;
	assert_int_equal(sr_utf8_next(sr_bytes_of(NULL, 0), &cp), 0);
	assert_true(sr_utf8_valid(sr_bytes_of(NULL, 0)));
	assert_true(sr_escape_valid(sr_bytes_of(NULL, 0)));
	assert_true(sr_escape_valid(sr_bytes_str("a \\n \xC3\xA4 \xE2\x80\x8D")));
	assert_false(sr_escape_valid(sr_bytes_str("a\n")));
	assert_false(sr_escape_valid(sr_bytes_str("\t")));
	assert_false(sr_escape_valid(sr_bytes_str("\x1b[m")));
	assert_false(sr_escape_valid(sr_bytes_str("\x7f")));
	assert_false(sr_escape_valid(sr_bytes_of("a\0b", 3)));
	assert_false(sr_escape_valid(sr_bytes_str("\xC2\x9B")));     /* C1 */
	assert_false(sr_escape_valid(sr_bytes_str("\xE2\x80\xA8"))); /* a line separator */
	assert_false(sr_escape_valid(sr_bytes_str("\xFF")));
}

static void what_is_escaped(void **state) {
	(void)state;
	static const char *const cases[][2] = {
		{"plain text, 100 %", "plain text, 100 %"},
		{"caf\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87 \xd9\x85\xd9\x8e\xd8\xac",
			"caf\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87 \xd9\x85\xd9\x8e\xd8\xac"},
		{"a\nb\tc\rd", "a\\nb\\tc\\rd"},
		{"\x1b[31m", "\\x1b[31m"},
		{"\x7f\x01", "\\x7f\\x01"},
		{"C:\\n", "C:\\\\n"},
		{"\xc2\x9b", "\\u{009B}"},
		/* NOLINTNEXTLINE(misc-misleading-bidirectional): that is the point */
		{"\xe2\x80\xae"
		 "gpj.exe",
			"\\u{202E}gpj.exe"},
		{"\xe2\x81\xa6x\xe2\x81\xa9", "\\u{2066}x\\u{2069}"},
		{"\xef\xbb\xbf", "\\u{FEFF}"},
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xe2\x82", "\\xe2\\x82"},
		{"\xf3\xa0\x81\x81", "\\u{E0041}"},
		{"\xe2\x80\x8c", "\xe2\x80\x8c"},
	};
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_buf b;
		char text[100];
		sr_buf_init(&b);
		sr_escape(&b, sr_bytes_str(cases[i][0]), 0);
		sr_buf_put_u8(&b, 0);
		assert_string_equal((const char *)b.p, cases[i][1]);
		assert_string_equal(
			sr_escape_to(text, sizeof text, sr_bytes_str(cases[i][0])), cases[i][1]);
		sr_buf_free(&b);
	}
	struct sr_buf b;
	sr_buf_init(&b);
	sr_escape_text(&b, sr_bytes_str("a\n\tb\x1b\r\\"));
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str("a\n\tb\\x1b\\r\\\\")));
	sr_buf_clear(&b);
	sr_escape(&b, sr_bytes_of("a\0b", 3), 0);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str("a\\x00b")));
	sr_buf_free(&b);
}

static void cuts_keep_characters_whole(void **state) {
	(void)state;
	struct sr_bytes in = sr_bytes_str("ab\x1b\xe4\xb8\xad\xe6\x96\x87 end");
	for (size_t max = 1; max < 24; max++) {
		struct sr_buf b;
		sr_buf_init(&b);
		sr_escape(&b, in, max);
		assert_true(sr_utf8_valid(sr_buf_view(&b)));
		assert_true(sr_escape_valid(sr_buf_view(&b)));
		bool cut = b.len >= 3 && memcmp(b.p + b.len - 3, "...", 3) == 0;
		assert_true(b.len <= max + 3);
		assert_int_equal(cut, max < 16);
		sr_buf_free(&b);
	}
	for (size_t size = 1; size < 24; size++) {
		char text[24];
		memset(text, 'Z', sizeof text);
		(void)sr_escape_to(text, size, in);
		assert_true(strlen(text) < size);
		assert_true(sr_utf8_valid(sr_bytes_str(text)));
		if (size > 4 && size < 17)
			assert_string_equal(text + strlen(text) - 3, "...");
	}
}

static void escaped_text_is_harmless(void **state) {
	(void)state;
	uint64_t seed = 77;
	for (int round = 0; round < 3000; round++) {
		uint8_t in[40];
		size_t len = (size_t)t_rand(&seed, sizeof in + 1);
		t_fill(in, len, seed);
		/* Half of the rounds: mostly valid multi-byte text from dangerous blocks. */
		if (round % 2 == 0)
			for (size_t i = 0; i + 3 <= len; i += 3) {
				in[i] = 0xe2;
				in[i + 1] = (uint8_t)(0x80 | (in[i + 1] & 1));
				in[i + 2] = (uint8_t)(0x80 | (in[i + 2] & 0x3f));
			}
		struct sr_buf b;
		struct sr_buf again;
		sr_buf_init(&b);
		sr_buf_init(&again);
		sr_escape(&b, sr_bytes_of(in, len), 0);
		assert_true(sr_utf8_valid(sr_buf_view(&b)));
		struct sr_bytes left = sr_buf_view(&b);
		while (left.len > 0) {
			uint32_t cp = 0;
			size_t n = sr_utf8_next(left, &cp);
			assert_true(n > 0);
			assert_false(cp < 0x20 || (cp >= 0x7f && cp <= 0x9f));
			assert_false(cp >= 0x200e && cp <= 0x200f);
			assert_false(cp >= 0x2028 && cp <= 0x202e);
			assert_false(cp >= 0x2066 && cp <= 0x2069);
			left = sr_bytes_of(left.p + n, left.len - n);
		}
		/* Of escaped text only the backslashes change when it is escaped again. */
		sr_escape(&again, sr_buf_view(&b), 0);
		size_t slashes = 0;
		for (size_t i = 0; i < b.len; i++)
			slashes += b.p[i] == '\\';
		assert_int_equal(again.len, b.len + slashes);
		sr_buf_free(&again);
		sr_buf_free(&b);
	}
}

/* What is too long ends before the character that would be cut; what is no text ends anywhere. */
static void fits(void **state) {
	static const struct {
		const char *text;
		size_t max, want;
	} cases[] = {
		{"abc", 3, 3},
		{"abc", 2, 2},
		{"abc", 0, 0},
		{"a\xc3\xa9z", 2, 1},
		{"a\xc3\xa9z", 3, 3},
		{"\xe2\x82\xac!", 1, 0},
		{"\xe2\x82\xac!", 2, 0},
		{"x\xf0\x9f\x98\x80", 4, 1},
		{"x\xf0\x9f\x98\x80", 5, 5},
		{"\xc3\xc3\xc3", 2, 2},
		{"\x80\x80\x80\x80\x80\x80", 5, 5},
		{"a\xc3", 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		assert_int_equal(
			sr_utf8_fit(sr_bytes_str(cases[i].text), cases[i].max).len, cases[i].want);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_borders),
		cmocka_unit_test(what_is_escaped),
		cmocka_unit_test(cuts_keep_characters_whole),
		cmocka_unit_test(escaped_text_is_harmless),
		cmocka_unit_test(fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
