/*
 * compound_rig - compound files with documents in them, made from scratch: sectors of 512 bytes,
 * one sector of table, streams under the root and one in a storage.
 */
#ifndef SR_TESTS_COMPOUND_RIG_H
#define SR_TESTS_COMPOUND_RIG_H

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum {
	RIG_SECTOR = 512,
	RIG_STREAMS = 6
};

struct rig_stream {
	const char *name;
	struct sr_bytes bytes;
	bool within; /* in the storage "Within" */
};

static inline void rig_zeros(struct sr_buf *b, size_t to) {
	while (b->len < to)
		sr_buf_put_u8(b, 0);
}

static inline void rig_u16(struct sr_buf *b, unsigned v) {
	sr_buf_put_u8(b, (uint8_t)v);
	sr_buf_put_u8(b, (uint8_t)(v >> 8));
}

struct rig_entry {
	const char *name;
	uint8_t type;
	uint32_t right, child, start;
	uint64_t size;
};

static inline void rig_entry(struct sr_buf *b, const struct rig_entry *e) {
	const size_t at = b->len, n = strlen(e->name);
	for (size_t i = 0; i < n; i++)
		rig_u16(b, (uint8_t)e->name[i]);
	rig_zeros(b, at + 64);
	rig_u16(b, (unsigned)(2 * (n + 1)));
	sr_buf_put_u8(b, e->type);
	sr_buf_put_u8(b, 1);
	sr_buf_put_le32(b, UINT32_MAX);
	sr_buf_put_le32(b, e->right);
	sr_buf_put_le32(b, e->child);
	rig_zeros(b, at + 116);
	sr_buf_put_le32(b, e->start);
	sr_buf_put_le64(b, e->size);
}

struct rig_layout {
	uint32_t start[RIG_STREAMS],
		sectors[RIG_STREAMS]; /* of each stream; of small ones pieces */
	uint32_t small_sectors, small_bytes, folder_sectors;
};

/* Sectors: 0 the table; then the folder; the pieces' table; the pieces; the streams. */
static inline void rig_lay_out(struct rig_layout *l, const struct rig_stream *s, size_t count) {
	uint32_t at, pieces = 0;
	memset(l, 0, sizeof *l);
	l->folder_sectors = (uint32_t)((count + 2 + 3) / 4);
	for (size_t i = 0; i < count; i++)
		if (s[i].bytes.len < 4096) {
			l->start[i] = pieces;
			l->sectors[i] = (uint32_t)((s[i].bytes.len + 63) / 64);
			pieces += l->sectors[i];
		}
	l->small_bytes = pieces * 64;
	l->small_sectors = (l->small_bytes + RIG_SECTOR - 1) / RIG_SECTOR;
	at = 1 + l->folder_sectors + 1 + l->small_sectors;
	for (size_t i = 0; i < count; i++)
		if (s[i].bytes.len >= 4096) {
			l->start[i] = at;
			l->sectors[i] = (uint32_t)((s[i].bytes.len + RIG_SECTOR - 1) / RIG_SECTOR);
			at += l->sectors[i];
		}
}

static inline void rig_chain(struct sr_buf *b, uint32_t from, uint32_t count) {
	for (uint32_t i = 0; i < count; i++)
		sr_buf_put_le32(b, i + 1 < count ? from + i + 1 : UINT32_C(0xFFFFFFFE));
}

static inline void rig_header(struct sr_buf *b, const struct rig_layout *l) {
	static const uint8_t magic[] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};
	sr_buf_put(b, magic, sizeof magic);
	rig_zeros(b, 24);
	rig_u16(b, 0x3E);
	rig_u16(b, 3);
	rig_u16(b, 0xFFFE);
	rig_u16(b, 9);
	rig_u16(b, 6);
	rig_zeros(b, 44);
	sr_buf_put_le32(b, 1);
	sr_buf_put_le32(b, 1); /* the folder */
	sr_buf_put_le32(b, 0);
	sr_buf_put_le32(b, 4096);
	sr_buf_put_le32(b, 1 + l->folder_sectors);
	sr_buf_put_le32(b, 1);
	sr_buf_put_le32(b, UINT32_C(0xFFFFFFFE));
	sr_buf_put_le32(b, 0);
	sr_buf_put_le32(b, 0); /* the table is sector 0 */
	while (b->len < RIG_SECTOR)
		sr_buf_put_le32(b, UINT32_MAX);
}

