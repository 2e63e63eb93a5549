/*
 * cedar_cases - published conformance cases of Cedar, run against policy/ and counted by class.
 *
 * Header only, for test_policy_conformance and the program cedar-conformance. A file of JSON lines
 * holds cases of any of these forms, told apart by their members:
 *
 *   policies, entities, requests   decisions: allow, forbid-deny, empty-deny, error (by what is
 *                                  expected), with determining policies and errors; there may be
 *                                  templates {id: text} and templateLinks [{templateId, newId,
 *                                  values}]
 *   text, accept                   parse-accept, parse-reject
 *   policy, json                   tree: the policy's JSON form
 *   expr, result                   quirks: one expression, with quirks-setup.json beside the file
 *   call, result                   json: entities, request and context in JSON
 *
 * A file NAME.json is one case whose policies and entities are files (upstream's hand-written
 * tests). The files are read with the engine's own JSON reader: other readers lose U+0000 in keys
 * and duplicate keys, which the cases are about. What a case says is never corrected here.
 */
#ifndef SR_TESTS_CEDAR_CASES_H
#define SR_TESTS_CEDAR_CASES_H

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/json.h"
#include "strongroom/cedar.h"

enum cedar_class {
	CASE_ALLOW,
	CASE_FORBID_DENY,
	CASE_ERROR,
	CASE_EMPTY_DENY,
	CASE_PARSE_ACCEPT,
	CASE_PARSE_REJECT,
	CASE_TREE,
	CASE_QUIRKS,
	CASE_JSON,
	CASE_CLASSES
};

enum {
	CASES_SHOWN = 20,     /* failures printed in full */
	CASES_DEPTH = 100000, /* of brackets in a file of cases */
	CASES_FILE = 1 << 30, /* bytes of memory for one file */
	CASES_PATH = 4200
};

struct cedar_tally {
	size_t passed[CASE_CLASSES];
	size_t failed[CASE_CLASSES];
	size_t shown;
	const char *file;
	size_t line;
};

static inline const char *cedar_class_name(enum cedar_class c) {
	static const char *const names[] = {"allow", "forbid-deny", "error", "empty-deny",
		"parse-accept", "parse-reject", "tree", "quirks", "json"};
	return names[c];
}

static inline void cases_count(
	struct cedar_tally *t, enum cedar_class c, bool pass, const char *what, const char *why) {
	if (pass) {
		t->passed[c]++;
		return;
	}
	t->failed[c]++;
	if (t->shown++ < CASES_SHOWN)
		(void)fprintf(stderr, "%s:%zu: %s: %s: %s\n", t->file, t->line, cedar_class_name(c),
			what, why);
}

/* Read a whole file; the caller frees ${out}. */
static inline bool cases_read(const char *path, struct sr_buf *out) {
	char block[1 << 16];
	FILE *f = fopen(path, "rb");
	size_t n = 0;
	if (f == NULL)
		return false;
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		sr_buf_put(out, block, n);
	return fclose(f) == 0 && out->failed == SR_OK;
}

static inline struct sr_bytes cases_string(const struct sr_json *o, const char *key) {
	const struct sr_json *v = sr_json_get(o, key);
	return v != NULL && v->kind == SR_JSON_STRING ? v->s : sr_bytes_str("");
}

/* --- decisions ------------------------------------------------------------------------------- */

/* Are the ids of ${have} and the strings of ${want} the same set? */
static inline bool cases_same_ids(
	const struct sr_cedar_policy *const *have, size_t count, const struct sr_json *want) {
	if (want == NULL || want->kind != SR_JSON_ARRAY)
		return count == 0;
	for (size_t i = 0; i < count; i++) {
		bool found = false;
		for (const struct sr_json *w = want->list.first; w != NULL; w = w->next)
			found = found || sr_bytes_eq(w->s, have[i]->id);
		if (!found)
			return false;
	}
	for (const struct sr_json *w = want->list.first; w != NULL; w = w->next) {
		bool found = false;
		for (size_t i = 0; i < count; i++)
			found = found || sr_bytes_eq(w->s, have[i]->id);
		if (!found)
			return false;
	}
	return true;
}

