/*
 * diff - see diff.h: a merge of both tables in the order of their keys, as the schema names them.
 */
#include "catalogue/diff.h"

#include "base/escape.h"
#include "catalogue/schema.h"
#include "catalogue/sql.h"

enum {
	COLUMNS_MAX = 32, /* `versions` has 21 */
	NAME_MAX_ = 48
};

struct column {
	char name[NAME_MAX_];
	bool integer;
	bool key;
};

struct shape { /* of a table */
	const struct sr_table *table;
	struct column column[COLUMNS_MAX];
	int columns;
	int key[8]; /* columns, in order of comparison */
	int keys;
	int entry; /* the column `entry`, or -1 */
};

struct side {
	struct sr_db *db;
	struct sr_stmt *st;
	bool row;
};

/* Which entry made the rows of a table that does not say it, by the first column of its key. */
static const struct {
	const char *column, *sql;
} origins[] = {
	{"grant_id", "SELECT entry FROM grants WHERE grant_id = ?"},
	{"v", "SELECT entry FROM versions WHERE v = ?"},
	{"n", "SELECT entry FROM items WHERE n = ?"},
	{"vote", "SELECT entry FROM votes WHERE vote = ?"},
	{"run", "SELECT entry FROM runs WHERE run = ?"},
	{"board", "SELECT entry FROM boards WHERE board = ?"},
	{"epoch", "SELECT entry FROM key_epochs WHERE epoch = ?"},
	{"enquiry", "SELECT entry FROM enquiries WHERE enquiry = ?"},
	{"ask", "SELECT entry FROM recoveries WHERE ask = ?"},
	{"person", "SELECT entry FROM people WHERE person = ?"},
	{"collection", "SELECT entry FROM collections WHERE collection = ?"},
	{"id", "SELECT 0 WHERE ? = 1"}, /* the vault itself: found */
};

static int find_keys(struct shape *s, struct sr_err *e) {
	const char *p = s->table->order;

	while (*p != '\0') {
		const size_t n = strcspn(p, ", ");
		int at = -1;

		for (int i = 0; i < s->columns; i++)
			if (strlen(s->column[i].name) == n && memcmp(s->column[i].name, p, n) == 0)
				at = i;
		if (at < 0 || s->keys == (int)(sizeof s->key / sizeof s->key[0]))
			return sr_fail(e, SR_MISUSE, "table %s has no key column at \"%s\"",
				s->table->name, p);
		s->key[s->keys++] = at;
		s->column[at].key = true;
		p += n;
		p += strspn(p, ", ");
	}
	return 0;
}

static int learn_shape(
	struct shape *s, struct sr_db *db, const struct sr_table *t, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e, "SELECT name, type FROM pragma_table_info(?)", A_STR(t->name));

	memset(s, 0, sizeof *s);
	s->table = t;
	s->entry = -1;
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct column *c = &s->column[s->columns];

		if (s->columns == COLUMNS_MAX)
			rc = sr_fail(e, SR_MISUSE, "table %s has more than %d columns", t->name,
				COLUMNS_MAX);
		if (rc != 0)
			break;
		snprintf(c->name, sizeof c->name, "%s", sr_stmt_col_str(st, 0));
		c->integer = strcmp(sr_stmt_col_str(st, 1), "INTEGER") == 0;
		if (strcmp(c->name, "entry") == 0)
			s->entry = s->columns;
		s->columns++;
	}
	sr_stmt_free(st);
	return rc == 0 ? find_keys(s, e) : rc;
}

static int side_open(
	struct side *s, struct sr_catalogue *c, const struct sr_table *t, struct sr_err *e) {
	char sql[160];

	s->db = sr_catalogue_db(c);
	snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", t->name, t->order);
	return sr_stmt_new(&s->st, s->db, sql, e);
}

static int side_step(struct side *s, struct sr_err *e) {
	return sr_stmt_step(s->st, &s->row, e);
}

