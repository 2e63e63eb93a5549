/*
 * backup - see backup.h. Files are copied under a temporary name, synced and renamed (base/fs),
 * folder by folder; then the copy is read back through the same check as `scrub`, and its ledger is
 * opened and compared.
 */
#include "board/backup_in.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/door.h"
#include "board/fixity.h"
#include "board/follow.h"
#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "store/backend.h"

enum {
	COPY_CHUNK = 1 << 20,
	DEPTH_MAX = 8 /* folders below the vault: tile paths are the deepest, at most 6 */
};

/* --- copying ---------------------------------------------------------------------------------- */

struct copy {
	struct sr_backup_result *out;
	const struct sr_progress *progress;
	struct sr_dir *from, *to;
	bool immutable; /* a file of the same name and size is the same file */
	int depth;
};

static int copy_bytes(struct sr_tmpfile *t, int fd, struct copy *c, struct sr_err *e) {
	uint8_t *chunk = malloc(COPY_CHUNK);
	uint64_t at = 0;
	int rc = chunk == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	while (rc == 0) {
		size_t got = 0;

		rc = sr_fd_pread_some(fd, chunk, COPY_CHUNK, at, &got, e);
		if (rc != 0 || got == 0)
			break;
		rc = sr_tmpfile_write(t, chunk, got, e);
		at += got;
		c->out->bytes += got;
		if (rc == 0 &&
			sr_progress_report(c->progress, "copying", c->out->bytes, 0, "bytes") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	free(chunk);
	return rc;
}

static int copy_file(struct copy *c, const char *name, struct sr_err *e) {
	struct sr_tmpfile *t = NULL;
	uint64_t have = 0, want = 0;
	int fd = -1, rc;

	rc = sr_file_size(c->from, name, &want, e);
	if (rc != 0)
		return rc;
	/* What cannot be looked at there is copied once more. */
	if (c->immutable && strncmp(name, "INVENTORY", 9) != 0 &&
		sr_file_size(c->to, name, &have, NULL) == 0 && have == want) {
		c->out->skipped++;
		return 0;
	}
	rc = sr_file_open(&fd, c->from, name, SR_FS_READ, e);
	if (rc == 0)
		rc = sr_tmpfile_new(&t, c->to, e);
	if (rc == 0)
		rc = copy_bytes(t, fd, c, e);
	if (rc == 0) {
		rc = sr_tmpfile_commit(t, name, true, false, e);
		t = NULL;
	}
	sr_tmpfile_abort(t);
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		c->out->files++;
	return rc != 0 ? sr_wrap(e, "%s", name) : 0;
}

static int copy_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e);

/* The folder ${name} of both sides. */
static int copy_folder(struct copy *c, const char *name, struct sr_err *e) {
	struct copy sub = *c;
	int rc;

	if (c->depth == DEPTH_MAX)
		return sr_fail(e, SR_CORRUPT, "%s: folders deeper than %d", name, DEPTH_MAX);
	sub.depth++;
	sub.from = sub.to = NULL;
	rc = sr_dir_open_at(&sub.from, c->from, name, e);
	if (rc == 0)
		rc = sr_dir_make(&sub.to, c->to, name, 0700, e);
	if (rc == 0)
		rc = sr_dir_each(sub.from, copy_entry, &sub, e);
	if (rc == 0)
		rc = sr_dir_sync(sub.to, e);
	sr_dir_close(sub.from);
	sr_dir_close(sub.to);
	return rc != 0 ? sr_wrap(e, "%s", name) : 0;
}

static int copy_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct copy *c = ctx;

	if (sr_tmpfile_is(name) || strcmp(name, "lock") == 0)
		return 0;
	return is_dir ? copy_folder(c, name, e) : copy_file(c, name, e);
}

static int drop_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e);

/* In folder ${name} of the copy, what the vault no longer has. */
static int drop_folder(const struct copy *c, const char *name, struct sr_err *e) {
	struct copy sub = *c;
	int rc;

	sub.from = sub.to = NULL;
	rc = sr_dir_open_at(&sub.from, c->from, name, e);
	if (rc == 0)
		rc = sr_dir_open_at(&sub.to, c->to, name, e);
	if (rc == 0)
		rc = sr_dir_each(sub.to, drop_entry, &sub, e);
	sr_dir_close(sub.from);
	sr_dir_close(sub.to);
	return rc;
}

