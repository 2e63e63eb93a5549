/*
 * audit replay, report, person: what auditors ask (core: ops_audit.c).
 *
 * A report is read section by section, page by page, and written as a table, as CSV, as lines of
 * JSON or as one HTML page (report_html.c). Before the first row its reader has said on the record
 * what they read (sr_client_on_record).
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "catalogue/report.h"
#include "cli/verbs.h"

const struct cli_option cli_audit_replay_options[] = {
	{"anew", CLI_FLAG, NULL, "from the beginning, whatever an interrupted one left"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_audit_report_options[] = {
	{"person", CLI_ONE, "PERSON", "only what this person did or was part of; needs --reason"},
	{"item", CLI_ONE, "ITEM", "only about this item"},
	{"collection", CLI_ONE, "ID", "only about items of this collection"},
	{"from", CLI_ONE, "T", "from this day or time"},
	{"to", CLI_ONE, "T", "to before this day or time"},
	{"format", CLI_ONE, "F",
		"table (the usual), csv (of one section), jsonl (RFC 8785), html (one page)"},
	{"out", CLI_ONE, "F", "write to the new file F"},
	{"reason", CLI_ONE, "TEXT", "why; that person reads it"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_audit_person_options[] = {
	{"access-report", CLI_FLAG, NULL, "all that is held on them, not only what they looked at"},
	{"format", CLI_ONE, "F", "table (the usual), csv (of what they looked at), jsonl"},
	{"out", CLI_ONE, "F", "write to the new file F"},
	{"reason", CLI_ONE, "TEXT", "why, for anybody but themselves; that person reads it"},
	{NULL, CLI_FLAG, NULL, NULL},
};

enum {
	PAGE_ROWS = 500 /* of one call: half of what core gives at once */
};

bool cli_reads_by_office(const struct cli *c) {
	const char *roles = sr_client_info(c->client)->roles;

	return sr_token_in(roles, "auditor") || sr_token_in(roles, "officer");
}

/* --- replay ----------------------------------------------------------------------------------- */

static void finding_print(const struct sr_row *row) {
	if (sr_row_get(row, "index").p != NULL) {
		printf("entry ");
		cli_print(sr_row_get(row, "index"));
		printf(" (");
		cli_print(sr_row_get(row, "type"));
		if (sr_row_get(row, "id").p != NULL) {
			printf(" ");
			cli_print(sr_row_get(row, "id"));
		}
		printf(")");
	} else {
		cli_print(sr_row_get(row, "what"));
	}
	if (sr_row_get(row, "field").p != NULL) {
		printf(", ");
		cli_print(sr_row_get(row, "field"));
	}
	printf(": ");
	cli_print(sr_row_get(row, "text"));
	putchar('\n');
}

static void replay_print(const struct cli *c, const struct cli_answer *a) {
	const uint64_t resumed = cli_field_dec(a, "resumed");

	printf("the log of %s was replayed: %llu entries into a catalogue that began empty\n",
		sr_client_info(c->client)->origin, (unsigned long long)cli_field_dec(a, "done"));
	if (resumed > 0)
		printf("%llu of them were verified before it was interrupted\n",
			(unsigned long long)resumed);
	printf("%llu signatures are good; %llu statements of people are allowed by the rules of "
	       "their time\n",
		(unsigned long long)cli_field_dec(a, "signatures"),
		(unsigned long long)cli_field_dec(a, "judged"));
	printf("%llu roots that people had verified are this log's\n",
		(unsigned long long)cli_field_dec(a, "seen"));
	printf("%llu grants and %llu other decisions follow from the votes\n",
		(unsigned long long)cli_field_dec(a, "grants"),
		(unsigned long long)cli_field_dec(a, "decisions"));
	printf("%llu answers of the boards' rules follow from the rules and inputs that were "
	       "kept, and these from the log\n",
		(unsigned long long)cli_field_dec(a, "rules"));
	printf("%llu bundles of pieces are those that the votes signed\n",
		(unsigned long long)cli_field_dec(a, "pieces"));
	printf("the catalogue in use is equal to the replayed one: %llu rows\n",
		(unsigned long long)cli_field_dec(a, "rows"));
	printf("the root, computed from the entries, is ");
	cli_print(cli_field(a, "root"));
	putchar('\n');
}

