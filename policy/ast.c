/* ast - policies as trees; see ast.h. */
#include "policy/ast.h"

static const char *const op_texts[] = {
	[SR_OP_OR] = "||",
	[SR_OP_AND] = "&&",
	[SR_OP_EQ] = "==",
	[SR_OP_NE] = "!=",
	[SR_OP_LT] = "<",
	[SR_OP_LE] = "<=",
	[SR_OP_GT] = ">",
	[SR_OP_GE] = ">=",
	[SR_OP_IN] = "in",
	[SR_OP_ADD] = "+",
	[SR_OP_SUB] = "-",
	[SR_OP_MUL] = "*",
	[SR_OP_CONTAINS] = "contains",
	[SR_OP_CONTAINS_ALL] = "containsAll",
	[SR_OP_CONTAINS_ANY] = "containsAny",
	[SR_OP_HAS_TAG] = "hasTag",
	[SR_OP_GET_TAG] = "getTag",
	[SR_OP_NOT] = "!",
	[SR_OP_NEG] = "-",
	[SR_OP_IS_EMPTY] = "isEmpty",
};

const char *sr_cedar_op_text(enum sr_cedar_op op) {
	return op_texts[op];
}

bool sr_cedar_op_method(enum sr_cedar_op op) {
	return (op >= SR_OP_CONTAINS && op <= SR_OP_GET_TAG) || op == SR_OP_IS_EMPTY;
}

const char *sr_cedar_var_text(enum sr_cedar_var var) {
	switch (var) {
	case SR_VAR_PRINCIPAL:
		return "principal";
	case SR_VAR_ACTION:
		return "action";
	case SR_VAR_RESOURCE:
		return "resource";
	case SR_VAR_CONTEXT:
		return "context";
	}
	return "";
}

void sr_cedar_scope_list(
	struct sr_cedar_scope *s, const struct sr_cedar_name **list, size_t count) {
	s->op = count == 1 ? SR_SCOPE_IN : SR_SCOPE_IN_LIST;
	s->name = count == 1 ? list[0] : NULL;
	s->list = list;
	s->count = count;
}

static void raise(unsigned *height, const struct sr_cedar_node *child) {
	if (child != NULL && child->height > *height)
		*height = child->height;
}

int sr_cedar_node_close(struct sr_cedar_node *n, struct sr_err *e) {
	unsigned height = 0;
	raise(&height, n->left);
	raise(&height, n->right);
	switch (n->op) {
	case SR_OP_IF:
		raise(&height, n->as.otherwise);
		break;
	case SR_OP_SET:
		for (size_t i = 0; i < n->as.items.count; i++)
			raise(&height, n->as.items.list[i]);
		break;
	case SR_OP_RECORD:
		for (size_t i = 0; i < n->as.fields.count; i++)
			raise(&height, n->as.fields.list[i].value);
		break;
	case SR_OP_CALL:
		for (size_t i = 0; i < n->as.call.count; i++)
			raise(&height, n->as.call.args[i]);
		break;
	case SR_OP_VALUE:
	case SR_OP_VAR:
	case SR_OP_OR:
	case SR_OP_AND:
	case SR_OP_EQ:
	case SR_OP_NE:
	case SR_OP_LT:
	case SR_OP_LE:
	case SR_OP_GT:
	case SR_OP_GE:
	case SR_OP_IN:
	case SR_OP_ADD:
	case SR_OP_SUB:
	case SR_OP_MUL:
	case SR_OP_CONTAINS:
	case SR_OP_CONTAINS_ALL:
	case SR_OP_CONTAINS_ANY:
	case SR_OP_HAS_TAG:
	case SR_OP_GET_TAG:
	case SR_OP_NOT:
	case SR_OP_NEG:
	case SR_OP_IS_EMPTY:
	case SR_OP_GET:
	case SR_OP_HAS:
	case SR_OP_LIKE:
	case SR_OP_IS:
		break;
	}
	n->height = height + 1;
	if (n->height > SR_CEDAR_HEIGHT_MAX)
		return sr_fail(e, SR_LIMIT,
			"line %u, column %u: more than %d operators on one another", n->line,
			n->column, SR_CEDAR_HEIGHT_MAX);
	return 0;
}
