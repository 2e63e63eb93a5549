/* entities - loading them from JSON, and looking them up; see entities.h and cedar.h. */
#include "policy/entities.h"

#include <stdlib.h>

#include "base/escape.h"
#include "policy/from_json.h"
#include "policy/name.h"

const struct sr_cedar_entity *sr_cedar_entity_find(
	const struct sr_cedar_entities *s, const struct sr_cedar_name *name) {
	size_t low = 0;
	size_t high = s->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = sr_cedar_name_cmp(s->list[mid].name, name);
		if (order == 0)
			return &s->list[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool sr_cedar_entity_in(const struct sr_cedar_entity *entity, const struct sr_cedar_name *name) {
	size_t low = 0;
	size_t high = entity->ancestor_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = sr_cedar_name_cmp(entity->ancestors[mid], name);
		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static int by_name(const void *a, const void *b) {
	const struct sr_cedar_entity *ea = a;
	const struct sr_cedar_entity *eb = b;
	return sr_cedar_name_cmp(ea->name, eb->name);
}

static int by_pointed_name(const void *a, const void *b) {
	const struct sr_cedar_name *const *na = a;
	const struct sr_cedar_name *const *nb = b;
	return sr_cedar_name_cmp(*na, *nb);
}

/* --- one entity ------------------------------------------------------------------------------ */

static int read_parents(struct sr_arena *a, const struct sr_json *v, struct sr_cedar_entity *out,
	struct sr_err *e) {
	if (v->kind != SR_JSON_ARRAY)
		return sr_json_want(v, "an array of parents", e);
	const struct sr_cedar_name **list =
		sr_arena_new(a, v->list.count, sizeof(const struct sr_cedar_name *), e);
	size_t count = 0;
	if (list == NULL)
		return sr_arena_failed(a);
	for (const struct sr_json *p = v->list.first; p != NULL; p = p->next) {
		char shown[64];
		int rc = sr_cedar_read_uid(a, p, &list[count], e);
		if (rc != 0)
			return rc;
		if (sr_cedar_is_action_type(out->name->type) &&
			!sr_cedar_is_action_type(list[count]->type))
			return sr_fail(e, SR_CORRUPT,
				"line %u, column %u: want an action as parent of an action, "
				"have type %s",
				p->line, p->column,
				sr_escape_to(shown, sizeof shown, list[count]->type));
		count++;
	}
	if (count > 1)
		qsort(list, count, sizeof(const struct sr_cedar_name *), by_pointed_name);
	out->parents = list;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !sr_cedar_name_eq(list[i - 1], list[i]))
			list[out->parent_count++] = list[i];
	return 0;
}

static int read_entity(struct sr_arena *a, const struct sr_json *v, struct sr_cedar_entity *out,
	struct sr_err *e) {
	const struct sr_json *uid = sr_json_get(v, "uid");
	const struct sr_json *attrs = sr_json_get(v, "attrs");
	const struct sr_json *parents = sr_json_get(v, "parents");
	const struct sr_json *tags = sr_json_get(v, "tags");
	if (uid == NULL || attrs == NULL || parents == NULL)
		return sr_json_want(v, "an entity with \"uid\", \"attrs\" and \"parents\"", e);
	out->line = v->line;
	out->column = v->column;
	int rc = sr_cedar_read_uid(a, uid, &out->name, e);
	if (rc == 0)
		rc = sr_cedar_read_record(a, attrs, &out->attrs, e);
	if (rc == 0)
		rc = read_parents(a, parents, out, e);
	if (rc == 0 && tags != NULL)
		return sr_cedar_read_record(a, tags, &out->tags, e);
	return rc != 0 ? rc : sr_cedar_record_make(a, NULL, 0, &out->tags, NULL, e);
}

/* --- all of them ----------------------------------------------------------------------------- */

static bool record_eq(const struct sr_cedar_record *a, const struct sr_cedar_record *b) {
	struct sr_cedar_value va = {.kind = SR_CEDAR_RECORD, .record = a};
	struct sr_cedar_value vb = {.kind = SR_CEDAR_RECORD, .record = b};
	return sr_cedar_value_cmp(&va, &vb) == 0;
}

static bool entity_eq(const struct sr_cedar_entity *a, const struct sr_cedar_entity *b) {
	if (!record_eq(a->attrs, b->attrs) || !record_eq(a->tags, b->tags) ||
		a->parent_count != b->parent_count)
		return false;
	for (size_t i = 0; i < a->parent_count; i++)
		if (!sr_cedar_name_eq(a->parents[i], b->parents[i]))
			return false;
	return true;
}

/* Sort by name; of two equal entities one stays, two different ones of one name are refused. */
static int sort_entities(struct sr_cedar_entities *s, struct sr_err *e) {
	size_t kept = 0;
	if (s->count > 1)
		qsort(s->list, s->count, sizeof *s->list, by_name);
	for (size_t i = 0; i < s->count; i++) {
		struct sr_cedar_entity *before = kept > 0 ? &s->list[kept - 1] : NULL;
		struct sr_cedar_entity *this = &s->list[i];
		if (before == NULL || !sr_cedar_name_eq(before->name, this->name)) {
			s->list[kept++] = *this;
			continue;
		}
		if (!entity_eq(before, this)) {
			char type[64];
			char id[64];
			return sr_fail(e, SR_CORRUPT,
				"line %u, column %u: want %s::\"%s\" once, have it with other "
				"content in line %u, column %u",
				this->line, this->column,
				sr_escape_to(type, sizeof type, this->name->type),
				sr_escape_to(id, sizeof id, this->name->id), before->line,
				before->column);
		}
	}
	s->count = kept;
	return 0;
}

static int load(struct sr_cedar_entities *s, struct sr_bytes json, struct sr_err *e) {
	const struct sr_json *doc = NULL;
	struct sr_bytes kept;
	int rc = sr_arena_copy(&s->arena, json, &kept, e);
	if (rc == 0)
		rc = sr_json_parse(&s->arena, kept, SR_CEDAR_JSON_DEPTH_MAX, &doc, e);
	if (rc != 0)
		return rc;
	if (doc->kind != SR_JSON_ARRAY)
		return sr_json_want(doc, "an array of entities", e);
	if (doc->list.count > SR_CEDAR_ENTITIES_MAX)
		return sr_fail(e, SR_LIMIT, "have %zu entities, at most %d are taken",
			doc->list.count, SR_CEDAR_ENTITIES_MAX);
	s->list = sr_arena_new(&s->arena, doc->list.count, sizeof *s->list, e);
	if (s->list == NULL)
		return sr_arena_failed(&s->arena);
	for (const struct sr_json *v = doc->list.first; rc == 0 && v != NULL; v = v->next)
		rc = read_entity(&s->arena, v, &s->list[s->count++], e);
	if (rc == 0)
		rc = sort_entities(s, e);
	return rc != 0 ? rc : sr_cedar_close_hierarchy(s, e);
}

int sr_cedar_entities_load(struct sr_cedar_entities **out, struct sr_bytes json, struct sr_err *e) {
	*out = NULL;
	if (json.len > SR_CEDAR_JSON_MAX)
		return sr_fail(e, SR_LIMIT, "have %zu bytes of entities, at most %d are taken",
			json.len, SR_CEDAR_JSON_MAX);
	struct sr_cedar_entities *s = calloc(1, sizeof *s);
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for entities");
	sr_arena_init(&s->arena, SR_CEDAR_MEMORY_MAX);
	int rc = load(s, json, e);
	if (rc != 0) {
		sr_cedar_entities_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void sr_cedar_entities_free(struct sr_cedar_entities *s) {
	if (s == NULL)
		return;
	sr_arena_free(&s->arena);
	free(s);
}

size_t sr_cedar_entities_count(const struct sr_cedar_entities *s) {
	return s->count;
}
