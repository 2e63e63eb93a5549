/*
 * explain - see explain.h.
 */
#include "policy/explain.h"

#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "policy/eval.h"
#include "policy/to_text.h"

struct explaining {
	struct sr_cedar_eval eval;
	struct sr_arena scratch;
	struct sr_err why; /* of evaluations that fail: what is not true */
	struct sr_buf *out;
	size_t parts;
	size_t far; /* of them, those that are not about who asks: it is another thing that it
		       permits */
};

static bool is_path(const struct sr_cedar_node *n);
static void each(const struct sr_cedar_node *n,
	void (*at)(void *ctx, const struct sr_cedar_node *n), void *ctx);

static void find_principal(void *ctx, const struct sr_cedar_node *n) {
	bool *found = ctx;

	*found = *found || (n->op == SR_OP_VAR && n->as.var == SR_VAR_PRINCIPAL);
}

static bool about_who(const struct sr_cedar_node *n) {
	bool found = false;

	each(n, find_principal, &found);
	return found;
}

static void explaining_init(struct explaining *x, struct sr_buf *out, const struct sr_question *q) {
	memset(x, 0, sizeof *x);
	sr_arena_init(&x->scratch, SR_CEDAR_MEMORY_MAX);
	sr_cedar_eval_init(&x->eval, q->entities, q->request, &x->scratch, &x->why);
	x->out = out;
}

static int explaining_end(struct explaining *x, struct sr_err *e) {
	sr_arena_free(&x->scratch);
	return x->out != NULL ? sr_buf_ok(x->out, e) : 0;
}

static void put_line(struct explaining *x, const struct sr_cedar_node *n, bool negated) {
	x->parts++;
	x->far += !about_who(n);
	if (x->out == NULL)
		return;
	sr_buf_put_str(x->out, negated ? "unless " : "");
	sr_cedar_put_expr(x->out, n);
	sr_buf_put_u8(x->out, '\n');
}

/* --- what it lacks ---------------------------------------------------------------------------- */

static bool is_true(struct explaining *x, const struct sr_cedar_node *n) {
	struct sr_cedar_value v;

	return sr_cedar_eval(&x->eval, n, &v) == 0 && v.kind == SR_CEDAR_BOOL && v.b;
}

static void lacks(struct explaining *x, const struct sr_cedar_node *n) {
	if (n->op == SR_OP_AND) { /* as high as the tree is, which is bounded */
		lacks(x, n->left);
		lacks(x, n->right);
	} else if (!is_true(x, n)) {
		put_line(x, n, false);
	}
}

/* The scope's part on ${var}; the action's was looked at before. */
static void scope_lacks(
	struct explaining *x, enum sr_cedar_var var, const struct sr_cedar_scope *s) {
	const struct sr_cedar_name *name = x->eval.request->vars[var].name;
	bool holds = true;

	if (s->op == SR_SCOPE_IS || s->op == SR_SCOPE_IS_IN)
		holds = sr_bytes_eq(name->type, s->type);
	if (s->op == SR_SCOPE_EQ)
		holds = sr_cedar_name_eq(name, s->name);
	if (holds && (s->op == SR_SCOPE_IN || s->op == SR_SCOPE_IS_IN))
		holds = sr_cedar_eval_in(&x->eval, (int)var, name, s->name);
	if (holds)
		return;
	x->parts++;
	x->far += var != SR_VAR_PRINCIPAL;
	if (x->out == NULL)
		return;
	sr_buf_put_str(x->out, sr_cedar_var_text(var));
	if (s->op == SR_SCOPE_IS || s->op == SR_SCOPE_IS_IN) {
		sr_buf_put_str(x->out, " is ");
		sr_escape(x->out, s->type, 0);
	}
	if (s->name != NULL) {
		sr_buf_put_str(x->out, s->op == SR_SCOPE_EQ ? " == " : " in ");
		sr_escape(x->out, s->name->type, 0);
		sr_buf_put_str(x->out, "::\"");
		sr_escape(x->out, s->name->id, 0);
		sr_buf_put_u8(x->out, '"');
	}
	sr_buf_put_u8(x->out, '\n');
}

static void rule_lacks(struct explaining *x, const struct sr_cedar_rule *r) {
	scope_lacks(x, SR_VAR_PRINCIPAL, &r->principal);
	scope_lacks(x, SR_VAR_RESOURCE, &r->resource);
	for (size_t i = 0; i < r->condition_count; i++) {
		const struct sr_cedar_condition *c = &r->conditions[i];
		struct sr_cedar_value v;

		if (!c->unless)
			lacks(x, c->body);
		else if (sr_cedar_eval(&x->eval, c->body, &v) != 0 || v.kind != SR_CEDAR_BOOL ||
			 v.b)
			put_line(x, c->body, true);
	}
}

int sr_rule_lacks(struct sr_buf *out, size_t *parts, const struct sr_cedar_policy *rule,
	const struct sr_question *q, struct sr_err *e) {
	struct explaining x;

	explaining_init(&x, out, q);
	rule_lacks(&x, (const struct sr_cedar_rule *)rule); /* a policy handed out is its rule */
	*parts = x.parts;
	return explaining_end(&x, e);
}

