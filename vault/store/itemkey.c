/*
 * itemkey - three derivations and a check; see itemkey.h.
 */
#include "store/itemkey.h"

#include <assert.h>
#include <string.h>

void sr_item_key(uint8_t key[SR_KEY], const uint8_t slot[SR_KEY], const uint8_t vault[SR_HASH],
	const uint8_t item[SR_ID], const uint8_t part[SR_KEY]) {
	SR_HASH_OF(key, "strongroom/item-key/v1", slot, sr_bytes_of(vault, SR_HASH),
		sr_bytes_of(item, SR_ID), sr_bytes_of(part, SR_KEY));
}

void sr_item_key_commit(uint8_t out[SR_HASH], const uint8_t key[SR_KEY],
	const uint8_t vault[SR_HASH], const uint8_t item[SR_ID]) {
	SR_HASH_OF(out, "strongroom/item-key-commit/v1", key, sr_bytes_of(vault, SR_HASH),
		sr_bytes_of(item, SR_ID));
}

int sr_item_key_check(const uint8_t key[SR_KEY], const uint8_t vault[SR_HASH],
	const uint8_t item[SR_ID], const uint8_t commitment[SR_HASH], struct sr_err *e) {
	uint8_t have[SR_HASH];
	sr_item_key_commit(have, key, vault, item);
	if (!sr_ct_eq(have, commitment, SR_HASH))
		return sr_fail(e, SR_AUTH, "item key does not match its commitment");
	return 0;
}

void sr_item_subkey(uint8_t out[SR_KEY], const uint8_t key[SR_KEY], const uint8_t vault[SR_HASH],
	const uint8_t item[SR_ID], const char *kind) {
	struct sr_bytes k = sr_bytes_str(kind);
	assert(k.len > 0 && k.len <= 64);
	SR_HASH_OF(out, "strongroom/item-subkey/v1", key, sr_bytes_of(vault, SR_HASH),
		sr_bytes_of(item, SR_ID), k);
}
