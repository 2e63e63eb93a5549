/*
 * Tests of merkle/note: the examples of the specification and of the Go implementation, what must
 * be refused, truncation at every length and a flip of every bit.
 */
#include "merkle/note.h"

#include <string.h>

#include "util.h"

#define D "\xe2\x80\x94"

static const char spec_vkey[] =
	"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char spec_note[] = "This is an example message.\n\n" D
				" example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2"
				"ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

static const char go_seed[] = "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173";
static const char go_text[] = "If you think cryptography is the answer to your problem,\nthen you "
			      "don't know what your problem is.\n";
static const char go_line[] =
	D " PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FF"
	  "YC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

struct go_key {
	uint8_t seed[SR_SEED];
	struct sr_vkey key;
	struct sr_signer signer;
};

static void make_signer(struct go_key *k, const char *seed_hex, const char *name) {
	uint8_t pk[SR_PK];
	struct sr_err e = {0};

	assert_int_equal(t_hex(k->seed, SR_SEED, seed_hex), SR_SEED);
	sr_sign_public(pk, k->seed);
	assert_ok(sr_vkey_make(&k->key, sr_bytes_str(name), SR_NOTE_ED25519, pk, &e), &e);
	k->signer = (struct sr_signer){&k->key, k->seed, false};
}

static struct sr_vkey spec_key(void) {
	struct sr_err e = {0};
	struct sr_vkey k;

	assert_ok(sr_vkey_parse(&k, sr_bytes_str(spec_vkey), &e), &e);
	return k;
}

static void keys(void **state) {
	static const char *const bad[] = {"", "+", "++", "a", "a+530d903a",
		"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
		"example.com/foo+530d903a+", "example.com/foo+530d903a+AQ==",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"exa mple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"};
	struct sr_err e = {0};
	struct sr_vkey k = spec_key(), other;
	struct sr_buf b;
	struct go_key go;
	uint8_t pk[SR_PK];

	(void)state;
	sr_buf_init(&b);
	assert_string_equal(k.name, "example.com/foo");
	assert_int_equal(k.type, SR_NOTE_ED25519);
	sr_vkey_put(&b, &k);
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str(spec_vkey)));
	for (size_t i = 0; i < T_COUNT(bad); i++)
		if (sr_vkey_parse(&other, sr_bytes_str(bad[i]), &e) != SR_CORRUPT)
			fail_msg("key \"%s\": %s", bad[i], e.text);
	assert_fails(sr_vkey_parse(&other, sr_bytes_str(bad[5]), &e), SR_CORRUPT, &e,
		"key id is 530d903a by its name and key");
	make_signer(&go, go_seed, "PeterNeumann");
	assert_int_equal(sr_be32_get(go.key.id), 0xc74f20a3);
	assert_ok(sr_vkey_make(&other, sr_bytes_str("PeterNeumann"), SR_NOTE_COSIGN, go.key.pk, &e),
		&e);
	assert_int_equal(sr_be32_get(other.id), 0x18b9780b);
	t_hex(pk, sizeof pk, "1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6");
	assert_memory_equal(pk, go.key.pk, SR_PK);
	assert_fails(sr_vkey_make(&other, sr_bytes_str("a"), 6, pk, &e), SR_MISUSE, &e, "0x06");
	k.type = 6;
	sr_vkey_put(&b, &k);
	assert_fails(sr_buf_ok(&b, &e), SR_MISUSE, &e, NULL);
	sr_buf_free(&b);
}

static void key_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_vkey k;
	struct sr_err e = {0};

	(void)ctx;
	if (sr_vkey_parse(&k, mutant, &e) == 0)
		fail_msg("%s: was taken", what);
}

static void keys_damaged(void **state) {
	(void)state;
	t_each_cut(sr_bytes_str(spec_vkey), key_mutant, NULL);
	t_each_flip(sr_bytes_str(spec_vkey), key_mutant, NULL);
}

