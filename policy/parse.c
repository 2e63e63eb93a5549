/*
 * parse - policies, annotations and scopes; see parse.h for the grammar.
 */
#include "policy/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "policy/parser.h"

/* --- tools of both halves -------------------------------------------------------------------- */

void *sr_cedar_list_push(
	struct sr_arena *a, struct sr_cedar_list *list, size_t size, struct sr_err *e) {
	if (list->count == list->cap) {
		size_t cap = list->cap == 0 ? 4 : list->cap * 2;
		void *items = sr_arena_new(a, cap, size, e);
		if (items == NULL)
			return NULL;
		if (list->count > 0)
			memcpy(items, list->items, list->count * size);
		list->items = items;
		list->cap = cap;
	}
	return (uint8_t *)list->items + list->count++ * size;
}

int sr_cedar_rules_push(struct sr_arena *a, struct sr_cedar_rules *rules,
	struct sr_cedar_rule *rule, struct sr_err *e) {
	if (rules->count >= SR_CEDAR_POLICIES_MAX)
		return sr_fail(
			e, SR_LIMIT, "more than %d policies in one set", SR_CEDAR_POLICIES_MAX);
	struct sr_cedar_list list = {rules->list, rules->count, rules->cap};
	struct sr_cedar_rule **slot =
		sr_cedar_list_push(a, &list, sizeof(struct sr_cedar_rule *), e);
	if (slot == NULL)
		return sr_arena_failed(a);
	*slot = rule;
	rules->list = list.items;
	rules->count = list.count;
	rules->cap = list.cap;
	return 0;
}

static int by_key(const void *a, const void *b) {
	const struct sr_cedar_key *ka = a;
	const struct sr_cedar_key *kb = b;
	int order = sr_bytes_cmp(ka->text, kb->text);
	if (order == 0)
		order = (ka->line > kb->line) - (ka->line < kb->line);
	if (order == 0)
		order = (ka->column > kb->column) - (ka->column < kb->column);
	return order;
}

int sr_cedar_keys_differ(
	struct sr_cedar_key *keys, size_t count, const char *what, struct sr_err *e) {
	if (count > 1)
		qsort(keys, count, sizeof *keys, by_key);
	for (size_t i = 1; i < count; i++) {
		char shown[64];
		if (!sr_bytes_eq(keys[i - 1].text, keys[i].text))
			continue;
		return sr_fail(e, SR_CORRUPT,
			"line %u, column %u: want each %s once, have \"%s\" again", keys[i].line,
			keys[i].column, what, sr_escape_to(shown, sizeof shown, keys[i].text));
	}
	return 0;
}

int(sr_cedar_want)(const struct sr_cedar_parser *p, const char *want) {
	char have[80];
	return sr_fail(p->e, SR_CORRUPT, "line %u, column %u: want %s, %s", p->token.line,
		p->token.column, want, sr_cedar_token_have(have, sizeof have, &p->token));
}

int sr_cedar_advance(struct sr_cedar_parser *p) {
	return sr_cedar_lex_next(&p->lexer, &p->token, p->e);
}

int sr_cedar_expect(struct sr_cedar_parser *p, enum sr_cedar_token_kind kind, const char *want) {
	if (p->token.kind != kind)
		return sr_cedar_want(p, want);
	return sr_cedar_advance(p);
}

bool sr_cedar_at_ident(const struct sr_cedar_parser *p, const char *ident) {
	return p->token.kind == SR_TOKEN_IDENT && sr_bytes_eq(p->token.text, sr_bytes_str(ident));
}

int sr_cedar_enter(struct sr_cedar_parser *p) {
	if (p->depth >= SR_CEDAR_DEPTH_MAX)
		return sr_fail(p->e, SR_LIMIT,
			"line %u, column %u: more than %d brackets or ifs inside one another",
			p->token.line, p->token.column, SR_CEDAR_DEPTH_MAX);
	p->depth++;
	return 0;
}

void sr_cedar_leave(struct sr_cedar_parser *p) {
	p->depth--;
}

/* A path that is being read: a piece of the text, or joined in the arena once it has blanks. */
struct path {
	struct sr_bytes text;
	uint8_t *joined;
	size_t cap;
};

static int path_add(struct sr_cedar_parser *p, struct path *path, struct sr_bytes part) {
	size_t len = path->text.len + 2 + part.len;
	if (path->joined == NULL && part.p == path->text.p + path->text.len + 2) {
		path->text.len = len;
		return 0;
	}
	if (path->joined == NULL || len > path->cap) {
		uint8_t *grown = sr_arena_new(p->arena, len, 2, p->e);
		if (grown == NULL)
			return sr_arena_failed(p->arena);
		memcpy(grown, path->text.p, path->text.len);
		path->joined = grown;
		path->cap = 2 * len;
	}
	path->joined[path->text.len] = path->joined[path->text.len + 1] = ':';
	memcpy(path->joined + path->text.len + 2, part.p, part.len);
	path->text = sr_bytes_of(path->joined, len);
	return 0;
}

