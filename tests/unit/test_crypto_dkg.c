/*
 * test_crypto_dkg - the key generation and the reshare: any k shares are the key and no k-1 are;
 * what is refused in a dealing; who lied about a share; nonces under a broken random generator.
 *
 * A second dealer is written here from the text of dkg.h alone (struct liar): it makes dealings
 * that the library takes, which pins the fields of every hash, and dealings with one lie in them.
 */
#include "crypto/dkg.h"

#include "threshold.h"

static const uint8_t Q2[] = {2, 0};
static const uint8_t Q23[] = {2, 3, 0};

/* Do the shares of ${set} interpolate to a secret whose public key is ${want}? */
static bool is_key(const struct t_board *b, size_t level, const uint8_t *set, size_t count,
	const uint8_t want[SR_POINT]) {
	uint8_t sum[SR_SCALAR] = {0}, w[SR_SCALAR], have[SR_POINT];
	struct sr_err e = {0};

	for (size_t i = 0; i < count; i++) {
		assert_ok(sr_lagrange_at_zero(w, set, count, i, &e), &e);
		sr_scalar_mul(w, w, b->x[set[i] - 1][level]);
		sr_scalar_add(sum, sum, w);
	}
	assert_ok(sr_point_mul_base(have, sum, &e), &e);
	return memcmp(have, want, SR_POINT) == 0;
}

/* All sets of k and of k-1 when they are few, else 40 random ones. */
static void check_board(const struct t_board *b, size_t level) {
	uint8_t n = b->key[level].members, k = b->key[level].quorum;
	uint8_t set[SR_BOARD_MEMBERS_MAX];
	const uint8_t *p = b->key[level].board;
	uint64_t seed = 11;

	if (n <= 6) {
		for (uint8_t size = (uint8_t)(k - 1); size <= n; size++) {
			for (uint8_t i = 0; i < size; i++)
				set[i] = (uint8_t)(i + 1);
			do
				assert_int_equal(is_key(b, level, set, size, p), size >= k);
			while (t_next_set(set, size, n));
		}
		return;
	}
	for (size_t round = 0; round < 40; round++) {
		t_members(set, k, n, &seed);
		assert_true(is_key(b, level, set, k, p));
		assert_false(is_key(b, level, set, (size_t)k - 1, p));
	}
}

static void any_k_members_hold_the_key_and_no_fewer(void **state) {
	(void)state;
	static const uint8_t sizes[][2] = {
		{2, 2}, {2, 3}, {3, 3}, {3, 5}, {4, 6}, {5, 9}, {2, 32}, {32, 32}};

	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		struct t_board *b =
			t_board_found(sizes[i][1], (const uint8_t[]){sizes[i][0], 0}, 1000 * i);

		check_board(b, 0);
		t_board_free(b);
	}
}

static void levels_have_keys_of_their_own(void **state) {
	(void)state;
	struct t_board *b = t_board_found(5, Q23, 1);
	static const uint8_t mixed[] = {1, 2, 3};
	uint8_t keep[SR_SCALAR];

	check_board(b, 0);
	check_board(b, 1);
	assert_memory_not_equal(b->key[0].board, b->key[1].board, SR_POINT);
	/* a share of the other level in a set of three */
	memcpy(keep, b->x[2][1], SR_SCALAR);
	memcpy(b->x[2][1], b->x[2][0], SR_SCALAR);
	assert_false(is_key(b, 1, mixed, 3, b->key[1].board));
	memcpy(b->x[2][1], keep, SR_SCALAR);
	assert_true(is_key(b, 1, mixed, 3, b->key[1].board));
	t_board_free(b);
}

static void the_transcript_covers_dealings_keys_and_inputs(void **state) {
	(void)state;
	struct t_board *b = t_board_found(3, Q23, 5);
	struct sr_bytes views[3], swapped[3];
	uint8_t other[SR_HASH];

	for (size_t i = 0; i < 3; i++)
		views[i] = sr_buf_view(&b->bytes[i]);
	memcpy(swapped, views, sizeof views);
	swapped[0] = views[1];
	swapped[1] = views[0];
	sr_dkg_transcript(other, &b->d, views, 3, b->key);
	assert_memory_equal(other, b->transcript, SR_HASH);
	sr_dkg_transcript(other, &b->d, swapped, 3, b->key);
	assert_memory_not_equal(other, b->transcript, SR_HASH);
	sr_dkg_transcript(other, &b->d, views, 2, b->key);
	assert_memory_not_equal(other, b->transcript, SR_HASH);
	b->bytes[2].p[b->bytes[2].len - 1] ^= 1;
	sr_dkg_transcript(other, &b->d, views, 3, b->key);
	assert_memory_not_equal(other, b->transcript, SR_HASH);
	b->bytes[2].p[b->bytes[2].len - 1] ^= 1;
	b->key[1].share[2][0] ^= 1;
	sr_dkg_transcript(other, &b->d, views, 3, b->key);
	assert_memory_not_equal(other, b->transcript, SR_HASH);
	b->key[1].share[2][0] ^= 1;
	b->d.epoch++;
	sr_dkg_transcript(other, &b->d, views, 3, b->key);
	assert_memory_not_equal(other, b->transcript, SR_HASH);
	t_board_free(b);
}

/* --- a dealer of our own ------------------------------------------------------------------------
 */