/* What to do about what was found. A format of a later day is no sign of anybody's hand. */
static void replay_hint(struct cli *c, const struct sr_rows *found) {
	bool newer = false;

	for (size_t i = 0; i < found->count; i++)
		newer = newer ||
			sr_bytes_eq(sr_row_get(&found->rows[i], "what"), sr_bytes_str("newer"));
	if (newer)
		cli_hint(c, "replay it with the strongroom that wrote its newest entries, before "
			    "anything is made of this");
	else if (found->count > 0)
		cli_hint(c, "evidence: keep this vault as it is, and compare it with an "
			    "export, a backup and receipts; `rebuild` makes the catalogue "
			    "anew, once it is clear who changed it");
}

/* One step. *${more}: the end is not reached. */
static int replay_step(
	struct cli *c, struct cli_answer *a, bool anew, bool *more, struct sr_err *e) {
	cli_ask(a, "audit.replay");
	if (anew)
		sr_text_put(&a->q.head, "anew", "yes");
	const int rc = cli_call_plain(c, a, e);
	*more = rc == 0 && cli_field(a, "ended").p == NULL;
	return rc;
}

int verb_audit_replay(struct cli *c, struct sr_err *e) {
	const struct sr_progress progress = cli_progress(c);
	struct cli_answer a;
	struct sr_err bad = {0};
	bool more = false, first = true;
	int rc = cli_connect(c, CLI_MAYBE, e);

	if (rc != 0)
		return rc;
	for (;;) {
		rc = replay_step(c, &a, first && cli_has(c, "anew"), &more, e);
		first = false;
		if (!more)
			break;
		const uint64_t done = cli_field_dec(&a, "done"), size = cli_field_dec(&a, "size");
		cli_answer_free(&a);
		if (sr_progress_report(&progress, "audit replay", done, size, "entries") != 0) {
			cli_progress_end();
			cli_hint(c, "the same command goes on where it stopped");
			return sr_fail(e, SR_LOCKED, "stopped on request at entry %llu of %llu",
				(unsigned long long)done, (unsigned long long)size);
		}
	}
	cli_progress_end();
	a.has_rows = sr_rows_parse(&a.rows, sr_buf_view(&a.r.body), &bad) == 0;
	if (c->json && (rc == 0 || (a.has_rows && a.rows.count > 0))) {
		json_t *o = cli_json_fields(&a);
		json_object_set_new(
			o, "found", a.has_rows ? cli_json_rows(&a.rows, "finding") : json_array());
		cli_json_print(o);
	} else if (rc == 0) {
		replay_print(c, &a);
	} else if (a.has_rows) {
		for (size_t i = 0; i < a.rows.count; i++)
			finding_print(&a.rows.rows[i]);
		replay_hint(c, &a.rows);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- reports ---------------------------------------------------------------------------------- */

enum format {
	TABLE,
	CSV,
	JSONL,
	HTML
};

struct reporting {
	struct cli *c;
	const char *op; /* audit.report, audit.person */
	const char *person;
	uint8_t item[SR_ID], collection[SR_ID];
	bool has_item, has_collection;
	int64_t begins, ends;
	const char *reason;
	enum format format;
	struct sr_buf out;
	uint64_t size;
	char note[32]; /* of the section read last, or "" */
};

static int read_format(struct reporting *r, struct sr_err *e) {
	static const char *const words[] = {"table", "csv", "jsonl", "html"};
	const char *word = cli_get(r->c, "format");

	r->format = r->c->json ? JSONL : TABLE;
	if (word == NULL)
		return 0;
	for (int i = TABLE; i <= HTML; i++)
		if (strcmp(word, words[i]) == 0) {
			r->format = (enum format)i;
			return 0;
		}
	return sr_fail(e, SR_USAGE, "--format %s: want table, csv, jsonl or html", word);
}

static void put_filter(struct sr_buf *head, const struct reporting *r) {
	if (r->person != NULL)
		sr_text_put(head, "person", r->person);
	if (strcmp(r->op, "audit.person") == 0)
		return;
	if (r->has_item)
		sr_text_put_hex(head, "item", r->item, SR_ID);
	if (r->has_collection)
		sr_text_put_hex(head, "collection", r->collection, SR_ID);
	if (r->begins != 0)
		sr_text_put_time(head, "begins", r->begins);
	if (r->ends != 0)
		sr_text_put_time(head, "ends", r->ends);
}

/* Rows of a section in order, page by page, at most ${most}. */
static int each_row(struct reporting *r, const char *section, size_t most,
	int (*each)(void *ctx, const struct sr_row *row), void *to, bool *cut, struct sr_err *e) {
	size_t done = 0, got = PAGE_ROWS;
	int rc = 0;

	*cut = false;
	while (rc == 0 && got == PAGE_ROWS && !*cut) {
		struct cli_answer a;

		if (cli_stopped != 0)
			return sr_fail(e, SR_LOCKED, "stopped on request");
		cli_ask(&a, r->op);
		sr_text_put(&a.q.head, "section", section);
		put_filter(&a.q.head, r);
		sr_text_put_dec(&a.q.head, "offset", done);
		sr_text_put_dec(&a.q.head, "limit", PAGE_ROWS);
		rc = cli_call(r->c, &a, e);
		got = rc == 0 ? a.rows.count : 0;
		if (rc == 0)
			r->size = cli_field_dec(&a, "size");
		const struct sr_bytes said = cli_field(&a, "note");
		snprintf(r->note, sizeof r->note, "%.*s", (int)(said.len < 31 ? said.len : 31),
			said.p != NULL ? (const char *)said.p : "");
		for (size_t i = 0; i < got && rc == 0 && !*cut; i++) {
			*cut = done == most;
			if (!*cut) {
				rc = each(to, &a.rows.rows[i]);
				done++;
			}
		}
		cli_answer_free(&a);
	}
	return rc;
}

/* --- CSV (RFC 4180) and lines of JSON --------------------------------------------------------- */

/* Quoted where it must be. What a spreadsheet would run is disarmed: text from outside that begins
 * like a formula gets an apostrophe before it (OWASP, CSV injection). */
static void csv_cell(struct sr_buf *b, struct sr_bytes v, bool outside) {
	static const char formula[] = "=+-@\t\r";
	bool quote = false;

	for (size_t i = 0; i < v.len; i++)
		quote = quote || v.p[i] == '"' || v.p[i] == ',' || v.p[i] == '\n' ||
			v.p[i] == '\r' || v.p[i] == ' ';
	const bool armed = outside && v.len > 0 && v.p[0] != 0 && strchr(formula, v.p[0]) != NULL;
	if (quote || armed)
		sr_buf_put_u8(b, '"');
	if (armed)
		sr_buf_put_u8(b, '\'');
	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] == '"')
			sr_buf_put_u8(b, '"');
		sr_buf_put_u8(b, v.p[i]);
	}
	if (quote || armed)
		sr_buf_put_u8(b, '"');
}

