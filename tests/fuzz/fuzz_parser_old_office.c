/*
 * fuzz_parser_old_office - compound files, and the words of documents in them: what comes out is
 * UTF-8, and not more than a small multiple of what went in. Input: u8 what, the file or stream.
 */
#include "../unit/compound_rig.h"
#include "base/escape.h"
#include "fuzz.h"
#include "parser/compound.h"
#include "parser/old_office.h"

static bool page(void *ctx, struct sr_bytes text) {
	size_t *sum = ctx;
	MUST(sr_utf8_valid(text));
	/* One string of 64 KiB is put where there was room still. */
	MUST(text.len <= PAR_PAGE_MAX + (256 << 10));
	*sum += text.len;
	return *sum < (size_t)64 << 20;
}

static void compound(struct sr_bytes in, struct sr_buf *out) {
	struct par_compound c;
	if (par_compound_open(&c, in) == NULL) {
		MUST(c.table.len <= 2 * in.len + (1 << 20) && c.folder.len <= in.len + 4096);
		if (par_compound_read(&c, "WordDocument", out))
			MUST(out->len <= in.len + 4096);
		sr_buf_clear(out);
		(void)par_compound_has(&c, "Workbook");
	}
	par_compound_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const uint8_t what = fuzz_u8(&in);
	struct sr_buf out;
	size_t sum = 0;
	if (in.len > 100000)
		return 0;
	sr_buf_init(&out);
	if (what % 4 == 0) {
		compound(in, &out);
	} else if (what % 4 == 1) {
		const size_t head = in.len > 2 ? 2 : 0;
		const size_t n = head > 0 ? sr_le16_get(in.p) % (in.len - 1) : 0;
		const struct sr_bytes document = sr_bytes_of(in.p + head, n);
		(void)par_word_table(document);
		(void)par_word_text(
			&out, document, sr_bytes_of(in.p + head + n, in.len - head - n));
		MUST(out.len <= 8 * in.len);
	} else if (what % 4 == 2) {
		(void)par_excel_text(in, page, &sum);
	} else {
		(void)par_powerpoint_text(&out, in);
		MUST(out.len <= 4 * in.len);
	}
	MUST(sr_buf_ok(&out, NULL) == 0 && sr_utf8_valid(sr_buf_view(&out)));
	sr_buf_free(&out);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_buf d, t, both, file;
	sr_buf_init(&d);
	sr_buf_init(&t);
	sr_buf_init(&both);
	sr_buf_init(&file);
	rig_word(&d, &t, 0);
	rig_u16(&both, (unsigned)d.len);
	sr_buf_put_bytes(&both, sr_buf_view(&d));
	sr_buf_put_bytes(&both, sr_buf_view(&t));
	fuzz_seed_with("word", "\1", 1, sr_buf_view(&both));
	const struct rig_stream s[] = {{"WordDocument", sr_buf_view(&d), false},
		{"1Table", sr_buf_view(&t), false}, {"Hidden", sr_bytes_str("hidden"), true}};
	rig_compound(&file, s, sizeof s / sizeof *s);
	fuzz_seed_with("compound", "\4", 1, sr_buf_view(&file));
	sr_buf_clear(&d);
	rig_excel(&d, false);
	fuzz_seed_with("excel", "\2", 1, sr_buf_view(&d));
	sr_buf_clear(&d);
	rig_powerpoint(&d);
	fuzz_seed_with("powerpoint", "\3", 1, sr_buf_view(&d));
	sr_buf_free(&d);
	sr_buf_free(&t);
	sr_buf_free(&both);
	sr_buf_free(&file);
}