/* A key of a type that is only carried: its id is checked, its lines are not. */
static void carried_types(void **state) {
	uint8_t material[1313], hash[SR_HASH];
	struct sr_err e = {0};
	struct sr_vkey k;
	struct sr_buf b, h;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&h);
	t_fill(material, sizeof material, 9);
	for (int type = 2; type <= 6; type += 4) {
		material[0] = (uint8_t)type;
		sr_buf_clear(&h);
		sr_buf_put_str(&h, "w.example\n");
		sr_buf_put(&h, material, sizeof material);
		sr_sha256(hash, h.p, h.len);
		sr_buf_clear(&b);
		sr_buf_put_str(&b, "w.example+");
		sr_buf_put_hex(&b, hash, 4);
		sr_buf_put_str(&b, "+");
		sr_buf_put_base64(&b, material, sizeof material);
		if (type == 2) {
			assert_fails(sr_vkey_parse(&k, sr_buf_view(&b), &e), SR_UNSUPPORTED, &e,
				"ECDSA");
		} else {
			assert_ok(sr_vkey_parse(&k, sr_buf_view(&b), &e), &e);
			assert_int_equal(k.type, 6);
		}
	}
	sr_buf_free(&b);
	sr_buf_free(&h);
}

static void names(void **state) {
	static const char *const bad[] = {"", " ", "a b", "a+b", "a\tb", "a\nb", "a\xc2\xa0",
		"\xc2\x85", "\xe1\x9a\x80", "\xe2\x80\x83x", "\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xff", "a\xc3", "\x1f"};
	static const char *const good[] = {"a", "example.com/x", "p-0123456789abcdef", "\xc3\xa9",
		"\xe2\x80\x94", "\xe2\x80\x8b", "a=b"};
	char longest[SR_NAME_MAX + 2];
	struct sr_err e = {0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(bad); i++)
		assert_fails(sr_note_name_check(sr_bytes_str(bad[i]), &e), SR_CORRUPT, &e,
			"is not a key name");
	for (size_t i = 0; i < T_COUNT(good); i++)
		assert_ok(sr_note_name_check(sr_bytes_str(good[i]), &e), &e);
	assert_fails(
		sr_note_name_check(sr_bytes_of("a\0b", 3), &e), SR_CORRUPT, &e, "not a key name");
	memset(longest, 'n', sizeof longest);
	assert_ok(sr_note_name_check(sr_bytes_of(longest, SR_NAME_MAX), &e), &e);
	assert_fails(sr_note_name_check(sr_bytes_of(longest, SR_NAME_MAX + 1), &e), SR_LIMIT, &e,
		"256 bytes, at most 255");
}

static void open_example(void **state) {
	struct sr_vkey k[2] = {spec_key(), spec_key()};
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];
	struct sr_err e = {0};
	struct sr_note n;

	(void)state;
	assert_int_equal(strlen(spec_note), 142);
	sr_sha256(hash, spec_note, 142);
	sr_hex(hex, hash, SR_HASH);
	assert_string_equal(
		hex, "8822d243b739082a3e46364540e26ea7cb59d5ee7aef454429be60a4edf1cfc2");
	k[0].id[0] ^= 1; /* another key of the same name */
	assert_ok(sr_note_open(&n, sr_bytes_str(spec_note), k, 2, &e), &e);
	assert_true(sr_bytes_eq(n.text, sr_bytes_str("This is an example message.\n")));
	assert_int_equal(n.count, 1);
	assert_int_equal(n.lines[0].key, 1);
	assert_true(sr_note_signed_by(&n, 1) && !sr_note_signed_by(&n, 0));
	assert_int_equal(n.lines[0].sig.len, SR_SIG);
	assert_int_equal(n.lines[0].raw.len, 142 - 29);
	sr_note_free(&n);
	assert_false(sr_note_signed_by(&n, SR_NOTE_UNKNOWN));
	assert_fails(sr_note_open(&n, sr_bytes_str(spec_note), k, 1, &e), SR_AUTH, &e,
		"none of its 1 signatures is by one of the 1 known keys");
	assert_null(n.lines);
	k[1].pk[3] ^= 4; /* the id matches, the key does not */
	assert_fails(sr_note_open(&n, sr_bytes_str(spec_note), k, 2, &e), SR_AUTH, &e,
		"signature of \"example.com/foo\" does not verify");
	assert_fails(
		sr_note_open(&n, sr_bytes_str(spec_note), NULL, 0, &e), SR_AUTH, &e, "0 known");
}

