/*
 * query_scan - what was done with held items by itself, and what scanners said of items. See
 * query.h.
 */
#include "catalogue/query_in.h"
#include "store/manifest.h"

void sr_scans_free(struct sr_scans *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].scanner);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_scan(struct sr_scan_row *r, struct sr_stmt *st, struct sr_err *e) {
	r->entry = (uint64_t)sr_stmt_col_int(st, 0);
	r->received = sr_stmt_col_int(st, 1);
	r->signatures = sr_stmt_col_int(st, 2);
	snprintf(r->result, sizeof r->result, "%s", sr_stmt_col_str(st, 3));
	r->clean = (uint64_t)sr_stmt_col_int(st, 4);
	r->infected = (uint64_t)sr_stmt_col_int(st, 5);
	r->not_scanned = (uint64_t)sr_stmt_col_int(st, 6);
	return sr_col_dup(&r->scanner, st, 7, e);
}

int sr_query_scans(struct sr_scans *out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	bool last, struct sr_err *e) {
	struct sr_scans l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT s.entry, en.received, s.signatures, s.result, s.clean, s.infected,"
		" s.not_scanned, s.scanner FROM scans s JOIN items i ON i.n = s.n"
		" JOIN entries en ON en.entry = s.entry WHERE i.item = ?1 AND (NOT ?2 OR NOT EXISTS"
		" (SELECT 1 FROM scans t WHERE t.n = s.n AND t.entry > s.entry"
		" AND substr(t.scanner, 1, instr(t.scanner || '/', '/'))"
		" = substr(s.scanner, 1, instr(s.scanner || '/', '/'))))"
		" ORDER BY s.entry DESC",
		A_ID(item), A_INT(last));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_scan(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_scans_free(&l);
	*out = l;
	return rc;
}

int sr_query_scanned(bool *there, char result[16], struct sr_catalogue *c,
	const uint8_t item[SR_ID], const char *scanner, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT s.result FROM scans s JOIN items i ON i.n = s.n WHERE i.item = ?"
		" AND s.checkout IS NULL AND s.entry > i.sealed AND s.scanner = ?"
		" ORDER BY s.entry DESC LIMIT 1",
		A_ID(item), A_STR(scanner));

	*there = false;
	if (rc == 0)
		rc = sr_stmt_step(st, there, e);
	if (rc == 0 && *there)
		snprintf(result, 16, "%s", sr_stmt_col_str(st, 0));
	sr_stmt_free(st);
	return rc;
}

int sr_query_scanned_since(bool *said, struct sr_catalogue *c, const uint8_t item[SR_ID],
	const char *scanner, uint64_t from, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM scans s JOIN items i ON i.n = s.n WHERE i.item = ?"
		" AND s.scanner = ? AND s.entry >= ?",
		A_ID(item), A_STR(scanner), A_U64(from));

	*said = n > 0;
	return rc;
}

/* --- steps ------------------------------------------------------------------------------------ */

void sr_intakes_free(struct sr_intakes *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_intakes(struct sr_intakes *out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	struct sr_err *e) {
	struct sr_intakes l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT t.entry, en.received, t.added, t.step, t.result FROM intakes t"
		" JOIN items i ON i.n = t.n JOIN entries en ON en.entry = t.entry"
		" WHERE i.item = ? ORDER BY t.entry",
		A_ID(item));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_intake_row *r;

		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		r = &l.rows[l.count - 1];
		r->entry = (uint64_t)sr_stmt_col_int(st, 0);
		r->received = sr_stmt_col_int(st, 1);
		r->added = (uint64_t)sr_stmt_col_int(st, 2);
		snprintf(r->step, sizeof r->step, "%s", sr_stmt_col_str(st, 3));
		snprintf(r->result, sizeof r->result, "%s", sr_stmt_col_str(st, 4));
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_intakes_free(&l);
	*out = l;
	return rc;
}

int sr_query_intake_done(bool *done, struct sr_catalogue *c, const uint8_t item[SR_ID],
	const char *step, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM intakes t JOIN items i ON i.n = t.n"
		" WHERE i.item = ? AND t.step = ? AND t.result != 'unfinished'",
		A_ID(item), A_STR(step));

	*done = n > 0;
	return rc;
}

int sr_query_intake_unfinished(
	char step[33], struct sr_catalogue *c, const uint8_t item[SR_ID], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT t.step FROM intakes t JOIN items i ON i.n = t.n WHERE i.item = ?"
		" AND t.result = 'unfinished' AND NOT EXISTS (SELECT 1 FROM intakes u"
		" WHERE u.n = t.n AND u.step = t.step AND u.entry > t.entry)",
		A_ID(item));

	step[0] = '\0';
	if (rc == 0)
		rc = sr_stmt_step(st, &row, e);
	if (rc == 0 && row)
		snprintf(step, 33, "%s", sr_stmt_col_str(st, 0));
	sr_stmt_free(st);
	return rc;
}

int sr_query_intake_work(
	bool *there, struct sr_catalogue *c, const uint8_t work[SR_ID], struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM intakes WHERE work = ?", A_ID(work));

	*there = n > 0;
	return rc;
}

/* --- facts ------------------------------------------------------------------------------------ */

