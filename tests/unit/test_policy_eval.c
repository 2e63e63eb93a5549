/*
 * Cedar: every operator, its errors with their places, and the limits of evaluation.
 */
#include <pthread.h>

#include "policy_rig.h"

#define E1 "error: line 2, column 1: "

static void logic(void **state) {
	static const struct rig_case cases[] = {
		{"true && true", "true"},
		{"true && false", "false"},
		{"false && 1", "false"},
		{"false && principal.missing", "false"},
		{"true && 1", "error: line 2, column 9: want bool, have long"},
		{"1 && true", "error: line 2, column 1: want bool, have long"},
		{"true || 1", "true"},
		{"false || true", "true"},
		{"false || \"a\"", "error: line 2, column 10: want bool, have string"},
		{"\"a\" || true", "error: line 2, column 1: want bool, have string"},
		{"!false", "true"},
		{"!!!!true", "true"},
		{"!1", "error: line 2, column 2: want bool, have long"},
		{"if true then true else 1", "true"},
		{"if false then 1 else true", "true"},
		{"if 1 then true else true", "error: line 2, column 4: want bool, have long"},
		{"if true then true else principal.missing", "true"},
		{"if true then 1 else true", E1 "want bool as condition, have long"},
		{"principal", E1 "want bool as condition, have entity"},
		{"[true]", E1 "want bool as condition, have set"},
		{"{}", E1 "want bool as condition, have record"},
		{"decimal(\"1.0\")", E1 "want bool as condition, have decimal"},
		{"ip(\"::\")", E1 "want bool as condition, have ipaddr"},
		{"datetime(\"1970-01-01\")", E1 "want bool as condition, have datetime"},
		{"duration(\"1h\")", E1 "want bool as condition, have duration"},
	};

	(void)state;
	rig_eval_all(cases, T_COUNT(cases));
}

static void arithmetic(void **state) {
	static const struct rig_case cases[] = {
		{"1 + 2 * 3 - 4 == 3", "true"},
		{"10 - 3 - 2 == 5", "true"},
		{"2 * -3 == -6", "true"},
		{"-(-3) == 3 && --3 == 3", "true"},
		{"9223372036854775807 + 1 == 0",
			"error: line 2, column 21: 9223372036854775807 + 1 does not fit 64 bits"},
		{"-9223372036854775808 - 1 == 0",
			"error: line 2, column 22: -9223372036854775808 - 1 does not fit 64 bits"},
		{"3037000500 * 3037000500 == 0",
			"error: line 2, column 12: 3037000500 * 3037000500 does not fit 64 bits"},
		{"-9223372036854775808 * -1 == 0", "error: line 2, column 22: "},
		{"--9223372036854775808 == 0",
			"error: line 2, column 1: -(-9223372036854775808) does not fit 64 bits"},
		{"4611686018427387904 * -2 == -9223372036854775808", "true"},
		{"1 + true == 2", "error: line 2, column 5: want long, have bool"},
		{"\"a\" + \"b\" == \"ab\"", E1 "want long, have string"},
		{"-principal.s == 1", "error: line 2, column 12: want long, have string"},
		{"decimal(\"1.0\") * 2 == 2", E1 "want long, have decimal"},
	};

	(void)state;
	rig_eval_all(cases, T_COUNT(cases));
}

