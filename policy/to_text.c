/* to_text - a policy as Cedar text; see to_text.h. Recursion is bounded by the tree's height. */
#include "policy/to_text.h"

#include <inttypes.h>

#include "base/escape.h"
#include "policy/name.h"

/* How tightly an expression holds together; an operand looser than its place needs parentheses. */
enum binding {
	LOOSE, /* if */
	OR,
	AND,
	RELATION,
	SUM,
	PRODUCT,
	SIGN,
	MEMBER
};

static enum binding binding_of(const struct sr_cedar_node *n) {
	switch (n->op) {
	case SR_OP_IF:
		return LOOSE;
	case SR_OP_OR:
		return OR;
	case SR_OP_AND:
		return AND;
	case SR_OP_EQ:
	case SR_OP_NE:
	case SR_OP_LT:
	case SR_OP_LE:
	case SR_OP_GT:
	case SR_OP_GE:
	case SR_OP_IN:
	case SR_OP_HAS:
	case SR_OP_LIKE:
	case SR_OP_IS:
		return RELATION;
	case SR_OP_ADD:
	case SR_OP_SUB:
		return SUM;
	case SR_OP_MUL:
		return PRODUCT;
	case SR_OP_NOT:
	case SR_OP_NEG:
		return SIGN;
	case SR_OP_VALUE:
		return n->as.value.kind == SR_CEDAR_LONG && n->as.value.n < 0 ? SIGN : MEMBER;
	case SR_OP_VAR:
	case SR_OP_CONTAINS:
	case SR_OP_CONTAINS_ALL:
	case SR_OP_CONTAINS_ANY:
	case SR_OP_HAS_TAG:
	case SR_OP_GET_TAG:
	case SR_OP_IS_EMPTY:
	case SR_OP_GET:
	case SR_OP_SET:
	case SR_OP_RECORD:
	case SR_OP_CALL:
		return MEMBER;
	}
	return LOOSE;
}

/* The inside of a string or (${pattern}) of a piece of a pattern. */
static void put_chars(struct sr_buf *out, struct sr_bytes s, bool pattern) {
	while (s.len > 0) {
		uint32_t cp = 0;
		size_t len = sr_utf8_next(s, &cp);
		if (cp == '"' || cp == '\\' || (cp == '*' && pattern))
			sr_buf_printf(out, "\\%c", (char)cp);
		else if (cp == '\n')
			sr_buf_put_str(out, "\\n");
		else if (cp == '\t')
			sr_buf_put_str(out, "\\t");
		else if (cp < 0x20 || cp == 0x7f)
			sr_buf_printf(out, "\\u{%" PRIx32 "}", cp);
		else
			sr_buf_put(out, s.p, len);
		s = sr_bytes_of(s.p + len, s.len - len);
	}
}

static void put_string(struct sr_buf *out, struct sr_bytes s) {
	sr_buf_put_str(out, "\"");
	put_chars(out, s, false);
	sr_buf_put_str(out, "\"");
}

static void put_entity(struct sr_buf *out, const struct sr_cedar_name *n) {
	sr_buf_put_bytes(out, n->type);
	sr_buf_put_str(out, "::");
	put_string(out, n->id);
}

static void put_node(struct sr_buf *out, const struct sr_cedar_node *n, enum binding least);

static void put_value(struct sr_buf *out, const struct sr_cedar_value *v) {
	if (v->kind == SR_CEDAR_BOOL)
		sr_buf_put_str(out, v->b ? "true" : "false");
	else if (v->kind == SR_CEDAR_LONG)
		sr_buf_printf(out, "%" PRId64, v->n);
	else if (v->kind == SR_CEDAR_STRING)
		put_string(out, v->s);
	else
		put_entity(out, v->name);
}

static void put_nodes(struct sr_buf *out, struct sr_cedar_node **list, size_t count) {
	for (size_t i = 0; i < count; i++) {
		sr_buf_put_str(out, i > 0 ? ", " : "");
		put_node(out, list[i], LOOSE);
	}
}

