/*
 * policy default, lint, test, try, diff: what the board's rules say, without a vault.
 *
 * A table of expected decisions is facts (policy_facts.h) and questions:
 *
 *   { "entities": .., "context": ..,
 *     "cases": [ [WHO, ACTION, WHAT, {CHANGES}, "allow" | "deny" | "error", [IDS]], .. ] }
 *
 * IDS are those of all policies that decide (of "error": that err), in any order; none on "deny":
 * nothing permits it. "error" is a denial, as every error is here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "board/policy_default.h"
#include "cli/policy_facts.h"
#include "cli/verbs.h"
#include "policy/lint.h"

enum {
	TABLE_MAX = 8 << 20, /* bytes of a table: ours has 300 questions in 40 KB */
	IDS_MAX = 64         /* policies that one question names */
};

const struct cli_option cli_policy_default_options[] = {
	{"schema", CLI_FLAG, NULL, "print the schema that policies are checked against instead"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_policy_test_options[] = {
	{"policy", CLI_WORDS, "FILE",
		"the set to test, instead of the one that comes with the program"},
	{"every", CLI_FLAG, NULL,
		"also demand that every rule decides a question, and changes one"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_policy_try_options[] = {
	{"who", CLI_ONE, "ID", "who acts, of the facts"},
	{"action", CLI_ONE, "ACTION", "what is done: request-access, vote-approve, look-text, .."},
	{"what", CLI_ONE, "ID", "on what, of the facts"},
	{"set", CLI_TEXTS, "NAME=JSON",
		"another fact: context.browser=true, resource.state='\"held\"'"},
	{"policy", CLI_WORDS, "FILE",
		"the set to ask, instead of the one that comes with the program"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_policy_diff_options[] = {
	{"table", CLI_ONE, "TABLE", "also say which of its questions are answered otherwise"},
	{"grants", CLI_FLAG, NULL,
		"also say for which live grants of the vault decisions would change"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- sets --------------------------------------------------------------------------------------
 */

static int schema_load(struct sr_schema **out, struct sr_err *e) {
	int rc = sr_schema_parse(out, sr_policy_schema(), e);

	return rc != 0 ? sr_wrap(e, "the program's own schema") : 0;
}

/* Add a file of the person's; what is wrong in it is theirs to mend. */
static int file_parse(
	struct cli *c, struct sr_cedar_policies *set, const char *path, struct sr_err *e) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	rc = cli_read_file(&text, path, SR_CEDAR_SOURCE_MAX, e);
	if (rc == 0 && (sr_lint_text(sr_buf_view(&text), e) != 0 ||
			       sr_cedar_policies_parse(set, sr_buf_view(&text), e) != 0)) {
		rc = sr_wrap(e, "%s", path);
		c->own_input = true;
		cli_hint(c, "mend the file at that place; `strongroom policy default` prints rules "
			    "as they are written");
	}
	sr_buf_free(&text);
	return rc;
}

/* The files, each parsed by itself so that places are those of the file, or the default set. */
static int set_load(
	struct cli *c, struct sr_cedar_policies **out, const char *const *files, struct sr_err *e) {
	struct sr_policy_file f;
	int rc = sr_cedar_policies_new(out, e);

	for (size_t i = 0; rc == 0 && files == NULL && sr_policy_default_file(&f, i); i++)
		rc = sr_cedar_policies_parse(*out, f.text, e);
	for (size_t i = 0; rc == 0 && files != NULL && files[i] != NULL; i++)
		rc = file_parse(c, *out, files[i], e);
	return rc;
}

static struct sr_bytes id_of(const struct sr_cedar_policy *p) {
	const struct sr_bytes id = sr_cedar_annotation_of(p, "id");

	return id.p != NULL ? id : p->id;
}

/* --- default, lint -----------------------------------------------------------------------------
 */

int verb_policy_default(struct cli *c, struct sr_err *e) {
	struct sr_bytes text = sr_policy_schema();
	struct sr_buf all;
	int rc = 0;

	sr_buf_init(&all);
	if (!cli_has(c, "schema")) {
		rc = sr_policy_default(&all, e);
		text = sr_buf_view(&all);
	}
	if (rc == 0 && fwrite(text.p, 1, text.len, stdout) != text.len)
		rc = sr_fail_errno(e, "standard output");
	sr_buf_free(&all);
	return rc;
}

/* Which file each policy came from: the count of policies after each. */
struct lint_run {
	const char **files;
	size_t *upto;
	size_t count;
	struct sr_cedar_policies *set;
};

static const char *file_of(const struct lint_run *l, const struct sr_cedar_policy *p) {
	for (size_t i = 0, f = 0; p != NULL && f < l->count; i++) {
		while (f < l->count && i >= l->upto[f])
			f++;
		if (f < l->count && sr_cedar_policies_get(l->set, i) == p)
			return l->files[f];
	}
	return NULL;
}

static int lint_read(struct cli *c, struct lint_run *l, struct sr_err *e) {
	int rc = sr_cedar_policies_new(&l->set, e);

	for (size_t i = 0; rc == 0 && i < l->count; i++) {
		rc = file_parse(c, l->set, l->files[i], e);
		l->upto[i] = rc == 0 ? sr_cedar_policies_count(l->set) : 0;
	}
	return rc;
}

static void finding_print(const struct lint_run *l, const struct sr_lint_finding *f) {
	const char *file = file_of(l, f->policy);

	if (file != NULL) {
		cli_print(sr_bytes_str(file));
		printf(": ");
	}
	if (f->line != 0)
		printf("line %u, column %u: ", f->line, f->column);
	if (f->policy != NULL) {
		cli_print(id_of(f->policy));
		printf(": ");
	}
	cli_print(sr_bytes_str(f->text));
	printf(" (%s)\n", f->what);
}

static json_t *finding_json(const struct lint_run *l, const struct sr_lint_finding *f) {
	const char *file = file_of(l, f->policy);
	json_t *o = json_pack("{s:s,s:s}", "what", f->what, "text", f->text);

	if (file != NULL)
		cli_json_set_bytes(o, "file", sr_bytes_str(file));
	if (f->policy != NULL)
		json_object_set_new(o, "policy", cli_json_bytes(id_of(f->policy)));
	if (f->line != 0) {
		json_object_set_new(o, "line", json_integer(f->line));
		json_object_set_new(o, "column", json_integer(f->column));
	}
	return o;
}

int verb_policy_lint(struct cli *c, struct sr_err *e) {
	struct lint_run l = {.files = c->args.words, .count = c->args.word_count};
	struct sr_schema *schema = NULL;
	struct sr_lint lint = {.check = NULL};
	int rc;

	l.upto = calloc(l.count, sizeof *l.upto);
	rc = cli_keep(c, l.upto, e);
	if (rc == 0)
		rc = schema_load(&schema, e);
	if (rc == 0)
		rc = lint_read(c, &l, e);
	if (rc == 0)
		rc = sr_lint_policies(&lint, schema, l.set, e);
	if (rc == 0 && c->json) {
		json_t *all = json_array();

		for (size_t i = 0; i < lint.count; i++)
			json_array_append_new(all, finding_json(&l, &lint.findings[i]));
		cli_json_print(json_pack("{s:I,s:o}", "policies",
			(json_int_t)sr_cedar_policies_count(l.set), "findings", all));
	} else if (rc == 0) {
		for (size_t i = 0; i < lint.count; i++)
			finding_print(&l, &lint.findings[i]);
		if (lint.count == 0)
			printf("%zu policies, nothing to mend\n", sr_cedar_policies_count(l.set));
	}
	if (rc == 0 && lint.count > 0)
		rc = sr_fail(e, SR_DENIED,
			"%zu thing%s to mend in %zu policies; no board adopts this set", lint.count,
			lint.count == 1 ? "" : "s", sr_cedar_policies_count(l.set));
	sr_lint_free(&lint);
	sr_cedar_policies_free(l.set);
	sr_schema_free(schema);
	return rc;
}

/* --- asking ------------------------------------------------------------------------------------
 */

/* What came out, as a table says it. */
struct verdict {
	const char *word; /* allow, deny, error */
	struct sr_bytes ids[IDS_MAX];
	size_t count;
};

static int by_bytes(const void *a, const void *b) {
	return sr_bytes_cmp(*(const struct sr_bytes *)a, *(const struct sr_bytes *)b);
}

static int ask(struct verdict *out, const struct sr_cedar_policies *set,
	const struct policy_case *k, struct sr_err *e) {
	struct sr_cedar_answer *a = NULL;
	int rc = sr_cedar_authorize(&a, set, k->entities, k->request, e);

	if (rc != 0)
		return rc;
	*out = (struct verdict){.word = a->error_count > 0              ? "error"
					: a->decision == SR_CEDAR_ALLOW ? "allow"
									: "deny"};
	for (size_t i = 0; i < a->error_count && out->count < IDS_MAX; i++)
		out->ids[out->count++] = id_of(a->errors[i].policy);
	for (size_t i = 0; a->error_count == 0 && i < a->reason_count && out->count < IDS_MAX; i++)
		out->ids[out->count++] = id_of(a->reasons[i]);
	if (out->count > 1)
		qsort(out->ids, out->count, sizeof out->ids[0], by_bytes);
	sr_cedar_answer_free(a);
	return 0;
}

/* --- test --------------------------------------------------------------------------------------
 */

struct question {
	struct policy_ask ask;
	struct policy_case made;
	struct verdict want, have;
};

struct table {
	json_t *doc;
	struct question *list;
	size_t count;
	struct sr_schema *schema;
	struct sr_cedar_policies *set;
};

static int table_bad(size_t i, const char *why, struct sr_err *e) {
	return sr_fail(e, SR_USAGE, "case %zu: %s", i + 1, why);
}

static int question_read(struct question *q, const json_t *row, size_t i, struct sr_err *e) {
	const char *part[3], *word = json_string_value(json_array_get(row, 4));
	const json_t *ids = json_array_get(row, 5);

	if (json_array_size(row) != 6)
		return table_bad(i, "want [WHO, ACTION, WHAT, {CHANGES}, DECISION, [IDS]]", e);
	for (size_t k = 0; k < 3; k++) {
		part[k] = json_string_value(json_array_get(row, k));
		if (part[k] == NULL)
			return table_bad(i, "WHO, ACTION and WHAT are strings", e);
	}
	if (word == NULL || (strcmp(word, "allow") != 0 && strcmp(word, "deny") != 0 &&
				    strcmp(word, "error") != 0))
		return table_bad(i, "the decision is allow, deny or error", e);
	if (!json_is_array(ids) || json_array_size(ids) > IDS_MAX)
		return table_bad(i, "the ids are a list", e);
	q->ask = (struct policy_ask){part[0], part[1], part[2], json_array_get(row, 3)};
	q->want.word = word;
	for (size_t k = 0; k < json_array_size(ids); k++) {
		const json_t *id = json_array_get(ids, k);

		if (!json_is_string(id))
			return table_bad(i, "an id is a string", e);
		q->want.ids[q->want.count++] =
			sr_bytes_of(json_string_value(id), json_string_length(id));
	}
	if (q->want.count > 1)
		qsort(q->want.ids, q->want.count, sizeof q->want.ids[0], by_bytes);
	return 0;
}

static int doc_read(json_t **out, const char *path, struct sr_err *e) {
	struct sr_buf text;
	json_error_t bad;
	int rc;

	sr_buf_init(&text);
	rc = cli_read_file(&text, path, TABLE_MAX, e);
	if (rc == 0) {
		*out = json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES, &bad);
		if (*out == NULL)
			rc = sr_fail(e, SR_USAGE, "%s: line %d, column %d: %s", path, bad.line,
				bad.column, bad.text);
	}
	sr_buf_free(&text);
	return rc;
}

static int table_read(struct table *t, const char *path, struct sr_err *e) {
	const struct policy_case *plain = NULL;
	const json_t *cases;
	int rc = doc_read(&t->doc, path, e);

	if (rc != 0)
		return rc;
	cases = json_object_get(t->doc, "cases");
	if (json_array_size(cases) == 0)
		return sr_fail(e, SR_USAGE, "%s: there are no \"cases\"", path);
	t->list = calloc(json_array_size(cases), sizeof *t->list);
	if (t->list == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu cases", json_array_size(cases));
	t->count = json_array_size(cases);
	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		struct question *q = &t->list[i];

		rc = question_read(q, json_array_get(cases, i), i, e);
		if (rc == 0 &&
			policy_case_make(&q->made, t->doc, t->schema, &q->ask, plain, e) != 0)
			rc = sr_wrap(e, "case %zu", i + 1);
		if (rc == 0 && q->made.plain && plain == NULL)
			plain = &q->made;
		if (rc == 0)
			rc = ask(&q->have, t->set, &q->made, e);
	}
	return rc != 0 ? sr_wrap(e, "%s", path) : 0;
}

static void table_free(struct table *t) {
	for (size_t i = 0; i < t->count; i++)
		policy_case_free(&t->list[i].made);
	free(t->list);
	json_decref(t->doc);
	sr_cedar_policies_free(t->set);
	sr_schema_free(t->schema);
}

static bool verdict_eq(const struct verdict *a, const struct verdict *b) {
	bool same = strcmp(a->word, b->word) == 0 && a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = sr_bytes_eq(a->ids[i], b->ids[i]);
	return same;
}

static void verdict_print(const struct verdict *v) {
	printf("%s", v->word);
	for (size_t i = 0; i < v->count; i++) {
		printf("%s", i == 0 ? " by " : ", ");
		cli_print(v->ids[i]);
	}
}

static void question_print(
	const struct question *q, size_t i, const char *first, const char *second) {
	char *changes = q->ask.changes == NULL || json_object_size(q->ask.changes) == 0
				? NULL
				: json_dumps(q->ask.changes, JSON_COMPACT);

	printf("case %zu: ", i + 1);
	cli_print(sr_bytes_str(q->ask.who));
	printf(" %s ", q->ask.action);
	cli_print(sr_bytes_str(q->ask.what));
	if (changes != NULL) {
		printf(" with ");
		cli_print(sr_bytes_str(changes));
	}
	printf(": %s ", first);
	verdict_print(&q->want);
	printf(", %s ", second);
	verdict_print(&q->have);
	printf("\n");
	free(changes);
}

/* The set without its ${without}th policy. */
static int set_without(struct sr_cedar_policies **out, const struct sr_cedar_policies *set,
	size_t without, struct sr_err *e) {
	struct sr_buf text;
	int rc = sr_cedar_policies_new(out, e);

	sr_buf_init(&text);
	for (size_t i = 0; rc == 0 && i < sr_cedar_policies_count(set); i++) {
		const struct sr_cedar_policy *p = sr_cedar_policies_get(set, i);

		if (i == without)
			continue;
		sr_buf_clear(&text);
		rc = sr_cedar_policy_text(p, &text, e);
		if (rc == 0)
			rc = sr_cedar_policies_add(*out, p->id, sr_buf_view(&text), e);
	}
	sr_buf_free(&text);
	return rc;
}

/* Does policy ${i} decide a question, and is there one whose decision changes without it? */
static int covers(bool *decides, bool *flips, const struct table *t, size_t i, struct sr_err *e) {
	const struct sr_bytes id = id_of(sr_cedar_policies_get(t->set, i));
	struct sr_cedar_policies *less = NULL;
	int rc = set_without(&less, t->set, i, e);

	*decides = *flips = false;
	for (size_t q = 0; rc == 0 && q < t->count && !(*decides && *flips); q++) {
		struct verdict without;

		for (size_t k = 0;
			strcmp(t->list[q].have.word, "error") != 0 && k < t->list[q].have.count;
			k++)
			*decides = *decides || sr_bytes_eq(t->list[q].have.ids[k], id);
		rc = ask(&without, less, &t->list[q].made, e);
		if (rc == 0 && strcmp(t->list[q].have.word, "error") != 0 &&
			strcmp(without.word, t->list[q].have.word) != 0)
			*flips = true;
	}
	sr_cedar_policies_free(less);
	return rc;
}

static int coverage(
	const struct table *t, bool tell, size_t *idle, json_t *names, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sr_cedar_policies_count(t->set); i++) {
		const struct sr_bytes id = id_of(sr_cedar_policies_get(t->set, i));
		bool decides, flips;

		rc = covers(&decides, &flips, t, i, e);
		if (rc != 0 || (decides && flips))
			continue;
		++*idle;
		json_array_append_new(names, cli_json_bytes(id));
		if (!tell)
			continue;
		printf("rule ");
		cli_print(id);
		printf(": %s\n", decides ? "no decision changes without it"
					 : "no question is decided by it");
	}
	return rc;
}

int verb_policy_test(struct cli *c, struct sr_err *e) {
	struct table t = {.doc = NULL};
	const char *const *files = NULL;
	json_t *idle_names = json_array();
	const bool every = cli_has(c, "every");
	size_t wrong = 0, idle = 0;
	int rc = cli_list(c, &files, "policy", e);

	if (rc == 0)
		rc = schema_load(&t.schema, e);
	if (rc == 0)
		rc = set_load(c, &t.set, files, e);
	if (rc == 0)
		rc = table_read(&t, c->args.words[0], e);
	for (size_t i = 0; rc == 0 && i < t.count; i++)
		if (!verdict_eq(&t.list[i].want, &t.list[i].have)) {
			wrong++;
			if (!c->json)
				question_print(&t.list[i], i, "want", "have");
		}
	if (rc == 0 && every)
		rc = coverage(&t, !c->json, &idle, idle_names, e);
	if (rc == 0 && c->json)
		cli_json_print(json_pack("{s:I,s:I,s:I,s:O}", "cases", (json_int_t)t.count, "wrong",
			(json_int_t)wrong, "policies", (json_int_t)sr_cedar_policies_count(t.set),
			"untested", idle_names));
	else if (rc == 0)
		printf("%zu questions, %zu answered as expected; %zu rules", t.count,
			t.count - wrong, sr_cedar_policies_count(t.set));
	if (rc == 0 && !c->json && every)
		printf(", %zu of them both ways", sr_cedar_policies_count(t.set) - idle);
	if (rc == 0 && !c->json)
		printf("\n");
	if (rc == 0 && wrong > 0)
		rc = sr_fail(e, SR_DENIED, "%zu of %zu questions are answered otherwise", wrong,
			t.count);
	else if (rc == 0 && idle > 0)
		rc = sr_fail(e, SR_DENIED, "%zu of %zu rules are not tested both ways", idle,
			sr_cedar_policies_count(t.set));
	json_decref(idle_names);
	table_free(&t);
	return rc;
}

/* --- try ---------------------------------------------------------------------------------------
 */

/* --set NAME=JSON, each as a change. */
static int changes_read(json_t **out, struct cli *c, struct sr_err *e) {
	const char *const *sets = NULL;
	int rc = cli_list(c, &sets, "set", e);

	*out = json_object();
	for (size_t i = 0; rc == 0 && sets != NULL && sets[i] != NULL; i++) {
		const char *is = strchr(sets[i], '=');
		json_t *v = is == NULL ? NULL : json_loads(is + 1, JSON_DECODE_ANY, NULL);

		if (v == NULL)
			return sr_fail(e, SR_USAGE,
				"--set %s: want NAME=VALUE, the value as JSON (text in quotes)",
				sets[i]);
		if (json_object_setn_new(*out, sets[i], (size_t)(is - sets[i]), v) != 0)
			rc = sr_fail(e, SR_NOMEM, "no memory for the facts");
	}
	return rc;
}

static void rule_print(const struct sr_cedar_policy *p) {
	printf("  ");
	cli_print(id_of(p));
	printf(": ");
	cli_print(sr_cedar_annotation_of(p, "title"));
	printf("\n    ");
	cli_print(sr_cedar_annotation_of(p, "why"));
	printf("\n");
}

static void answer_print(const struct sr_cedar_answer *a) {
	if (a->error_count > 0) {
		printf("deny, because rules could not be evaluated:\n");
		for (size_t i = 0; i < a->error_count; i++) {
			printf("  ");
			cli_print(id_of(a->errors[i].policy));
			printf(": line %u, column %u: ", a->errors[i].line, a->errors[i].column);
			cli_print(sr_bytes_str(a->errors[i].text));
			printf("\n");
		}
		return;
	}
	if (a->reason_count == 0) {
		printf("deny: no rule permits it\n");
		return;
	}
	printf("%s:\n", a->decision == SR_CEDAR_ALLOW ? "allow" : "deny");
	for (size_t i = 0; i < a->reason_count; i++)
		rule_print(a->reasons[i]);
}

static json_t *answer_json(const struct sr_cedar_answer *a) {
	json_t *reasons = json_array(), *errors = json_array();
	const bool allow = a->error_count == 0 && a->decision == SR_CEDAR_ALLOW;

	for (size_t i = 0; i < a->reason_count; i++)
		json_array_append_new(reasons, cli_json_bytes(id_of(a->reasons[i])));
	for (size_t i = 0; i < a->error_count; i++)
		json_array_append_new(errors,
			json_pack("{s:o,s:s}", "policy", cli_json_bytes(id_of(a->errors[i].policy)),
				"text", a->errors[i].text));
	return json_pack("{s:s,s:o,s:o}", "decision", allow ? "allow" : "deny", "reasons", reasons,
		"errors", errors);
}

int verb_policy_try(struct cli *c, struct sr_err *e) {
	struct policy_ask question = {
		cli_get(c, "who"), cli_get(c, "action"), cli_get(c, "what"), NULL};
	struct policy_case made = {.entities = NULL};
	struct sr_cedar_policies *set = NULL;
	struct sr_cedar_answer *a = NULL;
	struct sr_schema *schema = NULL;
	const char *const *files = NULL;
	json_t *facts = NULL, *changes = NULL;
	int rc = 0;

	if (question.who == NULL || question.action == NULL || question.what == NULL)
		return sr_fail(e, SR_USAGE, "--who, --action and --what say what is asked");
	rc = cli_list(c, &files, "policy", e);
	if (rc == 0)
		rc = changes_read(&changes, c, e);
	if (rc == 0)
		rc = doc_read(&facts, c->args.words[0], e);
	if (rc == 0)
		rc = schema_load(&schema, e);
	if (rc == 0)
		rc = set_load(c, &set, files, e);
	question.changes = changes;
	if (rc == 0)
		rc = policy_case_make(&made, facts, schema, &question, NULL, e);
	if (rc == 0)
		rc = sr_cedar_authorize(&a, set, made.entities, made.request, e);
	if (rc == 0 && c->json)
		cli_json_print(answer_json(a));
	else if (rc == 0)
		answer_print(a);
	sr_cedar_answer_free(a);
	policy_case_free(&made);
	sr_cedar_policies_free(set);
	sr_schema_free(schema);
	json_decref(facts);
	json_decref(changes);
	return rc;
}

/* --- diff --------------------------------------------------------------------------------------
 */

/* The policy of that @id; NULL: none. */
static const struct sr_cedar_policy *with_id(
	const struct sr_cedar_policies *set, struct sr_bytes id) {
	for (size_t i = 0; i < sr_cedar_policies_count(set); i++)
		if (sr_bytes_eq(id_of(sr_cedar_policies_get(set, i)), id))
			return sr_cedar_policies_get(set, i);
	return NULL;
}

/* Do both say the same, whatever their layout and comments? */
static int same_text(bool *same, const struct sr_cedar_policy *a, const struct sr_cedar_policy *b,
	struct sr_err *e) {
	struct sr_buf ta, tb;
	int rc;

	sr_buf_init(&ta);
	sr_buf_init(&tb);
	rc = sr_cedar_policy_text(a, &ta, e);
	if (rc == 0)
		rc = sr_cedar_policy_text(b, &tb, e);
	*same = rc == 0 && sr_bytes_eq(sr_buf_view(&ta), sr_buf_view(&tb));
	sr_buf_free(&ta);
	sr_buf_free(&tb);
	return rc;
}

struct differing {
	json_t *added, *gone, *changed, *decisions, *grants;
	bool tell;
};

static void differs(
	const struct differing *d, json_t *list, char mark, const struct sr_cedar_policy *p) {
	json_array_append_new(list, cli_json_bytes(id_of(p)));
	if (!d->tell)
		return;
	printf("%c ", mark);
	cli_print(id_of(p));
	printf(": ");
	cli_print(sr_cedar_annotation_of(p, "title"));
	printf("\n");
}

static int diff_rules(struct differing *d, const struct sr_cedar_policies *old,
	const struct sr_cedar_policies *new, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sr_cedar_policies_count(old); i++) {
		const struct sr_cedar_policy *p = sr_cedar_policies_get(old, i);
		const struct sr_cedar_policy *q = with_id(new, id_of(p));
		bool same = false;

		if (q != NULL)
			rc = same_text(&same, p, q, e);
		if (rc == 0 && q == NULL)
			differs(d, d->gone, '-', p);
		else if (rc == 0 && !same)
			differs(d, d->changed, '~', q);
	}
	for (size_t i = 0; rc == 0 && i < sr_cedar_policies_count(new); i++)
		if (with_id(old, id_of(sr_cedar_policies_get(new, i))) == NULL)
			differs(d, d->added, '+', sr_cedar_policies_get(new, i));
	return rc;
}

/* Questions of the table whose decision is another one; by which rules is not asked. */
static int diff_decisions(struct differing *d, const struct table *t,
	const struct sr_cedar_policies *new, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		struct question q = t->list[i];
		struct verdict now;

		rc = ask(&now, new, &q.made, e);
		if (rc != 0 || strcmp(now.word, q.have.word) == 0)
			continue;
		json_array_append_new(
			d->decisions, json_pack("{s:I,s:s,s:s}", "case", (json_int_t)i + 1, "old",
					      q.have.word, "new", now.word));
		if (!d->tell)
			continue;
		q.want = q.have;
		q.have = now;
		question_print(&q, i, "was", "is");
	}
	return rc;
}

int verb_policy_diff(struct cli *c, struct sr_err *e) {
	struct differing d = {
		json_array(), json_array(), json_array(), json_array(), json_array(), !c->json};
	const char *const old_file[] = {c->args.words[0], NULL};
	const char *const new_file[] = {c->args.words[1], NULL};
	struct sr_cedar_policies *new = NULL;
	struct table t = {.doc = NULL};
	int rc = schema_load(&t.schema, e);

	if (rc == 0)
		rc = set_load(c, &t.set, old_file, e);
	if (rc == 0)
		rc = set_load(c, &new, new_file, e);
	if (rc == 0)
		rc = diff_rules(&d, t.set, new, e);
	if (rc == 0 && cli_has(c, "table"))
		rc = table_read(&t, cli_get(c, "table"), e);
	if (rc == 0)
		rc = diff_decisions(&d, &t, new, e);
	if (rc == 0 && cli_has(c, "grants"))
		rc = cli_policy_uses(c, d.grants, t.set, new, e);
	if (rc == 0 && c->json)
		cli_json_print(json_pack("{s:O,s:O,s:O,s:O,s:O}", "added", d.added, "gone", d.gone,
			"changed", d.changed, "decisions", d.decisions, "grants", d.grants));
	else if (rc == 0)
		printf("%zu rules added, %zu gone, %zu changed", json_array_size(d.added),
			json_array_size(d.gone), json_array_size(d.changed));
	if (rc == 0 && !c->json && t.count > 0)
		printf("; %zu of %zu questions decided otherwise", json_array_size(d.decisions),
			t.count);
	if (rc == 0 && !c->json && cli_has(c, "grants"))
		printf("; %zu uses of live grants", json_array_size(d.grants));
	if (rc == 0 && !c->json)
		printf("\n");
	json_decref(d.grants);
	json_decref(d.added);
	json_decref(d.gone);
	json_decref(d.changed);
	json_decref(d.decisions);
	sr_cedar_policies_free(new);
	table_free(&t);
	return rc;
}
