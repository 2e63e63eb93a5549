/*
 * board reshare: ask the board to hand its keys to other members. The keys stay what they are; who
 * leaves, who joins and how many it takes changes for all at one moment, when all new members have
 * accepted. board rekey: the same with a new key, for when k shares of the present one may be
 * loose; every item is then sealed anew (reseal ask --left).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verbs.h"

const struct cli_option cli_board_takeover_options[] = {
	{"board", CLI_ONE, "B", "which board (its id, or the start of it)"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_board_reshare_options[] = {
	{"leave", CLI_LIST, "PERSON", "members who are on the board no longer"},
	{"join", CLI_WORDS, "CARD", "cards of new members"},
	{"quorum", CLI_LIST, "LEVEL:K", "how many members a level takes from then on"},
	{"dealer", CLI_LIST, "PERSON",
		"who deals: as many members as the highest level takes (those who stay, if not "
		"named)"},
	{"standby", CLI_FLAG, NULL,
		"deal to the people of --join alone, as a board that waits: the one in force "
		"stays"},
	{"board", CLI_ONE, "B", "which board (its id, or the start of it)"},
	{"closes", CLI_ONE, "WHEN", "the vote closes then"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_board_rekey_options[] = {
	{"leave", CLI_LIST, "PERSON", "members who are on the board no longer"},
	{"join", CLI_WORDS, "CARD", "cards of new members"},
	{"quorum", CLI_LIST, "LEVEL:K", "how many members a level takes from then on"},
	{"board", CLI_ONE, "B", "which board (its id, or the start of it)"},
	{"closes", CLI_ONE, "WHEN", "the vote closes then"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};

struct plan {
	char name[SR_BOARD_MEMBERS_MAX][SR_PERSON_TEXT]; /* of now: the view may go meanwhile */
	const char *member[SR_BOARD_MEMBERS_MAX + 1], *dealer[SR_BOARD_MEMBERS_MAX + 1];
	uint64_t quorum[SR_BOARD_LEVELS_MAX][2];
	struct cli_card card[SR_BOARD_MEMBERS_MAX];
	struct sr_introduction who[SR_BOARD_MEMBERS_MAX];
	size_t members, dealers, cards;
};

static bool named(const char *const *list, const char *person) {
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		if (strcmp(list[i], person) == 0)
			return true;
	return false;
}

static int cards_read(struct cli *c, struct plan *p, struct sr_err *e) {
	const char *const *paths = NULL;
	int rc = cli_list(c, &paths, "join", e);
	for (size_t i = 0; rc == 0 && i < cli_list_count(paths); i++) {
		if (p->cards == SR_BOARD_MEMBERS_MAX)
			return sr_fail(
				e, SR_USAGE, "--join: more than %d cards", SR_BOARD_MEMBERS_MAX);
		rc = cli_card_read(&p->card[p->cards], paths[i], e);
		if (rc != 0) {
			c->own_input = true;
			return sr_wrap(e, "--join");
		}
		p->who[p->cards] = p->card[p->cards].who;
		p->cards++;
	}
	return rc;
}

/* Everybody named must sit on the board: a word mistyped must not keep somebody on it. */
static int all_sit(const struct sr_board_view *v, const char *const *list, const char *option,
	struct sr_err *e) {
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		if (sr_client_index(v, sr_bytes_str(list[i])) == 0)
			return sr_fail(e, SR_USAGE, "--%s: %s is not a member of this board",
				option, list[i]);
	return 0;
}

int cli_quorums(
	struct cli *c, uint64_t (*quorum)[2], size_t levels, const char *option, struct sr_err *e) {
	const char *const *list = NULL;
	bool said[SR_BOARD_LEVELS_MAX] = {false}; /* there are no more levels */
	int rc = cli_list(c, &list, option, e);
	for (size_t i = 0; rc == 0 && i < cli_list_count(list); i++) {
		const char *colon = strchr(list[i], ':');
		uint64_t l = 0, n = 0;
		size_t at = 0;
		if (colon == NULL ||
			sr_parse_dec(&l, sr_bytes_of(list[i], (size_t)(colon - list[i])),
				SR_BOARD_MEMBERS_MAX, NULL) != 0 ||
			sr_parse_dec(&n, sr_bytes_str(colon + 1), SR_BOARD_MEMBERS_MAX, NULL) != 0)
			return sr_fail(e, SR_USAGE, "--%s: want LEVEL:K, as in 2:3", option);
		while (at < levels && quorum[at][0] != l)
			at++;
		if (at == levels)
			return sr_fail(e, SR_USAGE, "--%s %s: the board has no level %llu", option,
				list[i], (unsigned long long)l);
		if (said[at])
			return sr_fail(e, SR_USAGE, "--%s %s: level %llu is named twice", option,
				list[i], (unsigned long long)l);
		said[at] = true;
		quorum[at][1] = n;
	}
	return rc;
}

