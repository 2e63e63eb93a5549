/*
 * umap - a hash map from uint64_t to uint64_t, for the page files' tables of pages in flight.
 *
 * Open addressing with linear probing, grown at three quarters full; deletion shifts followers
 * back, so there are no tombstones. Keys are our own page and cell numbers, never bytes from
 * outside, so the hash is a plain multiplication.
 */
#ifndef SR_STORE_UMAP_H
#define SR_STORE_UMAP_H

#include "base/bytes.h"

struct sr_umap { /* zero-initialised is empty */
	uint64_t *keys;
	uint64_t *values;
	uint8_t *used;
	size_t cap;
	size_t count;
};

SR_MUST int sr_umap_put(
	struct sr_umap *m, uint64_t key, uint64_t value, struct sr_err *e); /* adds or replaces */
/* Room for ${more} puts that then cannot fail. */
SR_MUST int sr_umap_reserve(struct sr_umap *m, size_t more, struct sr_err *e);
bool sr_umap_get(const struct sr_umap *m, uint64_t key, uint64_t *value);
void sr_umap_del(struct sr_umap *m, uint64_t key);
/* Walk: start with *at = 0; false at the end. Do not change the map while walking. */
bool sr_umap_next(const struct sr_umap *m, size_t *at, uint64_t *key, uint64_t *value);
/* All keys in ascending order in a malloc'd array of m->count (NULL when empty: count 0). */
SR_MUST int sr_umap_sorted(const struct sr_umap *m, uint64_t **out, struct sr_err *e);
void sr_umap_clear(struct sr_umap *m); /* keeps its memory */
void sr_umap_free(struct sr_umap *m);  /* back to empty */

#endif
