/*
 * What people read: tables with aligned columns, pages of "key value" lines, sizes. All text from
 * outside is escaped (base/escape.h) on its way here; a cell is cut at CELL_MAX bytes, --json never
 * cuts. Two columns of blanks part the cells of a row, so no cell has them: whoever chose a name
 * would write the cells beside it, too. Which answers are proven and which are the vault's word is
 * said here too.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/escape.h"
#include "cli/cli.h"

enum {
	CELL_MAX = 96, /* bytes of a cell in a table */
	ID_SHOWN = 12, /* digits of an id in a table: enough to type, and to be unique */
	COLUMNS_MAX = 12
};

/* Columns that a character takes on a terminal, as the locale of main has it (UTF-8, whatever the
 * person's is): none for what stands on the letter before, as in names that a Mac wrote. */
static unsigned width_of(uint32_t cp) {
	const int columns = wcwidth((wchar_t)cp);
	return columns < 0 ? 1 : (unsigned)columns;
}

static size_t width(const char *text) {
	struct sr_bytes in = sr_bytes_str(text);
	size_t columns = 0;
	while (in.len > 0) {
		uint32_t cp = 0;
		size_t n = sr_utf8_next(in, &cp);
		columns += n == 0 ? 1 : width_of(cp);
		n = n == 0 ? 1 : n;
		in = sr_bytes_of(in.p + n, in.len - n);
	}
	return columns;
}

enum blank { /* of what a cell is made */
	INK,
	NOTHING, /* shown as nothing: what is before it is what is before the next */
	BLANK,   /* one column, as in French before a colon */
	GAP      /* wider or narrower, or a letter that is shown as a blank: never in a cell */
};

static enum blank blank_of(uint32_t cp) {
	static const struct {
		uint32_t first, last;
		enum blank is;
	} ranges[] = {
		{0x20, 0x20, BLANK},
		{0xa0, 0xa0, BLANK},
		{0x34f, 0x34f, NOTHING},
		{0x115f, 0x1160, GAP}, /* Hangul fillers */
		{0x1680, 0x1680, GAP},
		{0x17b4, 0x17b5, NOTHING},
		{0x180b, 0x180d, NOTHING},
		{0x2000, 0x200a, GAP},
		{0x200c, 0x200d, NOTHING},
		{0x202f, 0x202f, BLANK},
		{0x205f, 0x205f, GAP},
		{0x2800, 0x2800, GAP}, /* Braille without a dot */
		{0x3000, 0x3000, GAP},
		{0x3164, 0x3164, GAP},
		{0xfe00, 0xfe0f, NOTHING},
		{0xffa0, 0xffa0, GAP},
	};
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return ranges[i].is;
	}
	return INK;
}

static const char *escaped(char code[16], uint32_t cp) {
	(void)snprintf(code, 16, cp < 0x80 ? "\\x%02x" : "\\u{%04X}", (unsigned)cp);
	return code;
}

/* As sr_escape, of what becomes a cell. */
static void escape_cell(struct sr_buf *out, struct sr_bytes in, size_t max) {
	bool after = true; /* a blank; so that no cell begins with one either */
	char code[16];
	size_t written = 0;
	struct sr_buf one;

	sr_buf_init(&one);
	while (in.len > 0) {
		uint32_t cp = 0;
		const size_t n = sr_utf8_next(in, &cp), used = n == 0 ? 1 : n;
		const enum blank is = n == 0 ? INK : blank_of(cp);

		sr_buf_clear(&one);
		if (is == GAP || (is == BLANK && after))
			sr_buf_put_str(&one, escaped(code, cp));
		else
			sr_escape(&one, sr_bytes_of(in.p, used), 0);
		if (written + one.len > max) {
			sr_buf_put_str(out, "...");
			break;
		}
		sr_buf_put(out, one.p, one.len);
		written += one.len;
		if (is != NOTHING)
			after = is == BLANK;
		in = sr_bytes_of(in.p + used, in.len - used);
	}
	if (one.failed != SR_OK)
		out->failed = one.failed;
	sr_buf_free(&one);
}

void cli_table(struct cli_table *t, size_t columns, const char *const *heads) {
	*t = (struct cli_table){.columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX};
	sr_buf_init(&t->text);
	for (size_t i = 0; i < t->columns; i++)
		cli_cell(t, heads[i]);
}

void cli_cell(struct cli_table *t, const char *text) {
	sr_buf_put_str(&t->text, text);
	sr_buf_put_u8(&t->text, 0);
	t->cells++;
}

