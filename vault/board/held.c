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

static int row_order(const void *a, const void *b) {
	return strcmp((*(const struct sr_person_row *const *)a)->person,
		(*(const struct sr_person_row *const *)b)->person);
}

int sr_held_seal(struct sr_buf *out, const uint8_t quarantine_key[SR_KEY],
	const struct sr_held_place *at, const struct sr_people *curators,
	const uint8_t part[SR_PART], struct sr_err *e) {
	const struct sr_person_row *rows[SR_HELD_CURATORS_MAX];
	size_t n = curators->count < SR_HELD_CURATORS_MAX ? curators->count : SR_HELD_CURATORS_MAX;
	uint8_t where[PLACE];
	struct sr_bytes context = place(where, at);
	struct sr_buf body, box;
	int rc = 0;

	if (n == 0)
		return sr_fail(e, SR_DENIED,
			"quarantine: no active curator, so nobody could look at the item or "
			"release it");
	for (size_t i = 0; i < n; i++)
		rows[i] = &curators->rows[i];
	qsort(rows, n, sizeof(void *), row_order);
	sr_buf_init_secret(&body);
	sr_buf_init(&box);
	sr_buf_put_le32(&body, (uint32_t)n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		sr_buf_clear(&box);
		rc = sr_box_seal_person(
			&box, rows[i]->pk, LABEL, context, sr_bytes_of(part, SR_PART), e);
		sr_buf_put(&body, rows[i]->person, PERSON);
		sr_buf_put_lp(&body, sr_buf_view(&box));
	}
	if (rc == 0)
		rc = sr_buf_ok(&body, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(out, quarantine_key, LABEL, context, sr_buf_view(&body), e);
	sr_buf_free(&body);
	sr_buf_free(&box);
	return rc;
}

/* The rows are read to the end, so that a body of another length is CORRUPT whoever asks. */
static int find_box(
	struct sr_bytes *found, struct sr_bytes body, const char *curator, struct sr_err *e) {
	struct sr_reader r;
	uint32_t n = 0;
	int rc;

	found->p = NULL;
	sr_reader_init(&r, body);
	rc = sr_get_le32(&r, &n, e);
	if (rc == 0 && (n == 0 || n > SR_HELD_CURATORS_MAX))
		rc = sr_fail(
			e, SR_CORRUPT, "want 1 to %d curators, have %u", SR_HELD_CURATORS_MAX, n);
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		struct sr_bytes person, box;

		rc = sr_get_view(&r, &person, PERSON, e);
		if (rc == 0)
			rc = sr_get_lp(&r, &box, SR_HELD_BOX, e);
		if (rc == 0 && box.len != SR_HELD_BOX)
			rc = sr_fail(e, SR_CORRUPT, "box %u: want %d bytes, have %zu", i + 1,
				SR_HELD_BOX, box.len);
		if (rc == 0 && sr_bytes_eq(person, sr_bytes_str(curator)))
			*found = box;
	}
	return rc == 0 ? sr_get_end(&r, e) : rc;
}

int sr_held_open_outer(struct sr_buf *boxed, const struct sr_held_place *at,
	const struct sr_held_open *o, struct sr_err *e) {
	uint8_t where[PLACE];
	struct sr_bytes box;
	struct sr_buf body;
	int rc;

	sr_buf_init_secret(&body);
	rc = sr_aead_open_buf(&body, o->quarantine_key, LABEL, place(where, at), o->sealed, e);
	if (rc == 0)
		rc = find_box(&box, sr_buf_view(&body), o->curator, e);
	if (rc == 0 && box.p == NULL)
		rc = sr_fail(e, SR_NOTFOUND,
			"%s was not among its curators when the item came: another curator looks "
			"or releases",
			o->curator);
	if (rc == 0) {
		sr_buf_put_bytes(boxed, box);
		rc = sr_buf_ok(boxed, e);
	}
	if (rc != 0 && e != NULL)
		(void)sr_wrap(e, "quarantine");
	sr_buf_free(&body);
	return rc;
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
