/*
 * Cedar: every published conformance case under $SR_VECTORS/cedar (forms: cedar_cases.h), and
 * upstream's examples. Not one may differ.
 */
#include <dirent.h>
#include <ftw.h>

#include "cedar_cases.h"
#include "policy/lint.h"
#include "policy/schema.h"
#include "util.h"

/* All cases of the file pass, and there were ${least} and more. */
static void run(const char *name, size_t least) {
	struct cedar_tally t = {0};
	char path[CASES_PATH + 300];
	size_t passed = 0;
	size_t failed = 0;

	(void)snprintf(path, sizeof path, "%s", t_vector(name));
	assert_true(cases_file(&t, path, NULL));
	for (size_t c = 0; c < CASE_CLASSES; c++) {
		passed += t.passed[c];
		failed += t.failed[c];
	}
	assert_int_equal(failed, 0);
	assert_true(passed >= least);
}

static void corpus_4_10(void **state) {
	(void)state;
	run("cedar/corpus-main-4.10.jsonl", 6000);
}

static void corpus_4_2(void **state) {
	(void)state;
	run("cedar/corpus-v4.2.3.jsonl", 6000);
}

static void corpus_3_3(void **state) {
	(void)state;
	run("cedar/corpus-v3.3.1.jsonl", 6000);
}

static void generated(void **state) {
	static const struct {
		const char *name;
		size_t least;
	} files[] = {
		{"cedar/generated/multi.jsonl", 1500},
		{"cedar/generated/parse.jsonl", 4000},
		{"cedar/generated/parse-handmade.jsonl", 113},
		{"cedar/generated/ast.jsonl", 3000},
		{"cedar/generated/quirks.jsonl", 275},
		{"cedar/generated/json-input.jsonl", 58},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(files); i++)
		run(files[i].name, files[i].least);
}

static int is_json(const struct dirent *d) {
	size_t len = strlen(d->d_name);
	return len > 5 && strcmp(d->d_name + len - 5, ".json") == 0;
}

static void handwritten(void **state) {
	static const char *const folders[] = {"decimal", "example_use_cases", "ip", "multi"};
	size_t files = 0;

	(void)state;
	for (size_t i = 0; i < T_COUNT(folders); i++) {
		struct dirent **list = NULL;
		char folder[CASES_PATH];
		char name[CASES_PATH + 300];
		(void)snprintf(folder, sizeof folder, "cedar/handwritten/tests/%s", folders[i]);
		int n = scandir(t_vector(folder), &list, is_json, alphasort);
		assert_true(n > 0);
		for (int j = 0; j < n; j++) {
			(void)snprintf(name, sizeof name, "%s/%s", folder, list[j]->d_name);
			run(name, 2);
			files++;
			free(list[j]);
		}
		free(list);
	}
	assert_int_equal(files, 22);
}

/*
 * --- upstream's examples: folders ALLOW and DENY of requests ---------------------------------
 *
 * Some are written for a reader that has the schema: {"type": .., "id": ..} where a reference is
 * meant, {"fn": .., "arg": ..} or a mere string where a date is. In these examples nothing else
 * looks like that, so the test writes the escapes before it hands them over.
 */

static bool two_strings(const struct sr_json *v, const char *a, const char *b) {
	const struct sr_json *x, *y;

	if (v->kind != SR_JSON_OBJECT || v->list.count != 2)
		return false;
	x = sr_json_get(v, a);
	y = sr_json_get(v, b);
	return x != NULL && y != NULL && x->kind == SR_JSON_STRING && y->kind == SR_JSON_STRING;
}

