/*
 * apply_board - effects of board, reshare, rekey and of the ceremony that makes a board's keys:
 * deal, accept, complaint, reveal, opened; rekeyed.
 *
 * What an epoch is to be (members, quorums) is known from its statement on (found, board); it is in
 * force from `opened` on, which sets boards.epoch. A reshare hands the keys on, so that epochs.base
 * is that of the epoch before; a rekey, whose plan names no dealers of the epoch before, makes new
 * ones, and boards.rekeying says so until `rekeyed`: until no item is left under a key before it.
 */
#include "catalogue/apply_in.h"
#include "catalogue/query.h"
#include "catalogue/standby.h"

/* --- a board to be --- */

/* The people whose cards come with the statement. */
static int add_newcomers(struct sr_apply *a, struct sr_err *e) {
	struct sr_card card;
	int rc = 0;

	for (size_t i = 0; i < sr_field_count(a->s, "newcomer") && rc == 0; i++) {
		rc = sr_apply_card(a, "newcomer", i, &card, e);
		if (rc == 0)
			rc = sr_apply_add_person(a, &card, e);
	}
	return rc == 0 ? sr_apply_names(a, e) : rc;
}

/* Members and quorums of ${epoch}, as the statement lists them. */
static int add_epoch(
	struct sr_apply *a, const uint8_t board[SR_ID], uint64_t epoch, struct sr_err *e) {
	size_t members = sr_field_count(a->s, "member"), levels = sr_field_count(a->s, "quorum");
	int rc = 0;

	if (members < 2 || members > SR_BOARD_MEMBERS_MAX || levels > SR_BOARD_LEVELS_MAX)
		return sr_fail(e, SR_CORRUPT, "%zu members and %zu levels, want 2 to %d and %d",
			members, levels, SR_BOARD_MEMBERS_MAX, SR_BOARD_LEVELS_MAX);
	for (size_t i = 0; i < levels && rc == 0; i++) {
		uint64_t level = 0, quorum = 0;

		rc = sr_field_level_quorum(&level, &quorum, a->s, "quorum", i, e);
		if (rc == 0 && (quorum < 2 || quorum > members))
			return sr_fail(e, SR_CORRUPT, "level %llu takes %llu of %zu members",
				(unsigned long long)level, (unsigned long long)quorum, members);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO board_levels(board, epoch, level, quorum)"
				" VALUES(?, ?, ?, ?)",
				A_ID(board), A_U64(epoch), A_U64(level), A_U64(quorum));
	}
	for (size_t i = 0; i < members && rc == 0; i++) {
		struct sr_bytes person = sr_field(a->s, "member", i);

		rc = sr_apply_person_known(a, person, e);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO board_members(board, epoch, member, person)"
				" VALUES(?, ?, ?, ?)",
				A_ID(board), A_U64(epoch), A_U64(i + 1), A_TEXT(person));
	}
	return rc;
}

int sr_apply_board(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg board, request;
	int rc = SQL_RUN(a->db, e,
		"INSERT INTO boards(board, request, epoch, entry) VALUES(?, ?, 0, ?)",
		sr_arg_id(a, "board", &board), sr_arg_id(a, "request", &request), A_INT(a->entry));

	if (rc == 0)
		rc = add_newcomers(a, e);
	if (rc == 0)
		rc = add_epoch(a, board.bytes, 1, e);
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

/* What another decision had planned for this epoch is forgotten: its run is void. */
static int forget_plan(
	struct sr_apply *a, const uint8_t board[SR_ID], uint64_t epoch, struct sr_err *e) {
	static const char *const tables[] = {
		"DELETE FROM board_members WHERE board = ? AND epoch = ?",
		"DELETE FROM board_levels WHERE board = ? AND epoch = ?",
		"DELETE FROM board_dealers WHERE board = ? AND epoch = ?",
		"DELETE FROM standbys WHERE board = ? AND epoch = ?",
		"DELETE FROM takeovers WHERE board = ? AND epoch = ?"};
	int rc = SQL_RUN(a->db, e,
		"UPDATE runs SET state = 'void' WHERE board = ? AND epoch = ? AND state ="
		" 'dealing'",
		A_ID(board), A_U64(epoch));

	for (size_t i = 0; i < sizeof tables / sizeof tables[0] && rc == 0; i++)
		rc = SQL_RUN(a->db, e, tables[i], A_ID(board), A_U64(epoch));
	return rc;
}

/* Those who deal: members of the epoch before. */
static int add_dealers(
	struct sr_apply *a, const uint8_t board[SR_ID], uint64_t epoch, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < sr_field_count(a->s, "dealer") && rc == 0; i++) {
		struct sr_bytes person = sr_field(a->s, "dealer", i);
		int64_t member = 0;

		rc = SQL_INT_OF(a->db, e, &member,
			"SELECT member FROM board_members WHERE board = ? AND epoch = ? AND"
			" person = ?",
			A_ID(board), A_U64(epoch - 1), A_TEXT(person));
		if (rc == SR_NOTFOUND)
			return sr_fail(e, SR_CORRUPT, "dealer %zu has no share to deal", i + 1);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO board_dealers(board, epoch, position, person)"
				" VALUES(?, ?, ?, ?)",
				A_ID(board), A_U64(epoch), A_U64(i + 1), A_TEXT(person));
	}
	return rc;
}

