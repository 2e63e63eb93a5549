/*
 * test_base_bytes - views, buffers and their sticky failure, readers at every length, integers, hex
 * and canonical base64 (RFC 4648 section 10), checked arithmetic, decimals.
 */
#include <stdlib.h>
#include <string.h>

#include "util.h"

static void views_compare_by_bytes_then_length(void **state) {
	(void)state;
	struct sr_bytes empty = sr_bytes_of(NULL, 0);
	assert_true(sr_bytes_eq(empty, sr_bytes_str("")));
	assert_true(sr_bytes_eq(sr_bytes_str("abc"), sr_bytes_of("abcd", 3)));
	assert_false(sr_bytes_eq(sr_bytes_str("abc"), sr_bytes_str("abd")));
	assert_false(sr_bytes_eq(sr_bytes_str("abc"), sr_bytes_str("abcd")));
	assert_true(sr_bytes_eq_nocase(sr_bytes_str("uTf-8"), sr_bytes_str("UtF-8")));
	assert_false(sr_bytes_eq_nocase(sr_bytes_str("[@"), sr_bytes_str("{`")));
	assert_false(sr_bytes_eq_nocase(sr_bytes_str("abc"), sr_bytes_str("ABCD")));
	assert_true(sr_bytes_eq_nocase(empty, sr_bytes_str("")));
	assert_true(sr_bytes_cmp(sr_bytes_str("ab"), sr_bytes_str("abc")) < 0);
	assert_true(sr_bytes_cmp(sr_bytes_str("b"), sr_bytes_str("abc")) > 0);
	assert_true(sr_bytes_cmp(sr_bytes_str("\xff"), sr_bytes_str("\x01")) > 0);
	assert_true(sr_bytes_cmp(empty, sr_bytes_str("a")) < 0);
	assert_int_equal(sr_bytes_cmp(empty, empty), 0);
}

static void constant_time_equality_sees_every_bit(void **state) {
	(void)state;
	uint8_t a[33];
	uint8_t b[33];
	t_fill(a, sizeof a, 1);
	memcpy(b, a, sizeof a);
	assert_true(sr_ct_eq(a, b, sizeof a));
	assert_true(sr_ct_eq(a, b, 0));
	for (size_t i = 0; i < sizeof b * 8; i++) {
		b[i / 8] ^= (uint8_t)(1U << (i % 8));
		assert_false(sr_ct_eq(a, b, sizeof a));
		b[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
}

static void wipe_clears_and_takes_null(void **state) {
	(void)state;
	uint8_t secret[40];
	uint8_t zero[40] = {0};
	memset(secret, 0xa5, sizeof secret);
	sr_wipe(secret, sizeof secret);
	assert_memory_equal(secret, zero, sizeof zero);
	sr_wipe(NULL, 0);
	sr_wipe(NULL, 10);
}

/* What there was no room for is not put as nothing: the failure goes on. */
static void a_buffer_that_failed_is_not_empty(void **state) {
	(void)state;
	struct sr_err e = {0};
	struct sr_buf from, b;

	sr_buf_init(&from);
	sr_buf_init(&b);
	sr_buf_put_str(&from, "abc");
	sr_buf_put_buf(&b, &from);
	sr_buf_put_lp_buf(&b, &from);
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_of("abc\3\0\0\0abc", 10)));
	from.failed = SR_NOMEM;
	assert_null(sr_buf_dup_str(&from));
	sr_buf_put_buf(&b, &from);
	assert_fails(sr_buf_ok(&b, &e), SR_NOMEM, &e, "memory");
	sr_buf_clear(&b);
	sr_buf_put_lp_buf(&b, &from);
	sr_buf_put_u8(&b, 1);
	assert_fails(sr_buf_ok(&b, &e), SR_NOMEM, &e, "memory");
	assert_int_equal(b.len, 0);
	sr_buf_clear(&b);
	b.failed = SR_LIMIT; /* its own failure came first */
	sr_buf_put_buf(&b, &from);
	assert_int_equal(b.failed, SR_LIMIT);
	sr_buf_free(&from);
	sr_buf_free(&b);
}

