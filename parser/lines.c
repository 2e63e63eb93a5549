/*
 * lines - see lines.h.
 */
#include "parser/lines.h"

#include <stdlib.h>
#include <string.h>

bool par_lines_begin(struct par_lines *l, const struct par_stream *in) {
	*l = (struct par_lines){.in = in, .p = malloc(PAR_LINE_MAX)};
	return l->p != NULL;
}

void par_lines_end(struct par_lines *l) {
	free(l->p);
	l->p = NULL;
}

static void fill(struct par_lines *l) {
	if (l->at > 0) {
		memmove(l->p, l->p + l->at, l->end - l->at);
		l->end -= l->at;
		l->at = 0;
	}
	while (!l->over && l->end < PAR_LINE_MAX) {
		const char *why = NULL;
		const ptrdiff_t n =
			l->in->read(l->in->ctx, l->p + l->end, PAR_LINE_MAX - l->end, &why);

		if (n <= 0) {
			l->over = true;
			if (n < 0)
				l->broken = why != NULL ? why : "it cannot be read";
			return;
		}
		l->end += (size_t)n;
	}
}

static const uint8_t *find_end(const struct par_lines *l) {
	return l->end > l->at ? memchr(l->p + l->at, '\n', l->end - l->at) : NULL;
}

bool par_lines_next(struct par_lines *l, struct par_line *out) {
	const uint8_t *lf = find_end(l), *from;
	size_t n, eol;

	if (lf == NULL && !l->over) {
		fill(l);
		lf = find_end(l);
	}
	from = l->p + l->at;
	n = lf != NULL ? (size_t)(lf - from) : l->end - l->at;
	if (lf == NULL && n == 0)
		return false;
	/* A CR at the end of a full window may belong to a LF that is not here yet. */
	if (lf == NULL && !l->over && n > 1 && from[n - 1] == '\r')
		n--;
	eol = lf == NULL ? 0 : n > 0 && from[n - 1] == '\r' ? 2 : 1;
	if (eol == 2)
		n--;
	out->text = sr_bytes_of(from, n);
	out->eol = sr_bytes_of(from + n, eol);
	out->begins = !l->inside;
	l->inside = lf == NULL;
	l->at += n + eol;
	return true;
}
