/*
 * Epoch keys sealed to auditors: each opens their own, nobody else's, of this vault and epoch only.
 */
#include "ledger_fixture.h"

#include "crypto/box.h"
#include "ledger/epoch.h"

struct sealed {
	struct t_person p[3];
	struct sr_auditor a[3];
	struct sr_epoch epoch;
	uint8_t vault[SR_HASH];
	struct sr_buf body;
};

static void make(struct sealed *s) {
	uint8_t secret[SR_KEY];
	struct sr_err e;
	t_fill(secret, sizeof secret, 4);
	t_fill(s->vault, sizeof s->vault, 5);
	sr_epoch_derive(&s->epoch, 9, secret);
	for (unsigned i = 0; i < 3; i++) {
		s->p[i] = t_person(i);
		for (unsigned j = i; j > 0 && strcmp(s->p[j - 1].name, s->p[j].name) > 0; j--) {
			const struct t_person t = s->p[j];
			s->p[j] = s->p[j - 1];
			s->p[j - 1] = t;
		}
	}
	for (unsigned i = 0; i < 3; i++) {
		memcpy(s->a[i].person, s->p[i].name, SR_PERSON_TEXT);
		memcpy(s->a[i].pk, s->p[i].pk, SR_PK);
	}
	sr_buf_init(&s->body);
	assert_ok(sr_epoch_seal(&s->body, s->vault, &s->epoch, s->a, 2, &e), &e);
}

static void test_open(void **state) {
	(void)state;
	struct sealed s;
	uint8_t key[SR_KEY];
	struct sr_err e;
	make(&s);
	const struct sr_bytes body = sr_buf_view(&s.body);
	for (unsigned i = 0; i < 2; i++) {
		assert_ok(sr_epoch_open(key, body, s.vault, 9, s.p[i].name, s.p[i].seed, &e), &e);
		assert_memory_equal(key, s.epoch.key[SR_STRUCTURAL], SR_KEY);
	}
	assert_fails(sr_epoch_open(key, body, s.vault, 9, s.p[2].name, s.p[2].seed, &e),
		SR_NOTFOUND, &e, "none is sealed to");
	assert_fails(sr_epoch_open(key, body, s.vault, 9, s.p[0].name, s.p[1].seed, &e), SR_AUTH,
		&e, "epoch keys");
	assert_fails(sr_epoch_open(key, body, s.vault, 8, s.p[0].name, s.p[0].seed, &e), SR_AUTH,
		&e, "of epoch 9, want 8");
	s.vault[0] ^= 1;
	assert_fails(sr_epoch_open(key, body, s.vault, 9, s.p[0].name, s.p[0].seed, &e), SR_AUTH,
		&e, "another vault");
	sr_buf_free(&s.body);
}

static void test_order(void **state) {
	(void)state;
	struct sealed s;
	struct sr_buf b;
	struct sr_err e;
	make(&s);
	sr_buf_init(&b);
	b.failed = SR_NOMEM;
	assert_fails(sr_epoch_seal(&b, s.vault, &s.epoch, s.a, 2, &e), SR_NOMEM, &e, NULL);
	sr_buf_clear(&b);
	s.a[1] = s.a[0];
	assert_fails(sr_epoch_seal(&b, s.vault, &s.epoch, s.a, 2, &e), SR_MISUSE, &e, "ascending");
	assert_int_equal(b.len, 0);
	sr_buf_free(&s.body);
}

static void must_fail(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct sealed *s = ctx;
	uint8_t key[SR_KEY], key1[SR_KEY];
	const int rc = sr_epoch_open(key, mutant, s->vault, 9, s->p[0].name, s->p[0].seed, NULL);
	const int rc1 = sr_epoch_open(key1, mutant, s->vault, 9, s->p[1].name, s->p[1].seed, NULL);
	if (rc == 0 && rc1 == 0)
		fail_msg("%s: both still open", what);
	if (rc == 0)
		assert_memory_equal(key, s->epoch.key[SR_STRUCTURAL], SR_KEY);
}

static void test_mutants(void **state) {
	(void)state;
	struct sealed s;
	make(&s);
	t_each_cut(sr_buf_view(&s.body), must_fail, &s);
	t_each_flip(sr_buf_view(&s.body), must_fail, &s);
	sr_buf_free(&s.body);
}

/* Several epochs to one who came later: each of them, no other, nobody else's. */
static const uint8_t *one_secret(const void *secret, uint32_t epoch) {
	(void)epoch;
	return secret;
}