/* A folder of packs or objects is never removed from a vault, so each has its like there. */
static int drop_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct copy *c = ctx;
	bool there = false;
	const int rc = sr_file_find(&there, c->from, name, e);

	if (rc != 0)
		return rc;
	if (is_dir)
		return there ? drop_folder(c, name, e) : 0;
	if (there)
		return 0;
	c->out->removed++;
	return sr_file_remove(c->to, name, e);
}

/* What was collected, and envelopes of items that were released, re-sealed or destroyed: the old
 * ones must not live on here. */
static int drop_absent(const struct copy *c, struct sr_err *e) {
	static const char *const folders[] = {"packs", "objects", "items"};
	int rc = 0;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0] && rc == 0; i++)
		rc = drop_folder(c, folders[i], e);
	return rc;
}

static int open_made(struct sr_dir **out, const char *path, mode_t mode, struct sr_err *e) {
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return sr_fail_errno(e, "%s", path);
	return sr_dir_open(out, path, e);
}

static int copy_tiles(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	return is_dir ? copy_folder(ctx, name, e) : 0;
}
/* The checkpoint comes last. A witness's alarm is about that copy of the log, and no history. */
static int copy_rest(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	return is_dir || strcmp(name, "checkpoint") == 0 || strcmp(name, "alarm") == 0
		       ? 0
		       : copy_entry(ctx, name, false, e);
}

/* Tiles, then the journal, whose first entry they lead up to, then the checkpoint: so a kill leaves
 * an older backup that opens, and never a checkpoint that shows more than there is. */
static int copy_ledger(const struct copy *c, struct sr_err *e) {
	struct copy sub = *c;
	int rc;

	sub.from = sub.to = NULL;
	rc = sr_dir_open_at(&sub.from, c->from, "ledger", e);
	if (rc == 0)
		rc = sr_dir_make(&sub.to, c->to, "ledger", 0700, e);
	if (rc == 0)
		rc = sr_dir_each(sub.from, copy_tiles, &sub, e);
	if (rc == 0)
		rc = sr_dir_each(sub.from, copy_rest, &sub, e);
	if (rc == 0)
		rc = copy_file(&sub, "checkpoint", e);
	if (rc == 0)
		rc = sr_dir_sync(sub.to, e);
	sr_dir_close(sub.from);
	sr_dir_close(sub.to);
	return rc != 0 ? sr_wrap(e, "ledger") : 0;
}

static int copy_folders(struct copy *c, struct sr_err *e) {
	static const char *const folders[] = {"packs", "objects", "items"};
	int rc = 0;

	c->immutable = true;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0] && rc == 0; i++)
		rc = copy_folder(c, folders[i], e);
	c->immutable = false;
	if (rc == 0)
		rc = copy_ledger(c, e);
	return rc == 0 ? copy_folder(c, "keys", e) : rc;
}

int sr_backup_copy(struct sr_dir *from, struct sr_dir *to, struct sr_backup_result *out,
	const struct sr_progress *progress, struct sr_err *e) {
	struct copy c = {.out = out, .progress = progress, .from = from, .to = to};

	return copy_folders(&c, e);
}

/* --- making ----------------------------------------------------------------------------------- */

struct first_finding {
	char text[400];
};

static int note_finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	struct first_finding *first = ctx;

	(void)e;
	if (first->text[0] == '\0')
		snprintf(first->text, sizeof first->text, "%s: %s", f->name, f->text);
	return 0;
}

