/*
 * itemkey - the key of one item, from its two halves.
 *
 *   K_item     = BLAKE2b(slot; "strongroom/item-key/v1", vault, item, part)
 *   commitment = BLAKE2b(K_item; "strongroom/item-key-commit/v1", vault, item)
 *   subkey     = BLAKE2b(K_item; "strongroom/item-subkey/v1", vault, item, kind)
 *
 * The commitment lies in the signed envelope and is checked on every route. `part` is sealed to the
 * board; `slot` lies in secrets.db: erase it and no copy of anything opens the item again.
 */
#ifndef SR_STORE_ITEMKEY_H
#define SR_STORE_ITEMKEY_H

#include "crypto/hash.h"

/* Longer names are refused by an assert: they are literals. */
#define SR_SUBKEY_MANIFEST "manifest"       /* the envelope's manifest */
#define SR_SUBKEY_DESCRIPTIVE "descriptive" /* titles, descriptions, file lists in entries */
#define SR_SUBKEY_FEATURES "features"       /* counts for non-consumptive study */
#define SR_SUBKEY_DERIVED "derived"         /* what the room keeps beside the item */

void sr_item_key(uint8_t key[SR_KEY], const uint8_t slot[SR_KEY], const uint8_t vault[SR_HASH],
	const uint8_t item[SR_ID], const uint8_t part[SR_KEY]);
void sr_item_key_commit(uint8_t out[SR_HASH], const uint8_t key[SR_KEY],
	const uint8_t vault[SR_HASH], const uint8_t item[SR_ID]);
/* AUTH "item key does not match its commitment". */
SR_MUST int sr_item_key_check(const uint8_t key[SR_KEY], const uint8_t vault[SR_HASH],
	const uint8_t item[SR_ID], const uint8_t commitment[SR_HASH], struct sr_err *e);
void sr_item_subkey(uint8_t out[SR_KEY], const uint8_t key[SR_KEY], const uint8_t vault[SR_HASH],
	const uint8_t item[SR_ID], const char *kind);

#endif
