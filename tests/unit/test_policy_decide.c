/*
 * Cedar: entities and requests from JSON, the hierarchy, ids, templates and links, and the decision
 * with its reasons and errors.
 */
#include <pthread.h>

#include "policy_rig.h"

#define P "permit(principal, action, resource)"
#define F "forbid(principal, action, resource)"

/* --- JSON
 * ----------------------------------------------------------------------------------------- */

static void entities_refused(const char *json, enum sr_code code, const char *piece) {
	struct sr_cedar_entities *s = NULL;
	struct sr_err e = {0};
	int rc = sr_cedar_entities_load(&s, sr_bytes_str(json), &e);

	if (rc != (int)code || strstr(e.text, piece) == NULL)
		fail_msg("%.300s: want \"%s\", have %d \"%s\"", json, piece, rc, e.text);
	assert_null(s);
	assert_int_equal(sr_cedar_entities_load(&s, sr_bytes_str(json), NULL), code);
}

static void context_refused(const char *json, enum sr_code code, const char *piece) {
	struct sr_cedar_request *r = NULL;
	struct sr_err e = {0};
	struct sr_cedar_request_parts parts = {
		.principal = {sr_bytes_str("User"), sr_bytes_str("a")},
		.action = {sr_bytes_str("Action"), sr_bytes_str("v")},
		.resource = {sr_bytes_str("Doc"), sr_bytes_str("d")},
		.context = sr_bytes_str(json)};
	int rc = sr_cedar_request_new(&r, &parts, &e);

	if (rc != (int)code || strstr(e.text, piece) == NULL)
		fail_msg("%.300s: want \"%s\", have %d \"%s\"", json, piece, rc, e.text);
	assert_null(r);
}