/* Streams under the root stand in one row; the storage is the entry behind them. */
static inline void rig_folder(
	struct sr_buf *b, const struct rig_layout *l, const struct rig_stream *s, size_t count) {
	const size_t end = b->len + (size_t)l->folder_sectors * RIG_SECTOR;
	const uint32_t storage = (uint32_t)count + 1;
	uint32_t first = storage, within = UINT32_MAX;
	for (size_t i = count; i-- > 0;) {
		if (s[i].within)
			within = (uint32_t)i + 1;
		else
			first = (uint32_t)i + 1;
	}
	rig_entry(b, &(struct rig_entry){"Root Entry", 5, UINT32_MAX, first,
			     1 + l->folder_sectors + 1, l->small_bytes});
	for (size_t i = 0; i < count; i++) {
		uint32_t right = s[i].within ? UINT32_MAX : storage;
		for (size_t k = count; k-- > i + 1;)
			if (s[k].within == s[i].within)
				right = (uint32_t)k + 1;
		rig_entry(b, &(struct rig_entry){
				     s[i].name, 2, right, UINT32_MAX, l->start[i], s[i].bytes.len});
	}
	rig_entry(b, &(struct rig_entry){"Within", 1, UINT32_MAX, within, 0, 0});
	rig_zeros(b, end);
}

static inline void rig_compound(struct sr_buf *b, const struct rig_stream *s, size_t count) {
	struct rig_layout l;
	size_t at;
	rig_lay_out(&l, s, count);
	rig_header(b, &l);
	sr_buf_put_le32(b, UINT32_C(0xFFFFFFFD));
	rig_chain(b, 1, l.folder_sectors);
	rig_chain(b, 1 + l.folder_sectors, 1);
	rig_chain(b, 1 + l.folder_sectors + 1, l.small_sectors);
	for (size_t i = 0; i < count; i++)
		if (s[i].bytes.len >= 4096)
			rig_chain(b, l.start[i], l.sectors[i]);
	while (b->len < (size_t)2 * RIG_SECTOR)
		sr_buf_put_le32(b, UINT32_MAX);
	rig_folder(b, &l, s, count);
	at = b->len;
	for (size_t i = 0; i < count; i++)
		if (s[i].bytes.len < 4096)
			rig_chain(b, l.start[i], l.sectors[i]);
	while (b->len < at + RIG_SECTOR)
		sr_buf_put_le32(b, UINT32_MAX);
	at = b->len;
	for (size_t i = 0; i < count; i++)
		if (s[i].bytes.len < 4096) {
			sr_buf_put_bytes(b, s[i].bytes);
			rig_zeros(b, at + ((size_t)l.start[i] + l.sectors[i]) * 64);
		}
	rig_zeros(b, at + (size_t)l.small_sectors * RIG_SECTOR);
	at = b->len;
	for (size_t i = 0; i < count; i++)
		if (s[i].bytes.len >= 4096) {
			sr_buf_put_bytes(b, s[i].bytes);
			at += (size_t)l.sectors[i] * RIG_SECTOR;
			rig_zeros(b, at);
		}
}

/* --- documents -------------------------------------------------------------------------------- */

/* Word 97: "The old mill" in narrow bytes and, behind a field, two wide letters, in three pieces
 * that lie in another order than they are read. The head of WordDocument has 426 bytes at least. */
static inline void rig_word(struct sr_buf *document, struct sr_buf *table, unsigned flags) {
	static const char first[] = "The old mill\r", code[] = "\x13 LINK x\x14the \x15";
	rig_u16(document, 0xA5EC);
	rig_u16(document, 0xC1);
	rig_zeros(document, 10);
	rig_u16(document, flags | 0x200);
	rig_zeros(document, 418);
	sr_buf_put_le32(document, 0);
	sr_buf_put_le32(document, 1 + 2 + 3 + 5 + 4 * 4 + 3 * 8);
	rig_zeros(document, 512);
	sr_buf_put_str(document, code); /* at 512 */
	rig_zeros(document, 600);
	rig_u16(document, 0x43C); /* at 600: two letters of Russian */
	rig_u16(document, 0x438);
	rig_zeros(document, 700);
	sr_buf_put_str(document, first); /* at 700 */
	sr_buf_put_u8(table, 1);         /* properties, which are passed over */
	rig_u16(table, 3);
	rig_zeros(table, 6);
	sr_buf_put_u8(table, 2);
	sr_buf_put_le32(table, 4 * 4 + 3 * 8);
	sr_buf_put_le32(table, 0);
	sr_buf_put_le32(table, sizeof first - 1);
	sr_buf_put_le32(table, sizeof first - 1 + sizeof code - 1);
	sr_buf_put_le32(table, sizeof first - 1 + sizeof code - 1 + 2);
	for (unsigned i = 0; i < 3; i++) {
		static const uint32_t at[] = {
			700 * 2 | UINT32_C(1) << 30, 512 * 2 | UINT32_C(1) << 30, 600};
		rig_u16(table, 0);
		sr_buf_put_le32(table, at[i]);
		rig_u16(table, 0);
	}
}

