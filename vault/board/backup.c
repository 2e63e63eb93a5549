/*
 * backup - see backup.h. Files are copied under a temporary name, synced and renamed (base/fs),
 * folder by folder; then the copy is read back through the same check as `scrub`, and its ledger is
 * opened and compared.
 */
#include "board/backup.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/door.h"
#include "board/fixity.h"
#include "board/follow.h"
#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "store/backend.h"
#include "store/secrets.h"

enum {
	COPY_CHUNK = 1 << 20,
	DEPTH_MAX = 8,         /* folders below the vault: tile paths are the deepest, at most 6 */
	SECRETS_MAX = 1 << 30, /* bytes of a secrets file: 4 million items */
	KEY_TEXT_MAX = 4096
};
static const char MAGIC[8] = {'S', 'R', 'B', 'A', 'C', 'K', 'U', 'P'};
static const char TYPE[] = "strongroom/backup/v1";
static const char LABEL[] = "strongroom/backup-secrets/v1";

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
		if (rc == 0)
			rc = sr_progress_report(c->progress, "copying", c->out->bytes, 0, "B");
		if (rc != 0 && (e == NULL || e->code == SR_OK))
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
	if (c->immutable && sr_file_exists(c->to, name) &&
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

	if (strncmp(name, ".tmp-", 5) == 0 || strcmp(name, "lock") == 0)
		return 0;
	return is_dir ? copy_folder(c, name, e) : copy_file(c, name, e);
}

/* Envelopes that the vault no longer has: their item was released or re-sealed, and the old seal
 * must not live on here. */
static int drop_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct copy *c = ctx;

	if (is_dir || sr_file_exists(c->from, name))
		return 0;
	c->out->removed++;
	return sr_file_remove(c->to, name, e);
}

static int drop_superseded(const struct copy *c, struct sr_err *e) {
	struct copy sub = *c;
	int rc;

	sub.from = sub.to = NULL;
	rc = sr_dir_open_at(&sub.from, c->from, "items", e);
	if (rc == 0)
		rc = sr_dir_open_at(&sub.to, c->to, "items", e);
	if (rc == 0)
		rc = sr_dir_each(sub.to, drop_entry, &sub, e);
	sr_dir_close(sub.from);
	sr_dir_close(sub.to);
	return rc;
}

static int open_made(struct sr_dir **out, const char *path, mode_t mode, struct sr_err *e) {
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return sr_fail_errno(e, "%s", path);
	return sr_dir_open(out, path, e);
}

/* conf last: a directory without it is no backup. */
static int copy_vault(struct copy *c, struct sr_err *e) {
	static const char *const folders[] = {"packs", "objects", "items", "ledger", "keys"};
	int rc = 0;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0] && rc == 0; i++) {
		c->immutable = i < 3;
		rc = copy_folder(c, folders[i], e);
	}
	c->immutable = false;
	if (rc == 0)
		rc = copy_file(c, "strongroom.conf", e);
	return rc == 0 ? sr_dir_sync(c->to, e) : rc;
}

/* --- the secrets file ------------------------------------------------------------------------- */

struct gather {
	struct sr_vault *v;
	struct sr_buf rows; /* secret */
	enum sr_secret_kind kind;
	uint64_t count;
};

static int gather_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct gather *g = ctx;
	struct sr_buf value;
	int rc;

	sr_buf_init_secret(&value);
	rc = sr_secrets_get(g->v->secrets, g->kind, name, n, &value, e);
	if (rc == 0) {
		sr_buf_put_u8(&g->rows, (uint8_t)g->kind);
		sr_buf_put_lp(&g->rows, name);
		sr_buf_put_le64(&g->rows, n);
		sr_buf_put_lp(&g->rows, sr_buf_view(&value));
		g->count++;
		rc = sr_buf_ok(&g->rows, e);
	}
	sr_buf_free(&value);
	return rc;
}

/* The kinds that a backup carries: never keys that end with a grant, a release or a scan. */
static const enum sr_secret_kind carried_kinds[] = {
	SR_SECRET_SLOT, SR_SECRET_PERSON, SR_SECRET_DESCRIPTIVE};