static void json_syntax(void **state) {
	static const struct {
		const char *json, *piece;
	} cases[] = {
		{"", "line 1, column 1: want a JSON value, have the end of the text"},
		{"{", "want a member's name in quotes, have the end"},
		{"{\"a\"", "want ':' after a member's name, have the end"},
		{"{\"a\":", "want a JSON value, have the end"},
		{"{\"a\":1", "want ',' or '}', have the end"},
		{"{\"a\":1,}", "want a value after ',', have '}'"},
		{"{\"a\":[1,]}", "want a value after ',', have ']'"},
		{"{\"a\":[1 2]}", "line 1, column 9: want ',' or ']', have '2'"},
		{"{\"a\":1}\n {", "line 2, column 2: want nothing after the value, have '{'"},
		{"{a:1}", "want a member's name in quotes, have 'a'"},
		{"{\"a\":nul}", "want a JSON value, have 'n'"},
		{"{\"a\":True}", "want a JSON value, have 'T'"},
		{"{\"a\":'x'}", "want a JSON value, have '''"},
		{"{\"a\":01}", "want no digit after a leading zero, have '1'"},
		{"{\"a\":-}", "want a digit, have '}'"},
		{"{\"a\":+1}", "want a JSON value, have '+'"},
		{"{\"a\":.5}", "want a JSON value, have '.'"},
		{"{\"a\":1.}", "want a digit after the point, have '}'"},
		{"{\"a\":1e}", "want a digit of the exponent, have '}'"},
		{"{\"a\":\"x}", "want '\"' at the end of a string, have the end"},
		{"{\"a\":\"\n\"}", "want an escape for a control character"},
		{"{\"a\":\"\\x41\"}",
			"want an escape (\" \\ / b f n r t, or u and four hex digits)"},
		{"{\"a\":\"\\u12\"}", "want an escape"},
		{"{\"a\":\"\\ud800\"}", "not the first half of one"},
		{"{\"a\":\"\\ud800\\u0041\"}", "not the first half of one"},
		{"{\"a\":\"\\udc00\"}", "not the second half of one"},
		{"{\"a\":\"\xff\"}", "want valid UTF-8"},
		{"{\"a\":1,\"b\":2,\n\"a\":1}",
			"line 2, column 5: want each member once, have \"a\" again"},
		{"{\"b\":[{\"a\":1,\"\\u0061\":2}]}", "want each member once, have \"a\" again"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		context_refused(cases[i].json, SR_CORRUPT, cases[i].piece);
}

static void json_values(void **state) {
	static const struct {
		const char *json, *piece;
	} refused[] = {
		{"[]", "want an object as context, have an array"},
		{"null", "want an object as context, have null"},
		{"\"x\"", "want an object as context, have a string"},
		{"{\"a\":null}", "line 1, column 6: want a boolean, a 64-bit integer, a string"},
		{"{\"a\":[[null]]}", "have null"},
		{"{\"a\":1.0}", "have a number that is no 64-bit integer"},
		{"{\"a\":1e3}", "have a number that is no 64-bit integer"},
		{"{\"a\":-0}", "have a number that is no 64-bit integer"},
		{"{\"a\":9223372036854775808}", "have a number that is no 64-bit integer"},
		{"{\"a\":-9223372036854775809}", "have a number that is no 64-bit integer"},
		{"{\"a\":{\"__expr\":\"1\"}}", "have \"__expr\", which is out of use"},
		{"{\"a\":{\"__entity\":{\"type\":\"A :: B\",\"id\":\"\"}}}",
			"want an entity type, have \"A :: B\""},
		{"{\"a\":{\"__entity\":{\"type\":\"in\",\"id\":\"\"}}}",
			"want an entity type, have \"in\""},
		{"{\"a\":{\"__extn\":{\"fn\":\"foo\",\"arg\":1}}}",
			"want an extension function, have \"foo\""},
		{"{\"a\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"x\"}}}",
			"line 1, column 16: ip(\"x\"): no IPv4"},
		{"{\"a\":{\"__extn\":{\"fn\":\"decimal\",\"arg\":1}}}",
			"decimal wants string as argument 1, has long"},
		{"{\"a\":{\"__extn\":{\"fn\":\"ip\",\"args\":[]}}}", "ip takes 1 argument, has 0"},
		{"{\"a\":{\"__extn\":{\"fn\":\"ip\",\"args\":[1,2,3,4]}}}",
			"ip takes 1 argument, has 4"},
		{"{\"__entity\":{\"type\":\"U\",\"id\":\"a\"}}",
			"want a record as context, have a value of type entity"},
	};
	static const struct {
		const char *json, *expr;
	} accepted[] = {
		{"{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
			"context.a == 9223372036854775807 && context.b == -9223372036854775808"},
		{"{\"a\":{\"__entity\":{\"type\":\"N::U\",\"id\":\"\",\"x\":1}}}",
			"context.a == N::U::\"\""},
		{"{\"a\":{\"__entity\":{\"type\":\"U\",\"id\":\"\"},\"z\":1}}", "context.a.z == 1"},
		{"{\"a\":{\"__entity\":{\"type\":\"U\"}}}", "context.a has \"__entity\""},
		{"{\"a\":{\"__extn\":{\"arg\":1}}}", "context.a has \"__extn\""},
		{"{\"a\":{\"__extn\":{\"fn\":\"ip\"}}}", "context.a has \"__extn\""},
		{"{\"a\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"::\",\"z\":1}}}",
			"context.a == ip(\"::\")"},
		{"{\"a\":{\"__extn\":{\"fn\":\"isIpv4\",\"arg\":{\"__extn\":{\"fn\":\"ip\","
		 "\"arg\":\"::\"}}}}}",
			"context.a == false"},
		{"{\"a\":[1,\"x\",[],{},1]}", "context.a == [{}, [], \"x\", 1]"},
		{"{\"\":1,\"\\u0000\":2}", "context[\"\"] == 1 && context[\"\\0\"] == 2"},
		{"{\"a\":\"\\ud83d\\ude00\\/\\b\\f\"}", "context.a == \"\\u{1F600}/\\u{8}\\u{c}\""},
		{" {\t\"a\" :\r\n[ ] } ", "context.a == []"},
		{"{\"__extn\":1}", "context[\"__extn\"] == 1"},
		{"{\"a\":{\"__expr\":1},\"b\":{\"__expr\":\"1\",\"c\":2}}",
			"context.a[\"__expr\"] == 1 && context.b.c == 2"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(refused); i++)
		context_refused(refused[i].json, SR_CORRUPT, refused[i].piece);
	for (size_t i = 0; i < T_COUNT(accepted); i++) {
		struct sr_cedar_entities *s = rig_entities("[]");
		struct sr_cedar_request *r = rig_request(accepted[i].json);
		struct sr_cedar_answer *a = NULL;
		struct sr_err e = {0};
		char text[300];
		(void)snprintf(text, sizeof text, P " when { %s };", accepted[i].expr);
		struct sr_cedar_policies *p = rig_parse(text);
		assert_ok(sr_cedar_authorize(&a, p, s, r, &e), &e);
		if (a->decision != SR_CEDAR_ALLOW)
			fail_msg("%s: %s", accepted[i].json,
				a->error_count > 0 ? a->errors[0].text : "false");
		sr_cedar_answer_free(a);
		sr_cedar_request_free(r);
		sr_cedar_policies_free(p);
		sr_cedar_entities_free(s);
	}
}

static void json_depth(void **state) {
	char *open = rig_repeat("[", SR_CEDAR_JSON_DEPTH_MAX);
	char *close = rig_repeat("]", SR_CEDAR_JSON_DEPTH_MAX);
	char *more = rig_repeat("[", 1000000);
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	sr_buf_printf(&b, "{\"a\":%s%s}", open + 1, close + 1);
	sr_buf_put_u8(&b, 0);
	sr_cedar_request_free(rig_request((const char *)b.p));
	sr_buf_clear(&b);
	sr_buf_printf(&b, "{\"a\":%s%s}", open, close);
	sr_buf_put_u8(&b, 0);
	context_refused((const char *)b.p, SR_LIMIT, "line 1, column 133: more than 128 arrays");
	context_refused(more, SR_LIMIT, "more than 128 arrays and objects");
	entities_refused(more, SR_LIMIT, "more than 128 arrays and objects");
	sr_buf_free(&b);
	free(open);
	free(close);
	free(more);
}

static void requests(void **state) {
	static const struct {
		const char *json, *piece;
	} cases[] = {
		{"[]", "want an object, have an array"},
		{"{}", "want a member \"principal\" of the request"},
		{"{\"principal\":null,\"action\":1}",
			"principal: line 1, column 14: want {\"type\""},
		{"{\"principal\":\"User::\\\"a\\\"\"}",
			"principal: line 1, column 14: want {\"type\""},
		{"{\"principal\":{\"type\":\"U\",\"id\":1}}",
			"want {\"type\": \"...\", \"id\": \"...\"}"},
		{"{\"principal\":{\"type\":\"\",\"id\":\"\"}}", "want an entity type, have \"\""},
		{"{\"principal\":{\"type\":\"__cedar::U\",\"id\":\"\"}}",
			"want an entity type, have \"__cedar::U\""},
		{"{\"principal\":{\"type\":\"U\",\"id\":\"\"},\"action\":{\"type\":\"A\","
		 "\"id\":\"\"},"
		 "\"resource\":{\"type\":\"R\",\"id\":\"\"}}",
			"want a member \"context\" of the request"},
		{"{\"principal\":{\"type\":\"U\",\"id\":\"\"},\"action\":{\"type\":\"A\","
		 "\"id\":\"\"},"
		 "\"resource\":{\"type\":\"R\",\"id\":\"\"},\"context\":{},\"x\":1}",
			"context alone, have 5 members"},
		{"{\"principal\":{\"type\":\"U\",\"id\":\"\"},\"action\":{\"type\":\"A\","
		 "\"id\":\"\"},"
		 "\"resource\":{\"type\":\"R\",\"id\":\"\"},\"context\":[]}",
			"context: line 1, column 107: want an object as context"},
	};
	struct sr_cedar_request *r = NULL;
	struct sr_err e = {0};
	struct sr_cedar_request_parts parts = {{sr_bytes_str("a b"), sr_bytes_str("a")},
		{sr_bytes_str("Action"), sr_bytes_str("v")}, {sr_bytes_str("R"), sr_bytes_str("r")},
		sr_bytes_str("{}")};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		int rc = sr_cedar_request_load(&r, sr_bytes_str(cases[i].json), &e);
		if (rc != SR_CORRUPT || strstr(e.text, cases[i].piece) == NULL)
			fail_msg("%s: want \"%s\", have %d \"%s\"", cases[i].json, cases[i].piece,
				rc, e.text);
		assert_null(r);
	}
	assert_fails(sr_cedar_request_new(&r, &parts, &e), SR_CORRUPT, &e,
		"principal: want an entity type and an id in UTF-8, have a b");
	parts.principal.type = sr_bytes_str("U");
	parts.resource.id = sr_bytes_str("\xff");
	assert_fails(
		sr_cedar_request_new(&r, &parts, &e), SR_CORRUPT, &e, "resource: want an entity");
}

/* --- entities
 * ------------------------------------------------------------------------------------- */

#define UID(id) "{\"type\":\"U\",\"id\":\"" id "\"}"
#define ENTITY(id, parents) "{\"uid\":" UID(id) ",\"attrs\":{},\"parents\":[" parents "]}"

static void entities(void **state) {
	static const struct {
		const char *json, *piece;
	} cases[] = {
		{"{}", "want an array of entities, have an object"},
		{"[1]", "want an entity with \"uid\", \"attrs\" and \"parents\", have a number"},
		{"[{\"uid\":" UID("a") ",\"attrs\":{}}]", "line 1, column 2: want an entity with"},
		{"[{\"uid\":" UID("a") ",\"parents\":[]}]", "want an entity with"},
		{"[{\"attrs\":{},\"parents\":[]}]", "want an entity with"},
		{"[{\"uid\":\"U::\\\"a\\\"\",\"attrs\":{},\"parents\":[]}]",
			"line 1, column 9: want {\"type\""},
		{"[{\"uid\":" UID("a") ",\"attrs\":[],\"parents\":[]}]",
			"want an object, have an array"},
		{"[{\"uid\":" UID("a") ",\"attrs\":{},\"parents\":{}}]",
			"want an array of parents"},
		{"[{\"uid\":" UID("a") ",\"attrs\":{},\"parents\":[1]}]", "want {\"type\""},
		{"[{\"uid\":" UID("a") ",\"attrs\":{},\"parents\":[],\"tags\":null}]",
			"want an object, have null"},
		{"[{\"uid\":" UID("a") ",\"attrs\":{\"k\":null},\"parents\":[]}]", "have null"},
		{"[" ENTITY("a", UID("a")) "]",
			"want no cycle of parents, have U::\"a\" as its own ancestor"},
		{"[" ENTITY("a", UID("b")) "," ENTITY("b", UID("c")) "," ENTITY("c", UID("a")) "]",
			"want no cycle of parents"},
		{"[" ENTITY("a", "") ",\n{\"uid\":" UID(
			 "a") ",\"attrs\":{\"k\":1},\"parents\":[]}]",
			"want U::\"a\" once, have it with other content in line "},
		{"[" ENTITY("a", "") "," ENTITY("a", UID("b")) "]", "want U::\"a\" once"},
		{"[{\"uid\":{\"type\":\"Action\",\"id\":\"a\"},\"attrs\":{},\"parents\":[" UID(
			 "b") "]}]",
			"want an action as parent of an action, have type U"},
	};
	struct sr_cedar_entities *s = NULL;

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		entities_refused(cases[i].json, SR_CORRUPT, cases[i].piece);
	s = rig_entities("[]");
	assert_int_equal(sr_cedar_entities_count(s), 0);
	sr_cedar_entities_free(s);
	s = rig_entities("[" ENTITY("a", UID("b") "," UID("b")) "," ENTITY(
		"a", UID("b")) ","
			       "{\"uid\":{\"__entity\":" UID(
				       "c") "},\"attrs\":{},\"parents\":[],\"other\":null}]");
	assert_int_equal(sr_cedar_entities_count(s), 2);
	sr_cedar_entities_free(s);
	sr_cedar_entities_free(NULL);
}

/* ${count} entities, each the parent of the one before, and whether the first is in the last. */
static void chain(size_t count, struct sr_buf *out) {
	sr_buf_clear(out);
	sr_buf_put_str(out, "[");
	for (size_t i = 0; i < count; i++)
		sr_buf_printf(out,
			"%s{\"uid\":{\"type\":\"U\",\"id\":\"%zu\"},\"attrs\":{},"
			"\"parents\":[{\"type\":\"U\","
			"\"id\":\"%zu\"}]}",
			i == 0 ? "" : ",", i, i + 1);
	sr_buf_put_str(out, "]");
	sr_buf_put_u8(out, 0);
}

static void hierarchy(void **state) {
	struct sr_buf b;
	struct sr_err e = {0};
	struct sr_cedar_answer *a = NULL;

	(void)state;
	sr_buf_init(&b);
	chain(2000, &b);
	struct sr_cedar_entities *s = rig_entities((const char *)b.p);
	struct sr_cedar_request *r = rig_request("{}");
	struct sr_cedar_policies *p = rig_parse(
		P " when { U::\"0\" in U::\"2000\" && U::\"7\" in U::\"8\" && !(U::\"8\" in "
		  "U::\"7\") };");
	assert_ok(sr_cedar_authorize(&a, p, s, r, &e), &e);
	assert_int_equal(a->decision, SR_CEDAR_ALLOW);
	sr_cedar_answer_free(a);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
	sr_cedar_request_free(r);
	/* 2^31 pairs are not made. */
	chain(65000, &b);
	entities_refused(
		(const char *)b.p, SR_LIMIT, "more than 4194304 pairs of entity and ancestor");
	/* Nor does a lattice cost more than its pairs: 60 rows of 60, each below all of the next.
	 */
	sr_buf_clear(&b);
	for (int row = 0; row < 60; row++)
		for (int i = 0; i < 60; i++) {
			sr_buf_printf(&b,
				"%s{\"uid\":{\"type\":\"U\",\"id\":\"%d-%d\"},\"attrs\":{},"
				"\"parents\":[",
				row + i == 0 ? "[" : ",", row, i);
			for (int j = 0; j < 60; j++)
				sr_buf_printf(&b, "%s{\"type\":\"U\",\"id\":\"%d-%d\"}",
					j == 0 ? "" : ",", row + 1, j);
			sr_buf_put_str(&b, "]}");
		}
	sr_buf_put_str(&b, "]");
	sr_buf_put_u8(&b, 0);
	entities_refused((const char *)b.p, SR_LIMIT, "more than 4194304 pairs");
	sr_buf_free(&b);
}

static void many_entities(void **state) {
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	for (int i = 0; i < 100000; i++)
		sr_buf_printf(&b,
			"%s{\"uid\":{\"type\":\"U\",\"id\":\"%d\"},\"attrs\":{},\"parents\":[]}",
			i == 0 ? "[" : ",", i);
	sr_buf_put_str(&b, "]");
	sr_buf_put_u8(&b, 0);
	entities_refused(
		(const char *)b.p, SR_LIMIT, "have 100000 entities, at most 65536 are taken");
	sr_buf_clear(&b);
	for (int i = 0; i < SR_CEDAR_ENTITIES_MAX; i++)
		sr_buf_printf(&b,
			"%s{\"uid\":{\"type\":\"U\",\"id\":\"%d\"},\"attrs\":{\"n\":%d},"
			"\"parents\":[{\"type\":"
			"\"G\",\"id\":\"%d\"}]}",
			i == 0 ? "[" : ",", i, i, i % 100);
	sr_buf_put_str(&b, "]");
	sr_buf_put_u8(&b, 0);
	struct sr_cedar_entities *s = rig_entities((const char *)b.p);
	assert_int_equal(sr_cedar_entities_count(s), SR_CEDAR_ENTITIES_MAX);
	sr_cedar_entities_free(s);
	char *spaces = rig_repeat(" ", SR_CEDAR_JSON_MAX + 1);
	entities_refused(spaces, SR_LIMIT, "have 16777217 bytes of entities, at most 16777216");
	context_refused(spaces, SR_LIMIT, "have 16777217 bytes of JSON, at most 16777216");
	free(spaces);
	/* Small values in their millions end at the memory, not at the machine's. */
	char *ones = rig_repeat(",1", 8000000);
	ones[0] = '[';
	entities_refused(ones, SR_LIMIT, "needs more than 268435456 bytes of memory");
	free(ones);
	sr_buf_free(&b);
}

/* --- ids, templates, links
 * ------------------------------------------------------------------------- */

static void ids(void **state) {
	struct sr_cedar_policies *p = rig_parse(P ";" F ";");
	struct sr_err e = {0};
	const struct sr_cedar_policy *policy = NULL;

	(void)state;
	policy = sr_cedar_policies_get(p, 1);
	assert_true(sr_bytes_eq(policy->id, sr_bytes_str("policy1")));
	assert_true(policy->forbid);
	assert_int_equal(policy->line, 1);
	assert_int_equal(policy->column, 37);
	assert_null(policy->template_id.p);
	assert_null(sr_cedar_policies_get(p, 2));
	assert_ok(sr_cedar_policies_parse(p, sr_bytes_str("\n " P ";"), &e), &e);
	policy = sr_cedar_policies_find(p, sr_bytes_str("policy2"));
	assert_non_null(policy);
	assert_int_equal(policy->line, 2);
	assert_int_equal(policy->column, 2);
	assert_ok(sr_cedar_policies_add(p, sr_bytes_str("policy4"), sr_bytes_str(P ";"), &e), &e);
	assert_fails(sr_cedar_policies_parse(p, sr_bytes_str(P ";" P ";"), &e), SR_EXISTS, &e,
		"the id \"policy4\" is taken");
	assert_int_equal(sr_cedar_policies_count(p), 4);
	assert_ok(sr_cedar_policies_parse(p, sr_bytes_str(P ";"), &e), &e);
	assert_non_null(sr_cedar_policies_find(p, sr_bytes_str("policy3")));
	assert_fails(sr_cedar_policies_add(p, sr_bytes_str("policy4"), sr_bytes_str(P ";"), &e),
		SR_EXISTS, &e, "is taken");
	assert_fails(sr_cedar_policies_add(p, sr_bytes_str("x"), sr_bytes_str(""), &e), SR_CORRUPT,
		&e, "want one policy or template, have 0");
	assert_fails(sr_cedar_policies_add(p, sr_bytes_str("x"), sr_bytes_str(P ";" P ";"), &e),
		SR_CORRUPT, &e, "want one policy or template, have 2");
	assert_fails(sr_cedar_policies_add(p, sr_bytes_str("\xff"), sr_bytes_str(P ";"), &e),
		SR_CORRUPT, &e, "the id \"\\xff\" is not valid UTF-8");
	assert_null(sr_cedar_policies_find(p, sr_bytes_str("x")));
	sr_cedar_policies_free(p);
	sr_cedar_policies_free(NULL);
}

/* One by one, in no order of ids: all are found, in the order added. */
static void growth(void **state) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};
	char id[16];

	(void)state;
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	for (int i = 0; i < 300; i++) {
		(void)snprintf(id, sizeof id, "p%d", i * 7 % 300);
		assert_ok(sr_cedar_policies_add(p, sr_bytes_str(id), sr_bytes_str(P ";"), &e), &e);
	}
	for (int i = 0; i < 300; i++) {
		(void)snprintf(id, sizeof id, "p%d", i * 7 % 300);
		assert_ptr_equal(sr_cedar_policies_find(p, sr_bytes_str(id)),
			sr_cedar_policies_get(p, (size_t)i));
	}
	sr_cedar_policies_free(p);
}