/* As SQLite orders them: numbers by value, texts and blobs by their bytes. */
static int key_order(const struct shape *s, const struct side *a, const struct side *b) {
	for (int k = 0; k < s->keys; k++) {
		const int i = s->key[k];

		if (s->column[i].integer) {
			const int64_t x = sr_stmt_col_int(a->st, i), y = sr_stmt_col_int(b->st, i);

			if (x != y)
				return x < y ? -1 : 1;
			continue;
		}
		const struct sr_bytes x = sr_stmt_col_bytes(a->st, i);
		const struct sr_bytes y = sr_stmt_col_bytes(b->st, i);
		const size_t n = x.len < y.len ? x.len : y.len;
		const int c = n == 0 ? 0 : memcmp(x.p, y.p, n);

		if (c != 0)
			return c;
		if (x.len != y.len)
			return x.len < y.len ? -1 : 1;
	}
	return 0;
}

static void show(char *out, size_t size, const struct shape *s, const struct side *row, int i) {
	const struct sr_bytes v = sr_stmt_col_bytes(row->st, i);
	bool printable = true;

	for (size_t k = 0; k < v.len; k++)
		printable = printable && v.p[k] >= 0x20 && v.p[k] < 0x7f;
	if (sr_stmt_col_is_null(row->st, i)) {
		snprintf(out, size, "nothing");
	} else if (s->column[i].integer) {
		snprintf(out, size, "%lld", (long long)sr_stmt_col_int(row->st, i));
	} else if (!s->table->structural && !s->column[i].key) {
		snprintf(out, size, "%zu bytes", v.len);
	} else if (printable) {
		sr_escape_to(out, size, v);
	} else {
		const size_t room = (size - 1) / 2;

		sr_hex(out, v.p, v.len < room ? v.len : room);
	}
}

static void show_key(struct sr_difference *d, const struct shape *s, const struct side *row) {
	size_t len = 0;

	for (int k = 0; k < s->keys && len < sizeof d->key; k++) {
		char value[96];

		show(value, sizeof value, s, row, s->key[k]);
		const int n = snprintf(d->key + len, sizeof d->key - len, "%s%s %s",
			k == 0 ? "" : ", ", s->column[s->key[k]].name, value);
		len += n > 0 ? (size_t)n : 0;
	}
}

/* The entry that the row comes from, and whose statement is there. */
static int find_entry(struct sr_difference *d, const struct shape *s, const struct side *row,
	struct sr_db *log, struct sr_err *e) {
	const char *first = s->column[s->key[0]].name;
	struct sr_stmt *st = NULL;
	int64_t entry = -1;
	bool found = false;
	int rc = 0;

	if (s->entry >= 0 && !sr_stmt_col_is_null(row->st, s->entry))
		entry = sr_stmt_col_int(row->st, s->entry);
	for (size_t i = 0; entry < 0 && i < sizeof origins / sizeof origins[0] && rc == 0; i++) {
		if (strcmp(origins[i].column, first) != 0)
			continue;
		rc = sr_stmt_new(&st, row->db, origins[i].sql, e);
		if (rc != 0)
			return rc;
		if (s->column[s->key[0]].integer)
			sr_stmt_int(st, 1, sr_stmt_col_int(row->st, s->key[0]));
		else if (strcmp(first, "person") == 0)
			sr_stmt_text(st, 1, sr_stmt_col_bytes(row->st, s->key[0]));
		else
			sr_stmt_blob(st, 1, sr_stmt_col_bytes(row->st, s->key[0]));
		rc = sr_stmt_step(st, &found, e);
		if (rc == 0 && found)
			entry = sr_stmt_col_int(st, 0);
		sr_stmt_free(st);
		st = NULL;
	}
	if (rc != 0 || entry < 0)
		return rc;
	d->has_entry = true;
	d->entry = (uint64_t)entry;
	rc = SQL_NEW(
		&st, log, e, "SELECT statement, type FROM entries WHERE entry = ?", A_INT(entry));
	if (rc == 0)
		rc = sr_stmt_step(st, &found, e);
	if (rc == 0 && found) {
		rc = sr_stmt_col_copy(st, 0, d->statement, SR_ID, e);
		snprintf(d->type, sizeof d->type, "%s", sr_stmt_col_str(st, 1));
	}
	sr_stmt_free(st);
	return rc;
}

