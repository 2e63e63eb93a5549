/*
 * policy_json - a policy out of its JSON form; see from_json.h and to_json.h. Stricter than it must
 * be on purpose: a member that to_json.h does not name is refused, as an unknown operator is.
 */
#include "base/escape.h"
#include "policy/from_json.h"
#include "policy/name.h"

struct reading {
	struct sr_arena *arena;
	struct sr_err *e;
};

static int fail_at(
	const struct reading *r, const struct sr_json *at, const char *what, struct sr_bytes have) {
	char shown[64];
	return sr_fail(r->e, SR_CORRUPT, "line %u, column %u: want %s, have \"%s\"", at->line,
		at->column, what, sr_escape_to(shown, sizeof shown, have));
}

static int want_string(
	const struct reading *r, const struct sr_json *v, const char *what, struct sr_bytes *out) {
	if (v->kind != SR_JSON_STRING)
		return sr_json_want(v, what, r->e);
	*out = v->s;
	return 0;
}

static bool is_named(struct sr_bytes key, const char *const *names) {
	for (size_t i = 0; names[i] != NULL; i++)
		if (names[i][0] != '\0' && sr_bytes_eq(key, sr_bytes_str(names[i])))
			return true;
	return false;
}

/* An object with all of ${names} up to NULL, each in its place of ${out}; those after an empty name
 * may be missing (NULL). No other member. */
static int members(const struct reading *r, const struct sr_json *v, const char *const *names,
	const struct sr_json **out) {
	size_t found = 0;
	bool needed = true;
	char want[64];
	if (v->kind != SR_JSON_OBJECT)
		return sr_json_want(v, "an object", r->e);
	for (size_t i = 0; names[i] != NULL; i++) {
		if (names[i][0] == '\0') {
			needed = false;
			continue;
		}
		out[i] = sr_json_get(v, names[i]);
		if (out[i] != NULL) {
			found++;
		} else if (needed) {
			(void)snprintf(want, sizeof want, "a member \"%s\"", names[i]);
			return sr_json_want(v, want, r->e);
		}
	}
	if (found == v->list.count)
		return 0;
	const struct sr_json *m = v->list.first;
	while (m->next != NULL && is_named(m->key, names))
		m = m->next;
	return fail_at(r, m, "no other member", m->key);
}

/* --- expressions ----------------------------------------------------------------------------- */

static int read_node(const struct reading *r, const struct sr_json *v, struct sr_cedar_node **out);

static struct sr_cedar_node *node_new(const struct reading *r, enum sr_cedar_op op) {
	struct sr_cedar_node *n = sr_arena_new(r->arena, 1, sizeof *n, r->e);
	if (n != NULL)
		n->op = op;
	return n;
}

/* The elements of an array or the members of an object, which are at ${first}. */
static int read_nodes(const struct reading *r, const struct sr_json *first, size_t count,
	struct sr_cedar_node ***out) {
	size_t i = 0;
	struct sr_cedar_node **list =
		sr_arena_new(r->arena, count, sizeof(struct sr_cedar_node *), r->e);
	if (list == NULL)
		return sr_arena_failed(r->arena);
	for (const struct sr_json *v = first; v != NULL; v = v->next) {
		int rc = read_node(r, v, &list[i++]);
		if (rc != 0)
			return rc;
	}
	*out = list;
	return 0;
}

