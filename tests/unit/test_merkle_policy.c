/*
 * Tests of merkle/policy: the grammar and its traps, the limits, and quorums against a direct
 * evaluation of every subset of witnesses.
 */
#include "merkle/policy.h"

#include <string.h>

#include "util.h"

enum {
	MANY = 70
};

/* Keys made from numbers: "w<i>.example" of type 0x04 or "l<i>.example" of type 0x01. */
static uint8_t seeds[MANY][SR_SEED];
static struct sr_vkey witness[MANY];
static char wkey[MANY][160];
static char lkey[MANY][160];

static void make_vkey(char out[160], struct sr_vkey *k, const char *kind, int i, uint8_t type,
	const uint8_t *pk) {
	struct sr_err e = {0};
	struct sr_buf b;
	char name[32];

	sr_buf_init(&b);
	(void)snprintf(name, sizeof name, "%s%d.example", kind, i);
	assert_ok(sr_vkey_make(k, sr_bytes_str(name), type, pk, &e), &e);
	sr_vkey_put(&b, k);
	assert_true(b.len < 160);
	memcpy(out, b.p, b.len);
	out[b.len] = '\0';
	sr_buf_free(&b);
}

static int setup(void **state) {
	(void)state;
	for (int i = 0; i < MANY; i++) {
		struct sr_vkey k;
		uint8_t pk[SR_PK];

		t_fill(seeds[i], SR_SEED, (uint64_t)i + 100);
		sr_sign_public(pk, seeds[i]);
		make_vkey(wkey[i], &witness[i], "w", i, SR_NOTE_COSIGN, pk);
		make_vkey(lkey[i], &k, "l", i, SR_NOTE_ED25519, pk);
	}
	return 0;
}

/* "@0" stands for the key of witness 0, "$0" for that of log 0; one digit. */
static void expand(struct sr_buf *out, const char *text) {
	for (const char *p = text; *p != '\0'; p++)
		if ((*p == '@' || *p == '$') && p[1] >= '0' && p[1] <= '9') {
			sr_buf_put_str(out, (*p == '@' ? wkey : lkey)[p[1] - '0']);
			p++;
		} else {
			sr_buf_put_u8(out, (uint8_t)*p);
		}
}

