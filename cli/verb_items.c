/*
 * describe, release, list, show, search: items, as curators make them known and others find them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/describing.h"
#include "cli/verbs.h"
#include "cli/words.h"

/* clang-format off */
/* One option for each field of a description (ledger/fields.inc). */
#define SR_FIELD(n, k, c, m, f, w, v, h) \
	{(n), (m) == 1 ? CLI_ONE : (c) == SR_STRUCTURAL ? CLI_LIST : CLI_TEXTS, (v), (h)},
const struct cli_option cli_describe_options[] = {
#include "ledger/fields.inc"
	{"description-file", CLI_ONE, "F", "the description from a file"},
	{"clear", CLI_LIST, "FIELD", "fields to empty; mark: hazards of parts"},
	{"from-extracted", CLI_LIST, "FIELD", "what programs said of the files; all: every field"},
	{"rows", CLI_ONE, "TABLE", "descriptions of many items: CSV, or JSON Lines (.jsonl)"},
	{"accession", CLI_ONE, "ID", "the accession whose items the paths of --rows name"},
	{"dry-run", CLI_FLAG, NULL, "check everything, sign nothing"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};
#undef SR_FIELD
/* clang-format on */

const struct cli_option cli_release_options[] = {
	{"accession", CLI_ONE, "ID", "all held items of this accession"},
	{"hazard", CLI_LIST, "TOKEN", "hazards, beside those described"},
	{"level", CLI_ONE, "K", "quorum level (at least what the hazards need)"},
	{"reason", CLI_ONE, "TEXT", "why, where the rules ask for it: what a scanner named"},
	{"reason-file", CLI_ONE, "F", "the same from a file (- is standard input)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_items_options[] = {
	{"collection", CLI_ONE, "C", "only of this collection (name or id)"},
	{"accession", CLI_ONE, "ID", "only of this accession"},
	{"state", CLI_ONE, "STATE", "held or released"},
	{"hazard", CLI_ONE, "TOKEN", "only with this hazard"},
	{"language", CLI_ONE, "TOKEN", "only in this language"},
	{"offset", CLI_ONE, "N", "skip so many"},
	{"limit", CLI_ONE, "N", "at most so many (1 to 1000)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_show_options[] = {
	{"offset", CLI_ONE, "N", "skip so many files"},
	{"limit", CLI_ONE, "N", "at most so many files (1 to 1000)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_search_options[] = {
	{"collection", CLI_ONE, "C", "only of this collection (name or id)"},
	{"state", CLI_ONE, "STATE", "held or released"},
	{"hazard", CLI_ONE, "TOKEN", "only with this hazard"},
	{"language", CLI_ONE, "TOKEN", "only in this language"},
	{"offset", CLI_ONE, "N", "skip so many"},
	{"limit", CLI_ONE, "N", "at most so many (1 to 200)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- describe --- */

/* The options as a row of a table. */
struct given {
	struct cli_row row;
	struct cli_row_value values[CLI_ROW_VALUES];
	const struct sr_desc_field *clear[SR_FIELDS_MAX];
};

static int give_value(
	struct given *g, const struct sr_desc_field *f, const char *text, struct sr_err *e) {
	int rc = cli_value_check(f, text, e);
	if (rc != 0)
		return rc;
	if (g->row.count == CLI_ROW_VALUES)
		return sr_fail(e, SR_LIMIT, "more than %d values", CLI_ROW_VALUES);
	/* Never changed: rows of tables own theirs. */
	g->values[g->row.count++] = (struct cli_row_value){f, (char *)(uintptr_t)text};
	return 0;
}

static int give_field(
	struct cli *c, struct given *g, const struct sr_desc_field *f, struct sr_err *e) {
	const char *const *list = NULL;
	const char *text = NULL;
	int rc = 0;
	if (strcmp(f->name, "description") == 0)
		rc = cli_text(c, f->name, &text, e);
	else if (f->max == 1)
		text = cli_get(c, f->name);
	else
		rc = cli_list(c, &list, f->name, e);
	if (rc == 0 && text != NULL && *text != '\0')
		rc = give_value(g, f, text, e);
	for (size_t i = 0, own = 0; rc == 0 && list != NULL && list[i] != NULL; i++) {
		if (!cli_value_is_mark(f, list[i]) && own++ == f->max)
			return sr_fail(e, SR_USAGE, "%s: more than %zu values", f->name, f->max);
		rc = give_value(g, f, list[i], e);
	}
	return rc;
}

static int give_clear(struct cli *c, struct given *g, struct sr_err *e) {
	const char *const *names = NULL;
	char shown[64];
	int rc = cli_list(c, &names, "clear", e);
	for (size_t i = 0; rc == 0 && names != NULL && names[i] != NULL; i++) {
		const struct sr_desc_field *f = sr_desc_field(sr_bytes_str(names[i]));
		if (strcmp(names[i], "mark") == 0)
			g->row.clear_marks = true;
		else if (f == NULL || f->form == SR_FORM_HAZARD || strcmp(f->name, "title") == 0 ||
			 g->row.clear_count == SR_FIELDS_MAX)
			rc = sr_fail(e, SR_USAGE, "clear: \"%s\" is no field that can be emptied",
				sr_escape_to(shown, sizeof shown, sr_bytes_str(names[i])));
		else
			g->clear[g->row.clear_count++] = f;
	}
	return rc;
}

static int describe_options(struct cli *c, struct given *g, struct sr_err *e) {
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = give_field(c, g, &fields[i], e);
	if (rc == 0)
		rc = give_clear(c, g, e);
	g->row.values = g->values;
	g->row.clear = g->clear;
	return rc;
}

enum {
	PAGE = 1000 /* items a call may ask for */
};

static int describe_table(struct cli *c, struct sr_err *e) {
	struct cli_table_done d = {0};
	uint8_t accession[SR_ID];
	const bool dry = cli_has(c, "dry-run");
	int rc = 0;
	if (cli_has(c, "accession"))
		rc = sr_client_resolve(
			c->client, accession, cli_get(c, "accession"), "accession", e);
	if (rc == 0)
		rc = cli_describe_table(&d, c, cli_get(c, "rows"),
			cli_has(c, "accession") ? accession : NULL, dry, e);
	if (rc != 0) {
		if (d.signed_items > 0)
			cli_hint(c,
				"%zu items are described; the same command goes on with the rest",
				d.signed_items);
		return rc;
	}
	if (c->json) {
		cli_json_print(json_pack("{s:I, s:I, s:I, s:I, s:b}", "rows", (json_int_t)d.rows,
			"items", (json_int_t)d.items, "described", (json_int_t)d.signed_items,
			"already", (json_int_t)d.already, "dry_run", dry));
		return 0;
	}
	if (dry)
		printf("%zu row%s for %zu items: nothing is wrong with them; %zu say something "
		       "new\n",
			d.rows, d.rows == 1 ? "" : "s", d.items, d.items - d.already);
	else
		printf("described %zu of %zu items%s\n", d.signed_items, d.items,
			d.already > 0 ? "; of the others the vault says so already" : "");
	return 0;
}

/* What programs said of the field, of one file or the same of all: NULL when nothing. */
static int said_of(const char **out, struct cli *c, const struct cli_answer *a, const char *field,
	struct sr_err *e) {
	struct sr_bytes said = {NULL, 0};
	char *text;
	*out = NULL;
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		const struct sr_bytes v = sr_row_get(row, "value");
		if (!sr_row_is(row, "said") || v.p == NULL ||
			!sr_bytes_eq(sr_row_get(row, "field"), sr_bytes_str(field)))
			continue;
		if (said.p != NULL && !sr_bytes_eq(said, v))
			return sr_fail(e, SR_USAGE,
				"%s: its files say different things; give --%s to say which", field,
				field);
		said = v;
	}
	if (said.p == NULL)
		return 0;
	text = strndup((const char *)said.p, said.len);
	if (text == NULL)
		return sr_fail(e, SR_NOMEM, "extracted: out of memory");
	*out = text;
	return cli_keep(c, text, e);
}

/* By the vault, or in this command. */
static bool said_already(
	const struct given *g, const struct sr_row *it, const struct sr_desc_field *f) {
	for (size_t i = 0; i < g->row.count; i++) {
		if (g->row.values[i].field == f)
			return true;
	}
	return sr_row_get(it, f->name).p != NULL;
}

static int take_field(struct cli *c, struct given *g, const struct cli_answer *a,
	const struct sr_desc_field *f, bool all, struct sr_err *e) {
	const char *text = NULL;
	if (said_already(g, sr_rows_first(&a->rows, "item"), f))
		return all ? 0
			   : sr_fail(e, SR_USAGE,
				     "%s: a curator has said it already: --%s says otherwise",
				     f->name, f->name);
	int rc = said_of(&text, c, a, f->name, e);
	if (rc == 0 && text != NULL)
		return give_value(g, f, text, e);
	if (rc == 0 && !all)
		rc = sr_fail(e, SR_NOTFOUND, "%s: no program said anything of it", f->name);
	return rc;
}

/* --from-extracted: only where no curator said anything. */
static int take_said(struct cli *c, struct given *g, const struct cli_answer *a, struct sr_err *e) {
	const char *const *names = NULL;
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	char shown[64];
	int rc = cli_list(c, &names, "from-extracted", e);
	for (size_t i = 0; rc == 0 && names != NULL && names[i] != NULL; i++) {
		const struct sr_desc_field *f = sr_desc_field(sr_bytes_str(names[i]));
		if (strcmp(names[i], "all") == 0) {
			for (size_t k = 0; rc == 0 && k < count; k++)
				rc = take_field(c, g, a, &fields[k], true, e);
		} else if (f == NULL) {
			rc = sr_fail(e, SR_USAGE, "--from-extracted: there is no field \"%s\"",
				sr_escape_to(shown, sizeof shown, sr_bytes_str(names[i])));
		} else {
			rc = take_field(c, g, a, f, false, e);
		}
	}
	return rc;
}

static int describe_one(struct cli *c, struct given *g, struct sr_err *e) {
	struct cli_description d = {.count = 0};
	struct sr_submitted out = {0};
	struct cli_answer a;
	uint8_t item[SR_ID];
	int rc = cli_word_id(c, item, 0, "item", e);
	if (rc != 0)
		return rc;
	rc = cli_item_ask(&a, c, item, e);
	if (rc == 0 && cli_has(c, "from-extracted"))
		rc = take_said(c, g, &a, e);
	if (rc == 0)
		rc = cli_description_make(&d, c, &g->row, &a, e);
	if (rc == 0 && !cli_description_says(&d))
		rc = sr_fail(e, SR_USAGE, "say what it is: --title TEXT, or another field");
	if (rc == 0 && cli_has(c, "dry-run")) {
		const bool holds = cli_description_holds(&d, sr_rows_first(&a.rows, "item"));
		if (c->json)
			cli_json_print(json_pack("{s:b}", "new", !holds));
		else
			printf("nothing is wrong with it; %s\n",
				holds ? "the vault says so already" : "it says something new");
	} else if (rc == 0) {
		rc = sr_client_describe(c->client, &d.of, 1, &out, e);
		if (rc == 0)
			rc = cli_done(c, &out, NULL, "described");
	}
	if (d.values != NULL)
		cli_description_free(&d);
	sr_submitted_free(&out);
	cli_answer_free(&a);
	return rc;
}

int verb_describe(struct cli *c, struct sr_err *e) {
	struct given *g;
	const bool table = cli_has(c, "rows");
	int rc;
	if (table != (c->args.word_count == 0) || (!table && cli_has(c, "accession")) ||
		(table && cli_has(c, "from-extracted")))
		return sr_fail(e, SR_USAGE, "name one ITEM, or --rows TABLE");
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return sr_fail(e, SR_NOMEM, "description: out of memory");
	rc = describe_options(c, g, e);
	if (rc == 0 && table && (g->row.count > 0 || g->row.clear_count > 0 || g->row.clear_marks))
		rc = sr_fail(e, SR_USAGE, "--rows has the fields in its columns: none beside it");
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = table ? describe_table(c, e) : describe_one(c, g, e);
	free(g);
	return rc;
}

/* --- release --- */

static int held_of(struct cli *c, uint8_t **items, size_t *count, struct sr_err *e) {
	struct cli_answer a;
	uint8_t *out = NULL;
	*count = 0;
	for (int rc = 0;;) {
		cli_ask(&a, "items");
		rc = cli_pass_id(c, &a, "accession", "accession", e);
		sr_text_put(&a.q.head, "state", "held");
		sr_text_put_dec(&a.q.head, "limit", PAGE);
		sr_text_put_dec(&a.q.head, "offset", *count);
		if (rc == 0)
			rc = cli_call(c, &a, e);
		const size_t n = rc == 0 ? a.rows.count : 0;
		uint8_t *more = realloc(out, (*count + n + 1) * SR_ID);
		if (rc == 0 && more == NULL)
			rc = sr_fail(e, SR_NOMEM, "items: out of memory");
		out = more != NULL ? more : out;
		for (size_t i = 0; rc == 0 && i < n; i++)
			rc = sr_row_get_id(
				out + (*count + i) * SR_ID, SR_ID, &a.rows.rows[i], "id", e);
		cli_answer_free(&a);
		if (rc != 0) {
			free(out);
			return rc;
		}
		*count += n;
		if (n < PAGE)
			break;
	}
	*items = out;
	return cli_keep(c, out, e);
}

static void release_told(struct cli *c, const struct sr_submitted *out, const uint8_t *items,
	size_t count, size_t *good) {
	json_t *list = c->json ? json_array() : NULL;
	*good = 0;
	for (size_t i = 0; i < count; i++) {
		char hex[2 * SR_ID + 1];
		sr_hex(hex, items + i * SR_ID, SR_ID);
		*good += out[i].code == 0 ? 1 : 0;
		if (list != NULL) {
			json_t *o = json_object();
			json_object_set_new(o, "item", json_string(hex));
			json_object_set_new(o, "code",
				json_string(out[i].code == 0 ? "OK" : sr_code_name(out[i].code)));
			if (out[i].code != 0)
				cli_json_refused(o, &out[i]);
			else
				json_object_set_new(
					o, "index", json_integer((json_int_t)out[i].index));
			json_array_append_new(list, o);
		} else if (out[i].code == 0) {
			printf("released %s (entry %llu of the log%s)\n", hex,
				(unsigned long long)out[i].index, out[i].proven ? ", proven" : "");
		} else {
			fprintf(stderr, "strongroom release: %.12s: %s\n", hex, out[i].why.text);
		}
	}
	if (list != NULL)
		cli_json_print(list);
}

/* The title that a depositor gave is shown like one, and is no description. */
static void what_describes(struct cli *c, const char *rule) {
	if (strcmp(rule, "not-described") == 0)
		cli_hint(c, "a curator gives it a title, also where the depositor gave one: "
			    "strongroom describe ITEM --title TEXT");
}

int verb_release(struct cli *c, struct sr_err *e) {
	struct sr_releasing r = {0};
	struct sr_submitted *out = NULL;
	uint8_t *items = NULL;
	size_t good = 0;
	const bool whole = cli_has(c, "accession");
	if (whole == (c->args.word_count > 0))
		return sr_fail(e, SR_USAGE, "name ITEMs, or --accession ID for all its held items");
	int rc = cli_list(c, &r.hazards, "hazard", e);
	if (rc == 0)
		rc = cli_dec(c, "level", &r.level, e);
	if (rc == 0)
		rc = cli_text(c, "reason", &r.reason, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = whole ? held_of(c, &items, &r.count, e) : cli_items(c, &items, &r.count, e);
	if (rc == 0 && r.count == 0)
		rc = sr_fail(e, SR_NOTFOUND, "no item of this accession is held");
	if (rc != 0)
		return rc;
	r.items = items;
	out = calloc(r.count, sizeof *out);
	if (out == NULL)
		return sr_fail(e, SR_NOMEM, "%zu items: out of memory", r.count);
	rc = sr_client_release(c->client, &r, out, e);
	if (rc != 0)
		what_describes(c, sr_client_info(c->client)->rule);
	if (rc == 0)
		release_told(c, out, items, r.count, &good);
	for (size_t i = 0; rc == 0 && i < r.count; i++) {
		if (out[i].code != 0) {
			rc = r.count == 1
				     ? sr_fail(e, (enum sr_code)out[i].code, "%s", out[i].why.text)
				     : sr_fail(e, (enum sr_code)out[i].code,
					       "%zu of %zu items were released", good, r.count);
			c->told = r.count == 1 && !c->json;
			what_describes(c, out[i].rule);
		}
	}
	for (size_t i = 0; i < r.count; i++)
		sr_submitted_free(&out[i]);
	free(out);
	return rc;
}

/* --- list --- */

static int pass_collection(struct cli *c, struct cli_answer *a, struct sr_err *e) {
	const char *typed = cli_get(c, "collection");
	uint8_t id[SR_ID];
	if (typed == NULL)
		return 0;
	int rc = cli_collection_id(c, id, typed, e);
	if (rc == 0)
		sr_text_put_hex(&a->q.head, "collection", id, SR_ID);
	return rc;
}

static int narrow(struct cli *c, struct cli_answer *a, struct sr_err *e) {
	int rc = pass_collection(c, a, e);
	if (rc == 0)
		rc = cli_pass(c, a, "state", e);
	if (rc == 0)
		rc = cli_pass(c, a, "hazard", e);
	if (rc == 0)
		rc = cli_pass(c, a, "language", e);
	return rc == 0 ? cli_page(c, a, e) : rc;
}

static void more_of(const struct cli *c, const struct cli_answer *a, size_t shown) {
	const uint64_t total = cli_field_dec(a, "total");
	uint64_t offset = 0;
	if (cli_dec(c, "offset", &offset, NULL) == 0 && total > offset + shown)
		cli_tell(c, "%llu more: --offset %llu",
			(unsigned long long)(total - offset - shown),
			(unsigned long long)(offset + shown));
}

static void size_cell(struct cli_table *t, const struct sr_row *row, const char *key) {
	uint64_t n = 0;
	char text[48] = "";
	if (sr_row_get_dec(&n, row, key, NULL) == 0)
		cli_size_text(text, sizeof text, n);
	cli_cell(t, text);
}

int verb_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {
		"ITEM", "STATE", "LEVEL", "FILES", "SIZE", "HAZARDS", "TITLE"};
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "items");
	rc = narrow(c, &a, e);
	if (rc == 0)
		rc = cli_pass_id(c, &a, "accession", "accession", e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "item"));
	} else if (rc == 0) {
		struct cli_table t;
		cli_table(&t, 7, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			cli_cell_id(&t, sr_row_get(row, "id"));
			cli_cell_row(&t, row, "state");
			cli_cell_row(&t, row, "level");
			cli_cell_row(&t, row, "files");
			size_cell(&t, row, "bytes");
			cli_cell_hazards(&t, row);
			cli_cell_row(&t, row, "title");
		}
		cli_table_print(&t);
		more_of(c, &a, a.rows.count);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- show --- */

/* Fields that are rows, as the table has them (ledger/fields.h). */
static void fields_print(const struct sr_row *it) {
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	struct sr_bytes v;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; fields[i].kept == SR_KEPT_ROW &&
				   (v = sr_row_get_n(it, fields[i].name, k)).p != NULL;
			k++)
			cli_line(k == 0 ? fields[i].name : "", v);
	}
}

/* Hazards of parts: which file, where in it. */
static void parts_print(const struct sr_row *it) {
	struct sr_bytes v;
	for (size_t k = 0; (v = sr_row_get_n(it, "part", k)).p != NULL; k++) {
		struct sr_mark m;
		char part[64], line[160];
		if (sr_mark_parse(&m, v, NULL) != 0) {
			cli_line("", v);
			continue;
		}
		sr_mark_show(part, sizeof part, &m);
		(void)snprintf(line, sizeof line, "%s: file %llu%s%s", m.hazard,
			(unsigned long long)m.file, part[0] != '\0' ? ", " : "", part);
		cli_line_str(k == 0 ? "in parts" : "", line);
	}
}

static void named_print(const char *key, const struct sr_row *it, const char *name) {
	if (sr_row_get(it, key).p == NULL)
		return;
	printf("  %-14s ", key);
	cli_print(sr_row_get(it, key));
	cli_name(sr_row_get(it, name));
	putchar('\n');
}

/* Which entry of the log says so. */
static void entry_print(const char *key, const struct sr_row *it) {
	if (sr_row_get(it, key).p == NULL)
		return;
	printf("  %-14s by entry ", key);
	cli_print(sr_row_get(it, key));
	putchar('\n');
}

static void item_print(const struct sr_row *it) {
	static const char *const fields[] = {
		"title", "translit", "creator", "date", "source", "rights", "description"};
	static const char *const flags[] = {"referral", "embargo", "hold", "sealed"};
	printf("item ");
	cli_print(sr_row_get(it, "id"));
	putchar('\n');
	cli_line_row("state", it, "state");
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (sr_row_get(it, flags[i]).p != NULL)
			cli_line_str("", flags[i]);
	}
	cli_line_row("quorum level", it, "level");
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		cli_line_row(fields[i], it, fields[i]);
	cli_line_words("keywords", it, "keyword");
	cli_line_words("language", it, "language");
	cli_line_words("hazards", it, "hazard");
	parts_print(it);
	fields_print(it);
	named_print("collection", it, "collection-name");
	cli_line_row("accession", it, "accession");
	named_print("depositor", it, "depositor-name");
	if (sr_row_get(it, "parent").p != NULL)
		cli_line_row("redacted from", it, "parent");
	else
		cli_line_row("redacted", it, "redacted");
	entry_print("released", it);
	entry_print("destroyed", it);
	cli_line_row("files", it, "files");
	cli_line_row("bytes", it, "bytes");
}

static void flags_print(const struct cli_answer *a) {
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *f = &a->rows.rows[i];
		if (!sr_row_is(f, "flag"))
			continue;
		const struct sr_bytes id = sr_row_get(f, "id");
		printf("  %-14s ", "");
		cli_print(sr_row_get(f, "what"));
		if (id.p != NULL) {
			putchar(' ');
			cli_print(sr_bytes_of(id.p, id.len < 12 ? id.len : 12));
			printf(" of ");
			cli_print(sr_row_get(f, "person"));
		}
		static const char *const more[][2] = {{"ends", "until"}, {"due", "due"},
			{"basis", "basis"}, {"ended", "ended with entry"}, {"reason", "because"}};
		for (size_t k = 0; k < sizeof more / sizeof more[0]; k++) {
			if (sr_row_get(f, more[k][0]).p == NULL)
				continue;
			printf(", %s ", more[k][1]);
			cli_print(sr_row_get(f, more[k][0]));
		}
		putchar('\n');
	}
}

