/*
 * tagtext - see tagtext.h.
 */
#include "intake/tagtext.h"

#include <string.h>

#include "base/escape.h"

static const struct {
	const char *name;
	enum sr_tag_encoding is;
} encodings[] = {
	{"utf-8", SR_TAG_UTF8},
	{"utf8", SR_TAG_UTF8},
	{"us-ascii", SR_TAG_ASCII},
	{"ascii", SR_TAG_ASCII},
	{"ansi_x3.4-1968", SR_TAG_ASCII},
	{"iso-8859-1", SR_TAG_LATIN1},
	{"iso8859-1", SR_TAG_LATIN1},
	{"iso_8859-1", SR_TAG_LATIN1},
	{"latin1", SR_TAG_LATIN1},
	{"latin-1", SR_TAG_LATIN1},
	{"utf-16", SR_TAG_UTF16},
	{"utf16", SR_TAG_UTF16},
	{"utf-16be", SR_TAG_UTF16BE},
	{"utf-16le", SR_TAG_UTF16LE},
};

static bool same_word(struct sr_bytes a, const char *lower) {
	if (a.len != strlen(lower))
		return false;
	for (size_t i = 0; i < a.len; i++) {
		const uint8_t c = a.p[i];

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)lower[i])
			return false;
	}
	return true;
}

bool sr_tag_encoding(enum sr_tag_encoding *out, struct sr_bytes name) {
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
		if (!same_word(name, encodings[i].name))
			continue;
		*out = encodings[i].is;
		return true;
	}
	return false;
}

static int decode_utf16(struct sr_buf *out, bool little, struct sr_bytes in, struct sr_err *e) {
	for (size_t at = 0; at < in.len; at += 2) {
		uint32_t cp, low;

		if (in.len - at < 2)
			return sr_fail(e, SR_CORRUPT, "half a UTF-16 character at its end");
		cp = little ? sr_le16_get(in.p + at) : sr_be16_get(in.p + at);
		if (cp >= 0xD800 && cp <= 0xDFFF) {
			low = in.len - at < 4 ? 0
			      : little        ? sr_le16_get(in.p + at + 2)
					      : sr_be16_get(in.p + at + 2);
			if (cp > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
				return sr_fail(
					e, SR_CORRUPT, "a lone UTF-16 surrogate at offset %zu", at);
			cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
			at += 2;
		}
		if (cp == 0)
			return sr_fail(e, SR_CORRUPT, "a NUL character at offset %zu", at);
		sr_utf8_put(out, cp);
	}
	return sr_buf_ok(out, e);
}

static int decode_bytes(
	struct sr_buf *out, enum sr_tag_encoding as, struct sr_bytes in, struct sr_err *e) {
	const bool utf8 = as == SR_TAG_UTF8;

	for (size_t at = 0; at < in.len;) {
		uint32_t cp = in.p[at];
		const size_t n = utf8 ? sr_utf8_next(sr_bytes_of(in.p + at, in.len - at), &cp) : 1;

		if (n == 0 || (as == SR_TAG_ASCII && cp > 0x7F))
			return sr_fail(e, SR_CORRUPT, "byte 0x%02x at offset %zu is no %s",
				in.p[at], at, utf8 ? "UTF-8" : "US-ASCII");
		if (cp == 0)
			return sr_fail(e, SR_CORRUPT, "a NUL character at offset %zu", at);
		if (utf8)
			sr_buf_put(out, in.p + at, n);
		else
			sr_utf8_put(out, cp);
		at += n;
	}
	return sr_buf_ok(out, e);
}

int sr_tag_decode(
	struct sr_buf *out, enum sr_tag_encoding as, struct sr_bytes in, struct sr_err *e) {
	const bool marked = in.len >= 2 && ((in.p[0] == 0xFE && in.p[1] == 0xFF) ||
						   (in.p[0] == 0xFF && in.p[1] == 0xFE));

	switch (as) {
	case SR_TAG_UTF8:
		if (in.len >= 3 && memcmp(in.p, "\xEF\xBB\xBF", 3) == 0)
			in = sr_bytes_of(in.p + 3, in.len - 3);
		return decode_bytes(out, as, in, e);
	case SR_TAG_ASCII:
	case SR_TAG_LATIN1:
		return decode_bytes(out, as, in, e);
	case SR_TAG_UTF16:
		if (marked)
			return decode_utf16(
				out, in.p[0] == 0xFF, sr_bytes_of(in.p + 2, in.len - 2), e);
		return decode_utf16(out, false, in, e);
	case SR_TAG_UTF16BE:
	case SR_TAG_UTF16LE:
		if (marked && (in.p[0] == 0xFF) == (as == SR_TAG_UTF16LE))
			in = sr_bytes_of(in.p + 2, in.len - 2);
		return decode_utf16(out, as == SR_TAG_UTF16LE, in, e);
	}
	return sr_fail(e, SR_MISUSE, "tag encoding %d", (int)as);
}

bool sr_tag_line(struct sr_bytes *rest, struct sr_bytes *line) {
	size_t n = 0;

	if (rest->len == 0)
		return false;
	while (n < rest->len && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	*line = sr_bytes_of(rest->p, n);
	if (n < rest->len)
		n += rest->p[n] == '\r' && n + 1 < rest->len && rest->p[n + 1] == '\n' ? 2 : 1;
	*rest = sr_bytes_of(rest->p + n, rest->len - n);
	return true;
}
