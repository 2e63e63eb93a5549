/*
 * catalogue - see catalogue.h: opening, transactions, replay, rebuild, comparison.
 *
 * A rebuild replays into a second file and compares it with the first. Where all tables agree, the
 * first stays. Else the first is removed and replayed anew under its own name, because a database
 * file is bound to its name.
 */
#include "catalogue/catalogue.h"

#include "catalogue/apply.h"
#include "catalogue/apply_in.h"
#include "catalogue/schema.h"
#include "catalogue/search.h"

#include <unistd.h>

#include "base/escape.h"

#define REBUILD_FILE "catalogue-rebuild.db"

enum {
	REPLAY_BATCH = 512, /* entries in one transaction: bounds what a crash repeats, and SQLite's
			       memory */
	/* A replay of more than LONG entries writes most pages again with every batch, because ids
	 * are random and so are their places in the indexes: few batches, and pages that stay in
	 * memory. Both are bounded by what the machine has (long_cache_kib). */
	LONG = 4096,
	LONG_BATCH = 131072,
	LONG_CACHE_KIB = 128 << 10,
	LONG_CACHE_MOST_KIB = 1 << 20,
	LONG_CACHE_PART = 16, /* of the machine's memory */
	REPORT = 8192, /* entries after which the progress is told, and a wish to stop asked for */
	CACHE_KIB = 8192
};

struct sr_catalogue {
	struct sr_db *db;
	uint64_t size;   /* entries applied */
	uint64_t marked; /* size at the mark */
	bool mark;
	struct sr_apply_memo memo;
};

struct sr_apply_memo *sr_catalogue_memo(struct sr_catalogue *c) {
	return &c->memo;
}

static void forget(struct sr_catalogue *c) {
	c->memo.size = 0;
	memset(c->memo.known, 0, sizeof c->memo.known);
	sr_late_forget(&c->memo.late, c->db);
}

/* Without the database: for one that is closed, or given up. */
static void handle_free(struct sr_catalogue *c) {
	sr_late_free(&c->memo.late);
	free(c);
}

static int load_size(struct sr_catalogue *c, struct sr_err *e) {
	uint8_t root[SR_HASH];
	uint64_t position = 0;
	int64_t size = 0, count = 0;
	int rc = sr_db_int(c->db, "SELECT coalesce(max(entry) + 1, 0) FROM entries", &size, e);

	if (rc == 0)
		rc = sr_db_int(c->db, "SELECT count(*) FROM entries", &count, e);
	if (rc != 0)
		return rc;
	sr_db_position(c->db, &position, root);
	if (size != count || (uint64_t)size != position)
		return sr_fail(e, SR_CORRUPT,
			"%s: %lld entries up to %lld, committed for a ledger of %llu",
			sr_db_name(c->db), (long long)count, (long long)size,
			(unsigned long long)position);
	c->size = (uint64_t)size;
	return 0;
}

static int make_tables(struct sr_db *db, struct sr_err *e) {
	static const uint8_t no_root[SR_HASH];
	int rc = sr_db_begin(db, e);

	if (rc != 0)
		return rc;
	sr_db_set_position(db, 0, no_root);
	rc = sr_schema_create(db, e);
	if (rc == 0)
		return sr_db_commit(db, e);
	sr_db_rollback(db);
	return rc;
}

