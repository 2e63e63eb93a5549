/*
 * test_board_sheet - shares on paper: what is typed back gives the same shares, every wrong letter
 * is found in its own line, and lines that are missing, twice or out of place are named.
 */
#include "board/sheet.h"

#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "util.h"

static void make(struct sr_sheet *s, uint8_t levels, struct sr_buf *text) {
	static const uint8_t fingerprint[SR_HASH] = {1}, board[SR_ID] = {2};
	const struct sr_sheet_about about = {
		"test.example/vault", "p-0123456789abcdef", fingerprint, board, 1};
	struct sr_err e;

	memset(s, 0, sizeof *s);
	t_fill(s->keys, sizeof s->keys, 1);
	s->index = 3;
	s->levels = levels;
	for (uint8_t i = 0; i < levels; i++) {
		s->level[i] = (uint8_t)(i + 2);
		t_fill(s->x[i], SR_SCALAR, (uint64_t)20 + i);
		s->x[i][31] &= 0x0f; /* below the group's order */
	}
	sr_buf_init_secret(text);
	assert_ok(sr_sheet_write(text, s, &about, &e), &e);
}

static void same(struct sr_bytes text, const struct sr_sheet *want) {
	struct sr_sheet have;
	struct sr_err e;

	assert_ok(sr_sheet_read(&have, text, &e), &e);
	assert_memory_equal(&have, want, sizeof have);
}

static void refused(struct sr_bytes text, enum sr_code code, const char *piece) {
	static const struct sr_sheet none;
	struct sr_sheet have;
	struct sr_err e;

	assert_fails(sr_sheet_read(&have, text, &e), code, &e, piece);
	assert_memory_equal(&have, &none, sizeof have);
}

/* The lines that count, in order; each ends with its newline. */
static size_t lines_of(struct sr_bytes line[64], const struct sr_buf *text) {
	size_t n = 0;

	for (size_t at = 0; at < text->len;) {
		const uint8_t *nl = memchr(text->p + at, '\n', text->len - at);
		const size_t len = (size_t)(nl - (text->p + at)) + 1;

		if (text->p[at] != '#')
			line[n++] = sr_bytes_of(text->p + at, len);
		at += len;
	}
	return n;
}

static void typed_back(void **state) {
	struct sr_sheet s;
	struct sr_buf text, typed;

	(void)state;
	for (size_t levels = 1; levels <= SR_BOARD_LEVELS_MAX; levels++) {
		struct sr_bytes line[80] = {{NULL, 0}};

		make(&s, (uint8_t)levels, &text);
		assert_int_equal(lines_of(line, &text), (11 + levels * 33 + 9) / 10);
		same(sr_buf_view(&text), &s);
		/* As a person types: lower case, letters taken for digits, other spaces, no
		 * heading. */
		sr_buf_init(&typed);
		for (size_t i = 0; i < lines_of(line, &text); i++) {
			sr_buf_put_str(&typed, "  ");
			sr_buf_put(&typed, line[i].p, 3);
			for (size_t k = 3; k < line[i].len; k++) {
				const uint8_t ch = line[i].p[k];

				if (ch == ' ' && k % 2 == 0)
					continue;
				sr_buf_put_u8(&typed, ch == '0'   ? (k % 2 == 0 ? 'o' : 'O')
						      : ch == '1' ? (k % 2 == 0 ? 'l' : 'I')
						      : ch >= 'A' && k % 3 != 0
							      ? (uint8_t)(ch - 'A' + 'a')
							      : ch);
			}
			sr_buf_put_str(&typed, i % 2 == 0 ? "\r\n" : "\n\n");
		}
		same(sr_buf_view(&typed), &s);
		sr_buf_free(&typed);
		sr_buf_free(&text);
	}
}

