/*
 * tagtext - text files of others (the tag files of a bag) as UTF-8, line by line.
 *
 * Read: UTF-8, US-ASCII, ISO-8859-1, UTF-16 (byte order mark, else big-endian as RFC 2781 says),
 * UTF-16BE, UTF-16LE; names without regard to case, with the usual aliases. A byte order mark is
 * taken off. Lines end with LF, CR or CR LF; the last may lack its end.
 */
#ifndef SR_INTAKE_TAGTEXT_H
#define SR_INTAKE_TAGTEXT_H

#include "base/bytes.h"

enum sr_tag_encoding {
	SR_TAG_UTF8,
	SR_TAG_ASCII,
	SR_TAG_LATIN1,
	SR_TAG_UTF16,
	SR_TAG_UTF16BE,
	SR_TAG_UTF16LE
};

/* false: none of those that are read. */
bool sr_tag_encoding(enum sr_tag_encoding *out, struct sr_bytes name);
/* ${in} as UTF-8, appended to ${out}. CORRUPT: a sequence that is none of the encoding, with its
 * offset; NUL characters too, which are part of no tag file. */
SR_MUST int sr_tag_decode(
	struct sr_buf *out, enum sr_tag_encoding as, struct sr_bytes in, struct sr_err *e);
/* The next line of *${rest}, without its end; false when nothing is left. */
bool sr_tag_line(struct sr_bytes *rest, struct sr_bytes *line);

#endif
