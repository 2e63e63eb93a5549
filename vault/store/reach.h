/*
 * reach - what an item reaches: the packs it needs (whole-pack reclaim) and the cids in them
 * (repack).
 *
 *   offset  size  meaning
 *        0     8  magic "SRREACH1"
 *        8    16  dedupe domain, which the parts' records are bound to
 *       24     4  le32 count of packs
 *       28     .  their 32-byte names, sorted
 *        .     .  stream `cids` (32-byte cids), as in store/manifest.h; its parts are blocks of
 *                 kind SR_BLOCK_REACH
 *
 * Sealed: box (label "strongroom/reach/v1", context vault, item) to the structure key of le64
 * length, the bytes above, zeros up to a PADME size >= 4 KiB. The cids of the manifest's own parts
 * are in the list; those of the list's own parts and their packs are in the root's refs. The
 * context does not name n: a released or re-sealed envelope carries the list on unopened.
 */
#ifndef SR_STORE_REACH_H
#define SR_STORE_REACH_H

#include "crypto/box.h"
#include "store/manifest.h"

enum {
	SR_REACH_PACKS_MAX = 262144
}; /* packs of one item: 8 TiB, 8 MiB of names in its envelope */

struct sr_reach {
	uint8_t domain[SR_ID];
	struct sr_buf packs; /* 32 bytes each, sorted, no two alike */
	struct sr_stream cids;
};
void sr_reach_init(struct sr_reach *r);
void sr_reach_free(struct sr_reach *r);
/* Appends to ${out}. */
SR_MUST int sr_reach_seal(struct sr_buf *out, const struct sr_reach *r,
	const uint8_t structure_pk[SR_X_PK], const uint8_t vault[SR_HASH],
	const uint8_t item[SR_ID], struct sr_err *e);
SR_MUST int sr_reach_open(struct sr_reach *out, struct sr_bytes sealed,
	const uint8_t structure_sk[SR_X_SK], const uint8_t vault[SR_HASH],
	const uint8_t item[SR_ID], struct sr_err *e);

/* Every pack name, then every cid of the list, the list's own parts included (a name may come
 * twice); a non-zero result stops and is returned. Parts are read through ${b} and the optional
 * index (NULL: hints only). */
struct sr_reach_visitor {
	int (*pack)(
		void *ctx, const uint8_t name[SR_HASH], struct sr_err *e);   /* NULL: not wanted */
	int (*cid)(void *ctx, const uint8_t cid[SR_HASH], struct sr_err *e); /* NULL: not wanted */
	void *ctx;
};
struct sr_fetch;
SR_MUST int sr_reach_each(const struct sr_reach *r, struct sr_fetch *f,
	const struct sr_reach_visitor *v, struct sr_err *e);

#endif
