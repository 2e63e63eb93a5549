/*
 * fuzz_room_counts - numbers about a text: the same however it was cut into pieces, no more of each
 * than there are bytes, and of a page with few words nothing but that.
 *
 * Input: u8 size of the pieces, the text; only whole characters are fed, as the contract wants.
 */
#include "base/escape.h"
#include "fuzz.h"
#include "room/counts.h"

static void count(struct sr_page_counts *out, struct sr_bytes text, size_t step) {
	struct sr_counter *c = NULL;
	struct sr_err e = {0};
	assert_ok(sr_counter_new(&c, &e), &e);
	while (text.len > 0) {
		size_t n = 0;
		while (n < text.len && n < step) { /* whole characters */
			uint32_t cp = 0;
			n += sr_utf8_next(sr_bytes_of(text.p + n, text.len - n), &cp);
		}
		sr_counter_feed(c, sr_bytes_of(text.p, n));
		text = sr_bytes_of(text.p + n, text.len - n);
	}
	sr_counter_page(c, out);
	sr_counter_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_page_counts whole, pieces;
	const size_t step = (size_t)fuzz_u8(&in) + 1;
	uint64_t letters = 0;
	if (!sr_utf8_valid(in))
		return 0;
	memset(&whole, 0, sizeof whole);
	memset(&pieces, 0, sizeof pieces);
	count(&whole, in, in.len + 1);
	count(&pieces, in, step);
	MUST(whole.tokens == pieces.tokens && whole.distinct == pieces.distinct);
	MUST(whole.sentences == pieces.sentences && whole.lines == pieces.lines);
	MUST(whole.characters == pieces.characters && whole.language == pieces.language);
	for (int i = 0; i < SR_SCRIPTS; i++) {
		MUST(whole.letters[i] == pieces.letters[i]);
		letters += whole.letters[i];
	}
	MUST(whole.distinct <= whole.tokens && whole.tokens <= in.len);
	MUST(letters <= whole.characters && whole.characters <= in.len);
	MUST(whole.sentences <= in.len && whole.lines <= in.len + 1);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_with("few", "\3", 1, sr_bytes_str("Too few words to be counted.\n"));
	fuzz_seed_with("english", "\1", 1,
		sr_bytes_str("The letter says that the men who were at the mill on that day were "
			     "not the ones who had been there before. It was said, too, that the "
			     "keys were lost! Were they?\nSo it is in the book of the town.\n"));
	fuzz_seed_with("arabic", "\5", 1,
		sr_bytes_str("\xd9\x81\xd9\x8a \xd8\xa7\xd9\x84\xd8\xa8\xd9\x8a\xd8\xaa \xd9"
			     "\x85\xd9\x86 \xd8\xb9\xd9\x84\xd9\x89\xd8\x9f\n"));
}
