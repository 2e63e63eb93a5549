/*
 * edge - the partial tiles of a growing tree. The contract is in edge.h.
 *
 * hash[L] is the partial tile of level L; how much of it means something follows from the size
 * (sr_tile_partial), so no count is kept that could disagree with it.
 */
#include "merkle/edge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct sr_edge {
	struct sr_tiles full;
	struct sr_tree tree;
	bool failed;
	uint8_t hash[SR_TILE_LEVELS][SR_TILE_SIZE];
};

/* Peaks lie in the partial tiles. */
static int edge_node(
	void *ctx, uint8_t out[SR_HASH], unsigned height, uint64_t index, struct sr_err *e) {
	const struct sr_edge *g = ctx;
	struct sr_tile_place p;

	(void)e;
	sr_tile_place(&p, height, index);
	sr_merkle_root(out, g->hash[p.level] + (size_t)p.first * SR_HASH, p.count);
	return 0;
}

/* The hashes of level ${level} > 0: roots of the last full tiles one level below. */
static int load_level(struct sr_edge *g, uint64_t size, unsigned level, struct sr_err *e) {
	uint64_t first = sr_tile_full(size, level) * SR_TILE_WIDTH;
	unsigned width = sr_tile_partial(size, level);
	uint8_t *bytes;
	int rc = 0;

	if (width == 0)
		return 0;
	bytes = malloc(SR_TILE_SIZE);
	if (bytes == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a tile");
	for (unsigned i = 0; i < width && rc == 0; i++) {
		struct sr_tile t = {false, level - 1, first + i, SR_TILE_WIDTH};

		rc = g->full.read(g->full.ctx, bytes, &t, e);
		if (rc == 0)
			sr_merkle_root(g->hash[level] + (size_t)i * SR_HASH, bytes, SR_TILE_WIDTH);
	}
	free(bytes);
	return rc;
}

int sr_edge_new(struct sr_edge **out, const struct sr_tiles *full, uint64_t size,
	const uint8_t *tail, struct sr_err *e) {
	struct sr_edge *g;
	struct sr_nodes nodes;
	int rc = 0;

	*out = NULL;
	if (size > SR_TREE_SIZE_MAX)
		return sr_fail(e, SR_LIMIT, "tree of %" PRIu64 " leaves, at most %" PRIu64, size,
			SR_TREE_SIZE_MAX);
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for the edge of a tree");
	g->full = *full;
	if (size % SR_TILE_WIDTH != 0)
		memcpy(g->hash[0], tail, (size_t)(size % SR_TILE_WIDTH) * SR_HASH);
	for (unsigned level = 1; level < SR_TILE_LEVELS && rc == 0; level++)
		rc = load_level(g, size, level, e);
	if (rc == 0) {
		nodes.get = edge_node;
		nodes.ctx = g;
		rc = sr_tree_load(&g->tree, size, &nodes, e);
	}
	if (rc != 0) {
		sr_edge_free(g);
		return rc;
	}
	*out = g;
	return 0;
}

void sr_edge_free(struct sr_edge *g) {
	free(g);
}

int sr_edge_append(struct sr_edge *g, const uint8_t leaf[SR_HASH], const struct sr_tile_sink *sink,
	struct sr_err *e) {
	uint64_t size = g->tree.size;
	struct sr_tree tree = g->tree;
	uint8_t hash[SR_HASH];
	int rc;

	if (g->failed)
		return sr_fail(e, SR_MISUSE, "append to the edge of a tree after a failure");
	rc = sr_tree_append(&tree, leaf, e);
	if (rc != 0)
		return rc;
	memcpy(hash, leaf, SR_HASH);
	for (unsigned level = 0; level < SR_TILE_LEVELS; level++) {
		unsigned slot = sr_tile_partial(size, level);
		struct sr_tile t = {false, level, sr_tile_full(size, level), SR_TILE_WIDTH};

		memcpy(g->hash[level] + (size_t)slot * SR_HASH, hash, SR_HASH);
		if (slot + 1 < SR_TILE_WIDTH)
			break;
		rc = sink->put(sink->ctx, &t, g->hash[level], e);
		if (rc != 0) {
			g->failed = true;
			return rc;
		}
		sr_merkle_root(hash, g->hash[level], SR_TILE_WIDTH);
	}
	g->tree = tree;
	return 0;
}

uint64_t sr_edge_size(const struct sr_edge *g) {
	return g->tree.size;
}

void sr_edge_root(uint8_t out[SR_HASH], const struct sr_edge *g) {
	sr_tree_root(out, &g->tree);
}

const struct sr_tree *sr_edge_tree(const struct sr_edge *g) {
	return &g->tree;
}

/* The first hashes of a tile that is full by now. */
static int read_full(struct sr_edge *g, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	struct sr_tile whole = *t;
	uint8_t *bytes;
	int rc;

	if (t->width == SR_TILE_WIDTH)
		return g->full.read(g->full.ctx, out, t, e);
	bytes = malloc(SR_TILE_SIZE);
	if (bytes == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a tile");
	whole.width = SR_TILE_WIDTH;
	rc = g->full.read(g->full.ctx, bytes, &whole, e);
	if (rc == 0)
		memcpy(out, bytes, (size_t)t->width * SR_HASH);
	free(bytes);
	return rc;
}

int sr_edge_read(struct sr_edge *g, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	uint64_t size = g->tree.size;
	unsigned have = sr_tile_width(size, t->level, t->n);

	if (g->failed || t->entries || t->width < 1 || t->width > SR_TILE_WIDTH)
		return sr_fail(e, SR_MISUSE, "edge of a tree: %s, width %u",
			g->failed ? "failed before" : "no hash tile", t->width);
	if (t->width > have)
		return sr_fail(e, SR_NOTFOUND,
			"tile (level %u, number %" PRIu64 ") has %u hashes at size %" PRIu64
			", want %u",
			t->level, t->n, have, size, t->width);
	if (have == SR_TILE_WIDTH)
		return read_full(g, out, t, e);
	memcpy(out, g->hash[t->level], (size_t)t->width * SR_HASH);
	return 0;
}

static int edge_tiles_read(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	return sr_edge_read(ctx, out, t, e);
}

struct sr_tiles sr_edge_tiles(struct sr_edge *g) {
	struct sr_tiles t = {edge_tiles_read, g};

	return t;
}
