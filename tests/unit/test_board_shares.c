/*
 * What a run leaves: the keys' object round, cut and with every byte flipped; a member's box, which
 * opens for exactly its member, place and keys.
 */
#include "board/shares.h"

#include "threshold.h"
#include "util.h"

static const uint8_t LEVELS[] = {2, 3, 0};

struct left {
	struct t_board *b;
	struct sr_ceremony_keys keys;
	struct sr_buf body, box;
	struct sr_share_place at; /* of member 2 */
	struct sr_err e;
};

static struct left *left_make(uint64_t salt) {
	struct left *l = calloc(1, sizeof *l);

	assert_non_null(l);
	l->b = t_board_found(4, LEVELS, salt);
	t_fill(l->b->d.board, SR_ID, salt + 7);
	l->keys.levels = l->b->d.levels;
	memcpy(l->keys.level, l->b->key, sizeof l->keys.level);
	memcpy(l->keys.transcript, l->b->transcript, SR_HASH);
	sr_buf_init(&l->body);
	sr_buf_init(&l->box);
	sr_keys_encode(&l->body, &l->b->d, &l->keys);
	assert_ok(sr_buf_ok(&l->body, &l->e), &l->e);
	l->at.keys = &l->keys;
	l->at.index = 2;
	sr_keys_hash(l->at.hash, sr_buf_view(&l->body));
	assert_ok(sr_shares_seal(&l->box, &l->at, l->b->d.key[1],
			  (const uint8_t(*)[SR_SCALAR])l->b->x[1], &l->e),
		&l->e);
	return l;
}

static void left_free(struct left *l) {
	sr_buf_free(&l->body);
	sr_buf_free(&l->box);
	t_board_free(l->b);
	free(l);
}

static void keys_come_back_as_they_went(void **state) {
	struct left *l = left_make(1);
	struct sr_board_keys *k = calloc(1, sizeof *k);
	struct sr_buf again;

	(void)state;
	assert_non_null(k);
	sr_buf_init(&again);
	assert_int_equal(l->body.len, 116 + 2 * (36 + 4 * SR_POINT));
	assert_ok(sr_keys_decode(k, sr_buf_view(&l->body), &l->e), &l->e);
	assert_memory_equal(k->vault, l->b->d.vault, SR_HASH);
	assert_memory_equal(k->board, l->b->d.board, SR_ID);
	assert_memory_equal(k->run, l->b->d.run, SR_ID);
	assert_int_equal(k->epoch, 1);
	assert_memory_equal(&k->keys.level[1], &l->keys.level[1], sizeof k->keys.level[1]);
	sr_keys_encode(&again, &l->b->d, &k->keys);
	assert_true(sr_bytes_eq(sr_buf_view(&again), sr_buf_view(&l->body)));
	sr_buf_free(&again);
	free(k);
	left_free(l);
}

static void broken_keys_are_refused(void **state) {
	struct left *l = left_make(2);
	struct sr_board_keys *k = calloc(1, sizeof *k);
	uint8_t hash[SR_HASH];
	char says[80];

	(void)state;
	assert_non_null(k);
	for (size_t n = 0; n < l->body.len; n++)
		assert_fails(sr_keys_decode(k, sr_bytes_of(l->body.p, n), &l->e), SR_CORRUPT, &l->e,
			"board keys");
	/* A level that anybody could open alone, and one that nobody could. */
	for (uint8_t quorum = 1; quorum <= 5; quorum += 4) {
		const uint8_t was = l->body.p[117];

		l->body.p[117] = quorum;
		snprintf(says, sizeof says,
			"board keys: level 2 takes %u of 4 members, after level 0", quorum);
		assert_fails(
			sr_keys_decode(k, sr_buf_view(&l->body), &l->e), SR_CORRUPT, &l->e, says);
		l->body.p[117] = was;
	}
	for (size_t i = 0; i < l->body.len; i++) {
		l->body.p[i] ^= 1;
		sr_keys_hash(hash, sr_buf_view(&l->body));
		assert_memory_not_equal(hash, l->at.hash, SR_HASH);
		/* What is no number or point must not be read; the rest is the hash's to find. */
		if (i < 8 || (i >= 112 && i < 120 && i != 117))
			assert_int_not_equal(sr_keys_decode(k, sr_buf_view(&l->body), &l->e), 0);
		l->body.p[i] ^= 1;
	}
	free(k);
	left_free(l);
}

/* A box to the right member at the right place, with shares of more levels than the keys have. */
static void other_length(struct left *l) {
	const struct sr_bytes box = sr_buf_view(&l->box);
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR];
	struct sr_ceremony_keys one = l->keys;
	struct sr_share_place at = l->at;

	one.levels = 1;
	at.keys = &one;
	assert_fails(sr_shares_open(x, &at, l->b->seed[1], box, &l->e), SR_CORRUPT, &l->e,
		"own shares of member 2: have 64 bytes, want 32");
	for (size_t i = 0; i < sizeof x; i++)
		assert_int_equal(((const uint8_t *)x)[i], 0);
}

static void a_box_opens_for_its_member_alone(void **state) {
	struct left *l = left_make(3), *other = left_make(4);
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR];
	struct sr_share_place at = l->at;

	(void)state;
	assert_ok(sr_shares_open(x, &l->at, l->b->seed[1], sr_buf_view(&l->box), &l->e), &l->e);
	assert_memory_equal(x, l->b->x[1], (size_t)2 * SR_SCALAR);
	assert_fails(sr_shares_open(x, &l->at, l->b->seed[0], sr_buf_view(&l->box), &l->e), SR_AUTH,
		&l->e, "own shares of member 2");
	for (size_t i = 0; i < sizeof x; i++)
		assert_int_equal(((const uint8_t *)x)[i], 0);
	at.index = 3;
	assert_fails(sr_shares_open(x, &at, l->b->seed[1], sr_buf_view(&l->box), &l->e), SR_AUTH,
		&l->e, "own shares of member 3");
	at = l->at;
	at.hash[0] ^= 1; /* of another epoch, run or board */
	assert_fails(sr_shares_open(x, &at, l->b->seed[1], sr_buf_view(&l->box), &l->e), SR_AUTH,
		&l->e, "own shares");
	at = l->at;
	at.keys = &other->keys; /* the hash is right, the keys are others */
	assert_fails(sr_shares_open(x, &at, l->b->seed[1], sr_buf_view(&l->box), &l->e), SR_AUTH,
		&l->e, "level 2: it is not the share behind the public one");
	other_length(l);
	for (size_t i = 0; i < l->box.len; i++) {
		l->box.p[i] ^= 0x10;
		assert_fails(sr_shares_open(x, &l->at, l->b->seed[1], sr_buf_view(&l->box), &l->e),
			SR_AUTH, &l->e, "own shares");
		l->box.p[i] ^= 0x10;
	}
	left_free(l);
	left_free(other);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_come_back_as_they_went),
		cmocka_unit_test(broken_keys_are_refused),
		cmocka_unit_test(a_box_opens_for_its_member_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
