/*
 * late - what a long replay writes last (catalogue.c): rows that no effect of an entry looks at,
 * or seldom.
 *
 *   items   go into the search index once, however often their texts changed
 *   rows    of the tables of enum sr_late_table are gathered in memory and written by one statement
 *           for thousands of them: INSERT ... SELECT from a virtual table `late` that hands them
 *           out. What a statement costs besides its row (begin, cursors, end) was more than half of
 *           what an entry cost. Those of `subjects` are sorted before, because they lie by value
 *           and each would belong somewhere else in a large tree.
 *
 * The rows and every check on them (keys, uniqueness, foreign keys, types) are those of the live
 * path, where `on` is false and each is written at once. What differs is when:
 *   - a statement that reads or changes such a table has its waiting rows written first; the
 *     database sees to that (store/db.h: sr_db_late), not the one who wrote the statement
 *   - all are written before the commit of the batch that they came in, or when as many of them
 *     wait as may, so that memory is bounded whatever the log says
 *   - a row that breaks a check is found later than its entry: whoever turns `on` undoes the batch
 *     then and applies it once more with it off, so that the entry named is the right one
 *     (catalogue.c: replay_batch)
 */
#ifndef SR_CATALOGUE_LATE_H
#define SR_CATALOGUE_LATE_H

#include "catalogue/sql.h"
#include "store/db.h"

enum {
	SR_LATE_ITEMS = 1 << 20, /* 8 MiB, some of them twice */
	SR_LATE_BYTES = 16 << 20 /* of the values of one table's rows; a larger row goes alone */
};

enum sr_late_table {
	SR_LATE_ENTRIES,
	SR_LATE_SUBJECTS,
	SR_LATE_RECORDS,
	SR_LATE_VIEWS,
	SR_LATE_VOTE_FORMS,
	SR_LATE_TABLES
};

struct sr_late_value {
	enum sr_sql_kind kind;
	uint32_t len;
	int64_t at; /* the number, or where its bytes are */
};

struct sr_late_rows {
	struct sr_late_value *value; /* as many of a row as its table has columns */
	size_t count;                /* rows */
	size_t cap;                  /* values */
	uint8_t *bytes;
	size_t used, room;
};

struct sr_late {
	bool on; /* else everything is written at once */
	int64_t *items;
	size_t item_count, item_cap;
	struct sr_late_rows rows[SR_LATE_TABLES];
	uint32_t *order; /* of the rows that are being written */
	size_t order_cap;
	bool busy;                  /* rows are being written */
	enum sr_late_table writing; /* whose rows the virtual table has */
};

/* Once for a connection. ${l} stays where it is until the connection is closed. */
SR_MUST int sr_late_register(struct sr_late *l, struct sr_db *db, struct sr_err *e);
SR_MUST int sr_late_item(struct sr_late *l, struct sr_db *db, int64_t n, struct sr_err *e);
/* One row: all columns of the table, in the order of the schema. At once when not `on`. */
SR_MUST int sr_late_row(struct sr_late *l, struct sr_db *db, enum sr_late_table t,
	const struct sr_sql_arg *args, struct sr_err *e);
#define SR_LATE_ROW(l, db, t, e, ...) \
	sr_late_row((l), (db), (t), (const struct sr_sql_arg[]){__VA_ARGS__}, (e))
/* Write all of it. */
SR_MUST int sr_late_flush(struct sr_late *l, struct sr_db *db, struct sr_err *e);
/* What the transaction that is gone had gathered. */
void sr_late_forget(struct sr_late *l, struct sr_db *db);
/* Nothing may wait. Its memory is wiped and given back; it can be used again. */
void sr_late_free(struct sr_late *l);

#endif