static void put_record(struct sr_buf *out, const struct sr_cedar_node *n) {
	sr_buf_put_str(out, "{");
	for (size_t i = 0; i < n->as.fields.count; i++) {
		const struct sr_cedar_node_field *f = &n->as.fields.list[i];
		sr_buf_put_str(out, i > 0 ? ", " : "");
		if (sr_cedar_is_ident(f->key))
			sr_buf_put_bytes(out, f->key);
		else
			put_string(out, f->key);
		sr_buf_put_str(out, ": ");
		put_node(out, f->value, LOOSE);
	}
	sr_buf_put_str(out, "}");
}

static void put_call(struct sr_buf *out, const struct sr_cedar_node *n) {
	struct sr_cedar_node **args = n->as.call.args;
	size_t count = n->as.call.count;
	if (n->as.call.function->method) {
		put_node(out, args[0], MEMBER);
		sr_buf_put_str(out, ".");
		args++;
		count--;
	}
	sr_buf_printf(out, "%s(", n->as.call.function->name);
	put_nodes(out, args, count);
	sr_buf_put_str(out, ")");
}

static void put_get(struct sr_buf *out, const struct sr_cedar_node *n) {
	put_node(out, n->left, MEMBER);
	if (sr_cedar_is_ident(n->as.attr)) {
		sr_buf_put_str(out, ".");
		sr_buf_put_bytes(out, n->as.attr);
	} else {
		sr_buf_put_str(out, "[");
		put_string(out, n->as.attr);
		sr_buf_put_str(out, "]");
	}
}

static void put_relation(struct sr_buf *out, const struct sr_cedar_node *n) {
	put_node(out, n->left, SUM);
	if (n->op == SR_OP_HAS) {
		sr_buf_put_str(out, " has ");
		for (size_t i = 0; i < n->as.has.count; i++) {
			sr_buf_put_str(out, i > 0 ? "." : "");
			if (sr_cedar_is_ident(n->as.has.list[i]))
				sr_buf_put_bytes(out, n->as.has.list[i]);
			else
				put_string(out, n->as.has.list[i]);
		}
	} else if (n->op == SR_OP_LIKE) {
		sr_buf_put_str(out, " like \"");
		for (size_t i = 0; i < n->as.pattern->count; i++) {
			const struct sr_cedar_piece *p = &n->as.pattern->pieces[i];
			if (sr_cedar_piece_wild(p))
				sr_buf_put_str(out, "*");
			else
				put_chars(out, p->text, true);
		}
		sr_buf_put_str(out, "\"");
	} else if (n->op == SR_OP_IS) {
		sr_buf_put_str(out, " is ");
		sr_buf_put_bytes(out, n->as.type);
		if (n->right != NULL) {
			sr_buf_put_str(out, " in ");
			put_node(out, n->right, SUM);
		}
	} else {
		sr_buf_printf(out, " %s ", sr_cedar_op_text(n->op));
		put_node(out, n->right, SUM);
	}
}

static void put_if(struct sr_buf *out, const struct sr_cedar_node *n) {
	sr_buf_put_str(out, "if ");
	put_node(out, n->left, LOOSE);
	sr_buf_put_str(out, " then ");
	put_node(out, n->right, LOOSE);
	sr_buf_put_str(out, " else ");
	put_node(out, n->as.otherwise, LOOSE);
}

