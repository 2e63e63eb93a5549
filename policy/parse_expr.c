/*
 * parse_expr - expressions; see parse.h for the grammar.
 *
 * Each level of precedence is one function. The stack is bounded by SR_CEDAR_DEPTH_MAX: only what
 * stands in brackets, arguments, or the branches of an `if` comes back to sr_cedar_parse_expr.
 */
#include <string.h>

#include "base/escape.h"
#include "policy/parser.h"

enum {
	SIGNS_MAX = 4 /* of `!` or `-` in a row: the language says so */
};

static struct sr_cedar_node *node_new(
	struct sr_cedar_parser *p, enum sr_cedar_op op, const struct sr_cedar_token *at) {
	struct sr_cedar_node *n = sr_arena_new(p->arena, 1, sizeof *n, p->e);
	if (n == NULL)
		return NULL;
	n->op = op;
	n->line = at->line;
	n->column = at->column;
	return n;
}

/* *${left} becomes `${left} op ${right}`; either may be all there is. */
static int join(struct sr_cedar_parser *p, enum sr_cedar_op op, const struct sr_cedar_token *at,
	struct sr_cedar_node **left, struct sr_cedar_node *right) {
	struct sr_cedar_node *n = node_new(p, op, at);
	if (n == NULL)
		return sr_arena_failed(p->arena);
	n->left = *left;
	n->right = right;
	*left = n;
	return sr_cedar_node_close(n, p->e);
}

static int leaf(struct sr_cedar_parser *p, const struct sr_cedar_token *at,
	const struct sr_cedar_value *value, struct sr_cedar_node **out) {
	struct sr_cedar_node *n = node_new(p, SR_OP_VALUE, at);
	if (n == NULL)
		return sr_arena_failed(p->arena);
	n->as.value = *value;
	*out = n;
	return sr_cedar_node_close(n, p->e);
}

/* --- literals -------------------------------------------------------------------------------- */

/* The number of an INT token, with or without a minus before it. */
static int parse_int(struct sr_cedar_parser *p, bool minus, struct sr_cedar_node **out) {
	struct sr_cedar_token at = p->token;
	int64_t n = 0;
	for (size_t i = 0; i < at.text.len; i++) {
		int64_t digit = at.text.p[i] - '0';
		if (__builtin_mul_overflow(n, INT64_C(10), &n) ||
			__builtin_add_overflow(n, minus ? -digit : digit, &n))
			return sr_cedar_want(
				p, "an integer from -9223372036854775808 to 9223372036854775807");
	}
	struct sr_cedar_value v = {.kind = SR_CEDAR_LONG, .n = n};
	int rc = leaf(p, &at, &v, out);
	return rc != 0 ? rc : sr_cedar_advance(p);
}

static int parse_string(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	struct sr_cedar_token at = p->token;
	struct sr_cedar_value v = {.kind = SR_CEDAR_STRING};
	int rc = sr_cedar_lex_string(p->arena, &at, &v.s, p->e);
	if (rc == 0)
		rc = leaf(p, &at, &v, out);
	return rc != 0 ? rc : sr_cedar_advance(p);
}

static int parse_bool(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	struct sr_cedar_token at = p->token;
	struct sr_cedar_value v = {.kind = SR_CEDAR_BOOL, .b = at.word == SR_WORD_TRUE};
	int rc = leaf(p, &at, &v, out);
	return rc != 0 ? rc : sr_cedar_advance(p);
}

/* Exprs, up to and with ${end}. */
static int parse_list(struct sr_cedar_parser *p, enum sr_cedar_token_kind end, const char *want,
	struct sr_cedar_list *list) {
	int rc = 0;
	while (rc == 0 && p->token.kind != end) {
		struct sr_cedar_node *item = NULL;
		rc = sr_cedar_parse_expr(p, &item);
		if (rc != 0)
			return rc;
		struct sr_cedar_node **slot =
			sr_cedar_list_push(p->arena, list, sizeof(struct sr_cedar_node *), p->e);
		if (slot == NULL)
			return sr_arena_failed(p->arena);
		*slot = item;
		if (p->token.kind != end)
			rc = sr_cedar_expect(p, SR_TOKEN_COMMA, want);
	}
	return rc != 0 ? rc : sr_cedar_advance(p);
}

