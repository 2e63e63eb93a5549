/*
 * mail: messages of every form, multiparts in one another, encodings, boundaries that lie,
 * mailboxes; cuts and flips; and a mailbox in an archive, taken apart to its attachments.
 */
#include "util.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "parsed.h"
#include "parser/mail.h"
#include "parser/sniff.h"
#include "parser/unpack.h"

static struct par_result r;

static void run(struct parsed *p, struct sr_bytes in, size_t step, bool mbox) {
	struct pieces s = {.left = in, .step = step};
	const struct par_stream from = {pieces_read, &s};
	const struct par_sink to = parsed_sink(p);

	if (mbox)
		par_mbox(&r, &from, &to, 1);
	else
		par_mail(&r, &from, &to, 1);
	assert_false(p->misused || p->open);
	sr_buf_put_u8(&p->lines, 0);
}

static void expect(const char *in, const char *reason, const char *lines, const char *last) {
	static const size_t steps[] = {1, 7, 100000};

	for (size_t i = 0; i < T_COUNT(steps); i++) {
		struct parsed p;

		parsed_init(&p, 100, 1 << 20);
		run(&p, sr_bytes_str(in), steps[i], strncmp(in, "From ", 5) == 0);
		assert_string_equal((const char *)p.lines.p, lines);
		assert_string_equal(r.reason, reason);
		assert_true(sr_bytes_eq(sr_buf_view(&p.data), sr_bytes_str(last)));
		parsed_free(&p);
	}
}

/* What stands behind so much of a header is not known, and that is said. */
static void long_header(void **state) {
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	sr_buf_put_str(&b, "From: a@b\nX:");
	for (unsigned i = 0; i < 8000; i++)
		sr_buf_put_str(&b, " padding\n");
	sr_buf_put_str(&b, "Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n"
			   "aGVs\n");
	sr_buf_put_u8(&b, 0);
	expect((const char *)b.p, "a header of it is longer than is read",
		"file 01.text-plain content-type=text/plain 5 bytes whole\n", "aGVs\n");
	sr_buf_free(&b);
}

static void single(void **state) {
	(void)state;
	expect("From: a@b\nSubject: x\n\nHello\nyou\n", "",
		"file 01.text-plain content-type=text/plain 10 bytes whole\n", "Hello\nyou\n");
	expect("From: a@b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>\r\n", "",
		"file 01.text-html content-type=text/html charset=utf-8 5 bytes whole\n",
		"<p>\r\n");
	expect("From: a@b\nContent-Transfer-Encoding: BASE64\n"
	       "Content-Type: image/png; name=\"p.png\"\n"
	       "\naGVs\nbG8=\n",
		"", "file 01-p.png content-type=image/png 5 bytes whole\n", "hello");
	expect("From: a@b\nContent-Transfer-Encoding: quoted-printable\n\nA=C3=A9 =\ngoes on=3D\n",
		"", "file 01.text-plain content-type=text/plain 13 bytes whole\n",
		"A\xC3\xA9 goes on=\n");
	expect("From: a@b\nContent-Transfer-Encoding: quoted-printable\n\na=ZZ=\n", "",
		"file 01.text-plain content-type=text/plain decoding=not all of it could "
		"be decoded "
		"4 bytes whole\n",
		"a=ZZ");
	expect("From: a@b\nContent-Transfer-Encoding: base64\n\naGVs!bG8=\n", "",
		"file 01.text-plain content-type=text/plain decoding=not all of it could "
		"be decoded "
		"5 bytes whole\n",
		"hello");
	expect("From: a@b\nSubject: only a header\n", "",
		"file 01.text-plain content-type=text/plain 0 bytes whole\n", "");
	/* A name is one line, and no place. */
	expect("From: a@b\nContent-Disposition: attachment;\n filename=\"../../\x1b[31mx\"\n\nx",
		"", "file 01-../../[31mx content-type=text/plain 1 bytes whole\n", "x");
}

