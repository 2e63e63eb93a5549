/*
 * witness policy, status, now, dismiss; break-glass: a vault's own witnesses. (A witness for logs
 * of others is verb_witness.c.)
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "board/witnessing.h"
#include "cli/asking.h"
#include "cli/verbs.h"
#include "ledger/ledger.h"

enum {
	AGAIN_MS = 100 /* between looks at a running core */
};

static const char CONFIRM[] = "that witness is wrong";

const struct cli_option cli_witness_policy_options[] = {
	{"ask", CLI_FLAG, NULL, "ask the board to adopt it (with --reason and --as)"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_witness_dismiss_options[] = {
	{"confirm", CLI_ONE, "WORDS", "exactly: that witness is wrong"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- status, now --- */

static void print_witnesses(const struct cli_answer *a) {
	static const char *const heads[] = {"WITNESS", "STATE", "SIZE", "WHEN", "WHAT"};
	struct cli_table t;
	cli_table(&t, 5, heads);
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		if (!sr_row_is(row, "witness"))
			continue;
		cli_cell_row(&t, row, "name");
		cli_cell(&t, sr_row_get(row, "cosigned").p != NULL ? "cosigned" : "missing");
		cli_cell_row(&t, row, "size");
		cli_cell_row(&t, row, "time");
		cli_cell_row(&t, row, "error");
	}
	cli_table_print(&t);
}

/* Under which names the log went on. */
static void print_names(const struct cli_answer *a) {
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		if (!sr_row_is(row, "name"))
			continue;
		printf("since entry ");
		cli_print(sr_row_get(row, "entry"));
		printf(" the log goes on as ");
		cli_print(sr_row_get(row, "name"));
		printf("; it was ");
		cli_print(sr_row_get(row, "former"));
		printf(". Its first ");
		cli_print(sr_row_get(row, "agreed"));
		printf(" entries are as they were, others know of ");
		cli_print(sr_row_get(row, "known"));
		printf(": %s\n", sr_row_get(row, "confirmed").p != NULL
					 ? "the board confirmed it"
					 : "the board has to confirm it (log adopt --ask)");
	}
}

static void print_status(const struct cli_answer *a) {
	const unsigned long long size = cli_field_dec(a, "size"),
				 witnessed = cli_field_dec(a, "witnessed");
	const struct sr_row *alarm = sr_rows_first(&a->rows, "alarm");
	if (alarm != NULL) {
		printf("ALARM: ");
		cli_print(sr_row_get(alarm, "text"));
		printf("\nnothing is written; ADMIN, \"A witness knows more\"\n");
	}
	print_names(a);
	if (sr_rows_first(&a->rows, "policy") == NULL) {
		printf("this vault asks no witnesses: whoever runs it can rewrite what nobody "
		       "remembers\n");
		return;
	}
	if (cli_field(a, "asked").p == NULL)
		printf("the policy asks for no quorum: checkouts do not wait\n");
	else
		printf("%llu of %llu entries are witnessed by the quorum\n", witnessed, size);
	printf("the policy is %s (entry %llu)\n",
		cli_field(a, "voted").p != NULL ? "the board's" : "the custodian's choice",
		(unsigned long long)cli_field_dec(a, "adopted"));
	print_witnesses(a);
}

/* One answer of the table, kept in ${a}. */
static int ask(struct cli *c, struct cli_answer *a, bool now, struct sr_err *e) {
	cli_ask(a, "witness");
	if (now)
		sr_text_put(&a->q.head, "now", "yes");
	return cli_call(c, a, e);
}

static bool is_behind(const struct cli_answer *a) {
	return cli_field(a, "asked").p != NULL &&
	       cli_field_dec(a, "witnessed") < cli_field_dec(a, "size");
}

static int show(struct cli *c, bool now, struct sr_err *e) {
	const uint64_t end = sr_mono_ms() + SR_WITNESSING_WAIT_MS;
	struct cli_answer a;
	int rc = cli_connect(c, CLI_MAYBE, e);
	if (rc != 0)
		return rc;
	rc = ask(c, &a, now, e);
	/* Embedded, the answer has waited; a running core answers others meanwhile. */
	while (rc == 0 && now && is_behind(&a) && sr_rows_first(&a.rows, "alarm") == NULL &&
		sr_mono_ms() < end && cli_stopped == 0) {
		cli_answer_free(&a);
		(void)poll(NULL, 0, AGAIN_MS);
		rc = ask(c, &a, now, e);
	}
	if (rc == 0 && c->json) {
		json_t *o = cli_json_fields(&a);
		json_object_set_new(o, "notes", cli_json_rows(&a.rows, NULL));
		cli_json_print(o);
	} else if (rc == 0) {
		print_status(&a);
	}
	if (rc == 0 && now && sr_rows_first(&a.rows, "alarm") != NULL)
		rc = sr_fail(e, SR_AUTH, "a witness gives an alarm");
	else if (rc == 0 && now && is_behind(&a))
		rc = sr_fail(e, SR_DENIED, "the quorum of witnesses is not met");
	cli_answer_free(&a);
	return rc;
}

int verb_witness_status(struct cli *c, struct sr_err *e) {
	return show(c, false, e);
}

int verb_witness_now(struct cli *c, struct sr_err *e) {
	return show(c, true, e);
}

/* --- policy --- */

static int print_policy(struct cli *c, struct sr_vault *v, struct sr_err *e) {
	struct sr_buf vkey, text;
	sr_buf_init(&vkey);
	sr_buf_init(&text);
	sr_vkey_put(&vkey, sr_ledger_vkey(v->ledger));
	int rc = sr_buf_ok(&vkey, e);
	if (rc == 0 && sr_witnessing_policy(v, &text, e) == SR_NOTFOUND)
		sr_err_clear(e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "log", cli_json_bytes(sr_buf_view(&vkey)));
		if (text.len > 0)
			json_object_set_new(o, "policy", cli_json_bytes(sr_buf_view(&text)));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("log ");
		cli_print(sr_buf_view(&vkey));
		printf("\n");
		if (text.len > 0)
			fwrite(text.p, 1, text.len, stdout);
		else
			cli_tell(c, "that is the key of this vault's log, for its witnesses; it "
				    "has no witness policy yet");
	}
	sr_buf_free(&vkey);
	sr_buf_free(&text);
	return rc;
}

static int ask_policy(struct cli *c, struct sr_bytes text, struct sr_err *e) {
	struct sr_asking a = {.kind = "witnesses", .rules = text};
	int rc = cli_asking_reason(c, &a, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	return rc == 0 ? cli_ask_board(c, &a, "adopt these witnesses", e) : rc;
}

int verb_witness_policy(struct cli *c, struct sr_err *e) {
	struct sr_vault *v = NULL;
	struct sr_buf text;
	if (cli_has(c, "ask") && c->args.word_count != 1)
		return sr_fail(e, SR_USAGE, "--ask needs FILE, the policy to vote on");
	sr_buf_init(&text);
	int rc = 0;
	if (c->args.word_count == 1)
		rc = cli_read_file(&text, c->args.words[0], SR_WITNESS_POLICY_MAX, e);
	if (rc == 0 && cli_has(c, "ask")) {
		rc = ask_policy(c, sr_buf_view(&text), e);
		sr_buf_free(&text);
		return rc;
	}
	if (rc == 0)
		rc = cli_open_vault(c, &v, e);
	if (rc == 0 && c->args.word_count == 1) {
		rc = sr_witnessing_adopt(v, sr_buf_view(&text), e);
		if (rc == 0 && !c->json)
			printf("adopted: it lies in the log from now on\n");
	} else if (rc == 0) {
		rc = print_policy(c, v, e);
	}
	sr_vault_close(v);
	sr_buf_free(&text);
	return rc;
}

int verb_witness_dismiss(struct cli *c, struct sr_err *e) {
	const char *words = cli_get(c, "confirm");
	struct sr_vault *v = NULL;
	if (words == NULL || strcmp(words, CONFIRM) != 0) {
		cli_hint(c, "say it: strongroom witness dismiss --confirm \"%s\"", CONFIRM);
		return sr_fail(e, SR_USAGE, "--confirm \"%s\" is missing", CONFIRM);
	}
	int rc = cli_open_vault(c, &v, e);
	if (rc == 0)
		rc = sr_witnessing_dismiss(v, e);
	sr_vault_close(v);
	if (rc == 0 && !c->json)
		printf("dismissed, and an incident in the log says so. Before core starts again, "
		       "adopt a policy without that witness: strongroom witness policy FILE\n");
	return rc;
}

int verb_break_glass(struct cli *c, struct sr_err *e) {
	if (!cli_has(c, "reason") && !cli_has(c, "reason-file"))
		return sr_fail(e, SR_USAGE, "--reason is missing: it stays in the log for ever");
	return cli_act(c, SR_T_BREAK_GLASS, "checkout",
		"you said that this checkout may open without a witness", e);
}
