/*
 * erase - what dies with an item that was destroyed (DESIGN 7): everything that opens it or reads
 * its words, here and in every copy of packs, objects and log.
 *
 *   secrets.db   slots of all its envelopes, quarantine and intake seals, the key of its
 *                descriptive records (titles, descriptions, file lists): one erasing commit
 *   items/       the envelope in force: the seal to the board and the manifest, which nothing opens
 *                without the slot
 *
 * After the statement `destroy` is durable and never before. A kill in between leaves the
 * statement: the next opening finds what is left by the tombstones of the catalogue and repeats.
 */
#ifndef SR_BOARD_ERASE_H
#define SR_BOARD_ERASE_H

#include "board/vault.h"
#include "catalogue/query.h"

/* How many secrets of the item are there still: 0 once it was erased. */
SR_MUST int sr_item_secrets(
	size_t *count, struct sr_vault *v, const uint8_t item[SR_ID], struct sr_err *e);
/* Erase them, in a group of secrets.db that the caller opened; *${erased} counts up. */
SR_MUST int sr_item_erase_secrets(
	struct sr_vault *v, const uint8_t item[SR_ID], size_t *erased, struct sr_err *e);
/* Remove the envelope; an absent one is no failure. */
SR_MUST int sr_item_erase_envelope(
	struct sr_vault *v, const struct sr_tombstone *item, struct sr_err *e);
/* At open: whatever is left of items that the ledger destroyed. */
SR_MUST int sr_erase_repeat(
	struct sr_vault *v, size_t *secrets, size_t *envelopes, struct sr_err *e);

#endif
