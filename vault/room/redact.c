/*
 * redact - see redact.h.
 */
#include "room/redact.h"

#include <stdlib.h>

#include "base/limits.h"
#include "catalogue/family.h"
#include "room/room_internal.h"

/* What becomes of a file. GAPS: it stays, without something; what came out of it has that still. */
enum fate {
	WHOLE = 0,
	LEFT_OUT,
	GAPS,
	GOES, /* with what it came out of */
	KEPT
};

/* --- the plan --------------------------------------------------------------------------------- */

void sr_redaction_free(struct sr_redaction *p) {
	sr_family_free(p->family);
	free(p->left_out);
	free(p->gaps);
	free(p->kept);
	free(p->fate);
	memset(p, 0, sizeof *p);
}

static int plan_order(const struct sr_redaction *p, struct sr_err *e) {
	for (size_t i = 1; i < p->left_count; i++)
		if (p->left_out[i] <= p->left_out[i - 1])
			return sr_fail(e, SR_CORRUPT, "files left out are not in order");
	for (size_t i = 1; i < p->kept_count; i++)
		if (p->kept[i] <= p->kept[i - 1])
			return sr_fail(e, SR_CORRUPT, "files kept are not in order");
	for (size_t i = 0; i < p->gap_count; i++) {
		const struct sr_gap *g = &p->gaps[i], *b = i == 0 ? NULL : g - 1;

		if (g->from >= g->to)
			return sr_fail(e, SR_CORRUPT, "a gap from %llu to %llu",
				(unsigned long long)g->from, (unsigned long long)g->to);
		if (b != NULL && (g->file < b->file || (g->file == b->file && g->from < b->to)))
			return sr_fail(e, SR_CORRUPT, "gaps are not in order, or overlap");
	}
	return 0;
}

static int get_count(uint32_t *n, struct sr_reader *r, size_t each, struct sr_err *e) {
	int rc = sr_get_le32(r, n, e);

	if (rc == 0 && (*n > SR_REDACT_MAX || *n > sr_reader_left(r) / each))
		rc = sr_fail(e, SR_CORRUPT, "%u do not fit", *n);
	return rc;
}

static int get_files(uint64_t **out, size_t *count, struct sr_reader *r, struct sr_err *e) {
	uint32_t n = 0;
	int rc = get_count(&n, r, 8, e);

	if (rc != 0) /* ${n} is whatever they said: nothing is allocated for it */
		return rc;
	*out = calloc((size_t)n + 1, sizeof **out);
	if (*out == NULL)
		return sr_fail(e, SR_NOMEM, "redaction: out of memory");
	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = sr_get_le64(r, &(*out)[(*count)++], e);
	return rc;
}

int sr_redaction_read(struct sr_redaction *out, struct sr_bytes body, struct sr_err *e) {
	struct sr_reader r;
	uint32_t n = 0;
	int rc;

	memset(out, 0, sizeof *out);
	sr_reader_init(&r, body);
	rc = get_files(&out->left_out, &out->left_count, &r, e);
	if (rc == 0)
		rc = get_count(&n, &r, 24, e);
	if (rc != 0)
		return sr_wrap(e, "redaction");
	out->gaps = calloc((size_t)n + 1, sizeof *out->gaps);
	if (out->gaps == NULL)
		return sr_fail(e, SR_NOMEM, "redaction: out of memory");
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		struct sr_gap *g = &out->gaps[out->gap_count++];

		rc = sr_get_le64(&r, &g->file, e);
		if (rc == 0)
			rc = sr_get_le64(&r, &g->from, e);
		if (rc == 0)
			rc = sr_get_le64(&r, &g->to, e);
	}
	if (rc == 0)
		rc = get_files(&out->kept, &out->kept_count, &r, e);
	if (rc == 0)
		rc = sr_get_end(&r, e);
	if (rc == 0)
		rc = plan_order(out, e);
	if (rc == 0 && out->left_count + out->gap_count == 0)
		rc = sr_fail(e, SR_CORRUPT, "it leaves nothing out");
	return rc != 0 ? sr_wrap(e, "redaction") : 0;
}

