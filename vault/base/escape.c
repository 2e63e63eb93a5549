/*
 * escape - bytes from outside, made fit for a terminal or a log line; see escape.h.
 *
 * What is escaped: C0 controls and DEL (as \n, \t, \r or \xNN), every byte of an invalid sequence
 * (\xNN), the backslash (\\), and the characters that can hide or reorder what a person reads:
 * C1 controls, bidirectional marks, embeddings, overrides and isolates, line and paragraph
 * separators, zero-width space and word joiner, the byte order mark, interlinear annotation, tags,
 * and noncharacters (\u{NNNN}). Zero-width joiner and non-joiner pass: Persian, Urdu and Indic
 * names are spelt with them. So the escaped text never holds one of these, and the input can be
 * told from it.
 */
#include "base/escape.h"

#include <stdio.h>
#include <string.h>

enum {
	UNIT_MAX = 16 /* bytes of one escaped character: "\u{10FFFF}" and a NUL fit */
};

size_t sr_utf8_next(struct sr_bytes in, uint32_t *cp) {
	if (in.len == 0)
		return 0;
	uint8_t first = in.p[0];
	size_t len = 0;
	uint32_t v = 0;
	uint32_t least = 0; /* below it the form is overlong */
	if (first < 0x80) {
		*cp = first;
		return 1;
	}
	if (first >= 0xc2 && first <= 0xdf) {
		len = 2;
		v = first & 0x1fU;
		least = 0x80;
	} else if (first >= 0xe0 && first <= 0xef) {
		len = 3;
		v = first & 0x0fU;
		least = 0x800;
	} else if (first >= 0xf0 && first <= 0xf4) {
		len = 4;
		v = first & 0x07U;
		least = 0x10000;
	}
	if (len == 0 || len > in.len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((in.p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (in.p[i] & 0x3fU);
	}
	if (v < least || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*cp = v;
	return len;
}

bool sr_utf8_valid(struct sr_bytes in) {
	uint32_t cp = 0;
	while (in.len > 0) {
		size_t len = sr_utf8_next(in, &cp);
		if (len == 0)
			return false;
		in = sr_bytes_of(in.p + len, in.len - len);
	}
	return true;
}

struct sr_bytes sr_utf8_fit(struct sr_bytes in, size_t max) {
	size_t at = max;
	uint32_t cp;

	if (in.len <= max)
		return in;
	while (at > 0 && max - at < 3 && (in.p[at] & 0xc0) == 0x80)
		at--;
	if (at + sr_utf8_next(sr_bytes_of(in.p + at, in.len - at), &cp) <= max)
		at = max; /* what it would cut is no character */
	return sr_bytes_of(in.p, at);
}

/* Characters that a terminal shows as nothing, or that move others. Ranges, ascending. */
static bool deceptive(uint32_t cp) {
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x80, 0x9f},       /* C1 */
		{0xad, 0xad},       /* soft hyphen */
		{0x61c, 0x61c},     /* Arabic letter mark */
		{0x180e, 0x180e},   /* Mongolian vowel separator */
		{0x200b, 0x200b},   /* zero-width space */
		{0x200e, 0x200f},   /* left-to-right, right-to-left mark */
		{0x2028, 0x202e},   /* separators, embeddings, overrides */
		{0x2060, 0x206f},   /* word joiner, invisible operators, isolates, old format */
		{0xfdd0, 0xfdef},   /* noncharacters */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xfff9, 0xfffb},   /* interlinear annotation */
		{0x1d173, 0x1d17a}, /* musical format characters */
		{0xe0000, 0xe0fff}, /* tags, variation supplement and unassigned ignorables */
	};
	if ((cp & 0xfffe) == 0xfffe)
		return true; /* the last two of every plane */
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

bool sr_escape_valid(struct sr_bytes in) {
	uint32_t cp = 0;
	while (in.len > 0) {
		const size_t len = sr_utf8_next(in, &cp);
		if (len == 0 || cp < 0x20 || cp == 0x7f || deceptive(cp))
			return false;
		in = sr_bytes_of(in.p + len, in.len - len);
	}
	return true;
}

/* One character of ${in}: its escaped form to ${out}, its length; bytes of input to ${used}. */
static size_t unit(char out[UNIT_MAX], struct sr_bytes in, bool lines, size_t *used) {
	uint32_t cp = 0;
	size_t len = sr_utf8_next(in, &cp);
	int put = 0;
	*used = len > 0 ? len : 1;
	if (len == 0)
		put = snprintf(out, UNIT_MAX, "\\x%02x", in.p[0]);
	else if (lines && (cp == '\n' || cp == '\t'))
		put = snprintf(out, UNIT_MAX, "%c", (char)cp);
	else if (cp == '\n' || cp == '\t' || cp == '\r' || cp == '\\')
		put = snprintf(out, UNIT_MAX, "\\%c",
			cp == '\n'   ? 'n'
			: cp == '\t' ? 't'
			: cp == '\r' ? 'r'
				     : '\\');
	else if (cp < 0x20 || cp == 0x7f)
		put = snprintf(out, UNIT_MAX, "\\x%02x", (unsigned)cp);
	else if (deceptive(cp))
		put = snprintf(out, UNIT_MAX, "\\u{%04X}", (unsigned)cp);
	else {
		memcpy(out, in.p, len);
		return len;
	}
	return put > 0 ? (size_t)put : 0;
}

static void escape(struct sr_buf *out, struct sr_bytes in, size_t max, bool lines) {
	size_t written = 0;
	while (in.len > 0 && out->failed == SR_OK) {
		char text[UNIT_MAX];
		size_t used = 0;
		size_t len = unit(text, in, lines, &used);
		if (max > 0 && written + len > max) {
			sr_buf_put_str(out, "...");
			return;
		}
		sr_buf_put(out, text, len);
		written += len;
		in = sr_bytes_of(in.p + used, in.len - used);
	}
}

void sr_escape(struct sr_buf *out, struct sr_bytes in, size_t max) {
	escape(out, in, max, false);
}

void sr_escape_text(struct sr_buf *out, struct sr_bytes in) {
	escape(out, in, 0, true);
}

const char *sr_escape_to(char *out, size_t size, struct sr_bytes in) {
	size_t at = 0;
	size_t cut = 0; /* the last place where "..." and the NUL would still fit */
	if (size == 0)
		return out;
	while (in.len > 0) {
		char text[UNIT_MAX];
		size_t used = 0;
		size_t len = unit(text, in, false, &used);
		if (at + 4 <= size)
			cut = at;
		if (at + len + 1 > size) {
			if (cut + 4 <= size) {
				memcpy(out + cut, "...", 3);
				at = cut + 3;
			}
			break;
		}
		memcpy(out + at, text, len);
		at += len;
		in = sr_bytes_of(in.p + used, in.len - used);
	}
	out[at] = '\0';
	return out;
}

void sr_utf8_put(struct sr_buf *out, uint32_t cp) {
	if (cp < 0x80) {
		sr_buf_put_u8(out, (uint8_t)cp);
		return;
	}
	if (cp < 0x800) {
		sr_buf_put_u8(out, (uint8_t)(0xC0 | cp >> 6));
	} else if (cp < 0x10000) {
		sr_buf_put_u8(out, (uint8_t)(0xE0 | cp >> 12));
		sr_buf_put_u8(out, (uint8_t)(0x80 | (cp >> 6 & 0x3F)));
	} else {
		sr_buf_put_u8(out, (uint8_t)(0xF0 | cp >> 18));
		sr_buf_put_u8(out, (uint8_t)(0x80 | (cp >> 12 & 0x3F)));
		sr_buf_put_u8(out, (uint8_t)(0x80 | (cp >> 6 & 0x3F)));
	}
	sr_buf_put_u8(out, (uint8_t)(0x80 | (cp & 0x3F)));
}
