/*
 * query_request - request versions, their items, room keys, votes and tallies. See query.h.
 */
#include "catalogue/conflict.h"
#include "catalogue/query_in.h"
#include "catalogue/standby.h"

#define SEATED SR_SQL_SEATED("b.person", "b.board")

#define TEXT_OF(field)                                                                             \
	" (SELECT t.text FROM records r JOIN texts t ON t.entry = r.entry AND t.record = r.record" \
	" WHERE r.entry = v.entry AND r.field = '" field "')"

#define TEXTS_OF_REQUEST TEXT_OF("name") "," TEXT_OF("project") "," TEXT_OF("reason")

/* Columns 0..34 of a version; read_version has the same order. */
#define VERSION_SQL                                                                               \
	"SELECT v.request, v.version, v.state, v.hash, v.statement, v.entry, v.received,"         \
	" q.applicant, q.kind, v.epoch,"                                                          \
	" v.level, v.closes, v.ends, v.items, v.list, v.key, v.target, v.collection, k.key,"      \
	" k.ended, v.recipient,"                                                                  \
	" v.subject, v.card, v.dedupe,"                                                           \
	" (SELECT group_concat(form, ' ') FROM request_forms f WHERE f.v = v.v),"                 \
	" (SELECT group_concat(purpose, ' ') FROM request_purposes f WHERE f.v = v.v),"           \
	" (SELECT group_concat(role, ' ') FROM request_roles f WHERE f.v = v.v)"                  \
	"," TEXTS_OF_REQUEST ", v.v, k.entry"                                                     \
	"," TEXT_OF("instruction") ", v.board"                                                    \
				   "," TEXT_OF("authority") " FROM versions v JOIN requests q ON" \
							    " q.request = v.request"              \
							    " LEFT JOIN room_keys k ON k.v = v.v"

void sr_version_row_free(struct sr_version_row *r) {
	sr_words_free(r->recipient);
	sr_words_free(r->subject);
	sr_words_free(r->card);
	sr_words_free(r->dedupe);
	sr_words_free(r->forms);
	sr_words_free(r->purposes);
	sr_words_free(r->roles);
	sr_words_free(r->name);
	sr_words_free(r->project);
	sr_words_free(r->authority);
	sr_words_free(r->instruction);
	sr_words_free(r->reason);
	memset(r, 0, sizeof *r);
}

void sr_versions_free(struct sr_versions *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_version_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_version_texts(struct sr_version_row *r, struct sr_stmt *st, struct sr_err *e) {
	char **const plain[] = {&r->recipient, &r->subject, &r->card, &r->dedupe};
	char **const tokens[] = {&r->forms, &r->purposes, &r->roles};
	char **const texts[] = {&r->name, &r->project, &r->reason};
	int rc = 0;

	for (int i = 0; i < 4 && rc == 0; i++)
		rc = sr_col_dup(plain[i], st, 20 + i, e);
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = sr_col_dup_some(tokens[i], st, 24 + i, e);
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = sr_col_dup(texts[i], st, 27 + i, e);
	if (rc == 0)
		rc = sr_col_dup(&r->instruction, st, 32, e);
	return rc == 0 ? sr_col_dup(&r->authority, st, 34, e) : rc;
}

static int read_people(struct sr_version_row *r, struct sr_db *db, int64_t v, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT p.person, j.key FROM request_people p LEFT JOIN joins j ON j.request"
		" = ? AND j.person = p.person"
		" WHERE p.v = ? ORDER BY p.person",
		A_ID(r->request), A_INT(v));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		r->people_count < SR_REQUEST_PEOPLE_MAX) {
		struct sr_co_applicant *p = &r->people[r->people_count++];
		sr_col_person(p->person, st, 0);
		p->joined = sr_col_opt(st, 1, p->key, SR_PK, &rc, e);
	}
	sr_stmt_free(st);
	return rc;
}

