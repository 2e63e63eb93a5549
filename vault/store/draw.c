/*
 * draw - see draw.h.
 */
#include "store/draw.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/hash.h"

_Static_assert(SR_DRAW_BYTES % sizeof(uint32_t) == 0, "no draw is of two fetches");

static uint32_t next(struct sr_draw *d) {
	uint32_t v = 0;
	if (d->left == 0) {
		sr_random(d->bytes, sizeof d->bytes);
		d->left = sizeof d->bytes;
	}
	uint8_t *p = d->bytes + sizeof d->bytes - d->left;
	memcpy(&v, p, sizeof v);
	sr_wipe(p, sizeof v);
	d->left -= sizeof v;
	return v;
}

uint32_t sr_draw_below(struct sr_draw *d, uint32_t bound) {
	uint32_t v = 0;
	assert(bound > 0);
	/* The largest multiple of bound that fits: of what is above it some remainders come once
	 * more often than others. */
	const uint32_t limit = UINT32_MAX - UINT32_MAX % bound;
	do
		v = next(d);
	while (v >= limit);
	return v % bound;
}

void sr_draw_wipe(struct sr_draw *d) {
	sr_wipe(d, sizeof *d);
}