static void comparison(void **state) {
	static const struct rig_case cases[] = {
		{"1 == 1 && 1 != 2", "true"},
		{"1 == \"1\"", "false"},
		{"1 != true", "true"},
		{"[] == {}", "false"},
		{"[1, 2, 2, 1] == [2, 1]", "true"},
		{"[[1], [2]] == [[2], [1]]", "true"},
		{"{a: 1, b: [1, 2]} == {\"b\": [2, 1], \"a\": 1}", "true"},
		{"{a: 1} == {a: 1, b: 1}", "false"},
		{"principal == User::\"a\"", "true"},
		{"User::\"a\" == N::User::\"a\"", "false"},
		{"decimal(\"1.0\") == decimal(\"1.0000\")", "true"},
		{"ip(\"10.0.0.1\") == ip(\"10.0.0.1/32\")", "true"},
		{"ip(\"::\") == ip(\"0.0.0.0\")", "false"},
		{"datetime(\"2024-01-01\") == duration(\"1ms\")", "false"},
		{"1 < 2 && 2 <= 2 && 3 > 2 && 2 >= 2", "true"},
		{"2 < 1 || 2 < 2", "false"},
		{"datetime(\"2024-01-01\") < datetime(\"2024-01-02\")", "true"},
		{"duration(\"-1s\") <= duration(\"1ms\")", "true"},
		{"\"a\" < \"b\"",
			"error: line 2, column 5: want a long, datetime or duration, have string"},
		{"true >= false",
			"error: line 2, column 6: want a long, datetime or duration, have bool"},
		{"decimal(\"1.0\") < decimal(\"2.0\")", "error: line 2, column 16: want a long"},
		{"ip(\"::1\") > ip(\"::\")", "error: line 2, column 11: want a long"},
		{"1 < duration(\"1s\")", "error: line 2, column 3: want long, have duration"},
		{"datetime(\"2024-01-01\") > duration(\"1s\")",
			"error: line 2, column 24: want datetime, have duration"},
		{"1 == principal.missing",
			"error: line 2, column 16: User::\"a\" has no attribute \"missing\""},
	};

	(void)state;
	rig_eval_all(cases, T_COUNT(cases));
}

static void hierarchy(void **state) {
	static const struct rig_case cases[] = {
		{"principal in Group::\"g\"", "true"},
		{"principal in Group::\"h\"", "true"},
		{"Group::\"g\" in principal", "false"},
		{"principal in principal", "true"},
		{"Other::\"x\" in Other::\"x\"", "true"},
		{"Other::\"x\" in Group::\"g\"", "false"},
		{"principal in []", "false"},
		{"principal in [Other::\"x\", Group::\"h\"]", "true"},
		{"principal in [principal, 1]",
			"error: line 2, column 11: want entities alone in the set right of "
			"in, have long"},
		{"principal in 1", "error: line 2, column 11: want an entity or a set of entities"},
		{"1 in principal", E1 "want entity, have long"},
		{"principal is User", "true"},
		{"principal is Group", "false"},
		{"principal is N::User", "false"},
		{"principal is User in Group::\"h\"", "true"},
		{"principal is Group in 1", "false"},
		{"principal is User in [Group::\"h\"]", "true"},
		{"principal is User in 1", "error: line 2, column 11: want an entity or a set"},
		{"{} is User", E1 "want entity, have record"},
	};

	(void)state;
	rig_eval_all(cases, T_COUNT(cases));
}

static void members(void **state) {
	static const struct rig_case cases[] = {
		{"principal.n == 1 && principal[\"n\"] == 1", "true"},
		{"principal.e == resource", "true"},
		{"context.k == 1", "true"},
		{"{\"a b\": 1}[\"a b\"] == 1", "true"},
		{"context.z == 1", "error: line 2, column 9: the record has no attribute \"z\""},
		{"principal.gone.x == 1",
			"error: line 2, column 16: Doc::\"none\" is not among the entities"},
		{"principal.n.x == 1",
			"error: line 2, column 13: want a record or an entity, have long"},
		{"[1].x", "error: line 2, column 5: want a record or an entity, have set"},
		{"principal has n && principal has \"n\"", "true"},
		{"principal has z", "false"},
		{"principal.gone has x", "false"},
		{"context has list", "true"},
		{"principal has r.x.y", "true"},
		{"principal has r.x.z", "false"},
		{"principal has z.n.x", "false"},
		{"principal has \"r.x\"", "false"},
		{"principal has n.x",
			"error: line 2, column 11: want a record or an entity, have long"},
		{"1 has a", "error: line 2, column 3: want a record or an entity, have long"},
		{"principal.hasTag(\"t\")", "true"},
		{"principal.hasTag(\"n\")", "false"},
		{"principal.gone.hasTag(\"t\")", "false"},
		{"principal.getTag(\"t\") == \"v\"", "true"},
		{"principal.getTag(\"u\") == \"v\"",
			"error: line 2, column 11: User::\"a\" has no tag \"u\""},
		{"principal.gone.getTag(\"t\") == 1",
			"error: line 2, column 16: Doc::\"none\" is not among the entities"},
		{"principal.hasTag(1)", "error: line 2, column 18: want string, have long"},
		{"context.getTag(\"t\") == 1", E1 "want entity, have record"},
	};

	(void)state;
	rig_eval_all(cases, T_COUNT(cases));
}