/* Lies, each on its own; 0 or empty is the truth. */
struct liar {
	const struct t_board *b;
	uint8_t dealer;
	uint8_t extra;      /* more commitments than k */
	uint8_t say_dealer; /* the index it writes */
	uint8_t say_level;
	uint8_t bad_share; /* for this member: f(m) + 1 */
	uint8_t unreduced; /* for this member: f(m) + L */
	uint8_t garbage;   /* for this member: a box that does not open */
	const uint8_t *constant;
	uint8_t ephemeral[SR_BOARD_MEMBERS_MAX][SR_X_SK]; /* out: of level 0 */
};

static void put32(struct sr_hash *h, const uint8_t *p) {
	sr_hash_field(h, sr_bytes_of(p, 32));
}

static void ceremony_of(uint8_t out[SR_HASH], const struct sr_dkg *d) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/dkg-ceremony/v1", NULL);
	put32(&h, d->vault);
	sr_hash_field(&h, sr_bytes_of(d->board, SR_ID));
	sr_hash_field(&h, sr_bytes_of(d->run, SR_ID));
	sr_hash_u64(&h, d->epoch);
	sr_hash_u64(&h, d->members);
	for (size_t i = 0; i < d->members; i++)
		put32(&h, d->key[i]);
	sr_hash_u64(&h, d->old_members);
	for (size_t i = 0; i < d->old_members; i++)
		put32(&h, d->old_key[i]);
	sr_hash_u64(&h, d->levels);
	for (size_t i = 0; i < d->levels; i++) {
		sr_hash_u64(&h, d->level[i].level);
		sr_hash_u64(&h, d->level[i].quorum);
		put32(&h, d->level[i].board);
		sr_hash_u64(&h, d->level[i].dealers);
		for (size_t j = 0; j < d->level[i].dealers; j++) {
			sr_hash_u64(&h, d->level[i].dealer[j]);
			put32(&h, d->level[i].given[j]);
		}
	}
	sr_hash_final(&h, out);
}

static void any_scalar(uint8_t out[SR_SCALAR]) {
	uint8_t fresh[32];
	struct sr_hash h;

	sr_random(fresh, sizeof fresh);
	sr_hash_init64(&h, "strongroom/test/v1", NULL);
	put32(&h, fresh);
	sr_scalar_of_hash(out, &h);
}

