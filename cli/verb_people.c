/*
 * person add, list, end; collection new, list.
 *
 * Researchers and depositors are added by one curator or officer. Every other role, and every
 * collection, is a request that members vote on.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "intake/names.h"
#include "ledger/card.h"

#define ROLES "researcher, depositor, curator, officer, auditor, custodian"

const struct cli_option cli_person_add_options[] = {
	{"role", CLI_LIST, "ROLE",
		"researcher, depositor; curator, officer, auditor, custodian by vote"},
	{"reason", CLI_ONE, "TEXT", "why (for roles that need a vote); - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_person_list_options[] = {
	{"role", CLI_ONE, "ROLE", "only those who hold it"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_person_end_options[] = {
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_collection_new_options[] = {
	{"dedupe", CLI_ONE, "MODE",
		"collection (default): equal blocks once; none: for collections "
		"whose content must not be guessable"},
	{"board", CLI_ONE, "B", "the board that is to have it (its id, or the start of it)"},
	{"closes", CLI_ONE, "WHEN", "the vote closes then"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static bool by_one(const char *role) {
	return strcmp(role, "researcher") == 0 || strcmp(role, "depositor") == 0;
}

static int ask_role(
	struct cli *c, const struct cli_card *card, const char *const *roles, struct sr_err *e) {
	struct sr_submitted out = {0};
	uint8_t request[SR_ID];
	char hex[2 * SR_ID + 1];
	struct sr_asking a = {.kind = "role", .card = &card->who, .roles = roles};
	int rc = cli_text(c, "reason", &a.reason, e);
	if (rc == 0)
		rc = sr_client_request(c->client, &a, request, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		json_object_set_new(more, "person", json_string(card->person));
		rc = cli_done(c, &out, more,
			"request %s asks the board to give %s this role: members vote on it", hex,
			card->person);
	}
	sr_submitted_free(&out);
	return rc;
}

int verb_person_add(struct cli *c, struct sr_err *e) {
	const char *const *roles = NULL;
	struct cli_card card;
	struct sr_submitted out = {0};
	size_t singly = 0;
	int rc = cli_list(c, &roles, "role", e);
	const size_t n = cli_list_count(roles);
	for (size_t i = 0; i < n; i++)
		singly += by_one(roles[i]) ? 1 : 0;
	if (rc == 0 && n == 0)
		return sr_fail(e, SR_USAGE, "--role is missing: " ROLES);
	for (size_t i = 0; i < n; i++)
		if (sr_role_named(sr_bytes_str(roles[i])) == 0)
			return sr_fail(
				e, SR_USAGE, "--role: there is no role %s: " ROLES, roles[i]);
	if (rc == 0 && singly != 0 && singly != n)
		return sr_fail(e, SR_USAGE,
			"researcher and depositor are added by one curator, other "
			"roles by a vote: use two commands");
	if (rc == 0)
		rc = cli_card_read(&card, c->args.words[0], e);
	if (rc != 0) {
		c->own_input = true;
		return rc;
	}
	rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0 && singly == 0)
		rc = ask_role(c, &card, roles, e);
	else if (rc == 0) {
		rc = sr_client_person(c->client, &card.who, roles, &out, e);
		if (rc == 0) {
			json_t *more = json_object();
			json_object_set_new(more, "person", json_string(card.person));
			rc = cli_done(c, &out, more, "%s is added", card.person);
		}
		sr_submitted_free(&out);
	}
	cli_card_free(&card);
	return rc;
}

int verb_person_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {"PERSON", "ROLES", "NAME"};
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "people");
	rc = cli_pass(c, &a, "role", e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "person"));
	} else if (rc == 0) {
		struct cli_table t;
		cli_table(&t, 3, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			cli_cell_row(&t, row, "person");
			if (sr_row_get(row, "role").p != NULL)
				cli_cell_words(&t, row, "role");
			else
				cli_cell(&t, sr_row_get(row, "erased").p != NULL ? "(erased)"
										 : "(ended)");
			cli_cell_row(&t, row, "name");
		}
		cli_table_print(&t);
	}
	cli_answer_free(&a);
	return rc;
}

/* A card that changes who somebody is; whoever signs has met them and compared the key. */
static int give_card(struct cli *c, enum sr_type_id type, const struct cli_card *card,
	const char *said, struct sr_err *e) {
	struct sr_submitted out = {0};
	int rc = sr_client_card(c->client, type, &card->who, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		json_object_set_new(more, "person", json_string(card->person));
		rc = cli_done(c, &out, more, "%s: %s", card->person, said);
	}
	sr_submitted_free(&out);
	return rc;
}

int verb_person_set(struct cli *c, struct sr_err *e) {
	struct cli_card card;
	int rc = cli_card_read(&card, c->args.words[0], e);
	if (rc != 0) {
		c->own_input = true;
		return rc;
	}
	rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = give_card(c, SR_T_PERSON_SET, &card, "the new name is shown from now on", e);
	cli_card_free(&card);
	return rc;
}

