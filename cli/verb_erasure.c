/*
 * person erase, person erasure: what is kept of people who have gone is erased, by vote, and what
 * that did.
 */
#include <stdio.h>
#include <string.h>

#include "cli/asking.h"
#include "cli/verbs.h"
#include "cli/words.h"

const struct cli_option cli_person_erase_options[] = {
	{"ground", CLI_ONE, "GROUND",
		"data-subject (they ask for it), retention (its time is over), order (of a court "
		"or an authority)"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_person_erasure_options[] = {
	{"out", CLI_ONE, "F", "write the signed report to F"},
	{"receipt", CLI_ONE, "F", "keep the receipt of `erase` as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int verb_person_erase(struct cli *c, struct sr_err *e) {
	const char *grounds[] = {cli_get(c, "ground"), NULL};
	struct sr_asking a = {.kind = "erase", .purposes = grounds};
	if (grounds[0] == NULL)
		return sr_fail(e, SR_USAGE, "--ground is missing: data-subject, retention, order");
	int rc = cli_asking_reason(c, &a, e);
	if (rc == 0)
		rc = cli_person(c, &a.subject, c->args.words[0], e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	return rc == 0 ? cli_ask_board(c, &a, "erase what is kept of this person", e) : rc;
}

static const struct {
	const char *token, *sentence;
} limits[] = {
	{"backups", "the secrets files of backups from before bring it back until their escrow is "
		    "rotated"},
	{"databases",
		"old pages of the catalogue are not under new keys yet: whoever has the service "
		"keys reads names from them"},
	{"disclosed",
		"who was given the key of an entry, in a receipt or by `log disclose`, keeps what "
		"it opens"},
	{"media",
		"flash, snapshots, journals of data and images made behind the program's back keep "
		"what was overwritten"},
	{"mirrors",
		"copies of the log keep the sealed texts; nothing opens them but a key that was "
		"disclosed"},
	{"others",
		"what others wrote of them, in their own reasons and comments and in descriptions "
		"of items, is under other keys"},
	{"second-copy", "the second copy of secrets.db was away: its erasure is pending"},
	{"witnesses", "the keys go when the quorum of witnesses has cosigned the statement"},
};

static void report_print(struct sr_bytes text) {
	struct sr_text t = {0};
	fwrite(text.p, 1, text.len, stdout);
	if (sr_text_parse(&t, text, NULL) != 0)
		return;
	printf("\nIts pseudonym and keys stay in the log, and that each statement was made.\n"
	       "Witnesses hold sizes, times and hashes of the log, and no text.\n");
	if (sr_text_count(&t, "not-promised") > 0)
		printf("\nWhat it cannot promise:\n");
	for (size_t i = 0; i < sr_text_count(&t, "not-promised"); i++)
		for (size_t k = 0; k < sizeof limits / sizeof limits[0]; k++)
			if (sr_bytes_eq(sr_text_get_n(&t, "not-promised", i),
				    sr_bytes_str(limits[k].token)))
				printf("  %-14s %s\n", limits[k].token, limits[k].sentence);
	sr_text_free(&t);
}

int verb_person_erasure(struct cli *c, struct sr_err *e) {
	static const struct cli_note kind = {"report", report_print, "the erasure is in the log"};
	struct sr_submitted out = {0};
	const char *person = NULL;
	struct sr_buf note;
	sr_buf_init(&note);
	int rc = cli_person(c, &person, c->args.words[0], e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = sr_client_erasure(c->client, person, &note, &out, e);
	if (rc == 0)
		rc = cli_done_note(c, &out, sr_buf_view(&note), &kind, e);
	sr_submitted_free(&out);
	sr_buf_free(&note);
	return rc;
}
