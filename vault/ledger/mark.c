/*
 * mark - see mark.h.
 */
#include "ledger/mark.h"

#include <stdio.h>

#include "base/escape.h"

static bool is_digit(uint8_t c) {
	return c >= '0' && c <= '9';
}

static struct sr_bytes after(struct sr_bytes v, size_t n) {
	return sr_bytes_of(v.p + n, v.len - n);
}

/* Where ${ch} is first; the length when it is not there. */
static size_t find(struct sr_bytes v, char ch) {
	const uint8_t *at = v.len == 0 ? NULL : memchr(v.p, ch, v.len);

	return at == NULL ? v.len : (size_t)(at - v.p);
}

static bool decimal(uint64_t *out, struct sr_bytes v, uint64_t max) {
	return sr_parse_dec(out, v, max, NULL) == 0;
}

/* --- clocks --- */

static bool two_digits(uint64_t *out, struct sr_bytes v) {
	if (v.len != 2 || !is_digit(v.p[0]) || !is_digit(v.p[1]))
		return false;
	*out = (uint64_t)(v.p[0] - '0') * 10 + (uint64_t)(v.p[1] - '0');
	return true;
}

static bool fraction(uint64_t *ms, struct sr_bytes v) {
	uint64_t scale = 100;

	*ms = 0;
	if (v.len < 1 || v.len > 3)
		return false;
	for (size_t i = 0; i < v.len; i++, scale /= 10) {
		if (!is_digit(v.p[i]))
			return false;
		*ms += (uint64_t)(v.p[i] - '0') * scale;
	}
	return true;
}

static bool clock_of(uint64_t *out, struct sr_bytes v) {
	uint64_t h = 0, m = 0, s = 0, ms = 0;
	const size_t dot = find(v, '.');
	struct sr_bytes whole = sr_bytes_of(v.p, dot), rest;
	size_t at;

	if (dot < v.len && !fraction(&ms, after(v, dot + 1)))
		return false;
	at = find(whole, ':');
	if (at == whole.len)
		return false;
	rest = after(whole, at + 1);
	if (find(rest, ':') < rest.len) { /* hours come first */
		if (at < 1 || at > 4 || !decimal(&h, sr_bytes_of(whole.p, at), 1000))
			return false;
		whole = rest;
		at = find(whole, ':');
		rest = after(whole, at + 1);
		if (!two_digits(&m, sr_bytes_of(whole.p, at)) || m > 59)
			return false;
	} else if (at < 1 || at > 3 || !is_digit(whole.p[0])) {
		return false;
	} else {
		for (size_t i = 0; i < at; i++) { /* 05 and 5 and 120 minutes */
			if (!is_digit(whole.p[i]))
				return false;
			m = m * 10 + (uint64_t)(whole.p[i] - '0');
		}
	}
	if (!two_digits(&s, rest) || s > 59)
		return false;
	*out = ((h * 60 + m) * 60 + s) * 1000 + ms;
	return *out <= sr_mark_ms_max;
}

int sr_clock_parse(uint64_t *ms, struct sr_bytes text, struct sr_err *e) {
	char shown[80];

	*ms = 0;
	return clock_of(ms, text) ? 0
				  : sr_fail(e, SR_USAGE,
					    "\"%s\" is no time of a recording: want MM:SS or "
					    "H:MM:SS, as 05:00 or 1:02:03.5",
					    sr_escape_to(shown, sizeof shown, text));
}

void sr_clock_format(char out[SR_CLOCK_TEXT], uint64_t ms) {
	const unsigned long long s = ms / 1000, h = s / 3600;
	const unsigned rest = (unsigned)(ms % 1000);
	int n = h > 0 ? snprintf(out, SR_CLOCK_TEXT, "%llu:%02llu:%02llu", h, s / 60 % 60, s % 60)
		      : snprintf(out, SR_CLOCK_TEXT, "%02llu:%02llu", s / 60, s % 60);

	if (rest != 0 && n > 0 && n < SR_CLOCK_TEXT)
		(void)snprintf(out + n, SR_CLOCK_TEXT - (size_t)n, ".%03u", rest);
}

/* --- ranges --- */

static bool pages_of(struct sr_mark *m, struct sr_bytes v) {
	const size_t dash = find(v, '-');

	if (!decimal(&m->from, sr_bytes_of(v.p, dash), SR_MARK_PAGES))
		return false;
	m->to = m->from;
	if (dash < v.len && !decimal(&m->to, after(v, dash + 1), SR_MARK_PAGES))
		return false;
	m->unit = SR_MARK_PAGE;
	return m->from >= 1 && m->from <= m->to;
}

