/*
 * chacha - both libraries give the same bytes, at lengths around every boundary, and refuse the
 * same: each opens what the other sealed, and nothing that was changed. (The published vectors of
 * XChaCha20-Poly1305 are in test_crypto_aead, those of age in test_crypto_age.)
 */
#include <stdint.h>

#include "crypto/chacha.h"
#include "util.h"

enum {
	LONGEST = (1 << 20) + 6
};

static uint8_t plain[LONGEST], back[LONGEST];
static uint8_t sealed[2][LONGEST + SR_CHACHA_TAG];
static uint8_t key[SR_KEY], nonce[SR_XCHACHA_NONCE], ad[77];

static const size_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 511, 512, 513, 1023,
	1024, 1025, 4095, 4096, 4097, 65535, 65536, 65537, LONGEST};

static void from(size_t len) {
	sr_chacha_long(len);
}

static void seal(uint8_t *out, bool extended, size_t ad_len, size_t len) {
	const struct sr_bytes a = sr_bytes_of(ad, ad_len), p = sr_bytes_of(plain, len);

	if (extended)
		sr_xchacha_seal(out, key, nonce, a, p);
	else
		sr_chacha_seal(out, key, nonce, a, p);
}

static int reopen(const uint8_t *in, bool extended, size_t ad_len, size_t len) {
	const struct sr_bytes a = sr_bytes_of(ad, ad_len), s = sr_bytes_of(in, len + SR_CHACHA_TAG);

	memset(back, 0xee, len);
	return extended ? sr_xchacha_open(back, key, nonce, a, s)
			: sr_chacha_open(back, key, nonce, a, s);
}

static void test_same(void **state) {
	(void)state;
	t_fill(plain, sizeof plain, 1);
	t_fill(key, sizeof key, 2);
	t_fill(nonce, sizeof nonce, 3);
	t_fill(ad, sizeof ad, 4);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		for (unsigned n = 0; n < 4; n++) {
			const size_t len = lengths[i], ad_len = (n & 1) != 0 ? sizeof ad : 0;
			const bool extended = (n & 2) != 0;

			from(SIZE_MAX);
			seal(sealed[0], extended, ad_len, len);
			from(0);
			seal(sealed[1], extended, ad_len, len);
			assert_memory_equal(sealed[0], sealed[1], len + SR_CHACHA_TAG);
			assert_int_equal(reopen(sealed[0], extended, ad_len, len), 0);
			if (len > 0)
				assert_memory_equal(back, plain, len);
			from(SIZE_MAX);
			assert_int_equal(reopen(sealed[1], extended, ad_len, len), 0);
			if (len > 0)
				assert_memory_equal(back, plain, len);
		}
	}
	from(SR_CHACHA_LONG);
}

static void test_refused(void **state) {
	static const size_t len = 8000;

	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		from(n == 0 ? SIZE_MAX : 0);
		seal(sealed[0], true, sizeof ad, len);
		for (size_t bit = 0; bit < 8 * (len + SR_CHACHA_TAG); bit += 97) {
			sealed[0][bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_int_equal(reopen(sealed[0], true, sizeof ad, len), SR_AUTH);
			sealed[0][bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		assert_int_equal(reopen(sealed[0], true, sizeof ad - 1, len), SR_AUTH);
		assert_int_equal(reopen(sealed[0], true, sizeof ad, len - 1), SR_AUTH);
		assert_int_equal(sr_xchacha_open(back, key, nonce, sr_bytes_of(NULL, 0),
					 sr_bytes_of(sealed[0], SR_CHACHA_TAG - 1)),
			SR_AUTH);
		assert_int_equal(reopen(sealed[0], true, sizeof ad, len), 0);
	}
	from(SR_CHACHA_LONG);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_refused),
	};
	struct sr_err e;

	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("crypto chacha", tests, NULL, NULL);
}