static int parse_set(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	struct sr_cedar_list list = {0};
	struct sr_cedar_node *n = node_new(p, SR_OP_SET, &p->token);
	if (n == NULL)
		return sr_arena_failed(p->arena);
	int rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = parse_list(p, SR_TOKEN_RBRACKET, "an operator, ',' or ']' in the set", &list);
	if (rc != 0)
		return rc;
	n->as.items.list = list.items;
	n->as.items.count = list.count;
	*out = n;
	return sr_cedar_node_close(n, p->e);
}

static int parse_field(
	struct sr_cedar_parser *p, struct sr_cedar_node_field *f, struct sr_cedar_key *key) {
	int rc = 0;
	key->line = p->token.line;
	key->column = p->token.column;
	if (p->token.kind == SR_TOKEN_STRING) {
		rc = sr_cedar_lex_string(p->arena, &p->token, &f->key, p->e);
	} else if (p->token.kind == SR_TOKEN_IDENT && p->token.word == SR_WORD_NONE) {
		f->key = p->token.text;
	} else {
		return sr_cedar_want(p, "a name or a string as key of the record");
	}
	key->text = f->key;
	if (rc == 0)
		rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = sr_cedar_expect(p, SR_TOKEN_COLON, "':' after the key of the record");
	return rc != 0 ? rc : sr_cedar_parse_expr(p, &f->value);
}

static int parse_record(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	struct sr_cedar_list list = {0};
	struct sr_cedar_list keys = {0};
	struct sr_cedar_node *n = node_new(p, SR_OP_RECORD, &p->token);
	if (n == NULL)
		return sr_arena_failed(p->arena);
	int rc = sr_cedar_advance(p);
	while (rc == 0 && p->token.kind != SR_TOKEN_RBRACE) {
		struct sr_cedar_node_field *f =
			sr_cedar_list_push(p->arena, &list, sizeof *f, p->e);
		struct sr_cedar_key *key = sr_cedar_list_push(p->arena, &keys, sizeof *key, p->e);
		if (f == NULL || key == NULL)
			return sr_arena_failed(p->arena);
		rc = parse_field(p, f, key);
		if (rc == 0 && p->token.kind != SR_TOKEN_RBRACE)
			rc = sr_cedar_expect(
				p, SR_TOKEN_COMMA, "an operator, ',' or '}' in the record");
	}
	if (rc == 0)
		rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = sr_cedar_keys_differ(keys.items, keys.count, "key of the record", p->e);
	if (rc != 0)
		return rc;
	n->as.fields.list = list.items;
	n->as.fields.count = list.count;
	*out = n;
	return sr_cedar_node_close(n, p->e);
}

/* --- names: variables, entities, functions --------------------------------------------------- */

static int parse_call(struct sr_cedar_parser *p, struct sr_bytes name,
	const struct sr_cedar_token *at, struct sr_cedar_node **out) {
	const struct sr_cedar_ext *f = sr_cedar_ext_find(name);
	struct sr_cedar_list args = {0};
	char shown[64];
	if (f == NULL || f->method)
		return sr_fail(p->e, SR_CORRUPT,
			"line %u, column %u: want ip, decimal, datetime or duration before '(', "
			"have '%s'%s",
			at->line, at->column, sr_escape_to(shown, sizeof shown, name),
			f != NULL ? ", which is a method: value.name(...)" : "");
	struct sr_cedar_node *n = node_new(p, SR_OP_CALL, at);
	if (n == NULL)
		return sr_arena_failed(p->arena);
	int rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = parse_list(
			p, SR_TOKEN_RPAREN, "an operator, ',' or ')' in the arguments", &args);
	if (rc != 0)
		return rc;
	n->as.call.function = f;
	n->as.call.args = args.items;
	n->as.call.count = args.count;
	*out = n;
	return sr_cedar_node_close(n, p->e);
}

