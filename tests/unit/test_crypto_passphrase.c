/*
 * passphrase: round trips with a passphrase and a credential, refusals with their words, caps
 * before any work, every bit and every length of a file, and that public lines are bound.
 */
#include "util.h"

#include "base/limits.h"
#include "base/time.h"
#include "crypto/passphrase.h"

static const char type[] = "strongroom/test-secret/v1";
static struct sr_err e;
static uint8_t credential[40];

static struct sr_bytes s(const char *text) {
	return sr_bytes_str(text);
}

static struct sr_unlock with(const char *passphrase) {
	struct sr_unlock u = {.passphrase = s(passphrase)};
	return u;
}

static struct sr_unlock with_credential(size_t len) {
	struct sr_unlock u = {.credential = sr_bytes_of(credential, len)};
	return u;
}

/* Nothing may be left in the buffer after a failure. */
static int open_file(struct sr_bytes file, const struct sr_unlock *u) {
	struct sr_buf secret;

	sr_buf_init_secret(&secret);
	int rc = sr_passphrase_open(&secret, type, u, file, &e);
	if (rc != 0)
		assert_int_equal(secret.len, 0);
	else
		assert_true(sr_bytes_eq(sr_buf_view(&secret), s("the secret")));
	sr_buf_free(&secret);
	return rc;
}

static void make(struct sr_buf *file, const struct sr_unlock *u) {
	sr_buf_init(file);
	assert_ok(
		sr_passphrase_seal(file, type, s("who p-1\nwhere here\n"), u, s("the secret"), &e),
		&e);
}

/* ${file} with the first ${from} replaced. */
static void edit(struct sr_buf *out, const struct sr_buf *file, const char *from, const char *to) {
	const uint8_t *at = memmem(file->p, file->len, from, strlen(from));

	assert_non_null(at);
	sr_buf_init(out);
	sr_buf_put(out, file->p, (size_t)(at - file->p));
	sr_buf_put_str(out, to);
	at += strlen(from);
	sr_buf_put(out, at, (size_t)(file->p + file->len - at));
	assert_int_equal(out->failed, 0);
}

static void with_passphrase(void **state) {
	struct sr_unlock u = with("correct horse"), wrong = with("correct Horse"), both;
	struct sr_unlock key = with_credential(40), none = {0};
	struct sr_buf file;
	struct sr_text t;

	(void)state;
	make(&file, &u);
	assert_ok(open_file(sr_buf_view(&file), &u), &e);
	assert_fails(open_file(sr_buf_view(&file), &wrong), SR_AUTH, &e, "wrong passphrase");
	assert_fails(open_file(sr_buf_view(&file), &key), SR_USAGE, &e,
		"sealed under a passphrase, and none was given");
	assert_fails(open_file(sr_buf_view(&file), &none), SR_USAGE, &e, "none was given");
	both = key;
	both.passphrase = u.passphrase;
	assert_ok(open_file(sr_buf_view(&file), &both), &e);

	assert_ok(sr_passphrase_parse(&t, type, sr_buf_view(&file), &e), &e);
	assert_int_equal(t.count, 6);
	assert_true(sr_bytes_eq(sr_text_get(&t, "where"), s("here")));
	sr_text_free(&t);
	sr_buf_free(&file);
}

static void with_a_credential(void **state) {
	struct sr_unlock u = with_credential(40), wrong = with_credential(39);
	struct sr_unlock small = with_credential(31), phrase = with("x");
	struct sr_buf file, out;

	(void)state;
	make(&file, &u);
	assert_ok(open_file(sr_buf_view(&file), &u), &e);
	assert_fails(open_file(sr_buf_view(&file), &wrong), SR_AUTH, &e, "wrong credential");
	assert_fails(open_file(sr_buf_view(&file), &small), SR_USAGE, &e, "has 31 bytes, want 32");
	assert_fails(open_file(sr_buf_view(&file), &phrase), SR_USAGE, &e,
		"sealed under a credential, and none was given");
	sr_buf_init(&out);
	assert_fails(sr_passphrase_seal(&out, type, s(""), &small, s("x"), &e), SR_USAGE, &e,
		"has 31 bytes, want 32");
	sr_buf_free(&out);
	sr_buf_free(&file);
}

