/*
 * envelope - items/<id hex>.<n>: what opens an item, signed by the room; the accession, release or
 * redact statement carries its hash, and a reader opens no other.
 *
 *   offset  size  meaning
 *        0     8  magic "SRITEM1\n"
 *        8    32  vault
 *       40    16  item
 *       56     4  le32 n, 1 for the deposit
 *       60    16  collection
 *       76    16  board
 *       92     1  level: the quorum level's name
 *       93     4  le32 epoch of the board
 *       97     1  dedupe mode (enum sr_dedupe)
 *       98     1  kind (enum sr_envelope_kind)
 *       99     1  zero
 *      100    32  commitment of the item key (store/itemkey.h)
 *      132     .  le32 length, seal: the TDH2 ciphertext of `part`, opaque here
 *        .     .  le32 length, sealed manifest (store/manifest.h)
 *        .     .  le32 length, sealed reach list (store/reach.h)
 *        .    64  Ed25519 by the room signing key over "strongroom/envelope/v1\nhash <64 hex>\n",
 *                 hash being BLAKE2b("strongroom/envelope/v1"; all bytes before the signature)
 *
 * The envelope's own hash, which statements carry, is BLAKE2b("strongroom/envelope-file/v1"; all
 * bytes).
 */
#ifndef SR_STORE_ENVELOPE_H
#define SR_STORE_ENVELOPE_H

#include "base/fs.h"
#include "crypto/sign.h"
#include "store/block.h"

enum {
	SR_ENVELOPE_FIXED = 132,
	SR_ENVELOPE_SEAL_MAX = 16 << 10, /* a TDH2 ciphertext of 32 bytes is under 1 KiB */
	SR_ENVELOPE_PART_MAX = 16 << 20, /* sealed manifest root, sealed reach root */
	SR_ENVELOPE_MAX = 33 << 20,
	SR_ENVELOPE_BATCH = 256 /* envelopes staged with an open file each between two syncfs */
};
enum sr_envelope_kind {
	SR_ITEM_ORIGINAL = 1,
	SR_ITEM_REDACTED = 2
};

struct sr_envelope { /* the byte strings are views */
	uint8_t vault[SR_HASH];
	uint8_t item[SR_ID];
	uint32_t n;
	uint8_t collection[SR_ID];
	uint8_t board[SR_ID];
	uint8_t level;
	uint32_t epoch;
	enum sr_dedupe dedupe;
	enum sr_envelope_kind kind;
	uint8_t commitment[SR_HASH];
	struct sr_bytes seal;
	struct sr_bytes manifest;
	struct sr_bytes reach;
};

/* Ed25519 over exactly ${text} by the room signing key. */
struct sr_envelope_signer {
	int (*sign)(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e);
	void *ctx;
};
/* Append the signed bytes to ${out} and give their hash. */
SR_MUST int sr_envelope_encode(struct sr_buf *out, uint8_t hash[SR_HASH],
	const struct sr_envelope *env, const struct sr_envelope_signer *s, struct sr_err *e);
/* Strict: encode(decode(b)) == b. Views point into ${in}. CORRUPT, LIMIT; AUTH when the signature
 * of ${room_pk} is wrong. */
SR_MUST int sr_envelope_decode(struct sr_envelope *out, struct sr_bytes in,
	const uint8_t room_pk[SR_PK], struct sr_err *e);
void sr_envelope_hash(uint8_t hash[SR_HASH], struct sr_bytes file);

enum {
	SR_ENVELOPE_NAME = 48
};
/* "<32 hex>.<n>". */
void sr_envelope_name(char out[SR_ENVELOPE_NAME], const uint8_t item[SR_ID], uint32_t n);
/* CORRUPT when ${name} is not exactly one. */
SR_MUST int sr_envelope_name_parse(
	uint8_t item[SR_ID], uint32_t *n, const char *name, struct sr_err *e);

/* One envelope, whose hash must be ${hash}: reads items/<id>.<n> from the folder ${items} and
 * verifies. ${file} keeps the bytes. */
struct sr_envelope_want {
	uint8_t item[SR_ID];
	uint32_t n;
	uint8_t hash[SR_HASH];
	uint8_t room_pk[SR_PK];
	const uint8_t *former_room; /* room signing keys before that one, SR_PK bytes each; the hash
				       says which envelope it is, whoever signed it */
	size_t former_count;
};
SR_MUST int sr_envelope_load(struct sr_envelope *out, struct sr_buf *file, struct sr_dir *items,
	const struct sr_envelope_want *want, struct sr_err *e);
/* Give it its name, without waiting: durable after the next sr_dir_syncfs, before which no
 * statement may carry its hash. EXISTS. */
SR_MUST int sr_envelope_place(struct sr_dir *items, const uint8_t item[SR_ID], uint32_t n,
	struct sr_bytes file, struct sr_err *e);
SR_MUST int sr_envelope_remove(
	struct sr_dir *items, const uint8_t item[SR_ID], uint32_t n, struct sr_err *e);

/*
 * Many at once: add writes each under a temporary name; commit is one syncfs, the renames (EXISTS
 * names the item; the names already given stay and are listed by the caller's statement or removed
 * at open), one syncfs. With more than SR_ENVELOPE_BATCH items the batch commits by itself in
 * steps, so packs, objects and slots must be durable before the first add. abort removes what has
 * no name yet and, what this batch already named.
 */
struct sr_envelope_batch;
SR_MUST int sr_envelope_batch_new(
	struct sr_envelope_batch **out, struct sr_dir *items, struct sr_err *e);
SR_MUST int sr_envelope_batch_add(struct sr_envelope_batch *b, const uint8_t item[SR_ID],
	uint32_t n, struct sr_bytes file, struct sr_err *e);
SR_MUST int sr_envelope_batch_commit(
	struct sr_envelope_batch *b, struct sr_err *e);    /* frees on success */
void sr_envelope_batch_abort(struct sr_envelope_batch *b); /* frees; NULL allowed */

#endif
