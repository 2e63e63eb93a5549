/*
 * test_crypto_piece - the whole threshold scheme from key generation to an opened part: any k
 * pieces open and no k-1 do; no piece for a seal that is not sound; each bound field of the proof;
 * bundles.
 */
#include "crypto/piece.h"

#include "threshold.h"

enum {
	READERS = 3
};
#define HEADER ((size_t)48 + (size_t)32 * READERS)

/* A board, one of its levels, a few sealed items, a request with its keys. */
struct scene {
	struct t_board *b;
	size_t level;
	struct sr_tdh2_key key;
	uint8_t seal[8][SR_SEAL];
	uint8_t part[8][SR_PART];
	struct sr_sealed s[8];
	size_t items;
	uint8_t room_sk[SR_X_SK];
	uint8_t reader_sk[READERS][SR_X_SK];
	uint8_t reader_pk[READERS][SR_X_PK];
	uint8_t request[SR_HASH];
	uint8_t room_pk[SR_X_PK];
};

static void seal_items(struct scene *sc, size_t items) {
	struct sr_err e = {0};

	memcpy(sc->key.vault, sc->b->d.vault, SR_HASH);
	memcpy(sc->key.board, sc->b->key[sc->level].board, SR_POINT);
	sc->key.level = sc->b->key[sc->level].level;
	sc->key.kind = "item";
	sc->items = items;
	for (size_t i = 0; i < items; i++) {
		t_fill(sc->part[i], SR_PART, 500 + i);
		t_fill(sc->s[i].id, SR_ID, 600 + i);
		sc->s[i].number = i + 1;
		sc->s[i].seal = sc->seal[i];
		assert_ok(sr_tdh2_seal(sc->seal[i], &sc->key, sc->s[i].id, i + 1, sc->part[i], &e),
			&e);
	}
}

static void scene_of(struct scene *sc, struct t_board *b, size_t level, size_t items) {
	memset(sc, 0, sizeof *sc);
	sc->b = b;
	sc->level = level;
	seal_items(sc, items);
	t_fill(sc->request, SR_HASH, 700);
	sr_box_keypair(sc->room_pk, sc->room_sk);
	for (size_t i = 0; i < READERS; i++)
		sr_box_keypair(sc->reader_pk[i], sc->reader_sk[i]);
}

static struct sr_piece_ctx ctx_of(const struct scene *sc, uint8_t index) {
	struct sr_piece_ctx ctx = {.key = sc->key,
		.epoch = sc->b->d.epoch,
		.index = index,
		.readers = (const uint8_t(*)[SR_X_PK])sc->reader_pk,
		.reader_count = READERS};

	memcpy(ctx.transcript, sc->b->transcript, SR_HASH);
	memcpy(ctx.share, sc->b->key[sc->level].share[index - 1], SR_POINT);
	memcpy(ctx.voter, sc->b->d.key[index - 1], SR_PK);
	t_fill(ctx.vote, SR_ID, 800u + index);
	memcpy(ctx.request, sc->request, SR_HASH);
	memcpy(ctx.room, sc->room_pk, SR_X_PK);
	return ctx;
}

static const uint8_t *x_of(const struct scene *sc, uint8_t index) {
	return sc->b->x[index - 1][sc->level];
}

/* Member ${index}'s checked piece for item ${i}. */
static void share_of(struct sr_piece_share *out, const struct scene *sc, uint8_t index, size_t i) {
	struct sr_piece_ctx ctx = ctx_of(sc, index);
	uint8_t piece[SR_PIECE];
	struct sr_err e = {0};

	assert_ok(sr_piece_make(piece, &ctx, &sc->s[i], x_of(sc, index), &e), &e);
	assert_ok(sr_piece_verify(out, piece, &ctx, &sc->s[i], &e), &e);
}

static void opens(const struct scene *sc, const struct sr_piece_share *shares, size_t count,
	size_t quorum, size_t item) {
	uint8_t xr[SR_POINT], part[SR_PART];
	struct sr_err e = {0};

	assert_ok(sr_piece_combine(xr, shares, count, quorum, &e), &e);
	assert_ok(sr_tdh2_open(part, &sc->key, &sc->s[item], xr, &e), &e);
	assert_memory_equal(part, sc->part[item], SR_PART);
}

/* These pieces, combined as if they were enough, open nothing. */
static void opens_nothing(
	const struct scene *sc, const struct sr_piece_share *shares, size_t count, size_t item) {
	uint8_t xr[SR_POINT], part[SR_PART], zero[SR_PART] = {0};
	struct sr_err e = {0};

	assert_ok(sr_piece_combine(xr, shares, count, count, &e), &e);
	assert_fails(sr_tdh2_open(part, &sc->key, &sc->s[item], xr, &e), SR_AUTH, &e,
		"the combined point does not open it");
	assert_memory_equal(part, zero, SR_PART);
}

