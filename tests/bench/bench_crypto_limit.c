/*
 * bench_crypto_limit - what the primitives alone cost, on one core: seconds of CPU for a GiB.
 *
 * Every byte of a deposit goes once through each of these (store/ingest.h): SHA-256 of its file, H
 * of its block, the cipher, the hash of its segment. Together, over the cores, they are the least
 * time that any deposit of incompressible bytes can take with this format; tests/bench/peers says
 * how far from it the whole program is. One line for each: its name and seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "crypto/aead.h"

enum {
	ROUNDS = 256, /* blocks of 1 MiB for each measurement */
	TIMES = 3     /* measurements; the least counts: anything more is somebody else's work */
};

static uint8_t plain[SR_BLOCK], sealed[SR_BLOCK + SR_AEAD_OVERHEAD];

static double cpu_s(void) {
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void file_hash(void) {
	uint8_t out[SR_HASH];

	sr_sha256(out, plain, sizeof plain);
}

static void block_hash(void) {
	uint8_t out[SR_HASH];

	SR_HASH_OF(out, "strongroom/block/v1", NULL, sr_bytes_of(plain, sizeof plain));
}

static void cipher(void) {
	static const uint8_t key[SR_KEY] = {1};

	sr_aead_seal(sealed, key, "strongroom/block-record/v1", sr_bytes_of(key, sizeof key),
		sr_bytes_of(plain, sizeof plain));
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
	sr_random(plain, sizeof plain);
	const double hash_s = gib_s(block_hash);

	(void)printf("sha256 %.3f\nblock-hash %.3f\ncipher %.3f\nsegment-hash %.3f\n",
		gib_s(file_hash), hash_s, gib_s(cipher), hash_s);
	return 0;
}
