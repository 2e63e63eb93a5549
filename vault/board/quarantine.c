/*
 * quarantine - see quarantine.h.
 */
#include "board/quarantine.h"

#include "store/secrets.h"

struct walk {
	struct sr_vault *v;
	struct sr_people curators;
	const struct sr_person_row *person; /* of a count */
	struct sr_quarantine_kept kept;
	size_t boxed;
};

static int place_of(struct sr_held_place *at, const struct walk *w, struct sr_bytes name,
	uint64_t n, struct sr_err *e) {
	memcpy(at->vault, w->v->fingerprint, SR_HASH);
	at->number = n;
	return sr_unhex(at->item, SR_ID, name, e);
}

static int boxes_of(struct sr_held_boxes *out, struct sr_held_place *at, const struct walk *w,
	struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct sr_buf sealed;
	int rc = place_of(at, w, name, n, e);

	sr_buf_init_secret(&sealed);
	if (rc == 0)
		rc = sr_secrets_get(w->v->secrets, SR_SECRET_QUARANTINE, name, n, &sealed, e);
	if (rc == 0)
		rc = sr_held_boxes_open(
			out, w->v->keys->s->quarantine_key, at, sr_buf_view(&sealed), e);
	if (rc != 0)
		sr_wrap(e, "item %.*s", (int)name.len, (const char *)name.p);
	sr_buf_free(&sealed);
	return rc;
}

static bool is_of(const struct sr_held_box *b, const struct sr_person_row *p) {
	return strcmp(b->person, p->person) == 0 && memcmp(b->pk, p->pk, SR_PK) == 0;
}

static bool in_force(const struct walk *w, const struct sr_held_box *b) {
	for (size_t i = 0; i < w->curators.count; i++)
		if (is_of(b, &w->curators.rows[i]))
			return true;
	return false;
}

static int keep_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct walk *w = ctx;
	struct sr_held_boxes boxes, left = {.count = 0};
	struct sr_held_place at;
	struct sr_buf sealed;
	int rc = boxes_of(&boxes, &at, w, name, n, e);

	if (rc != 0)
		return rc;
	w->kept.items++;
	for (size_t i = 0; i < boxes.count; i++)
		if (in_force(w, &boxes.rows[i]))
			left.rows[left.count++] = boxes.rows[i];
	if (left.count == 0)
		w->kept.last++;
	if (left.count == 0 || left.count == boxes.count)
		return 0;
	sr_buf_init_secret(&sealed);
	rc = sr_held_boxes_seal(&sealed, w->v->keys->s->quarantine_key, &at, &left, e);
	if (rc == 0)
		rc = sr_secrets_replace(
			w->v->secrets, SR_SECRET_QUARANTINE, name, n, sr_buf_view(&sealed), e);
	if (rc == 0)
		w->kept.erased += boxes.count - left.count;
	sr_buf_free(&sealed);
	return rc;
}

int sr_quarantine_keep(struct sr_vault *v, struct sr_quarantine_kept *out, struct sr_err *e) {
	struct walk w = {.v = v};
	int rc = sr_query_people(&w.curators, v->catalogue, SR_ROLE_CURATOR, e);

	if (rc == 0)
		rc = sr_secrets_begin(v->secrets, e);
	if (rc == 0) {
		rc = sr_secrets_each(
			v->secrets, SR_SECRET_QUARANTINE, sr_bytes_of(NULL, 0), keep_one, &w, e);
		if (rc == 0 && w.kept.erased > 0)
			rc = sr_secrets_commit(v->secrets, e);
		else
			sr_secrets_rollback(v->secrets);
	}
	sr_people_free(&w.curators);
	*out = w.kept;
	return rc;
}

static int count_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct walk *w = ctx;
	struct sr_held_boxes boxes;
	struct sr_held_place at;
	int rc = boxes_of(&boxes, &at, w, name, n, e);

	if (rc != 0)
		return rc;
	w->kept.items++;
	for (size_t i = 0; i < boxes.count; i++)
		w->boxed += is_of(&boxes.rows[i], w->person) ? 1 : 0;
	return 0;
}

int sr_quarantine_count(struct sr_vault *v, const struct sr_person_row *person, size_t *boxed,
	size_t *items, struct sr_err *e) {
	struct walk w = {.v = v, .person = person};
	int rc = sr_secrets_each(
		v->secrets, SR_SECRET_QUARANTINE, sr_bytes_of(NULL, 0), count_one, &w, e);

	*boxed = w.boxed;
	*items = w.kept.items;
	return rc;
}