static void puts_have_the_right_bytes(void **state) {
	(void)state;
	struct sr_buf b;
	struct sr_err e = {0};
	uint8_t want[64];
	sr_buf_init(&b);
	assert_null(b.p);
	sr_buf_put_u8(&b, 0x01);
	sr_buf_put_le16(&b, 0x0203);
	sr_buf_put_le32(&b, 0x04050607);
	sr_buf_put_le64(&b, 0x08090a0b0c0d0e0fU);
	sr_buf_put_be16(&b, 0x1011);
	sr_buf_put_be64(&b, 0x1213141516171819U);
	sr_buf_put_lp(&b, sr_bytes_str("xyz"));
	sr_buf_put_zero(&b, 2);
	sr_buf_printf(&b, "%d-%s", 7, "k");
	sr_buf_put_hex(&b, "\xab\x01", 2);
	size_t len = t_hex(want, sizeof want,
		"01 0302 07060504 0f0e0d0c0b0a0908 1011 1213141516171819 03000000 78797a 0000"
		"372d6b 61623031");
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_int_equal(b.len, len);
	assert_memory_equal(b.p, want, len);
	sr_buf_free(&b);
	assert_null(b.p);
	assert_int_equal(b.len, 0);
}

static void empty_puts_keep_a_buffer_empty(void **state) {
	(void)state;
	struct sr_buf b;
	sr_buf_init(&b);
	sr_buf_put(&b, NULL, 0);
	sr_buf_put_bytes(&b, sr_bytes_of(NULL, 0));
	sr_buf_put_zero(&b, 0);
	sr_buf_put_str(&b, "");
	sr_buf_put_hex(&b, NULL, 0);
	sr_buf_put_base64(&b, NULL, 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.failed, SR_OK);
	char *s = sr_buf_dup_str(&b);
	assert_string_equal(s, "");
	free(s);
	sr_buf_free(&b);
}

static void buffers_grow_over_many_puts(void **state) {
	(void)state;
	for (int secret = 0; secret < 2; secret++) {
		struct sr_buf b;
		uint8_t want[5000];
		t_fill(want, sizeof want, 3);
		if (secret)
			sr_buf_init_secret(&b);
		else
			sr_buf_init(&b);
		uint64_t seed = 9;
		while (b.len < sizeof want) {
			size_t n = (size_t)t_rand(&seed, 300);
			if (n > sizeof want - b.len)
				n = sizeof want - b.len;
			sr_buf_put(&b, want + b.len, n);
		}
		assert_int_equal(b.len, sizeof want);
		assert_memory_equal(b.p, want, sizeof want);
		sr_buf_free(&b);
		assert_int_equal(b.secret, secret);
	}
}

static void clear_of_a_secret_buffer_wipes_it(void **state) {
	(void)state;
	struct sr_buf b;
	uint8_t zero[48] = {0};
	sr_buf_init_secret(&b);
	sr_buf_put_str(&b, "a secret of forty-eight bytes, or very near to it");
	uint8_t *kept = b.p;
	sr_buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_ptr_equal(b.p, kept);
	assert_memory_equal(kept, zero, sizeof zero);
	sr_buf_free(&b);
}

