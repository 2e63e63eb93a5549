/*
 * The keys of a log that changed its key: which one counts at which size, and that no other does.
 */
#include "merkle/logkeys.h"

#include "util.h"

static const char ORIGIN[] = "log.example/changed";

struct pair {
	uint8_t seed[SR_SEED], pk[SR_PK];
};

static void pair(struct pair *p, uint64_t n) {
	t_fill(p->seed, SR_SEED, 900 + n);
	sr_sign_public(p->pk, p->seed);
}

static void named(struct sr_buf *out, const char *name, uint64_t size, const struct pair *by) {
	struct sr_checkpoint c = {.size = size};
	struct sr_vkey key;
	struct sr_err e;

	snprintf(c.origin, sizeof c.origin, "%s", name);
	t_fill(c.root, sizeof c.root, size);
	assert_ok(sr_vkey_make(&key, sr_bytes_str(name), SR_NOTE_ED25519, by->pk, &e), &e);
	const struct sr_signer s = {.key = &key, .seed = by->seed};
	sr_buf_clear(out);
	assert_ok(sr_checkpoint_sign(out, &c, &s, 1, &e), &e);
}

static void checkpoint(struct sr_buf *out, uint64_t size, const struct pair *by) {
	named(out, ORIGIN, size, by);
}

/* Changes at entries 5 and 9: every size has exactly one key. */
static void one_key_for_each_size(void **state) {
	static const struct {
		uint64_t size;
		int key;
	} sizes[] = {{0, 0}, {1, 0}, {5, 0}, {6, 1}, {9, 1}, {10, 2}, {1 << 20, 2}};
	struct sr_log_keys k;
	struct pair p[3];
	struct sr_buf note;
	struct sr_err e;

	(void)state;
	sr_buf_init(&note);
	for (size_t i = 0; i < 3; i++)
		pair(&p[i], i);
	sr_log_keys_begin(&k, ORIGIN, p[0].pk);
	assert_ok(sr_log_keys_add(&k, 5, p[1].pk, &e), &e);
	assert_ok(sr_log_keys_add(&k, 9, p[2].pk, &e), &e);
	assert_memory_equal(sr_log_keys_newest(&k), p[2].pk, SR_PK);
	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		assert_memory_equal(sr_log_keys_at(&k, sizes[i].size), p[sizes[i].key].pk, SR_PK);
		for (int by = 0; by < 3; by++) {
			struct sr_checkpoint c;
			struct sr_note n;
			int rc;

			checkpoint(&note, sizes[i].size, &p[by]);
			rc = sr_log_keys_open(&c, &n, sr_buf_view(&note), &k, &e);
			if (by != sizes[i].key) {
				assert_fails(rc, SR_AUTH, &e, "checkpoint");
				continue;
			}
			assert_ok(rc, &e);
			assert_int_equal(c.size, sizes[i].size);
			sr_note_free(&n);
		}
	}
	checkpoint(&note, 3, &p[0]);
	struct sr_checkpoint c;
	struct sr_note n;
	struct sr_log_keys other;
	sr_log_keys_begin(&other, "log.example/other", p[0].pk);
	assert_fails(sr_log_keys_open(&c, &n, sr_buf_view(&note), &other, &e), SR_AUTH, &e,
		"checkpoint: is of \"log.example/changed\"");
	assert_fails(sr_log_keys_open(&c, &n, sr_bytes_str("no note"), &k, &e), SR_CORRUPT, &e,
		"checkpoint");
	sr_buf_free(&note);
}

