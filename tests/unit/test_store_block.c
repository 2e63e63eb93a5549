/*
 * test_store_block - naming, sealing, opening; what is bound to what; no (key, nonce) twice.
 */
#include <stdlib.h>
#include <string.h>

#include "store/block.h"
#include "util.h"

static struct sr_block_domain domain(enum sr_dedupe mode) {
	static uint8_t kdf_key[SR_KEY];
	struct sr_block_domain d = {.dedupe = mode, .kdf_key = kdf_key};
	t_fill(d.vault, sizeof d.vault, 1);
	t_fill(d.domain, sizeof d.domain, 2);
	t_fill(kdf_key, sizeof kdf_key, 4);
	return d;
}

/* The plaintext at hand, behind room for the head of its message. */
static uint8_t message[SR_BLOCK_HEAD + SR_BLOCK];
static uint8_t *const text = message + SR_BLOCK_HEAD;

static void put_text(size_t len, struct sr_block_ref *ref, const struct sr_block_domain *d) {
	uint8_t *p = text;
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t) "minutes of a meeting; "[i % 22];
	memset(ref, 0, sizeof *ref);
	ref->plain_len = (uint32_t)len;
	sr_block_hash(ref->h, sr_bytes_of(p, len));
	sr_block_name(ref, SR_BLOCK_FILE, d);
}

/* The sealed record, copied out. */
static size_t seal(struct sr_block_work *w, struct sr_block_ref *ref, uint8_t *out) {
	struct sr_bytes record;
	struct sr_err e;
	assert_ok(sr_block_seal_in(w, SR_BLOCK_FILE, ref, message, 0, &record, &e), &e);
	assert_int_equal(record.len, ref->len);
	memmove(out, record.p, record.len); /* where it is, or a little behind */
	return record.len;
}

/* Three records one behind the other in the buffer: each opens from where it lies. What might not
 * fit behind them is not begun. */
static void test_side_by_side(void **state) {
	struct sr_block_domain d = domain(SR_DEDUPE_COLLECTION);
	static const size_t lens[] = {5000, 1, 70000};
	static uint8_t all[SR_BLOCK];
	struct sr_bytes records[3], plain;
	struct sr_block_ref refs[3], plain_ref;
	struct sr_block_work *w = NULL;
	struct sr_err e;
	size_t at = 0;
	(void)state;
	assert_ok(sr_block_work_new(&w, &d, SR_CODEC_ZSTD, &e), &e);
	for (size_t i = 0; i < 3; i++) {
		put_text(lens[i], &refs[i], &d);
		assert_ok(
			sr_block_seal_in(w, SR_BLOCK_FILE, &refs[i], message, at, &records[i], &e),
			&e);
		assert_ptr_equal(records[i].p, sr_block_work_record(w) + at);
		at += records[i].len;
	}
	put_text(SR_BLOCK, &plain_ref, &d);
	assert_fails(sr_block_seal_in(w, SR_BLOCK_FILE, &plain_ref, message, at, &plain, &e),
		SR_MISUSE, &e, "no room for 1048576 bytes behind");
	assert_fails(sr_block_seal_in(
			     w, SR_BLOCK_FILE, &plain_ref, message, SR_RECORD_MAX + 1, &plain, &e),
		SR_MISUSE, &e, "no room");
	memcpy(all, sr_block_work_record(w), at); /* opening uses the buffer up */
	for (size_t i = 0, from = 0; i < 3; from += refs[i++].len) {
		put_text(lens[i], &plain_ref, &d);
		memcpy(sr_block_work_record(w) + 64, all + from, refs[i].len);
		assert_ok(sr_block_unseal(w, SR_BLOCK_FILE, &refs[i], sr_block_work_record(w) + 64,
				  &plain, &e),
			&e);
		assert_int_equal(plain.len, lens[i]);
		assert_memory_equal(plain.p, text, lens[i]);
	}
	sr_block_work_free(w);
}

