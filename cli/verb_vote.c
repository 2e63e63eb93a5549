/*
 * vote and submit. A vote is made on this machine or on another one: from the vault, or from a
 * bundle that `request show --bundle` wrote; handed in at once, or signed into a file.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "cli/words.h"

const struct cli_option cli_vote_options[] = {
	{"extension", CLI_ONE, "N", "topup: pieces of the items that extension N added"},
	{"form", CLI_LIST, "TOKEN", "approve only these forms"},
	{"ends", CLI_ONE, "WHEN", "approve only until then"},
	{"training", CLI_LIST, "TERM",
		"whoever reads must have this training at every checkout, as attest names it "
		"(trauma-awareness)"},
	{"condition", CLI_TEXTS, "TEXT", "a condition of the approval"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{"bundle", CLI_ONE, "F", "vote on what this file holds; no vault is needed then"},
	{"out", CLI_ONE, "F", "write the signed vote to a file instead of handing it in"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static bool is_decision(const char *text) {
	static const char *const decisions[] = {"approve", "reject", "correct", "topup"};
	for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
		if (strcmp(decisions[i], text) == 0)
			return true;
	}
	return false;
}

static int tell_line(void *ctx, const struct sr_said *s, struct sr_err *e) {
	struct sr_buf b;
	(void)ctx;
	if (s->value.len == 0)
		return 0;
	sr_buf_init(&b);
	if (s->name.p != NULL) {
		sr_buf_put_str(&b, " (");
		sr_escape(&b, s->name, 0);
		sr_buf_put_str(&b, ")");
	}
	const int rc = sr_buf_ok(&b, e);
	if (rc == 0) {
		fprintf(stderr, "  %-14s ", s->key);
		cli_lines(stderr, s->value);
		fprintf(stderr, "%.*s\n", (int)b.len, b.len > 0 ? (const char *)b.p : "");
	}
	sr_buf_free(&b);
	return rc;
}

static int tell_items(const struct sr_ballot_view *v, bool all, struct sr_err *e) {
	const size_t shown = all ? SIZE_MAX : 5;
	char hex[2 * SR_ID + 1];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < v->item_count && i < shown; i++) {
		struct sr_buf b;
		sr_buf_init(&b);
		sr_escape(&b, v->items[i].title, 100);
		rc = sr_buf_ok(&b, e);
		sr_hex(hex, v->items[i].id, SR_ID);
		if (rc == 0)
			fprintf(stderr, "  %.12s  %.*s\n", hex, (int)b.len,
				b.len > 0 ? (const char *)b.p : "");
		sr_buf_free(&b);
	}
	if (rc == 0 && v->item_count > shown)
		fprintf(stderr, "  ... and %zu more\n", v->item_count - shown);
	return rc;
}

/* What the voter is about to decide, proven; to stderr, so that stdout has only the result. */
static int tell_ballot(const struct cli *c, const struct sr_ballot *ballot, struct sr_err *e) {
	const struct sr_ballot_view *v = sr_ballot_view(ballot);
	char hex[2 * SR_ID + 1];
	if (c->quiet)
		return 0;
	sr_hex(hex, v->request, SR_ID);
	const struct sr_bytes kind = sr_field(&v->entry->statement, "kind", 0);
	fprintf(stderr, "request %s, version %llu, %.*s at level %llu", hex,
		(unsigned long long)v->version, (int)kind.len,
		kind.p != NULL ? (const char *)kind.p : "", (unsigned long long)v->level);
	if (v->item_count > 0)
		fprintf(stderr, ": %zu item%s", v->item_count, v->item_count == 1 ? "" : "s");
	if (v->reader_count > 0)
		fprintf(stderr, ", for");
	for (size_t i = 0; i < v->reader_count; i++)
		fprintf(stderr, " %s", v->reader[i]);
	fputc('\n', stderr);
	int rc = sr_ballot_said(ballot, tell_line, NULL, e);
	/* `policy show` says the same of what it printed: then that was what is voted on. */
	const struct sr_bytes set = sr_field(&v->entry->statement, "set", 0);
	if (rc == 0 && set.p != NULL && !sr_bytes_eq(kind, sr_bytes_str("adopt")))
		fprintf(stderr, "  rules with SHA-256 %.*s\n", (int)set.len, (const char *)set.p);
	/* What is to be destroyed is told to the last item; so is what a bundle holds, where there
	 * is no vault to ask for the rest (request show). */
	const bool all = sr_bytes_eq(kind, sr_bytes_str("destroy")) || cli_has(c, "bundle");
	return rc == 0 ? tell_items(v, all, e) : rc;
}