static int parse_entity(struct sr_cedar_parser *p, struct sr_bytes type, struct sr_bytes id,
	const struct sr_cedar_token *at, struct sr_cedar_node **out) {
	struct sr_cedar_name *name = sr_arena_new(p->arena, 1, sizeof *name, p->e);
	if (name == NULL)
		return sr_arena_failed(p->arena);
	*name = sr_cedar_name_of(type, id);
	struct sr_cedar_value v = {.kind = SR_CEDAR_ENTITY, .name = name};
	return leaf(p, at, &v, out);
}

static int parse_name(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	struct sr_cedar_token at = p->token;
	struct sr_bytes path;
	struct sr_bytes id;
	char shown[64];
	int rc = sr_cedar_parse_path(p, &path, &id);
	if (rc != 0)
		return rc;
	if (id.p != NULL)
		return parse_entity(p, path, id, &at, out);
	if (p->token.kind == SR_TOKEN_LPAREN)
		return parse_call(p, path, &at, out);
	for (enum sr_cedar_var v = SR_VAR_PRINCIPAL; v <= SR_VAR_CONTEXT; v++) {
		if (!sr_bytes_eq(path, sr_bytes_str(sr_cedar_var_text(v))))
			continue;
		struct sr_cedar_node *n = node_new(p, SR_OP_VAR, &at);
		if (n == NULL)
			return sr_arena_failed(p->arena);
		n->as.var = v;
		*out = n;
		return sr_cedar_node_close(n, p->e);
	}
	return sr_fail(p->e, SR_CORRUPT,
		"line %u, column %u: want principal, action, resource, context, a function or an "
		"entity, have '%s'",
		at.line, at.column, sr_escape_to(shown, sizeof shown, path));
}

static int parse_primary(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	static const char want[] = "an expression";
	int rc = 0;
	switch (p->token.kind) {
	case SR_TOKEN_INT:
		return parse_int(p, false, out);
	case SR_TOKEN_STRING:
		return parse_string(p, out);
	case SR_TOKEN_LBRACKET:
		return parse_set(p, out);
	case SR_TOKEN_LBRACE:
		return parse_record(p, out);
	case SR_TOKEN_IDENT:
		if (p->token.word == SR_WORD_TRUE || p->token.word == SR_WORD_FALSE)
			return parse_bool(p, out);
		if (p->token.word == SR_WORD_IF)
			return sr_cedar_want(p, "parentheses around an 'if' that is an operand");
		return parse_name(p, out);
	case SR_TOKEN_LPAREN:
		rc = sr_cedar_advance(p);
		if (rc == 0)
			rc = sr_cedar_parse_expr(p, out);
		if (rc == 0)
			rc = sr_cedar_expect(p, SR_TOKEN_RPAREN, "an operator or ')'");
		return rc;
	case SR_TOKEN_SLOT:
		return sr_cedar_want(p, "an expression: a slot stands in the scope only");
	case SR_TOKEN_END:
	case SR_TOKEN_QUESTION:
	case SR_TOKEN_AT:
	case SR_TOKEN_DOT:
	case SR_TOKEN_COMMA:
	case SR_TOKEN_SEMICOLON:
	case SR_TOKEN_COLON:
	case SR_TOKEN_PATH:
	case SR_TOKEN_RPAREN:
	case SR_TOKEN_RBRACE:
	case SR_TOKEN_RBRACKET:
	case SR_TOKEN_EQ:
	case SR_TOKEN_NE:
	case SR_TOKEN_LT:
	case SR_TOKEN_LE:
	case SR_TOKEN_GE:
	case SR_TOKEN_GT:
	case SR_TOKEN_OR:
	case SR_TOKEN_AND:
	case SR_TOKEN_PLUS:
	case SR_TOKEN_MINUS:
	case SR_TOKEN_STAR:
	case SR_TOKEN_SLASH:
	case SR_TOKEN_PERCENT:
	case SR_TOKEN_NOT:
	case SR_TOKEN_ASSIGN:
		break;
	}
	return sr_cedar_want(p, want);
}

