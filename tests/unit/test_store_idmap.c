/*
 * test_store_idmap - the map against a plain array, with ids that collide at their home slot.
 */
#include <stdlib.h>
#include <string.h>

#include "store/idmap.h"
#include "util.h"

enum {
	IDS = 600
};

static void make_id(uint8_t id[SR_HASH], size_t n) {
	t_fill(id, SR_HASH, n + 1);
	if (n % 3 == 0)
		memset(id, 0x3f, 8); /* one home for a third of them */
}

static void test_random(void **state) {
	struct sr_idmap m = {NULL, 0, 0};
	struct sr_err e;
	struct sr_buf sorted;
	uint64_t have[IDS] = {0};
	uint64_t seed = 7;
	uint8_t id[SR_HASH];
	size_t live = 0;
	(void)state;
	for (size_t step = 0; step < 40000; step++) {
		size_t n = (size_t)t_rand(&seed, IDS);
		uint64_t v = 0;
		make_id(id, n);
		if (t_rand(&seed, 5) < 3) {
			live += have[n] == 0;
			have[n] = step + 1;
			assert_ok(sr_idmap_put(&m, id, step + 1, &e), &e);
		} else {
			assert_int_equal(sr_idmap_del(&m, id), have[n] != 0);
			live -= have[n] != 0;
			have[n] = 0;
		}
		n = (size_t)t_rand(&seed, IDS);
		make_id(id, n);
		assert_int_equal(sr_idmap_get(&m, id, &v), have[n] != 0);
		assert_int_equal(v, have[n]);
		assert_int_equal(m.count, live);
	}
	size_t at = 0;
	size_t seen = 0;
	uint64_t v = 0;
	while (sr_idmap_next(&m, &at, &v) != NULL)
		seen++;
	assert_int_equal(seen, live);
	sr_buf_init(&sorted);
	assert_ok(sr_idmap_sorted(&m, &sorted, &e), &e);
	assert_int_equal(sorted.len, live * SR_HASH);
	for (size_t i = SR_HASH; i < sorted.len; i += SR_HASH)
		assert_true(memcmp(sorted.p + i - SR_HASH, sorted.p + i, SR_HASH) < 0);
	sr_buf_free(&sorted);
	sr_idmap_clear(&m);
	assert_false(sr_idmap_get(&m, id, NULL));
	sr_idmap_free(&m);
	assert_false(sr_idmap_get(&m, id, NULL));
	assert_false(sr_idmap_del(&m, id));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests_name("store idmap", tests, NULL, NULL);
}
