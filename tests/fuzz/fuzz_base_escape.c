/*
 * fuzz_base_escape - any bytes come out fit for a terminal, nothing is lost on the way, and a limit
 * on the length is kept; the UTF-8 reader agrees with one written down from the table of RFC 3629.
 */
#include "base/escape.h"
#include "fuzz.h"

/* RFC 3629 section 4, row by row: the length of the character at ${p}, 0 if there is none. */
static size_t by_table(const uint8_t *p, size_t len) {
	static const struct {
		uint8_t first, last, low, high;
		size_t size;
	} rows[] = {{0x00, 0x7f, 0, 0, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
	for (size_t i = 0; len > 0 && i < sizeof rows / sizeof rows[0]; i++) {
		if (p[0] < rows[i].first || p[0] > rows[i].last)
			continue;
		if (rows[i].size > len)
			return 0;
		for (size_t j = 1; j < rows[i].size; j++) {
			uint8_t low = j == 1 ? rows[i].low : 0x80;
			uint8_t high = j == 1 ? rows[i].high : 0xbf;
			if (p[j] < low || p[j] > high)
				return 0;
		}
		return rows[i].size;
	}
	return 0;
}

static bool hidden(uint32_t cp) {
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c || cp == 0x200e ||
	       cp == 0x200f || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) ||
	       cp == 0x2028 || cp == 0x2029;
}

static void must_be_safe(struct sr_bytes out, bool lines) {
	while (out.len > 0) {
		uint32_t cp = 0;
		size_t n = sr_utf8_next(out, &cp);
		MUST(n > 0);
		MUST(!hidden(cp) || (lines && (cp == '\n' || cp == '\t')));
		out = sr_bytes_of(out.p + n, out.len - n);
	}
}

static void put_utf8(struct sr_buf *b, uint32_t cp) {
	if (cp < 0x80) {
		sr_buf_put_u8(b, (uint8_t)cp);
		return;
	}
	int more = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
	static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
	sr_buf_put_u8(b, (uint8_t)(lead[more] | (cp >> (6 * more))));
	for (int i = more - 1; i >= 0; i--)
		sr_buf_put_u8(b, (uint8_t)(0x80 | ((cp >> (6 * i)) & 0x3f)));
}

static uint32_t hex_value(char **at, char stop, size_t digits) {
	char *end = NULL;
	char text[9] = {0};
	size_t n = 0;
	while (n < digits && (*at)[n] != '\0' && (*at)[n] != stop && n < 8) {
		text[n] = (*at)[n];
		n++;
	}
	uint32_t v = (uint32_t)strtoul(text, &end, 16);
	MUST(n > 0 && *end == '\0');
	*at += n;
	return v;
}

/* The inverse of sr_escape. */
static void unescape(struct sr_buf *b, char *at) {
	while (*at != '\0') {
		char c = *at++;
		if (c != '\\') {
			sr_buf_put_u8(b, (uint8_t)c);
			continue;
		}
		c = *at++;
		if (c == 'n' || c == 't' || c == 'r' || c == '\\') {
			sr_buf_put_u8(b, c == 'n'   ? '\n'
					 : c == 't' ? '\t'
					 : c == 'r' ? '\r'
						    : '\\');
		} else if (c == 'x') {
			sr_buf_put_u8(b, (uint8_t)hex_value(&at, '\0', 2));
		} else {
			MUST(c == 'u' && *at == '{');
			at++;
			put_utf8(b, hex_value(&at, '}', 8));
			MUST(*at++ == '}');
		}
	}
}

static void check_utf8(struct sr_bytes in) {
	bool valid = true;
	size_t at = 0;
	while (at < in.len) {
		uint32_t cp = UINT32_MAX;
		size_t n = sr_utf8_next(sr_bytes_of(in.p + at, in.len - at), &cp);
		MUST(n == by_table(in.p + at, in.len - at));
		if (n > 0) {
			struct sr_buf b;
			sr_buf_init(&b);
			put_utf8(&b, cp);
			MUST(sr_bytes_eq(sr_buf_view(&b), sr_bytes_of(in.p + at, n)));
			sr_buf_free(&b);
		}
		valid = valid && n > 0;
		at += n > 0 ? n : 1;
	}
	MUST(sr_utf8_valid(in) == valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	size_t max = fuzz_u8(&in);
	struct sr_buf out, back;
	char small[40];
	sr_buf_init(&out);
	sr_buf_init(&back);
	check_utf8(in);
	sr_escape(&out, in, 0);
	must_be_safe(sr_buf_view(&out), false);
	char *text = fuzz_str(sr_buf_view(&out));
	MUST(strlen(text) == out.len);
	unescape(&back, text);
	MUST(sr_bytes_eq(sr_buf_view(&back), in));
	free(text);
	size_t whole = out.len;
	sr_buf_clear(&out);
	sr_escape(&out, in, max);
	must_be_safe(sr_buf_view(&out), false);
	MUST(max == 0 || out.len <= max + 3);
	MUST(max == 0 || whole > max || out.len == whole);
	sr_buf_clear(&out);
	sr_escape_text(&out, in);
	must_be_safe(sr_buf_view(&out), true);
	MUST(sr_escape_to(small, sizeof small, in) == small && strlen(small) < sizeof small);
	must_be_safe(sr_bytes_str(small), false);
	sr_buf_free(&out);
	sr_buf_free(&back);
	return 0;
}

void fuzz_seeds(void) {
	/* U+202E, U+2066, U+009B, U+2028: as bytes, a string would turn the line around */
	static const uint8_t bidi[] = {0x40, 'a', 0xe2, 0x80, 0xae, 'b', 0xe2, 0x81, 0xa6, 'c',
		0xc2, 0x9b, 'd', 0xe2, 0x80, 0xa8};
	fuzz_seed_str("plain",
		"\x10Just a title, \xc3\xa4\xc3\xb6\xc3\xbc \xe6\x9d\xb1\xe4\xba\xac "
		"\xf0\x9f\x94\x92");
	fuzz_seed_str("terminal", "\x05\x1b[31mred\x1b[0m\x07\r\n\ttab \\ back");
	fuzz_seed("bidi", sr_bytes_of(bidi, sizeof bidi));
	fuzz_seed_str("broken", "\x07\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82\xff\xf5");
}
