/*
 * intake scan, list, show, run, again, scanners: what was done with held items and is known of
 * them, what other programs say of them, and which programs this host has for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "intake/scanners.h"

const struct cli_option cli_intake_list_options[] = {
	{"accession", CLI_ONE, "ID", "only of this accession"},
	{"scanned", CLI_ONE, "WORD", "only clean, stale, infected, not-scanned, or never"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_intake_scan_options[] = {
	{"again", CLI_FLAG, NULL,
		"every item that is held now, and by core what is open for a reader"},
	{"known", CLI_ONE, "FILE",
		"SHA-256 of known files, a line each (clamd's .hsb, sha256sum): all items, by the "
		"hashes that the catalogue has"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_intake_show_options[] = {
	{"key", CLI_ONE, "KEY",
		"only these facts: media-type, pronom, mismatch, name, unpacked, of"},
	{"limit", CLI_ONE, "N", "at most this many facts"},
	{"offset", CLI_ONE, "N", "pass over this many first"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_intake_same_options[] = {
	{"limit", CLI_ONE, "N", "at most this many copies"},
	{"offset", CLI_ONE, "N", "pass over this many first"},
	{NULL, CLI_FLAG, NULL, NULL},
};

enum {
	PAGE = 500
};

/* --- scan --- */

struct telling {
	struct cli *c;
	const char *item;
	json_t *findings, *scans;
	size_t infected, not_clean;
};

static char *text_of(const struct sr_row *row, const char *key, char *out, size_t size) {
	(void)sr_escape_to(out, size, sr_row_get(row, key));
	return out;
}

static int told(void *ctx, const struct sr_row *row, struct sr_err *e) {
	struct telling *t = ctx;
	char a[400], b[400], w[40];
	(void)e;
	if (t->c->json) {
		json_array_append_new(
			sr_row_is(row, "scan") ? t->scans : t->findings, cli_json_row(row));
	} else if (sr_row_is(row, "finding")) {
		printf("%.12s  %s  %s: %s\n", t->item, text_of(row, "result", w, sizeof w),
			text_of(row, "path", a, sizeof a), text_of(row, "text", b, sizeof b));
	} else if (sr_row_is(row, "scan")) {
		printf("%.12s  %s by %s: %s clean, ", t->item, text_of(row, "result", w, sizeof w),
			text_of(row, "scanner", a, sizeof a), text_of(row, "clean", b, sizeof b));
		printf("%s infected, ", text_of(row, "infected", a, sizeof a));
		printf("%s not scanned\n", text_of(row, "not-scanned", b, sizeof b));
	}
	if (sr_row_is(row, "scan")) {
		t->infected += sr_bytes_eq(sr_row_get(row, "result"), sr_bytes_str("infected"));
		t->not_clean += !sr_bytes_eq(sr_row_get(row, "result"), sr_bytes_str("clean"));
	}
	return 0;
}

static int scan_one(struct cli *c, const uint8_t item[SR_ID], struct telling *t, struct sr_err *e) {
	const struct sr_borrow look = {.item = item, .right = "quarantine"};
	struct sr_submitted out = {0}, back = {0};
	uint8_t checkout[SR_ID];
	uint64_t files = 0;
	int rc = sr_client_checkout(c->client, &look, checkout, &files, &out, e);
	if (rc == 0) {
		struct sr_err ended = {0};
		const struct sr_act give_back = {.type = SR_T_RETURN, .id = checkout};
		rc = sr_client_scan(c->client, checkout, told, t, e);
		/* It ends in any case; the first failure is the one to tell. */
		const int gone = sr_client_act(c->client, &give_back, &back, rc == 0 ? e : &ended);
		rc = rc == 0 ? gone : rc;
	}
	sr_submitted_free(&out);
	sr_submitted_free(&back);
	return rc;
}

