/*
 * query_board - boards, their epochs and keys, and the runs that make them. See query.h.
 */
#include "catalogue/apply_in.h"
#include "catalogue/query_in.h"
#include "catalogue/standby.h"

/* --- boards --- */

#define SEATED SR_SQL_SEATED("m.person", "m.board")

/* Levels of an epoch, with its keys where it was opened. */
static int read_levels(struct sr_board_row *b, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT l.level, l.quorum, k.key FROM board_levels l LEFT JOIN board_keys k ON"
		" k.board = l.board AND k.level = l.level AND k.epoch = l.epoch"
		" WHERE l.board = ? AND l.epoch = ? ORDER BY l.level",
		A_ID(b->id), A_INT(b->epoch));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		b->level_count < SR_BOARD_LEVELS_MAX) {
		struct sr_board_level *l = &b->levels[b->level_count++];
		l->level = (uint32_t)sr_stmt_col_int(st, 0);
		l->quorum = (uint32_t)sr_stmt_col_int(st, 1);
		l->has_key = sr_col_opt(st, 2, l->key, SR_PK, &rc, e);
	}
	sr_stmt_free(st);
	return rc;
}

static int read_members(struct sr_board_row *b, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT m.person, p.pk, m.member, " SEATED " FROM board_members m JOIN people p ON"
		" p.person = m.person WHERE m.board = ? AND m.epoch = ? ORDER BY m.member",
		A_ID(b->id), A_INT(b->epoch));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		b->member_count < SR_BOARD_MEMBERS_MAX) {
		struct sr_member_row *m = &b->members[b->member_count++];
		sr_col_person(m->person, st, 0);
		m->index = (uint32_t)sr_stmt_col_int(st, 2);
		m->active = sr_stmt_col_int(st, 3) != 0;
		rc = sr_stmt_col_copy(st, 1, m->pk, SR_PK, e);
	}
	sr_stmt_free(st);
	if (rc == 0 && b->member_count == 0)
		return sr_fail(e, SR_NOTFOUND, "there is no board of epoch %u", b->epoch);
	return rc;
}

static int read_dealers(struct sr_board_row *b, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT person FROM board_dealers WHERE board = ? AND epoch = ? ORDER BY position",
		A_ID(b->id), A_INT(b->epoch));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		b->dealer_count < SR_BOARD_MEMBERS_MAX)
		sr_col_person(b->dealers[b->dealer_count++], st, 0);
	sr_stmt_free(st);
	return rc;
}

static int read_opened(struct sr_board_row *b, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT run, transcript, entry, keys, public, base FROM epochs WHERE board = ?"
		" AND epoch = ?",
		A_ID(b->id), A_INT(b->epoch));

	if (rc == 0)
		rc = sr_stmt_step(st, &row, e);
	if (rc == 0 && row) {
		b->opened = sr_col_opt(st, 0, b->run, SR_ID, &rc, e);
		(void)sr_col_opt(st, 1, b->transcript, SR_HASH, &rc, e);
		b->opened_entry = (uint64_t)sr_stmt_col_int(st, 2);
		(void)sr_col_opt(st, 3, b->keys_hash, SR_HASH, &rc, e);
		(void)sr_col_opt(st, 4, b->keys, SR_HASH, &rc, e);
		b->base = (uint32_t)sr_stmt_col_int(st, 5);
	}
	sr_stmt_free(st);
	return rc;
}

/* One row of boards, as SELECT board, request, epoch, entry has it. */
static int read_board(struct sr_board_at *b, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, b->id, SR_ID, e);

	b->founding = !sr_col_opt(st, 1, b->request, SR_ID, &rc, e);
	b->epoch = (uint32_t)sr_stmt_col_int(st, 2);
	b->entry = (uint64_t)sr_stmt_col_int(st, 3);
	return rc;
}

int sr_query_board(struct sr_board_row *out, struct sr_catalogue *c, const uint8_t *board,
	uint32_t epoch, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_board_at at = {.epoch = 0};
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_stmt *st = NULL;
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "no memory for a board") : 0;

	if (rc == 0)
		rc = SQL_NEW(&st, db, e,
			"SELECT board, request, epoch, entry FROM boards"
			" WHERE board = ?1 OR (?1 IS NULL AND request IS NULL)",
			A_ID(board));
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = read_board(&at, st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_NOTFOUND,
			board == NULL ? "the vault is not founded yet" : "there is no such board");
	if (rc == 0) {
		memcpy(b->id, at.id, SR_ID);
		b->founding = at.founding;
		b->epoch = epoch != 0 ? epoch : at.epoch != 0 ? at.epoch : 1;
		rc = read_members(b, db, e);
	}
	if (rc == 0)
		rc = read_levels(b, db, e);
	if (rc == 0)
		rc = read_dealers(b, db, e);
	if (rc == 0)
		rc = read_opened(b, db, e);
	if (rc == 0)
		*out = *b;
	free(b);
	return rc;
}

