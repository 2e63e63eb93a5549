/*
 * pool - worker threads over a ring of jobs; see pool.h.
 *
 * The ring holds `depth` slots. Three counters only grow: taken <= started <= submitted, and
 * submitted - taken <= depth. Slot i % depth holds job i; workers start jobs in order and finish
 * them in any; take waits for the oldest. All of it is under one mutex: jobs are blocks of 1 MiB,
 * so the lock costs nothing beside them.
 */
#include "base/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	THREADS_MAX = 256 /* more cores than any host of a vault */
};

struct slot {
	void *job;
	bool done;
};

struct sr_pool {
	pthread_mutex_t mutex;
	pthread_cond_t work;     /* a job to start, or the end */
	pthread_cond_t finished; /* a job was finished */
	pthread_cond_t room;     /* a job was taken */
	struct slot *ring;
	size_t depth;
	uint64_t submitted;
	uint64_t started;
	uint64_t taken;
	bool stopping;
	sr_pool_fn *fn;
	unsigned threads;
	pthread_t thread[]; /* of `threads` */
};

static void *worker(void *arg) {
	struct sr_pool *p = arg;
	(void)pthread_mutex_lock(&p->mutex);
	for (;;) {
		while (!p->stopping && p->started == p->submitted)
			(void)pthread_cond_wait(&p->work, &p->mutex);
		if (p->stopping)
			break;
		struct slot *s = &p->ring[p->started % p->depth];
		p->started++;
		(void)pthread_mutex_unlock(&p->mutex);
		p->fn(s->job);
		(void)pthread_mutex_lock(&p->mutex);
		s->done = true;
		(void)pthread_cond_broadcast(&p->finished);
	}
	(void)pthread_mutex_unlock(&p->mutex);
	return NULL;
}

