/*
 * lanes: for every length of text and head, every way that this processor has gives what libsodium
 * gives, texts of unlike lengths side by side; nothing is read or written beside them.
 */
#include "util.h"

#include <sys/mman.h>

#include "base/limits.h"
#include "crypto/lanes.h"

#define LABEL "strongroom/t/v1"

enum {
	PAGES = 12288, /* bytes: whole pages, for texts that end where the memory does */
	ALL = 1100     /* lengths: from nothing to beyond the eighth block */
};

static uint8_t *edge; /* PAGES bytes, and behind them nothing may be read */

static void check(const struct sr_lane *lanes, size_t count) {
	uint8_t have[SR_LANES_TEXTS + 1][SR_HASH], want[SR_HASH];

	memset(have, 0xaa, sizeof have);
	sr_hash_lanes(have, LABEL, lanes, count);
	for (size_t k = 0; k < count; k++) {
		if (lanes[k].head.p != NULL)
			SR_HASH_OF(want, LABEL, NULL, lanes[k].head, lanes[k].text);
		else
			SR_HASH_OF(want, LABEL, NULL, lanes[k].text);
		assert_memory_equal(have[k], want, SR_HASH);
	}
	for (size_t i = 0; i < (SR_LANES_TEXTS + 1 - count) * SR_HASH; i++)
		assert_int_equal(have[count + i / SR_HASH][i % SR_HASH], 0xaa);
}

/* Four of a length, each with another head, that end where the memory ends. */
static void lengths(void) {
	static const uint8_t head[SR_LANES_HEAD] = {7};
	struct sr_lane lanes[SR_LANES];

	for (size_t len = 0; len < ALL; len++) {
		for (size_t k = 0; k < SR_LANES; k++) {
			const size_t short_of = k == 0 ? 0 : (len * k) % 7;
			lanes[k].text =
				sr_bytes_of(edge + PAGES - len, len - (len > 7 ? short_of : 0));
			lanes[k].head = sr_bytes_of(k == 0 ? NULL : head, k * 10);
		}
		check(lanes, 1 + len % SR_LANES);
		check(lanes, SR_LANES);
	}
}

/* One long, the others short in every order; and heads of every length. */
static void unlike(void) {
	static const size_t sizes[] = {PAGES, 513, 4096, 0, 511, 512, 8000, 640};
	uint8_t head[SR_LANES_HEAD];
	struct sr_lane lanes[SR_LANES];
	const size_t n = sizeof sizes / sizeof *sizes;

	t_fill(head, sizeof head, 4);
	for (size_t i = 0; i < n * n * n; i++) {
		const size_t pick[SR_LANES] = {i % n, i / n % n, i / n / n, (i + 3) % n};
		for (size_t k = 0; k < SR_LANES; k++) {
			lanes[k].text =
				sr_bytes_of(edge + (PAGES - sizes[pick[k]]), sizes[pick[k]]);
			lanes[k].head = sr_bytes_of(head, (i + k) % (SR_LANES_HEAD + 1));
		}
		check(lanes, SR_LANES);
		check(lanes + 1, 3);
		check(lanes + 2, 2);
	}
}

/* As many as a call takes, and each number before, of lengths as files have them: a lane that is
 * done goes on with the next. Now and then one is longer than all the others. */
static void many(void) {
	uint8_t head[SR_LANES_HEAD];
	struct sr_lane lanes[SR_LANES_TEXTS];

	t_fill(head, sizeof head, 5);
	for (size_t round = 0; round < 200; round++) {
		for (size_t k = 0; k < SR_LANES_TEXTS; k++) {
			const size_t draw = (round * 7919 + k * 104729) % 65521;
			const size_t len = (round + k) % 19 == 0 ? PAGES - k : draw % 2000;
			lanes[k].text = sr_bytes_of(edge + (PAGES - len), len);
			lanes[k].head = sr_bytes_of(round % 3 == 0 ? NULL : head, draw % 33);
		}
		check(lanes, 1 + round % SR_LANES_TEXTS);
		check(lanes, SR_LANES_TEXTS);
	}
}

static void every_way(void **state) {
	(void)state;
	for (unsigned kind = SR_LANES_NONE; kind <= (unsigned)sr_lanes_best(); kind++) {
		sr_lanes_use((enum sr_lanes_kind)kind);
		lengths();
		unlike();
		many();
	}
	sr_lanes_use(sr_lanes_best());
}

/* The texts of real use: segments and blocks, of a megabyte and of less. */
static void megabytes(void **state) {
	uint8_t *text = malloc(SR_LANES * (size_t)SR_SEGMENT), index[SR_LANES][8];
	struct sr_lane lanes[SR_LANES];
	(void)state;
	assert_non_null(text);
	t_fill(text, SR_LANES * (size_t)SR_SEGMENT, 9);
	for (unsigned kind = SR_LANES_NONE; kind <= (unsigned)sr_lanes_best(); kind++) {
		sr_lanes_use((enum sr_lanes_kind)kind);
		for (size_t k = 0; k < SR_LANES; k++) {
			sr_le64_put(index[k], k);
			lanes[k] = (struct sr_lane){sr_bytes_of(index[k], 8),
				sr_bytes_of(text + k * SR_SEGMENT, SR_SEGMENT)};
		}
		lanes[3].text.len -= 77;
		check(lanes, SR_LANES);
		lanes[3].text.len += 77;
		/* one flipped bit of one text changes its hash and no other */
		uint8_t before[SR_LANES][SR_HASH], after[SR_LANES][SR_HASH];
		sr_hash_lanes(before, LABEL, lanes, SR_LANES);
		text[2 * (size_t)SR_SEGMENT + 777777] ^= 4;
		sr_hash_lanes(after, LABEL, lanes, SR_LANES);
		for (size_t k = 0; k < SR_LANES; k++)
			assert_int_equal(memcmp(before[k], after[k], SR_HASH) == 0, k != 2);
		text[2 * (size_t)SR_SEGMENT + 777777] ^= 4;
	}
	sr_lanes_use(sr_lanes_best());
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way),
		cmocka_unit_test(megabytes),
	};
	edge = mmap(NULL, PAGES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (edge == MAP_FAILED || mprotect(edge + PAGES, 4096, PROT_NONE) != 0 ||
		sr_crypto_init(NULL) != 0)
		return 1;
	t_fill(edge, PAGES, 3);
	return cmocka_run_group_tests_name("crypto lanes", tests, NULL, NULL);
}
