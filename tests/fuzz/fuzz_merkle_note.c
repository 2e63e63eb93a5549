/*
 * fuzz_merkle_note - signed notes: refused, or parts that make up exactly the bytes; a known key
 * vouches only for what it signed.
 *
 * Input: u8 mode, then
 *   0  a note
 *   1  a text, signed with our key if a note may hold it
 *   2  signature lines, to be put under a note of ours
 */
#include "fuzz_merkle.h"

static const char our_text[] = "strongroom/test/v1\nwhat we signed\n";

static void our_note(struct sr_buf *out) {
	struct fuzz_key k;
	struct sr_err e;
	fuzz_log_key(&k);
	assert_ok(sr_note_sign(out, sr_bytes_str(our_text), &k.signer, 1, &e), &e);
}

/* Text, an empty line and the lines are the bytes; base64 of (keyid, sig) is what a line ends in.
 */
static void check_parts(const struct sr_note *n, struct sr_bytes in) {
	struct sr_buf again, line;
	sr_buf_init(&again);
	sr_buf_init(&line);
	MUST(n->count >= 1 && n->count <= SR_NOTE_LINES);
	MUST(n->text.len > 0 && n->text.p[n->text.len - 1] == '\n');
	MUST(sr_note_text_check(n->text, NULL) == 0);
	sr_buf_put_bytes(&again, n->text);
	sr_buf_put_u8(&again, '\n');
	for (size_t i = 0; i < n->count; i++) {
		const struct sr_note_line *l = &n->lines[i];
		struct sr_buf raw;
		MUST(l->sig.len > 0 && sr_note_name_check(l->name, NULL) == 0);
		sr_buf_init(&raw);
		sr_buf_put(&raw, l->id, SR_NOTE_KEYID);
		sr_buf_put_bytes(&raw, l->sig);
		sr_buf_clear(&line);
		sr_buf_put_str(&line, "\xe2\x80\x94 ");
		sr_buf_put_bytes(&line, l->name);
		sr_buf_put_u8(&line, ' ');
		sr_buf_put_base64(&line, raw.p, raw.len);
		sr_buf_put_u8(&line, '\n');
		MUST(sr_bytes_eq(sr_buf_view(&line), l->raw));
		sr_buf_put_bytes(&again, l->raw);
		sr_buf_free(&raw);
	}
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	sr_buf_free(&again);
	sr_buf_free(&line);
}

static void check_note(struct sr_bytes in) {
	struct fuzz_key k;
	struct sr_note n;
	struct sr_err e;
	fuzz_log_key(&k);
	if (sr_note_parse(&n, in, &e) != 0) {
		MUST(n.lines == NULL && n.count == 0);
		return;
	}
	MUST(sr_bytes_eq(n.raw, in));
	check_parts(&n, in);
	if (sr_note_verify(&n, &k.vkey, 1, &e) == 0) {
		MUST(sr_bytes_eq(n.text, sr_bytes_str(our_text)));
		MUST(sr_note_signed_by(&n, 0));
	}
	sr_note_free(&n);
}

static void sign_text(struct sr_bytes text) {
	struct fuzz_key k;
	struct sr_note n;
	struct sr_buf note;
	struct sr_err e;
	fuzz_log_key(&k);
	sr_buf_init(&note);
	int fit = sr_note_text_check(text, &e);
	int rc = sr_note_sign(&note, text, &k.signer, 1, &e);
	MUST((fit == 0) == (rc == 0));
	if (rc == 0) {
		assert_ok(sr_note_open(&n, sr_buf_view(&note), &k.vkey, 1, &e), &e);
		MUST(sr_bytes_eq(n.text, text) && n.count == 1);
		check_parts(&n, sr_buf_view(&note));
		sr_note_free(&n);
	}
	sr_buf_free(&note);
}

static void merge_lines(struct sr_bytes lines) {
	struct fuzz_key k;
	struct sr_note n, merged;
	struct sr_buf note, out;
	struct sr_err e;
	fuzz_log_key(&k);
	sr_buf_init(&note);
	sr_buf_init(&out);
	our_note(&note);
	assert_ok(sr_note_parse(&n, sr_buf_view(&note), &e), &e);
	if (sr_note_merge(&out, &n, lines, &e) == 0) {
		assert_ok(sr_note_parse(&merged, sr_buf_view(&out), &e), &e);
		MUST(sr_bytes_eq(merged.text, n.text) && merged.count >= n.count);
		MUST(out.len >= note.len && memcmp(out.p, note.p, note.len) == 0);
		check_parts(&merged, sr_buf_view(&out));
		sr_note_free(&merged);
	} else {
		MUST(out.len == 0);
	}
	sr_note_free(&n);
	sr_buf_free(&note);
	sr_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 3;
	if (mode == 0)
		check_note(in);
	else if (mode == 1)
		sign_text(in);
	else
		merge_lines(in);
	return 0;
}

void fuzz_seeds(void) {
	struct fuzz_key w;
	struct sr_buf b;
	struct sr_err e;
	fuzz_start();
	fuzz_witness_key(&w, 0);
	sr_buf_init(&b);
	our_note(&b);
	fuzz_seed_with("note", "\0", 1, sr_buf_view(&b));
	assert_ok(sr_note_put_line(&b, &w.vkey, sr_bytes_str("any bytes"), &e), &e);
	fuzz_seed_with("two-lines", "\0", 1, sr_buf_view(&b));
	fuzz_seed_with("text", "\1", 1, sr_bytes_str("one\n\ntwo \xe2\x80\x94 \xc3\xa4\n"));
	sr_buf_clear(&b);
	assert_ok(sr_note_put_line(&b, &w.vkey, sr_bytes_str("any bytes"), &e), &e);
	fuzz_seed_with("line", "\2", 1, sr_buf_view(&b));
	sr_buf_free(&b);
}