/* A value with its escapes written out. */
static void explicit(struct sr_buf *out, const struct sr_json *v) {
	if (v->kind == SR_JSON_OBJECT &&
		(sr_json_get(v, "__entity") != NULL || sr_json_get(v, "__extn") != NULL)) {
		sr_buf_put_bytes(out, v->raw);
	} else if (two_strings(v, "type", "id")) {
		sr_buf_put_str(out, "{\"__entity\":");
		sr_buf_put_bytes(out, v->raw);
		sr_buf_put_str(out, "}");
	} else if (two_strings(v, "fn", "arg")) {
		sr_buf_put_str(out, "{\"__extn\":");
		sr_buf_put_bytes(out, v->raw);
		sr_buf_put_str(out, "}");
	} else if (sr_bytes_eq(v->key, sr_bytes_str("releaseDate"))) {
		sr_buf_put_str(out, "{\"__extn\":{\"fn\":\"datetime\",\"arg\":");
		sr_buf_put_bytes(out, v->raw);
		sr_buf_put_str(out, "}}");
	} else if (v->kind == SR_JSON_ARRAY || v->kind == SR_JSON_OBJECT) {
		const bool object = v->kind == SR_JSON_OBJECT;

		sr_buf_put_str(out, object ? "{" : "[");
		for (const struct sr_json *m = v->list.first; m != NULL; m = m->next) {
			if (object) {
				sr_json_put_string(out, m->key);
				sr_buf_put_str(out, ":");
			}
			if (object && sr_bytes_eq(m->key, sr_bytes_str("uid")))
				sr_buf_put_bytes(out, m->raw); /* an entity's own name */
			else
				explicit(out, m);
			sr_buf_put_str(out, m->next == NULL ? "" : ",");
		}
		sr_buf_put_str(out, object ? "}" : "]");
	} else {
		sr_buf_put_bytes(out, v->raw);
	}
}

static void explicit_text(struct sr_buf *json) {
	const struct sr_json *doc = NULL;
	struct sr_arena a;
	struct sr_err e;
	struct sr_buf out;

	sr_buf_init(&out);
	sr_arena_init(&a, CASES_FILE);
	assert_ok(sr_json_parse(&a, sr_buf_view(json), CASES_DEPTH, &doc, &e), &e);
	explicit(&out, doc);
	sr_arena_free(&a);
	sr_buf_free(json);
	*json = out;
}

/* Turn "User::\"alice\"" into its JSON form by letting the engine read it in a scope. */
static void put_uid(struct sr_buf *out, struct sr_bytes text) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e;
	struct sr_buf policy, json;
	struct sr_arena a;
	const struct sr_json *doc = NULL;

	sr_buf_init(&policy);
	sr_buf_init(&json);
	sr_arena_init(&a, CASES_FILE);
	sr_buf_put_str(&policy, "permit(principal == ");
	sr_buf_put_bytes(&policy, text);
	sr_buf_put_str(&policy, ", action, resource);");
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	assert_ok(sr_cedar_policies_parse(p, sr_buf_view(&policy), &e), &e);
	assert_ok(sr_cedar_policy_json(sr_cedar_policies_get(p, 0), &json, &e), &e);
	assert_ok(sr_json_parse(&a, sr_buf_view(&json), CASES_DEPTH, &doc, &e), &e);
	sr_buf_put_bytes(out, sr_json_get(sr_json_get(doc, "principal"), "entity")->raw);
	sr_arena_free(&a);
	sr_buf_free(&policy);
	sr_buf_free(&json);
	sr_cedar_policies_free(p);
}

/* The groups of the actions stand in the schema alone: they are entities like others. */
static void put_actions(struct sr_buf *json, const char *schema_path) {
	struct sr_schema *schema = NULL;
	struct sr_buf text, out;
	struct sr_err e;

	sr_buf_init(&text);
	sr_buf_init(&out);
	assert_true(cases_read(schema_path, &text));
	assert_ok(sr_schema_parse(&schema, sr_buf_view(&text), &e), &e);
	sr_buf_put_str(&out, "[");
	sr_schema_put_actions(&out, schema);
	sr_buf_put_str(&out, ",");
	sr_buf_put_bytes(&out, sr_bytes_of(json->p + 1, json->len - 1));
	sr_schema_free(schema);
	sr_buf_free(&text);
	sr_buf_free(json);
	*json = out;
}

