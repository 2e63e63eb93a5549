/*
 * threshold - a board in memory for the tests of dkg, tdh2 and piece: members with seeds, a whole
 * run of the key generation or of a reshare, every member's shares.
 *
 * Nothing here is secret: the tests hold all shares, which no program of the project ever does.
 */
#ifndef SR_TESTS_THRESHOLD_H
#define SR_TESTS_THRESHOLD_H

#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "crypto/dkg.h"

#include "util.h"

struct t_board {
	struct sr_dkg d;
	uint8_t seed[SR_BOARD_MEMBERS_MAX][SR_SEED];
	size_t dealings; /* how many deal */
	uint8_t dealer[SR_BOARD_MEMBERS_MAX];
	struct sr_buf bytes[SR_BOARD_MEMBERS_MAX];
	struct sr_dealing dealing[SR_BOARD_MEMBERS_MAX];
	struct sr_level_key key[SR_BOARD_LEVELS_MAX];
	uint8_t x[SR_BOARD_MEMBERS_MAX][SR_BOARD_LEVELS_MAX][SR_SCALAR]; /* [member - 1][level] */
	uint8_t transcript[SR_HASH];
};

/* Names the members, with keys from ${salt}; ${quorums} ascending, 0 ends them. */
static inline struct t_board *t_board_members(
	uint8_t members, const uint8_t *quorums, uint64_t salt) {
	struct t_board *b = calloc(1, sizeof *b);

	assert_non_null(b);
	b->d.members = members;
	t_fill(b->d.vault, sizeof b->d.vault, salt + 1);
	t_fill(b->d.run, sizeof b->d.run, salt + 2);
	b->d.epoch = 1;
	for (size_t i = 0; i < members; i++) {
		t_fill(b->seed[i], SR_SEED, salt + 100 + i);
		sr_sign_public(b->d.key[i], b->seed[i]);
	}
	for (size_t i = 0; quorums[i] != 0; i++) {
		b->d.level[i].level = quorums[i];
		b->d.level[i].quorum = quorums[i];
		b->d.levels = (uint8_t)(i + 1);
	}
	return b;
}

static inline int t_own_nth(void *ctx, size_t i, struct sr_err *e) {
	struct t_board *b = ctx;
	const struct sr_dkg_own own = {
		(uint8_t)(i + 1), b->seed[i], b->dealing, b->dealings, b->key};

	return sr_dkg_own_shares(b->x[i], &b->d, &own, e);
}

/* Decode, combine, and every member's shares. */
static inline void t_board_finish(struct t_board *b) {
	struct sr_bytes views[SR_BOARD_MEMBERS_MAX];
	struct sr_err e = {0};

	for (size_t i = 0; i < b->dealings; i++) {
		views[i] = sr_buf_view(&b->bytes[i]);
		assert_ok(sr_deal_decode(&b->dealing[i], views[i], &e), &e);
		assert_ok(sr_deal_verify(&b->d, &b->dealing[i], &e), &e);
	}
	assert_ok(sr_dkg_combine(b->key, &b->d, b->dealing, b->dealings, &e), &e);
	assert_ok(sr_parallel(b->d.members, t_own_nth, b, &e), &e);
	sr_dkg_transcript(b->transcript, &b->d, views, b->dealings, b->key);
}

/* A first run. */
static inline struct t_board *t_board_found(
	uint8_t members, const uint8_t *quorums, uint64_t salt) {
	struct t_board *b = t_board_members(members, quorums, salt);
	struct sr_err e = {0};

	b->dealings = members;
	for (size_t i = 0; i < members; i++) {
		b->dealer[i] = (uint8_t)(i + 1);
		assert_ok(
			sr_deal_make(&b->bytes[i], &b->d, b->dealer[i], b->seed[i], NULL, &e), &e);
	}
	t_board_finish(b);
	return b;
}

/* The shares of ${member}, as sr_deal_make takes them. */
static inline const uint8_t (*t_shares(const struct t_board *b, uint8_t member))[SR_SCALAR] {
	return (const uint8_t(*)[SR_SCALAR])b->x[member - 1];
}

/* The ceremony of a reshare of ${old} (one level) by its members ${dealers} to a new board. */
static inline struct t_board *t_board_heirs(const struct t_board *old, const uint8_t *dealers,
	uint8_t members, uint8_t quorum, uint64_t salt) {
	struct t_board *b = t_board_members(members, (const uint8_t[]){quorum, 0}, salt);
	struct sr_dkg_level *l = &b->d.level[0];

	memcpy(b->d.vault, old->d.vault, sizeof b->d.vault);
	b->d.epoch = old->d.epoch + 1;
	b->d.old_members = old->d.members;
	memcpy(b->d.old_key, old->d.key, sizeof b->d.old_key);
	l->level = old->key[0].level;
	l->dealers = old->key[0].quorum; /* ${dealers} has as many */
	assert_true(l->dealers <= SR_BOARD_MEMBERS_MAX);
	memcpy(l->board, old->key[0].board, SR_POINT);
	for (size_t i = 0; i < l->dealers; i++) {
		// NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): as many as said above
		l->dealer[i] = dealers[i];
		memcpy(l->given[i], old->key[0].share[dealers[i] - 1], SR_POINT);
	}
	b->dealings = l->dealers;
	memcpy(b->dealer, dealers, l->dealers);
	return b;
}

static inline struct t_board *t_board_reshare(const struct t_board *old, const uint8_t *dealers,
	uint8_t members, uint8_t quorum, uint64_t salt) {
	struct t_board *b = t_board_heirs(old, dealers, members, quorum, salt);
	struct sr_err e = {0};

	for (size_t i = 0; i < b->dealings; i++)
		assert_ok(sr_deal_make(&b->bytes[i], &b->d, b->dealer[i],
				  old->seed[b->dealer[i] - 1], t_shares(old, b->dealer[i]), &e),
			&e);
	t_board_finish(b);
	return b;
}

static inline void t_board_free(struct t_board *b) {
	for (size_t i = 0; i < SR_BOARD_MEMBERS_MAX; i++)
		sr_buf_free(&b->bytes[i]);
	free(b);
}

/* ${count} different members of 1..${members}, in random order. */
static inline void t_members(uint8_t *out, size_t count, uint8_t members, uint64_t *seed) {
	uint8_t all[SR_BOARD_MEMBERS_MAX] = {0};

	for (uint8_t i = 0; i < members; i++)
		all[i] = (uint8_t)(i + 1);
	for (size_t i = 0; i < count; i++) {
		size_t j = i + (size_t)t_rand(seed, members - i);
		uint8_t swap = all[i];

		all[i] = all[j];
		all[j] = swap;
		out[i] = all[i];
	}
}

/* The next set of ${count} of 1..${members} after ${set} (ascending); false after the last. */
static inline bool t_next_set(uint8_t *set, size_t count, uint8_t members) {
	for (size_t i = count; i-- > 0;) {
		if (set[i] < members - (count - 1 - i)) {
			set[i]++;
			for (size_t j = i + 1; j < count; j++)
				set[j] = (uint8_t)(set[j - 1] + 1);
			return true;
		}
	}
	return false;
}

#endif
