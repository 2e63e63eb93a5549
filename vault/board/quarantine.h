/*
 * quarantine - whose boxes lie in the quarantine seals of held items (board/held.h), as people come
 * and go.
 *
 * A box opens a held item to one key. It is erased as soon as the vault knows that the key is no
 * longer a curator's: their roles ended, or they have a new key. The ledger comes first; what a
 * kill leaves is repeated at the next opening. The last box of an item is kept: it opens nothing to
 * who has no role, and without any the item could only be deposited anew.
 *
 * Whoever becomes a curator later, or has a new key, is given boxes by a curator who has some
 * (`held-box`). The vault cannot look into them, so none takes the place of another: a curator who
 * shares rubbish harms nobody who has a box.
 */
#ifndef SR_BOARD_QUARANTINE_H
#define SR_BOARD_QUARANTINE_H

#include "board/held.h"
#include "board/vault.h"

struct sr_quarantine_kept {
	size_t items;  /* held items with a quarantine seal */
	size_t erased; /* boxes that were erased now */
	size_t last;   /* items whose only boxes are of nobody who is a curator now */
};
/* Erase every box that is not of an active curator's key in force. Its own commit of secrets.db. */
SR_MUST int sr_quarantine_keep(
	struct sr_vault *v, struct sr_quarantine_kept *out, struct sr_err *e);

/* How many held items have a box to ${person}'s key in force, of how many. */
SR_MUST int sr_quarantine_count(struct sr_vault *v, const struct sr_person_row *person,
	size_t *boxed, size_t *items, struct sr_err *e);

/* Held items that ${giver} has a box of and ${receiver} has none, by their keys in force, in order
 * after item ${after} (SR_ID bytes; NULL: from the first): at most ${max}. */
struct sr_quarantine_want {
	const struct sr_person_row *giver, *receiver;
	const uint8_t *after;
	size_t max;
};
struct sr_quarantine_item {
	uint8_t item[SR_ID];
	uint64_t number;
};
SR_MUST int sr_quarantine_missing(struct sr_vault *v, const struct sr_quarantine_want *w,
	struct sr_quarantine_item *out, size_t *count, struct sr_err *e);

/* Add a box (its person's for another key goes). Its own commit of secrets.db, after the statement
 * `held-box`. DENIED: who it is for has one, is no curator any more or has another key; LIMIT:
 * SR_HELD_CURATORS_MAX boxes are there; NOTFOUND: nothing of this number is held. */
SR_MUST int sr_quarantine_add(struct sr_vault *v, const struct sr_quarantine_item *at,
	const struct sr_held_box *box, struct sr_err *e);
/* Would it? For before the statement. */
SR_MUST int sr_quarantine_may_add(struct sr_vault *v, const struct sr_quarantine_item *at,
	const struct sr_held_box *box, struct sr_err *e);

#endif
