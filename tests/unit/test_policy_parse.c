/*
 * Cedar: what policy text is accepted, what is refused with which place and sentence, the limits,
 * and that a policy comes back the same from its text and its JSON form.
 */
#include "policy_rig.h"

#define P "permit(principal, action, resource)"
#define WHEN(expr) P "\nwhen { " expr " };"

struct refusal {
	const char *text;
	const char *piece;
};

static void refuse_all(const struct refusal *cases, size_t count) {
	for (size_t i = 0; i < count; i++)
		rig_refused(cases[i].text, SR_CORRUPT, cases[i].piece);
}

static void lexer(void **state) {
	static const struct refusal cases[] = {
		{"\xef\xbb\xbf" P ";", "line 1, column 1: no token begins with '\\u{FEFF}'"},
		{P " & ;", "line 1, column 37: no token begins with '&'"},
		{P "\n \xc3\xa9;", "line 2, column 2: no token begins with '\xc3\xa9'"},
		{WHEN("'a'"), "line 2, column 8: no token begins with '''"},
		{P "\xff;", "line 1, column 36: byte \\xff is not valid UTF-8"},
		{P "; // \xc0\x80", "line 1, column 41: byte \\xc0 is not valid UTF-8"},
		{WHEN("\"a\xed\xa0\x80\""), "line 2, column 10: byte \\xed is not valid UTF-8"},
		{WHEN("\"a"), "line 2, column 8: want '\"' at the end of this string"},
		{WHEN("\"a\\"), "line 2, column 8: want '\"' at the end of this string"},
		{WHEN("\"a\rb\" == 1"), "line 2, column 10: a string holds a carriage return"},
		{WHEN("\"a\\\nb\" == 1"),
			"line 2, column 10: a backslash before the end of the line"},
		{WHEN("\"\\q\" == 1"), "line 2, column 9: '\\\\q' is no escape: want \\n"},
		{WHEN("\"ab\\x80\" == 1"), "line 2, column 11: '\\\\x80' is no escape: want \\x"},
		{WHEN("\"\\x4\" == 1"), "is no escape: want \\x and two hex digits"},
		{WHEN("\"\\u{}\" == 1"), "is no escape: want \\u{...}"},
		{WHEN("\"\\u{_1}\" == 1"), "is no escape: want \\u{...}"},
		{WHEN("\"\\u{0000041}\" == 1"), "is no escape: want \\u{...}"},
		{WHEN("\"\\u{d800}\" == 1"), "is no escape: want \\u{...}"},
		{WHEN("\"\\u{110000}\" == 1"), "is no escape: want \\u{...}"},
		{WHEN("\"\\u0041\" == 1"), "is no escape: want \\u{...}"},
		{WHEN("\"\\*\" == 1"), "is no escape: want \\n"},
		{WHEN("\"\n\xc3\xa9\\q\" == 1"), "line 3, column 2: '\\\\q' is no escape"},
		{WHEN("\"\" like \"\\q\""), "or \\*"},
		{WHEN("? principal"), "line 2, column 8: no token begins with '?'"},
		{"/* c */ " P ";", "line 1, column 1: want '@', 'permit' or 'forbid', have '/'"},
	};

	(void)state;
	refuse_all(cases, T_COUNT(cases));
}

