/*
 * embargo, hold, seal, retention, and lift of what they set: what stands on items; destroy and its
 * certificate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/asking.h"
#include "cli/verbs.h"
#include "cli/words.h"

#define REASON                                                        \
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"}, { \
		"reason-file", CLI_ONE, "F", "the same from a file"   \
	}

const struct cli_option cli_embargo_options[] = {
	{"until", CLI_ONE, "WHEN", "it ends by itself then: 90d, 2031-01-01"},
	REASON,
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_hold_options[] = {
	REASON,
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_retention_options[] = {
	{"due", CLI_ONE, "WHEN", "the date at which curators and officers are asked: 2031-01-01"},
	{"basis", CLI_ONE, "TOKEN", "what it rests on: contract, records-schedule:7.2"},
	REASON,
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_lift_options[] = {
	REASON,
	{"ask", CLI_FLAG, NULL,
		"of a seal or a mark for referral: ask the item's board (members vote for it)"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_destroy_options[] = {
	REASON,
	{"instruction", CLI_ONE, "TEXT",
		"of items marked for referral: who instructed it, when, under which sign"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_certificate_options[] = {
	{"out", CLI_ONE, "F", "write the signed certificate to F"},
	{"receipt", CLI_ONE, "F", "keep the receipt of the destruction as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- set --- */

static json_t *outcome_json(const struct sr_submitted *out, const char *item) {
	json_t *o = json_object();
	char flag[2 * SR_ID + 1];
	json_object_set_new(o, "item", json_string(item));
	json_object_set_new(o, "code",
		json_string(out->code == 0 ? "OK" : sr_code_name((enum sr_code)out->code)));
	if (out->code != 0) {
		cli_json_refused(o, out);
		return o;
	}
	sr_hex(flag, out->id, SR_ID);
	json_object_set_new(o, "flag", json_string(flag));
	json_object_set_new(o, "index", json_integer((json_int_t)out->index));
	return o;
}

static size_t told(struct cli *c, const struct sr_flagging *f, const struct sr_submitted *out,
	const char *word) {
	json_t *list = c->json ? json_array() : NULL;
	size_t good = 0;
	for (size_t i = 0; i < f->count; i++) {
		char item[2 * SR_ID + 1], flag[2 * SR_ID + 1];
		sr_hex(item, f->items + i * SR_ID, SR_ID);
		sr_hex(flag, out[i].id, SR_ID);
		good += out[i].code == 0 ? 1 : 0;
		if (list != NULL)
			json_array_append_new(list, outcome_json(&out[i], item));
		else if (out[i].code == 0)
			printf("%s %s: %.12s (entry %llu of the log%s)\n", word, item, flag,
				(unsigned long long)out[i].index, out[i].proven ? ", proven" : "");
		else
			fprintf(stderr, "strongroom %s: %.12s: %s\n", c->verb->name, item,
				out[i].why.text);
	}
	if (list != NULL)
		cli_json_print(list);
	return good;
}

