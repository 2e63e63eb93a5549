/*
 * How fast the ledger commits and verifies: single entries and groups of 256, with their fsyncs, in
 * a temporary folder; sealing and opening of entries; reading everything back. Prints rates; exits
 * 1 if something fails.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "ledger/entry.h"
#include "ledger/ledger.h"

enum {
	SINGLE = 1000,
	GROUPS = 200,
	SEALS = 5000,
	LEAF = 1100
};

static uint8_t bytes[SR_COMMIT_LEAVES][LEAF];

static void rate(const char *what, uint64_t n, uint64_t start_ms) {
	const uint64_t ms = sr_mono_ms() - start_ms;
	printf("%-28s %8" PRIu64 " in %6" PRIu64 " ms: %9.0f /s\n", what, n, ms,
		1000.0 * (double)n / (double)(ms == 0 ? 1 : ms));
}

static int commits(struct sr_ledger *l, size_t count, size_t group, struct sr_err *e) {
	const uint8_t attachment[SR_ATTACHMENT] = {0};
	struct sr_bytes entry[SR_COMMIT_LEAVES];
	for (size_t i = 0; i < group; i++)
		entry[i] = sr_bytes_of(bytes[i], LEAF);
	for (size_t i = 0; i < count; i++) {
		sr_random(bytes[0], 16);
		const int rc = sr_ledger_commit(l, entry, group, attachment, NULL, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int no_key(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)ctx;
	(void)epoch;
	(void)c;
	(void)subject;
	(void)key;
	return sr_fail(e, SR_NOTFOUND, "none");
}

static int epoch_key(
	void *ctx, uint32_t n, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct sr_epoch *epoch = ctx;
	(void)n;
	(void)e;
	memcpy(key, epoch->key[c], SR_KEY);
	return 0;
}

static int seals(struct sr_err *e) {
	static const char id[] = "00112233445566778899aabbccddeeff";
	struct sr_head h = {.time = 1795255200};
	struct sr_epoch epoch;
	struct sr_statement s;
	struct sr_buf text, note, env;
	uint8_t seed[SR_SEED], pk[SR_PK];
	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_buf_init(&env);
	sr_random(seed, sizeof seed);
	sr_sign_public(pk, seed);
	sr_person_name(h.actor, pk);
	h.seen_size = 1;
	sr_epoch_derive(&epoch, 1, seed);
	sr_statement_begin(&text, SR_T_CLOSE, &h);
	sr_text_put(&text, "grant", id);
	int rc = sr_statement_sign(&note, sr_buf_view(&text), h.actor, seed, e);
	if (rc == 0)
		rc = sr_statement_parse(&s, sr_buf_view(&note), e);
	if (rc != 0)
		return rc;
	const struct sr_keyring keys = {epoch_key, no_key, &epoch};
	const struct sr_entry_in in = {
		.origin = "bench", .epoch = &epoch, .statement = &s, .keys = &keys};
	uint64_t start = sr_mono_ms();
	for (int i = 0; rc == 0 && i < SEALS; i++) {
		sr_buf_clear(&env);
		rc = sr_entry_seal(&env, &in, e);
	}
	rate("seal an entry", SEALS, start);
	start = sr_mono_ms();
	for (int i = 0; rc == 0 && i < SEALS; i++) {
		struct sr_entry en;
		rc = sr_entry_open(&en, "bench", 0, sr_buf_view(&env), &keys, e);
		if (rc == 0)
			sr_entry_free(&en);
	}
	rate("open an entry", SEALS, start);
	sr_statement_free(&s);
	sr_buf_free(&text);
	sr_buf_free(&note);
	sr_buf_free(&env);
	return rc;
}

static int run(struct sr_dir *d, struct sr_err *e) {
	uint8_t seed[SR_SEED], mac[SR_KEY];
	const struct sr_ledger_opts o = {.origin = "bench", .seed = seed, .mac_key = mac};
	const struct sr_ledger_check check = {.leaf = NULL};
	struct sr_ledger_checked done;
	struct sr_ledger *l = NULL;
	sr_random(seed, sizeof seed);
	sr_random(mac, sizeof mac);
	sr_random(bytes, sizeof bytes);
	int rc = sr_ledger_create(d, &o, e);
	if (rc == 0)
		rc = sr_ledger_open(&l, d, &o, e);
	if (rc != 0)
		return rc;
	uint64_t start = sr_mono_ms();
	rc = commits(l, SINGLE, 1, e);
	rate("commits of 1 entry", SINGLE, start);
	start = sr_mono_ms();
	if (rc == 0)
		rc = commits(l, GROUPS, SR_COMMIT_LEAVES, e);
	rate("entries in groups of 256", (uint64_t)GROUPS * SR_COMMIT_LEAVES, start);
	const uint64_t n = sr_ledger_next_index(l);
	if (rc == 0)
		rc = sr_ledger_close(l, e);
	start = sr_mono_ms();
	if (rc == 0)
		rc = sr_ledger_open(&l, d, &o, e);
	printf("open at %" PRIu64 " entries: %" PRIu64 " ms\n", n, sr_mono_ms() - start);
	start = sr_mono_ms();
	if (rc == 0)
		rc = sr_ledger_verify(l, &check, &done, e);
	rate("entries verified", n, start);
	sr_ledger_abandon(l);
	return rc;
}

int main(void) {
	char path[] = "/tmp/strongroom-bench-XXXXXX", command[80];
	struct sr_dir *d = NULL;
	struct sr_err e = {.code = SR_OK};
	if (mkdtemp(path) == NULL)
		return 1;
	int rc = sr_crypto_init(&e);
	if (rc == 0)
		rc = sr_dir_open(&d, path, &e);
	if (rc == 0)
		rc = run(d, &e);
	if (rc == 0)
		rc = seals(&e);
	if (rc != 0)
		fprintf(stderr, "%s\n", e.text);
	sr_dir_close(d);
	(void)snprintf(command, sizeof command, "rm -rf %s", path);
	if (system(command) != 0)
		rc = SR_IO;
	return rc == 0 ? 0 : 1;
}
