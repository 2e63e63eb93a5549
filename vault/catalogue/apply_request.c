/*
 * apply_request - effects of request, amend, room-key, join, comment, recuse, vote and withdraw.
 */
#include "catalogue/apply_in.h"
#include "catalogue/lists.h"
#include "catalogue/seals.h"

/* --- versions --- */

int sr_apply_version(struct sr_apply *a, struct sr_version *out, const uint8_t request[SR_ID],
	uint64_t version, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	char hex[2 * SR_ID + 1];
	int rc = SQL_OPEN(&st, a->db, e,
		"SELECT v.v, v.version, v.state, v.hash FROM versions v JOIN requests r ON"
		" r.request = v.request"
		" WHERE v.request = ?1 AND v.version = CASE ?2 WHEN 0 THEN r.newest ELSE ?2 END",
		A_ID(request), A_U64(version));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_state_named(&out->state, sr_stmt_col_bytes(st, 2), e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 3, out->hash, SR_HASH, e);
	if (rc == 0) {
		out->v = sr_stmt_col_int(st, 0);
		out->version = sr_stmt_col_int(st, 1);
	}
	sr_stmt_reset(st);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_hex(hex, request, SR_ID);
	return sr_fail(e, SR_CORRUPT, "there is no request %s version %llu", hex,
		(unsigned long long)version);
}

int sr_apply_version_said(struct sr_apply *a, struct sr_version *out, const uint8_t request[SR_ID],
	struct sr_err *e) {
	uint64_t version = 0;
	int rc = sr_field_dec(&version, a->s, "version", 0, e);

	if (rc == 0 && version == 0) /* would be the newest, whichever that is */
		return sr_fail(e, SR_CORRUPT, "version 0, versions begin with 1");
	return rc == 0 ? sr_apply_version(a, out, request, version, e) : rc;
}

int sr_apply_version_step(
	struct sr_apply *a, const struct sr_version *v, enum sr_event event, struct sr_err *e) {
	enum sr_state to = SR_S_NONE;
	int rc = sr_state_step(&to, SR_M_VERSION, v->state, event, e);

	if (rc != 0 || to == v->state)
		return rc;
	rc = SQL_RUN(a->db, e, "UPDATE versions SET state = ?, ended = ? WHERE v = ?",
		A_STR(sr_state_name(to)), A_INT(a->entry), A_INT(v->v));
	if (rc == 0 && event != SR_E_GRANT)
		rc = SQL_RUN(a->db, e,
			"UPDATE room_keys SET ended = ? WHERE v = ? AND ended IS NULL",
			A_INT(a->entry), A_INT(v->v));
	return rc;
}

int sr_apply_decided(struct sr_apply *a, struct sr_err *e) {
	uint8_t request[SR_ID];
	struct sr_version v = {.v = 0};
	int rc;

	if (sr_field_count(a->s, "request") == 0)
		return 0;
	rc = sr_field_id(request, a->s, "request", 0, e);
	if (rc == 0)
		rc = sr_apply_version(a, &v, request, 0, e);
	return rc == 0 ? sr_apply_version_step(a, &v, SR_E_DECIDED, e) : rc;
}

/* The version that the statement names by request and version. */
static int named_version(
	struct sr_apply *a, struct sr_version *v, uint8_t request[SR_ID], struct sr_err *e) {
	const int rc = sr_field_id(request, a->s, "request", 0, e);

	return rc == 0 ? sr_apply_version_said(a, v, request, e) : rc;
}

/* --- request and amend --- */

