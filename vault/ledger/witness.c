/*
 * witness - key, memory and judgement. The contract is in witness.h.
 *
 * Order of an add-checkpoint: parse (400) -> origin known (404) -> signatures (403) -> old <= size
 * (400) -> in one transaction: old is what we remember (409), the proof leads from what we remember
 * to what is shown (422), remember it -> durable -> sign (200).
 */
#include "ledger/witness.h"

#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/secret.h"
#include "merkle/cosignature.h"
#include "store/db.h"

static const char key_type[] = "strongroom/witness-key/v1";
static const char plain[] = "text/plain; charset=utf-8";
static const char size_type[] = SR_WITNESS_SIZE_TYPE;

enum {
	KEY_FILE_MAX = 16 << 10,
	APPLICATION = 0x53525754, /* "SRWT" */
	FORMAT = 1,
	BUSY_MS = 5000,      /* another process at the same file: `log add` beside the server */
	STATE_PATH = 512 - 8 /* of SQLite's own paths, the longest has "-journal" behind it */
};

struct sr_witness {
	sqlite3 *sql;
	struct sr_vkey vkey;
	uint8_t *seed; /* NULL: nothing is signed */
	struct sr_clock clock;
	pthread_mutex_t lock;
	bool failed;
};

/* --- the key ---------------------------------------------------------------------------------- */

static int ascii(struct sr_bytes name, struct sr_err *e) {
	char shown[96];

	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < '!' || name.p[i] > '~')
			return sr_fail(e, SR_USAGE,
				"the name \"%s\" is not of printable ASCII without spaces: take "
				"one like witness.example.org/w1",
				sr_escape_to(shown, sizeof shown, name));
	if (sr_note_name_check(name, e) != 0)
		return sr_fail(e, SR_USAGE,
			"the name \"%s\" is empty, too long or holds a \"+\": take one like "
			"witness.example.org/w1",
			sr_escape_to(shown, sizeof shown, name));
	return 0;
}

static int key_seal(struct sr_buf *out, const struct sr_vkey *vkey, const uint8_t *seed,
	const struct sr_unlock *unlock, struct sr_err *e) {
	struct sr_buf publics;
	int rc;

	sr_buf_init(&publics);
	sr_buf_put_str(&publics, "vkey ");
	sr_vkey_put(&publics, vkey);
	sr_buf_put_u8(&publics, '\n');
	rc = sr_buf_ok(&publics, e);
	if (rc == 0)
		rc = sr_passphrase_seal(out, key_type, sr_buf_view(&publics), unlock,
			sr_bytes_of(seed, SR_SEED), e);
	sr_buf_free(&publics);
	return rc;
}

/* The public half of the key file. */
static int key_peek(struct sr_vkey *out, struct sr_bytes file, struct sr_err *e) {
	struct sr_text t;
	int rc = sr_passphrase_parse(&t, key_type, file, e);

	if (rc != 0)
		return rc;
	if (sr_text_count(&t, "vkey") != 1)
		rc = sr_fail(e, SR_CORRUPT, "want one line \"vkey\"");
	if (rc == 0)
		rc = sr_vkey_parse(out, sr_text_get(&t, "vkey"), e);
	if (rc == 0 && out->type != SR_NOTE_COSIGN)
		rc = sr_fail(e, SR_CORRUPT, "its key is of type 0x%02x, want 0x04", out->type);
	sr_text_free(&t);
	return rc;
}

static int key_open(struct sr_witness *w, struct sr_bytes file, const struct sr_unlock *unlock,
	struct sr_err *e) {
	struct sr_buf seed;
	uint8_t pk[SR_PK];
	int rc;

	sr_buf_init_secret(&seed);
	rc = sr_passphrase_open(&seed, key_type, unlock, file, e);
	if (rc == 0 && seed.len != SR_SEED)
		rc = sr_fail(e, SR_CORRUPT, "the seed has %zu bytes, want %d", seed.len, SR_SEED);
	if (rc == 0) {
		sr_sign_public(pk, seed.p);
		if (memcmp(pk, w->vkey.pk, SR_PK) != 0)
			rc = sr_fail(e, SR_CORRUPT, "the seed is not that of the file's key");
	}
	if (rc == 0) {
		w->seed = sr_secret_new(SR_SEED, e);
		if (w->seed == NULL)
			rc = SR_LIMIT;
		else
			memcpy(w->seed, seed.p, SR_SEED);
	}
	sr_buf_free(&seed);
	return rc;
}

/* --- the memory ------------------------------------------------------------------------------- */

