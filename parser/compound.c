/*
 * compound - see compound.h.
 */
#include "parser/compound.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 512,
	ENTRY = 128,
	IN_HEADER = 109,
	PIECE_SHIFT = 6,
	ROOT = 5
};
#define LAST UINT32_C(0xFFFFFFFA) /* this and above: not a sector */

bool par_is_compound(struct sr_bytes head) {
	static const uint8_t magic[] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};

	return head.len >= sizeof magic && memcmp(head.p, magic, sizeof magic) == 0;
}

/* The bytes of sector ${n}; fewer at the end of a file that was cut, none behind it. */
static struct sr_bytes sector(const struct par_compound *c, uint32_t n) {
	const size_t size = (size_t)1 << c->shift, at = ((size_t)n + 1) << c->shift;

	if (n >= c->sectors || at >= c->all.len)
		return sr_bytes_of(NULL, 0);
	return sr_bytes_of(c->all.p + at, c->all.len - at < size ? c->all.len - at : size);
}

/* One more sector of the table. */
static bool table_sector(struct par_compound *c, uint32_t n) {
	const struct sr_bytes s = sector(c, n);

	sr_buf_put_bytes(&c->table, sr_bytes_of(s.p, s.len & ~(size_t)3));
	return s.len > 0 && sr_buf_ok(&c->table, NULL) == 0;
}

static const char *load_table(struct par_compound *c) {
	const size_t per = ((size_t)1 << c->shift) / 4;
	uint32_t more = sr_le32_get(c->all.p + 68);

	for (size_t i = 0; i < IN_HEADER; i++) {
		const uint32_t n = sr_le32_get(c->all.p + 76 + 4 * i);

		if (n < LAST && !table_sector(c, n))
			return "its table of sectors is cut";
	}
	for (uint32_t step = 0; more < LAST; step++) {
		const struct sr_bytes s = sector(c, more);

		/* A table that could name more sectors than there are turns back. */
		if (step > c->sectors || s.len < per * 4 ||
			c->table.len / 4 > (size_t)c->sectors + (size_t)IN_HEADER * per)
			return "its table of sectors is cut, or turns back";
		for (size_t i = 0; i + 1 < per; i++) {
			const uint32_t n = sr_le32_get(s.p + 4 * i);

			if (n < LAST && !table_sector(c, n))
				return "its table of sectors is cut";
		}
		more = sr_le32_get(s.p + 4 * (per - 1));
	}
	return c->table.len > 0 ? NULL : "it has no table of sectors";
}

static uint32_t next_of(struct sr_bytes table, uint32_t n) {
	return (size_t)n < table.len / 4 ? sr_le32_get(table.p + (size_t)4 * n) : UINT32_MAX;
}

/* The sectors from ${n} on, ${size} bytes at most. */
static bool chain(const struct par_compound *c, uint32_t n, uint64_t size, struct sr_buf *out) {
	const struct sr_bytes table = sr_buf_view(&c->table);
	const size_t begun = out->len;

	for (uint32_t step = 0; n < LAST && step < c->sectors && out->len - begun < size; step++) {
		struct sr_bytes s = sector(c, n);

		if (s.len > size - (out->len - begun))
			s.len = (size_t)(size - (out->len - begun));
		sr_buf_put_bytes(out, s);
		n = next_of(table, n);
	}
	return sr_buf_ok(out, NULL) == 0;
}

static bool small_chain(
	const struct par_compound *c, uint32_t n, uint64_t size, struct sr_buf *out) {
	const struct sr_bytes table = sr_buf_view(&c->small_table);
	const size_t begun = out->len, pieces = c->small.len >> PIECE_SHIFT;

	for (size_t step = 0; n < LAST && step < pieces && out->len - begun < size; step++) {
		const size_t at = (size_t)n << PIECE_SHIFT;
		size_t len = (size_t)1 << PIECE_SHIFT;

		if (n >= pieces)
			break;
		if (len > size - (out->len - begun))
			len = (size_t)(size - (out->len - begun));
		sr_buf_put(out, c->small.p + at, len);
		n = next_of(table, n);
	}
	return sr_buf_ok(out, NULL) == 0;
}

/* --- the folder ------------------------------------------------------------------------------- */

