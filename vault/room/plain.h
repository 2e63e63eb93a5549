/*
 * plain - the `text` form: a file's bytes as text that is safe in a terminal.
 *
 * What a file is, is judged by its bytes, never by its name or its depositor's word. UTF-8 and
 * UTF-16 (by byte order mark) are read as such; bytes that are neither are read as Windows-1252,
 * and the reader is told. Controls, escapes and bidirectional overrides come out as visible escapes
 * (base/escape.h); newline and tab stay. Documents that need a renderer (PDF, office files,
 * pictures, archives, ...) are refused by name: rendering is for the sandbox, which is not here.
 *
 * One sr_plain reads one file from its start in pieces of any size; a character cut by a piece is
 * completed by the next.
 */
#ifndef SR_ROOM_PLAIN_H
#define SR_ROOM_PLAIN_H

#include "room/cut.h"

enum sr_plain_encoding {
	SR_PLAIN_UTF8,
	SR_PLAIN_UTF16LE,
	SR_PLAIN_UTF16BE,
	SR_PLAIN_WINDOWS1252
};

/* What these first bytes (SR_PLAIN_PROBE of them, or the whole file) are: 0 and the encoding, or
 * UNSUPPORTED with the kind of document in words and what to do. An empty file is UTF-8. */
enum {
	SR_PLAIN_PROBE = 4096
};
SR_MUST int sr_plain_probe(enum sr_plain_encoding *out, struct sr_bytes first, struct sr_err *e);
const char *sr_plain_encoding_name(enum sr_plain_encoding enc);

struct sr_plain {
	enum sr_plain_encoding encoding;
	uint8_t held[4]; /* the start of a character that the last piece cut */
	size_t held_len;
	bool started;       /* a byte order mark is only one at the start */
	struct sr_cut *cut; /* what is left out (room/cut.h); borrowed, NULL: nothing */
};
void sr_plain_init(struct sr_plain *p, enum sr_plain_encoding enc);
/* Append the safe text of the next piece to ${out}; ${last} when no more follows (a cut character
 * then shows as bytes). */
SR_MUST int sr_plain_feed(
	struct sr_plain *p, struct sr_buf *out, struct sr_bytes piece, bool last, struct sr_err *e);

#endif
