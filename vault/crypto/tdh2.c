/*
 * tdh2 - see tdh2.h, which has the record, the proof and its fields.
 *
 * Invariants: a seal leaves sr_tdh2_seal complete or as zeros; nothing in a record is used before
 * the proof over it was checked, except by the check itself; r, r*P, the aead's key and the nonce's
 * randomness are wiped on every path.
 */
#include "crypto/tdh2.h"

#include <assert.h>

#include "base/pool.h"

enum {
	AT_R = 8,
	AT_R2 = 40,
	AT_BOX = 72,
	AT_C = 208,
	AT_Z = 240
};
_Static_assert(AT_BOX + SR_SEAL_BOX == AT_C, "the table of tdh2.h");
_Static_assert((int)AT_Z + (int)SR_SCALAR == (int)SR_SEAL, "the table of tdh2.h");

static const uint8_t magic[8] = {'s', 'r', '-', 's', 'e', 'a', 'l', '1'};

static struct sr_bytes b32(const uint8_t *p) {
	return sr_bytes_of(p, 32);
}

static void context_fields(
	struct sr_hash *h, const struct sr_tdh2_key *key, const struct sr_sealed *s) {
	assert(key->kind != NULL);
	sr_hash_field(h, b32(key->vault));
	sr_hash_field(h, b32(key->board));
	sr_hash_u64(h, key->level);
	sr_hash_field(h, sr_bytes_str(key->kind));
	sr_hash_field(h, sr_bytes_of(s->id, SR_ID));
	sr_hash_u64(h, s->number);
}

/* r from what is sealed. */
static void make_r(uint8_t r[SR_SCALAR], const struct sr_tdh2_key *key, const struct sr_sealed *s,
	const uint8_t plain[SR_PART + SR_SEAL_FRESH]) {
	struct sr_hash h;

	sr_hash_init64(&h, "strongroom/tdh2-r/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(plain, SR_PART));
	sr_hash_field(&h, sr_bytes_of(plain + SR_PART, SR_SEAL_FRESH));
	context_fields(&h, key, s);
	sr_scalar_of_hash(r, &h);
}

/* The aead's key from ${shared} = r*P = x*R; its associated data. */
static void box_key(uint8_t out[SR_KEY], uint8_t ad[SR_HASH], const struct sr_tdh2_key *key,
	const struct sr_sealed *s, const uint8_t shared[SR_POINT]) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/tdh2-key/v1", NULL);
	sr_hash_field(&h, b32(shared));
	sr_hash_field(&h, b32(s->seal + AT_R));
	sr_hash_field(&h, b32(s->seal + AT_R2));
	context_fields(&h, key, s);
	sr_hash_final(&h, out);
	sr_hash_init(&h, "strongroom/tdh2-context/v1", NULL);
	context_fields(&h, key, s);
	sr_hash_final(&h, ad);
}

static void challenge(uint8_t c[SR_SCALAR], const struct sr_tdh2_key *key,
	const struct sr_sealed *s, const uint8_t w1[SR_POINT], const uint8_t w2[SR_POINT]) {
	uint8_t base[SR_POINT], second[SR_POINT];
	struct sr_hash h;

	sr_group_base(base);
	sr_group_second(second);
	sr_hash_init64(&h, "strongroom/tdh2-proof/v1", NULL);
	context_fields(&h, key, s);
	sr_hash_field(&h, b32(base));
	sr_hash_field(&h, b32(second));
	sr_hash_field(&h, b32(s->seal + AT_R));
	sr_hash_field(&h, b32(s->seal + AT_R2));
	sr_hash_field(&h, sr_bytes_of(s->seal + AT_BOX, SR_SEAL_BOX));
	sr_hash_field(&h, b32(w1));
	sr_hash_field(&h, b32(w2));
	sr_scalar_of_hash(c, &h);
}

