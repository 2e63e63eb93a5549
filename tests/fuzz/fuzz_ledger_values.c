/*
 * fuzz_ledger_values - what people type into a description, and programs hand in as tables: dates
 * (EDTF), languages (BCP 47), marks of parts, clocks, and the value of every field by its form.
 * Refused with a sentence; or taken, and then within the bounds that the statement's line or text
 * has, and what is written back reads the same.
 *
 * Input: u8 which form is looked at with the marks and clocks, then the text.
 */
#include "base/escape.h"
#include "base/limits.h"
#include "fuzz.h"
#include "ledger/edtf.h"
#include "ledger/fields.h"
#include "ledger/langtag.h"
#include "ledger/mark.h"
#include "ledger/types.h"

static void refused(int rc, const struct sr_err *e) {
	MUST((int)e->code == rc && e->text[0] != '\0');
	MUST(sr_utf8_valid(sr_bytes_str(e->text)));
}

static bool printable(struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return false;
	}
	return true;
}

static void check_date(struct sr_bytes in) {
	struct sr_edtf d = {0};
	struct sr_err e = {0};
	const int rc = sr_edtf_check(&d, in, &e);
	if (rc != 0) {
		refused(rc, &e);
		return;
	}
	MUST(in.len > 0 && in.len <= SR_EDTF_MAX && printable(in));
	MUST(!(d.interval && d.exact_day));
	MUST(d.interval == (memchr(in.p, '/', in.len) != NULL));
}

static void check_language(struct sr_bytes in) {
	struct sr_err e = {0};
	const int rc = sr_langtag_check(in, &e);
	if (rc != 0) {
		refused(rc, &e);
		return;
	}
	MUST(in.len > 0 && in.len <= SR_LANGTAG_MAX);
	for (size_t i = 0, run = 0; i < in.len; i++) {
		const uint8_t c = in.p[i];
		const bool alnum =
			(c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
		MUST(alnum || (c == '-' && run > 0 && i + 1 < in.len));
		run = alnum ? run + 1 : 0;
		MUST(run <= 8);
	}
}

static void check_mark(struct sr_bytes in) {
	struct sr_mark m = {0}, again = {0};
	char text[SR_MARK_TEXT], shown[64];
	struct sr_err e = {0};
	const int rc = sr_mark_parse(&m, in, &e);
	if (rc != 0) {
		refused(rc, &e);
		return;
	}
	sr_mark_format(text, &m);
	MUST(sr_bytes_eq(sr_bytes_str(text), in)); /* one spelling */
	assert_ok(sr_mark_parse(&again, sr_bytes_str(text), &e), &e);
	MUST(sr_mark_same(&m, &again));
	if (m.unit == SR_MARK_PAGE)
		MUST(m.from >= 1 && m.from <= m.to && m.to <= SR_MARK_PAGES);
	if (m.unit == SR_MARK_TIME)
		MUST(m.from < m.to && m.to <= sr_mark_ms_max);
	sr_mark_show(shown, sizeof shown, &m);
	MUST((m.unit == SR_MARK_FILE) == (shown[0] == '\0'));
}

static void check_range(struct sr_bytes in) {
	struct sr_mark m = {.hazard = "graphic"}, again = {0};
	char text[SR_MARK_TEXT], clock[SR_CLOCK_TEXT];
	uint64_t ms = 0, back = 0;
	struct sr_err e = {0};
	int rc = sr_mark_range(&m, in, &e);
	if (rc != 0) {
		refused(rc, &e);
	} else {
		sr_mark_format(text, &m);
		assert_ok(sr_mark_parse(&again, sr_bytes_str(text), &e), &e);
		MUST(sr_mark_same(&m, &again));
	}
	rc = sr_clock_parse(&ms, in, &e);
	if (rc != 0) {
		refused(rc, &e);
		return;
	}
	MUST(ms <= sr_mark_ms_max);
	sr_clock_format(clock, ms);
	assert_ok(sr_clock_parse(&back, sr_bytes_str(clock), &e), &e);
	MUST(ms == back);
}

/* What a field takes can stand in its line, or is a text of at most its bytes. */
static void check_field(const struct sr_desc_field *f, struct sr_bytes in) {
	struct sr_buf b;
	struct sr_err e = {0};
	const int rc = sr_desc_check(f, in, &e);
	if (rc != 0) {
		refused(rc, &e);
		return;
	}
	MUST(in.len <= SR_FIELD_TEXT && sr_utf8_valid(in));
	if (f->kind == SR_V_TEXT || f->compartment != SR_STRUCTURAL)
		return;
	sr_buf_init(&b);
	sr_desc_put(&b, f, in);
	MUST(sr_buf_ok(&b, NULL) == 0 && b.len == in.len);
	assert_ok(sr_value_check(f->kind, sr_buf_view(&b), &e), &e);
	assert_ok(sr_desc_check(f, sr_buf_view(&b), &e), &e);
	sr_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const struct sr_type *type = NULL;
	struct sr_err e = {0};
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	const size_t which = fuzz_u8(&in);
	check_date(in);
	check_language(in);
	check_mark(in);
	check_range(in);
	const int rc = sr_type_of_line(&type, in, &e);
	if (rc != 0)
		refused(rc, &e);
	else
		MUST(type != NULL);
	for (size_t i = 0; i < count; i++) {
		if (which >= count || which == i)
			check_field(&fields[i], in);
	}
	return 0;
}

void fuzz_seeds(void) {
	static const char *const texts[] = {"1994-05-01", "1985-04-12T23:20:30Z",
		"2004-06-XX/2004-07-03", "1984?", "1560-12~", "-2001-21^spring", "Y-170000002",
		"../1985-04-12", "[1667,1760-12]", "ar-EG", "zh-Hant-TW", "sl-rozaj-biske-1994",
		"x-whatever", "i-klingon", "de-CH-1996", "graphic 2", "graphic 0 page 3 7",
		"hate 1 time 1000 2500", "p12-18", "12", "05:00-10:00", "1:02:03-1:10:00.5",
		"05:00.250", "strongroom/vote/v1", "00112233445566778899aabbccddeeff",
		"reel, 16 mm", "download 3 2026-11-21", "1994/1999 a family in Aleppo",
		"born-digital"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char name[24];
		(void)snprintf(name, sizeof name, "text-%zu", i);
		fuzz_seed_with(name, "\xff", 1, sr_bytes_str(texts[i]));
	}
}
