/*
 * warc - see warc.h. A window of the input is held: lines are found in it, contents pass through
 * it.
 */
#include "parser/warc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOW = 64 << 10, /* bytes held; no line of a header may be longer */
	FIELDS_MAX = 256,  /* lines of a record's header */
	TYPE_MAX = 24,     /* characters of a type in a name */
	SHOWN_MAX = 8      /* facts of a record */
};

struct reader {
	const struct par_stream *in;
	const struct par_sink *to;
	unsigned depth;
	uint8_t *p; /* WINDOW bytes */
	size_t at, end;
	bool over, arc, capped;
	const char *broken;
	uint64_t offset; /* of p[at] */
	uint64_t records, skipped;
};

static bool begins(struct sr_bytes v, const char *s) {
	return v.len >= strlen(s) && memcmp(v.p, s, strlen(s)) == 0;
}

bool par_is_warc(struct sr_bytes head) {
	return begins(head, "WARC/") || begins(head, "filedesc://");
}

static void fill(struct reader *r) {
	if (r->at > 0) {
		memmove(r->p, r->p + r->at, r->end - r->at);
		r->end -= r->at;
		r->at = 0;
	}
	while (!r->over && r->end < WINDOW) {
		const char *why = NULL;
		const ptrdiff_t n = r->in->read(r->in->ctx, r->p + r->end, WINDOW - r->end, &why);

		if (n <= 0) {
			r->over = true;
			if (n < 0)
				r->broken = why != NULL ? why : "it cannot be read";
			return;
		}
		r->end += (size_t)n;
	}
}

static void skip(struct reader *r, size_t n) {
	r->at += n;
	r->offset += n;
}

/* The line at hand without its end, and how many bytes it is with it. false: at the end, or none
 * that fits the window (then ${*taken} is what to pass over). A last line may lack its end. */
static bool line(struct reader *r, struct sr_bytes *out, size_t *taken) {
	const uint8_t *lf = r->end > r->at ? memchr(r->p + r->at, '\n', r->end - r->at) : NULL;
	size_t n;

	if (lf == NULL && !r->over) {
		fill(r);
		lf = r->end > r->at ? memchr(r->p + r->at, '\n', r->end - r->at) : NULL;
	}
	n = lf != NULL ? (size_t)(lf - (r->p + r->at)) : r->end - r->at;
	*taken = lf != NULL ? n + 1 : n;
	if (n > 0 && r->p[r->at + n - 1] == '\r')
		*out = sr_bytes_of(r->p + r->at, n - 1);
	else
		*out = sr_bytes_of(r->p + r->at, n);
	return *taken > 0 && (lf != NULL || r->over);
}

/* --- headers ---------------------------------------------------------------------------------- */

struct header {
	char type[TYPE_MAX + 1];
	bool has_length;
	uint64_t length;
	char shown[SHOWN_MAX][SR_BOX_VALUE_MAX];
	const char *bad; /* what is wrong with it, NULL: nothing */
};

static const struct {
	const char *field, *key;
} told[SHOWN_MAX] = {{"warc-type", "warc-type"}, {"warc-target-uri", "uri"},
	{"warc-date", "captured"}, {"warc-record-id", "record-id"},
	{"content-type", "content-type"}, {"warc-payload-digest", "payload-digest"},
	{"warc-ip-address", "ip-address"}, {"warc-filename", "filename"}};

static bool same_field(struct sr_bytes name, const char *lower) {
	if (name.len != strlen(lower))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = name.p[i];

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)lower[i])
			return false;
	}
	return true;
}

static struct sr_bytes trim(struct sr_bytes v) {
	while (v.len > 0 && (v.p[0] == ' ' || v.p[0] == '\t'))
		v = sr_bytes_of(v.p + 1, v.len - 1);
	while (v.len > 0 && (v.p[v.len - 1] == ' ' || v.p[v.len - 1] == '\t'))
		v.len--;
	return v;
}

