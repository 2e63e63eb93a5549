/*
 * fuzz_parser_encoded - values of headers: encoded words and parameters. Input: u8 what, u8 how,
 * the value.
 *
 *   what % 4   0 any value as text         no line end comes out, nor a control that stood in no
 *                                          value; what is UTF-8 stays so
 *              1 the value in words        comes back, but for its controls
 *              2 any value's parameter     is no longer than its bytes, decoded, may be
 *              3 the value as a parameter  in one, or in pieces of any order, comes back
 *   how        bits 0-2 the charset; 3 Q or quotes, else B or percents; 4-7 bytes of a piece
 */
#include "base/escape.h"
#include "fuzz.h"
#include "parser/charset.h"
#include "parser/encoded.h"

enum {
	PER_BYTE = 3 /* UTF-8 of one byte, at most */
};

static size_t controls(struct sr_bytes v) {
	size_t n = 0;
	for (size_t i = 0; i < v.len; i++)
		n += (v.p[i] < 0x20 && v.p[i] != '\t') || v.p[i] == 0x7F;
	return n;
}

/* Appended to what is there, which stays. */
static void text(struct sr_bytes in) {
	struct sr_buf out;
	sr_buf_init(&out);
	sr_buf_put_u8(&out, '\n');
	par_encoded_text(&out, in);
	MUST(sr_buf_ok(&out, NULL) == 0 && out.len <= PER_BYTE * in.len + 1);
	MUST(out.p[0] == '\n');
	const struct sr_bytes v = sr_bytes_of(out.p + 1, out.len - 1);
	MUST(v.len == 0 || (memchr(v.p, '\n', v.len) == NULL && memchr(v.p, '\r', v.len) == NULL));
	MUST(controls(v) <= controls(in));
	MUST(!sr_utf8_valid(in) || sr_utf8_valid(v));
	sr_buf_free(&out);
}

static const char *charset(uint8_t how) {
	static const char *const names[] = {"utf-8", "UTF8", "windows-1252", "iso-8859-1*en",
		"CP1251", "windows-1256", "koi8-r", "us-ascii"};
	return names[how & 7];
}

/* What the bytes are in the charset. */
static void decoded(struct sr_buf *out, uint8_t how, struct sr_bytes v) {
	struct sr_bytes name = sr_bytes_str(charset(how));
	const uint8_t *language = memchr(name.p, '*', name.len);
	enum par_charset is;
	if (language != NULL)
		name.len = (size_t)(language - name.p);
	MUST(par_charset_named(&is, name));
	par_charset_decode(out, is, v);
}

static void put_base64(struct sr_buf *out, struct sr_bytes v) {
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < v.len; i += 3) {
		const size_t n = v.len - i < 3 ? v.len - i : 3;
		uint32_t bits = 0;
		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (j < n ? v.p[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			sr_buf_put_u8(out,
				j <= n ? (uint8_t)digits[bits >> (18 - 6 * j) & 63] : (uint8_t)'=');
	}
}

static void put_hex(struct sr_buf *out, char sign, struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++)
		sr_buf_printf(out, i % 2 == 0 ? "%c%02X" : "%c%02x", sign, v.p[i]);
}

static void words(uint8_t how, struct sr_bytes v) {
	struct sr_buf in, out, want;
	sr_buf_init(&in);
	sr_buf_init(&out);
	sr_buf_init(&want);
	decoded(&want, how, v);
	for (size_t i = 0; i < want.len; i++)
		if (want.p[i] < 0x20 || want.p[i] == 0x7F)
			want.p[i] = ' ';
	do {
		const struct sr_bytes one = fuzz_take(&v, (size_t)(how >> 4) + 1);
		sr_buf_printf(&in, "=?%s?%s?", charset(how), (how & 8) != 0 ? "Q" : "b");
		if ((how & 8) != 0)
			put_hex(&in, '=', one);
		else
			put_base64(&in, one);
		sr_buf_put_str(&in, v.len > 0 ? "?=\r\n\t" : "?=");
	} while (v.len > 0);
	sr_buf_put_str(&in, " |");
	sr_buf_put_str(&want, " |");
	par_encoded_text(&out, sr_buf_view(&in));
	MUST(sr_bytes_eq(sr_buf_view(&out), sr_buf_view(&want)));
	sr_buf_free(&in);
	sr_buf_free(&out);
	sr_buf_free(&want);
}

