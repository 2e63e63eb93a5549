/*
 * text - parsing and writing the one line grammar; see text.h for it.
 *
 * Invariant: sr_text_parse accepts exactly the bytes that sr_text_begin and sr_text_put can write,
 * within SR_TEXT_MAX and SR_TEXT_LINES, so encode(parse(b)) == b. Both sides share good_type,
 * good_key and bad_value below; there is no second place where the grammar is written down.
 */
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/time.h"

enum {
	KEY_MAX = 32 /* bytes of a key */
};

static const char PREFIX[] = "strongroom/";

static bool lower(uint8_t c) {
	return c >= 'a' && c <= 'z';
}

static bool figure(uint8_t c) {
	return c >= '0' && c <= '9';
}

/* [a-z][a-z0-9-]{0,31} */
static bool good_key(struct sr_bytes k) {
	if (k.len == 0 || k.len > KEY_MAX || !lower(k.p[0]))
		return false;
	for (size_t i = 1; i < k.len; i++)
		if (!lower(k.p[i]) && !figure(k.p[i]) && k.p[i] != '-')
			return false;
	return true;
}

/* "strongroom/" token "/v" decimal; the token is as a key, the version 1 to 65535. */
static bool good_type(struct sr_bytes t) {
	const size_t skip = sizeof PREFIX - 1;
	if (t.len <= skip || memcmp(t.p, PREFIX, skip) != 0)
		return false;
	const uint8_t *slash = memchr(t.p + skip, '/', t.len - skip);
	if (slash == NULL)
		return false;
	size_t at = (size_t)(slash - t.p);
	if (!good_key(sr_bytes_of(t.p + skip, at - skip)) || at + 2 >= t.len || t.p[at + 1] != 'v')
		return false;
	uint64_t version = 0;
	struct sr_bytes number = sr_bytes_of(t.p + at + 2, t.len - at - 2);
	return sr_parse_dec(&version, number, 65535, NULL) == 0 && version > 0;
}

/* What is wrong with a value, or NULL. */
static const char *bad_value(struct sr_bytes v) {
	if (v.len == 0)
		return "empty value";
	if (v.p[0] == ' ')
		return "space before the value";
	if (v.p[v.len - 1] == ' ')
		return "space after the value";
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] < 0x20 || v.p[i] > 0x7e)
			return "a byte outside 0x20 to 0x7e";
		if (v.p[i] == ' ' && v.p[i + 1] == ' ')
			return "two spaces in a row";
	}
	return NULL;
}

/* One line without its \n, number ${number} (from 1), into ${out}. */
static int parse_line(struct sr_line *out, struct sr_bytes line, size_t number, struct sr_err *e) {
	if (line.len == 0)
		return sr_fail(e, SR_CORRUPT, "line %zu: blank", number);
	const uint8_t *space = memchr(line.p, ' ', line.len);
	size_t split = space != NULL ? (size_t)(space - line.p) : line.len;
	struct sr_line l = {sr_bytes_of(line.p, split), {NULL, 0}};
	if (!good_key(l.key))
		return sr_fail(e, SR_CORRUPT,
			"line %zu: key is not 1 to %d of a-z, 0-9 and - beginning with a letter",
			number, KEY_MAX);
	if (space == NULL)
		return sr_fail(e, SR_CORRUPT, "line %zu: no value", number);
	l.value = sr_bytes_of(line.p + split + 1, line.len - split - 1);
	const char *why = bad_value(l.value);
	if (why != NULL)
		return sr_fail(e, SR_CORRUPT, "line %zu: %s", number, why);
	*out = l;
	return 0;
}

/* The bytes of ${in} from ${at} to the next \n, which the caller knows is there. */
static struct sr_bytes line_at(struct sr_bytes in, size_t at) {
	const uint8_t *end = memchr(in.p + at, '\n', in.len - at);
	return sr_bytes_of(in.p + at, end != NULL ? (size_t)(end - (in.p + at)) : in.len - at);
}

int sr_text_parse(struct sr_text *out, struct sr_bytes in, struct sr_err *e) {
	struct sr_line *lines = NULL;
	int rc = 0;
	if (in.len == 0)
		return sr_fail(e, SR_CORRUPT, "text: empty");
	if (in.len > SR_TEXT_MAX)
		return sr_fail(
			e, SR_CORRUPT, "text: %zu bytes, want at most %d", in.len, SR_TEXT_MAX);
	if (in.p[in.len - 1] != '\n')
		return sr_fail(e, SR_CORRUPT, "text: the last line does not end");
	size_t count = 0;
	for (size_t i = 0; i < in.len; i++)
		count += in.p[i] == '\n';
	if (count > SR_TEXT_LINES)
		return sr_fail(
			e, SR_CORRUPT, "text: %zu lines, want at most %d", count, SR_TEXT_LINES);
	struct sr_bytes type = line_at(in, 0);
	if (!good_type(type))
		return sr_fail(e, SR_CORRUPT,
			"line 1: not a type like strongroom/vote/v1 in %zu bytes", type.len);
	assert(count > 0); /* it ends with a \n */
	lines = calloc(count, sizeof *lines);
	if (lines == NULL)
		return sr_fail(e, SR_NOMEM, "text: no memory for %zu lines", count);
	size_t at = type.len + 1;
	for (size_t i = 0; i + 1 < count; i++) {
		struct sr_bytes line = line_at(in, at);
		rc = parse_line(&lines[i], line, i + 2, e);
		if (rc != 0)
			goto out;
		at += line.len + 1;
	}
	out->type = type;
	out->lines = lines;
	out->count = count - 1;
	out->raw = in;
	lines = NULL;
out:
	free(lines);
	return rc;
}

