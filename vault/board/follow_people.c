/*
 * follow_people - what it brings about when a person's roles end, or they have a new key. See
 * follow_in.h.
 *
 * Everything that would go on without them is stopped in the same commit, as far as it takes that
 * (a person can ask for more than fits, and is ended all the same; the sweep does the rest,
 * door.h): grants that name them are suspended (co-applicants wait for a quorum, who may lift),
 * what they asked for lapses, what waits for votes that they can no longer give is decided without
 * them. What needs people (a reshare, boxes of held items for those who stay, a new passphrase of
 * the service keys) is told by `person show`.
 *
 * A new key inherits nothing that was sealed to the old one. Pieces of votes are sealed to request
 * keys, which are of the old seed: a grant that only this person reads under opens nothing any more
 * and ends (its room key is erased, in case the old key is in other hands); one with co-applicants
 * is suspended, for a quorum to look at. Open votes of a key that did not vouch for the new one are
 * void (catalogue/apply_key.c), so what is open is looked at again.
 */
#include "board/follow_in.h"

static int suspend(const struct follow_job *j, const uint8_t grant[SR_ID]) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_SUSPEND, j->f->now);
	sr_text_put_hex(&text, "grant", grant, SR_ID);
	rc = follow_emit(j, &text, NULL);
	sr_buf_free(&text);
	if (rc == 0)
		follow_tell_id(j, "suspended: grant", grant, "");
	return rc;
}

/* Those that are suspended already, too: whoever did that had another reason, and would lift it
 * alone, and the board's votes on it weighed that one. */
static int suspend_grants(const struct follow_job *j, const char *person, enum sr_state state) {
	const struct sr_grant_filter f = {.person = person, .state = state};
	struct sr_page page = {.limit = 1000};
	size_t n;
	int rc = 0;

	do { /* each round leaves fewer that live */
		struct sr_grants l = {0};

		rc = sr_query_grants(&l, j->v->catalogue, &f, &page, j->e);
		n = l.count;
		for (size_t i = 0; i < l.count && rc == 0 && follow_fits(j); i++)
			rc = suspend(j, l.rows[i].id);
		sr_grants_free(&l);
		if (state == SR_S_SUSPENDED) /* they stay in the list */
			page.offset += (uint32_t)n;
	} while (rc == 0 && n > 0 && follow_fits(j));
	return rc;
}

static int lapse_request(const struct follow_job *j, const struct sr_version_row *v) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_LAPSE, j->f->now);
	sr_text_put(&text, "what", "request");
	sr_text_put_hex(&text, "request", v->request, SR_ID);
	sr_text_put_dec(&text, "version", v->version);
	rc = follow_emit(j, &text, NULL);
	sr_buf_free(&text);
	if (rc == 0)
		follow_tell_id(j, "lapsed: request", v->request, "");
	return rc;
}

/* Open requests: those that the person made for themselves lapse, the others are looked at again,
 * since one member fewer votes. These first: what does not fit of the lapses, the sweep does. */
static int settle_requests(const struct follow_job *j, const char *person) {
	struct sr_versions l = {0};
	int rc = sr_query_open(&l, j->v->catalogue, j->e);

	for (int own = 0; own < 2; own++)
		for (size_t i = 0; i < l.count && rc == 0 && follow_fits(j); i++) {
			const struct sr_version_row *v = &l.rows[i];

			if ((v->has_key && strcmp(v->applicant, person) == 0) != (own == 1))
				continue;
			rc = own == 1 ? lapse_request(j, v) : follow_decide(j, v->request);
		}
	sr_versions_free(&l);
	return rc;
}

int follow_person_end(const struct follow_job *j) {
	const struct sr_bytes name = sr_field(j->s, "person", 0);
	struct sr_person_row p = {0};
	char person[SR_PERSON_TEXT];
	int rc;

	snprintf(person, sizeof person, "%.*s", (int)name.len, (const char *)name.p);
	rc = sr_query_person(&p, j->v->catalogue, person, j->e);
	if (rc == 0)
		rc = suspend_grants(j, person, SR_S_SUSPENDED);
	if (rc == 0)
		rc = suspend_grants(j, person, SR_S_LIVE);
	if (rc == 0)
		rc = settle_requests(j, person);
	if (rc == 0 && (p.roles_ever & SR_ROLE_CURATOR) != 0)
		j->f->curators(j->f->ctx);
	if (rc == 0 && (p.roles_ever & SR_ROLE_AUDITOR) != 0)
		rc = follow_auditors(j, person);
	if (rc == 0 && !follow_fits(j))
		j->f->later(j->f->ctx);
	sr_person_row_free(&p);
	return rc;
}

