/*
 * test_store_inventory - the set, its file under kills and cuts, and the signed note.
 */
#include <errno.h>
#include <string.h>

#include "merkle/tree.h"
#include "store/inventory.h"
#include "util.h"

static const uint8_t VAULT[SR_HASH] = {5};
static uint8_t seed[SR_SEED] = {1}, pk[SR_PK];

static void name_of(uint8_t name[SR_HASH], size_t i) {
	t_fill(name, SR_HASH, i + 1);
}

static int sign(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	(void)ctx;
	return sr_sign(sig, seed, text, e);
}

static void test_set(void **state) {
	struct sr_inventory *inv = NULL;
	struct sr_dir *dir = NULL;
	struct sr_err e;
	uint8_t name[SR_HASH], root[SR_HASH], want[SR_HASH];
	uint8_t leaves[30][SR_HASH];
	const uint8_t *names = NULL;
	size_t count = 0;
	char *path = t_tmp_new();
	(void)state;
	assert_ok(sr_dir_open(&dir, path, &e), &e);
	assert_ok(sr_inventory_open(&inv, dir, &e), &e);
	for (size_t i = 0; i < 40; i++) {
		name_of(name, i);
		assert_ok(sr_inventory_add(inv, name, &e), &e);
		assert_ok(sr_inventory_add(inv, name, &e), &e);
	}
	for (size_t i = 0; i < 10; i++) {
		name_of(name, i);
		assert_ok(sr_inventory_remove(inv, name, &e), &e);
		assert_ok(sr_inventory_remove(inv, name, &e), &e);
		assert_false(sr_inventory_has(inv, name));
	}
	assert_ok(sr_inventory_sync(inv, &e), &e);
	sr_inventory_close(inv);
	for (int round = 0; round < 2; round++) {
		assert_ok(sr_inventory_open(&inv, dir, &e), &e);
		assert_int_equal(sr_inventory_count(inv), 30);
		assert_ok(sr_inventory_names(inv, &names, &count, &e), &e);
		assert_int_equal(count, 30);
		for (size_t i = 0; i < count; i++) {
			assert_true(i == 0 || memcmp(names + (i - 1) * SR_HASH, names + i * SR_HASH,
						      SR_HASH) < 0);
			sr_leaf_hash(leaves[i], sr_bytes_of(names + i * SR_HASH, SR_HASH));
		}
		assert_ok(sr_inventory_root(inv, root, &e), &e);
		sr_merkle_root(want, leaves[0], count);
		assert_memory_equal(root, want, SR_HASH);
		assert_ok(sr_inventory_compact(inv, &e), &e);
		name_of(name, 100);
		assert_ok(sr_inventory_add(inv, name, &e), &e);
		assert_ok(sr_inventory_remove(inv, name, &e), &e);
		sr_inventory_close(inv);
	}
	sr_dir_close(dir);
	t_tmp_remove(path);
}

