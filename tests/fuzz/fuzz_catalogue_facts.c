/*
 * fuzz_catalogue_facts - the object that holds what programs said of files: refused, or read to its
 * end within its bounds, and written back as it was read.
 *
 * Input: the body.
 */
#include "catalogue/lists.h"
#include "fuzz_crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_reader in;
	struct sr_fact f = {0};
	struct sr_buf again;
	struct sr_err e = {0};
	int rc = sr_facts_read(&in, sr_bytes_of(data, size), &e);
	if (rc != 0) {
		MUST((int)e.code == rc && e.text[0] != '\0');
		return 0;
	}
	sr_buf_init(&again);
	sr_facts_begin(&again);
	while ((rc = sr_facts_next(&in, &f, &e)) == 0) {
		char key[SR_FACT_KEY_MAX + 1];
		MUST(f.key.len > 0 && f.key.len <= SR_FACT_KEY_MAX);
		MUST(f.value.len <= SR_FACT_VALUE_MAX);
		memcpy(key, f.key.p, f.key.len);
		key[f.key.len] = '\0';
		if (strlen(key) != f.key.len) { /* a NUL: the encoder takes none */
			sr_buf_free(&again);
			return 0;
		}
		sr_facts_add(&again, f.file, key, f.value);
	}
	MUST(rc == SR_NOTFOUND || rc == SR_CORRUPT);
	MUST(rc != SR_NOTFOUND || sr_bytes_eq(sr_buf_view(&again), sr_bytes_of(data, size)));
	sr_buf_free(&again);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_facts_begin(&b);
	fuzz_seed("none", sr_buf_view(&b));
	sr_facts_add(&b, 0, "pages", sr_bytes_str("12"));
	sr_facts_add(&b, 0, "title", sr_bytes_str("A title, as the file has it"));
	sr_facts_add(&b, 7, "duration-ms", sr_bytes_str("65250"));
	fuzz_seed("three", sr_buf_view(&b));
	sr_buf_free(&b);
}
