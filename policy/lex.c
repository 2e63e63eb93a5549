/* lex - policy text, cut into tokens; see lex.h. */
#include "policy/lex.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"

void sr_cedar_lex_init(struct sr_cedar_lexer *l, struct sr_bytes text) {
	*l = (struct sr_cedar_lexer){.in = text, .line = 1, .column = 1};
}

static struct sr_bytes rest(const struct sr_cedar_lexer *l) {
	return sr_bytes_of(l->in.p + l->at, l->in.len - l->at);
}

static bool white(uint32_t cp) {
	return (cp >= 0x09 && cp <= 0x0d) || cp == 0x20 || cp == 0x85 || cp == 0xa0 ||
	       cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 ||
	       cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

/* Move over ${len} bytes of one character. */
static void step(struct sr_cedar_lexer *l, size_t len) {
	if (l->in.p[l->at] == '\n') {
		l->line++;
		l->column = 1;
	} else {
		l->column++;
	}
	l->at += len;
}

static int fail_utf8(const struct sr_cedar_lexer *l, struct sr_err *e) {
	return sr_fail(e, SR_CORRUPT, "line %u, column %u: byte \\x%02x is not valid UTF-8",
		l->line, l->column, l->in.p[l->at]);
}

/* To the first character of a token, or the end. */
static int skip_blanks(struct sr_cedar_lexer *l, struct sr_err *e) {
	bool comment = false;
	while (l->at < l->in.len) {
		uint32_t cp = 0;
		size_t len = sr_utf8_next(rest(l), &cp);
		if (len == 0)
			return fail_utf8(l, e);
		if (comment) {
			comment = cp != '\n' && cp != '\r';
		} else if (cp == '/' && l->in.len - l->at > 1 && l->in.p[l->at + 1] == '/') {
			comment = true;
		} else if (!white(cp)) {
			return 0;
		}
		step(l, len);
	}
	return 0;
}

/* Bytes that ${test} accepts, from ${at} on. */
static size_t run_of(const struct sr_cedar_lexer *l, size_t at, bool (*test)(uint8_t)) {
	size_t end = at;
	while (end < l->in.len && test(l->in.p[end]))
		end++;
	return end - at;
}

static bool digit(uint8_t c) {
	return c >= '0' && c <= '9';
}

/* The token's text is the next ${len} bytes, all ASCII and none a line end. */
static void take(struct sr_cedar_lexer *l, struct sr_cedar_token *t, size_t len) {
	t->text = sr_bytes_of(l->in.p + l->at, len);
	l->at += len;
	l->column += (unsigned)len;
}

static int lex_string(struct sr_cedar_lexer *l, struct sr_cedar_token *t, struct sr_err *e) {
	step(l, 1);
	size_t begin = l->at;
	while (l->at < l->in.len) {
		uint32_t cp = 0;
		size_t len = sr_utf8_next(rest(l), &cp);
		if (len == 0)
			return fail_utf8(l, e);
		if (cp == '"') {
			t->kind = SR_TOKEN_STRING;
			t->text = sr_bytes_of(l->in.p + begin, l->at - begin);
			step(l, 1);
			return 0;
		}
		if (cp == '\r')
			return sr_fail(e, SR_CORRUPT,
				"line %u, column %u: a string holds a carriage return; write \\r",
				l->line, l->column);
		step(l, len);
		if (cp != '\\')
			continue;
		t->escaped = true;
		if (l->at >= l->in.len)
			break;
		len = sr_utf8_next(rest(l), &cp);
		if (len == 0)
			return fail_utf8(l, e);
		if (cp == '\n')
			return sr_fail(e, SR_CORRUPT,
				"line %u, column %u: a backslash before the end of the line",
				l->line, l->column - 1);
		step(l, len);
	}
	return sr_fail(e, SR_CORRUPT,
		"line %u, column %u: want '\"' at the end of this string, have the end of the text",
		t->line, t->column);
}

/* The longest spelling comes first. */
static const struct {
	const char *text;
	enum sr_cedar_token_kind kind;
} marks[] = {
	{"::", SR_TOKEN_PATH},
	{"==", SR_TOKEN_EQ},
	{"!=", SR_TOKEN_NE},
	{"<=", SR_TOKEN_LE},
	{">=", SR_TOKEN_GE},
	{"||", SR_TOKEN_OR},
	{"&&", SR_TOKEN_AND},
	{"@", SR_TOKEN_AT},
	{".", SR_TOKEN_DOT},
	{",", SR_TOKEN_COMMA},
	{";", SR_TOKEN_SEMICOLON},
	{":", SR_TOKEN_COLON},
	{"(", SR_TOKEN_LPAREN},
	{")", SR_TOKEN_RPAREN},
	{"{", SR_TOKEN_LBRACE},
	{"}", SR_TOKEN_RBRACE},
	{"[", SR_TOKEN_LBRACKET},
	{"]", SR_TOKEN_RBRACKET},
	{"<", SR_TOKEN_LT},
	{">", SR_TOKEN_GT},
	{"+", SR_TOKEN_PLUS},
	{"-", SR_TOKEN_MINUS},
	{"*", SR_TOKEN_STAR},
	{"/", SR_TOKEN_SLASH},
	{"%", SR_TOKEN_PERCENT},
	{"!", SR_TOKEN_NOT},
	{"=", SR_TOKEN_ASSIGN},
};

static int lex_mark(struct sr_cedar_lexer *l, struct sr_cedar_token *t, struct sr_err *e) {
	struct sr_bytes left = rest(l);
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		size_t len = strlen(marks[i].text);
		if (left.len < len || memcmp(left.p, marks[i].text, len) != 0)
			continue;
		t->kind = marks[i].kind;
		take(l, t, len);
		return 0;
	}
	uint32_t cp = 0;
	char shown[16];
	size_t len = sr_utf8_next(left, &cp);
	return sr_fail(e, SR_CORRUPT, "line %u, column %u: no token begins with '%s'", t->line,
		t->column, sr_escape_to(shown, sizeof shown, sr_bytes_of(left.p, len)));
}

