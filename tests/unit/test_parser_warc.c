/*
 * Web archives: records of every kind, chunks, digests, gzip members that are whole, damaged or
 * cut, lengths that lie, and bytes that are none of it. What is read is written down as lines, so
 * that a test says what it wants to see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/escape.h"
#include "parser/warc.h"
#include "util.h"

struct scene {
	struct sr_bytes left;
	size_t step; /* bytes that the source gives at once */
	uint64_t bytes_max, records_max;
	struct sr_buf lines, payload;
	size_t begun, ended, pieces;
	struct par_warc_sum sum;
	struct sr_err e;
};

static int source(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct scene *s = ctx;
	size_t n = s->left.len < len ? s->left.len : len;

	(void)e;
	if (s->step > 0 && n > s->step)
		n = s->step;
	if (n > 0)
		memcpy(p, s->left.p, n);
	s->left = sr_bytes_of(s->left.p + n, s->left.len - n);
	*got = n;
	return 0;
}

static int on_begin(void *ctx, const struct par_warc_record *r, struct sr_err *e) {
	struct scene *s = ctx;

	(void)e;
	assert_int_equal(s->begun, s->ended);
	assert_int_equal(r->index, s->begun);
	s->begun++;
	return 0;
}

static int on_data(void *ctx, struct sr_bytes payload, struct sr_err *e) {
	struct scene *s = ctx;

	(void)e;
	assert_true(payload.len > 0);
	s->pieces++;
	sr_buf_put_bytes(&s->payload, payload);
	return 0;
}

static int on_end(void *ctx, const struct par_warc_record *r, const struct par_warc_end *j,
	struct sr_err *e) {
	static const char *const digest[] = {"-", "same", "OTHER", "unknown"};
	struct scene *s = ctx;

	(void)e;
	s->ended++;
	assert_int_equal(s->begun, s->ended);
	sr_buf_printf(&s->lines, "%s|%s|%s|%s%s|%llu|%s %s|%s\n", r->type, r->uri, r->date,
		r->status, r->chunked ? " chunked" : "", (unsigned long long)j->bytes,
		digest[j->block], digest[j->payload], j->whole ? "whole" : j->why);
	return 0;
}

/* Read ${file}; what was seen is in lines and payload. */
static int look(struct scene *s, struct sr_bytes file) {
	const struct par_warc_in in = {
		.read = source, .ctx = s, .bytes_max = s->bytes_max, .records_max = s->records_max};
	const struct par_warc_out out = {on_begin, on_data, on_end, s};

	s->left = file;
	s->begun = s->ended = 0;
	sr_buf_clear(&s->lines);
	sr_buf_clear(&s->payload);
	return par_warc_read(&in, &out, &s->sum, &s->e);
}

static void wants(struct scene *s, struct sr_bytes file, const char *lines) {
	/* However the bytes come, the same is read. */
	static const size_t steps[] = {0, 1, 7, 4096};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (steps[i] == 1 && file.len > 20000)
			continue;
		s->step = steps[i];
		assert_ok(look(s, file), &s->e);
		sr_buf_put_u8(&s->lines, 0);
		if (strcmp((const char *)s->lines.p, lines) != 0)
			fail_msg("step %zu: have\n%swant\n%s", steps[i], (const char *)s->lines.p,
				lines);
	}
}

static void scene_free(struct scene *s) {
	sr_buf_free(&s->lines);
	sr_buf_free(&s->payload);
}

static void wants_text(struct scene *s, const char *file, const char *lines) {
	wants(s, sr_bytes_str(file), lines);
}

