/*
 * test_ledger_fields - what a description may say: dates that may be uncertain, language tags,
 * times and parts, and every form of the table of fields with what it takes and what it refuses.
 */
#include "ledger/edtf.h"
#include "ledger/fields.h"
#include "ledger/langtag.h"
#include "ledger/mark.h"

#include "util.h"

/* --- dates --- */

static void test_dates(void **state) {
	/* Examples of the Library of Congress, levels 0 and 1, and what is like them. */
	static const char *const good[] = {"1985", "1985-04", "1985-04-12", "1985-04-12T23:20:30",
		"1985-04-12T23:20:30Z", "1985-04-12T23:20:30-04", "1985-04-12T23:20:30+04:30",
		"1964/2008", "2004-06/2006-08", "2004-02-01/2005-02-08", "2004-02-01/2005-02",
		"2004-02-01/2005", "2005/2006-02", "Y170000002", "Y-170000002", "2001-21",
		"2001-24", "1984?", "2004-06~", "2004-06-11%", "201X", "20XX", "2004-XX",
		"1985-04-XX", "1985-XX-XX", "1985-04-12/..", "1985-04/..", "1985/..",
		"../1985-04-12", "../1985", "1985-04-12/", "1985/", "/1985-04-12", "/1985", "-1985",
		"1984-06?/2004-08?", "1984~/2004-06", "2004-02-29", "2000-02-29", "0000",
		"199X/2001", "199X?"};
	static const char *const wrong[] = {"", "85", "1985-13", "1985-00", "1985-04-31",
		"1985-02-29", "1900-02-29", "1985-4-1", "1985/04/12", "12.04.1985", "May 1985",
		"1985-04-12T24:00:00", "1985-04-12T23:20", "1985-04-12T23:60:00", "1985T10:00:00Z",
		"X985", "19X5", "1XXX", "XXXX", "2004-XX-05", "20XX-05", "1985-20", "1985-25",
		"2001-21-05", "2006/2004", "2004-06-11/2004-06-10", "../..", "/", "//", "..",
		"1985/.", "1985//", "1985/1986/1987", "Y1985", "Y012345", "Y1234567890123",
		"1985??", "1985~?", "-0000", "1985 ", " 1985", "1985-04-12T23:20:30Z?",
		"1985-04-12T23:20:30+15", "{1985,1986}", "[1985..]", "1985-04-12-",
		"2004-06-(11)~"};
	struct sr_edtf d;
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(good); i++)
		assert_ok(sr_edtf_check(&d, sr_bytes_str(good[i]), &e), &e);
	for (size_t i = 0; i < T_COUNT(wrong); i++) {
		if (sr_edtf_check(&d, sr_bytes_str(wrong[i]), &e) == 0)
			fail_msg("\"%s\" was taken", wrong[i]);
		assert_int_equal(e.code, SR_USAGE);
	}
	static const struct {
		const char *text, *why;
	} reasons[] = {
		{"2001-02-30", "the month has no such day"},
		{"2006/2004", "it ends before it begins"},
		{"", "it is empty"},
		{"Y1985", "Y is followed by a year of 5 to 12 digits"},
		{"85", "a year has four digits"},
		{"19X5", "a year has four digits, of which the last one or two may be X"},
		{"-0000", "there is no year -0000"},
		{"2004-XX-05", "a day of a month or year that is not known"},
		{"20XX-05", "a month of a year that is not known"},
		{"1985-13", "a month is 01 to 12, a season 21 to 24"},
		{"2001-21-05", "a season has no days"},
		{"1985-04-12T24:00:00", "a time is HH:MM:SS"},
		{"1985-04-12T23:20:30+15", "a zone is Z or as +02:00"},
		{"1985-04-12T23:20:30Z?", "a time is not uncertain"},
		{"1985/.", "an open end is two dots"},
		{"..", "an interval has two ends"},
		{"1985 ", "something follows the date"},
		{"1985/1986/1987", "something follows the date"},
		{"../..", "one end of an interval is a date"},
	};
	for (size_t i = 0; i < T_COUNT(reasons); i++) {
		char says[120];

		snprintf(says, sizeof says, "\"%s\" is no date (%s): want EDTF", reasons[i].text,
			reasons[i].why);
		assert_fails(
			sr_edtf_check(&d, sr_bytes_str(reasons[i].text), &e), SR_USAGE, &e, says);
	}
	assert_fails(sr_edtf_check(&d,
			     sr_bytes_str("1985-04-12T23:20:30.000000000000000000000000000000000000"
					  "00000000Z"),
			     &e),
		SR_USAGE, &e, "a date of 65 bytes, at most 64");
}

