/*
 * fold - constants of a policy, computed once; see eval.h.
 *
 * Only what costs something each time is kept: sets, records, calls and minus signs over literals
 * and over one another. `ip("10.0.0.0/8")` in a condition is then a pointer.
 */
#include "policy/eval.h"

static int fold_list(struct sr_arena *a, struct sr_cedar_node **list, size_t count, bool *constant,
	struct sr_err *e) {
	for (size_t i = 0; i < count; i++) {
		int rc = sr_cedar_fold(a, list[i], e);
		if (rc != 0)
			return rc;
		*constant = *constant && (list[i]->op == SR_OP_VALUE || list[i]->folded != NULL);
	}
	return 0;
}

static int fold_children(
	struct sr_arena *a, struct sr_cedar_node *n, bool *constant, struct sr_err *e) {
	int rc = 0;
	if (n->left != NULL)
		rc = fold_list(a, &n->left, 1, constant, e);
	if (rc == 0 && n->right != NULL)
		rc = fold_list(a, &n->right, 1, constant, e);
	if (rc == 0 && n->op == SR_OP_IF)
		rc = fold_list(a, &n->as.otherwise, 1, constant, e);
	if (rc == 0 && n->op == SR_OP_SET)
		rc = fold_list(a, n->as.items.list, n->as.items.count, constant, e);
	if (rc == 0 && n->op == SR_OP_CALL)
		rc = fold_list(a, n->as.call.args, n->as.call.count, constant, e);
	if (n->op == SR_OP_RECORD)
		for (size_t i = 0; rc == 0 && i < n->as.fields.count; i++)
			rc = fold_list(a, &n->as.fields.list[i].value, 1, constant, e);
	return rc;
}

/* Apart, so that the frames of the recursion stay small. */
__attribute__((noinline)) static int fold_one(
	struct sr_arena *a, struct sr_cedar_node *n, struct sr_err *e) {
	struct sr_cedar_eval v;
	struct sr_err why;
	struct sr_cedar_value *value = sr_arena_new(a, 1, sizeof *value, e);
	if (value == NULL)
		return sr_arena_failed(a);
	sr_cedar_eval_init(&v, NULL, NULL, a, &why);
	int rc = sr_cedar_eval(&v, n, value);
	if (rc == SR_CORRUPT)
		return 0;
	if (rc != 0)
		return sr_fail(e, why.code, "%s", why.text);
	n->folded = value;
	return 0;
}

int sr_cedar_fold(struct sr_arena *a, struct sr_cedar_node *n, struct sr_err *e) {
	bool constant = true;
	int rc = fold_children(a, n, &constant, e);
	bool worth = n->op == SR_OP_SET || n->op == SR_OP_RECORD || n->op == SR_OP_CALL ||
		     n->op == SR_OP_NEG;
	return rc != 0 || !constant || !worth ? rc : fold_one(a, n, e);
}