int sr_cedar_lex_next(struct sr_cedar_lexer *l, struct sr_cedar_token *out, struct sr_err *e) {
	int rc = skip_blanks(l, e);
	if (rc != 0)
		return rc;
	struct sr_cedar_token t = {.kind = SR_TOKEN_END, .line = l->line, .column = l->column};
	if (l->at < l->in.len) {
		uint8_t c = l->in.p[l->at];
		if (sr_cedar_ident_first(c)) {
			t.kind = SR_TOKEN_IDENT;
			take(l, &t, run_of(l, l->at, sr_cedar_ident_next));
			t.word = sr_cedar_word_of(t.text);
		} else if (digit(c)) {
			t.kind = SR_TOKEN_INT;
			take(l, &t, run_of(l, l->at, digit));
		} else if (c == '"') {
			rc = lex_string(l, &t, e);
		} else if (c == '?' && l->in.len - l->at > 1 &&
			   sr_cedar_ident_first(l->in.p[l->at + 1])) {
			t.kind = SR_TOKEN_SLOT;
			take(l, &t, 1 + run_of(l, l->at + 1, sr_cedar_ident_next));
		} else if (c == '?' && l->schema) {
			t.kind = SR_TOKEN_QUESTION;
			take(l, &t, 1);
		} else {
			rc = lex_mark(l, &t, e);
		}
	}
	if (rc == 0)
		*out = t;
	return rc;
}

/* --- what a string means --------------------------------------------------------------------- */

static int fail_escape(
	const struct sr_cedar_token *t, size_t from, const char *why, struct sr_err *e) {
	char shown[32];
	struct sr_cedar_lexer l;
	/* The place of the escape: walk the text again. */
	sr_cedar_lex_init(&l, t->text);
	l.line = t->line;
	l.column = t->column + 1;
	while (l.at < from) {
		uint32_t cp = 0;
		step(&l, sr_utf8_next(rest(&l), &cp));
	}
	struct sr_bytes left = rest(&l);
	return sr_fail(e, SR_CORRUPT, "line %u, column %u: '%s' is no escape: %s", l.line, l.column,
		sr_escape_to(
			shown, sizeof shown, sr_bytes_of(left.p, left.len < 10 ? left.len : 10)),
		why);
}

/* \xHH: ${p} begins after the x. 0: refused. */
static size_t escape_byte(struct sr_bytes p, uint32_t *cp) {
	if (p.len < 2 || sr_hex_digit(p.p[0]) < 0 || sr_hex_digit(p.p[0]) > 7 ||
		sr_hex_digit(p.p[1]) < 0)
		return 0;
	*cp = (uint32_t)(sr_hex_digit(p.p[0]) * 16 + sr_hex_digit(p.p[1]));
	return 2;
}

