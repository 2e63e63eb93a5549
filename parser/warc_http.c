/*
 * warc_http - see warc_http.h.
 */
#include "parser/warc_http.h"

#include <string.h>
#include <strings.h>

/* --- heads ------------------------------------------------------------------------------------ */

bool warc_line(struct sr_bytes head, size_t *at, struct sr_bytes *line) {
	const uint8_t *lf;
	size_t end, next;

	if (*at >= head.len)
		return false;
	lf = memchr(head.p + *at, '\n', head.len - *at);
	end = lf != NULL ? (size_t)(lf - head.p) : head.len;
	next = lf != NULL ? end + 1 : end;
	if (lf != NULL && end > *at && head.p[end - 1] == '\r')
		end--;
	*line = sr_bytes_of(head.p + *at, end - *at);
	*at = next;
	return true;
}

size_t warc_head_len(struct sr_bytes in) {
	size_t at = 0;
	struct sr_bytes line;

	if (in.len > PAR_WARC_HEAD_MAX)
		in.len = PAR_WARC_HEAD_MAX;
	while (warc_line(in, &at, &line))
		if (line.len == 0 && in.p[at - 1] == '\n')
			return at;
	return 0;
}

void warc_text(char *out, size_t size, struct sr_bytes v) {
	const size_t n = v.len < size ? v.len : size - 1;
	const uint8_t *nul = n > 0 ? memchr(v.p, 0, n) : NULL;

	/* A NUL would hide what follows from whoever reads the string. */
	if (n > 0)
		memcpy(out, v.p, n);
	out[n] = '\0';
	for (size_t i = 0; nul != NULL && i < n; i++)
		if (out[i] == '\0')
			out[i] = ' ';
}

bool warc_has_prefix(struct sr_bytes v, const char *word) {
	const size_t n = strlen(word);

	return v.len >= n && strncasecmp((const char *)v.p, word, n) == 0;
}

static struct sr_bytes trimmed(struct sr_bytes v) {
	while (v.len > 0 && (v.p[0] == ' ' || v.p[0] == '\t'))
		v = sr_bytes_of(v.p + 1, v.len - 1);
	while (v.len > 0 && (v.p[v.len - 1] == ' ' || v.p[v.len - 1] == '\t'))
		v.len--;
	return v;
}

static void append(char *out, size_t size, struct sr_bytes v) {
	size_t have = strlen(out);

	if (have > 0 && have + 1 < size)
		out[have++] = ' ';
	warc_text(out + have, size - have, v);
}

bool warc_field(struct sr_bytes head, const char *name, char *out, size_t size) {
	const size_t n = strlen(name);
	struct sr_bytes line;
	size_t at = 0;
	bool found = false;

	out[0] = '\0';
	(void)warc_line(head, &at, &line);
	while (warc_line(head, &at, &line)) {
		const bool folded = line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t');

		if (found && !folded)
			break;
		if (found) {
			append(out, size, trimmed(line));
			continue;
		}
		if (folded || !warc_has_prefix(line, name))
			continue;
		const struct sr_bytes rest = trimmed(sr_bytes_of(line.p + n, line.len - n));

		if (rest.len == 0 || rest.p[0] != ':')
			continue;
		found = true;
		append(out, size, trimmed(sr_bytes_of(rest.p + 1, rest.len - 1)));
	}
	return found;
}

/* --- chunks ----------------------------------------------------------------------------------- */

bool warc_chunked(struct sr_bytes in) {
	size_t n = 0;

	while (n < in.len && n < 16 && sr_hex_digit(in.p[n]) >= 0)
		n++;
	return n > 0 && n < in.len &&
	       (in.p[n] == '\r' || in.p[n] == '\n' || in.p[n] == ';' || in.p[n] == ' ');
}

/* One byte that is not payload. */
static void step(struct warc_chunks *c, uint8_t b) {
	const int v = sr_hex_digit(b);

	switch (c->state) {
	case CHUNK_SIZE:
		if (v >= 0 && c->digits < 15) { /* below 2^60 */
			c->left = c->left * 16 + (uint64_t)v;
			c->digits++;
		} else if (c->digits > 0 && b == '\n') {
			c->state = c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
		} else if (c->digits > 0 && (b == '\r' || b == ';' || b == ' ' || b == '\t')) {
			c->state = CHUNK_EXT;
		} else {
			c->state = CHUNK_RAW;
		}
		break;
	case CHUNK_EXT:
		if (b == '\n')
			c->state = c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
		break;
	case CHUNK_AFTER:
		if (b == '\n') {
			c->state = CHUNK_SIZE;
			c->digits = 0;
		} else if (b != '\r') {
			c->state = CHUNK_RAW;
		}
		break;
	case CHUNK_TRAILER:
		if (b == '\n' && !c->line)
			c->state = CHUNK_DONE;
		else if (b != '\r')
			c->line = b != '\n';
		break;
	case CHUNK_DATA:
	case CHUNK_DONE:
	case CHUNK_RAW:
		break;
	}
}

struct sr_bytes warc_chunks_next(struct warc_chunks *c, struct sr_bytes in, size_t *used) {
	size_t n = 0;

	while (n < in.len && c->state != CHUNK_DATA && c->state != CHUNK_RAW &&
		c->state != CHUNK_DONE) {
		step(c, in.p[n]);
		if (c->state == CHUNK_RAW) /* the byte that broke the order is the first to pass */
			break;
		n++;
	}
	if (n == in.len) {
		*used = n;
		return sr_bytes_of(NULL, 0);
	}
	in = sr_bytes_of(in.p + n, in.len - n);
	if (c->state == CHUNK_DONE)
		c->state = CHUNK_RAW; /* bytes behind the last chunk are nobody's, and not lost */
	if (c->state == CHUNK_DATA) {
		if (in.len > c->left)
			in.len = (size_t)c->left;
		c->left -= in.len;
		if (c->left == 0)
			c->state = CHUNK_AFTER;
	}
	*used = n + in.len;
	return in;
}
