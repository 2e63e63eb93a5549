/*
 * Tests of merkle/tile: names both ways, sizes, bundles, and proofs made out of tiles, also after
 * partial tiles are gone.
 */
#include "merkle/tile.h"

#include <string.h>

#include "base/limits.h"
#include "merkle/proof.h"
#include "util.h"

static const struct {
	struct sr_tile t;
	const char *path;
} paths[] = {
	{{false, 0, 0, 256}, "tile/0/000"},
	{{false, 0, 999, 256}, "tile/0/999"},
	{{false, 1, 1000, 256}, "tile/1/x001/000"},
	{{false, 0, 0, 8}, "tile/0/000.p/8"},
	{{true, 0, 0, 8}, "tile/entries/000.p/8"},
	{{true, 0, 0, 256}, "tile/entries/000"},
	{{false, 3, 1234067, 255}, "tile/3/x001/x234/067.p/255"},
	{{false, 15, 123456789, 41}, "tile/15/x123/x456/789.p/41"},
	{{false, 63, 1000000, 1}, "tile/63/x001/x000/000.p/1"},
	{{true, 0, SR_TILE_N_MAX, 255}, "tile/entries/x072/x057/x594/x037/x927/935.p/255"},
};

static void names(void **state) {
	char path[SR_TILE_PATH];
	struct sr_err e = {0};
	struct sr_tile t;

	(void)state;
	for (size_t i = 0; i < T_COUNT(paths); i++) {
		sr_tile_path(path, &paths[i].t);
		assert_string_equal(path, paths[i].path);
		assert_ok(sr_tile_parse(&t, sr_bytes_str(paths[i].path), &e), &e);
		assert_true(t.entries == paths[i].t.entries && t.level == paths[i].t.level);
		assert_true(t.n == paths[i].t.n && t.width == paths[i].t.width);
	}
}

static void bad_names(void **state) {
	static const char *const bad[] = {"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/00",
		"tile/0/0000", "tile/0/00a", "tile/00/000", "tile/64/000", "tile/-1/000",
		"tile/0/000/", "/tile/0/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
		"tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000.p/1.p/1",
		"tile/0/x000/000", "tile/0/x000/x001/000", "tile/0/001/000", "tile/0/x001",
		"tile/0/x001/x000", "tile/0/x001x000", "tile/0/X001/000", "tile/0//000",
		"tile/data/000", "tile/entries000", "tile/entries/", "tile/0/ 000", "tile/0/+00",
		"tile/entries/x072/x057/x594/x037/x927/936",
		"tile/entries/x999/x999/x999/x999/x999/x999/999",
		"tile/entries/x001/x000/x000/x000/x000/x000/x000/000", "tile/0/000 ",
		"tile/8/0/000"};
	struct sr_err e = {0};
	struct sr_tile t = {false, 7, 7, 7};

	(void)state;
	for (size_t i = 0; i < T_COUNT(bad); i++)
		if (sr_tile_parse(&t, sr_bytes_str(bad[i]), &e) != SR_CORRUPT)
			fail_msg("\"%s\" was taken", bad[i]);
	assert_true(t.level == 7 && t.n == 7 && t.width == 7);
	assert_fails(sr_tile_parse(&t, sr_bytes_str("tile/0/00"), &e), SR_CORRUPT, &e,
		"tile path \"tile/0/00\": want tile/<L>/<N>[.p/<W>]");
	assert_fails(sr_tile_parse(&t, sr_bytes_str("tile/0/x000/012"), &e), SR_CORRUPT, &e,
		"is written tile/0/012");
	assert_fails(sr_tile_parse(&t, sr_bytes_of("tile/0/000\0", 11), &e), SR_CORRUPT, &e, NULL);
}

