/*
 * query_item - collections, accessions, items and their files. See query.h.
 */
#include "catalogue/query_in.h"

/* --- conditions --- */

int sr_where_add(
	struct sr_where *w, const char *condition, struct sr_sql_arg arg, struct sr_err *e) {
	size_t at = strlen(w->sql), len = strlen(condition);

	if (w->count == SR_WHERE_ARGS || at + len + 1 > sizeof w->sql)
		return sr_fail(e, SR_MISUSE, "too many conditions (%zu)", w->count);
	memcpy(w->sql + at, condition, len + 1);
	w->args[w->count++] = arg;
	return 0;
}

int sr_where_page(struct sr_where *w, const struct sr_page *page, struct sr_err *e) {
	int rc = sr_where_add(w, "", A_U64(page->limit), e);

	return rc == 0 ? sr_where_add(w, "", A_U64(page->offset), e) : rc;
}

/* Who may know of an item: one condition of alternatives, each with its parameter. */
static int where_visible(struct sr_where *w, const struct sr_item_filter *f, struct sr_err *e) {
	int hidden = f->referral ? 0 : SR_ITEM_REFERRAL | SR_ITEM_SEALED;
	int rc = sr_where_add(w, " AND (((i.flags & ?) = 0 AND (0", A_INT(hidden), e);

	if (rc == 0 && f->released)
		rc = sr_where_add(w,
			" OR i.state = 'released' OR (i.state = ? AND i.released NOT NULL)",
			A_STR("destroyed"), e);
	if (rc == 0 && f->held)
		rc = sr_where_add(w, " OR i.state IN ('held', ?)", A_STR("destroyed"), e);
	if (rc == 0)
		rc = sr_where_add(w, ")) OR i.depositor = ?)", A_STR(f->depositor),
			e); /* NULL: equals nobody */
	return rc;
}

int sr_where_items(struct sr_where *w, const struct sr_item_filter *f, struct sr_err *e) {
	int rc = where_visible(w, f, e);

	if (rc == 0 && f->collection != NULL)
		rc = sr_where_add(w, " AND i.collection = ?", A_ID(f->collection), e);
	if (rc == 0 && f->accession != NULL)
		rc = sr_where_add(w, " AND i.accession = ?", A_ID(f->accession), e);
	if (rc == 0 && f->hazard != NULL)
		rc = sr_where_add(w, " AND i.n IN (SELECT n FROM item_hazards WHERE hazard = ?",
			A_STR(f->hazard), e);
	if (rc == 0 && f->hazard != NULL)
		rc = sr_where_add(w, " UNION SELECT n FROM item_marks WHERE hazard = ?)",
			A_STR(f->hazard), e);
	if (rc == 0 && f->language != NULL)
		rc = sr_where_add(w,
			" AND i.n IN (SELECT n FROM item_languages WHERE language = ?)",
			A_STR(f->language), e);
	if (rc == 0 && f->state != SR_S_NONE)
		rc = sr_where_add(w, " AND i.state = ?", A_STR(sr_state_name(f->state)), e);
	return rc;
}

/* --- collections and accessions --- */

#define COLLECTION_SQL                                                               \
	"SELECT c.collection, c.request, c.dedupe, c.entry, t.name,"                 \
	" (SELECT count(*) FROM items i WHERE i.collection = c.collection), c.board" \
	" FROM collections c"                                                        \
	" LEFT JOIN collection_texts t ON t.collection = c.collection"

void sr_collection_row_free(struct sr_collection_row *r) {
	sr_words_free(r->name);
	memset(r, 0, sizeof *r);
}

void sr_collections_free(struct sr_collections *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_collection_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_collection(struct sr_collection_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, r->id, SR_ID, e);

	if (rc == 0)
		rc = sr_stmt_col_copy(st, 1, r->request, SR_ID, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 6, r->board, SR_ID, e);
	if (rc != 0)
		return rc;
	r->dedupe = strcmp(sr_stmt_col_str(st, 2), "collection") == 0;
	r->entry = (uint64_t)sr_stmt_col_int(st, 3);
	r->items = (uint64_t)sr_stmt_col_int(st, 5);
	return sr_col_dup(&r->name, st, 4, e);
}

