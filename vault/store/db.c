/*
 * db - see the header. Owns, in this order, the page file, its VFS and the connection; freed in the
 * other order.
 */
#include "store/db.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>

#include "base/escape.h"
#include "store/vfs.h"

enum {
	KEPT_MAX = 512,    /* statements kept by text: the program has some 250 */
	KEPT_SLOTS = 1031, /* a prime, and more than twice as many */
	GUESSES = 256,
	SPARE_MAX = 64, /* that were given back: what one call of core asks is some 20 texts */
	LATE_MAX = 32   /* bits of a set */
};

struct sr_stmt {
	struct sr_db *db;
	sqlite3_stmt *st;
	int failed;       /* sticky result of a bind */
	bool used;        /* bound or stepped since the last reset */
	uint32_t touches; /* of the tables whose rows may be late */
};

struct sr_db {
	struct sr_pagefile *pf;
	struct sr_vfs *vfs;
	sqlite3 *sql;
	sqlite3_stmt *undo; /* "rollback", made when there was memory for it */
	bool undo_due;      /* and even that failed: nothing is done before it is done */
	char name[SR_DB_NAME_MAX];
	bool position_set;
	uint64_t ledger_size;
	uint8_t ledger_root[SR_HASH];
	struct sr_stmt *kept[KEPT_SLOTS]; /* by the hash of their text; open addressing */
	/* Where a text was found that began at an address of this hash: most are literals, and
	 * compare equal at once. */
	uint16_t guess[GUESSES];
	size_t kept_count;
	struct sr_stmt *spare[SPARE_MAX]; /* nobody's, reset; in no order, with holes */
	size_t spare_next;                /* the place whose turn it is when there is none */
	const char *late[LATE_MAX];       /* tables of which rows may wait; NULL: no more */
	int (*late_write)(void *ctx, struct sr_db *db, uint32_t set, struct sr_err *e);
	void *late_ctx;
	uint32_t waiting, touched; /* sets of them; touched: by the statement that is prepared */
};

/* ---- memory that is wiped when SQLite gives it back ---- */

/*
 * Small blocks are not given back to malloc but kept, wiped, for the next of their size: a
 * statement takes and gives back some ten of them, and a replay runs statements by the million.
 * Each thread has its own; what a thread keeps is bounded and goes with it.
 */
enum {
	PREFIX = 16, /* holds the size; keeps SQLite's 8-byte alignment */
	STEP = 64,   /* bytes between two sizes that are kept apart */
	SMALL = 512, /* the largest that is kept */
	CLASSES = SMALL / STEP,
	KEPT_BLOCKS = 64 /* of a size: 150 KiB in all */
};

/* Not where a checker of memory is to see each block by itself. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SPARES false
#else
#define SPARES true
#endif

struct spare {
	struct {
		uint8_t *block[KEPT_BLOCKS]; /* as malloc gave them */
		size_t count;
	} of[CLASSES];
};

static _Thread_local struct spare *spare;
static pthread_key_t spare_key; /* frees it with its thread */

static void spare_free(void *at) {
	struct spare *s = at;

	for (size_t c = 0; c < CLASSES; c++)
		while (s->of[c].count > 0)
			free(s->of[c].block[--s->of[c].count]);
	free(s);
	spare = NULL;
}

/* NULL: nothing is kept then. */
static struct spare *spare_here(void) {
	if (spare == NULL && SPARES) {
		struct spare *s = calloc(1, sizeof *s);

		if (s != NULL && pthread_setspecific(spare_key, s) != 0) {
			free(s);
			s = NULL;
		}
		spare = s;
	}
	return spare;
}

static bool is_small(size_t size) {
	return SPARES && size > 0 && size <= SMALL;
}

static size_t class_of(size_t size) {
	return (size + STEP - 1) / STEP - 1;
}

static void *mem_new(int size) {
	const size_t want = (size_t)size;
	uint8_t *p = NULL;

	if (is_small(want)) {
		const size_t c = class_of(want);
		struct spare *s = spare_here();

		/* Whoever gets it next may want all of its size. */
		p = s != NULL && s->of[c].count > 0 ? s->of[c].block[--s->of[c].count]
						    : malloc(PREFIX + (c + 1) * STEP);
	} else {
		p = malloc(PREFIX + want);
	}
	if (p == NULL)
		return NULL;
	memcpy(p, &want, sizeof want);
	return p + PREFIX;
}

