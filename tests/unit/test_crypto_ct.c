/*
 * test_crypto_ct - no branch and no address of the threshold code hangs on a secret.
 *
 * As in ctgrind (A. Langley, 2010): under valgrind's memcheck the secret is marked as undefined
 * memory, and every branch or address that depends on it is then told as an error, which fails
 * `make valgrind`. What a secret may say (that it is valid, that a tag verifies) the code marks by
 * sr_public. That the marks do arrive is asserted: what was made of a secret is itself undefined.
 * Without valgrind the same calls are made, and only their results are looked at.
 */
#include "crypto/piece.h"

#include "threshold.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_MAKE_MEM_UNDEFINED
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_MAKE_MEM_UNDEFINED(p, len) ((void)(p), (void)(len))
#define VALGRIND_MAKE_MEM_DEFINED(p, len) ((void)(p), (void)(len))
#define VALGRIND_GET_VBITS(p, bits, len) ((void)(p), (void)(bits), 0)
#endif

static void secret(const void *p, size_t len) {
	VALGRIND_MAKE_MEM_UNDEFINED(p, len);
}

static void public(const void *p, size_t len) {
	VALGRIND_MAKE_MEM_DEFINED(p, len);
}

/* What is at ${p} was made of a secret: valgrind knows, and forgets it now. */
static void came_of_a_secret(const uint8_t *p, size_t len) {
	uint8_t bits[512] = {0};
	bool any = false;

	assert_true(len <= sizeof bits);
	if (RUNNING_ON_VALGRIND) {
		(void)VALGRIND_GET_VBITS(p, bits, len);
		for (size_t i = 0; i < len; i++)
			any |= bits[i] != 0;
		assert_true(any);
	}
	public(p, len);
}

struct scene {
	struct t_board *b;
	struct sr_piece_ctx ctx;
	uint8_t seal[SR_SEAL], part[SR_PART], reader_pk[1][SR_X_PK], reader_sk[SR_X_SK];
	uint8_t room_sk[SR_X_SK];
	struct sr_sealed s;
};

static void begin(struct scene *sc, struct t_board *b) {
	memset(sc, 0, sizeof *sc);
	sc->b = b;
	sc->ctx = (struct sr_piece_ctx){.epoch = b->d.epoch,
		.index = 1,
		.readers = (const uint8_t(*)[SR_X_PK])sc->reader_pk,
		.reader_count = 1};
	memcpy(sc->ctx.key.vault, b->d.vault, SR_HASH);
	memcpy(sc->ctx.key.board, b->key[0].board, SR_POINT);
	sc->ctx.key.level = b->key[0].level;
	sc->ctx.key.kind = "item";
	memcpy(sc->ctx.transcript, b->transcript, SR_HASH);
	memcpy(sc->ctx.share, b->key[0].share[0], SR_POINT);
	sr_box_keypair(sc->reader_pk[0], sc->reader_sk);
	sr_box_keypair(sc->ctx.room, sc->room_sk);
	t_fill(sc->part, SR_PART, 3);
	sc->s.number = 1;
	sc->s.seal = sc->seal;
}

/* A part is sealed: part, r, r*P and the nonce are secrets, the seal is none. */
static void sealing(struct scene *sc) {
	struct sr_err e = {0};
	uint8_t part[SR_PART];

	memcpy(part, sc->part, SR_PART);
	secret(part, sizeof part);
	const int rc = sr_tdh2_seal(sc->seal, &sc->ctx.key, sc->s.id, sc->s.number, part, &e);
	came_of_a_secret(sc->seal + 8, SR_SEAL - 8);
	assert_ok(rc, &e);
	assert_ok(sr_tdh2_check(&sc->ctx.key, &sc->s, &e), &e);
}

/* A member makes a piece: the share and the nonce are secrets, the piece is none. */
static void a_piece(struct scene *sc, uint8_t index, struct sr_piece_share *out) {
	struct sr_err e = {0};
	uint8_t x[SR_SCALAR], piece[SR_PIECE];

	sc->ctx.index = index;
	memcpy(sc->ctx.share, sc->b->key[0].share[index - 1], SR_POINT);
	memcpy(x, sc->b->x[index - 1][0], SR_SCALAR);
	secret(x, sizeof x);
	const int rc = sr_piece_make(piece, &sc->ctx, &sc->s, x, &e);
	came_of_a_secret(piece, sizeof piece);
	assert_ok(rc, &e);
	assert_ok(sr_piece_verify(out, piece, &sc->ctx, &sc->s, &e), &e);
}

