/*
 * Tests of merkle/cosignature: a published cosignature byte for byte, times, unknown types that
 * stay in the note, wrong lines that spoil it, damage of every kind.
 */
#include "merkle/cosignature.h"

#include <string.h>

#include "util.h"

#define D "\xe2\x80\x94"

static const char witness_seed[] = "14731ce6be532a0bcc9170c0352dc3c2"
				   "477dde5f86324cd30fe00ad7d430df30";
static const char witness_vkey[] =
	"witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN";
static const char text[] =
	"rome2026h1.example.org\n300\nlCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n";
static const char line[] =
	D " witness.example.org uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo"
	  "0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==\n";
enum {
	T = 1767139200
};

static struct sr_vkey key;
static uint8_t seed[SR_SEED];
static struct sr_signer signer = {&key, seed, false};

static int setup(void **state) {
	struct sr_err e = {0};

	(void)state;
	assert_ok(sr_vkey_parse(&key, sr_bytes_str(witness_vkey), &e), &e);
	assert_int_equal(key.type, SR_NOTE_COSIGN);
	sr_sha256(seed, "skylight test witness key", 25);
	{
		uint8_t want[SR_SEED];

		assert_int_equal(t_hex(want, sizeof want, witness_seed), SR_SEED);
		assert_memory_equal(seed, want, SR_SEED);
	}
	return 0;
}

/* text, an empty line, ${lines}: parsed. ${b} holds the bytes. */
static void note_of(struct sr_note *n, struct sr_buf *b, const char *lines) {
	struct sr_err e = {0};

	sr_buf_clear(b);
	sr_buf_printf(b, "%s\n%s", text, lines);
	assert_ok(sr_note_parse(n, sr_buf_view(b), &e), &e);
}

static void published(void **state) {
	struct sr_cosigned c;
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	assert_ok(sr_cosign_line(&b, sr_bytes_str(text), &signer, T, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str(line)));
	note_of(&n, &b, line);
	assert_ok(sr_cosign_verify(&c, &n, &key, 1, &e), &e);
	assert_true(c.valid && c.time == T);
	sr_note_free(&n);
	sr_buf_free(&b);
}

static void make_refusals(void **state) {
	struct sr_vkey plain = key;
	struct sr_signer s = signer;
	uint8_t other[SR_SEED] = {1};
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	assert_fails(sr_cosign_line(&b, sr_bytes_str("strongroom/vote/v1\n"), &signer, T, &e),
		SR_CORRUPT, &e, "no size line");
	assert_fails(sr_cosign_line(&b, sr_bytes_str("a\r\n"), &signer, T, &e), SR_CORRUPT, &e,
		"control byte");
	assert_fails(sr_cosign_line(&b, sr_bytes_str(text), &signer, (uint64_t)INT64_MAX + 1, &e),
		SR_MISUSE, &e, "time 9223372036854775808");
	plain.type = SR_NOTE_ED25519;
	s.key = &plain;
	assert_fails(sr_cosign_line(&b, sr_bytes_str(text), &s, T, &e), SR_MISUSE, &e, "0x01");
	s = signer;
	s.seed = other;
	assert_fails(
		sr_cosign_line(&b, sr_bytes_str(text), &s, T, &e), SR_MISUSE, &e, "of another key");
	s = signer;
	s.person = true;
	assert_fails(sr_cosign_line(&b, sr_bytes_str(text), &s, T, &e), SR_MISUSE, &e, "cosign");
	assert_int_equal(b.len, 0);
	assert_ok(sr_cosign_line(&b, sr_bytes_str(text), &signer, INT64_MAX, &e), &e);
	sr_buf_free(&b);
}

