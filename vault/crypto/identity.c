/*
 * identity - see identity.h, which has the table of the format.
 *
 * Invariant: a seed lies in the secret arena or in a secret buffer, nowhere else; a sr_identity is
 * whole or empty.
 */
#include "crypto/identity.h"

#include "base/secret.h"
#include "crypto/age.h"
#include "crypto/box.h"

static const char type[] = "strongroom/identity/v1";

int sr_identity_from_seed(struct sr_identity *out, const uint8_t seed[SR_SEED], struct sr_err *e) {
	memset(out, 0, sizeof *out);
	out->seed = sr_secret_new(SR_SEED, e);
	if (out->seed == NULL)
		return e != NULL && e->code != 0 ? (int)e->code : SR_LIMIT;
	memcpy(out->seed, seed, SR_SEED);
	sr_sign_public(out->pk, out->seed);
	sr_person_name(out->person, out->pk);
	return 0;
}

int sr_identity_new(struct sr_identity *out, struct sr_err *e) {
	uint8_t seed[SR_SEED];
	int rc;

	sr_random(seed, sizeof seed);
	rc = sr_identity_from_seed(out, seed, e);
	sr_wipe(seed, sizeof seed);
	return rc;
}

void sr_identity_free(struct sr_identity *id) {
	sr_secret_free(id->seed, SR_SEED);
	memset(id, 0, sizeof *id);
}

int sr_identity_seal(struct sr_buf *out, const struct sr_identity *id, const struct sr_unlock *u,
	struct sr_err *e) {
	struct sr_buf publics;
	int rc;

	sr_buf_init(&publics);
	sr_text_put(&publics, "person", id->person);
	sr_text_put_base64(&publics, "key", id->pk, sizeof id->pk);
	if ((rc = sr_buf_ok(&publics, e)) == 0)
		rc = sr_passphrase_seal(
			out, type, sr_buf_view(&publics), u, sr_bytes_of(id->seed, SR_SEED), e);
	sr_buf_free(&publics);
	return rc;
}

/* "p-" and 16 lowercase hex digits. */
static int read_person(char person[SR_PERSON_TEXT], struct sr_bytes v, struct sr_err *e) {
	uint8_t digits[8];

	if (v.len != SR_PERSON_TEXT - 1 || v.p[0] != 'p' || v.p[1] != '-' ||
		sr_unhex(digits, sizeof digits, sr_bytes_of(v.p + 2, 16), NULL) != 0)
		return sr_fail(e, SR_CORRUPT, "person: want \"p-\" and 16 hex digits");
	memcpy(person, v.p, SR_PERSON_TEXT - 1);
	person[SR_PERSON_TEXT - 1] = '\0';
	return 0;
}

int sr_identity_peek(
	char person[SR_PERSON_TEXT], uint8_t pk[SR_PK], struct sr_bytes file, struct sr_err *e) {
	struct sr_text t;
	char name[SR_PERSON_TEXT];
	uint8_t key[SR_PK];
	int rc;

	if ((rc = sr_passphrase_parse(&t, type, file, e)) != 0)
		return rc;
	/* The two public lines stand before `sealed`, and no other line does. */
	if (sr_text_count(&t, "person") != 1 || sr_text_count(&t, "key") != 1 ||
		t.count - sr_text_count(&t, "credential") - 3 * sr_text_count(&t, "salt") != 3) {
		rc = sr_fail(e, SR_CORRUPT, "want one line \"person\" and one line \"key\"");
		goto out;
	}
	if ((rc = read_person(name, sr_text_get(&t, "person"), e)) != 0)
		goto out;
	if ((rc = sr_unbase64_fixed(key, sizeof key, sr_text_get(&t, "key"), e)) != 0) {
		(void)sr_wrap(e, "key");
		goto out;
	}
	memcpy(person, name, sizeof name);
	memcpy(pk, key, sizeof key);
out:
	sr_text_free(&t);
	return rc;
}

int sr_identity_open(struct sr_identity *out, struct sr_bytes file, const struct sr_unlock *u,
	struct sr_err *e) {
	struct sr_buf seed;
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	int rc;

	memset(out, 0, sizeof *out);
	sr_buf_init_secret(&seed);
	if ((rc = sr_identity_peek(person, pk, file, e)) != 0 ||
		(rc = sr_passphrase_open(&seed, type, u, file, e)) != 0)
		goto out;
	if (seed.len != SR_SEED) {
		rc = sr_fail(e, SR_CORRUPT, "the seed has %zu bytes, want %d", seed.len, SR_SEED);
		goto out;
	}
	if ((rc = sr_identity_from_seed(out, seed.p, e)) != 0)
		goto out;
	if (memcmp(out->pk, pk, sizeof pk) != 0) {
		rc = sr_fail(e, SR_CORRUPT, "the seed is not that of the file's key");
		sr_identity_free(out);
		goto out;
	}
	memcpy(out->person, person, sizeof person);
out:
	sr_buf_free(&seed);
	return rc;
}

void sr_text_commit(uint8_t out[SR_HASH], const uint8_t salt[SR_SALT], struct sr_bytes text) {
	SR_HASH_OF(out, "strongroom/text/v1", salt, text);
}

int sr_identity_age_recipient(char out[64], const uint8_t pk[SR_PK], struct sr_err *e) {
	uint8_t x[SR_X_PK];
	char text[SR_AGE_RECIPIENT_TEXT];
	int rc = sr_box_pk_of_sign(x, pk, e);

	if (rc != 0)
		return rc;
	sr_age_recipient_text(text, x);
	memcpy(out, text, sizeof text);
	return 0;
}
