/*
 * box - see box.h, which has the table of the format.
 *
 * Invariants: an ephemeral key serves one seal and is wiped; the KDF sees both public keys as
 * bytes, so another encoding of the same point gives another key; a shared secret of zero never
 * gets there.
 */
#include "crypto/box.h"

#include <assert.h>

#include <sodium.h>

_Static_assert((int)SR_X_PK == (int)crypto_scalarmult_curve25519_BYTES, "X25519 public key");
_Static_assert((int)SR_X_SK == (int)crypto_scalarmult_curve25519_SCALARBYTES, "X25519 secret key");

void sr_box_public(uint8_t pk[SR_X_PK], const uint8_t sk[SR_X_SK]) {
	int rc = crypto_scalarmult_curve25519_base(pk, sk);

	assert(rc == 0);
	(void)rc;
}

void sr_box_keypair(uint8_t pk[SR_X_PK], uint8_t sk[SR_X_SK]) {
	sr_random(sk, SR_X_SK);
	sr_box_public(pk, sk);
}

int sr_box_pk_of_sign(uint8_t pk[SR_X_PK], const uint8_t sign_pk[SR_PK], struct sr_err *e) {
	if (crypto_core_ed25519_is_valid_point(sign_pk) != 1 ||
		crypto_sign_ed25519_pk_to_curve25519(pk, sign_pk) != 0)
		return sr_fail(e, SR_AUTH,
			"signing key is not a canonical point of the prime-order group");
	return 0;
}

void sr_box_sk_of_seed(uint8_t sk[SR_X_SK], const uint8_t seed[SR_SEED]) {
	uint8_t sign_pk[SR_PK], sign_sk[crypto_sign_ed25519_SECRETKEYBYTES];
	int rc = crypto_sign_ed25519_seed_keypair(sign_pk, sign_sk, seed);

	assert(rc == 0);
	rc = crypto_sign_ed25519_sk_to_curve25519(sk, sign_sk);
	assert(rc == 0);
	(void)rc;
	sr_wipe(sign_sk, sizeof sign_sk);
}

void sr_box_request_sk(uint8_t sk[SR_X_SK], const uint8_t seed[SR_SEED], struct sr_bytes vault,
	struct sr_bytes request_id) {
	SR_HASH_OF(sk, "strongroom/request-key/v1", seed, vault, request_id);
}

/* 0, or AUTH when the result is zero. */
static int x25519(uint8_t out[32], const uint8_t sk[SR_X_SK], const uint8_t pk[SR_X_PK]) {
	const int rc = crypto_scalarmult_curve25519(out, sk, pk);

	sr_public(&rc, sizeof rc); /* whether ${pk} is of low order */
	return rc == 0 ? 0 : SR_AUTH;
}

int sr_box_pk_check(const uint8_t pk[SR_X_PK], struct sr_err *e) {
	/* Clamping makes it a multiple of 8, and not of the prime order: the result is zero for
	 * points of low order alone. */
	static const uint8_t any[SR_X_SK] = {1};
	uint8_t out[32];

	return x25519(out, any, pk) == 0 ? 0 : sr_fail(e, SR_AUTH, "public key of low order");
}

/* What goes into a box's key besides the shared secret. */
struct parts {
	const char *kind; /* the hash's label */
	const char *label;
	const uint8_t *eph_pk;
	const uint8_t *pk;
	struct sr_bytes context;
	const struct sr_bytes *bind; /* NULL: the kind has no such field */
};

static int box_key(uint8_t out[SR_KEY], const uint8_t sk[SR_X_SK], const uint8_t their_pk[SR_X_PK],
	const struct parts *t, struct sr_err *e) {
	struct sr_hash h;
	uint8_t dh[32];
	int rc = x25519(dh, sk, their_pk);

	if (rc != 0) {
		rc = sr_fail(e, SR_AUTH, "X25519 shared secret is zero (public key of low order)");
		sr_wipe(out, SR_KEY);
		goto out;
	}
	sr_hash_init(&h, t->kind, NULL);
	sr_hash_field(&h, sr_bytes_str(t->label));
	sr_hash_field(&h, sr_bytes_of(dh, sizeof dh));
	sr_hash_field(&h, sr_bytes_of(t->eph_pk, SR_X_PK));
	sr_hash_field(&h, sr_bytes_of(t->pk, SR_X_PK));
	sr_hash_field(&h, t->context);
	if (t->bind != NULL)
		sr_hash_field(&h, *t->bind);
	sr_hash_final(&h, out);
out:
	sr_wipe(dh, sizeof dh);
	return rc;
}

int sr_box_shared(uint8_t out[SR_KEY], const uint8_t sk[SR_X_SK], const uint8_t their_pk[SR_X_PK],
	const uint8_t eph_pk[SR_X_PK], const uint8_t recipient_pk[SR_X_PK], const char *label,
	struct sr_bytes context, struct sr_err *e) {
	const struct parts t = {
		"strongroom/box-shared/v1", label, eph_pk, recipient_pk, context, NULL};

	return box_key(out, sk, their_pk, &t, e);
}

void sr_box_record_key(uint8_t out[SR_KEY], const uint8_t shared[SR_KEY], struct sr_bytes item) {
	SR_HASH_OF(out, "strongroom/record/v1", shared, item);
}

/* What a box is sealed with and to. */
struct ends {
	const uint8_t *eph_sk;
	const uint8_t *pk;
	struct sr_bytes bind;
};