/* The part after "::", which is a name or (in *${id}) the string that ends the path. */
static int path_part(struct sr_cedar_parser *p, struct path *path, struct sr_bytes *id) {
	struct sr_bytes part = p->token.text;
	int rc = 0;
	if (p->token.kind == SR_TOKEN_STRING) {
		rc = sr_cedar_lex_string(p->arena, &p->token, id, p->e);
	} else if (p->token.kind != SR_TOKEN_IDENT) {
		return sr_cedar_want(p, "a name or a string after '::'");
	} else if (p->token.word != SR_WORD_NONE) {
		return sr_cedar_want(p, "a name that is not reserved after '::'");
	} else {
		rc = path_add(p, path, part);
	}
	return rc != 0 ? rc : sr_cedar_advance(p);
}

int sr_cedar_parse_path(struct sr_cedar_parser *p, struct sr_bytes *path, struct sr_bytes *id) {
	struct path reading = {.text = p->token.text};
	*id = (struct sr_bytes){0};
	if (p->token.kind != SR_TOKEN_IDENT)
		return sr_cedar_want(p, "a name");
	if (p->token.word != SR_WORD_NONE)
		return sr_cedar_want(p, "a name that is not reserved");
	int rc = sr_cedar_advance(p);
	while (rc == 0 && id->p == NULL && p->token.kind == SR_TOKEN_PATH) {
		rc = sr_cedar_advance(p);
		if (rc == 0)
			rc = path_part(p, &reading, id);
	}
	*path = reading.text;
	return rc;
}

/* --- scope ----------------------------------------------------------------------------------- */

struct place { /* of a scope: principal, action or resource */
	const char *var;
	const char *slot; /* NULL: takes none */
	unsigned slot_bit;
};

static int name_new(struct sr_cedar_parser *p, struct sr_bytes type, struct sr_bytes id,
	const struct sr_cedar_name **out) {
	struct sr_cedar_name *n = sr_arena_new(p->arena, 1, sizeof *n, p->e);
	if (n == NULL)
		return sr_arena_failed(p->arena);
	*n = sr_cedar_name_of(type, id);
	*out = n;
	return 0;
}

static int parse_entity(
	struct sr_cedar_parser *p, const struct place *at, const struct sr_cedar_name **out) {
	struct sr_bytes type;
	struct sr_bytes id;
	struct sr_cedar_token begin = p->token;
	int rc = sr_cedar_parse_path(p, &type, &id);
	if (rc != 0)
		return rc;
	if (id.p == NULL)
		return sr_cedar_want(p, "'::' and the entity's id in quotes");
	if (at->slot == NULL && !sr_cedar_is_action_type(type)) {
		char shown[64];
		return sr_fail(p->e, SR_CORRUPT,
			"line %u, column %u: want an entity of type Action, have one of type %s",
			begin.line, begin.column, sr_escape_to(shown, sizeof shown, type));
	}
	return name_new(p, type, id, out);
}

/* Parentheses around an entity, a slot or a list of entities; returns how many were opened. */
static int open_parens(struct sr_cedar_parser *p, unsigned *count) {
	int rc = 0;
	*count = 0;
	while (rc == 0 && p->token.kind == SR_TOKEN_LPAREN) {
		rc = sr_cedar_enter(p);
		if (rc == 0)
			rc = sr_cedar_advance(p);
		++*count;
	}
	return rc;
}

static int close_parens(struct sr_cedar_parser *p, unsigned count) {
	int rc = 0;
	for (; rc == 0 && count > 0; count--) {
		sr_cedar_leave(p);
		rc = sr_cedar_expect(p, SR_TOKEN_RPAREN, "')'");
	}
	return rc;
}

static int parse_slot(struct sr_cedar_parser *p, const struct place *at, struct sr_cedar_scope *s) {
	char want[64];
	if (at->slot == NULL)
		return sr_cedar_want(p, "an entity: an action takes no slot");
	if (!sr_bytes_eq(p->token.text, sr_bytes_str(at->slot))) {
		(void)snprintf(want, sizeof want, "an entity or the slot %s", at->slot);
		return sr_cedar_want(p, want);
	}
	s->slot = true;
	return sr_cedar_advance(p);
}

