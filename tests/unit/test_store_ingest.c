/*
 * test_store_ingest - deposits: what goes in comes out, dedupe, files that misbehave, resumption,
 * and a kill or a failed call at every step that changes the disk.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/draft.h"
#include "store_rig.h"

#define MIB ((uint64_t)1 << 20)

static struct sr_ingest *begin(struct rig *r, uint8_t accession) {
	struct sr_err e;
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	rig_options(r, &o, accession);
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	return in;
}

static void begin_item(struct sr_ingest *in, uint8_t id) {
	struct sr_err e;
	uint8_t item[SR_ID];
	memset(item, id, sizeof item);
	assert_ok(sr_ingest_item_begin(in, item, &e), &e);
}

static void test_round(void **state) {
	static const uint64_t sizes[] = {0, 1, 100, MIB - 1, MIB, MIB + 1, 5 * MIB + 77};
	struct rig r;
	struct sr_err e;
	struct sr_ingest_totals t;
	struct sr_file f;
	char name[32];
	const uint8_t *packs = NULL;
	size_t count = 0;
	(void)state;
	rig_open(&r, NULL);
	struct sr_ingest *in = begin(&r, 1);
	for (uint8_t i = 0; i < 2; i++) {
		begin_item(in, (uint8_t)(10 + i));
		for (size_t k = 0; k < T_COUNT(sizes); k++) {
			struct rig_source s = {.size = sizes[k],
				.seed = i == 0 ? k + 1 : 0,
				.step = k % 2 ? 5000 : 0};
			(void)snprintf(name, sizeof name, "dir/file-%zu", k);
			assert_ok(rig_add(in, name, &s, &e), &e);
		}
		assert_ok(sr_ingest_item_end(in, &e), &e);
	}
	assert_int_equal(r.items_given, 0);
	assert_ok(sr_ingest_finish(in, &e), &e);
	assert_int_equal(r.items_given, 2);
	assert_int_equal(r.files_given, 14);
	sr_ingest_totals(in, &t);
	assert_int_equal(t.files, 14);
	assert_int_equal(t.bytes, 2 * (1 + 100 + 3 * MIB + 5 * MIB + 77));
	assert_int_equal(t.unreadable + t.changed, 0);
	assert_ok(sr_ingest_packs(in, &packs, &count, &e), &e);
	assert_true(count >= 1 && count == rig_count_packs(&r));
	sr_ingest_free(in);
	for (size_t i = 0; i < 2; i++) {
		struct sr_item *it = rig_item(&r, i, NULL); /* by hints alone */
		assert_int_equal(sr_item_files(it), T_COUNT(sizes));
		for (size_t k = 0; k < T_COUNT(sizes); k++) {
			struct rig_source s = {.size = sizes[k], .seed = i == 0 ? k + 1 : 0};
			rig_check_file(it, k, &s);
			assert_ok(sr_item_file(it, k, &f, &e), &e);
			assert_int_equal(f.mtime_s, -5);
			assert_int_equal(f.mtime_ns, 7);
			assert_int_equal(f.size, sizes[k]);
		}
		sr_item_close(it);
	}
	rig_end(&r);
}

/* The sum of sizes and the names of the files that a deposit of fixed sources gives. */
static int deposit(struct rig *r, uint8_t accession, struct sr_ingest_totals *t, struct sr_err *e) {
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	uint8_t item[SR_ID];
	char name[32];
	rig_options(r, &o, accession);
	int rc = sr_ingest_begin(&in, &o, e);
	for (uint8_t i = 0; rc == 0 && i < 3; i++) {
		memset(item, 50 + i, sizeof item);
		rc = sr_ingest_item_begin(in, item, e);
		for (size_t k = 0; rc == 0 && k < 3; k++) {
			struct rig_source s = {.size = 40000 + k * MIB, .seed = 7 + i * 10u + k};
			(void)snprintf(name, sizeof name, "%u-%zu", i, k);
			rc = rig_add(in, name, &s, e);
		}
		if (rc == 0)
			rc = sr_ingest_item_end(in, e);
	}
	if (rc == 0)
		rc = sr_ingest_finish(in, e);
	if (in != NULL && t != NULL)
		sr_ingest_totals(in, t);
	sr_ingest_free(in);
	return rc;
}

static void check_deposit(struct rig *r) {
	assert_int_equal(r->items_given, 3);
	for (size_t i = 0; i < 3; i++) {
		struct sr_item *it = rig_item(r, i, NULL);
		for (size_t k = 0; k < 3; k++) {
			struct rig_source s = {.size = 40000 + k * MIB, .seed = 7 + i * 10u + k};
			rig_check_file(it, k, &s);
		}
		sr_item_close(it);
	}
}

static void commit(struct rig *r, uint8_t accession) {
	struct sr_err e;
	struct sr_ingest_abort a;
	rig_abort_options(r, &a, accession);
	assert_ok(sr_ingest_committed(&a, &e), &e);
}

/* One file in pieces of ${step} bytes; ${broken}: NULL, or why it ends. */
static void pieces(struct sr_ingest *in, const char *path, const struct rig_source *s, size_t step,
	const char *broken) {
	const struct sr_ingest_file f = {.path = sr_bytes_str(path),
		.kind = SR_FILE_REGULAR,
		.mtime_s = 3,
		.size_expected = UINT64_MAX};
	uint8_t *p = malloc(step);
	struct sr_err e;
	assert_non_null(p);
	assert_ok(sr_ingest_open(in, &f, &e), &e);
	assert_int_equal(sr_ingest_item_end(in, NULL), SR_MISUSE); /* not within a file */
	for (uint64_t at = 0; at < s->size; at += step) {
		const size_t n = s->size - at < step ? (size_t)(s->size - at) : step;
		rig_bytes(s, at, p, n);
		assert_ok(sr_ingest_more(in, sr_bytes_of(p, n), &e), &e);
	}
	assert_ok(sr_ingest_close(in, sr_bytes_str("text/plain"), broken, &e), &e);
	assert_int_equal(sr_ingest_more(in, sr_bytes_str("x"), NULL), SR_MISUSE);
	free(p);
}

