/*
 * The place of a vault that is being made: one at a time, empty before, as it was when it fails,
 * and nothing of anybody else's.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/making.h"
#include "tests/unit/util.h"

static void put(const char *folder, const char *name) {
	t_write_file(t_path(folder, name), "", 0);
}

/* Two at the same moment: the second finds it held, and takes nothing of the first's. */
static void test_one_at_a_time(void **state) {
	char *w = t_tmp_new();
	char path[T_PATH];
	struct sr_making *a = NULL, *b = NULL;
	struct sr_err e = {0};

	(void)state;
	snprintf(path, sizeof path, "%s", t_path(w, "vault"));
	assert_ok(sr_making_begin(&a, path, NULL, &e), &e);
	assert_fails(sr_making_begin(&b, path, NULL, &e), SR_EXISTS, &e, "not empty (run)");
	put(path, "strongroom.conf");
	sr_making_let(a);
	assert_fails(sr_making_begin(&b, path, NULL, &e), SR_EXISTS, &e, "not empty");
	assert_ok(sr_making_hold(a, &e), &e);
	sr_making_end(a, true);
	assert_true(t_exists(t_path(path, "strongroom.conf")));
	t_tmp_remove(w);
}

static void test_nothing_is_left(void **state) {
	char *w = t_tmp_new();
	char path[T_PATH], second[T_PATH];
	struct sr_making *m = NULL;
	struct sr_err e = {0};

	(void)state;
	snprintf(path, sizeof path, "%s", t_path(w, "vault"));
	snprintf(second, sizeof second, "%s", t_path(w, "second"));
	assert_int_equal(mkdir(second, 0700), 0);
	for (int there = 0; there < 2; there++) {
		if (there != 0)
			assert_int_equal(mkdir(path, 0700), 0);
		assert_ok(sr_making_begin(&m, path, second, &e), &e);
		assert_int_equal(mkdir(t_path(path, "packs"), 0700), 0);
		put(path, "packs/one");
		put(path, "secrets.db-root");
		put(second, "secrets.db-copy");
		put(second, "secrets.db-copy-root");
		put(second, "mine");
		sr_making_second(m, 0);
		sr_making_end(m, false);
		assert_int_equal(t_exists(path), there);
		assert_true(there == 0 || rmdir(path) == 0);
		assert_false(t_exists(t_path(second, "secrets.db-copy")));
		assert_false(t_exists(t_path(second, "secrets.db-copy-root")));
		assert_true(t_exists(t_path(second, "mine")));
	}
	/* What another vault puts there in the meantime, and what lay there before, is nobody's to
	 * remove. */
	assert_ok(sr_making_begin(&m, path, second, &e), &e);
	put(second, "secrets.db-copy");
	sr_making_second(m, SR_EXISTS);
	sr_making_end(m, false);
	assert_false(t_exists(path));
	assert_true(t_exists(t_path(second, "secrets.db-copy")));
	assert_int_equal(unlink(t_path(second, "secrets.db-copy")), 0);
	put(second, "secrets.db-copy-root");
	assert_fails(
		sr_making_begin(&m, path, second, &e), SR_EXISTS, &e, "lies a second copy already");
	assert_false(t_exists(path));
	assert_true(t_exists(t_path(second, "secrets.db-copy-root")));
	t_tmp_remove(w);
}

/* Whoever holds it when it is to be undone has it. */
static void test_others_keep_theirs(void **state) {
	char *w = t_tmp_new();
	char path[T_PATH];
	struct sr_making *m = NULL;
	struct sr_dir *run = NULL;
	struct sr_lock *lock = NULL;
	struct sr_err e = {0};

	(void)state;
	snprintf(path, sizeof path, "%s", t_path(w, "vault"));
	assert_ok(sr_making_begin(&m, path, NULL, &e), &e);
	put(path, "theirs");
	sr_making_let(m);
	assert_ok(sr_dir_open(&run, t_path(path, "run"), &e), &e);
	assert_ok(sr_lock_take(&lock, run, "lock", &e), &e);
	sr_making_end(m, false);
	assert_true(t_exists(t_path(path, "theirs")));
	sr_lock_free(lock);
	sr_dir_close(run);
	t_tmp_remove(w);
}

/* Each step of the beginning fails once: nothing is left, and it can be begun again. */
static void test_failing(void **state) {
	char *w = t_tmp_new();
	char path[T_PATH];
	struct sr_making *m = NULL;
	struct sr_err e = {0};
	char parent[T_PATH + 8];
	unsigned failures = 0;
	bool named = false;
	int rc = -1;

	(void)state;
	snprintf(path, sizeof path, "%s", t_path(w, "vault"));
	snprintf(parent, sizeof parent, "sync %s: ", w);
	for (unsigned long nth = 1; rc != 0; nth++) {
		sr_fault_set(nth, ENOSPC);
		rc = sr_making_begin(&m, path, NULL, &e);
		sr_fault_set(0, 0);
		failures += rc != 0;
		named |= rc != 0 && strstr(e.text, parent) != NULL;
		assert_true(rc == 0 || !t_exists(path));
	}
	assert_true(failures > 1);
	assert_true(named); /* the folder's own name is waited for */
	sr_making_end(m, false);
	assert_false(t_exists(path));
	t_tmp_remove(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_others_keep_theirs),
		cmocka_unit_test(test_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