/* \u{H..}: ${p} begins after the u. Returns the bytes up to and with the brace; 0: refused. */
static size_t escape_unicode(struct sr_bytes p, uint32_t *cp) {
	size_t digits = 0;
	uint32_t v = 0;
	if (p.len == 0 || p.p[0] != '{')
		return 0;
	for (size_t i = 1; i < p.len; i++) {
		if (p.p[i] == '}') {
			if (digits == 0 || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
				return 0;
			*cp = v;
			return i + 1;
		}
		if (p.p[i] == '_' && digits > 0)
			continue;
		if (sr_hex_digit(p.p[i]) < 0 || ++digits > 6)
			return 0;
		v = v << 4 | (uint32_t)sr_hex_digit(p.p[i]);
	}
	return 0;
}

static int read_escape(const struct sr_cedar_token *t, size_t *at, bool pattern,
	struct sr_cedar_char *out, struct sr_err *e) {
	static const char plain[] = "nrt0\\\"'";
	static const uint8_t means[] = {'\n', '\r', '\t', '\0', '\\', '"', '\''};
	struct sr_bytes p = sr_bytes_of(t->text.p + *at + 1, t->text.len - *at - 1);
	size_t len = 0;
	const char *known = p.len == 0 || p.p[0] == '\0' ? NULL : strchr(plain, p.p[0]);
	*out = (struct sr_cedar_char){0};
	if (known != NULL) {
		out->cp = means[known - plain];
		*at += 2;
		return 0;
	}
	if (pattern && p.len > 0 && p.p[0] == '*') {
		*out = (struct sr_cedar_char){.cp = '*', .star = true};
		*at += 2;
		return 0;
	}
	if (p.len > 0 && p.p[0] == 'x') {
		len = escape_byte(sr_bytes_of(p.p + 1, p.len - 1), &out->cp);
		if (len == 0)
			return fail_escape(t, *at, "want \\x and two hex digits, at most 7F", e);
	} else if (p.len > 0 && p.p[0] == 'u') {
		len = escape_unicode(sr_bytes_of(p.p + 1, p.len - 1), &out->cp);
		if (len == 0)
			return fail_escape(t, *at,
				"want \\u{...} with 1 to 6 hex digits of a Unicode scalar value",
				e);
	} else {
		return fail_escape(t, *at,
			pattern ? "want \\n \\r \\t \\0 \\\\ \\\" \\' \\x \\u{...} or \\*"
				: "want \\n \\r \\t \\0 \\\\ \\\" \\' \\x or \\u{...}",
			e);
	}
	*at += 2 + len;
	return 0;
}

int sr_cedar_lex_char(const struct sr_cedar_token *t, size_t *at, bool pattern,
	struct sr_cedar_char *out, struct sr_err *e) {
	if (t->text.p[*at] == '\\')
		return read_escape(t, at, pattern, out, e);
	*out = (struct sr_cedar_char){0};
	*at += sr_utf8_next(sr_bytes_of(t->text.p + *at, t->text.len - *at), &out->cp);
	return 0;
}

size_t sr_cedar_utf8_put(uint8_t out[4], uint32_t cp) {
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (cp & 0x3f));
	return 4;
}

int sr_cedar_lex_string(struct sr_arena *a, const struct sr_cedar_token *t, struct sr_bytes *out,
	struct sr_err *e) {
	if (!t->escaped) {
		*out = t->text;
		return 0;
	}
	/* No escape means more bytes than it is written with. */
	uint8_t *p = sr_arena_new(a, t->text.len, 1, e);
	if (p == NULL)
		return sr_arena_failed(a);
	size_t len = 0;
	for (size_t at = 0; at < t->text.len;) {
		struct sr_cedar_char c;
		int rc = sr_cedar_lex_char(t, &at, false, &c, e);
		if (rc != 0)
			return rc;
		len += sr_cedar_utf8_put(p + len, c.cp);
	}
	*out = sr_bytes_of(p, len);
	return 0;
}

const char *sr_cedar_token_have(char *out, size_t size, const struct sr_cedar_token *t) {
	char shown[48];
	if (t->kind == SR_TOKEN_END)
		(void)snprintf(out, size, "have the end of the text");
	else if (t->kind == SR_TOKEN_STRING)
		(void)snprintf(
			out, size, "have \"%s\"", sr_escape_to(shown, sizeof shown, t->text));
	else
		(void)snprintf(out, size, "have '%s'", sr_escape_to(shown, sizeof shown, t->text));
	return out;
}