/* An item that grows: what it has stays where it lies, what is added comes in pieces. */
static void grows(bool dedupe) {
	struct rig_source first = {.size = 3 * MIB + 5, .seed = 1},
			  second = {.size = 100, .seed = 2}, third = {.size = MIB + 1, .seed = 3},
			  fourth = {.size = 0}, lost = {.size = 2 * MIB + 9, .seed = 5},
			  fifth = {.size = 2 * MIB, .seed = 6};
	struct sr_ingest_totals t;
	struct sr_file f;
	struct rig r;
	struct sr_err e;
	rig_open(&r, NULL);
	if (!dedupe)
		r.domain.dedupe = SR_DEDUPE_NONE;
	struct sr_ingest *in = begin(&r, 1);
	begin_item(in, 10);
	assert_ok(rig_add(in, "a", &first, &e), &e);
	assert_ok(rig_add(in, "b", &second, &e), &e);
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_free(in);
	struct sr_item *it = rig_item(&r, 0, r.index);
	in = begin(&r, 2);
	begin_item(in, 10);
	assert_ok(sr_ingest_carry(in, it, &e), &e);
	assert_int_equal(sr_ingest_carry(in, it, NULL), SR_MISUSE); /* once, and first */
	pieces(in, "a/1", &third, 5000, NULL);
	pieces(in, "a/2", &fourth, 1, NULL);
	pieces(in, "a/3", &lost, MIB + 3, "broken: it says no more");
	pieces(in, "a/4", &fifth, MIB, NULL);
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_totals(in, &t);
	assert_int_equal(t.blocks, 2 + 2 + 2); /* of those added alone: the lost one's, too */
	assert_int_equal(t.unreadable, 1);
	sr_ingest_free(in);
	sr_item_close(it);
	it = rig_item(&r, 1, r.index);
	assert_int_equal(sr_item_files(it), 6);
	rig_check_file(it, 0, &first);
	rig_check_file(it, 1, &second);
	rig_check_file(it, 2, &third);
	rig_check_file(it, 3, &fourth);
	rig_check_file(it, 5, &fifth);
	assert_ok(sr_item_file(it, 4, &f, &e), &e);
	assert_int_equal(f.kind, SR_FILE_UNREADABLE);
	assert_int_equal(f.size, 0);
	assert_true(f.note.len > 0 && memmem(f.note.p, f.note.len, "it says no more", 15) != NULL);
	assert_ok(sr_item_file(it, 2, &f, &e), &e);
	assert_true(sr_bytes_eq(f.media_type, sr_bytes_str("text/plain")));
	sr_item_close(it);
	rig_end(&r);
}

static void test_grows(void **state) {
	(void)state;
	grows(true);
	grows(false);
}

static void test_dedupe(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_totals t;
	(void)state;
	rig_open(&r, NULL);
	assert_ok(deposit(&r, 1, &t, &e), &e);
	assert_int_equal(t.blocks, 18);
	assert_int_equal(t.blocks_reused, 0);
	/* not committed yet: another accession must not lean on it */
	rig_forget(&r);
	assert_ok(deposit(&r, 2, &t, &e), &e);
	assert_int_equal(t.blocks_reused, 0);
	commit(&r, 1);
	rig_forget(&r);
	assert_ok(deposit(&r, 3, &t, &e), &e);
	assert_int_equal(t.blocks_reused, 18);
	check_deposit(&r);
	/* another domain, other keys: nothing in common */
	r.domain.domain[0] ^= 1;
	rig_forget(&r);
	assert_ok(deposit(&r, 4, &t, &e), &e);
	assert_int_equal(t.blocks_reused, 0);
	r.domain.domain[0] ^= 1;
	r.domain.dedupe = SR_DEDUPE_NONE;
	rig_forget(&r);
	assert_ok(deposit(&r, 5, &t, &e), &e);
	assert_int_equal(t.blocks_reused, 0);
	check_deposit(&r);
	rig_end(&r);
}

static void test_dedupe_inside(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_totals t;
	(void)state;
	rig_open(&r, NULL);
	struct sr_ingest *in = begin(&r, 1);
	begin_item(in, 1);
	struct rig_source s = {.size = 3 * MIB, .seed = 9};
	assert_ok(rig_add(in, "a", &s, &e), &e);
	assert_ok(rig_add(in, "b", &s, &e), &e);
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_totals(in, &t);
	assert_int_equal(t.blocks, 6);
	assert_int_equal(t.blocks_reused, 3);
	sr_ingest_free(in);
	struct sr_item *it = rig_item(&r, 0, r.index);
	rig_check_file(it, 0, &s);
	rig_check_file(it, 1, &s);
	sr_item_close(it);
	rig_end(&r);
}

/* H of every block of file ${k} is that of its bytes, made one by one. */
static void check_hashes(struct sr_item *it, uint64_t k, const struct rig_source *s) {
	uint8_t *p = malloc(SR_BLOCK), h[SR_HASH];
	struct sr_block_ref ref;
	struct sr_file f;
	struct sr_err e;
	assert_non_null(p);
	assert_ok(sr_item_file(it, k, &f, &e), &e);
	assert_int_equal(f.block_count, (s->size + SR_BLOCK - 1) / SR_BLOCK);
	for (uint64_t i = 0; i < f.block_count; i++) {
		const uint64_t left = s->size - i * SR_BLOCK;
		const size_t len = left < SR_BLOCK ? (size_t)left : SR_BLOCK;
		assert_ok(sr_item_ref(it, k, i, &ref, &e), &e);
		rig_bytes(s, i * SR_BLOCK, p, len);
		sr_block_hash(h, sr_bytes_of(p, len));
		assert_int_equal(ref.plain_len, len);
		assert_memory_equal(ref.h, h, SR_HASH);
	}
	free(p);
}

