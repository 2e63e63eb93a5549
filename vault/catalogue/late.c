/*
 * late - see late.h.
 */
#include "catalogue/late.h"

#include <stdlib.h>

#include "catalogue/search.h"
#include "catalogue/sql.h"

enum {
	AT_ONCE = 8 /* rows of one statement */
};

/* IGNORE: a statement names one thing on several lines with one key; and a statement that can fail
 * in the middle would be one that SQLite keeps pages of, to take it back. */
#define ONE "INSERT OR IGNORE INTO subjects(value, entry, what) VALUES(?, ?, ?)"
#define TWO ", (?, ?, ?), (?, ?, ?)"

static int room(void **rows, size_t *cap, size_t first, size_t size, struct sr_err *e) {
	const size_t more = *cap == 0 ? first : *cap * 2;
	void *p = reallocarray(*rows, more, size);

	if (p == NULL)
		return sr_fail(e, SR_NOMEM, "replay: no memory for %zu rows", more);
	*rows = p;
	*cap = more;
	return 0;
}

/* --- items ------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b) {
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int write_items(struct sr_late *l, struct sr_db *db, struct sr_err *e) {
	int rc = 0;

	if (l->item_count > 0)
		qsort(l->items, l->item_count, sizeof *l->items, by_number);
	for (size_t i = 0; i < l->item_count && rc == 0; i++)
		if (i == 0 || l->items[i] != l->items[i - 1])
			rc = sr_search_index(db, l->items[i], e);
	l->item_count = 0;
	return rc;
}

int sr_late_item(struct sr_late *l, struct sr_db *db, int64_t n, struct sr_err *e) {
	int rc = l->item_count == SR_LATE_ITEMS ? write_items(l, db, e) : 0;

	if (rc == 0 && l->item_count == l->item_cap)
		rc = room((void **)&l->items, &l->item_cap, 1024, sizeof *l->items, e);
	if (rc == 0)
		l->items[l->item_count++] = n;
	return rc;
}

/* --- subjects --------------------------------------------------------------------------------- */

/* As the table's key is: bytes, then numbers, then bytes. */
static int in_order(const void *a, const void *b) {
	const struct sr_late_subject *x = a, *y = b;
	int order = strcmp(x->value, y->value);

	if (order == 0)
		order = x->entry < y->entry ? -1 : x->entry > y->entry;
	return order != 0 ? order : strcmp(x->what, y->what);
}

static void arguments(struct sr_sql_arg *out, const struct sr_late_subject *s) {
	out[0] = A_STR(s->value);
	out[1] = A_INT(s->entry);
	out[2] = A_STR(s->what);
}

static int write_subjects(struct sr_late *l, struct sr_db *db, struct sr_err *e) {
	struct sr_sql_arg args[3 * AT_ONCE];
	size_t at = 0;
	int rc = 0;

	if (l->subject_count > 0)
		qsort(l->subjects, l->subject_count, sizeof *l->subjects, in_order);
	while (rc == 0 && at < l->subject_count) {
		const size_t n = l->subject_count - at < AT_ONCE ? 1 : AT_ONCE;

		for (size_t i = 0; i < n; i++)
			arguments(args + 3 * i, &l->subjects[at + i]);
		rc = sr_sql_run(db, e, n == 1 ? ONE : ONE TWO TWO TWO ", (?, ?, ?)", args, 3 * n);
		at += n;
	}
	l->subject_count = 0;
	return rc;
}

int sr_late_subject(
	struct sr_late *l, struct sr_db *db, const struct sr_late_subject *s, struct sr_err *e) {
	int rc = l->subject_count == SR_LATE_SUBJECTS ? write_subjects(l, db, e) : 0;

	if (rc == 0 && l->subject_count == l->subject_cap)
		rc = room((void **)&l->subjects, &l->subject_cap, 4096, sizeof *l->subjects, e);
	if (rc == 0)
		l->subjects[l->subject_count++] = *s;
	return rc;
}

/* --- all of it -------------------------------------------------------------------------------- */

int sr_late_flush(struct sr_late *l, struct sr_db *db, struct sr_err *e) {
	const int rc = write_subjects(l, db, e);

	return rc == 0 ? write_items(l, db, e) : rc;
}

void sr_late_forget(struct sr_late *l) {
	l->item_count = 0;
	l->subject_count = 0;
}

void sr_late_free(struct sr_late *l) {
	free(l->items);
	free(l->subjects);
}
