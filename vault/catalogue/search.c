/*
 * search - see search.h: the tokenizer for FTS5, the index of an item, and the answer to a query.
 *
 * Grams: in a document every gram character gives one token (the character) and, at the same
 * position, the pair and the triple that begin there. In a query every character gives only the
 * longest of them that the run still has, so positions agree and a phrase of any length is exact.
 */
#include "catalogue/search.h"

#include <sqlite3.h>

#include "catalogue/fold.h"
#include "catalogue/query_in.h"
#include "catalogue/search_in.h"

/* --- the tokenizer --- */

typedef int token_fn(void *ctx, int flags, const char *token, int len, int start, int end);

struct window { /* grams of one run that wait for those after them */
	struct sr_fold_unit unit[3];
	size_t count;
	void *ctx;
	token_fn *emit;
	bool query;
};

/* The tokens at the first unit of the window. */
static int emit_first(const struct window *w) {
	char text[3 * SR_FOLD_ROOM];
	size_t len = 0;
	int rc = SQLITE_OK;

	for (size_t i = 0; i < w->count && rc == SQLITE_OK; i++) {
		memcpy(text + len, w->unit[i].text, w->unit[i].len);
		len += w->unit[i].len;
		if (w->query && i + 1 != w->count)
			continue;
		rc = w->emit(w->ctx, i == 0 || w->query ? 0 : FTS5_TOKEN_COLOCATED, text, (int)len,
			(int)w->unit[0].start, (int)w->unit[i].end);
	}
	return rc;
}

static void shift(struct window *w) {
	w->count--;
	memmove(&w->unit[0], &w->unit[1], w->count * sizeof w->unit[0]);
}

static int flush(struct window *w) {
	int rc = SQLITE_OK;

	for (; w->count != 0 && rc == SQLITE_OK; shift(w))
		rc = emit_first(w);
	return rc;
}

static int tokenize(
	Fts5Tokenizer *self, void *ctx, int flags, const char *text, int len, token_fn *emit) {
	struct window w = {
		.count = 0, .ctx = ctx, .emit = emit, .query = (flags & FTS5_TOKENIZE_QUERY) != 0};
	struct sr_fold_unit u;
	struct sr_fold f;
	int rc = SQLITE_OK;

	(void)self;
	if (text == NULL || len <= 0)
		return SQLITE_OK;
	sr_fold_init(&f, sr_bytes_of(text, (size_t)len));
	while (rc == SQLITE_OK && sr_fold_next(&f, &u)) {
		if (!u.joined)
			rc = flush(&w);
		if (rc == SQLITE_OK && w.count == 3) {
			rc = emit_first(&w);
			shift(&w);
		}
		if (rc == SQLITE_OK && u.gram)
			w.unit[w.count++] = u;
		else if (rc == SQLITE_OK)
			rc = emit(ctx, 0, u.text, (int)u.len, (int)u.start, (int)u.end);
	}
	return rc == SQLITE_OK ? flush(&w) : rc;
}

static int tokenizer_new(void *ctx, const char **args, int count, Fts5Tokenizer **out) {
	static char stateless; /* FTS5 wants an object; there is nothing to keep in it */

	(void)ctx;
	(void)args;
	if (count != 0)
		return SQLITE_ERROR;
	*out = (Fts5Tokenizer *)(void *)&stateless;
	return SQLITE_OK;
}

static void tokenizer_free(Fts5Tokenizer *self) {
	(void)self;
}