/* Of 1 to 9 blocks, each alone, with small and large ends and small files between them: whatever of
 * them comes to a worker together, for as many threads as there may be. */
static void together(enum sr_dedupe mode, unsigned threads) {
	static const size_t tails[] = {0, 1, 30000, 33000, 700001};
	struct rig_source sources[2 * 18];
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	struct sr_ingest_totals t;
	struct rig r;
	struct sr_err e;
	char name[32];
	size_t n = 0;
	uint64_t blocks = 0, bytes = 0;
	rig_open(&r, NULL);
	r.domain.dedupe = mode;
	rig_options(&r, &o, 1);
	o.threads = threads;
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	begin_item(in, 1);
	const size_t step = threads > 2 ? 5 : 1;
	for (size_t k = 0; k < 18; k += step) {
		sources[n++] = (struct rig_source){
			.size = (1 + k % 9) * MIB + tails[(k + k / 9) % T_COUNT(tails)],
			.seed = k % 6 ? 500 + k : 0};
		if (k % 2 == 0)
			sources[n++] = (struct rig_source){.size = 900 + k, .seed = 600 + k};
	}
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(name, sizeof name, "%zu", i);
		assert_ok(rig_add(in, name, &sources[i], &e), &e);
		blocks += (sources[i].size + SR_BLOCK - 1) / SR_BLOCK;
		bytes += sources[i].size;
	}
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_totals(in, &t);
	assert_int_equal(t.blocks, blocks);
	assert_int_equal(t.bytes, bytes);
	sr_ingest_free(in);
	struct sr_item *it = rig_item(&r, 0, NULL);
	assert_int_equal(sr_item_files(it), n);
	for (size_t i = 0; i < n; i++) {
		rig_check_file(it, i, &sources[i]);
		check_hashes(it, i, &sources[i]);
	}
	sr_item_close(it);
	rig_end(&r);
}

static void test_together(void **state) {
	(void)state;
	together(SR_DEDUPE_COLLECTION, 2);
	together(SR_DEDUPE_NONE, 1);
	together(SR_DEDUPE_NONE, 64); /* more than are started */
}

/* Flip a byte of every stored pack's records. */
static int spoil(void *ctx, const char *name, struct sr_err *e) {
	struct rig *r = ctx;
	struct sr_buf b;
	char path[4300];
	(void)e;
	sr_buf_init(&b);
	(void)snprintf(path, sizeof path, "%s/%s", r->path, name);
	t_read_file(path, &b);
	for (size_t i = 1000; i < b.len; i += 10000)
		b.p[i] ^= 0x40;
	t_write_file(path, b.p, b.len);
	sr_buf_free(&b);
	return 0;
}

/* A source whose block number ${block} is one that another file has. */
struct patched {
	struct rig_source own, same;
	uint64_t block;
};

static int read_patched(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct patched *s = ctx;
	const uint64_t at = s->own.at;
	int rc = rig_read(&s->own, p, len, got, e);
	if (rc == 0 && *got > 0 && at / MIB == s->block) {
		assert_int_equal(at % MIB, 0);
		rig_bytes(&s->same, 0, p, *got);
	}
	return rc;
}

/* Of blocks that a worker gets together one is stored already, in each place; its copy is whole, or
 * damaged; or it comes for the second time. */
static void test_stored_in_the_middle(void **state) {
	static uint8_t want[SR_BLOCK], got[SR_BLOCK];
	uint8_t h[SR_HASH];
	struct sr_block_ref ref;
	struct sr_ingest_totals t;
	struct rig r;
	struct sr_err e;
	(void)state;
	for (int damaged = 0; damaged < 2; damaged++) {
		rig_open(&r, NULL);
		struct rig_source first = {.size = MIB, .seed = 40};
		struct sr_ingest *in = begin(&r, 1);
		begin_item(in, 1);
		assert_ok(rig_add(in, "first", &first, &e), &e);
		assert_ok(sr_ingest_item_end(in, &e), &e);
		assert_ok(sr_ingest_finish(in, &e), &e);
		sr_ingest_free(in);
		commit(&r, 1);
		if (damaged != 0)
			assert_ok(sr_backend_list(r.backend, "packs", spoil, &r, &e), &e);
		rig_close_index(&r);
		rig_open_index(&r);
		in = begin(&r, 2);
		begin_item(in, 2);
		for (uint64_t i = 0; i < 4; i++) {
			char name[2] = {(char)('0' + i), '\0'};
			struct patched s = {{.size = 4 * MIB, .seed = 41 + i}, first, i};
			struct sr_ingest_file f = {.path = sr_bytes_str(name),
				.kind = SR_FILE_REGULAR,
				.size_expected = 4 * MIB,
				.read = read_patched,
				.read_ctx = &s};
			assert_ok(sr_ingest_file(in, &f, &e), &e);
		}
		assert_ok(sr_ingest_item_end(in, &e), &e);
		assert_ok(sr_ingest_finish(in, &e), &e);
		sr_ingest_totals(in, &t);
		assert_int_equal(t.blocks, 16);
		assert_int_equal(t.blocks_reused, damaged != 0 ? 3 : 4);
		sr_ingest_free(in);
		struct sr_item *it = rig_item(&r, 1, NULL);
		for (uint64_t i = 0; i < 4; i++)
			for (uint64_t k = 0; k < 4; k++) {
				struct rig_source whole = {.size = 4 * MIB, .seed = 41 + i};
				const struct sr_range range = {i, k * MIB, MIB};
				rig_bytes(
					k == i ? &first : &whole, k == i ? 0 : k * MIB, want, MIB);
				sr_block_hash(h, sr_bytes_of(want, MIB));
				assert_ok(sr_item_ref(it, i, k, &ref, &e), &e);
				assert_memory_equal(ref.h, h, SR_HASH);
				assert_ok(sr_item_read(it, &range, got, &e), &e);
				assert_memory_equal(got, want, MIB);
			}
		sr_item_close(it);
		rig_end(&r);
	}
}

