/*
 * mail - see mail.h.
 */
#include "parser/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parser/encoded.h"
#include "parser/lines.h"

enum {
	PART_NAME = 255,    /* bytes of a part's name, and of a type */
	BOUNDARY_MAX = 200, /* RFC 2046 allows 70 */
	CHARSET_MAX = 40,   /* the longest that is registered */
	DECODED = 4096,     /* bytes that are decoded at a time */
	MARK_HEADERS = 2    /* of a message's own headers, that make it one */
};

static bool begins(struct sr_bytes v, const char *s) {
	return v.len >= strlen(s) && memcmp(v.p, s, strlen(s)) == 0;
}

static uint8_t lower(uint8_t c) {
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool same_word(struct sr_bytes v, const char *word) {
	if (v.len != strlen(word))
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (lower(v.p[i]) != (uint8_t)word[i])
			return false;
	return true;
}

static bool is_space(uint8_t c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct sr_bytes trim(struct sr_bytes v) {
	while (v.len > 0 && is_space(v.p[0]))
		v = sr_bytes_of(v.p + 1, v.len - 1);
	while (v.len > 0 && is_space(v.p[v.len - 1]))
		v.len--;
	return v;
}

/* --- headers ---------------------------------------------------------------------------------- */

/* The next field of *${rest}, with its folded lines; false at the empty line or what is no field.
 */
static bool next_field(struct sr_bytes *rest, struct sr_bytes *name, struct sr_bytes *value) {
	const struct sr_bytes v = *rest;
	size_t colon = 0, end;

	while (colon < v.len && v.p[colon] > 0x20 && v.p[colon] < 0x7F && v.p[colon] != ':')
		colon++;
	if (colon == 0 || colon == v.len || v.p[colon] != ':')
		return false;
	for (end = colon + 1; end < v.len; end++)
		if (v.p[end] == '\n' &&
			(end + 1 == v.len || (v.p[end + 1] != ' ' && v.p[end + 1] != '\t')))
			break;
	*name = sr_bytes_of(v.p, colon);
	*value = trim(sr_bytes_of(v.p + colon + 1, end - colon - 1));
	end = end < v.len ? end + 1 : end;
	*rest = sr_bytes_of(v.p + end, v.len - end);
	return true;
}

bool par_is_mail(struct sr_bytes head) {
	static const char *const ours[] = {"from", "to", "subject", "date", "message-id",
		"received", "return-path", "mime-version", "delivered-to", "reply-to", "cc",
		"sender"};
	struct sr_bytes name = {NULL, 0}, value = {NULL, 0};
	unsigned seen = 0, marks = 0;

	while (next_field(&head, &name, &value))
		for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
			if (same_word(name, ours[i]) && (seen >> i & 1) == 0) {
				seen |= 1U << i;
				marks++;
			}
	/* One of them is where it came from or when. */
	return marks >= MARK_HEADERS && (seen & 0x39) != 0 && (marks > 2 || (seen & 0x01) != 0);
}

static bool is_digit(uint8_t c) {
	return c >= '0' && c <= '9';
}

/* "From somebody Mon Jan  1 00:00:00 2000", with or without a zone: a month, and a time. */
static bool is_from_line(struct sr_bytes line) {
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	bool month = false, time = false;

	for (size_t i = 5; i + 5 <= line.len; i++) {
		const uint8_t *c = line.p + i;

		for (size_t m = 0; c[0] == ' ' && c[4] == ' ' && m < 12; m++)
			month = month || memcmp(c + 1, months + 3 * m, 3) == 0;
		time = time || (is_digit(c[0]) && is_digit(c[1]) && c[2] == ':' && is_digit(c[3]) &&
				       is_digit(c[4]));
	}
	return month && time;
}

/* What follows a line that says when it came needs no more than a field to be a message. */
bool par_is_mbox(struct sr_bytes head) {
	struct sr_bytes name = {NULL, 0}, value = {NULL, 0}, rest;
	const uint8_t *lf;

	if (!begins(head, "From ") || (lf = memchr(head.p, '\n', head.len)) == NULL)
		return false;
	rest = sr_bytes_of(lf + 1, head.len - (size_t)(lf + 1 - head.p));
	if (par_is_mail(rest))
		return true;
	return is_from_line(sr_bytes_of(head.p, (size_t)(lf - head.p))) &&
	       next_field(&rest, &name, &value);
}

void par_mail_facts(const struct par_sink *to, struct sr_bytes head) {
	static const char *const told[] = {"from", "to", "subject", "date", "message-id"};
	struct sr_bytes name = {NULL, 0}, value = {NULL, 0};
	struct sr_buf text;
	unsigned seen = 0;

	sr_buf_init(&text);
	while (next_field(&head, &name, &value))
		for (size_t i = 0; i < sizeof told / sizeof *told; i++)
			if (same_word(name, told[i]) && (seen >> i & 1) == 0) {
				seen |= 1U << i;
				sr_buf_clear(&text);
				par_encoded_text(&text, value);
				to->fact(to->ctx, told[i], sr_buf_view(&text));
			}
	sr_buf_free(&text);
}

/* --- mailboxes -------------------------------------------------------------------------------- */

struct box {
	const struct par_sink *to;
	unsigned depth, count;
	bool open, capped;
};

static void close_message(struct box *b) {
	if (b->open)
		b->to->end(b->to->ctx, b->capped ? SR_BOX_CAPPED : SR_BOX_WHOLE, "");
	b->open = false;
}

static void open_message(struct box *b) {
	char name[32];
	const int n = snprintf(name, sizeof name, "%06u.eml", ++b->count);
	const struct sr_member m = {.kind = SR_MEMBER_FILE,
		.depth = b->depth,
		.size = UINT64_MAX,
		.path = sr_bytes_of(name, (size_t)n)};

	close_message(b);
	b->open = b->to->begin(b->to->ctx, &m);
	b->capped = !b->open;
}

static void put(struct box *b, struct sr_bytes v) {
	if (b->open && !b->capped && v.len > 0)
		b->capped = !b->to->data(b->to->ctx, v.p, v.len);
}

void par_mbox(struct par_result *out, const struct par_stream *in, const struct par_sink *to,
	unsigned depth) {
	struct box b = {.to = to, .depth = depth};
	struct par_lines l;
	struct par_line line;
	bool empty = true; /* the line before: at the beginning it is as if */

	*out = (struct par_result){.status = SR_BOX_BROKEN};
	if (!par_lines_begin(&l, in)) {
		(void)snprintf(out->reason, sizeof out->reason, "no memory");
		return;
	}
	while (!b.capped && par_lines_next(&l, &line)) {
		if (line.begins && empty && begins(line.text, "From ")) {
			open_message(&b);
			empty = false;
			while (line.eol.len == 0 && par_lines_next(&l, &line) && !line.begins)
				; /* the rest of a very long first line */
			continue;
		}
		put(&b, line.text);
		put(&b, line.eol);
		empty = line.begins && line.text.len == 0;
	}
	close_message(&b);
	out->status = b.capped ? SR_BOX_CAPPED : l.broken != NULL ? SR_BOX_BROKEN : SR_BOX_WHOLE;
	if (l.broken != NULL)
		(void)snprintf(out->reason, sizeof out->reason, "%s", l.broken);
	par_lines_end(&l);
}

/* --- one part's header ------------------------------------------------------------------------ */

enum coding {
	AS_IS,
	BASE64,
	QUOTED
};

struct about {
	char type[PART_NAME + 1], name[PART_NAME + 1], boundary[BOUNDARY_MAX + 1];
	char charset[CHARSET_MAX + 1];
	enum coding coding;
};

/* The parameter ${key} of a header's value, as it is or (${words}) with encoded words decoded; cut
 * where a character ends, without lines and what obeys. ${out} stays if there is none. */
static void parameter(char *out, size_t size, struct sr_bytes v, const char *key, bool words) {
	struct sr_buf raw, text;
	size_t n = 0, i = 0;

	sr_buf_init(&raw);
	sr_buf_init(&text);
	par_encoded_parameter(&raw, v, key);
	if (words)
		par_encoded_text(&text, sr_buf_view(&raw));
	v = sr_buf_view(words ? &text : &raw);
	for (; i < v.len && n + 1 < size; i++)
		if (v.p[i] >= 0x20 && v.p[i] != 0x7F)
			out[n++] = (char)v.p[i];
	if (i < v.len && (v.p[i] & 0xC0) == 0x80)
		while (n > 0 && ((uint8_t)out[--n] & 0xC0) == 0x80)
			;
	if (v.len > 0)
		out[n] = '\0';
	sr_buf_free(&raw);
	sr_buf_free(&text);
}

static void read_type(struct about *a, struct sr_bytes v) {
	size_t n = 0;

	while (n < v.len && n < PART_NAME && v.p[n] != ';' && !is_space(v.p[n])) {
		a->type[n] = (char)lower(v.p[n]);
		n++;
	}
	a->type[n] = '\0';
	parameter(a->boundary, sizeof a->boundary, v, "boundary", false);
	parameter(a->charset, sizeof a->charset, v, "charset", false);
	if (a->name[0] == '\0')
		parameter(a->name, sizeof a->name, v, "name", true);
}

static void read_header(struct about *a, struct sr_bytes header) {
	struct sr_bytes name = {NULL, 0}, value = {NULL, 0};

	*a = (struct about){.coding = AS_IS};
	(void)snprintf(a->type, sizeof a->type, "text/plain");
	while (next_field(&header, &name, &value)) {
		if (same_word(name, "content-type"))
			read_type(a, value);
		else if (same_word(name, "content-disposition"))
			parameter(a->name, sizeof a->name, value, "filename", true);
		else if (same_word(name, "content-transfer-encoding"))
			a->coding = same_word(value, "base64")             ? BASE64
				    : same_word(value, "quoted-printable") ? QUOTED
									   : AS_IS;
	}
}

/* --- messages --------------------------------------------------------------------------------- */

struct message {
	const struct par_sink *to;
	unsigned depth, parts;
	char boundaries[PAR_MAIL_DEPTH][BOUNDARY_MAX + 1];
	size_t levels;
	struct sr_buf header; /* of the part at hand, while it comes */
	enum {
		IN_HEADER,
		IN_PART,   /* a member is open */
		IN_BETWEEN /* before the first part of a multipart, and after the last */
	} state;
	enum coding coding;
	bool capped, odd; /* odd: something could not be decoded */
	bool cut;         /* a header was longer than is read: it may have said what its part is */
	uint8_t held[2];  /* a line's end, which may belong to the boundary that follows */
	size_t held_len;
	uint32_t bits; /* base64: what waits for four characters */
	unsigned have;
	uint8_t out[DECODED];
	size_t out_len;
};

static void flush(struct message *m) {
	if (m->out_len > 0 && !m->capped)
		m->capped = !m->to->data(m->to->ctx, m->out, m->out_len);
	m->out_len = 0;
}

static void emit(struct message *m, uint8_t c) {
	m->out[m->out_len++] = c;
	if (m->out_len == DECODED)
		flush(m);
}

static void emit_all(struct message *m, struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++)
		emit(m, v.p[i]);
}

static int digit64(uint8_t c) {
	return c >= 'A' && c <= 'Z'   ? c - 'A'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 26
	       : c >= '0' && c <= '9' ? c - '0' + 52
	       : c == '+'             ? 62
	       : c == '/'             ? 63
				      : -1;
}

static void base64(struct message *m, struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++) {
		const int d = digit64(v.p[i]);

		if (d < 0) {
			m->odd = m->odd || (v.p[i] != '=' && !is_space(v.p[i]));
			continue;
		}
		m->bits = m->bits << 6 | (uint32_t)d;
		m->have += 6;
		if (m->have >= 8) {
			m->have -= 8;
			emit(m, (uint8_t)(m->bits >> m->have));
		}
	}
}

