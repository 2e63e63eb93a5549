/*
 * pages: what files say comes out as pages in order; a parser that crashes, lies or never ends is
 * an outcome of its file, and the next file has another one; what pages say is made harmless. Needs
 * bubblewrap and user namespaces, and says so where they are missing; poppler and tesseract where
 * they are named.
 */
#include "util.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "compound_rig.h"
#include "intake/pages.h"
#include "intake/picture.h"
#include "parser/letter.h"

static struct sr_err e;
static struct sr_launcher *fake, *real;

static void need(const struct sr_launcher *l) {
	if (l == NULL) {
		print_message("skipped: no sandbox here: %s\n", e.text);
		skip();
	}
}

static struct sr_pages_policy usual(void) {
	struct sr_pages_policy p = sr_pages_usual();

	p.page_ms = 20000;
	return p;
}

static void read_with(struct sr_pages *out, struct sr_launcher *l,
	const struct sr_pages_policy *policy, struct sr_bytes input) {
	const struct sr_box_input in = sr_box_input_bytes(&input);

	assert_ok(sr_pages_read(out, l, policy, &in, &e), &e);
}

static void says(const struct sr_pages *t, const char *want) {
	if (t->rendition.len != strlen(want) || memcmp(t->rendition.p, want, t->rendition.len) != 0)
		fail_msg("it says\n%.*s\nwant\n%s", (int)t->rendition.len,
			t->rendition.len > 0 ? (const char *)t->rendition.p : "", want);
}

/* A PDF of ${pages} pages with a line of text each; poppler finds its objects without a table. */
static struct sr_bytes make_pdf(struct sr_buf *b, unsigned pages, const char *word) {
	sr_buf_init(b);
	sr_buf_put_str(b, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
			  "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
			  "2 0 obj<</Type/Pages/Kids[");
	for (unsigned i = 0; i < pages; i++)
		sr_buf_printf(b, "%u 0 R ", 10 + 2 * i);
	sr_buf_printf(b, "]/Count %u>>endobj\n", pages);
	for (unsigned i = 0; i < pages; i++) {
		char text[200];
		const int n = snprintf(
			text, sizeof text, "BT /F1 24 Tf 72 700 Td (%s %u) Tj ET", word, i + 1);

		sr_buf_printf(b,
			"%u 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %u 0 R"
			"/Resources<</Font<</F1 3 0 R>>>>>>endobj\n"
			"%u 0 obj<</Length %d>>stream\n%s\nendstream endobj\n",
			10 + 2 * i, 11 + 2 * i, 11 + 2 * i, n, text);
	}
	sr_buf_put_str(b, "trailer<</Root 1 0 R>>\n%%EOF\n");
	return sr_buf_view(b);
}

/* --- a parser that lies --- */

