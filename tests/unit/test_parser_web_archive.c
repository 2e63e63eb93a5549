/*
 * warc: records of WARC and ARC files, each thing that breaks one, what lies between them, cuts at
 * every length, and the samples of warcio.
 */
#include "util.h"

#include "base/escape.h"
#include "parsed.h"
#include "parser/web_archive.h"

static const char two[] =
	"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 4\r\n\r\nabcd\r\n\r\n"
	"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/\r\n"
	"WARC-Date: 2026-11-29T00:00:00Z\r\nContent-Length: 5\r\n\r\nhello\r\n\r\n";

static struct par_result r;

static void run(struct parsed *p, struct sr_bytes in, size_t step) {
	struct pieces s = {.left = in, .step = step};
	const struct par_stream from = {pieces_read, &s};
	const struct par_sink to = parsed_sink(p);

	par_web_archive(&r, &from, &to, 1);
	assert_false(p->misused || p->open);
	sr_buf_put_u8(&p->lines, 0);
}

static void expect(const char *in, size_t len, enum sr_box_status status, const char *reason,
	const char *lines) {
	static const size_t steps[] = {1, 7, 100000};

	for (size_t i = 0; i < T_COUNT(steps); i++) {
		struct parsed p;

		parsed_init(&p, 100, 1 << 20);
		run(&p, sr_bytes_of(in, len), steps[i]);
		assert_string_equal((const char *)p.lines.p, lines);
		assert_string_equal(r.reason, reason);
		assert_int_equal(r.status, status);
		parsed_free(&p);
	}
}
#define EXPECT(in, status, reason, lines) expect(in, sizeof(in) - 1, status, reason, lines)

static void records(void **state) {
	(void)state;
	EXPECT(two, SR_BOX_WHOLE, "",
		"file 000001.warcinfo warc-type=warcinfo 4 bytes whole\n"
		"file 000002.response warc-type=response uri=http://example.org/ "
		"captured=2026-11-29T00:00:00Z 5 bytes whole\n");
	/* LF alone, folded lines, fields in any case, no type, nothing in it. */
	EXPECT("WARC/0.17\ncontent-length: 2\nX-Long: a\n b\n\nhi\n\n"
	       "WARC/1.1\nCONTENT-LENGTH:0\n\n",
		SR_BOX_WHOLE, "",
		"file 000001.record 2 bytes whole\nfile 000002.record 0 bytes whole\n");
	/* Contents that look like a record are contents. */
	EXPECT("WARC/1.0\r\nContent-Length: 10\r\n\r\nWARC/1.0\r\n\r\n\r\n", SR_BOX_WHOLE, "",
		"file 000001.record 10 bytes whole\n");
	EXPECT("filedesc://a.arc 127.0.0.1 20140216050221 text/plain 3\nabc\n"
	       "http://example.org/a b&c=d e 1.2.3.4 20140216050221 text/html 2\nhi\n",
		SR_BOX_WHOLE, "",
		"file 000001.filedesc uri=filedesc://a.arc captured=20140216050221 "
		"content-type=text/plain ip-address=127.0.0.1 3 bytes whole\n"
		"file 000002.arc uri=http://example.org/a b&c=d e captured=20140216050221 "
		"content-type=text/html ip-address=1.2.3.4 2 bytes whole\n");
	/* A type is no path. */
	EXPECT("WARC/1.0\nWARC-Type: ../../Re Quest\nContent-Length: 0\n\n", SR_BOX_WHOLE, "",
		"file 000001.request warc-type=../../Re Quest 0 bytes whole\n");
}

static void broken(void **state) {
	(void)state;
	EXPECT("WARC/1.0\r\nContent-Length: 9\r\n\r\nshort", SR_BOX_WHOLE, "",
		"file 000001.record 5 bytes broken: it ends after 5 of 9 bytes\n");
	EXPECT("WARC/1.0\r\nWARC-Type: a\r\n\r\n\r\n\r\nWARC/1.0\r\nContent-Length: 1\r\n\r\nx",
		SR_BOX_WHOLE, "",
		"file 000001.a warc-type=a 0 bytes broken: it says no Content-Length\n"
		"file 000002.record 1 bytes whole\n");
	EXPECT("WARC/1.0\nContent-Length: -1\n\nxy\nWARC/1.0\nContent-Length: 1\n\nx\n",
		SR_BOX_BROKEN, "1 of 3 members are no records",
		"file 000001.record 0 bytes broken: its Content-Length is \"-1\"\n"
		"file 000002.none 3 bytes broken: it is no record\n"
		"file 000003.record 1 bytes whole\n");
	EXPECT("garbage\r\nWARC/1.0\r\nContent-Length: 1\r\n\r\nx\r\n\r\nmore", SR_BOX_BROKEN,
		"2 of 3 members are no records",
		"file 000001.none 9 bytes broken: it is no record\n"
		"file 000002.record 1 bytes whole\nfile 000003.none 4 bytes broken: it is no record\n");
	EXPECT("", SR_BOX_WHOLE, "", "");
}

