/*
 * identity: sealing, opening and peeking; names kept over a change of key; the arena empty after
 * everything was closed; commitments of text.
 */
#include "util.h"

#include "base/secret.h"
#include "crypto/age.h"
#include "crypto/identity.h"

static struct sr_err e;
static const struct sr_unlock right = {.passphrase = {(const uint8_t *)"open sesame", 11}};
static const struct sr_unlock wrong = {.passphrase = {(const uint8_t *)"open sesamE", 11}};

static void round_trip(void **state) {
	struct sr_identity a, b;
	struct sr_buf file;
	char person[SR_PERSON_TEXT], want[SR_PERSON_TEXT];
	uint8_t pk[SR_PK], sign_pk[SR_PK];

	(void)state;
	sr_buf_init(&file);
	assert_ok(sr_identity_new(&a, &e), &e);
	sr_sign_public(sign_pk, a.seed);
	assert_memory_equal(a.pk, sign_pk, SR_PK);
	sr_person_name(want, a.pk);
	assert_string_equal(a.person, want);
	assert_ok(sr_identity_seal(&file, &a, &right, &e), &e);
	assert_null(memmem(file.p, file.len, a.seed, SR_SEED));

	assert_ok(sr_identity_peek(person, pk, sr_buf_view(&file), &e), &e);
	assert_string_equal(person, a.person);
	assert_memory_equal(pk, a.pk, SR_PK);
	assert_ok(sr_identity_open(&b, sr_buf_view(&file), &right, &e), &e);
	assert_memory_equal(b.seed, a.seed, SR_SEED);
	assert_memory_equal(b.pk, a.pk, SR_PK);
	assert_string_equal(b.person, a.person);
	assert_true(sr_secret_in_use() >= (size_t)2 * SR_SEED);
	sr_identity_free(&b);
	assert_fails(sr_identity_open(&b, sr_buf_view(&file), &wrong, &e), SR_AUTH, &e,
		"wrong passphrase");
	assert_null(b.seed);
	sr_identity_free(&b);
	sr_identity_free(&a);
	sr_identity_free(&a);
	assert_int_equal(sr_secret_in_use(), 0);
	sr_buf_free(&file);
}

static void name_outlives_key(void **state) {
	struct sr_identity a, b;
	struct sr_buf file;

	(void)state;
	sr_buf_init(&file);
	assert_ok(sr_identity_new(&a, &e), &e);
	memcpy(a.person, "p-0123456789abcdef", SR_PERSON_TEXT);
	assert_ok(sr_identity_seal(&file, &a, &right, &e), &e);
	assert_ok(sr_identity_open(&b, sr_buf_view(&file), &right, &e), &e);
	assert_string_equal(b.person, "p-0123456789abcdef");
	sr_identity_free(&a);
	sr_identity_free(&b);
	sr_buf_free(&file);
}

/* ${file} resealed by hand with other public lines and another secret. */
static int open_made(const char *publics, struct sr_bytes secret) {
	struct sr_identity id;
	struct sr_buf file;
	int rc;

	sr_buf_init(&file);
	assert_ok(sr_passphrase_seal(&file, "strongroom/identity/v1", sr_bytes_str(publics), &right,
			  secret, &e),
		&e);
	rc = sr_identity_open(&id, sr_buf_view(&file), &right, &e);
	assert_null(id.seed);
	sr_buf_free(&file);
	return rc;
}

static void shapes(void **state) {
	static const char key[] = "key AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
	static const char person[] = "person p-0123456789abcdef\n";
	uint8_t seed[33] = {1};
	char lines[200];

	(void)state;
	assert_fails(open_made("", sr_bytes_of(seed, 32)), SR_CORRUPT, &e, "one line \"person\"");
	assert_fails(open_made(key, sr_bytes_of(seed, 32)), SR_CORRUPT, &e, "one line \"person\"");
	snprintf(lines, sizeof lines, "%s%s%s", person, key, key);
	assert_fails(open_made(lines, sr_bytes_of(seed, 32)), SR_CORRUPT, &e, "one line \"key\"");
	snprintf(lines, sizeof lines, "%s%sextra x\n", person, key);
	assert_fails(open_made(lines, sr_bytes_of(seed, 32)), SR_CORRUPT, &e, "one line \"key\"");
	snprintf(lines, sizeof lines, "person p-0123456789abcdeF\n%s", key);
	assert_fails(open_made(lines, sr_bytes_of(seed, 32)), SR_CORRUPT, &e, "16 hex digits");
	snprintf(lines, sizeof lines, "%skey AAAA\n", person);
	assert_fails(open_made(lines, sr_bytes_of(seed, 32)), SR_CORRUPT, &e, "key: ");
	snprintf(lines, sizeof lines, "%s%s", person, key);
	assert_fails(open_made(lines, sr_bytes_of(seed, 31)), SR_CORRUPT, &e,
		"the seed has 31 bytes, want 32");
	assert_fails(open_made(lines, sr_bytes_of(seed, 33)), SR_CORRUPT, &e,
		"the seed has 33 bytes, want 32");
	assert_fails(open_made(lines, sr_bytes_of(seed, 32)), SR_CORRUPT, &e,
		"the seed is not that of the file's key");
	assert_int_equal(sr_secret_in_use(), 0);
}