int sr_query_collection(struct sr_collection_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_collection_row r;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(
		&st, sr_catalogue_db(c), e, COLLECTION_SQL " WHERE c.collection = ?", A_ID(id));

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_collection(&r, st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such collection");
	if (rc != 0)
		sr_collection_row_free(&r);
	else
		*out = r;
	return rc;
}

int sr_query_collections(struct sr_collections *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_collections l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_stmt_new(&st, sr_catalogue_db(c), COLLECTION_SQL " ORDER BY c.entry", e);

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_collection(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_collections_free(&l);
	*out = l;
	return rc;
}

int sr_query_accession(struct sr_accession_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_accession_row r;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT accession, collection, depositor, items, files, bytes, list, entry"
		" FROM accessions WHERE accession = ?",
		A_ID(id));

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0 && (rc = sr_stmt_col_copy(st, 0, r.id, SR_ID, e)) == 0 &&
		(rc = sr_stmt_col_copy(st, 1, r.collection, SR_ID, e)) == 0 &&
		(rc = sr_stmt_col_copy(st, 6, r.list, SR_HASH, e)) == 0) {
		sr_col_person(r.depositor, st, 2);
		r.items = (uint64_t)sr_stmt_col_int(st, 3);
		r.files = (uint64_t)sr_stmt_col_int(st, 4);
		r.bytes = (uint64_t)sr_stmt_col_int(st, 5);
		r.entry = (uint64_t)sr_stmt_col_int(st, 7);
	}
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such accession");
	if (rc == 0)
		*out = r;
	return rc;
}

/* --- items --- */

#define ITEM_SQL                                                                            \
	"SELECT i.item, i.accession, i.collection, i.depositor, i.state, i.flags, i.level," \
	" i.number, i.envelope,"                                                            \
	" i.bytes, i.files, i.described, i.entry, i.released, i.date,"                      \
	" (SELECT group_concat(hazard, ' ') FROM item_hazards h WHERE h.n = i.n),"          \
	" (SELECT group_concat(language, ' ') FROM item_languages l WHERE l.n = i.n),"      \
	" t.title, t.translit, t.description, t.creator, t.source, t.rights, t.keywords,"   \
	" i.destroyed,"                                                                     \
	" (SELECT c.board FROM collections c WHERE c.collection = i.collection), i.parent," \
	" i.epoch, i.sealed,"                                                               \
	" (SELECT group_concat(DISTINCT hazard) FROM item_marks m WHERE m.n = i.n)"         \
	" FROM items i LEFT JOIN item_texts t ON t.n = i.n"

void sr_item_row_free(struct sr_item_row *r) {
	sr_words_free(r->hazards);
	sr_words_free(r->parts);
	sr_words_free(r->languages);
	sr_words_free(r->date);
	sr_words_free(r->title);
	sr_words_free(r->translit);
	sr_words_free(r->description);
	sr_words_free(r->creator);
	sr_words_free(r->source);
	sr_words_free(r->rights);
	sr_words_free(r->keywords);
	memset(r, 0, sizeof *r);
}