static void test_dedupe_reads_back(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_totals t;
	(void)state;
	rig_open(&r, NULL);
	assert_ok(deposit(&r, 1, &t, &e), &e);
	commit(&r, 1);
	assert_ok(sr_backend_list(r.backend, "packs", spoil, &r, &e), &e);
	rig_close_index(&r);
	rig_open_index(&r);
	rig_forget(&r);
	assert_ok(deposit(&r, 2, &t, &e), &e);
	assert_int_equal(t.blocks_reused, 0); /* damaged copies do not count */
	check_deposit(&r);
	rig_end(&r);
}

/* What was stored in the place of damaged copies is found by whoever comes next, though the damaged
 * ones are older: in a new process, and in one that has met them; files and parts of manifests. */
static void test_stored_again_once(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_totals t;
	uint64_t grown = 0;
	(void)state;
	for (int fresh = 0; fresh < 2; fresh++) {
		rig_open(&r, NULL);
		assert_ok(deposit(&r, 1, &t, &e), &e);
		commit(&r, 1);
		assert_ok(sr_backend_list(r.backend, "packs", spoil, &r, &e), &e);
		for (uint8_t again = 2; again < 5; again++) {
			if (fresh != 0 || again == 2) {
				rig_close_index(&r);
				rig_open_index(&r);
			}
			rig_forget(&r);
			assert_ok(deposit(&r, again, &t, &e), &e);
			assert_int_equal(t.blocks_reused, again == 2 ? 0 : t.blocks);
			/* Of the two kinds of pack one meaningless record each. */
			if (again == 2)
				grown = t.bytes_stored;
			else
				assert_true(
					t.bytes_stored <= 4 * 64 << 10 && t.bytes_stored < grown);
			check_deposit(&r);
			commit(&r, again);
		}
		rig_end(&r);
	}
}

/* Small files, which are looked up and read back together: each content three times, once within a
 * run that a worker gets and once far from it. */
static void smalls(struct rig *r, uint8_t accession, size_t reused) {
	struct sr_ingest_totals t;
	struct sr_err e;
	char name[32];
	struct sr_ingest *in = begin(r, accession);
	begin_item(in, accession);
	for (size_t i = 0; i < 150; i++) {
		const size_t k = i < 100 ? i / 2 : i - 100;
		struct rig_source s = {.size = 11000 + k, .seed = 300 + k};
		(void)snprintf(name, sizeof name, "%zu", i);
		assert_ok(rig_add(in, name, &s, &e), &e);
	}
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_totals(in, &t);
	assert_int_equal(t.blocks, 150);
	assert_int_equal(t.blocks_reused, reused);
	sr_ingest_free(in);
	struct sr_item *it = rig_item(r, 0, r->index);
	for (size_t i = 0; i < 150; i++) {
		const size_t k = i < 100 ? i / 2 : i - 100;
		struct rig_source s = {.size = 11000 + k, .seed = 300 + k};
		rig_check_file(it, i, &s);
	}
	sr_item_close(it);
	commit(r, accession);
	rig_close_index(r); /* what was read back is forgotten */
	rig_open_index(r);
	rig_forget(r);
}

static void test_smalls(void **state) {
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r, NULL);
	smalls(&r, 1, 100);
	smalls(&r, 2, 150);
	assert_ok(sr_backend_list(r.backend, "packs", spoil, &r, &e), &e);
	smalls(&r, 3, 100); /* damaged copies do not count */
	rig_end(&r);
}

static void test_bad_files(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_totals t;
	struct sr_file f;
	(void)state;
	rig_open(&r, NULL);
	struct sr_ingest *in = begin(&r, 1);
	begin_item(in, 1);
	struct rig_source broken = {
		.size = 4 * MIB, .seed = 3, .fail_at = 2 * MIB + 5, .step = 1000};
	assert_ok(rig_add(in, "broken", &broken, &e), &e);
	assert_int_equal(r.last_status, SR_INGEST_UNREADABLE);
	assert_string_equal(r.last_reason, "after 2097152 bytes: the medium gave up");
	/* one that ends so where another goes on in the same worker's hands */
	struct rig_source second = {.size = 4 * MIB, .seed = 5, .fail_at = MIB + 5, .step = 777};
	assert_ok(rig_add(in, "second", &second, &e), &e);
	assert_int_equal(r.last_status, SR_INGEST_UNREADABLE);
	assert_string_equal(r.last_reason, "after 1048576 bytes: the medium gave up");
	struct rig_source good = {.size = 2 * MIB, .seed = 4};
	struct sr_ingest_file changed = {.path = sr_bytes_str("changed"),
		.kind = SR_FILE_REGULAR,
		.size_expected = 5,
		.read = rig_read,
		.read_ctx = &good};
	assert_ok(sr_ingest_file(in, &changed, &e), &e);
	assert_int_equal(r.last_status, SR_INGEST_CHANGED);
	assert_string_equal(r.last_reason, "size changed from 5 to 2097152 while it was read");
	struct sr_ingest_file link = {.path = sr_bytes_str("link"),
		.kind = SR_FILE_SYMLINK,
		.note = sr_bytes_str("../elsewhere")};
	assert_ok(sr_ingest_file(in, &link, &e), &e);
	assert_int_equal(r.last_status, SR_INGEST_RECORDED);
	struct sr_ingest_file gone = {.path = sr_bytes_str("gone"),
		.kind = SR_FILE_UNREADABLE,
		.note = sr_bytes_str("it vanished")};
	assert_ok(sr_ingest_file(in, &gone, &e), &e);
	assert_int_equal(r.last_status, SR_INGEST_UNREADABLE);
	assert_string_equal(r.last_reason, "it vanished");
	struct sr_ingest_file nameless = {.kind = SR_FILE_SPECIAL};
	assert_fails(sr_ingest_file(in, &nameless, &e), SR_LIMIT, &e, "a path of 0 bytes");
	assert_fails(sr_ingest_finish(in, &e), SR_MISUSE, &e, "not in this state");
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_totals(in, &t);
	assert_int_equal(t.unreadable, 3);
	assert_int_equal(t.changed, 1);
	assert_int_equal(t.blocks, 2 + 1 + 2); /* those that came before the failure, too */
	sr_ingest_free(in);
	struct sr_item *it = rig_item(&r, 0, NULL);
	assert_int_equal(sr_item_files(it), 5);
	assert_ok(sr_item_file(it, 0, &f, &e), &e);
	assert_int_equal(f.kind, SR_FILE_UNREADABLE);
	assert_true(sr_bytes_eq(f.note, sr_bytes_str("after 2097152 bytes: the medium gave up")));
	assert_ok(sr_item_file(it, 1, &f, &e), &e);
	assert_int_equal(f.kind, SR_FILE_UNREADABLE);
	assert_int_equal(f.block_count, 0);
	good.at = 0;
	rig_check_file(it, 2, &good);
	check_hashes(it, 2, &good);
	assert_ok(sr_item_file(it, 2, &f, &e), &e);
	assert_int_equal(f.flags, SR_FILE_CHANGED);
	assert_ok(sr_item_file(it, 3, &f, &e), &e);
	assert_true(sr_bytes_eq(f.note, sr_bytes_str("../elsewhere")));
	sr_item_close(it);
	rig_end(&r);
}

