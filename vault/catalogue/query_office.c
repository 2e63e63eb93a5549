/*
 * query_office - enquiries, and the notices that are due. See query.h.
 */
#include "catalogue/query_in.h"

#define ENQUIRY_SQL                                                                          \
	"SELECT q.enquiry, q.kind, q.state, q.deadline, o.received, q.entry, q.ended,"       \
	" (SELECT group_concat(person, ' ') FROM (SELECT person FROM enquiry_people p WHERE" \
	" p.enquiry = q.enquiry ORDER BY person)),"                                          \
	" (SELECT t.text FROM records r JOIN texts t ON t.entry = r.entry AND t.record ="    \
	" r.record WHERE r.entry = q.entry AND r.field = 'reference')"                       \
	" FROM enquiries q JOIN entries o ON o.entry = q.entry"

void sr_enquiry_row_free(struct sr_enquiry_row *r) {
	free(r->items);
	sr_words_free(r->people);
	sr_words_free(r->reference);
	memset(r, 0, sizeof *r);
}

void sr_enquiries_free(struct sr_enquiries *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_enquiry_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_items(struct sr_enquiry_row *r, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	void *rows = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT i.item FROM enquiry_items x JOIN items i ON i.n = x.n WHERE x.enquiry = ?"
		" ORDER BY i.item",
		A_ID(r->id));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow(&rows, &r->item_count, SR_ID, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(
				st, 0, (uint8_t *)rows + (r->item_count - 1) * SR_ID, SR_ID, e);
	}
	sr_stmt_free(st);
	r->items = rows;
	return rc;
}

static int read_enquiry(
	struct sr_enquiry_row *r, struct sr_db *db, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, r->id, SR_ID, e);

	if (rc == 0)
		rc = sr_state_named(&r->state, sr_bytes_str(sr_stmt_col_str(st, 2)), e);
	if (rc != 0)
		return rc;
	snprintf(r->kind, sizeof r->kind, "%s", sr_stmt_col_str(st, 1));
	r->deadline = sr_stmt_col_int(st, 3);
	r->opened = sr_stmt_col_int(st, 4);
	r->entry = (uint64_t)sr_stmt_col_int(st, 5);
	r->ended = (uint64_t)sr_stmt_col_int(st, 6);
	rc = sr_col_dup_some(&r->people, st, 7, e);
	if (rc == 0)
		rc = sr_col_dup(&r->reference, st, 8, e);
	return rc == 0 ? read_items(r, db, e) : rc;
}

int sr_query_enquiry(struct sr_enquiry_row *out, struct sr_catalogue *c, const uint8_t id[SR_ID],
	struct sr_err *e) {
	struct sr_enquiry_row r = {.entry = 0};
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, ENQUIRY_SQL " WHERE q.enquiry = ?", A_ID(id));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_enquiry(&r, sr_catalogue_db(c), st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such enquiry");
	if (rc != 0)
		sr_enquiry_row_free(&r);
	else
		*out = r;
	return rc;
}

int sr_query_enquiries(
	struct sr_enquiries *out, struct sr_catalogue *c, enum sr_state state, struct sr_err *e) {
	struct sr_enquiries l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		ENQUIRY_SQL " WHERE ?1 IS NULL OR q.state = ?1"
			    " ORDER BY q.deadline IS NULL, q.deadline, q.entry",
		state == SR_S_NONE ? A_NULL() : A_STR(sr_state_name(state)));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_enquiry(&l.rows[l.count - 1], sr_catalogue_db(c), st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_enquiries_free(&l);
	*out = l;
	return rc;
}

