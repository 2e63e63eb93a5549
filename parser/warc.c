/*
 * warc - see warc.h.
 *
 *   between records --(head of one)--> block, at most its length --> end --> between records
 *                   --(no record)----> lines, until one begins a record --> end of what is none
 *
 * A block also ends, and is not whole, where a gzip member begins with another record: then its
 * length was wrong, and the next record must not vanish in it.
 */
#include "parser/warc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "parser/warc_http.h"
#include "parser/warc_stream.h"

enum {
	ARC_V1 = 5,
	ARC_V2 = 10,
	SNIFF = 512 /* bytes at which a record is recognised: longer than most URIs of ARC */
};

struct named { /* a digest that the record names */
	enum par_warc_digest is;
	enum sr_digest_kind kind;
	uint8_t value[SR_DIGEST_MAX];
};

struct reader {
	struct warc_stream s;
	const struct par_warc_out *out;
	struct par_warc_sum *sum;
	struct par_warc_record r;
	struct par_warc_end j;
	size_t arc_words; /* of a record's line; 0: no ARC */
	struct named block, payload;
	struct sr_digest *of_block, *of_body, *of_payload; /* NULL: not wanted */
	struct warc_chunks chunks;
	struct sr_bytes http; /* the head of the HTTP message, in the window while it is read */
};

/* --- digests ---------------------------------------------------------------------------------- */