int sr_search_register(struct sr_db *db, struct sr_err *e) {
	static fts5_tokenizer ours = {tokenizer_new, tokenizer_free, tokenize};
	sqlite3_stmt *st = NULL;
	fts5_api *api = NULL;
	int rc = sqlite3_prepare_v2(sr_db_handle(db), "SELECT fts5(?1)", -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_pointer(st, 1, (void *)&api, "fts5_api_ptr", NULL);
	if (rc == SQLITE_OK)
		(void)sqlite3_step(st);
	(void)sqlite3_finalize(st);
	if (rc != SQLITE_OK)
		return sr_db_fail(db, rc, "asking for FTS5", e);
	if (api == NULL || api->iVersion < 2)
		return sr_fail(e, SR_UNSUPPORTED,
			"this SQLite (%s) has no FTS5 to register a tokenizer with: install one "
			"that has, from 3.20 on",
			sqlite3_libversion());
	rc = api->xCreateTokenizer(api, "strongroom", NULL, &ours, NULL);
	return rc == SQLITE_OK ? 0 : sr_db_fail(db, rc, "registering the tokenizer", e);
}

/* clang-format off */
/* Each CASE spares what most items have not: for a UNION SQLite makes a table of its own, and
 * sorts.
 *
 * Texts of fields, one a line. No field of the personal compartment is ever indexed: what is found
 * is shown to whoever may know of the item. */
#define TEXTS(fields) \
	" CASE WHEN EXISTS(SELECT 1 FROM item_value_texts WHERE n = ?1) THEN" \
	" (SELECT group_concat(value, char(10)) FROM (SELECT value FROM item_value_texts" \
	" WHERE n = ?1 AND field IN (" fields ") ORDER BY field DESC, idx)) END,"
#define TEXT(column) " (SELECT " column " FROM item_texts WHERE n = ?1),"

/* VALUES, and not a SELECT of rows: that would be a statement that can be taken back alone, before
 * each of which FTS5 writes what it gathers in memory. */
static const char index_sql[] =
	"INSERT INTO search(rowid, title, translit, description, creator, source, rights, keyword,"
	" file, outlet, channel, serial, hazard, language, medium) VALUES(?1,"
	TEXT("title") TEXT("translit") TEXT("description") TEXT("creator") TEXT("source")
	TEXT("rights") TEXT("keywords")
	" (SELECT substr(group_concat(p, char(10)), 1, 65536) FROM (SELECT CAST(path AS TEXT) AS p"
	" FROM item_files WHERE n = ?1 ORDER BY position LIMIT 2000)),"
	TEXTS("'outlet'")
	TEXTS("'channel'")
	TEXTS("'serial', 'volume', 'issue'")
	" CASE WHEN EXISTS(SELECT 1 FROM item_marks WHERE n = ?1) THEN"
	" (SELECT group_concat(hazard, ' ') FROM " SR_HAZARDS_OF("?1") ") ELSE"
	" (SELECT group_concat(hazard, ' ') FROM item_hazards WHERE n = ?1) END,"
	" (SELECT group_concat(language, ' ') FROM item_languages WHERE n = ?1),"
	" (SELECT group_concat(value, ' ') FROM item_values WHERE n = ?1 AND field = 'medium'))";
/* clang-format on */

int sr_search_index(struct sr_db *db, int64_t item, struct sr_err *e) {
	int rc = SQL_RUN(db, e, "DELETE FROM search WHERE rowid = ?", A_INT(item));

	if (rc != 0)
		return rc;
	return SQL_RUN(db, e, index_sql, A_INT(item));
}

/* --- what people type --- */

static const char *const columns[SR_SEARCH_COLUMNS] = {"title", "translit", "description",
	"creator", "source", "rights", "keyword", "file", "outlet", "channel", "serial", "hazard",
	"language", "medium"};

enum {
	TITLES = 3,
	WORDS = 2047 /* all but hazard, language and medium */
};

static bool is_space(struct sr_bytes in, size_t at, size_t *len) {
	*len = 1;
	if (in.p[at] <= ' ' || in.p[at] == 0x7f)
		return true;
	*len = 3; /* U+3000, ideographic space */
	return in.len - at >= 3 && in.p[at] == 0xE3 && in.p[at + 1] == 0x80 && in.p[at + 2] == 0x80;
}

/* ", or one of the curved ones: U+201C, U+201D, U+201E. */
static bool is_quote(struct sr_bytes in, size_t at, size_t *len) {
	*len = 1;
	if (in.p[at] == '"')
		return true;
	*len = 3;
	return in.len - at >= 3 && in.p[at] == 0xE2 && in.p[at + 1] == 0x80 &&
	       in.p[at + 2] >= 0x9C && in.p[at + 2] <= 0x9E;
}

/* "field:" at ${at}: the columns it means and where it ends; 0 when it is no field, or nothing
 * follows. */
static unsigned field_at(struct sr_bytes in, size_t *at) {
	size_t len = 0, skip;

	for (size_t c = 0; c < SR_SEARCH_COLUMNS; c++) {
		len = strlen(columns[c]);
		if (in.len - *at <= len + 1 || in.p[*at + len] != ':' ||
			is_space(in, *at + len + 1, &skip))
			continue;
		bool same = true;
		for (size_t i = 0; i < len; i++)
			same = same && (in.p[*at + i] | 0x20) == (uint8_t)columns[c][i];
		if (same) {
			*at += len + 1;
			return c == 0 ? TITLES : 1U << c;
		}
	}
	return 0;
}

static size_t end_of_phrase(struct sr_bytes in, size_t at, size_t *next) {
	size_t len;

	for (; at < in.len; at++) {
		if (is_quote(in, at, &len)) {
			*next = at + len;
			return at;
		}
	}
	*next = at;
	return at;
}

static size_t end_of_word(struct sr_bytes in, size_t at, size_t *next) {
	size_t len;

	while (at < in.len && !is_space(in, at, &len))
		at++;
	*next = at;
	return at;
}

/* One term at ${*at}, which is no space; moves ${*at} behind it. */
static void read_term(struct sr_search_term *t, struct sr_bytes in, size_t *at) {
	size_t start, end, skip;

	memset(t, 0, sizeof *t);
	if (in.p[*at] == '-' && in.len - *at > 1 && !is_space(in, *at + 1, &skip)) {
		t->negative = true;
		(*at)++;
	}
	t->columns = field_at(in, at);
	if (t->columns == 0)
		t->columns = WORDS;
	if (is_quote(in, *at, &skip)) {
		start = *at + skip;
		end = end_of_phrase(in, start, at);
		if (*at < in.len && in.p[*at] == '*') {
			t->prefix = true;
			(*at)++;
		}
	} else {
		start = *at;
		end = end_of_word(in, start, at);
		while (end > start && in.p[end - 1] == '*') {
			t->prefix = true;
			end--;
		}
	}
	t->text = sr_bytes_of(in.p + start, end - start);
}

int sr_search_parse(struct sr_search_query *out, struct sr_bytes in, struct sr_err *e) {
	size_t at = 0, len;

	out->count = out->positive = 0;
	if (in.len > SR_QUERY_MAX)
		return sr_fail(
			e, SR_LIMIT, "the query has %zu bytes, at most %d", in.len, SR_QUERY_MAX);
	while (at < in.len) {
		struct sr_search_term t;
		struct sr_fold_unit u;
		struct sr_fold f;
		if (is_space(in, at, &len)) {
			at += len;
			continue;
		}
		read_term(&t, in, &at);
		sr_fold_init(&f, t.text);
		if (!sr_fold_next(&f, &u))
			continue; /* only signs */
		if (out->count == SR_QUERY_TERMS)
			return sr_fail(
				e, SR_LIMIT, "the query has more than %d words", SR_QUERY_TERMS);
		out->terms[out->count++] = t;
		out->positive += !t.negative;
	}
	if (out->positive == 0)
		return sr_fail(e, SR_USAGE, "%s",
			out->count == 0
				? "the query has no word to look for"
				: "the query only excludes: give at least one word that must"
				  " occur");
	return 0;
}

static void put_term(struct sr_buf *b, const struct sr_search_term *t) {
	sr_buf_put_str(b, "({");
	for (size_t c = 0; c < SR_SEARCH_COLUMNS; c++) {
		if ((t->columns & (1U << c)) != 0) {
			sr_buf_put_str(b, columns[c]);
			sr_buf_put_u8(b, ' ');
		}
	}
	sr_buf_put_str(b, "} : \"");
	for (size_t i = 0; i < t->text.len; i++) {
		uint8_t ch = t->text.p[i];
		if (ch == '"')
			sr_buf_put_u8(b, '"');
		sr_buf_put_u8(b, ch == 0 ? ' ' : ch);
	}
	sr_buf_put_str(b, t->prefix ? "\" *)" : "\")");
}

/* Everything of the query lies inside FTS5 strings, where only the quote means something. */
static void put_match(struct sr_buf *b, const struct sr_search_query *q) {
	bool first = true;

	sr_buf_put_u8(b, '(');
	for (size_t i = 0; i < q->count; i++) {
		if (q->terms[i].negative)
			continue;
		sr_buf_put_str(b, first ? "" : " AND ");
		put_term(b, &q->terms[i]);
		first = false;
	}
	sr_buf_put_u8(b, ')');
	if (q->positive == q->count)
		return;
	first = true;
	sr_buf_put_str(b, " NOT (");
	for (size_t i = 0; i < q->count; i++) {
		if (!q->terms[i].negative)
			continue;
		sr_buf_put_str(b, first ? "" : " OR ");
		put_term(b, &q->terms[i]);
		first = false;
	}
	sr_buf_put_u8(b, ')');
}

/* --- the answer --- */

static int read_hit(struct sr_hits *hits, struct sr_stmt *st, const struct sr_search_query *q,
	struct sr_err *e) {
	struct sr_bytes texts[SR_SEARCH_COLUMNS];
	struct sr_hit *h;
	int rc = sr_list_grow((void **)&hits->rows, &hits->count, sizeof *hits->rows, e);

	if (rc != 0)
		return rc;
	h = &hits->rows[hits->count - 1];
	if ((rc = sr_stmt_col_copy(st, 0, h->item, SR_ID, e)) != 0 ||
		(rc = sr_col_dup(&h->title, st, 2, e)) != 0)
		return rc;
	h->score = -sr_stmt_col_real(st, 1);
	for (int i = 0; i < SR_SEARCH_COLUMNS; i++) {
		texts[i].p = NULL;
		texts[i].len = 0;
		if (!sr_stmt_col_is_null(st, 2 + i))
			texts[i] = sr_stmt_col_bytes(st, 2 + i);
	}
	return sr_search_snippet(&h->snippet, q, texts, e);
}

static int find(struct sr_hits *hits, struct sr_db *db, const struct sr_search_query *q,
	const struct sr_where *w, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	struct sr_buf sql;
	bool row = false;
	int rc;

	sr_buf_init(&sql);
	sr_buf_printf(&sql,
		"SELECT i.item, bm25(search, 8, 8, 2, 4, 1, 1, 4, 1, 4, 4, 4, 1, 1, 1) AS score,"
		" search.title, search.translit,"
		" search.description, search.creator, search.source, search.rights,"
		" search.keyword, search.file, search.outlet, search.channel, search.serial,"
		" search.hazard, search.language, search.medium FROM search JOIN items i"
		" ON i.n = search.rowid"
		" WHERE search MATCH ?%s ORDER BY score, i.n LIMIT ? OFFSET ?%c",
		w->sql, '\0');
	rc = sr_buf_ok(&sql, e);
	if (rc == 0)
		rc = sr_sql_new(&st, db, (const char *)sql.p, w->args, w->count, e);
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row)
		rc = read_hit(hits, st, q, e);
	sr_stmt_free(st);
	sr_buf_free(&sql);
	return rc;
}

