/*
 * ast - policies as trees, as they were written.
 *
 * The tree keeps what the JSON form tells apart (`!=`, `>`, the parts of a path of `has`), so that
 * text and JSON come out as they went in. Parsers make it (parse.h, from_json.h), printers write it
 * (print.h, to_json.h), eval.h walks it. Nodes lie in the arena of their policy set.
 *
 * Invariants: a node's height is one more than its highest child's, and at most
 * SR_CEDAR_HEIGHT_MAX; operands that the operator needs are never NULL; names of types are paths,
 * attributes of a `has` of two and more are identifiers.
 */
#ifndef SR_POLICY_AST_H
#define SR_POLICY_AST_H

#include "policy/ext.h"
#include "policy/pattern.h"
#include "policy/value.h"
#include "strongroom/cedar.h"

enum sr_cedar_op {
	SR_OP_VALUE, /* a literal: bool, long, string or entity */
	SR_OP_VAR,
	/* left and right; this range is one table in ast.c */
	SR_OP_OR,
	SR_OP_AND,
	SR_OP_EQ,
	SR_OP_NE,
	SR_OP_LT,
	SR_OP_LE,
	SR_OP_GT,
	SR_OP_GE,
	SR_OP_IN,
	SR_OP_ADD,
	SR_OP_SUB,
	SR_OP_MUL,
	SR_OP_CONTAINS,
	SR_OP_CONTAINS_ALL,
	SR_OP_CONTAINS_ANY,
	SR_OP_HAS_TAG,
	SR_OP_GET_TAG,
	/* left alone */
	SR_OP_NOT,
	SR_OP_NEG,
	SR_OP_IS_EMPTY,
	/* left and a member of `as` */
	SR_OP_GET,  /* as.attr */
	SR_OP_HAS,  /* as.has */
	SR_OP_LIKE, /* as.pattern */
	SR_OP_IS,   /* as.is; right is the operand of `in`, or NULL */
	SR_OP_IF,   /* left: condition, right: then, as.otherwise */
	/* lists */
	SR_OP_SET,    /* as.items */
	SR_OP_RECORD, /* as.fields */
	SR_OP_CALL    /* as.call */
};

enum sr_cedar_var {
	SR_VAR_PRINCIPAL,
	SR_VAR_ACTION,
	SR_VAR_RESOURCE,
	SR_VAR_CONTEXT
};

struct sr_cedar_node_field {
	struct sr_bytes key;
	struct sr_cedar_node *value;
};

struct sr_cedar_node {
	enum sr_cedar_op op;
	unsigned height;
	unsigned line, column; /* of the operator, or where the node begins; 0: from JSON */
	/* What this always evaluates to, or NULL: sr_cedar_fold. Printers do not look at it. */
	const struct sr_cedar_value *folded;
	struct sr_cedar_node *left, *right;
	union {
		struct sr_cedar_value value;
		enum sr_cedar_var var;
		struct sr_bytes attr;
		struct sr_bytes type; /* of IS */
		struct sr_cedar_node *otherwise;
		const struct sr_cedar_pattern *pattern;
		struct { /* attrs of HAS */
			struct sr_bytes *list;
			size_t count;
		} has;
		struct {
			struct sr_cedar_node **list;
			size_t count;
		} items;
		struct {
			struct sr_cedar_node_field *list; /* no key twice */
			size_t count;
		} fields;
		struct {
			const struct sr_cedar_ext *function;
			struct sr_cedar_node **args; /* the receiver of a method first */
			size_t count;
		} call;
	} as;
};

enum sr_cedar_scope_op {
	SR_SCOPE_ANY,
	SR_SCOPE_EQ,
	SR_SCOPE_IN,
	SR_SCOPE_IS,
	SR_SCOPE_IS_IN,
	SR_SCOPE_IN_LIST /* action only */
};

struct sr_cedar_scope {
	enum sr_cedar_scope_op op;
	bool slot;            /* name is the template's slot */
	struct sr_bytes type; /* of IS, IS_IN */
	const struct sr_cedar_name *name;
	const struct sr_cedar_name **list; /* of IN_LIST */
	size_t count;
};

struct sr_cedar_condition {
	bool unless;
	struct sr_cedar_node *body;
};

struct sr_cedar_rule {
	struct sr_cedar_policy pub; /* first: a policy handed out is its rule */
	struct sr_cedar_scope principal, action, resource;
	struct sr_cedar_condition *conditions;
	size_t condition_count;
};

/* Operators with a left and a right (SR_OP_OR to SR_OP_GET_TAG), and left alone. */
static inline bool sr_cedar_op_binary(enum sr_cedar_op op) {
	return op >= SR_OP_OR && op <= SR_OP_GET_TAG;
}
static inline bool sr_cedar_op_unary(enum sr_cedar_op op) {
	return op >= SR_OP_NOT && op <= SR_OP_IS_EMPTY;
}
/* How an operator of these two ranges is spelt in text and JSON ("&&", "containsAny", "!"; in JSON
 * a minus sign of one operand is "neg"). */
const char *sr_cedar_op_text(enum sr_cedar_op op);
/* Is it written as a method, `left.contains(right)`? */
bool sr_cedar_op_method(enum sr_cedar_op op);
const char *sr_cedar_var_text(enum sr_cedar_var var);

/* Make ${s} "in" these; of one alone, "in" that one. */
void sr_cedar_scope_list(struct sr_cedar_scope *s, const struct sr_cedar_name **list, size_t count);

/* Set ${n}'s height from its children. LIMIT. */
SR_MUST int sr_cedar_node_close(struct sr_cedar_node *n, struct sr_err *e);

#endif
