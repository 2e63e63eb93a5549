/*
 * query_grant - grants and checkouts. See query.h.
 */
#include "catalogue/conflict.h"
#include "catalogue/query_in.h"

#define GRANT_SQL                                                                        \
	"SELECT g.grant_id, v.request, v.version, g.right_to, g.state, g.ends, g.level," \
	" g.epoch, g.entry, g.ended,"                                                    \
	" g.suspended_by, (SELECT group_concat(form, ' ') FROM grant_forms f WHERE"      \
	" f.grant_id = g.grant_id),"                                                     \
	" (SELECT group_concat(person, ' ') FROM grant_people p WHERE p.grant_id ="      \
	" g.grant_id), v.items, g.suspended, v.board,"                                   \
	" (SELECT group_concat(training, ' ') FROM grant_trainings t WHERE"              \
	" t.grant_id = g.grant_id)"                                                      \
	" FROM grants g JOIN versions v ON v.v = g.v"

void sr_grant_row_free(struct sr_grant_row *r) {
	sr_words_free(r->forms);
	sr_words_free(r->trainings);
	sr_words_free(r->people);
	free(r->votes);
	memset(r, 0, sizeof *r);
}

void sr_grants_free(struct sr_grants *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_grant_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_grant_votes(struct sr_grant_row *r, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	void *rows = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT vote FROM grant_votes WHERE grant_id = ? ORDER BY position", A_ID(r->id));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow(&rows, &r->vote_count, SR_ID, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(
				st, 0, (uint8_t *)rows + (r->vote_count - 1) * SR_ID, SR_ID, e);
	}
	sr_stmt_free(st);
	r->votes = rows;
	return rc;
}

static int read_grant(
	struct sr_grant_row *r, struct sr_db *db, struct sr_stmt *st, struct sr_err *e) {
	int rc;

	if ((rc = sr_stmt_col_copy(st, 0, r->id, SR_ID, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 1, r->request, SR_ID, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 15, r->board, SR_ID, e)) != 0 ||
		(rc = sr_state_named(&r->state, sr_stmt_col_bytes(st, 4), e)) != 0)
		return rc;
	r->version = (uint32_t)sr_stmt_col_int(st, 2);
	snprintf(r->right, sizeof r->right, "%s", sr_stmt_col_str(st, 3));
	r->ends = sr_stmt_col_int(st, 5);
	r->level = (uint32_t)sr_stmt_col_int(st, 6);
	r->epoch = (uint32_t)sr_stmt_col_int(st, 7);
	r->entry = (uint64_t)sr_stmt_col_int(st, 8);
	r->ended = (uint64_t)sr_stmt_col_int(st, 9);
	sr_col_person(r->suspended_by, st, 10);
	r->items = (uint64_t)sr_stmt_col_int(st, 13);
	r->suspended = (uint64_t)sr_stmt_col_int(st, 14);
	rc = sr_col_dup_some(&r->forms, st, 11, e);
	if (rc == 0)
		rc = sr_col_dup_some(&r->people, st, 12, e);
	if (rc == 0)
		rc = sr_col_dup_some(&r->trainings, st, 16, e);
	return rc == 0 ? read_grant_votes(r, db, e) : rc;
}

int sr_query_grant(struct sr_grant_row *out, struct sr_catalogue *c, const uint8_t id[SR_ID],
	struct sr_err *e) {
	struct sr_grant_row r;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, GRANT_SQL " WHERE g.grant_id = ?", A_ID(id));

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_grant(&r, sr_catalogue_db(c), st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such grant");
	if (rc != 0)
		sr_grant_row_free(&r);
	else
		*out = r;
	return rc;
}