static int mem_size(void *at) {
	size_t size;

	if (at == NULL)
		return 0;
	memcpy(&size, (uint8_t *)at - PREFIX, sizeof size);
	return (int)size;
}

static void mem_free(void *at) {
	const size_t size = (size_t)mem_size(at);
	uint8_t *p = at;

	if (p == NULL)
		return;
	if (is_small(size)) { /* sr_wipe without its three calls */
		memset(p, 0, size);
		__asm__ __volatile__("" : : "r"(p) : "memory");
	} else {
		sr_wipe(p, size);
	}
	p -= PREFIX;
	if (is_small(size) && spare != NULL && spare->of[class_of(size)].count < KEPT_BLOCKS)
		spare->of[class_of(size)].block[spare->of[class_of(size)].count++] = p;
	else
		free(p);
}

static void *mem_resize(void *at, int size) {
	void *to = mem_new(size);
	size_t old = (size_t)mem_size(at);

	if (to == NULL)
		return NULL;
	memcpy(to, at, old < (size_t)size ? old : (size_t)size);
	mem_free(at);
	return to;
}

static int mem_round(int size) {
	return (size + 7) & ~7;
}

static int mem_init(void *unused) {
	(void)unused;
	return SQLITE_OK;
}

static void mem_shutdown(void *unused) {
	(void)unused;
}

static const sqlite3_mem_methods memory = {
	.xMalloc = mem_new,
	.xFree = mem_free,
	.xRealloc = mem_resize,
	.xSize = mem_size,
	.xRoundup = mem_round,
	.xInit = mem_init,
	.xShutdown = mem_shutdown,
};

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static int init_result;

static void init_sqlite(void) {
	sqlite3_mem_methods now = {0};

	if (pthread_key_create(&spare_key, spare_free) != 0) {
		init_result = SQLITE_NOMEM;
		return;
	}
	init_result = sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
	if (init_result == SQLITE_OK)
		init_result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* no pools: a page or a value that is given back goes through mem_free */
	if (init_result == SQLITE_OK)
		init_result = sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	if (init_result == SQLITE_OK)
		init_result = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	if (init_result == SQLITE_OK)
		init_result = sqlite3_initialize();
	if (init_result == SQLITE_OK)
		init_result = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &now) == SQLITE_OK &&
			      now.xFree != mem_free;
	if (init_result == SQLITE_OK && !sqlite3_threadsafe())
		init_result = SQLITE_MISUSE;
}

int sr_db_init(struct sr_err *e) {
	(void)pthread_once(&init_once, init_sqlite);
	if (init_result == SQLITE_NOMEM)
		return sr_fail(e, SR_NOMEM, "SQLite cannot begin: out of memory");
	if (init_result != SQLITE_OK)
		return sr_fail(e, SR_MISUSE,
			"SQLite was initialised before us, or without threads (%s)",
			sqlite3_errstr(init_result));
	return sr_crypto_init(e);
}

/* ---- errors ---- */

static enum sr_code code_of(int rc) {
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return SR_NOMEM;
	case SQLITE_FULL:
	case SQLITE_TOOBIG:
		return SR_LIMIT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return SR_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return SR_LOCKED;
	case SQLITE_CONSTRAINT:
		return SR_EXISTS;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return SR_IO;
	default:
		return SR_MISUSE;
	}
}

int sr_db_fail(struct sr_db *db, int rc, const char *what, struct sr_err *e) {
	struct sr_err cause = {0};
	char text[400];

	sr_pagefile_take_error(db->pf, &cause);
	if (cause.code != SR_OK && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_FULL ||
					   (rc & 0xff) == SQLITE_NOMEM)) {
		if (e != NULL)
			*e = cause;
		return (int)cause.code;
	}
	sr_escape_to(text, sizeof text, sr_bytes_str(sqlite3_errmsg(db->sql)));
	return sr_fail(e, code_of(rc), "%s: %s: %s", db->name, what, text);
}

/* ---- opening ---- */