static int read_version(
	struct sr_version_row *r, struct sr_db *db, struct sr_stmt *st, struct sr_err *e) {
	int rc;

	if ((rc = sr_stmt_col_copy(st, 0, r->request, SR_ID, e)) != 0 ||
		(rc = sr_state_named(&r->state, sr_stmt_col_bytes(st, 2), e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 3, r->hash, SR_HASH, e)) != 0 ||
		(rc = sr_stmt_col_copy(st, 4, r->statement, SR_ID, e)) != 0)
		return rc;
	if ((rc = sr_stmt_col_copy(st, 33, r->board, SR_ID, e)) != 0)
		return rc;
	r->version = (uint32_t)sr_stmt_col_int(st, 1);
	r->entry = (uint64_t)sr_stmt_col_int(st, 5);
	r->received = sr_stmt_col_int(st, 6);
	sr_col_person(r->applicant, st, 7);
	snprintf(r->kind, sizeof r->kind, "%s", sr_stmt_col_str(st, 8));
	r->epoch = (uint32_t)sr_stmt_col_int(st, 9);
	r->level = (uint32_t)sr_stmt_col_int(st, 10);
	r->closes = sr_stmt_col_int(st, 11);
	r->ends = sr_stmt_col_int(st, 12);
	r->items = (uint64_t)sr_stmt_col_int(st, 13);
	r->has_list = sr_col_opt(st, 14, r->list, SR_HASH, &rc, e);
	r->has_key = sr_col_opt(st, 15, r->key, SR_PK, &rc, e);
	r->has_target = sr_col_opt(st, 16, r->target, SR_ID, &rc, e);
	r->has_collection = sr_col_opt(st, 17, r->collection, SR_ID, &rc, e);
	r->has_room_key = sr_col_opt(st, 18, r->room_key, SR_PK, &rc, e);
	r->room_key_ended = !sr_stmt_col_is_null(st, 19);
	r->room_key_entry = (uint64_t)sr_stmt_col_int(st, 31);
	if (rc == 0)
		rc = read_version_texts(r, st, e);
	return rc == 0 ? read_people(r, db, sr_stmt_col_int(st, 30), e) : rc;
}

/* All rows of ${st}, which is taken over. */
static int read_versions(
	struct sr_versions *out, struct sr_db *db, struct sr_stmt *st, struct sr_err *e) {
	struct sr_versions l = {NULL, 0};
	bool row = false;
	int rc = 0;

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_version(&l.rows[l.count - 1], db, st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_versions_free(&l);
	*out = l;
	return rc;
}

int sr_query_version(struct sr_version_row *out, struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, struct sr_err *e) {
	struct sr_version_row r;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		VERSION_SQL
		" WHERE v.request = ?1 AND v.version = CASE ?2 WHEN 0 THEN q.newest ELSE ?2 END",
		A_ID(request), A_INT(version));

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_version(&r, sr_catalogue_db(c), st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND,
			version == 0 ? "there is no such request"
				     : "there is no such request or version");
	if (rc != 0)
		sr_version_row_free(&r);
	else
		*out = r;
	return rc;
}

int sr_query_versions(struct sr_versions *out, struct sr_catalogue *c, const uint8_t request[SR_ID],
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		VERSION_SQL " WHERE v.request = ? ORDER BY v.version", A_ID(request));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_versions(out, sr_catalogue_db(c), st, e) : rc;
}

static int where_requests(struct sr_where *w, const struct sr_request_filter *f, struct sr_err *e) {
	int rc = 0;

	if (f->applicant != NULL) {
		rc = sr_where_add(w, " AND (q.applicant = ?", A_STR(f->applicant), e);
		if (rc == 0)
			rc = sr_where_add(w,
				" OR v.v IN (SELECT v FROM request_people WHERE person = ?))",
				A_STR(f->applicant), e);
	}
	if (rc == 0 && f->state != SR_S_NONE)
		rc = sr_where_add(w, " AND v.state = ?", A_STR(sr_state_name(f->state)), e);
	if (rc == 0 && f->kind != NULL)
		rc = sr_where_add(w, " AND q.kind = ?", A_STR(f->kind), e);
	if (rc == 0 && f->item != NULL)
		rc = sr_where_add(w,
			" AND v.v IN (SELECT v FROM request_items ri JOIN items i ON i.n ="
			" ri.n WHERE i.item = ?)",
			A_ID(f->item), e);
	return rc;
}