static void scopes(void **state) {
	static const struct refusal cases[] = {
		{"allow(principal, action, resource);",
			"line 1, column 1: want '@', 'permit' or 'forbid', have 'allow'"},
		{"PERMIT(principal, action, resource);", "have 'PERMIT'"},
		{P, "line 1, column 36: want 'when', 'unless' or ';' to end the policy, "
		    "have the end"},
		{P ";;", "line 1, column 37: want '@', 'permit' or 'forbid', have ';'"},
		{"permit;", "line 1, column 7: want '(' before the scope, have ';'"},
		{"permit(action, principal, resource);",
			"line 1, column 8: want 'principal' in the scope, have 'action'"},
		{"permit(principal, action);",
			"line 1, column 25: want '==', 'in' or ',' after the action"},
		{"permit(principal, action, resource, context);",
			"line 1, column 37: want ')' after the scope, have 'context'"},
		{"permit(principal, action, resource,,);", "want ')' after the scope, have ','"},
		{"permit((principal), action, resource);",
			"want 'principal' in the scope, have '('"},
		{"permit(principal: User, action, resource);",
			"line 1, column 17: want '==', 'in', 'is' or ',' after the "
			"principal, have ':'"},
		{"permit(principal != User::\"a\", action, resource);",
			"after the principal, have '!='"},
		{"permit(principal = User::\"a\", action, resource);",
			"after the principal, have '='"},
		{"permit(principal == User, action, resource);",
			"line 1, column 25: want '::' and the entity's id in quotes, have ','"},
		{"permit(principal == \"a\", action, resource);",
			"line 1, column 21: want an entity or a slot, have \"a\""},
		{"permit(principal in [G::\"a\"], action, resource);",
			"line 1, column 21: want an entity or a slot, have '['"},
		{"permit(principal == in::\"a\", action, resource);",
			"line 1, column 21: want a name that is not reserved, have 'in'"},
		{"permit(principal == A::if::\"a\", action, resource);",
			"line 1, column 24: want a name that is not reserved after '::', "
			"have 'if'"},
		{"permit(principal == __cedar::\"a\", action, resource);",
			"not reserved, have '__cedar'"},
		{"permit(principal == A::1, action, resource);",
			"want a name or a string after '::', have '1'"},
		{"permit(principal == (A::\"a\", action, resource);",
			"line 1, column 28: want ')', have ','"},
		{"permit(principal == A::\"a\" && true, action, resource);", "have '&&'"},
		{"permit(principal is User == User::\"a\", action, resource);", "have '=='"},
		{"permit(principal in G::\"a\" is User, action, resource);", "have 'is'"},
		{"permit(principal is (User), action, resource);", "want a name, have '('"},
		{"permit(principal is User::\"a\", action, resource);",
			"line 1, column 21: want an entity type without id after 'is', have "
			"'User'"},
		{"permit(principal has a, action, resource);", "after the principal, have 'has'"},
		{"permit(principal, action is Action, resource);",
			"line 1, column 26: want '==', 'in', ',' or ')': 'is' does not "
			"apply to an action"},
		{"permit(principal, action == [Action::\"a\"], resource);",
			"want an entity, have '['"},
		{"permit(principal, action in [[Action::\"a\"]], resource);",
			"want a name, have '['"},
		{"permit(principal, action in [,], resource);", "want a name, have ','"},
		{"permit(principal, action in [Action::\"a\" Action::\"b\"], resource);",
			"want ',' or ']', have 'Action'"},
		{"permit(principal, action == User::\"a\", resource);",
			"line 1, column 29: want an entity of type Action, have one of type User"},
		{"permit(principal, action in [Action::\"a\", Actions::\"b\"], resource);",
			"line 1, column 43: want an entity of type Action, have one of type "
			"Actions"},
		{"permit(principal, action == Action::A::\"a\", resource);",
			"have one of type Action::A"},
		{"permit(principal == ?resource, action, resource);",
			"line 1, column 21: want an entity or the slot ?principal, have "
			"'?resource'"},
		{"permit(principal == ?other, action, resource);", "have '?other'"},
		{"permit(principal, action == ?principal, resource);", "an action takes no slot"},
		{"permit(principal is ?principal, action, resource);",
			"want a name, have '?principal'"},
		{P " where { true };",
			"want 'when', 'unless' or ';' to end the policy, have 'where'"},
		{P " when true;", "want '{' before the condition, have 'true'"},
		{P " when { };", "line 1, column 44: want an expression, have '}'"},
		{P " when { true } @a;", "to end the policy, have '@'"},
		{P " when { true", "want an operator or '}' after the condition, have the end"},
		{"@1 " P ";", "line 1, column 2: want a name after '@', have '1'"},
		{"@a() " P ";", "line 1, column 4: want a string in the annotation, have ')'"},
		{"@a(\"x\", \"y\") " P ";", "want ')' after the annotation, have ','"},
		{"@a(\"x\"); " P ";",
			"want '@', 'permit' or 'forbid' after the annotation, have ';'"},
		{"@a\n@b(\"1\")\n @a(\"x\") " P ";",
			"line 3, column 2: want each annotation once, have \"a\" again"},
	};

	(void)state;
	refuse_all(cases, T_COUNT(cases));
}

