/*
 * fuzz_crypto - for targets above base: a repeatable source of random bytes, started anew for each
 * input, so that a target is a function of its input alone. Two seals never get the same bytes
 * within one input.
 */
#ifndef SR_TESTS_FUZZ_CRYPTO_H
#define SR_TESTS_FUZZ_CRYPTO_H

#include "crypto/hash.h"
#include "fuzz.h"

static uint64_t fuzz_random_at;

static inline void fuzz_random(void *out, size_t len) {
	t_fill(out, len, UINT64_C(0xf0220000) + 1000 * fuzz_random_at++);
}

/* At the start of every input and of fuzz_seeds. */
static inline void fuzz_start(void) {
	struct sr_err e;
	assert_ok(sr_crypto_init(&e), &e);
	fuzz_random_at = 0;
	sr_random_set(fuzz_random);
}

#endif