/* f(m), with the lie that is asked for, sealed. */
static void lie_share(struct sr_buf *out, struct liar *l, const struct sr_dkg_level *level,
	uint8_t m, const uint8_t (*coef)[SR_SCALAR], size_t k) {
	static const uint8_t one[SR_SCALAR] = {1};
	uint8_t f[SR_SCALAR], ceremony[SR_HASH], context[SR_HASH], e_sk[SR_X_SK], order[SR_SCALAR];
	struct sr_hash h;
	struct sr_err e = {0};

	sr_poly_eval(f, coef, k, m);
	if (l->bad_share == m)
		sr_scalar_add(f, f, one);
	if (l->unreduced == m) {
		unsigned carry = 0;

		t_hex(order, 32,
			"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
		for (size_t i = 0; i < 32; i++) {
			carry += (unsigned)f[i] + order[i];
			f[i] = (uint8_t)carry;
			carry >>= 8;
		}
	}
	ceremony_of(ceremony, &l->b->d);
	sr_hash_init(&h, "strongroom/dkg-share-context/v1", NULL);
	put32(&h, ceremony);
	put32(&h, l->b->d.vault);
	sr_hash_field(&h, sr_bytes_of(l->b->d.run, SR_ID));
	sr_hash_u64(&h, level->level);
	sr_hash_u64(&h, l->dealer);
	sr_hash_u64(&h, m);
	sr_hash_final(&h, context);
	sr_random(e_sk, sizeof e_sk);
	if (level == &l->b->d.level[0])
		memcpy(l->ephemeral[m - 1], e_sk, sizeof e_sk);
	assert_ok(sr_box_seal_person_with(out, e_sk, l->b->d.key[m - 1], "strongroom/dkg-share/v1",
			  sr_bytes_of(context, 32), sr_bytes_of(f, 32), &e),
		&e);
	if (l->garbage == m)
		out->p[out->len - 20] ^= 1;
}

/* One deal of the liar, appended. */
static void lie_deal(struct sr_buf *out, struct liar *l, const struct sr_dkg_level *level) {
	const struct sr_dkg *d = &l->b->d;
	uint8_t k = (uint8_t)(level->quorum + l->extra);
	uint8_t says = l->say_level != 0 ? l->say_level : level->level;
	uint8_t coef[SR_BOARD_MEMBERS_MAX][SR_SCALAR], w[SR_SCALAR], a[SR_POINT], c[SR_SCALAR];
	uint8_t z[SR_SCALAR], ceremony[SR_HASH], base[SR_POINT];
	size_t start = out->len;
	struct sr_hash h;
	struct sr_err e = {0};

	sr_buf_put_u8(out, says);
	sr_buf_put_u8(out, k);
	sr_buf_put_le16(out, 0);
	t_fill(w, 32, 77);
	sr_buf_put(out, w, 32);
	for (size_t j = 0; j < k; j++) {
		any_scalar(coef[j]);
		if (j == 0 && l->constant != NULL)
			memcpy(coef[j], l->constant, SR_SCALAR);
		assert_ok(sr_point_mul_base(a, coef[j], &e), &e);
		sr_buf_put(out, a, 32);
	}
	for (uint8_t m = 1; m <= d->members; m++)
		lie_share(out, l, level, m, (const uint8_t(*)[SR_SCALAR])coef, k);
	assert_ok(sr_buf_ok(out, &e), &e);
	ceremony_of(ceremony, d);
	any_scalar(w);
	assert_ok(sr_point_mul_base(a, w, &e), &e);
	sr_hash_init64(&h, "strongroom/dkg-proof/v1", NULL);
	put32(&h, ceremony);
	put32(&h, d->vault);
	sr_hash_field(&h, sr_bytes_of(d->run, SR_ID));
	sr_hash_u64(&h, says);
	sr_hash_u64(&h, l->say_dealer != 0 ? l->say_dealer : l->dealer);
	sr_hash_u64(&h, d->members);
	sr_hash_u64(&h, k);
	for (size_t j = 0; j < k; j++)
		put32(&h, out->p + start + 36 + 32 * j);
	put32(&h, out->p + start + 4);
	for (size_t i = 0; i < d->members; i++)
		sr_hash_field(&h, sr_bytes_of(out->p + start + 36 + 32 * (size_t)k + 136 * i, 136));
	sr_group_base(base);
	put32(&h, base);
	put32(&h, a);
	sr_scalar_of_hash(c, &h);
	sr_scalar_mul(z, c, coef[0]);
	sr_scalar_add(z, z, w);
	sr_buf_put(out, c, 32);
	sr_buf_put(out, z, 32);
}

static void lie(struct sr_buf *out, struct liar *l) {
	const struct sr_dkg *d = &l->b->d;
	struct sr_err e = {0};

	sr_buf_init(out);
	sr_buf_put(out, "sr-deal1", 8);
	sr_buf_put_u8(out, l->say_dealer != 0 ? l->say_dealer : l->dealer);
	sr_buf_put_u8(out, d->members);
	sr_buf_put_u8(out, d->levels);
	sr_buf_put_u8(out, 0);
	for (size_t i = 0; i < d->levels; i++)
		lie_deal(out, l, &d->level[i]);
	assert_ok(sr_buf_ok(out, &e), &e);
}

static void a_dealer_written_from_the_text_is_taken(void **state) {
	(void)state;
	struct t_board *b = t_board_found(3, Q23, 9);
	struct liar l = {.b = b, .dealer = 2};

	sr_buf_free(&b->bytes[1]);
	lie(&b->bytes[1], &l);
	t_board_finish(b);
	check_board(b, 0);
	check_board(b, 1);
	t_board_free(b);
}

/* The liar's dealing, refused by sr_deal_verify with ${text}. */
static void refused(struct liar *l, enum sr_code code, const char *text) {
	struct sr_dealing dealing;
	struct sr_buf bytes;
	struct sr_err e = {0};

	lie(&bytes, l);
	assert_ok(sr_deal_decode(&dealing, sr_buf_view(&bytes), &e), &e);
	assert_fails(sr_deal_verify(&l->b->d, &dealing, &e), code, &e, text);
	sr_buf_free(&bytes);
}

static void wrong_counts_and_places_are_refused_by_name(void **state) {
	(void)state;
	struct t_board *b = t_board_members(3, Q2, 20);

	refused(&(struct liar){.b = b, .dealer = 3, .extra = 1}, SR_CORRUPT,
		"dealer 3: level 2: have 3 commitments, want exactly 2");
	refused(&(struct liar){.b = b, .dealer = 3, .extra = 255}, SR_CORRUPT,
		"dealer 3: level 2: have 1 commitments, want exactly 2");
	refused(&(struct liar){.b = b, .dealer = 3, .say_level = 3}, SR_CORRUPT,
		"dealer 3: deal 1 is for level 3, want 2");
	refused(&(struct liar){.b = b, .dealer = 3, .say_dealer = 4}, SR_CORRUPT,
		"dealer 4: not one of the 3 who may deal");
	t_board_free(b);
}

static void missing_doubled_and_misplaced_dealings_are_refused(void **state) {
	(void)state;
	struct t_board *b = t_board_found(3, Q23, 21);
	struct sr_level_key key[SR_BOARD_LEVELS_MAX];
	struct sr_dealing set[4] = {b->dealing[0], b->dealing[1], b->dealing[2], b->dealing[2]};
	struct sr_err e = {0};

	assert_fails(
		sr_dkg_combine(key, &b->d, set, 4, &e), SR_CORRUPT, &e, "dealer 3: dealt twice");
	assert_fails(sr_dkg_combine(key, &b->d, set, 2, &e), SR_CORRUPT, &e,
		"dealer 3: has not dealt for level 2");
	assert_fails(sr_dkg_combine(key, &b->d, set, 0, &e), SR_CORRUPT, &e,
		"dealer 1: has not dealt for level 2");
	set[0] = b->dealing[1];
	set[1] = b->dealing[0];
	assert_fails(sr_dkg_combine(key, &b->d, set, 3, &e), SR_CORRUPT, &e,
		"dealer 1: comes after dealer 2");
	set[0] = b->dealing[0];
	set[0].count = 1;
	assert_fails(sr_deal_verify(&b->d, &set[0], &e), SR_CORRUPT, &e,
		"dealer 1: no deal for level 3");
	set[0] = b->dealing[0];
	set[0].deal[0].members = 2;
	assert_fails(sr_deal_verify(&b->d, &set[0], &e), SR_CORRUPT, &e,
		"dealer 1: level 2: have 2 shares, want 3");
	set[0] = b->dealing[0];
	set[0].deal[2] = set[0].deal[1];
	set[0].count = 3;
	assert_fails(sr_deal_verify(&b->d, &set[0], &e), SR_CORRUPT, &e,
		"dealer 1: have 3 deals, want 2");
	b->d.levels = 1; /* one deal too many, and another ceremony */
	set[0] = b->dealing[0];
	assert_fails(sr_deal_verify(&b->d, &set[0], &e), SR_AUTH, &e, "dealer 1: level 2: proof");
	t_board_free(b);
}

static void bad_points_and_scalars_are_refused_by_name(void **state) {
	(void)state;
	struct t_board *b = t_board_found(2, Q2, 22);
	struct sr_buf *raw = &b->bytes[1];
	const size_t c0 = 12 + 36, c = raw->len - 64, z = raw->len - 32;
	uint8_t keep[64], order[32];
	struct sr_err e = {0};
	unsigned carry = 0;

	t_hex(order, 32, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
	for (size_t j = 0; j < 2; j++) {
		memcpy(keep, raw->p + c0 + 32 * j, 32);
		memset(raw->p + c0 + 32 * j, 0, 32);
		assert_fails(sr_deal_verify(&b->d, &b->dealing[1], &e), SR_CORRUPT, &e,
			j == 0 ? "dealer 2: level 2: commitment 1 of 2: point is the identity"
			       : "dealer 2: level 2: commitment 2 of 2: point is the identity");
		memset(raw->p + c0 + 32 * j, 0xff, 32);
		assert_fails(sr_deal_verify(&b->d, &b->dealing[1], &e), SR_CORRUPT, &e,
			"point is not a valid ristretto255 encoding");
		memcpy(raw->p + c0 + 32 * j, keep, 32);
	}
	for (size_t at = c; at <= z; at += 32) {
		memcpy(keep, raw->p + at, 32);
		for (size_t i = 0; i < 32; i++) {
			carry += (unsigned)raw->p[at + i] + order[i];
			raw->p[at + i] = (uint8_t)carry;
			carry >>= 8;
		}
		assert_fails(sr_deal_verify(&b->d, &b->dealing[1], &e), SR_CORRUPT, &e,
			"dealer 2: level 2: proof of knowledge: scalar is not reduced mod L");
		memcpy(raw->p + at, keep, 32);
		raw->p[at + 31] |= 0x80;
		assert_fails(
			sr_deal_verify(&b->d, &b->dealing[1], &e), SR_CORRUPT, &e, "not reduced");
		memset(raw->p + at, 0, 32);
		assert_fails(sr_deal_verify(&b->d, &b->dealing[1], &e), SR_CORRUPT, &e,
			"scalar is zero");
		memcpy(raw->p + at, keep, 32);
	}
	assert_ok(sr_deal_verify(&b->d, &b->dealing[1], &e), &e);
	t_board_free(b);
}

static void mutant_is_refused(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct t_board *b = ctx;
	struct sr_dealing dealing;
	struct sr_err e = {0};

	if (sr_deal_decode(&dealing, mutant, &e) == 0 && sr_deal_verify(&b->d, &dealing, &e) == 0)
		fail_msg("taken: %s", what);
	assert_true(e.code == SR_CORRUPT || e.code == SR_AUTH);
	assert_true(strstr(e.text, "deal") != NULL);
}

static void every_cut_and_every_flip_is_refused(void **state) {
	(void)state;
	struct t_board *b = t_board_found(2, Q2, 23);

	t_each_cut(sr_buf_view(&b->bytes[0]), mutant_is_refused, b);
	t_each_flip(sr_buf_view(&b->bytes[0]), mutant_is_refused, b);
	sr_buf_put_u8(&b->bytes[0], 0);
	mutant_is_refused(b, sr_buf_view(&b->bytes[0]), "one byte more");
	t_board_free(b);
}

/* Each number of the heads by its own sentence. */
static void heads_are_refused_by_name(void **state) {
	(void)state;
	static const struct {
		size_t at;
		uint8_t value;
		const char *says;
	} rows[] = {
		{7, '2', "dealing: does not begin with sr-deal1"},
		{9, 1, "dealer 1: dealing says 1 members (want 2 to 32), 1 deals (want 1 to 4)"},
		{9, 33, "dealer 1: dealing says 33 members (want 2 to 32)"},
		{10, 0, "0 deals (want 1 to 4), reserved 0 (want 0)"},
		{10, 5, "5 deals (want 1 to 4), reserved 0 (want 0)"},
		{11, 1, "1 deals (want 1 to 4), reserved 1 (want 0)"},
		{13, 0, "dealer 1: level 2: have 0 commitments, want 2 to 32"},
		{13, 33, "dealer 1: level 2: have 33 commitments, want 2 to 32"},
		{14, 1, "dealer 1: level 2: reserved bytes are not 0"},
		{15, 1, "dealer 1: level 2: reserved bytes are not 0"},
	};
	struct t_board *b = t_board_found(2, Q2, 24);
	struct sr_dealing dealing;
	struct sr_err e = {0};

	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const uint8_t was = b->bytes[0].p[rows[i].at];

		b->bytes[0].p[rows[i].at] = rows[i].value;
		assert_fails(sr_deal_decode(&dealing, sr_buf_view(&b->bytes[0]), &e), SR_CORRUPT,
			&e, rows[i].says);
		b->bytes[0].p[rows[i].at] = was;
	}
	t_board_free(b);
}

static void index_zero_is_refused_on_reading(void **state) {
	(void)state;
	struct t_board *b = t_board_found(2, Q2, 24);
	struct sr_dealing dealing;
	struct sr_err e = {0};

	b->bytes[0].p[8] = 0;
	assert_fails(sr_deal_decode(&dealing, sr_buf_view(&b->bytes[0]), &e), SR_CORRUPT, &e,
		"dealer index is 0, want 1 to 32");
	b->bytes[0].p[8] = 33;
	assert_fails(sr_deal_decode(&dealing, sr_buf_view(&b->bytes[0]), &e), SR_CORRUPT, &e,
		"dealer index is 33");
	b->bytes[0].p[8] = 1;
	b->bytes[0].p[13] = 33;
	assert_fails(sr_deal_decode(&dealing, sr_buf_view(&b->bytes[0]), &e), SR_CORRUPT, &e,
		"dealer 1: level 2: have 33 commitments");
	t_board_free(b);
}

/* Each public input of the ceremony, changed alone, voids the proof of a deal made under the
 * other. */
static void every_field_of_the_proof_is_bound(void **state) {
	(void)state;
	struct t_board *b = t_board_found(3, Q2, 25);
	struct sr_dealing *dealing = &b->dealing[0];
	const struct sr_dkg good = b->d;
	struct sr_err e = {0};
	uint8_t seed[SR_SEED] = {9};

	assert_ok(sr_deal_verify(&b->d, dealing, &e), &e);
	b->d.vault[31] ^= 1;
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e,
		"dealer 1: level 2: proof of knowledge does not verify");
	b->d = good;
	b->d.run[0] ^= 1;
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e, "proof of knowledge");
	b->d = good;
	b->d.board[15] ^= 1;
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e, "proof of knowledge");
	b->d = good;
	b->d.epoch++;
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e, "proof of knowledge");
	b->d = good;
	sr_sign_public(b->d.key[2], seed);
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e, "proof of knowledge");
	b->d = good;
	memcpy(b->d.key[1], good.key[2], SR_PK);
	memcpy(b->d.key[2], good.key[1], SR_PK);
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e, "proof of knowledge");
	b->d = good;
	b->d.levels = 2; /* a level that is not dealt here, so that only the inputs differ */
	b->d.level[1] = good.level[0];
	b->d.level[1].level = 3;
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e, "proof of knowledge");
	b->d = good;
	/* level, dealer: the deal says another, everybody expects it */
	b->d.level[0].level = 7;
	dealing->deal[0].level = 7;
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e, "proof of knowledge");
	b->d = good;
	dealing->deal[0].level = 2;
	dealing->dealer = dealing->deal[0].dealer = 2;
	assert_fails(sr_deal_verify(&b->d, dealing, &e), SR_AUTH, &e,
		"dealer 2: level 2: proof of knowledge");
	dealing->dealer = dealing->deal[0].dealer = 1;
	assert_ok(sr_deal_verify(&b->d, dealing, &e), &e);
	t_board_free(b);
}

