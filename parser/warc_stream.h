/*
 * warc_stream - the bytes of a web archive, inflated if they are gzip, with a window onto them and
 * the places where a gzip member begins. Part of warc.h; used by its files alone.
 *
 *   file -> in[] -> (inflate, member after member) -> window[]
 *
 * A member that is damaged ends where it stopped making sense; the next one is sought by its first
 * four bytes, and an edge with the reason stands between the two.
 */
#ifndef SR_PARSER_WARC_STREAM_H
#define SR_PARSER_WARC_STREAM_H

#include <zlib.h>

#include "parser/warc.h"

enum {
	WARC_WINDOW = 128 << 10, /* two heads of PAR_WARC_HEAD_MAX */
	WARC_EDGES = 512 /* members that begin in one window: a record has 200 bytes at least */
};

struct warc_edge {
	uint64_t at;      /* offset when inflated: the first byte of a member */
	const char *gone; /* why the member before it broke off; NULL: it ended as it should */
};

struct warc_stream {
	const struct par_warc_in *from;
	bool begun, gz, ended; /* ended: nothing comes after the window */
	bool in_ended;
	bool member; /* in one */
	z_stream z;
	size_t in_at, in_len;
	uint64_t at; /* offset of window[first] when inflated */
	size_t first, len;
	size_t edges;
	struct warc_edge edge[WARC_EDGES];
	uint8_t in[WARC_WINDOW];
	uint8_t window[WARC_WINDOW];
};

SR_MUST int warc_stream_begin(
	struct warc_stream *s, const struct par_warc_in *from, struct sr_err *e);
void warc_stream_end(struct warc_stream *s);

/* As many bytes as there are, up to ${want} (at most WARC_WINDOW) at least; fewer only at the end.
 */
SR_MUST int warc_stream_see(
	struct warc_stream *s, size_t want, struct sr_bytes *out, struct sr_err *e);
/* Go past ${n} bytes that were seen. */
void warc_stream_skip(struct warc_stream *s, size_t n);
/* The first edge behind the present byte, as far as the window goes; NULL. */
const struct warc_edge *warc_stream_edge(struct warc_stream *s);
/* The edge at the present byte; NULL. */
const struct warc_edge *warc_stream_here(struct warc_stream *s);

#endif
