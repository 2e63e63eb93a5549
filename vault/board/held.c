/*
 * held - see held.h. Both layers name the place, so a box cannot be moved to another item, number
 * or vault.
 */
#include "board/held.h"

static const char LABEL[] = "strongroom/quarantine/v1";

enum {
	PLACE = SR_HASH + SR_ID + 8,
	PERSON = SR_PERSON_TEXT - 1
};

static struct sr_bytes place(uint8_t out[PLACE], const struct sr_held_place *at) {
	memcpy(out, at->vault, SR_HASH);
	memcpy(out + SR_HASH, at->item, SR_ID);
	sr_le64_put(out + SR_HASH + SR_ID, at->number);
	return sr_bytes_of(out, PLACE);
}

int sr_held_box_make(struct sr_held_box *out, const struct sr_held_place *at, const char *person,
	const uint8_t pk[SR_PK], const uint8_t part[SR_PART], struct sr_err *e) {
	uint8_t where[PLACE];
	struct sr_buf box;
	int rc;

	sr_buf_init(&box);
	rc = sr_box_seal_person(&box, pk, LABEL, place(where, at), sr_bytes_of(part, SR_PART), e);
	if (rc == 0) {
		snprintf(out->person, sizeof out->person, "%s", person);
		memcpy(out->pk, pk, SR_PK);
		memcpy(out->box, box.p, SR_HELD_BOX);
	}
	sr_buf_free(&box);
	return rc;
}

void sr_held_box_hash(
	uint8_t out[SR_HASH], const struct sr_held_place *at, const struct sr_held_box *box) {
	uint8_t where[PLACE];

	SR_HASH_OF(out, "strongroom/held-box/v1", NULL, place(where, at), sr_bytes_str(box->person),
		sr_bytes_of(box->pk, SR_PK), sr_bytes_of(box->box, SR_HELD_BOX));
}

static int box_order(const void *a, const void *b) {
	return strcmp(
		((const struct sr_held_box *)a)->person, ((const struct sr_held_box *)b)->person);
}

int sr_held_boxes_seal(struct sr_buf *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, struct sr_held_boxes *boxes, struct sr_err *e) {
	uint8_t where[PLACE];
	struct sr_buf body;
	int rc;

	if (boxes->count == 0 || boxes->count > SR_HELD_CURATORS_MAX)
		return sr_fail(e, SR_MISUSE, "quarantine: %zu boxes, want 1 to %d", boxes->count,
			SR_HELD_CURATORS_MAX);
	qsort(boxes->rows, boxes->count, sizeof boxes->rows[0], box_order);
	sr_buf_init_secret(&body);
	sr_buf_put_le32(&body, (uint32_t)boxes->count);
	for (size_t i = 0; i < boxes->count; i++) {
		const struct sr_held_box *b = &boxes->rows[i];

		if (i > 0 && box_order(b - 1, b) == 0) {
			sr_buf_free(&body);
			return sr_fail(e, SR_MISUSE, "quarantine: two boxes to %s", b->person);
		}
		sr_buf_put(&body, b->person, PERSON);
		sr_buf_put(&body, b->pk, SR_PK);
		sr_buf_put_lp(&body, sr_bytes_of(b->box, SR_HELD_BOX));
	}
	rc = sr_buf_ok(&body, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(
			out, quarantine_key, LABEL, place(where, at), sr_buf_view(&body), e);
	sr_buf_free(&body);
	return rc;
}

int sr_held_seal(struct sr_buf *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, const struct sr_people *curators,
	const uint8_t part[SR_PART], struct sr_err *e) {
	struct sr_held_boxes boxes = {.count = 0};
	int rc = 0;

	if (curators->count == 0)
		return sr_fail(e, SR_DENIED,
			"quarantine: no active curator, so nobody could look at the item or "
			"release it");
	for (size_t i = 0; i < curators->count && i < SR_HELD_CURATORS_MAX && rc == 0; i++) {
		rc = sr_held_box_make(&boxes.rows[i], at, curators->rows[i].person,
			curators->rows[i].pk, part, e);
		boxes.count += rc == 0 ? 1 : 0;
	}
	return rc == 0 ? sr_held_boxes_seal(out, quarantine_key, at, &boxes, e) : rc;
}

/* Read to the end, so that a body of another length is CORRUPT whoever asks. */
static int read_boxes(struct sr_held_boxes *out, struct sr_bytes body, struct sr_err *e) {
	struct sr_reader r;
	uint32_t n = 0;
	int rc;

	sr_reader_init(&r, body);
	rc = sr_get_le32(&r, &n, e);
	if (rc == 0 && (n == 0 || n > SR_HELD_CURATORS_MAX))
		rc = sr_fail(
			e, SR_CORRUPT, "want 1 to %d curators, have %u", SR_HELD_CURATORS_MAX, n);
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		struct sr_held_box *b = &out->rows[i];
		struct sr_bytes person, box;

		rc = sr_get_view(&r, &person, PERSON, e);
		if (rc == 0)
			rc = sr_get(&r, b->pk, SR_PK, e);
		if (rc == 0)
			rc = sr_get_lp(&r, &box, SR_HELD_BOX, e);
		if (rc == 0 && box.len != SR_HELD_BOX)
			rc = sr_fail(e, SR_CORRUPT, "box %u: want %d bytes, have %zu", i + 1,
				SR_HELD_BOX, box.len);
		if (rc != 0)
			break;
		memcpy(b->person, person.p, PERSON);
		b->person[PERSON] = '\0';
		memcpy(b->box, box.p, SR_HELD_BOX);
	}
	out->count = n;
	return rc == 0 ? sr_get_end(&r, e) : rc;
}

