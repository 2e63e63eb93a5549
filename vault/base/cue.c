/*
 * cue - see cue.h. One pass over lines; a block is read to its blank line and then looked at.
 */
#include "base/cue.h"

#include "base/escape.h"

enum {
	TAGS_DEEP = 16, /* tags open at a time */
	HOURS_DIGITS = 4,
	NUMBER_DIGITS = 8 /* of a character; leading zeroes too */
};

struct reading {
	struct sr_bytes in;
	size_t at;   /* of the next line */
	size_t line; /* number of the line at hand */
	struct sr_transcript *out;
	uint64_t before; /* start of the cue before */
	struct sr_buf text;
	struct sr_err *e;
};

static int bad(const struct reading *r, size_t line, const char *why) {
	(void)r;
	return sr_fail(r->e, SR_USAGE, "line %zu: %s", line, why);
}

/* The next line, without its end; false at the end of the text. LF, CRLF and CR end lines. */
static bool next_line(struct reading *r, struct sr_bytes *line) {
	size_t end = r->at;

	if (r->at >= r->in.len)
		return false;
	while (end < r->in.len && r->in.p[end] != '\n' && r->in.p[end] != '\r')
		end++;
	*line = sr_bytes_of(r->in.p + r->at, end - r->at);
	r->at = end < r->in.len ? end + 1 : end;
	if (end + 1 < r->in.len && r->in.p[end] == '\r' && r->in.p[end + 1] == '\n')
		r->at++;
	r->line++;
	return true;
}

static bool begins(struct sr_bytes v, const char *with) {
	const size_t n = strlen(with);

	return v.len >= n && memcmp(v.p, with, n) == 0;
}

static bool holds_arrow(struct sr_bytes v) {
	return v.len >= 3 && memmem(v.p, v.len, "-->", 3) != NULL;
}

/* --- times --- */

static bool take_digits(struct sr_bytes *v, size_t least, size_t most, uint64_t *out) {
	size_t n = 0;

	*out = 0;
	while (n < v->len && n < most && v->p[n] >= '0' && v->p[n] <= '9')
		*out = *out * 10 + (uint64_t)(v->p[n++] - '0');
	*v = sr_bytes_of(v->p + n, v->len - n);
	return n >= least;
}

static bool take_char(struct sr_bytes *v, char c) {
	if (v->len == 0 || v->p[0] != (uint8_t)c)
		return false;
	*v = sr_bytes_of(v->p + 1, v->len - 1);
	return true;
}

/* "[HH:]MM:SS.mmm", or with a comma and hours ("HH:MM:SS,mmm"). */
static bool take_time(struct sr_bytes *v, bool *comma, uint64_t *ms) {
	uint64_t a = 0, b = 0, c = 0, thousandth = 0;
	bool hours = false;

	if (!take_digits(v, 2, HOURS_DIGITS, &a) || !take_char(v, ':') || !take_digits(v, 2, 2, &b))
		return false;
	if (take_char(v, ':')) {
		hours = true;
		if (!take_digits(v, 2, 2, &c))
			return false;
	}
	*comma = take_char(v, ',');
	if ((!*comma && !take_char(v, '.')) || !take_digits(v, 3, 3, &thousandth) ||
		(*comma && !hours))
		return false;
	if ((hours ? b : a) > 59 || (hours ? c : b) > 59)
		return false;
	*ms = (hours ? (a * 60 + b) * 60 + c : a * 60 + b) * 1000 + thousandth;
	return true;
}

static void skip_blanks(struct sr_bytes *v) {
	while (take_char(v, ' ') || take_char(v, '\t'))
		;
}

static bool times(uint64_t *from, uint64_t *to, bool *comma, struct sr_bytes *rest) {
	bool second = false;

	if (!take_time(rest, comma, from))
		return false;
	skip_blanks(rest);
	for (const char *arrow = "-->"; *arrow != '\0'; arrow++)
		if (!take_char(rest, *arrow))
			return false;
	skip_blanks(rest);
	return take_time(rest, &second, to) && second == *comma;
}

bool sr_cue_times(uint64_t *from, uint64_t *to, struct sr_bytes line) {
	bool comma = false;

	return times(from, to, &comma, &line) &&
	       (line.len == 0 || line.p[0] == ' ' || line.p[0] == '\t');
}

