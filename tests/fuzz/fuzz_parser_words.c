/*
 * fuzz_parser_words - text of markup, RTF and bytes of any encoding: what comes out is UTF-8, and
 * not more than a small multiple of what went in. Input: u8 what, the file.
 */
#include "base/escape.h"
#include "fuzz.h"
#include "parser/charset.h"
#include "parser/markup.h"
#include "parser/rtf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const uint8_t what = fuzz_u8(&in);
	struct sr_buf utf8, out;
	bool guessed = false;
	if (in.len > 100000)
		return 0;
	sr_buf_init(&utf8);
	sr_buf_init(&out);
	if (what % 4 == 0) {
		par_rtf_text(&out, in);
	} else {
		par_charset_decode(&utf8, par_charset_of(in, par_markup_charset(in), &guessed), in);
		MUST(sr_utf8_valid(sr_buf_view(&utf8)));
		par_markup_text(&out, sr_buf_view(&utf8), what % 4 == 1);
	}
	(void)par_is_html(in);
	(void)par_is_xml(in);
	MUST(sr_utf8_valid(sr_buf_view(&out)));
	MUST(out.len <= 4 * in.len + 4 && utf8.len <= 3 * in.len);
	MUST(sr_buf_ok(&out, NULL) == 0);
	sr_buf_free(&utf8);
	sr_buf_free(&out);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_with("html", "\1", 1,
		sr_bytes_str("<!doctype html><meta charset=windows-1251><title>T</title><p "
			     "a=\"x>y\">\xCF\xF0&eacute;&#1575;<script>no</script>"
			     "<table><tr><td>1<td>2</table><!-- c -->"));
	fuzz_seed_with("xml", "\2", 1,
		sr_bytes_str("<?xml version='1.0' encoding='utf-8'?><a><![CDATA[x]]>&lt;</a>"));
	fuzz_seed_with("rtf", "\4", 1,
		sr_bytes_str(
			"{\\rtf1\\ansi\\ansicpg1256{\\fonttbl{\\f0 A;}}\\uc1\\u1575?\\'c7\\par "
			"\\bin3 abc\\~}"));
}
