/*
 * lex - policy text, cut into tokens.
 *
 *   blanks     Unicode White_Space; `//` up to CR, LF or the end. No block comments.
 *   IDENT      [_a-zA-Z][_a-zA-Z0-9]*, also the reserved words (token.word says which)
 *   INT        [0-9]+
 *   STRING     " ... ", with escapes, may span lines by LF; a CR or a backslash before LF is
 * refused SLOT       ?IDENT the rest   @ . , ; : :: ( ) { } [ ] == != < <= >= > || && + - * / % ! =
 *              (`/`, `%`, `=` and `:` alone so that the parser can say what is wrong with them)
 *   ?          alone, in the text of a schema (schema.h)
 *
 * The text must be valid UTF-8. Lines end at LF; a column counts characters from 1.
 */
#ifndef SR_POLICY_LEX_H
#define SR_POLICY_LEX_H

#include "policy/arena.h"
#include "policy/name.h"

enum sr_cedar_token_kind {
	SR_TOKEN_END,
	SR_TOKEN_IDENT,
	SR_TOKEN_INT,
	SR_TOKEN_STRING,
	SR_TOKEN_SLOT,
	SR_TOKEN_QUESTION, /* '?' alone: of a schema */
	SR_TOKEN_AT,
	SR_TOKEN_DOT,
	SR_TOKEN_COMMA,
	SR_TOKEN_SEMICOLON,
	SR_TOKEN_COLON,
	SR_TOKEN_PATH, /* :: */
	SR_TOKEN_LPAREN,
	SR_TOKEN_RPAREN,
	SR_TOKEN_LBRACE,
	SR_TOKEN_RBRACE,
	SR_TOKEN_LBRACKET,
	SR_TOKEN_RBRACKET,
	SR_TOKEN_EQ,
	SR_TOKEN_NE,
	SR_TOKEN_LT,
	SR_TOKEN_LE,
	SR_TOKEN_GE,
	SR_TOKEN_GT,
	SR_TOKEN_OR,
	SR_TOKEN_AND,
	SR_TOKEN_PLUS,
	SR_TOKEN_MINUS,
	SR_TOKEN_STAR,
	SR_TOKEN_SLASH,
	SR_TOKEN_PERCENT,
	SR_TOKEN_NOT,
	SR_TOKEN_ASSIGN
};

struct sr_cedar_token {
	enum sr_cedar_token_kind kind;
	enum sr_cedar_word word; /* of an IDENT */
	bool escaped;            /* a STRING with a backslash in it */
	unsigned line, column;   /* where it begins */
	struct sr_bytes text;    /* as written; of a STRING without its quotes */
};

struct sr_cedar_lexer {
	struct sr_bytes in;
	size_t at;
	unsigned line, column;
	bool schema; /* the text is a schema's */
};

void sr_cedar_lex_init(struct sr_cedar_lexer *l, struct sr_bytes text);
/* The next token; SR_TOKEN_END for ever once the text is used up. CORRUPT. */
SR_MUST int sr_cedar_lex_next(
	struct sr_cedar_lexer *l, struct sr_cedar_token *out, struct sr_err *e);

/* One unit of a STRING token's text. */
struct sr_cedar_char {
	uint32_t cp;
	bool star; /* written as \*: in a pattern a literal star, elsewhere refused */
};

/* Read the character or escape at ${at} of the token's text and move ${at} on. Escapes: \n \r \t \0
 * \\ \" \' \xHH (to 7F), \u{H..} (1 to 6 digits, _ between), and \* if ${pattern}. CORRUPT. */
SR_MUST int sr_cedar_lex_char(const struct sr_cedar_token *t, size_t *at, bool pattern,
	struct sr_cedar_char *out, struct sr_err *e);
/* What a STRING token means, in ${a} (or in the text itself, if it has no escapes). CORRUPT. */
SR_MUST int sr_cedar_lex_string(
	struct sr_arena *a, const struct sr_cedar_token *t, struct sr_bytes *out, struct sr_err *e);

/* Write ${cp} as UTF-8 into ${out}; returns its 1 to 4 bytes. */
size_t sr_cedar_utf8_put(uint8_t out[4], uint32_t cp);

/* "have 'permit'", "have the end of the text": for the parser's sentences; returns ${out}. */
const char *sr_cedar_token_have(char *out, size_t size, const struct sr_cedar_token *t);

#endif
