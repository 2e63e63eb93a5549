/*
 * test_base_time - RFC 3339 text against known instants and the C library, and what people type.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time.h"

#include "util.h"

#define LAST 253402300799

static void known_instants(void **state) {
	(void)state;
	static const struct {
		int64_t t;
		const char *text;
	} cases[] = {{0, "1970-01-01T00:00:00Z"}, {951782400, "2000-02-29T00:00:00Z"},
		{1000000000, "2001-09-09T01:46:40Z"}, {4107542399, "2100-02-28T23:59:59Z"},
		{4107542400, "2100-03-01T00:00:00Z"}, {LAST, "9999-12-31T23:59:59Z"}};
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char text[SR_TIME_TEXT];
		int64_t t = -1;
		struct sr_err e = {0};
		sr_time_format(text, cases[i].t);
		assert_string_equal(text, cases[i].text);
		assert_ok(sr_time_parse(&t, sr_bytes_str(text), &e), &e);
		assert_true(t == cases[i].t);
	}
}

static void agrees_with_the_c_library(void **state) {
	(void)state;
	uint64_t seed = 11;
	for (int i = 0; i < 20000; i++) {
		/* Every day for 54 years, then anywhere. */
		int64_t t = i < 19723 ? (int64_t)i * 86400 + i : (int64_t)t_rand(&seed, LAST + 1);
		time_t c = (time_t)t;
		struct tm tm;
		char want[64];
		char text[SR_TIME_TEXT];
		int64_t back = -1;
		assert_non_null(gmtime_r(&c, &tm));
		(void)strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
		sr_time_format(text, t);
		assert_string_equal(text, want);
		assert_int_equal(sr_time_parse(&back, sr_bytes_str(text), NULL), 0);
		assert_true(back == t);
	}
}

static void other_text_is_corrupt(void **state) {
	(void)state;
	static const char *const bad[] = {"", "2026-11-21", "2026-11-21T10:00:00",
		"2026-11-21T10:00:00z", "2026-11-21t10:00:00Z", "2026-11-21 10:00:00Z",
		"2026-13-21T10:00:00Z", "2026-00-21T10:00:00Z", "2026-11-31T10:00:00Z",
		"2026-11-00T10:00:00Z", "2025-02-29T10:00:00Z", "2100-02-29T10:00:00Z",
		"2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z", "2026-11-21T10:00:60Z",
		"1969-12-31T23:59:59Z", "2026-11-21T10:00:0 Z", "+026-11-21T10:00:00Z",
		"2026-11-21T10:00:00.Z", "2026-11-21T10:00:00+00:00", "2026/11/21T10:00:00Z",
		"2026-11-21T10-00-00Z", "2026-11-21T-1:00:00Z"};
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		struct sr_err e = {0};
		int64_t t = 42;
		assert_fails(sr_time_parse(&t, sr_bytes_str(bad[i]), &e), SR_CORRUPT, &e, "time: ");
		assert_true(t == 42);
	}
	struct sr_err e = {0};
	int64_t t = 0;
	assert_fails(sr_time_parse(&t, sr_bytes_str("2026-11-21T10:\n0:00Z"), &e), SR_CORRUPT, &e,
		"\"2026-11-21T10:\\n0:00Z\"");
}

static void people_type_dates_and_spans(void **state) {
	(void)state;
	static const struct {
		const char *text;
		int64_t want;
	} good[] = {{"2027-03-31", 1806537599}, {"2027-03-31T18:00:00Z", 1806516000},
		{"90d", 1000 + 90 * 86400}, {"8h", 1000 + 8 * 3600}, {"1970-01-01", 86399}};
	static const char *const bad[] = {"", "d", "h", "90", "0d", "-1d", "08h", "8m",
		"2027-02-30", "2027-3-31", "tomorrow", "99999999999d", "10000000d",
		"2027-03-31T18:00", " 8h", "8h "};
	struct sr_err e = {0};
	int64_t t = 0;
	for (size_t i = 0; i < T_COUNT(good); i++) {
		assert_ok(sr_time_parse_human(&t, good[i].text, 1000, &e), &e);
		if (t != good[i].want)
			fail_msg("%s: %lld", good[i].text, (long long)t);
	}
	for (size_t i = 0; i < T_COUNT(bad); i++)
		assert_fails(
			sr_time_parse_human(&t, bad[i], 1000, &e), SR_USAGE, &e, "is not a date");
}

static void a_day_ends_at_its_last_second(void **state) {
	(void)state;
	int64_t t = 0;
	char text[SR_TIME_TEXT];
	struct sr_err e = {0};
	assert_ok(sr_time_parse_human(&t, "2027-03-31", 0, &e), &e);
	sr_time_format(text, t);
	assert_string_equal(text, "2027-03-31T23:59:59Z");
}

static void clocks(void **state) {
	(void)state;
	struct sr_clock c = sr_clock_system();
	int64_t before = (int64_t)time(NULL);
	int64_t now = sr_now(&c);
	assert_true(now >= before && now <= (int64_t)time(NULL) + 1);
	uint64_t a = sr_mono_ms();
	struct timespec ts = {0, 20000000};
	(void)nanosleep(&ts, NULL);
	assert_true(sr_mono_ms() - a >= 19);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_instants),
		cmocka_unit_test(agrees_with_the_c_library),
		cmocka_unit_test(other_text_is_corrupt),
		cmocka_unit_test(people_type_dates_and_spans),
		cmocka_unit_test(a_day_ends_at_its_last_second),
		cmocka_unit_test(clocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