/* Each letter of each line replaced by another one: that line is named, and no other. */
static void a_wrong_letter_shows_in_its_line(void **state) {
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct sr_bytes line[80] = {{NULL, 0}};
	struct sr_sheet s;
	struct sr_buf text;
	size_t n;

	(void)state;
	make(&s, 2, &text);
	n = lines_of(line, &text);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 3; k + 1 < line[i].len; k++) {
			uint8_t *at = text.p + (line[i].p - text.p) + k;
			const uint8_t before = *at;
			char want[64];

			if (before == ' ')
				continue;
			*at = (uint8_t)
				letters[(size_t)(strchr(letters, before) - letters + 1) % 32];
			snprintf(want, sizeof want,
				"does not check: compare each letter with the "
				"paper: %02zu",
				i + 1);
			refused(sr_buf_view(&text), SR_AUTH, want);
			*at = before;
		}
	/* Two at once, and two neighbours changed with each other. */
	text.p[line[1].p - text.p + 4] = line[1].p[4] == 'A' ? 'B' : 'A';
	text.p[line[4].p - text.p + 9] = line[4].p[9] == 'A' ? 'B' : 'A';
	refused(sr_buf_view(&text), SR_AUTH, "some lines of what was typed do not check");
	refused(sr_buf_view(&text), SR_AUTH, ": 02, 05");
	sr_buf_free(&text);
}

static void put_lines(struct sr_buf *out, const struct sr_bytes *line, const char *order) {
	sr_buf_clear(out);
	for (; *order != '\0'; order++)
		sr_buf_put_bytes(out, line[*order - 'a']);
}

static void lines_are_all_there_in_order(void **state) {
	struct sr_bytes line[80] = {{NULL, 0}};
	struct sr_sheet s;
	struct sr_buf text, typed;

	(void)state;
	make(&s, 1, &text);
	assert_int_equal(lines_of(line, &text), 5);
	sr_buf_init(&typed);
	put_lines(&typed, line, "abcde");
	same(sr_buf_view(&typed), &s);
	put_lines(&typed, line, "abdce");
	refused(sr_buf_view(&typed), SR_CORRUPT, "line 04 stands where line 03 should");
	put_lines(&typed, line, "aabcde");
	refused(sr_buf_view(&typed), SR_CORRUPT, "line 01 stands where line 02 should");
	put_lines(&typed, line, "abcd");
	refused(sr_buf_view(&typed), SR_CORRUPT, "line 05 and all after it are missing");
	put_lines(&typed, line, "a");
	refused(sr_buf_view(&typed), SR_CORRUPT, "line 02 and all after it are missing");
	put_lines(&typed, line, "");
	refused(sr_buf_view(&typed), SR_CORRUPT, "no line of a sheet is here");
	sr_buf_free(&text);
	make(&s, 2, &text); /* another sheet's line under a number that fits */
	(void)lines_of(line + 10, &text);
	put_lines(&typed, line + 10, "abcdefgh");
	same(sr_buf_view(&typed), &s);
	put_lines(&typed, line + 10, "abcdefghh");
	refused(sr_buf_view(&typed), SR_CORRUPT, "line 08 stands where line 09 should");
	static const struct {
		const char *typed, *piece;
	} bad[] = {{"1 AAAA AAAA AAAA AAAA AAAA\n", "line 1 of what was typed: want the number"},
		{"01AAAA AAAA AAAA AAAA AAAA\n", "want the number"},
		{"\n# a\nxx\n", "line 3 of what was typed"},
		{"01 AAAA AAAA AAAA AAAA AAA\n", "line 01: 19 letters, want 20"},
		{"01 AAAA AAAA AAAA AAAA AAAAA\n", "line 01: character 28 is one too many"},
		{"01 AAAA AAAU AAAA AAAA AAAA\n", "line 01: character 12 is none that a sheet has"},
		{"01", "want the number"}};
	for (size_t i = 0; i < T_COUNT(bad); i++)
		refused(sr_bytes_str(bad[i].typed), SR_CORRUPT, bad[i].piece);
	sr_buf_clear(&typed);
	sr_buf_put_zero(&typed, SR_SHEET_TEXT_MAX + 1);
	refused(sr_buf_view(&typed), SR_LIMIT, "a sheet has at most");
	sr_buf_free(&typed);
	sr_buf_free(&text);
}

