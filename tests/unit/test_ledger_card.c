/*
 * Key cards: what is made is read; cut, flipped or signed by somebody else is refused.
 */
#include "ledger_fixture.h"

static void test_round(void **state) {
	(void)state;
	const struct t_person p = t_person(1);
	struct sr_card c;
	struct sr_buf b;
	struct sr_err e;
	uint8_t commit[SR_HASH];
	sr_buf_init(&b);
	t_card(&b, &p);
	assert_ok(sr_card_read(&c, sr_buf_view(&b), &e), &e);
	assert_memory_equal(c.key, p.pk, SR_PK);
	assert_string_equal(c.person, p.name);
	sr_text_commit(commit, p.salt, sr_bytes_str(p.real));
	assert_memory_equal(c.name, commit, SR_HASH);
	assert_false(t_contains(sr_buf_view(&b), p.real));
	sr_buf_free(&b);
}

static void must_fail(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_card c;
	struct sr_err e;
	(void)ctx;
	const int rc = sr_card_read(&c, mutant, &e);
	if (rc != SR_CORRUPT && rc != SR_AUTH && rc != SR_LIMIT)
		fail_msg("%s: answer %d", what, rc);
}

static void test_mutants(void **state) {
	(void)state;
	const struct t_person p = t_person(1);
	struct sr_buf b;
	struct sr_card c;
	struct sr_err e;
	sr_buf_init(&b);
	t_card(&b, &p);
	/* Before it was found good, and after. */
	for (int i = 0; i < 2; i++) {
		t_each_cut(sr_buf_view(&b), must_fail, NULL);
		t_each_flip(sr_buf_view(&b), must_fail, NULL);
		assert_ok(sr_card_read(&c, sr_buf_view(&b), &e), &e);
	}
	sr_buf_free(&b);
}

/* More of them than are remembered as good: each is good whenever it is read, and one that differs
 * from it in its signature never is. */
static void test_many(void **state) {
	(void)state;
	enum {
		MANY = 1024 + 200
	};
	struct sr_buf all[MANY];
	struct sr_card c;
	struct sr_err e;
	for (unsigned i = 0; i < MANY; i++) {
		uint8_t seed[SR_SEED] = {(uint8_t)i, (uint8_t)(i >> 8), 77}, name[SR_HASH] = {3};
		sr_buf_init(&all[i]);
		assert_ok(sr_card_make(&all[i], seed, name, &e), &e);
		assert_ok(sr_card_read(&c, sr_buf_view(&all[i]), &e), &e);
	}
	for (unsigned i = 0; i < MANY; i += 3) {
		uint8_t *at = all[i].p + all[i].len - 20; /* of the signature's base64 */
		const uint8_t was = *at;
		assert_ok(sr_card_read(&c, sr_buf_view(&all[i]), &e), &e);
		*at = was == 'A' ? 'B' : 'A';
		assert_fails(sr_card_read(&c, sr_buf_view(&all[i]), &e), SR_AUTH, &e, "key card");
		assert_fails(sr_card_read(&c, sr_buf_view(&all[i]), &e), SR_AUTH, &e, "key card");
		*at = was;
		assert_ok(sr_card_read(&c, sr_buf_view(&all[i]), &e), &e);
	}
	for (unsigned i = 0; i < MANY; i++)
		sr_buf_free(&all[i]);
}

/* Somebody else's signature over the card's text, and a second line. */
static void test_other_signer(void **state) {
	(void)state;
	const struct t_person p = t_person(1), q = t_person(2);
	struct sr_vkey kp, kq;
	struct sr_note n;
	struct sr_card c;
	struct sr_buf b, forged;
	struct sr_err e;
	sr_buf_init(&b);
	sr_buf_init(&forged);
	t_card(&b, &p);
	assert_ok(sr_note_parse(&n, sr_buf_view(&b), &e), &e);
	assert_ok(sr_vkey_make(&kp, sr_bytes_str(p.name), SR_NOTE_ED25519, p.pk, &e), &e);
	assert_ok(sr_vkey_make(&kq, sr_bytes_str(q.name), SR_NOTE_ED25519, q.pk, &e), &e);
	const struct sr_signer signers[] = {{.key = &kq, .seed = q.seed, .person = true},
		{.key = &kp, .seed = p.seed, .person = true}};
	assert_ok(sr_note_sign(&forged, n.text, signers, 1, &e), &e);
	assert_fails(sr_card_read(&c, sr_buf_view(&forged), &e), SR_AUTH, &e, "own key");
	sr_buf_clear(&forged);
	assert_ok(sr_note_sign(&forged, n.text, signers, 2, &e), &e);
	assert_fails(
		sr_card_read(&c, sr_buf_view(&forged), &e), SR_CORRUPT, &e, "have 2 signature");
	sr_note_free(&n);
	sr_buf_free(&b);
	sr_buf_free(&forged);
}

