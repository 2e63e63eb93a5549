/*
 * judged - `decided`, made again from what it names: the rules' text and the inputs (derive.h).
 */
#include <stdlib.h>

#include "audit/derive.h"
#include "board/authorize.h"
#include "board/policy_default.h"
#include "catalogue/query.h"
#include "crypto/hash.h"

static bool wrong(
	struct sr_audit_finding *f, const char *field, const char *text, const char *more) {
	snprintf(f->what, sizeof f->what, "judged");
	snprintf(f->field, sizeof f->field, "%s", field);
	snprintf(f->text, sizeof f->text, "%s%.500s", text, more);
	return false;
}

/* SHA-256, in hex, of the sets that came with releases before this one: a set of the program that
 * changes is added here, so that what was decided by it is still known. */
static const char *const former[] = {
	"870595be244f99940a8ecd3e0f1bbedb55c0b6fee7c92ce902ba00fb691c355e", NULL};

/* Where a board has adopted nothing the program's rules are in force: another text would be one
 * that the service made up. */
static int of_program(
	bool *ok, struct sr_audit_finding *f, const uint8_t set[SR_HASH], struct sr_err *e) {
	uint8_t have[SR_HASH];
	char hex[2 * SR_HASH + 1];
	struct sr_buf text;
	bool known;
	int rc;

	sr_buf_init(&text);
	rc = sr_policy_default(&text, e);
	sr_sha256(have, text.p, text.len);
	sr_buf_free(&text);
	if (rc != 0)
		return rc;
	known = memcmp(have, set, SR_HASH) == 0;
	sr_hex(hex, set, SR_HASH);
	for (size_t i = 0; former[i] != NULL; i++)
		known = known || strcmp(former[i], hex) == 0;
	if (!known)
		*ok = wrong(f, "set",
			"its board had adopted no rules, and these never came with the program: ",
			hex);
	return 0;
}

/* Is the set that it cites the one that its board had adopted last? */
static int in_force(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, const uint8_t set[SR_HASH], struct sr_err *e) {
	struct sr_policy_row row;
	uint8_t board[SR_ID];
	char hex[2 * SR_HASH + 1];
	int rc = sr_field_id(board, s, "board", 0, e);

	if (rc == 0)
		rc = sr_query_policy(&row, c, board, 0, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return of_program(ok, f, set, e);
	}
	if (rc == 0 && memcmp(row.set, set, SR_HASH) != 0) {
		sr_hex(hex, row.set, SR_HASH);
		*ok = wrong(f, "set", "it was decided by rules that were not in force; those were ",
			hex);
	}
	return rc;
}

static bool same(
	struct sr_audit_finding *f, const struct sr_statement *s, const struct sr_judgement *j) {
	const struct sr_bytes word = sr_field(s, "decision", 0);
	const size_t count = sr_field_count(s, "rule");

	if (!sr_bytes_eq(word, sr_bytes_str(sr_judged_name(j->word))))
		return wrong(f, "decision", "from its rules and inputs follows ",
			sr_judged_name(j->word));
	for (size_t i = 0; i < count || i < j->rule_count; i++) {
		if (i >= j->rule_count)
			return wrong(f, "rule", "it names a rule that did not decide", "");
		if (i >= count || !sr_bytes_eq(sr_field(s, "rule", i), sr_bytes_str(j->rules[i])))
			return wrong(f, "rule", "it does not name what decided: ", j->rules[i]);
	}
	return true;
}

/* What is wrong with rules or inputs is a finding; what is wrong with this machine is an error. */
static int about_it(bool *ok, struct sr_audit_finding *f, const char *field, const char *text,
	int rc, struct sr_err *e) {
	if (rc == 0 || rc == SR_NOMEM || rc == SR_IO)
		return rc;
	*ok = wrong(f, field, text, e->text);
	sr_err_clear(e);
	return 0;
}

static int judge(bool *ok, struct sr_audit_finding *f, const struct sr_cedar_policies *set,
	const struct sr_statement *s, struct sr_bytes inputs, struct sr_err *e) {
	struct sr_question q = {NULL, NULL};
	struct sr_judgement j;
	int rc = about_it(
		ok, f, "inputs", "they cannot be read: ", sr_question_load(&q, inputs, e), e);

	if (rc == 0 && *ok) {
		memset(&j, 0, sizeof j);
		rc = about_it(
			ok, f, "decision", "nothing can be decided: ", sr_judge(&j, set, &q, e), e);
		if (rc == 0 && *ok)
			*ok = same(f, s, &j);
		sr_judgement_free(&j);
	}
	sr_question_free(&q);
	return rc;
}

int sr_derive_judged(bool *ok, struct sr_audit_finding *f, struct sr_vault *v,
	struct sr_catalogue *c, const struct sr_statement *s, struct sr_bytes inputs,
	struct sr_bytes rules, struct sr_err *e) {
	const struct sr_cedar_policies *parsed = NULL;
	uint8_t set[SR_HASH], have[SR_HASH];
	struct sr_err own = {0}, *why = e != NULL ? e : &own;
	int rc = sr_field_hash(set, s, "set", 0, why);

	*ok = true;
	if (rc == 0)
		rc = in_force(ok, f, c, s, set, why);
	if (rc == 0 && *ok && sr_field_count(s, "rules") > 0) {
		sr_sha256(have, rules.p, rules.len);
		if (memcmp(have, set, SR_HASH) != 0)
			*ok = wrong(f, "rules", "their SHA-256 is not that of its set", "");
	}
	/* The text comes from wherever the vault has it: it is the one of that hash, or none. */
	if (rc == 0 && *ok)
		rc = about_it(ok, f, "set", "the text of its rules cannot be had: ",
			sr_authorize_parsed(&parsed, v, set, why), why);
	if (rc == 0 && *ok)
		rc = judge(ok, f, parsed, s, inputs, why);
	return rc;
}