static void expressions(void **state) {
	static const struct refusal cases[] = {
		{WHEN("1 < 2 < 3"),
			"line 2, column 14: want parentheses: relations do not chain, have '<'"},
		{WHEN("principal has a == true"), "relations do not chain, have '=='"},
		{WHEN("1 in 2 in 3"), "relations do not chain, have 'in'"},
		{WHEN("\"a\" like \"b\" like \"c\""), "want an operator or '}'"},
		{WHEN("principal is A is B"),
			"want an operator or '}' after the condition, have 'is'"},
		{WHEN("!!!!!true"), "line 2, column 12: want at most four '!' in a row"},
		{WHEN("-----1 == 1"), "line 2, column 12: want at most four '-' in a row"},
		{WHEN("!-1"), "line 2, column 9: want an expression, have '-'"},
		{WHEN("-!true"), "want an expression, have '!'"},
		{WHEN("9223372036854775808 == 1"), "line 2, column 8: want an integer from -922"},
		{WHEN("-9223372036854775809 == 1"), "want an integer from -922"},
		{WHEN("-(9223372036854775808) == 1"), "want an integer from -922"},
		{WHEN("-9223372036854775808.a"), "want an integer from -922"},
		{WHEN("99999999999999999999999999 == 1"), "want an integer from -922"},
		{WHEN("4 / 2 == 2"),
			"line 2, column 10: want another operator: Cedar does not divide"},
		{WHEN("4 % 2 == 2"), "Cedar does not divide, have '%'"},
		{WHEN("1 = 1"), "want an operator or '}' after the condition, have '='"},
		{WHEN("true && if true then true else false"),
			"line 2, column 16: want parentheses around an 'if' that is an "
			"operand, have 'if'"},
		{WHEN("if true then 1"), "want an operator or 'else', have '}'"},
		{WHEN("if true else 1"), "want an operator or 'then', have 'else'"},
		{WHEN("foo"), "line 2, column 8: want principal, action, resource, context"},
		{WHEN("User.a"), "have 'User'"},
		{WHEN("A::B"), "have 'A::B'"},
		{WHEN("foo(1)"), "want ip, decimal, datetime or duration before '(', have 'foo'"},
		{WHEN("A::ip(\"::\")"), "have 'A::ip'"},
		{WHEN("unknown(\"x\")"), "have 'unknown'"},
		{WHEN("isIpv4(1)"), "have 'isIpv4', which is a method"},
		{WHEN("contains([1], 1)"), "have 'contains'"},
		{WHEN("principal()"), "have 'principal'"},
		{WHEN("(1 + 1)(2)"), "want an operator or '}' after the condition, have '('"},
		{WHEN("[1].foo(1)"), "line 2, column 12: want a method, have 'foo'"},
		{WHEN("\"::\".ip()"), "have 'ip', which is a function"},
		{WHEN("[1].contains()"), "want 1 argument of 'contains', have 0"},
		{WHEN("[1].containsAll(1, 2)"), "want 1 argument of 'containsAll', have 2"},
		{WHEN("[1].isEmpty(1)"), "want 0 arguments of 'isEmpty', have 1"},
		{WHEN("principal.hasTag()"), "want 1 argument of 'hasTag', have 0"},
		{WHEN("principal.in"),
			"line 2, column 18: want a name that is not reserved after '.'"},
		{WHEN("principal.__cedar"), "want a name that is not reserved after '.'"},
		{WHEN("principal.1"),
			"want the name of an attribute or method after '.', have '1'"},
		{WHEN("principal[1]"), "want a string after '[', have '1'"},
		{WHEN("principal[(\"a\")]"), "want a string after '[', have '('"},
		{WHEN("principal[\"a\""), "want ']' after the attribute, have '}'"},
		{WHEN("principal has if"), "want a name that is not reserved after 'has'"},
		{WHEN("principal has a.if"), "want a name that is not reserved after 'has'"},
		{WHEN("principal has (\"a\")"), "after 'has', have '('"},
		{WHEN("principal has \"a\".b"),
			"want an operator or '}' after the condition, have '.'"},
		{WHEN("principal has a[\"b\"]"), "after the condition, have '['"},
		{WHEN("principal has a::b"), "after the condition, have '::'"},
		{WHEN("\"a\" like (\"a\")"), "want a pattern in quotes after 'like', have '('"},
		{WHEN("\"a\" like 1"), "want a pattern in quotes after 'like', have '1'"},
		{WHEN("principal is \"U\""), "want a name, have \"U\""},
		{WHEN("principal is U::\"a\""),
			"want an entity type without id after 'is', have 'U'"},
		{WHEN("principal is (U)"), "want a name, have '('"},
		{WHEN("principal == ?principal"),
			"a slot stands in the scope only, have '?principal'"},
		{WHEN("{a: 1, \"a\": 2}"), "line 2, column 15: want each key of the record once"},
		{WHEN("{\"a\": 1, \"\\u{61}\": 2}"), "have \"a\" again"},
		{WHEN("{if: 1}"), "want a name or a string as key of the record, have 'if'"},
		{WHEN("{1: 1}"), "as key of the record, have '1'"},
		{WHEN("{a::b: 1}"), "want ':' after the key of the record, have '::'"},
		{WHEN("{a 1}"), "want ':' after the key of the record, have '1'"},
		{WHEN("{,}"), "as key of the record, have ','"},
		{WHEN("{a: 1,,}"), "as key of the record, have ','"},
		{WHEN("[,]"), "want an expression, have ','"},
		{WHEN("[1"), "want an operator, ',' or ']' in the set, have '}'"},
		{WHEN("ip(\"::\""), "want an operator, ',' or ')' in the arguments"},
		{WHEN("(1"), "want an operator or ')', have '}'"},
		{WHEN("User::{a: 1}"), "want a name or a string after '::', have '{'"},
		{WHEN("1_000 == 1"), "after the condition, have '_000'"},
		{WHEN("0x10 == 16"), "after the condition, have 'x10'"},
		{WHEN("1.0 == 1"), "want the name of an attribute or method after '.', have '0'"},
		{WHEN("true &&"), "want an expression, have '}'"},
	};

	(void)state;
	refuse_all(cases, T_COUNT(cases));
}

