/*
 * Questions written down, judged and explained: the same bytes give the same answer; bytes that are
 * cut, longer or other give none; inputs that are not as a schema says are found, whichever part it
 * is; the nearest permit is the one for the same thing, and what it lacks is said in its own words.
 */
#include "policy/explain.h"
#include "policy/judge.h"
#include "policy/lint.h"
#include "util.h"

static const char schema_text[] =
	"entity Role enum [\"reader\", \"keeper\"];\n"
	"entity Person in [Role] tags datetime;\n"
	"entity Shelf;\n"
	"entity Book in [Shelf] = { owner: Person, words: Set<String>, count: Long,"
	" note?: String };\n"
	"action look, touch;\n"
	"action \"look-text\", \"look-cover\" in [look] appliesTo { principal: Person, resource:"
	" Book, context: { now: datetime, from?: ipaddr, deep: { n: Long } } };\n"
	"action burn appliesTo { principal: Person, resource: Book, context: { now: datetime }"
	" };\n";

static const char request_text[] =
	"{\"principal\":{\"type\":\"Person\",\"id\":\"ann\"},\"action\":{\"type\":\"Action\","
	"\"id\":\"look-text\"},\"resource\":{\"type\":\"Book\",\"id\":\"b1\"},\"context\":{\"now\":"
	"{\"__extn\":{\"fn\":\"datetime\",\"arg\":\"2026-11-29\"}},\"deep\":{\"n\":3}}}";
static const char entities_text[] =
	"[{\"uid\":{\"type\":\"Action\",\"id\":\"look-text\"},\"attrs\":{},\"parents\":[{\"type\":"
	"\"Action\",\"id\":\"look\"}]},{\"uid\":{\"type\":\"Person\",\"id\":\"ann\"},\"attrs\":{},"
	"\"parents\":[{\"type\":\"Role\",\"id\":\"reader\"}],\"tags\":{\"course\":{\"__extn\":{"
	"\"fn\":\"datetime\",\"arg\":\"2026-09-01\"}}}},{\"uid\":{\"type\":\"Book\",\"id\":\"b1\"},"
	"\"attrs\":{\"owner\":{\"__entity\":{\"type\":\"Person\",\"id\":\"ben\"}},\"words\":[\"a\","
	"\"b\"],\"count\":7},\"parents\":[{\"type\":\"Shelf\",\"id\":\"s\"}],\"tags\":{}}]";

#define W "@why(\"w\")\n"
static const char set_text[] =
	"@id(\"owners\") @title(\"Owners look\") " W
	"permit (principal in Role::\"keeper\", action in Action::\"look\", resource is Book)\n"
	"when { resource.owner == principal && resource.count > 9 };\n"
	"@id(\"readers\") @title(\"Readers look\") " W
	"permit (principal in Role::\"reader\", action in Action::\"look\", resource is Book)\n"
	"when { context.deep.n == 3 };\n"
	"@id(\"course\") @title(\"The course is kept up\") " W
	"forbid (principal, action == Action::\"look-text\", resource is Book)\n"
	"when { principal.hasTag(\"course\") && principal.getTag(\"course\") <= context.now };\n"
	"@id(\"burners\") @title(\"Keepers burn\") " W
	"permit (principal in Role::\"keeper\", action == Action::\"burn\", resource is Book)\n"
	"unless { resource.words.contains(\"keep\") };\n";

struct rig {
	struct sr_schema *schema;
	struct sr_cedar_policies *set;
	struct sr_err e;
};

static void rig_init(struct rig *r) {
	memset(r, 0, sizeof *r);
	assert_ok(sr_schema_parse(&r->schema, sr_bytes_str(schema_text), &r->e), &r->e);
	assert_ok(sr_cedar_policies_new(&r->set, &r->e), &r->e);
	assert_ok(sr_cedar_policies_parse(r->set, sr_bytes_str(set_text), &r->e), &r->e);
}

static void rig_free(struct rig *r) {
	sr_cedar_policies_free(r->set);
	sr_schema_free(r->schema);
}