static int hex_of(uint8_t c) {
	c = lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One line; whether its end stays (no "=" before it). */
static bool quoted(struct message *m, struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++) {
		const int high = v.p[i] == '=' && i + 2 < v.len ? hex_of(v.p[i + 1]) : -1;
		const int low = high >= 0 && i + 2 < v.len ? hex_of(v.p[i + 2]) : -1;

		if (v.p[i] == '=' && i + 1 == v.len)
			return false;
		if (low >= 0) {
			emit(m, (uint8_t)(16 * high + low));
			i += 2;
		} else {
			m->odd = m->odd || v.p[i] == '=';
			emit(m, v.p[i]);
		}
	}
	return true;
}

static void begin_part(struct message *m, const struct about *a) {
	char name[PART_NAME + 32], type[PART_NAME + 1];
	struct sr_member p = {.kind = SR_MEMBER_FILE, .depth = m->depth, .size = UINT64_MAX};
	int n;

	(void)snprintf(type, sizeof type, "%s", a->type);
	for (char *c = type; *c != '\0'; c++)
		if (*c == '/')
			*c = '-';
	m->parts++;
	n = a->name[0] != '\0' ? snprintf(name, sizeof name, "%02u-%s", m->parts, a->name)
			       : snprintf(name, sizeof name, "%02u.%s", m->parts,
					 type[0] != '\0' ? type : "part");
	p.path = sr_bytes_of(name, (size_t)n);
	m->coding = a->coding;
	m->bits = m->have = 0;
	m->held_len = 0;
	m->odd = false;
	if (!m->to->begin(m->to->ctx, &p)) {
		m->capped = true;
		return;
	}
	m->state = IN_PART;
	m->to->fact(m->to->ctx, "content-type", par_str(a->type));
	if (a->charset[0] != '\0')
		m->to->fact(m->to->ctx, "charset", par_str(a->charset));
}

