/*
 * fuzz_policy_judge - inputs as the log keeps them: a set, a line "---", the text of inputs. An
 * answer is the same twice; what can be loaded can be held against a schema and explained.
 */
#include "fuzz_policy.h"
#include "policy/explain.h"

static const char schema_text[] =
	"entity U in [G] tags String;\nentity G;\nentity R = { n: Long, s?: Set<String> };\n"
	"action look;\naction v in [look] appliesTo { principal: U, resource: R, context: { now:"
	" datetime, deep: { b: Bool } } };\n";

static void explain(
	const struct sr_cedar_policies *p, const struct sr_question *q, const struct sr_schema *s) {
	const struct sr_cedar_policy *near = NULL;
	struct sr_err e = {0};
	struct sr_buf b;
	size_t parts = 0;
	int rc;

	sr_buf_init(&b);
	rc = sr_permit_nearest(&near, p, s, q, &e);
	MUST(rc == 0);
	for (size_t i = 0; i < sr_cedar_policies_count(p); i++) {
		const struct sr_cedar_policy *one = sr_cedar_policies_get(p, i);

		if (one->slots != 0)
			continue;
		assert_ok(sr_rule_lacks(&b, &parts, one, q, &e), &e);
		assert_ok(sr_rule_reads(&b, one, q, &e), &e);
	}
	sr_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const char line[] = "\n---\n";
	const uint8_t *cut = memmem(data, size, line, sizeof line - 1);
	const size_t len = cut == NULL ? size : (size_t)(cut - data);
	const struct sr_bytes set = sr_bytes_of(data, len);
	const struct sr_bytes inputs =
		cut == NULL ? sr_bytes_of(data, 0)
			    : sr_bytes_of(cut + sizeof line - 1, size - len - (sizeof line - 1));
	struct sr_schema *schema = NULL;
	struct sr_cedar_policies *p = NULL;
	struct sr_question q = {NULL, NULL};
	struct sr_judgement a, b;
	struct sr_err e = {0};
	int rc;

	assert_ok(sr_schema_parse(&schema, sr_bytes_str(schema_text), &e), &e);
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	rc = sr_judge_replay(&a, set, inputs, &e);
	MUST(rc == 0 || rc == SR_CORRUPT || rc == SR_LIMIT);
	if (rc == 0) {
		assert_ok(sr_judge_replay(&b, set, inputs, &e), &e);
		MUST(a.word == b.word && a.rule_count == b.rule_count);
		for (size_t i = 0; i < a.rule_count; i++)
			MUST(strcmp(a.rules[i], b.rules[i]) == 0);
		MUST(a.word == SR_JUDGED_DENY || a.rule_count > 0);
		sr_judgement_free(&b);
		sr_judgement_free(&a);
		assert_ok(sr_cedar_policies_parse(p, set, &e), &e);
		assert_ok(sr_question_load(&q, inputs, &e), &e);
		rc = sr_question_conforms(schema, &q, &e);
		MUST(rc == 0 || rc == SR_CORRUPT);
		explain(p, &q, schema);
	}
	sr_question_free(&q);
	sr_cedar_policies_free(p);
	sr_schema_free(schema);
	return 0;
}

void fuzz_seeds(void) {
	static const char *const rules[] = {
		"permit(principal in G::\"g\", action in Action::\"look\", resource is R)"
		" when { resource.n > 1 && context.deep.b };",
		"@id(\"x\") forbid(principal, action == Action::\"v\", resource) unless {"
		" principal.hasTag(\"t\") && principal.getTag(\"t\") == \"a\" };",
		"permit(principal is U in G::\"h\", action, resource == R::\"r\") when { if"
		" resource has s then resource.s.contains(\"x\") else context.now >"
		" datetime(\"2024-01-01\") };",
		"permit(principal, action, resource) when { context.gone };",
	};

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct sr_buf b;
		char name[16];

		sr_buf_init(&b);
		(void)snprintf(name, sizeof name, "rule-%zu", i);
		sr_buf_put_str(&b, rules[i]);
		sr_buf_put_str(&b, "\n---\n");
		sr_question_put(&b,
			sr_bytes_str("{\"principal\":{\"type\":\"U\",\"id\":\"a\"},\"action\":{"
				     "\"type\":\"Action\",\"id\":\"v\"},\"resource\":{\"type\":"
				     "\"R\",\"id\":\"r\"},\"context\":{\"now\":{\"__extn\":{"
				     "\"fn\":\"datetime\",\"arg\":\"2026-11-29\"}},\"deep\":{"
				     "\"b\":true}}}"),
			sr_bytes_str("[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{},"
				     "\"parents\":[{\"type\":\"G\",\"id\":\"g\"}],\"tags\":{\"t\":"
				     "\"a\"}},{\"uid\":{\"type\":\"R\",\"id\":\"r\"},\"attrs\":{"
				     "\"n\":2,\"s\":[\"x\"]},\"parents\":[]},{\"uid\":{\"type\":"
				     "\"Action\",\"id\":\"v\"},\"attrs\":{},\"parents\":[{\"type\":"
				     "\"Action\",\"id\":\"look\"}]}]"));
		MUST(sr_buf_ok(&b, NULL) == 0);
		fuzz_seed(name, sr_buf_view(&b));
		sr_buf_free(&b);
	}
}
