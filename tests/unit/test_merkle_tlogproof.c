/*
 * Tests of merkle/tlogproof: the worked proof of a small log with a witness, byte for byte; what
 * verifying must refuse; damage of every kind.
 */
#include "merkle/tlogproof.h"

#include <string.h>

#include "util.h"

#define D "\xe2\x80\x94"

static const char log_vkey[] =
	"example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
static const char witness_vkey[] =
	"witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN";
static const char checkpoint8[] =
	"example.com/log/testdata\n8\nbC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY=\n\n" D
	" example.com/log/testdata M9e0lq1EK37dHtgv9O3UzPxisw5vwIPcJsX9ab0xt4mvVfbdUR1fbMjN6sBFYpBo"
	"BEmD4+cWhj/AVgI5MitCO5+mews=\n";
static const char answer[] =
	D " witness.example.org uKLPIAAAAABpVGeATpM2NHKXdN9/xPeN3aSJvqGWTvnkFr6/tuGZO+LedHGBX60g"
	  "5LEGl2C5U8eFgrgSgntlmYNIEEKTgMRRXK8hCQ==\n";
static const char head[] = "c2sp.org/tlog-proof@v1\nindex 5\n"
			   "zMKa4OAqd7D0V4wawXST15z0JiEEkprIBPkfxOesWvA=\n"
			   "nk9gCR+floFqznAPtqjjcnnV64dge2jQB95D5t164Hg=\n"
			   "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=\n\n";
static const char *const entries[] = {"one", "two", "three", "four", "five", "six", "seven", "eit"};

static struct sr_vkey log_key;
static struct sr_log log_ = {"example.com/log/testdata", &log_key, 1};
static struct sr_policy *policy;
static struct sr_buf cosigned; /* the cosigned checkpoint */
static struct sr_buf file;     /* the proof of entry 5 */
static uint8_t leaf[SR_HASH];  /* of entry 5 */

static void assert_sha256(struct sr_bytes b, const char *hex) {
	uint8_t hash[SR_HASH];
	char have[2 * SR_HASH + 1];

	sr_sha256(hash, b.p, b.len);
	sr_hex(have, hash, SR_HASH);
	assert_string_equal(have, hex);
}

static int setup(void **state) {
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&file);
	sr_buf_init(&cosigned);
	assert_ok(sr_vkey_parse(&log_key, sr_bytes_str(log_vkey), &e), &e);
	sr_buf_printf(&b, "witness w %s\nquorum w\n", witness_vkey);
	assert_ok(sr_policy_parse(&policy, sr_buf_view(&b), &e), &e);
	assert_ok(sr_note_parse(&n, sr_bytes_str(checkpoint8), &e), &e);
	assert_ok(sr_note_merge(&cosigned, &n, sr_bytes_str(answer), &e), &e);
	sr_note_free(&n);
	sr_buf_put_str(&file, head);
	sr_buf_put_bytes(&file, sr_buf_view(&cosigned));
	sr_leaf_hash(leaf, sr_bytes_str(entries[5]));
	sr_buf_free(&b);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	sr_policy_free(policy);
	sr_buf_free(&file);
	sr_buf_free(&cosigned);
	return 0;
}

static void worked(void **state) {
	uint8_t leaves[8 * SR_HASH], sent[SR_HASH];
	struct sr_tlogproof p, made;
	struct sr_checkpoint c;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	assert_int_equal(cosigned.len, 324);
	assert_sha256(sr_buf_view(&cosigned),
		"893df8df79640c7db044a90a14e7a55549976dd3aebdca90d2e8d343b38acca7");
	assert_int_equal(file.len, 491);
	assert_sha256(sr_buf_view(&file),
		"1e3c8c29c3cd77d635dfc61fc9dd15f0369f2d08646c813209165f80fe74a42c");
	/* Made from the entries. */
	for (size_t i = 0; i < 8; i++)
		sr_leaf_hash(leaves + i * SR_HASH, sr_bytes_str(entries[i]));
	memset(&made, 0, sizeof made);
	made.index = 5;
	made.checkpoint = sr_buf_view(&cosigned);
	assert_ok(sr_merkle_inclusion(&made.proof, leaves, 8, 5, &e), &e);
	assert_ok(sr_tlogproof_put(&b, &made, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_buf_view(&file)));
	assert_ok(sr_tlogproof_parse(&p, sr_buf_view(&file), &e), &e);
	assert_int_equal(p.index, 5);
	assert_int_equal(p.proof.count, 3);
	assert_int_equal(p.extra.len, 0);
	assert_ok(sr_tlogproof_verify(&c, &p, leaf, &log_, policy, &e), &e);
	assert_int_equal(c.size, 8);
	assert_ok(sr_tlogproof_verify(NULL, &p, leaf, &log_, NULL, &e), &e);
	sr_leaf_hash(sent, sr_bytes_str("seven"));
	assert_fails(sr_tlogproof_verify(NULL, &p, sent, &log_, policy, &e), SR_AUTH, &e,
		"tlog proof: inclusion proof: leaf 5 does not lead to the root of 8 leaves");
	sr_tlogproof_free(&p);
	sr_buf_free(&b);
}