static void end_part(struct message *m, enum sr_box_status status, const char *reason) {
	if (m->state != IN_PART)
		return;
	flush(m);
	if (m->odd)
		m->to->fact(m->to->ctx, "decoding", par_str("not all of it could be decoded"));
	m->to->end(m->to->ctx, m->capped ? SR_BOX_CAPPED : status, m->capped ? "" : reason);
	m->state = IN_BETWEEN;
}

/* The header is whole: a multipart is walked, anything else is a part. */
static void header_ends(struct message *m) {
	struct about a;

	read_header(&a, sr_buf_view(&m->header));
	sr_buf_clear(&m->header);
	if (strncmp(a.type, "multipart/", 10) == 0 && a.boundary[0] != '\0' &&
		m->levels < PAR_MAIL_DEPTH) {
		memcpy(m->boundaries[m->levels++], a.boundary, sizeof a.boundary);
		m->state = IN_BETWEEN;
		return;
	}
	begin_part(m, &a);
}

/* Is the line a boundary of any multipart that is open? Those inside of it end with it. */
static bool boundary(struct message *m, struct sr_bytes v) {
	if (!begins(v, "--"))
		return false;
	for (size_t level = m->levels; level > 0; level--) {
		const char *b = m->boundaries[level - 1];
		const size_t n = strlen(b);
		struct sr_bytes rest;

		if (v.len < n + 2 || memcmp(v.p + 2, b, n) != 0)
			continue;
		rest = trim(sr_bytes_of(v.p + 2 + n, v.len - 2 - n));
		if (rest.len > 0 && !begins(rest, "--"))
			continue;
		if (m->state == IN_HEADER && m->header.len > 0)
			header_ends(m); /* a part of nothing but a header */
		end_part(m, SR_BOX_WHOLE, "");
		m->levels = rest.len > 0 ? level - 1 : level;
		m->state = rest.len > 0 ? IN_BETWEEN : IN_HEADER;
		return true;
	}
	return false;
}