/* All rows of ${st}, which is taken over. */
static int read_grants(
	struct sr_grants *out, struct sr_db *db, struct sr_stmt *st, struct sr_err *e) {
	struct sr_grants l = {NULL, 0};
	bool row = false;
	int rc = 0;

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_grant(&l.rows[l.count - 1], db, st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_grants_free(&l);
	*out = l;
	return rc;
}

static int where_grants(struct sr_where *w, const struct sr_grant_filter *f, struct sr_err *e) {
	int rc = 0;

	if (f->person != NULL)
		rc = sr_where_add(w,
			" AND g.grant_id IN (SELECT grant_id FROM grant_people WHERE person = ?)",
			A_STR(f->person), e);
	if (rc == 0 && f->state != SR_S_NONE)
		rc = sr_where_add(w, " AND g.state = ?", A_STR(sr_state_name(f->state)), e);
	if (rc == 0 && f->request != NULL)
		rc = sr_where_add(w, " AND v.request = ?", A_ID(f->request), e);
	if (rc == 0 && f->item != NULL)
		rc = sr_where_add(w,
			" AND g.v IN (SELECT ri.v FROM request_items ri JOIN items i ON i.n"
			" = ri.n WHERE i.item = ?)",
			A_ID(f->item), e);
	if (rc == 0 && f->right != NULL)
		rc = sr_where_add(w, " AND g.right_to = ?", A_STR(f->right), e);
	return rc;
}

int sr_query_grants(struct sr_grants *out, struct sr_catalogue *c, const struct sr_grant_filter *f,
	const struct sr_page *p, struct sr_err *e) {
	struct sr_page page = sr_page_of(p);
	struct sr_stmt *st = NULL;
	struct sr_where w;
	char sql[2000];
	int rc;

	memset(out, 0, sizeof *out);
	memset(&w, 0, sizeof w);
	rc = where_grants(&w, f, e);
	snprintf(sql, sizeof sql, GRANT_SQL " WHERE 1%s ORDER BY g.entry DESC LIMIT ? OFFSET ?",
		w.sql);
	if (rc == 0)
		rc = sr_where_page(&w, &page, e);
	if (rc == 0)
		rc = sr_sql_new(&st, sr_catalogue_db(c), sql, w.args, w.count, e);
	return rc == 0 ? read_grants(out, sr_catalogue_db(c), st, e) : rc;
}

int sr_query_expiring(
	struct sr_grants *out, struct sr_catalogue *c, int64_t now, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		GRANT_SQL " WHERE g.state IN ('live', 'suspended') AND (g.ends <= ? OR " SR_BEREFT(
			"g.v") ") ORDER BY g.entry",
		A_INT(now));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_grants(out, sr_catalogue_db(c), st, e) : rc;
}

/* The vault suspended the grant `g` since, or a quorum lifted that. */
#define SETTLED                                                                           \
	"EXISTS(SELECT 1 FROM subjects u JOIN entries n ON n.entry = u.entry WHERE"       \
	" u.value = lower(hex(g.grant_id)) AND u.what = 'grant' AND u.entry > gone.entry" \
	" AND n.type IN ('suspend', 'lift') AND substr(n.actor, 1, 2) <> 'p-')"

int sr_query_unsettled_grants(
	struct sr_grants *out, struct sr_catalogue *c, bool keys, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		GRANT_SQL
		" WHERE g.state IN ('live', 'suspended') AND EXISTS(SELECT 1 FROM grant_people p"
		" WHERE p.grant_id = g.grant_id AND CASE ? WHEN 0 THEN " SR_SQL_GONE_BY_END(
			"p.person", "g.entry", SETTLED) " ELSE " SR_SQL_GONE_BY_KEY("p.person",
			"g.entry", SETTLED) " END) ORDER BY g.state, g.entry",
		A_INT(keys ? 1 : 0));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_grants(out, sr_catalogue_db(c), st, e) : rc;
}

int sr_query_grant_has_item(bool *out, struct sr_catalogue *c, const uint8_t grant[SR_ID],
	const uint8_t item[SR_ID], struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM grants g JOIN request_items ri ON ri.v = g.v JOIN"
		" items i ON i.n = ri.n"
		" WHERE g.grant_id = ? AND i.item = ?",
		A_ID(grant), A_ID(item));

	if (rc == 0)
		*out = n != 0;
	return rc;
}

/* --- topups --- */

/* Votes are for the newest room key of their version, and each piece for the seal that was in
 * force, under its key of the board. Under a key that is younger than the grant it takes as many as
 * the present epoch does. */
