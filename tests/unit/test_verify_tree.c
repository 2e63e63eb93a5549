/*
 * Tests of verify/tree: logs of sizes around full tiles of two levels, read back; every byte of
 * every file spoilt or missing; watched roots; entries that come twice; what else lies there.
 */
#include "verify/tree.h"

#include "verify_rig.h"

/* --- reading ---------------------------------------------------------------------------------- */

static int read_log(struct verify_tree *t, struct sr_dir *d, uint64_t size,
	struct verify_watch *watch, size_t count, struct sr_err *e) {
	verify_tree_init(t, d, watch, count);
	int rc = verify_tree_bundles(t, size / SR_TILE_WIDTH, e);
	return rc == 0 ? verify_tree_partials(t, size, e) : rc;
}

static int check(const struct log *l, struct verify_strays *strays, struct sr_err *e) {
	struct verify_tree *t = calloc(1, sizeof *t);
	struct sr_dir *d = NULL;
	uint8_t root[SR_HASH], want[SR_HASH];

	assert_non_null(t);
	assert_ok(sr_dir_open(&d, l->dir, e), e);
	int rc = read_log(t, d, l->size, NULL, 0, e);
	if (rc == 0) {
		verify_tree_root(root, t);
		sr_merkle_root(want, l->leaves.p, (size_t)l->size);
		assert_memory_equal(root, want, SR_HASH);
		rc = verify_tree_replayed(t, e);
	}
	if (rc == 0)
		rc = verify_tree_strays(strays, t, e);
	verify_tree_free(t);
	free(t);
	sr_dir_close(d);
	return rc;
}

static void sizes(void **state) {
	static const uint64_t all[] = {0, 1, 2, 255, 256, 257, 511, 512, 1000, 65535, 65536, 65792};

	(void)state;
	for (size_t i = 0; i < T_COUNT(all); i++) {
		struct log l = {.sealed = true};
		struct verify_strays s = {.others = 1};
		struct sr_err e = {0};
		log_make(&l, all[i]);
		assert_ok(check(&l, &s, &e), &e);
		assert_true(s.partials == 0 && s.beyond == 0 && s.others == 0);
		log_free(&l);
	}
}

/* Roots on the way, at sizes inside a batch, at its borders, in the tail. */
static void watched(void **state) {
	static const uint64_t at[] = {0, 1, 255, 256, 256, 257, 16384, 16385, 16640, 17000, 99999};
	struct verify_watch w[T_COUNT(at)];
	struct verify_tree *t = calloc(1, sizeof *t);
	struct log l = {.sealed = false};
	struct sr_dir *d = NULL;
	struct sr_err e = {0};

	(void)state;
	assert_non_null(t);
	memset(w, 0, sizeof w);
	for (size_t i = 0; i < T_COUNT(at); i++)
		w[i].size = at[i];
	log_make(&l, 17000);
	assert_ok(sr_dir_open(&d, l.dir, &e), &e);
	assert_ok(read_log(t, d, l.size, w, T_COUNT(at), &e), &e);
	for (size_t i = 0; i < T_COUNT(at); i++) {
		uint8_t want[SR_HASH];
		assert_int_equal(w[i].reached, at[i] <= l.size);
		if (!w[i].reached)
			continue;
		sr_merkle_root(want, l.leaves.p, (size_t)at[i]);
		assert_memory_equal(w[i].root, want, SR_HASH);
	}
	verify_tree_free(t);
	free(t);
	sr_dir_close(d);
	log_free(&l);
}

/* --- damage ----------------------------------------------------------------------------------- */

static const char *const files[] = {"tile/entries/000", "tile/entries/256", "tile/0/000",
	"tile/0/256", "tile/1/000", "tile/entries/257.p/8", "tile/0/257.p/8", "tile/1/001.p/1",
	"tile/2/000.p/1"};

/* Each kind of file of a log with three levels: missing, cut, longer, each of some bytes flipped.
 */
static void damaged(void **state) {
	struct log l = {.sealed = true};
	struct verify_strays s = {.others = 1};
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	log_make(&l, (uint64_t)257 * 256 + 8);
	assert_ok(check(&l, &s, &e), &e);
	for (size_t i = 0; i < T_COUNT(files); i++) {
		const char *path = t_path(l.dir, files[i]);
		sr_buf_clear(&b);
		t_read_file(path, &b);
		assert_int_equal(unlink(path), 0);
		assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, "is missing");
		t_write_file(path, b.p, b.len - 1);
		assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, files[i]);
		sr_buf_put_u8(&b, 0);
		t_write_file(path, b.p, b.len);
		assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, files[i]);
		b.len--;
		for (size_t at = 0; at < b.len; at += b.len / 7 + 1) {
			b.p[at] ^= 0x10;
			t_write_file(path, b.p, b.len);
			assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, "tile/");
			b.p[at] ^= 0x10;
		}
		t_write_file(path, b.p, b.len);
	}
	assert_ok(check(&l, &s, &e), &e);
	sr_buf_free(&b);
	log_free(&l);
}