static void test_exact_days(void **state) {
	static const struct {
		const char *text;
		bool exact, interval;
	} cases[] = {{"2024-05-01", true, false}, {"2024-05-01T10:00:00Z", true, false},
		{"2024-05", false, false}, {"2024-05-01~", false, false},
		{"2024-05-XX", false, false}, {"2024-05-01/2024-05-02", false, true}};
	struct sr_edtf d;
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		assert_ok(sr_edtf_check(&d, sr_bytes_str(cases[i].text), &e), &e);
		assert_int_equal(d.exact_day, cases[i].exact);
		assert_int_equal(d.interval, cases[i].interval);
	}
}

/* No prefix of a date, and no byte more, is read past its end (the sanitizers watch). */
static void test_date_prefixes(void **state) {
	static const char whole[] = "1985-04-12T23:20:30+04:30/1986-XX-XX~";
	struct sr_edtf d;

	(void)state;
	for (size_t n = 0; n < sizeof whole; n++) {
		uint8_t *exact = malloc(n + 1);

		assert_non_null(exact);
		memcpy(exact, whole, n);
		(void)!sr_edtf_check(&d, sr_bytes_of(exact, n), NULL);
		free(exact);
	}
}

/* --- languages --- */

static void test_languages(void **state) {
	/* RFC 5646, appendix A. */
	static const char *const good[] = {"de", "fr", "ja", "i-enochian", "zh-Hant", "zh-Hans",
		"sr-Cyrl", "sr-Latn", "zh-cmn-Hans-CN", "cmn-Hans-CN", "zh-yue-HK", "yue-HK",
		"zh-Hans-CN", "sr-Latn-RS", "sl-rozaj", "sl-rozaj-biske", "sl-nedis", "de-CH-1901",
		"sl-IT-nedis", "hy-Latn-IT-arevela", "de-DE", "en-US", "es-419", "de-CH-x-phonebk",
		"az-Arab-x-AZE-derbend", "x-whatever", "qaa-Qaaa-QM-x-southern", "en-US-u-islamcal",
		"zh-CN-a-myext-x-private", "en-a-myext-b-another", "art-lojban", "en-GB-oed"};
	static const char *const wrong[] = {"", "e", "deutsch-", "-de", "de--CH", "a-DE", "ar-a",
		"ar-a-aaa-b-bbb-a-ccc", "de-419-DE", "de-1901-1901", "x", "x-", "en_US", "de DE",
		"en-US-u", "123", "abcdefghi", "en-x", "zh-Hans-Hant", "\xc3\xa9n"};
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(good); i++)
		assert_ok(sr_langtag_check(sr_bytes_str(good[i]), &e), &e);
	for (size_t i = 0; i < T_COUNT(wrong); i++)
		if (sr_langtag_check(sr_bytes_str(wrong[i]), &e) == 0)
			fail_msg("\"%s\" was taken", wrong[i]);
	assert_fails(sr_langtag_check(sr_bytes_str("en_US"), &e), SR_USAGE, &e, "BCP 47");
}

/* --- parts --- */

