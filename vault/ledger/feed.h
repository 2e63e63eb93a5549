/*
 * feed - the entries of a ledger in order, opened ahead of whoever takes them: a replay applies one
 * while other cores read, hash, decrypt and parse those that follow.
 *
 * A bundle of 256 is one piece of work; at most SR_FEED_AHEAD of them are under way or waiting, so
 * memory is bounded. Every entry is compared with its hash in the tile (sr_ledger_read_bundle). The
 * keyring is asked from several threads at once: that is its owner's care. Nothing may be committed
 * to the ledger while a feed of it is alive.
 *
 *   at index i --take i--> at i + 1; any other index: what was read ahead is dropped, and it goes
 *   on from there
 */
#ifndef SR_LEDGER_FEED_H
#define SR_LEDGER_FEED_H

#include "ledger/entry.h"
#include "ledger/ledger.h"

enum {
	SR_FEED_AHEAD = 6 /* bundles: 2 MiB of usual entries, 96 MiB of the largest possible */
};

struct sr_feed; /* opaque */

struct sr_feed_options {
	struct sr_ledger *ledger; /* borrowed, as all of these; they outlive the feed */
	const char *origin;
	const struct sr_keyring *keys;
	uint64_t from;
};
SR_MUST int sr_feed_new(struct sr_feed **out, const struct sr_feed_options *o, struct sr_err *e);
void sr_feed_free(struct sr_feed *f); /* NULL allowed */
/* Entry ${index}, which the caller frees. Codes of sr_ledger_entry and sr_entry_open; the sentence
 * names the entry. */
SR_MUST int sr_feed_take(struct sr_feed *f, uint64_t index, struct sr_entry *out, struct sr_err *e);
/* An entry that was taken is not needed any more: freed (wiped) by the threads that made it, which
 * have the time and the memory's own arena, instead of sr_entry_free by the caller. */
void sr_feed_done(struct sr_feed *f, struct sr_entry *en);

#endif
