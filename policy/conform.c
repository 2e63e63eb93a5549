/*
 * conform - are inputs as the schema says? See judge.h. Whoever makes them computes every
 * attribute; what is missing must be found when it is missing, not when a rule first looks at it.
 */
#include <string.h>

#include "base/escape.h"
#include "policy/entities.h"
#include "policy/judge.h"
#include "policy/request.h"

struct conform {
	const struct sr_schema *s;
	char at[192]; /* where, for sentences */
	struct sr_err *e;
};

static const char *shown(char out[80], struct sr_bytes b) {
	return sr_escape_to(out, 80, b);
}

static int value_fits(
	struct conform *c, const struct sr_cedar_value *v, const struct sr_schema_type *t);

/* Every field that must be there is, and none that is not known. */
static int record_fits(
	struct conform *c, const struct sr_cedar_record *r, const struct sr_schema_record *want) {
	char name[80];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < want->count; i++) {
		const struct sr_schema_field *f = &want->fields[i];
		const struct sr_cedar_value *v = sr_cedar_record_get(r, f->name);

		if (v == NULL && !f->optional)
			return sr_fail(c->e, SR_CORRUPT, "%s has no attribute \"%s\"", c->at,
				shown(name, f->name));
		if (v != NULL && (rc = value_fits(c, v, f->type)) != 0)
			return sr_wrap(c->e, "%s: attribute \"%s\"", c->at, shown(name, f->name));
	}
	for (size_t i = 0; rc == 0 && i < r->count; i++)
		if (sr_schema_field_named(want, r->fields[i].key) == NULL)
			rc = sr_fail(c->e, SR_CORRUPT, "%s: the schema has no attribute \"%s\"",
				c->at, shown(name, r->fields[i].key));
	return rc;
}

static int value_fits(
	struct conform *c, const struct sr_cedar_value *v, const struct sr_schema_type *t) {
	int rc = 0;

	if (v->kind != t->kind)
		return sr_fail(c->e, SR_CORRUPT, "want %s, have %s", sr_cedar_kind_name(t->kind),
			sr_cedar_kind_name(v->kind));
	switch (t->kind) {
	case SR_CEDAR_ENTITY:
		if (t->entity != NULL && !sr_bytes_eq(v->name->type, t->entity->name))
			rc = sr_fail(c->e, SR_CORRUPT, "want an entity of another type");
		break;
	case SR_CEDAR_SET:
		for (size_t i = 0; rc == 0 && i < v->set->count; i++)
			rc = value_fits(c, &v->set->items[i], t->element);
		break;
	case SR_CEDAR_RECORD:
		rc = record_fits(c, v->record, t->record);
		break;
	case SR_CEDAR_BOOL:
	case SR_CEDAR_STRING:
	case SR_CEDAR_DECIMAL:
	case SR_CEDAR_IPADDR:
	case SR_CEDAR_LONG:
	case SR_CEDAR_DATETIME:
	case SR_CEDAR_DURATION:
		break;
	}
	return rc;
}

/* What is in an entity's place must be an entity of the schema, in what its type may be in. */
static int parents_fit(
	struct conform *c, const struct sr_cedar_entity *en, const struct sr_schema_entity *type) {
	for (size_t i = 0; i < en->parent_count; i++) {
		const struct sr_schema_entity *p =
			sr_schema_entity_named(c->s, en->parents[i]->type);

		if (p == NULL || !sr_schema_entity_in(type, p))
			return sr_fail(
				c->e, SR_CORRUPT, "%s is in what its type is never in", c->at);
	}
	return 0;
}

static int action_fits(struct conform *c, const struct sr_cedar_entity *en) {
	const struct sr_schema_action *a = sr_schema_action_named(c->s, en->name->id);

	if (a == NULL || en->attrs->count > 0)
		return sr_fail(c->e, SR_CORRUPT, "%s is no action of the schema, or has attributes",
			c->at);
	for (size_t i = 0; i < en->parent_count; i++) {
		const struct sr_schema_action *g = sr_schema_action_named(c->s, en->parents[i]->id);

		if (g == NULL || !sr_schema_action_in(a, g))
			return sr_fail(c->e, SR_CORRUPT, "%s is in a group that is not its", c->at);
	}
	return 0;
}

static int entity_fits(struct conform *c, const struct sr_cedar_entity *en) {
	const struct sr_schema_entity *type = sr_schema_entity_named(c->s, en->name->type);
	char name[80], id[80];
	int rc = 0;

	snprintf(c->at, sizeof c->at, "%s::%s", shown(name, en->name->type),
		shown(id, en->name->id));
	if (sr_bytes_eq(en->name->type, sr_bytes_str("Action")))
		return action_fits(c, en);
	if (type == NULL)
		return sr_fail(c->e, SR_CORRUPT, "the schema has no type of %s", c->at);
	rc = record_fits(c, en->attrs, type->attrs);
	if (rc == 0)
		rc = parents_fit(c, en, type);
	for (size_t i = 0; rc == 0 && i < en->tags->count; i++)
		if (type->tags == NULL ||
			value_fits(c, &en->tags->fields[i].value, type->tags) != 0)
			rc = sr_fail(c->e, SR_CORRUPT, "%s: tag \"%s\" is not what its type has",
				c->at, shown(name, en->tags->fields[i].key));
	return rc;
}

static bool among(
	const struct sr_schema_entity *const *types, size_t count, const struct sr_cedar_name *n) {
	for (size_t i = 0; i < count; i++)
		if (sr_bytes_eq(types[i]->name, n->type))
			return true;
	return false;
}

static int request_fits(struct conform *c, const struct sr_question *q) {
	const struct sr_cedar_value *vars = q->request->vars;
	const struct sr_cedar_name *who = vars[SR_VAR_PRINCIPAL].name,
				   *what = vars[SR_VAR_RESOURCE].name;
	const struct sr_schema_action *a =
		sr_schema_action_named(c->s, vars[SR_VAR_ACTION].name->id);
	char name[80];

	if (a == NULL || a->context == NULL)
		return sr_fail(c->e, SR_CORRUPT, "the schema has no action \"%s\"",
			shown(name, vars[SR_VAR_ACTION].name->id));
	if (!among((const struct sr_schema_entity *const *)a->principals, a->principal_count,
		    who) ||
		!among((const struct sr_schema_entity *const *)a->resources, a->resource_count,
			what))
		return sr_fail(c->e, SR_CORRUPT,
			"action \"%s\" is not for a principal or a resource of that type",
			shown(name, a->name));
	if (sr_cedar_entity_find(q->entities, who) == NULL ||
		sr_cedar_entity_find(q->entities, what) == NULL)
		return sr_fail(
			c->e, SR_CORRUPT, "nothing is known of the principal or the resource");
	snprintf(c->at, sizeof c->at, "the context of \"%s\"", shown(name, a->name));
	return record_fits(c, vars[SR_VAR_CONTEXT].record, a->context);
}

int sr_question_conforms(const struct sr_schema *s, const struct sr_question *q, struct sr_err *e) {
	struct conform c = {.s = s, .at = "", .e = e};
	int rc = request_fits(&c, q);

	for (size_t i = 0; rc == 0 && i < q->entities->count; i++)
		rc = entity_fits(&c, &q->entities->list[i]);
	return rc != 0 ? sr_wrap(e, "inputs") : 0;
}