void sr_redaction_put(struct sr_buf *out, const struct sr_redaction *p) {
	sr_buf_put_le32(out, (uint32_t)p->left_count);
	for (size_t i = 0; i < p->left_count; i++)
		sr_buf_put_le64(out, p->left_out[i]);
	sr_buf_put_le32(out, (uint32_t)p->gap_count);
	for (size_t i = 0; i < p->gap_count; i++) {
		sr_buf_put_le64(out, p->gaps[i].file);
		sr_buf_put_le64(out, p->gaps[i].from);
		sr_buf_put_le64(out, p->gaps[i].to);
	}
	sr_buf_put_le32(out, (uint32_t)p->kept_count);
	for (size_t i = 0; i < p->kept_count; i++)
		sr_buf_put_le64(out, p->kept[i]);
}

static int by_number(const void *a, const void *b) {
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

bool sr_redact_leaves_out(const struct sr_redaction *p, uint64_t file) {
	return p->left_count > 0 &&
	       bsearch(&file, p->left_out, p->left_count, sizeof *p->left_out, by_number) != NULL;
}

/* --- against what is open --------------------------------------------------------------------- */

static int find(struct opened **o, const struct sr_redacting *r, struct sr_err *e) {
	int rc = room_find(o, r->room, r->checkout, r->person, e);

	if (rc == 0 && strcmp((*o)->right, "quarantine") != 0 && strcmp((*o)->right, "redact") != 0)
		rc = sr_fail(e, SR_DENIED,
			"this checkout is of right %s: a redaction is made by a curator from a "
			"look at a held item (right quarantine), or from a released one by the "
			"board's leave (right redact)",
			(*o)->right);
	return rc;
}

/* Is the byte at ${at} inside of a character? */
static int check_bound(
	struct opened *o, const struct sr_gap *g, uint64_t at, uint64_t size, struct sr_err *e) {
	struct sr_range range = {g->file, at, 1};
	uint8_t byte = 0;
	int rc = at == size ? 0 : sr_item_read(o->it, &range, &byte, e);

	if (rc == 0 && (byte & 0xc0) == 0x80)
		rc = sr_fail(e, SR_USAGE, "file %llu: byte %llu is inside of a character",
			(unsigned long long)g->file, (unsigned long long)at);
	return rc;
}

/* A gap is understood in a text only: what has a zero byte is something else, and bytes left out of
 * it would say nothing about what is left. */
static int check_text(struct opened *o, uint64_t file, uint64_t size, struct sr_err *e) {
	uint8_t *chunk = malloc(SR_BLOCK);
	int rc = chunk == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	for (uint64_t at = 0; at < size && rc == 0; at += SR_BLOCK) {
		struct sr_range range = {
			file, at, size - at < SR_BLOCK ? (size_t)(size - at) : SR_BLOCK};

		rc = sr_item_read(o->it, &range, chunk, e);
		if (rc == 0 && memchr(chunk, 0, range.len) != NULL)
			rc = sr_fail(e, SR_UNSUPPORTED,
				"file %llu is no text in ASCII or UTF-8: leave it out as a whole",
				(unsigned long long)file);
	}
	if (chunk != NULL)
		sr_wipe(chunk, SR_BLOCK);
	free(chunk);
	return rc;
}

static int check_gap(struct opened *o, const struct sr_redaction *p, size_t i, struct sr_err *e) {
	const struct sr_gap *g = &p->gaps[i];
	struct sr_file f;
	int rc;

	if (g->file >= o->files)
		return sr_fail(e, SR_USAGE, "no file %llu: the item has %llu (from 0)",
			(unsigned long long)g->file, (unsigned long long)o->files);
	if (sr_redact_leaves_out(p, g->file))
		return sr_fail(e, SR_USAGE, "file %llu is left out and has gaps",
			(unsigned long long)g->file);
	rc = sr_item_file(o->it, g->file, &f, e);
	if (rc == 0 && (f.kind != SR_FILE_REGULAR || g->to > f.size))
		rc = sr_fail(e, SR_USAGE,
			"file %llu has %llu bytes of content: no gap from %llu to %llu",
			(unsigned long long)g->file,
			(unsigned long long)(f.kind == SR_FILE_REGULAR ? f.size : 0),
			(unsigned long long)g->from, (unsigned long long)g->to);
	if (rc == 0 && (i == 0 || p->gaps[i - 1].file != g->file))
		rc = check_text(o, g->file, f.size, e);
	if (rc == 0)
		rc = check_bound(o, g, g->from, f.size, e);
	return rc == 0 ? check_bound(o, g, g->to, f.size, e) : rc;
}

/* --- what came out of what -------------------------------------------------------------------- */

bool sr_redact_drops(const struct sr_redaction *p, uint64_t file) {
	return p->fate == NULL || p->fate[file] == LEFT_OUT || p->fate[file] == GOES;
}

struct source {
	const struct sr_redaction *p;
	uint64_t file;
	bool there;
};

/* The last that is found is the closest. */
static bool is_source(void *ctx, uint64_t ancestor) {
	struct source *s = ctx;

	if (!sr_redact_drops(s->p, ancestor)) {
		s->file = ancestor;
		s->there = true;
	}
	return true;
}

bool sr_redact_source(uint64_t *source, const struct sr_redaction *p, uint64_t file) {
	struct source s = {.p = p};

	(void)sr_family_ancestors(p->family, file, is_source, &s);
	*source = s.file;
	return s.there;
}

/* An ancestor that still says all of it? */
static bool is_whole(void *ctx, uint64_t ancestor) {
	struct source *s = ctx;

	if (s->p->fate[ancestor] != WHOLE && s->p->fate[ancestor] != KEPT)
		return true;
	s->file = ancestor;
	return false;
}

/* What is taken out of a member, or of a text that the vault made, is still in what it came out
 * of. A made text may be left out alone: its file is not read by it then. */
static int check_source(
	struct opened *o, const struct sr_redaction *p, uint64_t file, struct sr_err *e) {
	struct source s = {.p = p};
	struct sr_file f;
	int rc = sr_item_file(o->it, file, &f, e);

	if (rc != 0 || (p->fate[file] == LEFT_OUT && sr_file_is_rendition(&f)) ||
		sr_family_ancestors(p->family, file, is_whole, &s))
		return rc;
	if (sr_file_is_rendition(&f))
		return sr_fail(e, SR_USAGE,
			"file %llu is the text of file %llu, which still says what the gap takes "
			"out: leave that one out too",
			(unsigned long long)file, (unsigned long long)s.file);
	return sr_fail(e, SR_USAGE,
		"file %llu came out of file %llu, which still has all of it: leave that one out "
		"too (and keep what else came out of it: --keep)",
		(unsigned long long)file, (unsigned long long)s.file);
}

/* Files that the plan takes something out of. Where a text that the vault made goes, what it is the
 * text of counts: two files may have the same few words, or none. */
static int named_files(
	uint8_t *named, struct opened *o, const struct sr_redaction *p, struct sr_err *e) {
	struct sr_file f;
	int rc = 0;

	for (uint64_t i = 0; rc == 0 && i < o->files; i++) {
		if (p->fate[i] == WHOLE || p->fate[i] == KEPT)
			continue;
		rc = sr_item_file(o->it, i, &f, e);
		named[i] = rc == 0 && (p->fate[i] == GAPS || !sr_file_is_rendition(&f));
	}
	return rc;
}

/* What is taken out of a file is still in a copy of it that stays as it is. */
static int check_copies(struct opened *o, const struct sr_redaction *p, struct sr_err *e) {
	enum {
		NAMED = 1,
		COPY
	};
	uint8_t *named = calloc((size_t)o->files + 1, 1);
	int rc =
		named == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : named_files(named, o, p, e);

	if (rc == 0)
		sr_family_copies(p->family, named, COPY);
	for (uint64_t i = 0; rc == 0 && i < o->files; i++) {
		uint64_t of = i;

		if (named[i] != COPY || p->fate[i] != WHOLE)
			continue;
		while (named[of] != NAMED)
			of = sr_family_copy(p->family, of);
		rc = sr_fail(e, SR_USAGE,
			"file %llu has the same bytes as file %llu, which %s: do the same with it, "
			"or say that it stays (--keep %llu)",
			(unsigned long long)i, (unsigned long long)of,
			p->fate[of] == LEFT_OUT ? "is left out"
			: p->fate[of] == GAPS   ? "has gaps"
						: "goes with what it came out of",
			(unsigned long long)i);
	}
	free(named);
	return rc;
}

static int check_numbers(
	const struct opened *o, const uint64_t *files, size_t count, struct sr_err *e) {
	if (count == 0 || files[count - 1] < o->files)
		return 0;
	return sr_fail(e, SR_USAGE, "no file %llu: the item has %llu (from 0)",
		(unsigned long long)files[count - 1], (unsigned long long)o->files);
}

/* The fate of each file: the plan's words, then what follows from them. */
static int decide(
	const struct sr_redacting *r, struct opened *o, struct sr_redaction *p, struct sr_err *e) {
	uint64_t left = 0;
	int rc;

	p->fate = calloc((size_t)o->files + 1, 1);
	if (p->fate == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	rc = sr_family_new(&p->family, r->room->v->catalogue, o->item, o->it, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < p->left_count; i++)
		p->fate[p->left_out[i]] = LEFT_OUT;
	for (size_t i = 0; i < p->gap_count; i++)
		p->fate[p->gaps[i].file] = GAPS;
	for (size_t i = 0; i < p->kept_count; i++) {
		if (p->fate[p->kept[i]] != WHOLE)
			return sr_fail(e, SR_USAGE, "file %llu is kept, and left out or with gaps",
				(unsigned long long)p->kept[i]);
		p->fate[p->kept[i]] = KEPT;
	}
	sr_family_spread(p->family, p->fate, LEFT_OUT, GOES);
	sr_family_spread(p->family, p->fate, GAPS, GOES);
	for (uint64_t i = 0; i < o->files; i++)
		left += !sr_redact_drops(p, i);
	return left > 0 ? 0 : sr_fail(e, SR_USAGE, "every file is left out: nothing would be left");
}

int sr_redact_check(const struct sr_redacting *r, struct sr_err *e) {
	struct sr_redaction *p = r->plan;
	struct opened *o = NULL;
	int rc = find(&o, r, e);

	if (rc == 0)
		rc = check_numbers(o, p->left_out, p->left_count, e);
	if (rc == 0)
		rc = check_numbers(o, p->kept, p->kept_count, e);
	for (size_t i = 0; i < p->gap_count && rc == 0; i++)
		rc = check_gap(o, p, i, e);
	if (rc == 0)
		rc = decide(r, o, p, e);
	for (size_t i = 0; i < p->left_count && rc == 0; i++)
		rc = check_source(o, p, p->left_out[i], e);
	for (size_t i = 0; i < p->gap_count && rc == 0; i++)
		if (i == 0 || p->gaps[i - 1].file != p->gaps[i].file)
			rc = check_source(o, p, p->gaps[i].file, e);
	if (rc == 0)
		rc = check_copies(o, p, e);
	return rc != 0 ? sr_wrap(e, "redaction") : 0;
}

int sr_redact_read(const struct sr_redacting *r, struct sr_redact_cursor *c, uint8_t *out,
	size_t len, size_t *got, struct sr_err *e) {
	const struct sr_redaction *p = r->plan;
	struct opened *o = NULL;
	struct sr_range range;
	struct sr_file f;
	uint64_t stop;
	int rc = room_opened(&o, r->room, r->checkout, r->person, e);

	*got = 0;
	if (rc == 0)
		rc = sr_item_file(o->it, c->file, &f, e);
	if (rc != 0 || f.kind != SR_FILE_REGULAR)
		return rc;
	while (c->gap < p->gap_count && p->gaps[c->gap].file < c->file)
		c->gap++;
	const bool gap = c->gap < p->gap_count && p->gaps[c->gap].file == c->file;
	if (gap && p->gaps[c->gap].from == c->at) {
		int n = snprintf((char *)out, len, "[redacted: %llu bytes]",
			(unsigned long long)(p->gaps[c->gap].to - c->at));

		*got = (size_t)n;
		c->at = p->gaps[c->gap++].to;
		return 0;
	}
	stop = gap ? p->gaps[c->gap].from : f.size;
	range = (struct sr_range){
		c->file, c->at, stop - c->at < len ? (size_t)(stop - c->at) : len};
	if (range.len == 0)
		return 0;
	rc = sr_item_read(o->it, &range, out, e);
	if (rc == 0) {
		*got = range.len;
		c->at += range.len;
	}
	return rc;
}
