/*
 * auditor add, end, list: who reads the structure of the log with a key of their own, and from when
 * on.
 */
#include <stdio.h>
#include <string.h>

#include "cli/asking.h"
#include "cli/verbs.h"
#include "cli/words.h"

const struct cli_option cli_auditor_add_options[] = {
	{"from", CLI_ONE, "EPOCH",
		"an auditor who is there gets the epochs from this one on, too (auditor list)"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* The role, which begins a new epoch: only a quorum gives it. */
static int ask_role(struct cli *c, struct sr_asking *a, struct sr_err *e) {
	static const char *const roles[] = {"auditor", NULL};
	struct cli_card card;
	int rc = cli_card_read(&card, c->args.words[0], e);
	if (rc != 0) {
		c->own_input = true;
		return rc;
	}
	a->kind = "role";
	a->card = &card.who;
	a->roles = roles;
	rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_ask_board(c, a, "make this person an auditor, from a new epoch on", e);
	cli_card_free(&card);
	return rc;
}

int verb_auditor_add(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "auditor"};
	int rc = cli_asking_reason(c, &a, e);
	if (rc == 0)
		rc = cli_dec(c, "from", &a.from, e);
	if (rc != 0)
		return rc;
	if (!cli_has(c, "from"))
		return ask_role(c, &a, e);
	if (a.from == 0)
		return sr_fail(e, SR_USAGE, "--from: epochs begin with 1");
	rc = cli_person(c, &a.subject, c->args.words[0], e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	return rc == 0 ? cli_ask_board(c, &a, "give this auditor epochs of before", e) : rc;
}

/* Their keys open nothing that comes after. An auditor who is something else, too, is ended as
 * that, too: roles end together. */
int verb_auditor_end(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "person-end"};
	struct cli_answer people;
	bool is = false;
	int rc = cli_asking_reason(c, &a, e);
	if (rc == 0)
		rc = cli_person(c, &a.subject, c->args.words[0], e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&people, "people");
	sr_text_put(&people.q.head, "role", "auditor");
	rc = cli_call(c, &people, e);
	for (size_t i = 0; rc == 0 && i < people.rows.count; i++)
		is = is || sr_bytes_eq(sr_row_get(&people.rows.rows[i], "person"),
				   sr_bytes_str(a.subject));
	cli_answer_free(&people);
	if (rc == 0 && !is)
		rc = sr_fail(e, SR_USAGE, "%s is no auditor here", a.subject);
	return rc == 0 ? cli_ask_board(c, &a, "end this auditor's roles, and begin a new epoch", e)
		       : rc;
}

int verb_auditor_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {"EPOCH", "FROM ENTRY", "SINCE", "SEALED TO"};
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "epochs");
	rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "epochs", cli_json_rows(&a.rows, "epoch"));
		json_object_set_new(o, "given", cli_json_rows(&a.rows, "given"));
		cli_json_print(o);
	} else if (rc == 0) {
		struct cli_table t;
		cli_table(&t, 4, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			if (!sr_row_is(row, "epoch"))
				continue;
			cli_cell_row(&t, row, "epoch");
			cli_cell_row(&t, row, "entry");
			cli_cell_row(&t, row, "received");
			cli_cell_words(&t, row, "auditor");
		}
		cli_table_print(&t);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			if (!sr_row_is(row, "given"))
				continue;
			printf("epochs ");
			cli_print(sr_row_get(row, "first"));
			printf(" to ");
			cli_print(sr_row_get(row, "last"));
			printf(" were given to ");
			cli_print(sr_row_get(row, "person"));
			printf(" by entry ");
			cli_print(sr_row_get(row, "entry"));
			putchar('\n');
		}
	}
	cli_answer_free(&a);
	return rc;
}