static void run_example(const struct sr_cedar_policies *p, const struct sr_cedar_entities *s,
	const char *path, bool allow) {
	static const char *const names[] = {"principal", "action", "resource"};
	struct sr_buf text, request;
	struct sr_arena a;
	struct sr_err e;
	const struct sr_json *doc = NULL;
	const struct sr_json *context = NULL;
	struct sr_cedar_request *r = NULL;
	struct sr_cedar_answer *answer = NULL;

	sr_buf_init(&text);
	sr_buf_init(&request);
	sr_arena_init(&a, CASES_FILE);
	assert_true(cases_read(path, &text));
	assert_ok(sr_json_parse(&a, sr_buf_view(&text), CASES_DEPTH, &doc, &e), &e);
	for (size_t i = 0; i < T_COUNT(names); i++) {
		sr_buf_printf(&request, "%s\"%s\":", i == 0 ? "{" : ",", names[i]);
		put_uid(&request, cases_string(doc, names[i]));
	}
	context = sr_json_get(doc, "context");
	sr_buf_put_str(&request, ",\"context\":");
	if (context == NULL)
		sr_buf_put_str(&request, "{}");
	else
		explicit(&request, context);
	sr_buf_put_str(&request, "}");
	assert_ok(sr_cedar_request_load(&r, sr_buf_view(&request), &e), &e);
	assert_ok(sr_cedar_authorize(&answer, p, s, r, &e), &e);
	if (answer->error_count > 0 || (answer->decision == SR_CEDAR_ALLOW) != allow)
		fail_msg("%s: %zu errors, %s", path, answer->error_count,
			answer->decision == SR_CEDAR_ALLOW ? "allow" : "deny");
	sr_cedar_answer_free(answer);
	sr_cedar_request_free(r);
	sr_arena_free(&a);
	sr_buf_free(&text);
	sr_buf_free(&request);
}

static size_t run_example_folder(const struct sr_cedar_policies *p,
	const struct sr_cedar_entities *s, const char *folder, bool allow) {
	struct dirent **list = NULL;
	char path[CASES_PATH * 2];
	int n = scandir(folder, &list, is_json, alphasort);

	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
		run_example(p, s, path, allow);
		free(list[i]);
	}
	free(list);
	return (size_t)n;
}

struct link { /* as the README of the example says it */
	const char *id;
	struct sr_cedar_uid principal, resource;
};

#define UID(type, id)                                          \
	{                                                      \
		{(const uint8_t *)(type), sizeof(type) - 1}, { \
			(const uint8_t *)(id), sizeof(id) - 1  \
		}                                              \
	}
#define ALICE UID("User", "Alice")
#define BOB UID("User", "Bob")

static const struct link hotels[] = {{"ViewReservation", ALICE, UID("Hotel", "G")},
	{"MemberReservation", ALICE, UID("Property", "Green")},
	{"AdminReservation", BOB, UID("Hotel", "R")},
	{"AdminReservation", BOB, UID("Property", "Green")},
	{"AdminPropertyOrHotel", BOB, UID("Hotel", "R")},
	{"AdminPropertyOrHotel", BOB, UID("Property", "Green")}, {.id = NULL}};
static const struct link sales[] = {{"external-prez-view", BOB, UID("Presentation", "proposal")},
	{"internal-prez-view", BOB, UID("Presentation", "proposal")}, {.id = NULL}};
static const struct link taxes[] = {{"adhoc-access", UID("Taxpreparer::Professional", "Alice"),
					    UID("Taxpreparer::Document", "DEF")},
	{.id = NULL}};

/* The template with that @id, for these two. */
static void put_link(struct sr_cedar_policies *p, const struct link *l, size_t number) {
	struct sr_cedar_link made = {.principal = &l->principal, .resource = &l->resource};
	struct sr_err e;
	char id[20];

	(void)snprintf(id, sizeof id, "link-%zu", number);
	made.id = sr_bytes_str(id);
	for (size_t i = 0; i < sr_cedar_policies_count(p); i++) {
		const struct sr_cedar_policy *t = sr_cedar_policies_get(p, i);

		if (t->slots != 0 &&
			sr_bytes_eq(sr_cedar_annotation_of(t, "id"), sr_bytes_str(l->id)))
			made.template_id = t->id;
	}
	assert_ok(sr_cedar_policies_link(p, &made, &e), &e);
}

static const struct example {
	const char *folder, *policies, *entities;
	const char *schema; /* whose actions are asked for by group; NULL: none */
	const struct link *links;
} example_list[] = {
	{"cedar-example-use-cases/document_cloud", "policies.cedar", "entities.json", NULL, NULL},
	{"cedar-example-use-cases/github_example", "policies.cedar", "entities.json", NULL, NULL},
	{"cedar-example-use-cases/hotel_chains/static", "policies.cedar", "entities.json",
		"policies.cedarschema", NULL},
	{"cedar-example-use-cases/hotel_chains/templated", "policies.cedar", "entities.json",
		"policies.cedarschema", hotels},
	{"cedar-example-use-cases/sales_orgs/static", "policies.cedar", "entities.json",
		"policies.cedarschema", NULL},
	{"cedar-example-use-cases/sales_orgs/templated", "policies.cedar", "entities.json",
		"policies.cedarschema", sales},
	{"cedar-example-use-cases/streaming_service", "policies.cedar", "entities.json", NULL,
		NULL},
	{"cedar-example-use-cases/tags_n_roles", "policies.cedar", "entities.json",
		"policies.cedarschema", NULL},
	{"cedar-example-use-cases/tax_preparer", "policies.cedar", "entities.json", NULL, taxes},
	{"cedar-policy-language-in-action/GitApp", "gitapp.cedar", "gitapp.cedarentities.json",
		NULL, NULL},
	{"cedar-policy-language-in-action/PhotoApp", "photoapp.cedar",
		"photoapp.cedarentities.json", NULL, NULL},
};