int sr_held_boxes_open(struct sr_held_boxes *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, struct sr_bytes sealed, struct sr_err *e) {
	uint8_t where[PLACE];
	struct sr_buf body;
	int rc;

	sr_buf_init_secret(&body);
	rc = sr_aead_open_buf(&body, quarantine_key, LABEL, place(where, at), sealed, e);
	if (rc == 0)
		rc = read_boxes(out, sr_buf_view(&body), e);
	if (rc != 0 && e != NULL)
		(void)sr_wrap(e, "quarantine");
	sr_buf_free(&body);
	return rc;
}

int sr_held_open_outer(struct sr_buf *boxed, const struct sr_held_place *at,
	const struct sr_held_open *o, struct sr_err *e) {
	struct sr_held_boxes boxes;
	int rc = sr_held_boxes_open(&boxes, o->quarantine_key, at, o->sealed, e);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < boxes.count; i++)
		if (strcmp(boxes.rows[i].person, o->curator) == 0) {
			sr_buf_put(boxed, boxes.rows[i].box, SR_HELD_BOX);
			return sr_buf_ok(boxed, e);
		}
	return sr_fail(e, SR_NOTFOUND, "quarantine: no box to %s", o->curator);
}

int sr_held_open_box(uint8_t part[SR_PART], const struct sr_held_place *at, struct sr_bytes boxed,
	const uint8_t seed[SR_SEED], struct sr_err *e) {
	uint8_t where[PLACE];
	struct sr_buf b;
	int rc;

	sr_buf_init_secret(&b);
	rc = sr_box_open_person(&b, seed, LABEL, place(where, at), boxed, e);
	if (rc == 0 && b.len != SR_PART)
		rc = sr_fail(e, SR_CORRUPT, "want a part of %d bytes, have %zu", SR_PART, b.len);
	if (rc == 0)
		memcpy(part, b.p, SR_PART);
	else if (e != NULL)
		(void)sr_wrap(e, "quarantine");
	sr_buf_free(&b);
	return rc;
}

/* --- intake ----------------------------------------------------------------------------------- */

static const char INTAKE[] = "strongroom/intake/v1";

int sr_intake_seal(struct sr_buf *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, const uint8_t part[SR_PART], struct sr_err *e) {
	uint8_t where[PLACE];

	return sr_aead_seal_buf(
		out, quarantine_key, INTAKE, place(where, at), sr_bytes_of(part, SR_PART), e);
}

int sr_intake_open(uint8_t part[SR_PART], const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, struct sr_bytes sealed, struct sr_err *e) {
	uint8_t where[PLACE];
	struct sr_buf b;
	int rc;

	sr_buf_init_secret(&b);
	rc = sr_aead_open_buf(&b, quarantine_key, INTAKE, place(where, at), sealed, e);
	if (rc == 0 && b.len != SR_PART)
		rc = sr_fail(e, SR_CORRUPT, "want a part of %d bytes, have %zu", SR_PART, b.len);
	if (rc == 0)
		memcpy(part, b.p, SR_PART);
	else if (e != NULL)
		(void)sr_wrap(e, "intake seal");
	sr_buf_free(&b);
	return rc;
}