static void what_seal_refuses(void **state) {
	static const char *const publics[] = {
		"salt x\n", "ops 1\n", "mem 1\n", "credential x\n", "sealed x\n"};
	struct sr_unlock u = with("x"), empty = with(""), none = {0}, both = with("x"), longer;
	struct sr_buf out, big;

	(void)state;
	sr_buf_init(&out);
	sr_buf_init(&big);
	both.credential = sr_bytes_of(credential, sizeof credential);
	for (size_t i = 0; i < T_COUNT(publics); i++)
		assert_fails(sr_passphrase_seal(&out, type, s(publics[i]), &u, s("x"), &e),
			SR_MISUSE, &e, "a public line has the key");
	assert_fails(
		sr_passphrase_seal(&out, type, s("no line"), &u, s("x"), &e), SR_CORRUPT, &e, NULL);
	assert_fails(sr_passphrase_seal(&out, type, s(""), &empty, s("x"), &e), SR_USAGE, &e,
		"the passphrase is empty");
	assert_fails(sr_passphrase_seal(&out, type, s(""), &none, s("x"), &e), SR_MISUSE, &e,
		"one of the two");
	assert_fails(sr_passphrase_seal(&out, type, s(""), &both, s("x"), &e), SR_MISUSE, &e,
		"one of the two");
	sr_buf_put_zero(&big, SR_TEXT_MAX);
	longer = u;
	longer.passphrase = sr_bytes_of(big.p, SR_PASSPHRASE_MAX + 1);
	assert_fails(sr_passphrase_seal(&out, type, s(""), &longer, s("x"), &e), SR_USAGE, &e,
		"has 1025 bytes, at most 1024");
	assert_fails(sr_passphrase_seal(&out, type, s(""), &u, sr_buf_view(&big), &e), SR_LIMIT, &e,
		"at most 32768");
	assert_int_equal(out.len, 0);
	sr_buf_free(&big);
	sr_buf_free(&out);
}

/* A file that asks for a terabyte or a million passes is refused at once. */
static void caps_before_work(void **state) {
	static const struct {
		const char *from, *to, *text;
		enum sr_code code;
	} cases[] = {
		{"mem 65536", "mem 1099511627776", "mem is 1099511627776", SR_LIMIT},
		{"mem 65536", "mem 1073741825", "want 8192 to 1073741824", SR_LIMIT},
		{"mem 65536", "mem 8191", "want 8192 to 1073741824", SR_LIMIT},
		{"mem 65536", "mem 99999999999999999999", "mem", SR_CORRUPT},
		{"mem 65536", "mem -1", "mem", SR_CORRUPT},
		{"mem 65536", "mem 065536", "mem", SR_CORRUPT},
		{"ops 1", "ops 11", "ops is 11, want 1 to 10", SR_LIMIT},
		{"ops 1", "ops 0", "ops is 0, want 1 to 10", SR_LIMIT},
		{"ops 1", "ops 1000000", "ops is 1000000", SR_LIMIT},
	};
	struct sr_unlock u = with("x");
	struct sr_buf file, bad;
	uint64_t start;

	(void)state;
	make(&file, &u);
	start = sr_mono_ms();
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		edit(&bad, &file, cases[i].from, cases[i].to);
		assert_fails(open_file(sr_buf_view(&bad), &u), cases[i].code, &e, cases[i].text);
		sr_buf_free(&bad);
	}
	assert_true(sr_mono_ms() - start < 200);
	sr_buf_free(&file);
}

