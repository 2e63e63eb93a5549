/*
 * test_store_manifest - file records, streams, roots: round trips, cuts, flips, and numbers that do
 * not fit each other.
 */
#include <stdlib.h>
#include <string.h>

#include "store/columns.h"
#include "store/padme.h"
#include "util.h"

static struct sr_file sample(void) {
	struct sr_file f = {.kind = SR_FILE_REGULAR,
		.size = 3 * SR_BLOCK - 5,
		.mtime_s = -1234567890123,
		.mtime_ns = 999999999};
	f.block_count = 3;
	f.first_block = 7;
	t_fill(f.sha256, SR_HASH, 5);
	f.path = sr_bytes_of("a\xff/\x01 \n", 6);
	f.media_type = sr_bytes_str("image/tiff");
	f.note = sr_bytes_str("");
	return f;
}

/* What no reader takes is not written. */
static void test_long_note(void **state) {
	static const char note[SR_FILE_NOTE_MAX + 1] = {'n'};
	struct sr_file f = sample();
	struct sr_buf b;
	struct sr_err e;
	(void)state;
	sr_buf_init(&b);
	f.note = sr_bytes_of(note, sizeof note);
	sr_file_put(&b, &f);
	assert_int_equal(sr_buf_ok(&b, &e), SR_MISUSE);
	assert_int_equal(b.len, 0);
	sr_buf_free(&b);
}

static void test_file(void **state) {
	struct sr_file f = sample();
	struct sr_file got;
	struct sr_reader r;
	struct sr_buf b;
	struct sr_buf again;
	struct sr_err e;
	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&again);
	sr_file_put(&b, &f);
	assert_ok(sr_buf_ok(&b, &e), &e);
	sr_reader_init(&r, sr_buf_view(&b));
	assert_ok(sr_file_get(&r, &got, &e), &e);
	assert_int_equal(sr_reader_left(&r), 0);
	assert_int_equal(got.mtime_s, f.mtime_s);
	assert_true(sr_bytes_eq(got.path, f.path));
	sr_file_put(&again, &got);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_buf_view(&again)));
	for (size_t cut = 0; cut < b.len; cut++) {
		sr_reader_init(&r, sr_bytes_of(b.p, cut));
		assert_fails(sr_file_get(&r, &got, &e), SR_CORRUPT, &e, "file record at 0");
		assert_int_equal(r.pos, 0);
	}
	b.p[0] = 9;
	sr_reader_init(&r, sr_buf_view(&b));
	assert_fails(sr_file_get(&r, &got, &e), SR_CORRUPT, &e, "file kind 9");
	b.p[0] = SR_FILE_SYMLINK;
	sr_reader_init(&r, sr_buf_view(&b));
	assert_fails(sr_file_get(&r, &got, &e), SR_CORRUPT, &e, "3 blocks for a file of");
	sr_buf_free(&again);
	sr_buf_free(&b);
}

static void test_file_refused(void **state) {
	static char big[SR_PATH_MAX + 1];
	struct sr_buf b;
	struct sr_err e;
	struct sr_file f;
	(void)state;
	sr_buf_init(&b);
	memset(big, 'a', sizeof big);
	for (int i = 0; i < 7; i++) {
		f = sample();
		if (i == 0)
			f.path = sr_bytes_of(big, sizeof big);
		if (i == 1)
			f.path = sr_bytes_str("");
		if (i == 2)
			f.media_type = sr_bytes_of(big, 256);
		if (i == 3)
			f.media_type = sr_bytes_str("a\nb");
		if (i == 4)
			f.block_count = 4;
		if (i == 5)
			f.flags = 2;
		if (i == 6)
			f.mtime_ns = 1000000000;
		sr_buf_clear(&b);
		sr_file_put(&b, &f);
		assert_int_equal(sr_buf_ok(&b, &e), SR_MISUSE);
		assert_int_equal(b.len, 0);
	}
	f = sample();
	f.path = sr_bytes_of(big, SR_PATH_MAX);
	sr_buf_clear(&b);
	sr_file_put(&b, &f);
	assert_ok(sr_buf_ok(&b, &e), &e);
	sr_buf_free(&b);
}

static struct sr_block_ref a_ref(void) {
	struct sr_block_ref ref = {.offset = 64, .len = 500, .plain_len = 400};
	return ref;
}

