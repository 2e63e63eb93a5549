/*
 * CSV is parsed by libcsv in its strict mode, JSON by jansson, a line at a time; this file gives
 * their columns and members their meaning. See rows.h.
 */
#include "cli/rows.h"

#include <assert.h>
#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "board/invariants.h"
#include "cli/cli.h"

enum {
	CHUNK = 64 << 10,
	COLUMNS_MAX = SR_FIELDS_MAX + 3,
	PATH = -1, /* columns that are no field */
	ITEM = -2,
	CLEAR = -3,
	ID_MIN = 4 /* hex digits of an item's id: what resolve takes */
};

struct reading {
	int (*row)(void *ctx, const struct cli_row *row, struct sr_err *e);
	void *ctx;
	int column[COLUMNS_MAX]; /* of the table -> index of a field, or PATH, ITEM, CLEAR */
	size_t columns, at, line, rows;
	size_t bytes; /* of the row at hand */
	struct cli_row now;
	struct sr_err *e;
	int rc;
};

static void free_row(struct cli_row *row) {
	for (size_t i = 0; i < row->count; i++)
		free(row->values[i].text);
	free(row->values);
	free(row->clear);
	free(row->path);
	free(row->item);
	*row = (struct cli_row){0};
}

static int fail(struct reading *r, enum sr_code code, const char *what) {
	r->rc = sr_fail(r->e, code, "row %zu %s", r->line, what);
	return r->rc;
}

/* --- values ----------------------------------------------------------------------------------- */

/* The hex digits that an item's id begins with. */
static bool is_id(const char *text) {
	const size_t n = strlen(text);

	return n >= ID_MIN && n <= (size_t)2 * SR_ID && strspn(text, "0123456789abcdef") == n;
}

/* "graphic", or "graphic@FILE[:RANGE]", whose file the item has to have. */
static int check_hazard(const char *text, struct sr_err *e) {
	const size_t n = strcspn(text, "@");
	char shown[80];

	if (strcmp(text, "none") == 0)
		return 0;
	if (!sr_invariants_hazard(sr_bytes_of(text, n)))
		return sr_fail(e, SR_USAGE, "\"%s\": unknown hazard; describe --help lists them",
			sr_escape_to(shown, sizeof shown, sr_bytes_of(text, n)));
	return text[n] == '@' && text[n + 1] == '\0'
		       ? sr_fail(e, SR_USAGE, "\"%s\": want a file behind the @",
				 sr_escape_to(shown, sizeof shown, sr_bytes_str(text)))
		       : 0;
}

bool cli_value_is_mark(const struct sr_desc_field *f, const char *text) {
	return f->form == SR_FORM_HAZARD && strchr(text, '@') != NULL;
}

int cli_value_check(const struct sr_desc_field *f, const char *text, struct sr_err *e) {
	char shown[80];
	int rc = 0;

	if (f->form == SR_FORM_HAZARD)
		rc = check_hazard(text, e);
	else if (f->form == SR_FORM_LANGUAGE && strcmp(text, "none") == 0)
		rc = 0;
	else if (f->form == SR_FORM_ITEM && is_id(text))
		rc = 0;
	else if (f->form == SR_FORM_ITEM)
		rc = sr_fail(e, SR_USAGE, "\"%s\": want the id of an item, or its first digits",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(text)));
	else
		rc = sr_desc_check(f, sr_bytes_str(text), e);
	return rc == 0 ? 0 : sr_wrap(e, "%s", f->name);
}

static int add_value(
	struct reading *r, const struct sr_desc_field *f, const char *text, size_t len) {
	struct cli_row *row = &r->now;
	struct cli_row_value *more;
	size_t same = 0;
	char *copy;

	copy = strndup(text, len);
	more = realloc(row->values, (row->count + 1) * sizeof *more);
	if (more != NULL)
		row->values = more;
	if (copy == NULL || more == NULL) {
		free(copy);
		return fail(r, SR_NOMEM, "does not fit the memory");
	}
	for (size_t i = 0; i < row->count; i++)
		same += row->values[i].field == f && !cli_value_is_mark(f, row->values[i].text);
	row->values[row->count++] = (struct cli_row_value){f, copy};
	if (same >= f->max && !cli_value_is_mark(f, copy))
		r->rc = sr_fail(r->e, SR_USAGE, "row %zu: %s: more than %zu value%s", r->line,
			f->name, f->max, f->max == 1 ? "" : "s");
	else if (row->count > CLI_ROW_VALUES)
		r->rc = sr_fail(
			r->e, SR_LIMIT, "row %zu: more than %d values", r->line, CLI_ROW_VALUES);
	if (r->rc != 0)
		return r->rc;
	r->rc = cli_value_check(f, copy, r->e);
	return r->rc == 0 ? 0 : sr_wrap(r->e, "row %zu", r->line);
}

