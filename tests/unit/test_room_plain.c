/*
 * The text form: what counts as text, how it is decoded whatever the pieces it comes in, and that
 * nothing of it can steer a terminal.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "room/plain.h"
#include "util.h"

static struct sr_bytes lit(const char *s) {
	return sr_bytes_str(s);
}

static void probed(struct sr_bytes in, enum sr_plain_encoding want) {
	enum sr_plain_encoding enc = SR_PLAIN_UTF16BE;
	struct sr_err e = {0};

	assert_ok(sr_plain_probe(&enc, in, &e), &e);
	assert_int_equal(enc, want);
}

static void refused(struct sr_bytes in, const char *what) {
	enum sr_plain_encoding enc;
	struct sr_err e = {0};

	assert_fails(sr_plain_probe(&enc, in, &e), SR_UNSUPPORTED, &e, what);
}

static void text_is_known(void **state) {
	(void)state;
	probed(lit(""), SR_PLAIN_UTF8);
	probed(lit("plain ASCII\r\n\twith a tab\f"), SR_PLAIN_UTF8);
	probed(lit("caf\xc3\xa9"), SR_PLAIN_UTF8);
	probed(lit("\xef\xbb\xbfwith a mark"), SR_PLAIN_UTF8);
	probed(lit("caf\xe9 au lait"), SR_PLAIN_WINDOWS1252);
	probed(lit("ends in half a character \xc3"), SR_PLAIN_WINDOWS1252);
	probed(sr_bytes_of("\xff\xfe"
			   "a\0",
		       4),
		SR_PLAIN_UTF16LE);
	probed(sr_bytes_of("\xfe\xff\0a", 4), SR_PLAIN_UTF16BE);
	probed(lit("\x1b[31mred\x1b[0m of a terminal log"), SR_PLAIN_UTF8);
	/* Text that begins as a picture or a program does. */
	probed(lit("BMW is a maker of cars, and this is a sentence about it."), SR_PLAIN_UTF8);
	probed(lit("MZ is also the start of a sentence."), SR_PLAIN_UTF8);
	probed(lit("P"), SR_PLAIN_UTF8);
}

/* A character that the end of the probe cuts does not make a file Windows-1252. */
static void a_probe_cuts_a_character(void **state) {
	(void)state;
	char full[SR_PLAIN_PROBE];

	memset(full, 'a', sizeof full);
	full[sizeof full - 1] = '\xc3';
	probed(sr_bytes_of(full, sizeof full), SR_PLAIN_UTF8);
	full[sizeof full - 3] = '\xf0';
	full[sizeof full - 2] = '\x9f';
	full[sizeof full - 1] = '\x92';
	probed(sr_bytes_of(full, sizeof full), SR_PLAIN_UTF8);
	probed(sr_bytes_of(full + 1, sizeof full - 1),
		SR_PLAIN_WINDOWS1252); /* the file's own end */
	full[sizeof full - 4] = '\xff';
	probed(sr_bytes_of(full, sizeof full), SR_PLAIN_WINDOWS1252);
}

static void documents_are_named(void **state) {
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
		const char *what;
	} cases[] = {
		{"%PDF-1.7\n", 9, "a PDF document"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", 9, "OLE2"},
		{"PK\x03\x04\x14\0", 6, "a ZIP container"},
		{"PK\x05\x06\0\0", 6, "an empty ZIP"},
		{"{\\rtf1\\ansi", 11, "RTF"},
		{"%!PS-Adobe", 10, "PostScript"},
		{"\x89PNG\r\n\x1a\n\0\0", 10, "PNG"},
		{"\xff\xd8\xff\xe0\0\x10JFIF", 10, "JPEG"},
		{"GIF89a", 6, "GIF"},
		{"II*\0\x08\0", 6, "TIFF"},
		{"MM\0*\0\0", 6, "TIFF"},
		{"RIFF\x24\0\0\0WEBP", 12, "WebP"},
		{"BM\x36\0\0\0\0\0", 8, "BMP"},
		{"\0\0\0\x18"
		 "ftypmp42",
			12, "MP4"},
		{"\x1a\x45\xdf\xa3\x01", 5, "Matroska"},
		{"RIFF\x24\0\0\0WAVE", 12, "RIFF"},
		{"ID3\x04\0\0", 6, "MP3"},
		{"OggS\0\x02", 6, "Ogg"},
		{"fLaC\0\0", 6, "FLAC"},
		{"\x1f\x8b\x08\0", 4, "gzip"},
		{"BZh91AY&SY\0", 11, "bzip2"},
		{"\xfd"
		 "7zXZ\0",
			6, "xz"},
		{"\x28\xb5\x2f\xfd\x04\0", 6, "Zstandard"},
		{"7z\xbc\xaf\x27\x1c\0", 7, "7-Zip"},
		{"Rar!\x1a\x07\x01\0", 8, "RAR"},
		{"\x7f"
		 "ELF\x02\x01",
			6, "ELF"},
		{"MZ\x90\0\x03\0", 6, "Windows"},
		{"SQLite format 3\0", 16, "SQLite"},
		{"abc\0def", 7, "a NUL byte at offset 3"},
		{"\x01\x02\x03\x04 text", 9, "4 control bytes"},
	};

	for (size_t i = 0; i < T_COUNT(cases); i++)
		refused(sr_bytes_of(cases[i].bytes, cases[i].len), cases[i].what);
}

