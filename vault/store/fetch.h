/*
 * fetch - one block from wherever it lies: the hint first, the index when the hint is stale,
 * plaintext checked against H.
 *
 * One thread at a time (it owns a sr_block_work); make one per worker. Plaintext lives in the
 * work's wiped buffer.
 */
#ifndef SR_STORE_FETCH_H
#define SR_STORE_FETCH_H

#include "store/index.h"
#include "store/manifest.h"
#include "store/pack.h"

struct sr_fetch; /* opaque */

struct sr_fetch_options {
	struct sr_backend *backend; /* borrowed */
	struct sr_index *index;     /* borrowed; NULL: hints only */
	uint8_t vault[SR_HASH];
	uint8_t domain[SR_ID];
};
SR_MUST int sr_fetch_new(struct sr_fetch **out, const struct sr_fetch_options *o, struct sr_err *e);
void sr_fetch_free(struct sr_fetch *f); /* wipes; NULL allowed */

/* The plaintext of one block, ref->plain_len bytes, valid until the next call. The error names pack
 * and segment. */
SR_MUST int sr_fetch_block(struct sr_fetch *f, enum sr_block_kind kind,
	const struct sr_block_ref *ref, struct sr_bytes *plain, struct sr_err *e);

/* The same for up to SR_LANES blocks, which takes little longer than one of them: each with a fetch
 * of its own. What one of them lacks is in its rc and e, and no matter of the others. */
struct sr_fetch_one {
	struct sr_fetch *fetch; /* borrowed */
	struct sr_block_ref ref;
	struct sr_bytes plain;
	int rc;
	struct sr_err e;
};
void sr_fetch_blocks(struct sr_fetch_one *const *ones, size_t count, enum sr_block_kind kind);

#endif
