/*
 * apply_grant - effects of grant, suspend, lift, revoke, close, lapse, checkouts and exports,
 * refuse, scrub, incident.
 *
 * A grant that ends (closed, expired, revoked) ends its room key and its live checkouts; one that
 * is suspended ends its checkouts only.
 */
#include "catalogue/apply_in.h"

struct grant {
	uint8_t id[SR_ID];
	int64_t v;
	enum sr_state state;
	char suspended_by[SR_PERSON_TEXT];
};

static int load_grant(struct sr_apply *a, struct grant *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	char hex[2 * SR_ID + 1];
	int rc = sr_field_id(out->id, a->s, "grant", 0, e);

	if (rc == 0)
		rc = SQL_OPEN(&st, a->db, e,
			"SELECT v, state, suspended_by FROM grants WHERE grant_id = ?",
			A_ID(out->id));
	if (rc != 0)
		return rc;
	rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_state_named(&out->state, sr_stmt_col_bytes(st, 1), e);
	if (rc == 0) {
		out->v = sr_stmt_col_int(st, 0);
		snprintf(out->suspended_by, sizeof out->suspended_by, "%s", sr_stmt_col_str(st, 2));
	}
	sr_stmt_reset(st);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_hex(hex, out->id, SR_ID);
	return sr_fail(e, SR_CORRUPT, "there is no grant %s", hex);
}

int sr_apply_end_checkouts(
	struct sr_apply *a, const char *column, struct sr_sql_arg which, struct sr_err *e) {
	char sql[160];

	snprintf(sql, sizeof sql,
		"UPDATE checkouts SET state = 'ended', ended = ? WHERE %s = ? AND ended IS NULL",
		column);
	return SQL_RUN(a->db, e, sql, A_INT(a->entry), which);
}

static int grant_step(
	struct sr_apply *a, const struct grant *g, enum sr_event event, struct sr_err *e) {
	enum sr_state to = SR_S_NONE;
	int rc = sr_state_step(&to, SR_M_GRANT, g->state, event, e);

	if (rc != 0 || (to == g->state && event != SR_E_SUSPEND_ANEW))
		return rc;
	rc = SQL_RUN(a->db, e,
		"UPDATE grants SET state = ?, suspended_by = ?, suspended = ?, ended = ?"
		" WHERE grant_id = ?",
		A_STR(sr_state_name(to)), to == SR_S_SUSPENDED ? A_STR(a->actor) : A_NULL(),
		to == SR_S_SUSPENDED ? A_INT(a->entry) : A_NULL(),
		sr_state_final(SR_M_GRANT, to) ? A_INT(a->entry) : A_NULL(), A_ID(g->id));
	if (rc == 0 && to != SR_S_LIVE)
		rc = sr_apply_end_checkouts(a, "grant_id", A_ID(g->id), e);
	if (rc == 0 && sr_state_final(SR_M_GRANT, to))
		rc = SQL_RUN(a->db, e,
			"UPDATE room_keys SET ended = ? WHERE v = ? AND ended IS NULL",
			A_INT(a->entry), A_INT(g->v));
	return rc;
}

/* Grants were made with votes of keys that had been lost since (apply_key.c), and stand in the log:
 * what such a grant rests on counts, as it did then. That none is made any more is for who decides
 * (board/decide.c), and for who replays it (audit/derive_grant.c), to see before it is applied. */
static int bring_back(struct sr_apply *a, const uint8_t vote[SR_ID], int64_t v, struct sr_err *e) {
	return SQL_RUN(a->db, e,
		"UPDATE votes SET ended = NULL WHERE vote = ? AND v = ? AND ended IN (SELECT entry"
		" FROM person_keys k WHERE k.person = votes.person) AND NOT EXISTS(SELECT 1 FROM"
		" votes w WHERE w.v = votes.v AND w.person = votes.person AND w.ended IS NULL)",
		A_ID(vote), A_INT(v));
}

/* Votes that a grant rests on: approvals of this version that are not void, of different members.
 */
