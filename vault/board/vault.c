/*
 * vault - see vault.h. Opening either succeeds with everything caught up and everything that was
 * repaired told in `recovered`, or fails and changes nothing that counts.
 */
#include "board/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "board/adopt.h"
#include "board/authorize.h"
#include "board/ceremony.h"
#include "board/collect.h"
#include "board/dbkeys.h"
#include "board/dealings.h"
#include "board/door.h"
#include "board/erase.h"
#include "board/forget.h"
#include "board/keys.h"
#include "board/making.h"
#include "board/quarantine.h"
#include "board/recover.h"
#include "board/replaying.h"
#include "board/rotate.h"
#include "board/second.h"
#include "board/unlock.h"
#include "board/witnessing.h"
#include "catalogue/catalogue.h"
#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "store/backend.h"
#include "store/db.h"
#include "store/index.h"
#include "store/secrets.h"
#include "store/supersede.h"

enum {
	FORMAT = 1,
	CONF_MAX = 16 << 10
};
static const char CONF[] = "strongroom.conf";
static const char CONF_TYPE[] = "strongroom/vault/v1";

/* --- strongroom.conf -------------------------------------------------------------------------- */

static int conf_write(struct sr_dir *dir, const struct sr_vault_conf *c, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	sr_text_begin(&b, CONF_TYPE);
	sr_text_put(&b, "origin", c->origin);
	sr_text_put_dec(&b, "format", FORMAT);
	if (c->founded)
		sr_text_put_hex(&b, "fingerprint", c->fingerprint, SR_HASH);
	if (c->second[0] != '\0')
		sr_text_put(&b, "second", c->second);
	else
		sr_text_put(&b, "no-second", "yes");
	for (size_t i = 0; i < c->log_count; i++)
		sr_text_putf(&b, "log", "%llu %s %llu %llu", (unsigned long long)c->log[i].from,
			c->log[i].name, (unsigned long long)c->log[i].agreed,
			(unsigned long long)c->log[i].known);
	rc = sr_buf_ok(&b, e);
	if (rc == 0)
		rc = sr_file_replace(dir, CONF, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

static int conf_line(
	char *out, size_t size, const struct sr_text *t, const char *key, struct sr_err *e) {
	struct sr_bytes v = sr_text_get(t, key);

	out[0] = '\0';
	if (v.p == NULL)
		return 0;
	if (v.len >= size)
		return sr_fail(e, SR_CORRUPT, "%s: line %s has %zu bytes, want fewer than %zu",
			CONF, key, v.len, size);
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return 0;
}

/* Names hold no space. */
static int conf_log(struct sr_vault_conf *out, const struct sr_text *t, struct sr_err *e) {
	const size_t count = sr_text_count(t, "log");

	if (count > sizeof out->log / sizeof out->log[0])
		return sr_fail(e, SR_CORRUPT, "%s: %zu lines log, at most %zu", CONF, count,
			sizeof out->log / sizeof out->log[0]);
	for (size_t i = 0; i < count; i++) {
		const struct sr_bytes v = sr_text_get_n(t, "log", i), name = sr_word(v, 1);
		struct sr_log_link *l = &out->log[i];

		if (sr_word_count(v) != 4 || name.len >= sizeof l->name ||
			sr_parse_dec(&l->from, sr_word(v, 0), SR_TREE_SIZE_MAX, NULL) != 0 ||
			sr_parse_dec(&l->agreed, sr_word(v, 2), SR_TREE_SIZE_MAX, NULL) != 0 ||
			sr_parse_dec(&l->known, sr_word(v, 3), SR_TREE_SIZE_MAX, NULL) != 0)
			return sr_fail(e, SR_CORRUPT,
				"%s: line log is not an entry, a name and two numbers", CONF);
		memcpy(l->name, name.p, name.len);
	}
	out->log_count = count;
	return 0;
}

static int conf_read(struct sr_vault_conf *out, struct sr_dir *dir, struct sr_err *e) {
	struct sr_text t = {0};
	struct sr_buf b;
	uint64_t format = 0;
	int rc;

	sr_buf_init(&b);
	memset(out, 0, sizeof *out);
	rc = sr_file_read(dir, CONF, &b, CONF_MAX, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(
			e, SR_NOTFOUND, "%s is not a vault (no %s in it)", sr_dir_path(dir), CONF);
	if (rc == 0)
		rc = sr_text_parse(&t, sr_buf_view(&b), e) != 0 ? sr_wrap(e, "%s", CONF) : 0;
	if (rc != 0)
		goto out;
	if (!sr_bytes_eq(t.type, sr_bytes_str(CONF_TYPE))) {
		rc = sr_fail(e, SR_UNSUPPORTED,
			"%s: a format that this program does not know; a newer one may", CONF);
		goto out;
	}
	rc = sr_parse_dec(&format, sr_text_get(&t, "format"), UINT32_MAX, e);
	if (rc != 0)
		rc = sr_wrap(e, "%s: format", CONF);
	if (rc == 0 && format != FORMAT)
		rc = sr_fail(e, SR_UNSUPPORTED,
			"%s: format %llu, this program knows %d: use a newer one", CONF,
			(unsigned long long)format, FORMAT);
	out->format = (unsigned)format;
	if (rc == 0)
		rc = conf_line(out->origin, sizeof out->origin, &t, "origin", e);
	if (rc == 0)
		rc = conf_line(out->second, sizeof out->second, &t, "second", e);
	if (rc == 0)
		rc = conf_log(out, &t, e);
	if (rc == 0 && (out->second[0] == '\0') !=
			       sr_bytes_eq(sr_text_get(&t, "no-second"), sr_bytes_str("yes")))
		rc = sr_fail(e, SR_CORRUPT, "%s: want one line, second or no-second", CONF);
	if (rc == 0 && sr_text_get(&t, "fingerprint").p != NULL) {
		out->founded = true;
		rc = sr_unhex(out->fingerprint, SR_HASH, sr_text_get(&t, "fingerprint"), e);
		if (rc != 0)
			rc = sr_wrap(e, "%s: fingerprint", CONF);
	}
out:
	sr_text_free(&t);
	sr_buf_free(&b);
	return rc;
}

int sr_vault_conf_read(struct sr_vault_conf *out, const char *path, struct sr_err *e) {
	struct sr_dir *dir = NULL;
	int rc = sr_dir_open(&dir, path, e);

	if (rc == 0)
		rc = conf_read(out, dir, e);
	sr_dir_close(dir);
	return rc;
}

int sr_vault_founded(struct sr_vault *v, struct sr_err *e) {
	struct sr_vault_conf *c = calloc(1, sizeof *c);
	int rc = c == NULL ? sr_fail(e, SR_NOMEM, "vault: out of memory") : conf_read(c, v->dir, e);

	if (rc == 0) {
		c->founded = true;
		memcpy(c->fingerprint, v->fingerprint, SR_HASH);
		rc = conf_write(v->dir, c, e);
	}
	free(c);
	return rc;
}

int sr_vault_conf_log(struct sr_vault *v, const struct sr_log_link *next, struct sr_err *e) {
	struct sr_vault_conf *c = calloc(1, sizeof *c);
	int rc = c == NULL ? sr_fail(e, SR_NOMEM, "vault: out of memory") : conf_read(c, v->dir, e);

	if (rc == 0 && c->log_count == sizeof c->log / sizeof c->log[0])
		rc = sr_fail(e, SR_LIMIT, "%s: no more than %zu lines log", CONF, c->log_count);
	if (rc == 0) {
		c->log[c->log_count++] = *next;
		rc = conf_write(v->dir, c, e);
	}
	free(c);
	return rc;
}

static int conf_set_second(struct sr_vault_conf *c, const char *second, struct sr_err *e) {
	if (second != NULL && (second[0] != '/' || strlen(second) >= sizeof c->second))
		return sr_fail(e, SR_USAGE,
			"the second copy's path must be absolute and under %zu bytes: %.300s",
			sizeof c->second, second);
	snprintf(c->second, sizeof c->second, "%s", second != NULL ? second : "");
	return 0;
}

int sr_vault_conf_second(const char *path, const char *second, struct sr_err *e) {
	struct sr_vault_conf *c = calloc(1, sizeof *c);
	struct sr_dir *dir = NULL;
	int rc = c == NULL ? sr_fail(e, SR_NOMEM, "vault: out of memory")
			   : sr_dir_open(&dir, path, e);

	if (rc == 0)
		rc = conf_read(c, dir, e);
	if (rc == 0)
		rc = conf_set_second(c, second, e);
	if (rc == 0)
		rc = conf_write(dir, c, e);
	sr_dir_close(dir);
	free(c);
	return rc;
}

int sr_vault_conf_restored(
	struct sr_vault_conf *c, const char *path, const char *second, struct sr_err *e) {
	const int rc = sr_vault_conf_read(c, path, e);

	return rc == 0 ? conf_set_second(c, second, e) : rc;
}

int sr_vault_conf_put(struct sr_dir *dir, const struct sr_vault_conf *c, struct sr_err *e) {
	return conf_write(dir, c, e);
}

/* --- whose it is ------------------------------------------------------------------------------ */

int sr_vault_not_others(const char *path, struct sr_err *e) {
	struct passwd pw, *found = NULL;
	char text[4096], user[64];
	struct stat st;

	if (geteuid() != 0 || stat(path, &st) != 0 || st.st_uid == 0)
		return 0; /* what cannot be looked at fails where it is opened */
	if (getpwuid_r(st.st_uid, &pw, text, sizeof text, &found) == 0 && found != NULL)
		snprintf(user, sizeof user, "%s", pw.pw_name);
	else
		snprintf(user, sizeof user, "'#%lu'", (unsigned long)st.st_uid);
	return sr_fail(e, SR_DENIED,
		"the vault belongs to the user %s, whose core could not open what root makes in "
		"it: run it as that user (sudo -u %s strongroom ...)",
		user, user);
}

/* ${path} by its one name, or the folder that it is to be made in. NULL: neither is there, or can
 * be looked at: that fails where it is opened. */
static char *real_place(const char *path) {
	char *const whole = realpath(path, NULL), *const bare = strdup(path);
	char *real = NULL;
	struct sr_dir *parent = NULL;
	const char *name = NULL;

	for (size_t n = strlen(path); bare != NULL && n > 1 && bare[n - 1] == '/'; n--)
		bare[n - 1] = '\0';
	if (whole == NULL && bare != NULL && sr_dir_of(&parent, &name, bare, NULL) == 0)
		real = realpath(sr_dir_path(parent), NULL);
	sr_dir_close(parent);
	free(bare);
	return whole != NULL ? whole : real;
}

int sr_vault_apart(const char *vault, const char *path, struct sr_err *e) {
	char *const ours = realpath(vault, NULL), *const theirs = real_place(path);
	const size_t len = ours != NULL ? strlen(ours) : 0;
	int rc = 0;

	if (ours != NULL && theirs != NULL && strncmp(theirs, ours, len) == 0 &&
		(theirs[len] == '/' || theirs[len] == '\0'))
		rc = sr_fail(e, SR_USAGE,
			"%s is the vault itself, or lies in it: name a folder on another disk",
			path);
	free(ours);
	free(theirs);
	return rc;
}

/* --- creating --------------------------------------------------------------------------------- */

static int make_ledger(struct sr_dir *dir, const struct sr_service *k, struct sr_err *e) {
	struct sr_ledger_opts o = {0};
	struct sr_dir *d = NULL;
	int rc = sr_dir_make(&d, dir, "ledger", 0700, e);

	o.origin = k->origin;
	o.seed = k->s->ledger_seed;
	o.mac_key = k->s->journal_key;
	if (rc == 0)
		rc = sr_ledger_create(d, &o, e);
	sr_dir_close(d);
	return rc;
}

static int make_secrets(
	struct sr_dir *dir, const struct sr_service *k, const char *second, struct sr_err *e) {
	struct sr_secrets_options o = {0};
	struct sr_secrets *s = NULL;
	int rc;

	o.dir = dir;
	o.second = second;
	o.key = k->s->secrets_file;
	o.wrap = k->s->secrets_wrap;
	o.create = true;
	rc = sr_secrets_open(&s, &o, e);
	return rc != 0 ? rc : sr_secrets_close(&s, e);
}

static int make_databases(struct sr_dir *dir, const struct sr_service *k, struct sr_err *e) {
	struct sr_catalogue_options c = {0};
	struct sr_db_options o = {0};
	struct sr_catalogue *cat = NULL;
	struct sr_db *db = NULL;
	int rc;

	c.dir = dir;
	c.key = k->s->catalogue_key;
	c.create = true;
	rc = sr_catalogue_open(&cat, &c, e);
	if (rc == 0)
		rc = sr_catalogue_close(cat, e);
	o.dir = dir;
	o.name = SR_INDEX_FILE;
	o.key = k->s->index_key;
	o.create = true;
	if (rc == 0)
		rc = sr_db_open(&db, &o, e);
	return rc != 0 ? rc : sr_db_close(&db, e);
}

static int make_service(struct sr_dir *dir, const struct sr_service *k, const struct sr_unlock *u,
	struct sr_err *e) {
	struct sr_dir *keys = NULL;
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	rc = sr_service_seal(&b, k, u, e);
	if (rc == 0)
		rc = sr_dir_make(&keys, dir, "keys", 0700, e);
	if (rc == 0)
		rc = sr_file_create(keys, SR_SERVICE_FILE, sr_buf_view(&b), e);
	sr_dir_close(keys);
	sr_buf_free(&b);
	return rc;
}

int sr_vault_create(const struct sr_vault_init *o, struct sr_err *e) {
	static const char *const folders[] = {"packs", "items", "objects"};
	struct sr_service *k = NULL;
	struct sr_vault_conf conf = {0};
	struct sr_making *m = NULL;
	struct sr_dir *dir = NULL, *sub = NULL;
	int rc;

	if ((o->second != NULL) == o->no_second)
		return sr_fail(e, SR_USAGE,
			"say where the second copy of secrets.db lies (--second PATH), or "
			"--no-second");
	rc = conf_set_second(&conf, o->second, e);
	if (rc == 0)
		rc = sr_service_new(&k, o->origin, e);
	if (rc == 0)
		rc = sr_making_begin(&m, o->path, o->second, e);
	if (rc == 0)
		dir = sr_making_dir(m);
	for (size_t i = 0; i < sizeof folders / sizeof folders[0] && rc == 0; i++) {
		rc = sr_dir_make(&sub, dir, folders[i], 0700, e);
		sr_dir_close(sub);
		sub = NULL;
	}
	if (rc == 0)
		rc = make_service(dir, k, &o->unlock, e);
	if (rc == 0)
		rc = make_ledger(dir, k, e);
	if (rc == 0) {
		rc = make_secrets(dir, k, o->second, e);
		sr_making_second(m, rc);
	}
	if (rc == 0)
		rc = make_databases(dir, k, e);
	if (rc == 0) { /* last: what has no strongroom.conf is not a vault */
		snprintf(conf.origin, sizeof conf.origin, "%s", o->origin);
		rc = conf_write(dir, &conf, e);
	}
	sr_service_free(k);
	sr_making_end(m, rc == 0);
	return rc;
}

/* --- opening ---------------------------------------------------------------------------------- */

static void told(struct sr_vault *v, const char *fmt, ...) SR_PRINTF(2, 3);
static void told(struct sr_vault *v, const char *fmt, ...) {
	char line[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	sr_buf_printf(&v->recovered, "%s\n", line);
}

static int open_ledger(struct sr_vault *v, const struct sr_vault_open *vo,
	const struct sr_vault_conf *conf, struct sr_err *e) {
	struct sr_log_keys keys;
	struct sr_ledger_opts o = {.keys = &keys};
	const struct sr_ledger_report *r;
	int rc = sr_dir_open_at(&v->ledger_dir, v->dir, "ledger", e);

	o.origin = v->keys->origin;
	o.seed = v->keys->s->ledger_seed;
	o.mac_key = v->keys->s->journal_key;
	o.known_size = vo->known_size;
	o.known_root = vo->known_root;
	o.known_instead = true;
	o.mac_former = v->keys->under_way ? v->keys->arena->leaving.journal_key : NULL;
	if (rc == 0)
		rc = sr_service_log_keys(&keys, v->keys, conf->log, conf->log_count, e);
	if (rc == 0)
		rc = sr_ledger_open(&v->ledger, v->ledger_dir, &o, e);
	if (rc != 0)
		return sr_wrap(e, "ledger");
	r = sr_ledger_report(v->ledger);
	if (r->journal.dropped > 0)
		told(v, "ledger: %llu bytes of a commit that was never acknowledged were dropped",
			(unsigned long long)r->journal.dropped);
	if (r->journal.mended)
		told(v, "ledger/journal: one copy of a commit record was damaged and is mended");
	if (r->checkpoint_lost)
		told(v,
			"ledger/checkpoint: it was gone or damaged, and is signed anew: the log "
			"has the %llu entries that the secrets file knows of",
			(unsigned long long)vo->known_size);
	if (r->tiles_finished > 0)
		told(v, "ledger: %llu tiles that an interrupted process had left were written",
			(unsigned long long)r->tiles_finished);
	return 0;
}

static const char OLDER[] = "older"; /* in run/ */

/* Before anything is committed: from then on it is not older any more. */
static int note_older(struct sr_vault *v, bool accept_older, struct sr_err *e) {
	int rc;

	if (!sr_secrets_is_older(v->secrets)) {
		rc = sr_file_find(&v->older, v->run, OLDER, e);
		if (rc == 0 && v->older && !accept_older)
			told(v, "secrets.db: an older one was accepted, and that was broken off: "
				"`strongroom second accept` again ends it");
		return rc;
	}
	told(v, "secrets.db: older than the ledger, accepted as asked; what the ledger "
		"erased is erased again");
	v->older = true;
	return sr_file_replace(v->run, OLDER, sr_bytes_str("accepted\n"), e);
}

int sr_vault_older_done(struct sr_vault *v, struct sr_err *e) {
	const int rc = sr_file_remove(v->run, OLDER, e);

	v->older = rc != 0;
	return rc;
}

static int open_secrets(struct sr_vault *v, bool accept_older, struct sr_err *e) {
	const struct sr_commit *last = sr_ledger_last(v->ledger);
	struct sr_secrets_state expect;
	struct sr_secrets_options o = {0};
	int rc;

	expect.generation = sr_le64_get(last->attachment);
	memcpy(expect.root, last->attachment + 8, SR_HASH);
	o.dir = v->dir;
	o.second = v->second;
	o.key = v->keys->s->secrets_file;
	o.wrap = v->keys->s->secrets_wrap;
	o.expect = last->size > 0 ? &expect : NULL;
	o.log = last->size;
	o.accept_older = accept_older;
	rc = sr_secrets_open(&v->secrets, &o, e);
	if (rc == SR_AUTH && v->keys->under_way) { /* not wrapped anew yet (board/rotate.h) */
		sr_err_clear(e);
		o.wrap = v->keys->arena->leaving.secrets_wrap;
		rc = sr_secrets_open(&v->secrets, &o, e);
		if (rc == 0)
			rc = sr_secrets_rewrap(v->secrets, v->keys->s->secrets_wrap, e);
	}
	if (rc != 0)
		return sr_wrap(e, "secrets.db");
	sr_secrets_log(v->secrets, last->size, last->root);
	if (sr_secrets_recovered(v->secrets) != NULL)
		told(v, "secrets.db: %s", sr_secrets_recovered(v->secrets));
	return note_older(v, accept_older, e);
}

/* The fingerprint is the ledger's: entry 0 is `found`. strongroom.conf repeats it for clients
 * without a key. */
static int learn_fingerprint(struct sr_vault *v, struct sr_vault_conf *conf, struct sr_err *e) {
	struct sr_entry found;
	int rc;

	if (sr_ledger_next_index(v->ledger) == 0)
		return 0;
	rc = sr_vault_entry(&found, v, 0, e);
	if (rc != 0)
		return rc;
	memcpy(v->fingerprint, found.statement.hash, SR_HASH);
	v->founded = true;
	if (found.statement.type->id != SR_T_FOUND)
		rc = sr_fail(e, SR_CORRUPT, "entry 0 is %s, not found", found.statement.type->name);
	sr_entry_free(&found);
	if (rc == 0 && conf->founded && memcmp(conf->fingerprint, v->fingerprint, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH,
			"%s names another fingerprint than entry 0 of the ledger has: one of the "
			"two is of another vault; put this vault's own back, from its backup",
			CONF);
	if (rc == 0 && !conf->founded) {
		told(v, "%s: it had no fingerprint; written again from the ledger", CONF);
		conf->founded = true;
		memcpy(conf->fingerprint, v->fingerprint, SR_HASH);
		rc = conf_write(v->dir, conf, e);
	}
	return rc;
}

static bool rebuildable(int rc) {
	return rc == SR_CORRUPT || rc == SR_AUTH || rc == SR_NOTFOUND || rc == SR_UNSUPPORTED;
}

static int open_catalogue(
	struct sr_vault *v, const struct sr_progress *progress, struct sr_err *e) {
	struct sr_catalogue_options o = {0};
	struct sr_replaying replay;
	struct sr_rebuilt rebuilt;
	uint64_t applied = 0;
	uint8_t key[SR_KEY];
	int rc;

	o.dir = v->dir;
	o.key = key;
	rc = sr_db_file_key(key, v, SR_CATALOGUE_FILE, e);
	if (rc != 0)
		return rc;
	rc = sr_catalogue_open(&v->catalogue, &o, e);
	sr_replaying_init(&replay, v, progress);
	if (rc == 0)
		rc = sr_db_verify(sr_catalogue_db(v->catalogue), e);
	if (rc == 0)
		rc = sr_catalogue_catch_up(v->catalogue, &replay.replay, &applied, e);
	if (rc == 0 && applied > 0)
		told(v, "catalogue: %llu entries of the ledger were applied",
			(unsigned long long)applied);
	if (rc != 0 && rebuildable(rc) && !replay.no_entry) {
		told(v, "catalogue: %s; it was rebuilt from the ledger",
			e != NULL ? e->text : sr_code_name((enum sr_code)rc));
		rc = sr_catalogue_rebuild(&v->catalogue, &o, &replay.replay, &rebuilt, e);
	}
	sr_replaying_free(&replay);
	sr_wipe(key, sizeof key);
	return rc != 0 ? sr_wrap(e, "catalogue") : 0;
}

/* Every pack that statements name is in the index; those that are not are read from their footers.
 */
static int index_complete(struct sr_vault *v, size_t *added, size_t *bad, struct sr_err *e) {
	struct sr_index_rebuild o = {0};
	uint8_t *names = NULL;
	size_t count = 0;
	int rc = sr_query_packs(&names, &count, v->catalogue, e);

	*added = *bad = 0;
	o.backend = v->store;
	o.structure_sk = v->keys->arena->structure_sk[0];
	o.structure_count = v->keys->generations;
	o.names = names;
	o.count = count;
	if (rc == 0 && count > 0)
		rc = sr_index_rebuild(v->index, &o, added, bad, e);
	free(names);
	return rc;
}

static int open_index_file(struct sr_vault *v, struct sr_err *e) {
	struct sr_db_options o = {0};
	uint8_t key[SR_KEY];
	int rc = sr_db_file_key(key, v, SR_INDEX_FILE, e);

	o.dir = v->dir;
	o.name = SR_INDEX_FILE;
	o.key = key;
	o.create = true;
	if (rc == 0)
		rc = sr_db_open(&v->index_db, &o, e);
	sr_wipe(key, sizeof key);
	if (rc == 0)
		rc = sr_index_open(&v->index, v->index_db, e);
	return rc;
}

/* The index, whole: every page verified, every pack that statements name in it. */
static int index_whole(struct sr_vault *v, size_t *added, size_t *bad, struct sr_err *e) {
	int rc = open_index_file(v, e);

	if (rc == 0)
		rc = sr_db_verify(v->index_db, e);
	if (rc == 0 && v->founded)
		rc = index_complete(v, added, bad, e);
	return rc;
}

static void index_drop(struct sr_vault *v) {
	sr_index_close(v->index);
	v->index = NULL;
	sr_db_free(v->index_db);
	v->index_db = NULL;
}

static int open_index(struct sr_vault *v, struct sr_err *e) {
	size_t added = 0, bad = 0;
	int rc = index_whole(v, &added, &bad, e);

	if (rc != 0 && rebuildable(rc)) {
		told(v, "index: %s; it was rebuilt from the packs",
			e != NULL ? e->text : sr_code_name((enum sr_code)rc));
		index_drop(v);
		rc = sr_db_remove(v->dir, SR_INDEX_FILE, e);
		if (rc == 0)
			rc = index_whole(v, &added, &bad, e);
	}
	if (rc == 0 && (added > 0 || bad > 0))
		told(v,
			"index: %zu packs were added from their footers, %zu could not be read "
			"(scrub names them)",
			added, bad);
	return rc != 0 ? sr_wrap(e, "index") : 0;
}

/* --- room keys: what the ledger ended is erased, whatever a kill or an older file left -------- */

struct reap {
	struct sr_vault *v;
	struct sr_room_keys keys;
	size_t erased;
};

static int reap_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct reap *r = ctx;
	size_t erased = 0;
	int rc;

	for (size_t i = 0; i < r->keys.count; i++) {
		char hex[2 * SR_ID + 1];

		sr_hex(hex, r->keys.rows[i].request, SR_ID);
		if (!r->keys.rows[i].ended && r->keys.rows[i].version == n &&
			sr_bytes_eq(name, sr_bytes_str(hex)))
			return 0;
	}
	rc = sr_secrets_erase(r->v->secrets, SR_SECRET_ROOM_KEY, name, n, &erased, e);
	r->erased += erased;
	return rc;
}

static int reap_room_keys(struct sr_vault *v, struct sr_err *e) {
	struct reap r = {.v = v};
	int rc = sr_query_room_keys(&r.keys, v->catalogue, e);

	if (rc == 0)
		rc = sr_secrets_begin(v->secrets, e);
	if (rc == 0) {
		rc = sr_secrets_each(
			v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_of(NULL, 0), reap_one, &r, e);
		if (rc == 0 && r.erased > 0)
			rc = sr_secrets_commit(v->secrets, e);
		else
			sr_secrets_rollback(v->secrets);
	}
	if (rc == 0 && r.erased > 0)
		told(v, "secrets.db: %zu room keys of ended requests and grants were erased",
			r.erased);
	sr_room_keys_free(&r.keys);
	return rc;
}

/* What the ledger destroyed, whatever a kill or an older file left of it. */
static int reap_items(struct sr_vault *v, struct sr_err *e) {
	size_t secrets = 0, envelopes = 0;
	int rc = sr_erase_repeat(v, &secrets, &envelopes, e);

	if (rc == 0 && secrets + envelopes > 0)
		told(v, "destroyed items: %zu secrets and %zu envelopes that were left are erased",
			secrets, envelopes);
	return rc;
}

static int reap_boxes(struct sr_vault *v, struct sr_err *e) {
	struct sr_quarantine_kept kept = {0};
	int rc = sr_quarantine_keep(v, &kept, e);

	if (rc == 0 && kept.erased > 0)
		told(v,
			"secrets.db: %zu boxes of held items to who is no curator any more were "
			"erased",
			kept.erased);
	return rc;
}

static int reap_dealings(struct sr_vault *v, struct sr_err *e) {
	size_t erased = 0;
	int rc = sr_dealings_keep(v, &erased, e);

	if (rc == 0 && erased > 0)
		told(v, "secrets.db: the dealings of %zu runs of reshares that ended were erased",
			erased);
	return rc;
}

/* What was kept of people whom the ledger erased, once witnesses have seen that it did. */
static int reap_people(struct sr_vault *v, struct sr_err *e) {
	size_t erased = 0;
	int rc = sr_forget_due(v, &erased, e);

	if (rc == 0 && erased > 0)
		told(v, "secrets.db: %zu keys of what was kept of erased people were erased",
			erased);
	return rc;
}

/* A collection that was interrupted: the index follows what the statements say. */
static int end_collect(struct sr_vault *v, struct sr_err *e) {
	bool changed = false;
	int rc = sr_vault_collect_recover(v, &changed, e);

	if (rc == 0 && changed)
		told(v, "index: it follows a collection that was interrupted (`collect` removes "
			"what it left)");
	return rc != 0 ? sr_wrap(e, "collect") : 0;
}

/* What was destroyed is in old pages of catalogue and index: new keys, where that takes a moment.
 * A large vault does it at night, or when it is rebuilt. */
static int renew_small(struct sr_vault *v, const struct sr_progress *progress, struct sr_err *e) {
	struct sr_renewal r;
	int rc = sr_renewal_due(&r, v, e);

	if (rc == 0 && r.due && r.small && !r.waits) {
		rc = sr_vault_renew(v, progress, e);
		if (rc == 0 && !v->keeps_keys)
			told(v, "catalogue and index were made anew under new keys, after a "
				"destruction or erasure");
	}
	return rc;
}

/* In run/ it may be the cell of an accession (intake/accession_key.h), which came to the disk as
 * its name did not; what is under its key may lie there, too. */
static int overwrite_unfinished(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct sr_vault *v = ctx;

	if (!is_dir && sr_tmpfile_is(name) && sr_file_overwrite(v->run, name, e) != 0)
		sr_err_clear(e); /* removed it is all the same */
	return 0;
}

/* What writers that were killed left under temporary names. */
static int sweep_files(struct sr_vault *v, struct sr_err *e) {
	static const char *const folders[] = {"packs", "objects"};
	struct sr_dir *const dirs[] = {v->dir, v->run, v->items, v->ledger_dir};
	size_t all = 0;
	int rc = sr_dir_each(v->run, overwrite_unfinished, v, e);

	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0] && rc == 0; i++) {
		size_t n = 0;

		rc = sr_tmpfile_sweep(dirs[i], &n, e);
		all += n;
	}
	for (size_t i = 0; i < sizeof folders / sizeof folders[0] && rc == 0; i++) {
		size_t n = 0;

		rc = sr_backend_sweep(v->store, folders[i], &n, e);
		all += n;
	}
	if (rc == 0 && all > 0)
		told(v, "%zu unfinished files of an interrupted process were removed", all);
	return rc;
}

/* What members gave back is sealed and in the log before anything else is; keys/service.board is
 * as the board is. That one can be wanting: it is told, and the vault opens. */
static int end_recovery(struct sr_vault *v, const struct sr_vault_open *o, struct sr_err *e) {
	struct sr_err why = {0};
	bool logged = false, written = false, rotated = false;
	int rc = o->keys == NULL ? 0 : sr_recover_seal(v, o->recovered, &o->unlock, e);

	/* A change of keys that was under way knows the index of its entry: nothing comes before.
	 */
	if (rc == 0)
		rc = sr_rotate_log(v, e);
	if (rc == 0)
		rc = sr_recover_log(v, &logged, e);
	if (rc == 0)
		rc = sr_rotate_settle(v, &o->unlock, &rotated, e);
	if (rc != 0)
		return rc;
	if (rotated)
		told(v, "the service keys are new ones: the log says so (service-key), and "
			"witnesses need the log's new public key");
	if (logged)
		told(v, "the service keys were recovered by members of the board: the log says so");
	if (sr_recover_settle(v, &written, &why) != 0)
		told(v, "%s: without it a lost passphrase cannot be recovered", why.text);
	else if (written)
		told(v, "keys/%s was written anew", SR_RECOVER_FILE);
	return 0;
}

static int open_parts(struct sr_vault *v, const struct sr_vault_open *o, struct sr_vault_conf *conf,
	struct sr_err *e) {
	size_t ended = 0;
	int rc = v->keys != NULL ? 0 : sr_unlock_open(&v->keys, v->dir, &o->unlock, e);

	if (rc == 0 && strcmp(conf->origin, v->keys->origin) != 0)
		rc = sr_fail(e, SR_AUTH,
			"%s names another origin than keys/service has (%s): one of the two is of "
			"another vault; put this vault's own back, from its backup",
			CONF, v->keys->origin);
	if (rc == 0)
		rc = open_ledger(v, o, conf, e);
	if (rc == 0)
		rc = open_secrets(v, o->accept_older_secrets, e);
	if (rc == 0)
		rc = sr_backend_dir(&v->store, v->dir, e);
	if (rc == 0)
		rc = sr_dir_open_at(&v->items, v->dir, "items", e);
	if (rc == 0)
		rc = sweep_files(v, e);
	if (rc == 0)
		rc = sr_second_settle(v, &v->recovered, e);
	if (rc == 0)
		rc = learn_fingerprint(v, conf, e);
	if (rc == 0)
		rc = sr_rotate_databases(v, e);
	if (rc == 0)
		rc = open_catalogue(v, o->progress, e);
	if (rc == 0)
		rc = open_index(v, e);
	if (rc == 0 && v->founded)
		rc = end_collect(v, e);
	if (rc == 0 && v->founded)
		rc = reap_room_keys(v, e);
	if (rc == 0 && v->founded)
		rc = reap_boxes(v, e);
	if (rc == 0 && v->founded)
		rc = reap_dealings(v, e);
	if (rc == 0 && v->founded)
		rc = sr_ceremony_clear(v, e);
	if (rc == 0 && v->founded)
		rc = sr_adopt_settle(v, conf, e);
	if (rc == 0 && v->founded)
		rc = end_recovery(v, o, e);
	if (rc != 0)
		return rc;
	rc = sr_witnessing_open(v, e);
	if (rc != 0)
		return rc;
	rc = v->founded ? reap_items(v, e) : 0;
	if (rc == 0 && v->founded)
		rc = reap_people(v, e);
	if (rc == 0 && v->founded)
		rc = renew_small(v, o->progress, e);
	if (rc != 0)
		return rc;
	v->unsettled = true;
	rc = sr_door_sweep(v, &ended, e);
	if (rc == SR_LOCKED) { /* a clock that is set back stops writes, not reading */
		told(v, "%s", e != NULL ? e->text : "the clock is set back");
		rc = 0;
	}
	if (rc == 0 && ended > 0)
		told(v, "%zu requests, grants, checkouts or embargoes were due and have ended",
			ended);
	return rc;
}

int sr_vault_open(struct sr_vault **out, const struct sr_vault_open *o, struct sr_err *e) {
	struct sr_vault *v = calloc(1, sizeof *v);
	struct sr_vault_conf *conf = calloc(1, sizeof *conf);
	int rc = v == NULL || conf == NULL ? sr_fail(e, SR_NOMEM, "vault: out of memory") : 0;

	if (v == NULL)
		sr_service_free(o->keys);
	if (v != NULL)
		v->keys = o->keys;
	if (rc == 0) {
		sr_buf_init(&v->recovered);
		v->clock = o->clock;
		rc = sr_vault_not_others(o->path, e);
	}
	if (rc == 0) {
		rc = sr_dir_open(&v->dir, o->path, e);
	}
	if (rc == 0 && o->conf != NULL)
		*conf = *o->conf;
	else if (rc == 0)
		rc = conf_read(conf, v->dir, e);
	if (rc == 0)
		rc = sr_dir_open_at(&v->run, v->dir, "run", e);
	if (rc == 0)
		rc = sr_lock_take(&v->lock, v->run, "lock", e);
	if (rc == 0 && conf->second[0] != '\0') {
		v->second = strdup(conf->second);
		if (v->second == NULL)
			rc = sr_fail(e, SR_NOMEM, "vault: out of memory");
	}
	if (rc == 0)
		rc = open_parts(v, o, conf, e);
	free(conf);
	if (rc != 0) {
		sr_vault_close(v);
		return rc;
	}
	*out = v;
	return 0;
}

void sr_vault_close(struct sr_vault *v) {
	struct sr_err ignored;

	if (v == NULL)
		return;
	sr_witnessing_close(v);
	sr_authorizer_free(v->authorizer);
	v->authorizer = NULL;
	/* Errors here lose nothing: what was acknowledged is durable, and the next opening
	 * publishes and catches up. */
	(void)!sr_catalogue_close(v->catalogue, &ignored);
	sr_index_close(v->index);
	if (v->index_db != NULL)
		(void)!sr_db_close(&v->index_db, &ignored);
	if (v->secrets != NULL)
		(void)!sr_secrets_close(&v->secrets, &ignored);
	if (v->failed)
		sr_ledger_abandon(v->ledger);
	else if (v->ledger != NULL)
		(void)!sr_ledger_close(v->ledger, &ignored);
	sr_backend_free(v->store);
	sr_dir_close(v->ledger_dir);
	sr_dir_close(v->items);
	sr_service_free(v->keys);
	sr_lock_free(v->lock);
	sr_dir_close(v->run);
	sr_dir_close(v->dir);
	sr_buf_free(&v->recovered);
	free(v->second);
	free(v);
}

int sr_vault_rebuild(struct sr_vault *v, const struct sr_progress *progress, struct sr_rebuilt *out,
	size_t *packs, size_t *packs_bad, struct sr_err *e) {
	struct sr_catalogue_options o = {0};
	struct sr_replaying replay;
	uint8_t key[SR_KEY];
	int rc = sr_db_file_key(key, v, SR_CATALOGUE_FILE, e);

	o.dir = v->dir;
	o.key = key;
	sr_replaying_init(&replay, v, progress);
	if (rc == 0)
		rc = sr_catalogue_rebuild(&v->catalogue, &o, &replay.replay, out, e);
	sr_replaying_free(&replay);
	sr_wipe(key, sizeof key);
	if (rc != 0)
		return sr_wrap(e, "catalogue");
	index_drop(v);
	rc = sr_db_remove(v->dir, SR_INDEX_FILE, e);
	if (rc == 0)
		rc = open_index_file(v, e);
	if (rc == 0)
		rc = index_complete(v, packs, packs_bad, e);
	v->keeps_keys = v->keeps_keys && rc != 0;
	return rc != 0 ? sr_wrap(e, "index") : 0;
}

int sr_vault_replays(struct sr_vault *v, const struct sr_progress *progress, struct sr_err *e) {
	struct sr_catalogue_options o = {.dir = v->dir};
	struct sr_replaying replay;
	uint8_t key[SR_KEY];
	int rc = sr_db_file_key(key, v, SR_CATALOGUE_FILE, e);

	o.key = key;
	sr_replaying_init(&replay, v, progress);
	if (rc == 0)
		rc = sr_catalogue_try(&o, &replay.replay, e);
	sr_replaying_free(&replay);
	sr_wipe(key, sizeof key);
	return rc != 0 ? sr_wrap(e, "catalogue") : 0;
}

int sr_vault_databases_anew(
	struct sr_vault *v, const struct sr_progress *progress, struct sr_err *e) {
	struct sr_catalogue *old = v->catalogue;
	struct sr_rebuilt rebuilt;
	size_t packs, bad;
	int rc;

	/* Nothing of the old file is worth applying, and a failure to close it nothing lost. */
	v->catalogue = NULL;
	(void)!sr_catalogue_close(old, NULL);
	rc = sr_db_remove(v->dir, SR_CATALOGUE_FILE, e);
	if (rc == 0)
		rc = sr_vault_rebuild(v, progress, &rebuilt, &packs, &bad, e);
	v->failed = v->failed || rc != 0;
	return rc;
}

int64_t sr_vault_now(const struct sr_vault *v) {
	const uint64_t size = sr_ledger_next_index(v->ledger);
	int64_t now = sr_now(&v->clock);
	struct sr_entry_row last;

	if (size > 0 && sr_query_entry(&last, v->catalogue, size - 1, NULL) == 0 &&
		last.received > now)
		now = last.received;
	return sr_witnessing_time(v) > now ? sr_witnessing_time(v) : now;
}
