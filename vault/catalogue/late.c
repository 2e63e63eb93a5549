/*
 * late - see late.h.
 */
#include "catalogue/late.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "catalogue/search.h"

enum {
	/* Rows that are read again while they are still in a core's cache; those that are sorted
	 * are the better for being many. */
	FEW = 4096,
	MANY = 1 << 16
};

struct table {
	const char *name;
	int columns; /* at most those of the virtual table (x_connect) */
	size_t rows; /* that may wait */
	bool sorted; /* by its first two columns, a text and a number */
	const char *one, *all;
};

/* IGNORE: a statement names one thing on several lines with one key. */
static const struct table tables[SR_LATE_TABLES] = {
	[SR_LATE_ENTRIES] = {"entries", 8, FEW, false,
		"INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		"INSERT INTO entries SELECT c0, c1, c2, c3, c4, c5, c6, c7 FROM late"},
	[SR_LATE_SUBJECTS] = {"subjects", 3, MANY, true,
		"INSERT OR IGNORE INTO subjects VALUES(?, ?, ?)",
		"INSERT OR IGNORE INTO subjects SELECT c0, c1, c2 FROM late"},
	[SR_LATE_RECORDS] = {"records", 7, FEW, false,
		"INSERT INTO records VALUES(?, ?, ?, ?, ?, ?, ?)",
		"INSERT INTO records SELECT c0, c1, c2, c3, c4, c5, c6 FROM late"},
	[SR_LATE_VIEWS] = {"views", 5, FEW, false, "INSERT INTO views VALUES(?, ?, ?, ?, ?)",
		"INSERT INTO views SELECT c0, c1, c2, c3, c4 FROM late"},
	[SR_LATE_VOTE_FORMS] = {"vote_forms", 2, FEW, false, "INSERT INTO vote_forms VALUES(?, ?)",
		"INSERT INTO vote_forms SELECT c0, c1 FROM late"},
};

static void give_up(void **rows, size_t *cap, size_t size) {
	if (*rows != NULL)
		sr_wipe(*rows, *cap * size);
	free(*rows);
	*rows = NULL;
	*cap = 0;
}

/* For ${want} of ${size} bytes. What they lay in before is wiped, as all that SQLite has had is. */
static int room(void **rows, size_t *cap, size_t want, size_t size, struct sr_err *e) {
	size_t more = *cap == 0 ? 1024 : *cap;
	void *p;

	if (want <= *cap)
		return 0;
	while (more < want)
		more *= 2;
	p = calloc(more, size);
	if (p == NULL)
		return sr_fail(e, SR_NOMEM, "replay: no memory for %zu rows", more);
	if (*rows != NULL)
		memcpy(p, *rows, *cap * size);
	give_up(rows, cap, size);
	*rows = p;
	*cap = more;
	return 0;
}

/* --- items ------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b) {
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int write_items(struct sr_late *l, struct sr_db *db, struct sr_err *e) {
	int rc = 0;

	if (l->item_count > 0)
		qsort(l->items, l->item_count, sizeof *l->items, by_number);
	for (size_t i = 0; i < l->item_count && rc == 0; i++)
		if (i == 0 || l->items[i] != l->items[i - 1])
			rc = sr_search_index(db, l->items[i], e);
	l->item_count = 0;
	return rc;
}

int sr_late_item(struct sr_late *l, struct sr_db *db, int64_t n, struct sr_err *e) {
	int rc = l->item_count == SR_LATE_ITEMS ? write_items(l, db, e) : 0;

	if (rc == 0)
		rc = room((void **)&l->items, &l->item_cap, l->item_count + 1, sizeof *l->items, e);
	if (rc == 0)
		l->items[l->item_count++] = n;
	return rc;
}

/* --- the virtual table that hands the rows out ------------------------------------------------ */

struct vtab {
	sqlite3_vtab base;
	struct sr_late *late;
};

struct cursor {
	sqlite3_vtab_cursor base;
	const struct sr_late *late;
	size_t at;
};

static int x_connect(sqlite3 *sql, void *late, int argc, const char *const *argv,
	sqlite3_vtab **out, char **text) {
	int rc = sqlite3_declare_vtab(sql, "CREATE TABLE x(c0, c1, c2, c3, c4, c5, c6, c7)");
	struct vtab *v;

	(void)argc;
	(void)argv;
	(void)text;
	if (rc == SQLITE_OK)
		rc = sqlite3_vtab_config(sql, SQLITE_VTAB_DIRECTONLY);
	if (rc != SQLITE_OK)
		return rc;
	v = sqlite3_malloc(sizeof *v);
	if (v == NULL)
		return SQLITE_NOMEM;
	memset(v, 0, sizeof *v);
	v->late = late;
	*out = &v->base;
	return SQLITE_OK;
}

static int x_disconnect(sqlite3_vtab *v) {
	sqlite3_free(v);
	return SQLITE_OK;
}

static int x_best_index(sqlite3_vtab *v, sqlite3_index_info *info) {
	(void)v;
	info->estimatedRows = MANY;
	info->estimatedCost = MANY;
	return SQLITE_OK;
}

static int x_open(sqlite3_vtab *v, sqlite3_vtab_cursor **out) {
	struct cursor *c = sqlite3_malloc(sizeof *c);

	if (c == NULL)
		return SQLITE_NOMEM;
	memset(c, 0, sizeof *c);
	c->late = ((struct vtab *)v)->late;
	*out = &c->base;
	return SQLITE_OK;
}

static int x_close(sqlite3_vtab_cursor *c) {
	sqlite3_free(c);
	return SQLITE_OK;
}

static int x_filter(sqlite3_vtab_cursor *c, int n, const char *text, int argc, sqlite3_value **v) {
	(void)n;
	(void)text;
	(void)argc;
	(void)v;
	((struct cursor *)c)->at = 0;
	return SQLITE_OK;
}

static int x_next(sqlite3_vtab_cursor *c) {
	((struct cursor *)c)->at++;
	return SQLITE_OK;
}

static int x_eof(sqlite3_vtab_cursor *c) {
	const struct cursor *own = (const struct cursor *)c;

	return own->at >= own->late->rows[own->late->writing].count;
}

static size_t row_at(const struct cursor *c) {
	return tables[c->late->writing].sorted ? c->late->order[c->at] : c->at;
}

/* Its bytes stay where they are until the statement has ended. */
static int x_column(sqlite3_vtab_cursor *c, sqlite3_context *out, int i) {
	const struct cursor *own = (const struct cursor *)c;
	const struct table *t = &tables[own->late->writing];
	const struct sr_late_rows *r = &own->late->rows[own->late->writing];
	const struct sr_late_value *v;

	if (i >= t->columns)
		return SQLITE_OK; /* null */
	v = &r->value[row_at(own) * (size_t)t->columns + (size_t)i];
	switch (v->kind) {
	case SQL_NULL:
		break;
	case SQL_INTEGER:
		sqlite3_result_int64(out, v->at);
		break;
	case SQL_BLOB:
		sqlite3_result_blob(out, r->bytes + v->at, (int)v->len, SQLITE_STATIC);
		break;
	case SQL_TEXT:
		sqlite3_result_text(
			out, (const char *)r->bytes + v->at, (int)v->len, SQLITE_STATIC);
		break;
	}
	return SQLITE_OK;
}

static int x_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out) {
	*out = (sqlite3_int64)((struct cursor *)c)->at;
	return SQLITE_OK;
}

