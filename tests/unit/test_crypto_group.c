/*
 * test_crypto_group - ristretto255 by the tables of RFC 9496, what must be refused from outside,
 * and Lagrange interpolation in scalars and in points.
 */
#include <string.h>

#include "crypto/group.h"

#include "util.h"

static const char *const L_HEX = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/* RFC 9496, appendix A.1 */
static void multiples_of_the_base_are_those_of_the_rfc(void **state) {
	(void)state;
	static const char *const want[] = {
		"e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
		"6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
		"94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259"};
	uint8_t p[32], q[32], s[32], base[32], sum[32];
	struct sr_err e = {0};

	sr_group_base(base);
	memcpy(sum, base, 32);
	for (size_t i = 0; i < T_COUNT(want); i++) {
		assert_int_equal(t_hex(p, 32, want[i]), 32);
		sr_scalar_of_u8(s, (uint8_t)(i + 1));
		assert_ok(sr_point_mul_base(q, s, &e), &e);
		assert_memory_equal(q, p, 32);
		assert_ok(sr_point_mul(q, s, base, &e), &e);
		assert_memory_equal(q, p, 32);
		assert_memory_equal(sum, p, 32);
		assert_ok(sr_point_check(p, &e), &e);
		assert_ok(sr_point_add(sum, sum, base, &e), &e);
	}
}

/* RFC 9496, appendix A.2: not canonical, negative, not square, negative xy, s = -1 */
static void bad_encodings_are_refused(void **state) {
	(void)state;
	static const char *const bad[] = {
		"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
		"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
		"4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
	uint8_t p[32], base[32], out[32], two[32];
	struct sr_err e = {0};

	sr_group_base(base);
	sr_scalar_of_u8(two, 2);
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		t_hex(p, 32, bad[i]);
		assert_fails(sr_point_check(p, &e), SR_CORRUPT, &e,
			"point is not a valid ristretto255 encoding");
		assert_fails(sr_point_mul(out, two, p, &e), SR_CORRUPT, &e, "invalid");
		assert_fails(sr_point_add(out, base, p, &e), SR_CORRUPT, &e, "invalid");
		assert_fails(sr_point_sub(out, p, base, &e), SR_CORRUPT, &e, "invalid");
		assert_fails(sr_point_recommit(out, two, NULL, two, p, &e), SR_CORRUPT, &e, NULL);
	}
}

static void the_identity_is_never_a_value(void **state) {
	(void)state;
	uint8_t zero[32] = {0}, base[32], out[32], one[32], minus[32], l[32];
	struct sr_err e = {0};

	sr_group_base(base);
	sr_scalar_of_u8(one, 1);
	t_hex(l, 32, L_HEX);
	memcpy(minus, l, 32);
	minus[0]--; /* L - 1 */
	assert_fails(sr_point_check(zero, &e), SR_CORRUPT, &e, "point is the identity");
	assert_fails(sr_point_mul_base(out, zero, &e), SR_CORRUPT, &e, "identity");
	assert_fails(sr_point_mul_base(out, l, &e), SR_CORRUPT, &e, "identity");
	assert_fails(sr_point_mul(out, zero, base, &e), SR_CORRUPT, &e, "identity");
	assert_fails(sr_point_mul(out, one, zero, &e), SR_CORRUPT, &e, "identity");
	assert_fails(sr_point_add(out, zero, base, &e), SR_CORRUPT, &e, "identity");
	assert_fails(sr_point_add(out, base, zero, &e), SR_CORRUPT, &e, "identity");
	assert_fails(sr_point_sub(out, base, zero, &e), SR_CORRUPT, &e, "identity");
	assert_fails(sr_point_sub(out, base, base, &e), SR_CORRUPT, &e, "identity");
	assert_ok(sr_point_mul_base(out, minus, &e), &e); /* -B */
	assert_fails(sr_point_add(out, out, base, &e), SR_CORRUPT, &e, "identity");
	assert_memory_equal(out, zero, 32);
	/* z*B = c*B: the commitment would be the identity */
	assert_fails(sr_point_recommit(out, one, NULL, one, base, &e), SR_CORRUPT, &e, "identity");
}