static void unsound_inputs_are_named(void **state) {
	(void)state;
	struct t_board *b = t_board_members(3, Q23, 26);
	const struct sr_dkg good = b->d;
	struct sr_err e = {0};

	assert_ok(sr_dkg_check(&b->d, &e), &e);
	b->d.members = 1;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "1 members (0 before), want 2 to 32");
	b->d.members = 33;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "33 members");
	b->d = good;
	b->d.levels = 5;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "5 levels, want 1 to 4");
	b->d = good;
	memcpy(b->d.key[2], b->d.key[0], SR_PK);
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "members 1 and 3 have the same key");
	b->d = good;
	memset(b->d.key[1], 0, SR_PK);
	assert_fails(sr_dkg_check(&b->d, &e), SR_AUTH, &e, "ceremony: member 2: signing key");
	b->d = good;
	b->d.level[1].level = 2;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "level 2 at place 2");
	b->d = good;
	b->d.level[1].quorum = 4;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "quorum is 4, want 2 to 3");
	b->d.level[1].quorum = 1;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "quorum is 1, want 2 to 3");
	b->d = good;
	b->d.level[0].dealers = 2;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "a first run has no dealer set");
	t_board_free(b);
}

static void a_wrong_identity_is_a_mistake_not_a_complaint(void **state) {
	(void)state;
	struct t_board *b = t_board_found(2, Q2, 27);
	struct sr_buf out;
	uint8_t share[32], ephemeral[32];
	struct sr_err e = {0};

	sr_buf_init(&out);
	assert_fails(sr_deal_make(&out, &b->d, 1, b->seed[1], NULL, &e), SR_MISUSE, &e,
		"not dealer 1's");
	assert_fails(sr_deal_make(&out, &b->d, 0, b->seed[0], NULL, &e), SR_MISUSE, &e,
		"dealer index is 0");
	assert_fails(sr_deal_make(&out, &b->d, 3, b->seed[0], NULL, &e), SR_MISUSE, &e,
		"dealer index is 3, want 1 to 2");
	assert_int_equal(out.len, 0);
	assert_fails(sr_deal_open_share(share, &b->d, &b->dealing[0].deal[0], 2, b->seed[0], &e),
		SR_MISUSE, &e, "not member 2's");
	assert_fails(sr_deal_open_share(share, &b->d, &b->dealing[0].deal[0], 0, b->seed[0], &e),
		SR_MISUSE, &e, "member index is 0");
	assert_fails(sr_deal_reveal(ephemeral, &b->d, &b->dealing[0].deal[0], 2, b->seed[1], &e),
		SR_MISUSE, &e, "not dealer 1's");
	/* a deal that was never verified in this run */
	struct sr_deal deal = b->dealing[0].deal[0];
	deal.members = 3;
	assert_fails(sr_deal_open_share(share, &b->d, &deal, 1, b->seed[0], &e), SR_MISUSE, &e,
		"dealer 1: level 2: not a verified deal of this run");
	deal = b->dealing[0].deal[0];
	deal.level = 4;
	assert_fails(sr_deal_reveal(ephemeral, &b->d, &deal, 1, b->seed[0], &e), SR_MISUSE, &e,
		"dealer 1: level 4: not a verified deal of this run");
	/* a box that the dealer did not make: revealing anything for it would be a lie */
	uint8_t *box = (uint8_t *)(uintptr_t)b->dealing[0].deal[0].share[1];
	box[0] ^= 1;
	memset(ephemeral, 0xaa, sizeof ephemeral);
	assert_fails(sr_deal_reveal(ephemeral, &b->d, &b->dealing[0].deal[0], 2, b->seed[0], &e),
		SR_MISUSE, &e,
		"dealer 1: level 2: share for member 2 was not sealed by this identity");
	for (size_t i = 0; i < sizeof ephemeral; i++)
		assert_int_equal(ephemeral[i], 0xaa);
	box[0] ^= 1;
	/* keys of another run, and a public share that is another's */
	struct sr_dkg_own own = {1, b->seed[0], b->dealing, 2, b->key};
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR], kept[SR_POINT];
	b->key[0].members = 3;
	assert_fails(sr_dkg_own_shares(x, &b->d, &own, &e), SR_MISUSE, &e,
		"level 2: not the keys and dealings of this run");
	b->key[0].members = 2;
	own.count = 1;
	assert_fails(sr_dkg_own_shares(x, &b->d, &own, &e), SR_MISUSE, &e,
		"level 2: not the keys and dealings of this run");
	own.count = 2;
	memcpy(kept, b->key[0].share[0], SR_POINT);
	memcpy(b->key[0].share[0], b->key[0].share[1], SR_POINT);
	assert_fails(sr_dkg_own_shares(x, &b->d, &own, &e), SR_AUTH, &e,
		"level 2: own share does not match the public share of member 1");
	memcpy(b->key[0].share[0], kept, SR_POINT);
	assert_ok(sr_dkg_own_shares(x, &b->d, &own, &e), &e);
	sr_buf_free(&out);
	t_board_free(b);
}

