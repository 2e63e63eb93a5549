/*
 * follow_people - what it brings about when a person's roles end. See follow_in.h.
 *
 * Everything that would go on without them is stopped in the same commit: live grants that name
 * them are suspended (co-applicants wait for a quorum, who may lift), what they asked for lapses,
 * what waits for votes that they can no longer give is decided without them. What needs people
 * (a reshare, boxes of held items for those who stay, a new passphrase of the service keys) is told
 * by `person show`.
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

static int suspend_grants(const struct follow_job *j, const char *person) {
	const struct sr_grant_filter live = {.person = person, .state = SR_S_LIVE};
	const struct sr_page page = {.limit = 1000};
	size_t n;
	int rc = 0;

	do { /* each round leaves fewer that live */
		struct sr_grants l = {0};

		rc = sr_query_grants(&l, j->v->catalogue, &live, &page, j->e);
		n = l.count;
		for (size_t i = 0; i < l.count && rc == 0; i++)
			rc = suspend(j, l.rows[i].id);
		sr_grants_free(&l);
	} while (rc == 0 && n > 0);
	return rc;
}

static int lapse(const struct follow_job *j, const struct sr_version_row *v) {
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
 * since one member fewer votes. */
static int settle_requests(const struct follow_job *j, const char *person) {
	struct sr_versions l = {0};
	int rc = sr_query_open(&l, j->v->catalogue, j->e);

	for (size_t i = 0; i < l.count && rc == 0; i++) {
		const struct sr_version_row *v = &l.rows[i];

		if (v->has_key && strcmp(v->applicant, person) == 0)
			rc = lapse(j, v);
		else
			rc = follow_decide(j, v->request);
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
		rc = suspend_grants(j, person);
	if (rc == 0)
		rc = settle_requests(j, person);
	if (rc == 0 && (p.roles_ever & SR_ROLE_CURATOR) != 0)
		j->f->curators(j->f->ctx);
	sr_person_row_free(&p);
	return rc;
}
