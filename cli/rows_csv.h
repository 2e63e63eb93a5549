/*
 * rows_csv - a table of items: what to deposit, and how to describe it.
 *
 * RFC 4180 with a header row; columns in any order: path (needed), title, translit, description,
 * creator, source, rights, date, keyword, hazard, language. keyword, hazard and language hold
 * several values with `;` between them. Paths are relative to the folder of the table, without
 * "..".
 */
#ifndef SR_CLI_ROWS_CSV_H
#define SR_CLI_ROWS_CSV_H

#include "cli/cli.h"

enum cli_csv_column {
	CSV_PATH,
	CSV_TITLE,
	CSV_TRANSLIT,
	CSV_DESCRIPTION,
	CSV_CREATOR,
	CSV_SOURCE,
	CSV_RIGHTS,
	CSV_DATE,
	CSV_KEYWORD,
	CSV_HAZARD,
	CSV_LANGUAGE,
	CSV_COLUMNS
};

struct cli_row_csv {
	char *cell[CSV_COLUMNS]; /* NULL: empty */
	size_t line;             /* record number, the header is 1 */
};
struct cli_rows_csv {
	struct cli_row_csv *rows;
	size_t count;
};
SR_MUST int cli_rows_csv_read(struct cli_rows_csv *out, const char *path, struct sr_err *e);
void cli_rows_csv_free(struct cli_rows_csv *r);
/* The row of a file that is stored as ${path}: the same path, or a folder above it. NULL. */
const struct cli_row_csv *cli_rows_csv_of(const struct cli_rows_csv *r, struct sr_bytes path);
/* Anything to say beyond path and title? */
bool cli_row_describes(const struct cli_row_csv *row);
/*
 * Signs `describe` for items by rows, in groups: begin, add each (${row} outlives the group), end.
 * A refusal is told with its row, after the group that it was in; *${done} counts what was signed.
 */
struct cli_describing;
SR_MUST int cli_describing_begin(struct cli_describing **out, struct cli *c, struct sr_err *e);
SR_MUST int cli_describing_add(struct cli_describing *d, const uint8_t item[SR_ID],
	const struct cli_row_csv *row, struct sr_err *e);
/* Signs what is left when ${rc} is 0, frees, and returns ${rc} or what became of that. */
SR_MUST int cli_describing_end(struct cli_describing *d, int rc, size_t *done, struct sr_err *e);
/* How a path of the table is stored: without "./" and leading "/". */
const char *cli_row_stored(const struct cli_row_csv *row);

#endif
