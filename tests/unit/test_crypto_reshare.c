/*
 * test_crypto_reshare - every reshare from k of n to k' of n' up to 7 members, and some up to 32:
 * the key stays, any k' new shares are the key and no k'-1 are, fewer than k old ones with fewer
 * than k' new ones are not, and whoever deals wrongly, not at all or uninvited is named.
 */
#include "crypto/dkg.h"
#include "threshold.h"

enum {
	SMALL = 7,
	EVERY = 5 /* lies are told in two of so many reshares: each k of n meets them many times */
};

static uint64_t draw = 4711; /* for choices of members */
static unsigned lies;        /* how many reshares were tried */

/* Do these shares of ${count} members of ${b} give the key? */
static bool is_key(const struct t_board *b, const uint8_t *index, size_t count) {
	uint8_t w[SR_SCALAR], sum[SR_SCALAR] = {0}, have[SR_POINT];
	struct sr_err e = {0};

	for (size_t i = 0; i < count; i++) {
		assert_ok(sr_lagrange_at_zero(w, index, count, i, &e), &e);
		sr_scalar_mul(w, w, b->x[index[i] - 1][0]);
		sr_scalar_add(sum, sum, w);
	}
	assert_ok(sr_point_mul_base(have, sum, &e), &e);
	return memcmp(have, b->key[0].board, SR_POINT) == 0;
}

static void check_new(const struct t_board *old, const struct t_board *new) {
	const uint8_t k = new->key[0].quorum, n = new->d.members;
	uint8_t index[SR_BOARD_MEMBERS_MAX];

	assert_memory_equal(new->key[0].board, old->key[0].board, SR_POINT);
	assert_int_equal(new->key[0].level, old->key[0].level);
	t_members(index, k, n, &draw);
	assert_true(is_key(new, index, k));
	t_members(index, n, n, &draw);
	assert_true(is_key(new, index, n));
	t_members(index, (size_t)k - 1, n, &draw);
	assert_false(is_key(new, index, (size_t)k - 1));
}

/* k-1 old shares and k'-1 new ones, as shares of one polynomial of whatever degree: every number of
 * each, with indices that do not collide. */
static void check_mixed(const struct t_board *old, const struct t_board *new) {
	const uint8_t k = old->key[0].quorum, k2 = new->key[0].quorum;

	for (uint8_t i = 1; i < k; i++) {
		for (uint8_t j = 1; j < k2; j++) {
			uint8_t index[2 * SR_BOARD_MEMBERS_MAX] = {0}, w[SR_SCALAR],
					  sum[SR_SCALAR] = {0}, have[SR_POINT];
			const size_t count = (size_t)i + j;
			struct sr_err e = {0};

			for (uint8_t m = 0; m < i; m++)
				index[m] = (uint8_t)(m + 1);
			for (uint8_t m = 0; m < j; m++)
				index[i + m] = (uint8_t)(new->d.members - m);
			if (count > SR_BOARD_MEMBERS_MAX ||
				sr_indices_check(index, count, NULL) != 0)
				continue;
			for (size_t m = 0; m < count; m++) {
				const struct t_board *from = m < i ? old : new;

				assert_ok(sr_lagrange_at_zero(w, index, count, m, &e), &e);
				sr_scalar_mul(w, w, from->x[index[m] - 1][0]);
				sr_scalar_add(sum, sum, w);
			}
			assert_ok(sr_point_mul_base(have, sum, &e), &e);
			assert_memory_not_equal(have, old->key[0].board, SR_POINT);
		}
	}
}

/* A dealer who seals another value to a member is named by that member alone. */
static void check_liar(
	const struct t_board *old, const struct t_board *new, const uint8_t *dealers) {
	struct t_board *b = t_board_heirs(old, dealers, new->d.members, new->key[0].quorum, draw);
	const size_t liar = (size_t)t_rand(&draw, b->dealings);
	const uint8_t victim = (uint8_t)(1 + t_rand(&draw, b->d.members));
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR];
	char want[64];
	struct sr_err e = {0};

	for (size_t i = 0; i < b->dealings; i++) {
		sr_deal_spoil(i == liar ? victim : 0);
		assert_ok(sr_deal_make(&b->bytes[i], &b->d, dealers[i], old->seed[dealers[i] - 1],
				  t_shares(old, dealers[i]), &e),
			&e);
		sr_deal_spoil(0);
		assert_ok(sr_deal_decode(&b->dealing[i], sr_buf_view(&b->bytes[i]), &e), &e);
	}
	assert_ok(sr_dkg_combine(b->key, &b->d, b->dealing, b->dealings, &e), &e);
	for (uint8_t m = 1; m <= b->d.members; m++) {
		const struct sr_dkg_own own = {m, b->seed[m - 1], b->dealing, b->dealings, b->key};
		const int rc = sr_dkg_own_shares(x, &b->d, &own, &e);

		if (m != victim) {
			assert_ok(rc, &e);
			continue;
		}
		(void)snprintf(want, sizeof want, "dealer %u: level %u: share for member %u",
			dealers[liar], old->key[0].level, victim);
		assert_fails(rc, SR_AUTH, &e, want);
	}
	t_board_free(b);
}

