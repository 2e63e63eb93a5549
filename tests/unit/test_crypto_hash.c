/*
 * hash: the framing of labels and fields against BLAKE2b computed by hand, SHA-256 against FIPS
 * 180-4's examples, and that no field boundary, label, key or output length can be mistaken.
 */
#include "util.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/hash.h"

static struct sr_err e;

static struct sr_bytes s(const char *text) {
	return sr_bytes_str(text);
}

/* BLAKE2b of bytes that the test puts together itself. */
static void plain_blake2b(
	uint8_t *out, size_t out_len, const struct sr_buf *b, const uint8_t *key) {
	assert_int_equal(
		crypto_generichash(out, out_len, b->p, b->len, key, key != NULL ? 32 : 0), 0);
}

static void framing(void **state) {
	struct sr_buf b;
	struct sr_hash h;
	uint8_t key[32], want[64], have[64];

	(void)state;
	t_fill(key, sizeof key, 1);
	sr_buf_init(&b);
	sr_buf_put_le64(&b, 15);
	sr_buf_put_str(&b, "strongroom/t/v1");
	sr_buf_put_le64(&b, 3);
	sr_buf_put_str(&b, "abc");
	sr_buf_put_le64(&b, 0);
	sr_buf_put_le64(&b, 8);
	sr_buf_put_le64(&b, 0x0102030405060708);
	sr_buf_put_le64(&b, 5);
	sr_buf_put_str(&b, "pqrst");

	for (int keyed = 0; keyed < 2; keyed++) {
		const uint8_t *k = keyed ? key : NULL;

		plain_blake2b(want, 32, &b, k);
		sr_hash_init(&h, "strongroom/t/v1", k);
		sr_hash_field(&h, s("abc"));
		sr_hash_field(&h, sr_bytes_of(NULL, 0));
		sr_hash_u64(&h, 0x0102030405060708);
		sr_hash_long_begin(&h, 5);
		sr_hash_long_update(&h, "pq", 2);
		sr_hash_long_update(&h, NULL, 0);
		sr_hash_long_update(&h, "rst", 3);
		sr_hash_final(&h, have);
		assert_memory_equal(have, want, 32);

		plain_blake2b(want, 64, &b, k);
		sr_hash_init64(&h, "strongroom/t/v1", k);
		sr_hash_field(&h, s("abc"));
		sr_hash_field(&h, s(""));
		sr_hash_u64(&h, 0x0102030405060708);
		sr_hash_field(&h, s("pqrst"));
		sr_hash_final64(&h, have);
		assert_memory_equal(have, want, 64);
	}
	sr_buf_free(&b);
}

/* All of these differ pairwise: label, boundary, order, number of fields, key, length. */
static void nothing_meets(void **state) {
	uint8_t h[12][32], h64[64], zero[32] = {0};
	struct sr_hash inc;

	(void)state;
	SR_HASH_OF(h[0], "strongroom/a/v1", NULL, s("ab"), s("c"));
	SR_HASH_OF(h[1], "strongroom/a/v1", NULL, s("a"), s("bc"));
	SR_HASH_OF(h[2], "strongroom/a/v1", NULL, s("abc"));
	SR_HASH_OF(h[3], "strongroom/a/v1", NULL, s("abc"), s(""));
	SR_HASH_OF(h[4], "strongroom/a/v1", NULL, s(""), s("abc"));
	SR_HASH_OF(h[5], "strongroom/a/v2", NULL, s("abc"));
	SR_HASH_OF(h[6], "strongroom/a/v1", zero, s("abc"));
	sr_hash_of(h[7], "strongroom/a/v1", NULL, NULL, 0);
	sr_hash_of(h[8], "", NULL, NULL, 0);
	SR_HASH_OF(h[9], "", NULL, s("strongroom/a/v1"));
	SR_HASH_OF(h[10], "strongroom/a/v1abc", NULL, s(""));
	sr_hash_init64(&inc, "strongroom/a/v1", NULL);
	sr_hash_field(&inc, s("abc"));
	sr_hash_final64(&inc, h64);
	memcpy(h[11], h64, 32);
	for (size_t i = 0; i < T_COUNT(h); i++)
		for (size_t j = i + 1; j < T_COUNT(h); j++)
			assert_memory_not_equal(h[i], h[j], 32);
}