static void they_only_grow(void **state) {
	struct sr_log_keys k, more;
	struct sr_err e;
	struct pair p;

	(void)state;
	pair(&p, 1);
	sr_log_keys_begin(&k, ORIGIN, p.pk);
	assert_fails(sr_log_keys_add(&k, 0, p.pk, &e), SR_AUTH, &e, "comes after");
	for (uint64_t i = 1; i < SR_LOG_KEYS; i++) {
		pair(&p, i);
		assert_ok(sr_log_keys_add(&k, 10 * i, p.pk, &e), &e);
		assert_fails(sr_log_keys_add(&k, 10 * i, p.pk, &e),
			i + 1 < SR_LOG_KEYS ? SR_AUTH : SR_LIMIT, &e, "");
	}
	assert_fails(sr_log_keys_add(&k, 1000, p.pk, &e), SR_LIMIT, &e, "15 times");
	more = k;
	more.count = 4;
	assert_true(sr_log_keys_begin_with(&k, &more));
	assert_true(sr_log_keys_begin_with(&k, &k));
	assert_false(sr_log_keys_begin_with(&more, &k));
	more.key[2].pk[0] ^= 1;
	assert_false(sr_log_keys_begin_with(&k, &more));
	more.key[2].pk[0] ^= 1;
	more.key[3].from++;
	assert_false(sr_log_keys_begin_with(&k, &more));
}

static int rename_to(struct sr_log_keys *k, uint64_t from, const char *name, uint64_t agreed,
	uint64_t known, struct sr_err *e) {
	struct sr_log_link l = {.from = from, .agreed = agreed, .known = known};

	snprintf(l.name, sizeof l.name, "%s", name);
	return sr_log_keys_rename(k, &l, e);
}

/* A name at entry 8, between keys at 5 and 12: every size has one key under one name. */
static void one_name_for_each_size(void **state) {
	static const char *const names[] = {ORIGIN, "log.example/second"};
	static const struct {
		uint64_t size;
		int key, name;
	} sizes[] = {{5, 0, 0}, {6, 1, 0}, {8, 1, 0}, {9, 1, 1}, {12, 1, 1}, {13, 2, 1}};
	struct sr_log_keys k;
	struct pair p[3];
	struct sr_buf note;
	struct sr_err e;

	(void)state;
	sr_buf_init(&note);
	for (size_t i = 0; i < 3; i++)
		pair(&p[i], i);
	sr_log_keys_begin(&k, ORIGIN, p[0].pk);
	assert_ok(sr_log_keys_add(&k, 5, p[1].pk, &e), &e);
	assert_fails(rename_to(&k, 5, names[1], 5, 9, &e), SR_AUTH, &e, "comes after one");
	assert_fails(rename_to(&k, 8, ORIGIN, 7, 9, &e), SR_AUTH, &e, "had that name already");
	assert_fails(rename_to(&k, 8, "two words", 7, 9, &e), SR_CORRUPT, &e, "");
	assert_fails(rename_to(&k, 8, names[1], 9, 10, &e), SR_AUTH, &e, "that is no loss");
	assert_fails(rename_to(&k, 8, names[1], 8, 8, &e), SR_AUTH, &e, "that is no loss");
	assert_int_equal(k.count, 2);
	assert_ok(rename_to(&k, 8, names[1], 7, 9, &e), &e);
	assert_fails(rename_to(&k, 9, names[1], 8, 10, &e), SR_AUTH, &e, "had that name already");
	assert_ok(sr_log_keys_add(&k, 12, p[2].pk, &e), &e);
	assert_true(sr_log_keys_renames(&k, 2));
	assert_false(sr_log_keys_renames(&k, 0) || sr_log_keys_renames(&k, 1) ||
		     sr_log_keys_renames(&k, 3) || sr_log_keys_renames(&k, 4));
	for (size_t i = 0; i < T_COUNT(sizes); i++)
		for (int by = 0; by < 3; by++)
			for (int name = 0; name < 2; name++) {
				struct sr_checkpoint c;
				struct sr_note n;
				int rc;

				named(&note, names[name], sizes[i].size, &p[by]);
				rc = sr_log_keys_open(&c, &n, sr_buf_view(&note), &k, &e);
				if (by != sizes[i].key || name != sizes[i].name) {
					assert_fails(rc, SR_AUTH, &e,
						name == sizes[i].name ? "checkpoint"
								      : "Another history");
					continue;
				}
				assert_ok(rc, &e);
				sr_note_free(&n);
			}
	sr_buf_free(&note);
}

