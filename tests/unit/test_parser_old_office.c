/*
 * old_office: compound files and the words in them; cut at every length, with every byte changed,
 * chains that turn back.
 */
#include "util.h"

#include <string.h>

#include "base/escape.h"
#include "compound_rig.h"
#include "parser/compound.h"
#include "parser/old_office.h"

static void is(const struct sr_buf *b, const char *want) {
	if (b->len != strlen(want) || memcmp(b->p, want, b->len) != 0)
		fail_msg("got \"%.*s\", want \"%s\"", (int)b->len,
			b->len > 0 ? (const char *)b->p : "", want);
	assert_true(sr_utf8_valid(sr_buf_view(b)));
}

/* --- compound files --- */

static void streams(void **state) {
	static uint8_t large[5000];
	const struct rig_stream s[] = {{"Small", sr_bytes_str("a few bytes"), false},
		{"Large", sr_bytes_of(large, sizeof large), false},
		{"Hidden", sr_bytes_str("of another document"), true},
		{"Empty", sr_bytes_str(""), false}};
	struct par_compound c;
	struct sr_buf file, out;

	(void)state;
	t_fill(large, sizeof large, 7);
	sr_buf_init(&file);
	sr_buf_init(&out);
	rig_compound(&file, s, T_COUNT(s));
	assert_true(par_is_compound(sr_buf_view(&file)));
	assert_false(par_is_compound(sr_bytes_of(file.p, 7)));
	assert_null(par_compound_open(&c, sr_buf_view(&file)));
	assert_true(par_compound_read(&c, "Small", &out));
	is(&out, "a few bytes");
	sr_buf_clear(&out);
	assert_true(par_compound_read(&c, "Large", &out));
	assert_int_equal(out.len, sizeof large);
	assert_memory_equal(out.p, large, sizeof large);
	sr_buf_clear(&out);
	assert_true(par_compound_read(&c, "Empty", &out));
	assert_int_equal(out.len, 0);
	/* What is embedded is not the document's own; a storage is no stream. */
	assert_false(par_compound_has(&c, "Hidden"));
	assert_false(par_compound_read(&c, "Hidden", &out));
	assert_true(par_compound_has(&c, "Within"));
	assert_false(par_compound_read(&c, "Within", &out));
	assert_false(par_compound_has(&c, "Smal"));
	assert_false(par_compound_has(&c, "Smalll"));
	par_compound_free(&c);
	/* A name that stands there twice is nobody's. */
	const struct rig_stream twice[] = {{"Small", sr_bytes_str("for us"), false},
		{"Other", sr_bytes_str("once"), false},
		{"Small", sr_bytes_str("for others"), false}};

	sr_buf_clear(&file);
	rig_compound(&file, twice, T_COUNT(twice));
	assert_null(par_compound_open(&c, sr_buf_view(&file)));
	assert_false(par_compound_has(&c, "Small"));
	assert_true(par_compound_has(&c, "Other"));
	par_compound_free(&c);
	sr_buf_free(&file);
	sr_buf_free(&out);
}

/* Whatever is asked of a file of any bytes: an answer, and no more than the file has. */
static void ask(struct sr_bytes all, struct sr_buf *out) {
	struct par_compound c;

	sr_buf_clear(out);
	if (par_compound_open(&c, all) == NULL) {
		(void)par_compound_has(&c, "None");
		if (par_compound_read(&c, "Small", out) || par_compound_read(&c, "Large", out))
			assert_true(out->len <= 2 * all.len + 4096);
	}
	par_compound_free(&c);
}