int sr_permit_nearest(const struct sr_cedar_policy **out, const struct sr_cedar_policies *set,
	const struct sr_schema *s, const struct sr_question *q, struct sr_err *e) {
	const struct sr_bytes action = q->request->vars[SR_VAR_ACTION].name->id;
	const struct sr_cedar_policy *p;
	size_t fewest = SIZE_MAX, nearest = SIZE_MAX;

	*out = NULL;
	for (size_t i = 0; (p = sr_permit_for(set, s, action, i)) != NULL; i++) {
		struct explaining x;
		int rc;

		explaining_init(&x, NULL, q);
		rule_lacks(&x, (const struct sr_cedar_rule *)p);
		rc = explaining_end(&x, e);
		if (rc != 0)
			return rc;
		if (x.far < nearest || (x.far == nearest && x.parts < fewest)) {
			nearest = x.far;
			fewest = x.parts;
			*out = p;
		}
	}
	return 0;
}

/* --- what it reads ---------------------------------------------------------------------------- */

/* A whole second of the years 1970 to 9999 as people write it; others, which nobody uses, as a
 * number. */
static void put_time(struct sr_buf *out, int64_t ms) {
	const time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (ms < 0 || ms / 1000 > INT64_C(253402300799) || gmtime_r(&t, &tm) == NULL)
		sr_buf_printf(out, "%lld ms", (long long)ms);
	else
		sr_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void sr_value_text(struct sr_buf *out, const struct sr_cedar_value *v) {
	switch (v->kind) {
	case SR_CEDAR_BOOL:
		sr_buf_put_str(out, v->b ? "yes" : "no");
		break;
	case SR_CEDAR_LONG:
		sr_buf_printf(out, "%lld", (long long)v->n);
		break;
	case SR_CEDAR_STRING:
		sr_escape(out, v->s, 200);
		break;
	case SR_CEDAR_ENTITY:
		sr_escape(out, v->name->id, 80);
		break;
	case SR_CEDAR_SET:
		for (size_t i = 0; i < v->set->count; i++) {
			sr_buf_put_str(out, i == 0 ? "" : ", ");
			sr_value_text(out, &v->set->items[i]);
		}
		if (v->set->count == 0)
			sr_buf_put_str(out, "none");
		break;
	case SR_CEDAR_DATETIME:
		put_time(out, v->n);
		break;
	case SR_CEDAR_DURATION:
		sr_buf_printf(out, "%lld ms", (long long)v->n);
		break;
	case SR_CEDAR_DECIMAL:
		sr_buf_printf(out, "%lld/10000", (long long)v->n);
		break;
	case SR_CEDAR_RECORD:
	case SR_CEDAR_IPADDR:
		sr_buf_put_str(out, sr_cedar_kind_name(v->kind));
		break;
	}
}

/* Is it a path from a variable: context.grant.state, principal.getTag("x")? */
static bool is_path(const struct sr_cedar_node *n) {
	while (n->op == SR_OP_GET || n->op == SR_OP_GET_TAG)
		n = n->left;
	return n->op == SR_OP_VAR;
}

/* Its line, unless it is there already. */
static void put_read(struct explaining *x, const struct sr_cedar_node *n) {
	struct sr_cedar_value v;
	struct sr_buf line;

	if (sr_cedar_eval(&x->eval, n, &v) != 0)
		return; /* not there: `has` asked for it */
	sr_buf_init(&line);
	sr_cedar_put_expr(&line, n);
	sr_buf_put_str(&line, " = ");
	sr_value_text(&line, &v);
	sr_buf_put_u8(&line, '\n');
	if (sr_buf_ok(&line, NULL) == 0 &&
		(x->out->len == 0 || memmem(x->out->p, x->out->len, line.p, line.len) == NULL))
		sr_buf_put_buf(x->out, &line);
	sr_buf_free(&line);
}

/* Every node under ${n}, and itself first; as deep as the tree is high, which is bounded. */
static void each(const struct sr_cedar_node *n,
	void (*at)(void *ctx, const struct sr_cedar_node *n), void *ctx) {
	if (n == NULL)
		return;
	at(ctx, n);
	each(n->left, at, ctx);
	each(n->right, at, ctx);
	if (n->op == SR_OP_IF)
		each(n->as.otherwise, at, ctx);
	for (size_t i = 0; n->op == SR_OP_SET && i < n->as.items.count; i++)
		each(n->as.items.list[i], at, ctx);
	for (size_t i = 0; n->op == SR_OP_RECORD && i < n->as.fields.count; i++)
		each(n->as.fields.list[i].value, at, ctx);
	for (size_t i = 0; n->op == SR_OP_CALL && i < n->as.call.count; i++)
		each(n->as.call.args[i], at, ctx);
}

static void reads(void *ctx, const struct sr_cedar_node *n) {
	if ((n->op == SR_OP_GET || n->op == SR_OP_GET_TAG) && is_path(n))
		put_read(ctx, n);
}

int sr_rule_reads(struct sr_buf *out, const struct sr_cedar_policy *rule,
	const struct sr_question *q, struct sr_err *e) {
	const struct sr_cedar_rule *r = (const struct sr_cedar_rule *)rule;
	struct explaining x;

	explaining_init(&x, out, q);
	for (size_t i = 0; i < r->condition_count; i++)
		each(r->conditions[i].body, reads, &x);
	return explaining_end(&x, e);
}
