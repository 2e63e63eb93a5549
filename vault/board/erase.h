/*
 * erase - what dies with an item that was destroyed (DESIGN 7): everything that opens it or reads
 * its words, here and in every copy of packs, objects and log.
 *
 *   secrets.db   slots of all its envelopes, quarantine and intake seals, the key of its
 *                descriptive records (titles, descriptions, file lists): one erasing commit
 *   items/       the envelope in force: the seal to the board and the manifest, which nothing opens
 *                without the slot
 *
 * After the statement `destroy` is durable and never before; and, where witnesses are asked, when
 * their quorum has cosigned it, as for people (board/forget.h): a vault that nobody watches could
 * otherwise destroy, and then deny that it was ever decided. Until then nobody opens the item,
 * whose checkouts have ended; backups do not carry its secrets, and collect spares its packs. A
 * kill in between leaves the statement: the next opening finds what is left by the tombstones of
 * the catalogue and repeats.
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
/* Destructions before this entry have been seen by as many witnesses as are asked. */
uint64_t sr_erase_seen(const struct sr_vault *v);
/* At open, with the witnesses: whatever is left of items that the ledger destroyed, and that have
 * been seen. */
SR_MUST int sr_erase_repeat(
	struct sr_vault *v, size_t *secrets, size_t *envelopes, struct sr_err *e);
/* Those whose destruction, at entry ${from} or later, has been seen by now: in an erasing commit of
 * its own, no group of secrets.db may be open. */
SR_MUST int sr_erase_due(struct sr_vault *v, uint64_t from, size_t *secrets, struct sr_err *e);
/* Secrets that wait for witnesses. */
SR_MUST int sr_erase_left(size_t *left, struct sr_vault *v, struct sr_err *e);

#endif
