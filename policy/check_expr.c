/*
 * check_expr - the type of an expression in one environment; see check.h and checking.h.
 *
 * One function for each shape of node. What is wrong is noted and the type is then unknown (NULL),
 * which every operator takes, so one mistake gives one finding. Recursion is bounded by the height
 * of the tree.
 */
#include <string.h>

#include "base/escape.h"
#include "policy/checking.h"
#include "policy/eval.h"
#include "policy/policies.h"

static const struct sr_schema_type t_bool = {.kind = SR_CEDAR_BOOL},
				   t_long = {.kind = SR_CEDAR_LONG},
				   t_string = {.kind = SR_CEDAR_STRING},
				   t_decimal = {.kind = SR_CEDAR_DECIMAL},
				   t_ipaddr = {.kind = SR_CEDAR_IPADDR},
				   t_datetime = {.kind = SR_CEDAR_DATETIME},
				   t_duration = {.kind = SR_CEDAR_DURATION},
				   t_action = {.kind = SR_CEDAR_ENTITY};

static int note_type(struct checker *c, const struct sr_cedar_node *n, const char *what,
	const char *want, const struct check_type *have) {
	return check_note(c, SR_CHECK_TYPE, n->line, n->column, "%s takes %s, this is %s", what,
		want, sr_cedar_kind_name(have->t->kind));
}

/* Is it of this kind, or unknown? Else that is noted. */
static int want_kind(struct checker *c, const struct sr_cedar_node *n, const char *what,
	enum sr_cedar_kind kind, const struct check_type *have) {
	if (have->t == NULL || have->t->kind == kind)
		return 0;
	return note_type(c, n, what, sr_cedar_kind_name(kind), have);
}

static bool same_type(
	struct checker *c, const struct sr_schema_type *a, const struct sr_schema_type *b) {
	if (a == NULL || b == NULL || a == b)
		return true;
	if (a->kind != b->kind)
		return false;
	if (a->kind == SR_CEDAR_ENTITY)
		return a->entity == b->entity;
	if (a->kind == SR_CEDAR_SET)
		return same_type(c, a->element, b->element);
	if (a->kind != SR_CEDAR_RECORD)
		return true;
	if (a->record->count != b->record->count)
		return false;
	if (!check_spend(c, a->record->count * b->record->count))
		return true;
	for (size_t i = 0; i < a->record->count; i++) {
		const struct sr_schema_field *fa = &a->record->fields[i];
		const struct sr_schema_field *fb = sr_schema_field_named(b->record, fa->name);

		if (fb == NULL || fa->optional != fb->optional || !same_type(c, fa->type, fb->type))
			return false;
	}
	return true;
}

static int new_type(struct checker *c, const struct sr_schema_type *of, struct check_type *out) {
	struct sr_schema_type *t = sr_arena_new(&c->out->arena, 1, sizeof *t, c->e);

	if (t == NULL)
		return sr_arena_failed(&c->out->arena);
	*t = *of;
	*out = (struct check_type){.t = t};
	return 0;
}

static struct check_type truth(int is) {
	return (struct check_type){.t = &t_bool, .truth = is};
}

/* --- what is known to be there -----------------------------------------------------------------
 */

/* "principal", then for each step its kind ('a' attribute, 't' tag), length and name; empty: it is
 * no path from a variable. */
static int path_of(struct checker *c, const struct sr_cedar_node *n, struct sr_bytes *out);

static int path_add(struct checker *c, struct sr_bytes left, char kind, struct sr_bytes name,
	struct sr_bytes *out) {
	uint8_t *p;

	*out = sr_bytes_of(NULL, 0);
	if (left.len == 0)
		return 0;
	p = sr_arena_new(&c->out->arena, left.len + 1 + sizeof name.len + name.len, 1, c->e);
	if (p == NULL)
		return sr_arena_failed(&c->out->arena);
	memcpy(p, left.p, left.len);
	p[left.len] = (uint8_t)kind;
	memcpy(p + left.len + 1, &name.len, sizeof name.len);
	if (name.len > 0)
		memcpy(p + left.len + 1 + sizeof name.len, name.p, name.len);
	*out = sr_bytes_of(p, left.len + 1 + sizeof name.len + name.len);
	return 0;
}