/* And rekey, whose members deal themselves: it names no dealers. */
int sr_apply_reshare(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg board;
	uint64_t epoch = 0;
	int64_t current = 0;
	int rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);

	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &current, "SELECT epoch FROM boards WHERE board = ?",
			sr_arg_id(a, "board", &board));
	if (rc != 0)
		return rc;
	if (current == 0 || epoch != (uint64_t)current + 1)
		return sr_fail(e, SR_CORRUPT, "epoch %llu after %lld", (unsigned long long)epoch,
			(long long)current);
	rc = forget_plan(a, board.bytes, epoch, e);
	if (rc == 0)
		rc = add_newcomers(a, e);
	if (rc == 0)
		rc = add_epoch(a, board.bytes, epoch, e);
	if (rc == 0 && a->s->type->id == SR_T_RESHARE)
		rc = add_dealers(a, board.bytes, epoch, e);
	if (rc == 0 && sr_field_count(a->s, "standby") > 0)
		rc = SQL_RUN(a->db, e, "INSERT INTO standbys(board, epoch, entry) VALUES(?, ?, ?)",
			A_ID(board.bytes), A_U64(epoch), A_INT(a->entry));
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

/* --- the ceremony --- */

struct run {
	uint8_t id[SR_ID];
	uint8_t board[SR_ID];
	int64_t epoch; /* of the board that it makes keys for */
	enum sr_state state;
};

/* A run that is not there yet: for the board that the deal names, and its next epoch. */
static int new_run(struct sr_apply *a, struct run *out, struct sr_err *e) {
	int rc;

	if (sr_field_count(a->s, "board") == 0) /* complaint, reveal: no run begins by them */
		return sr_fail(e, SR_CORRUPT, "there is no such run");
	rc = sr_field_id(out->board, a->s, "board", 0, e);
	out->state = SR_S_NONE;
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &out->epoch,
			"SELECT epoch + 1 FROM boards WHERE board = ?", A_ID(out->board));
	return rc == SR_NOTFOUND ? sr_fail(e, SR_CORRUPT, "there is no such board") : rc;
}

/* The run that the statement names; state none when it is new. */
static int load_run(struct sr_apply *a, struct run *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	uint8_t named[SR_ID];
	int rc = sr_field_id(out->id, a->s, "run", 0, e);

	if (rc == 0)
		rc = SQL_OPEN(&st, a->db, e, "SELECT state, epoch, board FROM runs WHERE run = ?",
			A_ID(out->id));
	if (rc != 0)
		return rc;
	rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_state_named(&out->state, sr_stmt_col_bytes(st, 0), e);
	if (rc == 0) {
		out->epoch = sr_stmt_col_int(st, 1);
		rc = sr_stmt_col_copy(st, 2, out->board, SR_ID, e);
	}
	sr_stmt_reset(st);
	if (rc == SR_NOTFOUND)
		return new_run(a, out, e);
	if (rc == 0 && sr_field_count(a->s, "board") > 0 &&
		(sr_field_id(named, a->s, "board", 0, e) != 0 ||
			memcmp(named, out->board, SR_ID) != 0))
		return sr_fail(e, SR_CORRUPT, "the run is of another board");
	return rc;
}

