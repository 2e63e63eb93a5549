/* request - loading it from JSON; see cedar.h. */
#include "policy/request.h"

#include <stdlib.h>

#include "base/escape.h"
#include "policy/from_json.h"
#include "policy/name.h"

static int request_alloc(struct sr_cedar_request **out, struct sr_err *e) {
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a request");
	sr_arena_init(&(*out)->arena, SR_CEDAR_MEMORY_MAX);
	return 0;
}

void sr_cedar_request_free(struct sr_cedar_request *r) {
	if (r == NULL)
		return;
	sr_arena_free(&r->arena);
	free(r);
}

static int read_context(struct sr_cedar_request *r, const struct sr_json *v, struct sr_err *e) {
	struct sr_cedar_value *context = &r->vars[SR_VAR_CONTEXT];
	int rc = 0;
	if (v->kind != SR_JSON_OBJECT)
		return sr_json_want(v, "an object as context", e);
	/* An escape is a value, but not always a record. */
	rc = sr_cedar_read_value(&r->arena, v, context, e);
	if (rc == 0 && context->kind != SR_CEDAR_RECORD)
		return sr_fail(e, SR_CORRUPT,
			"line %u, column %u: want a record as context, have a value of type %s",
			v->line, v->column, sr_cedar_kind_name(context->kind));
	return rc;
}

static int parse(struct sr_cedar_request *r, struct sr_bytes json, const struct sr_json **out,
	struct sr_err *e) {
	struct sr_bytes kept;
	if (json.len > SR_CEDAR_JSON_MAX)
		return sr_fail(e, SR_LIMIT, "have %zu bytes of JSON, at most %d are taken",
			json.len, SR_CEDAR_JSON_MAX);
	int rc = sr_arena_copy(&r->arena, json, &kept, e);
	return rc != 0 ? rc : sr_json_parse(&r->arena, kept, SR_CEDAR_JSON_DEPTH_MAX, out, e);
}

static int load(struct sr_cedar_request *r, struct sr_bytes json, struct sr_err *e) {
	const struct sr_json *doc = NULL;
	int rc = parse(r, json, &doc, e);
	if (rc != 0)
		return rc;
	if (doc->kind != SR_JSON_OBJECT)
		return sr_json_want(doc, "an object", e);
	for (enum sr_cedar_var var = SR_VAR_PRINCIPAL; var <= SR_VAR_CONTEXT; var++) {
		const struct sr_json *v = sr_json_get(doc, sr_cedar_var_text(var));
		if (v == NULL)
			return sr_fail(e, SR_CORRUPT,
				"line %u, column %u: want a member \"%s\" of the request, "
				"have none",
				doc->line, doc->column, sr_cedar_var_text(var));
		r->vars[var].kind = SR_CEDAR_ENTITY;
		if (var == SR_VAR_CONTEXT)
			rc = read_context(r, v, e);
		else
			rc = sr_cedar_read_uid(&r->arena, v, &r->vars[var].name, e);
		if (rc != 0)
			return e != NULL ? sr_wrap(e, "%s", sr_cedar_var_text(var)) : rc;
	}
	if (doc->list.count != SR_VAR_CONTEXT + 1)
		return sr_fail(e, SR_CORRUPT,
			"line %u, column %u: want principal, action, resource and context alone, "
			"have %zu members",
			doc->line, doc->column, doc->list.count);
	return 0;
}

int sr_cedar_request_load(struct sr_cedar_request **out, struct sr_bytes json, struct sr_err *e) {
	struct sr_cedar_request *r = NULL;
	*out = NULL;
	int rc = request_alloc(&r, e);
	if (rc == 0)
		rc = load(r, json, e);
	if (rc != 0) {
		sr_cedar_request_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

/* A copy of a name from the caller. */
static int take_uid(struct sr_cedar_request *r, enum sr_cedar_var var,
	const struct sr_cedar_uid *uid, struct sr_err *e) {
	struct sr_bytes type;
	struct sr_bytes id;
	char shown[64];
	if (!sr_cedar_is_path(uid->type) || !sr_utf8_valid(uid->id))
		return sr_fail(e, SR_CORRUPT, "%s: want an entity type and an id in UTF-8, have %s",
			sr_cedar_var_text(var), sr_escape_to(shown, sizeof shown, uid->type));
	struct sr_cedar_name *name = sr_arena_new(&r->arena, 1, sizeof *name, e);
	int rc = name == NULL ? sr_arena_failed(&r->arena)
			      : sr_arena_copy(&r->arena, uid->type, &type, e);
	if (rc == 0)
		rc = sr_arena_copy(&r->arena, uid->id, &id, e);
	if (rc != 0)
		return rc;
	*name = sr_cedar_name_of(type, id);
	r->vars[var] = (struct sr_cedar_value){.kind = SR_CEDAR_ENTITY, .name = name};
	return 0;
}

int sr_cedar_request_new(struct sr_cedar_request **out, const struct sr_cedar_request_parts *parts,
	struct sr_err *e) {
	struct sr_cedar_request *r = NULL;
	const struct sr_json *context = NULL;
	*out = NULL;
	int rc = request_alloc(&r, e);
	if (rc == 0)
		rc = take_uid(r, SR_VAR_PRINCIPAL, &parts->principal, e);
	if (rc == 0)
		rc = take_uid(r, SR_VAR_ACTION, &parts->action, e);
	if (rc == 0)
		rc = take_uid(r, SR_VAR_RESOURCE, &parts->resource, e);
	if (rc == 0)
		rc = parse(r, parts->context, &context, e);
	if (rc == 0)
		rc = read_context(r, context, e);
	if (rc != 0) {
		sr_cedar_request_free(r);
		return rc;
	}
	*out = r;
	return 0;
}
