/*
 * db - an encrypted SQLite database (DESIGN 7): catalogue.db, index.db, secrets.db, and thin
 * helpers around sqlite3.
 *
 * Each database is opened on its own instance of our VFS (store/vfs.h) over a sealed page file
 * (store/pagefile.h): pages of 4096 bytes with 72 reserved ones, journal_mode=MEMORY,
 * synchronous=FULL, locking_mode=EXCLUSIVE, temp_store=MEMORY, no WAL, no mmap, no second file ever
 * opened by SQLite (ATTACH of a file fails). One connection; calls are serialised
 * (SQLITE_OPEN_FULLMUTEX; one_thread: they are the owner's care), but a statement and a transaction
 * belong to one thread at a time. One process per vault (the vault's lock).
 *
 * A commit is one batch in NAME-redo. It carries the ledger position set with sr_db_set_position,
 * so that a database knows which ledger it stands for; the caller compares and catches up, or
 * rebuilds. Codes CORRUPT and AUTH mean that the file is damaged, or that old bytes were put back:
 * the text names file and page or batch, and a rebuildable one is closed, removed (sr_db_remove)
 * and rebuilt. IO or LIMIT (disk full) before the batch was written leave the state before the
 * transaction; a failed fsync is final (every later call fails).
 *
 * SQLite's memory is wiped when it is freed (sr_db_init, which must run before anybody else
 * initialises SQLite).
 */
#ifndef SR_STORE_DB_H
#define SR_STORE_DB_H

#include "base/fs.h"
#include "crypto/hash.h"

struct sqlite3;
struct sr_db;   /* opaque */
struct sr_stmt; /* opaque */

enum sr_db_mode {
	SR_DB_PLAIN,   /* one key for all pages, a keyed hash tree over them */
	SR_DB_ERASABLE /* a fresh key for each write of a page, under a root that can be destroyed
			*/
};

struct sr_db_options {
	struct sr_dir *dir; /* borrowed; outlives the db */
	const char
		*name; /* "catalogue.db"; its companions are NAME-redo and, erasable, NAME-root */
	const uint8_t
		*key; /* SR_KEY bytes, copied: file key, or the key that wraps the root cell */
	const uint8_t *wrap; /* erasable: SR_KEY bytes that wrap the root cell; NULL: ${key} */
	enum sr_db_mode mode;
	bool create;        /* make it when it is not there; else NOTFOUND */
	bool durable;       /* a commit waits for fdatasync (secrets.db); else durable only after
			       sr_db_checkpoint or close,       and a power cut takes it back to an
			       earlier       commit, whole */
	bool one_thread;    /* its owner sees to that: SQLite locks nothing */
	unsigned cache_kib; /* SQLite's page cache; 0: 2048 */
};

/* Wiping allocator, sqlite3_initialize; called by sr_db_open. MISUSE if SQLite was initialised
 * before us without it. */
SR_MUST int sr_db_init(struct sr_err *e);

/* Opens and recovers. NOTFOUND, CORRUPT, AUTH (wrong key, or old bytes), UNSUPPORTED (newer
 * format), IO. */
SR_MUST int sr_db_open(struct sr_db **out, const struct sr_db_options *o, struct sr_err *e);
/* Applies the redo file, closes, frees and sets *${db} to NULL even on failure. An open transaction
 * is rolled back. */
SR_MUST int sr_db_close(struct sr_db **db, struct sr_err *e);
/* Frees without applying the redo file (nothing that was committed and synced is lost). NULL
 * allowed. */
void sr_db_free(struct sr_db *db);
/* Removes the files of a database that is not open; absent files are no error. */
SR_MUST int sr_db_remove(struct sr_dir *dir, const char *name, struct sr_err *e);

struct sr_pagefile;
struct sr_pagefile *sr_db_pagefile(
	struct sr_db *db); /* for store/secrets.c: the second copy works on sealed pages */
struct sqlite3 *sr_db_handle(
	struct sr_db *db); /* for what the helpers do not offer; text of errors by sr_db_fail */
const char *sr_db_name(const struct sr_db *db);
/* What recovery did at open ("3 batches applied; 1 unfinished batch dropped at offset 65792"), or
 * NULL. */
const char *sr_db_recovered(const struct sr_db *db);

/* The ledger position that the next commit will carry; a rollback takes it back. */
void sr_db_set_position(struct sr_db *db, uint64_t ledger_size, const uint8_t ledger_root[SR_HASH]);
/* That of the last commit; (0, zeros) for a new database. */
void sr_db_position(struct sr_db *db, uint64_t *ledger_size, uint8_t ledger_root[SR_HASH]);
/* Number of the last commit and a keyed hash that stands for the whole file; neither holds a
 * secret. */
void sr_db_state(struct sr_db *db, uint64_t *generation, uint8_t root[SR_HASH]);
/* Apply the redo file to the database file and start it anew; makes everything durable. Not inside
 * a transaction. */
SR_MUST int sr_db_checkpoint(struct sr_db *db, struct sr_err *e);
/* Read and verify every page and every node of the tree: the first that is wrong is named. */
SR_MUST int sr_db_verify(struct sr_db *db, struct sr_err *e);

/* Set ${e} from SQLite's result ${rc}, or from the page file's own error when that is the cause;
 * returns the code. */