struct merge {
	struct shape shape;
	struct side a, b;
	int (*each)(void *ctx, const struct sr_difference *d, struct sr_err *e);
	void *ctx;
};

/* ${row}: the side that has it. */
static int tell(
	struct merge *m, struct sr_difference *d, const struct side *row, struct sr_err *e) {
	int rc;

	d->table = m->shape.table->name;
	show_key(d, &m->shape, row);
	rc = find_entry(d, &m->shape, row, m->b.db, e);
	return rc == 0 ? m->each(m->ctx, d, e) : rc;
}

static bool same(const struct side *a, const struct side *b, int i) {
	if (sr_stmt_col_is_null(a->st, i) || sr_stmt_col_is_null(b->st, i))
		return sr_stmt_col_is_null(a->st, i) && sr_stmt_col_is_null(b->st, i);
	return sr_bytes_eq(sr_stmt_col_bytes(a->st, i), sr_stmt_col_bytes(b->st, i));
}

static int compare_row(struct merge *m, struct sr_err *e) {
	int rc = 0;

	for (int i = 0; i < m->shape.columns && rc == 0; i++) {
		struct sr_difference d = {.kind = SR_DIFFERS};

		if (same(&m->a, &m->b, i))
			continue;
		snprintf(d.field, sizeof d.field, "%s", m->shape.column[i].name);
		show(d.have, sizeof d.have, &m->shape, &m->a, i);
		show(d.want, sizeof d.want, &m->shape, &m->b, i);
		rc = tell(m, &d, &m->b, e);
	}
	return rc;
}

static int merge_step(struct merge *m, uint64_t *rows, struct sr_err *e) {
	struct sr_difference d = {.kind = SR_SURPLUS};
	int order, rc;

	if (!m->a.row)
		order = 1;
	else if (!m->b.row)
		order = -1;
	else
		order = key_order(&m->shape, &m->a, &m->b);
	if (order == 0) {
		rc = compare_row(m, e);
	} else {
		d.kind = order < 0 ? SR_SURPLUS : SR_MISSING;
		rc = tell(m, &d, order < 0 ? &m->a : &m->b, e);
	}
	if (rc == 0 && order <= 0)
		rc = side_step(&m->a, e);
	if (rc == 0 && order >= 0) {
		*rows += 1;
		rc = side_step(&m->b, e);
	}
	return rc;
}

static int diff_table(struct merge *m, struct sr_catalogue *a, struct sr_catalogue *b,
	const struct sr_table *t, uint64_t *rows, struct sr_err *e) {
	int rc = learn_shape(&m->shape, sr_catalogue_db(b), t, e);

	if (rc == 0)
		rc = side_open(&m->a, a, t, e);
	if (rc == 0)
		rc = side_open(&m->b, b, t, e);
	if (rc == 0)
		rc = side_step(&m->a, e);
	if (rc == 0)
		rc = side_step(&m->b, e);
	while (rc == 0 && (m->a.row || m->b.row))
		rc = merge_step(m, rows, e);
	sr_stmt_free(m->a.st);
	sr_stmt_free(m->b.st);
	m->a.st = m->b.st = NULL;
	return rc;
}

int sr_catalogue_diff(struct sr_catalogue *a, struct sr_catalogue *b,
	int (*each)(void *ctx, const struct sr_difference *d, struct sr_err *e), void *ctx,
	uint64_t *rows, struct sr_err *e) {
	struct merge *m = calloc(1, sizeof *m);
	size_t count = 0;
	const struct sr_table *t = sr_schema_tables(&count);
	int rc = m == NULL ? sr_fail(e, SR_NOMEM, "diff: out of memory") : 0;

	*rows = 0;
	if (m != NULL) {
		m->each = each;
		m->ctx = ctx;
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = diff_table(m, a, b, &t[i], rows, e);
	free(m);
	return rc;
}