/* Every held item that this curator can open, or those named. */
static int scan_items(struct cli *c, const uint8_t *items, size_t count, struct sr_err *e) {
	struct telling t = {.c = c};
	json_t *all = json_array();
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		char hex[2 * SR_ID + 1];
		sr_hex(hex, items + i * SR_ID, SR_ID);
		t.item = hex;
		t.findings = json_array();
		t.scans = json_array();
		rc = scan_one(c, items + i * SR_ID, &t, e);
		if (rc != 0 && e != NULL)
			rc = sr_wrap(e, "item %.12s", hex);
		json_array_append_new(all, json_pack("{s:s, s:o, s:o}", "item", hex, "scan",
						   t.scans, "finding", t.findings));
	}
	if (rc == 0 && c->json) {
		cli_json_print(all);
	} else {
		json_decref(all);
	}
	if (rc == 0 && t.infected > 0)
		cli_hint(c, "nothing is dropped for it: describe the items with --hazard malware");
	return rc;
}

/* Ids of all held items, SR_ID bytes each. */
static int held_items(struct cli *c, struct sr_buf *ids, struct sr_err *e) {
	size_t n = PAGE, seen = 0;
	int rc = 0;
	while (rc == 0 && n == PAGE) {
		struct cli_answer a;
		cli_ask(&a, "items");
		sr_text_put(&a.q.head, "state", "held");
		sr_text_put_dec(&a.q.head, "limit", PAGE);
		sr_text_put_dec(&a.q.head, "offset", seen);
		rc = cli_call(c, &a, e);
		n = rc == 0 ? a.rows.count : 0;
		for (size_t i = 0; rc == 0 && i < n; i++) {
			uint8_t id[SR_ID];
			rc = sr_row_get_id(id, SR_ID, &a.rows.rows[i], "id", e);
			sr_buf_put(ids, id, SR_ID);
		}
		seen += n;
		cli_answer_free(&a);
	}
	return rc == 0 ? sr_buf_ok(ids, e) : rc;
}

/* What is open for readers: core has its keys, and does it by itself from now on. */
static int open_again(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	cli_ask(&a, "intake.again");
	int rc = cli_call(c, &a, e);
	const unsigned long long open = rc == 0 ? cli_field_dec(&a, "open") : 0;
	if (open > 0)
		cli_tell(c,
			"core scans %llu open checkout%s again; what it names closes its item "
			"until a curator decides (log --type scan, inbox)",
			open, open == 1 ? "" : "s");
	cli_answer_free(&a);
	return rc;
}

/* --again: with content, what can be opened: held items by this curator's boxes, and what readers
 * have open. */
static int scan_again(struct cli *c, struct sr_err *e) {
	struct sr_buf ids;
	sr_buf_init(&ids);
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = open_again(c, e);
	if (rc == 0)
		rc = held_items(c, &ids, e);
	if (rc == 0 && ids.len == 0)
		cli_tell(c, "nothing is held");
	if (rc == 0)
		rc = scan_items(c, ids.p, ids.len / SR_ID, e);
	sr_buf_free(&ids);
	return rc;
}

static int scan_known(struct cli *c, const char *path, struct sr_err *e) {
	struct cli_answer a;
	cli_ask(&a, "intake.known");
	int rc = cli_read_file(&a.q.body, path, SR_CALL_BODY_MAX, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(json_pack("{s:I, s:I, s:I, s:o}", "hashes",
			(json_int_t)cli_field_dec(&a, "hashes"), "files",
			(json_int_t)cli_field_dec(&a, "files"), "items",
			(json_int_t)cli_field_dec(&a, "items"), "hit",
			cli_json_rows(&a.rows, "hit")));
	} else if (rc == 0) {
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			char id[40], files[24];
			printf("%s  infected: %s file%s with a known hash%s\n",
				text_of(row, "item", id, sizeof id),
				text_of(row, "files", files, sizeof files),
				strcmp(files, "1") == 0 ? "" : "s",
				sr_row_get(row, "entry").p == NULL ? " (said before)" : "");
		}
		cli_tell(c,
			"%llu known hashes were compared with %llu files: %llu items have one of "
			"them",
			(unsigned long long)cli_field_dec(&a, "hashes"),
			(unsigned long long)cli_field_dec(&a, "files"),
			(unsigned long long)cli_field_dec(&a, "items"));
	}
	cli_answer_free(&a);
	return rc;
}