static inline bool cases_answer_is(
	const struct sr_cedar_answer *a, const struct sr_json *want, char *why, size_t size) {
	struct sr_bytes decision = cases_string(want, "decision");
	bool allow = sr_bytes_eq(decision, sr_bytes_str("allow")) ||
		     sr_bytes_eq(decision, sr_bytes_str("Allow"));
	const struct sr_cedar_policy **erred =
		calloc(a->error_count + 1, sizeof(const struct sr_cedar_policy *));
	if (erred == NULL)
		abort();
	for (size_t i = 0; i < a->error_count; i++)
		erred[i] = a->errors[i].policy;
	bool same = (a->decision == SR_CEDAR_ALLOW) == allow &&
		    cases_same_ids(a->reasons, a->reason_count, sr_json_get(want, "reason")) &&
		    cases_same_ids(erred, a->error_count, sr_json_get(want, "errors"));
	free(erred);
	(void)snprintf(why, size, "have %s, %zu reasons, %zu errors (%s)",
		a->decision == SR_CEDAR_ALLOW ? "allow" : "deny", a->reason_count, a->error_count,
		a->error_count > 0 ? a->errors[0].text : "none");
	return same;
}

static inline enum cedar_class cases_class_of(const struct sr_json *want) {
	struct sr_bytes decision = cases_string(want, "decision");
	const struct sr_json *errors = sr_json_get(want, "errors");
	const struct sr_json *reason = sr_json_get(want, "reason");
	if (errors != NULL && errors->kind == SR_JSON_ARRAY && errors->list.count > 0)
		return CASE_ERROR;
	if (sr_bytes_eq(decision, sr_bytes_str("allow")) ||
		sr_bytes_eq(decision, sr_bytes_str("Allow")))
		return CASE_ALLOW;
	return reason != NULL && reason->list.count > 0 ? CASE_FORBID_DENY : CASE_EMPTY_DENY;
}

