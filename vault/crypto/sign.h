/*
 * sign - Ed25519 (RFC 8032) signatures. X25519 keys made from signing keys are box.h's business.
 *
 * A person's key signs only texts that begin "strongroom/"; sr_sign refuses others (MISUSE).
 * Verification is libsodium's, without cofactor: it refuses public keys and R of small order,
 * public keys that are not canonical, and s >= L.
 */
#ifndef SR_CRYPTO_SIGN_H
#define SR_CRYPTO_SIGN_H

#include "crypto/hash.h"

enum {
	SR_SEED = 32,
	SR_PK = 32,
	SR_SIG = 64
};

void sr_sign_public(uint8_t pk[SR_PK], const uint8_t seed[SR_SEED]);
SR_MUST int sr_sign(
	uint8_t sig[SR_SIG], const uint8_t seed[SR_SEED], struct sr_bytes text, struct sr_err *e);
/* For formats whose text is fixed elsewhere (checkpoints, cosignatures): any text. */
void sr_sign_raw(uint8_t sig[SR_SIG], const uint8_t seed[SR_SEED], struct sr_bytes text);
/* 0 or AUTH. */
SR_MUST int sr_verify(
	const uint8_t sig[SR_SIG], const uint8_t pk[SR_PK], struct sr_bytes text, struct sr_err *e);

/* "p-" and 16 hex digits of BLAKE2b("strongroom/person/v1", pk), terminated. */
enum {
	SR_PERSON_TEXT = 19
};
void sr_person_name(char out[SR_PERSON_TEXT], const uint8_t pk[SR_PK]);

#endif