static int add_votes(struct sr_apply *a, const uint8_t grant[SR_ID], int64_t v, struct sr_err *e) {
	size_t count = sr_field_count(a->s, "vote");
	int64_t again = 0;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		uint8_t vote[SR_ID];
		int64_t good = 0;
		rc = sr_field_id(vote, a->s, "vote", i, e);
		if (rc == 0)
			rc = bring_back(a, vote, v, e);
		if (rc == 0)
			rc = SQL_INT_OF(a->db, e, &good,
				"SELECT count(*) FROM votes WHERE vote = ? AND v = ? AND"
				" decision = 'approve' AND ended IS NULL",
				A_ID(vote), A_INT(v));
		if (rc == 0 && good == 0)
			return sr_fail(e, SR_CORRUPT,
				"line vote %zu is no valid approval of that version", i + 1);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO grant_votes(grant_id, position, vote) VALUES(?, ?, ?)",
				A_ID(grant), A_U64(i), A_ID(vote));
	}
	/* Without DISTINCT, for which SQLite makes a table. */
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &again,
			"SELECT count(*) FROM grant_votes g JOIN votes x ON x.vote = g.vote WHERE"
			" g.grant_id = ?1 AND EXISTS(SELECT 1 FROM grant_votes h JOIN votes y ON"
			" y.vote = h.vote WHERE h.grant_id = ?1 AND h.position < g.position AND"
			" y.person = x.person)",
			A_ID(grant));
	if (rc == 0 && again != 0)
		return sr_fail(e, SR_CORRUPT, "%zu votes of %lld members", count,
			(long long)count - (long long)again);
	return rc;
}

int sr_apply_grant(struct sr_apply *a, struct sr_err *e) {
	enum sr_state to = SR_S_NONE;
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID], id[SR_ID];
	int rc = sr_field_id(request, a->s, "request", 0, e);

	if (rc == 0)
		rc = sr_field_id(id, a->s, "grant", 0, e);
	if (rc == 0)
		rc = sr_apply_version_said(a, &v, request, e);
	if (rc == 0)
		rc = sr_apply_version_step(a, &v, SR_E_GRANT, e);
	if (rc == 0)
		rc = sr_state_step(&to, SR_M_GRANT, SR_S_NONE, SR_E_GRANT, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO grants(grant_id, v, right_to, ends, level, epoch,"
			" state, entry) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
			A_ID(id), A_INT(v.v), sr_arg_token(a, "right"), sr_arg_time(a, "ends"),
			sr_arg_dec(a, "level"), sr_arg_dec(a, "epoch"), A_STR(sr_state_name(to)),
			A_INT(a->entry));
	if (rc == 0)
		rc = sr_apply_each(a, "form",
			"INSERT INTO grant_forms(grant_id, form) VALUES(?, ?)", A_ID(id), e);
	if (rc == 0)
		rc = sr_apply_each(a, "training",
			"INSERT INTO grant_trainings(grant_id, training) VALUES(?, ?)", A_ID(id),
			e);
	if (rc == 0)
		rc = sr_apply_each(a, "person",
			"INSERT INTO grant_people(grant_id, person) VALUES(?, ?)", A_ID(id), e);
	return rc == 0 ? add_votes(a, id, v.v, e) : rc;
}

/* Who suspended a grant lifts it again. Where the vault has its own reason that is not theirs to
 * say, so its suspension takes the place of theirs. */
int sr_apply_suspend(struct sr_apply *a, struct sr_err *e) {
	struct grant g = {.v = 0};
	int rc = load_grant(a, &g, e);
	const bool anew = rc == 0 && a->s->by_service && g.state == SR_S_SUSPENDED;

	return rc == 0 ? grant_step(a, &g, anew ? SR_E_SUSPEND_ANEW : SR_E_SUSPEND, e) : rc;
}