static void test_marks(void **state) {
	static const char *const good[] = {"hate@0", "graphic@12", "sexual-violence@2:p12-18",
		"graphic@0:p1-1", "graphic@1:t300000-600000", "graphic@1:t0-1"};
	static const char *const wrong[] = {"", "hate", "@0", "hate@", "hate@x", "hate@01",
		"hate@-1", "hate@0:", "hate@0:12-18", "hate@0:p0-1", "hate@0:p2-1", "hate@0:p1",
		"hate@0:t5-5", "hate@0:t9-5", "hate@0:x1-2", "hate@0:p1-2:", "Hate@0", "hate @0",
		"hate@0 ", "hate@0:p1-1000001", "hate@0:t0-3600000001", "-x@0",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@0", "hate@9223372036854775808"};
	struct sr_err e = {0};
	struct sr_mark m;

	(void)state;
	for (size_t i = 0; i < T_COUNT(good); i++) {
		char again[SR_MARK_TEXT];

		assert_ok(sr_mark_parse(&m, sr_bytes_str(good[i]), &e), &e);
		sr_mark_format(again, &m);
		assert_string_equal(again, good[i]);
	}
	for (size_t i = 0; i < T_COUNT(wrong); i++)
		if (sr_mark_parse(&m, sr_bytes_str(wrong[i]), &e) == 0)
			fail_msg("\"%s\" was taken", wrong[i]);
	assert_fails(sr_mark_parse(&m, sr_bytes_str("hate@x"), &e), SR_USAGE, &e, "is no mark");
}

static void test_ranges(void **state) {
	static const struct {
		const char *typed, *shown;
		enum sr_mark_unit unit;
		uint64_t from, to;
	} good[] = {{"12-18", "pages 12-18", SR_MARK_PAGE, 12, 18},
		{"7", "page 7", SR_MARK_PAGE, 7, 7}, {"p3-4", "pages 3-4", SR_MARK_PAGE, 3, 4},
		{"05:00-10:00", "05:00-10:00", SR_MARK_TIME, 300000, 600000},
		{"5:00-1:02:03.5", "05:00-1:02:03.500", SR_MARK_TIME, 300000, 3723500},
		{"90:00-95:30", "1:30:00-1:35:30", SR_MARK_TIME, 5400000, 5730000}};
	static const char *const wrong[] = {"", "-", "18-12", "0", "0-5", "p", "05:00",
		"10:00-05:00", "05:00-05:00", "5-10:00", "05:60-10:00", "5:0-10:00", "a-b",
		"1:2:03-1:3:04", "1:99:00-2:00:00", "05:00.-06:00", "05:00.1234-06:00",
		"p05:00-10:00"};
	struct sr_err e = {0};
	struct sr_mark m;
	char shown[64];

	(void)state;
	for (size_t i = 0; i < T_COUNT(good); i++) {
		memset(&m, 0, sizeof m);
		assert_ok(sr_mark_range(&m, sr_bytes_str(good[i].typed), &e), &e);
		assert_int_equal(m.unit, good[i].unit);
		assert_true(m.from == good[i].from && m.to == good[i].to);
		sr_mark_show(shown, sizeof shown, &m);
		assert_string_equal(shown, good[i].shown);
	}
	for (size_t i = 0; i < T_COUNT(wrong); i++)
		if (sr_mark_range(&m, sr_bytes_str(wrong[i]), &e) == 0)
			fail_msg("\"%s\" was taken", wrong[i]);
	assert_fails(sr_mark_range(&m, sr_bytes_str("x"), &e), SR_USAGE, &e, "pages as 12-18");
}

/* --- the table --- */

static const struct sr_desc_field *field(const char *name) {
	const struct sr_desc_field *f = sr_desc_field(sr_bytes_str(name));

	assert_non_null(f);
	return f;
}

/* Every row of it is a line of `describe`, in the same order, and its form has words. */
static void test_table(void **state) {
	const struct sr_type *t = sr_type_at(SR_T_DESCRIBE);
	const struct sr_field *line = t->fields + 1; /* after item */
	size_t count = 0;
	const struct sr_desc_field *f = sr_desc_fields(&count);

	(void)state;
	assert_true(count > 20 && count <= SR_FIELDS_MAX);
	for (size_t i = 0; i < count; i++, line++) {
		assert_string_equal(line->key, f[i].name);
		assert_int_equal(line->kind, f[i].kind);
		assert_int_equal(line->compartment, f[i].compartment);
		assert_int_equal(line->cardinality, f[i].max == 1 ? SR_OPTIONAL : SR_ANY);
		assert_int_equal(f[i].kind == SR_V_TEXT, f[i].compartment != SR_STRUCTURAL);
		assert_string_not_equal(sr_form_wants(f[i].form), "");
		assert_ptr_equal(field(f[i].name), &f[i]);
	}
	assert_string_equal(line[0].key, "mark");
	assert_string_equal(line[1].key, "clear");
	assert_null(line[2].key);
	assert_null(sr_desc_field(sr_bytes_str("mark")));
	/* None of the personal compartment is large enough to lie in an object, where its field is
	 * not known to who asks for it (core/reader.c). */
	size_t personal = 4;
	for (size_t i = 0; i < count; i++)
		if (f[i].compartment == SR_PERSONAL)
			personal += f[i].max * (SR_FIELD_LINE + 128);
	assert_true(personal <= 8192);
}

static void test_forms(void **state) {
	static const struct {
		const char *field, *good, *wrong, *says;
	} cases[] = {
		{"hazard", "graphic", "Graphic!", "want a hazard"},
		{"date", "1994~", "1994-13", "EDTF"},
		{"captured", "2020-05-01", "yesterday", "EDTF"},
		{"language", "zh-Hant", "english language", "BCP 47"},
		{"medium", "film", "movie", "want book, magazine"},
		{"part-of", "00112233445566778899aabbccddeeff", "0011", "32 hex digits"},
		{"translation-quality", "fair", "ok", "want unusable"},
		{"legal-basis", "archiving", "because", "want public-task"},
		{"title", "A title\nof two lines", "\xff", "UTF-8"},
		{"outlet", "The Morning Gazette", "two\nlines", "one line"},
		/* NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is refused */
		{"outlet", "\xd9\x85\xd8\xac\xd9\x84\xd8\xa9", "a\xe2\x80\xae", "one line"},
		{"channel", "Telegram @x", "", "one line"},
		{"serial", "Die Zeit", "a\tb", "one line"},
		{"volume", "XII",
			"a volume whose number is longer than a number of a volume should ever be",
			"1 to 64 bytes"},
		{"issue", "No. 5", "\x1b[31m", "1 to 64 bytes"},
		{"duration", "1:02:03", "62 min", "1:02:03"},
		{"pages", "64", "0", "number of pages"},
		{"pages", "1000000", "1000001", "number of pages"},
		{"engagement", "likes 120 2024-05-01", "likes 120", "likes 120 2024-05-01"},
		{"engagement", "re-posts 0 2024-05-01T10:00:00Z", "likes -1 2024-05-01",
			"likes 120"},
		{"engagement", "views 5 2024-05-01", "views 5 2024-05", "the day on which"},
		{"provenance", "1994/1998 M. Weber, Hamburg", "M. Weber", "when it was held"},
		{"provenance", "../1994 the family", "1994", "when and who"},
		{"provenance", "1994~ x", "1994~  x", "when and who"},
	};
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct sr_desc_field *f = field(cases[i].field);

		assert_ok(sr_desc_check(f, sr_bytes_str(cases[i].good), &e), &e);
		assert_fails(sr_desc_check(f, sr_bytes_str(cases[i].wrong), &e), SR_USAGE, &e,
			cases[i].says);
	}
}

static void test_spelling(void **state) {
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	sr_desc_put(&b, field("language"), sr_bytes_str("zh-Hant-TW"));
	sr_desc_put(&b, field("outlet"), sr_bytes_str(" Al-Bustan"));
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str("zh-hant-tw Al-Bustan")));
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_exact_days),
		cmocka_unit_test(test_date_prefixes),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
