/*
 * edge - the right edge of a growing tlog-tiles tree: all partial tiles, in memory, and the
 * compact tree.
 *
 * Whoever appends (the ledger, after its journal is durable) gives leaf hashes; each tile that
 * becomes full goes out through a callback, lower levels first, and leaves the edge. Together,
 * full tiles and edge answer for every node of the tree at its present and every earlier size.
 *
 *   GROWING --append--> GROWING
 *   GROWING --callback fails--> FAILED (sticky: the edge and what was written may disagree; free it
 *                                       and load it again)
 *
 * Invariant: level L holds floor(size / 256^L) mod 256 hashes. 64 KiB. One thread.
 */
#ifndef SR_MERKLE_EDGE_H
#define SR_MERKLE_EDGE_H

#include "merkle/tile.h"

struct sr_edge; /* opaque */

/* A full hash tile that must be kept: SR_TILE_SIZE bytes. Called from sr_edge_append. */
struct sr_tile_sink {
	int (*put)(void *ctx, const struct sr_tile *t, const uint8_t *bytes, struct sr_err *e);
	void *ctx;
};

/*
 * The edge of a tree of ${size} leaves. ${full} reads full tiles only (width SR_TILE_WIDTH); it is
 * copied, and asked here for at most 255 tiles per level, later for whatever proofs need. ${tail}
 * holds the last size % 256 leaf hashes, one after the other (NULL if none). The caller compares
 * sr_edge_root with the root it trusts. NOMEM, LIMIT, or what ${full} says.
 */
SR_MUST int sr_edge_new(struct sr_edge **out, const struct sr_tiles *full, uint64_t size,
	const uint8_t *tail, struct sr_err *e);
void sr_edge_free(struct sr_edge *g); /* NULL allowed */

SR_MUST int sr_edge_append(struct sr_edge *g, const uint8_t leaf[SR_HASH],
	const struct sr_tile_sink *sink, struct sr_err *e);
uint64_t sr_edge_size(const struct sr_edge *g);
void sr_edge_root(uint8_t out[SR_HASH], const struct sr_edge *g);
/* The compact tree, to copy and try appends on before they are durable. */
const struct sr_tree *sr_edge_tree(const struct sr_edge *g);

/* Any tile of the tree at this or an earlier size: from the edge, else the full tile's first
 * t->width hashes. NOTFOUND outside the tree. */
SR_MUST int sr_edge_read(
	struct sr_edge *g, uint8_t *out, const struct sr_tile *t, struct sr_err *e);
/* The same as a tile source, for sr_tile_reader_new (any size up to sr_edge_size). */
struct sr_tiles sr_edge_tiles(struct sr_edge *g);

#endif
