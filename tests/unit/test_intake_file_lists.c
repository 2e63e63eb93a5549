/* The lists of files that wait for a statement: in memory, then on disk, each bound to its place.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "intake/file_lists.h"
#include "util.h"

struct rig {
	char *tmp;
	struct sr_dir *run;
	uint8_t accession[SR_ID], key[SR_KEY];
	struct sr_file_lists *l;
	struct sr_err e;
};

static const char *file_of(const struct rig *r) {
	return t_path(r->tmp, "accession-0102030405060708090a0b0c0d0e0f10.lists");
}

static void rig_new(struct rig *r) {
	memset(r, 0, sizeof *r);
	r->tmp = t_tmp_new();
	for (size_t i = 0; i < SR_ID; i++)
		r->accession[i] = (uint8_t)(i + 1);
	t_fill(r->key, sizeof r->key, 3);
	assert_ok(sr_dir_open(&r->run, r->tmp, &r->e), &r->e);
	assert_ok(sr_file_lists_new(&r->l, r->run, r->accession, r->key, &r->e), &r->e);
}

static void rig_free(struct rig *r) {
	sr_file_lists_free(r->l);
	sr_dir_close(r->run);
	t_tmp_remove(r->tmp);
	sr_file_lists_hold(SR_FILE_LISTS_HELD);
}

static void add(struct rig *r, const char *text) {
	struct sr_buf b;

	sr_buf_init_secret(&b);
	sr_buf_put_bytes(&b, sr_bytes_str(text));
	assert_ok(sr_file_lists_add(r->l, &b, &r->e), &r->e);
	assert_int_equal(b.len, 0);
	sr_buf_free(&b);
}

static void is(struct rig *r, size_t i, const char *text) {
	struct sr_buf b;

	sr_buf_init_secret(&b);
	assert_ok(sr_file_lists_get(r->l, i, &b, &r->e), &r->e);
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.p, text, b.len);
	sr_buf_free(&b);
}

/* What has room stays in memory, and nothing is on the disk before it is needed; a smaller one that
 * still has room stays, too. */
static void test_held_and_not(void **state) {
	struct rig r;

	(void)state;
	rig_new(&r);
	sr_file_lists_hold(10);
	add(&r, "first");
	assert_false(t_exists(file_of(&r)));
	add(&r, "the second list");
	add(&r, "third");
	add(&r, "4");
	for (size_t i = 0; i < 4; i++) {
		const bool out = i == 1 || i == 3;

		assert_int_equal(sr_file_lists_held(r.l, i).len == 0, out);
		assert_int_equal(sr_file_lists_place(r.l, i).length > 0, out);
	}
	is(&r, 0, "first");
	is(&r, 1, "the second list");
	is(&r, 2, "third");
	is(&r, 3, "4");
	rig_free(&r);
}

static int again(struct rig *r, uint64_t ordinal, struct sr_file_list_place at) {
	struct sr_buf b;
	int rc;

	sr_buf_init_secret(&b);
	rc = sr_file_lists_read(r->run, r->accession, r->key, ordinal, at, &b, &r->e);
	sr_buf_free(&b);
	return rc;
}

/* After a kill: by place. Another's place, another accession, another key, a flipped bit, a file
 * that was cut: none of them is taken. */
static void test_read_again(void **state) {
	struct sr_file_list_place a, b, odd;
	struct sr_buf bytes;
	struct rig r;

	(void)state;
	rig_new(&r);
	sr_file_lists_hold(0);
	add(&r, "alpha");
	add(&r, "omega");
	a = sr_file_lists_place(r.l, 0);
	b = sr_file_lists_place(r.l, 1);
	sr_file_lists_free(r.l);
	r.l = NULL;
	assert_int_equal(again(&r, 0, a), 0);
	assert_int_equal(again(&r, 1, b), 0);
	assert_fails(again(&r, 1, a), SR_AUTH, &r.e, NULL);
	r.accession[0] ^= 3; /* another name, so another file */
	assert_fails(again(&r, 0, a), SR_NOTFOUND, &r.e, NULL);
	r.accession[0] ^= 3;
	r.key[0] ^= 1;
	assert_fails(again(&r, 0, a), SR_AUTH, &r.e, "commitment");
	r.key[0] ^= 1;
	odd = (struct sr_file_list_place){a.offset, SR_AEAD_OVERHEAD - 1};
	assert_fails(again(&r, 0, odd), SR_CORRUPT, &r.e, "a list of files of 71 bytes");
	odd.length = UINT64_MAX;
	assert_fails(again(&r, 0, odd), SR_CORRUPT, &r.e, "bytes");
	odd = (struct sr_file_list_place){b.offset, b.length + 1};
	assert_fails(again(&r, 1, odd), SR_CORRUPT, &r.e, NULL);
	sr_buf_init(&bytes);
	t_read_file(file_of(&r), &bytes);
	assert_int_equal(bytes.len, b.offset + b.length);
	bytes.p[b.offset + b.length - 1] ^= 1;
	t_write_file(file_of(&r), bytes.p, bytes.len);
	assert_int_equal(again(&r, 0, a), 0);
	assert_fails(again(&r, 1, b), SR_AUTH, &r.e, "tag");
	assert_int_equal(truncate(file_of(&r), (off_t)b.offset), 0);
	assert_int_equal(again(&r, 0, a), 0);
	assert_fails(again(&r, 1, b), SR_CORRUPT, &r.e, NULL);
	sr_buf_free(&bytes);
	assert_ok(sr_file_lists_remove(r.run, r.accession, &r.e), &r.e);
	assert_false(t_exists(file_of(&r)));
	assert_ok(sr_file_lists_remove(r.run, r.accession, &r.e), &r.e);
	rig_free(&r);
}

/* A deposit that is gone on with writes over what the one before left. */
static void test_anew(void **state) {
	struct rig r;

	(void)state;
	rig_new(&r);
	sr_file_lists_hold(0);
	add(&r, "what was read before it was broken off");
	sr_file_lists_free(r.l);
	assert_ok(sr_file_lists_new(&r.l, r.run, r.accession, r.key, &r.e), &r.e);
	add(&r, "short");
	assert_int_equal(sr_file_lists_place(r.l, 0).offset, 0);
	is(&r, 0, "short");
	rig_free(&r);
}

/* A disk that refuses: the list is not taken, and the caller has it still. */
static void test_disk_full(void **state) {
	struct sr_buf b;
	struct rig r;

	(void)state;
	rig_new(&r);
	sr_file_lists_hold(0);
	add(&r, "before");
	sr_buf_init_secret(&b);
	sr_buf_put_bytes(&b, sr_bytes_str("after"));
	sr_fault_set(1, ENOSPC);
	assert_fails(sr_file_lists_add(r.l, &b, &r.e), SR_LIMIT, &r.e, "No space left on device");
	sr_fault_set(0, 0);
	assert_int_equal(b.len, 5);
	assert_ok(sr_file_lists_add(r.l, &b, &r.e), &r.e);
	is(&r, 0, "before");
	is(&r, 1, "after");
	sr_buf_free(&b);
	rig_free(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held_and_not),
		cmocka_unit_test(test_read_again),
		cmocka_unit_test(test_anew),
		cmocka_unit_test(test_disk_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