struct writing {
	struct sr_buf *b;
	const struct sr_section *section;
	struct cli_table *table;
	size_t rows;
	struct sr_err *e;
};

static bool outside_text(enum sr_cell_kind k) {
	return k == SR_CELL_NAME || k == SR_CELL_TITLE || k == SR_CELL_TEXT ||
	       k == SR_CELL_REASON || k == SR_CELL_WORD; /* a recipient is typed by people, too */
}

static int csv_row(void *ctx, const struct sr_row *row) {
	struct writing *w = ctx;

	for (int i = 0; i < SR_REPORT_COLUMNS && w->section->columns[i].key != NULL; i++) {
		const struct sr_column *c = &w->section->columns[i];

		if (i > 0)
			sr_buf_put_u8(w->b, ',');
		if (c->kind != SR_CELL_WORDS) {
			csv_cell(w->b, sr_row_get(row, c->key), outside_text(c->kind));
			continue;
		}
		struct sr_buf words;
		sr_buf_init(&words);
		for (size_t k = 0; sr_row_get_n(row, c->key, k).p != NULL; k++) {
			if (k > 0)
				sr_buf_put_u8(&words, ' ');
			sr_buf_put_bytes(&words, sr_row_get_n(row, c->key, k));
		}
		if (w->b->failed == SR_OK)
			w->b->failed = words.failed;
		csv_cell(w->b, sr_buf_view(&words), false);
		sr_buf_free(&words);
	}
	sr_buf_printf(w->b, "\r\n");
	w->rows++;
	return sr_buf_ok(w->b, w->e);
}

