/*
 * follow - see follow.h. One function per statement that brings something about.
 */
#include "board/follow.h"

#include "board/ceremony.h"
#include "board/keys.h"
#include "catalogue/query.h"
#include "ledger/epoch.h"
#include "ledger/ledger.h"
#include "store/object.h"
#include "store/secrets.h"

struct job {
	const struct sr_follow *f;
	struct sr_vault *v;
	const struct sr_statement *s;
	struct sr_err *e;
};

void sr_follow_begin(
	struct sr_buf *b, const struct sr_vault *v, enum sr_type_id type, int64_t now) {
	struct sr_head head = {0};

	memcpy(head.vault, v->fingerprint, SR_HASH);
	sr_random(head.id, SR_ID);
	head.time = now;
	snprintf(head.actor, sizeof head.actor, "service");
	sr_statement_begin(b, type, &head);
}

static int emit(const struct job *j, struct sr_buf *text, const struct sr_submission *parts) {
	static const struct sr_submission none;
	int rc = sr_buf_ok(text, j->e);

	return rc != 0 ? rc
		       : j->f->service(
				 j->f->ctx, parts != NULL ? parts : &none, sr_buf_view(text), j->e);
}

static void tell_id(
	const struct job *j, const char *what, const uint8_t id[SR_ID], const char *more) {
	char hex[2 * SR_ID + 1], sentence[96];

	sr_hex(hex, id, SR_ID);
	snprintf(sentence, sizeof sentence, "%s %s%s", what, hex, more);
	j->f->tell(j->f->ctx, sentence);
}

/* --- trust and ceremony ----------------------------------------------------------------------- */

static int auditor_order(const void *a, const void *b) {
	return strcmp(
		((const struct sr_auditor *)a)->person, ((const struct sr_auditor *)b)->person);
}

static int on_found(const struct job *j) {
	struct sr_people people = {0};
	struct sr_auditor *auditors = NULL;
	struct sr_door_object object = {0};
	struct sr_submission parts = {0};
	struct sr_epoch epoch;
	struct sr_buf body, text;
	uint8_t id[SR_HASH];
	int rc;

	sr_buf_init(&body);
	sr_buf_init(&text);
	sr_vault_epoch(&epoch, j->v);
	rc = sr_query_people(&people, j->v->catalogue, SR_ROLE_AUDITOR, j->e);
	if (rc != 0)
		goto out;
	auditors = calloc(people.count == 0 ? 1 : people.count, sizeof *auditors);
	if (auditors == NULL) {
		rc = sr_fail(
			j->e, SR_NOMEM, "key-epoch: out of memory for %zu auditors", people.count);
		goto out;
	}
	for (size_t i = 0; i < people.count; i++) {
		memcpy(auditors[i].person, people.rows[i].person, SR_PERSON_TEXT);
		memcpy(auditors[i].pk, people.rows[i].pk, SR_PK);
	}
	qsort(auditors, people.count, sizeof *auditors, auditor_order);
	rc = sr_epoch_seal(&body, j->v->fingerprint, &epoch, auditors, people.count, j->e);
	if (rc != 0)
		goto out;
	sr_random(object.salt, SR_SALT);
	object.body = sr_buf_view(&body);
	sr_object_id(id, object.salt, object.body);
	parts.objects = &object;
	parts.object_count = 1;
	sr_follow_begin(&text, j->v, SR_T_KEY_EPOCH, j->f->now);
	sr_text_put_dec(&text, "epoch", epoch.number);
	sr_text_put_hex(&text, "keys", id, SR_HASH);
	for (size_t i = 0; i < people.count; i++)
		sr_text_put(&text, "auditor", auditors[i].person);
	rc = emit(j, &text, &parts);
out:
	sr_wipe(&epoch, sizeof epoch);
	free(auditors);
	sr_people_free(&people);
	sr_buf_free(&body);
	sr_buf_free(&text);
	return rc;
}