void sr_items_free(struct sr_items *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_item_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_item_texts(struct sr_item_row *r, struct sr_stmt *st, struct sr_err *e) {
	char **const fields[] = {&r->title, &r->translit, &r->description, &r->creator, &r->source,
		&r->rights, &r->keywords};
	int rc = sr_col_dup(&r->date, st, 14, e);

	if (rc == 0)
		rc = sr_col_dup_some(&r->hazards, st, 15, e);
	if (rc == 0)
		rc = sr_col_dup_some(&r->languages, st, 16, e);
	if (rc == 0)
		rc = sr_col_dup_some(&r->parts, st, 29, e);
	for (char *p = r->parts; rc == 0 && (p = strchr(p, ',')) != NULL; p++)
		*p = ' '; /* DISTINCT takes no other separator */
	for (int i = 0; i < (int)(sizeof fields / sizeof fields[0]) && rc == 0; i++)
		rc = sr_col_dup(fields[i], st, 17 + i, e);
	return rc;
}

static int read_item(struct sr_item_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc;

	if ((rc = sr_stmt_col_copy(st, 0, r->id, SR_ID, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 1, r->accession, SR_ID, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 2, r->collection, SR_ID, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 8, r->envelope, SR_HASH, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 25, r->board, SR_ID, e)) != 0 ||
		(rc = sr_state_named(&r->state, sr_stmt_col_bytes(st, 4), e)) != 0)
		return rc;
	sr_col_person(r->depositor, st, 3);
	r->flags = (unsigned)sr_stmt_col_int(st, 5);
	r->level = (uint32_t)sr_stmt_col_int(st, 6);
	r->number = (uint32_t)sr_stmt_col_int(st, 7);
	r->bytes = (uint64_t)sr_stmt_col_int(st, 9);
	r->files = (uint64_t)sr_stmt_col_int(st, 10);
	r->described = sr_stmt_col_int(st, 11) != 0;
	r->entry = (uint64_t)sr_stmt_col_int(st, 12);
	r->released = (uint64_t)sr_stmt_col_int(st, 13);
	r->destroyed = (uint64_t)sr_stmt_col_int(st, 24);
	r->epoch = (uint32_t)sr_stmt_col_int(st, 27);
	r->sealed = (uint64_t)sr_stmt_col_int(st, 28);
	rc = 0;
	r->redacted = sr_col_opt(st, 26, r->parent, SR_ID, &rc, e);
	return rc == 0 ? read_item_texts(r, st, e) : rc;
}

int sr_item_number(
	int64_t *n, struct sr_catalogue *c, const uint8_t item[SR_ID], struct sr_err *e) {
	int rc = SQL_INT_OF(
		sr_catalogue_db(c), e, n, "SELECT n FROM items WHERE item = ?", A_ID(item));

	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "there is no such item") : rc;
}

int sr_query_item(struct sr_item_row *out, struct sr_catalogue *c, const uint8_t id[SR_ID],
	struct sr_err *e) {
	struct sr_item_row r;
	struct sr_stmt *st = NULL;
	/* A kept statement: walks over all that is held ask for each item. */
	int rc = SQL_OPEN(&st, sr_catalogue_db(c), e, ITEM_SQL " WHERE i.item = ?", A_ID(id));

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_item(&r, st, e);
	sr_stmt_reset(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such item");
	if (rc != 0)
		sr_item_row_free(&r);
	else
		*out = r;
	return rc;
}

static int count_items(
	uint64_t *total, struct sr_db *db, const struct sr_where *w, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	char sql[1200];
	int rc;

	snprintf(sql, sizeof sql, "SELECT count(*) FROM items i WHERE 1%s", w->sql);
	rc = sr_sql_new(&st, db, sql, w->args, w->count, e);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		*total = (uint64_t)sr_stmt_col_int(st, 0);
	sr_stmt_free(st);
	return rc;
}

int sr_query_items(struct sr_items *out, struct sr_catalogue *c, const struct sr_item_filter *f,
	const struct sr_page *p, struct sr_err *e) {
	struct sr_page page = sr_page_of(p);
	struct sr_items l = {NULL, 0, 0};
	struct sr_stmt *st = NULL;
	struct sr_where w;
	char sql[2200];
	bool row = false;
	int rc;

	memset(&w, 0, sizeof w);
	memset(out, 0, sizeof *out);
	rc = sr_where_items(&w, f, e);
	if (rc == 0)
		rc = count_items(&l.total, sr_catalogue_db(c), &w, e);
	snprintf(sql, sizeof sql, ITEM_SQL " WHERE 1%s ORDER BY i.n LIMIT ? OFFSET ?", w.sql);
	if (rc == 0)
		rc = sr_where_page(&w, &page, e);
	if (rc == 0)
		rc = sr_sql_new(&st, sr_catalogue_db(c), sql, w.args, w.count, e);
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_item(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_items_free(&l);
	*out = l;
	return rc;
}

void sr_tombstones_free(struct sr_tombstones *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_tombstones(struct sr_tombstones *out, struct sr_catalogue *c, uint64_t from,
	uint64_t past, struct sr_err *e) {
	struct sr_tombstones l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT item, number, destroyed FROM items WHERE destroyed >= ? AND destroyed < ?"
		" ORDER BY destroyed, n",
		A_INT(from > INT64_MAX ? INT64_MAX : (int64_t)from),
		A_INT(past > INT64_MAX ? INT64_MAX : (int64_t)past));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 0, l.rows[l.count - 1].item, SR_ID, e);
		if (rc == 0) {
			l.rows[l.count - 1].number = (uint32_t)sr_stmt_col_int(st, 1);
			l.rows[l.count - 1].entry = (uint64_t)sr_stmt_col_int(st, 2);
		}
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_tombstones_free(&l);
	*out = l;
	return rc;
}

int sr_query_exports(
	uint64_t *count, struct sr_catalogue *c, const uint8_t item[SR_ID], struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM views v JOIN checkouts k ON k.checkout = v.checkout"
		" JOIN items i ON i.n = k.n WHERE v.event = 'export' AND i.item = ?",
		A_ID(item));

	*count = (uint64_t)n;
	return rc;
}