/* '[' ... ']' after `action in`. */
static int parse_entity_list(
	struct sr_cedar_parser *p, const struct place *at, struct sr_cedar_scope *s) {
	struct sr_cedar_list list = {0};
	int rc = sr_cedar_advance(p);
	while (rc == 0 && p->token.kind != SR_TOKEN_RBRACKET) {
		unsigned parens = 0;
		const struct sr_cedar_name **slot = sr_cedar_list_push(
			p->arena, &list, sizeof(const struct sr_cedar_name *), p->e);
		if (slot == NULL)
			return sr_arena_failed(p->arena);
		rc = open_parens(p, &parens);
		if (rc == 0)
			rc = parse_entity(p, at, slot);
		if (rc == 0)
			rc = close_parens(p, parens);
		if (rc == 0 && p->token.kind != SR_TOKEN_RBRACKET)
			rc = sr_cedar_expect(p, SR_TOKEN_COMMA, "',' or ']'");
	}
	sr_cedar_scope_list(s, list.items, list.count);
	return rc != 0 ? rc : sr_cedar_advance(p);
}

/* What stands right of `==` or `in`. */
static int parse_target(
	struct sr_cedar_parser *p, const struct place *at, struct sr_cedar_scope *s) {
	unsigned parens = 0;
	int rc = open_parens(p, &parens);
	if (rc != 0)
		return rc;
	if (p->token.kind == SR_TOKEN_LBRACKET && at->slot == NULL && s->op == SR_SCOPE_IN)
		rc = parse_entity_list(p, at, s);
	else if (p->token.kind == SR_TOKEN_SLOT)
		rc = parse_slot(p, at, s);
	else if (p->token.kind == SR_TOKEN_IDENT)
		rc = parse_entity(p, at, &s->name);
	else
		rc = sr_cedar_want(p, at->slot == NULL ? "an entity" : "an entity or a slot");
	return rc != 0 ? rc : close_parens(p, parens);
}

static int parse_is(struct sr_cedar_parser *p, const struct place *at, struct sr_cedar_scope *s) {
	struct sr_bytes id;
	if (at->slot == NULL)
		return sr_cedar_want(p, "'==', 'in', ',' or ')': 'is' does not apply to an action");
	int rc = sr_cedar_advance(p);
	struct sr_cedar_token begin = p->token;
	if (rc == 0)
		rc = sr_cedar_parse_path(p, &s->type, &id);
	if (rc != 0)
		return rc;
	if (id.p != NULL) {
		p->token = begin;
		return sr_cedar_want(p, "an entity type without id after 'is'");
	}
	s->op = SR_SCOPE_IS;
	if (p->token.word != SR_WORD_IN)
		return 0;
	s->op = SR_SCOPE_IS_IN;
	rc = sr_cedar_advance(p);
	return rc != 0 ? rc : parse_target(p, at, s);
}

static int parse_scope(
	struct sr_cedar_parser *p, const struct place *at, struct sr_cedar_scope *s) {
	char want[64];
	int rc = 0;
	if (!sr_cedar_at_ident(p, at->var)) {
		(void)snprintf(want, sizeof want, "'%s' in the scope", at->var);
		return sr_cedar_want(p, want);
	}
	rc = sr_cedar_advance(p);
	if (rc != 0)
		return rc;
	if (p->token.word == SR_WORD_IS)
		return parse_is(p, at, s);
	if (p->token.kind != SR_TOKEN_EQ && p->token.word != SR_WORD_IN)
		return 0;
	s->op = p->token.kind == SR_TOKEN_EQ ? SR_SCOPE_EQ : SR_SCOPE_IN;
	rc = sr_cedar_advance(p);
	return rc != 0 ? rc : parse_target(p, at, s);
}

static int parse_scopes(struct sr_cedar_parser *p, struct sr_cedar_rule *rule) {
	static const struct place principal = {"principal", "?principal", SR_CEDAR_SLOT_PRINCIPAL};
	static const struct place action = {"action", NULL, 0};
	static const struct place resource = {"resource", "?resource", SR_CEDAR_SLOT_RESOURCE};
	int rc = sr_cedar_expect(p, SR_TOKEN_LPAREN, "'(' before the scope");
	if (rc == 0)
		rc = parse_scope(p, &principal, &rule->principal);
	if (rc == 0)
		rc = sr_cedar_expect(
			p, SR_TOKEN_COMMA, "'==', 'in', 'is' or ',' after the principal");
	if (rc == 0)
		rc = parse_scope(p, &action, &rule->action);
	if (rc == 0)
		rc = sr_cedar_expect(p, SR_TOKEN_COMMA, "'==', 'in' or ',' after the action");
	if (rc == 0)
		rc = parse_scope(p, &resource, &rule->resource);
	if (rc == 0 && p->token.kind == SR_TOKEN_COMMA)
		rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = sr_cedar_expect(p, SR_TOKEN_RPAREN, "')' after the scope");
	rule->pub.slots = (rule->principal.slot ? principal.slot_bit : 0) |
			  (rule->resource.slot ? resource.slot_bit : 0);
	return rc;
}

/* --- the rest of a policy -------------------------------------------------------------------- */

