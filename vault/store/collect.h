/*
 * collect - packs that no live item needs go; of packs less than half of whose bytes live, the
 * living records move into new packs. Needs the structure key, no content key (DESIGN 7).
 *
 *   new    mark: the cids of every live item's reach list; what is alive in each committed pack
 *   step   choose packs, copy their living records unchanged into new packs (durable, pending in
 *          the index), tell the names
 *   ...    the caller makes this true: a statement that names what goes and what comes, then its
 *          inventory
 *   done   one transaction of the index, then the files are deleted
 *          (undo, when the statement was refused: the new packs are removed)
 *
 * What is live is said by the caller, who has the statements; a reach list that cannot be read
 * stops everything before anything was changed. A pack is removed only on the word of its own
 * footer, or, when that cannot be read any more, of the index that was written from it. A pack with
 * living records and a segment that does not verify stays as it is (scrub names it). Packs of
 * accessions that are not committed, and packs that an open deposit leans on (store/index.h), stay.
 *
 * A kill leaves, before the statement, new packs that are pending under SR_COLLECT_ID; after it,
 * rows and files of packs that went: sr_collect_recover and sr_collect_sweep end both.
 *
 * Memory: 8 bytes for each distinct cid of a live item, at most SR_COLLECT_MARKS (then the lists
 * are read once for every part of the range of cids); 72 bytes for each pack; SR_COLLECT_FOOTERS of
 * footers; the packs being written (store/packer.h). Marks are the first eight bytes of a cid: two
 * that begin alike keep each other, which removes nothing that lives. One thread.
 */
#ifndef SR_STORE_COLLECT_H
#define SR_STORE_COLLECT_H

#include "base/progress.h"
#include "store/index.h"

enum {
	SR_COLLECT_MARKS = 64 << 20,   /* bytes: 8 TiB of live blocks in one reading */
	SR_COLLECT_FOOTERS = 64 << 20, /* bytes of footers looked at together: 50,000 packs of
					  1 MiB blocks */
	SR_COLLECT_STEP = 1 << 30,     /* living bytes that one step copies: bounds the room that
					  it needs before it gives some back */
	SR_COLLECT_NAMES = 1 << 20     /* packs one step removes: 32 MiB of names in its object */
};
/* What new packs are pending under; no accession has this id, being random. */
extern const uint8_t SR_COLLECT_ID[SR_ID];

struct sr_collect; /* opaque */

/* One live item's reach list, as it lies sealed in its envelope. */
typedef int sr_collect_item_fn(
	void *collect, const uint8_t item[SR_ID], struct sr_bytes sealed, struct sr_err *e);

struct sr_collect_options {
	struct sr_backend *backend; /* borrowed, as all */
	struct sr_index *index;
	uint8_t vault[SR_HASH];
	uint8_t structure_pk[SR_X_PK];
	const uint8_t *structure_sk; /* SR_X_SK bytes, or those of several generations in turn */
	size_t structure_count;      /* how many; 0: one */
	/* Call ${item} once for every live item, in any order; called again when the range of cids
	 * is taken in parts. */
	int (*live)(void *ctx, sr_collect_item_fn *item, void *collect, struct sr_err *e);
	void *ctx;
	size_t marks_max; /* bytes; 0: SR_COLLECT_MARKS */
	size_t step_max;  /* bytes; 0: SR_COLLECT_STEP */
	struct sr_progress progress;
};

/* What was found; counts of committed packs and bytes of records. */
struct sr_collect_found {
	uint64_t items;             /* live ones */
	uint64_t packs;             /* looked at */
	uint64_t bytes;             /* of their records */
	uint64_t live_bytes;        /* of these, needed */
	uint64_t dead;              /* packs without a living record */
	uint64_t sparse;            /* packs less than half alive */
	uint64_t sparse_live_bytes; /* what repacking them will write */
	uint64_t spared; /* packs that could go, but stay: an open deposit leans on them, or damage;
			    counted in steps */
};

SR_MUST int sr_collect_new(
	struct sr_collect **out, const struct sr_collect_options *o, struct sr_err *e);
const struct sr_collect_found *sr_collect_found(const struct sr_collect *c);

struct sr_collect_step {                /* views until the next call */
	const uint8_t *removed, *added; /* SR_HASH bytes each */
	size_t removed_count, added_count;
	uint64_t removed_bytes, added_bytes; /* of files */
};
/* 1: a step that waits for done or undo; 0: nothing is left. Everything named is durable. */
int sr_collect_step(struct sr_collect *c, struct sr_collect_step *out, struct sr_err *e)
	__attribute__((warn_unused_result));
SR_MUST int sr_collect_done(struct sr_collect *c, struct sr_err *e);
/* Only when it is known that the statement is not in the ledger. What cannot be undone now is
 * removed by sr_collect_recover. */
void sr_collect_undo(struct sr_collect *c);
/* Neither done nor undo: a step that waits is left to sr_collect_recover. NULL allowed. */
void sr_collect_free(struct sr_collect *c);

/* After a kill: bring the index to what the statements name (${names}, ${count} x SR_HASH, in byte
 * order), remove the new packs of a step that came to nothing. *changed tells whether there was
 * anything. */
struct sr_collect_names {
	const uint8_t *names;
	size_t count;
};
SR_MUST int sr_collect_recover(struct sr_backend *b, struct sr_index *ix,
	const struct sr_collect_names *n, bool *changed, struct sr_err *e);

/* Delete what lies under ${folder} ("packs", "objects") and is not in ${n}, nor, when ${ix} is not
 * NULL, in the index (packs of accessions that are not committed). */
struct sr_collect_swept {
	uint64_t files, bytes;
};
SR_MUST int sr_collect_sweep(struct sr_backend *b, const char *folder, struct sr_index *ix,
	const struct sr_collect_names *n, struct sr_collect_swept *out, struct sr_err *e);

#endif
