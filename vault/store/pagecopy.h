/*
 * pagecopy - the second copy of an erasable page file in another directory: NAME-copy, a file in
 * the format of a redo file (store/redo.h) that starts from nothing and so holds every unit, and
 * NAME-copy-root, its own root cell.
 *
 * A copy that is current gets the frames of the new batches and one record. One that was away, is
 * damaged, or is more than twice as large as what lives in it, is written anew beside the old one
 * and renamed. A new root goes the way drawn in store/secrets.h, in the copy's own cell: set the
 * free slot, write the record, destroy the old slot.
 *
 * DETACHED --attach--> BEHIND | CURRENT; sync: -> CURRENT; any failure -> DETACHED, and the next
 * sync writes it anew.
 */
#ifndef SR_STORE_PAGECOPY_H
#define SR_STORE_PAGECOPY_H

#include "store/pagefile.h"

struct sr_pagecopy; /* opaque */

/* Remembers where; touches nothing. */
SR_MUST int sr_pagecopy_new(
	struct sr_pagecopy **out, const char *path, const char *name, struct sr_err *e);
void sr_pagecopy_free(struct sr_pagecopy *c); /* NULL allowed */
/* For sr_pagecopy_check and restore: the root cell is wrapped by this and not by their key. */
SR_MUST int sr_pagecopy_wrap(struct sr_pagecopy *c, const uint8_t wrap[SR_KEY], struct sr_err *e);

/*
 * Bring the copy to the synced state of ${pf}. ${anew}: whatever of this file is there is replaced;
 * another file's copy is left alone (EXISTS). Without it: a copy that once was and is not there:
 * NOTFOUND ("is its medium mounted?"); one that is ahead of
 * ${pf}, or of another file: AUTH. A damaged one is written anew. Any other failure: what the disk
 * said. Every unit is verified before it is written: where ${pf} itself does not read back,
 * sr_pagecopy_source_bad says so, the failure names the cell and the unit, and the copy stays at
 * the state that it had.
 */
SR_MUST int sr_pagecopy_sync(
	struct sr_pagecopy *c, struct sr_pagefile *pf, bool anew, struct sr_err *e);
/* Overwrite and remove the root cell of what lies there: it opens nothing any more. Its file stays,
 * so that this can be asked again; *${there}: something of ${pf} is there. EXISTS: it is another
 * file's, and left alone. */
SR_MUST int sr_pagecopy_destroy(
	struct sr_pagecopy *c, struct sr_pagefile *pf, bool *there, struct sr_err *e);
/* Remove the file of a destroyed copy. */
SR_MUST int sr_pagecopy_sweep(struct sr_pagecopy *c, struct sr_pagefile *pf, struct sr_err *e);
/* Without a page file: something of a copy, of whichever, lies in ${path}; all of it is removed,
 * the root cell overwritten before. No folder is no copy. */
SR_MUST int sr_pagecopy_find(bool *there, const char *path, const char *name, struct sr_err *e);
SR_MUST int sr_pagecopy_undo(const char *path, const char *name, struct sr_err *e);
/* The last sr_pagecopy_sync failed for what it read, not for where it writes. */
bool sr_pagecopy_source_bad(const struct sr_pagecopy *c);
bool sr_pagecopy_current(const struct sr_pagecopy *c, const struct sr_pagefile *pf);
/* Root number of the copy as last seen; 0: not seen. */
uint64_t sr_pagecopy_root(const struct sr_pagecopy *c);

/* What the copy holds, every unit verified. */
struct sr_pagecopy_state {
	uint64_t sequence;
	uint64_t ledger_size;
	uint8_t hash[SR_HASH];
};
SR_MUST int sr_pagecopy_check(struct sr_pagecopy *c, const uint8_t key[SR_KEY],
	struct sr_pagecopy_state *out, struct sr_err *e);
/* The last sr_pagecopy_check left something out that did not open, or was not whole. */
bool sr_pagecopy_damaged(const struct sr_pagecopy *c);
/* The file id of the last sr_pagecopy_check or restore; false without one. */
bool sr_pagecopy_id(const struct sr_pagecopy *c, uint8_t id[SR_ID]);
/* Write the page file of ${dir} from the copy, which is verified first. The old root cell there is
 * overwritten. */
SR_MUST int sr_pagecopy_restore(
	struct sr_pagecopy *c, struct sr_dir *dir, const uint8_t key[SR_KEY], struct sr_err *e);

#endif
