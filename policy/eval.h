/*
 * eval - what an expression is worth for one request and its entities.
 *
 * Evaluation ends: there are no loops, and every node and every comparison takes from steps_left.
 * It fails with CORRUPT when the expression has no value (Cedar's evaluation error: e->text and
 * failed_at say why and where), with LIMIT when the steps or the arena are used up, with NOMEM.
 * Recursion is bounded by the height of the tree.
 */
#ifndef SR_POLICY_EVAL_H
#define SR_POLICY_EVAL_H

#include "policy/ast.h"
#include "policy/entities.h"
#include "policy/request.h"

struct sr_cedar_eval {
	const struct sr_cedar_entities *entities; /* NULL: of constants */
	const struct sr_cedar_request *request;   /* NULL: of constants */
	/* The entities of principal, action and resource, or NULL: looked up once. */
	const struct sr_cedar_entity *known[SR_VAR_CONTEXT];
	struct sr_arena *arena; /* for values made on the way */
	uint64_t steps_left;
	const struct sr_cedar_node *failed_at;
	struct sr_err *e;
};

void sr_cedar_eval_init(struct sr_cedar_eval *v, const struct sr_cedar_entities *entities,
	const struct sr_cedar_request *request, struct sr_arena *arena, struct sr_err *e);

/* *${out} may point into the arena, the tree, the entities and the request. */
SR_MUST int sr_cedar_eval(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out);

/* Is ${name} this entity or one of its descendants? ${var}'s name, or any other with -1. */
bool sr_cedar_eval_in(const struct sr_cedar_eval *v, int var, const struct sr_cedar_name *name,
	const struct sr_cedar_name *ancestor);

/* Evaluate what does not depend on request and entities, sets and calls above all, and keep the
 * values in the tree (node.folded), in ${a}. What fails is left for later. NOMEM, LIMIT. */
SR_MUST int sr_cedar_fold(struct sr_arena *a, struct sr_cedar_node *n, struct sr_err *e);

#endif