static int on_accept(const struct job *j) {
	struct sr_run_row *run = calloc(1, sizeof *run);
	struct sr_ceremony_keys *keys = calloc(1, sizeof *keys);
	struct sr_buf text;
	uint8_t id[SR_ID];
	int rc = run == NULL || keys == NULL ? sr_fail(j->e, SR_NOMEM, "accept: out of memory") : 0;

	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_field_id(id, j->s, "run", 0, j->e);
	if (rc == 0)
		rc = sr_query_run(run, j->v->catalogue, id, j->e);
	if (rc != 0)
		goto out;
	for (size_t i = 0; i < run->member_count; i++)
		if (!run->members[i].accepted)
			goto out; /* more to come */
	rc = sr_ceremony_run_keys(keys, j->v, run, j->e);
	if (rc != 0)
		goto out;
	if (memcmp(keys->transcript, run->members[0].transcript, SR_HASH) != 0) {
		rc = sr_fail(j->e, SR_AUTH,
			"the transcript that all members accepted is not the one the vault "
			"computes");
		goto out;
	}
	sr_follow_begin(&text, j->v, SR_T_OPENED, j->f->now);
	sr_text_put_hex(&text, "run", run->run, SR_ID);
	sr_text_put_hex(&text, "transcript", keys->transcript, SR_HASH);
	sr_text_put_dec(&text, "epoch", 1);
	for (size_t i = 0; i < keys->levels; i++) {
		sr_buf_printf(&text, "board-key %u ", keys->level[i].level);
		sr_buf_put_base64(&text, keys->level[i].board, SR_POINT);
		sr_buf_put_u8(&text, '\n');
	}
	rc = emit(j, &text, NULL);
	if (rc == 0)
		j->f->tell(j->f->ctx, "all members accepted: the board is open");
out:
	sr_buf_free(&text);
	free(run);
	free(keys);
	return rc;
}

/* --- requests --------------------------------------------------------------------------------- */

int sr_follow_room_key(struct sr_buf *text, struct sr_vault *v, const struct sr_version_row *row,
	int64_t now, struct sr_err *e) {
	uint8_t pk[SR_X_PK], sk[SR_X_SK];
	char name[2 * SR_ID + 1];
	int rc;

	sr_box_keypair(pk, sk);
	sr_hex(name, row->request, SR_ID);
	/* One that is there belongs to a commit that failed before its statement was durable. */
	rc = sr_secrets_replace(v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), row->version,
		sr_bytes_of(sk, SR_X_SK), e);
	sr_wipe(sk, sizeof sk);
	if (rc != 0)
		return rc;
	sr_follow_begin(text, v, SR_T_ROOM_KEY, now);
	sr_text_put_hex(text, "request", row->request, SR_ID);
	sr_text_put_dec(text, "version", row->version);
	sr_text_put_hex(text, "of", row->hash, SR_HASH);
	sr_text_put_base64(text, "key", pk, SR_X_PK);
	return sr_buf_ok(text, e);
}

static int on_request(const struct job *j) {
	struct sr_version_row row = {0};
	struct sr_buf text;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, j->s, "request", 0, j->e);

	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_query_version(&row, j->v->catalogue, id, 0, j->e);
	if (rc != 0)
		goto out;
	if (row.version > 1)
		rc = j->f->ends(j->f->ctx, id, row.version - 1, j->e);
	if (rc != 0 || !row.has_list)
		goto out;
	rc = sr_follow_room_key(&text, j->v, &row, j->f->now, j->e);
	if (rc == 0)
		rc = emit(j, &text, NULL);
out:
	sr_version_row_free(&row);
	sr_buf_free(&text);
	return rc;
}

static int on_request_end(const struct job *j) {
	uint8_t id[SR_ID];
	uint64_t version = 0;
	int rc = sr_field_id(id, j->s, "request", 0, j->e);

	if (rc == 0)
		rc = sr_field_dec(&version, j->s, "version", 0, j->e);
	return rc != 0 ? rc : j->f->ends(j->f->ctx, id, (uint32_t)version, j->e);
}

static int on_grant_end(const struct job *j) {
	struct sr_grant_row g = {0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, j->s, "grant", 0, j->e);

	if (rc == 0)
		rc = sr_query_grant(&g, j->v->catalogue, id, j->e);
	if (rc == 0)
		rc = j->f->ends(j->f->ctx, g.request, g.version, j->e);
	sr_grant_row_free(&g);
	return rc;
}

