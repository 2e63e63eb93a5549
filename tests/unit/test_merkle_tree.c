/*
 * Tests of merkle/tree: the eight-leaf tree of RFC 6962 implementations, growing against a naive
 * recursive tree, and loading the compact form from an array.
 */
#include "merkle/tree.h"

#include <string.h>

#include "util.h"

static const char *const leaves8[] = {"", "00", "10", "2021", "3031", "40414243",
	"5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const roots8[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void assert_hex(const uint8_t hash[SR_HASH], const char *hex) {
	char have[2 * SR_HASH + 1];

	sr_hex(have, hash, SR_HASH);
	assert_string_equal(have, hex);
}

/* RFC 6962 as its definition reads. */
static void naive_root(uint8_t out[SR_HASH], const uint8_t *leaves, size_t n) {
	uint8_t l[SR_HASH], r[SR_HASH];
	size_t k = 1;

	if (n == 0) {
		sr_sha256(out, "", 0);
		return;
	}
	if (n == 1) {
		memcpy(out, leaves, SR_HASH);
		return;
	}
	while (2 * k < n)
		k *= 2;
	naive_root(l, leaves, k);
	naive_root(r, leaves + k * SR_HASH, n - k);
	sr_node_hash(out, l, r);
}

static void eight_leaves(void **state) {
	struct sr_err e = {0};
	struct sr_tree t;
	uint8_t entry[32], leaf[SR_HASH], root[SR_HASH], all[8 * SR_HASH];

	(void)state;
	sr_tree_init(&t);
	sr_tree_root(root, &t);
	assert_hex(root, roots8[0]);
	for (size_t i = 0; i < 8; i++) {
		size_t n = t_hex(entry, sizeof entry, leaves8[i]);

		sr_leaf_hash(leaf, sr_bytes_of(entry, n));
		memcpy(all + i * SR_HASH, leaf, SR_HASH);
		assert_ok(sr_tree_append(&t, leaf, &e), &e);
		assert_int_equal(t.size, i + 1);
		sr_tree_root(root, &t);
		assert_hex(root, roots8[i + 1]);
		sr_merkle_root(root, all, i + 1);
		assert_hex(root, roots8[i + 1]);
	}
	assert_hex(all + (size_t)5 * SR_HASH,
		"4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658");
	sr_merkle_root(root, NULL, 0);
	assert_hex(root, roots8[0]);
}

/* One call and in pieces give the same hash, on both sides of the buffer's length. */
static void long_leaves(void **state) {
	static const size_t lens[] = {0, 1, 2046, 2047, 2048, 2049, 65535, 100000};
	uint8_t *buf = malloc(100001);
	uint8_t a[SR_HASH], b[SR_HASH];

	(void)state;
	assert_non_null(buf);
	buf[0] = 0;
	t_fill(buf + 1, 100000, 7);
	for (size_t i = 0; i < T_COUNT(lens); i++) {
		sr_leaf_hash(a, sr_bytes_of(buf + 1, lens[i]));
		sr_sha256(b, buf, lens[i] + 1);
		assert_memory_equal(a, b, SR_HASH);
	}
	free(buf);
}

static void node_in_place(void **state) {
	uint8_t l[SR_HASH], r[SR_HASH], want[SR_HASH], x[SR_HASH];

	(void)state;
	t_fill(l, sizeof l, 1);
	t_fill(r, sizeof r, 2);
	sr_node_hash(want, l, r);
	memcpy(x, l, sizeof x);
	sr_node_hash(x, x, r);
	assert_memory_equal(x, want, sizeof x);
	memcpy(x, r, sizeof x);
	sr_node_hash(x, l, x);
	assert_memory_equal(x, want, sizeof x);
}

static void grows_like_the_definition(void **state) {
	enum {
		N = 520
	};
	uint8_t *all = malloc((size_t)N * SR_HASH);
	uint8_t want[SR_HASH], root[SR_HASH];
	struct sr_err e = {0};
	struct sr_tree t, loaded;
	struct sr_leaf_array a;
	struct sr_nodes nodes;

	(void)state;
	assert_non_null(all);
	t_fill(all, (size_t)N * SR_HASH, 3);
	sr_tree_init(&t);
	for (size_t n = 1; n <= N; n++) {
		assert_ok(sr_tree_append(&t, all + (n - 1) * SR_HASH, &e), &e);
		naive_root(want, all, n);
		sr_tree_root(root, &t);
		assert_memory_equal(root, want, SR_HASH);
		a.leaves = all;
		a.count = n;
		nodes = sr_leaf_array_nodes(&a);
		assert_ok(sr_tree_load(&loaded, n, &nodes, &e), &e);
		sr_tree_root(root, &loaded);
		assert_memory_equal(root, want, SR_HASH);
		if (n < N) { /* a loaded tree grows on */
			assert_ok(sr_tree_append(&loaded, all + n * SR_HASH, &e), &e);
			naive_root(want, all, n + 1);
			sr_tree_root(root, &loaded);
			assert_memory_equal(root, want, SR_HASH);
		}
	}
	free(all);
}

static int refuse(
	void *ctx, uint8_t out[SR_HASH], unsigned height, uint64_t index, struct sr_err *e) {
	(void)ctx;
	(void)out;
	return sr_fail(e, SR_NOTFOUND, "no node %u/%d", height, (int)index);
}

static void limits(void **state) {
	struct sr_err e = {0};
	struct sr_nodes none = {refuse, NULL};
	struct sr_leaf_array a;
	struct sr_nodes nodes;
	struct sr_tree t, before;
	uint8_t leaf[3 * SR_HASH] = {0}, out[SR_HASH];

	(void)state;
	sr_tree_init(&t);
	t.size = SR_TREE_SIZE_MAX;
	before = t;
	assert_fails(sr_tree_append(&t, leaf, &e), SR_LIMIT, &e, "9223372036854775807 leaves");
	assert_memory_equal(&t, &before, sizeof t);
	assert_fails(sr_tree_load(&t, SR_TREE_SIZE_MAX + 1, &none, &e), SR_LIMIT, &e,
		"tree of 9223372036854775808 leaves");
	assert_fails(sr_tree_load(&t, 6, &none, &e), SR_NOTFOUND, &e, "no node 1/2");
	assert_memory_equal(&t, &before, sizeof t);
	assert_ok(sr_tree_load(&t, 0, &none, &e), &e);
	a.leaves = leaf;
	a.count = 3;
	nodes = sr_leaf_array_nodes(&a);
	assert_fails(nodes.get(nodes.ctx, out, 1, 1, &e), SR_MISUSE, &e, "outside 3 leaves");
	assert_fails(nodes.get(nodes.ctx, out, 64, 0, &e), SR_MISUSE, &e, "outside 3 leaves");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_leaves),
		cmocka_unit_test(long_leaves),
		cmocka_unit_test(node_in_place),
		cmocka_unit_test(grows_like_the_definition),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