/* How many it were, each with its number, by which hazards and checkouts name it; ${from}: that of
 * the first. */
static size_t files_print(const struct cli_answer *a, uint64_t from) {
	static const char *const heads[] = {"FILE", "SIZE", "KIND", "TYPE", "SHA-256", "PATH"};
	struct cli_table t;
	size_t shown = 0;
	cli_table(&t, 6, heads);
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		char number[24];
		if (!sr_row_is(row, "file"))
			continue;
		(void)snprintf(number, sizeof number, "%" PRIu64, from + shown++);
		cli_cell(&t, number);
		cli_cell_row(&t, row, "size");
		cli_cell_row(&t, row, "kind");
		cli_cell_row(&t, row, "media-type");
		const struct sr_bytes sha = sr_row_get(row, "sha256");
		cli_cell_bytes(&t, sr_bytes_of(sha.p, sha.len < 16 ? sha.len : 16));
		cli_cell_row(&t, row, "path");
	}
	putchar('\n');
	cli_table_print(&t);
	return shown;
}

/* What each scanner said last, and of which files. */
static void scans_print(const struct cli_answer *a) {
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		char line[400], scanner[200], at[40], result[20];
		struct sr_bytes finding;
		if (!sr_row_is(row, "scan"))
			continue;
		(void)snprintf(line, sizeof line, "%s by %s on %s",
			sr_escape_to(result, sizeof result, sr_row_get(row, "result")),
			sr_escape_to(scanner, sizeof scanner, sr_row_get(row, "scanner")),
			sr_escape_to(at, sizeof at, sr_row_get(row, "at")));
		cli_line_str("scan", line);
		for (size_t k = 0; (finding = sr_row_get_n(row, "finding", k)).p != NULL; k++)
			cli_line_str("", sr_escape_to(line, sizeof line, finding));
	}
}

