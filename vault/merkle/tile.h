/*
 * tile - C2SP tlog-tiles: names, sizes, entry bundles, and tree nodes read from tiles.
 *
 *   tile/<L>/<N>[.p/<W>]      hash tile: W (else 256) hashes of 32 bytes; hash i of tile (L,N) is
 *                             over leaves [(N*256+i) * 256^L, (N*256+i+1) * 256^L); above level 0
 *                             there are only hashes of full tiles
 *   tile/entries/<N>[.p/<W>]  entry bundle: W (else 256) entries, each
 *                             { offset 0: u16be length n; offset 2: n bytes }
 *   <N>  groups of three decimal digits, each but the last with "x" before it
 *   <L>  0..63, <W> 1..255, plain decimal
 *
 * A partial tile or bundle is a byte prefix of the full one. Pure functions and a small cache:
 * bytes come through a callback, and are believed; what is built from them is checked against a
 * root. Source: digest 1.5.
 */
#ifndef SR_MERKLE_TILE_H
#define SR_MERKLE_TILE_H

#include "merkle/tree.h"

enum {
	SR_TILE_HEIGHT = 8,           /* tree levels in a tile */
	SR_TILE_WIDTH = 256,          /* hashes in a full tile, entries in a full bundle */
	SR_TILE_SIZE = 256 * SR_HASH, /* bytes of a full hash tile */
	SR_TILE_LEVELS = 8,           /* levels that a tree of SR_TREE_SIZE_MAX leaves can have */
	SR_TILE_LEVEL_MAX = 63,       /* what a path may say */
	SR_TILE_PATH = 64             /* bytes of the longest path and its NUL, rounded up */
};
/* The largest N: 2^64 entries in bundles of 256. */
#define SR_TILE_N_MAX (UINT64_MAX >> SR_TILE_HEIGHT)

struct sr_tile {
	bool entries;   /* an entry bundle; level is then 0 */
	unsigned level; /* 0..SR_TILE_LEVEL_MAX */
	uint64_t n;     /* 0..SR_TILE_N_MAX */
	unsigned width; /* 1..SR_TILE_WIDTH; SR_TILE_WIDTH: full */
};

/* The path, terminated; asserts that ${t} is in range. */
void sr_tile_path(char out[SR_TILE_PATH], const struct sr_tile *t);
/* The inverse, canonical paths only; CORRUPT says what is off. */
SR_MUST int sr_tile_parse(struct sr_tile *out, struct sr_bytes path, struct sr_err *e);

/* For a tree of ${size} leaves: full tiles at ${level}; width of the partial one after them (0:
 * none); number of levels that hold anything (0 for an empty tree). */
uint64_t sr_tile_full(uint64_t size, unsigned level);
unsigned sr_tile_partial(uint64_t size, unsigned level);
unsigned sr_tile_levels(uint64_t size);
/* Width of tile (level, n) in a tree of ${size} leaves: 0 if it is not there. */
unsigned sr_tile_width(uint64_t size, unsigned level, uint64_t n);

/* Where node (height, index) lies: root over ${count} hashes from slot ${first} of tile (level,
 * n). */
struct sr_tile_place {
	unsigned level;
	uint64_t n;
	unsigned first;
	unsigned count; /* a power of two, at most 128 */
};
void sr_tile_place(struct sr_tile_place *out, unsigned height, uint64_t index);

/* Append one entry to a bundle; LIMIT above SR_ENTRY_MAX bytes. */
SR_MUST int sr_entry_bundle_put(struct sr_buf *out, struct sr_bytes entry, struct sr_err *e);
/* Exactly ${width} entries, as views into ${in}; CORRUPT if bytes are missing or left over. */
SR_MUST int sr_entry_bundle_parse(
	struct sr_bytes *entries, unsigned width, struct sr_bytes in, struct sr_err *e);
/* Length in bytes of the first ${width} entries of ${in}: how much of a longer bundle a partial
 * one is. */
SR_MUST int sr_entry_bundle_prefix(
	size_t *len, unsigned width, struct sr_bytes in, struct sr_err *e);

/* Reads hash tiles: fill ${out} with t->width hashes. NOTFOUND for a partial tile makes the
 * reader ask for the full one. */
struct sr_tiles {
	int (*read)(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e);
	void *ctx;
};

/* Nodes of a tree of fixed size, from tiles; the last tile of each level is kept. One thread. */
struct sr_tile_reader; /* opaque; 64 KiB */
/* LIMIT if ${size} is above SR_TREE_SIZE_MAX, NOMEM. ${tiles} is copied. */
SR_MUST int sr_tile_reader_new(
	struct sr_tile_reader **out, const struct sr_tiles *tiles, uint64_t size, struct sr_err *e);
void sr_tile_reader_free(struct sr_tile_reader *r); /* NULL allowed */
/* For sr_tree_load and sr_proof_*. MISUSE for a node that is not wholly inside the tree. */
struct sr_nodes sr_tile_reader_nodes(struct sr_tile_reader *r);

#endif