static void lies(void **state) {
	static const struct {
		const char *input, *reason;
	} cases[] = {{"e", "ended without an answer"}, {"c", "ended without an answer"},
		{"D", "data of no member"}, {"Z", "want page 1"}, {"M0", "a member of kind 0"},
		{"w0", "want page 1"}, {"w1", "want page 1"}, {"w2", "want page 1"},
		{"P", "a page of more than"}, {"L", "a frame of 65560 bytes"},
		{"R", "outside of its input"}, {"u", "no UTF-8"}};
	struct sr_pages_policy policy = usual();
	struct sr_pages_reader *r = NULL;
	struct sr_box_input in[T_COUNT(cases)];
	struct sr_bytes input[T_COUNT(cases)];
	struct sr_pages t;

	(void)state;
	need(fake);
	/* Each beside the others: none takes another with it. */
	assert_ok(sr_pages_reader_new(&r, fake, &policy, &e), &e);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		input[i] = sr_bytes_str(cases[i].input);
		in[i] = sr_box_input_bytes(&input[i]);
		assert_ok(sr_pages_give(r, &in[i], &e), &e);
	}
	assert_int_equal(sr_pages_held(r), T_COUNT(cases));
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		bool ready = false;

		while (!ready)
			assert_ok(sr_pages_work(r, 100, &ready, NULL, &e), &e);
		sr_pages_take(r, &t);
		if (!t.failed || strstr(t.reason, cases[i].reason) == NULL)
			fail_msg("%s: %d, %s", cases[i].input, t.failed, t.reason);
		sr_pages_free(&t);
	}
	assert_int_equal(sr_pages_held(r), 0);
	sr_pages_reader_free(r);
	/* It never ends. */
	policy.page_ms = 700;
	const uint64_t before = sr_mono_ms();
	read_with(&t, fake, &policy, sr_bytes_str("n"));
	assert_true(t.failed && strstr(t.reason, "longer") != NULL);
	assert_true(sr_mono_ms() - before < 5000);
	sr_pages_free(&t);
	/* Page after page, and all of them together too long. */
	policy = usual();
	policy.file_ms = 1;
	read_with(&t, fake, &policy, sr_bytes_str("W"));
	assert_true(t.failed && strstr(t.reason, "it takes longer than the 0 minutes of a file"));
	sr_pages_free(&t);
	policy = usual();
	/* Thrown away while it works. */
	assert_ok(sr_pages_reader_new(&r, fake, &policy, &e), &e);
	input[0] = sr_bytes_str("n");
	assert_ok(sr_pages_give(r, &in[0], &e), &e);
	sr_pages_reader_free(r);
}

static void harmless(void **state) {
	const struct sr_pages_policy policy = usual();
	struct sr_pages t;

	(void)state;
	need(fake);
	read_with(&t, fake, &policy, sr_bytes_str("W"));
	assert_string_equal(t.reason, "");
	says(&t, "strongroom text 1: 3 pages, 2 lost, whole\n"
		 "--- page 1 ---\n"
		 "a [31mb  \n"
		 " --- page 9 ---\n"
		 " --- page 8 ---\n"
		 " x\n"
		 "\f--- page 2, lost: its text is no UTF-8 ---\n"
		 "\f--- page 3, lost: it is\\\\nlost --- ---\n");
	assert_int_equal(t.pages, 3);
	assert_int_equal(t.lost, 2);
	sr_pages_free(&t);
}

/* Texts that wait for the oldest are in memory: with enough of them none begins beside it. */
static int begun_read(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *err) {
	unsigned *begun = ctx;

	(void)offset;
	(void)err;
	++*begun;
	memset(p, 'G', len);
	return 0;
}

static void waiting(void **state) {
	enum {
		FILES = 5
	};
	struct sr_pages_policy policy = usual();
	const struct sr_bytes never = sr_bytes_str("n");
	struct sr_pages_reader *r = NULL;
	unsigned begun[FILES] = {0}, count = 0, whole = 0;
	struct sr_box_input in[FILES] = {sr_box_input_bytes(&never)};
	struct sr_pages t;

	(void)state;
	need(fake);
	policy.page_ms = 5000;
	assert_ok(sr_pages_reader_new(&r, fake, &policy, &e), &e);
	for (size_t i = 0; i < FILES; i++) {
		if (i > 0)
			in[i] = (struct sr_box_input){
				.size = 1, .read = begun_read, .ctx = &begun[i]};
		assert_ok(sr_pages_give(r, &in[i], &e), &e);
	}
	for (size_t i = 0; i < FILES; i++) {
		bool ready = false;

		while (!ready)
			assert_ok(sr_pages_work(r, 100, &ready, NULL, &e), &e);
		for (size_t k = 1; i == 0 && k < FILES; k++)
			count += begun[k] > 0;
		sr_pages_take(r, &t);
		/* This parser serves one file: the next in its sandbox has no answer. */
		if (t.failed != (i == 0) && t.pages != 0)
			fail_msg("file %zu: %u pages, %s", i, t.pages, t.reason);
		whole += t.pages == 20;
		sr_pages_free(&t);
	}
	/* That many as have a sandbox beside the one that never ends. */
	if (count == 0 || count >= SR_PAGES_BOXES_MAX || whole < count)
		fail_msg("%u texts of 19 MiB waited, %u came", count, whole);
	sr_pages_reader_free(r);
}