int sr_apply_items(
	struct sr_apply *a, int64_t v, uint64_t count, int64_t extension, struct sr_err *e) {
	/* Who asks to look asks for released items; an end, a referral or a new key may be of any.
	 */
	const struct sr_bytes kind = sr_field(a->s, "kind", 0);
	const bool looks = !sr_bytes_eq(kind, sr_bytes_str("destroy")) &&
			   !sr_bytes_eq(kind, sr_bytes_str("reseal")) &&
			   !sr_bytes_eq(kind, sr_bytes_str("referral"));
	struct sr_item_ref it = {.n = 0};
	struct sr_buf body;
	uint8_t root[SR_HASH] = {0}, want[SR_HASH] = {0};
	uint64_t signed_count = 0;
	int rc;

	sr_buf_init(&body);
	rc = sr_apply_list(a, "list", &body, e);
	if (rc == 0)
		rc = sr_request_list_check(sr_buf_view(&body), e);
	if (rc == 0)
		rc = sr_request_list_root(root, body.p, body.len / SR_ID, e);
	if (rc == 0)
		rc = sr_field_count_root(&signed_count, want, a->s, "items", e);
	if (rc == 0 && (signed_count != body.len / SR_ID || memcmp(root, want, SR_HASH) != 0))
		rc = sr_fail(e, SR_CORRUPT,
			"the list of %zu items is not the one that was signed (%llu items)",
			body.len / SR_ID, (unsigned long long)count);
	for (size_t i = 0; rc == 0 && i < body.len / SR_ID; i++) {
		rc = sr_apply_item(a, &it, body.p + i * SR_ID, e);
		if (rc == 0)
			rc = sr_apply_item_step(a, &it, looks ? SR_E_REQUEST : SR_E_ABOUT, e);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO request_items(v, n, extension) VALUES(?, ?, ?)",
				A_INT(v), A_INT(it.n), A_INT(extension));
	}
	sr_buf_free(&body);
	return rc;
}

static int add_lists(struct sr_apply *a, int64_t v, struct sr_err *e) {
	int rc = sr_apply_each(
		a, "form", "INSERT INTO request_forms(v, form) VALUES(?, ?)", A_INT(v), e);

	if (rc == 0)
		rc = sr_apply_each_at(a, "purpose",
			"INSERT INTO request_purposes(v, position, purpose) VALUES(?, ?, ?)",
			A_INT(v), e);
	if (rc == 0)
		rc = sr_apply_each_at(a, "role",
			"INSERT INTO request_roles(v, position, role) VALUES(?, ?, ?)", A_INT(v),
			e);
	if (rc == 0)
		rc = sr_apply_each(a, "person",
			"INSERT INTO request_people(v, person) VALUES(?, ?)", A_INT(v), e);
	return rc;
}

static int add_version(
	struct sr_apply *a, const uint8_t request[SR_ID], uint64_t version, struct sr_err *e) {
	struct sr_id_arg board, list, key, target, collection;
	uint8_t root[SR_HASH];
	uint64_t items = 0;
	int rc;

	if (sr_field_count(a->s, "items") != sr_field_count(a->s, "list"))
		return sr_fail(e, SR_CORRUPT, "lines items and list belong together");
	if (sr_field_count(a->s, "person") > SR_REQUEST_PEOPLE_MAX - 1)
		return sr_fail(e, SR_CORRUPT, "%zu co-applicants, at most %d",
			sr_field_count(a->s, "person"), SR_REQUEST_PEOPLE_MAX - 1);
	if (sr_field_count(a->s, "items") != 0 &&
		(rc = sr_field_count_root(&items, root, a->s, "items", e)) != 0)
		return rc;
	rc = SQL_RUN(a->db, e,
		"INSERT INTO versions(request, version, statement, hash, state, board, epoch,"
		" level, closes, ends, items, list, key,"
		" recipient, target, subject, collection, dedupe, card, entry, received)"
		" VALUES(?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		A_ID(request), A_U64(version), A_ID(a->s->head.id), A_HASH(a->s->hash),
		sr_arg_id(a, "board", &board), sr_arg_dec(a, "epoch"), sr_arg_dec(a, "level"),
		sr_arg_time(a, "closes"), sr_arg_time(a, "ends"), A_U64(items),
		sr_arg_hash(a, "list", &list), sr_arg_key(a, "key", &key),
		sr_arg_token(a, "recipient"), sr_arg_id(a, "target", &target),
		sr_arg_token(a, "subject"), sr_arg_id(a, "collection", &collection),
		sr_arg_token(a, "dedupe"), sr_arg_token(a, "card"), A_INT(a->entry),
		A_INT(a->en->received));
	if (rc != 0)
		return rc;
	int64_t v = sr_db_last_rowid(a->db);
	rc = add_lists(a, v, e);
	return rc == 0 && sr_field_count(a->s, "list") != 0 ? sr_apply_items(a, v, items, 0, e)
							    : rc;
}

