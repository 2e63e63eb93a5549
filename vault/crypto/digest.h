/*
 * digest - the digests that others write beside their files: md5, sha1, sha224, sha256, sha384,
 * sha512 (libcrypto's). Ours are in crypto/hash.h; md5 and sha1 protect from accidents only, and
 * nothing here is ever signed or chosen by one of them.
 */
#ifndef SR_CRYPTO_DIGEST_H
#define SR_CRYPTO_DIGEST_H

#include "base/bytes.h"

enum {
	SR_DIGEST_MAX = 64 /* bytes */
};

enum sr_digest_kind {
	SR_DIGEST_MD5,
	SR_DIGEST_SHA1,
	SR_DIGEST_SHA224,
	SR_DIGEST_SHA256,
	SR_DIGEST_SHA384,
	SR_DIGEST_SHA512,
	SR_DIGEST_KINDS
};

/* "md5", ... ; false: another word. */
bool sr_digest_named(enum sr_digest_kind *out, struct sr_bytes name);
const char *sr_digest_name(enum sr_digest_kind k);
size_t sr_digest_size(enum sr_digest_kind k);

/* One of them, in pieces; may be used again after reset. */
struct sr_digest;
SR_MUST int sr_digest_new(struct sr_digest **out, enum sr_digest_kind k, struct sr_err *e);
void sr_digest_update(struct sr_digest *d, const void *p, size_t len);
void sr_digest_final(struct sr_digest *d, uint8_t out[SR_DIGEST_MAX]); /* rest zero */
SR_MUST int sr_digest_reset(struct sr_digest *d, struct sr_err *e);
void sr_digest_free(struct sr_digest *d); /* NULL allowed */

#endif
