/*
 * diff - two catalogues compared row by row, every difference told with the entry of the log that
 * it comes from: what sr_catalogue_compare says in one sentence, for those who have to find out
 * why.
 *
 * Rows are matched by their key, so one that is missing does not make those behind it differ.
 * Values of structural tables are shown; of texts (personal and descriptive ones) only that they
 * differ.
 */
#ifndef SR_CATALOGUE_DIFF_H
#define SR_CATALOGUE_DIFF_H

#include "catalogue/catalogue.h"

enum sr_difference_kind {
	SR_DIFFERS, /* a field has another value */
	SR_MISSING, /* the first catalogue has no such row */
	SR_SURPLUS  /* only the first has it */
};

struct sr_difference {
	const char *table; /* static */
	enum sr_difference_kind kind;
	char key[256];            /* of the row: "person p-..., role curator" */
	char field[48];           /* SR_DIFFERS: the column */
	char have[96], want[96];  /* SR_DIFFERS: in the first, in the second */
	bool has_entry;           /* the row comes from an entry of the log */
	uint64_t entry;           /* its index: as the second has it, where it has the row */
	uint8_t statement[SR_ID]; /* the id of the statement there; zeros: there is none */
	char type[32];            /* and its type; "" */
};

/* Compare ${a} (in use) with ${b} (replayed), table by table. ${each}: every difference, its answer
 * other than 0 ends it and is returned. ${rows}: how many rows of ${b} were compared. */
SR_MUST int sr_catalogue_diff(struct sr_catalogue *a, struct sr_catalogue *b,
	int (*each)(void *ctx, const struct sr_difference *d, struct sr_err *e), void *ctx,
	uint64_t *rows, struct sr_err *e);

#endif