static void check_sets(const struct scene *sc, uint64_t seed) {
	uint8_t n = sc->b->d.members, k = sc->b->key[sc->level].quorum;
	struct sr_piece_share all[SR_BOARD_MEMBERS_MAX] = {0}, set[SR_BOARD_MEMBERS_MAX];
	uint8_t members[SR_BOARD_MEMBERS_MAX], xr[SR_POINT];
	struct sr_err e = {0};

	for (uint8_t i = 1; i <= n; i++)
		share_of(&all[i - 1], sc, i, 0);
	for (size_t round = 0; round < 12; round++) {
		t_members(members, k, n, &seed);
		for (size_t i = 0; i < k; i++)
			set[i] = all[members[i] - 1];
		opens(sc, set, k, k, 0);
		opens_nothing(sc, set, (size_t)k - 1, 0);
		assert_fails(sr_piece_combine(xr, set, (size_t)k - 1, k, &e), SR_DENIED, &e,
			"valid pieces, want");
	}
	opens(sc, all, n, k, 0); /* more than enough */
	opens(sc, all, n, n, 0);
}

static void any_k_pieces_open_and_no_fewer(void **state) {
	(void)state;
	static const uint8_t sizes[][2] = {
		{2, 2}, {2, 3}, {3, 3}, {3, 5}, {5, 9}, {2, 32}, {32, 32}};

	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		struct scene sc;

		scene_of(&sc,
			t_board_found(sizes[i][1], (const uint8_t[]){sizes[i][0], 0}, 100 * i), 0,
			1);
		check_sets(&sc, i);
		t_board_free(sc.b);
	}
}

static void after_a_reshare_new_members_open_old_seals(void **state) {
	(void)state;
	static const uint8_t dealers[SR_BOARD_MEMBERS_MAX] = {2, 4, 5};
	struct scene sc;
	struct t_board *old = t_board_found(5, (const uint8_t[]){3, 0}, 3);
	struct sr_piece_share shares[4];
	uint8_t xr[SR_POINT];
	struct sr_err e = {0};

	scene_of(&sc, old, 0, 1);
	share_of(&shares[0], &sc, 1, 0);
	share_of(&shares[1], &sc, 2, 0);
	sc.b = t_board_reshare(old, dealers, 6, 2, 4); /* the seal stays as it is */
	check_sets(&sc, 5);
	/* k-1 pieces of the old epoch and k'-1 of the new: refused together, and nothing by force
	 */
	share_of(&shares[2], &sc, 4, 0);
	assert_fails(sr_piece_combine(xr, shares, 3, 3, &e), SR_MISUSE, &e,
		"piece 3 is for another seal or another epoch");
	memcpy(shares[2].transcript, shares[0].transcript, SR_HASH);
	opens_nothing(&sc, shares, 3, 0);
	opens_nothing(&sc, shares + 1, 2, 0);
	t_board_free(sc.b);
	t_board_free(old);
}

static void pieces_open_their_own_item_only(void **state) {
	(void)state;
	struct scene sc;
	struct sr_piece_share shares[3];
	uint8_t xr[SR_POINT], part[SR_PART];
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 6), 0, 2);
	share_of(&shares[0], &sc, 1, 0);
	share_of(&shares[1], &sc, 3, 0);
	share_of(&shares[2], &sc, 2, 1);
	opens(&sc, shares, 2, 2, 0);
	assert_ok(sr_piece_combine(xr, shares, 2, 2, &e), &e);
	assert_fails(
		sr_tdh2_open(part, &sc.key, &sc.s[1], xr, &e), SR_AUTH, &e, "does not open it");
	shares[1] = shares[2];
	assert_fails(sr_piece_combine(xr, shares, 2, 2, &e), SR_MISUSE, &e,
		"piece 2 is for another seal");
	memcpy(shares[1].seal, shares[0].seal, SR_HASH);
	opens_nothing(&sc, shares, 2, 0);
	t_board_free(sc.b);
}

static void index_zero_and_twice_are_refused(void **state) {
	(void)state;
	struct scene sc;
	struct sr_piece_share shares[2];
	struct sr_piece_ctx ctx;
	uint8_t xr[SR_POINT], piece[SR_PIECE];
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 7), 0, 1);
	share_of(&shares[0], &sc, 2, 0);
	share_of(&shares[1], &sc, 2, 0);
	assert_fails(sr_piece_combine(xr, shares, 2, 2, &e), SR_CORRUPT, &e,
		"member index 2 is there twice");
	shares[1].index = 0;
	assert_fails(sr_piece_combine(xr, shares, 2, 2, &e), SR_CORRUPT, &e, "member index is 0");
	assert_fails(sr_piece_combine(xr, shares, 2, 0, &e), SR_MISUSE, &e, "quorum of 0");
	ctx = ctx_of(&sc, 1);
	ctx.index = 0;
	assert_fails(sr_piece_make(piece, &ctx, &sc.s[0], x_of(&sc, 1), &e), SR_CORRUPT, &e,
		"member index is 0");
	ctx.index = 33;
	assert_fails(sr_piece_verify(NULL, piece, &ctx, &sc.s[0], &e), SR_CORRUPT, &e,
		"member index is 33");
	ctx = ctx_of(&sc, 1);
	ctx.reader_count = 17;
	assert_fails(sr_piece_make(piece, &ctx, &sc.s[0], x_of(&sc, 1), &e), SR_CORRUPT, &e,
		"17 researchers are named");
	ctx = ctx_of(&sc, 1);
	memset(ctx.share, 0, SR_POINT);
	assert_fails(sr_piece_verify(NULL, piece, &ctx, &sc.s[0], &e), SR_CORRUPT, &e,
		"member 1: public share: point is the identity");
	t_board_free(sc.b);
}