static int add_clear(struct reading *r, struct sr_bytes name) {
	const struct sr_desc_field *f = sr_desc_field(name);
	const struct sr_desc_field **more;
	char shown[80];

	if (sr_bytes_eq(name, sr_bytes_str("mark"))) {
		r->now.clear_marks = true;
		return 0;
	}
	if (f == NULL || strcmp(f->name, "title") == 0 || f->form == SR_FORM_HAZARD) {
		r->rc = sr_fail(r->e, SR_USAGE,
			"row %zu: clear: \"%s\" is no field that can be emptied%s", r->line,
			sr_escape_to(shown, sizeof shown, name),
			f != NULL && f->form == SR_FORM_HAZARD ? " (hazard none does it)" : "");
		return r->rc;
	}
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers, indeed */
	more = reallocarray(r->now.clear, r->now.clear_count + 1, sizeof *more);
	if (more == NULL)
		return fail(r, SR_NOMEM, "does not fit the memory");
	r->now.clear = more;
	r->now.clear[r->now.clear_count++] = f;
	return 0;
}

/* --- rows ------------------------------------------------------------------------------------- */

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

static bool clears(const struct cli_row *row, const struct sr_desc_field *f) {
	for (size_t i = 0; i < row->clear_count; i++)
		if (row->clear[i] == f)
			return true;
	return false;
}

static void finish_row(struct reading *r) {
	const struct cli_row *row = &r->now;
	char shown[128];

	r->now.line = r->line;
	for (size_t i = 0; r->rc == 0 && i < row->count; i++)
		if (clears(row, row->values[i].field))
			r->rc = sr_fail(r->e, SR_USAGE, "row %zu: %s is set and cleared at once",
				r->line, row->values[i].field->name);
	if (r->rc != 0)
		return;
	if ((row->path == NULL) == (row->item == NULL)) {
		(void)fail(
			r, SR_USAGE, row->path == NULL ? "has no path" : "has a path and an item");
	} else if (row->item != NULL && !is_id(row->item)) {
		r->rc = sr_fail(r->e, SR_USAGE,
			"row %zu: item: \"%s\": want the id of an item, or its first digits",
			r->line, sr_escape_to(shown, sizeof shown, sr_bytes_str(row->item)));
	} else if (row->path != NULL && (!stays(row->path) || *cli_row_stored(row) == '\0')) {
		r->rc = sr_fail(r->e, SR_USAGE, "row %zu: \"%s\" leaves the folder of the table",
			r->line, sr_escape_to(shown, sizeof shown, sr_bytes_str(row->path)));
	} else if ((r->rc = r->row(r->ctx, row, r->e)) != 0) {
		(void)sr_wrap(r->e, "row %zu", r->line);
	}
	r->rows++;
	free_row(&r->now);
}

static int keep_text(struct reading *r, char **to, const char *text, size_t len) {
	*to = strndup(text, len);
	return *to != NULL ? 0 : fail(r, SR_NOMEM, "does not fit the memory");
}

/* --- CSV -------------------------------------------------------------------------------------- */

static int column_named(struct reading *r, const char *text) {
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	struct sr_buf known;
	char shown[64];

	if (strcmp(text, "path") == 0)
		return PATH;
	if (strcmp(text, "item") == 0)
		return ITEM;
	if (strcmp(text, "clear") == 0)
		return CLEAR;
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, text) == 0)
			return (int)i;
	sr_buf_init(&known);
	for (size_t i = 0; i < count; i++)
		sr_buf_printf(&known, ", %s", fields[i].name);
	r->rc = sr_fail(r->e, SR_USAGE, "column \"%s\" is none of path, item, clear%.*s",
		sr_escape_to(shown, sizeof shown, sr_bytes_str(text)), (int)known.len,
		known.len > 0 ? (const char *)known.p : "");
	sr_buf_free(&known);
	return 0;
}

static void header(struct reading *r, const char *text) {
	const int column = column_named(r, text);

	for (size_t j = 0; r->rc == 0 && j < r->at; j++) {
		if (r->column[j] == column)
			r->rc = sr_fail(r->e, SR_USAGE, "column \"%s\" is there twice", text);
	}
	if (r->rc != 0)
		return;
	assert(r->at < COLUMNS_MAX); /* no two are alike, and there are no more names */
	r->column[r->at++] = column;
}