static int base32_value(char c) {
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* ${size} bytes in base32 (RFC 4648, with or without its padding). */
static bool unbase32(uint8_t *out, size_t size, const char *text) {
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (; *text != '\0' && *text != '='; text++) {
		const int v = base32_value(*text);

		if (v < 0)
			return false;
		bits = (bits << 5 | (uint32_t)v) & 0xfff;
		have += 5;
		if (have < 8)
			continue;
		have -= 8;
		if (n == size)
			return false;
		out[n++] = (uint8_t)(bits >> have);
	}
	return n == size && text[strspn(text, "=")] == '\0';
}

/* "sha1:BASE32", "sha-256:hex". */
static void digest_named(struct named *d, const char *text) {
	char word[PAR_WARC_WORD];
	const char *colon = strchr(text, ':');
	size_t n = 0;

	memset(d, 0, sizeof *d);
	d->is = PAR_WARC_UNKNOWN;
	if (colon == NULL || (size_t)(colon - text) >= sizeof word)
		return;
	for (const char *c = text; c < colon; c++)
		if (*c != '-')
			word[n++] = (char)tolower((unsigned char)*c);
	if (!sr_digest_named(&d->kind, sr_bytes_of(word, n)))
		return;
	const size_t size = sr_digest_size(d->kind), len = strlen(++colon);
	bool fits = unbase32(d->value, size, colon);

	if (!fits && len == 2 * size) {
		n = 0;
		for (; n < len && n < sizeof word; n++)
			word[n] = (char)tolower((unsigned char)colon[n]);
		fits = sr_unhex(d->value, size, sr_bytes_of(word, n), NULL) == 0;
	}
	if (fits)
		d->is = PAR_WARC_SAME; /* until the bytes say otherwise */
}

static int digests_begin(struct reader *g, struct sr_err *e) {
	int rc = 0;

	if (g->block.is == PAR_WARC_SAME)
		rc = sr_digest_new(&g->of_block, g->block.kind, e);
	if (rc == 0 && g->payload.is == PAR_WARC_SAME)
		rc = sr_digest_new(&g->of_payload, g->payload.kind, e);
	if (rc == 0 && g->payload.is == PAR_WARC_SAME && g->r.chunked)
		rc = sr_digest_new(&g->of_body, g->payload.kind, e);
	return rc;
}

static bool fits(const struct named *d, struct sr_digest *of) {
	uint8_t have[SR_DIGEST_MAX];

	if (of == NULL)
		return false;
	sr_digest_final(of, have);
	return memcmp(have, d->value, sr_digest_size(d->kind)) == 0;
}

static void digests_end(struct reader *g) {
	g->j.block = g->block.is;
	g->j.payload = g->payload.is;
	if (g->j.block == PAR_WARC_SAME && !fits(&g->block, g->of_block))
		g->j.block = PAR_WARC_OTHER;
	if (g->j.payload == PAR_WARC_SAME) {
		const bool decoded = fits(&g->payload, g->of_payload),
			   as_sent = fits(&g->payload, g->of_body);

		if (!decoded && !as_sent)
			g->j.payload = PAR_WARC_OTHER;
	}
	sr_digest_free(g->of_block);
	sr_digest_free(g->of_body);
	sr_digest_free(g->of_payload);
	g->of_block = g->of_body = g->of_payload = NULL;
}

static void digest_more(struct sr_digest *d, struct sr_bytes v) {
	if (d != NULL && v.len > 0)
		sr_digest_update(d, v.p, v.len);
}

/* --- heads of records ------------------------------------------------------------------------- */

static bool is_warc(struct sr_bytes at) {
	return at.len >= 6 && memcmp(at.p, "WARC/", 5) == 0 && at.p[5] >= '0' && at.p[5] <= '9';
}

static bool digits(struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	return v.len > 0;
}

/* The words of an ARC line, from its end, since URLs have spaces in them: word[0] is the URL,
 * word[${words} - 1] the length. */
static bool arc_line(struct sr_bytes line, size_t words, struct sr_bytes word[ARC_V2]) {
	size_t end = line.len;

	for (size_t w = words - 1; w > 0; w--) {
		size_t at = end;

		while (at > 0 && line.p[at - 1] != ' ')
			at--;
		if (at < 2 || at == end) /* no space, or nothing before or after it */
			return false;
		word[w] = sr_bytes_of(line.p + at, end - at);
		end = at - 1;
	}
	word[0] = sr_bytes_of(line.p, end);
	/* The date has 14 digits; some that went wrong have 12 to 18. */
	return word[2].len >= 12 && word[2].len <= 18 && digits(word[2]) &&
	       memchr(word[0].p, ':', word[0].len) != NULL;
}

static bool first_line(struct sr_bytes at, struct sr_bytes *line) {
	size_t next = 0;

	return warc_line(at, &next, line) && at.p[next - 1] == '\n';
}

static bool is_arc(struct sr_bytes at, size_t words) {
	struct sr_bytes line = {NULL, 0}, word[ARC_V2] = {{NULL, 0}};

	return words != 0 && first_line(at, &line) && arc_line(line, words, word);
}

static bool is_filedesc(struct sr_bytes at) {
	return warc_has_prefix(at, "filedesc:");
}

bool par_warc_begins(struct sr_bytes head) {
	return is_warc(head) || is_filedesc(head);
}

static bool is_record(const struct reader *g, struct sr_bytes at) {
	return is_warc(at) || is_filedesc(at) || is_arc(at, g->arc_words);
}

static void why(struct reader *g, const char *fmt, ...) SR_PRINTF(2, 3);
static void why(struct reader *g, const char *fmt, ...) {
	va_list ap;

	if (!g->j.whole)
		return; /* the first reason is the one that others follow from */
	g->j.whole = false;
	va_start(ap, fmt);
	(void)vsnprintf(g->j.why, sizeof g->j.why, fmt, ap);
	va_end(ap);
}

static void record_reset(struct reader *g) {
	memset(&g->r, 0, sizeof g->r);
	memset(&g->j, 0, sizeof g->j);
	memset(&g->block, 0, sizeof g->block);
	memset(&g->payload, 0, sizeof g->payload);
	memset(&g->chunks, 0, sizeof g->chunks);
	g->http = sr_bytes_of(NULL, 0);
	g->j.whole = true;
	g->r.index = g->sum->records;
	g->r.offset = g->s.at;
}

static void unbracket(char *text) {
	const size_t n = strlen(text);

	if (n >= 2 && text[0] == '<' && text[n - 1] == '>') {
		memmove(text, text + 1, n - 2);
		text[n - 2] = '\0';
	}
}

/* The fields of a WARC record; *${known}: its length is. */
static void warc_fields(struct reader *g, struct sr_bytes head, bool *known) {
	char word[PAR_WARC_WORD], shown[PAR_WARC_WORD];
	struct par_warc_record *r = &g->r;

	(void)warc_field(head, "WARC-Type", r->type, sizeof r->type);
	(void)warc_field(head, "WARC-Record-ID", r->id, sizeof r->id);
	(void)warc_field(head, "WARC-Target-URI", r->uri, sizeof r->uri);
	(void)warc_field(head, "WARC-Date", r->date, sizeof r->date);
	(void)warc_field(head, "WARC-IP-Address", r->ip, sizeof r->ip);
	(void)warc_field(head, "WARC-Truncated", r->truncated, sizeof r->truncated);
	(void)warc_field(head, "Content-Type", r->content_type, sizeof r->content_type);
	unbracket(r->id);
	unbracket(r->uri);
	if (warc_field(head, "WARC-Block-Digest", word, sizeof word))
		digest_named(&g->block, word);
	if (warc_field(head, "WARC-Payload-Digest", word, sizeof word))
		digest_named(&g->payload, word);
	if (strcasecmp(r->type, "revisit") == 0) /* its payload is another record's */
		g->payload.is = PAR_WARC_NO_DIGEST;
	*known = warc_field(head, "Content-Length", word, sizeof word) &&
		 sr_parse_dec(&r->length, sr_bytes_str(word), INT64_MAX, NULL) == 0;
	if (!*known)
		why(g,
			word[0] == '\0' ? "it says no Content-Length"
					: "its Content-Length is \"%s\"",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(word)));
}

