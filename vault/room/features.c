/*
 * features - see features.h.
 *
 * A text passes as a reader would see it (room/plain.h), line by line; lines of pages are those of
 * the intake (intake/pages.h) in a rendition, and what was escaped is no word. A text that is a
 * transcript from its first byte to its last (base/cue.h) is read cue by cue instead.
 */
#include "room/features.h"

#include <stdlib.h>

#include "base/cue.h"
#include "base/limits.h"
#include "room/counts.h"
#include "room/room_internal.h"

enum {
	LINE_HELD = 4096 /* bytes of a line that are looked at before it is counted */
};

struct counting {
	struct sr_room *room;
	struct sr_counter *counter;
	struct sr_buf *out;
	struct sr_buf line; /* secret */
	bool rendition, in_page, first;
	bool going; /* what comes goes on with a line */
	uint64_t page;
	char how[8];
	uint64_t *seconds; /* by file: how long it is, as the intake found; 0: not known */
	uint64_t files;
};

/* What is said of a page or a minute, behind its number; ${n} is of enough tokens. */
static void put_counts(struct sr_buf *out, const struct sr_page_counts *n) {
	bool any = false;

	sr_buf_printf(out,
		", \"tokens\": %llu, \"distinct\": %llu, \"sentences\": %llu, \"lines\": %llu, "
		"\"characters\": %llu, \"letters\": {",
		(unsigned long long)n->tokens, (unsigned long long)n->distinct,
		(unsigned long long)n->sentences, (unsigned long long)n->lines,
		(unsigned long long)n->characters);
	for (size_t s = 0; s < SR_SCRIPTS; s++) {
		if (n->letters[s] == 0)
			continue;
		sr_buf_printf(out, "%s\"%s\": %llu", any ? ", " : "",
			sr_script_name((enum sr_script)s), (unsigned long long)n->letters[s]);
		any = true;
	}
	sr_buf_put_str(out, "}");
	if (n->language != NULL)
		sr_buf_printf(out, ", \"language\": \"%s\"", n->language);
}

static int no_more(const struct counting *c, struct sr_err *e) {
	return c->out->len <= SR_FEATURES_MAX
		       ? 0
		       : sr_fail(e, SR_LIMIT, "features: more than %d bytes of them",
				 SR_FEATURES_MAX);
}

/* --- pages --- */

static void end_page(struct counting *c) {
	struct sr_page_counts n;

	sr_counter_page(c->counter, &n);
	if (!c->in_page)
		return;
	sr_buf_printf(
		c->out, "%s{\"page\": %llu", c->first ? "" : ", ", (unsigned long long)c->page);
	c->first = c->in_page = false;
	if (strcmp(c->how, "lost") == 0) {
		sr_buf_put_str(c->out, ", \"read\": \"lost\"}");
		return;
	}
	if (n.tokens < SR_COUNTS_FEW) {
		sr_buf_put_str(c->out, ", \"few\": true}");
		return;
	}
	put_counts(c->out, &n);
	sr_buf_printf(c->out, ", \"read\": \"%s\"}", c->how);
}

static void begin_page(struct counting *c, const char *how) {
	end_page(c);
	c->in_page = true;
	c->page++;
	(void)snprintf(c->how, sizeof c->how, "%s", how);
}

static bool begins(struct sr_bytes v, const char *with) {
	const size_t n = strlen(with);

	return v.len >= n && memcmp(v.p, with, n) == 0;
}

static bool holds(struct sr_bytes v, const char *word) {
	return v.len > 0 && memmem(v.p, v.len, word, strlen(word)) != NULL;
}

/* Without escapes: "\x1b", "\u{202e}", "\\". */
static void words(struct counting *c, struct sr_bytes v) {
	size_t from = 0, at = 0;

	while (at < v.len) {
		size_t end = at + 2;

		if (v.p[at] != '\\') {
			at++;
			continue;
		}
		sr_counter_feed(c->counter, sr_bytes_of(v.p + from, at - from));
		sr_counter_feed(c->counter, sr_bytes_str(" "));
		if (at + 1 < v.len && v.p[at + 1] == 'x')
			end = at + 4;
		else if (at + 1 < v.len && v.p[at + 1] == 'u')
			while (end < v.len && v.p[end - 1] != '}')
				end++;
		at = from = end < v.len ? end : v.len;
	}
	if (from < v.len)
		sr_counter_feed(c->counter, sr_bytes_of(v.p + from, v.len - from));
}

