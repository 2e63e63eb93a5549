/*
 * edtf - see edtf.h. A recursive descent over the grammar of levels 0 and 1; every part is read
 * from a cursor, and a part that is left over is an error.
 */
#include "ledger/edtf.h"

#include "base/escape.h"

enum {
	SEASON_FIRST = 21,
	SEASON_LAST = 24,
	YEAR_DIGITS_MAX = 12 /* after Y: the age of the universe has 11 */
};

struct cursor {
	struct sr_bytes in;
	size_t at;
	struct sr_err *e;
};

struct point {              /* one date, as far as it is known */
	bool open, unknown; /* "..", or nothing */
	bool exact;
	int64_t first[3]; /* the earliest year, month, day that it may be */
	int64_t last[3];  /* the latest */
};

static int bad(const struct cursor *c, const char *why) {
	char shown[3 * SR_EDTF_MAX];

	return sr_fail(c->e, SR_USAGE,
		"\"%s\" is no date (%s): want EDTF, as 1994, 1994-05, 1994-05-01, 1994~, 199X or "
		"1994/1996",
		sr_escape_to(shown, sizeof shown, c->in), why);
}

static uint8_t peek(const struct cursor *c) {
	return c->at < c->in.len ? c->in.p[c->at] : 0;
}

static bool take(struct cursor *c, char ch) {
	if (c->at >= c->in.len || c->in.p[c->at] != (uint8_t)ch)
		return false;
	c->at++;
	return true;
}

static bool is_digit(uint8_t ch) {
	return ch >= '0' && ch <= '9';
}

/* ${n} digits. */
static bool digits(struct cursor *c, size_t n, int64_t *out) {
	*out = 0;
	if (c->in.len - c->at < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(c->in.p[c->at + i]))
			return false;
		*out = *out * 10 + (c->in.p[c->at + i] - '0');
	}
	c->at += n;
	return true;
}

static bool unknown_two(struct cursor *c) {
	if (c->in.len - c->at < 2 || memcmp(c->in.p + c->at, "XX", 2) != 0)
		return false;
	c->at += 2;
	return true;
}