static void failure_of_a_put_is_sticky(void **state) {
	(void)state;
	struct sr_buf b;
	struct sr_err e = {0};
	sr_buf_init(&b);
	sr_buf_put_str(&b, "abc");
	sr_buf_put_zero(&b, SIZE_MAX - 2);
	sr_buf_put_str(&b, "def");
	sr_buf_put_hex(&b, "x", 1);
	sr_buf_put_base64(&b, "x", 1);
	sr_buf_printf(&b, "%d", 1);
	sr_buf_put_lp(&b, sr_bytes_str("y"));
	assert_int_equal(b.len, 3);
	assert_fails(sr_buf_ok(&b, &e), SR_LIMIT, &e, "buffer of 3 bytes cannot grow");
	assert_fails(sr_buf_reserve(&b, 1, &e), SR_LIMIT, &e, "cannot grow");
	sr_buf_clear(&b);
	assert_ok(sr_buf_ok(&b, &e), &e);
	sr_buf_put_hex(&b, "x", SIZE_MAX / 2 + 1);
	assert_fails(sr_buf_ok(&b, &e), SR_LIMIT, &e, "0 bytes");
	sr_buf_clear(&b);
	sr_buf_put_base64(&b, "x", SIZE_MAX / 2);
	assert_fails(sr_buf_ok(&b, &e), SR_LIMIT, &e, "0 bytes");
	sr_buf_clear(&b);
	sr_buf_put_lp(&b, sr_bytes_of("x", (size_t)UINT32_MAX + 1));
	assert_fails(sr_buf_ok(&b, &e), SR_LIMIT, &e, "0 bytes");
	b.failed = SR_NOMEM;
	assert_fails(sr_buf_ok(&b, &e), SR_NOMEM, &e, "out of memory after 0 bytes");
	sr_buf_free(&b);
	assert_ok(sr_buf_ok(&b, &e), &e);
}

static void reserve_makes_room_in_advance(void **state) {
	(void)state;
	struct sr_buf b;
	struct sr_err e = {0};
	sr_buf_init(&b);
	assert_ok(sr_buf_reserve(&b, 1000, &e), &e);
	assert_true(b.cap >= 1000);
	const uint8_t *p = b.p;
	sr_buf_put_zero(&b, 1000);
	assert_ptr_equal(b.p, p);
	assert_fails(sr_buf_reserve(&b, SIZE_MAX / 2, &e), SR_LIMIT, &e, "cannot grow");
	sr_buf_free(&b);
}

/* What the reader test reads: u8, le16, le32, le64, lp, end. */
static int read_record(struct sr_bytes in, struct sr_err *e) {
	struct sr_reader r;
	uint8_t a = 0;
	uint16_t b = 0;
	uint32_t c = 0;
	uint64_t d = 0;
	struct sr_bytes v = {NULL, 0};
	sr_reader_init(&r, in);
	int rc = sr_get_u8(&r, &a, e);
	if (rc == 0)
		rc = sr_get_le16(&r, &b, e);
	if (rc == 0)
		rc = sr_get_le32(&r, &c, e);
	if (rc == 0)
		rc = sr_get_le64(&r, &d, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &v, 8, e);
	if (rc == 0)
		rc = sr_get_end(&r, e);
	if (rc != 0)
		return rc;
	assert_int_equal(a, 0x11);
	assert_int_equal(b, 0x2233);
	assert_int_equal(c, 0x44556677);
	assert_int_equal(d, 0x8899aabbccddeeffU);
	assert_true(sr_bytes_eq(v, sr_bytes_str("value")));
	return 0;
}

static void cut_is_corrupt(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_err e = {0};
	(void)ctx;
	(void)what;
	assert_fails(read_record(mutant, &e), SR_CORRUPT, &e, "want ");
}

static void readers_stop_at_every_cut(void **state) {
	(void)state;
	struct sr_buf b;
	struct sr_err e = {0};
	sr_buf_init(&b);
	sr_buf_put_u8(&b, 0x11);
	sr_buf_put_le16(&b, 0x2233);
	sr_buf_put_le32(&b, 0x44556677);
	sr_buf_put_le64(&b, 0x8899aabbccddeeffU);
	sr_buf_put_lp(&b, sr_bytes_str("value"));
	assert_ok(read_record(sr_buf_view(&b), &e), &e);
	t_each_cut(sr_buf_view(&b), cut_is_corrupt, NULL);
	sr_buf_put_u8(&b, 0);
	assert_fails(
		read_record(sr_buf_view(&b), &e), SR_CORRUPT, &e, "1 bytes left over at offset 24");
	sr_buf_free(&b);
}