static void line_over(struct counting *c) {
	static const char feed[] = "\\x0c";
	struct sr_bytes v = sr_buf_view(&c->line);
	const bool starts = !c->going;

	c->going = v.len == 0 || v.p[v.len - 1] != '\n';
	if (c->rendition && starts) {
		if (begins(v, feed))
			v = sr_bytes_of(v.p + sizeof feed - 1, v.len - (sizeof feed - 1));
		if (begins(v, "--- p")) {
			begin_page(c, holds(v, ", lost")  ? "lost"
				      : holds(v, ", ocr") ? "ocr"
							  : "text");
			sr_buf_clear(&c->line);
			return;
		}
	}
	if (c->in_page)
		words(c, v);
	sr_buf_clear(&c->line);
}

static int feed(struct counting *c, struct sr_bytes text, struct sr_err *e) {
	while (text.len > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.len);
		const size_t n = end != NULL ? (size_t)(end - text.p) + 1 : text.len;

		sr_buf_put_bytes(&c->line, sr_bytes_of(text.p, n));
		if (sr_buf_ok(&c->line, e) != 0)
			return SR_NOMEM;
		if (end != NULL || c->line.len > LINE_HELD)
			line_over(c);
		text = sr_bytes_of(text.p + n, text.len - n);
	}
	return no_more(c, e);
}

/* ${shown}: the file, or its rendition. */
static int count_text(struct counting *c, struct opened *o, uint64_t shown,
	enum sr_plain_encoding encoding, struct sr_err *e) {
	struct sr_plain plain;
	struct sr_buf bytes, text;
	struct sr_file f;
	int rc = sr_item_file(o->it, shown, &f, e);

	sr_plain_init(&plain, encoding);
	sr_buf_init_secret(&bytes);
	sr_buf_init_secret(&text);
	if (rc == 0)
		rc = sr_buf_reserve(&bytes, SR_BLOCK, e);
	for (uint64_t at = 0; rc == 0 && at < f.size; at += SR_BLOCK) {
		struct sr_range range = {
			shown, at, f.size - at < SR_BLOCK ? (size_t)(f.size - at) : SR_BLOCK};

		rc = sr_item_read(o->it, &range, bytes.p, e);
		bytes.len = range.len;
		sr_buf_clear(&text);
		if (rc == 0)
			rc = sr_plain_feed(&plain, &text, sr_bytes_of(bytes.p, range.len),
				at + range.len == f.size, e);
		if (rc == 0)
			rc = feed(c, sr_buf_view(&text), e);
	}
	if (rc == 0)
		line_over(c);
	sr_buf_free(&bytes);
	sr_buf_free(&text);
	return rc;
}

/* --- minutes --- */

enum {
	MINUTE = 60000 /* milliseconds */
};

struct minutes {
	struct counting *c;
	enum sr_transcript_form form;
	bool in_row;
	uint64_t minute; /* of the row, from 0 */
	uint64_t spoken; /* milliseconds of it */
	uint64_t until;  /* the end of the cues so far */
};

static void end_minute(struct minutes *m) {
	struct sr_buf *out = m->c->out;
	struct sr_page_counts n;

	sr_counter_page(m->c->counter, &n);
	if (!m->in_row)
		return;
	m->in_row = false;
	sr_buf_printf(
		out, "%s{\"minute\": %llu", m->c->first ? "" : ", ", (unsigned long long)m->minute);
	m->c->first = false;
	if (n.tokens < SR_COUNTS_FEW) {
		sr_buf_put_str(out, ", \"few\": true}");
		return;
	}
	sr_buf_printf(out, ", \"spoken\": %llu", (unsigned long long)((m->spoken + 500) / 1000));
	put_counts(out, &n);
	sr_buf_put_str(out, "}");
}

static uint64_t least(uint64_t a, uint64_t b) {
	return a < b ? a : b;
}

/* Cues come in the order of their beginnings, and may overlap: what lies before ${until} in a
 * minute is spoken all through, from its beginning or from where the first cue of it began. */