static void csv_heads(struct sr_buf *b, const struct sr_section *s) {
	for (int i = 0; i < SR_REPORT_COLUMNS && s->columns[i].key != NULL; i++)
		sr_buf_printf(b, "%s%s", i > 0 ? "," : "", s->columns[i].key);
	sr_buf_printf(b, "\r\n");
}

static int jsonl_row(void *ctx, const struct sr_row *row) {
	struct writing *w = ctx;
	json_t *o = cli_json_row(row);
	char kind[40];

	snprintf(kind, sizeof kind, "%.*s", (int)row->kind.len, (const char *)row->kind.p);
	json_object_set_new(o, "row", json_string(kind));
	w->rows++;
	return cli_json_canonical_to(w->b, o, w->e);
}

const char *cli_report_note(const char *note) {
	if (strcmp(note, "no-witnesses") == 0)
		return " (no witnesses are asked: nothing would show silence)";
	if (strcmp(note, "beats-changed") == 0)
		return " (the vault's record of it was changed; what came after is not told)";
	return "";
}

/* --- tables ----------------------------------------------------------------------------------- */

/* Columns of a table on a terminal; the others are in CSV and JSON. */
static const char *const narrow[][12] = {
	{"views", "person", "name", "item", "title", "form", "opened", "seconds", "files", "hazard",
		NULL},
	{"exposure", "hazard", "form", "openings", "persons", "items", "seconds", NULL},
	{"unused", "grant", "right", "state", "granted", "ends", "person", "items", NULL},
	{"requests", "request", "kind", "outcome", "applicant", "asked", "ended", "approvals",
		"rejections", "rule", NULL},
	{"refusals", "what", "rule", "person", "received", "request", "grant", "item", NULL},
	{"glass", "checkout", "person", "received", "reader", "item", "form", "opened", NULL},
	{"exports", "person", "item", "received", "stage", "recipient", "bytes", NULL},
	{"activity", "day", "type", "count", NULL},
	{"heartbeat", "from", "to", "seconds", "entries", "cut", NULL},
	{"unwitnessed", "from", "to", "seconds", "entry", "entries", "still", NULL},
	{"reads", "reader", "what", "person", "from", "to", "received", "reason", NULL},
	{"texts", "entry", "type", "field", "received", "text", NULL},
	{"signed", "type", "count", "first", "last", NULL},
	{"named", "entry", "type", "as", "actor", "received", NULL},
	{"attested", "entry", "person", "kind", "of", "term", "ends", "officer", NULL},
};

static const char *const *narrow_of(const struct sr_section *s) {
	for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++)
		if (strcmp(narrow[i][0], s->name) == 0)
			return narrow[i] + 1;
	return narrow[0] + 1;
}

static const struct sr_column *column_of(const struct sr_section *s, const char *key) {
	for (int i = 0; i < SR_REPORT_COLUMNS && s->columns[i].key != NULL; i++)
		if (strcmp(s->columns[i].key, key) == 0)
			return &s->columns[i];
	return NULL;
}

static int table_row(void *ctx, const struct sr_row *row) {
	struct writing *w = ctx;

	for (const char *const *key = narrow_of(w->section); *key != NULL; key++) {
		const struct sr_column *c = column_of(w->section, *key);

		if (c != NULL && c->kind == SR_CELL_HEX)
			cli_cell_id(w->table, sr_row_get(row, *key));
		else if (c != NULL && c->kind == SR_CELL_WORDS)
			cli_cell_words(w->table, row, *key);
		else if (c != NULL && c->kind == SR_CELL_DAY)
			cli_cell_bytes(w->table, sr_bytes_of(sr_row_get(row, *key).p,
							 sr_row_get(row, *key).p != NULL ? 10 : 0));
		else
			cli_cell_row(w->table, row, *key);
	}
	w->rows++;
	return 0;
}

