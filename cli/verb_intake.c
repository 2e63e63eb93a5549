/*
 * intake scan, list, scanners: what other programs say of held items, and which programs this host
 * has for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "room/scanners.h"

const struct cli_option cli_intake_list_options[] = {
	{"accession", CLI_ONE, "ID", "only of this accession"},
	{"scanned", CLI_ONE, "WORD", "only clean, infected, not-scanned, or never"},
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

int verb_intake_scan(struct cli *c, struct sr_err *e) {
	struct telling t = {.c = c};
	json_t *all = json_array();
	uint8_t *items = NULL;
	size_t count = 0;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_items(c, &items, &count, e);
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
	if (word != NULL && strcmp(word, "clean") != 0 && strcmp(word, "infected") != 0 &&
		strcmp(word, "not-scanned") != 0 && strcmp(word, "never") != 0)
		rc = sr_fail(e, SR_USAGE,
			"--scanned: clean, infected, not-scanned or never, not \"%s\"", word);
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
			char id[40], how[40], title[200];
			if (!wanted(c, row))
				continue;
			shown++;
			if (c->json) {
				json_array_append_new(list, cli_json_row(row));
				continue;
			}
			printf("%s  %-11s  %-9s  %s\n", text_of(row, "id", id, sizeof id),
				sr_row_get(row, "scanned").p == NULL
					? "never"
					: text_of(row, "scanned", how, sizeof how),
				sr_row_get(row, "described").p != NULL ? "described" : "",
				text_of(row, "title", title, sizeof title));
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
	free(s);
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
