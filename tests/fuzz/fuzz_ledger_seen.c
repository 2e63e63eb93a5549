/*
 * fuzz_ledger_seen - a client's memory of a ledger: refused, or written back as it was read.
 */
#include "fuzz_merkle.h"
#include "ledger/seen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_seen s;
	struct sr_buf again;
	struct sr_err e;
	fuzz_start();
	if (sr_seen_decode(&s, in, &e) != 0)
		return 0;
	sr_buf_init(&again);
	sr_seen_encode(&again, &s);
	assert_ok(sr_buf_ok(&again, &e), &e);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	sr_buf_free(&again);
	return 0;
}

void fuzz_seeds(void) {
	uint8_t vault[SR_HASH];
	struct fuzz_key k;
	struct sr_seen s;
	struct sr_buf b, vkey;
	struct sr_err e;
	fuzz_start();
	fuzz_log_key(&k);
	t_fill(vault, sizeof vault, 3);
	sr_buf_init(&b);
	sr_buf_init(&vkey);
	sr_vkey_put(&vkey, &k.vkey);
	char *text = fuzz_str(sr_buf_view(&vkey));
	assert_ok(sr_seen_init(&s, FUZZ_ORIGIN, vault, text, "p-0011223344556677", &e), &e);
	sr_seen_encode(&b, &s);
	fuzz_seed("first", sr_buf_view(&b));
	s.size = 1024;
	t_fill(s.root, sizeof s.root, 4);
	sr_buf_clear(&b);
	sr_seen_encode(&b, &s);
	fuzz_seed("later", sr_buf_view(&b));
	struct sr_log_link l = {.from = 900, .agreed = 890, .known = 1000};
	memcpy(l.name, "fuzz.example/second", 20);
	assert_ok(sr_log_keys_add(&s.keys, 512, vault, &e), &e);
	assert_ok(sr_log_keys_rename(&s.keys, &l, &e), &e);
	assert_ok(sr_log_keys_add(&s.keys, 1000, s.root, &e), &e);
	sr_buf_clear(&b);
	sr_seen_encode(&b, &s);
	fuzz_seed("links", sr_buf_view(&b));
	free(text);
	sr_buf_free(&b);
	sr_buf_free(&vkey);
}