static int parse(struct sr_policy **p, const char *text, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	expand(&b, text);
	rc = sr_policy_parse(p, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

static void grammar(void **state) {
	struct sr_policy *p = NULL;
	struct sr_err e = {0};
	size_t count;

	(void)state;
	assert_ok(parse(&p,
			  "# a comment\n\n \t\n  # another, indented\n"
			  "log $0 https://log.example/\nlog\t$1\n"
			  "\twitness  X1 \t@1  https://w1.example/sub \n"
			  "witness none\xff @2\nwitness all @3\n"
			  "group any 2 X1 none\xff all\ngroup k any any\nquorum k\nlog $2\n",
			  &e),
		&e);
	(void)sr_policy_logs(p, &count);
	assert_int_equal(count, 3);
	assert_string_equal(sr_policy_logs(p, &count)[1].name, "l1.example");
	assert_string_equal(sr_policy_witnesses(p, &count)[2].name, "w3.example");
	assert_int_equal(count, 3);
	assert_true(sr_bytes_eq(sr_policy_log_url(p, 0), sr_bytes_str("https://log.example/")));
	assert_int_equal(sr_policy_log_url(p, 1).len, 0);
	assert_true(
		sr_bytes_eq(sr_policy_witness_url(p, 0), sr_bytes_str("https://w1.example/sub")));
	assert_int_equal(sr_policy_witness_url(p, 1).len, 0);
	assert_true(sr_bytes_eq(sr_policy_witness_name(p, 1), sr_bytes_str("none\xff")));
	assert_null(sr_policy_witness_name(p, 3).p);
	assert_null(sr_policy_log_url(p, 3).p);
	assert_false(sr_policy_is_none(p));
	sr_policy_free(p);
	assert_ok(parse(&p, "quorum none\n", &e), &e);
	assert_true(sr_policy_is_none(p));
	assert_true(sr_policy_met(p, NULL));
	sr_policy_free(p);
	sr_policy_free(NULL);
}

static void refusals(void **state) {
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{"", "no quorum line"},
		{"log $0\n", "no quorum line"},
		{"quorum none", "line 1 does not end in a newline"},
		{"quorum none\nquorum none\n", "line 2: a second quorum line"},
		{"quorum\n", "line 1: quorum has 1 words, want 2"},
		{"quorum none # nobody\n", "quorum has 4 words"},
		{"quorum W\nwitness W @0\n", "line 1: \"W\" is not defined above"},
		{"witness W @0\nquorum w\n", "\"w\" is not defined above"},
		{"witness none @0\nquorum none\n", "\"none\" cannot be defined"},
		{"witness W @0\ngroup none any W\nquorum none\n", "\"none\" cannot be defined"},
		{"witness W @0\ngroup g any none\nquorum g\n", "\"none\" is not defined above"},
		{"witness W @0\nwitness W @1\nquorum W\n", "line 2: \"W\" is defined twice"},
		{"witness W @0\ngroup W any W\nquorum W\n", "\"W\" is defined twice"},
		{"witness W @0\nwitness V @0\nquorum W\n", "the same public key a second time"},
		{"log $0\nlog $0 url\nquorum none\n", "the same public key a second time"},
		{"log @0\nquorum none\n", "key of \"w0.example\" is of type 0x04"},
		{"witness W $0\nquorum W\n", "key of \"l0.example\" is of type 0x01"},
		{"witness W\nquorum W\n", "a witness needs a name and a key"},
		{"witness @0\nquorum none\n", "a witness needs a name and a key"},
		{"witness W @0 url more\nquorum W\n", "3 words where a key"},
		{"witness W @0 #1\nquorum W\n", "a comment needs its own line"},
		{"witness W @0 url # us\nquorum W\n", "4 words where a key"},
		{"log\nquorum none\n", "0 words where a key"},
		{"log $0x\nquorum none\n", "line 1: key \""},
		{"log l0.example\nquorum none\n", "want name+keyid+base64"},
		{"group g any\nquorum g\n", "a group needs a name, a threshold and a member"},
		{"group g any W\nwitness W @0\nquorum g\n", "\"W\" is not defined above"},
		{"group g any g\nquorum g\n", "\"g\" is not defined above"},
		{"witness W @0\ngroup g 0 W\nquorum g\n", "\"0\" is not all, any or a number"},
		{"witness W @0\ngroup g 2 W\nquorum g\n", "a number from 1 to 1"},
		{"witness W @0\ngroup g 01 W\nquorum g\n", "\"01\" is not all"},
		{"witness W @0\ngroup g ANY W\nquorum g\n", "\"ANY\" is not all"},
		{"witness W @0\ngroup g 2 W W\nquorum g\n", "\"W\" is a member a second time"},
		{"witness W @0\ngroup g any W\ngroup h any W\nquorum g\n",
			"line 3: \"W\" is a member a second time"},
		{"witness W @0\ngroup g any W\ngroup h any g W\nquorum h\n",
			"\"W\" is a member a second time"},
		{"Quorum none\n", "begins with \"Quorum\", want log"},
		{"quorum none\r\n", "control byte 0x0d"},
		{"# \x7f\nquorum none\n", "line 1: control byte 0x7f"},
		{"quorum none\n\x0b\n", "line 2: control byte 0x0b"},
	};
	struct sr_policy *p = NULL;
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		int rc = parse(&p, bad[i].text, &e);

		if (rc == 0 || strstr(e.text, bad[i].why) == NULL)
			print_message("case %zu: %s\n", i, rc == 0 ? "taken" : e.text);
		assert_fails(rc, SR_CORRUPT, &e, bad[i].why);
		assert_non_null(strstr(e.text, "witness policy: "));
		assert_null(p);
	}
}

