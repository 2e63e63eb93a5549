/*
 * fuzz_board_service - the keys of the vault as keys/service holds them inside its seal
 * (board/service.h): generations of them, and what a change under way still needs.
 *
 * Input: the plaintext as it is. What is read is written back as the same bytes; every generation
 * ends after the one before, as the chain of the log's keys does; whatever is refused is CORRUPT,
 * and nothing of it is kept.
 */
#include "board/service.h"
#include "fuzz_merkle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_service *k = NULL;
	struct sr_log_keys log;
	struct sr_buf again;
	struct sr_err e;

	fuzz_start();
	const int rc = sr_service_of(&k, sr_bytes_str(FUZZ_ORIGIN), sr_bytes_of(data, size), &e);
	if (rc != 0) {
		MUST(k == NULL && rc == SR_CORRUPT && e.text[0] != '\0');
		return 0;
	}
	MUST(k->generations >= 1 && k->generations <= SR_LOG_KEYS);
	sr_buf_init_secret(&again);
	MUST(sr_service_put(&again, k, &e) == 0);
	MUST(sr_bytes_eq(sr_buf_view(&again), sr_bytes_of(data, size)));
	sr_buf_free(&again);
	MUST(sr_service_log_keys(&log, k, NULL, 0, &e) == 0 && log.count == k->generations);
	MUST(memcmp(sr_log_keys_newest(&log), k->ledger_pk, SR_PK) == 0);
	for (size_t i = 0; i + 1 < k->generations; i++)
		MUST(memcmp(sr_log_keys_at(&log, k->former_end[i]), k->former_ledger[i], SR_PK) ==
				0 &&
			sr_service_room_at(k, k->former_end[i]) == k->former_room[i]);
	sr_service_free(k);
	return 0;
}

void fuzz_seeds(void) {
	static const char *const names[] = {"first", "second-under-way", "second", "third"};
	struct sr_service *k = NULL, *next = NULL;
	struct sr_err e;

	fuzz_start();
	fuzz_random_at = 0;
	assert_ok(sr_service_new(&k, FUZZ_ORIGIN, &e), &e);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct sr_buf b;

		if (i == 1 || i == 3) {
			assert_ok(sr_service_next(&next, k, 100 * i, (uint32_t)(2 * i), &e), &e);
			sr_service_free(k);
			k = next;
		}
		if (i >= 2)
			sr_service_settled(k);
		sr_buf_init_secret(&b);
		assert_ok(sr_service_put(&b, k, &e), &e);
		fuzz_seed(names[i], sr_buf_view(&b));
		sr_buf_free(&b);
	}
	sr_service_free(k);
}
