/*
 * sheet - see sheet.h.
 */
#include "board/sheet.h"

#include <string.h>

#include "crypto/hash.h"

enum {
	HEAD = 11,
	LEVEL = 1 + SR_SCALAR,
	BYTES_MAX = HEAD + SR_BOARD_LEVELS_MAX * LEVEL,
	LINE = 10, /* bytes of a line, 16 letters */
	CHECK = 4, /* letters */
	LETTERS = 16 + CHECK,
	LINES_MAX = (BYTES_MAX + LINE - 1) / LINE
};
_Static_assert(LINES_MAX < 100, "a line's number has two digits");

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static size_t lines_of(size_t levels) {
	return (HEAD + levels * LEVEL + LINE - 1) / LINE;
}

/* --- letters --- */

/* 16 letters of 10 bytes, then 4 of the check. */
static void line_letters(char out[LETTERS + 1], unsigned number, const uint8_t bytes[LINE]) {
	uint8_t hash[SR_HASH], all[LINE + 3];
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/sheet-line/v1", NULL);
	sr_hash_u64(&h, number);
	sr_hash_field(&h, sr_bytes_of(bytes, LINE));
	sr_hash_final(&h, hash);
	memcpy(all, bytes, LINE);
	memcpy(all + LINE, hash, 3); /* of 24 bits, 20 are written */
	for (size_t i = 0; i < LETTERS; i++) {
		const size_t bit = 5 * i;
		const unsigned two = (unsigned)all[bit / 8] << 8 |
				     (bit / 8 + 1 < sizeof all ? all[bit / 8 + 1] : 0U);

		out[i] = ALPHABET[two >> (11 - bit % 8) & 31];
	}
	out[LETTERS] = '\0';
	sr_wipe(all, sizeof all);
	sr_wipe(hash, sizeof hash);
}

/* 0..31, or -1. */
static int value_of(uint8_t ch) {
	const int up = ch >= 'a' && ch <= 'z' ? ch - 'a' + 'A' : ch;

	if (up == 'O')
		return 0;
	if (up == 'I' || up == 'L')
		return 1;
	for (int v = 0; v < 32; v++)
		if (ALPHABET[v] == up)
			return v;
	return -1;
}

/* --- writing --- */

static void payload(uint8_t out[LINES_MAX * LINE], const struct sr_sheet *s) {
	memset(out, 0, (size_t)LINES_MAX * LINE);
	out[0] = 1;
	memcpy(out + 1, s->keys, SR_SHEET_KEYS);
	out[9] = s->index;
	out[10] = s->levels;
	for (size_t i = 0; i < s->levels; i++) {
		out[HEAD + i * LEVEL] = s->level[i];
		memcpy(out + HEAD + i * LEVEL + 1, s->x[i], SR_SCALAR);
	}
}

int sr_sheet_write(struct sr_buf *out, const struct sr_sheet *s, const struct sr_sheet_about *a,
	struct sr_err *e) {
	uint8_t bytes[LINES_MAX * LINE];
	char letters[LETTERS + 1];

	if (s->levels < 1 || s->levels > SR_BOARD_LEVELS_MAX)
		return sr_fail(e, SR_MISUSE, "sheet: %u levels", s->levels);
	sr_buf_printf(out, "# Recovery sheet of member %u (%s), vault %s\n# fingerprint ", s->index,
		a->person, a->origin);
	sr_buf_put_hex(out, a->fingerprint, SR_HASH);
	sr_buf_put_str(out, "\n# board ");
	sr_buf_put_hex(out, a->board, SR_ID);
	sr_buf_printf(out,
		", epoch %llu\n"
		"# This is a share of the board's keys. Alone it opens nothing; with others it "
		"does.\n"
		"# Keep it sealed, where no other member's sheet lies. If the key or passphrase is "
		"lost,\n"
		"# and the board gave a new key (person rekey): type the lines below, then\n"
		"#   strongroom board restore-share --sheet FILE --as NEW-IDENTITY\n"
		"# There is no I, L, O or U. The last group of a line is its check.\n#\n",
		(unsigned long long)a->epoch);
	payload(bytes, s);
	for (size_t i = 0; i < lines_of(s->levels); i++) {
		line_letters(letters, (unsigned)i + 1, bytes + i * LINE);
		sr_buf_printf(out, "%02zu %.4s %.4s %.4s %.4s %.4s\n", i + 1, letters, letters + 4,
			letters + 8, letters + 12, letters + 16);
	}
	sr_wipe(bytes, sizeof bytes);
	sr_wipe(letters, sizeof letters);
	return sr_buf_ok(out, e);
}

/* --- reading --- */

struct typed { /* one line as it was typed */
	uint64_t number;
	uint8_t bytes[LINE];
	bool good;
};

static bool white(uint8_t ch) {
	return ch == ' ' || ch == '\t' || ch == '\r';
}