static int member_of(
	struct sr_apply *a, const struct run *r, struct sr_bytes person, struct sr_err *e) {
	int64_t member = 0;
	int rc = SQL_INT_OF(a->db, e, &member,
		"SELECT member FROM board_members WHERE board = ? AND epoch = ? AND person = ?",
		A_ID(r->board), A_INT(r->epoch), A_TEXT(person));

	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "%.*s is no member of the board of epoch %lld",
			(int)person.len, (const char *)person.p, (long long)r->epoch);
	return rc;
}

/* In a reshare the members of the epoch before deal who were chosen; else every member. */
static int dealer_of(
	struct sr_apply *a, const struct run *r, struct sr_bytes person, struct sr_err *e) {
	int64_t chosen = 0, is = 0;
	int rc = SQL_INT_OF(a->db, e, &chosen,
		"SELECT count(*) FROM board_dealers WHERE board = ? AND epoch = ?", A_ID(r->board),
		A_INT(r->epoch));

	if (rc != 0 || chosen == 0)
		return rc != 0 ? rc : member_of(a, r, person, e);
	rc = SQL_INT_OF(a->db, e, &is,
		"SELECT count(*) FROM board_dealers WHERE board = ? AND epoch = ? AND person = ?",
		A_ID(r->board), A_INT(r->epoch), A_TEXT(person));
	if (rc == 0 && is == 0)
		return sr_fail(e, SR_CORRUPT, "%.*s does not deal for epoch %lld", (int)person.len,
			(const char *)person.p, (long long)r->epoch);
	return rc;
}

/* A run begins only when those before it, for the same board, are void. */
static int no_run_open(struct sr_apply *a, const struct run *r, struct sr_err *e) {
	int64_t open = 0;
	int rc = SQL_INT_OF(a->db, e, &open,
		"SELECT count(*) FROM runs WHERE board = ? AND epoch = ? AND state != 'void'",
		A_ID(r->board), A_INT(r->epoch));

	if (rc == 0 && open != 0)
		return sr_fail(e, SR_CORRUPT,
			"a run of key generation begins while another one is not void");
	return rc;
}

/* Load the run, check the actor (a member, unless it is the service) and take the step. */
static int run_step(struct sr_apply *a, struct run *r, enum sr_event event, struct sr_err *e) {
	enum sr_state to = SR_S_NONE;
	int rc = load_run(a, r, e);

	if (rc == 0 && !a->s->by_service)
		rc = event == SR_E_DEAL || event == SR_E_REVEAL
			     ? dealer_of(a, r, sr_bytes_str(a->actor), e)
			     : member_of(a, r, sr_bytes_str(a->actor), e);
	if (rc == 0)
		rc = sr_state_step(&to, SR_M_RUN, r->state, event, e);
	if (rc == 0 && r->state == SR_S_NONE)
		rc = no_run_open(a, r, e);
	if (rc != 0)
		return rc;
	if (r->state == SR_S_NONE)
		return SQL_RUN(a->db, e,
			"INSERT INTO runs(run, board, number, epoch, state, entry)"
			" SELECT ?1, ?2, count(*) + 1, ?3, ?4, ?5 FROM runs WHERE board = ?2",
			A_ID(r->id), A_ID(r->board), A_INT(r->epoch), A_STR(sr_state_name(to)),
			A_INT(a->entry));
	return SQL_RUN(a->db, e, "UPDATE runs SET state = ? WHERE run = ?",
		A_STR(sr_state_name(to)), A_ID(r->id));
}

int sr_apply_object_subject(char out[SR_SUBJECT_TEXT], struct sr_db *db,
	const struct sr_statement *s, struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	uint8_t board[SR_ID], run[SR_ID];
	int64_t dealers = 0;
	int rc;

	out[0] = '\0';
	if (s->type->id == SR_T_INTAKE) { /* what files are called, and what they are */
		rc = sr_field_id(board, s, "item", 0, e);
		sr_hex(hex, board, SR_ID);
		snprintf(out, SR_SUBJECT_TEXT, "item:%s", hex);
		return rc;
	}
	if (s->type->id != SR_T_DEAL)
		return 0;
	rc = sr_field_id(board, s, "board", 0, e);
	if (rc == 0)
		rc = sr_field_id(run, s, "run", 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(db, e, &dealers,
			"SELECT count(d.person) FROM boards b LEFT JOIN board_dealers d ON"
			" d.board = b.board AND d.epoch = b.epoch + 1 WHERE b.board = ?"
			" GROUP BY b.board",
			A_ID(board));
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "there is no such board");
	if (rc != 0 || dealers == 0)
		return rc; /* the keys to be are new: nothing is handed on */
	sr_hex(hex, run, SR_ID);
	snprintf(out, SR_SUBJECT_TEXT, SR_CEREMONY_SUBJECT "%s", hex);
	return 0;
}

