/*
 * request, request export, show, list; join, amend, withdraw, comment, inbox.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "cli/words.h"

enum {
	ITEMS_PAGE = 1000, /* of one answer */
	ITEMS_SHOWN = 100  /* to people, of a request */
};

#define ASKING                                                                                \
	{"purpose", CLI_LIST, "TOKEN",                                                        \
		"what for: research, teaching, investigation, journalism, legal-defence, "    \
		"preservation, moderation-study, classifier-training"},                       \
		{"form", CLI_LIST, "TOKEN",                                                   \
			"how you look: text, if not given; metadata, description, features, " \
			"outline, grey, colour, sound"},                                      \
		{"ends", CLI_ONE, "WHEN", "the grant ends then: 90d, 2027-03-31"},            \
		{"with", CLI_WORDS, "WHO", "co-applicants: their cards, or p-..."},           \
		{"closes", CLI_ONE, "WHEN", "the vote closes then"},                          \
		{"project", CLI_ONE, "TEXT", "the project"},                                  \
		{"reason", CLI_ONE, "TEXT", "why you need to look; - reads standard input"},  \
		{"reason-file", CLI_ONE, "F", "the same from a file"}, {                      \
		"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"        \
	}

const struct cli_option cli_request_options[] = {ASKING, {NULL, CLI_FLAG, NULL, NULL}};
const struct cli_option cli_export_request_options[] = {
	{"to", CLI_ONE, "AGE-KEY", "who may open the export: age1..., or a card"},
	ASKING,
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_referral_options[] = {
	{"to", CLI_ONE, "AGE-KEY", "the authority's key, which alone opens it: age1..."},
	{"authority", CLI_ONE, "TEXT", "who receives the items, under which sign"},
	{"ends", CLI_ONE, "WHEN", "the grant ends then: 30d, 2031-03-31"},
	{"closes", CLI_ONE, "WHEN", "the vote closes then"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_amend_options[] = {
	{"item", CLI_WORDS, "ITEM", "the items of the new version (all of them; none: as before)"},
	{"without", CLI_WORDS, "WHO",
		"co-applicants who are not to be named any more: their cards, or p-..."},
	{"to", CLI_ONE, "AGE-KEY", "of an export: who may open it"},
	ASKING,
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_request_show_options[] = {
	{"version", CLI_ONE, "N", "this version; else the newest"},
	{"bundle", CLI_ONE, "F", "write all that a voter verifies to a file, for another machine"},
	{"since", CLI_ONE, "N", "with --bundle: the size of the log that the voter verified last"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_request_list_options[] = {
	{"state", CLI_ONE, "STATE", "open, granted, refused, returned, withdrawn, lapsed"},
	{"kind", CLI_ONE, "KIND",
		"access, export, referral, reseal, redact, revoke, lift, renew, role, person, "
		"person-end, collection, board, reshare, rekey, destroy, policy, erase, auditor, "
		"witnesses, adopt"},
	{"item", CLI_ONE, "ITEM", "only those that ask for this item"},
	{"mine", CLI_FLAG, NULL, "only where I am applicant or co-applicant"},
	{"offset", CLI_ONE, "N", "skip so many"},
	{"limit", CLI_ONE, "N", "at most so many (1 to 1000)"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_receipt_options[] = {
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_reason_options[] = {
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- asking --- */

/* People by name or by card: the words of option ${key}. */
static int people(struct cli *c, const char *const **out, const char *key, struct sr_err *e) {
	const char *const *with = NULL;
	int rc = cli_list(c, &with, key, e);
	const size_t n = cli_list_count(with);
	*out = NULL;
	if (rc != 0 || n == 0)
		return rc;
	const char **list = calloc(n + 1, sizeof *list);
	rc = cli_keep(c, list, e);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = cli_person(c, &list[i], with[i], e);
		if (rc != 0)
			return sr_wrap(e, "--%s", key);
	}
	if (rc == 0)
		*out = list;
	return rc;
}

static int recipient(struct cli *c, const char **out, struct sr_err *e) {
	const char *to = cli_get(c, "to");
	struct cli_card card;
	*out = to;
	if (to == NULL || strncmp(to, "age1", 4) == 0)
		return 0;
	int rc = cli_card_read(&card, to, e);
	if (rc != 0) {
		c->own_input = true;
		return sr_wrap(e, "--to: want age1... or a card");
	}
	char *text = calloc(1, 64);
	rc = cli_keep(c, text, e);
	if (rc == 0)
		rc = sr_identity_age_recipient(text, card.key, e);
	cli_card_free(&card);
	*out = text;
	return rc;
}

static int asking(struct cli *c, struct sr_asking *a, struct sr_err *e) {
	int rc = cli_list(c, &a->purposes, "purpose", e);
	if (rc == 0)
		rc = cli_list(c, &a->forms, "form", e);
	if (rc == 0)
		rc = cli_time(c, "ends", &a->ends, e);
	if (rc == 0)
		rc = cli_time(c, "closes", &a->closes, e);
	if (rc == 0)
		rc = people(c, &a->people, "with", e);
	if (rc == 0)
		rc = cli_text(c, "reason", &a->reason, e);
	if (rc == 0)
		rc = recipient(c, &a->recipient, e);
	a->project = cli_get(c, "project");
	return rc;
}

static int ask(struct cli *c, struct sr_asking *a, struct sr_err *e) {
	struct sr_submitted out = {0};
	uint8_t request[SR_ID];
	char hex[2 * SR_ID + 1];
	int rc = sr_client_request(c->client, a, request, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(c, &out, more, "%s %s",
			a->amend != NULL ? "a new version of request" : "request", hex);
	}
	sr_submitted_free(&out);
	return rc;
}

static int request(struct cli *c, const char *kind, struct sr_err *e) {
	struct sr_asking a = {.kind = kind};
	uint8_t *items = NULL;
	static const char *const text_form[] = {"text", NULL};
	int rc = asking(c, &a, e);
	if (rc != 0)
		return rc;
	if (a.purposes == NULL)
		return sr_fail(e, SR_USAGE, "--purpose is missing: research, teaching, ...");
	if (a.ends == 0)
		return sr_fail(e, SR_USAGE, "--ends is missing: 90d, or a date");
	if (a.reason == NULL)
		return sr_fail(e, SR_USAGE, "--reason is missing: what the board reads");
	if (a.forms == NULL && strcmp(kind, "access") == 0)
		a.forms = text_form;
	if (strcmp(kind, "export") == 0 && a.recipient == NULL)
		return sr_fail(
			e, SR_USAGE, "--to is missing: the age key (age1...) that will open it");
	rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_items(c, &items, &a.item_count, e);
	a.items = items;
	return rc == 0 ? ask(c, &a, e) : rc;
}

int verb_request(struct cli *c, struct sr_err *e) {
	return request(c, "access", e);
}

int verb_request_export(struct cli *c, struct sr_err *e) {
	return request(c, "export", e);
}

int verb_request_referral(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "referral", .authority = cli_get(c, "authority")};
	uint8_t *items = NULL;
	int rc = asking(c, &a, e);
	if (rc == 0 && (a.authority == NULL || a.reason == NULL || a.ends == 0))
		rc = sr_fail(e, SR_USAGE, "--%s is missing",
			a.authority == NULL ? "authority: who receives the items, under which sign"
			: a.reason == NULL  ? "reason: what the board reads"
					    : "ends: 30d, or a date");
	if (rc == 0 && a.recipient == NULL)
		rc = sr_fail(e, SR_USAGE,
			"--to is missing: the authority's age key (age1...), which alone opens it");
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_items(c, &items, &a.item_count, e);
	a.items = items;
	return rc == 0 ? ask(c, &a, e) : rc;
}

/* --- amend: what is not given stays as it was --- */

/* The values of a field of the version as a list, when the option was not given. */
static int keep_list(struct cli *c, const char *const **list, const struct sr_row *v,
	const char *key, struct sr_err *e) {
	size_t n = 0;
	if (*list != NULL)
		return 0;
	while (sr_row_get_n(v, key, n).p != NULL)
		n++;
	const char **out = calloc(n + 1, sizeof *out);
	int rc = cli_keep(c, out, e);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct sr_bytes b = sr_row_get_n(v, key, i);
		char *s = strndup((const char *)b.p, b.len);
		rc = cli_keep(c, s, e);
		out[i] = s;
	}
	*list = rc == 0 && n > 0 ? out : NULL;
	return rc;
}

static int keep_text(struct cli *c, const char **text, const struct sr_row *v, const char *key,
	struct sr_err *e) {
	const struct sr_bytes b = sr_row_get(v, key);
	if (*text != NULL || b.p == NULL)
		return 0;
	char *s = strndup((const char *)b.p, b.len);
	int rc = cli_keep(c, s, e);
	if (rc == 0)
		*text = s;
	return rc;
}

static int keep_times(struct sr_asking *a, const struct sr_row *v, struct sr_err *e) {
	int rc = 0;
	if (a->ends == 0 && sr_row_get(v, "ends").p != NULL)
		rc = sr_row_get_time(&a->ends, v, "ends", e);
	if (rc == 0 && a->closes == 0 && sr_row_get(v, "closes").p != NULL)
		rc = sr_row_get_time(&a->closes, v, "closes", e);
	return rc;
}

/* A page of the items of ${request}. */
static int items_ask(struct cli_answer *a, struct cli *c, const uint8_t request[SR_ID],
	uint64_t version, uint64_t offset, struct sr_err *e) {
	cli_ask(a, "request.items");
	sr_text_put_hex(&a->q.head, "request", request, SR_ID);
	if (version != 0)
		sr_text_put_dec(&a->q.head, "version", version);
	sr_text_put_dec(&a->q.head, "offset", offset);
	sr_text_put_dec(&a->q.head, "limit", ITEMS_PAGE);
	return cli_call(c, a, e);
}

static int old_items(struct cli *c, struct sr_asking *a, struct sr_err *e) {
	uint8_t *out = NULL;
	int rc = 0;
	size_t n = 0, got = 0;
	do {
		struct cli_answer page;
		rc = items_ask(&page, c, a->amend, 0, n, e);
		got = rc == 0 ? page.rows.count : 0;
		uint8_t *more = realloc(out, (n + got + 1) * SR_ID);
		if (more == NULL)
			rc = sr_fail(e, SR_NOMEM, "items: out of memory");
		out = more != NULL ? more : out;
		for (size_t i = 0; rc == 0 && i < got; i++)
			rc = sr_row_get_id(out + n++ * SR_ID, SR_ID, &page.rows.rows[i], "id", e);
		cli_answer_free(&page);
	} while (rc == 0 && got == ITEMS_PAGE);
	if (rc != 0) {
		free(out);
		return rc;
	}
	a->items = out;
	a->item_count = n;
	return cli_keep(c, out, e);
}

static int new_items(struct cli *c, struct sr_asking *a, struct sr_err *e) {
	const char *const *typed = NULL;
	int rc = cli_list(c, &typed, "item", e);
	const size_t n = cli_list_count(typed);
	if (rc != 0)
		return rc;
	if (n == 0)
		return old_items(c, a, e);
	uint8_t *items = calloc(n, SR_ID);
	rc = cli_keep(c, items, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = sr_client_resolve(c->client, items + i * SR_ID, typed[i], "item", e);
	a->items = items;
	a->item_count = n;
	return rc;
}

/* Those of ${a} who are not in ${gone}, each of whom must be one of them. */
static int leave_out(
	struct cli *c, struct sr_asking *a, const char *const *gone, struct sr_err *e) {
	const size_t n = cli_list_count(a->people), want = cli_list_count(gone);
	const char **out = calloc(n + 1, sizeof *out);
	size_t left = 0;
	int rc = cli_keep(c, out, e);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool stays = true;
		for (size_t k = 0; k < want; k++)
			stays = stays && strcmp(a->people[i], gone[k]) != 0;
		if (stays)
			out[left++] = a->people[i];
	}
	if (rc == 0 && left + want != n)
		rc = sr_fail(e, SR_USAGE,
			"--without: names somebody twice, or no co-applicant of the request "
			"(request show lists them)");
	if (rc == 0)
		a->people = left > 0 ? out : NULL;
	return rc;
}

int verb_amend(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {0};
	const char *const *gone = NULL;
	struct cli_answer old;
	uint8_t id[SR_ID];
	int rc = asking(c, &a, e);
	if (rc == 0)
		rc = people(c, &gone, "without", e);
	if (rc == 0 && gone != NULL && a.people != NULL)
		rc = sr_fail(e, SR_USAGE, "--with names all co-applicants; not --without too");
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, id, 0, "request", e);
	if (rc != 0)
		return rc;
	a.amend = id;
	cli_ask(&old, "request");
	sr_text_put_hex(&old.q.head, "request", id, SR_ID);
	rc = cli_call(c, &old, e);
	const struct sr_row *v = rc == 0 ? sr_rows_first(&old.rows, "version") : NULL;
	if (rc == 0 && v == NULL)
		rc = sr_fail(e, SR_CORRUPT, "the answer holds no version");
	if (rc == 0)
		rc = keep_text(c, &a.kind, v, "kind", e);
	if (rc == 0)
		rc = keep_list(c, &a.forms, v, "form", e);
	if (rc == 0)
		rc = keep_list(c, &a.purposes, v, "purpose", e);
	if (rc == 0)
		rc = keep_list(c, &a.people, v, "person", e);
	if (rc == 0 && gone != NULL)
		rc = leave_out(c, &a, gone, e);
	if (rc == 0)
		rc = keep_text(c, &a.recipient, v, "recipient", e);
	if (rc == 0)
		rc = keep_text(c, &a.project, v, "project", e);
	if (rc == 0)
		rc = keep_text(c, &a.authority, v, "authority", e);
	if (rc == 0)
		rc = keep_text(c, &a.instruction, v, "instruction", e);
	if (rc == 0)
		rc = keep_text(c, &a.reason, v, "reason", e);
	if (rc == 0)
		rc = keep_times(&a, v, e);
	if (rc == 0)
		rc = new_items(c, &a, e);
	cli_answer_free(&old);
	return rc == 0 ? ask(c, &a, e) : rc;
}

/* --- showing --- */

static bool is_newcomer(const struct sr_row *v, struct sr_bytes who) {
	struct sr_bytes n;
	for (size_t i = 0; (n = sr_row_get_n(v, "newcomer", i)).p != NULL; i++)
		if (sr_bytes_eq(n, who))
			return true;
	return false;
}

/* Who did it, of a row that has their name beside them. */
static void row_who_print(const char *told, const struct sr_row *r) {
	printf("  %-14s ", told);
	cli_print(sr_row_get(r, "person"));
	cli_name(sr_row_get(r, "name"));
	putchar('\n');
}

/* One line for each person of field ${key}, with the name that the vault says they have; newcomers
 * are members too, and have a line of their own. */
static void people_print(
	const char *told, const struct sr_rows *rows, const struct sr_row *v, const char *key) {
	struct sr_bytes who;
	for (size_t i = 0; (who = sr_row_get_n(v, key, i)).p != NULL; i++) {
		if (strcmp(key, "member") == 0 && is_newcomer(v, who))
			continue;
		printf("  %-14s ", told);
		cli_who(rows, who);
		putchar('\n');
	}
}

static void seats_print(const struct sr_rows *rows, const struct sr_row *v) {
	size_t members = 0;
	struct sr_bytes q;
	while (sr_row_get_n(v, "member", members).p != NULL)
		members++;
	for (size_t i = 0; (q = sr_row_get_n(v, "quorum", i)).p != NULL; i++) {
		printf("  %-14s level ", "quorum");
		cli_print(sr_word(q, 0));
		printf(": ");
		cli_print(sr_word(q, 1));
		printf(" of %zu members\n", members);
	}
	people_print("member", rows, v, "member");
	people_print("newcomer", rows, v, "newcomer");
	people_print("leaving", rows, v, "leaving");
	people_print("dealer", rows, v, "dealer");
	if (sr_row_get(v, "standby").p != NULL)
		cli_line_str("standby", "yes: the board in force stays until this one takes over");
}

static void version_print(const struct sr_rows *rows, const struct sr_row *v) {
	static const char *const fields[] = {"received", "level", "epoch", "items", "closes",
		"ends", "recipient", "target", "item"};
	static const char *const more[] = {
		"dedupe", "collection", "name", "project", "authority", "instruction", "reason"};
	printf("request ");
	cli_print(sr_row_get(v, "request"));
	printf(", version ");
	cli_print(sr_row_get(v, "version"));
	printf("%s\n", sr_row_get(v, "newest").p != NULL ? "" : " (not the newest)");
	cli_line_row("state", v, "state");
	cli_line_row("kind", v, "kind");
	people_print("applicant", rows, v, "applicant");
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		cli_line_row(fields[i], v, fields[i]);
	people_print("subject", rows, v, "subject");
	cli_line_row("from epoch", v, "from");
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		cli_line_row(more[i], v, more[i]);
	seats_print(rows, v);
	cli_line_words("forms", v, "form");
	cli_line_words("purposes", v, "purpose");
	cli_line_words("roles", v, "role");
	people_print("with", rows, v, "person");
	cli_line_words("joined", v, "joined");
	if (sr_row_get(v, "room-key-ended").p != NULL)
		cli_line_str("room key", "erased");
}

static void vote_print(const struct sr_row *r) {
	printf("  vote %s ", sr_row_get(r, "void").p != NULL ? "(void)" : "of");
	cli_print(sr_row_get(r, "person"));
	cli_name(sr_row_get(r, "name"));
	printf(": ");
	cli_print(sr_row_get(r, "decision"));
	if (sr_row_get(r, "reason").p != NULL) {
		printf(", ");
		cli_print(sr_row_get(r, "reason"));
	}
	putchar('\n');
	cli_line_words("  forms", r, "form");
	cli_line_words("  training", r, "training");
	cli_line_row("  ends", r, "ends");
	cli_line_row("  condition", r, "condition");
}

static void request_rest(const struct cli_answer *a) {
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *r = &a->rows.rows[i];
		if (sr_row_is(r, "tally")) {
			printf("  %-14s ", "votes");
			cli_print(sr_row_get(r, "approved"));
			printf(" approve, ");
			cli_print(sr_row_get(r, "rejected"));
			printf(" reject; ");
			cli_print(sr_row_get(r, "eligible"));
			printf(" members may vote\n");
		} else if (sr_row_is(r, "vote")) {
			vote_print(r);
		} else if (sr_row_is(r, "recused")) {
			row_who_print("recused", r);
		} else if (sr_row_is(r, "rekeyed")) {
			people_print("new key of", &a->rows, r, "person");
			cli_line_row("  since", r, "received");
			people_print("  given by", &a->rows, r, "by");
		} else if (sr_row_is(r, "attestation")) {
			cli_attestation_print(r);
		} else if (sr_row_is(r, "conflict")) {
			people_print("does not vote", &a->rows, r, "voter");
			cli_line_row("  because of", r, "id");
		} else if (sr_row_is(r, "ended")) {
			printf("  %-14s ", "waits");
			cli_who(&a->rows, sr_row_get(r, "person"));
			printf(" is no researcher here any more, so nobody can approve it: amend "
			       "--without, or withdraw\n");
		} else if (sr_row_is(r, "comment")) {
			row_who_print("comment of", r);
			cli_line_row("", r, "text");
		} else if (sr_row_is(r, "grant")) {
			cli_line_row("grant", r, "id");
			cli_line_row("  state", r, "state");
			cli_line_row("  ends", r, "ends");
		} else if (sr_row_is(r, "use")) {
			cli_use_print(r);
		} else if (sr_row_is(r, "topup")) {
			cli_topup_print(r);
		} else if (sr_row_is(r, "extension")) {
			printf("  %-14s ", "extension");
			cli_print(sr_row_get(r, "number"));
			printf(": ");
			cli_print(sr_row_get(r, "items"));
			printf(" item%s, asked by ",
				sr_bytes_eq(sr_row_get(r, "items"), sr_bytes_str("1")) ? "" : "s");
			cli_who(&a->rows, sr_row_get(r, "person"));
			putchar('\n');
		} else if (sr_row_is(r, "earlier")) {
			printf("  %-14s ", "earlier");
			cli_print(sr_row_get(r, "version"));
			printf(": ");
			cli_print(sr_row_get(r, "state"));
			putchar('\n');
		}
	}
}

/* Which items it is about: all into ${list}, or for people the first of them. */
static int items_tell(struct cli *c, const uint8_t request[SR_ID], uint64_t version, json_t *list,
	struct sr_err *e) {
	uint64_t at = 0;
	size_t got = 0;
	int rc = 0;
	do {
		struct cli_answer page;
		rc = items_ask(&page, c, request, version, at, e);
		got = rc == 0 ? page.rows.count : 0;
		for (size_t i = 0; i < got; i++, at++) {
			if (list != NULL)
				json_array_append_new(list, cli_json_row(&page.rows.rows[i]));
			else if (at < ITEMS_SHOWN)
				cli_item_line(&page.rows.rows[i]);
		}
		cli_answer_free(&page);
	} while (rc == 0 && got == ITEMS_PAGE);
	if (rc == 0 && list == NULL && at > ITEMS_SHOWN)
		printf("  %-14s and %" PRIu64 " more (--json has all)\n", "", at - ITEMS_SHOWN);
	return rc;
}

static void request_json(const struct cli_answer *a, const struct sr_row *v, json_t *items) {
	json_t *o = cli_json_row(v);
	json_object_set_new(o, "asked", items);
	const struct sr_row *tally = sr_rows_first(&a->rows, "tally");
	if (tally != NULL)
		json_object_set_new(o, "tally", cli_json_row(tally));
	json_object_set_new(o, "named", cli_json_rows(&a->rows, "named"));
	json_object_set_new(o, "votes", cli_json_rows(&a->rows, "vote"));
	json_object_set_new(o, "earlier", cli_json_rows(&a->rows, "earlier"));
	json_object_set_new(o, "comments", cli_json_rows(&a->rows, "comment"));
	json_object_set_new(o, "recused", cli_json_rows(&a->rows, "recused"));
	json_object_set_new(o, "rekeyed", cli_json_rows(&a->rows, "rekeyed"));
	json_object_set_new(o, "attestations", cli_json_rows(&a->rows, "attestation"));
	json_object_set_new(o, "conflicts", cli_json_rows(&a->rows, "conflict"));
	json_object_set_new(o, "ended", cli_json_rows(&a->rows, "ended"));
	json_object_set_new(o, "grants", cli_json_rows(&a->rows, "grant"));
	json_object_set_new(o, "use", cli_json_rows(&a->rows, "use"));
	json_object_set_new(o, "topups", cli_json_rows(&a->rows, "topup"));
	json_object_set_new(o, "extensions", cli_json_rows(&a->rows, "extension"));
	cli_json_print(o);
}

static int write_bundle(
	struct cli *c, const uint8_t request[SR_ID], const char *path, struct sr_err *e) {
	struct sr_buf b;
	uint64_t version = 0, since = 0;
	sr_buf_init_secret(&b);
	int rc = cli_dec(c, "version", &version, e);
	if (rc == 0)
		rc = cli_dec(c, "since", &since, e);
	if (rc == 0)
		rc = sr_client_bundle(c->client, request, version, since, &b, e);
	if (rc == 0)
		rc = cli_write_file(path, sr_buf_view(&b), true, e);
	if (rc == 0)
		cli_tell(c,
			"%s holds the request (%zu bytes). On the other machine:\n"
			"  strongroom vote approve --bundle %s --out VOTE --as MEMBER\n"
			"then, here: strongroom submit VOTE",
			path, b.len, path);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		cli_json_set_bytes(o, "file", sr_bytes_str(path));
		json_object_set_new(o, "bytes", json_integer((json_int_t)b.len));
		cli_json_print(o);
	}
	sr_buf_free(&b);
	return rc;
}

int verb_request_show(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	uint8_t id[SR_ID];
	uint64_t version = 0;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, id, 0, "request", e);
	if (rc == 0 && cli_has(c, "bundle"))
		return write_bundle(c, id, cli_get(c, "bundle"), e);
	if (rc == 0)
		rc = cli_dec(c, "version", &version, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "request");
	sr_text_put_hex(&a.q.head, "request", id, SR_ID);
	if (version != 0)
		sr_text_put_dec(&a.q.head, "version", version);
	rc = cli_call(c, &a, e);
	const struct sr_row *v = rc == 0 ? sr_rows_first(&a.rows, "version") : NULL;
	if (rc == 0 && v == NULL)
		rc = sr_fail(e, SR_CORRUPT, "the answer holds no version");
	if (rc == 0 && c->json) {
		json_t *items = json_array();
		rc = items_tell(c, id, version, items, e);
		if (rc == 0)
			request_json(&a, v, items);
		else
			json_decref(items);
	} else if (rc == 0) {
		version_print(&a.rows, v);
		if (!sr_bytes_eq(sr_row_get(v, "items"), sr_bytes_str("0")))
			rc = items_tell(c, id, version, NULL, e);
		if (rc == 0)
			request_rest(&a);
	}
	cli_answer_free(&a);
	return rc;
}

int verb_request_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {"REQUEST", "VERSION", "STATE", "KIND", "APPLICANT",
		"ITEMS", "LEVEL", "CLOSES", "NAME"};
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "requests");
	rc = cli_pass(c, &a, "state", e);
	if (rc == 0)
		rc = cli_pass(c, &a, "kind", e);
	if (rc == 0)
		rc = cli_pass_id(c, &a, "item", "item", e);
	if (rc == 0)
		rc = cli_pass(c, &a, "mine", e);
	if (rc == 0)
		rc = cli_page(c, &a, e);
	if (rc == 0)
		rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, NULL));
	} else if (rc == 0) {
		struct cli_table t;
		cli_table(&t, 9, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			cli_cell_id(&t, sr_row_get(row, "request"));
			cli_cell_row(&t, row, "version");
			cli_cell_row(&t, row, "state");
			cli_cell_row(&t, row, "kind");
			cli_cell_row(&t, row, "applicant");
			cli_cell_row(&t, row, "items");
			cli_cell_row(&t, row, "level");
			cli_cell_row(&t, row, "closes");
			cli_cell_row(&t, row, "applicant-name");
		}
		cli_table_print(&t);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- statements about a request --- */

static int act_on_request(
	struct cli *c, enum sr_type_id type, const char *text, const char *told, struct sr_err *e) {
	struct sr_submitted out = {0};
	uint8_t id[SR_ID];
	struct sr_act act = {
		.type = type, .id = id, .text = sr_bytes_str(text != NULL ? text : "")};
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, id, 0, "request", e);
	if (rc == 0)
		rc = sr_client_act(c->client, &act, &out, e);
	if (rc == 0)
		rc = cli_done(c, &out, NULL, "%s", told);
	sr_submitted_free(&out);
	return rc;
}

