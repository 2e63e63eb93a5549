/*
 * test_base_pool - order of submission, the bound on outstanding jobs, the end with jobs untaken,
 * and the loop over all cores with its lowest failure.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/pool.h"

#include "util.h"

struct job {
	unsigned wait_us;
	int in;
	int out;
};

static atomic_int begun; /* jobs that a thread has taken up */

static void square(void *arg) {
	struct job *j = arg;
	struct timespec ts = {0, (long)j->wait_us * 1000};
	atomic_fetch_add(&begun, 1);
	(void)nanosleep(&ts, NULL);
	j->out = j->in * j->in;
}

static void results_come_in_order_of_submission(void **state) {
	(void)state;
	enum {
		JOBS = 200
	};
	struct job jobs[JOBS];
	struct sr_pool *p = NULL;
	struct sr_err e = {0};
	uint64_t seed = 2;
	assert_ok(sr_pool_new(&p, 4, 8, square, &e), &e);
	assert_int_equal(sr_pool_threads(p), 4);
	assert_null(sr_pool_take(p));
	int taken = 0;
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){(unsigned)t_rand(&seed, 800), i, -1};
		if (sr_pool_full(p)) {
			const struct job *done = sr_pool_take(p);
			assert_ptr_equal(done, &jobs[taken]);
			assert_int_equal(done->out, taken * taken);
			taken++;
		}
		assert_ok(sr_pool_submit(p, &jobs[i], &e), &e);
		assert_true(i + 1 - taken <= 8);
	}
	for (const struct job *done = sr_pool_take(p); done != NULL; done = sr_pool_take(p)) {
		assert_ptr_equal(done, &jobs[taken]);
		assert_int_equal(done->out, taken * taken);
		taken++;
	}
	assert_int_equal(taken, JOBS);
	assert_false(sr_pool_full(p));
	sr_pool_free(p);
	sr_pool_free(NULL);
}

static atomic_int producer_at;

static void *produce(void *arg) {
	static struct job jobs[20];
	struct sr_pool *p = arg;
	for (int i = 0; i < 20; i++) {
		jobs[i].in = i;
		if (sr_pool_submit(p, &jobs[i], NULL) != 0)
			return arg;
		atomic_store(&producer_at, i + 1);
	}
	return NULL;
}

static void submit_waits_while_depth_jobs_are_untaken(void **state) {
	(void)state;
	struct sr_pool *p = NULL;
	struct sr_err e = {0};
	pthread_t thread;
	assert_ok(sr_pool_new(&p, 2, 3, square, &e), &e);
	assert_int_equal(pthread_create(&thread, NULL, produce, p), 0);
	struct timespec ts = {0, 50000000};
	(void)nanosleep(&ts, NULL);
	assert_int_equal(atomic_load(&producer_at), 3);
	assert_true(sr_pool_full(p));
	for (int i = 0; i < 20; i++) {
		const struct job *j = NULL;
		while (j == NULL)
			j = sr_pool_take(p);
		assert_int_equal(j->in, i);
		assert_true(atomic_load(&producer_at) <= i + 1 + 3);
	}
	void *bad = NULL;
	assert_int_equal(pthread_join(thread, &bad), 0);
	assert_null(bad);
	sr_pool_free(p);
}

static void free_waits_for_running_jobs(void **state) {
	(void)state;
	struct job jobs[3] = {{20000, 3, 0}, {20000, 4, 0}, {20000, 5, 0}};
	struct sr_pool *p = NULL;
	struct sr_err e = {0};
	assert_ok(sr_pool_new(&p, 1, 3, square, &e), &e);
	atomic_store(&begun, 0);
	for (int i = 0; i < 3; i++)
		assert_ok(sr_pool_submit(p, &jobs[i], &e), &e);
	const struct timespec ts = {0, 1000000};
	while (atomic_load(&begun) == 0)
		(void)nanosleep(&ts, NULL);
	sr_pool_free(p); /* the first runs; the others need not */
	assert_int_equal(jobs[0].out, 9);
}

static void defaults_and_misuse(void **state) {
	(void)state;
	struct sr_pool *p = NULL;
	struct sr_err e = {0};
	assert_ok(sr_pool_new(&p, 0, 0, square, &e), &e);
	assert_true(sr_pool_threads(p) >= 1);
	assert_fails(sr_pool_submit(p, NULL, &e), SR_MISUSE, &e, "may not be NULL");
	sr_pool_free(p);
}

static int count_index(void *ctx, size_t i, struct sr_err *e) {
	atomic_int *seen = ctx;
	(void)e;
	(void)atomic_fetch_add(&seen[i], 1);
	return 0;
}

static void parallel_calls_every_index_once(void **state) {
	(void)state;
	static atomic_int seen[5000];
	struct sr_err e = {0};
	assert_ok(sr_parallel(T_COUNT(seen), count_index, seen, &e), &e);
	for (size_t i = 0; i < T_COUNT(seen); i++)
		assert_int_equal(atomic_load(&seen[i]), 1);
	assert_ok(sr_parallel(0, count_index, NULL, &e), &e);
	assert_ok(sr_parallel(1, count_index, seen, &e), &e);
	assert_int_equal(atomic_load(&seen[0]), 2);
}

/* Fails at 70 at once and at 40 late: 40 is the one to report. */
static int fail_some(void *ctx, size_t i, struct sr_err *e) {
	(void)ctx;
	struct timespec ts = {0, i == 40 ? 30000000 : 100000};
	(void)nanosleep(&ts, NULL);
	if (i == 40 || i == 41 || i >= 70)
		return sr_fail(e, SR_AUTH, "index %zu is bad", i);
	return 0;
}

static void parallel_returns_the_lowest_failure(void **state) {
	(void)state;
	for (int round = 0; round < 5; round++) {
		struct sr_err e = {0};
		assert_fails(sr_parallel(100, fail_some, NULL, &e), SR_AUTH, &e, "index 40 is bad");
	}
	assert_int_equal(sr_parallel(100, fail_some, NULL, NULL), SR_AUTH);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_come_in_order_of_submission),
		cmocka_unit_test(submit_waits_while_depth_jobs_are_untaken),
		cmocka_unit_test(free_waits_for_running_jobs),
		cmocka_unit_test(defaults_and_misuse),
		cmocka_unit_test(parallel_calls_every_index_once),
		cmocka_unit_test(parallel_returns_the_lowest_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
