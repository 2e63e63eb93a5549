/*
 * unit - the sealed pieces of a page file: pages, the nodes of the tree above them, state records;
 * and where they lie.
 *
 * A unit is 4096 bytes: crypto/aead over 4024. Level 0 are SQLite's pages (index = page number less
 * one); a node of level L >= 1 holds the 32-byte entries of up to 125 units of level L - 1. An
 * entry is what is needed to accept the unit: plain     a keyed hash of the unit's nonce,
 * commitment and tag; the file's page key seals all erasable  the unit's own random key, fresh for
 * each time it is written
 *
 * An entry of zeros: there is no such unit (a page that SQLite never wrote reads as zeros). The
 * entry of the top unit lies in the state record; its level is the smallest that spans all pages.
 * So the state accepts the whole file, and only as it stood then; in erasable mode it also is what
 * opens it.
 *
 * Place of a unit in NAME (offset = 4096 + 4096 * place): pages in order, and each node directly
 * after its first child's whole subtree. Places never change while a file grows, and holes are
 * under one percent.
 *
 * NAME begins with a header:
 *   offset  size  meaning
 *        0    16  "strongroom-db/1\n"
 *       16     4  mode, le32: 0 plain, 1 erasable
 *       20    16  file id, random; every key and every associated data below is bound to it
 *       36    32  keyed hash of the 36 bytes before
 *       68  4028  zeros
 *
 * A state record, 256 bytes before sealing:
 *   offset  size  meaning
 *        0     8  sequence of the batch (le64 as all below)
 *        8     8  pages
 *       16     8  ledger size
 *       24    32  ledger root
 *       56    32  entry of the top unit
 *       88     8  root number (0 in plain mode)
 *       96     8  root number last confirmed at the second copy (0: never)
 *      104     8  cells of this batch before the record
 *      112    32  hash of those cells
 *      144    32  sr_state_hash of the state before
 *      176    16  salt of the redo file
 *      192    64  zeros
 */
#ifndef SR_STORE_UNIT_H
#define SR_STORE_UNIT_H

#include "crypto/aead.h"

enum {
	SR_UNIT = 4096, /* SQLite's page size, and the sector of today's disks */
	SR_UNIT_PLAIN = SR_UNIT - SR_AEAD_OVERHEAD, /* 4024; the rest are SQLite's reserved bytes */
	SR_UNIT_FAN = 125,                          /* entries of a node: 4000 of 4024 bytes */
	SR_UNIT_LEVELS = 6,                         /* 125^5 is more than SQLite's 2^32 pages */
	SR_DB_NAME_MAX = 64, /* bytes of a file name, so that its companions' fit */
	SR_STATE = 256,
	SR_STATE_SEALED = SR_STATE + SR_AEAD_OVERHEAD
};

struct sr_unit_at { /* level 0: page number index + 1; else a node of the tree */
	unsigned level;
	uint64_t index;
};

/* What all parts of one page file share; keys lie in the secret arena. */
struct sr_unit_file {
	char name[SR_DB_NAME_MAX];
	uint8_t id[SR_ID];
	bool erasable;
	struct sr_unit_keys *keys; /* opaque */
};

struct sr_page_state {
	uint64_t sequence;
	uint64_t pages;
	uint64_t ledger_size;
	uint8_t ledger_root[SR_HASH];
	uint8_t top[SR_KEY]; /* erasable: a secret */
	uint64_t root_number;
	uint64_t copy_root;
	uint64_t cells;
	uint8_t cells_hash[SR_HASH];
	uint8_t prev[SR_HASH];
	uint8_t salt[SR_ID];
};

/* Derive the keys of file ${id} from the caller's ${key}. Free with sr_unit_file_free (NULL-safe on
 * a zeroed one). */
SR_MUST int sr_unit_file_init(struct sr_unit_file *f, const char *name, const uint8_t id[SR_ID],
	bool erasable, const uint8_t key[SR_KEY], struct sr_err *e);
/* Root cells are sealed under a key from ${wrap} from here on, not from the caller's key. */
void sr_unit_file_wrap(struct sr_unit_file *f, const uint8_t wrap[SR_KEY]);
void sr_unit_file_free(struct sr_unit_file *f);
/* Key for root cells (wraps roots), and the key of state records in plain mode. */
const uint8_t *sr_unit_cell_key(const struct sr_unit_file *f);
const uint8_t *sr_unit_record_key(const struct sr_unit_file *f);

void sr_unit_header_put(uint8_t out[SR_UNIT], const struct sr_unit_file *f);
/* id and mode of a header; CORRUPT, UNSUPPORTED. The keyed hash is checked by sr_unit_header_check:
 * AUTH. */
SR_MUST int sr_unit_header_get(
	uint8_t id[SR_ID], bool *erasable, const uint8_t in[SR_UNIT], struct sr_err *e);
SR_MUST int sr_unit_header_check(
	const struct sr_unit_file *f, const uint8_t in[SR_UNIT], struct sr_err *e);

/* Seal ${plain} for its place; ${entry} is what the unit above must hold from now on. */
void sr_unit_seal(uint8_t out[SR_UNIT], uint8_t entry[SR_KEY], const struct sr_unit_file *f,
	struct sr_unit_at at, const uint8_t plain[SR_UNIT_PLAIN]);
/* AUTH, naming the page or node; ${plain} is zeroed then. */
SR_MUST int sr_unit_open(uint8_t plain[SR_UNIT_PLAIN], const struct sr_unit_file *f,
	struct sr_unit_at at, const uint8_t entry[SR_KEY], const uint8_t sealed[SR_UNIT],
	struct sr_err *e);
bool sr_unit_absent(const uint8_t entry[SR_KEY]); /* all zero */

uint64_t sr_unit_place(struct sr_unit_at at);
/* Level of the top unit for ${pages} (0 for 0 and 1), units of ${level} for ${pages}, and one past
 * the last place. */
unsigned sr_unit_height(uint64_t pages);
uint64_t sr_unit_count(unsigned level, uint64_t pages);
uint64_t sr_unit_places(uint64_t pages);

void sr_state_put(uint8_t out[SR_STATE], const struct sr_page_state *s);
SR_MUST int sr_state_get(struct sr_page_state *s, const uint8_t in[SR_STATE], struct sr_err *e);
/* ${role}: which kind of file and record; ${key}: the record key, or the root. */
void sr_state_seal(uint8_t out[SR_STATE_SEALED], const struct sr_unit_file *f, const char *role,
	const uint8_t key[SR_KEY], const struct sr_page_state *s);
SR_MUST int sr_state_open(struct sr_page_state *s, const struct sr_unit_file *f, const char *role,
	const uint8_t key[SR_KEY], const uint8_t in[SR_STATE_SEALED], struct sr_err *e);
/* A keyed hash that stands for the whole file at that state; holds no secret. */
void sr_state_hash(
	uint8_t out[SR_HASH], const struct sr_unit_file *f, const struct sr_page_state *s);

#endif