static int parse_annotation(struct sr_cedar_parser *p, struct sr_cedar_annotation *a) {
	int rc = sr_cedar_advance(p);
	if (rc != 0)
		return rc;
	if (p->token.kind != SR_TOKEN_IDENT)
		return sr_cedar_want(p, "a name after '@'");
	a->key = p->token.text;
	a->value = sr_bytes_str("");
	a->bare = true;
	rc = sr_cedar_advance(p);
	if (rc != 0 || p->token.kind != SR_TOKEN_LPAREN)
		return rc;
	rc = sr_cedar_advance(p);
	if (rc != 0)
		return rc;
	if (p->token.kind != SR_TOKEN_STRING)
		return sr_cedar_want(p, "a string in the annotation");
	a->bare = false;
	rc = sr_cedar_lex_string(p->arena, &p->token, &a->value, p->e);
	if (rc == 0)
		rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = sr_cedar_expect(p, SR_TOKEN_RPAREN, "')' after the annotation");
	return rc;
}

static int parse_annotations(struct sr_cedar_parser *p, struct sr_cedar_rule *rule) {
	struct sr_cedar_list list = {0};
	struct sr_cedar_list keys = {0};
	int rc = 0;
	while (rc == 0 && p->token.kind == SR_TOKEN_AT) {
		struct sr_cedar_annotation *a =
			sr_cedar_list_push(p->arena, &list, sizeof *a, p->e);
		struct sr_cedar_key *key = sr_cedar_list_push(p->arena, &keys, sizeof *key, p->e);
		if (a == NULL || key == NULL)
			return sr_arena_failed(p->arena);
		key->line = p->token.line;
		key->column = p->token.column;
		rc = parse_annotation(p, a);
		key->text = a->key;
	}
	rule->pub.annotations = list.items;
	rule->pub.annotation_count = list.count;
	return rc != 0 ? rc : sr_cedar_keys_differ(keys.items, keys.count, "annotation", p->e);
}

static int parse_conditions(struct sr_cedar_parser *p, struct sr_cedar_rule *rule) {
	struct sr_cedar_list list = {0};
	int rc = 0;
	for (;;) {
		bool unless = sr_cedar_at_ident(p, "unless");
		if (!unless && !sr_cedar_at_ident(p, "when"))
			break;
		struct sr_cedar_condition *c = sr_cedar_list_push(p->arena, &list, sizeof *c, p->e);
		if (c == NULL)
			return sr_arena_failed(p->arena);
		c->unless = unless;
		rc = sr_cedar_advance(p);
		if (rc == 0)
			rc = sr_cedar_expect(p, SR_TOKEN_LBRACE, "'{' before the condition");
		if (rc == 0)
			rc = sr_cedar_parse_expr(p, &c->body);
		if (rc == 0)
			rc = sr_cedar_expect(
				p, SR_TOKEN_RBRACE, "an operator or '}' after the condition");
		if (rc != 0)
			return rc;
	}
	rule->conditions = list.items;
	rule->condition_count = list.count;
	return 0;
}

static int parse_policy(struct sr_cedar_parser *p, struct sr_cedar_rule **out) {
	struct sr_cedar_rule *rule = sr_arena_new(p->arena, 1, sizeof *rule, p->e);
	if (rule == NULL)
		return sr_arena_failed(p->arena);
	rule->pub.line = p->token.line;
	rule->pub.column = p->token.column;
	int rc = parse_annotations(p, rule);
	if (rc != 0)
		return rc;
	rule->pub.forbid = sr_cedar_at_ident(p, "forbid");
	if (!rule->pub.forbid && !sr_cedar_at_ident(p, "permit"))
		return sr_cedar_want(p, rule->pub.annotation_count > 0
						? "'@', 'permit' or 'forbid' after the annotation"
						: "'@', 'permit' or 'forbid'");
	rc = sr_cedar_advance(p);
	if (rc == 0)
		rc = parse_scopes(p, rule);
	if (rc == 0)
		rc = parse_conditions(p, rule);
	if (rc == 0)
		rc = sr_cedar_expect(
			p, SR_TOKEN_SEMICOLON, "'when', 'unless' or ';' to end the policy");
	*out = rule;
	return rc;
}

int sr_cedar_parse(
	struct sr_arena *a, struct sr_bytes text, struct sr_cedar_rules *out, struct sr_err *e) {
	struct sr_cedar_parser p = {.arena = a, .e = e};
	sr_cedar_lex_init(&p.lexer, text);
	int rc = sr_cedar_advance(&p);
	while (rc == 0 && p.token.kind != SR_TOKEN_END) {
		struct sr_cedar_rule *rule = NULL;
		rc = parse_policy(&p, &rule);
		if (rc == 0)
			rc = sr_cedar_rules_push(a, out, rule, e);
	}
	return rc;
}