/* --- before a piece exists -----------------------------------------------------------------------
 */

static size_t drawn; /* how often randomness was asked for: a piece needs some */

static void counting_random(void *out, size_t len) {
	drawn++;
	t_fill(out, len, drawn);
}

/* Neither one by one nor among others is a piece made for ${s}; nothing is drawn, nothing written.
 */
static void no_piece_for(const struct scene *sc, const struct sr_sealed *s, const char *text) {
	struct sr_piece_ctx ctx = ctx_of(sc, 1);
	struct sr_sealed many[3] = {sc->s[0], *s, sc->s[1]};
	uint8_t out[3 * SR_PIECE], zero[3 * SR_PIECE] = {0};
	struct sr_err e = {0};

	memset(out, 0xcc, sizeof out);
	drawn = 0;
	sr_random_set(counting_random);
	assert_fails(sr_piece_make(out, &ctx, s, x_of(sc, 1), &e),
		strstr(text, "point") != NULL ? SR_CORRUPT : SR_AUTH, &e, text);
	assert_memory_equal(out, zero, SR_PIECE);
	memset(out, 0xcc, sizeof out);
	assert_fails(sr_piece_make_many(out, &ctx, many, 3, x_of(sc, 1), &e),
		strstr(text, "point") != NULL ? SR_CORRUPT : SR_AUTH, &e, text);
	assert_memory_equal(out, zero, sizeof out);
	sr_random_set(NULL);
	assert_int_equal(drawn, 0);
}

static void no_piece_is_made_for_an_unsound_seal(void **state) {
	(void)state;
	struct scene sc;
	struct sr_sealed s;
	uint8_t seal[SR_SEAL], base[SR_POINT];
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 8), 0, 3);
	s = sc.s[2];
	memcpy(s.id, sc.s[0].id, SR_ID); /* copied to another item */
	no_piece_for(&sc, &s, "proof does not verify");
	s = sc.s[2];
	s.number++;
	no_piece_for(&sc, &s, "proof does not verify");
	s = sc.s[2];
	s.seal = seal;
	memcpy(seal, sc.seal[2], SR_SEAL); /* blinded */
	sr_group_base(base);
	assert_ok(sr_point_add(seal + 8, seal + 8, base, &e), &e);
	no_piece_for(&sc, &s, "proof does not verify");
	memcpy(seal, sc.seal[2], SR_SEAL); /* R of another item under this one's proof */
	memcpy(seal + 8, sc.seal[0] + 8, 64);
	no_piece_for(&sc, &s, "proof does not verify");
	memcpy(seal, sc.seal[2], SR_SEAL); /* without a proof */
	memset(seal + 208, 1, 32);
	no_piece_for(&sc, &s, "proof does not verify");
	memcpy(seal, sc.seal[2], SR_SEAL);
	seal[120] ^= 1;
	no_piece_for(&sc, &s, "proof does not verify");
	memset(seal + 8, 0, 32);
	no_piece_for(&sc, &s, "R: point is the identity");
	/* for another key */
	sc.key.level++;
	no_piece_for(&sc, &sc.s[2], "proof does not verify");
	t_board_free(sc.b);
}

static void a_share_that_is_not_the_members_is_refused(void **state) {
	(void)state;
	struct scene sc;
	struct sr_piece_ctx ctx;
	uint8_t out[SR_PIECE], zero[SR_PIECE] = {0}, x[SR_SCALAR];
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 9), 0, 1);
	ctx = ctx_of(&sc, 1);
	assert_fails(sr_piece_make(out, &ctx, &sc.s[0], x_of(&sc, 2), &e), SR_MISUSE, &e,
		"member 1: secret share is not that of the public share");
	assert_memory_equal(out, zero, SR_PIECE);
	memcpy(x, x_of(&sc, 1), SR_SCALAR);
	x[31] |= 0x80; /* the same to libsodium */
	assert_fails(sr_piece_make_many(out, &ctx, sc.s, 1, x, &e), SR_MISUSE, &e,
		"secret share is not");
	assert_memory_equal(out, zero, SR_PIECE);
	/* more than a request may name: not one is looked at */
	assert_fails(
		sr_piece_make_many(out, &ctx, sc.s, SR_REQUEST_ITEMS_MAX + 1, x_of(&sc, 1), &e),
		SR_LIMIT, &e, "10001 items, want at most 10000");
	t_board_free(sc.b);
}

/* --- the proof -------------------------------------------------------------------------------- */