static void annotations(void **state) {
	struct sr_cedar_policies *p =
		rig_parse("@id(\"r\\u{e9}ad\") @why @title(\"\") " P " when { true };");
	const struct sr_cedar_policy *policy = sr_cedar_policies_get(p, 0);

	(void)state;
	assert_int_equal(policy->annotation_count, 3);
	assert_true(sr_bytes_eq(policy->annotations[0].key, sr_bytes_str("id")));
	assert_true(sr_bytes_eq(policy->annotations[0].value, sr_bytes_str("r\xc3\xa9"
									   "ad")));
	assert_false(policy->annotations[0].bare);
	assert_true(policy->annotations[1].bare);
	assert_int_equal(policy->annotations[1].value.len, 0);
	assert_false(policy->annotations[2].bare);
	assert_true(sr_bytes_eq(policy->id, sr_bytes_str("policy0"))); /* @id means nothing */
	sr_cedar_policies_free(p);
}

static bool allowed(const struct sr_cedar_policies *p, const char *reason) {
	struct sr_cedar_entities *s = rig_entities(rig_world);
	struct sr_cedar_request *r = rig_request("{}");
	struct sr_cedar_answer *a = NULL;
	struct sr_err e = {0};
	assert_ok(sr_cedar_authorize(&a, p, s, r, &e), &e);
	bool allow = a->decision == SR_CEDAR_ALLOW;
	assert_int_equal(a->error_count, 0);
	assert_int_equal(a->reason_count, reason == NULL ? 0 : 1);
	if (reason != NULL)
		assert_true(sr_bytes_eq(a->reasons[0]->id, sr_bytes_str(reason)));
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	return allow;
}

