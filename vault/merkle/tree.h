/*
 * tree - the RFC 6962 hash tree over SHA-256: leaf and node hashes, the compact form of a growing
 * tree, and roots.
 *
 *   leaf = SHA-256(0x00 || entry)   node = SHA-256(0x01 || left || right)   no leaves: SHA-256("")
 *   n > 1 leaves split at the largest power of two below n.
 *
 * An sr_tree is a value (copy it to try an append): the peaks, one perfect subtree per set bit of
 * the size; peak[h] covers 2^h leaves and means something only while bit h of size is set.
 * Appending is O(log n), O(1) on average. Hashes here are public; nothing is wiped. No allocation.
 * Sources: RFC 6962 section 2.1; digest 1.4.
 */
#ifndef SR_MERKLE_TREE_H
#define SR_MERKLE_TREE_H

#include "crypto/hash.h"

/* The largest tree size: what C2SP's decimal sizes and Go's int64 can say. */
#define SR_TREE_SIZE_MAX ((uint64_t)INT64_MAX)
enum {
	SR_TREE_PEAKS = 63
};

struct sr_tree {
	uint64_t size; /* leaves */
	uint8_t peak[SR_TREE_PEAKS][SR_HASH];
};

/* Where hashes of perfect subtrees come from: ${out} = hash of leaves [index * 2^height, (index +
 * 1) * 2^height). The answer is believed; whoever needs the truth checks the result against a
 * root. */
struct sr_nodes {
	int (*get)(
		void *ctx, uint8_t out[SR_HASH], unsigned height, uint64_t index, struct sr_err *e);
	void *ctx;
};

void sr_leaf_hash(uint8_t out[SR_HASH], struct sr_bytes entry);
/* ${out} may be ${left} or ${right}. */
void sr_node_hash(uint8_t out[SR_HASH], const uint8_t left[SR_HASH], const uint8_t right[SR_HASH]);

void sr_tree_init(struct sr_tree *t); /* the empty tree */
/* Add one leaf hash. LIMIT at SR_TREE_SIZE_MAX leaves; ${t} is then unchanged. */
SR_MUST int sr_tree_append(struct sr_tree *t, const uint8_t leaf[SR_HASH], struct sr_err *e);
void sr_tree_root(uint8_t out[SR_HASH], const struct sr_tree *t);
/* The compact form of the first ${size} leaves, out of ${nodes}. LIMIT, or what ${nodes} says. */
SR_MUST int sr_tree_load(
	struct sr_tree *out, uint64_t size, const struct sr_nodes *nodes, struct sr_err *e);

/* The root over ${count} leaf hashes that lie one after the other (${count} * SR_HASH bytes; NULL
 * if 0). */
void sr_merkle_root(uint8_t out[SR_HASH], const uint8_t *leaves, size_t count);

/* Nodes over such an array, for proofs: lists of items, bundles, inventories. The array must
 * outlive the use. */
struct sr_leaf_array {
	const uint8_t *leaves;
	size_t count;
};
struct sr_nodes sr_leaf_array_nodes(struct sr_leaf_array *a);

#endif
