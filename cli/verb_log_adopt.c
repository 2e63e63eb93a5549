/*
 * log adopt: the log goes on under another name, because others know more of it than is left; the
 * custodian names it, the board confirms it (board/adopt.h).
 */
#include <stdio.h>
#include <string.h>

#include "board/adopt.h"
#include "cli/asking.h"
#include "cli/verbs.h"
#include "ledger/ledger.h"

static const char CONFIRM[] = "entries are lost";

const struct cli_option cli_log_adopt_options[] = {
	{"known", CLI_ONE, "N",
		"how many entries others know of: the witness's alarm says it, or a receipt"},
	{"agreed", CLI_ONE, "N",
		"how many are here as others know them (else: up to where a backup was restored, "
		"or all)"},
	{"confirm", CLI_ONE, "WORDS", "exactly: entries are lost"},
	{"ask", CLI_FLAG, NULL, "ask the board to confirm the name (with --reason and --as)"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static int ask(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "adopt"};
	const struct sr_log_link *l = NULL;
	uint8_t set[SR_HASH];
	int rc = cli_asking_reason(c, &a, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = sr_client_log_named(set, &l, c->client, e);
	a.set = set;
	if (rc == 0 && l != NULL)
		cli_tell(c, "it is about entry %llu (log --from %llu --to %llu)",
			(unsigned long long)l->from, (unsigned long long)l->from,
			(unsigned long long)l->from + 1);
	return rc == 0 ? cli_ask_board(c, &a, "go on with the log under its new name", e) : rc;
}

static int told(const struct cli *c, const struct sr_vault *v, const struct sr_adopt *a,
	uint64_t entry, struct sr_err *e) {
	struct sr_buf vkey;
	int rc;
	sr_buf_init(&vkey);
	sr_vkey_put(&vkey, sr_ledger_vkey(v->ledger));
	rc = sr_buf_ok(&vkey, e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "log", cli_json_bytes(sr_buf_view(&vkey)));
		json_object_set_new(o, "entry", json_integer((json_int_t)entry));
		json_object_set_new(o, "agreed", json_integer((json_int_t)a->agreed));
		json_object_set_new(o, "known", json_integer((json_int_t)a->known));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("the log goes on under its new name from entry %llu on. It says there "
		       "that its first %llu entries are as they were, and that others know of "
		       "%llu. Its key is now\n  ",
			(unsigned long long)entry, (unsigned long long)a->agreed,
			(unsigned long long)a->known);
		cli_print(sr_buf_view(&vkey));
		printf("\nEach witness learns it (witness log add), and the board confirms the "
		       "name (log adopt --ask); until then nothing opens\n");
	}
	sr_buf_free(&vkey);
	return rc;
}

static int name_it(struct cli *c, struct sr_adopt *a, struct sr_err *e) {
	struct sr_vault *v = NULL;
	uint64_t agreed = 0, entry = 0;
	int rc = cli_open_vault(c, &v, e);
	if (rc == 0)
		rc = sr_adopt(v, a, &agreed, &entry, e);
	a->agreed = agreed;
	if (rc == 0)
		rc = told(c, v, a, entry, e);
	sr_vault_close(v);
	return rc;
}

static int number(
	uint64_t *out, struct cli *c, const char *option, const char *what, struct sr_err *e) {
	const char *text = cli_get(c, option);
	if (text == NULL)
		return sr_fail(e, SR_USAGE, "--%s is missing: %s", option, what);
	if (sr_parse_dec(out, sr_bytes_str(text), INT64_MAX, NULL) != 0)
		return sr_fail(e, SR_USAGE, "--%s: want a number: %s", option, what);
	return 0;
}

int verb_log_adopt(struct cli *c, struct sr_err *e) {
	const char *words = cli_get(c, "confirm");
	struct sr_adopt a = {.agreed = SR_ADOPT_ALL};
	int rc;
	if (cli_has(c, "ask") != (c->args.word_count == 0))
		return sr_fail(e, SR_USAGE,
			"give either the new NAME, or --ask, for the board to confirm the one "
			"it has");
	if (cli_has(c, "ask"))
		return ask(c, e);
	a.name = c->args.words[0];
	rc = number(&a.known, c, "known", "how many entries others know of (witness status)", e);
	if (rc == 0 && cli_has(c, "agreed"))
		rc = number(&a.agreed, c, "agreed", "how many are here as others know them", e);
	if (rc == 0 && (words == NULL || strcmp(words, CONFIRM) != 0)) {
		cli_hint(c, "say it: --confirm \"%s\"", CONFIRM);
		rc = sr_fail(e, SR_USAGE, "--confirm \"%s\" is missing", CONFIRM);
	}
	return rc == 0 ? name_it(c, &a, e) : rc;
}
