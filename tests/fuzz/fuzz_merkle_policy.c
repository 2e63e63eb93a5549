/*
 * fuzz_merkle_policy - witness policies: refused, or counts within the limits, and a quorum that
 * one more witness never breaks.
 *
 * Input: u64 mask of witnesses, u64 mask of more, then the policy.
 */
#include "fuzz_merkle.h"
#include "merkle/policy.h"

static void choose(struct sr_cosigned *w, size_t count, uint64_t mask) {
	for (size_t i = 0; i < count; i++) {
		w[i].valid = (mask >> i) & 1;
		w[i].time = w[i].valid ? 1 : 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_cosigned w[SR_POLICY_WITNESSES];
	struct sr_policy *p = NULL;
	struct sr_err e;
	uint64_t masks[2];
	size_t logs = 0, witnesses = 0;
	fuzz_start();
	for (size_t i = 0; i < 2; i++) {
		masks[i] = 0;
		for (unsigned b = 0; b < 64; b += 8)
			masks[i] |= (uint64_t)fuzz_u8(&in) << b;
	}
	if (sr_policy_parse(&p, in, &e) != 0) {
		MUST(p == NULL);
		return 0;
	}
	const struct sr_vkey *keys = sr_policy_logs(p, &logs);
	for (size_t i = 0; i < logs; i++) {
		MUST(keys[i].type == SR_NOTE_ED25519);
		(void)sr_policy_log_url(p, i);
	}
	keys = sr_policy_witnesses(p, &witnesses);
	MUST(logs <= SR_POLICY_LOGS && witnesses <= SR_POLICY_WITNESSES);
	for (size_t i = 0; i < witnesses; i++) {
		MUST(keys[i].type != SR_NOTE_ED25519);
		MUST(sr_policy_witness_name(p, i).len > 0);
		(void)sr_policy_witness_url(p, i);
	}
	choose(w, witnesses, 0);
	MUST(sr_policy_met(p, w) == sr_policy_is_none(p));
	choose(w, witnesses, masks[0]);
	bool few = sr_policy_met(p, w);
	choose(w, witnesses, masks[0] | masks[1]);
	MUST(!few || sr_policy_met(p, w));
	choose(w, witnesses, UINT64_MAX);
	MUST(!few || sr_policy_met(p, w));
	sr_policy_free(p);
	return 0;
}

void fuzz_seeds(void) {
	struct fuzz_key k, w[2];
	struct sr_buf b;
	fuzz_start();
	sr_buf_init(&b);
	fuzz_log_key(&k);
	sr_buf_put_str(&b, "# who watches\nlog ");
	sr_vkey_put(&b, &k.vkey);
	sr_buf_put_str(&b, " https://log.example/\n");
	for (unsigned i = 0; i < 2; i++) {
		fuzz_witness_key(&w[i], i);
		sr_buf_printf(&b, "witness w%u ", i);
		sr_vkey_put(&b, &w[i].vkey);
		sr_buf_put_str(&b, i == 0 ? "\n" : "\thttps://w.example/\n");
	}
	sr_buf_put_str(&b, "group g any w0 w1\ngroup h 1 g\nquorum h\n");
	fuzz_seed_with("groups", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16, sr_buf_view(&b));
	fuzz_seed_with(
		"none", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, sr_bytes_str("quorum none\n"));
	sr_buf_free(&b);
}