void sr_boards_free(struct sr_boards *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_boards(struct sr_boards *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_boards l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_stmt_new(&st, sr_catalogue_db(c),
		"SELECT board, request, epoch, entry FROM boards ORDER BY entry", e);

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_board(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_boards_free(&l);
	*out = l;
	return rc;
}

int sr_query_pending_member(
	bool *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM board_members m JOIN boards b ON b.board = m.board AND"
		" m.epoch = b.epoch + 1 WHERE m.person = ?",
		A_STR(person));

	if (rc == 0)
		*out = n != 0;
	return rc;
}

/* --- runs --- */

static int read_run_keys(
	struct sr_run_member *m, struct sr_db *db, const uint8_t run[SR_ID], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT level, key FROM accept_keys WHERE run = ? AND person = ? ORDER BY level",
		A_ID(run), A_STR(m->person));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		m->key_count < SR_BOARD_LEVELS_MAX) {
		struct sr_board_level *l = &m->keys[m->key_count++];
		l->level = (uint32_t)sr_stmt_col_int(st, 0);
		l->has_key = sr_col_opt(st, 1, l->key, SR_PK, &rc, e);
	}
	sr_stmt_free(st);
	return rc;
}

static int read_run_members(struct sr_run_row *r, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT b.member, b.person, d.dealing, d.object, d.entry, a.transcript,"
		" a.entry, a.keys, a.shares FROM runs r"
		" JOIN board_members b ON b.board = r.board AND b.epoch = r.epoch"
		" LEFT JOIN deals d ON d.run = r.run AND"
		" d.person = b.person"
		" LEFT JOIN accepts a ON a.run = r.run AND a.person = b.person WHERE r.run ="
		" ? ORDER BY b.member",
		A_ID(r->run));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		r->member_count < SR_BOARD_MEMBERS_MAX) {
		struct sr_run_member *m = &r->members[r->member_count++];
		m->index = (uint32_t)sr_stmt_col_int(st, 0);
		sr_col_person(m->person, st, 1);
		m->dealt = sr_col_opt(st, 2, m->dealing, SR_HASH, &rc, e);
		(void)sr_col_opt(st, 3, m->deal, SR_HASH, &rc, e);
		m->deal_entry = (uint64_t)sr_stmt_col_int(st, 4);
		m->accepted = sr_col_opt(st, 5, m->transcript, SR_HASH, &rc, e);
		m->accept_entry = (uint64_t)sr_stmt_col_int(st, 6);
		(void)sr_col_opt(st, 7, m->keys_hash, SR_HASH, &rc, e);
		(void)sr_col_opt(st, 8, m->shares, SR_HASH, &rc, e);
		if (rc == 0 && m->accepted)
			rc = read_run_keys(m, db, r->run, e);
	}
	sr_stmt_free(st);
	return rc;
}

static int read_run_dealers(struct sr_run_row *r, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT m.member, m.person, d.dealing, d.object, d.entry FROM board_dealers x"
		" JOIN board_members m ON m.board = x.board AND m.epoch = x.epoch - 1 AND"
		" m.person = x.person"
		" LEFT JOIN deals d ON d.run = ? AND d.person = x.person"
		" WHERE x.board = ? AND x.epoch = ? ORDER BY m.member",
		A_ID(r->run), A_ID(r->board), A_INT(r->epoch));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		r->dealer_count < SR_BOARD_MEMBERS_MAX) {
		struct sr_run_member *m = &r->dealers[r->dealer_count++];
		m->index = (uint32_t)sr_stmt_col_int(st, 0);
		sr_col_person(m->person, st, 1);
		m->dealt = sr_col_opt(st, 2, m->dealing, SR_HASH, &rc, e);
		(void)sr_col_opt(st, 3, m->deal, SR_HASH, &rc, e);
		m->deal_entry = (uint64_t)sr_stmt_col_int(st, 4);
	}
	sr_stmt_free(st);
	if (rc == 0 && r->dealer_count == 0) {
		memcpy(r->dealers, r->members, sizeof r->dealers);
		r->dealer_count = r->member_count;
	}
	return rc;
}