static void arc_fields(struct reader *g, struct sr_bytes line, bool *known) {
	struct sr_bytes word[ARC_V2] = {{NULL, 0}};
	struct par_warc_record *r = &g->r;
	size_t words = g->arc_words;
	char shown[PAR_WARC_WORD];

	r->arc = true;
	(void)snprintf(r->type, sizeof r->type, "%s", is_filedesc(line) ? "filedesc" : "arc");
	*known = false;
	if (is_filedesc(
		    line)) /* it has as many words as those that follow, and no spaces in its URL */
		words = arc_line(line, ARC_V2, word) ? ARC_V2 : ARC_V1;
	if (!arc_line(line, words, word)) {
		why(g, "its line does not have %zu words", words);
		return;
	}
	warc_text(r->uri, sizeof r->uri, word[0]);
	warc_text(r->ip, sizeof r->ip, word[1]);
	warc_text(r->date, sizeof r->date, word[2]);
	warc_text(r->content_type, sizeof r->content_type, word[3]);
	*known = sr_parse_dec(&r->length, word[words - 1], INT64_MAX, NULL) == 0;
	if (!*known)
		why(g, "its length is \"%s\"", sr_escape_to(shown, sizeof shown, word[words - 1]));
}

/* --- payloads --------------------------------------------------------------------------------- */

/* Is the block an HTTP message? By its type, or in ARC by its own first line. */
static bool holds_http(const struct par_warc_record *r, struct sr_bytes block) {
	if (r->arc)
		return strcmp(r->type, "arc") == 0 && warc_has_prefix(block, "HTTP/");
	return warc_has_prefix(sr_bytes_str(r->content_type), "application/http");
}

/* What of ${in}, which begins at the present byte, belongs to a block of which ${left} bytes are
 * missing: it ends where a member broke off, or another record begins. *${cut} says what is there,
 * when nothing is left before it. */
static struct sr_bytes reach(
	const struct reader *g, struct sr_bytes in, uint64_t left, const char **cut) {
	const struct sr_bytes seen = in;

	if (in.len > left)
		in.len = (size_t)left;
	for (size_t i = 0; i < g->s.edges; i++) {
		const struct warc_edge *edge = &g->s.edge[i];
		const size_t n = (size_t)(edge->at - g->s.at);
		const struct sr_bytes rest = sr_bytes_of(in.p + n, n < seen.len ? seen.len - n : 0);

		if (n >= in.len)
			break;
		if (edge->gone != NULL || is_record(g, rest)) {
			*cut = edge->gone != NULL ? edge->gone : "another record begins";
			in.len = n;
		} else if (n > 0 && rest.len < SNIFF && !g->s.ended) {
			in.len = n; /* to be looked at when more of it is in the window */
		}
	}
	return in;
}

/* Look into the block for the head of a message. */
static int http_head(struct reader *g, struct sr_err *e) {
	char word[PAR_WARC_WORD];
	struct sr_bytes block, line = {NULL, 0};
	const char *cut = NULL;
	size_t n, at = 0;
	int rc = warc_stream_see(&g->s, PAR_WARC_HEAD_MAX + SNIFF, &block, e);

	if (rc != 0)
		return rc;
	block = reach(g, block, g->r.length, &cut);
	if (!holds_http(&g->r, block) || (n = warc_head_len(block)) == 0)
		return 0;
	g->http = sr_bytes_of(block.p, n);
	g->r.http = true;
	(void)warc_line(g->http, &at, &line);
	warc_text(g->r.status, sizeof g->r.status, line);
	(void)warc_field(g->http, "Content-Type", g->r.payload_type, sizeof g->r.payload_type);
	(void)warc_field(g->http, "Content-Encoding", g->r.encoding, sizeof g->r.encoding);
	if (warc_field(g->http, "Transfer-Encoding", word, sizeof word))
		g->r.chunked = strcasecmp(word, "chunked") == 0 &&
			       warc_chunked(sr_bytes_of(block.p + n, block.len - n));
	return 0;
}