void sr_enquiry_events_free(struct sr_enquiry_events *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].text);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_enquiry_events(struct sr_enquiry_events *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_enquiry_events l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT v.entry, v.person, v.event, o.received, t.text FROM enquiry_events v"
		" JOIN entries o ON o.entry = v.entry"
		" LEFT JOIN records r ON r.entry = v.entry AND r.field = 'text'"
		" LEFT JOIN texts t ON t.entry = r.entry AND t.record = r.record"
		" WHERE v.enquiry = ? ORDER BY v.entry",
		A_ID(id));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_enquiry_event *r = &l.rows[l.count - 1];
		r->entry = (uint64_t)sr_stmt_col_int(st, 0);
		sr_col_person(r->person, st, 1);
		snprintf(r->event, sizeof r->event, "%s", sr_stmt_col_str(st, 2));
		r->received = sr_stmt_col_int(st, 3);
		rc = sr_col_dup(&r->text, st, 4, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_enquiry_events_free(&l);
	*out = l;
	return rc;
}

/* --- notices ---------------------------------------------------------------------------------- */

void sr_notices_free(struct sr_notices *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

/* What is asked for: everybody's that was not sent yet, or all of one person. */
struct asked {
	const char *person; /* NULL: everybody */
	int64_t now;
};

/* Add one, unless its person has no role any more, or (of everybody's) it was sent. Who waits on a
 * standby board has no role, and is asked for their share all the same. */
static int add(struct sr_notices *l, struct sr_db *db, const struct asked *q,
	const struct sr_notice_row *n, struct sr_err *e) {
	int64_t wanted = 0;
	int rc;

	if (q->person != NULL && strcmp(q->person, n->person) != 0)
		return 0;
	rc = SQL_INT_OF(db, e, &wanted,
		"SELECT (EXISTS(SELECT 1 FROM roles WHERE person = ?2 AND ended IS NULL) OR"
		" (?1 = 'share-due' AND EXISTS(SELECT 1 FROM boards b JOIN standbys y ON y.board ="
		" b.board AND y.epoch = b.epoch + 1 JOIN board_members m ON m.board = y.board AND"
		" m.epoch = y.epoch WHERE m.person = ?2))) AND (?4 OR NOT EXISTS(SELECT 1 FROM"
		" notices WHERE what = ?1 AND person = ?2 AND about = ?3))",
		A_STR(n->what), A_STR(n->person), A_ID(n->about), A_INT(q->person != NULL));
	if (rc == 0 && wanted != 0)
		rc = sr_list_grow((void **)&l->rows, &l->count, sizeof *l->rows, e);
	if (rc == 0 && wanted != 0)
		l->rows[l->count - 1] = *n;
	return rc;
}

/* clang-format off */
/* Columns: person, about, since, thing (what to look at; NULL: ${about}). ?1: now, ?2: now and
 * ${ahead}; a statement takes the first ${args} of them. Whoever may vote is asked of
 * sr_query_unvoted instead. */
static const struct {
	const char *what;
	size_t args;
	int64_t ahead;
	const char *sql;
} due[] = {
	{"join", 0, 0,
		"SELECT p.person, v.statement, v.received, v.request FROM versions v"
		" JOIN request_people p ON p.v = v.v"
		" WHERE v.state = 'open' AND NOT EXISTS(SELECT 1 FROM joins j"
		" WHERE j.request = v.request AND j.person = p.person)"},
	{"amend-needed", 0, 0,
		"SELECT q.applicant, v.statement, max(o.received), v.request FROM versions v"
		" JOIN requests q ON q.request = v.request JOIN request_people p ON p.v = v.v"
		" JOIN roles r ON r.person = p.person AND r.role = 'researcher'"
		" JOIN entries o ON o.entry = r.ended"
		" WHERE v.state = 'open' AND " SR_SQL_READER_ENDED("v.v") " GROUP BY v.v"},
	{"granted", 1, 0,
		"SELECT p.person, g.grant_id, o.received, NULL FROM grants g"
		" JOIN grant_people p ON p.grant_id = g.grant_id"
		" JOIN entries o ON o.entry = g.entry"
		" WHERE g.state = 'live' AND g.ends > ?1"},
	{"decided", 0, 0,
		"SELECT w.person, v.statement, o.received, v.request FROM versions v"
		" JOIN requests q ON q.request = v.request AND q.newest = v.version"
		" JOIN entries o ON o.entry = v.ended"
		" JOIN (SELECT v, person FROM request_people UNION SELECT v2.v, q2.applicant"
		"  FROM versions v2 JOIN requests q2 ON q2.request = v2.request) w ON w.v = v.v"
		" WHERE v.state IN ('refused', 'returned', 'lapsed')"},
	{"ends-soon", 2, SR_NOTICE_ENDS_S,
		"SELECT p.person, coalesce((SELECT e.statement FROM subjects s JOIN entries e ON"
		" e.entry = s.entry AND e.type = 'renew' WHERE s.value = lower(hex(g.grant_id))"
		" AND s.what = 'grant' ORDER BY e.entry DESC LIMIT 1), g.grant_id), ?1, g.grant_id"
		" FROM grants g JOIN grant_people p ON p.grant_id = g.grant_id"
		" WHERE g.state = 'live' AND g.ends > ?1 AND g.ends <= ?2"},
	{"suspended", 0, 0,
		"SELECT p.person, o.statement, o.received, g.grant_id FROM grants g"
		" JOIN grant_people p ON p.grant_id = g.grant_id"
		" JOIN entries o ON o.entry = g.suspended"
		" WHERE g.state = 'suspended'"},
	{"revoked", 0, 0,
		"SELECT p.person, g.grant_id, o.received, NULL FROM grants g"
		" JOIN grant_people p ON p.grant_id = g.grant_id"
		" JOIN entries o ON o.entry = g.ended"
		" WHERE g.state = 'revoked'"},
	{"share-due", 2, SR_NOTICE_SHARE_S - SR_CONFIRM_S,
		"SELECT x.person, o.statement, ?1, x.board FROM (SELECT board, person, max(entry)"
		" AS entry FROM (SELECT k.* FROM " SR_SQL_SHARES_OPENED " k JOIN " SR_SQL_SEATS
		" h ON h.board = k.board AND h.epoch = k.epoch JOIN board_members m ON m.board ="
		" k.board AND m.epoch = k.epoch AND m.person = k.person) GROUP BY board, person) x"
		" JOIN entries o ON o.entry = x.entry WHERE o.received <= ?2"
		" AND NOT EXISTS(SELECT 1 FROM person_keys k WHERE k.person = x.person AND"
		" k.entry > x.entry)"},
	{"scrub-failed", 0, 0,
		"SELECT r.person, o.statement, o.received, NULL FROM scrubs s"
		" JOIN entries o ON o.entry = s.entry"
		" JOIN roles r ON r.role IN ('custodian', 'officer') AND r.ended IS NULL"
		" WHERE s.entry = (SELECT max(entry) FROM scrubs) AND s.result <> 'whole'"},
	{"infected", 0, 0,
		"SELECT w.person, f.flag, o.received, i.item FROM item_flags f"
		" JOIN items i ON i.n = f.n JOIN entries o ON o.entry = f.entry"
		" JOIN (SELECT x.flag, r.person FROM item_flags x JOIN roles r ON r.role ="
		" 'curator' AND r.ended IS NULL UNION SELECT x.flag, c.person FROM item_flags x"
		" JOIN checkouts c ON c.n = x.n AND c.ended = x.entry) w ON w.flag = f.flag"
		" WHERE f.what = 'embargo' AND f.basis = 'infected' AND f.ended IS NULL"},
	{"retention-due", 1, 0,
		"SELECT r.person, f.flag, ?1, NULL FROM item_flags f"
		" JOIN roles r ON r.role IN ('curator', 'officer') AND r.ended IS NULL"
		" WHERE f.ended IS NULL AND f.due <= ?1"},
	{"read", 0, 0,
		"SELECT r.person, o.statement, r.received, NULL FROM reads r"
		" JOIN entries o ON o.entry = r.entry"
		" WHERE r.person NOT NULL AND r.person <> r.reader"},
	{"enquiry-due", 2, SR_NOTICE_ENQUIRY_S,
		"SELECT r.person, q.enquiry, ?1, NULL FROM enquiries q"
		" JOIN roles r ON r.role = 'officer' AND r.ended IS NULL"
		" WHERE q.state <> 'closed' AND q.deadline <= ?2"},
};
/* clang-format on */

static int add_due(struct sr_notices *l, struct sr_db *db, size_t which, const struct asked *q,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	const struct sr_sql_arg args[] = {A_INT(q->now), A_INT(q->now + due[which].ahead)};
	int rc = sr_sql_new(&st, db, due[which].sql, args, due[which].args, e);

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_notice_row n = {.since = sr_stmt_col_int(st, 2)};
		int bad = 0;

		snprintf(n.what, sizeof n.what, "%s", due[which].what);
		sr_col_person(n.person, st, 0);
		rc = sr_stmt_col_copy(st, 1, n.about, SR_ID, e);
		if (rc == 0 && !sr_col_opt(st, 3, n.thing, SR_ID, &bad, e))
			memcpy(n.thing, n.about, SR_ID);
		if (rc == 0)
			rc = bad;
		if (rc == 0 && n.since > q->now - SR_NOTICE_FRESH_S)
			rc = add(l, db, q, &n, e);
	}
	sr_stmt_free(st);
	return rc;
}

