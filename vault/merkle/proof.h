/*
 * proof - RFC 6962 inclusion and consistency proofs: made from subtree hashes, checked against
 * roots.
 *
 * Inclusion: leaf ${index} is in the tree of ${size} leaves with ${root}; hashes run from the
 * leaf's sibling to the root's child. Consistency: the tree of ${size1} leaves is the beginning of
 * the tree of ${size2}; empty if the sizes are equal; from size 0 no proof exists, and checking
 * one is refused (AUTH): a caller that has verified nothing yet has nothing to check.
 *
 * Checks answer 0 or AUTH; every other shape than the one proof for these numbers (too long, too
 * short, index outside) is AUTH too. A proof is a value without pointers. Sources: RFC 6962 2.1.1,
 * 2.1.2; digest 1.4.
 */
#ifndef SR_MERKLE_PROOF_H
#define SR_MERKLE_PROOF_H

#include "merkle/tree.h"

enum {
	SR_PROOF_MAX = 64
}; /* hashes: 63 levels, and the old subtree's own hash in a consistency proof */

struct sr_proof {
	size_t count;
	uint8_t hash[SR_PROOF_MAX][SR_HASH];
};

/* Make: MISUSE if index >= size, size1 is 0 or > size2, or a size is above SR_TREE_SIZE_MAX; else
 * what ${nodes} says. Only nodes inside the tree of ${size} (${size2}) leaves are asked for. */
SR_MUST int sr_proof_inclusion(struct sr_proof *out, const struct sr_nodes *nodes, uint64_t index,
	uint64_t size, struct sr_err *e);
SR_MUST int sr_proof_consistency(struct sr_proof *out, const struct sr_nodes *nodes, uint64_t size1,
	uint64_t size2, struct sr_err *e);
/* An inclusion proof over an array of ${count} leaf hashes (as sr_merkle_root). */
SR_MUST int sr_merkle_inclusion(
	struct sr_proof *out, const uint8_t *leaves, size_t count, size_t index, struct sr_err *e);

/* The root that ${leaf} at ${index} and ${p} lead to; AUTH if ${p} has not the shape for (index,
 * size). */
SR_MUST int sr_proof_root(uint8_t out[SR_HASH], const struct sr_proof *p, uint64_t index,
	uint64_t size, const uint8_t leaf[SR_HASH], struct sr_err *e);
SR_MUST int sr_proof_check_inclusion(const struct sr_proof *p, uint64_t index, uint64_t size,
	const uint8_t leaf[SR_HASH], const uint8_t root[SR_HASH], struct sr_err *e);
SR_MUST int sr_proof_check_consistency(const struct sr_proof *p, uint64_t size1,
	const uint8_t root1[SR_HASH], uint64_t size2, const uint8_t root2[SR_HASH],
	struct sr_err *e);

/* As lines of base64, one hash each, "\n" after each: the form of .tlog-proof, add-checkpoint and
 * our bundles. Parsing takes zero or more such lines and nothing else; CORRUPT names the line;
 * LIMIT above SR_PROOF_MAX. */
void sr_proof_put(struct sr_buf *out, const struct sr_proof *p);
SR_MUST int sr_proof_parse(struct sr_proof *out, struct sr_bytes lines, struct sr_err *e);

#endif