/* A request of its four members of ${from}, as they were written. */
static inline int cases_request(
	struct sr_cedar_request **out, const struct sr_json *from, struct sr_err *e) {
	static const char *const names[] = {"principal", "action", "resource", "context"};
	struct sr_buf b;
	sr_buf_init(&b);
	for (size_t i = 0; i < 4; i++) {
		const struct sr_json *v = sr_json_get(from, names[i]);
		sr_buf_printf(&b, "%s\"%s\":", i == 0 ? "{" : ",", names[i]);
		sr_buf_put_bytes(&b, v == NULL ? sr_bytes_str("null") : v->raw);
	}
	sr_buf_put_str(&b, "}");
	int rc = sr_cedar_request_load(out, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

/* Decide with both sets, which must answer alike. */
static inline void cases_decide(struct cedar_tally *t, struct sr_cedar_policies *const sets[2],
	const struct sr_cedar_entities *s, const struct sr_json *want) {
	struct sr_cedar_request *r = NULL;
	struct sr_err e = {0};
	char why[sizeof e.text + 100] = "";
	bool pass = cases_request(&r, want, &e) == 0;

	for (size_t i = 0; pass && i < 2; i++) {
		struct sr_cedar_answer *a = NULL;
		pass = sr_cedar_authorize(&a, sets[i], s, r, &e) == 0 &&
		       cases_answer_is(a, want, why, sizeof why);
		sr_cedar_answer_free(a);
	}
	cases_count(t, cases_class_of(want), pass, e.text, why);
	sr_cedar_request_free(r);
}

/* The set of ${p}, each policy taken through its JSON form and its text: it must decide alike. */
static inline int cases_through(
	struct sr_cedar_policies **out, const struct sr_cedar_policies *p, struct sr_err *e) {
	struct sr_buf json, text, again;
	sr_buf_init(&json);
	sr_buf_init(&text);
	sr_buf_init(&again);
	int rc = sr_cedar_policies_new(out, e);
	for (size_t i = 0; rc == 0 && i < sr_cedar_policies_count(p); i++) {
		const struct sr_cedar_policy *policy = sr_cedar_policies_get(p, i);
		struct sr_cedar_policies *one = NULL;
		sr_buf_clear(&json);
		sr_buf_clear(&text);
		sr_buf_clear(&again);
		rc = sr_cedar_policy_json(policy, &json, e);
		if (rc == 0)
			rc = sr_cedar_policies_new(&one, e);
		if (rc == 0)
			rc = sr_cedar_policies_add_json(
				one, sr_bytes_str("x"), sr_buf_view(&json), e);
		if (rc == 0)
			rc = sr_cedar_policy_text(sr_cedar_policies_get(one, 0), &text, e);
		if (rc == 0)
			rc = sr_cedar_policies_add(*out, policy->id, sr_buf_view(&text), e);
		if (rc == 0)
			rc = sr_cedar_policy_json(sr_cedar_policies_get(*out, i), &again, e);
		if (rc == 0 && !sr_bytes_eq(sr_buf_view(&json), sr_buf_view(&again)))
			rc = sr_fail(e, SR_CORRUPT, "another policy came back: %.*s -> %.*s",
				(int)json.len, (const char *)json.p, (int)text.len,
				(const char *)text.p);
		sr_cedar_policies_free(one);
	}
	sr_buf_free(&json);
	sr_buf_free(&text);
	sr_buf_free(&again);
	return rc;
}

/* The entity that a link gives a slot; false: none. */
static inline bool cases_slot(
	const struct sr_json *values, const char *slot, struct sr_cedar_uid *out) {
	const struct sr_json *v = values == NULL ? NULL : sr_json_get(values, slot);
	const struct sr_json *escaped = v == NULL ? NULL : sr_json_get(v, "__entity");

	if (v == NULL)
		return false;
	if (escaped != NULL)
		v = escaped;
	out->type = cases_string(v, "type");
	out->id = cases_string(v, "id");
	return true;
}

/* Add the templates and links of ${from} to the set. */
static inline int cases_links(
	struct sr_cedar_policies *p, const struct sr_json *from, struct sr_err *e) {
	const struct sr_json *templates = sr_json_get(from, "templates");
	const struct sr_json *links = sr_json_get(from, "templateLinks");
	const struct sr_json *at = templates == NULL ? NULL : templates->list.first;
	int rc = 0;

	for (; rc == 0 && at != NULL; at = at->next) {
		rc = sr_cedar_policies_add(p, at->key, at->s, e);
		if (rc == 0 && sr_cedar_policies_find(p, at->key)->slots == 0)
			rc = sr_fail(e, SR_CORRUPT, "a template without a slot");
	}
	at = links == NULL ? NULL : links->list.first;
	for (; rc == 0 && at != NULL; at = at->next) {
		const struct sr_json *values = sr_json_get(at, "values");
		struct sr_cedar_uid principal, resource;
		struct sr_cedar_link link = {
			cases_string(at, "templateId"), cases_string(at, "newId"), NULL, NULL};
		if (cases_slot(values, "?principal", &principal))
			link.principal = &principal;
		if (cases_slot(values, "?resource", &resource))
			link.resource = &resource;
		if (values != NULL && values->list.count != (size_t)(link.principal != NULL) +
								    (size_t)(link.resource != NULL))
			rc = sr_fail(e, SR_CORRUPT, "a value for a slot that there is not");
		else
			rc = sr_cedar_policies_link(p, &link, e);
	}
	return rc;
}

/* The policies decide as parsed, and after they went through their JSON form and their text. */
static inline void cases_decisions(struct cedar_tally *t, const struct sr_json *c,
	struct sr_bytes policies, struct sr_bytes entities) {
	const struct sr_json *requests = sr_json_get(c, "requests");
	struct sr_cedar_policies *sets[2] = {NULL, NULL};
	struct sr_cedar_entities *s = NULL;
	struct sr_err e = {0};
	bool ready = sr_cedar_policies_new(&sets[0], &e) == 0 &&
		     sr_cedar_policies_parse(sets[0], policies, &e) == 0 &&
		     cases_links(sets[0], c, &e) == 0 &&
		     cases_through(&sets[1], sets[0], &e) == 0 &&
		     sr_cedar_entities_load(&s, entities, &e) == 0;

	for (const struct sr_json *r = requests->list.first; r != NULL; r = r->next) {
		if (ready)
			cases_decide(t, sets, s, r);
		else
			cases_count(t, cases_class_of(r), false, "input", e.text);
	}
	sr_cedar_policies_free(sets[0]);
	sr_cedar_policies_free(sets[1]);
	sr_cedar_entities_free(s);
}

/* --- the other forms ------------------------------------------------------------------------- */

static inline void cases_parse(struct cedar_tally *t, const struct sr_json *c) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};
	bool want = sr_json_get(c, "accept")->b;
	const struct sr_json *template = sr_json_get(c, "template");
	bool have = sr_cedar_policies_new(&p, &e) == 0 &&
		    sr_cedar_policies_parse(p, cases_string(c, "text"), &e) == 0;
	if (template != NULL && template->kind == SR_JSON_BOOL && !template->b && have)
		for (size_t i = 0; i < sr_cedar_policies_count(p); i++)
			have = have && sr_cedar_policies_get(p, i)->slots == 0;
	/* A refusal says where, unless it is the end of the limits. */
	bool placed = have || e.code != SR_CORRUPT || strncmp(e.text, "line ", 5) == 0;
	cases_count(t, want ? CASE_PARSE_ACCEPT : CASE_PARSE_REJECT, have == want && placed,
		want ? "refused" : "accepted, or refused without a place", e.text);
	sr_cedar_policies_free(p);
}