/* --- members: attributes and methods --------------------------------------------------------- */

static int fail_count(const struct sr_cedar_parser *p, const struct sr_cedar_token *at, size_t want,
	size_t have) {
	return sr_fail(p->e, SR_CORRUPT,
		"line %u, column %u: want %zu argument%s of '%.*s', have %zu", at->line, at->column,
		want, want == 1 ? "" : "s", (int)at->text.len, (const char *)at->text.p, have);
}

/* *${left}.name(args): ${at} is the name's token, the parenthesis is next. */
static int parse_method(
	struct sr_cedar_parser *p, const struct sr_cedar_token *at, struct sr_cedar_node **left) {
	struct sr_cedar_list args = {0};
	char shown[64];
	struct sr_cedar_node **receiver =
		sr_cedar_list_push(p->arena, &args, sizeof(struct sr_cedar_node *), p->e);
	if (receiver == NULL)
		return sr_arena_failed(p->arena);
	*receiver = *left;
	int rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = parse_list(
			p, SR_TOKEN_RPAREN, "an operator, ',' or ')' in the arguments", &args);
	if (rc != 0)
		return rc;
	struct sr_cedar_node **list = args.items;
	for (enum sr_cedar_op op = SR_OP_CONTAINS; op <= SR_OP_IS_EMPTY; op++) {
		size_t want = sr_cedar_op_binary(op) ? 1 : 0;
		if (!sr_cedar_op_method(op) ||
			!sr_bytes_eq(at->text, sr_bytes_str(sr_cedar_op_text(op))))
			continue;
		if (args.count - 1 != want)
			return fail_count(p, at, want, args.count - 1);
		return join(p, op, at, left, want == 1 ? list[1] : NULL);
	}
	const struct sr_cedar_ext *f = sr_cedar_ext_find(at->text);
	if (f == NULL || !f->method)
		return sr_fail(p->e, SR_CORRUPT, "line %u, column %u: want a method, have '%s'%s",
			at->line, at->column, sr_escape_to(shown, sizeof shown, at->text),
			f != NULL ? ", which is a function: name(value)" : "");
	struct sr_cedar_node *n = node_new(p, SR_OP_CALL, at);
	if (n == NULL)
		return sr_arena_failed(p->arena);
	n->as.call.function = f;
	n->as.call.args = list;
	n->as.call.count = args.count;
	*left = n;
	return sr_cedar_node_close(n, p->e);
}

static int parse_attribute(struct sr_cedar_parser *p, struct sr_cedar_node **left) {
	int rc = sr_cedar_advance(p);
	struct sr_cedar_token at = p->token;
	if (rc != 0)
		return rc;
	if (at.kind != SR_TOKEN_IDENT)
		return sr_cedar_want(p, "the name of an attribute or method after '.'");
	rc = sr_cedar_advance(p);
	if (rc != 0)
		return rc;
	if (p->token.kind == SR_TOKEN_LPAREN && at.word == SR_WORD_NONE)
		return parse_method(p, &at, left);
	if (at.word != SR_WORD_NONE) {
		p->token = at;
		return sr_cedar_want(p, "a name that is not reserved after '.' (or [\"...\"])");
	}
	rc = join(p, SR_OP_GET, &at, left, NULL);
	if (rc == 0)
		(*left)->as.attr = at.text;
	return rc;
}