static void final_wipes(void **state) {
	struct sr_hash h;
	uint8_t key[32], out[32];
	const uint8_t *p = (const uint8_t *)&h;

	(void)state;
	t_fill(key, sizeof key, 2);
	sr_hash_init(&h, "strongroom/t/v1", key);
	sr_hash_final(&h, out);
	for (size_t i = 0; i < sizeof h; i++)
		assert_int_equal(p[i], 0);
}

/* Run ${fn} in a child; did it end by SIGABRT? */
static bool aborts(void (*fn)(void)) {
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(2);
		signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void too_long(void) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/t/v1", NULL);
	sr_hash_long_begin(&h, 2);
	sr_hash_long_update(&h, "abc", 3);
}

static void too_short(void) {
	struct sr_hash h;
	uint8_t out[32];

	sr_hash_init(&h, "strongroom/t/v1", NULL);
	sr_hash_long_begin(&h, 4);
	sr_hash_long_update(&h, "abc", 3);
	sr_hash_final(&h, out);
}

static void wrong_final(void) {
	struct sr_hash h;
	uint8_t out[64];

	sr_hash_init(&h, "strongroom/t/v1", NULL);
	sr_hash_final64(&h, out);
}

static void misuse_ends_the_process(void **state) {
	(void)state;
	assert_true(aborts(too_long));
	assert_true(aborts(too_short));
	assert_true(aborts(wrong_final));
}

