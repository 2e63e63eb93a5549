/*
 * A client's memory: stored, loaded, only ever growing, whole after a failure at every step.
 */
#include "ledger_fixture.h"

#include <errno.h>

#include "ledger/seen.h"

static struct sr_seen sample(uint64_t size) {
	const struct t_person p = t_person(1);
	struct sr_seen s;
	struct sr_vkey k;
	struct sr_buf b;
	struct sr_err e;
	uint8_t vault[SR_HASH];
	t_fill(vault, sizeof vault, 3);
	sr_buf_init(&b);
	assert_ok(sr_vkey_make(&k, sr_bytes_str(T_ORIGIN), SR_NOTE_ED25519, p.pk, &e), &e);
	sr_vkey_put(&b, &k);
	sr_buf_put_u8(&b, 0);
	assert_ok(sr_seen_init(&s, T_ORIGIN, vault, (const char *)b.p, p.name, &e), &e);
	if (size > 0)
		t_fill(s.root, sizeof s.root, size);
	s.size = size;
	sr_buf_free(&b);
	return s;
}

static void test_store(void **state) {
	(void)state;
	char *path = t_tmp_new();
	struct sr_dir *d = NULL;
	struct sr_seen s = sample(0), got;
	struct sr_err e;
	assert_ok(sr_dir_open(&d, path, &e), &e);
	assert_fails(sr_seen_load(&got, d, s.vault, s.person, &e), SR_NOTFOUND, &e, ".seen");
	assert_ok(sr_seen_store(d, &s, &e), &e);
	s = sample(12);
	assert_ok(sr_seen_store(d, &s, &e), &e);
	assert_ok(sr_seen_store(d, &s, &e), &e);
	assert_ok(sr_seen_load(&got, d, s.vault, s.person, &e), &e);
	assert_int_equal(got.size, 12);
	assert_memory_equal(got.root, s.root, SR_HASH);
	assert_string_equal(got.origin, T_ORIGIN);
	assert_string_equal(got.vkey, s.vkey);
	struct sr_seen smaller = sample(11);
	assert_fails(sr_seen_store(d, &smaller, &e), SR_AUTH, &e, "size 11 is below 12");
	s.root[0] ^= 1;
	assert_fails(sr_seen_store(d, &s, &e), SR_AUTH, &e, "another root at size 12");
	s = sample(13);
	(void)snprintf(s.origin, sizeof s.origin, "evil.example");
	assert_fails(sr_seen_store(d, &s, &e), SR_AUTH, &e, "another origin");
	sr_dir_close(d);
	t_tmp_remove(path);
}