static int path_of(struct checker *c, const struct sr_cedar_node *n, struct sr_bytes *out) {
	struct sr_bytes left;

	*out = sr_bytes_of(NULL, 0);
	if (n->op == SR_OP_VAR)
		*out = sr_bytes_str(sr_cedar_var_text(n->as.var));
	if (n->op != SR_OP_GET)
		return 0;
	int rc = path_of(c, n->left, &left);
	return rc != 0 ? rc : path_add(c, left, 'a', n->as.attr, out);
}

static bool is_known(struct checker *c, const struct check_known *known, struct sr_bytes path) {
	for (; known != NULL && check_spend(c, 1); known = known->next)
		if (path.len > 0 && sr_bytes_eq(known->path, path))
			return true;
	return false;
}

static int know(struct checker *c, const struct check_known **known, struct sr_bytes path) {
	struct check_known *k;

	if (path.len == 0 || is_known(c, *known, path))
		return 0;
	k = sr_arena_new(&c->out->arena, 1, sizeof *k, c->e);
	if (k == NULL)
		return sr_arena_failed(&c->out->arena);
	*k = (struct check_known){path, *known};
	*known = k;
	return 0;
}

/* What both know. */
static int know_both(struct checker *c, const struct check_known *a, const struct check_known *b,
	const struct check_known **out) {
	int rc = 0;

	*out = NULL;
	for (; rc == 0 && a != NULL; a = a->next)
		if (is_known(c, b, a->path))
			rc = know(c, out, a->path);
	return rc;
}

/* --- operators ---------------------------------------------------------------------------------
 */

static int check_and(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	struct check_type l, r;
	int rc = check_expr(c, n->left, known, &l);

	if (rc == 0)
		rc = want_kind(c, n->left, "&&", SR_CEDAR_BOOL, &l);
	*out = truth(-1);
	if (rc != 0 || l.truth < 0)
		return rc;
	rc = check_expr(c, n->right, l.known, &r);
	if (rc == 0)
		rc = want_kind(c, n->right, "&&", SR_CEDAR_BOOL, &r);
	*out = truth(r.truth < 0 ? -1 : l.truth > 0 && r.truth > 0);
	out->known = r.known;
	return rc;
}

static int check_or(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	struct check_type l, r;
	int rc = check_expr(c, n->left, known, &l);

	if (rc == 0)
		rc = want_kind(c, n->left, "||", SR_CEDAR_BOOL, &l);
	*out = truth(1);
	out->known = l.known;
	if (rc != 0 || l.truth > 0)
		return rc;
	rc = check_expr(c, n->right, known, &r);
	if (rc == 0)
		rc = want_kind(c, n->right, "||", SR_CEDAR_BOOL, &r);
	*out = truth(r.truth > 0 ? 1 : l.truth < 0 && r.truth < 0 ? -1 : 0);
	if (l.truth < 0)
		out->known = r.known;
	else if (r.truth < 0)
		out->known = l.known;
	else if (rc == 0)
		rc = know_both(c, l.known, r.known, &out->known);
	return rc;
}