static void sha256_of_short_texts(void) {
	uint8_t want[32], have[32];

	t_hex(want, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sr_sha256(have, "abc", 3);
	assert_memory_equal(have, want, 32);
	sr_sha256_both(have, "a", 1, "bc", 2);
	assert_memory_equal(have, want, 32);
	t_hex(want, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sr_sha256(have, NULL, 0);
	assert_memory_equal(have, want, 32);
	sr_sha256_both(have, NULL, 0, NULL, 0);
	assert_memory_equal(have, want, 32);
}

/* All that is hashed before libcrypto is awake, and after, is the same: whoever comes first. */
static void sha256_wakes(void **state) {
	static uint8_t text[4096];
	uint8_t want[3][SR_HASH], have[SR_HASH];

	(void)state;
	sha256_of_short_texts();
	t_fill(text, sizeof text, 4);
	for (size_t i = 0; i < 300; i++) {
		const size_t len = sizeof text - i % 3;

		sr_sha256(have, text, len);
		if (i < 3)
			memcpy(want[i], have, SR_HASH);
		assert_memory_equal(have, want[i % 3], SR_HASH);
		sr_sha256_both(have, text, 100, text + 100, len - 100);
		assert_memory_equal(have, want[i % 3], SR_HASH);
	}
	sha256_of_short_texts();
}

static void sha256(void **state) {
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	uint8_t want[32], have[32];
	struct sr_sha256 *h;

	(void)state;
	t_hex(want, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sr_sha256(have, "abc", 3);
	assert_memory_equal(have, want, 32);
	t_hex(want, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sr_sha256(have, NULL, 0);
	assert_memory_equal(have, want, 32);

	assert_ok(sr_sha256_new(&h, &e), &e);
	sr_sha256_final(h, have);
	assert_memory_equal(have, want, 32);
	t_hex(want, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	for (size_t cut = 0; cut < sizeof two_blocks; cut++) {
		sr_sha256_reset(h);
		sr_sha256_update(h, two_blocks, cut);
		sr_sha256_update(h, two_blocks + cut, sizeof two_blocks - 1 - cut);
		sr_sha256_final(h, have);
		assert_memory_equal(have, want, 32);
	}
	/* A long text goes in steps: of every length about their ends, at any address. */
	static uint8_t text[2200];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)(i * 131 + (i >> 8) * 7);
	for (size_t len = 500; len < sizeof text - 1;
		len += len % 512 < 3 || len % 512 > 508 ? 1 : 7) {
		sr_sha256(want, text + len % 2, len);
		sr_sha256_reset(h);
		sr_sha256_update(h, text + len % 2, len);
		sr_sha256_final(h, have);
		assert_memory_equal(have, want, SR_HASH);
	}
	sr_sha256_free(h);
	sr_sha256_free(NULL);
}

/* libcrypto as it is when there is no memory: the linker takes these before its own. */
static bool no_memory;

int EVP_DigestInit_ex2(EVP_MD_CTX *ctx, const EVP_MD *type, const OSSL_PARAM params[]) {
	int (*real)(EVP_MD_CTX *, const EVP_MD *, const OSSL_PARAM *) =
		__extension__(int (*)(EVP_MD_CTX *, const EVP_MD *, const OSSL_PARAM *))
			dlsym(RTLD_NEXT, "EVP_DigestInit_ex2");

	return no_memory ? 0 : real(ctx, type, params);
}

EVP_MD_CTX *EVP_MD_CTX_new(void) {
	EVP_MD_CTX *(*real)(void) =
		__extension__(EVP_MD_CTX * (*)(void)) dlsym(RTLD_NEXT, "EVP_MD_CTX_new");

	return no_memory ? NULL : real();
}

static void sha256_without_memory(void **state) {
	uint8_t text[5000], want[SR_HASH], have[SR_HASH];
	struct sr_sha256 *h[2];

	(void)state;
	t_fill(text, sizeof text, 3);
	sr_sha256(want, text, sizeof text);
	assert_ok(sr_sha256_new(&h[0], &e), &e);
	no_memory = true;
	assert_ok(sr_sha256_new(&h[1], &e), &e);
	for (int without = 1; without >= 0; without--) {
		no_memory = without == 1;
		for (size_t cut = 0; cut <= sizeof text; cut += 499) {
			sr_sha256_both(have, text, cut, text + cut, sizeof text - cut);
			assert_memory_equal(have, want, SR_HASH);
			for (size_t i = 0; i < 2; i++) {
				sr_sha256_reset(h[i]);
				/* Once begun it goes on as it began. */
				no_memory = !no_memory;
				sr_sha256_update(h[i], text, cut);
				sr_sha256_update(h[i], text + cut, sizeof text - cut);
				sr_sha256_final(h[i], have);
				assert_memory_equal(have, want, SR_HASH);
				no_memory = without == 1;
			}
		}
	}
	sr_sha256_free(h[0]);
	sr_sha256_free(h[1]);
}

/* A machine whose libcrypto may not do all that is asked, and one without memory. */
static void digests(void **state) {
	struct sr_digest *d = NULL, *none = NULL;

	(void)state;
	assert_ok(sr_digest_new(&d, SR_DIGEST_MD5, &e), &e);
	no_memory = true;
	assert_fails(sr_digest_reset(d, &e), SR_NOMEM, &e, "no memory to begin a digest (md5)");
	no_memory = false;
	assert_ok(sr_digest_reset(d, &e), &e);
	sr_digest_free(d);
	assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1);
	assert_fails(sr_digest_new(&none, SR_DIGEST_MD5, &e), SR_UNSUPPORTED, &e,
		"libcrypto has no md5 here: its configuration on this machine (openssl.cnf) may "
		"forbid it");
	assert_null(none);
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
}

static void sevens(void *out, size_t len) {
	memset(out, 7, len);
}

static void random_source(void **state) {
	uint8_t a[32] = {0}, b[32] = {0}, seven[32];

	(void)state;
	sr_random(a, sizeof a);
	sr_random(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	sr_random_set(sevens);
	sr_random(a, sizeof a);
	memset(seven, 7, sizeof seven);
	assert_memory_equal(a, seven, sizeof a);
	sr_random_set(NULL);
	sr_random(a, sizeof a);
	assert_memory_not_equal(a, seven, sizeof a);
	sr_random(NULL, 0);
}

/* libsodium as it is where it cannot begin. */
static bool no_sodium;

int sodium_init(void) {
	int (*real)(void) = __extension__(int (*)(void)) dlsym(RTLD_NEXT, "sodium_init");

	return no_sodium ? -1 : real();
}

static int setup(void **state) {
	const pid_t pid = fork();
	int status = 0, first, again;

	(void)state;
	if (pid == 0) {
		no_sodium = true;
		t_exit(sr_crypto_init(&e) == SR_UNSUPPORTED &&
					strstr(e.text, "libsodium cannot begin (-1)") != NULL
				? 0
				: 1);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return -1;
	first = sr_crypto_init(&e);
	again = sr_crypto_init(&e);
	return first == 0 && again == 0 ? 0 : -1;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framing),
		cmocka_unit_test(nothing_meets),
		cmocka_unit_test(final_wipes),
		cmocka_unit_test(misuse_ends_the_process),
		cmocka_unit_test(sha256_wakes),
		cmocka_unit_test(sha256),
		cmocka_unit_test(sha256_without_memory),
		cmocka_unit_test(digests),
		cmocka_unit_test(random_source),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