int sr_apply_deal(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg dealing, object;
	struct run r = {.epoch = 0};
	int rc = run_step(a, &r, SR_E_DEAL, e);

	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO deals(run, person, dealing, object, entry) VALUES(?, ?, ?, ?, ?)",
		A_ID(r.id), A_STR(a->actor), sr_arg_hash(a, "dealing", &dealing),
		sr_arg_hash(a, "deal", &object), A_INT(a->entry));
}

int sr_apply_accept(struct sr_apply *a, struct sr_err *e) {
	size_t count = sr_field_count(a->s, "board-key");
	struct sr_id_arg transcript, keys, shares;
	struct run r = {.epoch = 0};
	int rc = run_step(a, &r, SR_E_ACCEPT, e);

	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO accepts(run, person, transcript, keys, shares, entry)"
			" VALUES(?, ?, ?, ?, ?, ?)",
			A_ID(r.id), A_STR(a->actor), sr_arg_hash(a, "transcript", &transcript),
			sr_arg_hash(a, "keys", &keys), sr_arg_hash(a, "shares", &shares),
			A_INT(a->entry));
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint64_t level = 0;
		uint8_t key[SR_PK];
		rc = sr_field_level_key(&level, key, a->s, "board-key", i, e);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO accept_keys(run, person, level, key) VALUES(?,"
				" ?, ?, ?)",
				A_ID(r.id), A_STR(a->actor), A_U64(level), A_HASH(key));
	}
	return rc;
}

/* A member brings their own shares over to the key that they have now: the box is another one, the
 * shares inside are the same, which the member proves to themself alone. */
int sr_apply_share(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg run, board, keys, shares;
	int64_t fits = 0;
	int rc;

	(void)sr_arg_id(a, "run", &run);
	(void)sr_arg_id(a, "board", &board);
	rc = SQL_INT_OF(a->db, e, &fits,
		"SELECT count(*) FROM runs r JOIN accepts a ON a.run = r.run"
		" WHERE r.run = ? AND r.board = ? AND r.state = 'done' AND a.person = ?"
		" AND a.keys = ?",
		run.arg, board.arg, A_STR(a->actor), sr_arg_hash(a, "keys", &keys));
	if (rc == 0 && fits != 1)
		return sr_fail(e, SR_CORRUPT, "%s accepted no such keys of this board", a->actor);
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e, "UPDATE accepts SET shares = ? WHERE run = ? AND person = ?",
		sr_arg_hash(a, "shares", &shares), run.arg, A_STR(a->actor));
}

/* Every member that it names sat on the board then, and they were enough. */
int sr_apply_recover(struct sr_apply *a, struct sr_err *e) {
	const size_t count = sr_field_count(a->s, "member");
	struct sr_id_arg board, ask;
	int64_t quorum = 0;
	int rc;

	(void)sr_arg_id(a, "board", &board);
	rc = SQL_INT_OF(a->db, e, &quorum,
		"SELECT quorum FROM board_levels WHERE board = ? AND epoch = ? AND level = ?",
		board.arg, sr_arg_dec(a, "epoch"), sr_arg_dec(a, "level"));
	if (rc == SR_NOTFOUND || (rc == 0 && count < (size_t)quorum))
		return sr_fail(e, SR_CORRUPT, "%zu members, and the board wants %lld at that level",
			count, (long long)quorum);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "INSERT INTO recoveries(ask, entry) VALUES(?, ?)",
			sr_arg_hash(a, "ask", &ask), A_INT(a->entry));
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct sr_bytes person = sr_field(a->s, "member", i);
		int64_t sits = 0;

		rc = SQL_INT_OF(a->db, e, &sits,
			"SELECT count(*) FROM board_members WHERE board = ? AND epoch = ?"
			" AND person = ?",
			board.arg, sr_arg_dec(a, "epoch"), A_TEXT(person));
		if (rc == 0 && sits != 1)
			return sr_fail(e, SR_CORRUPT, "%.*s is no member of that board",
				(int)person.len, (const char *)person.p);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO recovery_members(ask, person) VALUES(?, ?)",
				sr_arg_hash(a, "ask", &ask), A_TEXT(person));
	}
	return rc;
}

