/*
 * stopped - what the service ends, stops or voids by itself: nobody votes on it, so the entries
 * before it must hold its cause. Causes are looked for where statements stand (tables entries and
 * subjects), not in the tables that whoever decides goes by (board/door.c, board/follow_people.c).
 *
 *   lapse, by `what`
 *     embargo, attestation   its date
 *     checkout               eight hours; ten minutes while it was not opened
 *     request                its closing date; nothing is left of its items; who asked was ended
 *                            since, or they or a co-applicant have another key than its pieces are
 *                            sealed to
 *     grant                  its end; nothing is left of its items; who alone reads under it has
 *                            another key
 *   suspend                  somebody whom it names was ended since, or has another key; once: not
 *                            again after the vault suspended it for that, or the board lifted it
 *   incident with a vote     who had a checkout under its grant opened it, and the piece for that
 *                            item failed its proof (which the room alone can ask). Of an open
 *                            request nobody opens anything: there no vote is voided like that
 *   room-key                 directly behind its request; anew once for each restore, whose backup
 *                            had none. A new one makes pieces of before worthless
 */
#include "audit/audit_in.h"

#include "base/limits.h"
#include "base/time.h"

enum {
	/* Where witnesses are asked their clocks count too, so what lapses may be due by them
	 * alone: ahead of a clock of ours that was set back. */
	EARLY_S = 86400
};

/* There is a statement of these types about the person, younger than entry ${since}. */
#define SAID_OF(person, since, types)                                            \
	"EXISTS(SELECT 1 FROM subjects u JOIN entries n ON n.entry = u.entry"    \
	" WHERE u.value = " person " AND u.what = 'person' AND u.entry > " since \
	" AND n.type IN (" types "))"
#define OTHER_KEY(person, since) SAID_OF(person, since, "'person-key'")
#define GONE(person, since) SAID_OF(person, since, "'person-end', 'person-key'")

/* Of version v of request q: who asked is gone; a co-applicant who joined has another key. */
#define ASKER_GONE GONE("q.applicant", "v.entry")
#define JOINED_KEY                                                                        \
	"EXISTS(SELECT 1 FROM request_people p JOIN joins j ON j.request = v.request AND" \
	" j.person = p.person WHERE p.v = v.v AND " OTHER_KEY(                            \
		"p.person", "max(j.entry, v.entry)") ")"

/* Of grant g, its reader p. */
#define READER_KEY OTHER_KEY("p.person", "g.entry")

/* The latest time by which the vault may have judged what is due. */
static int latest(int64_t *out, struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	bool asked = false;
	const int rc = audit_witnessed_asked(&asked, a, e);

	*out = en->received + (asked ? EARLY_S : 0);
	return rc;
}

/* A version names items, and all of them are destroyed. */
static int nothing_left(bool *out, struct sr_audit *a, const uint8_t request[SR_ID],
	uint64_t version, struct sr_err *e) {
	return AUDIT_IS(out, a, e,
		"SELECT count(*) > 0 AND sum(i.state <> 'destroyed') = 0 FROM versions v"
		" JOIN request_items r ON r.v = v.v JOIN items i ON i.n = r.n"
		" WHERE v.request = ? AND v.version = ?",
		A_ID(request), A_U64(version));
}

/* Of what is not there, or has ended already: applying it says so. */
static int not_there(struct sr_err *e) {
	sr_err_clear(e);
	return 0;
}

/* --- lapse ------------------------------------------------------------------------------------ */

static int early(struct sr_audit *a, const struct sr_entry *en, int64_t ends, const char *more,
	struct sr_err *e) {
	char text[SR_TIME_TEXT] = "";

	if (ends != 0)
		sr_time_format(text, ends);
	return audit_found(a, en, "early", "what", e,
		"the service ended what stands until %s: nobody had ended it, and it was not due%s",
		ends != 0 ? text : "somebody ends it", more);
}

/* An embargo, or what somebody attested, ends by itself at its date and not before. */
static int lapse_dated(
	struct sr_audit *a, const struct sr_entry *en, bool embargo, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	struct sr_attestation_row attested = {.ends = 0};
	struct sr_flag_row flag = {.ends = 0};
	int64_t due = 0;
	uint8_t id[SR_ID];
	int rc;

	if (sr_field_id(id, s, embargo ? "flag" : "attestation", 0, NULL) != 0)
		return 0; /* applying it says so */
	rc = embargo ? sr_query_flag(&flag, a->cat, id, e)
		     : sr_query_attestation(&attested, a->cat, id, e);
	const int64_t ends = embargo ? flag.ends : attested.ends;
	sr_flag_row_free(&flag);
	sr_attestation_row_free(&attested);
	if (rc == 0)
		rc = latest(&due, a, en, e);
	if (rc == SR_NOTFOUND)
		return not_there(e);
	return rc != 0 || (ends != 0 && ends <= due) ? rc : early(a, en, ends, "", e);
}