static void sets(void **state) {
	static const struct rig_case cases[] = {
		{"[1, \"a\", []].contains([])", "true"},
		{"[1].contains(\"1\")", "false"},
		{"context.list.contains(\"a\")", "true"},
		{"[1, 2].containsAll([2, 1, 1])", "true"},
		{"[1, 2].containsAll([1, 3])", "false"},
		{"[].containsAll([])", "true"},
		{"[1].containsAny([])", "false"},
		{"[1, 2].containsAny([3, 2])", "true"},
		{"[1, 2].containsAny([3])", "false"},
		{"[].isEmpty()", "true"},
		{"[[]].isEmpty()", "false"},
		{"{}.isEmpty()", E1 "want set, have record"},
		{"\"abc\".contains(\"a\")", E1 "want set, have string"},
		{"[1].containsAll(1)", "error: line 2, column 17: want set, have long"},
		{"[1].containsAny({})", "error: line 2, column 17: want set, have record"},
		{"[1, 1 + true].isEmpty()", "error: line 2, column 9: want long, have bool"},
		{"{a: 1 + true} has a", "error: line 2, column 9: want long, have bool"},
	};

	(void)state;
	rig_eval_all(cases, T_COUNT(cases));
}

static void patterns(void **state) {
	static const struct rig_case cases[] = {
		{"\"\" like \"\"", "true"},
		{"\"\" like \"*\"", "true"},
		{"\"\" like \"**\"", "true"},
		{"\"a\" like \"\"", "false"},
		{"\"abc\" like \"abc\"", "true"},
		{"\"abc\" like \"ab\"", "false"},
		{"\"abc\" like \"a*\"", "true"},
		{"\"abc\" like \"*c\"", "true"},
		{"\"abc\" like \"*b*\"", "true"},
		{"\"abc\" like \"a*b*c\"", "true"},
		{"\"abc\" like \"a*c*b\"", "false"},
		{"\"aba\" like \"ab*ba\"", "false"},
		{"\"abab\" like \"ab*ab\"", "true"},
		{"\"abcabc\" like \"*abc\"", "true"},
		{"\"abcabd\" like \"*abc\"", "false"},
		{"\"a*b\" like \"a\\*b\"", "true"},
		{"\"axb\" like \"a\\*b\"", "false"},
		{"\"axb\" like \"a\\x2ab\" && \"axb\" like \"a\\u{2a}b\"", "true"},
		{"\"\\u{1F600}x\" like \"*x\"", "true"},
		{"\"\\u{e9}\" like \"\\u{e9}*\"", "true"},
		{"\"a\\0b\" like \"*\\0*\"", "true"},
		{"\"aaaaaaaaaaaaaaaaaaaaaaaaaaab\" like \"*a*a*a*a*a*a*a*a*c\"", "false"},
		{"1 like \"a\"", E1 "want string, have long"},
	};

	(void)state;
	rig_eval_all(cases, T_COUNT(cases));
}

/* Against a matcher that tries everything, over all short words of two letters. */
static bool matches(const char *text, const char *pattern) {
	if (*pattern == '\0')
		return *text == '\0';
	if (*pattern == '*')
		return matches(text, pattern + 1) || (*text != '\0' && matches(text + 1, pattern));
	return *text == *pattern && matches(text + 1, pattern + 1);
}

