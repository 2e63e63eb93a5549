/*
 * ledger_read - entries, roots and proofs out of the log, and the check of all of it. See ledger.h.
 *
 * A bundle is compared with its hash tile whenever it is read, so a damaged entry is named at once;
 * whether the tiles make the root is what opening (right edge) and sr_ledger_verify (everything)
 * check.
 */
#include <stdatomic.h>

#include "base/limits.h"
#include "base/pool.h"
#include "ledger/ledger_impl.h"

enum {
	BUNDLE_MAX = SR_TILE_WIDTH * (SR_ENTRY_MAX + 2),
	BATCH = 64 /* tiles between two reports of progress: 16,384 entries */
};

int sr_ledger_read_tile(
	const struct sr_ledger *l, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	char path[SR_TILE_PATH];
	struct sr_buf b;
	for (size_t i = 0; i < l->pending_count; i++) {
		if (l->pending[i].tile.level == t->level && l->pending[i].tile.n == t->n) {
			memcpy(out, l->pending[i].bytes, (size_t)t->width * SR_HASH);
			return 0;
		}
	}
	sr_tile_path(path, &(struct sr_tile){.level = t->level, .n = t->n, .width = SR_TILE_WIDTH});
	sr_buf_init(&b);
	int rc = sr_file_read(l->dir, path, &b, SR_TILE_SIZE + 1, e);
	if (rc == SR_LIMIT || (rc == 0 && b.len != SR_TILE_SIZE))
		rc = sr_fail(e, SR_CORRUPT, "%s has not %d bytes", path, SR_TILE_SIZE);
	if (rc == 0)
		memcpy(out, b.p, (size_t)t->width * SR_HASH);
	sr_buf_free(&b);
	return rc;
}

int sr_ledger_read_bundle(const struct sr_ledger *l, uint64_t n, struct sr_buf *out,
	struct sr_bytes entry[SR_TILE_WIDTH], const uint8_t *tile, struct sr_err *e) {
	const struct sr_tile t = {.entries = true, .n = n, .width = SR_TILE_WIDTH};
	char path[SR_TILE_PATH];
	sr_tile_path(path, &t);
	sr_buf_clear(out);
	int rc = sr_file_read(l->dir, path, out, BUNDLE_MAX, e);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "%s is missing", path);
	if (rc == 0)
		rc = sr_entry_bundle_parse(entry, SR_TILE_WIDTH, sr_buf_view(out), e);
	if (rc != 0) {
		(void)sr_wrap(e, "%s", path);
		return rc;
	}
	for (size_t i = 0; i < SR_TILE_WIDTH; i++) {
		uint8_t h[SR_HASH];
		sr_leaf_hash(h, entry[i]);
		if (memcmp(h, tile + i * SR_HASH, SR_HASH) != 0)
			return sr_fail(e, SR_CORRUPT,
				"%s: entry %llu (slot %zu) does not match its hash in the tile",
				path, (unsigned long long)(n * SR_TILE_WIDTH + i), i);
	}
	return 0;
}

static int load_bundle(struct sr_ledger *l, uint64_t n, struct sr_err *e) {
	const struct sr_tile t = {.n = n, .width = SR_TILE_WIDTH};
	uint8_t tile[SR_TILE_SIZE];
	if (l->bundle_have && l->bundle_n == n)
		return 0;
	l->bundle_have = false;
	int rc = sr_ledger_read_tile(l, tile, &t, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "tile of entry %llu is missing",
			(unsigned long long)(n * SR_TILE_WIDTH));
	if (rc == 0)
		rc = sr_ledger_read_bundle(l, n, &l->bundle, l->bundle_entry, tile, e);
	if (rc != 0)
		return rc;
	l->bundle_n = n;
	l->bundle_have = true;
	return 0;
}

