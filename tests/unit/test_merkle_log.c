/*
 * The modules of merkle together: a whole published log, rebuilt byte for byte from its fifteen
 * entries and its key, and read back from its files alone.
 */
#include <string.h>

#include "merkle/checkpoint.h"
#include "merkle/edge.h"
#include "merkle/proof.h"
#include "util.h"

enum {
	SIZE = 15
};
#define LOG "tessera-log/testdata/log"

static const char words[] = "one two three four five six seven eit nain ten ileven twelf threeten "
			    "fourten fivten ";
static const char origin[] = "example.com/log/testdata";
static const char log_seed[] = "eca663f499017d2365c27c7a7679158d43cfec1330bdb259290afbd0d21777a0";

/* The ${i}-th word. */
static struct sr_bytes entry(size_t i) {
	const char *p = words;
	const char *end;

	assert_true(i < SIZE);
	for (; i > 0; i--)
		p = strchr(p, ' ') + 1;
	end = strchr(p, ' ');
	return sr_bytes_of(p, (size_t)(end - p));
}

static void read_vector(struct sr_buf *b, const char *name) {
	char path[T_PATH];

	assert_true(snprintf(path, sizeof path, "%s/%s", LOG, name) < T_PATH);
	sr_buf_clear(b);
	t_read_file(t_vector(path), b);
}

static void make_key(struct sr_vkey *k, uint8_t seed[SR_SEED]) {
	struct sr_err e = {0};
	uint8_t pk[SR_PK];

	assert_int_equal(t_hex(seed, SR_SEED, log_seed), SR_SEED);
	sr_sign_public(pk, seed);
	assert_ok(sr_vkey_make(k, sr_bytes_str(origin), SR_NOTE_ED25519, pk, &e), &e);
	assert_int_equal(sr_be32_get(k->id), 0x33d7b496);
}

static int no_tiles(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	(void)ctx;
	(void)out;
	return sr_fail(e, SR_NOTFOUND, "no full tile at level %u", t->level);
}

static int no_sink(void *ctx, const struct sr_tile *t, const uint8_t *bytes, struct sr_err *e) {
	(void)ctx;
	(void)bytes;
	return sr_fail(e, SR_MISUSE, "a full tile at level %u", t->level);
}

static void check_checkpoint(const struct sr_edge *g, const char *name) {
	struct sr_checkpoint c = {.size = sr_edge_size(g)};
	uint8_t seed[SR_SEED];
	struct sr_vkey k;
	struct sr_signer s = {&k, seed, false};
	struct sr_err e = {0};
	struct sr_buf made, want;

	sr_buf_init(&made);
	sr_buf_init(&want);
	make_key(&k, seed);
	memcpy(c.origin, origin, sizeof origin);
	sr_edge_root(c.root, g);
	assert_ok(sr_checkpoint_sign(&made, &c, &s, 1, &e), &e);
	read_vector(&want, name);
	assert_true(sr_bytes_eq(sr_buf_view(&made), sr_buf_view(&want)));
	sr_buf_free(&made);
	sr_buf_free(&want);
}

static void check_tile(struct sr_edge *g, unsigned width) {
	struct sr_tile t = {false, 0, 0, width};
	uint8_t bytes[SIZE * SR_HASH];
	char path[SR_TILE_PATH];
	struct sr_err e = {0};
	struct sr_buf want;

	sr_buf_init(&want);
	assert_ok(sr_edge_read(g, bytes, &t, &e), &e);
	sr_tile_path(path, &t);
	read_vector(&want, path);
	assert_true(sr_bytes_eq(sr_bytes_of(bytes, (size_t)width * SR_HASH), sr_buf_view(&want)));
	sr_buf_free(&want);
}

static void rebuild(void **state) {
	struct sr_tiles none = {no_tiles, NULL};
	struct sr_tile_sink sink = {no_sink, NULL};
	struct sr_edge *g = NULL;
	struct sr_err e = {0};
	struct sr_buf bundle, want;
	uint8_t leaf[SR_HASH];

	(void)state;
	sr_buf_init(&bundle);
	sr_buf_init(&want);
	read_vector(&want,
		"checkpoint"); /* skips when there are none, before there is anything to free */
	assert_ok(sr_edge_new(&g, &none, 0, NULL, &e), &e);
	for (unsigned n = 0;; n++) {
		struct sr_tile b = {true, 0, 0, n};
		char name[32], path[SR_TILE_PATH];

		(void)snprintf(name, sizeof name, "checkpoint.%u", n);
		check_checkpoint(g, name);
		for (unsigned w = 1; w <= n; w++)
			check_tile(g, w);
		if (n > 0) {
			sr_tile_path(path, &b);
			read_vector(&want, path);
			assert_true(sr_bytes_eq(sr_buf_view(&bundle), sr_buf_view(&want)));
		}
		if (n == SIZE)
			break;
		assert_ok(sr_entry_bundle_put(&bundle, entry(n), &e), &e);
		sr_leaf_hash(leaf, entry(n));
		assert_ok(sr_edge_append(g, leaf, &sink, &e), &e);
	}
	check_checkpoint(g, "checkpoint");
	sr_edge_free(g);
	sr_buf_free(&bundle);
	sr_buf_free(&want);
}