static inline void rig_record(struct sr_buf *b, unsigned type, const struct sr_buf *data) {
	rig_u16(b, type);
	rig_u16(b, (unsigned)data->len);
	sr_buf_put_bytes(b, sr_buf_view(data));
}

static inline void rig_bof(struct sr_buf *b, unsigned what) {
	struct sr_buf d;
	sr_buf_init(&d);
	rig_u16(&d, 0x600);
	rig_u16(&d, what);
	rig_zeros(&d, 16);
	rig_record(b, 0x809, &d);
	sr_buf_free(&d);
}

static inline void rig_at(struct sr_buf *d, unsigned row, unsigned column) {
	sr_buf_clear(d);
	rig_u16(d, row);
	rig_u16(d, column);
	rig_u16(d, 0);
}

/* Excel 97: shared strings "mill" and "river", the second parted by CONTINUE within its letters,
 * from narrow to wide, and with runs behind; a sheet of two rows, and another with a formula. */
static inline void rig_excel(struct sr_buf *b, bool locked) {
	struct sr_buf d, none;
	sr_buf_init(&d);
	sr_buf_init(&none);
	rig_bof(b, 5);
	if (locked)
		rig_record(b, 0x2F, &none);
	sr_buf_put_le32(&d, 2);
	sr_buf_put_le32(&d, 2);
	rig_u16(&d, 4);
	sr_buf_put_u8(&d, 0);
	sr_buf_put_str(&d, "mill");
	rig_u16(&d, 5);
	sr_buf_put_u8(&d, 8);
	rig_u16(&d, 1);
	sr_buf_put_str(&d, "ri");
	rig_record(b, 0xFC, &d);
	sr_buf_clear(&d);
	sr_buf_put_u8(&d, 1);
	rig_u16(&d, 'v');
	rig_u16(&d, 'e');
	rig_u16(&d, 0x44F); /* a letter that narrow bytes have not */
	sr_buf_put_le32(&d, 0);
	rig_record(b, 0x3C, &d);
	rig_record(b, 0x0A, &none);
	rig_bof(b, 0x10);
	rig_at(&d, 0, 0);
	sr_buf_put_le32(&d, 0);
	rig_record(b, 0xFD, &d);
	rig_at(&d, 0, 1);
	sr_buf_put_le32(&d, 1);
	rig_record(b, 0xFD, &d);
	rig_at(&d, 1, 0);
	sr_buf_put_le64(&d, UINT64_C(0x4045000000000000)); /* 42 */
	rig_record(b, 0x203, &d);
	rig_at(&d, 1, 1);
	sr_buf_put_le32(&d, 1234u << 2 | 3); /* 12.34 */
	rig_record(b, 0x27E, &d);
	rig_record(b, 0x0A, &none);
	rig_bof(b, 0x10);
	rig_at(&d, 0, 0);
	sr_buf_put_le64(&d, UINT64_C(0xFFFF000000000000));
	rig_record(b, 0x06, &d);
	sr_buf_clear(&d);
	rig_u16(&d, 3);
	sr_buf_put_u8(&d, 0);
	sr_buf_put_str(&d, "sum");
	rig_record(b, 0x207, &d);
	rig_record(b, 0x0A, &none);
	sr_buf_free(&d);
}

static inline void rig_atom(struct sr_buf *b, unsigned version, unsigned type, struct sr_bytes d) {
	rig_u16(b, version);
	rig_u16(b, type);
	sr_buf_put_le32(b, (uint32_t)d.len);
	sr_buf_put_bytes(b, d);
}

/* PowerPoint: a master whose words are not told, a slide with a text of bytes and one of UTF-16. */
static inline void rig_powerpoint(struct sr_buf *b) {
	struct sr_buf in;
	sr_buf_init(&in);
	rig_atom(&in, 0, 0xFA8, sr_bytes_str("Click to edit"));
	rig_atom(b, 15, 0x3F8, sr_buf_view(&in));
	sr_buf_clear(&in);
	rig_atom(&in, 0, 0xFA8, sr_bytes_str("The old mill\rat night"));
	rig_atom(&in, 0, 0xFA0, sr_bytes_of("\x3C\x04\x38\x04", 4));
	rig_atom(b, 15, 0x3EE, sr_buf_view(&in));
	sr_buf_free(&in);
}

#endif
