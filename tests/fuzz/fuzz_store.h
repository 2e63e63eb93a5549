/*
 * fuzz_store - a backend that holds one thing, whatever its name, and the keys of a small vault.
 */
#ifndef SR_TESTS_FUZZ_STORE_H
#define SR_TESTS_FUZZ_STORE_H

#include "crypto/box.h"
#include "fuzz_crypto.h"
#include "store/backend.h"

struct fuzz_blob {
	struct sr_bytes bytes;
};

static inline int fuzz_blob_get(
	void *self, const char *name, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	const struct fuzz_blob *b = self;
	if (offset > b->bytes.len || len > b->bytes.len - offset)
		return sr_fail(e, SR_CORRUPT, "%s: want %zu bytes at %llu, have %zu", name, len,
			(unsigned long long)offset, b->bytes.len);
	if (len > 0)
		memcpy(p, b->bytes.p + offset, len);
	return 0;
}
static inline int fuzz_blob_head(void *self, const char *name, uint64_t *size, struct sr_err *e) {
	(void)name;
	(void)e;
	*size = ((const struct fuzz_blob *)self)->bytes.len;
	return 0;
}
static inline void fuzz_blob_free(void *self) {
	(void)self;
}

/* Reading only: the other calls are not there. */
static inline struct sr_backend *fuzz_backend(struct fuzz_blob *blob) {
	static const struct sr_backend_ops ops = {
		.get = fuzz_blob_get, .head = fuzz_blob_head, .free = fuzz_blob_free};
	struct sr_backend *b = NULL;
	struct sr_err e;
	assert_ok(sr_backend_new(&b, &ops, blob, &e), &e);
	return b;
}

static inline void fuzz_vault(uint8_t vault[SR_HASH]) {
	t_fill(vault, SR_HASH, 3);
}
static inline void fuzz_item(uint8_t item[SR_ID]) {
	t_fill(item, SR_ID, 4);
}
static inline void fuzz_structure(uint8_t sk[SR_X_SK], uint8_t pk[SR_X_PK]) {
	t_fill(sk, SR_X_SK, 2);
	sr_box_public(pk, sk);
}

#endif
