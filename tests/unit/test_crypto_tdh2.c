/*
 * test_crypto_tdh2 - seals to a board: round trip, what a check refuses before anybody makes a
 * piece, the recomputed R, and nonces under a broken random generator.
 *
 * A second sealer is written here from the text of tdh2.h alone: the library takes its seals, which
 * pins the fields of every hash, and it can seal wrongly.
 */
#include <string.h>

#include "crypto/tdh2.h"

#include "util.h"

struct fixture {
	uint8_t x[SR_SCALAR]; /* the board's secret, which no program of the project ever holds */
	struct sr_tdh2_key key;
	uint8_t seal[SR_SEAL];
	uint8_t part[SR_PART];
	struct sr_sealed s;
};

static void scalar_from(uint8_t out[SR_SCALAR], uint64_t seed) {
	struct sr_hash h;

	sr_hash_init64(&h, "strongroom/test/v1", NULL);
	sr_hash_u64(&h, seed);
	sr_scalar_of_hash(out, &h);
}

static void make(struct fixture *f) {
	struct sr_err e = {0};

	memset(f, 0, sizeof *f);
	scalar_from(f->x, 1);
	assert_ok(sr_point_mul_base(f->key.board, f->x, &e), &e);
	t_fill(f->key.vault, sizeof f->key.vault, 2);
	f->key.level = 3;
	f->key.kind = "item";
	t_fill(f->part, sizeof f->part, 3);
	t_fill(f->s.id, sizeof f->s.id, 4);
	f->s.number = 1;
	f->s.seal = f->seal;
	assert_ok(sr_tdh2_seal(f->seal, &f->key, f->s.id, f->s.number, f->part, &e), &e);
}

static void what_is_sealed_opens_with_x_times_r(void **state) {
	(void)state;
	struct fixture f;
	uint8_t xr[SR_POINT], part[SR_PART], again[SR_SEAL], h1[SR_HASH], h2[SR_HASH];
	struct sr_err e = {0};

	make(&f);
	assert_ok(sr_tdh2_check(&f.key, &f.s, &e), &e);
	assert_ok(sr_point_mul(xr, f.x, sr_tdh2_r(f.seal), &e), &e);
	assert_ok(sr_tdh2_open(part, &f.key, &f.s, xr, &e), &e);
	assert_memory_equal(part, f.part, SR_PART);
	/* no two seals are alike */
	assert_ok(sr_tdh2_seal(again, &f.key, f.s.id, f.s.number, f.part, &e), &e);
	assert_memory_not_equal(sr_tdh2_r(again), sr_tdh2_r(f.seal), SR_POINT);
	sr_tdh2_hash(h1, f.seal);
	sr_tdh2_hash(h2, again);
	assert_memory_not_equal(h1, h2, SR_HASH);
}

static void a_wrong_point_opens_nothing(void **state) {
	(void)state;
	struct fixture f;
	uint8_t xr[SR_POINT], part[SR_PART], x[SR_SCALAR], zero[SR_PART] = {0};
	struct sr_err e = {0};

	make(&f);
	scalar_from(x, 9);
	assert_ok(sr_point_mul(xr, x, sr_tdh2_r(f.seal), &e), &e);
	memset(part, 1, sizeof part);
	assert_fails(sr_tdh2_open(part, &f.key, &f.s, xr, &e), SR_AUTH, &e,
		"the combined point does not open it: key commitment");
	assert_non_null(strstr(e.text, "seal of item "));
	assert_memory_equal(part, zero, SR_PART);
	assert_fails(sr_tdh2_open(part, &f.key, &f.s, sr_tdh2_r(f.seal), &e), SR_AUTH, &e,
		"does not open it");
}

static void a_bad_board_key_seals_nothing(void **state) {
	(void)state;
	struct fixture f;
	uint8_t out[SR_SEAL], zero[SR_SEAL] = {0};
	struct sr_err e = {0};

	make(&f);
	memset(f.key.board, 0, SR_POINT);
	memset(out, 1, sizeof out);
	assert_fails(sr_tdh2_seal(out, &f.key, f.s.id, 1, f.part, &e), SR_CORRUPT, &e,
		"sealing: board key: point is the identity");
	assert_memory_equal(out, zero, SR_SEAL);
	memset(f.key.board, 0xff, SR_POINT);
	assert_fails(sr_tdh2_seal(out, &f.key, f.s.id, 1, f.part, &e), SR_CORRUPT, &e,
		"sealing: board key: point is not a valid");
}