/* Each is accepted, and comes back the same from its text and from its JSON form. */
static void again(void **state) {
	static const char *const texts[] = {
		P ";",
		"\xe3\x80\x80" P "\xc2\xa0// comment \"\r;\xe2\x80\xa9",
		"permit(principal == (User::\"a\"), action in [(Action::\"a\"),], resource,);",
		"permit(principal is A :: B in ((G::\"g\")), action, resource in "
		"permit::\"when\");",
		"permit(principal in ?principal, action, resource is R in (?resource));",
		"permit(principal, action in [], resource);",
		"permit(principal, action in [Action::\"a\", N::Action::\"b\"], resource);",
		"@id @if(\"in\") @__cedar(\"\\n\\\"\")@_(\"\") forbid(principal, action, "
		"resource);",
		P " when { true } unless { false } when { principal };",
		WHEN("a::b :: c // x\n :: \"d\" == 1"),
		WHEN("principal.permit.when.ip.contains[\"in\"][\"\"][\"a b\"]"),
		WHEN("1 + 2 - 3 * 4 + (5 - (6 - 7)) * (8 * 9)"),
		WHEN("-1 - -1 - - 1 - -(-1) - ----1 - -(1) - -principal.x - (-5).a - 5.a - -5.a"),
		WHEN("!(!(!!!!true)) && !(1 == 2) && !principal.a"),
		WHEN("(true || false) && true || (false && (true || true))"),
		WHEN("(1 == 2) == (3 != 4)"),
		WHEN("(principal in resource) in [principal in resource, 1 < 2]"),
		WHEN("(if true then 1 else 2) + (if (if true then true else false) then 1 else 2)"),
		WHEN("if true then if true then 1 else 2 else if false then 3 else 4 == 5"),
		WHEN("(principal has a) has b && principal has a.b.c && principal has \"a.b\""),
		WHEN("!principal has a && (!principal) has a"),
		WHEN("(principal is A) == (principal is A::B in [1] + 2)"),
		WHEN("\"\\0\\r\\n\\t\\\\\\\"\\'\\x7f\\u{e9}\\u{1F600}\" like "
		     "\"*\\**\\x2a\\\\\\\"\\u{0}\\n\""),
		WHEN("{} == {a: 1, \"a b\": {}, context: [], \"if\": {b: [[]]}}"),
		WHEN("[1, [], [if true then 1 else 2,]].containsAll([]) == [].isEmpty()"),
		WHEN("ip(\"x\", 1).isInRange() && decimal().lessThan(1, 2, 3) && ip(\"::\","
		     ").isIpv4()"),
		WHEN("principal.hasTag(\"a\" + 1) && principal.getTag(if true then \"a\" "
		     "else \"b\")"),
		WHEN("(1 < 2).contains((1 + 1).toDate()) && (true && false).isEmpty()"),
		WHEN("-9223372036854775808 == 9223372036854775807 && 00012 == 12"),
	};
	struct sr_buf json, text, other;
	struct sr_err e = {0};

	(void)state;
	sr_buf_init(&json);
	sr_buf_init(&text);
	sr_buf_init(&other);
	for (size_t i = 0; i < T_COUNT(texts); i++) {
		struct sr_cedar_policies *p = rig_parse(texts[i]);
		assert_int_equal(sr_cedar_policies_count(p), 1);
		sr_buf_clear(&json);
		sr_buf_clear(&text);
		assert_ok(sr_cedar_policy_json(sr_cedar_policies_get(p, 0), &json, &e), &e);
		assert_ok(sr_cedar_policy_text(sr_cedar_policies_get(p, 0), &text, &e), &e);
		assert_ok(sr_cedar_policies_add(p, sr_bytes_str("t"), sr_buf_view(&text), &e), &e);
		assert_ok(sr_cedar_policies_add_json(p, sr_bytes_str("j"), sr_buf_view(&json), &e),
			&e);
		for (size_t j = 1; j <= 2; j++) {
			sr_buf_clear(&other);
			assert_ok(
				sr_cedar_policy_json(sr_cedar_policies_get(p, j), &other, &e), &e);
			if (!sr_bytes_eq(sr_buf_view(&json), sr_buf_view(&other)))
				fail_msg("%s\n%.*s\n%.*s", texts[i], (int)json.len,
					(const char *)json.p, (int)other.len,
					(const char *)other.p);
			sr_buf_clear(&other);
			assert_ok(
				sr_cedar_policy_text(sr_cedar_policies_get(p, j), &other, &e), &e);
			assert_true(sr_bytes_eq(sr_buf_view(&text), sr_buf_view(&other)));
		}
		sr_cedar_policies_free(p);
	}
	sr_buf_free(&json);
	sr_buf_free(&text);
	sr_buf_free(&other);
}

static void printed(void **state) {
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"permit(principal,action,resource)when{((1)+(2))*3-(4-5)==6};",
			"permit (principal, action, resource)\nwhen { (1 + 2) * 3 - (4 - 5) "
			"== 6 };\n"},
		{"@a@b(\"\\u{1}\")forbid(principal is U in ?principal,action "
		 "in[Action::\"x\"],resource)"
		 "unless{[\"a\"]==[{\"b c\":1,d:2}]};",
			"@a\n@b(\"\\u{1}\")\nforbid (principal is U in ?principal, action "
			"in Action::\"x\", "
			"resource)\nunless { [\"a\"] == [{\"b c\": 1, d: 2}] };\n"},
		{WHEN("(((principal)).a)[\"b\"][\"c d\"] like \"\\**\""),
			"permit (principal, action, resource)\n"
			"when { principal.a.b[\"c d\"] like \"\\**\" };\n"},
		{WHEN("-(5) + (--5) + -(a::\"\".b)"),
			"permit (principal, action, resource)\nwhen { -(5) + -(-5) + "
			"-a::\"\".b };\n"},
		{WHEN("if (if true then true else false) then ip(\"::\").isIpv4() else !(!true)"),
			"permit (principal, action, resource)\nwhen { if if true then true "
			"else false then "
			"ip(\"::\").isIpv4() else !(!true) };\n"},
	};
	struct sr_buf text;
	struct sr_err e = {0};

	(void)state;
	sr_buf_init(&text);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_cedar_policies *p = rig_parse(cases[i].from);
		sr_buf_clear(&text);
		assert_ok(sr_cedar_policy_text(sr_cedar_policies_get(p, 0), &text, &e), &e);
		sr_buf_put_u8(&text, 0);
		assert_string_equal((const char *)text.p, cases[i].to);
		sr_cedar_policies_free(p);
	}
	sr_buf_free(&text);
}

