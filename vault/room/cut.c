/*
 * cut - see cut.h.
 */
#include "room/cut.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cue.h"

enum {
	BLOCK_MAX = 64 << 10 /* bytes of a cue with its lines: longer is no cue */
};

enum how {
	BY_PAGES,
	BY_TIME,
	NOTHING /* neither can be told: nothing is shown */
};

struct sr_cut {
	enum how how;
	size_t count;
	uint64_t page;
	bool told;           /* the line for what is being left out stands there */
	bool first;          /* block: of the file */
	bool too_long;       /* block */
	bool newline;        /* the last character ended a line */
	bool carriage;       /* it was a CR, whose LF may follow */
	struct sr_buf block; /* secret */
	struct sr_mark marks[];
};

int sr_cut_new(struct sr_cut **out, const struct sr_cutting *o, struct sr_err *e) {
	struct sr_cut *c = calloc(1, sizeof *c + o->count * sizeof *o->marks);
	bool pages = false, time = false;

	*out = NULL;
	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "room: out of memory");
	sr_buf_init_secret(&c->block);
	memcpy(c->marks, o->marks, o->count * sizeof *o->marks);
	c->count = o->count;
	c->page = 1;
	c->first = c->newline = true;
	for (size_t i = 0; i < o->count; i++) {
		pages = pages || o->marks[i].unit == SR_MARK_PAGE;
		time = time || o->marks[i].unit == SR_MARK_TIME;
	}
	c->how = pages && !time && o->paged ? BY_PAGES : time && !pages ? BY_TIME : NOTHING;
	*out = c;
	return 0;
}

void sr_cut_free(struct sr_cut *c) {
	if (c == NULL)
		return;
	sr_buf_free(&c->block);
	free(c);
}

/* The line in place of what is left out, once for what follows each other. */
static void tell(struct sr_cut *c, struct sr_buf *out, const struct sr_mark *m) {
	char part[64], line[200];

	if (c->told)
		return;
	c->told = true;
	if (m == NULL) {
		(void)snprintf(line, sizeof line,
			c->how == NOTHING
				? "[left out: parts of this file are marked, and its text does "
				  "not say where they are]\n"
				: "[left out: it has no time, and parts of this file are "
				  "marked]\n");
	} else {
		sr_mark_show(part, sizeof part, m);
		(void)snprintf(line, sizeof line, "[%s left out: %s]\n", part, m->hazard);
	}
	sr_buf_put_str(out, line);
}

/* --- pages --- */

static const struct sr_mark *page_mark(const struct sr_cut *c) {
	for (size_t i = 0; i < c->count; i++)
		if (c->marks[i].from <= c->page && c->page <= c->marks[i].to)
			return &c->marks[i];
	return NULL;
}

static void feed_pages(struct sr_cut *c, struct sr_buf *out, struct sr_bytes piece) {
	for (size_t at = 0; at < piece.len;) {
		const struct sr_mark *m = page_mark(c);
		const uint8_t *feed = memchr(piece.p + at, '\f', piece.len - at);
		const size_t end = feed == NULL ? piece.len : (size_t)(feed - piece.p) + 1;

		if (m != NULL)
			tell(c, out, m);
		else
			sr_buf_put(out, piece.p + at, end - at);
		at = end;
		if (feed == NULL)
			continue;
		c->page++;
		if (m != page_mark(c))
			c->told = false;
	}
}

/* --- time --- */

/* The times of the block, in its first or second line. */
static bool block_times(const struct sr_cut *c, uint64_t *from, uint64_t *to) {
	struct sr_bytes rest = sr_buf_view(&c->block);

	for (int i = 0; i < 2; i++) {
		size_t n = 0;

		while (n < rest.len && rest.p[n] != '\n' && rest.p[n] != '\r')
			n++;
		if (sr_cue_times(from, to, sr_bytes_of(rest.p, n)))
			return true;
		while (n < rest.len && (rest.p[n] == '\n' || rest.p[n] == '\r'))
			n++;
		rest = sr_bytes_of(rest.p + n, rest.len - n);
	}
	return false;
}

/* Is there another arrow in it? Then a blank line is missing, and what its second cue says has
 * another time. */
static bool one_arrow(const struct sr_buf *block) {
	const uint8_t *a = memmem(block->p, block->len, "-->", 3);

	return a != NULL &&
	       memmem(a + 3, block->len - (size_t)(a + 3 - block->p), "-->", 3) == NULL;
}

static const struct sr_mark *time_mark(const struct sr_cut *c, uint64_t from, uint64_t to) {
	const uint64_t end = to > from ? to : from + 1;

	for (size_t i = 0; i < c->count; i++)
		if (from < c->marks[i].to && end > c->marks[i].from)
			return &c->marks[i];
	return NULL;
}

static void end_block(struct sr_cut *c, struct sr_buf *out) {
	const struct sr_bytes v = sr_buf_view(&c->block);
	uint64_t from = 0, to = 0;

	if (v.len > 0 || c->too_long) {
		const bool header = c->first && !c->too_long && v.len >= 6 &&
				    memcmp(v.p, "WEBVTT", 6) == 0 &&
				    memmem(v.p, v.len, "-->", 3) == NULL;
		const bool cue = !header && !c->too_long && block_times(c, &from, &to) &&
				 one_arrow(&c->block);
		const struct sr_mark *m = cue ? time_mark(c, from, to) : NULL;

		if (header) { /* the word alone: what else stands there has no time */
			sr_buf_put_str(out, "WEBVTT\n\n");
		} else if (cue && m == NULL) {
			c->told = false;
			sr_buf_put_bytes(out, v);
			sr_buf_put_str(out, "\n");
		} else {
			tell(c, out, m);
		}
		c->first = false;
	}
	c->too_long = false;
	if (c->block.p != NULL)
		sr_wipe(c->block.p, c->block.len);
	sr_buf_clear(&c->block);
}

static void feed_time(struct sr_cut *c, struct sr_buf *out, struct sr_bytes piece, bool last) {
	for (size_t i = 0; i < piece.len; i++) {
		const uint8_t ch = piece.p[i];
		const bool ends = ch == '\n' || ch == '\r';

		if (ch == '\n' && c->carriage) { /* the rest of CRLF */
			c->carriage = false;
			continue;
		}
		c->carriage = ch == '\r';
		if (ends && c->newline) {
			end_block(c, out);
			continue;
		}
		c->newline = ends;
		if (c->block.len < BLOCK_MAX)
			sr_buf_put_u8(&c->block, ends ? '\n' : ch);
		else
			c->too_long = true;
	}
	if (last)
		end_block(c, out);
}

int sr_cut_feed(
	struct sr_cut *c, struct sr_buf *out, struct sr_bytes piece, bool last, struct sr_err *e) {
	int rc;

	switch (c->how) {
	case BY_PAGES:
		feed_pages(c, out, piece);
		break;
	case BY_TIME:
		feed_time(c, out, piece, last);
		break;
	case NOTHING:
		tell(c, out, NULL);
		break;
	}
	rc = sr_buf_ok(&c->block, e);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}
