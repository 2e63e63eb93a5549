/*
 * tree - reading a log's tiles. See tree.h.
 */
#include "verify/tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/pool.h"

enum {
	BUNDLE_MAX = SR_TILE_WIDTH * (SR_ENTRY_MAX + 2),
	BATCH = 64, /* bundles between two reports of progress, and of 8 KiB of hashes each kept */
	DEPTH = 10, /* folders of the deepest tile: tile, level, six groups, .p */
	PATH = 192  /* bytes of such a path with a stray name of a person's making */
};

/* ---- the tree ---- */

void verify_tree_init(
	struct verify_tree *t, struct sr_dir *dir, struct verify_watch *watch, size_t count) {
	memset(t, 0, sizeof *t);
	t->dir = dir;
	t->watch = watch;
	t->watch_count = count;
	t->seen_max = VERIFY_SEEN;
	t->seen_all = true;
	sr_tree_init(&t->tree);
}

void verify_tree_free(struct verify_tree *t) {
	free(t->seen);
	t->seen = NULL;
}

/* ---- entries that come twice ---- */

static bool is_sealed(struct sr_bytes entry) {
	return entry.len >= 4 && memcmp(entry.p, "SRE1", 4) == 0;
}

static int remember(
	struct verify_tree *t, const uint8_t hash[SR_HASH], uint64_t index, struct sr_err *e) {
	if (t->seen_count >= t->seen_max) {
		t->seen_all = false;
		return 0;
	}
	if (t->seen_count == t->seen_cap) {
		const size_t cap = 2 * t->seen_cap + SR_TILE_WIDTH;
		struct verify_seen *more = realloc(t->seen, cap * sizeof *more);
		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu entries", cap);
		t->seen = more;
		t->seen_cap = cap;
	}
	t->seen[t->seen_count].hash = sr_le64_get(hash);
	t->seen[t->seen_count++].index = index;
	return 0;
}

static int by_hash(const void *a, const void *b) {
	const struct verify_seen *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash > y->hash ? 1 : -1;
	return (x->index > y->index) - (x->index < y->index);
}

int verify_tree_replayed(struct verify_tree *t, struct sr_err *e) {
	if (t->seen_count > 1)
		qsort(t->seen, t->seen_count, sizeof *t->seen, by_hash);
	for (size_t i = 1; i < t->seen_count; i++)
		if (t->seen[i].hash == t->seen[i - 1].hash)
			return sr_fail(e, SR_AUTH,
				"entry %" PRIu64 " has the bytes of entry %" PRIu64
				", which were sealed for that place alone: an old entry was put in "
				"again",
				t->seen[i].index, t->seen[i - 1].index);
	return 0;
}

/* Roots that are asked for at the present size. */
static void watch_here(struct verify_tree *t) {
	while (t->watched < t->watch_count && t->watch[t->watched].size == t->tree.size) {
		struct verify_watch *w = &t->watch[t->watched++];
		sr_tree_root(w->root, &t->tree);
		w->reached = true;
	}
}

/* Roots that are asked for inside the bundle whose leaf hashes are at ${hashes}. */
static int watch_inside(struct verify_tree *t, const uint8_t *hashes, struct sr_err *e) {
	struct sr_tree at = t->tree;
	const uint64_t begin = at.size;

	watch_here(t);
	while (t->watched < t->watch_count && t->watch[t->watched].size < begin + SR_TILE_WIDTH) {
		struct verify_watch *w = &t->watch[t->watched++];
		while (at.size < w->size) {
			const int rc = sr_tree_append(
				&at, hashes + (size_t)(at.size - begin) * SR_HASH, e);
			if (rc != 0)
				return rc;
		}
		sr_tree_root(w->root, &at);
		w->reached = true;
	}
	return 0;
}

