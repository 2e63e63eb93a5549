/*
 * Published cases of proofs and of a whole log, run as `make merkle-cases` runs them; and that the
 * runner fails what it should.
 */
#include "merkle_cases.h"
#include "util.h"

#include <unistd.h>

static void quiet(bool on) {
	static int kept = -1;

	(void)fflush(stderr);
	if (on) {
		kept = dup(STDERR_FILENO);
		assert_non_null(freopen("/dev/null", "w", stderr));
	} else {
		assert_true(dup2(kept, STDERR_FILENO) >= 0);
		(void)close(kept);
	}
}

static void published(void **state) {
	struct merkle_tally t = {.not_run = 0};

	(void)state;
	assert_true(merkle_cases(&t, t_vector("merkle")));
	assert_true(merkle_cases(&t, t_vector("tessera-log")));
	for (int k = 0; k < CASE_KINDS; k++)
		assert_int_equal(t.failed[k], 0);
	assert_true(t.passed[CASE_INCLUSION] >= 42 && t.passed[CASE_CONSISTENCY] >= 46);
	assert_int_equal(t.passed[CASE_CHECKPOINT], 17);
	assert_int_equal(t.passed[CASE_GROWTH], 15); /* size 15 twice; from 0 there is none */
	assert_int_equal(t.passed[CASE_TILE], 15);
	assert_int_equal(t.passed[CASE_BUNDLE], 15);
}

#define GOOD                                                                        \
	"{\"size1\": 1, \"size2\": 1, \"root1\": \"ZG9uJ3QgY2FyZSAy\", \"root2\": " \
	"\"ZG9uJ3QgY2FyZSAy\", \"proof\": %s, \"desc\": \"d\", \"wantErr\": %s%s}"

/* One case of one text: whether it passed. */
static bool run(const char *dir, const char *text) {
	struct merkle_tally t = {.not_run = 0};
	size_t passed = 0, failed = 0;

	t_write_file(t_path(dir, "case.json"), text, strlen(text));
	quiet(true);
	const bool read = merkle_cases(&t, dir);
	quiet(false);
	assert_true(read);
	for (int k = 0; k < CASE_KINDS; k++) {
		passed += t.passed[k];
		failed += t.failed[k];
	}
	assert_int_equal(passed + failed, 1);
	return passed == 1;
}

static bool run_with(const char *dir, const char *proof, const char *want, const char *more) {
	char text[600];

	assert_true(snprintf(text, sizeof text, GOOD, proof, want, more) < (int)sizeof text);
	return run(dir, text);
}

/* A leaf outside a tree of one. */
static bool run_index(const char *dir, const char *index) {
	static const char leaf[] = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=";
	char text[600];

	assert_true(snprintf(text, sizeof text,
			    "{\"leafIdx\": %s, \"treeSize\": 1, \"root\": \"%s\", "
			    "\"leafHash\": \"%s\", \"proof\": [], \"desc\": \"d\", "
			    "\"wantErr\": true}",
			    index, leaf, leaf) < (int)sizeof text);
	return run(dir, text);
}

static void strict(void **state) {
	char *dir = t_tmp_new();

	(void)state;
	/* Roots that are no hashes are equal all the same; a proof where none belongs is not. */
	assert_true(run_with(dir, "[]", "false", ""));
	assert_true(run_with(dir, "null", "false", ""));
	assert_false(run_with(dir, "[]", "true", ""));
	assert_true(run_with(dir, "[\"\"]", "true", ""));
	assert_false(run_with(dir, "[\"\"]", "false", ""));
	/* What is not of the form fails whatever it wants. */
	assert_false(run_with(dir, "[\"?\"]", "true", ""));
	assert_false(run_with(dir, "\"\"", "true", ""));
	assert_false(run_with(dir, "[]", "\"true\"", ""));
	assert_false(run_with(dir, "[]", "false", ", \"more\": 1"));
	assert_false(run(dir, "{\"wantErr\": true}"));
	assert_false(run(dir, "[]"));
	assert_false(run(dir, "{"));
	/* Numbers to the last digit. */
	assert_true(run_index(dir, "18446744073709551615"));
	assert_false(run_index(dir, "18446744073709551616"));
	assert_false(run_index(dir, "-1"));
	assert_false(run_index(dir, "1.0"));
	t_tmp_remove(dir);
}

/* A log of which one byte is not what it was. */
static void copy(const char *from, const char *to) {
	struct sr_buf b;

	sr_buf_init(&b);
	t_read_file(from, &b);
	t_write_file(to, b.p, b.len);
	sr_buf_free(&b);
}

static void spoilt_log(void **state) {
	static const char *const files[] = {
		"checkpoint.8", "tile/0/000.p/8", "tile/0/000.p/3", "tile/entries/000.p/8", NULL};
	static const char *const dirs[] = {
		"tile", "tile/0", "tile/0/000.p", "tile/entries", "tile/entries/000.p"};
	char *dir = t_tmp_new(), from[T_PATH];

	(void)state;
	for (size_t i = 0; i < T_COUNT(dirs); i++)
		assert_int_equal(mkdir(t_path(dir, dirs[i]), 0700), 0);
	for (size_t spoilt = 0; spoilt < T_COUNT(files); spoilt++) {
		struct merkle_tally t = {.not_run = 0};
		size_t failed = 0;
		for (size_t i = 0; files[i] != NULL; i++) {
			(void)snprintf(from, sizeof from, "tessera-log/testdata/log/%s", files[i]);
			copy(t_vector(from), t_path(dir, files[i]));
		}
		if (files[spoilt] != NULL) {
			struct sr_buf b;
			sr_buf_init(&b);
			t_read_file(t_path(dir, files[spoilt]), &b);
			b.p[b.len - 9] ^= 1;
			t_write_file(t_path(dir, files[spoilt]), b.p, b.len);
			sr_buf_free(&b);
		}
		quiet(true);
		assert_true(merkle_cases(&t, dir));
		quiet(false);
		for (int k = 0; k < CASE_KINDS; k++)
			failed += t.failed[k];
		if (files[spoilt] == NULL)
			assert_int_equal(failed, 0);
		else
			assert_true(failed > 0);
	}
	t_tmp_remove(dir);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published),
		cmocka_unit_test(strict),
		cmocka_unit_test(spoilt_log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