static void an_archive_is_known_by_its_middle(void **state) {
	(void)state;
	static const char mark[] = {'u', 's', 't', 'a', 'r'};
	char block[512];

	memset(block, ' ', sizeof block);
	memcpy(block + 257, mark, sizeof mark);
	refused(sr_bytes_of(block, sizeof block), "tar");
}

/* ${in} in pieces of ${size}: what comes out. */
static void fed(enum sr_plain_encoding enc, struct sr_bytes in, size_t size, struct sr_buf *out) {
	struct sr_plain p;
	struct sr_err e = {0};
	size_t at = 0;

	sr_plain_init(&p, enc);
	do {
		size_t n = in.len - at < size ? in.len - at : size;

		assert_ok(sr_plain_feed(&p, out, sr_bytes_of(in.p + at, n), at + n == in.len, &e),
			&e);
		at += n;
	} while (at < in.len);
}

/* The same text whatever the pieces. */
static void shows(enum sr_plain_encoding enc, struct sr_bytes in, const char *want) {
	for (size_t size = 1; size <= in.len + 1; size++) {
		struct sr_buf out;

		sr_buf_init(&out);
		fed(enc, in, size, &out);
		if (out.len != strlen(want) || (out.len > 0 && memcmp(out.p, want, out.len) != 0))
			fail_msg("in pieces of %zu: \"%.*s\", want \"%s\"", size, (int)out.len,
				(const char *)out.p, want);
		sr_buf_free(&out);
	}
}

static void utf8(void **state) {
	(void)state;
	shows(SR_PLAIN_UTF8, lit(""), "");
	shows(SR_PLAIN_UTF8, lit("a\n\tb"), "a\n\tb");
	shows(SR_PLAIN_UTF8, lit("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xa1."),
		"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xa1.");
	shows(SR_PLAIN_UTF8, lit("\xef\xbb\xbfmark"), "mark");
	shows(SR_PLAIN_UTF8, lit("\xef\xbb\xbf"), "");
	shows(SR_PLAIN_UTF8, lit("\xef\xbb"), "\\xef\\xbb");
	/* Only the first mark is one; later ones are seen. */
	shows(SR_PLAIN_UTF8,
		lit("a\xef\xbb\xbf"
		    "b"),
		"a\\u{FEFF}b");
	shows(SR_PLAIN_UTF8, lit("cut \xe2\x82"), "cut \\xe2\\x82");
	shows(SR_PLAIN_UTF8, lit("bad \xff\xfe here"), "bad \\xff\\xfe here");
	shows(SR_PLAIN_UTF8, lit("over\xc0\xaflong"), "over\\xc0\\xaflong");
	shows(SR_PLAIN_UTF8, lit("\xed\xa0\x80 surrogate"), "\\xed\\xa0\\x80 surrogate");
}

