/*
 * charset - see charset.h.
 */
#include "parser/charset.h"

#include <string.h>

#include "base/escape.h"

enum {
	REPLACEMENT = 0xFFFD,
	FEW = 9, /* whole characters for each byte that is none, at least: damaged UTF-8 */
	SINGLE = PAR_CHARSETS - PAR_WINDOWS1252 /* encodings of one byte a character */
};

/* What bytes 0x80 to 0xFF are. */
static const uint16_t high[SINGLE][128] = {
	[0] =
		{
			0x20AC,
			0xFFFD,
			0x201A,
			0x0192,
			0x201E,
			0x2026,
			0x2020,
			0x2021,
			0x02C6,
			0x2030,
			0x0160,
			0x2039,
			0x0152,
			0xFFFD,
			0x017D,
			0xFFFD,
			0xFFFD,
			0x2018,
			0x2019,
			0x201C,
			0x201D,
			0x2022,
			0x2013,
			0x2014,
			0x02DC,
			0x2122,
			0x0161,
			0x203A,
			0x0153,
			0xFFFD,
			0x017E,
			0x0178,
			0x00A0,
			0x00A1,
			0x00A2,
			0x00A3,
			0x00A4,
			0x00A5,
			0x00A6,
			0x00A7,
			0x00A8,
			0x00A9,
			0x00AA,
			0x00AB,
			0x00AC,
			0x00AD,
			0x00AE,
			0x00AF,
			0x00B0,
			0x00B1,
			0x00B2,
			0x00B3,
			0x00B4,
			0x00B5,
			0x00B6,
			0x00B7,
			0x00B8,
			0x00B9,
			0x00BA,
			0x00BB,
			0x00BC,
			0x00BD,
			0x00BE,
			0x00BF,
			0x00C0,
			0x00C1,
			0x00C2,
			0x00C3,
			0x00C4,
			0x00C5,
			0x00C6,
			0x00C7,
			0x00C8,
			0x00C9,
			0x00CA,
			0x00CB,
			0x00CC,
			0x00CD,
			0x00CE,
			0x00CF,
			0x00D0,
			0x00D1,
			0x00D2,
			0x00D3,
			0x00D4,
			0x00D5,
			0x00D6,
			0x00D7,
			0x00D8,
			0x00D9,
			0x00DA,
			0x00DB,
			0x00DC,
			0x00DD,
			0x00DE,
			0x00DF,
			0x00E0,
			0x00E1,
			0x00E2,
			0x00E3,
			0x00E4,
			0x00E5,
			0x00E6,
			0x00E7,
			0x00E8,
			0x00E9,
			0x00EA,
			0x00EB,
			0x00EC,
			0x00ED,
			0x00EE,
			0x00EF,
			0x00F0,
			0x00F1,
			0x00F2,
			0x00F3,
			0x00F4,
			0x00F5,
			0x00F6,
			0x00F7,
			0x00F8,
			0x00F9,
			0x00FA,
			0x00FB,
			0x00FC,
			0x00FD,
			0x00FE,
			0x00FF,
		},
	[PAR_WINDOWS1251 - PAR_WINDOWS1252] =
		{
			0x0402,
			0x0403,
			0x201A,
			0x0453,
			0x201E,
			0x2026,
			0x2020,
			0x2021,
			0x20AC,
			0x2030,
			0x0409,
			0x2039,
			0x040A,
			0x040C,
			0x040B,
			0x040F,
			0x0452,
			0x2018,
			0x2019,
			0x201C,
			0x201D,
			0x2022,
			0x2013,
			0x2014,
			0xFFFD,
			0x2122,
			0x0459,
			0x203A,
			0x045A,
			0x045C,
			0x045B,
			0x045F,
			0x00A0,
			0x040E,
			0x045E,
			0x0408,
			0x00A4,
			0x0490,
			0x00A6,
			0x00A7,
			0x0401,
			0x00A9,
			0x0404,
			0x00AB,
			0x00AC,
			0x00AD,
			0x00AE,
			0x0407,
			0x00B0,
			0x00B1,
			0x0406,
			0x0456,
			0x0491,
			0x00B5,
			0x00B6,
			0x00B7,
			0x0451,
			0x2116,
			0x0454,
			0x00BB,
			0x0458,
			0x0405,
			0x0455,
			0x0457,
			0x0410,
			0x0411,
			0x0412,
			0x0413,
			0x0414,
			0x0415,
			0x0416,
			0x0417,
			0x0418,
			0x0419,
			0x041A,
			0x041B,
			0x041C,
			0x041D,
			0x041E,
			0x041F,
			0x0420,
			0x0421,
			0x0422,
			0x0423,
			0x0424,
			0x0425,
			0x0426,
			0x0427,
			0x0428,
			0x0429,
			0x042A,
			0x042B,
			0x042C,
			0x042D,
			0x042E,
			0x042F,
			0x0430,
			0x0431,
			0x0432,
			0x0433,
			0x0434,
			0x0435,
			0x0436,
			0x0437,
			0x0438,
			0x0439,
			0x043A,
			0x043B,
			0x043C,
			0x043D,
			0x043E,
			0x043F,
			0x0440,
			0x0441,
			0x0442,
			0x0443,
			0x0444,
			0x0445,
			0x0446,
			0x0447,
			0x0448,
			0x0449,
			0x044A,
			0x044B,
			0x044C,
			0x044D,
			0x044E,
			0x044F,
		},
	[PAR_WINDOWS1256 - PAR_WINDOWS1252] =
		{
			0x20AC,
			0x067E,
			0x201A,
			0x0192,
			0x201E,
			0x2026,
			0x2020,
			0x2021,
			0x02C6,
			0x2030,
			0x0679,
			0x2039,
			0x0152,
			0x0686,
			0x0698,
			0x0688,
			0x06AF,
			0x2018,
			0x2019,
			0x201C,
			0x201D,
			0x2022,
			0x2013,
			0x2014,
			0x06A9,
			0x2122,
			0x0691,
			0x203A,
			0x0153,
			0x200C,
			0x200D,
			0x06BA,
			0x00A0,
			0x060C,
			0x00A2,
			0x00A3,
			0x00A4,
			0x00A5,
			0x00A6,
			0x00A7,
			0x00A8,
			0x00A9,
			0x06BE,
			0x00AB,
			0x00AC,
			0x00AD,
			0x00AE,
			0x00AF,
			0x00B0,
			0x00B1,
			0x00B2,
			0x00B3,
			0x00B4,
			0x00B5,
			0x00B6,
			0x00B7,
			0x00B8,
			0x00B9,
			0x061B,
			0x00BB,
			0x00BC,
			0x00BD,
			0x00BE,
			0x061F,
			0x06C1,
			0x0621,
			0x0622,
			0x0623,
			0x0624,
			0x0625,
			0x0626,
			0x0627,
			0x0628,
			0x0629,
			0x062A,
			0x062B,
			0x062C,
			0x062D,
			0x062E,
			0x062F,
			0x0630,
			0x0631,
			0x0632,
			0x0633,
			0x0634,
			0x0635,
			0x0636,
			0x00D7,
			0x0637,
			0x0638,
			0x0639,
			0x063A,
			0x0640,
			0x0641,
			0x0642,
			0x0643,
			0x00E0,
			0x0644,
			0x00E2,
			0x0645,
			0x0646,
			0x0647,
			0x0648,
			0x00E7,
			0x00E8,
			0x00E9,
			0x00EA,
			0x00EB,
			0x0649,
			0x064A,
			0x00EE,
			0x00EF,
			0x064B,
			0x064C,
			0x064D,
			0x064E,
			0x00F4,
			0x064F,
			0x0650,
			0x00F7,
			0x0651,
			0x00F9,
			0x0652,
			0x00FB,
			0x00FC,
			0x200E,
			0x200F,
			0x06D2,
		},
	[PAR_KOI8R - PAR_WINDOWS1252] =
		{
			0x2500,
			0x2502,
			0x250C,
			0x2510,
			0x2514,
			0x2518,
			0x251C,
			0x2524,
			0x252C,
			0x2534,
			0x253C,
			0x2580,
			0x2584,
			0x2588,
			0x258C,
			0x2590,
			0x2591,
			0x2592,
			0x2593,
			0x2320,
			0x25A0,
			0x2219,
			0x221A,
			0x2248,
			0x2264,
			0x2265,
			0x00A0,
			0x2321,
			0x00B0,
			0x00B2,
			0x00B7,
			0x00F7,
			0x2550,
			0x2551,
			0x2552,
			0x0451,
			0x2553,
			0x2554,
			0x2555,
			0x2556,
			0x2557,
			0x2558,
			0x2559,
			0x255A,
			0x255B,
			0x255C,
			0x255D,
			0x255E,
			0x255F,
			0x2560,
			0x2561,
			0x0401,
			0x2562,
			0x2563,
			0x2564,
			0x2565,
			0x2566,
			0x2567,
			0x2568,
			0x2569,
			0x256A,
			0x256B,
			0x256C,
			0x00A9,
			0x044E,
			0x0430,
			0x0431,
			0x0446,
			0x0434,
			0x0435,
			0x0444,
			0x0433,
			0x0445,
			0x0438,
			0x0439,
			0x043A,
			0x043B,
			0x043C,
			0x043D,
			0x043E,
			0x043F,
			0x044F,
			0x0440,
			0x0441,
			0x0442,
			0x0443,
			0x0436,
			0x0432,
			0x044C,
			0x044B,
			0x0437,
			0x0448,
			0x044D,
			0x0449,
			0x0447,
			0x044A,
			0x042E,
			0x0410,
			0x0411,
			0x0426,
			0x0414,
			0x0415,
			0x0424,
			0x0413,
			0x0425,
			0x0418,
			0x0419,
			0x041A,
			0x041B,
			0x041C,
			0x041D,
			0x041E,
			0x041F,
			0x042F,
			0x0420,
			0x0421,
			0x0422,
			0x0423,
			0x0416,
			0x0412,
			0x042C,
			0x042B,
			0x0417,
			0x0428,
			0x042D,
			0x0429,
			0x0427,
			0x042A,
		},
};

