/*
 * words - see words.h.
 */
#include "audit/words.h"

#include <stdlib.h>
#include <string.h>

void audit_words_init(struct audit_words *w) {
	memset(w, 0, sizeof *w);
	sr_buf_init(&w->text);
}

void audit_words_free(struct audit_words *w) {
	free(w->word);
	free(w->at);
	sr_buf_free(&w->text);
}

int audit_words_add(struct audit_words *w, const char *p, size_t n, struct sr_err *e) {
	if (w->count == w->cap) {
		const size_t cap = w->cap == 0 ? 32 : 2 * w->cap;
		size_t *more = reallocarray(w->at, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "audit: no memory for %zu words", cap);
		w->at = more;
		w->cap = cap;
	}
	w->at[w->count++] = w->text.len;
	sr_buf_put(&w->text, p, n);
	sr_buf_put_u8(&w->text, 0);
	return sr_buf_ok(&w->text, e);
}

int audit_words_split(struct audit_words *w, const char *tokens, struct sr_err *e) {
	int rc = 0;

	for (const char *p = tokens; rc == 0 && p != NULL && *p != '\0';) {
		const size_t n = strcspn(p, " ");

		if (n > 0)
			rc = audit_words_add(w, p, n, e);
		p += n;
		p += strspn(p, " ");
	}
	return rc;
}

static int word_order(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int audit_words_sort(struct audit_words *w, struct sr_err *e) {
	size_t n = 0;

	w->word = calloc(w->count + 1, sizeof *w->word);
	if (w->word == NULL || (w->count > 0 && w->text.p == NULL))
		return sr_fail(e, SR_NOMEM, "audit: no memory for %zu words", w->count);
	for (size_t i = 0; i < w->count; i++)
		w->word[i] = (char *)w->text.p + w->at[i];
	if (w->count > 0)
		qsort(w->word, w->count, sizeof *w->word, word_order);
	for (size_t i = 0; i < w->count; i++)
		if (i == 0 || strcmp(w->word[i], w->word[n - 1]) != 0)
			w->word[n++] = w->word[i];
	w->count = n;
	return 0;
}

void audit_words_show(char *out, size_t size, const struct audit_words *w) {
	size_t len = 0;

	snprintf(out, size, "%s", w->count == 0 ? "nothing" : "");
	for (size_t i = 0; i < w->count && len < size; i++) {
		const int n =
			snprintf(out + len, size - len, "%s%s", i == 0 ? "" : " ", w->word[i]);
		len += n > 0 ? (size_t)n : 0;
	}
}

bool audit_words_equal(const struct audit_words *a, const struct audit_words *b) {
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = a->word[i] != NULL && b->word[i] != NULL &&
		       strcmp(a->word[i], b->word[i]) == 0;
	return same;
}