static int on_lapse(const struct job *j) {
	if (sr_field_count(j->s, "checkout") > 0)
		return 0;
	return sr_field_count(j->s, "grant") > 0 ? on_grant_end(j) : on_request_end(j);
}

static int on_refuse(const struct job *j) {
	if (!sr_bytes_eq(sr_field(j->s, "what", 0), sr_bytes_str("request")) ||
		sr_field_count(j->s, "version") == 0)
		return 0;
	return on_request_end(j);
}

/* --- decisions -------------------------------------------------------------------------------- */

struct decision {
	struct sr_version_row v;
	struct sr_votes votes;
	struct sr_tally tally;
};

static bool counts(const struct sr_vote_row *vote) {
	return !vote->is_void && strcmp(vote->decision, "approve") == 0;
}

/* Is this form in every approval? */
static bool all_allow(const struct decision *d, const char *form) {
	for (size_t i = 0; i < d->votes.count; i++)
		if (counts(&d->votes.rows[i]) && !sr_token_in(d->votes.rows[i].forms, form))
			return false;
	return true;
}

static void put_forms(struct sr_buf *text, const struct decision *d) {
	const char *p = d->v.forms;

	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, " ");
		char form[64];

		snprintf(form, sizeof form, "%.*s", (int)(n < 63 ? n : 63), p);
		if (all_allow(d, form))
			sr_text_put(text, "form", form);
		p += n;
		p += strspn(p, " ");
	}
}

static int person_order(const void *a, const void *b) {
	return strcmp(a, b);
}

static void put_people(struct sr_buf *text, const struct decision *d) {
	char people[SR_REQUEST_PEOPLE_MAX + 1][SR_PERSON_TEXT];
	size_t n = 0;

	memcpy(people[n++], d->v.applicant, SR_PERSON_TEXT);
	for (size_t i = 0; i < d->v.people_count; i++)
		memcpy(people[n++], d->v.people[i].person, SR_PERSON_TEXT);
	qsort(people, n, SR_PERSON_TEXT, person_order);
	for (size_t i = 0; i < n; i++)
		sr_text_put(text, "person", people[i]);
}

static int decide_grant(const struct job *j, const struct decision *d) {
	struct sr_buf text;
	uint8_t id[SR_ID];
	int64_t ends = d->v.ends;
	int rc;

	sr_buf_init(&text);
	sr_random(id, SR_ID);
	for (size_t i = 0; i < d->votes.count; i++)
		if (counts(&d->votes.rows[i]) && d->votes.rows[i].ends != 0 &&
			d->votes.rows[i].ends < ends)
			ends = d->votes.rows[i].ends;
	sr_follow_begin(&text, j->v, SR_T_GRANT, j->f->now);
	sr_text_put_hex(&text, "grant", id, SR_ID);
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put_dec(&text, "version", d->v.version);
	sr_text_put(&text, "right", strcmp(d->v.kind, "export") == 0 ? "export" : "access");
	put_people(&text, d);
	put_forms(&text, d);
	sr_text_put_time(&text, "ends", ends);
	sr_text_put_dec(&text, "level", d->v.level);
	sr_text_put_dec(&text, "epoch", d->v.epoch);
	for (size_t i = 0; i < d->votes.count; i++)
		if (counts(&d->votes.rows[i]))
			sr_text_put_hex(&text, "vote", d->votes.rows[i].statement, SR_ID);
	rc = emit(j, &text, NULL);
	if (rc == 0)
		tell_id(j, "granted: grant", id, "");
	sr_buf_free(&text);
	return rc;
}