static int count_all(
	uint64_t *total, struct sr_db *db, const struct sr_where *w, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	char sql[1200];
	int rc;

	snprintf(sql, sizeof sql,
		"SELECT count(*) FROM search JOIN items i ON i.n = search.rowid WHERE search"
		" MATCH ?%s",
		w->sql);
	rc = sr_sql_new(&st, db, sql, w->args, w->count, e);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		*total = (uint64_t)sr_stmt_col_int(st, 0);
	sr_stmt_free(st);
	return rc;
}

int sr_search(
	struct sr_hits *out, struct sr_catalogue *c, const struct sr_search *s, struct sr_err *e) {
	struct sr_page page = {s->offset, s->limit == 0 ? 20 : s->limit > 200 ? 200 : s->limit};
	struct sr_search_query q;
	struct sr_hits hits = {NULL, 0, 0};
	struct sr_where w;
	struct sr_buf match;
	int rc = sr_search_parse(&q, s->query, e);

	memset(out, 0, sizeof *out);
	if (rc != 0)
		return rc;
	memset(&w, 0, sizeof w);
	sr_buf_init(&match);
	put_match(&match, &q);
	rc = sr_buf_ok(&match, e);
	if (rc == 0)
		rc = sr_where_add(&w, "", A_TEXT(sr_buf_view(&match)), e);
	if (rc == 0)
		rc = sr_where_items(&w, &s->filter, e);
	if (rc == 0)
		rc = count_all(&hits.total, sr_catalogue_db(c), &w, e);
	if (rc == 0)
		rc = sr_where_add(&w, "", A_U64(page.limit), e);
	if (rc == 0)
		rc = sr_where_add(
			&w, "", A_U64(page.offset > INT64_MAX ? INT64_MAX : page.offset), e);
	if (rc == 0)
		rc = find(&hits, sr_catalogue_db(c), &q, &w, e);
	sr_buf_free(&match);
	if (rc != 0) {
		sr_hits_free(&hits);
		return rc;
	}
	*out = hits;
	return 0;
}

void sr_hits_free(struct sr_hits *h) {
	for (size_t i = 0; i < h->count; i++)
		free(h->rows[i].title);
	free(h->rows);
	memset(h, 0, sizeof *h);
}
