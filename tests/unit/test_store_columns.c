/*
 * test_store_columns - rows to parts and back, cuts, flips, what is refused; parts of a real
 * deposit: the same tree again stores none of them anew, a changed one few.
 */
#include <stdlib.h>
#include <string.h>

#include "store/columns.h"
#include "store_rig.h"
#include "util.h"

enum {
	FILES = 40,
	REFS = 30
};

static void make_files(struct sr_buf *rows, uint64_t first) {
	char path[64], note[32];
	uint64_t block = first;
	for (uint64_t i = 0; i < FILES; i++) {
		struct sr_file f = {.kind = i % 7 == 3 ? SR_FILE_SYMLINK : SR_FILE_REGULAR,
			.flags = i % 11 == 5 ? SR_FILE_CHANGED : 0,
			.mtime_s = -5 + (int64_t)i * 1000,
			.mtime_ns = (uint32_t)i * 999};
		(void)snprintf(path, sizeof path, "box %02d/page-%04d", (int)i / 9, (int)i);
		(void)snprintf(note, sizeof note, "%s", i % 7 == 3 ? "elsewhere" : "");
		f.path = sr_bytes_str(path);
		f.note = sr_bytes_str(note);
		f.media_type = sr_bytes_str(i % 3 == 0   ? "text/plain"
					    : i % 3 == 1 ? ""
							 : "image/png");
		f.first_block = block + (i == 20 ? 3 : 0);
		if (f.kind == SR_FILE_REGULAR) {
			f.size = i * 100000;
			f.block_count = (f.size + SR_BLOCK - 1) / SR_BLOCK;
			t_fill(f.sha256, SR_HASH, i);
		}
		block = f.first_block + f.block_count;
		sr_file_put(rows, &f);
	}
}

static void files_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_buf rows, again;
	struct sr_err e;
	uint32_t count = 0;
	uint64_t block = 7, from = 7;
	(void)ctx;
	(void)what;
	sr_buf_init(&rows);
	sr_buf_init(&again);
	if (sr_files_unpack(&rows, &count, mutant, &block, &e) == 0) {
		assert_ok(sr_files_pack(&again, sr_buf_view(&rows), &from, &e), &e);
		assert_true(sr_bytes_eq(sr_buf_view(&again), mutant));
	} else {
		assert_int_equal(e.code, SR_CORRUPT);
		assert_true(rows.len == 0 && block == 7);
	}
	sr_buf_free(&rows);
	sr_buf_free(&again);
}

static void files_cut(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_buf rows;
	struct sr_err e;
	uint32_t count = 0;
	uint64_t block = 7;
	(void)ctx;
	(void)what;
	sr_buf_init(&rows);
	assert_fails(sr_files_unpack(&rows, &count, mutant, &block, &e), SR_CORRUPT, &e, NULL);
	sr_buf_free(&rows);
}

static void test_files(void **state) {
	struct sr_buf rows, part, back;
	struct sr_err e;
	uint64_t to = 7, from = 7;
	uint32_t count = 0;
	(void)state;
	sr_buf_init(&rows);
	sr_buf_init(&part);
	sr_buf_init(&back);
	make_files(&rows, 7);
	assert_ok(sr_buf_ok(&rows, &e), &e);
	assert_ok(sr_files_pack(&part, sr_buf_view(&rows), &to, &e), &e);
	assert_true(part.len < rows.len);
	assert_ok(sr_files_unpack(&back, &count, sr_buf_view(&part), &from, &e), &e);
	assert_int_equal(count, FILES);
	assert_true(from == to);
	assert_true(sr_bytes_eq(sr_buf_view(&rows), sr_buf_view(&back)));
	t_each_cut(sr_buf_view(&part), files_cut, NULL);
	t_each_flip(sr_buf_view(&part), files_mutant, NULL);
	sr_buf_put_u8(&part, 0);
	files_cut(NULL, sr_buf_view(&part), "longer");
	/* a file before the one before it cannot be said */
	to = 100;
	assert_fails(
		sr_files_pack(&back, sr_buf_view(&rows), &to, &e), SR_MISUSE, &e, "before 100");
	assert_fails(sr_files_pack(&back, sr_bytes_of(NULL, 0), &to, &e), SR_MISUSE, &e,
		"manifest: a part of 0 files, want 1 to 16384");
	/* numbers of blocks that run over */
	struct sr_file big = {.kind = SR_FILE_REGULAR,
		.size = 4 * (uint64_t)SR_BLOCK,
		.block_count = 4,
		.path = sr_bytes_str("big")};
	to = 0;
	from = UINT64_MAX - 2;
	sr_buf_clear(&rows);
	sr_buf_clear(&part);
	sr_buf_clear(&back);
	sr_file_put(&rows, &big);
	assert_ok(sr_files_pack(&part, sr_buf_view(&rows), &to, &e), &e);
	assert_fails(sr_files_unpack(&back, &count, sr_buf_view(&part), &from, &e), SR_CORRUPT, &e,
		"file 1 of a part: more blocks than there are");
	assert_int_equal(back.len, 0);
	assert_true(from == UINT64_MAX - 2);
	sr_buf_free(&rows);
	sr_buf_free(&part);
	sr_buf_free(&back);
}