static int print_table(struct reporting *r, const struct sr_section *s, struct sr_err *e) {
	const char *heads[12];
	char upper[12][24];
	struct cli_table t;
	struct writing w = {.section = s, .table = &t};
	size_t n = 0;
	bool cut = false;

	for (const char *const *key = narrow_of(s); *key != NULL && n < 12; key++, n++) {
		size_t i = 0;

		for (; (*key)[i] != '\0' && i + 1 < sizeof upper[n]; i++)
			upper[n][i] = (char)((*key)[i] >= 'a' && (*key)[i] <= 'z' ? (*key)[i] - 32
										  : (*key)[i]);
		upper[n][i] = '\0';
		heads[n] = upper[n];
	}
	cli_table(&t, n, heads);
	const int rc = each_row(r, s->name, SIZE_MAX, table_row, &w, &cut, e);
	printf("%s: %zu", s->name, w.rows);
	printf("%s\n", cli_report_note(r->note));
	if (w.rows > 0)
		cli_table_print(&t);
	else
		sr_buf_free(&t.text);
	putchar('\n');
	return rc;
}

/* --- a whole report --------------------------------------------------------------------------- */

static int put_section(struct reporting *r, const struct sr_section *s, struct sr_err *e) {
	struct writing w = {.b = &r->out, .section = s, .e = e};
	bool cut = false;

	if (r->format == TABLE)
		return print_table(r, s, e);
	if (r->format == CSV)
		csv_heads(&r->out, s);
	return each_row(r, s->name, SIZE_MAX, r->format == CSV ? csv_row : jsonl_row, &w, &cut, e);
}

static int put_out(struct reporting *r, struct sr_err *e) {
	const char *path = cli_get(r->c, "out");
	int rc = sr_buf_ok(&r->out, e);

	if (rc != 0 || r->format == TABLE)
		return rc;
	if (path == NULL) {
		if (fwrite(r->out.p != NULL ? (const char *)r->out.p : "", 1, r->out.len, stdout) !=
				r->out.len ||
			fflush(stdout) != 0)
			return sr_fail_errno(e, "standard output");
		return 0;
	}
	rc = cli_write_file(path, sr_buf_view(&r->out), false, e);
	if (rc == 0)
		cli_tell(r->c, "written; what is in it is as secret as the log");
	return rc;
}

/* Say it on the record. */
static int on_record(struct reporting *r, const char *what, struct sr_err *e) {
	const struct sr_reading_ask ask = {.what = what,
		.person = r->person,
		.item = r->has_item ? r->item : NULL,
		.collection = r->has_collection ? r->collection : NULL,
		.begins = r->begins,
		.ends = r->ends,
		.reason = r->reason};
	uint64_t index = 0;
	const int rc = sr_client_on_record(r->c->client, &ask, &index, e);

	if (rc == 0 && index > 0)
		cli_tell(r->c, "that you read this is entry %llu of the log",
			(unsigned long long)index);
	return rc;
}

static int read_filter(struct reporting *r, struct sr_err *e) {
	struct sr_clock clock = sr_clock_system();
	struct cli *c = r->c;
	const char *word;
	int rc = read_format(r, e);

	r->person = cli_get(c, "person");
	r->reason = cli_get(c, "reason");
	if (rc == 0)
		rc = cli_time(c, "from", &r->begins, e);
	if (rc == 0)
		rc = cli_time(c, "to", &r->ends, e);
	/* Days and hours are counted from now on: `90d` is no quarter that was. */
	if (rc == 0 && r->begins > sr_now(&clock))
		rc = sr_fail(e, SR_USAGE,
			"--from %s has not come yet, and a report is of what was: give a day, as "
			"2026-03-31",
			cli_get(c, "from"));
	if (rc == 0 && r->ends != 0 && r->ends <= r->begins)
		rc = sr_fail(e, SR_USAGE, "--to is not after --from: nothing lies between");
	if (rc == 0 && r->person != NULL &&
		sr_value_check(SR_V_PERSON, sr_bytes_str(r->person), NULL) != 0)
		rc = sr_fail(e, SR_USAGE, "--person: p- and 16 digits, as `person list` shows");
	if (rc == 0 && r->format == TABLE && cli_get(c, "out") != NULL)
		rc = sr_fail(e, SR_USAGE, "--out is for csv, jsonl and html (--format)");
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0 && (word = cli_get(c, "item")) != NULL) {
		rc = sr_client_resolve(c->client, r->item, word, "item", e);
		r->has_item = true;
	}
	if (rc == 0 && (word = cli_get(c, "collection")) != NULL) {
		rc = sr_client_resolve(c->client, r->collection, word, "collection", e);
		r->has_collection = true;
	}
	return rc;
}