/* Put a perfect subtree of SR_TILE_WIDTH leaves behind a tree of a multiple of them. */
static void add_subtree(struct sr_tree *t, const uint8_t root[SR_HASH]) {
	uint8_t node[SR_HASH];
	unsigned h = SR_TILE_HEIGHT;

	memcpy(node, root, SR_HASH);
	for (; (t->size >> h & 1) != 0; h++)
		sr_node_hash(node, t->peak[h], node);
	memcpy(t->peak[h], node, SR_HASH);
	t->size += SR_TILE_WIDTH;
}

void verify_tree_root(uint8_t out[SR_HASH], const struct verify_tree *t) {
	sr_tree_root(out, &t->tree);
}

/* ---- files ---- */

/* The file of ${tile}, of at most ${max} bytes. */
static int read_file(struct sr_dir *dir, struct sr_buf *out, const struct sr_tile *tile, size_t max,
	struct sr_err *e) {
	char path[SR_TILE_PATH];

	sr_tile_path(path, tile);
	sr_buf_clear(out);
	const int rc = sr_file_read(dir, path, out, max, e);
	if (rc == SR_LIMIT)
		return sr_fail(e, SR_CORRUPT, "%s has more than %zu bytes", path, max);
	return rc;
}

/* The same; where a partial file is not there, the full one stands in: *${width} says which. */
static int read_tile(struct sr_dir *dir, struct sr_buf *out, const struct sr_tile *tile, size_t max,
	unsigned *width, struct sr_err *e) {
	const struct sr_tile full = {.entries = tile->entries,
		.level = tile->level,
		.n = tile->n,
		.width = SR_TILE_WIDTH};
	char path[SR_TILE_PATH];
	int rc = read_file(dir, out, tile, max, e);

	*width = tile->width;
	if (rc == SR_NOTFOUND && tile->width < SR_TILE_WIDTH) {
		*width = SR_TILE_WIDTH;
		rc = read_file(dir, out, &full, max, e);
	}
	if (rc == SR_NOTFOUND) {
		sr_tile_path(path, tile);
		rc = sr_fail(e, SR_CORRUPT,
			"%s is missing: the log was cut short, or this copy is not whole", path);
	}
	return rc;
}

/* tile->width hashes. */
static int read_hashes(
	struct sr_dir *dir, uint8_t *out, const struct sr_tile *tile, struct sr_err *e) {
	char path[SR_TILE_PATH];
	unsigned width = 0;
	struct sr_buf b;

	sr_buf_init(&b);
	int rc = read_tile(dir, &b, tile, SR_TILE_SIZE, &width, e);
	if (rc == 0 && b.len != (size_t)width * SR_HASH) {
		sr_tile_path(path, tile);
		rc = sr_fail(e, SR_CORRUPT, "%s has %zu bytes, want %zu", path, b.len,
			(size_t)width * SR_HASH);
	}
	if (rc == 0)
		memcpy(out, b.p, (size_t)tile->width * SR_HASH);
	sr_buf_free(&b);
	return rc;
}

/* The first tile->width entries of a bundle; ${b} owns what they point into. */
static int read_bundle(struct sr_dir *dir, struct sr_buf *b, struct sr_bytes entry[SR_TILE_WIDTH],
	const struct sr_tile *tile, struct sr_err *e) {
	char path[SR_TILE_PATH];
	unsigned width = 0;
	int rc = read_tile(dir, b, tile, BUNDLE_MAX, &width, e);

	if (rc != 0)
		return rc;
	rc = sr_entry_bundle_parse(entry, width, sr_buf_view(b), e);
	if (rc != 0) {
		sr_tile_path(path, tile);
		(void)sr_wrap(e, "%s", path);
	}
	return rc;
}