static int lapse_grant(const struct follow_job *j, const uint8_t grant[SR_ID]) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_LAPSE, j->f->now);
	sr_text_put(&text, "what", "grant");
	sr_text_put_hex(&text, "grant", grant, SR_ID);
	rc = follow_emit(j, &text, NULL);
	sr_buf_free(&text);
	if (rc == 0)
		follow_tell_id(j, "ask anew: ended is grant", grant, "");
	return rc;
}

/* Grants in ${state}: those of this person alone end; others are suspended, anew if they are. */
static int settle_grants(const struct follow_job *j, const char *person, enum sr_state state) {
	const struct sr_grant_filter f = {.person = person, .state = state};
	struct sr_page page = {.limit = 1000};
	size_t n;
	int rc = 0;

	do {
		struct sr_grants l = {0};

		rc = sr_query_grants(&l, j->v->catalogue, &f, &page, j->e);
		n = l.count;
		for (size_t i = 0; i < l.count && rc == 0 && follow_fits(j); i++) {
			if (strcmp(l.rows[i].people, person) == 0)
				rc = lapse_grant(j, l.rows[i].id);
			else
				rc = suspend(j, l.rows[i].id);
			if (state == SR_S_SUSPENDED && strcmp(l.rows[i].people, person) != 0)
				page.offset++; /* it stays in the list */
		}
		sr_grants_free(&l);
	} while (rc == 0 && n > 0 && follow_fits(j));
	return rc;
}

static bool has_key_of(const struct sr_version_row *v, const char *person) {
	if (!v->has_key)
		return false;
	if (strcmp(v->applicant, person) == 0)
		return true;
	for (size_t i = 0; i < v->people_count; i++)
		if (strcmp(v->people[i].person, person) == 0 && v->people[i].joined)
			return true;
	return false;
}

/* An open request on which they voted with a key that was lost: that vote is void. */
static int without_vote(
	const struct follow_job *j, const struct sr_version_row *v, const char *person) {
	struct sr_votes votes = {0};
	bool had = false;
	int rc = sr_query_votes(&votes, j->v->catalogue, v->request, v->version, j->e);

	for (size_t i = 0; i < votes.count; i++)
		had = had || (votes.rows[i].is_void && strcmp(votes.rows[i].person, person) == 0);
	sr_votes_free(&votes);
	if (rc != 0 || !had)
		return rc;
	follow_tell_id(j, "void, to be given anew: their vote on request", v->request, "");
	return follow_decide(j, v->request);
}

int follow_person_key(const struct follow_job *j) {
	const struct sr_bytes name = sr_field(j->s, "person", 0);
	struct sr_versions open = {0};
	struct sr_person_row p = {0};
	char person[SR_PERSON_TEXT];
	int rc;

	snprintf(person, sizeof person, "%.*s", (int)name.len, (const char *)name.p);
	rc = settle_grants(j, person, SR_S_SUSPENDED);
	if (rc == 0)
		rc = settle_grants(j, person, SR_S_LIVE);
	if (rc == 0)
		rc = sr_query_open(&open, j->v->catalogue, j->e);
	for (int own = 0; own < 2; own++)
		for (size_t i = 0; i < open.count && rc == 0 && follow_fits(j); i++) {
			const struct sr_version_row *v = &open.rows[i];

			if (has_key_of(v, person) == (own == 1))
				rc = own == 1 ? lapse_request(j, v) : without_vote(j, v, person);
		}
	sr_versions_free(&open);
	if (rc == 0)
		j->f->curators(j->f->ctx);
	if (rc == 0)
		j->f->dealings(j->f->ctx);
	if (rc == 0)
		rc = sr_query_person(&p, j->v->catalogue, person, j->e);
	if (rc == 0 && (p.roles & SR_ROLE_AUDITOR) != 0)
		rc = follow_key_epoch(j);
	if (rc == 0 && !follow_fits(j))
		j->f->later(j->f->ctx);
	sr_person_row_free(&p);
	return rc;
}