static void templates(void **state) {
	const struct sr_cedar_uid group = {sr_bytes_str("Group"), sr_bytes_str("h")};
	const struct sr_cedar_uid doc = {sr_bytes_str("Doc"), sr_bytes_str("d")};
	const struct sr_cedar_uid bad = {sr_bytes_str("a b"), sr_bytes_str("d")};
	struct sr_cedar_policies *p =
		rig_parse("permit(principal in ?principal, action, resource == ?resource) when { "
			  "principal.n == 1 };\n"
			  "forbid(principal is User in ?principal, action, resource);\n"
			  "permit(principal == User::\"b\", action, resource);");
	struct sr_cedar_link link = {
		.template_id = sr_bytes_str("policy0"), .id = sr_bytes_str("l")};
	struct sr_err e = {0};
	struct sr_buf text;

	(void)state;
	assert_int_equal(sr_cedar_policies_get(p, 0)->slots,
		SR_CEDAR_SLOT_PRINCIPAL | SR_CEDAR_SLOT_RESOURCE);
	assert_int_equal(sr_cedar_policies_get(p, 1)->slots, SR_CEDAR_SLOT_PRINCIPAL);
	assert_int_equal(sr_cedar_policies_get(p, 2)->slots, 0);
	assert_false(allowed(p, NULL)); /* unlinked templates take no part */
	assert_fails(sr_cedar_policies_link(p, &link, &e), SR_CORRUPT, &e,
		"want a value for the slot ?principal, have none");
	link.principal = &group;
	assert_fails(sr_cedar_policies_link(p, &link, &e), SR_CORRUPT, &e,
		"want a value for the slot ?resource, have none");
	link.resource = &bad;
	assert_fails(sr_cedar_policies_link(p, &link, &e), SR_CORRUPT, &e,
		"?resource: want an entity type and an id in UTF-8, have a b");
	link.resource = &doc;
	assert_ok(sr_cedar_policies_link(p, &link, &e), &e);
	assert_true(allowed(p, "l"));
	assert_fails(sr_cedar_policies_link(p, &link, &e), SR_EXISTS, &e, "the id \"l\" is taken");
	link.id = sr_bytes_str("policy1");
	assert_fails(
		sr_cedar_policies_link(p, &link, &e), SR_EXISTS, &e, "the id \"policy1\" is taken");
	link.template_id = sr_bytes_str("policy2");
	link.id = sr_bytes_str("m");
	assert_fails(sr_cedar_policies_link(p, &link, &e), SR_NOTFOUND, &e,
		"there is no template \"policy2\"");
	link.template_id = sr_bytes_str("l");
	assert_fails(sr_cedar_policies_link(p, &link, &e), SR_NOTFOUND, &e, "there is no template");
	link.template_id = sr_bytes_str("policy1");
	assert_fails(sr_cedar_policies_link(p, &link, &e), SR_CORRUPT, &e,
		"want no value for the slot ?resource, which the template has not");
	link.resource = NULL;
	assert_ok(sr_cedar_policies_link(p, &link, &e), &e);
	assert_false(allowed(p, "m"));
	const struct sr_cedar_policy *l = sr_cedar_policies_find(p, sr_bytes_str("l"));
	assert_int_equal(l->slots, 0);
	assert_true(sr_bytes_eq(l->template_id, sr_bytes_str("policy0")));
	sr_buf_init(&text);
	assert_ok(sr_cedar_policy_text(l, &text, &e), &e);
	sr_buf_put_u8(&text, 0);
	assert_string_equal((const char *)text.p,
		"permit (principal in Group::\"h\", action, resource == Doc::\"d\")\n"
		"when { principal.n == 1 };\n");
	sr_buf_free(&text);
	sr_cedar_policies_free(p);
}

