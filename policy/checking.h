/*
 * checking - what check.c (policies and their scopes) and check_expr.c (expressions) share. Not for
 * others: check.h is.
 */
#ifndef SR_POLICY_CHECKING_H
#define SR_POLICY_CHECKING_H

#include "policy/check.h"
#include "policy/parser.h"

/* A place that is known to be there: a path from a variable to an attribute or tag. */
struct check_known {
	struct sr_bytes path;
	const struct check_known *next;
};

/* What one expression is in one environment. */
struct check_type {
	const struct sr_schema_type *t;  /* NULL: not known, and that was said */
	int truth;                       /* of a Bool: 1 always true, -1 never, 0 either */
	const struct check_known *known; /* what is there when it is true */
};

/* A `has` whose attribute no environment may have. */
struct check_has {
	const struct sr_cedar_node *node;
	struct sr_bytes attr;
	bool found;
};

struct checker {
	struct sr_check *out;
	const struct sr_schema *s;
	struct sr_cedar_list findings; /* struct sr_check_finding */
	const struct sr_cedar_rule *rule;
	size_t first; /* finding of the rule */
	/* The environment. */
	const struct sr_schema_entity *principal, *resource;
	const struct sr_schema_action *action;
	struct sr_cedar_list has; /* struct check_has, of the rule */
	uint64_t steps_left;
	struct sr_err *e;
};

/* Take from the steps; false: they are used up, and check_expr says so at the next node. */
static inline bool check_spend(struct checker *c, uint64_t steps) {
	c->steps_left -= steps < c->steps_left ? steps : c->steps_left;
	return c->steps_left > 0;
}

/* Keep a finding, unless this place has one of that kind. NOMEM, LIMIT. */
SR_MUST int check_note(struct checker *c, enum sr_check_kind kind, unsigned line, unsigned column,
	const char *fmt, ...) SR_PRINTF(5, 6);
/* A name in the text: an entity type, the id of an enumeration, an action. */
SR_MUST int check_name(
	struct checker *c, const struct sr_cedar_name *name, unsigned line, unsigned column);
bool check_is_action(struct sr_bytes type);

SR_MUST int check_expr(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out);

#endif