static int count_cue(void *ctx, const struct sr_cue *q, struct sr_err *e) {
	struct minutes *m = ctx;
	const uint64_t minute = q->from / MINUTE, begins_at = minute * MINUTE,
		       ends_at = begins_at + MINUTE;

	if (!m->in_row || m->minute != minute) {
		end_minute(m);
		m->in_row = true;
		m->minute = minute;
		m->spoken = m->until > begins_at ? least(m->until, ends_at) - begins_at : 0;
	}
	if (q->to > m->until) {
		const uint64_t from = q->from > m->until ? q->from : m->until;

		m->spoken += from < ends_at ? least(q->to, ends_at) - from : 0;
		m->until = q->to;
	}
	/* SubRip knows no tags; what is written like one is no word. Those of WebVTT are read. */
	for (struct sr_bytes v = q->text; v.len > 0;) {
		const uint8_t *tag = m->form == SR_TRANSCRIPT_SRT ? memchr(v.p, '<', v.len) : NULL;
		const uint8_t *end =
			tag != NULL ? memchr(tag, '>', v.len - (size_t)(tag - v.p)) : NULL;
		const size_t n = end != NULL ? (size_t)(tag - v.p) : v.len;

		sr_counter_feed(m->c->counter, sr_bytes_of(v.p, n));
		v = end != NULL ? sr_bytes_of(end + 1, v.len - (size_t)(end + 1 - v.p))
				: sr_bytes_of(v.p + n, 0);
	}
	sr_counter_feed(m->c->counter, sr_bytes_str("\n"));
	return no_more(m->c, e);
}

/* All of ${shown}, the text of ${index}, if it is a transcript to its end: *${is}. */
static int count_minutes(bool *is, struct counting *c, struct opened *o, uint64_t index,
	uint64_t shown, struct sr_err *e) {
	struct minutes m = {.c = c};
	struct sr_transcript t = {.cues = 0};
	struct sr_buf text;
	struct sr_file f;
	int rc = sr_item_file(o->it, shown, &f, e);

	*is = false;
	if (rc != 0 || f.size == 0 || f.size > SR_TRANSCRIPT_MAX)
		return rc;
	sr_buf_init_secret(&text);
	rc = sr_buf_reserve(&text, (size_t)f.size, e);
	for (uint64_t at = 0; rc == 0 && at < f.size; at += SR_BLOCK) {
		const struct sr_range range = {
			shown, at, f.size - at < SR_BLOCK ? (size_t)(f.size - at) : SR_BLOCK};

		rc = sr_item_read(o->it, &range, text.p + at, e);
		text.len = (size_t)at + range.len;
		/* Most texts are none, and say so at once. */
		if (rc == 0 && at == 0 && !sr_transcript_begins(sr_buf_view(&text)))
			break;
	}
	*is = rc == 0 && text.len == f.size &&
	      sr_transcript_read(&t, sr_buf_view(&text), NULL, NULL, NULL) == 0 && t.cues > 0;
	if (*is) {
		if (c->seconds[index] == 0)
			sr_buf_printf(c->out, ", \"seconds\": %llu",
				(unsigned long long)((t.ends + 999) / 1000));
		sr_buf_put_str(c->out, ", \"minutes\": [");
		c->first = true;
		m.form = t.form;
		rc = sr_transcript_read(&t, sr_buf_view(&text), count_cue, &m, e);
		end_minute(&m);
		sr_buf_put_str(c->out, "]}");
	}
	sr_buf_free(&text);
	return rc;
}

/* --- files --- */

/* A media type is a controlled term; what is none is left out. */
static void put_kind(struct sr_buf *out, struct sr_bytes type) {
	for (size_t i = 0; i < type.len; i++) {
		const uint8_t b = type.p[i];

		if ((b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '/' && b != '-' &&
			b != '.' && b != '+')
			return;
	}
	if (type.len > 0 && type.len < 100)
		sr_buf_printf(out, ", \"kind\": \"%.*s\"", (int)type.len, (const char *)type.p);
}

/* "1:03:01.250", as the parser writes a length (parser/about.c): rounded to seconds. */
static uint64_t seconds_of(struct sr_bytes text) {
	uint64_t part = 0, whole = 0;
	size_t colons = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '.')
			return colons == 2
				       ? whole + part + (i + 1 < text.len && text.p[i + 1] >= '5')
				       : 0;
		if (text.p[i] == ':') {
			whole = (whole + part) * 60;
			part = 0;
			colons++;
		} else if (text.p[i] >= '0' && text.p[i] <= '9' && part < 100000) {
			part = part * 10 + (uint64_t)(text.p[i] - '0');
		} else {
			return 0;
		}
	}
	return colons == 2 ? whole + part : 0;
}

