/*
 * age - files in the age v1 format (age-encryption.org/v1), to and from X25519 keys, for what
 * leaves the vault: anyone can open an export with the stock program.
 *
 *   age-encryption.org/v1 LF
 *   -> X25519 <share: base64 of 32> LF        a stanza for each recipient; stanzas of other types
 *   <body: base64 of 32> LF                   are skipped
 *   --- <MAC: base64 of 32> LF                HMAC-SHA256 over all before the space
 *   16 bytes nonce
 *   chunks: 65,536 bytes of plaintext (the last: 0 to 65,536, 0 only if it is the only one), each
 *   ChaCha20-Poly1305 with the nonce be88 index, 1 in the last chunk or 0
 *
 * Base64 without padding, canonical; a body is broken into lines of 64 and ends with a shorter one.
 * body = ChaCha20-Poly1305 of the 16-byte file key, nonce 0, under HKDF-SHA256(X25519(e, pk), salt
 * share ‖ pk, "age-encryption.org/v1/X25519"). MAC key: HKDF(file key, "", "header"); payload key:
 * HKDF(file key, nonce, "payload").
 *
 * With a passphrase: one stanza "-> scrypt <salt: base64 of 16> <log2 N, decimal>", alone in its
 * header; its body is the file key under scrypt(passphrase, "age-encryption.org/v1/scrypt" ‖ salt,
 * N, r = 8, p = 1). Post-quantum stanzas (mlkem768x25519) count as other types. A file in armor
 * goes through crypto/armor.h first.
 *
 * Reader and writer take bytes in pieces of any size and hand bytes to a sink. The first failure is
 * final: every later call repeats its code.
 */
#ifndef SR_CRYPTO_AGE_H
#define SR_CRYPTO_AGE_H

#include "crypto/box.h"

enum {
	SR_AGE_CHUNK = 65536,       /* bytes of plaintext in a chunk */
	SR_AGE_RECIPIENT_TEXT = 63, /* "age1" and 58 characters, with the NUL */
	SR_AGE_IDENTITY_TEXT = 75   /* "AGE-SECRET-KEY-1" and 58 characters, with the NUL */
};

/* Bech32 (BIP 173) text of keys. Parsing is exact: case, length, checksum, padding; CORRUPT. */
void sr_age_recipient_text(char out[SR_AGE_RECIPIENT_TEXT], const uint8_t pk[SR_X_PK]);
SR_MUST int sr_age_recipient_parse(uint8_t pk[SR_X_PK], struct sr_bytes text, struct sr_err *e);
void sr_age_identity_text(char out[SR_AGE_IDENTITY_TEXT], const uint8_t sk[SR_X_SK]);
SR_MUST int sr_age_identity_parse(uint8_t sk[SR_X_SK], struct sr_bytes text, struct sr_err *e);

/* Where bytes go; a non-zero result of put ends the operation with that code. */
struct sr_age_sink {
	int (*put)(void *ctx, const void *p, size_t len, struct sr_err *e);
	void *ctx;
};
/* A sink that appends to ${b}. */
struct sr_age_sink sr_age_sink_buf(struct sr_buf *b);

/* OPEN --write--> OPEN --finish--> DONE. The header goes to the sink in new, which takes
 * 1 to SR_AGE_RECIPIENTS_MAX recipients (LIMIT); AUTH: one is of low order. */
struct sr_age_writer;
SR_MUST int sr_age_writer_new(struct sr_age_writer **out, const uint8_t (*recipients)[SR_X_PK],
	size_t count, struct sr_age_sink to, struct sr_err *e);
SR_MUST int sr_age_writer_write(
	struct sr_age_writer *w, const void *p, size_t len, struct sr_err *e);
SR_MUST int sr_age_writer_finish(struct sr_age_writer *w, struct sr_err *e);
void sr_age_writer_free(struct sr_age_writer *w); /* NULL allowed; unfinished: no valid file */

/* HEADER --write--> PAYLOAD --finish--> DONE. Plaintext goes to the sink chunk by chunk, each after
 * its tag was checked; only a finish that returns 0 says that it was all of it.
 * CORRUPT: the header breaks the format; NOTFOUND: no stanza opens with this key, or not with this
 * passphrase; AUTH: header MAC, a chunk's tag, a stream cut or continued; UNSUPPORTED: another
 * version, armor, a passphrase wanted by a reader that has a key; LIMIT: a header above
 * SR_AGE_HEADER_MAX, scrypt above 2^SR_AGE_SCRYPT_LOG_MAX. */
struct sr_age_reader;
SR_MUST int sr_age_reader_new(struct sr_age_reader **out, const uint8_t sk[SR_X_SK],
	struct sr_age_sink to, struct sr_err *e);
/* The same with a passphrase of 1 to SR_PASSPHRASE_MAX bytes (USAGE), which is copied. */
SR_MUST int sr_age_reader_new_passphrase(struct sr_age_reader **out, struct sr_bytes passphrase,
	struct sr_age_sink to, struct sr_err *e);
SR_MUST int sr_age_reader_write(
	struct sr_age_reader *r, const void *p, size_t len, struct sr_err *e);
SR_MUST int sr_age_reader_finish(struct sr_age_reader *r, struct sr_err *e);
void sr_age_reader_free(struct sr_age_reader *r); /* NULL allowed */

#ifdef SR_TESTING
/* HKDF-SHA256 and HMAC-SHA256, for published vectors. ${len} at most 255 * 32, else MISUSE. */
SR_MUST int sr_age_hkdf(
	uint8_t *out, size_t len, struct sr_bytes ikm, struct sr_bytes salt, struct sr_bytes info);
void sr_age_hmac(uint8_t out[32], struct sr_bytes key, struct sr_bytes text);
#endif

#endif