/* The same value, the order of members aside. */
static inline bool cases_json_eq(const struct sr_json *a, const struct sr_json *b) {
	if (a->kind != b->kind)
		return false;
	if (a->kind == SR_JSON_BOOL)
		return a->b == b->b;
	if (a->kind == SR_JSON_INT)
		return a->n == b->n;
	if (a->kind == SR_JSON_STRING)
		return sr_bytes_eq(a->s, b->s);
	if (a->kind == SR_JSON_NUMBER)
		return sr_bytes_eq(a->raw, b->raw);
	if (a->kind == SR_JSON_NULL)
		return true;
	if (a->list.count != b->list.count)
		return false;
	const struct sr_json *y = b->list.first;
	for (const struct sr_json *x = a->list.first; x != NULL; x = x->next) {
		if (a->kind == SR_JSON_OBJECT)
			for (y = b->list.first; y != NULL && !sr_bytes_eq(x->key, y->key);)
				y = y->next;
		if (y == NULL || !cases_json_eq(x, y))
			return false;
		y = y->next;
	}
	return true;
}

static inline void cases_tree(struct cedar_tally *t, const struct sr_json *c) {
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_policies *through = NULL;
	struct sr_arena a;
	const struct sr_json *have = NULL;
	struct sr_err e = {0};
	struct sr_buf json;
	sr_buf_init(&json);
	sr_arena_init(&a, CASES_FILE);
	bool pass = sr_cedar_policies_new(&p, &e) == 0 &&
		    sr_cedar_policies_parse(p, cases_string(c, "policy"), &e) == 0 &&
		    sr_cedar_policies_count(p) == 1 && cases_through(&through, p, &e) == 0 &&
		    sr_cedar_policy_json(sr_cedar_policies_get(p, 0), &json, &e) == 0 &&
		    sr_json_parse(&a, sr_buf_view(&json), CASES_DEPTH, &have, &e) == 0 &&
		    cases_json_eq(have, sr_json_get(c, "json"));
	sr_buf_put_u8(&json, 0);
	cases_count(t, CASE_TREE, pass, e.text, json.p == NULL ? "" : (const char *)json.p);
	sr_arena_free(&a);
	sr_buf_free(&json);
	sr_cedar_policies_free(p);
	sr_cedar_policies_free(through);
}

