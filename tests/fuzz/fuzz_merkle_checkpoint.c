/*
 * fuzz_merkle_checkpoint - checkpoints and the cosignatures under them.
 *
 * Input: u8 mode, then
 *   0  a checkpoint's text: refused, or written back; a note over it opens exactly when it is one
 * of our log, and a witness signs it exactly when it is a checkpoint 1  a note: opens only if our
 * log signed it, cosignatures count only if our witness made them 2  bytes of a cosignature (time
 * and signature) put under our checkpoint
 */
#include "fuzz_merkle.h"
#include "merkle/checkpoint.h"

#define OUR_TIME 1795255200u

static void our_checkpoint(struct sr_buf *out) {
	struct fuzz_key k;
	struct sr_checkpoint c = {.size = 1000};
	struct sr_err e;
	(void)snprintf(c.origin, sizeof c.origin, "%s", FUZZ_ORIGIN);
	t_fill(c.root, sizeof c.root, 3);
	fuzz_log_key(&k);
	assert_ok(sr_checkpoint_sign(out, &c, &k.signer, 1, &e), &e);
}

static struct sr_log our_log(const struct fuzz_key *k) {
	struct sr_log log = {.origin = FUZZ_ORIGIN, .keys = &k->vkey, .count = 1};
	return log;
}

static void check_text(struct sr_bytes text) {
	struct fuzz_key k, w;
	struct sr_checkpoint c, opened;
	struct sr_note n;
	struct sr_buf b;
	struct sr_err e;
	fuzz_log_key(&k);
	fuzz_witness_key(&w, 0);
	struct sr_log log = our_log(&k);
	sr_buf_init(&b);
	int rc = sr_checkpoint_parse(&c, text, &e);
	if (rc == 0) {
		MUST(c.size <= SR_TREE_SIZE_MAX);
		assert_ok(sr_checkpoint_put(&b, &c, &e), &e);
		sr_buf_put_bytes(&b, c.extension);
		MUST(sr_bytes_eq(sr_buf_view(&b), text));
	}
	sr_buf_clear(&b);
	int cosigned = sr_cosign_line(&b, text, &w.signer, OUR_TIME, &e);
	MUST((cosigned == 0) == (rc == 0 && sr_note_text_check(text, NULL) == 0));
	sr_buf_clear(&b);
	if (sr_note_sign(&b, text, &k.signer, 1, &e) == 0) {
		int open = sr_checkpoint_open(&opened, &n, sr_buf_view(&b), &log, &e);
		MUST((open == 0) == (rc == 0 && strcmp(c.origin, FUZZ_ORIGIN) == 0));
		if (open == 0) {
			MUST(opened.size == c.size && memcmp(opened.root, c.root, SR_HASH) == 0);
			sr_note_free(&n);
		}
	}
	sr_buf_free(&b);
}

static void check_note(struct sr_bytes in) {
	struct fuzz_key k, w[2];
	struct sr_vkey witnesses[2];
	struct sr_cosigned by[2];
	struct sr_checkpoint c;
	struct sr_note n, ours;
	struct sr_buf real;
	struct sr_err e;
	fuzz_log_key(&k);
	for (unsigned i = 0; i < 2; i++) {
		fuzz_witness_key(&w[i], i);
		witnesses[i] = w[i].vkey;
	}
	struct sr_log log = our_log(&k);
	if (sr_checkpoint_open(&c, &n, in, &log, &e) != 0) {
		MUST(n.lines == NULL);
		return;
	}
	sr_buf_init(&real);
	our_checkpoint(&real);
	assert_ok(sr_note_parse(&ours, sr_buf_view(&real), &e), &e);
	MUST(sr_bytes_eq(n.text, ours.text));
	if (sr_cosign_verify(by, &n, witnesses, 2, &e) == 0) {
		MUST(!by[1].valid); /* the second one never signed */
		MUST(by[0].valid ? by[0].time == OUR_TIME : by[0].time == 0);
	}
	sr_note_free(&ours);
	sr_note_free(&n);
	sr_buf_free(&real);
}

static void check_cosignature(struct sr_bytes sig) {
	struct fuzz_key w;
	struct sr_buf b;
	struct sr_err e;
	fuzz_witness_key(&w, 0);
	sr_buf_init(&b);
	our_checkpoint(&b);
	if (sr_note_put_line(&b, &w.vkey, sig, &e) == 0)
		check_note(sr_buf_view(&b));
	sr_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 3;
	if (mode == 0)
		check_text(in);
	else if (mode == 1)
		check_note(in);
	else
		check_cosignature(in);
	return 0;
}

void fuzz_seeds(void) {
	struct fuzz_key w;
	struct sr_note n;
	struct sr_buf b;
	struct sr_err e;
	fuzz_start();
	fuzz_witness_key(&w, 0);
	sr_buf_init(&b);
	our_checkpoint(&b);
	assert_ok(sr_note_parse(&n, sr_buf_view(&b), &e), &e);
	fuzz_seed_with("text", "\0", 1, n.text);
	fuzz_seed_with("note", "\1", 1, sr_buf_view(&b));
	struct sr_buf both;
	sr_buf_init(&both);
	sr_buf_put_bytes(&both, sr_buf_view(&b));
	assert_ok(sr_cosign_line(&both, n.text, &w.signer, OUR_TIME, &e), &e);
	fuzz_seed_with("cosigned", "\1", 1, sr_buf_view(&both));
	sr_note_free(&n);
	assert_ok(sr_note_parse(&n, sr_buf_view(&both), &e), &e);
	fuzz_seed_with("cosignature", "\2", 1, n.lines[1].sig);
	sr_note_free(&n);
	fuzz_seed_with("extension", "\0", 1,
		sr_bytes_str(
			"strongroom.example/x\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
			"extra line\n"));
	sr_buf_free(&both);
	sr_buf_free(&b);
}