static void utf16(void **state) {
	(void)state;
	shows(SR_PLAIN_UTF16LE,
		sr_bytes_of("\xff\xfe"
			    "a\0\xe9\0\n\0",
			8),
		"a\xc3\xa9\n");
	shows(SR_PLAIN_UTF16BE,
		sr_bytes_of("\xfe\xff"
			    "\0a\0\xe9\0\n",
			8),
		"a\xc3\xa9\n");
	shows(SR_PLAIN_UTF16LE, sr_bytes_of("\xff\xfe\x3d\xd8\xa1\xdc", 6), "\xf0\x9f\x92\xa1");
	shows(SR_PLAIN_UTF16BE, sr_bytes_of("\xfe\xff\xd8\x3d\xdc\xa1", 6), "\xf0\x9f\x92\xa1");
	/* Lone surrogates and half units are shown as what they are: nothing readable. */
	shows(SR_PLAIN_UTF16LE,
		sr_bytes_of("\xff\xfe\x3d\xd8"
			    "a\0",
			6),
		"\xef\xbf\xbd"
		"a");
	shows(SR_PLAIN_UTF16LE, sr_bytes_of("\xff\xfe\xa1\xdc", 4), "\xef\xbf\xbd");
	shows(SR_PLAIN_UTF16LE, sr_bytes_of("\xff\xfe\x3d\xd8", 4), "\xef\xbf\xbd");
	shows(SR_PLAIN_UTF16LE,
		sr_bytes_of("\xff\xfe"
			    "a\0b",
			5),
		"a\xef\xbf\xbd");
	shows(SR_PLAIN_UTF16LE, sr_bytes_of("\xff\xfe\x1b\0[\0", 6), "\\x1b[");
}

static void windows1252(void **state) {
	(void)state;
	shows(SR_PLAIN_WINDOWS1252, lit("caf\xe9 \x80 \x93quoted\x94 \x9f"),
		"caf\xc3\xa9 \xe2\x82\xac \xe2\x80\x9cquoted\xe2\x80\x9d \xc5\xb8");
	shows(SR_PLAIN_WINDOWS1252, lit("\x81\x8d\x8f\x90\x9d"),
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	shows(SR_PLAIN_WINDOWS1252, lit("\xa0\xff"), "\xc2\xa0\xc3\xbf");
}

/* Whatever the bytes, what comes out is printable, newline or tab; so no file clears a screen or
 * hides a word. */
static void nothing_steers_a_terminal(void **state) {
	(void)state;
	static const enum sr_plain_encoding all[] = {
		SR_PLAIN_UTF8, SR_PLAIN_UTF16LE, SR_PLAIN_UTF16BE, SR_PLAIN_WINDOWS1252};
	uint8_t in[3000];

	for (size_t i = 0; i < T_COUNT(all); i++) {
		for (uint64_t seed = 0; seed < 8; seed++) {
			struct sr_buf out;
			size_t at = 0;

			t_fill(in, sizeof in, seed);
			for (size_t j = 0; j < sizeof in; j++)
				if (seed % 2 == 1)
					in[j] &= 0x9f; /* many controls */
			sr_buf_init(&out);
			fed(all[i], sr_bytes_of(in, sizeof in), 1 + (size_t)seed * 37, &out);
			assert_true(out.len > 0);
			while (at < out.len) {
				uint32_t cp = 0;
				size_t n = sr_utf8_next(sr_bytes_of(out.p + at, out.len - at), &cp);

				assert_true(n > 0);
				assert_true(cp == '\n' || cp == '\t' || (cp >= 0x20 && cp < 0x7f) ||
					    cp >= 0xa0);
				assert_false((cp >= 0x202a && cp <= 0x202e) ||
					     (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e ||
					     cp == 0x200f);
				at += n;
			}
			sr_buf_free(&out);
		}
	}
	/* An override that would turn "exe" around; as bytes, so that it turns nothing here. */
	static const uint8_t turned[] = {
		'u', 's', 'e', 'r', 0xe2, 0x80, 0xae, 'g', 'p', 'j', '.', 'e', 'x', 'e'};
	shows(SR_PLAIN_UTF8, sr_bytes_of(turned, sizeof turned), "user\\u{202E}gpj.exe");
	shows(SR_PLAIN_UTF8, lit("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
}

static void names(void **state) {
	(void)state;
	assert_string_equal(sr_plain_encoding_name(SR_PLAIN_UTF8), "UTF-8");
	assert_string_equal(sr_plain_encoding_name(SR_PLAIN_UTF16LE), "UTF-16 (little-endian)");
	assert_string_equal(sr_plain_encoding_name(SR_PLAIN_UTF16BE), "UTF-16 (big-endian)");
	assert_string_equal(sr_plain_encoding_name(SR_PLAIN_WINDOWS1252), "Windows-1252 (guessed)");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_known),
		cmocka_unit_test(a_probe_cuts_a_character),
		cmocka_unit_test(documents_are_named),
		cmocka_unit_test(an_archive_is_known_by_its_middle),
		cmocka_unit_test(utf8),
		cmocka_unit_test(utf16),
		cmocka_unit_test(windows1252),
		cmocka_unit_test(nothing_steers_a_terminal),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
