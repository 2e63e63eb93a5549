/*
 * ledger - opening, committing and publishing the log. See ledger.h; reading is in ledger_read.c.
 *
 * Order of a commit: root computed on a copy of the compact tree; journal append and fdatasync;
 * edge, which writes tiles as they fill, bundle before hash tile; a new journal when a tile was
 * filled. A process that dies anywhere leaves a journal from which the next one finishes: tiles are
 * create-or-compare, and the journal is replaced only after they are durable.
 */
#include "ledger/ledger.h"

#include "base/limits.h"
#include "base/secret.h"
#include "ledger/ledger_impl.h"
#include "ledger/seen.h"

static const char checkpoint_name[] = "checkpoint";
static const char witnessed_name[] = "witnessed";
static const char lock_name[] = "lock";

enum {
	CHECKPOINT_MAX = 128 << 10, /* bytes: a note of 100 lines with ML-DSA cosignatures is under
				       400 KiB; ours has few */
	DIR_MODE = 0700
};

/* ---- tiles to disk ---- */

int sr_ledger_folder(struct sr_dir **out, const char **name, struct sr_dir *d, char *path,
	mode_t mode, struct sr_err *e) {
	struct sr_dir *at = NULL;
	char *part = path, *slash;
	while ((slash = strchr(part, '/')) != NULL) {
		struct sr_dir *next = NULL;
		*slash = '\0';
		const int rc = sr_dir_make(&next, at == NULL ? d : at, part, mode, e);
		sr_dir_close(at);
		if (rc != 0)
			return rc;
		at = next;
		part = slash + 1;
	}
	*name = part;
	*out = at;
	return 0;
}

/* An existing file must be what we would write; then it is made durable, since whoever wrote it may
 * have died before that. */
static int compare(struct sr_dir *d, const char *name, struct sr_bytes want, struct sr_err *e) {
	struct sr_buf have;
	sr_buf_init(&have);
	int rc = sr_file_read(d, name, &have, want.len + 1, e);
	if (rc == SR_LIMIT || (rc == 0 && !sr_bytes_eq(sr_buf_view(&have), want)))
		rc = sr_fail(
			e, SR_CORRUPT, "%s is there with other bytes; it is not overwritten", name);
	sr_buf_free(&have);
	if (rc != 0)
		return rc;
	return sr_dir_syncfs(d, e);
}

static int keep_file(
	struct sr_ledger *l, const struct sr_tile *t, struct sr_bytes bytes, struct sr_err *e) {
	char path[SR_TILE_PATH], shown[SR_TILE_PATH];
	struct sr_dir *d = NULL;
	const char *name = NULL;
	size_t swept = 0;
	sr_tile_path(path, t);
	sr_tile_path(shown, t);
	int rc = sr_ledger_folder(&d, &name, l->dir, path, DIR_MODE, e);
	if (rc == 0)
		rc = sr_tmpfile_sweep(d, &swept, e);
	if (rc == 0) {
		rc = sr_file_create(d, name, bytes, e);
		if (rc == SR_EXISTS)
			rc = compare(d, name, bytes, e);
	}
	if (rc != 0)
		(void)sr_wrap(e, "%s", shown);
	sr_dir_close(d);
	return rc;
}