static int read_fields(const struct reading *r, const struct sr_json *v, struct sr_cedar_node *n,
	int (*read)(const struct reading *, const struct sr_json *, struct sr_cedar_node **)) {
	size_t i = 0;
	if (v->kind != SR_JSON_OBJECT)
		return sr_json_want(v, "an object", r->e);
	n->as.fields.list = sr_arena_new(r->arena, v->list.count, sizeof *n->as.fields.list, r->e);
	if (n->as.fields.list == NULL)
		return sr_arena_failed(r->arena);
	n->as.fields.count = v->list.count;
	for (const struct sr_json *m = v->list.first; m != NULL; m = m->next) {
		n->as.fields.list[i].key = m->key;
		int rc = read(r, m, &n->as.fields.list[i++].value);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int call_check(const struct reading *r, const struct sr_json *v,
	const struct sr_cedar_ext *f, size_t count) {
	if (f->method && count == 0)
		return fail_at(r, v, "a value that the method is called on", sr_bytes_str(f->name));
	return 0;
}

/* {"Value": v}: what is no literal becomes the expression for it. */
static int read_literal(
	const struct reading *r, const struct sr_json *v, struct sr_cedar_node **out) {
	enum sr_cedar_escape escape = SR_ESCAPE_NONE;
	const struct sr_json *inner = NULL;
	size_t i = 0;
	int rc = sr_cedar_read_escape(v, &escape, &inner, r->e);
	if (rc != 0)
		return rc;
	struct sr_cedar_node *n = node_new(r, SR_OP_VALUE);
	if (n == NULL)
		return sr_arena_failed(r->arena);
	if (escape == SR_ESCAPE_EXTN) {
		struct sr_cedar_extn x = sr_cedar_extn_of(inner);
		const struct sr_json *arg = x.args;
		n->op = SR_OP_CALL;
		n->as.call.function = sr_cedar_ext_find(x.fn->s);
		if (n->as.call.function == NULL)
			return fail_at(r, x.fn, "an extension function", x.fn->s);
		rc = call_check(r, inner, n->as.call.function, x.count);
		n->as.call.args =
			sr_arena_new(r->arena, x.count, sizeof(struct sr_cedar_node *), r->e);
		if (n->as.call.args == NULL)
			return sr_arena_failed(r->arena);
		n->as.call.count = x.count;
		for (i = 0; rc == 0 && i < x.count; i++, arg = arg->next)
			rc = read_literal(r, arg, &n->as.call.args[i]);
	} else if (v->kind == SR_JSON_ARRAY) {
		n->op = SR_OP_SET;
		n->as.items.list =
			sr_arena_new(r->arena, v->list.count, sizeof(struct sr_cedar_node *), r->e);
		if (n->as.items.list == NULL)
			return sr_arena_failed(r->arena);
		n->as.items.count = v->list.count;
		for (const struct sr_json *m = v->list.first; rc == 0 && m != NULL; m = m->next)
			rc = read_literal(r, m, &n->as.items.list[i++]);
	} else if (v->kind == SR_JSON_OBJECT && escape == SR_ESCAPE_NONE) {
		n->op = SR_OP_RECORD;
		rc = read_fields(r, v, n, read_literal);
	} else {
		rc = sr_cedar_read_value(r->arena, v, &n->as.value, r->e);
	}
	*out = n;
	return rc != 0 ? rc : sr_cedar_node_close(n, r->e);
}

static int read_var(const struct reading *r, const struct sr_json *v, struct sr_cedar_node *n) {
	struct sr_bytes name = {0};
	int rc = want_string(r, v, "the name of a variable", &name);
	if (rc != 0)
		return rc;
	for (enum sr_cedar_var var = SR_VAR_PRINCIPAL; var <= SR_VAR_CONTEXT; var++)
		if (sr_bytes_eq(name, sr_bytes_str(sr_cedar_var_text(var)))) {
			n->as.var = var;
			return 0;
		}
	return fail_at(r, v, "principal, action, resource or context", name);
}

static int read_has(const struct reading *r, const struct sr_json *v, struct sr_cedar_node *n) {
	bool listed = v->kind == SR_JSON_ARRAY;
	const struct sr_json *attr = listed ? v->list.first : v;
	size_t count = listed ? v->list.count : 1;
	if (count == 0)
		return sr_json_want(v, "a string, or an array of one and more", r->e);
	n->as.has.list = sr_arena_new(r->arena, count, sizeof(struct sr_bytes), r->e);
	if (n->as.has.list == NULL)
		return sr_arena_failed(r->arena);
	n->as.has.count = count;
	for (size_t i = 0; i < count; i++, attr = attr->next) {
		int rc = want_string(r, attr, "the name of an attribute", &n->as.has.list[i]);
		if (rc != 0)
			return rc;
		if (count > 1 && !sr_cedar_is_ident(attr->s))
			return fail_at(r, attr, "an identifier in a path", attr->s);
	}
	return 0;
}

static int read_pattern(const struct reading *r, const struct sr_json *v, struct sr_cedar_node *n) {
	static const char *const names[] = {"Literal", NULL};
	struct sr_cedar_pattern_maker m = {.arena = r->arena};
	if (v->kind != SR_JSON_ARRAY)
		return sr_json_want(v, "an array", r->e);
	for (const struct sr_json *piece = v->list.first; piece != NULL; piece = piece->next) {
		const struct sr_json *literal[1] = {0};
		struct sr_bytes text = {0};
		int rc = 0;
		if (piece->kind == SR_JSON_STRING &&
			sr_bytes_eq(piece->s, sr_bytes_str("Wildcard"))) {
			rc = sr_cedar_pattern_wild(&m, r->e);
		} else {
			rc = members(r, piece, names, literal);
			if (rc == 0)
				rc = want_string(r, literal[0], "a string", &text);
			if (rc == 0)
				rc = sr_cedar_pattern_text(&m, text, r->e);
		}
		if (rc != 0)
			return rc;
	}
	return sr_cedar_pattern_done(&m, &n->as.pattern, r->e);
}

/* What may be left out may also be null. */
static bool is_there(const struct sr_json *v) {
	return v != NULL && v->kind != SR_JSON_NULL;
}

static int read_type(const struct reading *r, const struct sr_json *v, struct sr_bytes *out) {
	int rc = want_string(r, v, "an entity type", out);
	if (rc == 0 && !sr_cedar_is_path(*out))
		return fail_at(r, v, "an entity type", *out);
	return rc;
}

/* ".", "has", "like", "is". */
static int read_special(const struct reading *r, const struct sr_json *v, struct sr_cedar_node *n) {
	static const char *const names_attr[] = {"left", "attr", NULL};
	static const char *const names_like[] = {"left", "pattern", NULL};
	static const char *const names_is[] = {"left", "entity_type", "", "in", NULL};
	const struct sr_json *m[4] = {0};
	int rc = members(r, v,
		n->op == SR_OP_LIKE ? names_like
		: n->op == SR_OP_IS ? names_is
				    : names_attr,
		m);
	if (rc == 0)
		rc = read_node(r, m[0], &n->left);
	if (rc != 0)
		return rc;
	if (n->op == SR_OP_GET)
		return want_string(r, m[1], "the name of an attribute", &n->as.attr);
	if (n->op == SR_OP_HAS)
		return read_has(r, m[1], n);
	if (n->op == SR_OP_LIKE)
		return read_pattern(r, m[1], n);
	rc = read_type(r, m[1], &n->as.type);
	return rc != 0 || !is_there(m[3]) ? rc : read_node(r, m[3], &n->right);
}

static int read_if(const struct reading *r, const struct sr_json *v, struct sr_cedar_node *n) {
	static const char *const names[] = {"if", "then", "else", NULL};
	const struct sr_json *m[3] = {0};
	int rc = members(r, v, names, m);
	if (rc == 0)
		rc = read_node(r, m[0], &n->left);
	if (rc == 0)
		rc = read_node(r, m[1], &n->right);
	return rc != 0 ? rc : read_node(r, m[2], &n->as.otherwise);
}

static int read_call(const struct reading *r, const struct sr_json *v, struct sr_cedar_node *n) {
	if (v->kind != SR_JSON_ARRAY)
		return sr_json_want(v, "an array of arguments", r->e);
	int rc = call_check(r, v, n->as.call.function, v->list.count);
	n->as.call.count = v->list.count;
	return rc != 0 ? rc : read_nodes(r, v->list.first, v->list.count, &n->as.call.args);
}

static int read_operator(
	const struct reading *r, const struct sr_json *v, struct sr_cedar_node *n) {
	static const char *const names_two[] = {"left", "right", NULL};
	static const char *const names_one[] = {"arg", NULL};
	const struct sr_json *m[2] = {0};
	if (sr_cedar_op_binary(n->op)) {
		int rc = members(r, v, names_two, m);
		if (rc == 0)
			rc = read_node(r, m[0], &n->left);
		return rc != 0 ? rc : read_node(r, m[1], &n->right);
	}
	int rc = members(r, v, names_one, m);
	return rc != 0 ? rc : read_node(r, m[0], &n->left);
}

/* Which operator a member's name is; SR_OP_CALL for an extension function. */
static bool op_of(struct sr_bytes key, enum sr_cedar_op *op, const struct sr_cedar_ext **f) {
	static const struct {
		const char *name;
		enum sr_cedar_op op;
	} others[] = {
		{"neg", SR_OP_NEG},
		{".", SR_OP_GET},
		{"has", SR_OP_HAS},
		{"like", SR_OP_LIKE},
		{"is", SR_OP_IS},
		{"if-then-else", SR_OP_IF},
		{"Var", SR_OP_VAR},
		{"Set", SR_OP_SET},
		{"Record", SR_OP_RECORD},
	};
	for (*op = SR_OP_OR; *op <= SR_OP_IS_EMPTY; ++*op)
		if (*op != SR_OP_NEG && sr_bytes_eq(key, sr_bytes_str(sr_cedar_op_text(*op))))
			return true;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (sr_bytes_eq(key, sr_bytes_str(others[i].name))) {
			*op = others[i].op;
			return true;
		}
	*op = SR_OP_CALL;
	*f = sr_cedar_ext_find(key);
	return *f != NULL;
}

static int read_node(const struct reading *r, const struct sr_json *v, struct sr_cedar_node **out) {
	enum sr_cedar_op op = SR_OP_VALUE;
	const struct sr_cedar_ext *f = NULL;
	int rc = 0;
	if (v->kind != SR_JSON_OBJECT || v->list.count != 1)
		return sr_json_want(v, "an expression: an object of one member", r->e);
	const struct sr_json *body = v->list.first;
	if (sr_bytes_eq(body->key, sr_bytes_str("Value")))
		return read_literal(r, body, out);
	if (!op_of(body->key, &op, &f))
		return fail_at(r, v, "an operator or an extension function", body->key);
	struct sr_cedar_node *n = node_new(r, op);
	if (n == NULL)
		return sr_arena_failed(r->arena);
	if (op == SR_OP_VAR) {
		rc = read_var(r, body, n);
	} else if (op == SR_OP_IF) {
		rc = read_if(r, body, n);
	} else if (op == SR_OP_RECORD) {
		rc = read_fields(r, body, n, read_node);
	} else if (op == SR_OP_CALL) {
		n->as.call.function = f;
		rc = read_call(r, body, n);
	} else if (op == SR_OP_SET) {
		if (body->kind != SR_JSON_ARRAY)
			return sr_json_want(body, "an array", r->e);
		n->as.items.count = body->list.count;
		rc = read_nodes(r, body->list.first, body->list.count, &n->as.items.list);
	} else if (sr_cedar_op_binary(op) || sr_cedar_op_unary(op)) {
		rc = read_operator(r, body, n);
	} else {
		rc = read_special(r, body, n);
	}
	*out = n;
	return rc != 0 ? rc : sr_cedar_node_close(n, r->e);
}

/* --- scope ----------------------------------------------------------------------------------- */

/* {"entity": uid} or {"slot": "?principal"} among the members ${m}. ${slot} NULL: takes none. */
static int read_target(const struct reading *r, const struct sr_json *entity,
	const struct sr_json *slot_at, const char *slot, struct sr_cedar_scope *s) {
	struct sr_bytes name = {0};
	if (slot_at == NULL) {
		int rc = sr_cedar_read_uid(r->arena, entity, &s->name, r->e);
		if (rc == 0 && slot == NULL && !sr_cedar_is_action_type(s->name->type))
			return fail_at(r, entity, "an entity of type Action", s->name->type);
		return rc;
	}
	int rc = want_string(r, slot_at, "the name of a slot", &name);
	if (rc == 0 && (slot == NULL || !sr_bytes_eq(name, sr_bytes_str(slot))))
		return fail_at(r, slot_at, slot == NULL ? "an entity" : slot, name);
	s->slot = true;
	return rc;
}

static int read_entities(
	const struct reading *r, const struct sr_json *v, struct sr_cedar_scope *s) {
	size_t count = 0;
	if (v->kind != SR_JSON_ARRAY)
		return sr_json_want(v, "an array of entities", r->e);
	const struct sr_cedar_name **list =
		sr_arena_new(r->arena, v->list.count, sizeof(const struct sr_cedar_name *), r->e);
	if (list == NULL)
		return sr_arena_failed(r->arena);
	for (const struct sr_json *m = v->list.first; m != NULL; m = m->next) {
		struct sr_cedar_scope one = {0};
		int rc = read_target(r, m, NULL, NULL, &one);
		if (rc != 0)
			return rc;
		list[count++] = one.name;
	}
	sr_cedar_scope_list(s, list, count);
	return 0;
}

static int read_is(const struct reading *r, const struct sr_json *v, const char *slot,
	struct sr_cedar_scope *s) {
	static const char *const names[] = {"op", "entity_type", "", "in", NULL};
	static const char *const names_in[] = {"", "entity", "slot", NULL};
	const struct sr_json *m[4] = {0};
	const struct sr_json *in[3] = {0};
	int rc = members(r, v, names, m);
	if (rc == 0)
		rc = read_type(r, m[1], &s->type);
	s->op = is_there(m[3]) ? SR_SCOPE_IS_IN : SR_SCOPE_IS;
	if (rc != 0 || !is_there(m[3]))
		return rc;
	rc = members(r, m[3], names_in, in);
	if (rc == 0 && m[3]->list.count != 1)
		return sr_json_want(m[3], "an entity or a slot", r->e);
	return rc != 0 ? rc : read_target(r, in[1], in[2], slot, s);
}

static int read_scope(const struct reading *r, const struct sr_json *v, const char *slot,
	struct sr_cedar_scope *s) {
	static const char *const names_all[] = {"op", NULL};
	static const char *const names[] = {"op", "", "entity", "slot", "entities", NULL};
	const struct sr_json *m[5] = {0};
	struct sr_bytes op = {0};
	const struct sr_json *op_at = sr_json_get(v, "op");
	if (op_at == NULL)
		return sr_json_want(v, "an object with \"op\"", r->e);
	int rc = want_string(r, op_at, "an operator", &op);
	if (rc != 0)
		return rc;
	if (sr_bytes_eq(op, sr_bytes_str("All")) || sr_bytes_eq(op, sr_bytes_str("all")))
		return members(r, v, names_all, m);
	if (sr_bytes_eq(op, sr_bytes_str("is")) && slot != NULL)
		return read_is(r, v, slot, s);
	bool in = sr_bytes_eq(op, sr_bytes_str("in"));
	if (!in && !sr_bytes_eq(op, sr_bytes_str("==")))
		return fail_at(r, op_at, "All, ==, in or is (not of an action)", op);
	rc = members(r, v, names, m);
	if (rc == 0 && v->list.count != 2)
		return sr_json_want(v, "one of \"entity\", \"slot\", \"entities\"", r->e);
	s->op = in ? SR_SCOPE_IN : SR_SCOPE_EQ;
	if (rc != 0 || m[4] == NULL)
		return rc != 0 ? rc : read_target(r, m[2], m[3], slot, s);
	if (!in || slot != NULL)
		return fail_at(r, v, "one entity", sr_bytes_str("entities"));
	return read_entities(r, m[4], s);
}

/* --- the policy ------------------------------------------------------------------------------ */

static int read_conditions(
	const struct reading *r, const struct sr_json *v, struct sr_cedar_rule *rule) {
	static const char *const names[] = {"kind", "body", NULL};
	if (v->kind != SR_JSON_ARRAY)
		return sr_json_want(v, "an array of conditions", r->e);
	rule->conditions = sr_arena_new(r->arena, v->list.count, sizeof *rule->conditions, r->e);
	if (rule->conditions == NULL)
		return sr_arena_failed(r->arena);
	for (const struct sr_json *c = v->list.first; c != NULL; c = c->next) {
		const struct sr_json *m[2] = {0};
		struct sr_bytes kind = {0};
		int rc = members(r, c, names, m);
		if (rc == 0)
			rc = want_string(r, m[0], "\"when\" or \"unless\"", &kind);
		if (rc != 0)
			return rc;
		struct sr_cedar_condition *out = &rule->conditions[rule->condition_count++];
		out->unless = sr_bytes_eq(kind, sr_bytes_str("unless"));
		if (!out->unless && !sr_bytes_eq(kind, sr_bytes_str("when")))
			return fail_at(r, m[0], "\"when\" or \"unless\"", kind);
		rc = read_node(r, m[1], &out->body);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int read_annotations(
	const struct reading *r, const struct sr_json *v, struct sr_cedar_rule *rule) {
	if (v->kind != SR_JSON_OBJECT)
		return sr_json_want(v, "an object of annotations", r->e);
	struct sr_cedar_annotation *list =
		sr_arena_new(r->arena, v->list.count, sizeof *list, r->e);
	if (list == NULL)
		return sr_arena_failed(r->arena);
	rule->pub.annotations = list;
	for (const struct sr_json *m = v->list.first; m != NULL; m = m->next) {
		struct sr_cedar_annotation *a = &list[rule->pub.annotation_count++];
		if (!sr_cedar_is_anyident(m->key))
			return fail_at(r, m, "an identifier", m->key);
		a->key = m->key;
		a->value = sr_bytes_str("");
		a->bare = m->kind == SR_JSON_NULL;
		int rc = a->bare ? 0 : want_string(r, m, "a string or null", &a->value);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int sr_cedar_read_policy(
	struct sr_arena *a, struct sr_bytes json, struct sr_cedar_rule **out, struct sr_err *e) {
	static const char *const names[] = {
		"effect", "principal", "action", "resource", "conditions", "", "annotations", NULL};
	struct reading r = {a, e};
	const struct sr_json *doc = NULL;
	const struct sr_json *m[7] = {0};
	struct sr_bytes effect = {0};
	/* A node of the tree is at most two JSON levels, a policy six around it. */
	int rc = sr_json_parse(a, json, 2 * SR_CEDAR_HEIGHT_MAX + 6, &doc, e);
	if (rc == 0)
		rc = members(&r, doc, names, m);
	if (rc == 0)
		rc = want_string(&r, m[0], "\"permit\" or \"forbid\"", &effect);
	if (rc != 0)
		return rc;
	struct sr_cedar_rule *rule = sr_arena_new(a, 1, sizeof *rule, e);
	if (rule == NULL)
		return sr_arena_failed(a);
	rule->pub.forbid = sr_bytes_eq(effect, sr_bytes_str("forbid"));
	if (!rule->pub.forbid && !sr_bytes_eq(effect, sr_bytes_str("permit")))
		return fail_at(&r, m[0], "\"permit\" or \"forbid\"", effect);
	rc = read_scope(&r, m[1], "?principal", &rule->principal);
	if (rc == 0)
		rc = read_scope(&r, m[2], NULL, &rule->action);
	if (rc == 0)
		rc = read_scope(&r, m[3], "?resource", &rule->resource);
	if (rc == 0)
		rc = read_conditions(&r, m[4], rule);
	if (rc == 0 && m[6] != NULL)
		rc = read_annotations(&r, m[6], rule);
	rule->pub.slots = (rule->principal.slot ? SR_CEDAR_SLOT_PRINCIPAL : 0) |
			  (rule->resource.slot ? SR_CEDAR_SLOT_RESOURCE : 0);
	*out = rule;
	return rc;
}
