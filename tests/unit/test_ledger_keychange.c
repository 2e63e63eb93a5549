/*
 * service-key: who follows it, and everything that nobody follows.
 */
#include "ledger/keychange.h"

#include "ledger/seen.h"
#include "ledger_fixture.h"

struct keys {
	uint8_t ledger_seed[SR_SEED], room_seed[SR_SEED];
	uint8_t ledger_pk[SR_PK], room_pk[SR_PK];
};

static void keys_of(struct keys *k, uint64_t n) {
	t_fill(k->ledger_seed, SR_SEED, 100 * n + 1);
	t_fill(k->room_seed, SR_SEED, 100 * n + 2);
	sr_sign_public(k->ledger_pk, k->ledger_seed);
	sr_sign_public(k->room_pk, k->room_seed);
}

/* From ${from} on the keys ${next}, said by ${by}; of the vault 77 when ${vault} is. */
static void change(struct sr_buf *out, uint64_t from, const struct keys *next,
	const struct keys *by, uint64_t vault) {
	struct sr_key_change k = {.from = from};
	struct sr_head head = {.time = T_TIME};
	struct sr_buf text;
	struct sr_err e;

	memcpy(k.ledger_pk, next->ledger_pk, SR_PK);
	memcpy(k.room_pk, next->room_pk, SR_PK);
	t_fill(head.vault, SR_HASH, vault);
	t_fill(head.id, SR_ID, from);
	snprintf(head.actor, sizeof head.actor, "service");
	sr_buf_init(&text);
	sr_statement_begin(&text, SR_T_SERVICE_KEY, &head);
	assert_ok(sr_key_change_put(&text, &k, T_ORIGIN, &e), &e);
	sr_buf_clear(out);
	assert_ok(sr_key_change_sign(
			  out, sr_buf_view(&text), T_ORIGIN, by->ledger_seed, by->room_seed, &e),
		&e);
	sr_buf_free(&text);
}

static void both_keys_before_sign(void **state) {
	struct keys a, b, c;
	struct sr_key_change k;
	struct sr_statement s;
	struct sr_buf note;
	struct sr_err e;

	(void)state;
	sr_buf_init(&note);
	keys_of(&a, 1);
	keys_of(&b, 2);
	keys_of(&c, 3);
	change(&note, 12, &b, &a, 77);
	assert_true(note.len <= SR_KEY_CHANGE_MAX);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	assert_ok(sr_key_change_read(&k, &s, T_ORIGIN, &e), &e);
	assert_int_equal(k.from, 12);
	assert_memory_equal(k.ledger_pk, b.ledger_pk, SR_PK);
	assert_memory_equal(k.room_pk, b.room_pk, SR_PK);
	assert_fails(
		sr_key_change_read(&k, &s, "other.example", &e), SR_CORRUPT, &e, "named as the");
	assert_ok(sr_key_change_verify(&s, T_ORIGIN, a.ledger_pk, a.room_pk, &e), &e);
	assert_ok(sr_key_change_verify(&s, T_ORIGIN, a.ledger_pk, NULL, &e), &e);
	assert_fails(sr_key_change_verify(&s, T_ORIGIN, c.ledger_pk, a.room_pk, &e), SR_AUTH, &e,
		"line 1 is not by the ledger key");
	assert_fails(sr_key_change_verify(&s, T_ORIGIN, a.ledger_pk, c.room_pk, &e), SR_AUTH, &e,
		"line 2 is not by the room key");
	/* As any service statement it would have one signature: it does not pass for one. */
	char name[300];
	assert_ok(sr_statement_room_name(name, sizeof name, T_ORIGIN, &e), &e);
	assert_fails(
		sr_statement_verify(&s, name, a.room_pk, &e), SR_AUTH, &e, "2 signature lines");
	sr_statement_free(&s);
	/* By the room key alone. */
	struct sr_buf text, one;
	sr_buf_init(&text);
	sr_buf_init(&one);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	sr_buf_put_bytes(&text, s.body);
	sr_statement_free(&s);
	assert_ok(sr_statement_sign(&one, sr_buf_view(&text), name, a.room_seed, &e), &e);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&one), &e), &e);
	assert_fails(sr_key_change_verify(&s, T_ORIGIN, a.ledger_pk, a.room_pk, &e), SR_AUTH, &e,
		"1 signature lines, want 2");
	sr_statement_free(&s);
	sr_buf_free(&text);
	sr_buf_free(&one);
	sr_buf_free(&note);
}