int sr_apply_complaint(struct sr_apply *a, struct sr_err *e) {
	struct run r = {.epoch = 0};
	int rc = run_step(a, &r, SR_E_COMPLAINT, e);

	if (rc == 0)
		rc = dealer_of(a, &r, sr_field(a->s, "dealer", 0), e);
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO complaints(entry, run, person, dealer, level) VALUES(?, ?, ?, ?, ?)",
		A_INT(a->entry), A_ID(r.id), A_STR(a->actor), sr_arg_token(a, "dealer"),
		sr_arg_dec(a, "level"));
}

int sr_apply_reveal(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg ephemeral;
	struct run r = {.epoch = 0};
	int64_t asked = 0;
	int rc = run_step(a, &r, SR_E_REVEAL, e);

	if (rc == 0)
		rc = member_of(a, &r, sr_field(a->s, "member", 0), e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &asked,
			"SELECT count(*) FROM complaints WHERE run = ? AND person = ?"
			" AND dealer = ? AND level = ?",
			A_ID(r.id), sr_arg_token(a, "member"), A_STR(a->actor),
			sr_arg_dec(a, "level"));
	if (rc == 0 && asked == 0)
		return sr_fail(e, SR_CORRUPT, "%s answers a complaint that nobody made", a->actor);
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO reveals(entry, run, person, member, level, ephemeral) VALUES(?,"
		" ?, ?, ?, ?, ?)",
		A_INT(a->entry), A_ID(r.id), A_STR(a->actor), sr_arg_token(a, "member"),
		sr_arg_dec(a, "level"), sr_arg_key(a, "ephemeral", &ephemeral));
}

/* Each member of the board accepted this transcript and these keys. */
static int check_accepted(
	struct sr_apply *a, const struct run *r, size_t levels, struct sr_err *e) {
	struct sr_id_arg transcript, hash;
	int64_t members = 0, accepted = 0, keys = 0;
	int rc = SQL_INT_OF(a->db, e, &members,
		"SELECT count(*) FROM board_members WHERE board = ? AND epoch = ?", A_ID(r->board),
		A_INT(r->epoch));

	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &accepted,
			"SELECT count(*) FROM accepts WHERE run = ? AND transcript = ?"
			" AND keys = ?",
			A_ID(r->id), sr_arg_hash(a, "transcript", &transcript),
			sr_arg_hash(a, "keys", &hash));
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &keys,
			"SELECT count(*) FROM accept_keys k JOIN board_keys b ON b.level ="
			" k.level AND b.key = k.key"
			" WHERE k.run = ? AND b.board = ? AND b.epoch = ?",
			A_ID(r->id), A_ID(r->board), A_INT(r->epoch));
	if (rc != 0)
		return rc;
	if (members == 0 || accepted != members || keys != members * (int64_t)levels)
		return sr_fail(e, SR_CORRUPT,
			"%lld of %lld members accepted this transcript, %lld of %lld keys agree",
			(long long)accepted, (long long)members, (long long)keys,
			(long long)(members * (int64_t)levels));
	return 0;
}

/* Who is in the epoch that begins has the role `member` from now on; but nobody whose roles a
 * quorum ended while the board waited: it takes over without them. */
static int member_roles(struct sr_apply *a, const struct run *r, struct sr_err *e) {
	return SQL_RUN(a->db, e,
		"INSERT INTO roles(person, role, entry) SELECT b.person, 'member', ?3"
		" FROM board_members b WHERE b.board = ?1 AND b.epoch = ?2 AND NOT EXISTS"
		"(SELECT 1 FROM roles r WHERE r.person = b.person AND r.role = 'member' AND"
		" r.ended IS NULL) AND NOT EXISTS(SELECT 1 FROM standbys s WHERE s.board = ?1 AND"
		" s.epoch = ?2 AND " SR_SQL_ENDED("b.person", "s.entry") ")",
		A_ID(r->board), A_INT(r->epoch), A_INT(a->entry));
}

/* Who sits on no board any more loses the role; but who had a share of a key that items are left
 * under keeps it until `rekeyed`: nobody else can give pieces of them. A seat that a quorum ended,
 * and its board did not give again, is none, though that board lists it still. */
