/*
 * sign - see sign.h. A thin layer over libsodium that keeps the expanded secret key to itself.
 *
 * Invariant: the 64-byte form of a secret key exists only on the stack of one call and is wiped.
 */
#include "crypto/sign.h"

#include <assert.h>

#include <sodium.h>

_Static_assert((int)SR_SEED == (int)crypto_sign_ed25519_SEEDBYTES, "seed");
_Static_assert((int)SR_PK == (int)crypto_sign_ed25519_PUBLICKEYBYTES, "public key");
_Static_assert((int)SR_SIG == (int)crypto_sign_ed25519_BYTES, "signature");

static const char prefix[] = "strongroom/";

static void expand(uint8_t pk[SR_PK], uint8_t sk[crypto_sign_ed25519_SECRETKEYBYTES],
	const uint8_t seed[SR_SEED]) {
	int rc = crypto_sign_ed25519_seed_keypair(pk, sk, seed);

	assert(rc == 0);
	(void)rc;
}

void sr_sign_public(uint8_t pk[SR_PK], const uint8_t seed[SR_SEED]) {
	uint8_t sk[crypto_sign_ed25519_SECRETKEYBYTES];

	expand(pk, sk, seed);
	sr_wipe(sk, sizeof sk);
}

void sr_sign_raw(uint8_t sig[SR_SIG], const uint8_t seed[SR_SEED], struct sr_bytes text) {
	uint8_t pk[SR_PK], sk[crypto_sign_ed25519_SECRETKEYBYTES];
	int rc;

	expand(pk, sk, seed);
	rc = crypto_sign_ed25519_detached(sig, NULL, text.p, text.len, sk);
	assert(rc == 0);
	(void)rc;
	sr_wipe(sk, sizeof sk);
}

int sr_sign(
	uint8_t sig[SR_SIG], const uint8_t seed[SR_SEED], struct sr_bytes text, struct sr_err *e) {
	if (text.len < sizeof prefix - 1 || memcmp(text.p, prefix, sizeof prefix - 1) != 0)
		return sr_fail(e, SR_MISUSE,
			"a person's key signs only texts that begin \"%s\"; this one of %zu bytes "
			"does not",
			prefix, text.len);
	sr_sign_raw(sig, seed, text);
	return 0;
}

int sr_verify(const uint8_t sig[SR_SIG], const uint8_t pk[SR_PK], struct sr_bytes text,
	struct sr_err *e) {
	if (crypto_sign_ed25519_verify_detached(sig, text.p, text.len, pk) != 0)
		return sr_fail(e, SR_AUTH, "signature does not verify");
	return 0;
}

void sr_person_name(char out[SR_PERSON_TEXT], const uint8_t pk[SR_PK]) {
	uint8_t h[SR_HASH];

	SR_HASH_OF(h, "strongroom/person/v1", NULL, sr_bytes_of(pk, SR_PK));
	out[0] = 'p';
	out[1] = '-';
	sr_hex(out + 2, h, 8);
}