int verb_join(struct cli *c, struct sr_err *e) {
	return act_on_request(
		c, SR_T_JOIN, NULL, "joined: votes for this request can now be given", e);
}

int verb_withdraw(struct cli *c, struct sr_err *e) {
	return act_on_request(c, SR_T_WITHDRAW, NULL, "withdrawn; its room key is erased", e);
}

int verb_comment(struct cli *c, struct sr_err *e) {
	const char *text = c->args.words[1];
	if (text[strspn(text, " \t\r\n")] == '\0')
		return sr_fail(e, SR_USAGE, "the comment is empty");
	if (strcmp(text, "-") != 0)
		return act_on_request(c, SR_T_COMMENT, text, "commented", e);
	struct sr_buf b;
	sr_buf_init(&b);
	int rc = cli_read_file(&b, "-", 8 << 10, e);
	char *s = rc == 0 ? sr_buf_dup_str(&b) : NULL;
	sr_buf_free(&b);
	if (rc == 0)
		rc = cli_keep(c, s, e);
	return rc == 0 ? act_on_request(c, SR_T_COMMENT, s, "commented", e) : rc;
}

int verb_recuse(struct cli *c, struct sr_err *e) {
	const char *reason = NULL;
	int rc = cli_text(c, "reason", &reason, e);
	return rc == 0 ? act_on_request(c, SR_T_RECUSE, reason, "recused from this request", e)
		       : rc;
}

