/*
 * fuzz - what fuzz targets share: a reader of the fuzzer's bytes, a promise that must hold, seeds
 * of the corpus, and the few words of tests/unit/util.h that the fixtures there use, without
 * cmocka.
 *
 * A target is a function of its input alone: what is random in the code under test is made
 * repeatable (fuzz_crypto.h). It asserts what the format promises (MUST), not only that nothing
 * crashes. Its fuzz_seeds writes inputs made by the real encoders (`replay --seed FOLDER`); other
 * files of the corpus are what libFuzzer found from these, minimised.
 *
 * Where a mutation would always end at a checksum or a seal, the target makes those itself: what is
 * fuzzed then is what somebody can write who knows the key.
 */
#ifndef SR_TESTS_FUZZ_H
#define SR_TESTS_FUZZ_H

#define SR_TESTS_UTIL_H /* the fixtures of tests/unit include util.h, which needs cmocka */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Calls fuzz_seed for each input that the corpus should begin with. */
void fuzz_seeds(void);

#define MUST(what)                                                                                \
	do {                                                                                      \
		if (!(what)) {                                                                    \
			(void)fprintf(                                                            \
				stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

#define assert_ok(rc, e) fuzz_assert_ok((rc), (e), #rc, __FILE__, __LINE__)
#define assert_non_null(p) MUST((p) != NULL)
#define assert_true(b) MUST(b)

static inline void fuzz_assert_ok(
	int rc, const struct sr_err *e, const char *what, const char *file, int line) {
	if (rc == 0)
		return;
	(void)fprintf(stderr, "%s:%d: %s failed: %s\n", file, line, what, e->text);
	abort();
}

/* The same bytes as t_fill of tests/unit/util.c. */
static inline void t_fill(void *p, size_t len, uint64_t seed) {
	uint8_t *at = p;
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = (seed += UINT64_C(0x9e3779b97f4a7c15));
		v = (v ^ (v >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		v = (v ^ (v >> 27)) * UINT64_C(0x94d049bb133111eb);
		v ^= v >> 31;
		for (size_t j = i; j < len && j < i + 8; j++, v >>= 8)
			at[j] = (uint8_t)v;
	}
}

/* The fuzzer's bytes, taken from the front; zeros and short views when they run out. */
static inline uint8_t fuzz_u8(struct sr_bytes *in) {
	uint8_t v = in->len > 0 ? in->p[0] : 0;
	if (in->len > 0)
		*in = sr_bytes_of(in->p + 1, in->len - 1);
	return v;
}
static inline uint16_t fuzz_u16(struct sr_bytes *in) {
	uint16_t low = fuzz_u8(in);
	return (uint16_t)(low | (uint16_t)(fuzz_u8(in) << 8));
}
static inline struct sr_bytes fuzz_take(struct sr_bytes *in, size_t len) {
	struct sr_bytes v = sr_bytes_of(in->p, len < in->len ? len : in->len);
	*in = sr_bytes_of(in->p + v.len, in->len - v.len);
	return v;
}

/* NUL-terminated; the caller frees. A NUL inside ends the string. */
static inline char *fuzz_str(struct sr_bytes v) {
	char *s = malloc(v.len + 1);
	MUST(s != NULL);
	if (v.len > 0)
		memcpy(s, v.p, v.len);
	s[v.len] = '\0';
	return s;
}

/* One file of the corpus, in the folder that replay --seed was given. */
static inline void fuzz_seed(const char *name, struct sr_bytes v) {
	const char *folder = getenv("SR_FUZZ_SEEDS");
	char path[4200];
	MUST(folder != NULL);
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");
	MUST(f != NULL);
	MUST(v.len == 0 || fwrite(v.p, 1, v.len, f) == v.len);
	MUST(fclose(f) == 0);
}
static inline void fuzz_seed_str(const char *name, const char *text) {
	fuzz_seed(name, sr_bytes_str(text));
}
/* ${head} (what the target reads first), then ${v}. */
static inline void fuzz_seed_with(
	const char *name, const char *head, size_t head_len, struct sr_bytes v) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_buf_put(&b, head, head_len);
	sr_buf_put_bytes(&b, v);
	MUST(sr_buf_ok(&b, NULL) == 0);
	fuzz_seed(name, sr_buf_view(&b));
	sr_buf_free(&b);
}

#endif