static int configure(struct sr_db *db, const struct sr_db_options *o, struct sr_err *e) {
	int reserve = SR_AEAD_OVERHEAD, rc;
	char cache[48];
	int64_t size;

	rc = sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
	if (rc != SQLITE_OK)
		return sr_db_fail(db, rc, "reserving bytes", e);
	(void)sqlite3_extended_result_codes(db->sql, 1);
	(void)sqlite3_limit(db->sql, SQLITE_LIMIT_ATTACHED, 1); /* vacuum's own, in memory */
	rc = sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	if (rc != SQLITE_OK)
		return sr_db_fail(db, rc, "configuring", e);
	snprintf(cache, sizeof cache, "pragma cache_size = -%u",
		o->cache_kib == 0 ? 2048U : o->cache_kib);
	rc = sr_db_exec(db,
		"pragma page_size = 4096; pragma locking_mode = exclusive; pragma journal_mode = "
		"memory;"
		"pragma synchronous = full; pragma temp_store = memory; pragma mmap_size = 0;"
		"pragma cell_size_check = on",
		e);
	if (rc == 0)
		rc = sr_db_exec(db,
			o->mode == SR_DB_ERASABLE ? "pragma secure_delete = on"
						  : "pragma secure_delete = off",
			e);
	if (rc == 0)
		rc = sr_db_exec(db, cache, e);
	if (rc == 0) /* reads the schema: a wrong page 1 is found here, and other pages than ours */
		rc = sr_db_int(db, "select count(*) from sqlite_schema", &size, e);
	if (rc != 0)
		return rc;
	rc = sqlite3_prepare_v3(
		db->sql, "rollback", -1, SQLITE_PREPARE_PERSISTENT, &db->undo, NULL);
	return rc == SQLITE_OK ? 0 : sr_db_fail(db, rc, "preparing a statement", e);
}

int sr_db_open(struct sr_db **out, const struct sr_db_options *o, struct sr_err *e) {
	struct sr_pagefile_options po = {
		.dir = o->dir,
		.name = o->name,
		.key = o->key,
		.wrap = o->wrap,
		.erasable = o->mode == SR_DB_ERASABLE,
		.create = o->create,
		.durable = o->durable,
	};
	struct sr_db *db;
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			  (o->one_thread ? SQLITE_OPEN_NOMUTEX : SQLITE_OPEN_FULLMUTEX);
	int rc = sr_db_init(e);

	*out = NULL;
	if (rc != 0)
		return rc;
	db = calloc(1, sizeof *db);
	if (db == NULL)
		return sr_fail(e, SR_NOMEM, "%s: no memory", o->name);
	snprintf(db->name, sizeof db->name, "%s", o->name);
	rc = sr_pagefile_open(&db->pf, &po, e);
	if (rc == 0)
		rc = sr_vfs_new(&db->vfs, db->pf, po.erasable, e);
	if (rc != 0)
		goto out;
	rc = sqlite3_open_v2(o->name, &db->sql, flags, sr_vfs_name(db->vfs));
	rc = rc == SQLITE_OK ? configure(db, o, e) : sr_db_fail(db, rc, "opening", e);
out:
	if (rc != 0) {
		sr_db_free(db);
		return rc;
	}
	*out = db;
	return 0;
}

static void drop(struct sr_stmt *st) {
	if (st == NULL)
		return;
	(void)sqlite3_finalize(st->st);
	free(st);
}

static void drop_spares(struct sr_db *db) {
	for (size_t i = 0; i < SPARE_MAX; i++) {
		drop(db->spare[i]);
		db->spare[i] = NULL;
	}
}

static void close_connection(struct sr_db *db) {
	int rc;

	for (size_t i = 0; i < KEPT_SLOTS; i++) {
		drop(db->kept[i]);
		db->kept[i] = NULL;
	}
	db->kept_count = 0;
	drop_spares(db);
	sr_db_rollback(db);
	(void)sqlite3_finalize(db->undo);
	db->undo = NULL;
	rc = sqlite3_close(db->sql);
	assert(rc == SQLITE_OK); /* a statement that its owner did not free */
	db->sql = NULL;
}

void sr_db_free(struct sr_db *db) {
	if (db == NULL)
		return;
	close_connection(db);
	sr_vfs_free(db->vfs);
	sr_pagefile_free(db->pf);
	free(db);
}

int sr_db_close(struct sr_db **db, struct sr_err *e) {
	struct sr_err local = {0};
	int rc;

	if (*db == NULL)
		return 0;
	close_connection(*db);
	rc = sr_pagefile_close(&(*db)->pf, e == NULL ? &local : e);
	sr_db_free(*db);
	*db = NULL;
	return rc;
}

int sr_db_remove(struct sr_dir *dir, const char *name, struct sr_err *e) {
	return sr_pagefile_remove(dir, name, e);
}