/* Without parentheses around it. */
static void put_bare(struct sr_buf *out, const struct sr_cedar_node *n, enum binding own) {
	if (sr_cedar_op_method(n->op)) {
		put_node(out, n->left, MEMBER);
		sr_buf_printf(out, ".%s(", sr_cedar_op_text(n->op));
		if (n->right != NULL)
			put_node(out, n->right, LOOSE);
		sr_buf_put_str(out, ")");
	} else if (own == RELATION) {
		put_relation(out, n);
	} else if (sr_cedar_op_binary(n->op)) { /* these associate to the left */
		put_node(out, n->left, own);
		sr_buf_printf(out, " %s ", sr_cedar_op_text(n->op));
		put_node(out, n->right, own + 1);
	} else if (n->op == SR_OP_NOT) {
		sr_buf_put_str(out, "!");
		put_node(out, n->left, MEMBER);
	} else if (n->op == SR_OP_NEG) { /* a number in parentheses keeps its own sign */
		bool number = n->left->op == SR_OP_VALUE && n->left->as.value.kind == SR_CEDAR_LONG;
		sr_buf_put_str(out, number ? "-(" : "-");
		put_node(out, n->left, number ? LOOSE : MEMBER);
		sr_buf_put_str(out, number ? ")" : "");
	} else if (n->op == SR_OP_VALUE) {
		put_value(out, &n->as.value);
	} else if (n->op == SR_OP_VAR) {
		sr_buf_put_str(out, sr_cedar_var_text(n->as.var));
	} else if (n->op == SR_OP_GET) {
		put_get(out, n);
	} else if (n->op == SR_OP_IF) {
		put_if(out, n);
	} else if (n->op == SR_OP_SET) {
		sr_buf_put_str(out, "[");
		put_nodes(out, n->as.items.list, n->as.items.count);
		sr_buf_put_str(out, "]");
	} else if (n->op == SR_OP_RECORD) {
		put_record(out, n);
	} else {
		put_call(out, n);
	}
}

static void put_node(struct sr_buf *out, const struct sr_cedar_node *n, enum binding least) {
	enum binding own = binding_of(n);
	sr_buf_put_str(out, own < least ? "(" : "");
	put_bare(out, n, own);
	sr_buf_put_str(out, own < least ? ")" : "");
}

void sr_cedar_put_expr(struct sr_buf *out, const struct sr_cedar_node *n) {
	put_node(out, n, LOOSE);
}

static void put_scope(struct sr_buf *out, const char *var, const struct sr_cedar_scope *s) {
	sr_buf_put_str(out, var);
	if (s->op == SR_SCOPE_IS || s->op == SR_SCOPE_IS_IN) {
		sr_buf_put_str(out, " is ");
		sr_buf_put_bytes(out, s->type);
	}
	if (s->op == SR_SCOPE_ANY || s->op == SR_SCOPE_IS)
		return;
	sr_buf_put_str(out, s->op == SR_SCOPE_EQ ? " == " : " in ");
	if (s->op == SR_SCOPE_IN_LIST) {
		sr_buf_put_str(out, "[");
		for (size_t i = 0; i < s->count; i++) {
			sr_buf_put_str(out, i > 0 ? ", " : "");
			put_entity(out, s->list[i]);
		}
		sr_buf_put_str(out, "]");
	} else if (s->slot) {
		sr_buf_printf(out, "?%s", var);
	} else {
		put_entity(out, s->name);
	}
}

void sr_cedar_put_text(struct sr_buf *out, const struct sr_cedar_rule *rule) {
	for (size_t i = 0; i < rule->pub.annotation_count; i++) {
		const struct sr_cedar_annotation *a = &rule->pub.annotations[i];
		sr_buf_put_str(out, "@");
		sr_buf_put_bytes(out, a->key);
		if (!a->bare) {
			sr_buf_put_str(out, "(");
			put_string(out, a->value);
			sr_buf_put_str(out, ")");
		}
		sr_buf_put_str(out, "\n");
	}
	sr_buf_put_str(out, rule->pub.forbid ? "forbid (" : "permit (");
	put_scope(out, "principal", &rule->principal);
	sr_buf_put_str(out, ", ");
	put_scope(out, "action", &rule->action);
	sr_buf_put_str(out, ", ");
	put_scope(out, "resource", &rule->resource);
	sr_buf_put_str(out, ")");
	for (size_t i = 0; i < rule->condition_count; i++) {
		sr_buf_put_str(out, rule->conditions[i].unless ? "\nunless { " : "\nwhen { ");
		put_node(out, rule->conditions[i].body, LOOSE);
		sr_buf_put_str(out, " }");
	}
	sr_buf_put_str(out, ";\n");
}
