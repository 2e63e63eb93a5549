/*
 * ledger - the log of statements: journal, tiles and checkpoint in one directory.
 *
 *   journal             the tail since the last full tile (ledger/journal.h)
 *   checkpoint          the published signed note, never larger than journal and tiles
 *   witnessed           the last one that the quorum of witnesses cosigned, if there is one
 *   tile/<L>/<N>        C2SP tlog-tiles, full ones only, created once, never overwritten
 *   tile/entries/<N>    their entries
 *   lock                the writer's process id
 *
 * Commit = journal append (one fdatasync). A tile is written when its 256 leaves are committed;
 * then the journal is replaced by one that begins after it. Any error there is final: the ledger is
 * FAILED, and whether the last group is in it is known after the next open. A checkpoint is signed
 * for exactly a committed (size, root), so signing again gives the same bytes.
 *
 *   OPEN --commit, publish--> OPEN
 *   failure of a write, fsync or tile -> FAILED (sticky)
 *   read only: commit and publish are MISUSE
 *
 * At open the root is computed from tiles and journal and compared with every commit record; the
 * published checkpoint (and what the caller remembers) must be a prefix: larger is "rolled back"
 * (CORRUPT), another root is "forked" (AUTH). One thread at a time. A reader takes no lock: it is
 * for a quiet ledger (a copy, an auditor's export); beside a writer it may see a checkpoint that is
 * newer than the journal it read. Entries are opaque here (ledger/entry.h makes them).
 */
#ifndef SR_LEDGER_LEDGER_H
#define SR_LEDGER_LEDGER_H

#include "base/progress.h"
#include "ledger/journal.h"
#include "merkle/logkeys.h"
#include "merkle/proof.h"
#include "merkle/tile.h"

struct sr_ledger; /* opaque */

struct sr_ledger_opts {
	const char *origin; /* as founded: the journal and every entry are bound to it */
	const uint8_t
		*seed; /* SR_SEED bytes of the ledger key, copied to the arena; NULL: read only */
	const uint8_t *pk; /* SR_PK bytes; needed without seed */
	const uint8_t *
		mac_key; /* SR_KEY bytes of the commit MAC, copied to the arena; needed with seed */
	const uint8_t
		*mac_former; /* SR_KEY bytes or NULL: while keys are changed, a journal under
				this one is taken, and written again under ${mac_key} at once */
	const struct sr_log_keys *keys; /* all that the log ever had, with its names, the newest
					   being the seed's or ${pk}; NULL: it has but that one */
	uint64_t known_size; /* what the caller remembers (catalogue, receipt, witness); 0: nothing
			      */
	const uint8_t *known_root; /* SR_HASH bytes, may be NULL: then only the size is compared */
	bool known_instead; /* it stands for the published checkpoint where that is gone or does not
			       open, which is then signed anew; else it is not compared. A restore:
			       a few hundred bytes of the backup are not worth the rest */
};

struct sr_ledger_report { /* what opening did */
	struct sr_journal_report journal;
	uint64_t tiles_finished; /* full tiles that an interrupted process had left to write */
	bool unpublished;        /* the checkpoint was behind: the last process did not close */
	bool checkpoint_lost;    /* known_instead: it was */
};

/* Make the files of an empty ledger in ${d} (seed and mac_key needed). EXISTS. */
SR_MUST int sr_ledger_create(struct sr_dir *d, const struct sr_ledger_opts *o, struct sr_err *e);
/* ${d} must stay open as long as ${out}. LOCKED (names the process), NOTFOUND, CORRUPT, AUTH. */
SR_MUST int sr_ledger_open(
	struct sr_ledger **out, struct sr_dir *d, const struct sr_ledger_opts *o, struct sr_err *e);
/* Publish what is committed, then free. The ledger is freed also on failure. NULL allowed. */
SR_MUST int sr_ledger_close(struct sr_ledger *l, struct sr_err *e);
/* Free without publishing (after a failure). NULL allowed. */
void sr_ledger_abandon(struct sr_ledger *l);
const struct sr_ledger_report *sr_ledger_report(const struct sr_ledger *l);
const char *sr_ledger_origin(const struct sr_ledger *l);
/* The newest, under the name that the log has now. */
const struct sr_vkey *sr_ledger_vkey(const struct sr_ledger *l);
const struct sr_log_keys *sr_ledger_keys(const struct sr_ledger *l);
/* Trees of more than ${next}->from entries are signed under ${next}->name; for a writer, before the
 * entry that says so is committed, or when it is found in the log (board/adopt.h). */
SR_MUST int sr_ledger_rename(struct sr_ledger *l, const struct sr_log_link *next, struct sr_err *e);