static void test_files_refused(void **state) {
	static const struct {
		size_t at; /* of the planes of one file: kind, flags, ... */
		uint8_t v;
		const char *says;
	} bad[] = {
		{0, 9, "no manifest can say that"},     /* kind */
		{30, 1, "numbers do not fit"},          /* media type 1 of 1 */
		{32, 1, "numbers do not fit"},          /* shares a byte with nothing */
		{1, 2, "no manifest can say that"},     /* flags */
		{21, 0xff, "no manifest can say that"}, /* nanoseconds */
	};
	struct sr_file f = {.kind = SR_FILE_REGULAR, .path = sr_bytes_str("a")};
	struct sr_buf rows, part, back;
	struct sr_err e;
	(void)state;
	sr_buf_init(&rows);
	sr_buf_init(&back);
	sr_file_put(&rows, &f);
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		uint64_t to = 0, from = 0;
		uint32_t count = 0;
		sr_buf_init(&part);
		assert_ok(sr_files_pack(&part, sr_buf_view(&rows), &to, &e), &e);
		part.p[7 + bad[i].at] = bad[i].v; /* le32, le16, one empty media type */
		assert_fails(sr_files_unpack(&back, &count, sr_buf_view(&part), &from, &e),
			SR_CORRUPT, &e, bad[i].says);
		sr_buf_free(&part);
	}
	sr_buf_free(&rows);
}

/* What could be said more shortly, or says nothing: there is one way to write a part. */
static void test_files_written_otherwise(void **state) {
	struct sr_file f = {.kind = SR_FILE_REGULAR, .path = sr_bytes_str("a")};
	struct sr_buf rows, part, other, back;
	struct sr_err e;
	uint64_t to = 0, from = 0;
	uint32_t count = 0;
	(void)state;
	sr_buf_init(&rows);
	sr_buf_init(&part);
	sr_buf_init(&other);
	sr_buf_init(&back);
	sr_file_put(&rows, &f);
	assert_ok(sr_files_pack(&part, sr_buf_view(&rows), &to, &e), &e);
	assert_int_equal(sr_le16_get(part.p + 4), 1); /* one media type, which is empty */
	sr_buf_put(&other, part.p, 7);
	sr_buf_put_u8(&other, 0); /* and one more, which no file has */
	sr_le16_put(other.p + 4, 2);
	sr_buf_put(&other, part.p + 7, part.len - 7);
	assert_fails(sr_files_unpack(&back, &count, sr_buf_view(&other), &from, &e), SR_CORRUPT, &e,
		"bytes is not written as it should be");
	sr_le32_put(part.p, 0);
	assert_fails(sr_files_unpack(&back, &count, sr_buf_view(&part), &from, &e), SR_CORRUPT, &e,
		"a part of 0 files, want 1 to 16384");
	sr_le32_put(part.p, 16385);
	assert_fails(sr_files_unpack(&back, &count, sr_buf_view(&part), &from, &e), SR_CORRUPT, &e,
		"a part of 16385 files, want 1 to 16384");
	assert_fails(sr_refs_unpack(NULL, &count, sr_bytes_of("\0\0\0\0\0\0", 6), &e), SR_CORRUPT,
		&e, "a part of 0 blocks, want 1 to 8192");
	assert_int_equal(back.len, 0);
	sr_buf_free(&rows);
	sr_buf_free(&part);
	sr_buf_free(&other);
	sr_buf_free(&back);
}

static void make_refs(struct sr_block_ref *refs) {
	memset(refs, 0, REFS * sizeof *refs);
	for (size_t i = 0; i < REFS; i++) {
		t_fill(refs[i].key, SR_KEY, 2 * i);
		sr_block_cid(&refs[i]);
		t_fill(refs[i].pack, SR_HASH, 1000 + i / 10);
		refs[i].offset = (uint32_t)(64 + 77777 * i);
		refs[i].len = (uint32_t)(SR_RECORD_OVERHEAD + 1 + 1000 * i);
		t_fill(refs[i].h, SR_HASH, 2 * i + 1);
	}
}

static struct sr_block_ref got[SR_REFS_PART_ROWS];

static void refs_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_buf again;
	struct sr_err e;
	uint32_t count = 0;
	(void)ctx;
	(void)what;
	if (sr_refs_unpack(got, &count, mutant, &e) != 0) {
		assert_int_equal(e.code, SR_CORRUPT);
		return;
	}
	sr_buf_init(&again);
	assert_ok(sr_refs_pack(&again, got, count, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&again), mutant));
	sr_buf_free(&again);
}