static void scalars_equal_their_own_reduction(void **state) {
	(void)state;
	uint8_t l[32], s[32];
	struct sr_err e = {0};

	memset(s, 0, sizeof s);
	assert_fails(sr_scalar_check(s, &e), SR_CORRUPT, &e, "scalar is zero");
	t_hex(l, 32, L_HEX);
	assert_fails(sr_scalar_check(l, &e), SR_CORRUPT, &e, "scalar is not reduced mod L");
	memcpy(s, l, 32);
	s[0]--;
	assert_ok(sr_scalar_check(s, &e), &e);
	s[31] |= 0x80; /* libsodium would ignore this bit */
	assert_fails(sr_scalar_check(s, &e), SR_CORRUPT, &e, "not reduced");
	memcpy(s, l, 32);
	s[0] = (uint8_t)(s[0] + 5); /* 5 + L */
	assert_fails(sr_scalar_check(s, &e), SR_CORRUPT, &e, "not reduced");
	memset(s, 0xff, sizeof s);
	assert_fails(sr_scalar_check(s, &e), SR_CORRUPT, &e, "not reduced");
	sr_scalar_of_u8(s, 5);
	assert_ok(sr_scalar_check(s, &e), &e);
	s[31] = 0x80; /* 5 | 2^255 */
	assert_fails(sr_scalar_check(s, &e), SR_CORRUPT, &e, "not reduced");
}

static void the_second_generator_is_a_hash_and_another_point(void **state) {
	(void)state;
	uint8_t base[32], second[32], again[32];
	struct sr_hash h;
	struct sr_err e = {0};

	sr_group_base(base);
	sr_group_second(second);
	assert_ok(sr_point_check(second, &e), &e);
	assert_memory_not_equal(base, second, 32);
	sr_hash_init64(&h, "strongroom/second-generator/v1", NULL);
	sr_point_of_hash(again, &h);
	assert_memory_equal(second, again, 32);
	/* for ever: every seal depends on it */
	t_hex(again, 32, "8aa57e8b8d21c29b6ec882a6ee02c4c60a458480e43d50b558fdd056913b1d04");
	assert_memory_equal(second, again, 32);
}