static void sizes(void **state) {
	static const struct {
		uint64_t size;
		unsigned levels;
		struct {
			uint64_t full;
			unsigned partial;
		} at[4];
	} rows[] = {
		{0, 0, {{0, 0}}},
		{1, 1, {{0, 1}}},
		{255, 1, {{0, 255}}},
		{256, 2, {{1, 0}, {0, 1}}},
		{70000, 3, {{273, 112}, {1, 17}, {0, 1}}},
		{16777216, 4, {{65536, 0}, {256, 0}, {1, 0}, {0, 1}}},
		{20852163, 4, {{81453, 195}, {318, 45}, {1, 62}, {0, 1}}},
	};
	uint64_t max = SR_TREE_SIZE_MAX;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		assert_int_equal(sr_tile_levels(rows[i].size), rows[i].levels);
		for (unsigned l = 0; l < 4; l++) {
			assert_int_equal(sr_tile_full(rows[i].size, l), rows[i].at[l].full);
			assert_int_equal(sr_tile_partial(rows[i].size, l), rows[i].at[l].partial);
			assert_int_equal(sr_tile_width(rows[i].size, l, rows[i].at[l].full),
				rows[i].at[l].partial);
			assert_int_equal(sr_tile_width(rows[i].size, l, rows[i].at[l].full + 1), 0);
			if (rows[i].at[l].full > 0)
				assert_int_equal(
					sr_tile_width(rows[i].size, l, rows[i].at[l].full - 1),
					256);
		}
	}
	assert_int_equal(sr_tile_levels(max), SR_TILE_LEVELS);
	assert_int_equal(sr_tile_partial(max, 7), 127);
	assert_int_equal(sr_tile_full(max, 7), 0);
	assert_int_equal(sr_tile_full(max, 6), 127);
	assert_int_equal(sr_tile_width(max, 8, 0), 0);
	assert_int_equal(sr_tile_width(max, 63, 0), 0);
}

static void places(void **state) {
	struct sr_tile_place p;

	(void)state;
	sr_tile_place(&p, 0, 257);
	assert_true(p.level == 0 && p.n == 1 && p.first == 1 && p.count == 1);
	sr_tile_place(&p, 7, 3);
	assert_true(p.level == 0 && p.n == 1 && p.first == 128 && p.count == 128);
	sr_tile_place(&p, 8, 3);
	assert_true(p.level == 1 && p.n == 0 && p.first == 3 && p.count == 1);
	sr_tile_place(&p, 62, 0);
	assert_true(p.level == 7 && p.n == 0 && p.first == 0 && p.count == 64);
}

/* --- bundles -------------------------------------------------------------------------------- */

static void bundle_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_bytes v[3];
	struct sr_err e = {0};
	struct sr_buf b;

	(void)ctx;
	sr_buf_init(&b);
	if (sr_entry_bundle_parse(v, 3, mutant, &e) == 0) { /* other bytes in an entry */
		for (size_t i = 0; i < 3; i++)
			assert_ok(sr_entry_bundle_put(&b, v[i], &e), &e);
		if (!sr_bytes_eq(sr_buf_view(&b), mutant))
			fail_msg("%s: parsed as something else", what);
	} else {
		assert_int_equal(e.code, SR_CORRUPT);
	}
	sr_buf_free(&b);
}

static void bundle_cut(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_bytes v[3];
	struct sr_err e = {0};

	(void)ctx;
	if (sr_entry_bundle_parse(v, 3, mutant, &e) != SR_CORRUPT)
		fail_msg("%s: was taken", what);
}

