/*
 * hash - BLAKE2b with labels and length-prefixed fields, SHA-256, random bytes.
 *
 * Every hash and key derivation of the project goes through sr_hash: the label
 * ("strongroom/<what>/v1") and each field enter with their length (le64), so no two calls with
 * different labels or field boundaries can meet. BLAKE2b (RFC 7693) is libsodium's (four texts
 * at a time: lanes.h); SHA-256 is libcrypto's, which uses SHA-NI (five times libsodium's speed),
 * once a process hashes more than it costs to wake it. An error of use (a long field of another
 * length than announced) ends the process.
 */
#ifndef SR_CRYPTO_HASH_H
#define SR_CRYPTO_HASH_H

#include "base/bytes.h"

enum {
	SR_HASH = 32,
	SR_KEY = 32,
	SR_ID = 16,
	SR_SALT = 32
};

/* Before any other call of this layer; may be called again. */
SR_MUST int sr_crypto_init(struct sr_err *e);

/* An incremental labelled hash; 32-byte output unless said otherwise. Wiped by final. */
struct sr_hash {
	_Alignas(64) unsigned char state[384]; /* crypto_generichash_state */
	/* bytes of the long field still to come; asserted 0 at the next field */
	uint64_t owed;
	size_t out_len; /* 32 or 64; asserted by final */
};
/* ${key}: SR_KEY bytes for a keyed hash or key derivation, or NULL. */
void sr_hash_init(struct sr_hash *h, const char *label, const uint8_t *key);
void sr_hash_field(struct sr_hash *h, struct sr_bytes field); /* le64 length, bytes */
void sr_hash_u64(struct sr_hash *h, uint64_t v);              /* a field of 8 bytes, le64 */
/* A long field in pieces: begin with its full length, then that many bytes in all. */
void sr_hash_long_begin(struct sr_hash *h, uint64_t len);
void sr_hash_long_update(struct sr_hash *h, const void *p, size_t len);
void sr_hash_final(struct sr_hash *h, uint8_t out[SR_HASH]);
void sr_hash_final64(struct sr_hash *h, uint8_t out[64]); /* start with sr_hash_init64 */
void sr_hash_init64(struct sr_hash *h, const char *label, const uint8_t *key);

/* One call: hash of ${count} fields. */
void sr_hash_of(uint8_t out[SR_HASH], const char *label, const uint8_t *key,
	const struct sr_bytes *fields, size_t count);
/* For literals: SR_HASH_OF(out, label, key, f1, f2, ...) with struct sr_bytes arguments. */
#define SR_HASH_OF(out, label, key, ...)                                          \
	sr_hash_of((out), (label), (key), (const struct sr_bytes[]){__VA_ARGS__}, \
		sizeof((const struct sr_bytes[]){__VA_ARGS__}) / sizeof(struct sr_bytes))

void sr_sha256(uint8_t out[SR_HASH], const void *p, size_t len);
/* Of ${a} and then ${b}, which lie apart. */
void sr_sha256_both(uint8_t out[SR_HASH], const void *a, size_t a_len, const void *b, size_t b_len);
struct sr_sha256;
SR_MUST int sr_sha256_new(struct sr_sha256 **out, struct sr_err *e);
void sr_sha256_update(struct sr_sha256 *s, const void *p, size_t len);
/* May be followed by sr_sha256_reset. */
void sr_sha256_final(struct sr_sha256 *s, uint8_t out[SR_HASH]);
void sr_sha256_reset(struct sr_sha256 *s);
void sr_sha256_free(struct sr_sha256 *s);

/* Random bytes from the kernel. Tests replace the source; a release build has no such symbol. */
void sr_random(void *out, size_t len);
#ifdef SR_TESTING
void sr_random_set(void (*fn)(void *out, size_t len)); /* NULL: the kernel again */
#endif

#endif
