/*
 * Cedar: every published conformance case under $SR_VECTORS/cedar (forms: cedar_cases.h), and
 * upstream's examples. Not one may differ.
 */
#include <dirent.h>

#include "cedar_cases.h"
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
 * Upstream's examples whose entities can be read without a schema. The others write
 * {"type": .., "id": ..} where a reference is meant, which only a schema tells from a record.
 */
/* --- upstream's examples: folders ALLOW and DENY of requests --------------------------------- */

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
	sr_buf_put_bytes(&request, context == NULL ? sr_bytes_str("{}") : context->raw);
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

static void examples(void **state) {
	static const struct {
		const char *folder;
		const char *policies;
		const char *entities;
	} list[] = {
		{"cedar-example-use-cases/document_cloud", "policies.cedar", "entities.json"},
		{"cedar-example-use-cases/github_example", "policies.cedar", "entities.json"},
		{"cedar-policy-language-in-action/GitApp", "gitapp.cedar",
			"gitapp.cedarentities.json"},
		{"cedar-policy-language-in-action/PhotoApp", "photoapp.cedar",
			"photoapp.cedarentities.json"},
	};
	size_t requests = 0;

	(void)state;
	for (size_t i = 0; i < T_COUNT(list); i++) {
		char root[CASES_PATH];
		char path[CASES_PATH + 64];
		struct sr_buf text, json;
		struct sr_cedar_policies *p = NULL;
		struct sr_cedar_entities *s = NULL;
		struct sr_err e;

		(void)snprintf(path, sizeof path, "cedar/examples/%s", list[i].folder);
		(void)snprintf(root, sizeof root, "%s", t_vector(path));
		sr_buf_init(&text);
		sr_buf_init(&json);
		(void)snprintf(path, sizeof path, "%s/%s", root, list[i].policies);
		assert_true(cases_read(path, &text));
		(void)snprintf(path, sizeof path, "%s/%s", root, list[i].entities);
		assert_true(cases_read(path, &json));
		assert_ok(sr_cedar_policies_new(&p, &e), &e);
		assert_ok(sr_cedar_policies_parse(p, sr_buf_view(&text), &e), &e);
		assert_ok(sr_cedar_entities_load(&s, sr_buf_view(&json), &e), &e);
		(void)snprintf(path, sizeof path, "%s/ALLOW", root);
		requests += run_example_folder(p, s, path, true);
		(void)snprintf(path, sizeof path, "%s/DENY", root);
		requests += run_example_folder(p, s, path, false);
		sr_cedar_policies_free(p);
		sr_cedar_entities_free(s);
		sr_buf_free(&text);
		sr_buf_free(&json);
	}
	assert_true(requests >= 30);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus_4_10),
		cmocka_unit_test(corpus_4_2),
		cmocka_unit_test(corpus_3_3),
		cmocka_unit_test(generated),
		cmocka_unit_test(handwritten),
		cmocka_unit_test(examples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
