/*
 * lines - taking apart texts made of lines: what note, checkpoint, proof and policy parsers share.
 */
#ifndef SR_MERKLE_LINES_H
#define SR_MERKLE_LINES_H

#include <string.h>

#include "base/bytes.h"

/* Take one line off the front of ${rest}, without its "\n". False if no "\n" is left. */
static inline bool sr_take_line(struct sr_bytes *line, struct sr_bytes *rest) {
	const uint8_t *nl = rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);

	if (nl == NULL)
		return false;
	*line = sr_bytes_of(rest->p, (size_t)(nl - rest->p));
	*rest = sr_bytes_of(nl + 1, rest->len - line->len - 1);
	return true;
}

/* Take ${prefix} off the front of ${rest}; false, and nothing taken, if it is not there. */
static inline bool sr_take_prefix(struct sr_bytes *rest, const char *prefix) {
	size_t len = strlen(prefix);

	if (rest->len < len || memcmp(rest->p, prefix, len) != 0)
		return false;
	*rest = sr_bytes_of(rest->p + len, rest->len - len);
	return true;
}

#endif
