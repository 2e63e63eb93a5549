/* to_json - the JSON form of a policy; see to_json.h. Recursion is bounded by the tree's height. */
#include "policy/to_json.h"

#include <inttypes.h>

#include "base/escape.h"
#include "policy/json.h"

static void put_uid(struct sr_buf *out, const struct sr_cedar_name *n) {
	sr_buf_put_str(out, "{\"type\":");
	sr_json_put_string(out, n->type);
	sr_buf_put_str(out, ",\"id\":");
	sr_json_put_string(out, n->id);
	sr_buf_put_str(out, "}");
}

static void put_target(struct sr_buf *out, const struct sr_cedar_scope *s, const char *slot) {
	if (s->slot) {
		sr_buf_printf(out, "\"slot\":\"%s\"", slot);
	} else {
		sr_buf_put_str(out, "\"entity\":");
		put_uid(out, s->name);
	}
}

static void put_scope(struct sr_buf *out, const struct sr_cedar_scope *s, const char *slot) {
	switch (s->op) {
	case SR_SCOPE_ANY:
		sr_buf_put_str(out, "{\"op\":\"All\"");
		break;
	case SR_SCOPE_EQ:
	case SR_SCOPE_IN:
		sr_buf_printf(out, "{\"op\":\"%s\",", s->op == SR_SCOPE_EQ ? "==" : "in");
		put_target(out, s, slot);
		break;
	case SR_SCOPE_IS:
	case SR_SCOPE_IS_IN:
		sr_buf_put_str(out, "{\"op\":\"is\",\"entity_type\":");
		sr_json_put_string(out, s->type);
		if (s->op == SR_SCOPE_IS_IN) {
			sr_buf_put_str(out, ",\"in\":{");
			put_target(out, s, slot);
			sr_buf_put_str(out, "}");
		}
		break;
	case SR_SCOPE_IN_LIST:
		sr_buf_put_str(out, "{\"op\":\"in\",\"entities\":[");
		for (size_t i = 0; i < s->count; i++) {
			sr_buf_put_str(out, i > 0 ? "," : "");
			put_uid(out, s->list[i]);
		}
		sr_buf_put_str(out, "]");
		break;
	}
	sr_buf_put_str(out, "}");
}

static void put_node(struct sr_buf *out, const struct sr_cedar_node *n);

static void put_value(struct sr_buf *out, const struct sr_cedar_value *v) {
	sr_buf_put_str(out, "{\"Value\":");
	if (v->kind == SR_CEDAR_BOOL) {
		sr_buf_put_str(out, v->b ? "true" : "false");
	} else if (v->kind == SR_CEDAR_LONG) {
		sr_buf_printf(out, "%" PRId64, v->n);
	} else if (v->kind == SR_CEDAR_STRING) {
		sr_json_put_string(out, v->s);
	} else {
		sr_buf_put_str(out, "{\"__entity\":");
		put_uid(out, v->name);
		sr_buf_put_str(out, "}");
	}
	sr_buf_put_str(out, "}");
}

static void put_nodes(struct sr_buf *out, struct sr_cedar_node **list, size_t count) {
	sr_buf_put_str(out, "[");
	for (size_t i = 0; i < count; i++) {
		sr_buf_put_str(out, i > 0 ? "," : "");
		put_node(out, list[i]);
	}
	sr_buf_put_str(out, "]");
}

static void put_record(struct sr_buf *out, const struct sr_cedar_node *n) {
	sr_buf_put_str(out, "{\"Record\":{");
	for (size_t i = 0; i < n->as.fields.count; i++) {
		sr_buf_put_str(out, i > 0 ? "," : "");
		sr_json_put_string(out, n->as.fields.list[i].key);
		sr_buf_put_str(out, ":");
		put_node(out, n->as.fields.list[i].value);
	}
	sr_buf_put_str(out, "}}");
}

static void put_pattern(struct sr_buf *out, const struct sr_cedar_pattern *p) {
	const char *between = "";
	sr_buf_put_str(out, ",\"pattern\":[");
	for (size_t i = 0; i < p->count; i++) {
		struct sr_bytes text = p->pieces[i].text;
		if (sr_cedar_piece_wild(&p->pieces[i]))
			sr_buf_printf(out, "%s\"Wildcard\"", between);
		between = i > 0 || sr_cedar_piece_wild(&p->pieces[i]) ? "," : between;
		while (text.len > 0) {
			uint32_t cp = 0;
			size_t len = sr_utf8_next(text, &cp);
			sr_buf_printf(out, "%s{\"Literal\":", between);
			sr_json_put_string(out, sr_bytes_of(text.p, len));
			sr_buf_put_str(out, "}");
			text = sr_bytes_of(text.p + len, text.len - len);
			between = ",";
		}
	}
	sr_buf_put_str(out, "]");
}