int sr_apply_request(struct sr_apply *a, struct sr_err *e) {
	enum sr_state to = SR_S_NONE;
	uint8_t request[SR_ID];
	uint64_t version = 0;
	int rc = sr_field_id(request, a->s, "request", 0, e);

	if (rc == 0)
		rc = sr_field_dec(&version, a->s, "version", 0, e);
	if (rc == 0 && version != 1)
		return sr_fail(e, SR_CORRUPT, "a request begins with version 1, not %llu",
			(unsigned long long)version);
	if (rc == 0)
		rc = sr_state_step(&to, SR_M_VERSION, SR_S_NONE, SR_E_REQUEST, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO requests(request, kind, applicant, newest, entry)"
			" VALUES(?, ?, ?, 1, ?)",
			A_ID(request), sr_arg_token(a, "kind"), A_STR(a->actor), A_INT(a->entry));
	return rc == 0 ? add_version(a, request, version, e) : rc;
}

int sr_apply_amend(struct sr_apply *a, struct sr_err *e) {
	uint8_t request[SR_ID];
	uint64_t version = 0;
	int64_t same = 0;
	struct sr_version last = {.v = 0};
	int rc = sr_field_id(request, a->s, "request", 0, e);

	if (rc == 0)
		rc = sr_field_dec(&version, a->s, "version", 0, e);
	if (rc == 0)
		rc = sr_apply_version(a, &last, request, 0, e);
	if (rc != 0)
		return rc;
	if (version != (uint64_t)last.version + 1)
		return sr_fail(e, SR_CORRUPT, "version %llu after %lld",
			(unsigned long long)version, (long long)last.version);
	rc = SQL_INT_OF(a->db, e, &same,
		"SELECT count(*) FROM requests WHERE request = ? AND applicant = ? AND kind = ?",
		A_ID(request), A_STR(a->actor), sr_arg_token(a, "kind"));
	if (rc == 0 && same == 0)
		return sr_fail(e, SR_CORRUPT, "another applicant or kind than that of version 1");
	if (rc == 0)
		rc = sr_apply_version_step(a, &last, SR_E_AMEND, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE requests SET newest = ? WHERE request = ?",
			A_U64(version), A_ID(request));
	return rc == 0 ? add_version(a, request, version, e) : rc;
}

/* May what is granted on this version (topup: a live grant alone) take the event? */
static int grant_may(
	struct sr_apply *a, const struct sr_version *v, enum sr_event event, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	enum sr_state state = SR_S_NONE, to;
	int rc = SQL_OPEN(&st, a->db, e, "SELECT state FROM grants WHERE v = ?", A_INT(v->v));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_state_named(&state, sr_stmt_col_bytes(st, 0), e);
	sr_stmt_reset(st);
	return rc == 0 ? sr_state_step(&to, SR_M_GRANT, state, event, e) : rc;
}

/* The newest key of a version counts. A renewed one (after a restore) voids topups, which are
 * nothing but pieces for the key before; approvals stay approvals. */
int sr_apply_room_key(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg key;
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID], of[SR_HASH];
	int rc = named_version(a, &v, request, e);

	if (rc == 0)
		rc = sr_field_hash(of, a->s, "of", 0, e);
	if (rc == 0 && memcmp(of, v.hash, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "it is for another text than that of version %lld",
			(long long)v.version);
	if (rc == 0)
		rc = sr_apply_version_step(a, &v, SR_E_ROOM_KEY, e);
	if (rc == 0 && v.state == SR_S_GRANTED)
		rc = grant_may(a, &v, SR_E_ROOM_KEY, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO room_keys(v, key, entry) VALUES(?, ?, ?)"
			" ON CONFLICT(v) DO UPDATE SET key = excluded.key, entry = excluded.entry",
			A_INT(v.v), sr_arg_key(a, "key", &key), A_INT(a->entry));
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"UPDATE votes SET ended = ? WHERE v = ? AND decision = 'topup' AND ended IS NULL",
		A_INT(a->entry), A_INT(v.v));
}