static int entry_view(struct sr_ledger *l, uint64_t index, struct sr_bytes *out, struct sr_err *e) {
	const uint64_t base = sr_journal_base(l->journal), size = sr_edge_size(l->edge);
	if (index >= size)
		return sr_fail(e, SR_NOTFOUND, "entry %llu: there are %llu",
			(unsigned long long)index, (unsigned long long)size);
	if (index >= base) {
		*out = sr_journal_leaf(l->journal, (size_t)(index - base));
		return 0;
	}
	const int rc = load_bundle(l, index / SR_TILE_WIDTH, e);
	if (rc == 0)
		*out = l->bundle_entry[index % SR_TILE_WIDTH];
	return rc;
}

int sr_ledger_entry(struct sr_ledger *l, uint64_t index, struct sr_buf *out, struct sr_err *e) {
	struct sr_bytes v;
	int rc = entry_view(l, index, &v, e);
	if (rc == 0) {
		sr_buf_put_bytes(out, v);
		rc = sr_buf_ok(out, e);
	}
	if (rc != 0)
		(void)sr_wrap(e, "ledger");
	return rc;
}

int sr_ledger_each(struct sr_ledger *l, uint64_t from, uint64_t to,
	int (*each)(void *ctx, uint64_t index, struct sr_bytes entry, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	for (uint64_t i = from; i < to; i++) {
		struct sr_bytes v;
		int rc = entry_view(l, i, &v, e);
		if (rc != 0) {
			(void)sr_wrap(e, "ledger");
			return rc;
		}
		if ((rc = each(ctx, i, v, e)) != 0)
			return rc;
	}
	return 0;
}

/* ---- what others read ---- */

static int put_bundle(
	struct sr_ledger *l, const struct sr_tile *t, struct sr_buf *out, struct sr_err *e) {
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < t->width; i++) {
		struct sr_bytes entry;
		rc = entry_view(l, t->n * SR_TILE_WIDTH + i, &entry, e);
		if (rc == 0)
			rc = sr_entry_bundle_put(out, entry, e);
	}
	return rc;
}

int sr_ledger_tile(
	struct sr_ledger *l, const struct sr_tile *t, struct sr_buf *out, struct sr_err *e) {
	const uint64_t size = sr_edge_size(l->edge);
	uint8_t tile[SR_TILE_SIZE];
	char path[SR_TILE_PATH];
	int rc;
	if (t->level >= SR_TILE_LEVELS || sr_tile_width(size, t->level, t->n) < t->width) {
		sr_tile_path(path, t);
		return sr_fail(e, SR_NOTFOUND, "ledger: %s is outside a log of %llu entries", path,
			(unsigned long long)size);
	}
	if (t->entries) {
		rc = put_bundle(l, t, out, e);
	} else {
		rc = sr_edge_read(l->edge, tile, t, e);
		if (rc == 0)
			sr_buf_put(out, tile, (size_t)t->width * SR_HASH);
	}
	if (rc == 0)
		rc = sr_buf_ok(out, e);
	if (rc != 0)
		(void)sr_wrap(e, "ledger");
	return rc;
}

/* The note that a quorum of witnesses cosigned last, where any are asked: NOTFOUND unless it is of
 * this log, covers ${size} and shows our root. */
static int read_witnessed(struct sr_ledger *l, uint64_t size, uint64_t *covers, struct sr_buf *out,
	struct sr_err *e) {
	struct sr_checkpoint c;
	struct sr_note n;
	uint8_t root[SR_HASH];
	sr_buf_clear(out);
	int rc = sr_file_read(l->dir, "witnessed", out, SR_NOTE_MAX, e);
	if (rc == 0)
		rc = sr_log_keys_open(&c, &n, sr_buf_view(out), &l->keys, e);
	if (rc == 0) {
		sr_note_free(&n);
		rc = c.size < size ? SR_NOTFOUND : sr_ledger_root_at(l, c.size, root, e);
	}
	if (rc == 0 && memcmp(root, c.root, SR_HASH) != 0)
		rc = SR_NOTFOUND;
	if (rc != 0) {
		sr_buf_clear(out);
		return sr_fail(e, SR_NOTFOUND, "no witnessed checkpoint covers %llu entries",
			(unsigned long long)size);
	}
	*covers = c.size;
	return 0;
}