int sr_query_requests(struct sr_versions *out, struct sr_catalogue *c,
	const struct sr_request_filter *f, const struct sr_page *p, struct sr_err *e) {
	struct sr_page page = sr_page_of(p);
	struct sr_stmt *st = NULL;
	struct sr_where w;
	char sql[3200];
	int rc;

	memset(out, 0, sizeof *out);
	memset(&w, 0, sizeof w);
	rc = where_requests(&w, f, e);
	snprintf(sql, sizeof sql,
		VERSION_SQL " WHERE v.version = q.newest%s ORDER BY q.entry DESC LIMIT ? OFFSET ?",
		w.sql);
	if (rc == 0)
		rc = sr_where_page(&w, &page, e);
	if (rc == 0)
		rc = sr_sql_new(&st, sr_catalogue_db(c), sql, w.args, w.count, e);
	return rc == 0 ? read_versions(out, sr_catalogue_db(c), st, e) : rc;
}

int sr_query_unvoted(
	struct sr_versions *out, struct sr_catalogue *c, const char *member, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		VERSION_SQL
		" WHERE v.state = 'open' AND EXISTS(SELECT 1 FROM boards b WHERE b.board = v.board"
		" AND (b.epoch = v.epoch OR (q.kind = 'reseal' AND v.epoch < b.rekeying)))"
		" AND EXISTS(SELECT 1 FROM board_members b WHERE b.board = v.board AND"
		" b.epoch = v.epoch AND b.person = ?1 AND " SEATED ")"
		" AND NOT EXISTS(SELECT 1 FROM votes x WHERE x.v = v.v AND x.person = ?1 AND"
		" x.ended IS NULL) ORDER BY v.entry",
		A_STR(member));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_versions(out, sr_catalogue_db(c), st, e) : rc;
}

int sr_query_open(struct sr_versions *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_stmt_new(
		&st, sr_catalogue_db(c), VERSION_SQL " WHERE v.state = 'open' ORDER BY v.entry", e);

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_versions(out, sr_catalogue_db(c), st, e) : rc;
}

int sr_query_set_against(
	struct sr_versions *out, struct sr_catalogue *c, const char *member, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		VERSION_SQL
		" WHERE v.state = 'open' AND " SR_SQL_CONFLICT("?1") " ORDER BY v.entry",
		A_STR(member));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_versions(out, sr_catalogue_db(c), st, e) : rc;
}

int sr_query_closing(
	struct sr_versions *out, struct sr_catalogue *c, int64_t now, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		VERSION_SQL " WHERE v.state = 'open' AND (v.closes <= ? OR " SR_BEREFT(
			"v.v") ") ORDER BY v.entry",
		A_INT(now));

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_versions(out, sr_catalogue_db(c), st, e) : rc;
}

/* Nothing settles it but its own end. */
#define GONE_BY_END(person, since) SR_SQL_GONE_BY_END(person, since, "(1 = 0)")
#define GONE_BY_KEY(person, since) SR_SQL_GONE_BY_KEY(person, since, "(1 = 0)")
#define KEY_OF_JOINED                                                                     \
	"EXISTS(SELECT 1 FROM request_people p JOIN joins j ON j.request = v.request AND" \
	" j.person = p.person WHERE p.v = v.v AND " GONE_BY_KEY(                          \
		"p.person", "max(j.entry, v.entry)") ")"

int sr_query_unsettled(struct sr_versions *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_stmt_new(&st, sr_catalogue_db(c),
		VERSION_SQL " WHERE v.state = 'open' AND v.key IS NOT NULL AND (" GONE_BY_END(
			"q.applicant", "v.entry") " OR " GONE_BY_KEY("q.applicant",
			"v.entry") " OR " KEY_OF_JOINED ") ORDER BY v.entry",
		e);

	memset(out, 0, sizeof *out);
	return rc == 0 ? read_versions(out, sr_catalogue_db(c), st, e) : rc;
}

int sr_query_list_items(uint8_t **ids, size_t *count, struct sr_catalogue *c,
	const struct sr_list_of *of, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	void *rows = NULL;
	size_t n = 0;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT i.item FROM versions v JOIN requests q ON q.request = v.request JOIN"
		" request_items ri ON ri.v = v.v"
		" JOIN items i ON i.n = ri.n WHERE v.request = ?1"
		" AND v.version = CASE ?2 WHEN 0 THEN q.newest ELSE ?2 END"
		" AND (?3 < 0 OR ri.extension = ?3) ORDER BY i.item",
		A_ID(of->request), A_INT(of->version), A_INT(of->extension));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow(&rows, &n, SR_ID, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 0, (uint8_t *)rows + (n - 1) * SR_ID, SR_ID, e);
	}
	sr_stmt_free(st);
	if (rc != 0) {
		free(rows);
		rows = NULL;
		n = 0;
	}
	*ids = rows;
	*count = n;
	return rc;
}