/* When a member who has not voted is reminded. */
static int64_t reminder(const struct sr_version_row *v) {
	return v->closes != 0 ? v->received + (v->closes - v->received) / 2
			      : v->received + SR_NOTICE_VOTE_S;
}

static int add_votes(struct sr_notices *l, struct sr_catalogue *c, const char *member,
	const struct asked *q, struct sr_err *e) {
	struct sr_versions open = {NULL, 0};
	int rc = sr_query_unvoted(&open, c, member, e);

	for (size_t i = 0; i < open.count && rc == 0; i++) {
		const struct sr_version_row *v = &open.rows[i];
		struct sr_notice_row n = {.since = v->received};

		memcpy(n.about, v->statement, SR_ID);
		memcpy(n.thing, v->request, SR_ID);
		snprintf(n.person, sizeof n.person, "%s", member);
		snprintf(n.what, sizeof n.what, "request");
		if (strcmp(v->applicant, member) != 0)
			rc = add(l, sr_catalogue_db(c), q, &n, e);
		snprintf(n.what, sizeof n.what, "vote-needed");
		if (rc == 0 && q->now >= reminder(v))
			rc = add(l, sr_catalogue_db(c), q, &n, e);
	}
	sr_versions_free(&open);
	return rc;
}

static int by_person(const void *a, const void *b) {
	const struct sr_notice_row *x = a, *y = b;
	const int c = strcmp(x->person, y->person);

	if (c != 0)
		return c;
	if (x->since != y->since)
		return x->since < y->since ? -1 : 1;
	return strcmp(x->what, y->what);
}

