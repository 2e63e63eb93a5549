/*
 * fuzz_crypto_armor - age armor, read in pieces of any size.
 *
 * Input: u8 size of the pieces, the text. Pieces make no difference; what is taken is what the
 * canonical writer would have written, but for CR before LF and white space around it.
 */
#include "crypto/armor.h"
#include "fuzz_crypto.h"

static const char begin_line[] = "-----BEGIN AGE ENCRYPTED FILE-----\n";
static const char end_line[] = "-----END AGE ENCRYPTED FILE-----\n";

static int unarmor(struct sr_buf *out, struct sr_bytes text, size_t step) {
	struct sr_age_armor *a = NULL;
	struct sr_err e;
	int rc = 0;
	assert_ok(sr_age_armor_new(&a, sr_age_sink_buf(out), &e), &e);
	while (rc == 0 && text.len > 0) {
		struct sr_bytes piece = fuzz_take(&text, step);
		rc = sr_age_armor_write(a, piece.p, piece.len, &e);
	}
	int end = sr_age_armor_finish(a, &e);
	MUST(rc == 0 || end == rc); /* the first failure is final */
	sr_age_armor_free(a);
	return end;
}

static void canonical(struct sr_buf *out, struct sr_bytes plain) {
	struct sr_buf text;
	sr_buf_init(&text);
	sr_buf_put_base64(&text, plain.p, plain.len);
	sr_buf_put_str(out, begin_line);
	for (size_t at = 0; at < text.len; at += 64) {
		sr_buf_put(out, text.p + at, text.len - at < 64 ? text.len - at : 64);
		sr_buf_put_u8(out, '\n');
	}
	sr_buf_put_str(out, end_line);
	sr_buf_free(&text);
}

static bool is_space(uint8_t c) {
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ${in} without what a reader may pass over. */
static void stripped(struct sr_buf *out, struct sr_bytes in) {
	size_t from = 0, to = in.len;
	while (from < to && is_space(in.p[from]))
		from++;
	while (to > from && is_space(in.p[to - 1]))
		to--;
	for (size_t i = from; i < to; i++)
		if (in.p[i] != '\r' || i + 1 == to || in.p[i + 1] != '\n')
			sr_buf_put_u8(out, in.p[i]);
	sr_buf_put_u8(out, '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_buf whole, pieces, want, have;
	fuzz_start();
	size_t step = (size_t)fuzz_u8(&in) + 1;
	sr_buf_init(&whole);
	sr_buf_init(&pieces);
	sr_buf_init(&want);
	sr_buf_init(&have);
	int rc = unarmor(&whole, in, in.len == 0 ? 1 : in.len);
	MUST(unarmor(&pieces, in, step) == rc);
	MUST(sr_bytes_eq(sr_buf_view(&whole), sr_buf_view(&pieces)));
	if (rc == 0) {
		canonical(&want, sr_buf_view(&whole));
		stripped(&have, in);
		MUST(sr_bytes_eq(sr_buf_view(&want), sr_buf_view(&have)));
	}
	sr_buf_free(&whole);
	sr_buf_free(&pieces);
	sr_buf_free(&want);
	sr_buf_free(&have);
	return 0;
}

void fuzz_seeds(void) {
	uint8_t plain[97];
	struct sr_buf text;
	t_fill(plain, sizeof plain, 1);
	sr_buf_init(&text);
	canonical(&text, sr_bytes_of(plain, sizeof plain));
	fuzz_seed_with("three-lines", "\x06", 1, sr_buf_view(&text));
	sr_buf_clear(&text);
	canonical(&text, sr_bytes_of(plain, 48));
	fuzz_seed_with("full-line", "\0", 1, sr_buf_view(&text));
	sr_buf_clear(&text);
	canonical(&text, sr_bytes_of(NULL, 0));
	fuzz_seed_with("empty", "\x20", 1, sr_buf_view(&text));
	sr_buf_free(&text);
}