/* ${f} for all positional words as items. */
static int set(struct cli *c, struct sr_flagging *f, const char *word, struct sr_err *e) {
	struct sr_submitted *out = NULL;
	uint8_t *items = NULL;
	int rc = cli_text(c, "reason", &f->reason, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_items(c, &items, &f->count, e);
	if (rc != 0)
		return rc;
	f->items = items;
	out = calloc(f->count, sizeof *out);
	if (out == NULL)
		return sr_fail(e, SR_NOMEM, "%zu items: out of memory", f->count);
	rc = sr_client_flag(c->client, f, out, e);
	if (rc == 0) {
		const size_t good = told(c, f, out, word);
		c->told = good < f->count && !c->json;
		if (good < f->count)
			rc = sr_fail(
				e, SR_DENIED, "%zu of %zu items were %s", good, f->count, word);
	}
	for (size_t i = 0; i < f->count; i++)
		sr_submitted_free(&out[i]);
	free(out);
	return rc;
}

int verb_embargo(struct cli *c, struct sr_err *e) {
	struct sr_flagging f = {.type = SR_T_EMBARGO};
	int rc = cli_time(c, "until", &f.date, e);
	return rc == 0 ? set(c, &f, "embargoed", e) : rc;
}

int verb_hold(struct cli *c, struct sr_err *e) {
	struct sr_flagging f = {.type = SR_T_HOLD};
	if (!cli_has(c, "reason") && !cli_has(c, "reason-file"))
		return sr_fail(e, SR_USAGE, "--reason is missing: what the hold is for");
	return set(c, &f, "held", e);
}

int verb_seal(struct cli *c, struct sr_err *e) {
	struct sr_flagging f = {.type = SR_T_SEAL};
	return set(c, &f, "sealed", e);
}

int verb_retention(struct cli *c, struct sr_err *e) {
	struct sr_flagging f = {.type = SR_T_RETENTION, .basis = cli_get(c, "basis")};
	int rc = cli_time(c, "due", &f.date, e);
	if (rc == 0 && f.date == 0)
		rc = sr_fail(e, SR_USAGE, "--due is missing: a date, or 3650d");
	if (rc == 0 && f.basis == NULL)
		rc = sr_fail(
			e, SR_USAGE, "--basis is missing: contract, law, records-schedule:7.2");
	return rc == 0 ? set(c, &f, "dated", e) : rc;
}

/* --- lift ITEM FLAG --- */

struct found {
	uint8_t flag[SR_ID]; /* statement that set it */
	bool referral;
	uint8_t board[SR_ID]; /* of the item: it decides what a quorum lifts */
};

/* The statement that set what the second word begins, among those that the vault shows of the
 * item. A wrong one is refused: the statement names the item, too. */
static int find_flag(
	struct cli *c, struct found *out, const uint8_t item[SR_ID], struct sr_err *e) {
	const char *typed = c->args.words[1];
	const size_t len = strlen(typed);
	struct cli_answer a;
	size_t found = 0;
	cli_ask(&a, "item");
	sr_text_put_hex(&a.q.head, "item", item, SR_ID);
	sr_text_put_dec(&a.q.head, "limit", 1);
	int rc = cli_call(c, &a, e);
	for (size_t i = 0; rc == 0 && i < a.rows.count; i++) {
		const struct sr_bytes id = sr_row_get(&a.rows.rows[i], "id");
		if (!sr_row_is(&a.rows.rows[i], "flag") || id.len < len ||
			memcmp(id.p, typed, len) != 0)
			continue;
		found++;
		out->referral =
			sr_bytes_eq(sr_row_get(&a.rows.rows[i], "what"), sr_bytes_str("referral"));
		rc = sr_row_get_id(out->flag, SR_ID, &a.rows.rows[i], "id", e);
	}
	const struct sr_row *row = rc == 0 ? sr_rows_first(&a.rows, "item") : NULL;
	if (rc == 0)
		rc = row == NULL ? sr_fail(e, SR_CORRUPT, "the vault shows no row of the item")
				 : sr_row_get_id(out->board, SR_ID, row, "board", e);
	cli_answer_free(&a);
	if (rc != 0 || (found == 1 && len >= 4))
		return rc;
	cli_hint(c, "`strongroom show %s` lists what stands on it", c->args.words[0]);
	return sr_fail(e, found == 0 ? SR_NOTFOUND : SR_USAGE, "%s: %s", typed,
		found == 0 ? "nothing that was set on this item begins so"
			   : "want at least 4 digits, and so many that they name one");
}

int verb_lift_flag(struct cli *c, struct sr_err *e) {
	struct sr_flagging f = {.type = SR_T_LIFT, .count = 1};
	struct sr_asking a = {.kind = "lift"};
	struct sr_submitted out = {0};
	struct found found = {.referral = false};
	uint8_t item[SR_ID];
	const bool ask = cli_has(c, "ask");
	int rc = ask ? cli_asking_reason(c, &a, e) : cli_text(c, "reason", &f.reason, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, item, 0, "item", e);
	if (rc == 0)
		rc = find_flag(c, &found, item, e);
	if (rc != 0)
		return rc;
	a.target = f.flag = found.flag;
	a.board = found.board;
	a.highest = found.referral;
	f.items = item;
	if (ask)
		return cli_ask_board(c, &a,
			found.referral ? "take back this mark for referral" : "lift this seal", e);
	rc = sr_client_flag(c->client, &f, &out, e);
	if (rc == 0)
		rc = cli_done(c, &out, NULL, "lifted");
	sr_submitted_free(&out);
	return rc;
}

/* --- destroy --- */

int verb_destroy(struct cli *c, struct sr_err *e) {
	struct sr_asking a = {.kind = "destroy", .instruction = cli_get(c, "instruction")};
	uint8_t *items = NULL;
	int rc = cli_asking_reason(c, &a, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_items(c, &items, &a.item_count, e);
	a.items = items;
	return rc == 0 ? cli_ask_board(c, &a, "destroy these items", e) : rc;
}

/* --- certificate --- */

static const struct cli_limit limits[] = {
	{"backups", "the secrets files of backups from before bring it back until their escrow is "
		    "rotated"},
	{"blocks",
		"its sealed blocks lie in packs until these are collected, and in packs kept for "
		"others; nothing opens them"},
	{"databases",
		"old pages of catalogue and index are not under new keys yet: whoever has the "
		"service keys reads titles from them"},
	{"exports", "what was exported before has left the vault"},
	{"media",
		"flash, snapshots, journals of data and images made behind the program's back keep "
		"what was overwritten"},
	{"second-copy", "the second copy of secrets.db was away: its erasure is pending"},
	{"shared-blocks", "blocks that other items of the collection hold too stay readable there"},
};

static void certificate_print(struct sr_bytes text) {
	struct sr_text t = {0};
	fwrite(text.p, 1, text.len, stdout);
	if (sr_text_parse(&t, text, NULL) != 0)
		return;
	cli_not_promised(&t, limits, sizeof limits / sizeof limits[0]);
	sr_text_free(&t);
}

/* An item, or a request, by the start of its id. */
static int of_what(struct cli *c, struct sr_certifying *of, uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_err ignored = {0};
	if (sr_client_resolve(c->client, id, c->args.words[0], "request", &ignored) == 0 &&
		strlen(c->args.words[0]) < (size_t)2 * SR_ID) {
		of->request = id;
		return 0;
	}
	of->item = id;
	return cli_word_id(c, id, 0, "item", e);
}

static int certify(struct cli *c, struct sr_certifying *of, uint8_t id[SR_ID], struct sr_buf *note,
	struct sr_submitted *out, struct sr_err *e) {
	int rc = of_what(c, of, id, e);
	if (rc == 0)
		rc = sr_client_certificate(c->client, of, note, out, e);
	if (rc != SR_NOTFOUND || of->item == NULL || strlen(c->args.words[0]) != (size_t)2 * SR_ID)
		return rc;
	/* A whole id does not say what it is the id of. */
	const struct sr_err first = *e;
	sr_submitted_free(out);
	of->request = of->item;
	of->item = NULL;
	rc = sr_client_certificate(c->client, of, note, out, e);
	if (rc == SR_NOTFOUND)
		*e = first;
	return rc;
}

int verb_certificate(struct cli *c, struct sr_err *e) {
	static const struct cli_note kind = {
		"certificate", certificate_print, "the destruction is in the log"};
	struct sr_certifying of = {NULL, NULL};
	struct sr_submitted out = {0};
	uint8_t id[SR_ID];
	struct sr_buf note;
	sr_buf_init(&note);
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = certify(c, &of, id, &note, &out, e);
	if (rc == 0)
		rc = cli_done_note(c, &out, sr_buf_view(&note), &kind, e);
	sr_submitted_free(&out);
	sr_buf_free(&note);
	return rc;
}
