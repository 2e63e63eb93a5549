/*
 * inputs - see inputs.h. Both texts were written by this program or judged before, so they parse;
 * how long the kept one is was the service's choice: every loop over it is inside one over ours, or
 * is left at the first difference.
 */
#include "audit/inputs.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "policy/json.h"
#include "policy/judge.h"
#include "strongroom/cedar.h"

struct side { /* one text of inputs */
	const struct sr_json *request, *entities;
};

struct compare {
	struct audit_told *told;
	struct side kept, derived;
	bool ok;
	char *path, *text;
	size_t size;
};

static int next_line(
	struct sr_arena *a, const struct sr_json **out, struct sr_bytes *rest, struct sr_err *e) {
	const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);
	size_t n;

	if (end == NULL)
		return sr_fail(e, SR_CORRUPT, "inputs: a line is missing");
	n = (size_t)(end - rest->p);
	const struct sr_bytes line = sr_bytes_of(rest->p, n);
	*rest = sr_bytes_of(rest->p + n + 1, rest->len - n - 1);
	return out == NULL ? 0 : sr_json_parse(a, line, SR_CEDAR_JSON_DEPTH_MAX, out, e);
}

static int side_read(struct side *out, struct sr_arena *a, struct sr_bytes text, struct sr_err *e) {
	int rc = next_line(a, NULL, &text, e);

	if (rc == 0)
		rc = next_line(a, &out->request, &text, e);
	if (rc == 0)
		rc = next_line(a, &out->entities, &text, e);
	if (rc == 0 &&
		(out->request->kind != SR_JSON_OBJECT || out->entities->kind != SR_JSON_ARRAY))
		rc = sr_fail(e, SR_CORRUPT, "inputs: no request and entities");
	return rc;
}

/* --- values ----------------------------------------------------------------------------------- */

static const struct sr_json *member(const struct sr_json *object, struct sr_bytes key) {
	if (object == NULL || object->kind != SR_JSON_OBJECT)
		return NULL;
	for (const struct sr_json *m = object->list.first; m != NULL; m = m->next)
		if (sr_bytes_eq(m->key, key))
			return m;
	return NULL;
}

static bool same(const struct sr_json *a, const struct sr_json *b);

static bool has_value(const struct sr_json *array, const struct sr_json *v) {
	for (const struct sr_json *m = array->list.first; m != NULL; m = m->next)
		if (same(m, v))
			return true;
	return false;
}

/* As many members, and each is in the other: elements of a set, or named members of a record. */
static bool same_list(const struct sr_json *a, const struct sr_json *b) {
	if (a->list.count != b->list.count)
		return false;
	for (const struct sr_json *m = a->list.first; m != NULL; m = m->next)
		if (a->kind == SR_JSON_ARRAY ? !has_value(b, m) : !same(m, member(b, m->key)))
			return false;
	return true;
}

static bool same(const struct sr_json *a, const struct sr_json *b) {
	if (a == NULL || b == NULL || a->kind != b->kind)
		return a == b;
	switch (a->kind) {
	case SR_JSON_NULL:
		return true;
	case SR_JSON_BOOL:
		return a->b == b->b;
	case SR_JSON_INT:
		return a->n == b->n;
	case SR_JSON_NUMBER:
		return sr_bytes_eq(a->raw, b->raw);
	case SR_JSON_STRING:
		return sr_bytes_eq(a->s, b->s);
	case SR_JSON_ARRAY:
		return same_list(a, b) && same_list(b, a);
	case SR_JSON_OBJECT:
		return same_list(a, b);
	}
	return false;
}

/* --- what differs ----------------------------------------------------------------------------- */

static const char *show(char *out, size_t size, const struct sr_json *v) {
	return v == NULL ? "nothing" : sr_escape_to(out, size, v->raw);
}

/* The first difference is the one that is told. */
static void differs(struct compare *c, const char *of, struct sr_bytes key,
	const struct sr_json *kept, const struct sr_json *derived) {
	char says[160], follows[160], name[48];

	if (!c->ok)
		return;
	c->ok = false;
	sr_escape_to(name, sizeof name, key);
	snprintf(c->path, AUDIT_PATH, "%s.%s", of, name);
	snprintf(c->text, c->size, "the rules were told %s; from the log follows %s",
		show(says, sizeof says, kept), show(follows, sizeof follows, derived));
}

enum word { /* on an attribute that follows from no entry (inputs.h) */
	FOLLOWS,
	BELIEVED,
	REFUTED
};

static enum word word_on(const struct compare *c, struct sr_bytes key, const struct sr_json *kept) {
	const bool is = kept != NULL && kept->kind == SR_JSON_BOOL && kept->b;

