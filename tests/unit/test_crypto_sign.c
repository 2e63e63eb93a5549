/*
 * sign: RFC 8032, Wycheproof and the edge-case vectors of C2SP/CCTV; what a person's key refuses to
 * sign; names of people.
 */
#include "vectors.h"

#include "crypto/sign.h"

static struct sr_err e;

static void rfc8032(void **state) {
	uint8_t seed[32], pk[32], sig[64], want[64];

	(void)state; /* section 7.1, TEST 2 */
	t_hex(seed, 32, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
	t_hex(want, 32, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
	sr_sign_public(pk, seed);
	assert_memory_equal(pk, want, 32);
	t_hex(want, 64,
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
	sr_sign_raw(sig, seed, sr_bytes_of("\x72", 1));
	assert_memory_equal(sig, want, 64);
	assert_ok(sr_verify(sig, pk, sr_bytes_of("\x72", 1), &e), &e);
	assert_fails(sr_verify(sig, pk, sr_bytes_of("\x73", 1), &e), SR_AUTH, &e,
		"signature does not verify");
}

static void only_our_texts(void **state) {
	static const char *const no[] = {
		"", "strongroom", "Strongroom/vote/v1\n", "x", " strongroom/vote/v1\n"};
	uint8_t seed[32], pk[32], sig[64];
	struct sr_bytes yes = sr_bytes_str("strongroom/vote/v1\n");

	(void)state;
	t_fill(seed, sizeof seed, 1);
	sr_sign_public(pk, seed);
	memset(sig, 0, sizeof sig);
	for (size_t i = 0; i < T_COUNT(no); i++)
		assert_fails(sr_sign(sig, seed, sr_bytes_str(no[i]), &e), SR_MISUSE, &e,
			"only texts that begin \"strongroom/\"");
	for (size_t i = 0; i < sizeof sig; i++)
		assert_int_equal(sig[i], 0);
	assert_ok(sr_sign(sig, seed, yes, &e), &e);
	assert_ok(sr_verify(sig, pk, yes, &e), &e);
}

struct signed_text {
	uint8_t sig[64], pk[32];
	struct sr_bytes text;
};

static void refuse_sig(void *ctx, struct sr_bytes mutant, const char *what) {
	struct signed_text *t = ctx;

	if (sr_verify(mutant.p, t->pk, t->text, &e) != SR_AUTH)
		fail_msg("signature: %s", what);
}

static void refuse_pk(void *ctx, struct sr_bytes mutant, const char *what) {
	struct signed_text *t = ctx;

	if (sr_verify(t->sig, mutant.p, t->text, &e) != SR_AUTH)
		fail_msg("key: %s", what);
}

static void refuse_text(void *ctx, struct sr_bytes mutant, const char *what) {
	struct signed_text *t = ctx;

	if (sr_verify(t->sig, t->pk, mutant, &e) != SR_AUTH)
		fail_msg("text: %s", what);
}

static void every_bit(void **state) {
	struct signed_text t = {.text = sr_bytes_str("strongroom/t/v1\nid 1\n")};
	uint8_t seed[32];

	(void)state;
	t_fill(seed, sizeof seed, 1);
	sr_sign_public(t.pk, seed);
	assert_ok(sr_sign(t.sig, seed, t.text, &e), &e);
	t_each_flip(sr_bytes_of(t.sig, 64), refuse_sig, &t);
	t_each_flip(sr_bytes_of(t.pk, 32), refuse_pk, &t);
	t_each_flip(t.text, refuse_text, &t);
	t_each_cut(t.text, refuse_text, &t);
}

static size_t run, short_sig;

static void ed25519_case(const json_t *group, const json_t *test) {
	struct sr_buf b[3];
	bool valid = strcmp(v_str(test, "result"), "valid") == 0;

	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_init(&b[i]);
	struct sr_bytes pk = v_hex(&b[0], json_object_get(group, "publicKey"), "pk");
	struct sr_bytes msg = v_hex(&b[1], test, "msg"), sig = v_hex(&b[2], test, "sig");
	assert_int_equal(pk.len, SR_PK);
	if (sig.len != SR_SIG) {
		assert_false(valid);
		short_sig++;
		goto out;
	}
	int rc = sr_verify(sig.p, pk.p, msg, &e);
	if (rc != (valid ? 0 : SR_AUTH))
		fail_msg("case %d: %d", (int)json_integer_value(json_object_get(test, "tcId")), rc);
	run++;
out:
	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_free(&b[i]);
}

static void wycheproof(void **state) {
	(void)state;
	size_t n = t_wycheproof("wycheproof/testvectors_v1/ed25519_test.json", ed25519_case);
	assert_int_equal(n, run + short_sig);
	print_message("Ed25519: %zu cases run, %zu of other lengths\n", run, short_sig);
	assert_true(run > 100);
}

static bool has_flag(const json_t *test, const char *flag) {
	json_t *f;
	size_t i;

	json_array_foreach(json_object_get(test, "flags"), i, f) {
		if (strcmp(json_string_value(f), flag) == 0)
			return true;
	}
	return false;
}

/* The vectors say what is odd about each signature; sign.h says which oddities are refused. */
static void edge_cases(void **state) {
	json_t *root = json_load_file(t_vector("ed25519/ed25519/ed25519vectors.json"), 0, NULL);
	json_t *test;
	struct sr_buf pk, sig;
	size_t i, accepted = 0;

	(void)state;
	assert_non_null(root);
	sr_buf_init(&pk);
	sr_buf_init(&sig);
	json_array_foreach(root, i, test) {
		bool want = !has_flag(test, "low_order_A") && !has_flag(test, "low_order_R") &&
			    !has_flag(test, "non_canonical_A") &&
			    !has_flag(test, "non_canonical_R") &&
			    !has_flag(test, "low_order_residue");

		assert_int_equal(v_hex(&pk, test, "key").len, 32);
		assert_int_equal(v_hex(&sig, test, "sig").len, 64);
		int rc = sr_verify(sig.p, pk.p, sr_bytes_str(v_str(test, "msg")), &e);
		if (rc != (want ? 0 : SR_AUTH))
			fail_msg("vector %zu: %d", i, rc);
		accepted += want;
	}
	print_message(
		"Ed25519 edge cases: %zu, %zu of them accepted\n", json_array_size(root), accepted);
	assert_true(json_array_size(root) > 500 && accepted > 0);
	sr_buf_free(&pk);
	sr_buf_free(&sig);
	json_decref(root);
}

static void names(void **state) {
	uint8_t pk[32], h[32];
	char name[SR_PERSON_TEXT], want[2 * 32 + 1], other[SR_PERSON_TEXT];

	(void)state;
	t_fill(pk, sizeof pk, 1);
	sr_person_name(name, pk);
	SR_HASH_OF(h, "strongroom/person/v1", NULL, sr_bytes_of(pk, 32));
	sr_hex(want, h, 32);
	assert_int_equal(strlen(name), 18);
	assert_memory_equal(name, "p-", 2);
	assert_memory_equal(name + 2, want, 16);
	pk[0] ^= 1;
	sr_person_name(other, pk);
	assert_string_not_equal(name, other);
}

static int setup(void **state) {
	(void)state;
	return sr_crypto_init(&e);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc8032),
		cmocka_unit_test(only_our_texts),
		cmocka_unit_test(every_bit),
		cmocka_unit_test(wycheproof),
		cmocka_unit_test(edge_cases),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