static int check_if(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	struct check_type cond, yes, no;
	int rc = check_expr(c, n->left, known, &cond);

	if (rc == 0)
		rc = want_kind(c, n->left, "if", SR_CEDAR_BOOL, &cond);
	if (rc == 0 && cond.truth >= 0)
		rc = check_expr(c, n->right, cond.known, &yes);
	if (rc == 0 && cond.truth <= 0)
		rc = check_expr(c, n->as.otherwise, known, &no);
	if (rc != 0)
		return rc;
	if (cond.truth != 0) {
		*out = cond.truth > 0 ? yes : no;
		return 0;
	}
	if (yes.t != NULL && no.t != NULL && !same_type(c, yes.t, no.t)) {
		*out = (struct check_type){.t = NULL};
		return check_note(c, SR_CHECK_TYPE, n->line, n->column,
			"both branches of an if are of one type, these are %s and %s",
			sr_cedar_kind_name(yes.t->kind), sr_cedar_kind_name(no.t->kind));
	}
	*out = (struct check_type){
		.t = yes.t != NULL ? yes.t : no.t, .truth = yes.truth == no.truth ? yes.truth : 0};
	return know_both(c, yes.known, no.known, &out->known);
}

/* `action` against the name of an action: known in each environment. */
static bool action_against(const struct checker *c, const struct sr_cedar_node *l,
	const struct sr_cedar_node *r, bool in, int *is) {
	const struct sr_schema_action *of;

	if (l->op != SR_OP_VAR || l->as.var != SR_VAR_ACTION || r->op != SR_OP_VALUE ||
		r->as.value.kind != SR_CEDAR_ENTITY || !check_is_action(r->as.value.name->type))
		return false;
	of = sr_schema_action_named(c->s, r->as.value.name->id);
	*is = of != NULL && (in ? sr_schema_action_in(c->action, of) : of == c->action) ? 1 : -1;
	return true;
}

static int check_eq(struct checker *c, const struct sr_cedar_node *n, const struct check_type *l,
	const struct check_type *r, struct check_type *out) {
	const int sign = n->op == SR_OP_EQ ? 1 : -1;
	int is = 0;

	*out = truth(0);
	if (l->t == NULL || r->t == NULL)
		return 0;
	if (l->t->kind == SR_CEDAR_ENTITY && r->t->kind == SR_CEDAR_ENTITY) {
		if (l->t->entity != r->t->entity)
			*out = truth(-sign);
		else if (action_against(c, n->left, n->right, false, &is) ||
			 action_against(c, n->right, n->left, false, &is))
			*out = truth(sign * is);
		return 0;
	}
	if (l->t == NULL || r->t == NULL || same_type(c, l->t, r->t))
		return 0;
	return check_note(c, SR_CHECK_TYPE, n->line, n->column,
		"%s compares values of one type, these are %s and %s", sr_cedar_op_text(n->op),
		sr_cedar_kind_name(l->t->kind), sr_cedar_kind_name(r->t->kind));
}

/* `left in right`, where right is one entity or a set of them. */
static int check_in(struct checker *c, const struct sr_cedar_node *left,
	const struct sr_cedar_node *right, const struct check_type *l, const struct check_type *r,
	struct check_type *out) {
	const struct sr_schema_type *of = r->t;
	int is = -1;

	*out = truth(0);
	if (l->t == NULL || r->t == NULL)
		return 0;
	if (l->t->kind != SR_CEDAR_ENTITY)
		return note_type(c, left, "in", "an entity on the left", l);
	if (of->kind == SR_CEDAR_SET && of->element != NULL)
		of = of->element;
	if (of->kind != SR_CEDAR_ENTITY)
		return note_type(c, right, "in", "an entity or a set of them on the right", r);
	if (action_against(c, left, right, true, &is)) {
		*out = truth(is);
	} else if (l->t->entity == NULL && right->op == SR_OP_SET) {
		for (size_t i = 0; i < right->as.items.count; i++) {
			int one = -1;
			if (!action_against(c, left, right->as.items.list[i], true, &one))
				return 0;
			is = one > 0 ? 1 : is;
		}
		*out = truth(is);
	} else if (l->t->entity != NULL &&
		   (of->entity == NULL || !sr_schema_entity_in(l->t->entity, of->entity))) {
		*out = truth(-1);
	}
	return 0;
}