int sr_ledger_covering(struct sr_ledger *l, uint64_t size, uint64_t *covers, struct sr_buf *out,
	struct sr_err *e) {
	const uint64_t have = sr_edge_size(l->edge);
	struct sr_checkpoint published;
	if (size > have)
		return sr_fail(e, SR_NOTFOUND, "ledger: size %llu: there are %llu entries",
			(unsigned long long)size, (unsigned long long)have);
	if (read_witnessed(l, size, covers, out, e) == 0)
		return 0;
	const int rc = sr_ledger_read_checkpoint(l, &published, e);
	if (rc != 0)
		return sr_wrap(e, "ledger");
	*covers = published.size >= size ? published.size : have;
	return published.size >= size ? sr_ledger_published(l, out, e)
				      : sr_ledger_checkpoint(l, out, e);
}

/* ---- roots and proofs ---- */

/* ${size} was checked; the reader is the caller's to free. */
static int nodes_at(struct sr_ledger *l, uint64_t size, struct sr_tile_reader **r,
	struct sr_nodes *nodes, struct sr_err *e) {
	const struct sr_tiles tiles = sr_edge_tiles(l->edge);
	if (size > sr_edge_size(l->edge))
		return sr_fail(e, SR_NOTFOUND, "size %llu: there are %llu entries",
			(unsigned long long)size, (unsigned long long)sr_edge_size(l->edge));
	const int rc = sr_tile_reader_new(r, &tiles, size, e);
	if (rc == 0)
		*nodes = sr_tile_reader_nodes(*r);
	return rc;
}

int sr_ledger_root_at(struct sr_ledger *l, uint64_t size, uint8_t out[SR_HASH], struct sr_err *e) {
	struct sr_tile_reader *r = NULL;
	struct sr_nodes nodes;
	struct sr_tree t;
	int rc = nodes_at(l, size, &r, &nodes, e);
	if (rc == 0)
		rc = sr_tree_load(&t, size, &nodes, e);
	if (rc == 0)
		sr_tree_root(out, &t);
	else
		(void)sr_wrap(e, "ledger");
	sr_tile_reader_free(r);
	return rc;
}

int sr_ledger_inclusion(struct sr_ledger *l, struct sr_proof *out, uint64_t index, uint64_t size,
	struct sr_err *e) {
	struct sr_tile_reader *r = NULL;
	struct sr_nodes nodes;
	int rc = 0;
	if (index >= size)
		rc = sr_fail(e, SR_NOTFOUND, "entry %llu is not in a tree of %llu",
			(unsigned long long)index, (unsigned long long)size);
	if (rc == 0)
		rc = nodes_at(l, size, &r, &nodes, e);
	if (rc == 0)
		rc = sr_proof_inclusion(out, &nodes, index, size, e);
	if (rc != 0)
		(void)sr_wrap(e, "ledger: inclusion proof");
	sr_tile_reader_free(r);
	return rc;
}

int sr_ledger_consistency(struct sr_ledger *l, struct sr_proof *out, uint64_t size1, uint64_t size2,
	struct sr_err *e) {
	struct sr_tile_reader *r = NULL;
	struct sr_nodes nodes;
	int rc = 0;
	if (size1 > size2)
		rc = sr_fail(e, SR_NOTFOUND, "size %llu is not in a tree of %llu",
			(unsigned long long)size1, (unsigned long long)size2);
	if (rc == 0)
		rc = nodes_at(l, size2, &r, &nodes, e);
	if (rc == 0 && size1 == 0)
		*out = (struct sr_proof){.count = 0};
	else if (rc == 0)
		rc = sr_proof_consistency(out, &nodes, size1, size2, e);
	if (rc != 0)
		(void)sr_wrap(e, "ledger: consistency proof");
	sr_tile_reader_free(r);
	return rc;
}

