/*
 * Tests of merkle/checkpoint: a published checkpoint byte for byte, what is kept and what is
 * refused, and damage of every kind.
 */
#include "merkle/checkpoint.h"

#include <string.h>

#include "util.h"

#define D "\xe2\x80\x94"

static const char log_seed[] = "eca663f499017d2365c27c7a7679158d43cfec1330bdb259290afbd0d21777a0";
static const char log_vkey[] =
	"example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
static const char origin[] = "example.com/log/testdata";
static const char checkpoint8[] =
	"example.com/log/testdata\n8\nbC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY=\n\n" D
	" example.com/log/testdata M9e0lq1EK37dHtgv9O3UzPxisw5vwIPcJsX9ab0xt4mvVfbdUR1fbMjN6sBFYpBo"
	"BEmD4+cWhj/AVgI5MitCO5+mews=\n";

static struct sr_vkey key;
static uint8_t seed[SR_SEED];
static struct sr_signer signer = {&key, seed, false};
static struct sr_log log_ = {origin, &key, 1};

static int setup(void **state) {
	struct sr_err e = {0};

	(void)state;
	assert_ok(sr_vkey_parse(&key, sr_bytes_str(log_vkey), &e), &e);
	assert_int_equal(t_hex(seed, sizeof seed, log_seed), SR_SEED);
	return 0;
}

static void published(void **state) {
	struct sr_err e = {0};
	struct sr_checkpoint c;
	struct sr_note n;
	struct sr_buf b;
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];

	(void)state;
	sr_buf_init(&b);
	sr_sha256(hash, checkpoint8, strlen(checkpoint8));
	sr_hex(hex, hash, SR_HASH);
	assert_string_equal(
		hex, "abdebb1c8e1c562d5902f106e741e80e430af4bb7fdaf120d9fe4a3419d6adb8");
	assert_ok(sr_checkpoint_open(&c, &n, sr_bytes_str(checkpoint8), &log_, &e), &e);
	assert_string_equal(c.origin, origin);
	assert_int_equal(c.size, 8);
	assert_int_equal(c.extension.len, 0);
	assert_true(sr_note_signed_by(&n, 0));
	assert_ok(sr_checkpoint_sign(&b, &c, &signer, 1, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str(checkpoint8)));
	sr_note_free(&n);
	sr_buf_free(&b);
}

#define ROOT "bC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY="

static void texts(void **state) {
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{"", "no origin line"},
		{"a", "no origin line"},
		{"\n8\n" ROOT "\n", "origin of 0 bytes, want 1 to 255"},
		{"a\x01\n8\n" ROOT "\n", "control byte 0x01 in the origin"},
		{"a\xff\n8\n" ROOT "\n", "the origin is not UTF-8"},
		{"a\n", "no size line"},
		{"a\n8\n", "no root line"},
		{"a\n8\n" ROOT, "no root line"},
		{"a\n08\n" ROOT "\n", "size"},
		{"a\n+8\n" ROOT "\n", "size"},
		{"a\n 8\n" ROOT "\n", "size"},
		{"a\n\n" ROOT "\n", "size"},
		{"a\n8 \n" ROOT "\n", "size"},
		{"a\n0x8\n" ROOT "\n", "size"},
		{"a\n9223372036854775808\n" ROOT "\n", "size"},
		{"a\n18446744073709551617\n" ROOT "\n", "size"},
		{"a\n8\nbC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY\n", "root"},
		{"a\n8\nbC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pZ=\n", "root"},
		{"a\n8\nbC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28g==\n", "root"},
		{"a\n8\n\n", "root"},
		{"a\n8\n" ROOT "\n\n", "line 4 is empty"},
		{"a\n8\n" ROOT "\nx\n\n", "line 5 is empty"},
		{"a\n8\n" ROOT "\nx", "line 4 does not end in a newline"},
	};
	struct sr_checkpoint c = {.size = 77};
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		int rc = sr_checkpoint_parse(&c, sr_bytes_str(bad[i].text), &e);

		if (rc == 0 || strstr(e.text, bad[i].why) == NULL)
			print_message("case %zu: %s\n", i, rc == 0 ? "taken" : e.text);
		assert_fails(rc, SR_CORRUPT, &e, bad[i].why);
		assert_int_equal(c.size, 77);
	}
	assert_ok(sr_checkpoint_parse(&c,
			  sr_bytes_str("go.sum database tree\n35225469\n" ROOT "\nx y\n\xc3\xa9\n"),
			  &e),
		&e);
	assert_string_equal(c.origin, "go.sum database tree");
	assert_true(sr_bytes_eq(c.extension, sr_bytes_str("x y\n\xc3\xa9\n")));
	assert_ok(sr_checkpoint_parse(&c, sr_bytes_str("a\n9223372036854775807\n" ROOT "\n"), &e),
		&e);
	assert_true(c.size == SR_TREE_SIZE_MAX);
}

