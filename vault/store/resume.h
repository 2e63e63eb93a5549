/*
 * resume - what a killed accession of dedupe `none` left behind: run/accession-<32 hex>.
 *
 *   offset  size  meaning of one record; records follow each other
 *        0     4  le32 length of the rest
 *        4     .  aead (label "strongroom/accession-journal/v1") under the journal key, associated
 *                 data vault(32) accession(16) le64 sequence, of:
 *                 pack (32), le32 count, count x { lookup (16), cid (32), key (32), le32 offset,
 *                 le32 len }
 *
 *   lookup = first 16 bytes of BLAKE2b(journal key; "strongroom/resume/v1", file, le64 block, H)
 *   file   = BLAKE2b("strongroom/resume-file/v1"; item, path)
 *
 * One record per pack, appended and fdatasynced when the pack has its name. Loading stops at the
 * first record that is torn or does not verify: what follows is cut off and those blocks are
 * stored again. Memory: 24 bytes per block, plus one opened record. Thread-safe.
 */
#ifndef SR_STORE_RESUME_H
#define SR_STORE_RESUME_H

#include "store/pack.h"

enum {
	SR_RESUME_LOOKUP = 16,
	SR_RESUME_MAX = 2 << 20 /* blocks it remembers: 48 MiB of memory, 2 TiB of files; later ones
				   are stored again */
};

struct sr_resume; /* opaque */

struct sr_resume_options {
	struct sr_dir *run; /* borrowed */
	uint8_t vault[SR_HASH];
	uint8_t accession[SR_ID];
	uint8_t key[SR_KEY];
};
/* Opens or makes the journal and loads what it holds. */
SR_MUST int sr_resume_open(
	struct sr_resume **out, const struct sr_resume_options *o, struct sr_err *e);
void sr_resume_close(struct sr_resume *r); /* wipes; NULL allowed */
/* Blocks found at open. */
size_t sr_resume_count(const struct sr_resume *r);

void sr_resume_file(uint8_t file[SR_HASH], const uint8_t item[SR_ID], struct sr_bytes path);
void sr_resume_lookup(const struct sr_resume *r, uint8_t lookup[SR_RESUME_LOOKUP],
	const uint8_t file[SR_HASH], uint64_t block, const uint8_t h[SR_HASH]);
/* cid, key, pack, offset and len of a stored block (h and plain_len are the caller's). NOTFOUND. */
SR_MUST int sr_resume_find(struct sr_resume *r, const uint8_t lookup[SR_RESUME_LOOKUP],
	struct sr_block_ref *ref, struct sr_err *e);

struct sr_resume_entry {
	uint8_t lookup[SR_RESUME_LOOKUP];
	uint8_t key[SR_KEY];
};
struct sr_resume_pack {
	const uint8_t *name;                /* SR_HASH bytes */
	const struct sr_pack_entry *places; /* count */
	const struct sr_resume_entry *keys; /* count, in the same order */
	size_t count;
};
SR_MUST int sr_resume_append(struct sr_resume *r, const struct sr_resume_pack *p, struct sr_err *e);
/* The journal of an accession that is over; absent is fine. */
SR_MUST int sr_resume_remove(struct sr_dir *run, const uint8_t accession[SR_ID], struct sr_err *e);

#endif