/* Lines that check, around contents that no sheet has. */
static void contents_that_no_sheet_has(void **state) {
	struct sr_sheet s, wrong;
	struct sr_buf text;

	(void)state;
	for (int i = 0; i < 5; i++) {
		static const char *const piece[] = {"of member 0 with 1 levels",
			"of member 33 with 1 levels", "levels do not ascend",
			"share of level 2 is none", "share of level 2 is none"};
		static const uint8_t fingerprint[SR_HASH], board[SR_ID];
		const struct sr_sheet_about about = {"o", "p", fingerprint, board, 1};
		struct sr_err e;

		make(&s, i == 2 ? 2 : 1, &text);
		wrong = s;
		wrong.index = i == 0 ? 0 : i == 1 ? 33 : 3;
		if (i == 2)
			wrong.level[1] = wrong.level[0];
		if (i >= 3)
			memset(wrong.x[0], i == 3 ? 0 : 0xff, SR_SCALAR);
		sr_buf_clear(&text);
		assert_ok(sr_sheet_write(&text, &wrong, &about, &e), &e);
		refused(sr_buf_view(&text), SR_CORRUPT, piece[i]);
		wrong.levels = 0;
		assert_fails(sr_sheet_write(&text, &wrong, &about, &e), SR_MISUSE, &e, "0 levels");
		sr_buf_free(&text);
	}
}

/* A line as the format in sheet.h says, made here: number, 16 letters, 4 of the check. */
static void put_line(struct sr_buf *out, unsigned number, const uint8_t bytes[10]) {
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t hash[SR_HASH], all[14] = {0};
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/sheet-line/v1", NULL);
	sr_hash_u64(&h, number);
	sr_hash_field(&h, sr_bytes_of(bytes, 10));
	sr_hash_final(&h, hash);
	memcpy(all, bytes, 10);
	memcpy(all + 10, hash, 3);
	sr_buf_printf(out, "%02u ", number);
	for (size_t i = 0; i < 20; i++) {
		const size_t bit = 5 * i;
		const unsigned two = (unsigned)all[bit / 8] << 8 | all[bit / 8 + 1];

		sr_buf_put_u8(out, (uint8_t)letters[two >> (11 - bit % 8) & 31]);
	}
	sr_buf_put_str(out, "\n");
}

/* Lines that check, of a form that is not this program's, and with more after the last share. */
static void another_form(void **state) {
	uint8_t bytes[50] = {1};
	struct sr_buf text;

	(void)state;
	bytes[9] = 3;
	bytes[10] = 1;
	bytes[11] = 2;
	t_fill(bytes + 12, SR_SCALAR, 20);
	bytes[43] &= 0x0f;
	for (int i = 0; i < 3; i++) {
		struct sr_sheet have;
		struct sr_err e;

		bytes[0] = i == 1 ? 2 : 1;
		bytes[49] = i == 2 ? 1 : 0;
		sr_buf_init(&text);
		for (unsigned k = 0; k < 5; k++)
			put_line(&text, k + 1, bytes + (size_t)10 * k);
		if (i == 0)
			assert_ok(sr_sheet_read(&have, sr_buf_view(&text), &e), &e);
		else
			refused(sr_buf_view(&text), SR_CORRUPT,
				i == 1 ? "recovery sheet: a sheet of another form than 1"
				       : "recovery sheet: a sheet that ends in other than zeros");
		sr_buf_free(&text);
	}
}

int main(void) {
	struct sr_err e;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(typed_back),
		cmocka_unit_test(a_wrong_letter_shows_in_its_line),
		cmocka_unit_test(lines_are_all_there_in_order),
		cmocka_unit_test(contents_that_no_sheet_has),
		cmocka_unit_test(another_form),
	};

	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests_name("board_sheet", tests, NULL, NULL);
}