static void test_names(void **state) {
	struct sr_block_domain d = domain(SR_DEDUPE_COLLECTION);
	struct sr_block_domain other = d;
	struct sr_block_domain none = domain(SR_DEDUPE_NONE);
	struct sr_block_ref a = {.plain_len = 5};
	struct sr_block_ref b;
	(void)state;
	sr_block_hash(a.h, sr_bytes_str("hello"));
	b = a;
	sr_block_name(&a, SR_BLOCK_FILE, &d);
	sr_block_name(&b, SR_BLOCK_FILE, &d);
	assert_memory_equal(a.cid, b.cid, SR_HASH);
	assert_memory_equal(a.key, b.key, SR_KEY);
	assert_memory_not_equal(a.cid, a.key, SR_HASH);
	other.domain[15] ^= 1;
	sr_block_name(&b, SR_BLOCK_FILE, &other);
	assert_memory_not_equal(a.cid, b.cid, SR_HASH);
	assert_memory_not_equal(a.key, b.key, SR_HASH);
	/* a file never stands in for a part of a manifest */
	sr_block_name(&b, SR_BLOCK_MANIFEST, &d);
	assert_memory_not_equal(a.cid, b.cid, SR_HASH);
	assert_memory_not_equal(a.key, b.key, SR_HASH);
	/* the cid needs the key alone */
	uint8_t cid[SR_HASH];
	memcpy(cid, a.cid, SR_HASH);
	memset(a.cid, 0, SR_HASH);
	sr_block_cid(&a);
	assert_memory_equal(a.cid, cid, SR_HASH);
	sr_block_name(&a, SR_BLOCK_FILE, &none);
	sr_block_name(&b, SR_BLOCK_FILE, &none);
	assert_memory_not_equal(a.cid, b.cid, SR_HASH);
	assert_memory_not_equal(a.key, b.key, SR_HASH);
}

/* The SHA-256 of every file is in the catalogue: from that and the service's dedupe key, which the
 * running host both has, the key of a file of one block must not follow. */
static void test_known_hashes_open_nothing(void **state) {
	struct sr_block_domain d = domain(SR_DEDUPE_COLLECTION);
	struct sr_block_ref right = {.plain_len = 5}, guess = {.plain_len = 5};
	uint8_t sha256[SR_HASH];
	(void)state;
	sr_block_hash(right.h, sr_bytes_str("hello"));
	sr_block_name(&right, SR_BLOCK_FILE, &d);
	sr_sha256(sha256, "hello", 5);
	memcpy(guess.h, sha256, SR_HASH);
	sr_block_name(&guess, SR_BLOCK_FILE, &d);
	assert_memory_not_equal(guess.key, right.key, SR_KEY);
	SR_HASH_OF(guess.h, "strongroom/block/v1", NULL, sr_bytes_of(sha256, SR_HASH));
	sr_block_name(&guess, SR_BLOCK_FILE, &d);
	assert_memory_not_equal(guess.key, right.key, SR_KEY);
}

/* The same block from bytes that are not the work's. */
static void seal_elsewhere(struct sr_block_work *w, struct sr_block_ref *ref) {
	const uint32_t len = ref->len;
	struct sr_bytes record, plain;
	uint8_t *p = malloc(ref->plain_len);
	struct sr_err e;
	assert_non_null(p);
	memcpy(p, text, ref->plain_len);
	memset(text, 0x55, ref->plain_len);
	plain = sr_bytes_of(p, ref->plain_len);
	assert_ok(sr_block_seal_of(w, SR_BLOCK_FILE, ref, plain, &record, &e), &e);
	assert_true(record.len == len && ref->len == len);
	memmove(sr_block_work_record(w), record.p, record.len);
	assert_ok(sr_block_same(w, SR_BLOCK_FILE, ref, plain, &e), &e);
	plain.len--;
	assert_fails(sr_block_seal_of(w, SR_BLOCK_FILE, ref, plain, &record, &e), SR_MISUSE, &e,
		"the ref says");
	free(p);
}

static void test_round(void **state) {
	static const size_t sizes[] = {1, 22, 70000, SR_BLOCK};
	struct sr_block_domain d = domain(SR_DEDUPE_COLLECTION);
	struct sr_err e;
	(void)state;
	for (int codec = SR_CODEC_NONE; codec <= SR_CODEC_DEFLATE; codec++) {
		struct sr_block_work *w = NULL;
		assert_ok(sr_block_work_new(&w, &d, (enum sr_codec_id)codec, &e), &e);
		for (size_t i = 0; i < T_COUNT(sizes); i++) {
			struct sr_block_ref ref;
			struct sr_bytes plain;
			put_text(sizes[i], &ref, &d);
			/* as it lies when whole pages of a pack were read: behind others' bytes */
			uint8_t *inside = sr_block_work_record(w) + 4095;
			(void)seal(w, &ref, inside);
			assert_ok(sr_block_unseal(w, SR_BLOCK_FILE, &ref, inside, &plain, &e), &e);
			assert_int_equal(plain.len, sizes[i]);
			assert_memory_equal(plain.p, text, sizes[i]);
			size_t n = seal(w, &ref, sr_block_work_record(w)); /* onto itself */
			if (codec == SR_CODEC_NONE || sizes[i] == 1)
				assert_int_equal(n, sizes[i] + SR_RECORD_OVERHEAD);
			else if (sizes[i] > 22)
				assert_true(n < sizes[i] / 2);
			assert_ok(sr_block_open(w, SR_BLOCK_FILE, &ref, &plain, &e), &e);
			assert_int_equal(plain.len, sizes[i]);
			assert_memory_equal(plain.p, text, sizes[i]);
			seal_elsewhere(w, &ref);
		}
		sr_block_work_free(w);
	}
}