/* --- who lied -----------------------------------------------------------------------------------
 */

static void judged(const struct t_board *b, const struct sr_deal *deal, const uint8_t *ephemeral,
	enum sr_verdict want, const char *text) {
	enum sr_verdict verdict = 0;
	char why[128];
	struct sr_err e = {0};

	assert_ok(sr_deal_judge(&verdict, why, &b->d, deal, 2, ephemeral, &e), &e);
	assert_int_equal(verdict, want);
	if (strstr(why, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, text);
}

static void a_lying_dealer_is_named_and_judged(void **state) {
	(void)state;
	struct t_board *b = t_board_found(3, Q2, 30);
	struct liar lies[] = {{.b = b, .dealer = 3, .bad_share = 2},
		{.b = b, .dealer = 3, .garbage = 2}, {.b = b, .dealer = 3, .unreduced = 2}};
	static const char *const texts[] = {"does not fit the dealer's commitments",
		"tag does not verify", "not reduced mod L"};
	struct sr_dkg_own own = {2, b->seed[1], b->dealing, 3, b->key};
	uint8_t share[32], x[SR_BOARD_LEVELS_MAX][SR_SCALAR], other[32] = {1};
	struct sr_err e = {0};

	for (size_t i = 0; i < T_COUNT(lies); i++) {
		struct sr_deal *deal = &b->dealing[2].deal[0];

		sr_buf_free(&b->bytes[2]);
		lie(&b->bytes[2], &lies[i]);
		assert_ok(sr_deal_decode(&b->dealing[2], sr_buf_view(&b->bytes[2]), &e), &e);
		/* in public all is well: the lie shows to its recipient only */
		assert_ok(sr_dkg_combine(b->key, &b->d, b->dealing, 3, &e), &e);
		assert_fails(sr_deal_open_share(share, &b->d, deal, 2, b->seed[1], &e), SR_AUTH, &e,
			"dealer 3: level 2: share for member 2");
		assert_non_null(strstr(e.text, texts[i]));
		assert_fails(sr_dkg_own_shares(x, &b->d, &own, &e), SR_AUTH, &e,
			"dealer 3: level 2: share for member 2");
		assert_ok(sr_deal_open_share(share, &b->d, deal, 1, b->seed[0], &e), &e);
		judged(b, deal, lies[i].ephemeral[1], SR_VERDICT_DEALER, texts[i]);
		judged(b, deal, other, SR_VERDICT_DEALER,
			"ephemeral secret is not that of this box");
	}
	t_board_free(b);
}

static void a_lying_member_is_judged(void **state) {
	(void)state;
	struct t_board *b = t_board_found(3, Q2, 31);
	const struct sr_deal *deal = &b->dealing[2].deal[0];
	uint8_t ephemeral[SR_X_SK];
	enum sr_verdict verdict;
	char why[128];
	struct sr_err e = {0};

	for (uint8_t m = 1; m <= 3; m++) {
		assert_ok(sr_deal_reveal(ephemeral, &b->d, deal, m, b->seed[2], &e), &e);
		assert_ok(sr_deal_judge(&verdict, why, &b->d, deal, m, ephemeral, &e), &e);
		assert_int_equal(verdict, SR_VERDICT_COMPLAINER);
	}
	assert_ok(sr_deal_reveal(ephemeral, &b->d, deal, 2, b->seed[2], &e), &e);
	judged(b, deal, ephemeral, SR_VERDICT_COMPLAINER, "opens and fits the commitments");
	/* the secret of another member's box */
	assert_ok(sr_deal_reveal(ephemeral, &b->d, deal, 1, b->seed[2], &e), &e);
	judged(b, deal, ephemeral, SR_VERDICT_DEALER, "ephemeral secret is not that of this box");
	/* of another dealer's deal */
	assert_fails(sr_deal_judge(&verdict, why, &b->d, deal, 4, ephemeral, &e), SR_MISUSE, &e,
		"member index is 4");
	t_board_free(b);
}

/* --- a random generator that always says the same --------------------------------------------- */

static void constant_random(void *out, size_t len) {
	memset(out, 0x55, len);
}

static void nonces_and_polynomials_do_not_hang_on_luck(void **state) {
	(void)state;
	uint8_t seen[64][SR_POINT], constants[64][SR_POINT], a[SR_POINT];
	size_t count = 0;
	struct sr_err e = {0};

	sr_random_set(constant_random);
	for (uint64_t run = 0; run < 3; run++) {
		struct t_board *b = t_board_members(3, Q23, 40);

		b->d.run[0] = (uint8_t)run;
		for (uint8_t i = 0; i < 3; i++) {
			struct sr_dealing dealing;

			assert_ok(sr_deal_make(&b->bytes[i], &b->d, (uint8_t)(i + 1), b->seed[i],
					  NULL, &e),
				&e);
			assert_ok(sr_deal_decode(&dealing, sr_buf_view(&b->bytes[i]), &e), &e);
			for (size_t at = 0; at < 2; at++) {
				const struct sr_deal *deal = &dealing.deal[at];

				assert_ok(sr_point_recommit(a, deal->z, NULL, deal->c,
						  deal->commitment[0], &e),
					&e);
				for (size_t j = 0; j < count; j++) {
					assert_memory_not_equal(seen[j], a, 32);
					assert_memory_not_equal(
						constants[j], deal->commitment[0], 32);
				}
				assert_memory_not_equal(
					deal->commitment[0], deal->commitment[1], 32);
				memcpy(constants[count], deal->commitment[0], 32);
				memcpy(seen[count++], a, 32);
			}
		}
		t_board_free(b);
	}
	sr_random_set(NULL);
	assert_int_equal(count, 18);
}

/* --- reshare ------------------------------------------------------------------------------------
 */

/* Fewer than k old with fewer than k' new shares: no weights of either set, or of the union, give
 * the key. */
static void too_few_of_both(const struct t_board *old, const struct t_board *new) {
	uint8_t k = old->key[0].quorum, k2 = new->key[0].quorum;
	uint8_t index[2 * SR_BOARD_MEMBERS_MAX], w[SR_SCALAR], have[SR_POINT];
	uint8_t sum[SR_SCALAR] = {0};
	size_t count = 0;
	struct sr_err e = {0};

	/* indices that do not collide: old 1.., new from the top */
	for (uint8_t i = 1; i < k; i++)
		index[count++] = i;
	for (uint8_t i = 1; i < k2; i++)
		index[count++] = (uint8_t)(new->d.members + 1 - i);
	if (sr_indices_check(index, count, NULL) != 0)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct t_board *from = i < (size_t)k - 1 ? old : new;

		assert_ok(sr_lagrange_at_zero(w, index, count, i, &e), &e);
		sr_scalar_mul(w, w, from->x[index[i] - 1][0]);
		sr_scalar_add(sum, sum, w);
	}
	assert_ok(sr_point_mul_base(have, sum, &e), &e);
	assert_memory_not_equal(have, old->key[0].board, SR_POINT);
}