enum {
	CARRIED = sizeof carried_kinds / sizeof carried_kinds[0]
};

static bool carried(uint8_t kind) {
	for (size_t i = 0; i < CARRIED; i++)
		if (carried_kinds[i] == kind)
			return true;
	return false;
}

static int gather_all(struct gather *g, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < CARRIED && rc == 0; i++) {
		g->kind = carried_kinds[i];
		rc = sr_secrets_each(
			g->v->secrets, g->kind, sr_bytes_of(NULL, 0), gather_one, g, e);
	}
	return rc;
}

static int write_beside(const char *path, struct sr_bytes data, struct sr_err *e) {
	char folder[SR_PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct sr_dir *d = NULL;
	int rc;

	if (slash == NULL)
		snprintf(folder, sizeof folder, ".");
	else
		snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path),
			path);
	rc = sr_dir_open(&d, folder, e);
	if (rc == 0)
		rc = sr_file_replace(d, slash == NULL ? path : slash + 1, data, e);
	sr_dir_close(d);
	return rc;
}

static int secrets_write(
	struct sr_vault *v, const struct sr_backup_options *o, uint64_t *count, struct sr_err *e) {
	struct gather g = {.v = v};
	struct sr_buf plain, file, key_text;
	uint8_t key[SR_KEY], root[SR_HASH];
	int rc;

	sr_buf_init_secret(&g.rows);
	sr_buf_init_secret(&plain);
	sr_buf_init(&file);
	sr_buf_init(&key_text);
	sr_random(key, sizeof key);
	sr_ledger_root(root, v->ledger);
	rc = gather_all(&g, e);
	if (rc == 0)
		rc = sr_passphrase_seal(&key_text, TYPE, sr_bytes_of(NULL, 0), &o->unlock,
			sr_bytes_of(key, SR_KEY), e);
	if (rc != 0)
		goto out;
	sr_buf_put(&plain, v->fingerprint, SR_HASH);
	sr_buf_put_le64(&plain, sr_ledger_next_index(v->ledger));
	sr_buf_put(&plain, root, SR_HASH);
	sr_buf_put_le64(&plain, g.count);
	sr_buf_put_bytes(&plain, sr_buf_view(&g.rows));
	sr_buf_put(&file, MAGIC, sizeof MAGIC);
	sr_buf_put_lp(&file, sr_buf_view(&key_text));
	rc = sr_buf_ok(&plain, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(&file, key, LABEL, sr_bytes_of(v->fingerprint, SR_HASH),
			sr_buf_view(&plain), e);
	if (rc == 0)
		rc = write_beside(o->secrets_path, sr_buf_view(&file), e);
	*count = g.count;
out:
	sr_wipe(key, sizeof key);
	sr_buf_free(&g.rows);
	sr_buf_free(&plain);
	sr_buf_free(&file);
	sr_buf_free(&key_text);
	return rc != 0 ? sr_wrap(e, "secrets file") : 0;
}

struct secrets_file {
	struct sr_buf plain; /* secret */
	struct sr_reader rows;
	uint64_t size, count;
	uint8_t root[SR_HASH];
};

static int secrets_open_file(struct secrets_file *f, struct sr_bytes file,
	const uint8_t fingerprint[SR_HASH], const struct sr_unlock *u, struct sr_err *e) {
	struct sr_reader r;
	struct sr_bytes key_text, sealed;
	struct sr_buf key;
	uint8_t magic[8], own[SR_HASH];
	int rc;

	sr_buf_init_secret(&key);
	sr_reader_init(&r, file);
	rc = sr_get(&r, magic, sizeof magic, e);
	if (rc == 0 && memcmp(magic, MAGIC, sizeof MAGIC) != 0)
		rc = sr_fail(e, SR_CORRUPT, "not a secrets file of a backup");
	if (rc == 0)
		rc = sr_get_lp(&r, &key_text, KEY_TEXT_MAX, e);
	if (rc == 0)
		rc = sr_get_view(&r, &sealed, sr_reader_left(&r), e);
	if (rc == 0)
		rc = sr_passphrase_open(&key, TYPE, u, key_text, e);
	if (rc == 0 && key.len != SR_KEY)
		rc = sr_fail(e, SR_CORRUPT, "its key has %zu bytes, want %d", key.len, SR_KEY);
	if (rc == 0) {
		rc = sr_aead_open_buf(
			&f->plain, key.p, LABEL, sr_bytes_of(fingerprint, SR_HASH), sealed, e);
		if (rc == SR_AUTH)
			sr_wrap(e, "it belongs to another vault, or was altered");
	}
	sr_reader_init(&f->rows, sr_buf_view(&f->plain));
	if (rc == 0)
		rc = sr_get(&f->rows, own, SR_HASH, e);
	if (rc == 0)
		rc = sr_get_le64(&f->rows, &f->size, e);
	if (rc == 0)
		rc = sr_get(&f->rows, f->root, SR_HASH, e);
	if (rc == 0)
		rc = sr_get_le64(&f->rows, &f->count, e);
	sr_buf_free(&key);
	return rc;
}

static int secrets_put_rows(struct sr_secrets *s, struct secrets_file *f, struct sr_err *e) {
	int rc = sr_secrets_begin(s, e);

	for (uint64_t i = 0; i < f->count && rc == 0; i++) {
		struct sr_bytes name, value;
		uint64_t n = 0;
		uint8_t kind = 0;

		rc = sr_get_u8(&f->rows, &kind, e);
		if (rc == 0 && !carried(kind))
			rc = sr_fail(e, SR_CORRUPT,
				"row %llu is a secret of kind %u, which no backup carries",
				(unsigned long long)i, kind);
		if (rc == 0)
			rc = sr_get_lp(&f->rows, &name, SR_SECRET_NAME_MAX, e);
		if (rc == 0)
			rc = sr_get_le64(&f->rows, &n, e);
		if (rc == 0)
			rc = sr_get_lp(&f->rows, &value, SR_SECRET_MAX, e);
		if (rc == 0)
			rc = sr_secrets_put(s, (enum sr_secret_kind)kind, name, n, value, e);
	}
	if (rc == 0)
		rc = sr_get_end(&f->rows, e);
	if (rc != 0) {
		sr_secrets_rollback(s);
		return rc;
	}
	return sr_secrets_commit(s, e);
}

#ifdef SR_TESTING
int sr_backup_secrets_load(struct sr_secrets *s, struct sr_bytes file,
	const uint8_t fingerprint[SR_HASH], const struct sr_unlock *u, struct sr_err *e) {
	struct secrets_file f = {0};

	sr_buf_init_secret(&f.plain);
	int rc = secrets_open_file(&f, file, fingerprint, u, e);
	if (rc == 0)
		rc = secrets_put_rows(s, &f, e);
	sr_buf_free(&f.plain);
	return rc;
}
#endif

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
	struct sr_ledger_opts lo = {0};
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
	if (rc == 0 && totals.findings > 0)
		rc = sr_fail(e, SR_CORRUPT, "%llu things are damaged, the first: %s",
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
				"its ledger has %llu entries under another root",
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

int sr_backup_make(struct sr_vault *v, const struct sr_backup_options *o,
	struct sr_backup_result *out, struct sr_err *e) {
	struct copy c = {.out = out, .progress = o->progress, .from = v->dir};
	int rc;

	memset(out, 0, sizeof *out);
	if (!v->founded)
		return sr_fail(e, SR_DENIED,
			"backup: the vault is not founded yet; there is nothing to keep");
	rc = target_check(v, o->path, e);
	if (rc == 0)
		rc = sr_ledger_publish(v->ledger, e);
	if (rc == 0)
		rc = open_made(&c.to, o->path, 0700, e);
	if (rc == 0)
		rc = copy_vault(&c, e);
	if (rc == 0)
		rc = drop_superseded(&c, e);
	if (rc == 0)
		rc = copy_verify(v, c.to, o->progress, out, e);
	if (rc == 0)
		rc = secrets_write(v, o, &out->secrets, e);
	sr_dir_close(c.to);
	return rc != 0 ? sr_wrap(e, "backup to %s", o->path) : 0;
}

/* --- restoring -------------------------------------------------------------------------------- */

static int read_secrets(struct sr_buf *out, const char *path, struct sr_err *e) {
	char folder[SR_PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct sr_dir *d = NULL;
	int rc;

	snprintf(folder, sizeof folder, "%.*s",
		slash == NULL   ? 1
		: slash == path ? 1
				: (int)(slash - path),
		slash == NULL ? "." : path);
	rc = sr_dir_open(&d, folder, e);
	if (rc == 0)
		rc = sr_file_read(d, slash == NULL ? path : slash + 1, out, SECRETS_MAX, e);
	sr_dir_close(d);
	return rc;
}

/* secrets.db of the restored vault, filled before the vault is opened for the first time. */
static int restore_secrets(struct sr_dir *to, const struct sr_restore_options *o,
	const struct sr_vault_conf *conf, uint64_t *count, struct sr_err *e) {
	struct sr_service *k = NULL;
	struct sr_secrets_options so = {0};
	struct sr_secrets *s = NULL;
	struct secrets_file f = {0};
	struct sr_dir *keys = NULL;
	struct sr_buf file, service;
	int rc;

	sr_buf_init(&file);
	sr_buf_init(&service);
	sr_buf_init_secret(&f.plain);
	rc = read_secrets(&file, o->secrets_path, e);
	if (rc == 0)
		rc = secrets_open_file(
			&f, sr_buf_view(&file), conf->fingerprint, &o->unlock_secrets, e);
	if (rc != 0)
		sr_wrap(e, "secrets file");
	if (rc == 0)
		rc = sr_dir_open_at(&keys, to, "keys", e);
	if (rc == 0)
		rc = sr_file_read(keys, "service", &service, 16 << 10, e);
	if (rc == 0)
		rc = sr_service_open(&k, sr_buf_view(&service), &o->unlock, e);
	if (rc == 0) {
		so.dir = to;
		so.second = o->second;
		so.key = k->s->secrets_wrap;
		so.create = true;
		rc = sr_secrets_open(&s, &so, e);
	}
	if (rc == 0)
		rc = secrets_put_rows(s, &f, e);
	if (s != NULL) {
		int end = sr_secrets_close(&s, rc == 0 ? e : NULL);

		rc = rc == 0 ? end : rc;
	}
	*count = f.count;
	sr_service_free(k);
	sr_dir_close(keys);
	sr_buf_free(&file);
	sr_buf_free(&service);
	sr_buf_free(&f.plain);
	return rc;
}

/* The secret first: a statement whose key nobody has would never open anything. */
static int renew_room_key(
	struct sr_vault *v, const struct sr_room_key *k, struct sr_outcome *o, struct sr_err *e) {
	struct sr_version_row row = {0};
	struct sr_buf text;
	int rc = sr_query_version(&row, v->catalogue, k->request, k->version, e);

	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_follow_room_key(&text, v, &row, sr_now(&v->clock), e);
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), o, e);
	sr_version_row_free(&row);
	sr_buf_free(&text);
	return rc != 0 ? sr_wrap(e, "room key") : 0;
}

/* A key to make pieces for: no backup has the one that was. */
static int renew_room_keys(
	struct sr_vault *v, struct sr_outcome *o, size_t *renewed, struct sr_err *e) {
	struct sr_room_keys keys = {0};
	int rc = sr_query_room_keys(&keys, v->catalogue, e);

	for (size_t i = 0; i < keys.count && rc == 0; i++) {
		char name[2 * SR_ID + 1];

		sr_hex(name, keys.rows[i].request, SR_ID);
		if (keys.rows[i].ended || sr_secrets_has(v->secrets, SR_SECRET_ROOM_KEY,
						  sr_bytes_str(name), keys.rows[i].version))
			continue;
		rc = renew_room_key(v, &keys.rows[i], o, e);
		*renewed += rc == 0;
	}
	sr_room_keys_free(&keys);
	return rc;
}

static int log_restored(struct sr_vault *v, struct sr_buf *told, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_buf text;
	size_t renewed = 0;
	int rc;

	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	sr_buf_init(&text);
	sr_follow_begin(&text, v, SR_T_INCIDENT, sr_now(&v->clock));
	sr_text_put(&text, "what", "restored");
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), o, e);
	if (rc == 0)
		rc = renew_room_keys(v, o, &renewed, e);
	if (rc == 0 && told != NULL && renewed > 0)
		sr_buf_printf(told,
			"%zu room keys were made anew: pieces of earlier votes are for the keys "
			"that are gone\n",
			renewed);
	sr_buf_free(&text);
	free(o);
	return rc;
}

