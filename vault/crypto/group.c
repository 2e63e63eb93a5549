/*
 * group - see group.h.
 *
 * Invariants: a point that leaves a function here is valid and not the identity; libsodium's
 * results are never used without looking at its return value; whatever held a secret scalar is
 * wiped. libsodium's crypto_scalarmult_ristretto255 refuses an identity result, its core add and
 * sub do not: point_done does it for them.
 */
#include "crypto/group.h"

#include <assert.h>
#include <pthread.h>

#include <sodium.h>

_Static_assert((int)SR_SCALAR == (int)crypto_core_ristretto255_SCALARBYTES, "scalar");
_Static_assert((int)SR_POINT == (int)crypto_core_ristretto255_BYTES, "point");
_Static_assert((int)crypto_core_ristretto255_NONREDUCEDSCALARBYTES == 64, "wide scalar");
_Static_assert((int)crypto_core_ristretto255_HASHBYTES == 64, "hash to the group");

/* --- what comes from outside ---------------------------------------------------------------- */

int sr_scalar_check(const uint8_t s[SR_SCALAR], struct sr_err *e) {
	uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES] = {0};
	uint8_t reduced[SR_SCALAR];
	int rc = 0, zero = sodium_is_zero(s, SR_SCALAR);

	sr_public(&zero, sizeof zero);
	memcpy(wide, s, SR_SCALAR);
	crypto_core_ristretto255_scalar_reduce(reduced, wide);
	if (!sr_ct_eq(reduced, s, SR_SCALAR))
		rc = sr_fail(e, SR_CORRUPT, "scalar is not reduced mod L");
	else if (zero != 0)
		rc = sr_fail(e, SR_CORRUPT, "scalar is zero");
	sr_wipe(wide, sizeof wide);
	sr_wipe(reduced, sizeof reduced);
	return rc;
}

int sr_point_check(const uint8_t p[SR_POINT], struct sr_err *e) {
	if (sodium_is_zero(p, SR_POINT))
		return sr_fail(e, SR_CORRUPT, "point is the identity");
	if (crypto_core_ristretto255_is_valid_point(p) != 1)
		return sr_fail(e, SR_CORRUPT, "point is not a valid ristretto255 encoding");
	return 0;
}

/* --- hashes --------------------------------------------------------------------------------- */

void sr_scalar_of_hash(uint8_t out[SR_SCALAR], struct sr_hash *h) {
	uint8_t wide[64];

	sr_hash_final64(h, wide);
	crypto_core_ristretto255_scalar_reduce(out, wide);
	sr_wipe(wide, sizeof wide);
}

void sr_point_of_hash(uint8_t out[SR_POINT], struct sr_hash *h) {
	uint8_t wide[64];
	int rc;

	sr_hash_final64(h, wide);
	rc = crypto_core_ristretto255_from_hash(out, wide);
	assert(rc == 0);
	(void)rc;
	sr_wipe(wide, sizeof wide);
}

/* --- generators ----------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint8_t base_point[SR_POINT];
static uint8_t second_point[SR_POINT];

static void generators(void) {
	static const uint8_t one[SR_SCALAR] = {1};
	struct sr_hash h;
	int rc = crypto_scalarmult_ristretto255_base(base_point, one);

	assert(rc == 0);
	(void)rc;
	sr_hash_init64(&h, "strongroom/second-generator/v1", NULL);
	sr_point_of_hash(second_point, &h);
	assert(!sodium_is_zero(second_point, SR_POINT));
}

static const uint8_t *generator(const uint8_t *which) {
	int rc = pthread_once(&once, generators);

	assert(rc == 0);
	(void)rc;
	return which;
}

void sr_group_base(uint8_t out[SR_POINT]) {
	memcpy(out, generator(base_point), SR_POINT);
}

void sr_group_second(uint8_t out[SR_POINT]) {
	memcpy(out, generator(second_point), SR_POINT);
}

/* --- arithmetic ----------------------------------------------------------------------------- */

void sr_scalar_add(uint8_t out[SR_SCALAR], const uint8_t a[SR_SCALAR], const uint8_t b[SR_SCALAR]) {
	crypto_core_ristretto255_scalar_add(out, a, b);
}

void sr_scalar_mul(uint8_t out[SR_SCALAR], const uint8_t a[SR_SCALAR], const uint8_t b[SR_SCALAR]) {
	crypto_core_ristretto255_scalar_mul(out, a, b);
}

void sr_scalar_of_u8(uint8_t out[SR_SCALAR], uint8_t v) {
	memset(out, 0, SR_SCALAR);
	out[0] = v;
}

/* ${rc} of libsodium and the result in ${p}: only a valid point that is not the identity passes. */
static int point_done(uint8_t out[SR_POINT], int rc, const uint8_t p[SR_POINT], struct sr_err *e) {
	const int failed = rc | sodium_is_zero(p, SR_POINT);

	sr_public(&failed, sizeof failed);
	if (failed != 0) {
		sr_wipe(out, SR_POINT);
		return sr_fail(e, SR_CORRUPT, "point is invalid, or the result is the identity");
	}
	memmove(out, p, SR_POINT);
	return 0;
}

int sr_point_mul_base(uint8_t out[SR_POINT], const uint8_t s[SR_SCALAR], struct sr_err *e) {
	uint8_t p[SR_POINT];
	int rc = crypto_scalarmult_ristretto255_base(p, s);

	return point_done(out, rc, p, e);
}

