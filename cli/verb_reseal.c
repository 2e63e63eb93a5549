/*
 * reseal ask, reseal run: released items under a new seal, when their hazards need a higher level
 * or the board has a new key.
 */
#include <stdio.h>

#include "cli/asking.h"
#include "cli/verbs.h"
#include "cli/words.h"

const struct cli_option cli_reseal_ask_options[] = {
	{"left", CLI_FLAG, NULL,
		"instead of ITEM...: what is left under a key that the board has no more, as much "
		"as one request holds"},
	{"limit", CLI_ONE, "N", "with --left: at most so many (1 to 10000)"},
	{"board", CLI_ONE, "B", "with --left: which board (its id, or the start of it)"},
	{"ends", CLI_ONE, "WHEN", "do it until then: 7d, 2031-03-31 (else 30 days, at most 31)"},
	{"closes", CLI_ONE, "WHEN", "the vote closes then"},
	{"purpose", CLI_LIST, "P", "research, teaching, ... (not needed)"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int verb_reseal_ask(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "reseal"};
	uint64_t limit = SR_REQUEST_ITEMS_MAX;
	int rc = cli_list(c, &a.purposes, "purpose", e);

	if (rc == 0 && cli_has(c, "limit"))
		rc = cli_dec(c, "limit", &limit, e);
	if (rc == 0 && (limit == 0 || limit > SR_REQUEST_ITEMS_MAX))
		rc = sr_fail(e, SR_USAGE, "--limit: want 1 to %d", SR_REQUEST_ITEMS_MAX);
	a.left = cli_has(c, "left") ? (size_t)limit : 0;
	if (rc == 0 && a.left && c->args.word_count > 0)
		rc = sr_fail(e, SR_USAGE, "give items or --left, not both");
	if (rc == 0 && !a.left && c->args.word_count == 0)
		rc = sr_fail(e, SR_USAGE, "which items? ITEM..., or --left");
	if (rc == 0 && !a.left && (cli_has(c, "board") || cli_has(c, "limit")))
		rc = sr_fail(e, SR_USAGE, "--board and --limit go with --left");
	return rc == 0 ? cli_ask_right(c, &a, e) : rc;
}

static int told(void *ctx, const uint8_t item[SR_ID], uint64_t number, uint64_t level) {
	struct cli *c = ctx;
	char hex[2 * SR_ID + 1];

	sr_hex(hex, item, SR_ID);
	if (!c->json && !c->quiet)
		printf("sealed anew %.12s (envelope %llu, level %llu)\n", hex,
			(unsigned long long)number, (unsigned long long)level);
	return 0;
}

/* What a new key of the board leaves to do when its last item was sealed anew. */
static int after_rekey(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	cli_ask(&a, "status");
	int rc = cli_call(c, &a, e);
	if (rc == 0 && cli_field(&a, "rotate-due").p != NULL && cli_field(&a, "left").p == NULL)
		printf("no item is left under the key before: recovery sheets of before open "
		       "nothing more\nleft to do: new service keys (strongroom service rotate): "
		       "old copies of keys/service.board\n  give the present ones to the shares of "
		       "before; then a new backup, and `backup --rotate-escrow`\n");
	cli_answer_free(&a);
	return rc;
}

int verb_reseal_run(struct cli *c, struct sr_err *e) {
	uint8_t grant[SR_ID];
	struct sr_resealing r = {.grant = grant, .told = told, .ctx = c};
	size_t left = 0;
	int rc = cli_connect(c, CLI_PERSON, e);

	if (rc == 0)
		rc = cli_word_id(c, grant, 0, "grant", e);
	if (rc != 0)
		return rc;
	rc = sr_client_reseal(c->client, &r, &left, e);
	if (rc == 0 && c->json)
		cli_json_print(json_pack("{s:i}", "left", 0));
	else if (rc == 0) {
		printf("all items of the grant are sealed anew; other live grants of them need "
		       "topups (request show)\n");
		rc = after_rekey(c, e);
	} else if (rc != SR_USAGE)
		cli_hint(c, "the same command goes on with what is left");
	return rc;
}