/* The same log as worked out in the audit digest, without its files. */
static void worked(void **state) {
	static const char bundle8[] =
		"00036f6e65000374776f000574687265650004666f75720004666976650003"
		"7369780005736576656e0003656974";
	static const char tile8[] =
		"92b3acf68d583ef1bfb61cf39bf9e89ff3cbe3e19f39fc698f50c91ab6360e59";
	static const char *const roots[] = {[3] = "Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=",
		[8] = "bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY=",
		[SIZE] = "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="};
	uint8_t leaves[SIZE][SR_HASH], want[SR_HASH], have[SR_HASH], bytes[46];
	struct sr_leaf_array array = {leaves[0], SIZE};
	const struct sr_nodes nodes = sr_leaf_array_nodes(&array);
	struct sr_proof p;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	for (unsigned n = 0; n < SIZE; n++) {
		if (n < 8)
			assert_ok(sr_entry_bundle_put(&b, entry(n), &e), &e);
		sr_leaf_hash(leaves[n], entry(n));
	}
	assert_int_equal(t_hex(bytes, sizeof bytes, bundle8), sizeof bytes);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_of(bytes, sizeof bytes)));
	assert_int_equal(t_hex(want, SR_HASH, tile8), SR_HASH);
	sr_sha256(have, leaves[0], (size_t)8 * SR_HASH);
	assert_memory_equal(have, want, SR_HASH);
	for (unsigned n = 0; n <= SIZE; n++) {
		if (roots[n] == NULL)
			continue;
		assert_ok(sr_unbase64_fixed(want, SR_HASH, sr_bytes_str(roots[n]), &e), &e);
		sr_merkle_root(have, leaves[0], n);
		assert_memory_equal(have, want, SR_HASH);
	}
	assert_ok(sr_proof_consistency(&p, &nodes, 8, SIZE, &e), &e);
	sr_buf_clear(&b);
	sr_proof_put(&b, &p);
	assert_true(sr_bytes_eq(
		sr_buf_view(&b), sr_bytes_str("5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=\n")));
	sr_buf_free(&b);
}

static int read_tile(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	char path[SR_TILE_PATH];
	struct sr_buf b;

	(void)ctx;
	(void)e;
	sr_buf_init(&b);
	sr_tile_path(path, t);
	read_vector(&b, path);
	assert_int_equal(b.len, t->width * SR_HASH);
	memcpy(out, b.p, b.len);
	sr_buf_free(&b);
	return 0;
}

/* From files and the public key: each checkpoint opens, extends each older one, holds each entry.
 */
static void read_back(void **state) {
	struct sr_tiles tiles = {read_tile, NULL};
	struct sr_checkpoint c[SIZE + 1];
	uint8_t seed[SR_SEED], leaf[SR_HASH];
	struct sr_vkey k;
	struct sr_log log = {origin, &k, 1};
	struct sr_bytes parts[SR_TILE_WIDTH];
	struct sr_err e = {0};
	struct sr_proof p;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	make_key(&k, seed);
	for (unsigned n = 0; n <= SIZE; n++) {
		struct sr_tile bundle = {true, 0, 0, n};
		struct sr_tile_reader *r = NULL;
		struct sr_nodes nodes;
		struct sr_note note;
		char name[SR_TILE_PATH];

		(void)snprintf(name, sizeof name, "checkpoint.%u", n);
		read_vector(&b, name);
		assert_ok(sr_checkpoint_open(&c[n], &note, sr_buf_view(&b), &log, &e), &e);
		sr_note_free(&note);
		assert_int_equal(c[n].size, n);
		if (n == 0)
			continue;
		sr_tile_path(name, &bundle);
		read_vector(&b, name);
		assert_ok(sr_entry_bundle_parse(parts, n, sr_buf_view(&b), &e), &e);
		assert_ok(sr_tile_reader_new(&r, &tiles, n, &e), &e);
		nodes = sr_tile_reader_nodes(r);
		for (unsigned i = 0; i < n; i++) {
			sr_leaf_hash(leaf, parts[i]);
			assert_ok(sr_proof_inclusion(&p, &nodes, i, n, &e), &e);
			assert_ok(sr_proof_check_inclusion(&p, i, n, leaf, c[n].root, &e), &e);
			assert_ok(sr_proof_consistency(&p, &nodes, i + 1, n, &e), &e);
			assert_ok(sr_proof_check_consistency(
					  &p, i + 1, c[i + 1].root, n, c[n].root, &e),
				&e);
		}
		sr_tile_reader_free(r);
	}
	assert_ok(sr_proof_parse(
			  &p, sr_bytes_str("5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=\n"), &e),
		&e);
	assert_ok(sr_proof_check_consistency(&p, 8, c[8].root, 15, c[15].root, &e), &e);
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked),
		cmocka_unit_test(rebuild),
		cmocka_unit_test(read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
