/*
 * query_erasure - what was kept of a person: what stands in the way of erasing it, what it is, and
 * what was erased. See query.h.
 */
#include "catalogue/query_in.h"

int sr_query_erasure(
	struct sr_erasure_row *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	struct sr_erasure_row r = {.entry = 0};
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT x.person, x.request, x.ground, x.records, x.entry, o.received"
		" FROM erasures x JOIN entries o ON o.entry = x.entry WHERE x.person = ?",
		A_STR(person));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 1, r.request, SR_ID, e);
	if (rc == 0) {
		sr_col_person(r.person, st, 0);
		snprintf(r.ground, sizeof r.ground, "%s", sr_stmt_col_str(st, 2));
		r.records = (uint64_t)sr_stmt_col_int(st, 3);
		r.entry = (uint64_t)sr_stmt_col_int(st, 4);
		r.received = sr_stmt_col_int(st, 5);
	}
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "nothing was erased of %.18s", person);
	if (rc == 0)
		*out = r;
	return rc;
}

void sr_erased_free(struct sr_erased_list *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_erased(
	struct sr_erased_list *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	struct sr_erased_list l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT person, entry AS at FROM erasures WHERE ?1 IS NULL OR person = ?1 UNION ALL"
		" SELECT 'enquiry:' || lower(hex(q.enquiry)), q.entry FROM erased_enquiries q"
		" JOIN erasures x ON x.entry = q.entry WHERE ?1 IS NULL OR x.person = ?1"
		" ORDER BY at, 1",
		A_STR(person));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		snprintf(
			l.rows[l.count - 1].subject, SR_SUBJECT_TEXT, "%s", sr_stmt_col_str(st, 0));
		l.rows[l.count - 1].entry = (uint64_t)sr_stmt_col_int(st, 1);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_erased_free(&l);
	*out = l;
	return rc;
}

int sr_query_is_erased(bool *out, struct sr_catalogue *c, const char *subject, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT EXISTS(SELECT 1 FROM erasures WHERE person = ?1) OR EXISTS(SELECT 1 FROM"
		" erased_enquiries WHERE 'enquiry:' || lower(hex(enquiry)) = ?1)",
		A_STR(subject));

	*out = rc == 0 && n != 0;
	return rc;
}

/* Closed, concerning ?1 and nobody else of whom something is kept, and not erased yet. */
#define ONLY_THEIRS                                                                          \
	" FROM enquiries q JOIN enquiry_people p ON p.enquiry = q.enquiry AND p.person = ?1" \
	" WHERE q.state = 'closed' AND NOT EXISTS(SELECT 1 FROM enquiry_people o"            \
	" WHERE o.enquiry = q.enquiry AND o.person <> ?1"                                    \
	" AND o.person NOT IN (SELECT person FROM erasures))"                                \
	" AND NOT EXISTS(SELECT 1 FROM erased_enquiries x WHERE x.enquiry = q.enquiry)"

int sr_query_erasable(uint8_t **ids, size_t *count, uint64_t *records, struct sr_catalogue *c,
	const char *person, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	void *rows = NULL;
	int64_t n = 0;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT q.enquiry" ONLY_THEIRS " ORDER BY q.enquiry", A_STR(person));

	*count = 0;
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow(&rows, count, SR_ID, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(
				st, 0, (uint8_t *)rows + (*count - 1) * SR_ID, SR_ID, e);
	}
	sr_stmt_free(st);
	if (rc == 0)
		rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
			"SELECT count(*) FROM records WHERE subject = ?1 OR subject IN"
			" (SELECT 'enquiry:' || lower(hex(q.enquiry))" ONLY_THEIRS ")",
			A_STR(person));
	*records = (uint64_t)n;
	if (rc != 0) {
		free(rows);
		rows = NULL;
		*count = 0;
	}
	*ids = rows;
	return rc;
}

/* clang-format off */
static const struct {
	enum sr_bound_kind kind;
	const char *sql; /* one id; ?1: the person */
} bounds[] = {
	{SR_BOUND_GRANT,
		"SELECT g.grant_id FROM grants g JOIN grant_people p ON p.grant_id = g.grant_id"
		" WHERE p.person = ?1 AND g.state IN ('live', 'suspended') ORDER BY g.entry"
		" LIMIT 1"},
	{SR_BOUND_REQUEST,
		"SELECT v.request FROM versions v JOIN requests q ON q.request = v.request"
		" AND q.newest = v.version WHERE v.state = 'open' AND (q.applicant = ?1"
		" OR (q.kind <> 'erase' AND EXISTS(SELECT 1 FROM subjects s"
		" WHERE s.value = ?1 AND s.entry = v.entry))) ORDER BY v.entry LIMIT 1"},
	{SR_BOUND_CONDITION,
		"SELECT g.grant_id FROM grants g JOIN grant_votes w ON w.grant_id = g.grant_id"
		" JOIN votes o ON o.vote = w.vote WHERE o.person = ?1 AND o.conditions > 0"
		" AND g.state IN ('live', 'suspended') ORDER BY g.entry LIMIT 1"},
	{SR_BOUND_ENQUIRY,
		"SELECT q.enquiry FROM enquiries q JOIN enquiry_people p ON p.enquiry = q.enquiry"
		" WHERE p.person = ?1 AND q.state <> 'closed' ORDER BY q.entry LIMIT 1"},
	{SR_BOUND_SEAT,
		"SELECT b.board FROM boards b JOIN board_members m ON m.board = b.board"
		" AND m.epoch >= max(b.epoch, 1) WHERE m.person = ?1 ORDER BY b.entry LIMIT 1"},
};
/* clang-format on */

int sr_query_bound(
	struct sr_bound *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	const struct sr_sql_arg args[] = {A_STR(person)};
	int rc = 0;

	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < sizeof bounds / sizeof bounds[0] && rc == 0; i++) {
		struct sr_stmt *st = NULL;
		bool row = false;

		rc = sr_sql_new(&st, sr_catalogue_db(c), bounds[i].sql, args, 1, e);
		if (rc == 0)
			rc = sr_stmt_step(st, &row, e);
		if (rc == 0 && row)
			rc = sr_stmt_col_copy(st, 0, out->id, SR_ID, e);
		sr_stmt_free(st);
		if (rc == 0 && row) {
			out->kind = bounds[i].kind;
			return 0;
		}
	}
	return rc;
}

int sr_query_spoken_of(
	uint64_t *count, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM (SELECT entry FROM subjects WHERE value = ?1 UNION"
		" SELECT entry FROM entries WHERE actor = ?1)",
		A_STR(person));

	*count = (uint64_t)n;
	return rc;
}