/* The request to a witness of the same worked example: consistency 3 -> 8 as lines. */
static void worked_request(void **state) {
	uint8_t leaves[8 * SR_HASH];
	struct sr_leaf_array a = {leaves, 8};
	struct sr_nodes nodes = sr_leaf_array_nodes(&a);
	struct sr_err e = {0};
	struct sr_proof p;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	for (size_t i = 0; i < 8; i++)
		sr_leaf_hash(leaves + i * SR_HASH, sr_bytes_str(entries[i]));
	assert_ok(sr_proof_consistency(&p, &nodes, 3, 8, &e), &e);
	sr_buf_put_str(&b, "old 3\n");
	sr_proof_put(&b, &p);
	sr_buf_printf(&b, "\n%s", checkpoint8);
	assert_int_equal(b.len, 382);
	assert_sha256(sr_buf_view(&b),
		"a74b6beeaa01dd6feb976c3938562ae9f6f8d9d5e33c1967ab02e68f08f4f881");
	sr_buf_free(&b);
}

static void with_extra(void **state) {
	struct sr_tlogproof p, made;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	assert_ok(sr_tlogproof_parse(&made, sr_buf_view(&file), &e), &e);
	made.extra = sr_bytes_str("six");
	assert_ok(sr_tlogproof_put(&b, &made, &e), &e);
	assert_memory_equal(b.p, "c2sp.org/tlog-proof@v1\nextra c2l4\nindex 5\n", 42);
	assert_ok(sr_tlogproof_parse(&p, sr_buf_view(&b), &e), &e);
	assert_true(sr_bytes_eq(p.extra, sr_bytes_str("six")));
	assert_ok(sr_tlogproof_verify(NULL, &p, leaf, &log_, policy, &e), &e);
	sr_tlogproof_free(&p);
	sr_tlogproof_free(&made);
	sr_tlogproof_free(NULL);
	sr_buf_free(&b);
}

static void put_refusals(void **state) {
	struct sr_tlogproof p;
	struct sr_err e = {0};
	struct sr_buf b;
	uint8_t *huge = calloc(1, SR_PROOF_FILE_MAX);

	(void)state;
	assert_non_null(huge);
	sr_buf_init(&b);
	memset(&p, 0, sizeof p);
	assert_fails(sr_tlogproof_put(&b, &p, &e), SR_MISUSE, &e, "checkpoint of 0 bytes");
	p.checkpoint = sr_buf_view(&cosigned);
	p.index = SR_TREE_SIZE_MAX;
	assert_fails(sr_tlogproof_put(&b, &p, &e), SR_MISUSE, &e, "index 9223372036854775807");
	p.index = 0;
	p.proof.count = SR_PROOF_MAX + 1;
	assert_fails(sr_tlogproof_put(&b, &p, &e), SR_MISUSE, &e, "65 hashes");
	p.proof.count = 0;
	p.extra = sr_bytes_of(huge, SR_PROOF_FILE_MAX);
	assert_fails(sr_tlogproof_put(&b, &p, &e), SR_LIMIT, &e, "at most 2097152");
	assert_int_equal(b.len, 0);
	assert_fails(sr_tlogproof_parse(&p, sr_bytes_of(huge, SR_PROOF_FILE_MAX + 1), &e), SR_LIMIT,
		&e, "2097153 bytes");
	sr_buf_free(&b);
	free(huge);
}