struct sqlite3 *sr_db_handle(struct sr_db *db) {
	return db->sql;
}

struct sr_pagefile *sr_db_pagefile(struct sr_db *db) {
	return db->pf;
}

const char *sr_db_name(const struct sr_db *db) {
	return db->name;
}

const char *sr_db_recovered(const struct sr_db *db) {
	return sr_pagefile_recovered(db->pf);
}

/* ---- positions and states ---- */

static void enter(struct sr_db *db) {
	sqlite3_mutex_enter(sqlite3_db_mutex(db->sql));
}

static void leave(struct sr_db *db) {
	sqlite3_mutex_leave(sqlite3_db_mutex(db->sql));
}

void sr_db_set_position(
	struct sr_db *db, uint64_t ledger_size, const uint8_t ledger_root[SR_HASH]) {
	enter(db);
	db->position_set = true;
	db->ledger_size = ledger_size;
	memcpy(db->ledger_root, ledger_root, SR_HASH);
	leave(db);
}

void sr_db_position(struct sr_db *db, uint64_t *ledger_size, uint8_t ledger_root[SR_HASH]) {
	enter(db);
	*ledger_size = sr_pagefile_state(db->pf)->ledger_size;
	memcpy(ledger_root, sr_pagefile_state(db->pf)->ledger_root, SR_HASH);
	leave(db);
}

void sr_db_state(struct sr_db *db, uint64_t *generation, uint8_t root[SR_HASH]) {
	enter(db);
	*generation = sr_pagefile_state(db->pf)->sequence;
	sr_pagefile_hash(db->pf, root);
	leave(db);
}

/* Outside of a transaction nothing may be in flight but old pages that a rollback wrote. */
static void settle(struct sr_db *db) {
	if (sqlite3_get_autocommit(db->sql) != 0)
		sr_pagefile_forget(db->pf);
}

int sr_db_checkpoint(struct sr_db *db, struct sr_err *e) {
	struct sr_err local = {0};
	int rc;

	enter(db);
	settle(db);
	rc = sr_pagefile_checkpoint(db->pf, e == NULL ? &local : e);
	leave(db);
	return rc;
}

int sr_db_verify(struct sr_db *db, struct sr_err *e) {
	struct sr_err local = {0};
	int rc;

	enter(db);
	settle(db);
	rc = sr_pagefile_verify(db->pf, e == NULL ? &local : e);
	leave(db);
	return rc;
}

/* ---- rows that are late ---- */

static void touch(struct sr_db *db, const char *table) {
	for (unsigned i = 0; i < LATE_MAX && db->late[i] != NULL; i++)
		if (table == NULL || sqlite3_stricmp(table, db->late[i]) == 0)
			db->touched |= 1U << i;
}

/* SQLite asks what may be done: everything. It is told here what a statement looks at. */
static int authorize(
	void *ctx, int what, const char *a, const char *b, const char *schema, const char *within) {
	(void)b;
	(void)schema;
	(void)within;
	switch (what) {
	case SQLITE_READ:
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		touch(ctx, a);
		break;
	case SQLITE_SELECT:
	case SQLITE_FUNCTION:
	case SQLITE_RECURSIVE:
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		break;
	default: /* tables are made, changed, checked: it may look at any */
		touch(ctx, NULL);
	}
	return SQLITE_OK;
}

