/*
 * Cedar: every allocation fails once. Nothing leaks (the sanitizers and valgrind look), nothing is
 * half done, and the same call succeeds afterwards. And the arena itself.
 */
#include "policy/arena.h"
#include "policy/value.h"
#include "policy_rig.h"

static const char text[] =
	"@id(\"a\\n\") @b permit(principal in (?principal), action in [Action::\"x\", "
	"Action::\"v\"], "
	"resource is A :: B in G::\"\\u{41}\")\n"
	"when { if principal has a.b then [1, {\"k\\n\": \"d\"}].contains(-2) else "
	"ip(\"::1\").isIpv4() } unless { context[\"e\\n\"] like \"*f\\*g*\" };\n"
	"forbid(principal, action, resource) when { principal.none };\n"
	"permit(principal, action, resource) when { context.list.containsAll([context.k, "
	"{a: 1}]) || "
	"principal is User in [Group::\"g\"] || (-1 + 2 == decimal(\"1.0\")) };\n";

/* The set's policies before and after a failed call. */
static void same_count(const struct sr_cedar_policies *p, size_t count) {
	assert_int_equal(sr_cedar_policies_count(p), count);
	for (size_t i = 0; i < count; i++) {
		const struct sr_cedar_policy *policy = sr_cedar_policies_get(p, i);
		assert_ptr_equal(sr_cedar_policies_find(p, policy->id), policy);
	}
}

typedef int step_fn(struct sr_cedar_policies *p, struct sr_err *e);

static int step_parse(struct sr_cedar_policies *p, struct sr_err *e) {
	return sr_cedar_policies_parse(p, sr_bytes_str(text), e);
}

static int step_add(struct sr_cedar_policies *p, struct sr_err *e) {
	return sr_cedar_policies_add(p, sr_bytes_str("added"),
		sr_bytes_str("permit(principal, action, resource) when { [1].contains(2) };"), e);
}

static int step_json(struct sr_cedar_policies *p, struct sr_err *e) {
	struct sr_buf json;
	sr_buf_init(&json);
	int rc = sr_cedar_policy_json(sr_cedar_policies_get(p, 0), &json, e);
	if (rc == 0)
		rc = sr_cedar_policies_add_json(p, sr_bytes_str("json"), sr_buf_view(&json), e);
	sr_buf_free(&json);
	return rc;
}

static int step_link(struct sr_cedar_policies *p, struct sr_err *e) {
	const struct sr_cedar_uid uid = {sr_bytes_str("Group"), sr_bytes_str("g")};
	const struct sr_cedar_link link = {
		sr_bytes_str("policy0"), sr_bytes_str("link"), &uid, NULL};
	return sr_cedar_policies_link(p, &link, e);
}

static void policies(void **state) {
	static const struct {
		step_fn *step;
		size_t adds;
	} steps[] = {{step_parse, 3}, {step_add, 1}, {step_json, 1}, {step_link, 1}};
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};
	size_t count = 0;

	(void)state;
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	for (size_t i = 0; i < T_COUNT(steps); i++) {
		int rc = SR_NOMEM;
		unsigned long nth = 0;
		while (rc != 0) {
			sr_arena_fault(++nth);
			rc = steps[i].step(p, &e);
			sr_arena_fault(0);
			if (rc != 0) {
				assert_fails(rc, SR_NOMEM, &e, "as the test asked");
				same_count(p, count);
			}
		}
		assert_true(nth > 3);
		count += steps[i].adds;
		same_count(p, count);
	}
	sr_cedar_policies_free(p);
}