#define RUN_SQL                                                                              \
	"SELECT run, state, entry, (SELECT count(*) FROM complaints c WHERE c.run = r.run)," \
	" (SELECT count(*) FROM reveals v WHERE v.run = r.run), board, number, epoch FROM runs r"

/* Takes over ${st}. */
static int one_run(
	struct sr_run_row *out, struct sr_catalogue *c, struct sr_stmt *st, struct sr_err *e) {
	struct sr_run_row *r = calloc(1, sizeof *r);
	int rc = r == NULL ? sr_fail(e, SR_NOMEM, "no memory for a run") : sr_stmt_row(st, e);

	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, r->run, SR_ID, e);
	if (rc == 0)
		rc = sr_state_named(&r->state, sr_stmt_col_bytes(st, 1), e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 5, r->board, SR_ID, e);
	if (rc == 0) {
		r->entry = (uint64_t)sr_stmt_col_int(st, 2);
		r->complaints = (uint32_t)sr_stmt_col_int(st, 3);
		r->reveals = (uint32_t)sr_stmt_col_int(st, 4);
		r->number = (uint64_t)sr_stmt_col_int(st, 6);
		r->epoch = (uint32_t)sr_stmt_col_int(st, 7);
	}
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_NOTFOUND, "there is no such run of key generation");
	if (rc == 0)
		rc = read_run_members(r, sr_catalogue_db(c), e);
	if (rc == 0)
		rc = read_run_dealers(r, sr_catalogue_db(c), e);
	if (rc == 0)
		*out = *r;
	free(r);
	return rc;
}

int sr_query_run(struct sr_run_row *out, struct sr_catalogue *c, const uint8_t run[SR_ID],
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, RUN_SQL " WHERE run = ?", A_ID(run));

	return rc == 0 ? one_run(out, c, st, e) : rc;
}

int sr_query_last_run(
	struct sr_run_row *out, struct sr_catalogue *c, const uint8_t *board, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		RUN_SQL " WHERE board = ?1 OR (?1 IS NULL AND board = (SELECT board FROM boards"
			" WHERE request IS NULL)) ORDER BY number DESC LIMIT 1",
		A_ID(board));

	return rc == 0 ? one_run(out, c, st, e) : rc;
}

int sr_query_object_subject(char out[SR_SUBJECT_TEXT], struct sr_catalogue *c,
	const struct sr_statement *s, struct sr_err *e) {
	return sr_apply_object_subject(out, sr_catalogue_db(c), s, e);
}

int sr_query_share_entry(uint64_t *out, struct sr_catalogue *c, const struct sr_board_row *b,
	const char *person, struct sr_err *e) {
	int64_t entry = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &entry,
		"SELECT coalesce(max(e.entry), 0) FROM subjects s JOIN entries e ON e.entry ="
		" s.entry AND e.type = 'share' AND e.actor = ?2 WHERE s.value = lower(hex(?1)) AND"
		" s.what = 'run'",
		A_ID(b->run), A_STR(person));

	*out = (uint64_t)entry > b->opened_entry ? (uint64_t)entry : b->opened_entry;
	return rc;
}

/* Entry of the plan that counts for board ?1; NULL: it is the founders', or a new board's. */
#define PLANNED                                                                          \
	"(SELECT max(e.entry) FROM subjects s JOIN entries e ON e.entry = s.entry WHERE" \
	" s.value = lower(hex(?1)) AND s.what = 'board' AND e.type IN ('reshare', 'rekey'))"

int sr_query_runs_before_plan(
	uint64_t *out, struct sr_catalogue *c, const uint8_t board[SR_ID], struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM runs WHERE board = ?1 AND entry < " PLANNED, A_ID(board));

	*out = (uint64_t)n;
	return rc;
}