const char *par_charset_name(enum par_charset c) {
	static const char *const names[PAR_CHARSETS] = {"utf-8", "utf-16le", "utf-16be",
		"windows-1252", "windows-1251", "windows-1256", "koi8-r"};

	return names[c];
}

/* --- which ------------------------------------------------------------------------------------ */

/* How many bytes are no UTF-8; *${whole}: characters of more than a byte. */
static size_t not_utf8(size_t *whole, struct sr_bytes in) {
	size_t at = 0, bad = 0;

	*whole = 0;
	while (at < in.len) {
		uint32_t cp = 0;
		const size_t n = sr_utf8_next(sr_bytes_of(in.p + at, in.len - at), &cp);

		bad += n == 0;
		*whole += n > 1;
		at += n > 0 ? n : 1;
	}
	return bad;
}

static bool by_name(enum par_charset *out, struct sr_bytes named) {
	static const struct {
		const char *name;
		enum par_charset is;
	} names[] = {{"windows-1252", PAR_WINDOWS1252}, {"iso-8859-1", PAR_WINDOWS1252},
		{"iso-8859-15", PAR_WINDOWS1252}, {"latin1", PAR_WINDOWS1252},
		{"us-ascii", PAR_WINDOWS1252}, {"windows-1251", PAR_WINDOWS1251},
		{"cp1251", PAR_WINDOWS1251}, {"windows-1256", PAR_WINDOWS1256},
		{"cp1256", PAR_WINDOWS1256}, {"koi8-r", PAR_KOI8R}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (sr_bytes_eq_nocase(named, sr_bytes_str(names[i].name))) {
			*out = names[i].is;
			return true;
		}
	return false;
}

bool par_charset_named(enum par_charset *out, struct sr_bytes name) {
	*out = PAR_UTF8;
	return sr_bytes_eq_nocase(name, sr_bytes_str("utf-8")) ||
	       sr_bytes_eq_nocase(name, sr_bytes_str("utf8")) || by_name(out, name);
}

/* How often each byte is there, in lines that are not all ASCII: a long head of code says nothing
 * of the words behind it. */
static void count_bytes(size_t count[256], struct sr_bytes v) {
	while (v.len > 0) {
		const uint8_t *end = memchr(v.p, '\n', v.len);
		const size_t n = end != NULL ? (size_t)(end - v.p) + 1 : v.len;
		size_t above = 0;

		for (size_t i = 0; i < n; i++)
			above += v.p[i] >= 0x80;
		for (size_t i = 0; i < n && above > 0; i++)
			count[v.p[i]]++;
		v = sr_bytes_of(v.p + n, v.len - n);
	}
}

/* The six letters that are most common in Russian and in Arabic, as each encoding has them. */
static enum par_charset by_letters(struct sr_bytes text) {
	static const struct {
		enum par_charset is;
		uint8_t letters[6];
	} common[] = {{PAR_WINDOWS1251, {0xEE, 0xE5, 0xE0, 0xE8, 0xED, 0xF2}},
		{PAR_WINDOWS1256, {0xC7, 0xE1, 0xED, 0xE3, 0xE6, 0xE4}},
		{PAR_KOI8R, {0xCF, 0xC5, 0xC1, 0xC9, 0xCE, 0xD4}}};
	size_t count[256] = {0}, above = 0, letters = 0, best = 0;
	enum par_charset is = PAR_WINDOWS1252;

	count_bytes(count, text);
	for (unsigned c = 0x80; c < 0x100; c++)
		above += count[c];
	for (unsigned c = 'A'; c <= 'z'; c++)
		letters += count[c];
	/* Western words have a letter with a mark here and there, others hardly any without. */
	if (above * 2 < letters || above < 4)
		return PAR_WINDOWS1252;
	for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
		size_t n = 0;

		for (size_t j = 0; j < sizeof common->letters; j++)
			n += count[common[i].letters[j]];
		if (n > best) {
			best = n;
			is = common[i].is;
		}
	}
	return best * 4 > above ? is : PAR_WINDOWS1252;
}