static void sign_like_go(void **state) {
	struct go_key go;
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	make_signer(&go, go_seed, "PeterNeumann");
	assert_ok(sr_note_sign(&b, sr_bytes_str(go_text), &go.signer, 1, &e), &e);
	assert_int_equal(b.len, strlen(go_text) + 1 + strlen(go_line));
	assert_memory_equal(b.p, go_text, strlen(go_text));
	assert_memory_equal(b.p + strlen(go_text) + 1, go_line, strlen(go_line));
	assert_ok(sr_note_open(&n, sr_buf_view(&b), &go.key, 1, &e), &e);
	sr_note_free(&n);
	sr_buf_free(&b);
}

static void sign_refusals(void **state) {
	struct go_key go;
	struct sr_vkey cosigner;
	struct sr_signer s;
	struct sr_err e = {0};
	struct sr_buf b;
	uint8_t other[SR_SEED] = {1};
	char *huge = malloc(SR_NOTE_MAX + 2);

	(void)state;
	assert_non_null(huge);
	sr_buf_init(&b);
	make_signer(&go, go_seed, "PeterNeumann");
	assert_fails(sr_note_sign(&b, sr_bytes_str("a"), &go.signer, 1, &e), SR_CORRUPT, &e,
		"text of 1 bytes does not end in a newline");
	assert_fails(sr_note_sign(&b, sr_bytes_str(""), &go.signer, 1, &e), SR_CORRUPT, &e,
		"text of 0 bytes");
	assert_fails(sr_note_sign(&b, sr_bytes_str("a\r\n"), &go.signer, 1, &e), SR_CORRUPT, &e,
		"control byte 0x0d at offset 1");
	assert_fails(sr_note_sign(&b, sr_bytes_str("\xff\n"), &go.signer, 1, &e), SR_CORRUPT, &e,
		"is not UTF-8");
	assert_fails(sr_note_sign(&b, sr_bytes_str("a\n"), &go.signer, 0, &e), SR_MISUSE, &e,
		"with 0 signers");
	memset(huge, 'a', SR_NOTE_MAX + 1);
	huge[SR_NOTE_MAX] = '\n';
	assert_fails(sr_note_sign(&b, sr_bytes_of(huge, SR_NOTE_MAX + 1), &go.signer, 1, &e),
		SR_LIMIT, &e, "1048577 bytes");
	huge[SR_NOTE_MAX - 1] = '\n';
	assert_fails(sr_note_sign(&b, sr_bytes_of(huge, SR_NOTE_MAX), &go.signer, 1, &e), SR_LIMIT,
		&e, "at most 1048576");
	s = go.signer;
	s.seed = other;
	assert_fails(sr_note_sign(&b, sr_bytes_str("a\n"), &s, 1, &e), SR_MISUSE, &e,
		"seed given for \"PeterNeumann\" is of another key");
	s = go.signer;
	assert_ok(sr_vkey_make(&cosigner, sr_bytes_str("w"), SR_NOTE_COSIGN, go.key.pk, &e), &e);
	s.key = &cosigner;
	assert_fails(sr_note_sign(&b, sr_bytes_str("a\n"), &s, 1, &e), SR_MISUSE, &e, "0x04");
	s = go.signer;
	s.person = true;
	assert_int_equal(sr_note_sign(&b, sr_bytes_str("a\n"), &s, 1, &e), SR_MISUSE);
	assert_int_equal(b.len, 0);
	assert_ok(sr_note_sign(&b, sr_bytes_str("strongroom/vote/v1\n"), &s, 1, &e), &e);
	sr_buf_free(&b);
	free(huge);
}

/* Texts with empty lines, also at their end, come back whole. */
static void texts(void **state) {
	static const char *const good[] = {"\n", "a\n", "a\n\nb\n", "a\n\n", "\n\n\n",
		"a\n\n\xe2\x80\x94 x AAAAAAAA\n", "\x7f\xc2\x80\n"};
	struct go_key go;
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	make_signer(&go, go_seed, "PeterNeumann");
	for (size_t i = 0; i < T_COUNT(good); i++) {
		sr_buf_clear(&b);
		assert_ok(sr_note_sign(&b, sr_bytes_str(good[i]), &go.signer, 1, &e), &e);
		assert_ok(sr_note_open(&n, sr_buf_view(&b), &go.key, 1, &e), &e);
		assert_true(sr_bytes_eq(n.text, sr_bytes_str(good[i])));
		assert_int_equal(n.count, 1);
		sr_note_free(&n);
	}
	sr_buf_free(&b);
}