static void test_bound(void **state) {
	struct sr_block_domain d = domain(SR_DEDUPE_COLLECTION);
	struct sr_block_work *w = NULL;
	struct sr_block_ref ref;
	struct sr_block_ref bad;
	struct sr_bytes plain;
	struct sr_err e;
	static uint8_t record[SR_RECORD_MAX];
	uint8_t *in = NULL;
	(void)state;
	assert_ok(sr_block_work_new(&w, &d, SR_CODEC_ZSTD, &e), &e);
	put_text(300, &ref, &d);
	size_t n = seal(w, &ref, record);
	in = sr_block_work_record(w);
	memcpy(in, record, n);
	assert_fails(sr_block_open(w, SR_BLOCK_MANIFEST, &ref, &plain, &e), SR_AUTH, &e,
		"tag does not verify");
	bad = ref;
	bad.cid[0] ^= 1;
	memcpy(in, record, n);
	assert_fails(sr_block_open(w, SR_BLOCK_FILE, &bad, &plain, &e), SR_AUTH, &e,
		"tag does not verify");
	bad = ref;
	bad.key[0] ^= 1;
	memcpy(in, record, n);
	assert_fails(
		sr_block_open(w, SR_BLOCK_FILE, &bad, &plain, &e), SR_AUTH, &e, "key commitment");
	bad = ref;
	bad.h[31] ^= 1;
	memcpy(in, record, n);
	assert_fails(sr_block_open(w, SR_BLOCK_FILE, &bad, &plain, &e), SR_AUTH, &e,
		"does not have the hash");
	assert_null(plain.p);
	bad = ref;
	bad.plain_len++;
	memcpy(in, record, n);
	assert_fails(sr_block_open(w, SR_BLOCK_FILE, &bad, &plain, &e), SR_CORRUPT, &e,
		"block holds 300 bytes, the manifest says 301");
	bad = ref;
	bad.len = SR_RECORD_OVERHEAD;
	assert_fails(sr_block_open(w, SR_BLOCK_FILE, &bad, &plain, &e), SR_CORRUPT, &e,
		"record of 78 bytes");
	d.vault[0] ^= 1;
	memcpy(in, record, n);
	assert_fails(sr_block_open(w, SR_BLOCK_FILE, &ref, &plain, &e), SR_AUTH, &e,
		"tag does not verify");
	d.vault[0] ^= 1;
	for (size_t bit = 0; bit < n * 8; bit++) {
		memcpy(in, record, n);
		in[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(sr_block_open(w, SR_BLOCK_FILE, &ref, &plain, &e), SR_AUTH);
	}
	for (uint32_t cut = SR_RECORD_OVERHEAD + 1; cut < n; cut++) {
		bad = ref;
		bad.len = cut;
		memcpy(in, record, n);
		assert_int_equal(sr_block_open(w, SR_BLOCK_FILE, &bad, &plain, &e), SR_AUTH);
	}
	sr_block_work_free(w);
}

/* What is stored against what is at hand: another byte anywhere, a length, a damaged record, and
 * nothing of it is left. */
static void test_same(void **state) {
	struct sr_block_domain d = domain(SR_DEDUPE_COLLECTION);
	struct sr_block_work *w = NULL;
	struct sr_block_ref ref, bad;
	static uint8_t record[SR_RECORD_MAX];
	struct sr_err e;
	(void)state;
	assert_ok(sr_block_work_new(&w, &d, SR_CODEC_ZSTD, &e), &e);
	put_text(300, &ref, &d);
	const size_t n = seal(w, &ref, record);
	uint8_t *in = sr_block_work_record(w), mine[300];
	const struct sr_bytes plain = sr_bytes_of(mine, sizeof mine);
	memcpy(mine, text, sizeof mine);
	for (size_t i = 0; i < 300; i += 13) {
		memcpy(in, record, n);
		mine[i] ^= 1;
		assert_fails(sr_block_same(w, SR_BLOCK_FILE, &ref, plain, &e), SR_AUTH, &e,
			"another than the one at hand");
		mine[i] ^= 1;
		memcpy(in, record, n);
		assert_ok(sr_block_same(w, SR_BLOCK_FILE, &ref, plain, &e), &e);
	}
	bad = ref;
	bad.plain_len = 299;
	memcpy(in, record, n);
	assert_fails(sr_block_same(w, SR_BLOCK_FILE, &bad, plain, &e), SR_CORRUPT, &e,
		"block holds 300 bytes, the manifest says 299");
	bad = ref;
	bad.len = SR_RECORD_OVERHEAD;
	assert_int_equal(sr_block_same(w, SR_BLOCK_FILE, &bad, plain, &e), SR_CORRUPT);
	memcpy(in, record, n);
	assert_int_equal(sr_block_same(w, SR_BLOCK_MANIFEST, &ref, plain, &e), SR_AUTH);
	memcpy(in, record, n);
	in[n - 1] ^= 1;
	assert_int_equal(sr_block_same(w, SR_BLOCK_FILE, &ref, plain, &e), SR_AUTH);
	assert_null(memmem(in, SR_RECORD_MAX, "minutes of a meeting", 20));
	sr_block_work_free(w);
}

/*
 * One block under every codec, many times: one cid and one key (dedupe needs them), never one
 * nonce, and never one ciphertext byte string: the key that the cipher sees differs with the nonce.
 */
static void test_no_nonce_twice(void **state) {
	enum {
		TIMES = 200
	};
	struct sr_block_domain d = domain(SR_DEDUPE_COLLECTION);
	static uint8_t nonces[3 * TIMES][SR_NONCE];
	static uint8_t heads[3 * TIMES][32];
	static uint8_t record[SR_RECORD_MAX];
	uint8_t key[SR_KEY] = {0};
	struct sr_err e;
	size_t n = 0;
	(void)state;
	for (int codec = SR_CODEC_NONE; codec <= SR_CODEC_DEFLATE; codec++) {
		struct sr_block_work *w = NULL;
		assert_ok(sr_block_work_new(&w, &d, (enum sr_codec_id)codec, &e), &e);
		for (size_t i = 0; i < TIMES; i++, n++) {
			struct sr_block_ref ref;
			put_text(2000, &ref, &d);
			(void)seal(w, &ref, record);
			if (n > 0)
				assert_memory_equal(key, ref.key, SR_KEY);
			memcpy(key, ref.key, SR_KEY);
			memcpy(nonces[n], record, SR_NONCE);
			memcpy(heads[n], record + SR_NONCE + SR_HASH, 32);
			for (size_t k = 0; k < n; k++) {
				assert_memory_not_equal(nonces[k], nonces[n], SR_NONCE);
				assert_memory_not_equal(heads[k], heads[n], 32);
			}
		}
		sr_block_work_free(w);
	}
}

static void test_ref(void **state) {
	struct sr_block_ref ref;
	struct sr_block_ref got;
	struct sr_buf b;
	struct sr_err e;
	(void)state;
	sr_buf_init(&b);
	memset(&ref, 0, sizeof ref);
	t_fill(ref.cid, 32, 1);
	t_fill(ref.key, 32, 2);
	t_fill(ref.h, 32, 3);
	t_fill(ref.pack, 32, 4);
	ref.offset = 64;
	ref.len = 1000;
	ref.plain_len = 2000;
	sr_block_ref_put(&b, &ref);
	assert_int_equal(b.len, SR_BLOCK_REF);
	assert_ok(sr_block_ref_get(&got, b.p, &e), &e);
	assert_memory_equal(&got, &ref, sizeof ref);
	sr_le32_put(b.p + 136, 0);
	assert_fails(sr_block_ref_get(&got, b.p, &e), SR_CORRUPT, &e, "for 0 bytes");
	sr_le32_put(b.p + 136, SR_BLOCK + 1);
	assert_fails(sr_block_ref_get(&got, b.p, &e), SR_CORRUPT, &e, "1048577");
	sr_le32_put(b.p + 136, 1);
	sr_le32_put(b.p + 132, SR_RECORD_MAX + 1);
	assert_fails(sr_block_ref_get(&got, b.p, &e), SR_CORRUPT, &e, "record of");
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_known_hashes_open_nothing),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_no_nonce_twice),
		cmocka_unit_test(test_ref),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("store block", tests, NULL, NULL);
}