/* --- inbox --- */

/* Nothing to do: to know. */
static void todo_read(const struct sr_row *r) {
	printf("read: ");
	cli_print(sr_row_get(r, "person"));
	printf(" read what is held on you, at ");
	cli_print(sr_row_get(r, "received"));
	printf(" (entry ");
	cli_print(sr_row_get(r, "entry"));
	printf(")");
	if (sr_row_get(r, "reason").p != NULL) {
		printf(": ");
		cli_print(sr_row_get(r, "reason"));
	}
	putchar('\n');
}

/* What to type, with the id of the row where the table has ID. */
static void todo_verb(const char *verb, struct sr_bytes id) {
	static const char word[] = "ID";
	for (const char *at; (at = strstr(verb, word)) != NULL && id.p != NULL;
		verb = at + sizeof word - 1) {
		printf("%.*s", (int)(at - verb), verb);
		cli_print(sr_bytes_of(id.p, id.len < 12 ? id.len : 12));
	}
	printf("%s", verb);
}

static void todo_print(const struct sr_row *r) {
	static const struct {
		const char *what, *key, *verb;
	} todos[] = {
		{"vote", "request", "request show ID; vote ID approve|reject|correct"},
		{"reseal", "board", "board show; reseal ask --left"},
		{"join", "request", "request show ID; join ID"},
		{"topup", "request", "request show ID; vote ID topup"},
		{"extension", "request", "request show ID; vote ID topup --extension "},
		{"correct", "request", "request show ID; amend ID"},
		{"amend", "request", "amend ID --without WHO, or withdraw ID: left has "},
		{"describe", NULL, "list --state held; describe ITEM"},
		{"release", NULL, "list --state held; release ITEM"},
		{"deal", "run", "board deal"},
		{"accept", "run", "board accept"},
		{"check", "board", "board check: a year is nearly over"},
		{"reveal", "run", "board show; board reveal"},
		{"checkout", "checkout", "cat ID; return ID"},
		{"lift", "grant", "lift ID"},
		{"settle", "grant", "grant ID; lift ID --reason TEXT for who stays, or revoke ID"},
		{"retention", "item",
			"show ID; destroy ID, or retention ID with a later date, or lift ID FLAG"},
		{"enquiry", "enquiry", "enquiry show ID; enquiry answer ID"},
		{"vote-needed", "request", "vote ID: half of its time is over"},
		{"granted", "grant", "grant ID; checkout ITEM"},
		{"decided", "request", "request show ID"},
		{"ends-soon", "grant", "renew ID --ends WHEN --reason TEXT, or close ID"},
		{"suspended", "grant", "grant ID"},
		{"revoked", "grant", "grant ID"},
		{"scrub-failed", "statement", "log ID; scrub"},
		{"infected", "item",
			"closed until a curator decides: intake show ID; lift ID FLAG "
			"--reason TEXT"},
	};
	const struct sr_bytes what = sr_row_get(r, "what");
	if (sr_bytes_eq(what, sr_bytes_str("read"))) {
		todo_read(r);
		return;
	}
	cli_print(what);
	for (size_t i = 0; i < sizeof todos / sizeof todos[0]; i++) {
		if (!sr_bytes_eq(what, sr_bytes_str(todos[i].what)))
			continue;
		if (todos[i].key != NULL) {
			const struct sr_bytes id = sr_row_get(r, todos[i].key);
			putchar(' ');
			cli_print(sr_bytes_of(id.p, id.len < 12 ? id.len : 12));
		} else {
			printf(" items: ");
			cli_print(sr_row_get(r, "items"));
		}
		if (sr_row_get(r, "kind").p != NULL) {
			printf(" (");
			cli_print(sr_row_get(r, "kind"));
			printf(" for ");
			cli_print(sr_row_get(r, "applicant"));
			if (sr_row_get(r, "name").p != NULL) {
				printf(", ");
				cli_print(sr_row_get(r, "name"));
			}
			if (sr_row_get(r, "closes").p != NULL) {
				printf(", closes ");
				cli_print(sr_row_get(r, "closes"));
			}
			printf(")");
		}
		if (sr_row_get(r, "due").p != NULL) {
			printf(" (due ");
			cli_print(sr_row_get(r, "due"));
			printf(", ");
			cli_print(sr_row_get(r, "basis"));
			printf(")");
		}
		if (todos[i].key != NULL && sr_row_get(r, "items").p != NULL &&
			sr_row_get(r, "kind").p == NULL) {
			printf(" (items: ");
			cli_print(sr_row_get(r, "items"));
			printf(")");
		}
		if (sr_row_get(r, "about").p != NULL) {
			printf(" (since ");
			cli_print(sr_row_get(r, "received"));
			printf(")");
		}
		printf("   -> strongroom ");
		todo_verb(todos[i].verb,
			todos[i].key != NULL ? sr_row_get(r, todos[i].key) : sr_bytes_of(NULL, 0));
		if (sr_row_get(r, "extension").p != NULL)
			cli_print(sr_row_get(r, "extension"));
		if (sr_row_get(r, "person").p != NULL)
			cli_print(sr_row_get(r, "person"));
	}
	putchar('\n');
}

