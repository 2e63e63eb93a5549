/*
 * test_base_progress - nobody asked, the answer that comes back, and how often a face is called.
 */
#include <time.h>

#include "base/progress.h"

#include "util.h"

struct face {
	unsigned calls;
	uint64_t done;
	int answer;
};

static int note(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	struct face *f = ctx;
	assert_non_null(what);
	assert_non_null(unit);
	assert_true(total == 0 || done <= total);
	f->calls++;
	f->done = done;
	return f->answer;
}

static void nobody_listens(void **state) {
	(void)state;
	struct sr_progress none = {NULL, NULL};
	assert_int_equal(sr_progress_report(NULL, "deposit", 1, 2, "bytes"), 0);
	assert_int_equal(sr_progress_report(&none, "deposit", 1, 2, "bytes"), 0);
}

static void the_answer_comes_back(void **state) {
	(void)state;
	struct face f = {0, 0, 5};
	struct sr_progress p = {note, &f};
	assert_int_equal(sr_progress_report(&p, "deposit", 1, 2, "bytes"), 5);
}

static void a_face_is_called_at_the_start_the_end_and_rarely_between(void **state) {
	(void)state;
	struct face f = {0, 0, 0};
	struct sr_progress p = {note, &f};
	for (uint64_t i = 1; i <= 100000; i++)
		assert_int_equal(sr_progress_report(&p, "scrub", i, 100000, "bytes"), 0);
	assert_true(f.calls >= 2 && f.calls < 20);
	assert_true(f.done == 100000);
	unsigned before = f.calls;
	(void)sr_progress_report(&p, "verify", 1, 0, "entries"); /* another step: at once */
	assert_int_equal(f.calls, before + 1);
	(void)sr_progress_report(&p, "verify", 2, 0, "entries");
	assert_int_equal(f.calls, before + 1);
	struct timespec ts = {0, 110000000};
	(void)nanosleep(&ts, NULL);
	(void)sr_progress_report(&p, "verify", 3, 0, "entries");
	assert_int_equal(f.calls, before + 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(the_answer_comes_back),
		cmocka_unit_test(a_face_is_called_at_the_start_the_end_and_rarely_between),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