int sr_query_last_erasing(uint64_t *entry, struct sr_catalogue *c, struct sr_err *e) {
	int64_t last = -1;
	int rc = sr_db_int(sr_catalogue_db(c),
		"SELECT max(coalesce((SELECT max(destroyed) FROM items), -1),"
		" coalesce((SELECT max(entry) FROM erasures), -1))",
		&last, e);

	if (rc == 0 && last < 0)
		return sr_fail(e, SR_NOTFOUND, "nothing was destroyed or erased");
	*entry = (uint64_t)last;
	return rc;
}

/* --- files --- */

void sr_item_files_free(struct sr_item_files *l) {
	for (size_t i = 0; i < l->count; i++) {
		sr_words_free(l->rows[i].path);
		sr_words_free(l->rows[i].media_type);
	}
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_file(struct sr_item_file *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_col_dup_some(&r->path, st, 0, e);

	if (rc == 0)
		rc = sr_col_dup_some(&r->media_type, st, 1, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 5, r->sha256, SR_HASH, e);
	r->kind = (int)sr_stmt_col_int(st, 2);
	r->size = (uint64_t)sr_stmt_col_int(st, 3);
	r->mtime = sr_stmt_col_int(st, 4);
	return rc;
}

int sr_query_item_files(struct sr_item_files *out, struct sr_catalogue *c, const uint8_t id[SR_ID],
	const struct sr_page *p, struct sr_err *e) {
	struct sr_page page = sr_page_of(p);
	struct sr_item_files l = {NULL, 0, 0};
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_stmt *st = NULL;
	int64_t n = 0, total = 0;
	bool row = false;
	int rc = sr_item_number(&n, c, id, e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = SQL_INT_OF(
			db, e, &total, "SELECT count(*) FROM item_files WHERE n = ?", A_INT(n));
	if (rc == 0)
		rc = SQL_NEW(&st, db, e,
			"SELECT path, media_type, kind, size, mtime, sha256 FROM item_files"
			" WHERE n = ? ORDER BY position"
			" LIMIT ? OFFSET ?",
			A_INT(n), A_U64(page.limit), A_U64(page.offset));
	l.total = (uint64_t)total;
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_file(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_item_files_free(&l);
	*out = l;
	return rc;
}
