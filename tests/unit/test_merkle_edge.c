/*
 * Tests of merkle/edge: growing leaf by leaf and loading again at any size give the same edge; full
 * tiles go out once, in order; every tile of every earlier size can be read; failures stick.
 */
#include "merkle/edge.h"

#include <string.h>

#include "merkle/proof.h"
#include "util.h"

enum {
	N = 65536 + 300,
	TILES = 512
};

/* Full tiles as a disk would keep them. */
struct disk {
	struct sr_tile t[TILES];
	uint8_t *bytes[TILES];
	size_t count;
	int fail;
};

static int disk_put(void *ctx, const struct sr_tile *t, const uint8_t *bytes, struct sr_err *e) {
	struct disk *d = ctx;

	if (d->fail != 0)
		return sr_fail(e, SR_IO, "disk is gone");
	assert_true(d->count < TILES && t->width == SR_TILE_WIDTH && !t->entries);
	d->t[d->count] = *t;
	d->bytes[d->count] = malloc(SR_TILE_SIZE);
	assert_non_null(d->bytes[d->count]);
	memcpy(d->bytes[d->count++], bytes, SR_TILE_SIZE);
	return 0;
}

static int disk_read(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	struct disk *d = ctx;

	assert_int_equal(t->width, SR_TILE_WIDTH);
	for (size_t i = 0; i < d->count; i++)
		if (d->t[i].level == t->level && d->t[i].n == t->n) {
			memcpy(out, d->bytes[i], SR_TILE_SIZE);
			return 0;
		}
	return sr_fail(e, SR_NOTFOUND, "no tile %u/%d", t->level, (int)t->n);
}

static void disk_free(struct disk *d) {
	for (size_t i = 0; i < d->count; i++)
		free(d->bytes[i]);
}

static uint8_t *make_leaves(void) {
	uint8_t *l = malloc((size_t)N * SR_HASH);

	assert_non_null(l);
	t_fill(l, (size_t)N * SR_HASH, 31);
	return l;
}

/* A new edge at g's size must be equal in everything one can see. */
static void check_reload(
	struct sr_edge *g, struct disk *d, const uint8_t *leaves, struct sr_err *e) {
	struct sr_tiles full = {disk_read, d};
	uint64_t size = sr_edge_size(g);
	struct sr_edge *again = NULL;
	uint8_t a[SR_TILE_SIZE], b[SR_TILE_SIZE];

	assert_ok(sr_edge_new(
			  &again, &full, size, leaves + (size - size % SR_TILE_WIDTH) * SR_HASH, e),
		e);
	sr_edge_root(a, g);
	sr_edge_root(b, again);
	assert_memory_equal(a, b, SR_HASH);
	sr_merkle_root(b, leaves, size);
	assert_memory_equal(a, b, SR_HASH);
	assert_int_equal(sr_edge_tree(again)->size, size);
	for (unsigned level = 0; level < sr_tile_levels(size); level++) {
		struct sr_tile t = {
			false, level, sr_tile_full(size, level), sr_tile_partial(size, level)};

		if (t.width == 0)
			continue;
		assert_ok(sr_edge_read(g, a, &t, e), e);
		assert_ok(sr_edge_read(again, b, &t, e), e);
		assert_memory_equal(a, b, (size_t)t.width * SR_HASH);
	}
	sr_edge_free(again);
}

/* Proofs at an earlier size, through the edge. */
static void check_earlier(
	struct sr_edge *g, uint64_t size, const uint8_t *leaves, struct sr_err *e) {
	struct sr_tiles tiles = sr_edge_tiles(g);
	struct sr_tile_reader *r = NULL;
	struct sr_nodes nodes;
	struct sr_proof p;
	uint8_t root[SR_HASH];

	sr_merkle_root(root, leaves, size);
	assert_ok(sr_tile_reader_new(&r, &tiles, size, e), e);
	nodes = sr_tile_reader_nodes(r);
	assert_ok(sr_proof_inclusion(&p, &nodes, size / 3, size, e), e);
	assert_ok(
		sr_proof_check_inclusion(&p, size / 3, size, leaves + size / 3 * SR_HASH, root, e),
		e);
	sr_tile_reader_free(r);
}

