/*
 * The reader of schemas, and what lint finds in policies: each with its place, the mistakes that a
 * board must hear of, and no finding where there is none. Cedar's own validator is the measure in
 * tests/conformance/validate; what is here needs nothing but this program.
 */
#include "policy/lint.h"
#include "policy_rig.h"

static const char SCHEMA[] =
	"entity Role enum [\"member\", \"reader\"];\n"
	"entity Board = { lowest: Long };\n"
	"entity Person in [Role, Board] tags datetime;\n"
	"entity Robot;\n"
	"type When = { now: datetime, from?: ipaddr };\n"
	"entity Item = { state: String, hazards: Set<String>, owner?: Person, board: Board };\n"
	"action use; action look in [use];\n"
	"action \"look-text\", \"look-sound\" in look\n"
	"  appliesTo { principal: Person, resource: Item, context: When };\n"
	"action sweep appliesTo { principal: Robot, resource: [Item, Board] };\n";

/* --- the reader --------------------------------------------------------------------------------
 */

static void schema_refused(const char *text, enum sr_code code, const char *piece) {
	struct sr_schema *s = NULL;
	struct sr_err e = {0};

	if (sr_schema_parse(&s, sr_bytes_str(text), &e) != (int)code ||
		strstr(e.text, piece) == NULL)
		fail_msg("%.300s\nwant %s \"%s\", have %s \"%s\"", text, sr_code_name(code), piece,
			sr_code_name(e.code), e.text);
	assert_null(s);
}

static void reader(void **state) {
	static const struct {
		const char *text, *piece;
	} cases[] = {
		{"namespace N { }", "line 1, column 1: want 'entity', 'action' or 'type', have "
				    "'namespace'"},
		{"entity", "want the name of an entity type, have the end"},
		{"entity A", "want ';' to end the declaration"},
		{"entity A;\nentity A;", "line 2, column 8: A: this name is declared already"},
		{"entity A; type A = Long;", "A: this name is declared already"},
		{"entity Long;", "Long: this name is Cedar's own"},
		{"entity Action;", "Action: this name is Cedar's own"},
		{"entity in;", "want the name of an entity type, have 'in'"},
		{"entity A in B;", "line 1, column 13: B: there is no such entity type"},
		{"entity A in [];", "want the name of an entity type, have ']'"},
		{"entity A = Long;", "want '{' and the attributes"},
		{"entity A = { x: Lng };", "line 1, column 17: Lng: there is no such type"},
		{"entity A = { x Long };", "want ':' and the attribute's type"},
		{"entity A = { x: Long, x: Bool };", "column 23: x: this attribute is there"},
		{"entity A = { \"x\": Long, x: Bool };", "x: this attribute is there already"},
		{"entity A = { x: Set };", "want '<' and the type of the elements"},
		{"entity A = { x: Set<Long };", "want '>' after the type of the elements"},
		{"entity A enum [];", "want an id as a string, have ']'"},
		{"entity A enum [\"a\" \"b\"];", "want ',' or ']'"},
		{"type T = { x: U }; type U = Set<T>;", "this type holds itself"},
		{"type T = T;", "this type holds itself"},
		{"action a; action a;", "a: this action is declared already"},
		{"action a in b;", "b: there is no such action"},
		{"action a in b; action b in a;", "a: this action is in itself"},
		{"action a in a;", "a: this action is in itself"},
		{"entity A; action a appliesTo { principal: A };",
			"want a principal and a resource before the '}'"},
		{"entity A; action a appliesTo { principal: A, principal: A };",
			"want each part once"},
		{"entity A; action a appliesTo { principal: A, resource: A, context: Long };",
			"Long: a context is a record"},
		{"entity A; action a appliesTo { subject: A };",
			"want 'principal', 'resource' or 'context', have 'subject'"},
		{"@doc(\"x\") entity A;", "want 'entity', 'action' or 'type', have '@'"},
	};
	struct sr_buf many;
	char deep[600] = "type T = ";
	struct sr_schema *s = NULL;
	struct sr_err e = {0};

	(void)state;
	for (int over = 0; over < 2; over++) { /* 300 of a kind, and one more */
		sr_buf_init(&many);
		for (int i = 0; i < 300 + over; i++)
			sr_buf_printf(&many, "entity E%d;\n", i);
		sr_buf_put_u8(&many, 0);
		if (over != 0)
			schema_refused((const char *)many.p, SR_LIMIT,
				"more than 300 declarations of one kind");
		else
			assert_ok(sr_schema_parse(&s, sr_bytes_str((const char *)many.p), &e), &e);
		sr_buf_free(&many);
	}
	sr_schema_free(s);
	s = NULL;
	sr_buf_init(&many);
	assert_ok(sr_buf_reserve(&many, 262146, &e), &e);
	memset(many.p, ' ', 262145);
	many.p[262145] = '\0';
	schema_refused((const char *)many.p, SR_LIMIT,
		"have 262145 bytes of schema, at most 262144 are taken");
	sr_buf_free(&many);
	for (size_t i = 0; i < T_COUNT(cases); i++)
		schema_refused(cases[i].text, SR_CORRUPT, cases[i].piece);
	for (size_t i = 0; i < 101; i++)
		memcpy(deep + 9 + 4 * i, "Set<", 5);
	schema_refused(deep, SR_LIMIT, "more than 100 brackets");
	/* At every length it is refused, or it is what was meant so far: it ends with a ';'. */
	for (size_t n = 0; n < sizeof SCHEMA - 1; n++) {
		int rc = sr_schema_parse(&s, sr_bytes_of(SCHEMA, n), &e);

		if (rc == 0)
			sr_schema_free(s);
		else
			assert_int_equal(rc, SR_CORRUPT);
		if (rc == 0 && n > 0)
			assert_true(SCHEMA[n - 1] == ';' || SCHEMA[n - 1] == '\n' ||
				    SCHEMA[n - 1] == ' ');
	}
}