static void any_parameter(struct sr_bytes v) {
	static const char *const keys[] = {"name", "filename", "charset"};
	struct sr_buf out;
	sr_buf_init(&out);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		sr_buf_put_str(&out, "what was there");
		par_encoded_parameter(&out, v, keys[i]);
		MUST(sr_buf_ok(&out, NULL) == 0 && out.len <= PER_BYTE * v.len);
	}
	sr_buf_free(&out);
}

/* In a quoted string, where two bytes are more than themselves. */
static void put_quoted(struct sr_buf *out, struct sr_bytes v) {
	sr_buf_put_u8(out, '"');
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '"' || v.p[i] == '\\')
			sr_buf_put_u8(out, '\\');
		sr_buf_put_u8(out, v.p[i]);
	}
	sr_buf_put_u8(out, '"');
}

static void put_piece(struct sr_buf *out, uint8_t how, size_t i, struct sr_bytes v) {
	if ((how & 8) != 0) {
		sr_buf_printf(out, "; NAME*%zu=", i);
		put_quoted(out, v);
		return;
	}
	sr_buf_printf(out, " ;name*%zu*=", i);
	if (i == 0) {
		const char *name = charset(how);
		sr_buf_put(out, name, strcspn(name, "*"));
		sr_buf_put_str(out, "'ar'");
	}
	put_hex(out, '%', v);
}

/* In pieces from the last to the first; one that fits in one is also tried so. */
static void parameter(uint8_t how, struct sr_bytes v) {
	const size_t step = (size_t)(how >> 4) + 1;
	struct sr_buf in, out, want;
	sr_buf_init(&in);
	sr_buf_init(&out);
	sr_buf_init(&want);
	if (v.len > PAR_PARAMETER_PIECES * step)
		v.len = PAR_PARAMETER_PIECES * step;
	if ((how & 8) != 0)
		sr_buf_put_bytes(&want, v);
	else
		decoded(&want, how, v);
	sr_buf_put_str(&in, "a/b; x=\"; name=no\"; name*x=no; name=no");
	for (size_t i = v.len > 0 ? (v.len - 1) / step + 1 : 1; i > 0; i--) {
		const size_t at = (i - 1) * step;
		put_piece(&in, how, i - 1,
			sr_bytes_of(v.p + at, v.len - at < step ? v.len - at : step));
	}
	par_encoded_parameter(&out, sr_buf_view(&in), "name");
	MUST(sr_bytes_eq(sr_buf_view(&out), sr_buf_view(&want)));
	sr_buf_clear(&in);
	sr_buf_put_str(&in, "a; name = ");
	put_quoted(&in, v);
	par_encoded_parameter(&out, sr_buf_view(&in), "name");
	MUST(sr_bytes_eq(sr_buf_view(&out), v));
	sr_buf_free(&in);
	sr_buf_free(&out);
	sr_buf_free(&want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const uint8_t what = fuzz_u8(&in), how = fuzz_u8(&in);
	if (in.len > 65536) /* PAR_MAIL_HEADER */
		return 0;
	switch (what % 4) {
	case 0:
		text(in);
		break;
	case 1:
		words(how, in);
		break;
	case 2:
		any_parameter(in);
		break;
	default:
		parameter(how, in);
	}
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_with("text", "\0\0", 2,
		sr_bytes_str("=?utf-8?B?2YPYqg==?=\r\n =?utf-8?Q?_=C3=A9?= and\r\n\tmore "
			     "=?koi8-r*ru?q?=0A=CF?= =?x?q?y?= =?utf-8?B?!?="));
	fuzz_seed_with("words-b", "\1\x30", 2, sr_bytes_str("a\nn\xC3\xA9 \xFF"));
	fuzz_seed_with("words-q", "\1\x0E", 2, sr_bytes_str("\xCF\xF0 and"));
	fuzz_seed_with("parameters", "\2\0", 2,
		sr_bytes_str("a/b; name=\"x;\\\"y\"; Filename*0*=UTF-8''%D9%83; filename*1=a;\n "
			     "charset*=utf-8''x%"));
	fuzz_seed_with("pieces", "\3\x15", 2, sr_bytes_str("a\"b;\\c%41=\xE3"));
	fuzz_seed_with("quoted", "\3\x28", 2, sr_bytes_str("a\"b;\\c%41=\xE3'd'"));
}