static int html_rows(void *ctx, const char *section, size_t most,
	int (*each)(void *ctx, const struct sr_row *row), void *to, bool *cut, struct sr_err *e) {
	return each_row(ctx, section, most, each, to, cut, e);
}

static const char *html_note(void *ctx) {
	const struct reporting *r = ctx;

	return cli_report_note(r->note);
}

static int put_html(struct reporting *r, struct sr_err *e) {
	const struct sr_client_info *info = sr_client_info(r->c->client);
	const struct sr_clock clock = sr_clock_system();
	char made[SR_TIME_TEXT], root[64] = "", scope[400], begins[SR_TIME_TEXT] = "",
				 ends[SR_TIME_TEXT] = "", id[2][2 * SR_ID + 1] = {"", ""};
	struct cli_report page = {.title = "Audit report",
		.origin = info->origin,
		.scope = scope,
		.made = made,
		.by = info->person,
		.size = info->seen_size,
		.root = root,
		.begins = r->begins,
		.ends = r->ends,
		.rows = html_rows,
		.note = html_note,
		.ctx = r};
	struct sr_buf b;

	sr_time_format(made, sr_now(&clock));
	if (r->begins != 0)
		sr_time_format(begins, r->begins);
	if (r->ends != 0)
		sr_time_format(ends, r->ends);
	if (r->has_item)
		sr_hex(id[0], r->item, SR_ID);
	if (r->has_collection)
		sr_hex(id[1], r->collection, SR_ID);
	snprintf(scope, sizeof scope, "%s%s%s%s%s%s%s%s%s%s", r->person != NULL ? "person " : "",
		r->person != NULL ? r->person : "", r->has_item ? " item " : "", id[0],
		r->has_collection ? " collection " : "", id[1], r->begins != 0 ? " from " : "",
		begins, r->ends != 0 ? " to before " : "", ends);
	sr_buf_init(&b);
	sr_buf_put_base64(&b, info->seen_root, SR_HASH);
	snprintf(root, sizeof root, "%.*s", (int)b.len, b.p != NULL ? (const char *)b.p : "");
	sr_buf_free(&b);
	return cli_report_html(&r->out, &page, e);
}

/* What is asked for is there: before it is on the record that somebody read it. */
static int known_sections(const struct reporting *r, struct sr_err *e) {
	const struct cli_args *args = &r->c->args;

	for (size_t i = 0; i < args->word_count; i++) {
		const struct sr_section *s = sr_section_named(sr_bytes_str(args->words[i]));

		if (s == NULL || s->person)
			return sr_fail(e, SR_USAGE,
				"there is no section %s: views, exposure, unused, requests, "
				"refusals, glass, exports, activity, reads, heartbeat, unwitnessed",
				args->words[i]);
	}
	if (r->format == CSV && args->word_count != 1)
		return sr_fail(e, SR_USAGE,
			"--format csv holds one section: name it (audit report --help lists them)");
	return 0;
}

static int put_sections(struct reporting *r, struct sr_err *e) {
	const struct cli_args *args = &r->c->args;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < args->word_count; i++)
		rc = put_section(r, sr_section_named(sr_bytes_str(args->words[i])), e);
	for (size_t i = 0; rc == 0 && args->word_count == 0 && sr_section_at(i) != NULL; i++)
		if (!sr_section_at(i)->person)
			rc = put_section(r, sr_section_at(i), e);
	return rc;
}