/* What other people's tools wrote. */
static void published(void **state) {
	static const struct {
		const char *name, *lines;
	} files[] = {
		{"example-iana.org-chunked.warc",
			"warcinfo||2017-03-06T16:54:09Z||137|- -|whole\n"
			"response|http://www.iana.org/|2017-03-06T16:54:09Z|HTTP/1.1 200 "
			"OK chunked|7223|"
			"same same|whole\n"
			"request|http://www.iana.org/|2017-03-06T16:54:09Z|GET / "
			"HTTP/1.1|0|same -|whole\n"},
		{"example-bad-non-chunked.warc.gz",
			"warcinfo||2017-03-06T04:03:53Z||249|- -|whole\n"
			"warcinfo||2017-03-06T04:03:53Z||470|- -|whole\n"
			"response|http://example.com/|2017-03-06T04:02:06Z|HTTP/1.1 200 "
			"OK|606|same same|"
			"whole\n"
			"request|http://example.com/|2017-03-06T04:02:06Z|GET / "
			"HTTP/1.0|0|- -|whole\n"
			"revisit|http://example.com/|2017-03-06T04:03:48Z|HTTP/1.1 200 "
			"OK|0|OTHER -|"
			"whole\n"
			"request|http://example.com/|2017-03-06T04:03:48Z|GET / "
			"HTTP/1.0|0|- -|whole\n"},
		{"example-digest.warc",
			"request|http://example.com/|2017-03-06T04:02:06Z|GET / "
			"HTTP/1.0|0|same unknown|"
			"whole\n"
			"request|http://example.com/|2017-03-06T04:02:06Z|GET / "
			"HTTP/1.0|0|same unknown|"
			"whole\n"
			"request|http://example.com/|2017-03-06T04:02:06Z|GET / "
			"HTTP/1.0|0|same unknown|"
			"whole\n"
			"request|http://example.com/|2017-03-06T04:02:06Z|GET / HTTP/1.0|0|unknown "
			"unknown|whole\n"},
		{"example-resource.warc.gz",
			"warcinfo||2017-04-29T01:30:41Z||249|- -|whole\n"
			"warcinfo||2017-04-29T01:30:41Z||399|- -|whole\n"
			"resource|http://example.com/|2017-04-29T01:30:30Z||1303|same "
			"same|whole\n"},
		{"example-space-in-target-uri.warc.gz",
			"warcinfo||2019-06-19T16:16:43Z||73|- -|whole\n"
			"resource|file:///example with "
			"spaces.png|2019-06-19T16:16:43Z||70|same -|whole\n"},
		{"example-wget-bad-target-uri.warc.gz",
			"warcinfo||2018-02-09T15:12:11Z||232|same -|whole\n"
			"request|http://example.com/|2018-02-09T15:12:11Z|GET / "
			"HTTP/1.1|0|same -|whole\n"
			"response|http://example.com/|2018-02-09T15:12:11Z|HTTP/1.1 200 "
			"OK|1270|same same|"
			"whole\n"
			"metadata|metadata://gnu.org/software/wget/warc/MANIFEST.txt|"
			"2018-02-09T15:12:11Z||"
			"48|same -|whole\n"
			"resource|metadata://gnu.org/software/wget/warc/wget_arguments.txt|"
			"2018-02-09T15:12:11Z||49|same -|whole\n"
			"resource|metadata://gnu.org/software/wget/warc/wget.log|"
			"2018-02-09T15:12:11Z||471|"
			"same -|whole\n"},
		{"post-test.warc.gz",
			"response|http://httpbin.org/post|2014-06-10T00:08:59Z|HTTP/1.1 "
			"200 OK|545|same "
			"same|whole\n"
			"request|http://httpbin.org/post|2014-06-10T00:08:59Z|POST /post "
			"HTTP/1.1|16|same "
			"-|whole\n"
			"response|http://httpbin.org/post|2014-06-10T00:11:51Z|HTTP/1.1 "
			"200 OK|552|same "
			"same|whole\n"
			"request|http://httpbin.org/post|2014-06-10T00:11:51Z|POST /post "
			"HTTP/1.1|12|same "
			"-|whole\n"
			"response|http://httpbin.org/post?foo=bar|"
			"2014-06-10T00:12:55Z|HTTP/1.1 200 OK|551|"
			"same same|whole\n"
			"request|http://httpbin.org/post?foo=bar|2014-06-10T00:12:55Z|POST "
			"/post?foo=bar "
			"HTTP/1.1|6|same -|whole\n"},
		{"example.arc.gz",
			"filedesc|filedesc://live-web-example.arc.gz|20140216050221||75|- -|whole\n"
			"arc|http://example.com/|20140216050221|HTTP/1.1 200 OK|1270|- -|whole\n"},
		/* Its line ends were changed, and its length was not. */
		{"example-space-in-url.arc",
			"filedesc|filedesc://live-web-example.arc.gz|20140216050221||75|- -|whole\n"
			"arc|http://example.com/index.cfm?FuseAction=Email&"
			"EmailTitle=Examples From The "
			"Live Web&IsPopUp=False|20140216050221|HTTP/1.1 200 OK|1271|- -|it "
			"ends after 1579 "
			"of 1591 bytes\n"},
		{"bad.arc",
			"filedesc|filedesc://bad.arc.gz|20140301000000||0|- -|its length "
			"is \"-1\"\n"
			"||||73|- -|it is no record\n"
			"arc|http://example.com/|201404010000000000||0|- -|its length is \"-1\"\n"
			"arc|http://example.com/|20140102000000||1|- -|whole\n"
			"arc|http://example.com/|201404010000000000||0|- -|its length is "
			"\"abc\"\n"},
	};
	struct scene s = {.step = 0};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char path[200];
		struct sr_buf file;

		sr_buf_init(&file);
		snprintf(path, sizeof path, "warc/test/data/%s", files[i].name);
		t_read_file(t_vector(path), &file);
		wants(&s, sr_buf_view(&file), files[i].lines);
		sr_buf_free(&file);
	}
	scene_free(&s);
}

