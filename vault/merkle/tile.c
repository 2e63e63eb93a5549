/*
 * tile - C2SP tlog-tiles: names, sizes, bundles, nodes out of tiles. The contract is in tile.h.
 */
#include "merkle/tile.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "merkle/lines.h"

enum {
	GROUPS_MAX = 7, /* of three digits: 2^56 - 1 has 17 digits, 6 groups; one more to notice */
	QUOTED = 96     /* bytes of a path shown in an error */
};

void sr_tile_path(char out[SR_TILE_PATH], const struct sr_tile *t) {
	char number[GROUPS_MAX * 5] = "";
	char level[16] = "entries";
	char part[16] = "";
	size_t at = sizeof number - 1;
	uint64_t n = t->n;
	int len;

	assert(t->level <= (t->entries ? 0 : SR_TILE_LEVEL_MAX) && t->n <= SR_TILE_N_MAX);
	assert(t->width >= 1 && t->width <= SR_TILE_WIDTH);
	/* From the last group to the first: "067", then "x234/" before it. */
	do {
		if (n != t->n)
			number[--at] = '/';
		for (int i = 0; i < 3; i++, n /= 10)
			number[--at] = (char)('0' + n % 10);
		if (at + 3 < sizeof number - 1)
			number[--at] = 'x';
	} while (n != 0);
	if (!t->entries)
		(void)snprintf(level, sizeof level, "%u", t->level);
	if (t->width < SR_TILE_WIDTH)
		(void)snprintf(part, sizeof part, ".p/%u", t->width);
	len = snprintf(out, SR_TILE_PATH, "tile/%s/%s%s", level, number + at, part);
	assert(len > 0 && len < SR_TILE_PATH);
	(void)len;
}

/* "x001/x234/067": the number, in at most GROUPS_MAX groups. */
static bool parse_groups(uint64_t *out, struct sr_bytes in) {
	uint64_t n = 0;

	for (int group = 0; group < GROUPS_MAX; group++) {
		bool more = sr_take_prefix(&in, "x");

		if (in.len < 3)
			return false;
		for (int i = 0; i < 3; i++) {
			if (in.p[i] < '0' || in.p[i] > '9')
				return false;
			n = n * 10 + (uint64_t)(in.p[i] - '0');
		}
		in = sr_bytes_of(in.p + 3, in.len - 3);
		if (!more) {
			*out = n;
			return in.len == 0 && n <= SR_TILE_N_MAX;
		}
		if (n > SR_TILE_N_MAX || !sr_take_prefix(&in, "/"))
			return false;
	}
	return false;
}

static bool parse_path(struct sr_tile *t, struct sr_bytes in) {
	const uint8_t *sep;
	uint64_t v;

	if (!sr_take_prefix(&in, "tile/"))
		return false;
	t->entries = sr_take_prefix(&in, "entries/");
	if (!t->entries) {
		sep = in.len == 0 ? NULL : memchr(in.p, '/', in.len);
		if (sep == NULL || sr_parse_dec(&v, sr_bytes_of(in.p, (size_t)(sep - in.p)),
					   SR_TILE_LEVEL_MAX, NULL) != 0)
			return false;
		t->level = (unsigned)v;
		in = sr_bytes_of(sep + 1, in.len - (size_t)(sep - in.p) - 1);
	}
	t->width = SR_TILE_WIDTH;
	sep = in.len == 0 ? NULL : memchr(in.p, '.', in.len);
	if (sep != NULL) {
		struct sr_bytes part = sr_bytes_of(sep, in.len - (size_t)(sep - in.p));

		in.len = (size_t)(sep - in.p);
		if (!sr_take_prefix(&part, ".p/") ||
			sr_parse_dec(&v, part, SR_TILE_WIDTH - 1, NULL) != 0 || v == 0)
			return false;
		t->width = (unsigned)v;
	}
	return parse_groups(&t->n, in);
}

int sr_tile_parse(struct sr_tile *out, struct sr_bytes path, struct sr_err *e) {
	struct sr_tile t = {0};
	char again[SR_TILE_PATH], quoted[QUOTED];

	if (!parse_path(&t, path))
		return sr_fail(e, SR_CORRUPT, "tile path \"%s\": want tile/<L>/<N>[.p/<W>]",
			sr_escape_to(quoted, sizeof quoted, path));
	sr_tile_path(again, &t);
	if (!sr_bytes_eq(path, sr_bytes_str(again)))
		return sr_fail(e, SR_CORRUPT, "tile path \"%s\": the number is written %s",
			sr_escape_to(quoted, sizeof quoted, path), again);
	*out = t;
	return 0;
}

uint64_t sr_tile_full(uint64_t size, unsigned level) {
	return level + 1 >= SR_TILE_LEVELS ? 0 : size >> (SR_TILE_HEIGHT * (level + 1));
}

unsigned sr_tile_partial(uint64_t size, unsigned level) {
	return level >= SR_TILE_LEVELS
		       ? 0
		       : (unsigned)(size >> (SR_TILE_HEIGHT * level)) & (SR_TILE_WIDTH - 1);
}

unsigned sr_tile_levels(uint64_t size) {
	unsigned levels = 0;

	while (levels < SR_TILE_LEVELS && size >> (SR_TILE_HEIGHT * levels) != 0)
		levels++;
	return levels;
}

unsigned sr_tile_width(uint64_t size, unsigned level, uint64_t n) {
	uint64_t full = sr_tile_full(size, level);

	if (n < full)
		return SR_TILE_WIDTH;
	return n == full ? sr_tile_partial(size, level) : 0;
}

