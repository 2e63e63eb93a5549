/*
 * asking - see asking.h.
 */
#include "cli/asking.h"

#include <string.h>

#include "catalogue/query.h"
#include "cli/words.h"

int cli_act(
	struct cli *c, enum sr_type_id type, const char *kind, const char *told, struct sr_err *e) {
	struct sr_submitted out = {0};
	uint8_t id[SR_ID];
	const char *reason = NULL;
	struct sr_act a = {.type = type, .id = id};
	int rc = cli_text(c, "reason", &reason, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, id, 0, kind, e);
	a.text = sr_bytes_str(reason != NULL ? reason : "");
	if (rc == 0)
		rc = sr_client_act(c->client, &a, &out, e);
	if (rc == 0)
		rc = cli_done(c, &out, NULL, "%s", told);
	sr_submitted_free(&out);
	return rc;
}

int cli_asking_reason(struct cli *c, struct sr_asking *a, struct sr_err *e) {
	int rc = cli_text(c, "reason", &a->reason, e);
	if (rc == 0 && a->reason == NULL)
		rc = sr_fail(e, SR_USAGE, "--reason is missing: what the members read");
	return rc;
}

static int vote_for(
	struct cli *c, const uint8_t request[SR_ID], struct sr_submitted *out, struct sr_err *e) {
	const struct sr_voting v = {.decision = "approve"};
	struct sr_ballot *b = NULL;
	struct sr_writ d = {0};
	int rc = sr_ballot_fetch(&b, c->client, request, 0, e);
	if (rc == 0)
		rc = sr_ballot_vote(&d, b, &v, e);
	if (rc == 0)
		rc = sr_client_submit(c->client, &d, out, e);
	sr_writ_free(&d);
	sr_ballot_free(b);
	return rc;
}

int cli_ask_board(struct cli *c, const struct sr_asking *a, const char *asks, struct sr_err *e) {
	const bool member = sr_token_in(sr_client_info(c->client)->roles, "member");
	struct sr_submitted asked = {0}, voted = {0};
	uint8_t request[SR_ID];
	char hex[2 * SR_ID + 1];
	int rc = sr_client_request(c->client, a, request, &asked, e);
	if (rc != 0)
		return rc;
	sr_hex(hex, request, SR_ID);
	if (member)
		rc = vote_for(c, request, &voted, e);
	if (rc == 0) {
		json_t *more = json_object();
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(c, member ? &voted : &asked, more, "request %s asks to %s%s", hex,
			asks, member ? ", and you voted for it" : "");
		if (rc == 0 && voted.follow[0][0] == '\0')
			cli_tell(c, "next, %s: strongroom vote %.12s approve",
				member ? "another member" : "members", hex);
	} else {
		cli_hint(c, "the request to %s is made: members vote on %s", asks, hex);
	}
	sr_submitted_free(&asked);
	sr_submitted_free(&voted);
	return rc;
}

int cli_ask_right(struct cli *c, struct sr_asking *a, struct sr_err *e) {
	struct sr_clock clock = sr_clock_system();
	struct sr_submitted out = {0};
	uint8_t *items = NULL, request[SR_ID], board[SR_ID];
	char hex[2 * SR_ID + 1];
	bool given = false;
	int rc = cli_asking_reason(c, a, e);
	if (rc == 0)
		rc = cli_time(c, "closes", &a->closes, e);
	if (rc == 0)
		rc = cli_time(c, "ends", &a->ends, e);
	if (rc == 0 && a->ends == 0)
		a->ends = sr_now(&clock) + (int64_t)30 * 86400; /* below the 31 that may be */
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0 && a->left)
		rc = cli_board(c, board, &given, e);
	else if (rc == 0)
		rc = cli_items(c, &items, &a->item_count, e);
	if (a->left)
		a->board = board;
	a->items = items;
	if (rc == 0)
		rc = sr_client_request(c->client, a, request, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(c, &out, more, "request %s", hex);
	}
	sr_submitted_free(&out);
	return rc;
}