static void put_refusals(void **state) {
	struct sr_checkpoint c = {.origin = "a", .size = SR_TREE_SIZE_MAX};
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	assert_fails(sr_checkpoint_sign(&b, &c, &signer, 1, &e), SR_MISUSE, &e,
		"checkpoint of \"a\" signed by the key of \"example.com/log/testdata\"");
	assert_ok(sr_checkpoint_put(&b, &c, &e), &e);
	sr_buf_clear(&b);
	c.size++;
	assert_fails(sr_checkpoint_put(&b, &c, &e), SR_LIMIT, &e, "size 9223372036854775808");
	c.size = 1;
	c.origin[0] = '\n';
	assert_fails(sr_checkpoint_put(&b, &c, &e), SR_CORRUPT, &e, "control byte 0x0a");
	c.origin[0] = '\0';
	assert_fails(sr_checkpoint_put(&b, &c, &e), SR_CORRUPT, &e, "origin of 0 bytes");
	assert_int_equal(b.len, 0);
	sr_buf_free(&b);
}

static void other_logs(void **state) {
	struct sr_log other = {"example.com/other", &key, 1};
	struct sr_vkey two[2] = {key, key};
	struct sr_log rotated = {origin, two, 2};
	struct sr_err e = {0};
	struct sr_checkpoint c;
	struct sr_note n;

	(void)state;
	assert_fails(sr_checkpoint_open(&c, &n, sr_bytes_str(checkpoint8), &other, &e), SR_AUTH, &e,
		"is of \"example.com/log/testdata\", want \"example.com/other\"");
	assert_null(n.lines);
	two[0].id[2] ^= 8;
	assert_ok(sr_checkpoint_open(&c, &n, sr_bytes_str(checkpoint8), &rotated, &e), &e);
	assert_int_equal(n.lines[0].key, 1);
	sr_note_free(&n);
	rotated.count = 1;
	assert_fails(sr_checkpoint_open(&c, &n, sr_bytes_str(checkpoint8), &rotated, &e), SR_AUTH,
		&e, "checkpoint: note: none of its 1 signatures");
	assert_null(n.lines);
}

/* A good signature over a text that is no checkpoint. */
static void signed_nonsense(void **state) {
	struct sr_err e = {0};
	struct sr_checkpoint c;
	struct sr_note n;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	assert_ok(sr_note_sign(&b, sr_bytes_str("example.com/log/testdata\n8\n"), &signer, 1, &e),
		&e);
	assert_fails(sr_checkpoint_open(&c, &n, sr_buf_view(&b), &log_, &e), SR_CORRUPT, &e,
		"no root line");
	assert_null(n.lines);
	sr_buf_free(&b);
}

static void mutant(void *ctx, struct sr_bytes m, const char *what) {
	struct sr_err e = {0};
	struct sr_checkpoint c;
	struct sr_note n;

	(void)ctx;
	if (sr_checkpoint_open(&c, &n, m, &log_, &e) == 0)
		fail_msg("%s: was taken", what);
	assert_true(e.code == SR_CORRUPT || e.code == SR_AUTH);
	assert_null(n.lines);
}

static void damaged(void **state) {
	(void)state;
	t_each_cut(sr_bytes_str(checkpoint8), mutant, NULL);
	t_each_flip(sr_bytes_str(checkpoint8), mutant, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published),
		cmocka_unit_test(texts),
		cmocka_unit_test(put_refusals),
		cmocka_unit_test(other_logs),
		cmocka_unit_test(signed_nonsense),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