enum par_charset par_charset_of(struct sr_bytes text, struct sr_bytes named, bool *guessed) {
	enum par_charset is = PAR_UTF8;
	size_t bad, whole = 0;

	*guessed = false;
	if (text.len >= 2 && text.p[0] == 0xFF && text.p[1] == 0xFE)
		return PAR_UTF16LE;
	if (text.len >= 2 && text.p[0] == 0xFE && text.p[1] == 0xFF)
		return PAR_UTF16BE;
	bad = not_utf8(&whole, text);
	if (bad == 0 || by_name(&is, named))
		return is;
	*guessed = true;
	return whole / FEW >= bad ? PAR_UTF8 : by_letters(text);
}

/* --- decoding --------------------------------------------------------------------------------- */

static void decode_utf8(struct sr_buf *out, struct sr_bytes in) {
	size_t at = 0;

	if (in.len >= 3 && memcmp(in.p, "\xEF\xBB\xBF", 3) == 0)
		at = 3;
	while (at < in.len) {
		uint32_t cp = 0;
		const size_t n = sr_utf8_next(sr_bytes_of(in.p + at, in.len - at), &cp);

		sr_utf8_put(out, n > 0 ? cp : REPLACEMENT);
		at += n > 0 ? n : 1;
	}
}

static void decode_utf16(struct sr_buf *out, struct sr_bytes in, bool big) {
	uint32_t first = 0; /* of a pair */

	for (size_t at = 0; at + 1 < in.len; at += 2) {
		const uint32_t u = big ? (uint32_t)in.p[at] << 8 | in.p[at + 1]
				       : (uint32_t)in.p[at + 1] << 8 | in.p[at];

		if (at == 0 && u == 0xFEFF)
			continue;
		if (first != 0 && u >= 0xDC00 && u < 0xE000) {
			sr_utf8_put(out, 0x10000 + ((first - 0xD800) << 10) + (u - 0xDC00));
			first = 0;
			continue;
		}
		if (first != 0)
			sr_utf8_put(out, REPLACEMENT);
		first = u >= 0xD800 && u < 0xDC00 ? u : 0;
		if (first == 0)
			sr_utf8_put(out, u >= 0xDC00 && u < 0xE000 ? REPLACEMENT : u);
	}
	if (first != 0)
		sr_utf8_put(out, REPLACEMENT);
}

uint32_t par_charset_high(enum par_charset c, uint8_t byte) {
	return c >= PAR_WINDOWS1252 && c < PAR_CHARSETS && byte >= 0x80
		       ? high[c - PAR_WINDOWS1252][byte - 0x80]
		       : REPLACEMENT;
}

void par_charset_decode(struct sr_buf *out, enum par_charset c, struct sr_bytes in) {
	switch (c) {
	case PAR_UTF8:
		decode_utf8(out, in);
		return;
	case PAR_UTF16LE:
	case PAR_UTF16BE:
		decode_utf16(out, in, c == PAR_UTF16BE);
		return;
	case PAR_WINDOWS1252:
	case PAR_WINDOWS1251:
	case PAR_WINDOWS1256:
	case PAR_KOI8R:
	case PAR_CHARSETS:
		break;
	}
	if (c == PAR_CHARSETS)
		return;
	for (size_t i = 0; i < in.len; i++)
		sr_utf8_put(out, in.p[i] < 0x80 ? in.p[i] : par_charset_high(c, in.p[i]));
}
