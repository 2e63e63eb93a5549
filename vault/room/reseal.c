/*
 * reseal - a released item under a new part, slot and seal: its hazards need a higher level, or its
 * board has a new key (DESIGN 5). See room.h.
 *
 * A quorum of the level that the item is sealed to decided it, by votes with pieces; the room opens
 * the part from them as for a reader, makes the new envelope (release.c) and commits `reseal` with
 * it. Whoever asked drives this item by item and is shown nothing. Each item is wholly old until its
 * statement is in the ledger, and wholly new from then on: a kill in between leaves a slot and an
 * envelope that sr_deposit_recover finds by their number and erases.
 */
#include "room/room_internal.h"

#include "board/rules.h"

struct resealing {
	struct sr_room *r;
	struct sr_room_resealed *out;
};

static int before(void *ctx, struct sr_vault *v, struct sr_bytes text, struct sr_err *e) {
	(void)text;
	return prepared_put(ctx, v, e);
}

static void refused(void *ctx, struct sr_vault *v) {
	prepared_undo(ctx, v);
}

static int after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	return prepared_done(ctx, v, e);
}

static int new_level(
	uint32_t *level, struct sr_room *r, const struct sr_item_row *item, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory")
			   : sr_query_board(b, r->v->catalogue, item->board, 0, e);

	if (rc == 0)
		rc = sr_rules_reseal_level(level, b, item, e);
	free(b);
	return rc;
}

static int commit(
	struct resealing *w, struct prepared *p, const struct room_lent *l, struct sr_err *e) {
	const struct sr_submission hooks = {
		.before = before, .refused = refused, .after = after, .ctx = p};
	struct sr_outcome *outcome = calloc(1, sizeof *outcome);
	struct sr_buf text;
	int rc;

	room_begin(w->r, &text, SR_T_RESEAL);
	sr_text_put_hex(&text, "request", l->version->request, SR_ID);
	sr_text_put_hex(&text, "grant", l->checkout->grant, SR_ID);
	sr_text_put_hex(&text, "item", p->item, SR_ID);
	sr_text_put_dec(&text, "number", p->number);
	sr_text_put_hex(&text, "envelope", p->hash, SR_HASH);
	sr_text_put_dec(&text, "level", p->level);
	sr_text_put_dec(&text, "epoch", p->epoch);
	rc = outcome == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory") : sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_door_service_with(w->r->v, sr_buf_view(&text), &hooks, outcome, e);
	if (rc == 0) {
		memcpy(w->out->item, p->item, SR_ID);
		w->out->number = p->number;
		w->out->level = p->level;
		w->out->epoch = p->epoch;
		w->out->entry = outcome->index;
	}
	free(outcome);
	sr_buf_free(&text);
	return rc;
}

static int seal_anew(void *ctx, const struct room_lent *l, struct sr_err *e) {
	struct resealing *w = ctx;
	struct room_anew anew = {.item = l->item, .part = l->part};
	struct prepared *p = NULL;
	int rc = 0;

	if (strcmp(l->checkout->right, "reseal") != 0)
		return sr_fail(e, SR_DENIED, "a checkout of right %s seals nothing anew",
			l->checkout->right);
	rc = new_level(&anew.level, w->r, l->item, e);
	if (rc == 0)
		rc = room_prepare(&p, w->r, &anew, e);
	if (rc == 0)
		rc = commit(w, p, l, e);
	prepared_free(p);
	return rc;
}

int sr_room_reseal(struct sr_room *r, const struct sr_room_open *ask, struct sr_room_resealed *out,
	struct sr_err *e) {
	struct resealing w = {r, out};
	int rc = sr_door_sweep(r->v, NULL, e);

	return rc == 0 ? room_lend(r, ask, seal_anew, &w, e) : rc;
}