void cli_cell_bytes(struct cli_table *t, struct sr_bytes text) {
	escape_cell(&t->text, text, CELL_MAX);
	sr_buf_put_u8(&t->text, 0);
	t->cells++;
}

void cli_cell_id(struct cli_table *t, struct sr_bytes hex) {
	cli_cell_bytes(t, sr_bytes_of(hex.p, hex.len < ID_SHOWN ? hex.len : ID_SHOWN));
}

void cli_cell_row(struct cli_table *t, const struct sr_row *row, const char *key) {
	cli_cell_bytes(t, sr_row_get(row, key));
}

/* All values of ${key} with ", " between them; in a cell, each of at most ${max} bytes, or (0) on a
 * line. */
static void join(struct sr_buf *out, const struct sr_row *row, const char *key, size_t max) {
	for (size_t i = 0;; i++) {
		const struct sr_bytes v = sr_row_get_n(row, key, i);
		if (v.p == NULL)
			return;
		if (i > 0)
			sr_buf_put_str(out, ", ");
		if (max > 0)
			escape_cell(out, v, max);
		else
			sr_escape(out, v, 0);
	}
}

void cli_cell_hazards(struct cli_table *t, const struct sr_row *row) {
	struct sr_bytes v;
	join(&t->text, row, "hazard", CELL_MAX);
	for (size_t i = 0; (v = sr_row_get_n(row, "part", i)).p != NULL; i++) {
		const uint8_t *range = memchr(v.p, ':', v.len);
		if (i > 0 || sr_row_get(row, "hazard").p != NULL)
			sr_buf_put_str(&t->text, ", ");
		escape_cell(&t->text,
			sr_bytes_of(v.p, range != NULL ? (size_t)(range - v.p) : v.len), CELL_MAX);
	}
	sr_buf_put_u8(&t->text, 0);
	t->cells++;
}

void cli_cell_words(struct cli_table *t, const struct sr_row *row, const char *key) {
	join(&t->text, row, key, CELL_MAX);
	sr_buf_put_u8(&t->text, 0);
	t->cells++;
}

void cli_table_print(struct cli_table *t) {
	size_t widest[COLUMNS_MAX] = {0};
	const char *cell = (const char *)t->text.p;
	if (sr_buf_ok(&t->text, NULL) != 0 || t->columns == 0) {
		sr_buf_free(&t->text);
		return;
	}
	for (size_t i = 0; i < t->cells; i++, cell += strlen(cell) + 1) {
		const size_t w = width(cell);
		if (w > widest[i % t->columns])
			widest[i % t->columns] = w;
	}
	cell = (const char *)t->text.p;
	for (size_t i = 0; i < t->cells; i++, cell += strlen(cell) + 1) {
		const bool last = i % t->columns == t->columns - 1;
		const size_t w = width(cell);
		fputs(cell, stdout);
		if (last)
			putchar('\n');
		else
			printf("%*s", (int)(widest[i % t->columns] - w + 2), "");
	}
	sr_buf_free(&t->text);
}

void cli_print(struct sr_bytes text) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_escape(&b, text, 0);
	if (b.len > 0)
		fwrite(b.p, 1, b.len, stdout);
	sr_buf_free(&b);
}

void cli_lines(FILE *to, struct sr_bytes text) {
	struct sr_buf b;
	sr_buf_init(&b);
	for (size_t at = 0; at < text.len;) {
		const uint8_t *nl = memchr(text.p + at, '\n', text.len - at);
		const size_t n = nl != NULL ? (size_t)(nl - text.p) - at : text.len - at;
		sr_escape(&b, sr_bytes_of(text.p + at, n), 0);
		at += n;
		for (; at < text.len && text.p[at] == '\n'; at++)
			sr_buf_put_u8(&b, '\n');
		if (nl != NULL && at < text.len)
			sr_buf_put_str(&b, "                 ");
	}
	if (b.len > 0)
		fwrite(b.p, 1, b.len, to);
	sr_buf_free(&b);
}

void cli_line(const char *key, struct sr_bytes value) {
	if (value.p == NULL || value.len == 0)
		return;
	printf("  %-14s ", key);
	cli_lines(stdout, value);
	putchar('\n');
}

void cli_name(struct sr_bytes name) {
	if (name.p == NULL)
		return;
	printf(" (");
	cli_print(name);
	putchar(')');
}

void cli_who(const struct sr_rows *rows, struct sr_bytes who) {
	struct sr_bytes name = sr_bytes_of(NULL, 0);
	for (size_t k = 0; name.p == NULL && k < rows->count; k++)
		if (sr_row_is(&rows->rows[k], "named") &&
			sr_bytes_eq(sr_row_get(&rows->rows[k], "person"), who))
			name = sr_row_get(&rows->rows[k], "name");
	cli_print(who);
	cli_name(name);
}

