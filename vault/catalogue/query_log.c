/*
 * query_log - entries, objects, texts, comments and counts. See query.h.
 */
#include "catalogue/query_in.h"

#define ENTRY_SQL "SELECT entry, type, statement, hash, actor, time, received, object FROM entries"

static int read_entry(struct sr_entry_row *r, struct sr_stmt *st, struct sr_err *e) {
	const struct sr_type *t = sr_type_named(sr_stmt_col_bytes(st, 1));
	int rc;

	if (t == NULL)
		return sr_fail(
			e, SR_CORRUPT, "entries: type \"%s\" is not known", sr_stmt_col_str(st, 1));
	r->index = (uint64_t)sr_stmt_col_int(st, 0);
	r->type = t->id;
	if ((rc = sr_stmt_col_copy(st, 2, r->statement, SR_ID, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 3, r->hash, SR_HASH, e)) != 0)
		return rc;
	sr_col_person(r->actor, st, 4);
	r->time = sr_stmt_col_int(st, 5);
	r->received = sr_stmt_col_int(st, 6);
	r->has_object = sr_col_opt(st, 7, r->object, SR_HASH, &rc, e);
	return rc;
}

/* Takes over ${st}. */
static int one_entry(struct sr_entry_row *out, struct sr_stmt *st, struct sr_err *e) {
	struct sr_entry_row r;
	int rc = sr_stmt_row(st, e);

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = read_entry(&r, st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such entry");
	if (rc == 0)
		*out = r;
	return rc;
}

int sr_query_entry(
	struct sr_entry_row *out, struct sr_catalogue *c, uint64_t index, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, ENTRY_SQL " WHERE entry = ?",
		index > INT64_MAX ? A_INT(-1) : A_U64(index));

	return rc == 0 ? one_entry(out, st, e) : rc;
}

int sr_query_statement(struct sr_entry_row *out, struct sr_catalogue *c, const uint8_t id[SR_ID],
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, ENTRY_SQL " WHERE statement = ?", A_ID(id));

	return rc == 0 ? one_entry(out, st, e) : rc;
}

void sr_entries_free(struct sr_entries *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int where_entries(struct sr_where *w, const struct sr_entry_filter *f, struct sr_err *e) {
	int rc = 0;

	if (f->from != 0)
		rc = sr_where_add(w, f->newest_first ? " AND entry <= ?" : " AND entry >= ?",
			A_INT(f->from > INT64_MAX ? INT64_MAX : (int64_t)f->from), e);
	if (rc == 0 && f->type >= 0) {
		const struct sr_type *t = sr_type_at((enum sr_type_id)f->type);
		if (t == NULL)
			return sr_fail(e, SR_MISUSE, "statement type %d", f->type);
		rc = sr_where_add(w, " AND type = ?", A_STR(t->name), e);
	}
	if (rc == 0 && f->actor != NULL)
		rc = sr_where_add(w, " AND actor = ?", A_STR(f->actor), e);
	if (rc == 0 && f->about != NULL)
		rc = sr_where_add(w, " AND entry IN (SELECT entry FROM subjects WHERE value = ?)",
			A_STR(f->about), e);
	return rc;
}

int sr_query_entries(struct sr_entries *out, struct sr_catalogue *c,
	const struct sr_entry_filter *f, const struct sr_page *p, struct sr_err *e) {
	struct sr_page page = sr_page_of(p);
	struct sr_entries l = {NULL, 0};
	struct sr_stmt *st = NULL;
	struct sr_where w;
	char sql[1400];
	bool row = false;
	int rc;

	memset(out, 0, sizeof *out);
	memset(&w, 0, sizeof w);
	rc = where_entries(&w, f, e);
	snprintf(sql, sizeof sql, ENTRY_SQL " WHERE 1%s ORDER BY entry %s LIMIT ? OFFSET ?", w.sql,
		f->newest_first ? "DESC" : "ASC");
	if (rc == 0)
		rc = sr_where_page(&w, &page, e);
	if (rc == 0)
		rc = sr_sql_new(&st, sr_catalogue_db(c), sql, w.args, w.count, e);
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_entry(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_entries_free(&l);
	*out = l;
	return rc;
}

int sr_object_at_read(
	struct sr_object_at *out, struct sr_stmt *st, const uint8_t id[SR_HASH], struct sr_err *e) {
	int rc = sr_stmt_row(st, e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, out->file, SR_HASH, e);
	if (rc != 0)
		return rc;
	memcpy(out->id, id, SR_HASH);
	out->position = (uint32_t)sr_stmt_col_int(st, 1);
	out->entry = (uint64_t)sr_stmt_col_int(st, 2);
	snprintf(out->subject, sizeof out->subject, "%s", sr_stmt_col_str(st, 3));
	out->epoch = (uint32_t)sr_stmt_col_int(st, 4);
	return 0;
}

int sr_query_object(struct sr_object_at *out, struct sr_catalogue *c, const uint8_t id[SR_HASH],
	struct sr_err *e) {
	struct sr_object_at at;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, SR_SQL_OBJECT, A_HASH(id));

	if (rc == 0)
		rc = sr_object_at_read(&at, st, id, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "no statement names that object");
	if (rc == 0)
		*out = at;
	return rc;
}

/* All values of the one column of ${sql}, ${size} bytes each. */
static int blobs(uint8_t **out, size_t *count, struct sr_db *db, const char *sql, size_t size,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	void *rows = NULL;
	size_t n = 0;
	bool row = false;
	int rc = sr_stmt_new(&st, db, sql, e);

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow(&rows, &n, size, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 0, (uint8_t *)rows + (n - 1) * size, size, e);
	}
	sr_stmt_free(st);
	if (rc != 0) {
		free(rows);
		rows = NULL;
		n = 0;
	}
	*out = rows;
	*count = n;
	return rc;
}