static void a_reshare_keeps_the_key(void **state) {
	(void)state;
	/* k, n, k', n' */
	static const uint8_t cases[][4] = {
		{2, 3, 2, 3}, {2, 3, 3, 5}, {3, 5, 2, 4}, {3, 5, 5, 9}, {5, 9, 2, 2}, {2, 2, 4, 6}};

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const uint8_t *c = cases[i];
		uint8_t dealers[SR_BOARD_MEMBERS_MAX] = {0};
		struct t_board *old =
			t_board_found(c[1], (const uint8_t[]){c[0], 0}, 2000 + 99 * i);
		struct t_board *new, *again;

		for (uint8_t j = 0; j < c[0]; j++) /* the last k */
			dealers[j] = (uint8_t)(c[1] - c[0] + 1 + j);
		new = t_board_reshare(old, dealers, c[3], c[2], 3000 + 99 * i);
		assert_memory_equal(new->key[0].board, old->key[0].board, SR_POINT);
		assert_int_equal(new->key[0].level, old->key[0].level);
		check_board(new, 0);
		too_few_of_both(old, new);
		/* and once more, from the new board; shares of two epochs do not mix */
		for (uint8_t j = 0; j < c[2]; j++)
			dealers[j] = (uint8_t)(j + 1);
		again = t_board_reshare(new, dealers, c[1], c[0], 4000 + 99 * i);
		assert_memory_equal(again->key[0].board, old->key[0].board, SR_POINT);
		check_board(again, 0);
		memcpy(again->x[0], old->x[0], sizeof again->x[0]);
		for (uint8_t j = 0; j < c[0]; j++)
			dealers[j] = (uint8_t)(j + 1);
		assert_false(is_key(again, 0, dealers, c[0], old->key[0].board));
		t_board_free(again);
		t_board_free(new);
		t_board_free(old);
	}
}