static void bad_files(void **state) {
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{"", "the first line is not c2sp.org/tlog-proof@v1"},
		{"c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", "the first line is not"},
		{"c2sp.org/tlog-proof@v1", "the first line is not"},
		{"c2sp.org/tlog-proof@v1\n", "no index line"},
		{"c2sp.org/tlog-proof@v1\nindex\n\nx\n", "no index line"},
		{"c2sp.org/tlog-proof@v1\nindex 00\n\nx\n", "index"},
		{"c2sp.org/tlog-proof@v1\nindex -1\n\nx\n", "index"},
		{"c2sp.org/tlog-proof@v1\nindex 9223372036854775807\n\nx\n", "index"},
		{"c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nx\n", "extra line without data"},
		{"c2sp.org/tlog-proof@v1\nextra AA\nindex 0\n\nx\n", "extra: "},
		{"c2sp.org/tlog-proof@v1\nextra AA==\n", "no index line"},
		{"c2sp.org/tlog-proof@v1\nextra AA==\nextra AA==\nindex 0\n\nx\n", "no index line"},
		{"c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\nx\n", "hash 1"},
		{"c2sp.org/tlog-proof@v1\nindex 0\nAA==\n\nx\n", "hash 1"},
		{"c2sp.org/tlog-proof@v1\nindex 0\n", "no empty line before the checkpoint"},
		{"c2sp.org/tlog-proof@v1\nindex 0\n\n", "no checkpoint"},
	};
	struct sr_tlogproof p;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		int rc = sr_tlogproof_parse(&p, sr_bytes_str(bad[i].text), &e);

		if (rc == 0 || strstr(e.text, bad[i].why) == NULL)
			print_message("case %zu: %s\n", i, rc == 0 ? "taken" : e.text);
		assert_fails(rc, SR_CORRUPT, &e, bad[i].why);
		assert_non_null(strstr(e.text, "tlog proof: "));
		assert_null(p.checkpoint.p);
	}
	sr_buf_init(&b);
	sr_buf_put_str(&b, "c2sp.org/tlog-proof@v1\nindex 0\n");
	for (int i = 0; i <= SR_PROOF_MAX; i++) {
		sr_buf_put_base64(&b, leaf, SR_HASH);
		sr_buf_put_str(&b, "\n");
	}
	sr_buf_put_str(&b, "\nx\n");
	assert_fails(sr_tlogproof_parse(&p, sr_buf_view(&b), &e), SR_LIMIT, &e, "more than 64");
	sr_buf_free(&b);
}

static void verify_refusals(void **state) {
	struct sr_tlogproof p;
	struct sr_log other = {"example.com/other", &log_key, 1};
	struct sr_vkey stranger = log_key;
	struct sr_log unknown = {log_.origin, &stranger, 1};
	struct sr_err e = {0};

	(void)state;
	assert_ok(sr_tlogproof_parse(&p, sr_buf_view(&file), &e), &e);
	assert_fails(sr_tlogproof_verify(NULL, &p, leaf, &other, policy, &e), SR_AUTH, &e,
		"want \"example.com/other\"");
	stranger.id[0] ^= 1;
	assert_fails(sr_tlogproof_verify(NULL, &p, leaf, &unknown, policy, &e), SR_AUTH, &e,
		"none of its 2 signatures");
	p.index = 4;
	assert_fails(sr_tlogproof_verify(NULL, &p, leaf, &log_, policy, &e), SR_AUTH, &e, "leaf 4");
	p.index = 8;
	assert_fails(sr_tlogproof_verify(NULL, &p, leaf, &log_, policy, &e), SR_AUTH, &e,
		"leaf 8 is outside a tree of 8");
	p.index = 5;
	p.checkpoint = sr_bytes_str(checkpoint8); /* without its witness */
	assert_fails(sr_tlogproof_verify(NULL, &p, leaf, &log_, policy, &e), SR_DENIED, &e,
		"tlog proof: 0 of 1 witnesses cosigned, the quorum is not met");
	assert_ok(sr_tlogproof_verify(NULL, &p, leaf, &log_, NULL, &e), &e);
	sr_tlogproof_free(&p);
}

static void mutant(void *ctx, struct sr_bytes m, const char *what) {
	struct sr_tlogproof p;
	struct sr_err e = {0};

	(void)ctx;
	if (sr_tlogproof_parse(&p, m, &e) != 0) {
		assert_true(e.code == SR_CORRUPT);
		return;
	}
	if (sr_tlogproof_verify(NULL, &p, leaf, &log_, policy, &e) == 0)
		fail_msg("%s: was taken", what);
	assert_true(e.code == SR_CORRUPT || e.code == SR_AUTH || e.code == SR_DENIED);
	sr_tlogproof_free(&p);
}

static void damaged(void **state) {
	(void)state;
	t_each_cut(sr_buf_view(&file), mutant, NULL);
	t_each_flip(sr_buf_view(&file), mutant, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked),
		cmocka_unit_test(worked_request),
		cmocka_unit_test(with_extra),
		cmocka_unit_test(put_refusals),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(verify_refusals),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