static void a_chain_is_followed(void **state) {
	struct keys k[4];
	struct sr_log_keys log;
	struct sr_buf note, other;
	uint8_t vault[SR_HASH];
	struct sr_err e;

	(void)state;
	sr_buf_init(&note);
	sr_buf_init(&other);
	t_fill(vault, SR_HASH, 77);
	for (size_t i = 0; i < T_COUNT(k); i++)
		keys_of(&k[i], i + 1);
	sr_log_keys_begin(&log, k[0].ledger_pk);
	change(&note, 20, &k[2], &k[1], 77); /* the second before the first */
	assert_fails(sr_key_change_follow(&log, T_ORIGIN, vault, sr_buf_view(&note), &e), SR_AUTH,
		&e, "line 1 is not by the ledger key");
	change(&other, 12, &k[1], &k[0], 78);
	assert_fails(sr_key_change_follow(&log, T_ORIGIN, vault, sr_buf_view(&other), &e), SR_AUTH,
		&e, "another vault");
	change(&other, 12, &k[1], &k[3], 77); /* not the key's own change */
	assert_fails(sr_key_change_follow(&log, T_ORIGIN, vault, sr_buf_view(&other), &e), SR_AUTH,
		&e, "line 1 is not by the ledger key");
	assert_int_equal(log.count, 1);
	change(&other, 12, &k[1], &k[0], 77);
	assert_ok(sr_key_change_follow(&log, T_ORIGIN, vault, sr_buf_view(&other), &e), &e);
	assert_ok(sr_key_change_follow(&log, T_ORIGIN, vault, sr_buf_view(&other), &e), &e);
	assert_int_equal(log.count, 2);
	assert_ok(sr_key_change_follow(&log, T_ORIGIN, NULL, sr_buf_view(&note), &e), &e);
	assert_int_equal(log.count, 3);
	assert_memory_equal(sr_log_keys_at(&log, 13), k[1].ledger_pk, SR_PK);
	assert_memory_equal(sr_log_keys_newest(&log), k[2].ledger_pk, SR_PK);
	/* A thief of the first keys names others at the same entry, or at a later one. */
	change(&other, 12, &k[3], &k[0], 77);
	assert_fails(sr_key_change_follow(&log, T_ORIGIN, vault, sr_buf_view(&other), &e), SR_AUTH,
		&e, "forked");
	change(&other, 30, &k[3], &k[0], 77);
	assert_fails(sr_key_change_follow(&log, T_ORIGIN, vault, sr_buf_view(&other), &e), SR_AUTH,
		&e, "line 1 is not by the ledger key");
	/* The rightful key names an entry before its own. */
	change(&other, 15, &k[3], &k[2], 77);
	assert_fails(sr_key_change_follow(&log, T_ORIGIN, vault, sr_buf_view(&other), &e), SR_AUTH,
		&e, "comes after one at entry 20");
	assert_int_equal(log.count, 3);
	sr_buf_free(&note);
	sr_buf_free(&other);
}

static void mutant(void *ctx, struct sr_bytes note, const char *what) {
	const struct keys *a = ctx;
	struct sr_log_keys log;
	struct sr_err e = {0};
	int rc;

	sr_log_keys_begin(&log, a->ledger_pk);
	rc = sr_key_change_follow(&log, T_ORIGIN, NULL, note, &e);
	/* Only the room key's signature is not looked at here; who checks statements does. */
	if (rc == 0) {
		struct sr_statement s;

		assert_int_equal(sr_statement_parse(&s, note, NULL), 0);
		rc = sr_key_change_verify(&s, T_ORIGIN, a->ledger_pk, a->room_pk, NULL);
		sr_statement_free(&s);
	}
	if (rc != SR_CORRUPT && rc != SR_AUTH && rc != SR_UNSUPPORTED)
		fail_msg("%s: %d %s", what, rc, e.text);
}

static void every_cut_and_flip_is_seen(void **state) {
	struct keys a, b;
	struct sr_buf note;

	(void)state;
	sr_buf_init(&note);
	keys_of(&a, 1);
	keys_of(&b, 2);
	change(&note, 12, &b, &a, 77);
	t_each_cut(sr_buf_view(&note), mutant, &a);
	t_each_flip(sr_buf_view(&note), mutant, &a);
	sr_buf_free(&note);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_keys_before_sign),
		cmocka_unit_test(a_chain_is_followed),
		cmocka_unit_test(every_cut_and_flip_is_seen),
	};

	return cmocka_run_group_tests_name("ledger_keychange", tests, NULL, NULL);
}