static int end_needs_vote(struct cli *c, bool *vote, const char *person, struct sr_err *e);

/* Whatever was sealed to the old key is not inherited: what ended is told by what followed. */
int verb_person_rekey(struct cli *c, struct sr_err *e) {
	struct sr_submitted out = {0};
	struct cli_card card;
	struct sr_card inner;
	uint8_t request[SR_ID];
	char hex[2 * SR_ID + 1];
	bool vote = false;
	int rc = cli_card_read(&card, c->args.words[0], e);
	if (rc != 0) {
		c->own_input = true;
		return rc;
	}
	rc = sr_card_read(&inner, card.who.card, e);
	if (rc == 0 && !inner.next)
		rc = sr_fail(e, SR_USAGE,
			"that is a card of %s's first key; `identity renew` makes one of a new key",
			card.person);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0 && !inner.by_old)
		rc = end_needs_vote(c, &vote, card.person, e);
	struct sr_asking a = {.kind = "person", .card = &card.who};
	if (rc == 0 && !vote) {
		rc = give_card(c, SR_T_PERSON_KEY, &card,
			"the new key is in force, the old one is not", e);
		goto out;
	}
	if (rc == 0)
		rc = cli_text(c, "reason", &a.reason, e);
	if (rc == 0)
		rc = sr_client_request(c->client, &a, request, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(c, &out, more,
			"request %s asks the board to give %s this key: members vote on it", hex,
			card.person);
	}
out:
	sr_submitted_free(&out);
	cli_card_free(&card);
	return rc;
}

int cli_left_to_do(struct cli *c, const char *person, json_t *more, struct sr_err *e) {
	struct cli_answer a;
	cli_ask(&a, "person");
	sr_text_put(&a.q.head, "person", person);
	int rc = cli_call(c, &a, e);
	const struct sr_row *p = rc == 0 ? sr_rows_first(&a.rows, "person") : NULL;
	const bool over = p != NULL && sr_row_get(p, "role").p == NULL;
	if (over && c->json && more != NULL)
		json_object_set_new(more, "left", cli_json_rows(&a.rows, "bound"));
	for (size_t i = 0; over && !c->json && i < a.rows.count; i++)
		if (sr_row_is(&a.rows.rows[i], "bound"))
			cli_bound_print(&a.rows.rows[i], true);
	cli_answer_free(&a);
	return rc;
}

/* Curators and officers end researchers and depositors alone; other roles the board ends. */
static int end_needs_vote(struct cli *c, bool *vote, const char *person, struct sr_err *e) {
	struct cli_answer a;
	cli_ask(&a, "person");
	sr_text_put(&a.q.head, "person", person);
	int rc = cli_call(c, &a, e);
	const struct sr_row *p = rc == 0 ? sr_rows_first(&a.rows, "person") : NULL;
	*vote = false;
	for (size_t i = 0; p != NULL; i++) {
		char role[40];
		const struct sr_bytes word = sr_row_get_n(p, "role", i);
		if (word.p == NULL)
			break;
		snprintf(role, sizeof role, "%.*s", (int)word.len, (const char *)word.p);
		*vote = *vote || !by_one(role);
	}
	cli_answer_free(&a);
	return rc;
}

static int ask_end(struct cli *c, const char *person, const char *reason, struct sr_err *e) {
	struct sr_asking a = {.kind = "person-end", .subject = person, .reason = reason};
	struct sr_submitted out = {0};
	uint8_t request[SR_ID];
	char hex[2 * SR_ID + 1];
	json_t *more = json_object();
	int rc = sr_client_request(c->client, &a, request, &out, e);
	sr_hex(hex, request, SR_ID);
	json_object_set_new(more, "request", json_string(hex));
	if (rc == 0)
		rc = cli_done(c, &out, more,
			"request %s asks the board to end all roles of %s: members vote on it", hex,
			person);
	else
		json_decref(more);
	sr_submitted_free(&out);
	return rc;
}

int verb_person_end(struct cli *c, struct sr_err *e) {
	const char *reason = NULL, *person = NULL;
	struct sr_submitted out = {0};
	struct sr_act act = {.type = SR_T_PERSON_END};
	bool vote = false;
	int rc = cli_person(c, &person, c->args.words[0], e);
	if (rc == 0)
		rc = cli_text(c, "reason", &reason, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = end_needs_vote(c, &vote, person, e);
	if (rc != 0 || vote)
		return rc == 0 ? ask_end(c, person, reason, e) : rc;
	act.person = person;
	act.text = sr_bytes_str(reason != NULL ? reason : "");
	rc = sr_client_act(c->client, &act, &out, e);
	json_t *more = json_object();
	if (rc == 0 && c->json)
		rc = cli_left_to_do(c, person, more, e);
	if (rc == 0)
		rc = cli_done(c, &out, more, "%s has no role any more", person);
	else
		json_decref(more);
	if (rc == 0 && !c->json)
		rc = cli_left_to_do(c, person, NULL, e);
	sr_submitted_free(&out);
	return rc;
}

/* A line with something to see in it, which none has yet: of two of one name neither is meant by
 * it. The board may be asked for one twice; then the second vote is its own to refuse. */
static int new_name(struct cli *c, const char *name, struct sr_err *e) {
	struct cli_answer a;
	char shown[128], id[SR_ID + 1];
	cli_ask(&a, "collections");
	int rc = cli_call(c, &a, e);
	for (size_t i = 0; rc == 0 && i < a.rows.count; i++) {
		const struct sr_bytes had = sr_row_get(&a.rows.rows[i], "id");
		if (!sr_bytes_eq(sr_row_get(&a.rows.rows[i], "name"), sr_bytes_str(name)))
			continue;
		rc = sr_fail(e, SR_EXISTS, "there is a collection \"%s\" already: %s",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(name)),
			sr_escape_to(
				id, sizeof id, sr_bytes_of(had.p, had.len < 12 ? had.len : 12)));
	}
	cli_answer_free(&a);
	return rc;
}