static int reads_too_much(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	(void)ctx;
	(void)e;
	memset(p, 'x', len);
	*got = len + 1;
	return 0;
}

/* What a caller asks that no manifest could say, and a source that lies about what it gave. */
static void test_bad_requests(void **state) {
	static char path[SR_PATH_MAX + 2], note[SR_FILE_NOTE_MAX + 2], type[SR_MEDIA_TYPE_MAX + 2];
	memset(path, 'p', sizeof path - 1);
	memset(note, 'n', sizeof note - 1);
	memset(type, 't', sizeof type - 1);
	const struct {
		struct sr_ingest_file f;
		enum sr_code code;
		const char *says;
	} rows[] = {
		{{.path = sr_bytes_str(path), .kind = SR_FILE_SPECIAL}, SR_LIMIT,
			"a path of 4097 bytes, want 1 to 4096"},
		{{.path = sr_bytes_str("a"), .note = sr_bytes_str(note), .kind = SR_FILE_SPECIAL},
			SR_LIMIT, "a media type of 0 bytes, a note of 4097 bytes, 0 nanoseconds"},
		{{.path = sr_bytes_str("a"),
			 .media_type = sr_bytes_str(type),
			 .kind = SR_FILE_SPECIAL},
			SR_LIMIT, "a media type of 256 bytes, a note of 0 bytes"},
		{{.path = sr_bytes_str("a"), .mtime_ns = 1000000000, .kind = SR_FILE_SPECIAL},
			SR_LIMIT, "a note of 0 bytes, 1000000000 nanoseconds"},
		{{.path = sr_bytes_str("a"),
			 .media_type = sr_bytes_str("text/\n"),
			 .kind = SR_FILE_SPECIAL},
			SR_MISUSE, "a media type with byte 10"},
		{{.path = sr_bytes_str("a"), .kind = (enum sr_file_kind)9}, SR_MISUSE,
			"a file of kind 9"},
	};
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r, NULL);
	struct sr_ingest *in = begin(&r, 1);
	begin_item(in, 1);
	for (size_t i = 0; i < T_COUNT(rows); i++)
		assert_fails(sr_ingest_file(in, &rows[i].f, &e), rows[i].code, &e, rows[i].says);
	struct sr_ingest_file liar = {.path = sr_bytes_str("liar"),
		.kind = SR_FILE_REGULAR,
		.size_expected = UINT64_MAX,
		.read = reads_too_much};
	assert_ok(sr_ingest_file(in, &liar, &e), &e);
	assert_int_equal(r.last_status, SR_INGEST_UNREADABLE);
	assert_non_null(strstr(r.last_reason, "a read gave more than was asked"));
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_free(in);
	commit(&r, 1);
	/* files of an item are carried within their collection only: elsewhere no key opens them */
	struct sr_item *it = rig_item(&r, 0, NULL);
	r.domain.domain[0] ^= 1;
	in = begin(&r, 2);
	begin_item(in, 2);
	assert_fails(sr_ingest_carry(in, it, &e), SR_MISUSE, &e,
		"accession: the item is of another collection");
	sr_ingest_free(in);
	sr_item_close(it);
	rig_end(&r);
}

static int refuse(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return 1;
}

/* One that failed, or was stopped, is asked again: it says so, and goes no further. */
static void test_failed_before(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	struct rig_source s = {.size = MIB + 5, .seed = 3};
	(void)state;
	rig_open(&r, NULL);
	for (int stopped = 0; stopped < 2; stopped++) {
		rig_options(&r, &o, (uint8_t)(1 + stopped));
		o.threads = 1;
		if (stopped != 0)
			o.progress.report = refuse;
		assert_ok(sr_ingest_begin(&in, &o, &e), &e);
		begin_item(in, 1);
		int rc = rig_add(in, "a", &s, &e);
		if (rc == 0)
			rc = sr_ingest_item_end(in, &e);
		if (stopped == 0) {
			assert_ok(rc, &e);
			sr_fault_set(1, ENOSPC);
		}
		if (rc == 0)
			rc = sr_ingest_finish(in, &e);
		sr_fault_set(0, 0);
		assert_fails(rc, stopped != 0 ? SR_LOCKED : SR_LIMIT, &e,
			stopped != 0 ? "accession: stopped on request" : NULL);
		assert_int_equal(r.items_given, 0);
		assert_fails(sr_ingest_finish(in, &e), stopped != 0 ? SR_LOCKED : SR_LIMIT, &e,
			"accession: it failed before");
		sr_ingest_free(in);
		in = NULL;
	}
	rig_end(&r);
}

