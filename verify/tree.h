/*
 * tree - every byte of a log's tiles and entry bundles, read once, in order, and what it adds up
 * to.
 *
 *   EMPTY --bundles (full ones, on all cores)--> --leaves (the tail, one by one)--> root
 *
 * Memory is bounded whatever the log's size: one batch of bundles, and per level the tile that is
 * being filled. Each stored hash tile is compared with what the level below makes, each bundle with
 * its tile; nothing that is read is believed. What somebody remembers (size, root) is watched: the
 * root at that size is computed on the way, so a fork is found without any proof. One thread calls.
 */
#ifndef SR_VERIFY_TREE_H
#define SR_VERIFY_TREE_H

#include "base/fs.h"
#include "base/progress.h"
#include "merkle/tile.h"

/* A size at which the root must be known; the caller owns the array, sorted by size. */
struct verify_watch {
	uint64_t size;
	uint8_t root[SR_HASH]; /* filled in when `reached` */
	bool reached;
};

/* An entry that was sealed for its place: the same bytes cannot be right at another. */
struct verify_seen {
	uint64_t hash; /* the first 8 bytes of its leaf hash */
	uint64_t index;
};

struct verify_level {  /* the tile that is being filled */
	uint64_t full; /* tiles before it */
	unsigned width;
	uint8_t hash[SR_TILE_SIZE];
};

struct verify_tree {
	struct sr_dir *dir; /* holds tile/ */
	struct verify_watch *watch;
	size_t watch_count, watched;
	const struct sr_progress *progress;
	/* Sealed entries, to find one that comes twice; kept while there are at most seen_max. */
	struct verify_seen *seen;
	size_t seen_count, seen_cap;
	uint64_t seen_max;
	bool seen_all;    /* none was left out */
	uint64_t bytes;   /* of entries */
	uint64_t bundles; /* compared with their tiles */
	uint64_t tiles;   /* of hashes, compared */
	struct sr_tree tree;
	struct verify_level level[SR_TILE_LEVELS];
};

/* Entries that are remembered without being asked for: 64 MiB. */
#define VERIFY_SEEN ((uint64_t)4 << 20)

/* ${watch} may be NULL when ${count} is 0. Remembers VERIFY_SEEN entries; set seen_max otherwise.
 */
void verify_tree_init(
	struct verify_tree *t, struct sr_dir *dir, struct verify_watch *watch, size_t count);
void verify_tree_free(struct verify_tree *t); /* what it owns */
/* The first ${bundles} bundles with their hash tiles, and the full tiles above. CORRUPT names the
 * file, and the entry where one is to blame; a missing file is CORRUPT too. */
SR_MUST int verify_tree_bundles(struct verify_tree *t, uint64_t bundles, struct sr_err *e);
/* One more entry. Tiles that it fills must be equal where they are stored, and may be missing (an
 * interrupted writer). */
SR_MUST int verify_tree_entry(struct verify_tree *t, struct sr_bytes entry, struct sr_err *e);
/* The tail of an exported log of ${size} entries: its partial bundle, and the partial tile of every
 * level. A full file may stand in for a partial one. */
SR_MUST int verify_tree_partials(struct verify_tree *t, uint64_t size, struct sr_err *e);
/* AUTH: two entries of a vault's log are the same bytes. Each is sealed for its index with a random
 * key id, so the later one is an old entry that somebody with the log's key put in again. (Logs of
 * others may well repeat entries: only those that begin "SRE1" are looked at.) */
SR_MUST int verify_tree_replayed(struct verify_tree *t, struct sr_err *e);
void verify_tree_root(uint8_t out[SR_HASH], const struct verify_tree *t);

struct verify_strays {
	uint64_t
		partials; /* of earlier sizes: compared, they are beginnings of what is there now */
	uint64_t beyond;  /* tiles and bundles of entries that the checkpoint does not cover */
	uint64_t others;  /* files that are no tile */
};
/* Walk tile/ for files that the checks above did not read. CORRUPT: a partial tile that is not the
 * beginning of the present one. */
SR_MUST int verify_tree_strays(
	struct verify_strays *out, const struct verify_tree *t, struct sr_err *e);

#endif
