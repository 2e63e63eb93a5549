/*
 * test_store_envelope - strict encoding, the signature, names, loading by hash, and batches under
 * faults.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/envelope.h"
#include "util.h"

static uint8_t seed[SR_SEED] = {1}, pk[SR_PK];

static int sign(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	(void)ctx;
	return sr_sign(sig, seed, text, e);
}

static const struct sr_envelope_signer signer = {sign, NULL};

static struct sr_envelope sample(uint8_t item) {
	struct sr_envelope v = {.n = 2,
		.level = 3,
		.epoch = 70000,
		.dedupe = SR_DEDUPE_COLLECTION,
		.kind = SR_ITEM_ORIGINAL};
	t_fill(v.vault, SR_HASH, 1);
	memset(v.item, item, SR_ID);
	t_fill(v.collection, SR_ID, 3);
	t_fill(v.board, SR_ID, 4);
	t_fill(v.commitment, SR_HASH, 5);
	v.seal = sr_bytes_str("a sealed part");
	v.manifest = sr_bytes_str("a sealed manifest");
	v.reach = sr_bytes_str("a sealed reach list");
	return v;
}

static void encode(struct sr_buf *b, uint8_t hash[SR_HASH], uint8_t item) {
	struct sr_envelope v = sample(item);
	struct sr_err e;
	sr_buf_init(b);
	assert_ok(sr_envelope_encode(b, hash, &v, &signer, &e), &e);
}

static void check_refused(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_envelope v;
	struct sr_err e;
	(void)ctx;
	(void)what;
	int rc = sr_envelope_decode(&v, mutant, pk, &e);
	assert_true(rc == SR_CORRUPT || rc == SR_AUTH || rc == SR_LIMIT || rc == SR_UNSUPPORTED);
	assert_int_equal(strncmp(e.text, "envelope", 8), 0);
}

static void test_bytes(void **state) {
	struct sr_envelope v, want = sample(7);
	struct sr_buf b;
	struct sr_err e;
	uint8_t hash[SR_HASH], again[SR_HASH];
	(void)state;
	encode(&b, hash, 7);
	sr_envelope_hash(again, sr_buf_view(&b));
	assert_memory_equal(hash, again, SR_HASH);
	assert_ok(sr_envelope_decode(&v, sr_buf_view(&b), pk, &e), &e);
	assert_memory_equal(v.vault, want.vault, SR_HASH);
	assert_memory_equal(v.item, want.item, SR_ID);
	assert_memory_equal(v.collection, want.collection, SR_ID);
	assert_memory_equal(v.board, want.board, SR_ID);
	assert_memory_equal(v.commitment, want.commitment, SR_HASH);
	assert_true(v.n == 2 && v.level == 3 && v.epoch == 70000 && v.kind == SR_ITEM_ORIGINAL);
	assert_true(sr_bytes_eq(v.seal, want.seal) && sr_bytes_eq(v.manifest, want.manifest) &&
		    sr_bytes_eq(v.reach, want.reach));
	t_each_cut(sr_buf_view(&b), check_refused, NULL);
	t_each_flip(sr_buf_view(&b), check_refused, NULL);
	static const struct {
		size_t at;
		uint8_t flip;
		enum sr_code code;
		const char *says;
	} heads[] = {
		{0, 1, SR_CORRUPT, "envelope: it does not begin with its mark"},
		{97, 8, SR_UNSUPPORTED, "envelope: dedupe mode 9, kind 1, byte 99 is 0"},
		{98, 8, SR_UNSUPPORTED, "envelope: dedupe mode 1, kind 9, byte 99 is 0"},
		{99, 8, SR_UNSUPPORTED, "envelope: dedupe mode 1, kind 1, byte 99 is 8"},
	};
	for (size_t i = 0; i < T_COUNT(heads); i++) {
		b.p[heads[i].at] ^= heads[i].flip;
		assert_fails(sr_envelope_decode(&v, sr_buf_view(&b), pk, &e), heads[i].code, &e,
			heads[i].says);
		b.p[heads[i].at] ^= heads[i].flip;
	}
	uint8_t other[SR_PK];
	uint8_t other_seed[SR_SEED] = {2};
	sr_sign_public(other, other_seed);
	assert_fails(sr_envelope_decode(&v, sr_buf_view(&b), other, &e), SR_AUTH, &e, "envelope: ");
	sr_buf_put_u8(&b, 0);
	assert_fails(sr_envelope_decode(&v, sr_buf_view(&b), pk, &e), SR_CORRUPT, &e, "envelope: ");
	sr_buf_free(&b);
	/* one that no reader would take is not written either */
	static const char *const empty[] = {"envelope: seal of 0 bytes, want 1 to",
		"envelope: manifest of 0 bytes, want 1 to",
		"envelope: reach list of 0 bytes, want 1 to"};
	sr_buf_init(&b);
	for (size_t i = 0; i < T_COUNT(empty); i++) {
		want = sample(7);
		(i == 0 ? &want.seal : i == 1 ? &want.manifest : &want.reach)->len = 0;
		assert_fails(
			sr_envelope_encode(&b, hash, &want, &signer, &e), SR_LIMIT, &e, empty[i]);
		assert_int_equal(b.len, 0);
	}
	want = sample(7);
	want.kind = (enum sr_envelope_kind)9;
	assert_fails(sr_envelope_encode(&b, hash, &want, &signer, &e), SR_UNSUPPORTED, &e,
		"envelope: dedupe mode 1, kind 9");
	want = sample(7);
	want.dedupe = (enum sr_dedupe)7;
	assert_fails(sr_envelope_encode(&b, hash, &want, &signer, &e), SR_UNSUPPORTED, &e,
		"envelope: dedupe mode 7, kind");
	assert_int_equal(b.len, 0);
	sr_buf_free(&b);
}