static struct sr_packer_options packer_options(const struct rig *r) {
	struct sr_packer_options po = {.backend = r->backend, .index = r->index, .dedupe = true};
	memcpy(po.vault, r->domain.vault, SR_HASH);
	memcpy(po.structure_pk, r->structure_pk, SR_X_PK);
	memset(po.accession, 1, SR_ID);
	return po;
}

/* A draft asked before its time: what would be a manifest that names places which are not known. */
static void test_draft_before_its_time(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_packer *p = NULL;
	struct sr_draft *d = NULL;
	struct sr_block_work *work = NULL;
	const struct sr_manifest *m = NULL;
	const struct sr_reach *reach = NULL;
	size_t parts = 0;
	uint64_t number = 9;
	char path[32];
	(void)state;
	rig_open(&r, NULL);
	const struct sr_packer_options po = packer_options(&r);
	assert_ok(sr_packer_new(&p, &po, &e), &e);
	assert_ok(sr_block_work_new(&work, &r.domain, SR_CODEC_ZSTD, &e), &e);
	struct sr_draft_options o = {.domain = &r.domain,
		.packer = p,
		.backend = r.backend,
		.index = r.index,
		.parts = &parts,
		.work = work};
	memset(o.accession, 1, SR_ID);
	assert_ok(sr_draft_new(&d, &o, &e), &e);
	assert_fails(sr_draft_result(d, &m, &reach, &e), SR_MISUSE, &e,
		"draft: a result before the end");
	assert_ok(sr_draft_block(d, &number, &e), &e);
	assert_int_equal(number, 0);
	assert_fails(sr_draft_end(d, &e), SR_MISUSE, &e, "draft: 1 blocks have no place yet");
	assert_fails(sr_draft_result(d, &m, &reach, &e), SR_MISUSE, &e,
		"draft: a result before the end");
	sr_draft_free(d);
	/* so many files that their list lies in parts, whose pack is still open */
	assert_ok(sr_draft_new(&d, &o, &e), &e);
	for (size_t i = 0; i < 1500; i++) {
		struct sr_file f = {.kind = SR_FILE_SPECIAL};
		(void)snprintf(path, sizeof path, "socket-%zu", i);
		f.path = sr_bytes_str(path);
		t_fill(f.sha256, SR_HASH, i);
		assert_ok(sr_draft_file(d, &f, &e), &e);
	}
	assert_ok(sr_draft_end(d, &e), &e);
	assert_true(parts > 0);
	assert_fails(sr_draft_result(d, &m, &reach, &e), SR_MISUSE, &e, "has no place yet");
	assert_int_equal(strncmp(e.text, "draft: part 1 of ", 17), 0);
	sr_draft_free(d);
	sr_block_work_free(work);
	sr_packer_free(p);
	/* a packer that failed while nobody wanted to know why: whoever comes later is told */
	struct sr_block_ref ref = {.len = 0};
	struct sr_packer_added added = {.again = true};
	static uint8_t record[SR_RECORD_OVERHEAD + 1000];
	const struct sr_packer_record pr = {
		.kind = SR_PACK_FILES, .ref = &ref, .record = sr_bytes_of(record, sizeof record)};
	t_fill(ref.cid, SR_HASH, 1);
	assert_ok(sr_packer_new(&p, &po, &e), &e);
	assert_ok(sr_packer_add(p, &pr, 1, &added, &e), &e);
	assert_false(added.again);
	sr_fault_set(1, ENOSPC);
	assert_int_equal(sr_packer_flush(p, SR_PACK_FILES, NULL), SR_LIMIT);
	sr_fault_set(0, 0);
	assert_fails(sr_packer_flush(p, SR_PACK_FILES, &e), SR_LIMIT, &e,
		"packer: a pack could not be written");
	sr_packer_drop(p, &added.slot);
	sr_packer_free(p);
	rig_end(&r);
}

/* What an item cannot have more of. */
static void test_draft_is_full(void **state) {
	static const struct {
		size_t files, bytes, packs;
		const char *piece;
	} rows[] = {
		{2, 1 << 20, 9, "an item of more than 2 files"},
		{9, 300, 9, "an item's file list of more than 300 bytes"},
		{9, 1 << 20, 0, "an item in more than 0 packs"},
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct rig r;
		struct sr_err e;
		struct sr_ingest_options o;
		struct sr_ingest *in = NULL;
		struct rig_source a = {.size = 100, .seed = 5};
		const uint8_t item[SR_ID] = {7};
		int rc = 0;
		rig_open(&r, NULL);
		rig_options(&r, &o, 1);
		assert_ok(sr_ingest_begin(&in, &o, &e), &e);
		assert_ok(sr_ingest_item_begin(in, item, &e), &e);
		sr_draft_max(rows[i].files, rows[i].bytes, rows[i].packs);
		for (size_t n = 0; rc == 0 && n < 4; n++) {
			a.at = 0;
			rc = rig_add(in, "a", &a, &e);
		}
		if (rc == 0)
			rc = sr_ingest_item_end(in, &e);
		if (rc == 0)
			rc = sr_ingest_finish(in, &e);
		sr_draft_max(SR_MANIFEST_FILES_MAX, SR_FILES_STREAM_MAX, SR_REACH_PACKS_MAX);
		assert_fails(rc, SR_LIMIT, &e, rows[i].piece);
		sr_ingest_free(in);
		rig_end(&r);
	}
}

