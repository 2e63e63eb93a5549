/*
 * fuzz_parser_web_archive - web archives. Input: u8 size of pieces, the archive. Pieces make no
 * difference; members come in order, and no more bytes come out than went in.
 */
#include "../unit/parsed.h"
#include "fuzz.h"
#include "parser/web_archive.h"

static void run(struct parsed *p, struct par_result *r, struct sr_bytes in, size_t step) {
	struct pieces s = {.left = in, .step = step};
	const struct par_stream from = {pieces_read, &s};
	const struct par_sink to = parsed_sink(p);
	parsed_init(p, 1000, 1 << 20);
	par_web_archive(r, &from, &to, 1);
	MUST(!p->misused && !p->open);
	MUST(p->bytes <= in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct parsed a, b;
	struct par_result ra, rb;
	size_t step = (size_t)fuzz_u8(&in) + 1;
	if (in.len > 100000)
		return 0;
	run(&a, &ra, in, in.len + 1);
	run(&b, &rb, in, step);
	MUST(ra.status == rb.status && strcmp(ra.reason, rb.reason) == 0);
	MUST(sr_bytes_eq(sr_buf_view(&a.lines), sr_buf_view(&b.lines)));
	parsed_free(&a);
	parsed_free(&b);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_with("warc", "\x10", 1,
		sr_bytes_str(
			"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 5\r\n"
			"WARC-Target-URI: http://example.org/\r\n\r\nhello\r\n\r\n"
			"WARC/1.1\nwarc-type: metadata\n continued\nContent-Length: 0\n\n\n\n"));
	fuzz_seed_with("arc", "\x01", 1,
		sr_bytes_str("filedesc://a.arc 127.0.0.1 20140216050221 text/plain 3\nabc\n"
			     "http://example.org/a b 1.2.3.4 20140216050221 text/html 2\nhi\n"
			     "http://example.org/ 1.2.3.4 20140216050221 text/html -1\n\n"));
	fuzz_seed_with(
		"broken", "\x03", 1, sr_bytes_str("WARC/1.0\r\nContent-Length: 99\r\n\r\nshort"));
}
