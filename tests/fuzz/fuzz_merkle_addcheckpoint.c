/*
 * fuzz_merkle_addcheckpoint - both sides of add-checkpoint: a request is refused, or written back
 * as it was read; an answer means one thing, and a size only of a 409 that says one.
 *
 * Input: u8 what. Even: a request. Odd: u16 status, u8 length of the type, the type, the body.
 */
#include "fuzz_merkle.h"
#include "merkle/addcheckpoint.h"

static void request(struct sr_bytes in) {
	struct sr_add_checkpoint r;
	struct sr_buf again;
	struct sr_err e;

	if (sr_add_checkpoint_parse(&r, in, &e) != 0)
		return;
	MUST(r.old <= SR_TREE_SIZE_MAX && r.proof.count <= SR_WITNESS_PROOF && r.note.len > 0);
	sr_buf_init(&again);
	assert_ok(sr_add_checkpoint_put(&again, &r, &e), &e);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	sr_buf_free(&again);
}

static void answer(struct sr_bytes in) {
	struct sr_add_reply r = {.status = fuzz_u16(&in)};
	struct sr_err e = {0};
	uint64_t size = 1;
	const uint8_t len = fuzz_u8(&in);
	enum sr_add_answer a;

	r.type = fuzz_take(&in, len);
	r.body = in;
	a = sr_add_answer(&size, &r, &e);
	MUST((a == SR_ADD_SIZE) <= (r.status == 409));
	MUST((a == SR_ADD_LINES) <= (r.status == 200));
	MUST((a == SR_ADD_DENIES) == (r.status == 422));
	MUST(size == 0 || a == SR_ADD_SIZE);
	MUST((a == SR_ADD_LINES || a == SR_ADD_SIZE) == (e.code == 0));
	if (a == SR_ADD_SIZE) {
		char want[32];

		(void)snprintf(want, sizeof want, "%llu\n", (unsigned long long)size);
		MUST(sr_bytes_eq(r.body, sr_bytes_str(want)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);

	if (fuzz_u8(&in) % 2 == 0)
		request(in);
	else
		answer(in);
	return 0;
}

static void our_request(struct sr_buf *out, uint64_t old, uint64_t size) {
	struct fuzz_key k;
	struct sr_checkpoint c = {.size = size};
	struct sr_add_checkpoint r = {.old = old};
	uint8_t leaves[16 * SR_HASH];
	struct sr_leaf_array a = {leaves, 16};
	const struct sr_nodes nodes = sr_leaf_array_nodes(&a);
	struct sr_buf note;
	struct sr_err e;

	fuzz_log_key(&k);
	t_fill(leaves, sizeof leaves, 9);
	(void)snprintf(c.origin, sizeof c.origin, "%s", FUZZ_ORIGIN);
	sr_merkle_root(c.root, leaves, size);
	sr_buf_init(&note);
	assert_ok(sr_checkpoint_sign(&note, &c, &k.signer, 1, &e), &e);
	r.note = sr_buf_view(&note);
	if (old > 0)
		assert_ok(sr_proof_consistency(&r.proof, &nodes, old, size, &e), &e);
	assert_ok(sr_add_checkpoint_put(out, &r, &e), &e);
	sr_buf_free(&note);
}

void fuzz_seeds(void) {
	struct sr_buf b;

	sr_buf_init(&b);
	our_request(&b, 0, 3);
	fuzz_seed_with("request-0-3", "\0", 1, sr_buf_view(&b));
	sr_buf_clear(&b);
	our_request(&b, 7, 13);
	fuzz_seed_with("request-7-13", "\0", 1, sr_buf_view(&b));
	sr_buf_free(&b);
	fuzz_seed_with("size", "\1\x99\1\x10text/x.tlog.size", 20, sr_bytes_str("13\n"));
	fuzz_seed_with("lines", "\1\xc8\0\x0atext/plain", 14,
		sr_bytes_str("\xe2\x80\x94 w.example/a AAAAAAAAAAA=\n"));
	fuzz_seed_with("denies", "\1\xa6\1\0", 4, sr_bytes_str("no\n"));
}