/* --- the decision
 * ----------------------------------------------------------------------------------- */

static void decision(void **state) {
	static const struct {
		const char *policies;
		bool allow;
		const char *reasons, *errors; /* numbers of policies */
	} cases[] = {
		{"", false, "", ""},
		{P ";", true, "0", ""},
		{F ";", false, "0", ""},
		{P ";" F ";" P ";", false, "1", ""},
		{P ";" P ";", true, "01", ""},
		{F ";" F ";" P ";", false, "01", ""},
		{P " when { false };" F " when { false };", false, "", ""},
		{P ";" F " when { context.missing };", true, "0", "1"}, /* Cedar's own answer */
		{P " when { 1 };" F " unless { 1 };", false, "", "01"},
		{P ";" F ";" P " when { 1 };", false, "1", "2"},
		{P " when { true } unless { false } when { true };", true, "0", ""},
		{P " when { false } when { 1 };", false, "", ""},
		{P " unless { true } unless { 1 };", false, "", ""},
		{P " when { true } when { 1 };", false, "", "0"},
		{"permit(principal == User::\"b\", action, resource) when { 1 };" P ";", true, "1",
			""},
		{"permit(principal == User::\"a\", action == Action::\"v\", resource == "
		 "Doc::\"d\");",
			true, "0", ""},
		{"permit(principal in Group::\"h\", action in Action::\"v\", resource in "
		 "Doc::\"d\");",
			true, "0", ""},
		{"permit(principal is User in Group::\"h\", action, resource is Doc);", true, "0",
			""},
		{"permit(principal is Group, action, resource);", false, "", ""},
		{"permit(principal is User in Group::\"x\", action, resource);", false, "", ""},
		{"permit(principal, action in [Action::\"x\", Action::\"v\"], resource);", true,
			"0", ""},
		{"permit(principal, action in [], resource);", false, "", ""},
		{"permit(principal, action == Action::\"x\", resource) when { 1 };", false, "", ""},
		{"permit(principal, action, resource in Doc::\"x\") when { 1 };", false, "", ""},
	};
	struct sr_cedar_entities *s = rig_entities(rig_world);
	struct sr_cedar_request *r = rig_request("{}");
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_cedar_policies *p = rig_parse(cases[i].policies);
		struct sr_cedar_answer *a = NULL;
		char reasons[8] = "";
		char errors[8] = "";
		assert_ok(sr_cedar_authorize(&a, p, s, r, &e), &e);
		for (size_t j = 0; j < a->reason_count; j++)
			reasons[j] = (char)a->reasons[j]->id.p[6];
		for (size_t j = 0; j < a->error_count; j++)
			errors[j] = (char)a->errors[j].policy->id.p[6];
		if ((a->decision == SR_CEDAR_ALLOW) != cases[i].allow ||
			strcmp(reasons, cases[i].reasons) != 0 ||
			strcmp(errors, cases[i].errors) != 0)
			fail_msg("%s: %d, reasons %s, errors %s", cases[i].policies,
				(int)a->decision, reasons, errors);
		sr_cedar_answer_free(a);
		sr_cedar_policies_free(p);
	}
	sr_cedar_answer_free(NULL);
	sr_cedar_request_free(r);
	sr_cedar_request_free(NULL);
	sr_cedar_entities_free(s);
}

