/*
 * snippet - the piece of an item's texts that shows why it was found.
 *
 * The text is folded into units once more and compared with the units of each term, so marks lie
 * exactly on what matched, whatever its spelling. The first field that matches is shown, in the
 * order description, keyword, creator, source, outlet, channel, serial, rights, file, translit,
 * title: a title is shown beside every hit anyway. Without a match (hazard, language, medium) it is
 * the title.
 */
#include "catalogue/fold.h"
#include "catalogue/search_in.h"

#include "base/escape.h"

enum {
	SCAN_MAX = 64 << 10 /* bytes of a text that are looked at */,
	BEFORE = 60 /* bytes shown before the first match */
};

static const char *const names[SR_SEARCH_COLUMNS] = {"title", "translit", "description", "creator",
	"source", "rights", "keyword", "file", "outlet", "channel", "serial", "hazard", "language",
	"medium"};

struct unit { /* one unit of a text: folded bytes in the pool, place in the original */
	size_t at, len;
	size_t start, end;
};
struct units {
	struct unit *rows;
	size_t count;
	struct sr_buf pool;
};
struct range {
	size_t start, end;
};
struct matches {
	struct range rows[SR_SNIPPET_MARKS];
	size_t count;
};

static void units_free(struct units *u) {
	free(u->rows);
	sr_buf_free(&u->pool);
}

static int units_of(struct units *out, struct sr_bytes text, struct sr_err *e) {
	struct sr_fold_unit u;
	struct sr_fold f;
	size_t cap = 0;

	memset(out, 0, sizeof *out);
	sr_buf_init(&out->pool);
	if (text.len > SCAN_MAX)
		text.len = SCAN_MAX;
	sr_fold_init(&f, text);
	while (sr_fold_next(&f, &u)) {
		if (out->count == cap) {
			cap = cap == 0 ? 64 : 2 * cap;
			struct unit *more = realloc(out->rows, cap * sizeof *more);
			if (more == NULL)
				return sr_fail(e, SR_NOMEM, "no memory for %zu words", cap);
			out->rows = more;
		}
		out->rows[out->count++] = (struct unit){out->pool.len, u.len, u.start, u.end};
		sr_buf_put(&out->pool, u.text, u.len);
	}
	return sr_buf_ok(&out->pool, e);
}

static bool same(const struct units *a, size_t i, const struct units *b, size_t k, bool prefix) {
	const struct unit *x = &a->rows[i], *y = &b->rows[k];

	if (prefix ? x->len < y->len : x->len != y->len)
		return false;
	return memcmp(a->pool.p + x->at, b->pool.p + y->at, y->len) == 0;
}

/* Put a range in order; what overlaps becomes one. When it is full, ranges further on are dropped.
 */
static void add_range(struct matches *m, size_t start, size_t end) {
	size_t at = 0;

	while (at < m->count && m->rows[at].end < start)
		at++;
	if (at < m->count && m->rows[at].start <= end) {
		if (start < m->rows[at].start)
			m->rows[at].start = start;
		if (end > m->rows[at].end)
			m->rows[at].end = end;
		return;
	}
	if (at == SR_SNIPPET_MARKS)
		return;
	if (m->count == SR_SNIPPET_MARKS)
		m->count--;
	memmove(&m->rows[at + 1], &m->rows[at], (m->count - at) * sizeof m->rows[0]);
	m->rows[at] = (struct range){start, end};
	m->count++;
}

static int match_term(struct matches *m, const struct units *text, const struct sr_search_term *t,
	struct sr_err *e) {
	struct units want;
	int rc = units_of(&want, t->text, e);

	for (size_t i = 0; rc == 0 && want.count != 0 && i + want.count <= text->count; i++) {
		size_t k = 0;
		while (k < want.count &&
			same(text, i + k, &want, k, t->prefix && k + 1 == want.count))
			k++;
		if (k == want.count)
			add_range(m, text->rows[i].start, text->rows[i + k - 1].end);
	}
	units_free(&want);
	return rc;
}

static int match_text(struct matches *m, const struct sr_search_query *q, unsigned column,
	struct sr_bytes text, struct sr_err *e) {
	struct units units;
	int rc = units_of(&units, text, e);

	m->count = 0;
	for (size_t i = 0; i < q->count && rc == 0; i++)
		if (!q->terms[i].negative && (q->terms[i].columns & (1U << column)) != 0)
			rc = match_term(m, &units, &q->terms[i], e);
	units_free(&units);
	return rc;
}

/* Where to begin: a few words before the first match, at the beginning of a character. */
static size_t begin_of(struct sr_bytes text, const struct matches *m) {
	size_t at = m->count == 0 || m->rows[0].start <= BEFORE ? 0 : m->rows[0].start - BEFORE;

	while (at != 0 && at < text.len && (text.p[at] & 0xC0) == 0x80)
		at++;
	for (size_t i = at; at != 0 && i < at + BEFORE && i < text.len; i++)
		if (text.p[i] == ' ')
			return i + 1;
	return at;
}

static bool inside(const struct matches *m, size_t at) {
	for (size_t i = 0; i < m->count; i++)
		if (at >= m->rows[i].start && at < m->rows[i].end)
			return true;
	return false;
}

static void mark(struct sr_snippet *s, size_t at, size_t len, bool on, bool *open) {
	if (on && !*open && s->mark_count < SR_SNIPPET_MARKS)
		s->marks[s->mark_count++] = (struct sr_snippet_mark){(uint16_t)at, 0};
	*open = on;
	if (on && s->mark_count != 0)
		s->marks[s->mark_count - 1].len =
			(uint16_t)(at + len - s->marks[s->mark_count - 1].start);
}

static void cut(struct sr_snippet *s, struct sr_bytes text, const struct matches *m) {
	static const char dots[] = "…";
	size_t at = begin_of(text, m), len = 0;
	bool open = false;

	if (at != 0) {
		memcpy(s->text, dots, sizeof dots - 1);
		len = sizeof dots - 1;
	}
	while (at < text.len) {
		uint32_t cp = 0;
		size_t n = sr_utf8_next(sr_bytes_of(text.p + at, text.len - at), &cp);
		size_t take = n == 0 ? 1 : n;
		if (len + take > SR_SNIPPET_MAX)
			break;
		mark(s, len, take, inside(m, at), &open);
		if (n == 0)
			s->text[len] = '?';
		else if (cp < 0x20 || (cp >= 0x7f && cp < 0xA0))
			memset(s->text + len, ' ', take);
		else
			memcpy(s->text + len, text.p + at, take);
		len += take;
		at += take;
	}
	if (at < text.len) {
		memcpy(s->text + len, dots, sizeof dots - 1);
		len += sizeof dots - 1;
	}
	s->text[len] = '\0';
}

int sr_search_snippet(struct sr_snippet *out, const struct sr_search_query *q,
	const struct sr_bytes texts[SR_SEARCH_COLUMNS], struct sr_err *e) {
	static const unsigned order[] = {2, 6, 3, 4, 8, 9, 10, 5, 7, 1, 0};
	struct matches m = {.count = 0};
	int rc;

	memset(out, 0, sizeof *out);
	out->field = names[0];
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		if (texts[order[i]].p == NULL)
			continue;
		if ((rc = match_text(&m, q, order[i], texts[order[i]], e)) != 0)
			return rc;
		if (m.count != 0) {
			out->field = names[order[i]];
			cut(out, texts[order[i]], &m);
			return 0;
		}
	}
	if (texts[0].p != NULL)
		cut(out, texts[0], &m);
	return 0;
}
