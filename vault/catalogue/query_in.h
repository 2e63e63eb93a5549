/*
 * query_in - what the files of query, and search, share.
 */
#ifndef SR_CATALOGUE_QUERY_IN_H
#define SR_CATALOGUE_QUERY_IN_H

#include "catalogue/query.h"
#include "catalogue/sql.h"

enum {
	SR_WHERE_ARGS = 12
};
/* Conditions on table `items i`, with anonymous parameters in the order of args. */
struct sr_where {
	char sql[1024];
	struct sr_sql_arg args[SR_WHERE_ARGS];
	size_t count;
};
/* MISUSE when it does not fit, which is a bug. */
SR_MUST int sr_where_add(
	struct sr_where *w, const char *condition, struct sr_sql_arg arg, struct sr_err *e);
/* The two of LIMIT ? OFFSET ?, which come last. */
SR_MUST int sr_where_page(struct sr_where *w, const struct sr_page *page, struct sr_err *e);
SR_MUST int sr_where_items(struct sr_where *w, const struct sr_item_filter *f, struct sr_err *e);

/* Hazards of item ${n} and of its parts, each once: whoever opens the item has both. A table (of
 * one column, hazard) of one item, not of all of them to be narrowed down: SQLite would go through
 * all of them each time (test_catalogue_pace). */
#define SR_HAZARDS_OF(n)                                         \
	"(SELECT hazard FROM item_hazards WHERE n = " n " UNION" \
	" SELECT hazard FROM item_marks WHERE n = " n ")"
/* The same of the items of a list: of the rows of request_items for which ${where}. */
#define SR_HAZARDS_OF_LIST(where)                                                            \
	"SELECT h.hazard FROM request_items r JOIN item_hazards h ON h.n = r.n WHERE " where \
	" UNION SELECT m.hazard FROM request_items r JOIN item_marks m ON"                   \
	" m.n = r.n WHERE " where

/* Condition on a version ${v}: it names items, and all of them are destroyed. */
#define SR_BEREFT(v)                                                                       \
	"(EXISTS(SELECT 1 FROM request_items r WHERE r.v = " v ") AND NOT EXISTS(SELECT 1" \
	" FROM request_items r JOIN items i ON i.n = r.n WHERE r.v = " v                   \
	" AND i.destroyed IS NULL))"

/* Condition on a version ${v}: a co-applicant whom it names is no researcher any more. (Who asks
 * for others is a researcher, board/invariants.h; the applicant's end lapses it.) Nobody can
 * approve it then: the applicant amends it. */
#define SR_SQL_READER_ENDED(v)                                                              \
	"EXISTS(SELECT 1 FROM request_people rp WHERE rp.v = " v " AND NOT EXISTS(SELECT 1" \
	" FROM roles rr WHERE rr.person = rp.person AND rr.role = 'researcher' AND"         \
	" rr.ended IS NULL))"
/* The same of a grant ${g} of study, and anybody whom it names, or who has another key since:
 * nobody gives pieces under it. */
#define SR_SQL_GRANT_READER_ENDED(g)                                                       \
	"(" g ".right_to IN ('access', 'export') AND EXISTS(SELECT 1 FROM grant_people gr" \
	" WHERE gr.grant_id = " g ".grant_id AND (NOT EXISTS(SELECT 1 FROM roles rr WHERE" \
	" rr.person = gr.person AND rr.role = 'researcher' AND rr.ended IS NULL) OR"       \
	" EXISTS(SELECT 1 FROM person_keys k WHERE k.person = gr.person AND k.entry > " g  \
	".entry))))"

/* Condition: ${person} was ended, or has another key, after entry ${since}, and ${settled} (a
 * condition that may name the entry, as gone.entry) does not hold of that. */
#define SR_SQL_GONE_BY_END(person, since, settled)                                        \
	"EXISTS(SELECT 1 FROM (SELECT ge.ended AS entry FROM roles ge JOIN entries gn ON" \
	" gn.entry = ge.ended WHERE ge.person = " person " AND ge.ended > " since         \
	" AND gn.type = 'person-end') gone WHERE NOT " settled ")"
#define SR_SQL_GONE_BY_KEY(person, since, settled)                                            \
	"EXISTS(SELECT 1 FROM (SELECT gk.entry FROM person_keys gk WHERE gk.person = " person \
	" AND gk.entry > " since ") gone WHERE NOT " settled ")"

/* Whose shares are kept: of every board the epoch in force and, where a standby board waits, its
 * epoch, each with the run that dealt them. */
#define SR_SQL_SEATS                                                                           \
	"(SELECT b.board, p.epoch, p.run FROM boards b JOIN epochs p ON p.board = b.board AND" \
	" p.epoch = b.epoch UNION ALL SELECT b.board, y.epoch, y.run FROM boards b JOIN"       \
	" standbys y ON y.board = b.board AND y.epoch = b.epoch + 1 AND y.waits IS NOT NULL)"
/* When they were last opened: board, epoch, person, entry, for each time. */
#define SR_SQL_SHARES_OPENED                                                                    \
	"(SELECT h.board, h.epoch, a.person, a.entry FROM " SR_SQL_SEATS " h JOIN accepts a ON" \
	" a.run = h.run UNION ALL SELECT f.board, f.epoch, f.person, f.entry FROM confirms f"   \
	" UNION ALL SELECT h.board, h.epoch, e.actor, e.entry FROM " SR_SQL_SEATS " h JOIN"     \
	" subjects s ON s.value = lower(hex(h.run)) AND s.what = 'run' JOIN entries e ON"       \
	" e.entry = s.entry AND e.type = 'share')"

/* The number of an item in the tables: NOTFOUND. */
SR_MUST int sr_item_number(
	int64_t *n, struct sr_catalogue *c, const uint8_t item[SR_ID], struct sr_err *e);
/* The place of an object from a row of this query. */
#define SR_SQL_OBJECT "SELECT file, position, entry, subject, epoch FROM objects WHERE object = ?"
SR_MUST int sr_object_at_read(
	struct sr_object_at *out, struct sr_stmt *st, const uint8_t id[SR_HASH], struct sr_err *e);

/* A copy of column ${i} (NULL stays NULL) in ${*out}, which is freed before. */
SR_MUST int sr_col_dup(char **out, struct sr_stmt *st, int i, struct sr_err *e);
/* The same, but "" for NULL. */
SR_MUST int sr_col_dup_some(char **out, struct sr_stmt *st, int i, struct sr_err *e);
/* A person's name into its array. */
void sr_col_person(char out[SR_PERSON_TEXT], struct sr_stmt *st, int i);
/* Copies ${len} bytes and answers true; false for NULL. A wrong length is CORRUPT in ${*rc}, which
 * is left alone otherwise. */
bool sr_col_opt(struct sr_stmt *st, int i, void *out, size_t len, int *rc, struct sr_err *e);
/* Room for one row more in a list; the new row is zeroed and counted. */
SR_MUST int sr_list_grow(void **rows, size_t *count, size_t row_size, struct sr_err *e);
/* offset and limit with their defaults and bounds. */
struct sr_page sr_page_of(const struct sr_page *p);

#endif