/* An entry is named by its number. */
static void names_the_entry(void **state) {
	struct log l = {.sealed = true};
	struct verify_strays s = {.others = 1};
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	log_make(&l, 600);
	const char *path = t_path(l.dir, "tile/0/001");
	t_read_file(path, &b);
	b.p[(size_t)44 * SR_HASH] ^= 1;
	t_write_file(path, b.p, b.len);
	assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, "entry 300 (slot 44)");
	sr_buf_free(&b);
	log_free(&l);
}

/* A full file stands in for a partial one, and for nothing else. */
static void full_for_partial(void **state) {
	struct log whole = {.sealed = true}, l = {.sealed = true};
	struct verify_strays s = {.others = 1};
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	log_make(&whole, 512);
	log_make(&l, 300);
	t_read_file(t_path(whole.dir, "tile/entries/001"), &b);
	t_write_file(t_path(l.dir, "tile/entries/001"), b.p, b.len);
	assert_int_equal(unlink(t_path(l.dir, "tile/entries/001.p/44")), 0);
	assert_ok(check(&l, &s, &e), &e);
	/* But a partial file must have its own length. */
	t_write_file(t_path(l.dir, "tile/entries/001.p/44"), b.p, b.len);
	assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, "tile/entries/001.p/44");
	assert_int_equal(unlink(t_path(l.dir, "tile/entries/001.p/44")), 0);
	sr_buf_clear(&b);
	t_read_file(t_path(whole.dir, "tile/0/001"), &b);
	t_write_file(t_path(l.dir, "tile/0/001.p/44"), b.p, b.len);
	assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, "tile/0/001.p/44 has 8192 bytes");
	sr_buf_free(&b);
	log_free(&whole);
	log_free(&l);
}

static void strays(void **state) {
	struct log l = {.sealed = true};
	struct verify_strays s = {.others = 1};
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	log_make(&l, 300);
	t_read_file(t_path(l.dir, "tile/0/001.p/44"), &b);
	t_write_file(t_path(l.dir, "tile/0/001.p/9"), b.p, (size_t)9 * SR_HASH);
	t_write_file(t_path(l.dir, "tile/0/001.p/45"), b.p, b.len);
	t_write_file(t_path(l.dir, "tile/0/002"), b.p, b.len);
	t_write_file(t_path(l.dir, "tile/0/01"), b.p, b.len);
	assert_int_equal(mkdir(t_path(l.dir, "tile/63"), 0700), 0);
	t_write_file(t_path(l.dir, "tile/63/000"), b.p, b.len);
	assert_ok(check(&l, &s, &e), &e);
	assert_int_equal(s.partials, 1);
	assert_int_equal(s.beyond, 3);
	assert_int_equal(s.others, 1);
	b.p[0] ^= 1;
	t_write_file(t_path(l.dir, "tile/0/001.p/9"), b.p, (size_t)9 * SR_HASH);
	assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, "tile/0/001.p/9: it is not the beginning");
	t_write_file(t_path(l.dir, "tile/0/001.p/9"), b.p, 0);
	assert_fails(check(&l, &s, &e), SR_CORRUPT, &e, "tile/0/001.p/9");
	sr_buf_free(&b);
	log_free(&l);
}

/* An old entry put in again: in a full bundle, in the tail; not when entries may repeat. */
static void replayed(void **state) {
	static const uint64_t at[] = {100, 300, 512, 519};
	struct verify_strays s = {.others = 1};
	struct sr_err e = {0};
	char piece[64];

	(void)state;
	for (size_t i = 0; i < T_COUNT(at); i++) {
		struct log l = {.sealed = true, .twice = at[i]};
		log_make(&l, 520);
		(void)snprintf(
			piece, sizeof piece, "entry %d has the bytes of entry 3,", (int)at[i]);
		assert_fails(check(&l, &s, &e), SR_AUTH, &e, piece);
		log_free(&l);
	}
	struct log plain = {.sealed = false, .twice = 300};
	log_make(&plain, 520);
	assert_ok(check(&plain, &s, &e), &e);
	log_free(&plain);
}

/* The table of entries is bounded, and says so. */
static void bounded(void **state) {
	struct verify_tree *t = calloc(1, sizeof *t);
	struct log l = {.sealed = true, .twice = 400};
	struct sr_dir *d = NULL;
	struct sr_err e = {0};

	(void)state;
	assert_non_null(t);
	log_make(&l, 520);
	assert_ok(sr_dir_open(&d, l.dir, &e), &e);
	verify_tree_init(t, d, NULL, 0);
	t->seen_max = 399;
	assert_ok(verify_tree_bundles(t, 2, &e), &e);
	assert_ok(verify_tree_partials(t, 520, &e), &e);
	assert_ok(verify_tree_replayed(t, &e), &e);
	assert_false(t->seen_all);
	assert_int_equal(t->seen_count, 399);
	verify_tree_free(t);
	free(t);
	sr_dir_close(d);
	log_free(&l);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(watched),
		cmocka_unit_test(damaged),
		cmocka_unit_test(names_the_entry),
		cmocka_unit_test(full_for_partial),
		cmocka_unit_test(strays),
		cmocka_unit_test(replayed),
		cmocka_unit_test(bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