static void a_reshare_with_another_constant_is_refused(void **state) {
	(void)state;
	static const uint8_t dealers[SR_BOARD_MEMBERS_MAX] = {1, 3};
	struct t_board *old = t_board_found(3, Q2, 50);
	struct t_board *b = t_board_heirs(old, dealers, 4, 2, 51);
	uint8_t wrong[1][SR_SCALAR] = {{5}};
	struct liar l = {.b = b, .dealer = 3, .constant = wrong[0]};
	struct sr_buf out;
	struct sr_err e = {0};

	sr_buf_init(&out);
	assert_fails(sr_deal_make(&out, &b->d, 3, old->seed[2], (const uint8_t(*)[32])wrong, &e),
		SR_MISUSE, &e, "dealer 3: level 2: share given does not match the public share");
	assert_fails(sr_deal_make(&out, &b->d, 3, old->seed[2], NULL, &e), SR_MISUSE, &e,
		"old shares go with a reshare");
	assert_fails(sr_deal_make(&out, &b->d, 2, old->seed[1], t_shares(old, 2), &e), SR_MISUSE,
		&e, "dealer 2 is in no dealer set");
	assert_int_equal(out.len, 0);
	refused(&l, SR_AUTH, "dealer 3: level 2: constant term is not the dealer's old share");
	l.constant = old->x[2][0]; /* and the liar with the right one is taken */
	sr_buf_free(&out);
	lie(&out, &l);
	assert_ok(sr_deal_decode(&b->dealing[0], sr_buf_view(&out), &e), &e);
	assert_ok(sr_deal_verify(&b->d, &b->dealing[0], &e), &e);
	sr_buf_free(&out);
	t_board_free(b);
	t_board_free(old);
}

