/*
 * identity - a person's Ed25519 seed in a passphrase-sealed file.
 */
#ifndef SR_CRYPTO_IDENTITY_H
#define SR_CRYPTO_IDENTITY_H

#include "crypto/passphrase.h"
#include "crypto/sign.h"

struct sr_identity {
	uint8_t *seed; /* SR_SEED bytes in the secret arena; wiped by free */
	uint8_t pk[SR_PK];
	char person[SR_PERSON_TEXT];
};

SR_MUST int sr_identity_new(struct sr_identity *out, struct sr_err *e);
SR_MUST int sr_identity_from_seed(
	struct sr_identity *out, const uint8_t seed[SR_SEED], struct sr_err *e);
void sr_identity_free(struct sr_identity *id);
/* The file's text; public lines: `person`, `key`. */
SR_MUST int sr_identity_seal(struct sr_buf *out, const struct sr_identity *id,
	const struct sr_unlock *u, struct sr_err *e);
SR_MUST int sr_identity_open(
	struct sr_identity *out, struct sr_bytes file, const struct sr_unlock *u, struct sr_err *e);
/* Without a passphrase: who it says it is. */
SR_MUST int sr_identity_peek(
	char person[SR_PERSON_TEXT], uint8_t pk[SR_PK], struct sr_bytes file, struct sr_err *e);

/* The hash that stands for free text in statements: BLAKE2b(salt; "strongroom/text/v1", text). */
void sr_text_commit(uint8_t out[SR_HASH], const uint8_t salt[SR_SALT], struct sr_bytes text);

/* age recipient (bech32 "age1...") of a signing key, and the age identity's X25519 secret is
 * sr_box_sk_of_seed. */
SR_MUST int sr_identity_age_recipient(char out[64], const uint8_t pk[SR_PK], struct sr_err *e);

#endif