#define BASE_OF(epoch) \
	"(SELECT p.base FROM epochs p WHERE p.board = v.board AND p.epoch = " epoch ")"
#define BASE_I BASE_OF("i.epoch")
#define BASE_M BASE_OF("m.epoch")
#define BASE_V BASE_OF("v.epoch")
#define BASE_X BASE_OF("x.epoch")
/* A vote x that brings a piece of item i, for the seal in force. */
#define BRINGS                                                    \
	"x.v = g.v AND x.ended IS NULL AND x.bundle NOT NULL AND" \
	" x.extension = r.extension AND " BASE_X " = " BASE_I     \
	" AND x.decision IN ('approve', 'topup') AND x.entry >"   \
	" max(i.sealed, coalesce(k.entry, 0))"
#define TOPUP_SQL                                                                       \
	"SELECT t.item, t.have, t.want, t.resealed, t.extension FROM (SELECT i.item,"   \
	" r.extension, i.sealed > v.entry AS"                                           \
	" resealed, (SELECT l.quorum FROM board_levels l WHERE l.board = v.board AND"   \
	"  l.level = i.level AND l.epoch = CASE WHEN " BASE_I " = " BASE_V              \
	"  THEN v.epoch ELSE (SELECT b.epoch FROM boards b WHERE b.board = v.board)"    \
	"  END) AS want,"                                                               \
	" (SELECT count(DISTINCT x.person) FROM votes x WHERE " BRINGS ") AS have"      \
	" FROM grants g JOIN versions v ON v.v = g.v JOIN request_items r ON r.v = g.v" \
	" JOIN items i ON i.n = r.n LEFT JOIN room_keys k ON k.v = g.v"                 \
	" WHERE g.grant_id = ?1 AND (?2 IS NULL OR i.item = ?2) AND i.state <>"         \
	" 'destroyed' AND (g.right_to <> 'reseal' OR i.sealed < g.entry)) t"            \
	" WHERE t.have < t.want ORDER BY t.item"

void sr_topups_free(struct sr_topups *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_topups(struct sr_topups *out, struct sr_catalogue *c, const uint8_t grant[SR_ID],
	const uint8_t *item, struct sr_err *e) {
	struct sr_topups l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, TOPUP_SQL, A_ID(grant),
		item != NULL ? A_ID(item) : A_NULL());

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_topup *t = &l.rows[l.count - 1];
		rc = sr_stmt_col_copy(st, 0, t->item, SR_ID, e);
		t->have = (uint32_t)sr_stmt_col_int(st, 1);
		t->want = (uint32_t)sr_stmt_col_int(st, 2);
		t->resealed = sr_stmt_col_int(st, 3) != 0;
		t->extension = sr_stmt_col_int(st, 4);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_topups_free(&l);
	*out = l;
	return rc;
}

/* The member's seat: in the present epoch, of a reseal for a new key in the last one that had the
 * key before. They are no party, nor recused, nor in conflict. */
