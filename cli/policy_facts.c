/*
 * policy_facts - see policy_facts.h: facts become the JSON that the engine reads, by the schema.
 */
#include "cli/policy_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/value.h"

struct maker {
	const json_t *facts;
	const struct sr_schema *schema;
	const struct policy_ask *ask;
	const struct sr_schema_action *action;
	const struct sr_schema_entity *who, *what;
	const char *who_id, *what_id;
	struct sr_err *e;
};

static struct sr_bytes of(const char *s) {
	return sr_bytes_str(s);
}

static int pack(json_t **out, json_t *made, struct sr_err *e) {
	*out = made;
	return made != NULL ? 0 : sr_fail(e, SR_NOMEM, "no memory for the facts");
}

static json_t *uid_json(const struct sr_schema_entity *en, const char *id) {
	return json_pack("{s:{s:s%,s:s}}", "__entity", "type", (const char *)en->name.p,
		en->name.len, "id", id);
}

/* --- values by their type ----------------------------------------------------------------------
 */

static int value_of(json_t **out, const json_t *v, const struct sr_schema_type *t, const char *at,
	struct sr_err *e);

static int want(const char *at, const char *what, struct sr_err *e) {
	return sr_fail(e, SR_USAGE, "%s: want %s", at, what);
}

/* "Person::ada", or "ada" where the type is known. */
static int entity_of(json_t **out, const json_t *v, const struct sr_schema_entity *en,
	const char *at, struct sr_err *e) {
	const char *id = json_string_value(v);

	if (id == NULL)
		return want(at, "an entity's id as a string", e);
	return pack(out, uid_json(en, id), e);
}

static int set_of(json_t **out, const json_t *v, const struct sr_schema_type *t, const char *at,
	struct sr_err *e) {
	json_t *made = json_array();
	int rc = made == NULL ? sr_fail(e, SR_NOMEM, "no memory for the facts") : 0;

	if (rc == 0 && !json_is_array(v))
		rc = want(at, "a list", e);
	for (size_t i = 0; rc == 0 && i < json_array_size(v); i++) {
		json_t *one = NULL;

		rc = value_of(&one, json_array_get(v, i), t->element, at, e);
		if (rc == 0 && json_array_append_new(made, one) != 0)
			rc = sr_fail(e, SR_NOMEM, "no memory for the facts");
	}
	if (rc != 0) {
		json_decref(made);
		return rc;
	}
	*out = made;
	return 0;
}

/* The record's fields out of ${from}, all that it must have; null: it is missing there. */
static int record_of(json_t **out, const json_t *from, const struct sr_schema_record *record,
	const char *at, struct sr_err *e) {
	json_t *made = json_object();
	int rc = made == NULL ? sr_fail(e, SR_NOMEM, "no memory for the facts") : 0;

	for (size_t i = 0; rc == 0 && i < record->count; i++) {
		const struct sr_schema_field *f = &record->fields[i];
		const json_t *v = json_object_getn(from, (const char *)f->name.p, f->name.len);
		char place[256];
		json_t *one = NULL;

		snprintf(place, sizeof place, "%s.%.*s", at, (int)f->name.len,
			(const char *)f->name.p);
		if (v == NULL && !f->optional)
			rc = want(place, "a value", e);
		if (rc != 0 || v == NULL || json_is_null(v))
			continue;
		rc = value_of(&one, v, f->type, place, e);
		if (rc == 0 &&
			json_object_setn_new(made, (const char *)f->name.p, f->name.len, one) != 0)
			rc = sr_fail(e, SR_NOMEM, "no memory for the facts");
	}
	if (rc != 0) {
		json_decref(made);
		return rc;
	}
	*out = made;
	return 0;
}