static void reading(void **state) {
	struct sr_schema *s = NULL;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	assert_ok(sr_schema_parse(&s, sr_bytes_str(SCHEMA), &e), &e);
	assert_int_equal(s->entity_count, 5);
	assert_int_equal(s->action_count, 5);
	const struct sr_schema_entity *person = sr_schema_entity_named(s, sr_bytes_str("Person"));
	const struct sr_schema_entity *role = sr_schema_entity_named(s, sr_bytes_str("Role"));
	const struct sr_schema_action *text = sr_schema_action_named(s, sr_bytes_str("look-text"));
	const struct sr_schema_action *use = sr_schema_action_named(s, sr_bytes_str("use"));
	assert_true(sr_schema_entity_in(person, role));
	assert_true(sr_schema_entity_in(person, person));
	assert_false(sr_schema_entity_in(role, person));
	assert_int_equal(role->id_count, 2);
	assert_int_equal(person->tags->kind, SR_CEDAR_DATETIME);
	assert_true(sr_schema_action_in(text, use));
	assert_false(sr_schema_action_in(use, text));
	assert_int_equal(use->principal_count, 0);
	assert_true(sr_schema_field_named(text->context, sr_bytes_str("from"))->optional);
	assert_false(sr_schema_field_named(text->context, sr_bytes_str("now"))->optional);
	/* The actions as entities make `in` of a group hold. */
	sr_buf_init(&b);
	sr_buf_put_str(&b, "[");
	sr_schema_put_actions(&b, s);
	sr_buf_put_str(&b, "]");
	struct sr_cedar_entities *entities = NULL;
	assert_ok(sr_cedar_entities_load(&entities, sr_buf_view(&b), &e), &e);
	assert_int_equal(sr_cedar_entities_count(entities), 5);
	sr_cedar_entities_free(entities);
	sr_buf_free(&b);
	sr_schema_free(s);
}

/* --- findings ----------------------------------------------------------------------------------
 */

#define HEAD "@id(\"r\") @title(\"t\") @why(\"w\") "
#define LOOK HEAD "permit(principal in Role::\"reader\", action in Action::\"look\", resource)\n"
#define WHEN(expr) LOOK "when { " expr " };"

