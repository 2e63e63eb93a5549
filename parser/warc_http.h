/*
 * warc_http - heads of lines "Name: value", and the chunks that HTTP transfers bodies in. Part of
 * warc.h; used by its files alone.
 */
#ifndef SR_PARSER_WARC_HTTP_H
#define SR_PARSER_WARC_HTTP_H

#include "parser/warc.h"

/* Bytes up to and with the empty line that ends the head at ${in}; 0: none in its first
 * PAR_WARC_HEAD_MAX bytes. Lines end with CR LF or LF. */
size_t warc_head_len(struct sr_bytes in);
/* The line at *${at} without its end; moves on. False at the end. */
bool warc_line(struct sr_bytes head, size_t *at, struct sr_bytes *line);
/* The value of the first field ${name} (any case) of a head, after its first line: without spaces
 * around it, folded lines joined. False: there is none. */
bool warc_field(struct sr_bytes head, const char *name, char *out, size_t size);
/* A view as a string, cut to fit. */
void warc_text(char *out, size_t size, struct sr_bytes v);
/* Does ${v} begin with ${word} (any case)? */
bool warc_has_prefix(struct sr_bytes v, const char *word);

/*
 * Chunks (RFC 9112, 7.1):
 *   SIZE -> EXT -> DATA -> AFTER -> SIZE ... a size of 0 -> TRAILER -> DONE; disorder -> RAW
 * (sticky: the rest passes as it is)
 */
struct warc_chunks {
	enum {
		CHUNK_SIZE,
		CHUNK_EXT,
		CHUNK_DATA,
		CHUNK_AFTER,
		CHUNK_TRAILER,
		CHUNK_DONE,
		CHUNK_RAW
	} state;
	uint64_t left;
	unsigned digits;
	bool line; /* TRAILER: something stands on this line */
};
/* Is ${in} the beginning of a chunked body? */
bool warc_chunked(struct sr_bytes in);
/* The next run of payload in ${in}; *${used} of it are spent. An empty run with used == in.len:
 * more is needed. */
struct sr_bytes warc_chunks_next(struct warc_chunks *c, struct sr_bytes in, size_t *used);

#endif