static void pictures(void **state) {
	static const struct {
		const char *input, *reason;
	} cases[] = {{"i0", "more pixels"}, {"i1", "more pixels"}, {"i2", "5 pixels for 2 x 3"},
		{"i4", "more pixels"}, {"e", "ended without"}, {"c", "ended without"},
		{"o", "the parser drew nothing"}};
	struct sr_picture p;

	(void)state;
	need(fake);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct sr_bytes input = sr_bytes_str(cases[i].input);
		const struct sr_box_input in = sr_box_input_bytes(&input);

		assert_ok(sr_picture_draw(&p, fake, &in, 1, &e), &e);
		if (!p.failed || p.grey.len != 0 || strstr(p.reason, cases[i].reason) == NULL)
			fail_msg("%s: %s", cases[i].input, p.reason);
		sr_picture_free(&p);
	}
	const struct sr_bytes good = sr_bytes_str("i3");
	const struct sr_box_input in = sr_box_input_bytes(&good);
	assert_ok(sr_picture_draw(&p, fake, &in, 1, &e), &e);
	assert_true(!p.failed && p.width == 2 && p.height == 3 && p.grey.len == 6);
	sr_picture_free(&p);
}

/* --- ours --- */

static void in_process(void **state) {
	static const struct {
		const char *name, *input, *text;
	} cases[] = {
		{"utf-8", "words \xC3\xA9\n", ""},
		{"html", "<!DOCTYPE html><p>one<script>no</script><p>two &amp; three",
			"strongroom text 1: 1 part, whole\n--- part 1 ---\none\ntwo & three\n"},
		{"rtf", "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}na\\'efve\\par b}",
			"strongroom text 1: 1 part, whole\n--- part 1 ---\nna\xC3\xAFve\nb\n"},
		{"windows-1251",
			"\xCF\xF0\xE8\xE2\xE5\xF2, \xEC\xE8\xF0. \xDD\xF2\xEE \xEE\xE4\xED\xE0 "
			"\xE8\xE7 \xF1\xF2\xF0\xEE\xEA.\n",
			"strongroom text 1: 1 part, whole\n--- part 1 ---\nПривет, мир. "
			"Это одна из строк.\n"},
		{"mail",
			"From: a@b\nTo: c@d\nSubject: x\nContent-Type: text/html\n\n<b>hello</b> "
			"there",
			"strongroom text 1: 1 part, whole\n--- part 1 ---\nfrom: a@b\nto: "
			"c@d\nsubject: x\n\nhello there\n"},
	};
	const struct sr_pages_policy policy = usual();
	struct sr_pages t;

	(void)state;
	need(real);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		read_with(&t, real, &policy, sr_bytes_str(cases[i].input));
		assert_false(t.failed);
		assert_int_equal(t.status, SR_BOX_WHOLE);
		assert_int_equal(t.itself, i == 0);
		says(&t, cases[i].text);
		sr_pages_free(&t);
	}
	/* What comes behind a long head of ASCII; one byte that is wrong among many that are not.
	 */
	static const struct {
		const char *begins, *ends, *text;
	} far[] = {{"", "\xCF\xF0\xE8\xE2\xE5\xF2, \xEC\xE8\xF0, \xFD\xF2\xEE \xEE\xED\xE0\n",
			   "\nПривет, мир, это она\n"},
		{"<!doctype html><meta charset=windows-1251>", "<p>\xEC\xE8\xF0", "\nмир\n"},
		{"", "Мир, мир, мир, мир, \xFF, мир, мир\n",
			"\nМир, мир, мир, мир, \xEF\xBF\xBD, мир, мир\n"},
		{"", "na\xEFve\n", "\nnaïve\n"}};
	struct sr_buf b;

	sr_buf_init(&b);
	for (size_t i = 0; i < T_COUNT(far); i++) {
		sr_buf_clear(&b);
		sr_buf_put_str(&b, far[i].begins);
		while (b.len < 70000)
			sr_buf_put_str(&b, "words ");
		sr_buf_put_u8(&b, '\n');
		sr_buf_put_str(&b, far[i].ends);
		read_with(&t, real, &policy, sr_buf_view(&b));
		assert_false(t.itself);
		if (t.rendition.len < 60000 || memmem(t.rendition.p, t.rendition.len, far[i].text,
						       strlen(far[i].text)) == NULL)
			fail_msg("case %zu: %zu bytes, not\n%s", i, t.rendition.len, far[i].text);
		sr_pages_free(&t);
	}
	/* A letter that is longer than is read, and one of a kind of text with a long name. */
	sr_buf_clear(&b);
	sr_buf_put_str(&b, "From: a@b\nTo: c@d\nSubject: x\n\n");
	while (b.len <= PAR_LETTER_PART + 100)
		sr_buf_put_str(&b, "words and words and words and words and words\n");
	read_with(&t, real, &policy, sr_buf_view(&b));
	assert_true(t.status == SR_BOX_CAPPED && strstr(t.reason, "more text than is taken"));
	sr_pages_free(&t);
	sr_buf_clear(&b);
	sr_buf_put_str(&b, "From: a@b\nTo: c@d\nSubject: x\nContent-Type: text/x-");
	for (unsigned i = 0; i < 80; i++)
		sr_buf_put_u8(&b, 'y');
	sr_buf_put_str(&b, "\n\nseen\n");
	read_with(&t, real, &policy, sr_buf_view(&b));
	assert_non_null(memmem(t.rendition.p, t.rendition.len, "\nseen\n", 6));
	sr_pages_free(&t);
	sr_buf_free(&b);
	read_with(&t, real, &policy, sr_bytes_of("\0\1\2\3", 4));
	assert_true(t.status == SR_BOX_UNREAD && t.rendition.len == 0);
	sr_pages_free(&t);
}

