/*
 * parsed - what a parser found, as lines of text that a test or a fuzz target can look at:
 *   "kind path [-> target] [key=value]... N bytes status [reason]\n"
 * Caps as a sandbox would set them.
 */
#ifndef SR_TESTS_PARSED_H
#define SR_TESTS_PARSED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parser/stream.h"

struct parsed {
	struct sr_buf lines, data; /* data: of the last member */
	size_t members, members_max;
	uint64_t bytes, bytes_max, member_bytes;
	unsigned depth;
	bool open, misused; /* a call that does not fit the order */
};

static inline void parsed_init(struct parsed *p, size_t members, uint64_t bytes) {
	*p = (struct parsed){.members_max = members, .bytes_max = bytes};
	sr_buf_init(&p->lines);
	sr_buf_init(&p->data);
}
static inline void parsed_free(struct parsed *p) {
	sr_buf_free(&p->lines);
	sr_buf_free(&p->data);
}

static inline bool parsed_begin(void *ctx, const struct sr_member *m) {
	struct parsed *p = ctx;
	p->misused = p->misused || p->open || m->path.len == 0 || m->path.len > SR_BOX_PATH_MAX ||
		     m->depth < 1 || m->target.len > SR_BOX_PATH_MAX;
	if (p->members == p->members_max)
		return false;
	p->members++;
	p->open = true;
	p->member_bytes = 0;
	p->depth = m->depth > p->depth ? m->depth : p->depth;
	sr_buf_clear(&p->data);
	sr_buf_printf(&p->lines, "%s ", sr_member_kind_name(m->kind));
	sr_buf_put_bytes(&p->lines, m->path);
	if (m->target.len > 0) {
		sr_buf_put_str(&p->lines, " -> ");
		sr_buf_put_bytes(&p->lines, m->target);
	}
	return true;
}
static inline void parsed_fact(void *ctx, const char *key, struct sr_bytes value) {
	struct parsed *p = ctx;
	sr_buf_printf(&p->lines, " %s=", key);
	sr_buf_put_bytes(&p->lines, value);
	if (!p->open)
		sr_buf_put_u8(&p->lines, '\n');
}
static inline bool parsed_data(void *ctx, const void *d, size_t len) {
	struct parsed *p = ctx;
	p->misused = p->misused || !p->open || len == 0;
	if (len > p->bytes_max - p->bytes)
		return false;
	p->bytes += len;
	p->member_bytes += len;
	sr_buf_put(&p->data, d, len);
	return true;
}
static inline void parsed_end(void *ctx, enum sr_box_status status, const char *reason) {
	struct parsed *p = ctx;
	p->misused = p->misused || !p->open;
	p->open = false;
	sr_buf_printf(&p->lines, " %llu bytes %s%s%s\n", (unsigned long long)p->member_bytes,
		sr_box_status_name(status), *reason != '\0' ? ": " : "", reason);
}
static inline struct par_sink parsed_sink(struct parsed *p) {
	return (struct par_sink){parsed_begin, parsed_fact, parsed_data, parsed_end, p};
}

/* Bytes, handed out in pieces of ${step}. */
struct pieces {
	struct sr_bytes left;
	size_t step;
	bool break_at_end;
};
static inline ptrdiff_t pieces_read(void *ctx, void *p, size_t len, const char **why) {
	struct pieces *s = ctx;
	size_t n = s->step < s->left.len ? s->step : s->left.len;
	n = n < len ? n : len;
	if (n == 0) {
		*why = "the stream breaks";
		return s->break_at_end ? -1 : 0;
	}
	memcpy(p, s->left.p, n);
	s->left = sr_bytes_of(s->left.p + n, s->left.len - n);
	return (ptrdiff_t)n;
}

static inline size_t parsed_input(void *ctx, uint64_t offset, void *p, size_t len) {
	const struct sr_bytes *b = ctx;
	if (offset >= b->len)
		return 0;
	if (len > b->len - offset)
		len = (size_t)(b->len - offset);
	memcpy(p, b->p + offset, len);
	return len;
}

#endif
