/*
 * parse - policy text made trees. Recursive descent, one token ahead.
 *
 *   Policy  = { '@' ANYIDENT [ '(' STRING ')' ] } ('permit'|'forbid') '(' Scope ')' { Cond } ';'
 *   Scope   = P ',' A ',' R [',']
 *   P, R    = 'principal'|'resource' [ '==' Eos | 'in' Eos | 'is' Path [ 'in' Eos ] ]
 *   A       = 'action' [ '==' Entity | 'in' Entity | 'in' '[' [ Entity {',' Entity} [','] ] ']' ]
 *   Eos     = Entity | the slot of its place;  Entity and Eos may stand in parentheses
 *   Cond    = ('when'|'unless') '{' Expr '}'
 *   Expr    = 'if' Expr 'then' Expr 'else' Expr | Or
 *   Or      = And { '||' And }          And  = Rel { '&&' Rel }
 *   Rel     = Add [ ('=='|'!='|'<'|'<='|'>'|'>='|'in') Add ]
 *           | Add 'has' ( STRING | IDENT { '.' IDENT } ) | Add 'like' STRING
 *           | Add 'is' Path [ 'in' Add ]
 *   Add     = Mult { ('+'|'-') Mult }   Mult = Unary { '*' Unary }
 *   Unary   = [ '!' 1 to 4 times | '-' 1 to 4 times ] Member
 *   Member  = Primary { '.' IDENT [ '(' [Exprs] ')' ] | '[' STRING ']' }
 *   Primary = 'true' | 'false' | INT | STRING | Path '::' STRING | Var | Func '(' [Exprs] ')'
 *           | '(' Expr ')' | '[' [Exprs] ']' | '{' [ Field {',' Field} [','] ] '}'
 *   Exprs   = Expr {',' Expr} [',']     Field = (IDENT|STRING) ':' Expr
 *
 * A minus directly before an INT belongs to the number. Names of functions and methods must exist;
 * the number of arguments of an extension function is left to evaluation.
 */
#ifndef SR_POLICY_PARSE_H
#define SR_POLICY_PARSE_H

#include "policy/ast.h"

struct sr_cedar_rules { /* a growing list; its array lies in the arena */
	struct sr_cedar_rule **list;
	size_t count, cap;
};

/* Append a rule; LIMIT above SR_CEDAR_POLICIES_MAX. */
SR_MUST int sr_cedar_rules_push(struct sr_arena *a, struct sr_cedar_rules *rules,
	struct sr_cedar_rule *rule, struct sr_err *e);

/* All policies and templates of ${text}, which must live as long as ${a}, appended to ${out}
 * without ids. CORRUPT, LIMIT. */
SR_MUST int sr_cedar_parse(
	struct sr_arena *a, struct sr_bytes text, struct sr_cedar_rules *out, struct sr_err *e);

#endif