#define NOT_AGAINST " AND NOT " SR_SQL_CONFLICT("?1")
#define OWED_SQL                                                                                 \
	"SELECT t.grant_id, t.request, t.version, t.extension, count(*) FROM (SELECT"            \
	" g.grant_id, v.request, v.version, g.entry AS granted, r.extension,"                    \
	" (SELECT l.quorum FROM board_levels l WHERE l.board ="                                  \
	" v.board AND l.level = i.level AND l.epoch = m.epoch) AS want,"                         \
	" (SELECT count(DISTINCT x.person) FROM votes x WHERE " BRINGS ") AS have"               \
	" FROM grants g JOIN versions v ON v.v = g.v JOIN requests q ON q.request ="             \
	" v.request JOIN boards b ON b.board = v.board JOIN board_members m ON m.board ="        \
	" v.board AND m.person = ?1 AND m.epoch = CASE WHEN g.right_to = 'reseal' AND"           \
	" v.epoch < b.rekeying THEN v.epoch ELSE b.epoch END JOIN request_items r ON"            \
	" r.v = g.v JOIN items i ON i.n = r.n LEFT JOIN room_keys k ON k.v = g.v"                \
	" WHERE g.state = 'live' AND q.applicant <> ?1 AND i.state <> 'destroyed'"               \
	" AND (g.right_to <> 'reseal' OR i.sealed < g.entry)"                                    \
	" AND NOT " SR_SQL_GRANT_READER_ENDED(                                                   \
		"g") " AND " BASE_I " = " BASE_M                                                 \
		     " AND NOT EXISTS(SELECT 1 FROM request_people p WHERE p.v = v.v AND"        \
		     " p.person = ?1) AND NOT EXISTS(SELECT 1 FROM recusals c WHERE c.request =" \
		     " v.request AND c.person = ?1)" NOT_AGAINST                                 \
		     " AND NOT EXISTS(SELECT 1 FROM votes x WHERE"                               \
		     " x.person = ?1 AND " BRINGS ")) t WHERE t.have < t.want"                   \
		     " GROUP BY t.grant_id, t.extension ORDER BY t.granted, t.extension"

void sr_topups_owed_free(struct sr_topups_owed *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_topups_owed(
	struct sr_topups_owed *out, struct sr_catalogue *c, const char *member, struct sr_err *e) {
	struct sr_topups_owed l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, OWED_SQL, A_STR(member));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_topup_owed *t = &l.rows[l.count - 1];
		rc = sr_stmt_col_copy(st, 0, t->grant, SR_ID, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 1, t->request, SR_ID, e);
		t->version = (uint32_t)sr_stmt_col_int(st, 2);
		t->extension = sr_stmt_col_int(st, 3);
		t->items = (uint64_t)sr_stmt_col_int(st, 4);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_topups_owed_free(&l);
	*out = l;
	return rc;
}

/* --- checkouts --- */

#define CHECKOUT_SQL                                                                    \
	"SELECT c.checkout, c.person, i.item, c.grant_id, c.right_to, c.form, c.state," \
	" c.entry, c.ended,"                                                            \
	" c.begun, c.opened FROM checkouts c JOIN items i ON i.n = c.n"

static int read_checkout(struct sr_checkout_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc;

	if ((rc = sr_stmt_col_copy(st, 0, r->id, SR_ID, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 2, r->item, SR_ID, e)) != 0 ||
		(rc = sr_state_named(&r->state, sr_stmt_col_bytes(st, 6), e)) != 0)
		return rc;
	sr_col_person(r->person, st, 1);
	r->has_grant = sr_col_opt(st, 3, r->grant, SR_ID, &rc, e);
	snprintf(r->right, sizeof r->right, "%s", sr_stmt_col_str(st, 4));
	snprintf(r->form, sizeof r->form, "%s", sr_stmt_col_str(st, 5));
	r->entry = (uint64_t)sr_stmt_col_int(st, 7);
	r->ended = (uint64_t)sr_stmt_col_int(st, 8);
	r->begun = sr_stmt_col_int(st, 9);
	r->was_opened = sr_stmt_col_int(st, 10) != 0;
	return rc;
}