static void a_failed_get_does_not_move(void **state) {
	(void)state;
	static const uint8_t in[] = {9, 0, 0, 0, 'a', 'b', 'c'};
	struct sr_reader r;
	struct sr_bytes v = {NULL, 0};
	struct sr_err e = {0};
	uint64_t big = 0;
	sr_reader_init(&r, sr_bytes_of(in, sizeof in));
	assert_fails(sr_get_le64(&r, &big, &e), SR_CORRUPT, &e, "want 8 bytes at offset 0, have 7");
	assert_fails(
		sr_get_lp(&r, &v, 100, &e), SR_CORRUPT, &e, "want 9 bytes at offset 4, have 3");
	assert_int_equal(r.pos, 0);
	assert_fails(
		sr_get_lp(&r, &v, 8, &e), SR_CORRUPT, &e, "length 9 at offset 0, want at most 8");
	assert_int_equal(r.pos, 0);
	assert_fails(sr_get_view(&r, &v, SIZE_MAX, &e), SR_CORRUPT, &e, "have 7");
	assert_ok(sr_get_view(&r, &v, 7, &e), &e);
	assert_int_equal(sr_reader_left(&r), 0);
	assert_ok(sr_get_view(&r, &v, 0, &e), &e);
	assert_ok(sr_get(&r, &big, 0, &e), &e);
	assert_ok(sr_get_end(&r, &e), &e);
	sr_reader_init(&r, sr_bytes_of(NULL, 0));
	assert_ok(sr_get_view(&r, &v, 0, &e), &e);
	assert_ok(sr_get_end(&r, &e), &e);
}

static void integers_round_trip(void **state) {
	(void)state;
	uint64_t seed = 5;
	for (int i = 0; i < 2000; i++) {
		uint8_t raw[8];
		uint64_t v = 0;
		t_fill(&v, sizeof v, t_rand(&seed, UINT64_MAX));
		sr_le64_put(raw, v);
		assert_true(sr_le64_get(raw) == v);
		sr_be64_put(raw, v);
		assert_true(sr_be64_get(raw) == v);
		assert_int_equal(raw[0], v >> 56);
		sr_le32_put(raw, (uint32_t)v);
		assert_int_equal(sr_le32_get(raw), (uint32_t)v);
		sr_be32_put(raw, (uint32_t)v);
		assert_int_equal(sr_be32_get(raw), (uint32_t)v);
		sr_le16_put(raw, (uint16_t)v);
		assert_int_equal(sr_le16_get(raw), (uint16_t)v);
		sr_be16_put(raw, (uint16_t)v);
		assert_int_equal(sr_be16_get(raw), (uint16_t)v);
	}
}

static void hex_is_exact_and_lowercase(void **state) {
	(void)state;
	struct sr_err e = {0};
	uint8_t raw[3];
	char text[7];
	sr_hex(text, "\x00\xaf\x9c", 3);
	assert_string_equal(text, "00af9c");
	assert_ok(sr_unhex(raw, 3, sr_bytes_str(text), &e), &e);
	assert_memory_equal(raw, "\x00\xaf\x9c", 3);
	assert_ok(sr_unhex(raw, 0, sr_bytes_str(""), &e), &e);
	assert_fails(sr_unhex(raw, 3, sr_bytes_str("00AF9C"), &e), SR_CORRUPT, &e,
		"byte 0x41 at offset 2");
	assert_fails(sr_unhex(raw, 3, sr_bytes_str("00af9"), &e), SR_CORRUPT, &e,
		"have 5 digits, want 6");
	assert_fails(sr_unhex(raw, 3, sr_bytes_str("00af9c00"), &e), SR_CORRUPT, &e, "have 8");
	assert_fails(sr_unhex(raw, 3, sr_bytes_str("00af9g"), &e), SR_CORRUPT, &e, "offset 5");
	assert_int_equal(sr_unhex(raw, 3, sr_bytes_str("      "), NULL), SR_CORRUPT);
	assert_memory_equal(raw, "\x00\xaf\x9c", 3); /* written last */
}