static int list_lost(struct sr_vault *v, struct sr_buf *out, struct sr_err *e) {
	struct sr_item_filter all = {.released = true, .held = true, .referral = true};
	uint64_t offset = 0;
	int rc = 0;

	for (;;) {
		struct sr_page p = {offset, 1000};
		struct sr_items items = {0};
		size_t n;

		rc = sr_query_items(&items, v->catalogue, &all, &p, e);
		n = items.count;
		for (size_t i = 0; i < n && rc == 0; i++) {
			char hex[2 * SR_ID + 1];

			sr_hex(hex, items.rows[i].id, SR_ID);
			if (items.rows[i].state != SR_S_DESTROYED &&
				!sr_secrets_has(v->secrets, SR_SECRET_SLOT, sr_bytes_str(hex),
					items.rows[i].number))
				sr_buf_printf(
					out, "item %s has no slot: it is lost for ever\n", hex);
		}
		sr_items_free(&items);
		if (rc != 0 || n == 0)
			return rc;
		offset += n;
	}
}

static int open_restored(const struct sr_restore_options *o, uint64_t *entries,
	struct sr_buf *recovered, struct sr_err *e) {
	struct sr_vault_open vo = {
		.path = o->to,
		.unlock = o->unlock,
		.clock = o->clock,
		.progress = o->progress,
		.accept_older_secrets = true,
	};
	struct sr_vault *v = NULL;
	int rc = sr_vault_open(&v, &vo, e);

	if (rc == 0 && recovered != NULL)
		sr_buf_put_bytes(recovered, sr_buf_view(&v->recovered));
	if (rc == 0)
		rc = log_restored(v, recovered, e);
	if (rc == 0) {
		*entries = sr_ledger_next_index(v->ledger);
		if (recovered != NULL)
			rc = list_lost(v, recovered, e);
	}
	sr_vault_close(v);
	return rc;
}