int sr_mark_range(struct sr_mark *m, struct sr_bytes text, struct sr_err *e) {
	const bool paged = text.len > 0 && text.p[0] == 'p';
	const size_t dash = find(text, '-');
	char shown[80];

	if (pages_of(m, paged ? after(text, 1) : text))
		return 0;
	m->unit = SR_MARK_TIME;
	if (!paged && dash < text.len && clock_of(&m->from, sr_bytes_of(text.p, dash)) &&
		clock_of(&m->to, after(text, dash + 1)) && m->from < m->to)
		return 0;
	return sr_fail(e, SR_USAGE,
		"\"%s\" is no range: want pages as 12-18, or time as 05:00-10:00",
		sr_escape_to(shown, sizeof shown, text));
}

void sr_mark_show(char *out, size_t size, const struct sr_mark *m) {
	char from[SR_CLOCK_TEXT], to[SR_CLOCK_TEXT];

	out[0] = '\0';
	switch (m->unit) {
	case SR_MARK_FILE:
		break;
	case SR_MARK_PAGE:
		if (m->from == m->to)
			(void)snprintf(out, size, "page %llu", (unsigned long long)m->from);
		else
			(void)snprintf(out, size, "pages %llu-%llu", (unsigned long long)m->from,
				(unsigned long long)m->to);
		break;
	case SR_MARK_TIME:
		sr_clock_format(from, m->from);
		sr_clock_format(to, m->to);
		(void)snprintf(out, size, "%s-%s", from, to);
		break;
	}
}

/* --- marks --- */

static bool hazard_of(struct sr_mark *m, struct sr_bytes v) {
	if (v.len < 1 || v.len >= sizeof m->hazard)
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (!((v.p[i] >= 'a' && v.p[i] <= 'z') || (i > 0 && v.p[i] == '-')))
			return false;
	memcpy(m->hazard, v.p, v.len);
	m->hazard[v.len] = '\0';
	return true;
}

static bool part_of(struct sr_mark *m, struct sr_bytes v) {
	const size_t dash = find(v, '-');
	const uint64_t max = v.len > 0 && v.p[0] == 'p' ? SR_MARK_PAGES : sr_mark_ms_max;

	if (v.len < 4 || dash == v.len || (v.p[0] != 'p' && v.p[0] != 't') ||
		!decimal(&m->from, sr_bytes_of(v.p + 1, dash - 1), max) ||
		!decimal(&m->to, after(v, dash + 1), max))
		return false;
	m->unit = v.p[0] == 'p' ? SR_MARK_PAGE : SR_MARK_TIME;
	return m->unit == SR_MARK_PAGE ? m->from >= 1 && m->from <= m->to : m->from < m->to;
}

int sr_mark_parse(struct sr_mark *out, struct sr_bytes text, struct sr_err *e) {
	const size_t at = find(text, '@');
	struct sr_mark m = {.unit = SR_MARK_FILE};
	char shown[120];
	bool good = at < text.len && hazard_of(&m, sr_bytes_of(text.p, at));

	if (good) {
		const struct sr_bytes rest = after(text, at + 1);
		const size_t colon = find(rest, ':');

		good = decimal(&m.file, sr_bytes_of(rest.p, colon), INT64_MAX) &&
		       (colon == rest.len || part_of(&m, after(rest, colon + 1)));
	}
	if (!good)
		return sr_fail(e, SR_USAGE,
			"\"%s\" is no mark: want hazard@FILE, hazard@FILE:p12-18 or "
			"hazard@FILE:t300000-600000",
			sr_escape_to(shown, sizeof shown, text));
	*out = m;
	return 0;
}

bool sr_mark_same(const struct sr_mark *a, const struct sr_mark *b) {
	return strcmp(a->hazard, b->hazard) == 0 && a->file == b->file && a->unit == b->unit &&
	       a->from == b->from && a->to == b->to;
}

void sr_mark_format(char out[SR_MARK_TEXT], const struct sr_mark *m) {
	const unsigned long long file = m->file, from = m->from, to = m->to;

	if (m->unit == SR_MARK_FILE)
		(void)snprintf(out, SR_MARK_TEXT, "%s@%llu", m->hazard, file);
	else
		(void)snprintf(out, SR_MARK_TEXT, "%s@%llu:%c%llu-%llu", m->hazard, file,
			m->unit == SR_MARK_PAGE ? 'p' : 't', from, to);
}
