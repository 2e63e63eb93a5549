/*
 * check - policies and their scopes against a schema; see check.h.
 */
#include "policy/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "policy/checking.h"
#include "policy/policies.h"

int check_note(struct checker *c, enum sr_check_kind kind, unsigned line, unsigned column,
	const char *fmt, ...) {
	struct sr_check_finding *have = c->findings.items;
	char text[512];
	va_list ap;

	if (c->findings.count - c->first >= SR_CHECK_FINDINGS_MAX)
		return 0;
	for (size_t i = c->first; i < c->findings.count; i++)
		if (have[i].kind == kind && have[i].line == line && have[i].column == column)
			return 0;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct sr_check_finding *f =
		sr_cedar_list_push(&c->out->arena, &c->findings, sizeof *f, c->e);
	char *kept = f == NULL ? NULL : sr_arena_new(&c->out->arena, strlen(text) + 1, 1, c->e);
	if (kept == NULL)
		return sr_arena_failed(&c->out->arena);
	memcpy(kept, text, strlen(text) + 1);
	*f = (struct sr_check_finding){kind, &c->rule->pub, line, column, kept};
	return 0;
}

bool check_is_action(struct sr_bytes type) {
	return sr_bytes_eq(type, sr_bytes_str("Action"));
}

int check_name(
	struct checker *c, const struct sr_cedar_name *name, unsigned line, unsigned column) {
	const struct sr_schema_entity *en;
	char type[64], id[64];

	(void)sr_escape_to(type, sizeof type, name->type);
	(void)sr_escape_to(id, sizeof id, name->id);
	if (check_is_action(name->type))
		return sr_schema_action_named(c->s, name->id) != NULL
			       ? 0
			       : check_note(c, SR_CHECK_UNKNOWN, line, column,
					 "there is no action \"%s\"", id);
	en = sr_schema_entity_named(c->s, name->type);
	if (en == NULL)
		return check_note(
			c, SR_CHECK_UNKNOWN, line, column, "there is no entity type %s", type);
	for (size_t i = 0; i < en->id_count; i++)
		if (sr_bytes_eq(en->ids[i], name->id))
			return 0;
	return en->id_count == 0 ? 0
				 : check_note(c, SR_CHECK_UNKNOWN, line, column,
					   "there is no %s \"%s\"", type, id);
}

/* --- scopes ------------------------------------------------------------------------------------
 */

static int type_named(struct checker *c, struct sr_bytes type) {
	char shown[64];

	if (sr_schema_entity_named(c->s, type) != NULL)
		return 0;
	return check_note(c, SR_CHECK_UNKNOWN, c->rule->pub.line, c->rule->pub.column,
		"there is no entity type %s", sr_escape_to(shown, sizeof shown, type));
}

/* Every name of the scope is one of the schema's. */
static int scope_names(struct checker *c, const struct sr_cedar_scope *s) {
	const unsigned line = c->rule->pub.line, column = c->rule->pub.column;
	int rc = 0;

	if (s->op == SR_SCOPE_IS || s->op == SR_SCOPE_IS_IN)
		rc = type_named(c, s->type);
	if (rc == 0 && s->name != NULL)
		rc = check_name(c, s->name, line, column);
	for (size_t i = 0; rc == 0 && s->op == SR_SCOPE_IN_LIST && i < s->count; i++)
		rc = check_name(c, s->list[i], line, column);
	return rc;
}

/* May a principal or resource of this type be one that the scope takes? A slot may be filled with
 * anything. */
static bool scope_takes(const struct checker *c, const struct sr_cedar_scope *s,
	const struct sr_schema_entity *en) {
	const struct sr_schema_entity *of =
		s->name == NULL ? NULL : sr_schema_entity_named(c->s, s->name->type);

	if ((s->op == SR_SCOPE_IS || s->op == SR_SCOPE_IS_IN) && !sr_bytes_eq(s->type, en->name))
		return false;
	if (s->slot || s->op == SR_SCOPE_ANY || s->op == SR_SCOPE_IS)
		return true;
	if (of == NULL)
		return false;
	return s->op == SR_SCOPE_EQ ? of == en : sr_schema_entity_in(en, of);
}