int sr_backup_restore(const struct sr_restore_options *o, struct sr_backup_result *out,
	struct sr_buf *recovered, struct sr_err *e) {
	struct sr_vault_conf *conf = calloc(1, sizeof *conf);
	struct copy c = {.out = out, .progress = o->progress};
	struct sr_dir *run = NULL;
	int rc;

	memset(out, 0, sizeof *out);
	if (conf == NULL)
		return sr_fail(e, SR_NOMEM, "restore: out of memory");
	if ((o->second != NULL) == o->no_second)
		rc = sr_fail(e, SR_USAGE,
			"say where the second copy of secrets.db shall lie (--second PATH), or "
			"--no-second");
	else
		rc = sr_vault_conf_read(conf, o->from, e);
	if (rc == 0)
		rc = sr_dir_open(&c.from, o->from, e);
	if (rc == 0)
		rc = sr_vault_dir_make(o->to, e);
	if (rc == 0)
		rc = sr_dir_open(&c.to, o->to, e);
	if (rc == 0)
		rc = copy_vault(&c, e);
	if (rc == 0)
		rc = sr_dir_make(&run, c.to, "run", 0711, e);
	if (rc == 0)
		rc = sr_vault_conf_second(o->to, o->second, e);
	if (rc == 0)
		rc = restore_secrets(c.to, o, conf, &out->secrets, e);
	if (rc == 0)
		rc = open_restored(o, &out->entries, recovered, e);
	sr_dir_close(run);
	sr_dir_close(c.from);
	sr_dir_close(c.to);
	free(conf);
	return rc != 0 ? sr_wrap(e, "restore to %s", o->to) : 0;
}
