/*
 * hash - see hash.h. BLAKE2b is libsodium's, SHA-256 libcrypto's, random bytes the kernel's.
 *
 * A hash is BLAKE2b over field(label), field(1), field(2), ... where field(x) = le64 len(x), x. The
 * key, if any, is BLAKE2b's own key; the output length enters BLAKE2b's parameter block, so 32 and
 * 64 byte outputs are unrelated.
 *
 * None of these calls can fail for reasons of data. What can go wrong is our own bug (a long field
 * of another length than announced, final of the other length), and ends the process. libcrypto
 * takes memory for each digest; where there is none, libsodium does it, more slowly and with none.
 */
#include "crypto/hash.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>

_Static_assert(sizeof(crypto_generichash_state) <= offsetof(struct sr_hash, owed), "it fits");
_Static_assert(_Alignof(crypto_generichash_state) <= _Alignof(struct sr_hash), "state is aligned");
_Static_assert((int)SR_HASH == (int)crypto_generichash_BYTES, "BLAKE2b-256");
_Static_assert((int)SR_KEY == (int)crypto_generichash_KEYBYTES, "a key of 32 bytes");
_Static_assert((int)crypto_generichash_BYTES_MAX == 64, "BLAKE2b-512");

enum {
	/* libcrypto takes a millisecond to come to life, in which libsodium hashes this many bytes:
	 * all that most commands have. */
	ALIVE_FROM = 256 << 10,
	BLOCK = 64 /* what a hash costs beyond its text */
};

static pthread_once_t once = PTHREAD_ONCE_INIT, md_once = PTHREAD_ONCE_INIT;
static int sodium_rc = -1;
static EVP_MD *md; /* fetched once: a look-up for each call costs more than a short hash */
static atomic_size_t hashed; /* bytes, until libcrypto is worth its while */

static void init_once(void) {
	sodium_rc = sodium_init();
}

static void fetch_once(void) {
	/* libcrypto that had no memory for itself is looked for before it is asked: 3.0 follows a
	 * null pointer. */
	if (OSSL_LIB_CTX_get0_global_default() != NULL)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
}

int sr_crypto_init(struct sr_err *e) {
	if (pthread_once(&once, init_once) != 0)
		return sr_fail(e, SR_MISUSE, "pthread_once failed");
	if (sodium_rc < 0)
		return sr_fail(e, SR_UNSUPPORTED, "libsodium cannot begin (%d)", sodium_rc);
	return 0;
}

static crypto_generichash_state *state_of(struct sr_hash *h) {
	return (crypto_generichash_state *)(void *)h->state;
}

static void put(struct sr_hash *h, const void *p, size_t len) {
	if (len == 0)
		return;
	int rc = crypto_generichash_update(state_of(h), p, len);
	assert(rc == 0);
	(void)rc;
}

static void put_len(struct sr_hash *h, uint64_t len) {
	uint8_t b[8];

	sr_le64_put(b, len);
	put(h, b, sizeof b);
}

static void begin(struct sr_hash *h, const char *label, const uint8_t *key, size_t out_len) {
	int rc = crypto_generichash_init(state_of(h), key, key != NULL ? SR_KEY : 0, out_len);

	assert(rc == 0 && label != NULL);
	(void)rc;
	h->owed = 0;
	h->out_len = out_len;
	sr_hash_field(h, sr_bytes_of(label, strlen(label)));
}

void sr_hash_init(struct sr_hash *h, const char *label, const uint8_t *key) {
	begin(h, label, key, SR_HASH);
}

void sr_hash_init64(struct sr_hash *h, const char *label, const uint8_t *key) {
	begin(h, label, key, 64);
}

void sr_hash_field(struct sr_hash *h, struct sr_bytes field) {
	sr_hash_long_begin(h, field.len);
	sr_hash_long_update(h, field.p, field.len);
}

void sr_hash_u64(struct sr_hash *h, uint64_t v) {
	uint8_t b[8];

	sr_le64_put(b, v);
	sr_hash_field(h, sr_bytes_of(b, sizeof b));
	sr_wipe(b, sizeof b);
}

void sr_hash_long_begin(struct sr_hash *h, uint64_t len) {
	assert(h->owed == 0);
	put_len(h, len);
	h->owed = len;
}

void sr_hash_long_update(struct sr_hash *h, const void *p, size_t len) {
	assert(len <= h->owed);
	put(h, p, len);
	h->owed -= len;
}

static void end(struct sr_hash *h, uint8_t *out, size_t out_len) {
	assert(h->owed == 0 && h->out_len == out_len);
	int rc = crypto_generichash_final(state_of(h), out, out_len);
	assert(rc == 0);
	(void)rc;
	sr_wipe(h, sizeof *h);
}

void sr_hash_final(struct sr_hash *h, uint8_t out[SR_HASH]) {
	end(h, out, SR_HASH);
}

void sr_hash_final64(struct sr_hash *h, uint8_t out[64]) {
	end(h, out, 64);
}

void sr_hash_of(uint8_t out[SR_HASH], const char *label, const uint8_t *key,
	const struct sr_bytes *fields, size_t count) {
	struct sr_hash h;

	sr_hash_init(&h, label, key);
	for (size_t i = 0; i < count; i++)
		sr_hash_field(&h, fields[i]);
	sr_hash_final(&h, out);
}

