/*
 * invariants_policy - a request to adopt rules: what no board could adopt is refused before anybody
 * votes on it. See invariants_in.h.
 *
 * The text itself is judged, as it lies in the object that the request names: its SHA-256 is the
 * one that was signed (so anybody can compare it with a file of theirs), it shows on a screen as
 * what it is, it is Cedar, and lint finds nothing in it (policy/lint.h). What the rules say is the
 * board's to weigh. Whether they may change is decided by code, here and in invariants_vote.c, and
 * is not asked of the rules: a set that denies everything can be replaced like any other.
 */
#include "board/invariants_in.h"

#include "base/escape.h"
#include "board/policy_default.h"
#include "crypto/hash.h"
#include "policy/lint.h"

static int deny_finding(struct rules_ctx *c, const struct sr_lint *lint) {
	const struct sr_lint_finding *f = &lint->findings[0];
	char id[64] = "the set";

	if (f->policy != NULL)
		(void)sr_escape_to(id, sizeof id, sr_cedar_annotation_of(f->policy, "id"));
	return rules_deny(c, "rules-unfit", "policy lint FILE names all of it",
		"%zu thing%s to mend in the rules, the first in line %u (%s): %.200s", lint->count,
		lint->count == 1 ? "" : "s", f->line, id, f->text);
}

static int judge(
	struct rules_ctx *c, struct sr_cedar_policies *set, const struct sr_schema *schema) {
	struct sr_lint lint = {.check = NULL};
	struct sr_err why = {0};
	int rc = sr_lint_text(c->object, &why);

	if (rc == 0)
		rc = sr_cedar_policies_parse(set, c->object, &why);
	if (rc == SR_CORRUPT || rc == SR_LIMIT)
		return rules_deny(c, "rules-unreadable", "policy lint FILE says the same", "%.390s",
			why.text);
	if (rc != 0)
		return sr_fail(c->e, (enum sr_code)rc, "%s", why.text);
	rc = sr_lint_policies(&lint, schema, set, &why);
	if (rc == SR_LIMIT)
		return rules_deny(
			c, "rules-unfit", "write fewer or smaller rules", "%.390s", why.text);
	if (rc != 0)
		return sr_fail(c->e, (enum sr_code)rc, "%s", why.text);
	rc = lint.count > 0 ? deny_finding(c, &lint) : rules_allow(c);
	sr_lint_free(&lint);
	return rc;
}

/* Of a member: not recused, and not set against it by an attestation. */
int rules_vote_on_policy(struct rules_ctx *c, const struct sr_version_row *v) {
	struct sr_attestation_row a = {0};
	bool recused = false, against = false;
	int rc;

	if (strcmp(v->kind, "policy") != 0)
		return rules_allow(c);
	rc = sr_query_recused(&recused, c->cat, v->request, c->me.person, c->e);

	if (rc == 0)
		rc = sr_query_conflict(
			&against, &a, c->cat, v->request, v->version, c->me.person, c->e);
	sr_attestation_row_free(&a);
	if (rc != 0)
		return rc;
	if (recused)
		return rules_deny(c, "recused", "another member votes",
			"%s has stepped aside from this request", c->me.person);
	if (against)
		return rules_deny(c, "conflict", "another member votes",
			"an officer attested a conflict of %s with this request", c->me.person);
	return rules_allow(c);
}

int rules_on_policy(struct rules_ctx *c, const struct sr_version_row *v) {
	const bool own = strcmp(v->applicant, c->me.person) == 0;

	if (strcmp(v->kind, "policy") != 0)
		return rules_allow(c);
	if (c->s->type->id == SR_T_WITHDRAW && !own)
		return rules_deny(c, "not-applicant", "",
			"only the applicant (%s) withdraws a request", v->applicant);
	if (c->s->type->id == SR_T_COMMENT && !own &&
		!rules_has_role(c, SR_ROLE_MEMBER | SR_ROLE_OFFICER))
		return rules_deny(c, "not-party", "",
			"the applicant, members and officers comment on a request for rules");
	if (c->s->type->id == SR_T_RECUSE && rules_member(&c->board, c->me.person) == NULL)
		return rules_deny(
			c, "role-missing", "", "%s is not a member of the board", c->me.person);
	return rules_allow(c);
}

int rules_policy_asked(struct rules_ctx *c) {
	struct sr_cedar_policies *set = NULL;
	struct sr_schema *schema = NULL;
	uint8_t want[SR_HASH], have[SR_HASH];
	int rc = sr_field_hash(want, c->s, "set", 0, c->e);

	if (rc != 0)
		return rc;
	if (!rules_has_role(c, SR_ROLE_MEMBER | SR_ROLE_OFFICER | SR_ROLE_CURATOR))
		return rules_deny(c, "role-missing", "",
			"members, curators and officers ask for other rules");
	/* They came: the door takes no line without its object. */
	sr_sha256(have, c->object.p, c->object.len);
	if (memcmp(want, have, SR_HASH) != 0)
		return rules_deny(c, "rules-differ", "",
			"the rules that came have another SHA-256 than the request names");
	rc = sr_schema_parse(&schema, sr_policy_schema(), c->e);
	if (rc == 0)
		rc = sr_cedar_policies_new(&set, c->e);
	if (rc == 0)
		rc = judge(c, set, schema);
	sr_cedar_policies_free(set);
	sr_schema_free(schema);
	return rc;
}