/* Each field of the context, changed alone. */
static void a_seal_of_another_place_is_refused(void **state) {
	(void)state;
	struct fixture f, good;
	uint8_t x[SR_SCALAR];
	struct sr_err e = {0};

	make(&good);
	f = good;
	f.s.seal = f.seal;
	good.s.seal = f.seal;
	assert_ok(sr_tdh2_check(&f.key, &f.s, &e), &e);
	f.s.id[0] ^= 1; /* copied to another item */
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	f.s = good.s;
	f.s.number = 2;
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, ".2: proof does not verify");
	f.s = good.s;
	f.key.vault[5] ^= 0x10;
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	f.key = good.key;
	scalar_from(x, 8);
	assert_ok(sr_point_mul_base(f.key.board, x, &e), &e);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	f.key = good.key;
	f.key.level = 2;
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	f.key = good.key;
	f.key.kind = "items";
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	f.key = good.key;
	assert_ok(sr_tdh2_check(&f.key, &f.s, &e), &e);
}

static void flipped(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct fixture *f = ctx;
	struct sr_sealed s = f->s;
	struct sr_err e = {0};

	s.seal = mutant.p;
	if (sr_tdh2_check(&f->key, &s, &e) == 0)
		fail_msg("taken: %s", what);
	assert_true(e.code == SR_AUTH || e.code == SR_CORRUPT);
}

static void every_flipped_bit_is_refused(void **state) {
	(void)state;
	struct fixture f;

	make(&f);
	t_each_flip(sr_bytes_of(f.seal, SR_SEAL), flipped, &f);
}

static void plus_order(uint8_t s[SR_SCALAR]) {
	uint8_t order[SR_SCALAR];
	unsigned carry = 0;

	t_hex(order, 32, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s[i] + order[i];
		s[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void points_and_scalars_are_canonical(void **state) {
	(void)state;
	struct fixture f, good;
	struct sr_err e = {0};

	make(&good);
	f = good;
	f.s.seal = f.seal;
	memset(f.seal + 8, 0, 32);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_CORRUPT, &e, "R: point is the identity");
	memcpy(f.seal, good.seal, SR_SEAL);
	memset(f.seal + 40, 0, 32);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_CORRUPT, &e, "R': point is the identity");
	memcpy(f.seal, good.seal, SR_SEAL);
	memset(f.seal + 8, 0xff, 32);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_CORRUPT, &e, "R: point is not a valid");
	for (size_t at = 208; at <= 240; at += 32) {
		memcpy(f.seal, good.seal, SR_SEAL);
		plus_order(f.seal + at);
		assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_CORRUPT, &e,
			"proof: scalar is not reduced mod L");
		memcpy(f.seal, good.seal, SR_SEAL);
		f.seal[at + 31] |= 0x80;
		assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_CORRUPT, &e, "not reduced");
		memset(f.seal + at, 0, 32);
		assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_CORRUPT, &e, "scalar is zero");
	}
	memcpy(f.seal, good.seal, SR_SEAL);
	f.seal[7] = '2';
	assert_fails(
		sr_tdh2_check(&f.key, &f.s, &e), SR_CORRUPT, &e, "does not begin with sr-seal1");
}

/* R + t*B and R' + t*G' with z + c*t satisfy both equations for the old challenge. */
static void a_blinded_seal_is_refused(void **state) {
	(void)state;
	struct fixture f;
	uint8_t t[SR_SCALAR], tb[SR_POINT], tg[SR_POINT], second[SR_POINT], ct[SR_SCALAR];
	uint8_t old1[SR_POINT], new1[SR_POINT];
	struct sr_err e = {0};

	make(&f);
	assert_ok(sr_point_recommit(old1, f.seal + 240, NULL, f.seal + 208, f.seal + 8, &e), &e);
	scalar_from(t, 33);
	sr_group_second(second);
	assert_ok(sr_point_mul_base(tb, t, &e), &e);
	assert_ok(sr_point_mul(tg, t, second, &e), &e);
	assert_ok(sr_point_add(f.seal + 8, f.seal + 8, tb, &e), &e);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	assert_ok(sr_point_add(f.seal + 40, f.seal + 40, tg, &e), &e);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	sr_scalar_mul(ct, t, f.seal + 208);
	sr_scalar_add(f.seal + 240, f.seal + 240, ct);
	assert_ok(sr_point_recommit(new1, f.seal + 240, NULL, f.seal + 208, f.seal + 8, &e), &e);
	assert_memory_equal(new1, old1, SR_POINT); /* the forgery is as good as it can be */
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
}

/* z = c r, a nonce of zero: a commitment is the identity, which no honest sealer has. Of R, then of
 * R' alone. */