void sr_text_free(struct sr_text *t) {
	if (t == NULL)
		return;
	free(t->lines);
	memset(t, 0, sizeof *t);
}

size_t sr_text_count(const struct sr_text *t, const char *key) {
	struct sr_bytes want = sr_bytes_str(key);
	size_t count = 0;
	for (size_t i = 0; i < t->count; i++)
		count += sr_bytes_eq(t->lines[i].key, want);
	return count;
}

struct sr_bytes sr_text_get_n(const struct sr_text *t, const char *key, size_t i) {
	struct sr_bytes want = sr_bytes_str(key);
	for (size_t j = 0; j < t->count; j++)
		if (sr_bytes_eq(t->lines[j].key, want) && i-- == 0)
			return t->lines[j].value;
	return sr_bytes_of(NULL, 0);
}

struct sr_bytes sr_text_get(const struct sr_text *t, const char *key) {
	return sr_text_get_n(t, key, 0);
}

/* --- writing -----------------------------------------------------------------------------------
 */

static void fail_buf(struct sr_buf *b, enum sr_code code) {
	if (b->failed == SR_OK)
		b->failed = code;
}

void sr_text_begin(struct sr_buf *b, const char *type) {
	if (!good_type(sr_bytes_str(type))) {
		fail_buf(b, SR_MISUSE);
		return;
	}
	sr_buf_put_str(b, type);
	sr_buf_put_u8(b, '\n');
}

/* "${key} " is written; the value is what follows ${start}: check it and end the line. */
static void end_line(struct sr_buf *b, size_t start) {
	if (b->failed != SR_OK)
		return;
	if (bad_value(sr_bytes_of(b->p + start, b->len - start)) != NULL)
		fail_buf(b, SR_MISUSE);
	sr_buf_put_u8(b, '\n');
}

/* Write "${key} "; where the value begins. */
static size_t begin_line(struct sr_buf *b, const char *key) {
	if (!good_key(sr_bytes_str(key)))
		fail_buf(b, SR_MISUSE);
	sr_buf_put_str(b, key);
	sr_buf_put_u8(b, ' ');
	return b->len;
}

void sr_text_put(struct sr_buf *b, const char *key, const char *value) {
	size_t start = begin_line(b, key);
	sr_buf_put_str(b, value);
	end_line(b, start);
}

void sr_text_putf(struct sr_buf *b, const char *key, const char *fmt, ...) {
	char *value = NULL;
	va_list ap;
	va_start(ap, fmt);
	int len = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (len < 0) {
		fail_buf(b, SR_NOMEM);
		return;
	}
	sr_text_put(b, key, value);
	sr_wipe(value, (size_t)len);
	free(value);
}

void sr_text_put_hex(struct sr_buf *b, const char *key, const void *p, size_t len) {
	size_t start = begin_line(b, key);
	sr_buf_put_hex(b, p, len);
	end_line(b, start);
}

void sr_text_put_base64(struct sr_buf *b, const char *key, const void *p, size_t len) {
	size_t start = begin_line(b, key);
	sr_buf_put_base64(b, p, len);
	end_line(b, start);
}

void sr_text_put_dec(struct sr_buf *b, const char *key, uint64_t v) {
	size_t start = begin_line(b, key);
	sr_buf_printf(b, "%llu", (unsigned long long)v);
	end_line(b, start);
}

void sr_text_put_time(struct sr_buf *b, const char *key, int64_t t) {
	char text[SR_TIME_TEXT];
	sr_time_format(text, t);
	sr_text_put(b, key, text);
}

/* --- words -------------------------------------------------------------------------------------
 */

struct sr_bytes sr_word(struct sr_bytes value, size_t i) {
	size_t start = 0;
	if (value.len == 0)
		return sr_bytes_of(NULL, 0);
	for (size_t at = 0; at <= value.len; at++) {
		if (at < value.len && value.p[at] != ' ')
			continue;
		if (i-- == 0)
			return sr_bytes_of(value.p + start, at - start);
		start = at + 1;
	}
	return sr_bytes_of(NULL, 0);
}

size_t sr_word_count(struct sr_bytes value) {
	if (value.len == 0)
		return 0;
	size_t count = 1;
	for (size_t i = 0; i < value.len; i++)
		count += value.p[i] == ' ';
	return count;
}