static void refused(const struct sr_piece_ctx *ctx, const struct sr_sealed *s, const uint8_t *piece,
	const char *text) {
	struct sr_piece_share share, zero = {0};
	struct sr_err e = {0};

	memset(&share, 0xcc, sizeof share);
	assert_fails(sr_piece_verify(&share, piece, ctx, s, &e), SR_AUTH, &e, text);
	assert_non_null(strstr(e.text, "proof does not verify"));
	assert_memory_equal(&share, &zero, sizeof share);
}

static void every_field_of_the_proof_is_bound(void **state) {
	(void)state;
	struct scene sc;
	struct sr_piece_ctx good, ctx;
	struct sr_sealed s;
	uint8_t piece[SR_PIECE], readers[READERS + 1][SR_X_PK], seal[SR_SEAL];
	const char *text = "member 2: piece for item ";
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 10), 0, 2);
	good = ctx_of(&sc, 2);
	assert_ok(sr_piece_make(piece, &good, &sc.s[0], x_of(&sc, 2), &e), &e);
	assert_ok(sr_piece_verify(NULL, piece, &good, &sc.s[0], &e), &e);
#define CHANGED(what)                                 \
	do {                                          \
		ctx = good;                           \
		what;                                 \
		refused(&ctx, &sc.s[0], piece, text); \
	} while (0)
	CHANGED(ctx.key.vault[0] ^= 1);
	CHANGED(ctx.key.board[0] ^= 2);
	CHANGED(ctx.key.level++);
	CHANGED(ctx.key.kind = "other"; text = "member 2: piece for other ");
	text = "member 2: piece for item ";
	CHANGED(ctx.transcript[31] ^= 1);
	CHANGED(ctx.epoch++);
	CHANGED(ctx.index = 3; text = "member 3: piece for item ");
	text = "member 2: piece for item ";
	CHANGED(memcpy(ctx.share, sc.b->key[0].share[2], SR_POINT));
	CHANGED(ctx.voter[0] ^= 1);
	CHANGED(ctx.vote[15] ^= 1);
	CHANGED(ctx.request[7] ^= 1);
	CHANGED(ctx.room[1] ^= 1);
	CHANGED(ctx.reader_count--);
	memcpy(readers, sc.reader_pk, sizeof sc.reader_pk);
	readers[0][3] ^= 1;
	memset(readers[READERS], 5, SR_X_PK);
	CHANGED(ctx.readers = (const uint8_t(*)[SR_X_PK])readers);
	memcpy(readers[0], sc.reader_pk[1], SR_X_PK);
	memcpy(readers[1], sc.reader_pk[0], SR_X_PK); /* another order */
	CHANGED(ctx.readers = (const uint8_t(*)[SR_X_PK])readers);
	memcpy(readers, sc.reader_pk, sizeof sc.reader_pk);
	CHANGED(ctx.readers = (const uint8_t(*)[SR_X_PK])readers; ctx.reader_count++);
#undef CHANGED
	s = sc.s[0];
	s.id[0] ^= 1;
	refused(&good, &s, piece, text);
	s = sc.s[0];
	s.number++;
	refused(&good, &s, piece, text);
	refused(&good, &sc.s[1], piece, text);
	s = sc.s[0]; /* another seal with the same R */
	memcpy(seal, s.seal, SR_SEAL);
	seal[100] ^= 1;
	s.seal = seal;
	refused(&good, &s, piece, text);
	assert_ok(sr_piece_verify(NULL, piece, &good, &sc.s[0], &e), &e);
	t_board_free(sc.b);
}

struct flip {
	const struct sr_piece_ctx *ctx;
	const struct sr_sealed *s;
};

static void flipped(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct flip *f = ctx;
	struct sr_err e = {0};

	if (sr_piece_verify(NULL, mutant.p, f->ctx, f->s, &e) == 0)
		fail_msg("taken: %s", what);
	assert_true(e.code == SR_AUTH || e.code == SR_CORRUPT);
	assert_non_null(strstr(e.text, "member 2: piece for item "));
}