static void lint_text(struct sr_lint *lint, struct sr_cedar_policies **p, const char *text) {
	struct sr_schema *s = NULL;
	struct sr_err e = {0};

	*p = rig_parse(text);
	assert_ok(sr_schema_parse(&s, sr_bytes_str(SCHEMA), &e), &e);
	assert_ok(sr_lint_policies(lint, s, *p, &e), &e);
	sr_schema_free(s);
}

static void clean(const char *text) {
	struct sr_cedar_policies *p = NULL;
	struct sr_lint lint;

	lint_text(&lint, &p, text);
	if (lint.count != 0)
		fail_msg("%s\nwant no finding, have line %u, column %u: %s (%s)", text,
			lint.findings[0].line, lint.findings[0].column, lint.findings[0].text,
			lint.findings[0].what);
	sr_lint_free(&lint);
	sr_cedar_policies_free(p);
}

/* One finding: what it is, where, and a piece of its sentence. */
static void found(
	const char *text, const char *what, unsigned line, unsigned column, const char *piece) {
	struct sr_cedar_policies *p = NULL;
	struct sr_lint lint;

	lint_text(&lint, &p, text);
	if (lint.count != 1 || strcmp(lint.findings[0].what, what) != 0 ||
		lint.findings[0].line != line || lint.findings[0].column != column ||
		strstr(lint.findings[0].text, piece) == NULL)
		fail_msg("%s\nwant one finding %u:%u %s \"%s\", have %zu: %u:%u %s \"%s\"", text,
			line, column, what, piece, lint.count,
			lint.count == 0 ? 0 : lint.findings[0].line,
			lint.count == 0 ? 0 : lint.findings[0].column,
			lint.count == 0 ? "" : lint.findings[0].what,
			lint.count == 0 ? "" : lint.findings[0].text);
	sr_lint_free(&lint);
	sr_cedar_policies_free(p);
}

static void names(void **state) {
	(void)state;
	clean(WHEN("resource.state == \"held\""));
	found(WHEN("resource.stat == \"held\""), "unknown", 2, 17,
		"Item has no attribute \"stat\"");
	found(WHEN("context.when == context.now"), "unknown", 2, 16, "has no \"when\" there");
	found(WHEN("principal in Role::\"king\""), "unknown", 2, 21, "there is no Role \"king\"");
	found(WHEN("principal in Crew::\"a\""), "unknown", 2, 21, "no entity type Crew");
	found(WHEN("action == Action::\"peek\" || principal in Role::\"member\""), "unknown", 2, 18,
		"there is no action \"peek\"");
	found(WHEN("resource is Thing"), "unknown", 2, 17, "there is no entity type Thing");
	found(WHEN("resource has ownr"), "unknown", 2, 17, "nothing here can have an attribute");
	found(HEAD
		"permit(principal in Role::\"king\", action == Action::\"look-text\", resource);",
		"unknown", 1, 1, "there is no Role \"king\"");
	found(HEAD "permit(principal in Role::\"member\", action == Action::\"peek\", resource);",
		"unknown", 1, 1, "there is no action \"peek\"");
	found(WHEN("resource.getTag(\"a\") == 1"), "unknown", 2, 17, "have no tags");
	/* What one type cannot have another may: not an error where types tell. */
	clean(HEAD "permit(principal is Robot, action == Action::\"sweep\", resource)\n"
		   "when { resource is Item && resource.state == \"held\" };");
	found(HEAD "permit(principal is Robot, action == Action::\"sweep\", resource)\n"
		   "when { resource.state == \"held\" };",
		"unknown", 2, 17, "Board has no attribute \"state\"");
}