static int give(struct reader *g, struct sr_bytes payload, struct sr_err *e) {
	if (payload.len == 0)
		return 0;
	digest_more(g->of_payload, payload);
	g->j.bytes += payload.len;
	return g->out->data(g->out->ctx, payload, e);
}

/* Bytes of the block, behind the head of a message. */
static int body(struct reader *g, struct sr_bytes in, struct sr_err *e) {
	int rc = 0;

	digest_more(g->of_body, in);
	if (!g->r.chunked)
		return give(g, in, e);
	while (in.len > 0 && rc == 0) {
		size_t used = 0;

		rc = give(g, warc_chunks_next(&g->chunks, in, &used), e);
		in = sr_bytes_of(in.p + used, in.len - used);
	}
	return rc;
}

static void chunks_end(struct reader *g) {
	if (!g->r.chunked || !g->j.whole)
		return;
	if (g->chunks.state == CHUNK_RAW)
		why(g, "its chunks are in disorder: the rest is as it was sent");
	else if (g->chunks.state != CHUNK_DONE && g->chunks.state != CHUNK_TRAILER)
		why(g, "its chunks break off");
}

static int block(struct reader *g, struct sr_err *e) {
	uint64_t left = g->r.length;
	const char *cut = NULL;
	int rc = 0;

	if (g->http.len > 0) {
		digest_more(g->of_block, g->http);
		left -= g->http.len;
		warc_stream_skip(&g->s, g->http.len);
	}
	while (left > 0 && rc == 0) {
		struct sr_bytes in;

		rc = warc_stream_see(&g->s, WARC_WINDOW, &in, e);
		if (rc != 0)
			break;
		in = reach(g, in, left, &cut);
		if (in.len == 0) {
			why(g, "%s after %llu of %llu bytes", cut != NULL ? cut : "it ends",
				(unsigned long long)(g->r.length - left),
				(unsigned long long)g->r.length);
			break;
		}
		digest_more(g->of_block, in);
		rc = body(g, in, e);
		left -= in.len;
		warc_stream_skip(&g->s, in.len);
	}
	return rc;
}

/* --- one after another ------------------------------------------------------------------------ */

/* The record whose head was read: its block, and its end. */
static int record(struct reader *g, bool known, struct sr_err *e) {
	int rc = 0;

	if (known)
		rc = http_head(g, e);
	if (rc == 0)
		rc = digests_begin(g, e);
	if (rc == 0)
		rc = g->out->begin(g->out->ctx, &g->r, e);
	if (rc == 0 && known)
		rc = block(g, e);
	chunks_end(g);
	digests_end(g);
	g->sum->records++;
	g->sum->broken += g->j.whole ? 0 : 1;
	return rc == 0 ? g->out->end(g->out->ctx, &g->r, &g->j, e) : rc;
}

/* The version block of an ARC file says how many words its lines have. */
static int arc_version(struct reader *g, struct sr_err *e) {
	struct sr_bytes in, line;
	size_t at = 0;
	int rc = warc_stream_see(&g->s, PAR_WARC_HEAD_MAX, &in, e);

	if (rc != 0)
		return rc;
	g->arc_words = ARC_V1;
	if (warc_line(in, &at, &line) && line.len > 0 && line.p[0] == '2')
		g->arc_words = ARC_V2;
	return 0;
}

static int one_warc(struct reader *g, struct sr_bytes at, struct sr_err *e) {
	const size_t n = warc_head_len(at);
	bool known = false;

	if (n == 0) {
		struct sr_bytes line;
		size_t skip = 0;

		why(g, "its fields do not end within %d bytes", PAR_WARC_HEAD_MAX);
		(void)warc_line(at, &skip, &line);
		warc_stream_skip(&g->s, skip);
		return record(g, false, e);
	}
	warc_fields(g, sr_bytes_of(at.p, n), &known);
	warc_stream_skip(&g->s, n);
	return record(g, known, e);
}

static int one_arc(struct reader *g, struct sr_bytes at, struct sr_err *e) {
	struct sr_bytes line = {NULL, 0};
	bool known = false;
	size_t n = 0;
	int rc = 0;

	(void)warc_line(at, &n, &line);
	arc_fields(g, line, &known);
	warc_stream_skip(&g->s, n);
	if (strcmp(g->r.type, "filedesc") == 0)
		rc = arc_version(g, e);
	return rc == 0 ? record(g, known, e) : rc;
}

