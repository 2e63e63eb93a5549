/*
 * follow_epoch - a new epoch of the structural key, each time that the auditors are others: who
 * came reads from here on, who went reads no further, and a key that was replaced opens nothing
 * new. See follow_in.h.
 *
 * `key-epoch` itself is sealed under the epoch that it ends, so that its auditors see it end. Who
 * comes with it finds their key in its object, which the vault shows them, and which is exported
 * beside the log.
 */
#include "board/follow_in.h"

#include "board/keys.h"
#include "ledger/epoch.h"
#include "store/object.h"

static int auditor_order(const void *a, const void *b) {
	return strcmp(
		((const struct sr_auditor *)a)->person, ((const struct sr_auditor *)b)->person);
}

/* Those of now, in order; the caller frees them. */
static int auditors_of(struct sr_auditor **out, size_t *count, const struct follow_job *j) {
	struct sr_people people = {0};
	struct sr_auditor *l = NULL;
	int rc = sr_query_people(&people, j->v->catalogue, SR_ROLE_AUDITOR, j->e);

	if (rc == 0) {
		l = calloc(people.count == 0 ? 1 : people.count, sizeof *l);
		if (l == NULL)
			rc = sr_fail(j->e, SR_NOMEM, "key-epoch: out of memory for %zu auditors",
				people.count);
	}
	for (size_t i = 0; rc == 0 && i < people.count; i++) {
		memcpy(l[i].person, people.rows[i].person, SR_PERSON_TEXT);
		memcpy(l[i].pk, people.rows[i].pk, SR_PK);
	}
	if (rc == 0) {
		qsort(l, people.count, sizeof *l, auditor_order);
		*out = l;
		*count = people.count;
	}
	sr_people_free(&people);
	return rc;
}

int follow_key_epoch(const struct follow_job *j) {
	struct sr_auditor *auditors = NULL;
	struct sr_door_object object = {0};
	const struct sr_submission parts = {.objects = &object, .object_count = 1};
	struct sr_vault_row *vault = calloc(1, sizeof *vault);
	struct sr_epoch epoch;
	struct sr_buf body, text;
	uint8_t id[SR_HASH];
	size_t count = 0;
	int rc = vault == NULL ? sr_fail(j->e, SR_NOMEM, "key-epoch: out of memory")
			       : sr_query_vault(vault, j->v->catalogue, j->e);

	sr_buf_init(&body);
	sr_buf_init(&text);
	if (rc == 0)
		rc = auditors_of(&auditors, &count, j);
	if (rc == 0) {
		sr_vault_epoch(&epoch, j->v, vault->key_epoch + 1);
		rc = sr_epoch_seal(&body, j->v->fingerprint, &epoch, auditors, count, j->e);
		sr_wipe(&epoch, sizeof epoch);
	}
	if (rc == 0) {
		sr_random(object.salt, SR_SALT);
		object.body = sr_buf_view(&body);
		sr_object_id(id, object.salt, object.body);
		sr_follow_begin(&text, j->v, SR_T_KEY_EPOCH, j->f->now);
		sr_text_put_dec(&text, "epoch", (uint64_t)vault->key_epoch + 1);
		sr_text_put_hex(&text, "keys", id, SR_HASH);
		for (size_t i = 0; i < count; i++)
			sr_text_put(&text, "auditor", auditors[i].person);
		rc = follow_emit(j, &text, &parts);
	}
	free(auditors);
	free(vault);
	sr_buf_free(&body);
	sr_buf_free(&text);
	return rc;
}

/* Is ${person} auditor, and the newest epoch not sealed to them; or the other way? */
static int changed_for(const struct follow_job *j, const char *person, bool *new_epoch) {
	struct sr_key_epochs l = {NULL, 0};
	struct sr_person_row p = {0};
	bool sealed_to, is;
	int rc = sr_query_key_epochs(&l, j->v->catalogue, j->e);

	if (rc == 0)
		rc = sr_query_person(&p, j->v->catalogue, person, j->e);
	is = rc == 0 && (p.roles & SR_ROLE_AUDITOR) != 0;
	sealed_to = rc == 0 && l.count > 0 && sr_token_in(l.rows[l.count - 1].auditors, person);
	*new_epoch = is != sealed_to;
	sr_person_row_free(&p);
	sr_key_epochs_free(&l);
	return rc;
}

/* After a role was given or ended. */
int follow_auditors(const struct follow_job *j, const char *person) {
	bool changed = false;
	int rc = changed_for(j, person, &changed);

	return rc == 0 && changed ? follow_key_epoch(j) : rc;
}

int follow_auditor_give(const struct follow_job *j, const struct sr_version_row *v, uint64_t from) {
	struct sr_door_object object = {0};
	const struct sr_submission parts = {.objects = &object, .object_count = 1};
	struct sr_epoch_range range = {.first = (uint32_t)from, .secret = j->v->keys->s->epoch_key};
	struct sr_auditor to = {{0}, {0}};
	struct sr_person_row p = {0};
	struct sr_buf body, text;
	uint8_t id[SR_HASH];
	int rc = sr_query_epoch_now(&range.last, j->v->catalogue, j->e);

	sr_buf_init(&body);
	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_query_person(&p, j->v->catalogue, v->subject, j->e);
	if (rc == 0) {
		memcpy(to.person, p.person, SR_PERSON_TEXT);
		memcpy(to.pk, p.pk, SR_PK);
		rc = sr_epochs_seal(&body, j->v->fingerprint, &range, &to, j->e);
	}
	if (rc == 0) {
		sr_random(object.salt, SR_SALT);
		object.body = sr_buf_view(&body);
		sr_object_id(id, object.salt, object.body);
		sr_follow_begin(&text, j->v, SR_T_AUDITOR, j->f->now);
		sr_text_put_hex(&text, "request", v->request, SR_ID);
		sr_text_put(&text, "person", v->subject);
		sr_text_put_dec(&text, "first", range.first);
		sr_text_put_dec(&text, "last", range.last);
		sr_text_put_hex(&text, "keys", id, SR_HASH);
		rc = follow_emit(j, &text, &parts);
	}
	sr_person_row_free(&p);
	sr_buf_free(&body);
	sr_buf_free(&text);
	return rc;
}
