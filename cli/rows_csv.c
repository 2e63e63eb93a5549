/*
 * The table is parsed by libcsv in its strict mode; this file gives the columns their meaning. A
 * column that is not known, a row that is too long and a path that leaves the folder are errors:
 * nothing of a table is silently ignored.
 */
#include "cli/rows_csv.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "core/ops.h"

enum {
	TABLE_MAX = 64 << 20, /* bytes: 100,000 rows of 600 bytes */
	LIST_MAX = 64         /* values in one cell */
};

static const char *const names[CSV_COLUMNS] = {"path", "title", "translit", "description",
	"creator", "source", "rights", "date", "keyword", "hazard", "language"};

struct reading {
	struct cli_rows_csv *out;
	int column_of[CSV_COLUMNS * 2]; /* of the table -> enum cli_csv_column */
	size_t columns, at, line;
	struct cli_row_csv row;
	struct sr_err *e;
	int rc;
};

static void free_row(struct cli_row_csv *row) {
	for (size_t i = 0; i < CSV_COLUMNS; i++)
		free(row->cell[i]);
	*row = (struct cli_row_csv){0};
}

static void header(struct reading *r, const char *text) {
	char shown[64];
	if (r->at >= sizeof r->column_of / sizeof r->column_of[0]) {
		r->rc = sr_fail(r->e, SR_USAGE, "more than %zu columns", r->at);
		return;
	}
	for (int i = 0; i < CSV_COLUMNS; i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		for (size_t j = 0; j < r->at; j++) {
			if (r->column_of[j] == i)
				r->rc = sr_fail(
					r->e, SR_USAGE, "column \"%s\" is there twice", text);
		}
		r->column_of[r->at++] = i;
		return;
	}
	r->rc = sr_fail(r->e, SR_USAGE,
		"column \"%s\" is none of path, title, translit, description, creator, source, "
		"rights, "
		"date, keyword, hazard, language",
		sr_escape_to(shown, sizeof shown, sr_bytes_str(text)));
}

static void on_cell(void *p, size_t len, void *ctx) {
	struct reading *r = ctx;
	const char *text = p;
	if (r->rc != 0)
		return;
	if (len > 0 && memchr(text, 0, len) != NULL) {
		r->rc = sr_fail(r->e, SR_USAGE, "row %zu holds a NUL byte", r->line + 1);
		return;
	}
	if (r->line == 0) {
		header(r, text);
		return;
	}
	if (r->at >= r->columns) {
		r->rc = sr_fail(r->e, SR_USAGE, "row %zu has more cells than the header's %zu",
			r->line + 1, r->columns);
		return;
	}
	const int column = r->column_of[r->at++];
	if (len == 0)
		return;
	r->row.cell[column] = strdup(text);
	if (r->row.cell[column] == NULL)
		r->rc = sr_fail(r->e, SR_NOMEM, "row %zu", r->line + 1);
}

/* A path that stays below the table's folder. */
static bool stays(const char *path) {
	for (const char *at = path; *at != '\0';) {
		const size_t n = strcspn(at, "/");
		if (n == 2 && at[0] == '.' && at[1] == '.')
			return false;
		at += n;
		at += strspn(at, "/");
	}
	return true;
}

static void finish_row(struct reading *r) {
	char shown[128];
	if (r->row.cell[CSV_PATH] == NULL)
		r->rc = sr_fail(r->e, SR_USAGE, "row %zu has no path", r->line + 1);
	else if (!stays(r->row.cell[CSV_PATH]) || *cli_row_stored(&r->row) == '\0')
		r->rc = sr_fail(r->e, SR_USAGE, "row %zu: \"%s\" leaves the folder of the table",
			r->line + 1,
			sr_escape_to(shown, sizeof shown, sr_bytes_str(r->row.cell[CSV_PATH])));
	struct cli_row_csv *more =
		r->rc == 0 ? realloc(r->out->rows, (r->out->count + 1) * sizeof *more) : NULL;
	if (more == NULL) {
		if (r->rc == 0)
			r->rc = sr_fail(r->e, SR_NOMEM, "row %zu", r->line + 1);
		free_row(&r->row);
		return;
	}
	r->row.line = r->line + 1;
	r->out->rows = more;
	r->out->rows[r->out->count++] = r->row;
	r->row = (struct cli_row_csv){0};
}

