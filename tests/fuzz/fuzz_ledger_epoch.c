/*
 * fuzz_ledger_epoch - epoch keys sealed to auditors: a key comes out only of the box that was made
 * for this auditor, vault and epoch.
 */
#include "fuzz_merkle.h"
#include "ledger/epoch.h"

enum {
	NUMBER = 3,
	AUDITORS = 2
};

static void our_keys(uint8_t vault[SR_HASH], struct sr_epoch *epoch,
	uint8_t seeds[AUDITORS][SR_SEED], struct sr_auditor auditors[AUDITORS]) {
	uint8_t secret[SR_KEY];
	t_fill(vault, SR_HASH, 1);
	t_fill(secret, sizeof secret, 2);
	sr_epoch_derive(epoch, NUMBER, secret);
	for (int i = 0; i < AUDITORS; i++) {
		t_fill(seeds[i], SR_SEED, 30 + (uint64_t)i);
		sr_sign_public(auditors[i].pk, seeds[i]);
		(void)snprintf(auditors[i].person, SR_PERSON_TEXT, "p-%016d", i + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	uint8_t vault[SR_HASH], seeds[AUDITORS][SR_SEED], key[SR_KEY] = {0}, secret[SR_KEY];
	struct sr_auditor auditors[AUDITORS];
	struct sr_epoch epoch;
	struct sr_err e;
	fuzz_start();
	our_keys(vault, &epoch, seeds, auditors);
	for (size_t i = 0; i < AUDITORS; i++)
		if (sr_epoch_open(key, sr_bytes_of(data, size), vault, NUMBER, auditors[i].person,
			    seeds[i], &e) == 0)
			MUST(memcmp(key, epoch.key[SR_STRUCTURAL], SR_KEY) == 0);
	/* The same of a text for one auditor, which has several epochs. */
	t_fill(secret, sizeof secret, 2);
	for (uint32_t n = 1; n <= NUMBER; n++) {
		sr_epoch_derive(&epoch, n, secret);
		for (size_t i = 0; i < AUDITORS; i++)
			if (sr_epoch_find(key, sr_bytes_of(data, size), vault, n,
				    auditors[i].person, seeds[i], &e) == 0)
				MUST(memcmp(key, epoch.key[SR_STRUCTURAL], SR_KEY) == 0);
	}
	return 0;
}

void fuzz_seeds(void) {
	uint8_t vault[SR_HASH], seeds[AUDITORS][SR_SEED];
	struct sr_auditor auditors[AUDITORS];
	struct sr_epoch epoch;
	struct sr_buf b;
	struct sr_err e;
	fuzz_start();
	our_keys(vault, &epoch, seeds, auditors);
	sr_buf_init(&b);
	assert_ok(sr_epoch_seal(&b, vault, &epoch, auditors, AUDITORS, &e), &e);
	fuzz_seed("two", sr_buf_view(&b));
	sr_buf_clear(&b);
	assert_ok(sr_epoch_seal(&b, vault, &epoch, auditors, 0, &e), &e);
	fuzz_seed("none", sr_buf_view(&b));
	sr_buf_clear(&b);
	uint8_t secret[SR_KEY];
	t_fill(secret, sizeof secret, 2);
	const struct sr_epoch_range range = {1, NUMBER, secret};
	assert_ok(sr_epochs_seal(&b, vault, &range, &auditors[1], &e), &e);
	fuzz_seed("many", sr_buf_view(&b));
	sr_buf_free(&b);
}