/* A bad policy anywhere refuses all of the text; every cut of a good text is refused or whole. */
static void whole(void **state) {
	static const char good[] =
		P ";\n@a(\"b\") forbid(principal == U::\"x\", action in [Action::\"y\"], "
		  "resource is R in "
		  "?resource)\nwhen { if principal has a.b then [1, {c: \"d\"}].contains(-2) "
		  "else ip(\"::\")"
		  ".isIpv4() } unless { context[\"e\"] like \"*f\" };";
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};

	(void)state;
	rig_refused(
		P ";" P ";\n" P " when { 1 < };", SR_CORRUPT, "line 2, column 48: want an expr");
	for (size_t len = 0; len < sizeof good - 1; len++) {
		char *cut = malloc(len + 1); /* of exactly its length, so that sanitizers see */
		assert_non_null(cut);
		memcpy(cut, good, len);
		assert_ok(sr_cedar_policies_new(&p, &e), &e);
		int rc = sr_cedar_policies_parse(p, sr_bytes_of(cut, len), &e);
		bool boundary = len == 0 || len == sizeof P || len == sizeof P - 1 + 2;
		if ((rc == 0) != boundary)
			fail_msg(
				"cut to %zu of %zu bytes: %d %s", len, sizeof good - 1, rc, e.text);
		if (rc != 0)
			assert_fails(rc, SR_CORRUPT, &e, "line ");
		sr_cedar_policies_free(p);
		free(cut);
	}
}

/* --- limits ---------------------------------------------------------------------------------- */

/* "${head}${what * count}${tail}" */
static void build(
	struct sr_buf *out, const char *head, const char *what, size_t count, const char *tail) {
	sr_buf_clear(out);
	sr_buf_put_str(out, head);
	for (size_t i = 0; i < count; i++)
		sr_buf_put_str(out, what);
	sr_buf_put_str(out, tail);
}

static void deep(void **state) {
	static const struct {
		const char *what;
		size_t count;
		const char *piece;
	} cases[] = {
		{"(", 10000,
			"line 1, column 144: more than 100 brackets or ifs inside one another"},
		{"[", 10000, "more than 100 brackets"},
		{"{a:", 10000, "more than 100 brackets"},
		{"ip(", 10000, "more than 100 brackets"},
		{"[].contains(", 10000, "more than 100 brackets"},
		{"if ", 10000, "more than 100 brackets"},
		{"if true then true else ", 10000, "more than 100 brackets"},
		{"!(", 10000, "more than 100 brackets"},
		{"-(", 10000, "more than 100 brackets"},
		{"1 + ", 10000, "more than 500 operators on one another"},
		{"true && ", 10000, "more than 500 operators"},
		{"true || ", 10000, "more than 500 operators"},
		{"1 * ", 10000, "more than 500 operators"},
	};
	struct sr_buf text;

	(void)state;
	sr_buf_init(&text);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		build(&text, P " when { ", cases[i].what, cases[i].count, "1 };");
		rig_refused_bytes(sr_buf_view(&text), SR_LIMIT, cases[i].piece);
	}
	build(&text, P " when { principal", ".a", 10000, "};");
	rig_refused_bytes(sr_buf_view(&text), SR_LIMIT, "more than 500 operators");
	build(&text, "permit(principal == ", "(", 10000, "A::\"a\"");
	rig_refused_bytes(sr_buf_view(&text), SR_LIMIT, "more than 100 brackets");
	/* One less than too many. */
	build(&text, P " when { ", "true && ", SR_CEDAR_HEIGHT_MAX - 1, "true };");
	sr_buf_put_u8(&text, 0);
	sr_cedar_policies_free(rig_parse((const char *)text.p));
	build(&text, P " when { ", "(", SR_CEDAR_DEPTH_MAX - 1, "true");
	for (int i = 0; i < SR_CEDAR_DEPTH_MAX - 1; i++)
		sr_buf_put_str(&text, ")");
	sr_buf_put_str(&text, " };");
	sr_buf_put_u8(&text, 0);
	sr_cedar_policies_free(rig_parse((const char *)text.p));
	sr_buf_free(&text);
}

static void large(void **state) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};
	struct sr_buf text;

	(void)state;
	sr_buf_init(&text);
	build(&text, "", P ";\n", 1000000 / sizeof(P ";"), "");
	rig_refused_bytes(sr_buf_view(&text), SR_LIMIT, "at most 524288 are taken");
	/* The limit is on all texts of a set, and a refused one does not count. */
	build(&text, "", "\n", SR_CEDAR_SOURCE_MAX - 100, P ";");
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	assert_fails(sr_cedar_policies_add(p, sr_bytes_str("a"), sr_bytes_str("permit"), &e),
		SR_CORRUPT, &e, "line 1, column 7");
	assert_ok(sr_cedar_policies_parse(p, sr_buf_view(&text), &e), &e);
	assert_fails(sr_cedar_policies_parse(p, sr_buf_view(&text), &e), SR_LIMIT, &e,
		"and 524224 before, at most 524288");
	assert_int_equal(sr_cedar_policies_count(p), 1);
	sr_cedar_policies_free(p);
	/* A refused text gives its memory back: 64 MiB of trees ten times over. */
	build(&text, P " when { [", "1,", 250000, "] == };");
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	for (int i = 0; i < 10; i++)
		assert_fails(sr_cedar_policies_parse(p, sr_buf_view(&text), &e), SR_CORRUPT, &e,
			"want an expression, have '}'");
	sr_cedar_policies_free(p);
	/* Too many policies in one text, and one by one. */
	build(&text, "", P ";", SR_CEDAR_POLICIES_MAX + 1, "");
	rig_refused_bytes(sr_buf_view(&text), SR_LIMIT, "more than 10000 policies in one set");
	build(&text, "", P ";", SR_CEDAR_POLICIES_MAX, "");
	sr_buf_put_u8(&text, 0);
	p = rig_parse((const char *)text.p);
	assert_int_equal(sr_cedar_policies_count(p), SR_CEDAR_POLICIES_MAX);
	assert_fails(sr_cedar_policies_add(p, sr_bytes_str("a"), sr_bytes_str(P ";"), &e), SR_LIMIT,
		&e, "more than 10000 policies");
	sr_cedar_policies_free(p);
	sr_buf_free(&text);
}