/* --- made here -------------------------------------------------------------------------------- */

#define HEAD(type, uri, length)                                                     \
	"WARC/1.1\r\nWARC-Type: " type "\r\nWARC-Record-ID: <urn:x>\r\nWARC-Date: " \
	"2026-01-02T03:04:05Z\r\nWARC-Target-URI: " uri "\r\nContent-Length: " length "\r\n"
#define DATE "|2026-01-02T03:04:05Z|"
#define ONE HEAD("resource", "urn:one", "5") "\r\nfirst\r\n\r\n"
#define TWO HEAD("resource", "urn:two", "6") "\r\nsecond\r\n\r\n"
#define SEEN_ONE "resource|urn:one" DATE "|5|- -|whole\n"
#define SEEN_TWO "resource|urn:two" DATE "|6|- -|whole\n"

static void plain(void **state) {
	struct scene s = {.step = 0};

	(void)state;
	wants_text(&s, "", "");
	wants_text(&s, "\r\n\r\n\n", "");
	wants_text(&s, ONE TWO, SEEN_ONE SEEN_TWO);
	assert_int_equal(s.sum.records, 2);
	assert_int_equal(s.sum.broken, 0);
	assert_int_equal(s.payload.len, 11);
	assert_memory_equal(s.payload.p, "firstsecond", 11);
	/* LF alone, folded fields, any case, no empty lines between, <> around the URI. */
	wants_text(&s,
		"WARC/0.18\nwarc-type: resource\ncontent-length:5\nWARC-Target-URI: "
		"<urn:a\n b>\n\nfirst" TWO,
		"resource|urn:a b|||5|- -|whole\n" SEEN_TWO);
	/* An empty block, the last empty lines missing. */
	wants_text(&s, HEAD("metadata", "urn:none", "0") "\r\n",
		"metadata|urn:none" DATE "|0|- -|whole\n");
	/* Lengths that lie: too short, too long, none, no number. */
	wants_text(&s, HEAD("resource", "urn:a", "3") "\r\nfirst\r\n\r\n" TWO,
		"resource|urn:a" DATE "|3|- -|whole\n||||6|- -|it is no record\n" SEEN_TWO);
	wants_text(&s, HEAD("resource", "urn:a", "50") "\r\nfirst",
		"resource|urn:a" DATE "|5|- -|it ends after 5 of 50 bytes\n");
	wants_text(&s, HEAD("resource", "urn:a", "-5") "\r\n\r\n" TWO,
		"resource|urn:a" DATE "|0|- -|its Content-Length is \"-5\"\n" SEEN_TWO);
	wants_text(&s, HEAD("resource", "urn:a", "99999999999999999999") "\r\n\r\n" TWO,
		"resource|urn:a" DATE
		"|0|- -|its Content-Length is \"99999999999999999999\"\n" SEEN_TWO);
	wants_text(&s, "WARC/1.0\r\nWARC-Type: resource\r\n\r\n" TWO,
		"resource||||0|- -|it says no Content-Length\n" SEEN_TWO);
	wants_text(&s, "WARC/1.0\r\nContent-Length: 1\r\n\r\nx\r\n\r\n" TWO,
		"||||1|- -|whole\n" SEEN_TWO);
	/* The block that begins an ARC file says too little of itself. */
	wants_text(&s, "filedesc://a.arc 20140301000000 text/plain 5\nfirst\n" TWO,
		"filedesc||||0|- -|its line does not have 5 words\n"
		"||||6|- -|it is no record\n" SEEN_TWO);
	/* Rubbish before, between and behind. */
	wants_text(&s, "rubbish\nmore\n" ONE "x\n" TWO "end",
		"||||13|- -|it is no record\n" SEEN_ONE "||||2|- -|it is no record\n" SEEN_TWO
		"||||3|- -|it is no record\n");
	assert_int_equal(s.sum.broken, 3);
	/* A great many lines of nothing come in few pieces. */
	struct sr_buf b;

	sr_buf_init(&b);
	sr_buf_put_str(&b, ONE);
	for (unsigned i = 0; i < 200000; i++)
		sr_buf_put_str(&b, "x\n");
	sr_buf_put_str(&b, TWO);
	s.pieces = s.step = 0;
	assert_ok(look(&s, sr_buf_view(&b)), &s.e);
	assert_int_equal(s.sum.records, 3);
	assert_true(s.pieces < 100);
	sr_buf_free(&b);
	scene_free(&s);
}

