/*
 * tree - RFC 6962 hashing and the compact form of a growing tree. The contract is in tree.h.
 *
 * Invariant of a sr_tree: for each set bit h of the size, peak[h] is the root of the perfect
 * subtree of 2^h leaves that follows the subtrees of all higher set bits. Appending is adding one
 * to a binary number: each carry joins two peaks.
 */
#include "merkle/tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	LEAF_BUFFER = 2048 /* entries up to here are hashed in one call; most of ours are */
};

void sr_leaf_hash(uint8_t out[SR_HASH], struct sr_bytes entry) {
	static const uint8_t prefix = 0x00;
	uint8_t buf[LEAF_BUFFER];

	if (entry.len < sizeof buf) {
		buf[0] = prefix;
		if (entry.len > 0)
			memcpy(buf + 1, entry.p, entry.len);
		sr_sha256(out, buf, entry.len + 1);
		return;
	}
	sr_sha256_both(out, &prefix, 1, entry.p, entry.len);
}

void sr_node_hash(uint8_t out[SR_HASH], const uint8_t left[SR_HASH], const uint8_t right[SR_HASH]) {
	uint8_t buf[1 + 2 * SR_HASH];

	buf[0] = 0x01;
	memcpy(buf + 1, left, SR_HASH);
	memcpy(buf + 1 + SR_HASH, right, SR_HASH);
	sr_sha256(out, buf, sizeof buf);
}

void sr_tree_init(struct sr_tree *t) {
	memset(t, 0, sizeof *t);
}

int sr_tree_append(struct sr_tree *t, const uint8_t leaf[SR_HASH], struct sr_err *e) {
	uint8_t carry[SR_HASH];
	unsigned h = 0;

	if (t->size >= SR_TREE_SIZE_MAX)
		return sr_fail(e, SR_LIMIT, "tree has %" PRIu64 " leaves, at most %" PRIu64,
			t->size, SR_TREE_SIZE_MAX);
	memcpy(carry, leaf, SR_HASH);
	while (t->size >> h & 1) {
		sr_node_hash(carry, t->peak[h], carry);
		h++;
	}
	memcpy(t->peak[h], carry, SR_HASH);
	t->size++;
	return 0;
}

void sr_tree_root(uint8_t out[SR_HASH], const struct sr_tree *t) {
	uint8_t r[SR_HASH];
	bool first = true;

	if (t->size == 0) {
		sr_sha256(out, "", 0);
		return;
	}
	for (unsigned h = 0; h < SR_TREE_PEAKS; h++) {
		if (!(t->size >> h & 1))
			continue;
		if (first)
			memcpy(r, t->peak[h], SR_HASH);
		else
			sr_node_hash(r, t->peak[h], r);
		first = false;
	}
	memcpy(out, r, SR_HASH);
}

int sr_tree_load(
	struct sr_tree *out, uint64_t size, const struct sr_nodes *nodes, struct sr_err *e) {
	struct sr_tree t;
	int rc;

	if (size > SR_TREE_SIZE_MAX)
		return sr_fail(e, SR_LIMIT, "tree of %" PRIu64 " leaves, at most %" PRIu64, size,
			SR_TREE_SIZE_MAX);
	sr_tree_init(&t);
	t.size = size;
	for (unsigned h = 0; h < SR_TREE_PEAKS; h++) {
		if (!(size >> h & 1))
			continue;
		/* The leaves before this peak are the higher bits of the size. */
		rc = nodes->get(nodes->ctx, t.peak[h], h, size >> (h + 1) << 1, e);
		if (rc != 0)
			return rc;
	}
	*out = t;
	return 0;
}

void sr_merkle_root(uint8_t out[SR_HASH], const uint8_t *leaves, size_t count) {
	struct sr_tree t;

	sr_tree_init(&t);
	for (size_t i = 0; i < count; i++)
		if (sr_tree_append(&t, leaves + i * SR_HASH, NULL) != 0)
			abort(); /* an array is never that long */
	sr_tree_root(out, &t);
}

static int leaf_array_get(
	void *ctx, uint8_t out[SR_HASH], unsigned height, uint64_t index, struct sr_err *e) {
	const struct sr_leaf_array *a = ctx;

	if (height >= SR_TREE_PEAKS || index >= a->count >> height)
		return sr_fail(e, SR_MISUSE,
			"node (height %u, index %" PRIu64 ") is outside %zu leaves", height, index,
			a->count);
	sr_merkle_root(out, a->leaves + ((size_t)index << height) * SR_HASH, (size_t)1 << height);
	return 0;
}

struct sr_nodes sr_leaf_array_nodes(struct sr_leaf_array *a) {
	struct sr_nodes n = {leaf_array_get, a};

	return n;
}