/* The latest of several counts; unknown keys and types count for nothing and stay. */
static void several(void **state) {
	struct sr_vkey keys[3] = {key, key, key};
	struct sr_cosigned c[3];
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf lines, b;

	(void)state;
	sr_buf_init(&lines);
	sr_buf_init(&b);
	keys[0].id[3] ^= 1;
	keys[2].type = 6; /* carried, never checked */
	assert_ok(sr_cosign_line(&lines, sr_bytes_str(text), &signer, T + 60, &e), &e);
	assert_ok(sr_cosign_line(&lines, sr_bytes_str(text), &signer, T, &e), &e);
	sr_buf_put_str(&lines, D " pq.example AAAAAAAAAAAAAAAAAAAA\n");
	sr_buf_put_u8(&lines, '\0');
	note_of(&n, &b, (const char *)lines.p);
	assert_ok(sr_cosign_verify(c, &n, keys, 3, &e), &e);
	assert_true(!c[0].valid && c[0].time == 0);
	assert_true(c[1].valid && c[1].time == T + 60);
	assert_false(c[2].valid);
	assert_int_equal(n.count, 3);
	assert_ok(sr_cosign_verify(NULL, &n, NULL, 0, &e), &e);
	sr_note_free(&n);
	sr_buf_free(&b);
	sr_buf_free(&lines);
}

static void spoilt(void **state) {
	static const char *const wrong[] = {
		/* no signature behind the time; one byte short; time above 2^63 */
		D " witness.example.org uKLPIAAAAABpVGeA\n",
		D " witness.example.org uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zzn"
		  "mo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBm\n",
		D " witness.example.org uKLPIIAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zzn"
		  "mo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==\n",
	};
	struct sr_cosigned c;
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b, both;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&both);
	for (size_t i = 0; i < T_COUNT(wrong); i++) {
		sr_buf_clear(&both);
		sr_buf_printf(&both, "%s%s", line, wrong[i]);
		sr_buf_put_u8(&both, '\0');
		note_of(&n, &b, (const char *)both.p);
		assert_fails(sr_cosign_verify(&c, &n, &key, 1, &e), SR_AUTH, &e,
			"cosignature of \"witness.example.org\" does not verify");
		assert_false(c.valid);
		sr_note_free(&n);
	}
	sr_buf_free(&b);
	sr_buf_free(&both);
}

/* A signature that is right over a time that no clock has. */
static void late_time(void **state) {
	uint8_t field[8 + SR_SIG];
	struct sr_cosigned c;
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b, msg;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&msg);
	for (int late = 0; late < 2; late++) {
		uint64_t t = (uint64_t)INT64_MAX + (uint64_t)late;

		sr_buf_clear(&msg);
		sr_buf_printf(&msg, "cosignature/v1\ntime %llu\n%s", (unsigned long long)t, text);
		sr_be64_put(field, t);
		sr_sign_raw(field + 8, seed, sr_buf_view(&msg));
		sr_buf_clear(&b);
		sr_buf_printf(&b, "%s\n", text);
		assert_ok(sr_note_put_line(&b, &key, sr_bytes_of(field, sizeof field), &e), &e);
		assert_ok(sr_note_parse(&n, sr_buf_view(&b), &e), &e);
		assert_int_equal(sr_cosign_verify(&c, &n, &key, 1, &e), late ? SR_AUTH : 0);
		assert_int_equal(c.valid, !late);
		sr_note_free(&n);
	}
	assert_fails(sr_note_put_line(&b, &key, sr_bytes_of(field, 0), &e), SR_MISUSE, &e,
		"without a signature");
	sr_buf_free(&b);
	sr_buf_free(&msg);
}

static void mutant(void *ctx, struct sr_bytes m, const char *what) {
	struct sr_cosigned c;
	struct sr_err e = {0};
	struct sr_note n;

	(void)ctx;
	if (sr_note_parse(&n, m, &e) != 0)
		return;
	if (sr_cosign_verify(&c, &n, &key, 1, &e) == 0 && c.valid)
		fail_msg("%s: was taken", what);
	sr_note_free(&n);
}

static void damaged(void **state) {
	struct sr_note n;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	note_of(&n, &b, line);
	sr_note_free(&n);
	t_each_cut(sr_buf_view(&b), mutant, NULL);
	t_each_flip(sr_buf_view(&b), mutant, NULL);
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published),
		cmocka_unit_test(make_refusals),
		cmocka_unit_test(several),
		cmocka_unit_test(spoilt),
		cmocka_unit_test(late_time),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
