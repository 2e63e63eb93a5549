/*
 * armor: what age and we write, in pieces of every size; every cut, every bit; each rule of strict
 * PEM by itself; and an age file through armor and reader.
 */
#include "util.h"

#include "crypto/armor.h"

static const char begin_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_line[] = "-----END AGE ENCRYPTED FILE-----";
static struct sr_err e;

static struct sr_bytes s(const char *text) {
	return sr_bytes_str(text);
}

/* ${plain} in armor, with ${eol} as line ends. */
static void armor(struct sr_buf *out, struct sr_bytes plain, const char *eol) {
	struct sr_buf text;

	sr_buf_init(&text);
	sr_buf_put_base64(&text, plain.p, plain.len);
	sr_buf_init(out);
	sr_buf_printf(out, "%s%s", begin_line, eol);
	for (size_t at = 0; at < text.len; at += 64) {
		sr_buf_put(out, text.p + at, text.len - at < 64 ? text.len - at : 64);
		sr_buf_put_str(out, eol);
	}
	sr_buf_printf(out, "%s%s", end_line, eol);
	sr_buf_free(&text);
}

static int unarmor(struct sr_buf *out, struct sr_bytes text, size_t piece) {
	struct sr_age_armor *a;
	struct sr_err again;
	int rc = 0;

	sr_buf_clear(out);
	assert_ok(sr_age_armor_new(&a, sr_age_sink_buf(out), &e), &e);
	for (size_t at = 0; at < text.len && rc == 0; at += piece)
		rc = sr_age_armor_write(
			a, text.p + at, text.len - at < piece ? text.len - at : piece, &e);
	if (rc == 0)
		rc = sr_age_armor_finish(a, &e);
	/* final, whichever it was */
	assert_int_equal(sr_age_armor_write(a, "x", 1, &again), rc == 0 ? SR_MISUSE : rc);
	assert_fails(sr_age_armor_finish(a, &again), rc == 0 ? SR_MISUSE : (enum sr_code)rc, &again,
		rc == 0 ? "the age armor is finished" : "the age armor failed before");
	sr_age_armor_free(a);
	return rc;
}

static void round_trips(void **state) {
	static const size_t sizes[] = {0, 1, 2, 47, 48, 49, 96, 4000}, pieces[] = {1, 7, 5000};
	uint8_t plain[4000];
	struct sr_buf text, out;

	(void)state;
	t_fill(plain, sizeof plain, 3);
	sr_buf_init(&out);
	for (size_t i = 0; i < T_COUNT(sizes) * T_COUNT(pieces) * 2; i++) {
		size_t size = sizes[i / 2 % T_COUNT(sizes)];
		armor(&text, sr_bytes_of(plain, size), i % 2 == 0 ? "\n" : "\r\n");
		assert_true(sr_age_armored(sr_buf_view(&text)));
		assert_ok(unarmor(&out, sr_buf_view(&text), pieces[i / 2 / T_COUNT(sizes)]), &e);
		assert_true(sr_bytes_eq(sr_buf_view(&out), sr_bytes_of(plain, size)));
		sr_buf_free(&text);
	}
	sr_buf_free(&out);
	assert_false(sr_age_armored(s("age-encryption.org/v1\n")));
	assert_false(sr_age_armored(s("")));
}

/* A cut that lacks at most the last line end is whole; all others are not. */
static void cut(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct sr_buf *text = ctx;
	struct sr_buf out;

	sr_buf_init(&out);
	int rc = unarmor(&out, mutant, 5000);
	if (mutant.len == text->len - 1 ? rc != 0 : rc != SR_CORRUPT)
		fail_msg("%s: %s", what, sr_code_name((enum sr_code)rc));
	sr_buf_free(&out);
}

/* A flipped bit is refused, or gives other bytes. */
static void flip(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct sr_bytes *plain = ctx;
	struct sr_buf out;

	sr_buf_init(&out);
	int rc = unarmor(&out, mutant, 5000);
	if (rc == 0 ? sr_bytes_eq(sr_buf_view(&out), *plain) : rc != SR_CORRUPT)
		fail_msg("%s", what);
	sr_buf_free(&out);
}

static void every_bit_and_length(void **state) {
	uint8_t plain[100];
	struct sr_bytes view = sr_bytes_of(plain, sizeof plain);
	struct sr_buf text;

	(void)state;
	t_fill(plain, sizeof plain, 4);
	armor(&text, view, "\n");
	t_each_cut(sr_buf_view(&text), cut, &text);
	text.len--; /* the line end after its end is white space: other white space is as good */
	t_each_flip(sr_buf_view(&text), flip, &view);
	sr_buf_free(&text);
}

