/*
 * The seal of held items: two layers, bound to their place, for curators alone.
 */
#include <stdlib.h>
#include <string.h>

#include "board/held.h"
#include "store/secrets.h"
#include "util.h"

enum {
	CURATORS = 24
};

struct scene {
	struct sr_person_row rows[CURATORS];
	uint8_t seed[CURATORS][SR_SEED];
	struct sr_people people;
	uint8_t key[SR_KEY], part[SR_PART];
	struct sr_held_place at;
	struct sr_buf sealed;
	struct sr_err e;
};

static void scene_make(struct scene *s, size_t curators) {
	memset(s, 0, sizeof *s);
	assert_ok(sr_crypto_init(&s->e), &s->e);
	for (size_t i = 0; i < curators; i++) {
		t_fill(s->seed[i], SR_SEED, 40 + i);
		sr_sign_public(s->rows[i].pk, s->seed[i]);
		sr_person_name(s->rows[i].person, s->rows[i].pk);
	}
	s->people.rows = s->rows;
	s->people.count = curators;
	t_fill(s->key, SR_KEY, 1);
	t_fill(s->part, SR_PART, 2);
	t_fill(s->at.vault, SR_HASH, 3);
	t_fill(s->at.item, SR_ID, 4);
	s->at.number = 1;
	sr_buf_init_secret(&s->sealed);
}

static int seal(struct scene *s) {
	return sr_held_seal(&s->sealed, s->key, &s->at, &s->people, s->part, &s->e);
}

static int open_outer(struct scene *s, const char *curator, struct sr_buf *boxed) {
	struct sr_held_open o = {s->key, sr_buf_view(&s->sealed), curator};

	sr_buf_init(boxed);
	return sr_held_open_outer(boxed, &s->at, &o, &s->e);
}

static void every_curator_opens(void **state) {
	(void)state;
	struct scene s;
	uint8_t part[SR_PART];

	scene_make(&s, 5);
	assert_ok(seal(&s), &s.e);
	for (size_t i = 0; i < 5; i++) {
		struct sr_buf boxed;

		assert_ok(open_outer(&s, s.rows[i].person, &boxed), &s.e);
		assert_int_equal(boxed.len, SR_HELD_BOX);
		assert_ok(
			sr_held_open_box(part, &s.at, sr_buf_view(&boxed), s.seed[i], &s.e), &s.e);
		assert_memory_equal(part, s.part, SR_PART);
		assert_fails(sr_held_open_box(
				     part, &s.at, sr_buf_view(&boxed), s.seed[(i + 1) % 5], &s.e),
			SR_AUTH, &s.e, "quarantine: ");
		sr_buf_free(&boxed);
	}
	sr_buf_free(&s.sealed);
}

static void others_do_not(void **state) {
	(void)state;
	struct scene s;
	struct sr_buf boxed;
	uint8_t part[SR_PART];

	scene_make(&s, 2);
	assert_ok(seal(&s), &s.e);
	assert_fails(open_outer(&s, "p-0000000000000000", &boxed), SR_NOTFOUND, &s.e,
		"no box to p-0000000000000000");
	assert_int_equal(boxed.len, 0);
	s.key[0] ^= 1;
	assert_fails(open_outer(&s, s.rows[0].person, &boxed), SR_AUTH, &s.e,
		"key commitment does not match");
	s.key[0] ^= 1;
	/* Both layers are bound to vault, item and number. */
	assert_ok(open_outer(&s, s.rows[0].person, &boxed), &s.e);
	for (size_t i = 0; i < 3; i++) {
		struct sr_held_place right = s.at;
		struct sr_buf none;

		if (i == 0)
			s.at.number++;
		else
			(i == 1 ? s.at.item : s.at.vault)[5] ^= 1;
		assert_fails(sr_held_open_box(part, &s.at, sr_buf_view(&boxed), s.seed[0], &s.e),
			SR_AUTH, &s.e, "quarantine: ");
		assert_fails(open_outer(&s, s.rows[0].person, &none), SR_AUTH, &s.e,
			"tag does not verify");
		s.at = right;
	}
	sr_buf_free(&boxed);
	sr_buf_free(&s.sealed);
}

static void how_many(void **state) {
	(void)state;
	struct scene s;
	struct sr_buf boxed;

	scene_make(&s, 0);
	assert_fails(seal(&s), SR_DENIED, &s.e, "no active curator");
	assert_int_equal(s.sealed.len, 0);
	scene_make(&s, CURATORS);
	assert_ok(seal(&s), &s.e);
	assert_true(s.sealed.len <= SR_SECRET_MAX);
	/* The first SR_HELD_CURATORS_MAX have a box, and one more would not fit. */
	assert_true(s.sealed.len + 54 + SR_HELD_BOX > SR_SECRET_MAX);
	for (size_t i = 0; i < CURATORS; i++) {
		int rc = open_outer(&s, s.rows[i].person, &boxed);

		assert_int_equal(rc, i < SR_HELD_CURATORS_MAX ? 0 : SR_NOTFOUND);
		sr_buf_free(&boxed);
	}
	sr_buf_free(&s.sealed);
}

static void broken(void *ctx, struct sr_bytes mutant, const char *what) {
	struct scene *s = ctx;
	struct sr_held_open o = {s->key, mutant, s->rows[1].person};
	struct sr_buf boxed;
	int rc;

	sr_buf_init(&boxed);
	rc = sr_held_open_outer(&boxed, &s->at, &o, &s->e);
	if (rc != SR_AUTH && rc != SR_CORRUPT)
		fail_msg("%s: returned %d", what, rc);
	assert_int_equal(boxed.len, 0);
}

