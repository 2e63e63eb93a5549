/*
 * Releasing held items. See client.h.
 *
 * For each item the curator's key opens its part from the box that came with the deposit; the room
 * makes the new envelope from it, and the curator signs that envelope's hash, its number, level and
 * hazards. What the room says is checked as far as a curator can: the item, the next number, no
 * lower level and no hazard fewer than was asked. Groups share one connection from prepare to
 * submit; nothing here is tried twice by itself.
 */
#include "core/client_in.h"
#include "core/ops.h"

struct group {
	const struct sr_releasing *r;
	size_t first, count;
	uint64_t number[SR_PREPARE_MAX]; /* of the envelopes that are there */
	struct sr_writ draft[SR_PREPARE_MAX];
};

static int put_parts(struct sr_client *c, struct group *g, struct sr_buf *body, struct sr_err *e) {
	struct sr_held_item held;
	int rc = 0;

	sr_buf_put_le32(body, (uint32_t)g->count);
	for (size_t i = 0; i < g->count && rc == 0; i++) {
		const uint8_t *item = g->r->items + (g->first + i) * SR_ID;

		rc = sr_client_part(c, item, &held, e);
		if (rc == 0) {
			sr_buf_put(body, item, SR_ID);
			sr_buf_put(body, held.part, SR_PART);
			g->number[i] = held.number;
		}
		sr_wipe(&held, sizeof held);
	}
	return rc == 0 ? sr_buf_ok(body, e) : rc;
}

static bool has_hazard(const struct sr_row *row, const char *word) {
	struct sr_bytes v;

	for (size_t i = 0; (v = sr_row_get_n(row, "hazard", i)).p != NULL; i++)
		if (sr_bytes_eq(v, sr_bytes_str(word)))
			return true;
	return false;
}

/* One row of release.prepare -> the statement. */
static int draft_release(struct sr_client *c, struct group *g, size_t i, const struct sr_row *row,
	struct sr_err *e) {
	const uint8_t *want = g->r->items + (g->first + i) * SR_ID;
	struct sr_writ *d = &g->draft[i];
	uint8_t item[SR_ID], envelope[SR_HASH];
	uint64_t number = 0, level = 0;
	struct sr_bytes v;
	int rc = sr_row_get_id(item, SR_ID, row, "item", e);

	if (rc == 0)
		rc = sr_row_get_dec(&number, row, "number", e);
	if (rc == 0)
		rc = sr_row_get_dec(&level, row, "level", e);
	if (rc == 0)
		rc = sr_row_get_id(envelope, SR_HASH, row, "envelope", e);
	if (rc != 0)
		return rc;
	if (memcmp(item, want, SR_ID) != 0 || number != g->number[i] + 1 || level < g->r->level)
		return sr_fail(e, SR_AUTH,
			"what the vault prepared is not the release that was asked for (item, "
			"number or level)");
	for (size_t k = 0; g->r->hazards != NULL && g->r->hazards[k] != NULL; k++)
		if (!has_hazard(row, g->r->hazards[k]))
			return sr_fail(e, SR_AUTH,
				"what the vault prepared leaves out the hazard %s",
				g->r->hazards[k]);
	rc = sr_writ_begin(d, c, SR_T_RELEASE, 0, e);
	if (rc != 0)
		return rc;
	sr_text_put_hex(&d->text, "item", item, SR_ID);
	sr_text_put_dec(&d->text, "number", number);
	sr_text_put_hex(&d->text, "envelope", envelope, SR_HASH);
	sr_text_put_dec(&d->text, "level", level);
	for (size_t k = 0; (v = sr_row_get_n(row, "hazard", k)).p != NULL; k++) {
		char word[130];

		sr_view_str(word, sizeof word, v);
		sr_text_put(&d->text, "hazard", word);
	}
	sr_writ_string(d, "reason", g->r->reason);
	return 0;
}

static int prepare(struct sr_client *c, struct group *g, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	size_t n = 0;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "release.prepare");
	for (size_t k = 0; g->r->hazards != NULL && g->r->hazards[k] != NULL; k++)
		sr_text_put(&q.head, "hazard", g->r->hazards[k]);
	if (g->r->level != 0)
		sr_text_put_dec(&q.head, "level", g->r->level);
	rc = put_parts(c, g, &q.body, e);
	if (rc == 0)
		rc = sr_client_once_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; i < rows.count && rc == 0 && n < g->count; i++)
		if (sr_row_is(&rows.rows[i], "release")) {
			rc = draft_release(c, g, n, &rows.rows[i], e);
			n++;
		}
	if (rc == 0 && n != g->count)
		rc = sr_fail(e, SR_CORRUPT, "the vault prepared %zu of %zu releases", n, g->count);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_release(struct sr_client *c, const struct sr_releasing *r, struct sr_submitted *out,
	struct sr_err *e) {
	struct group *g = calloc(1, sizeof *g);
	int rc =
		g == NULL ? sr_fail(e, SR_NOMEM, "release: out of memory") : sr_client_signer(c, e);

	for (size_t at = 0; at < r->count && rc == 0; at += g->count) {
		memset(g, 0, sizeof *g);
		g->r = r;
		g->first = at;
		g->count = r->count - at < SR_PREPARE_MAX ? r->count - at : SR_PREPARE_MAX;
		rc = prepare(c, g, e);
		if (rc == 0)
			rc = sr_client_submit_many(c, g->draft, g->count, out + at, e);
		if (rc != 0 && r->count > 1 && g->count == 1 && out[at].code == rc)
			rc = 0; /* one refusal among many is that one's outcome */
		for (size_t i = 0; i < g->count; i++)
			sr_writ_free(&g->draft[i]);
		if (rc == 0 && sr_progress_report(&c->o.progress, "release", at + g->count,
				       r->count, "items") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	free(g);
	return rc;
}