static void a_zero_nonce_is_refused(void **state) {
	(void)state;
	struct fixture f;
	uint8_t r[SR_SCALAR], second[SR_POINT];
	struct sr_err e = {0};

	make(&f);
	scalar_from(r, 34);
	sr_group_second(second);
	sr_scalar_mul(f.seal + 240, f.seal + 208, r);
	assert_ok(sr_point_mul(f.seal + 40, r, second, &e), &e);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	assert_ok(sr_point_mul_base(f.seal + 8, r, &e), &e);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
}

/* --- a sealer of our own ------------------------------------------------------------------------
 */

static void put32(struct sr_hash *h, const uint8_t *p) {
	sr_hash_field(h, sr_bytes_of(p, 32));
}

static void context(struct sr_hash *h, const struct fixture *f) {
	put32(h, f->key.vault);
	put32(h, f->key.board);
	sr_hash_u64(h, f->key.level);
	sr_hash_field(h, sr_bytes_str(f->key.kind));
	sr_hash_field(h, sr_bytes_of(f->s.id, 16));
	sr_hash_u64(h, f->s.number);
}

/* A seal by the text: r from the part unless ${lie}; R' = r2*G'. */
static void seal_by_hand(struct fixture *f, bool lie, bool other_r2) {
	uint8_t plain[64], r[32], r2[32], second[32], base[32], rp[32], key[32], ad[32], w[32];
	uint8_t w1[32], w2[32];
	struct sr_hash h;
	struct sr_err e = {0};

	memcpy(plain, f->part, 32);
	t_fill(plain + 32, 32, 71);
	sr_hash_init64(&h, "strongroom/tdh2-r/v1", NULL);
	put32(&h, plain);
	put32(&h, plain + 32);
	context(&h, f);
	sr_scalar_of_hash(r, &h);
	if (lie)
		scalar_from(r, 72);
	memcpy(r2, r, 32);
	if (other_r2)
		scalar_from(r2, 73);
	sr_group_second(second);
	sr_group_base(base);
	memcpy(f->seal, "sr-seal1", 8);
	assert_ok(sr_point_mul_base(f->seal + 8, r, &e), &e);
	assert_ok(sr_point_mul(f->seal + 40, r2, second, &e), &e);
	assert_ok(sr_point_mul(rp, r, f->key.board, &e), &e);
	sr_hash_init(&h, "strongroom/tdh2-key/v1", NULL);
	put32(&h, rp);
	put32(&h, f->seal + 8);
	put32(&h, f->seal + 40);
	context(&h, f);
	sr_hash_final(&h, key);
	sr_hash_init(&h, "strongroom/tdh2-context/v1", NULL);
	context(&h, f);
	sr_hash_final(&h, ad);
	sr_aead_seal(f->seal + 72, key, "strongroom/tdh2-part/v1", sr_bytes_of(ad, 32),
		sr_bytes_of(plain, 64));
	scalar_from(w, 74);
	assert_ok(sr_point_mul_base(w1, w, &e), &e);
	assert_ok(sr_point_mul(w2, w, second, &e), &e);
	sr_hash_init64(&h, "strongroom/tdh2-proof/v1", NULL);
	context(&h, f);
	put32(&h, base);
	put32(&h, second);
	put32(&h, f->seal + 8);
	put32(&h, f->seal + 40);
	sr_hash_field(&h, sr_bytes_of(f->seal + 72, 136));
	put32(&h, w1);
	put32(&h, w2);
	sr_scalar_of_hash(f->seal + 208, &h);
	sr_scalar_mul(f->seal + 240, f->seal + 208, r);
	sr_scalar_add(f->seal + 240, f->seal + 240, w);
}

static void a_seal_written_from_the_text_opens(void **state) {
	(void)state;
	struct fixture f;
	uint8_t xr[SR_POINT], part[SR_PART];
	struct sr_err e = {0};

	make(&f);
	seal_by_hand(&f, false, false);
	assert_ok(sr_tdh2_check(&f.key, &f.s, &e), &e);
	assert_ok(sr_point_mul(xr, f.x, sr_tdh2_r(f.seal), &e), &e);
	assert_ok(sr_tdh2_open(part, &f.key, &f.s, xr, &e), &e);
	assert_memory_equal(part, f.part, SR_PART);
}

static void an_r_that_does_not_come_from_the_part_is_refused(void **state) {
	(void)state;
	struct fixture f;
	uint8_t xr[SR_POINT], part[SR_PART], zero[SR_PART] = {0};
	struct sr_err e = {0};

	make(&f);
	seal_by_hand(&f, true, false);
	assert_ok(sr_tdh2_check(&f.key, &f.s, &e), &e); /* the proof is right */
	assert_ok(sr_point_mul(xr, f.x, sr_tdh2_r(f.seal), &e), &e);
	assert_fails(sr_tdh2_open(part, &f.key, &f.s, xr, &e), SR_AUTH, &e,
		"R is not what the part and its fresh bytes give");
	assert_memory_equal(part, zero, SR_PART);
}

