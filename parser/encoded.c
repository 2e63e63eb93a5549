/*
 * encoded - see encoded.h.
 */
#include "parser/encoded.h"

#include <stdio.h>
#include <string.h>

#include "parser/charset.h"

static bool is_space(uint8_t c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The byte that ${sign} and two hex digits at ${at} stand for, or -1. */
static int hex_byte(struct sr_bytes v, size_t at, uint8_t sign) {
	const int high = at + 2 < v.len && v.p[at] == sign ? sr_hex_digit(v.p[at + 1]) : -1;
	const int low = high >= 0 ? sr_hex_digit(v.p[at + 2]) : -1;

	return low >= 0 ? 16 * high + low : -1;
}

static struct sr_bytes from(struct sr_bytes v, size_t at) {
	return sr_bytes_of(v.p + at, v.len - at);
}

/* --- encoded words ---------------------------------------------------------------------------- */

static bool decode_q(struct sr_buf *out, struct sr_bytes text) {
	for (size_t i = 0; i < text.len; i++) {
		const int b = hex_byte(text, i, '=');

		if (text.p[i] == '=' && b < 0)
			return false;
		sr_buf_put_u8(out, b >= 0 ? (uint8_t)b : text.p[i] == '_' ? ' ' : text.p[i]);
		i += b >= 0 ? 2 : 0;
	}
	return true;
}

static bool decode_b(struct sr_buf *out, struct sr_bytes text) {
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned have = 0;

	while (text.len > 0 && text.p[text.len - 1] == '=')
		text.len--;
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t *d = memchr(digits, text.p[i], sizeof digits - 1);

		if (d == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(d - (const uint8_t *)digits);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		sr_buf_put_u8(out, (uint8_t)(bits >> have));
	}
	return true;
}

/* The encoded word at the start of ${v}: its charset, and its bytes appended; how long it is, 0: it
 * is none. */
static size_t word(struct sr_buf *bytes, struct sr_bytes *charset, struct sr_bytes v) {
	const size_t before = bytes->len;
	size_t mark[3], n = 0, at = 2;
	bool good;

	if (v.len < 8 || v.p[0] != '=' || v.p[1] != '?')
		return 0;
	for (; at < v.len && n < 3 && !is_space(v.p[at]); at++)
		if (v.p[at] == '?')
			mark[n++] = at;
	if (n < 3 || mark[1] != mark[0] + 2 || at == v.len || v.p[at] != '=')
		return 0;
	*charset = sr_bytes_of(v.p + 2, mark[0] - 2);
	const uint8_t *language = charset->len > 0 ? memchr(charset->p, '*', charset->len) : NULL;
	if (language != NULL)
		charset->len = (size_t)(language - charset->p);
	const struct sr_bytes text = sr_bytes_of(v.p + mark[1] + 1, mark[2] - mark[1] - 1);
	switch (v.p[mark[0] + 1] | 0x20) { /* of either case */
	case 'q':
		good = decode_q(bytes, text);
		break;
	case 'b':
		good = decode_b(bytes, text);
		break;
	default:
		good = false;
	}
	if (!good)
		bytes->len = before;
	return good ? at + 1 : 0;
}

/* The words at the start of ${v} that follow one another in one charset; how far they go, 0: there
 * is none that can be read. */
static size_t words(struct sr_buf *out, struct sr_bytes v) {
	struct sr_bytes charset = {NULL, 0}, next = {NULL, 0};
	enum par_charset is = PAR_UTF8;
	struct sr_buf bytes;
	size_t at, more;

	sr_buf_init(&bytes);
	at = word(&bytes, &charset, v);
	if (at > 0 && !par_charset_named(&is, charset))
		at = 0;
	while (at > 0) {
		const size_t have = bytes.len;
		size_t blank = at;

		while (blank < v.len && is_space(v.p[blank]))
			blank++;
		more = word(&bytes, &next, from(v, blank));
		if (more == 0 || !sr_bytes_eq_nocase(next, charset)) {
			bytes.len = have;
			break;
		}
		at = blank + more;
	}
	more = out->len;
	if (at > 0)
		par_charset_decode(out, is, sr_buf_view(&bytes));
	for (; more < out->len; more++)
		if (out->p[more] < 0x20 || out->p[more] == 0x7F)
			out->p[more] = ' ';
	sr_buf_free(&bytes);
	return at;
}

void par_encoded_text(struct sr_buf *out, struct sr_bytes value) {
	bool after = false; /* a word, and nothing but white space since */
	size_t held = 0;    /* that white space */

	for (size_t at = 0; at < value.len;) {
		const size_t n = words(out, from(value, at));

		if (n > 0) {
			at += n;
			after = true;
			held = at;
			continue;
		}
		if (after && is_space(value.p[at])) { /* none, if another word follows */
			at++;
			continue;
		}
		if (after)
			at = held;
		after = false;
		if (value.p[at] != '\r' && value.p[at] != '\n')
			sr_buf_put_u8(out, value.p[at]);
		at++;
	}
}

/* --- parameters ------------------------------------------------------------------------------- */

/* To the next ";" that is in no quoted string; what is before it. */
static struct sr_bytes up_to_semicolon(struct sr_bytes *rest) {
	const struct sr_bytes v = *rest;
	bool quoted = false;
	size_t n = 0;

	for (; n < v.len && (quoted || v.p[n] != ';'); n++) {
		if (v.p[n] == '"')
			quoted = !quoted;
		else if (quoted && v.p[n] == '\\' && n + 1 < v.len)
			n++;
	}
	*rest = from(v, n < v.len ? n + 1 : n);
	return sr_bytes_of(v.p, n);
}

/* The value of "key=value", a token or a quoted string, appended. False: another key. */
static bool value_of(struct sr_buf *out, struct sr_bytes part, const char *key) {
	size_t n = 0, at;
	bool quoted;

	while (part.len > 0 && is_space(part.p[0]))
		part = from(part, 1);
	while (n < part.len && part.p[n] != '=' && !is_space(part.p[n]))
		n++;
	if (!sr_bytes_eq_nocase(sr_bytes_of(part.p, n), sr_bytes_str(key)))
		return false;
	for (at = n; at < part.len && is_space(part.p[at]); at++)
		;
	if (at == part.len || part.p[at] != '=')
		return false;
	for (at++; at < part.len && is_space(part.p[at]); at++)
		;
	quoted = at < part.len && part.p[at] == '"';
	for (at += quoted ? 1 : 0; at < part.len; at++) {
		if (quoted ? part.p[at] == '"' : is_space(part.p[at]))
			break;
		if (quoted && part.p[at] == '\\' && at + 1 < part.len)
			at++;
		sr_buf_put_u8(out, part.p[at]);
	}
	return true;
}

/* Append the parameter that is written exactly ${key}; false: there is none. */
static bool plain(struct sr_buf *out, struct sr_bytes value, const char *key) {
	(void)up_to_semicolon(&value); /* what the parameters are of */
	while (value.len > 0)
		if (value_of(out, up_to_semicolon(&value), key))
			return true;
	return false;
}

static void percent(struct sr_buf *out, struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++) {
		const int b = hex_byte(v, i, '%');

		sr_buf_put_u8(out, b >= 0 ? (uint8_t)b : v.p[i]);
		i += b >= 0 ? 2 : 0;
	}
}

