/*
 * arena - memory that is freed all at once; see arena.h.
 *
 * A list of chunks, the newest first; only the newest is filled. Chunks double from FIRST to LARGE,
 * so a small input costs one allocation and a large one few.
 */
#include "policy/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST = 4 << 10, /* bytes of the first chunk: a request and its context fit */
	LARGE = 1 << 20, /* bytes at which chunks stop growing: at most that much is wasted */
	ALIGN = alignof(max_align_t)
};

struct sr_arena_chunk {
	struct sr_arena_chunk *before;
	size_t size; /* bytes of data */
	size_t used;
	alignas(max_align_t) uint8_t data[];
};

void sr_arena_init(struct sr_arena *a, size_t max) {
	*a = (struct sr_arena){.max = max};
}

static void drop_last(struct sr_arena *a) {
	struct sr_arena_chunk *c = a->last;
	a->last = c->before;
	a->taken -= c->size;
	free(c);
}

void sr_arena_free(struct sr_arena *a) {
	while (a->last != NULL)
		drop_last(a);
}

static int limit(struct sr_arena *a, struct sr_err *e) {
	a->failed = SR_LIMIT;
	return sr_fail(e, SR_LIMIT, "needs more than %zu bytes of memory", a->max);
}

/* A new chunk with room for ${need} bytes. */
static int grow(struct sr_arena *a, size_t need, struct sr_err *e) {
	size_t size = a->last == NULL ? FIRST : a->last->size * 2;
	if (size > LARGE)
		size = LARGE;
	if (size < need)
		size = need;
	if (size > a->max - a->taken)
		size = need;
	if (size > a->max - a->taken)
		return limit(a, e);
	struct sr_arena_chunk *c = malloc(sizeof *c + size);
	if (c == NULL) {
		a->failed = SR_NOMEM;
		return sr_fail(e, SR_NOMEM, "no memory for %zu bytes", size);
	}
	c->before = a->last;
	c->size = size;
	c->used = 0;
	a->last = c;
	a->taken += size;
	return 0;
}

#ifdef SR_TESTING
static _Thread_local unsigned long fault_in; /* calls until one fails; 0: none does */

void sr_arena_fault(unsigned long nth) {
	fault_in = nth;
}

static bool fault(void) {
	return fault_in > 0 && --fault_in == 0;
}
#else
static bool fault(void) {
	return false;
}
#endif

void *sr_arena_new(struct sr_arena *a, size_t count, size_t size, struct sr_err *e) {
	size_t need = 0;
	if (fault()) {
		a->failed = SR_NOMEM;
		(void)sr_fail(e, SR_NOMEM, "no memory, as the test asked");
		return NULL;
	}
	if (__builtin_mul_overflow(count, size, &need) ||
		__builtin_add_overflow(need, (size_t)ALIGN - 1, &need)) {
		(void)limit(a, e);
		return NULL;
	}
	need = need / ALIGN * ALIGN;
	if ((a->last == NULL || a->last->size - a->last->used < need) && grow(a, need, e) != 0)
		return NULL;
	void *p = a->last->data + a->last->used;
	a->last->used += need;
	memset(p, 0, need);
	return p;
}

int sr_arena_copy(struct sr_arena *a, struct sr_bytes v, struct sr_bytes *out, struct sr_err *e) {
	uint8_t *p = sr_arena_new(a, v.len, 1, e);
	if (p == NULL)
		return sr_arena_failed(a);
	if (v.len > 0)
		memcpy(p, v.p, v.len);
	*out = sr_bytes_of(p, v.len);
	return 0;
}

struct sr_arena_mark sr_arena_mark(const struct sr_arena *a) {
	struct sr_arena_mark m = {a->last, a->last == NULL ? 0 : a->last->used};
	return m;
}

void sr_arena_release(struct sr_arena *a, struct sr_arena_mark m) {
	while (a->last != m.last)
		drop_last(a);
	if (a->last != NULL)
		a->last->used = m.used;
}