static void hostile(void **state) {
	static uint8_t large[4096];
	const struct rig_stream s[] = {{"Small", sr_bytes_str("a few bytes"), false},
		{"Large", sr_bytes_of(large, sizeof large), false}};
	struct par_compound c;
	struct sr_buf file, out;

	(void)state;
	sr_buf_init(&file);
	sr_buf_init(&out);
	rig_compound(&file, s, T_COUNT(s));
	for (size_t n = 0; n <= file.len; n++) {
		uint8_t *cut = malloc(n + 1); /* so that a checker sees its end */

		assert_non_null(cut);
		memcpy(cut, file.p, n);
		ask(sr_bytes_of(cut, n), &out);
		free(cut);
	}
	for (size_t i = 0; i < file.len; i++) {
		static const uint8_t to[] = {0x00, 0x01, 0x7F, 0xFF};
		const uint8_t was = file.p[i];

		for (size_t k = 0; k < T_COUNT(to); k++) {
			file.p[i] = to[k];
			ask(sr_buf_view(&file), &out);
		}
		file.p[i] = was;
	}
	/* The stream's last sector leads to its first; an entry is its own neighbour. */
	assert_null(par_compound_open(&c, sr_buf_view(&file)));
	par_compound_free(&c);
	for (size_t i = RIG_SECTOR; i < (size_t)2 * RIG_SECTOR; i += 4)
		if (sr_le32_get(file.p + i) == UINT32_C(0xFFFFFFFE))
			sr_le32_put(file.p + i, 1);
	sr_le32_put(file.p + (size_t)2 * RIG_SECTOR + 128 + 68, 1);
	ask(sr_buf_view(&file), &out);
	sr_buf_free(&file);
	sr_buf_free(&out);
}

/* --- documents --- */

static void word(void **state) {
	struct sr_buf d, t, out;

	(void)state;
	sr_buf_init(&d);
	sr_buf_init(&t);
	sr_buf_init(&out);
	rig_word(&d, &t, 0);
	assert_string_equal(par_word_table(sr_buf_view(&d)), "1Table");
	assert_int_equal(par_word_text(&out, sr_buf_view(&d), sr_buf_view(&t)), PAR_OLD_WHOLE);
	is(&out, "The old mill\nthe ми");
	/* Without all of its table, or of itself, it is damaged, and says what there is. */
	for (size_t n = 0; n < t.len; n++) {
		sr_buf_clear(&out);
		assert_int_equal(
			par_word_text(&out, sr_buf_view(&d), sr_bytes_of(t.p, n)), PAR_OLD_BROKEN);
	}
	sr_buf_clear(&out);
	assert_int_equal(
		par_word_text(&out, sr_bytes_of(d.p, 704), sr_buf_view(&t)), PAR_OLD_BROKEN);
	is(&out, "The the ми");
	/* A field that has no end keeps nothing away without a word of it. */
	sr_buf_clear(&out);
	d.p[520] = d.p[525] = ' ';
	assert_int_equal(par_word_text(&out, sr_buf_view(&d), sr_buf_view(&t)), PAR_OLD_BROKEN);
	/* Pieces that are all of the text, a million times over, are not put together. */
	sr_buf_clear(&out);
	sr_le32_put(t.p + t.len - 24 - 4, UINT32_C(0x7FFFFFFF));
	assert_int_equal(par_word_text(&out, sr_buf_view(&d), sr_buf_view(&t)), PAR_OLD_BROKEN);
	assert_true(out.len < 100);
	d.p[11] |= 1;
	assert_int_equal(par_word_text(&out, sr_buf_view(&d), sr_buf_view(&t)), PAR_OLD_ENCRYPTED);
	d.p[0] = 0;
	assert_int_equal(par_word_text(&out, sr_buf_view(&d), sr_buf_view(&t)), PAR_OLD_BROKEN);
	/* Word 6: in one piece. */
	sr_buf_clear(&d);
	sr_buf_clear(&out);
	rig_u16(&d, 0xA5DC);
	rig_u16(&d, 0x65);
	rig_zeros(&d, 24);
	sr_buf_put_le32(&d, 40);
	sr_buf_put_le32(&d, 46);
	rig_zeros(&d, 40);
	sr_buf_put_str(&d, "na\xEFve\r");
	assert_null(par_word_table(sr_buf_view(&d)));
	assert_int_equal(par_word_text(&out, sr_buf_view(&d), sr_bytes_of(NULL, 0)), PAR_OLD_WHOLE);
	is(&out, "naïve\n");
	d.p[10] |= 4;
	assert_int_equal(
		par_word_text(&out, sr_buf_view(&d), sr_bytes_of(NULL, 0)), PAR_OLD_UNREAD);
	sr_buf_free(&d);
	sr_buf_free(&t);
	sr_buf_free(&out);
}

struct sheets {
	struct sr_buf text;
	unsigned count, most;
};

static bool sheet(void *ctx, struct sr_bytes text) {
	struct sheets *s = ctx;

	sr_buf_put_bytes(&s->text, text);
	sr_buf_put_str(&s->text, "|");
	return ++s->count < s->most;
}