int sr_db_late(struct sr_db *db, const char *const *tables, size_t count,
	int (*write)(void *ctx, struct sr_db *db, uint32_t set, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	int rc;

	/* Statements that were prepared before would not be known. */
	if (count > LATE_MAX || db->late_write != NULL || db->kept_count != 0)
		return sr_fail(e, SR_MISUSE, "%s: late rows of %zu tables", db->name, count);
	drop_spares(db);
	for (size_t i = 0; i < count; i++)
		db->late[i] = tables[i];
	db->late_write = write;
	db->late_ctx = ctx;
	rc = sqlite3_set_authorizer(db->sql, authorize, db);
	return rc == SQLITE_OK ? 0 : sr_db_fail(db, rc, "late rows", e);
}

void sr_db_waits(struct sr_db *db, unsigned table, bool waits) {
	const uint32_t bit = 1U << table;

	db->waiting = waits ? db->waiting | bit : db->waiting & ~bit;
}

static int write_late(struct sr_db *db, uint32_t set, struct sr_err *e) {
	return (db->waiting & set) == 0 ? 0
					: db->late_write(db->late_ctx, db, db->waiting & set, e);
}

/* ---- transactions ---- */

/* What a transaction has changed so far; true if there is none any more. */
static bool undone(struct sr_db *db) {
	if (!sr_db_in_transaction(db))
		return true;
	(void)sqlite3_step(db->undo);
	(void)sqlite3_reset(db->undo);
	return !sr_db_in_transaction(db);
}

/* Nobody may read or add to what was to be taken back. */
static int undo_first(struct sr_db *db, struct sr_err *e) {
	if (!db->undo_due)
		return 0;
	db->undo_due = !undone(db);
	return db->undo_due ? sr_fail(e, SR_NOMEM,
				      "%s: there is no memory to take back what failed", db->name)
			    : 0;
}

int sr_db_exec(struct sr_db *db, const char *sql, struct sr_err *e) {
	int rc = undo_first(db, e);

	if (rc == 0)
		rc = write_late(db, UINT32_MAX, e);
	if (rc != 0)
		return rc;
	rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sr_db_fail(db, rc, "statement", e);
}

int sr_db_int(struct sr_db *db, const char *sql, int64_t *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_stmt_new(&st, db, sql, e);

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		*out = sr_stmt_col_int(st, 0);
	sr_stmt_free(st);
	return rc;
}

bool sr_db_in_transaction(struct sr_db *db) {
	return sqlite3_get_autocommit(db->sql) == 0;
}

int sr_db_begin(struct sr_db *db, struct sr_err *e) {
	int rc = undo_first(db, e);

	if (rc != 0)
		return rc;
	if (sr_db_in_transaction(db))
		return sr_fail(e, SR_MISUSE, "%s: a transaction is open already", db->name);
	settle(db);
	return sr_db_exec(db, "begin immediate", e);
}

/* After a commit that failed: if SQLite's own rollback carried the new position to the disk, take
 * it back. */
static void take_position_back(struct sr_db *db, uint64_t size, const uint8_t root[SR_HASH]) {
	struct sr_err ignored = {0};

	sr_pagefile_set_erasing(db->pf, false);
	sr_pagefile_set_position(db->pf, size, root);
	(void)!sr_pagefile_sync(
		db->pf, &ignored); /* a page file that cannot do it has failed for good */
	sr_pagefile_drop_position(db->pf);
}

static int commit(struct sr_db *db, bool erasing, struct sr_err *e) {
	struct sr_err local = {0}, *err = e == NULL ? &local : e;
	uint8_t old_root[SR_HASH];
	uint64_t old_size = sr_pagefile_state(db->pf)->ledger_size;
	int rc;

	memcpy(old_root, sr_pagefile_state(db->pf)->ledger_root, SR_HASH);
	if (db->position_set)
		sr_pagefile_set_position(db->pf, db->ledger_size, db->ledger_root);
	sr_pagefile_set_erasing(db->pf, erasing);
	db->position_set = false;
	rc = sqlite3_exec(db->sql, "commit", NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		rc = sr_db_fail(db, rc, "commit", err);
		sr_db_rollback(db);
		take_position_back(db, old_size, old_root);
		return rc;
	}
	/* a transaction without a changed page: SQLite did not sync, but a position or an erasure
	 * is due */
	return sr_pagefile_sync(db->pf, err);
}

static int commit_checked(struct sr_db *db, bool erasing, struct sr_err *e) {
	int rc = undo_first(db, e);

	if (rc != 0)
		return rc;
	if (!sr_db_in_transaction(db))
		return sr_fail(e, SR_MISUSE, "%s: a commit without a transaction", db->name);
	rc = write_late(db, UINT32_MAX, e);
	if (rc != 0) {
		sr_db_rollback(db);
		return rc;
	}
	enter(db);
	rc = commit(db, erasing, e);
	leave(db);
	return rc;
}

int sr_db_commit(struct sr_db *db, struct sr_err *e) {
	return commit_checked(db, false, e);
}

int sr_db_commit_erasing(struct sr_db *db, struct sr_err *e) {
	if (!sr_pagefile_unit(db->pf)->erasable)
		return sr_fail(e, SR_MISUSE,
			"%s: an erasing commit of a database that cannot erase", db->name);
	return commit_checked(db, true, e);
}

void sr_db_rollback(struct sr_db *db) {
	if (db->sql == NULL)
		return;
	db->position_set = false;
	db->undo_due = !undone(db);
	settle(db);
}

int64_t sr_db_changes(struct sr_db *db) {
	return sqlite3_changes64(db->sql);
}

int64_t sr_db_last_rowid(struct sr_db *db) {
	return sqlite3_last_insert_rowid(db->sql);
}

/* ---- statements ---- */

/* One that was given back, of this text; NULL: there is none. */
static struct sr_stmt *take_spare(struct sr_db *db, const char *sql) {
	for (size_t i = 0; i < SPARE_MAX; i++) {
		struct sr_stmt *st = db->spare[i];

		if (st != NULL && strcmp(sqlite3_sql(st->st), sql) == 0) {
			db->spare[i] = NULL;
			return st;
		}
	}
	return NULL;
}

int sr_stmt_new(struct sr_stmt **out, struct sr_db *db, const char *sql, struct sr_err *e) {
	struct sr_stmt *st = take_spare(db, sql);
	int rc;

	*out = st;
	if (st != NULL)
		return 0;
	st = calloc(1, sizeof *st);
	if (st == NULL)
		return sr_fail(e, SR_NOMEM, "%s: no memory for a statement", db->name);
	st->db = db;
	db->touched = 0;
	rc = sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, &st->st, NULL);
	if (rc == SQLITE_OK && st->st == NULL)
		rc = SQLITE_MISUSE;
	if (rc != SQLITE_OK) {
		free(st);
		return sr_db_fail(db, rc, "preparing a statement", e);
	}
	st->touches = db->touched;
	*out = st;
	return 0;
}