/* A pack becomes full in the middle of a call, between two records of one content: the second is
 * the first, for the pack is closed when all are in. */
static void test_twins(void **state) {
	struct sr_packer *p = NULL;
	struct rig r;
	struct sr_err e;
	static uint8_t large[SR_BLOCK], small[SR_RECORD_OVERHEAD + 1000];
	struct sr_block_ref refs[2] = {{.len = 0}};
	struct sr_packer_added added[3];
	struct sr_packer_record records[3];
	(void)state;
	rig_open(&r, NULL);
	const struct sr_packer_options po = packer_options(&r);
	assert_ok(sr_packer_new(&p, &po, &e), &e);
	t_fill(large, sizeof large, 1);
	t_fill(small, sizeof small, 2);
	for (size_t i = 0; i < 3; i++)
		records[i] = (struct sr_packer_record){.kind = SR_PACK_META, /* one open pack */
			.ref = &refs[i % 2],
			.record = i == 1 ? sr_bytes_of(large, sizeof large)
					 : sr_bytes_of(small, sizeof small)};
	size_t rounds = 0;
	do { /* until the pack is full with the large one */
		t_fill(refs[0].cid, SR_HASH, 1000 + rounds);
		t_fill(refs[1].cid, SR_HASH, 2000 + rounds);
		assert_ok(sr_packer_add(p, records, 3, added, &e), &e);
		assert_false(added[0].again || added[1].again);
		assert_true(added[2].again);
		assert_ptr_equal(added[2].slot.pack, added[0].slot.pack);
		assert_int_equal(added[2].slot.entry, added[0].slot.entry);
		const bool other = added[1].slot.pack != added[0].slot.pack;
		for (size_t i = 0; i < 3; i++)
			sr_packer_drop(p, &added[i].slot);
		if (other)
			break;
	} while (++rounds < 64);
	assert_in_range(rounds, SR_PACK_TARGET / SR_BLOCK - 2, SR_PACK_TARGET / SR_BLOCK);
	sr_packer_free(p);
	rig_end(&r);
}

/* One run of a deposit of twelve packs' worth that stops after some files. */
static int big_part(
	struct rig *r, size_t files, bool finish, struct sr_ingest_totals *t, struct sr_err *e) {
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	uint8_t item[SR_ID];
	char name[32];
	rig_options(r, &o, 9);
	memset(item, 1, sizeof item);
	int rc = sr_ingest_begin(&in, &o, e);
	if (rc == 0)
		rc = sr_ingest_item_begin(in, item, e);
	for (size_t k = 0; rc == 0 && k < files; k++) {
		struct rig_source s = {.size = 24 * MIB, .seed = 100 + k};
		(void)snprintf(name, sizeof name, "f%zu", k);
		rc = rig_add(in, name, &s, e);
	}
	if (rc == 0 && finish)
		rc = sr_ingest_item_end(in, e);
	if (rc == 0 && finish)
		rc = sr_ingest_finish(in, e);
	if (in != NULL)
		sr_ingest_totals(in, t);
	sr_ingest_free(in);
	return rc;
}

static void resume_in(enum sr_dedupe mode) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_totals t = {0};
	rig_open(&r, NULL);
	r.domain.dedupe = mode;
	assert_ok(big_part(&r, 4, false, &t, &e), &e);
	assert_true(rig_count_packs(&r) >= 1);
	size_t before = rig_count_packs(&r);
	rig_close_index(&r);
	rig_open_index(&r);
	rig_forget(&r);
	assert_ok(big_part(&r, 5, true, &t, &e), &e);
	assert_int_equal(t.blocks, 120);
	assert_true(t.blocks_reused >= 31 * before && t.blocks_reused < 96);
	struct sr_item *it = rig_item(&r, 0, NULL);
	for (size_t k = 0; k < 5; k++) {
		struct rig_source s = {.size = 24 * MIB, .seed = 100 + k};
		rig_check_file(it, k, &s);
	}
	sr_item_close(it);
	commit(&r, 9);
	assert_int_equal(t_count_entries(t_path(r.path, "run")), 0);
	rig_end(&r);
}

static void test_resume_collection(void **state) {
	(void)state;
	resume_in(SR_DEDUPE_COLLECTION);
}

static void test_resume_none(void **state) {
	(void)state;
	resume_in(SR_DEDUPE_NONE);
}

static void test_abort(void **state) {
	struct rig r;
	struct sr_err e;
	struct sr_ingest_abort a;
	struct sr_ingest_totals t;
	size_t packs = 0;
	(void)state;
	rig_open(&r, NULL);
	r.domain.dedupe = SR_DEDUPE_NONE;
	assert_ok(deposit(&r, 1, &t, &e), &e);
	assert_true(rig_count_packs(&r) > 0);
	rig_abort_options(&r, &a, 1);
	assert_ok(sr_ingest_abort(&a, &packs, &e), &e);
	assert_true(packs > 0);
	assert_int_equal(rig_count_packs(&r), 0);
	assert_int_equal(t_count_entries(t_path(r.path, "run")), 0);
	rig_end(&r);
}

/* Two items, the second with two files: every kind of step once or more, and few of them. */
static int small(struct rig *r, struct sr_err *e) {
	struct sr_ingest_options o;
	struct sr_ingest *in = NULL;
	uint8_t item[SR_ID];
	rig_options(r, &o, 1);
	int rc = sr_ingest_begin(&in, &o, e);
	for (uint8_t i = 0; rc == 0 && i < 3; i++) {
		struct rig_source s = {.size = 5000 + i * (MIB / 2), .seed = 7u + i};
		memset(item, 50 + i / 2, sizeof item);
		if (i < 2)
			rc = sr_ingest_item_begin(in, item, e);
		if (rc == 0)
			rc = rig_add(in, i == 2 ? "two" : "one", &s, e);
		if (rc == 0 && i != 1)
			rc = sr_ingest_item_end(in, e);
	}
	if (rc == 0)
		rc = sr_ingest_finish(in, e);
	sr_ingest_free(in);
	return rc;
}

