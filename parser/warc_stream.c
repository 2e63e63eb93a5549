/*
 * warc_stream - see warc_stream.h.
 */
#include "parser/warc_stream.h"

#include <string.h>

enum {
	GZIP = 16 + 15, /* zlib's window bits for gzip alone */
	MAGIC = 4
};

static const char DAMAGED[] = "its gzip member is damaged", SHORT[] = "its gzip member breaks off",
		  FOREIGN[] = "what follows the gzip member is none";

static void *gz_alloc(void *opaque, unsigned items, unsigned size) {
	(void)opaque;
	return calloc(items, size);
}
static void gz_free(void *opaque, void *p) {
	(void)opaque;
	free(p);
}

int warc_stream_begin(struct warc_stream *s, const struct par_warc_in *from, struct sr_err *e) {
	memset(s, 0, sizeof *s);
	s->from = from;
	s->z.zalloc = gz_alloc;
	s->z.zfree = gz_free;
	if (inflateInit2(&s->z, GZIP) != Z_OK)
		return sr_fail(e, SR_NOMEM, "out of memory for an inflater");
	return 0;
}

void warc_stream_end(struct warc_stream *s) {
	(void)inflateEnd(&s->z);
}

/* More of the file behind what is left of it; ${want} bytes at least, unless it ends. */
static int read_in(struct warc_stream *s, size_t want, struct sr_err *e) {
	int rc = 0;

	if (s->in_at > 0 && s->in_len - s->in_at < want) {
		memmove(s->in, s->in + s->in_at, s->in_len - s->in_at);
		s->in_len -= s->in_at;
		s->in_at = 0;
	}
	while (rc == 0 && s->in_len - s->in_at < want && !s->in_ended) {
		size_t got = 0;

		rc = s->from->read(
			s->from->ctx, s->in + s->in_len, sizeof s->in - s->in_len, &got, e);
		if (rc == 0 && got > sizeof s->in - s->in_len)
			return sr_fail(e, SR_MISUSE, "the source gave more than was asked for");
		s->in_len += rc == 0 ? got : 0;
		s->in_ended = rc == 0 && got == 0;
	}
	return rc;
}

static bool magic_at(const uint8_t *p) {
	return p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && (p[3] & 0xe0) == 0;
}

static void put_edge(struct warc_stream *s, const char *gone) {
	const uint64_t at = s->at + s->len;

	/* An empty member, or no bytes of one; and more than a record has are one edge. */
	if (s->edges == WARC_EDGES || (s->edges > 0 && s->edge[s->edges - 1].at == at)) {
		if (s->edge[s->edges - 1].gone == NULL)
			s->edge[s->edges - 1].gone = gone;
		return;
	}
	s->edge[s->edges++] = (struct warc_edge){at, gone};
}

/* Between two members: to the first byte of the next one. */
static int next_member(struct warc_stream *s, const char *gone, struct sr_err *e) {
	bool skipped = false;
	int rc = read_in(s, MAGIC, e);

	while (rc == 0 && s->in_len - s->in_at >= MAGIC && !magic_at(s->in + s->in_at)) {
		skipped = skipped || s->in[s->in_at] != 0; /* tapes and disks pad with zeroes */
		s->in_at++;
		if (s->in_len - s->in_at < MAGIC)
			rc = read_in(s, MAGIC, e);
	}
	if (rc != 0)
		return rc;
	put_edge(s, gone != NULL ? gone : skipped ? FOREIGN : NULL);
	if (s->in_len - s->in_at < MAGIC) {
		s->ended = true;
		return 0;
	}
	s->member = true;
	return inflateReset(&s->z) == Z_OK ? 0 : sr_fail(e, SR_NOMEM, "inflater");
}

