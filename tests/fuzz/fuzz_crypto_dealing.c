/*
 * fuzz_crypto_dealing - dealings of a key ceremony: refused, or views that cover exactly the bytes;
 * and nothing verifies but what the dealer made.
 *
 * Input: u8 mode: 0 a dealing; else u16 offset, u8 xor, applied to the real dealing of member 1.
 */
#include "crypto/dkg.h"
#include "fuzz_crypto.h"

enum {
	MEMBERS = 3
};

static void ceremony(struct sr_dkg *d, uint8_t seeds[MEMBERS][SR_SEED]) {
	memset(d, 0, sizeof *d);
	t_fill(d->vault, sizeof d->vault, 1);
	t_fill(d->run, sizeof d->run, 2);
	d->epoch = 1;
	d->members = MEMBERS;
	for (unsigned i = 0; i < MEMBERS; i++) {
		t_fill(seeds[i], SR_SEED, 100u + i);
		sr_sign_public(d->key[i], seeds[i]);
	}
	d->levels = 2;
	d->level[0] = (struct sr_dkg_level){.level = 2, .quorum = 2};
	d->level[1] = (struct sr_dkg_level){.level = 3, .quorum = 3};
}

/* The real dealing of member 1; the same at every call. */
static void real_dealing(
	struct sr_buf *out, const struct sr_dkg *d, uint8_t seeds[MEMBERS][SR_SEED]) {
	struct sr_err e;
	fuzz_random_at = 0;
	assert_ok(sr_deal_make(out, d, 1, seeds[0], NULL, &e), &e);
}

/* The bytes that a decoded dealing stands for. */
static void encode(struct sr_buf *out, const struct sr_dealing *g) {
	sr_buf_put_str(out, "sr-deal1");
	sr_buf_put_u8(out, g->dealer);
	sr_buf_put_u8(out, g->count == 0 ? 0 : g->deal[0].members);
	sr_buf_put_u8(out, g->count);
	sr_buf_put_u8(out, 0);
	for (size_t i = 0; i < g->count; i++) {
		const struct sr_deal *l = &g->deal[i];
		MUST(l->dealer == g->dealer && l->members == g->deal[0].members);
		sr_buf_put_u8(out, l->level);
		sr_buf_put_u8(out, l->commitments);
		sr_buf_put_le16(out, 0);
		sr_buf_put(out, l->salt, 32);
		sr_buf_put(out, l->commitment, (size_t)l->commitments * SR_POINT);
		sr_buf_put(out, l->share, (size_t)l->members * SR_DEAL_SHARE);
		sr_buf_put(out, l->c, SR_SCALAR);
		sr_buf_put(out, l->z, SR_SCALAR);
	}
	MUST(sr_buf_ok(out, NULL) == 0);
}

static void check(struct sr_bytes in) {
	uint8_t seeds[MEMBERS][SR_SEED];
	struct sr_dealing g;
	struct sr_buf again, real;
	struct sr_dkg d;
	struct sr_err e;
	if (sr_deal_decode(&g, in, &e) != 0)
		return;
	sr_buf_init(&again);
	sr_buf_init(&real);
	MUST(g.count <= SR_BOARD_LEVELS_MAX);
	encode(&again, &g);
	MUST(g.count == 0 || sr_bytes_eq(sr_buf_view(&again), in));
	ceremony(&d, seeds);
	if (sr_deal_verify(&d, &g, &e) == 0) {
		uint8_t share[SR_SCALAR];
		real_dealing(&real, &d, seeds);
		MUST(sr_bytes_eq(sr_buf_view(&real), in));
		for (unsigned m = 1; m <= MEMBERS; m++)
			for (size_t i = 0; i < g.count; i++)
				assert_ok(sr_deal_open_share(share, &d, &g.deal[i], (uint8_t)m,
						  seeds[m - 1], &e),
					&e);
	}
	sr_buf_free(&again);
	sr_buf_free(&real);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	if (fuzz_u8(&in) == 0) {
		check(in);
		return 0;
	}
	uint8_t seeds[MEMBERS][SR_SEED];
	struct sr_dkg d;
	struct sr_buf real;
	sr_buf_init(&real);
	ceremony(&d, seeds);
	real_dealing(&real, &d, seeds);
	size_t at = fuzz_u16(&in);
	real.p[at % real.len] ^= fuzz_u8(&in);
	check(sr_buf_view(&real));
	sr_buf_free(&real);
	return 0;
}

void fuzz_seeds(void) {
	uint8_t seeds[MEMBERS][SR_SEED];
	struct sr_dkg d;
	struct sr_buf real;
	fuzz_start();
	sr_buf_init(&real);
	ceremony(&d, seeds);
	real_dealing(&real, &d, seeds);
	fuzz_seed_with("dealing", "\0", 1, sr_buf_view(&real));
	fuzz_seed("whole", sr_bytes_of("\1\0\0\0", 4));
	fuzz_seed("flip-salt", sr_bytes_of("\1\x12\0\1", 4));
	fuzz_seed("flip-commitment", sr_bytes_of("\1\x30\0\1", 4));
	fuzz_seed("flip-share", sr_bytes_of("\1\xa0\0\1", 4));
	fuzz_seed("one-level", sr_bytes_of("\1\x0a\0\3", 4));
	sr_buf_free(&real);
}
