/*
 * The cell of an accession on an image of a disk that has it, written and waited for: afterwards
 * nothing of it lies there, also where small files lie in the inode, which goes through the journal
 * of the file system. Needs root, mkfs.ext4 and a free loop device.
 */

#include "intake/accession_key.h"

#include <stdlib.h>

#include "board/service.h"
#include "tests/unit/rawimage.h"

static void ended_is_gone(const char *features) {
	static const uint8_t accession[SR_ID] = {1, 2, 3};
	struct medium m = {.features = features};
	struct sr_service keys = {.arena = NULL};
	struct sr_service_secrets *secrets = calloc(1, sizeof *secrets);
	struct sr_vault v = {.keys = &keys};
	struct sr_buf cell;
	struct sr_err e = {0};
	uint8_t key[SR_KEY], again[SR_KEY];
	char name[80], hex[2 * SR_ID + 1];

	assert_non_null(secrets);
	keys.s = secrets;
	medium_or_skip(&m);
	assert_ok(sr_dir_open(&v.run, m.mount, &e), &e);
	assert_ok(sr_accession_key_make(key, &v, accession, true, &e), &e);
	assert_ok(sr_accession_key(again, &v, accession, &e), &e);
	assert_memory_equal(key, again, SR_KEY);
	sr_buf_init(&cell);
	sr_hex(hex, accession, SR_ID);
	(void)snprintf(name, sizeof name, "accession-%s.cell", hex);
	t_read_file(t_path(m.mount, name), &cell);
	sync();
	assert_true(image_has(&m, cell.p, SR_KEY));
	assert_ok(sr_accession_key_end(&v, accession, &e), &e);
	assert_fails(sr_accession_key(again, &v, accession, &e), SR_AUTH, &e, "not whole");
	sr_dir_close(v.run);
	sync();
	medium_unmount(&m);
	assert_false(image_has(&m, cell.p, SR_KEY));
	assert_int_equal(pieces_found(&m, cell.p, cell.len), 0);
	sr_buf_free(&cell);
	medium_free(&m);
	free(secrets);
}

static void test_ended(void **state) {
	(void)state;
	ended_is_gone(NULL);
}

static void test_ended_in_the_inode(void **state) {
	(void)state;
	ended_is_gone("inline_data");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_ended_in_the_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
