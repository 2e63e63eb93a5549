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
	struct sr_key_change k = {.log = {.next = {.from = from}}};
	const struct sr_key_change_by signers = {.origin = T_ORIGIN,
		.name = T_ORIGIN,
		.ledger_seed = by->ledger_seed,
		.room_seed = by->room_seed};
	struct sr_head head = {.time = T_TIME};
	struct sr_buf text;
	struct sr_err e;

	snprintf(k.log.next.name, sizeof k.log.next.name, "%s", T_ORIGIN);
	memcpy(k.log.next.pk, next->ledger_pk, SR_PK);
	memcpy(k.room_pk, next->room_pk, SR_PK);
	t_fill(head.vault, SR_HASH, vault);
	t_fill(head.id, SR_ID, from);
	snprintf(head.actor, sizeof head.actor, "service");
	sr_buf_init(&text);
	sr_statement_begin(&text, SR_T_SERVICE_KEY, &head);
	assert_ok(sr_key_change_put(&text, &k, &e), &e);
	sr_buf_clear(out);
	assert_ok(sr_key_change_sign(out, sr_buf_view(&text), &signers, &e), &e);
	sr_buf_free(&text);
}

static void link_of(struct sr_log_link *l, const char *name, const struct keys *k) {
	memset(l, 0, sizeof *l);
	snprintf(l->name, sizeof l->name, "%s", name);
	memcpy(l->pk, k->ledger_pk, SR_PK);
}

