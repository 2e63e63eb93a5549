/*
 * fuzz_catalogue_fold - any bytes are folded: units lie in order in the input, are valid UTF-8
 * without controls, and folding what is folded changes nothing.
 */
#include "base/escape.h"
#include "catalogue/fold.h"
#include "fuzz.h"

static void drop_spaces(struct sr_buf *b) {
	size_t n = 0;
	for (size_t i = 0; i < b->len; i++)
		if (b->p[i] != ' ')
			b->p[n++] = b->p[i];
	b->len = n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_fold_unit u;
	struct sr_fold f;
	struct sr_buf once, twice;
	size_t end = 0;
	bool gram = false, cut = false;
	sr_buf_init(&once);
	sr_buf_init(&twice);
	sr_fold_init(&f, in);
	while (sr_fold_next(&f, &u)) {
		MUST(u.start >= end && u.end > u.start && u.end <= in.len);
		MUST(u.len > 0 && u.len <= SR_FOLD_ROOM);
		MUST(sr_utf8_valid(sr_bytes_of(u.text, u.len)));
		for (size_t i = 0; i < u.len; i++)
			MUST((uint8_t)u.text[i] > 0x20 && u.text[i] != 0x7f);
		MUST(!u.joined || (u.gram && gram));
		gram = u.gram;
		cut = cut || u.len >= SR_FOLD_WORD;
		end = u.end;
	}
	MUST(!sr_fold_next(&f, &u));
	sr_fold_text(&once, in);
	sr_fold_text(&twice, sr_buf_view(&once));
	if (cut) { /* a long word may be cut at another place: the letters stay */
		drop_spaces(&once);
		drop_spaces(&twice);
	}
	MUST(sr_bytes_eq(sr_buf_view(&once), sr_buf_view(&twice)));
	sr_buf_free(&once);
	sr_buf_free(&twice);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_str("latin", "Stra\xc3\x9f"
			       "e U\xcc\x88"
			       "bung \xef\xac\x81nance Sh\xc4\xabra");
	fuzz_seed_str("arabic",
		"\xd9\x85\xd9\x8e\xd8\xac\xd9\x8e\xd9\x84\xd9\x91\xd9\x8e\xd8\xa9 \xef\xbb\xbb");
	fuzz_seed_str(
		"han", "iPhone\xe6\x89\x8b\xe6\x9c\xbaX \xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd");
	fuzz_seed_str("kana", "\xef\xbd\xb6\xef\xbe\x9e\xe3\x82\xab\xe3\x82\x99\xe3\x81\x8c");
	fuzz_seed_str("hangul",
		"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80\xe1\x85\xb3\xe1\x86\xaf");
	fuzz_seed_str("greek-cyrillic",
		"\xce\x9f\xce\x94\xce\x8c\xce\xa3 \xd0\x81\xd0\xbb\xd0\xba\xd0\xb0 "
		"\xd0\xb8\xcc\x86");
	fuzz_seed_str("signs", "a-b_c.d'e \xc2\xab\xc2\xbb \xff\xfe 12\xd9\xa4");
}
