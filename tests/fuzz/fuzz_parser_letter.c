/*
 * fuzz_parser_letter - the words of a message. Input: u8 pages that are taken at most, the message.
 *
 * What comes is UTF-8 and no more than a small multiple of what went in. Before the first part
 * stand only the header's own lines, each once: no value makes one of its own.
 */
#include "fuzz_inside.h"
#include "parser/letter.h"

/* The lines in front of the first empty one. */
static void header(struct sr_bytes v) {
	static const char *const keys[] = {"from: ", "to: ", "subject: ", "date: ", "message-id: "};
	unsigned seen = 0;
	while (v.len > 0 && v.p[0] != '\n') {
		const uint8_t *end = memchr(v.p, '\n', v.len);
		const unsigned before = seen;
		MUST(end != NULL);
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (v.len >= strlen(keys[i]) && memcmp(v.p, keys[i], strlen(keys[i])) == 0)
				seen |= 1U << i;
		MUST(seen != before);
		v = sr_bytes_of(end + 1, v.len - (size_t)(end + 1 - v.p));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const uint32_t pages = fuzz_u8(&in);
	if (in.len > 100000)
		return 0;
	if (fuzz_tell(par_letter_text, in, pages, 64 << 20) > 0)
		header(sr_buf_view(&fuzz_told.all));
	MUST(fuzz_told.all.len <= 4 * in.len + 1000);
	fuzz_told_free();
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_with("parts", "\x10", 1,
		sr_bytes_str("From: =?iso-8859-1?Q?J=F6rg?= <j@example.org>\r\nTo: a@b\r\n"
			     "Subject: =?utf-8?B?2YPYqg==?=\r\n =?utf-8?q?=0A?= x\r\n"
			     "Date: now\r\nMessage-ID: <1@b>\r\n"
			     "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
			     "--x\r\nContent-Type: text/plain; charset=windows-1256\r\n"
			     "Content-Transfer-Encoding: quoted-printable\r\n\r\n=DF=CA one\r\n"
			     "--x\r\nContent-Type: text/html; charset=us-ascii\r\n\r\n"
			     "<meta charset=koi8-r><p>\xCF\xF0<br>&amp;\r\n"
			     "--x\r\nContent-Type: application/pdf; name=\"a b.pdf\"\r\n"
			     "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--\r\n"));
	fuzz_seed_with("header", "\x01", 1, sr_bytes_str("From: a@b\nSubject: only a header\n"));
	fuzz_seed_with("capped", "\x00", 1, sr_bytes_str("From: a@b\nTo: c@d\n\nbody\n"));
}
