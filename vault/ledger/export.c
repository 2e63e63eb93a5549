/*
 * export - writing the log as static files. See export.h.
 */
#include "ledger/export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "ledger/ledger_impl.h"

enum {
	BUNDLE_MAX = SR_TILE_WIDTH * (SR_ENTRY_MAX + 2),
	REPORT = 64 /* bundles between two reports of progress */
};

struct export {
	struct sr_dir *dir;
	const struct sr_export_options *o;
	struct sr_exported *done;
	struct sr_buf old_note, note;
	struct sr_checkpoint old, now; /* old.size 0: none */
	/* Folders whose temporary files, of a writer that was killed, are gone: the last one of
	 * bundles and of each level. */
	char swept[1 + SR_TILE_LEVELS][SR_TILE_PATH];
	bool reuse; /* what an interrupted export left may be taken, and must prove itself */
	struct sr_edge *edge;
};

/* ---- files ---- */

/* Whether ${name} in ${d} has these bytes. */
static int same(
	bool *out, struct sr_dir *d, const char *name, struct sr_bytes bytes, struct sr_err *e) {
	struct sr_buf have;
	sr_buf_init(&have);
	int rc = sr_file_read(d, name, &have, bytes.len + 1, e);
	*out = rc == 0 && sr_bytes_eq(sr_buf_view(&have), bytes);
	sr_buf_free(&have);
	return rc == SR_NOTFOUND || rc == SR_LIMIT ? 0 : rc;
}

/* Put ${bytes} at ${name} of ${d}, with the mode that others need. ${durable}: at once; else before
 * the checkpoint, by its syncfs (until then nobody was promised this file, and the next export
 * proves whatever it finds). */
static int put(struct export *x, struct sr_dir *d, const char *name, struct sr_bytes bytes,
	bool durable, struct sr_err *e) {
	struct sr_tmpfile *t = NULL;
	int rc = sr_tmpfile_new(&t, d, e);
	if (rc != 0)
		return rc;
	rc = sr_tmpfile_write(t, bytes.p, bytes.len, e);
	if (rc == 0 && fchmod(sr_tmpfile_fd(t), x->o->file_mode) != 0)
		rc = sr_fail_errno(e, "%s: set its mode", name);
	if (rc != 0) {
		sr_tmpfile_abort(t);
		return rc;
	}
	if (!durable)
		sr_tmpfile_synced(t);
	rc = sr_tmpfile_commit(t, name, true, durable, e);
	if (rc == 0) {
		x->done->files++;
		x->done->bytes += bytes.len;
	}
	return rc;
}

/* What a killed writer left in ${d}, the folder of ${path}: once for each folder. */
static int sweep(struct export *x, struct sr_dir *d, const struct sr_tile *tile, const char *path,
	struct sr_err *e) {
	char *swept = x->swept[tile->entries ? 0 : 1 + tile->level];
	const size_t len = (size_t)(strrchr(path, '/') - path);
	size_t removed = 0;
	if (strncmp(swept, path, len) == 0 && swept[len] == '\0')
		return 0;
	memcpy(swept, path, len);
	swept[len] = '\0';
	return sr_tmpfile_sweep(d, &removed, e);
}

static int put_tile(
	struct export *x, const struct sr_tile *tile, struct sr_bytes bytes, struct sr_err *e) {
	char path[SR_TILE_PATH], shown[SR_TILE_PATH];
	struct sr_dir *d = NULL;
	const char *name = NULL;
	bool there = false;
	sr_tile_path(path, tile);
	sr_tile_path(shown, tile);
	int rc = sr_ledger_folder(&d, &name, x->dir, path, x->o->dir_mode, e);
	if (rc == 0)
		rc = sweep(x, d, tile, shown, e);
	if (rc == 0)
		rc = same(&there, d, name, bytes, e);
	if (rc == 0 && there)
		x->done->kept++;
	else if (rc == 0)
		rc = put(x, d, name, bytes, false, e);
	sr_dir_close(d);
	if (rc != 0)
		(void)sr_wrap(e, "%s", shown);
	return rc;
}

static int sink(void *ctx, const struct sr_tile *t, const uint8_t *bytes, struct sr_err *e) {
	return put_tile(ctx, t, sr_bytes_of(bytes, SR_TILE_SIZE), e);
}