/* Columns of who reads; 0: nobody says. */
static size_t columns(void) {
	const char *said = getenv("COLUMNS");
	struct winsize w;
	uint64_t n = 0;
	if (said != NULL && sr_parse_dec(&n, sr_bytes_str(said), 10000, NULL) == 0)
		return (size_t)n;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

void cli_wrapped(size_t at, const char *text) {
	enum {
		NARROW = 20 /* fewer columns are no help */
	};
	const size_t wide = columns(), room = wide > at + NARROW ? wide - at : SIZE_MAX;
	for (size_t left = strlen(text); left > room;) {
		size_t n = room;
		while (n > 0 && text[n] != ' ')
			n--;
		if (n == 0)
			n = room; /* a word that is longer is broken, as the terminal would */
		printf("%.*s\n%*s", (int)n, text, (int)at, "");
		n += text[n] == ' ' ? 1 : 0;
		text += n;
		left -= n;
	}
	puts(text);
}

void cli_item_line(const struct sr_row *item) {
	const struct sr_bytes id = sr_row_get(item, "id");
	printf("  %-14s ", "item");
	cli_print(sr_bytes_of(id.p, id.len < ID_SHOWN ? id.len : ID_SHOWN));
	printf("  ");
	if (sr_bytes_eq(sr_row_get(item, "state"), sr_bytes_str("destroyed")))
		printf("(destroyed)");
	else
		cli_print(sr_row_get(item, "title"));
	putchar('\n');
}

void cli_line_str(const char *key, const char *value) {
	cli_line(key, sr_bytes_str(value != NULL ? value : ""));
}

void cli_key_text(char out[CLI_KEY_TEXT], const uint8_t key[SR_PK]) {
	size_t at = 0;
	for (size_t i = 0; i < SR_PK; i += 4) {
		if (i > 0)
			out[at++] = ' ';
		sr_hex(out + at, key + i, 4);
		at += 8;
	}
}

const char *cli_key_shown(char out[CLI_KEY_TEXT], struct sr_bytes base64) {
	uint8_t key[SR_PK];
	out[0] = '\0';
	if (sr_unbase64_fixed(key, SR_PK, base64, NULL) == 0)
		cli_key_text(out, key);
	return out;
}

void cli_line_row(const char *key, const struct sr_row *row, const char *field) {
	cli_line(key, sr_row_get(row, field));
}

void cli_line_words(const char *key, const struct sr_row *row, const char *field) {
	struct sr_buf b;
	sr_buf_init(&b);
	join(&b, row, field, 0);
	if (b.len > 0) {
		printf("  %-14s ", key);
		fwrite(b.p, 1, b.len, stdout);
		putchar('\n');
	}
	sr_buf_free(&b);
}

void cli_size_text(char *out, size_t size, uint64_t bytes) {
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
	double v = (double)bytes / 1024;
	size_t i = 0;
	if (bytes < 1024) {
		snprintf(out, size, "%llu bytes", (unsigned long long)bytes);
		return;
	}
	while (v >= 1024 && i + 1 < sizeof units / sizeof units[0]) {
		v /= 1024;
		i++;
	}
	snprintf(out, size, v < 10 ? "%.1f %s" : "%.0f %s", v, units[i]);
}

void cli_tell(const struct cli *c, const char *fmt, ...) {
	va_list ap;
	if (c->quiet)
		return;
	cli_progress_end();
	(void)fflush(stdout); /* in the order in which it happened */
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* --- what an answer is worth --- */

bool cli_vaults_word(const struct cli_verb *v) {
	static const struct {
		const char *name, *sub;
	} verbs[] = {{"list", NULL}, {"show", NULL}, {"search", NULL}, {"person", "list"},
		{"collection", "list"}, {"request", "list"}, {"request", "show"}, {"inbox", NULL},
		{"grants", NULL}, {"checkouts", NULL}, {"policy", "list"}, {"audit", "report"},
		{"audit", "person"}};
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(v->name, verbs[i].name) == 0 &&
			(v->sub == NULL) == (verbs[i].sub == NULL) &&
			(v->sub == NULL || strcmp(v->sub, verbs[i].sub) == 0))
			return true;
	}
	return false;
}

void cli_vaults_word_tell(const struct cli *c) {
	if (c->json || c->quiet || !isatty(STDOUT_FILENO) || !cli_vaults_word(c->verb))
		return;
	printf("-- the vault's word; proven is what `strongroom log` and receipts show, and what "
	       "you vote on or check out\n");
}
