/*
 * rows - tables of items: what to deposit, and how to describe it. Read row by row, however many
 * there are.
 *
 *   CSV          RFC 4180 with a header row, columns in any order; several values of a field have
 *                `;` between them
 *   JSON Lines   (.jsonl, .ndjson) an object a line; several values: an array; null empties
 *
 * Columns, or members: path or item (one of them), the fields of ledger/fields.h, and clear (names
 * of fields that are emptied). Every value is checked as it is read; a mistake names its row and
 * field, and what was expected. Nothing of a table is silently ignored.
 *
 * Paths are relative to the folder of the table, without "..".
 */
#ifndef SR_CLI_ROWS_H
#define SR_CLI_ROWS_H

#include "cli/cli.h"

enum {
	CLI_ROW_MAX = 1 << 20,   /* bytes of a row: a description of 8 KiB and 200 more values */
	CLI_ROW_VALUES = 512,    /* of one row */
	CLI_ROWS_KEPT = 1000000, /* rows that are kept at once, for a deposit */
};

struct cli_row_value {
	const struct sr_desc_field *field;
	char *text;
};
struct cli_row {
	size_t line;       /* record number, the header of a CSV is 1 */
	char *path, *item; /* NULL: not given */
	struct cli_row_value *values;
	size_t count;
	const struct sr_desc_field **clear;
	size_t clear_count;
	bool clear_marks;
};

/* Each row in turn, which lives for the call; a negative result of ${row} ends the work and gets
 * the file and the row in front. */
SR_MUST int cli_rows_each(const char *file,
	int (*row)(void *ctx, const struct cli_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e);

struct cli_rows {
	struct cli_row *rows;
	size_t count;
};
/* All of them, each with a path. */
SR_MUST int cli_rows_read(struct cli_rows *out, const char *file, struct sr_err *e);
void cli_rows_free(struct cli_rows *r);
#ifdef SR_TESTING
void cli_rows_kept_max(size_t rows); /* instead of CLI_ROWS_KEPT */
#endif

/* The first value of the field; NULL. */
const char *cli_row_get(const struct cli_row *row, const char *field);
/* Anything to say beyond path and title? */
bool cli_row_describes(const struct cli_row *row);
/* How a path of the table is stored: without "./" and leading "/". */
const char *cli_row_stored(const struct cli_row *row);

/* A hazard of a part, HAZARD@FILE: of these an item has as many as describing.c says, whatever the
 * field's own number of values is. */
bool cli_value_is_mark(const struct sr_desc_field *f, const char *text);
/* Checks one value of a field as a person typed it, hazards of parts and beginnings of ids too.
 * USAGE names the field and what was expected. */
SR_MUST int cli_value_check(const struct sr_desc_field *f, const char *text, struct sr_err *e);

#endif