	if (kept == NULL || kept->kind != SR_JSON_BOOL)
		return FOLLOWS;
	if (sr_bytes_eq(key, sr_bytes_str("browser")))
		return is == c->told->browser ? BELIEVED : REFUTED;
	if (sr_bytes_eq(key, sr_bytes_str("witnessed"))) {
		c->told->witnessed = is;
		return c->told->asked || !is ? BELIEVED : REFUTED;
	}
	return FOLLOWS;
}

/* The derived ones have no address. */
static bool may_have_address(const struct compare *c, struct sr_bytes key) {
	return c->told->browser && sr_bytes_eq(key, sr_bytes_str("network"));
}

/* The members of two records, both ways. ${of}: what they are of, for people. */
static void records(struct compare *c, const char *of, const struct sr_json *kept,
	const struct sr_json *derived, bool context) {
	if (kept == NULL || kept->kind != SR_JSON_OBJECT || derived == NULL ||
		derived->kind != SR_JSON_OBJECT) {
		differs(c, of, sr_bytes_str("record"), kept, derived);
		return;
	}
	for (const struct sr_json *m = derived->list.first; m != NULL && c->ok; m = m->next) {
		const struct sr_json *k = member(kept, m->key);
		const enum word word = context ? word_on(c, m->key, k) : FOLLOWS;

		if (word == REFUTED || (word == FOLLOWS && !same(k, m)))
			differs(c, of, m->key, k, m);
	}
	for (const struct sr_json *m = kept->list.first; m != NULL && c->ok; m = m->next)
		if (member(derived, m->key) == NULL && !(context && may_have_address(c, m->key)))
			differs(c, of, m->key, m, NULL);
}

static const struct sr_json *entity_named(
	const struct sr_json *entities, const struct sr_json *uid) {
	for (const struct sr_json *m = entities->list.first; m != NULL; m = m->next)
		if (same(sr_json_get(m, "uid"), uid))
			return m;
	return NULL;
}

static void entity(struct compare *c, const struct sr_json *kept, const struct sr_json *derived) {
	const struct sr_json *uid = sr_json_get(derived, "uid");
	const struct sr_json *type = uid == NULL ? NULL : sr_json_get(uid, "type");
	char of[40] = "entity", path[AUDIT_PATH];

	if (type != NULL && type->kind == SR_JSON_STRING)
		sr_escape_to(of, sizeof of, type->s);
	if (kept == NULL) {
		differs(c, of, sr_bytes_str("uid"), NULL, uid);
		return;
	}
	records(c, of, sr_json_get(kept, "attrs"), sr_json_get(derived, "attrs"), false);
	snprintf(path, sizeof path, "%s.tags", of);
	records(c, path, sr_json_get(kept, "tags"), sr_json_get(derived, "tags"), false);
	if (!same(sr_json_get(kept, "parents"), sr_json_get(derived, "parents")))
		differs(c, of, sr_bytes_str("parents"), sr_json_get(kept, "parents"),
			sr_json_get(derived, "parents"));
}

static void entities(struct compare *c) {
	const struct sr_json *kept = c->kept.entities, *derived = c->derived.entities;

	for (const struct sr_json *m = derived->list.first; m != NULL && c->ok; m = m->next)
		entity(c, entity_named(kept, sr_json_get(m, "uid")), m);
	/* More entities than there are: which, if all of ours are there, is one that we lack, or
	 * one of theirs twice (which Cedar's reader refused). */
	for (const struct sr_json *m = kept->list.first; m != NULL && c->ok; m = m->next)
		if (entity_named(derived, sr_json_get(m, "uid")) == NULL)
			differs(c, "entities", sr_bytes_str("uid"), sr_json_get(m, "uid"), NULL);
}

int audit_inputs_same(bool *ok, char path[AUDIT_PATH], char *text, size_t size,
	struct sr_bytes kept, struct sr_bytes derived, struct audit_told *told, struct sr_err *e) {
	static const char *const parts[] = {"principal", "action", "resource"};
	struct compare c = {.told = told, .ok = true, .path = path, .text = text, .size = size};
	struct sr_arena a;
	int rc;

	told->witnessed = false;
	sr_arena_init(&a, SR_CEDAR_MEMORY_MAX);
	rc = side_read(&c.kept, &a, kept, e);
	if (rc == 0)
		rc = side_read(&c.derived, &a, derived, e);
	for (size_t i = 0; rc == 0 && i < sizeof parts / sizeof parts[0]; i++) {
		const struct sr_json *k = sr_json_get(c.kept.request, parts[i]);
		const struct sr_json *d = sr_json_get(c.derived.request, parts[i]);

		if (!same(k, d))
			differs(&c, "request", sr_bytes_str(parts[i]), k, d);
	}
	if (rc == 0) {
		records(&c, "context", sr_json_get(c.kept.request, "context"),
			sr_json_get(c.derived.request, "context"), true);
		entities(&c);
		*ok = c.ok;
	}
	sr_arena_free(&a);
	return rc;
}