/* --- the text of a cue --- */

struct tags {
	struct sr_bytes open[TAGS_DEEP];
	size_t count;
};

static bool known_tag(struct sr_bytes name) {
	static const char *const known[] = {"c", "i", "b", "u", "ruby", "rt", "v", "lang"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (sr_bytes_eq(name, sr_bytes_str(known[i])))
			return true;
	return false;
}

/* What stands between < and >. */
static const char *take_tag(struct tags *t, struct sr_cue *c, struct sr_bytes tag) {
	uint64_t ms = 0;
	bool comma = false, closing = take_char(&tag, '/');
	struct sr_bytes name = tag, rest;
	size_t n = 0;

	if (!closing && tag.len > 0 && tag.p[0] >= '0' && tag.p[0] <= '9') {
		rest = tag;
		return take_time(&rest, &comma, &ms) && rest.len == 0 && !comma
			       ? NULL
			       : "a time in a tag is as <00:01.000>";
	}
	while (n < tag.len && tag.p[n] != ' ' && tag.p[n] != '.' && tag.p[n] != '\t')
		n++;
	name.len = n;
	if (!known_tag(name))
		return "a tag is one of c i b u ruby rt v lang, or a time";
	if (closing) {
		if (tag.len != n)
			return "a closing tag has a name alone";
		/* The end of a cue closes <v> by itself. */
		while (t->count > 0 && !sr_bytes_eq(t->open[t->count - 1], name) &&
			sr_bytes_eq(t->open[t->count - 1], sr_bytes_str("v")))
			t->count--;
		if (t->count == 0 || !sr_bytes_eq(t->open[t->count - 1], name))
			return "a tag is closed that is not open";
		t->count--;
		return NULL;
	}
	if (t->count == TAGS_DEEP)
		return "more than 16 tags are open";
	t->open[t->count++] = name;
	if (!sr_bytes_eq(name, sr_bytes_str("v")))
		return NULL;
	while (n < tag.len && tag.p[n] != ' ' && tag.p[n] != '\t')
		n++; /* classes: <v.loud Anna> */
	rest = sr_bytes_of(tag.p + n, tag.len - n);
	skip_blanks(&rest);
	if (rest.len == 0)
		return "<v> names who speaks: <v Anna>";
	if (c->speaker.len == 0)
		c->speaker = rest;
	return NULL;
}

/* "&#233;" or "&#xE9;"; false: it is none, or what it stands for is no character of a text. */
static bool take_number(struct sr_buf *out, struct sr_bytes *v) {
	const bool hex = v->len > 2 && (v->p[2] == 'x' || v->p[2] == 'X');
	size_t at = hex ? 3 : 2;
	const size_t first = at;
	uint32_t cp = 0;

	for (; at < v->len && at - first < NUMBER_DIGITS && v->p[at] != ';'; at++) {
		const int d = sr_hex_digit(v->p[at]);

		if (d < 0 || (d > 9 && !hex))
			return false;
		cp = cp * (hex ? 16 : 10) + (uint32_t)d;
	}
	if (at == v->len || at == first || v->p[at] != ';' || cp < 0x20 ||
		(cp >= 0x7F && cp < 0xA0) || (cp >= 0xD800 && cp < 0xE000) || cp > 0x10FFFF)
		return false;
	sr_utf8_put(out, cp);
	*v = sr_bytes_of(v->p + at + 1, v->len - at - 1);
	return true;
}

/* Of the names that HTML has, those that programs which write WebVTT use. */
static const char *take_entity(struct sr_buf *out, struct sr_bytes *v) {
	static const struct {
		const char *name, *text;
	} known[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""},
		{"&apos;", "'"}, {"&nbsp;", "\xc2\xa0"}, {"&lrm;", ""}, {"&rlm;", ""}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (begins(*v, known[i].name)) {
			const size_t n = strlen(known[i].name);

			sr_buf_put_str(out, known[i].text);
			*v = sr_bytes_of(v->p + n, v->len - n);
			return NULL;
		}
	if (begins(*v, "&#"))
		return take_number(out, v) ? NULL
					   : "a character by its number is as &#233; or &#xE9;";
	return "& is written &amp;";
}

static const char *vtt_line(
	struct reading *r, struct tags *t, struct sr_cue *c, struct sr_bytes v) {
	while (v.len > 0) {
		const char *why = NULL;

		if (v.p[0] == '&') {
			why = take_entity(&r->text, &v);
		} else if (v.p[0] == '<') {
			const uint8_t *end = memchr(v.p, '>', v.len);
			const size_t n = end == NULL ? 0 : (size_t)(end - v.p);

			if (end == NULL)
				return "a tag is not closed with >";
			why = take_tag(t, c, sr_bytes_of(v.p + 1, n - 1));
			v = sr_bytes_of(v.p + n + 1, v.len - n - 1);
		} else {
			sr_buf_put_u8(&r->text, v.p[0]);
			v = sr_bytes_of(v.p + 1, v.len - 1);
		}
		if (why != NULL)
			return why;
	}
	return NULL;
}

/* The lines of a cue after its times, to the blank line. */
static int cue_text(struct reading *r, struct sr_cue *c) {
	const bool vtt = r->out->form == SR_TRANSCRIPT_VTT;
	struct tags tags = {.count = 0};
	struct sr_bytes line;
	size_t lines = 0;

	sr_buf_clear(&r->text);
	while (next_line(r, &line) && line.len > 0) {
		const char *why = NULL;

		if (line.len > SR_CUE_LINE_MAX)
			return bad(r, r->line, "a line of more than 4096 bytes");
		if (holds_arrow(line))
			return bad(r, r->line, "--> in a cue's text: a blank line is missing");
		if (lines++ > 0)
			sr_buf_put_u8(&r->text, '\n');
		if (vtt)
			why = vtt_line(r, &tags, c, line);
		else
			sr_buf_put_bytes(&r->text, line);
		if (why != NULL)
			return bad(r, r->line, why);
		if (r->text.len > SR_CUE_MAX)
			return bad(r, r->line, "a cue of more than 8192 bytes");
	}
	for (size_t i = 0; i < tags.count; i++)
		if (!sr_bytes_eq(tags.open[i], sr_bytes_str("v")))
			return bad(r, c->line, "a tag of this cue is not closed");
	if (lines == 0)
		return bad(r, c->line, "a cue without text");
	c->text = sr_buf_view(&r->text);
	return sr_buf_ok(&r->text, r->e);
}

/* --- blocks --- */

static int cue_times(struct reading *r, struct sr_cue *c, struct sr_bytes line) {
	const bool vtt = r->out->form == SR_TRANSCRIPT_VTT;
	struct sr_bytes rest = line;
	bool comma = false;

	c->line = r->line;
	if (!times(&c->from, &c->to, &comma, &rest) || comma == vtt || holds_arrow(rest) ||
		(rest.len > 0 && (!vtt || (rest.p[0] != ' ' && rest.p[0] != '\t'))))
		return bad(r, r->line,
			vtt ? "want the times of a cue, as 00:01.000 --> 00:04.000"
			    : "want the times of a cue, as 00:00:01,000 --> 00:00:04,000");
	if (c->to <= c->from)
		return bad(r, r->line, "the cue ends before it begins");
	if (c->from < r->before)
		return bad(r, r->line, "the cue begins before the one above it");
	r->before = c->from;
	return 0;
}

static int take_cue(struct reading *r, struct sr_bytes line,
	int (*cue)(void *ctx, const struct sr_cue *c, struct sr_err *e), void *ctx) {
	struct sr_cue c = {.from = 0};
	int rc = cue_times(r, &c, line);

	if (rc == 0)
		rc = cue_text(r, &c);
	if (rc != 0)
		return rc;
	if (++r->out->cues > SR_TRANSCRIPT_CUES)
		return sr_fail(r->e, SR_LIMIT, "more than %d cues", SR_TRANSCRIPT_CUES);
	r->out->speakers += c.speaker.len > 0;
	r->out->ends = c.to > r->out->ends ? c.to : r->out->ends;
	return cue == NULL ? 0 : cue(ctx, &c, r->e);
}

/* A comment, a style, a region: to its blank line. */
static int skip_block(struct reading *r) {
	struct sr_bytes line;

	while (next_line(r, &line) && line.len > 0)
		if (holds_arrow(line))
			return bad(r, r->line, "--> in a note: a blank line is missing");
	return 0;
}

static int vtt_block(struct reading *r, struct sr_bytes first,
	int (*cue)(void *ctx, const struct sr_cue *c, struct sr_err *e), void *ctx) {
	struct sr_bytes line = first;
	const bool note = begins(first, "NOTE") &&
			  (first.len == 4 || first.p[4] == ' ' || first.p[4] == '\t');

	if (holds_arrow(first))
		return take_cue(r, first, cue, ctx);
	if (note)
		return skip_block(r);
	if (r->out->cues == 0 && (begins(first, "STYLE") || begins(first, "REGION")))
		return skip_block(r);
	if (!next_line(r, &line) || line.len == 0)
		return bad(r, r->line, "want the times of a cue");
	return take_cue(r, line, cue, ctx);
}

static int srt_block(struct reading *r, struct sr_bytes first,
	int (*cue)(void *ctx, const struct sr_cue *c, struct sr_err *e), void *ctx) {
	struct sr_bytes line = first;
	uint64_t number = 0;

	if (sr_parse_dec(&number, first, INT64_MAX, NULL) != 0)
		return bad(r, r->line, "want the number of a cue");
	if (number != r->out->cues + 1)
		return bad(r, r->line, "cues are numbered 1, 2, 3");
	if (!next_line(r, &line) || line.len == 0)
		return bad(r, r->line, "want the times of a cue");
	return take_cue(r, line, cue, ctx);
}

static int header(struct reading *r) {
	struct sr_bytes line;
	const size_t at = r->at;

	if (!next_line(r, &line))
		return bad(r, 1, "it is empty");
	if (!begins(line, "WEBVTT")) {
		r->out->form = SR_TRANSCRIPT_SRT;
		r->at = at;
		r->line = 0;
		return 0;
	}
	if (line.len > 6 && line.p[6] != ' ' && line.p[6] != '\t')
		return bad(r, 1, "want WEBVTT alone, or with a space behind it");
	r->out->form = SR_TRANSCRIPT_VTT;
	while (next_line(r, &line) && line.len > 0)
		if (holds_arrow(line))
			return bad(r, r->line, "--> in the header: a blank line is missing");
	return 0;
}

static int check_characters(struct reading *r) {
	size_t line = 1;

	if (!sr_utf8_valid(r->in))
		return sr_fail(r->e, SR_USAGE, "a transcript is UTF-8, this is not");
	for (size_t i = 0; i < r->in.len; i++) {
		const uint8_t ch = r->in.p[i];

		line += ch == '\n';
		if (ch < 0x20 && ch != '\n' && ch != '\r' && ch != '\t')
			return bad(r, line, "a control character");
	}
	return 0;
}

static struct sr_bytes without_bom(struct sr_bytes in) {
	return begins(in, "\xef\xbb\xbf") ? sr_bytes_of(in.p + 3, in.len - 3) : in;
}

bool sr_transcript_begins(struct sr_bytes head) {
	head = without_bom(head);
	if (begins(head, "WEBVTT"))
		return true;
	while (take_char(&head, '\r') || take_char(&head, '\n'))
		;
	return begins(head, "1\n") || begins(head, "1\r");
}

int sr_transcript_read(struct sr_transcript *out, struct sr_bytes in,
	int (*cue)(void *ctx, const struct sr_cue *c, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct reading r = {.in = without_bom(in), .out = out, .e = e};
	struct sr_bytes line;
	int rc;

	*out = (struct sr_transcript){.cues = 0};
	if (in.len > SR_TRANSCRIPT_MAX)
		return sr_fail(e, SR_LIMIT, "a transcript of %zu bytes, at most %d", in.len,
			SR_TRANSCRIPT_MAX);
	sr_buf_init_secret(&r.text);
	rc = check_characters(&r);
	if (rc == 0)
		rc = header(&r);
	while (rc == 0 && next_line(&r, &line)) {
		if (line.len == 0)
			continue;
		rc = out->form == SR_TRANSCRIPT_VTT ? vtt_block(&r, line, cue, ctx)
						    : srt_block(&r, line, cue, ctx);
	}
	if (rc == 0 && out->cues == 0)
		rc = sr_fail(e, SR_USAGE, "it has no cue");
	sr_buf_free(&r.text);
	return rc;
}