static void test_many(void **state) {
	(void)state;
	struct sealed s;
	struct sr_epoch epoch;
	uint8_t secret[SR_KEY], key[SR_KEY];
	struct sr_err e;
	make(&s);
	t_fill(secret, sizeof secret, 4);
	const struct sr_epoch_range range = {3, 6, one_secret, secret},
				    none = {0, 6, one_secret, secret},
				    wrong = {6, 3, one_secret, secret};
	sr_buf_clear(&s.body);
	assert_fails(sr_epochs_seal(&s.body, s.vault, &none, &s.a[0], &e), SR_MISUSE, &e,
		"epochs 0 to 6");
	assert_fails(sr_epochs_seal(&s.body, s.vault, &wrong, &s.a[0], &e), SR_MISUSE, &e,
		"epochs 6 to 3");
	assert_int_equal(s.body.len, 0);
	s.body.failed = SR_NOMEM; /* there is no memory for it */
	assert_fails(sr_epochs_seal(&s.body, s.vault, &range, &s.a[0], &e), SR_NOMEM, &e, NULL);
	sr_buf_clear(&s.body);
	assert_ok(sr_epochs_seal(&s.body, s.vault, &range, &s.a[0], &e), &e);
	const struct sr_bytes body = sr_buf_view(&s.body);
	for (uint32_t n = 3; n <= 6; n++) {
		assert_ok(sr_epoch_find(key, body, s.vault, n, s.p[0].name, s.p[0].seed, &e), &e);
		sr_epoch_derive(&epoch, n, secret);
		assert_memory_equal(key, epoch.key[SR_STRUCTURAL], SR_KEY);
	}
	for (uint32_t n = 2; n <= 7; n += 5)
		assert_fails(sr_epoch_find(key, body, s.vault, n, s.p[0].name, s.p[0].seed, &e),
			SR_NOTFOUND, &e, "is not sealed to");
	assert_fails(sr_epoch_find(key, body, s.vault, 3, s.p[1].name, s.p[1].seed, &e),
		SR_NOTFOUND, &e, "is not sealed to");
	assert_fails(sr_epoch_find(key, body, s.vault, 3, s.p[0].name, s.p[1].seed, &e), SR_AUTH,
		&e, "epoch keys");
	struct sr_buf more;
	sr_buf_init(&more);
	sr_buf_put_bytes(&more, body);
	sr_buf_put_str(&more, "epoch 3 AAAA\n");
	assert_fails(
		sr_epoch_find(key, sr_buf_view(&more), s.vault, 3, s.p[0].name, s.p[0].seed, &e),
		SR_CORRUPT, &e, "line 8 is not an epoch's, or out of order");
	sr_buf_free(&more);
	s.vault[0] ^= 1;
	assert_fails(sr_epoch_find(key, body, s.vault, 3, s.p[0].name, s.p[0].seed, &e), SR_AUTH,
		&e, "another vault");
	s.vault[0] ^= 1;
	/* That of one epoch to all is found as well. */
	sr_buf_clear(&s.body);
	assert_ok(sr_epoch_seal(&s.body, s.vault, &s.epoch, s.a, 2, &e), &e);
	assert_ok(
		sr_epoch_find(key, sr_buf_view(&s.body), s.vault, 9, s.p[1].name, s.p[1].seed, &e),
		&e);
	assert_memory_equal(key, s.epoch.key[SR_STRUCTURAL], SR_KEY);
	sr_buf_free(&s.body);
}

static void many_must_fail(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct sealed *s = ctx;
	uint8_t key[2][SR_KEY];
	int rc[2];
	for (uint32_t i = 0; i < 2; i++)
		rc[i] = sr_epoch_find(
			key[i], mutant, s->vault, 3 + i, s->p[0].name, s->p[0].seed, NULL);
	if (rc[0] == 0 && rc[1] == 0)
		fail_msg("%s: both still open", what);
}

static void test_many_mutants(void **state) {
	(void)state;
	struct sealed s;
	uint8_t secret[SR_KEY];
	struct sr_err e;
	make(&s);
	t_fill(secret, sizeof secret, 4);
	const struct sr_epoch_range range = {3, 4, one_secret, secret};
	sr_buf_clear(&s.body);
	assert_ok(sr_epochs_seal(&s.body, s.vault, &range, &s.a[0], &e), &e);
	t_each_cut(sr_buf_view(&s.body), many_must_fail, &s);
	t_each_flip(sr_buf_view(&s.body), many_must_fail, &s);
	sr_buf_free(&s.body);
}

/* A box to the right auditor, of the right epoch, whose content is no key. */
static void test_no_key(void **state) {
	(void)state;
	struct sealed s;
	struct sr_buf body, box;
	struct sr_buf context;
	uint8_t key[SR_KEY] = {0};
	struct sr_err e;
	make(&s);
	sr_buf_init(&body);
	sr_buf_init(&box);
	sr_buf_init(&context);
	sr_buf_put(&context, s.vault, SR_HASH);
	sr_buf_put_le32(&context, 9);
	sr_buf_put_lp(&context, sr_bytes_str(s.p[0].name));
	assert_ok(sr_box_seal_person(&box, s.p[0].pk, "strongroom/epoch-key/v1",
			  sr_buf_view(&context), sr_bytes_of(key, SR_KEY - 1), &e),
		&e);
	const uint8_t *at = memmem(s.body.p, s.body.len, "\nauditor ", 9);
	assert_non_null(at);
	sr_buf_put(&body, s.body.p, (size_t)(at + 1 - s.body.p));
	sr_buf_put_str(&body, "auditor somebody\n");
	assert_fails(
		sr_epoch_open(key, sr_buf_view(&body), s.vault, 9, s.p[0].name, s.p[0].seed, &e),
		SR_CORRUPT, &e, "line 4 is not an auditor's");
	sr_buf_clear(&body);
	sr_buf_put(&body, s.body.p, (size_t)(at + 1 - s.body.p));
	sr_buf_printf(&body, "auditor %s ", s.p[0].name);
	sr_buf_put_base64(&body, box.p, box.len);
	sr_buf_put_u8(&body, '\n');
	assert_fails(
		sr_epoch_open(key, sr_buf_view(&body), s.vault, 9, s.p[0].name, s.p[0].seed, &e),
		SR_CORRUPT, &e, "the key has 31 bytes, want 32");
	sr_buf_free(&context);
	sr_buf_free(&body);
	sr_buf_free(&box);
	sr_buf_free(&s.body);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_many_mutants),
		cmocka_unit_test(test_no_key),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