/* Half a megabyte of each of these takes linear time (the test's own time limit would show). */
static void wide(void **state) {
	struct sr_buf text;

	(void)state;
	sr_buf_init(&text);
	build(&text, P " when { [", "1,", 250000, "] == [1] };");
	sr_buf_put_u8(&text, 0);
	sr_cedar_policies_free(rig_parse((const char *)text.p));
	sr_buf_clear(&text);
	sr_buf_put_str(&text, P " when { {");
	for (int i = 0; i < 35000; i++)
		sr_buf_printf(&text, "k%d: %d,", i, i);
	sr_buf_put_str(&text, "} == {} };");
	sr_buf_put_u8(&text, 0);
	sr_cedar_policies_free(rig_parse((const char *)text.p));
	sr_buf_clear(&text);
	for (int i = 0; i < 50000; i++)
		sr_buf_printf(&text, "@a%d ", i);
	sr_buf_put_str(&text, P ";");
	sr_buf_put_u8(&text, 0);
	struct sr_cedar_policies *p = rig_parse((const char *)text.p);
	assert_int_equal(sr_cedar_policies_get(p, 0)->annotation_count, 50000);
	sr_cedar_policies_free(p);
	build(&text, P " when { \"", "\\u{41}", 80000, "\" like \"*\" };");
	sr_buf_put_u8(&text, 0);
	sr_cedar_policies_free(rig_parse((const char *)text.p));
	build(&text, P " when { \"a\" like \"", "a*", 200000, "\" };");
	sr_buf_put_u8(&text, 0);
	sr_cedar_policies_free(rig_parse((const char *)text.p));
	build(&text, P " when { principal is a", " :: a", 20000, " };");
	sr_buf_put_u8(&text, 0);
	sr_cedar_policies_free(rig_parse((const char *)text.p));
	sr_buf_free(&text);
}

/* --- the JSON form --------------------------------------------------------------------------- */

#define J(conditions)                                                                        \
	"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"}," \
	"\"resource\":{\"op\":\"All\"},\"conditions\":[" conditions "]}"
#define JWHEN(body) J("{\"kind\":\"when\",\"body\":" body "}")
#define JP(principal)                                                                     \
	"{\"effect\":\"permit\",\"principal\":" principal ",\"action\":{\"op\":\"All\"}," \
	"\"resource\":{\"op\":\"All\"},\"conditions\":[]}"
#define JA(action)                                                                     \
	"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":" action "," \
	"\"resource\":{\"op\":\"All\"},\"conditions\":[]}"