static int value_of(json_t **out, const json_t *v, const struct sr_schema_type *t, const char *at,
	struct sr_err *e) {
	const char *fn = NULL;

	switch (t->kind) {
	case SR_CEDAR_BOOL:
		return json_is_boolean(v) ? pack(out, json_boolean(json_is_true(v)), e)
					  : want(at, "true or false", e);
	case SR_CEDAR_LONG:
		return json_is_integer(v) ? pack(out, json_integer(json_integer_value(v)), e)
					  : want(at, "a whole number", e);
	case SR_CEDAR_STRING:
		return json_is_string(v) ? pack(out, json_string(json_string_value(v)), e)
					 : want(at, "a string", e);
	case SR_CEDAR_ENTITY:
		return entity_of(out, v, t->entity, at, e);
	case SR_CEDAR_SET:
		return set_of(out, v, t, at, e);
	case SR_CEDAR_RECORD:
		return json_is_object(v) ? record_of(out, v, t->record, at, e)
					 : want(at, "an object", e);
	case SR_CEDAR_DECIMAL:
		fn = "decimal";
		break;
	case SR_CEDAR_IPADDR:
		fn = "ip";
		break;
	case SR_CEDAR_DATETIME:
		fn = "datetime";
		break;
	case SR_CEDAR_DURATION:
		fn = "duration";
		break;
	}
	if (fn == NULL || !json_is_string(v))
		return want(at, "a string in Cedar's form", e);
	return pack(out,
		json_pack("{s:{s:s,s:s}}", "__extn", "fn", fn, "arg", json_string_value(v)), e);
}

/* --- changes -----------------------------------------------------------------------------------
 */

/* Does the change ${key} speak of ${name} ("context", "resource", "Grant::g1")? Then what of it. */
static const char *speaks_of(const char *key, const char *name) {
	const size_t n = strlen(name);

	return strncmp(key, name, n) == 0 && key[n] == '.' && key[n + 1] != '\0' ? key + n + 1
										 : NULL;
}

/* A copy of ${from} with the changes that speak of any of ${names}. */
static int changed(
	json_t **out, const json_t *from, const struct maker *m, const char *const *names) {
	json_t *copy = json_copy((json_t *)from), *v;
	const char *key;

	if (copy == NULL)
		return sr_fail(m->e, SR_NOMEM, "no memory for the facts");
	json_object_foreach((json_t *)m->ask->changes, key, v) {
		for (size_t i = 0; names[i] != NULL; i++) {
			const char *what = speaks_of(key, names[i]);

			if (what != NULL && json_object_set(copy, what, v) != 0) {
				json_decref(copy);
				return sr_fail(m->e, SR_NOMEM, "no memory for the facts");
			}
		}
	}
	*out = copy;
	return 0;
}

/* --- entities ----------------------------------------------------------------------------------
 */

/* "TYPE::ID" into both. */
static int split(const struct maker *m, const char *text, const struct sr_schema_entity **en,
	const char **id) {
	const char *sep = strstr(text, "::");

	*en = sep == NULL
		      ? NULL
		      : sr_schema_entity_named(m->schema, sr_bytes_of(text, (size_t)(sep - text)));
	if (*en == NULL)
		return sr_fail(
			m->e, SR_USAGE, "%.80s: want a type of the schema, '::' and an id", text);
	*id = sep + 2;
	return 0;
}

static int parents_of(json_t **out, const json_t *in, const struct maker *m, const char *at) {
	json_t *made = json_array();
	int rc = made == NULL ? sr_fail(m->e, SR_NOMEM, "no memory for the facts") : 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(in); i++) {
		const char *text = json_string_value(json_array_get(in, i));
		const struct sr_schema_entity *en = NULL;
		const char *id = NULL;

		rc = text == NULL ? want(at, "\"TYPE::ID\" in `in`", m->e)
				  : split(m, text, &en, &id);
		if (rc == 0 && (en == NULL || json_array_append_new(made, uid_json(en, id)) != 0))
			rc = sr_fail(m->e, SR_NOMEM, "no memory for the facts");
	}
	if (rc != 0) {
		json_decref(made);
		return rc;
	}
	*out = made;
	return 0;
}

static int tags_of(json_t **out, const json_t *tags, const struct sr_schema_entity *en,
	const struct maker *m, const char *at) {
	json_t *made = json_object(), *v;
	const char *key;
	int rc = made == NULL ? sr_fail(m->e, SR_NOMEM, "no memory for the facts") : 0;

	if (rc == 0 && tags != NULL && en->tags == NULL)
		rc = want(at, "no tags: this type has none", m->e);
	if (rc == 0) {
		json_object_foreach((json_t *)tags, key, v) {
			json_t *one = NULL;

			rc = value_of(&one, v, en->tags, at, m->e);
			if (rc == 0 && json_object_set_new(made, key, one) != 0)
				rc = sr_fail(m->e, SR_NOMEM, "no memory for the facts");
			if (rc != 0)
				break;
		}
	}
	if (rc != 0) {
		json_decref(made);
		return rc;
	}
	*out = made;
	return 0;
}

