/*
 * fuzz_merkle_tile - what a mirror or an auditor's copy hands out: entry bundles, tile paths, lines
 * of proofs. Refused, or written back as they were read.
 *
 * Input: u8 mode: 0 path; 1 u8 width, bundle; 2 proof lines; 3 u8 index, u8 size, a proof's hashes,
 * which are checked as inclusion and as consistency.
 */
#include "fuzz_merkle.h"
#include "merkle/proof.h"
#include "merkle/tile.h"

static void check_path(struct sr_bytes in) {
	char path[SR_TILE_PATH];
	struct sr_tile t;
	struct sr_err e;
	if (sr_tile_parse(&t, in, &e) != 0)
		return;
	MUST(t.width >= 1 && t.width <= SR_TILE_WIDTH && t.level <= SR_TILE_LEVEL_MAX);
	MUST(t.n <= SR_TILE_N_MAX);
	sr_tile_path(path, &t);
	MUST(sr_bytes_eq(in, sr_bytes_str(path)));
}

static void check_bundle(struct sr_bytes in) {
	static struct sr_bytes entries[SR_TILE_WIDTH];
	unsigned width = fuzz_u8(&in) + 1u;
	struct sr_buf again;
	struct sr_err e;
	size_t len = 0;
	sr_buf_init(&again);
	int prefix = sr_entry_bundle_prefix(&len, width, in, &e);
	MUST(prefix != 0 || len <= in.len);
	int rc = sr_entry_bundle_parse(entries, width, in, &e);
	MUST((rc == 0) == (prefix == 0 && len == in.len));
	for (unsigned i = 0; rc == 0 && i < width; i++)
		assert_ok(sr_entry_bundle_put(&again, entries[i], &e), &e);
	MUST(rc != 0 || sr_bytes_eq(sr_buf_view(&again), in));
	sr_buf_free(&again);
}

static void check_lines(struct sr_bytes in) {
	struct sr_proof p;
	struct sr_buf again;
	struct sr_err e;
	if (sr_proof_parse(&p, in, &e) != 0)
		return;
	MUST(p.count <= SR_PROOF_MAX);
	sr_buf_init(&again);
	sr_proof_put(&again, &p);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	sr_buf_free(&again);
}

/* Only the one proof for (index, size) leads to the root. */
static void check_proof(struct sr_bytes in) {
	uint8_t leaves[256][SR_HASH], root[SR_HASH], old[SR_HASH];
	uint64_t index = fuzz_u8(&in), count = fuzz_u8(&in);
	struct sr_proof p = {0}, right = {0};
	struct sr_err e;
	for (unsigned i = 0; i < 256; i++)
		t_fill(leaves[i], SR_HASH, i);
	for (p.count = 0; p.count < SR_PROOF_MAX && in.len >= SR_HASH; p.count++)
		memcpy(p.hash[p.count], fuzz_take(&in, SR_HASH).p, SR_HASH);
	sr_merkle_root(root, leaves[0], count);
	if (sr_proof_check_inclusion(&p, index, count, leaves[index], root, &e) == 0) {
		assert_ok(sr_merkle_inclusion(&right, leaves[0], count, index, &e), &e);
		MUST(p.count == right.count);
		MUST(memcmp(p.hash, right.hash, p.count * SR_HASH) == 0);
	}
	sr_merkle_root(old, leaves[0], index);
	if (sr_proof_check_consistency(&p, index, old, count, root, &e) == 0) {
		struct sr_leaf_array a = {leaves[0], count};
		struct sr_nodes nodes = sr_leaf_array_nodes(&a);
		assert_ok(sr_proof_consistency(&right, &nodes, index, count, &e), &e);
		MUST(p.count == right.count);
		MUST(memcmp(p.hash, right.hash, p.count * SR_HASH) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	switch (fuzz_u8(&in) % 4) {
	case 0:
		check_path(in);
		break;
	case 1:
		check_bundle(in);
		break;
	case 2:
		check_lines(in);
		break;
	default:
		check_proof(in);
	}
	return 0;
}

void fuzz_seeds(void) {
	uint8_t leaves[21][SR_HASH];
	struct sr_proof p = {0};
	struct sr_buf b;
	struct sr_err e;
	fuzz_start();
	sr_buf_init(&b);
	const struct sr_tile tiles[] = {
		{false, 0, 1234067, 256}, {false, 3, 5, 17}, {true, 0, 999, 1}};
	for (size_t i = 0; i < 3; i++) {
		char path[SR_TILE_PATH], name[] = "path-0";
		name[5] = (char)('0' + i);
		sr_tile_path(path, &tiles[i]);
		fuzz_seed_with(name, "\0", 1, sr_bytes_str(path));
	}
	assert_ok(sr_entry_bundle_put(&b, sr_bytes_str("first"), &e), &e);
	assert_ok(sr_entry_bundle_put(&b, sr_bytes_str(""), &e), &e);
	assert_ok(sr_entry_bundle_put(&b, sr_bytes_str("third"), &e), &e);
	fuzz_seed_with("bundle", "\1\2", 2, sr_buf_view(&b));
	for (unsigned i = 0; i < 21; i++)
		t_fill(leaves[i], SR_HASH, i);
	assert_ok(sr_merkle_inclusion(&p, leaves[0], 21, 13, &e), &e);
	sr_buf_clear(&b);
	sr_proof_put(&b, &p);
	fuzz_seed_with("lines", "\2", 1, sr_buf_view(&b));
	fuzz_seed_with("inclusion", "\3\x0d\x15", 3, sr_bytes_of(p.hash, p.count * SR_HASH));
	struct sr_leaf_array a = {leaves[0], 21};
	struct sr_nodes nodes = sr_leaf_array_nodes(&a);
	assert_ok(sr_proof_consistency(&p, &nodes, 13, 21, &e), &e);
	fuzz_seed_with("consistency", "\3\x0d\x15", 3, sr_bytes_of(p.hash, p.count * SR_HASH));
	sr_buf_free(&b);
}
