/*
 * secret - one locked arena for long-lived keys; see secret.h.
 *
 * The mapping is  guard page | SR_SECRET_ARENA bytes of cells | guard page.  A map of one byte per
 * cell says which are in use; it lies outside the arena, so a stray write of a key cannot free
 * another. Cells are found first-fit from where the last search ended.
 *
 * Invariants, under the mutex: a free cell is all zero; in_use is the number of marked cells times
 * CELL. The arena is mapped once and lives as long as the process: keys are given out as plain
 * pointers. After a fork the child sees zeroes (MADV_WIPEONFORK) and must not use them.
 */
#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/limits.h"

enum {
	CELL = 32, /* bytes: the size of nearly every key */
	CELLS = SR_SECRET_ARENA / CELL
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint8_t *arena; /* NULL until first use */
static uint8_t taken[CELLS];
static size_t next_cell;
static size_t in_use;

/* What cannot be locked may be written to the swap, where a key outlives everything that was meant
 * to erase it: no key is then taken into memory at all. */
static int not_locked(struct sr_err *e) {
	const int why = errno;
	struct rlimit limit = {0, 0};
	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	return sr_fail(e, SR_LIMIT,
		"secret memory: %d bytes cannot be locked in memory (%s; the limit is %llu), and "
		"keys must not reach the swap: raise the limit (`ulimit -l 2048`; LimitMEMLOCK=8M "
		"in a unit of systemd; --ulimit memlock=8388608 of a container)",
		SR_SECRET_ARENA, strerror(why), (unsigned long long)limit.rlim_cur);
}

/* Map and lock the arena; under the mutex. */
static int map_arena(struct sr_err *e) {
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole = SR_SECRET_ARENA + 2 * guard;
	void *at = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return sr_fail_errno(e, "secret memory: mapping %zu bytes", whole);
	uint8_t *body = (uint8_t *)at + guard;
	if (mprotect(body, SR_SECRET_ARENA, PROT_READ | PROT_WRITE) != 0) {
		int rc = sr_fail_errno(e, "secret memory: opening %d bytes", SR_SECRET_ARENA);
		(void)munmap(at, whole);
		return rc;
	}
	/* Both are refused only by old kernels; the arena then still works. */
	(void)madvise(body, SR_SECRET_ARENA, MADV_DONTDUMP);
	(void)madvise(body, SR_SECRET_ARENA, MADV_WIPEONFORK);
	if (mlock(body, SR_SECRET_ARENA) != 0) {
		int rc = not_locked(e);
		(void)munmap(at, whole);
		return rc;
	}
	arena = body;
	return 0;
}

/* The first of ${want} free cells in a row in [${from}, ${to}), or CELLS. */
static size_t find_run(size_t from, size_t to, size_t want) {
	size_t run = 0;
	for (size_t i = from; i < to; i++) {
		run = taken[i] == 0 ? run + 1 : 0;
		if (run == want)
			return i + 1 - want;
	}
	return CELLS;
}

static size_t cells_of(size_t len) {
	return len == 0 ? 1 : (len + CELL - 1) / CELL;
}

void *sr_secret_new(size_t len, struct sr_err *e) {
	void *out = NULL;
	if (len > SR_SECRET_ARENA) {
		(void)sr_fail(e, SR_LIMIT, "secret memory: want %zu bytes, have %d in all", len,
			SR_SECRET_ARENA);
		return NULL;
	}
	size_t want = cells_of(len);
	(void)pthread_mutex_lock(&mutex);
	if (arena == NULL && map_arena(e) != 0)
		goto out;
	size_t at = find_run(next_cell, CELLS, want);
	if (at == CELLS)
		at = find_run(0, CELLS, want);
	if (at == CELLS) {
		(void)sr_fail(e, SR_LIMIT, "secret memory: want %zu bytes, %zu of %d are in use",
			want * CELL, in_use, SR_SECRET_ARENA);
		goto out;
	}
	for (size_t i = at; i < at + want; i++)
		taken[i] = 1;
	in_use += want * CELL;
	next_cell = at + want;
	out = arena + at * CELL;
out:
	(void)pthread_mutex_unlock(&mutex);
	return out;
}

void sr_secret_free(void *p, size_t len) {
	if (p == NULL)
		return;
	size_t want = cells_of(len);
	(void)pthread_mutex_lock(&mutex);
	uintptr_t offset = (uintptr_t)p - (uintptr_t)arena;
	assert(arena != NULL && offset % CELL == 0 && offset / CELL + want <= CELLS);
	size_t at = offset / CELL;
	for (size_t i = at; i < at + want; i++) {
		assert(taken[i] == 1); /* freed twice, or with another length */
		taken[i] = 0;
	}
	sr_wipe(p, want * CELL);
	in_use -= want * CELL;
	next_cell = at;
	(void)pthread_mutex_unlock(&mutex);
}

size_t sr_secret_in_use(void) {
	(void)pthread_mutex_lock(&mutex);
	size_t bytes = in_use;
	(void)pthread_mutex_unlock(&mutex);
	return bytes;
}

void sr_process_harden(void) {
	struct rlimit none = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#ifdef __x86_64__
/* Upper halves too: what the kernel saves of a process is what its processor has. */
__attribute__((target("avx"))) static void zero_avx(void) {
	__builtin_ia32_vzeroall();
}

/* clang-format off */
__attribute__((target("avx512f"))) static void zero_avx512(void) {
#define ZERO(n) "vpxord %%zmm" n ", %%zmm" n ", %%zmm" n "\n\t"
	__asm__ volatile(
		ZERO("16") ZERO("17") ZERO("18") ZERO("19") ZERO("20") ZERO("21") ZERO("22")
		ZERO("23") ZERO("24") ZERO("25") ZERO("26") ZERO("27") ZERO("28") ZERO("29")
		ZERO("30") ZERO("31")
		:
		:
		: "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
		  "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
#undef ZERO
}

static void zero_sse(void) {
#define ZERO(n) "pxor %%xmm" n ", %%xmm" n "\n\t"
	__asm__ volatile(
		ZERO("0") ZERO("1") ZERO("2") ZERO("3") ZERO("4") ZERO("5") ZERO("6") ZERO("7")
		ZERO("8") ZERO("9") ZERO("10") ZERO("11") ZERO("12") ZERO("13") ZERO("14")
		ZERO("15")
		:
		:
		: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		  "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
#undef ZERO
}
/* clang-format on */

void sr_wipe_registers(void) {
	if (__builtin_cpu_supports("avx512f"))
		zero_avx512();
	if (__builtin_cpu_supports("avx"))
		zero_avx();
	else
		zero_sse();
}
#else
void sr_wipe_registers(void) {
}
#endif