int verb_intake_scan(struct cli *c, struct sr_err *e) {
	const char *known = cli_get(c, "known");
	uint8_t *items = NULL;
	size_t count = 0;
	const int ways = (known != NULL) + cli_has(c, "again") + (c->args.word_count > 0);
	if (ways != 1)
		return sr_fail(e, SR_USAGE,
			"what is to be scanned? One of ITEM..., --again, --known FILE");
	if (known != NULL)
		return scan_known(c, known, e);
	if (cli_has(c, "again"))
		return scan_again(c, e);
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_items(c, &items, &count, e);
	return rc == 0 ? scan_items(c, items, count, e) : rc;
}

/* --- show --- */

static void show_print(const struct cli_answer *a) {
	char at[40], one[40], two[40], key[40], value[1400];
	struct sr_bytes finding;
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		if (sr_row_is(row, "step")) {
			const bool some = !sr_bytes_eq(sr_row_get(row, "added"), sr_bytes_str("0"));
			printf("%s  %s: %s%s%s%s\n", text_of(row, "at", at, sizeof at),
				text_of(row, "step", one, sizeof one),
				text_of(row, "result", two, sizeof two), some ? ", " : "",
				some ? text_of(row, "added", key, sizeof key) : "",
				!some ? ""
				: sr_bytes_eq(sr_row_get(row, "added"), sr_bytes_str("1"))
					? " file came out"
					: " files came out");
		} else if (sr_row_is(row, "scan")) {
			printf("%s  %s by %s\n", text_of(row, "at", at, sizeof at),
				text_of(row, "result", one, sizeof one),
				text_of(row, "scanner", value, 300));
			for (size_t k = 0; (finding = sr_row_get_n(row, "finding", k)).p != NULL;
				k++)
				printf("    %s\n", sr_escape_to(value, sizeof value, finding));
		}
	}
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		if (sr_row_is(row, "fact"))
			printf("file %s  %s: %s\n", text_of(row, "file", one, sizeof one),
				text_of(row, "key", key, sizeof key),
				text_of(row, "value", value, sizeof value));
	}
}

/* "text, file 2 of 3, 57 of 200 pages" of the item at work. */
static void at_text(char *out, size_t size, struct cli_answer *a) {
	const unsigned long long pages = cli_field_dec(a, "pages"),
				 of = cli_field_dec(a, "pages-of");
	char step[40] = "", total[40] = "";

	out[0] = '\0';
	if (cli_field(a, "step").p == NULL)
		return;
	(void)sr_escape_to(step, sizeof step, cli_field(a, "step"));
	if (of > 0)
		(void)snprintf(total, sizeof total, " of %llu", of);
	if (cli_field(a, "files").p == NULL)
		(void)snprintf(out, size, "%s", step);
	else
		(void)snprintf(out, size, "%s, file %llu of %llu, %llu%s pages", step,
			(unsigned long long)cli_field_dec(a, "file") + 1,
			(unsigned long long)cli_field_dec(a, "files"), pages, total);
}

static json_t *at_json(struct cli_answer *a) {
	json_t *o = json_object();

	cli_json_set_bytes(o, "step", cli_field(a, "step"));
	if (cli_field(a, "files").p != NULL) {
		json_object_set_new(o, "file", json_integer((json_int_t)cli_field_dec(a, "file")));
		json_object_set_new(
			o, "files", json_integer((json_int_t)cli_field_dec(a, "files")));
		json_object_set_new(
			o, "pages", json_integer((json_int_t)cli_field_dec(a, "pages")));
		json_object_set_new(
			o, "pages-of", json_integer((json_int_t)cli_field_dec(a, "pages-of")));
	}
	return o;
}