static bool scope_takes_action(const struct checker *c, const struct sr_schema_action *ac) {
	const struct sr_cedar_scope *s = &c->rule->action;
	const struct sr_schema_action *of =
		s->name == NULL ? NULL : sr_schema_action_named(c->s, s->name->id);

	if (s->op == SR_SCOPE_ANY)
		return true;
	if (s->op == SR_SCOPE_EQ)
		return of == ac;
	if (s->op == SR_SCOPE_IN)
		return of != NULL && sr_schema_action_in(ac, of);
	for (size_t i = 0; i < s->count; i++) {
		of = sr_schema_action_named(c->s, s->list[i]->id);
		if (of != NULL && sr_schema_action_in(ac, of))
			return true;
	}
	return false;
}

/* --- policies ----------------------------------------------------------------------------------
 */

/* The conditions in one environment: *${may} unless they are false there whatever comes. */
static int conditions(struct checker *c, bool *may) {
	const struct check_known *known = NULL;

	*may = false;
	for (size_t i = 0; i < c->rule->condition_count; i++) {
		const struct sr_cedar_condition *cond = &c->rule->conditions[i];
		struct check_type t;
		int rc = check_expr(c, cond->body, known, &t);

		if (rc == 0 && t.t != NULL && t.t->kind != SR_CEDAR_BOOL)
			rc = check_note(c, SR_CHECK_TYPE, cond->body->line, cond->body->column,
				"a condition is a Bool, this is %s", sr_cedar_kind_name(t.t->kind));
		if (rc != 0)
			return rc;
		if (t.truth == (cond->unless ? 1 : -1))
			return 0;
		if (!cond->unless)
			known = t.known;
	}
	*may = true;
	return 0;
}

/* All environments: how many there are, and in how many it may match. */
static int environments(struct checker *c, size_t *all, size_t *may) {
	for (size_t a = 0; a < c->s->action_count; a++) {
		c->action = &c->s->actions[a];
		if (!scope_takes_action(c, c->action))
			continue;
		for (size_t p = 0; p < c->action->principal_count; p++) {
			c->principal = c->action->principals[p];
			if (!scope_takes(c, &c->rule->principal, c->principal))
				continue;
			for (size_t r = 0; r < c->action->resource_count; r++) {
				bool matches = false;

				c->resource = c->action->resources[r];
				if (!scope_takes(c, &c->rule->resource, c->resource))
					continue;
				int rc = conditions(c, &matches);
				if (rc != 0)
					return rc;
				++*all;
				*may += matches;
			}
		}
	}
	return 0;
}

static int check_rule(struct checker *c) {
	const unsigned line = c->rule->pub.line, column = c->rule->pub.column;
	size_t all = 0, may = 0;
	int rc;

	c->first = c->findings.count;
	c->has = (struct sr_cedar_list){0};
	rc = scope_names(c, &c->rule->principal);
	if (rc == 0)
		rc = scope_names(c, &c->rule->action);
	if (rc == 0)
		rc = scope_names(c, &c->rule->resource);
	if (rc == 0)
		rc = environments(c, &all, &may);
	for (size_t i = 0; rc == 0 && i < c->has.count; i++) {
		const struct check_has *h = (const struct check_has *)c->has.items + i;
		char shown[64];

		if (!h->found)
			rc = check_note(c, SR_CHECK_UNKNOWN, h->node->line, h->node->column,
				"nothing here can have an attribute \"%s\"",
				sr_escape_to(shown, sizeof shown, h->attr));
	}
	if (rc != 0 || c->findings.count > c->first)
		return rc;
	if (all == 0)
		return check_note(c, SR_CHECK_NEVER, line, column,
			"it never matches: no action of its scope takes such a principal and "
			"resource");
	if (may == 0)
		return check_note(c, SR_CHECK_NEVER, line, column,
			"it never matches: its conditions are never all true");
	return 0;
}

int sr_check_policies(struct sr_check **out, const struct sr_schema *s,
	const struct sr_cedar_policies *policies, struct sr_err *e) {
	struct sr_check *check = calloc(1, sizeof *check);
	int rc = 0;

	*out = NULL;
	if (check == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to check policies");
	sr_arena_init(&check->arena, SR_CEDAR_MEMORY_MAX);
	struct checker c = {.out = check, .s = s, .e = e, .steps_left = SR_CHECK_STEPS_MAX};
	for (size_t i = 0; rc == 0 && i < policies->rules.count; i++) {
		c.rule = policies->rules.list[i];
		rc = check_rule(&c);
	}
	check->findings = c.findings.items;
	check->count = c.findings.count;
	if (rc != 0) {
		sr_check_free(check);
		return rc;
	}
	*out = check;
	return 0;
}

void sr_check_free(struct sr_check *c) {
	if (c == NULL)
		return;
	sr_arena_free(&c->arena);
	free(c);
}