static int keep_bundle(struct sr_ledger *l, uint64_t n, struct sr_err *e) {
	const struct sr_tile t = {.entries = true, .n = n, .width = SR_TILE_WIDTH};
	const uint64_t base = sr_journal_base(l->journal);
	struct sr_buf b;
	int rc = 0;
	if (n * SR_TILE_WIDTH < base)
		return sr_fail(
			e, SR_MISUSE, "bundle %llu lies before the journal", (unsigned long long)n);
	sr_buf_init(&b);
	for (size_t i = 0; rc == 0 && i < SR_TILE_WIDTH; i++)
		rc = sr_entry_bundle_put(
			&b, sr_journal_leaf(l->journal, (size_t)(n * SR_TILE_WIDTH - base) + i), e);
	if (rc == 0)
		rc = sr_buf_ok(&b, e);
	if (rc == 0)
		rc = keep_file(l, &t, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

/* sr_tile_sink of a writer: the bundle, then the tile. */
static int sink_write(void *ctx, const struct sr_tile *t, const uint8_t *bytes, struct sr_err *e) {
	struct sr_ledger *l = ctx;
	int rc = 0;
	if (t->level == 0)
		rc = keep_bundle(l, t->n, e);
	if (rc == 0)
		rc = keep_file(l, t, sr_bytes_of(bytes, SR_TILE_SIZE), e);
	return rc;
}

/* sr_tile_sink of a reader: kept in memory. */
static int sink_keep(void *ctx, const struct sr_tile *t, const uint8_t *bytes, struct sr_err *e) {
	struct sr_ledger *l = ctx;
	struct sr_pending_tile *p =
		realloc(l->pending, (l->pending_count + 1) * sizeof *l->pending);
	if (p == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a tile");
	l->pending = p;
	p[l->pending_count].tile = *t;
	memcpy(p[l->pending_count].bytes, bytes, SR_TILE_SIZE);
	l->pending_count++;
	return 0;
}

static int tiles_read(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	return sr_ledger_read_tile(ctx, out, t, e);
}

/* Leaf hashes into the edge; tiles go out as they fill. */
static int grow(struct sr_ledger *l, const uint8_t *hashes, size_t count, struct sr_err *e) {
	const struct sr_tile_sink sink = {l->seed != NULL ? sink_write : sink_keep, l};
	for (size_t i = 0; i < count; i++) {
		const int rc = sr_edge_append(l->edge, hashes + i * SR_HASH, &sink, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* After tiles were filled: the journal begins behind them. */
static int shorten(struct sr_ledger *l, struct sr_err *e) {
	const uint64_t size = sr_edge_size(l->edge);
	const uint64_t base = size - size % SR_TILE_WIDTH;
	if (l->seed == NULL || base == sr_journal_base(l->journal))
		return 0;
	return sr_journal_rewrite(l->journal, base, e);
}

/* ---- opening ---- */

void sr_ledger_abandon(struct sr_ledger *l) {
	if (l == NULL)
		return;
	sr_edge_free(l->edge);
	sr_journal_close(l->journal);
	sr_secret_free(l->seed, SR_SEED);
	sr_lock_free(l->lock);
	sr_buf_free(&l->bundle);
	sr_buf_free(&l->note);
	free(l->pending);
	free(l->origin);
	free(l);
}

static int check_opts(const struct sr_ledger_opts *o, struct sr_err *e) {
	const size_t len = o->origin == NULL ? 0 : strlen(o->origin);
	if (len < 1 || len >= SR_ORIGIN_MAX)
		return sr_fail(
			e, SR_MISUSE, "origin has %zu bytes, want 1 to %d", len, SR_ORIGIN_MAX - 1);
	if (o->seed == NULL ? o->pk == NULL : o->mac_key == NULL)
		return sr_fail(e, SR_MISUSE,
			"a writer needs the ledger key and the commit key, a reader the public "
			"key");
	return 0;
}

static int ledger_new(struct sr_ledger **out, struct sr_dir *d, const struct sr_ledger_opts *o,
	struct sr_err *e) {
	uint8_t pk[SR_PK];
	int rc = check_opts(o, e);
	if (rc != 0)
		return rc;
	struct sr_ledger *l = calloc(1, sizeof *l);
	if (l == NULL)
		return sr_fail(e, SR_NOMEM, "no memory");
	l->dir = d;
	sr_buf_init(&l->bundle);
	sr_buf_init(&l->note);
	l->origin = strdup(o->origin);
	if (l->origin == NULL) {
		rc = sr_fail(e, SR_NOMEM, "no memory");
		goto out;
	}
	if (o->seed != NULL) {
		l->seed = sr_secret_new(SR_SEED, e);
		if (l->seed == NULL) {
			rc = SR_LIMIT;
			goto out;
		}
		memcpy(l->seed, o->seed, SR_SEED);
		sr_sign_public(pk, o->seed);
	} else {
		memcpy(pk, o->pk, SR_PK);
	}
	sr_log_keys_begin(&l->keys, o->origin, pk);
	if (o->keys != NULL)
		l->keys = *o->keys;
	if (memcmp(sr_log_keys_newest(&l->keys), pk, SR_PK) != 0)
		rc = sr_fail(e, SR_MISUSE, "the newest of the log's keys is not the one given");
	if (rc == 0 && strcmp(l->keys.key[0].name, o->origin) != 0)
		rc = sr_fail(e, SR_MISUSE, "the first of the log's names is not its origin");
	if (rc == 0)
		rc = sr_vkey_make(&l->vkey, sr_bytes_str(sr_log_keys_last(&l->keys)->name),
			SR_NOTE_ED25519, pk, e);
out:
	if (rc == 0)
		*out = l;
	else
		sr_ledger_abandon(l);
	return rc;
}

/* What is published, kept to be given out: the file is anybody's who can write in the folder. */
static int keep_note(struct sr_ledger *l, struct sr_bytes note, struct sr_err *e) {
	sr_buf_clear(&l->note);
	sr_buf_put_bytes(&l->note, note);
	return sr_buf_ok(&l->note, e);
}

/* The checkpoint of (size, root), under the name that the log has at that size. A key signs nothing
 * of the time before it. */
static int sign(struct sr_buf *out, struct sr_ledger *l, uint64_t size, const uint8_t root[SR_HASH],
	struct sr_err *e) {
	const struct sr_log_link *link = sr_log_keys_link(&l->keys, size);
	struct sr_checkpoint c = {.size = size};
	struct sr_vkey key;
	int rc = sr_vkey_make(&key, sr_bytes_str(link->name), SR_NOTE_ED25519, link->pk, e);
	const struct sr_signer signer = {.key = &key, .seed = l->seed};

	if (rc == 0 && memcmp(link->pk, l->vkey.pk, SR_PK) != 0)
		rc = sr_fail(e, SR_MISUSE,
			"a checkpoint of %llu entries would be signed by a key that came later",
			(unsigned long long)size);
	if (rc != 0)
		return rc;
	memcpy(c.origin, link->name, sizeof c.origin);
	memcpy(c.root, root, SR_HASH);
	return sr_checkpoint_sign(out, &c, &signer, 1, e);
}

static int write_checkpoint(
	struct sr_ledger *l, uint64_t size, const uint8_t root[SR_HASH], struct sr_err *e) {
	struct sr_buf note;
	sr_buf_init(&note);
	int rc = sign(&note, l, size, root, e);
	if (rc == 0)
		rc = sr_file_replace(l->dir, checkpoint_name, sr_buf_view(&note), e);
	if (rc == 0) {
		l->published = size;
		rc = keep_note(l, sr_buf_view(&note), e);
	}
	sr_buf_free(&note);
	return rc;
}

int sr_ledger_create(struct sr_dir *d, const struct sr_ledger_opts *o, struct sr_err *e) {
	struct sr_ledger *l = NULL;
	uint8_t root[SR_HASH];
	bool there = false;
	int rc = ledger_new(&l, d, o, e);
	if (rc == 0 && l->seed == NULL)
		rc = sr_fail(e, SR_MISUSE, "creating needs the ledger key");
	if (rc == 0)
		rc = sr_file_find(&there, d, "journal", e);
	if (rc == 0 && there)
		rc = sr_fail(e, SR_EXISTS, "there is one already");
	if (rc != 0)
		goto out;
	/* The journal last: it is what makes a folder a ledger. */
	sr_merkle_root(root, NULL, 0);
	rc = write_checkpoint(l, 0, root, e);
	if (rc == 0)
		rc = sr_journal_create(d, o->origin, o->mac_key, e);
out:
	sr_ledger_abandon(l);
	if (rc != 0)
		(void)sr_wrap(e, "ledger");
	return rc;
}

/* Every commit record of the journal must show the root that tiles and leaves make; ${hashes}: of
 * the leaves. */
static int check_commits(struct sr_ledger *l, const uint8_t *hashes, struct sr_err *e) {
	struct sr_tree t = *sr_edge_tree(l->edge);
	uint8_t root[SR_HASH];
	const uint64_t base = t.size;
	for (size_t i = 0; i < sr_journal_commits(l->journal); i++) {
		const struct sr_commit *c = sr_journal_commit(l->journal, i);
		while (t.size < c->size) {
			const int rc =
				sr_tree_append(&t, hashes + (size_t)(t.size - base) * SR_HASH, e);
			if (rc != 0)
				return rc;
		}
		sr_tree_root(root, &t);
		if (memcmp(root, c->root, SR_HASH) != 0)
			return sr_fail(e, SR_CORRUPT,
				"tiles and journal do not make the root that was committed at "
				"size %llu",
				(unsigned long long)c->size);
	}
	return 0;
}

static int load_tree(struct sr_ledger *l, struct sr_err *e) {
	const struct sr_tiles full = {tiles_read, l};
	const size_t n = sr_journal_leaves(l->journal);
	uint8_t *hashes = malloc(n * SR_HASH + 1);
	if (hashes == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu hashes", n);
	for (size_t i = 0; i < n; i++)
		sr_leaf_hash(hashes + i * SR_HASH, sr_journal_leaf(l->journal, i));
	int rc = sr_edge_new(&l->edge, &full, sr_journal_base(l->journal), NULL, e);
	if (rc == SR_NOTFOUND) /* to a caller that would mean: no ledger */
		rc = sr_fail(e, SR_CORRUPT, "a tile is missing before entry %llu",
			(unsigned long long)sr_journal_base(l->journal));
	if (rc == 0)
		rc = check_commits(l, hashes, e);
	if (rc == 0)
		rc = grow(l, hashes, n, e);
	if (rc == 0) {
		l->report.tiles_finished = n / SR_TILE_WIDTH;
		rc = shorten(l, e);
	}
	free(hashes);
	return rc;
}

/* Somebody remembers (size, root): ours must begin with it. */
static int check_memory(struct sr_ledger *l, const char *who, uint64_t size, const uint8_t *root,
	struct sr_err *e) {
	uint8_t ours[SR_HASH];
	const uint64_t have = sr_edge_size(l->edge);
	if (size > have)
		return sr_fail(e, SR_CORRUPT,
			"rolled back: %s shows %llu entries, journal and tiles hold %llu", who,
			(unsigned long long)size, (unsigned long long)have);
	if (root == NULL)
		return 0;
	const int rc = sr_ledger_root_at(l, size, ours, e);
	if (rc != 0)
		return rc;
	if (memcmp(ours, root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"forked: %s shows another root at size %llu than journal and tiles", who,
			(unsigned long long)size);
	return 0;
}

int sr_ledger_read_checkpoint(struct sr_ledger *l, struct sr_checkpoint *out, struct sr_err *e) {
	struct sr_note note;
	struct sr_buf b;
	sr_buf_init(&b);
	int rc = sr_file_read(l->dir, checkpoint_name, &b, CHECKPOINT_MAX, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "the published checkpoint is missing");
	if (rc == 0)
		rc = sr_log_keys_open(out, &note, sr_buf_view(&b), &l->keys, e);
	if (rc == 0) {
		sr_note_free(&note);
		out->extension = sr_bytes_of(NULL, 0); /* it pointed into ${b} */
		if (l->note.len == 0)
			rc = keep_note(l, sr_buf_view(&b), e);
	} else {
		(void)sr_wrap(e, "checkpoint");
	}
	sr_buf_free(&b);
	return rc;
}

/* What there is to show how long the log was: the published checkpoint, and what the caller
 * remembers. */
static int remembered(struct sr_ledger *l, const struct sr_ledger_opts *o, struct sr_err *e) {
	struct sr_checkpoint published = {.size = 0};
	int rc = sr_ledger_read_checkpoint(l, &published, e);
	if ((rc == SR_CORRUPT || rc == SR_AUTH) && o->known_instead && o->known_size > 0 &&
		l->seed != NULL) {
		sr_err_clear(e);
		l->report.checkpoint_lost = true;
		rc = 0;
	} else if (rc == 0) {
		rc = check_memory(l, "the published checkpoint", published.size, published.root, e);
	}
	if (rc == 0 && o->known_size > 0 && (!o->known_instead || l->report.checkpoint_lost))
		rc = check_memory(l, "what this vault remembers", o->known_size, o->known_root, e);
	if (rc == 0)
		l->published = published.size;
	return rc;
}

static int load(struct sr_ledger *l, const struct sr_ledger_opts *o, struct sr_err *e) {
	size_t swept = 0;
	int rc = 0;
	if (l->seed != NULL && ((rc = sr_lock_take(&l->lock, l->dir, lock_name, e)) != 0 ||
				       (rc = sr_tmpfile_sweep(l->dir, &swept, e)) != 0))
		return rc;
	bool former = false;
	rc = sr_journal_open(&l->journal, l->dir, l->origin, o->mac_key, e);
	if (rc == SR_AUTH && o->mac_former != NULL && l->seed != NULL) {
		sr_err_clear(e);
		former = true;
		rc = sr_journal_open(&l->journal, l->dir, l->origin, o->mac_former, e);
	}
	if (rc != 0)
		return rc;
	l->report.journal = *sr_journal_report(l->journal);
	if ((rc = load_tree(l, e)) != 0 || (rc = remembered(l, o, e)) != 0)
		return rc;
	/* The last process did not close. What it wrote and we read may not be on the disk yet (its
	 * fsync may have failed), so it is written again before anything builds on it. */
	l->report.unpublished = l->published < sr_edge_size(l->edge);
	const bool hurt = l->report.journal.dropped > 0 || l->report.journal.mended;
	if (former)
		sr_journal_rekey(l->journal, o->mac_key);
	if (l->seed != NULL && (l->report.unpublished || hurt || former))
		rc = sr_journal_rewrite(l->journal, sr_journal_base(l->journal), e);
	return rc;
}

int sr_ledger_open(struct sr_ledger **out, struct sr_dir *d, const struct sr_ledger_opts *o,
	struct sr_err *e) {
	struct sr_ledger *l = NULL;
	int rc = ledger_new(&l, d, o, e);
	if (rc == 0)
		rc = load(l, o, e);
	if (rc != 0) {
		(void)sr_wrap(e, "ledger");
		sr_ledger_abandon(l);
		return rc;
	}
	*out = l;
	return 0;
}

int sr_ledger_close(struct sr_ledger *l, struct sr_err *e) {
	int rc = 0;
	if (l != NULL && l->seed != NULL && !l->failed)
		rc = sr_ledger_publish(l, e);
	sr_ledger_abandon(l);
	return rc;
}

const struct sr_ledger_report *sr_ledger_report(const struct sr_ledger *l) {
	return &l->report;
}

const char *sr_ledger_origin(const struct sr_ledger *l) {
	return l->origin;
}

const struct sr_vkey *sr_ledger_vkey(const struct sr_ledger *l) {
	return &l->vkey;
}

const struct sr_log_keys *sr_ledger_keys(const struct sr_ledger *l) {
	return &l->keys;
}

int sr_ledger_rename(struct sr_ledger *l, const struct sr_log_link *next, struct sr_err *e) {
	int rc = 0;
	if (l->published > next->from)
		rc = sr_fail(e, SR_AUTH,
			"a checkpoint of %llu entries is published under the name before",
			(unsigned long long)l->published);
	if (rc == 0)
		rc = sr_log_keys_rename(&l->keys, next, e);
	if (rc == 0)
		rc = sr_vkey_make(&l->vkey, sr_bytes_str(next->name), SR_NOTE_ED25519,
			sr_log_keys_newest(&l->keys), e);
	return rc != 0 ? sr_wrap(e, "ledger") : 0;
}

uint64_t sr_ledger_next_index(const struct sr_ledger *l) {
	return sr_edge_size(l->edge);
}

void sr_ledger_root(uint8_t out[SR_HASH], const struct sr_ledger *l) {
	sr_edge_root(out, l->edge);
}

const struct sr_commit *sr_ledger_last(const struct sr_ledger *l) {
	return sr_journal_last(l->journal);
}

/* ---- committing ---- */

static int writable(const struct sr_ledger *l, struct sr_err *e) {
	if (l->failed)
		return sr_fail(
			e, SR_IO, "ledger: it failed before; open it again to see what was kept");
	if (l->seed == NULL)
		return sr_fail(e, SR_MISUSE, "ledger: it is open for reading");
	return 0;
}

static int check_entries(const struct sr_bytes *entries, size_t count, struct sr_err *e) {
	if (count < 1 || count > SR_COMMIT_LEAVES)
		return sr_fail(
			e, SR_LIMIT, "%zu entries, want 1 to %d at once", count, SR_COMMIT_LEAVES);
	for (size_t i = 0; i < count; i++) {
		if (entries[i].len < 1 || entries[i].len > SR_ENTRY_MAX)
			return sr_fail(e, SR_LIMIT, "entry %zu of %zu has %zu bytes, want 1 to %d",
				i, count, entries[i].len, SR_ENTRY_MAX);
	}
	return 0;
}

bool sr_ledger_failed(const struct sr_ledger *l) {
	return l->failed;
}

int sr_ledger_commit(struct sr_ledger *l, const struct sr_bytes *entries, size_t count,
	const uint8_t attachment[SR_ATTACHMENT], struct sr_commit *out, struct sr_err *e) {
	uint8_t hashes[SR_COMMIT_LEAVES * SR_HASH];
	struct sr_commit c = {.size = 0};
	int rc = writable(l, e);
	if (rc != 0)
		return rc;
	if ((rc = check_entries(entries, count, e)) != 0)
		goto out;
	struct sr_tree t = *sr_edge_tree(l->edge);
	for (size_t i = 0; i < count; i++) {
		sr_leaf_hash(hashes + i * SR_HASH, entries[i]);
		if ((rc = sr_tree_append(&t, hashes + i * SR_HASH, e)) != 0)
			goto out;
	}
	c.size = t.size;
	sr_tree_root(c.root, &t);
	memcpy(c.attachment, attachment, SR_ATTACHMENT);
	l->failed = true; /* until all of it is done */
	if ((rc = sr_journal_append(l->journal, entries, count, &c, e)) != 0 ||
		(rc = grow(l, hashes, count, e)) != 0 || (rc = shorten(l, e)) != 0)
		goto out;
	l->failed = false;
	if (out != NULL)
		*out = c;
	return 0;
out:
	(void)sr_wrap(e, "ledger");
	return rc;
}

/* ---- publishing ---- */

int sr_ledger_checkpoint(struct sr_ledger *l, struct sr_buf *out, struct sr_err *e) {
	const uint64_t size = sr_edge_size(l->edge);
	uint8_t root[SR_HASH];
	if (l->seed == NULL)
		return sr_fail(e, SR_MISUSE, "ledger: it is open for reading");
	/* What lies there says the same, and who cosigned it. */
	if (!l->failed && l->published == size && l->note.len > 0) {
		sr_buf_put_buf(out, &l->note);
		return sr_buf_ok(out, e);
	}
	sr_edge_root(root, l->edge);
	return sign(out, l, size, root, e);
}

int sr_ledger_publish(struct sr_ledger *l, struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc = writable(l, e);
	if (rc != 0 || l->published == sr_edge_size(l->edge))
		return rc;
	sr_edge_root(root, l->edge);
	rc = write_checkpoint(l, sr_edge_size(l->edge), root, e);
	if (rc != 0) {
		l->failed = true;
		(void)sr_wrap(e, "ledger: checkpoint");
	}
	return rc;
}

int sr_ledger_published(struct sr_ledger *l, struct sr_buf *out, struct sr_err *e) {
	const int rc = sr_file_read(l->dir, checkpoint_name, out, CHECKPOINT_MAX, e);
	if (rc != 0)
		(void)sr_wrap(e, "ledger: checkpoint");
	return rc;
}

static int too_long(size_t len, struct sr_err *e) {
	return sr_fail(e, SR_LIMIT, "ledger: checkpoint would have %zu bytes, want at most %d", len,
		(int)CHECKPOINT_MAX);
}

int sr_ledger_cosigned(struct sr_ledger *l, struct sr_bytes lines, struct sr_err *e) {
	struct sr_buf old, note;
	struct sr_note n;
	int rc = writable(l, e);
	if (rc != 0)
		return rc;
	sr_buf_init(&old);
	sr_buf_init(&note);
	rc = sr_ledger_published(l, &old, e);
	if (rc == 0)
		rc = sr_note_parse(&n, sr_buf_view(&old), e);
	if (rc == 0) {
		rc = sr_note_merge(&note, &n, lines, e);
		sr_note_free(&n);
	}
	if (rc == 0 && note.len > CHECKPOINT_MAX)
		rc = too_long(note.len, e);
	if (rc == 0 && !sr_bytes_eq(sr_buf_view(&note), sr_buf_view(&old))) {
		rc = sr_file_replace(l->dir, checkpoint_name, sr_buf_view(&note), e);
		if (rc == 0)
			rc = keep_note(l, sr_buf_view(&note), e);
		l->failed |= rc != 0;
	}
	sr_buf_free(&old);
	sr_buf_free(&note);
	return rc;
}

int sr_ledger_recosign(struct sr_ledger *l, struct sr_bytes note, bool quorum, struct sr_err *e) {
	struct sr_checkpoint now, offered;
	struct sr_note n;
	int rc = writable(l, e);
	if (rc == 0 && note.len > CHECKPOINT_MAX)
		rc = too_long(note.len, e);
	if (rc == 0)
		rc = sr_log_keys_open(&offered, &n, note, &l->keys, e);
	if (rc != 0)
		return rc;
	sr_note_free(&n);
	rc = sr_ledger_read_checkpoint(l, &now, e);
	if (rc == 0 && (now.size != offered.size || memcmp(now.root, offered.root, SR_HASH) != 0 ||
			       offered.extension.len > 0))
		rc = sr_fail(e, SR_MISUSE, "ledger: that is not the published checkpoint");
	if (rc != 0)
		return rc;
	if (quorum)
		rc = sr_file_replace(l->dir, witnessed_name, note, e);
	if (rc == 0)
		rc = sr_file_replace(l->dir, checkpoint_name, note, e);
	if (rc == 0)
		rc = keep_note(l, note, e);
	l->failed |= rc != 0;
	return rc;
}

int sr_ledger_witnessed(struct sr_ledger *l, struct sr_buf *out, struct sr_err *e) {
	const int rc = sr_file_read(l->dir, witnessed_name, out, CHECKPOINT_MAX, e);
	if (rc != 0)
		(void)sr_wrap(e, "ledger: the witnessed checkpoint");
	return rc;
}