/* Many threads share policies, entities and request; all answer alike. */
struct shared {
	const struct sr_cedar_policies *p;
	const struct sr_cedar_entities *s;
	const struct sr_cedar_request *r;
};

static void *ask(void *arg) {
	const struct shared *x = arg;
	for (int i = 0; i < 500; i++) {
		struct sr_cedar_answer *a = NULL;
		if (sr_cedar_authorize(&a, x->p, x->s, x->r, NULL) != 0)
			return NULL;
		bool same = a->decision == SR_CEDAR_ALLOW && a->reason_count == 2 &&
			    a->error_count == 1;
		sr_cedar_answer_free(a);
		if (!same)
			return NULL;
	}
	return arg;
}

static void threads(void **state) {
	struct sr_cedar_policies *p = rig_parse(
		P " when { principal in Group::\"h\" };" P ";" F " when { principal.none };");
	struct sr_cedar_entities *s = rig_entities(rig_world);
	struct sr_cedar_request *r = rig_request("{}");
	struct shared x = {p, s, r};
	pthread_t t[4];

	(void)state;
	for (size_t i = 0; i < T_COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, ask, &x), 0);
	for (size_t i = 0; i < T_COUNT(t); i++) {
		void *result = NULL;
		assert_int_equal(pthread_join(t[i], &result), 0);
		assert_non_null(result);
	}
	sr_cedar_policies_free(p);
	sr_cedar_entities_free(s);
	sr_cedar_request_free(r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_syntax),
		cmocka_unit_test(json_values),
		cmocka_unit_test(json_depth),
		cmocka_unit_test(requests),
		cmocka_unit_test(entities),
		cmocka_unit_test(hierarchy),
		cmocka_unit_test(many_entities),
		cmocka_unit_test(ids),
		cmocka_unit_test(growth),
		cmocka_unit_test(annotations),
		cmocka_unit_test(templates),
		cmocka_unit_test(decision),
		cmocka_unit_test(threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