/* ---- verify ---- */

struct verify {
	const struct sr_ledger *l;
	const struct sr_ledger_check *check;
	uint64_t first; /* tile of job 0 */
	uint8_t *roots; /* one per level-0 tile */
	_Atomic uint64_t bytes;
};

static int verify_tile(void *ctx, size_t i, struct sr_err *e) {
	struct verify *v = ctx;
	const struct sr_tile t = {.n = v->first + i, .width = SR_TILE_WIDTH};
	struct sr_bytes entry[SR_TILE_WIDTH];
	uint8_t tile[SR_TILE_SIZE];
	struct sr_buf b;
	sr_buf_init(&b);
	int rc = sr_ledger_read_tile(v->l, tile, &t, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "tile of entry %llu is missing",
			(unsigned long long)(t.n * SR_TILE_WIDTH));
	if (rc == 0)
		rc = sr_ledger_read_bundle(v->l, t.n, &b, entry, tile, e);
	for (size_t s = 0; rc == 0 && v->check->leaf != NULL && s < SR_TILE_WIDTH; s++)
		rc = v->check->leaf(v->check->ctx, t.n * SR_TILE_WIDTH + s, entry[s], e);
	if (rc == 0) {
		sr_merkle_root(v->roots + t.n * SR_HASH, tile, SR_TILE_WIDTH);
		atomic_fetch_add(&v->bytes, b.len - 2 * (size_t)SR_TILE_WIDTH);
	}
	sr_buf_free(&b);
	return rc;
}

/* All level-0 tiles, in batches. */
static int verify_bundles(struct verify *v, uint64_t tiles, struct sr_err *e) {
	for (uint64_t done = 0; done < tiles;) {
		const uint64_t n = tiles - done < BATCH ? tiles - done : BATCH;
		v->first = done;
		const int rc = sr_parallel((size_t)n, verify_tile, v, e);
		if (rc != 0)
			return rc;
		done += n;
		if (sr_progress_report(v->check->progress, "ledger", done * SR_TILE_WIDTH,
			    tiles * SR_TILE_WIDTH, "entries") != 0)
			return sr_fail(e, SR_LOCKED, "stopped on request");
	}
	return 0;
}

/* Stored tiles of the levels above against what lies below; ${roots} is left as it is. Counts
 * tiles. */
