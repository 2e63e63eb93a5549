/*
 * rawimage - after an erasure the raw medium does not hold what would open the erased secret:
 * secrets.db on a file system in a file, mounted by loop device, searched byte by byte. Needs root,
 * mkfs.ext4 and a free loop device.
 *
 * What is searched for: both replicas of the root slot as they stood while the secret lived
 * (ciphertext and the random bytes behind them), in pieces of 64 bytes. The control: before the
 * erasure the image does hold them.
 */
#include "rawimage.h"

#include "store/rootcell.h"
#include "store/secrets.h"

static void test_erased(void **state) {
	static const uint8_t wrap[SR_KEY] = {1, 2, 3};
	struct medium m = {0};
	struct sr_secrets_options o = {.key = wrap, .create = true};
	struct sr_secrets *s = NULL;
	struct sr_dir *d = NULL;
	struct sr_buf cell;
	struct sr_err e;
	uint8_t value[SR_KEY];

	(void)state;
	medium_or_skip(&m);
	assert_ok(sr_dir_open(&d, m.mount, &e), &e);
	o.dir = d;
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	sr_random(value, sizeof value);
	assert_ok(sr_secrets_put(s, SR_SECRET_SLOT, sr_bytes_str("item"), 1,
			  sr_bytes_of(value, sizeof value), &e),
		&e);
	sr_buf_init(&cell);
	t_read_file(t_path(m.mount, "secrets.db-root"), &cell);
	assert_int_equal(cell.len, SR_ROOT_CELL);
	sync();
	assert_true(pieces_found(&m, cell.p, cell.len) > 0);
	assert_ok(sr_secrets_erase(s, SR_SECRET_SLOT, sr_bytes_str("item"), 1, NULL, &e), &e);
	assert_ok(sr_secrets_close(&s, &e), &e);
	sr_dir_close(d);
	sync();
	medium_unmount(&m);
	assert_int_equal(pieces_found(&m, cell.p, cell.len), 0);
	/* And the secret itself never lay there at all. */
	assert_false(image_has(&m, value, sizeof value));
	sr_buf_free(&cell);
	medium_free(&m);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_erased)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
