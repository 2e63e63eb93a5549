/*
 * board sheet, restore-share: a member's shares on paper, and boxed to the key that the member has
 * now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/verbs.h"

const struct cli_option cli_board_sheet_options[] = {
	{"board", CLI_ONE, "B", "which board (its id, or the start of it)"},
	{"out", CLI_ONE, "F", "a new file (else it is printed)"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_restore_share_options[] = {
	{"board", CLI_ONE, "B", "which board (its id, or the start of it)"},
	{"sheet", CLI_ONE, "F", "the lines of the recovery sheet, typed; - reads standard input"},
	{"old", CLI_ONE, "FILE", "or the identity until now"},
	{"old-passphrase-file", CLI_ONE, "F", "its passphrase"},
	{"before", CLI_FLAG, NULL,
		"shares of the key that the board had before, for what is left under it (board "
		"rekey)"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int cli_sheet(struct cli *c, const struct sr_sheet_kept *kept, const char *to, struct sr_err *e) {
	const struct sr_client_info *info = sr_client_info(c->client);
	struct sr_buf text;
	char origin[300];
	const struct sr_sheet_about about = {
		.origin = sr_escape_to(origin, sizeof origin, sr_bytes_str(info->origin)),
		.person = c->identity.person,
		.fingerprint = info->fingerprint,
		.board = kept->board,
		.epoch = kept->epoch};
	sr_buf_init_secret(&text);
	int rc = sr_sheet_write(&text, &kept->sheet, &about, e);
	if (rc == 0 && to != NULL)
		rc = cli_write_file(to, sr_buf_view(&text), false, e);
	else if (rc == 0 &&
		 (fwrite(text.p, 1, text.len, stdout) != text.len || fflush(stdout) != 0))
		rc = sr_fail_errno(e, "the sheet");
	sr_buf_free(&text);
	if (rc == SR_EXISTS)
		cli_hint(c, "name a new file: nothing is overwritten");
	return rc;
}

int verb_board_sheet(struct cli *c, struct sr_err *e) {
	const char *to = cli_get(c, "out");
	struct sr_sheet_kept kept;
	uint8_t board[SR_ID];
	bool given = false;
	char shown[256];
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc == 0)
		rc = sr_client_sheet(c->client, board, &kept, e);
	if (rc == 0) {
		rc = cli_sheet(c, &kept, to, e);
		sr_wipe(&kept, sizeof kept);
	}
	if (rc == 0 && to != NULL)
		cli_tell(c,
			"%s: print it, destroy the file (shred -u), and keep the paper sealed, "
			"where no other member's lies",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(to)));
	return rc;
}

static int old_seed(struct cli *c, struct sr_identity *old, struct sr_err *e) {
	struct sr_buf file;
	struct cli_secret s = {0};
	const struct cli_ask ask = {.passphrase_file = cli_get(c, "old-passphrase-file"),
		.prompt = "Passphrase of the identity until now",
		.options = "give --old-passphrase-file F"};
	sr_buf_init(&file);
	int rc = cli_read_file(&file, cli_get(c, "old"), 16 << 10, e);
	if (rc == 0)
		rc = cli_secret(&s, &ask, e);
	if (rc == 0)
		rc = sr_identity_open(old, sr_buf_view(&file), &s.unlock, e);
	cli_secret_free(&s);
	sr_buf_free(&file);
	return rc;
}

static int sheet_in(struct cli *c, struct sr_sheet *out, struct sr_err *e) {
	struct sr_buf text;
	sr_buf_init_secret(&text);
	int rc = cli_read_file(&text, cli_get(c, "sheet"), SR_SHEET_TEXT_MAX, e);
	if (rc == 0) {
		rc = sr_sheet_read(out, sr_buf_view(&text), e);
		if (rc != 0) {
			c->own_input = true;
			cli_hint(c,
				"correct what was typed; lines that begin with # are not needed");
		}
	}
	sr_buf_free(&text);
	return rc;
}

int verb_restore_share(struct cli *c, struct sr_err *e) {
	struct sr_sheet sheet = {0};
	struct sr_identity old = {0};
	struct sr_restored r = {0};
	struct sr_share_from from = {0};
	uint8_t board[SR_ID];
	bool given = false;
	if (cli_has(c, "sheet") == cli_has(c, "old"))
		return sr_fail(e, SR_USAGE,
			"give the lines of the recovery sheet (--sheet F), or the identity until "
			"now (--old FILE)");
	int rc = cli_has(c, "sheet") ? sheet_in(c, &sheet, e) : old_seed(c, &old, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	from.sheet = cli_has(c, "sheet") ? &sheet : NULL;
	from.old = old.seed;
	from.before = cli_has(c, "before");
	if (rc == 0)
		rc = sr_client_restore_share(c->client, board, &from, &r, e);
	sr_wipe(&sheet, sizeof sheet);
	sr_identity_free(&old);
	if (rc == 0) {
		json_t *more = json_object();
		json_object_set_new(more, "member", json_integer(r.index));
		rc = cli_done(c, &r.submitted, more,
			"the share of member %u is boxed to the key of today: approvals have "
			"pieces again",
			r.index);
	}
	sr_submitted_free(&r.submitted);
	return rc;
}