static void http(void **state) {
	static const struct {
		const char *body, *payload, *seen;
	} rows[] = {
		{"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n", "hello world",
			"whole"},
		{"5\nhello\n0\n\n", "hello", "whole"},
		{"5\r\nhello\r\n0\r\n", "hello", "whole"},
		{"5\r\nhello\r\n", "hello", "its chunks break off"},
		{"5\r\nhel", "hel", "its chunks break off"},
		{"5\r\nhelloX\r\n0\r\n\r\n", "helloX\r\n0\r\n\r\n",
			"its chunks are in disorder: the rest is as it was sent"},
		{"5\r\nhello\r\n0\r\n\r\nmore", "hellomore",
			"its chunks are in disorder: the rest is as it was sent"},
		{"fffffffffffffffff\r\nx", "fffffffffffffffff\r\nx", NULL}, /* no chunks at all */
		{"", "", NULL},
	};
	struct scene s = {.step = 0};
	struct sr_buf file, want;

	(void)state;
	sr_buf_init(&file);
	sr_buf_init(&want);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
					   "Transfer-Encoding: chunked\r\n\r\n";
		const char *seen = rows[i].seen;

		sr_buf_clear(&file);
		sr_buf_clear(&want);
		sr_buf_printf(&file,
			"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://x/\r\n"
			"Content-Type: application/http; "
			"msgtype=response\r\nContent-Length: %zu\r\n\r\n%s%s"
			"\r\n\r\n" TWO,
			strlen(head) + strlen(rows[i].body), head, rows[i].body);
		sr_buf_printf(&want, "response|http://x/||HTTP/1.1 200 OK%s|%zu|- -|%s\n" SEEN_TWO,
			seen == NULL ? "" : " chunked", strlen(rows[i].payload),
			seen == NULL ? "whole" : seen);
		sr_buf_put_u8(&want, 0);
		wants(&s, sr_buf_view(&file), (const char *)want.p);
		assert_int_equal(s.payload.len, strlen(rows[i].payload) + 6);
		assert_memory_equal(s.payload.p, rows[i].payload, strlen(rows[i].payload));
	}
	sr_buf_free(&file);
	sr_buf_free(&want);
	scene_free(&s);
}