/* Memories that are none: too long, of another vault or person, of nothing with something in it. */
static void test_impossible(void **state) {
	(void)state;
	char *path = t_tmp_new(), name[64], long_name[SR_ORIGIN_MAX + 1];
	struct sr_dir *d = NULL;
	struct sr_seen s = sample(0), got, was;
	struct sr_buf b;
	struct sr_err e;
	uint8_t vault[SR_HASH];
	sr_buf_init(&b);
	assert_ok(sr_dir_open(&d, path, &e), &e);
	memset(long_name, 'o', SR_ORIGIN_MAX);
	long_name[SR_ORIGIN_MAX] = '\0';
	assert_fails(sr_seen_init(&got, long_name, s.vault, s.vkey, s.person, &e), SR_LIMIT, &e,
		"seen: origin, key or person of 240, ");
	s.root[0] ^= 1;
	sr_seen_encode(&b, &s);
	assert_fails(sr_seen_decode(&got, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"size 0 with another root than the empty tree's");
	sr_buf_clear(&b);
	s = sample(12);
	sr_seen_encode(&b, &s);
	for (int i = 0; i < SR_LOG_LINKS; i++)
		sr_text_put(&b, "next-key", "1 AA==");
	assert_fails(sr_seen_decode(&got, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"have 29 lines, want 6 to 28");
	/* Under the name of another vault: what a hand that sorts files makes. */
	sr_buf_clear(&b);
	sr_seen_encode(&b, &s);
	memcpy(vault, s.vault, SR_HASH);
	vault[0] ^= 1;
	sr_seen_name(name, vault, s.person);
	t_write_file(t_path(path, name), b.p, b.len);
	assert_fails(sr_seen_load(&got, d, vault, s.person, &e), SR_AUTH, &e,
		"it belongs to another vault or person");
	/* A loss is of the same log, or none. */
	assert_ok(sr_seen_store(d, &s, &e), &e);
	was = s;
	s.size = 10;
	snprintf(s.origin, sizeof s.origin, "evil.example");
	assert_fails(sr_seen_replace(d, &s, &was, &e), SR_AUTH, &e,
		"the memory names another origin or ledger key");
	sr_buf_free(&b);
	sr_dir_close(d);
	t_tmp_remove(path);
}

/* The keys that followed the first are remembered, and nobody makes the memory take others. */
static void test_keys(void **state) {
	(void)state;
	char *path = t_tmp_new();
	struct sr_dir *d = NULL;
	struct sr_seen s = sample(30), got;
	struct sr_buf b;
	struct sr_err e;
	char vkey[SR_VKEY_TEXT];
	uint8_t pk[SR_LOG_KEYS][SR_PK];
	sr_buf_init(&b);
	assert_ok(sr_dir_open(&d, path, &e), &e);
	assert_int_equal(s.keys.count, 1);
	assert_ok(sr_seen_newest_key(vkey, &s, &e), &e);
	assert_string_equal(vkey, s.vkey);
	for (size_t i = 1; i < SR_LOG_KEYS; i++) {
		t_fill(pk[i], SR_PK, i);
		assert_ok(sr_log_keys_add(&s.keys, 2 * i, pk[i], &e), &e);
		s.size++;
		assert_ok(sr_seen_store(d, &s, &e), &e);
	}
	assert_ok(sr_seen_load(&got, d, s.vault, s.person, &e), &e);
	assert_true(sr_log_keys_begin_with(&got.keys, &s.keys));
	assert_int_equal(got.keys.count, SR_LOG_KEYS);
	assert_string_equal(got.vkey, s.vkey);
	s.size++;
	s.keys.count--; /* a change is forgotten, or is another one */
	assert_fails(sr_seen_store(d, &s, &e), SR_AUTH, &e, "another change of the ledger key");
	s.keys.count++;
	s.keys.key[3].pk[1] ^= 1;
	assert_fails(sr_seen_store(d, &s, &e), SR_AUTH, &e, "another change of the ledger key");
	s.keys = got.keys;
	sr_seen_encode(&b, &s);
	sr_buf_put_str(&b, "next-key 99 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	assert_fails(sr_seen_decode(&got, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"out of order, or one too many");
	sr_buf_clear(&b);
	s.keys.key[5].from = s.keys.key[4].from;
	sr_seen_encode(&b, &s);
	assert_fails(sr_seen_decode(&got, sr_buf_view(&b), &e), SR_CORRUPT, &e, "out of order");
	sr_buf_free(&b);
	sr_dir_close(d);
	t_tmp_remove(path);
}

static void test_faults(void **state) {
	(void)state;
	char *path = t_tmp_new();
	struct sr_seen s = sample(1), got;
	struct sr_err e;
	unsigned failed = 0;
	for (unsigned long nth = 1; nth < 40; nth++) {
		struct sr_dir *d = NULL;
		assert_ok(sr_dir_open(&d, path, &e), &e);
		s = sample(nth);
		sr_fault_set(nth % 20, EIO);
		const int rc = sr_seen_store(d, &s, &e);
		sr_fault_set(0, 0);
		failed += rc != 0;
		const int load = sr_seen_load(&got, d, s.vault, s.person, &e);
		assert_true(load == 0 || (load == SR_NOTFOUND && nth < 20));
		if (rc == 0)
			assert_int_equal(got.size, nth);
		sr_dir_close(d);
	}
	assert_true(failed > 0);
	t_tmp_remove(path);
}

static void same_or_fails(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_seen got;
	struct sr_buf b;
	(void)ctx;
	if (sr_seen_decode(&got, mutant, NULL) != 0)
		return;
	sr_buf_init(&b);
	sr_seen_encode(&b, &got);
	if (!sr_bytes_eq(sr_buf_view(&b), mutant))
		fail_msg("%s: encode(decode(b)) != b", what);
	sr_buf_free(&b);
}

static void test_mutants(void **state) {
	(void)state;
	const struct sr_seen s = sample(12);
	struct sr_buf b;
	sr_buf_init(&b);
	sr_seen_encode(&b, &s);
	t_each_cut(sr_buf_view(&b), same_or_fails, NULL);
	t_each_flip(sr_buf_view(&b), same_or_fails, NULL);
	sr_buf_free(&b);
}

/* A name of the log is remembered, and what it says was lost is forgotten for it alone. */
static void test_names(void **state) {
	(void)state;
	char *path = t_tmp_new();
	struct sr_dir *d = NULL;
	struct sr_seen s = sample(30), was, got;
	struct sr_log_link l = {.from = 20, .agreed = 18, .known = 31};
	struct sr_buf b;
	struct sr_err e;
	char vkey[SR_VKEY_TEXT];
	sr_buf_init(&b);
	snprintf(l.name, sizeof l.name, "archive.example/second");
	assert_ok(sr_dir_open(&d, path, &e), &e);
	assert_ok(sr_seen_store(d, &s, &e), &e);
	was = s;
	s.size = 22;
	t_fill(s.root, SR_HASH, 22);
	assert_fails(sr_seen_store(d, &s, &e), SR_AUTH, &e, "below 30");
	assert_fails(sr_seen_replace(d, &s, &was, &e), SR_AUTH, &e, "no name of the log");
	assert_ok(sr_log_keys_rename(&s.keys, &l, &e), &e);
	assert_fails(sr_seen_store(d, &s, &e), SR_AUTH, &e, "below 30");
	was.size = 29; /* not what is stored: somebody else was there */
	assert_fails(sr_seen_replace(d, &s, &was, &e), SR_AUTH, &e, "changed meanwhile");
	was.size = 30;
	assert_ok(sr_seen_replace(d, &s, &was, &e), &e);
	assert_ok(sr_seen_load(&got, d, s.vault, s.person, &e), &e);
	assert_int_equal(got.size, 22);
	assert_true(sr_log_keys_renames(&got.keys, 1));
	assert_int_equal(got.keys.key[1].agreed, 18);
	assert_int_equal(got.keys.key[1].known, 31);
	assert_ok(sr_seen_newest_key(vkey, &got, &e), &e);
	assert_non_null(strstr(vkey, "archive.example/second+"));
	/* Never back, and it grows as before. */
	assert_fails(sr_seen_replace(d, &was, &s, &e), SR_AUTH, &e, "no name of the log");
	assert_fails(sr_seen_store(d, &was, &e), SR_AUTH, &e, "another change");
	s.size = 40;
	assert_ok(sr_seen_store(d, &s, &e), &e);
	/* Two words less, or a loss that is none, is no memory. */
	static const char *const bad[] = {"next-name 50 archive.example/third 50\n",
		"next-name 50 archive.example/third 51 60\n",
		"next-name 50 archive.example/second 50 60\n",
		"next-name 5 archive.example/third 5 60\n"};
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		sr_buf_clear(&b);
		sr_seen_encode(&b, &s);
		sr_buf_put_str(&b, bad[i]);
		assert_fails(sr_seen_decode(&got, sr_buf_view(&b), &e), SR_CORRUPT, &e, "line 9");
	}
	sr_buf_free(&b);
	sr_dir_close(d);
	t_tmp_remove(path);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_mutants),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