static int decide_revoke(const struct job *j, const struct decision *d) {
	struct sr_grant_row g = {0};
	struct sr_buf text;
	bool live;
	int rc = sr_query_grant(&g, j->v->catalogue, d->v.target, j->e);

	live = rc == 0 && sr_state_may(SR_M_GRANT, g.state, SR_E_REVOKE);
	sr_grant_row_free(&g);
	if (rc != 0)
		return rc;
	sr_buf_init(&text);
	if (!live) { /* it ended by itself meanwhile: the request is moot, and says so */
		sr_follow_begin(&text, j->v, SR_T_REFUSE, j->f->now);
		sr_text_put(&text, "what", "request");
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_dec(&text, "version", d->v.version);
		sr_text_put_hex(&text, "grant", d->v.target, SR_ID);
		sr_text_put(&text, "rule", "grant-ended");
		rc = emit(j, &text, NULL);
		j->f->tell(
			j->f->ctx, "the grant has ended already; there is nothing left to revoke");
	} else {
		sr_follow_begin(&text, j->v, SR_T_REVOKE, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_hex(&text, "grant", d->v.target, SR_ID);
		rc = emit(j, &text, NULL);
		if (rc == 0)
			tell_id(j, "revoked: grant", d->v.target, "");
	}
	sr_buf_free(&text);
	return rc;
}

/* The record that opens ${key} of the request's statement, copied from its entry: the new statement
 * commits to the same. */
static int request_text(const struct job *j, const struct decision *d, const char *key,
	struct sr_door_text *out, struct sr_buf *keep) {
	struct sr_entry en = {0};
	int rc = sr_vault_entry(&en, j->v, d->v.entry, j->e);

	if (rc != 0)
		return rc;
	rc = SR_NOTFOUND;
	for (size_t i = 0; i < en.count && rc != 0; i++) {
		if (strcmp(en.records[i].key, key) != 0 || en.records[i].state != SR_RECORD_READ)
			continue;
		snprintf(out->field, sizeof out->field, "%s", key);
		out->index = 0;
		memcpy(out->salt, en.records[i].salt, SR_SALT);
		sr_buf_put_bytes(keep, en.records[i].text);
		rc = sr_buf_ok(keep, j->e);
		out->text = sr_buf_view(keep);
	}
	sr_entry_free(&en);
	if (rc == SR_NOTFOUND)
		return sr_fail(j->e, SR_NOTFOUND,
			"request: the %s it was made with can no longer be read", key);
	return rc;
}

static int decide_collection(const struct job *j, const struct decision *d) {
	struct sr_door_text name = {0};
	struct sr_submission parts = {0};
	struct sr_buf text, keep;
	int rc;

	sr_buf_init(&text);
	sr_buf_init_secret(&keep);
	rc = request_text(j, d, "name", &name, &keep);
	if (rc == 0) {
		parts.texts = &name;
		parts.text_count = 1;
		sr_follow_begin(&text, j->v, SR_T_COLLECTION, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_hex(&text, "collection", d->v.collection, SR_ID);
		sr_text_put(&text, "dedupe", d->v.dedupe);
		sr_statement_put_text(&text, "name", name.salt, name.text);
		rc = emit(j, &text, &parts);
	}
	if (rc == 0)
		tell_id(j, "decided: collection", d->v.collection, "");
	sr_buf_free(&text);
	sr_buf_free(&keep);
	return rc;
}

static int decide_role(const struct job *j, const struct decision *d) {
	struct sr_door_text name = {0};
	struct sr_submission parts = {0};
	struct sr_buf text, keep;
	const char *p = d->v.roles;
	int rc;

	sr_buf_init(&text);
	sr_buf_init_secret(&keep);
	rc = request_text(j, d, "card", &name, &keep);
	if (rc != 0)
		goto out;
	parts.texts = &name;
	parts.text_count = 1;
	sr_follow_begin(&text, j->v, SR_T_PERSON, j->f->now);
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put(&text, "person", d->v.subject);
	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, " ");

		sr_text_putf(&text, "role", "%.*s", (int)n, p);
		p += n;
		p += strspn(p, " ");
	}
	sr_text_put(&text, "card", d->v.card);
	rc = emit(j, &text, &parts);
	if (rc == 0)
		j->f->tell(j->f->ctx, "decided: the role is given");
out:
	sr_buf_free(&text);
	sr_buf_free(&keep);
	return rc;
}

static int decide_refused(const struct job *j, const struct decision *d) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_REFUSE, j->f->now);
	sr_text_put(&text, "what", "request");
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put_dec(&text, "version", d->v.version);
	sr_text_put(&text, "rule", "quorum-out-of-reach");
	rc = emit(j, &text, NULL);
	if (rc == 0)
		tell_id(j, "refused: request", d->v.request, "");
	sr_buf_free(&text);
	return rc;
}

/* An act that needs no piece may have been asked for by a member, whose vote then counts like any
 * other's: two members revoke, also where there are only two. */