/* Read the whole copy back, and open its ledger: the same entries under the same root. */
static int copy_verify(struct sr_vault *v, struct sr_dir *to, const struct sr_progress *progress,
	struct sr_backup_result *out, struct sr_err *e) {
	struct first_finding first = {""};
	struct sr_fixity f = {.finding = note_finding, .ctx = &first};
	struct sr_scrub_totals totals = {0};
	struct sr_ledger_opts lo = {.keys = sr_ledger_keys(v->ledger)};
	struct sr_ledger *ledger = NULL;
	struct sr_dir *ledger_dir = NULL;
	uint8_t ours[SR_HASH], theirs[SR_HASH];
	int rc = sr_backend_dir(&f.store, to, e);

	if (progress != NULL)
		f.progress = *progress;
	if (rc == 0)
		rc = sr_dir_open_at(&f.items, to, "items", e);
	if (rc == 0)
		rc = sr_fixity_check(v, &f, &totals, e);
	if (rc == 0 && totals.findings > 0 && totals.unread == totals.findings)
		rc = sr_fail(e, SR_IO, "%llu things could not be read back, the first: %s",
			(unsigned long long)totals.unread, first.text);
	else if (rc == 0 && totals.findings > 0)
		rc = sr_fail(e, SR_CORRUPT,
			"%llu things are damaged or could not be read, the first: %s",
			(unsigned long long)totals.findings, first.text);
	out->checked = totals.packs + totals.objects + totals.envelopes;
	lo.origin = v->keys->origin;
	lo.pk = v->keys->ledger_pk;
	if (rc == 0)
		rc = sr_dir_open_at(&ledger_dir, to, "ledger", e);
	if (rc == 0)
		rc = sr_ledger_open(&ledger, ledger_dir, &lo, e);
	if (rc == 0) {
		sr_ledger_root(ours, v->ledger);
		sr_ledger_root(theirs, ledger);
		out->entries = sr_ledger_next_index(ledger);
		if (out->entries != sr_ledger_next_index(v->ledger) ||
			memcmp(ours, theirs, SR_HASH) != 0)
			rc = sr_fail(e, SR_CORRUPT,
				"its ledger has %llu entries under another root: the medium does "
				"not keep what it is given, use another one",
				(unsigned long long)out->entries);
	}
	sr_ledger_abandon(ledger);
	sr_dir_close(ledger_dir);
	sr_dir_close(f.items);
	sr_backend_free(f.store);
	return rc != 0 ? sr_wrap(e, "the copy") : 0;
}

/* An existing target must be a backup of this same vault. */
static int target_check(const struct sr_vault *v, const char *path, struct sr_err *e) {
	struct sr_vault_conf *conf = calloc(1, sizeof *conf);
	int rc;

	if (conf == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	rc = sr_vault_conf_read(conf, path, e);
	if (rc == 0 && (!conf->founded || memcmp(conf->fingerprint, v->fingerprint, SR_HASH) != 0))
		rc = sr_fail(e, SR_EXISTS, "%s is a backup of another vault", path);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	free(conf);
	return rc;
}

/* --- escrow ----------------------------------------------------------------------------------- */

static int commit_text(struct sr_vault *v, struct sr_buf *text, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	int rc = o == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : sr_buf_ok(text, e);

	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(text), o, e);
	free(o);
	return rc;
}

/* `escrow`: from here on, secrets files of earlier generations open no more. */
static int log_escrow(struct sr_vault *v, const struct sr_escrow *x, struct sr_err *e) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, v, SR_T_ESCROW, sr_now(&v->clock));
	sr_text_put_hex(&text, "escrow", x->id, SR_ID);
	sr_text_put_dec(&text, "generation", sr_escrow_newest(x)->generation);
	rc = commit_text(v, &text, e);
	sr_buf_free(&text);
	return rc;
}

/* The log knows the generation that the file has; a file behind the log is a copy. */
static int escrow_known(struct sr_vault *v, const struct sr_escrow *x, struct sr_err *e) {
	uint64_t generation = 0;
	const unsigned long long newest = sr_escrow_newest(x)->generation;
	int rc = sr_query_escrow(&generation, v->catalogue, x->id, e);

	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	if (rc != 0)
		return rc;
	if (newest < generation)
		return sr_fail(e, SR_DENIED,
			"the escrow file has generation %llu, the log says %llu: it is an older "
			"copy of the file, which opens secrets files that nothing should open; "
			"destroy it and give the right one",
			newest, (unsigned long long)generation);
	/* While two keys are there, the older one is not overwritten yet. */
	return newest > generation && !sr_escrow_unsettled(x) ? log_escrow(v, x, e) : 0;
}

/* The escrow that this backup is made under: opened, or made; with a fresh key if it is to be
 * rotated. */
static int escrow_begin(struct sr_escrow *x, struct sr_vault *v, const struct sr_backup_options *o,
	struct sr_backup_result *out, struct sr_err *e) {
	int rc = sr_escrow_open(x, o->escrow_path, v->fingerprint, e);

	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = sr_escrow_create(x, o->escrow_path, v->fingerprint, e);
		out->escrow_made = rc == 0;
	}
	if (rc == 0)
		rc = escrow_known(v, x, e);
	if (rc == 0 && o->rotate && !out->escrow_made && !sr_escrow_unsettled(x))
		rc = sr_escrow_add(x, e);
	if (rc == 0) {
		memcpy(out->escrow, x->id, SR_ID);
		out->generation = sr_escrow_newest(x)->generation;
	}
	return rc;
}

