/*
 * test_room_cut - what is left out of a text whose parts are marked, in pieces of every size; and
 * that nothing of a marked part comes out of a text that hides where it is.
 */
#include "room/cut.h"

#include <stdio.h>

#include "util.h"

static struct sr_mark mark(const char *text) {
	struct sr_mark m;
	struct sr_err e = {0};

	assert_ok(sr_mark_parse(&m, sr_bytes_str(text), &e), &e);
	return m;
}

/* ${in} in pieces of ${step} bytes. */
static void cut(struct sr_buf *out, const char *in, const char *const *marks, size_t step) {
	struct sr_mark m[8];
	struct sr_cutting o = {.marks = m, .paged = strchr(in, '\f') != NULL};
	struct sr_err e = {0};
	struct sr_cut *c = NULL;
	const size_t len = strlen(in);

	for (; marks[o.count] != NULL; o.count++)
		m[o.count] = mark(marks[o.count]);
	assert_ok(sr_cut_new(&c, &o, &e), &e);
	sr_buf_clear(out);
	for (size_t at = 0; at < len || at == 0; at += step) {
		const size_t n = len - at < step ? len - at : step;

		assert_ok(sr_cut_feed(c, out, sr_bytes_of(in + at, n), at + n == len, &e), &e);
	}
	sr_cut_free(c);
}

static void cuts(const char *in, const char *const *marks, const char *want) {
	struct sr_buf out;

	sr_buf_init(&out);
	for (size_t step = 1; step <= strlen(in) + 1; step++) {
		cut(&out, in, marks, step);
		if (!sr_bytes_eq(sr_buf_view(&out), sr_bytes_str(want)))
			fail_msg("in pieces of %zu: %.*s", step, (int)out.len,
				out.len > 0 ? (const char *)out.p : "");
	}
	sr_buf_free(&out);
}

static void test_pages(void **state) {
	static const char *const two[] = {"instructional@0:p2-3", NULL};
	static const char *const first[] = {"hate@0:p1-1", NULL};
	static const char *const each[] = {"hate@0:p1-1", "graphic@0:p2-2", NULL};
	static const char text[] = "one\n\ftwo\n\fthree\n\ffour\n";

	(void)state;
	cuts(text, two, "one\n\f[pages 2-3 left out: instructional]\nfour\n");
	cuts(text, first, "[page 1 left out: hate]\ntwo\n\fthree\n\ffour\n");
	cuts(text, each, "[page 1 left out: hate]\n[page 2 left out: graphic]\nthree\n\ffour\n");
}

static void test_time(void **state) {
	static const char *const middle[] = {"graphic@0:t5000-10000", NULL};
	static const char vtt[] =
		"WEBVTT\n\n1\n00:01.000 --> 00:05.000\nbefore\n\n00:04.000 --> 00:05.001\nreaches "
		"in\n\n00:06.000 --> 00:07.000\ninside\n\n00:10.000 --> 00:11.000\nafter\n";
	static const char srt[] =
		"1\r\n00:00:01,000 --> 00:00:02,000\r\nbefore\r\n\r\n2\r\n00:00:09,999 "
		"--> 00:00:12,000\r\nreaches out\r\n";

	(void)state;
	cuts(vtt, middle,
		"WEBVTT\n\n1\n00:01.000 --> 00:05.000\nbefore\n\n[00:05-00:10 left out: graphic]\n"
		"00:10.000 --> 00:11.000\nafter\n\n");
	cuts(srt, middle,
		"1\n00:00:01,000 --> 00:00:02,000\nbefore\n\n[00:05-00:10 left out: graphic]\n");
}

/* Each text says SECRET within what is marked, or does not say where it stands. */
static void test_hidden(void **state) {
	static const char *const time[] = {"graphic@0:t5000-10000", NULL};
	static const char *const pages[] = {"graphic@0:p2-2", NULL};
	static const char *const both[] = {"graphic@0:p2-2", "graphic@0:t5000-10000", NULL};
	static const char *const hidden[] = {
		"SECRET\n",
		"WEBVTT SECRET\nSECRET\n\n00:01.000 --> 00:02.000\nx\n",
		"WEBVTT\n00:06.000 --> 00:07.000\nSECRET\n",
		"WEBVTT\n\nNOTE SECRET\n\n00:01.000 --> 00:02.000\nx\n",
		"WEBVTT\n\n00:01.000 --> 00:02.000\nx\n00:06.000 --> 00:07.000\nSECRET\n",
		"WEBVTT\n\nSECRET\n",
		"WEBVTT\n\na\nb\n00:01.000 --> 00:02.000\nSECRET\n",
		"WEBVTT\n\n00:06.000-->00:07.000\nSECRET\n",
		"WEBVTT\n\n00:06.000 --> 00:01.000\nSECRET\n",
		"WEBVTT\n\n0:06.000 --> 0:07.000\nSECRET\n",
		"1\n00:00:06,000 --> 00:00:07,000\nSECRET\n",
		"1\n00:00:06.000 --> 00:00:07,000\nSECRET\n",
	};
	struct sr_buf out;

	(void)state;
	sr_buf_init(&out);
	for (size_t i = 0; i < T_COUNT(hidden); i++)
		for (size_t step = 1; step <= strlen(hidden[i]); step++) {
			cut(&out, hidden[i], time, step);
			if (out.len > 0 && memmem(out.p, out.len, "SECRET", 6) != NULL)
				fail_msg("%zu in pieces of %zu", i, step);
			cut(&out, hidden[i], both, step);
			assert_null(memmem(out.p, out.len, "SECRET", 6));
		}
	cut(&out, "SECRET", pages, 3);
	assert_true(sr_bytes_eq(sr_buf_view(&out),
		sr_bytes_str("[left out: parts of this file are marked, and its text does not say "
			     "where they are]\n")));
	sr_buf_free(&out);
}

/* A cue that never ends. */
static void test_long(void **state) {
	static const char *const time[] = {"graphic@0:t5000-10000", NULL};
	struct sr_buf in, out;

	(void)state;
	sr_buf_init(&in);
	sr_buf_init(&out);
	sr_buf_put_str(&in, "WEBVTT\n\n00:01.000 --> 00:02.000\n");
	for (int i = 0; i < 70000; i++)
		sr_buf_put_u8(&in, 'x');
	sr_buf_put_str(&in, "\n\n00:02.000 --> 00:03.000\ny\n");
	sr_buf_put_u8(&in, 0);
	cut(&out, (const char *)in.p, time, 4096);
	sr_buf_put_u8(&out, 0);
	assert_null(strstr((const char *)out.p, "xxx"));
	assert_non_null(strstr((const char *)out.p, "00:03.000\ny\n"));
	sr_buf_free(&in);
	sr_buf_free(&out);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
