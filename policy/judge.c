/*
 * judge - see judge.h.
 */
#include "policy/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "policy/lint.h"
#include "policy/policies.h"

const char *sr_judged_name(enum sr_judged word) {
	switch (word) {
	case SR_JUDGED_ALLOW:
		return "allow";
	case SR_JUDGED_ERROR:
		return "error";
	case SR_JUDGED_DENY:
		break;
	}
	return "deny";
}

/* --- inputs ----------------------------------------------------------------------------------- */

void sr_question_put(struct sr_buf *out, struct sr_bytes request, struct sr_bytes entities) {
	sr_buf_put_str(out, SR_INPUTS_LINE "\n");
	sr_buf_put_bytes(out, request);
	sr_buf_put_u8(out, '\n');
	sr_buf_put_bytes(out, entities);
	sr_buf_put_u8(out, '\n');
}

/* The next line of ${*rest}, without its end. */
static int line_of(
	struct sr_bytes *out, struct sr_bytes *rest, const char *what, struct sr_err *e) {
	const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);

	if (end == NULL)
		return sr_fail(e, SR_CORRUPT, "inputs: the line with %s has no end", what);
	*out = sr_bytes_of(rest->p, (size_t)(end - rest->p));
	*rest = sr_bytes_of(end + 1, rest->len - out->len - 1);
	return 0;
}

int sr_question_load(struct sr_question *out, struct sr_bytes inputs, struct sr_err *e) {
	struct sr_question q = {NULL, NULL};
	struct sr_bytes rest = inputs, first, request, entities;
	int rc = line_of(&first, &rest, "the format", e);

	if (rc == 0 && !sr_bytes_eq(first, sr_bytes_str(SR_INPUTS_LINE)))
		rc = sr_fail(e, SR_CORRUPT, "inputs: the first line is not \"" SR_INPUTS_LINE "\"");
	if (rc == 0)
		rc = line_of(&request, &rest, "the request", e);
	if (rc == 0)
		rc = line_of(&entities, &rest, "the entities", e);
	if (rc == 0 && rest.len > 0)
		rc = sr_fail(e, SR_CORRUPT, "inputs: %zu bytes follow the entities", rest.len);
	if (rc == 0 && sr_cedar_request_load(&q.request, request, e) != 0)
		rc = sr_wrap(e, "inputs: request");
	if (rc == 0 && sr_cedar_entities_load(&q.entities, entities, e) != 0)
		rc = sr_wrap(e, "inputs: entities");
	if (rc != 0)
		sr_question_free(&q);
	*out = q;
	return rc;
}

void sr_question_free(struct sr_question *q) {
	sr_cedar_request_free(q->request);
	sr_cedar_entities_free(q->entities);
	*q = (struct sr_question){NULL, NULL};
}

/* --- the answer ------------------------------------------------------------------------------- */

void sr_judgement_free(struct sr_judgement *v) {
	free(v->rules);
	sr_cedar_answer_free(v->plain);
	memset(v, 0, sizeof *v);
}

static const struct sr_cedar_policy *rule_at(const struct sr_cedar_answer *a, size_t i) {
	return a->error_count > 0 ? a->errors[i].policy : a->reasons[i];
}

int sr_judge(struct sr_judgement *out, const struct sr_cedar_policies *set,
	const struct sr_question *q, struct sr_err *e) {
	struct sr_judgement v = {.word = SR_JUDGED_DENY};
	size_t count;
	int rc = sr_cedar_authorize(&v.plain, set, q->entities, q->request, e);

	memset(out, 0, sizeof *out);
	if (rc != 0)
		return rc;
	if (v.plain->error_count > 0)
		v.word = SR_JUDGED_ERROR;
	else if (v.plain->decision == SR_CEDAR_ALLOW)
		v.word = SR_JUDGED_ALLOW;
	count = v.plain->error_count > 0 ? v.plain->error_count : v.plain->reason_count;
	if (count > SR_JUDGED_RULES_MAX)
		count = SR_JUDGED_RULES_MAX;
	v.rules = calloc(count + 1, sizeof *v.rules);
	if (v.rules == NULL) {
		sr_judgement_free(&v);
		return sr_fail(e, SR_NOMEM, "judge: out of memory for %zu rules", count);
	}
	for (size_t i = 0; i < count; i++) {
		const struct sr_cedar_policy *p = rule_at(v.plain, i);
		const struct sr_bytes id = sr_cedar_annotation_of(p, "id");

		(void)sr_escape_to(
			v.rules[v.rule_count++], sizeof *v.rules, id.len > 0 ? id : p->id);
	}
	*out = v;
	return 0;
}

int sr_judge_replay(
	struct sr_judgement *out, struct sr_bytes set, struct sr_bytes inputs, struct sr_err *e) {
	struct sr_cedar_policies *p = NULL;
	struct sr_question q = {NULL, NULL};
	int rc = sr_cedar_policies_new(&p, e);

	memset(out, 0, sizeof *out);
	if (rc == 0 && (rc = sr_cedar_policies_parse(p, set, e)) != 0)
		rc = sr_wrap(e, "set");
	if (rc == 0)
		rc = sr_question_load(&q, inputs, e);
	if (rc == 0)
		rc = sr_judge(out, p, &q, e);
	if (rc == 0) { /* it points into the set */
		sr_cedar_answer_free(out->plain);
		out->plain = NULL;
	}
	sr_question_free(&q);
	sr_cedar_policies_free(p);
	return rc;
}

/* --- what is missing -------------------------------------------------------------------------- */

static bool takes_action(const struct sr_cedar_scope *sc, const struct sr_schema *s,
	const struct sr_schema_action *action) {
	if (sc->op == SR_SCOPE_ANY)
		return true;
	if (sc->op == SR_SCOPE_EQ)
		return sr_bytes_eq(sc->name->id, action->name);
	for (size_t i = 0; i < (sc->op == SR_SCOPE_IN ? 1 : sc->count); i++) {
		const struct sr_cedar_name *n = sc->op == SR_SCOPE_IN ? sc->name : sc->list[i];
		const struct sr_schema_action *g = sr_schema_action_named(s, n->id);

		if (g != NULL && sr_schema_action_in(action, g))
			return true;
	}
	return false;
}

const struct sr_cedar_policy *sr_permit_for(const struct sr_cedar_policies *set,
	const struct sr_schema *s, struct sr_bytes action, size_t i) {
	const struct sr_schema_action *a = sr_schema_action_named(s, action);

	for (size_t k = 0; a != NULL && k < sr_cedar_policies_count(set); k++) {
		const struct sr_cedar_policy *p = sr_cedar_policies_get(set, k);
		/* A policy handed out is its rule (ast.h). */
		const struct sr_cedar_rule *r = (const struct sr_cedar_rule *)p;

		if (p->forbid || p->slots != 0 || !takes_action(&r->action, s, a))
			continue;
		if (i-- == 0)
			return p;
	}
	return NULL;
}
