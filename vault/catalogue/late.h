/*
 * late - what a long replay writes last (catalogue.c): rows that no effect of an entry looks at.
 *
 *   items      go into the search index once, however often their texts changed
 *   subjects   lie by value, so each row of an entry belongs somewhere else in a large tree: they
 *              are gathered, sorted and inserted in that order, several at a time
 *
 * Both are written before the commit of the batch that they came in, or when as many of
 * them wait as may, so that memory is bounded whatever the log says.
 */
#ifndef SR_CATALOGUE_LATE_H
#define SR_CATALOGUE_LATE_H

#include "store/db.h"

enum {
	SR_LATE_ITEMS = 1 << 20,    /* 8 MiB, some of them twice */
	SR_LATE_SUBJECTS = 1 << 16, /* 3.5 MiB */
	SR_LATE_VALUE = 33          /* an id or a person, and its end */
};

struct sr_late_subject {
	char value[SR_LATE_VALUE];
	int64_t entry;
	const char *what; /* a key of the table of types: static */
};

struct sr_late {
	bool on; /* else everything is written at once */
	int64_t *items;
	size_t item_count, item_cap;
	struct sr_late_subject *subjects;
	size_t subject_count, subject_cap;
};

SR_MUST int sr_late_item(struct sr_late *l, struct sr_db *db, int64_t n, struct sr_err *e);
SR_MUST int sr_late_subject(
	struct sr_late *l, struct sr_db *db, const struct sr_late_subject *s, struct sr_err *e);
/* Write all of it. */
SR_MUST int sr_late_flush(struct sr_late *l, struct sr_db *db, struct sr_err *e);
/* What the transaction that is gone had gathered. */
void sr_late_forget(struct sr_late *l);
void sr_late_free(struct sr_late *l);

#endif
