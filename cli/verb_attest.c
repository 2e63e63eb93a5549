/*
 * attest, attest end, person show: what officers say of people, and where it is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "cli/words.h"

const struct cli_option cli_attest_options[] = {
	{"kind", CLI_ONE, "KIND", "training, affiliation, supervisor-of, conflict"},
	{"of", CLI_ONE, "PERSON", "the other person: who is supervised, with whom the conflict is"},
	{"request", CLI_ONE, "REQUEST", "of a conflict: only about this request"},
	{"term", CLI_ONE, "TOKEN",
		"of training and affiliation: what, or where (trauma-awareness, leipzig-history)"},
	{"ends", CLI_ONE, "WHEN", "it stands until then: 365d, 2027-03-31"},
	{"note", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"note-file", CLI_ONE, "F", "the same from a file"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* "p-" and the first digits, at least 4: of the one person of the vault whose name begins so. */
static int person_begins(struct cli *c, const char **out, const char *typed, struct sr_err *e) {
	struct cli_answer a;
	const size_t len = strlen(typed);
	char *person = NULL, shown[128];
	size_t found = 0;
	int rc = cli_connect(c, CLI_PERSON, e);
	cli_ask(&a, "people");
	if (rc == 0)
		rc = cli_call(c, &a, e);
	for (size_t i = 0; rc == 0 && i < a.rows.count; i++) {
		const struct sr_bytes who = sr_row_get(&a.rows.rows[i], "person");
		if (sr_value_check(SR_V_PERSON, who, NULL) != 0 || memcmp(who.p, typed, len) != 0)
			continue;
		if (found++ > 0)
			continue;
		person = strndup((const char *)who.p, who.len);
		rc = cli_keep(c, person, e);
		cli_tell(c, "%s is %s, %s", typed, person,
			sr_escape_to(shown, sizeof shown, sr_row_get(&a.rows.rows[i], "name")));
	}
	cli_answer_free(&a);
	if (rc == 0 && found != 1) {
		cli_hint(c, "`strongroom person list` shows them");
		return sr_fail(e, found == 0 ? SR_NOTFOUND : SR_USAGE, "%zu persons begin with %s",
			found, typed);
	}
	*out = person;
	return rc;
}

int cli_person(struct cli *c, const char **out, const char *typed, struct sr_err *e) {
	struct cli_card card;
	const size_t len = strlen(typed);
	*out = typed;
	if (sr_value_check(SR_V_PERSON, sr_bytes_str(typed), NULL) == 0)
		return 0;
	if (len >= 6 && len < SR_PERSON_TEXT - 1 && strncmp(typed, "p-", 2) == 0 &&
		strspn(typed + 2, "0123456789abcdef") == len - 2)
		return person_begins(c, out, typed, e);
	int rc = cli_card_read(&card, typed, e);
	if (rc != 0) {
		c->own_input = true;
		return sr_wrap(e, "a person is p-<16 hex digits> (see `person list`), or a card");
	}
	char *person = strdup(card.person);
	cli_card_free(&card);
	rc = cli_keep(c, person, e);
	*out = person;
	return rc;
}

int verb_attest(struct cli *c, struct sr_err *e) {
	struct sr_attesting a = {.kind = cli_get(c, "kind"), .term = cli_get(c, "term")};
	struct sr_submitted out = {0};
	uint8_t request[SR_ID], id[SR_ID];
	char hex[2 * SR_ID + 1];
	if (a.kind == NULL)
		return sr_fail(e, SR_USAGE,
			"--kind is missing: training, affiliation, supervisor-of, conflict");
	int rc = cli_person(c, &a.person, c->args.words[0], e);
	if (rc == 0 && cli_has(c, "of"))
		rc = cli_person(c, &a.of, cli_get(c, "of"), e);
	if (rc == 0)
		rc = cli_time(c, "ends", &a.ends, e);
	if (rc == 0)
		rc = cli_text(c, "note", &a.note, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0 && cli_has(c, "request")) {
		rc = sr_client_resolve(c->client, request, cli_get(c, "request"), "request", e);
		a.request = request;
	}
	if (rc == 0)
		rc = sr_client_attest(c->client, &a, id, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, id, SR_ID);
		json_object_set_new(more, "attestation", json_string(hex));
		rc = cli_done(c, &out, more, "attestation %s stands", hex);
	}
	sr_submitted_free(&out);
	return rc;
}