static void unequal_logarithms_are_refused(void **state) {
	(void)state;
	struct fixture f;
	uint8_t xr[SR_POINT], part[SR_PART];
	struct sr_err e = {0};

	make(&f);
	seal_by_hand(&f, false, true);
	assert_fails(sr_tdh2_check(&f.key, &f.s, &e), SR_AUTH, &e, "proof does not verify");
	assert_ok(sr_point_mul(xr, f.x, sr_tdh2_r(f.seal), &e), &e);
	assert_fails(
		sr_tdh2_open(part, &f.key, &f.s, xr, &e), SR_AUTH, &e, "proof does not verify");
}

/* --- many, and bad luck ----------------------------------------------------------------------- */

static void many_are_checked_and_the_first_bad_one_is_named(void **state) {
	(void)state;
	enum {
		MANY = 60
	};
	struct fixture f;
	uint8_t seals[MANY][SR_SEAL];
	struct sr_sealed s[MANY];
	struct sr_err e = {0};

	make(&f);
	for (size_t i = 0; i < MANY; i++) {
		memset(s[i].id, 0, SR_ID);
		s[i].id[0] = (uint8_t)i;
		s[i].number = 7;
		s[i].seal = seals[i];
		assert_ok(sr_tdh2_seal(seals[i], &f.key, s[i].id, 7, f.part, &e), &e);
	}
	assert_ok(sr_tdh2_check_many(&f.key, s, MANY, &e), &e);
	assert_ok(sr_tdh2_check_many(&f.key, s, 0, &e), &e);
	seals[0x1f][100] ^= 1;
	seals[0x2a][100] ^= 1;
	assert_fails(sr_tdh2_check_many(&f.key, s, MANY, &e), SR_AUTH, &e,
		"seal of item 1f000000000000000000000000000000.7: proof does not verify");
}

static void constant_random(void *out, size_t len) {
	memset(out, 0xaa, len);
}

static void nonces_do_not_hang_on_luck(void **state) {
	(void)state;
	enum {
		MANY = 24
	};
	struct fixture f;
	uint8_t commitment[MANY][SR_POINT], r[MANY][SR_POINT], seal[SR_SEAL], part[SR_PART];
	struct sr_err e = {0};

	make(&f);
	sr_random_set(constant_random);
	for (size_t i = 0; i < MANY; i++) {
		struct sr_tdh2_key key = f.key;

		t_fill(part, sizeof part, i < 8 ? i : 0); /* other parts, places, kinds, levels */
		key.kind = i == 20 ? "other" : "item";
		key.level = i == 21 ? 2 : 3;
		if (i == 22)
			key.vault[0] ^= 1;
		assert_ok(sr_tdh2_seal(seal, &key, f.s.id, i >= 8 && i < 20 ? i : 0, part, &e), &e);
		if (i == 23) /* nothing else than seal 0: the same, byte for byte */
			break;
		memcpy(r[i], seal + 8, 32);
		assert_ok(sr_point_recommit(
				  commitment[i], seal + 240, NULL, seal + 208, seal + 8, &e),
			&e);
		for (size_t j = 0; j < i; j++) {
			assert_memory_not_equal(commitment[j], commitment[i], SR_POINT);
			assert_memory_not_equal(r[j], r[i], SR_POINT);
		}
	}
	sr_random_set(NULL);
	assert_memory_equal(seal + 8, r[0], SR_POINT);
}

static int setup(void **state) {
	(void)state;
	return sr_crypto_init(NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_with_x_times_r),
		cmocka_unit_test(a_wrong_point_opens_nothing),
		cmocka_unit_test(a_bad_board_key_seals_nothing),
		cmocka_unit_test(a_seal_of_another_place_is_refused),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(points_and_scalars_are_canonical),
		cmocka_unit_test(a_blinded_seal_is_refused),
		cmocka_unit_test(a_zero_nonce_is_refused),
		cmocka_unit_test(a_seal_written_from_the_text_opens),
		cmocka_unit_test(an_r_that_does_not_come_from_the_part_is_refused),
		cmocka_unit_test(unequal_logarithms_are_refused),
		cmocka_unit_test(many_are_checked_and_the_first_bad_one_is_named),
		cmocka_unit_test(nonces_do_not_hang_on_luck),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