static int lapse_checkout(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_checkout_row c = {.begun = 0};
	int64_t due = 0, ends = 0;
	uint8_t id[SR_ID];
	int rc;

	if (sr_field_id(id, &en->statement, "checkout", 0, NULL) != 0)
		return 0; /* applying it says so */
	rc = sr_query_checkout(&c, a->cat, id, e);
	if (rc == 0)
		rc = latest(&due, a, en, e);
	if (rc == SR_NOTFOUND)
		return not_there(e);
	ends = c.begun + (c.was_opened ? (int64_t)SR_CHECKOUT_HOURS * 3600
				       : (int64_t)SR_CHECKOUT_OPEN_MIN * 60);
	return rc != 0 || ends <= due ? rc : early(a, en, ends, "", e);
}

/* Is who asked for it gone, or has somebody of it another key than its pieces are sealed to? */
static int asker_gone(
	bool *out, struct sr_audit *a, const struct sr_version_row *v, struct sr_err *e) {
	return AUDIT_IS(out, a, e,
		"SELECT v.key NOT NULL AND (" ASKER_GONE " OR " JOINED_KEY ")"
		" FROM versions v JOIN requests q ON q.request = v.request"
		" WHERE v.request = ? AND v.version = ?",
		A_ID(v->request), A_INT(v->version));
}

static int lapse_request(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_version_row v = {.closes = 0};
	bool none = false, gone = false;
	int64_t due = 0;
	uint8_t id[SR_ID];
	uint64_t version = 0;
	int rc;

	if (sr_field_id(id, &en->statement, "request", 0, NULL) != 0 ||
		sr_field_dec(&version, &en->statement, "version", 0, NULL) != 0 || version == 0 ||
		version > UINT32_MAX)
		return 0; /* applying it says so */
	rc = sr_query_version(&v, a->cat, id, (uint32_t)version, e);
	if (rc == SR_NOTFOUND)
		return not_there(e);
	if (rc == 0)
		rc = latest(&due, a, en, e);
	if (rc == 0)
		rc = nothing_left(&none, a, id, version, e);
	if (rc == 0)
		rc = asker_gone(&gone, a, &v, e);
	if (rc == 0 && !none && !gone && (v.closes == 0 || v.closes > due))
		rc = early(a, en, v.closes,
			v.has_key ? "; who asked is there, with the same key, and so is what they "
				    "asked for"
				  : "; and what it is about is there",
			e);
	sr_version_row_free(&v);
	return rc;
}

static int lapse_grant(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_grant_row g = {.ends = 0};
	bool none = false, other_key = false;
	int64_t due = 0;
	uint8_t id[SR_ID];
	int rc;

	if (sr_field_id(id, &en->statement, "grant", 0, NULL) != 0)
		return 0; /* applying it says so */
	rc = sr_query_grant(&g, a->cat, id, e);
	if (rc == SR_NOTFOUND)
		return not_there(e);
	if (rc == 0)
		rc = latest(&due, a, en, e);
	if (rc == 0)
		rc = nothing_left(&none, a, g.request, g.version, e);
	if (rc == 0)
		rc = AUDIT_IS(&other_key, a, e,
			"SELECT count(*) = 1 AND sum(" READER_KEY ") = 1 FROM grants g"
			" JOIN grant_people p ON p.grant_id = g.grant_id WHERE g.grant_id = ?",
			A_ID(id));
	if (rc == 0 && !none && !other_key && g.ends > due)
		rc = early(a, en, g.ends, "; what it gives is there, and who reads under it", e);
	sr_grant_row_free(&g);
	return rc;
}

static int lapse(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_bytes what = sr_field(&en->statement, "what", 0);

	if (sr_bytes_eq(what, sr_bytes_str("embargo")))
		return lapse_dated(a, en, true, e);
	if (sr_bytes_eq(what, sr_bytes_str("attestation")))
		return lapse_dated(a, en, false, e);
	if (sr_bytes_eq(what, sr_bytes_str("checkout")))
		return lapse_checkout(a, en, e);
	if (sr_bytes_eq(what, sr_bytes_str("request")))
		return lapse_request(a, en, e);
	if (sr_bytes_eq(what, sr_bytes_str("grant")))
		return lapse_grant(a, en, e);
	return 0; /* applying it says so */
}

/* --- suspend ---------------------------------------------------------------------------------- */

/* The last entry with which the vault suspended the grant or a quorum lifted that; else the grant
 * itself. What was before it has had its effect. (Bounded, and so found by what it is about: of
 * entries by the service half a log is made.) */
