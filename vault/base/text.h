/*
 * text - lines of `key value`, the one grammar for statements, cards, configuration and bundles'
 * headers.
 *
 *   strongroom/vote/v1\n          a type line: "strongroom/" token "/v" decimal
 *   key SP value \n               key [a-z][a-z0-9-]{0,31}; value one or more bytes
 *                                 0x20..0x7e, no leading or trailing space, no double space
 *
 * Nothing else: no blank line, no CR, no byte outside 0x20..0x7e and \n, a final \n.
 * encode(parse(b)) == b. Which keys, in which order, is the caller's business (ledger/types.h). At
 * most SR_TEXT_MAX bytes, SR_TEXT_LINES lines.
 */
#ifndef SR_BASE_TEXT_H
#define SR_BASE_TEXT_H

#include "base/bytes.h"

struct sr_line {
	struct sr_bytes key; /* views into the parsed text */
	struct sr_bytes value;
};

struct sr_text {
	struct sr_bytes type; /* whole first line without \n, e.g. "strongroom/vote/v1" */
	struct sr_line *lines;
	size_t count;
	struct sr_bytes raw;
};

/* Parse ${in}; views point into it, so it must outlive ${out}. CORRUPT names line and reason. Free
 * with sr_text_free. */
SR_MUST int sr_text_parse(struct sr_text *out, struct sr_bytes in, struct sr_err *e);
void sr_text_free(struct sr_text *t);

/* The first line with ${key}, or an empty view (p == NULL). */
struct sr_bytes sr_text_get(const struct sr_text *t, const char *key);
/* How many lines have ${key}; the ${i}-th of them. */
size_t sr_text_count(const struct sr_text *t, const char *key);
struct sr_bytes sr_text_get_n(const struct sr_text *t, const char *key, size_t i);

/* Encoding into a buffer; a bad key or value makes the buffer fail (MISUSE). */
void sr_text_begin(struct sr_buf *b, const char *type); /* "strongroom/vote/v1" */
void sr_text_put(struct sr_buf *b, const char *key, const char *value);
void sr_text_putf(struct sr_buf *b, const char *key, const char *fmt, ...) SR_PRINTF(3, 4);
void sr_text_put_hex(struct sr_buf *b, const char *key, const void *p, size_t len);
void sr_text_put_base64(struct sr_buf *b, const char *key, const void *p, size_t len);
void sr_text_put_dec(struct sr_buf *b, const char *key, uint64_t v);
void sr_text_put_time(struct sr_buf *b, const char *key, int64_t t);

/* Words of a value, split at single spaces: the ${i}-th word, or an empty view. */
struct sr_bytes sr_word(struct sr_bytes value, size_t i);
size_t sr_word_count(struct sr_bytes value);

#endif