static void refused(void **state) {
	static const char full[] =
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	static const struct {
		const char *before, *body, *after, *text;
	} cases[] = {
		{"x\n", "AAAA\n", "\n", "line 1 is not"},
		{" ", "AAAA\n", "\n", "line 1 is not"},
		{"", "\nAAAA\n", "\n", "line 2 has 0 characters"},
		{"", "AAAA\n\n", "\n", "line 3 is not"},
		{"", "AAAA\nAAAA\n", "\n", "line 3 is not"},
		{"", "AAA\n", "\n", "age armor: line 2"},
		{"", "AAB=\n", "\n", "age armor: line 2"},
		{"", "AA==AAAA\n", "\n", "age armor: line 2"},
		{"", "AAAA \n", "\n", "age armor: line 2"},
		{"", "AA\rAA\n", "\n", "age armor: line 2"},
		{"", "Version: 1\n\nAAAA\n", "\n", "age armor: line 2"},
		{"", "AAAA\n=AAAA\n", "\n", "line 3 is not"},
		{"", "AAAA\n", "\nx", "byte 0x78 after its end"},
		{"", "AAAA\n", "x\n", "line 3 is not"},
	};
	struct sr_buf text, out;

	(void)state;
	sr_buf_init(&out);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		sr_buf_init(&text);
		sr_buf_printf(&text, "%s%s\n%s%s%s", cases[i].before, begin_line, cases[i].body,
			end_line, cases[i].after);
		assert_fails(
			unarmor(&out, sr_buf_view(&text), 5000), SR_CORRUPT, &e, cases[i].text);
		assert_true(strncmp(e.text, "age armor", 9) == 0);
		sr_buf_free(&text);
	}
	sr_buf_init(&text);
	sr_buf_printf(&text, "%s\n%sA\n%s\n", begin_line, full, end_line);
	assert_fails(unarmor(&out, sr_buf_view(&text), 1), SR_CORRUPT, &e, "has 65 characters");
	sr_buf_clear(&text);
	sr_buf_printf(&text, "%s\n%s%s", begin_line, full, full);
	assert_fails(unarmor(&out, sr_buf_view(&text), 1), SR_CORRUPT, &e, "line 2 is too long");
	sr_buf_clear(&text);
	sr_buf_printf(&text, "%s\n%s\n", begin_line, full);
	assert_fails(unarmor(&out, sr_buf_view(&text), 1), SR_CORRUPT, &e,
		"age armor: ends before \"-----END AGE ENCRYPTED FILE-----\"");
	assert_fails(unarmor(&out, s(""), 1), SR_CORRUPT, &e, "age armor: ends before");
	sr_buf_free(&text);
	sr_buf_free(&out);
}

static void white_space(void **state) {
	struct sr_buf text, out;

	(void)state;
	sr_buf_init(&out);
	for (size_t n = SR_AGE_ARMOR_SPACE - 1; n <= SR_AGE_ARMOR_SPACE + 1; n++) {
		for (int after = 0; after < 2; after++) {
			sr_buf_init(&text);
			for (size_t i = 0; after == 0 && i < n; i++)
				sr_buf_put_u8(&text, i + 1 == n ? '\n' : ' ');
			sr_buf_printf(&text, "%s\nAAAA\n%s\n", begin_line, end_line);
			for (size_t i = 0; after == 1 && i < n; i++)
				sr_buf_put_u8(&text, '\t');
			int rc = unarmor(&out, sr_buf_view(&text), 3);
			if (n <= SR_AGE_ARMOR_SPACE)
				assert_ok(rc, &e);
			else
				assert_fails(rc, SR_CORRUPT, &e,
					after == 0
						? "more than 1024 bytes of white space before it"
						: "more than 1024 bytes of white space after it");
			sr_buf_free(&text);
		}
	}
	sr_buf_free(&out);
}

static int to_reader(void *ctx, const void *p, size_t len, struct sr_err *err) {
	return sr_age_reader_write(ctx, p, len, err);
}

static void through_a_reader(void **state) {
	uint8_t pk[1][SR_X_PK], sk[SR_X_SK], plain[70000];
	struct sr_age_sink to = {to_reader, NULL};
	struct sr_age_writer *w;
	struct sr_age_reader *r;
	struct sr_age_armor *a;
	struct sr_buf file, text, out;

	(void)state;
	sr_box_keypair(pk[0], sk);
	t_fill(plain, sizeof plain, 9);
	sr_buf_init(&file);
	sr_buf_init(&out);
	assert_ok(
		sr_age_writer_new(&w, (const uint8_t(*)[SR_X_PK])pk, 1, sr_age_sink_buf(&file), &e),
		&e);
	assert_ok(sr_age_writer_write(w, plain, sizeof plain, &e), &e);
	assert_ok(sr_age_writer_finish(w, &e), &e);
	sr_age_writer_free(w);
	armor(&text, sr_buf_view(&file), "\n");

	assert_ok(sr_age_reader_new(&r, sk, sr_age_sink_buf(&out), &e), &e);
	assert_fails(sr_age_reader_write(r, text.p, text.len, &e), SR_UNSUPPORTED, &e, "in armor");
	sr_age_reader_free(r);
	assert_ok(sr_age_reader_new(&r, sk, sr_age_sink_buf(&out), &e), &e);
	to.ctx = r;
	assert_ok(sr_age_armor_new(&a, to, &e), &e);
	assert_ok(sr_age_armor_write(a, text.p, text.len, &e), &e);
	assert_ok(sr_age_armor_finish(a, &e), &e);
	assert_ok(sr_age_reader_finish(r, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&out), sr_bytes_of(plain, sizeof plain)));
	sr_age_armor_free(a);
	sr_age_reader_free(r);

	/* What the reader says comes through as it is. */
	sk[0] ^= 8;
	assert_ok(sr_age_reader_new(&r, sk, sr_age_sink_buf(&out), &e), &e);
	to.ctx = r;
	assert_ok(sr_age_armor_new(&a, to, &e), &e);
	assert_fails(sr_age_armor_write(a, text.p, text.len, &e), SR_NOTFOUND, &e, "for this key");
	sr_age_armor_free(a);
	sr_age_reader_free(r);
	sr_buf_free(&file);
	sr_buf_free(&text);
	sr_buf_free(&out);
}

static int setup(void **state) {
	(void)state;
	return sr_crypto_init(&e);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(every_bit_and_length),
		cmocka_unit_test(refused),
		cmocka_unit_test(white_space),
		cmocka_unit_test(through_a_reader),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