/* The operators of one operand and a member. */
static void put_special(struct sr_buf *out, const struct sr_cedar_node *n) {
	static const char *const names[] = {
		[SR_OP_GET] = ".", [SR_OP_HAS] = "has", [SR_OP_LIKE] = "like", [SR_OP_IS] = "is"};
	sr_buf_printf(out, "{\"%s\":{\"left\":", names[n->op]);
	put_node(out, n->left);
	if (n->op == SR_OP_GET) {
		sr_buf_put_str(out, ",\"attr\":");
		sr_json_put_string(out, n->as.attr);
	} else if (n->op == SR_OP_HAS) {
		sr_buf_printf(out, ",\"attr\":%s", n->as.has.count > 1 ? "[" : "");
		for (size_t i = 0; i < n->as.has.count; i++) {
			sr_buf_put_str(out, i > 0 ? "," : "");
			sr_json_put_string(out, n->as.has.list[i]);
		}
		sr_buf_put_str(out, n->as.has.count > 1 ? "]" : "");
	} else if (n->op == SR_OP_LIKE) {
		put_pattern(out, n->as.pattern);
	} else {
		sr_buf_put_str(out, ",\"entity_type\":");
		sr_json_put_string(out, n->as.type);
		if (n->right != NULL) {
			sr_buf_put_str(out, ",\"in\":");
			put_node(out, n->right);
		}
	}
	sr_buf_put_str(out, "}}");
}

static void put_if(struct sr_buf *out, const struct sr_cedar_node *n) {
	sr_buf_put_str(out, "{\"if-then-else\":{\"if\":");
	put_node(out, n->left);
	sr_buf_put_str(out, ",\"then\":");
	put_node(out, n->right);
	sr_buf_put_str(out, ",\"else\":");
	put_node(out, n->as.otherwise);
	sr_buf_put_str(out, "}}");
}

static void put_node(struct sr_buf *out, const struct sr_cedar_node *n) {
	if (sr_cedar_op_binary(n->op)) {
		sr_buf_printf(out, "{\"%s\":{\"left\":", sr_cedar_op_text(n->op));
		put_node(out, n->left);
		sr_buf_put_str(out, ",\"right\":");
		put_node(out, n->right);
		sr_buf_put_str(out, "}}");
	} else if (sr_cedar_op_unary(n->op)) {
		sr_buf_printf(out,
			"{\"%s\":{\"arg\":", n->op == SR_OP_NEG ? "neg" : sr_cedar_op_text(n->op));
		put_node(out, n->left);
		sr_buf_put_str(out, "}}");
	} else if (n->op == SR_OP_VALUE) {
		put_value(out, &n->as.value);
	} else if (n->op == SR_OP_VAR) {
		sr_buf_printf(out, "{\"Var\":\"%s\"}", sr_cedar_var_text(n->as.var));
	} else if (n->op == SR_OP_IF) {
		put_if(out, n);
	} else if (n->op == SR_OP_SET) {
		sr_buf_put_str(out, "{\"Set\":");
		put_nodes(out, n->as.items.list, n->as.items.count);
		sr_buf_put_str(out, "}");
	} else if (n->op == SR_OP_RECORD) {
		put_record(out, n);
	} else if (n->op == SR_OP_CALL) {
		sr_buf_printf(out, "{\"%s\":", n->as.call.function->name);
		put_nodes(out, n->as.call.args, n->as.call.count);
		sr_buf_put_str(out, "}");
	} else {
		put_special(out, n);
	}
}

void sr_cedar_put_json(struct sr_buf *out, const struct sr_cedar_rule *rule) {
	sr_buf_printf(
		out, "{\"effect\":\"%s\",\"principal\":", rule->pub.forbid ? "forbid" : "permit");
	put_scope(out, &rule->principal, "?principal");
	sr_buf_put_str(out, ",\"action\":");
	put_scope(out, &rule->action, "");
	sr_buf_put_str(out, ",\"resource\":");
	put_scope(out, &rule->resource, "?resource");
	sr_buf_put_str(out, ",\"conditions\":[");
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct sr_cedar_condition *c = &rule->conditions[i];
		sr_buf_printf(out, "%s{\"kind\":\"%s\",\"body\":", i > 0 ? "," : "",
			c->unless ? "unless" : "when");
		put_node(out, c->body);
		sr_buf_put_str(out, "}");
	}
	sr_buf_put_str(out, "]");
	for (size_t i = 0; i < rule->pub.annotation_count; i++) {
		const struct sr_cedar_annotation *a = &rule->pub.annotations[i];
		sr_buf_put_str(out, i > 0 ? "," : ",\"annotations\":{");
		sr_json_put_string(out, a->key);
		sr_buf_put_str(out, ":");
		if (a->bare)
			sr_buf_put_str(out, "null");
		else
			sr_json_put_string(out, a->value);
	}
	sr_buf_put_str(out, rule->pub.annotation_count > 0 ? "}}" : "}");
}
