/* json - a strict reader of JSON; see json.h. */
#include "policy/json.h"

#include <assert.h>
#include <string.h>

#include "base/escape.h"
#include "policy/lex.h"
#include "policy/parser.h"
#include "strongroom/cedar.h"

struct reader {
	struct sr_bytes in;
	size_t at;
	unsigned line;
	size_t line_begin; /* offset of the line's first byte */
	unsigned depth, depth_max;
	struct sr_arena *arena;
	struct sr_err *e;
};

static unsigned column_of(const struct reader *r) {
	return (unsigned)(r->at - r->line_begin + 1);
}

static int want(const struct reader *r, const char *what) {
	char shown[16];
	if (r->at >= r->in.len)
		return sr_fail(r->e, SR_CORRUPT,
			"line %u, column %u: want %s, have the end of the text", r->line,
			column_of(r), what);
	struct sr_bytes left = sr_bytes_of(r->in.p + r->at, r->in.len - r->at);
	uint32_t cp = 0;
	size_t len = sr_utf8_next(left, &cp);
	return sr_fail(r->e, SR_CORRUPT, "line %u, column %u: want %s, have '%s'", r->line,
		column_of(r), what,
		sr_escape_to(shown, sizeof shown, sr_bytes_of(left.p, len > 0 ? len : 1)));
}

static void skip_blanks(struct reader *r) {
	for (; r->at < r->in.len; r->at++) {
		uint8_t c = r->in.p[r->at];
		if (c == '\n') {
			r->line++;
			r->line_begin = r->at + 1;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			return;
		}
	}
}

static bool next_is(const struct reader *r, char c) {
	return r->at < r->in.len && r->in.p[r->at] == (uint8_t)c;
}

/* --- strings --------------------------------------------------------------------------------- */