static void show(struct header *h, size_t i, struct sr_bytes v) {
	const size_t n = v.len < SR_BOX_VALUE_MAX - 1 ? v.len : SR_BOX_VALUE_MAX - 1;

	if (n > 0)
		memcpy(h->shown[i], v.p, n);
	h->shown[i][n] = '\0';
}

/* A token for a name: letters, digits and hyphens. */
static void set_type(struct header *h, struct sr_bytes v) {
	size_t n = 0;

	for (size_t i = 0; i < v.len && n < TYPE_MAX; i++) {
		const uint8_t c = v.p[i] >= 'A' && v.p[i] <= 'Z' ? v.p[i] + 32 : v.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
			h->type[n++] = (char)c;
	}
	h->type[n] = '\0';
}

static void take_field(struct header *h, struct sr_bytes name, struct sr_bytes value) {
	if (same_field(name, "content-length")) {
		if (h->has_length || sr_parse_dec(&h->length, value, INT64_MAX, NULL) != 0)
			h->bad = "its Content-Length is no number, or is said twice";
		h->has_length = true;
	}
	if (same_field(name, "warc-type"))
		set_type(h, value);
	for (size_t i = 0; i < SHOWN_MAX; i++)
		if (same_field(name, told[i].field) && h->shown[i][0] == '\0')
			show(h, i, value);
}

/* The lines after "WARC/...", with the empty one. */
static void warc_header(struct reader *r, struct header *h) {
	struct sr_bytes v = {NULL, 0};
	size_t n = 0;

	for (unsigned i = 0; i < FIELDS_MAX; i++) {
		if (!line(r, &v, &n)) {
			h->bad = r->over ? "it ends within its header"
					 : "a line of its header is too long";
			return;
		}
		const uint8_t *colon = v.len > 0 ? memchr(v.p, ':', v.len) : NULL;
		if (v.len == 0) {
			skip(r, n);
			if (!h->has_length && h->bad == NULL)
				h->bad = "it has no Content-Length";
			return;
		}
		if (colon != NULL && v.p[0] != ' ' && v.p[0] != '\t')
			take_field(h, sr_bytes_of(v.p, (size_t)(colon - v.p)),
				trim(sr_bytes_of(colon + 1, v.len - (size_t)(colon - v.p) - 1)));
		else if (v.p[0] != ' ' && v.p[0] != '\t')
			h->bad = "a line of its header has no colon";
		skip(r, n);
	}
	h->bad = "its header has too many lines";
}

/* The last word of ${v} and what is before it. */
static struct sr_bytes last_word(struct sr_bytes *v) {
	size_t n = v->len;

	while (n > 0 && v->p[n - 1] != ' ')
		n--;
	const struct sr_bytes word = sr_bytes_of(v->p + n, v->len - n);
	v->len = n > 0 ? n - 1 : 0;
	return word;
}

/* URL IP date type length: read from its end, since URLs hold spaces. */
static bool arc_header(struct header *h, struct sr_bytes v) {
	const struct sr_bytes length = last_word(&v), type = last_word(&v), date = last_word(&v),
			      ip = last_word(&v);
	bool url = false;

	for (size_t i = 0; i + 1 < v.len && !url; i++)
		url = v.p[i] == ':' && (v.p[i + 1] == '/' || i > 0);
	if (!url || ip.len == 0 || type.len == 0 || date.len < 12 || date.len > 20)
		return false;
	for (size_t i = 0; i < date.len; i++)
		if (date.p[i] < '0' || date.p[i] > '9')
			return false;
	memset(h, 0, sizeof *h);
	h->has_length = true;
	if (sr_parse_dec(&h->length, length, INT64_MAX, NULL) != 0) {
		if (!begins(length, "-"))
			return false;
		h->bad = "its length is below zero";
	}
	set_type(h, par_str(begins(v, "filedesc:") ? "filedesc" : "capture"));
	show(h, 1, v);
	show(h, 2, date);
	show(h, 4, type);
	show(h, 6, ip);
	return true;
}