void sr_tile_place(struct sr_tile_place *out, unsigned height, uint64_t index) {
	unsigned in_tile = height % SR_TILE_HEIGHT;
	/* First of the node's hashes on its tile level. In range: index < 2^(64 - height). */
	uint64_t pos = index << in_tile;

	out->level = height / SR_TILE_HEIGHT;
	out->n = pos / SR_TILE_WIDTH;
	out->first = (unsigned)(pos % SR_TILE_WIDTH);
	out->count = 1u << in_tile;
}

int sr_entry_bundle_put(struct sr_buf *out, struct sr_bytes entry, struct sr_err *e) {
	if (entry.len > SR_ENTRY_MAX)
		return sr_fail(
			e, SR_LIMIT, "entry of %zu bytes, at most %d", entry.len, SR_ENTRY_MAX);
	sr_buf_put_be16(out, (uint16_t)entry.len);
	sr_buf_put_bytes(out, entry);
	return sr_buf_ok(out, e);
}

/* Walk over ${width} entries; ${entries} may be NULL. ${len}: how far that is. */
static int walk_bundle(struct sr_bytes *entries, size_t *len, unsigned width, struct sr_bytes in,
	struct sr_err *e) {
	size_t at = 0;

	if (width < 1 || width > SR_TILE_WIDTH)
		return sr_fail(e, SR_MISUSE, "entry bundle of %u entries, want 1 to %d", width,
			SR_TILE_WIDTH);
	for (unsigned i = 0; i < width; i++) {
		size_t n;

		if (in.len - at < 2)
			return sr_fail(e, SR_CORRUPT,
				"entry bundle: ends in the length of entry %u of %u, at byte %zu",
				i, width, in.len);
		n = sr_be16_get(in.p + at);
		at += 2;
		if (in.len - at < n)
			return sr_fail(e, SR_CORRUPT,
				"entry bundle: entry %u of %u is cut off: have %zu bytes, want %zu",
				i, width, in.len - at, n);
		if (entries != NULL)
			entries[i] = sr_bytes_of(in.p + at, n);
		at += n;
	}
	*len = at;
	return 0;
}

int sr_entry_bundle_parse(
	struct sr_bytes *entries, unsigned width, struct sr_bytes in, struct sr_err *e) {
	size_t len;
	int rc = walk_bundle(entries, &len, width, in, e);

	if (rc != 0)
		return rc;
	if (len != in.len)
		return sr_fail(e, SR_CORRUPT, "entry bundle: %zu bytes after its %u entries",
			in.len - len, width);
	return 0;
}

int sr_entry_bundle_prefix(size_t *len, unsigned width, struct sr_bytes in, struct sr_err *e) {
	return walk_bundle(NULL, len, width, in, e);
}

/* The last tile read of each level; width 0: none. */
struct cached {
	uint64_t n;
	unsigned width;
	uint8_t hash[SR_TILE_SIZE];
};

struct sr_tile_reader {
	struct sr_tiles tiles;
	uint64_t size;
	struct cached level[SR_TILE_LEVELS];
};

int sr_tile_reader_new(struct sr_tile_reader **out, const struct sr_tiles *tiles, uint64_t size,
	struct sr_err *e) {
	struct sr_tile_reader *r;

	*out = NULL;
	if (size > SR_TREE_SIZE_MAX)
		return sr_fail(e, SR_LIMIT, "tree of %" PRIu64 " leaves, at most %" PRIu64, size,
			SR_TREE_SIZE_MAX);
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a tile reader");
	r->tiles = *tiles;
	r->size = size;
	*out = r;
	return 0;
}

void sr_tile_reader_free(struct sr_tile_reader *r) {
	free(r);
}

/* Bring tile (level, n) of the reader's tree into the cache. */
static int load_tile(struct sr_tile_reader *r, unsigned level, uint64_t n, struct sr_err *e) {
	struct cached *c = &r->level[level];
	struct sr_tile t = {false, level, n, sr_tile_width(r->size, level, n)};
	unsigned width = t.width;
	int rc;

	if (c->width == width && c->n == n)
		return 0;
	c->width = 0;
	rc = r->tiles.read(r->tiles.ctx, c->hash, &t, e);
	if (rc == SR_NOTFOUND && width < SR_TILE_WIDTH) {
		/* It may be gone because the full one is there, and begins with the same bytes. */
		t.width = SR_TILE_WIDTH;
		rc = r->tiles.read(r->tiles.ctx, c->hash, &t, e);
		if (rc == 0)
			sr_err_clear(e);
	}
	if (rc != 0)
		return rc;
	c->n = n;
	c->width = width;
	return 0;
}

static int reader_get(
	void *ctx, uint8_t out[SR_HASH], unsigned height, uint64_t index, struct sr_err *e) {
	struct sr_tile_reader *r = ctx;
	struct sr_tile_place p;
	int rc;

	if (height >= SR_TREE_PEAKS || index >= r->size >> height)
		return sr_fail(e, SR_MISUSE,
			"node (height %u, index %" PRIu64 ") is outside a tree of %" PRIu64, height,
			index, r->size);
	sr_tile_place(&p, height, index);
	rc = load_tile(r, p.level, p.n, e);
	if (rc != 0)
		return rc;
	sr_merkle_root(out, r->level[p.level].hash + (size_t)p.first * SR_HASH, p.count);
	return 0;
}

struct sr_nodes sr_tile_reader_nodes(struct sr_tile_reader *r) {
	struct sr_nodes n = {reader_get, r};

	return n;
}