static int compare(const struct sr_tile *tile, const uint8_t *have, const uint8_t *want,
	const char *made_of, struct sr_err *e) {
	char path[SR_TILE_PATH];

	for (unsigned i = 0; i < tile->width; i++) {
		if (memcmp(have + (size_t)i * SR_HASH, want + (size_t)i * SR_HASH, SR_HASH) == 0)
			continue;
		sr_tile_path(path, tile);
		if (tile->level == 0)
			return sr_fail(e, SR_CORRUPT,
				"%s: entry %" PRIu64 " (slot %u) does not match its hash in the "
				"tile",
				path, tile->n * SR_TILE_WIDTH + i, i);
		return sr_fail(
			e, SR_CORRUPT, "%s: hash %u is not that of the %s", path, i, made_of);
	}
	return 0;
}

/* ---- full bundles ---- */

struct batch {
	struct sr_dir *dir;
	uint64_t first;
	uint8_t *hashes; /* BATCH tiles */
	uint8_t root[BATCH][SR_HASH];
	uint64_t bytes[BATCH];
	bool sealed[BATCH][SR_TILE_WIDTH];
};

/* One bundle and its tile: on any thread. */
static int check_bundle(void *ctx, size_t i, struct sr_err *e) {
	struct batch *b = ctx;
	const struct sr_tile bundle = {.entries = true, .n = b->first + i, .width = SR_TILE_WIDTH};
	const struct sr_tile tile = {.n = b->first + i, .width = SR_TILE_WIDTH};
	struct sr_bytes entry[SR_TILE_WIDTH];
	uint8_t *hashes = b->hashes + i * SR_TILE_SIZE;
	uint8_t stored[SR_TILE_SIZE];
	struct sr_buf file;

	sr_buf_init(&file);
	int rc = read_bundle(b->dir, &file, entry, &bundle, e);
	if (rc == 0)
		rc = read_hashes(b->dir, stored, &tile, e);
	if (rc == 0) {
		b->bytes[i] = 0;
		for (size_t s = 0; s < SR_TILE_WIDTH; s++) {
			sr_leaf_hash(hashes + s * SR_HASH, entry[s]);
			b->bytes[i] += entry[s].len;
			b->sealed[i][s] = is_sealed(entry[s]);
		}
		rc = compare(&tile, stored, hashes, "entries", e);
	}
	if (rc == 0)
		sr_merkle_root(b->root[i], hashes, SR_TILE_WIDTH);
	sr_buf_free(&file);
	return rc;
}

/* One more hash at ${level}; the tile that it fills is compared with the stored one. */
static int push(struct verify_tree *t, unsigned level, const uint8_t hash[SR_HASH], bool must,
	struct sr_err *e) {
	uint8_t up[SR_HASH], stored[SR_TILE_SIZE];
	int rc = 0;

	memcpy(up, hash, SR_HASH);
	for (; level < SR_TILE_LEVELS; level++) {
		struct verify_level *l = &t->level[level];
		const struct sr_tile tile = {.level = level, .n = l->full, .width = SR_TILE_WIDTH};
		char path[SR_TILE_PATH];

		memcpy(l->hash + (size_t)l->width * SR_HASH, up, SR_HASH);
		if (++l->width < SR_TILE_WIDTH)
			return 0;
		sr_tile_path(path, &tile);
		bool there = must;
		if (!must)
			rc = sr_file_find(&there, t->dir, path, e);
		if (rc != 0)
			return rc;
		if (there) {
			rc = read_hashes(t->dir, stored, &tile, e);
			if (rc == 0)
				rc = compare(&tile, stored, l->hash, "tile below", e);
			if (rc != 0)
				return rc;
			t->tiles++;
		}
		sr_merkle_root(up, l->hash, SR_TILE_WIDTH);
		l->full++;
		l->width = 0;
	}
	return sr_fail(e, SR_MISUSE, "a log of more than 2^63 entries");
}

static int take_batch(struct verify_tree *t, const struct batch *b, size_t n, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const uint8_t *hashes = b->hashes + i * SR_TILE_SIZE;
		for (size_t s = 0; s < SR_TILE_WIDTH && rc == 0; s++)
			if (b->sealed[i][s])
				rc = remember(t, hashes + s * SR_HASH, t->tree.size + s, e);
		if (rc == 0)
			rc = watch_inside(t, hashes, e);
		if (rc != 0)
			break;
		add_subtree(&t->tree, b->root[i]);
		t->level[0].full++;
		t->tiles++;
		t->bundles++;
		t->bytes += b->bytes[i];
		rc = push(t, 1, b->root[i], true, e);
	}
	return rc;
}