static inline void cases_quirk(
	struct cedar_tally *t, const struct sr_json *setup, const struct sr_json *c) {
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_entities *s = NULL;
	struct sr_cedar_request *r = NULL;
	struct sr_cedar_answer *a = NULL;
	struct sr_err e = {0};
	struct sr_buf text;
	const char *have = "parse-error";
	struct sr_bytes want = cases_string(c, "result");
	sr_buf_init(&text);
	sr_buf_put_str(&text, "permit(principal,action,resource) when { ");
	sr_buf_put_bytes(&text, cases_string(c, "expr"));
	sr_buf_put_str(&text, " };");
	if (setup == NULL ||
		sr_cedar_entities_load(&s, sr_json_get(setup, "entities")->raw, &e) != 0 ||
		cases_request(&r, setup, &e) != 0 || sr_cedar_policies_new(&p, &e) != 0) {
		have = "no setup";
	} else if (sr_cedar_policies_parse(p, sr_buf_view(&text), &e) == 0 &&
		   sr_cedar_authorize(&a, p, s, r, &e) == 0) {
		have = a->error_count > 0              ? "eval-error"
		       : a->decision == SR_CEDAR_ALLOW ? "true"
						       : "false";
	}
	sr_buf_put_u8(&text, 0);
	cases_count(
		t, CASE_QUIRKS, sr_bytes_eq(want, sr_bytes_str(have)), (const char *)text.p, have);
	sr_buf_free(&text);
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_policies_free(p);
	sr_cedar_entities_free(s);
}

/* A call of upstream's interface, as text: its members are what we take. */
static inline void cases_call(struct cedar_tally *t, const struct sr_json *c) {
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_entities *s = NULL;
	struct sr_cedar_request *r = NULL;
	struct sr_cedar_answer *a = NULL;
	struct sr_err e = {0};
	struct sr_arena arena;
	const struct sr_json *call = NULL;
	const char *have = "reject";
	sr_arena_init(&arena, CASES_FILE);
	if (sr_json_parse(&arena, cases_string(c, "call"), CASES_DEPTH, &call, &e) == 0 &&
		sr_json_get(call, "entities") != NULL && sr_json_get(call, "policies") != NULL &&
		sr_cedar_entities_load(&s, sr_json_get(call, "entities")->raw, &e) == 0 &&
		cases_request(&r, call, &e) == 0 && sr_cedar_policies_new(&p, &e) == 0 &&
		sr_cedar_policies_parse(p,
			cases_string(sr_json_get(call, "policies"), "staticPolicies"), &e) == 0 &&
		cases_links(p, sr_json_get(call, "policies"), &e) == 0 &&
		sr_cedar_authorize(&a, p, s, r, &e) == 0)
		have = a->decision == SR_CEDAR_ALLOW ? "allow" : "deny";
	cases_count(t, CASE_JSON, sr_bytes_eq(cases_string(c, "result"), sr_bytes_str(have)),
		e.text, have);
	sr_arena_free(&arena);
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_policies_free(p);
	sr_cedar_entities_free(s);
}

/* --- files ----------------------------------------------------------------------------------- */

/* Upstream's hand-written case: paths are relative to the folder above "tests/". Entities that need
 * a schema to be read have a copy that does not, NAME.explicit.json, which is taken if it is there.
 */
static inline void cases_handwritten(
	struct cedar_tally *t, const char *path, const struct sr_json *c) {
	char root[CASES_PATH];
	char name[CASES_PATH * 2];
	struct sr_buf policies, entities;
	struct sr_bytes file = cases_string(c, "entities");
	sr_buf_init(&policies);
	sr_buf_init(&entities);
	(void)snprintf(root, sizeof root, "%s", path);
	char *tests = strstr(root, "/tests/");
	if (tests != NULL)
		*tests = '\0';
	(void)snprintf(name, sizeof name, "%s/%.*s", root, (int)cases_string(c, "policies").len,
		(const char *)cases_string(c, "policies").p);
	bool ready = cases_read(name, &policies);
	(void)snprintf(name, sizeof name, "%s/%.*s.explicit.json", root,
		file.len > 5 ? (int)file.len - 5 : 0, (const char *)file.p);
	if (!cases_read(name, &entities)) {
		(void)snprintf(
			name, sizeof name, "%s/%.*s", root, (int)file.len, (const char *)file.p);
		ready = cases_read(name, &entities) && ready;
	}
	if (ready)
		cases_decisions(t, c, sr_buf_view(&policies), sr_buf_view(&entities));
	else
		cases_count(t, CASE_ERROR, false, "cannot be read", name);
	sr_buf_free(&policies);
	sr_buf_free(&entities);
}

