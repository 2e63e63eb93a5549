/*
 * box - sealing to an X25519 public key, without a sender (who sent it is a signature's business).
 *
 *   offset  size  meaning
 *        0    32  ephemeral public key E
 *       32     .  aead (crypto/aead.h) with the same label, ${context} as its associated data,
 * under BLAKE2b("strongroom/box/v1"; label, X25519(e, pk), E, pk, context, bind)
 *
 * ${context} says vault, kind and place; ${bind} is the recipient's Ed25519 key where pk was
 * converted from one (A and -A convert alike), else empty. All-zero shared secrets are refused.
 */
#ifndef SR_CRYPTO_BOX_H
#define SR_CRYPTO_BOX_H

#include "crypto/aead.h"
#include "crypto/sign.h"

enum {
	SR_X_PK = 32,
	SR_X_SK = 32,
	SR_BOX_OVERHEAD = SR_X_PK + SR_AEAD_OVERHEAD
};

void sr_box_keypair(uint8_t pk[SR_X_PK], uint8_t sk[SR_X_SK]);
void sr_box_public(uint8_t pk[SR_X_PK], const uint8_t sk[SR_X_SK]);
/* X25519 from Ed25519; AUTH unless the key is a canonical point of the prime-order group. */
SR_MUST int sr_box_pk_of_sign(uint8_t pk[SR_X_PK], const uint8_t sign_pk[SR_PK], struct sr_err *e);
void sr_box_sk_of_seed(uint8_t sk[SR_X_SK], const uint8_t seed[SR_SEED]);
/* A request key: X25519 secret = KDF(seed; "strongroom/request-key/v1", vault fingerprint, id). */
void sr_box_request_sk(uint8_t sk[SR_X_SK], const uint8_t seed[SR_SEED], struct sr_bytes vault,
	struct sr_bytes request_id);

/* Appends; on failure ${out} is as before. AUTH: ${pk} is of low order. */
SR_MUST int sr_box_seal(struct sr_buf *out, const uint8_t pk[SR_X_PK], struct sr_bytes bind,
	const char *label, struct sr_bytes context, struct sr_bytes plain, struct sr_err *e);
/* AUTH: as sr_aead_open, or E is of low order; CORRUPT when too short. */
SR_MUST int sr_box_open(struct sr_buf *out, const uint8_t sk[SR_X_SK], struct sr_bytes bind,
	const char *label, struct sr_bytes context, struct sr_bytes sealed, struct sr_err *e);
/* To a person: pk converted from their Ed25519 key, which is bound. */
SR_MUST int sr_box_seal_person(struct sr_buf *out, const uint8_t sign_pk[SR_PK], const char *label,
	struct sr_bytes context, struct sr_bytes plain, struct sr_err *e);
SR_MUST int sr_box_open_person(struct sr_buf *out, const uint8_t seed[SR_SEED], const char *label,
	struct sr_bytes context, struct sr_bytes sealed, struct sr_err *e);

/* For a sender who must be able to show later what was in a box (crypto/dkg.h): the ephemeral
 * secret is the caller's, who derives it for this one box and wipes it; to a person as above. */
SR_MUST int sr_box_seal_person_with(struct sr_buf *out, const uint8_t eph_sk[SR_X_SK],
	const uint8_t sign_pk[SR_PK], const char *label, struct sr_bytes context,
	struct sr_bytes plain, struct sr_err *e);
/* Open such a box with its ephemeral secret instead of the recipient's. AUTH also when E is not the
 * public half of ${eph_sk}. */
SR_MUST int sr_box_open_sent(struct sr_buf *out, const uint8_t eph_sk[SR_X_SK],
	const uint8_t sign_pk[SR_PK], const char *label, struct sr_bytes context,
	struct sr_bytes sealed, struct sr_err *e);

/* AUTH: ${pk} is of low order, so nobody can seal to it or open what it sealed. */
SR_MUST int sr_box_pk_check(const uint8_t pk[SR_X_PK], struct sr_err *e);

/* One ephemeral key for many records (a vote's bundle): the key that (e, recipient) and
 * (recipient's secret, E) share. ${sk} and ${their_pk} are either pair; ${eph_pk} is E.
 * BLAKE2b("strongroom/box-shared/v1"; label, X25519(sk, their_pk), E, recipient, context).
 * AUTH: ${their_pk} is of low order; ${out} is then zeroed. */
SR_MUST int sr_box_shared(uint8_t out[SR_KEY], const uint8_t sk[SR_X_SK],
	const uint8_t their_pk[SR_X_PK], const uint8_t eph_pk[SR_X_PK],
	const uint8_t recipient_pk[SR_X_PK], const char *label, struct sr_bytes context,
	struct sr_err *e);
/* The key of one record under it: KDF(shared; "strongroom/record/v1", item id). */
void sr_box_record_key(uint8_t out[SR_KEY], const uint8_t shared[SR_KEY], struct sr_bytes item);

#ifdef SR_TESTING
/* The bare X25519, for published vectors: 0, or AUTH for an all-zero result. */
SR_MUST int sr_box_bare_x25519(
	uint8_t out[32], const uint8_t sk[SR_X_SK], const uint8_t pk[SR_X_PK]);
#endif

#endif