/* A request of kind adopt is about the name that the log has, or nobody approves it. */
static int tell_name(struct cli *c, const struct sr_ballot_view *v, struct sr_err *e) {
	const struct sr_log_link *l = NULL;
	uint8_t set[SR_HASH];
	char name[300];
	int rc;
	if (c->quiet ||
		!sr_bytes_eq(sr_field(&v->entry->statement, "kind", 0), sr_bytes_str("adopt")))
		return 0;
	rc = sr_client_log_named(set, &l, c->client, e);
	if (rc == 0 && l != NULL)
		fprintf(stderr,
			"  the log goes on as %s since entry %llu. It says that its first %llu "
			"entries are as they were, and that others know of %llu: those between are "
			"lost. Compare with your receipts, and with the witnesses\n",
			sr_escape_to(name, sizeof name, sr_bytes_str(l->name)),
			(unsigned long long)l->from, (unsigned long long)l->agreed,
			(unsigned long long)l->known);
	return rc;
}

static int fetch(struct cli *c, struct sr_ballot **b, const char *request, uint64_t extension,
	struct sr_err *e) {
	const char *path = cli_get(c, "bundle");
	uint8_t id[SR_ID];
	struct sr_buf file;
	if (path == NULL) {
		int rc = sr_client_resolve(c->client, id, request, "request", e);
		if (rc == 0 && extension != 0)
			return sr_ballot_fetch_extension(b, c->client, id, extension, e);
		return rc == 0 ? sr_ballot_fetch(b, c->client, id, 0, e) : rc;
	}
	sr_buf_init_secret(&file);
	int rc = cli_read_file(&file, path, (size_t)SR_CALL_BODY_MAX * 2, e);
	if (rc == 0)
		rc = sr_ballot_read(b, c->client, sr_buf_view(&file), e);
	if (rc == SR_CORRUPT) /* the file that was carried, not the vault */
		cli_hint(c, "it is no bundle, or was damaged on its way: write it anew where the "
			    "vault is (request show REQUEST --bundle F), and carry that");
	sr_buf_free(&file);
	if (rc != 0 || request == NULL)
		return rc;
	char hex[2 * SR_ID + 1];
	sr_hex(hex, sr_ballot_view(*b)->request, SR_ID);
	if (strncmp(hex, request, strlen(request)) != 0)
		return sr_fail(e, SR_USAGE, "the bundle holds request %s, not %s", hex, request);
	return 0;
}

static int keep_vote(struct cli *c, struct sr_writ *d, const char *path, struct sr_err *e) {
	struct sr_buf b;
	sr_buf_init_secret(&b);
	int rc = sr_client_save(c->client, d, &b, e);
	if (rc == 0)
		rc = cli_write_file(path, sr_buf_view(&b), false, e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "statement", cli_json_hex(d->id, SR_ID));
		cli_json_set_bytes(o, "file", sr_bytes_str(path));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("signed, not handed in: strongroom submit %s\n", path);
	}
	sr_buf_free(&b);
	return rc;
}

static int voting(struct cli *c, struct sr_voting *v, struct sr_err *e) {
	int rc = cli_list(c, &v->forms, "form", e);
	if (rc == 0)
		rc = cli_list(c, &v->trainings, "training", e);
	if (rc == 0)
		rc = cli_list(c, &v->conditions, "condition", e);
	if (rc == 0)
		rc = cli_time(c, "ends", &v->ends, e);
	if (rc == 0)
		rc = cli_text(c, "reason", &v->reason, e);
	return rc;
}

