/*
 * test_store_codec - round trips, the probe, and decoders that are lied to.
 */
#include <stdlib.h>
#include <string.h>

#include "store/codec.h"
#include "util.h"

static uint8_t plain[SR_BLOCK], packed[SR_BLOCK], back[SR_BLOCK + 64];

static void text(size_t len) {
	for (size_t i = 0; i < len; i++)
		plain[i] = (uint8_t) "page of an old newspaper, "[(i * 31 / 7) % 26];
}

static void test_round(void **state) {
	static const size_t sizes[] = {200, 4096, SR_CODEC_PROBED, SR_CODEC_PROBED + 1, SR_BLOCK};
	struct sr_codec *c = NULL;
	struct sr_err e;
	(void)state;
	assert_ok(sr_codec_new(&c, &e), &e);
	for (int id = SR_CODEC_ZSTD; id <= SR_CODEC_DEFLATE; id++) {
		for (size_t i = 0; i < T_COUNT(sizes); i++) {
			size_t n = 0;
			text(sizes[i]);
			assert_ok(sr_codec_encode(c, (enum sr_codec_id)id,
					  sr_bytes_of(plain, sizes[i]), packed, &n, &e),
				&e);
			assert_true(n > 0 && n < sizes[i] * 97 / 100 + 1);
			memset(back, 0xaa, sizeof back);
			assert_ok(sr_codec_decode(c, (uint8_t)id, sr_bytes_of(packed, n), back,
					  sizes[i], &e),
				&e);
			assert_memory_equal(back, plain, sizes[i]);
			assert_int_equal(back[sizes[i]], 0xaa);
		}
	}
	sr_codec_free(c);
}

/* Blocks of every size one after the other, small ones in between: room enough for each, and what
 * comes is what a new state would make of it. */
static void test_one_state(void **state) {
	static uint8_t again[SR_BLOCK];
	struct sr_codec *c = NULL;
	struct sr_err e;
	(void)state;
	assert_ok(sr_codec_new(&c, &e), &e);
	for (size_t k = 0; k < 40; k++) {
		const size_t size = k % 2 == 0 ? (SR_BLOCK >> (k / 4)) - k : 100 + 7 * k;
		struct sr_codec *fresh = NULL;
		size_t n = 0, m = 0;
		for (size_t i = 0; i < size; i++)
			plain[i] = (uint8_t)(i * i / 5 + (i % 97) * k);
		assert_ok(sr_codec_new(&fresh, &e), &e);
		for (size_t i = 0; i < (k < 4 ? 70 : 1); i++)
			assert_ok(sr_codec_encode(c, SR_CODEC_ZSTD, sr_bytes_of(plain, size),
					  packed, &n, &e),
				&e);
		assert_ok(sr_codec_encode(
				  fresh, SR_CODEC_ZSTD, sr_bytes_of(plain, size), again, &m, &e),
			&e);
		assert_int_equal(n, m);
		assert_memory_equal(packed, again, n);
		if (n > 0)
			assert_ok(sr_codec_decode(
					  c, SR_CODEC_ZSTD, sr_bytes_of(packed, n), back, size, &e),
				&e);
		if (n > 0)
			assert_memory_equal(back, plain, size);
		sr_codec_free(fresh);
	}
	sr_codec_free(c);
}