static void body_line(struct message *m, const struct par_line *line) {
	bool stays = true;

	if (m->coding != BASE64)
		emit_all(m, sr_bytes_of(m->held, m->held_len));
	m->held_len = 0;
	switch (m->coding) {
	case AS_IS:
		emit_all(m, line->text);
		break;
	case BASE64:
		base64(m, line->text);
		return;
	case QUOTED:
		stays = quoted(m, line->text);
		break;
	}
	if (stays && line->eol.len > 0) {
		memcpy(m->held, line->eol.p, line->eol.len);
		m->held_len = line->eol.len;
	}
}

static void take(struct message *m, const struct par_line *line) {
	if (line->begins && boundary(m, line->text))
		return;
	switch (m->state) {
	case IN_HEADER:
		if (line->begins && line->text.len == 0) {
			header_ends(m);
		} else if (m->header.len + line->text.len < PAR_MAIL_HEADER) {
			sr_buf_put_bytes(&m->header, line->text);
			sr_buf_put_bytes(&m->header, line->eol);
		} else {
			m->cut = true;
		}
		break;
	case IN_PART:
		body_line(m, line);
		break;
	case IN_BETWEEN:
		break;
	}
}

void par_mail(struct par_result *out, const struct par_stream *in, const struct par_sink *to,
	unsigned depth) {
	struct message *m = calloc(1, sizeof *m);
	struct par_lines l = {.p = NULL};
	struct par_line line;

	*out = (struct par_result){.status = SR_BOX_WHOLE};
	if (m == NULL || !par_lines_begin(&l, in)) {
		*out = (struct par_result){SR_BOX_BROKEN, "no memory"};
		free(m);
		return;
	}
	m->to = to;
	m->depth = depth;
	sr_buf_init(&m->header);
	while (!m->capped && par_lines_next(&l, &line))
		take(m, &line);
	if (!m->capped && m->state == IN_HEADER && m->levels == 0)
		header_ends(m); /* a header without a body */
	const bool early = m->levels > 0;
	if (m->state == IN_PART && m->coding != BASE64)
		emit_all(m, sr_bytes_of(m->held, m->held_len)); /* at the end it is the body's */
	end_part(m, early ? SR_BOX_BROKEN : SR_BOX_WHOLE,
		early ? "it ends before its boundary" : "");
	if (m->capped)
		out->status = SR_BOX_CAPPED;
	else if (l.broken != NULL)
		*out = (struct par_result){.status = SR_BOX_BROKEN};
	else if (early)
		*out = (struct par_result){SR_BOX_BROKEN, "it ends before the end of a multipart"};
	else if (m->cut)
		*out = (struct par_result){SR_BOX_BROKEN, "a header of it is longer than is read"};
	if (l.broken != NULL)
		(void)snprintf(out->reason, sizeof out->reason, "%s", l.broken);
	sr_buf_free(&m->header);
	par_lines_end(&l);
	free(m);
}
