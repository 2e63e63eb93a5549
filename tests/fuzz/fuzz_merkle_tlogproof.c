/*
 * fuzz_merkle_tlogproof - offline proofs of inclusion: refused, or written back as they were read;
 * one that verifies shows a leaf that is in our log, at its place.
 *
 * Input: u8 which leaf is asked for (of 7), then a .tlog-proof.
 */
#include "fuzz_merkle.h"
#include "merkle/tlogproof.h"

enum {
	LEAVES = 7
};

static void our_leaves(uint8_t leaves[LEAVES][SR_HASH]) {
	for (size_t i = 0; i < LEAVES; i++) {
		const uint8_t entry = (uint8_t)i;
		sr_leaf_hash(leaves[i], sr_bytes_of(&entry, 1));
	}
}

static void our_proof(struct sr_buf *out, size_t index) {
	uint8_t leaves[LEAVES][SR_HASH];
	uint8_t entry = (uint8_t)index;
	struct fuzz_key k, w;
	struct sr_checkpoint c = {.size = LEAVES};
	struct sr_tlogproof p = {.index = index};
	struct sr_note n;
	struct sr_buf note;
	struct sr_err e;
	fuzz_log_key(&k);
	fuzz_witness_key(&w, 0);
	our_leaves(leaves);
	(void)snprintf(c.origin, sizeof c.origin, "%s", FUZZ_ORIGIN);
	sr_merkle_root(c.root, leaves[0], LEAVES);
	sr_buf_init(&note);
	assert_ok(sr_checkpoint_sign(&note, &c, &k.signer, 1, &e), &e);
	assert_ok(sr_note_parse(&n, sr_buf_view(&note), &e), &e);
	struct sr_buf line;
	sr_buf_init(&line);
	assert_ok(sr_cosign_line(&line, n.text, &w.signer, 1795255200, &e), &e);
	sr_note_free(&n);
	sr_buf_put_bytes(&note, sr_buf_view(&line));
	assert_ok(sr_merkle_inclusion(&p.proof, leaves[0], LEAVES, index, &e), &e);
	p.extra = sr_bytes_of(&entry, 1);
	p.checkpoint = sr_buf_view(&note);
	assert_ok(sr_tlogproof_put(out, &p, &e), &e);
	sr_buf_free(&line);
	sr_buf_free(&note);
}

static struct sr_policy *our_policy(void) {
	struct fuzz_key w;
	struct sr_policy *p = NULL;
	struct sr_buf b;
	struct sr_err e;
	fuzz_witness_key(&w, 0);
	sr_buf_init(&b);
	sr_buf_put_str(&b, "witness a ");
	sr_vkey_put(&b, &w.vkey);
	sr_buf_put_str(&b, "\nquorum a\n");
	assert_ok(sr_policy_parse(&p, sr_buf_view(&b), &e), &e);
	sr_buf_free(&b);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	uint8_t leaves[LEAVES][SR_HASH];
	struct sr_tlogproof p;
	struct sr_buf again;
	struct sr_err e;
	fuzz_start();
	size_t asked = fuzz_u8(&in) % LEAVES;
	if (sr_tlogproof_parse(&p, in, &e) != 0)
		return 0;
	sr_buf_init(&again);
	assert_ok(sr_tlogproof_put(&again, &p, &e), &e);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	struct fuzz_key k;
	fuzz_log_key(&k);
	struct sr_log log = {.origin = FUZZ_ORIGIN, .keys = &k.vkey, .count = 1};
	struct sr_checkpoint c;
	struct sr_policy *policy = our_policy();
	our_leaves(leaves);
	int plain = sr_tlogproof_verify(&c, &p, leaves[asked], &log, NULL, &e);
	if (plain == 0)
		MUST(c.size == LEAVES && p.index == asked);
	int witnessed = sr_tlogproof_verify(&c, &p, leaves[asked], &log, policy, &e);
	MUST(witnessed != 0 || plain == 0);
	sr_policy_free(policy);
	sr_buf_free(&again);
	sr_tlogproof_free(&p);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_buf b;
	fuzz_start();
	sr_buf_init(&b);
	our_proof(&b, 5);
	fuzz_seed_with("proof-5", "\5", 1, sr_buf_view(&b));
	fuzz_seed_with("other-leaf", "\4", 1, sr_buf_view(&b));
	sr_buf_clear(&b);
	our_proof(&b, 6);
	fuzz_seed_with("proof-6", "\6", 1, sr_buf_view(&b));
	sr_buf_free(&b);
}
