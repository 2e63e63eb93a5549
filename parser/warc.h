/*
 * warc - web archives: WARC 0.17 to 1.1 (ISO 28500) and ARC 1, uncompressed (a compressed one comes
 * through a filter). Records become members, their headers facts.
 *
 *   WARC/1.0 CR LF, "Name: value" lines, empty line, Content-Length bytes, CR LF CR LF
 *   URL IP date type length LF, length bytes, LF          (ARC; the URL may hold spaces)
 *
 * A member's path is its number, its type and an ending: 000003.response. Lines may end with LF
 * alone. What is between records and is none of them is counted and told; after something that
 * cannot be a record the next line that begins one is looked for, so one broken record hides no
 * other.
 */
#ifndef SR_PARSER_WARC_H
#define SR_PARSER_WARC_H

#include "parser/stream.h"

/* Does it begin as one? ${head}: the first bytes, 16 or more if there are. */
bool par_is_warc(struct sr_bytes head);
/* All records of ${in}. */
void par_warc(struct par_result *out, const struct par_stream *in, const struct par_sink *to,
	unsigned depth);

#endif
