/*
 * group - ristretto255 (RFC 9496) through libsodium: the prime-order group of the threshold scheme.
 *
 * Order L = 2^252 + 27742317777372353535851937790883648493. Points are 32-byte canonical encodings,
 * scalars 32 bytes little-endian. Rules that libsodium does not keep for us and that every function
 * here keeps:
 *   - a point from outside is a valid encoding and not the identity (libsodium decodes 32 zero
 *   bytes);
 *   - a scalar from outside is not zero and equals its own reduction (libsodium takes s + L, and
 *   ignores bit 255);
 *   - a result that is the identity is a failure, never a value. For honest inputs it has
 *   probability about 2^-252.
 * Multiplications and scalar arithmetic take constant time in the scalar. Lagrange coefficients and
 * index checks depend on public indices only. Generators: B, the standard base; G' = hash to the
 * group of a fixed label, whose logarithm to B nobody knows. Thread-safe.
 */
#ifndef SR_CRYPTO_GROUP_H
#define SR_CRYPTO_GROUP_H

#include "base/limits.h"
#include "crypto/hash.h"

enum {
	SR_SCALAR = 32,
	SR_POINT = 32
};

/* CORRUPT "scalar is zero" or "scalar is not reduced mod L". Constant time in the value when it is
 * good. */
SR_MUST int sr_scalar_check(const uint8_t s[SR_SCALAR], struct sr_err *e);
/* CORRUPT "point is the identity" or "point is not a valid ristretto255 encoding". */
SR_MUST int sr_point_check(const uint8_t p[SR_POINT], struct sr_err *e);

/* Finish a hash begun with sr_hash_init64: 64 bytes reduced mod L (bias below 2^-250). */
void sr_scalar_of_hash(uint8_t out[SR_SCALAR], struct sr_hash *h);
/* Finish a hash begun with sr_hash_init64: RFC 9496 section 4.3.4 (two Elligator maps). The
 * logarithm is unknown. */
void sr_point_of_hash(uint8_t out[SR_POINT], struct sr_hash *h);

void sr_scalar_add(uint8_t out[SR_SCALAR], const uint8_t a[SR_SCALAR], const uint8_t b[SR_SCALAR]);
void sr_scalar_mul(uint8_t out[SR_SCALAR], const uint8_t a[SR_SCALAR], const uint8_t b[SR_SCALAR]);
void sr_scalar_of_u8(uint8_t out[SR_SCALAR], uint8_t v);

/* The encodings of B and of G' = hash to the group of "strongroom/second-generator/v1". */
void sr_group_base(uint8_t out[SR_POINT]);
void sr_group_second(uint8_t out[SR_POINT]);

/* s*B; s*P; P+Q; P-Q. CORRUPT if an input point is invalid or the result is the identity. ${out}
 * may be an input. Scalars are not checked here: whoever takes one from outside calls
 * sr_scalar_check. */
SR_MUST int sr_point_mul_base(uint8_t out[SR_POINT], const uint8_t s[SR_SCALAR], struct sr_err *e);
SR_MUST int sr_point_mul(uint8_t out[SR_POINT], const uint8_t s[SR_SCALAR],
	const uint8_t p[SR_POINT], struct sr_err *e);
SR_MUST int sr_point_add(uint8_t out[SR_POINT], const uint8_t p[SR_POINT],
	const uint8_t q[SR_POINT], struct sr_err *e);
SR_MUST int sr_point_sub(uint8_t out[SR_POINT], const uint8_t p[SR_POINT],
	const uint8_t q[SR_POINT], struct sr_err *e);

/* What every verifier of a (challenge c, response z) proof recomputes: z*base - c*x, the prover's
 * commitment if the
 * proof is honest. ${base} NULL means B. c and z must have been checked. */
SR_MUST int sr_point_recommit(uint8_t out[SR_POINT], const uint8_t z[SR_SCALAR],
	const uint8_t *base, const uint8_t c[SR_SCALAR], const uint8_t x[SR_POINT],
	struct sr_err *e);

/* ${count} member indices in 1..SR_BOARD_MEMBERS_MAX, all different, 1 <= count <= 32; CORRUPT
 * names the bad one. */
SR_MUST int sr_indices_check(const uint8_t *index, size_t count, struct sr_err *e);
/* The Lagrange coefficient at 0 of index[which] in the set: prod over j != which of index[j] /
 * (index[j] - index[which]) mod L, so that sum of coefficient_i * f(index_i) = f(0) for every f of
 * degree < count. Checks the set. */
SR_MUST int sr_lagrange_at_zero(
	uint8_t out[SR_SCALAR], const uint8_t *index, size_t count, size_t which, struct sr_err *e);

/* The polynomial coef[0] + coef[1]*v + ... (${count} secret coefficients) at v; constant time in
 * the coefficients. */
void sr_poly_eval(
	uint8_t out[SR_SCALAR], const uint8_t (*coef)[SR_SCALAR], size_t count, uint8_t v);
/* The same in the exponent: commit[0] + v*commit[1] + v^2*commit[2] + ..., v in 1..32 (Feldman
 * 1987). */
SR_MUST int sr_poly_eval_points(uint8_t out[SR_POINT], const uint8_t (*commit)[SR_POINT],
	size_t count, uint8_t v, struct sr_err *e);

#endif
