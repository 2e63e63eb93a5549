/*
 * policy adopt, list, show: the board's rules as the vault has them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verbs.h"
#include "crypto/hash.h"
#include "policy/lint.h"

const struct cli_option cli_policy_adopt_options[] = {
	{"board", CLI_ONE, "BOARD", "the board whose rules they are to be"},
	{"reason", CLI_ONE, "TEXT", "why these rules; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"closes", CLI_ONE, "WHEN", "members vote until then"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_policy_list_options[] = {
	{"board", CLI_ONE, "BOARD", "whose"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_policy_show_options[] = {
	{"board", CLI_ONE, "BOARD", "whose, where no request is named"},
	{"number", CLI_ONE, "N", "those that were in force then, instead of now"},
	{"out", CLI_ONE, "F", "write them to this file instead"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* The files one after the other, as they are kept. */
static int files_join(struct cli *c, struct sr_buf *all, struct sr_err *e) {
	struct sr_buf text;
	int rc = 0;

	sr_buf_init(&text);
	for (size_t i = 0; rc == 0 && i < c->args.word_count; i++) {
		sr_buf_clear(&text);
		rc = cli_read_file(&text, c->args.words[i], SR_CEDAR_SOURCE_MAX, e);
		if (i > 0)
			sr_buf_put_u8(all, '\n');
		sr_buf_put_buf(all, &text);
	}
	sr_buf_free(&text);
	return rc != 0 ? rc : sr_buf_ok(all, e);
}

int verb_policy_adopt(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "policy"};
	struct sr_submitted out = {0};
	uint8_t request[SR_ID], board[SR_ID];
	char hex[2 * SR_ID + 1];
	struct sr_buf rules;
	bool given = false;
	int rc;

	sr_buf_init(&rules);
	rc = files_join(c, &rules, e);
	if (rc == 0)
		rc = cli_text(c, "reason", &a.reason, e);
	if (rc == 0)
		rc = cli_time(c, "closes", &a.closes, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc == 0) {
		a.board = board;
		a.rules = sr_buf_view(&rules);
		rc = sr_client_request(c->client, &a, request, &out, e);
	}
	if (rc == 0) {
		json_t *more = json_object();

		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(c, &out, more,
			"request %s asks the board to adopt these rules: its members read them "
			"(`strongroom policy show %.12s`) and vote",
			hex, hex);
	}
	sr_buf_free(&rules);
	sr_submitted_free(&out);
	return rc;
}

static int list_ask(struct cli *c, struct cli_answer *a, uint8_t board[SR_ID], struct sr_err *e) {
	bool given = false;
	int rc;

	cli_ask(a, "policies");
	rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc == 0)
		sr_text_put_hex(&a->q.head, "board", board, SR_ID);
	return rc == 0 ? cli_call(c, a, e) : rc;
}

int verb_policy_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {"NUMBER", "ADOPTED", "REQUEST", "SHA-256", ""};
	struct cli_answer a;
	struct cli_table t;
	uint8_t board[SR_ID];
	int rc = list_ask(c, &a, board, e);

	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "policy"));
	} else if (rc == 0 && a.rows.count == 0) {
		printf("The board has adopted no rules: those of the program are in force "
		       "(`strongroom policy default`).\n");
	} else if (rc == 0) {
		cli_table(&t, 5, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];

			cli_cell_row(&t, row, "number");
			cli_cell_row(&t, row, "received");
			cli_cell_id(&t, sr_row_get(row, "request"));
			cli_cell_row(&t, row, "set");
			cli_cell(&t, sr_row_get(row, "in-force").p != NULL ? "in force" : "");
		}
		cli_table_print(&t);
		cli_vaults_word_tell(c);
	}
	cli_answer_free(&a);
	return rc;
}

/* Those in force, or --number, of the list; NULL: the board has adopted none. */
static int pick(const struct sr_row **out, const struct cli *c, const struct cli_answer *a,
	struct sr_err *e) {
	uint64_t want = 0, number = 0;
	int rc = cli_dec(c, "number", &want, e);

	*out = NULL;
	for (size_t i = 0; rc == 0 && i < a->rows.count; i++) {
		rc = sr_row_get_dec(&number, &a->rows.rows[i], "number", e);
		if (rc == 0 && (want == 0 || number == want))
			*out = &a->rows.rows[i];
	}
	if (rc == 0 && *out == NULL && want != 0)
		return sr_fail(e, SR_NOTFOUND, "the board has no rules number %llu",
			(unsigned long long)want);
	return rc;
}

static int adopted(struct cli *c, struct sr_buf *text, struct sr_err *e) {
	const struct sr_row *row = NULL;
	struct cli_answer a;
	uint8_t board[SR_ID];
	uint64_t entry = 0;
	int rc = list_ask(c, &a, board, e);

	if (rc == 0)
		rc = pick(&row, c, &a, e);
	if (rc == 0 && row == NULL)
		rc = sr_fail(e, SR_NOTFOUND,
			"the board has adopted no rules: those of the program are in force "
			"(`strongroom policy default` prints them)");
	if (rc == 0)
		rc = sr_row_get_dec(&entry, row, "entry", e);
	if (rc == 0)
		rc = sr_client_rules_adopted(text, c->client, board, entry, e);
	cli_answer_free(&a);
	return rc;
}

int verb_policy_show(struct cli *c, struct sr_err *e) {
	uint8_t request[SR_ID], set[SR_HASH];
	char hex[2 * SR_HASH + 1];
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	if (c->args.word_count > 0) {
		rc = cli_connect(c, CLI_PERSON, e);
		if (rc == 0)
			rc = cli_word_id(c, request, 0, "request", e);
		if (rc == 0)
			rc = sr_client_rules_asked(&text, c->client, request, e);
	} else {
		rc = adopted(c, &text, e);
	}
	/* The vault took only what shows as what it is; this vault may be another one. */
	if (rc == 0)
		rc = sr_lint_text(sr_buf_view(&text), e);
	if (rc == 0 && cli_has(c, "out"))
		rc = cli_write_file(cli_get(c, "out"), sr_buf_view(&text), false, e);
	else if (rc == 0 && fwrite(text.p, 1, text.len, stdout) != text.len)
		rc = sr_fail_errno(e, "standard output");
	if (rc == 0) {
		sr_sha256(set, text.p, text.len);
		sr_hex(hex, set, SR_HASH);
		cli_tell(c, "rules with SHA-256 %s%s", hex,
			c->args.word_count > 0
				? ": `vote` names the same, or a newer version is asked for"
				: "");
	}
	sr_buf_free(&text);
	return rc;
}