int sr_point_mul(uint8_t out[SR_POINT], const uint8_t s[SR_SCALAR], const uint8_t p[SR_POINT],
	struct sr_err *e) {
	uint8_t q[SR_POINT];
	int rc = crypto_scalarmult_ristretto255(q, s, p);

	rc = point_done(out, rc, q, e);
	sr_wipe(q, sizeof q); /* r*P and x*R are secrets */
	return rc;
}

static bool an_identity(const uint8_t p[SR_POINT], const uint8_t q[SR_POINT]) {
	const int is = sodium_is_zero(p, SR_POINT) | sodium_is_zero(q, SR_POINT);

	sr_public(&is, sizeof is);
	return is != 0;
}

int sr_point_add(uint8_t out[SR_POINT], const uint8_t p[SR_POINT], const uint8_t q[SR_POINT],
	struct sr_err *e) {
	uint8_t sum[SR_POINT];
	int rc = -1;

	if (!an_identity(p, q))
		rc = crypto_core_ristretto255_add(sum, p, q);
	rc = point_done(out, rc, sum, e);
	sr_wipe(sum, sizeof sum);
	return rc;
}

int sr_point_sub(uint8_t out[SR_POINT], const uint8_t p[SR_POINT], const uint8_t q[SR_POINT],
	struct sr_err *e) {
	uint8_t difference[SR_POINT];
	int rc = -1;

	if (!an_identity(p, q))
		rc = crypto_core_ristretto255_sub(difference, p, q);
	rc = point_done(out, rc, difference, e);
	sr_wipe(difference, sizeof difference);
	return rc;
}

int sr_point_recommit(uint8_t out[SR_POINT], const uint8_t z[SR_SCALAR], const uint8_t *base,
	const uint8_t c[SR_SCALAR], const uint8_t x[SR_POINT], struct sr_err *e) {
	uint8_t zb[SR_POINT], cx[SR_POINT];
	int rc;

	rc = base == NULL ? sr_point_mul_base(zb, z, e) : sr_point_mul(zb, z, base, e);
	if (rc != 0 || (rc = sr_point_mul(cx, c, x, e)) != 0)
		return rc;
	return sr_point_sub(out, zb, cx, e);
}

/* --- members' indices and polynomials --------------------------------------------------------- */

int sr_indices_check(const uint8_t *index, size_t count, struct sr_err *e) {
	bool seen[SR_BOARD_MEMBERS_MAX + 1] = {false};

	if (count < 1 || count > SR_BOARD_MEMBERS_MAX)
		return sr_fail(e, SR_CORRUPT, "have %zu member indices, want 1 to %d", count,
			SR_BOARD_MEMBERS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (index[i] < 1 || index[i] > SR_BOARD_MEMBERS_MAX)
			return sr_fail(e, SR_CORRUPT, "member index is %u, want 1 to %d", index[i],
				SR_BOARD_MEMBERS_MAX);
		if (seen[index[i]])
			return sr_fail(e, SR_CORRUPT, "member index %u is there twice", index[i]);
		seen[index[i]] = true;
	}
	return 0;
}

int sr_lagrange_at_zero(uint8_t out[SR_SCALAR], const uint8_t *index, size_t count, size_t which,
	struct sr_err *e) {
	uint8_t top[SR_SCALAR], bottom[SR_SCALAR], at[SR_SCALAR], own[SR_SCALAR];
	int rc = sr_indices_check(index, count, e);

	if (rc != 0)
		return rc;
	if (which >= count)
		return sr_fail(e, SR_MISUSE, "coefficient %zu of %zu indices", which, count);
	sr_scalar_of_u8(top, 1);
	sr_scalar_of_u8(bottom, 1);
	sr_scalar_of_u8(own, index[which]);
	for (size_t j = 0; j < count; j++) {
		if (j == which)
			continue;
		sr_scalar_of_u8(at, index[j]);
		sr_scalar_mul(top, top, at);
		crypto_core_ristretto255_scalar_sub(at, at, own);
		sr_scalar_mul(bottom, bottom, at);
	}
	/* not zero: the indices differ and L is a prime far above 32 */
	rc = crypto_core_ristretto255_scalar_invert(bottom, bottom);
	assert(rc == 0);
	sr_scalar_mul(out, top, bottom);
	return 0;
}

void sr_poly_eval(
	uint8_t out[SR_SCALAR], const uint8_t (*coef)[SR_SCALAR], size_t count, uint8_t v) {
	uint8_t at[SR_SCALAR], sum[SR_SCALAR] = {0};

	sr_scalar_of_u8(at, v);
	for (size_t i = count; i-- > 0;) {
		sr_scalar_mul(sum, sum, at);
		sr_scalar_add(sum, sum, coef[i]);
	}
	memcpy(out, sum, SR_SCALAR);
	sr_wipe(sum, sizeof sum);
}

int sr_poly_eval_points(uint8_t out[SR_POINT], const uint8_t (*commit)[SR_POINT], size_t count,
	uint8_t v, struct sr_err *e) {
	uint8_t at[SR_SCALAR], sum[SR_POINT];
	int rc;

	if (count < 1)
		return sr_fail(e, SR_MISUSE, "a polynomial without commitments");
	sr_scalar_of_u8(at, v);
	memcpy(sum, commit[count - 1], SR_POINT);
	if ((rc = sr_point_check(sum, e)) != 0)
		return rc;
	for (size_t i = count - 1; i-- > 0;) {
		if ((rc = sr_point_mul(sum, at, sum, e)) != 0 ||
			(rc = sr_point_add(sum, sum, commit[i], e)) != 0)
			return rc;
	}
	memcpy(out, sum, SR_POINT);
	return 0;
}
