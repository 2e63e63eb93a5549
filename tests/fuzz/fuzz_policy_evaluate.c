/*
 * fuzz_policy_evaluate - a decision: policies, a line "---", a context; principal, action, resource
 * and their entities are fixed. The answer is well-formed, the same when asked twice, and the same
 * from the policies taken through their JSON form.
 */
#include "fuzz_policy.h"

static const char entities[] =
	"[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{\"n\":1,\"s\":\"abc\","
	"\"b\":true,\"r\":{\"x\":"
	"{\"y\":2}},\"set\":[1,2,\"a\"],\"e\":{\"__entity\":{\"type\":\"R\",\"id\":\"r\"}},"
	"\"d\":{\"__extn\":"
	"{\"fn\":\"decimal\",\"arg\":\"1.5\"}},\"ip\":{\"__extn\":{\"fn\":\"ip\","
	"\"arg\":\"10.0.0.1\"}},\"t\":"
	"{\"__extn\":{\"fn\":\"datetime\",\"arg\":\"2024-01-01\"}}},"
	"\"parents\":[{\"type\":\"G\",\"id\":\"g\"}"
	"],\"tags\":{\"t\":\"v\"}},"
	"{\"uid\":{\"type\":\"G\",\"id\":\"g\"},\"attrs\":{},\"parents\":[{\"type\":\"G\","
	"\"id\":\"h\"}]},"
	"{\"uid\":{\"type\":\"R\",\"id\":\"r\"},\"attrs\":{},\"parents\":[]}]";

static void check(const struct sr_cedar_answer *a) {
	bool allow = a->decision == SR_CEDAR_ALLOW;
	MUST(!allow || a->reason_count > 0);
	for (size_t i = 0; i < a->reason_count; i++) {
		MUST(a->reasons[i]->forbid == !allow && a->reasons[i]->slots == 0);
		for (size_t j = 0; j < a->error_count; j++)
			MUST(a->errors[j].policy != a->reasons[i]);
	}
	for (size_t i = 0; i < a->error_count; i++)
		MUST(a->errors[i].text[0] != '\0');
}

/* The ids alike, in the same order. */
static void same(const struct sr_cedar_answer *a, const struct sr_cedar_answer *b) {
	MUST(a->decision == b->decision && a->reason_count == b->reason_count &&
		a->error_count == b->error_count);
	for (size_t i = 0; i < a->reason_count; i++)
		MUST(sr_bytes_eq(a->reasons[i]->id, b->reasons[i]->id));
	for (size_t i = 0; i < a->error_count; i++)
		MUST(sr_bytes_eq(a->errors[i].policy->id, b->errors[i].policy->id));
}

/* All of ${p} through JSON; NULL: too long for it. */
static struct sr_cedar_policies *through(const struct sr_cedar_policies *p) {
	struct sr_cedar_policies *out = NULL;
	struct sr_err e = {0};
	struct sr_buf json;
	int rc = 0;
	sr_buf_init(&json);
	assert_ok(sr_cedar_policies_new(&out, &e), &e);
	for (size_t i = 0; rc == 0 && i < sr_cedar_policies_count(p); i++) {
		const struct sr_cedar_policy *policy = sr_cedar_policies_get(p, i);
		sr_buf_clear(&json);
		assert_ok(sr_cedar_policy_json(policy, &json, &e), &e);
		rc = sr_cedar_policies_add_json(out, policy->id, sr_buf_view(&json), &e);
		MUST(rc == 0 || rc == SR_LIMIT);
	}
	sr_buf_free(&json);
	if (rc != 0) {
		sr_cedar_policies_free(out);
		return NULL;
	}
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const char line[] = "\n---\n";
	struct sr_cedar_request_parts parts = {.principal = {sr_bytes_str("U"), sr_bytes_str("a")},
		.action = {sr_bytes_str("Action"), sr_bytes_str("v")},
		.resource = {sr_bytes_str("R"), sr_bytes_str("r")},
		.context = sr_bytes_str("{}")};
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_policies *other = NULL;
	struct sr_cedar_entities *s = NULL;
	struct sr_cedar_request *r = NULL;
	struct sr_cedar_answer *answers[3] = {NULL};
	struct sr_err e = {0};
	const uint8_t *cut = memmem(data, size, line, sizeof line - 1);
	size_t len = cut == NULL ? size : (size_t)(cut - data);
	if (cut != NULL)
		parts.context = sr_bytes_of(cut + sizeof line - 1, size - len - (sizeof line - 1));
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	assert_ok(sr_cedar_entities_load(&s, sr_bytes_str(entities), &e), &e);
	if (sr_cedar_policies_parse(p, sr_bytes_of(data, len), &e) == 0 &&
		sr_cedar_request_new(&r, &parts, &e) == 0) {
		int rc = sr_cedar_authorize(&answers[0], p, s, r, &e);
		MUST(rc == 0 || rc == SR_LIMIT);
		other = rc == 0 ? through(p) : NULL;
		if (rc == 0) {
			check(answers[0]);
			assert_ok(sr_cedar_authorize(&answers[1], p, s, r, &e), &e);
			same(answers[0], answers[1]);
		}
		if (other != NULL) {
			assert_ok(sr_cedar_authorize(&answers[2], other, s, r, &e), &e);
			same(answers[0], answers[2]);
		}
	}
	for (size_t i = 0; i < 3; i++)
		sr_cedar_answer_free(answers[i]);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
	sr_cedar_policies_free(other);
	return 0;
}

void fuzz_seeds(void) {
	static const char *const expressions[] = {
		"principal.n + 1 == 2 && principal.s like \"a*c\" && principal in G::\"h\"",
		"[principal, context].contains({x: 1}) || context.x == [1, 2]",
		"principal.d.lessThan(decimal(\"2.0\")) && principal.ip.isInRange(ip(\"10.0."
		"0.0/8\"))",
		"principal.t.offset(duration(\"1d\")).durationSince(principal.t).toHours() == 24",
		"principal.t.toDate() <= datetime(context.when) && principal.t.toTime() < "
		"duration(\"1h\")",
		"principal.getTag(context.tag) == \"v\" && principal.hasTag(\"u\")",
		"if principal has r.x.y then principal.r.x.y > 1 else principal.e is R in "
		"[resource]",
		"principal.set.containsAll([1]) && principal.set.containsAny([3, \"a\"]) && "
		"![].isEmpty()",
		"-principal.n * 9223372036854775807 - 2 < 0 && !(context.missing == 1)",
		"{\"a\": principal.set, b: {}} != {b: {}, a: [2, 1, \"a\"]}",
	};
	for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
		struct sr_buf b;
		char name[16];
		sr_buf_init(&b);
		(void)snprintf(name, sizeof name, "expr-%zu", i);
		sr_buf_printf(&b, "%s(principal, action, resource) when { ",
			i % 2 == 0 ? "permit" : "forbid");
		sr_buf_put_str(&b, expressions[i]);
		sr_buf_put_str(&b, " };\npermit(principal is U in G::\"g\", action == "
				   "Action::\"v\", resource == R::\"r\");\n---\n"
				   "{\"x\":[2,1],\"when\":\"2024-01-01T00:00:00Z\",\"tag\":\"t\"}");
		MUST(sr_buf_ok(&b, NULL) == 0);
		fuzz_seed(name, sr_buf_view(&b));
		sr_buf_free(&b);
	}
}
