/*
 * padme - sizes that say little: PADME (Nikitin et al., 2019).
 *
 * A length L is rounded up so that its binary form keeps only floor(log2(floor(log2 L))) + 1
 * significant bits after the leading one: at most 12 % more bytes, and only O(log log L) bits of
 * the true length are visible. Lengths under the minimum become the minimum.
 */
#ifndef SR_STORE_PADME_H
#define SR_STORE_PADME_H

#include <stdint.h>

enum {
	SR_PAD_PACK = 65536, /* smallest pack body: a sentence looks like sixty pages */
	SR_PAD_META = 4096   /* smallest manifest, reach list and object record */
};

/* The padded size of ${len} bytes, at least ${min}; ${len} <= 2^62. Idempotent. */
uint64_t sr_padme(uint64_t len, uint64_t min);

#endif