static uint32_t eligible(const struct job *j, const struct decision *d) {
	struct sr_person_row p = {0};
	struct sr_grant_row g = {0};
	bool recused = false, member = false;

	if (d->v.has_list)
		return d->tally.eligible;
	if (sr_query_person(&p, j->v->catalogue, d->v.applicant, NULL) == 0)
		member = (p.roles & SR_ROLE_MEMBER) != 0;
	sr_person_row_free(&p);
	if (d->v.subject != NULL && strcmp(d->v.subject, d->v.applicant) == 0)
		member = false;
	if (strcmp(d->v.kind, "revoke") == 0 &&
		sr_query_grant(&g, j->v->catalogue, d->v.target, NULL) == 0)
		member = member && !sr_token_in(g.people, d->v.applicant);
	sr_grant_row_free(&g);
	if (member &&
		sr_query_recused(&recused, j->v->catalogue, d->v.request, d->v.applicant, NULL) ==
			0 &&
		!recused)
		return d->tally.eligible + 1;
	return d->tally.eligible;
}

static int decide(const struct job *j, const uint8_t request[SR_ID]) {
	struct decision *d = calloc(1, sizeof *d);
	int rc;

	if (d == NULL)
		return sr_fail(j->e, SR_NOMEM, "vote: out of memory");
	rc = sr_query_version(&d->v, j->v->catalogue, request, 0, j->e);
	if (rc == 0)
		rc = sr_query_votes(&d->votes, j->v->catalogue, request, d->v.version, j->e);
	if (rc == 0)
		rc = sr_query_tally(&d->tally, j->v->catalogue, request, d->v.version, j->e);
	if (rc != 0 || d->v.state != SR_S_OPEN)
		goto out;
	if (d->tally.approved >= d->v.level) {
		if (strcmp(d->v.kind, "revoke") == 0)
			rc = decide_revoke(j, d);
		else if (strcmp(d->v.kind, "collection") == 0)
			rc = decide_collection(j, d);
		else if (strcmp(d->v.kind, "role") == 0)
			rc = decide_role(j, d);
		else
			rc = decide_grant(j, d);
	} else if (eligible(j, d) < d->v.level + d->tally.rejected) {
		rc = decide_refused(j, d);
	}
out:
	sr_votes_free(&d->votes);
	sr_version_row_free(&d->v);
	free(d);
	return rc;
}

static int on_vote(const struct job *j) {
	uint8_t id[SR_ID], hash[SR_HASH];
	uint64_t version = 0;
	int rc = sr_field_id_hash(id, hash, j->s, "request", j->e);

	if (rc == 0)
		rc = sr_field_dec(&version, j->s, "version", 0, j->e);
	if (rc != 0)
		return rc;
	if (sr_bytes_eq(sr_field(j->s, "decision", 0), sr_bytes_str("correct"))) {
		j->f->tell(j->f->ctx, "returned to the applicant for correction");
		return j->f->ends(j->f->ctx, id, (uint32_t)version, j->e);
	}
	if (sr_bytes_eq(sr_field(j->s, "decision", 0), sr_bytes_str("topup")))
		return 0;
	return decide(j, id);
}

static int on_recuse(const struct job *j) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, j->s, "request", 0, j->e);

	return rc != 0 ? rc : decide(j, id);
}

static int (*const follow[SR_T_COUNT])(const struct job *j) = {
	[SR_T_FOUND] = on_found,
	[SR_T_ACCEPT] = on_accept,
	[SR_T_REQUEST] = on_request,
	[SR_T_AMEND] = on_request,
	[SR_T_VOTE] = on_vote,
	[SR_T_RECUSE] = on_recuse,
	[SR_T_WITHDRAW] = on_request_end,
	[SR_T_LAPSE] = on_lapse,
	[SR_T_REFUSE] = on_refuse,
	[SR_T_CLOSE] = on_grant_end,
	[SR_T_REVOKE] = on_grant_end,
};

int sr_follow_on(const struct sr_follow *f, struct sr_vault *v, const struct sr_statement *s,
	struct sr_err *e) {
	struct job j = {f, v, s, e};

	return follow[s->type->id] == NULL ? 0 : follow[s->type->id](&j);
}
