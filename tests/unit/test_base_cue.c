/*
 * test_base_cue - transcripts in both forms: what is read of them, and every way to break one, with
 * its line.
 */
#include "base/cue.h"

#include <stdio.h>

#include "util.h"

struct heard {
	char text[4000];
};

static int hear(void *ctx, const struct sr_cue *c, struct sr_err *e) {
	struct heard *h = ctx;
	const size_t n = strlen(h->text);

	(void)e;
	(void)snprintf(h->text + n, sizeof h->text - n, "%llu-%llu %.*s: %.*s|",
		(unsigned long long)c->from, (unsigned long long)c->to, (int)c->speaker.len,
		c->speaker.len > 0 ? (const char *)c->speaker.p : "", (int)c->text.len,
		(const char *)c->text.p);
	return 0;
}

static void reads(const char *in, const char *want) {
	struct heard h = {""};
	struct sr_transcript t;
	struct sr_err e = {0};

	assert_ok(sr_transcript_read(&t, sr_bytes_str(in), hear, &h, &e), &e);
	assert_string_equal(h.text, want);
	for (size_t n = 12; n <= strlen(in); n++) /* a text that is read is begun like one */
		assert_true(sr_transcript_begins(sr_bytes_of(in, n)));
}

static void refuses(const char *in, const char *says) {
	struct sr_transcript t;
	struct sr_err e = {0};

	assert_fails(sr_transcript_read(&t, sr_bytes_str(in), NULL, NULL, &e), SR_USAGE, &e, says);
}

static void test_vtt(void **state) {
	(void)state;
	reads("WEBVTT\n\n00:01.000 --> 00:04.000\n<v Anna>We meet at the <i>mill</i>.\n",
		"1000-4000 Anna: We meet at the mill.|");
	reads("\xef\xbb\xbfWEBVTT - a talk\nLanguage: de\n\nNOTE by hand\n\nSTYLE\n::cue { }\n\n"
	      "1\n00:00:01.000 --> 00:00:04.000 align:left\n- Wer? &amp; wo?\nHier.\n\n\n\n"
	      "last\n100:00:00.000 --> 100:00:00.001\n<v.loud Bert B.>Ja</v><00:01.000><c.x>so</c>",
		"1000-4000 : - Wer? & wo?\nHier.|360000000-360000001 Bert B.: Jaso|");
	reads("WEBVTT\n\n00:01.000 --> 00:02.000\n&quot;I don&#39;t&quot;, caf&#xE9; &#x1f600; "
	      "&#00000039;\n",
		"1000-2000 : \"I don't\", café \xF0\x9F\x98\x80 '|");
	reads("WEBVTT\r\n\r\n00:01.000 --> 00:04.000\r\nx\r\n", "1000-4000 : x|");
	reads("WEBVTT\r\r00:01.000 --> 00:04.000\rx\r", "1000-4000 : x|");
}

static void test_srt(void **state) {
	(void)state;
	reads("1\n00:00:01,000 --> 00:00:04,000\nWe meet\nat the mill.\n\n2\n00:00:04,000 --> "
	      "00:00:05,500\n<i>Yes.</i>\n",
		"1000-4000 : We meet\nat the mill.|4000-5500 : <i>Yes.</i>|");
}