/* To a place that is free, or to the one whose turn it is. */
void sr_stmt_free(struct sr_stmt *st) {
	if (st == NULL)
		return;
	struct sr_db *db = st->db;
	size_t i = 0;

	sr_stmt_reset(st);
	while (i < SPARE_MAX && db->spare[i] != NULL)
		i++;
	if (i == SPARE_MAX) {
		i = db->spare_next;
		db->spare_next = (i + 1) % SPARE_MAX;
		drop(db->spare[i]);
	}
	db->spare[i] = st;
}

/* Where the statement with this text is, or would be. FNV-1a: a table of texts of ours. */
static size_t kept_slot(const struct sr_db *db, const char *sql) {
	uint32_t h = 2166136261U;

	for (const char *p = sql; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 16777619U;
	size_t i = h % KEPT_SLOTS;
	while (db->kept[i] != NULL && strcmp(sqlite3_sql(db->kept[i]->st), sql) != 0)
		i = (i + 1) % KEPT_SLOTS;
	return i;
}

int sr_db_stmt(struct sr_stmt **out, struct sr_db *db, const char *sql, struct sr_err *e) {
	uint16_t *guess = &db->guess[((uintptr_t)sql >> 3) % GUESSES];
	size_t i = *guess;
	int rc;

	*out = NULL;
	if (db->kept[i] == NULL || strcmp(sqlite3_sql(db->kept[i]->st), sql) != 0) {
		i = kept_slot(db, sql);
		*guess = (uint16_t)i;
	}
	if (db->kept[i] != NULL) {
		if (sqlite3_stmt_busy(db->kept[i]->st))
			return sr_fail(e, SR_MISUSE, "%s: a kept statement is used twice at a time",
				db->name);
		sr_stmt_reset(db->kept[i]);
		*out = db->kept[i];
		return 0;
	}
	if (db->kept_count == KEPT_MAX)
		return sr_fail(e, SR_LIMIT, "%s: more than %d kept statements", db->name, KEPT_MAX);
	rc = sr_stmt_new(out, db, sql, e);
	if (rc == 0) {
		db->kept[i] = *out;
		db->kept_count++;
	}
	return rc;
}

void sr_stmt_reset(struct sr_stmt *st) {
	if (st == NULL || !st->used)
		return;
	st->used = false;
	(void)sqlite3_reset(st->st);
	(void)sqlite3_clear_bindings(st->st);
	st->failed = SQLITE_OK;
}

static void bound(struct sr_stmt *st, int rc) {
	st->used = true;
	if (st->failed == SQLITE_OK)
		st->failed = rc;
}

void sr_stmt_int(struct sr_stmt *st, int i, int64_t v) {
	bound(st, sqlite3_bind_int64(st->st, i, v));
}

void sr_stmt_real(struct sr_stmt *st, int i, double v) {
	bound(st, sqlite3_bind_double(st->st, i, v));
}

void sr_stmt_blob(struct sr_stmt *st, int i, struct sr_bytes v) {
	if (v.len == 0)
		bound(st, sqlite3_bind_zeroblob(st->st, i, 0));
	else
		bound(st, sqlite3_bind_blob64(st->st, i, v.p, v.len, SQLITE_TRANSIENT));
}

void sr_stmt_text(struct sr_stmt *st, int i, struct sr_bytes v) {
	bound(st, sqlite3_bind_text64(st->st, i, v.len == 0 ? "" : (const char *)v.p, v.len,
			  SQLITE_TRANSIENT, SQLITE_UTF8));
}

void sr_stmt_lent(struct sr_stmt *st, int i, struct sr_bytes v, bool text) {
	if (text)
		bound(st, sqlite3_bind_text64(st->st, i, v.len == 0 ? "" : (const char *)v.p, v.len,
				  SQLITE_STATIC, SQLITE_UTF8));
	else if (v.len == 0)
		bound(st, sqlite3_bind_zeroblob(st->st, i, 0));
	else
		bound(st, sqlite3_bind_blob64(st->st, i, v.p, v.len, SQLITE_STATIC));
}

void sr_stmt_str(struct sr_stmt *st, int i, const char *v) {
	bound(st, v == NULL ? sqlite3_bind_null(st->st, i)
			    : sqlite3_bind_text(st->st, i, v, -1, SQLITE_TRANSIENT));
}

void sr_stmt_null(struct sr_stmt *st, int i) {
	bound(st, sqlite3_bind_null(st->st, i));
}

int sr_stmt_step(struct sr_stmt *st, bool *row, struct sr_err *e) {
	int rc;

	assert(st != NULL);
	*row = false;
	st->used = true;
	rc = undo_first(st->db, e);
	if (rc != 0) {
		sr_stmt_reset(st);
		return rc;
	}
	rc = st->failed;
	if (rc == SQLITE_OK && (st->touches & st->db->waiting) != 0) {
		rc = write_late(st->db, st->touches, e);
		if (rc != 0) {
			sr_stmt_reset(st);
			return rc;
		}
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st->st);
	if (rc == SQLITE_ROW) {
		*row = true;
		return 0;
	}
	rc = rc == SQLITE_DONE ? 0 : sr_db_fail(st->db, rc, "statement", e);
	sr_stmt_reset(st);
	return rc;
}

int sr_stmt_run(struct sr_stmt *st, struct sr_err *e) {
	bool row = true;
	int rc = 0;

	while (rc == 0 && row)
		rc = sr_stmt_step(st, &row, e);
	return rc;
}

int sr_stmt_row(struct sr_stmt *st, struct sr_err *e) {
	bool row;
	int rc;

	assert(st != NULL);
	rc = sr_stmt_step(st, &row, e);
	if (rc == 0 && !row)
		rc = sr_fail(e, SR_NOTFOUND, "%s: no such row", st->db->name);
	return rc;
}

bool sr_stmt_col_is_null(struct sr_stmt *st, int i) {
	return sqlite3_column_type(st->st, i) == SQLITE_NULL;
}

bool sr_stmt_col_is_int(struct sr_stmt *st, int i) {
	return sqlite3_column_type(st->st, i) == SQLITE_INTEGER;
}

int64_t sr_stmt_col_int(struct sr_stmt *st, int i) {
	return sqlite3_column_int64(st->st, i);
}

double sr_stmt_col_real(struct sr_stmt *st, int i) {
	return sqlite3_column_double(st->st, i);
}

struct sr_bytes sr_stmt_col_bytes(struct sr_stmt *st, int i) {
	const void *p = sqlite3_column_blob(st->st, i);

	return sr_bytes_of(p, (size_t)sqlite3_column_bytes(st->st, i));
}

const char *sr_stmt_col_str(struct sr_stmt *st, int i) {
	const unsigned char *p = sqlite3_column_text(st->st, i);

	return p == NULL ? "" : (const char *)p;
}

int sr_stmt_col_copy(struct sr_stmt *st, int i, void *out, size_t len, struct sr_err *e) {
	struct sr_bytes v = sr_stmt_col_bytes(st, i);

	if (v.len != len)
		return sr_fail(e, SR_CORRUPT, "%s: column %d has %zu bytes, want %zu", st->db->name,
			i, v.len, len);
	if (len > 0)
		memcpy(out, v.p, len);
	return 0;
}
