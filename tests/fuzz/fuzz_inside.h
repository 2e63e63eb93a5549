/*
 * fuzz_inside - the other side of a job, for targets of what runs in the sandbox: the functions of
 * sandbox/inside.h with the input in memory and no socket (that module is not linked then). What is
 * told is held to what sandbox/wire.h and parser/text.h promise, and kept.
 */
#ifndef SR_TESTS_FUZZ_INSIDE_H
#define SR_TESTS_FUZZ_INSIDE_H

#include "base/escape.h"
#include "fuzz.h"
#include "parser/text.h"
#include "sandbox/inside.h"

static struct {
	struct sr_bytes in;
	struct sr_buf all, page;        /* the text of all pages; of the one at hand */
	unsigned facts;                 /* of the member at hand, or of the input */
	bool full, done, paged, itself; /* full: there was no room for one more page */
	enum sr_box_status status;
} fuzz_told;

size_t sr_inside_read(struct sr_inside *s, uint64_t offset, void *p, size_t len) {
	const struct sr_bytes in = fuzz_told.in;
	MUST(s->job.size == in.len);
	if (offset >= in.len)
		return 0;
	len = len < in.len - offset ? len : (size_t)(in.len - offset);
	len = len < SR_BOX_READ_MAX ? len : SR_BOX_READ_MAX;
	if (len > 0)
		memcpy(p, in.p + offset, len);
	return len;
}

bool sr_inside_room(const struct sr_inside *s) {
	fuzz_told.full = s->members == s->job.members;
	return !fuzz_told.full;
}

uint64_t sr_inside_left(const struct sr_inside *s) {
	return s->job.bytes - s->bytes;
}

void sr_inside_member(struct sr_inside *s, const struct sr_member *m) {
	char number[12];
	MUST(!fuzz_told.done && !s->in_member && s->members < s->job.members);
	(void)snprintf(number, sizeof number, "%u", ++s->members);
	MUST(m->kind == SR_MEMBER_FILE && m->depth == 1);
	MUST(sr_bytes_eq(m->path, sr_bytes_str(number)));
	s->in_member = true;
	fuzz_told.facts = 0;
	sr_buf_clear(&fuzz_told.page);
}

void sr_inside_data(struct sr_inside *s, const void *p, size_t len) {
	MUST(s->in_member && len <= sr_inside_left(s));
	s->bytes += len;
	sr_buf_put(&fuzz_told.page, p, len);
}

void sr_inside_fact(struct sr_inside *s, const char *key, struct sr_bytes value) {
	const size_t n = strlen(key);
	(void)s;
	MUST(!fuzz_told.done && fuzz_told.facts++ < SR_BOX_FACTS_MAX);
	MUST(n > 0 && n <= SR_BOX_KEY_MAX && strspn(key, "abcdefghijklmnopqrstuvwxyz-") == n);
	MUST(value.len > 0 && sr_escape_valid(value));
	fuzz_told.paged = fuzz_told.paged || strcmp(key, "paged") == 0;
	fuzz_told.itself = fuzz_told.itself || strcmp(key, "itself") == 0;
}

void sr_inside_end(struct sr_inside *s, enum sr_box_status status, const char *reason) {
	const struct sr_bytes text = sr_buf_view(&fuzz_told.page);
	MUST(s->in_member && (unsigned)status < SR_BOX_STATUSES);
	MUST((status == SR_BOX_WHOLE) == (*reason == '\0'));
	MUST(sr_buf_ok(&fuzz_told.page, NULL) == 0 && sr_utf8_valid(text));
	MUST(text.len <= PAR_PAGE_MAX);
	/* A part of a text without pages is there because there was more of it. */
	MUST(fuzz_told.paged || text.len > 0 || status != SR_BOX_WHOLE);
	sr_buf_put_bytes(&fuzz_told.all, text);
	s->in_member = false;
}

void sr_inside_done(struct sr_inside *s, enum sr_box_status status, const char *reason) {
	MUST(!fuzz_told.done && !s->in_member && (unsigned)status < SR_BOX_STATUSES);
	MUST(status == SR_BOX_WHOLE || *reason != '\0');
	fuzz_told.done = true;
	fuzz_told.status = status;
}

/* ${read} over ${in}: how many pages came. What is kept of it lasts until fuzz_told_free. */
static inline unsigned fuzz_tell(
	void (*read)(struct sr_inside *s), struct sr_bytes in, uint32_t members, uint64_t bytes) {
	static struct sr_inside s;
	s = (struct sr_inside){.job = {.what = SR_BOX_TEXT,
				       .size = in.len,
				       .members = members,
				       .bytes = bytes,
				       .depth = 1}};
	memset(&fuzz_told, 0, sizeof fuzz_told);
	fuzz_told.in = in;
	sr_buf_init(&fuzz_told.all);
	sr_buf_init(&fuzz_told.page);
	read(&s);
	MUST(fuzz_told.done && sr_buf_ok(&fuzz_told.all, NULL) == 0);
	/* What has no more room does not pass for all of it. */
	MUST(!fuzz_told.full || fuzz_told.status == SR_BOX_CAPPED);
	MUST(!fuzz_told.itself || s.members == 0);
	return s.members;
}

static inline void fuzz_told_free(void) {
	sr_buf_free(&fuzz_told.all);
	sr_buf_free(&fuzz_told.page);
}

#endif