static void test_threshold(void **state) {
	struct t_board *b = t_board_found(3, (const uint8_t[]){2, 0}, 1);
	struct sr_piece_share shares[2];
	struct sr_err e = {0};
	uint8_t xr[SR_POINT], part[SR_PART];
	struct scene sc;

	(void)state;
	begin(&sc, b);
	sealing(&sc);
	a_piece(&sc, 1, &shares[0]);
	a_piece(&sc, 2, &shares[1]);
	/* Pieces that are stripped of their boxes are secrets too: the room combines them. */
	secret(shares[0].d, SR_POINT);
	secret(shares[1].d, SR_POINT);
	int rc = sr_piece_combine(xr, shares, 2, 2, &e);
	assert_ok(rc, &e);
	rc = sr_tdh2_open(part, &sc.ctx.key, &sc.s, xr, &e);
	came_of_a_secret(part, sizeof part);
	assert_ok(rc, &e);
	assert_memory_equal(part, sc.part, SR_PART);
	t_board_free(b);
}

/* Random bytes are coefficients, nonces of proofs and keys of boxes: secrets, all of them. */
static void random_secret(void *out, size_t len) {
	static uint64_t salt = 1000;

	t_fill(out, len, salt++);
	secret(out, len);
}

/* A dealer deals, at first (${x} NULL) or of shares that the dealer has: identity, shares and the
 * polynomial are secrets, the dealing is none. Then a member takes their shares out of the
 * dealings. */
static void dealing(
	struct t_board *b, const uint8_t dealer[SR_SEED], const uint8_t (*x)[SR_SCALAR]) {
	struct sr_err e = {0};
	struct sr_buf out;
	struct sr_dealing d;
	uint8_t seed[SR_SEED], own[SR_BOARD_LEVELS_MAX][SR_SCALAR];

	sr_buf_init(&out);
	memcpy(seed, dealer, SR_SEED);
	secret(seed, sizeof seed);
	sr_random_set(random_secret);
	int rc = sr_deal_make(&out, &b->d, 1, seed, x, &e);
	sr_random_set(NULL);
	assert_true(out.len > SR_SCALAR);
	came_of_a_secret(out.p + out.len - SR_SCALAR, SR_SCALAR); /* a response */
	public(out.p, out.len);
	assert_ok(rc, &e);
	assert_ok(sr_deal_decode(&d, sr_buf_view(&out), &e), &e);
	assert_ok(sr_deal_verify(&b->d, &d, &e), &e);
	sr_buf_free(&out);
	memcpy(seed, b->seed[0], SR_SEED);
	secret(seed, sizeof seed);
	const struct sr_dkg_own mine = {1, seed, b->dealing, b->dealings, b->key};
	rc = sr_dkg_own_shares(own, &b->d, &mine, &e);
	came_of_a_secret(own[0], SR_SCALAR);
	assert_ok(rc, &e);
	assert_memory_equal(own[0], b->x[0][0], SR_SCALAR);
}

static void test_dealing(void **state) {
	static const uint8_t dealers[] = {1, 2, 0};
	struct t_board *b = t_board_found(3, (const uint8_t[]){2, 0}, 5), *heirs;
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR];

	(void)state;
	dealing(b, b->seed[0], NULL);
	heirs = t_board_reshare(b, dealers, 3, 2, 6);
	memcpy(x, t_shares(b, 1), sizeof x);
	secret(x, sizeof x);
	dealing(heirs, b->seed[0], (const uint8_t(*)[SR_SCALAR])x);
	t_board_free(heirs);
	t_board_free(b);
}

static void test_aead(void **state) {
	uint8_t key[SR_KEY], plain[40], sealed[40 + SR_AEAD_OVERHEAD], out[40];
	struct sr_err e = {0};

	(void)state;
	t_fill(key, sizeof key, 1);
	t_fill(plain, sizeof plain, 2);
	secret(key, sizeof key);
	secret(plain, sizeof plain);
	sr_aead_seal(sealed, key, "strongroom/test/v1", sr_bytes_str("place"),
		sr_bytes_of(plain, sizeof plain));
	came_of_a_secret(sealed, sizeof sealed);
	const int rc = sr_aead_open(out, key, "strongroom/test/v1", sr_bytes_str("place"),
		sr_bytes_of(sealed, sizeof sealed), &e);
	assert_ok(rc, &e);
	public(plain, sizeof plain);
	came_of_a_secret(out, sizeof out);
	assert_memory_equal(out, plain, sizeof plain);
}

static void test_scalars(void **state) {
	uint8_t a[SR_SCALAR] = {7}, b[SR_SCALAR] = {9}, want[SR_SCALAR] = {63}, have[SR_SCALAR];
	struct sr_err e = {0};

	(void)state;
	secret(a, sizeof a);
	secret(b, sizeof b);
	assert_ok(sr_scalar_check(a, &e), &e);
	sr_scalar_mul(have, a, b);
	came_of_a_secret(have, sizeof have);
	assert_memory_equal(have, want, sizeof have);
	assert_true(sr_ct_eq(a, a, sizeof a));
	assert_false(sr_ct_eq(a, b, sizeof a));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_dealing),
		cmocka_unit_test(test_aead),
		cmocka_unit_test(test_scalars),
	};

	sr_public_hook = public;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