/* The values of a cell, with ; between and blanks around them. */
static void each_value(struct reading *r, int column, const char *text) {
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);

	while (r->rc == 0) {
		size_t n = strcspn(text, ";"), len = n, skip = strspn(text, " ");

		skip = skip < n ? skip : n;
		while (len > skip && text[len - 1] == ' ')
			len--;
		if (len > skip && column == CLEAR)
			(void)add_clear(r, sr_bytes_of(text + skip, len - skip));
		else if (len > skip)
			(void)add_value(r, &fields[column], text + skip, len - skip);
		if (text[n] == '\0')
			return;
		text += n + 1;
	}
}

static void on_cell(void *p, size_t len, void *ctx) {
	struct reading *r = ctx;
	const char *text = p;
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	if (r->rc != 0)
		return;
	if (len > 0 && memchr(text, 0, len) != NULL) {
		(void)fail(r, SR_USAGE, "holds a NUL byte");
		return;
	}
	if (r->line == 1) {
		header(r, text);
		return;
	}
	if (r->at >= r->columns) {
		r->rc = sr_fail(r->e, SR_USAGE, "row %zu has more cells than the header's %zu",
			r->line, r->columns);
		return;
	}
	const int column = r->column[r->at++];
	if (len == 0)
		return;
	if (column == PATH || column == ITEM)
		(void)keep_text(r, column == PATH ? &r->now.path : &r->now.item, text, len);
	else if (column == CLEAR || fields[column].max > 1)
		each_value(r, column, text);
	else
		(void)add_value(r, &fields[column], text, len);
}

