/*
 * drafts - a lawful statement with a line changed: what an enemy's client would sign. Beside
 * world.h; what is edited must be there, so that a statement that reads otherwise by now is
 * noticed.
 */
#ifndef SR_TESTS_DRAFTS_H
#define SR_TESTS_DRAFTS_H

#include "world.h"

/* ${from} becomes ${to} ("": it goes), once. */
static inline void draft_edit(struct world_draft *d, const char *from, const char *to) {
	const uint8_t *at = memmem(d->text.p, d->text.len, from, strlen(from));
	struct sr_buf b;

	if (at == NULL)
		fail_msg("no \"%s\" in:\n%.*s", from, (int)d->text.len, (const char *)d->text.p);
	sr_buf_init(&b);
	sr_buf_put_bytes(&b, sr_bytes_of(d->text.p, (size_t)(at - d->text.p)));
	sr_buf_put_str(&b, to);
	at += strlen(from);
	sr_buf_put_bytes(&b, sr_bytes_of(at, (size_t)(d->text.p + d->text.len - at)));
	sr_buf_free(&d->text);
	d->text = b;
}

/* The first line of ${key}, from the end of the one before it to its own, becomes ${to} ("\nkey
 * value"; "": it goes). */
static inline void draft_line(struct world_draft *d, const char *key, const char *to) {
	char from[700];
	const uint8_t *at, *end;

	snprintf(from, sizeof from, "\n%s ", key);
	at = memmem(d->text.p, d->text.len, from, strlen(from));
	if (at == NULL) {
		fail_msg("no line of %s in:\n%.*s", key, (int)d->text.len, (const char *)d->text.p);
		return; /* never: the analyser does not know */
	}
	end = memchr(at + 1, '\n', (size_t)(d->text.p + d->text.len - at - 1));
	assert_non_null(end);
	const size_t len = (size_t)(end - at);
	assert_true(len < sizeof from);
	snprintf(from, sizeof from, "%.*s", (int)len, (const char *)at);
	draft_edit(d, from, to);
}

#endif