/* No xCreate: it is there under its own name, and no schema can make another. */
static const sqlite3_module module = {
	.xConnect = x_connect,
	.xBestIndex = x_best_index,
	.xDisconnect = x_disconnect,
	.xOpen = x_open,
	.xClose = x_close,
	.xFilter = x_filter,
	.xNext = x_next,
	.xEof = x_eof,
	.xColumn = x_column,
	.xRowid = x_rowid,
};

/* --- rows ------------------------------------------------------------------------------------- */

static void drop(struct sr_late *l, struct sr_db *db, enum sr_late_table t) {
	l->rows[t].count = 0;
	l->rows[t].used = 0;
	sr_db_waits(db, t, false);
}

/* As the table's key is: bytes, then numbers. */
static int in_order(const void *a, const void *b, void *ctx) {
	const struct sr_late *l = ctx;
	const struct sr_late_rows *r = &l->rows[l->writing];
	const size_t columns = (size_t)tables[l->writing].columns;
	const struct sr_late_value *x = &r->value[*(const uint32_t *)a * columns];
	const struct sr_late_value *y = &r->value[*(const uint32_t *)b * columns];
	const int order =
		memcmp(r->bytes + x->at, r->bytes + y->at, x->len < y->len ? x->len : y->len);

	if (order != 0)
		return order;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x[1].at < y[1].at ? -1 : x[1].at > y[1].at;
}

static int put_in_order(struct sr_late *l, struct sr_err *e) {
	const size_t count = l->rows[l->writing].count;
	int rc = room((void **)&l->order, &l->order_cap, count, sizeof *l->order, e);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		l->order[i] = (uint32_t)i;
	qsort_r(l->order, count, sizeof *l->order, in_order, l);
	return 0;
}

