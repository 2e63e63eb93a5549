/*
 * test_base_secret - the arena of keys: zeroed, wiped, exhausted, given back, guarded, forgotten by
 * children and left out of dumps.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"

#include "util.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum {
	SANITIZED = 1
};
#else
enum {
	SANITIZED = 0
};
#endif

static bool all_zero(const uint8_t *p, size_t len) {
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static void cells_are_zero_and_wiped_when_freed(void **state) {
	(void)state;
	struct sr_err e = {0};
	assert_int_equal(sr_secret_in_use(), 0);
	uint8_t *a = sr_secret_new(32, &e);
	uint8_t *b = sr_secret_new(33, &e);
	uint8_t *c = sr_secret_new(0, &e);
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	assert_true(all_zero(a, 32) && all_zero(b, 64) && all_zero(c, 32));
	assert_int_equal(sr_secret_in_use(), 32 + 64 + 32);
	memset(a, 0xa5, 32);
	memset(b, 0xa5, 64);
	sr_secret_free(b, 33);
	assert_true(all_zero(b, 64)); /* still mapped: the arena stays */
	assert_int_equal(a[31], 0xa5);
	sr_secret_free(a, 32);
	sr_secret_free(c, 0);
	assert_true(all_zero(a, 32));
	sr_secret_free(NULL, 32);
	assert_int_equal(sr_secret_in_use(), 0);
}

/* Where memory cannot be locked no key is taken into it, and whoever started the program is told
 * what to change. In a child, before anything of this program asked for the arena. */