static void missing(void **state) {
	(void)state;
	found(WHEN("resource.owner == principal"), "missing", 2, 17,
		"\"owner\" may not be there: ask `has` first");
	clean(WHEN("resource has owner && resource.owner == principal"));
	found(WHEN("resource has owner || resource.owner == principal"), "missing", 2, 39, "owner");
	found(WHEN("!(resource has owner) && resource.owner == principal"), "missing", 2, 42,
		"owner");
	clean(WHEN("if resource has owner then resource.owner == principal else false"));
	clean(LOOK "when { resource has owner } when { resource.owner == principal };");
	found(LOOK "unless { resource has owner } when { resource.owner == principal };", "missing",
		2, 47, "owner");
	clean(WHEN("(resource has owner && true) && resource.owner == principal"));
	clean(WHEN("((resource has owner && principal in Role::\"member\") || (resource has owner "
		   "&& "
		   "principal in Role::\"reader\")) && resource.owner == principal"));
	found(WHEN("context.from.isLoopback()"), "missing", 2, 16, "from");
	clean(WHEN("context has from && context.from.isLoopback()"));
	clean(WHEN("principal.hasTag(\"a\") && principal.getTag(\"a\") > context.now"));
	found(WHEN("principal.hasTag(\"a\") && principal.getTag(\"b\") > context.now"), "missing",
		2, 43, "ask hasTag");
	found(WHEN("principal.hasTag(resource.state) && principal.getTag(resource.state) > "
		   "context.now"),
		"missing", 2, 54, "ask hasTag");
}

static void types(void **state) {
	(void)state;
	found(WHEN("resource.state"), "type", 2, 17, "a condition is a Bool, this is string");
	found(WHEN("resource.state == 1"), "type", 2, 23, "these are string and long");
	found(WHEN("resource.state < \"x\""), "type", 2, 17, "takes a long, datetime or duration");
	found(WHEN("context.now > 1"), "type", 2, 20, "these are datetime and long");
	found(WHEN("resource.hazards.contains(1)"), "type", 2, 25, "a set of string");
	found(WHEN("resource.state.contains(\"a\")"), "type", 2, 17, "contains takes set");
	found(WHEN("resource.hazards == []"), "type", 2, 28, "ask isEmpty() instead");
	found(WHEN("resource.hazards == [\"a\", 1]"), "type", 2, 28, "elements of a set");
	found(WHEN("context.now > datetime(\"soon\")"), "type", 2, 22, "this text is no datetime");
	found(WHEN("context.now > datetime(resource.state)"), "type", 2, 22, "takes a text that");
	found(WHEN("resource.state like \"a*\" && resource.hazards like \"b\""), "type", 2, 45,
		"like takes string");
	found(WHEN("principal.hasTag(1)"), "type", 2, 25, "hasTag takes string");
	found(WHEN("resource.state.long == 1"), "type", 2, 23, "before the dot");
	found(WHEN("(if principal in Role::\"member\" then 1 else \"a\") == 1"), "type", 2, 9,
		"both branches");
	found(WHEN("context.now.toDate(1) > context.now"), "type", 2, 20,
		"toDate takes 0 arguments, has 1");
	found(WHEN("context.now > datetime(\"2026-01-01\", \"2026-01-02\")"), "type", 2, 22,
		"datetime takes 1 argument, has 2");
	/* One mistake is one finding. */
	found(WHEN("resource.stat > 1 && resource.hazards.contains(\"a\")"), "unknown", 2, 17,
		"stat");
}

static void overflow(void **state) {
	(void)state;
	found(WHEN("resource.board.lowest + 1 > 2"), "overflow", 2, 30, "out of range");
	found(WHEN("-resource.board.lowest < 2"), "overflow", 2, 8, "out of range");
	found(WHEN("context.now.offset(duration(\"1d\")) > context.now"), "overflow", 2, 20,
		"result of offset");
	clean(WHEN("resource.board.lowest > 1 + 2 * 3"));
	found(WHEN("resource.board.lowest > 9223372036854775807 + 1"), "overflow", 2, 52, "range");
}

