/*
 * describing - what a person wrote about items, as `describe` statements: from options, or from the
 * rows of a table.
 *
 * Marks of parts name files as people do (by path, or by number); their positions come from the
 * item's file list. Ids of other items may be given by their first digits.
 */
#ifndef SR_CLI_DESCRIBING_H
#define SR_CLI_DESCRIBING_H

#include "cli/rows.h"

/* One description with everything that it points to. */
struct cli_description {
	uint8_t item[SR_ID];
	struct sr_describe of;
	struct sr_describe_value *values;
	char **texts; /* of the values */
	size_t count;
	struct sr_mark *marks;
	const char **clear;
};
/* ${item}: its row and files as core's `item` tells them (a answer of cli_ask "item"). */
SR_MUST int cli_description_make(struct cli_description *out, struct cli *c,
	const struct cli_row *row, const struct cli_answer *item, struct sr_err *e);
void cli_description_free(struct cli_description *d);
/* Does the vault say all of that already? */
bool cli_description_holds(const struct cli_description *d, const struct sr_row *item);
/* Does it say anything at all? */
bool cli_description_says(const struct cli_description *d);

/* The item, with its files: begins ${a}, which the caller frees. */
SR_MUST int cli_item_ask(
	struct cli_answer *a, struct cli *c, const uint8_t item[SR_ID], struct sr_err *e);

/*
 * Signs in groups: begin, add each, end. A refusal is told with its row, after the group that it
 * was in; *${done} counts what was signed.
 */
struct cli_describing;
SR_MUST int cli_describing_begin(struct cli_describing **out, struct cli *c, struct sr_err *e);
/* ${d} is taken over. ${line}: of its row. */
SR_MUST int cli_describing_add(
	struct cli_describing *g, struct cli_description *d, size_t line, struct sr_err *e);
/* Signs what is left when ${rc} is 0, frees, and returns ${rc} or what became of that. */
SR_MUST int cli_describing_end(struct cli_describing *g, int rc, size_t *done, struct sr_err *e);

/* A whole table, of items of an accession (NULL: rows name items): all rows are checked before the
 * first is signed; a row that the vault says already is not signed again, so that a table that
 * broke off is gone on with by giving it again. */
struct cli_table_done {
	size_t rows, items, signed_items, already;
};
SR_MUST int cli_describe_table(struct cli_table_done *out, struct cli *c, const char *file,
	const uint8_t *accession, bool dry_run, struct sr_err *e);

#endif