static void grow_and_reload(void **state) {
	static const uint64_t stops[] = {
		0, 1, 2, 255, 256, 257, 512, 1000, 65279, 65280, 65281, 65535, 65536, 65537, N};
	uint8_t *leaves = make_leaves();
	struct disk d = {.count = 0};
	struct sr_tiles full = {disk_read, &d};
	struct sr_tile_sink sink = {disk_put, &d};
	struct sr_edge *g = NULL;
	struct sr_err e = {0};
	uint64_t size = 0;

	(void)state;
	assert_ok(sr_edge_new(&g, &full, 0, NULL, &e), &e);
	for (size_t i = 0; i < T_COUNT(stops); i++) {
		for (; size < stops[i]; size++)
			assert_ok(sr_edge_append(g, leaves + size * SR_HASH, &sink, &e), &e);
		assert_int_equal(sr_edge_size(g), size);
		assert_int_equal(d.count, size / 256 + size / 65536);
		check_reload(g, &d, leaves, &e);
		if (size > 0) {
			check_earlier(g, size, leaves, &e);
			check_earlier(g, (size + 1) / 2, leaves, &e);
		}
	}
	/* Lower levels first; tile 255 completes the tile above it. */
	assert_true(d.t[255].level == 0 && d.t[255].n == 255);
	assert_true(d.t[256].level == 1 && d.t[256].n == 0);
	sr_edge_free(g);
	disk_free(&d);
	free(leaves);
}

static void reads(void **state) {
	uint8_t *leaves = make_leaves();
	struct disk d = {.count = 0};
	struct sr_tiles full = {disk_read, &d};
	struct sr_tile_sink sink = {disk_put, &d};
	struct sr_edge *g = NULL;
	struct sr_err e = {0};
	uint8_t out[SR_TILE_SIZE], want[SR_HASH];
	struct sr_tile t = {false, 0, 0, 256};

	(void)state;
	assert_ok(sr_edge_new(&g, &full, 0, NULL, &e), &e);
	for (size_t i = 0; i < 600; i++)
		assert_ok(sr_edge_append(g, leaves + i * SR_HASH, &sink, &e), &e);
	assert_ok(sr_edge_read(g, out, &t, &e), &e);
	assert_memory_equal(out, leaves, SR_TILE_SIZE);
	t.width = 77; /* prefix of a full one */
	t.n = 1;
	assert_ok(sr_edge_read(g, out, &t, &e), &e);
	assert_memory_equal(out, leaves + (size_t)256 * SR_HASH, (size_t)77 * SR_HASH);
	t.n = 2; /* prefix of the partial one */
	assert_ok(sr_edge_read(g, out, &t, &e), &e);
	assert_memory_equal(out, leaves + (size_t)512 * SR_HASH, (size_t)77 * SR_HASH);
	t.width = 89;
	assert_fails(sr_edge_read(g, out, &t, &e), SR_NOTFOUND, &e,
		"has 88 hashes at size 600, want 89");
	t = (struct sr_tile){false, 1, 0, 2};
	assert_ok(sr_edge_read(g, out, &t, &e), &e);
	sr_merkle_root(want, leaves + (size_t)256 * SR_HASH, 256);
	assert_memory_equal(out + SR_HASH, want, SR_HASH);
	t = (struct sr_tile){false, 2, 0, 1};
	assert_fails(sr_edge_read(g, out, &t, &e), SR_NOTFOUND, &e, "has 0 hashes");
	t = (struct sr_tile){true, 0, 0, 1};
	assert_fails(sr_edge_read(g, out, &t, &e), SR_MISUSE, &e, "no hash tile");
	t = (struct sr_tile){false, 0, 0, 0};
	assert_fails(sr_edge_read(g, out, &t, &e), SR_MISUSE, &e, "width 0");
	sr_edge_free(g);
	disk_free(&d);
	free(leaves);
}

static void failures(void **state) {
	uint8_t *leaves = make_leaves();
	struct disk d = {.count = 0};
	struct sr_tiles full = {disk_read, &d};
	struct sr_tile_sink sink = {disk_put, &d};
	struct sr_edge *g = NULL;
	struct sr_err e = {0};
	struct sr_tile t = {false, 0, 0, 1};
	uint8_t out[SR_HASH];

	(void)state;
	assert_ok(sr_edge_new(&g, &full, 0, NULL, &e), &e);
	for (size_t i = 0; i < 255; i++)
		assert_ok(sr_edge_append(g, leaves + i * SR_HASH, &sink, &e), &e);
	d.fail = 1;
	assert_fails(sr_edge_append(g, leaves, &sink, &e), SR_IO, &e, "disk is gone");
	assert_int_equal(sr_edge_size(g), 255);
	d.fail = 0;
	assert_fails(sr_edge_append(g, leaves, &sink, &e), SR_MISUSE, &e, "after a failure");
	assert_fails(sr_edge_read(g, out, &t, &e), SR_MISUSE, &e, "failed before");
	sr_edge_free(g);
	g = NULL;
	assert_fails(sr_edge_new(&g, &full, 256, NULL, &e), SR_NOTFOUND, &e, "no tile 0/0");
	assert_null(g);
	assert_fails(sr_edge_new(&g, &full, SR_TREE_SIZE_MAX + 1, NULL, &e), SR_LIMIT, &e,
		"tree of 9223372036854775808");
	sr_edge_free(NULL);
	disk_free(&d);
	free(leaves);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grow_and_reload),
		cmocka_unit_test(reads),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