int sr_query_seat_ended(char out[SR_PERSON_TEXT], struct sr_catalogue *c,
	const uint8_t board[SR_ID], const char *person, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"WITH plan AS (SELECT b.epoch + 1 AS epoch, coalesce(" PLANNED ", b.entry) AS entry"
		" FROM boards b WHERE b.board = ?1) SELECT x.person FROM plan, (SELECT epoch,"
		" person FROM board_members WHERE board = ?1 UNION SELECT d.epoch, d.person FROM"
		" board_dealers d WHERE d.board = ?1 AND NOT EXISTS(SELECT 1 FROM deals g JOIN runs"
		" r ON r.run = g.run WHERE r.board = ?1 AND r.epoch = d.epoch AND r.state <> 'void'"
		" AND g.person = d.person)) x WHERE x.epoch = plan.epoch AND (?2 IS NULL OR"
		" x.person = ?2) AND " SR_SQL_ENDED("x.person", "plan.entry") " ORDER BY 1 LIMIT 1",
		A_ID(board), A_STR(person));

	out[0] = '\0';
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		sr_col_person(out, st, 0);
	sr_stmt_free(st);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	return 0;
}

int sr_query_ended_since(
	bool *out, struct sr_catalogue *c, const char *person, uint64_t since, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM subjects u JOIN entries n ON n.entry = u.entry WHERE"
		" u.value = ? AND u.what = 'person' AND u.entry > ? AND n.type = 'person-end'",
		A_STR(person), A_U64(since));

	*out = n != 0;
	return rc;
}

#define SAID_AS(role)                                                               \
	"(SELECT count(*) FROM takeovers t WHERE t.board = ?1 AND t.epoch = ?2 AND" \
	" t.role = '" role "' AND " SR_SQL_COUNTS("t") ")"

int sr_query_standby(struct sr_standby_row *out, struct sr_catalogue *c, const uint8_t board[SR_ID],
	uint64_t epoch, struct sr_err *e) {
	struct sr_standby_row r = {.entry = 0};
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT y.entry, coalesce(y.waits, 0), y.run, y.keys, y.public,"
		" (SELECT max(l.quorum) FROM board_levels l WHERE l.board = ?1 AND l.epoch = ?2),"
		" " SAID_AS("member") ", " SAID_AS("custodian") ", " SAID_AS(
			"auditor") " FROM standbys y WHERE y.board = ?1 AND y.epoch = ?2",
		A_ID(board), A_U64(epoch));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0) {
		r.entry = (uint64_t)sr_stmt_col_int(st, 0);
		r.waits = (uint64_t)sr_stmt_col_int(st, 1);
		r.want = (uint32_t)sr_stmt_col_int(st, 5);
		r.members = (uint32_t)sr_stmt_col_int(st, 6);
		r.custodians = (uint32_t)sr_stmt_col_int(st, 7);
		r.auditors = (uint32_t)sr_stmt_col_int(st, 8);
		r.enough =
			r.waits != 0 && r.members >= r.want && r.custodians > 0 && r.auditors > 0;
	}
	if (rc == 0 && r.waits != 0)
		rc = sr_stmt_col_copy(st, 2, r.run, SR_ID, e);
	if (rc == 0 && r.waits != 0)
		rc = sr_stmt_col_copy(st, 3, r.keys, SR_HASH, e);
	if (rc == 0 && r.waits != 0)
		rc = sr_stmt_col_copy(st, 4, r.object, SR_HASH, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "no standby board has epoch %llu",
			(unsigned long long)epoch);
	if (rc == 0)
		*out = r;
	return rc;
}

int sr_query_takeover(bool *out, struct sr_catalogue *c, const uint8_t board[SR_ID], uint64_t epoch,
	const char *person, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM takeovers t WHERE t.board = ? AND t.epoch = ? AND t.person ="
		" ? AND " SR_SQL_COUNTS("t"),
		A_ID(board), A_U64(epoch), A_STR(person));

	*out = n != 0;
	return rc;
}

int sr_query_run_needed(
	bool *out, struct sr_catalogue *c, const uint8_t run[SR_ID], struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM runs r JOIN boards b ON b.board = r.board"
		" WHERE r.run = ? AND r.epoch = b.epoch + 1 AND (r.state = 'dealing' OR EXISTS"
		"(SELECT 1 FROM complaints c WHERE c.run = r.run))"
		" AND r.entry > (SELECT max(e.entry) FROM subjects s JOIN entries e ON e.entry ="
		" s.entry WHERE s.value = lower(hex(r.board)) AND s.what = 'board' AND"
		" e.type IN ('reshare', 'rekey')) AND NOT EXISTS(SELECT 1 FROM standbys s WHERE"
		" s.run = r.run)",
		A_ID(run));

	*out = n != 0;
	return rc;
}

int sr_query_sits(bool *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM board_members m JOIN boards b ON b.board = m.board AND"
		" b.epoch = m.epoch WHERE m.person = ? AND " SEATED,
		A_STR(person));

	*out = n != 0;
	return rc;
}

