/*
 * ext_ip - IP addresses and ranges: an address and the length of its prefix.
 *
 *   IPv4  four decimal octets without leading zeros; prefix 0 to 32
 *   IPv6  eight groups of 1 to 4 hex digits, or fewer and one "::" for at least one group; prefix 0
 *         to 128. No zone, no dotted tail (RFC 4291 has both; Cedar takes neither).
 *
 * A prefix is written without leading zeros; without one the range is the address alone. Bits
 * behind the prefix are kept: equality looks at them, isInRange does not. At most 43 bytes: the
 * longest address, "/" and three digits.
 */
#include <string.h>

#include "base/escape.h"
#include "policy/ext.h"

enum {
	TEXT_MAX = 43,
	GROUPS = 8,
	NO_GAP = GROUPS + 1
};

static int bad(struct sr_bytes text, const char *why, struct sr_err *e) {
	char shown[64];
	return sr_fail(
		e, SR_CORRUPT, "ip(\"%s\"): %s", sr_escape_to(shown, sizeof shown, text), why);
}

static bool digit(uint8_t c) {
	return c >= '0' && c <= '9';
}

/* All of ${text} is a decimal number without leading zero, at most ${max}. */
static bool decimal(struct sr_bytes text, unsigned max, uint8_t *out) {
	unsigned n = 0;
	if (text.len == 0 || text.len > 3 || (text.len > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!digit(text.p[i]))
			return false;
		n = n * 10 + (unsigned)(text.p[i] - '0');
	}
	if (n > max)
		return false;
	*out = (uint8_t)n;
	return true;
}

static bool parse_v4(struct sr_bytes text, uint8_t addr[16]) {
	for (int i = 0; i < 4; i++) {
		const uint8_t *dot = text.len == 0 ? NULL : memchr(text.p, '.', text.len);
		size_t len = dot == NULL ? text.len : (size_t)(dot - text.p);
		if ((dot == NULL) != (i == 3) || !decimal(sr_bytes_of(text.p, len), 255, &addr[i]))
			return false;
		if (dot != NULL)
			text = sr_bytes_of(text.p + len + 1, text.len - len - 1);
	}
	return true;
}

/* 1 to 4 hex digits at ${at}; returns how many, 0: none, or a fifth follows. */
static size_t group(struct sr_bytes text, size_t at, unsigned *out) {
	size_t len = 0;
	unsigned n = 0;
	for (; at + len < text.len; len++) {
		uint8_t c = text.p[at + len];
		unsigned v = 0;
		if (digit(c))
			v = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = (unsigned)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			v = (unsigned)(c - 'A') + 10;
		else
			break;
		if (len == 4)
			return 0;
		n = n << 4 | v;
	}
	*out = n;
	return len;
}

/* Groups separated by colons, ${at} at the first; "::" may follow any of them, or come first. */
static bool parse_v6(struct sr_bytes text, uint8_t addr[16]) {
	unsigned groups[GROUPS] = {0};
	size_t count = 0;
	size_t gap = NO_GAP; /* groups before "::" */
	size_t at = 0;
	if (text.len >= 2 && text.p[0] == ':' && text.p[1] == ':') {
		gap = 0;
		at = 2;
	}
	while (at < text.len) {
		size_t len = count < GROUPS ? group(text, at, &groups[count]) : 0;
		if (len == 0)
			return false;
		count++;
		at += len;
		if (at == text.len)
			break;
		if (text.p[at] != ':' || ++at == text.len)
			return false;
		if (text.p[at] == ':') {
			if (gap != NO_GAP)
				return false;
			gap = count;
			at++;
		}
	}
	if (gap == NO_GAP ? count != GROUPS : count >= GROUPS)
		return false;
	for (size_t i = 0; i < GROUPS; i++) {
		unsigned v = 0;
		if (i < gap)
			v = groups[i];
		else if (i >= gap + GROUPS - count)
			v = groups[i - (GROUPS - count)];
		addr[2 * i] = (uint8_t)(v >> 8);
		addr[2 * i + 1] = (uint8_t)v;
	}
	return true;
}

int sr_cedar_ip(struct sr_arena *a, const struct sr_cedar_value *args, struct sr_cedar_value *out,
	struct sr_err *e) {
	struct sr_bytes text = args[0].s;
	struct sr_cedar_ip ip = {0};
	if (text.len == 0 || text.len > TEXT_MAX)
		return bad(text, "want 1 to 43 bytes", e);
	const uint8_t *slash = memchr(text.p, '/', text.len);
	size_t len = slash == NULL ? text.len : (size_t)(slash - text.p);
	struct sr_bytes addr = sr_bytes_of(text.p, len);
	ip.v6 = memchr(addr.p, ':', addr.len) != NULL;
	if (!(ip.v6 ? parse_v6(addr, ip.addr) : parse_v4(addr, ip.addr)))
		return bad(text, "no IPv4 or IPv6 address", e);
	ip.prefix = ip.v6 ? 128 : 32;
	if (slash != NULL &&
		!decimal(sr_bytes_of(slash + 1, text.len - len - 1), ip.prefix, &ip.prefix))
		return bad(text,
			ip.v6 ? "want a prefix from 0 to 128 after '/'"
			      : "want a prefix from 0 to 32 after '/'",
			e);
	struct sr_cedar_ip *kept = sr_arena_new(a, 1, sizeof *kept, e);
	if (kept == NULL)
		return sr_arena_failed(a);
	*kept = ip;
	*out = (struct sr_cedar_value){.kind = SR_CEDAR_IPADDR, .ip = kept};
	return 0;
}

static int boolean(struct sr_cedar_value *out, bool b) {
	*out = (struct sr_cedar_value){.kind = SR_CEDAR_BOOL, .b = b};
	return 0;
}

int sr_cedar_ip_is_v4(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return boolean(out, !args[0].ip->v6);
}

int sr_cedar_ip_is_v6(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return boolean(out, args[0].ip->v6);
}

/* Is every address of ${x} one of ${range}? */
static bool within(const struct sr_cedar_ip *x, const struct sr_cedar_ip *range) {
	if (x->v6 != range->v6 || x->prefix < range->prefix)
		return false;
	size_t whole = range->prefix / 8;
	unsigned bits = range->prefix % 8;
	if (memcmp(x->addr, range->addr, whole) != 0)
		return false;
	return bits == 0 || (x->addr[whole] ^ range->addr[whole]) >> (8 - bits) == 0;
}

int sr_cedar_ip_loopback(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	static const struct sr_cedar_ip v4 = {.addr = {127}, .prefix = 8};
	static const struct sr_cedar_ip v6 = {.addr = {[15] = 1}, .prefix = 128, .v6 = true};
	(void)a;
	(void)e;
	return boolean(out, within(args[0].ip, args[0].ip->v6 ? &v6 : &v4));
}

int sr_cedar_ip_multicast(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	static const struct sr_cedar_ip v4 = {.addr = {224}, .prefix = 4};
	static const struct sr_cedar_ip v6 = {.addr = {0xff}, .prefix = 8, .v6 = true};
	(void)a;
	(void)e;
	return boolean(out, within(args[0].ip, args[0].ip->v6 ? &v6 : &v4));
}

int sr_cedar_ip_in_range(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e) {
	(void)a;
	(void)e;
	return boolean(out, within(args[0].ip, args[1].ip));
}