static void plus_order(uint8_t s[SR_SCALAR]) {
	uint8_t order[SR_SCALAR];
	unsigned carry = 0;

	t_hex(order, 32, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s[i] + order[i];
		s[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void a_changed_piece_is_refused(void **state) {
	(void)state;
	struct scene sc;
	struct sr_piece_ctx ctx;
	struct flip f;
	uint8_t piece[SR_PIECE], bad[SR_PIECE];
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 11), 0, 1);
	ctx = ctx_of(&sc, 2);
	assert_ok(sr_piece_make(piece, &ctx, &sc.s[0], x_of(&sc, 2), &e), &e);
	f = (struct flip){&ctx, &sc.s[0]};
	t_each_flip(sr_bytes_of(piece, SR_PIECE), flipped, &f);
	memcpy(bad, piece, SR_PIECE);
	memset(bad, 0, 32);
	assert_fails(sr_piece_verify(NULL, bad, &ctx, &sc.s[0], &e), SR_CORRUPT, &e,
		"point is the identity");
	for (size_t at = 32; at <= 64; at += 32) {
		memcpy(bad, piece, SR_PIECE);
		plus_order(bad + at);
		assert_fails(sr_piece_verify(NULL, bad, &ctx, &sc.s[0], &e), SR_CORRUPT, &e,
			"scalar is not reduced mod L");
	}
	/* a proof whose nonce is zero: who has the share could give it away with that */
	memcpy(bad, piece, SR_PIECE);
	sr_scalar_mul(bad + 64, bad + 32, x_of(&sc, 2)); /* z = c x: both commitments vanish */
	refused(&ctx, &sc.s[0], bad, "proof does not verify");
	/* D of another share, with the right proof around it */
	memcpy(bad, piece, SR_PIECE);
	assert_ok(sr_point_mul(bad, x_of(&sc, 1), sr_tdh2_r(sc.seal[0]), &e), &e);
	refused(&ctx, &sc.s[0], bad, "member 2: piece for item ");
	t_board_free(sc.b);
}

static void constant_random(void *out, size_t len) {
	memset(out, 0x11, len);
}

static void nonces_do_not_hang_on_luck(void **state) {
	(void)state;
	struct scene sc;
	uint8_t seen[32][SR_POINT], piece[SR_PIECE];
	size_t count = 0;
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 12), 0, 4);
	sr_random_set(constant_random);
	for (uint8_t member = 1; member <= 3; member++) {
		for (size_t i = 0; i < 8; i++) {
			struct sr_piece_ctx ctx = ctx_of(&sc, member);
			const struct sr_sealed *s = &sc.s[i < 4 ? i : 0];

			ctx.request[0] ^= i == 4;
			ctx.vote[0] ^= i == 5;
			ctx.room[0] ^= i == 6;
			ctx.epoch += i == 7;
			assert_ok(sr_piece_make(piece, &ctx, s, x_of(&sc, member), &e), &e);
			assert_ok(sr_point_recommit(
					  seen[count], piece + 64, NULL, piece + 32, ctx.share, &e),
				&e);
			for (size_t j = 0; j < count; j++)
				assert_memory_not_equal(seen[j], seen[count], SR_POINT);
			count++;
		}
	}
	sr_random_set(NULL);
	t_board_free(sc.b);
}

/* The challenge, written from the text of piece.h alone. */
static void the_proof_is_what_the_text_says(void **state) {
	(void)state;
	struct scene sc;
	struct sr_piece_ctx ctx;
	uint8_t piece[SR_PIECE], c[SR_SCALAR], w1[SR_POINT], w2[SR_POINT], base[SR_POINT];
	uint8_t seal_hash[SR_HASH];
	const uint8_t *r;
	struct sr_hash h;
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 13), 0, 2);
	ctx = ctx_of(&sc, 3);
	r = sc.seal[1] + 8;
	assert_ok(sr_piece_make(piece, &ctx, &sc.s[1], x_of(&sc, 3), &e), &e);
	assert_ok(sr_point_recommit(w1, piece + 64, NULL, piece + 32, ctx.share, &e), &e);
	assert_ok(sr_point_recommit(w2, piece + 64, r, piece + 32, piece, &e), &e);
	sr_group_base(base);
	SR_HASH_OF(seal_hash, "strongroom/seal/v1", NULL, sr_bytes_of(sc.seal[1], SR_SEAL));
	sr_hash_init64(&h, "strongroom/piece-proof/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(ctx.key.vault, 32));
	sr_hash_field(&h, sr_bytes_of(ctx.transcript, 32));
	sr_hash_u64(&h, 1);
	sr_hash_u64(&h, 2);
	sr_hash_field(&h, sr_bytes_str("item"));
	sr_hash_u64(&h, 3);
	sr_hash_field(&h, sr_bytes_of(ctx.voter, 32));
	sr_hash_field(&h, sr_bytes_of(ctx.vote, 16));
	sr_hash_field(&h, sr_bytes_of(ctx.request, 32));
	sr_hash_field(&h, sr_bytes_of(sc.s[1].id, 16));
	sr_hash_u64(&h, 2);
	sr_hash_field(&h, sr_bytes_of(seal_hash, 32));
	sr_hash_field(&h, sr_bytes_of(ctx.room, 32));
	sr_hash_u64(&h, READERS);
	for (size_t i = 0; i < READERS; i++)
		sr_hash_field(&h, sr_bytes_of(sc.reader_pk[i], 32));
	sr_hash_field(&h, sr_bytes_of(base, 32));
	sr_hash_field(&h, sr_bytes_of(ctx.key.board, 32));
	sr_hash_field(&h, sr_bytes_of(ctx.share, 32));
	sr_hash_field(&h, sr_bytes_of(r, 32));
	sr_hash_field(&h, sr_bytes_of(piece, 32));
	sr_hash_field(&h, sr_bytes_of(w1, 32));
	sr_hash_field(&h, sr_bytes_of(w2, 32));
	sr_scalar_of_hash(c, &h);
	assert_memory_equal(c, piece + 32, SR_SCALAR);
	t_board_free(sc.b);
}