/* Documents of before 2007, behind the walls, each as its program saves it. */
static void old_office(void **state) {
	const struct sr_pages_policy policy = usual();
	struct sr_buf d, table, file;
	struct rig_stream s[2] = {{"WordDocument", {NULL, 0}, false}, {"1Table", {NULL, 0}, false}};
	struct sr_pages t;

	(void)state;
	need(real);
	sr_buf_init(&d);
	sr_buf_init(&table);
	sr_buf_init(&file);
	for (unsigned locked = 0; locked < 2; locked++) {
		sr_buf_clear(&d);
		sr_buf_clear(&table);
		sr_buf_clear(&file);
		rig_word(&d, &table, locked << 8);
		s[0].bytes = sr_buf_view(&d);
		s[1].bytes = sr_buf_view(&table);
		rig_compound(&file, s, 2);
		read_with(&t, real, &policy, sr_buf_view(&file));
		assert_false(t.failed);
		assert_int_equal(t.status, locked ? SR_BOX_ENCRYPTED : SR_BOX_WHOLE);
		says(&t, locked ? ""
				: "strongroom text 1: 1 part, whole\n--- part 1 ---\n"
				  "The old mill\nthe ми\n");
		sr_pages_free(&t);
	}
	sr_buf_clear(&d);
	sr_buf_clear(&file);
	rig_excel(&d, false);
	s[0] = (struct rig_stream){"Workbook", sr_buf_view(&d), false};
	rig_compound(&file, s, 1);
	read_with(&t, real, &policy, sr_buf_view(&file));
	says(&t, "strongroom text 1: 2 pages, whole\n--- page 1 ---\nmill\triveя\n42\t12.34\n"
		 "\f--- page 2 ---\nsum\n");
	sr_pages_free(&t);
	/* Both: a program opens the one or the other. */
	struct rig_stream both[3] = {{"Workbook", sr_buf_view(&d), false}};
	struct sr_buf word;

	sr_buf_init(&word);
	sr_buf_clear(&table);
	sr_buf_clear(&file);
	rig_word(&word, &table, 0);
	both[1] = (struct rig_stream){"WordDocument", sr_buf_view(&word), false};
	both[2] = (struct rig_stream){"1Table", sr_buf_view(&table), false};
	rig_compound(&file, both, 3);
	read_with(&t, real, &policy, sr_buf_view(&file));
	says(&t, "strongroom text 1: 3 parts, whole\n--- part 1 ---\nThe old mill\nthe ми\n"
		 "--- part 2 ---\nmill\triveя\n42\t12.34\n--- part 3 ---\nsum\n");
	sr_pages_free(&t);
	sr_buf_free(&word);
	sr_buf_clear(&file);
	s[0] = (struct rig_stream){"__properties_version1.0", sr_buf_view(&d), false};
	rig_compound(&file, s, 1);
	read_with(&t, real, &policy, sr_buf_view(&file));
	assert_true(t.status == SR_BOX_UNREAD && strstr(t.reason, "Outlook") != NULL);
	sr_pages_free(&t);
	read_with(&t, real, &policy, sr_bytes_of(file.p, 600));
	assert_true(t.status == SR_BOX_BROKEN && !t.failed && t.rendition.len == 0);
	sr_pages_free(&t);
	sr_buf_free(&d);
	sr_buf_free(&table);
	sr_buf_free(&file);
}

