/*
 * test_store_itemkey - every input counts, and the commitment is checked.
 */
#include <string.h>

#include "store/itemkey.h"
#include "util.h"

static void test_inputs(void **state) {
	uint8_t slot[SR_KEY] = {1}, vault[SR_HASH] = {2}, item[SR_ID] = {3}, part[SR_KEY] = {4};
	uint8_t key[SR_KEY], other[SR_KEY];
	uint8_t *inputs[] = {slot, vault, item, part};
	(void)state;
	sr_item_key(key, slot, vault, item, part);
	for (size_t i = 0; i < T_COUNT(inputs); i++) {
		inputs[i][5] ^= 0x80;
		sr_item_key(other, slot, vault, item, part);
		assert_memory_not_equal(key, other, SR_KEY);
		inputs[i][5] ^= 0x80;
	}
	sr_item_key(other, slot, vault, item, part);
	assert_memory_equal(key, other, SR_KEY);
	sr_item_key(other, part, vault, item, slot); /* halves are not interchangeable */
	assert_memory_not_equal(key, other, SR_KEY);
}

static void test_commitment(void **state) {
	uint8_t key[SR_KEY] = {9}, vault[SR_HASH] = {2}, item[SR_ID] = {3}, commitment[SR_HASH];
	uint8_t manifest[SR_KEY], features[SR_KEY];
	struct sr_err e;
	(void)state;
	sr_item_key_commit(commitment, key, vault, item);
	assert_ok(sr_item_key_check(key, vault, item, commitment, &e), &e);
	commitment[31] ^= 1;
	assert_fails(sr_item_key_check(key, vault, item, commitment, &e), SR_AUTH, &e,
		"item key does not match its commitment");
	commitment[31] ^= 1;
	item[0] ^= 1;
	assert_fails(
		sr_item_key_check(key, vault, item, commitment, &e), SR_AUTH, &e, "commitment");
	sr_item_subkey(manifest, key, vault, item, SR_SUBKEY_MANIFEST);
	sr_item_subkey(features, key, vault, item, SR_SUBKEY_FEATURES);
	assert_memory_not_equal(manifest, features, SR_KEY);
	assert_memory_not_equal(manifest, key, SR_KEY);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_commitment),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("store itemkey", tests, NULL, NULL);
}
