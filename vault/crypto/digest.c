/*
 * digest - see digest.h. A digest that libcrypto does not have (md5 under FIPS) is UNSUPPORTED when
 * it is begun; later nothing can fail but memory, which ends the process as in hash.c.
 */
#include "crypto/digest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const struct {
	const char *name, *libcrypto;
	size_t size;
} kinds[SR_DIGEST_KINDS] = {
	{"md5", "MD5", 16},
	{"sha1", "SHA1", 20},
	{"sha224", "SHA224", 28},
	{"sha256", "SHA256", 32},
	{"sha384", "SHA384", 48},
	{"sha512", "SHA512", 64},
};

struct sr_digest {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
	enum sr_digest_kind kind;
};

bool sr_digest_named(enum sr_digest_kind *out, struct sr_bytes name) {
	for (unsigned k = 0; k < SR_DIGEST_KINDS; k++) {
		if (!sr_bytes_eq(name, sr_bytes_str(kinds[k].name)))
			continue;
		*out = (enum sr_digest_kind)k;
		return true;
	}
	return false;
}

const char *sr_digest_name(enum sr_digest_kind k) {
	return kinds[k].name;
}

size_t sr_digest_size(enum sr_digest_kind k) {
	return kinds[k].size;
}

void sr_digest_free(struct sr_digest *d) {
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	EVP_MD_free(d->md);
	free(d);
}

int sr_digest_reset(struct sr_digest *d, struct sr_err *e) {
	if (EVP_DigestInit_ex2(d->ctx, d->md, NULL) != 1)
		return sr_fail(
			e, SR_NOMEM, "no memory to begin a digest (%s)", kinds[d->kind].name);
	return 0;
}

int sr_digest_new(struct sr_digest **out, enum sr_digest_kind k, struct sr_err *e) {
	struct sr_digest *d = calloc(1, sizeof *d);
	int rc;

	*out = NULL;
	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a digest");
	d->kind = k;
	d->ctx = EVP_MD_CTX_new();
	if (OSSL_LIB_CTX_get0_global_default() != NULL) /* see hash.c */
		d->md = EVP_MD_fetch(NULL, kinds[k].libcrypto, NULL);
	if (d->ctx == NULL)
		rc = sr_fail(e, SR_NOMEM, "no memory for a digest");
	else if (d->md == NULL)
		rc = sr_fail(e, SR_UNSUPPORTED,
			"libcrypto has no %s here: its configuration on this machine (openssl.cnf) "
			"may forbid it",
			kinds[k].name);
	else
		rc = sr_digest_reset(d, e);
	if (rc != 0) {
		sr_digest_free(d);
		return rc;
	}
	*out = d;
	return 0;
}

void sr_digest_update(struct sr_digest *d, const void *p, size_t len) {
	int rc = len == 0 ? 1 : EVP_DigestUpdate(d->ctx, p, len);

	assert(rc == 1);
	(void)rc;
}

void sr_digest_final(struct sr_digest *d, uint8_t out[SR_DIGEST_MAX]) {
	unsigned len = 0;

	memset(out, 0, SR_DIGEST_MAX);
	int rc = EVP_DigestFinal_ex(d->ctx, out, &len);
	assert(rc == 1 && len == kinds[d->kind].size);
	(void)rc;
}
