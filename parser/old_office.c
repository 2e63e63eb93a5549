/*
 * old_office - see old_office.h. All numbers are little-endian.
 */
#include "parser/old_office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parser/charset.h"
#include "parser/compound.h"

static uint16_t u16(struct sr_bytes b, size_t at) {
	return at <= b.len && b.len - at >= 2 ? sr_le16_get(b.p + at) : 0;
}

static uint32_t u32(struct sr_bytes b, size_t at) {
	return at <= b.len && b.len - at >= 4 ? sr_le32_get(b.p + at) : 0;
}

/* As many of ${len} bytes at ${at} as are there. */
static struct sr_bytes part(struct sr_bytes b, size_t at, size_t len) {
	if (at >= b.len)
		return sr_bytes_of(NULL, 0);
	return sr_bytes_of(b.p + at, b.len - at < len ? b.len - at : len);
}

/* --- Word ------------------------------------------------------------------------------------- */

/*
 * offset size  of the stream WordDocument
 *      0    2  A5EC (A5DC: Word 6, 95)         2    2  version: from C1 on it is Word 97 or later
 *     10    2  flags: 4 pieces, 100 encrypted, 200 the table is 1Table
 *     24    4  first byte of the text          28    4  the byte behind it (of Word 6, 95)
 *    418    4  the piece table in the table stream,  422    4  its bytes
 * The piece table: blocks "1, le16 n, n bytes", then "2, le32 n" and n bytes: m + 1 places of
 * characters, le32 each, and m pieces of 8 bytes, with the place in WordDocument at 2: of UTF-16,
 * or with bit 30 twice that of Windows-1252.
 */
enum {
	WORD_97 = 0xC1,
	WORD_PIECES = 4,
	WORD_ENCRYPTED = 0x100,
	WORD_1TABLE = 0x200
};
#define WORD_NARROW (UINT32_C(1) << 30)

const char *par_word_table(struct sr_bytes document) {
	if (u16(document, 2) < WORD_97)
		return NULL;
	return (u16(document, 10) & WORD_1TABLE) != 0 ? "1Table" : "0Table";
}

/* Marks of Word's own become lines and tabs; codes of fields go. ${text} is UTF-8. */
static void put_word(struct sr_buf *out, struct sr_bytes text, unsigned *field) {
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.p[i];

		if (c == 0x13) /* a field: its code */
			++*field;
		else if ((c == 0x14 || c == 0x15) && *field > 0) /* its result; its end */
			--*field;
		else if (*field > 0 || (c < 0x20 && c != '\t' && c != 0x07 && c < 0x0B))
			continue;
		else if (c == 0x07)
			sr_buf_put_u8(out, '\t');
		else if (c == 0x0B || c == 0x0C || c == 0x0D || c == 0x0E)
			sr_buf_put_u8(out, '\n');
		else if (c == 0x1E)
			sr_buf_put_u8(out, '-');
		else if (c >= 0x20 || c == '\t')
			sr_buf_put_u8(out, c);
	}
}

static bool put_piece(struct sr_buf *out, struct sr_bytes document, uint32_t fc, uint32_t chars,
	unsigned *field) {
	const bool narrow = (fc & WORD_NARROW) != 0;
	const size_t at = narrow ? (fc & ~WORD_NARROW) / 2 : fc;
	const size_t len = narrow ? chars : (size_t)chars * 2;
	const struct sr_bytes raw = part(document, at, len);
	struct sr_buf text;

	sr_buf_init(&text);
	par_charset_decode(&text, narrow ? PAR_WINDOWS1252 : PAR_UTF16LE,
		sr_bytes_of(raw.p, narrow ? raw.len : raw.len & ~(size_t)1));
	put_word(out, sr_buf_view(&text), field);
	sr_buf_free(&text);
	return raw.len == len;
}

/* Pieces in a file of hostile making overlap: all of them have no more than the document has,
 * twice. */
static enum par_old_end pieces(struct sr_buf *out, struct sr_bytes document, struct sr_bytes plc) {
	const size_t count = plc.len < 4 ? 0 : (plc.len - 4) / 12;
	uint64_t left = (uint64_t)document.len * 2;
	unsigned field = 0;
	bool whole = count > 0;

