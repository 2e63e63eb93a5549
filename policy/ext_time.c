/*
 * ext_time - instants and spans, both 64-bit counts of milliseconds.
 *
 *   datetime  YYYY-MM-DD, or that and Thh:mm:ss[.SSS] and Z or (+|-)hhmm. Proleptic Gregorian,
 *             years 0000 to 9999, no leap second, no 24:00, offset at most 23:59. The value is
 *             local time less offset.
 *   duration  -?, then days (d), hours (h), minutes (m), seconds (s), milliseconds (ms), each at
 *             most once, in this order, at least one
 */
#include "base/escape.h"
#include "policy/ext.h"

#define DAY_MS INT64_C(86400000)

static int number(struct sr_cedar_value *out, enum sr_cedar_kind kind, int64_t n) {
	*out = (struct sr_cedar_value){.kind = kind, .n = n};
	return 0;
}

static int bad(const char *what, struct sr_bytes text, const char *why, struct sr_err *e) {
	char shown[64];
	return sr_fail(e, SR_CORRUPT, "%s(\"%s\"): %s", what,
		sr_escape_to(shown, sizeof shown, text), why);
}

/* --- datetime -------------------------------------------------------------------------------- */

/* Exactly ${count} digits at ${at}. */
static bool digits(struct sr_bytes text, size_t at, size_t count, int64_t *out) {
	int64_t n = 0;
	if (text.len < at + count)
		return false;
	for (size_t i = at; i < at + count; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		n = n * 10 + (text.p[i] - '0');
	}
	*out = n;
	return true;
}

static bool mark(struct sr_bytes text, size_t at, char c) {
	return at < text.len && text.p[at] == (uint8_t)c;
}

static bool leap(int64_t year) {
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_of_month(int64_t year, int64_t month) {
	static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && leap(year) ? 1 : 0);
}

