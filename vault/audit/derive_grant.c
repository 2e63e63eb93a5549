/*
 * Grants, against the votes behind them. See derive.h.
 */
#include "audit/derive_in.h"

#include "board/invariants.h"

static bool all_approve(const struct derive_asked *a, const char *form) {
	for (size_t i = 0; i < a->votes.count; i++)
		if (derive_counts(&a->votes.rows[i]) && !sr_token_in(a->votes.rows[i].forms, form))
			return false;
	return true;
}

/* Forms that were asked for and that every approval names. */
static int grant_forms(bool *ok, struct sr_audit_finding *f, const struct derive_asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct audit_words asked, want;
	int rc;

	audit_words_init(&asked);
	audit_words_init(&want);
	rc = audit_words_split(&asked, a->v.forms, e);
	if (rc == 0)
		rc = audit_words_sort(&asked, e);
	for (size_t i = 0; rc == 0 && i < asked.count; i++)
		if (all_approve(a, asked.word[i]))
			rc = audit_words_add(&want, asked.word[i], strlen(asked.word[i]), e);
	if (rc == 0)
		rc = derive_words(ok, f, s, "form", &want, e);
	audit_words_free(&asked);
	audit_words_free(&want);
	return rc;
}

static int grant_trainings(bool *ok, struct sr_audit_finding *f, const struct derive_asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct audit_words want;
	int rc = 0;

	audit_words_init(&want);
	for (size_t i = 0; rc == 0 && i < a->votes.count; i++)
		if (derive_counts(&a->votes.rows[i]))
			rc = audit_words_split(&want, a->votes.rows[i].trainings, e);
	if (rc == 0)
		rc = derive_words(ok, f, s, "training", &want, e);
	audit_words_free(&want);
	return rc;
}

static int grant_people(bool *ok, struct sr_audit_finding *f, const struct derive_asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct audit_words want;
	int rc;

	audit_words_init(&want);
	rc = audit_words_add(&want, a->v.applicant, strlen(a->v.applicant), e);
	for (size_t i = 0; rc == 0 && i < a->v.people_count; i++)
		rc = audit_words_add(
			&want, a->v.people[i].person, strlen(a->v.people[i].person), e);
	if (rc == 0)
		rc = derive_words(ok, f, s, "person", &want, e);
	audit_words_free(&want);
	return rc;
}

/* Every approval, so that each one's conditions hold, and nothing else. */
static int grant_votes(bool *ok, struct sr_audit_finding *f, const struct derive_asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct audit_words want;
	int rc = 0;

	audit_words_init(&want);
	for (size_t i = 0; rc == 0 && i < a->votes.count; i++) {
		char hex[2 * SR_ID + 1];

		if (!derive_counts(&a->votes.rows[i]))
			continue;
		sr_hex(hex, a->votes.rows[i].statement, SR_ID);
		rc = audit_words_add(&want, hex, 2 * (size_t)SR_ID, e);
	}
	if (rc == 0)
		rc = derive_words(ok, f, s, "vote", &want, e);
	audit_words_free(&want);
	return rc;
}

static int64_t earliest_end(const struct derive_asked *a) {
	int64_t ends = a->v.ends;

	for (size_t i = 0; i < a->votes.count; i++) {
		const struct sr_vote_row *vote = &a->votes.rows[i];

		if (derive_counts(vote) && vote->ends != 0 && vote->ends < ends)
			ends = vote->ends;
	}
	return ends;
}

/* No item of the request is sealed to a higher level than the one that was voted at. */
static int grant_level(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct derive_asked *a, struct sr_err *e) {
	struct sr_version_seals seals = {0};
	int rc = a->v.items == 0 ? 0 : sr_query_version_seals(&seals, c, &a->v, 0, e);

	if (rc == 0 && *ok && seals.level > a->v.level) {
		derive_wrong(f, f->what, "level",
			"an item of it is sealed to level %u; it was voted at %u", seals.level,
			a->v.level);
		*ok = false;
	}
	return rc;
}

/* Co-applicants joined, and nobody of those who read has left since the votes. */
static int grant_readers(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct derive_asked *a, struct sr_err *e) {
	char left[SR_PERSON_TEXT];
	const char *why = "";
	int rc = sr_invariants_reader_ended(left, &why, c, &a->v, e);

	if (rc == 0 && left[0] != '\0') {
		derive_wrong(f, f->what, "person", "%s %s", left, why);
		*ok = false;
	}
	for (size_t i = 0; rc == 0 && *ok && i < a->v.people_count; i++)
		if (!a->v.people[i].joined) {
			derive_wrong(f, f->what, "person", "co-applicant %s had not joined",
				a->v.people[i].person);
			*ok = false;
		}
	return rc;
}

static int grant_lines(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct derive_asked *a, const struct sr_statement *s, struct sr_err *e) {
	int rc = 0;

	derive_line(ok, f, s, "right", a->v.kind);
	derive_time(ok, f, s, "ends", earliest_end(a));
	derive_dec(ok, f, s, "level", a->v.level);
	derive_dec(ok, f, s, "epoch", a->v.epoch);
	if (*ok)
		rc = grant_readers(ok, f, c, a, e);
	if (rc == 0 && *ok)
		rc = grant_people(ok, f, a, s, e);
	if (rc == 0 && *ok)
		rc = grant_votes(ok, f, a, s, e);
	if (rc == 0 && *ok)
		rc = grant_forms(ok, f, a, s, e);
	if (rc == 0 && *ok)
		rc = grant_trainings(ok, f, a, s, e);
	return rc == 0 && *ok ? grant_level(ok, f, c, a, e) : rc;
}

int sr_derive_grant(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e) {
	static const char *const kinds[] = {"access", "export", "referral", "reseal", "redact"};
	struct derive_asked *a = NULL;
	bool granted = false;
	int rc = derive_load(&a, c, s, e);

	*ok = true;
	snprintf(f->what, sizeof f->what, "grant");
	if (rc == SR_NOTFOUND)
		return derive_not_there(ok, f, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		granted = granted || strcmp(a->v.kind, kinds[i]) == 0;
	if (!granted) {
		derive_wrong(
			f, f->what, "request", "a request of kind %s brings no grant", a->v.kind);
		*ok = false;
	}
	if (*ok)
		rc = derive_quorum(ok, f, c, a, e);
	if (rc == 0 && *ok)
		rc = grant_lines(ok, f, c, a, s, e);
	derive_asked_free(a);
	return rc;
}