static void what_cannot_be_locked_is_refused(void **state) {
	(void)state;
	int status = 0;
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = {0, 0};
		struct sr_err e = {0};

		/* root may lock as much as there is */
		if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
			(geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
			_exit(3);
		_exit(sr_secret_new(32, &e) == NULL && e.code == SR_LIMIT &&
					strstr(e.text, "keys must not reach the swap: raise the "
						       "limit (`ulimit -l 2048`") != NULL &&
					strstr(e.text,
						"(Operation not permitted; the limit is 0)") != NULL
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (!SANITIZED) /* whose mlock does nothing */
		assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_full_arena_says_so_and_recovers(void **state) {
	(void)state;
	enum {
		CELLS = SR_SECRET_ARENA / 32
	};
	struct sr_err e = {0};
	uint8_t **cell = calloc(CELLS, sizeof *cell);
	assert_non_null(cell);
	for (size_t i = 0; i < CELLS; i++) {
		cell[i] = sr_secret_new(32, &e);
		assert_non_null(cell[i]);
		memset(cell[i], 0xff, 32);
	}
	assert_null(sr_secret_new(1, &e));
	assert_fails(SR_LIMIT, SR_LIMIT, &e, "want 32 bytes, 1048576 of 1048576 are in use");
	/* A hole of two cells serves 64 bytes and not 65. */
	sr_secret_free(cell[100], 32);
	sr_secret_free(cell[101], 32);
	assert_null(sr_secret_new(65, &e));
	uint8_t *pair = sr_secret_new(64, &e);
	assert_ptr_equal(pair, cell[100]);
	assert_true(all_zero(pair, 64));
	sr_secret_free(pair, 64);
	for (size_t i = 0; i < CELLS; i++)
		if (i != 100 && i != 101)
			sr_secret_free(cell[i], 32);
	assert_int_equal(sr_secret_in_use(), 0);
	assert_null(sr_secret_new(SR_SECRET_ARENA + 1, &e));
	assert_fails(SR_LIMIT, SR_LIMIT, &e, "have 1048576 in all");
	uint8_t *whole = sr_secret_new(SR_SECRET_ARENA, &e);
	assert_non_null(whole);
	assert_true(all_zero(whole, SR_SECRET_ARENA));
	sr_secret_free(whole, SR_SECRET_ARENA);
	free(cell);
}

/* How a child that runs ${act} ends: its signal, or its exit status below 0. */
static int child(void (*act)(uint8_t *), uint8_t *p) {
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = {0, 0};
		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGSEGV, SIG_DFL);
		(void)signal(SIGABRT, SIG_DFL);
		int null = open("/dev/null", O_WRONLY);
		(void)dup2(null, STDERR_FILENO);
		act(p);
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void expect_zero(uint8_t *p) {
	_exit(all_zero(p, 32) ? 7 : 8);
}

static void free_twice(uint8_t *p) {
	sr_secret_free(p, 32);
	sr_secret_free(p, 32);
}

static void free_inside(uint8_t *p) {
	sr_secret_free(p + 1, 31);
}

static void a_child_does_not_inherit_secrets(void **state) {
	(void)state;
	struct sr_err e = {0};
	uint8_t *p = sr_secret_new(32, &e);
	assert_non_null(p);
	memset(p, 0x5a, 32);
	assert_int_equal(child(expect_zero, p), -7);
	assert_int_equal(p[0], 0x5a);
	assert_int_equal(child(free_twice, p), SIGABRT);
	assert_int_equal(child(free_inside, p), SIGABRT);
	sr_secret_free(p, 32);
}

/* Flags of the mapping that holds ${p}, from smaps; the mappings on both sides must be closed. */
static void the_arena_is_guarded_and_undumpable(void **state) {
	(void)state;
	struct sr_err e = {0};
	uint8_t *p = sr_secret_new(32, &e);
	assert_non_null(p);
	FILE *f = fopen("/proc/self/smaps", "r");
	assert_non_null(f);
	char line[512];
	char before[8] = "";
	char mode[8] = "";
	unsigned long from = 0;
	unsigned long to = 0;
	unsigned long end = 0;
	bool here = false;
	int checked = 0;
	while (fgets(line, sizeof line, f) != NULL) {
		char perms[8];
		/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
		if (sscanf(line, "%lx-%lx %7s", &from, &to, perms) == 3) {
			if (here) {
				assert_int_equal(from, end);
				assert_memory_equal(perms, "---p", 4);
				checked++;
			}
			here = (unsigned long)(uintptr_t)p >= from &&
			       (unsigned long)(uintptr_t)p < to;
			if (here) {
				assert_memory_equal(before, "---p", 4);
				end = to;
				checked++;
			}
			memcpy(before, perms, sizeof before);
			memcpy(mode, perms, sizeof mode);
		}
		if (here && strncmp(line, "VmFlags:", 8) == 0) {
			assert_non_null(strstr(line, " dd")); /* not dumped */
			assert_non_null(strstr(line, " wf")); /* wiped on fork */
			/* Sanitizers answer mlock themselves, since it would lock their shadow. */
			if (!SANITIZED)
				assert_non_null(strstr(line, " lo"));
			checked++;
		}
	}
	(void)fclose(f);
	assert_int_equal(checked, 3);
	sr_secret_free(p, 32);
}

static void *churn(void *arg) {
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	for (int i = 0; i < 3000; i++) {
		size_t len = (size_t)t_rand(&seed, 100);
		uint8_t *p = sr_secret_new(len, NULL);
		if (p == NULL || !all_zero(p, len))
			return arg;
		memset(p, (int)(seed & 0xff) | 1, len);
		sr_secret_free(p, len);
	}
	return NULL;
}

static void threads_share_the_arena(void **state) {
	(void)state;
	pthread_t t[4];
	for (size_t i = 0; i < T_COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, churn, (void *)(uintptr_t)(i + 1)), 0);
	for (size_t i = 0; i < T_COUNT(t); i++) {
		void *bad = NULL;
		assert_int_equal(pthread_join(t[i], &bad), 0);
		assert_null(bad);
	}
	assert_int_equal(sr_secret_in_use(), 0);
}

static void look_hardened(uint8_t *p) {
	(void)p;
	struct rlimit core = {1, 1};
	sr_process_harden();
	bool good = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
		    core.rlim_cur == 0 && core.rlim_max == 0;
	_exit(good ? 9 : 1);
}

static void hardening_stops_dumps_and_tracers(void **state) {
	(void)state;
	assert_int_equal(child(look_hardened, NULL), -9);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_locked_is_refused),
		cmocka_unit_test(cells_are_zero_and_wiped_when_freed),
		cmocka_unit_test(a_full_arena_says_so_and_recovers),
		cmocka_unit_test(a_child_does_not_inherit_secrets),
		cmocka_unit_test(the_arena_is_guarded_and_undumpable),
		cmocka_unit_test(threads_share_the_arena),
		cmocka_unit_test(hardening_stops_dumps_and_tracers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
