/*
 * rtf - see rtf.h.
 */
#include "parser/rtf.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "parser/charset.h"

enum {
	GROUPS_MAX = 256, /* in one another; deeper ones count as the deepest */
	WORD_MAX = 32,
	FONTS_MAX = 32768 /* their numbers have 16 bits with a sign */
};

struct rtf {
	struct sr_buf *out;
	enum par_charset page;    /* of the document */
	uint8_t fonts[FONTS_MAX]; /* of each font, enum par_charset; PAR_CHARSETS: the document's */
	unsigned font[GROUPS_MAX]; /* FONTS_MAX: none */
	unsigned usual;            /* font */
	bool hidden[GROUPS_MAX];
	unsigned skip[GROUPS_MAX]; /* stand-ins after a \u */
	unsigned depth, left;      /* left: stand-ins still to be passed over */
	unsigned over;             /* groups deeper than are told apart */
	uint32_t first;            /* of a surrogate pair */
};

bool par_is_rtf(struct sr_bytes head) {
	return head.len >= 5 && memcmp(head.p, "{\\rtf", 5) == 0;
}

static void put(struct rtf *r, uint32_t cp) {
	if (!r->hidden[r->depth])
		sr_utf8_put(r->out, cp);
}

/* A byte of text, or a stand-in. */
static void byte(struct rtf *r, uint8_t c) {
	if (r->left > 0) {
		r->left--;
		return;
	}
	if (!r->hidden[r->depth]) {
		const unsigned font = r->font[r->depth];
		const enum par_charset own =
			font < FONTS_MAX ? (enum par_charset)r->fonts[font] : PAR_CHARSETS;

		par_charset_decode(r->out, own != PAR_CHARSETS ? own : r->page, sr_bytes_of(&c, 1));
	}
}

static void unit(struct rtf *r, long n) {
	const uint32_t u = (uint32_t)n & 0xFFFF;

	if (u >= 0xD800 && u < 0xDC00) {
		r->first = u;
	} else if (u >= 0xDC00 && u < 0xE000) {
		put(r, r->first != 0 ? 0x10000 + ((r->first - 0xD800) << 10) + (u - 0xDC00)
				     : 0xFFFD);
		r->first = 0;
	} else {
		put(r, u);
	}
	r->left = r->skip[r->depth];
}

static void code_page(struct rtf *r, long n) {
	r->page = n == 1251 ? PAR_WINDOWS1251 : n == 1256 ? PAR_WINDOWS1256 : PAR_WINDOWS1252;
}

/* What the font table, or the text, says of fonts. Russian and Arabic words are in the encoding of
 * their font, whatever the document's is. */
static void font(struct rtf *r, const char *name, long n) {
	unsigned *now = &r->font[r->depth];

	if (strcmp(name, "f") == 0 || strcmp(name, "deff") == 0)
		*now = n >= 0 && n < FONTS_MAX ? (unsigned)n : FONTS_MAX;
	if (strcmp(name, "deff") == 0)
		r->usual = *now;
	else if (strcmp(name, "plain") == 0)
		*now = r->usual;
	else if (strcmp(name, "fcharset") == 0 && *now < FONTS_MAX)
		r->fonts[*now] = n == 204   ? PAR_WINDOWS1251
				 : n == 178 ? PAR_WINDOWS1256
					    : PAR_CHARSETS;
}

/* What is in a group that is too deep is shown, whatever it is: what hid it would hide more. */
static void hide(struct rtf *r, bool hidden) {
	if (r->over == 0)
		r->hidden[r->depth] = hidden;
}

