/*
 * fuzz_merkle - a log and two witnesses with fixed keys, for the targets of merkle and ledger.
 */
#ifndef SR_TESTS_FUZZ_MERKLE_H
#define SR_TESTS_FUZZ_MERKLE_H

#include "fuzz_crypto.h"
#include "merkle/cosignature.h"
#include "merkle/note.h"

#define FUZZ_ORIGIN "vault.example/strongroom"

struct fuzz_key {
	struct sr_vkey vkey;
	uint8_t seed[SR_SEED];
	struct sr_signer signer;
};

static inline void fuzz_key(struct fuzz_key *k, const char *name, uint8_t type, uint64_t seed) {
	uint8_t pk[SR_PK];
	struct sr_err e;
	t_fill(k->seed, SR_SEED, seed);
	sr_sign_public(pk, k->seed);
	assert_ok(sr_vkey_make(&k->vkey, sr_bytes_str(name), type, pk, &e), &e);
	k->signer = (struct sr_signer){.key = &k->vkey, .seed = k->seed};
}
static inline void fuzz_log_key(struct fuzz_key *k) {
	fuzz_key(k, FUZZ_ORIGIN, SR_NOTE_ED25519, 1);
}
static inline void fuzz_witness_key(struct fuzz_key *k, unsigned i) {
	fuzz_key(k, i == 0 ? "witness.example/a" : "witness.example/b", SR_NOTE_COSIGN, 50 + i);
}

#endif
