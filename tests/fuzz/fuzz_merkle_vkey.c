/*
 * fuzz_merkle_vkey - verifier keys and key names: refused, or written back as they were read (types
 * whose keys we can write).
 */
#include "fuzz_merkle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_vkey k, made;
	struct sr_buf text;
	struct sr_err e;
	fuzz_start();
	sr_buf_init(&text);
	if (sr_vkey_parse(&k, in, &e) == 0) {
		MUST(sr_note_name_check(sr_bytes_str(k.name), &e) == 0);
		if (k.type == SR_NOTE_ED25519 || k.type == SR_NOTE_COSIGN) {
			sr_vkey_put(&text, &k);
			MUST(sr_buf_ok(&text, &e) == 0 && sr_bytes_eq(sr_buf_view(&text), in));
			assert_ok(sr_vkey_make(&made, sr_bytes_str(k.name), k.type, k.pk, &e), &e);
			MUST(memcmp(made.id, k.id, SR_NOTE_KEYID) == 0);
		}
	}
	if (sr_note_name_check(in, &e) == 0) {
		struct fuzz_key own;
		fuzz_log_key(&own);
		assert_ok(sr_vkey_make(&made, in, SR_NOTE_COSIGN, own.vkey.pk, &e), &e);
		sr_buf_clear(&text);
		sr_vkey_put(&text, &made);
		assert_ok(sr_vkey_parse(&k, sr_buf_view(&text), &e), &e);
		MUST(sr_bytes_eq(sr_bytes_str(k.name), in) && k.type == SR_NOTE_COSIGN);
	}
	sr_buf_free(&text);
	return 0;
}

void fuzz_seeds(void) {
	struct fuzz_key k;
	struct sr_buf b;
	fuzz_start();
	sr_buf_init(&b);
	fuzz_log_key(&k);
	sr_vkey_put(&b, &k.vkey);
	fuzz_seed("log", sr_buf_view(&b));
	sr_buf_clear(&b);
	fuzz_witness_key(&k, 0);
	sr_vkey_put(&b, &k.vkey);
	fuzz_seed("witness", sr_buf_view(&b));
	fuzz_seed_str("name", "n\xc3\xa4me.example/log");
	sr_buf_free(&b);
}