static void never(void **state) {
	(void)state;
	found(WHEN("false"), "never", 1, 1, "its conditions are never all true");
	found(WHEN("principal is Robot"), "never", 1, 1, "never all true");
	found(WHEN("resource has state && principal in Role::\"reader\" && resource == principal"),
		"never", 1, 1, "never all true");
	found(LOOK "unless { true };", "never", 1, 1, "never all true");
	found(HEAD "permit(principal is Robot, action in Action::\"look\", resource);", "never", 1,
		1, "no action of its scope takes such");
	found(HEAD "permit(principal in Role::\"reader\", action == Action::\"look\", resource);",
		"never", 1, 1, "no action of its scope");
	found(HEAD "forbid(principal, action in [], resource);", "never", 1, 1, "no action");
	clean(WHEN("principal is Robot || principal in Role::\"member\""));
}

static void house(void **state) {
	static const char tail[] =
		"permit(principal in Role::\"reader\", action in Action::\"look\", resource);";
	char text[900];

	(void)state;
	found("", "no-policy", 0, 0, "everything would be denied");
	found(HEAD "permit(principal in Role::\"reader\", action, resource);", "blanket", 1, 1,
		"every action");
	found(HEAD "permit(principal, action in Action::\"look\", resource);", "blanket", 1, 1,
		"to everybody");
	found(HEAD "permit(principal is Person, action in Action::\"look\", resource);", "blanket",
		1, 1, "to everybody");
	found(HEAD "permit(principal, action in Action::\"look\", resource) when { "
		   "resource.state == \"open\" };",
		"blanket", 1, 1, "to everybody");
	clean(HEAD "permit(principal, action in Action::\"look\", resource) when { "
		   "[principal].contains(principal) };");
	clean(HEAD "forbid(principal, action, resource) when { principal in Role::\"member\" };");
	found(HEAD "permit(principal == ?principal, action in Action::\"look\", resource);",
		"template", 1, 1, "the vault links none");
	found("@title(\"t\") @why(\"w\") permit(principal in Role::\"reader\", action in "
	      "Action::\"look\", resource);",
		"annotation", 1, 1, "@id is missing");
	found("@id(\"Capital\") @title(\"t\") @why(\"w\") permit(principal in Role::\"reader\", "
	      "action in Action::\"look\", resource);",
		"annotation", 1, 1, "@id cannot be \"Capital\"");
	snprintf(text, sizeof text, "%s%s\n%s%s", HEAD, tail, HEAD, tail);
	found(text, "annotation", 0, 0, "want each @id once, have \"r\" again");
	static const char *const good[] = {"@duo(\"DUO:0000025 DUO:0000042\")",
		"@safe(\"people data\")", "@protection(\"required\")",
		"@obligation(\"reason-per-lift seal-to-recipient\")"};
	static const char *const bad[] = {"@duo(\"DUO:25\")", "@duo(\"\")",
		"@safe(\"people  data\")", "@safe(\"money\")", "@protection(\"strong\")",
		"@obligation(\"sing\")", "@protecton(\"required\")"};
	for (size_t i = 0; i < T_COUNT(good); i++) {
		snprintf(text, sizeof text, "%s%s %s", HEAD, good[i], tail);
		clean(text);
	}
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		snprintf(text, sizeof text, "%s%s\n%s", HEAD, bad[i], tail);
		found(text, "annotation", 1, 1,
			i == T_COUNT(bad) - 1 ? "nothing heeds @protecton" : "cannot be");
	}
}

/* What shows on a screen as something else than it is. */
static void text(void **state) {
	static const struct {
		const char *text, *piece;
	} bad[] = {
		{"// a\r\n",
			"line 1, column 5: the character U+000D does not show (lines end with"},
		/* NOLINTNEXTLINE(misc-misleading-bidirectional): what is looked for */
		{"ab\n// \xe2\x80\xae", "line 2, column 4: the character U+202E does not show"},
		{"\xe2\x80\x8b", "line 1, column 1: the character U+200B"},
		{"\xf3\xa0\x81\x81", "U+E0041"},
		{"\x1b[2J", "U+001B"},
		{"\xc2\x9b", "U+009B"},
		{"\x7f", "U+007F"},
		{"\xef\xbb\xbf", "U+FEFF"},
		{"\xc3\xa9\xff", "line 1, column 2: byte \\xff is not valid UTF-8"},
	};
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		assert_int_equal(sr_lint_text(sr_bytes_str(bad[i].text), &e), SR_CORRUPT);
		if (strstr(e.text, bad[i].piece) == NULL)
			fail_msg("want \"%s\", have \"%s\"", bad[i].piece, e.text);
	}
	assert_int_equal(sr_lint_text(sr_bytes_of("a\0b", 3), &e), SR_CORRUPT);
	assert_ok(sr_lint_text(sr_bytes_str("\tna\xc3\xafve \xe2\x80\x94 \xe6\xbc\xa2\n"), &e), &e);
	assert_ok(sr_lint_text(sr_bytes_of(NULL, 0), &e), &e);
	/* Also when it comes out of an escape. */
	found("@id(\"r\") @why(\"w\") @title(\"a\\u{202e}b\")\npermit(principal in "
	      "Role::\"reader\", action in Action::\"look\", resource);",
		"annotation", 1, 1, "@title cannot be");
}