int sr_apply_lift(struct sr_apply *a, struct sr_err *e) {
	struct grant g = {.v = 0};
	size_t grants = sr_field_count(a->s, "grant"), items = sr_field_count(a->s, "item");
	int rc;

	if (grants + items != 1 || items != sr_field_count(a->s, "flag"))
		return sr_fail(e, SR_CORRUPT, "it lifts a grant, or a flag of an item");
	if (items > 0) {
		rc = sr_apply_flag_end(a, SR_E_LIFT, e);
		return rc == 0 ? sr_apply_decided(a, e) : rc;
	}
	rc = load_grant(a, &g, e);
	if (rc == 0 && !a->s->by_service && strcmp(g.suspended_by, a->actor) != 0)
		return sr_fail(e, SR_CORRUPT, "%s lifts what %s suspended", a->actor,
			g.suspended_by[0] == '\0' ? "nobody" : g.suspended_by);
	if (rc == 0)
		rc = grant_step(a, &g, SR_E_LIFT, e);
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

int sr_apply_revoke(struct sr_apply *a, struct sr_err *e) {
	struct grant g = {.v = 0};
	int rc = load_grant(a, &g, e);

	if (rc == 0)
		rc = grant_step(a, &g, SR_E_REVOKE, e);
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

/* Only ever later: what makes a grant end sooner is its end. */
int sr_apply_renew(struct sr_apply *a, struct sr_err *e) {
	struct grant g = {.v = 0};
	int rc = load_grant(a, &g, e);

	if (rc == 0)
		rc = grant_step(a, &g, SR_E_RENEW, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE grants SET ends = ?1 WHERE grant_id = ?2 AND ends < ?1",
			sr_arg_time(a, "ends"), A_ID(g.id));
	if (rc == 0 && sr_db_changes(a->db) == 0)
		return sr_fail(e, SR_CORRUPT, "it renews a grant to an end that is not later");
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

/* Items that came later, under a live grant to look: no vote opens them before it is a topup of
 * this list. */
int sr_apply_extend(struct sr_apply *a, struct sr_err *e) {
	struct grant g = {.v = 0};
	struct sr_version v = {.v = 0};
	uint8_t request[SR_ID], root[SR_HASH];
	uint64_t number = 0, count = 0;
	int64_t looks = 0, last = 0;
	int rc = load_grant(a, &g, e);

	if (rc == 0)
		rc = grant_step(a, &g, SR_E_EXTEND, e);
	if (rc == 0)
		rc = sr_field_id(request, a->s, "request", 0, e);
	if (rc == 0)
		rc = sr_apply_version_said(a, &v, request, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &looks,
			"SELECT count(*) FROM grants g JOIN grant_people p ON p.grant_id ="
			" g.grant_id WHERE g.grant_id = ? AND g.right_to = 'access'"
			" AND p.person = ?",
			A_ID(g.id), A_STR(a->actor));
	if (rc == 0 && (looks == 0 || v.v != g.v))
		return sr_fail(e, SR_CORRUPT,
			"the grant is none of right access for %s on that version", a->actor);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &last,
			"SELECT coalesce(max(number), 0) FROM extensions WHERE v = ?", A_INT(g.v));
	if (rc == 0)
		rc = sr_field_dec(&number, a->s, "number", 0, e);
	if (rc == 0)
		rc = sr_field_count_root(&count, root, a->s, "items", e);
	if (rc == 0 && number != (uint64_t)last + 1)
		return sr_fail(e, SR_CORRUPT, "extension %llu after %lld",
			(unsigned long long)number, (long long)last);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO extensions(v, number, person, items, entry) VALUES(?, ?, ?, ?,"
			" ?)",
			A_INT(g.v), A_U64(number), A_STR(a->actor), A_U64(count), A_INT(a->entry));
	return rc == 0 ? sr_apply_items(a, g.v, count, (int64_t)number, e) : rc;
}

int sr_apply_close(struct sr_apply *a, struct sr_err *e) {
	struct grant g = {.v = 0};
	int rc = load_grant(a, &g, e);

	return rc == 0 ? grant_step(a, &g, SR_E_CLOSE, e) : rc;
}

/* --- checkouts --- */

struct checkout {
	uint8_t id[SR_ID];
	int64_t row; /* found by its id once */
	char person[SR_PERSON_TEXT];
	int64_t n;
	bool has_grant;
	uint8_t grant[SR_ID];
	enum sr_state state;
};

static int load_checkout(struct sr_apply *a, struct checkout *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	char hex[2 * SR_ID + 1];
	int rc = sr_field_id(out->id, a->s, "checkout", 0, e);

	if (rc == 0)
		rc = SQL_OPEN(&st, a->db, e,
			"SELECT person, n, grant_id, state, rowid FROM checkouts WHERE checkout ="
			" ?",
			A_ID(out->id));
	if (rc != 0)
		return rc;
	rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_state_named(&out->state, sr_stmt_col_bytes(st, 3), e);
	if (rc == 0) {
		snprintf(out->person, sizeof out->person, "%s", sr_stmt_col_str(st, 0));
		out->n = sr_stmt_col_int(st, 1);
		out->row = sr_stmt_col_int(st, 4);
		out->has_grant = !sr_stmt_col_is_null(st, 2);
		if (out->has_grant)
			rc = sr_stmt_col_copy(st, 2, out->grant, SR_ID, e);
	}
	sr_stmt_reset(st);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_hex(hex, out->id, SR_ID);
	return sr_fail(e, SR_CORRUPT, "there is no checkout %s", hex);
}

static int checkout_step(
	struct sr_apply *a, const struct checkout *c, enum sr_event event, struct sr_err *e) {
	enum sr_state to = SR_S_NONE;
	int rc = sr_state_step(&to, SR_M_CHECKOUT, c->state, event, e);

	if (rc != 0 || to == c->state)
		return rc;
	return SQL_RUN(a->db, e,
		"UPDATE checkouts SET state = ?, opened = opened | ?, ended = ? WHERE rowid = ?",
		A_STR(sr_state_name(to)), A_INT(to == SR_S_OPEN),
		sr_state_final(SR_M_CHECKOUT, to) ? A_INT(a->entry) : A_NULL(), A_INT(c->row));
}

/* A checkout under a grant: it is live, names the person, the item and the form. */
static int check_grant(struct sr_apply *a, int64_t n, struct sr_err *e) {
	enum sr_state to;
	struct grant g = {.v = 0};
	int64_t good = 0;
	int rc = load_grant(a, &g, e);

	if (rc == 0)
		rc = sr_state_step(&to, SR_M_GRANT, g.state, SR_E_CHECKOUT, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &good,
			"SELECT count(*) FROM grants g JOIN grant_people p ON p.grant_id ="
			" g.grant_id"
			" JOIN request_items i ON i.v = g.v WHERE g.grant_id = ? AND"
			" p.person = ? AND i.n = ?",
			A_ID(g.id), A_STR(a->actor), A_INT(n));
	if (rc == 0 && good == 0)
		return sr_fail(e, SR_CORRUPT, "the grant does not give this item to %s", a->actor);
	return rc;
}

int sr_apply_checkout(struct sr_apply *a, struct sr_err *e) {
	bool quarantine = sr_bytes_eq(sr_field(a->s, "right", 0), sr_bytes_str("quarantine"));
	bool referral = sr_bytes_eq(sr_field(a->s, "right", 0), sr_bytes_str("referral"));
	bool reseal = sr_bytes_eq(sr_field(a->s, "right", 0), sr_bytes_str("reseal"));
	enum sr_event event = quarantine ? SR_E_QUARANTINE
			      : referral ? SR_E_REFERRAL
					 : SR_E_CHECKOUT;
	struct sr_id_arg id, grant;
	enum sr_state to = SR_S_NONE;
	struct sr_item_ref it = {.n = 0};
	uint8_t item[SR_ID];
	int rc = sr_field_id(item, a->s, "item", 0, e);

	if (quarantine != (sr_field_count(a->s, "grant") == 0))
		return sr_fail(e, SR_CORRUPT, "%s",
			quarantine ? "quarantine needs no grant" : "no line grant");
	if (rc == 0)
		rc = sr_apply_item(a, &it, item, e);
	if (rc == 0)
		rc = sr_apply_item_step(a, &it, reseal ? SR_E_RESEAL : event, e);
	if (rc == 0 && !quarantine)
		rc = check_grant(a, it.n, e);
	if (rc == 0)
		rc = sr_state_step(&to, SR_M_CHECKOUT, SR_S_NONE, event, e);
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO checkouts(checkout, person, n, grant_id, right_to, form, state,"
		" opened, begun, entry)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
		sr_arg_id(a, "checkout", &id), A_STR(a->actor), A_INT(it.n),
		sr_arg_id(a, "grant", &grant), sr_arg_token(a, "right"), sr_arg_token(a, "form"),
		A_STR(sr_state_name(to)), A_INT(a->en->received), A_INT(a->entry));
}

int sr_apply_viewed(struct sr_apply *a, struct sr_err *e) {
	struct sr_bytes what = sr_field(a->s, "event", 0);
	enum sr_event event = sr_bytes_eq(what, sr_bytes_str("open"))   ? SR_E_VIEWED_OPEN
			      : sr_bytes_eq(what, sr_bytes_str("shut")) ? SR_E_VIEWED_SHUT
									: SR_E_VIEWED;
	struct checkout c = {.n = 0};
	int rc = load_checkout(a, &c, e);

	if (rc == 0)
		rc = checkout_step(a, &c, event, e);
	if (rc != 0)
		return rc;
	return SR_LATE_ROW(&a->memo->late, a->db, SR_LATE_VIEWS, e, A_INT(a->entry), A_ID(c.id),
		A_TEXT(what), A_U64(sr_field_count(a->s, "file")), sr_arg_token(a, "form"));
}

int sr_apply_return(struct sr_apply *a, struct sr_err *e) {
	struct checkout c = {.n = 0};
	int rc = load_checkout(a, &c, e);

	if (rc == 0 && strcmp(c.person, a->actor) != 0)
		return sr_fail(e, SR_CORRUPT, "%s returns what %s checked out", a->actor, c.person);
	return rc == 0 ? checkout_step(a, &c, SR_E_RETURN, e) : rc;
}

int sr_apply_export(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg sha256;
	struct sr_item_ref it = {.n = 0};
	struct checkout c = {.n = 0};
	uint8_t item[SR_ID], grant[SR_ID];
	int rc = load_checkout(a, &c, e);

	if (rc == 0)
		rc = sr_field_id(item, a->s, "item", 0, e);
	if (rc == 0)
		rc = sr_field_id(grant, a->s, "grant", 0, e);
	if (rc == 0)
		rc = sr_apply_item(a, &it, item, e);
	if (rc != 0)
		return rc;
	if (it.n != c.n || !c.has_grant || memcmp(grant, c.grant, SR_ID) != 0)
		return sr_fail(e, SR_CORRUPT, "item or grant is not that of the checkout");
	if ((rc = checkout_step(a, &c, SR_E_EXPORT, e)) != 0 ||
		(rc = sr_apply_item_step(a, &it, SR_E_EXPORT, e)) != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO exports(entry, checkout, grant_id, n, recipient, bytes, sha256)"
		" VALUES(?, ?, ?, ?, ?, ?, ?)",
		A_INT(a->entry), A_ID(c.id), A_ID(grant), A_INT(it.n), sr_arg_token(a, "recipient"),
		sr_arg_dec(a, "bytes"), sr_arg_hash(a, "sha256", &sha256));
}

/* --- what the vault itself notes --- */

int sr_apply_lapse(struct sr_apply *a, struct sr_err *e) {
	struct sr_bytes what = sr_field(a->s, "what", 0);
	uint8_t request[SR_ID];
	struct sr_version v = {.v = 0};
	struct checkout c = {.n = 0};
	struct grant g = {.v = 0};
	int rc;

	if (sr_bytes_eq(what, sr_bytes_str("request"))) {
		if ((rc = sr_field_id(request, a->s, "request", 0, e)) != 0 ||
			(rc = sr_apply_version_said(a, &v, request, e)) != 0)
			return rc;
		return sr_apply_version_step(a, &v, SR_E_LAPSE, e);
	}
	if (sr_bytes_eq(what, sr_bytes_str("grant"))) {
		rc = load_grant(a, &g, e);
		return rc == 0 ? grant_step(a, &g, SR_E_LAPSE, e) : rc;
	}
	if (sr_bytes_eq(what, sr_bytes_str("checkout"))) {
		rc = load_checkout(a, &c, e);
		return rc == 0 ? checkout_step(a, &c, SR_E_LAPSE, e) : rc;
	}
	if (sr_bytes_eq(what, sr_bytes_str("embargo")))
		return sr_apply_flag_end(a, SR_E_LAPSE, e);
	if (sr_bytes_eq(what, sr_bytes_str("attestation")))
		return sr_apply_attest_lapse(a, e);
	return sr_fail(e, SR_CORRUPT,
		"what lapses is \"%.*s\", want request, grant, checkout, embargo or attestation",
		(int)what.len, (const char *)what.p);
}

/* A refused request that names request and version ends that version; every other refusal is only
 * noted. */
int sr_apply_refuse(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg request, grant, item;
	struct sr_version v = {.v = 0};
	int rc = 0;

	(void)sr_arg_id(a, "request", &request);
	if (sr_bytes_eq(sr_field(a->s, "what", 0), sr_bytes_str("request")) &&
		sr_field_count(a->s, "request") != 0 && sr_field_count(a->s, "version") != 0) {
		rc = sr_apply_version_said(a, &v, request.bytes, e);
		if (rc == 0)
			rc = sr_apply_version_step(a, &v, SR_E_REFUSE, e);
	}
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO refusals(entry, what, person, request, version, grant_id, item,"
		" rule) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		A_INT(a->entry), sr_arg_token(a, "what"), sr_arg_token(a, "person"), request.arg,
		sr_arg_dec(a, "version"), sr_arg_id(a, "grant", &grant),
		sr_arg_id(a, "item", &item), sr_arg_token(a, "rule"));
}

int sr_apply_scrub(struct sr_apply *a, struct sr_err *e) {
	return SQL_RUN(a->db, e,
		"INSERT INTO scrubs(entry, packs, objects, envelopes, bad, result) VALUES(?,"
		" ?, ?, ?, ?, ?)",
		A_INT(a->entry), sr_arg_dec(a, "packs"), sr_arg_dec(a, "objects"),
		sr_arg_dec(a, "envelopes"), sr_arg_dec(a, "bad"), sr_arg_token(a, "result"));
}

/* An incident that names a vote makes it void: one of its pieces failed its proof. */
int sr_apply_incident(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg vote, request, item, grant, set;
	int rc = 0;

	if (sr_field_count(a->s, "vote") != 0) {
		rc = SQL_RUN(a->db, e,
			"UPDATE votes SET ended = ? WHERE vote = ? AND ended IS NULL",
			A_INT(a->entry), sr_arg_id(a, "vote", &vote));
		if (rc == 0 && sr_db_changes(a->db) == 0)
			return sr_fail(e, SR_CORRUPT,
				"it names a vote that is not there, or void already");
	}
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO incidents(entry, what, person, vote, request, item, grant_id,"
		" policy_set) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		A_INT(a->entry), sr_arg_token(a, "what"), sr_arg_token(a, "person"),
		sr_arg_id(a, "vote", &vote), sr_arg_id(a, "request", &request),
		sr_arg_id(a, "item", &item), sr_arg_id(a, "grant", &grant),
		sr_arg_hash(a, "set", &set));
}