static int leavers_roles(struct sr_apply *a, const uint8_t board[SR_ID], struct sr_err *e) {
	return SQL_RUN(a->db, e,
		"UPDATE roles SET ended = ?2 WHERE role = 'member' AND ended IS NULL AND person IN"
		"(SELECT m.person FROM board_members m JOIN boards b ON b.board = m.board"
		" WHERE m.board = ?1 AND m.epoch < b.epoch)"
		" AND NOT EXISTS(SELECT 1 FROM board_members m JOIN boards b ON b.board = m.board"
		" WHERE m.person = roles.person AND (m.epoch = b.epoch OR EXISTS"
		"(SELECT 1 FROM epochs p WHERE p.board = m.board AND p.epoch = m.epoch AND"
		" p.base < b.rekeying AND p.epoch = (SELECT max(q.epoch) FROM epochs q"
		" WHERE q.board = p.board AND q.base = p.base)))"
		" AND " SR_SQL_SEATED("m.person", "m.board") ")",
		A_ID(board), A_INT(a->entry));
}

/* Open requests are the new members' to decide: votes of before are void, their pieces too. But to
 * seal items under a key before anew takes those who have shares of it, and what they gave counts
 * on: such requests stay in the last epoch of that key. */
#define DECIDED_ANEW                                                                            \
	" board = ?1 AND epoch < ?2 AND state = 'open' AND (request NOT IN"                     \
	" (SELECT request FROM requests WHERE kind = 'reseal') OR (SELECT p.base FROM epochs p" \
	" WHERE p.board = versions.board AND p.epoch = versions.epoch) = ?3)"

static int requests_anew(struct sr_apply *a, const struct run *r, int64_t base, struct sr_err *e) {
	int rc = SQL_RUN(a->db, e,
		"UPDATE votes SET ended = ?4 WHERE ended IS NULL AND v IN (SELECT v FROM versions"
		" WHERE" DECIDED_ANEW ")",
		A_ID(r->board), A_INT(r->epoch), A_INT(base), A_INT(a->entry));

	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e, "UPDATE versions SET epoch = ?2 WHERE" DECIDED_ANEW,
		A_ID(r->board), A_INT(r->epoch), A_INT(base));
}

/* The first epoch with the keys of ${epoch}, which opens: its own where every member dealt, that of
 * the epoch before where some of those handed theirs on. */
static int base_of(struct sr_apply *a, const struct run *r, int64_t *base, struct sr_err *e) {
	int64_t dealers = 0;
	int rc = SQL_INT_OF(a->db, e, &dealers,
		"SELECT count(*) FROM board_dealers WHERE board = ? AND epoch = ?", A_ID(r->board),
		A_INT(r->epoch));

	*base = r->epoch;
	if (rc == 0 && dealers > 0)
		rc = SQL_INT_OF(a->db, e, base,
			"SELECT base FROM epochs WHERE board = ? AND epoch = ? - 1", A_ID(r->board),
			A_INT(r->epoch));
	return rc;
}

/* --- a board that waits, and takes over --- */

/* Each member of the run's epoch accepted this transcript, and each key that the statement names.
 */
static int accepted_as_named(struct sr_apply *a, const struct run *r, struct sr_err *e) {
	struct sr_id_arg transcript, hash;
	int64_t members = 0, accepted = 0;
	int rc = SQL_INT_OF(a->db, e, &members,
		"SELECT count(*) FROM board_members WHERE board = ? AND epoch = ?", A_ID(r->board),
		A_INT(r->epoch));

	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &accepted,
			"SELECT count(*) FROM accepts WHERE run = ? AND transcript = ? AND"
			" keys = ?",
			A_ID(r->id), sr_arg_hash(a, "transcript", &transcript),
			sr_arg_hash(a, "keys", &hash));
	for (size_t i = 0; rc == 0 && accepted == members && i < sr_field_count(a->s, "board-key");
		i++) {
		uint64_t level = 0;
		uint8_t key[SR_PK];

		rc = sr_field_level_key(&level, key, a->s, "board-key", i, e);
		if (rc == 0)
			rc = SQL_INT_OF(a->db, e, &accepted,
				"SELECT count(*) FROM accept_keys WHERE run = ? AND level = ? AND"
				" key = ?",
				A_ID(r->id), A_U64(level), A_HASH(key));
	}
	if (rc == 0 && (members == 0 || accepted != members))
		return sr_fail(e, SR_CORRUPT, "%lld of %lld members accepted this",
			(long long)accepted, (long long)members);
	return rc;
}