static void unsound_dealer_sets_are_named(void **state) {
	(void)state;
	static const uint8_t dealers[SR_BOARD_MEMBERS_MAX] = {1, 3};
	struct t_board *old = t_board_found(3, Q2, 52);
	struct t_board *b = t_board_heirs(old, dealers, 4, 2, 53);
	struct sr_dkg_level *l = &b->d.level[0];
	const struct sr_dkg good = b->d;
	struct sr_err e = {0};

	assert_ok(sr_dkg_check(&b->d, &e), &e);
	l->dealer[1] = 1;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "dealer index 1 comes after 1");
	l->dealer[1] = 4;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "dealer index is 4, want 1 to 3");
	l->dealer[0] = 0;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "dealer index is 0, want 1 to 3");
	b->d = good;
	l->dealer[1] = 2; /* whose public share is another */
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e,
		"level 2: the public shares of the 2 dealers do not give the old board key");
	b->d = good;
	memset(l->given[0], 0, 32);
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e,
		"level 2: dealer 1: old public share: point is the identity");
	b->d = good;
	l->dealers = 1;
	assert_fails(sr_dkg_check(&b->d, &e), SR_CORRUPT, &e, "1 dealers, want 2 to the 3");
	t_board_free(b);
	t_board_free(old);
}

static int setup(void **state) {
	(void)state;
	return sr_crypto_init(NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_k_members_hold_the_key_and_no_fewer),
		cmocka_unit_test(levels_have_keys_of_their_own),
		cmocka_unit_test(the_transcript_covers_dealings_keys_and_inputs),
		cmocka_unit_test(a_dealer_written_from_the_text_is_taken),
		cmocka_unit_test(wrong_counts_and_places_are_refused_by_name),
		cmocka_unit_test(missing_doubled_and_misplaced_dealings_are_refused),
		cmocka_unit_test(bad_points_and_scalars_are_refused_by_name),
		cmocka_unit_test(every_cut_and_every_flip_is_refused),
		cmocka_unit_test(heads_are_refused_by_name),
		cmocka_unit_test(index_zero_is_refused_on_reading),
		cmocka_unit_test(every_field_of_the_proof_is_bound),
		cmocka_unit_test(unsound_inputs_are_named),
		cmocka_unit_test(a_wrong_identity_is_a_mistake_not_a_complaint),
		cmocka_unit_test(a_lying_dealer_is_named_and_judged),
		cmocka_unit_test(a_lying_member_is_judged),
		cmocka_unit_test(nonces_and_polynomials_do_not_hang_on_luck),
		cmocka_unit_test(a_reshare_keeps_the_key),
		cmocka_unit_test(a_reshare_with_another_constant_is_refused),
		cmocka_unit_test(unsound_dealer_sets_are_named),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