static void test_torn(void **state) {
	struct sr_inventory *inv = NULL;
	struct sr_dir *dir = NULL;
	struct sr_err e;
	struct sr_buf file;
	uint8_t name[SR_HASH];
	char *path = t_tmp_new();
	const char *names = NULL;
	(void)state;
	assert_ok(sr_dir_open(&dir, path, &e), &e);
	assert_ok(sr_inventory_open(&inv, dir, &e), &e);
	for (size_t i = 0; i < 3; i++) {
		name_of(name, i);
		assert_ok(sr_inventory_add(inv, name, &e), &e);
	}
	sr_fault_set(1, ENOSPC);
	name_of(name, 3);
	assert_fails(sr_inventory_add(inv, name, &e), SR_LIMIT, &e, "INVENTORY.names");
	sr_fault_set(0, 0);
	assert_false(sr_inventory_has(inv, name));
	assert_ok(sr_inventory_add(inv, name, &e), &e); /* overwrites the torn line */
	sr_inventory_close(inv);
	sr_buf_init(&file);
	names = t_path(path, "INVENTORY.names");
	t_read_file(names, &file);
	assert_int_equal(file.len, 4 * 66);
	for (size_t cut = 0; cut <= file.len; cut += 11) {
		t_write_file(names, file.p, cut);
		assert_ok(sr_inventory_open(&inv, dir, &e), &e);
		assert_int_equal(sr_inventory_count(inv), cut / 66);
		sr_inventory_close(inv);
	}
	/* a grown file whose last bytes never came */
	memset(file.p + 203, 0, file.len - 203);
	t_write_file(names, file.p, file.len);
	assert_ok(sr_inventory_open(&inv, dir, &e), &e);
	assert_int_equal(sr_inventory_count(inv), 3);
	sr_inventory_close(inv);
	/* ... or whose bytes in the middle never came, while later ones did */
	for (size_t at = 66; at + 20 < 3 * (size_t)66; at += 13) {
		uint8_t whole[3 * 66];
		memcpy(whole, file.p, sizeof whole);
		memset(whole + at, 0, 20);
		t_write_file(names, whole, sizeof whole);
		assert_ok(sr_inventory_open(&inv, dir, &e), &e);
		assert_int_equal(sr_inventory_count(inv), at / 66);
		for (size_t i = 0; i < 3; i++) { /* told again */
			name_of(name, i);
			assert_ok(sr_inventory_add(inv, name, &e), &e);
		}
		sr_inventory_close(inv);
		assert_ok(sr_inventory_open(&inv, dir, &e), &e);
		assert_int_equal(sr_inventory_count(inv), 3);
		sr_inventory_close(inv);
		/* Zeros are no cover for other bytes in that line. */
		whole[at / 66 * 66 + (at % 66 == 0 ? 30 : 0)] = '*';
		t_write_file(names, whole, sizeof whole);
		assert_fails(sr_inventory_open(&inv, dir, &e), SR_CORRUPT, &e,
			"is not a sign and 64 digits");
	}
	file.p[66] = '*';
	t_write_file(names, file.p, file.len);
	assert_fails(sr_inventory_open(&inv, dir, &e), SR_CORRUPT, &e,
		"line 2 is not a sign and 64 digits");
	sr_buf_free(&file);
	sr_dir_close(dir);
	t_tmp_remove(path);
}

static void test_note(void **state) {
	struct sr_inventory_signer s = {.name = "archive.example", .sign = sign};
	struct sr_inventory *inv = NULL;
	struct sr_dir *dir = NULL;
	struct sr_err e;
	struct sr_buf file;
	uint8_t name[SR_HASH], other[SR_HASH] = {6};
	uint8_t two[2 * SR_HASH];
	char *path = t_tmp_new();
	(void)state;
	memcpy(s.pk, pk, SR_PK);
	assert_ok(sr_dir_open(&dir, path, &e), &e);
	assert_ok(sr_inventory_open(&inv, dir, &e), &e);
	assert_fails(
		sr_inventory_check(inv, VAULT, s.name, pk, &e), SR_NOTFOUND, &e, "inventory: ");
	name_of(name, 1);
	assert_ok(sr_inventory_add(inv, name, &e), &e);
	assert_ok(sr_inventory_sign(inv, VAULT, &s, &e), &e);
	assert_ok(sr_inventory_check(inv, VAULT, s.name, pk, &e), &e);
	assert_fails(sr_inventory_check(inv, other, s.name, pk, &e), SR_CORRUPT, &e,
		"do not name the same 1 packs");
	assert_fails(
		sr_inventory_check(inv, VAULT, "elsewhere", pk, &e), SR_AUTH, &e, "inventory: ");
	name_of(name, 2);
	assert_ok(sr_inventory_add(inv, name, &e), &e);
	assert_fails(sr_inventory_check(inv, VAULT, s.name, pk, &e), SR_CORRUPT, &e,
		"the note says 1 packs, INVENTORY.names has 2");
	assert_ok(sr_inventory_sign(inv, VAULT, &s, &e), &e);
	name_of(two, 2);
	name_of(two + SR_HASH, 7);
	assert_ok(sr_inventory_replace(inv, two, 2, &e), &e);
	assert_fails(sr_inventory_check(inv, VAULT, s.name, pk, &e), SR_CORRUPT, &e,
		"do not name the same 2 packs");
	assert_ok(sr_inventory_sign(inv, VAULT, &s, &e), &e);
	sr_buf_init(&file);
	t_read_file(t_path(path, "INVENTORY"), &file);
	for (size_t i = 0; i < file.len; i++) {
		file.p[i] ^= 1;
		t_write_file(t_path(path, "INVENTORY"), file.p, file.len);
		assert_int_not_equal(sr_inventory_check(inv, VAULT, s.name, pk, &e), 0);
		file.p[i] ^= 1;
	}
	sr_buf_free(&file);
	sr_inventory_close(inv);
	sr_dir_close(dir);
	t_tmp_remove(path);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_note),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	sr_sign_public(pk, seed);
	return cmocka_run_group_tests_name("store inventory", tests, NULL, NULL);
}