/* Days from 1970-01-01 to the date: whole years before it (0000 is a leap year), then months. */
static int64_t days_since_1970(int64_t year, int64_t month, int64_t day) {
	int64_t days = 365 * year;
	if (year > 0)
		days += (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1;
	for (int64_t m = 1; m < month; m++)
		days += days_of_month(year, m);
	return days + day - 1 - 719528;
}

/* YYYY-MM-DD at the beginning, as milliseconds. NULL, or what is wrong. */
static const char *parse_date(struct sr_bytes text, int64_t *ms) {
	int64_t year = 0;
	int64_t month = 0;
	int64_t day = 0;
	if (!digits(text, 0, 4, &year) || !mark(text, 4, '-') || !digits(text, 5, 2, &month) ||
		!mark(text, 7, '-') || !digits(text, 8, 2, &day))
		return "want YYYY-MM-DD";
	if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return "no such day";
	*ms = days_since_1970(year, month, day) * DAY_MS;
	return NULL;
}

/* What follows the date: Thh:mm:ss[.SSS] and Z or an offset, added to *${ms}. */
static const char *parse_time(struct sr_bytes text, int64_t *ms) {
	int64_t hour = 0;
	int64_t minute = 0;
	int64_t second = 0;
	int64_t milli = 0;
	size_t at = 19;
	if (!mark(text, 10, 'T') || !digits(text, 11, 2, &hour) || !mark(text, 13, ':') ||
		!digits(text, 14, 2, &minute) || !mark(text, 16, ':') ||
		!digits(text, 17, 2, &second))
		return "want Thh:mm:ss after the date";
	if (hour > 23 || minute > 59 || second > 59)
		return "no such time of day";
	if (mark(text, at, '.')) {
		if (!digits(text, at + 1, 3, &milli))
			return "want three digits after the point";
		at += 4;
	}
	*ms += ((hour * 60 + minute) * 60 + second) * 1000 + milli;
	if (mark(text, at, 'Z') && text.len == at + 1)
		return NULL;
	if ((!mark(text, at, '+') && !mark(text, at, '-')) || text.len != at + 5 ||
		!digits(text, at + 1, 2, &hour) || !digits(text, at + 3, 2, &minute))
		return "want Z, +hhmm or -hhmm at the end";
	if (hour > 23 || minute > 59)
		return "no such offset";
	int64_t offset = (hour * 60 + minute) * 60000;
	*ms -= mark(text, at, '-') ? -offset : offset;
	return NULL;
}

int sr_cedar_datetime(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	int64_t ms = 0;
	(void)a;
	const char *why = parse_date(args[0].s, &ms);
	if (why == NULL && args[0].s.len > 10)
		why = parse_time(args[0].s, &ms);
	if (why != NULL)
		return bad("datetime", args[0].s, why, e);
	return number(out, SR_CEDAR_DATETIME, ms);
}

int sr_cedar_datetime_offset(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	int64_t ms = 0;
	(void)a;
	if (__builtin_add_overflow(args[0].n, args[1].n, &ms))
		return sr_fail(e, SR_CORRUPT, "offset: %lld ms and %lld ms overflow",
			(long long)args[0].n, (long long)args[1].n);
	return number(out, SR_CEDAR_DATETIME, ms);
}

int sr_cedar_datetime_since(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	int64_t ms = 0;
	(void)a;
	if (__builtin_sub_overflow(args[0].n, args[1].n, &ms))
		return sr_fail(e, SR_CORRUPT, "durationSince: %lld ms less %lld ms overflows",
			(long long)args[0].n, (long long)args[1].n);
	return number(out, SR_CEDAR_DURATION, ms);
}

/* Milliseconds since the day began, 0 to 86399999, also before 1970. */
static int64_t since_midnight(int64_t ms) {
	int64_t rest = ms % DAY_MS;
	return rest < 0 ? rest + DAY_MS : rest;
}

int sr_cedar_datetime_to_date(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	int64_t ms = 0;
	(void)a;
	if (__builtin_sub_overflow(args[0].n, since_midnight(args[0].n), &ms))
		return sr_fail(e, SR_CORRUPT, "toDate: the day of %lld ms begins out of range",
			(long long)args[0].n);
	return number(out, SR_CEDAR_DATETIME, ms);
}

int sr_cedar_datetime_to_time(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return number(out, SR_CEDAR_DURATION, since_midnight(args[0].n));
}

/* --- duration -------------------------------------------------------------------------------- */

/* Largest unit first. */
static const struct {
	const char *text;
	int64_t ms;
} units[] = {{"d", DAY_MS}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

/* Letters at ${at}; returns their unit's index, and their number in *${len}; -1: no unit. */
static int unit_at(struct sr_bytes text, size_t at, size_t *len) {
	size_t n = 0;
	while (at + n < text.len && text.p[at + n] >= 'a' && text.p[at + n] <= 'z')
		n++;
	*len = n;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (sr_bytes_eq(sr_bytes_of(text.p + at, n), sr_bytes_str(units[i].text)))
			return (int)i;
	return -1;
}

/* The span is built with its sign: the smallest has no positive counterpart. */
int sr_cedar_duration(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	static const char form[] = "want whole numbers with d, h, m, s, ms, in this order";
	struct sr_bytes text = args[0].s;
	bool minus = text.len > 0 && text.p[0] == '-';
	size_t at = minus ? 1 : 0;
	int64_t ms = 0;
	int last = -1;
	bool over = false;
	(void)a;
	if (at == text.len)
		return bad("duration", text, form, e);
	while (at < text.len) {
		int64_t n = 0;
		size_t begin = at;
		for (; at < text.len && text.p[at] >= '0' && text.p[at] <= '9'; at++) {
			int64_t digit = text.p[at] - '0';
			over = over || __builtin_mul_overflow(n, INT64_C(10), &n) ||
			       __builtin_add_overflow(n, minus ? -digit : digit, &n);
		}
		size_t len = 0;
		int unit = unit_at(text, at, &len);
		if (at == begin || unit <= last)
			return bad("duration", text, form, e);
		over = over || __builtin_mul_overflow(n, units[unit].ms, &n) ||
		       __builtin_add_overflow(ms, n, &ms);
		last = unit;
		at += len;
	}
	if (over)
		return bad("duration", text, "more than 64 bits of milliseconds", e);
	return number(out, SR_CEDAR_DURATION, ms);
}

int sr_cedar_duration_ms(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return number(out, SR_CEDAR_LONG, args[0].n);
}

int sr_cedar_duration_s(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return number(out, SR_CEDAR_LONG, args[0].n / 1000);
}

int sr_cedar_duration_min(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return number(out, SR_CEDAR_LONG, args[0].n / 60000);
}

int sr_cedar_duration_h(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return number(out, SR_CEDAR_LONG, args[0].n / 3600000);
}

int sr_cedar_duration_d(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return number(out, SR_CEDAR_LONG, args[0].n / DAY_MS);
}