static void bundles(void **state) {
	uint8_t *big = calloc(1, SR_ENTRY_MAX + 1);
	struct sr_bytes v[SR_TILE_WIDTH];
	struct sr_err e = {0};
	struct sr_buf b;
	size_t len;

	(void)state;
	assert_non_null(big);
	sr_buf_init(&b);
	assert_ok(sr_entry_bundle_put(&b, sr_bytes_str("one"), &e), &e);
	assert_ok(sr_entry_bundle_put(&b, sr_bytes_of(NULL, 0), &e), &e);
	assert_ok(sr_entry_bundle_put(&b, sr_bytes_str("three"), &e), &e);
	assert_memory_equal(b.p, "\0\3one\0\0\0\5three", 14);
	assert_ok(sr_entry_bundle_parse(v, 3, sr_buf_view(&b), &e), &e);
	assert_true(sr_bytes_eq(v[0], sr_bytes_str("one")) && v[1].len == 0);
	assert_true(sr_bytes_eq(v[2], sr_bytes_str("three")));
	t_each_cut(sr_buf_view(&b), bundle_cut, NULL);
	t_each_flip(sr_buf_view(&b), bundle_mutant, NULL);
	assert_fails(sr_entry_bundle_parse(v, 2, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"7 bytes after its 2 entries");
	assert_fails(sr_entry_bundle_parse(v, 4, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"ends in the length of entry 3 of 4");
	assert_fails(sr_entry_bundle_parse(v, 3, sr_bytes_of(b.p, 10), &e), SR_CORRUPT, &e,
		"entry 2 of 3 is cut off: have 1 bytes, want 5");
	assert_fails(sr_entry_bundle_parse(v, 0, sr_buf_view(&b), &e), SR_MISUSE, &e, "0 entries");
	assert_fails(sr_entry_bundle_parse(v, 257, sr_buf_view(&b), &e), SR_MISUSE, &e,
		"257 "
		"entries");
	assert_ok(sr_entry_bundle_prefix(&len, 2, sr_buf_view(&b), &e), &e);
	assert_int_equal(len, 7);
	assert_fails(sr_entry_bundle_prefix(&len, 4, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"entry "
		"3");
	sr_buf_clear(&b);
	assert_fails(sr_entry_bundle_put(&b, sr_bytes_of(big, SR_ENTRY_MAX + 1), &e), SR_LIMIT, &e,
		"entry of 65536 bytes, at most 65535");
	assert_int_equal(b.len, 0);
	assert_ok(sr_entry_bundle_put(&b, sr_bytes_of(big, SR_ENTRY_MAX), &e), &e);
	assert_ok(sr_entry_bundle_parse(v, 1, sr_buf_view(&b), &e), &e);
	assert_int_equal(v[0].len, SR_ENTRY_MAX);
	sr_buf_free(&b);
	free(big);
}

/* --- nodes out of tiles --------------------------------------------------------------------- */

enum {
	N = 65536 + 3 * 256 + 5
};

struct shelf { /* tiles computed from all leaves */
	uint8_t *leaves;
	uint64_t size;
	bool no_partials;
	int fail;
	unsigned reads;
};

static int shelf_read(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	struct shelf *s = ctx;
	uint64_t span = (uint64_t)1 << 8 * t->level;

	s->reads++;
	if (s->fail != 0) {
		memset(out, 0xee, (size_t)t->width * SR_HASH); /* as a short read leaves it */
		return sr_fail(e, SR_IO, "cannot read tile %u/%d", t->level, (int)t->n);
	}
	assert_false(t->entries);
	if (s->no_partials && t->width < SR_TILE_WIDTH)
		return sr_fail(e, SR_NOTFOUND, "no such tile");
	if (t->width > sr_tile_width(s->size, t->level, t->n))
		return sr_fail(e, SR_NOTFOUND, "no such tile");
	for (uint64_t i = 0; i < t->width; i++)
		sr_merkle_root(out + i * SR_HASH,
			s->leaves + (t->n * SR_TILE_WIDTH + i) * span * SR_HASH, span);
	return 0;
}

static void check_size(struct shelf *s, uint64_t size, bool only_full) {
	struct sr_tiles tiles = {shelf_read, s};
	struct sr_tile_reader *r = NULL;
	struct sr_err e = {0};
	struct sr_nodes nodes;
	struct sr_tree t;
	struct sr_proof p;
	uint8_t root[SR_HASH], want[SR_HASH], old[SR_HASH];
	uint64_t seed = size;

	s->no_partials = only_full;
	sr_merkle_root(want, s->leaves, size);
	assert_ok(sr_tile_reader_new(&r, &tiles, size, &e), &e);
	nodes = sr_tile_reader_nodes(r);
	assert_ok(sr_tree_load(&t, size, &nodes, &e), &e);
	sr_tree_root(root, &t);
	assert_memory_equal(root, want, SR_HASH);
	for (int i = 0; i < 8 && size > 0; i++) {
		uint64_t at = i == 0 ? 0 : i == 1 ? size - 1 : t_rand(&seed, size);

		assert_ok(sr_proof_inclusion(&p, &nodes, at, size, &e), &e);
		assert_ok(
			sr_proof_check_inclusion(&p, at, size, s->leaves + at * SR_HASH, want, &e),
			&e);
		sr_merkle_root(old, s->leaves, at + 1);
		assert_ok(sr_proof_consistency(&p, &nodes, at + 1, size, &e), &e);
		assert_ok(sr_proof_check_consistency(&p, at + 1, old, size, want, &e), &e);
	}
	assert_fails(nodes.get(nodes.ctx, root, 0, size, &e), SR_MISUSE, &e, "is outside a tree");
	assert_fails(nodes.get(nodes.ctx, root, 63, 0, &e), SR_MISUSE, &e, "is outside a tree");
	sr_tile_reader_free(r);
}

static void reader(void **state) {
	static const uint64_t some[] = {
		0, 1, 2, 7, 255, 256, 257, 511, 512, 700, 65535, 65536, 65537, 65792, N};
	struct shelf s = {malloc((size_t)N * SR_HASH), N, false, 0, 0};

	(void)state;
	assert_non_null(s.leaves);
	t_fill(s.leaves, (size_t)N * SR_HASH, 21);
	for (size_t i = 0; i < T_COUNT(some); i++) {
		s.size = some[i];
		check_size(&s, some[i], false);
	}
	/* Partial tiles of older sizes come out of full ones. */
	s.size = 65536;
	check_size(&s, 600 - 600 % 256, true);
	check_size(&s, 600, true);
	check_size(&s, 255, true);
	free(s.leaves);
}

static void reader_cache_and_failures(void **state) {
	struct shelf s = {malloc((size_t)600 * SR_HASH), 600, false, 0, 0};
	struct sr_tiles tiles = {shelf_read, &s};
	struct sr_tile_reader *r = NULL;
	struct sr_err e = {0};
	struct sr_nodes nodes;
	struct sr_proof p;
	uint8_t hash[SR_HASH];

	(void)state;
	assert_non_null(s.leaves);
	t_fill(s.leaves, (size_t)600 * SR_HASH, 22);
	assert_ok(sr_tile_reader_new(&r, &tiles, 600, &e), &e);
	nodes = sr_tile_reader_nodes(r);
	assert_ok(sr_proof_inclusion(&p, &nodes, 10, 600, &e), &e);
	assert_int_equal(s.reads, 3); /* the leaf's tile, the level above, the tail */
	assert_ok(sr_proof_inclusion(&p, &nodes, 11, 600, &e), &e);
	assert_true(s.reads <= 5);
	s.fail = 1;
	assert_fails(sr_proof_inclusion(&p, &nodes, 300, 600, &e), SR_IO, &e, "cannot read tile");
	s.fail = 0; /* a failed read leaves nothing false in the cache */
	assert_ok(nodes.get(nodes.ctx, hash, 0, 520, &e), &e);
	assert_memory_equal(hash, s.leaves + (size_t)520 * SR_HASH, SR_HASH);
	assert_ok(sr_proof_inclusion(&p, &nodes, 300, 600, &e), &e);
	s.no_partials = true;
	s.size = 600;
	sr_tile_reader_free(r);
	assert_ok(sr_tile_reader_new(&r, &tiles, 600, &e), &e);
	nodes = sr_tile_reader_nodes(r);
	assert_fails(sr_proof_inclusion(&p, &nodes, 599, 600, &e), SR_NOTFOUND, &e, "no such");
	sr_tile_reader_free(r);
	r = NULL;
	assert_fails(sr_tile_reader_new(&r, &tiles, SR_TREE_SIZE_MAX + 1, &e), SR_LIMIT, &e,
		"tree of 9223372036854775808");
	assert_null(r);
	sr_tile_reader_free(NULL);
	free(s.leaves);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(bad_names),
		cmocka_unit_test(sizes),
		cmocka_unit_test(places),
		cmocka_unit_test(bundles),
		cmocka_unit_test(reader),
		cmocka_unit_test(reader_cache_and_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
