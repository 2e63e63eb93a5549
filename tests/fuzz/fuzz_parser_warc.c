/*
 * fuzz_parser_warc - any bytes: every record that is begun is ended, with as many bytes as were
 * handed out, texts are strings, and it ends. Input: u8 bytes that the source gives at once (0:
 * all), then the file.
 */
#include "fuzz.h"
#include "parser/warc.h"

struct seen {
	struct sr_bytes left;
	size_t step;
	bool open;
	uint64_t records, bytes, all;
};

static int source(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct seen *s = ctx;
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
	struct seen *s = ctx;
	(void)e;
	MUST(!s->open && r->index == s->records);
	MUST(memchr(r->type, 0, sizeof r->type) != NULL &&
		memchr(r->uri, 0, sizeof r->uri) != NULL);
	MUST(memchr(r->status, 0, sizeof r->status) != NULL);
	s->open = true;
	s->bytes = 0;
	return 0;
}

static int on_data(void *ctx, struct sr_bytes payload, struct sr_err *e) {
	struct seen *s = ctx;
	(void)e;
	MUST(s->open && payload.len > 0 && payload.p != NULL);
	s->bytes += payload.len;
	s->all += payload.len;
	return 0;
}

static int on_end(void *ctx, const struct par_warc_record *r, const struct par_warc_end *j,
	struct sr_err *e) {
	struct seen *s = ctx;
	(void)r;
	(void)e;
	MUST(s->open && j->bytes == s->bytes && j->whole == (j->why[0] == '\0'));
	s->open = false;
	s->records++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct seen s = {.step = fuzz_u8(&in)};
	const struct par_warc_in from = {.read = source, .ctx = &s, .bytes_max = 1 << 20};
	const struct par_warc_out out = {on_begin, on_data, on_end, &s};
	struct par_warc_sum sum;
	struct sr_err e;
	s.left = in;
	const int rc = par_warc_read(&from, &out, &sum, &e);
	MUST(rc == 0 || rc == SR_LIMIT);
	MUST(rc != 0 || (!s.open && sum.records == s.records && sum.broken <= sum.records));
	MUST(s.all <= (1 << 20) + (size_t)(128 << 10));
	return 0;
}

void fuzz_seeds(void) {
	static const uint8_t gz[] = {0, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 3, 0, 0xfc, 0xff, 'W', 'A', 'R', 0x6f,
		0x0d, 0x2f, 0x4b, 3, 0, 0, 0};
	fuzz_seed_str("response",
		"\x07WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\n"
		"WARC-Payload-Digest: md5:8b04d5e3775d298e78455efc5ca404d5\r\n"
		"Content-Length: 67\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"5\r\nfirst\r\n0\r\n\r\n\r\n\r\nWARC/1.0\nwarc-type: resource\ncontent-length: 3\n\nabc");
	fuzz_seed_str("arc",
		"\x01"
		"filedesc://x 0.0.0.0 20260102030405 text/plain 7\n1 0 Us\n\nhttp://a b/ 1.2.3.4 "
		"20260102030405 text/html 17\nHTTP/1.0 200 OK\n\n\nrubbish");
	fuzz_seed_str("arc2",
		"\x02"
		"filedesc://x 0.0.0.0 20260102030405 text/plain 200 - - 0 x.arc 7\n2 0 Us\n\nhttp://a/ "
		"1.2.3.4 20260102030405 text/html 200 cafe - 99 x.arc 5\nfirst\n");
	fuzz_seed("members", sr_bytes_of(gz, sizeof gz));
}