static void on_row(int end, void *ctx) {
	struct reading *r = ctx;
	(void)end;
	if (r->rc != 0)
		return;
	if (r->line == 0) {
		bool path = false;
		r->columns = r->at;
		for (size_t i = 0; i < r->columns; i++)
			path = path || r->column_of[i] == CSV_PATH;
		if (!path)
			r->rc = sr_fail(r->e, SR_USAGE, "the header has no column \"path\"");
	} else {
		finish_row(r);
	}
	r->line++;
	r->at = 0;
}

static int no_space(unsigned char ch) {
	(void)ch;
	return 0; /* RFC 4180: spaces belong to the cell */
}

static int parse(struct reading *r, struct sr_bytes text) {
	struct csv_parser p;
	if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
		return sr_fail(r->e, SR_NOMEM, "table");
	csv_set_space_func(&p, no_space);
	if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = sr_bytes_of(text.p + 3, text.len - 3);
	const size_t done = csv_parse(&p, text.p, text.len, on_cell, on_row, r);
	if (r->rc == 0 && (done != text.len || csv_fini(&p, on_cell, on_row, r) != 0) && r->rc == 0)
		r->rc = sr_fail(r->e, csv_error(&p) == CSV_ENOMEM ? SR_NOMEM : SR_USAGE,
			"row %zu is no CSV: a quote stands where none may be, or is not closed",
			r->line + 1);
	csv_free(&p);
	return r->rc;
}

int cli_rows_csv_read(struct cli_rows_csv *out, const char *path, struct sr_err *e) {
	struct sr_buf file;
	struct reading r = {.out = out, .e = e};
	char shown[200];
	sr_buf_init(&file);
	*out = (struct cli_rows_csv){0};
	int rc = cli_read_file(&file, path, TABLE_MAX, e);
	if (rc == 0) {
		rc = parse(&r, sr_buf_view(&file));
		free_row(&r.row);
		if (rc == 0 && out->count == 0)
			rc = sr_fail(e, SR_USAGE, "the table has no rows");
		if (rc != 0)
			rc = sr_wrap(
				e, "%s", sr_escape_to(shown, sizeof shown, sr_bytes_str(path)));
	}
	sr_buf_free(&file);
	if (rc != 0)
		cli_rows_csv_free(out);
	return rc;
}

void cli_rows_csv_free(struct cli_rows_csv *r) {
	for (size_t i = 0; i < r->count; i++)
		free_row(&r->rows[i]);
	free(r->rows);
	*r = (struct cli_rows_csv){0};
}

const char *cli_row_stored(const struct cli_row_csv *row) {
	const char *p = row->cell[CSV_PATH];
	while (*p == '/' || (p[0] == '.' && p[1] == '/'))
		p += *p == '/' ? 1 : 2;
	return strcmp(p, ".") == 0 ? "" : p;
}

const struct cli_row_csv *cli_rows_csv_of(const struct cli_rows_csv *r, struct sr_bytes path) {
	for (size_t i = 0; i < r->count; i++) {
		const char *stored = cli_row_stored(&r->rows[i]);
		size_t n = strlen(stored);
		while (n > 0 && stored[n - 1] == '/')
			n--;
		if (n <= path.len && memcmp(stored, path.p, n) == 0 &&
			(n == path.len || path.p[n] == '/'))
			return &r->rows[i];
	}
	return NULL;
}

bool cli_row_describes(const struct cli_row_csv *row) {
	for (size_t i = CSV_TRANSLIT; i < CSV_COLUMNS; i++) {
		if (row->cell[i] != NULL)
			return true;
	}
	return false;
}

