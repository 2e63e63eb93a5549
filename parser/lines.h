/*
 * lines - a stream as lines, through a window: a line longer than the window comes in pieces, of
 * which only the first begins a line.
 */
#ifndef SR_PARSER_LINES_H
#define SR_PARSER_LINES_H

#include "parser/stream.h"

enum {
	PAR_LINE_MAX = 64 << 10 /* bytes of a piece */
};

struct par_lines {
	const struct par_stream *in;
	uint8_t *p; /* PAR_LINE_MAX bytes */
	size_t at, end;
	bool over, inside; /* inside: the next piece goes on with a line */
	const char *broken;
};

struct par_line {
	struct sr_bytes text; /* without its end */
	struct sr_bytes eol;  /* LF, CR LF, or nothing: in the middle of a line, or at the end */
	bool begins;          /* a line begins with it */
};

bool par_lines_begin(struct par_lines *l, const struct par_stream *in); /* false: no memory */
void par_lines_end(struct par_lines *l);
/* The next piece; false at the end. Views until the next call. */
bool par_lines_next(struct par_lines *l, struct par_line *out);

#endif
