/*
 * fuzz_ledger_cosigning - what witnesses answer to a log: whatever comes, the checkpoint on offer
 * stays ours, every line of a known key in it verifies, a witness counts only with its own
 * cosignature, and an alarm needs more than the log has, or a 422.
 *
 * Input: rounds of u8 which witness (of two), u8 what (below), u16 length, body. What, modulo 8:
 * 0 200 with the body; 1 200 with the witness's true line first; 2 the same of the other witness;
 * 3 200 with its true line of another size; 4 409 with the body as size; 5 a status out of the
 * body's first two bytes; 6 no answer; 7 a newer offer.
 */
#include "fuzz_merkle.h"
#include "ledger/cosigning.h"

enum {
	LEAVES = 16,
	NOW_S = 1795255200
};

static uint8_t leaves[LEAVES * SR_HASH];
static struct fuzz_key log_key, witness[2];
static uint64_t ledger_size;

static uint64_t size_now(void *ctx) {
	(void)ctx;
	return ledger_size;
}
static int prove(void *ctx, struct sr_proof *out, uint64_t a, uint64_t b, struct sr_err *e) {
	struct sr_leaf_array all = {leaves, LEAVES};
	const struct sr_nodes nodes = sr_leaf_array_nodes(&all);

	(void)ctx;
	return sr_proof_consistency(out, &nodes, a, b, e);
}

static void checkpoint(struct sr_buf *out, uint64_t size) {
	struct sr_checkpoint c = {.size = size};
	struct sr_err e;

	(void)snprintf(c.origin, sizeof c.origin, "%s", FUZZ_ORIGIN);
	sr_merkle_root(c.root, leaves, (size_t)size);
	assert_ok(sr_checkpoint_sign(out, &c, &log_key.signer, 1, &e), &e);
}

static void line(struct sr_buf *out, size_t i, uint64_t size) {
	struct sr_buf note;
	struct sr_note n;
	struct sr_err e;

	sr_buf_init(&note);
	checkpoint(&note, size);
	assert_ok(sr_note_parse(&n, sr_buf_view(&note), &e), &e);
	assert_ok(sr_cosign_line(out, n.text, &witness[i].signer, NOW_S, &e), &e);
	sr_note_free(&n);
	sr_buf_free(&note);
}

static struct sr_policy *our_policy(void) {
	struct sr_policy *p = NULL;
	struct sr_buf b;
	struct sr_err e;

	sr_buf_init(&b);
	for (size_t i = 0; i < 2; i++) {
		sr_buf_printf(&b, "witness w%zu ", i);
		sr_vkey_put(&b, &witness[i].vkey);
		sr_buf_put_str(&b, " http://w/\n");
	}
	sr_buf_put_str(&b, "group g all w0 w1\nquorum g\n");
	assert_ok(sr_policy_parse(&p, sr_buf_view(&b), &e), &e);
	sr_buf_free(&b);
	return p;
}

/* What must hold after every step. */
static void holds(const struct sr_cosigning *c, const struct sr_policy *p) {
	const struct sr_log log = {.origin = FUZZ_ORIGIN, .keys = &log_key.vkey, .count = 1};
	struct sr_cosigned by[2];
	struct sr_checkpoint cp;
	struct sr_note n;
	struct sr_err e;

	assert_ok(sr_checkpoint_open(&cp, &n, sr_cosigning_note(c), &log, &e), &e);
	MUST(cp.size == sr_cosigning_size(c) && n.count <= SR_COSIGNING_LINES);
	assert_ok(sr_cosign_verify(by, &n, sr_policy_witnesses(p, &(size_t){0}), 2, &e), &e);
	for (size_t i = 0; i < 2; i++) {
		struct sr_cosigning_witness s;

		sr_cosigning_show(&s, c, i);
		MUST(s.cosigned == by[i].valid);
	}
	MUST(sr_cosigning_met(c) == (by[0].valid && by[1].valid));
	sr_note_free(&n);
}