/* A next card keeps the name of the first key, and tells whether the key before bears it out. */
static void test_next(void **state) {
	(void)state;
	const struct t_person p = t_person(1), q = t_person(2), r = t_person(3);
	struct sr_card_next next = {p.name, p.seed};
	uint8_t commit[SR_HASH];
	struct sr_buf b, first;
	struct sr_card c;
	struct sr_err e;
	sr_buf_init(&b);
	sr_buf_init(&first);
	t_card(&first, &p);
	sr_text_commit(commit, p.salt, sr_bytes_str(p.real));
	assert_ok(sr_card_make_next(&b, q.seed, commit, &next, &e), &e);
	assert_true(b.len <= SR_CARD_MAX);
	assert_ok(sr_card_read(&c, sr_buf_view(&b), &e), &e);
	assert_memory_equal(c.key, q.pk, SR_PK);
	assert_string_equal(c.person, p.name);
	assert_true(c.next && c.by_old);
	assert_ok(sr_card_by_old(sr_buf_view(&b), p.pk, &e), &e);
	assert_fails(
		sr_card_by_old(sr_buf_view(&b), r.pk, &e), SR_AUTH, &e, "not by the key before");
	assert_fails(sr_card_by_old(sr_buf_view(&first), p.pk, &e), SR_AUTH, &e, "no signature");
	sr_buf_clear(&b);
	next.old = NULL;
	assert_ok(sr_card_make_next(&b, q.seed, commit, &next, &e), &e);
	assert_ok(sr_card_read(&c, sr_buf_view(&b), &e), &e);
	assert_true(c.next && !c.by_old);
	t_each_cut(sr_buf_view(&b), must_fail, NULL);
	t_each_flip(sr_buf_view(&b), must_fail, NULL);
	assert_fails(sr_card_make_next(&b, p.seed, commit, &next, &e), SR_USAGE, &e, "name is of");
	sr_buf_free(&b);
	sr_buf_free(&first);
}

/* A next card under the name of its own key, and one that is longer than any. */
static void test_impossible(void **state) {
	(void)state;
	const struct t_person p = t_person(1), q = t_person(2);
	const struct sr_card_next next = {p.name, NULL};
	uint8_t commit[SR_HASH], large[SR_CARD_MAX + 1] = {0};
	struct sr_vkey key;
	struct sr_note n;
	struct sr_buf b, text;
	struct sr_card c;
	struct sr_err e;
	sr_buf_init(&b);
	sr_buf_init(&text);
	sr_text_commit(commit, q.salt, sr_bytes_str(q.real));
	assert_ok(sr_card_make_next(&b, q.seed, commit, &next, &e), &e);
	assert_ok(sr_note_parse(&n, sr_buf_view(&b), &e), &e);
	sr_buf_put_bytes(&text, n.text);
	sr_note_free(&n);
	uint8_t *at = memmem(text.p, text.len, p.name, SR_PERSON_TEXT - 1);
	assert_non_null(at);
	memcpy(at, q.name, SR_PERSON_TEXT - 1);
	assert_ok(sr_vkey_make(&key, sr_bytes_str(q.name), SR_NOTE_ED25519, q.pk, &e), &e);
	const struct sr_signer by = {.key = &key, .seed = q.seed, .person = true};
	at[0] = 'q';
	sr_buf_clear(&b);
	assert_ok(sr_note_sign(&b, sr_buf_view(&text), &by, 1, &e), &e);
	assert_fails(sr_card_read(&c, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"`person` is not p- and 16 hex digits");
	at[0] = 'p';
	sr_buf_clear(&b);
	assert_ok(sr_note_sign(&b, sr_buf_view(&text), &by, 1, &e), &e);
	assert_fails(sr_card_read(&c, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"`person` is the name of the key itself");
	/* What is no key, no name, or stands in another line. */
	static const char *const lines[][3] = {
		{"\nkey ", "\nkez ", "lines are not `person`?, `key` and `name`"},
		{"\nperson ", "\npersom ", "lines are not `person`?, `key` and `name`"},
		{"\nname ~", "\nname !", "`name` is not ~ and base64 of 32 bytes"},
	};
	for (size_t i = 0; i < T_COUNT(lines); i++) {
		uint8_t *line = memmem(text.p, text.len, lines[i][0], strlen(lines[i][0]));

		assert_non_null(line);
		memcpy(line, lines[i][1], strlen(lines[i][1]));
		sr_buf_clear(&b);
		assert_ok(sr_note_sign(&b, sr_buf_view(&text), &by, 1, &e), &e);
		assert_fails(sr_card_read(&c, sr_buf_view(&b), &e), SR_CORRUPT, &e, lines[i][2]);
		memcpy(line, lines[i][0], strlen(lines[i][0]));
	}
	assert_fails(sr_card_read(&c, sr_bytes_of(large, sizeof large), &e), SR_CORRUPT, &e,
		"have 513 bytes, want at most 512");
	sr_buf_free(&b);
	sr_buf_free(&text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_other_signer),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_impossible),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