static size_t run_one(const struct example *x) {
	char root[CASES_PATH], path[CASES_PATH + 64];
	struct sr_buf text, json;
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_entities *s = NULL;
	struct sr_err e;
	size_t requests;

	(void)snprintf(path, sizeof path, "cedar/examples/%s", x->folder);
	(void)snprintf(root, sizeof root, "%s", t_vector(path));
	sr_buf_init(&text);
	sr_buf_init(&json);
	(void)snprintf(path, sizeof path, "%s/%s", root, x->policies);
	assert_true(cases_read(path, &text));
	(void)snprintf(path, sizeof path, "%s/%s", root, x->entities);
	assert_true(cases_read(path, &json));
	explicit_text(&json);
	if (x->schema != NULL) {
		(void)snprintf(path, sizeof path, "%s/%s", root, x->schema);
		put_actions(&json, path);
	}
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	assert_ok(sr_cedar_policies_parse(p, sr_buf_view(&text), &e), &e);
	for (size_t i = 0; x->links != NULL && x->links[i].id != NULL; i++)
		put_link(p, &x->links[i], i);
	assert_ok(sr_cedar_entities_load(&s, sr_buf_view(&json), &e), &e);
	(void)snprintf(path, sizeof path, "%s/ALLOW", root);
	requests = run_example_folder(p, s, path, true);
	(void)snprintf(path, sizeof path, "%s/DENY", root);
	requests += run_example_folder(p, s, path, false);
	sr_cedar_policies_free(p);
	sr_cedar_entities_free(s);
	sr_buf_free(&text);
	sr_buf_free(&json);
	return requests;
}

static void examples(void **state) {
	size_t requests = 0;

	(void)state;
	for (size_t i = 0; i < T_COUNT(example_list); i++)
		requests += run_one(&example_list[i]);
	assert_int_equal(requests, 72); /* every file in a folder ALLOW or DENY */
}

/* --- every policy file ------------------------------------------------------------------------ */

/* Cedar's own parser takes all of them but this one ("expected an entity uid with type `Action`").
 */
#define REFUSED "parser/testfiles/policies.cedar"

static size_t parsed, refused;

static int parse_file(const char *path, const struct stat *st, int flag, struct FTW *at) {
	const size_t len = strlen(path), tail = strlen(REFUSED);
	struct sr_cedar_policies *p = NULL;
	struct sr_buf text;
	struct sr_err e;
	int rc;

	(void)st;
	(void)at;
	if (flag != FTW_F || len < 6 || strcmp(path + len - 6, ".cedar") != 0)
		return 0;
	sr_buf_init(&text);
	assert_true(cases_read(path, &text));
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	rc = sr_cedar_policies_parse(p, sr_buf_view(&text), &e);
	if (len > tail && strcmp(path + len - tail, REFUSED) == 0) {
		assert_fails(rc, SR_CORRUPT, &e, "want an entity of type Action");
		refused++;
	} else if (rc != 0) {
		fail_msg("%s: %s", path, e.text);
	} else {
		parsed++;
	}
	sr_cedar_policies_free(p);
	sr_buf_free(&text);
	return 0;
}

static void policy_files(void **state) {
	(void)state;
	assert_int_equal(nftw(t_vector("cedar"), parse_file, 16, FTW_PHYS), 0);
	assert_true(parsed >= 92);
	assert_int_equal(refused, 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus_4_10),
		cmocka_unit_test(corpus_4_2),
		cmocka_unit_test(corpus_3_3),
		cmocka_unit_test(generated),
		cmocka_unit_test(handwritten),
		cmocka_unit_test(examples),
		cmocka_unit_test(policy_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