int sr_apply_standby(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg keys, object;
	struct run r = {.epoch = 0};
	uint64_t epoch = 0;
	int rc = load_run(a, &r, e);

	if (rc == 0)
		rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);
	if (rc == 0 && (r.state != SR_S_DEALING || epoch != (uint64_t)r.epoch))
		rc = sr_fail(e, SR_CORRUPT, "a run for epoch %lld that is %s", (long long)r.epoch,
			sr_state_name(r.state));
	if (rc == 0)
		rc = accepted_as_named(a, &r, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE standbys SET waits = ?, run = ?, keys = ?, public = ? WHERE"
			" board = ? AND epoch = ? AND waits IS NULL",
			A_INT(a->entry), A_ID(r.id), sr_arg_hash(a, "keys", &keys),
			sr_arg_hash(a, "public", &object), A_ID(r.board), A_U64(epoch));
	if (rc == 0 && sr_db_changes(a->db) != 1)
		rc = sr_fail(e, SR_CORRUPT, "epoch %llu is not that of a standby board to come",
			(unsigned long long)epoch);
	if (rc == 0) /* of whomever it is: a quorum may have named others than the founders did */
		rc = SQL_RUN(a->db, e,
			"UPDATE vault SET standby_due = 0 WHERE substr(fingerprint, 1, ?) = ?",
			A_INT(SR_ID), A_ID(r.board));
	return rc;
}

/* As what the actor takes over: a member of the board that waits, else custodian, else auditor, and
 * once; again only where their word counts no more. */
int sr_apply_takeover(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg board, run, keys;
	uint64_t epoch = 0;
	int64_t waits = 0;
	int rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);

	if (rc != 0)
		return rc;
	rc = SQL_INT_OF(a->db, e, &waits,
		"SELECT count(*) FROM standbys s JOIN boards b ON b.board = s.board"
		" WHERE s.board = ? AND s.epoch = ? AND s.epoch = b.epoch + 1 AND s.run = ?"
		" AND s.keys = ? AND s.waits IS NOT NULL",
		sr_arg_id(a, "board", &board), A_U64(epoch), sr_arg_id(a, "run", &run),
		sr_arg_hash(a, "keys", &keys));
	if (rc == 0 && waits != 1)
		rc = sr_fail(e, SR_CORRUPT, "no standby board waits with these keys");
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO takeovers(board, epoch, person, role, entry)"
			" SELECT ?1, ?2, ?3, x.role, ?4 FROM (SELECT 1 AS o, 'member' AS role FROM"
			" board_members WHERE board = ?1 AND epoch = ?2 AND person = ?3"
			" UNION ALL SELECT CASE role WHEN 'custodian' THEN 2 ELSE 3 END, role FROM"
			" roles WHERE person = ?3 AND ended IS NULL AND role IN ('custodian',"
			" 'auditor') ORDER BY 1 LIMIT 1) x WHERE true ON CONFLICT(board, epoch,"
			" person) DO UPDATE SET role = excluded.role, entry = excluded.entry WHERE"
			" NOT " SR_SQL_COUNTS("takeovers"),
			A_ID(board.bytes), A_U64(epoch), A_STR(a->actor), A_INT(a->entry));
	if (rc == 0 && sr_db_changes(a->db) != 1)
		rc = sr_fail(e, SR_CORRUPT, "%s takes over nothing", a->actor);
	return rc;
}

/* An epoch that was dealt to a standby board begins only when enough say so. Whether each word
 * still counted is what clients and the audit judge: an opening that they refuse stops no replay.
 */
static int taken_over(struct sr_apply *a, const struct run *r, struct sr_err *e) {
	int64_t standby = 0, enough = 0;
	int rc = SQL_INT_OF(a->db, e, &standby,
		"SELECT count(*) FROM standbys WHERE board = ? AND epoch = ?", A_ID(r->board),
		A_INT(r->epoch));

	if (rc != 0 || standby == 0)
		return rc;
	rc = SQL_INT_OF(a->db, e, &enough, "SELECT " SR_SQL_ONCE_SAID("?1", "?2"), A_ID(r->board),
		A_INT(r->epoch));
	if (rc == 0 && enough != 1)
		rc = sr_fail(e, SR_CORRUPT, "the standby board has not taken over");
	return rc;
}

