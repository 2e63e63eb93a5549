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

/* --- boxes that a curator gives another ------------------------------------------------------- */

struct missing {
	struct walk walk;
	const struct sr_quarantine_want *want;
	struct sr_quarantine_item *out;
	size_t count;
};

static const struct sr_held_box *box_to(
	const struct sr_held_boxes *boxes, const struct sr_person_row *p) {
	for (size_t i = 0; i < boxes->count; i++)
		if (is_of(&boxes->rows[i], p))
			return &boxes->rows[i];
	return NULL;
}

static int missing_one(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct missing *m = ctx;
	struct sr_held_boxes boxes;
	struct sr_held_place at;
	int rc = place_of(&at, &m->walk, name, n, e);

	if (rc != 0 || m->count == m->want->max ||
		(m->want->after != NULL && memcmp(at.item, m->want->after, SR_ID) <= 0))
		return rc;
	rc = boxes_of(&boxes, &at, &m->walk, name, n, e);
	if (rc == 0 && box_to(&boxes, m->want->giver) != NULL &&
		box_to(&boxes, m->want->receiver) == NULL) {
		memcpy(m->out[m->count].item, at.item, SR_ID);
		m->out[m->count++].number = n;
	}
	return rc;
}

int sr_quarantine_missing(struct sr_vault *v, const struct sr_quarantine_want *want,
	struct sr_quarantine_item *out, size_t *count, struct sr_err *e) {
	struct missing m = {.walk = {.v = v}, .want = want, .out = out};
	int rc = sr_secrets_each(
		v->secrets, SR_SECRET_QUARANTINE, sr_bytes_of(NULL, 0), missing_one, &m, e);

	*count = m.count;
	return rc;
}

/* Put ${box} among ${boxes}, for the person's other key if there was one. */
static int place_box(struct sr_held_boxes *boxes, const struct sr_held_box *box, struct sr_err *e) {
	size_t at = 0;

	while (at < boxes->count && strcmp(boxes->rows[at].person, box->person) != 0)
		at++;
	if (at < boxes->count && memcmp(boxes->rows[at].pk, box->pk, SR_PK) == 0)
		return sr_fail(
			e, SR_DENIED, "%s has a box already, and none is replaced", box->person);
	if (at == SR_HELD_CURATORS_MAX)
		return sr_fail(e, SR_LIMIT,
			"%d curators have boxes, and more have no room: release the item, or end "
			"the role of a curator who has left",
			SR_HELD_CURATORS_MAX);
	boxes->rows[at] = *box;
	if (at == boxes->count)
		boxes->count++;
	return 0;
}

/* The boxes with ${box} among them. */
static int with_box(struct sr_held_boxes *boxes, struct sr_held_place *at, struct sr_vault *v,
	const struct sr_quarantine_item *it, const struct sr_held_box *box, struct sr_err *e) {
	struct walk w = {.v = v};
	char hex[2 * SR_ID + 1];
	int rc = sr_query_people(&w.curators, v->catalogue, SR_ROLE_CURATOR, e);

	sr_hex(hex, it->item, SR_ID);
	if (rc == 0 && !in_force(&w, box))
		rc = sr_fail(
			e, SR_DENIED, "%s is no curator any more, or has another key", box->person);
	if (rc == 0)
		rc = boxes_of(boxes, at, &w, sr_bytes_str(hex), it->number, e);
	sr_people_free(&w.curators);
	return rc == 0 ? place_box(boxes, box, e) : rc;
}

int sr_quarantine_may_add(struct sr_vault *v, const struct sr_quarantine_item *it,
	const struct sr_held_box *box, struct sr_err *e) {
	struct sr_held_boxes boxes;
	struct sr_held_place at;

	return with_box(&boxes, &at, v, it, box, e);
}

int sr_quarantine_add(struct sr_vault *v, const struct sr_quarantine_item *it,
	const struct sr_held_box *box, struct sr_err *e) {
	struct sr_held_boxes boxes;
	struct sr_held_place at;
	struct sr_buf sealed;
	char hex[2 * SR_ID + 1];
	int rc = with_box(&boxes, &at, v, it, box, e);

	sr_hex(hex, it->item, SR_ID);
	sr_buf_init_secret(&sealed);
	if (rc == 0)
		rc = sr_held_boxes_seal(&sealed, v->keys->s->quarantine_key, &at, &boxes, e);
	if (rc == 0)
		rc = sr_secrets_replace(v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(hex),
			it->number, sr_buf_view(&sealed), e);
	sr_buf_free(&sealed);
	return rc;
}
