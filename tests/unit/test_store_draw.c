/*
 * test_store_draw - numbers at random: in their bounds, each as often as the others, few calls, and
 * nothing left behind.
 */
#include "crypto/hash.h"
#include "store/draw.h"
#include "store/pack.h"
#include "store_rig.h"

static size_t calls;
static uint32_t given[SR_DRAW_BYTES / 4];

static void counted(void *out, size_t len) {
	uint8_t *p = out;
	calls++;
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 37 + calls);
}

static void as_given(void *out, size_t len) {
	assert_int_equal(len, sizeof given);
	memcpy(out, given, sizeof given);
}

/* What would make some numbers likelier than others is drawn again: 2^32 - 1 is a multiple of 3 and
 * of 5, 2^32 - 4 one of 7. */
static void test_bias(void **state) {
	static const struct {
		uint32_t bound, taken, number, refused;
	} cases[] = {
		{1, UINT32_MAX - 1, 0, UINT32_MAX},
		{2, UINT32_MAX - 2, 1, UINT32_MAX - 1},
		{3, UINT32_MAX - 1, 2, UINT32_MAX},
		{7, UINT32_MAX - 4, 6, UINT32_MAX - 3},
		{65536, 0xfffeffff, 65535, 0xffff0000},
		{UINT32_MAX, UINT32_MAX - 1, UINT32_MAX - 1, UINT32_MAX},
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_draw d = {.left = 0};
		memset(given, 0, sizeof given);
		given[0] = cases[i].taken;
		given[1] = cases[i].refused;
		given[2] = cases[i].refused;
		sr_random_set(as_given);
		assert_int_equal(sr_draw_below(&d, cases[i].bound), cases[i].number);
		assert_int_equal(d.left, SR_DRAW_BYTES - 4);
		assert_int_equal(sr_draw_below(&d, cases[i].bound), 0);
		assert_int_equal(d.left, SR_DRAW_BYTES - 16); /* two were passed over */
		sr_random_set(NULL);
	}
}

/* From the kernel: 10,000 draws below each of some bounds, every number near its share. Six
 * standard deviations: one run in ten million is out of luck. */
static void test_even(void **state) {
	static const uint32_t bounds[] = {2, 3, 10, 17};
	enum {
		DRAWS = 10000
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(bounds); i++) {
		struct sr_draw d = {.left = 0};
		size_t seen[17] = {0};
		for (size_t k = 0; k < DRAWS; k++) {
			const uint32_t v = sr_draw_below(&d, bounds[i]);
			assert_true(v < bounds[i]);
			seen[v]++;
		}
		for (uint32_t v = 0; v < bounds[i]; v++) {
			const double share = (double)DRAWS / bounds[i];
			const double off = (double)seen[v] - share;
			assert_true(off * off <= 36 * share * (1 - 1.0 / bounds[i]));
		}
		sr_draw_wipe(&d);
	}
}

/* 4 KiB are asked for at a time, and wiped as they are used. */
static void test_few_calls(void **state) {
	struct sr_draw d = {.left = 0};
	(void)state;
	calls = 0;
	sr_random_set(counted);
	for (size_t k = 0; k < SR_DRAW_BYTES / 4; k++) {
		(void)sr_draw_below(&d, 1); /* none of these is refused */
		for (size_t i = 0; i < SR_DRAW_BYTES - d.left; i++)
			assert_int_equal(d.bytes[i], 0);
	}
	assert_int_equal(calls, 1);
	assert_int_equal(d.left, 0);
	(void)sr_draw_below(&d, 1);
	assert_int_equal(calls, 2);
	sr_draw_wipe(&d);
	assert_int_equal(d.left, 0);
	for (size_t i = 0; i < SR_DRAW_BYTES; i++)
		assert_int_equal(d.bytes[i], 0);
	sr_random_set(NULL);
}

/* A pack of many small records: one call for a thousand of them, and not one for each. */
static void test_pack(void **state) {
	enum {
		RECORDS = 4000
	};
	struct rig r;
	struct sr_err e;
	struct sr_pack_writer *w = NULL;
	struct sr_pack_options o = {.kind = SR_PACK_FILES};
	uint8_t cid[SR_HASH], name[SR_HASH], record[200];
	(void)state;
	rig_open(&r, NULL);
	o.backend = r.backend;
	memcpy(o.vault, r.domain.vault, SR_HASH);
	memcpy(o.structure_pk, r.structure_pk, SR_X_PK);
	assert_ok(sr_pack_writer_new(&w, &o, &e), &e);
	calls = 0;
	sr_random_set(counted);
	for (size_t i = 0; i < RECORDS; i++) {
		t_fill(cid, sizeof cid, i + 1);
		t_fill(record, sizeof record, i);
		assert_ok(sr_pack_writer_add(w, cid, sr_bytes_of(record, sizeof record), &e), &e);
	}
	assert_ok(sr_pack_writer_seal(w, name, &e), &e);
	sr_random_set(NULL);
	/* 4 for the places, the rest for the padding (4 KiB each) and the footer's seal. */
	const uint64_t padding = sr_pack_writer_size(w) - RECORDS * sizeof record;
	assert_true(calls >= 4 && calls <= 4 + padding / 4096 + 8);
	sr_pack_writer_free(w);
	rig_end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bias),
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_few_calls),
		cmocka_unit_test(test_pack),
	};
	return cmocka_run_group_tests_name("store draw", tests, NULL, NULL);
}