static int take_seconds(void *ctx, const struct sr_fact_row *f, struct sr_err *e) {
	struct counting *c = ctx;

	(void)e;
	if (f->file < c->files)
		c->seconds[f->file] = seconds_of(sr_bytes_of(f->value, f->value_len));
	return 0;
}

/* How long its files are, as the intake found (intake/about.h). */
static int read_seconds(
	struct counting *c, struct sr_room *r, const struct opened *o, struct sr_err *e) {
	c->files = o->files;
	c->seconds = calloc((size_t)o->files + 1, sizeof *c->seconds);
	if (c->seconds == NULL)
		return sr_fail(
			e, SR_NOMEM, "no memory for %llu files", (unsigned long long)o->files);
	return sr_query_each_fact(r->v->catalogue, o->item, "duration", take_seconds, c, e);
}

static int count_file(struct counting *c, struct opened *o, uint64_t index, const struct sr_file *f,
	struct sr_err *e) {
	enum sr_plain_encoding encoding = SR_PLAIN_UTF8;
	uint64_t shown = index;
	bool minutes = false;
	int rc = room_shown(&shown, &encoding, c->room, o, index, e);

	sr_buf_printf(c->out, "{\"file\": %llu", (unsigned long long)index);
	put_kind(c->out, f->media_type);
	if (c->seconds[index] > 0)
		sr_buf_printf(c->out, ", \"seconds\": %llu", (unsigned long long)c->seconds[index]);
	if (rc == SR_UNSUPPORTED) {
		sr_buf_put_str(c->out, "}");
		return 0;
	}
	if (rc == 0 && encoding == SR_PLAIN_UTF8)
		rc = count_minutes(&minutes, c, o, index, shown, e);
	if (rc != 0 || minutes)
		return rc;
	sr_buf_put_str(c->out, ", \"pages\": [");
	c->rendition = shown != index || sr_file_is_rendition(f);
	c->first = true;
	c->in_page = c->going = false;
	c->page = 0;
	if (!c->rendition)
		begin_page(c, "text");
	rc = count_text(c, o, shown, encoding, e);
	end_page(c);
	sr_buf_put_str(c->out, "]}");
	return rc;
}

static int count_all(struct counting *c, struct opened *o, struct sr_err *e) {
	bool first = true, *made = NULL;
	int rc = room_made(&made, c->room, o, e);

	sr_buf_put_str(c->out, "{\"strongroom-features\": 1, \"files\": [");
	for (uint64_t i = 0; rc == 0 && i < o->files; i++) {
		struct sr_file f;

		rc = sr_item_file(o->it, i, &f, e);
		if (rc != 0 || f.kind != SR_FILE_REGULAR || made[i])
			continue;
		sr_buf_put_str(c->out, first ? "\n" : ",\n");
		first = false;
		rc = count_file(c, o, i, &f, e);
	}
	sr_buf_put_str(c->out, "\n]}\n");
	free(made);
	return rc == 0 ? sr_buf_ok(c->out, e) : rc;
}

int sr_room_features(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	struct sr_buf *out, struct sr_err *e) {
	struct counting c = {.room = r, .out = out};
	struct opened *o = NULL;
	int rc = room_find(&o, r, checkout, person, e);

	if (rc == 0 && strcmp(o->right, "quarantine") != 0 && strcmp(o->right, "redact") != 0)
		rc = sr_fail(e, SR_DENIED,
			"this checkout is of right %s: features are made by a curator from a look "
			"at a held item (right quarantine), or from a released one by the board's "
			"leave (right redact)",
			o->right);
	if (rc == 0)
		rc = read_seconds(&c, r, o, e);
	if (rc == 0)
		rc = sr_counter_new(&c.counter, e);
	sr_buf_init_secret(&c.line);
	if (rc == 0)
		rc = count_all(&c, o, e);
	sr_buf_free(&c.line);
	sr_counter_free(c.counter);
	free(c.seconds);
	return rc;
}