int sr_db_fail(struct sr_db *db, int rc, const char *what, struct sr_err *e);

/* Statements without results; several may be separated by ';'. */
SR_MUST int sr_db_exec(struct sr_db *db, const char *sql, struct sr_err *e);
/* The first column of the first row; NOTFOUND without a row. */
SR_MUST int sr_db_int(struct sr_db *db, const char *sql, int64_t *out, struct sr_err *e);

SR_MUST int sr_db_begin(
	struct sr_db *db, struct sr_err *e); /* BEGIN IMMEDIATE; MISUSE when one is open */
SR_MUST int sr_db_commit(struct sr_db *db,
	struct sr_err *e); /* on failure rolled back, unless the text says otherwise */
/* As sr_db_commit; nothing that this transaction deleted or replaced can be opened afterwards
 * (erasable mode only). */
SR_MUST int sr_db_commit_erasing(struct sr_db *db, struct sr_err *e);
void sr_db_rollback(struct sr_db *db); /* nothing when none is open */
bool sr_db_in_transaction(struct sr_db *db);
/*
 * Rows that are kept back, to be written many at a time, must not be missed by anybody. From
 * sr_db_late on, SQLite is asked of every statement which of ${tables} (at most 32) it reads or
 * changes, foreign keys included; while rows of one of them wait (sr_db_waits), ${write} is called
 * with the set of those that wait before the statement takes a step. A commit, and SQL that comes
 * as text (sr_db_exec), have all of them written. ${write} clears what it has written before it
 * runs its own statement. A rollback is told by its caller: nothing waits after it.
 */
SR_MUST int sr_db_late(struct sr_db *db, const char *const *tables, size_t count,
	int (*write)(void *ctx, struct sr_db *db, uint32_t set, struct sr_err *e), void *ctx,
	struct sr_err *e);
void sr_db_waits(struct sr_db *db, unsigned table, bool waits); /* its place in ${tables} */
int64_t sr_db_changes(struct sr_db *db); /* rows touched by the last statement */
int64_t sr_db_last_rowid(struct sr_db *db);

/*
 * Statements. Parameters and columns count from 1 and 0 as in SQLite. Binding copies; a failed bind
 * is sticky and comes out of the next step. Views of columns live until the next step, reset or
 * free.
 *
 *     rc = sr_db_stmt(&st, db, "select id, body from item where kind = ?", e);
 *     sr_stmt_int(st, 1, kind);
 *     while ((rc = sr_stmt_step(st, &row, e)) == 0 && row) { ... sr_stmt_col_int(st, 0) ... }
 *     sr_stmt_reset(st);
 */
SR_MUST int sr_stmt_new(struct sr_stmt **out, struct sr_db *db, const char *sql, struct sr_err *e);
/* NULL allowed. Reset and kept for whoever wants one of this text next: to prepare it anew costs
 * several times what it costs to run it. */
void sr_stmt_free(struct sr_stmt *st);
/* A statement kept by the db until close (found again by its text), reset and without bindings; do
 * not free it. Not for two uses of one text at the same time: MISUSE while the first is still
 * stepping. */
SR_MUST int sr_db_stmt(struct sr_stmt **out, struct sr_db *db, const char *sql, struct sr_err *e);
void sr_stmt_reset(struct sr_stmt *st); /* and clears bindings; NULL allowed */
void sr_stmt_int(struct sr_stmt *st, int i, int64_t v);
void sr_stmt_real(struct sr_stmt *st, int i, double v);
void sr_stmt_blob(struct sr_stmt *st, int i,
	struct sr_bytes v); /* an empty view is an empty blob, not NULL */
void sr_stmt_text(struct sr_stmt *st, int i, struct sr_bytes v); /* UTF-8 */
void sr_stmt_str(struct sr_stmt *st, int i, const char *v);      /* NULL: null */
/* A blob or text that stays where it is until the statement is reset: nothing is copied. */
void sr_stmt_lent(struct sr_stmt *st, int i, struct sr_bytes v, bool text);
void sr_stmt_null(struct sr_stmt *st, int i);
SR_MUST int sr_stmt_step(struct sr_stmt *st, bool *row,
	struct sr_err *e); /* resets itself after the last row or a failure */
SR_MUST int sr_stmt_run(
	struct sr_stmt *st, struct sr_err *e); /* to the end, rows ignored, then reset */
/* Step once and insist on a row: NOTFOUND without one. */
SR_MUST int sr_stmt_row(struct sr_stmt *st, struct sr_err *e);
bool sr_stmt_col_is_null(struct sr_stmt *st, int i);
int64_t sr_stmt_col_int(struct sr_stmt *st, int i);
double sr_stmt_col_real(struct sr_stmt *st, int i);
bool sr_stmt_col_is_int(struct sr_stmt *st, int i);
/* Blob or text. (A number would need memory, and be NULL without it.) */
struct sr_bytes sr_stmt_col_bytes(struct sr_stmt *st, int i);
const char *sr_stmt_col_str(struct sr_stmt *st, int i); /* terminated; "" for NULL */
/* Exactly ${len} bytes, else CORRUPT. */
SR_MUST int sr_stmt_col_copy(struct sr_stmt *st, int i, void *out, size_t len, struct sr_err *e);

#endif
