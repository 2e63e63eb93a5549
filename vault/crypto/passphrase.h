/*
 * passphrase - small secrets sealed under a passphrase (Argon2id, RFC 9106; 64 MiB, 3 passes) or a
 * credential.
 *
 *   "strongroom/<what>/v1\n" type line, then text lines (base/text.h): `salt <b64 16>`, `ops
 * <dec>`, `mem <dec bytes>`, or `credential <hash>`; public lines given by the caller (bound as
 * associated data); `sealed <b64>` last. ops and mem of a file are capped (10 passes, 1 GiB) before
 * any work. A credential is 32 or more random bytes in a file.
 */
#ifndef SR_CRYPTO_PASSPHRASE_H
#define SR_CRYPTO_PASSPHRASE_H

#include "base/text.h"
#include "crypto/aead.h"

/* Either passphrase or credential is used: whichever has p != NULL. */
struct sr_unlock {
	struct sr_bytes passphrase;
	struct sr_bytes credential;
};

/* Append the sealed text to ${out}. ${publics}: whole "key value\n" lines, may be empty. */
SR_MUST int sr_passphrase_seal(struct sr_buf *out, const char *type, struct sr_bytes publics,
	const struct sr_unlock *u, struct sr_bytes secret, struct sr_err *e);
/* ${secret} should be a secret buffer. AUTH "wrong passphrase" (or credential); CORRUPT;
 * UNSUPPORTED type version. */
SR_MUST int sr_passphrase_open(struct sr_buf *secret, const char *type, const struct sr_unlock *u,
	struct sr_bytes file, struct sr_err *e);
#ifdef SR_TESTING
void sr_passphrase_cheap(void); /* 8 MiB, 1 pass for new seals: tests make hundreds */
#endif

#endif