	for (size_t i = 0; i < count; i++) {
		const uint32_t from = u32(plc, 4 * i), to = u32(plc, 4 * (i + 1));
		const uint32_t fc = u32(plc, 4 * (count + 1) + 8 * i + 2);

		if (to < from || to - from > left)
			return PAR_OLD_BROKEN;
		left -= to - from;
		whole = put_piece(out, document, fc, to - from, &field) && whole;
	}
	/* A field without an end is none, and what it kept away are words. */
	return whole && field == 0 ? PAR_OLD_WHOLE : PAR_OLD_BROKEN;
}

static enum par_old_end word_97(
	struct sr_buf *out, struct sr_bytes document, struct sr_bytes table) {
	const struct sr_bytes clx = part(table, u32(document, 418), u32(document, 422));
	struct sr_bytes plc;
	size_t at = 0;

	while (at < clx.len && clx.p[at] == 1)
		at += 3 + (size_t)u16(clx, at + 1);
	if (at >= clx.len || clx.p[at] != 2)
		return PAR_OLD_BROKEN;
	/* Of a table that is cut nobody knows where its second half begins. */
	plc = part(clx, at + 5, u32(clx, at + 1));
	return plc.len == u32(clx, at + 1) ? pieces(out, document, plc) : PAR_OLD_BROKEN;
}

enum par_old_end par_word_text(
	struct sr_buf *out, struct sr_bytes document, struct sr_bytes table) {
	const uint16_t magic = u16(document, 0), flags = u16(document, 10);
	const uint32_t from = u32(document, 24), to = u32(document, 28);
	unsigned field = 0;

	if (magic != 0xA5EC && magic != 0xA5DC)
		return PAR_OLD_BROKEN;
	if ((flags & WORD_ENCRYPTED) != 0)
		return PAR_OLD_ENCRYPTED;
	if (u16(document, 2) >= WORD_97)
		return word_97(out, document, table);
	if ((flags & WORD_PIECES) != 0)
		return PAR_OLD_UNREAD;
	if (to < from || (to - from) > document.len)
		return PAR_OLD_BROKEN;
	return put_piece(out, document, from * 2 | WORD_NARROW, to - from, &field) && field == 0
		       ? PAR_OLD_WHOLE
		       : PAR_OLD_BROKEN;
}

/* --- Excel ------------------------------------------------------------------------------------ */

/* A stream of records: le16 type, le16 length, bytes. */
enum record {
	X_FORMULA = 0x0006,
	X_EOF = 0x000A,
	X_FILEPASS = 0x002F,
	X_CONTINUE = 0x003C,
	X_MULRK = 0x00BD,
	X_RSTRING = 0x00D6,
	X_SST = 0x00FC,
	X_LABELSST = 0x00FD,
	X_NUMBER = 0x0203,
	X_LABEL = 0x0204,
	X_STRING = 0x0207,
	X_RK = 0x027E,
	X_BOF = 0x0809,
	BIFF8 = 0x0600,
	SHEET = 0x0010, /* of a BOF: what begins */
	MACROS = 0x0040 /* the same, of Excel 4's own language */
};

struct book {
	struct sr_bytes all;
	size_t at; /* behind the record at hand */
	uint16_t type;
	struct sr_bytes data; /* of the record at hand */
	bool eight;           /* BIFF8: strings are Unicode */
	struct sr_buf strings;
	size_t *ends; /* of each shared string */
	size_t count, cap;
	/* the sheet at hand */
	struct sr_buf page;
	bool in_sheet, awaits; /* the text of a formula comes next */
	unsigned inner;        /* parts that begin within it: its charts, between its cells */
	uint32_t row;
	bool first; /* of its row */
	enum par_old_end end;
};

/* The next record. */
static bool step(struct book *b) {
	const size_t left = b->all.len - b->at;

	if (left < 4)
		return false;
	b->type = u16(b->all, b->at);
	b->data = part(b->all, b->at + 4, u16(b->all, b->at + 2));
	if (b->data.len < u16(b->all, b->at + 2))
		b->end = PAR_OLD_BROKEN;
	b->at += 4 + b->data.len;
	return true;
}