/* One dealing is missing, twice there, or of a ceremony with another set of dealers. */
static void check_sets(const struct t_board *old, struct t_board *new, const uint8_t *dealers) {
	const size_t count = new->dealings, at = (size_t)t_rand(&draw, count);
	const struct sr_dealing kept = new->dealing[at];
	struct sr_level_key key[SR_BOARD_LEVELS_MAX];
	struct sr_err e = {0};
	char want[32];

	(void)snprintf(want, sizeof want, "dealer %u", dealers[count - 1]);
	assert_fails(
		sr_dkg_combine(key, &new->d, new->dealing, count - 1, &e), SR_CORRUPT, &e, want);
	new->dealing[at] = new->dealing[(at + 1) % count];
	assert_int_equal(sr_dkg_combine(key, &new->d, new->dealing, count, &e), SR_CORRUPT);
	new->dealing[at] = kept;
	if (count == old->d.members)
		return;
	/* The same dealer in a ceremony that differs in one dealer: everything is bound to it. */
	uint8_t others[SR_BOARD_MEMBERS_MAX];
	size_t n = 0;
	bool left_out = false;

	for (uint8_t m = 1; m <= old->d.members && n < count; m++) {
		if (!left_out && m == dealers[0]) {
			left_out = true;
			continue;
		}
		others[n++] = m;
	}
	struct t_board *b = t_board_heirs(old, others, new->d.members, new->key[0].quorum, draw);
	struct sr_dealing theirs;
	struct sr_buf bytes;

	memcpy(b->d.run, new->d.run, SR_ID);
	memcpy(b->d.key, new->d.key, sizeof b->d.key);
	sr_buf_init(&bytes);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < count; j++) {
			if (others[i] != dealers[j])
				continue;
			sr_buf_clear(&bytes);
			assert_ok(sr_deal_make(&bytes, &b->d, others[i], old->seed[others[i] - 1],
					  t_shares(old, others[i]), &e),
				&e);
			assert_ok(sr_deal_decode(&theirs, sr_buf_view(&bytes), &e), &e);
			assert_ok(sr_deal_verify(&b->d, &theirs, &e), &e);
			(void)snprintf(want, sizeof want, "dealer %u", others[i]);
			assert_fails(sr_deal_verify(&new->d, &theirs, &e), SR_AUTH, &e, want);
		}
	sr_buf_free(&bytes);
	t_board_free(b);
}

static void sort(uint8_t *p, size_t count) {
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j > 0 && p[j] < p[j - 1]; j--) {
			const uint8_t swap = p[j];

			p[j] = p[j - 1];
			p[j - 1] = swap;
		}
}

static void reshare(const struct t_board *old, uint8_t members, uint8_t quorum) {
	uint8_t dealers[SR_BOARD_MEMBERS_MAX];
	struct t_board *new;

	t_members(dealers, old->key[0].quorum, old->d.members, &draw);
	sort(dealers, old->key[0].quorum);
	new = t_board_reshare(old, dealers, members, quorum, draw);
	check_new(old, new);
	check_mixed(old, new);
	if (lies % EVERY == 0)
		check_liar(old, new, dealers);
	else if (lies % EVERY == 1)
		check_sets(old, new, dealers);
	lies++;
	t_board_free(new);
}

/* A checker takes twenty minutes for what finds nothing more than some of it does. */
static bool watched(void) {
	return getenv("SR_WRAPPED") != NULL;
}

static void every_small_board_to_every_other(void **state) {
	/* In make check boards of up to five: to seven, another twenty seconds. */
	const unsigned small = watched() ? 4 : t_stride(2) == 1 ? SMALL : SMALL - 2;
	size_t count = 0;

	(void)state;
	for (unsigned n = 2; n <= small; n++)
		for (unsigned k = 2; k <= n; k++) {
			struct t_board *old = t_board_found(
				(uint8_t)n, (const uint8_t[]){(uint8_t)k, 0}, 90 + draw);

			for (unsigned n2 = 2; n2 <= small; n2++)
				for (unsigned k2 = 2; k2 <= n2; k2++, count++)
					reshare(old, (uint8_t)n2, (uint8_t)k2);
			t_board_free(old);
		}
	assert_int_equal(count, (small * (small - 1) / 2) * (small * (small - 1) / 2));
}

static void large_boards(void **state) {
	static const uint8_t cases[][4] = {
		{2, 32, 8, 9}, {8, 9, 3, 32}, {5, 16, 12, 20}, {2, 2, 16, 32}, {11, 12, 2, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i += watched() ? 4 : 1) {
		struct t_board *old =
			t_board_found(cases[i][1], (const uint8_t[]){cases[i][0], 0}, 5 * i);

		reshare(old, cases[i][3], cases[i][2]);
		t_board_free(old);
	}
}

/* Handed on again and again, the key is the first one's. */
static void a_long_line_of_boards(void **state) {
	struct t_board *first = t_board_found(3, (const uint8_t[]){2, 0}, 31), *now = first;
	uint8_t dealers[SR_BOARD_MEMBERS_MAX];

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		const uint8_t n = (uint8_t)(2 + t_rand(&draw, 6)),
			      k = (uint8_t)(2 + t_rand(&draw, (uint64_t)n - 1));
		struct t_board *next;

		t_members(dealers, now->key[0].quorum, now->d.members, &draw);
		sort(dealers, now->key[0].quorum);
		next = t_board_reshare(now, dealers, n, k, draw);
		check_new(first, next);
		if (now != first)
			t_board_free(now);
		now = next;
	}
	assert_int_equal(now->d.epoch, 13);
	t_board_free(now);
	t_board_free(first);
}

static int setup(void **state) {
	(void)state;
	return sr_crypto_init(NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_small_board_to_every_other),
		cmocka_unit_test(large_boards),
		cmocka_unit_test(a_long_line_of_boards),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