static void all_lines_are_bound(void **state) {
	static const char *const changes[][2] = {{"who p-1", "who p-2"}, {"where here\n", ""},
		{"who p-1\n", "who p-1\nwho p-2\n"}, {"mem 65536", "mem 64512"},
		{"ops 1", "ops 2"}};
	struct sr_unlock u = with("x");
	struct sr_buf file, bad;

	(void)state;
	make(&file, &u);
	for (size_t i = 0; i < T_COUNT(changes); i++) {
		edit(&bad, &file, changes[i][0], changes[i][1]);
		assert_fails(open_file(sr_buf_view(&bad), &u), SR_AUTH, &e, "wrong passphrase");
		sr_buf_free(&bad);
	}
	sr_buf_free(&file);
}

static void shapes(void **state) {
	static const struct {
		const char *from, *to, *text;
		enum sr_code code;
	} cases[] = {
		{"/v1", "/v2", "this program reads", SR_UNSUPPORTED},
		{"test-secret", "other", "want \"strongroom/test-secret/v1\"", SR_CORRUPT},
		{"who p-1", "ops 1", "stands in a wrong place", SR_CORRUPT},
		{"who p-1", "sealed AAAA", "stands in a wrong place", SR_CORRUPT},
		{"ops 1\n", "", "want the lines salt, ops, mem", SR_CORRUPT},
		{"sealed ", "seeled ", "the last line is not", SR_CORRUPT},
		{"sealed ", "sealed AAA", NULL, SR_CORRUPT},
		{"salt ", "salt A", "salt", SR_CORRUPT},
	};
	struct sr_unlock u = with("x");
	struct sr_buf file, bad;

	(void)state;
	make(&file, &u);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		edit(&bad, &file, cases[i].from, cases[i].to);
		assert_fails(open_file(sr_buf_view(&bad), &u), cases[i].code, &e, cases[i].text);
		sr_buf_free(&bad);
	}
	assert_fails(open_file(s("strongroom/test-secret/v1\nsalt AAAAAAAAAAAAAAAAAAAAAA==\nops 1\n"
				 "mem 8192\nsealed AAAA\n"),
			     &u),
		SR_CORRUPT, &e, "have 3 bytes, want 72");
	sr_buf_free(&file);
}

/* With a credential, so that there is no stretching to wait for. */
static void refuse(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_unlock u = with_credential(40);

	(void)ctx;
	if (open_file(mutant, &u) == 0)
		fail_msg("%s: opened", what);
}

static void every_bit_and_length(void **state) {
	struct sr_unlock u = with_credential(40);
	struct sr_buf file;

	(void)state;
	make(&file, &u);
	t_each_cut(sr_buf_view(&file), refuse, NULL);
	t_each_flip(sr_buf_view(&file), refuse, NULL);
	sr_buf_free(&file);
}

static struct sr_buf full_cost; /* sealed before sr_passphrase_cheap */

static void default_cost(void **state) {
	struct sr_unlock u = with("correct horse");
	struct sr_text t;

	(void)state;
	assert_ok(sr_passphrase_parse(&t, type, sr_buf_view(&full_cost), &e), &e);
	assert_true(sr_bytes_eq(sr_text_get(&t, "ops"), s("3")));
	assert_true(sr_bytes_eq(sr_text_get(&t, "mem"), s("67108864")));
	sr_text_free(&t);
	assert_ok(open_file(sr_buf_view(&full_cost), &u), &e);
}

static int setup(void **state) {
	struct sr_unlock u = with("correct horse");

	(void)state;
	if (sr_crypto_init(&e) != 0)
		return -1;
	t_fill(credential, sizeof credential, 5);
	sr_buf_init(&full_cost);
	if (sr_passphrase_seal(&full_cost, type, s(""), &u, s("the secret"), &e) != 0)
		return -1;
	sr_passphrase_cheap();
	return 0;
}

static int teardown(void **state) {
	(void)state;
	sr_buf_free(&full_cost);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_cost),
		cmocka_unit_test(with_passphrase),
		cmocka_unit_test(with_a_credential),
		cmocka_unit_test(what_seal_refuses),
		cmocka_unit_test(caps_before_work),
		cmocka_unit_test(all_lines_are_bound),
		cmocka_unit_test(shapes),
		cmocka_unit_test(every_bit_and_length),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
