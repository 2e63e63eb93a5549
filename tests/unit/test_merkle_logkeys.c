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

static void checkpoint(struct sr_buf *out, uint64_t size, const struct pair *by) {
	struct sr_checkpoint c = {.size = size};
	struct sr_vkey key;
	struct sr_err e;

	snprintf(c.origin, sizeof c.origin, "%s", ORIGIN);
	t_fill(c.root, sizeof c.root, size);
	assert_ok(sr_vkey_make(&key, sr_bytes_str(ORIGIN), SR_NOTE_ED25519, by->pk, &e), &e);
	const struct sr_signer s = {.key = &key, .seed = by->seed};
	sr_buf_clear(out);
	assert_ok(sr_checkpoint_sign(out, &c, &s, 1, &e), &e);
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
	sr_log_keys_begin(&k, p[0].pk);
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
			rc = sr_log_keys_open(&c, &n, sr_buf_view(&note), ORIGIN, &k, &e);
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
	assert_fails(sr_log_keys_open(&c, &n, sr_buf_view(&note), "log.example/other", &k, &e),
		SR_AUTH, &e, "checkpoint");
	assert_fails(sr_log_keys_open(&c, &n, sr_bytes_str("no note"), ORIGIN, &k, &e), SR_CORRUPT,
		&e, "checkpoint");
	sr_buf_free(&note);
}

static void they_only_grow(void **state) {
	struct sr_log_keys k, more;
	struct sr_err e;
	struct pair p;

	(void)state;
	pair(&p, 1);
	sr_log_keys_begin(&k, p.pk);
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

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_for_each_size),
		cmocka_unit_test(they_only_grow),
	};

	return cmocka_run_group_tests_name("merkle_logkeys", tests, NULL, NULL);
}