static int check_order(struct checker *c, const struct sr_cedar_node *n, const struct check_type *l,
	const struct check_type *r, struct check_type *out) {
	*out = truth(0);
	if (l->t != NULL && !sr_cedar_ordered(l->t->kind))
		return note_type(
			c, n->left, sr_cedar_op_text(n->op), "a long, datetime or duration", l);
	if (r->t != NULL && !sr_cedar_ordered(r->t->kind))
		return note_type(
			c, n->right, sr_cedar_op_text(n->op), "a long, datetime or duration", r);
	if (l->t == NULL || r->t == NULL || same_type(c, l->t, r->t))
		return 0;
	return check_note(c, SR_CHECK_TYPE, n->line, n->column,
		"%s compares values of one type, these are %s and %s", sr_cedar_op_text(n->op),
		sr_cedar_kind_name(l->t->kind), sr_cedar_kind_name(r->t->kind));
}

/* Nothing but numbers and signs: its result is the same for ever. */
static bool is_sum(const struct sr_cedar_node *n) {
	if (n->op == SR_OP_VALUE)
		return n->as.value.kind == SR_CEDAR_LONG;
	if (n->op == SR_OP_NEG)
		return is_sum(n->left);
	return (n->op == SR_OP_ADD || n->op == SR_OP_SUB || n->op == SR_OP_MUL) &&
	       is_sum(n->left) && is_sum(n->right);
}

static bool sum_holds(struct checker *c, const struct sr_cedar_node *n) {
	struct sr_cedar_eval v;
	struct sr_cedar_value out;
	struct sr_err e;

	if (!is_sum(n))
		return false;
	sr_cedar_eval_init(&v, NULL, NULL, &c->out->arena, &e);
	return sr_cedar_eval(&v, n, &out) == 0;
}

static int check_sum(struct checker *c, const struct sr_cedar_node *n, const struct check_type *l,
	const struct check_type *r, struct check_type *out) {
	int rc = want_kind(c, n->left, sr_cedar_op_text(n->op), SR_CEDAR_LONG, l);

	if (rc == 0 && r != NULL)
		rc = want_kind(c, n->right, sr_cedar_op_text(n->op), SR_CEDAR_LONG, r);
	*out = (struct check_type){.t = &t_long};
	if (rc == 0 && !sum_holds(c, n))
		rc = check_note(c, SR_CHECK_OVERFLOW, n->line, n->column,
			"the result of %s may be out of range, and then has no value",
			sr_cedar_op_text(n->op));
	return rc;
}

static int check_contains(struct checker *c, const struct sr_cedar_node *n,
	const struct check_type *l, const struct check_type *r, struct check_type *out) {
	const char *what = sr_cedar_op_text(n->op);
	int rc = want_kind(c, n->left, what, SR_CEDAR_SET, l);

	*out = truth(0);
	if (rc != 0 || l->t == NULL || r->t == NULL || l->t->kind != SR_CEDAR_SET)
		return rc;
	if (n->op == SR_OP_CONTAINS) {
		if (same_type(c, l->t->element, r->t))
			return 0;
	} else {
		rc = want_kind(c, n->right, what, SR_CEDAR_SET, r);
		if (rc != 0 || r->t->kind != SR_CEDAR_SET || same_type(c, l->t, r->t))
			return rc;
	}
	return check_note(c, SR_CHECK_TYPE, n->line, n->column,
		"%s is asked of a set of %s, which cannot hold this", what,
		sr_cedar_kind_name(l->t->element->kind));
}