static void patterns_exhaustive(void **state) {
	struct sr_buf text;
	struct sr_err e = {0};
	struct sr_cedar_entities *s = rig_entities("[]");
	struct sr_cedar_policies *p = NULL;
	size_t count = 0;

	(void)state;
	/* One policy for each of 3^1 + .. + 3^4 patterns; each decision asks them all. */
	sr_buf_init(&text);
	char list[120][5];
	for (size_t len = 1; len <= 4; len++) {
		size_t all = len == 1 ? 3 : len == 2 ? 9 : len == 3 ? 27 : 81;
		for (size_t n = 0; n < all; n++) {
			size_t v = n;
			for (size_t i = 0; i < len; i++, v /= 3)
				list[count][i] = "ab*"[v % 3];
			list[count][len] = '\0';
			sr_buf_printf(&text,
				"permit(principal, action, resource) when { context.t like "
				"\"%s\" };",
				list[count]);
			count++;
		}
	}
	assert_int_equal(count, 120);
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	assert_ok(sr_cedar_policies_parse(p, sr_buf_view(&text), &e), &e);
	for (size_t len = 0; len <= 6; len++)
		for (size_t n = 0; n < (size_t)1 << len; n++) {
			char word[8] = "";
			char context[32];
			struct sr_cedar_answer *a = NULL;
			size_t want = 0;
			for (size_t i = 0; i < len; i++)
				word[i] = (n >> i & 1) != 0 ? 'a' : 'b';
			(void)snprintf(context, sizeof context, "{\"t\":\"%s\"}", word);
			struct sr_cedar_request *r = rig_request(context);
			assert_ok(sr_cedar_authorize(&a, p, s, r, &e), &e);
			for (size_t i = 0; i < count; i++) {
				bool have = want < a->reason_count &&
					    a->reasons[want] == sr_cedar_policies_get(p, i);
				if (have != matches(word, list[i]))
					fail_msg("\"%s\" like \"%s\"", word, list[i]);
				want += have ? 1 : 0;
			}
			assert_int_equal(want, a->reason_count);
			sr_cedar_answer_free(a);
			sr_cedar_request_free(r);
		}
	sr_cedar_policies_free(p);
	sr_cedar_entities_free(s);
	sr_buf_free(&text);
}

static void unicode(void **state) {
	static const struct rig_case cases[] = {
		{"\"\\u{41}\\x42\" == \"AB\"", "true"},
		{"\"\\u{0_0_4_1_}\" == \"A\"", "true"},
		{"\"\\u{10FFFF}\" == \"\xf4\x8f\xbf\xbf\"", "true"},
		{"\"\\n\\r\\t\\0\\\\\\\"\\'\" == \"\\u{a}\\u{d}\\u{9}\\u{0}\\u{5c}\\u{22}\\u{27}\"",
			"true"},
		{"\"\xc3\xa9\" == \"e\\u{301}\"", "false"}, /* no normalisation */
		{"\"a\nb\" == \"a\\nb\"", "true"},
		{"{\"\\u{e9}\": 1}[\"\xc3\xa9\"] == 1", "true"},
		{"User::\"\\u{61}\" == principal", "true"},
	};

	(void)state;
	rig_eval_all(cases, T_COUNT(cases));
}

/* --- limits ---------------------------------------------------------------------------------- */

/* As deep and as long as is allowed, on a small stack. */
static void *on_small_stack(void *arg) {
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_entities *s = NULL;
	struct sr_cedar_request *r = NULL;
	struct sr_cedar_answer *a = NULL;
	struct sr_cedar_request_parts parts = {{sr_bytes_str("U"), sr_bytes_str("a")},
		{sr_bytes_str("Action"), sr_bytes_str("v")}, {sr_bytes_str("R"), sr_bytes_str("r")},
		sr_bytes_str("{}")};
	struct sr_buf json;
	int rc = sr_cedar_policies_new(&p, NULL);

	sr_buf_init(&json);
	if (rc == 0)
		rc = sr_cedar_policies_parse(p, sr_bytes_str(arg), NULL);
	if (rc == 0)
		rc = sr_cedar_policy_json(sr_cedar_policies_get(p, 0), &json, NULL);
	if (rc == 0)
		rc = sr_cedar_policies_add_json(p, sr_bytes_str("x"), sr_buf_view(&json), NULL);
	if (rc == 0)
		rc = sr_cedar_entities_load(&s, sr_bytes_str("[]"), NULL);
	if (rc == 0)
		rc = sr_cedar_request_new(&r, &parts, NULL);
	if (rc == 0)
		rc = sr_cedar_authorize(&a, p, s, r, NULL);
	bool allow = rc == 0 && a->decision == SR_CEDAR_ALLOW;
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
	sr_buf_free(&json);
	return allow ? arg : NULL;
}

