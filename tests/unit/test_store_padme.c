/*
 * test_store_padme - the rounding against its definition and against known sizes.
 */
#include "store/padme.h"
#include "util.h"

static void test_known(void **state) {
	(void)state;
	assert_int_equal(sr_padme(0, 0), 0);
	assert_int_equal(sr_padme(1, 0), 1);
	assert_int_equal(sr_padme(9, 0), 10);
	assert_int_equal(sr_padme(1000, 0), 1024);
	assert_int_equal(sr_padme(1025, 0), 1088);
	assert_int_equal(sr_padme(33554432, 0), 33554432);
	assert_int_equal(sr_padme(33554433, 0), 34603008);
	assert_int_equal(sr_padme(5, SR_PAD_META), 4096);
	assert_int_equal(sr_padme(4097, SR_PAD_META), 4352);
	assert_int_equal(sr_padme(100, SR_PAD_PACK), 65536);
}

/* Never smaller, at most 12 % more, idempotent, monotone, and few values. */
static void test_properties(void **state) {
	uint64_t seed = 1;
	uint64_t before = 0;
	size_t values = 0;
	(void)state;
	for (uint64_t len = 1; len < 200000; len++) {
		uint64_t p = sr_padme(len, 0);
		assert_true(p >= len && p >= before);
		assert_true((p - len) * 100 <= len * 12);
		assert_int_equal(sr_padme(p, 0), p);
		values += p != before;
		before = p;
	}
	assert_true(values < 260);
	for (size_t i = 0; i < 10000; i++) {
		uint64_t len = t_rand(&seed, (uint64_t)1 << 62) + 1;
		uint64_t p = sr_padme(len, 0);
		assert_true(p >= len && p - len <= len / 8);
		assert_int_equal(sr_padme(p, 0), p);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_properties),
	};
	return cmocka_run_group_tests_name("store padme", tests, NULL, NULL);
}
