/*
 * chacha - ChaCha20-Poly1305 (RFC 8439) and XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), each by
 * the faster of two libraries.
 *
 * One cipher, two implementations that give the same bytes: libsodium's takes no memory and cannot
 * fail; libcrypto's uses AVX-512 and AVX2 for both halves (libsodium has SSE2 alone for Poly1305)
 * and takes a context from the heap. From SR_CHACHA_LONG bytes on it is libcrypto's, unless it has
 * none of it (FIPS) or no memory, or the process had too little of them yet to wake it for; then,
 * and for what is shorter, libsodium's.
 *
 * XChaCha20-Poly1305 under (key, nonce of 24) is ChaCha20-Poly1305 under HChaCha20(key, the first
 * 16) and the nonce of four zeros and the last 8: by its definition, not by ours.
 */
#ifndef SR_CRYPTO_CHACHA_H
#define SR_CRYPTO_CHACHA_H

#include "crypto/hash.h"

enum {
	SR_CHACHA_NONCE = 12,
	SR_XCHACHA_NONCE = 24,
	SR_CHACHA_TAG = 16,
	SR_CHACHA_LONG = 4096 /* bytes from which a context costs less than it saves */
};

/* ${out} gets plain.len + SR_CHACHA_TAG bytes and must not overlap the input. */
void sr_chacha_seal(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_CHACHA_NONCE],
	struct sr_bytes ad, struct sr_bytes plain);
/* ${out} gets sealed.len - SR_CHACHA_TAG bytes and must not overlap the input. AUTH, also when it
 * is too short; ${out} may then hold anything: the caller wipes it. */
SR_MUST int sr_chacha_open(uint8_t *out, const uint8_t key[SR_KEY],
	const uint8_t nonce[SR_CHACHA_NONCE], struct sr_bytes ad, struct sr_bytes sealed);
void sr_xchacha_seal(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_XCHACHA_NONCE],
	struct sr_bytes ad, struct sr_bytes plain);
SR_MUST int sr_xchacha_open(uint8_t *out, const uint8_t key[SR_KEY],
	const uint8_t nonce[SR_XCHACHA_NONCE], struct sr_bytes ad, struct sr_bytes sealed);

#ifdef SR_TESTING
/* From ${len} bytes on it is libcrypto's; SIZE_MAX: never. Tests compare the two. */
void sr_chacha_long(size_t len);
#endif

#endif