/* Every member is an attribute, or `in`, or `tags`. */
static int known_members(
	const json_t *from, const struct sr_schema_entity *en, const char *at, struct sr_err *e) {
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)from, key, v) {
		if (strcmp(key, "in") != 0 && strcmp(key, "tags") != 0 &&
			sr_schema_field_named(en->attrs, of(key)) == NULL)
			return sr_fail(
				e, SR_USAGE, "%s: the schema has no attribute \"%.80s\"", at, key);
	}
	return 0;
}

static int entity_json(json_t **out, const json_t *from, const struct sr_schema_entity *en,
	const char *id, const struct maker *m) {
	json_t *facts = NULL, *attrs = NULL, *parents = NULL, *tags = NULL;
	const char *names[4] = {NULL};
	char at[200];
	size_t n = 0;
	int rc;

	snprintf(at, sizeof at, "%.*s::%s", (int)en->name.len, (const char *)en->name.p, id);
	names[n++] = at;
	if (en == m->who && strcmp(id, m->who_id) == 0)
		names[n++] = "principal";
	if (en == m->what && strcmp(id, m->what_id) == 0)
		names[n++] = "resource";
	rc = changed(&facts, from, m, names);
	if (rc == 0)
		rc = known_members(facts, en, at, m->e);
	if (rc == 0)
		rc = record_of(&attrs, facts, en->attrs, at, m->e);
	if (rc == 0)
		rc = parents_of(&parents, json_object_get(facts, "in"), m, at);
	if (rc == 0)
		rc = tags_of(&tags, json_object_get(facts, "tags"), en, m, at);
	if (rc == 0)
		rc = pack(out,
			json_pack("{s:o,s:O,s:O,s:O}", "uid", uid_json(en, id), "attrs", attrs,
				"parents", parents, "tags", tags),
			m->e);
	json_decref(facts);
	json_decref(attrs);
	json_decref(parents);
	json_decref(tags);
	return rc;
}

/* The actions of the schema, as a list of entities. */
static int actions_json(json_t **out, const struct maker *m) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_buf_put_str(&text, "[");
	sr_schema_put_actions(&text, m->schema);
	sr_buf_put_str(&text, "]");
	rc = sr_buf_ok(&text, m->e);
	if (rc == 0)
		rc = pack(out, json_loadb((const char *)text.p, text.len, 0, NULL), m->e);
	sr_buf_free(&text);
	return rc;
}

static int entities_json(json_t **out, const struct maker *m) {
	json_t *made = NULL, *ids, *from;
	const char *type, *id;
	int rc = actions_json(&made, m);

	*out = made;
	json_object_foreach(json_object_get(m->facts, "entities"), type, ids) {
		const struct sr_schema_entity *en = sr_schema_entity_named(m->schema, of(type));

		if (rc == 0 && en == NULL)
			rc = sr_fail(
				m->e, SR_USAGE, "entities: the schema has no type %.80s", type);
		json_object_foreach(ids, id, from) {
			json_t *one = NULL;

			if (rc == 0)
				rc = entity_json(&one, from, en, id, m);
			if (rc == 0 && json_array_append_new(made, one) != 0)
				rc = sr_fail(m->e, SR_NOMEM, "no memory for the facts");
		}
	}
	return rc;
}

/* --- the question ------------------------------------------------------------------------------
 */

/* An id of the one type that the action takes there, or "TYPE::ID". */
static int party(const struct maker *m, const char *text, const struct sr_schema_entity **types,
	size_t count, const char *as, const struct sr_schema_entity **en, const char **id) {
	if (strstr(text, "::") != NULL)
		return split(m, text, en, id);
	if (count != 1)
		return sr_fail(m->e, SR_USAGE,
			"%s %.80s: the action takes several types: write TYPE::ID", as, text);
	*en = types[0];
	*id = text;
	return 0;
}