/* ${text} with its one ${from} replaced. */
static char *with(const char *text, const char *from, const char *to) {
	const char *at = strstr(text, from);
	struct sr_buf b;
	char *out;

	if (at == NULL)
		fail_msg("no \"%s\" in the text", from);
	sr_buf_init(&b);
	sr_buf_put(&b, text, (size_t)(at - text));
	sr_buf_put_str(&b, to);
	sr_buf_put_str(&b, at + strlen(from));
	out = sr_buf_dup_str(&b);
	assert_non_null(out);
	sr_buf_free(&b);
	return out;
}

static void inputs_of(struct sr_buf *out, const char *request, const char *entities) {
	sr_buf_init(out);
	sr_question_put(out, sr_bytes_str(request), sr_bytes_str(entities));
}

static void replay(void **state) {
	struct sr_judgement j;
	struct sr_buf in;
	struct sr_err e = {0};
	char *set;

	(void)state;
	inputs_of(&in, request_text, entities_text);
	assert_ok(sr_judge_replay(&j, sr_bytes_str(set_text), sr_buf_view(&in), &e), &e);
	assert_int_equal(j.word, SR_JUDGED_DENY);
	assert_int_equal(j.rule_count, 1);
	assert_string_equal(j.rules[0], "course");
	assert_null(j.plain);
	sr_judgement_free(&j);
	/* Without that rule it is allowed, by the one that holds. */
	set = with(set_text, "<= context.now", "> context.now");
	assert_ok(sr_judge_replay(&j, sr_bytes_str(set), sr_buf_view(&in), &e), &e);
	assert_int_equal(j.word, SR_JUDGED_ALLOW);
	assert_string_equal(j.rules[0], "readers");
	sr_judgement_free(&j);
	free(set);
	/* A rule that errs is a denial, though Cedar's own answer would be the permit. */
	set = with(set_text, "principal.hasTag(\"course\") && principal.getTag(\"course\")",
		"principal.getTag(\"none\")");
	assert_ok(sr_judge_replay(&j, sr_bytes_str(set), sr_buf_view(&in), &e), &e);
	assert_int_equal(j.word, SR_JUDGED_ERROR);
	assert_string_equal(j.rules[0], "course");
	sr_judgement_free(&j);
	free(set);
	/* Truncated at every length, and longer: no answer. */
	for (size_t n = 0; n < in.len; n++)
		assert_int_equal(
			sr_judge_replay(&j, sr_bytes_str(set_text), sr_bytes_of(in.p, n), &e),
			SR_CORRUPT);
	assert_fails(sr_judge_replay(&j, sr_bytes_str(set_text), sr_bytes_of(in.p, in.len - 1), &e),
		SR_CORRUPT, &e, "inputs: the line with the entities has no end");
	sr_buf_put_u8(&in, '\n');
	assert_fails(sr_judge_replay(&j, sr_bytes_str(set_text), sr_buf_view(&in), &e), SR_CORRUPT,
		&e, "1 bytes follow");
	in.p[3] ^= 1;
	assert_fails(sr_judge_replay(&j, sr_bytes_str(set_text), sr_buf_view(&in), &e), SR_CORRUPT,
		&e, "the first line");
	assert_fails(sr_judge_replay(&j, sr_bytes_str("permit ("), sr_buf_view(&in), &e),
		SR_CORRUPT, &e, "set: line 1");
	sr_buf_free(&in);
}