/* Index that the next entry gets = size. Entries bind it, so ask before sealing them. */
uint64_t sr_ledger_next_index(const struct sr_ledger *l);
void sr_ledger_root(uint8_t out[SR_HASH], const struct sr_ledger *l);
/* The last commit, with its attachment. */
const struct sr_commit *sr_ledger_last(const struct sr_ledger *l);
/* Durable: 1..SR_COMMIT_LEAVES entries of at most SR_ENTRY_MAX bytes under ${attachment}. After a
 * failure sr_ledger_failed tells whether the ledger is as it was; the code does not (a full disk is
 * LIMIT, whichever write met it). ${out} (may be NULL): the new size and root. */
SR_MUST int sr_ledger_commit(struct sr_ledger *l, const struct sr_bytes *entries, size_t count,
	const uint8_t attachment[SR_ATTACHMENT], struct sr_commit *out, struct sr_err *e);
/* FAILED: a write broke off, and whether its entries are in is known after the next open. */
bool sr_ledger_failed(const struct sr_ledger *l);

/* The checkpoint note of the present size, appended (needs the seed, else MISUSE); with the
 * cosignatures that were published under it. */
SR_MUST int sr_ledger_checkpoint(struct sr_ledger *l, struct sr_buf *out, struct sr_err *e);
/* Write `checkpoint` for the present size, durable; cosignature lines of the published note are
 * kept while the size stays. */
SR_MUST int sr_ledger_publish(struct sr_ledger *l, struct sr_err *e);
/* The published note as it lies there. */
SR_MUST int sr_ledger_published(struct sr_ledger *l, struct sr_buf *out, struct sr_err *e);
/* Put witnesses' signature lines under the published note (same size and root), durable. */
SR_MUST int sr_ledger_cosigned(struct sr_ledger *l, struct sr_bytes lines, struct sr_err *e);

/* The published note with other cosignature lines: same text, our line in it. With ${quorum} it is
 * also kept as the last one that was witnessed, before it is published. Durable. */
SR_MUST int sr_ledger_recosign(
	struct sr_ledger *l, struct sr_bytes note, bool quorum, struct sr_err *e);
/* That one, appended as it lies there; NOTFOUND. */
SR_MUST int sr_ledger_witnessed(struct sr_ledger *l, struct sr_buf *out, struct sr_err *e);

/* Entry ${index}, appended to ${out}; NOTFOUND beyond the size. */
SR_MUST int sr_ledger_entry(
	struct sr_ledger *l, uint64_t index, struct sr_buf *out, struct sr_err *e);
/* Entries [from, to) in order; a non-zero answer stops and is returned. The view lives until
 * ${each} returns. */
SR_MUST int sr_ledger_each(struct sr_ledger *l, uint64_t from, uint64_t to,
	int (*each)(void *ctx, uint64_t index, struct sr_bytes entry, struct sr_err *e), void *ctx,
	struct sr_err *e);
/* The bytes of a tile or entry bundle, as a tlog-tiles server gives them, appended; a partial one
 * is made here. NOTFOUND outside the tree. */
SR_MUST int sr_ledger_tile(
	struct sr_ledger *l, const struct sr_tile *t, struct sr_buf *out, struct sr_err *e);
/* A checkpoint note that covers ${size} entries, into the empty ${out}: the last one that a quorum
 * of witnesses cosigned (the file `witnessed`, where there is one), else the published one, else
 * one of the present size (needs the seed). NOTFOUND. ${covers}: its own size. */
SR_MUST int sr_ledger_covering(
	struct sr_ledger *l, uint64_t size, uint64_t *covers, struct sr_buf *out, struct sr_err *e);
/* Root at an earlier size (0: of the empty tree). */
SR_MUST int sr_ledger_root_at(
	struct sr_ledger *l, uint64_t size, uint8_t out[SR_HASH], struct sr_err *e);
SR_MUST int sr_ledger_inclusion(
	struct sr_ledger *l, struct sr_proof *out, uint64_t index, uint64_t size, struct sr_err *e);
/* From ${size1} = 0 the proof is empty. */
SR_MUST int sr_ledger_consistency(struct sr_ledger *l, struct sr_proof *out, uint64_t size1,
	uint64_t size2, struct sr_err *e);

struct sr_ledger_check {
	int (*leaf)(void *ctx, uint64_t index, struct sr_bytes entry,
		struct sr_err *e); /* may be NULL; called from several threads */
	void *ctx;
	const struct sr_progress *progress; /* may be NULL */
};
struct sr_ledger_checked {
	uint64_t entries;
	uint64_t tiles; /* hash tiles compared */
	uint64_t bytes; /* of entries */
};
/* Read every entry, hash it, and compare all tiles, the root, commit record and checkpoint; on all
 * cores. CORRUPT names the tile and the entry. */
SR_MUST int sr_ledger_verify(struct sr_ledger *l, const struct sr_ledger_check *c,
	struct sr_ledger_checked *out, struct sr_err *e);

#endif
