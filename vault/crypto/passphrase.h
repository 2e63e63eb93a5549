/*
 * passphrase - small secrets sealed under a passphrase (Argon2id, RFC 9106; 64 MiB, 3 passes) or a
 * credential.
 *
 *   strongroom/<what>/v<n>     type line
 *   salt <base64 of 16>        with a passphrase: these three,
 *   ops <decimal>              1 to SR_ARGON_OPS_MAX passes,
 *   mem <decimal bytes>        8192 to SR_ARGON_MEM_MAX
 *   credential <hex of 32>     or this: BLAKE2b("strongroom/credential-id/v1", credential)
 *   ...                        public lines given by the caller, with other keys than these
 *   sealed <base64>            aead (crypto/aead.h) labelled with the type; all lines before this
 *                              one are its associated data
 *
 * The key is BLAKE2b("strongroom/passphrase-key/v1", Argon2id output), or
 * BLAKE2b("strongroom/credential-key/v1", credential). Numbers are checked before any work. A
 * credential is 32 or more random bytes in a file.
 */
#ifndef SR_CRYPTO_PASSPHRASE_H
#define SR_CRYPTO_PASSPHRASE_H

#include "base/text.h"
#include "crypto/aead.h"

enum {
	SR_CREDENTIAL_MIN = 32 /* bytes: a credential is used without stretching */
};

/* What unlocks: the passphrase or the credential, the other has p == NULL. With both, open takes
 * the one that the file asks for, and seal refuses (MISUSE). */
struct sr_unlock {
	struct sr_bytes passphrase; /* 1 to SR_PASSPHRASE_MAX bytes, else USAGE */
	struct sr_bytes credential; /* SR_CREDENTIAL_MIN bytes or more, else USAGE */
};

/* Append the sealed text to ${out}. ${publics}: whole "key value\n" lines, may be empty. On failure
 * ${out} is as before. */
SR_MUST int sr_passphrase_seal(struct sr_buf *out, const char *type, struct sr_bytes publics,
	const struct sr_unlock *u, struct sr_bytes secret, struct sr_err *e);
/* Append the secret to ${secret}, which should be a secret buffer. AUTH "wrong passphrase" (or
 * credential), also when a public line was altered; CORRUPT; LIMIT: ops or mem outside of the caps;
 * UNSUPPORTED: another version of the type; USAGE: the file asks for the other way to unlock. */
SR_MUST int sr_passphrase_open(struct sr_buf *secret, const char *type, const struct sr_unlock *u,
	struct sr_bytes file, struct sr_err *e);
/* Check ${file} without unlocking it, and leave its lines in ${t} (free with sr_text_free). */
SR_MUST int sr_passphrase_parse(
	struct sr_text *t, const char *type, struct sr_bytes file, struct sr_err *e);
#ifdef SR_TESTING
void sr_passphrase_cheap(void); /* 64 KiB, 1 pass for new seals: tests open thousands */
#endif

#endif