static void json_refused(void **state) {
	static const struct refusal cases[] = {
		{"", "line 1, column 1: want a JSON value, have the end of the text"},
		{"[]", "line 1, column 1: want an object, have an array"},
		{"{}", "want a member \"effect\", have an object"},
		{J("") " x", "want nothing after the value, have 'x'"},
		{"{\"effect\":\"allow\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"},"
		 "\"resource\":{\"op\":\"All\"},\"conditions\":[]}",
			"line 1, column 11: want \"permit\" or \"forbid\", have \"allow\""},
		{"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},"
		 "\"action\":{\"op\":\"All\"},"
		 "\"resource\":{\"op\":\"All\"},\"conditions\":[],\"x\":1}",
			"want no other member, have \"x\""},
		{J("{\"kind\":\"where\",\"body\":{\"Value\":1}}"),
			"want \"when\" or \"unless\", have \"where\""},
		{J("{\"kind\":\"when\"}"), "want a member \"body\""},
		{JWHEN("1"), "want an expression: an object of one member, have a number"},
		{JWHEN("{}"), "want an expression"},
		{JWHEN("{\"Value\":1,\"Var\":\"context\"}"), "want an expression"},
		{JWHEN("{\"Value\":null}"),
			"want a boolean, a 64-bit integer, a string, an array or an object"},
		{JWHEN("{\"Value\":1.5}"), "have a number that is no 64-bit integer"},
		{JWHEN("{\"Value\":{\"__expr\":\"1\"}}"), "have \"__expr\""},
		{JWHEN("{\"Value\":{\"__extn\":{\"fn\":\"no\",\"arg\":1}}}"),
			"want an extension function, have \"no\""},
		{JWHEN("{\"Value\":{\"__entity\":{\"type\":\"1\",\"id\":\"\"}}}"),
			"want an entity type, have \"1\""},
		{JWHEN("{\"Var\":\"who\"}"),
			"want principal, action, resource or context, have \"who\""},
		{JWHEN("{\"Slot\":\"?principal\"}"),
			"want an operator or an extension function, have \"Slot\""},
		{JWHEN("{\"-\":{\"arg\":{\"Value\":1}}}"), "want a member \"left\""},
		{JWHEN("{\"!\":{\"left\":{\"Value\":1}}}"), "want a member \"arg\""},
		{JWHEN("{\"==\":{\"left\":{\"Value\":1},\"right\":{\"Value\":1},\"x\":1}}"),
			"have \"x\""},
		{JWHEN("{\"has\":{\"left\":{\"Value\":1},\"attr\":[]}}"),
			"want a string, or an array"},
		{JWHEN("{\"has\":{\"left\":{\"Value\":1},\"attr\":[\"a\",\"b c\"]}}"),
			"want an identifier in a path"},
		{JWHEN("{\"like\":{\"left\":{\"Value\":1},\"pattern\":[\"Wild\"]}}"),
			"want an object, have a string"},
		{JWHEN("{\"like\":{\"left\":{\"Value\":1},\"pattern\":[{\"Literal\":1}]}}"),
			"want a string, have a number"},
		{JWHEN("{\"is\":{\"left\":{\"Value\":1},\"entity_type\":\"a b\"}}"),
			"want an entity type, have \"a b\""},
		{JWHEN("{\"if-then-else\":{\"if\":{\"Value\":1},\"then\":{\"Value\":1}}}"),
			"want a member \"else\""},
		{JWHEN("{\"Set\":{}}"), "want an array, have an object"},
		{JWHEN("{\"Record\":[]}"), "want an object, have an array"},
		{JWHEN("{\"ip\":{\"Value\":\"::\"}}"),
			"want an array of arguments, have an object"},
		{JWHEN("{\"isIpv4\":[]}"),
			"want a value that the method is called on, have \"isIpv4\""},
		{JWHEN("{\"unknown\":[{\"Value\":\"x\"}]}"), "have \"unknown\""},
		{JP("{}"), "want an object with \"op\""},
		{JP("{\"op\":\"!=\"}"), "want All, ==, in or is (not of an action), have \"!=\""},
		{JP("{\"op\":\"All\",\"entity\":{\"type\":\"U\",\"id\":\"a\"}}"),
			"want no other member"},
		{JP("{\"op\":\"==\"}"), "want one of \"entity\", \"slot\", \"entities\""},
		{JP("{\"op\":\"==\",\"slot\":\"?resource\"}"),
			"want ?principal, have \"?resource\""},
		{JP("{\"op\":\"in\",\"entities\":[]}"), "want one entity, have \"entities\""},
		{JP("{\"op\":\"is\",\"entity_type\":\"U\",\"in\":{}}"), "want an entity or a slot"},
		{JP("{\"op\":\"==\",\"entity\":{\"type\":\"U\"}}"),
			"want {\"type\": \"...\", \"id\": \"...\"}"},
		{JA("{\"op\":\"is\",\"entity_type\":\"Action\"}"), "not of an action"},
		{JA("{\"op\":\"==\",\"slot\":\"?principal\"}"),
			"want an entity, have \"?principal\""},
		{JA("{\"op\":\"==\",\"entity\":{\"type\":\"U\",\"id\":\"a\"}}"),
			"want an entity of type Action, have \"U\""},
		{JA("{\"op\":\"in\",\"entities\":[{\"type\":\"U\",\"id\":\"a\"}]}"),
			"want an entity of type Action"},
		{JA("{\"op\":\"==\",\"entities\":[]}"), "want one entity"},
		{JA("{\"op\":\"in\",\"entities\":{}}"),
			"want an array of entities, have an object"},
		{JWHEN("{\"Set\":true}"), "want an array, have a boolean"},
		{JWHEN("{\"Var\":1}"), "want the name of a variable, have a number"},
		{JWHEN("{\"has\":{\"left\":{\"Value\":1},\"attr\":1}}"),
			"want the name of an attribute"},
		{JWHEN("{\"like\":{\"left\":{\"Value\":1},\"pattern\":\"a\"}}"),
			"want an array, have a string"},
		{JWHEN("{\"!\":{\"arg\":{\"Value\":1},\"\":1}}"),
			"want no other member, have \"\""},
		{"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},"
		 "\"action\":{\"op\":\"All\"},"
		 "\"resource\":{\"op\":\"All\"},\"conditions\":[],\"\":1,\"annotations\":{}}",
			"want no other member, have \"\""},
		{"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},"
		 "\"action\":{\"op\":\"All\"},"
		 "\"resource\":{\"op\":\"All\"},\"conditions\":{}}",
			"want an array of conditions, have an object"},
		{"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},"
		 "\"action\":{\"op\":\"All\"},"
		 "\"resource\":{\"op\":\"All\"},\"conditions\":[],\"annotations\":[]}",
			"want an object of annotations, have an array"},
		{"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},"
		 "\"action\":{\"op\":\"All\"},"
		 "\"resource\":{\"op\":\"All\"},\"conditions\":[],\"annotations\":{\"a b\":null}}",
			"want an identifier, have \"a b\""},
		{"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},"
		 "\"action\":{\"op\":\"All\"},"
		 "\"resource\":{\"op\":\"All\"},\"conditions\":[],\"annotations\":{\"a\":1}}",
			"want a string or null, have a number"},
	};
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};

	(void)state;
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		int rc = sr_cedar_policies_add_json(
			p, sr_bytes_str("x"), sr_bytes_str(cases[i].text), &e);
		if (rc != SR_CORRUPT || strstr(e.text, cases[i].piece) == NULL)
			fail_msg("%s: want \"%s\", have %d \"%s\"", cases[i].text, cases[i].piece,
				rc, e.text);
		assert_non_null(strstr(e.text, "line 1, column "));
	}
	assert_int_equal(sr_cedar_policies_count(p), 0);
	sr_cedar_policies_free(p);
}

