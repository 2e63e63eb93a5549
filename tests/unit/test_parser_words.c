/*
 * words: encodings, markup and RTF as text, broken ones too.
 */
#include "util.h"

#include <string.h>

#include "base/escape.h"
#include "parser/charset.h"
#include "parser/markup.h"
#include "parser/rtf.h"

static void is(const struct sr_buf *b, const char *want) {
	if (b->len != strlen(want) || (b->len > 0 && memcmp(b->p, want, b->len) != 0))
		fail_msg("got \"%.*s\", want \"%s\"", (int)b->len,
			b->len > 0 ? (const char *)b->p : "", want);
	assert_true(sr_utf8_valid(sr_buf_view(b)));
}

static void encodings(void **state) {
	static const struct {
		const char *in, *named;
		enum par_charset charset;
		bool guessed;
		const char *text;
	} cases[] = {
		{"", "", PAR_UTF8, false, ""},
		{"plain", "windows-1251", PAR_UTF8, false, "plain"},
		{"\xEF\xBB\xBFmark", "", PAR_UTF8, false, "mark"},
		{"\xFF\xFE"
		 "a",
			"", PAR_UTF16LE, false, ""},
		{"na\xEFve caf\xE9 with words around it", "", PAR_WINDOWS1252, true,
			"naïve café with words around it"},
		{"\x80 and \x81 are odd \xE9", "ISO-8859-1", PAR_WINDOWS1252, false,
			"€ and \xEF\xBF\xBD are odd é"},
		{"\xCF\xF0\xE8\xE2\xE5\xF2 \xEC\xE8\xF0, \xFD\xF2\xEE \xEE\xED", "",
			PAR_WINDOWS1251, true, "Привет мир, это он"},
		{"\xF0\xD2\xC9\xD7\xC5\xD4, \xCD\xC9\xD2 \xC9 \xCF\xCE \xCF\xC4\xC9\xCE", "",
			PAR_KOI8R, true, "Привет, мир и он один"},
		{"\xC7\xE1\xE1\xDB\xC9 \xC7\xE1\xDA\xD1\xC8\xED\xC9 \xE3\xE4 \xC7\xE1\xE1\xDB"
		 "\xC7\xCA",
			"", PAR_WINDOWS1256, true, "اللغة العربية من اللغات"},
		{"\xCF\xF0", "koi8-r", PAR_KOI8R, false, "оП"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct sr_bytes in = sr_bytes_str(cases[i].in);
		struct sr_buf out;
		bool guessed = false;
		const enum par_charset c =
			par_charset_of(in, sr_bytes_str(cases[i].named), &guessed);

		if (c != cases[i].charset || guessed != cases[i].guessed)
			fail_msg("case %zu: %s, guessed %d", i, par_charset_name(c), guessed);
		sr_buf_init(&out);
		par_charset_decode(&out, c, in);
		is(&out, cases[i].text);
		sr_buf_free(&out);
	}
	/* A pair, halves of pairs, both orders; a character cut at the end. */
	static const uint8_t pairs[] = {
		0xFF, 0xFE, 0x3D, 0xD8, 0x00, 0xDE, 0x3D, 0xD8, 'x', 0, 0, 0xDE, 'y'};
	static const uint8_t big[] = {0xFE, 0xFF, 0x06, 0x27, 0xD8, 0x3D, 0xDE, 0x00};
	struct sr_buf out;

	sr_buf_init(&out);
	par_charset_decode(&out, PAR_UTF16LE, sr_bytes_of(pairs, sizeof pairs));
	is(&out, "\xF0\x9F\x98\x80\xEF\xBF\xBDx\xEF\xBF\xBD");
	sr_buf_clear(&out);
	par_charset_decode(&out, PAR_UTF16BE, sr_bytes_of(big, sizeof big));
	is(&out, "ا\xF0\x9F\x98\x80");
	sr_buf_clear(&out);
	par_charset_decode(&out, PAR_UTF8, sr_bytes_str("a\xC3(\xF0\x9F"));
	is(&out, "a\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD");
	sr_buf_free(&out);
}

static void html(void **state) {
	static const struct {
		const char *in, *text;
	} cases[] = {
		{"", ""},
		{"<p>one<p>two", "one\ntwo"},
		{"<title>T</title><body>a  \n b<br>c</body>", "T\na b\nc\n"},
		{"a<!-- <p>hidden -->b", "ab"},
		{"a<!-- never ends", "a"},
		{"<script>if (a < b) document.write('<p>no</p>')</script >yes", "yes"},
		{"<style>p { }", ""},
		{"<SCRIPT SRC=x></script><p>x", "x"},
		{"x<template>a<p>b</template>y<svg><title>c</title></svg>", "x\na\nb\ny\nc\n"},
		{"<a href=\"a>b\" title='c>d'>in</a>", "in"},
		{"<a href=\"never ends>in</a> on", "in on"},
		{"&lt;b&gt; &amp;amp; &eacute; &#233; &#xE9; &nbsp;.", "<b> &amp; é é é \xC2\xA0."},
		{"&bogus; &; &#; &#x110000; &#xD800; &amp",
			"&bogus; &; &#; \xEF\xBF\xBD \xEF\xBF\xBD &amp"},
		{"don&#146;t &#x80; &#129;", "don’t € \xEF\xBF\xBD"},
		{"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
		{"<", "<"},
		{"<>", "<>"},
		/* What a browser shows, in markup that was made so that others do not see it. */
		{"<svg>in<p>it</p>", "in\nit\n"},
		{"<svg><style><p>seen", "seen"},
		{"<noscript>without", "without"},
		{"<!-->seen<!-- -->", "seen"},
		{"<!--->seen<!-- -->", "seen"},
		{"<!-- --!>seen<!-- -->", "seen"},
		{"<p a=b=\">seen<p c=\">", "seen\n"},
		{"<p =\">seen<p =\">", "seen\n"},
		{"<p=\">seen<p c=\">", "seen\n"},
		{"<p a=b/c=\">seen<p c=\">", "seen\n"},
		{"<p a = 'x>y' b=\"z>\">seen", "seen"},
		{"</ a=\">seen</p b=\">", "seen\n"},
		{"<!x a=\">seen<p b=\">", "seen\n"},
		{"I <3 you, and 2 <_ 3 > 1", "I <3 you, and 2 <_ 3 > 1"},
		{"<title><!--</title>seen<!-- -->", "<!--\nseen"},
		{"<title/x><!--</title>seen", "<!--\nseen"},
		{"<title></titlex><!--</title>seen<!-- -->", "</titlex><!--\nseen"},
		{"<textarea><script></textarea>seen", "<script>\nseen"},
		{"<noscript><!--</noscript>seen-->", "<!--\nseen-->"},
		{"<?xml?><title/><p>seen", "seen"},
		{"a<", "a<"},
		{"<table><tr><td>1<td>2<tr><td>3</table>", "1 2\n3\n"},
		{"<![CDATA[a < b &amp; c]]>", "a < b &amp; c"},
		{"<?php echo '<p>'; ?>x", "'; ?>x"},
		{"</p></div></template>ok", "ok"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_buf out;

		sr_buf_init(&out);
		par_markup_text(&out, sr_bytes_str(cases[i].in), true);
		is(&out, cases[i].text);
		sr_buf_free(&out);
	}
	assert_true(par_is_html(sr_bytes_str("  <!DOCTYPE HTML PUBLIC")));
	assert_true(par_is_html(sr_bytes_str("<?xml version=\"1.0\"?>\n<html xmlns=''>")));
	assert_false(par_is_html(sr_bytes_str("<?xml version=\"1.0\"?>\n<svg/>")));
	assert_false(par_is_html(sr_bytes_str("words <html>")));
	assert_true(sr_bytes_eq(par_markup_charset(sr_bytes_str("<meta charset=\"koi8-r\">")),
		sr_bytes_str("koi8-r")));
	assert_true(sr_bytes_eq(
		par_markup_charset(sr_bytes_str("<!-- charset=koi8-r --><p title='charset=koi8-r'>"
						"<META http-equiv=x content='text/html; "
						"charset=windows-1251'>")),
		sr_bytes_str("windows-1251")));
	assert_int_equal(par_markup_charset(sr_bytes_str("words of charset=koi8-r")).len, 0);
	assert_true(sr_bytes_eq(
		par_markup_charset(sr_bytes_str("<?xml version='1.0' encoding='windows-1256'?>")),
		sr_bytes_str("windows-1256")));
}

/* The end of all is looked through once for what never ends, not once for each tag. */
static void unended(void **state) {
	struct sr_buf in, out;

	(void)state;
	sr_buf_init(&in);
	sr_buf_init(&out);
	for (int i = 0; i < 400000; i++)
		sr_buf_put_str(&in, "<a b=\">\" c=");
	sr_buf_put_str(&in, "\">seen <i>on</i>");
	par_markup_text(&out, sr_buf_view(&in), true);
	assert_true(out.len > 10 && memcmp(out.p + out.len - 7, "seen on", 7) == 0);
	sr_buf_free(&in);
	sr_buf_free(&out);
}

/* An XML bomb is text that says so. */
static void no_entities(void **state) {
	struct sr_buf out;

	(void)state;
	sr_buf_init(&out);
	par_markup_text(&out,
		sr_bytes_str("<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"lol\">"
			     "<!ENTITY b SYSTEM \"file:///etc/passwd\">]><r>&a;&b;</r>"),
		false);
	is(&out, "]>\n&a;&b;\n");
	sr_buf_free(&out);
}

static void rtf(void **state) {
	static const struct {
		const char *in, *text;
	} cases[] = {
		{"{\\rtf1 a\\par b}", "a\nb"},
		{"{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0}", "Пр"},
		{"{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\*\\generator x}{\\info{\\title t}}y}", "y"},
		{"{\\rtf1\\uc1\\u1575?\\u1604?}", "ال"},
		{"{\\rtf1\\uc0\\u-10179 \\u-8704 }", "\xF0\x9F\x98\x80"},
		{"{\\rtf1 a\\{b\\}\\\\\\~\\tab c}", "a{b}\\\xC2\xA0\tc"},
		{"{\\rtf1 {\\pict 0102}z", "z"},
		{"{\\rtf1 x}}}}\\", "x"},
		{"{\\rtf1 a\\bin3 {}}b}", "ab"},
		/* The encoding of the font, which ends with its group. */
		{"{\\rtf1\\ansi\\ansicpg1252\\deff1{\\fonttbl"
		 "{\\f0\\fcharset178 A;}{\\f1\\fcharset0 B;}"
		 "{\\f31500\\fcharset204 C;}}\\'e9 {\\f0 \\'df\\'ca}"
		 "{\\f31500\\'cf\\'f0\\plain\\'e9}\\'e9"
		 "\\f-1\\'e9\\f32768\\'e9}",
			"é كتПрéééé"},
		{"{\\rtf1\\ansicpg1251{\\fonttbl\\f0\\fcharset0 A;"
		 "\\f1\\fcharset178 B;}\\f0\\'cf\\f1\\'df}",
			"Пك"},
		{"{\\rtf1 \\bin99999999 abc}", "abc"},
		{"{\\rtf1 {\\pict\\bin3 }}}1}seen", "seen"},
		{"{\\rtf1 {\\pict\\bin99 }seen}", "seen"},
		{"{\\rtf1 {\\header on top}{\\shp{\\*\\shpinst{\\sp no}{\\shptxt box}}}"
		 "{\\object{\\*\\objdata 00}{\\result{\\pict 00}object}}"
		 "{\\*\\annotation{\\*\\atnref 1}x}}",
			"on topboxobjectx"},
		{"{\\rtf1 \\'zz\\'9", "zz9"},
	};
	struct sr_buf deep, out;

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		sr_buf_init(&out);
		par_rtf_text(&out, sr_bytes_str(cases[i].in));
		is(&out, cases[i].text);
		sr_buf_free(&out);
	}
	sr_buf_init(&deep);
	sr_buf_init(&out);
	for (int i = 0; i < 5000; i++)
		sr_buf_put_u8(&deep, '{');
	sr_buf_put_str(&deep, "{\\*\\hidden ?}in");
	for (int i = 0; i < 6000; i++)
		sr_buf_put_u8(&deep, '}');
	sr_buf_put_str(&deep, "out");
	par_rtf_text(&out, sr_buf_view(&deep));
	is(&out, "?inout");
	sr_buf_free(&deep);
	sr_buf_free(&out);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodings),
		cmocka_unit_test(html),
		cmocka_unit_test(unended),
		cmocka_unit_test(no_entities),
		cmocka_unit_test(rtf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
