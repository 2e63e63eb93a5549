/*
 * fuzz_board_keys - the public keys of an epoch as they lie in an object and, to be read without
 * service keys, beside the vault (board/shares.h, "sr-keys1"), and a member's box of shares.
 *
 * Input: u8 mode. 0: keys as they are. 1: u16 offset, u8 xor, applied to real keys. 2: a box as it
 * is. 3: u16 offset, u8 xor, applied to a real box. What decodes is exactly what encodes to the
 * same bytes, its points are points, and no box opens but the one that was made.
 */
#include "board/shares.h"
#include "fuzz_crypto.h"

enum {
	MEMBERS = 3,
	LEVELS = 2
};

struct epoch { /* two levels; the same at every call */
	struct sr_dkg d;
	struct sr_ceremony_keys keys;
	uint8_t seed[SR_SEED], pk[SR_PK];
	uint8_t x[LEVELS][SR_SCALAR]; /* of member 1 */
	struct sr_buf body, box;
};

static void scalar_of(uint8_t out[SR_SCALAR], uint8_t n) {
	memset(out, 0, SR_SCALAR);
	out[0] = n;
}

static void epoch_make(struct epoch *w) {
	struct sr_share_place at = {.keys = &w->keys, .index = 1};
	struct sr_err e;
	uint8_t s[SR_SCALAR];

	memset(w, 0, sizeof *w);
	fuzz_random_at = 0;
	t_fill(w->seed, SR_SEED, 3);
	sr_sign_public(w->pk, w->seed);
	t_fill(w->d.vault, SR_HASH, 1);
	t_fill(w->d.board, SR_ID, 2);
	w->d.epoch = 2;
	w->d.members = MEMBERS;
	w->keys.levels = LEVELS;
	for (unsigned i = 0; i < LEVELS; i++) {
		struct sr_level_key *k = &w->keys.level[i];

		k->level = k->quorum = (uint8_t)(i + 2);
		k->members = MEMBERS;
		scalar_of(s, (uint8_t)(50 + i));
		assert_ok(sr_point_mul_base(k->board, s, &e), &e);
		for (unsigned m = 0; m < MEMBERS; m++) {
			scalar_of(s, (uint8_t)(10 * i + m + 1));
			assert_ok(sr_point_mul_base(k->share[m], s, &e), &e);
		}
		scalar_of(w->x[i], (uint8_t)(10 * i + 1));
	}
	sr_buf_init(&w->body);
	sr_buf_init(&w->box);
	sr_keys_encode(&w->body, &w->d, &w->keys);
	MUST(sr_buf_ok(&w->body, NULL) == 0);
	sr_keys_hash(at.hash, sr_buf_view(&w->body));
	assert_ok(sr_shares_seal(&w->box, &at, w->pk, (const uint8_t(*)[SR_SCALAR])w->x, &e), &e);
}

static void epoch_free(struct epoch *w) {
	sr_buf_free(&w->body);
	sr_buf_free(&w->box);
}

static void check_keys(struct sr_bytes in) {
	struct sr_board_keys *k = malloc(sizeof *k);
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_buf again;
	struct sr_err e;

	assert_non_null(k);
	assert_non_null(d);
	sr_buf_init(&again);
	if (sr_keys_decode(k, in, &e) == 0) {
		memcpy(d->vault, k->vault, SR_HASH);
		memcpy(d->board, k->board, SR_ID);
		memcpy(d->run, k->run, SR_ID);
		d->epoch = k->epoch;
		MUST(k->keys.levels >= 1 && k->keys.levels <= SR_BOARD_LEVELS_MAX);
		d->members = k->keys.level[0].members;
		for (size_t i = 0; i < k->keys.levels; i++) {
			const struct sr_level_key *l = &k->keys.level[i];

			MUST(l->members == d->members && l->quorum >= 2 && l->quorum <= l->members);
			MUST(i == 0 || l->level > k->keys.level[i - 1].level);
			assert_ok(sr_point_check(l->board, &e), &e);
			for (size_t m = 0; m < l->members; m++)
				assert_ok(sr_point_check(l->share[m], &e), &e);
		}
		sr_keys_encode(&again, d, &k->keys);
		MUST(sr_buf_ok(&again, NULL) == 0 && sr_bytes_eq(sr_buf_view(&again), in));
	}
	sr_buf_free(&again);
	free(d);
	free(k);
}

static void check_box(const struct epoch *w, struct sr_bytes in) {
	struct sr_share_place at = {.keys = &w->keys, .index = 1};
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR];
	struct sr_err e;

	sr_keys_hash(at.hash, sr_buf_view(&w->body));
	if (sr_shares_open(x, &at, w->seed, in, &e) == 0)
		MUST(sr_bytes_eq(in, sr_buf_view(&w->box)) && memcmp(x, w->x, sizeof w->x) == 0);
	else
		MUST(!sr_bytes_eq(in, sr_buf_view(&w->box)));
}

static void flip(struct sr_buf *b, struct sr_bytes *in) {
	const size_t at = fuzz_u16(in);

	b->p[at % b->len] ^= fuzz_u8(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct epoch w;
	struct sr_buf copy;

	fuzz_start();
	switch (fuzz_u8(&in)) {
	case 0:
		check_keys(in);
		return 0;
	case 1:
		epoch_make(&w);
		flip(&w.body, &in);
		check_keys(sr_buf_view(&w.body));
		break;
	case 2:
		epoch_make(&w);
		check_box(&w, in);
		break;
	default:
		epoch_make(&w);
		sr_buf_init(&copy);
		sr_buf_put_bytes(&copy, sr_buf_view(&w.box));
		MUST(sr_buf_ok(&copy, NULL) == 0);
		flip(&copy, &in);
		check_box(&w, sr_buf_view(&copy));
		sr_buf_free(&copy);
	}
	epoch_free(&w);
	return 0;
}

void fuzz_seeds(void) {
	struct epoch w;

	fuzz_start();
	epoch_make(&w);
	fuzz_seed_with("keys", "\0", 1, sr_buf_view(&w.body));
	fuzz_seed_with("box", "\2", 1, sr_buf_view(&w.box));
	fuzz_seed("whole", sr_bytes_of("\1\0\0\0", 4));
	fuzz_seed("flip-members", sr_bytes_of("\1\x71\0\1", 4));
	fuzz_seed("flip-levels", sr_bytes_of("\1\x70\0\3", 4));
	fuzz_seed("flip-quorum", sr_bytes_of("\1\x75\0\1", 4));
	fuzz_seed("flip-point", sr_bytes_of("\1\x80\0\1", 4));
	fuzz_seed("box-whole", sr_bytes_of("\3\0\0\0", 4));
	fuzz_seed("box-flip", sr_bytes_of("\3\x20\0\1", 4));
	epoch_free(&w);
}