static int sql_fail(struct sr_witness *w, int rc, const char *what, struct sr_err *e) {
	char shown[256];
	enum sr_code code = SR_IO;

	sr_escape_to(shown, sizeof shown, sr_bytes_str(sqlite3_errmsg(w->sql)));
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		code = SR_LOCKED;
		break;
	case SQLITE_FULL:
		code = SR_LIMIT;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		code = SR_CORRUPT;
		break;
	case SQLITE_NOMEM:
		code = SR_NOMEM;
		break;
	default:
		break;
	}
	return sr_fail(e, code, "%s: %s: %s", SR_WITNESS_STATE_FILE, what, shown);
}

static int exec(struct sr_witness *w, const char *sql, struct sr_err *e) {
	const int rc = sqlite3_exec(w->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sql_fail(w, rc, sql, e);
}

static int prepare(sqlite3_stmt **out, struct sr_witness *w, const char *sql, struct sr_err *e) {
	const int rc = sqlite3_prepare_v2(w->sql, sql, -1, out, NULL);

	return rc == SQLITE_OK ? 0 : sql_fail(w, rc, sql, e);
}

/* Binding fails only for want of memory or by our own bug; the step after it would not. */
static int bind_text(
	struct sr_witness *w, sqlite3_stmt *st, int i, struct sr_bytes v, struct sr_err *e) {
	const int rc = sqlite3_bind_text64(
		st, i, v.len == 0 ? "" : (const char *)v.p, v.len, SQLITE_STATIC, SQLITE_UTF8);

	return rc == SQLITE_OK ? 0 : sql_fail(w, rc, "bind", e);
}

static int bind_blob(
	struct sr_witness *w, sqlite3_stmt *st, int i, struct sr_bytes v, struct sr_err *e) {
	const int rc = v.len == 0 ? sqlite3_bind_zeroblob(st, i, 0)
				  : sqlite3_bind_blob64(st, i, v.p, v.len, SQLITE_STATIC);

	return rc == SQLITE_OK ? 0 : sql_fail(w, rc, "bind", e);
}

static int bind_int(struct sr_witness *w, sqlite3_stmt *st, int i, uint64_t v, struct sr_err *e) {
	const int rc = sqlite3_bind_int64(st, i, (sqlite3_int64)v);

	return rc == SQLITE_OK ? 0 : sql_fail(w, rc, "bind", e);
}

/* *${row}: there is one. */
static int step(struct sr_witness *w, sqlite3_stmt *st, bool *row, struct sr_err *e) {
	const int rc = sqlite3_step(st);

	*row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : sql_fail(w, rc, "step", e);
}

static int column_copy(void *out, size_t len, sqlite3_stmt *st, int i, struct sr_err *e) {
	const void *p = sqlite3_column_blob(st, i);

	if (p == NULL || (size_t)sqlite3_column_bytes(st, i) != len)
		return sr_fail(e, SR_CORRUPT, "%s: column %d has %d bytes, want %zu",
			SR_WITNESS_STATE_FILE, i, sqlite3_column_bytes(st, i), len);
	memcpy(out, p, len);
	return 0;
}

/* The whole path of the state. SQLite itself says of one that is too long that it cannot be opened,
 * and no more. */
static int state_path(char path[STATE_PATH], struct sr_dir *dir, struct sr_err *e) {
	char self[40], folder[SR_PATH_MAX + 1];
	ssize_t n;

	(void)snprintf(self, sizeof self, "/proc/self/fd/%d", sr_dir_fd(dir));
	n = readlink(self, folder, sizeof folder - 1);
	if (n < 0)
		return sr_fail_errno(e, "the path of the witness's folder");
	folder[n] = '\0';
	if (snprintf(path, STATE_PATH, "%s/%s", folder, SR_WITNESS_STATE_FILE) >= STATE_PATH)
		return sr_fail(e, SR_USAGE,
			"the path of the witness's folder has %zd bytes, at most %zu can be used: "
			"choose a folder with a shorter one",
			n, STATE_PATH - 1 - sizeof SR_WITNESS_STATE_FILE);
	return 0;
}

static int open_sql(struct sr_witness *w, const char *path, struct sr_err *e) {
	int rc = sr_db_init(e); /* the wiping allocator, if we are the first in this process */

	if (rc != 0)
		return rc;
	rc = sqlite3_open_v2(path, &w->sql,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(w->sql, BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(w->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(w->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (rc != SQLITE_OK)
		return sql_fail(w, rc, "open", e);
	/* EXTRA also syncs the folder when the journal is removed: a power cut right after the
	 * commit cannot bring the old size back. */
	return exec(w,
		"PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; "
		"PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON",
		e);
}

static int pragma(struct sr_witness *w, const char *sql, int64_t *out, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	bool row = false;
	int rc = prepare(&st, w, sql, e);

	if (rc == 0)
		rc = step(w, st, &row, e);
	*out = row ? sqlite3_column_int64(st, 0) : 0;
	(void)sqlite3_finalize(st);
	return rc;
}

/* The state says whose memory it is. */
static int check_state(struct sr_witness *w, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	struct sr_vkey owner;
	int64_t application = 0, format = 0;
	bool row = false;
	int rc = pragma(w, "PRAGMA application_id", &application, e);

	if (rc == 0)
		rc = pragma(w, "PRAGMA user_version", &format, e);
	if (rc != 0)
		return rc;
	if (application != APPLICATION)
		return sr_fail(
			e, SR_CORRUPT, "%s is not the memory of a witness", SR_WITNESS_STATE_FILE);
	if (format != FORMAT)
		return sr_fail(e, SR_UNSUPPORTED, "%s is of format %lld, this program reads %d",
			SR_WITNESS_STATE_FILE, (long long)format, FORMAT);
	rc = prepare(&st, w, "SELECT vkey FROM owner", e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	if (rc == 0 && !row)
		rc = sr_fail(e, SR_CORRUPT, "%s names no key", SR_WITNESS_STATE_FILE);
	if (rc == 0)
		rc = sr_vkey_parse(&owner,
			sr_bytes_of(
				sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0)),
			e);
	if (rc == 0 && memcmp(owner.pk, w->vkey.pk, SR_PK) != 0)
		rc = sr_fail(e, SR_AUTH, "%s is the memory of another key (\"%s\") than %s",
			SR_WITNESS_STATE_FILE, owner.name, SR_WITNESS_KEY_FILE);
	(void)sqlite3_finalize(st);
	return rc;
}

static int make_state(struct sr_witness *w, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	struct sr_buf vkey;
	bool row;
	int rc = exec(w,
		"BEGIN IMMEDIATE;"
		"CREATE TABLE owner (vkey TEXT NOT NULL) STRICT;"
		"CREATE TABLE log (origin TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
		" size INTEGER NOT NULL, root BLOB, time INTEGER NOT NULL, note BLOB) STRICT;"
		"CREATE TABLE key (origin TEXT NOT NULL REFERENCES log, vkey TEXT NOT NULL,"
		" PRIMARY KEY (origin, vkey)) STRICT;"
		"PRAGMA application_id = 0x53525754; PRAGMA user_version = 1",
		e);

	sr_buf_init(&vkey);
	sr_vkey_put(&vkey, &w->vkey);
	if (rc == 0)
		rc = sr_buf_ok(&vkey, e);
	if (rc == 0)
		rc = prepare(&st, w, "INSERT INTO owner VALUES (?)", e);
	if (rc == 0)
		rc = bind_text(w, st, 1, sr_buf_view(&vkey), e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	(void)sqlite3_finalize(st);
	if (rc == 0)
		rc = exec(w, "COMMIT", e);
	sr_buf_free(&vkey);
	return rc;
}

/* --- making and opening ------------------------------------------------------------------------
 */

static struct sr_witness *witness_new(struct sr_err *e) {
	struct sr_witness *w = calloc(1, sizeof *w);

	if (w == NULL || pthread_mutex_init(&w->lock, NULL) != 0) {
		(void)!sr_fail(e, SR_NOMEM, "witness: out of memory");
		free(w);
		return NULL;
	}
	return w;
}

void sr_witness_free(struct sr_witness *w) {
	if (w == NULL)
		return;
	(void)sqlite3_close(w->sql);
	sr_secret_free(w->seed, SR_SEED);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

int sr_witness_none(struct sr_dir *dir, struct sr_err *e) {
	bool key = false, state = false;
	int rc = sr_file_find(&key, dir, SR_WITNESS_KEY_FILE, e);

	if (rc == 0)
		rc = sr_file_find(&state, dir, SR_WITNESS_STATE_FILE, e);
	if (rc == 0 && (key || state))
		rc = sr_fail(e, SR_EXISTS, "there is a witness in this folder already");
	return rc;
}

int sr_witness_new(struct sr_vkey *out, struct sr_dir *dir, struct sr_bytes name,
	const struct sr_unlock *unlock, struct sr_err *e) {
	struct sr_witness *w = NULL;
	uint8_t *seed = NULL, pk[SR_PK];
	char path[STATE_PATH];
	struct sr_buf file;
	int rc = ascii(name, e);

	sr_buf_init(&file);
	if (rc == 0)
		rc = state_path(path, dir, e);
	if (rc == 0)
		rc = sr_witness_none(dir, e);
	if (rc == 0) {
		w = witness_new(e);
		seed = sr_secret_new(SR_SEED, e);
		rc = w == NULL ? SR_NOMEM : seed == NULL ? SR_LIMIT : 0;
	}
	if (rc == 0) {
		sr_random(seed, SR_SEED);
		sr_sign_public(pk, seed);
		rc = sr_vkey_make(&w->vkey, name, SR_NOTE_COSIGN, pk, e);
	}
	if (rc == 0)
		rc = key_seal(&file, &w->vkey, seed, unlock, e);
	/* The memory first: a key alone could be used with none. SQLite fills the empty file. */
	if (rc == 0)
		rc = sr_file_create(dir, SR_WITNESS_STATE_FILE, sr_bytes_of(NULL, 0), e);
	if (rc == 0)
		rc = open_sql(w, path, e);
	if (rc == 0)
		rc = make_state(w, e);
	if (rc == 0)
		rc = sr_file_create(dir, SR_WITNESS_KEY_FILE, sr_buf_view(&file), e);
	if (rc == 0)
		*out = w->vkey;
	sr_buf_free(&file);
	sr_secret_free(seed, SR_SEED);
	sr_witness_free(w);
	return rc;
}

int sr_witness_open(struct sr_witness **out, const struct sr_witness_open *o, struct sr_err *e) {
	struct sr_witness *w = witness_new(e);
	char path[STATE_PATH];
	struct sr_buf file;
	bool there = false;
	int rc;

	if (w == NULL)
		return SR_NOMEM;
	w->clock = o->clock;
	sr_buf_init(&file);
	rc = sr_file_read(o->dir, SR_WITNESS_KEY_FILE, &file, KEY_FILE_MAX, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_NOTFOUND, "there is no witness in this folder");
	if (rc == 0) {
		rc = key_peek(&w->vkey, sr_buf_view(&file), e);
		if (rc == 0 && o->unlock != NULL)
			rc = key_open(w, sr_buf_view(&file), o->unlock, e);
		if (rc != 0)
			(void)sr_wrap(e, "%s", SR_WITNESS_KEY_FILE);
	}
	if (rc == 0)
		rc = sr_file_find(&there, o->dir, SR_WITNESS_STATE_FILE, e);
	if (rc == 0 && !there)
		rc = sr_fail(e, SR_NOTFOUND,
			"%s is missing: a witness that forgot what it signed must not sign again. "
			"Bring its newest copy back, or make a new witness with a new key",
			SR_WITNESS_STATE_FILE);
	if (rc == 0)
		rc = state_path(path, o->dir, e);
	if (rc == 0)
		rc = open_sql(w, path, e);
	if (rc == 0)
		rc = check_state(w, e);
	sr_buf_free(&file);
	if (rc != 0) {
		sr_witness_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

const struct sr_vkey *sr_witness_vkey(const struct sr_witness *w) {
	return &w->vkey;
}

/* --- the logs it knows -------------------------------------------------------------------------
 */

struct known {
	struct sr_vkey keys[SR_WITNESS_LOG_KEYS];
	size_t count;
};

/* The keys of ${origin}, as they were added; none: the log is not known. */
static int keys_of(
	struct known *out, struct sr_witness *w, struct sr_bytes origin, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	bool row = false;
	int rc = prepare(&st, w, "SELECT vkey FROM key WHERE origin = ? ORDER BY rowid", e);

	out->count = 0;
	if (rc == 0)
		rc = bind_text(w, st, 1, origin, e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	while (rc == 0 && row && out->count < SR_WITNESS_LOG_KEYS) {
		rc = sr_vkey_parse(&out->keys[out->count],
			sr_bytes_of(
				sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0)),
			e);
		if (rc == 0)
			out->count++;
		if (rc == 0)
			rc = step(w, st, &row, e);
	}
	(void)sqlite3_finalize(st);
	return rc;
}

static int insert_log(struct sr_witness *w, struct sr_bytes origin, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	uint8_t hash[SR_HASH];
	int64_t count = 0;
	bool row;
	int rc = pragma(w, "SELECT count(*) FROM log", &count, e);

	if (rc == 0 && count >= SR_WITNESS_LOGS)
		return sr_fail(e, SR_LIMIT, "%lld logs are known, at most %d", (long long)count,
			SR_WITNESS_LOGS);
	sr_sha256(hash, origin.p, origin.len);
	if (rc == 0)
		rc = prepare(&st, w, "INSERT INTO log VALUES (?, ?, 0, NULL, 0, NULL)", e);
	if (rc == 0)
		rc = bind_text(w, st, 1, origin, e);
	if (rc == 0)
		rc = bind_blob(w, st, 2, sr_bytes_of(hash, SR_HASH), e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	(void)sqlite3_finalize(st);
	return rc;
}

static int insert_key(
	struct sr_witness *w, struct sr_bytes origin, const struct sr_vkey *key, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	struct sr_buf text;
	bool row;
	int rc;

	sr_buf_init(&text);
	sr_vkey_put(&text, key);
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = prepare(&st, w, "INSERT INTO key VALUES (?, ?)", e);
	if (rc == 0)
		rc = bind_text(w, st, 1, origin, e);
	if (rc == 0)
		rc = bind_text(w, st, 2, sr_buf_view(&text), e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	(void)sqlite3_finalize(st);
	sr_buf_free(&text);
	return rc;
}

static int log_add(
	struct sr_witness *w, struct sr_bytes origin, const struct sr_vkey *key, struct sr_err *e) {
	struct known known;
	int rc = keys_of(&known, w, origin, e);

	for (size_t i = 0; rc == 0 && i < known.count; i++)
		if (memcmp(known.keys[i].pk, key->pk, SR_PK) == 0 &&
			strcmp(known.keys[i].name, key->name) == 0)
			rc = sr_fail(e, SR_EXISTS, "that key of that log is known already");
	if (rc == 0 && known.count == SR_WITNESS_LOG_KEYS)
		rc = sr_fail(
			e, SR_LIMIT, "that log has %d keys, no more are kept", SR_WITNESS_LOG_KEYS);
	if (rc == 0 && known.count == 0)
		rc = insert_log(w, origin, e);
	if (rc == 0)
		rc = insert_key(w, origin, key, e);
	return rc;
}

int sr_witness_log_add(
	struct sr_witness *w, struct sr_bytes origin, const struct sr_vkey *key, struct sr_err *e) {
	struct sr_checkpoint c = {.size = 0};
	struct sr_buf text;
	int rc;

	if (key->type != SR_NOTE_ED25519)
		return sr_fail(e, SR_USAGE,
			"\"%s\" is a key of type 0x%02x: a log signs with one of type 0x01",
			key->name, key->type);
	/* An origin that no checkpoint could have would never be asked for. */
	if (origin.len > SR_NAME_MAX)
		return sr_fail(
			e, SR_USAGE, "an origin of %zu bytes, at most %d", origin.len, SR_NAME_MAX);
	if (origin.len > 0)
		memcpy(c.origin, origin.p, origin.len);
	sr_buf_init(&text);
	rc = sr_checkpoint_put(&text, &c, e);
	sr_buf_free(&text);
	if (rc != 0 || strlen(c.origin) != origin.len)
		return sr_fail(e, SR_USAGE, "that is no origin of a log");
	(void)pthread_mutex_lock(&w->lock);
	rc = exec(w, "BEGIN IMMEDIATE", e);
	if (rc == 0) {
		rc = log_add(w, origin, key, e);
		if (rc == 0)
			rc = exec(w, "COMMIT", e);
		if (rc != 0)
			(void)sqlite3_exec(w->sql, "ROLLBACK", NULL, NULL, NULL);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}

int sr_witness_each(struct sr_witness *w,
	int (*each)(void *ctx, const struct sr_witness_log *log, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	bool row = false;
	int rc;

	(void)pthread_mutex_lock(&w->lock);
	rc = prepare(&st, w,
		"SELECT origin, size, time, root, (SELECT group_concat(vkey || char(10), '') "
		"FROM key WHERE key.origin = log.origin) FROM log ORDER BY origin",
		e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	while (rc == 0 && row) {
		uint8_t root[SR_HASH];
		struct sr_witness_log l = {.origin = (const char *)sqlite3_column_text(st, 0),
			.size = (uint64_t)sqlite3_column_int64(st, 1),
			.time = sqlite3_column_int64(st, 2),
			.vkeys = (const char *)sqlite3_column_text(st, 4)};

		if (sqlite3_column_type(st, 3) != SQLITE_NULL) {
			rc = column_copy(root, SR_HASH, st, 3, e);
			l.root = root;
		}
		if (rc == 0 && (l.origin == NULL || l.vkeys == NULL))
			rc = sr_fail(e, SR_CORRUPT, "%s: a log without origin or key",
				SR_WITNESS_STATE_FILE);
		if (rc == 0)
			rc = each(ctx, &l, e);
		if (rc == 0)
			rc = step(w, st, &row, e);
	}
	(void)sqlite3_finalize(st);
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}

/* --- add-checkpoint ----------------------------------------------------------------------------
 */

static void say(struct sr_witness_reply *r, unsigned status, const char *sentence) {
	r->status = status;
	r->type = plain;
	sr_buf_clear(&r->body);
	sr_buf_printf(&r->body, "%s\n", sentence);
}

struct asked { /* a request under judgement */
	struct sr_add_checkpoint request;
	struct sr_note note;
	struct sr_checkpoint c;
	struct sr_buf keep; /* what is remembered: the text, and the lines of known keys */
	struct sr_vkey by;  /* that signed it: of several, the one that was added last */
};

/* What is remembered and published: without lines of keys that we do not know. */
static int keep_known(struct asked *a, struct sr_err *e) {
	sr_buf_put_bytes(&a->keep, a->note.text);
	sr_buf_put_u8(&a->keep, '\n');
	for (size_t i = 0; i < a->note.count; i++)
		if (a->note.lines[i].key != SR_NOTE_UNKNOWN)
			sr_buf_put_bytes(&a->keep, a->note.lines[i].raw);
	return sr_buf_ok(&a->keep, e);
}

/* What we remember of the log. */
struct memory {
	uint64_t size;
	bool has_root; /* something was cosigned */
	uint8_t root[SR_HASH];
};

static int recall(struct memory *out, struct sr_witness *w, const char *origin, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	bool row = false;
	int rc = prepare(&st, w, "SELECT size, root FROM log WHERE origin = ?", e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = bind_text(w, st, 1, sr_bytes_str(origin), e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	if (rc == 0 && !row)
		rc = sr_fail(e, SR_CORRUPT, "%s: a key without its log", SR_WITNESS_STATE_FILE);
	if (rc == 0) {
		out->size = (uint64_t)sqlite3_column_int64(st, 0);
		out->has_root = sqlite3_column_type(st, 1) != SQLITE_NULL;
		if (out->has_root)
			rc = column_copy(out->root, SR_HASH, st, 1, e);
		else if (out->size != 0)
			rc = sr_fail(e, SR_CORRUPT, "%s: a size without its root",
				SR_WITNESS_STATE_FILE);
	}
	(void)sqlite3_finalize(st);
	return rc;
}

/* Replace the size that we compared with by the new one: no row, no signature. */
static int remember(struct sr_witness *w, const struct asked *a, int64_t now, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	bool row;
	int rc = prepare(&st, w,
		"UPDATE log SET size = ?, root = ?, time = ?, note = ? WHERE origin = ? AND "
		"size = ?",
		e);

	if (rc == 0)
		rc = bind_int(w, st, 1, a->c.size, e);
	if (rc == 0)
		rc = bind_blob(w, st, 2, sr_bytes_of(a->c.root, SR_HASH), e);
	if (rc == 0)
		rc = bind_int(w, st, 3, (uint64_t)now, e);
	if (rc == 0)
		rc = bind_blob(w, st, 4, sr_buf_view(&a->keep), e);
	if (rc == 0)
		rc = bind_text(w, st, 5, sr_bytes_str(a->c.origin), e);
	if (rc == 0)
		rc = bind_int(w, st, 6, a->request.old, e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	(void)sqlite3_finalize(st);
	if (rc == 0 && sqlite3_changes(w->sql) != 1)
		rc = sr_fail(e, SR_CORRUPT, "%s: %d rows of one log", SR_WITNESS_STATE_FILE,
			sqlite3_changes(w->sql));
	return rc;
}

/* The log goes on under ${a->by}: a key that was there before it may be in other hands, and signs
 * nothing here any more. */
static int retire(struct sr_witness *w, const struct asked *a, struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	struct sr_buf text;
	bool row;
	int rc;

	sr_buf_init(&text);
	sr_vkey_put(&text, &a->by);
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = prepare(&st, w,
			"DELETE FROM key WHERE origin = ?1 AND rowid <"
			" (SELECT rowid FROM key WHERE origin = ?1 AND vkey = ?2)",
			e);
	if (rc == 0)
		rc = bind_text(w, st, 1, sr_bytes_str(a->c.origin), e);
	if (rc == 0)
		rc = bind_text(w, st, 2, sr_buf_view(&text), e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	(void)sqlite3_finalize(st);
	sr_buf_free(&text);
	return rc;
}

/* Does what is shown continue what we remember? True, or the reply. */
static bool continues(const struct memory *m, const struct asked *a, struct sr_witness_reply *r) {
	const struct sr_proof *p = &a->request.proof;
	uint8_t empty[SR_HASH];

	sr_merkle_root(empty, NULL, 0);
	if (a->request.old != m->size) {
		r->status = 409;
		r->type = size_type;
		sr_buf_clear(&r->body);
		sr_buf_printf(&r->body, "%" PRIu64 "\n", m->size);
		return false;
	}
	if (a->c.size == 0 && memcmp(a->c.root, empty, SR_HASH) != 0) {
		say(r, 422, "a log of size 0 has the root of the empty tree");
		return false;
	}
	if (m->size == 0 && p->count > 0) {
		say(r, 422, "from size 0 there is no proof: want no lines of it");
		return false;
	}
	if (m->size == 0)
		return true;
	if (m->size == a->c.size && memcmp(m->root, a->c.root, SR_HASH) != 0) {
		say(r, 422, "another root than the one that was cosigned at this size");
		return false;
	}
	if (sr_proof_check_consistency(p, m->size, m->root, a->c.size, a->c.root, NULL) != 0) {
		say(r, 422,
			"the consistency proof does not lead from the size and root that were "
			"cosigned to these");
		return false;
	}
	return true;
}

struct swapped {
	bool wrote; /* it got so far that something may be written */
	bool sign;  /* it is durable; else the reply is made */
};

/* In one transaction: compare, replace, and be durable. */
static int compare_and_swap(struct sr_witness *w, const struct asked *a, int64_t now,
	struct swapped *out, struct sr_witness_reply *r, struct sr_err *e) {
	struct memory m;
	int rc = exec(w, "BEGIN IMMEDIATE", e);

	if (rc != 0)
		return rc;
	rc = recall(&m, w, a->c.origin, e);
	if (rc == 0 && continues(&m, a, r)) {
		out->wrote = true;
		rc = remember(w, a, now, e);
		if (rc == 0)
			rc = retire(w, a, e);
		if (rc == 0)
			rc = exec(w, "COMMIT", e);
		out->sign = rc == 0;
	}
	if (!out->sign)
		(void)sqlite3_exec(w->sql, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int cosign(struct sr_witness *w, struct sr_bytes text, int64_t time, struct sr_buf *out,
	struct sr_err *e) {
	const struct sr_signer me = {.key = &w->vkey, .seed = w->seed};

	return sr_cosign_line(out, text, &me, (uint64_t)time, e);
}

/* Nothing was written: whoever asks again may be answered. */
static void say_unread(struct sr_witness_reply *r, int rc) {
	if (rc == SR_LOCKED)
		say(r, 503, "another process is at the witness's memory: ask again");
	else if (rc == SR_NOMEM)
		say(r, 503, "the witness's machine has no memory for this: ask again");
	else
		say(r, 500, "the witness could not read its memory: its operator must look");
}

static void add_known(struct sr_witness *w, struct asked *a, struct sr_witness_reply *r) {
	struct sr_err e = {0};
	const int64_t now = sr_now(&w->clock);
	struct swapped done = {false, false};
	int rc;

	if (w->failed || w->seed == NULL || now <= 0) {
		say(r, 500,
			w->failed ? "the witness could not write its memory: its operator must look"
			: w->seed == NULL
				? "the witness has no key here, and signs nothing"
				: "the witness's clock is before 1970: its operator must look");
		return;
	}
	rc = keep_known(a, &e);
	if (rc == 0)
		rc = compare_and_swap(w, a, now, &done, r, &e);
	/* A test kills here: what was remembered is cosigned when the log asks again. */
	if (rc == 0 && done.sign && sr_fault_point("cosign") != 0)
		rc = sr_fail_errno(&e, "cosign");
	if (rc == 0 && done.sign) {
		sr_buf_clear(&r->body);
		rc = cosign(w, a->note.text, now, &r->body, &e);
		r->status = 200;
		r->type = plain;
	}
	if (rc == 0)
		return;
	if (!done.wrote) {
		say_unread(r, rc);
		return;
	}
	if (done.sign) { /* it is on the disk, and may be signed whenever it is asked for */
		say(r, 503,
			"the witness remembers that checkpoint and could not sign it: ask again "
			"from its size");
		return;
	}
	/* Whether the new size is on the disk is not known until it is read again. */
	w->failed = true;
	say(r, 500, "the witness could not write its memory: its operator must look");
}

static void add_parsed(struct sr_witness *w, struct asked *a, struct sr_witness_reply *r) {
	struct sr_err e = {0};
	struct known known;
	int rc = sr_checkpoint_parse(&a->c, a->note.text, &e);

	if (rc != 0) {
		say(r, 400, e.text);
		return;
	}
	rc = keys_of(&known, w, sr_bytes_str(a->c.origin), &e);
	if (rc != 0) {
		say_unread(r, rc);
		return;
	}
	if (known.count == 0) {
		say(r, 404, "this witness does not know that origin");
		return;
	}
	if (sr_note_verify(&a->note, known.keys, known.count, &e) != 0) {
		say(r, 403, e.text);
		return;
	}
	for (size_t i = 0; i < known.count; i++)
		if (sr_note_signed_by(&a->note, i))
			a->by = known.keys[i];
	if (a->request.old > a->c.size) {
		say(r, 400, "the old size is larger than the checkpoint's");
		return;
	}
	add_known(w, a, r);
}

static void reply_init(struct sr_witness_reply *r) {
	r->status = 500;
	r->type = plain;
	sr_buf_init(&r->body);
}

/* A body that could not be made is no answer. */
static void reply_finish(struct sr_witness_reply *r) {
	if (sr_buf_ok(&r->body, NULL) != 0) {
		sr_buf_clear(&r->body);
		r->status = 500;
		r->type = plain;
	}
}

void sr_witness_add(struct sr_witness *w, struct sr_bytes body, struct sr_witness_reply *reply) {
	struct asked a;
	struct sr_err e = {0};
	int rc;

	memset(&a, 0, sizeof a);
	sr_buf_init(&a.keep);
	reply_init(reply);
	rc = sr_add_checkpoint_parse(&a.request, body, &e);
	if (rc == 0)
		rc = sr_note_parse(&a.note, a.request.note, &e);
	if (rc != 0) {
		say(reply, 400, e.text);
	} else {
		(void)pthread_mutex_lock(&w->lock);
		add_parsed(w, &a, reply);
		(void)pthread_mutex_unlock(&w->lock);
		sr_note_free(&a.note);
	}
	sr_buf_free(&a.keep);
	reply_finish(reply);
}

/* --- the last checkpoint -----------------------------------------------------------------------
 */

static int get_note(struct sr_witness *w, const uint8_t hash[SR_HASH], struct sr_witness_reply *r,
	struct sr_err *e) {
	sqlite3_stmt *st = NULL;
	struct sr_note note;
	bool row = false;
	int rc = prepare(&st, w, "SELECT note, time FROM log WHERE hash = ?", e);

	if (rc == 0)
		rc = bind_blob(w, st, 1, sr_bytes_of(hash, SR_HASH), e);
	if (rc == 0)
		rc = step(w, st, &row, e);
	if (rc == 0 && (!row || sqlite3_column_type(st, 0) == SQLITE_NULL)) {
		say(r, 404,
			row ? "nothing of that log was cosigned yet"
			    : "this witness knows no log with that origin");
	} else if (rc == 0) {
		const struct sr_bytes kept = sr_bytes_of(
			sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));

		rc = sr_note_parse(&note, kept, e);
		if (rc == 0) {
			/* Ed25519 is deterministic: the very cosignature that was given out. */
			sr_buf_put_bytes(&r->body, kept);
			rc = cosign(w, note.text, sqlite3_column_int64(st, 1), &r->body, e);
			r->status = 200;
			sr_note_free(&note);
		}
	}
	(void)sqlite3_finalize(st);
	return rc;
}

void sr_witness_get(struct sr_witness *w, struct sr_bytes hex, struct sr_witness_reply *reply) {
	struct sr_err e = {0};
	uint8_t hash[SR_HASH];

	reply_init(reply);
	if (sr_unhex(hash, SR_HASH, hex, NULL) != 0) {
		say(reply, 404, "want the lowercase hex SHA-256 of an origin");
		return;
	}
	(void)pthread_mutex_lock(&w->lock);
	const int rc = w->seed == NULL ? SR_DENIED : get_note(w, hash, reply, &e);
	if (rc != 0)
		say_unread(reply, rc);
	(void)pthread_mutex_unlock(&w->lock);
	reply_finish(reply);
}
