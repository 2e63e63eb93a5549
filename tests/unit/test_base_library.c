/*
 * test_base_library - what is loaded answers; what is not there is named.
 */
#include "base/library.h"

#include "util.h"

static int (*seen)(int);
static double (*root)(double);

static void what_is_loaded_answers(void **state) {
	(void)state;
	const struct sr_library_name names[] = {{"sqrt", &root}};
	struct sr_err e = {0};
	assert_ok(sr_library_load("libm.so.6", names, 1, &e), &e);
	assert_true(root(9.0) == 3.0);
	assert_ok(sr_library_load("libm.so.6", names, 1, &e), &e);
}

static void a_library_that_is_not_there_is_named(void **state) {
	(void)state;
	const struct sr_library_name names[] = {{"seen", &seen}};
	struct sr_err e = {0};
	assert_fails(sr_library_load("libnot-there.so.7", names, 1, &e), SR_UNSUPPORTED, &e,
		"libnot-there.so.7 cannot be loaded, is it installed?");
	assert_null(seen);
}

static void a_function_that_is_not_there_is_named(void **state) {
	(void)state;
	const struct sr_library_name names[] = {{"sqrt", &root}, {"square_circle", &seen}};
	struct sr_err e = {0};
	assert_fails(sr_library_load("libm.so.6", names, 2, &e), SR_UNSUPPORTED, &e,
		"libm.so.6 has no function square_circle");
	assert_null(seen);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_loaded_answers),
		cmocka_unit_test(a_library_that_is_not_there_is_named),
		cmocka_unit_test(a_function_that_is_not_there_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