static void test_names(void **state) {
	static const char *const bad[] = {"", "x.0", "07070707070707070707070707070707",
		"07070707070707070707070707070707.", "07070707070707070707070707070707.01",
		"07070707070707070707070707070707.4294967296", "0707070707070707070707070707070A.0",
		"07070707070707070707070707070707.1x"};
	char name[SR_ENVELOPE_NAME];
	uint8_t item[SR_ID], got[SR_ID];
	uint32_t n = 0;
	struct sr_err e;
	(void)state;
	memset(item, 7, SR_ID);
	sr_envelope_name(name, item, UINT32_MAX);
	assert_string_equal(name, "07070707070707070707070707070707.4294967295");
	assert_ok(sr_envelope_name_parse(got, &n, name, &e), &e);
	assert_int_equal(n, UINT32_MAX);
	assert_memory_equal(got, item, SR_ID);
	for (size_t i = 0; i < T_COUNT(bad); i++)
		assert_fails(sr_envelope_name_parse(got, &n, bad[i], &e), SR_CORRUPT, &e,
			"not the name of an envelope");
}

/* A batch of ${count}, item ids 0.. */
static int put_many(struct sr_dir *items, size_t count, struct sr_err *e) {
	struct sr_envelope_batch *b = NULL;
	int rc = sr_envelope_batch_new(&b, items, e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		uint8_t item[SR_ID] = {0};
		sr_le32_put(item, (uint32_t)i);
		rc = sr_envelope_batch_add(b, item, 0, sr_bytes_of(item, SR_ID), e);
	}
	if (rc == 0)
		rc = sr_envelope_batch_commit(b, e);
	if (rc != 0)
		sr_envelope_batch_abort(b);
	return rc;
}

static void test_batch(void **state) {
	struct sr_dir *items = NULL;
	struct sr_err e;
	char *path = t_tmp_new();
	(void)state;
	assert_ok(sr_dir_open(&items, path, &e), &e);
	assert_ok(put_many(items, 0, &e), &e);
	assert_ok(put_many(items, SR_ENVELOPE_BATCH * 2 + 5, &e), &e);
	assert_int_equal(t_count_entries(path), SR_ENVELOPE_BATCH * 2 + 5);
	/* a name that is taken refuses the batch, and takes back what it named */
	uint8_t item[SR_ID] = {0};
	for (uint32_t i = 0; i < 10; i++) {
		sr_le32_put(item, i);
		assert_ok(sr_envelope_remove(items, item, 0, &e), &e);
	}
	assert_fails(put_many(items, 20, &e), SR_EXISTS, &e, "0a00000000");
	assert_int_equal(t_count_entries(path), SR_ENVELOPE_BATCH * 2 + 5 - 10);
	sr_dir_close(items);
	t_tmp_remove(path);
}