void sr_item_facts_free(struct sr_item_facts *l) {
	for (size_t i = 0; i < l->count; i++) {
		sr_wipe(l->rows[i].value, l->rows[i].value_len);
		free(l->rows[i].value);
	}
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_fact(struct sr_fact_row *r, struct sr_stmt *st, struct sr_err *e) {
	const struct sr_bytes v = sr_stmt_col_bytes(st, 3);

	r->file = (uint64_t)sr_stmt_col_int(st, 0);
	snprintf(r->step, sizeof r->step, "%s", sr_stmt_col_str(st, 1));
	snprintf(r->key, sizeof r->key, "%s", sr_stmt_col_str(st, 2));
	r->value = malloc(v.len + 1);
	if (r->value == NULL)
		return sr_fail(e, SR_NOMEM, "facts: out of memory");
	if (v.len > 0)
		memcpy(r->value, v.p, v.len);
	r->value_len = v.len;
	return 0;
}

int sr_query_item_facts(struct sr_item_facts *out, struct sr_catalogue *c,
	const uint8_t item[SR_ID], const char *key, const struct sr_page *p, struct sr_err *e) {
	const struct sr_page page = sr_page_of(p);
	struct sr_item_facts l = {NULL, 0, 0};
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_stmt *st = NULL;
	int64_t n = 0, total = 0;
	bool row = false;
	int rc = sr_item_number(&n, c, item, e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = SQL_INT_OF(db, e, &total,
			"SELECT count(*) FROM item_facts WHERE n = ?1 AND (?2 IS NULL OR key = ?2)",
			A_INT(n), A_STR(key));
	if (rc == 0)
		rc = SQL_NEW(&st, db, e,
			"SELECT position, step, key, value FROM item_facts"
			" WHERE n = ?1 AND (?2 IS NULL OR key = ?2) ORDER BY position, step, place"
			" LIMIT ?3 OFFSET ?4",
			A_INT(n), A_STR(key), A_U64(page.limit), A_U64(page.offset));
	l.total = (uint64_t)total;
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_fact(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_item_facts_free(&l);
	*out = l;
	return rc;
}

/* Each row of ${st}, which is freed. */
static int each_of(struct sr_stmt *st, int rc,
	int (*each)(void *ctx, const struct sr_fact_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	bool row = false;

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_fact_row r = {.value = NULL};

		rc = read_fact(&r, st, e);
		if (rc == 0)
			rc = each(ctx, &r, e);
		free(r.value);
	}
	sr_stmt_free(st);
	return rc;
}

int sr_query_each_fact(struct sr_catalogue *c, const uint8_t item[SR_ID], const char *key,
	int (*each)(void *ctx, const struct sr_fact_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int64_t n = 0;
	int rc = sr_item_number(&n, c, item, e);

	if (rc == 0)
		rc = SQL_NEW(&st, sr_catalogue_db(c), e,
			"SELECT position, step, key, value FROM item_facts WHERE n = ? AND key = ?",
			A_INT(n), A_STR(key));
	return each_of(st, rc, each, ctx, e);
}

int sr_query_step_facts(struct sr_catalogue *c, const uint8_t item[SR_ID], const char *step,
	int (*each)(void *ctx, const struct sr_fact_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int64_t n = 0;
	int rc = sr_item_number(&n, c, item, e);

	if (rc == 0)
		rc = SQL_NEW(&st, sr_catalogue_db(c), e,
			"SELECT position, step, key, value FROM item_facts"
			" WHERE n = ? AND step = ? ORDER BY place",
			A_INT(n), A_STR(step));
	return each_of(st, rc, each, ctx, e);
}

/* --- hashes ----------------------------------------------------------------------------------- */

int sr_query_hashes(struct sr_catalogue *c,
	int (*each)(void *ctx, const struct sr_hash_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT i.item, i.number, i.files, f.position, f.path, f.sha256 FROM item_files f"
		" JOIN items i ON i.n = f.n WHERE i.state IN ('held', 'released') AND f.kind = ?"
		" ORDER BY f.n, f.position",
		A_INT(SR_FILE_REGULAR));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_hash_row r = {.number = (uint32_t)sr_stmt_col_int(st, 1)};

		rc = sr_stmt_col_copy(st, 0, r.item, SR_ID, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 5, r.sha256, SR_HASH, e);
		r.files = (uint64_t)sr_stmt_col_int(st, 2);
		r.file = (uint64_t)sr_stmt_col_int(st, 3);
		r.path = sr_stmt_col_bytes(st, 4);
		if (rc == 0)
			rc = each(ctx, &r, e);
	}
	sr_stmt_free(st);
	return rc;
}

int sr_query_same(struct sr_catalogue *c, const uint8_t item[SR_ID], const struct sr_page *p,
	int (*each)(void *ctx, const struct sr_same_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT f.position, f.size, f.path, o.item, g.position, g.path FROM items i"
		" JOIN item_files f ON f.n = i.n JOIN item_files g ON g.sha256 = f.sha256"
		" JOIN items o ON o.n = g.n WHERE i.item = ? AND f.kind = ? AND f.size > 0"
		" AND f.media_type <> ? AND g.kind = ? AND o.state IN ('held', 'released')"
		" AND (g.n <> f.n OR g.position <> f.position)"
		" ORDER BY f.position, o.entry, g.n, g.position LIMIT ? OFFSET ?",
		A_ID(item), A_INT(SR_FILE_REGULAR), A_STR(SR_RENDITION_TEXT),
		A_INT(SR_FILE_REGULAR), A_U64(p->limit), A_U64(p->offset));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_same_row r = {.file = (uint64_t)sr_stmt_col_int(st, 0),
			.size = (uint64_t)sr_stmt_col_int(st, 1),
			.path = sr_stmt_col_bytes(st, 2),
			.other_file = (uint64_t)sr_stmt_col_int(st, 4),
			.other_path = sr_stmt_col_bytes(st, 5)};

		rc = sr_stmt_col_copy(st, 3, r.other, SR_ID, e);
		if (rc == 0)
			rc = each(ctx, &r, e);
	}
	sr_stmt_free(st);
	return rc;
}