static void conforms(void **state) {
	static const struct {
		bool request; /* else the entities */
		const char *from, *to, *piece;
	} bad[] = {
		{false, "\"count\":7", "\"count\":\"7\"", "want long, have string"},
		{false, ",\"count\":7", "", "has no attribute \"count\""},
		{false, "\"count\":7", "\"count\":7,\"more\":1", "no attribute \"more\""},
		{false, "\"words\":[\"a\",\"b\"]", "\"words\":[\"a\",1]", "want string, have long"},
		{false, "\"type\":\"Person\",\"id\":\"ben\"", "\"type\":\"Shelf\",\"id\":\"ben\"",
			"another type"},
		{false, "\"note\"", "\"note\"", NULL},
		{false, "\"course\":{\"__extn\":{\"fn\":\"datetime\",\"arg\":\"2026-09-01\"}}",
			"\"course\":1", "tag \"course\""},
		{false, "\"parents\":[{\"type\":\"Shelf\",\"id\":\"s\"}],\"tags\":{}",
			"\"parents\":[{\"type\":\"Shelf\",\"id\":\"s\"}],\"tags\":{\"x\":1}",
			"tag \"x\""},
		{false, "\"type\":\"Shelf\",\"id\":\"s\"", "\"type\":\"Role\",\"id\":\"keeper\"",
			"never in"},
		{false, "\"type\":\"Role\",\"id\":\"reader\"",
			"\"type\":\"Hall\",\"id\":\"reader\"", "never in"},
		{false, "{\"type\":\"Action\",\"id\":\"look\"}",
			"{\"type\":\"Action\",\"id\":\"burn\"}", "a group that is not its"},
		{false, "\"type\":\"Book\",\"id\":\"b1\"", "\"type\":\"Tome\",\"id\":\"b1\"",
			"nothing is known of"},
		{false, "\"id\":\"look-text\"},\"attrs\":{}",
			"\"id\":\"look-text\"},\"attrs\":{\"a\":1}",
			"is no action of the schema, or has attributes"},
		{false, "[{\"uid\"",
			"[{\"uid\":{\"type\":\"Action\",\"id\":\"peek\"},\"attrs\":{},"
			"\"parents\":[]},{\"uid\"",
			"is no action of the schema, or has attributes"},
		{false, "[{\"uid\"",
			"[{\"uid\":{\"type\":\"Tome\",\"id\":\"b2\"},\"attrs\":{},\"parents\":[]},"
			"{\"uid\"",
			"the schema has no type of Tome::b2"},
		{true, "\"id\":\"look-text\"", "\"id\":\"look\"", "not for a principal"},
		{true, "\"id\":\"look-text\"", "\"id\":\"eat\"", "no action \"eat\""},
		{true, "\"type\":\"Person\",\"id\":\"ann\"", "\"type\":\"Shelf\",\"id\":\"ann\"",
			"not for a principal"},
		{true, "\"deep\":{\"n\":3}", "\"deep\":{\"n\":true}", "want long, have bool"},
		{true, ",\"deep\":{\"n\":3}", "", "has no attribute \"deep\""},
		{true, "\"deep\":{\"n\":3}", "\"deep\":{\"n\":3,\"m\":1}", "no attribute \"m\""},
		{true, "\"deep\"",
			"\"from\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"10.0.0.1\"}},\"deep\"",
			NULL},
	};
	struct rig r;

	(void)state;
	rig_init(&r);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *from = bad[i].request ? request_text : entities_text;
		char *text =
			strcmp(bad[i].from, "\"note\"") == 0
				? with(entities_text, "\"count\":7", "\"count\":7,\"note\":\"n\"")
				: with(from, bad[i].from, bad[i].to);
		struct sr_question q;
		struct sr_buf in;
		int rc;

		inputs_of(&in, bad[i].request ? text : request_text,
			bad[i].request ? entities_text : text);
		assert_ok(sr_question_load(&q, sr_buf_view(&in), &r.e), &r.e);
		rc = sr_question_conforms(r.schema, &q, &r.e);
		if (bad[i].piece == NULL)
			assert_ok(rc, &r.e);
		else
			assert_fails(rc, SR_CORRUPT, &r.e, bad[i].piece);
		sr_question_free(&q);
		sr_buf_free(&in);
		free(text);
	}
	rig_free(&r);
}

static void says(const struct sr_buf *b, const char *piece) {
	if (b->len == 0 || memmem(b->p, b->len, piece, strlen(piece)) == NULL)
		fail_msg("want \"%s\", have \"%.*s\"", piece, (int)b->len, (const char *)b->p);
}

