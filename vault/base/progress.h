/*
 * progress - how far a long operation is; the library reports, the face prints.
 * The callback may be called from the thread that runs the operation, at most about ten times a
 * second, and once at the end. A non-zero result asks the operation to stop cleanly (it then fails
 * with LOCKED "stopped on request").
 */
#ifndef SR_BASE_PROGRESS_H
#define SR_BASE_PROGRESS_H

#include <stdint.h>

struct sr_progress {
	/* total 0: unknown */
	int (*report)(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit);
	void *ctx;
};
/* NULL-safe: 0, or the callback's answer. */
int sr_progress_report(const struct sr_progress *p, const char *what, uint64_t done, uint64_t total,
	const char *unit);

#endif
