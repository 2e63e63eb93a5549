/*
 * plain - probing and decoding for the `text` form. The table of magics names what people will
 * meet; whatever is not named but holds NUL bytes or many controls is "binary data".
 */
#include "room/plain.h"

#include "base/escape.h"

struct magic {
	size_t offset;
	const char *bytes;
	size_t len;
	const char *what;
};

#define M(o, s, w) \
	{ (o), (s), sizeof(s) - 1, (w) }
static const struct magic magics[] = {
	M(0, "%PDF-", "a PDF document"),
	M(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document (OLE2: doc, xls, ppt or msg)"),
	M(0, "PK\x03\x04", "a ZIP container (docx, xlsx, pptx, odt, epub or an archive)"),
	M(0, "PK\x05\x06", "an empty ZIP container"),
	M(0, "{\\rtf", "a rich text document (RTF)"),
	M(0, "%!PS", "a PostScript document"),
	M(0, "\x89PNG\r\n\x1a\n", "a picture (PNG)"),
	M(0, "\xff\xd8\xff", "a picture (JPEG)"),
	M(0, "GIF8", "a picture (GIF)"),
	M(0, "II*\0", "a picture (TIFF)"),
	M(0, "MM\0*", "a picture (TIFF)"),
	M(8, "WEBP", "a picture (WebP)"),
	M(0, "BM", "a picture (BMP)"),
	M(4, "ftyp", "a film or picture (MP4 family)"),
	M(0, "\x1a\x45\xdf\xa3", "a film (Matroska or WebM)"),
	M(0, "RIFF", "sound or film (RIFF)"),
	M(0, "ID3", "sound (MP3)"),
	M(0, "OggS", "sound or film (Ogg)"),
	M(0, "fLaC", "sound (FLAC)"),
	M(0, "\x1f\x8b", "compressed data (gzip)"),
	M(0, "BZh", "compressed data (bzip2)"),
	M(0,
		"\xfd"
		"7zXZ\0",
		"compressed data (xz)"),
	M(0, "\x28\xb5\x2f\xfd", "compressed data (Zstandard)"),
	M(0, "7z\xbc\xaf\x27\x1c", "an archive (7-Zip)"),
	M(0, "Rar!\x1a\x07", "an archive (RAR)"),
	M(257, "ustar", "an archive (tar)"),
	M(0,
		"\x7f"
		"ELF",
		"a program (ELF)"),
	M(0, "MZ", "a program (Windows)"),
	M(0, "SQLite format 3", "a database (SQLite)"),
};
#undef M

/* Two-letter magics are also how text may begin ("BMW ...", "MZ"): they count only with a NUL near
 * by. */
static bool magic_fits(const struct magic *m, struct sr_bytes in) {
	if (in.len < m->offset + m->len || memcmp(in.p + m->offset, m->bytes, m->len) != 0)
		return false;
	if (m->len > 3 || m->bytes[0] < 0)
		return true;
	return memchr(in.p, 0, in.len < 64 ? in.len : 64) != NULL;
}

/* Valid UTF-8 but for a character cut at the end of the probe. */
static bool looks_utf8(struct sr_bytes in, bool cut) {
	size_t at = 0;

	while (at < in.len) {
		uint32_t cp;
		size_t n = sr_utf8_next(sr_bytes_of(in.p + at, in.len - at), &cp);

		if (n == 0)
			return cut && in.len - at < 4 && in.p[at] >= 0xc2;
		at += n;
	}
	return true;
}

int sr_plain_probe(enum sr_plain_encoding *out, struct sr_bytes first, struct sr_err *e) {
	size_t controls = 0;

	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		if (magic_fits(&magics[i], first))
			return sr_fail(e, SR_UNSUPPORTED,
				"this is %s, and has no text that its intake could make of it (an "
				"export is the way, if the board grants one)",
				magics[i].what);
	if (first.len >= 2 && first.p[0] == 0xff && first.p[1] == 0xfe) {
		*out = SR_PLAIN_UTF16LE;
		return 0;
	}
	if (first.len >= 2 && first.p[0] == 0xfe && first.p[1] == 0xff) {
		*out = SR_PLAIN_UTF16BE;
		return 0;
	}
	for (size_t i = 0; i < first.len; i++) {
		uint8_t c = first.p[i];

		if (c == 0)
			return sr_fail(e, SR_UNSUPPORTED,
				"this is binary data (a NUL byte at offset %zu), not text", i);
		if (c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b)
			controls++;
	}
	if (controls * 10 > first.len)
		return sr_fail(e, SR_UNSUPPORTED,
			"this is binary data (%zu control bytes in the first %zu), not text",
			controls, first.len);
	*out = looks_utf8(first, first.len >= SR_PLAIN_PROBE) ? SR_PLAIN_UTF8
							      : SR_PLAIN_WINDOWS1252;
	return 0;
}

const char *sr_plain_encoding_name(enum sr_plain_encoding enc) {
	switch (enc) {
	case SR_PLAIN_UTF8:
		return "UTF-8";
	case SR_PLAIN_UTF16LE:
		return "UTF-16 (little-endian)";
	case SR_PLAIN_UTF16BE:
		return "UTF-16 (big-endian)";
	case SR_PLAIN_WINDOWS1252:
		return "Windows-1252 (guessed)";
	}
	return "?";
}

void sr_plain_init(struct sr_plain *p, enum sr_plain_encoding enc) {
	memset(p, 0, sizeof *p);
	p->encoding = enc;
}

static void put_utf8(struct sr_buf *b, uint32_t cp) {
	if (cp < 0x80) {
		sr_buf_put_u8(b, (uint8_t)cp);
	} else if (cp < 0x800) {
		sr_buf_put_u8(b, (uint8_t)(0xc0 | (cp >> 6)));
		sr_buf_put_u8(b, (uint8_t)(0x80 | (cp & 0x3f)));
	} else if (cp < 0x10000) {
		sr_buf_put_u8(b, (uint8_t)(0xe0 | (cp >> 12)));
		sr_buf_put_u8(b, (uint8_t)(0x80 | ((cp >> 6) & 0x3f)));
		sr_buf_put_u8(b, (uint8_t)(0x80 | (cp & 0x3f)));
	} else {
		sr_buf_put_u8(b, (uint8_t)(0xf0 | (cp >> 18)));
		sr_buf_put_u8(b, (uint8_t)(0x80 | ((cp >> 12) & 0x3f)));
		sr_buf_put_u8(b, (uint8_t)(0x80 | ((cp >> 6) & 0x3f)));
		sr_buf_put_u8(b, (uint8_t)(0x80 | (cp & 0x3f)));
	}
}

/* 0x80..0x9f of Windows-1252 (unicode.org, CP1252.TXT); 0: not assigned. */
static const uint16_t cp1252[32] = {0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d,
	0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178};

static void from_windows1252(struct sr_buf *utf8, struct sr_bytes in) {
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (c >= 0x80 && c < 0xa0)
			put_utf8(utf8, cp1252[c - 0x80] != 0 ? cp1252[c - 0x80] : 0xfffd);
		else
			put_utf8(utf8, c);
	}
}

