/*
 * test_store_supersede - whatever fails or kills the change of a passphrase, the file opens with
 * the old bytes or the new ones, and when it is through nobody finds the old ones: the inode that
 * held them is kept open by the test, and read.
 */
#include "store/supersede.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

static const char OLD[] = "sealed under the passphrase before, and longer than what comes after it";
static const char NEW[] = "sealed under the new passphrase";

struct env {
	char *path;
	struct sr_dir *dir;
	int held; /* the inode with the old bytes */
	struct sr_err e;
};

static void fresh(struct env *v) {
	*v = (struct env){.path = t_tmp_new()};
	t_write_file(t_path(v->path, "f"), OLD, strlen(OLD));
	v->held = open(t_path(v->path, "f"), O_RDONLY | O_CLOEXEC);
	assert_true(v->held >= 0);
	assert_ok(sr_dir_open(&v->dir, v->path, &v->e), &v->e);
}

static void done(struct env *v) {
	sr_fault_set(0, 0);
	sr_dir_close(v->dir);
	(void)close(v->held);
	t_tmp_remove(v->path);
}

static bool holds(struct env *v, const char *want) {
	struct sr_buf b;
	bool same;

	sr_buf_init(&b);
	t_read_file(t_path(v->path, "f"), &b);
	same = sr_bytes_eq(sr_buf_view(&b), sr_bytes_str(want));
	sr_buf_free(&b);
	return same;
}

static bool old_bytes_live(const struct env *v) {
	char have[sizeof OLD] = "";
	const ssize_t n = pread(v->held, have, sizeof OLD - 1, 0);

	assert_int_equal(n, sizeof OLD - 1);
	return memcmp(have, OLD, sizeof OLD - 1) == 0;
}

static void check_through(struct env *v) {
	assert_true(holds(v, NEW));
	assert_false(old_bytes_live(v));
	assert_int_equal(t_count_entries(v->path), 1);
}

static void the_bytes_before_are_gone(void **state) {
	struct env v;
	bool replaced = false, found = true;

	(void)state;
	fresh(&v);
	assert_ok(sr_file_supersede(v.dir, "f", sr_bytes_str(NEW), &replaced, &v.e), &v.e);
	assert_true(replaced);
	check_through(&v);
	assert_ok(sr_file_supersede_finish(v.dir, "f", &found, &v.e), &v.e);
	assert_false(found);
	assert_fails(sr_file_supersede(v.dir, "g", sr_bytes_str(NEW), &replaced, &v.e), SR_NOTFOUND,
		&v.e, "g: no such file");
	assert_false(replaced);
	assert_fails(sr_file_supersede(v.dir, "a/f", sr_bytes_str(NEW), NULL, &v.e), SR_USAGE, &v.e,
		"without folders");
	done(&v);
}

/* Then it is finished, and done again when it had not come to that. */
static void check_after(struct env *v, bool through) {
	const bool is_new = holds(v, NEW);
	bool found = false;

	assert_true(is_new || (!through && holds(v, OLD)));
	sr_dir_close(v->dir);
	assert_ok(sr_dir_open(&v->dir, v->path, &v->e), &v->e);
	assert_ok(sr_file_supersede_finish(v->dir, "f", &found, &v->e), &v->e);
	assert_int_equal(holds(v, NEW), is_new);
	assert_int_equal(old_bytes_live(v), !is_new);
	if (!is_new) {
		assert_false(found);
		assert_ok(sr_file_supersede(v->dir, "f", sr_bytes_str(NEW), NULL, &v->e), &v->e);
	}
	size_t swept = 0;
	assert_ok(sr_tmpfile_sweep(v->dir, &swept, &v->e), &v->e);
	check_through(v);
}

static void every_fault_can_be_finished(void **state) {
	unsigned long points = 0;

	(void)state;
	for (unsigned long nth = 1; nth == 1 || nth <= points + 1; nth++) {
		struct env v;
		bool replaced = false;
		int rc;

		fresh(&v);
		sr_fault_set(nth, EIO);
		rc = sr_file_supersede(v.dir, "f", sr_bytes_str(NEW), &replaced, &v.e);
		points = sr_fault_count();
		sr_fault_set(0, 0);
		if (rc != 0)
			assert_fails(rc, SR_IO, &v.e, "Input/output error");
		assert_int_equal(replaced, holds(&v, NEW));
		assert_true(rc == 0 ? replaced : nth <= points);
		check_after(&v, rc == 0);
		done(&v);
	}
	assert_true(points > 8);
}

static void every_kill_can_be_finished(void **state) {
	bool killed = true;
	unsigned long nth;

	(void)state;
	for (nth = 1; killed; nth++) {
		struct env v;
		int status = -1;
		pid_t pid;

		fresh(&v);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			sr_fault_set(nth, -1);
			t_exit(sr_file_supersede(v.dir, "f", sr_bytes_str(NEW), NULL, NULL) == 0
					? 0
					: 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		assert_true(killed || status == 0);
		check_after(&v, !killed);
		done(&v);
	}
	assert_true(nth > 9);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_before_are_gone),
		cmocka_unit_test(every_fault_can_be_finished),
		cmocka_unit_test(every_kill_can_be_finished),
	};

	return cmocka_run_group_tests_name("store_supersede", tests, NULL, NULL);
}