static void base64_vectors(void **state) {
	(void)state;
	static const char *const cases[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}};
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_buf b;
		struct sr_err e = {0};
		sr_buf_init(&b);
		sr_buf_put_base64(&b, cases[i][0], strlen(cases[i][0]));
		assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str(cases[i][1])));
		sr_buf_clear(&b);
		assert_ok(sr_unbase64(&b, sr_bytes_str(cases[i][1]), &e), &e);
		assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str(cases[i][0])));
		sr_buf_free(&b);
	}
}

static void base64_that_is_not_canonical_is_refused(void **state) {
	(void)state;
	static const char *const cases[][2] = {
		{"Zg=", "3 characters"},
		{"Zg", "2 characters"},
		{"Z===", "not in the alphabet"},
		{"====", "not in the alphabet"},
		{"Zh==", "bits after the last byte"},
		{"Zm9=", "bits after the last byte"},
		{"Zm8=Zm8=", "offset 3"},
		{"Zg==Zg==", "offset 2"},
		{" Zg=", "byte 0x20 at offset 0"},
		{"Zm9v\n", "5 characters"},
		{"Zm\n9v===", "byte 0x0a at offset 2"},
		{"Zm-_", "byte 0x2d"},
		{"Zm9\xc3", "byte 0xc3"},
	};
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_buf b;
		struct sr_err e = {0};
		sr_buf_init(&b);
		sr_buf_put_str(&b, "kept");
		assert_fails(sr_unbase64(&b, sr_bytes_str(cases[i][0]), &e), SR_CORRUPT, &e,
			cases[i][1]);
		assert_int_equal(b.len, 4);
		sr_buf_free(&b);
	}
}

/* Every byte at every place of texts of every length around the lanes. */
static void base64_that_has_another_byte_is_refused(void **state) {
	(void)state;
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t len = 4; len <= 68; len += 4) {
		char text[72], want[40];
		uint8_t raw[52];
		struct sr_err e = {0};
		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[(i * 7 + len) % 64];
		for (size_t at = 0; at < len; at++) {
			const char was = text[at];
			for (unsigned c = 0; c < 256; c++) {
				const char *digit =
					c == 0 ? NULL
					       : memchr(alphabet, (int)c, sizeof alphabet - 1);
				if (c == '=' && at == len - 1)
					continue; /* padding */
				text[at] = (char)c;
				if (digit == NULL) {
					snprintf(want, sizeof want,
						"byte 0x%02x at offset %zu is not", c, at);
					assert_fails(sr_unbase64_fixed(raw, len / 4 * 3,
							     sr_bytes_of(text, len), &e),
						SR_CORRUPT, &e, want);
					continue;
				}
				assert_ok(sr_unbase64_fixed(
						  raw, len / 4 * 3, sr_bytes_of(text, len), &e),
					&e);
				/* The six bits of the character, in the two bytes that they reach.
				 */
				const size_t bit = at * 6, byte = bit / 8;
				const unsigned two = (unsigned)raw[byte] << 8 |
						     (byte + 1 < len / 4 * 3 ? raw[byte + 1] : 0U);
				assert_int_equal(
					two >> (10 - bit % 8) & 63, (unsigned)(digit - alphabet));
			}
			text[at] = was;
		}
	}
}

static void base64_has_one_text_for_each_value(void **state) {
	(void)state;
	struct sr_err e = {0};
	/* Every four characters of a small alphabet: accepted exactly if they encode back. */
	static const char set[] = "ABQgwx9+/=\n";
	for (size_t i = 0; i < 11UL * 11 * 11 * 11; i++) {
		char text[5] = {
			set[i % 11], set[i / 11 % 11], set[i / 121 % 11], set[i / 1331 % 11], 0};
		struct sr_buf raw;
		struct sr_buf back;
		sr_buf_init(&raw);
		sr_buf_init(&back);
		if (sr_unbase64(&raw, sr_bytes_str(text), &e) == 0) {
			sr_buf_put_base64(&back, raw.p, raw.len);
			assert_true(sr_bytes_eq(sr_buf_view(&back), sr_bytes_str(text)));
		} else {
			assert_int_equal(e.code, SR_CORRUPT);
		}
		sr_buf_free(&raw);
		sr_buf_free(&back);
	}
	for (size_t len = 0; len < 70; len++) {
		uint8_t in[70];
		uint8_t out[70];
		struct sr_buf b;
		t_fill(in, len, len);
		sr_buf_init(&b);
		sr_buf_put_base64(&b, in, len);
		assert_ok(sr_unbase64_fixed(out, len, sr_buf_view(&b), &e), &e);
		assert_memory_equal(in, out, len);
		assert_fails(sr_unbase64_fixed(out, len + 1, sr_buf_view(&b), &e), SR_CORRUPT, &e,
			"bytes, want ");
		sr_buf_free(&b);
	}
}

