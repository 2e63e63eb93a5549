/*
 * schema - the tables of catalogue.db, and which of them are structural.
 *
 * Ids are blobs of 16 bytes, hashes and keys of 32, persons are text, states and roles are words,
 * times are seconds since 1970. `entry` is the index of the entry that made a row, `ended` of the
 * one that ended it (NULL: not ended). Items and request versions carry a small number (n, v) given
 * in order of appearance, so that lists of 10,000 items stay small.
 *
 * Structural tables are equal whoever replays, whatever was erased. Text tables hold words of
 * people and nothing else does: texts, item_texts, item_files, collection_texts, people_texts, and
 * the search index over them.
 */
#ifndef SR_CATALOGUE_SCHEMA_H
#define SR_CATALOGUE_SCHEMA_H

#include "store/db.h"

enum {
	SR_SCHEMA_VERSION = 1
};

struct sr_table {
	const char *name;
	const char *order; /* columns that make the order canonical */
	bool structural;
};
/* All tables but the search index, in an order in which rows may be read. */
const struct sr_table *sr_schema_tables(size_t *count);

/* Make everything in an empty database, inside a transaction. */
SR_MUST int sr_schema_create(struct sr_db *db, struct sr_err *e);
/* The version row: 0, UNSUPPORTED (another version), NOTFOUND (an empty database). */
SR_MUST int sr_schema_check(struct sr_db *db, struct sr_err *e);

#endif