int sr_query_request_items(uint8_t **ids, size_t *count, struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, struct sr_err *e) {
	const struct sr_list_of own = {.request = request, .version = version};

	return sr_query_list_items(ids, count, c, &own, e);
}

int sr_query_list_of(int64_t *extension, struct sr_catalogue *c, const struct sr_version_row *v,
	const uint8_t item[SR_ID], struct sr_err *e) {
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, extension,
		"SELECT r.extension FROM versions v JOIN request_items r ON r.v = v.v"
		" JOIN items i ON i.n = r.n WHERE v.request = ? AND v.version = ? AND i.item = ?",
		A_ID(v->request), A_INT(v->version), A_ID(item));

	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "the request does not name this item")
				 : rc;
}

int sr_query_extensions(struct sr_extensions *out, struct sr_catalogue *c,
	const struct sr_version_row *v, struct sr_err *e) {
	struct sr_extensions l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT x.number, x.items, x.entry, x.person FROM versions v JOIN extensions x"
		" ON x.v = v.v WHERE v.request = ? AND v.version = ? ORDER BY x.number",
		A_ID(v->request), A_INT(v->version));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_extension *x = &l.rows[l.count - 1];
		x->number = (uint64_t)sr_stmt_col_int(st, 0);
		x->items = (uint64_t)sr_stmt_col_int(st, 1);
		x->entry = (uint64_t)sr_stmt_col_int(st, 2);
		sr_col_person(x->person, st, 3);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_extensions_free(&l);
	*out = l;
	return rc;
}

/* What each is held against is asked once, not for each item. */
#define OF_ITEM SR_HAZARDS_OF("i.n")
#define OF_LIST SR_HAZARDS_OF_LIST("r.v = ?1 AND r.extension = 0")
#define EXTENDABLE_SQL                                                                     \
	"SELECT i.item FROM items i WHERE i.state = 'released' AND (i.flags & ?3) = 0"     \
	" AND i.level <= (SELECT level FROM versions WHERE v = ?1)"                        \
	" AND i.collection IN (SELECT j.collection FROM request_items r JOIN items j"      \
	" ON j.n = r.n WHERE r.v = ?1 AND r.extension = 0)"                                \
	" AND i.n NOT IN (SELECT n FROM request_items WHERE v = ?1)"                       \
	" AND NOT EXISTS(SELECT 1 FROM " OF_ITEM " x WHERE x.hazard NOT IN (" OF_LIST "))" \
	" ORDER BY i.item LIMIT ?2"

int sr_query_extendable(uint8_t **ids, size_t *count, struct sr_catalogue *c,
	const uint8_t grant[SR_ID], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	void *rows = NULL;
	size_t n = 0;
	int64_t v = 0;
	bool row = false;
	int rc = SQL_INT_OF(
		sr_catalogue_db(c), e, &v, "SELECT v FROM grants WHERE grant_id = ?", A_ID(grant));

	if (rc == 0)
		rc = SQL_NEW(&st, sr_catalogue_db(c), e, EXTENDABLE_SQL, A_INT(v),
			A_INT(SR_REQUEST_ITEMS_MAX), A_INT(SR_ITEM_REFERRAL | SR_ITEM_SEALED));
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow(&rows, &n, SR_ID, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 0, (uint8_t *)rows + (n - 1) * SR_ID, SR_ID, e);
	}
	sr_stmt_free(st);
	if (rc != 0) {
		free(rows);
		rows = NULL;
		n = 0;
	}
	*ids = rows;
	*count = n;
	return rc;
}

void sr_extensions_free(struct sr_extensions *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_request_item_like(uint8_t item[SR_ID], struct sr_catalogue *c,
	const struct sr_version_row *v, struct sr_item_like like, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT i.item FROM versions v JOIN request_items r ON r.v = v.v JOIN items i ON"
		" i.n = r.n WHERE v.request = ? AND v.version = ? AND (i.state = ? OR (i.flags & ?)"
		" <> 0) ORDER BY i.item LIMIT 1",
		A_ID(v->request), A_INT(v->version), A_STR(sr_state_name(like.state)),
		A_INT(like.flags));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, item, SR_ID, e);
	sr_stmt_free(st);
	return rc;
}