const struct cli_option cli_inbox_options[] = {
	{"feed", CLI_FLAG, NULL, "as Atom (RFC 4287): one entry for each thing, without content"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* An entry is known by what waits and all that its row names, so a reader that polls shows it once;
 * hashed, so that not even its kind can be read from it. Nothing of it needs escaping. */
static void feed_id(
	char hex[2 * SR_HASH + 1], const struct sr_client_info *info, const struct sr_row *r) {
	static const char *const keys[] = {"what", "request", "version", "extension", "grant",
		"board", "run", "checkout", "item", "items", "enquiry", "statement", "about",
		"entry"};
	struct sr_bytes fields[2 + sizeof keys / sizeof keys[0]] = {
		sr_bytes_of(info->fingerprint, SR_HASH), sr_bytes_str(info->person)};
	uint8_t id[SR_HASH];

	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
		fields[2 + k] = sr_row_get(r, keys[k]);
	sr_hash_of(id, "strongroom/feed-entry/v1", NULL, fields, sizeof fields / sizeof fields[0]);
	sr_hex(hex, id, SR_HASH);
}

static void feed_print(const struct cli *c, const struct cli_answer *a) {
	const struct sr_client_info *info = sr_client_info(c->client);
	const struct sr_clock clock = sr_clock_system();
	char now[SR_TIME_TEXT], hex[2 * SR_HASH + 1];

	sr_time_format(now, sr_now(&clock));
	sr_hex(hex, info->fingerprint, SR_HASH);
	printf("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	       "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
	       "  <id>urn:strongroom:%s:%s</id>\n  <title>Inbox</title>\n"
	       "  <updated>%s</updated>\n  <author><name>strongroom</name></author>\n",
		hex, info->person, now);
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *r = &a->rows.rows[i];
		const struct sr_bytes at = sr_row_get(r, "received");

		feed_id(hex, info, r);
		printf("  <entry>\n    <id>urn:strongroom:%s</id>\n"
		       "    <title>A matter waits in the vault</title>\n    <updated>",
			hex);
		cli_print(at.p != NULL ? at : sr_bytes_str(now));
		printf("</updated>\n  </entry>\n");
	}
	printf("</feed>\n");
}

int verb_inbox(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "inbox");
	rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "todo"));
	} else if (rc == 0 && cli_has(c, "feed")) {
		feed_print(c, &a);
	} else if (rc == 0) {
		for (size_t i = 0; i < a.rows.count; i++)
			todo_print(&a.rows.rows[i]);
		if (a.rows.count == 0)
			printf("nothing waits for you\n");
	}
	cli_answer_free(&a);
	return rc;
}
