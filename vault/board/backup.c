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
#include "board/follow.h"
#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "merkle/checkpoint.h"

enum {
	COPY_CHUNK = 1 << 20,
	DEPTH_MAX = 8 /* folders below the vault: tile paths are the deepest, at most 6 */
};

/* --- copying ---------------------------------------------------------------------------------- */

struct copy {
	struct sr_backup_result *out;
	const struct sr_progress *progress;
	struct sr_dir *from, *to;
	const char *folder; /* of files that never change, named by what they hold; else NULL */
	struct sr_buf *odd; /* of them: names of which the two may differ; NULL: none is there */
	bool restore;       /* from a backup; what it lacks is judged where it is opened */
	bool unread;        /* the last failure was of the reading */
	int depth;
};

int sr_backup_note(struct sr_buf *list, const char *folder, const char *name, struct sr_err *e) {
	if (strcmp(folder, "items") == 0)
		sr_buf_printf(list, "%s/%s", folder, name);
	else
		sr_buf_printf(list, "%s/%.2s/%s", folder, name, name);
	sr_buf_put_u8(list, '\0');
	return sr_buf_ok(list, e);
}

static int copy_bytes(struct sr_tmpfile *t, int fd, struct copy *c, struct sr_err *e) {
	uint8_t *chunk = malloc(COPY_CHUNK);
	uint64_t at = 0;
	int rc = chunk == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	while (rc == 0) {
		size_t got = 0;

		rc = sr_fd_pread_some(fd, chunk, COPY_CHUNK, at, &got, e);
		c->unread = rc != 0;
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
	int fd = -1, rc = sr_file_open(&fd, c->from, name, SR_FS_READ, e);

	c->unread = rc != 0;
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

/* Is it the disk itself that does not give what it holds, and not our rights or limits? */
static bool bad_medium(const struct sr_err *e) {
	return e != NULL && (e->no == EIO || e->no == EUCLEAN || e->no == EBADMSG);
}

/* A file of the same name is the same file. If it is not, either may be the damaged one: it stays
 * until both are read (backup_read.c). One that cannot be read keeps nobody from copying the
 * others; it is missed when all are read. */
static int copy_immutable(struct copy *c, const char *name, struct sr_err *e) {
	uint64_t have = 0, want = 0;
	int rc = sr_file_size(c->from, name, &want, e);

	if (rc != 0)
		return rc;
	/* What cannot be looked at there is copied once more. */
	if (sr_file_size(c->to, name, &have, NULL) == 0) {
		c->out->skipped++;
		return have == want || c->odd == NULL ? 0
						      : sr_backup_note(c->odd, c->folder, name, e);
	}
	rc = copy_file(c, name, e);
	if (rc == SR_IO && c->unread && bad_medium(e)) {
		if (c->out->unread.count++ == 0)
			snprintf(c->out->unread.first, sizeof c->out->unread.first, "%s/%.370s",
				c->folder, e->text);
		sr_err_clear(e);
		rc = 0;
	}
	return rc;
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
	if (is_dir)
		return copy_folder(c, name, e);
	/* INVENTORY is rewritten, and the only file there that is. */
	return c->folder != NULL && strncmp(name, "INVENTORY", 9) != 0 ? copy_immutable(c, name, e)
								       : copy_file(c, name, e);
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
 * an older backup that opens, and never a checkpoint that shows more than there is. A tile never
 * changes; ${again}: those in the copy are replaced all the same. */
static int copy_ledger(const struct copy *c, bool again, struct sr_err *e) {
	struct copy sub = *c;
	int rc;

	sub.from = sub.to = NULL;
	sub.odd = NULL;
	sub.folder = again ? NULL : "ledger";
	rc = sr_dir_open_at(&sub.from, c->from, "ledger", e);
	if (rc == 0)
		rc = sr_dir_make(&sub.to, c->to, "ledger", 0700, e);
	if (rc == 0)
		rc = sr_dir_each(sub.from, copy_tiles, &sub, e);
	sub.folder = NULL;
	if (rc == 0)
		rc = sr_dir_each(sub.from, copy_rest, &sub, e);
	if (rc == 0)
		rc = copy_file(&sub, "checkpoint", e);
	if (rc == SR_NOTFOUND && c->restore) {
		sr_err_clear(e);
		rc = 0;
	}
	if (rc == 0)
		rc = sr_dir_sync(sub.to, e);
	sr_dir_close(sub.from);
	sr_dir_close(sub.to);
	return rc != 0 ? sr_wrap(e, "ledger") : 0;
}

static int copy_folders(struct copy *c, struct sr_err *e) {
	static const char *const folders[] = {"packs", "objects", "items"};
	int rc = 0;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0] && rc == 0; i++) {
		c->folder = folders[i];
		rc = copy_folder(c, folders[i], e);
	}
	c->folder = NULL;
	if (rc == 0)
		rc = copy_ledger(c, false, e);
	return rc == 0 ? copy_folder(c, "keys", e) : rc;
}

int sr_backup_copy(struct sr_dir *from, struct sr_dir *to, struct sr_backup_result *out,
	const struct sr_progress *progress, struct sr_err *e) {
	struct copy c = {.out = out, .progress = progress, .from = from, .to = to, .restore = true};

	return copy_folders(&c, e);
}

int sr_backup_copy_again(struct sr_dir *from, struct sr_dir *to, const char *full,
	struct sr_backup_result *out, struct sr_err *e) {
	const char *const name = strrchr(full, '/');
	struct copy c = {.out = out};
	char folder[16];
	int rc = name == NULL ? sr_fail(e, SR_MISUSE, "%s: in no folder", full) : 0;

	if (rc != 0)
		return rc;
	snprintf(folder, sizeof folder, "%.*s", (int)(name - full), full);
	rc = sr_dir_open_at(&c.from, from, folder, e);
	if (rc == 0)
		rc = sr_dir_open_at(&c.to, to, folder, e);
	if (rc == 0)
		rc = copy_file(&c, name + 1, e);
	if (rc == 0)
		rc = sr_dir_sync(c.to, e);
	sr_dir_close(c.from);
	sr_dir_close(c.to);
	return rc;
}

/* --- making ----------------------------------------------------------------------------------- */

/* The ledger of the copy, every entry and tile: the same under the same root. */
static int ledger_check(bool *damaged, struct sr_vault *v, const struct copy *c, struct sr_err *e) {
	const struct sr_ledger_check all = {.progress = c->progress};
	struct sr_ledger_opts lo = {.keys = sr_ledger_keys(v->ledger)};
	struct sr_ledger_checked checked;
	struct sr_ledger *ledger = NULL;
	struct sr_dir *ledger_dir = NULL;
	struct sr_backup_result *const out = c->out;
	uint8_t ours[SR_HASH], theirs[SR_HASH];
	int rc = sr_dir_open_at(&ledger_dir, c->to, "ledger", e);

	lo.origin = v->keys->origin;
	lo.pk = v->keys->ledger_pk;
	if (rc == 0)
		rc = sr_ledger_open(&ledger, ledger_dir, &lo, e);
	if (rc == 0)
		rc = sr_ledger_verify(ledger, &all, &checked, e);
	*damaged = rc == SR_CORRUPT;
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
	return rc;
}

/* Where the copy's is damaged and the vault's is whole it is copied once more; the tiles that were
 * there were not replaced before, since either may be the damaged ones. */
static int ledger_verify(struct sr_vault *v, const struct copy *c, struct sr_err *e) {
	const struct sr_ledger_check all = {.progress = c->progress};
	struct sr_ledger_checked checked;
	struct sr_err why = {0};
	bool damaged = false;
	int rc = ledger_check(&damaged, v, c, e);

	if (!damaged)
		return rc;
	rc = sr_ledger_verify(v->ledger, &all, &checked, &why);
	if (rc == SR_CORRUPT || rc == SR_IO) {
		sr_backup_trouble(&c->out->lost, &why);
		sr_err_clear(e);
		return 0;
	}
	if (rc != 0)
		return sr_fail(e, why.code, "%s", why.text);
	sr_err_clear(e);
	rc = copy_ledger(c, true, e);
	if (rc == 0)
		rc = ledger_check(&damaged, v, c, e);
	c->out->mended += rc == 0;
	return rc;
}

/* --- where to --------------------------------------------------------------------------------- */

/* In a folder without strongroom.conf: what a backup that was broken off leaves, or nothing. */
static int may_be_ours(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	static const char *const folders[] = {"packs", "objects", "items", "ledger", "keys"};

	for (size_t i = 0; is_dir && i < sizeof folders / sizeof folders[0]; i++)
		if (strcmp(name, folders[i]) == 0)
			return 0;
	if (!is_dir && sr_tmpfile_is(name))
		return 0;
	return sr_fail(e, SR_EXISTS,
		"%s is no backup of a vault, and not empty (%s): name an empty folder, one that is "
		"not there yet, or that of an earlier backup",
		(const char *)ctx, name);
}

static bool has_line(const struct sr_note *n, const struct sr_vkey *k) {
	for (size_t i = 0; i < n->count; i++)
		if (sr_note_line_is(&n->lines[i], k))
			return true;
	return false;
}

/* A checkpoint that does not open is damaged, or of a later state than ours: after a change of the
 * keys or the name. That one none of our keys has signed. */
static bool signed_by_none(const struct sr_log_keys *k, struct sr_bytes text) {
	struct sr_note note;
	struct sr_vkey key;
	bool none = sr_note_parse(&note, text, NULL) == 0;

	for (size_t i = 0; i < k->count && none; i++)
		none = sr_vkey_make(&key, sr_bytes_str(k->key[i].name), SR_NOTE_ED25519,
			       k->key[i].pk, NULL) != 0 ||
		       !has_line(&note, &key);
	sr_note_free(&note);
	return none;
}

/* The log that lies there, by its checkpoint: an earlier state of this one, or one that does not
 * open, which is replaced. What went on otherwise or further than here may be the only copy of what
 * this vault has not. ${ours}: strongroom.conf says that it is this vault's. */
static int log_before(
	struct sr_vault *v, struct sr_dir *to, const char *path, bool ours, struct sr_err *e) {
	const uint64_t size = sr_ledger_next_index(v->ledger);
	struct sr_checkpoint cp = {.size = 0};
	struct sr_note note = {0};
	struct sr_dir *d = NULL;
	struct sr_buf text;
	uint8_t root[SR_HASH];
	int rc = sr_dir_open_at(&d, to, "ledger", e);

	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_file_read(d, "checkpoint", &text, SR_NOTE_MAX, e);
	if (rc == 0)
		rc = sr_log_keys_open(&cp, &note, sr_buf_view(&text), sr_ledger_keys(v->ledger), e);
	if (rc == SR_AUTH && ours &&
		signed_by_none(sr_ledger_keys(v->ledger), sr_buf_view(&text))) {
		rc = sr_fail(e, SR_EXISTS,
			"the backup in %s has a log under a key or name that is not known here: "
			"this is an older state of the vault, and what came later may lie there "
			"alone; name another folder and another secrets file, or, if "
			"ledger/checkpoint there is only damaged, remove that",
			path);
	} else if (rc == SR_NOTFOUND || rc == SR_CORRUPT || rc == SR_LIMIT ||
		   (rc == SR_AUTH && ours)) {
		sr_err_clear(e);
		rc = 0;
	} else if (rc == SR_AUTH) {
		rc = sr_fail(e, SR_EXISTS, "%s is a backup of another vault", path);
	} else if (rc == 0 && cp.size > size) {
		rc = sr_fail(e, SR_EXISTS,
			"the backup in %s has a log of %llu entries, and the one here has %llu: "
			"this is an older state of the vault, and what came later may lie there "
			"alone; name another folder and another secrets file",
			path, (unsigned long long)cp.size, (unsigned long long)size);
	} else if (rc == 0) {
		rc = sr_ledger_root_at(v->ledger, cp.size, root, e);
		if (rc == 0 && memcmp(root, cp.root, SR_HASH) != 0)
			rc = sr_fail(e, SR_EXISTS,
				"the backup in %s is of a log that went on otherwise than the one "
				"here before it had %llu entries: name another folder and another "
				"secrets file",
				path, (unsigned long long)cp.size);
	}
	sr_note_free(&note);
	sr_buf_free(&text);
	sr_dir_close(d);
	return rc;
}

/* What is there already must be an earlier backup of this same vault, whole or broken off: no
 * other's, nobody else's folder, and no vault, this one least of all: its log would be replaced
 * under it, and what is written to the one that is open be lost. */
static int target_check(struct sr_vault *v, const char *path, struct sr_err *e) {
	struct sr_vault_conf *conf = calloc(1, sizeof *conf);
	struct sr_dir *to = NULL;
	bool vault = false, ours;
	int rc = conf == NULL ? sr_fail(e, SR_NOMEM, "out of memory")
			      : sr_vault_apart(sr_dir_path(v->dir), path, e);

	if (rc == 0)
		rc = sr_dir_open(&to, path, e);
	if (rc == SR_NOTFOUND) {
		free(conf);
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0)
		rc = sr_vault_conf_read(conf, path, e);
	ours = rc == 0;
	if (rc == 0 && (!conf->founded || memcmp(conf->fingerprint, v->fingerprint, SR_HASH) != 0))
		rc = sr_fail(e, SR_EXISTS, "%s is a backup of another vault", path);
	else if (rc == 0)
		rc = sr_file_find(&vault, to, "secrets.db", e);
	else if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = sr_dir_each(to, may_be_ours, (void *)path, e);
	} else if (rc == SR_CORRUPT) {
		rc = sr_fail(e, SR_CORRUPT,
			"the backup in %s has a damaged strongroom.conf: if it is this vault's, "
			"remove that file there, and repeat the command; else name another folder",
			path);
	}
	if (rc == 0 && vault)
		rc = sr_fail(e, SR_EXISTS,
			"%s is a vault and no backup: name an empty folder, or one that is not "
			"there yet",
			path);
	if (rc == 0)
		rc = log_before(v, to, path, ours, e);
	sr_dir_close(to);
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
	struct sr_buf odd;
	struct copy c = {.out = out, .progress = o->progress, .from = v->dir, .odd = &odd};
	int rc = sr_ledger_publish(v->ledger, e);

	sr_buf_init(&odd);
	if (rc == 0)
		rc = open_made(&c.to, o->path, 0700, e);
	if (rc == 0)
		rc = copy_folders(&c, e);
	if (rc == 0)
		rc = copy_file(&c, "strongroom.conf", e);
	if (rc == 0)
		rc = sr_dir_sync(c.to, e);
	if (rc == 0) {
		rc = sr_backup_read_back(v, c.to, &odd, o->progress, out, e);
		if (rc == 0)
			rc = ledger_verify(v, &c, e);
		if (rc != 0)
			sr_wrap(e, "the copy");
	}
	/* Also where something is lost: without the secrets of what came since, the rest of the
	 * copy would be worth no more than the backup before. */
	if (rc == 0)
		rc = sr_backup_secrets_write(v, o, x, &out->secrets, e);
	if (rc == 0 && out->lost.count > 0)
		rc = sr_fail(e, out->lost.unread == out->lost.count ? SR_IO : SR_CORRUPT,
			"%llu of the files that the log names cannot be read whole in the vault, "
			"nor in the copy, the first: %s; all else is in the copy and in the "
			"secrets file%s%s",
			(unsigned long long)out->lost.count, out->lost.first,
			out->lost.replayed ? ", but a restore stops where the log's replay needs it"
					   : "",
			sr_escrow_unsettled(x) ? "; the escrow is not rotated: secrets files made "
						 "before still open"
					       : "");
	sr_buf_free(&odd);
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
		rc = sr_backup_secrets_may_replace(v, o->secrets_path, e);
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