int sr_query_confirmed(struct sr_confirmed *out, struct sr_catalogue *c, const uint8_t board[SR_ID],
	uint32_t epoch, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT x.person, x.entry, o.received, o.type = 'accept' FROM"
		" (SELECT person, max(entry) AS entry FROM " SR_SQL_SHARES_OPENED
		" WHERE board = ?1 AND epoch = ?2 GROUP BY person) x JOIN entries o ON o.entry ="
		" x.entry WHERE NOT EXISTS(SELECT 1 FROM person_keys k WHERE k.person = x.person"
		" AND k.entry > x.entry) ORDER BY x.person",
		A_ID(board), A_U64(epoch));

	out->count = 0;
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		out->count < SR_BOARD_MEMBERS_MAX) {
		struct sr_confirmed_row *r = &out->rows[out->count++];

		sr_col_person(r->person, st, 0);
		r->entry = (uint64_t)sr_stmt_col_int(st, 1);
		r->received = sr_stmt_col_int(st, 2);
		r->accept = sr_stmt_col_int(st, 3) != 0;
	}
	sr_stmt_free(st);
	return rc;
}

static int read_complaint(struct sr_complaint_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 1, r->run, SR_ID, e);

	r->entry = (uint64_t)sr_stmt_col_int(st, 0);
	sr_col_person(r->person, st, 2);
	sr_col_person(r->dealer, st, 3);
	r->level = (uint32_t)sr_stmt_col_int(st, 4);
	r->dealt = sr_col_opt(st, 6, r->deal, SR_HASH, &rc, e);
	r->deal_entry = (uint64_t)sr_stmt_col_int(st, 5);
	r->revealed = !sr_stmt_col_is_null(st, 7);
	r->reveal_entry = (uint64_t)sr_stmt_col_int(st, 7);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 8, r->board, SR_ID, e);
	return rc;
}

int sr_query_complaints(struct sr_complaints *out, struct sr_catalogue *c, const uint8_t *board,
	const uint8_t *run, struct sr_err *e) {
	struct sr_complaints l = {0};
	struct sr_stmt *st = NULL;
	size_t cap = 0;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT c.entry, c.run, c.person, c.dealer, c.level, d.entry, d.object,"
		" (SELECT min(r.entry) FROM reveals r WHERE r.run = c.run AND r.person = c.dealer"
		" AND r.member = c.person AND r.level = c.level), u.board"
		" FROM complaints c JOIN runs u ON u.run = c.run"
		" LEFT JOIN deals d ON d.run = c.run AND d.person = c.dealer"
		" WHERE (?1 IS NULL OR u.board = ?1) AND (?2 IS NULL OR c.run = ?2)"
		" ORDER BY c.entry",
		A_ID(board), A_ID(run));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		if (l.count == cap) {
			size_t more = cap == 0 ? 8 : 2 * cap;
			struct sr_complaint_row *rows = realloc(l.rows, more * sizeof *rows);

			if (rows == NULL) {
				rc = sr_fail(e, SR_NOMEM, "no memory for %zu complaints", more);
				break;
			}
			l.rows = rows;
			cap = more;
		}
		memset(&l.rows[l.count], 0, sizeof *l.rows);
		rc = read_complaint(&l.rows[l.count++], st, e);
	}
	sr_stmt_free(st);
	if (rc == 0)
		*out = l;
	else
		sr_complaints_free(&l);
	return rc;
}