/* The new secrets file is there: overwrite the key of those before. In this order, so that a kill
 * leaves no vault without a backup that opens, and the log claims nothing that is not done. */
static int escrow_end(
	struct sr_escrow *x, struct sr_vault *v, struct sr_backup_result *out, struct sr_err *e) {
	int rc = 0;

	if (!sr_escrow_unsettled(x))
		return 0;
	rc = sr_escrow_settle(x, e);
	if (rc == 0)
		rc = log_escrow(v, x, e);
	out->rotated = rc == 0;
	return rc;
}

/* `backup`: begun before anything leaves the vault, so that none is forgotten; made when it was
 * read back. */
static int log_backup(struct sr_vault *v, const uint8_t id[SR_ID], bool made,
	const struct sr_backup_result *r, struct sr_err *e) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, v, SR_T_BACKUP, sr_now(&v->clock));
	sr_text_put_hex(&text, "backup", id, SR_ID);
	sr_text_put(&text, "result", made ? "made" : "begun");
	sr_text_put_hex(&text, "escrow", r->escrow, SR_ID);
	sr_text_put_dec(&text, "generation", r->generation);
	if (made) {
		sr_text_put_dec(&text, "entries", r->entries);
		sr_text_put_dec(&text, "checked", r->checked);
		sr_text_put_dec(&text, "secrets", r->secrets);
	}
	rc = commit_text(v, &text, e);
	sr_buf_free(&text);
	return rc;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Neither the secrets file nor the escrow may lie in the copy, nor be one file. */
static int paths_check(const struct sr_backup_options *o, struct sr_err *e) {
	size_t len = strlen(o->path);
	const char *const files[] = {o->secrets_path, o->escrow_path};

	if (strcmp(o->secrets_path, o->escrow_path) == 0)
		return sr_fail(e, SR_USAGE, "the secrets file and the escrow file are one");
	for (size_t i = 0; i < 2; i++)
		if (strncmp(files[i], o->path, len) == 0 && files[i][len] == '/')
			return sr_fail(
				e, SR_USAGE, "%s lies in the backup: keep it apart", files[i]);
	return 0;
}

static int make(struct sr_vault *v, const struct sr_backup_options *o, const struct sr_escrow *x,
	struct sr_backup_result *out, struct sr_err *e) {
	struct copy c = {.out = out, .progress = o->progress, .from = v->dir};
	int rc = sr_ledger_publish(v->ledger, e);

	if (rc == 0)
		rc = open_made(&c.to, o->path, 0700, e);
	if (rc == 0)
		rc = copy_folders(&c, e);
	if (rc == 0)
		rc = copy_file(&c, "strongroom.conf", e);
	if (rc == 0)
		rc = sr_dir_sync(c.to, e);
	if (rc == 0)
		rc = drop_absent(&c, e);
	if (rc == 0)
		rc = copy_verify(v, c.to, o->progress, out, e);
	if (rc == 0)
		rc = sr_backup_secrets_write(v, o, x, &out->secrets, e);
	sr_dir_close(c.to);
	return rc;
}

int sr_backup_make(struct sr_vault *v, const struct sr_backup_options *o,
	struct sr_backup_result *out, struct sr_err *e) {
	struct sr_escrow x = {.fd = -1};
	uint8_t id[SR_ID];
	int rc;

	memset(out, 0, sizeof *out);
	if (!v->founded)
		return sr_fail(e, SR_DENIED,
			"backup: the vault is not founded yet; there is nothing to keep");
	rc = paths_check(o, e);
	if (rc == 0)
		rc = target_check(v, o->path, e);
	if (rc == 0)
		rc = escrow_begin(&x, v, o, out, e);
	sr_random(id, sizeof id);
	if (rc == 0)
		rc = log_backup(v, id, false, out, e);
	if (rc == 0)
		rc = make(v, o, &x, out, e);
	if (rc == 0)
		rc = escrow_end(&x, v, out, e);
	if (rc == 0)
		rc = log_backup(v, id, true, out, e);
	sr_escrow_close(&x);
	return rc != 0 ? sr_wrap(e, "backup to %s", o->path) : 0;
}