int verb_audit_report(struct cli *c, struct sr_err *e) {
	struct reporting r = {.c = c, .op = "audit.report"};
	int rc;

	sr_buf_init_secret(&r.out);
	rc = read_filter(&r, e);
	if (rc == 0 && r.person != NULL && r.reason == NULL)
		rc = sr_fail(e, SR_USAGE,
			"--reason TEXT is missing: whoever reads what a person did says why, and "
			"that person is told");
	if (rc == 0 && r.format == HTML && c->args.word_count > 0)
		rc = sr_fail(
			e, SR_USAGE, "--format html shows all sections on one page: name none");
	if (rc == 0)
		rc = known_sections(&r, e);
	if (rc == 0)
		rc = on_record(&r, "report", e);
	if (rc == SR_DENIED)
		cli_hint(c, "auditors and officers read reports; `audit person` shows your own");
	if (rc == 0)
		rc = r.format == HTML ? put_html(&r, e) : put_sections(&r, e);
	if (rc == 0)
		rc = put_out(&r, e);
	sr_buf_free(&r.out);
	return rc;
}

/* --- a person --------------------------------------------------------------------------------- */

static int person_row(void *ctx, const struct sr_row *row) {
	(void)ctx;
	cli_line_row("person", row, "person");
	cli_line_row("name", row, "name");
	char key[CLI_KEY_TEXT];
	cli_line_str("key", cli_key_shown(key, sr_row_get(row, "key")));
	cli_line_words("roles", row, "role");
	cli_line_words("roles once", row, "ever");
	cli_line_row("entry", row, "entry");
	cli_line_words("new keys by", row, "rekeyed");
	putchar('\n');
	return 0;
}

static int person_head(struct reporting *r, struct sr_err *e) {
	struct writing w = {.b = &r->out, .e = e};
	struct cli_answer a;

	cli_ask(&a, r->op);
	sr_text_put(&a.q.head, "section", "person");
	sr_text_put(&a.q.head, "person", r->person);
	int rc = cli_call(r->c, &a, e);
	for (size_t i = 0; rc == 0 && i < a.rows.count; i++)
		rc = r->format == TABLE ? person_row(NULL, &a.rows.rows[i])
					: jsonl_row(&w, &a.rows.rows[i]);
	cli_answer_free(&a);
	return rc;
}

int verb_audit_person(struct cli *c, struct sr_err *e) {
	static const char *const held[] = {"texts", "signed", "named", "attested", "requests",
		"unused", "views", "exports", "glass", "refusals", "reads"};
	struct reporting r = {.c = c, .op = "audit.person"};
	const bool all = cli_has(c, "access-report");
	int rc;

	sr_buf_init_secret(&r.out);
	rc = read_filter(&r, e);
	r.person = c->args.words[0];
	if (rc == 0 && sr_value_check(SR_V_PERSON, sr_bytes_str(r.person), NULL) != 0)
		rc = sr_fail(e, SR_USAGE, "a person is p- and 16 digits, as `person list` shows");
	if (rc == 0 && (r.format == HTML || (all && r.format == CSV)))
		rc = sr_fail(e, SR_USAGE, "what is held on a person comes as table or jsonl%s",
			all ? "" : ", what they looked at also as csv");
	const bool own = rc == 0 && strcmp(r.person, sr_client_info(c->client)->person) == 0;
	if (rc == 0 && !own && r.reason == NULL)
		rc = sr_fail(e, SR_USAGE,
			"--reason TEXT is missing: whoever reads what is held on another says "
			"why, and that person is told");
	if (rc == 0 && !own)
		rc = on_record(&r, "person", e);
	if (rc == 0 && r.format != CSV)
		rc = person_head(&r, e);
	for (size_t i = 0; rc == 0 && all && i < sizeof held / sizeof held[0]; i++)
		rc = put_section(&r, sr_section_named(sr_bytes_str(held[i])), e);
	if (rc == 0 && !all)
		rc = put_section(&r, sr_section_named(sr_bytes_str("views")), e);
	if (rc == 0)
		rc = put_out(&r, e);
	sr_buf_free(&r.out);
	return rc;
}