static void many_pieces_are_those_made_one_by_one(void **state) {
	(void)state;
	struct scene sc;
	struct sr_piece_ctx ctx;
	uint8_t many[8 * SR_PIECE], one[SR_PIECE];
	struct sr_piece_share shares[8];
	char id[2 * SR_ID + 1];
	struct sr_err e = {0};

	scene_of(&sc, t_board_found(3, (const uint8_t[]){2, 0}, 14), 0, 8);
	ctx = ctx_of(&sc, 1);
	assert_ok(sr_piece_make_many(many, &ctx, sc.s, 8, x_of(&sc, 1), &e), &e);
	for (size_t i = 0; i < 8; i++) {
		assert_ok(sr_piece_make(one, &ctx, &sc.s[i], x_of(&sc, 1), &e), &e);
		assert_memory_equal(one, many + i * SR_PIECE, SR_POINT);
		assert_memory_not_equal(one + 32, many + i * SR_PIECE + 32, SR_SCALAR);
	}
	assert_ok(sr_piece_verify_many(shares, many, &ctx, sc.s, 8, &e), &e);
	assert_ok(sr_piece_verify_many(NULL, many, &ctx, sc.s, 8, &e), &e);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(shares[i].index, 1);
		assert_memory_equal(shares[i].d, many + i * SR_PIECE, SR_POINT);
	}
	many[5 * SR_PIECE + 40] ^= 1;
	many[6 * SR_PIECE + 40] ^= 1;
	sr_hex(id, sc.s[5].id, SR_ID);
	assert_fails(sr_piece_verify_many(shares, many, &ctx, sc.s, 8, &e), SR_AUTH, &e, id);
	t_board_free(sc.b);
}

/* --- bundles ---------------------------------------------------------------------------------- */

struct bundle_scene {
	struct scene sc;
	struct sr_piece_ctx ctx;
	uint8_t pieces[3 * SR_PIECE];
	struct sr_buf bytes;
	struct sr_bundle bundle;
};

static void bundle_scene(struct bundle_scene *b) {
	struct sr_err e = {0};

	scene_of(&b->sc, t_board_found(3, (const uint8_t[]){2, 0}, 15), 0, 3);
	b->ctx = ctx_of(&b->sc, 2);
	assert_ok(sr_piece_make_many(b->pieces, &b->ctx, b->sc.s, 3, x_of(&b->sc, 2), &e), &e);
	sr_buf_init(&b->bytes);
	assert_ok(sr_bundle_make(&b->bytes, &b->ctx, b->sc.s, b->pieces, 3, &e), &e);
	assert_ok(sr_bundle_parse(&b->bundle, sr_buf_view(&b->bytes), &e), &e);
}

static void bundle_free(struct bundle_scene *b) {
	sr_buf_free(&b->bytes);
	t_board_free(b->sc.b);
}

static struct sr_bundle_at at_of(const struct bundle_scene *b, size_t reader, size_t item) {
	return (struct sr_bundle_at){&b->bundle, reader, item, &b->ctx, &b->sc.s[item]};
}

static void a_bundle_goes_through_each_researcher_to_the_room(void **state) {
	(void)state;
	struct bundle_scene b;
	uint8_t inner[SR_RECORD_INNER], other[SR_RECORD_INNER], piece[SR_PIECE], key[SR_KEY];
	struct sr_err e = {0};

	bundle_scene(&b);
	assert_int_equal(b.bundle.items, 3);
	assert_int_equal(b.bundle.readers, READERS);
	assert_int_equal(b.bytes.len, HEADER + (size_t)240 * 3 * READERS);
	for (size_t r = 0; r < READERS; r++) {
		for (size_t i = 0; i < 3; i++) {
			const struct sr_bundle_at at = at_of(&b, r, i);

			assert_ok(sr_bundle_strip_outer(inner, &at, b.sc.reader_sk[r], &e), &e);
			assert_ok(sr_bundle_record_key(key, &at, b.sc.reader_sk[r], &e), &e);
			assert_ok(sr_bundle_strip_with(other, &at, key, &e), &e);
			assert_memory_equal(inner, other, SR_RECORD_INNER);
			assert_ok(sr_bundle_open_inner(piece, &at, inner, b.sc.room_sk, &e), &e);
			assert_memory_equal(piece, b.pieces + i * SR_PIECE, SR_PIECE);
			assert_ok(sr_piece_verify(NULL, piece, &b.ctx, &b.sc.s[i], &e), &e);
		}
	}
	bundle_free(&b);
}