/* --- records ---------------------------------------------------------------------------------- */

/* ${left} bytes to the member; how many did not come. */
static uint64_t pass(struct reader *r, uint64_t left) {
	while (left > 0) {
		size_t n = r->end - r->at;

		if (n == 0) {
			fill(r);
			n = r->end - r->at;
		}
		if (n == 0)
			break;
		if (n > left)
			n = (size_t)left;
		if (!r->capped)
			r->capped = !r->to->data(r->to->ctx, r->p + r->at, n);
		if (r->capped)
			break;
		skip(r, n);
		left -= n;
	}
	return left;
}

static void record(struct reader *r, const struct header *h) {
	char name[64], reason[128] = "";
	struct sr_member m = {.kind = SR_MEMBER_FILE,
		.depth = r->depth,
		.size = h->bad == NULL ? h->length : UINT64_MAX};
	enum sr_box_status status = SR_BOX_WHOLE;
	uint64_t lacks = 0;

	(void)snprintf(name, sizeof name, "%06llu.%s", (unsigned long long)++r->records,
		h->type[0] != '\0' ? h->type : "record");
	m.path = par_str(name);
	if (!r->to->begin(r->to->ctx, &m)) {
		r->capped = true;
		return;
	}
	for (size_t i = 0; i < SHOWN_MAX; i++)
		if (h->shown[i][0] != '\0')
			r->to->fact(r->to->ctx, told[i].key, par_str(h->shown[i]));
	if (h->bad == NULL)
		lacks = pass(r, h->length);
	if (h->bad != NULL) {
		status = SR_BOX_BROKEN;
		(void)snprintf(reason, sizeof reason, "%s", h->bad);
	} else if (r->capped) {
		status = SR_BOX_CAPPED;
	} else if (lacks > 0) {
		status = SR_BOX_BROKEN;
		(void)snprintf(reason, sizeof reason, "it has %llu of its %llu bytes",
			(unsigned long long)(h->length - lacks), (unsigned long long)h->length);
	}
	r->to->end(r->to->ctx, status, reason);
}

/* What lies before the next record is counted unless it is an empty line. */
static bool next_record(struct reader *r) {
	struct header h;
	struct sr_bytes v = {NULL, 0};
	size_t n = 0;
	const bool whole = line(r, &v, &n);

	if (n == 0 && r->over)
		return false;
	memset(&h, 0, sizeof h);
	if (whole && begins(v, "WARC/")) {
		skip(r, n);
		warc_header(r, &h);
		record(r, &h);
	} else if (whole && r->arc && arc_header(&h, v)) {
		skip(r, n);
		record(r, &h);
	} else {
		r->skipped += v.len;
		skip(r, n > 0 ? n : r->end - r->at);
	}
	return !r->capped;
}

void par_warc(struct par_result *out, const struct par_stream *in, const struct par_sink *to,
	unsigned depth) {
	struct reader r = {.in = in, .to = to, .depth = depth, .p = malloc(WINDOW)};

	*out = (struct par_result){.status = SR_BOX_BROKEN};
	if (r.p == NULL) {
		(void)snprintf(out->reason, sizeof out->reason, "no memory");
		return;
	}
	fill(&r);
	r.arc = begins(sr_bytes_of(r.p, r.end), "filedesc://");
	while (next_record(&r))
		;
	if (r.capped)
		out->status = SR_BOX_CAPPED;
	else if (r.broken != NULL)
		(void)snprintf(out->reason, sizeof out->reason, "%s, after %llu records", r.broken,
			(unsigned long long)r.records);
	else if (r.skipped > 0)
		(void)snprintf(out->reason, sizeof out->reason,
			"%llu bytes between %llu records belong to none",
			(unsigned long long)r.skipped, (unsigned long long)r.records);
	else
		out->status = SR_BOX_WHOLE;
	free(r.p);
}
