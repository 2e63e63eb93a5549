/*
 * aead: the format as its table says, what is bound, every bit and every length, that the
 * commitment is checked first, and the bare cipher against Wycheproof.
 */
#include "vectors.h"

#include "crypto/aead.h"
#include "crypto/chacha.h"

static struct sr_err e;
static uint8_t key[SR_KEY];

static struct sr_bytes s(const char *text) {
	return sr_bytes_str(text);
}

static void round_trip(void **state) {
	uint8_t plain[200], sealed[200 + SR_AEAD_OVERHEAD], back[200];

	(void)state;
	t_fill(plain, sizeof plain, 3);
	for (size_t len = 0; len <= sizeof plain; len++) {
		sr_aead_seal(sealed, key, "strongroom/t/v1", s("ad"), sr_bytes_of(plain, len));
		assert_ok(sr_aead_open(back, key, "strongroom/t/v1", s("ad"),
				  sr_bytes_of(sealed, len + SR_AEAD_OVERHEAD), &e),
			&e);
		assert_memory_equal(back, plain, len);
	}
}

/* The table of aead.h, put together by hand. */
static void format(void **state) {
	uint8_t nonce[SR_NONCE], h[32], sub[32], sealed[3 + SR_AEAD_OVERHEAD], body[3 + SR_TAG];

	(void)state;
	sr_aead_seal(sealed, key, "strongroom/t/v1", s("place"), s("abc"));
	memcpy(nonce, sealed, SR_NONCE);
	SR_HASH_OF(h, "strongroom/aead-commit/v1", key, s("strongroom/t/v1"),
		sr_bytes_of(nonce, SR_NONCE));
	assert_memory_equal(sealed + 24, h, 32);
	SR_HASH_OF(sub, "strongroom/aead-key/v1", key, s("strongroom/t/v1"),
		sr_bytes_of(nonce, SR_NONCE));
	assert_memory_not_equal(sub, h, 32);
	SR_HASH_OF(h, "strongroom/aead-ad/v1", NULL, s("strongroom/t/v1"), s("place"));
	sr_aead_bare_seal(body, sub, nonce, sr_bytes_of(h, 32), s("abc"));
	assert_memory_equal(sealed + 56, body, sizeof body);
}

static int open_as(const uint8_t *k, const char *label, const char *ad, struct sr_bytes sealed) {
	uint8_t back[64];

	memset(back, 0xee, sizeof back);
	int rc = sr_aead_open(back, k, label, s(ad), sealed, &e);
	if (rc != 0 && sealed.len >= SR_AEAD_OVERHEAD)
		for (size_t i = 0; i < sealed.len - SR_AEAD_OVERHEAD; i++)
			assert_int_equal(back[i], 0); /* zeroed */
	return rc;
}

static void bound(void **state) {
	uint8_t sealed[5 + SR_AEAD_OVERHEAD], other[SR_KEY];
	struct sr_bytes v = sr_bytes_of(sealed, sizeof sealed);

	(void)state;
	memcpy(other, key, sizeof other);
	other[31] ^= 1;
	sr_aead_seal(sealed, key, "strongroom/t/v1", s("ad"), s("hello"));
	assert_ok(open_as(key, "strongroom/t/v1", "ad", v), &e);
	assert_fails(open_as(other, "strongroom/t/v1", "ad", v), SR_AUTH, &e,
		"key commitment does not match");
	assert_fails(open_as(key, "strongroom/t/v2", "ad", v), SR_AUTH, &e,
		"key commitment does not match");
	assert_fails(open_as(key, "strongroom/t/v1", "aD", v), SR_AUTH, &e, "tag does not verify");
	assert_fails(open_as(key, "strongroom/t/v1", "", v), SR_AUTH, &e, "tag does not verify");
}

/* Both commitment and tag wrong: the commitment speaks. Only the tag wrong: the tag. */
static void commitment_first(void **state) {
	uint8_t sealed[5 + SR_AEAD_OVERHEAD];
	struct sr_bytes v = sr_bytes_of(sealed, sizeof sealed);

	(void)state;
	sr_aead_seal(sealed, key, "strongroom/t/v1", s("ad"), s("hello"));
	sealed[sizeof sealed - 1] ^= 1;
	assert_fails(open_as(key, "strongroom/t/v1", "ad", v), SR_AUTH, &e, "tag does not verify");
	sealed[24] ^= 1;
	assert_fails(open_as(key, "strongroom/t/v1", "ad", v), SR_AUTH, &e,
		"key commitment does not match");
}

static void refuse(void *ctx, struct sr_bytes mutant, const char *what) {
	int rc = open_as(key, "strongroom/t/v1", "ad", mutant);

	(void)ctx;
	if (rc != (mutant.len < SR_AEAD_OVERHEAD ? SR_CORRUPT : SR_AUTH))
		fail_msg("%s: %d", what, rc);
}

static void every_bit_and_length(void **state) {
	uint8_t sealed[21 + SR_AEAD_OVERHEAD];

	(void)state;
	sr_aead_seal(sealed, key, "strongroom/t/v1", s("ad"), s("twenty-one bytes long"));
	t_each_cut(sr_bytes_of(sealed, sizeof sealed), refuse, NULL);
	t_each_flip(sr_bytes_of(sealed, sizeof sealed), refuse, NULL);
	assert_fails(open_as(key, "strongroom/t/v1", "ad", sr_bytes_of(sealed, 71)), SR_CORRUPT, &e,
		"have 71, want 72 or more");
}