static void pdf(void **state) {
	const struct sr_pages_policy policy = usual();
	struct sr_picture p;
	struct sr_pages t;
	struct sr_buf b;

	(void)state;
	need(real);
	if (access("/usr/bin/pdftotext", X_OK) != 0 || access("/usr/bin/pdftoppm", X_OK) != 0) {
		print_message("skipped: poppler-utils is not installed\n");
		skip();
	}
	const struct sr_bytes in = make_pdf(&b, 3, "Meeting at the mill,");
	const struct sr_box_input input = sr_box_input_bytes(&in);
	read_with(&t, real, &policy, in);
	says(&t, "strongroom text 1: 3 pages, whole\n--- page 1 ---\nMeeting at the mill, 1\n"
		 "\f--- page 2 ---\nMeeting at the mill, 2\n"
		 "\f--- page 3 ---\nMeeting at the mill, 3\n");
	sr_pages_free(&t);
	assert_ok(sr_picture_draw(&p, real, &input, 2, &e), &e);
	assert_int_equal(p.status, SR_BOX_WHOLE);
	assert_int_equal(p.height, 1650);
	assert_int_equal(p.width, 1275);
	assert_int_equal(p.grey.len, (size_t)1650 * 1275);
	assert_non_null(memchr(p.grey.p, 0, p.grey.len));
	sr_picture_free(&p);
	assert_ok(sr_picture_draw(&p, real, &input, 9, &e), &e);
	assert_true(p.status == SR_BOX_BROKEN && p.grey.len == 0);
	sr_picture_free(&p);
	/* Cut anywhere: an answer, whatever it is. */
	for (size_t n = 10; n < in.len; n += in.len / 7) {
		read_with(&t, real, &policy, sr_bytes_of(in.p, n));
		assert_false(t.failed);
		sr_pages_free(&t);
	}
	sr_buf_free(&b);
	/* Words with a form feed in them: it ends no page, and none has another one's number. */
	read_with(&t, real, &policy,
		make_pdf(&b, 2,
			"x) Tj ET /Span<</ActualText(one\\014two)>>BDC BT /F1 24 Tf 72 660 Td "
			"(y) Tj ET EMC BT /F1 24 Tf 72 600 Td (page"));
	says(&t, "strongroom text 1: 2 pages, whole\n--- page 1 ---\nx\none two\npage 1\n"
		 "\f--- page 2 ---\nx\none two\npage 2\n");
	sr_pages_free(&t);
	sr_buf_free(&b);
}

