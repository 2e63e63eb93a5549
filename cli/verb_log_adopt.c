/*
 * log adopt: the log goes on under another name, because others know more of it than is left; the
 * custodian names it, the board confirms it (board/continued.h).
 */
#include <stdio.h>
#include <string.h>

#include "board/continued.h"
#include "cli/asking.h"
#include "cli/verbs.h"
#include "ledger/ledger.h"

static const char CONFIRM[] = "entries are lost";

const struct cli_option cli_log_adopt_options[] = {
	{"known", CLI_ONE, "N", "how many entries others know of: the witness's alarm says it"},
	{"confirm", CLI_ONE, "WORDS", "exactly: entries are lost"},
	{"ask", CLI_FLAG, NULL, "ask the board to confirm the name (with --reason and --as)"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static int ask(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "adopt"};
	uint8_t set[SR_HASH];
	uint64_t entry = 0;
	int rc = cli_asking_reason(c, &a, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = sr_client_log_named(set, c->client, &entry, e);
	a.set = set;
	if (rc == 0)
		cli_tell(c, "it is about entry %llu (log --from %llu --to %llu)",
			(unsigned long long)entry, (unsigned long long)entry,
			(unsigned long long)entry + 1);
	return rc == 0 ? cli_ask_board(c, &a, "go on with the log under its new name", e) : rc;
}

static int name_it(struct cli *c, const char *name, uint64_t known, struct sr_err *e) {
	struct sr_vault *v = NULL;
	const char *path = NULL;
	struct sr_buf vkey;
	int rc = cli_vault(c, &path, e);
	if (rc == 0)
		rc = cli_open_vault(c, &v, e);
	if (rc == 0)
		rc = sr_continued_may(v, name, known, e);
	sr_vault_close(v);
	v = NULL;
	if (rc == 0)
		rc = sr_vault_conf_log(path, name, known, e);
	if (rc == 0) /* opening does the rest, now or after a kill */
		rc = cli_open_vault(c, &v, e);
	if (rc != 0) {
		sr_vault_close(v);
		return rc;
	}
	sr_buf_init(&vkey);
	sr_vkey_put(&vkey, sr_ledger_vkey(v->ledger));
	rc = sr_buf_ok(&vkey, e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "log", cli_json_bytes(sr_buf_view(&vkey)));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("log ");
		cli_print(sr_buf_view(&vkey));
		printf("\nthat is its key now: each witness learns it (witness log add), and the "
		       "board confirms it (log adopt --ask); until then nothing opens\n");
	}
	sr_buf_free(&vkey);
	sr_vault_close(v);
	return rc;
}

int verb_log_adopt(struct cli *c, struct sr_err *e) {
	const char *words = cli_get(c, "confirm"), *n = cli_get(c, "known");
	uint64_t known = 0;
	if (cli_has(c, "ask") != (c->args.word_count == 0))
		return sr_fail(e, SR_USAGE, "want either NAME, or --ask");
	if (cli_has(c, "ask"))
		return ask(c, e);
	if (n == NULL || sr_parse_dec(&known, sr_bytes_str(n), INT64_MAX, NULL) != 0)
		return sr_fail(e, SR_USAGE,
			"--known is missing: how many entries others know of (witness status)");
	if (words == NULL || strcmp(words, CONFIRM) != 0) {
		cli_hint(c, "say it: --confirm \"%s\"", CONFIRM);
		return sr_fail(e, SR_USAGE, "--confirm \"%s\" is missing", CONFIRM);
	}
	return name_it(c, c->args.words[0], known, e);
}