static void word(struct rtf *r, const char *name, bool has, long n) {
	static const char *const hidden[] = {"fonttbl", "colortbl", "stylesheet", "info", "pict",
		"generator", "object", "filetbl", "listtable", "themedata", "datastore", "xmlnstbl",
		"latentstyles", "fldinst", "bkmkstart", "bkmkend"};
	/* Words in what is passed over: of a text box, of an object as it looks, of a remark. */
	static const char *const shown[] = {"shptxt", "result", "annotation"};
	static const char *const lines[] = {"par", "line", "row", "sect", "page"};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (strcmp(name, lines[i]) == 0)
			put(r, '\n');
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (strcmp(name, hidden[i]) == 0)
			hide(r, true);
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		if (strcmp(name, shown[i]) == 0)
			hide(r, false);
	font(r, name, has ? n : -1);
	if (strcmp(name, "tab") == 0 || strcmp(name, "cell") == 0)
		put(r, '\t');
	else if (strcmp(name, "u") == 0 && has)
		unit(r, n);
	else if (strcmp(name, "uc") == 0 && has)
		r->skip[r->depth] = n >= 0 && n < 16 ? (unsigned)n : 1;
	else if (strcmp(name, "ansicpg") == 0 && has)
		code_page(r, n);
	else if (strcmp(name, "emdash") == 0)
		put(r, 0x2014);
	else if (strcmp(name, "endash") == 0)
		put(r, 0x2013);
	else if (strcmp(name, "bullet") == 0)
		put(r, 0x2022);
	else if (strcmp(name, "lquote") == 0 || strcmp(name, "rquote") == 0)
		put(r, name[0] == 'l' ? 0x2018 : 0x2019);
	else if (strcmp(name, "ldblquote") == 0 || strcmp(name, "rdblquote") == 0)
		put(r, name[0] == 'l' ? 0x201C : 0x201D);
}

static int hex(uint8_t c) {
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* After a backslash at ${at}; where to go on. */
static size_t control(struct rtf *r, struct sr_bytes in, size_t at) {
	char name[WORD_MAX + 1], digits[12];
	size_t n = 0, d = 0;

	if (at >= in.len)
		return at;
	if (in.p[at] == '\'' && at + 2 < in.len && hex(in.p[at + 1]) >= 0 &&
		hex(in.p[at + 2]) >= 0) {
		byte(r, (uint8_t)(hex(in.p[at + 1]) * 16 + hex(in.p[at + 2])));
		return at + 3;
	}
	while (at < in.len && n < WORD_MAX && in.p[at] >= 'a' && in.p[at] <= 'z')
		name[n++] = (char)in.p[at++];
	name[n] = '\0';
	if (n == 0) { /* a sign */
		if (in.p[at] == '*')
			hide(r, true);
		else if (in.p[at] == '~')
			put(r, 0xA0);
		else if (in.p[at] == '\n' || in.p[at] == '\r')
			put(r, '\n');
		else if (in.p[at] == '\\' || in.p[at] == '{' || in.p[at] == '}')
			byte(r, in.p[at]);
		return at + 1;
	}
	while (at < in.len && d < sizeof digits - 1 &&
		((in.p[at] >= '0' && in.p[at] <= '9') || (d == 0 && in.p[at] == '-')))
		digits[d++] = (char)in.p[at++];
	digits[d] = '\0';
	word(r, name, d > 0, strtol(digits, NULL, 10));
	at += at < in.len && in.p[at] == ' ';
	/* Pictures and objects have bytes in them; words, or more than there is, are none. */
	if (strcmp(name, "bin") == 0 && d > 0 && r->hidden[r->depth]) {
		const long skip = strtol(digits, NULL, 10);

		at += skip > 0 && (size_t)skip <= in.len - at ? (size_t)skip : 0;
	}
	return at;
}

void par_rtf_text(struct sr_buf *out, struct sr_bytes in) {
	struct rtf r = {.out = out, .page = PAR_WINDOWS1252, .skip = {1}, .usual = FONTS_MAX};

	memset(r.fonts, PAR_CHARSETS, sizeof r.fonts);
	r.font[0] = r.usual;

	for (size_t at = 0; at < in.len;) {
		const uint8_t c = in.p[at++];

		if (c == '{' && r.depth + 1 < GROUPS_MAX) {
			r.depth++;
			r.hidden[r.depth] = r.hidden[r.depth - 1];
			r.skip[r.depth] = r.skip[r.depth - 1];
			r.font[r.depth] = r.font[r.depth - 1];
		} else if (c == '{') {
			r.over++;
		} else if (c == '}' && r.over > 0) {
			r.over--;
		} else if (c == '}' && r.depth > 0) {
			r.depth--;
			r.left = 0;
		} else if (c == '\\') {
			at = control(&r, in, at);
		} else if (c != '\n' && c != '\r' && c != '}') {
			byte(&r, c);
		}
	}
}