void sr_complaints_free(struct sr_complaints *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_recovered(
	bool *out, struct sr_catalogue *c, const uint8_t ask[SR_HASH], struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM recoveries WHERE ask = ?", A_HASH(ask));

	*out = n > 0;
	return rc;
}

/* --- a new key --- */

/* Is item i in an open request to seal it anew, under the key that it has, or in a live grant of
 * one that has not done it? */
#define ASKED                                                                             \
	"EXISTS(SELECT 1 FROM request_items r JOIN versions v ON v.v = r.v JOIN requests" \
	" q ON q.request = v.request AND q.newest = v.version WHERE r.n = i.n AND q.kind" \
	" = 'reseal' AND ((v.state = 'open' AND (SELECT o.base FROM epochs o WHERE"       \
	" o.board = v.board AND o.epoch = v.epoch) = (SELECT o.base FROM epochs o WHERE"  \
	" o.board = v.board AND o.epoch = i.epoch)) OR EXISTS(SELECT 1 FROM grants g"     \
	" WHERE g.v = v.v AND g.state = 'live' AND i.sealed < g.entry)))"

#define LEFT_FROM                                                                         \
	" FROM boards b JOIN epochs p ON p.board = b.board AND p.epoch = b.epoch JOIN"    \
	" collections c ON c.board = b.board JOIN items i ON i.collection = c.collection" \
	" WHERE b.board = ?1 AND i.epoch < p.base AND i.state <> 'destroyed'"

int sr_query_left(
	struct sr_left *out, struct sr_catalogue *c, const uint8_t board[SR_ID], struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_left l = {0};
	struct sr_stmt *st = NULL;
	int64_t oldest = 0, last = 0, rekeying = 0;
	int rc = SQL_INT_OF(db, e, &rekeying,
		"SELECT coalesce(max(rekeying), 0) FROM boards WHERE board = ?", A_ID(board));

	if (rc != 0 || rekeying == 0) {
		*out = l;
		return rc;
	}
	rc = SQL_NEW(&st, db, e,
		"SELECT count(*), coalesce(sum(i.state = 'held'), 0), coalesce(sum(" ASKED
		"), 0), coalesce(min(i.epoch), 0)" LEFT_FROM,
		A_ID(board));
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0) {
		l.rekeying = (uint32_t)rekeying;
		l.items = (uint64_t)sr_stmt_col_int(st, 0);
		l.held = (uint64_t)sr_stmt_col_int(st, 1);
		l.asked = (uint64_t)sr_stmt_col_int(st, 2);
		oldest = sr_stmt_col_int(st, 3);
	}
	sr_stmt_free(st);
	if (rc == 0 && oldest != 0)
		rc = SQL_INT_OF(db, e, &last,
			"SELECT max(q.epoch) FROM epochs p JOIN epochs q ON q.board = p.board AND"
			" q.base = p.base WHERE p.board = ? AND p.epoch = ?",
			A_ID(board), A_INT(oldest));
	l.epoch = (uint32_t)last;
	if (rc == 0)
		*out = l;
	return rc;
}

int sr_query_all_rekeyed(
	uint32_t *epoch, struct sr_catalogue *c, const uint8_t board[SR_ID], struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT coalesce(max(rekeying), 0) FROM boards WHERE board = ?1 AND NOT"
		" EXISTS(SELECT 1" LEFT_FROM ")",
		A_ID(board));

	*epoch = (uint32_t)n;
	return rc;
}

int sr_query_left_items(struct sr_left_item **rows, size_t *count, struct sr_catalogue *c,
	const uint8_t board[SR_ID], const struct sr_left *left, size_t limit, struct sr_err *e) {
	struct sr_left_item *all = calloc(limit == 0 ? 1 : limit, sizeof *all);
	struct sr_stmt *st = NULL;
	size_t n = 0;
	bool row = false;
	int rc = all == NULL ? sr_fail(e, SR_NOMEM, "no memory for %zu items", limit)
			     : SQL_NEW(&st, sr_catalogue_db(c), e,
				       "SELECT i.item, i.level, i.state = 'held'" LEFT_FROM
				       " AND i.epoch <= ?2 AND NOT " ASKED " ORDER BY i.n LIMIT ?3",
				       A_ID(board), A_INT(left->epoch), A_U64(limit));

	while (rc == 0 && n < limit && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		all[n].level = (uint32_t)sr_stmt_col_int(st, 1);
		all[n].held = sr_stmt_col_int(st, 2) != 0;
		rc = sr_stmt_col_copy(st, 0, all[n++].id, SR_ID, e);
	}
	sr_stmt_free(st);
	if (rc != 0) {
		free(all);
		return rc;
	}
	*rows = all;
	*count = n;
	return 0;
}

int sr_query_other_key(uint64_t *out, struct sr_catalogue *c, const struct sr_version_row *v,
	int64_t extension, const struct sr_board_row *b, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM versions v JOIN request_items r ON r.v = v.v JOIN items i ON"
		" i.n = r.n WHERE v.request = ? AND v.version = ? AND r.extension = ? AND i.state"
		" <> 'destroyed' AND (i.epoch < ? OR i.epoch > ?)",
		A_ID(v->request), A_INT(v->version), A_INT(extension), A_INT(b->base),
		A_INT(b->epoch));

	*out = (uint64_t)n;
	return rc;
}