/* Inflate into the free end of the window, until it is full or a member ends. */
static int inflate_some(struct warc_stream *s, struct sr_err *e) {
	const size_t free_at = s->first + s->len;
	const char *gone = NULL;
	int rc = read_in(s, 1, e), z;

	if (rc != 0)
		return rc;
	s->z.next_in = s->in + s->in_at;
	s->z.avail_in = (unsigned)(s->in_len - s->in_at);
	s->z.next_out = s->window + free_at;
	s->z.avail_out = (unsigned)(sizeof s->window - free_at);
	z = inflate(&s->z, Z_NO_FLUSH);
	s->len += sizeof s->window - free_at - s->z.avail_out;
	if (z == Z_MEM_ERROR)
		return sr_fail(e, SR_NOMEM, "out of memory while inflating");
	if (z == Z_OK || (z == Z_BUF_ERROR && !(s->in_ended && s->z.avail_in == 0))) {
		s->in_at = s->in_len - s->z.avail_in;
		return 0;
	}
	if (z == Z_STREAM_END)
		s->in_at = s->in_len - s->z.avail_in;
	else if (z == Z_BUF_ERROR) {
		s->in_at = s->in_len;
		gone = SHORT;
	} else {
		/* Go on behind the place where it stopped, one byte at least. */
		const size_t left = s->z.avail_in < s->in_len - s->in_at ? s->z.avail_in
									 : s->in_len - s->in_at - 1;

		s->in_at = s->in_len - left;
		gone = DAMAGED;
	}
	s->member = false;
	return next_member(s, gone, e);
}

/* Plain bytes as they are. */
static int copy_some(struct warc_stream *s, struct sr_err *e) {
	const size_t free_at = s->first + s->len;
	size_t n;
	int rc = read_in(s, 1, e);

	if (rc != 0)
		return rc;
	n = s->in_len - s->in_at;
	if (n > sizeof s->window - free_at)
		n = sizeof s->window - free_at;
	memcpy(s->window + free_at, s->in + s->in_at, n);
	s->in_at += n;
	s->len += n;
	s->ended = n == 0;
	return 0;
}

static int begin(struct warc_stream *s, struct sr_err *e) {
	int rc = read_in(s, MAGIC, e);

	s->begun = true;
	s->gz = rc == 0 && s->in_len - s->in_at >= MAGIC && magic_at(s->in + s->in_at);
	return rc == 0 && s->gz ? next_member(s, NULL, e) : rc;
}

int warc_stream_see(struct warc_stream *s, size_t want, struct sr_bytes *out, struct sr_err *e) {
	int rc = s->begun ? 0 : begin(s, e);

	if (rc == 0 && s->len < want && s->first > 0) {
		memmove(s->window, s->window + s->first, s->len);
		s->first = 0;
	}
	while (rc == 0 && s->len < want && !s->ended) {
		rc = s->gz ? inflate_some(s, e) : copy_some(s, e);
		if (rc == 0 && s->from->bytes_max > 0 && s->at + s->len > s->from->bytes_max)
			rc = sr_fail(e, SR_LIMIT, "more than %llu bytes when inflated",
				(unsigned long long)s->from->bytes_max);
	}
	*out = sr_bytes_of(s->window + s->first, s->len);
	return rc;
}

void warc_stream_skip(struct warc_stream *s, size_t n) {
	size_t passed = 0;

	s->first += n;
	s->len -= n;
	s->at += n;
	while (passed < s->edges && s->edge[passed].at < s->at)
		passed++;
	if (passed > 0) {
		memmove(s->edge, s->edge + passed, (s->edges - passed) * sizeof s->edge[0]);
		s->edges -= passed;
	}
}

const struct warc_edge *warc_stream_here(struct warc_stream *s) {
	return s->edges > 0 && s->edge[0].at == s->at ? &s->edge[0] : NULL;
}

const struct warc_edge *warc_stream_edge(struct warc_stream *s) {
	for (size_t i = 0; i < s->edges; i++)
		if (s->edge[i].at > s->at)
			return &s->edge[i];
	return NULL;
}