static void bad_notes(void **state) {
	static const struct {
		const char *note;
		const char *why;
	} bad[] = {
		{"", "no empty line"},
		{"\n", "no empty line"},
		{"\n\n", "no signature line"},
		{"a\n", "no empty line"},
		{"a\n\n", "no signature line"},
		{"a\n" D " x AAAAAAAA\n", "no empty line"},
		{"a\n\n" D " x AAAAAAAA", "line 1 does not end in a newline"},
		{"a\n\n" D " x AAAAAAAA\nx", "line 2 does not end in a newline"},
		{"a\n\n" D " x AAAAAAAA\n\n", "no signature line"},
		{"a\n\n" D " x AAAAAAAA\nx\n", "line 2: does not begin with an em dash"},
		{"a\n\n- x AAAAAAAA\n", "line 1: does not begin with an em dash"},
		{"a\n\n" D "x AAAAAAAA\n", "line 1: does not begin with an em dash"},
		{"a\n\n " D " x AAAAAAAA\n", "line 1: does not begin with an em dash"},
		{"a\n\n" D " x\n", "line 1: has no signature"},
		{"a\n\n" D "  AAAAAAAA\n", "line 1: has no key name"},
		{"a\n\n" D " x+y AAAAAAAA\n", "line 1: has no key name"},
		{"a\n\n" D " x\xc2\xa0y AAAAAAAA\n", "line 1: has no key name"},
		{"a\n\n" D " x AAAAAA==\n", "line 1: has 4 bytes of key id and signature, want 5"},
		{"a\n\n" D " x AAAAAAAA \n", "line 1"},
		{"a\n\n" D " x AAAAAAA\n", "line 1"},
		{"a\n\n" D " x AAAAAAA=A\n", "line 1"},
		{"a\n\n" D " x AAAAAAB=\n", "line 1"}, /* trailing bits */
		{"a\n\n" D " x y AAAAAAAA\n", "line 1"},
		{"a\n\n" D " x AAAA_AAA\n", "line 1"},
		{"a\r\n\n" D " x AAAAAAAA\n", "control byte 0x0d at offset 1"},
		{"a\n\n" D " x AAAAAAAA\t\n", "control byte 0x09"},
		{"a\xff\n\n" D " x AAAAAAAA\n", "is not UTF-8"},
		{"a\xed\xa0\x80\n\n" D " x AAAAAAAA\n", "is not UTF-8"},
	};
	struct sr_err e = {0};
	struct sr_note n;

	(void)state;
	for (size_t i = 0; i < T_COUNT(bad); i++) {
		int rc = sr_note_parse(&n, sr_bytes_str(bad[i].note), &e);

		if (rc == 0 || strstr(e.text, bad[i].why) == NULL)
			print_message("case %zu: %s\n", i, rc == 0 ? "taken" : e.text);
		assert_fails(rc, SR_CORRUPT, &e, bad[i].why);
		assert_null(n.lines);
	}
	assert_fails(sr_note_parse(&n, sr_bytes_of("a\0\n\n" D " x AAAAAAAA\n", 19), &e),
		SR_CORRUPT, &e, "control byte 0x00");
	assert_ok(sr_note_parse(&n, sr_bytes_str("a\n\n" D " x AAAAAAA=\n"), &e), &e);
	sr_note_free(&n);
}

static void many_lines(void **state) {
	struct go_key go;
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b, more;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&more);
	make_signer(&go, go_seed, "PeterNeumann");
	sr_buf_printf(&b, "%s\n", go_text);
	for (int i = 0; i < SR_NOTE_LINES - 1; i++)
		sr_buf_printf(&b, D " unknown%d AAAAAAAA\n", i);
	sr_buf_put_str(&b, go_line);
	assert_ok(sr_note_open(&n, sr_buf_view(&b), &go.key, 1, &e), &e);
	assert_int_equal(n.count, SR_NOTE_LINES);
	assert_int_equal(n.lines[98].key, SR_NOTE_UNKNOWN);
	assert_int_equal(n.lines[99].key, 0);
	assert_fails(sr_note_merge(&more, &n, sr_bytes_str(D " one AAAAAAAA\n"), &e), SR_LIMIT, &e,
		"101 lines");
	assert_int_equal(more.len, 0);
	assert_ok(sr_note_merge(&more, &n, sr_bytes_str(D " unknown0 AAAAAAAA\n"), &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&more), sr_buf_view(&b)));
	sr_note_free(&n);
	sr_buf_put_str(&b, D " one-more AAAAAAAA\n");
	assert_fails(sr_note_parse(&n, sr_buf_view(&b), &e), SR_LIMIT, &e,
		"more than 100 signature lines");
	sr_buf_free(&b);
	sr_buf_free(&more);
}