static void names_are_few(void **state) {
	struct sr_log_keys k;
	struct sr_err e;
	struct pair p;
	char name[40];

	(void)state;
	pair(&p, 1);
	sr_log_keys_begin(&k, ORIGIN, p.pk);
	for (uint64_t i = 1; i < SR_LOG_NAMES; i++) {
		snprintf(name, sizeof name, "log.example/%llu", (unsigned long long)i);
		assert_ok(rename_to(&k, 10 * i, name, 10 * i, 10 * i + 1, &e), &e);
	}
	assert_fails(rename_to(&k, 999, "log.example/more", 9, 10, &e), SR_LIMIT, &e, "7 times");
	/* Keys are counted by themselves. */
	for (uint64_t i = 1; i < SR_LOG_KEYS; i++) {
		pair(&p, i);
		assert_ok(sr_log_keys_add(&k, 1000 + i, p.pk, &e), &e);
	}
	assert_int_equal(k.count, SR_LOG_LINKS);
	assert_fails(sr_log_keys_add(&k, 5000, p.pk, &e), SR_LIMIT, &e, "15 times");
}

/* What a name excuses, and what it does not: remembered was a log with a key of entry 20. */
static void what_a_name_excuses(void **state) {
	struct sr_log_keys was, now, keyed;
	const struct sr_log_link *by;
	struct sr_err e;
	struct pair p[2];

	(void)state;
	pair(&p[0], 0);
	pair(&p[1], 1);
	sr_log_keys_begin(&was, ORIGIN, p[0].pk);
	now = was;
	assert_fails(sr_log_keys_excuse(&by, &now, &was, 30, &e), SR_AUTH, &e, "no name");
	/* The copy of entry 10 went on to 15 before it took a name; 40 were known. */
	assert_ok(rename_to(&now, 15, "log.example/second", 10, 40, &e), &e);
	for (uint64_t size = 0; size <= 10; size++)
		assert_fails(sr_log_keys_excuse(&by, &now, &was, size, &e), SR_AUTH, &e, "no name");
	for (uint64_t size = 11; size <= 60; size++) { /* whether it is too much, the caller asks */
		assert_ok(sr_log_keys_excuse(&by, &now, &was, size, &e), &e);
		assert_ptr_equal(by, &now.key[1]);
	}
	/* A name that is known already excuses nothing more. */
	assert_fails(sr_log_keys_excuse(&by, &now, &now, 30, &e), SR_AUTH, &e, "no name");
	/* A key that was lost with the rest; and one that lies in what is as it was. */
	keyed = was;
	assert_ok(sr_log_keys_add(&keyed, 20, p[1].pk, &e), &e);
	assert_ok(sr_log_keys_excuse(&by, &now, &keyed, 30, &e), &e);
	keyed = was;
	assert_ok(sr_log_keys_add(&keyed, 9, p[1].pk, &e), &e);
	assert_fails(sr_log_keys_excuse(&by, &now, &keyed, 30, &e), SR_AUTH, &e,
		"changed the log's key or name when it was verified");
	/* Another founding key is another log, whatever it is called. */
	sr_log_keys_begin(&keyed, ORIGIN, p[1].pk);
	assert_fails(sr_log_keys_excuse(&by, &now, &keyed, 30, &e), SR_AUTH, &e, "no name");
	/* A second loss takes the first name with it: third, from entry 12 on, is what counts. */
	keyed = was;
	assert_ok(rename_to(&keyed, 12, "log.example/third", 12, 50, &e), &e);
	assert_ok(sr_log_keys_excuse(&by, &keyed, &now, 16, &e), &e);
	assert_string_equal(by->name, "log.example/third");
	assert_fails(sr_log_keys_excuse(&by, &keyed, &now, 12, &e), SR_AUTH, &e, "no name");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_name_for_each_size),
		cmocka_unit_test(names_are_few),
		cmocka_unit_test(what_a_name_excuses),
		cmocka_unit_test(one_key_for_each_size),
		cmocka_unit_test(they_only_grow),
	};

	return cmocka_run_group_tests_name("merkle_logkeys", tests, NULL, NULL);
}