/* hasTag and getTag. */
static int check_tag(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, const struct check_type *l, const struct check_type *r,
	struct check_type *out) {
	const bool get = n->op == SR_OP_GET_TAG;
	const bool literal = n->right->op == SR_OP_VALUE;
	const struct sr_schema_type *tags;
	struct sr_bytes path = {NULL, 0};
	int rc = want_kind(c, n->left, sr_cedar_op_text(n->op), SR_CEDAR_ENTITY, l);

	*out = truth(0);
	if (get)
		out->t = NULL;
	out->known = known;
	if (rc == 0)
		rc = want_kind(c, n->right, sr_cedar_op_text(n->op), SR_CEDAR_STRING, r);
	if (rc != 0 || l->t == NULL || r->t == NULL || l->t->kind != SR_CEDAR_ENTITY ||
		r->t->kind != SR_CEDAR_STRING)
		return rc;
	tags = l->t->entity == NULL ? NULL : l->t->entity->tags;
	if (tags == NULL && get)
		return check_note(c, SR_CHECK_UNKNOWN, n->line, n->column,
			"entities of this type have no tags");
	if (tags == NULL) {
		*out = truth(-1);
		return 0;
	}
	rc = path_of(c, n->left, &path);
	if (rc == 0 && literal)
		rc = path_add(c, path, 't', n->right->as.value.s, &path);
	if (rc != 0)
		return rc;
	if (!get)
		return literal ? know(c, &out->known, path) : 0;
	out->t = tags;
	if (literal && is_known(c, known, path))
		return 0;
	return check_note(c, SR_CHECK_MISSING, n->line, n->column,
		"the tag may not be there: ask hasTag with the same text first");
}

static int check_binary(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	struct check_type l, r;

	if (n->op == SR_OP_AND)
		return check_and(c, n, known, out);
	if (n->op == SR_OP_OR)
		return check_or(c, n, known, out);
	int rc = check_expr(c, n->left, known, &l);
	if (rc == 0)
		rc = check_expr(c, n->right, known, &r);
	if (rc != 0)
		return rc;
	if (n->op == SR_OP_EQ || n->op == SR_OP_NE)
		return check_eq(c, n, &l, &r, out);
	if (n->op == SR_OP_IN)
		return check_in(c, n->left, n->right, &l, &r, out);
	if (n->op == SR_OP_HAS_TAG || n->op == SR_OP_GET_TAG)
		return check_tag(c, n, known, &l, &r, out);
	if (n->op == SR_OP_CONTAINS || n->op == SR_OP_CONTAINS_ALL || n->op == SR_OP_CONTAINS_ANY)
		return check_contains(c, n, &l, &r, out);
	if (n->op == SR_OP_ADD || n->op == SR_OP_SUB || n->op == SR_OP_MUL)
		return check_sum(c, n, &l, &r, out);
	return check_order(c, n, &l, &r, out);
}

static int check_unary(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	struct check_type l;
	int rc = check_expr(c, n->left, known, &l);

	if (rc != 0)
		return rc;
	if (n->op == SR_OP_NOT) {
		*out = truth(-l.truth);
		return want_kind(c, n->left, "!", SR_CEDAR_BOOL, &l);
	}
	if (n->op == SR_OP_NEG)
		return check_sum(c, n, &l, NULL, out);
	*out = truth(0);
	return want_kind(c, n->left, "isEmpty", SR_CEDAR_SET, &l);
}

/* --- members -----------------------------------------------------------------------------------
 */

/* The attributes of a record or an entity; NULL: it has none. */
static const struct sr_schema_record *attrs_of(const struct sr_schema_type *t) {
	if (t->kind == SR_CEDAR_RECORD)
		return t->record;
	return t->kind == SR_CEDAR_ENTITY && t->entity != NULL ? t->entity->attrs : NULL;
}

