/*
 * identity - a person's Ed25519 seed in a passphrase-sealed file.
 *
 *   strongroom/identity/v1
 *   salt, ops, mem | credential     crypto/passphrase.h
 *   person p-<16 hex>               the person's name: of their first key, kept over a new key
 *   key <base64 of 32>              the public key of this seed
 *   sealed <base64>                 the seed, 32 bytes
 *
 * Both public lines are bound by the seal, and open checks that seed and key belong together.
 */
#ifndef SR_CRYPTO_IDENTITY_H
#define SR_CRYPTO_IDENTITY_H

#include "crypto/passphrase.h"
#include "crypto/sign.h"

struct sr_identity {
	uint8_t *seed; /* SR_SEED bytes in the secret arena; wiped by free */
	uint8_t pk[SR_PK];
	char person[SR_PERSON_TEXT]; /* the caller sets the old name after a change of key */
};

/* A fresh key, or the key of ${seed}; the name is that of the key. NOMEM or LIMIT: the arena. */
SR_MUST int sr_identity_new(struct sr_identity *out, struct sr_err *e);
SR_MUST int sr_identity_from_seed(
	struct sr_identity *out, const uint8_t seed[SR_SEED], struct sr_err *e);
void sr_identity_free(struct sr_identity *id); /* may be called again */
/* Append the file's text. */
SR_MUST int sr_identity_seal(struct sr_buf *out, const struct sr_identity *id,
	const struct sr_unlock *u, struct sr_err *e);
/* Failures as sr_passphrase_open. ${out} is empty (seed NULL) then. */
SR_MUST int sr_identity_open(
	struct sr_identity *out, struct sr_bytes file, const struct sr_unlock *u, struct sr_err *e);
/* Without a passphrase: who the file says it is. */
SR_MUST int sr_identity_peek(
	char person[SR_PERSON_TEXT], uint8_t pk[SR_PK], struct sr_bytes file, struct sr_err *e);

/* The hash that stands for free text in statements: BLAKE2b(salt; "strongroom/text/v1", text). */
void sr_text_commit(uint8_t out[SR_HASH], const uint8_t salt[SR_SALT], struct sr_bytes text);

/* The age recipient ("age1...", 62 characters, terminated) of a signing key; the secret of that
 * recipient is sr_box_sk_of_seed. AUTH if the key does not convert. */
SR_MUST int sr_identity_age_recipient(char out[64], const uint8_t pk[SR_PK], struct sr_err *e);

#endif
