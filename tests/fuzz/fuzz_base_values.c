/*
 * fuzz_base_values - the spellings of single values (hex, base64, decimals, times): refused, or
 * written back exactly as they were read.
 */
#include "base/time.h"
#include "fuzz.h"

static void check_binary(struct sr_bytes in) {
	struct sr_buf raw, text;
	struct sr_err e;
	sr_buf_init(&raw);
	sr_buf_init(&text);
	if (sr_unbase64(&raw, in, &e) == 0) {
		sr_buf_put_base64(&text, raw.p, raw.len);
		MUST(sr_bytes_eq(sr_buf_view(&text), in));
		uint8_t *fixed = malloc(raw.len + 1);
		MUST(fixed != NULL && sr_unbase64_fixed(fixed, raw.len, in, &e) == 0);
		MUST(raw.len == 0 || memcmp(fixed, raw.p, raw.len) == 0);
		MUST(sr_unbase64_fixed(fixed, raw.len + 1, in, NULL) == SR_CORRUPT);
		free(fixed);
	} else {
		MUST(raw.len == 0);
	}
	sr_buf_free(&raw);
	sr_buf_clear(&text);
	uint8_t *bytes = malloc(in.len / 2 + 1);
	MUST(bytes != NULL);
	if (sr_unhex(bytes, in.len / 2, in, &e) == 0) {
		sr_buf_put_hex(&text, bytes, in.len / 2);
		MUST(sr_bytes_eq(sr_buf_view(&text), in));
	}
	free(bytes);
	sr_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	char text[32];
	struct sr_err e;
	uint64_t v = 0;
	int64_t t = 0;
	check_binary(in);
	if (sr_parse_dec(&v, in, UINT64_MAX, &e) == 0) {
		(void)snprintf(text, sizeof text, "%llu", (unsigned long long)v);
		MUST(sr_bytes_eq(in, sr_bytes_str(text)));
		MUST(v == 0 || sr_parse_dec(&v, in, v - 1, NULL) != 0);
	}
	if (sr_time_parse(&t, in, &e) == 0) {
		MUST(t >= 0);
		sr_time_format(text, t);
		MUST(sr_bytes_eq(in, sr_bytes_str(text)));
	}
	char *typed = fuzz_str(in);
	if (sr_time_parse_human(&t, typed, 1795255200, &e) == 0) {
		MUST(t >= 0);
		sr_time_format(text, t);
		MUST(strlen(text) == 20);
	}
	free(typed);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_str("time", "2026-11-21T10:00:00Z");
	fuzz_seed_str("leap", "2024-02-29T23:59:59Z");
	fuzz_seed_str("last", "9999-12-31T23:59:59Z");
	fuzz_seed_str("day", "2027-03-31");
	fuzz_seed_str("days", "90d");
	fuzz_seed_str("hours", "8h");
	fuzz_seed_str("dec", "18446744073709551615");
	fuzz_seed_str("hex", "00ff10a9");
	fuzz_seed_str("base64", "AAECAwQFBgc=");
	fuzz_seed_str("base64-2", "/+8=");
}
