/*
 * columns - what the parts of a manifest's two streams look like: the same kind of number beside
 * each other, so that zstd finds what repeats, and what nothing can shrink (hashes, keys) last, so
 * that the probe of store/codec.h sees the rest first.
 *
 * Numbers of w bytes are written in w planes: the lowest byte of all, then the next.
 *
 *   files, offset  size  meaning
 *               0     4  le32 count n, 1..SR_FILES_PART_ROWS
 *               4     2  le16 count of media types
 *               6     .  each: u8 length, bytes; in order of first use
 *               .   ..n  kind 1, flags 1, size 8, mtime seconds 8, mtime nanoseconds 4, 8: blocks
 *                        of the item that lie between the file before and this one (of a file that
 *                        broke off), media type 2, bytes of the path shared with the file before
 *                        (in the part) 2, bytes of the path's rest 2, bytes of the note 2
 *               .     .  the rests of the paths, then the notes
 *               .   32n  SHA-256 of each
 *   blocks,     0     4  le32 count n, 1..SR_REFS_PART_ROWS
 *               4     2  le16 count of packs p
 *               6   ..n  pack 2, offset 4, length of the record 4
 *               .   32p  names of the packs, in order of first use
 *               .   32n  block keys
 *               .   32n  H of each block
 *
 * Where a file's blocks begin and how many there are follows from sizes; the cid from the key;
 * plain lengths from the size. Nothing of that needs a service key, so a manifest opens its blocks
 * whatever became of those since. Decoding is strict: what would be encoded otherwise is refused.
 *
 * A part ends where its content says so (SR_*_PART_MIN rows or bytes, then the first row whose
 * random bytes fall under a mask), or at its cap: after a change the parts behind it are cut as
 * before, and a collection that dedupes keeps them once.
 */
#ifndef SR_STORE_COLUMNS_H
#define SR_STORE_COLUMNS_H

#include "store/manifest.h"

enum {
	SR_FILES_PART_MIN = 64 << 10,  /* bytes of rows: about 500 files */
	SR_FILES_PART_MAX = 512 << 10, /* bytes of rows: packed they fit a block with room */
	SR_FILES_PART_ROWS = 16384,    /* the shortest row has 83 bytes */
	SR_REFS_PART_MIN = 1024,
	SR_REFS_PART_ROWS = 8192, /* 106 bytes each when every block lies in a pack of its own */
	SR_CIDS_PART_MIN = 2048,
	SR_CIDS_PART_ROWS = SR_BLOCK / SR_HASH
};

/* Is a row with these random bytes (a SHA-256, a key, a cid) the last of its part? One in 512. */
static inline bool sr_part_ends(const uint8_t bytes[SR_HASH]) {
	return bytes[7] == 0x5a && (bytes[8] & 1) != 0;
}

/* ${rows}: records of sr_file_put. ${*block}: the number of the block behind the file before, and
 * after the call behind the last one; 0 at the start of the manifest. Appended to ${out}. */
SR_MUST int sr_files_pack(
	struct sr_buf *out, struct sr_bytes rows, uint64_t *block, struct sr_err *e);
/* CORRUPT says what does not fit. Rows are appended to ${rows}; *count as many. */
SR_MUST int sr_files_unpack(struct sr_buf *rows, uint32_t *count, struct sr_bytes part,
	uint64_t *block, struct sr_err *e);

SR_MUST int sr_refs_pack(
	struct sr_buf *out, const struct sr_block_ref *refs, size_t count, struct sr_err *e);
/* Into an array of SR_REFS_PART_ROWS, with plain_len 0. */
SR_MUST int sr_refs_unpack(
	struct sr_block_ref *refs, uint32_t *count, struct sr_bytes part, struct sr_err *e);

#endif
