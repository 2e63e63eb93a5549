/*
 * ext_decimal - decimals of four places: a 64-bit count of ten-thousandths.
 *
 * Text: -?[0-9]+\.[0-9]{1,4}, from -922337203685477.5808 to 922337203685477.5807. No plus sign, no
 * missing digits on either side of the point.
 */
#include "base/escape.h"
#include "policy/ext.h"

enum {
	PLACES = 4
};

static int bad(struct sr_bytes text, const char *why, struct sr_err *e) {
	char shown[64];
	return sr_fail(
		e, SR_CORRUPT, "decimal(\"%s\"): %s", sr_escape_to(shown, sizeof shown, text), why);
}

/* Digits of ${text} from ${at} on, added to ${n} with the sign of the number: the smallest number
 * has no positive counterpart. Returns how many; *${over}: it does not fit. */
static size_t digits(struct sr_bytes text, size_t at, bool minus, int64_t *n, bool *over) {
	size_t count = 0;
	for (; at < text.len && text.p[at] >= '0' && text.p[at] <= '9'; at++, count++) {
		int64_t digit = text.p[at] - '0';
		*over = *over || __builtin_mul_overflow(*n, INT64_C(10), n) ||
			__builtin_add_overflow(*n, minus ? -digit : digit, n);
	}
	return count;
}

int sr_cedar_decimal(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	struct sr_bytes text = args[0].s;
	bool minus = text.len > 0 && text.p[0] == '-';
	size_t at = minus ? 1 : 0;
	int64_t n = 0;
	bool over = false;
	(void)a;
	size_t whole = digits(text, at, minus, &n, &over);
	at += whole;
	if (whole == 0 || at >= text.len || text.p[at] != '.')
		return bad(text, "want digits, a point and 1 to 4 digits", e);
	at++;
	size_t places = digits(text, at, minus, &n, &over);
	if (places == 0 || at + places != text.len)
		return bad(text, "want digits, a point and 1 to 4 digits", e);
	if (places > PLACES)
		return bad(text, "more than 4 digits after the point", e);
	for (; places < PLACES; places++)
		over = over || __builtin_mul_overflow(n, INT64_C(10), &n);
	if (over)
		return bad(text, "want a number from -922337203685477.5808 to 922337203685477.5807",
			e);
	*out = (struct sr_cedar_value){.kind = SR_CEDAR_DECIMAL, .n = n};
	return 0;
}

static int boolean(struct sr_cedar_value *out, bool b) {
	*out = (struct sr_cedar_value){.kind = SR_CEDAR_BOOL, .b = b};
	return 0;
}

int sr_cedar_decimal_lt(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return boolean(out, args[0].n < args[1].n);
}

int sr_cedar_decimal_le(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return boolean(out, args[0].n <= args[1].n);
}

int sr_cedar_decimal_gt(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return boolean(out, args[0].n > args[1].n);
}

int sr_cedar_decimal_ge(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return boolean(out, args[0].n >= args[1].n);
}