/* Four hex digits at ${at}; false: not there. */
static bool hex4(const struct reader *r, size_t at, uint32_t *out) {
	uint32_t v = 0;
	if (r->in.len - at < 4)
		return false;
	for (size_t i = at; i < at + 4; i++) {
		uint8_t c = r->in.p[i];
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

/* The escape after a backslash, r->at at the letter. */
static int read_escape(struct reader *r, uint32_t *cp) {
	static const char letters[] = "\"\\/bfnrt";
	static const uint8_t means[] = {'"', '\\', '/', '\b', '\f', '\n', '\r', '\t'};
	uint8_t c = r->at < r->in.len ? r->in.p[r->at] : 0;
	const char *known = c == 0 ? NULL : strchr(letters, c);
	uint32_t low = 0;
	if (known != NULL) {
		*cp = means[known - letters];
		r->at++;
		return 0;
	}
	if (c != 'u' || !hex4(r, r->at + 1, cp))
		return want(r, "an escape (\" \\ / b f n r t, or u and four hex digits)");
	if (*cp >= 0xdc00 && *cp <= 0xdfff)
		return want(r, "a Unicode scalar value, not the second half of one");
	if (*cp >= 0xd800 && *cp <= 0xdbff) {
		size_t second = r->at + 5;
		if (r->in.len - second < 6 || r->in.p[second] != '\\' ||
			r->in.p[second + 1] != 'u' || !hex4(r, second + 2, &low) || low < 0xdc00 ||
			low > 0xdfff)
			return want(r, "a Unicode scalar value, not the first half of one");
		*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
		r->at += 6;
	}
	r->at += 5;
	return 0;
}

/* Where the string ends (at its quote), and whether it has escapes. */
static int scan_string(struct reader *r, size_t *end, bool *escaped) {
	size_t begin = r->at;
	*escaped = false;
	while (r->at < r->in.len && r->in.p[r->at] != '"') {
		uint32_t cp = 0;
		size_t len = sr_utf8_next(sr_bytes_of(r->in.p + r->at, r->in.len - r->at), &cp);
		if (len == 0)
			return want(r, "valid UTF-8");
		if (cp < 0x20)
			return want(r, "an escape for a control character");
		r->at += len;
		if (cp == '\\') {
			*escaped = true;
			r->at += r->at < r->in.len ? 1 : 0;
		}
	}
	if (r->at >= r->in.len)
		return want(r, "'\"' at the end of a string");
	*end = r->at;
	r->at = begin;
	return 0;
}

static int read_string(struct reader *r, struct sr_bytes *out) {
	size_t end = 0;
	size_t len = 0;
	bool escaped = false;
	r->at++;
	int rc = scan_string(r, &end, &escaped);
	if (rc != 0)
		return rc;
	if (!escaped) {
		*out = sr_bytes_of(r->in.p + r->at, end - r->at);
		r->at = end + 1;
		return 0;
	}
	/* No escape means more bytes than it is written with. */
	uint8_t *p = sr_arena_new(r->arena, end - r->at, 1, r->e);
	if (p == NULL)
		return sr_arena_failed(r->arena);
	while (r->at < end) {
		uint32_t cp = r->in.p[r->at];
		if (cp != '\\') {
			p[len++] = (uint8_t)cp;
			r->at++;
			continue;
		}
		r->at++;
		rc = read_escape(r, &cp);
		if (rc != 0)
			return rc;
		len += sr_cedar_utf8_put(p + len, cp);
	}
	*out = sr_bytes_of(p, len);
	r->at = end + 1;
	return 0;
}

/* --- the other values ------------------------------------------------------------------------ */

static size_t digits(struct reader *r) {
	size_t begin = r->at;
	while (r->at < r->in.len && r->in.p[r->at] >= '0' && r->in.p[r->at] <= '9')
		r->at++;
	return r->at - begin;
}

static int read_number(struct reader *r, struct sr_json *v) {
	bool minus = next_is(r, '-');
	size_t begin = r->at += minus ? 1 : 0;
	bool whole = true;
	size_t count = digits(r);
	if (count == 0)
		return want(r, "a digit");
	if (count > 1 && r->in.p[begin] == '0') {
		r->at = begin + 1;
		return want(r, "no digit after a leading zero");
	}
	for (size_t i = begin; i < begin + count; i++) {
		int64_t digit = r->in.p[i] - '0';
		whole = whole && !__builtin_mul_overflow(v->n, INT64_C(10), &v->n) &&
			!__builtin_add_overflow(v->n, minus ? -digit : digit, &v->n);
	}
	if (minus && r->in.p[begin] == '0')
		whole = false;
	if (next_is(r, '.')) {
		whole = false;
		r->at++;
		if (digits(r) == 0)
			return want(r, "a digit after the point");
	}
	if (next_is(r, 'e') || next_is(r, 'E')) {
		whole = false;
		r->at++;
		if (next_is(r, '+') || next_is(r, '-'))
			r->at++;
		if (digits(r) == 0)
			return want(r, "a digit of the exponent");
	}
	v->kind = whole ? SR_JSON_INT : SR_JSON_NUMBER;
	return 0;
}

static bool read_word(struct reader *r, const char *word) {
	size_t len = strlen(word);
	if (r->in.len - r->at < len || memcmp(r->in.p + r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static int read_value(struct reader *r, struct sr_json *v);

/* No key twice: sorted, equal ones stand side by side. */
static int check_keys(struct reader *r, const struct sr_json *object) {
	size_t i = 0;
	if (object->list.count < 2)
		return 0;
	struct sr_arena_mark m = sr_arena_mark(r->arena);
	struct sr_cedar_key *keys = sr_arena_new(r->arena, object->list.count, sizeof *keys, r->e);
	if (keys == NULL)
		return sr_arena_failed(r->arena);
	for (const struct sr_json *v = object->list.first; v != NULL; v = v->next)
		keys[i++] = (struct sr_cedar_key){v->key, v->line, v->column};
	int rc = sr_cedar_keys_differ(keys, i, "member", r->e);
	sr_arena_release(r->arena, m);
	return rc;
}

/* Elements up to ${close}, of an object with their keys; r->at after the opening bracket. */
static int read_list(struct reader *r, struct sr_json *v, char close) {
	struct sr_json **last = &v->list.first;
	skip_blanks(r);
	while (!next_is(r, close)) {
		struct sr_json *item = sr_arena_new(r->arena, 1, sizeof *item, r->e);
		int rc = 0;
		if (item == NULL)
			return sr_arena_failed(r->arena);
		if (v->kind == SR_JSON_OBJECT) {
			if (!next_is(r, '"'))
				return want(r, "a member's name in quotes");
			rc = read_string(r, &item->key);
			skip_blanks(r);
			if (rc == 0 && !next_is(r, ':'))
				return want(r, "':' after a member's name");
			r->at++;
		}
		if (rc == 0)
			rc = read_value(r, item);
		if (rc != 0)
			return rc;
		*last = item;
		last = &item->next;
		v->list.count++;
		skip_blanks(r);
		if (next_is(r, close))
			break;
		if (!next_is(r, ','))
			return want(r, close == ']' ? "',' or ']'" : "',' or '}'");
		r->at++;
		skip_blanks(r);
		if (next_is(r, close))
			return want(r, "a value after ','");
	}
	r->at++;
	return v->kind == SR_JSON_OBJECT ? check_keys(r, v) : 0;
}

static int read_container(struct reader *r, struct sr_json *v) {
	bool object = next_is(r, '{');
	if (r->depth >= r->depth_max)
		return sr_fail(r->e, SR_LIMIT,
			"line %u, column %u: more than %u arrays and objects inside one another",
			r->line, column_of(r), r->depth_max);
	r->depth++;
	r->at++;
	v->kind = object ? SR_JSON_OBJECT : SR_JSON_ARRAY;
	int rc = read_list(r, v, object ? '}' : ']');
	r->depth--;
	return rc;
}

static int read_value(struct reader *r, struct sr_json *v) {
	int rc = 0;
	skip_blanks(r);
	v->line = r->line;
	v->column = column_of(r);
	size_t begin = r->at;
	if (next_is(r, '{') || next_is(r, '[')) {
		rc = read_container(r, v);
	} else if (next_is(r, '"')) {
		v->kind = SR_JSON_STRING;
		rc = read_string(r, &v->s);
	} else if (read_word(r, "null")) {
		v->kind = SR_JSON_NULL;
	} else if (read_word(r, "true")) {
		v->kind = SR_JSON_BOOL;
		v->b = true;
	} else if (read_word(r, "false")) {
		v->kind = SR_JSON_BOOL;
	} else if (next_is(r, '-') ||
		   (r->at < r->in.len && r->in.p[r->at] >= '0' && r->in.p[r->at] <= '9')) {
		rc = read_number(r, v);
	} else {
		rc = want(r, "a JSON value");
	}
	v->raw = sr_bytes_of(r->in.p + begin, r->at - begin);
	return rc;
}

int sr_json_parse(struct sr_arena *a, struct sr_bytes text, unsigned depth_max,
	const struct sr_json **out, struct sr_err *e) {
	struct reader r = {.in = text, .line = 1, .depth_max = depth_max, .arena = a, .e = e};
	assert(text.len <= SR_CEDAR_JSON_MAX); /* who takes it from somebody says that it is more */
	struct sr_json *v = sr_arena_new(a, 1, sizeof *v, e);
	if (v == NULL)
		return sr_arena_failed(a);
	int rc = read_value(&r, v);
	if (rc != 0)
		return rc;
	skip_blanks(&r);
	if (r.at < text.len)
		return want(&r, "nothing after the value");
	*out = v;
	return 0;
}

const struct sr_json *sr_json_get(const struct sr_json *object, const char *key) {
	struct sr_bytes k = sr_bytes_str(key);
	if (object->kind == SR_JSON_OBJECT)
		for (const struct sr_json *v = object->list.first; v != NULL; v = v->next)
			if (sr_bytes_eq(v->key, k))
				return v;
	return NULL;
}

const char *sr_json_kind_name(enum sr_json_kind kind) {
	switch (kind) {
	case SR_JSON_NULL:
		return "null";
	case SR_JSON_BOOL:
		return "a boolean";
	case SR_JSON_INT:
		return "a number";
	case SR_JSON_NUMBER:
		return "a number that is no 64-bit integer";
	case SR_JSON_STRING:
		return "a string";
	case SR_JSON_ARRAY:
		return "an array";
	case SR_JSON_OBJECT:
		return "an object";
	}
	return "";
}

int(sr_json_want)(const struct sr_json *at, const char *what, struct sr_err *e) {
	return sr_fail(e, SR_CORRUPT, "line %u, column %u: want %s, have %s", at->line, at->column,
		what, sr_json_kind_name(at->kind));
}

void sr_json_put_string(struct sr_buf *out, struct sr_bytes s) {
	size_t done = 0;
	sr_buf_put_u8(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		sr_buf_put(out, s.p + done, i - done);
		done = i + 1;
		if (c >= 0x20)
			sr_buf_printf(out, "\\%c", c);
		else
			sr_buf_printf(out, "\\u%04x", c);
	}
	sr_buf_put(out, s.p + done, s.len - done);
	sr_buf_put_u8(out, '"');
}
