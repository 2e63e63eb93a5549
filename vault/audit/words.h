/*
 * words - lists of words, compared as sets: those of a statement's repeated lines, and those of the
 * catalogue (tokens with single spaces). In byte order, each once.
 */
#ifndef SR_AUDIT_WORDS_H
#define SR_AUDIT_WORDS_H

#include "base/bytes.h"

struct audit_words {
	char **word; /* in byte order, each once; into ${text}; after audit_words_sort */
	size_t count;
	struct sr_buf text; /* each with a NUL */
	size_t *at;
	size_t cap;
};
void audit_words_init(struct audit_words *w);
void audit_words_free(struct audit_words *w);
SR_MUST int audit_words_add(struct audit_words *w, const char *p, size_t n, struct sr_err *e);
/* ${tokens}: words with single spaces, or NULL. */
SR_MUST int audit_words_split(struct audit_words *w, const char *tokens, struct sr_err *e);
/* When all are there; nothing is added after it. */
SR_MUST int audit_words_sort(struct audit_words *w, struct sr_err *e);
/* As one line of at most ${size} - 1 bytes; "nothing" for none. Both are sorted: */
void audit_words_show(char *out, size_t size, const struct audit_words *w);
bool audit_words_equal(const struct audit_words *a, const struct audit_words *b);

#endif