static void stack(void **state) {
	static const struct {
		const char *before, *body, *after;
		size_t count;
	} shapes[] = {
		{"(", "true", ")", SR_CEDAR_DEPTH_MAX - 1},
		{"!(", "true", ")", SR_CEDAR_DEPTH_MAX - 2},
		{"true && ", "true", "", SR_CEDAR_HEIGHT_MAX - 1},
		{"if true then true else ", "true", "", SR_CEDAR_DEPTH_MAX - 1},
	};
	size_t size = 1 << 20;

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	size *= 16; /* their frames are far larger */
#endif
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	size = 16 << 20;
#endif
#endif
	for (size_t i = 0; i < T_COUNT(shapes); i++) {
		char *before = rig_repeat(shapes[i].before, shapes[i].count);
		char *after = rig_repeat(shapes[i].after, shapes[i].count);
		struct sr_buf text;
		pthread_attr_t attr;
		pthread_t thread;
		void *result = NULL;
		sr_buf_init(&text);
		sr_buf_printf(&text, "permit(principal, action, resource) when { %s%s%s };", before,
			shapes[i].body, after);
		sr_buf_put_u8(&text, 0);
		assert_int_equal(pthread_attr_init(&attr), 0);
		assert_int_equal(pthread_attr_setstacksize(&attr, size), 0);
		assert_int_equal(pthread_create(&thread, &attr, on_small_stack, text.p), 0);
		assert_int_equal(pthread_join(thread, &result), 0);
		if (result == NULL)
			fail_msg("%s..: not allowed", shapes[i].before);
		assert_int_equal(pthread_attr_destroy(&attr), 0);
		sr_buf_free(&text);
		free(before);
		free(after);
	}
}

/* A large set compared with itself over and over: the steps end, not the patience. */
static void steps(void **state) {
	char *terms = rig_repeat("[context.s] == [context.s] && ", 400);
	struct sr_buf context, text;
	struct sr_err e = {0};

	(void)state;
	sr_buf_init(&context);
	sr_buf_init(&text);
	sr_buf_put_str(&context, "{\"s\":[");
	for (int i = 0; i < 60000; i++)
		sr_buf_printf(&context, "%d,", i);
	sr_buf_put_str(&context, "0]}");
	sr_buf_put_u8(&context, 0);
	sr_buf_printf(&text, "permit(principal, action, resource) when { %strue };", terms);
	sr_buf_put_u8(&text, 0);
	struct sr_cedar_policies *p = rig_parse((const char *)text.p);
	struct sr_cedar_entities *s = rig_entities("[]");
	struct sr_cedar_request *r = rig_request((const char *)context.p);
	struct sr_cedar_answer *a = NULL;
	assert_fails(sr_cedar_authorize(&a, p, s, r, &e), SR_LIMIT, &e, "more than 10000000 steps");
	assert_null(a);
	assert_int_equal(sr_cedar_authorize(&a, p, s, r, NULL), SR_LIMIT);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
	sr_buf_free(&context);
	sr_buf_free(&text);
	free(terms);
}

/* A pattern of many pieces over a long text that nearly matches. */
static void long_pattern(void **state) {
	char *as = rig_repeat("a", 200000);
	char *stars = rig_repeat("*aaaaaaaaab", 2000);
	struct sr_buf context, text;
	struct sr_err e = {0};

	(void)state;
	sr_buf_init(&context);
	sr_buf_init(&text);
	sr_buf_printf(&context, "{\"s\":\"%s\"}", as);
	sr_buf_put_u8(&context, 0);
	sr_buf_printf(&text, "permit(principal, action, resource) when { context.s like \"%s*\" };",
		stars);
	sr_buf_put_u8(&text, 0);
	struct sr_cedar_policies *p = rig_parse((const char *)text.p);
	struct sr_cedar_entities *s = rig_entities("[]");
	struct sr_cedar_request *r = rig_request((const char *)context.p);
	struct sr_cedar_answer *a = NULL;
	assert_ok(sr_cedar_authorize(&a, p, s, r, &e), &e);
	assert_int_equal(a->decision, SR_CEDAR_DENY);
	assert_int_equal(a->error_count, 0);
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
	sr_buf_free(&context);
	sr_buf_free(&text);
	free(as);
	free(stars);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logic),
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(comparison),
		cmocka_unit_test(hierarchy),
		cmocka_unit_test(members),
		cmocka_unit_test(sets),
		cmocka_unit_test(patterns),
		cmocka_unit_test(patterns_exhaustive),
		cmocka_unit_test(unicode),
		cmocka_unit_test(stack),
		cmocka_unit_test(steps),
		cmocka_unit_test(long_pattern),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
