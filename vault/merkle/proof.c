/*
 * proof - RFC 6962 inclusion and consistency proofs. The contract is in proof.h.
 *
 * Both kinds are made by walking from the root down: at each range of leaves the walk enters one
 * half, and the other half's hash goes into the proof. The walk finds them root first; the proof
 * has them leaf first, so they are turned around at the end. Halves are cut at the largest power of
 * two below the range's length, so every range begins at a multiple of a power of two that is not
 * below its length, and is a row of perfect subtrees.
 */
#include "merkle/proof.h"

#include <inttypes.h>
#include <string.h>

#include "merkle/lines.h"

/* Leaves [begin, end), a range of the walk. */
struct range {
	uint64_t begin;
	uint64_t end;
};

/* The largest power of two below ${n}; n > 1. */
static uint64_t split(uint64_t n) {
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

/* Hash of a range: its perfect subtrees, joined from the right. */
static int range_hash(
	uint8_t out[SR_HASH], const struct sr_nodes *nodes, struct range r, struct sr_err *e) {
	uint64_t len = r.end - r.begin;
	uint64_t pos = r.end;
	uint8_t acc[SR_HASH], node[SR_HASH];
	bool first = true;
	int rc;

	memset(acc, 0, sizeof acc);
	for (unsigned h = 0; h < SR_TREE_PEAKS; h++) {
		if (!(len >> h & 1))
			continue;
		pos -= (uint64_t)1 << h;
		rc = nodes->get(nodes->ctx, node, h, pos >> h, e);
		if (rc != 0)
			return rc;
		if (first)
			memcpy(acc, node, SR_HASH);
		else
			sr_node_hash(acc, node, acc);
		first = false;
	}
	memcpy(out, acc, SR_HASH);
	return 0;
}

/* Enter the half of ${r} that holds leaf ${index}; the other half is the answer. */
static struct range descend(struct range *r, uint64_t index) {
	uint64_t middle = r->begin + split(r->end - r->begin);
	struct range other = {middle, r->end};

	if (index < middle) {
		r->end = middle;
	} else {
		other.begin = r->begin;
		other.end = middle;
		r->begin = middle;
	}
	return other;
}

/* The proof from ${count} ranges, root first. */
static int from_ranges(struct sr_proof *out, const struct sr_nodes *nodes, const struct range *r,
	size_t count, struct sr_err *e) {
	struct sr_proof p;
	int rc;

	memset(&p, 0, sizeof p);
	for (size_t i = 0; i < count; i++) {
		rc = range_hash(p.hash[i], nodes, r[count - 1 - i], e);
		if (rc != 0)
			return rc;
	}
	p.count = count;
	*out = p;
	return 0;
}

int sr_proof_inclusion(struct sr_proof *out, const struct sr_nodes *nodes, uint64_t index,
	uint64_t size, struct sr_err *e) {
	struct range ranges[SR_PROOF_MAX];
	struct range at = {0, size};
	size_t count = 0;

	if (index >= size || size > SR_TREE_SIZE_MAX)
		return sr_fail(e, SR_MISUSE, "no inclusion proof for leaf %" PRIu64 " of %" PRIu64,
			index, size);
	while (at.end - at.begin > 1)
		ranges[count++] = descend(&at, index);
	return from_ranges(out, nodes, ranges, count, e);
}

int sr_proof_consistency(struct sr_proof *out, const struct sr_nodes *nodes, uint64_t size1,
	uint64_t size2, struct sr_err *e) {
	struct range ranges[SR_PROOF_MAX];
	struct range at = {0, size2};
	size_t count = 0;

	if (size1 == 0 || size1 > size2 || size2 > SR_TREE_SIZE_MAX)
		return sr_fail(e, SR_MISUSE,
			"no consistency proof from size %" PRIu64 " to %" PRIu64, size1, size2);
	/* Down to the range that ends where the old tree ended; all before it was there already. */
	while (at.end != size1)
		ranges[count++] = descend(&at, size1 - 1);
	if (at.begin != 0) /* else its hash is the old root, which the verifier has */
		ranges[count++] = at;
	return from_ranges(out, nodes, ranges, count, e);
}

int sr_merkle_inclusion(
	struct sr_proof *out, const uint8_t *leaves, size_t count, size_t index, struct sr_err *e) {
	struct sr_leaf_array a = {leaves, count};
	struct sr_nodes nodes = sr_leaf_array_nodes(&a);

	return sr_proof_inclusion(out, &nodes, index, count, e);
}

/*
 * A verifier's place in the tree, going up: ${fn} is the index of the node that it has, ${sn} that
 * of the last node, at the same height. True if the next hash is a left sibling.
 */
struct climb {
	uint64_t fn;
	uint64_t sn;
};

static bool climb_step(struct climb *c) {
	bool left = (c->fn & 1) != 0 || c->fn == c->sn;

	/* The last node of a level without a sibling moves up unchanged until it is a right child.
	 */
	if (left)
		while (c->fn != 0 && (c->fn & 1) == 0) {
			c->fn >>= 1;
			c->sn >>= 1;
		}
	c->fn >>= 1;
	c->sn >>= 1;
	return left;
}

int sr_proof_root(uint8_t out[SR_HASH], const struct sr_proof *p, uint64_t index, uint64_t size,
	const uint8_t leaf[SR_HASH], struct sr_err *e) {
	struct climb at = {index, size - 1};
	uint8_t r[SR_HASH];

	if (index >= size)
		return sr_fail(e, SR_AUTH,
			"inclusion proof: leaf %" PRIu64 " is outside a tree of %" PRIu64, index,
			size);
	if (p->count > SR_PROOF_MAX)
		return sr_fail(e, SR_AUTH, "inclusion proof: %zu hashes, at most %d", p->count,
			SR_PROOF_MAX);
	memcpy(r, leaf, SR_HASH);
	for (size_t i = 0; i < p->count; i++) {
		if (at.sn == 0)
			return sr_fail(e, SR_AUTH,
				"inclusion proof: %zu hashes for leaf %" PRIu64 " of %" PRIu64
				", want %zu",
				p->count, index, size, i);
		if (climb_step(&at))
			sr_node_hash(r, p->hash[i], r);
		else
			sr_node_hash(r, r, p->hash[i]);
	}
	if (at.sn != 0)
		return sr_fail(e, SR_AUTH,
			"inclusion proof: %zu hashes for leaf %" PRIu64 " of %" PRIu64
			" are too few",
			p->count, index, size);
	memcpy(out, r, SR_HASH);
	return 0;
}

int sr_proof_check_inclusion(const struct sr_proof *p, uint64_t index, uint64_t size,
	const uint8_t leaf[SR_HASH], const uint8_t root[SR_HASH], struct sr_err *e) {
	uint8_t r[SR_HASH];
	int rc = sr_proof_root(r, p, index, size, leaf, e);

	if (rc != 0)
		return rc;
	if (memcmp(r, root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"inclusion proof: leaf %" PRIu64 " does not lead to the root of %" PRIu64
			" leaves",
			index, size);
	return 0;
}

/* Sizes differ, 0 < size1 < size2. */
static int check_growth(const struct sr_proof *p, uint64_t size1, const uint8_t root1[SR_HASH],
	uint64_t size2, const uint8_t root2[SR_HASH], struct sr_err *e) {
	struct climb at = {size1 - 1, size2 - 1};
	bool whole = (size1 & (size1 - 1)) == 0; /* the old tree is one perfect subtree */
	size_t i = whole ? 0 : 1;
	uint8_t r1[SR_HASH], r2[SR_HASH];

	if (p->count == 0 || p->count > SR_PROOF_MAX)
		return sr_fail(e, SR_AUTH,
			"consistency proof: %zu hashes from size %" PRIu64 " to %" PRIu64, p->count,
			size1, size2);
	memcpy(r1, whole ? root1 : p->hash[0], SR_HASH);
	memcpy(r2, r1, SR_HASH);
	while (at.fn & 1) {
		at.fn >>= 1;
		at.sn >>= 1;
	}
	for (; i < p->count; i++) {
		if (at.sn == 0)
			return sr_fail(e, SR_AUTH,
				"consistency proof: %zu hashes from size %" PRIu64 " to %" PRIu64
				", want %zu",
				p->count, size1, size2, i);
		if (climb_step(&at)) {
			sr_node_hash(r1, p->hash[i], r1);
			sr_node_hash(r2, p->hash[i], r2);
		} else {
			sr_node_hash(r2, r2, p->hash[i]);
		}
	}
	if (at.sn != 0)
		return sr_fail(e, SR_AUTH,
			"consistency proof: %zu hashes from size %" PRIu64 " to %" PRIu64
			" are too few",
			p->count, size1, size2);
	if (memcmp(r1, root1, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"consistency proof: does not lead to the old root, size %" PRIu64, size1);
	if (memcmp(r2, root2, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"consistency proof: does not lead to the new root, size %" PRIu64, size2);
	return 0;
}

int sr_proof_check_consistency(const struct sr_proof *p, uint64_t size1,
	const uint8_t root1[SR_HASH], uint64_t size2, const uint8_t root2[SR_HASH],
	struct sr_err *e) {
	if (size1 == 0)
		return sr_fail(e, SR_AUTH, "consistency proof: size 0 proves nothing");
	if (size1 > size2)
		return sr_fail(e, SR_AUTH,
			"consistency proof: the tree shrank from %" PRIu64 " to %" PRIu64, size1,
			size2);
	if (size1 < size2)
		return check_growth(p, size1, root1, size2, root2, e);
	if (p->count != 0)
		return sr_fail(e, SR_AUTH,
			"consistency proof: %zu hashes for equal sizes %" PRIu64 ", want 0",
			p->count, size1);
	if (memcmp(root1, root2, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "consistency proof: two roots for size %" PRIu64, size1);
	return 0;
}

void sr_proof_put(struct sr_buf *out, const struct sr_proof *p) {
	for (size_t i = 0; i < p->count; i++) {
		sr_buf_put_base64(out, p->hash[i], SR_HASH);
		sr_buf_put_u8(out, '\n');
	}
}

int sr_proof_parse(struct sr_proof *out, struct sr_bytes lines, struct sr_err *e) {
	struct sr_proof p;
	struct sr_bytes line;
	int rc;

	memset(&p, 0, sizeof p);
	while (lines.len > 0) {
		if (!sr_take_line(&line, &lines))
			return sr_fail(e, SR_CORRUPT, "proof: hash %zu does not end in a newline",
				p.count + 1);
		if (p.count == SR_PROOF_MAX)
			return sr_fail(e, SR_LIMIT, "proof: more than %d hashes", SR_PROOF_MAX);
		rc = sr_unbase64_fixed(p.hash[p.count], SR_HASH, line, e);
		if (rc != 0) {
			(void)sr_wrap(e, "proof: hash %zu", p.count + 1);
			return rc;
		}
		p.count++;
	}
	*out = p;
	return 0;
}
