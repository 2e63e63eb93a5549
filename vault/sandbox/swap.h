/*
 * swap - may what is in memory reach a disk? Text that somebody reads, and what a parser holds, is
 * in pages that the kernel may write to any swap that is on. So while one is on that neither stays
 * in memory (zram without a disk behind it) nor is encrypted (dm-crypt, or a volume on nothing but
 * that) no sandboxed child is started: sandbox/launcher.c asks at each, since a swap can be
 * switched on at any time, and sandbox/box.c before it hands the next input to one that stays. A
 * LUKS volume whose owner chose the null cipher looks encrypted from here. Swap files are refused,
 * whatever they lie on: that cannot be seen from here.
 */
#ifndef SR_SANDBOX_SWAP_H
#define SR_SANDBOX_SWAP_H

#include "base/err.h"

/* UNSUPPORTED names one that is on and not encrypted, or says that none can be listed, and what to
 * do. */
SR_MUST int sr_swap_check(struct sr_err *e);

#ifdef SR_TESTING
/* From now on ${swaps} is looked at in place of /proc/swaps, and ${blocks} in place of /sys/block;
 * NULL: those again. Borrowed. */
void sr_swap_places_test(const char *swaps, const char *blocks);
#endif

#endif