/* Does each change speak of something that is there? */
static int changes_land(const struct maker *m) {
	const char *key;
	json_t *v;

	if (m->ask->changes != NULL && !json_is_object(m->ask->changes))
		return sr_fail(m->e, SR_USAGE, "changes: want an object");
	json_object_foreach((json_t *)m->ask->changes, key, v) {
		const char *sep = strstr(key, "::"), *dot = strchr(sep == NULL ? key : sep, '.');
		char type[64], id[64];
		const char *what = speaks_of(key, "context");

		if (what != NULL && sr_schema_field_named(m->action->context, of(what)) != NULL)
			continue;
		if (speaks_of(key, "principal") != NULL || speaks_of(key, "resource") != NULL)
			continue;
		if (sep != NULL && dot != NULL && (size_t)(sep - key) < sizeof type &&
			(size_t)(dot - sep) < sizeof id) {
			snprintf(type, sizeof type, "%.*s", (int)(sep - key), key);
			snprintf(id, sizeof id, "%.*s", (int)(dot - sep - 2), sep + 2);
			if (json_object_get(
				    json_object_get(json_object_get(m->facts, "entities"), type),
				    id) != NULL)
				continue;
		}
		return sr_fail(m->e, SR_USAGE,
			"change %.80s: want context.NAME that the action has, principal.NAME, "
			"resource.NAME or TYPE::ID.NAME of the facts",
			key);
	}
	return 0;
}

/* What the schema says that the action's context has, out of all that the facts have. */
static int context_json(json_t **out, const struct maker *m) {
	static const char *const names[] = {"context", NULL};
	json_t *all = NULL;
	int rc = changed(&all, json_object_get(m->facts, "context"), m, names);

	if (rc == 0)
		rc = record_of(out, all, m->action->context, "context", m->e);
	json_decref(all);
	return rc;
}

static int dump(char **out, const json_t *v, struct sr_err *e) {
	*out = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);
	return *out != NULL ? 0 : sr_fail(e, SR_NOMEM, "no memory for the facts");
}

/* ${entities} NULL: they are lent. */
static int load(struct policy_case *out, const struct maker *m, const json_t *entities,
	const json_t *context) {
	struct sr_cedar_request_parts parts = {
		.principal = {m->who->name, of(m->who_id)},
		.action = {of("Action"), m->action->name},
		.resource = {m->what->name, of(m->what_id)},
	};
	char *text = NULL, *ctx = NULL;
	int rc = dump(&ctx, context, m->e);

	if (rc == 0 && entities != NULL)
		rc = dump(&text, entities, m->e);
	if (rc == 0 && entities != NULL)
		rc = sr_cedar_entities_load(&out->entities, of(text), m->e);
	if (rc == 0) {
		parts.context = of(ctx);
		rc = sr_cedar_request_new(&out->request, &parts, m->e);
	}
	free(text);
	free(ctx);
	return rc;
}

static bool is_plain(const struct policy_ask *ask) {
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)ask->changes, key, v) {
		if (speaks_of(key, "context") == NULL)
			return false;
	}
	return true;
}

int policy_case_make(struct policy_case *out, const json_t *facts, const struct sr_schema *schema,
	const struct policy_ask *ask, const struct policy_case *plain, struct sr_err *e) {
	struct maker m = {.facts = facts, .schema = schema, .ask = ask, .e = e};
	json_t *entities = NULL, *context = NULL;
	int rc = 0;

	*out = (struct policy_case){.plain = is_plain(ask)};
	if (out->plain && plain != NULL) {
		out->entities = plain->entities;
		out->lent = true;
	}
	m.action = sr_schema_action_named(schema, of(ask->action));
	if (m.action == NULL || m.action->principal_count == 0)
		return sr_fail(
			e, SR_USAGE, "there is no action %.80s that somebody does", ask->action);
	if (!json_is_object(json_object_get(facts, "entities")) ||
		!json_is_object(json_object_get(facts, "context")))
		return sr_fail(e, SR_USAGE, "the facts have no \"entities\" or no \"context\"");
	rc = party(&m, ask->who, m.action->principals, m.action->principal_count, "who", &m.who,
		&m.who_id);
	if (rc == 0)
		rc = party(&m, ask->what, m.action->resources, m.action->resource_count, "what",
			&m.what, &m.what_id);
	if (rc == 0)
		rc = changes_land(&m);
	if (rc == 0 && !out->lent)
		rc = entities_json(&entities, &m);
	if (rc == 0)
		rc = context_json(&context, &m);
	if (rc == 0)
		rc = load(out, &m, entities, context);
	json_decref(entities);
	json_decref(context);
	if (rc != 0)
		policy_case_free(out);
	return rc;
}

void policy_case_free(struct policy_case *c) {
	if (!c->lent)
		sr_cedar_entities_free(c->entities);
	sr_cedar_request_free(c->request);
	*c = (struct policy_case){.entities = NULL};
}