/* Of an HTTP message the body, and what its head says as facts; digests are compared. */
static void answers(void **state) {
	(void)state;
	EXPECT("WARC/1.0\nWARC-Type: response\nContent-Type: application/http\n"
	       "WARC-Block-Digest: md5:00000000000000000000000000000000\nContent-Length: 47\n\n"
	       "HTTP/1.0 404 Gone\nContent-Type: text/css\n\nhello",
		SR_BOX_WHOLE, "",
		"file 000001.response warc-type=response content-type=text/css http=HTTP/1.0 404 "
		"Gone block-digest=does not fit 5 bytes whole\n");
}

/* A line without end, a header without end: bounded, and told. */
static void endless(void **state) {
	static const char start[9] = {'W', 'A', 'R', 'C', '/', '1', '.', '0', '\n'};
	static const char field[4] = {'a', ':', 'b', '\n'};
	const size_t size = 1 << 20;
	char *text = malloc(size);
	struct parsed p;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	memcpy(text, start, sizeof start);
	parsed_init(&p, 100, 1 << 21);
	run(&p, sr_bytes_of(text, size), 5000);
	assert_non_null(strstr((const char *)p.lines.p, "do not end within 65536 bytes"));
	assert_int_equal(r.status, SR_BOX_BROKEN);
	parsed_free(&p);
	for (size_t i = 9; i + 4 <= size; i += 4)
		memcpy(text + i, field, sizeof field);
	parsed_init(&p, 100, 1 << 21);
	run(&p, sr_bytes_of(text, size), 5000);
	assert_non_null(strstr((const char *)p.lines.p, "do not end within 65536 bytes"));
	parsed_free(&p);
	free(text);
}

static void caps(void **state) {
	struct parsed p;

	(void)state;
	parsed_init(&p, 1, 1 << 20);
	run(&p, sr_bytes_of(two, sizeof two - 1), 100);
	assert_int_equal(r.status, SR_BOX_CAPPED);
	assert_int_equal(p.members, 1);
	parsed_free(&p);
	parsed_init(&p, 100, 6);
	run(&p, sr_bytes_of(two, sizeof two - 1), 100);
	assert_int_equal(r.status, SR_BOX_CAPPED);
	assert_non_null(strstr((const char *)p.lines.p, "capped"));
	parsed_free(&p);
}

static void stream_breaks(void **state) {
	struct pieces s = {.left = sr_bytes_of(two, 80), .step = 9, .break_at_end = true};
	const struct par_stream from = {pieces_read, &s};
	struct parsed p;

	(void)state;
	parsed_init(&p, 100, 1 << 20);
	const struct par_sink to = parsed_sink(&p);
	par_web_archive(&r, &from, &to, 1);
	assert_int_equal(r.status, SR_BOX_BROKEN);
	assert_non_null(strstr(r.reason, "the stream breaks, after"));
	parsed_free(&p);
}

static void cut(void *ctx, struct sr_bytes mutant, const char *what) {
	struct parsed p;

	(void)ctx;
	(void)what;
	parsed_init(&p, 100, 1 << 20);
	run(&p, mutant, 11);
	assert_true(p.bytes <= mutant.len && p.members <= 5);
	parsed_free(&p);
}

static void cuts_and_flips(void **state) {
	(void)state;
	t_each_cut(sr_bytes_of(two, sizeof two - 1), cut, NULL);
	t_each_flip(sr_bytes_of(two, sizeof two - 1), cut, NULL);
}

static int setup(void **state) {
	(void)state;
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(broken),
		cmocka_unit_test(answers),
		cmocka_unit_test(endless),
		cmocka_unit_test(caps),
		cmocka_unit_test(stream_breaks),
		cmocka_unit_test(cuts_and_flips),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