static int verify_upper(const struct sr_ledger *l, const uint8_t *roots, uint64_t count,
	uint64_t *tiles, struct sr_err *e) {
	uint8_t *level = malloc((size_t)count * SR_HASH + 1);
	uint8_t tile[SR_TILE_SIZE];
	int rc = 0;
	if (level == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %llu hashes", (unsigned long long)count);
	memcpy(level, roots, (size_t)count * SR_HASH);
	for (unsigned height = 1; rc == 0 && count >= SR_TILE_WIDTH; height++) {
		const uint64_t full = count / SR_TILE_WIDTH;
		for (uint64_t n = 0; rc == 0 && n < full; n++) {
			const struct sr_tile t = {.level = height, .n = n, .width = SR_TILE_WIDTH};
			const uint8_t *want = level + n * SR_TILE_SIZE;
			rc = sr_ledger_read_tile(l, tile, &t, e);
			if (rc == SR_NOTFOUND)
				rc = sr_fail(
					e, SR_CORRUPT, "a tile of level %u is missing", height);
			for (size_t s = 0; rc == 0 && s < SR_TILE_WIDTH; s++) {
				if (memcmp(tile + s * SR_HASH, want + s * SR_HASH, SR_HASH) != 0)
					rc = sr_fail(e, SR_CORRUPT,
						"tile/%u/%llu: hash %zu is not that of the tile "
						"below",
						height, (unsigned long long)n, s);
			}
			*tiles += rc == 0;
			sr_merkle_root(level + n * SR_HASH, want, SR_TILE_WIDTH);
		}
		count = full;
	}
	free(level);
	return rc;
}

/* The root over tiles (their roots) and the journal's leaves. */
static int verify_root(struct verify *v, uint64_t tiles, uint8_t root[SR_HASH], struct sr_err *e) {
	const struct sr_journal *j = v->l->journal;
	struct sr_tree over, t;
	int rc = 0;
	sr_tree_init(&over);
	for (uint64_t i = 0; rc == 0 && i < tiles; i++)
		rc = sr_tree_append(&over, v->roots + i * SR_HASH, e);
	sr_tree_init(&t);
	t.size = tiles * SR_TILE_WIDTH;
	for (unsigned h = 0; h + SR_TILE_HEIGHT < SR_TREE_PEAKS; h++)
		memcpy(t.peak[h + SR_TILE_HEIGHT], over.peak[h], SR_HASH);
	for (size_t i = 0; rc == 0 && i < sr_journal_leaves(j); i++) {
		const struct sr_bytes leaf = sr_journal_leaf(j, i);
		uint8_t h[SR_HASH];
		sr_leaf_hash(h, leaf);
		rc = sr_tree_append(&t, h, e);
		if (rc == 0 && v->check->leaf != NULL)
			rc = v->check->leaf(v->check->ctx, sr_journal_base(j) + i, leaf, e);
		atomic_fetch_add(&v->bytes, leaf.len);
	}
	if (rc == 0)
		sr_tree_root(root, &t);
	return rc;
}

/* ${root} was derived from every byte: what else shows one must show the same. */
static int compare_roots(struct sr_ledger *l, const uint8_t root[SR_HASH], struct sr_err *e) {
	const struct sr_commit *last = sr_journal_last(l->journal);
	struct sr_checkpoint c;
	uint8_t at[SR_HASH];
	if (memcmp(root, last->root, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT,
			"the entries do not make the root committed at size %llu",
			(unsigned long long)last->size);
	sr_edge_root(at, l->edge);
	if (memcmp(root, at, SR_HASH) != 0)
		return sr_fail(e, SR_MISUSE, "the entries do not make the root in memory");
	int rc = sr_ledger_read_checkpoint(l, &c, e);
	if (rc == 0)
		rc = sr_ledger_root_at(l, c.size, at, e);
	if (rc == 0 && memcmp(c.root, at, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "the checkpoint of size %llu shows another root",
			(unsigned long long)c.size);
	return rc;
}

int sr_ledger_verify(struct sr_ledger *l, const struct sr_ledger_check *c,
	struct sr_ledger_checked *out, struct sr_err *e) {
	const uint64_t tiles = sr_journal_base(l->journal) / SR_TILE_WIDTH;
	struct sr_ledger_checked checked = {.entries = sr_edge_size(l->edge), .tiles = tiles};
	struct verify v = {.l = l, .check = c};
	uint8_t root[SR_HASH];
	int rc = 0;
	v.roots = malloc((size_t)tiles * SR_HASH + 1);
	if (v.roots == NULL) {
		rc = sr_fail(e, SR_NOMEM, "no memory for %llu hashes", (unsigned long long)tiles);
		goto out;
	}
	if ((rc = verify_bundles(&v, tiles, e)) != 0 ||
		(rc = verify_upper(l, v.roots, tiles, &checked.tiles, e)) != 0 ||
		(rc = verify_root(&v, tiles, root, e)) != 0 ||
		(rc = compare_roots(l, root, e)) != 0)
		goto out;
	checked.bytes = atomic_load(&v.bytes);
	*out = checked;
out:
	free(v.roots);
	if (rc != 0)
		(void)sr_wrap(e, "ledger");
	return rc;
}