static void test_probe(void **state) {
	struct sr_codec *c = NULL;
	struct sr_err e;
	size_t n = 1;
	(void)state;
	assert_ok(sr_codec_new(&c, &e), &e);
	t_fill(plain, SR_BLOCK, 1);
	assert_ok(sr_codec_encode(c, SR_CODEC_ZSTD, sr_bytes_of(plain, SR_BLOCK), packed, &n, &e),
		&e);
	assert_int_equal(n, 0);
	assert_ok(sr_codec_encode(c, SR_CODEC_ZSTD, sr_bytes_of(plain, 10), packed, &n, &e), &e);
	assert_int_equal(n, 0);
	/* a random head hides compressible data: the rule says none, and says it quickly */
	memset(plain + SR_CODEC_PROBE, 0, SR_BLOCK - SR_CODEC_PROBE);
	assert_ok(sr_codec_encode(c, SR_CODEC_ZSTD, sr_bytes_of(plain, SR_BLOCK), packed, &n, &e),
		&e);
	assert_int_equal(n, 0);
	/* of a shorter block all is looked at */
	assert_ok(sr_codec_encode(
			  c, SR_CODEC_ZSTD, sr_bytes_of(plain, SR_CODEC_PROBED), packed, &n, &e),
		&e);
	assert_true(n > SR_CODEC_PROBE && n < SR_CODEC_PROBE + 4096);
	t_fill(plain, SR_CODEC_PROBED, 1);
	assert_ok(sr_codec_encode(
			  c, SR_CODEC_ZSTD, sr_bytes_of(plain, SR_CODEC_PROBED), packed, &n, &e),
		&e);
	assert_int_equal(n, 0);
	text(SR_BLOCK);
	assert_ok(sr_codec_encode(c, SR_CODEC_NONE, sr_bytes_of(plain, SR_BLOCK), packed, &n, &e),
		&e);
	assert_int_equal(n, 0);
	assert_fails(sr_codec_encode(c, SR_CODEC_ZSTD, sr_bytes_of(plain, 0), packed, &n, &e),
		SR_MISUSE, &e, "0 bytes");
	sr_codec_free(c);
}

static void test_lies(void **state) {
	struct sr_codec *c = NULL;
	struct sr_err e;
	(void)state;
	assert_ok(sr_codec_new(&c, &e), &e);
	for (int id = SR_CODEC_ZSTD; id <= SR_CODEC_DEFLATE; id++) {
		size_t n = 0;
		uint8_t u = (uint8_t)id;
		text(SR_BLOCK);
		assert_ok(sr_codec_encode(c, (enum sr_codec_id)id, sr_bytes_of(plain, SR_BLOCK),
				  packed, &n, &e),
			&e);
		/* a bomb: says 100 bytes, holds a mebibyte; nothing is written behind */
		memset(back, 0xaa, sizeof back);
		assert_fails(sr_codec_decode(c, u, sr_bytes_of(packed, n), back, 100, &e),
			SR_CORRUPT, &e, NULL);
		for (size_t i = 100; i < sizeof back; i++)
			assert_int_equal(back[i], 0xaa);
		text(5000);
		assert_ok(sr_codec_encode(c, (enum sr_codec_id)id, sr_bytes_of(plain, 5000), packed,
				  &n, &e),
			&e);
		assert_fails(sr_codec_decode(c, u, sr_bytes_of(packed, n), back, 5001, &e),
			SR_CORRUPT, &e, NULL);
		assert_fails(sr_codec_decode(c, u, sr_bytes_of(packed, n), back, 4999, &e),
			SR_CORRUPT, &e, NULL);
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(
				sr_codec_decode(c, u, sr_bytes_of(packed, cut), back, 5000, &e),
				SR_CORRUPT);
	}
	assert_fails(sr_codec_decode(c, 0, sr_bytes_of(packed, 5), back, 6, &e), SR_CORRUPT, &e,
		"want 6");
	assert_fails(sr_codec_decode(c, 3, sr_bytes_of(packed, 5), back, 5, &e), SR_UNSUPPORTED, &e,
		"codec 3");
	assert_fails(sr_codec_decode(c, 0, sr_bytes_of(packed, 5), back, 0, &e), SR_CORRUPT, &e,
		"0 bytes");
	assert_fails(sr_codec_decode(c, 1, sr_bytes_of(packed, 5), back, SR_BLOCK + 1, &e),
		SR_CORRUPT, &e, "1048577");
	/* data that is longer than any block could need: what is behind it is not looked at */
	for (uint8_t id = 0; id < 3; id++)
		assert_fails(
			sr_codec_decode(c, id, sr_bytes_of(packed, SR_BLOCK + 1), back, 100, &e),
			SR_CORRUPT, &e, "1048577 bytes of block data, at most 1048576");
	sr_codec_free(c);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_one_state),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_lies),
	};
	return cmocka_run_group_tests_name("store codec", tests, NULL, NULL);
}