static void only_the_right_keys_open_a_record(void **state) {
	(void)state;
	struct bundle_scene b;
	struct sr_bundle_at at, other;
	uint8_t inner[SR_RECORD_INNER], piece[SR_PIECE], zero[SR_RECORD_INNER] = {0}, key[SR_KEY];
	struct sr_err e = {0};

	bundle_scene(&b);
	at = at_of(&b, 0, 1);
	/* another researcher's key, or the room's */
	assert_fails(sr_bundle_strip_outer(inner, &at, b.sc.reader_sk[1], &e), SR_AUTH, &e,
		"researcher's seal: key commitment");
	assert_fails(sr_bundle_strip_outer(inner, &at, b.sc.room_sk, &e), SR_AUTH, &e,
		"researcher's seal: key commitment");
	assert_memory_equal(inner, zero, sizeof inner);
	/* the key of one record does not open the next, nor this item for another researcher */
	assert_ok(sr_bundle_record_key(key, &at, b.sc.reader_sk[0], &e), &e);
	other = at_of(&b, 0, 2);
	assert_fails(sr_bundle_strip_with(inner, &other, key, &e), SR_AUTH, &e, "key commitment");
	other = at_of(&b, 1, 1);
	assert_fails(sr_bundle_strip_with(inner, &other, key, &e), SR_AUTH, &e, "key commitment");
	/* without the researcher the room has nothing to open, and without the room nobody */
	assert_fails(sr_bundle_open_inner(
			     piece, &at, sr_bundle_record(&b.bundle, 0, 1).p, b.sc.room_sk, &e),
		SR_AUTH, &e, "room's seal: key commitment");
	assert_ok(sr_bundle_strip_outer(inner, &at, b.sc.reader_sk[0], &e), &e);
	assert_fails(sr_bundle_open_inner(piece, &at, inner, b.sc.reader_sk[0], &e), SR_AUTH, &e,
		"room's seal: key commitment");
	other = at_of(&b, 0, 2);
	assert_fails(sr_bundle_open_inner(piece, &other, inner, b.sc.room_sk, &e), SR_AUTH, &e,
		"room's seal");
	at.item = 3;
	assert_fails(sr_bundle_strip_outer(inner, &at, b.sc.reader_sk[0], &e), SR_MISUSE, &e,
		"item 3 of 3");
	bundle_free(&b);
}

/* A key of which nothing follows, where it was not looked at before. */
static void no_key_in_a_bundle(void **state) {
	(void)state;
	struct bundle_scene b;
	struct sr_bundle_at at;
	uint8_t inner[SR_RECORD_INNER], piece[SR_PIECE], key[SR_KEY];
	struct sr_err e = {0};

	bundle_scene(&b);
	at = at_of(&b, 0, 1);
	assert_ok(sr_bundle_strip_outer(inner, &at, b.sc.reader_sk[0], &e), &e);
	memset(b.bytes.p + HEADER - (size_t)READERS * SR_X_PK - SR_X_PK, 0,
		(size_t)SR_X_PK * (READERS + 1));
	assert_fails(sr_bundle_keys_check(&b.bundle, &e), SR_AUTH, &e, "ephemeral key 0 of ");
	assert_fails(sr_bundle_record_key(key, &at, b.sc.reader_sk[0], &e), SR_AUTH, &e,
		"researcher's seal: ");
	assert_fails(sr_bundle_open_inner(piece, &at, inner, b.sc.room_sk, &e), SR_AUTH, &e,
		"room's seal: ");
	bundle_free(&b);
}

static void every_field_of_a_records_context_is_bound(void **state) {
	(void)state;
	struct bundle_scene b;
	struct sr_bundle_at at;
	struct sr_piece_ctx ctx;
	struct sr_sealed s;
	uint8_t inner[SR_RECORD_INNER], got[SR_RECORD_INNER], piece[SR_PIECE], seal[SR_SEAL];
	struct sr_err e = {0};

	bundle_scene(&b);
	at = at_of(&b, 0, 0);
	assert_ok(sr_bundle_strip_outer(inner, &at, b.sc.reader_sk[0], &e), &e);
	for (int what = 0; what < 6; what++) {
		ctx = b.ctx;
		s = b.sc.s[0];
		ctx.key.vault[0] ^= what == 0;
		ctx.request[0] ^= what == 1;
		ctx.vote[0] ^= what == 2;
		ctx.voter[0] ^= what == 3;
		s.id[0] ^= what == 4;
		memcpy(seal, s.seal, SR_SEAL);
		seal[270] ^= what == 5;
		s.seal = seal;
		at.ctx = &ctx;
		at.sealed = &s;
		assert_fails(sr_bundle_strip_outer(got, &at, b.sc.reader_sk[0], &e), SR_AUTH, &e,
			"researcher's seal");
		assert_fails(sr_bundle_open_inner(piece, &at, inner, b.sc.room_sk, &e), SR_AUTH, &e,
			"room's seal");
	}
	bundle_free(&b);
}

static void leaves_cover_header_and_records(void **state) {
	(void)state;
	struct bundle_scene b;
	struct sr_buf leaf;
	struct sr_err e = {0};

	bundle_scene(&b);
	sr_buf_init(&leaf);
	sr_bundle_leaf(&leaf, &b.bundle, 1);
	assert_ok(sr_buf_ok(&leaf, &e), &e);
	assert_int_equal(leaf.len, HEADER + (size_t)READERS * SR_RECORD);
	assert_memory_equal(leaf.p, b.bytes.p, HEADER);
	for (size_t r = 0; r < READERS; r++)
		assert_memory_equal(leaf.p + HEADER + r * SR_RECORD,
			sr_bundle_record(&b.bundle, r, 1).p, SR_RECORD);
	/* for each researcher an array in item order */
	assert_ptr_equal(
		sr_bundle_record(&b.bundle, 1, 2).p, b.bytes.p + HEADER + (size_t)5 * SR_RECORD);
	sr_buf_free(&leaf);
	bundle_free(&b);
}