/* ${line}: `NN` and twenty letters, in any groups. ${at}: its number in what was typed. */
static int line_read(struct typed *out, struct sr_bytes line, size_t at, struct sr_err *e) {
	uint8_t all[(LETTERS * 5 + 7) / 8 + 1] = {0};
	char said[LETTERS + 1], want[LETTERS + 1];
	size_t i = 0, n = 0;

	memset(out, 0, sizeof *out);
	for (; i < line.len && line.p[i] >= '0' && line.p[i] <= '9' && i < 2; i++)
		out->number = 10 * out->number + (uint64_t)(line.p[i] - '0');
	if (i != 2 || i == line.len || !white(line.p[i]))
		return sr_fail(e, SR_CORRUPT,
			"line %zu of what was typed: want the number of a line, two digits", at);
	for (; i < line.len; i++) {
		const int v = value_of(line.p[i]);

		if (white(line.p[i]))
			continue;
		if (v < 0 || n == LETTERS)
			return sr_fail(e, SR_CORRUPT,
				v < 0 ? "line %02llu: character %zu is none that a sheet has"
				      : "line %02llu: character %zu is one too many",
				(unsigned long long)out->number, i + 1);
		said[n] = ALPHABET[v];
		for (size_t b = 0; b < 5; b++)
			if ((v >> (4 - b) & 1) != 0)
				all[(5 * n + b) / 8] |= (uint8_t)(0x80 >> (5 * n + b) % 8);
		n++;
	}
	if (n != LETTERS)
		return sr_fail(e, SR_CORRUPT, "line %02llu: %zu letters, want %d",
			(unsigned long long)out->number, n, LETTERS);
	said[LETTERS] = '\0';
	memcpy(out->bytes, all, LINE);
	line_letters(want, (unsigned)out->number, out->bytes);
	out->good = sr_ct_eq(said, want, LETTERS);
	sr_wipe(all, sizeof all);
	sr_wipe(said, sizeof said);
	sr_wipe(want, sizeof want);
	return 0;
}

/* All lines in order into ${bytes}; *${count} of them. Those that do not check are named together.
 */
static int lines_read(
	uint8_t bytes[LINES_MAX * LINE], size_t *count, struct sr_bytes text, struct sr_err *e) {
	char bad[4 * LINES_MAX + 1] = "";
	struct typed t;
	size_t n = 0, wrong = 0, typed = 0;
	int rc = 0;

	while (text.len > 0 && rc == 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.len);
		struct sr_bytes line =
			sr_bytes_of(text.p, nl != NULL ? (size_t)(nl - text.p) : text.len);
		const size_t whole = line.len + (nl != NULL ? 1 : 0);

		typed++;
		text = sr_bytes_of(text.p + whole, text.len - whole);
		while (line.len > 0 && white(line.p[0]))
			line = sr_bytes_of(line.p + 1, line.len - 1);
		if (line.len == 0 || line.p[0] == '#')
			continue;
		rc = line_read(&t, line, typed, e);
		if (rc == 0 && (n == LINES_MAX || t.number != n + 1))
			rc = sr_fail(e, SR_CORRUPT, "line %02llu stands where line %02zu should",
				(unsigned long long)t.number, n + 1);
		if (rc != 0)
			break;
		if (!t.good)
			snprintf(bad + 4 * wrong, sizeof bad - 4 * wrong, "%02zu, ", n + 1);
		wrong += t.good ? 0 : 1;
		memcpy(bytes + n++ * LINE, t.bytes, LINE);
	}
	sr_wipe(&t, sizeof t);
	if (rc == 0 && wrong > 0) {
		bad[4 * wrong - 2] = '\0';
		rc = sr_fail(e, SR_AUTH,
			"%s of what was typed %s not check: compare each letter with the paper: %s",
			wrong == 1 ? "a line" : "some lines", wrong == 1 ? "does" : "do", bad);
	}
	*count = n;
	return rc;
}

static int payload_read(struct sr_sheet *s, const uint8_t *bytes, size_t lines, struct sr_err *e) {
	size_t end;

	if (lines < 2 || bytes[0] != 1)
		return lines == 0 ? sr_fail(e, SR_CORRUPT, "no line of a sheet is here")
		       : bytes[0] != 1
			       ? sr_fail(e, SR_CORRUPT, "a sheet of another form than 1")
			       : sr_fail(e, SR_CORRUPT, "line 02 and all after it are missing");
	s->index = bytes[9];
	s->levels = bytes[10];
	if (s->index < 1 || s->index > SR_BOARD_MEMBERS_MAX || s->levels < 1 ||
		s->levels > SR_BOARD_LEVELS_MAX)
		return sr_fail(
			e, SR_CORRUPT, "a sheet of member %u with %u levels", s->index, s->levels);
	if (lines != lines_of(s->levels))
		return lines < lines_of(s->levels)
			       ? sr_fail(e, SR_CORRUPT, "line %02zu and all after it are missing",
					 lines + 1)
			       : sr_fail(e, SR_CORRUPT, "line %02zu is one too many",
					 lines_of(s->levels) + 1);
	memcpy(s->keys, bytes + 1, SR_SHEET_KEYS);
	for (size_t i = 0; i < s->levels; i++) {
		const uint8_t *at = bytes + HEAD + i * LEVEL;

		s->level[i] = at[0];
		memcpy(s->x[i], at + 1, SR_SCALAR);
		if (i > 0 && s->level[i] <= s->level[i - 1])
			return sr_fail(e, SR_CORRUPT, "a sheet whose levels do not ascend");
		if (sr_scalar_check(s->x[i], e) != 0)
			return sr_wrap(e, "a sheet whose share of level %u is none", s->level[i]);
	}
	end = HEAD + (size_t)s->levels * LEVEL;
	for (size_t i = end; i < lines * LINE; i++)
		if (bytes[i] != 0)
			return sr_fail(e, SR_CORRUPT, "a sheet that ends in other than zeros");
	return 0;
}

int sr_sheet_read(struct sr_sheet *out, struct sr_bytes text, struct sr_err *e) {
	uint8_t bytes[LINES_MAX * LINE] = {0};
	size_t lines = 0;
	int rc = text.len > SR_SHEET_TEXT_MAX
			 ? sr_fail(e, SR_LIMIT, "%zu bytes, a sheet has at most %d", text.len,
				   SR_SHEET_TEXT_MAX)
			 : lines_read(bytes, &lines, text, e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = payload_read(out, bytes, lines, e);
	sr_wipe(bytes, sizeof bytes);
	if (rc != 0) {
		sr_wipe(out, sizeof *out);
		sr_wrap(e, "recovery sheet");
	}
	return rc;
}