int verb_intake_show(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_ask_of(&a, c, "intake.show", "item", e);
	if (cli_get(c, "key") != NULL)
		sr_text_put(&a.q.head, "key", cli_get(c, "key"));
	if (rc == 0)
		rc = cli_page(c, &a, e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0) {
		const bool at_work = cli_field(&a, "intake").p != NULL;
		struct sr_buf why;
		char shown[512] = "";
		sr_buf_init(&why);
		at_text(shown, sizeof shown, &a);
		if (cli_field(&a, "waits").p != NULL &&
			sr_unbase64(&why, cli_field(&a, "waits"), NULL) == 0)
			(void)sr_escape_to(shown, sizeof shown, sr_buf_view(&why));
		sr_buf_free(&why);
		if (c->json) {
			json_t *o = json_object();
			cli_json_set_bytes(o, "state", cli_field(&a, "state"));
			json_object_set_new(o, "intake", json_boolean(at_work));
			if (cli_field(&a, "waits").p != NULL)
				json_object_set_new(o, "waits", json_string(shown));
			if (cli_field(&a, "step").p != NULL)
				json_object_set_new(o, "at", at_json(&a));
			json_object_set_new(
				o, "total", json_integer((json_int_t)cli_field_dec(&a, "total")));
			json_object_set_new(o, "step", cli_json_rows(&a.rows, "step"));
			json_object_set_new(o, "scan", cli_json_rows(&a.rows, "scan"));
			json_object_set_new(o, "fact", cli_json_rows(&a.rows, "fact"));
			cli_json_print(o);
		} else {
			if (at_work)
				printf("intake is under way%s%s\n", shown[0] != '\0' ? ": " : "",
					shown);
			show_print(&a);
		}
	}
	cli_answer_free(&a);
	return rc;
}

/* --- same --- */

int verb_intake_same(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_ask_of(&a, c, "intake.same", "item", e);
	if (rc == 0)
		rc = cli_page(c, &a, e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json)
		cli_json_print(cli_json_rows(&a.rows, "same"));
	for (size_t i = 0; rc == 0 && !c->json && i < a.rows.count; i++) {
		const struct sr_row *row = &a.rows.rows[i];
		char path[300], item[40], other[300];
		printf("%s  lies in %s as %s\n", text_of(row, "path", path, sizeof path),
			text_of(row, "item", item, sizeof item),
			text_of(row, "other-path", other, sizeof other));
	}
	if (rc == 0 && !c->json && a.rows.count == 0)
		printf("no file of it lies anywhere else\n");
	cli_answer_free(&a);
	return rc;
}

/* --- run --- */

int verb_intake_run(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_intake_launcher(c, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_NOBODY, e);
	if (rc == 0 && c->core == NULL) {
		cli_tell(c, "core does it by itself");
		return 0;
	}
	if (rc == 0)
		rc = cli_intake_run(c, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "intake.state");
	rc = cli_call_plain(c, &a, e);
	if (rc == 0 && c->json)
		cli_json_print(json_pack("{s:I}", "left", (json_int_t)cli_field_dec(&a, "left")));
	else if (rc == 0 && cli_field_dec(&a, "left") == 0)
		printf("nothing is left to do\n");
	cli_answer_free(&a);
	return rc;
}

/* --- again --- */