static void cut(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_bundle got;
	struct sr_err e = {0};

	(void)ctx;
	if (sr_bundle_parse(&got, mutant, &e) == 0)
		fail_msg("taken: %s", what);
	assert_int_equal(e.code, SR_CORRUPT);
	assert_non_null(strstr(e.text, "bundle: "));
}

/* A flip is refused on parsing, or hits exactly the records that it is in. */
static void bundle_flip(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct bundle_scene *b = ctx;
	struct sr_bundle got;
	struct sr_bundle_at at = at_of(b, 0, 0);
	uint8_t inner[SR_RECORD_INNER], piece[SR_PIECE];
	struct sr_err e = {0};
	bool touched;

	if (sr_bundle_parse(&got, mutant, &e) != 0) {
		assert_int_equal(e.code, SR_CORRUPT);
		return;
	}
	at.bundle = &got;
	touched = memcmp(mutant.p + 16, b->bytes.p + 16, 64) != 0 ||
		  memcmp(sr_bundle_record(&got, 0, 0).p, sr_bundle_record(&b->bundle, 0, 0).p,
			  SR_RECORD) != 0;
	if (!touched)
		return;
	if (sr_bundle_strip_outer(inner, &at, b->sc.reader_sk[0], &e) == 0 &&
		sr_bundle_open_inner(piece, &at, inner, b->sc.room_sk, &e) == 0)
		fail_msg("taken: %s", what);
	assert_int_equal(e.code, SR_AUTH);
}

static void broken_bundles_are_refused(void **state) {
	(void)state;
	struct bundle_scene b;
	struct sr_bundle got;
	struct sr_buf out;
	struct sr_piece_ctx ctx;
	struct sr_err e = {0};

	bundle_scene(&b);
	t_each_cut(sr_buf_view(&b.bytes), cut, NULL);
	t_each_flip(sr_buf_view(&b.bytes), bundle_flip, &b);
	b.bytes.p[7] ^= 1;
	assert_fails(sr_bundle_parse(&got, sr_buf_view(&b.bytes), &e), SR_CORRUPT, &e,
		"bundle: does not begin with sr-bndl1");
	b.bytes.p[7] ^= 1;
	sr_buf_put_u8(&b.bytes, 0);
	assert_fails(sr_bundle_parse(&got, sr_buf_view(&b.bytes), &e), SR_CORRUPT, &e,
		"for 3 items and 3 researchers");
	sr_le32_put(b.bytes.p + 8, 10001);
	assert_fails(sr_bundle_parse(&got, sr_buf_view(&b.bytes), &e), SR_CORRUPT, &e,
		"says 10001 items (want 1 to 10000)");
	sr_buf_init(&out);
	ctx = b.ctx;
	ctx.reader_count = 0;
	assert_fails(sr_bundle_make(&out, &ctx, b.sc.s, b.pieces, 3, &e), SR_LIMIT, &e,
		"3 items for 0 researchers");
	assert_fails(sr_bundle_make(&out, &b.ctx, b.sc.s, b.pieces, 0, &e), SR_LIMIT, &e,
		"0 items for 3 researchers");
	memset(ctx.room, 0, SR_X_PK);
	ctx.reader_count = READERS;
	assert_fails(sr_bundle_make(&out, &ctx, b.sc.s, b.pieces, 3, &e), SR_AUTH, &e,
		"bundle: room key: X25519 shared secret is zero");
	assert_int_equal(out.len, 0);
	sr_buf_free(&out);
	bundle_free(&b);
}

static int setup(void **state) {
	(void)state;
	return sr_crypto_init(NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_k_pieces_open_and_no_fewer),
		cmocka_unit_test(after_a_reshare_new_members_open_old_seals),
		cmocka_unit_test(pieces_open_their_own_item_only),
		cmocka_unit_test(index_zero_and_twice_are_refused),
		cmocka_unit_test(no_piece_is_made_for_an_unsound_seal),
		cmocka_unit_test(a_share_that_is_not_the_members_is_refused),
		cmocka_unit_test(every_field_of_the_proof_is_bound),
		cmocka_unit_test(a_changed_piece_is_refused),
		cmocka_unit_test(nonces_do_not_hang_on_luck),
		cmocka_unit_test(the_proof_is_what_the_text_says),
		cmocka_unit_test(many_pieces_are_those_made_one_by_one),
		cmocka_unit_test(a_bundle_goes_through_each_researcher_to_the_room),
		cmocka_unit_test(only_the_right_keys_open_a_record),
		cmocka_unit_test(no_key_in_a_bundle),
		cmocka_unit_test(every_field_of_a_records_context_is_bound),
		cmocka_unit_test(leaves_cover_header_and_records),
		cmocka_unit_test(broken_bundles_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
