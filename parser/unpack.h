/*
 * unpack - containers taken apart, and containers in them, to the depth that the job allows.
 *
 * Archives and compressed streams go through libarchive (zip, tar, 7z, rar, rar5, cpio, ar,
 * iso9660, cab, lha, xar; gzip, bzip2, xz, lzma, lzip, zstd, lz4, compress, rpm, uuencode), web
 * archives through parser/warc.h. Of a program (DOS, Windows, ELF, a script) the archive behind it
 * is taken apart: zip, 7z, rar, cab. Formats that refer to other files, or run programs, are not
 * switched on. Names are names: nothing is ever written under them; those of a tar come
 * out as they are, others in UTF-8, with their accents composed. A member that is a container
 * itself is kept in memory while it passes, up to ${held} bytes of all levels together, and taken
 * apart after it; above that it is a member like any other, with a fact that says so.
 */
#ifndef SR_PARSER_UNPACK_H
#define SR_PARSER_UNPACK_H

#include "parser/stream.h"

struct par_unpack {
	const struct par_sink *to;
	unsigned depth_max;
	size_t held_max; /* bytes of nested containers in memory */
	size_t held;
	unsigned depth;     /* of the container at work, 0: the input itself */
	struct sr_buf path; /* of it, empty for the input */
};

/* Once in a process, before any filter: libarchive gives names in the encoding of the locale, and
 * has none to give where that cannot hold them. False: the locale C.UTF-8 is not there. */
bool par_unpack_begin(void);

/* Members of ${in}, whose first bytes say what it is; WHOLE without a member if it is no container.
 */
void par_unpack(struct par_result *out, struct par_unpack *u, const struct par_input *in);

#endif