static void inputs(void **state) {
	static const char context[] = "{\"e\\n\":\"xf*g\",\"k\":1,\"list\":[1,{\"a\":1},"
				      "{\"__extn\":{\"fn\":\"ip\",\"arg\":\"::\"}},"
				      "{\"__entity\":{\"type\":\"U\",\"id\":\"\\u0041\"}}]}";
	struct sr_cedar_request_parts parts = {{sr_bytes_str("User"), sr_bytes_str("a")},
		{sr_bytes_str("Action"), sr_bytes_str("v")},
		{sr_bytes_str("Doc"), sr_bytes_str("d")}, sr_bytes_str(context)};
	struct sr_cedar_policies *p = rig_parse(text);
	struct sr_cedar_entities *s = NULL;
	struct sr_cedar_request *r = NULL;
	struct sr_cedar_answer *a = NULL;
	struct sr_err e = {0};
	int rc = SR_NOMEM;

	(void)state;
	for (unsigned long nth = 1; rc != 0; nth++) {
		sr_arena_fault(nth);
		rc = sr_cedar_entities_load(&s, sr_bytes_str(rig_world), &e);
		sr_arena_fault(0);
		if (rc != 0)
			assert_fails(rc, SR_NOMEM, &e, "as the test asked");
		assert_true((rc == 0) == (s != NULL));
	}
	rc = SR_NOMEM;
	for (unsigned long nth = 1; rc != 0; nth++) {
		sr_arena_fault(nth);
		rc = sr_cedar_request_new(&r, &parts, &e);
		sr_arena_fault(0);
		if (rc != 0)
			assert_fails(rc, SR_NOMEM, &e, "as the test asked");
		assert_true((rc == 0) == (r != NULL));
	}
	for (unsigned long nth = 1; a == NULL; nth++) {
		sr_arena_fault(nth);
		rc = sr_cedar_authorize(&a, p, s, r, &e);
		sr_arena_fault(0);
		if (rc != 0)
			assert_fails(rc, SR_NOMEM, &e, "as the test asked");
		assert_true((rc == 0) == (a != NULL));
	}
	/* Memory that lacks is no error of a policy: nothing was decided with less. */
	assert_int_equal(a->decision, SR_CEDAR_ALLOW);
	assert_int_equal(a->error_count, 1);
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
}

static void arena(void **state) {
	struct sr_arena a;
	struct sr_err e = {0};
	struct sr_bytes copy = {0};

	(void)state;
	sr_arena_init(&a, 10000);
	assert_non_null(sr_arena_new(&a, 0, 8, &e));
	uint8_t *p = sr_arena_new(&a, 100, 1, &e);
	assert_non_null(p);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal((uintptr_t)p % 16, 0);
	memset(p, 1, 100);
	struct sr_arena_mark m = sr_arena_mark(&a);
	uint8_t *q = sr_arena_new(&a, 5000, 1, &e);
	assert_non_null(q);
	memset(q, 2, 5000);
	sr_arena_release(&a, m);
	uint8_t *again = sr_arena_new(&a, 50, 1, &e);
	assert_non_null(again);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(again[i], 0);
	assert_int_equal(p[99], 1);
	assert_null(sr_arena_new(&a, 6000, 1, &e));
	assert_fails(sr_arena_failed(&a), SR_LIMIT, &e, "needs more than 10000 bytes of memory");
	assert_null(sr_arena_new(&a, SIZE_MAX / 2, 3, &e));
	assert_int_equal(sr_arena_failed(&a), SR_LIMIT);
	assert_null(sr_arena_new(&a, SIZE_MAX, 1, NULL));
	assert_fails(
		sr_arena_copy(&a, sr_bytes_of(p, 7000), &copy, &e), SR_LIMIT, &e, "10000 bytes");
	assert_ok(sr_arena_copy(&a, sr_bytes_str("abc"), &copy, &e), &e);
	assert_true(sr_bytes_eq(copy, sr_bytes_str("abc")));
	sr_arena_free(&a);
	assert_non_null(sr_arena_new(&a, 10, 1, &e)); /* and can be used again */
	/* What builds a record by itself, and not from a text, is not to say a key twice: nobody
	 * could say which counts. */
	struct sr_cedar_field fields[3] = {
		{.key = sr_bytes_str("b")}, {.key = sr_bytes_str("a")}, {.key = sr_bytes_str("b")}};
	const struct sr_cedar_record *record = NULL;
	struct sr_bytes twice = {NULL, 0};
	assert_fails(sr_cedar_record_make(&a, fields, 3, &record, &twice, &e), SR_EXISTS, &e,
		"a key is there twice");
	assert_true(sr_bytes_eq(twice, sr_bytes_str("b")));
	assert_fails(sr_cedar_record_make(&a, fields + 1, 2, &record, NULL, &e), SR_EXISTS, &e,
		"a key is there twice");
	assert_null(record);
	sr_arena_free(&a);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies),
		cmocka_unit_test(inputs),
		cmocka_unit_test(arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