static void sizes_do_not_wrap(void **state) {
	(void)state;
	struct sr_err e = {0};
	size_t v = 77;
	assert_ok(sr_add_size(&v, SIZE_MAX - 1, 1, &e), &e);
	assert_true(v == SIZE_MAX);
	assert_fails(sr_add_size(&v, SIZE_MAX, 1, &e), SR_LIMIT, &e, "plus 1 is too large");
	assert_ok(sr_mul_size(&v, SIZE_MAX / 2, 2, &e), &e);
	assert_fails(
		sr_mul_size(&v, SIZE_MAX / 2 + 1, 2, &e), SR_LIMIT, &e, "times 2 is too large");
	assert_true(v == SIZE_MAX - 1);
}

static void decimals_have_one_form(void **state) {
	(void)state;
	struct sr_err e = {0};
	uint64_t v = 0;
	assert_ok(sr_parse_dec(&v, sr_bytes_str("0"), 0, &e), &e);
	assert_true(v == 0);
	assert_ok(sr_parse_dec(&v, sr_bytes_str("18446744073709551615"), UINT64_MAX, &e), &e);
	assert_true(v == UINT64_MAX);
	assert_ok(sr_parse_dec(&v, sr_bytes_str("65535"), 65535, &e), &e);
	static const char *const bad[][2] = {{"", "no digits"}, {"00", "leading zero"},
		{"01", "leading zero"}, {"-1", "offset 0"}, {"+1", "offset 0"}, {"1 ", "offset 1"},
		{"1a", "0x61 at offset 1"}, {"65536", "above 65535"},
		{"18446744073709551616", "above 65535"},
		{"99999999999999999999999", "above 65535"}};
	for (size_t i = 0; i < T_COUNT(bad); i++)
		assert_fails(sr_parse_dec(&v, sr_bytes_str(bad[i][0]), 65535, &e), SR_CORRUPT, &e,
			bad[i][1]);
	assert_fails(sr_parse_dec(&v, sr_bytes_str("18446744073709551616"), UINT64_MAX, &e),
		SR_CORRUPT, &e, "above");
	assert_true(v == 65535);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_compare_by_bytes_then_length),
		cmocka_unit_test(constant_time_equality_sees_every_bit),
		cmocka_unit_test(wipe_clears_and_takes_null),
		cmocka_unit_test(puts_have_the_right_bytes),
		cmocka_unit_test(a_buffer_that_failed_is_not_empty),
		cmocka_unit_test(empty_puts_keep_a_buffer_empty),
		cmocka_unit_test(buffers_grow_over_many_puts),
		cmocka_unit_test(clear_of_a_secret_buffer_wipes_it),
		cmocka_unit_test(failure_of_a_put_is_sticky),
		cmocka_unit_test(reserve_makes_room_in_advance),
		cmocka_unit_test(readers_stop_at_every_cut),
		cmocka_unit_test(a_failed_get_does_not_move),
		cmocka_unit_test(integers_round_trip),
		cmocka_unit_test(hex_is_exact_and_lowercase),
		cmocka_unit_test(base64_vectors),
		cmocka_unit_test(base64_that_is_not_canonical_is_refused),
		cmocka_unit_test(base64_that_has_another_byte_is_refused),
		cmocka_unit_test(base64_has_one_text_for_each_value),
		cmocka_unit_test(sizes_do_not_wrap),
		cmocka_unit_test(decimals_have_one_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