static int parse_index(struct sr_cedar_parser *p, struct sr_cedar_node **left) {
	struct sr_cedar_token at = p->token;
	struct sr_bytes attr;
	int rc = sr_cedar_advance(p);
	if (rc != 0)
		return rc;
	if (p->token.kind != SR_TOKEN_STRING)
		return sr_cedar_want(p, "a string after '['");
	rc = sr_cedar_lex_string(p->arena, &p->token, &attr, p->e);
	if (rc == 0)
		rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = sr_cedar_expect(p, SR_TOKEN_RBRACKET, "']' after the attribute");
	if (rc == 0)
		rc = join(p, SR_OP_GET, &at, left, NULL);
	if (rc == 0)
		(*left)->as.attr = attr;
	return rc;
}

/* What follows a primary. */
static int parse_members(struct sr_cedar_parser *p, struct sr_cedar_node **left) {
	int rc = 0;
	while (rc == 0) {
		if (p->token.kind == SR_TOKEN_DOT)
			rc = parse_attribute(p, left);
		else if (p->token.kind == SR_TOKEN_LBRACKET)
			rc = parse_index(p, left);
		else
			break;
	}
	return rc;
}

/* --- operators ------------------------------------------------------------------------------- */

/* A minus belongs to the INT after it, unless that is the start of a member (`-5.a`). */
static int parse_negative(struct sr_cedar_parser *p, bool *taken, struct sr_cedar_node **out) {
	struct sr_cedar_lexer ahead = p->lexer;
	struct sr_cedar_token next;
	*taken = false;
	if (p->token.kind != SR_TOKEN_INT)
		return 0;
	int rc = sr_cedar_lex_next(&ahead, &next, p->e);
	if (rc != 0)
		return rc;
	*taken = next.kind != SR_TOKEN_DOT && next.kind != SR_TOKEN_LBRACKET;
	return *taken ? parse_int(p, true, out) : 0;
}

static int parse_unary(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	struct sr_cedar_token signs[SIGNS_MAX];
	size_t count = 0;
	bool taken = false;
	enum sr_cedar_token_kind sign = p->token.kind;
	int rc = 0;
	while (rc == 0 && (sign == SR_TOKEN_NOT || sign == SR_TOKEN_MINUS) &&
		p->token.kind == sign) {
		if (count == SIGNS_MAX)
			return sr_cedar_want(p, sign == SR_TOKEN_NOT ? "at most four '!' in a row"
								     : "at most four '-' in a row");
		signs[count++] = p->token;
		rc = sr_cedar_advance(p);
	}
	if (rc == 0 && count > 0 && sign == SR_TOKEN_MINUS)
		rc = parse_negative(p, &taken, out);
	if (rc != 0)
		return rc;
	if (taken) {
		count--;
		(*out)->line = signs[count].line;
		(*out)->column = signs[count].column;
	} else {
		rc = parse_primary(p, out);
		if (rc == 0)
			rc = parse_members(p, out);
	}
	for (; rc == 0 && count > 0; count--)
		rc = join(p, sign == SR_TOKEN_NOT ? SR_OP_NOT : SR_OP_NEG, &signs[count - 1], out,
			NULL);
	return rc;
}

static int parse_mult(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	int rc = parse_unary(p, out);
	while (rc == 0 && p->token.kind == SR_TOKEN_STAR) {
		struct sr_cedar_token at = p->token;
		struct sr_cedar_node *right = NULL;
		rc = sr_cedar_advance(p);
		if (rc == 0)
			rc = parse_unary(p, &right);
		if (rc == 0)
			rc = join(p, SR_OP_MUL, &at, out, right);
	}
	if (rc == 0 && (p->token.kind == SR_TOKEN_SLASH || p->token.kind == SR_TOKEN_PERCENT))
		return sr_cedar_want(p, "another operator: Cedar does not divide");
	return rc;
}