int sr_query_checkout(struct sr_checkout_row *out, struct sr_catalogue *c, const uint8_t id[SR_ID],
	struct sr_err *e) {
	struct sr_checkout_row r;
	struct sr_stmt *st = NULL;
	int rc =
		SQL_NEW(&st, sr_catalogue_db(c), e, CHECKOUT_SQL " WHERE c.checkout = ?", A_ID(id));

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_checkout(&r, st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such checkout");
	if (rc == 0)
		*out = r;
	return rc;
}

void sr_checkouts_free(struct sr_checkouts *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int where_checkouts(
	struct sr_where *w, const struct sr_checkout_filter *f, struct sr_err *e) {
	int rc = 0;

	if (f->person != NULL)
		rc = sr_where_add(w, " AND c.person = ?", A_STR(f->person), e);
	if (rc == 0 && f->item != NULL)
		rc = sr_where_add(w, " AND i.item = ?", A_ID(f->item), e);
	if (rc == 0 && f->grant != NULL)
		rc = sr_where_add(w, " AND c.grant_id = ?", A_ID(f->grant), e);
	return rc;
}

static int read_checkouts(struct sr_checkouts *out, struct sr_stmt *st, struct sr_err *e) {
	struct sr_checkouts l = {NULL, 0};
	bool row = false;
	int rc = 0;

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_checkout(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_checkouts_free(&l);
	*out = l;
	return rc;
}

int sr_query_lapsing(struct sr_checkouts *out, struct sr_catalogue *c, int64_t opened,
	int64_t unopened, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		CHECKOUT_SQL " WHERE c.ended IS NULL AND c.begun <= CASE c.opened WHEN 0 THEN ?1"
			     " ELSE ?2 END ORDER BY c.entry LIMIT 1000",
		A_INT(unopened), A_INT(opened));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_checkouts(out, st, e) : rc;
}

int sr_query_checkouts(struct sr_checkouts *out, struct sr_catalogue *c,
	const struct sr_checkout_filter *f, const struct sr_page *p, struct sr_err *e) {
	struct sr_page page = sr_page_of(p);
	struct sr_stmt *st = NULL;
	struct sr_where w;
	char sql[1600];
	int rc;

	memset(out, 0, sizeof *out);
	memset(&w, 0, sizeof w);
	rc = where_checkouts(&w, f, e);
	snprintf(sql, sizeof sql,
		CHECKOUT_SQL " WHERE 1%s%s ORDER BY c.entry DESC LIMIT ? OFFSET ?", w.sql,
		f->live ? " AND c.ended IS NULL" : "");
	if (rc == 0)
		rc = sr_where_page(&w, &page, e);
	if (rc == 0)
		rc = sr_sql_new(&st, sr_catalogue_db(c), sql, w.args, w.count, e);
	return rc == 0 ? read_checkouts(out, st, e) : rc;
}

/* --- use -------------------------------------------------------------------------------------- */

void sr_grant_uses_free(struct sr_grant_uses *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_grant_use(struct sr_grant_uses *out, struct sr_catalogue *c,
	const uint8_t grant[SR_ID], struct sr_err *e) {
	struct sr_grant_uses l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT i.item, count(*), sum(k.opened),"
		" (SELECT count(*) FROM views w JOIN checkouts x ON x.checkout = w.checkout"
		"  WHERE x.grant_id = k.grant_id AND x.n = k.n AND w.event = 'read'),"
		" (SELECT count(*) FROM exports p WHERE p.grant_id = k.grant_id AND p.n = k.n),"
		" max(k.begun) FROM checkouts k JOIN items i ON i.n = k.n"
		" WHERE k.grant_id = ? GROUP BY k.n ORDER BY i.item",
		A_ID(grant));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_grant_use *u = &l.rows[l.count - 1];
		rc = sr_stmt_col_copy(st, 0, u->item, SR_ID, e);
		u->checkouts = (uint64_t)sr_stmt_col_int(st, 1);
		u->opened = (uint64_t)sr_stmt_col_int(st, 2);
		u->reads = (uint64_t)sr_stmt_col_int(st, 3);
		u->exports = (uint64_t)sr_stmt_col_int(st, 4);
		u->last = sr_stmt_col_int(st, 5);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_grant_uses_free(&l);
	*out = l;
	return rc;
}

int sr_query_reader_rekeyed(char person[SR_PERSON_TEXT], struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT p.person FROM versions v JOIN grants g ON g.v = v.v JOIN grant_people p ON"
		" p.grant_id = g.grant_id WHERE v.request = ? AND v.version = ? AND EXISTS(SELECT 1"
		" FROM person_keys k WHERE k.person = p.person AND k.entry > g.entry) ORDER BY"
		" p.person LIMIT 1",
		A_ID(request), A_INT(version));

	person[0] = '\0';
	if (rc == 0)
		rc = sr_stmt_step(st, &row, e);
	if (rc == 0 && row)
		sr_col_person(person, st, 0);
	sr_stmt_free(st);
	return rc;
}
