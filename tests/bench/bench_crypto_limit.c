/*
 * bench_crypto_limit - what the primitives alone cost, on one core: seconds of CPU for a GiB.
 *
 * Every byte of a deposit goes once through each of the first four (store/ingest.h): SHA-256 of its
 * file, H of its block, the cipher, the hash of its segment. What a scrub needs is the hash of
 * segments, four at a time (crypto/lanes.h); a checkout opens each block, compares its H (four at a
 * time), makes the SHA-256 of its file, seals it for age, and makes the SHA-256 of that. Together,
 * over the cores, they are the least time that the work can take with this format;
 * tests/bench/peers says how far from it the whole program is. One line for each: its name and
 * seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "crypto/aead.h"
#include "crypto/age.h"
#include "crypto/chacha.h"
#include "crypto/lanes.h"

enum {
	ROUNDS = 256, /* blocks of 1 MiB for each measurement */
	TIMES = 3     /* measurements; the least counts: anything more is somebody else's work */
};

static const uint8_t key[SR_KEY] = {1};
static uint8_t four[SR_LANES][SR_BLOCK]; /* as many as a reader has before it */
static uint8_t *const plain = four[0];
static uint8_t sealed[SR_BLOCK + SR_AEAD_OVERHEAD], opened[SR_BLOCK];

static double cpu_s(void) {
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void file_hash(void) {
	uint8_t out[SR_HASH];

	sr_sha256(out, plain, SR_BLOCK);
}

static void block_hash(void) {
	uint8_t out[SR_HASH];

	SR_HASH_OF(out, "strongroom/block/v1", NULL, sr_bytes_of(plain, SR_BLOCK));
}

static void four_hashes(void) {
	uint8_t out[SR_LANES][SR_HASH];
	struct sr_lane lanes[SR_LANES] = {0};

	for (size_t i = 0; i < SR_LANES; i++)
		lanes[i].text = sr_bytes_of(four[i], SR_BLOCK);
	sr_hash_lanes(out, "strongroom/block/v1", lanes, SR_LANES);
}

static void cipher(void) {
	sr_aead_seal(sealed, key, "strongroom/block-record/v1", sr_bytes_of(key, sizeof key),
		sr_bytes_of(plain, SR_BLOCK));
}

/* Of what `cipher` left. */
static void decipher(void) {
	if (sr_aead_open(opened, key, "strongroom/block-record/v1", sr_bytes_of(key, sizeof key),
		    sr_bytes_of(sealed, sizeof sealed), NULL) != 0)
		abort();
}

/* A block as age has it, in chunks of 64 KiB. */
static void age(void) {
	static const uint8_t nonce[SR_CHACHA_NONCE];
	static uint8_t chunk[SR_AGE_CHUNK + SR_CHACHA_TAG];

	for (size_t at = 0; at < SR_BLOCK; at += SR_AGE_CHUNK)
		sr_chacha_seal(chunk, key, nonce, sr_bytes_of(NULL, 0),
			sr_bytes_of(plain + at, SR_AGE_CHUNK));
}

static double gib_s(void (*one)(void)) {
	double least = 0;

	for (int i = 0; i < TIMES; i++) {
		const double begun_s = cpu_s();

		for (int k = 0; k < ROUNDS; k++)
			one();
		const double took_s = (cpu_s() - begun_s) * 1024 / ROUNDS;
		if (i == 0 || took_s < least)
			least = took_s;
	}
	return least;
}

int main(void) {
	struct sr_err e = {0};

	if (sr_crypto_init(&e) != 0) {
		(void)fprintf(stderr, "bench_crypto_limit: %s\n", e.text);
		return 1;
	}
	sr_random(four, sizeof four);
	const double hash_s = gib_s(block_hash);

	(void)printf("sha256 %.3f\nblock-hash %.3f\ncipher %.3f\nsegment-hash %.3f\n",
		gib_s(file_hash), hash_s, gib_s(cipher), hash_s);
	(void)printf("decipher %.3f\nfour-hashes %.3f\nage %.3f\n", gib_s(decipher),
		gib_s(four_hashes) / SR_LANES, gib_s(age));
	return 0;
}