static void buffers(void **state) {
	struct sr_buf sealed, back;

	(void)state;
	sr_buf_init(&sealed);
	sr_buf_init_secret(&back);
	sr_buf_put_str(&sealed, "before");
	sr_buf_put_str(&back, "before");
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? "" : "some text";
		size_t at = sealed.len;

		assert_ok(sr_aead_seal_buf(&sealed, key, "strongroom/t/v1", s("ad"), s(text), &e),
			&e);
		assert_int_equal(sealed.len, at + strlen(text) + SR_AEAD_OVERHEAD);
		assert_ok(sr_aead_open_buf(&back, key, "strongroom/t/v1", s("ad"),
				  sr_bytes_of(sealed.p + at, sealed.len - at), &e),
			&e);
	}
	assert_true(sr_bytes_eq(sr_buf_view(&back), s("beforesome text")));
	sealed.p[sealed.len - 1] ^= 1;
	assert_fails(sr_aead_open_buf(&back, key, "strongroom/t/v1", s("ad"),
			     sr_bytes_of(sealed.p + sealed.len - 81, 81), &e),
		SR_AUTH, &e, "tag does not verify");
	assert_fails(sr_aead_open_buf(&back, key, "strongroom/t/v1", s("ad"), s("short"), &e),
		SR_CORRUPT, &e, "have 5, want 72");
	assert_true(sr_bytes_eq(sr_buf_view(&back), s("beforesome text")));
	sr_buf_free(&sealed);
	sr_buf_free(&back);
}

/* Two seals of the same never agree in nonce, commitment or body. */
static void fresh(void **state) {
	uint8_t a[3 + SR_AEAD_OVERHEAD], b[3 + SR_AEAD_OVERHEAD];

	(void)state;
	sr_aead_seal(a, key, "strongroom/t/v1", s("ad"), s("abc"));
	sr_aead_seal(b, key, "strongroom/t/v1", s("ad"), s("abc"));
	assert_memory_not_equal(a, b, SR_NONCE);
	assert_memory_not_equal(a + SR_NONCE, b + SR_NONCE, SR_HASH);
	assert_memory_not_equal(a + 56, b + 56, 3 + SR_TAG);
}

static size_t run, out_of_shape;

static void xchacha_case(const json_t *group, const json_t *test) {
	struct sr_buf b[6];
	bool valid = strcmp(v_str(test, "result"), "valid") == 0;
	uint8_t out[4096];

	(void)group;
	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_init(&b[i]);
	struct sr_bytes k = v_hex(&b[0], test, "key"), iv = v_hex(&b[1], test, "iv");
	struct sr_bytes aad = v_hex(&b[2], test, "aad"), msg = v_hex(&b[3], test, "msg");
	struct sr_bytes ct = v_hex(&b[4], test, "ct"), tag = v_hex(&b[5], test, "tag");
	if (iv.len != SR_NONCE || k.len != SR_KEY || tag.len != SR_TAG) {
		assert_false(valid); /* our types cannot even say it */
		out_of_shape++;
		goto out;
	}
	assert_true(msg.len + SR_TAG <= sizeof out);
	sr_buf_put_bytes(&b[4], tag);
	int rc = sr_aead_bare_open(out, k.p, iv.p, aad, sr_buf_view(&b[4]));
	if ((rc == 0) != valid)
		fail_msg("case %d: %d", (int)json_integer_value(json_object_get(test, "tcId")), rc);
	if (valid) {
		assert_memory_equal(out, msg.p, msg.len);
		sr_aead_bare_seal(out, k.p, iv.p, aad, msg);
		assert_memory_equal(out, b[4].p, b[4].len);
	}
	(void)ct;
	run++;
out:
	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_free(&b[i]);
}

static void wycheproof(void **state) {
	(void)state;
	size_t n = t_wycheproof(
		"wycheproof/testvectors_v1/xchacha20_poly1305_test.json", xchacha_case);
	assert_int_equal(n, run + out_of_shape);
	/* Once more by libcrypto: all of them are too short for it otherwise. */
	sr_chacha_long(0);
	assert_int_equal(t_wycheproof("wycheproof/testvectors_v1/xchacha20_poly1305_test.json",
				 xchacha_case),
		n);
	assert_int_equal(2 * n, run + out_of_shape);
	sr_chacha_long(SR_CHACHA_LONG);
	print_message("XChaCha20-Poly1305: %zu cases run, %zu with sizes that our types exclude\n",
		run, out_of_shape);
	assert_true(run > 250);
}

static int setup(void **state) {
	(void)state;
	t_fill(key, sizeof key, 1);
	return sr_crypto_init(&e);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(format),
		cmocka_unit_test(bound),
		cmocka_unit_test(commitment_first),
		cmocka_unit_test(every_bit_and_length),
		cmocka_unit_test(buffers),
		cmocka_unit_test(fresh),
		cmocka_unit_test(wycheproof),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