int verify_tree_bundles(struct verify_tree *t, uint64_t bundles, struct sr_err *e) {
	struct batch *b = calloc(1, sizeof *b);
	int rc = 0;

	if (b != NULL)
		b->hashes = malloc((size_t)BATCH * SR_TILE_SIZE);
	if (b == NULL || b->hashes == NULL) {
		free(b);
		return sr_fail(e, SR_NOMEM, "no memory for %d tiles", BATCH);
	}
	b->dir = t->dir;
	while (t->bundles < bundles && rc == 0) {
		const uint64_t left = bundles - t->bundles;
		const size_t n = left < BATCH ? (size_t)left : BATCH;

		b->first = t->bundles;
		rc = sr_parallel(n, check_bundle, b, e);
		if (rc == 0)
			rc = take_batch(t, b, n, e);
		if (rc == 0 && sr_progress_report(t->progress, "log", t->tree.size,
				       bundles * SR_TILE_WIDTH, "entries") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	if (rc == 0)
		watch_here(t);
	free(b->hashes);
	free(b);
	return rc;
}

/* ---- the tail ---- */

static int take_leaf(
	struct verify_tree *t, const uint8_t hash[SR_HASH], size_t len, struct sr_err *e) {
	int rc = sr_tree_append(&t->tree, hash, e);

	if (rc == 0)
		rc = push(t, 0, hash, false, e);
	if (rc != 0)
		return rc;
	t->bytes += len;
	watch_here(t);
	return 0;
}

int verify_tree_entry(struct verify_tree *t, struct sr_bytes entry, struct sr_err *e) {
	uint8_t hash[SR_HASH];

	sr_leaf_hash(hash, entry);
	watch_here(t);
	if (is_sealed(entry)) {
		const int rc = remember(t, hash, t->tree.size, e);
		if (rc != 0)
			return rc;
	}
	return take_leaf(t, hash, entry.len, e);
}

static int partial_bundle(struct verify_tree *t, unsigned width, struct sr_err *e) {
	const struct sr_tile bundle = {.entries = true, .n = t->level[0].full, .width = width};
	struct sr_bytes entry[SR_TILE_WIDTH];
	struct sr_buf b;

	sr_buf_init(&b);
	int rc = read_bundle(t->dir, &b, entry, &bundle, e);
	for (unsigned i = 0; i < width && rc == 0; i++)
		rc = verify_tree_entry(t, entry[i], e);
	t->bundles += rc == 0;
	sr_buf_free(&b);
	return rc;
}

int verify_tree_partials(struct verify_tree *t, uint64_t size, struct sr_err *e) {
	const unsigned width = sr_tile_partial(size, 0);
	uint8_t stored[SR_TILE_SIZE];
	int rc = 0;

	if (t->tree.size != size - width)
		return sr_fail(e, SR_MISUSE, "%" PRIu64 " entries were read before the last %u",
			t->tree.size, width);
	watch_here(t);
	if (width > 0)
		rc = partial_bundle(t, width, e);
	for (unsigned level = 0; level < sr_tile_levels(size) && rc == 0; level++) {
		const struct sr_tile tile = {
			.level = level, .n = t->level[level].full, .width = t->level[level].width};
		if (tile.width == 0)
			continue;
		rc = read_hashes(t->dir, stored, &tile, e);
		if (rc == 0)
			rc = compare(&tile, stored, t->level[level].hash, "tile below", e);
		t->tiles += rc == 0;
	}
	return rc;
}

/* ---- what else lies there ---- */

struct walk {
	struct verify_strays *out;
	const struct verify_tree *t;
	char path[PATH];
	size_t len;
	unsigned depth;
};

/* Width of ${tile} in the tree that was read. */
static unsigned width_now(const struct verify_tree *t, const struct sr_tile *tile) {
	if (tile->level >= SR_TILE_LEVELS)
		return 0;
	const struct verify_level *l = &t->level[tile->level];
	return tile->n < l->full ? SR_TILE_WIDTH : tile->n == l->full ? l->width : 0;
}

/* A partial file of an earlier size: the beginning of the present one. */
static int check_partial(const struct walk *w, struct sr_tile tile, struct sr_err *e) {
	const size_t max = tile.entries ? BUNDLE_MAX : SR_TILE_SIZE;
	struct sr_tile now = tile;
	struct sr_buf old, present;
	size_t len = (size_t)tile.width * SR_HASH;
	unsigned width = 0;

	sr_buf_init(&old);
	sr_buf_init(&present);
	now.width = width_now(w->t, &tile);
	int rc = read_file(w->t->dir, &old, &tile, max, e);
	if (rc == 0)
		rc = read_tile(w->t->dir, &present, &now, max, &width, e);
	if (rc == 0 && tile.entries)
		rc = sr_entry_bundle_prefix(&len, tile.width, sr_buf_view(&present), e);
	if (rc == 0 && (old.len != len || memcmp(old.p, present.p, len) != 0))
		rc = sr_fail(e, SR_CORRUPT, "it is not the beginning of the %s that is there now",
			tile.entries ? "bundle" : "tile");
	if (rc != 0)
		(void)sr_wrap(e, "%s", w->path);
	sr_buf_free(&old);
	sr_buf_free(&present);
	return rc;
}

static int walk_file(const struct walk *w, struct sr_err *e) {
	struct sr_err ignored;
	struct sr_tile tile;

	if (sr_tile_parse(&tile, sr_bytes_of(w->path, w->len), &ignored) != 0) {
		w->out->others++;
		return 0;
	}
	const unsigned width = width_now(w->t, &tile);
	if (tile.width > width && !(tile.width == SR_TILE_WIDTH && width > 0)) {
		w->out->beyond++;
		return 0;
	}
	if (tile.width >= width)
		return 0; /* read already, or its beginning was */
	w->out->partials++;
	return check_partial(w, tile, e);
}

static int walk_dir(struct walk *w, struct sr_dir *d, struct sr_err *e);

struct at {
	struct walk *w;
	struct sr_dir *dir;
};

static int walk_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	const struct at *at = ctx;
	struct walk *w = at->w;
	const size_t before = w->len, more = strlen(name);
	struct sr_dir *sub = NULL;
	int rc;

	if (before + more + 2 > sizeof w->path || (is_dir && w->depth == DEPTH)) {
		w->out->others++;
		return 0;
	}
	w->path[w->len++] = '/';
	memcpy(w->path + w->len, name, more + 1);
	w->len += more;
	if (is_dir) {
		rc = sr_dir_open_at(&sub, at->dir, name, e);
		if (rc == 0)
			rc = walk_dir(w, sub, e);
		sr_dir_close(sub);
	} else {
		rc = walk_file(w, e);
	}
	w->len = before;
	w->path[before] = '\0';
	return rc;
}

static int walk_dir(struct walk *w, struct sr_dir *d, struct sr_err *e) {
	struct at at = {w, d};

	w->depth++;
	const int rc = sr_dir_each(d, walk_entry, &at, e);
	w->depth--;
	return rc;
}

int verify_tree_strays(struct verify_strays *out, const struct verify_tree *t, struct sr_err *e) {
	struct walk w = {.out = out, .t = t, .path = "tile", .len = 4};
	struct sr_dir *d = NULL;

	memset(out, 0, sizeof *out);
	int rc = sr_dir_open_at(&d, t->dir, "tile", e);
	if (rc == SR_NOTFOUND) { /* of an empty log */
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0)
		rc = walk_dir(&w, d, e);
	sr_dir_close(d);
	return rc;
}