/* A set that takes the checker long is refused, and not after minutes. */
static void large(void **state) {
	static const char *const element[] = {"resource has owner", "resource has ownr",
		"resource.state == 1", "{a: 1, b: {c: principal}} == {a: 1, b: {c: resource}}",
		"resource.hazards.contains(resource.state)"};
	struct sr_schema *s = NULL;
	struct sr_err e = {0};

	(void)state;
	assert_ok(sr_schema_parse(&s, sr_bytes_str(SCHEMA), &e), &e);
	for (size_t i = 0; i < T_COUNT(element); i++) {
		struct sr_cedar_policies *p = NULL;
		struct sr_lint lint = {.check = NULL};
		struct sr_buf b;
		int rc;

		sr_buf_init(&b);
		sr_buf_put_str(&b, HEAD "forbid(principal, action, resource) when { [");
		while (b.len < SR_CEDAR_SOURCE_MAX - 200)
			sr_buf_printf(&b, "%s,", element[i]);
		sr_buf_put_str(&b, "].isEmpty() };");
		assert_ok(sr_cedar_policies_new(&p, &e), &e);
		assert_ok(sr_cedar_policies_parse(p, sr_buf_view(&b), &e), &e);
		rc = sr_lint_policies(&lint, s, p, &e);
		if (rc == 0)
			assert_true(lint.count <= SR_CHECK_FINDINGS_MAX);
		else
			assert_int_equal(rc, SR_LIMIT);
		sr_lint_free(&lint);
		sr_cedar_policies_free(p);
		sr_buf_free(&b);
	}
	sr_schema_free(s);
}

/* Every allocation that fails is NOMEM and nothing else. */
static void faults(void **state) {
	struct sr_cedar_policies *p = rig_parse(
		WHEN("resource has owner && resource.ownr == 1 && principal.hasTag(\"a\")"));
	struct sr_schema *s = NULL;
	struct sr_err e = {0};
	unsigned long n = 1;
	int rc = SR_NOMEM;

	(void)state;
	for (; rc != 0; n++) {
		sr_arena_fault(n);
		rc = sr_schema_parse(&s, sr_bytes_str(SCHEMA), &e);
		sr_arena_fault(0);
		if (rc != 0)
			assert_int_equal(rc, SR_NOMEM);
	}
	assert_true(n > 50);
	rc = SR_NOMEM;
	for (n = 1; rc != 0; n++) {
		struct sr_lint lint;

		sr_arena_fault(n);
		rc = sr_lint_policies(&lint, s, p, &e);
		sr_arena_fault(0);
		if (rc != 0)
			assert_int_equal(rc, SR_NOMEM);
		else
			sr_lint_free(&lint);
	}
	assert_true(n > 20);
	sr_schema_free(s);
	sr_cedar_policies_free(p);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader),
		cmocka_unit_test(reading),
		cmocka_unit_test(names),
		cmocka_unit_test(missing),
		cmocka_unit_test(types),
		cmocka_unit_test(overflow),
		cmocka_unit_test(never),
		cmocka_unit_test(house),
		cmocka_unit_test(text),
		cmocka_unit_test(large),
		cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
