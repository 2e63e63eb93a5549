/*
 * block - 1 MiB of one file, named, compressed and sealed (DESIGN 7 "Block").
 *
 *   H   = BLAKE2b("strongroom/block/v1"; plaintext)
 *   key = BLAKE2b(kdf_key; "strongroom/block-key/v1", domain, kind, H)  dedupe `collection`
 *         32 random bytes                                               dedupe `none`
 *   cid = BLAKE2b(key; "strongroom/block-cid/v1")
 *
 * H must not follow from anything that is known outside of a sealed manifest. The SHA-256 of every
 * file is: catalogue, lists and receipts have it. If H were made from it, the service keys alone
 * would give the key of every file of one block, without a vote. The cid says nothing of the key it
 * is made from, and whoever has the key needs nothing else to name the block.
 *
 * A record, as it lies in a pack, is an aead (crypto/aead.h, label "strongroom/block-record/v1")
 * under `key` of
 *
 *   offset  size  meaning
 *        0     1  codec (store/codec.h)
 *        1     1  level, 0 for codec none
 *        2     4  plain_len, 1..SR_BLOCK
 *        6     .  data
 *
 * with associated data vault(32) domain(16) kind(1) cid(32). The nonce is fresh for each record and
 * enters the key, so a block that is sealed again under another codec or level never meets the
 * same (key, nonce). The reader checks H.
 */
#ifndef SR_STORE_BLOCK_H
#define SR_STORE_BLOCK_H

#include "base/fs.h"
#include "crypto/aead.h"
#include "crypto/lanes.h"
#include "store/codec.h"

enum sr_dedupe {
	SR_DEDUPE_NONE = 0,
	SR_DEDUPE_COLLECTION = 1
};
enum sr_block_kind {
	SR_BLOCK_FILE = 1,
	SR_BLOCK_MANIFEST = 2,
	SR_BLOCK_REACH = 3
};

enum {
	SR_BLOCK_HEAD = 6,
	SR_RECORD_OVERHEAD = SR_BLOCK_HEAD + SR_AEAD_OVERHEAD,
	SR_RECORD_MAX = SR_BLOCK + SR_RECORD_OVERHEAD,
	/* for a record with the rest of the pages that it begins and ends in (sr_pack_read_bulk) */
	SR_RECORD_ROOM = (SR_RECORD_MAX / SR_DIRECT_PAGE + 3) * SR_DIRECT_PAGE
};

/* What every block of one accession shares. Wiped by its owner. */
struct sr_block_domain {
	uint8_t vault[SR_HASH]; /* fingerprint */
	uint8_t domain[SR_ID];  /* dedupe domain: the collection's id */
	enum sr_dedupe dedupe;
	/* SR_KEY bytes, borrowed where they are locked: it is the vault's, and an accession can
	 * take hours. Used by SR_DEDUPE_COLLECTION only. */
	const uint8_t *kdf_key;
};

/* What a manifest must remember of one block: opens it. Secret, because of key and H. */
struct sr_block_ref {
	uint8_t cid[SR_HASH];
	uint8_t key[SR_KEY];
	uint8_t h[SR_HASH];
	uint8_t pack[SR_HASH]; /* hint: where the record lay when the manifest was made */
	uint32_t offset;       /* hint: of the record in that pack */
	uint32_t len;          /* of the record */
	uint32_t plain_len;
};

void sr_block_hash(uint8_t h[SR_HASH], struct sr_bytes plain);
/* ref->h must be set; fills key (by the domain's mode) and cid. */
void sr_block_name(
	struct sr_block_ref *ref, enum sr_block_kind kind, const struct sr_block_domain *d);
/* The cid from ref->key. */
void sr_block_cid(struct sr_block_ref *ref);

/*
 * Working memory of one sealer or opener: three buffers of a block and a codec, about 4.5 MiB (3.5
 * where the plaintext lies elsewhere), wiped when freed. Borrows ${d}, of which only vault and
 * domain are used. ${codec} is what sealing tries first. One thread at a time.
 */
struct sr_block_work;
SR_MUST int sr_block_work_new(struct sr_block_work **out, const struct sr_block_domain *d,
	enum sr_codec_id codec, struct sr_err *e);
void sr_block_work_free(struct sr_block_work *w); /* NULL allowed */
/* A buffer of SR_RECORD_ROOM bytes, at a whole page, for the record to be opened. */
uint8_t *sr_block_work_record(struct sr_block_work *w);

/* Seal ref->plain_len bytes, which lie behind SR_BLOCK_HEAD bytes of ${message} that are written,
 * under ref's cid and key; sets ref->len. The record lies ${at} bytes into the record buffer,
 * behind others that are still wanted there (MISUSE: a record of so many bytes may not fit). */
SR_MUST int sr_block_seal_in(struct sr_block_work *w, enum sr_block_kind kind,
	struct sr_block_ref *ref, uint8_t *message, size_t at, struct sr_bytes *record,
	struct sr_err *e);
/* The same of ${plain}, ref->plain_len bytes that nothing lies before, at the buffer's begin. */
SR_MUST int sr_block_seal_of(struct sr_block_work *w, enum sr_block_kind kind,
	struct sr_block_ref *ref, struct sr_bytes plain, struct sr_bytes *record, struct sr_err *e);
/* Open the ref->len bytes in the work's record buffer (which is used up) and check length and H:
 * AUTH, CORRUPT. The view of the plaintext lives until the next call; on failure nothing of it is
 * left. */
SR_MUST int sr_block_open(struct sr_block_work *w, enum sr_block_kind kind,
	const struct sr_block_ref *ref, struct sr_bytes *plain, struct sr_err *e);
/* The same of a ${record} anywhere in that buffer, but for H, which the caller compares before
 * anybody sees the plaintext: with those of other blocks, of which four take little longer than one
 * (sr_block_hashes). */
SR_MUST int sr_block_unseal(struct sr_block_work *w, enum sr_block_kind kind,
	const struct sr_block_ref *ref, const uint8_t *record, struct sr_bytes *plain,
	struct sr_err *e);
/* H of each of ${count} <= SR_LANES_TEXTS plaintexts. */
void sr_block_hashes(uint8_t (*h)[SR_HASH], const struct sr_bytes *plain, size_t count);

/* Is what is in the record buffer (which is used up) the block of ${plain}? As sr_block_open, every
 * byte compared instead of its hash made: AUTH, CORRUPT.
 */
SR_MUST int sr_block_same(struct sr_block_work *w, enum sr_block_kind kind,
	const struct sr_block_ref *ref, struct sr_bytes plain, struct sr_err *e);

/* A ref as bytes: cid key h pack, le32 offset len plain_len. Decoding checks the ranges. */
enum {
	SR_BLOCK_REF = 4 * SR_HASH + 12
};
void sr_block_ref_put(struct sr_buf *b, const struct sr_block_ref *ref);
SR_MUST int sr_block_ref_get(
	struct sr_block_ref *out, const uint8_t p[SR_BLOCK_REF], struct sr_err *e);

#endif