/* One sandbox for many: what the last one was leaves nothing to the next. */
static void many(void **state) {
	enum {
		FILES = 60
	};
	const struct sr_pages_policy policy = usual();
	struct sr_pages_reader *r = NULL;
	struct sr_bytes input[FILES];
	struct sr_box_input in[FILES];
	char html[FILES][60], want[40];
	size_t given = 0, taken = 0;
	struct sr_pages t;

	(void)state;
	need(real);
	assert_ok(sr_pages_reader_new(&r, real, &policy, &e), &e);
	const uint64_t before = sr_mono_ms();
	while (taken < FILES) {
		bool ready = false;

		while (given < FILES && !sr_pages_full(r)) {
			snprintf(
				html[given], sizeof html[given], "<html><p>file %zu</html>", given);
			input[given] = sr_bytes_str(html[given]);
			in[given] = sr_box_input_bytes(&input[given]);
			assert_ok(sr_pages_give(r, &in[given], &e), &e);
			given++;
		}
		if (given < FILES)
			assert_fails(sr_pages_give(r, &in[0], &e), SR_MISUSE, &e, "16 files wait");
		while (!ready)
			assert_ok(sr_pages_work(r, 100, &ready, NULL, &e), &e);
		sr_pages_take(r, &t);
		snprintf(want, sizeof want, "file %zu\n", taken++);
		assert_true(!t.failed && t.rendition.len > strlen(want));
		assert_memory_equal(
			t.rendition.p + t.rendition.len - strlen(want), want, strlen(want));
		sr_pages_free(&t);
	}
	print_message("a file in a sandbox that stays: %.1f ms\n",
		(double)(sr_mono_ms() - before) / FILES);
	sr_pages_reader_free(r);
}

static int input_breaks(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *err) {
	(void)ctx;
	(void)offset;
	memset(p, 'x', len);
	return sr_fail(err, SR_AUTH, "block 3: tag does not verify");
}

static void our_failures(void **state) {
	const struct sr_box_input broken = {100, input_breaks, NULL};
	struct sr_pages_policy policy = usual();
	struct sr_pages_reader *r = NULL;
	struct sr_pages t;

	(void)state;
	need(real);
	assert_fails(sr_pages_read(&t, real, &policy, &broken, &e), SR_AUTH, &e, "tag does not");
	sr_pages_free(&t);
	snprintf(policy.languages, sizeof policy.languages, "eng+");
	assert_fails(sr_pages_reader_new(&r, real, &policy, &e), SR_USAGE, &e, "eng+");
	snprintf(policy.languages, sizeof policy.languages, "../eng");
	assert_fails(sr_pages_reader_new(&r, real, &policy, &e), SR_USAGE, &e, "between plus");
	assert_ok(sr_pages_languages(policy.languages, &e), &e);
	assert_true(sr_box_languages_valid(sr_bytes_str(policy.languages)));
}

static int try_launcher(struct sr_launcher **l, const char *program) {
	const struct sr_pages_policy policy = usual();
	const struct sr_bytes input = sr_bytes_str("e");
	const struct sr_box_input in = sr_box_input_bytes(&input);
	struct sr_pages t;
	int rc = sr_launcher_start(l, program, &e);

	if (rc == 0) {
		rc = sr_pages_read(&t, *l, &policy, &in, &e);
		sr_pages_free(&t);
	}
	if (rc == 0)
		return 0;
	sr_launcher_stop(*l);
	*l = NULL;
	return rc;
}

static int setup(void **state) {
	static char path[T_PATH];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);

	(void)state;
	if (n <= 0)
		return -1;
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 32, "/fake-parser");
	(void)try_launcher(&fake, path);
	(void)try_launcher(&real, NULL);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	sr_launcher_stop(fake);
	sr_launcher_stop(real);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lies),
		cmocka_unit_test(harmless),
		cmocka_unit_test(waiting),
		cmocka_unit_test(pictures),
		cmocka_unit_test(in_process),
		cmocka_unit_test(old_office),
		cmocka_unit_test(pdf),
		cmocka_unit_test(many),
		cmocka_unit_test(our_failures),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