static void explains(void **state) {
	const struct sr_cedar_policy *p = NULL;
	struct sr_question q;
	struct sr_buf in, out;
	struct rig r;
	size_t parts = 0;
	char *request;

	(void)state;
	rig_init(&r);
	sr_buf_init(&out);
	inputs_of(&in, request_text, entities_text);
	assert_ok(sr_question_load(&q, sr_buf_view(&in), &r.e), &r.e);
	p = sr_cedar_policies_get(r.set, 0);
	assert_ok(sr_rule_lacks(&out, &parts, p, &q, &r.e), &r.e);
	assert_int_equal(parts, 3);
	assert_true(sr_bytes_eq(sr_buf_view(&out),
		sr_bytes_str("principal in Role::\"keeper\"\nresource.owner == principal\n"
			     "resource.count > 9\n")));
	sr_buf_clear(&out);
	assert_ok(sr_rule_reads(&out, p, &q, &r.e), &r.e);
	assert_true(sr_bytes_eq(
		sr_buf_view(&out), sr_bytes_str("resource.owner = ben\nresource.count = 7\n")));
	sr_buf_clear(&out);
	assert_ok(sr_rule_reads(&out, sr_cedar_policies_get(r.set, 2), &q, &r.e), &r.e);
	says(&out, "principal.getTag(\"course\") = 2026-09-01T00:00:00Z\n");
	says(&out, "context.now = 2026-11-29T00:00:00Z\n");
	/* It holds as it is: nothing is missing. */
	assert_ok(sr_rule_lacks(NULL, &parts, sr_cedar_policies_get(r.set, 1), &q, &r.e), &r.e);
	assert_int_equal(parts, 0);
	assert_ok(sr_permit_nearest(&p, r.set, r.schema, &q, &r.e), &r.e);
	assert_ptr_equal(p, sr_cedar_policies_get(r.set, 1));
	sr_question_free(&q);
	sr_buf_free(&in);

	/* Of another action there is one permit; what it lacks is who asks, and the `unless`. */
	request = with(request_text, "\"id\":\"look-text\"", "\"id\":\"burn\"");
	inputs_of(&in, request, "[]");
	free(request);
	assert_ok(sr_question_load(&q, sr_buf_view(&in), &r.e), &r.e);
	assert_ok(sr_permit_nearest(&p, r.set, r.schema, &q, &r.e), &r.e);
	assert_ptr_equal(p, sr_cedar_policies_get(r.set, 3));
	sr_buf_clear(&out);
	assert_ok(sr_rule_lacks(&out, &parts, p, &q, &r.e), &r.e);
	assert_int_equal(parts, 2);
	says(&out, "principal in Role::\"keeper\"\n");
	says(&out, "unless resource.words.contains(\"keep\")\n");
	sr_buf_clear(&out);
	assert_ok(sr_rule_reads(&out, p, &q, &r.e), &r.e);
	assert_int_equal(out.len, 0); /* nothing is known of the book */
	sr_question_free(&q);
	sr_buf_free(&in);
	/* Where two are as far in what is asked for, the one with less missing in who asks. */
	request = with(request_text, "\"n\":3", "\"n\":4");
	inputs_of(&in, request, entities_text);
	free(request);
	assert_ok(sr_question_load(&q, sr_buf_view(&in), &r.e), &r.e);
	assert_ok(sr_permit_nearest(&p, r.set, r.schema, &q, &r.e), &r.e);
	assert_ptr_equal(p, sr_cedar_policies_get(r.set, 1));
	assert_null(sr_permit_for(r.set, r.schema, sr_bytes_str("burn"), 1));
	assert_null(sr_permit_for(r.set, r.schema, sr_bytes_str("eat"), 0));
	sr_question_free(&q);
	sr_buf_free(&in);
	sr_buf_free(&out);
	rig_free(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay),
		cmocka_unit_test(conforms),
		cmocka_unit_test(explains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