/* Full tiles of the earlier export: its root is computed from them. */
static int read_old(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	const struct export *x = ctx;
	char path[SR_TILE_PATH];
	struct sr_buf b;
	sr_tile_path(path, &(struct sr_tile){.level = t->level, .n = t->n, .width = SR_TILE_WIDTH});
	sr_buf_init(&b);
	int rc = sr_file_read(x->dir, path, &b, SR_TILE_SIZE + 1, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "%s is missing", path);
	else if (rc == SR_LIMIT || (rc == 0 && b.len != SR_TILE_SIZE))
		rc = sr_fail(e, SR_CORRUPT, "%s has not %d bytes", path, SR_TILE_SIZE);
	if (rc == 0)
		memcpy(out, b.p, (size_t)t->width * SR_HASH);
	sr_buf_free(&b);
	return rc;
}

/* ---- what is there, and what comes ---- */

static int count_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	size_t *count = ctx;
	(void)is_dir;
	(void)e;
	*count += strcmp(name, ".lock") != 0 && strncmp(name, ".tmp-", 5) != 0;
	return 0;
}

/* Without a checkpoint the folder is empty, or holds the key that an export writes first. */
static int check_empty(const struct export *x, struct sr_err *e) {
	struct sr_buf key;
	size_t count = 0;
	bool ours = false;
	sr_buf_init(&key);
	sr_vkey_put(&key, x->o->key);
	sr_buf_put_str(&key, "\n");
	int rc = sr_buf_ok(&key, e);
	if (rc == 0)
		rc = same(&ours, x->dir, "vkey", sr_buf_view(&key), e);
	if (rc == 0 && !ours)
		rc = sr_dir_each(x->dir, count_entry, &count, e);
	sr_buf_free(&key);
	if (rc == 0 && count > 0)
		rc = sr_fail(e, SR_EXISTS,
			"%s is not empty and holds no export of this log: name another folder",
			sr_dir_path(x->dir));
	return rc;
}

static int open_note(struct sr_checkpoint *out, const struct export *x, const struct sr_buf *note,
	struct sr_err *e) {
	struct sr_log_keys one;
	struct sr_note n;
	sr_log_keys_begin(&one, x->o->key->name, x->o->key->pk);
	const int rc = sr_log_keys_open(
		out, &n, sr_buf_view(note), x->o->keys != NULL ? x->o->keys : &one, e);
	sr_note_free(&n);
	out->extension = sr_bytes_of(NULL, 0);
	return rc;
}

static int read_earlier(struct export *x, struct sr_err *e) {
	int rc = sr_file_read(x->dir, "checkpoint", &x->old_note, SR_NOTE_MAX, e);
	if (rc == SR_NOTFOUND)
		return check_empty(x, e);
	if (rc == 0)
		rc = open_note(&x->old, x, &x->old_note, e);
	if (rc != 0)
		(void)sr_wrap(e, "the checkpoint that is in %s", sr_dir_path(x->dir));
	return rc;
}

