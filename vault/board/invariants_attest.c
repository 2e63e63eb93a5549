/*
 * invariants_attest - what an officer may attest of people, and end. See invariants_in.h.
 *
 *   training        TERM (what was learned), until when
 *   affiliation     TERM (where), until when
 *   supervisor-of   OF (who is supervised)
 *   conflict        OF (with whom), or REQUEST, or both
 *
 * The last two keep members from voting; nothing here gives anybody access, so an officer who
 * attests what is not so can hinder, on the record, and no more.
 */
#include "board/invariants_in.h"

static const struct {
	const char *kind;
	int of, request, term; /* 1 must, 0 may, -1 must not */
} kinds[] = {
	{"training", -1, -1, 1},
	{"affiliation", -1, -1, 1},
	{"supervisor-of", 1, -1, -1},
	{"conflict", 0, 0, -1},
};

static const char *const names[] = {"training", "affiliation", "supervisor-of", "conflict", NULL};

const char *const *sr_invariants_attestations(void) {
	return names;
}

/* True when the lines are those of the kind; else the ruling is made. */
static bool lines_hold(struct rules_ctx *c, size_t k) {
	const struct {
		const char *key;
		int want;
	} lines[] = {{"of", kinds[k].of}, {"request", kinds[k].request}, {"term", kinds[k].term}};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const size_t n = sr_field_count(c->s, lines[i].key);

		if ((lines[i].want > 0 && n == 0) || (lines[i].want < 0 && n > 0)) {
			rules_deny(c, n == 0 ? "attest-incomplete" : "attest-surplus", "",
				"an attestation of kind %s %s the line %s", kinds[k].kind,
				n == 0 ? "needs" : "has no place for", lines[i].key);
			return false;
		}
	}
	if (strcmp(kinds[k].kind, "conflict") == 0 &&
		sr_field_count(c->s, "of") + sr_field_count(c->s, "request") == 0) {
		rules_deny(c, "attest-incomplete", "name the other person, or the request",
			"a conflict is with somebody, or about a request");
		return false;
	}
	return true;
}

/* Both must be known, and two. */
static int people_hold(struct rules_ctx *c) {
	static const char *const keys[] = {"person", "of"};
	char name[2][SR_PERSON_TEXT] = {"", ""};

	for (size_t i = 0; i < 2; i++) {
		struct sr_person_row row = {0};
		int rc;

		if (sr_field_count(c->s, keys[i]) == 0)
			continue;
		rules_person_text(name[i], c->s, keys[i]);
		rc = sr_query_person(&row, c->cat, name[i], c->e);
		const bool erased = rc == 0 && row.erased != 0;
		sr_person_row_free(&row);
		if (erased)
			return rules_deny(c, "person-erased", "",
				"what was kept of %s is erased, and nothing is said of them again",
				name[i]);
		if (rc == SR_NOTFOUND)
			return rules_deny(c, "no-such-person", "a curator or officer adds people",
				"%s is not known here", name[i]);
		if (rc != 0)
			return rc;
	}
	if (strcmp(name[0], name[1]) == 0)
		return rules_deny(c, "same-person", "", "the attestation names %s twice", name[0]);
	return rules_allow(c);
}

static int request_holds(struct rules_ctx *c) {
	struct sr_version_row v = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "request", 0, NULL);

	if (rc != 0) /* no such line */
		return rules_allow(c);
	rc = sr_query_version(&v, c->cat, id, 0, c->e);
	sr_version_row_free(&v);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-request", "", "no such request");
	return rc == 0 ? rules_allow(c) : rc;
}

int rule_attest(struct rules_ctx *c) {
	struct sr_attestation_row row = {0};
	uint8_t id[SR_ID];
	int64_t ends = 0;
	size_t k;
	int rc = sr_field_id(id, c->s, "attestation", 0, c->e);

	if (rc != 0)
		return rc;
	for (k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
		if (rules_field_is(c->s, "kind", kinds[k].kind))
			break;
	if (k == sizeof kinds / sizeof kinds[0])
		return rules_deny(c, "unknown-attestation", "attest --help lists the kinds",
			"unknown kind of attestation");
	if (!lines_hold(c, k))
		return 0;
	if (sr_field_time(&ends, c->s, "ends", 0, NULL) == 0 && ends <= c->now)
		return rules_deny(c, "ends-past", "", "its end lies in the past");
	rc = sr_query_attestation(&row, c->cat, id, c->e);
	sr_attestation_row_free(&row);
	if (rc == 0)
		return rules_deny(
			c, "attestation-taken", "", "an attestation with this id is there already");
	if (rc != SR_NOTFOUND)
		return rc;
	rc = people_hold(c);
	return rc == 0 && c->out->allowed ? request_holds(c) : rc;
}

int rule_attest_end(struct rules_ctx *c) {
	struct sr_attestation_row row = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "attestation", 0, c->e);

	if (rc == 0)
		rc = sr_query_attestation(&row, c->cat, id, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(
			c, "no-such-attestation", "person show lists them", "no such attestation");
	if (rc != 0)
		return rc;
	if (row.ended != 0)
		rc = rules_deny(c, "attestation-ended", "", "it ended with entry %llu",
			(unsigned long long)row.ended);
	else
		rc = rules_allow(c);
	sr_attestation_row_free(&row);
	return rc;
}
