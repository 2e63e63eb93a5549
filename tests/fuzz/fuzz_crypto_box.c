/*
 * fuzz_crypto_box - sealed things as they come from others: refused, or exactly what was sealed.
 * Nobody who has not the key makes one that opens.
 *
 * Input: u8 mode: 0 to a key, 1 to a person, 2 by the sender's secret, 3 under a shared key; u16
 * position, u8 what is changed there; the rest is the plaintext of one that is sealed here, and as
 * it is a sealed thing itself.
 */
#include "crypto/aead.h"
#include "crypto/box.h"
#include "crypto/sign.h"
#include "fuzz_crypto.h"

static const char label[] = "strongroom/fuzz/v1";

struct keys {
	uint8_t seed[SR_SEED], sign_pk[SR_PK], sk[SR_X_SK], pk[SR_X_PK], eph[SR_X_SK],
		shared[SR_KEY];
};

static int open_it(struct sr_buf *out, int mode, const struct keys *k, struct sr_bytes sealed,
	struct sr_err *e) {
	const struct sr_bytes context = sr_bytes_str("a place"), bind = sr_bytes_str("bound");
	switch (mode) {
	case 0:
		return sr_box_open(out, k->sk, bind, label, context, sealed, e);
	case 1:
		return sr_box_open_person(out, k->seed, label, context, sealed, e);
	case 2:
		return sr_box_open_sent(out, k->eph, k->sign_pk, label, context, sealed, e);
	default:
		return sr_aead_open_buf(out, k->shared, label, context, sealed, e);
	}
}

static int seal_it(struct sr_buf *out, int mode, const struct keys *k, struct sr_bytes plain,
	struct sr_err *e) {
	const struct sr_bytes context = sr_bytes_str("a place"), bind = sr_bytes_str("bound");
	switch (mode) {
	case 0:
		return sr_box_seal(out, k->pk, bind, label, context, plain, e);
	case 1:
		return sr_box_seal_person(out, k->sign_pk, label, context, plain, e);
	case 2:
		return sr_box_seal_person_with(out, k->eph, k->sign_pk, label, context, plain, e);
	default:
		return sr_aead_seal_buf(out, k->shared, label, context, plain, e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_buf sealed, out;
	struct keys k;
	struct sr_err e = {0};
	fuzz_start();
	t_fill(k.seed, sizeof k.seed, 1);
	t_fill(k.sk, sizeof k.sk, 2);
	t_fill(k.eph, sizeof k.eph, 3);
	t_fill(k.shared, sizeof k.shared, 4);
	sr_sign_public(k.sign_pk, k.seed);
	sr_box_public(k.pk, k.sk);
	const int mode = fuzz_u8(&in) % 4;
	const size_t at = fuzz_u16(&in);
	const uint8_t change = fuzz_u8(&in);
	sr_buf_init_secret(&sealed);
	sr_buf_init_secret(&out);
	/* As it came. */
	int rc = open_it(&out, mode, &k, in, &e);
	MUST(rc == SR_AUTH || rc == SR_CORRUPT);
	MUST((int)e.code == rc && e.text[0] != '\0' && out.len == 0);
	/* Sealed here, and changed in one place, or not at all. */
	assert_ok(seal_it(&sealed, mode, &k, in, &e), &e);
	sealed.p[at % sealed.len] ^= change;
	rc = open_it(&out, mode, &k, sr_buf_view(&sealed), &e);
	/* The highest bit of an X25519 key counts for nothing in the product; the KDF binds it. */
	MUST((rc == 0) == (change == 0));
	MUST(rc == 0 ? sr_bytes_eq(sr_buf_view(&out), in) : out.len == 0);
	sr_buf_free(&sealed);
	sr_buf_free(&out);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed("key", sr_bytes_of("\0\0\0\0plain", 9));
	fuzz_seed("person", sr_bytes_of("\1\0\0\0plain", 9));
	fuzz_seed("sent", sr_bytes_of("\2\0\0\0plain", 9));
	fuzz_seed("shared", sr_bytes_of("\3\0\0\0plain", 9));
	fuzz_seed("changed", sr_bytes_of("\0\x1f\0\x80plain", 9));
	fuzz_seed("tag", sr_bytes_of("\1\x40\0\1plain", 9));
}
