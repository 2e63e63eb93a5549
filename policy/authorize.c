/*
 * authorize - the decision; see cedar.h.
 *
 * For each policy the scope, which cannot err, then the conditions in their order up to the first
 * that is false. A policy that errs counts for nothing and is reported. Allow needs a permit that
 * holds and no forbid that holds.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/eval.h"
#include "policy/policies.h"

struct answer {                     /* an sr_cedar_answer and what it points to */
	struct sr_cedar_answer pub; /* first */
	struct sr_arena arena;
};

/* What is found while the policies are looked at. */
struct tally {
	const struct sr_cedar_policy **permits, **forbids;
	size_t permit_count, forbid_count;
	struct sr_cedar_problem *errors;
	size_t error_count, error_cap;
};

static bool scope_holds(
	const struct sr_cedar_eval *v, enum sr_cedar_var var, const struct sr_cedar_scope *s) {
	const struct sr_cedar_name *name = v->request->vars[var].name;
	switch (s->op) {
	case SR_SCOPE_ANY:
		return true;
	case SR_SCOPE_EQ:
		return sr_cedar_name_eq(name, s->name);
	case SR_SCOPE_IN:
		return sr_cedar_eval_in(v, (int)var, name, s->name);
	case SR_SCOPE_IS:
		return sr_bytes_eq(name->type, s->type);
	case SR_SCOPE_IS_IN:
		return sr_bytes_eq(name->type, s->type) &&
		       sr_cedar_eval_in(v, (int)var, name, s->name);
	case SR_SCOPE_IN_LIST:
		for (size_t i = 0; i < s->count; i++)
			if (sr_cedar_eval_in(v, (int)var, name, s->list[i]))
				return true;
		return false;
	}
	return false;
}

/* Does the policy hold? CORRUPT: it errs. */
static int rule_holds(struct sr_cedar_eval *v, const struct sr_cedar_rule *rule, bool *holds) {
	*holds = scope_holds(v, SR_VAR_PRINCIPAL, &rule->principal) &&
		 scope_holds(v, SR_VAR_ACTION, &rule->action) &&
		 scope_holds(v, SR_VAR_RESOURCE, &rule->resource);
	for (size_t i = 0; *holds && i < rule->condition_count; i++) {
		const struct sr_cedar_condition *c = &rule->conditions[i];
		struct sr_cedar_value value;
		v->failed_at = c->body;
		int rc = sr_cedar_eval(v, c->body, &value);
		if (rc != 0)
			return rc;
		if (value.kind != SR_CEDAR_BOOL) {
			v->failed_at = c->body;
			return sr_fail(v->e, SR_CORRUPT, "want bool as condition, have %s",
				sr_cedar_kind_name(value.kind));
		}
		*holds = value.b != c->unless;
	}
	return 0;
}

/* Note that a policy erred: where, and the sentence in ${why}. */
static int add_problem(struct sr_arena *a, struct tally *t, const struct sr_cedar_rule *rule,
	const struct sr_cedar_eval *v, const char *why, struct sr_err *e) {
	struct sr_bytes text;
	if (t->error_count == t->error_cap) {
		size_t cap = t->error_cap == 0 ? 4 : t->error_cap * 2;
		struct sr_cedar_problem *grown = sr_arena_new(a, cap, sizeof *grown, e);
		if (grown == NULL)
			return sr_arena_failed(a);
		if (t->error_count > 0)
			memcpy(grown, t->errors, t->error_count * sizeof *grown);
		t->errors = grown;
		t->error_cap = cap;
	}
	int rc = sr_arena_copy(a, sr_bytes_of(why, strlen(why) + 1), &text, e);
	if (rc != 0)
		return rc;
	t->errors[t->error_count++] = (struct sr_cedar_problem){.policy = &rule->pub,
		.line = v->failed_at->line,
		.column = v->failed_at->column,
		.text = (const char *)text.p};
	return 0;
}

static int look_at_all(struct sr_arena *a, struct tally *t, const struct sr_cedar_policies *p,
	struct sr_cedar_eval *v, struct sr_err *e) {
	for (size_t i = 0; i < p->rules.count; i++) {
		const struct sr_cedar_rule *rule = p->rules.list[i];
		struct sr_arena_mark m = sr_arena_mark(v->arena);
		bool holds = false;
		if (rule->pub.slots != 0)
			continue;
		int rc = rule_holds(v, rule, &holds);
		sr_arena_release(v->arena, m);
		if (rc == SR_CORRUPT) {
			holds = false;
			rc = add_problem(a, t, rule, v, v->e->text, e);
		} else if (rc != 0) {
			return sr_fail(e, v->e->code, "%s", v->e->text);
		}
		if (rc != 0)
			return rc;
		if (holds && rule->pub.forbid)
			t->forbids[t->forbid_count++] = &rule->pub;
		else if (holds)
			t->permits[t->permit_count++] = &rule->pub;
	}
	return 0;
}

static int decide(struct answer *a, const struct sr_cedar_policies *p,
	const struct sr_cedar_entities *s, const struct sr_cedar_request *r, struct sr_err *e) {
	struct tally t = {0};
	struct sr_cedar_eval v;
	struct sr_err why;
	struct sr_arena scratch;
	size_t count = p->rules.count;
	t.permits = sr_arena_new(&a->arena, count, sizeof(const struct sr_cedar_policy *), e);
	t.forbids = sr_arena_new(&a->arena, count, sizeof(const struct sr_cedar_policy *), e);
	if (t.permits == NULL || t.forbids == NULL)
		return sr_arena_failed(&a->arena);
	sr_arena_init(&scratch, SR_CEDAR_MEMORY_MAX);
	sr_cedar_eval_init(&v, s, r, &scratch, &why);
	int rc = look_at_all(&a->arena, &t, p, &v, e);
	sr_arena_free(&scratch);
	if (rc != 0)
		return rc;
	bool allow = t.forbid_count == 0 && t.permit_count > 0;
	a->pub = (struct sr_cedar_answer){.decision = allow ? SR_CEDAR_ALLOW : SR_CEDAR_DENY,
		.reasons = allow ? t.permits : t.forbids,
		.reason_count = allow ? t.permit_count : t.forbid_count,
		.errors = t.errors,
		.error_count = t.error_count};
	return 0;
}

int sr_cedar_authorize(struct sr_cedar_answer **out, const struct sr_cedar_policies *p,
	const struct sr_cedar_entities *s, const struct sr_cedar_request *r, struct sr_err *e) {
	*out = NULL;
	struct answer *a = calloc(1, sizeof *a);
	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for an answer");
	sr_arena_init(&a->arena, SR_CEDAR_MEMORY_MAX);
	int rc = decide(a, p, s, r, e);
	if (rc != 0) {
		sr_cedar_answer_free(&a->pub);
		return rc;
	}
	*out = &a->pub;
	return 0;
}

void sr_cedar_answer_free(struct sr_cedar_answer *answer) {
	struct answer *a = (struct answer *)answer;
	if (a == NULL)
		return;
	sr_arena_free(&a->arena);
	free(a);
}