static int check_get(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	const struct sr_schema_field *f;
	struct check_type l;
	struct sr_bytes path;
	char shown[64];
	int rc = check_expr(c, n->left, known, &l);

	*out = (struct check_type){.t = NULL};
	if (rc != 0 || l.t == NULL)
		return rc;
	if (l.t->kind != SR_CEDAR_RECORD && l.t->kind != SR_CEDAR_ENTITY)
		return note_type(c, n, "an attribute", "an entity or a record before the dot", &l);
	(void)sr_escape_to(shown, sizeof shown, n->as.attr);
	f = attrs_of(l.t) == NULL ? NULL : sr_schema_field_named(attrs_of(l.t), n->as.attr);
	if (f == NULL && l.t->entity != NULL)
		return check_note(c, SR_CHECK_UNKNOWN, n->line, n->column,
			"%.*s has no attribute \"%s\"", (int)l.t->entity->name.len,
			(const char *)l.t->entity->name.p, shown);
	if (f == NULL)
		return check_note(c, SR_CHECK_UNKNOWN, n->line, n->column,
			"action \"%.*s\" has no \"%s\" there", (int)c->action->name.len,
			(const char *)c->action->name.p, shown);
	out->t = f->type;
	if (!f->optional)
		return 0;
	rc = path_of(c, n, &path);
	if (rc != 0 || is_known(c, known, path))
		return rc;
	return check_note(c, SR_CHECK_MISSING, n->line, n->column,
		"the attribute \"%s\" may not be there: ask `has` first", shown);
}

/* Remember whether any environment may have the attribute. */
static int saw_has(
	struct checker *c, const struct sr_cedar_node *n, struct sr_bytes attr, bool found) {
	struct check_has *h = c->has.items;

	if (!check_spend(c, c->has.count))
		return 0;
	for (size_t i = 0; i < c->has.count; i++)
		if (h[i].node == n && sr_bytes_eq(h[i].attr, attr)) {
			h[i].found = h[i].found || found;
			return 0;
		}
	h = sr_cedar_list_push(&c->out->arena, &c->has, sizeof *h, c->e);
	if (h == NULL)
		return sr_arena_failed(&c->out->arena);
	*h = (struct check_has){n, attr, found};
	return 0;
}

static int check_has(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	const struct sr_schema_type *t;
	struct sr_bytes path;
	struct check_type l;
	int is = 1, rc = check_expr(c, n->left, known, &l);

	*out = truth(0);
	out->known = known;
	if (rc == 0)
		rc = path_of(c, n->left, &path);
	t = l.t;
	for (size_t i = 0; rc == 0 && t != NULL && i < n->as.has.count; i++) {
		const struct sr_schema_field *f;

		if (t->kind != SR_CEDAR_RECORD && t->kind != SR_CEDAR_ENTITY)
			return note_type(
				c, n, "has", "an entity or a record", &(struct check_type){.t = t});
		f = attrs_of(t) == NULL ? NULL
					: sr_schema_field_named(attrs_of(t), n->as.has.list[i]);
		rc = saw_has(c, n, n->as.has.list[i], f != NULL);
		if (f == NULL) {
			*out = truth(-1);
			return rc;
		}
		/* An entity that is not among those given has nothing. */
		if (f->optional || t->kind == SR_CEDAR_ENTITY)
			is = 0;
		if (rc == 0)
			rc = path_add(c, path, 'a', n->as.has.list[i], &path);
		if (rc == 0)
			rc = know(c, &out->known, path);
		t = f->type;
	}
	out->truth = t == NULL ? 0 : is;
	return rc;
}

static int check_is(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	const struct sr_schema_entity *of = sr_schema_entity_named(c->s, n->as.type);
	struct check_type l, r;
	char shown[64];
	int rc = check_expr(c, n->left, known, &l);

	*out = truth(0);
	if (rc == 0)
		rc = want_kind(c, n->left, "is", SR_CEDAR_ENTITY, &l);
	if (rc == 0 && of == NULL && !check_is_action(n->as.type))
		rc = check_note(c, SR_CHECK_UNKNOWN, n->line, n->column,
			"there is no entity type %s",
			sr_escape_to(shown, sizeof shown, n->as.type));
	if (rc != 0 || l.t == NULL || l.t->kind != SR_CEDAR_ENTITY)
		return rc;
	*out = truth(l.t->entity == of ? 1 : -1);
	if (n->right == NULL || out->truth < 0)
		return 0;
	rc = check_expr(c, n->right, known, &r);
	return rc != 0 ? rc : check_in(c, n->left, n->right, &l, &r, out);
}

/* --- literals, lists, calls --------------------------------------------------------------------
 */