static void check_small(struct rig *r) {
	assert_int_equal(r->items_given, 2);
	for (uint8_t i = 0; i < 3; i++) {
		struct rig_source s = {.size = 5000 + i * (MIB / 2), .seed = 7u + i};
		struct sr_item *it = rig_item(r, i > 0, NULL);
		rig_check_file(it, i == 2, &s);
		sr_item_close(it);
	}
}

/* After a kill or a failure: abort and sweep leave nothing; or a second try gives everything. */
static void recover(struct rig *r, bool again) {
	struct sr_err e;
	struct sr_ingest_abort a;
	size_t removed = 0;
	rig_forget(r);
	if (again) {
		assert_ok(small(r, &e), &e);
		check_small(r);
	}
	assert_ok(sr_backend_sweep(r->backend, "packs", &removed, &e), &e);
	rig_abort_options(r, &a, 1);
	assert_ok(sr_ingest_abort(&a, NULL, &e), &e);
	assert_int_equal(rig_count_packs(r), 0);
	for (int i = 0; i < 256; i++) {
		char shard[16];
		char path[4300];
		(void)snprintf(shard, sizeof shard, "packs/%02x", (unsigned)i);
		(void)snprintf(path, sizeof path, "%s/%s", r->path, shard);
		if (t_exists(path))
			assert_int_equal(t_count_entries(path), 0);
	}
	assert_int_equal(t_count_entries(t_path(r->path, "run")), 0);
}

static void test_fail_everywhere(void **state) {
	struct sr_err e;
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		unsigned long steps = 1;
		for (unsigned long n = 0; n <= steps; n++) {
			struct rig r;
			rig_open(&r, NULL);
			r.domain.dedupe = mode == 0 ? SR_DEDUPE_COLLECTION : SR_DEDUPE_NONE;
			sr_fault_set(n, n % 2 ? EIO : ENOSPC);
			int rc = small(&r, &e);
			if (n == 0) {
				steps = sr_fault_count();
				assert_ok(rc, &e);
				assert_true(steps > 8 && steps < 300);
			}
			sr_fault_set(0, 0);
			if (n > 0 && rc != 0)
				assert_true(rc == (n % 2 ? SR_IO : SR_LIMIT) && e.text[0] != '\0');
			/* what saw a failed fsync takes no more work: go on as a new process */
			char *path = r.path;
			rig_close_how(&r, true);
			rig_open(&r, path);
			r.domain.dedupe = mode == 0 ? SR_DEDUPE_COLLECTION : SR_DEDUPE_NONE;
			recover(&r, n % 4 < 2);
			rig_end(&r);
		}
	}
}

/* Killed at its nth step; whether it had finished before. */
static bool killed_at(unsigned long n, enum sr_dedupe mode) {
	struct rig r;
	int status = 0;
	rig_open(&r, NULL);
	char *path = r.path;
	rig_close(&r);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rig mine;
		rig_open(&mine, path);
		mine.domain.dedupe = mode;
		sr_fault_set(n, -1);
		int rc = small(&mine, NULL);
		t_exit(rc == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	bool done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	assert_true(done || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	rig_open(&r, path);
	r.domain.dedupe = mode;
	recover(&r, n % 2 == 0);
	rig_end(&r);
	return done;
}

static void test_kill_everywhere(void **state) {
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		unsigned long n = 1;
		while (!killed_at(n, mode == 0 ? SR_DEDUPE_COLLECTION : SR_DEDUPE_NONE))
			n++;
		assert_true(n > 8);
	}
}

/* Manifests beyond one block: many small files, and parts in metadata packs. */
static void test_many_files(void **state) {
	struct rig r;
	struct sr_err e;
	char name[64];
	enum {
		FILES = 9000
	};
	(void)state;
	rig_open(&r, NULL);
	struct sr_ingest *in = begin(&r, 1);
	begin_item(in, 1);
	for (size_t k = 0; k < FILES; k++) {
		struct rig_source s = {.size = 10 + k % 7, .seed = 1 + k};
		(void)snprintf(name, sizeof name, "a folder with a name/of some length/%zu.txt", k);
		assert_ok(rig_add(in, name, &s, &e), &e);
	}
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_free(in);
	struct sr_manifest m;
	assert_ok(sr_manifest_decode(&m, sr_buf_view(&r.manifests[0]), &e), &e);
	assert_true(m.files.part_count >= 2);
	assert_true(m.blocks.part_count >= 2);
	assert_int_equal(m.block_count, FILES);
	sr_manifest_free(&m);
	struct sr_item *it = rig_item(&r, 0, NULL);
	assert_int_equal(sr_item_files(it), FILES);
	for (size_t k = 0; k < FILES; k += 997) {
		struct rig_source s = {.size = 10 + k % 7, .seed = 1 + k};
		rig_check_file(it, k, &s);
	}
	sr_item_close(it);
	rig_end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_dedupe),
		cmocka_unit_test(test_dedupe_inside),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_stored_in_the_middle),
		cmocka_unit_test(test_dedupe_reads_back),
		cmocka_unit_test(test_stored_again_once),
		cmocka_unit_test(test_smalls),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_failed_before),
		cmocka_unit_test(test_draft_before_its_time),
		cmocka_unit_test(test_draft_is_full),
		cmocka_unit_test(test_resume_collection),
		cmocka_unit_test(test_resume_none),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_many_files),
		cmocka_unit_test(test_fail_everywhere),
		cmocka_unit_test(test_kill_everywhere),
	};
	return cmocka_run_group_tests_name("store ingest", tests, NULL, NULL);
}
