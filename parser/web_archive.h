/*
 * web_archive - the records of a web archive (parser/warc.h) as members.
 *
 * A member's path is the number of its record, its type and nothing else: 000003.response. What it
 * is the answer to (uri), when (captured), of which kind and with which HTTP status are facts, and
 * whether its digests fit. Its bytes are the payload: of an HTTP message the body. What is no
 * record, or is not whole, is a member with its reason; a container with bytes that are no record
 * is broken.
 */
#ifndef SR_PARSER_WEB_ARCHIVE_H
#define SR_PARSER_WEB_ARCHIVE_H

#include "parser/stream.h"

/* Does it begin as one? ${head}: the first bytes, 16 or more if there are. */
bool par_is_web_archive(struct sr_bytes head);
/* All records of ${in}, which may be gzip. */
void par_web_archive(struct par_result *out, const struct par_stream *in, const struct par_sink *to,
	unsigned depth);

#endif