struct sr_sha256 {
	EVP_MD_CTX *ctx; /* NULL: there was no memory for it */
	bool slow;       /* the text at hand is libsodium's */
	crypto_hash_sha256_state sodium;
};

enum {
	/* Bytes that are asked of the memory while as many before them are hashed. Each step of
	 * SHA-256 waits for the one before, so the processor sees two or three lines ahead, and a
	 * line that lies in the memory of another core (which has just opened the block) or in none
	 * takes longer to come than that: 0.95 s for a GiB instead of 0.58 s, with this 0.62 s.
	 * More of them at once come no sooner. */
	AHEAD = 512,
	LINE = 64
};

/* A hint that changes nothing but when the lines of ${p} come. */
static void ask_for(const uint8_t *p, size_t len) {
	for (size_t at = 0; at < len; at += LINE)
		__builtin_prefetch(p + at);
}

/* Ends the process if ${ok} is not 1: a digest that went wrong must not be used. */
static void must(int ok) {
	assert(ok == 1);
	(void)ok;
}

/* For ${len} bytes; NULL: libsodium's turn, since libcrypto is not worth waking yet, or had no
 * memory. */
static const EVP_MD *sha256_md(size_t len) {
	if (len < ALIVE_FROM && atomic_load_explicit(&hashed, memory_order_relaxed) < ALIVE_FROM &&
		atomic_fetch_add_explicit(&hashed, len + BLOCK, memory_order_relaxed) < ALIVE_FROM)
		return NULL;
	int rc = pthread_once(&md_once, fetch_once);

	assert(rc == 0);
	(void)rc;
	return md;
}

void sr_sha256(uint8_t out[SR_HASH], const void *p, size_t len) {
	const EVP_MD *m = sha256_md(len);

	if (m == NULL || EVP_Digest(p, len, out, NULL, m, NULL) != 1)
		(void)crypto_hash_sha256(out, p, len);
}

void sr_sha256_both(
	uint8_t out[SR_HASH], const void *a, size_t a_len, const void *b, size_t b_len) {
	const EVP_MD *m = sha256_md(a_len < ALIVE_FROM ? a_len + b_len : a_len);
	EVP_MD_CTX *ctx = m == NULL ? NULL : EVP_MD_CTX_new();
	const bool done = ctx != NULL && EVP_DigestInit_ex2(ctx, m, NULL) == 1 &&
			  EVP_DigestUpdate(ctx, a, a_len) == 1 &&
			  EVP_DigestUpdate(ctx, b, b_len) == 1 &&
			  EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	if (done)
		return;
	crypto_hash_sha256_state s;
	(void)crypto_hash_sha256_init(&s);
	(void)crypto_hash_sha256_update(&s, a, a_len);
	(void)crypto_hash_sha256_update(&s, b, b_len);
	(void)crypto_hash_sha256_final(&s, out);
	sodium_memzero(&s, sizeof s);
}

int sr_sha256_new(struct sr_sha256 **out, struct sr_err *e) {
	struct sr_sha256 *s = calloc(1, sizeof *s);

	*out = NULL;
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a SHA-256 state");
	s->ctx = EVP_MD_CTX_new();
	sr_sha256_reset(s);
	*out = s;
	return 0;
}

void sr_sha256_update(struct sr_sha256 *s, const void *p, size_t len) {
	const uint8_t *from = p;

	if (s->slow) {
		(void)crypto_hash_sha256_update(&s->sodium, p, len);
		return;
	}
	while (len > AHEAD) {
		len -= AHEAD;
		ask_for(from + AHEAD, len < AHEAD ? len : AHEAD);
		must(EVP_DigestUpdate(s->ctx, from, AHEAD));
		from += AHEAD;
	}
	must(EVP_DigestUpdate(s->ctx, from, len));
}

void sr_sha256_final(struct sr_sha256 *s, uint8_t out[SR_HASH]) {
	if (s->slow)
		(void)crypto_hash_sha256_final(&s->sodium, out);
	else
		must(EVP_DigestFinal_ex(s->ctx, out, NULL));
}

/* A text is begun with the one or the other, and ended with it; who comes in pieces is long. */
void sr_sha256_reset(struct sr_sha256 *s) {
	const EVP_MD *m = sha256_md(ALIVE_FROM);

	s->slow = s->ctx == NULL || m == NULL || EVP_DigestInit_ex2(s->ctx, m, NULL) != 1;
	if (s->slow)
		(void)crypto_hash_sha256_init(&s->sodium);
}

void sr_sha256_free(struct sr_sha256 *s) {
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->ctx); /* wipes */
	sodium_memzero(&s->sodium, sizeof s->sodium);
	free(s);
}

#ifdef SR_TESTING
static void (*random_fn)(void *out, size_t len);

void sr_random_set(void (*fn)(void *out, size_t len)) {
	random_fn = fn;
}
#endif

void sr_random(void *out, size_t len) {
	if (len == 0)
		return;
#ifdef SR_TESTING
	if (random_fn != NULL) {
		random_fn(out, len);
		return;
	}
#endif
	randombytes_buf(out, len); /* getrandom(2); ends the process if the kernel has none */
}
