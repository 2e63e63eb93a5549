/*
 * web_archive - see web_archive.h.
 */
#include "parser/web_archive.h"

#include <stdio.h>
#include <string.h>

#include "parser/warc.h"

enum {
	TYPE_MAX = 24 /* characters of a type in a name */
};

struct members {
	const struct par_stream *in;
	const struct par_sink *to;
	unsigned depth;
	uint64_t nothing; /* records that are none */
	bool open, capped;
};

bool par_is_web_archive(struct sr_bytes head) {
	return par_warc_begins(head);
}

static int source(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	const struct members *m = ctx;
	const char *why = NULL;
	const ptrdiff_t n = m->in->read(m->in->ctx, p, len, &why);

	if (n < 0)
		return sr_fail(e, SR_IO, "%s", why != NULL ? why : "it cannot be read");
	*got = (size_t)n;
	return 0;
}

static int cap(struct members *m, struct sr_err *e) {
	m->capped = true;
	return sr_fail(e, SR_LIMIT, "a cap was reached");
}

/* A token for a name: letters, digits and hyphens. */
static void plain_type(char out[TYPE_MAX + 1], const struct par_warc_record *r) {
	size_t n = 0;

	for (const char *c = r->type; *c != '\0' && n < TYPE_MAX; c++) {
		const char low = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;

		if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '-')
			out[n++] = low;
	}
	out[n] = '\0';
	if (n == 0)
		(void)snprintf(out, TYPE_MAX + 1, "%s", r->none ? "none" : "record");
}

static void fact(const struct members *m, const char *key, const char *value) {
	const size_t n = strnlen(value, SR_BOX_VALUE_MAX - 1);

	if (n > 0)
		m->to->fact(m->to->ctx, key, sr_bytes_of(value, n));
}

static int begin(void *ctx, const struct par_warc_record *r, struct sr_err *e) {
	char type[TYPE_MAX + 1], name[64];
	struct members *m = ctx;
	struct sr_member member = {.kind = SR_MEMBER_FILE,
		.depth = m->depth,
		.size = r->http || r->none ? UINT64_MAX : r->length};

	plain_type(type, r);
	(void)snprintf(name, sizeof name, "%06llu.%s", (unsigned long long)r->index + 1, type);
	member.path = par_str(name);
	if (!m->to->begin(m->to->ctx, &member))
		return cap(m, e);
	m->open = true;
	m->nothing += r->none ? 1 : 0;
	fact(m, "warc-type", r->arc ? "" : r->type);
	fact(m, "uri", r->uri);
	fact(m, "captured", r->date);
	fact(m, "record-id", r->id);
	fact(m, "content-type", r->http ? r->payload_type : r->content_type);
	fact(m, "ip-address", r->ip);
	fact(m, "http", r->status);
	fact(m, "content-encoding", r->encoding);
	fact(m, "truncated", r->truncated);
	return 0;
}

static int data(void *ctx, struct sr_bytes payload, struct sr_err *e) {
	struct members *m = ctx;

	return m->to->data(m->to->ctx, payload.p, payload.len) ? 0 : cap(m, e);
}

static void digest(const struct members *m, const char *key, enum par_warc_digest d) {
	static const char *const words[] = {"", "fits", "does not fit", "is not understood"};

	fact(m, key, words[d]);
}

static int end(void *ctx, const struct par_warc_record *r, const struct par_warc_end *j,
	struct sr_err *e) {
	struct members *m = ctx;

	(void)r;
	(void)e;
	digest(m, "block-digest", j->block);
	digest(m, "payload-digest", j->payload);
	m->to->end(m->to->ctx, j->whole ? SR_BOX_WHOLE : SR_BOX_BROKEN, j->why);
	m->open = false;
	return 0;
}

void par_web_archive(struct par_result *out, const struct par_stream *in, const struct par_sink *to,
	unsigned depth) {
	struct members m = {.in = in, .to = to, .depth = depth};
	const struct par_warc_in from = {.read = source, .ctx = &m};
	const struct par_warc_out records = {begin, data, end, &m};
	struct par_warc_sum sum;
	struct sr_err e = {0};
	const int rc = par_warc_read(&from, &records, &sum, &e);

	*out = (struct par_result){.status = m.capped                   ? SR_BOX_CAPPED
					     : rc != 0 || m.nothing > 0 ? SR_BOX_BROKEN
									: SR_BOX_WHOLE};
	if (m.open)
		to->end(to->ctx, m.capped ? SR_BOX_CAPPED : SR_BOX_BROKEN,
			m.capped ? "" : "it breaks off");
	if (rc != 0 && !m.capped)
		(void)snprintf(out->reason, sizeof out->reason, "%.200s, after %llu records",
			e.text, (unsigned long long)sum.records);
	else if (m.nothing > 0 && !m.capped)
		(void)snprintf(out->reason, sizeof out->reason,
			"%llu of %llu members are no records", (unsigned long long)m.nothing,
			(unsigned long long)sum.records);
}