/* The lines at ${in} before one that begins a record, or is not all there: one at least. A line
 * alone may be a byte, and each piece that is handed out costs as much as a thousand of them. */
static size_t lines_of(const struct reader *g, struct sr_bytes in) {
	struct sr_bytes line, rest;
	size_t n = 0;

	do {
		(void)warc_line(in, &n, &line);
		rest = sr_bytes_of(in.p + n, in.len - n);
	} while (rest.len > 0 && memchr(rest.p, '\n', rest.len) != NULL && !is_record(g, rest));
	return n;
}

/* What is no record: handed out as it is, up to the next line that begins one. */
static int no_record(struct reader *g, const char *gone, struct sr_err *e) {
	bool stop = false;
	int rc;

	g->r.none = true;
	why(g, "%s", gone != NULL ? gone : "it is no record");
	rc = g->out->begin(g->out->ctx, &g->r, e);
	while (rc == 0 && !stop) {
		struct sr_bytes in;
		size_t n;

		rc = warc_stream_see(&g->s, PAR_WARC_HEAD_MAX, &in, e);
		if (rc != 0 || in.len == 0 || (g->j.bytes > 0 && is_record(g, in)))
			break;
		if (gone != NULL && is_record(g, in)) /* only the member before was damaged */
			break;
		n = lines_of(g, in);
		const struct warc_edge *edge = warc_stream_edge(&g->s);

		if (edge != NULL && edge->at - g->s.at < n) {
			n = (size_t)(edge->at - g->s.at);
			stop = edge->gone != NULL;
		}
		g->j.bytes += n;
		rc = g->out->data(g->out->ctx, sr_bytes_of(in.p, n), e);
		warc_stream_skip(&g->s, n);
	}
	g->sum->records++;
	g->sum->broken++;
	return rc == 0 ? g->out->end(g->out->ctx, &g->r, &g->j, e) : rc;
}

/* Past the empty lines between records. */
static int blank(struct reader *g, struct sr_bytes *in, struct sr_err *e) {
	int rc;

	for (;;) {
		size_t n = 0;

		rc = warc_stream_see(&g->s, PAR_WARC_HEAD_MAX + SNIFF, in, e);
		if (rc != 0 || in->len == 0)
			return rc;
		while (n < in->len && (in->p[n] == '\r' || in->p[n] == '\n'))
			n++;
		if (n == 0)
			return 0;
		/* A damaged edge among them is news. */
		const struct warc_edge *edge = warc_stream_edge(&g->s);

		if (edge != NULL && edge->gone != NULL && edge->at - g->s.at <= n) {
			warc_stream_skip(&g->s, (size_t)(edge->at - g->s.at));
			return warc_stream_see(&g->s, PAR_WARC_HEAD_MAX + SNIFF, in, e);
		}
		warc_stream_skip(&g->s, n);
	}
}

static int read_all(struct reader *g, struct sr_err *e) {
	uint64_t told = UINT64_MAX; /* the damaged edge that was handed out */
	struct sr_bytes in = {NULL, 0};
	int rc;

	for (;;) {
		const struct warc_edge *edge;
		const uint64_t max = g->s.from->records_max;

		rc = blank(g, &in, e);
		if (rc != 0)
			return rc;
		edge = warc_stream_here(&g->s);
		if (max > 0 && g->sum->records >= max && in.len > 0)
			return sr_fail(
				e, SR_LIMIT, "more than %llu records", (unsigned long long)max);
		record_reset(g);
		if (edge != NULL && edge->gone != NULL && told != edge->at) {
			told = edge->at;
			rc = no_record(g, edge->gone, e);
		} else if (in.len == 0) {
			return 0;
		} else if (is_warc(in)) {
			rc = one_warc(g, in, e);
		} else if (is_filedesc(in) || is_arc(in, g->arc_words)) {
			rc = one_arc(g, in, e);
		} else {
			rc = no_record(g, NULL, e);
		}
		if (rc != 0)
			return rc;
		g->sum->bytes = g->s.at;
	}
}

int par_warc_read(const struct par_warc_in *in, const struct par_warc_out *out,
	struct par_warc_sum *sum, struct sr_err *e) {
	struct reader *g = calloc(1, sizeof *g);
	int rc;

	memset(sum, 0, sizeof *sum);
	if (g == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for the windows of a web archive");
	g->out = out;
	g->sum = sum;
	rc = warc_stream_begin(&g->s, in, e);
	if (rc == 0)
		rc = read_all(g, e);
	digests_end(g);
	warc_stream_end(&g->s);
	free(g);
	return rc;
}