static int seal_with(struct sr_buf *out, const struct ends *ends, const char *label,
	struct sr_bytes context, struct sr_bytes plain, struct sr_err *e) {
	uint8_t eph_pk[SR_X_PK], key[SR_KEY];
	const struct parts t = {"strongroom/box/v1", label, eph_pk, ends->pk, context, &ends->bind};
	size_t len;
	int rc;

	sr_box_public(eph_pk, ends->eph_sk);
	if ((rc = box_key(key, ends->eph_sk, ends->pk, &t, e)) != 0 ||
		(rc = sr_add_size(&len, plain.len, SR_BOX_OVERHEAD, e)) != 0 ||
		(rc = sr_buf_reserve(out, len, e)) != 0)
		goto out;
	memcpy(out->p + out->len, eph_pk, SR_X_PK);
	sr_aead_seal(out->p + out->len + SR_X_PK, key, label, context, plain);
	out->len += len;
out:
	sr_wipe(key, sizeof key);
	return rc;
}

int sr_box_seal(struct sr_buf *out, const uint8_t pk[SR_X_PK], struct sr_bytes bind,
	const char *label, struct sr_bytes context, struct sr_bytes plain, struct sr_err *e) {
	uint8_t eph_sk[SR_X_SK];
	const struct ends ends = {eph_sk, pk, bind};
	int rc;

	sr_random(eph_sk, sizeof eph_sk);
	rc = seal_with(out, &ends, label, context, plain, e);
	sr_wipe(eph_sk, sizeof eph_sk);
	return rc;
}

int sr_box_open(struct sr_buf *out, const uint8_t sk[SR_X_SK], struct sr_bytes bind,
	const char *label, struct sr_bytes context, struct sr_bytes sealed, struct sr_err *e) {
	uint8_t pk[SR_X_PK], key[SR_KEY];
	const struct parts t = {"strongroom/box/v1", label, sealed.p, pk, context, &bind};
	int rc;

	if (sealed.len < SR_BOX_OVERHEAD)
		return sr_fail(e, SR_CORRUPT, "sealed box: have %zu bytes, want %d or more",
			sealed.len, SR_BOX_OVERHEAD);
	sr_box_public(pk, sk);
	if ((rc = box_key(key, sk, sealed.p, &t, e)) != 0)
		goto out;
	rc = sr_aead_open_buf(
		out, key, label, context, sr_bytes_of(sealed.p + SR_X_PK, sealed.len - SR_X_PK), e);
out:
	sr_wipe(key, sizeof key);
	return rc;
}

int sr_box_seal_person(struct sr_buf *out, const uint8_t sign_pk[SR_PK], const char *label,
	struct sr_bytes context, struct sr_bytes plain, struct sr_err *e) {
	uint8_t pk[SR_X_PK];
	int rc = sr_box_pk_of_sign(pk, sign_pk, e);

	if (rc != 0)
		return rc;
	return sr_box_seal(out, pk, sr_bytes_of(sign_pk, SR_PK), label, context, plain, e);
}

int sr_box_open_person(struct sr_buf *out, const uint8_t seed[SR_SEED], const char *label,
	struct sr_bytes context, struct sr_bytes sealed, struct sr_err *e) {
	uint8_t sk[SR_X_SK], sign_pk[SR_PK];
	int rc;

	sr_sign_public(sign_pk, seed);
	sr_box_sk_of_seed(sk, seed);
	rc = sr_box_open(out, sk, sr_bytes_of(sign_pk, SR_PK), label, context, sealed, e);
	sr_wipe(sk, sizeof sk);
	return rc;
}

int sr_box_seal_person_with(struct sr_buf *out, const uint8_t eph_sk[SR_X_SK],
	const uint8_t sign_pk[SR_PK], const char *label, struct sr_bytes context,
	struct sr_bytes plain, struct sr_err *e) {
	uint8_t pk[SR_X_PK];
	const struct ends ends = {eph_sk, pk, sr_bytes_of(sign_pk, SR_PK)};
	int rc = sr_box_pk_of_sign(pk, sign_pk, e);

	if (rc != 0)
		return rc;
	return seal_with(out, &ends, label, context, plain, e);
}

int sr_box_open_sent(struct sr_buf *out, const uint8_t eph_sk[SR_X_SK],
	const uint8_t sign_pk[SR_PK], const char *label, struct sr_bytes context,
	struct sr_bytes sealed, struct sr_err *e) {
	uint8_t eph_pk[SR_X_PK], pk[SR_X_PK], key[SR_KEY];
	const struct sr_bytes bind = sr_bytes_of(sign_pk, SR_PK);
	const struct parts t = {"strongroom/box/v1", label, eph_pk, pk, context, &bind};
	int rc;

	if (sealed.len < SR_BOX_OVERHEAD)
		return sr_fail(e, SR_CORRUPT, "sealed box: have %zu bytes, want %d or more",
			sealed.len, SR_BOX_OVERHEAD);
	sr_box_public(eph_pk, eph_sk);
	if (memcmp(eph_pk, sealed.p, SR_X_PK) != 0)
		return sr_fail(e, SR_AUTH, "ephemeral secret is not that of this box");
	if ((rc = sr_box_pk_of_sign(pk, sign_pk, e)) != 0 ||
		(rc = box_key(key, eph_sk, pk, &t, e)) != 0)
		goto out;
	rc = sr_aead_open_buf(
		out, key, label, context, sr_bytes_of(sealed.p + SR_X_PK, sealed.len - SR_X_PK), e);
out:
	sr_wipe(key, sizeof key);
	return rc;
}

#ifdef SR_TESTING
int sr_box_bare_x25519(uint8_t out[32], const uint8_t sk[SR_X_SK], const uint8_t pk[SR_X_PK]) {
	return x25519(out, sk, pk);
}
#endif