int sr_query_version_seals(struct sr_version_seals *out, struct sr_catalogue *c,
	const struct sr_version_row *v, int64_t extension, struct sr_err *e) {
	int64_t at = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &at,
		"SELECT v FROM versions WHERE request = ? AND version = ?", A_ID(v->request),
		A_INT(v->version));

	return rc == 0 ? sr_seals_read(out, sr_catalogue_db(c), at, extension, e) : rc;
}

void sr_room_keys_free(struct sr_room_keys *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_room_keys(struct sr_room_keys *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_room_keys l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_stmt_new(&st, sr_catalogue_db(c),
		"SELECT v.request, v.version, k.key, k.ended, k.entry FROM room_keys k JOIN"
		" versions v ON v.v = k.v"
		" ORDER BY k.entry",
		e);

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_room_key *k = &l.rows[l.count - 1];
		rc = sr_stmt_col_copy(st, 0, k->request, SR_ID, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 2, k->key, SR_PK, e);
		k->version = (uint32_t)sr_stmt_col_int(st, 1);
		k->ended = !sr_stmt_col_is_null(st, 3);
		k->entry = (uint64_t)sr_stmt_col_int(st, 4);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_room_keys_free(&l);
	*out = l;
	return rc;
}

/* --- votes --- */

#define VOTE_SQL                                                                                   \
	"SELECT x.vote, x.entry, x.person, x.decision, x.epoch, x.ends, x.pieces_count,"           \
	" x.bundle, x.pieces, x.ended,"                                                            \
	" x.conditions, (SELECT group_concat(form, ' ') FROM vote_forms f WHERE f.vote = x.vote)," \
	" (SELECT group_concat(t.text, char(10)) FROM records r JOIN texts t ON t.entry = r.entry" \
	" AND t.record = r.record WHERE r.entry = x.entry AND r.field = 'condition'),"             \
	" (SELECT t.text FROM records r JOIN texts t ON t.entry = r.entry AND t.record = r.record" \
	" WHERE r.entry = x.entry AND r.field = 'reason'),"                                        \
	" (SELECT group_concat(training, ' ') FROM vote_trainings f WHERE f.vote = x.vote),"       \
	" x.extension FROM votes x"

void sr_vote_row_free(struct sr_vote_row *r) {
	sr_words_free(r->forms);
	sr_words_free(r->trainings);
	sr_words_free(r->conditions);
	sr_words_free(r->reason);
	memset(r, 0, sizeof *r);
}

void sr_votes_free(struct sr_votes *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_vote_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_vote(struct sr_vote_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, r->statement, SR_ID, e);

	r->entry = (uint64_t)sr_stmt_col_int(st, 1);
	sr_col_person(r->person, st, 2);
	snprintf(r->decision, sizeof r->decision, "%s", sr_stmt_col_str(st, 3));
	r->epoch = (uint32_t)sr_stmt_col_int(st, 4);
	r->ends = sr_stmt_col_int(st, 5);
	r->pieces_count = (uint64_t)sr_stmt_col_int(st, 6);
	r->has_bundle = sr_col_opt(st, 7, r->bundle, SR_HASH, &rc, e);
	(void)sr_col_opt(st, 8, r->pieces, SR_HASH, &rc, e);
	r->is_void = !sr_stmt_col_is_null(st, 9);
	r->condition_count = (uint32_t)sr_stmt_col_int(st, 10);
	if (rc == 0)
		rc = sr_col_dup_some(&r->forms, st, 11, e);
	if (rc == 0)
		rc = sr_col_dup_some(&r->conditions, st, 12, e);
	if (rc == 0)
		rc = sr_col_dup_some(&r->trainings, st, 14, e);
	r->extension = sr_stmt_col_int(st, 15);
	return rc == 0 ? sr_col_dup(&r->reason, st, 13, e) : rc;
}

int sr_query_votes(struct sr_votes *out, struct sr_catalogue *c, const uint8_t request[SR_ID],
	uint32_t version, struct sr_err *e) {
	struct sr_votes l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		VOTE_SQL
		" JOIN versions v ON v.v = x.v JOIN requests q ON q.request = v.request"
		" WHERE v.request = ?1"
		" AND v.version = CASE ?2 WHEN 0 THEN q.newest ELSE ?2 END ORDER BY x.entry",
		A_ID(request), A_INT(version));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_vote(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_votes_free(&l);
	*out = l;
	return rc;
}

/* Takes over ${st}. */
static int one_vote(struct sr_vote_row *out, struct sr_stmt *st, struct sr_err *e) {
	struct sr_vote_row r;
	int rc = sr_stmt_row(st, e);

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = read_vote(&r, st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such vote");
	if (rc != 0)
		sr_vote_row_free(&r);
	else
		*out = r;
	return rc;
}

int sr_query_vote(struct sr_vote_row *out, struct sr_catalogue *c, const uint8_t statement[SR_ID],
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, VOTE_SQL " WHERE x.vote = ?", A_ID(statement));

	return rc == 0 ? one_vote(out, st, e) : rc;
}

int sr_query_vote_of(struct sr_vote_row *out, struct sr_catalogue *c,
	const struct sr_version_row *v, const char *member, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		VOTE_SQL " JOIN versions v ON v.v = x.v WHERE v.request = ? AND v.version = ? AND"
			 " x.person = ?"
			 " AND x.decision <> 'topup' AND x.ended IS NULL",
		A_ID(v->request), A_INT(v->version), A_STR(member));

	return rc == 0 ? one_vote(out, st, e) : rc;
}