static const uint8_t *entry(const struct par_compound *c, uint32_t n) {
	return (size_t)n < c->folder.len / ENTRY ? c->folder.p + (size_t)n * ENTRY : NULL;
}

static uint64_t size_of(const struct par_compound *c, const uint8_t *e) {
	return c->shift == 9 ? sr_le32_get(e + 120) : sr_le64_get(e + 120);
}

static bool is_named(const uint8_t *e, const char *name) {
	const size_t n = strlen(name);

	if (sr_le16_get(e + 64) != 2 * (n + 1))
		return false;
	for (size_t i = 0; i < n; i++)
		if (sr_le16_get(e + 2 * i) != (uint8_t)name[i])
			return false;
	return true;
}

/* The one entry of that name among the root's children; NULL. Of two, which no program writes,
 * another reader may take the other. ${seen} and ${wait}: of each entry. */
static const uint8_t *search(
	const struct par_compound *c, const char *name, uint8_t *seen, uint32_t *wait) {
	const uint8_t *e = entry(c, 0), *found = NULL;
	size_t count = 0;

	if (e == NULL || e[66] != ROOT)
		return NULL;
	wait[count++] = sr_le32_get(e + 76);
	while (count > 0) {
		const uint32_t n = wait[--count];

		e = entry(c, n);
		if (e == NULL || seen[n] != 0)
			continue;
		seen[n] = 1;
		if (is_named(e, name) && found != NULL)
			return NULL;
		if (is_named(e, name))
			found = e;
		wait[count++] = sr_le32_get(e + 68);
		wait[count++] = sr_le32_get(e + 72);
	}
	return found;
}

static const uint8_t *find(const struct par_compound *c, const char *name) {
	const size_t entries = c->folder.len / ENTRY;
	uint8_t *seen = calloc(entries + 1, 1);
	/* Each entry that is seen puts two there and takes one away. */
	uint32_t *wait = calloc(entries + 2, sizeof *wait);
	const uint8_t *e = seen != NULL && wait != NULL ? search(c, name, seen, wait) : NULL;

	free(seen);
	free(wait);
	return e;
}

/* --- all of it -------------------------------------------------------------------------------- */

const char *par_compound_open(struct par_compound *c, struct sr_bytes all) {
	const uint8_t *root;
	const char *why;

	*c = (struct par_compound){.all = all};
	sr_buf_init(&c->table);
	sr_buf_init(&c->folder);
	sr_buf_init(&c->small);
	sr_buf_init(&c->small_table);
	if (all.len < HEADER || !par_is_compound(all))
		return "its header is cut";
	c->shift = sr_le16_get(all.p + 30);
	if (c->shift != 9 && c->shift != 12)
		return "its sectors have a size that is none";
	c->cutoff = sr_le32_get(all.p + 56);
	c->sectors =
		(uint32_t)((all.len >> c->shift) + 1 < LAST ? (all.len >> c->shift) + 1 : LAST - 1);
	why = load_table(c);
	if (why != NULL)
		return why;
	if (!chain(c, sr_le32_get(all.p + 48), UINT64_MAX, &c->folder) ||
		!chain(c, sr_le32_get(all.p + 60), UINT64_MAX, &c->small_table))
		return "there is no memory for it";
	root = entry(c, 0);
	if (root == NULL || root[66] != ROOT)
		return "its folder has no root";
	return chain(c, sr_le32_get(root + 116), size_of(c, root), &c->small)
		       ? NULL
		       : "there is no memory for it";
}

void par_compound_free(struct par_compound *c) {
	sr_buf_free(&c->table);
	sr_buf_free(&c->folder);
	sr_buf_free(&c->small);
	sr_buf_free(&c->small_table);
}

bool par_compound_has(const struct par_compound *c, const char *name) {
	return find(c, name) != NULL;
}

bool par_compound_read(const struct par_compound *c, const char *name, struct sr_buf *out) {
	const uint8_t *e = find(c, name);
	const uint64_t size = e != NULL ? size_of(c, e) : 0;

	if (e == NULL || e[66] != 2)
		return false;
	return size < c->cutoff ? small_chain(c, sr_le32_get(e + 116), size, out)
				: chain(c, sr_le32_get(e + 116), size, out);
}