static void both_keys_before_sign(void **state) {
	struct keys a, b, c;
	struct sr_log_link l;
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
	assert_true(note.len <= SR_LOG_CHANGE_MAX);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	assert_ok(sr_key_change_read(&k, &s, &e), &e);
	assert_int_equal(k.log.next.from, 12);
	assert_false(k.log.renames);
	assert_string_equal(k.log.next.name, T_ORIGIN);
	assert_memory_equal(k.log.next.pk, b.ledger_pk, SR_PK);
	assert_memory_equal(k.room_pk, b.room_pk, SR_PK);
	link_of(&l, T_ORIGIN, &a);
	assert_ok(sr_key_change_verify(&s, T_ORIGIN, &l, a.room_pk, &e), &e);
	assert_ok(sr_key_change_verify(&s, T_ORIGIN, &l, NULL, &e), &e);
	assert_fails(sr_key_change_verify(&s, T_ORIGIN, &l, c.room_pk, &e), SR_AUTH, &e,
		"line 2 is not by the room key");
	link_of(&l, "other.example", &a);
	assert_fails(sr_key_change_verify(&s, T_ORIGIN, &l, a.room_pk, &e), SR_AUTH, &e,
		"line 1 is not by the ledger key");
	link_of(&l, T_ORIGIN, &c);
	assert_fails(sr_key_change_verify(&s, T_ORIGIN, &l, a.room_pk, &e), SR_AUTH, &e,
		"line 1 is not by the ledger key");
	link_of(&l, T_ORIGIN, &a);
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
	assert_fails(sr_key_change_verify(&s, T_ORIGIN, &l, a.room_pk, &e), SR_AUTH, &e,
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
	sr_log_keys_begin(&log, T_ORIGIN, k[0].ledger_pk);
	change(&note, 20, &k[2], &k[1], 77); /* the second before the first */
	assert_fails(sr_key_change_follow(NULL, &log, vault, sr_buf_view(&note), &e), SR_AUTH, &e,
		"not signed by the ledger key");
	change(&other, 12, &k[1], &k[0], 78);
	assert_fails(sr_key_change_follow(NULL, &log, vault, sr_buf_view(&other), &e), SR_AUTH, &e,
		"another vault");
	change(&other, 12, &k[1], &k[3], 77); /* not the key's own change */
	assert_fails(sr_key_change_follow(NULL, &log, vault, sr_buf_view(&other), &e), SR_AUTH, &e,
		"not signed by the ledger key");
	assert_int_equal(log.count, 1);
	change(&other, 12, &k[1], &k[0], 77);
	assert_ok(sr_key_change_follow(NULL, &log, vault, sr_buf_view(&other), &e), &e);
	assert_ok(sr_key_change_follow(NULL, &log, vault, sr_buf_view(&other), &e), &e);
	assert_int_equal(log.count, 2);
	assert_ok(sr_key_change_follow(NULL, &log, NULL, sr_buf_view(&note), &e), &e);
	assert_int_equal(log.count, 3);
	assert_memory_equal(sr_log_keys_at(&log, 13), k[1].ledger_pk, SR_PK);
	assert_memory_equal(sr_log_keys_newest(&log), k[2].ledger_pk, SR_PK);
	/* What names the same keys says other things too: it is believed by its signature alone. */
	struct sr_key_change out = {.room_pk = {0}};
	struct keys room = k[1];
	memcpy(room.room_pk, k[3].room_pk, SR_PK);
	change(&other, 12, &room, &k[3], 77);
	assert_fails(sr_key_change_follow(&out, &log, vault, sr_buf_view(&other), &e), SR_AUTH, &e,
		"not signed by the ledger key");
	assert_int_equal(out.room_pk[0], 0);
	/* A thief of the first keys names others at the same entry, or at a later one. */
	change(&other, 12, &k[3], &k[0], 77);
	assert_fails(sr_key_change_follow(NULL, &log, vault, sr_buf_view(&other), &e), SR_AUTH, &e,
		"forked");
	change(&other, 30, &k[3], &k[0], 77);
	assert_fails(sr_key_change_follow(NULL, &log, vault, sr_buf_view(&other), &e), SR_AUTH, &e,
		"not signed by the ledger key");
	/* The rightful key names an entry before its own. */
	change(&other, 15, &k[3], &k[2], 77);
	assert_fails(sr_key_change_follow(NULL, &log, vault, sr_buf_view(&other), &e), SR_AUTH, &e,
		"comes after one at entry 20");
	assert_int_equal(log.count, 3);
	sr_buf_free(&note);
	sr_buf_free(&other);
}

/* From ${from} on the name ${name}, by the keys ${by} under ${former}: of a loss. */
static int name(struct sr_buf *out, struct sr_key_change *k, const char *former,
	const struct keys *by, struct sr_err *e) {
	const struct sr_key_change_by signers = {.origin = T_ORIGIN,
		.name = former,
		.ledger_seed = by->ledger_seed,
		.room_seed = by->room_seed};
	struct sr_head head = {.time = T_TIME};
	struct sr_buf text;
	int rc;

	t_fill(head.vault, SR_HASH, 77);
	t_fill(head.id, SR_ID, k->log.next.from);
	snprintf(head.actor, sizeof head.actor, "service");
	sr_buf_init(&text);
	sr_statement_begin(&text, SR_T_SERVICE_KEY, &head);
	assert_int_equal(sr_key_change_put(&text, k, NULL), 0);
	sr_buf_clear(out);
	rc = sr_key_change_sign(out, sr_buf_view(&text), &signers, e);
	sr_buf_free(&text);
	return rc;
}

/* A name of the same keys, and a key under that name; nothing that changes both, or neither. */
static void a_name_is_followed(void **state) {
	static const char NEW[] = "archive.example/second";
	struct sr_key_change k = {.log = {.renames = true}}, got;
	struct sr_log_keys log;
	struct sr_log_link l;
	struct sr_statement s;
	struct keys a, b;
	struct sr_buf note;
	struct sr_err e;

	(void)state;
	sr_buf_init(&note);
	keys_of(&a, 1);
	keys_of(&b, 2);
	link_of(&k.log.next, NEW, &a);
	k.log.next.from = 30;
	k.log.next.agreed = 28;
	k.log.next.known = 44;
	t_fill(k.log.root, SR_HASH, 5);
	memcpy(k.room_pk, a.room_pk, SR_PK);
	assert_ok(name(&note, &k, T_ORIGIN, &a, &e), &e);
	assert_true(note.len <= SR_LOG_CHANGE_MAX);
	sr_log_keys_begin(&log, T_ORIGIN, a.ledger_pk);
	assert_ok(sr_key_change_follow(&got, &log, NULL, sr_buf_view(&note), &e), &e);
	assert_ok(sr_key_change_follow(&got, &log, NULL, sr_buf_view(&note), &e), &e);
	assert_int_equal(log.count, 2);
	assert_true(got.log.renames);
	assert_int_equal(got.log.next.agreed, 28);
	assert_int_equal(log.key[1].known, 44);
	assert_memory_equal(got.log.root, k.log.root, SR_HASH);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	link_of(&l, T_ORIGIN, &a);
	assert_ok(sr_key_change_verify(&s, T_ORIGIN, &l, a.room_pk, &e), &e);
	sr_statement_free(&s);
	/* A key follows under the new name, and not under the old. */
	change(&note, 40, &b, &a, 77);
	assert_fails(sr_key_change_follow(NULL, &log, NULL, sr_buf_view(&note), &e), SR_AUTH, &e,
		"not signed by the ledger key");
	struct sr_key_change next = {.log = {.next = {.from = 40}}};
	link_of(&next.log.next, NEW, &b);
	next.log.next.from = 40;
	memcpy(next.room_pk, b.room_pk, SR_PK);
	assert_ok(name(&note, &next, NEW, &a, &e), &e);
	assert_ok(sr_key_change_follow(NULL, &log, NULL, sr_buf_view(&note), &e), &e);
	assert_string_equal(sr_log_keys_last(&log)->name, NEW);
	/* Nobody signs what is both, or neither, or half said. */
	memcpy(k.log.next.pk, b.ledger_pk, SR_PK);
	assert_fails(name(&note, &k, T_ORIGIN, &a, &e), SR_AUTH, &e, "comes with another key");
	memcpy(k.log.next.pk, a.ledger_pk, SR_PK);
	assert_fails(name(&note, &k, NEW, &a, &e), SR_AUTH, &e, "still");
	k.log.renames = false;
	assert_fails(name(&note, &k, T_ORIGIN, &a, &e), SR_AUTH, &e, "says nothing of a loss");
	/* The thief of the room key alone puts another one beside the name. */
	k.log.renames = true;
	memcpy(k.room_pk, b.room_pk, SR_PK);
	assert_ok(name(&note, &k, T_ORIGIN, &a, &e), &e);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	assert_fails(sr_key_change_verify(&s, T_ORIGIN, &l, a.room_pk, &e), SR_AUTH, &e,
		"another room key");
	sr_statement_free(&s);
	sr_buf_free(&note);
}

/* Half of what a loss needs is none of it. */
static void a_loss_is_said_whole(void **state) {
	static const char *const lines[] = {"agreed 28\n", "known 44\n",
		"root 0000000000000000000000000000000000000000000000000000000000000000\n"};
	struct sr_log_change c;
	struct sr_err e;
	struct sr_vkey key;
	struct keys a;

	(void)state;
	keys_of(&a, 1);
	assert_ok(sr_vkey_make(&key, sr_bytes_str("a.example/b"), SR_NOTE_ED25519, a.ledger_pk, &e),
		&e);
	for (unsigned have = 0; have < 8; have++) {
		struct sr_buf b;
		int rc;

		sr_buf_init(&b);
		sr_buf_put_str(&b, "strongroom/service-key/v1\nfrom 30\nledger-key ");
		sr_vkey_put(&b, &key);
		sr_buf_put_str(&b, "\n");
		for (unsigned i = 0; i < 3; i++)
			if (have & 1U << i)
				sr_buf_put_str(&b, lines[i]);
		rc = sr_log_change_read(&c, sr_buf_view(&b), &e);
		if (have == 0 || have == 7) {
			assert_ok(rc, &e);
			assert_int_equal(c.renames, have == 7);
		} else {
			assert_fails(rc, SR_CORRUPT, &e, "want one line");
		}
		sr_buf_free(&b);
	}
}

/* What is no change of a key: another statement, and a key that signs no log. */
static void no_change(void **state) {
	const struct t_person p = t_person(1);
	struct sr_key_change k;
	struct sr_log_change c;
	struct sr_statement s;
	struct sr_vkey key;
	struct sr_buf b;
	struct sr_err e;
	struct keys a;

	(void)state;
	keys_of(&a, 1);
	sr_buf_init(&b);
	t_recuse(&b, &p, 1);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&b), &e), &e);
	assert_fails(sr_key_change_read(&k, &s, &e), SR_CORRUPT, &e, "recuse is not service-key");
	assert_fails(sr_log_change_read(&c, s.body, &e), SR_CORRUPT, &e,
		"service-key: it is not the change of a log's key or name");
	sr_statement_free(&s);
	sr_buf_clear(&b);
	assert_ok(sr_vkey_make(&key, sr_bytes_str("a.example/b"), SR_NOTE_COSIGN, a.ledger_pk, &e),
		&e);
	sr_buf_put_str(&b, "strongroom/service-key/v1\nfrom 30\nledger-key ");
	sr_vkey_put(&b, &key);
	sr_buf_put_str(&b, "\n");
	assert_fails(sr_log_change_read(&c, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"the next key is of type 0x04, want 0x01");
	sr_buf_free(&b);
}

static void mutant(void *ctx, struct sr_bytes note, const char *what) {
	const struct keys *a = ctx;
	struct sr_log_keys log;
	struct sr_log_link l;
	struct sr_err e = {0};
	int rc;

	sr_log_keys_begin(&log, T_ORIGIN, a->ledger_pk);
	rc = sr_key_change_follow(NULL, &log, NULL, note, &e);
	/* Only the room key's signature is not looked at here; who checks statements does. */
	if (rc == 0) {
		struct sr_statement s;

		link_of(&l, T_ORIGIN, a);
		assert_int_equal(sr_statement_parse(&s, note, NULL), 0);
		rc = sr_key_change_verify(&s, T_ORIGIN, &l, a->room_pk, NULL);
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
		cmocka_unit_test(a_name_is_followed),
		cmocka_unit_test(a_loss_is_said_whole),
		cmocka_unit_test(no_change),
		cmocka_unit_test(every_cut_and_flip_is_seen),
	};

	return cmocka_run_group_tests_name("ledger_keychange", tests, NULL, NULL);
}