static bool is_leap(int64_t year) {
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in(int64_t year, int64_t month) {
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* "Y17000000002": a year of more than four digits. */
static int long_year(struct cursor *c, struct point *p) {
	const bool negative = take(c, '-');
	const size_t from = c->at;
	int64_t year = 0;

	while (is_digit(peek(c)) && c->at - from < YEAR_DIGITS_MAX)
		year = year * 10 + (c->in.p[c->at++] - '0');
	if (c->at - from < 5 || c->in.p[from] == '0')
		return bad(c, "Y is followed by a year of 5 to 12 digits");
	p->first[0] = p->last[0] = negative ? -year : year;
	return 0;
}

/* Four digits, of which the last one or two may be X. */
static int year(struct cursor *c, struct point *p, bool *known) {
	const bool negative = take(c, '-');
	int64_t first = 0, last = 0;
	size_t unknown = 0;

	if (c->in.len - c->at < 4)
		return bad(c, "a year has four digits");
	for (size_t i = 0; i < 4; i++, c->at++) {
		const uint8_t ch = c->in.p[c->at];

		if (ch == 'X' && i >= 2)
			unknown++;
		else if (!is_digit(ch) || unknown > 0)
			return bad(c, "a year has four digits, of which the last one or two may "
				      "be X");
		first = first * 10 + (ch == 'X' ? 0 : ch - '0');
		last = last * 10 + (ch == 'X' ? 9 : ch - '0');
	}
	if (negative && first == 0 && last == 0)
		return bad(c, "there is no year -0000");
	p->first[0] = negative ? -last : first;
	p->last[0] = negative ? -first : last;
	*known = unknown == 0;
	return 0;
}

static int day(struct cursor *c, struct point *p, bool month_known, bool year_known) {
	int64_t n = 0;

	if (unknown_two(c)) {
		p->exact = false;
		p->last[2] = 31;
		return 0;
	}
	if (!month_known || !year_known)
		return bad(c, "a day of a month or year that is not known");
	if (!digits(c, 2, &n) || n < 1 || n > days_in(p->first[0], p->first[1]))
		return bad(c, "the month has no such day");
	p->first[2] = p->last[2] = n;
	p->exact = true;
	return 0;
}

static int month(struct cursor *c, struct point *p, bool year_known) {
	const bool known = !unknown_two(c);
	int64_t n = 0;

	if (!known) {
		p->last[1] = 12;
		return take(c, '-') ? day(c, p, false, year_known) : 0;
	}
	if (!digits(c, 2, &n) || n < 1 || (n > 12 && (n < SEASON_FIRST || n > SEASON_LAST)))
		return bad(c, "a month is 01 to 12, a season 21 to 24");
	if (!year_known)
		return bad(c, "a month of a year that is not known");
	if (n >= SEASON_FIRST) {
		p->last[1] = 12;
		return peek(c) == '-' ? bad(c, "a season has no days") : 0;
	}
	p->first[1] = p->last[1] = n;
	if (!take(c, '-'))
		return 0;
	return day(c, p, true, year_known);
}

/* "T10:00:00Z", "T10:00:00+02:00", "T10:00:00" after a whole day. */
static int time_of_day(struct cursor *c) {
	int64_t h = 0, m = 0, s = 0, zone_h = 0, zone_m = 0;

	if (!digits(c, 2, &h) || !take(c, ':') || !digits(c, 2, &m) || !take(c, ':') ||
		!digits(c, 2, &s) || h > 23 || m > 59 || s > 59)
		return bad(c, "a time is HH:MM:SS");
	if (take(c, 'Z') || (peek(c) != '+' && peek(c) != '-'))
		return 0;
	c->at++;
	if (!digits(c, 2, &zone_h) || zone_h > 14 ||
		(take(c, ':') && (!digits(c, 2, &zone_m) || zone_m > 59)))
		return bad(c, "a zone is Z or as +02:00");
	return 0;
}

static int point(struct cursor *c, struct point *p) {
	bool known = true, timed = false;
	int rc;

	*p = (struct point){.first = {0, 1, 1}, .last = {0, 12, 31}};
	if (take(c, 'Y'))
		rc = long_year(c, p);
	else
		rc = year(c, p, &known);
	if (rc == 0 && (p->first[0] > -10000 && p->first[0] < 10000) && take(c, '-'))
		rc = month(c, p, known);
	if (rc == 0 && p->exact && take(c, 'T')) {
		timed = true;
		rc = time_of_day(c);
	}
	if (rc == 0 && (peek(c) == '?' || peek(c) == '~' || peek(c) == '%')) {
		if (timed)
			return bad(c, "a time is not uncertain");
		c->at++;
		p->exact = false;
	}
	return rc;
}

static int before(const int64_t a[3], const int64_t b[3]) {
	for (size_t i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return 0;
}

/* One end of an interval. */
static int limit(struct cursor *c, struct point *p, bool last) {
	*p = (struct point){.open = false};
	if (last ? c->at == c->in.len : peek(c) == '/') {
		p->unknown = true;
		return 0;
	}
	if (take(c, '.')) {
		p->open = true;
		return take(c, '.') ? 0 : bad(c, "an open end is two dots");
	}
	return point(c, p);
}

int sr_edtf_check(struct sr_edtf *out, struct sr_bytes text, struct sr_err *e) {
	struct cursor c = {text, 0, e};
	struct point a, b;
	int rc;

	*out = (struct sr_edtf){.interval = false};
	if (text.len == 0)
		return bad(&c, "it is empty");
	if (text.len > SR_EDTF_MAX)
		return sr_fail(
			e, SR_USAGE, "a date of %zu bytes, at most %d", text.len, SR_EDTF_MAX);
	rc = limit(&c, &a, false);
	if (rc != 0)
		return rc;
	if (!take(&c, '/')) {
		if (a.open || a.unknown)
			return bad(&c, "an interval has two ends");
		if (c.at != text.len)
			return bad(&c, "something follows the date");
		out->exact_day = a.exact;
		return 0;
	}
	out->interval = true;
	rc = limit(&c, &b, true);
	if (rc != 0)
		return rc;
	if (c.at != text.len)
		return bad(&c, "something follows the date");
	if ((a.open || a.unknown) && (b.open || b.unknown))
		return bad(&c, "one end of an interval is a date");
	if (!a.open && !a.unknown && !b.open && !b.unknown && before(b.last, a.first))
		return bad(&c, "it ends before it begins");
	return 0;
}
