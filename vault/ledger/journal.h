/*
 * journal - the append file that makes a commit durable: leaves and commit records since the last
 * full tile.
 *
 *   offset  size  meaning of the header
 *        0     4  "SRJ1"
 *        4     4  le32 version, 1
 *        8     8  le64 base: index of the first leaf
 *       16    32  hash of the origin
 *       48    32  BLAKE2b of the 48 bytes before
 *
 *   offset  size  meaning of a record, the first of them at 80
 *        0     1  'L' leaf, 'C' commit, 'D' the same commit again
 *        1     3  zero
 *        4     4  le32 length n of the body
 *        8     n  body
 *      8+n    16  BLAKE2b(origin hash, base, offset of the record, bytes 0..8+n), cut to 16
 *
 *   body of a leaf: the entry (at most SR_ENTRY_MAX bytes)
 *   body of a commit: le64 size ‖ root[32] ‖ attachment[64] ‖ mac[32]
 *   mac = BLAKE2b(mac key; "strongroom/commit/v1", origin, size, root, attachment)
 *
 * A commit is one write of its leaves and its record, twice (C and D), and one fdatasync. The
 * second copy makes sure that one damaged sector never turns an acknowledged commit into a torn
 * tail. At open, bytes after the last commit record are a torn tail and are dropped and counted;
 * damage before a commit record is CORRUPT, unless only one copy of a commit is hurt (mended), or
 * the last group was never written whole (a power cut; it was not acknowledged): at least 64 zero
 * bytes where leaves should be, or fewer, from its beginning to the end of the sector of 512 that
 * it shares with the group before. The attachment (generation and root MAC of secrets.db) of the
 * last commit always lies in the file.
 *
 *   OPEN --append, rewrite--> OPEN
 *   a failed write or fsync -> FAILED (sticky: every later call is IO)
 *
 * Invariants: base is a multiple of SR_TILE_WIDTH; the last commit's size is base + leaves. One
 * thread, one writer (the ledger's lock).
 */
#ifndef SR_LEDGER_JOURNAL_H
#define SR_LEDGER_JOURNAL_H

#include "base/fs.h"
#include "crypto/hash.h"

enum {
	SR_ATTACHMENT = 64,
	SR_COMMIT_LEAVES = 256, /* leaves of one commit: bounds a group's memory and the journal */
	SR_JOURNAL_MAX = 64 << 20 /* bytes: 511 leaves of 65,535 with their records are 32 MiB */
};

struct sr_commit {
	uint64_t size;
	uint8_t root[SR_HASH];
	uint8_t attachment[SR_ATTACHMENT];
};

/* What opening found. */
struct sr_journal_report {
	uint64_t dropped;        /* bytes after the last commit record */
	uint64_t dropped_leaves; /* whole leaves among them */
	bool unwritten; /* the dropped bytes are a group that never reached the disk whole */
	bool mended;    /* one copy of a commit record was damaged */
};

struct sr_journal; /* opaque */

/* A new journal at base 0 with the commit of the empty tree and a zero attachment. EXISTS. */
SR_MUST int sr_journal_create(
	struct sr_dir *d, const char *origin, const uint8_t mac_key[SR_KEY], struct sr_err *e);
/* Read ${d}/journal; ${d} must stay open as long as ${out}. ${mac_key} NULL: commits are not
 * authenticated (a reader without the key). NOTFOUND, CORRUPT, AUTH (a commit's MAC), UNSUPPORTED.
 * Nothing on disk changes. */
SR_MUST int sr_journal_open(struct sr_journal **out, struct sr_dir *d, const char *origin,
	const uint8_t *mac_key, struct sr_err *e);
void sr_journal_close(struct sr_journal *j); /* NULL allowed */

const struct sr_journal_report *sr_journal_report(const struct sr_journal *j);
uint64_t sr_journal_base(const struct sr_journal *j);
size_t sr_journal_leaves(const struct sr_journal *j);
/* Leaf base + ${i}; points into the journal until the next append or rewrite. */
struct sr_bytes sr_journal_leaf(const struct sr_journal *j, size_t i);
/* All commits of the file, oldest first; the last one always exists. */
size_t sr_journal_commits(const struct sr_journal *j);
const struct sr_commit *sr_journal_commit(const struct sr_journal *j, size_t i);
const struct sr_commit *sr_journal_last(const struct sr_journal *j);

/* Append ${count} leaves and ${c} (c->size = base + leaves afterwards, else MISUSE); durable on
 * success. */
SR_MUST int sr_journal_append(struct sr_journal *j, const struct sr_bytes *leaves, size_t count,
	const struct sr_commit *c, struct sr_err *e);
/* Commit records are written under this MAC key from here on; those in the file are not, until
 * sr_journal_rewrite. */
void sr_journal_rekey(struct sr_journal *j, const uint8_t mac_key[SR_KEY]);
/* Write a new file that begins at ${base} (between the old base and the size, a multiple of
 * SR_TILE_WIDTH) and holds the leaves from there and the last commit; it takes the old one's place
 * by rename. With the old base: a repair. */
SR_MUST int sr_journal_rewrite(struct sr_journal *j, uint64_t base, struct sr_err *e);

#endif