static inline void cases_one(struct cedar_tally *t, const char *path, const struct sr_json *setup,
	const struct sr_json *c) {
	const struct sr_json *requests = sr_json_get(c, "requests");
	const struct sr_json *entities = sr_json_get(c, "entities");
	if (requests != NULL && entities != NULL && entities->kind == SR_JSON_STRING)
		cases_handwritten(t, path, c);
	else if (requests != NULL && entities != NULL)
		cases_decisions(t, c, cases_string(c, "policies"), entities->raw);
	else if (sr_json_get(c, "text") != NULL && sr_json_get(c, "accept") != NULL)
		cases_parse(t, c);
	else if (sr_json_get(c, "policy") != NULL && sr_json_get(c, "json") != NULL)
		cases_tree(t, c);
	else if (sr_json_get(c, "expr") != NULL)
		cases_quirk(t, setup, c);
	else if (sr_json_get(c, "call") != NULL)
		cases_call(t, c);
	else
		cases_count(t, CASE_ERROR, false, "no known form of a case", "");
}

/* Run every case of a file, which is ${text}; quirks use ${setup}. false: no JSON. */
static inline bool cases_lines(struct cedar_tally *t, const char *path, struct sr_bytes text,
	const struct sr_json *setup) {
	size_t len = strlen(path);
	bool whole = len > 5 && strcmp(path + len - 5, ".json") == 0;
	t->file = path;
	t->line = 0;
	while (text.len > 0) {
		const uint8_t *end = whole ? NULL : memchr(text.p, '\n', text.len);
		size_t line = end == NULL ? text.len : (size_t)(end - text.p);
		struct sr_arena a;
		struct sr_err e = {0};
		const struct sr_json *c = NULL;
		bool ok = true;
		t->line++;
		sr_arena_init(&a, CASES_FILE);
		if (line > 0) {
			ok = sr_json_parse(&a, sr_bytes_of(text.p, line), CASES_DEPTH, &c, &e) == 0;
			if (ok)
				cases_one(t, path, setup, c);
			else
				(void)fprintf(stderr, "%s:%zu: %s\n", path, t->line, e.text);
		}
		sr_arena_free(&a);
		if (!ok)
			return false;
		line += end == NULL ? 0 : 1;
		text = sr_bytes_of(text.p + line, text.len - line);
	}
	return true;
}

/* Run every case of the file ${path}. The setup of quirks is beside it, or ${setup_path}. */
static inline bool cases_file(struct cedar_tally *t, const char *path, const char *setup_path) {
	struct sr_buf text, setup_text;
	struct sr_arena a;
	struct sr_err e;
	const struct sr_json *setup = NULL;
	char folder[CASES_PATH + 300];
	char beside[CASES_PATH + 332];
	sr_buf_init(&text);
	sr_buf_init(&setup_text);
	sr_arena_init(&a, CASES_FILE);
	(void)snprintf(folder, sizeof folder, "%s", path);
	(void)snprintf(beside, sizeof beside, "%s/quirks-setup.json", dirname(folder));
	if ((cases_read(beside, &setup_text) ||
		    (setup_path != NULL && cases_read(setup_path, &setup_text))) &&
		sr_json_parse(&a, sr_buf_view(&setup_text), CASES_DEPTH, &setup, &e) != 0)
		setup = NULL;
	bool ok = cases_read(path, &text);
	if (!ok)
		(void)fprintf(stderr, "%s: cannot be read\n", path);
	ok = ok && cases_lines(t, path, sr_buf_view(&text), setup);
	sr_buf_free(&text);
	sr_buf_free(&setup_text);
	sr_arena_free(&a);
	return ok;
}

#endif
