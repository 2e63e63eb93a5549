/*
 * ended - the memory of whose roles ended: kept in order, each once, the newest; what is not
 * exactly such a file is refused.
 */
#include "ledger/ended.h"

#include "util.h"

static const uint8_t vault[SR_HASH] = {1, 2, 3};
static const char me[] = "p-0011223344556677";

static struct sr_ended end_at(uint64_t index, bool all) {
	struct sr_ended one = {.index = index, .all = all};

	snprintf(one.person, sizeof one.person, "p-%016llx", (unsigned long long)index);
	return one;
}

static void add(struct sr_endeds *l, uint64_t index, bool all) {
	const struct sr_ended one = end_at(index, all);
	struct sr_err e = {0};

	assert_ok(sr_endeds_add(l, &one, &e), &e);
}

static void test_order(void **state) {
	struct sr_endeds l = {NULL, 0};

	(void)state;
	add(&l, 9, true);
	add(&l, 3, false);
	add(&l, 20, false);
	add(&l, 9, false); /* that entry is known: as it was */
	assert_int_equal(l.count, 3);
	assert_true(l.rows[0].index == 3 && l.rows[1].index == 9 && l.rows[2].index == 20);
	assert_true(l.rows[1].all);
	sr_endeds_cut(&l, 20);
	assert_int_equal(l.count, 2);
	sr_endeds_cut(&l, 0);
	assert_int_equal(l.count, 0);
	sr_endeds_free(&l);
}

/* What two processes of one person saw is remembered by both; a log that lost entries begins anew.
 */
static void test_file(void **state) {
	struct sr_endeds a = {NULL, 0}, b = {NULL, 0}, back = {NULL, 0};
	struct sr_err e = {0};
	struct sr_dir *d = NULL;
	char *path = t_tmp_new();

	(void)state;
	assert_ok(sr_dir_open(&d, path, &e), &e);
	assert_int_equal(sr_endeds_load(&back, d, vault, me, &e), SR_NOTFOUND);
	add(&a, 5, true);
	add(&b, 4, false);
	assert_ok(sr_endeds_store(d, &a, vault, me, false, &e), &e);
	assert_ok(sr_endeds_store(d, &b, vault, me, false, &e), &e);
	assert_ok(sr_endeds_load(&back, d, vault, me, &e), &e);
	assert_int_equal(back.count, 2);
	assert_true(!back.rows[0].all && back.rows[1].all);
	assert_string_equal(back.rows[0].person, "p-0000000000000004");
	assert_ok(sr_endeds_store(d, &b, vault, me, true, &e), &e);
	assert_ok(sr_endeds_load(&back, d, vault, me, &e), &e);
	assert_int_equal(back.count, 1);
	for (uint64_t i = 100; i < 100 + SR_ENDED_MAX; i++)
		add(&a, i, true);
	assert_ok(sr_endeds_store(d, &a, vault, me, false, &e), &e);
	assert_ok(sr_endeds_load(&back, d, vault, me, &e), &e);
	assert_int_equal(back.count, SR_ENDED_MAX); /* 4 and 5 are the oldest */
	assert_true(back.rows[0].index == 100);
	sr_endeds_free(&a);
	sr_endeds_free(&b);
	sr_endeds_free(&back);
	sr_dir_close(d);
	t_tmp_remove(path);
}

static void test_broken(void **state) {
	static const struct {
		const char *lines, *says;
	} rows[] = {
		{"end 3 all p-0011223344556677\nend 3 all p-0011223344556678\n", ""},
		{"end 4 all p-0011223344556677\nend 3 all p-0011223344556678\n", ""},
		{"end 3 some p-0011223344556677\n", "want all or vouched"},
		{"end 3 all p-0011\n", ""},
		{"end 3 all\n", "want `end INDEX all|vouched PERSON`"},
		{"end x all p-0011223344556677\n", ""},
		{"ends 3 all p-0011223344556677\n", "want `end INDEX all|vouched PERSON`"},
	};
	struct sr_endeds l = {NULL, 0}, out = {NULL, 0};
	struct sr_buf b, t;
	struct sr_err e = {0};
	uint8_t other[SR_HASH] = {9};

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&t);
	add(&l, 1, true);
	add(&l, 2, false);
	sr_endeds_encode(&b, &l, vault, me);
	assert_ok(sr_endeds_decode(&out, sr_buf_view(&b), vault, me, &e), &e);
	assert_int_equal(out.count, 2);
	assert_int_equal(sr_endeds_decode(&out, sr_buf_view(&b), other, me, &e), SR_AUTH);
	assert_int_equal(
		sr_endeds_decode(&out, sr_buf_view(&b), vault, "p-0011223344556678", &e), SR_AUTH);
	sr_buf_put_str(&t, "strongroom/endet/v1");
	sr_buf_put(&t, memchr(b.p, '\n', b.len), b.len - 19);
	assert_fails(sr_endeds_decode(&out, sr_buf_view(&t), vault, me, &e), SR_CORRUPT, &e,
		"want the first line strongroom/ended/v1");
	sr_buf_clear(&t);
	for (size_t n = 0; n < b.len; n++) { /* cut anywhere: fewer whole lines, or refused */
		const int rc = sr_endeds_decode(&out, sr_bytes_of(b.p, n), vault, me, NULL);

		assert_true(rc != 0 || (out.count < 2 && b.p[n - 1] == '\n'));
	}
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		sr_buf_clear(&t);
		sr_endeds_free(&l);
		sr_endeds_encode(&t, &l, vault, me);
		sr_buf_put_str(&t, rows[i].lines);
		assert_fails(sr_endeds_decode(&out, sr_buf_view(&t), vault, me, &e), SR_CORRUPT, &e,
			rows[i].says);
	}
	sr_buf_clear(&t);
	sr_endeds_encode(&t, &l, vault, me);
	for (int i = 0; i <= SR_ENDED_MAX; i++)
		sr_buf_put_str(&t, "end 3 all p-0011223344556677\n");
	assert_fails(sr_endeds_decode(&out, sr_buf_view(&t), vault, me, &e), SR_CORRUPT, &e,
		" lines, want vault, person and at most ");
	sr_buf_free(&b);
	sr_buf_free(&t);
	sr_endeds_free(&out);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests_name("ledger: ended", tests, NULL, NULL);
}