static void cuts_and_flips(void **state) {
	(void)state;
	struct scene s;

	scene_make(&s, 2);
	assert_ok(seal(&s), &s.e);
	t_each_cut(sr_buf_view(&s.sealed), broken, &s);
	t_each_flip(sr_buf_view(&s.sealed), broken, &s);
	sr_buf_free(&s.sealed);
}

/* A body that the vault's own key sealed wrongly is CORRUPT, whoever asks. */
static void a_wrong_body(void **state) {
	(void)state;
	struct scene s;
	struct sr_buf good, body, boxed;
	uint8_t where[SR_HASH + SR_ID + 8];

	scene_make(&s, 2);
	assert_ok(seal(&s), &s.e);
	memcpy(where, s.at.vault, SR_HASH);
	memcpy(where + SR_HASH, s.at.item, SR_ID);
	sr_le64_put(where + SR_HASH + SR_ID, s.at.number);
	sr_buf_init(&good);
	assert_ok(sr_aead_open_buf(&good, s.key, "strongroom/quarantine/v1",
			  sr_bytes_of(where, sizeof where), sr_buf_view(&s.sealed), &s.e),
		&s.e);
	for (int how = 0; how < 4; how++) {
		sr_buf_init(&body);
		sr_buf_put(&body, good.p, how == 0 ? good.len - 1 : good.len);
		if (how == 1)
			sr_buf_put_u8(&body, 0);
		if (how == 2)
			sr_le32_put(body.p, 0);
		if (how == 3)
			sr_le32_put(body.p + 4 + 50, SR_HELD_BOX - 1);
		sr_buf_clear(&s.sealed);
		assert_ok(sr_aead_seal_buf(&s.sealed, s.key, "strongroom/quarantine/v1",
				  sr_bytes_of(where, sizeof where), sr_buf_view(&body), &s.e),
			&s.e);
		assert_fails(
			open_outer(&s, s.rows[0].person, &boxed), SR_CORRUPT, &s.e, "quarantine: ");
		sr_buf_free(&body);
	}
	sr_buf_free(&good);
	sr_buf_free(&s.sealed);
}

/* No secret without a box, with more than it holds, or with two to the same person. */
static void boxes_that_are_none(void **state) {
	(void)state;
	struct scene s;
	struct sr_held_boxes boxes = {.count = 0};

	scene_make(&s, 2);
	assert_fails(sr_held_boxes_seal(&s.sealed, s.key, &s.at, &boxes, &s.e), SR_MISUSE, &s.e,
		"quarantine: 0 boxes, want 1 to 15");
	boxes.count = SR_HELD_CURATORS_MAX + 1;
	assert_fails(sr_held_boxes_seal(&s.sealed, s.key, &s.at, &boxes, &s.e), SR_MISUSE, &s.e,
		"quarantine: 16 boxes, want 1 to 15");
	boxes.count = 3;
	for (size_t i = 0; i < boxes.count; i++)
		assert_ok(sr_held_box_make(&boxes.rows[i], &s.at, s.rows[i % 2].person,
				  s.rows[i % 2].pk, s.part, &s.e),
			&s.e);
	assert_fails(sr_held_boxes_seal(&s.sealed, s.key, &s.at, &boxes, &s.e), SR_MISUSE, &s.e,
		"quarantine: two boxes to p-");
	assert_int_equal(s.sealed.len, 0);
}

/* A curator's box, or what a deposit left, that opens and holds no part: another program's, or
 * another version's. */
static void parts_of_another_size(void **state) {
	(void)state;
	struct scene s;
	struct sr_buf sealed;
	uint8_t where[SR_HASH + SR_ID + 8], part[SR_PART];

	scene_make(&s, 1);
	memcpy(where, s.at.vault, SR_HASH);
	memcpy(where + SR_HASH, s.at.item, SR_ID);
	sr_le64_put(where + SR_HASH + SR_ID, s.at.number);
	sr_buf_init(&sealed);
	assert_ok(sr_box_seal_person(&sealed, s.rows[0].pk, "strongroom/quarantine/v1",
			  sr_bytes_of(where, sizeof where), sr_bytes_of(s.part, SR_PART - 1), &s.e),
		&s.e);
	assert_fails(sr_held_open_box(part, &s.at, sr_buf_view(&sealed), s.seed[0], &s.e),
		SR_CORRUPT, &s.e, "quarantine: want a part of 32 bytes, have 31");
	sr_buf_clear(&sealed);
	assert_ok(sr_aead_seal_buf(&sealed, s.key, "strongroom/intake/v1",
			  sr_bytes_of(where, sizeof where), sr_bytes_of(s.part, SR_PART - 1), &s.e),
		&s.e);
	assert_fails(sr_intake_open(part, s.key, &s.at, sr_buf_view(&sealed), &s.e), SR_CORRUPT,
		&s.e, "want a part of 32 bytes, have 31");
	sr_buf_free(&sealed);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_curator_opens),
		cmocka_unit_test(others_do_not),
		cmocka_unit_test(how_many),
		cmocka_unit_test(cuts_and_flips),
		cmocka_unit_test(a_wrong_body),
		cmocka_unit_test(boxes_that_are_none),
		cmocka_unit_test(parts_of_another_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