static int settled(
	uint64_t *out, struct sr_audit *a, const struct sr_grant_row *g, struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	int64_t n = 0;
	int rc;

	sr_hex(hex, g->id, SR_ID);
	rc = SQL_INT_OF(sr_catalogue_db(a->cat), e, &n,
		"SELECT coalesce(max(u.entry), ?2) FROM subjects u JOIN entries n ON n.entry ="
		" u.entry WHERE u.value = ?1 AND u.entry > ?2 AND u.what = 'grant' AND n.type IN"
		" ('suspend', 'lift') AND n.actor = 'service'",
		A_STR(hex), A_U64(g->entry));
	*out = (uint64_t)n;
	return rc;
}

static int suspend(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_grant_row g = {.entry = 0};
	uint64_t since = 0;
	bool gone = false;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, &en->statement, "grant", 0, e);

	if (rc == 0)
		rc = sr_query_grant(&g, a->cat, id, e);
	if (rc == SR_NOTFOUND)
		return not_there(e);
	if (rc == 0)
		rc = settled(&since, a, &g, e);
	if (rc == 0)
		rc = AUDIT_IS(&gone, a, e,
			"SELECT count(*) FROM grant_people p WHERE p.grant_id = ?1"
			" AND " GONE("p.person", "?2"),
			A_ID(id), A_U64(since));
	if (rc == 0 && !gone)
		rc = audit_found(a, en, "cause", "grant", e,
			"the service suspended a grant, and since entry %llu, which %s, nobody "
			"whom it names was ended or has another key",
			(unsigned long long)since,
			since == g.entry ? "gave it" : "settled what was before");
	sr_grant_row_free(&g);
	return rc;
}

/* --- incident, room-key ----------------------------------------------------------------------- */

static int voided(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	uint8_t vote[SR_ID], grant[SR_ID], item[SR_ID], request[SR_ID];
	bool opened = false;
	int rc = 0;

	if (sr_field_count(s, "vote") == 0)
		return 0;
	if (sr_field_id(vote, s, "vote", 0, NULL) == 0 &&
		sr_field_id(grant, s, "grant", 0, NULL) == 0 &&
		sr_field_id(item, s, "item", 0, NULL) == 0 &&
		sr_field_id(request, s, "request", 0, NULL) == 0)
		rc = AUDIT_IS(&opened, a, e,
			"SELECT count(*) FROM votes x JOIN versions v ON v.v = x.v JOIN grants g ON"
			" g.v = x.v JOIN checkouts k ON k.grant_id = g.grant_id JOIN items i ON"
			" i.n = k.n JOIN request_items r ON r.v = x.v AND r.n = i.n WHERE"
			" x.vote = ? AND x.bundle NOT NULL AND r.extension = x.extension AND"
			" x.person = ? AND g.grant_id = ? AND i.item = ? AND v.request = ? AND"
			" k.ended IS NULL",
			A_ID(vote), A_TEXT(sr_field(s, "person", 0)), A_ID(grant), A_ID(item),
			A_ID(request));
	if (rc != 0 || opened)
		return rc;
	return audit_found(a, en, "cause", "vote", e,
		"the service made a vote void, and there is no checkout that could have opened a "
		"piece of it");
}

static int room_key(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	struct sr_version_row v = {.version = 0};
	uint8_t id[SR_ID];
	uint64_t version = 0;
	bool restored = false;
	int rc;

	if (sr_field_id(id, s, "request", 0, NULL) != 0 ||
		sr_field_dec(&version, s, "version", 0, NULL) != 0 || version == 0 ||
		version > UINT32_MAX)
		return 0; /* applying it says so */
	rc = sr_query_version(&v, a->cat, id, (uint32_t)version, e);
	if (rc == SR_NOTFOUND)
		return not_there(e);
	if (rc == 0 && v.has_room_key)
		rc = AUDIT_IS(&restored, a, e,
			"SELECT count(*) FROM incidents WHERE what = 'restored' AND entry > ?",
			A_U64(v.room_key_entry));
	if (rc == 0 && v.has_room_key && !restored)
		rc = audit_found(a, en, "cause", "key", e,
			"the room key of entry %llu was replaced, so pieces for it open nothing, "
			"and no backup was restored since",
			(unsigned long long)v.room_key_entry);
	else if (rc == 0 && !v.has_room_key && (!v.has_key || v.entry != en->index - 1))
		rc = audit_found(a, en, "cause", "key", e,
			"it does not stand directly behind a request that takes a room key");
	sr_version_row_free(&v);
	return rc;
}

int audit_stopped(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	switch ((int)en->statement.type->id) {
	case SR_T_LAPSE:
		return lapse(a, en, e);
	case SR_T_SUSPEND:
		return suspend(a, en, e);
	case SR_T_INCIDENT:
		return voided(a, en, e);
	case SR_T_ROOM_KEY:
		return room_key(a, en, e);
	default:
		return 0;
	}
}
