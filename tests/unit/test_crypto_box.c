/*
 * box: the format as its table says, what is bound, every bit and every length, points of low
 * order, conversion of signing keys, shared keys from both ends, and X25519 against Wycheproof.
 */
#include "vectors.h"

#include <sodium.h>

#include "crypto/box.h"

static struct sr_err e;
static uint8_t pk[SR_X_PK], sk[SR_X_SK];

/* Orders 1, 2, 4 and 8 on the curve and its twist, and other encodings of them. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000080",
};

static struct sr_bytes s(const char *text) {
	return sr_bytes_str(text);
}

static void round_trip_and_format(void **state) {
	struct sr_buf box, back;
	uint8_t dh[32], key[SR_KEY];

	(void)state;
	sr_buf_init(&box);
	sr_buf_init_secret(&back);
	assert_ok(
		sr_box_seal(&box, pk, s("bind"), "strongroom/t/v1", s("ctx"), s("hello"), &e), &e);
	assert_int_equal(box.len, 5 + SR_BOX_OVERHEAD);
	assert_ok(sr_box_open(
			  &back, sk, s("bind"), "strongroom/t/v1", s("ctx"), sr_buf_view(&box), &e),
		&e);
	assert_true(sr_bytes_eq(sr_buf_view(&back), s("hello")));

	assert_ok(sr_box_bare_x25519(dh, sk, box.p), &e);
	SR_HASH_OF(key, "strongroom/box/v1", NULL, s("strongroom/t/v1"), sr_bytes_of(dh, 32),
		sr_bytes_of(box.p, 32), sr_bytes_of(pk, 32), s("ctx"), s("bind"));
	sr_buf_clear(&back);
	assert_ok(sr_aead_open_buf(&back, key, "strongroom/t/v1", s("ctx"),
			  sr_bytes_of(box.p + 32, box.len - 32), &e),
		&e);
	assert_true(sr_bytes_eq(sr_buf_view(&back), s("hello")));
	sr_buf_free(&box);
	sr_buf_free(&back);
}

struct opening {
	const uint8_t *sk;
	const char *bind, *label, *context;
};

static int open_as(const struct opening *o, struct sr_bytes box) {
	struct sr_buf back;

	sr_buf_init_secret(&back);
	int rc = sr_box_open(&back, o->sk, s(o->bind), o->label, s(o->context), box, &e);
	if (rc != 0)
		assert_int_equal(back.len, 0);
	sr_buf_free(&back);
	return rc;
}

static void refuse(void *ctx, struct sr_bytes mutant, const char *what) {
	int rc = open_as(ctx, mutant);

	if (rc != (mutant.len < SR_BOX_OVERHEAD ? SR_CORRUPT : SR_AUTH))
		fail_msg("%s: %d", what, rc);
}

static void bound(void **state) {
	struct opening good = {sk, "bind", "strongroom/t/v1", "ctx"};
	uint8_t other_sk[32], other_pk[32];
	struct sr_buf box;

	(void)state;
	sr_box_keypair(other_pk, other_sk);
	const struct opening bad[] = {
		{other_sk, "bind", "strongroom/t/v1", "ctx"},
		{sk, "", "strongroom/t/v1", "ctx"},
		{sk, "binD", "strongroom/t/v1", "ctx"},
		{sk, "bind", "strongroom/t/v2", "ctx"},
		{sk, "bind", "strongroom/t/v1", "ctX"},
		{sk, "xbind", "strongroom/t/v1", "ct"},
	};
	sr_buf_init(&box);
	assert_ok(
		sr_box_seal(&box, pk, s("bind"), "strongroom/t/v1", s("ctx"), s("hello"), &e), &e);
	assert_ok(open_as(&good, sr_buf_view(&box)), &e);
	for (size_t i = 0; i < T_COUNT(bad); i++)
		assert_fails(open_as(&bad[i], sr_buf_view(&box)), SR_AUTH, &e,
			"key commitment does not match");
	t_each_cut(sr_buf_view(&box), refuse, &good);
	t_each_flip(sr_buf_view(&box), refuse, &good);
	assert_fails(open_as(&good, s("short")), SR_CORRUPT, &e, "have 5 bytes, want 104");
	sr_buf_free(&box);
}

static void low_order_refused(void **state) {
	uint8_t bad[32], out[32], seen[32] = {0};
	struct opening o = {sk, "", "strongroom/t/v1", "ctx"};
	struct sr_buf box;

	(void)state;
	sr_buf_init(&box);
	sr_buf_put_zero(&box, 5 + SR_BOX_OVERHEAD);
	for (size_t i = 0; i < T_COUNT(low_order); i++) {
		size_t len = box.len;

		t_hex(bad, 32, low_order[i]);
		assert_fails(sr_box_seal(&box, bad, s(""), "strongroom/t/v1", s("ctx"), s("x"), &e),
			SR_AUTH, &e, "shared secret is zero");
		assert_int_equal(box.len, len);
		memcpy(box.p, bad, 32);
		assert_fails(open_as(&o, sr_buf_view(&box)), SR_AUTH, &e, "shared secret is zero");
		memset(out, 1, sizeof out);
		assert_fails(sr_box_shared(out, sk, bad, bad, pk, "strongroom/t/v1", s("ctx"), &e),
			SR_AUTH, &e, "shared secret is zero");
		assert_memory_equal(out, seen, 32);
	}
	sr_buf_free(&box);
}

static void people(void **state) {
	uint8_t seed[32], sign_pk[32], x_pk[32], x_sk[32], neg[32], back_pk[32];
	struct sr_buf box, back;

	(void)state;
	sr_buf_init(&box);
	sr_buf_init_secret(&back);
	t_fill(seed, sizeof seed, 9);
	sr_sign_public(sign_pk, seed);
	sr_box_sk_of_seed(x_sk, seed);
	sr_box_public(back_pk, x_sk);
	assert_ok(sr_box_pk_of_sign(x_pk, sign_pk, &e), &e);
	assert_memory_equal(x_pk, back_pk, 32);

	assert_ok(sr_box_seal_person(&box, sign_pk, "strongroom/t/v1", s("c"), s("hi"), &e), &e);
	assert_ok(sr_box_open_person(&back, seed, "strongroom/t/v1", s("c"), sr_buf_view(&box), &e),
		&e);
	assert_true(sr_bytes_eq(sr_buf_view(&back), s("hi")));

	/* -A converts to the same X25519 key; what is sealed to it does not open for A. */
	memcpy(neg, sign_pk, 32);
	neg[31] ^= 0x80;
	assert_ok(sr_box_pk_of_sign(x_pk, neg, &e), &e);
	assert_memory_equal(x_pk, back_pk, 32);
	sr_buf_clear(&box);
	assert_ok(sr_box_seal_person(&box, neg, "strongroom/t/v1", s("c"), s("hi"), &e), &e);
	assert_fails(
		sr_box_open_person(&back, seed, "strongroom/t/v1", s("c"), sr_buf_view(&box), &e),
		SR_AUTH, &e, "key commitment does not match");
	sr_buf_free(&box);
	sr_buf_free(&back);
}

