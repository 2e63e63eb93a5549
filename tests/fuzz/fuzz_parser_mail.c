/*
 * fuzz_parser_mail - messages and mailboxes. Input: u8 size of pieces, the file. Pieces make no
 * difference; members come in order, and no more bytes come out than went in.
 */
#include "../unit/parsed.h"
#include "fuzz.h"
#include "parser/mail.h"

static void run(struct parsed *p, struct par_result *r, struct sr_bytes in, size_t step) {
	struct pieces s = {.left = in, .step = step};
	const struct par_stream from = {pieces_read, &s};
	const struct par_sink to = parsed_sink(p);
	parsed_init(p, 1000, 1 << 20);
	if (in.len > 5 && memcmp(in.p, "From ", 5) == 0)
		par_mbox(r, &from, &to, 1);
	else
		par_mail(r, &from, &to, 1);
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
	fuzz_seed_with("multipart", "\x10", 1,
		sr_bytes_str("From: a@b\nContent-Type: multipart/mixed; boundary=\"x\"\n\n--x\n"
			     "Content-Type: text/plain; name=a\n"
			     "Content-Transfer-Encoding: quoted-printable\n\na=3Db=\nc\n--x\n"
			     "Content-Disposition: attachment;\r\n filename=b\r\n"
			     "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--x--\r\n"));
	fuzz_seed_with("mbox", "\x05", 1,
		sr_bytes_str("From a x\nFrom: a@b\nDate: x\n\nbody\n\nFrom b y\nSubject: z\n\n"));
}
