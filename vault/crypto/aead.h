/*
 * aead - sealed bytes under a symmetric key, with a commitment to the key that is checked first.
 *
 *   offset  size  meaning
 *        0    24  nonce, fresh random
 *       24    32  commitment = BLAKE2b(key; "strongroom/aead-commit/v1", label, nonce)
 *       56     n  XChaCha20-Poly1305 ciphertext,
 *                 associated data = le64 len(label) label le64 len(ad) ad
 *     56+n    16  tag
 *
 * under BLAKE2b(key; "strongroom/aead-key/v1", label, nonce). The label says what is sealed, ${ad}
 * says where (vault, kind, place). XChaCha20-Poly1305 alone does not commit to its key (specs A9).
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
/* ${out} gets sealed.len - SR_AEAD_OVERHEAD bytes. AUTH: "key commitment does not match" or "tag
 * does not verify"; CORRUPT when too short. ${out} is zeroed on failure. */
SR_MUST int sr_aead_open(uint8_t *out, const uint8_t key[SR_KEY], const char *label,
	struct sr_bytes ad, struct sr_bytes sealed, struct sr_err *e);
/* The same, appending to buffers (make ${out} of open secret if the plaintext is). */
SR_MUST int sr_aead_seal_buf(struct sr_buf *out, const uint8_t key[SR_KEY], const char *label,
	struct sr_bytes ad, struct sr_bytes plain, struct sr_err *e);
SR_MUST int sr_aead_open_buf(struct sr_buf *out, const uint8_t key[SR_KEY], const char *label,
	struct sr_bytes ad, struct sr_bytes sealed, struct sr_err *e);

#endif