static int read_now(struct export *x, struct sr_err *e) {
	int rc = x->o->source->checkpoint(x->o->source->ctx, &x->note, e);
	if (rc == 0)
		rc = open_note(&x->now, x, &x->note, e);
	if (rc != 0)
		return sr_wrap(e, "checkpoint");
	if (x->now.size < x->old.size)
		return sr_fail(e, SR_AUTH,
			"rolled back: the earlier export holds %" PRIu64
			" entries, the vault's checkpoint shows %" PRIu64 "; keep both",
			x->old.size, x->now.size);
	if (x->now.size == x->old.size && x->old_note.len > 0 &&
		memcmp(x->now.root, x->old.root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"forked: the earlier export shows another root at size %" PRIu64
			"; keep both",
			x->old.size);
	return 0;
}

/* ---- bundles ---- */

/* A full bundle that an interrupted export left. */
static int left_bundle(struct export *x, const struct sr_tile *t, struct sr_buf *out, bool *have,
	struct sr_err *e) {
	char path[SR_TILE_PATH];
	struct sr_bytes entry[SR_TILE_WIDTH];
	struct sr_err ignored;
	*have = false;
	if (!x->reuse || t->width < SR_TILE_WIDTH)
		return 0;
	sr_tile_path(path, t);
	int rc = sr_file_read(x->dir, path, out, BUNDLE_MAX, e);
	if (rc == 0)
		*have = sr_entry_bundle_parse(entry, t->width, sr_buf_view(out), &ignored) == 0;
	if (!*have)
		sr_buf_clear(out);
	return rc == SR_NOTFOUND || rc == SR_LIMIT ? 0 : rc;
}

/* Where the earlier export ended, its root. */
static int check_old(const struct export *x, struct sr_err *e) {
	uint8_t root[SR_HASH];
	if (x->old_note.len == 0 || sr_edge_size(x->edge) != x->old.size)
		return 0;
	sr_edge_root(root, x->edge);
	if (memcmp(root, x->old.root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"forked: the log does not continue the earlier export of %" PRIu64
			" entries (or that is damaged: check it with strongroom-verify); keep both",
			x->old.size);
	return 0;
}

static int take_bundle(struct export *x, const struct sr_tile *t, struct sr_err *e) {
	const struct sr_tile_sink tiles = {sink, x};
	struct sr_bytes entry[SR_TILE_WIDTH];
	uint8_t hash[SR_HASH];
	struct sr_buf b;
	bool have = false;
	sr_buf_init(&b);
	int rc = left_bundle(x, t, &b, &have, e);
	if (rc == 0 && !have)
		rc = x->o->source->bundle(x->o->source->ctx, t, &b, e);
	if (rc == 0)
		rc = sr_entry_bundle_parse(entry, t->width, sr_buf_view(&b), e);
	if (rc == 0) /* the bundle before its tile */
		rc = put_tile(x, t, sr_buf_view(&b), e);
	for (unsigned i = 0; rc == 0 && i < t->width; i++) {
		sr_leaf_hash(hash, entry[i]);
		rc = sr_edge_append(x->edge, hash, &tiles, e);
		if (rc == 0)
			rc = check_old(x, e);
	}
	sr_buf_free(&b);
	return rc;
}

static int take_bundles(struct export *x, struct sr_err *e) {
	const uint64_t size = x->now.size;
	int rc = check_old(x, e);
	while (rc == 0 && sr_edge_size(x->edge) < size) {
		const uint64_t at = sr_edge_size(x->edge);
		const uint64_t left = size - at;
		const struct sr_tile t = {.entries = true,
			.n = at / SR_TILE_WIDTH,
			.width = left < SR_TILE_WIDTH ? (unsigned)left : SR_TILE_WIDTH};
		rc = take_bundle(x, &t, e);
		if (rc == 0 && (t.n % REPORT == 0 || left <= SR_TILE_WIDTH) &&
			sr_progress_report(x->o->progress, "log", at + t.width, size, "entries") !=
				0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	return rc;
}

static int check_root(const struct export *x, struct sr_err *e) {
	uint8_t root[SR_HASH];
	sr_edge_root(root, x->edge);
	if (memcmp(root, x->now.root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"the %" PRIu64 " entries do not make the root that the log's key signed",
			x->now.size);
	return 0;
}

/* From the last full tile of the earlier export on. */
static int build(struct export *x, struct sr_err *e) {
	const struct sr_tiles full = {read_old, x};
	sr_edge_free(x->edge);
	x->edge = NULL;
	int rc = sr_edge_new(&x->edge, &full, x->old.size - x->old.size % SR_TILE_WIDTH, NULL, e);
	if (rc != 0)
		return sr_wrap(e, "the earlier export");
	rc = take_bundles(x, e);
	return rc == 0 ? check_root(x, e) : rc;
}

/* ---- the end ---- */

static int put_partials(struct export *x, struct sr_err *e) {
	uint8_t bytes[SR_TILE_SIZE];
	int rc = 0;
	for (unsigned level = 0; rc == 0 && level < sr_tile_levels(x->now.size); level++) {
		const struct sr_tile t = {.level = level,
			.n = sr_tile_full(x->now.size, level),
			.width = sr_tile_partial(x->now.size, level)};
		if (t.width == 0)
			continue;
		rc = sr_edge_read(x->edge, bytes, &t, e);
		if (rc == 0)
			rc = put_tile(x, &t, sr_bytes_of(bytes, (size_t)t.width * SR_HASH), e);
	}
	return rc;
}

static int put_text(struct export *x, const char *name, struct sr_buf *text, struct sr_err *e) {
	bool there = false;
	int rc = sr_buf_ok(text, e);
	if (rc == 0)
		rc = same(&there, x->dir, name, sr_buf_view(text), e);
	if (rc == 0 && !there)
		rc = put(x, x->dir, name, sr_buf_view(text), false, e);
	sr_buf_free(text);
	return rc;
}

static int put_key(struct export *x, struct sr_err *e) {
	struct sr_buf key;
	sr_buf_init(&key);
	sr_vkey_put(&key, x->o->key);
	sr_buf_put_str(&key, "\n");
	return put_text(x, "vkey", &key, e);
}

static int put_changes(struct export *x, struct sr_err *e) {
	char name[32];
	int rc = 0;
	for (size_t i = 1; x->o->changes != NULL && i < x->o->keys->count && rc == 0; i++) {
		struct sr_buf note;
		sr_buf_init(&note);
		sr_buf_put_bytes(&note, x->o->changes[i - 1]);
		(void)snprintf(name, sizeof name, "key-change.%zu", i);
		rc = put_text(x, name, &note, e);
	}
	return rc;
}

static int put_readme(struct export *x, struct sr_err *e) {
	struct sr_buf key, text;
	sr_buf_init(&key);
	sr_buf_init(&text);
	sr_vkey_put(&key, x->o->key);
	sr_export_readme(&text, x->o->key->name, sr_buf_view(&key));
	sr_buf_free(&key);
	return put_text(x, "README.txt", &text, e);
}

/* So that the log can be read without us. */
static int put_carried(struct export *x, struct sr_err *e) {
	const char *name = NULL;
	struct sr_bytes bytes = {NULL, 0};
	int rc = 0;
	for (size_t i = 0; rc == 0 && sr_export_carried(i, &name, &bytes); i++) {
		struct sr_buf text;
		sr_buf_init(&text);
		sr_buf_put_bytes(&text, bytes);
		rc = put_text(x, name, &text, e);
	}
	return rc;
}

/* The note with its cosignatures; those that only the earlier export has stay, while the text is
 * the same. */
static int put_checkpoint(struct export *x, struct sr_err *e) {
	struct sr_note n, old;
	struct sr_buf merged;
	bool there = false;
	sr_buf_init(&merged);
	int rc = sr_note_parse(&n, sr_buf_view(&x->note), e);
	if (rc != 0)
		return rc;
	struct sr_buf *note = &x->note;
	if (x->old_note.len > 0 && sr_note_parse(&old, sr_buf_view(&x->old_note), e) == 0) {
		if (sr_bytes_eq(n.text, old.text)) {
			const size_t skip = old.text.len + 1; /* and the empty line */
			rc = sr_note_merge(
				&merged, &n, sr_bytes_of(old.raw.p + skip, old.raw.len - skip), e);
			note = &merged;
		}
		sr_note_free(&old);
	}
	sr_note_free(&n);
	if (rc == 0)
		rc = same(&there, x->dir, "checkpoint", sr_buf_view(note), e);
	if (rc == 0 && !there)
		rc = put(x, x->dir, "checkpoint", sr_buf_view(note), true, e);
	sr_buf_free(&merged);
	return rc;
}

static int run(struct export *x, struct sr_err *e) {
	size_t swept = 0;
	int rc = sr_tmpfile_sweep(x->dir, &swept, e);
	if (rc == 0)
		rc = read_earlier(x, e);
	if (rc == 0)
		rc = read_now(x, e);
	x->done->before = x->old.size;
	x->done->size = x->now.size;
	if (rc != 0)
		return rc;
	x->reuse = true;
	rc = put_key(x, e); /* from now on the folder is ours */
	if (rc == 0)
		rc = put_changes(x, e);
	if (rc == 0)
		rc = build(x, e);
	if (rc == SR_AUTH && x->done->kept > 0) { /* what was left there may be what is wrong */
		x->reuse = false;
		x->done->kept = 0;
		rc = build(x, e);
	}
	if (rc == 0)
		rc = put_partials(x, e);
	if (rc == 0)
		rc = put_readme(x, e);
	if (rc == 0)
		rc = put_carried(x, e);
	if (rc == 0)
		rc = sr_dir_syncfs(x->dir, e);
	return rc == 0 ? put_checkpoint(x, e) : rc;
}

int sr_export(struct sr_dir *d, const struct sr_export_options *o, struct sr_exported *out,
	struct sr_err *e) {
	struct export x = {.dir = d, .o = o, .done = out};
	struct sr_lock *lock = NULL;
	memset(out, 0, sizeof *out);
	sr_buf_init(&x.old_note);
	sr_buf_init(&x.note);
	int rc = sr_lock_take(&lock, d, ".lock", e);
	if (rc == 0)
		rc = run(&x, e);
	sr_lock_free(lock);
	sr_edge_free(x.edge);
	sr_buf_free(&x.old_note);
	sr_buf_free(&x.note);
	if (rc != 0)
		(void)sr_wrap(e, "export");
	return rc;
}
