/*
 * draw - numbers at random, without bias, from the kernel's random bytes, which are fetched 4 KiB
 * at a time: a pack draws once for each record, and a call for each was half of what a deposit of
 * small files asked of the system. For places only: keys and nonces come from sr_random, one by
 * one, and never out of memory that was there before.
 *
 * A byte is wiped when it was used: memory that is found later says nothing of the order in which
 * the records of a pack came. Zero-initialised is empty. Not thread-safe; and after a fork two
 * would draw the same: this program never forks where it draws.
 */
#ifndef SR_STORE_DRAW_H
#define SR_STORE_DRAW_H

#include <stddef.h>
#include <stdint.h>

enum {
	SR_DRAW_BYTES = 4096
};

struct sr_draw {
	uint8_t bytes[SR_DRAW_BYTES];
	size_t left; /* unused ones, at the end */
};

/* A number below ${bound}, which is 1 at the least. */
uint32_t sr_draw_below(struct sr_draw *d, uint32_t bound);
void sr_draw_wipe(struct sr_draw *d); /* back to empty */

#endif