static void test_batch_faults(void **state) {
	struct sr_err e;
	bool done = false;
	(void)state;
	for (unsigned long n = 1; !done; n++) {
		struct sr_dir *items = NULL;
		char *path = t_tmp_new();
		size_t swept = 0;
		assert_ok(sr_dir_open(&items, path, &e), &e);
		sr_fault_set(n, EIO);
		int rc = put_many(items, 5, &e);
		done = sr_fault_count() < n;
		sr_fault_set(0, 0);
		assert_int_equal(rc, done ? 0 : SR_IO);
		assert_ok(sr_tmpfile_sweep(items, &swept, &e), &e);
		if (rc != 0)
			assert_int_equal(t_count_entries(path), 0);
		else
			assert_int_equal(t_count_entries(path), 5);
		sr_dir_close(items);
		t_tmp_remove(path);
	}
}

/* A batch that failed once is not whole: nothing is added to it, and it is not committed. */
static void test_batch_failed(void **state) {
	struct sr_dir *items = NULL;
	struct sr_envelope_batch *b = NULL;
	struct sr_err e;
	uint8_t item[SR_ID] = {1};
	char *path = t_tmp_new();
	(void)state;
	assert_ok(sr_dir_open(&items, path, &e), &e);
	assert_ok(sr_envelope_batch_new(&b, items, &e), &e);
	assert_ok(sr_envelope_batch_add(b, item, 0, sr_bytes_of(item, SR_ID), &e), &e);
	sr_fault_set(1, ENOSPC);
	assert_fails(sr_envelope_batch_add(b, item, 1, sr_bytes_of(item, SR_ID), &e), SR_LIMIT, &e,
		NULL);
	sr_fault_set(0, 0);
	assert_fails(sr_envelope_batch_add(b, item, 1, sr_bytes_of(item, SR_ID), &e), SR_MISUSE, &e,
		"envelope: add after a failure");
	assert_fails(
		sr_envelope_batch_commit(b, &e), SR_MISUSE, &e, "envelope: commit after a failure");
	sr_envelope_batch_abort(b);
	assert_int_equal(t_count_entries(path), 0);
	sr_dir_close(items);
	t_tmp_remove(path);
}

static void test_load(void **state) {
	struct sr_dir *items = NULL;
	struct sr_envelope_batch *batch = NULL;
	struct sr_envelope_want want = {.n = 2};
	struct sr_envelope v;
	struct sr_buf b, file;
	struct sr_err e;
	char *path = t_tmp_new();
	(void)state;
	assert_ok(sr_dir_open(&items, path, &e), &e);
	sr_buf_init(&file);
	memset(want.item, 7, SR_ID);
	memcpy(want.room_pk, pk, SR_PK);
	encode(&b, want.hash, 7);
	assert_fails(sr_envelope_load(&v, &file, items, &want, &e), SR_NOTFOUND, &e, NULL);
	assert_ok(sr_envelope_batch_new(&batch, items, &e), &e);
	assert_ok(sr_envelope_batch_add(batch, want.item, 2, sr_buf_view(&b), &e), &e);
	assert_ok(sr_envelope_batch_commit(batch, &e), &e);
	assert_ok(sr_envelope_load(&v, &file, items, &want, &e), &e);
	assert_int_equal(v.epoch, 70000);
	want.hash[0] ^= 1;
	assert_fails(sr_envelope_load(&v, &file, items, &want, &e), SR_AUTH, &e,
		"not the one that the statement names");
	want.hash[0] ^= 1;
	/* right bytes under another item's name */
	memset(want.item, 8, SR_ID);
	t_write_file(t_path(path, "08080808080808080808080808080808.2"), b.p, b.len);
	assert_fails(sr_envelope_load(&v, &file, items, &want, &e), SR_AUTH, &e, "of another item");
	sr_buf_free(&b);
	sr_buf_free(&file);
	sr_dir_close(items);
	t_tmp_remove(path);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_batch_faults),
		cmocka_unit_test(test_batch_failed),
		cmocka_unit_test(test_load),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	sr_sign_public(pk, seed);
	return cmocka_run_group_tests_name("store envelope", tests, NULL, NULL);
}
