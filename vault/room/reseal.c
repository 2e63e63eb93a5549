/*
 * reseal - a released item under a new seal, decided by votes: its hazards need a higher level, or
 * its board has a new key (DESIGN 5). See room.h; anew.h has the steps and what a kill leaves.
 *
 * A quorum of the level that the item is sealed to decided it, by votes with pieces; the room opens
 * the part from them as for a reader and hands it to room_reseal. Whoever asked drives this item by
 * item and is shown nothing. For a new key of the board those pieces come from who had shares of
 * the key before, and held items are among them.
 */
#include "room/anew.h"

#include "board/invariants.h"

struct resealing {
	struct sr_room *r;
	struct sr_room_resealed *out;
};

static int seal_anew(void *ctx, const struct room_lent *l, struct sr_err *e) {
	struct resealing *w = ctx;
	const struct room_reseal_right by = {l->version->request, l->checkout->grant};
	struct sr_board_row *b = NULL;
	struct room_anew anew = {.item = l->item, .part = l->part};
	int rc;

	if (strcmp(l->checkout->right, "reseal") != 0)
		return sr_fail(e, SR_DENIED, "a checkout of right %s seals nothing anew",
			l->checkout->right);
	b = calloc(1, sizeof *b);
	rc = b == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory")
		       : sr_query_board(b, w->r->v->catalogue, l->item->board, 0, e);
	if (rc == 0)
		rc = sr_invariants_reseal_level(&anew.level, b, l->item, e);
	if (rc == 0) {
		anew.board = b;
		anew.stays = l->item->state == SR_S_HELD;
		rc = room_reseal(w->out, w->r, &anew, &by, e);
	}
	free(b);
	return rc;
}

int sr_room_reseal(struct sr_room *r, const struct sr_room_open *ask, struct sr_room_resealed *out,
	struct sr_err *e) {
	struct resealing w = {r, out};
	int rc = sr_door_sweep(r->v, NULL, e);

	return rc == 0 ? room_lend(r, ask, seal_anew, &w, e) : rc;
}