static int parse_add(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	int rc = parse_mult(p, out);
	while (rc == 0 && (p->token.kind == SR_TOKEN_PLUS || p->token.kind == SR_TOKEN_MINUS)) {
		struct sr_cedar_token at = p->token;
		struct sr_cedar_node *right = NULL;
		rc = sr_cedar_advance(p);
		if (rc == 0)
			rc = parse_mult(p, &right);
		if (rc == 0)
			rc = join(p, at.kind == SR_TOKEN_PLUS ? SR_OP_ADD : SR_OP_SUB, &at, out,
				right);
	}
	return rc;
}

/* After `has`. */
static int parse_has(
	struct sr_cedar_parser *p, const struct sr_cedar_token *at, struct sr_cedar_node **left) {
	struct sr_cedar_list attrs = {0};
	bool quoted = p->token.kind == SR_TOKEN_STRING;
	int rc = 0;
	do {
		struct sr_bytes *attr = sr_cedar_list_push(p->arena, &attrs, sizeof *attr, p->e);
		if (attr == NULL)
			return sr_arena_failed(p->arena);
		if (quoted)
			rc = sr_cedar_lex_string(p->arena, &p->token, attr, p->e);
		else if (p->token.kind != SR_TOKEN_IDENT)
			return sr_cedar_want(
				p, "the name of an attribute, or a string, after 'has'");
		else if (p->token.word != SR_WORD_NONE)
			return sr_cedar_want(
				p, "a name that is not reserved after 'has' (or a string)");
		else
			*attr = p->token.text;
		if (rc == 0)
			rc = sr_cedar_advance(p);
		if (rc != 0 || quoted || p->token.kind != SR_TOKEN_DOT)
			break;
		rc = sr_cedar_advance(p);
	} while (rc == 0);
	if (rc == 0)
		rc = join(p, SR_OP_HAS, at, left, NULL);
	if (rc != 0)
		return rc;
	(*left)->as.has.list = attrs.items;
	(*left)->as.has.count = attrs.count;
	return 0;
}

static int parse_like(
	struct sr_cedar_parser *p, const struct sr_cedar_token *at, struct sr_cedar_node **left) {
	struct sr_cedar_pattern_maker m = {.arena = p->arena};
	const struct sr_cedar_pattern *pattern = NULL;
	if (p->token.kind != SR_TOKEN_STRING)
		return sr_cedar_want(p, "a pattern in quotes after 'like'");
	for (size_t i = 0; i < p->token.text.len;) {
		struct sr_cedar_char c;
		uint8_t utf8[4];
		int rc = sr_cedar_lex_char(&p->token, &i, true, &c, p->e);
		if (rc == 0 && c.cp == '*' && !c.star)
			rc = sr_cedar_pattern_wild(&m, p->e);
		else if (rc == 0)
			rc = sr_cedar_pattern_text(
				&m, sr_bytes_of(utf8, sr_cedar_utf8_put(utf8, c.cp)), p->e);
		if (rc != 0)
			return rc;
	}
	int rc = sr_cedar_pattern_done(&m, &pattern, p->e);
	if (rc == 0)
		rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = join(p, SR_OP_LIKE, at, left, NULL);
	if (rc == 0)
		(*left)->as.pattern = pattern;
	return rc;
}

static int parse_is(
	struct sr_cedar_parser *p, const struct sr_cedar_token *at, struct sr_cedar_node **left) {
	struct sr_bytes type;
	struct sr_bytes id;
	struct sr_cedar_node *in = NULL;
	struct sr_cedar_token begin = p->token;
	int rc = sr_cedar_parse_path(p, &type, &id);
	if (rc != 0)
		return rc;
	if (id.p != NULL) {
		p->token = begin;
		return sr_cedar_want(p, "an entity type without id after 'is'");
	}
	if (p->token.word == SR_WORD_IN) {
		rc = sr_cedar_advance(p);
		if (rc == 0)
			rc = parse_add(p, &in);
	}
	if (rc == 0)
		rc = join(p, SR_OP_IS, at, left, in);
	if (rc == 0)
		(*left)->as.type = type;
	return rc;
}