/* SHA-1 of "first" and of others, as base32 and hex (Python's hashlib). */
static void digests(void **state) {
	static const struct {
		const char *digest, *seen;
	} rows[] = {
		{"sha1:4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB", "same"},
		{"sha-1:4cmwun6bhvcmhmdaosjz2q72g5m32mwb", "same"},
		{"md5:8b04d5e3775d298e78455efc5ca404d5", "same"},
		{"MD5:8B04D5E3775D298E78455EFC5CA404D5", "same"},
		{"sha-256:a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e",
			"same"},
		{"sha256:07937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e",
			"OTHER"},
		{"sha1:0000", "unknown"},
		{"sha1:", "unknown"},
		{"blake9:00", "unknown"},
		{"none", "unknown"},
	};
	struct scene s = {.step = 0};
	struct sr_buf file, want;

	(void)state;
	sr_buf_init(&file);
	sr_buf_init(&want);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sr_buf_clear(&file);
		sr_buf_clear(&want);
		sr_buf_printf(&file,
			HEAD("resource", "urn:a",
				"5") "WARC-Block-Digest: %s\r\nWARC-Payload-Digest: "
				     "%s\r\n\r\nfirst\r\n\r\n",
			rows[i].digest, rows[i].digest);
		sr_buf_printf(&want, "resource|urn:a" DATE "|5|%s %s|whole\n", rows[i].seen,
			rows[i].seen);
		sr_buf_put_u8(&want, 0);
		wants(&s, sr_buf_view(&file), (const char *)want.p);
	}
	sr_buf_free(&file);
	sr_buf_free(&want);
	scene_free(&s);
}

/* One gzip member of ${text}, appended. */
static void put_member(struct sr_buf *out, const char *text) {
	uint8_t room[4096];
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + 15, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (unsigned)strlen(text);
	z.next_out = room;
	z.avail_out = sizeof room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	sr_buf_put(out, room, sizeof room - z.avail_out);
	assert_int_equal(deflateEnd(&z), Z_OK);
}