static void excel(void **state) {
	struct sheets s = {.most = 9};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&s.text);
	rig_excel(&b, false);
	assert_int_equal(par_excel_text(sr_buf_view(&b), sheet, &s), PAR_OLD_WHOLE);
	is(&s.text, "mill\triveя\n42\t12.34\n|sum\n|");
	/* Who takes no more gets no more. */
	sr_buf_clear(&s.text);
	s.count = 0;
	s.most = 1;
	(void)par_excel_text(sr_buf_view(&b), sheet, &s);
	is(&s.text, "mill\triveя\n42\t12.34\n|");
	s.most = 9;
	for (size_t n = 0; n < b.len; n++) {
		uint8_t *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, b.p, n);
		sr_buf_clear(&s.text);
		(void)par_excel_text(sr_bytes_of(cut, n), sheet, &s);
		assert_true(sr_utf8_valid(sr_buf_view(&s.text)) && s.text.len <= 40);
		free(cut);
	}
	for (size_t i = 0; i < b.len; i++) {
		const uint8_t was = b.p[i];

		b.p[i] = 0xFF;
		sr_buf_clear(&s.text);
		(void)par_excel_text(sr_buf_view(&b), sheet, &s);
		assert_true(sr_utf8_valid(sr_buf_view(&s.text)) && s.text.len <= 1000);
		b.p[i] = was;
	}
	/* A chart among the cells of its sheet: what stands before it stays, and so does the rest.
	 */
	struct sr_buf d, none;

	sr_buf_init(&d);
	sr_buf_init(&none);
	sr_buf_clear(&b);
	sr_buf_clear(&s.text);
	rig_bof(&b, 5);
	rig_record(&b, 0x0A, &none);
	rig_bof(&b, 0x10);
	for (uint16_t row = 0; row < 2; row++) {
		rig_at(&d, row, 0);
		sr_buf_put_le64(&d, UINT64_C(0x4045000000000000)); /* 42 */
		rig_record(&b, 0x203, &d);
		if (row == 0)
			rig_bof(&b, 0x20);
		if (row == 0)
			rig_record(&b, 0x0A, &none);
	}
	rig_record(&b, 0x0A, &none);
	assert_int_equal(par_excel_text(sr_buf_view(&b), sheet, &s), PAR_OLD_WHOLE);
	is(&s.text, "42\n42\n|");
	sr_buf_free(&d);
	sr_buf_free(&none);
	sr_buf_clear(&b);
	sr_buf_clear(&s.text);
	rig_excel(&b, true);
	assert_int_equal(par_excel_text(sr_buf_view(&b), sheet, &s), PAR_OLD_ENCRYPTED);
	assert_int_equal(s.text.len, 0);
	sr_buf_free(&b);
	sr_buf_free(&s.text);
}

static void powerpoint(void **state) {
	struct sr_buf b, out;

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&out);
	rig_powerpoint(&b);
	assert_int_equal(par_powerpoint_text(&out, sr_buf_view(&b)), PAR_OLD_WHOLE);
	is(&out, "The old mill\nat night\nми\n");
	sr_buf_clear(&out);
	assert_int_equal(par_powerpoint_text(&out, sr_bytes_of(b.p, b.len - 1)), PAR_OLD_BROKEN);
	is(&out, "The old mill\nat night\n");
	/* Texts that say that they hold the rest: each is told once. */
	struct sr_buf nest;

	sr_buf_init(&nest);
	for (unsigned i = 0; i < 3000; i++)
		sr_buf_put(&nest, "\x0F\0\xA0\x0F\xFF\xFF\xFF\x7F", 8);
	sr_buf_clear(&out);
	(void)par_powerpoint_text(&out, sr_buf_view(&nest));
	assert_true(out.len <= nest.len * 3);
	sr_buf_free(&nest);
	for (size_t i = 0; i < b.len; i++) {
		const uint8_t was = b.p[i];

		b.p[i] = 0xFF;
		sr_buf_clear(&out);
		(void)par_powerpoint_text(&out, sr_buf_view(&b));
		assert_true(sr_utf8_valid(sr_buf_view(&out)) && out.len <= 3 * b.len);
		b.p[i] = was;
	}
	sr_buf_free(&b);
	sr_buf_free(&out);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams),
		cmocka_unit_test(hostile),
		cmocka_unit_test(word),
		cmocka_unit_test(excel),
		cmocka_unit_test(powerpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