static void refs_cut(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_err e;
	uint32_t count = 0;
	(void)ctx;
	(void)what;
	assert_fails(sr_refs_unpack(got, &count, mutant, &e), SR_CORRUPT, &e, NULL);
}

static void test_refs(void **state) {
	struct sr_block_ref refs[REFS];
	struct sr_buf part;
	struct sr_err e;
	uint32_t count = 0;
	(void)state;
	make_refs(refs);
	sr_buf_init(&part);
	assert_ok(sr_refs_pack(&part, refs, REFS, &e), &e);
	assert_ok(sr_refs_unpack(got, &count, sr_buf_view(&part), &e), &e);
	assert_int_equal(count, REFS);
	for (size_t i = 0; i < REFS; i++) {
		assert_memory_equal(got[i].cid, refs[i].cid, SR_HASH);
		assert_memory_equal(got[i].key, refs[i].key, SR_KEY);
		assert_memory_equal(got[i].h, refs[i].h, SR_HASH);
		assert_memory_equal(got[i].pack, refs[i].pack, SR_HASH);
		assert_true(got[i].offset == refs[i].offset && got[i].len == refs[i].len);
	}
	t_each_cut(sr_buf_view(&part), refs_cut, NULL);
	t_each_flip(sr_buf_view(&part), refs_mutant, NULL);
	sr_buf_put_u8(&part, 0);
	refs_cut(NULL, sr_buf_view(&part), "longer");
	sr_buf_clear(&part);
	assert_fails(sr_refs_pack(&part, refs, 0, &e), SR_MISUSE, &e, "part of 0 blocks");
	sr_buf_free(&part);
}

/* ${count} files of some bytes, number ${skip} left out; how many metadata packs and bytes it
 * wrote. */
static uint64_t deposit(struct rig *r, uint8_t accession, size_t count, size_t skip) {
	struct sr_ingest_options o;
	struct sr_ingest_totals t;
	struct sr_ingest *in = NULL;
	struct sr_err e;
	char path[64];
	rig_forget(r);
	rig_options(r, &o, accession);
	assert_ok(sr_ingest_begin(&in, &o, &e), &e);
	t_fill(r->ids[0], SR_ID, accession);
	assert_ok(sr_ingest_item_begin(in, r->ids[0], &e), &e);
	for (size_t i = 0; i < count; i++) {
		struct rig_source s = {.size = 20, .seed = i + 1};
		if (i == skip)
			continue;
		(void)snprintf(path, sizeof path, "a folder/of-many/number-%05zu.txt", i);
		assert_ok(rig_add(in, path, &s, &e), &e);
	}
	assert_ok(sr_ingest_item_end(in, &e), &e);
	assert_ok(sr_ingest_finish(in, &e), &e);
	sr_ingest_totals(in, &t);
	sr_ingest_free(in);
	assert_ok(sr_index_commit(r->index, o.accession, NULL, &e), &e);
	return t.bytes_stored;
}

static void test_again(void **state) {
	enum {
		COUNT = 12000
	};
	struct rig r;
	struct sr_err e;
	struct sr_file f;
	(void)state;
	rig_open(&r, NULL);
	const uint64_t first = deposit(&r, 1, COUNT, SIZE_MAX);
	struct sr_item *it = rig_item(&r, 0, r.index);
	assert_int_equal(sr_item_files(it), COUNT);
	assert_ok(sr_item_file(it, COUNT - 1, &f, &e), &e);
	assert_int_equal(f.first_block, COUNT - 1);
	struct rig_source s = {.size = 20, .seed = COUNT};
	rig_check_file(it, COUNT - 1, &s);
	sr_item_close(it);
	/* the same: a pack that covers the files' and one that covers the metadata's */
	const uint64_t same = deposit(&r, 2, COUNT, SIZE_MAX);
	assert_true(same < 2 * (uint64_t)(80 << 10));
	/* one file is gone: the parts behind it are cut as before */
	const uint64_t less = deposit(&r, 3, COUNT, 100);
	assert_true(less < first / 4);
	it = rig_item(&r, 0, r.index);
	assert_int_equal(sr_item_files(it), COUNT - 1);
	rig_check_file(it, COUNT - 2, &s);
	sr_item_close(it);
	rig_end(&r);
}

/* In a collection that does not dedupe nothing is found again. */
static void test_none(void **state) {
	struct rig r;
	(void)state;
	rig_open(&r, NULL);
	r.domain.dedupe = SR_DEDUPE_NONE;
	const uint64_t first = deposit(&r, 1, 2000, SIZE_MAX);
	assert_true(deposit(&r, 2, 2000, SIZE_MAX) >= first);
	rig_end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_files_refused),
		cmocka_unit_test(test_files_written_otherwise),
		cmocka_unit_test(test_refs),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_none),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("store columns", tests, NULL, NULL);
}