static int check_value(struct checker *c, const struct sr_cedar_node *n, struct check_type *out) {
	const struct sr_schema_entity *en;

	if (n->as.value.kind == SR_CEDAR_BOOL)
		*out = truth(n->as.value.b ? 1 : -1);
	else if (n->as.value.kind == SR_CEDAR_LONG)
		*out = (struct check_type){.t = &t_long};
	else if (n->as.value.kind == SR_CEDAR_STRING)
		*out = (struct check_type){.t = &t_string};
	if (n->as.value.kind != SR_CEDAR_ENTITY)
		return 0;
	int rc = check_name(c, n->as.value.name, n->line, n->column);
	if (rc != 0)
		return rc;
	if (check_is_action(n->as.value.name->type)) {
		*out = (struct check_type){.t = &t_action};
		return 0;
	}
	en = sr_schema_entity_named(c->s, n->as.value.name->type);
	if (en == NULL)
		return 0;
	return new_type(c, &(struct sr_schema_type){.kind = SR_CEDAR_ENTITY, .entity = en}, out);
}

static int check_var(struct checker *c, const struct sr_cedar_node *n, struct check_type *out) {
	const struct sr_schema_type of[] = {
		[SR_VAR_PRINCIPAL] = {.kind = SR_CEDAR_ENTITY, .entity = c->principal},
		[SR_VAR_ACTION] = {.kind = SR_CEDAR_ENTITY},
		[SR_VAR_RESOURCE] = {.kind = SR_CEDAR_ENTITY, .entity = c->resource},
		[SR_VAR_CONTEXT] = {.kind = SR_CEDAR_RECORD, .record = c->action->context},
	};

	return new_type(c, &of[n->as.var], out);
}

static int check_set(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	const struct sr_schema_type *element = NULL;

	*out = (struct check_type){.t = NULL};
	for (size_t i = 0; i < n->as.items.count; i++) {
		struct check_type one;
		int rc = check_expr(c, n->as.items.list[i], known, &one);

		if (rc != 0)
			return rc;
		if (element != NULL && one.t != NULL && !same_type(c, element, one.t))
			return check_note(c, SR_CHECK_TYPE, n->line, n->column,
				"the elements of a set are of one type, these are %s and %s",
				sr_cedar_kind_name(element->kind), sr_cedar_kind_name(one.t->kind));
		element = element != NULL ? element : one.t;
	}
	if (n->as.items.count == 0)
		return check_note(c, SR_CHECK_TYPE, n->line, n->column,
			"an empty set has no type: ask isEmpty() instead");
	if (element == NULL)
		return 0;
	return new_type(c, &(struct sr_schema_type){.kind = SR_CEDAR_SET, .element = element}, out);
}

static int check_record(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	struct sr_schema_field *fields =
		sr_arena_new(&c->out->arena, n->as.fields.count, sizeof *fields, c->e);
	struct sr_schema_record *record = sr_arena_new(&c->out->arena, 1, sizeof *record, c->e);
	int rc = 0;

	if (fields == NULL || record == NULL)
		return sr_arena_failed(&c->out->arena);
	for (size_t i = 0; rc == 0 && i < n->as.fields.count; i++) {
		struct check_type one;

		rc = check_expr(c, n->as.fields.list[i].value, known, &one);
		fields[i].name = n->as.fields.list[i].key;
		fields[i].type = rc == 0 ? one.t : NULL;
	}
	if (rc != 0)
		return rc;
	*record = (struct sr_schema_record){fields, n->as.fields.count};
	return new_type(
		c, &(struct sr_schema_type){.kind = SR_CEDAR_RECORD, .record = record}, out);
}