int sr_catalogue_open(
	struct sr_catalogue **out, const struct sr_catalogue_options *o, struct sr_err *e) {
	struct sr_db_options dbo = {
		.dir = o->dir,
		.name = o->name == NULL ? SR_CATALOGUE_FILE : o->name,
		.key = o->key,
		.mode = SR_DB_PLAIN,
		.create = o->create,
		.cache_kib = CACHE_KIB,
		.one_thread = true,
	};
	struct sr_catalogue *c = calloc(1, sizeof *c);
	int rc;

	*out = NULL;
	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a catalogue");
	rc = sr_db_open(&c->db, &dbo, e);
	if (rc == 0)
		rc = sr_db_exec(c->db, "PRAGMA foreign_keys = ON", e);
	if (rc == 0)
		rc = sr_search_register(c->db, e);
	if (rc == 0)
		rc = sr_late_register(&c->memo.late, c->db, e);
	if (rc == 0) {
		rc = sr_schema_check(c->db, e);
		if (rc == SR_NOTFOUND && o->create)
			rc = make_tables(c->db, e);
	}
	if (rc == 0)
		rc = load_size(c, e);
	if (rc != 0) {
		sr_db_free(c->db);
		handle_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int sr_catalogue_close(struct sr_catalogue *c, struct sr_err *e) {
	int rc;

	if (c == NULL)
		return 0;
	rc = sr_db_close(&c->db, e);
	handle_free(c);
	return rc;
}

struct sr_db *sr_catalogue_db(struct sr_catalogue *c) {
	return c->db;
}

uint64_t sr_catalogue_size(struct sr_catalogue *c) {
	return c->size;
}

void sr_catalogue_position(struct sr_catalogue *c, uint64_t *size, uint8_t root[SR_HASH]) {
	sr_db_position(c->db, size, root);
}

/* --- transactions --- */

int sr_catalogue_begin(struct sr_catalogue *c, struct sr_err *e) {
	c->mark = false;
	return sr_db_begin(c->db, e);
}

int sr_catalogue_advance(struct sr_catalogue *c, struct sr_err *e) {
	if (c->size == (uint64_t)INT64_MAX)
		return sr_fail(e, SR_MISUSE, "2^63 entries");
	c->size++;
	return 0;
}

/* The size that the tables say, after a transaction is gone. */
static void reload_size(struct sr_catalogue *c) {
	uint8_t root[SR_HASH];

	sr_db_position(c->db, &c->size, root);
	c->mark = false;
	forget(c);
}

int sr_catalogue_commit(struct sr_catalogue *c, const uint8_t root[SR_HASH], struct sr_err *e) {
	int rc;

	if (c->mark)
		return sr_fail(e, SR_MISUSE, "commit of a catalogue with an open mark");
	sr_db_set_position(c->db, c->size, root);
	rc = sr_db_commit(c->db, e);
	if (rc != 0)
		reload_size(c);
	return rc;
}

void sr_catalogue_rollback(struct sr_catalogue *c) {
	sr_db_rollback(c->db);
	reload_size(c);
}

int sr_catalogue_mark(struct sr_catalogue *c, struct sr_err *e) {
	int rc;

	if (c->mark || !sr_db_in_transaction(c->db))
		return sr_fail(e, SR_MISUSE, "a mark needs a transaction without one");
	rc = sr_db_exec(c->db, "SAVEPOINT submission", e);
	if (rc == 0) {
		c->mark = true;
		c->marked = c->size;
	}
	return rc;
}

int sr_catalogue_undo(struct sr_catalogue *c, struct sr_err *e) {
	int rc;

	if (!c->mark)
		return sr_fail(e, SR_MISUSE, "no mark to go back to");
	rc = sr_db_exec(c->db, "ROLLBACK TO submission; RELEASE submission", e);
	if (rc == 0) {
		c->mark = false;
		c->size = c->marked;
		forget(c);
	}
	return rc;
}

int sr_catalogue_keep(struct sr_catalogue *c, struct sr_err *e) {
	int rc;

	if (!c->mark)
		return sr_fail(e, SR_MISUSE, "no mark to forget");
	rc = sr_db_exec(c->db, "RELEASE submission", e);
	if (rc == 0)
		c->mark = false;
	return rc;
}

/* --- replay --- */

/* The catalogue must stand on a prefix of this ledger. */
static int check_ground(struct sr_catalogue *c, const struct sr_replay *r, struct sr_err *e) {
	uint8_t mine[SR_HASH], theirs[SR_HASH];
	uint64_t size = 0;
	int rc = 0;

	sr_db_position(c->db, &size, mine);
	if (size > r->size)
		return sr_fail(e, SR_CORRUPT, "%s: %llu entries, but the ledger has %llu",
			sr_db_name(c->db), (unsigned long long)size, (unsigned long long)r->size);
	if (size == 0 || (size < r->size && r->root_at == NULL))
		return 0;
	if (size == r->size)
		memcpy(theirs, r->root, SR_HASH);
	else
		rc = r->root_at(r->ctx, size, theirs, e);
	if (rc == 0 && memcmp(mine, theirs, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT,
			"%s: it stands on another ledger (the root at %llu entries differs)",
			sr_db_name(c->db), (unsigned long long)size);
	return rc;
}

/* ${first}: where the replay began. */
static int report(
	struct sr_catalogue *c, const struct sr_replay *r, uint64_t first, struct sr_err *e) {
	if (sr_progress_report(
		    r->progress, "replay", c->size - first, r->size - first, "entries") != 0)
		return sr_fail(e, SR_LOCKED, "stopped on request");
	return 0;
}

static int apply_range(struct sr_catalogue *c, const struct sr_replay *r, uint64_t first,
	uint64_t to, struct sr_err *e) {
	int rc = 0;

	while (rc == 0 && c->size < to) {
		struct sr_entry en;
		uint64_t index = c->size;
		memset(&en, 0, sizeof en);
		rc = r->entry(r->ctx, index, &en, e);
		if (rc != 0)
			return rc;
		rc = sr_catalogue_apply(c, &en, &r->objects, e);
		if (r->done != NULL)
			r->done(r->ctx, &en);
		else
			sr_entry_free(&en);
		if (rc == 0 && c->size < to && (c->size - first) % REPORT == 0)
			rc = report(c, r, first, e);
	}
	return rc;
}

/* A whole ledger does not end between an accession and its `stored`: both are in one commit. */
static int check_end(struct sr_catalogue *c, struct sr_err *e) {
	int64_t waiting = 0;
	int rc = SQL_INT_OF(c->db, e, &waiting,
		"SELECT count(*) FROM entries WHERE entry = ? AND type IN (?, ?)",
		A_INT((int64_t)c->size - 1), A_STR(sr_type_at(SR_T_ACCESSION)->name),
		A_STR(sr_type_at(SR_T_REDACT)->name));

	if (rc == 0 && waiting > 0)
		return sr_fail(e, SR_CORRUPT,
			"entry %llu (accession): the ledger ends without its `stored`",
			(unsigned long long)c->size - 1);
	return rc;
}

/* ${late}: as late.h says. */
static int apply_batch(struct sr_catalogue *c, const struct sr_replay *r, uint64_t first,
	uint64_t to, bool late, struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc = sr_catalogue_begin(c, e);

	if (rc != 0)
		return rc;
	c->memo.late.on = late;
	rc = apply_range(c, r, first, to, e);
	if (rc == 0)
		rc = sr_late_flush(&c->memo.late, c->db, e);
	c->memo.late.on = false;
	if (rc == 0 && to == r->size)
		rc = check_end(c, e);
	if (rc == 0) {
		/* A position inside the ledger carries a root only when somebody knows it. */
		if (to == r->size)
			memcpy(root, r->root, SR_HASH);
		else if (r->root_at != NULL)
			rc = r->root_at(r->ctx, to, root, e);
		else
			memset(root, 0, SR_HASH);
	}
	if (rc == 0)
		return sr_catalogue_commit(c, root, e);
	sr_catalogue_rollback(c);
	return rc;
}

/* Failures that are not this machine's and nobody's wish. */
static bool of_the_log(int rc) {
	return rc != SR_IO && rc != SR_NOMEM && rc != SR_LIMIT && rc != SR_LOCKED;
}

static int replay_batch(
	struct sr_catalogue *c, const struct sr_replay *r, uint64_t first, struct sr_err *e) {
	const uint64_t left = r->size - c->size, batch = left > LONG ? LONG_BATCH : REPLAY_BATCH;
	const uint64_t to = left > batch ? c->size + batch : r->size;
	const bool late = batch == LONG_BATCH;
	struct sr_err why = {.code = SR_OK};
	int rc = apply_batch(c, r, first, to, late, &why);

	/* A row that waited may be what is wrong, then an entry before the one that is named. */
	if (rc != 0 && late && of_the_log(rc)) {
		sr_err_clear(&why);
		rc = apply_batch(c, r, first, to, false, &why);
	}
	return rc == 0 ? 0 : sr_fail(e, (enum sr_code)rc, "%s", why.text);
}

/* For a long replay. A catalogue has some 1 KiB an entry; of what does not fit, pages are written
 * and read again within a batch. */
static unsigned long_cache_kib(void) {
	const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	const uint64_t kib = pages > 0 && size > 0 ? (uint64_t)pages * ((uint64_t)size / 1024) : 0;

	if (kib / LONG_CACHE_PART > LONG_CACHE_MOST_KIB)
		return LONG_CACHE_MOST_KIB;
	return kib / LONG_CACHE_PART < LONG_CACHE_KIB ? LONG_CACHE_KIB
						      : (unsigned)(kib / LONG_CACHE_PART);
}

static int set_cache(struct sr_catalogue *c, unsigned kib, struct sr_err *e) {
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA cache_size = -%u; PRAGMA shrink_memory", kib);
	return sr_db_exec(c->db, sql, e);
}

int sr_catalogue_catch_up(
	struct sr_catalogue *c, const struct sr_replay *r, uint64_t *applied, struct sr_err *e) {
	uint64_t first = c->size;
	const bool is_long = r->size > first && r->size - first > LONG;
	int rc = check_ground(c, r, e);

	if (rc == 0 && is_long)
		rc = set_cache(c, long_cache_kib(), e);
	while (rc == 0 && c->size < r->size) {
		rc = replay_batch(c, r, first, e);
		if (rc == 0)
			rc = report(c, r, first, e);
	}
	if (is_long)
		sr_late_free(&c->memo.late);
	if (is_long && set_cache(c, CACHE_KIB, NULL) != 0 && rc == 0)
		rc = sr_fail(e, SR_NOMEM, "%s: its page cache cannot be made smaller again",
			sr_db_name(c->db));
	if (applied != NULL)
		*applied = c->size - first;
	return rc;
}

/* --- comparison --- */

/* All columns of the rows in canonical order. NULL for a table that is not compared. */
static int open_rows(
	struct sr_stmt **out, struct sr_db *db, const struct sr_table *t, struct sr_err *e) {
	char sql[160];

	snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", t->name, t->order);
	return sr_stmt_new(out, db, sql, e);
}

enum {
	DIGITS = 24
};

/* A value that is not NULL; a number in its digits, which are written to ${digits}: SQLite would
 * take memory for them, and call it NULL without. */
static struct sr_bytes value_of(struct sr_stmt *st, int i, char digits[DIGITS]) {
	if (!sr_stmt_col_is_int(st, i))
		return sr_stmt_col_bytes(st, i);
	snprintf(digits, DIGITS, "%lld", (long long)sr_stmt_col_int(st, i));
	return sr_bytes_str(digits);
}

static void hash_row(struct sr_hash *h, struct sr_stmt *st, int columns) {
	char digits[DIGITS];

	for (int i = 0; i < columns; i++) {
		if (sr_stmt_col_is_null(st, i)) {
			sr_hash_u64(h, 0);
		} else {
			sr_hash_u64(h, 1);
			sr_hash_field(h, value_of(st, i, digits));
		}
	}
}

static int columns_of(struct sr_db *db, const struct sr_table *t, int *out, struct sr_err *e) {
	int64_t n = 0;
	char sql[96];
	int rc;

	snprintf(sql, sizeof sql, "SELECT count(*) FROM pragma_table_info('%s')", t->name);
	rc = sr_db_int(db, sql, &n, e);
	*out = (int)n;
	return rc;
}

static int digest_table(
	struct sr_hash *h, struct sr_db *db, const struct sr_table *t, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	uint64_t rows = 0;
	int columns = 0;
	int rc = columns_of(db, t, &columns, e);

	if (rc == 0)
		rc = open_rows(&st, db, t, e);
	if (rc != 0)
		return rc;
	sr_hash_field(h, sr_bytes_str(t->name));
	while ((rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rows++;
		hash_row(h, st, columns);
	}
	sr_hash_u64(h, rows);
	sr_stmt_free(st);
	return rc;
}

int sr_catalogue_digest(struct sr_catalogue *c, uint8_t out[SR_HASH], struct sr_err *e) {
	struct sr_hash h;
	size_t count = 0;
	const struct sr_table *t = sr_schema_tables(&count);
	int rc = 0;

	sr_hash_init(&h, "strongroom/catalogue/v1", NULL);
	for (size_t i = 0; i < count && rc == 0; i++)
		if (t[i].structural)
			rc = digest_table(&h, c->db, &t[i], e);
	sr_hash_final(&h, out);
	return rc;
}

static bool same_value(struct sr_stmt *a, struct sr_stmt *b, int i) {
	if (sr_stmt_col_is_null(a, i) || sr_stmt_col_is_null(b, i))
		return sr_stmt_col_is_null(a, i) && sr_stmt_col_is_null(b, i);
	if (sr_stmt_col_is_int(a, i) || sr_stmt_col_is_int(b, i))
		return sr_stmt_col_is_int(a, i) && sr_stmt_col_is_int(b, i) &&
		       sr_stmt_col_int(a, i) == sr_stmt_col_int(b, i);
	return sr_bytes_eq(sr_stmt_col_bytes(a, i), sr_stmt_col_bytes(b, i));
}

/* What differs, without showing texts of people: only structural tables show values. */
static void tell_value(char out[96], struct sr_stmt *st, int i, bool show) {
	char digits[DIGITS];
	struct sr_bytes v = value_of(st, i, digits);
	bool printable = true;

	for (size_t k = 0; k < v.len; k++)
		printable = printable && v.p[k] >= 0x20 && v.p[k] < 0x7f;
	if (sr_stmt_col_is_null(st, i))
		snprintf(out, 96, "NULL");
	else if (!show)
		snprintf(out, 96, "%zu bytes", v.len);
	else if (printable)
		sr_escape_to(out, 96, v);
	else
		sr_hex(out, v.p, v.len > 40 ? 40 : v.len);
}

struct pair {
	const struct sr_table *table;
	struct sr_stmt *a, *b;
	int columns;
};

static int compare_rows(const struct pair *p, char difference[512], struct sr_err *e) {
	bool ra = false, rb = false;
	uint64_t row = 0;
	int rc;

	for (;;) {
		if ((rc = sr_stmt_step(p->a, &ra, e)) != 0 ||
			(rc = sr_stmt_step(p->b, &rb, e)) != 0)
			return rc;
		if (ra != rb) {
			snprintf(difference, 512, "%s: the %s one has no row %llu", p->table->name,
				ra ? "second" : "first", (unsigned long long)row + 1);
			return 0;
		}
		if (!ra)
			return 0;
		for (int i = 0; i < p->columns; i++) {
			char va[96], vb[96];
			if (same_value(p->a, p->b, i))
				continue;
			tell_value(va, p->a, i, p->table->structural);
			tell_value(vb, p->b, i, p->table->structural);
			snprintf(difference, 512, "%s, row %llu, column %d: %s, not %s",
				p->table->name, (unsigned long long)row + 1, i + 1, va, vb);
			return 0;
		}
		row++;
	}
}

static int compare_table(struct sr_catalogue *a, struct sr_catalogue *b, const struct sr_table *t,
	char difference[512], struct sr_err *e) {
	struct pair p = {t, NULL, NULL, 0};
	int rc = columns_of(a->db, t, &p.columns, e);

	if (rc == 0)
		rc = open_rows(&p.a, a->db, t, e);
	if (rc == 0)
		rc = open_rows(&p.b, b->db, t, e);
	if (rc == 0)
		rc = compare_rows(&p, difference, e);
	sr_stmt_free(p.a);
	sr_stmt_free(p.b);
	return rc;
}

static int compare(struct sr_catalogue *a, struct sr_catalogue *b, bool structural,
	char difference[512], struct sr_err *e) {
	size_t count = 0;
	const struct sr_table *t = sr_schema_tables(&count);
	int rc = 0;

	difference[0] = '\0';
	for (size_t i = 0; i < count && rc == 0 && difference[0] == '\0'; i++)
		if (t[i].structural == structural)
			rc = compare_table(a, b, &t[i], difference, e);
	return rc;
}

int sr_catalogue_compare(
	struct sr_catalogue *a, struct sr_catalogue *b, char difference[512], struct sr_err *e) {
	return compare(a, b, true, difference, e);
}

/* --- rebuild --- */

/* What cannot be removed now is removed by the next rebuild. */
static void discard(struct sr_dir *dir, const char *name) {
	struct sr_err unused;

	if (sr_db_remove(dir, name, &unused) != 0)
		sr_err_clear(&unused);
}

/* A fresh file ${name}, replayed. On failure nothing is left of it. */
static int replay_fresh(struct sr_catalogue **out, const struct sr_catalogue_options *o,
	const char *name, const struct sr_replay *r, struct sr_err *e) {
	struct sr_catalogue_options fresh = *o;
	struct sr_catalogue *c = NULL;
	int rc = sr_db_remove(o->dir, name, e);

	fresh.name = name;
	fresh.create = true;
	if (rc == 0)
		rc = sr_catalogue_open(&c, &fresh, e);
	if (rc == 0)
		rc = sr_catalogue_catch_up(c, r, NULL, e);
	if (rc == 0)
		rc = sr_db_checkpoint(c->db, e);
	if (rc == 0) {
		*out = c;
		return 0;
	}
	if (c != NULL) {
		sr_db_free(c->db);
		handle_free(c);
	}
	discard(o->dir, name);
	return rc;
}

/* Compare old and new. A failure to read the old one is a difference, not an error. */
static int judge(struct sr_catalogue *old, struct sr_catalogue *fresh, struct sr_rebuilt *out,
	bool *keep, struct sr_err *e) {
	struct sr_err why;
	char texts[512] = "";
	int rc;

	sr_err_clear(&why);
	*keep = false;
	out->had_old = old->size == fresh->size;
	if (!out->had_old)
		return 0;
	rc = sr_db_verify(old->db, &why);
	if (rc == 0)
		rc = compare(old, fresh, true, out->difference, &why);
	if (rc == 0)
		rc = compare(old, fresh, false, texts, &why);
	if (rc == SR_NOMEM)
		return sr_fail(e, SR_NOMEM, "%s", why.text);
	if (rc != 0) {
		snprintf(out->difference, sizeof out->difference,
			"the old catalogue cannot be read: %.400s", why.text);
		return 0;
	}
	out->equal = out->difference[0] == '\0';
	*keep = out->equal && texts[0] == '\0';
	return 0;
}

int sr_catalogue_try(
	const struct sr_catalogue_options *o, const struct sr_replay *r, struct sr_err *e) {
	struct sr_catalogue *fresh = NULL;
	const int rc = replay_fresh(&fresh, o, REBUILD_FILE, r, e);

	if (rc == 0) {
		sr_db_free(fresh->db);
		handle_free(fresh);
		discard(o->dir, REBUILD_FILE);
	}
	return rc;
}

int sr_catalogue_rebuild(struct sr_catalogue **c, const struct sr_catalogue_options *o,
	const struct sr_replay *r, struct sr_rebuilt *out, struct sr_err *e) {
	const char *name = o->name == NULL ? SR_CATALOGUE_FILE : o->name;
	struct sr_catalogue *fresh = NULL;
	bool keep = false;
	int rc;

	memset(out, 0, sizeof *out);
	if (*c == NULL) {
		rc = replay_fresh(c, o, name, r, e);
	} else {
		rc = replay_fresh(&fresh, o, REBUILD_FILE, r, e);
		if (rc == 0)
			rc = judge(*c, fresh, out, &keep, e);
		if (rc == 0 && !keep) {
			sr_db_free((*c)->db); /* nothing of it is worth applying */
			handle_free(*c);
			*c = NULL;
			rc = replay_fresh(c, o, name, r, e);
		}
		if (fresh != NULL) {
			sr_db_free(fresh->db);
			handle_free(fresh);
			discard(o->dir, REBUILD_FILE);
		}
	}
	if (rc != 0)
		return rc;
	out->entries = (*c)->size;
	return sr_catalogue_digest(*c, out->digest, e);
}