int sr_apply_opened(struct sr_apply *a, struct sr_err *e) {
	size_t count = sr_field_count(a->s, "board-key");
	struct sr_id_arg transcript, keys, object;
	uint64_t epoch = 0;
	int64_t current = 0, base = 0;
	struct run r = {.epoch = 0};
	int rc = run_step(a, &r, SR_E_OPENED, e);

	if (rc == 0)
		rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &current, "SELECT epoch FROM boards WHERE board = ?",
			A_ID(r.board));
	if (rc != 0)
		return rc;
	if (epoch != (uint64_t)current + 1 || epoch != (uint64_t)r.epoch)
		return sr_fail(e, SR_CORRUPT, "epoch %llu opened after %lld by a run for %lld",
			(unsigned long long)epoch, (long long)current, (long long)r.epoch);
	rc = taken_over(a, &r, e);
	if (rc == 0)
		rc = base_of(a, &r, &base, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO epochs(board, epoch, base, run, transcript, keys, public,"
			" entry) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
			A_ID(r.board), A_U64(epoch), A_INT(base), A_ID(r.id),
			sr_arg_hash(a, "transcript", &transcript), sr_arg_hash(a, "keys", &keys),
			sr_arg_hash(a, "public", &object), A_INT(a->entry));
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint64_t level = 0;
		uint8_t key[SR_PK];
		rc = sr_field_level_key(&level, key, a->s, "board-key", i, e);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO board_keys(board, epoch, level, key)"
				" VALUES(?, ?, ?, ?)",
				A_ID(r.board), A_U64(epoch), A_U64(level), A_HASH(key));
	}
	if (rc == 0)
		rc = check_accepted(a, &r, count, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE boards SET epoch = ?2, rekeying = CASE WHEN ?3 = ?2 AND ?2 > 1 THEN"
			" ?2 ELSE rekeying END WHERE board = ?1",
			A_ID(r.board), A_U64(epoch), A_INT(base));
	if (rc == 0)
		rc = member_roles(a, &r, e);
	if (rc == 0)
		rc = leavers_roles(a, r.board, e);
	return rc == 0 ? requests_anew(a, &r, base, e) : rc;
}

/* No item is left under a key before this one. */
int sr_apply_rekeyed(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg board;
	int64_t waits = 0, left = 0;
	int rc = SQL_INT_OF(a->db, e, &waits,
		"SELECT count(*) FROM boards WHERE board = ? AND rekeying = ?",
		sr_arg_id(a, "board", &board), sr_arg_dec(a, "epoch"));

	if (rc == 0 && waits != 1)
		return sr_fail(e, SR_CORRUPT, "the board has not begun with a new key");
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &left, "SELECT " SR_SQL_LEFT, board.arg);
	if (rc == 0 && left != 0)
		return sr_fail(e, SR_CORRUPT, "%lld items are left under a key before it",
			(long long)left);
	if (rc == 0)
		rc = SQL_RUN(
			a->db, e, "UPDATE boards SET rekeying = NULL WHERE board = ?", board.arg);
	return rc == 0 ? leavers_roles(a, board.bytes, e) : rc;
}

int sr_apply_confirm(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg board, keys;
	uint64_t epoch = 0;
	int64_t sits = 0;
	int rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);

	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &sits,
			"SELECT count(*) FROM boards b JOIN board_members m ON m.board = b.board"
			" WHERE b.board = ?1 AND m.epoch = ?2 AND m.person = ?4 AND"
			" (EXISTS(SELECT 1 FROM epochs p WHERE p.board = ?1 AND p.epoch = ?2 AND"
			" p.epoch = b.epoch AND p.keys = ?3) OR EXISTS(SELECT 1 FROM standbys y"
			" WHERE y.board = ?1 AND y.epoch = ?2 AND y.epoch = b.epoch + 1 AND"
			" y.waits IS NOT NULL AND y.keys = ?3))",
			sr_arg_id(a, "board", &board), A_U64(epoch), sr_arg_hash(a, "keys", &keys),
			A_STR(a->actor));
	if (rc != 0)
		return rc;
	if (sits == 0)
		return sr_fail(e, SR_CORRUPT, "%s has no share of epoch %llu under these keys",
			a->actor, (unsigned long long)epoch);
	return SQL_RUN(a->db, e,
		"INSERT INTO confirms(entry, board, epoch, person) VALUES(?, ?, ?, ?)",
		A_INT(a->entry), A_ID(board.bytes), A_U64(epoch), A_STR(a->actor));
}
