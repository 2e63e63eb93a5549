/*
 * aead - see aead.h, which has the table of the format.
 *
 * Invariants: each seal draws its own nonce; nothing is decrypted before the commitment was
 * compared (in constant time); derived keys live on the stack and are wiped on every path.
 */
#include "crypto/aead.h"

#include "crypto/chacha.h"

_Static_assert((int)SR_NONCE == (int)SR_XCHACHA_NONCE, "nonce");
_Static_assert((int)SR_TAG == (int)SR_CHACHA_TAG, "tag");

/* What ${key}, ${label} and ${nonce} yield: the commitment and the cipher's key. */
static void derive(uint8_t commitment[SR_HASH], uint8_t subkey[SR_KEY], const uint8_t key[SR_KEY],
	const char *label, const uint8_t nonce[SR_NONCE]) {
	struct sr_bytes n = sr_bytes_of(nonce, SR_NONCE);

	SR_HASH_OF(commitment, "strongroom/aead-commit/v1", key, sr_bytes_str(label), n);
	SR_HASH_OF(subkey, "strongroom/aead-key/v1", key, sr_bytes_str(label), n);
}

static void bind_ad(uint8_t out[SR_HASH], const char *label, struct sr_bytes ad) {
	SR_HASH_OF(out, "strongroom/aead-ad/v1", NULL, sr_bytes_str(label), ad);
}

void sr_aead_seal(uint8_t *out, const uint8_t key[SR_KEY], const char *label, struct sr_bytes ad,
	struct sr_bytes plain) {
	uint8_t subkey[SR_KEY], bound[SR_HASH];
	uint8_t *commitment = out + SR_NONCE;

	sr_random(out, SR_NONCE);
	derive(commitment, subkey, key, label, out);
	bind_ad(bound, label, ad);
	sr_xchacha_seal(commitment + SR_HASH, subkey, out, sr_bytes_of(bound, sizeof bound), plain);
	sr_wipe(subkey, sizeof subkey);
}

int sr_aead_open(uint8_t *out, const uint8_t key[SR_KEY], const char *label, struct sr_bytes ad,
	struct sr_bytes sealed, struct sr_err *e) {
	uint8_t commitment[SR_HASH], subkey[SR_KEY], bound[SR_HASH];
	size_t len;
	int rc;

	if (sealed.len < SR_AEAD_OVERHEAD)
		return sr_fail(e, SR_CORRUPT, "sealed bytes: have %zu, want %d or more", sealed.len,
			SR_AEAD_OVERHEAD);
	len = sealed.len - SR_AEAD_OVERHEAD;
	derive(commitment, subkey, key, label, sealed.p);
	if (!sr_ct_eq(commitment, sealed.p + SR_NONCE, SR_HASH)) {
		rc = sr_fail(e, SR_AUTH, "key commitment does not match");
		goto out;
	}
	bind_ad(bound, label, ad);
	rc = sr_xchacha_open(out, subkey, sealed.p, sr_bytes_of(bound, sizeof bound),
		sr_bytes_of(sealed.p + SR_NONCE + SR_HASH, len + SR_TAG));
	if (rc != 0)
		rc = sr_fail(e, SR_AUTH, "tag does not verify");
out:
	if (rc != 0 && len > 0)
		sr_wipe(out, len);
	sr_wipe(commitment, sizeof commitment);
	sr_wipe(subkey, sizeof subkey);
	return rc;
}

int sr_aead_seal_buf(struct sr_buf *out, const uint8_t key[SR_KEY], const char *label,
	struct sr_bytes ad, struct sr_bytes plain, struct sr_err *e) {
	size_t len;
	int rc;

	if ((rc = sr_add_size(&len, plain.len, SR_AEAD_OVERHEAD, e)) != 0 ||
		(rc = sr_buf_reserve(out, len, e)) != 0)
		return rc;
	sr_aead_seal(out->p + out->len, key, label, ad, plain);
	out->len += len;
	return 0;
}

int sr_aead_open_buf(struct sr_buf *out, const uint8_t key[SR_KEY], const char *label,
	struct sr_bytes ad, struct sr_bytes sealed, struct sr_err *e) {
	size_t len = sealed.len < SR_AEAD_OVERHEAD ? 0 : sealed.len - SR_AEAD_OVERHEAD;
	int rc;

	/* One byte more, so that there is an address to decrypt nothing to. */
	if ((rc = sr_buf_reserve(out, len + 1, e)) != 0 ||
		(rc = sr_aead_open(out->p + out->len, key, label, ad, sealed, e)) != 0)
		return rc;
	out->len += len;
	return 0;
}

#ifdef SR_TESTING
void sr_aead_bare_seal(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_NONCE],
	struct sr_bytes ad, struct sr_bytes plain) {
	sr_xchacha_seal(out, key, nonce, ad, plain);
}

int sr_aead_bare_open(uint8_t *out, const uint8_t key[SR_KEY], const uint8_t nonce[SR_NONCE],
	struct sr_bytes ad, struct sr_bytes sealed) {
	return sr_xchacha_open(out, key, nonce, ad, sealed);
}
#endif
