/*
 * time - RFC 3339 UTC text and the system clock; see time.h.
 *
 * Days and dates are converted by our own arithmetic over the Gregorian calendar, counted in eras
 * of 400 years (146,097 days) whose years begin in March, so that a leap day is the last of its
 * year: no locale, no time zone, no global state.
 */
#include "base/time.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"

#define LAST_SECOND 253402300799 /* 9999-12-31T23:59:59Z */

enum {
	DAY = 86400,
	ERA_DAYS = 146097,
	EPOCH_SHIFT = 719468, /* days from 0000-03-01 to 1970-01-01 */
	YEAR_MIN = 1970
};

static int64_t system_now(void *ctx) {
	(void)ctx;
	struct timespec ts;
	int rc = clock_gettime(CLOCK_REALTIME, &ts);
	assert(rc == 0);
	(void)rc;
#ifdef SR_TESTING
	/* A scenario of days takes minutes: all its processes say the same seconds ahead. */
	const char *ahead = getenv("SR_TIME_AHEAD");
	if (ahead != NULL)
		return ts.tv_sec + strtoll(ahead, NULL, 10);
#endif
	return ts.tv_sec;
}

struct sr_clock sr_clock_system(void) {
	struct sr_clock c = {system_now, NULL};
	return c;
}

struct date {
	int year;
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
};

static int64_t days_of(struct date d) {
	int64_t year = d.month <= 2 ? d.year - 1 : d.year;
	int64_t era = year / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = (d.month + 9) % 12; /* March is 0 */
	int64_t day_of_year = (153 * month + 2) / 5 + d.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * ERA_DAYS + day_of_era - EPOCH_SHIFT;
}

/* ${days} is not before 1970. */
static struct date date_of(int64_t days) {
	int64_t z = days + EPOCH_SHIFT;
	int64_t era = z / ERA_DAYS;
	int64_t doe = z - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t month = (5 * doy + 2) / 153;
	struct date d;
	d.day = (int)(doy - (153 * month + 2) / 5 + 1);
	d.month = (int)(month < 10 ? month + 3 : month - 9);
	d.year = (int)(yoe + era * 400 + (d.month <= 2 ? 1 : 0));
	return d;
}

static int month_length(int year, int month) {
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : length[month - 1];
}

void sr_time_format(char out[SR_TIME_TEXT], int64_t t) {
	assert(t >= 0 && t <= LAST_SECOND);
	struct date d = date_of(t / DAY);
	int s = (int)(t % DAY);
	/* Wide enough for any int, so that the compiler can see it fits; the assert says 20. */
	char text[80];
	int len = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month,
		d.day, s / 3600, s / 60 % 60, s % 60);
	assert(len == SR_TIME_TEXT - 1);
	(void)len;
	memcpy(out, text, SR_TIME_TEXT);
}

/* ${count} digits at ${p}, or -1. */
static int digits(const uint8_t *p, size_t count) {
	int v = 0;
	for (size_t i = 0; i < count; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

/* "2027-03-31" at the start of ${p}; false if it is no date from 1970 to 9999. */
static bool parse_date(struct date *out, const uint8_t *p) {
	struct date d = {digits(p, 4), digits(p + 5, 2), digits(p + 8, 2)};
	if (p[4] != '-' || p[7] != '-' || d.year < YEAR_MIN || d.month < 1 || d.month > 12)
		return false;
	if (d.day < 1 || d.day > month_length(d.year, d.month))
		return false;
	*out = d;
	return true;
}

int sr_time_parse(int64_t *out, struct sr_bytes text, struct sr_err *e) {
	char seen[64];
	struct date d;
	if (text.len != SR_TIME_TEXT - 1)
		return sr_fail(e, SR_CORRUPT, "time: %zu bytes, want %d like 2026-11-21T10:00:00Z",
			text.len, SR_TIME_TEXT - 1);
	const uint8_t *p = text.p;
	bool shape = p[10] == 'T' && p[13] == ':' && p[16] == ':' && p[19] == 'Z';
	int hour = digits(p + 11, 2);
	int minute = digits(p + 14, 2);
	int second = digits(p + 17, 2);
	if (!shape || !parse_date(&d, p) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
		second < 0 || second > 59)
		return sr_fail(e, SR_CORRUPT, "time: \"%s\" is not one like 2026-11-21T10:00:00Z",
			sr_escape_to(seen, sizeof seen, text));
	*out = days_of(d) * DAY + (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
	return 0;
}

/* "90d" or "8h" from ${now}. */
static bool parse_span(int64_t *out, struct sr_bytes text, int64_t now) {
	if (text.len < 2)
		return false;
	uint8_t unit = text.p[text.len - 1];
	uint64_t count = 0;
	if ((unit != 'd' && unit != 'h') ||
		sr_parse_dec(&count, sr_bytes_of(text.p, text.len - 1), 10000000, NULL) != 0)
		return false;
	int64_t end = now + (int64_t)count * (unit == 'd' ? DAY : 3600);
	if (count == 0 || end > LAST_SECOND)
		return false;
	*out = end;
	return true;
}

int sr_time_parse_human(int64_t *out, const char *text, int64_t now, struct sr_err *e) {
	char seen[64];
	struct sr_bytes in = sr_bytes_str(text);
	struct date d;
	if (in.len == SR_TIME_TEXT - 1 && sr_time_parse(out, in, NULL) == 0)
		return 0;
	if (in.len == 10 && parse_date(&d, in.p)) {
		*out = days_of(d) * DAY + DAY - 1;
		return 0;
	}
	if (parse_span(out, in, now))
		return 0;
	return sr_fail(e, SR_USAGE,
		"\"%s\" is not a date; give 2027-03-31, 2027-03-31T18:00:00Z, 90d or 8h",
		sr_escape_to(seen, sizeof seen, in));
}

uint64_t sr_mono_ms(void) {
	struct timespec ts;
	int rc = clock_gettime(CLOCK_MONOTONIC, &ts);
	assert(rc == 0);
	(void)rc;
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
