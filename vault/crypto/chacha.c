/*
 * chacha - see chacha.h. libcrypto's context holds the key; its free wipes it. A failure of
 * libcrypto (memory) is no failure here: libsodium does the whole message again, from the start,
 * since the same key and nonce give the same bytes.
 */
#include "crypto/chacha.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include <openssl/evp.h>
#include <sodium.h>

_Static_assert((int)SR_CHACHA_NONCE == (int)crypto_aead_chacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert((int)SR_CHACHA_TAG == (int)crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");
_Static_assert((int)SR_KEY == (int)crypto_aead_chacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert((int)SR_XCHACHA_NONCE == (int)crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");

enum {
	STEP = 1 << 30, /* bytes at a time: libcrypto counts with int */
	SPLIT = 16,     /* bytes of an extended nonce that enter the key */
	/* Waking libcrypto and its cipher takes a millisecond and a half, which it makes up for in
	 * this many bytes: a command that reads a few pages of a data base does not. */
	ALIVE_FROM = 1 << 20
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *cipher; /* fetched once; NULL: libcrypto has none */
static size_t long_from = SR_CHACHA_LONG;
static atomic_size_t long_seen; /* bytes of long texts, until it is worth its while */

#ifdef SR_TESTING
void sr_chacha_long(size_t len) {
	long_from = len;
	atomic_store(&long_seen, ALIVE_FROM);
}
#endif

static bool worth_it(size_t len) {
	return len >= ALIVE_FROM ||
	       atomic_load_explicit(&long_seen, memory_order_relaxed) >= ALIVE_FROM ||
	       atomic_fetch_add_explicit(&long_seen, len, memory_order_relaxed) >= ALIVE_FROM;
}

static void fetch(void) {
	cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
}

/* ${out} gets what becomes of ${in}; false: libcrypto failed. */
static bool run(EVP_CIPHER_CTX *c, uint8_t *out, struct sr_bytes in) {
	int n = 0;

	for (size_t at = 0; at < in.len;) {
		const size_t len = in.len - at < STEP ? in.len - at : STEP;

		if (EVP_CipherUpdate(c, out + at, &n, in.p + at, (int)len) != 1)
			return false;
		at += len;
	}
	return true;
}

/* A context for ${key}, or NULL: libsodium's turn. */
static EVP_CIPHER_CTX *begin(size_t len, const uint8_t key[SR_KEY],
	const uint8_t nonce[SR_CHACHA_NONCE], struct sr_bytes ad, int sealing) {
	EVP_CIPHER_CTX *c = NULL;
	int n = 0;

	if (len < long_from || ad.len > STEP || !worth_it(len) || pthread_once(&once, fetch) != 0 ||
		cipher == NULL)
		return NULL;
	c = EVP_CIPHER_CTX_new();
	if (c == NULL)
		return NULL;
	if (EVP_CipherInit_ex2(c, cipher, key, nonce, sealing, NULL) == 1 &&
		(ad.len == 0 || EVP_CipherUpdate(c, NULL, &n, ad.p, (int)ad.len) == 1))
		return c;
	EVP_CIPHER_CTX_free(c);
	return NULL;
}

void sr_chacha_seal(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_CHACHA_NONCE],
	struct sr_bytes ad, struct sr_bytes plain) {
	EVP_CIPHER_CTX *c = begin(plain.len, key, nonce, ad, 1);
	int n = 0;
	bool done =
		c != NULL && run(c, out, plain) &&
		EVP_CipherFinal_ex(c, out + plain.len, &n) == 1 &&
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SR_CHACHA_TAG, out + plain.len) == 1;

	EVP_CIPHER_CTX_free(c);
	if (done)
		return;
	int rc = crypto_aead_chacha20poly1305_ietf_encrypt(
		out, NULL, plain.p, plain.len, ad.p, ad.len, NULL, nonce, key);
	assert(rc == 0);
	(void)rc;
}

int sr_chacha_open(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_CHACHA_NONCE],
	struct sr_bytes ad, struct sr_bytes sealed) {
	uint8_t tag[SR_CHACHA_TAG];
	int n = 0;

	if (sealed.len < SR_CHACHA_TAG)
		return SR_AUTH;
	const size_t len = sealed.len - SR_CHACHA_TAG;
	EVP_CIPHER_CTX *c = begin(len, key, nonce, ad, 0);
	memcpy(tag, sealed.p + len, sizeof tag);
	bool ran = c != NULL &&
		   EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, SR_CHACHA_TAG, tag) == 1 &&
		   run(c, out, sr_bytes_of(sealed.p, len));
	int rc = ran ? EVP_CipherFinal_ex(c, out + len, &n) == 1 ? 0 : -1
		     : crypto_aead_chacha20poly1305_ietf_decrypt(
			       out, NULL, NULL, sealed.p, sealed.len, ad.p, ad.len, nonce, key);

	EVP_CIPHER_CTX_free(c);
	sr_public(&rc, sizeof rc); /* whether the tag verifies */
	return rc != 0 ? SR_AUTH : 0;
}

/* The key and the nonce that an extended nonce stands for. */
static void extend(uint8_t subkey[SR_KEY], uint8_t nonce[SR_CHACHA_NONCE],
	const uint8_t key[SR_KEY], const uint8_t extended[SR_XCHACHA_NONCE]) {
	int rc = crypto_core_hchacha20(subkey, extended, key, NULL);

	assert(rc == 0);
	(void)rc;
	memset(nonce, 0, SR_CHACHA_NONCE);
	memcpy(nonce + 4, extended + SPLIT, SR_XCHACHA_NONCE - SPLIT);
}

void sr_xchacha_seal(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_XCHACHA_NONCE],
	struct sr_bytes ad, struct sr_bytes plain) {
	uint8_t subkey[SR_KEY], rest[SR_CHACHA_NONCE];

	extend(subkey, rest, key, nonce);
	sr_chacha_seal(out, subkey, rest, ad, plain);
	sr_wipe(subkey, sizeof subkey);
}

int sr_xchacha_open(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_XCHACHA_NONCE],
	struct sr_bytes ad, struct sr_bytes sealed) {
	uint8_t subkey[SR_KEY], rest[SR_CHACHA_NONCE];

	extend(subkey, rest, key, nonce);
	int rc = sr_chacha_open(out, subkey, rest, ad, sealed);
	sr_wipe(subkey, sizeof subkey);
	return rc;
}