unsigned sr_cores(void) {
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		return 1;
	return n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

/* Workers take no signals: those are for the thread that runs the program. */
static int start_threads(struct sr_pool *p, unsigned threads, struct sr_err *e) {
	sigset_t all;
	sigset_t before;
	int no = 0;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->threads < threads) {
		no = pthread_create(&p->thread[p->threads], NULL, worker, p);
		if (no != 0)
			break;
		p->threads++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* Fewer threads than wanted do the same work more slowly; none cannot. */
	if (p->threads > 0)
		return 0;
	errno = no;
	return sr_fail_errno(e, "pool: starting %u threads", threads);
}

int sr_pool_new(
	struct sr_pool **out, unsigned threads, size_t depth, sr_pool_fn *fn, struct sr_err *e) {
	*out = NULL;
	if (threads == 0)
		threads = sr_cores();
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (depth == 0)
		depth = (size_t)threads * 2;
	struct sr_pool *p = calloc(1, sizeof *p + threads * sizeof p->thread[0]);
	struct slot *ring = calloc(depth, sizeof *ring);
	if (p == NULL || ring == NULL) {
		free(p);
		free(ring);
		return sr_fail(
			e, SR_NOMEM, "pool: no memory for %u threads and %zu jobs", threads, depth);
	}
	p->ring = ring;
	p->depth = depth;
	p->fn = fn;
	(void)pthread_mutex_init(&p->mutex, NULL);
	(void)pthread_cond_init(&p->work, NULL);
	(void)pthread_cond_init(&p->finished, NULL);
	(void)pthread_cond_init(&p->room, NULL);
	int rc = start_threads(p, threads, e);
	if (rc != 0) {
		sr_pool_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

int sr_pool_submit(struct sr_pool *p, void *job, struct sr_err *e) {
	if (job == NULL)
		return sr_fail(e, SR_MISUSE, "pool: a job may not be NULL");
	(void)pthread_mutex_lock(&p->mutex);
	while (p->submitted - p->taken >= p->depth)
		(void)pthread_cond_wait(&p->room, &p->mutex);
	struct slot *s = &p->ring[p->submitted % p->depth];
	s->job = job;
	s->done = false;
	p->submitted++;
	(void)pthread_cond_signal(&p->work);
	(void)pthread_mutex_unlock(&p->mutex);
	return 0;
}

bool sr_pool_full(struct sr_pool *p) {
	(void)pthread_mutex_lock(&p->mutex);
	bool full = p->submitted - p->taken >= p->depth;
	(void)pthread_mutex_unlock(&p->mutex);
	return full;
}

/* The oldest job, which was submitted. Under the lock. */
static void *take_oldest(struct sr_pool *p) {
	struct slot *s = &p->ring[p->taken % p->depth];
	while (!s->done)
		(void)pthread_cond_wait(&p->finished, &p->mutex);
	void *job = s->job;
	s->job = NULL;
	p->taken++;
	(void)pthread_cond_signal(&p->room);
	return job;
}

void *sr_pool_take(struct sr_pool *p) {
	(void)pthread_mutex_lock(&p->mutex);
	void *job = p->taken < p->submitted ? take_oldest(p) : NULL;
	(void)pthread_mutex_unlock(&p->mutex);
	return job;
}

void *sr_pool_next(struct sr_pool *p) {
	(void)pthread_mutex_lock(&p->mutex);
	while (p->taken == p->submitted) /* what is submitted will be finished */
		(void)pthread_cond_wait(&p->finished, &p->mutex);
	void *job = take_oldest(p);
	(void)pthread_mutex_unlock(&p->mutex);
	return job;
}

unsigned sr_pool_threads(const struct sr_pool *p) {
	return p->threads;
}

void sr_pool_free(struct sr_pool *p) {
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->mutex);
	p->stopping = true;
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_mutex_unlock(&p->mutex);
	for (unsigned i = 0; i < p->threads; i++)
		(void)pthread_join(p->thread[i], NULL);
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_cond_destroy(&p->finished);
	(void)pthread_cond_destroy(&p->room);
	(void)pthread_mutex_destroy(&p->mutex);
	free(p->ring);
	free(p);
}

/* --- a loop over all cores ---------------------------------------------------------------------
 */

struct loop {
	pthread_mutex_t mutex;
	size_t count;
	size_t next;
	size_t failed_at; /* count while none has failed */
	int failed_rc;
	struct sr_err failed;
	int (*fn)(void *ctx, size_t i, struct sr_err *e);
	void *ctx;
};

/*
 * Take the next index until none is left. After a failure at i only indices below i matter, and
 * those have all been handed out already, so the loop ends: the failure kept is the lowest.
 */
static void run_loop(void *arg) {
	struct loop *l = arg;
	struct sr_err e;
	for (;;) {
		(void)pthread_mutex_lock(&l->mutex);
		size_t i = l->failed_at < l->count ? l->count : l->next;
		if (i < l->count)
			l->next++;
		(void)pthread_mutex_unlock(&l->mutex);
		if (i >= l->count)
			return;
		sr_err_clear(&e);
		int rc = l->fn(l->ctx, i, &e);
		if (rc == 0)
			continue;
		(void)pthread_mutex_lock(&l->mutex);
		if (i < l->failed_at) {
			l->failed_at = i;
			l->failed_rc = rc;
			l->failed = e;
		}
		(void)pthread_mutex_unlock(&l->mutex);
	}
}

int sr_parallel_on(unsigned threads, size_t count, int (*fn)(void *ctx, size_t i, struct sr_err *e),
	void *ctx, struct sr_err *e) {
	if (count == 0)
		return 0;
	if (threads > count)
		threads = (unsigned)count;
	struct loop l = {.count = count, .failed_at = count, .fn = fn, .ctx = ctx};
	struct sr_pool *p = NULL;
	(void)pthread_mutex_init(&l.mutex, NULL);
	/* This thread works too; without a pool it does all of it. */
	if (threads > 1 && sr_pool_new(&p, threads - 1, threads - 1, run_loop, NULL) == 0)
		for (unsigned i = 0; i + 1 < threads; i++)
			if (sr_pool_submit(p, &l, NULL) != 0)
				break;
	run_loop(&l);
	if (p != NULL) {
		while (sr_pool_take(p) != NULL)
			;
		sr_pool_free(p);
	}
	(void)pthread_mutex_destroy(&l.mutex);
	if (l.failed_at == count)
		return 0;
	if (e != NULL)
		*e = l.failed;
	return l.failed_rc;
}

int sr_parallel(size_t count, int (*fn)(void *ctx, size_t i, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	return sr_parallel_on(sr_cores(), count, fn, ctx, e);
}