/* What the vote brought about; of the end of a person's roles also what is left to do. */
static int handed_in(struct cli *c, const struct sr_submitted *out, const struct sr_ballot_view *v,
	struct sr_err *e) {
	const struct sr_statement *s = &v->entry->statement;
	const struct sr_bytes subject = sr_field(s, "subject", 0);
	const bool end = sr_bytes_eq(sr_field(s, "kind", 0), sr_bytes_str("person-end"));
	char person[SR_PERSON_TEXT] = "";
	json_t *more = end && c->json ? json_object() : NULL;
	int rc = 0;
	if (end)
		snprintf(person, sizeof person, "%.*s", (int)subject.len, (const char *)subject.p);
	if (more != NULL)
		rc = cli_left_to_do(c, person, more, e);
	if (rc != 0) {
		json_decref(more);
		return rc;
	}
	rc = cli_done(c, out, more, "voted: %s", c->args.words[c->args.word_count - 1]);
	return rc == 0 && end && !c->json ? cli_left_to_do(c, person, NULL, e) : rc;
}

int verb_vote(struct cli *c, struct sr_err *e) {
	const size_t n = c->args.word_count;
	const char *decision = c->args.words[n - 1];
	const char *request = n > 1 ? c->args.words[0] : NULL;
	const char *out_path = cli_get(c, "out");
	struct sr_voting v = {.decision = decision};
	struct sr_ballot *b = NULL;
	struct sr_writ d = {0};
	struct sr_submitted out = {0};
	uint64_t extension = 0;
	if (!is_decision(decision))
		return sr_fail(e, SR_USAGE, "the decision is approve, reject, correct or topup");
	if (request == NULL && !cli_has(c, "bundle"))
		return sr_fail(e, SR_USAGE, "which REQUEST? (or --bundle F)");
	int rc = voting(c, &v, e);
	if (rc == 0 && cli_has(c, "extension"))
		rc = cli_dec(c, "extension", &extension, e);
	if (rc == 0 && cli_has(c, "extension") &&
		(extension == 0 || cli_has(c, "bundle") || strcmp(decision, "topup") != 0))
		rc = sr_fail(e, SR_USAGE,
			"--extension: vote REQUEST topup --extension N, with the vault at hand");
	if (rc == 0)
		rc = cli_has(c, "bundle") && out_path != NULL ? cli_offline(c, e)
							      : cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = fetch(c, &b, request, extension, e);
	if (rc == 0) {
		rc = tell_ballot(c, b, e);
		if (rc == 0)
			rc = tell_name(c, sr_ballot_view(b), e);
	}
	if (rc == 0)
		rc = sr_ballot_vote(&d, b, &v, e);
	cli_progress_end();
	if (rc == 0 && out_path != NULL) {
		rc = keep_vote(c, &d, out_path, e);
	} else if (rc == 0) {
		rc = sr_client_submit(c->client, &d, &out, e);
		if (rc == 0)
			rc = handed_in(c, &out, sr_ballot_view(b), e);
	}
	sr_submitted_free(&out);
	sr_writ_free(&d);
	sr_ballot_free(b);
	return rc;
}

int verb_submit(struct cli *c, struct sr_err *e) {
	struct sr_buf file;
	struct sr_submitted out = {0};
	sr_buf_init_secret(&file);
	int rc = cli_read_file(&file, c->args.words[0], (size_t)SR_CALL_BODY_MAX, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = sr_client_carry(c->client, sr_buf_view(&file), &out, e);
	if (rc == SR_CORRUPT) /* the file that was named, not the vault */
		rc = e->code = SR_USAGE;
	if (rc == 0)
		rc = cli_done(c, &out, NULL, "handed in");
	sr_submitted_free(&out);
	sr_buf_free(&file);
	return rc;
}
