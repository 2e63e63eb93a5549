/*
 * test_parser_about - what exiftool, ffprobe and pdfinfo print, and what nobody should believe, as
 * facts.
 */
#include "parser/about.h"

#include <stdio.h>

#include "util.h"

struct said {
	char text[4000];
};

static void hear(void *ctx, const char *key, struct sr_bytes v) {
	struct said *s = ctx;
	const size_t n = strlen(s->text);

	(void)snprintf(s->text + n, sizeof s->text - n, "%s=%.*s|", key, (int)v.len,
		v.len > 0 ? (const char *)v.p : "");
}

typedef bool about_fn(const struct par_about *to, struct sr_bytes text);

static void says(about_fn *about, const char *in, const char *want) {
	struct said s = {""};
	const struct par_about to = {hear, &s};

	assert_true(about(&to, sr_bytes_str(in)));
	assert_string_equal(s.text, want);
}

static void refuses(about_fn *about, const char *in) {
	struct said s = {""};
	const struct par_about to = {hear, &s};

	if (about(&to, sr_bytes_str(in)))
		fail_msg("%s", in);
	assert_string_equal(s.text, "");
}

static void test_ffprobe(void **state) {
	(void)state;
	says(par_about_ffprobe,
		"{\"program_version\":{\"version\":\"5.1.6-0+deb12u1\"},\"streams\":["
		"{\"tags\":{\"language\":\"und\"}},{\"tags\":{\"language\":\"ara\"}},"
		"{\"tags\":{\"LANGUAGE\":\"ger\"}},{\"tags\":{\"language\":\"ara\"}},{}],"
		"\"format\":{\"duration\":\"3723.008000\",\"tags\":{\"TITLE\":\" A  film\\n\","
		"\"artist\":\"Somebody\",\"date\":\"2014\",\"creation_time\":"
		"\"2014-05-06T10:11:12.000000Z\",\"encoder\":\"Lavf59\",\"location\":\"+1+2/\"}}}",
		"duration=1:02:03.008|title=A film|creator=Somebody|date=2014|captured="
		"2014-05-06T10:11:"
		"12Z|producer=Lavf59|location=yes|language=ar|language=de|tool=ffprobe/"
		"5.1.6-0+deb12u1|");
	says(par_about_ffprobe, "{\"format\":{}}", "tool=ffprobe/?|");
	refuses(par_about_ffprobe, "");
	refuses(par_about_ffprobe, "{}");
	refuses(par_about_ffprobe, "{\"format\":[]}");
	refuses(par_about_ffprobe, "{\"format\":{}");
	refuses(par_about_ffprobe, "nonsense");
}

static void test_exiftool(void **state) {
	(void)state;
	says(par_about_exiftool,
		"[{\"SourceFile\":\"-\",\"ExifToolVersion\":12.57,\"Title\":\"A photo\",\"Artist\":"
		"\"Somebody\",\"DateTimeOriginal\":\"2014:05:06 10:11:12\",\"CreateDate\":2014,"
		"\"GPSLatitude\":\"1 deg\",\"PageCount\":12,\"Language\":\"en-US\"}]",
		"title=A photo|creator=Somebody|captured=2014-05-06T10:11:12|created=2014|pages=12|"
		"language=en-us|location=yes|tool=exiftool/12.57|");
	says(par_about_exiftool, "[{\"Duration\":\"12.01 s\"}]",
		"duration=0:00:12.010|tool=exiftool/|");
	says(par_about_exiftool, "[{\"Duration\":\"0:01:12\"}]",
		"duration=0:01:12.000|tool=exiftool/|");
	says(par_about_exiftool, "[{\"Duration\":\"13.79 s (approx)\"}]", "tool=exiftool/|");
	refuses(par_about_exiftool, "[]");
	refuses(par_about_exiftool, "{}");
	refuses(par_about_exiftool, "[7]");
}

static void test_pdfinfo(void **state) {
	(void)state;
	says(par_about_pdfinfo,
		"Title:          A: paper\nAuthor:         M. Weber\nProducer:       x"
		"\nCreationDate:   "
		"2014-05-06T10:11:12+02\nEncrypted:      no\nPages:          64\nPage s"
		"ize:      1 x 1\n",
		"title=A: paper|creator=M. Weber|producer=x|created=2014-05-06T10:11:12|pages=64|");
	says(par_about_pdfinfo, "Pages: 3\nEncrypted: yes (print:no)", "pages=3|protected=yes|");
	/* A title that has lines of its own. */
	says(par_about_pdfinfo, "Title: x\nPages: 77\nEncrypted: yes\nEncrypted: no\nPages: 1\n",
		"title=x|pages=1|");
	refuses(par_about_pdfinfo, "");
	refuses(par_about_pdfinfo, "Syntax Error\n");
}

/* Values of another form are left out, not passed on. */
static void test_hostile(void **state) {
	static const struct {
		const char *json, *want;
	} cases[] = {
		{"{\"format\":{\"duration\":\"-5\"}}", ""},
		{"{\"format\":{\"duration\":\"1e300\"}}", ""},
		{"{\"format\":{\"duration\":\"nan\"}}", ""},
		{"{\"format\":{\"duration\":\"12 minutes\"}}", ""},
		{"{\"format\":{\"duration\":{\"a\":1}}}", ""},
		{"{\"format\":{\"tags\":{\"date\":\"May 2014\"}}}", ""},
		{"{\"format\":{\"tags\":{\"date\":\"0000\"}}}", ""},
		{"{\"format\":{\"tags\":{\"title\":\"\\u202e\\u0007 \"}}}", ""},
		{"{\"format\":{\"tags\":{\"title\":\"a\\u202eb\\u0007c\"}}}", "title=a b c|"},
		{"{\"format\":{\"tags\":{\"title\":[1]}}}", ""},
		{"{\"format\":{},\"streams\":[{\"tags\":{\"language\":\"e$(x)\"}}]}", ""},
		{"{\"format\":{},\"streams\":{\"tags\":{\"language\":\"en\"}}}", ""},
		{"{\"format\":{},\"streams\":[7]}", ""},
	};
	struct sr_buf b;

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char want[200];

		(void)snprintf(want, sizeof want, "%stool=ffprobe/?|", cases[i].want);
		says(par_about_ffprobe, cases[i].json, want);
	}
	sr_buf_init(&b);
	sr_buf_put_str(&b, "[{\"Title\":\"");
	for (int i = 0; i < 1000; i++)
		sr_buf_put_str(&b, "\xc3\xa4");
	sr_buf_put_str(&b, "\"}]");
	sr_buf_put_u8(&b, 0);
	struct said s = {""};
	const struct par_about to = {hear, &s};
	assert_true(par_about_exiftool(&to, sr_bytes_str((const char *)b.p)));
	assert_true(strlen(s.text) <= PAR_ABOUT_LINE + 40);
	assert_non_null(strstr(s.text, "\xc3\xa4|"));
	sr_buf_clear(&b);
	for (int i = 0; i < 5000; i++)
		sr_buf_put_u8(&b, '[');
	assert_false(par_about_exiftool(&to, sr_buf_view(&b)));
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ffprobe),
		cmocka_unit_test(test_exiftool),
		cmocka_unit_test(test_pdfinfo),
		cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