static void test_broken(void **state) {
	static const struct {
		const char *in, *says;
	} cases[] = {
		{"", "it is empty"},
		{"WEBVTT\n", "it has no cue"},
		{"WEBVTTX\n", "line 1: want WEBVTT alone"},
		{"hello\n", "line 1: want the number of a cue"},
		{"2\n00:00:01,000 --> 00:00:02,000\nx\n", "line 1: cues are numbered"},
		{"1\n00:00:01.000 --> 00:00:02.000\nx\n",
			"line 2: want the times of a cue, as 00:00:01,"},
		{"1\n00:00:01,000 --> 00:00:02,000 x\nx\n", "line 2: want the times"},
		{"1\n\n00:00:01,000 --> 00:00:02,000\nx\n", "want the times"},
		{"WEBVTT\n00:01.000 --> 00:02.000\nx\n", "line 2: --> in the header"},
		{"WEBVTT\n\n00:01,000 --> 00:02,000\nx\n",
			"line 3: want the times of a cue, as 00:01."},
		{"WEBVTT\n\n00:01.000 --> 00:02.000 x-->y\nx\n", "line 3: want the times"},
		{"WEBVTT\n\n00:01.00 --> 00:02.000\nx\n", "line 3: want the times"},
		{"WEBVTT\n\n00:61.000 --> 00:62.000\nx\n", "line 3: want the times"},
		{"WEBVTT\n\n00:02.000 --> 00:02.000\nx\n", "line 3: the cue ends before it begins"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\nx\n\n00:01.000 --> 00:03.000\nx\n",
			"line 6: the cue begins before the one above"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n", "line 3: a cue without text"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\nx\n00:03.000 --> 00:04.000\ny\n",
			"line 5: --> in a cue's text"},
		{"WEBVTT\n\nhello\n\n", "want the times of a cue"},
		{"WEBVTT\n\nNOTE x\n00:02.000 --> 00:03.000\nx\n", "line 4: --> in a note"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\na & b\n", "line 4: & is written &amp;"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n<script>x\n", "line 4: a tag is one of"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n<i>x\n",
			"line 3: a tag of this cue is not closed"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\nx</i>\n",
			"line 4: a tag is closed that is not open"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n<i>x</b>\n", "line 4: a tag is closed that"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n<i\n", "line 4: a tag is not closed with >"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n<v >x\n", "line 4: <v> names who speaks"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n<00:0>x\n", "line 4: a time in a tag"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n\x1b[31mx\n", "line 4: a control character"},
		{"WEBVTT\n\n00:02.000 --> 00:03.000\n\xff\n", "UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		refuses(cases[i].in, cases[i].says);
	static const char *const numbers[] = {"&#;", "&#x;", "&#0;", "&#27;", "&#x9b;", "&#xD800;",
		"&#1114112;", "&#39", "&#39 ;", "&#3x9;", "&#x3g;", "&#000000039;", "&#"};
	for (size_t i = 0; i < T_COUNT(numbers); i++) {
		char in[80];

		(void)snprintf(in, sizeof in, "WEBVTT\n\n00:02.000 --> 00:03.000\n%s", numbers[i]);
		refuses(in, "line 4: a character by its number is as &#233; or &#xE9;");
	}
	assert_false(sr_transcript_begins(sr_bytes_str("strongroom text 1: 1 page")));
	assert_false(sr_transcript_begins(sr_bytes_str("1. WEBVTT")));
	assert_false(sr_transcript_begins(sr_bytes_of(NULL, 0)));
}

/* Cut at every length, and every byte another: it is read or refused, and nothing else happens. */
static void test_every_byte(void **state) {
	static const char whole[] =
		"WEBVTT x\n\nNOTE n\n\n1\n00:00:01.000 --> 00:00:04.000 a:b\n<v.c "
		"Anna>We &lt; <i>at</i></v>\n\n00:05.000 --> 00:06.000\ny\n";
	struct sr_transcript t;
	char changed[sizeof whole];

	(void)state;
	for (size_t n = 0; n < sizeof whole; n++) {
		uint8_t *exact = malloc(n + 1);

		assert_non_null(exact);
		memcpy(exact, whole, n);
		(void)!sr_transcript_read(&t, sr_bytes_of(exact, n), NULL, NULL, NULL);
		free(exact);
	}
	for (size_t i = 0; i < sizeof whole - 1; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(changed, whole, sizeof whole);
			changed[i] = (char)(changed[i] ^ (1 << bit));
			(void)!sr_transcript_read(
				&t, sr_bytes_of(changed, sizeof whole - 1), NULL, NULL, NULL);
		}
}

static void test_limits(void **state) {
	struct sr_transcript t;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	sr_buf_put_str(&b, "WEBVTT\n\n00:01.000 --> 00:02.000\n");
	for (size_t i = 0; i < SR_CUE_LINE_MAX + 1; i++)
		sr_buf_put_u8(&b, 'x');
	assert_fails(sr_transcript_read(&t, sr_buf_view(&b), NULL, NULL, &e), SR_USAGE, &e,
		"line 4: a line of more than 4096 bytes");
	sr_buf_clear(&b);
	sr_buf_put_str(&b, "WEBVTT\n\n00:01.000 --> 00:02.000\n");
	for (size_t line = 0; line < 3; line++) {
		for (size_t i = 0; i < SR_CUE_LINE_MAX; i++)
			sr_buf_put_u8(&b, 'x');
		sr_buf_put_u8(&b, '\n');
	}
	assert_fails(sr_transcript_read(&t, sr_buf_view(&b), NULL, NULL, &e), SR_USAGE, &e,
		"line 5: a cue of more than 8192 bytes");
	sr_buf_clear(&b);
	sr_buf_put_str(&b, "WEBVTT\n\n00:01.000 --> 00:02.000\n");
	for (int i = 0; i < 20; i++)
		sr_buf_put_str(&b, "<c>");
	assert_fails(sr_transcript_read(&t, sr_buf_view(&b), NULL, NULL, &e), SR_USAGE, &e,
		"more than 16 tags");
	sr_buf_clear(&b);
	sr_buf_put_str(&b, "WEBVTT\n");
	for (int i = 0; i <= SR_TRANSCRIPT_CUES; i++)
		sr_buf_put_str(&b, "\n00:01.000 --> 00:02.000\nx\n");
	assert_fails(sr_transcript_read(&t, sr_buf_view(&b), NULL, NULL, &e), SR_LIMIT, &e,
		"more than 200000 cues");
	sr_buf_put_zero(&b, SR_TRANSCRIPT_MAX + 1 - b.len);
	assert_fails(sr_transcript_read(&t, sr_buf_view(&b), NULL, NULL, &e), SR_LIMIT, &e,
		"a transcript of 16777217 bytes");
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vtt),
		cmocka_unit_test(test_srt),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