/* Who sits from then on, and how many it takes. */
static int seats_make(
	struct cli *c, struct plan *p, const struct sr_board_view *v, struct sr_err *e) {
	const char *const *leave = NULL;
	const bool standby = cli_has(c, "standby");
	int rc = cli_list(c, &leave, "leave", e);
	if (rc == 0 && standby && (leave != NULL || p->cards == 0))
		rc = sr_fail(e, SR_USAGE,
			"--standby: its members are those of --join, and nobody leaves");
	if (rc == 0)
		rc = all_sit(v, leave, "leave", e);
	for (size_t i = 0; rc == 0 && i < v->levels; i++) {
		p->quorum[i][0] = v->level[i];
		p->quorum[i][1] = v->quorum[i];
	}
	if (rc == 0)
		rc = cli_quorums(c, p->quorum, v->levels, "quorum", e);
	for (size_t i = 0; rc == 0 && i < v->members; i++) {
		memcpy(p->name[i], v->member[i], SR_PERSON_TEXT);
		if (!standby && !named(leave, p->name[i]))
			p->member[p->members++] = p->name[i];
	}
	return rc;
}

/* Who deals. Who stays will be there for it; who leaves is asked only when it needs them, and who
 * has another key than their share was dealt to cannot. */
static int dealers_make(
	struct cli *c, struct plan *p, const struct sr_board_view *v, struct sr_err *e) {
	const char *const *leave = NULL, *const *deal = NULL;
	size_t most = 0, stay = 0;
	int rc = cli_list(c, &leave, "leave", e);
	if (rc == 0)
		rc = cli_list(c, &deal, "dealer", e);
	if (rc == 0)
		rc = all_sit(v, deal, "dealer", e);
	for (size_t i = 0; i < v->levels; i++)
		most = v->quorum[i] > most ? v->quorum[i] : most;
	for (size_t i = 0; rc == 0 && i < v->members; i++)
		stay += !v->rekeyed[i] && !named(leave, p->name[i]);
	stay = stay < most ? stay : most;
	size_t left = most - stay, kept = stay;
	for (size_t i = 0; rc == 0 && i < v->members; i++) {
		const bool leaves = named(leave, v->member[i]);
		bool deals = deal != NULL    ? named(deal, v->member[i])
			     : v->rekeyed[i] ? false
			     : leaves        ? left > 0
					     : kept > 0;
		if (!deals)
			continue;
		if (leaves && left > 0)
			left--;
		else if (!leaves && kept > 0)
			kept--;
		p->dealer[p->dealers++] = p->name[i];
	}
	return rc;
}

int verb_board_takeover(struct cli *c, struct sr_err *e) {
	struct sr_submitted out = {0};
	uint8_t board[SR_ID];
	bool given = false;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc == 0)
		rc = sr_client_takeover(c->client, given ? board : NULL, &out, e);
	if (rc == 0)
		rc = cli_done(c, &out, NULL,
			"said: the standby board takes over when as many of its members as its "
			"highest level takes, a custodian and an auditor say so (board show)");
	sr_submitted_free(&out);
	return rc;
}

/* Ask for the next epoch of the board; ${told} says what comes next. */
static int ask_epoch(struct cli *c, const char *kind, const char *told, struct sr_err *e) {
	const bool dealers = strcmp(kind, "reshare") == 0;
	struct plan *p = calloc(1, sizeof *p);
	const struct sr_board_view *v = NULL;
	struct sr_submitted out = {0};
	uint8_t request[SR_ID], board[SR_ID];
	char hex[2 * SR_ID + 1];
	struct sr_seats seats = {0};
	struct sr_asking a = {.kind = kind, .seats = &seats, .board = board};
	bool given = false;
	int rc = p == NULL ? sr_fail(e, SR_NOMEM, "%s", kind) : cards_read(c, p, e);
	if (rc == 0)
		rc = cli_text(c, "reason", &a.reason, e);
	if (rc == 0)
		rc = cli_time(c, "closes", &a.closes, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc == 0)
		rc = sr_client_board(c->client, board, &v, e);
	if (rc == 0)
		rc = seats_make(c, p, v, e);
	if (rc == 0 && dealers)
		rc = dealers_make(c, p, v, e);
	if (rc == 0) {
		seats.member = p->member;
		seats.newcomer = p->who;
		seats.newcomers = p->cards;
		seats.quorum = (const uint64_t(*)[2])p->quorum;
		seats.levels = v->levels;
		seats.dealer = dealers ? p->dealer : NULL;
		seats.standby = dealers && cli_has(c, "standby");
		rc = sr_client_request(c->client, &a, request, &out, e);
	}
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(c, &out, more, "request %s %s", hex, told);
	}
	for (size_t i = 0; p != NULL && i < p->cards; i++)
		cli_card_free(&p->card[i]);
	free(p);
	sr_submitted_free(&out);
	return rc;
}

int verb_board_reshare(struct cli *c, struct sr_err *e) {
	return ask_epoch(c, "reshare",
		"asks the board for this reshare: its members vote on it; then each dealer runs "
		"`strongroom board deal`, and each new member `board accept` when all have",
		e);
}

int verb_board_rekey(struct cli *c, struct sr_err *e) {
	return ask_epoch(c, "rekey",
		"asks the board for a new key: members of the highest level vote on it; then each "
		"member of afterwards runs `strongroom board deal`, and `board accept` when all "
		"have; then `strongroom reseal ask --left`",
		e);
}
