/* value_json - entity names and values out of JSON; see from_json.h. */
#include "base/escape.h"
#include "policy/from_json.h"
#include "policy/name.h"

/* {"type": string, "id": string}, whatever else is there. */
static bool is_uid(const struct sr_json *v) {
	const struct sr_json *type = sr_json_get(v, "type");
	const struct sr_json *id = sr_json_get(v, "id");
	return type != NULL && id != NULL && type->kind == SR_JSON_STRING &&
	       id->kind == SR_JSON_STRING;
}

int sr_cedar_read_uid(struct sr_arena *a, const struct sr_json *v, const struct sr_cedar_name **out,
	struct sr_err *e) {
	const struct sr_json *inner = v;
	char shown[64];
	const struct sr_json *escaped = sr_json_get(v, "__entity");
	if (escaped != NULL && is_uid(escaped))
		inner = escaped;
	if (!is_uid(inner))
		return sr_json_want(inner, "{\"type\": \"...\", \"id\": \"...\"}", e);
	struct sr_bytes type = sr_json_get(inner, "type")->s;
	if (!sr_cedar_is_path(type))
		return sr_fail(e, SR_CORRUPT,
			"line %u, column %u: want an entity type, have \"%s\"", inner->line,
			inner->column, sr_escape_to(shown, sizeof shown, type));
	struct sr_cedar_name *name = sr_arena_new(a, 1, sizeof *name, e);
	if (name == NULL)
		return sr_arena_failed(a);
	*name = sr_cedar_name_of(type, sr_json_get(inner, "id")->s);
	*out = name;
	return 0;
}

int sr_cedar_read_escape(const struct sr_json *v, enum sr_cedar_escape *kind,
	const struct sr_json **inner, struct sr_err *e) {
	*kind = SR_ESCAPE_NONE;
	if (v->kind != SR_JSON_OBJECT || v->list.count != 1)
		return 0;
	*inner = v->list.first;
	if (sr_json_get(v, "__expr") != NULL && (*inner)->kind == SR_JSON_STRING)
		return sr_fail(e, SR_CORRUPT,
			"line %u, column %u: want a value, have \"__expr\", which is out of use",
			v->line, v->column);
	if (sr_json_get(v, "__entity") != NULL && is_uid(*inner))
		*kind = SR_ESCAPE_ENTITY;
	if (sr_json_get(v, "__extn") != NULL && (*inner)->kind == SR_JSON_OBJECT) {
		const struct sr_json *fn = sr_json_get(*inner, "fn");
		const struct sr_json *args = sr_json_get(*inner, "args");
		bool listed = args != NULL && args->kind == SR_JSON_ARRAY;
		if (fn != NULL && fn->kind == SR_JSON_STRING &&
			(listed || sr_json_get(*inner, "arg") != NULL))
			*kind = SR_ESCAPE_EXTN;
	}
	return 0;
}

struct sr_cedar_extn sr_cedar_extn_of(const struct sr_json *inner) {
	const struct sr_json *args = sr_json_get(inner, "args");
	struct sr_cedar_extn x = {.fn = sr_json_get(inner, "fn")};
	if (sr_json_get(inner, "arg") != NULL) {
		x.args = sr_json_get(inner, "arg");
		x.count = 1;
	} else {
		x.args = args->list.first;
		x.count = args->list.count;
	}
	return x;
}

static int read_extn(struct sr_arena *a, const struct sr_json *inner, struct sr_cedar_value *out,
	struct sr_err *e) {
	struct sr_cedar_extn x = sr_cedar_extn_of(inner);
	struct sr_cedar_value args[SR_CEDAR_EXT_ARGS];
	const struct sr_cedar_ext *f = sr_cedar_ext_find(x.fn->s);
	const struct sr_json *arg = x.args;
	char shown[64];
	int rc = 0;
	if (f == NULL)
		return sr_fail(e, SR_CORRUPT,
			"line %u, column %u: want an extension function, have \"%s\"", x.fn->line,
			x.fn->column, sr_escape_to(shown, sizeof shown, x.fn->s));
	for (size_t i = 0; rc == 0 && i < x.count && i < SR_CEDAR_EXT_ARGS; i++, arg = arg->next)
		rc = sr_cedar_read_value(a, arg, &args[i], e);
	if (rc != 0)
		return rc;
	rc = sr_cedar_ext_call(a, f, args, x.count, out, e);
	if (rc == SR_CORRUPT && e != NULL)
		return sr_wrap(e, "line %u, column %u", inner->line, inner->column);
	return rc;
}

static int read_set(
	struct sr_arena *a, const struct sr_json *v, struct sr_cedar_value *out, struct sr_err *e) {
	size_t i = 0;
	struct sr_cedar_value *items = sr_arena_new(a, v->list.count, sizeof *items, e);
	if (items == NULL)
		return sr_arena_failed(a);
	for (const struct sr_json *item = v->list.first; item != NULL; item = item->next) {
		int rc = sr_cedar_read_value(a, item, &items[i++], e);
		if (rc != 0)
			return rc;
	}
	return sr_cedar_set_make(a, items, i, out, e);
}

int sr_cedar_read_record(struct sr_arena *a, const struct sr_json *v,
	const struct sr_cedar_record **out, struct sr_err *e) {
	size_t i = 0;
	if (v->kind != SR_JSON_OBJECT)
		return sr_json_want(v, "an object", e);
	struct sr_cedar_field *fields = sr_arena_new(a, v->list.count, sizeof *fields, e);
	if (fields == NULL)
		return sr_arena_failed(a);
	for (const struct sr_json *item = v->list.first; item != NULL; item = item->next) {
		fields[i].key = item->key;
		int rc = sr_cedar_read_value(a, item, &fields[i++].value, e);
		if (rc != 0)
			return rc;
	}
	/* The reader refused a key that is there twice. */
	return sr_cedar_record_make(a, fields, i, out, NULL, e);
}

int sr_cedar_read_value(
	struct sr_arena *a, const struct sr_json *v, struct sr_cedar_value *out, struct sr_err *e) {
	enum sr_cedar_escape escape = SR_ESCAPE_NONE;
	const struct sr_json *inner = NULL;
	int rc = 0;
	*out = (struct sr_cedar_value){0};
	switch (v->kind) {
	case SR_JSON_BOOL:
		out->kind = SR_CEDAR_BOOL;
		out->b = v->b;
		return 0;
	case SR_JSON_INT:
		out->kind = SR_CEDAR_LONG;
		out->n = v->n;
		return 0;
	case SR_JSON_STRING:
		out->kind = SR_CEDAR_STRING;
		out->s = v->s;
		return 0;
	case SR_JSON_ARRAY:
		return read_set(a, v, out, e);
	case SR_JSON_OBJECT:
		rc = sr_cedar_read_escape(v, &escape, &inner, e);
		if (rc != 0)
			return rc;
		if (escape == SR_ESCAPE_EXTN)
			return read_extn(a, inner, out, e);
		if (escape == SR_ESCAPE_ENTITY) {
			out->kind = SR_CEDAR_ENTITY;
			return sr_cedar_read_uid(a, inner, &out->name, e);
		}
		out->kind = SR_CEDAR_RECORD;
		return sr_cedar_read_record(a, v, &out->record, e);
	case SR_JSON_NULL:
	case SR_JSON_NUMBER:
		break;
	}
	return sr_json_want(v, "a boolean, a 64-bit integer, a string, an array or an object", e);
}