/* A second, wrong line of a known key spoils the note; a repeated good one does not. */
static void repeated_lines(void **state) {
	struct go_key go;
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	make_signer(&go, go_seed, "PeterNeumann");
	sr_buf_printf(&b, "%s\n%s%s", go_text, go_line, go_line);
	assert_ok(sr_note_open(&n, sr_buf_view(&b), &go.key, 1, &e), &e);
	assert_int_equal(n.count, 2);
	sr_note_free(&n);
	sr_buf_put_str(&b, D " PeterNeumann ");
	sr_buf_put_base64(&b, "\xc7\x4f\x20\xa3short", 9);
	sr_buf_put_str(&b, "\n");
	assert_fails(sr_note_open(&n, sr_buf_view(&b), &go.key, 1, &e), SR_AUTH, &e,
		"\"PeterNeumann\" does not verify");
	sr_buf_free(&b);
}

static void merge(void **state) {
	struct go_key go;
	struct sr_vkey spec = spec_key();
	struct sr_err e = {0};
	struct sr_note n;
	struct sr_buf b, line, out;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&line);
	sr_buf_init(&out);
	make_signer(&go, go_seed, "PeterNeumann");
	assert_ok(sr_note_parse(&n, sr_bytes_str(spec_note), &e), &e);
	assert_ok(sr_note_sign_line(&line, n.text, &go.signer, &e), &e);
	sr_buf_put_bytes(&b, sr_buf_view(&line)); /* twice: once counts */
	sr_buf_put_bytes(&b, sr_buf_view(&line));
	sr_buf_put_bytes(&b, n.lines[0].raw);
	assert_ok(sr_note_merge(&out, &n, sr_buf_view(&b), &e), &e);
	assert_int_equal(out.len, 142 + line.len);
	assert_fails(sr_note_merge(&b, &n, sr_bytes_of("", 0), &e), SR_CORRUPT, &e, "no signature");
	assert_fails(sr_note_merge(&b, &n, sr_bytes_str("\n"), &e), SR_CORRUPT, &e, "line 1");
	assert_fails(sr_note_merge(&b, &n, sr_bytes_str("a\n\n" D " x AAAAAAAA\n"), &e), SR_CORRUPT,
		&e, "1");
	sr_note_free(&n);
	{
		struct sr_vkey both[2] = {go.key, spec};

		assert_ok(sr_note_open(&n, sr_buf_view(&out), both, 2, &e), &e);
		assert_int_equal(n.lines[0].key, 1);
		assert_int_equal(n.lines[1].key, 0);
		sr_note_free(&n);
	}
	sr_buf_free(&b);
	sr_buf_free(&line);
	sr_buf_free(&out);
}

static void note_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_err e = {0};
	struct sr_note n;

	if (sr_note_open(&n, mutant, ctx, 1, &e) == 0)
		fail_msg("%s: was taken", what);
	assert_true(e.code == SR_CORRUPT || e.code == SR_AUTH);
	assert_true(e.text[0] != '\0' && n.lines == NULL);
}

static void damaged(void **state) {
	struct sr_vkey k = spec_key();

	(void)state;
	t_each_cut(sr_bytes_str(spec_note), note_mutant, &k);
	t_each_flip(sr_bytes_str(spec_note), note_mutant, &k);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(keys_damaged),
		cmocka_unit_test(carried_types),
		cmocka_unit_test(names),
		cmocka_unit_test(open_example),
		cmocka_unit_test(sign_like_go),
		cmocka_unit_test(sign_refusals),
		cmocka_unit_test(texts),
		cmocka_unit_test(bad_notes),
		cmocka_unit_test(many_lines),
		cmocka_unit_test(repeated_lines),
		cmocka_unit_test(merge),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