static void answer(struct sr_cosigning *c, size_t i, unsigned what, struct sr_bytes body,
	const struct sr_cosigning_now *at) {
	struct sr_add_reply r = {200, sr_bytes_str("text/plain"), body};
	enum sr_cosigning_event event;
	struct sr_err e = {0};
	struct sr_buf b;

	sr_buf_init(&b);
	if (what == 1)
		line(&b, i, sr_cosigning_size(c));
	else if (what == 2)
		line(&b, 1 - i, sr_cosigning_size(c));
	else if (what == 3)
		line(&b, i, sr_cosigning_size(c) + 1);
	sr_buf_put_bytes(&b, body);
	r.body = sr_buf_view(&b);
	if (what == 4) {
		r.status = 409;
		r.type = sr_bytes_str(SR_WITNESS_SIZE_TYPE);
	} else if (what == 5) {
		r.status = fuzz_u16(&body);
		r.body = body;
	}
	event = sr_cosigning_answer(c, i, what == 6 ? NULL : &r, "cut", at, &e);
	MUST(event != SR_COSIGNING_ALARMS || r.status == 409 || r.status == 422);
	MUST((event == SR_COSIGNING_ALARMS) <= (e.code != 0));
	MUST(what != 3 || event == SR_COSIGNING_NOTHING);
	sr_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	const struct sr_cosigning_log log = {&log_key.vkey, size_now, prove, NULL};
	struct sr_cosigning_now at = {.ms = 1, .s = NOW_S};
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_cosigning *c = NULL;
	struct sr_policy *p;
	struct sr_buf note, request;
	uint64_t offered = 3;
	struct sr_err e;

	fuzz_start();
	t_fill(leaves, sizeof leaves, 9);
	fuzz_log_key(&log_key);
	fuzz_witness_key(&witness[0], 0);
	fuzz_witness_key(&witness[1], 1);
	p = our_policy();
	assert_ok(sr_cosigning_new(&c, p, &log, &e), &e);
	sr_buf_init(&note);
	sr_buf_init(&request);
	ledger_size = 5;
	checkpoint(&note, offered);
	assert_ok(sr_cosigning_offer(c, sr_buf_view(&note), at.ms, &e), &e);
	while (in.len > 0) {
		size_t due = fuzz_u8(&in) % 2;
		const unsigned what = fuzz_u8(&in) % 8;
		const uint16_t len = fuzz_u16(&in);
		struct sr_bytes body = fuzz_take(&in, len);

		at.ms += SR_COSIGNING_SETUP_MS;
		if (what == 7 && offered < LEAVES - 1) {
			offered++;
			ledger_size = offered > ledger_size ? offered : ledger_size;
			sr_buf_clear(&note);
			checkpoint(&note, offered);
			assert_ok(sr_cosigning_offer(c, sr_buf_view(&note), at.ms, &e), &e);
		} else if (sr_cosigning_due(c, at.ms, &due)) {
			sr_buf_clear(&request);
			assert_ok(sr_cosigning_request(c, due, &request, &e), &e);
			answer(c, due, what, body, &at);
		}
		holds(c, p);
	}
	sr_cosigning_free(c);
	sr_policy_free(p);
	sr_buf_free(&request);
	sr_buf_free(&note);
	return 0;
}

void fuzz_seeds(void) {
	static const char sizes[] = "\0\4\2\0"
				    "1\n"
				    "\0\1\0\0"
				    "\1\1\0\0"
				    "\0\7\0\0"
				    "\0\4\2\0"
				    "5\n"
				    "\0\4\2\0"
				    "9\n";
	static const char others[] = "\0\2\0\0"
				     "\0\3\0\0"
				     "\0\6\0\0"
				     "\0\5\3\0"
				     "\xf4\1x"
				     "\0\5\2\0"
				     "\xa6\1";
	struct sr_buf b;

	fuzz_seed("sizes", sr_bytes_of(sizes, sizeof sizes - 1));
	fuzz_seed("others", sr_bytes_of(others, sizeof others - 1));
	fuzz_start();
	t_fill(leaves, sizeof leaves, 9);
	fuzz_log_key(&log_key);
	fuzz_witness_key(&witness[0], 0);
	fuzz_witness_key(&witness[1], 1);
	sr_buf_init(&b);
	line(&b, 1, 3);
	fuzz_seed_with("line", (const char[]){0, 1, (char)b.len, 0}, 4, sr_buf_view(&b));
	sr_buf_free(&b);
}