/* Its piece ${i}, or (-1) the whole in one; the first says the charset before two quotes. False:
 * there is none. */
static bool piece(
	struct sr_buf *out, struct sr_buf *charset, struct sr_bytes value, const char *key, int i) {
	char name[64], number[16] = "";
	struct sr_buf raw;
	struct sr_bytes v;
	bool there;

	if (i >= 0)
		(void)snprintf(number, sizeof number, "*%d", i);
	(void)snprintf(name, sizeof name, "%s%s*", key, number);
	sr_buf_init(&raw);
	there = plain(&raw, value, name);
	v = sr_buf_view(&raw);
	if (there && i <= 0) {
		const uint8_t *one = v.len > 0 ? memchr(v.p, '\'', v.len) : NULL;
		const size_t n = one != NULL ? (size_t)(one - v.p) : 0;
		const uint8_t *two = one != NULL ? memchr(one + 1, '\'', v.len - n - 1) : NULL;

		if (two != NULL) {
			sr_buf_put_bytes(charset, sr_bytes_of(v.p, n));
			v = from(v, (size_t)(two + 1 - v.p));
		}
	}
	if (there)
		percent(out, v);
	sr_buf_free(&raw);
	if (there || i < 0)
		return there;
	name[strlen(name) - 1] = '\0';
	return plain(out, value, name);
}

void par_encoded_parameter(struct sr_buf *out, struct sr_bytes value, const char *key) {
	struct sr_buf bytes, charset;
	enum par_charset is = PAR_UTF8;
	bool there;

	sr_buf_clear(out);
	sr_buf_init(&bytes);
	sr_buf_init(&charset);
	there = piece(&bytes, &charset, value, key, -1);
	for (int i = 0; !there || i > 0; i++) {
		if (i == PAR_PARAMETER_PIECES || !piece(&bytes, &charset, value, key, i))
			break;
		there = true;
	}
	if (!there)
		(void)plain(out, value, key);
	else if (charset.len > 0 && par_charset_named(&is, sr_buf_view(&charset)))
		par_charset_decode(out, is, sr_buf_view(&bytes));
	else
		sr_buf_put_buf(out, &bytes);
	sr_buf_free(&bytes);
	sr_buf_free(&charset);
}