static void limits(void **state) {
	struct sr_policy *p = NULL;
	struct sr_err e = {0};
	struct sr_buf b, all;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&all);
	for (int i = 0; i < 64; i++)
		sr_buf_printf(&b, "log %s\nwitness n%d %s\n", lkey[i], i, wkey[i]);
	sr_buf_put_str(&b, "group g0 all");
	for (int i = 0; i < 64; i++)
		sr_buf_printf(&b, " n%d", i);
	for (int i = 1; i < 64; i++)
		sr_buf_printf(&b, "\ngroup g%d any g%d", i, i - 1);
	sr_buf_put_str(&b, "\n");
	for (int more = 0; more < 4; more++) {
		sr_buf_clear(&all);
		sr_buf_put_bytes(&all, sr_buf_view(&b));
		if (more == 1)
			sr_buf_printf(&all, "log %s\n", lkey[64]);
		if (more == 2)
			sr_buf_printf(&all, "witness x %s\n", wkey[64]);
		if (more == 3)
			sr_buf_put_str(&all, "group x any g63\n");
		sr_buf_put_str(&all, "quorum g63\n");
		if (more == 0) {
			struct sr_cosigned w[64];

			assert_ok(sr_policy_parse(&p, sr_buf_view(&all), &e), &e);
			for (int i = 0; i < 64; i++)
				w[i] = (struct sr_cosigned){true, 1};
			assert_true(sr_policy_met(p, w));
			w[17].valid = false;
			assert_false(sr_policy_met(p, w));
			sr_policy_free(p);
		} else {
			assert_fails(sr_policy_parse(&p, sr_buf_view(&all), &e), SR_LIMIT, &e,
				"more than 64");
		}
	}
	sr_buf_clear(&all);
	for (int i = 0; i < 200; i++)
		sr_buf_put_str(&all, "x ");
	sr_buf_put_str(&all, "\n");
	assert_fails(sr_policy_parse(&p, sr_buf_view(&all), &e), SR_LIMIT, &e, "words");
	sr_buf_clear(&all);
	sr_buf_put_zero(&all, SR_POLICY_MAX + 1);
	assert_fails(sr_policy_parse(&p, sr_buf_view(&all), &e), SR_LIMIT, &e, "1048577 bytes");
	sr_buf_free(&b);
	sr_buf_free(&all);
}

static bool bit(unsigned set, int i) {
	return (set >> i & 1) != 0;
}

/* Two of three X, and any of three Y; the example of the specification. */
static bool want_example(unsigned s) {
	return bit(s, 0) + bit(s, 1) + bit(s, 2) >= 2 && (bit(s, 3) || bit(s, 4) || bit(s, 5));
}

static bool want_single(unsigned s) {
	return bit(s, 2);
}

static bool want_nested(unsigned s) {
	bool in = (bit(s, 0) && bit(s, 1)) || bit(s, 2); /* any of (all of 0 1), 2 */

	return in + bit(s, 3) + bit(s, 4) >= 2; /* 5 is a witness outside the quorum */
}

#define SIX "witness a @0\nwitness b @1\nwitness c @2\nwitness d @3\nwitness e @4\nwitness f @5\n"

static void quorums(void **state) {
	static const struct {
		const char *text;
		bool (*want)(unsigned);
	} rows[] = {
		{SIX "group X 2 a b c\ngroup Y any d e f\ngroup both all X Y\nquorum both\n",
			want_example},
		{SIX "group X 2 a b d\nquorum c\n", want_single},
		{SIX "group c1 all a b\ngroup c2 any c1 c\ngroup q 2 e c2 d\nquorum q\n",
			want_nested},
	};
	struct sr_cosigned w[6];
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct sr_policy *p = NULL;

		assert_ok(parse(&p, rows[i].text, &e), &e);
		for (unsigned s = 0; s < 64; s++) {
			for (int k = 0; k < 6; k++)
				w[k] = (struct sr_cosigned){bit(s, k), bit(s, k) ? 9 : 0};
			assert_int_equal(sr_policy_met(p, w), rows[i].want(s));
		}
		sr_policy_free(p);
	}
}

/* With real cosignatures: witnesses ${from}..${to}-1 sign. */
static void cosigned_note(struct sr_buf *b, int from, int to) {
	static const char text[] = "l0.example\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n";
	struct sr_vkey k;
	struct sr_signer log = {&k, seeds[0], false};
	struct sr_err e = {0};

	sr_buf_clear(b);
	assert_ok(sr_vkey_parse(&k, sr_bytes_str(lkey[0]), &e), &e);
	assert_ok(sr_note_sign(b, sr_bytes_str(text), &log, 1, &e), &e);
	for (int i = from; i < to; i++) {
		struct sr_signer s = {&witness[i], seeds[i], false};

		assert_ok(sr_cosign_line(b, sr_bytes_str(text), &s, 1000 + (uint64_t)i, &e), &e);
	}
}