/* A manifest of two files, its refs inline, or in two parts. */
static void make(struct sr_manifest *m, bool parts) {
	struct sr_file f = sample();
	struct sr_buf rows;
	struct sr_err e;
	uint64_t block = 0;
	sr_manifest_init(m);
	m->dedupe = SR_DEDUPE_COLLECTION;
	m->file_count = 2;
	m->bytes = 2 * f.size;
	sr_buf_init(&rows);
	sr_file_put(&rows, &f);
	f.first_block = 10;
	sr_file_put(&rows, &f);
	assert_ok(sr_files_pack(&m->files.inline_bytes, sr_buf_view(&rows), &block, &e), &e);
	assert_int_equal(block, 13);
	sr_buf_free(&rows);
	m->files.len = m->files.inline_bytes.len;
	m->block_count = 13;
	if (!parts) {
		struct sr_block_ref refs[13];
		for (size_t i = 0; i < T_COUNT(refs); i++)
			refs[i] = a_ref();
		assert_ok(sr_refs_pack(&m->blocks.inline_bytes, refs, T_COUNT(refs), &e), &e);
		m->blocks.len = m->blocks.inline_bytes.len;
		return;
	}
	m->blocks.parts = calloc(2, sizeof *m->blocks.parts);
	m->blocks.rows = calloc(2, sizeof *m->blocks.rows);
	assert_true(m->blocks.parts != NULL && m->blocks.rows != NULL);
	m->blocks.part_count = 2;
	m->blocks.rows[0] = 10;
	m->blocks.rows[1] = 3;
	m->blocks.parts[0] = m->blocks.parts[1] = a_ref();
	m->blocks.len = 2 * (uint64_t)m->blocks.parts[0].plain_len;
}

static void check_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_manifest m;
	struct sr_buf b;
	struct sr_err e;
	(void)ctx;
	(void)what;
	/* Refused, or it says exactly what it says: encode(decode(x)) == x. */
	if (sr_manifest_decode(&m, mutant, &e) != 0) {
		assert_true(e.code == SR_CORRUPT || e.code == SR_LIMIT || e.code == SR_UNSUPPORTED);
		return;
	}
	sr_buf_init(&b);
	assert_ok(sr_manifest_encode(&b, &m, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), mutant));
	sr_buf_free(&b);
	sr_manifest_free(&m);
}

static void check_cut(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_manifest m;
	struct sr_err e;
	(void)ctx;
	(void)what;
	assert_fails(sr_manifest_decode(&m, mutant, &e), SR_CORRUPT, &e, "manifest: ");
}

static void test_root(void **state) {
	struct sr_manifest m;
	struct sr_manifest got;
	struct sr_buf b;
	struct sr_err e;
	(void)state;
	for (int parts = 0; parts < 2; parts++) {
		make(&m, parts == 1);
		sr_buf_init(&b);
		assert_ok(sr_manifest_encode(&b, &m, &e), &e);
		assert_ok(sr_manifest_decode(&got, sr_buf_view(&b), &e), &e);
		assert_int_equal(got.block_count, m.block_count);
		sr_manifest_free(&got);
		t_each_cut(sr_buf_view(&b), check_cut, NULL);
		t_each_flip(sr_buf_view(&b), check_mutant, NULL);
		sr_buf_put_u8(&b, 0);
		assert_fails(sr_manifest_decode(&got, sr_buf_view(&b), &e), SR_CORRUPT, &e, NULL);
		sr_buf_free(&b);
		if (parts == 1) {
			m.blocks.rows[1]++;
			sr_buf_init(&b);
			assert_ok(sr_manifest_encode(&b, &m, &e), &e);
			assert_fails(sr_manifest_decode(&got, sr_buf_view(&b), &e), SR_CORRUPT, &e,
				"manifest says 13 blocks, its parts hold 14");
			sr_buf_free(&b);
		}
		sr_manifest_free(&m);
	}
}