static void gzip(void **state) {
	struct scene s = {.step = 0};
	struct sr_buf f;
	size_t first;

	(void)state;
	sr_buf_init(&f);
	put_member(&f, ONE);
	first = f.len;
	put_member(&f, TWO);
	wants(&s, sr_buf_view(&f), SEEN_ONE SEEN_TWO);
	/* Padded with zeroes, and followed by what is no member. */
	sr_buf_put_zero(&f, 100);
	wants(&s, sr_buf_view(&f), SEEN_ONE SEEN_TWO);
	sr_buf_put_str(&f, "behind it");
	wants(&s, sr_buf_view(&f),
		SEEN_ONE SEEN_TWO "||||0|- -|what follows the gzip member is none\n");
	/* The first member is damaged: the second is read all the same. */
	f.len -= 109;
	f.p[first - 5] ^= 1; /* its CRC */
	assert_ok(look(&s, sr_buf_view(&f)), &s.e);
	sr_buf_put_u8(&s.lines, 0);
	assert_non_null(strstr((char *)s.lines.p, SEEN_TWO));
	assert_non_null(strstr((char *)s.lines.p, "its gzip member is damaged"));
	f.p[first - 5] ^= 1;
	/* The second breaks off in its middle. */
	f.len -= 20;
	assert_ok(look(&s, sr_buf_view(&f)), &s.e);
	sr_buf_put_u8(&s.lines, 0);
	assert_non_null(strstr((char *)s.lines.p, SEEN_ONE));
	assert_non_null(strstr((char *)s.lines.p, "its gzip member breaks off"));
	/* A length that reaches into the next member does not swallow it. */
	sr_buf_clear(&f);
	put_member(&f, HEAD("resource", "urn:a", "500") "\r\nfirst");
	put_member(&f, TWO);
	wants(&s, sr_buf_view(&f),
		"resource|urn:a" DATE
		"|5|- -|another record begins after 5 of 500 bytes\n" SEEN_TWO);
	/* A record over two members is one. */
	sr_buf_clear(&f);
	put_member(&f, HEAD("resource", "urn:one", "5") "\r\nfi");
	put_member(&f, "");
	put_member(&f, "rst\r\n\r\n");
	put_member(&f, TWO);
	wants(&s, sr_buf_view(&f), SEEN_ONE SEEN_TWO);
	/* A bomb ends at the limit. */
	sr_buf_clear(&f);
	put_member(&f, ONE);
	for (int i = 0; i < 50; i++)
		put_member(&f, TWO);
	s.bytes_max = 2000;
	assert_fails(
		look(&s, sr_buf_view(&f)), SR_LIMIT, &s.e, "more than 2000 bytes when inflated");
	s.bytes_max = 0;
	s.records_max = 50;
	assert_fails(look(&s, sr_buf_view(&f)), SR_LIMIT, &s.e, "more than 50 records");
	s.records_max = 51;
	assert_ok(look(&s, sr_buf_view(&f)), &s.e);
	assert_int_equal(s.sum.records, 51);
	sr_buf_free(&f);
	scene_free(&s);
}

static void arc(void **state) {
	struct scene s = {.step = 0};

	(void)state;
	wants_text(&s,
		"filedesc://x.arc 0.0.0.0 20260102030405 text/plain 73\n1 0 Us\n"
		"URL IP-address Archive-date Content-type Archive-length\n0123456789\n"
		"\nhttp://a b/ 1.2.3.4 20260102030405 text/html 5\nfirst\n"
		"http://c/ 1.2.3.4 20260102030405 text/html 6\nsecond\n",
		"filedesc|filedesc://x.arc|20260102030405||73|- -|whole\n"
		"arc|http://a b/|20260102030405||5|- -|whole\n"
		"arc|http://c/|20260102030405||6|- -|whole\n");
	/* Version 2: ten words. */
	wants_text(&s,
		"filedesc://x.arc 0.0.0.0 20260102030405 text/plain 200 - - 0 x.arc 7\n2 0 Us\n\n"
		"http://a/ 1.2.3.4 20260102030405 text/html 200 cafe - 99 x.arc 5\nfirst\n",
		"filedesc|filedesc://x.arc|20260102030405||7|- -|whole\n"
		"arc|http://a/|20260102030405||5|- -|whole\n");
	scene_free(&s);
}

static void large(void **state) {
	struct scene s = {.step = 0};
	struct sr_buf f;
	const size_t size = 300000;

	(void)state;
	/* A block larger than the window, with what looks like a record in it. */
	sr_buf_init(&f);
	sr_buf_put_str(&f, HEAD("resource", "urn:big", "300000") "\r\n");
	for (size_t i = 0; i < size; i += 10)
		sr_buf_put_str(&f, "\nWARC/1.1\n");
	sr_buf_put_str(&f, "\r\n\r\n" TWO);
	s.step = 0;
	assert_ok(look(&s, sr_buf_view(&f)), &s.e);
	assert_int_equal(s.sum.records, 2);
	assert_int_equal(s.payload.len, size + 6);
	/* Fields without an end. */
	sr_buf_clear(&f);
	sr_buf_put_str(&f, "WARC/1.0\r\nWARC-Type: resource\r\n");
	for (size_t i = 0; i < 70000; i += 10)
		sr_buf_put_str(&f, "x: yyyyy\r\n");
	sr_buf_put_str(&f, "\r\n" ONE);
	assert_ok(look(&s, sr_buf_view(&f)), &s.e);
	sr_buf_put_u8(&s.lines, 0);
	assert_non_null(strstr((char *)s.lines.p, "its fields do not end within 65536 bytes"));
	assert_non_null(strstr((char *)s.lines.p, SEEN_ONE));
	sr_buf_free(&f);
	scene_free(&s);
}