/* The relation that a token means; false: none. */
static bool relation(const struct sr_cedar_token *t, enum sr_cedar_op *op) {
	static const struct {
		enum sr_cedar_token_kind kind;
		enum sr_cedar_op op;
	} relations[] = {
		{SR_TOKEN_EQ, SR_OP_EQ},
		{SR_TOKEN_NE, SR_OP_NE},
		{SR_TOKEN_LT, SR_OP_LT},
		{SR_TOKEN_LE, SR_OP_LE},
		{SR_TOKEN_GT, SR_OP_GT},
		{SR_TOKEN_GE, SR_OP_GE},
	};
	for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++)
		if (relations[i].kind == t->kind) {
			*op = relations[i].op;
			return true;
		}
	*op = SR_OP_IN;
	return t->word == SR_WORD_IN;
}

static int parse_relation(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	int rc = parse_add(p, out);
	struct sr_cedar_token at = p->token;
	enum sr_cedar_op op = SR_OP_EQ;
	struct sr_cedar_node *right = NULL;
	if (rc != 0)
		return rc;
	bool relates = relation(&at, &op);
	if (!relates && at.word != SR_WORD_HAS && at.word != SR_WORD_LIKE && at.word != SR_WORD_IS)
		return 0;
	rc = sr_cedar_advance(p);
	if (rc != 0)
		return rc;
	if (at.word == SR_WORD_HAS)
		rc = parse_has(p, &at, out);
	else if (at.word == SR_WORD_LIKE)
		rc = parse_like(p, &at, out);
	else if (at.word == SR_WORD_IS)
		rc = parse_is(p, &at, out);
	else
		rc = parse_add(p, &right);
	if (rc == 0 && relates)
		rc = join(p, op, &at, out, right);
	if (rc == 0 && relation(&p->token, &op))
		return sr_cedar_want(p, "parentheses: relations do not chain");
	return rc;
}

static int parse_and(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	int rc = parse_relation(p, out);
	while (rc == 0 && p->token.kind == SR_TOKEN_AND) {
		struct sr_cedar_token at = p->token;
		struct sr_cedar_node *right = NULL;
		rc = sr_cedar_advance(p);
		if (rc == 0)
			rc = parse_relation(p, &right);
		if (rc == 0)
			rc = join(p, SR_OP_AND, &at, out, right);
	}
	return rc;
}

static int parse_or(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	int rc = parse_and(p, out);
	while (rc == 0 && p->token.kind == SR_TOKEN_OR) {
		struct sr_cedar_token at = p->token;
		struct sr_cedar_node *right = NULL;
		rc = sr_cedar_advance(p);
		if (rc == 0)
			rc = parse_and(p, &right);
		if (rc == 0)
			rc = join(p, SR_OP_OR, &at, out, right);
	}
	return rc;
}

static int parse_if(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	struct sr_cedar_node *n = node_new(p, SR_OP_IF, &p->token);
	if (n == NULL)
		return sr_arena_failed(p->arena);
	int rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = sr_cedar_parse_expr(p, &n->left);
	if (rc == 0 && p->token.word != SR_WORD_THEN)
		return sr_cedar_want(p, "an operator or 'then'");
	if (rc == 0)
		rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = sr_cedar_parse_expr(p, &n->right);
	if (rc == 0 && p->token.word != SR_WORD_ELSE)
		return sr_cedar_want(p, "an operator or 'else'");
	if (rc == 0)
		rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = sr_cedar_parse_expr(p, &n->as.otherwise);
	*out = n;
	return rc != 0 ? rc : sr_cedar_node_close(n, p->e);
}

int sr_cedar_parse_expr(struct sr_cedar_parser *p, struct sr_cedar_node **out) {
	int rc = sr_cedar_enter(p);
	if (rc != 0)
		return rc;
	rc = p->token.word == SR_WORD_IF ? parse_if(p, out) : parse_or(p, out);
	sr_cedar_leave(p);
	return rc;
}