/* Each number of a root and of a file's record by its own sentence. */
static void test_named_numbers(void **state) {
	enum {
		DEDUPE = 24, /* behind the mark and the domain */
		FILES = 25,
		STREAM = 49 /* form, le64 length, bytes */
	};
	static const struct {
		bool parts, blocks; /* blocks: ${at} from the stream of blocks on */
		size_t at;
		uint8_t flip;
		enum sr_code code;
		const char *says;
	} rows[] = {
		{false, false, 0, 1, SR_CORRUPT, "the manifest does not begin with its mark"},
		{false, false, DEDUPE, 8, SR_UNSUPPORTED, "dedupe mode 9 is not known here"},
		{false, false, FILES, 2, SR_CORRUPT, "manifest says 0 files in "},
		{false, false, FILES + 4, 1, SR_LIMIT,
			"manifest of 4294967298 files, at most 4000000"},
		{false, false, STREAM, 7, SR_CORRUPT, "stream form 7"},
		{false, false, STREAM + 4, 1, SR_CORRUPT, " bytes inline, at most 4096"},
		{true, true, 0, 1 ^ 5, SR_CORRUPT, "stream form 5"},
		{true, true, 1, 1, SR_CORRUPT, "a stream says 801 bytes, its 2 parts hold 800"},
		{true, true, 9, 2, SR_CORRUPT, "a stream says 0 parts, "},
		{true, true, 11, 1, SR_CORRUPT, "a stream says 65538 parts, "},
	};
	static const struct {
		size_t at;
		uint8_t flip;
		const char *says;
	} file[] = {
		{0, 8, "file kind 9"},
		{1, 6, "file flags 6"},
		{21, 0x80, "nanoseconds"},
		{84, 'i' ^ 1, "media type has byte 1 at 0"},
	};
	struct sr_manifest m, got;
	struct sr_file f = sample(), back;
	struct sr_reader r;
	struct sr_buf b;
	struct sr_err e;
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		make(&m, rows[i].parts);
		sr_buf_init(&b);
		assert_ok(sr_manifest_encode(&b, &m, &e), &e);
		b.p[rows[i].at + (rows[i].blocks ? STREAM + 9 + m.files.len : 0)] ^= rows[i].flip;
		assert_fails(sr_manifest_decode(&got, sr_buf_view(&b), &e), rows[i].code, &e,
			rows[i].says);
		sr_buf_free(&b);
		sr_manifest_free(&m);
	}
	sr_buf_init(&b);
	sr_file_put(&b, &f);
	assert_ok(sr_buf_ok(&b, &e), &e);
	for (size_t i = 0; i < T_COUNT(file); i++) {
		b.p[file[i].at] ^= file[i].flip;
		sr_reader_init(&r, sr_buf_view(&b));
		assert_fails(sr_file_get(&r, &back, &e), SR_CORRUPT, &e, file[i].says);
		b.p[file[i].at] ^= file[i].flip;
	}
	sr_le32_put(b.p + 70, 0); /* no path, and what follows it as it was */
	memmove(b.p + 74, b.p + 80, b.len - 80);
	b.len -= 6;
	sr_reader_init(&r, sr_buf_view(&b));
	assert_fails(sr_file_get(&r, &back, &e), SR_CORRUPT, &e, "path of 0 bytes, want 1 to 4096");
	sr_buf_free(&b);
}

/* A root that no reader would take is not written, and one that is too long is not read. */
static void test_long_root(void **state) {
	struct sr_manifest m, got;
	struct sr_buf b;
	struct sr_err e;
	(void)state;
	sr_buf_init_secret(&b);
	make(&m, false);
	sr_buf_put_zero(&m.blocks.inline_bytes, SR_MANIFEST_ROOT_MAX);
	m.blocks.len = m.blocks.inline_bytes.len;
	assert_fails(sr_manifest_encode(&b, &m, &e), SR_LIMIT, &e, "bytes, at most 8388608");
	sr_buf_clear(&b);
	sr_buf_put_zero(&b, SR_MANIFEST_ROOT_MAX + 1);
	assert_fails(sr_manifest_decode(&got, sr_buf_view(&b), &e), SR_LIMIT, &e,
		"manifest: manifest root of 8388609 bytes, at most 8388608");
	sr_manifest_free(&m);
	sr_buf_free(&b);
}

static void test_sealed(void **state) {
	struct sr_manifest m;
	struct sr_manifest got;
	struct sr_manifest_place at = {.n = 3};
	struct sr_buf b;
	struct sr_err e;
	uint8_t key[SR_KEY] = {7};
	(void)state;
	make(&m, false);
	sr_buf_init(&b);
	assert_ok(sr_manifest_seal(&b, &m, key, &at, &e), &e);
	assert_int_equal(b.len, SR_PAD_META + SR_AEAD_OVERHEAD);
	assert_ok(sr_manifest_open(&got, sr_buf_view(&b), key, &at, &e), &e);
	assert_int_equal(got.file_count, 2);
	sr_manifest_free(&got);
	at.n = 4;
	assert_fails(sr_manifest_open(&got, sr_buf_view(&b), key, &at, &e), SR_AUTH, &e,
		"manifest: tag");
	at.n = 3;
	key[0]++;
	assert_fails(sr_manifest_open(&got, sr_buf_view(&b), key, &at, &e), SR_AUTH, &e,
		"manifest: key commitment");
	sr_buf_free(&b);
	sr_manifest_free(&m);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_long_note),
		cmocka_unit_test(test_file_refused),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_long_root),
		cmocka_unit_test(test_named_numbers),
		cmocka_unit_test(test_sealed),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("store manifest", tests, NULL, NULL);
}
