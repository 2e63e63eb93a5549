/*
 * reader - an opened item: its files, and their bytes.
 *
 * A sr_item holds the manifest's file list and the refs of one part at a time (wiped when freed).
 * Ranges are read by the caller's thread; whole files come through a bounded pool that fetches
 * ahead. Every block is checked against its H, a whole file also against its SHA-256. Errors name
 * item, file, block, pack and segment: item 3f2a...: file "scan/0001.tif": block 7 of 12 (offset
 * 7340032): pack 9b1c..., segment 3: tag does not verify
 */
#ifndef SR_STORE_READER_H
#define SR_STORE_READER_H

#include "store/fetch.h"

struct sr_item; /* opaque; one thread at a time */

struct sr_item_options {
	struct sr_backend *backend; /* borrowed */
	struct sr_index *index;     /* borrowed; NULL: hints only */
	uint8_t vault[SR_HASH];
	uint8_t item[SR_ID];
	unsigned
		threads; /* of streams; 0: one per core and two that wait for the disk, 4 at most */
};
/* ${m} is copied. Loads the file list. */
SR_MUST int sr_item_open(struct sr_item **out, const struct sr_item_options *o,
	const struct sr_manifest *m, struct sr_err *e);
void sr_item_close(struct sr_item *it); /* wipes; NULL allowed */

uint64_t sr_item_files(const struct sr_item *it);
/* The dedupe domain of its blocks, SR_ID bytes. */
const uint8_t *sr_item_domain(const struct sr_item *it);
/* Views live until close. MISUSE for an index that is not there. */
SR_MUST int sr_item_file(struct sr_item *it, uint64_t index, struct sr_file *out, struct sr_err *e);
/* NOTFOUND. */
SR_MUST int sr_item_find(
	struct sr_item *it, struct sr_bytes path, uint64_t *index, struct sr_err *e);

/* The manifest's ref of block ${block} of file ${index}; where it lies as the manifest has it. The
 * caller wipes it. */
SR_MUST int sr_item_ref(struct sr_item *it, uint64_t index, uint64_t block,
	struct sr_block_ref *out, struct sr_err *e);

/* ${len} bytes at ${offset} of file ${index} into ${out} (the caller wipes it); the range must lie
 * inside the file (LIMIT). */
struct sr_range {
	uint64_t file;
	uint64_t offset;
	size_t len;
};
SR_MUST int sr_item_read(
	struct sr_item *it, const struct sr_range *r, uint8_t *out, struct sr_err *e);

/* The content of files, one after the other and block by block, fetched ahead by threads. The item
 * must outlive it, and is used by nobody else during a call. */
struct sr_item_blocks; /* opaque; one thread at a time */
struct sr_item_span {
	uint64_t first, end; /* files first .. end - 1, as far as they are there */
	/* By file, borrowed: not this one. NULL: all of them. Only regular files have content */
	const bool *not_wanted;
};
struct sr_item_part {
	uint64_t file, offset;
	/* 1 to SR_BLOCK; 0: there is no more. They stay while SR_LANES more parts are asked for,
	 * so that a thread beside may still be at them */
	struct sr_bytes bytes;
};
SR_MUST int sr_item_blocks_new(struct sr_item_blocks **out, struct sr_item *it,
	const struct sr_item_span *span, struct sr_err *e);
/* A failure is final. */
SR_MUST int sr_item_blocks_next(
	struct sr_item_blocks *b, struct sr_item_part *out, struct sr_err *e);
void sr_item_blocks_free(struct sr_item_blocks *b); /* wipes; NULL allowed */

#ifdef SR_TESTING
void sr_item_rows_max(size_t bytes); /* of a list of files, instead of SR_FILES_STREAM_MAX */
#endif

#endif