/* What programs said of the files, beside what curators say. */
static void said_print(const struct cli_answer *a) {
	bool first = true;
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		char line[700], field[40], value[500], file[24], by[80];
		if (!sr_row_is(row, "said"))
			continue;
		sr_escape_to(field, sizeof field, sr_row_get(row, "field"));
		sr_escape_to(value, sizeof value, sr_row_get(row, "value"));
		sr_escape_to(file, sizeof file, sr_row_get(row, "file"));
		sr_escape_to(by, sizeof by, sr_row_get(row, "by"));
		(void)snprintf(line, sizeof line, "%s: %s (file %s%s%s)", field, value, file,
			by[0] != '\0' ? ", by " : "", by);
		cli_line_str(first ? "extracted" : "", line);
		first = false;
	}
}

int verb_show(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_ask_of(&a, c, "item", "item", e);
	if (rc == 0)
		rc = cli_page(c, &a, e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	const struct sr_row *it = rc == 0 ? sr_rows_first(&a.rows, "item") : NULL;
	if (rc == 0 && it == NULL)
		rc = sr_fail(e, SR_CORRUPT, "the answer holds no item");
	if (rc == 0 && c->json) {
		json_t *o = cli_json_row(it);
		json_object_set_new(o, "flag", cli_json_rows(&a.rows, "flag"));
		json_object_set_new(o, "scan", cli_json_rows(&a.rows, "scan"));
		json_object_set_new(o, "extracted", cli_json_rows(&a.rows, "said"));
		json_object_set_new(o, "file", cli_json_rows(&a.rows, "file"));
		cli_json_print(o);
	} else if (rc == 0) {
		item_print(it);
		flags_print(&a);
		scans_print(&a);
		said_print(&a);
		uint64_t from = 0;
		rc = cli_dec(c, "offset", &from, e);
		more_of(c, &a, files_print(&a, from));
	}
	cli_answer_free(&a);
	return rc;
}

/* --- search --- */

int verb_search(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "search");
	rc = narrow(c, &a, e);
	for (size_t i = 0; i < c->args.word_count; i++) {
		if (i > 0)
			sr_buf_put_str(&a.q.body, " ");
		sr_buf_put_str(&a.q.body, c->args.words[i]);
	}
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "hit"));
	} else if (rc == 0) {
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			const struct sr_bytes id = sr_row_get(row, "id");
			cli_print(sr_bytes_of(id.p, id.len < 12 ? id.len : 12));
			printf("  ");
			cli_print(sr_row_get(row, "title"));
			printf("\n    ");
			cli_print(sr_row_get(row, "field"));
			printf(": ");
			cli_print(sr_row_get(row, "snippet"));
			putchar('\n');
		}
		if (a.rows.count == 0)
			printf("nothing found\n");
		for (size_t i = 0; a.rows.count == 0 && i < c->args.word_count; i++) {
			if (strchr(c->args.words[i], ':') == NULL)
				continue;
			cli_tell(c,
				"before a colon stands a field: title, translit, description, "
				"creator, source, rights, keyword, file, outlet, channel, serial, "
				"hazard, language, medium; any other word is looked for as it "
				"stands");
			break;
		}
		more_of(c, &a, a.rows.count);
	}
	cli_answer_free(&a);
	return rc;
}