/* What JSON can say and text says otherwise. */
static void json_accepted(void **state) {
	static const struct {
		const char *json, *text;
	} cases[] = {
		{JWHEN("{\"Value\":[1,{\"a b\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"::\"}}},"
		       "{\"__entity\":"
		       "{\"type\":\"U\",\"id\":\"x\"}}]}"),
			"[1, {\"a b\": ip(\"::\")}, U::\"x\"]"},
		{JWHEN("{\"Value\":{\"__extn\":{\"fn\":\"offset\","
		       "\"args\":[{\"__extn\":{\"fn\":\"datetime\","
		       "\"arg\":\"2024-01-01\"}},{\"__extn\":{\"fn\":\"duration\","
		       "\"arg\":\"1d\"}}]}}}"),
			"datetime(\"2024-01-01\").offset(duration(\"1d\"))"},
		{JWHEN("{\"like\":{\"left\":{\"Value\":\"x\"},\"pattern\":[{\"Literal\":\"a*"
		       "b\"},\"Wildcard\","
		       "{\"Literal\":\"\"},{\"Literal\":\"c\"},{\"Literal\":\"d\"}]}}"),
			"\"x\" like \"a\\*b*cd\""},
		{JWHEN("{\"neg\":{\"arg\":{\"Value\":5}}}"), "-(5)"},
		{JWHEN("{\".\":{\"left\":{\"Value\":-5},\"attr\":\"a\"}}"), "(-5).a"},
		{JWHEN("{\"!\":{\"arg\":{\"!\":{\"arg\":{\"&&\":{\"left\":{\"Value\":true},"
		       "\"right\":{\"Value\":"
		       "true}}}}}}}"),
			"!(!(true && true))"},
		{JWHEN("{\"is\":{\"left\":{\"Var\":\"context\"},\"entity_type\":"
		       "\"U\",\"in\":null}}"),
			"context is U"},
		{JWHEN("{\"has\":{\"left\":{\"Value\":{\"__expr\":1}},\"attr\":\"__expr\"}}"),
			"{__expr: 1} has __expr"},
		{"{\"effect\":\"permit\",\"principal\":{\"op\":\"all\"},"
		 "\"action\":{\"op\":\"all\"},"
		 "\"resource\":{\"op\":\"is\",\"entity_type\":\"U\",\"in\":null},"
		 "\"conditions\":[]}",
			""},
	};
	struct sr_err e = {0};
	struct sr_buf text;
	char want[300];

	(void)state;
	sr_buf_init(&text);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_cedar_policies *p = NULL;
		assert_ok(sr_cedar_policies_new(&p, &e), &e);
		assert_ok(sr_cedar_policies_add_json(
				  p, sr_bytes_str("x"), sr_bytes_str(cases[i].json), &e),
			&e);
		sr_buf_clear(&text);
		assert_ok(sr_cedar_policy_text(sr_cedar_policies_get(p, 0), &text, &e), &e);
		sr_buf_put_u8(&text, 0);
		(void)snprintf(want, sizeof want,
			cases[i].text[0] != '\0'
				? "permit (principal, action, resource)\nwhen { %s };\n"
				: "permit (principal, action, resource is U);\n%s",
			cases[i].text);
		assert_string_equal((const char *)text.p, want);
		sr_cedar_policies_free(p);
	}
	sr_buf_free(&text);
}

static void json_deep(void **state) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};
	struct sr_buf json;

	(void)state;
	sr_buf_init(&json);
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	build(&json, "", "[", 100000, "");
	assert_fails(sr_cedar_policies_add_json(p, sr_bytes_str("x"), sr_buf_view(&json), &e),
		SR_LIMIT, &e, "line 1, column 1007: more than 1006 arrays and objects");
	build(&json,
		"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"},"
		"\"resource\":{\"op\":\"All\"},\"conditions\":[{\"kind\":\"when\",\"body\":",
		"{\"!\":{\"arg\":", 600, "");
	assert_fails(sr_cedar_policies_add_json(p, sr_bytes_str("x"), sr_buf_view(&json), &e),
		SR_LIMIT, &e, "more than 1006 arrays and objects");
	sr_cedar_policies_free(p);
	sr_buf_free(&json);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lexer),
		cmocka_unit_test(scopes),
		cmocka_unit_test(expressions),
		cmocka_unit_test(again),
		cmocka_unit_test(printed),
		cmocka_unit_test(whole),
		cmocka_unit_test(deep),
		cmocka_unit_test(large),
		cmocka_unit_test(wide),
		cmocka_unit_test(json_refused),
		cmocka_unit_test(json_accepted),
		cmocka_unit_test(json_deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