static void keys_that_do_not_convert(void **state) {
	static const char *const bad[] = {
		"0100000000000000000000000000000000000000000000000000000000000000", /* identity */
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
		"0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", /* order 8 */
		"0200000000000000000000000000000000000000000000000000000000000000", /* no point */
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = p + 1 */
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = p + 3 */
	};
	uint8_t in[32], out[32], torsion[32], point[32], sign_pk[32], seed[32];
	struct sr_buf box;

	(void)state;
	sr_buf_init(&box);
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		t_hex(in, 32, bad[i]);
		assert_fails(sr_box_pk_of_sign(out, in, &e), SR_AUTH, &e, "prime-order group");
		assert_fails(sr_box_seal_person(&box, in, "strongroom/t/v1", s(""), s(""), &e),
			SR_AUTH, &e, "prime-order group");
	}
	/* A good key plus a point of order 8 is on the curve, and outside of the group. */
	t_fill(seed, sizeof seed, 9);
	sr_sign_public(sign_pk, seed);
	t_hex(torsion, 32, bad[3]);
	assert_int_equal(crypto_core_ed25519_add(point, sign_pk, torsion), 0);
	assert_fails(sr_box_pk_of_sign(out, point, &e), SR_AUTH, &e, "prime-order group");
	sr_buf_free(&box);
}