static void arena_full(void **state) {
	struct sr_identity id;
	size_t n = 0;
	static void *cells[1 << 16];

	(void)state;
	while (n < T_COUNT(cells) && (cells[n] = sr_secret_new(SR_SEED, NULL)) != NULL)
		n++;
	assert_true(n < T_COUNT(cells));
	assert_fails(sr_identity_new(&id, &e), SR_LIMIT, &e, NULL);
	assert_null(id.seed);
	while (n > 0)
		sr_secret_free(cells[--n], SR_SEED);
	assert_int_equal(sr_secret_in_use(), 0);
}

static void commitments(void **state) {
	uint8_t salt[SR_SALT] = {1}, a[SR_HASH], b[SR_HASH];

	(void)state;
	sr_text_commit(a, salt, sr_bytes_str("a reason"));
	SR_HASH_OF(b, "strongroom/text/v1", salt, sr_bytes_str("a reason"));
	assert_memory_equal(a, b, SR_HASH);
	salt[31] = 1;
	sr_text_commit(b, salt, sr_bytes_str("a reason"));
	assert_memory_not_equal(a, b, SR_HASH);
}

static void age_recipient(void **state) {
	struct sr_identity id;
	char text[64];
	uint8_t pk[SR_X_PK], sk[SR_X_SK], want[SR_X_PK], bad[SR_PK] = {1};

	(void)state;
	assert_ok(sr_identity_new(&id, &e), &e);
	assert_ok(sr_identity_age_recipient(text, id.pk, &e), &e);
	assert_ok(sr_age_recipient_parse(pk, sr_bytes_str(text), &e), &e);
	sr_box_sk_of_seed(sk, id.seed);
	sr_box_public(want, sk);
	assert_memory_equal(pk, want, SR_X_PK);
	assert_fails(sr_identity_age_recipient(text, bad, &e), SR_AUTH, &e, "prime-order group");
	sr_identity_free(&id);
}

/* A changed file never opens, and says why. */
static void never_opens(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_identity b;
	const int rc = sr_identity_open(&b, mutant, ctx, &e);

	if (rc == 0)
		fail_msg("%s: opens", what);
	assert_int_equal(rc, e.code);
	assert_true(e.text[0] != '\0');
	assert_null(b.seed);
}

/* By a credential: a passphrase is stretched anew for each of them. */
static void each_bit(void **state) {
	static const uint8_t credential[SR_CREDENTIAL_MIN] = {7};
	struct sr_unlock by = {.credential = {credential, sizeof credential}};
	struct sr_identity a;
	struct sr_buf file;

	(void)state;
	sr_buf_init(&file);
	assert_ok(sr_identity_new(&a, &e), &e);
	assert_ok(sr_identity_seal(&file, &a, &by, &e), &e);
	t_each_cut(sr_buf_view(&file), never_opens, &by);
	t_each_flip(sr_buf_view(&file), never_opens, &by);
	sr_identity_free(&a);
	assert_int_equal(sr_secret_in_use(), 0);
	sr_buf_free(&file);
}

static int setup(void **state) {
	(void)state;
	sr_passphrase_cheap();
	return sr_crypto_init(&e);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(name_outlives_key),
		cmocka_unit_test(each_bit),
		cmocka_unit_test(shapes),
		cmocka_unit_test(arena_full),
		cmocka_unit_test(commitments),
		cmocka_unit_test(age_recipient),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