static void check(void **state) {
	struct sr_policy *p = NULL;
	struct sr_cosigned w[3];
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	assert_ok(parse(&p, "witness a @1\nwitness b @2\nwitness c @3\ngroup g 2 a b c\nquorum g\n",
			  &e),
		&e);
	cosigned_note(&b, 1, 3);
	assert_ok(sr_note_parse(&n, sr_buf_view(&b), &e), &e);
	assert_ok(sr_policy_check(p, &n, w, &e), &e);
	assert_true(w[0].valid && w[0].time == 1001 && w[1].valid && !w[2].valid);
	assert_ok(sr_policy_check(p, &n, NULL, &e), &e);
	sr_note_free(&n);
	cosigned_note(&b, 3, 6); /* one known, two unknown */
	assert_ok(sr_note_parse(&n, sr_buf_view(&b), &e), &e);
	assert_fails(sr_policy_check(p, &n, w, &e), SR_DENIED, &e,
		"1 of 3 witnesses cosigned, the quorum is not met");
	sr_note_free(&n);
	/* The same witness twice is one. */
	cosigned_note(&b, 1, 2);
	{
		struct sr_buf twice;
		size_t text_len;

		sr_buf_init(&twice);
		assert_ok(sr_note_parse(&n, sr_buf_view(&b), &e), &e);
		text_len = n.text.len;
		sr_buf_put_bytes(&twice, sr_buf_view(&b));
		sr_buf_put_bytes(&twice, n.lines[1].raw);
		sr_note_free(&n);
		assert_ok(sr_note_parse(&n, sr_buf_view(&twice), &e), &e);
		assert_int_equal(n.text.len, text_len);
		assert_fails(sr_policy_check(p, &n, NULL, &e), SR_DENIED, &e, "1 of 3");
		sr_note_free(&n);
		sr_buf_free(&twice);
	}
	sr_policy_free(p);
	sr_buf_free(&b);
}

/* A witness whose key cannot be checked here never counts. */
static void carried_key(void **state) {
	static const uint8_t material[] = {6, 1, 2, 3};
	struct sr_policy *p = NULL;
	struct sr_cosigned w[2];
	struct sr_err e = {0};
	uint8_t hash[SR_HASH];
	struct sr_note n;
	struct sr_buf b, in;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&in);
	sr_buf_put_str(&in, "pq.example\n");
	sr_buf_put(&in, material, sizeof material);
	sr_sha256(hash, in.p, in.len);
	sr_buf_printf(&b, "witness a %s\nwitness pq pq.example+", wkey[1]);
	sr_buf_put_hex(&b, hash, 4);
	sr_buf_put_str(&b, "+");
	sr_buf_put_base64(&b, material, sizeof material);
	sr_buf_put_str(&b, "\ngroup g all a pq\nquorum g\n");
	assert_ok(sr_policy_parse(&p, sr_buf_view(&b), &e), &e);
	cosigned_note(&in, 1, 2);
	sr_buf_put_str(&in, "\xe2\x80\x94 pq.example ");
	sr_buf_clear(&b);
	sr_buf_put(&b, hash, 4);
	sr_buf_put_str(&b, "anything");
	sr_buf_put_base64(&in, b.p, b.len);
	sr_buf_put_str(&in, "\n");
	assert_ok(sr_note_parse(&n, sr_buf_view(&in), &e), &e);
	assert_fails(sr_policy_check(p, &n, w, &e), SR_DENIED, &e, "1 of 2");
	sr_note_free(&n);
	sr_policy_free(p);
	sr_buf_free(&b);
	sr_buf_free(&in);
}

static void cut(void *ctx, struct sr_bytes m, const char *what) {
	struct sr_policy *p = NULL;
	struct sr_err e = {0};

	(void)ctx;
	if (sr_policy_parse(&p, m, &e) == 0)
		fail_msg("%s: was taken", what);
	assert_int_equal(e.code, SR_CORRUPT);
}

static void flip(void *ctx, struct sr_bytes m, const char *what) {
	struct sr_policy *p = NULL;
	struct sr_err e = {0};

	(void)ctx;
	(void)what;
	if (sr_policy_parse(&p, m, &e) == 0) /* a comment, a URL or a name may differ */
		sr_policy_free(p);
	else
		assert_true(e.code == SR_CORRUPT || e.code == SR_UNSUPPORTED);
}

static void damaged(void **state) {
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	expand(&b, "# c\nlog $0 u\nwitness a @1\nwitness b @2 u\ngroup g 2 a b\nquorum g\n");
	t_each_cut(sr_buf_view(&b), cut, NULL);
	t_each_flip(sr_buf_view(&b), flip, NULL);
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar),
		cmocka_unit_test(refusals),
		cmocka_unit_test(limits),
		cmocka_unit_test(quorums),
		cmocka_unit_test(check),
		cmocka_unit_test(carried_key),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