int sr_query_object_files(
	uint8_t **names, size_t *count, struct sr_catalogue *c, struct sr_err *e) {
	return blobs(names, count, sr_catalogue_db(c),
		"SELECT DISTINCT object FROM entries WHERE object IS NOT NULL ORDER BY object",
		SR_HASH, e);
}

int sr_query_packs(uint8_t **names, size_t *count, struct sr_catalogue *c, struct sr_err *e) {
	return blobs(names, count, sr_catalogue_db(c),
		"SELECT pack FROM packs WHERE ended IS NULL ORDER BY pack", SR_HASH, e);
}

int sr_query_last_packs(uint8_t **names, size_t *count, struct sr_catalogue *c, struct sr_err *e) {
	return blobs(names, count, sr_catalogue_db(c),
		"SELECT pack FROM packs WHERE ended IS NULL"
		" AND entry >= (SELECT max(entry) - 1 FROM entries) ORDER BY pack",
		SR_HASH, e);
}

/* --- texts --- */

void sr_texts_free(struct sr_texts *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].text);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_texts(struct sr_texts *out, struct sr_catalogue *c, uint64_t entry, struct sr_err *e) {
	struct sr_texts l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT r.entry, r.compartment, r.subject, r.field, r.idx, t.text FROM"
		" records r LEFT JOIN texts t"
		" ON t.entry = r.entry AND t.record = r.record WHERE r.entry = ? ORDER BY r.record",
		A_U64(entry));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_text_row *r = &l.rows[l.count - 1];
		r->entry = (uint64_t)sr_stmt_col_int(st, 0);
		r->compartment =
			sr_stmt_col_int(st, 1) == SR_DESCRIPTIVE ? SR_DESCRIPTIVE : SR_PERSONAL;
		snprintf(r->subject, sizeof r->subject, "%s", sr_stmt_col_str(st, 2));
		snprintf(r->field, sizeof r->field, "%s", sr_stmt_col_str(st, 3));
		r->index = (uint32_t)sr_stmt_col_int(st, 4);
		rc = sr_col_dup(&r->text, st, 5, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_texts_free(&l);
	*out = l;
	return rc;
}

void sr_comments_free(struct sr_comments *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].text);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_comments(struct sr_comments *out, struct sr_catalogue *c, const uint8_t request[SR_ID],
	struct sr_err *e) {
	struct sr_comments l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT c.entry, c.person, e.received, t.text FROM comments c JOIN entries e"
		" ON e.entry = c.entry"
		" LEFT JOIN records r ON r.entry = c.entry AND r.field = 'text'"
		" LEFT JOIN texts t ON t.entry = r.entry AND t.record = r.record WHERE"
		" c.request = ? ORDER BY c.entry",
		A_ID(request));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_comment_row *r = &l.rows[l.count - 1];
		r->entry = (uint64_t)sr_stmt_col_int(st, 0);
		sr_col_person(r->person, st, 1);
		r->received = sr_stmt_col_int(st, 2);
		rc = sr_col_dup(&r->text, st, 3, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_comments_free(&l);
	*out = l;
	return rc;
}

/* --- counts --- */

int sr_query_counts(struct sr_counts *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_counts n;
	const struct {
		const char *sql;
		uint64_t *to;
	} what[] = {
		{"SELECT count(*) FROM entries", &n.entries},
		{"SELECT count(*) FROM people", &n.people},
		{"SELECT count(*) FROM collections", &n.collections},
		{"SELECT count(*) FROM accessions", &n.accessions},
		{"SELECT count(*) FROM items WHERE state = 'held'", &n.items_held},
		{"SELECT count(*) FROM items WHERE state = 'released'", &n.items_released},
		{"SELECT count(*) FROM items WHERE destroyed NOT NULL", &n.items_destroyed},
		{"SELECT coalesce(sum(bytes), 0) FROM items", &n.bytes},
		{"SELECT count(*) FROM versions WHERE state = 'open'", &n.requests_open},
		{"SELECT count(*) FROM grants WHERE state = 'live'", &n.grants_live},
		{"SELECT count(*) FROM grants WHERE state = 'suspended'", &n.grants_suspended},
		{"SELECT count(*) FROM checkouts WHERE ended IS NULL", &n.checkouts_live},
		{"SELECT count(*) FROM incidents", &n.incidents},
		{"SELECT count(*) FROM refusals", &n.refusals},
	};
	struct sr_db *db = sr_catalogue_db(c);
	int rc = 0;

	memset(&n, 0, sizeof n);
	for (size_t i = 0; i < sizeof what / sizeof what[0] && rc == 0; i++) {
		int64_t v = 0;
		rc = sr_db_int(db, what[i].sql, &v, e);
		*what[i].to = (uint64_t)v;
	}
	if (rc == 0)
		rc = sr_db_int(
			db, "SELECT coalesce(max(received), 0) FROM entries", &n.last_received, e);
	if (rc == 0)
		rc = sr_db_int(db,
			"SELECT coalesce(max(e.received), 0) FROM scrubs s JOIN entries e ON"
			" e.entry = s.entry",
			&n.last_scrub, e);
	if (rc == 0)
		*out = n;
	return rc;
}
