/*
 * idmap - a hash map from 32-byte ids (cids, pack names) to uint64_t; also a set.
 *
 * Open addressing with linear probing, grown at three quarters full; deletion shifts followers
 * back. The keys are outputs of keyed or collision-resistant hashes or random, so their first eight
 * bytes serve as the hash. 48 bytes a slot.
 */
#ifndef SR_STORE_IDMAP_H
#define SR_STORE_IDMAP_H

#include "crypto/hash.h"

struct sr_idmap { /* zero-initialised is empty */
	struct sr_idmap_slot *slots;
	size_t cap;
	size_t count;
};

/* Adds or replaces. NOMEM leaves the map as it was. */
SR_MUST int sr_idmap_put(
	struct sr_idmap *m, const uint8_t id[SR_HASH], uint64_t value, struct sr_err *e);
/* ${value} may be NULL. */
bool sr_idmap_get(const struct sr_idmap *m, const uint8_t id[SR_HASH], uint64_t *value);
bool sr_idmap_del(struct sr_idmap *m, const uint8_t id[SR_HASH]); /* whether it was there */
/* Walk: start with *at = 0; NULL at the end. Do not change the map while walking. */
const uint8_t *sr_idmap_next(const struct sr_idmap *m, size_t *at, uint64_t *value);
/* All ids in byte order, appended to ${out}. */
SR_MUST int sr_idmap_sorted(const struct sr_idmap *m, struct sr_buf *out, struct sr_err *e);
void sr_idmap_clear(struct sr_idmap *m); /* keeps its memory */
void sr_idmap_free(struct sr_idmap *m);  /* back to empty */

#endif