/* c and z into ${seal}, whose other parts are there (s->seal is the same memory). */
static int prove(uint8_t seal[SR_SEAL], const struct sr_tdh2_key *key, const struct sr_sealed *s,
	const uint8_t r[SR_SCALAR], struct sr_err *e) {
	uint8_t fresh[32], w[SR_SCALAR], z[SR_SCALAR], w1[SR_POINT], w2[SR_POINT];
	uint8_t second[SR_POINT];
	struct sr_hash h;
	int rc;

	sr_random(fresh, sizeof fresh);
	sr_hash_init64(&h, "strongroom/tdh2-nonce/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(fresh, sizeof fresh));
	sr_hash_field(&h, b32(r));
	context_fields(&h, key, s);
	sr_hash_field(&h, b32(seal + AT_R));
	sr_hash_field(&h, b32(seal + AT_R2));
	sr_hash_field(&h, sr_bytes_of(seal + AT_BOX, SR_SEAL_BOX));
	sr_scalar_of_hash(w, &h);
	sr_group_second(second);
	if ((rc = sr_point_mul_base(w1, w, e)) != 0 || (rc = sr_point_mul(w2, w, second, e)) != 0)
		goto out;
	challenge(seal + AT_C, key, s, w1, w2);
	sr_scalar_mul(z, seal + AT_C, r);
	sr_scalar_add(z, z, w);
	memcpy(seal + AT_Z, z, SR_SCALAR);
out:
	sr_wipe(fresh, sizeof fresh);
	sr_wipe(w, sizeof w);
	sr_wipe(z, sizeof z);
	return rc;
}

int sr_tdh2_seal(uint8_t out[SR_SEAL], const struct sr_tdh2_key *key, const uint8_t id[SR_ID],
	uint64_t number, const uint8_t part[SR_PART], struct sr_err *e) {
	uint8_t seal[SR_SEAL] = {0}, plain[SR_PART + SR_SEAL_FRESH], r[SR_SCALAR];
	uint8_t shared[SR_POINT], box[SR_KEY], ad[SR_HASH], second[SR_POINT];
	struct sr_sealed s = {.number = number, .seal = seal};
	int rc;

	memset(out, 0, SR_SEAL);
	memcpy(s.id, id, SR_ID);
	if ((rc = sr_point_check(key->board, e)) != 0) {
		sr_wrap(e, "sealing: board key");
		return rc;
	}
	memcpy(plain, part, SR_PART);
	sr_random(plain + SR_PART, SR_SEAL_FRESH);
	make_r(r, key, &s, plain);
	memcpy(seal, magic, sizeof magic);
	sr_group_second(second);
	if ((rc = sr_point_mul_base(seal + AT_R, r, e)) != 0 ||
		(rc = sr_point_mul(seal + AT_R2, r, second, e)) != 0 ||
		(rc = sr_point_mul(shared, r, key->board, e)) != 0)
		goto out;
	box_key(box, ad, key, &s, shared);
	sr_aead_seal(seal + AT_BOX, box, "strongroom/tdh2-part/v1", sr_bytes_of(ad, sizeof ad),
		sr_bytes_of(plain, sizeof plain));
	if ((rc = prove(seal, key, &s, r, e)) != 0)
		goto out;
	memcpy(out, seal, SR_SEAL);
out:
	sr_wipe(plain, sizeof plain);
	sr_wipe(r, sizeof r);
	sr_wipe(shared, sizeof shared);
	sr_wipe(box, sizeof box);
	return rc;
}

static int check(const struct sr_tdh2_key *key, const struct sr_sealed *s, struct sr_err *e) {
	const uint8_t *c = s->seal + AT_C, *z = s->seal + AT_Z;
	uint8_t w1[SR_POINT], w2[SR_POINT], want[SR_SCALAR], second[SR_POINT];
	int rc;

	if (memcmp(s->seal, magic, sizeof magic) != 0)
		return sr_fail(e, SR_CORRUPT, "does not begin with sr-seal1");
	if ((rc = sr_point_check(s->seal + AT_R, e)) != 0) {
		sr_wrap(e, "R");
		return rc;
	}
	if ((rc = sr_point_check(s->seal + AT_R2, e)) != 0) {
		sr_wrap(e, "R'");
		return rc;
	}
	if ((rc = sr_scalar_check(c, e)) != 0 || (rc = sr_scalar_check(z, e)) != 0) {
		sr_wrap(e, "proof");
		return rc;
	}
	sr_group_second(second);
	/* an identity here means a proof that no honest sealer makes */
	if (sr_point_recommit(w1, z, NULL, c, s->seal + AT_R, NULL) != 0 ||
		sr_point_recommit(w2, z, second, c, s->seal + AT_R2, NULL) != 0)
		return sr_fail(e, SR_AUTH, "proof does not verify");
	challenge(want, key, s, w1, w2);
	if (!sr_ct_eq(want, c, SR_SCALAR))
		return sr_fail(e, SR_AUTH, "proof does not verify");
	return 0;
}

/* Put which seal it is in front of ${e}. */
static void name(const struct sr_tdh2_key *key, const struct sr_sealed *s, struct sr_err *e) {
	char id[2 * SR_ID + 1];

	sr_hex(id, s->id, SR_ID);
	sr_wrap(e, "seal of %s %s.%llu", key->kind, id, (unsigned long long)s->number);
}

int sr_tdh2_check(const struct sr_tdh2_key *key, const struct sr_sealed *s, struct sr_err *e) {
	int rc = check(key, s, e);

	if (rc != 0)
		name(key, s, e);
	return rc;
}

struct check_job {
	const struct sr_tdh2_key *key;
	const struct sr_sealed *s;
};

static int check_nth(void *ctx, size_t i, struct sr_err *e) {
	const struct check_job *job = ctx;

	return sr_tdh2_check(job->key, &job->s[i], e);
}

int sr_tdh2_check_many(
	const struct sr_tdh2_key *key, const struct sr_sealed *s, size_t count, struct sr_err *e) {
	struct check_job job = {key, s};

	return sr_parallel(count, check_nth, &job, e);
}

void sr_tdh2_hash(uint8_t out[SR_HASH], const uint8_t seal[SR_SEAL]) {
	SR_HASH_OF(out, "strongroom/seal/v1", NULL, sr_bytes_of(seal, SR_SEAL));
}

/* Is the seal what an honest sealer makes of ${plain}? */
static int recompute(const struct sr_tdh2_key *key, const struct sr_sealed *s,
	const uint8_t plain[SR_PART + SR_SEAL_FRESH], struct sr_err *e) {
	uint8_t r[SR_SCALAR], p1[SR_POINT], p2[SR_POINT], second[SR_POINT];
	int rc = 0;

	make_r(r, key, s, plain);
	sr_group_second(second);
	if (sr_point_mul_base(p1, r, NULL) != 0 || sr_point_mul(p2, r, second, NULL) != 0 ||
		!sr_ct_eq(p1, s->seal + AT_R, SR_POINT) || !sr_ct_eq(p2, s->seal + AT_R2, SR_POINT))
		rc = sr_fail(e, SR_AUTH, "R is not what the part and its fresh bytes give");
	sr_wipe(r, sizeof r);
	return rc;
}

int sr_tdh2_open(uint8_t part[SR_PART], const struct sr_tdh2_key *key, const struct sr_sealed *s,
	const uint8_t xr[SR_POINT], struct sr_err *e) {
	uint8_t plain[SR_PART + SR_SEAL_FRESH], box[SR_KEY], ad[SR_HASH];
	int rc;

	memset(part, 0, SR_PART);
	if ((rc = sr_tdh2_check(key, s, e)) != 0)
		return rc;
	box_key(box, ad, key, s, xr);
	rc = sr_aead_open(plain, box, "strongroom/tdh2-part/v1", sr_bytes_of(ad, sizeof ad),
		sr_bytes_of(s->seal + AT_BOX, SR_SEAL_BOX), e);
	if (rc != 0) {
		sr_wrap(e, "the combined point does not open it");
		goto out;
	}
	if ((rc = recompute(key, s, plain, e)) != 0)
		goto out;
	memcpy(part, plain, SR_PART);
out:
	if (rc != 0)
		name(key, s, e);
	sr_wipe(plain, sizeof plain);
	sr_wipe(box, sizeof box);
	return rc;
}
