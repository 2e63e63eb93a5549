/*
 * fuzz_parser_text - what any file says, by what its first bytes say that it is: a page is UTF-8
 * and of a size, what is text itself has none, and it is told how it ended. Input: u8 pages that
 * are taken at most, u8 KiB of text that are, the file.
 */
#include "../unit/compound_rig.h"
#include "fuzz_inside.h"

static void read_any(struct sr_inside *s) {
	(void)par_text_needs_tools(s); /* which would read it instead */
	par_text(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const uint32_t pages = fuzz_u8(&in);
	const uint64_t bytes = (uint64_t)fuzz_u8(&in) << 10;
	if (in.len > 100000)
		return 0;
	(void)fuzz_tell(read_any, in, pages, bytes);
	MUST(fuzz_told.all.len <= bytes);
	fuzz_told_free();
	return 0;
}

static void compound(struct sr_buf *b, const char *name, struct sr_buf *stream) {
	const struct rig_stream s[] = {{name, sr_buf_view(stream), false}};
	sr_buf_clear(b);
	rig_compound(b, s, sizeof s / sizeof *s);
	sr_buf_clear(stream);
}

void fuzz_seeds(void) {
	static const char head[] = "\x10\x80";
	static const char wide[] = "\xFF\xFE<\0h\0t\0m\0l\0>\0W\0o\0r\0d\0s\0";
	struct sr_buf stream, table, file;
	sr_buf_init(&stream);
	sr_buf_init(&table);
	sr_buf_init(&file);
	fuzz_seed_with("plain", head, 2, sr_bytes_str("Words, and no more.\n"));
	fuzz_seed_with("legacy", head, 2,
		sr_bytes_str("\xCF\xF0\xE8\xE2\xE5\xF2 \xEC\xE8\xF0, \xFD\xF2\xEE \xEE\xED\n"));
	fuzz_seed_with("html", head, 2, sr_bytes_str("<!doctype html><p>Words<p>of it"));
	fuzz_seed_with("wide", head, 2, sr_bytes_of(wide, sizeof wide - 1));
	fuzz_seed_with("xml", head, 2,
		sr_bytes_str("<?xml version='1.0' encoding='windows-1252'?><a>caf\xE9</a>"));
	fuzz_seed_with("rtf", head, 2, sr_bytes_str("{\\rtf1\\ansi Words\\par of it}"));
	fuzz_seed_with("letter", head, 2, sr_bytes_str("From: a@b\nTo: c@d\n\nWords\n"));
	rig_word(&stream, &table, 0);
	const struct rig_stream word[] = {{"WordDocument", sr_buf_view(&stream), false},
		{"1Table", sr_buf_view(&table), false}};
	rig_compound(&file, word, sizeof word / sizeof *word);
	fuzz_seed_with("word", head, 2, sr_buf_view(&file));
	sr_buf_clear(&stream);
	rig_excel(&stream, false);
	compound(&file, "Workbook", &stream);
	fuzz_seed_with("excel", head, 2, sr_buf_view(&file));
	rig_powerpoint(&stream);
	compound(&file, "PowerPoint Document", &stream);
	fuzz_seed_with("powerpoint", head, 2, sr_buf_view(&file));
	sr_buf_free(&stream);
	sr_buf_free(&table);
	sr_buf_free(&file);
}