/* The newest version of the request that the statement names. */
static int newest_version(
	struct sr_apply *a, struct sr_version *v, uint8_t request[SR_ID], struct sr_err *e) {
	int rc = sr_field_id(request, a->s, "request", 0, e);

	return rc == 0 ? sr_apply_version(a, v, request, 0, e) : rc;
}

int sr_apply_join(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg key;
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID];
	int64_t named = 0;
	int rc = newest_version(a, &v, request, e);

	if (rc == 0)
		rc = sr_apply_version_step(a, &v, SR_E_JOIN, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &named,
			"SELECT count(*) FROM request_people WHERE v = ? AND person = ?",
			A_INT(v.v), A_STR(a->actor));
	if (rc == 0 && named == 0)
		return sr_fail(e, SR_CORRUPT, "%s is not named in the request", a->actor);
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO joins(request, person, key, entry) VALUES(?, ?, ?, ?)", A_ID(request),
		A_STR(a->actor), sr_arg_key(a, "key", &key), A_INT(a->entry));
}

int sr_apply_comment(struct sr_apply *a, struct sr_err *e) {
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID];
	int rc = newest_version(a, &v, request, e);

	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e, "INSERT INTO comments(entry, request, person) VALUES(?, ?, ?)",
		A_INT(a->entry), A_ID(request), A_STR(a->actor));
}

int sr_apply_recuse(struct sr_apply *a, struct sr_err *e) {
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID];
	int rc = newest_version(a, &v, request, e);

	if (rc == 0)
		rc = sr_apply_version_step(a, &v, SR_E_RECUSE, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO recusals(request, person, entry) VALUES(?, ?, ?)",
			A_ID(request), A_STR(a->actor), A_INT(a->entry));
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"UPDATE votes SET ended = ? WHERE v = ? AND person = ? AND ended IS NULL",
		A_INT(a->entry), A_INT(v.v), A_STR(a->actor));
}

int sr_apply_withdraw(struct sr_apply *a, struct sr_err *e) {
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID];
	int rc = named_version(a, &v, request, e);

	return rc == 0 ? sr_apply_version_step(a, &v, SR_E_WITHDRAW, e) : rc;
}

/* --- votes --- */

static int vote_event(struct sr_apply *a, enum sr_event *event, struct sr_err *e) {
	static const struct {
		const char *word;
		enum sr_event event;
	} words[] = {
		{"approve", SR_E_VOTE},
		{"reject", SR_E_VOTE},
		{"correct", SR_E_CORRECT},
		{"topup", SR_E_TOPUP},
	};
	struct sr_bytes decision = sr_field(a->s, "decision", 0);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (sr_bytes_eq(decision, sr_bytes_str(words[i].word))) {
			*event = words[i].event;
			return 0;
		}
	}
	return sr_fail(e, SR_CORRUPT, "\"%.*s\" is no decision", (int)decision.len,
		(const char *)decision.p);
}

/* Pieces are for the room key of their version as it is when the vote comes. */
static int vote_room_key(struct sr_apply *a, const struct sr_version *v, struct sr_err *e) {
	struct sr_id_arg key;
	int64_t same = 0;
	int rc;

	if (sr_field_count(a->s, "room-key") == 0)
		return 0;
	rc = SQL_INT_OF(a->db, e, &same, "SELECT count(*) FROM room_keys WHERE v = ? AND key = ?",
		A_INT(v->v), sr_arg_key(a, "room-key", &key));
	if (rc == 0 && same == 0)
		return sr_fail(e, SR_CORRUPT,
			"its pieces are for another room key than that of version %lld",
			(long long)v->version);
	return rc;
}

