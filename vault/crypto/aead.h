/*
 * aead - sealed bytes under a symmetric key, with a commitment to the key that is checked first.
 *
 *   offset  size  meaning
 *        0    24  nonce, fresh random
 *       24    32  commitment = BLAKE2b(key; "strongroom/aead-commit/v1", label, nonce)
 *       56     n  XChaCha20-Poly1305 ciphertext
 *     56+n    16  tag
 *
 * The cipher runs under BLAKE2b(key; "strongroom/aead-key/v1", label, nonce) with the associated
 * data BLAKE2b("strongroom/aead-ad/v1", label, ad): a hash, so that sealing needs no memory and
 * cannot fail. The label says what is sealed, ${ad} says where (vault, kind, place).
 * XChaCha20-Poly1305 alone does not commit to its key (one ciphertext can be made that opens under
 * two).
 */
#ifndef SR_CRYPTO_AEAD_H
#define SR_CRYPTO_AEAD_H

#include "crypto/hash.h"

enum {
	SR_NONCE = 24,
	SR_TAG = 16,
	SR_AEAD_OVERHEAD = SR_NONCE + SR_HASH + SR_TAG
};

/* ${out} gets plain.len + SR_AEAD_OVERHEAD bytes; it must not overlap the input. Cannot fail. */
void sr_aead_seal(uint8_t *out, const uint8_t key[SR_KEY], const char *label, struct sr_bytes ad,
	struct sr_bytes plain);
/* ${out} gets sealed.len - SR_AEAD_OVERHEAD bytes and must not overlap the input; it is zeroed on
 * failure. AUTH: "key commitment does not match" or "tag does not verify"; CORRUPT when too short.
 */
SR_MUST int sr_aead_open(uint8_t *out, const uint8_t key[SR_KEY], const char *label,
	struct sr_bytes ad, struct sr_bytes sealed, struct sr_err *e);
/* The same, appending to buffers (make ${out} of open secret if the plaintext is). On failure
 * ${out} is as before. */
SR_MUST int sr_aead_seal_buf(struct sr_buf *out, const uint8_t key[SR_KEY], const char *label,
	struct sr_bytes ad, struct sr_bytes plain, struct sr_err *e);
SR_MUST int sr_aead_open_buf(struct sr_buf *out, const uint8_t key[SR_KEY], const char *label,
	struct sr_bytes ad, struct sr_bytes sealed, struct sr_err *e);

#ifdef SR_TESTING
/* The bare cipher, for published vectors: ${out} gets len + SR_TAG, or len - SR_TAG bytes (AUTH).
 */
void sr_aead_bare_seal(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_NONCE],
	struct sr_bytes ad, struct sr_bytes plain);
SR_MUST int sr_aead_bare_open(uint8_t *out, const uint8_t key[SR_KEY],
	const uint8_t nonce[SR_NONCE], struct sr_bytes ad, struct sr_bytes sealed);
#endif

#endif