/* What a function gives: constructors their own type, the others by this table, else a Bool. */
static const struct sr_schema_type *call_gives(const char *name) {
	static const struct {
		const char *name;
		const struct sr_schema_type *t;
	} gives[] = {{"decimal", &t_decimal}, {"ip", &t_ipaddr}, {"datetime", &t_datetime},
		{"duration", &t_duration}, {"offset", &t_datetime}, {"toDate", &t_datetime},
		{"durationSince", &t_duration}, {"toTime", &t_duration},
		{"toMilliseconds", &t_long}, {"toSeconds", &t_long}, {"toMinutes", &t_long},
		{"toHours", &t_long}, {"toDays", &t_long}};

	for (size_t i = 0; i < sizeof gives / sizeof gives[0]; i++)
		if (strcmp(name, gives[i].name) == 0)
			return gives[i].t;
	return &t_bool;
}

static int check_call(struct checker *c, const struct sr_cedar_node *n,
	const struct check_known *known, struct check_type *out) {
	const struct sr_cedar_ext *f = n->as.call.function;
	static const char *const may_overflow[] = {"offset", "durationSince", "toDate"};

	*out = (struct check_type){.t = call_gives(f->name)};
	if (n->as.call.count != f->count)
		return check_note(c, SR_CHECK_TYPE, n->line, n->column,
			"%s takes %zu argument%s, has %zu", f->name, f->count - f->method,
			f->count - f->method == 1 ? "" : "s", n->as.call.count - f->method);
	for (size_t i = 0; i < n->as.call.count; i++) {
		struct check_type one;
		int rc = check_expr(c, n->as.call.args[i], known, &one);

		if (rc == 0)
			rc = want_kind(c, n->as.call.args[i], f->name, f->takes[i], &one);
		if (rc != 0)
			return rc;
	}
	/* Folding computed what has a value: a constructor of a text that is no value is left. */
	if (!f->method && n->folded == NULL)
		return check_note(c, SR_CHECK_TYPE, n->line, n->column,
			n->as.call.args[0]->op == SR_OP_VALUE ? "this text is no %s"
							      : "%s takes a text that stands here",
			f->name);
	for (size_t i = 0; i < sizeof may_overflow / sizeof may_overflow[0]; i++)
		if (strcmp(f->name, may_overflow[i]) == 0 && n->folded == NULL)
			return check_note(c, SR_CHECK_OVERFLOW, n->line, n->column,
				"the result of %s may be out of range, and then has no value",
				f->name);
	return 0;
}

int check_expr(struct checker *c, const struct sr_cedar_node *n, const struct check_known *known,
	struct check_type *out) {
	int rc;

	*out = (struct check_type){.t = NULL};
	if (!check_spend(c, 1))
		return sr_fail(c->e, SR_LIMIT,
			"the policies are too large to check: more than %d steps",
			SR_CHECK_STEPS_MAX);
	if (sr_cedar_op_binary(n->op))
		rc = check_binary(c, n, known, out);
	else if (sr_cedar_op_unary(n->op))
		rc = check_unary(c, n, known, out);
	else if (n->op == SR_OP_VALUE)
		rc = check_value(c, n, out);
	else if (n->op == SR_OP_VAR)
		rc = check_var(c, n, out);
	else if (n->op == SR_OP_GET)
		rc = check_get(c, n, known, out);
	else if (n->op == SR_OP_HAS)
		rc = check_has(c, n, known, out);
	else if (n->op == SR_OP_IS)
		rc = check_is(c, n, known, out);
	else if (n->op == SR_OP_IF)
		rc = check_if(c, n, known, out);
	else if (n->op == SR_OP_SET)
		rc = check_set(c, n, known, out);
	else if (n->op == SR_OP_RECORD)
		rc = check_record(c, n, known, out);
	else if (n->op == SR_OP_CALL)
		rc = check_call(c, n, known, out);
	else { /* LIKE */
		rc = check_expr(c, n->left, known, out);
		if (rc == 0)
			rc = want_kind(c, n->left, "like", SR_CEDAR_STRING, out);
		*out = truth(0);
	}
	/* What was known before stays so. */
	if (out->known == NULL)
		out->known = known;
	return rc;
}