/* A string may go on in records CONTINUE; where its characters are parted, the first byte there
 * says anew how wide they are. */
struct cursor {
	struct book *b;
	size_t at; /* of b->data */
};

static size_t rest(const struct cursor *c) {
	return c->b->data.len - c->at;
}

/* To the next record, if it is one that goes on. */
static bool go_on(struct cursor *c) {
	const struct book *b = c->b;

	if (b->all.len - b->at < 4 || u16(b->all, b->at) != X_CONTINUE)
		return false;
	c->at = 0;
	return step(c->b);
}

static bool skip(struct cursor *c, size_t n) {
	while (n > rest(c)) {
		n -= rest(c);
		if (!go_on(c))
			return false;
	}
	c->at += n;
	return true;
}

static bool take(struct cursor *c, uint8_t *out, size_t n) {
	while (n > 0) {
		const size_t some = rest(c) < n ? rest(c) : n;

		if (some > 0)
			memcpy(out, c->b->data.p + c->at, some);
		c->at += some;
		out += some;
		n -= some;
		if (n > 0 && !go_on(c))
			return false;
	}
	return true;
}

/* ${chars} characters, of which ${flags} says how wide they are. */
static bool characters(struct cursor *c, struct sr_buf *out, size_t chars, uint8_t flags) {
	struct sr_buf raw; /* UTF-16: a pair may be parted */
	bool ok = true;

	sr_buf_init(&raw);
	while (chars > 0) {
		const bool wide = (flags & 1) != 0;
		const size_t there = rest(c) / (wide ? 2 : 1), n = there < chars ? there : chars;

		for (size_t i = 0; i < n; i++) {
			sr_buf_put_u8(&raw, c->b->data.p[c->at++]);
			sr_buf_put_u8(&raw, wide ? c->b->data.p[c->at++] : 0);
		}
		chars -= n;
		if (chars > 0 && (!go_on(c) || !take(c, &flags, 1))) {
			ok = false;
			break;
		}
	}
	par_charset_decode(out, PAR_UTF16LE, sr_buf_view(&raw));
	sr_buf_free(&raw);
	return ok;
}

/* "le16 characters, flags, le16 runs?, le32 bytes of sounds?, characters, runs, sounds" */
static bool wide_string(struct cursor *c, struct sr_buf *out) {
	uint8_t head[3], n[4];
	uint16_t runs = 0;
	uint32_t sounds = 0;

	if (!take(c, head, 3))
		return false;
	if ((head[2] & 8) != 0) {
		if (!take(c, n, 2))
			return false;
		runs = sr_le16_get(n);
	}
	if ((head[2] & 4) != 0) {
		if (!take(c, n, 4))
			return false;
		sounds = sr_le32_get(n);
	}
	return characters(c, out, sr_le16_get(head), head[2]) && skip(c, (size_t)runs * 4 + sounds);
}

static bool any_string(struct cursor *c, struct sr_buf *out) {
	uint8_t n[2];
	struct sr_bytes text;

	if (c->b->eight)
		return wide_string(c, out);
	if (!take(c, n, 2))
		return false;
	text = part(c->b->data, c->at, sr_le16_get(n));
	par_charset_decode(out, PAR_WINDOWS1252, text);
	c->at += text.len;
	return text.len == sr_le16_get(n);
}

static bool grow(struct book *b) {
	const size_t cap = b->cap == 0 ? 1024 : b->cap * 2;
	size_t *more = b->cap < PAR_OLD_STRINGS ? reallocarray(b->ends, cap, sizeof *more) : NULL;

	if (more == NULL)
		return false;
	b->ends = more;
	b->cap = cap;
	return true;
}

/* Shared strings: le32 uses, le32 how many, then each. */
static void shared(struct book *b) {
	struct cursor c = {b, 8};
	const uint32_t want = u32(b->data, 4);

	if (b->data.len < 8) {
		b->end = PAR_OLD_BROKEN;
		return;
	}
	for (uint32_t i = 0; i < want; i++) {
		if ((b->count == b->cap && !grow(b)) || !wide_string(&c, &b->strings) ||
			sr_buf_ok(&b->strings, NULL) != 0) {
			b->end = PAR_OLD_BROKEN;
			return;
		}
		b->ends[b->count++] = b->strings.len;
	}
}