static void on_row(int end, void *ctx) {
	struct reading *r = ctx;
	(void)end;
	r->bytes = 0;
	if (r->rc != 0)
		return;
	if (r->line == 1) {
		bool named = false;
		r->columns = r->at;
		for (size_t i = 0; i < r->columns; i++)
			named = named || r->column[i] == PATH || r->column[i] == ITEM;
		if (!named)
			r->rc = sr_fail(r->e, SR_USAGE,
				"the header has no column \"path\", and no column \"item\"");
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

/* A piece of the table. */
static int feed_csv(struct reading *r, struct csv_parser *p, const char *text, size_t len) {
	const size_t done = csv_parse(p, text, len, on_cell, on_row, r);

	if (r->rc == 0 && done != len)
		(void)fail(r, csv_error(p) == CSV_ENOMEM ? SR_NOMEM : SR_USAGE,
			"is no CSV: a quote stands where none may be, or is not closed");
	r->bytes += len;
	if (r->rc == 0 && r->bytes > CLI_ROW_MAX + CHUNK)
		(void)fail(r, SR_LIMIT, "has more than 1 MiB");
	return r->rc;
}

/* --- JSON Lines ------------------------------------------------------------------------------- */

/* A string, or a number where the field is one. */
static int json_value(struct reading *r, const struct sr_desc_field *f, const json_t *v) {
	char number[32];
	char shown[80];

	if (json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v))
		return add_value(r, f, json_string_value(v), json_string_length(v));
	if (json_is_integer(v)) {
		const int n =
			snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
		return add_value(r, f, number, n > 0 ? (size_t)n : 0);
	}
	r->rc = sr_fail(r->e, SR_USAGE, "row %zu: %s: want a string, or an array of strings",
		r->line, sr_escape_to(shown, sizeof shown, sr_bytes_str(f->name)));
	return r->rc;
}

static int json_strings(struct reading *r, const char *key, json_t *v) {
	size_t i;
	json_t *one;

	if (json_is_string(v))
		return add_clear(r, sr_bytes_str(json_string_value(v)));
	if (!json_is_array(v))
		return fail(r, SR_USAGE, "has a \"clear\" that is no array of names");
	(void)key;
	json_array_foreach(v, i, one) {
		if (!json_is_string(one))
			return fail(r, SR_USAGE, "has a \"clear\" that is no array of names");
		if (add_clear(r, sr_bytes_str(json_string_value(one))) != 0)
			return r->rc;
	}
	return 0;
}

static int json_member(struct reading *r, const char *key, json_t *v) {
	const bool path = strcmp(key, "path") == 0;
	const struct sr_desc_field *f;
	size_t i;
	json_t *one;

	if (path || strcmp(key, "item") == 0)
		return json_is_string(v) && json_string_length(v) > 0 &&
				       strlen(json_string_value(v)) == json_string_length(v)
			       ? keep_text(r, path ? &r->now.path : &r->now.item,
					 json_string_value(v), json_string_length(v))
			       : fail(r, SR_USAGE, "names its path or item by no string");
	if (strcmp(key, "clear") == 0)
		return json_strings(r, key, v);
	(void)column_named(r, key);
	if (r->rc != 0)
		return sr_wrap(r->e, "row %zu", r->line);
	f = sr_desc_field(sr_bytes_str(key));
	if (f == NULL)
		return fail(r, SR_MISUSE, "has a member without a field");
	if (json_is_null(v))
		return add_clear(r, sr_bytes_str(key));
	if (!json_is_array(v))
		return json_value(r, f, v);
	json_array_foreach(v, i, one) {
		if (json_value(r, f, one) != 0)
			return r->rc;
	}
	return 0;
}

static int json_line(struct reading *r, const char *text, size_t len) {
	json_error_t why;
	const char *key;
	json_t *o, *v;

	if (strspn(text, " \t\r") == len)
		return 0;
	o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (o == NULL || !json_is_object(o)) {
		r->rc = sr_fail(r->e, SR_USAGE, "row %zu is no JSON object: %.120s", r->line,
			o == NULL ? why.text : "it is something else");
		json_decref(o);
		return r->rc;
	}
	json_object_foreach(o, key, v) {
		if (json_member(r, key, v) != 0)
			break;
	}
	if (r->rc == 0)
		finish_row(r);
	json_decref(o);
	return r->rc;
}

/* Whole lines of what is there so far; the rest stays. */
static int feed_json(struct reading *r, struct sr_buf *held, bool last) {
	size_t from = 0;

	while (r->rc == 0 && from < held->len) {
		const uint8_t *end = memchr(held->p + from, '\n', held->len - from);
		const size_t n = end != NULL ? (size_t)(end - held->p) - from : held->len - from;
		char *line;

		if (end == NULL && !last)
			break;
		line = strndup((const char *)held->p + from, n);
		if (line == NULL)
			return fail(r, SR_NOMEM, "does not fit the memory");
		if (strlen(line) != n)
			(void)fail(r, SR_USAGE, "holds a NUL byte");
		else
			(void)json_line(r, line, n);
		free(line);
		from += n + 1;
		r->line++;
	}
	from = from < held->len ? from : held->len;
	if (held->p != NULL)
		memmove(held->p, held->p + from, held->len - from);
	held->len -= from;
	if (r->rc == 0 && held->len > CLI_ROW_MAX)
		(void)fail(r, SR_LIMIT, "has more than 1 MiB");
	return r->rc;
}

/* --- files ------------------------------------------------------------------------------------ */

static bool ends_in(const char *name, const char *ending) {
	const size_t n = strlen(name), m = strlen(ending);

	return n > m && strcasecmp(name + n - m, ending) == 0;
}

static int read_csv(struct reading *r, int fd) {
	struct csv_parser p;
	char *chunk = malloc(CHUNK);
	ssize_t n = 1;
	size_t skip = 0;
	bool first = true;

	if (chunk == NULL || csv_init(&p, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0) {
		free(chunk);
		return sr_fail(r->e, SR_NOMEM, "table: out of memory");
	}
	csv_set_space_func(&p, no_space);
	while (r->rc == 0 && (n = read(fd, chunk, CHUNK)) > 0) {
		skip = first && n >= 3 && memcmp(chunk, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
		first = false;
		(void)feed_csv(r, &p, chunk + skip, (size_t)n - skip);
	}
	if (r->rc == 0 && n < 0)
		r->rc = sr_fail_errno(r->e, "reading it");
	if (r->rc == 0 && csv_fini(&p, on_cell, on_row, r) != 0 && r->rc == 0)
		(void)fail(r, SR_USAGE,
			"is no CSV: a quote stands where none may be, or is not closed");
	csv_free(&p);
	free(chunk);
	return r->rc;
}

static int read_json(struct reading *r, int fd) {
	struct sr_buf held;
	ssize_t n = 1;

	sr_buf_init(&held);
	while (r->rc == 0 && n > 0) {
		r->rc = sr_buf_reserve(&held, CHUNK, r->e);
		if (r->rc != 0)
			break;
		n = read(fd, held.p + held.len, CHUNK);
		if (n < 0)
			r->rc = sr_fail_errno(r->e, "reading it");
		if (n > 0)
			held.len += (size_t)n;
		if (r->rc == 0)
			(void)feed_json(r, &held, n == 0);
	}
	sr_buf_free(&held);
	return r->rc;
}

int cli_rows_each(const char *file,
	int (*row)(void *ctx, const struct cli_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct reading *r = calloc(1, sizeof *r);
	const int fd = cli_open(AT_FDCWD, file, O_RDONLY);
	char shown[200];
	int rc;

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(file));
	if (fd < 0 || r == NULL) {
		rc = fd >= 0           ? sr_fail(e, SR_NOMEM, "table: out of memory")
		     : errno == ENOENT ? sr_fail(e, SR_NOTFOUND, "%s: nothing is there", shown)
				       : sr_fail_errno(e, "%s", shown);
		if (fd >= 0)
			(void)close(fd);
		free(r);
		return rc;
	}
	r->row = row;
	r->ctx = ctx;
	r->e = e;
	r->line = 1;
	rc = ends_in(file, ".jsonl") || ends_in(file, ".ndjson") ? read_json(r, fd)
								 : read_csv(r, fd);
	if (rc == 0 && r->rows == 0)
		rc = sr_fail(e, SR_USAGE, "the table has no rows");
	if (rc != 0)
		rc = sr_wrap(e, "%s", shown);
	free_row(&r->now);
	(void)close(fd);
	free(r);
	return rc;
}

/* --- kept ------------------------------------------------------------------------------------- */

static int copy_row(struct cli_row *to, const struct cli_row *from, struct sr_err *e) {
	*to = (struct cli_row){.line = from->line, .clear_marks = from->clear_marks};
	to->path = strdup(from->path);
	to->values = calloc(from->count + 1, sizeof *to->values);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers, indeed */
	to->clear = calloc(from->clear_count + 1, sizeof *to->clear);
	if (to->path == NULL || to->values == NULL || to->clear == NULL)
		return sr_fail(e, SR_NOMEM, "table: out of memory");
	for (size_t i = 0; i < from->clear_count; i++)
		to->clear[to->clear_count++] = from->clear[i];
	for (size_t i = 0; i < from->count; i++) {
		to->values[i].field = from->values[i].field;
		to->values[i].text = strdup(from->values[i].text);
		to->count++;
		if (to->values[i].text == NULL)
			return sr_fail(e, SR_NOMEM, "table: out of memory");
	}
	return 0;
}

#ifdef SR_TESTING
static size_t kept_max = CLI_ROWS_KEPT;

void cli_rows_kept_max(size_t rows) {
	kept_max = rows;
}
#else
static const size_t kept_max = CLI_ROWS_KEPT;
#endif

static int keep_row(void *ctx, const struct cli_row *row, struct sr_err *e) {
	struct cli_rows *out = ctx;
	struct cli_row *more;

	if (row->path == NULL)
		return sr_fail(e, SR_USAGE, "has no path");
	if (out->count == kept_max)
		return sr_fail(e, SR_LIMIT,
			"more than %zu rows: one deposit takes no more; make several of it, each "
			"with its part of the table",
			kept_max);
	if ((out->count & (out->count + 1)) == 0) { /* room for twice as many */
		more = reallocarray(out->rows, 2 * (out->count + 1), sizeof *more);
		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "table: out of memory");
		out->rows = more;
	}
	return copy_row(&out->rows[out->count++], row, e);
}

int cli_rows_read(struct cli_rows *out, const char *file, struct sr_err *e) {
	int rc;

	*out = (struct cli_rows){0};
	rc = cli_rows_each(file, keep_row, out, e);
	if (rc != 0)
		cli_rows_free(out);
	return rc;
}

void cli_rows_free(struct cli_rows *r) {
	for (size_t i = 0; i < r->count; i++)
		free_row(&r->rows[i]);
	free(r->rows);
	*r = (struct cli_rows){0};
}

const char *cli_row_stored(const struct cli_row *row) {
	const char *p = row->path;
	while (*p == '/' || (p[0] == '.' && p[1] == '/'))
		p += *p == '/' ? 1 : 2;
	return strcmp(p, ".") == 0 ? "" : p;
}

const char *cli_row_get(const struct cli_row *row, const char *field) {
	for (size_t i = 0; i < row->count; i++)
		if (strcmp(row->values[i].field->name, field) == 0)
			return row->values[i].text;
	return NULL;
}

bool cli_row_describes(const struct cli_row *row) {
	for (size_t i = 0; i < row->count; i++)
		if (strcmp(row->values[i].field->name, "title") != 0)
			return true;
	return row->clear_count > 0 || row->clear_marks;
}