int verb_attest_end(struct cli *c, struct sr_err *e) {
	const char *reason = NULL;
	struct sr_submitted out = {0};
	struct sr_act act = {.type = SR_T_ATTEST_END};
	uint8_t id[SR_ID];
	int rc = cli_text(c, "reason", &reason, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, id, 0, "attestation", e);
	if (rc == 0) {
		act.id = id;
		act.text = sr_bytes_str(reason != NULL ? reason : "");
		rc = sr_client_act(c->client, &act, &out, e);
	}
	if (rc == 0)
		rc = cli_done(c, &out, NULL, "the attestation no longer stands");
	sr_submitted_free(&out);
	return rc;
}

void cli_attestation_print(const struct sr_row *r) {
	printf("  %-14s ", "attested");
	cli_print(sr_row_get(r, "person"));
	putchar(' ');
	cli_print(sr_row_get(r, "kind"));
	static const char *const rest[] = {"of", "request", "term"};
	for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
		if (sr_row_get(r, rest[i]).p == NULL)
			continue;
		putchar(' ');
		cli_print(sr_row_get(r, rest[i]));
	}
	printf("%s\n", sr_row_get(r, "ended").p != NULL ? " (no longer)" : "");
	cli_line_row("  id", r, "id");
	cli_line_row("  ends", r, "ends");
	cli_line_row("  by", r, "officer");
	cli_line_row("  note", r, "note");
}

/* "  grant  51e0..., live, 3 items", and what its holder's end leaves to do. */
void cli_bound_print(const struct sr_row *r, bool ending) {
	static const struct {
		const char *what, *left;
		const char *fields[4];
	} kinds[] = {
		{"grant", "lift it for those who stay, or revoke it", {"id", "state", "items"}},
		{"request", "somebody else asks anew", {"id", "kind"}},
		{"share", "reshare the board without this member", {"member", "epoch"}},
		{"standby", "deal to another standby board (board reshare --standby)",
			{"member", "epoch"}},
		{"suspension", "the board lifts it (lift GRANT --reason TEXT), or it stays",
			{"id"}},
		{"held", "curators who stay release what they can open (held share)",
			{"boxes", "items"}},
		{"epochs",
			"of the log, whose keys stay theirs (a new one has begun): take back "
			"exports that they hold",
			{"first", "last", "now"}},
		{"enquiry", "an officer who stays answers it", {"id", "deadline"}},
		{"service-keys",
			"change them (service rotate), and the passphrase of the secrets file of "
			"backups",
			{NULL}},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!sr_bytes_eq(sr_row_get(r, "what"), sr_bytes_str(kinds[i].what)))
			continue;
		printf(ending ? "  left: %s" : "  %-14s", kinds[i].what);
		for (size_t k = 0; k < 4 && kinds[i].fields[k] != NULL; k++) {
			printf("%s%s ", k == 0 ? " " : ", ", kinds[i].fields[k]);
			cli_print(sr_row_get(r, kinds[i].fields[k]));
		}
		if (kinds[i].fields[0] == NULL && !ending)
			printf(" those of now were there in their time");
		if (sr_row_get(r, "others").p != NULL)
			printf(", with others");
		printf("%s%s\n", ending ? ": " : "", ending ? kinds[i].left : "");
	}
}

int verb_person_show(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	const char *person = NULL;
	char key[CLI_KEY_TEXT];
	int rc = cli_person(c, &person, c->args.words[0], e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "person");
	sr_text_put(&a.q.head, "person", person);
	rc = cli_call(c, &a, e);
	const struct sr_row *p = rc == 0 ? sr_rows_first(&a.rows, "person") : NULL;
	if (rc == 0 && p == NULL)
		rc = sr_fail(e, SR_CORRUPT, "the answer holds no person");
	if (rc == 0 && c->json) {
		json_t *o = cli_json_row(p);
		json_object_set_new(o, "attestations", cli_json_rows(&a.rows, "attestation"));
		json_object_set_new(o, "bound", cli_json_rows(&a.rows, "bound"));
		cli_json_print(o);
	} else if (rc == 0) {
		cli_line_row("person", p, "person");
		cli_line_row("name", p, "name");
		cli_line_str("key", cli_key_shown(key, sr_row_get(p, "key")));
		cli_line_row("erased by entry", p, "erased");
		cli_line_words("roles", p, "role");
		if (sr_row_get(p, "role").p == NULL)
			cli_line_words("roles once", p, "ever");
		for (size_t i = 0; i < a.rows.count; i++)
			if (sr_row_is(&a.rows.rows[i], "attestation"))
				cli_attestation_print(&a.rows.rows[i]);
		for (size_t i = 0; i < a.rows.count; i++)
			if (sr_row_is(&a.rows.rows[i], "bound"))
				cli_bound_print(&a.rows.rows[i], false);
	}
	cli_answer_free(&a);
	return rc;
}