static void request_keys(void **state) {
	uint8_t seed[32], a[32], b[32];

	(void)state;
	t_fill(seed, sizeof seed, 9);
	sr_box_request_sk(a, seed, s("vault"), s("id"));
	sr_box_request_sk(b, seed, s("vault"), s("id"));
	assert_memory_equal(a, b, 32);
	sr_box_request_sk(b, seed, s("vaulti"), s("d"));
	assert_memory_not_equal(a, b, 32);
	seed[0] ^= 1;
	sr_box_request_sk(b, seed, s("vault"), s("id"));
	assert_memory_not_equal(a, b, 32);
}

static void shared_from_both_ends(void **state) {
	uint8_t epk[32], esk[32], a[32], b[32], want[32], dh[32], r1[32], r2[32];

	(void)state;
	sr_box_keypair(epk, esk);
	assert_ok(sr_box_shared(a, esk, pk, epk, pk, "strongroom/t/v1", s("ctx"), &e), &e);
	assert_ok(sr_box_shared(b, sk, epk, epk, pk, "strongroom/t/v1", s("ctx"), &e), &e);
	assert_memory_equal(a, b, 32);
	assert_ok(sr_box_bare_x25519(dh, sk, epk), &e);
	SR_HASH_OF(want, "strongroom/box-shared/v1", NULL, s("strongroom/t/v1"),
		sr_bytes_of(dh, 32), sr_bytes_of(epk, 32), sr_bytes_of(pk, 32), s("ctx"));
	assert_memory_equal(a, want, 32);
	assert_ok(sr_box_shared(b, sk, epk, epk, pk, "strongroom/t/v1", s("ctX"), &e), &e);
	assert_memory_not_equal(a, b, 32);
	assert_ok(sr_box_shared(b, sk, epk, epk, pk, "strongroom/t/v2", s("ctx"), &e), &e);
	assert_memory_not_equal(a, b, 32);
	sr_box_record_key(r1, a, s("item 1"));
	sr_box_record_key(r2, a, s("item 2"));
	assert_memory_not_equal(r1, r2, 32);
	SR_HASH_OF(want, "strongroom/record/v1", a, s("item 1"));
	assert_memory_equal(r1, want, 32);
}

static size_t run;

/* "acceptable" covers points of low order and other encodings: a zero result must be refused, any
 * other must be as given. */
static void x25519_case(const json_t *group, const json_t *test) {
	static const uint8_t zero[32];
	struct sr_buf b[3];
	uint8_t out[32];

	(void)group;
	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_init(&b[i]);
	struct sr_bytes p = v_hex(&b[0], test, "public"), k = v_hex(&b[1], test, "private");
	struct sr_bytes want = v_hex(&b[2], test, "shared");
	assert_int_equal(p.len, 32);
	assert_int_equal(k.len, 32);
	assert_int_equal(want.len, 32);
	if (memcmp(want.p, zero, 32) == 0) {
		assert_int_equal(sr_box_bare_x25519(out, k.p, p.p), SR_AUTH);
	} else {
		assert_int_equal(sr_box_bare_x25519(out, k.p, p.p), 0);
		assert_memory_equal(out, want.p, 32);
	}
	run++;
	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_free(&b[i]);
}

static void wycheproof(void **state) {
	(void)state;
	size_t n = t_wycheproof("wycheproof/testvectors_v1/x25519_test.json", x25519_case);
	assert_int_equal(n, run);
	print_message("X25519: %zu cases run\n", run);
	assert_true(run > 500);
}

static int setup(void **state) {
	(void)state;
	if (sr_crypto_init(&e) != 0)
		return -1;
	sr_box_keypair(pk, sk);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_and_format),
		cmocka_unit_test(bound),
		cmocka_unit_test(low_order_refused),
		cmocka_unit_test(people),
		cmocka_unit_test(keys_that_do_not_convert),
		cmocka_unit_test(request_keys),
		cmocka_unit_test(shared_from_both_ends),
		cmocka_unit_test(wycheproof),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