/* The values of a cell; the text is cut in place. */
static int values(char *text, const char **out, struct sr_err *e) {
	size_t n = 0;
	while (text != NULL) {
		char *next = strchr(text, ';');
		if (next != NULL)
			*next++ = '\0';
		text += strspn(text, " ");
		size_t len = strlen(text);
		while (len > 0 && text[len - 1] == ' ')
			text[--len] = '\0';
		if (n >= LIST_MAX)
			return sr_fail(e, SR_LIMIT, "more than %d values in a cell", LIST_MAX);
		if (len > 0)
			out[n++] = text;
		text = next;
	}
	out[n] = NULL;
	return 0;
}

struct described { /* one row as a statement wants it */
	const struct cli_row_csv *row;
	uint8_t item[SR_ID];
	const char *lists[3][LIST_MAX + 1];
	char *copies[3];
};
struct cli_describing {
	struct cli *c;
	size_t count, done;
	struct described rows[SR_SUBMIT_MAX];
	struct sr_describe of[SR_SUBMIT_MAX];
	struct sr_submitted out[SR_SUBMIT_MAX];
};

int cli_describing_begin(struct cli_describing **out, struct cli *c, struct sr_err *e) {
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return sr_fail(e, SR_NOMEM, "table");
	(*out)->c = c;
	return 0;
}

static void drop_group(struct cli_describing *d) {
	for (size_t k = 0; k < d->count; k++) {
		sr_submitted_free(&d->out[k]);
		for (size_t i = 0; i < 3; i++)
			free(d->rows[k].copies[i]);
		memset(&d->rows[k], 0, sizeof d->rows[k]);
	}
	d->count = 0;
}

static int sign_group(struct cli_describing *d, struct sr_err *e) {
	if (d->count == 0)
		return 0;
	int rc = sr_client_describe(d->c->client, d->of, d->count, d->out, e);
	if (rc != 0)
		rc = sr_wrap(e, "row %zu", d->rows[0].row->line);
	for (size_t i = 0; rc == 0 && i < d->count; i++) {
		if (d->out[i].code == 0)
			d->done++;
	}
	for (size_t i = 0; rc == 0 && i < d->count; i++) {
		if (d->out[i].code != 0)
			rc = sr_fail(e, (enum sr_code)d->out[i].code, "row %zu: %s",
				d->rows[i].row->line, d->out[i].why.text);
	}
	drop_group(d);
	return rc;
}

int cli_describing_add(struct cli_describing *d, const uint8_t item[SR_ID],
	const struct cli_row_csv *row, struct sr_err *e) {
	struct described *to = &d->rows[d->count];
	int rc = 0;
	to->row = row;
	memcpy(to->item, item, SR_ID);
	for (size_t i = 0; rc == 0 && i < 3; i++) {
		const char *cell = row->cell[CSV_KEYWORD + i];
		if (cell == NULL)
			continue;
		to->copies[i] = strdup(cell);
		rc = to->copies[i] == NULL ? sr_fail(e, SR_NOMEM, "table")
					   : values(to->copies[i], to->lists[i], e);
	}
	d->of[d->count++] = (struct sr_describe){.item = to->item,
		.keywords = to->lists[0],
		.hazards = to->lists[1],
		.languages = to->lists[2],
		.date = row->cell[CSV_DATE],
		.title = row->cell[CSV_TITLE],
		.translit = row->cell[CSV_TRANSLIT],
		.description = row->cell[CSV_DESCRIPTION],
		.creator = row->cell[CSV_CREATOR],
		.source = row->cell[CSV_SOURCE],
		.rights = row->cell[CSV_RIGHTS]};
	if (rc != 0)
		return sr_wrap(e, "row %zu", row->line);
	return d->count == SR_SUBMIT_MAX ? sign_group(d, e) : 0;
}

int cli_describing_end(struct cli_describing *d, int rc, size_t *done, struct sr_err *e) {
	if (d == NULL)
		return rc;
	if (rc == 0)
		rc = sign_group(d, e);
	drop_group(d);
	*done = d->done;
	free(d);
	return rc;
}