int verb_intake_again(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_intake_launcher(c, e);
	if (rc != 0)
		return rc;
	rc = cli_ask_of(&a, c, "intake.more", "item", e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	cli_answer_free(&a);
	if (rc == 0 && c->core == NULL)
		cli_tell(c, "core goes on with it when its turn comes (intake show)");
	return rc == 0 ? cli_intake_run(c, e) : rc;
}

/* --- list --- */

static bool wanted(const struct cli *c, const struct sr_row *row) {
	const char *word = cli_get(c, "scanned");
	const struct sr_bytes scanned = sr_row_get(row, "scanned");
	if (word == NULL)
		return true;
	return strcmp(word, "never") == 0 ? scanned.p == NULL
					  : sr_bytes_eq(scanned, sr_bytes_str(word));
}

int verb_intake_list(struct cli *c, struct sr_err *e) {
	const char *word = cli_get(c, "scanned");
	json_t *list = json_array();
	size_t seen = 0, n = PAGE, shown = 0;
	int rc = 0;
	if (word != NULL && strcmp(word, "clean") != 0 && strcmp(word, "stale") != 0 &&
		strcmp(word, "infected") != 0 && strcmp(word, "not-scanned") != 0 &&
		strcmp(word, "never") != 0)
		rc = sr_fail(e, SR_USAGE,
			"--scanned: clean, stale, infected, not-scanned or never, not \"%s\"",
			word);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	while (rc == 0 && n == PAGE) {
		struct cli_answer a;
		cli_ask(&a, "items");
		if (cli_has(c, "accession"))
			rc = cli_pass_id(c, &a, "accession", "accession", e);
		sr_text_put(&a.q.head, "state", "held");
		sr_text_put_dec(&a.q.head, "limit", PAGE);
		sr_text_put_dec(&a.q.head, "offset", seen);
		if (rc == 0)
			rc = cli_call(c, &a, e);
		n = rc == 0 ? a.rows.count : 0;
		for (size_t i = 0; i < n; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			char id[40], how[40], title[200], why[300];
			if (!wanted(c, row))
				continue;
			shown++;
			if (c->json) {
				json_array_append_new(list, cli_json_row(row));
				continue;
			}
			printf("%s  %-11s  %-9s  %s\n", text_of(row, "id", id, sizeof id),
				sr_row_get(row, "intake").p != NULL ? "at work"
				: sr_row_get(row, "scanned").p == NULL
					? "never"
					: text_of(row, "scanned", how, sizeof how),
				sr_row_get(row, "described").p != NULL ? "described" : "",
				text_of(row, "title", title, sizeof title));
			if (sr_row_get(row, "intake").p != NULL &&
				!sr_bytes_eq(sr_row_get(row, "intake"), sr_bytes_str("under way")))
				printf("    %s\n", text_of(row, "intake", why, sizeof why));
		}
		seen += n;
		cli_answer_free(&a);
	}
	if (rc == 0 && c->json)
		cli_json_print(list);
	else
		json_decref(list);
	if (rc == 0 && !c->json && shown == 0)
		printf("nothing of the kind is held\n");
	return rc;
}

/* --- scanners --- */

static void print_tongues(const struct sr_tongues *t) {
	char shown[300];

	if (t->has_usual)
		printf("OCR: %s\n", t->usual[0] != '\0' ? t->usual : "none");
	for (size_t i = 0; i < t->count; i++) {
		const struct sr_tongue_rule *r = &t->rules[i];

		printf("OCR of %s %s: %s\n", r->collection ? "collection" : "language",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(r->name)),
			r->languages[0] != '\0' ? r->languages : "none");
	}
}

static int print_scanners(struct cli *c, struct sr_vault *v, struct sr_err *e) {
	struct sr_scanners *s = NULL;
	json_t *list = json_array();
	int rc = sr_scanners_open(&s, v, e);
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		char when[SR_TIME_TEXT] = "unknown";
		if (s->rows[i].signatures != 0)
			sr_time_format(when, s->rows[i].signatures);
		if (c->json)
			json_array_append_new(list, json_pack("{s:s, s:s}", "scanner",
							    s->rows[i].engine, "signatures", when));
		else
			printf("%s (signatures of %s)\n", s->rows[i].engine, when);
	}
	if (rc == 0 && c->json)
		cli_json_print(list);
	else
		json_decref(list);
	if (rc == 0 && !c->json && s->count == 0)
		printf("none: held items cannot be scanned here\n");
	if (rc == 0 && !c->json)
		print_tongues(&s->tongues);
	sr_scanners_free(s);
	return rc;
}

int verb_intake_scanners(struct cli *c, struct sr_err *e) {
	struct sr_vault *v = NULL;
	struct sr_buf text;
	sr_buf_init(&text);
	int rc = 0;
	if (c->args.word_count == 1)
		rc = cli_read_file(&text, c->args.words[0], SR_SCANNERS_FILE, e);
	if (rc == 0)
		rc = cli_open_vault(c, &v, e);
	if (rc == 0 && c->args.word_count == 1)
		rc = sr_scanners_write(v, sr_buf_view(&text), e);
	if (rc == 0)
		rc = print_scanners(c, v, e);
	sr_vault_close(v);
	sr_buf_free(&text);
	return rc;
}
