/*
 * arena - memory that is freed all at once; bounded.
 *
 * Everything built from one input lies in one arena, so an error path frees one thing. A mark lets
 * an evaluation give back what it used. Not thread-safe.
 */
#ifndef SR_POLICY_ARENA_H
#define SR_POLICY_ARENA_H

#include "base/bytes.h"

struct sr_arena_chunk;

struct sr_arena {
	struct sr_arena_chunk *last; /* NULL while empty */
	size_t taken;                /* bytes of all chunks */
	size_t max;                  /* of taken */
	enum sr_code failed;         /* why the last sr_arena_new gave NULL */
};

struct sr_arena_mark {
	struct sr_arena_chunk *last;
	size_t used;
};

void sr_arena_init(struct sr_arena *a, size_t max);
void sr_arena_free(struct sr_arena *a); /* back to empty, keeps max */

/* ${count} zeroed elements of ${size} bytes, aligned for any type; never NULL on success, also for
 * none. NULL: a->failed is NOMEM, or LIMIT when max would be exceeded. */
void *sr_arena_new(struct sr_arena *a, size_t count, size_t size, struct sr_err *e);
/* The code of the failure that gave NULL. */
static inline int sr_arena_failed(const struct sr_arena *a) {
	return sr_failed(a->failed);
}
/* A copy of ${v}. */
SR_MUST int sr_arena_copy(
	struct sr_arena *a, struct sr_bytes v, struct sr_bytes *out, struct sr_err *e);

struct sr_arena_mark sr_arena_mark(const struct sr_arena *a);
/* Give back everything made since ${m}. */
void sr_arena_release(struct sr_arena *a, struct sr_arena_mark m);

#ifdef SR_TESTING
/* The ${nth} sr_arena_new of this thread from now on fails with NOMEM (0: none). */
void sr_arena_fault(unsigned long nth);
#endif

#endif
