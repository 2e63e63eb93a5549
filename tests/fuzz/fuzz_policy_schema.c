/*
 * fuzz_policy_schema - a schema, a NUL, and policies: refused with a place, or read and linted;
 * what lint finds has a place in the text, and is the same when asked again.
 */
#include "fuzz_policy.h"
#include "policy/lint.h"

static size_t lint_count(const struct sr_schema *s, const struct sr_cedar_policies *p) {
	struct sr_lint lint;
	struct sr_err e = {0};
	size_t count = 0;
	int rc = sr_lint_policies(&lint, s, p, &e);
	if (rc != 0) {
		MUST(rc == SR_LIMIT);
		return 0;
	}
	count = lint.count;
	for (size_t i = 0; i < lint.count; i++) {
		MUST(lint.findings[i].text[0] != '\0');
		MUST(lint.findings[i].policy == NULL || lint.findings[i].line > 0);
	}
	sr_lint_free(&lint);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
	const size_t cut = nul == NULL ? size : (size_t)(nul - data);
	struct sr_cedar_policies *p = NULL;
	struct sr_schema *s = NULL;
	struct sr_err e = {0};
	int rc = sr_schema_parse(&s, sr_bytes_of(data, cut), &e);
	if (rc != 0) {
		fuzz_policy_refused(rc, &e);
		return 0;
	}
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	if (cut < size && sr_cedar_policies_parse(p, sr_bytes_of(nul + 1, size - cut - 1), &e) == 0)
		MUST(lint_count(s, p) == lint_count(s, p));
	sr_cedar_policies_free(p);
	sr_schema_free(s);
	return 0;
}

void fuzz_seeds(void) {
	static const char schema[] =
		"entity Role enum [\"a\", \"b\"];\nentity Board = { lowest: Long };\n"
		"entity User in [Role, Board] = { n: Long, s: String, set: Set<String>, "
		"e?: User, when: datetime, ip?: ipaddr, dec: decimal, "
		"rec: { b: Bool, \"x y\"?: Long } } tags duration;\n"
		"type T = { now: datetime };\naction all; action \"v\", w in [all] "
		"appliesTo { principal: [User, Board], resource: User, context: T };\n";
	for (size_t i = 0; i < sizeof fuzz_policies / sizeof fuzz_policies[0]; i++) {
		char name[24];
		struct sr_buf b;
		(void)snprintf(name, sizeof name, "schema-%zu", i);
		sr_buf_init(&b);
		sr_buf_put(&b, schema, sizeof schema); /* with its NUL */
		sr_buf_put_str(&b, fuzz_policies[i]);
		MUST(sr_buf_ok(&b, NULL) == 0);
		fuzz_seed(name, sr_buf_view(&b));
		sr_buf_free(&b);
	}
}
