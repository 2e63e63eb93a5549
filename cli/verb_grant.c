/*
 * grant, renew, close: one grant, what was done under it, more time for it, its end.
 */
#include <stdio.h>

#include "base/escape.h"
#include "cli/asking.h"
#include "cli/verbs.h"
#include "cli/words.h"

const struct cli_option cli_renew_options[] = {
	{"ends", CLI_ONE, "WHEN", "until when: 90d, 2027-03-31"},
	{"closes", CLI_ONE, "WHEN", "when the request lapses if it is not decided"},
	{"reason", CLI_ONE, "TEXT", "what it was used for so far; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* "1 checkout, ", "2 checkouts, " */
static void used_print(const struct sr_row *r, const char *key, const char *one) {
	const struct sr_bytes n = sr_row_get(r, key);
	cli_print(n);
	printf("%s%s%s, ", one, sr_bytes_eq(n, sr_bytes_str("1")) ? "" : "s",
		strcmp(key, "reads") == 0 ? " read" : "");
}

void cli_use_print(const struct sr_row *r) {
	printf("  used           ");
	cli_print(sr_bytes_of(sr_row_get(r, "item").p,
		sr_row_get(r, "item").len < 12 ? sr_row_get(r, "item").len : 12));
	printf("  ");
	used_print(r, "checkouts", " checkout");
	cli_print(sr_row_get(r, "opened"));
	printf(" opened, ");
	used_print(r, "reads", " file");
	used_print(r, "exports", " export");
	printf("last ");
	cli_print(sr_row_get(r, "last"));
	putchar('\n');
}

void cli_topup_print(const struct sr_row *r) {
	const struct sr_bytes item = sr_row_get(r, "item");

	printf("  %-14s ", "needs topup");
	cli_print(sr_bytes_of(item.p, item.len < 12 ? item.len : 12));
	printf("  ");
	cli_print(sr_row_get(r, "have"));
	printf(" of ");
	cli_print(sr_row_get(r, "want"));
	printf(" members have given pieces of it");
	if (sr_row_get(r, "extension").p != NULL) {
		printf(" (extension ");
		cli_print(sr_row_get(r, "extension"));
		putchar(')');
	}
	putchar('\n');
}

static int ask(struct cli *c, struct cli_answer *a, const uint8_t grant[SR_ID], struct sr_err *e) {
	cli_ask(a, "grant");
	sr_text_put_hex(&a->q.head, "grant", grant, SR_ID);
	return cli_call(c, a, e);
}

static void condition_print(const struct sr_row *r) {
	if (sr_row_get(r, "text").p != NULL)
		cli_line_row("condition", r, "text");
	else
		printf("  condition      (%.*s; not for you to read)\n",
			(int)sr_row_get(r, "conditions").len,
			(const char *)sr_row_get(r, "conditions").p);
}

int cli_conditions_print(struct cli *c, const uint8_t grant[SR_ID], struct sr_err *e) {
	struct cli_answer a;
	int rc = ask(c, &a, grant, e);

	for (size_t i = 0; rc == 0 && i < a.rows.count; i++)
		if (sr_row_is(&a.rows.rows[i], "condition"))
			condition_print(&a.rows.rows[i]);
	cli_answer_free(&a);
	return rc;
}

static void grant_print(const struct sr_rows *rows, const struct sr_row *g) {
	static const char *const keys[] = {
		"id", "request", "version", "right", "state", "suspended-by", "ends", "level"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		cli_line_row(i == 0 ? "grant" : keys[i], g, keys[i]);
	struct sr_bytes who;
	for (size_t i = 0; (who = sr_row_get_n(g, "person", i)).p != NULL; i++) {
		printf("  %-14s ", i == 0 ? "for" : "");
		cli_who(rows, who);
		putchar('\n');
	}
	cli_line_words("forms", g, "form");
	cli_line_words("training", g, "training");
}

static json_t *grant_json(const struct cli_answer *a, const struct sr_row *g) {
	json_t *o = cli_json_row(g);

	json_object_set_new(o, "named", cli_json_rows(&a->rows, "named"));
	json_object_set_new(o, "conditions", cli_json_rows(&a->rows, "condition"));
	json_object_set_new(o, "use", cli_json_rows(&a->rows, "use"));
	json_object_set_new(o, "topups", cli_json_rows(&a->rows, "topup"));
	json_object_set_new(o, "granted", cli_json_rows(&a->rows, "item"));
	return o;
}

int verb_grant_show(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	uint8_t grant[SR_ID];
	int rc = cli_connect(c, CLI_PERSON, e);

	if (rc == 0)
		rc = cli_word_id(c, grant, 0, "grant", e);
	if (rc != 0)
		return rc;
	rc = ask(c, &a, grant, e);
	const struct sr_row *g = rc == 0 ? sr_rows_first(&a.rows, "grant") : NULL;
	if (rc == 0 && g == NULL)
		rc = sr_fail(e, SR_CORRUPT, "the answer holds no grant");
	if (rc == 0 && c->json)
		cli_json_print(grant_json(&a, g));
	else if (rc == 0)
		grant_print(&a.rows, g);
	for (size_t i = 0; rc == 0 && !c->json && i < a.rows.count; i++) {
		const struct sr_row *r = &a.rows.rows[i];

		if (sr_row_is(r, "condition"))
			condition_print(r);
		else if (sr_row_is(r, "use"))
			cli_use_print(r);
		else if (sr_row_is(r, "topup"))
			cli_topup_print(r);
		else if (sr_row_is(r, "item"))
			cli_item_line(r);
	}
	cli_answer_free(&a);
	return rc;
}

int verb_renew(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "renew"};
	struct sr_submitted out = {0};
	uint8_t grant[SR_ID], request[SR_ID];
	char hex[2 * SR_ID + 1];
	int rc = cli_text(c, "reason", &a.reason, e);

	if (rc == 0)
		rc = cli_time(c, "ends", &a.ends, e);
	if (rc == 0)
		rc = cli_time(c, "closes", &a.closes, e);
	if (rc == 0 && (a.ends == 0 || a.reason == NULL))
		rc = sr_fail(e, SR_USAGE,
			"--ends says until when, --reason what the grant was used for so far");
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, grant, 0, "grant", e);
	a.target = grant;
	if (rc == 0)
		rc = sr_client_request(c->client, &a, request, &out, e);
	if (rc == 0) {
		json_t *more = json_object();

		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(
			c, &out, more, "request %s asks for more time: members vote on it", hex);
	}
	sr_submitted_free(&out);
	return rc;
}

const struct cli_option cli_extend_options[] = {
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int verb_extend(struct cli *c, struct sr_err *e) {
	struct sr_extending x = {.reason = NULL};
	struct sr_submitted out = {0};
	uint8_t grant[SR_ID], *items = NULL;
	uint64_t number = 0;
	size_t count = 0;
	int rc = cli_text(c, "reason", &x.reason, e);

	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, grant, 0, "grant", e);
	if (rc == 0 && c->args.word_count > 1)
		items = calloc(c->args.word_count, SR_ID);
	if (rc == 0 && c->args.word_count > 1 && items == NULL)
		rc = sr_fail(e, SR_NOMEM, "out of memory");
	for (size_t i = 1; rc == 0 && i < c->args.word_count; i++)
		rc = cli_word_id(c, items + (i - 1) * SR_ID, i, "item", e);
	x.grant = grant;
	x.items = items;
	x.item_count = items != NULL ? c->args.word_count - 1 : 0;
	if (rc == 0)
		rc = sr_client_extend(c->client, &x, &number, &count, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		struct sr_err ignored = {0};
		struct cli_answer a;
		char request[SR_ID + 1] = "REQUEST"; /* of the grant: what the members are told */

		const struct sr_row *g =
			ask(c, &a, grant, &ignored) == 0 ? sr_rows_first(&a.rows, "grant") : NULL;
		const struct sr_bytes id =
			g != NULL ? sr_row_get(g, "request") : sr_bytes_of(NULL, 0);
		if (id.p != NULL)
			(void)sr_escape_to(request, sizeof request,
				sr_bytes_of(id.p, id.len < 12 ? id.len : 12));
		cli_answer_free(&a);
		json_object_set_new(more, "extension", json_integer((json_int_t)number));
		json_object_set_new(more, "items", json_integer((json_int_t)count));
		rc = cli_done(c, &out, more,
			"extension %llu with %zu item%s: members run strongroom vote %s topup "
			"--extension %llu",
			(unsigned long long)number, count, count == 1 ? "" : "s", request,
			(unsigned long long)number);
	}
	free(items);
	sr_submitted_free(&out);
	return rc;
}

int verb_close(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	uint8_t grant[SR_ID];
	int rc = cli_act(c, SR_T_CLOSE, "grant", "closed; its room key is erased", e);

	if (rc == 0 && !c->json)
		rc = cli_word_id(c, grant, 0, "grant", e);
	if (rc != 0 || c->json)
		return rc;
	rc = ask(c, &a, grant, e);
	for (size_t i = 0; rc == 0 && i < a.rows.count; i++)
		if (sr_row_is(&a.rows.rows[i], "use"))
			cli_use_print(&a.rows.rows[i]);
	cli_answer_free(&a);
	return rc;
}
