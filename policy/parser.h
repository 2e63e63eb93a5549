/*
 * parser - what the two halves of the parser share: parse.c (policies and their scope) and
 * parse_expr.c (expressions). Not for others: parse.h is.
 */
#ifndef SR_POLICY_PARSER_H
#define SR_POLICY_PARSER_H

#include "policy/lex.h"
#include "policy/parse.h"

struct sr_cedar_parser {
	struct sr_cedar_lexer lexer;
	struct sr_cedar_token token; /* not yet used up */
	struct sr_arena *arena;
	unsigned depth; /* brackets, calls and ifs around this place */
	struct sr_err *e;
};

/* A list of any elements while its length is not known; array in the arena. */
struct sr_cedar_list {
	void *items;
	size_t count, cap;
};

/* Room for one more element of ${size} bytes at index count - 1; NULL: NOMEM, LIMIT. */
void *sr_cedar_list_push(
	struct sr_arena *a, struct sr_cedar_list *list, size_t size, struct sr_err *e);

struct sr_cedar_key {
	struct sr_bytes text;
	unsigned line, column;
};

/* Fail at the second of two equal keys (${what}: "annotation"), which are sorted in place. CORRUPT.
 */
SR_MUST int sr_cedar_keys_differ(
	struct sr_cedar_key *keys, size_t count, const char *what, struct sr_err *e);

/* "line L, column C: want ${want}, have '...'" about the next token; CORRUPT. */
int sr_cedar_want(const struct sr_cedar_parser *p, const char *want);
/* Never 0; the compiler is told, as of sr_fail. */
#define sr_cedar_want(...) sr_failed((sr_cedar_want)(__VA_ARGS__))
/* Go to the next token. */
SR_MUST int sr_cedar_advance(struct sr_cedar_parser *p);
/* Use up a token of this kind, or fail wanting ${want}. */
SR_MUST int sr_cedar_expect(
	struct sr_cedar_parser *p, enum sr_cedar_token_kind kind, const char *want);
/* Is the next token this identifier? */
bool sr_cedar_at_ident(const struct sr_cedar_parser *p, const char *ident);
/* One level down: LIMIT; and up again. */
SR_MUST int sr_cedar_enter(struct sr_cedar_parser *p);
void sr_cedar_leave(struct sr_cedar_parser *p);

/* IDENT { '::' IDENT } [ '::' STRING ]: the path, and in *${id} the string (p == NULL: none). */
SR_MUST int sr_cedar_parse_path(
	struct sr_cedar_parser *p, struct sr_bytes *path, struct sr_bytes *id);
SR_MUST int sr_cedar_parse_expr(struct sr_cedar_parser *p, struct sr_cedar_node **out);

#endif