/* --- cells --- */

/* A line for each row, a tab between the cells that say something. */
static void begin_cell(struct book *b, uint32_t row) {
	if (!b->first && row != b->row)
		sr_buf_put_u8(&b->page, '\n');
	else if (!b->first)
		sr_buf_put_u8(&b->page, '\t');
	b->first = false;
	b->row = row;
}

static void put_number(struct book *b, double v) {
	char text[40];
	const int n = snprintf(text, sizeof text, "%.15g", v);

	sr_buf_put(&b->page, text, n > 0 ? (size_t)n : 0);
}

static double double_of(uint64_t bits) {
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

/* A number in 30 bits: whole, or the high part of a double; bit 0: a hundredth of it. */
static void put_rk(struct book *b, uint32_t rk) {
	double v = (rk & 2) != 0 ? (double)((int32_t)rk >> 2)
				 : double_of((uint64_t)(rk & ~UINT32_C(3)) << 32);

	put_number(b, (rk & 1) != 0 ? v / 100 : v);
}

static void put_text(struct book *b, struct cursor c) {
	struct sr_buf text;

	sr_buf_init(&text);
	if (!any_string(&c, &text))
		b->end = PAR_OLD_BROKEN;
	for (size_t i = 0; i < text.len; i++)
		sr_buf_put_u8(&b->page, text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : text.p[i]);
	sr_buf_free(&text);
}

static void put_shared(struct book *b, uint32_t n) {
	const size_t from = n > 0 && n <= b->count ? b->ends[n - 1] : 0;

	if (n >= b->count) {
		b->end = PAR_OLD_BROKEN;
		return;
	}
	if (b->ends[n] > from) /* where all are empty there is no memory to count from */
		sr_buf_put(&b->page, b->strings.p + from, b->ends[n] - from);
}

static void formula(struct book *b) {
	const struct sr_bytes v = part(b->data, 6, 8);

	if (v.len < 8)
		return;
	if (u16(v, 6) != 0xFFFF) {
		begin_cell(b, u16(b->data, 0));
		put_number(b, double_of(sr_le64_get(v.p)));
	} else if (v.p[0] == 0) { /* a text, in the record STRING behind it */
		begin_cell(b, u16(b->data, 0));
		b->awaits = true;
	}
}

static void cell(struct book *b) {
	const struct sr_bytes d = b->data;

	/* Ten bytes can name a string of 64 KiB: what no page takes is not put together. */
	if (b->page.len > PAR_PAGE_MAX)
		return;
	switch (b->type) {
	case X_LABELSST:
		begin_cell(b, u16(d, 0));
		put_shared(b, u32(d, 6));
		break;
	case X_LABEL:
	case X_RSTRING:
		begin_cell(b, u16(d, 0));
		put_text(b, (struct cursor){b, d.len < 6 ? d.len : 6});
		break;
	case X_NUMBER:
		begin_cell(b, u16(d, 0));
		if (d.len >= 14)
			put_number(b, double_of(sr_le64_get(d.p + 6)));
		break;
	case X_RK:
		begin_cell(b, u16(d, 0));
		put_rk(b, u32(d, 6));
		break;
	case X_MULRK: /* row, first column, then two and four bytes for each, last column */
		for (size_t at = 4; at + 8 <= d.len; at += 6) {
			begin_cell(b, u16(d, 0));
			put_rk(b, u32(d, at + 2));
		}
		break;
	case X_FORMULA:
		formula(b);
		break;
	case X_STRING:
		if (b->awaits)
			put_text(b, (struct cursor){b, 0});
		b->awaits = false;
		break;
	default:
		break;
	}
}

static void begin_part(struct book *b) {
	b->eight = u16(b->data, 0) == BIFF8;
	b->in_sheet = u16(b->data, 2) == SHEET || u16(b->data, 2) == MACROS;
	b->first = true;
	b->awaits = false;
	sr_buf_clear(&b->page);
}

enum par_old_end par_excel_text(
	struct sr_bytes all, bool (*page)(void *ctx, struct sr_bytes text), void *ctx) {
	struct book b = {.all = all, .first = true};
	enum par_old_end end;
	bool more = true;
	unsigned sheets = 0;

	sr_buf_init(&b.strings);
	sr_buf_init(&b.page);
	while (more && b.end != PAR_OLD_ENCRYPTED && step(&b)) {
		if (b.type == X_FILEPASS) {
			b.end = PAR_OLD_ENCRYPTED;
		} else if (b.type == X_BOF && b.in_sheet) {
			b.inner++;
		} else if (b.type == X_BOF) {
			begin_part(&b);
		} else if (b.type == X_SST) {
			shared(&b);
		} else if (b.in_sheet && b.type == X_EOF && b.inner > 0) {
			b.inner--;
		} else if (b.in_sheet && b.type == X_EOF) {
			sr_buf_put_u8(&b.page, '\n');
			more = page(ctx, sr_buf_view(&b.page));
			b.in_sheet = false;
			sheets++;
		} else if (b.in_sheet) {
			cell(&b);
		}
	}
	/* One that was cut says what there is of it. */
	if (more && b.in_sheet && b.page.len > 0)
		(void)page(ctx, sr_buf_view(&b.page));
	end = b.end != PAR_OLD_WHOLE        ? b.end
	      : b.in_sheet || (sheets == 0) ? PAR_OLD_BROKEN
					    : PAR_OLD_WHOLE;
	free(b.ends);
	sr_buf_free(&b.strings);
	sr_buf_free(&b.page);
	return end;
}

/* --- PowerPoint ------------------------------------------------------------------------------- */

/* A stream of records: le16 version and instance, le16 type, le32 length, bytes. A container
 * (version 15) has records in it, which follow its head: all are walked in one line. */
enum {
	P_MASTER = 0x03F8,
	P_UTF16 = 0x0FA0,
	P_BYTES = 0x0FA8,
	P_CONTAINER = 15
};

static void put_atom(struct sr_buf *out, struct sr_bytes raw, bool wide) {
	struct sr_buf utf16, text;

	sr_buf_init(&utf16);
	sr_buf_init(&text);
	for (size_t i = 0; !wide && i < raw.len; i++) { /* the low halves of UTF-16 */
		sr_buf_put_u8(&utf16, raw.p[i]);
		sr_buf_put_u8(&utf16, 0);
	}
	par_charset_decode(&text, PAR_UTF16LE,
		wide ? sr_bytes_of(raw.p, raw.len & ~(size_t)1) : sr_buf_view(&utf16));
	for (size_t i = 0; i < text.len; i++)
		sr_buf_put_u8(out, text.p[i] == '\r' || text.p[i] == 0x0B ? '\n' : text.p[i]);
	sr_buf_put_u8(out, '\n');
	sr_buf_free(&utf16);
	sr_buf_free(&text);
}

enum par_old_end par_powerpoint_text(struct sr_buf *out, struct sr_bytes document) {
	size_t at = 0;

	while (document.len - at >= 8) {
		const uint16_t version = u16(document, at) & 0xF, type = u16(document, at + 2);
		const uint32_t len = u32(document, at + 4);
		const struct sr_bytes data = part(document, at + 8, len);

		at += 8;
		if (data.len < len && version != P_CONTAINER)
			return PAR_OLD_BROKEN;
		if (version != P_CONTAINER && (type == P_UTF16 || type == P_BYTES))
			put_atom(out, data, type == P_UTF16);
		if (version != P_CONTAINER || type == P_MASTER)
			at += data.len;
	}
	return PAR_OLD_WHOLE;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void say(struct sr_inside *s, struct par_pages *p, enum par_old_end end, bool cut) {
	switch (end) {
	case PAR_OLD_WHOLE:
		par_pages_done(p, cut ? SR_BOX_CAPPED : SR_BOX_WHOLE,
			cut ? "the file is larger than is read as text" : "");
		return;
	case PAR_OLD_BROKEN:
		par_pages_done(p, cut ? SR_BOX_CAPPED : SR_BOX_BROKEN,
			cut ? "the file is larger than is read as text"
			    : "it is damaged: there is more of it than can be read");
		return;
	case PAR_OLD_ENCRYPTED:
		par_pages_done(p, SR_BOX_ENCRYPTED, "it is under a password");
		return;
	case PAR_OLD_UNREAD:
		par_pages_done(
			p, SR_BOX_UNREAD, "Word 6 or 95 saved it in pieces, which are not read");
		return;
	}
	sr_inside_done(s, SR_BOX_UNREAD, "it is of no kind that is read");
}

static bool one_page(void *ctx, struct sr_bytes text) {
	return par_page(ctx, text, "text");
}

static enum par_old_end word(struct sr_buf *out, const struct par_compound *c, struct sr_bytes d) {
	const char *name = par_word_table(d);
	struct sr_buf table;
	enum par_old_end end = PAR_OLD_BROKEN;

	sr_buf_init(&table);
	if (name == NULL || par_compound_read(c, name, &table))
		end = par_word_text(out, d, sr_buf_view(&table));
	sr_buf_free(&table);
	return end;
}

/* The user who saved it last: an atom whose third number says that the document is encrypted. */
static bool powerpoint_encrypted(const struct par_compound *c) {
	struct sr_buf user;
	bool yes;

	sr_buf_init(&user);
	yes = par_compound_read(c, "Current User", &user) &&
	      u32(sr_buf_view(&user), 12) == UINT32_C(0xF3D1C4DF);
	sr_buf_free(&user);
	return yes;
}

/* A file that is several of them says all: which one a program opens is the program's choice. */
static void by_kind(struct sr_inside *s, const struct par_compound *c, bool cut) {
	struct par_pages p = {.s = s};
	enum par_old_end end = PAR_OLD_WHOLE, one;
	struct sr_buf d, out;
	bool any = false;

	sr_buf_init(&d);
	sr_buf_init(&out);
	if (par_compound_read(c, "WordDocument", &d)) {
		end = word(&out, c, sr_buf_view(&d));
		(void)par_parts(&p, sr_buf_view(&out));
		any = true;
	}
	sr_buf_clear(&d);
	if (par_compound_read(c, "Workbook", &d) || par_compound_read(c, "Book", &d)) {
		sr_inside_fact(s, "paged", sr_bytes_str("yes"));
		one = par_excel_text(sr_buf_view(&d), one_page, &p);
		end = one != PAR_OLD_WHOLE ? one : end;
		any = true;
	}
	sr_buf_clear(&d);
	sr_buf_clear(&out);
	if (par_compound_read(c, "PowerPoint Document", &d)) {
		one = powerpoint_encrypted(c) ? PAR_OLD_ENCRYPTED
					      : par_powerpoint_text(&out, sr_buf_view(&d));
		(void)par_parts(&p, sr_buf_view(&out));
		end = one != PAR_OLD_WHOLE ? one : end;
		any = true;
	}
	if (any)
		say(s, &p, end, cut);
	else if (par_compound_has(c, "EncryptedPackage"))
		sr_inside_done(s, SR_BOX_ENCRYPTED, "it is under a password");
	else if (par_compound_has(c, "__properties_version1.0"))
		sr_inside_done(s, SR_BOX_UNREAD, "a message of Outlook, which is not read");
	else
		sr_inside_done(s, SR_BOX_UNREAD,
			"a compound file (OLE) that is no document of Word, Excel or PowerPoint: "
			"its words are not read");
	sr_buf_free(&d);
	sr_buf_free(&out);
}

void par_old_office_text(struct sr_inside *s) {
	struct par_compound c;
	struct sr_buf all;
	bool cut = false;
	const char *why;

	sr_buf_init(&all);
	if (!par_text_load(&all, s, PAR_DOCUMENT_MAX, &cut)) {
		sr_inside_done(s, SR_BOX_BROKEN, "there is no memory for it");
		return;
	}
	why = par_compound_open(&c, sr_buf_view(&all));
	if (why != NULL)
		sr_inside_done(s, cut ? SR_BOX_CAPPED : SR_BOX_BROKEN,
			cut ? "the file is larger than is read as text" : why);
	else
		by_kind(s, &c, cut);
	par_compound_free(&c);
	sr_buf_free(&all);
}
