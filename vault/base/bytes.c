/*
 * bytes - views, buffers, readers, integers, hex and base64; see bytes.h.
 *
 * Invariants of a buffer: len <= cap; p is NULL exactly when cap is 0; once `failed` is set no put
 * changes it. A secret buffer is never handed to realloc: it grows into new memory and the old is
 * wiped, and the bytes between len and cap hold nothing of an earlier value after a clear.
 */
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_CAP = 64, /* bytes of a buffer's first allocation: most lines and headers fit */
	/* From this size on a buffer begins at a page, as what goes past the page cache has to
	 * (O_DIRECT): malloc would put it 16 bytes behind one. */
	LARGE_CAP = 1 << 20,
	PAGE = 4096
};

struct sr_bytes sr_bytes_str(const char *s) {
	return sr_bytes_of(s, strlen(s));
}

bool sr_bytes_eq(struct sr_bytes a, struct sr_bytes b) {
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static uint8_t ascii_lower(uint8_t c) {
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool sr_bytes_eq_nocase(struct sr_bytes a, struct sr_bytes b) {
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

int sr_bytes_cmp(struct sr_bytes a, struct sr_bytes b) {
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common > 0 ? memcmp(a.p, b.p, common) : 0;
	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool sr_ct_eq(const void *a, const void *b, size_t len) {
	const volatile uint8_t *pa = a;
	const volatile uint8_t *pb = b;
	uint8_t differ = 0;
	for (size_t i = 0; i < len; i++)
		differ |= (uint8_t)(pa[i] ^ pb[i]);
	sr_public(&differ, sizeof differ);
	return differ == 0;
}

#ifdef SR_TESTING
void (*sr_public_hook)(const void *p, size_t len);

void sr_public(const void *p, size_t len) {
	if (sr_public_hook != NULL)
		sr_public_hook(p, len);
}
#endif

void sr_wipe(void *p, size_t len) {
	if (p != NULL && len > 0)
		explicit_bzero(p, len);
}

void sr_words_free(char *text) {
	if (text != NULL)
		sr_wipe(text, strlen(text));
	free(text);
}

void sr_buf_init(struct sr_buf *b) {
	memset(b, 0, sizeof *b);
}

void sr_buf_init_secret(struct sr_buf *b) {
	memset(b, 0, sizeof *b);
	b->secret = true;
}

void sr_buf_free(struct sr_buf *b) {
	if (b == NULL)
		return;
	if (b->secret)
		sr_wipe(b->p, b->cap);
	free(b->p);
	b->p = NULL;
	b->len = 0;
	b->cap = 0;
	b->failed = SR_OK;
}

void sr_buf_clear(struct sr_buf *b) {
	if (b->secret)
		sr_wipe(b->p, b->len);
	b->len = 0;
	b->failed = SR_OK;
}

/* Room for ${more} bytes after len; the code that stops it. */
static enum sr_code grow(struct sr_buf *b, size_t more) {
	if (more <= b->cap - b->len)
		return SR_OK;
	if (more > SIZE_MAX / 2 - b->len)
		return SR_LIMIT;
	size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;
	while (cap < b->len + more)
		cap *= 2;
	uint8_t *p = NULL;
	if (b->secret || cap >= LARGE_CAP) {
		p = cap >= LARGE_CAP ? aligned_alloc(PAGE, cap) : malloc(cap);
		if (p == NULL)
			return SR_NOMEM;
		if (b->len > 0)
			memcpy(p, b->p, b->len);
		if (b->secret)
			sr_wipe(b->p, b->cap);
		free(b->p);
	} else {
		p = realloc(b->p, cap);
		if (p == NULL)
			return SR_NOMEM;
	}
	b->p = p;
	b->cap = cap;
	return SR_OK;
}

/* The place of ${len} new bytes, already counted, or NULL (sticky) when there is none. */
static uint8_t *put_space(struct sr_buf *b, size_t len) {
	if (b->failed != SR_OK)
		return NULL;
	b->failed = grow(b, len);
	if (b->failed != SR_OK || b->p == NULL)
		return NULL;
	uint8_t *at = b->p + b->len;
	b->len += len;
	return at;
}

void sr_buf_put(struct sr_buf *b, const void *p, size_t len) {
	if (len == 0)
		return;
	uint8_t *at = put_space(b, len);
	if (at != NULL)
		memcpy(at, p, len);
}

void sr_buf_put_bytes(struct sr_buf *b, struct sr_bytes v) {
	sr_buf_put(b, v.p, v.len);
}

/* Is there anything to put? */
static bool whole(struct sr_buf *b, const struct sr_buf *from) {
	if (b->failed == SR_OK)
		b->failed = from->failed;
	return b->failed == SR_OK;
}

void sr_buf_put_buf(struct sr_buf *b, const struct sr_buf *from) {
	if (whole(b, from))
		sr_buf_put(b, from->p, from->len);
}

void sr_buf_put_zero(struct sr_buf *b, size_t len) {
	if (len == 0)
		return;
	uint8_t *at = put_space(b, len);
	if (at != NULL)
		memset(at, 0, len);
}

void sr_buf_put_u8(struct sr_buf *b, uint8_t v) {
	sr_buf_put(b, &v, 1);
}

void sr_buf_put_le16(struct sr_buf *b, uint16_t v) {
	uint8_t raw[2];
	sr_le16_put(raw, v);
	sr_buf_put(b, raw, sizeof raw);
}

void sr_buf_put_le32(struct sr_buf *b, uint32_t v) {
	uint8_t raw[4];
	sr_le32_put(raw, v);
	sr_buf_put(b, raw, sizeof raw);
}

void sr_buf_put_le64(struct sr_buf *b, uint64_t v) {
	uint8_t raw[8];
	sr_le64_put(raw, v);
	sr_buf_put(b, raw, sizeof raw);
}

void sr_buf_put_be16(struct sr_buf *b, uint16_t v) {
	uint8_t raw[2];
	sr_be16_put(raw, v);
	sr_buf_put(b, raw, sizeof raw);
}

void sr_buf_put_be64(struct sr_buf *b, uint64_t v) {
	uint8_t raw[8];
	sr_be64_put(raw, v);
	sr_buf_put(b, raw, sizeof raw);
}

void sr_buf_put_lp(struct sr_buf *b, struct sr_bytes v) {
	if (b->failed != SR_OK)
		return;
	if (v.len > UINT32_MAX) {
		b->failed = SR_LIMIT;
		return;
	}
	sr_buf_put_le32(b, (uint32_t)v.len);
	sr_buf_put_bytes(b, v);
}

void sr_buf_put_lp_buf(struct sr_buf *b, const struct sr_buf *from) {
	if (whole(b, from))
		sr_buf_put_lp(b, sr_bytes_of(from->p, from->len));
}

void sr_buf_put_str(struct sr_buf *b, const char *s) {
	sr_buf_put(b, s, strlen(s));
}

void sr_buf_printf(struct sr_buf *b, const char *fmt, ...) {
	if (b->failed != SR_OK)
		return;
	va_list ap;
	va_list again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->failed = SR_MISUSE;
	} else {
		/* One byte more for the NUL that vsnprintf writes; it is not counted. */
		b->failed = grow(b, (size_t)len + 1);
		if (b->failed == SR_OK && b->p != NULL) {
			(void)vsnprintf((char *)b->p + b->len, (size_t)len + 1, fmt, again);
			b->len += (size_t)len;
		}
	}
	va_end(again);
}

static const char HEX[] = "0123456789abcdef";

void sr_buf_put_hex(struct sr_buf *b, const void *p, size_t len) {
	if (len > SIZE_MAX / 2) {
		b->failed = b->failed != SR_OK ? b->failed : SR_LIMIT;
		return;
	}
	uint8_t *at = put_space(b, len * 2);
	if (at == NULL)
		return;
	const uint8_t *in = p;
	for (size_t i = 0; i < len; i++) {
		at[2 * i] = (uint8_t)HEX[in[i] >> 4];
		at[2 * i + 1] = (uint8_t)HEX[in[i] & 15];
	}
}

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sr_buf_put_base64(struct sr_buf *b, const void *p, size_t len) {
	if (len > SIZE_MAX / 4) {
		b->failed = b->failed != SR_OK ? b->failed : SR_LIMIT;
		return;
	}
	uint8_t *at = put_space(b, (len + 2) / 3 * 4);
	if (at == NULL)
		return;
	const uint8_t *in = p;
	for (size_t i = 0; i < len; i += 3, at += 4) {
		size_t have = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)in[i] << 16;
		if (have > 1)
			v |= (uint32_t)in[i + 1] << 8;
		if (have > 2)
			v |= in[i + 2];
		at[0] = (uint8_t)BASE64[v >> 18];
		at[1] = (uint8_t)BASE64[v >> 12 & 63];
		at[2] = have > 1 ? (uint8_t)BASE64[v >> 6 & 63] : (uint8_t)'=';
		at[3] = have > 2 ? (uint8_t)BASE64[v & 63] : (uint8_t)'=';
	}
}

static int buf_code(enum sr_code code, size_t len, struct sr_err *e) {
	switch (code) {
	case SR_OK:
		return 0;
	case SR_NOMEM:
		return sr_fail(e, SR_NOMEM, "out of memory after %zu bytes", len);
	case SR_LIMIT:
		return sr_fail(e, SR_LIMIT, "a buffer of %zu bytes cannot grow further", len);
	case SR_IO:
	case SR_CORRUPT:
	case SR_AUTH:
	case SR_NOTFOUND:
	case SR_EXISTS:
	case SR_LOCKED:
	case SR_DENIED:
	case SR_MISUSE:
	case SR_UNSUPPORTED:
	case SR_USAGE:
		break;
	}
	return sr_fail(
		e, code, "a value that its format does not allow was put after %zu bytes", len);
}

int sr_buf_reserve(struct sr_buf *b, size_t more, struct sr_err *e) {
	if (b->failed == SR_OK)
		b->failed = grow(b, more);
	return buf_code(b->failed, b->len, e);
}

int sr_buf_ok(const struct sr_buf *b, struct sr_err *e) {
	return buf_code(b->failed, b->len, e);
}

char *sr_buf_dup_str(const struct sr_buf *b) {
	/* A text that is cut is another text: a path to another folder. */
	char *s = b->failed != SR_OK ? NULL : malloc(b->len + 1);
	if (s == NULL)
		return NULL;
	if (b->len > 0)
		memcpy(s, b->p, b->len);
	s[b->len] = '\0';
	return s;
}

/* --- reading ---------------------------------------------------------------------------------- */

void sr_reader_init(struct sr_reader *r, struct sr_bytes in) {
	r->in = in;
	r->pos = 0;
}

size_t sr_reader_left(const struct sr_reader *r) {
	return r->in.len - r->pos;
}

/* That ${len} bytes are left. */
static int want(const struct sr_reader *r, size_t len, struct sr_err *e) {
	size_t left = sr_reader_left(r);
	if (len > left)
		return sr_fail(
			e, SR_CORRUPT, "want %zu bytes at offset %zu, have %zu", len, r->pos, left);
	return 0;
}

int sr_get_view(struct sr_reader *r, struct sr_bytes *out, size_t len, struct sr_err *e) {
	int rc = want(r, len, e);
	if (rc != 0)
		return rc;
	*out = sr_bytes_of(r->in.p != NULL ? r->in.p + r->pos : NULL, len);
	r->pos += len;
	return 0;
}

int sr_get(struct sr_reader *r, void *out, size_t len, struct sr_err *e) {
	int rc = want(r, len, e);
	if (rc != 0 || len == 0)
		return rc;
	memcpy(out, r->in.p + r->pos, len);
	r->pos += len;
	return 0;
}

int sr_get_u8(struct sr_reader *r, uint8_t *v, struct sr_err *e) {
	return sr_get(r, v, 1, e);
}

int sr_get_le16(struct sr_reader *r, uint16_t *v, struct sr_err *e) {
	uint8_t raw[2];
	int rc = sr_get(r, raw, sizeof raw, e);
	if (rc == 0)
		*v = sr_le16_get(raw);
	return rc;
}

int sr_get_le32(struct sr_reader *r, uint32_t *v, struct sr_err *e) {
	uint8_t raw[4];
	int rc = sr_get(r, raw, sizeof raw, e);
	if (rc == 0)
		*v = sr_le32_get(raw);
	return rc;
}

int sr_get_le64(struct sr_reader *r, uint64_t *v, struct sr_err *e) {
	uint8_t raw[8];
	int rc = sr_get(r, raw, sizeof raw, e);
	if (rc == 0)
		*v = sr_le64_get(raw);
	return rc;
}

int sr_get_lp(struct sr_reader *r, struct sr_bytes *out, size_t max, struct sr_err *e) {
	size_t at = r->pos;
	uint32_t len = 0;
	int rc = sr_get_le32(r, &len, e);
	if (rc == 0 && len > max)
		rc = sr_fail(
			e, SR_CORRUPT, "length %u at offset %zu, want at most %zu", len, at, max);
	if (rc == 0)
		rc = sr_get_view(r, out, len, e);
	if (rc != 0)
		r->pos = at;
	return rc;
}

int sr_get_end(const struct sr_reader *r, struct sr_err *e) {
	size_t left = sr_reader_left(r);
	if (left > 0)
		return sr_fail(e, SR_CORRUPT, "%zu bytes left over at offset %zu", left, r->pos);
	return 0;
}

/* --- integers ----------------------------------------------------------------------------------
 */

uint16_t sr_le16_get(const uint8_t *p) {
	return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t sr_le32_get(const uint8_t *p) {
	return (uint32_t)sr_le16_get(p) | (uint32_t)sr_le16_get(p + 2) << 16;
}

uint64_t sr_le64_get(const uint8_t *p) {
	return (uint64_t)sr_le32_get(p) | (uint64_t)sr_le32_get(p + 4) << 32;
}

uint16_t sr_be16_get(const uint8_t *p) {
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t sr_be32_get(const uint8_t *p) {
	return (uint32_t)sr_be16_get(p) << 16 | (uint32_t)sr_be16_get(p + 2);
}

uint64_t sr_be64_get(const uint8_t *p) {
	return (uint64_t)sr_be32_get(p) << 32 | (uint64_t)sr_be32_get(p + 4);
}

void sr_le16_put(uint8_t *p, uint16_t v) {
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

void sr_le32_put(uint8_t *p, uint32_t v) {
	sr_le16_put(p, (uint16_t)v);
	sr_le16_put(p + 2, (uint16_t)(v >> 16));
}

void sr_le64_put(uint8_t *p, uint64_t v) {
	sr_le32_put(p, (uint32_t)v);
	sr_le32_put(p + 4, (uint32_t)(v >> 32));
}

void sr_be16_put(uint8_t *p, uint16_t v) {
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void sr_be32_put(uint8_t *p, uint32_t v) {
	sr_be16_put(p, (uint16_t)(v >> 16));
	sr_be16_put(p + 2, (uint16_t)v);
}

void sr_be64_put(uint8_t *p, uint64_t v) {
	sr_be32_put(p, (uint32_t)(v >> 32));
	sr_be32_put(p + 4, (uint32_t)v);
}

/* --- text forms --------------------------------------------------------------------------------
 */

void sr_hex(char *out, const void *p, size_t len) {
	const uint8_t *in = p;
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = HEX[in[i] >> 4];
		out[2 * i + 1] = HEX[in[i] & 15];
	}
	out[2 * len] = '\0';
}

int sr_hex_digit(uint8_t c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Digits are chosen by masks: what a processor cannot predict is not asked (a replay reads some ten
 * hashes an entry), and how long it takes says nothing of the digits of a key. */
enum {
	NO_DIGIT = 0x80
};

static uint8_t within(uint8_t c, char first, unsigned count) {
	return (uint8_t)(0U - ((uint8_t)(c - (uint8_t)first) < count));
}

static uint8_t hex_value(uint8_t c) {
	const uint8_t digit = within(c, '0', 10), letter = within(c, 'a', 6);

	return (uint8_t)((digit & (c - '0')) | (letter & (c - 'a' + 10)) |
			 (~(digit | letter) & NO_DIGIT));
}

/* Where the first byte is that is none; ${text}.len: all are digits. */
static size_t not_hex(struct sr_bytes text) {
	uint8_t any = 0;
	size_t at = 0;

	for (size_t i = 0; i < text.len; i++)
		any |= hex_value(text.p[i]);
	if ((any & NO_DIGIT) == 0)
		return text.len;
	while (hex_value(text.p[at]) != NO_DIGIT)
		at++;
	return at;
}

int sr_unhex(void *out, size_t len, struct sr_bytes text, struct sr_err *e) {
	if (len > SIZE_MAX / 2 || text.len != len * 2)
		return sr_fail(e, SR_CORRUPT, "hex: have %zu digits, want %zu", text.len, len * 2);
	const size_t bad = not_hex(text);
	if (bad < text.len)
		return sr_fail(e, SR_CORRUPT,
			"hex: byte 0x%02x at offset %zu is not a lowercase digit", text.p[bad],
			bad);
	uint8_t *to = out;
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(hex_value(text.p[2 * i]) << 4 | hex_value(text.p[2 * i + 1]));
	return 0;
}

/* Sixteen characters at once: a replay spends more time here than on any of its hashes. */
enum {
	LANES = 16
};
typedef uint8_t lanes __attribute__((vector_size(LANES)));

static lanes base64_lanes(const uint8_t *text) {
	lanes c;

	memcpy(&c, text, sizeof c);
	const lanes from_upper = c - (uint8_t)'A', from_lower = c - (uint8_t)'a';
	const lanes from_digit = c - (uint8_t)'0';
	const lanes upper = (lanes)(from_upper < 26), lower = (lanes)(from_lower < 26);
	const lanes digit = (lanes)(from_digit < 10), plus = (lanes)(c == '+');
	const lanes slash = (lanes)(c == '/');

	return (upper & from_upper) | (lower & (from_lower + 26)) | (digit & (from_digit + 52)) |
	       (plus & 62) | (slash & 63) | (~(upper | lower | digit | plus | slash) & NO_DIGIT);
}

static uint8_t base64_value(uint8_t c) {
	const uint8_t upper = within(c, 'A', 26), lower = within(c, 'a', 26);
	const uint8_t digit = within(c, '0', 10), plus = within(c, '+', 1);
	const uint8_t slash = within(c, '/', 1);

	return (uint8_t)((upper & (c - 'A')) | (lower & (c - 'a' + 26)) | (digit & (c - '0' + 52)) |
			 (plus & 62) | (slash & 63) |
			 (~(upper | lower | digit | plus | slash) & NO_DIGIT));
}

static size_t not_base64(struct sr_bytes text) {
	lanes all = {0};
	uint8_t any = 0;
	size_t at = 0;

	for (; text.len - at >= LANES; at += LANES)
		all |= base64_lanes(text.p + at);
	for (size_t i = 0; i < LANES; i++)
		any |= all[i];
	for (; at < text.len; at++)
		any |= base64_value(text.p[at]);
	at = 0;
	if ((any & NO_DIGIT) == 0)
		return text.len;
	while (base64_value(text.p[at]) != NO_DIGIT)
		at++;
	return at;
}

/* Check all of ${text}; its decoded size to ${size}. */
static int base64_check(size_t *size, struct sr_bytes text, struct sr_err *e) {
	if (text.len % 4 != 0)
		return sr_fail(
			e, SR_CORRUPT, "base64: %zu characters, want a multiple of 4", text.len);
	size_t pad = 0;
	while (pad < 2 && pad < text.len && text.p[text.len - 1 - pad] == '=')
		pad++;
	const size_t bad = not_base64(sr_bytes_of(text.p, text.len - pad));
	if (bad < text.len - pad)
		return sr_fail(e, SR_CORRUPT,
			"base64: byte 0x%02x at offset %zu is not in the alphabet", text.p[bad],
			bad);
	if (pad > 0) {
		uint8_t last = base64_value(text.p[text.len - 1 - pad]);
		if ((last & (pad == 1 ? 3 : 15)) != 0)
			return sr_fail(
				e, SR_CORRUPT, "base64: the bits after the last byte are not zero");
	}
	*size = text.len / 4 * 3 - pad;
	return 0;
}

/* ${text} is checked; ${size} is its decoded size. */
static void base64_decode(uint8_t *out, size_t size, struct sr_bytes text) {
	size_t i = 0, o = 0;
	uint8_t v[LANES];

	for (; text.len - i > LANES; i += LANES) { /* the last may end in '=' */
		const lanes now = base64_lanes(text.p + i);
		memcpy(v, &now, sizeof v);
		for (size_t j = 0; j < LANES; j += 4, o += 3) {
			out[o] = (uint8_t)(v[j] << 2 | v[j + 1] >> 4);
			out[o + 1] = (uint8_t)(v[j + 1] << 4 | v[j + 2] >> 2);
			out[o + 2] = (uint8_t)(v[j + 2] << 6 | v[j + 3]);
		}
	}
	sr_wipe(v, sizeof v);
	for (; i < text.len; i += 4, o += 3) {
		uint32_t four = 0;
		for (size_t j = 0; j < 4; j++) {
			four = four << 6 | (base64_value(text.p[i + j]) & 63U); /* '=': zeros */
		}
		for (size_t j = 0; j < 3 && o + j < size; j++)
			out[o + j] = (uint8_t)(four >> (16 - 8 * j));
	}
}

int sr_unbase64(struct sr_buf *out, struct sr_bytes text, struct sr_err *e) {
	size_t size = 0;
	int rc = base64_check(&size, text, e);
	if (rc != 0 || size == 0)
		return rc != 0 ? rc : sr_buf_ok(out, e);
	uint8_t *at = put_space(out, size);
	if (at == NULL)
		return sr_buf_ok(out, e);
	base64_decode(at, size, text);
	return 0;
}

int sr_unbase64_fixed(void *out, size_t len, struct sr_bytes text, struct sr_err *e) {
	size_t size = 0;
	int rc = base64_check(&size, text, e);
	if (rc != 0)
		return rc;
	if (size != len)
		return sr_fail(e, SR_CORRUPT, "base64: have %zu bytes, want %zu", size, len);
	base64_decode(out, size, text);
	return 0;
}

/* --- numbers -----------------------------------------------------------------------------------
 */

int sr_add_size(size_t *out, size_t a, size_t b, struct sr_err *e) {
	size_t sum = 0;
	if (__builtin_add_overflow(a, b, &sum))
		return sr_fail(e, SR_LIMIT, "size %zu plus %zu is too large", a, b);
	*out = sum;
	return 0;
}

int sr_mul_size(size_t *out, size_t a, size_t b, struct sr_err *e) {
	size_t product = 0;
	if (__builtin_mul_overflow(a, b, &product))
		return sr_fail(e, SR_LIMIT, "size %zu times %zu is too large", a, b);
	*out = product;
	return 0;
}

int sr_parse_dec(uint64_t *out, struct sr_bytes text, uint64_t max, struct sr_err *e) {
	if (text.len == 0)
		return sr_fail(e, SR_CORRUPT, "number: no digits");
	if (text.len > 1 && text.p[0] == '0')
		return sr_fail(e, SR_CORRUPT, "number: leading zero");
	uint64_t v = 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];
		if (c < '0' || c > '9')
			return sr_fail(e, SR_CORRUPT,
				"number: byte 0x%02x at offset %zu is not a digit", c, i);
		uint64_t digit = (uint64_t)(c - '0');
		if (v > (UINT64_MAX - digit) / 10 || v * 10 + digit > max)
			return sr_fail(
				e, SR_CORRUPT, "number: above %llu", (unsigned long long)max);
		v = v * 10 + digit;
	}
	*out = v;
	return 0;
}