static int gather(
	struct sr_notices *out, struct sr_catalogue *c, const struct asked *q, struct sr_err *e) {
	struct sr_notices l = {NULL, 0};
	struct sr_people members = {NULL, 0};
	int rc = sr_query_people(&members, c, SR_ROLE_MEMBER, e);

	for (size_t i = 0; i < members.count && rc == 0; i++)
		if (q->person == NULL || strcmp(q->person, members.rows[i].person) == 0)
			rc = add_votes(&l, c, members.rows[i].person, q, e);
	for (size_t i = 0; i < sizeof due / sizeof due[0] && rc == 0; i++)
		rc = add_due(&l, sr_catalogue_db(c), i, q, e);
	sr_people_free(&members);
	if (rc != 0)
		sr_notices_free(&l);
	else if (l.count > 1)
		qsort(l.rows, l.count, sizeof *l.rows, by_person);
	*out = l;
	return rc;
}

int sr_query_notices(
	struct sr_notices *out, struct sr_catalogue *c, int64_t now, struct sr_err *e) {
	return gather(out, c, &(struct asked){.now = now}, e);
}

int sr_query_notices_of(struct sr_notices *out, struct sr_catalogue *c, const char *person,
	int64_t now, struct sr_err *e) {
	return gather(out, c, &(struct asked){person, now}, e);
}