/* Members of the board of version `v` of request `q` who may vote on it. */
#define ELIGIBLE_SQL                                                                  \
	"(SELECT count(*) FROM board_members b WHERE b.board = v.board AND b.epoch =" \
	" v.epoch AND " SEATED " AND b.person <> q.applicant"                         \
	" AND (v.subject IS NULL OR b.person <> v.subject)"                           \
	" AND b.person NOT IN (" SR_SQL_TARGET_PEOPLE ")"                             \
	" AND NOT EXISTS(SELECT 1 FROM request_people p WHERE p.v = v.v AND p.person" \
	" = b.person)"                                                                \
	" AND NOT EXISTS(SELECT 1 FROM recusals c WHERE c.request = v.request AND"    \
	" c.person = b.person)"                                                       \
	" AND NOT " SR_SQL_CONFLICT("b.person") ")"

int sr_query_tally(struct sr_tally *out, struct sr_catalogue *c, const uint8_t request[SR_ID],
	uint32_t version, struct sr_err *e) {
	struct sr_tally t;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT " ELIGIBLE_SQL ","
		" (SELECT count(*) FROM votes x WHERE x.v = v.v AND x.decision = 'approve'"
		" AND x.ended IS NULL),"
		" (SELECT count(*) FROM votes x WHERE x.v = v.v AND x.decision = 'reject'"
		" AND x.ended IS NULL),"
		" (SELECT count(*) FROM request_people p WHERE p.v = v.v),"
		" (SELECT count(*) FROM request_people p JOIN joins j ON j.request ="
		" v.request AND j.person = p.person"
		" WHERE p.v = v.v),"
		" (SELECT l.quorum FROM board_levels l WHERE l.board = v.board AND l.epoch ="
		" v.epoch AND l.level = v.level) FROM versions v JOIN requests q ON q.request ="
		" v.request"
		" WHERE v.request = ?1"
		" AND v.version = CASE ?2 WHEN 0 THEN q.newest ELSE ?2 END",
		A_ID(request), A_INT(version));

	memset(&t, 0, sizeof t);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0) {
		t.eligible = (uint32_t)sr_stmt_col_int(st, 0);
		t.approved = (uint32_t)sr_stmt_col_int(st, 1);
		t.rejected = (uint32_t)sr_stmt_col_int(st, 2);
		t.co_applicants = (uint32_t)sr_stmt_col_int(st, 3);
		t.joined = (uint32_t)sr_stmt_col_int(st, 4);
		t.quorum = (uint32_t)sr_stmt_col_int(st, 5);
	}
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such request or version");
	if (rc == 0)
		*out = t;
	return rc;
}

int sr_query_recused(bool *out, struct sr_catalogue *c, const uint8_t request[SR_ID],
	const char *member, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM recusals WHERE request = ? AND person = ?", A_ID(request),
		A_STR(member));

	if (rc == 0)
		*out = n != 0;
	return rc;
}