/* Names that are no ASCII, as RFC 2231 has them, and as most programs write them (RFC 2047). */
static void foreign_names(void **state) {
	static const struct {
		const char *parameter, *name;
	} cases[] = {
		{"filename*=UTF-8''%D9%83%D8%AA%D8%A7%D8%A8.txt", "كتاب.txt"},
		{"filename=kitab.txt; filename*=utf-8'ar'%D9%83", "ك"},
		{"FileName*0*=UTF-8''%D9%83%D8%AA; filename*1*=%D8%A7%D8%A8;\n filename*2=.txt",
			"كتاب.txt"},
		{"filename*0=\"one \"; filename*1=\"%41;two\"; filename*3=no", "one %41;two"},
		{"filename*=windows-1251''%EA%ED%E8%E3%E0", "книга"},
		{"filename*=iso-8859-6''%E3", "\xe3"}, /* not known here: its bytes */
		{"filename*=%D9%83", "\xd9\x83"},
		{"filename*=utf-8''100%", "100%"},
		{"filename=\"=?UTF-8?B?2YPYqtin2KgudHh0?=\"", "كتاب.txt"},
		{"filename==?windows-1256?b?38rHyA?=", "كتاب"},
		{"filename=\"=?utf-8?q?=C3=A9t=C3=A9_a?=.txt\"", "été a.txt"},
		/* White space between two words is none; a letter may be in both. */
		{"filename=\"=?utf-8?Q?a=C3?=\n =?UTF-8*fr?Q?=A9?= =?koi8-r?q?=CB?= b\"", "aéк b"},
		/* What is malformed, or not known, stays. */
		{"filename=\"=?utf-8?Q?=Z?=\"", "=?utf-8?Q?=Z?="},
		{"filename=\"=?utf-8?B?!?= =?x?Q?a?= =?utf-8?Z?a?= =?\"",
			"=?utf-8?B?!?= =?x?Q?a?= =?utf-8?Z?a?= =?"},
		{"filename=\"=?iso-2022-jp?B?GyRC?=\"", "=?iso-2022-jp?B?GyRC?="},
		{"x=\"; filename=no\"; filename=\"a;\\\"b\"", "a;\"b"},
	};
	char in[400], want[400];

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		(void)snprintf(in, sizeof in, "From: a@b\nContent-Disposition: attachment; %s\n\nx",
			cases[i].parameter);
		(void)snprintf(want, sizeof want,
			"file 01-%s content-type=text/plain 1 bytes whole\n", cases[i].name);
		expect(in, "", want, "x");
	}
	/* Cut where a letter ends. */
	struct sr_buf longer;
	struct parsed p;
	sr_buf_init(&longer);
	sr_buf_put_str(&longer, "From: a@b\nContent-Type: a/b; name=\"x");
	for (size_t i = 0; i < 200; i++)
		sr_buf_put_str(&longer, "é");
	sr_buf_put_str(&longer, "\"\n\nx");
	parsed_init(&p, 100, 1 << 20);
	run(&p, sr_buf_view(&longer), 1000, false);
	sr_buf_free(&longer);
	assert_true(sr_utf8_valid(sr_buf_view(&p.lines)));
	assert_non_null(strstr((const char *)p.lines.p, "éé content-type=a/b 1 bytes"));
	parsed_free(&p);
}

static void headers(void **state) {
	struct parsed p;
	const struct par_sink to = parsed_sink(&p);

	(void)state;
	parsed_init(&p, 1, 1);
	par_mail_facts(&to,
		sr_bytes_str("From: =?iso-8859-1?q?J=F6rg?= <j@x.org>\r\n"
			     "Subject: =?utf-8?B?2YPYqg==?=\r\n =?utf-8?Q?_=C3=A9?= and\r\n\tmore "
			     "=?utf-8?q?=0A=1B?=|\r\n\r\n"));
	sr_buf_put_u8(&p.lines, 0);
	assert_string_equal(
		(const char *)p.lines.p, " from=Jörg <j@x.org>\n subject=كت é and\tmore   |\n");
	parsed_free(&p);
}

static const char mixed[] =
	"From: a@b\nTo: c@d\nSubject: two\nMIME-Version: 1.0\n"
	"Content-Type: multipart/mixed; boundary=\"out er\"\n\n"
	"This is passed over.\n--out er\n"
	"Content-Type: multipart/alternative; boundary=in\n\n"
	"--in\nContent-Type: text/plain\n\nHello\n--in\nContent-Type: text/html\n\n"
	"<p>Hello</p>\n--in--\n--out er\n"
	"Content-Type: application/pdf\nContent-Disposition: attachment; filename=r.pdf\n"
	"Content-Transfer-Encoding: base64\n\nJVBERg==\n--out er--\nafter\n";

static void multipart(void **state) {
	(void)state;
	expect(mixed, "",
		"file 01.text-plain content-type=text/plain 5 bytes whole\n"
		"file 02.text-html content-type=text/html 12 bytes whole\n"
		"file 03-r.pdf content-type=application/pdf 4 bytes whole\n",
		"%PDF");
	/* Not ended: the part comes, and it is said. */
	expect("From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nbody\n",
		"it ends before the end of a multipart",
		"file 01.text-plain content-type=text/plain 5 bytes broken: it ends before its "
		"boundary\n",
		"body\n");
	/* An outer boundary ends the inner multiparts; what only looks like one does not. */
	expect("From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
	       "Content-Type: multipart/mixed; boundary=xy\n\n--xy\n\nbody\n--xz\n--x--\n",
		"", "file 01.text-plain content-type=text/plain 9 bytes whole\n", "body\n--xz");
	/* A part of nothing but a header is a part. */
	expect("From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
	       "Content-Type: image/gif\n--x--\n",
		"", "file 01.image-gif content-type=image/gif 0 bytes whole\n", "");
	/* A multipart without a boundary is one part. */
	expect("From: a@b\nContent-Type: multipart/mixed\n\nall\n", "",
		"file 01.multipart-mixed content-type=multipart/mixed 4 bytes whole\n", "all\n");
}

