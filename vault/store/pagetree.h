/*
 * pagetree - the nodes above the pages of one page file, in memory as far as needed.
 *
 * Invariant: every ancestor of a dirty node is in memory and dirty. A dirty child's entry in its
 * parent is stale until sr_pagetree_seal. Clean nodes are dropped when there are more than
 * SR_TREE_CLEAN. Entries of absent units are zero: what lies beyond the end is zeroed when the file
 * shrinks, so that in erasable mode a page key dies with its page.
 */
#ifndef SR_STORE_PAGETREE_H
#define SR_STORE_PAGETREE_H

#include "store/umap.h"
#include "store/unit.h"

enum {
	SR_TREE_CLEAN = 512
}; /* 2 MiB of nodes: they span 250 MiB of pages */

struct sr_pagetree {
	const struct sr_unit_file *f;
	/* Read the sealed unit at ${at}, wherever it lies. */
	int (*fetch)(void *ctx, struct sr_unit_at at, uint8_t out[SR_UNIT], struct sr_err *e);
	void *ctx;
	uint64_t pages;
	uint8_t top[SR_KEY];  /* entry of the top unit; stale while the top node is dirty */
	struct sr_umap nodes; /* place -> struct node * */
	size_t dirty;
};

void sr_pagetree_init(struct sr_pagetree *t, const struct sr_unit_file *f,
	int (*fetch)(void *ctx, struct sr_unit_at at, uint8_t out[SR_UNIT], struct sr_err *e),
	void *ctx);
/* Forget all nodes and stand at (pages, top). */
void sr_pagetree_reset(struct sr_pagetree *t, uint64_t pages, const uint8_t top[SR_KEY]);
void sr_pagetree_free(struct sr_pagetree *t);
/* The entry of page ${index} < pages. */
SR_MUST int sr_pagetree_get(
	struct sr_pagetree *t, uint64_t index, uint8_t entry[SR_KEY], struct sr_err *e);
SR_MUST int sr_pagetree_set(
	struct sr_pagetree *t, uint64_t index, const uint8_t entry[SR_KEY], struct sr_err *e);
/* Is ${sealed} the unit at ${at}? AUTH, naming it: it does not verify. *${part} false: the tree has
 * no such unit. Nothing may be dirty. */
SR_MUST int sr_pagetree_check(struct sr_pagetree *t, struct sr_unit_at at,
	const uint8_t sealed[SR_UNIT], bool *part, struct sr_err *e);
/* Grow (new pages are absent) or shrink. */
SR_MUST int sr_pagetree_resize(struct sr_pagetree *t, uint64_t pages, struct sr_err *e);
/* Seal all dirty nodes, lowest level first, handing each to ${put}; afterwards t->top stands for
 * everything. */
SR_MUST int sr_pagetree_seal(struct sr_pagetree *t,
	int (*put)(
		void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e),
	struct sr_err *e);
/* Fetch and verify every unit, pages first, and hand it to ${each}. Nothing may be dirty. */
SR_MUST int sr_pagetree_walk(struct sr_pagetree *t,
	int (*each)(
		void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e),
	void *ctx, struct sr_err *e);

#endif