/* And for the seals of the items of its list as they are then. */
static int vote_seals(
	struct sr_apply *a, const struct sr_version *v, int64_t extension, struct sr_err *e) {
	struct sr_version_seals now;
	uint8_t seals[SR_HASH];
	int rc;

	if (sr_field_count(a->s, "seals") == 0)
		return 0;
	rc = sr_field_hash(seals, a->s, "seals", 0, e);
	if (rc == 0)
		rc = sr_seals_read(&now, a->db, v->v, extension, e);
	if (rc == 0 && memcmp(seals, now.hash, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT,
			"its pieces are for other seals than those of the items of version %lld",
			(long long)v->version);
	return rc;
}

/* Which list its pieces are for; those of an extension come by topup alone. */
static int vote_extension(struct sr_apply *a, const struct sr_version *v, enum sr_event event,
	int64_t *extension, struct sr_err *e) {
	uint64_t number = 0;
	int64_t there = 0;
	int rc;

	*extension = 0;
	if (sr_field_count(a->s, "extension") == 0)
		return 0;
	rc = sr_field_dec(&number, a->s, "extension", 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &there,
			"SELECT count(*) FROM extensions WHERE v = ? AND number = ?", A_INT(v->v),
			A_U64(number));
	if (rc == 0 && (there == 0 || event != SR_E_TOPUP))
		return sr_fail(e, SR_CORRUPT, "it is no topup of an extension of version %lld",
			(long long)v->version);
	*extension = (int64_t)number;
	return rc;
}

int sr_apply_vote(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg bundle, pieces;
	enum sr_event event = SR_E_VOTE;
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID], hash[SR_HASH] = {0};
	uint64_t count = 0;
	int64_t extension = 0;
	int rc = vote_event(a, &event, e);

	if (rc == 0)
		rc = sr_field_id_hash(request, hash, a->s, "request", e);
	if (rc == 0)
		rc = sr_apply_version_said(a, &v, request, e);
	if (rc == 0 && memcmp(hash, v.hash, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "it is on another text than that of version %lld",
			(long long)v.version);
	if (rc == 0)
		rc = sr_apply_version_step(a, &v, event, e);
	if (rc == 0 && event == SR_E_TOPUP)
		rc = grant_may(a, &v, SR_E_TOPUP, e);
	if (rc == 0)
		rc = vote_room_key(a, &v, e);
	if (rc == 0)
		rc = vote_extension(a, &v, event, &extension, e);
	if (rc == 0)
		rc = vote_seals(a, &v, extension, e);
	if (rc == 0 && sr_field_count(a->s, "count") != 0)
		rc = sr_field_dec(&count, a->s, "count", 0, e);
	if (rc != 0)
		return rc;
	rc = SQL_RUN(a->db, e,
		"INSERT INTO votes(vote, v, person, decision, extension, epoch, ends,"
		" pieces_count, bundle, pieces, conditions, entry)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		A_ID(a->s->head.id), A_INT(v.v), A_STR(a->actor), sr_arg_token(a, "decision"),
		A_INT(extension), sr_arg_dec(a, "epoch"), sr_arg_time(a, "ends"), A_U64(count),
		sr_arg_hash(a, "bundle", &bundle), sr_arg_hash(a, "pieces", &pieces),
		A_U64(sr_field_count(a->s, "condition")), A_INT(a->entry));
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < sr_field_count(a->s, "form") && rc == 0; i++)
		rc = SR_LATE_ROW(&a->memo->late, a->db, SR_LATE_VOTE_FORMS, e, A_ID(a->s->head.id),
			A_TEXT(sr_field(a->s, "form", i)));
	if (rc != 0)
		return rc;
	return sr_apply_each(a, "training",
		"INSERT INTO vote_trainings(vote, training) VALUES(?, ?)", A_ID(a->s->head.id), e);
}
