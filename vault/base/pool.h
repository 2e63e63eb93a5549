/*
 * pool - worker threads over a bounded queue, results taken in order of submission.
 *
 * submit blocks while `depth` jobs are unfinished or untaken, so memory is bounded by depth jobs.
 * One producer and one consumer (they may be the same thread: then call take before submit would
 * block; sr_pool_full says so).
 */
#ifndef SR_BASE_POOL_H
#define SR_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct sr_pool;
/* the one typedef of the tree: a function type reads worse written out */
typedef void sr_pool_fn(void *job);

/* ${threads} 0: one per online core. ${depth} 0: twice the threads. */
SR_MUST int sr_pool_new(
	struct sr_pool **out, unsigned threads, size_t depth, sr_pool_fn *fn, struct sr_err *e);
SR_MUST int sr_pool_submit(struct sr_pool *p, void *job, struct sr_err *e);
bool sr_pool_full(struct sr_pool *p);
/* The oldest job, when finished (waits); NULL when none is outstanding. */
void *sr_pool_take(struct sr_pool *p);
/* The same, but waits also for a job to be submitted: by another thread, which must do so. */
void *sr_pool_next(struct sr_pool *p);
unsigned sr_pool_threads(const struct sr_pool *p);
/* waits for running jobs; untaken jobs are the caller's leak; NULL allowed */
void sr_pool_free(struct sr_pool *p);

/* fn(ctx, i) for i in [0, count) on all cores; the first failure (lowest i) is returned. */
SR_MUST int sr_parallel(size_t count, int (*fn)(void *ctx, size_t i, struct sr_err *e), void *ctx,
	struct sr_err *e);

/* The same on ${threads} of them, for work that waits for a disk. */
SR_MUST int sr_parallel_on(unsigned threads, size_t count,
	int (*fn)(void *ctx, size_t i, struct sr_err *e), void *ctx, struct sr_err *e);
unsigned sr_cores(void); /* that are online; at least 1 */

#endif