static void deep(void **state) {
	struct parsed p;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	sr_buf_put_str(&b, "From: a@b\n");
	for (int i = 0; i < 40; i++)
		sr_buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	sr_buf_put_str(&b, "\nend\n");
	parsed_init(&p, 100, 1 << 20);
	run(&p, sr_buf_view(&b), 100, false);
	assert_int_equal(p.members, 1); /* the 17th is one part */
	parsed_free(&p);
	sr_buf_clear(&b);
	sr_buf_put_str(&b, "From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n");
	for (int i = 0; i < 200; i++)
		sr_buf_put_str(&b, "--x\n\npart\n");
	parsed_init(&p, 100, 1 << 20);
	run(&p, sr_buf_view(&b), 100, false);
	assert_int_equal(p.members, 100);
	assert_int_equal(r.status, SR_BOX_CAPPED);
	parsed_free(&p);
	sr_buf_free(&b);
}

static void mailboxes(void **state) {
	(void)state;
	expect("From a@b Sun Nov 29 05:00:00 2026\nFrom: a@b\nSubject: 1\n\nOne\n>From here\n\n"
	       "From c@d Sun Nov 29 05:01:00 2026\nFrom: c@d\n\nTwo\nFrom within\n",
		"", "file 000001.eml 38 bytes whole\nfile 000002.eml 27 bytes whole\n",
		"From: c@d\n\nTwo\nFrom within\n");
}

static void sniffs(void **state) {
	(void)state;
	assert_int_equal(par_sniff(sr_bytes_str(mixed)), PAR_MAIL);
	assert_int_equal(
		par_sniff(sr_bytes_str("Received: by x\n folded\nDate: now\nSubject: y\n\n")),
		PAR_MAIL);
	assert_int_equal(
		par_sniff(sr_bytes_str("From a@b x\nFrom: a@b\nDate: x\n\nbody")), PAR_MBOX);
	/* Words that look a little like it. */
	assert_int_equal(
		par_sniff(sr_bytes_str("From the board: a letter\nand more\n")), PAR_OTHER);
	assert_int_equal(par_sniff(sr_bytes_str("Subject: my thesis\nTitle: none\n\n")), PAR_OTHER);
	assert_int_equal(par_sniff(sr_bytes_str("Date: 2026\nnothing else\n")), PAR_OTHER);
	assert_int_equal(
		par_sniff(sr_bytes_str("Bagging-Date: x\nContact-Name: From: me\n")), PAR_OTHER);
}

/* A mailbox, its message, the message's attachment: each in the other. */
static void all_the_way(void **state) {
	char text[2048];
	struct parsed p;

	(void)state;
	snprintf(text, sizeof text, "From a@b x\n%s\n", mixed);
	struct sr_bytes in = sr_bytes_str(text);
	parsed_init(&p, 100, 1 << 20);
	const struct par_input from = {in.len, parsed_input, &in};
	const struct par_sink to = parsed_sink(&p);
	struct par_unpack u = {.to = &to, .depth_max = 8, .held_max = 1 << 20};
	sr_buf_init(&u.path);
	par_unpack(&r, &u, &from);
	assert_int_equal(u.held, 0);
	sr_buf_put_u8(&p.lines, 0);
	assert_non_null(
		strstr((const char *)p.lines.p, "file 000001.eml from=a@b to=c@d subject=two "));
	assert_non_null(strstr((const char *)p.lines.p,
		"file 000001.eml/03-r.pdf content-type=application/pdf 4 bytes whole\n"));
	assert_int_equal(p.depth, 2);
	sr_buf_free(&u.path);
	parsed_free(&p);
}

static void mutant(void *ctx, struct sr_bytes m, const char *what) {
	struct parsed p;

	(void)ctx;
	(void)what;
	parsed_init(&p, 100, 1 << 20);
	run(&p, m, 13, false);
	assert_true(p.bytes <= m.len);
	parsed_free(&p);
}

static void cuts_and_flips(void **state) {
	(void)state;
	t_each_cut(sr_bytes_str(mixed), mutant, NULL);
	t_each_flip(sr_bytes_str(mixed), mutant, NULL);
}

/* A line without end comes through in pieces; a header without end is bounded. */
static void endless(void **state) {
	const size_t size = 1 << 20;
	char *text = malloc(size);
	struct parsed p;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	for (size_t i = 0; i < 6; i++)
		text[i] = "A: b\n\n"[i];
	parsed_init(&p, 10, 1 << 21);
	run(&p, sr_bytes_of(text, size), 5000, false);
	assert_int_equal(p.bytes, size - 6);
	parsed_free(&p);
	for (size_t i = 0; i + 5 <= size; i += 5)
		for (size_t j = 0; j < 5; j++)
			text[i + j] = "a: b\n"[j];
	parsed_init(&p, 10, 1 << 21);
	run(&p, sr_bytes_of(text, size), 5000, false);
	assert_int_equal(p.members, 1);
	parsed_free(&p);
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_header),
		cmocka_unit_test(single),
		cmocka_unit_test(foreign_names),
		cmocka_unit_test(headers),
		cmocka_unit_test(multipart),
		cmocka_unit_test(deep),
		cmocka_unit_test(mailboxes),
		cmocka_unit_test(sniffs),
		cmocka_unit_test(all_the_way),
		cmocka_unit_test(cuts_and_flips),
		cmocka_unit_test(endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