static int write_rows(struct sr_late *l, struct sr_db *db, enum sr_late_table t, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = 0;

	if (l->rows[t].count == 0)
		return 0;
	/* None of these tables may refer to another of them: `late` hands out one's rows at a time.
	 */
	if (l->busy)
		return sr_fail(e, SR_MISUSE, "rows of %s are asked for by those of %s",
			tables[t].name, tables[l->writing].name);
	l->busy = true;
	l->writing = t;
	if (tables[t].sorted)
		rc = put_in_order(l, e);
	/* Before it runs: it is the one statement that may change the table now. */
	sr_db_waits(db, t, false);
	if (rc == 0)
		rc = sr_db_stmt(&st, db, tables[t].all, e);
	if (rc == 0)
		rc = sr_stmt_run(st, e);
	l->busy = false;
	drop(l, db, t); /* also what was not written: a failure ends the transaction */
	return rc;
}

/* What the database asks for before a statement that looks at ${tables}. */
static int write_asked(void *ctx, struct sr_db *db, uint32_t set, struct sr_err *e) {
	int rc = 0;

	for (unsigned t = 0; t < SR_LATE_TABLES && rc == 0; t++)
		if ((set >> t & 1) != 0)
			rc = write_rows(ctx, db, (enum sr_late_table)t, e);
	return rc;
}

int sr_late_register(struct sr_late *l, struct sr_db *db, struct sr_err *e) {
	const char *names[SR_LATE_TABLES];
	int rc = sqlite3_create_module(sr_db_handle(db), "late", &module, l);

	if (rc != SQLITE_OK)
		return sr_db_fail(db, rc, "registering late rows", e);
	for (size_t t = 0; t < SR_LATE_TABLES; t++)
		names[t] = tables[t].name;
	return sr_db_late(db, names, SR_LATE_TABLES, write_asked, l, e);
}

static void keep(struct sr_late_rows *r, struct sr_late_value *v, const struct sr_sql_arg *arg) {
	v->kind = arg->kind;
	v->len = 0;
	v->at = arg->i;
	if (arg->kind != SQL_BLOB && arg->kind != SQL_TEXT)
		return;
	v->len = (uint32_t)arg->b.len;
	v->at = (int64_t)r->used;
	if (arg->b.len > 0)
		memcpy(r->bytes + r->used, arg->b.p, arg->b.len);
	r->used += arg->b.len;
}

int sr_late_row(struct sr_late *l, struct sr_db *db, enum sr_late_table t,
	const struct sr_sql_arg *args, struct sr_err *e) {
	const size_t columns = (size_t)tables[t].columns;
	struct sr_late_rows *r = &l->rows[t];
	size_t len = 1; /* so that there is somewhere to point at */
	int rc = 0;

	for (size_t i = 0; i < columns; i++)
		len += args[i].b.len;
	if (!l->on || len > SR_LATE_BYTES) /* the statement has those before it written first */
		return sr_sql_run(db, e, tables[t].one, args, columns);
	if (r->count == tables[t].rows || r->used + len > SR_LATE_BYTES)
		rc = write_rows(l, db, t, e);
	if (rc == 0)
		rc = room(
			(void **)&r->value, &r->cap, (r->count + 1) * columns, sizeof *r->value, e);
	if (rc == 0)
		rc = room((void **)&r->bytes, &r->room, r->used + len, 1, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < columns; i++)
		keep(r, &r->value[r->count * columns + i], &args[i]);
	r->count++;
	sr_db_waits(db, t, true);
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

int sr_late_flush(struct sr_late *l, struct sr_db *db, struct sr_err *e) {
	const int rc = write_asked(l, db, (1U << SR_LATE_TABLES) - 1, e);

	return rc == 0 ? write_items(l, db, e) : rc;
}

void sr_late_forget(struct sr_late *l, struct sr_db *db) {
	l->item_count = 0;
	for (unsigned t = 0; t < SR_LATE_TABLES; t++)
		drop(l, db, (enum sr_late_table)t);
}

void sr_late_free(struct sr_late *l) {
	for (size_t t = 0; t < SR_LATE_TABLES; t++) {
		struct sr_late_rows *r = &l->rows[t];

		give_up((void **)&r->value, &r->cap, sizeof *r->value);
		give_up((void **)&r->bytes, &r->room, 1);
	}
	give_up((void **)&l->order, &l->order_cap, sizeof *l->order);
	give_up((void **)&l->items, &l->item_cap, sizeof *l->items);
}
