/*
 * Tests of what people give to the command as files: tables of items (cli/rows), facts on which
 * policies are tried (cli/policy_facts), tables of questions (policy test). What is wrong is named
 * with its place.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/policy_facts.h"
#include "cli/rows.h"
#include "cli/walk.h"
#include "cli_rig.h"

static void put(const char *name, const char *text) {
	t_write_file(name, text, strlen(text));
}

/* --- rows ------------------------------------------------------------------------------------- */

static int count_row(void *ctx, const struct cli_row *row, struct sr_err *e) {
	size_t *values = ctx;

	(void)e;
	*values += row->count;
	return 0;
}

static void rows(void **state) {
	static const struct {
		const char *file, *text;
		int code;
		const char *piece;
	} all[] = {
		{"t.csv", "path,title\na,b,c\n", SR_USAGE,
			"t.csv: row 2 has more cells than the header's 2"},
		{"t.csv", "path,clear\na,title\n", SR_USAGE,
			"row 2: clear: \"title\" is no field that can be emptied"},
		{"t.csv", "path,clear\na,hazard\n", SR_USAGE,
			"\"hazard\" is no field that can be emptied (hazard none does it)"},
		{"t.jsonl", "{\"path\":\"a\",\"clear\":[\"colour\"]}\n", SR_USAGE,
			"row 1: clear: \"colour\" is no field that can be emptied"},
		{"t.csv", "title\na\n", SR_USAGE,
			"t.csv: the header has no column \"path\", and no column \"item\""},
		{"t.csv", "path\n", SR_USAGE, "t.csv: the table has no rows"},
		{"t.csv", "path\na/../../b\n", SR_USAGE,
			"row 2: \"a/../../b\" leaves the folder of the table"},
		{"t.csv", "item\nxyz\n", SR_USAGE,
			"row 2: item: \"xyz\": want the id of an item, or its first digits"},
		{"t.csv", "path,part-of\na,xyz\n", SR_USAGE,
			"row 2: part-of: \"xyz\": want the id of an item, or its first digits"},
		{"t.csv", "path,hazard\na,graphic@\n", SR_USAGE,
			"row 2: hazard: \"graphic@\": want a file behind the @"},
		{"t.csv", "path,title,path\n", SR_USAGE, "column \"path\" is there twice"},
		{"t.csv", "path,colour\n", SR_USAGE, "column \"colour\" is none of path, item"},
		{"t.csv", "path,medium\na,book;film;letter;image;sound\n", SR_USAGE,
			"row 2: medium: more than 4 values"},
		{"t.csv", "path,hazard\na,red\n", SR_USAGE,
			"row 2: hazard: \"red\": unknown hazard; describe --help lists them"},
		{"t.csv", "path,medium,clear\na,book,medium\n", SR_USAGE,
			"row 2: medium is set and cleared at once"},
		{"t.csv", "path,item\na,0123456789abcdef\n", SR_USAGE,
			"row 2 has a path and an item"},
		{"t.csv", "path,title\na,\"t\" x\n", SR_USAGE,
			"row 2 is no CSV: a quote stands where none may be, or is not closed"},
		{"t.csv", "path,title\na,\"t\n", SR_USAGE, "or is not closed"},
		{"t.jsonl", "{\"path\":\"a\",\"clear\":7}\n", SR_USAGE,
			"row 1 has a \"clear\" that is no array of names"},
		{"t.jsonl", "{\"path\":\"a\",\"clear\":[7]}\n", SR_USAGE,
			"row 1 has a \"clear\" that is no array of names"},
		{"t.jsonl", "{\"path\":7}\n", SR_USAGE,
			"row 1 names its path or item by no string"},
		{"t.jsonl", "{\"item\":\"\"}\n", SR_USAGE,
			"row 1 names its path or item by no string"},
		{"t.jsonl", "{\"path\":\"a\",\"title\":1.5}\n", SR_USAGE,
			"row 1: title: want a string, or an array of strings"},
		{"t.jsonl", "{\"path\":\"a\",\"title\":{}}\n", SR_USAGE,
			"row 1: title: want a string, or an array of strings"},
		{"t.jsonl", "\n[\"path\"]\n", SR_USAGE,
			"row 2 is no JSON object: it is something else"},
		{"t.jsonl", "{\"path\":\"a\"\n", SR_USAGE, "row 1 is no JSON object: "},
		{"t.jsonl", "{\"path\":\"a\",\"path\":\"b\"}\n", SR_USAGE,
			"row 1 is no JSON object: duplicate object key"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(all); i++) {
		struct sr_err e = {0};
		size_t values = 0;

		put(all[i].file, all[i].text);
		assert_fails(cli_rows_each(all[i].file, count_row, &values, &e),
			(enum sr_code)all[i].code, &e, all[i].piece);
	}
	struct sr_err e = {0};
	static const struct {
		const char *file, *bytes;
		size_t len;
	} nul[] = {{"n.csv", "path\na\0b\n", 9}, {"n.jsonl", "{\"path\":\0\"a\"}\n", 14}};

	for (size_t i = 0; i < T_COUNT(nul); i++) {
		size_t values = 0;

		t_write_file(nul[i].file, nul[i].bytes, nul[i].len);
		assert_fails(cli_rows_each(nul[i].file, count_row, &values, &e), SR_USAGE, &e,
			"holds a NUL byte");
	}
	/* A row that no description fills is not read to its end. */
	for (size_t i = 0; i < 2; i++) {
		const char *name = i == 0 ? "long.csv" : "long.jsonl";
		struct sr_buf b;
		size_t values = 0;

		sr_buf_init(&b);
		sr_buf_put_str(&b, i == 0 ? "path\n" : "{\"path\":\"");
		for (size_t n = 0; n < (3 << 20) / 16; n++)
			sr_buf_put_str(&b, "sixteen letters ");
		t_write_file(name, b.p, b.len);
		sr_buf_free(&b);
		assert_fails(cli_rows_each(name, count_row, &values, &e), SR_LIMIT, &e,
			"has more than 1 MiB");
	}
	assert_fails(cli_rows_each("no.csv", count_row, NULL, &e), SR_NOTFOUND, &e,
		"no.csv: nothing is there");
}

/* Marks of parts are written like hazards, and are as many as an item may have, not as many as it
 * has hazards of its own; a row is bounded all the same. */
static void marks(void **state) {
	static const struct {
		size_t own, parts;
		const char *piece; /* NULL: it is taken */
	} all[] = {
		{32, 64, NULL},
		{33, 0, "row 1: hazard: more than 32 values"},
		{0, CLI_ROW_VALUES, NULL},
		{0, CLI_ROW_VALUES + 1, "row 1: more than 512 values"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(all); i++) {
		struct sr_err e = {0};
		size_t values = 0;
		struct sr_buf b;

		sr_buf_init(&b);
		sr_buf_put_str(&b, "{\"path\":\"a\",\"hazard\":[");
		for (size_t n = 0; n < all[i].own + all[i].parts; n++)
			sr_buf_printf(&b, "%s\"graphic%s\"", n > 0 ? "," : "",
				n >= all[i].own ? "@2" : "");
		sr_buf_put_str(&b, "]}\n");
		t_write_file("t.jsonl", b.p, b.len);
		sr_buf_free(&b);
		const int rc = cli_rows_each("t.jsonl", count_row, &values, &e);
		if (all[i].piece == NULL) {
			assert_ok(rc, &e);
			assert_int_equal(values, all[i].own + all[i].parts);
			continue;
		}
		assert_true(rc == SR_USAGE || rc == SR_LIMIT);
		assert_fails(rc, (enum sr_code)rc, &e, all[i].piece);
	}
}

/* A table that describes items deposits none. */
static void rows_of_items(void **state) {
	(void)state;
	put("t.csv", "item,title\n0123456789abcdef,t\n");
	rig_line_fails(
		"deposit --rows t.csv --collection c", SR_USAGE, "t.csv: row 2: has no path");
	put("t.csv", "path,title\na,t\nb,t\nc,t\n");
	cli_rows_kept_max(2);
	rig_line_fails("deposit --rows t.csv --collection c", SR_LIMIT,
		"t.csv: row 4: more than 2 rows: one deposit takes no more; make several of it, "
		"each with its part of the table");
	cli_rows_kept_max(CLI_ROWS_KEPT);
}

/* --- files ------------------------------------------------------------------------------------ */

static void becomes_a_pipe(const char *path) {
	if (strcmp(path, "paper") != 0)
		return;
	assert_int_equal(unlink("paper"), 0);
	assert_int_equal(mkfifo("paper", 0600), 0);
}

/* A file that is something else by the time that it is opened is not waited for. */
static void replaced(void **state) {
	const struct cli_walk_told told = {.told = NULL};
	struct sr_deposit_source source;
	struct sr_deposit_file f;
	struct cli_walk *w = NULL;
	struct sr_bytes title;
	struct sr_err e = {0};
	uint8_t bytes[8];
	size_t got = 0;

	(void)state;
	put("paper", "words");
	assert_ok(cli_walk_new(&w, WALK_ONE, &e), &e);
	assert_ok(cli_walk_add(w, "paper", "paper", NULL, &e), &e);
	cli_walk_source(w, &source, &told);
	cli_rig_opening = becomes_a_pipe;
	assert_int_equal(source.item(source.ctx, &title, &e), 1);
	assert_int_equal(source.file(source.ctx, &f, &e), 1);
	cli_rig_opening = NULL;
	assert_fails(f.content.read(f.content.ctx, bytes, sizeof bytes, &got, &e), SR_IO, &e,
		"it was replaced by something else while it was opened");
	f.content.close(f.content.ctx);
	cli_walk_free(w);
}

/* --- facts ------------------------------------------------------------------------------------ */

static const char schema_text[] =
	"entity Board;\n"
	"entity Person in [Board] tags datetime;\n"
	"entity Item = { level: Long, open: Bool, name: String, ends: datetime, by: Person,\n"
	"  words: Set<String>, at: { x: Long } };\n"
	"action ask;\n"
	"action look appliesTo { principal: [Person, Board], resource: Item,\n"
	"  context: { now: datetime, n?: Long } };\n";

static const char facts_text[] =
	"{\"entities\":{\"Board\":{\"b\":{}},"
	"\"Person\":{\"ada\":{\"in\":[\"Board::b\"],\"tags\":{\"training\":\"2027-01-01\"}}},"
	"\"Item\":{\"i\":{\"level\":1,\"open\":true,\"name\":\"x\",\"ends\":\"2027-01-01\","
	"\"by\":\"ada\",\"words\":[\"w\"],\"at\":{\"x\":1}}}},"
	"\"context\":{\"now\":\"2026-01-01\"}}";

static int try_facts(const struct sr_schema *schema, const char *facts, struct policy_ask ask,
	const char *changes, struct sr_err *e) {
	json_t *f = json_loads(facts, 0, NULL), *c = json_loads(changes, 0, NULL);
	struct policy_case made;

	assert_non_null(f);
	assert_non_null(c);
	ask.changes = c;
	const int rc = policy_case_make(&made, f, schema, &ask, NULL, e);
	policy_case_free(&made);
	json_decref(f);
	json_decref(c);
	return rc;
}

static void facts(void **state) {
	static const struct {
		const char *who, *action, *what, *changes, *piece;
	} all[] = {
		{"Person::ada", "look", "i", "{}", NULL},
		{"Person::ada", "look", "i", "{\"context.n\":7,\"resource.level\":2}", NULL},
		{"Person::ada", "fly", "i", "{}", "there is no action fly that somebody does"},
		{"Person::ada", "ask", "i", "{}", "there is no action ask that somebody does"},
		{"ada", "look", "i", "{}",
			"who ada: the action takes several types: write TYPE::ID"},
		{"Robot::r", "look", "i", "{}",
			"Robot::r: want a type of the schema, '::' and an id"},
		{"Person::ada", "look", "i", "[]", "changes: want an object"},
		{"Person::ada", "look", "i", "{\"context.colour\":1}",
			"change context.colour: want context.NAME that the action has"},
		{"Person::ada", "look", "i", "{\"Item::j.level\":1}",
			"change Item::j.level: want context.NAME that the action has"},
		{"Person::ada", "look", "i", "{\"resource.colour\":\"red\"}",
			"Item::i: the schema has no attribute \"colour\""},
		{"Person::ada", "look", "i", "{\"resource.level\":\"one\"}",
			"Item::i.level: want a whole number"},
		{"Person::ada", "look", "i", "{\"Item::i.open\":1}",
			"Item::i.open: want true or false"},
		{"Person::ada", "look", "i", "{\"resource.name\":1}",
			"Item::i.name: want a string"},
		{"Person::ada", "look", "i", "{\"resource.by\":1}",
			"Item::i.by: want an entity's id as a string"},
		{"Person::ada", "look", "i", "{\"resource.words\":\"w\"}",
			"Item::i.words: want a list"},
		{"Person::ada", "look", "i", "{\"resource.at\":1}", "Item::i.at: want an object"},
		{"Person::ada", "look", "i", "{\"resource.at\":{}}", "Item::i.at.x: want a value"},
		{"Person::ada", "look", "i", "{\"resource.ends\":1}",
			"Item::i.ends: want a string in Cedar's form"},
		{"Person::ada", "look", "i", "{\"principal.in\":[1]}",
			"Person::ada: want \"TYPE::ID\" in `in`"},
		{"Person::ada", "look", "i", "{\"principal.in\":[\"b\"]}",
			"b: want a type of the schema, '::' and an id"},
		{"Person::ada", "look", "i", "{\"Board::b.tags\":{\"x\":1}}",
			"Board::b: want no tags: this type has none"},
	};
	struct sr_schema *schema = NULL;
	struct sr_err e = {0};

	(void)state;
	assert_ok(sr_schema_parse(&schema, sr_bytes_str(schema_text), &e), &e);
	for (size_t i = 0; i < T_COUNT(all); i++) {
		const struct policy_ask ask = {all[i].who, all[i].action, all[i].what, NULL};
		const int rc = try_facts(schema, facts_text, ask, all[i].changes, &e);

		if (all[i].piece == NULL)
			assert_ok(rc, &e);
		else
			assert_fails(rc, SR_USAGE, &e, all[i].piece);
	}
	const struct policy_ask ask = {"Person::ada", "look", "i", NULL};

	assert_fails(try_facts(schema, "{\"entities\":{}}", ask, "{}", &e), SR_USAGE, &e,
		"the facts have no \"entities\" or no \"context\"");
	assert_fails(
		try_facts(schema, "{\"entities\":{\"Robot\":{}},\"context\":{}}", ask, "{}", &e),
		SR_USAGE, &e, "entities: the schema has no type Robot");
	assert_fails(try_facts(schema, "{\"entities\":{},\"context\":{}}", ask, "{}", &e), SR_USAGE,
		&e, "context.now: want a value");
	sr_schema_free(schema);
}

/* --- questions -------------------------------------------------------------------------------- */

#define HOUSE                                                                         \
	"\"entities\":{\"Board\":{\"b\":{\"members\":3,\"lowest\":2,\"highest\":3}}," \
	"\"Person\":{\"ada\":{}},\"Collection\":{\"c\":{\"board\":\"b\"}}},"          \
	"\"context\":{\"now\":\"2026-01-01\",\"browser\":false}"

static void questions(void **state) {
	static const struct {
		const char *text, *piece;
	} all[] = {
		{"{\n nothing", "t.json: line 2, column "},
		{"{}", "t.json: there are no \"cases\""},
		{"{\"cases\":[[\"ada\"]]}",
			"t.json: case 1: want [WHO, ACTION, WHAT, {CHANGES}, DECISION, [IDS]]"},
		{"{\"cases\":[[1,\"deposit\",\"c\",{},\"deny\",[]]]}",
			"case 1: WHO, ACTION and WHAT are strings"},
		{"{\"cases\":[[\"ada\",\"deposit\",\"c\",{},\"no\",[]]]}",
			"case 1: the decision is allow, deny or error"},
		{"{\"cases\":[[\"ada\",\"deposit\",\"c\",{},\"deny\",{}]]}",
			"case 1: the ids are a list"},
		{"{\"cases\":[[\"ada\",\"deposit\",\"c\",{},\"deny\",[7]]]}",
			"case 1: an id is a string"},
		{"{" HOUSE ",\"cases\":[[\"ada\",\"deposit\",\"c\",{},\"deny\",[]],"
		 "[\"ada\",\"fly\",\"c\",{},\"deny\",[]]]}",
			"case 2: there is no action fly"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(all); i++) {
		put("t.json", all[i].text);
		rig_line_fails("policy test t.json", SR_USAGE, all[i].piece);
	}
}

/* A set of one rule that decides, and one that nobody asks for. */
static void answers(void **state) {
	static const char rule[] =
		"@id(\"may\")\npermit(principal, action == Action::\"deposit\", resource);\n";
	static const char idle[] =
		"@id(\"idle\")\npermit(principal, action == Action::\"join\", resource);\n";
	struct rig_line l;

	(void)state;
	put("may.cedar", rule);
	put("idle.cedar", idle);
	put("t.json", "{" HOUSE ",\"cases\":[[\"ada\",\"deposit\",\"c\",{},\"allow\",[\"may\"]]]}");
	rig_line(&l, "policy test t.json --policy may.cedar --every");
	assert_ok(l.rc, &l.e);
	rig_line_fails("policy test t.json --policy may.cedar --policy idle.cedar --every",
		SR_DENIED, "1 of 2 rules are not tested both ways");
	rig_line_fails("policy test t.json --policy idle.cedar", SR_DENIED,
		"1 of 1 questions are answered otherwise");
	rig_line_fails("policy lint idle.cedar", SR_DENIED, "to mend in 1 policies; no board");
	rig_line_fails("policy try t.json --who ada", SR_USAGE,
		"--who, --action and --what say what is asked");
	rig_line_fails("policy try t.json --who ada --action deposit --what c --set context.n",
		SR_USAGE, "--set context.n: want NAME=VALUE, the value as JSON (text in quotes)");
	rig_line_fails("policy try t.json --who ada --action deposit --what c --set context.n=x",
		SR_USAGE, "--set context.n=x: want NAME=VALUE");
}

/* --- without memory --------------------------------------------------------------------------- */

static unsigned long allowed; /* allocations of jansson from now on */

static void *scarce(size_t size) {
	return allowed == 0 ? NULL : (allowed--, malloc(size));
}

static void rows_as_json(const struct sr_rows *rows) {
	json_t *o = json_object();

	json_object_set_new(o, "items", cli_json_rows(rows, NULL));
	cli_json_set_bytes(o, "path", sr_bytes_of("a\xff", 2));
	cli_json_print(o);
}

/* What is printed of ${what}, with ${n} allocations. */
static int print_with(struct sr_buf *out, const struct sr_rows *rows, unsigned long n, int what) {
	FILE *before = stdout, *to;
	char *text = NULL;
	size_t len = 0;
	struct rig_line l = {.rc = 0};

	to = open_memstream(&text, &len);
	assert_non_null(to);
	stdout = to;
	allowed = n;
	json_set_alloc_funcs(scarce, free);
	if (what == 0) {
		rows_as_json(rows);
		l.rc = cli_json_whole(&l.e);
	} else {
		rig_line(&l, what == 1 ? "policy lint never.cedar --json"
				       : "policy lint idle.cedar --json");
	}
	json_set_alloc_funcs(malloc, free);
	stdout = before;
	assert_int_equal(fclose(to), 0);
	sr_buf_clear(out);
	sr_buf_put(out, text, len);
	free(text);
	if (l.rc == SR_NOMEM)
		assert_non_null(strstr(l.e.text, "no memory for the answer as JSON: it is not "
						 "printed; what the command does is done"));
	if (l.rc == SR_NOMEM && what != 0)
		assert_non_null(strstr(l.hint, "look at what was done before the command"));
	return l.rc;
}

/* The object is printed whole or not at all, whichever allocation fails. */
static void whole_or_nothing(void **state) {
	static const int codes[] = {0, 0, SR_DENIED};
	struct sr_buf body, whole, out;
	struct sr_rows_out o;
	struct sr_rows rows;
	struct sr_err e = {0};

	(void)state;
	put("never.cedar", "@id(\"never\")\n@title(\"Nothing comes in\")\n@why(\"It is full.\")\n"
			   "forbid(principal, action == Action::\"deposit\", resource);\n");
	sr_buf_init(&body);
	sr_buf_init(&whole);
	sr_buf_init(&out);
	sr_rows_begin(&o, &body);
	for (unsigned i = 0; i < 3; i++) {
		sr_row(&o, "item");
		sr_row_str(&o, "state", "held");
		sr_row_dec(&o, "files", i);
		sr_row_str(&o, "hazard", "graphic");
		sr_row_str(&o, "hazard", "hate");
	}
	assert_ok(sr_rows_parse(&rows, sr_buf_view(&body), &e), &e);
	for (int what = 0; what < 3; what++) {
		unsigned long lost = 0;
		int rc = -1;

		assert_int_equal(print_with(&whole, &rows, 100000, what), codes[what]);
		assert_true(whole.len > 0 && whole.p[whole.len - 1] == '\n');
		for (unsigned long n = 0; n < 2000 && out.len != whole.len; n++) {
			rc = print_with(&out, &rows, n, what);
			if (out.len > 0) {
				assert_true(sr_bytes_eq(sr_buf_view(&out), sr_buf_view(&whole)));
				continue;
			}
			assert_int_equal(rc, codes[what] == 0 ? SR_NOMEM : codes[what]);
			lost++;
		}
		assert_int_equal(rc, codes[what]);
		assert_true(lost > 3);
	}
	sr_rows_free(&rows);
	sr_buf_free(&body);
	sr_buf_free(&whole);
	sr_buf_free(&out);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(marks),
		cmocka_unit_test(rows_of_items),
		cmocka_unit_test(replaced),
		cmocka_unit_test(facts),
		cmocka_unit_test(questions),
		cmocka_unit_test(answers),
		cmocka_unit_test(whole_or_nothing),
	};
	return cmocka_run_group_tests(tests, cli_rig_move_in, cli_rig_move_out);
}
