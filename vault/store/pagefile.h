/*
 * pagefile - numbered pages of 4024 bytes in a sealed, authenticated, crash-safe file; what our VFS
 * gives to SQLite.
 *
 *   NAME        header and units in their places (store/unit.h); only applying changes it
 *   NAME-redo   batches since then (store/redo.h)
 *   NAME-root   erasable mode: the root cell (store/rootcell.h)
 *
 * Writes and truncations are held in memory (beyond 1,024 pages as sealed frames in the redo file)
 * until sr_pagefile_sync makes them one batch: all of it is there after a crash, or nothing. Reads
 * look in memory, then in the redo file, then in NAME; each unit is accepted only as the one that
 * the current state names. The redo file is applied when it is large and at close: units to their
 * places, fdatasync, then a new redo file replaces the old one. A crash in between repeats it.
 *
 * CLEAN --write, truncate--> DIRTY --sync--> CLEAN; a sync or spill that fails before its record is
 * written: the batch is forgotten, CLEAN at the state before (SQLite then plays its rollback, which
 * is found to change nothing). A failed fsync, or a failure after the record was written: FAILED,
 * every call but close refuses.
 *
 * `e` must not be NULL here, except at open. An erasing sync (erasable mode) takes a new root as
 * drawn in store/secrets.h. Not thread-safe: SQLite's mutex is held.
 */
#ifndef SR_STORE_PAGEFILE_H
#define SR_STORE_PAGEFILE_H

#include "store/redo.h"
#include "store/rootcell.h"

struct sr_pagefile; /* opaque */

struct sr_pagefile_options {
	struct sr_dir *dir; /* borrowed */
	const char *name;
	const uint8_t *key;
	const uint8_t *wrap; /* of the root cell, SR_KEY bytes; NULL: ${key} */
	bool erasable;
	bool create;  /* make it if nothing is there */
	bool durable; /* each sync waits for fdatasync; a damaged batch before a whole one is
			 CORRUPT, not the end */
};

SR_MUST int sr_pagefile_open(
	struct sr_pagefile **out, const struct sr_pagefile_options *o, struct sr_err *e);
/* Apply the redo file; then free in any case (*pf = NULL). */
SR_MUST int sr_pagefile_close(struct sr_pagefile **pf, struct sr_err *e);
void sr_pagefile_free(struct sr_pagefile *pf); /* NULL allowed */
/* The root cell is sealed under ${wrap} from now on, durable: the root goes into the free slot,
 * then the slot of the wrap before is overwritten. A kill between leaves both, and either wrap
 * opens. A failure on the way: FAILED. */
SR_MUST int sr_pagefile_rewrap(
	struct sr_pagefile *pf, const uint8_t wrap[SR_KEY], struct sr_err *e);
SR_MUST int sr_pagefile_remove(struct sr_dir *dir, const char *name, struct sr_err *e);

uint64_t sr_pagefile_pages(const struct sr_pagefile *pf); /* with what is not synced yet */
/* ${index} from 0; a page beyond the end is MISUSE, one never written is zeros. */
SR_MUST int sr_pagefile_read(
	struct sr_pagefile *pf, uint64_t index, uint8_t out[SR_UNIT_PLAIN], struct sr_err *e);
SR_MUST int sr_pagefile_write(
	struct sr_pagefile *pf, uint64_t index, const uint8_t in[SR_UNIT_PLAIN], struct sr_err *e);
SR_MUST int sr_pagefile_truncate(struct sr_pagefile *pf, uint64_t pages, struct sr_err *e);
/* Forget what was written since the last sync: after SQLite's rollback, which is meant to bring the
 * same about by writing old pages. */
void sr_pagefile_forget(struct sr_pagefile *pf);
/* Nothing to write and no new position, no erasure asked: no batch. */
SR_MUST int sr_pagefile_sync(struct sr_pagefile *pf, struct sr_err *e);
SR_MUST int sr_pagefile_checkpoint(struct sr_pagefile *pf, struct sr_err *e);
SR_MUST int sr_pagefile_verify(struct sr_pagefile *pf, struct sr_err *e);

void sr_pagefile_set_erasing(
	struct sr_pagefile *pf, bool erasing); /* of the next sync; it clears it */
void sr_pagefile_set_position(struct sr_pagefile *pf, uint64_t size, const uint8_t root[SR_HASH]);
void sr_pagefile_drop_position(struct sr_pagefile *pf);
/* The root number confirmed at the second copy: kept with the next batch. */
void sr_pagefile_set_copy_root(struct sr_pagefile *pf, uint64_t number);

/* The last synced state; ->top is a secret in erasable mode. */
const struct sr_page_state *sr_pagefile_state(const struct sr_pagefile *pf);
void sr_pagefile_hash(const struct sr_pagefile *pf, uint8_t out[SR_HASH]);
const char *sr_pagefile_recovered(const struct sr_pagefile *pf); /* or NULL */
/* The failure that SQLite could only report as an I/O error; code SR_OK when there was none since
 * the last call. */
void sr_pagefile_take_error(struct sr_pagefile *pf, struct sr_err *out);

/* For the second copy (store/pagecopy.h). */
const struct sr_unit_file *sr_pagefile_unit(const struct sr_pagefile *pf);
struct sr_redo *sr_pagefile_redo(struct sr_pagefile *pf);
const uint8_t *sr_pagefile_root(
	const struct sr_pagefile *pf); /* the current root, a secret; erasable mode */
/* Is ${sealed}, read from ${at}'s frame, what the synced state has there? AUTH, naming the unit: it
 * does not verify. *${part} false: that state has no such unit. */
SR_MUST int sr_pagefile_check(struct sr_pagefile *pf, struct sr_unit_at at,
	const uint8_t sealed[SR_UNIT], bool *part, struct sr_err *e);
/* Call ${each} with every unit of the synced state, sealed, each verified first; pages and nodes,
 * in any order. */
SR_MUST int sr_pagefile_each(struct sr_pagefile *pf,
	int (*each)(
		void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e),
	void *ctx, struct sr_err *e);

#endif