static void mutant(void *ctx, struct sr_bytes file, const char *what) {
	struct scene *s = ctx;

	if (look(s, file) != 0)
		fail_msg("%s: %s", what, s->e.text);
	assert_int_equal(s->begun, s->ended);
	assert_int_equal(s->sum.records, s->ended);
}

static void mutants(void **state) {
	static const char file[] =
		"WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\n"
		"WARC-Payload-Digest: md5:8b04d5e3775d298e78455efc5ca404d5\r\n"
		"Content-Length: 67\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"5\r\nfirst\r\n0\r\n\r\n\r\n\r\n" TWO;
	struct scene s = {.step = 0};
	struct sr_buf gz;

	(void)state;
	t_each_cut(sr_bytes_str(file), mutant, &s);
	t_each_flip(sr_bytes_str(file), mutant, &s);
	sr_buf_init(&gz);
	put_member(&gz, file);
	put_member(&gz, ONE);
	t_each_cut(sr_buf_view(&gz), mutant, &s);
	t_each_flip(sr_buf_view(&gz), mutant, &s);
	sr_buf_free(&gz);
	scene_free(&s);
}

static int refuses(void *ctx, struct sr_bytes payload, struct sr_err *e) {
	(void)ctx;
	(void)payload;
	return sr_fail(e, SR_LIMIT, "enough");
}

static int fails(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	(void)ctx;
	(void)p;
	(void)len;
	(void)got;
	return sr_fail(e, SR_IO, "the disk is gone");
}

static void stops(void **state) {
	struct scene s = {.step = 0};
	struct par_warc_in in = {.read = source, .ctx = &s};
	const struct par_warc_out out = {on_begin, refuses, on_end, &s};

	(void)state;
	s.left = sr_bytes_str(ONE TWO);
	assert_fails(par_warc_read(&in, &out, &s.sum, &s.e), SR_LIMIT, &s.e, "enough");
	assert_int_equal(s.ended, 0);
	in.read = fails;
	assert_fails(par_warc_read(&in, &out, &s.sum, &s.e), SR_IO, &s.e, "the disk is gone");
	assert_true(par_warc_begins(sr_bytes_str(ONE)));
	assert_true(par_warc_begins(sr_bytes_str("filedesc://x")));
	assert_false(par_warc_begins(sr_bytes_str("WARC/")));
	assert_false(par_warc_begins(sr_bytes_of(NULL, 0)));
	scene_free(&s);
}

static int gives_too_much(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	(void)ctx;
	(void)e;
	memset(p, 'W', len);
	*got = len + 1;
	return 0;
}

/* A source that says it gave more than there was room for is not believed. */
static void source_lies(void **state) {
	struct scene s = {.step = 0};
	const struct par_warc_in in = {.read = gives_too_much};
	const struct par_warc_out out = {on_begin, on_data, on_end, &s};

	(void)state;
	assert_fails(par_warc_read(&in, &out, &s.sum, &s.e), SR_MISUSE, &s.e,
		"the source gave more than was asked for");
	assert_int_equal(s.begun, 0);
	scene_free(&s);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(source_lies),
		cmocka_unit_test(published), cmocka_unit_test(plain), cmocka_unit_test(http),
		cmocka_unit_test(digests), cmocka_unit_test(gzip), cmocka_unit_test(arc),
		cmocka_unit_test(large), cmocka_unit_test(mutants), cmocka_unit_test(stops)};

	return cmocka_run_group_tests_name("web archives", tests, NULL, NULL);
}