static void random_scalar(uint8_t out[32]) {
	struct sr_hash h;
	uint8_t fresh[32];

	sr_random(fresh, sizeof fresh);
	sr_hash_init64(&h, "strongroom/test/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(fresh, sizeof fresh));
	sr_scalar_of_hash(out, &h);
}

/* ${count} different indices of 1..32 */
static void random_set(uint8_t *out, size_t count, uint64_t *seed) {
	uint8_t all[SR_BOARD_MEMBERS_MAX];

	for (size_t i = 0; i < SR_BOARD_MEMBERS_MAX; i++)
		all[i] = (uint8_t)(i + 1);
	for (size_t i = 0; i < count; i++) {
		size_t j = i + (size_t)t_rand(seed, SR_BOARD_MEMBERS_MAX - i);
		uint8_t swap = all[i];

		all[i] = all[j];
		all[j] = swap;
		out[i] = all[i];
	}
}

static void lagrange_meets_the_constant_term(void **state) {
	(void)state;
	static const size_t degrees[] = {1, 2, 3, 5, 8, 32};
	uint8_t coef[SR_BOARD_MEMBERS_MAX][32], index[SR_BOARD_MEMBERS_MAX];
	uint8_t sum[32], f[32], w[32], zero[32] = {0};
	struct sr_err e = {0};
	uint64_t seed = 7;

	for (size_t round = 0; round < 60; round++) {
		size_t k = degrees[round % T_COUNT(degrees)];
		size_t more = (size_t)t_rand(&seed, SR_BOARD_MEMBERS_MAX - k + 1);

		for (size_t j = 0; j < k; j++)
			random_scalar(coef[j]);
		random_set(index, k + more, &seed);
		for (size_t count = k - 1; count <= k + more; count++) {
			if (count == 0)
				continue;
			memcpy(sum, zero, 32);
			for (size_t i = 0; i < count; i++) {
				sr_poly_eval(f, (const uint8_t(*)[32])coef, k, index[i]);
				assert_ok(sr_lagrange_at_zero(w, index, count, i, &e), &e);
				sr_scalar_mul(f, f, w);
				sr_scalar_add(sum, sum, f);
			}
			if (count >= k)
				assert_memory_equal(sum, coef[0], 32);
			else
				assert_memory_not_equal(sum, coef[0], 32);
		}
	}
}

static void polynomials_agree_in_the_exponent(void **state) {
	(void)state;
	uint8_t coef[4][32], commit[4][32], f[32], have[32], want[32];
	struct sr_err e = {0};

	for (size_t j = 0; j < 4; j++) {
		random_scalar(coef[j]);
		assert_ok(sr_point_mul_base(commit[j], coef[j], &e), &e);
	}
	for (size_t k = 1; k <= 4; k++) {
		for (unsigned at = 1; at <= SR_BOARD_MEMBERS_MAX; at += 3) {
			uint8_t v = (uint8_t)at;

			sr_poly_eval(f, (const uint8_t(*)[32])coef, k, v);
			assert_ok(sr_point_mul_base(want, f, &e), &e);
			assert_ok(sr_poly_eval_points(have, (const uint8_t(*)[32])commit, k, v, &e),
				&e);
			assert_memory_equal(have, want, 32);
		}
	}
	memset(commit[2], 0, 32);
	assert_fails(sr_poly_eval_points(have, (const uint8_t(*)[32])commit, 3, 1, &e), SR_CORRUPT,
		&e, "identity");
	assert_fails(sr_poly_eval_points(have, (const uint8_t(*)[32])commit, 4, 1, &e), SR_CORRUPT,
		&e, "identity");
	assert_fails(sr_poly_eval_points(have, (const uint8_t(*)[32])commit, 0, 1, &e), SR_MISUSE,
		&e, "without commitments");
}

static void index_sets_are_checked(void **state) {
	(void)state;
	uint8_t w[32], many[33];
	struct sr_err e = {0};

	for (uint8_t i = 0; i < 33; i++)
		many[i] = (uint8_t)(i + 1);
	assert_ok(sr_indices_check(many, 32, &e), &e);
	assert_fails(sr_lagrange_at_zero(w, (const uint8_t[]){1, 0, 3}, 3, 0, &e), SR_CORRUPT, &e,
		"member index is 0, want 1 to 32");
	assert_fails(sr_lagrange_at_zero(w, (const uint8_t[]){1, 33}, 2, 0, &e), SR_CORRUPT, &e,
		"member index is 33, want 1 to 32");
	assert_fails(sr_lagrange_at_zero(w, (const uint8_t[]){4, 2, 4}, 3, 1, &e), SR_CORRUPT, &e,
		"member index 4 is there twice");
	assert_fails(
		sr_lagrange_at_zero(w, many, 33, 0, &e), SR_CORRUPT, &e, "have 33 member indices");
	assert_fails(
		sr_lagrange_at_zero(w, many, 0, 0, &e), SR_CORRUPT, &e, "have 0 member indices");
	assert_fails(sr_lagrange_at_zero(w, many, 3, 3, &e), SR_MISUSE, &e, "coefficient 3 of 3");
}

static void hashes_to_scalars_are_reduced_and_spread(void **state) {
	(void)state;
	uint8_t all[64][32];
	struct sr_hash h;
	struct sr_err e = {0};

	for (size_t i = 0; i < T_COUNT(all); i++) {
		sr_hash_init64(&h, "strongroom/test/v1", NULL);
		sr_hash_u64(&h, i);
		sr_scalar_of_hash(all[i], &h);
		assert_ok(sr_scalar_check(all[i], &e), &e);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(all[i], all[j], 32);
	}
}

static int setup(void **state) {
	(void)state;
	return sr_crypto_init(NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(multiples_of_the_base_are_those_of_the_rfc),
		cmocka_unit_test(bad_encodings_are_refused),
		cmocka_unit_test(the_identity_is_never_a_value),
		cmocka_unit_test(scalars_equal_their_own_reduction),
		cmocka_unit_test(the_second_generator_is_a_hash_and_another_point),
		cmocka_unit_test(lagrange_meets_the_constant_term),
		cmocka_unit_test(polynomials_agree_in_the_exponent),
		cmocka_unit_test(index_sets_are_checked),
		cmocka_unit_test(hashes_to_scalars_are_reduced_and_spread),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