/* Whole characters of ${in}; returns how many bytes were taken. A lone surrogate becomes U+FFFD. */
static size_t from_utf16(struct sr_buf *utf8, struct sr_bytes in, bool big) {
	size_t at = 0;

	while (in.len - at >= 2) {
		const uint8_t *p = in.p + at;
		uint32_t u = big ? sr_be16_get(p) : sr_le16_get(p);

		if (u >= 0xd800 && u < 0xdc00) {
			uint32_t low;

			if (in.len - at < 4)
				break;
			low = big ? sr_be16_get(p + 2) : sr_le16_get(p + 2);
			if (low >= 0xdc00 && low < 0xe000) {
				put_utf8(utf8, 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00));
				at += 4;
				continue;
			}
		}
		put_utf8(utf8, u >= 0xd800 && u < 0xe000 ? 0xfffd : u);
		at += 2;
	}
	return at;
}

/* Bytes at the end of ${in} that begin a character which is not complete (0 to 3). */
static size_t utf8_cut(struct sr_bytes in) {
	for (size_t back = 1; back <= 3 && back <= in.len; back++) {
		uint8_t c = in.p[in.len - back];
		size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if ((c & 0xc0) == 0x80)
			continue;
		return want > back ? back : 0;
	}
	return 0;
}

static void skip_mark(struct sr_plain *p, struct sr_buf *utf8) {
	if (p->started || utf8->len == 0)
		return;
	p->started = true;
	if (utf8->len >= 3 && memcmp(utf8->p, "\xef\xbb\xbf", 3) == 0) {
		memmove(utf8->p, utf8->p + 3, utf8->len - 3);
		utf8->len -= 3;
	}
}

int sr_plain_feed(struct sr_plain *p, struct sr_buf *out, struct sr_bytes piece, bool last,
	struct sr_err *e) {
	struct sr_buf in, utf8, shown;
	size_t used;
	int rc;

	sr_buf_init_secret(&in);
	sr_buf_init_secret(&utf8);
	sr_buf_put(&in, p->held, p->held_len);
	sr_buf_put_bytes(&in, piece);
	rc = sr_buf_ok(&in, e);
	if (rc != 0)
		goto out;
	if (!p->started && !last && in.len < 3) { /* not enough to see a byte order mark whole */
		memcpy(p->held, in.p, in.len);
		p->held_len = in.len;
		goto out;
	}
	switch (p->encoding) {
	case SR_PLAIN_UTF8:
		used = last ? in.len : in.len - utf8_cut(sr_buf_view(&in));
		sr_buf_put(&utf8, in.p, used);
		break;
	case SR_PLAIN_UTF16LE:
	case SR_PLAIN_UTF16BE:
		used = from_utf16(&utf8, sr_buf_view(&in), p->encoding == SR_PLAIN_UTF16BE);
		if (last && used < in.len) {
			put_utf8(&utf8, 0xfffd);
			used = in.len;
		}
		break;
	case SR_PLAIN_WINDOWS1252:
	default:
		from_windows1252(&utf8, sr_buf_view(&in));
		used = in.len;
		break;
	}
	p->held_len = in.len - used;
	if (p->held_len > 0)
		memcpy(p->held, in.p + used, p->held_len);
	skip_mark(p, &utf8);
	rc = sr_buf_ok(&utf8, e);
	if (rc == 0 && p->cut != NULL) {
		sr_buf_init_secret(&shown);
		rc = sr_cut_feed(p->cut, &shown, sr_buf_view(&utf8), last, e);
		if (rc == 0)
			sr_escape_text(out, sr_buf_view(&shown));
		sr_buf_free(&shown);
	} else if (rc == 0) {
		sr_escape_text(out, sr_buf_view(&utf8));
	}
	if (rc == 0)
		rc = sr_buf_ok(out, e);
out:
	sr_buf_free(&in);
	sr_buf_free(&utf8);
	return rc;
}