static int name_check(const char *name, struct sr_err *e) {
	bool seen = false;
	for (const char *at = name; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return sr_fail(e, SR_USAGE,
				"the name of a collection is one line, without control characters");
		seen = seen || *at != ' ';
	}
	if (!seen || name[0] == ' ' || name[strlen(name) - 1] == ' ')
		return sr_fail(e, SR_USAGE,
			"the name of a collection is empty, or begins or ends with a blank");
	return 0;
}

int verb_collection_new(struct cli *c, struct sr_err *e) {
	struct sr_submitted out = {0};
	uint8_t request[SR_ID], board[SR_ID];
	char hex[2 * SR_ID + 1];
	bool given = false;
	struct sr_asking a = {
		.kind = "collection", .name = c->args.words[0], .dedupe = cli_get(c, "dedupe")};
	if (a.dedupe != NULL && strcmp(a.dedupe, "none") != 0 &&
		strcmp(a.dedupe, "collection") != 0)
		return sr_fail(e, SR_USAGE, "--dedupe: want collection or none");
	int rc = name_check(a.name, e);
	if (rc == 0)
		rc = cli_text(c, "reason", &a.reason, e);
	if (rc == 0)
		rc = cli_time(c, "closes", &a.closes, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = new_name(c, a.name, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	a.board = board;
	if (rc == 0)
		rc = sr_client_request(c->client, &a, request, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(c, &out, more,
			"request %s asks the board for this collection: members vote on it", hex);
	}
	sr_submitted_free(&out);
	return rc;
}

int verb_collection_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {"COLLECTION", "ITEMS", "DEDUPE", "NAME"};
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "collections");
	rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "collection"));
	} else if (rc == 0) {
		struct cli_table t;
		cli_table(&t, 4, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			cli_cell_id(&t, sr_row_get(row, "id"));
			cli_cell_row(&t, row, "items");
			cli_cell_row(&t, row, "dedupe");
			cli_cell_row(&t, row, "name");
		}
		cli_table_print(&t);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- words.h: ids that several verbs take --- */

int cli_collection_id(struct cli *c, uint8_t id[SR_ID], const char *typed, struct sr_err *e) {
	struct cli_answer a;
	size_t found = 0;
	cli_ask(&a, "collections");
	int rc = cli_call(c, &a, e);
	for (size_t i = 0; rc == 0 && i < a.rows.count; i++) {
		const struct sr_row *row = &a.rows.rows[i];
		/* Two that look the same are told apart by their ids, whichever was typed. */
		if (!sr_name_alike(sr_row_get(row, "name"), sr_bytes_str(typed)))
			continue;
		found++;
		rc = sr_row_get_id(id, SR_ID, row, "id", e);
	}
	cli_answer_free(&a);
	if (rc == 0 && found > 1)
		return sr_fail(e, SR_USAGE, "%zu collections have that name; give the id", found);
	if (rc != 0 || found == 1)
		return rc;
	rc = sr_client_resolve(c->client, id, typed, "collection", e);
	if (rc != 0) {
		char shown[128];
		cli_hint(c, "`strongroom collection list` shows their names and ids");
		if (rc == SR_USAGE && strspn(typed, "0123456789abcdef") != strlen(typed))
			return sr_fail(e, SR_NOTFOUND, "no collection has the name \"%s\"",
				sr_escape_to(shown, sizeof shown, sr_bytes_str(typed)));
		(void)sr_wrap(e, "no collection has the name \"%s\"",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(typed)));
	}
	return rc;
}

int cli_items(struct cli *c, uint8_t **items, size_t *count, struct sr_err *e) {
	return cli_items_from(c, 0, items, count, e);
}

int cli_items_from(struct cli *c, size_t first, uint8_t **items, size_t *count, struct sr_err *e) {
	const size_t n = c->args.word_count > first ? c->args.word_count - first : 0;
	uint8_t *out = calloc(n > 0 ? n : 1, SR_ID);
	int rc = cli_keep(c, out, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = cli_word_id(c, out + i * SR_ID, first + i, "item", e);
	*items = out;
	*count = n;
	return rc;
}
