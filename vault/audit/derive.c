/*
 * derive - see derive.h and derive_in.h.
 */
#include "audit/derive_in.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/time.h"

void derive_wrong(
	struct sr_audit_finding *f, const char *what, const char *field, const char *fmt, ...) {
	va_list ap;

	if (what != f->what)
		snprintf(f->what, sizeof f->what, "%s", what);
	snprintf(f->field, sizeof f->field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
}

int derive_words(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, struct audit_words *want, struct sr_err *e) {
	struct audit_words have;
	char says[160], derived[160];
	int rc = audit_words_sort(want, e);

	audit_words_init(&have);
	for (size_t i = 0; rc == 0 && i < sr_field_count(s, key); i++) {
		const struct sr_bytes v = sr_field(s, key, i);

		rc = audit_words_add(&have, (const char *)v.p, v.len, e);
	}
	if (rc == 0)
		rc = audit_words_sort(&have, e);
	if (rc == 0 && !audit_words_equal(want, &have)) {
		audit_words_show(says, sizeof says, &have);
		audit_words_show(derived, sizeof derived, want);
		derive_wrong(f, f->what, key, "it says %s %s; from the votes follows %s", key, says,
			derived);
		*ok = false;
	}
	audit_words_free(&have);
	return rc;
}

void derive_asked_free(struct derive_asked *a) {
	if (a == NULL)
		return;
	sr_votes_free(&a->votes);
	sr_version_row_free(&a->v);
	free(a);
}

bool derive_counts(const struct sr_vote_row *vote) {
	return !vote->is_void && strcmp(vote->decision, "approve") == 0;
}

int derive_load(struct derive_asked **out, struct sr_catalogue *c, const struct sr_statement *s,
	struct sr_err *e) {
	struct derive_asked *a = calloc(1, sizeof *a);
	uint8_t request[SR_ID];
	uint64_t version = 0;
	int rc;

	*out = NULL;
	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "audit: out of memory");
	rc = sr_field_id(request, s, "request", 0, e);
	if (rc == 0 && sr_field_count(s, "version") > 0) {
		rc = sr_field_dec(&version, s, "version", 0, e);
		if (rc == 0 && (version == 0 || version > UINT32_MAX))
			rc = sr_fail(e, SR_NOTFOUND, "there is no version %llu",
				(unsigned long long)version);
	}
	if (rc == 0)
		rc = sr_query_version(&a->v, c, request, (uint32_t)version, e);
	if (rc == 0)
		rc = sr_query_votes(&a->votes, c, request, a->v.version, e);
	if (rc == 0)
		rc = sr_query_board(&a->board, c, a->v.board, a->v.epoch, e);
	for (size_t i = 0; rc == 0 && i < a->board.level_count; i++)
		if (a->board.levels[i].level == a->v.level)
			a->quorum = a->board.levels[i].quorum;
	if (rc == 0)
		*out = a;
	else
		derive_asked_free(a);
	return rc;
}

/* May this vote count? Its voter sat on the board in that epoch, and is none whom the request is
 * of. */
static int eligible(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct derive_asked *a, const struct sr_vote_row *vote, struct sr_err *e) {
	struct sr_attestation_row why = {0};
	bool sits = false, recused = false, conflict = false;
	const char *against = NULL;
	int rc = sr_query_recused(&recused, c, a->v.request, vote->person, e);

	if (rc == 0)
		rc = sr_query_conflict(
			&conflict, &why, c, a->v.request, a->v.version, vote->person, e);
	sr_attestation_row_free(&why);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < a->board.member_count; i++)
		sits = sits || strcmp(a->board.members[i].person, vote->person) == 0;
	if (!sits)
		against = "was no member of the board in that epoch";
	else if (vote->epoch != a->v.epoch)
		against = "voted in another epoch";
	else if (recused)
		against = "had recused themselves";
	else if (conflict)
		against = "was in conflict with somebody of the request";
	else if (a->v.has_key && strcmp(a->v.applicant, vote->person) == 0)
		against = "is the applicant";
	for (size_t i = 0; a->v.has_key && i < a->v.people_count; i++)
		if (strcmp(a->v.people[i].person, vote->person) == 0)
			against = "is a co-applicant";
	for (size_t i = 0; i < a->votes.count; i++)
		if (&a->votes.rows[i] != vote && derive_counts(&a->votes.rows[i]) &&
			strcmp(a->votes.rows[i].person, vote->person) == 0)
			against = "voted twice";
	if (against != NULL) {
		derive_wrong(f, f->what, "vote", "the vote of entry %llu does not count: %s %s",
			(unsigned long long)vote->entry, vote->person, against);
		*ok = false;
	}
	return 0;
}

int derive_quorum(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct derive_asked *a, struct sr_err *e) {
	uint32_t approved = 0;
	int rc = 0;

	if (a->v.state != SR_S_OPEN) {
		derive_wrong(f, f->what, "request", "version %u of its request was %s, not open",
			a->v.version, sr_state_name(a->v.state));
		*ok = false;
	}
	for (size_t i = 0; i < a->votes.count && rc == 0 && *ok; i++) {
		if (!derive_counts(&a->votes.rows[i]))
			continue;
		approved++;
		rc = eligible(ok, f, c, a, &a->votes.rows[i], e);
	}
	if (rc == 0 && *ok && (a->quorum == 0 || approved < a->quorum)) {
		derive_wrong(f, f->what, "vote",
			"level %u of the board takes %u members; %u approved", a->v.level,
			a->quorum, approved);
		*ok = false;
	}
	return rc;
}

int derive_not_there(bool *ok, struct sr_audit_finding *f, struct sr_err *e) {
	derive_wrong(f, f->what, "request", "there is no such request or version before it");
	sr_err_clear(e);
	*ok = false;
	return 0;
}

/* --- one line against the request ------------------------------------------------------------- */

void derive_line(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, const char *want) {
	const struct sr_bytes v = sr_field(s, key, 0);
	char shown[96];

	if (!*ok || (v.p == NULL && (want == NULL || *want == '\0')))
		return;
	if (v.p != NULL && want != NULL && sr_bytes_eq(v, sr_bytes_str(want)))
		return;
	derive_wrong(f, f->what, key, "it says %s %s; what was asked and voted for is %s", key,
		v.p != NULL ? sr_escape_to(shown, sizeof shown, v) : "nothing",
		want != NULL && *want != '\0' ? want : "nothing");
	*ok = false;
}

void derive_id(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s, const char *key,
	const uint8_t want[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, want, SR_ID);
	derive_line(ok, f, s, key, hex);
}

void derive_dec(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s, const char *key,
	uint64_t want) {
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)want);
	derive_line(ok, f, s, key, text);
}

void derive_time(bool *ok, struct sr_audit_finding *f, const struct sr_statement *s,
	const char *key, int64_t want) {
	char text[SR_TIME_TEXT];

	sr_time_format(text, want);
	derive_line(ok, f, s, key, text);
}
