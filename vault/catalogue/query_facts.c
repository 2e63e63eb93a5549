/*
 * query_facts - what rules are asked with and cannot count themselves: who sits where, what the
 * items of a request are like together, what stands between a voter and a request, how votes stand,
 * what somebody opened lately. See facts.h.
 */
#include "catalogue/conflict.h"
#include "catalogue/facts.h"
#include "catalogue/query_in.h"
#include "catalogue/standby.h"

/* 9999-12-31T23:59:59Z: until when stands what has no end; the last second that texts can say. */
#define END_OF_TIME "253402300799"

#define SEATED SR_SQL_SEATED("m.person", "m.board")

enum {
	/* A checkout is live so long at most; the vault may be slow to end it. */
	LIVE_S = (SR_CHECKOUT_HOURS + 1) * 3600
};

int sr_query_seats(uint8_t **ids, size_t *count, struct sr_catalogue *c, const char *person,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	uint8_t(*l)[SR_ID] = NULL;
	bool row = false;
	size_t n = 0;
	int rc = SQL_OPEN(&st, sr_catalogue_db(c), e,
		"SELECT b.board FROM board_members m JOIN boards b ON b.board = m.board AND"
		" b.epoch = m.epoch WHERE m.person = ?1 AND " SEATED " ORDER BY b.board",
		A_STR(person));

	if (rc != 0)
		return rc;
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l, &n, sizeof *l, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 0, l[n - 1], SR_ID, e);
	}
	sr_stmt_reset(st);
	if (rc != 0) {
		free(l);
		return rc;
	}
	*ids = (uint8_t *)l;
	*count = n;
	return 0;
}

/* --- items together --- */

static void add_state(struct sr_items_facts *f, const char *state) {
	f->held = f->held || strcmp(state, "held") == 0;
	f->released = f->released || strcmp(state, "released") == 0;
	f->destroyed = f->destroyed || strcmp(state, "destroyed") == 0;
}

static void add_flags(struct sr_items_facts *f, unsigned flags) {
	const bool referral = (flags & SR_ITEM_REFERRAL) != 0;

	f->all_referral = (f->count == 0 || f->all_referral) && referral;
	f->any_referral = f->any_referral || referral;
	f->any_sealed = f->any_sealed || (flags & SR_ITEM_SEALED) != 0;
	f->any_hold = f->any_hold || (flags & SR_ITEM_HOLD) != 0;
	f->count++;
}

/* Rows of hazards into the tokens: each once, in byte order. */
static int add_hazards(struct sr_items_facts *f, struct sr_stmt *st, struct sr_err *e) {
	bool row = false;
	int rc = 0;

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		const char *word = sr_stmt_col_str(st, 0);
		const size_t have = strlen(f->hazards);
		char before[sizeof f->hazards], after[2 * sizeof f->hazards];
		size_t at = 0;

		if (sr_token_in(f->hazards, word))
			continue;
		if (have + strlen(word) + 2 > sizeof f->hazards)
			return sr_fail(e, SR_CORRUPT, "items: more hazards than there are terms");
		memcpy(before, f->hazards, have + 1);
		while (before[at] != '\0') { /* to the first that comes after it */
			const size_t n = strcspn(before + at, " ");

			if (sr_bytes_cmp(sr_bytes_of(before + at, n), sr_bytes_str(word)) > 0)
				break;
			at += n + (before[at + n] == ' ');
		}
		snprintf(after, sizeof after, "%.*s%s%s%s%s", (int)at, before,
			at > 0 && before[at - 1] != ' ' ? " " : "", word,
			before[at] != '\0' ? " " : "", before + at);
		memcpy(f->hazards, after, strlen(after) + 1); /* fits: looked at above */
	}
	return rc;
}

int sr_query_version_facts(struct sr_items_facts *out, struct sr_catalogue *c,
	const struct sr_version_row *v, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_OPEN(&st, db, e,
		"SELECT i.state, i.flags, count(*) FROM versions v JOIN request_items r ON"
		" r.v = v.v"
		" JOIN items i ON i.n = r.n WHERE v.request = ? AND v.version = ?"
		" GROUP BY i.state, i.flags",
		A_ID(v->request), A_INT(v->version));

	memset(out, 0, sizeof *out);
	if (rc != 0)
		return rc;
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		add_state(out, sr_stmt_col_str(st, 0));
		add_flags(out, (unsigned)sr_stmt_col_int(st, 1));
		out->count += (uint64_t)sr_stmt_col_int(st, 2) - 1;
	}
	sr_stmt_reset(st);
	st = NULL;
	if (rc == 0)
		rc = SQL_OPEN(&st, db, e,
			SR_HAZARDS_OF_LIST("r.v = (SELECT v FROM versions WHERE request = ?1"
					   " AND version = ?2)"),
			A_ID(v->request), A_INT(v->version));
	if (rc == 0)
		rc = add_hazards(out, st, e);
	sr_stmt_reset(st);
	return rc;
}

int sr_query_items_facts(struct sr_items_facts *out, struct sr_catalogue *c, const uint8_t *ids,
	size_t count, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	int rc = 0;

	memset(out, 0, sizeof *out);
	for (size_t k = 0; k < count && rc == 0; k++) {
		struct sr_stmt *st = NULL;
		int64_t n = 0;

		rc = SQL_OPEN(&st, db, e, "SELECT n, state, flags FROM items WHERE item = ?",
			A_ID(ids + k * SR_ID));
		if (rc == 0)
			rc = sr_stmt_row(st, e);
		if (rc == 0) {
			n = sr_stmt_col_int(st, 0);
			add_state(out, sr_stmt_col_str(st, 1));
			add_flags(out, (unsigned)sr_stmt_col_int(st, 2));
		}
		sr_stmt_reset(st);
		st = NULL;
		if (rc == SR_NOTFOUND) {
			sr_err_clear(e);
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = SQL_OPEN(
				&st, db, e, "SELECT hazard FROM " SR_HAZARDS_OF("?1"), A_INT(n));
		if (rc == 0)
			rc = add_hazards(out, st, e);
		sr_stmt_reset(st);
	}
	return rc;
}

#define OF_ITEM SR_HAZARDS_OF("i.n")

int sr_query_grant_classes(uint8_t **ids, size_t *count, struct sr_catalogue *c,
	const uint8_t grant[SR_ID], size_t max, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	uint8_t(*l)[SR_ID] = NULL;
	bool row = false;
	size_t n = 0;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT min(x.item) FROM (SELECT i.item, i.state, i.flags, i.level, i.collection,"
		" (SELECT group_concat(hazard, ' ') FROM (SELECT h.hazard FROM " OF_ITEM " h"
		" ORDER BY h.hazard)) hazards FROM grants g JOIN request_items r ON"
		" r.v = g.v JOIN items i ON i.n = r.n WHERE g.grant_id = ?) x"
		" GROUP BY x.state, x.flags, x.level, x.collection, x.hazards ORDER BY 1 LIMIT ?",
		A_ID(grant), A_U64(max));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l, &n, sizeof *l, e);
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 0, l[n - 1], SR_ID, e);
	}
	sr_stmt_free(st);
	if (rc != 0) {
		free(l);
		return rc;
	}
	*ids = (uint8_t *)l;
	*count = n;
	return 0;
}

/* --- who is near, and how votes stand --- */

/* Rows of a version `v` and its request `q`. */
#define OF_VERSION                                                                       \
	" FROM versions v JOIN requests q ON q.request = v.request WHERE v.request = ?1" \
	" AND v.version = ?2"
#define STANDS "EXISTS(SELECT 1 FROM attestations a WHERE a.ended IS NULL AND "

int sr_query_ties(struct sr_ties *out, struct sr_catalogue *c, const struct sr_version_row *v,
	const char *member, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_OPEN(&st, sr_catalogue_db(c), e,
		"SELECT " STANDS "a.kind = 'supervisor-of' AND a.person = ?3 AND a.other IN"
		" " SR_SQL_PARTIES ")," STANDS "a.kind = 'supervisor-of' AND a.other = ?3"
		" AND a.person IN " SR_SQL_PARTIES ")," STANDS "a.kind = 'conflict' AND"
		" ((a.person = ?3 AND (a.request = v.request OR a.other IN " SR_SQL_PARTIES
		")) OR (a.other = ?3 AND a.person IN " SR_SQL_PARTIES "))),"
		" EXISTS(SELECT 1 FROM grant_people me JOIN grants g ON g.grant_id = me.grant_id"
		" JOIN grant_people them ON them.grant_id = g.grant_id WHERE me.person = ?3"
		" AND g.state = 'live' AND them.person <> ?3 AND them.person"
		" IN " SR_SQL_PARTIES ")" OF_VERSION,
		A_ID(v->request), A_INT(v->version), A_STR(member));

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0) {
		out->supervisor = sr_stmt_col_int(st, 0) != 0;
		out->student = sr_stmt_col_int(st, 1) != 0;
		out->conflict = sr_stmt_col_int(st, 2) != 0;
		out->project = sr_stmt_col_int(st, 3) != 0;
	}
	sr_stmt_reset(st);
	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "there is no such request or version")
				 : rc;
}

int sr_query_flag_readers(struct sr_buf *out, struct sr_catalogue *c,
	const struct sr_flag_readers *of, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_OPEN(&st, sr_catalogue_db(c), e,
		"SELECT p.person FROM (SELECT m.person FROM boards b JOIN board_members m ON"
		" m.board = b.board AND m.epoch = b.epoch WHERE b.board = ?2 UNION SELECT ?3) p"
		" WHERE p.person IN (" SR_SQL_FLAG_READERS(
			"?1", "9223372036854775807") ") ORDER BY p.person",
		A_ID(of->flag), A_ID(of->board), A_STR(of->who));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		sr_buf_put_str(out, sr_stmt_col_str(st, 0));
		sr_buf_put_u8(out, ' ');
	}
	sr_stmt_reset(st);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

#define VOTES_OF " FROM votes x WHERE x.v = v.v AND x.ended IS NULL AND x.decision = "

int sr_query_ballots(struct sr_ballots *out, struct sr_catalogue *c, const struct sr_version_row *v,
	int64_t now, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_OPEN(&st, sr_catalogue_db(c), e,
		"SELECT (SELECT count(*)" VOTES_OF "'approve'), (SELECT count(*)" VOTES_OF
		"'reject'), (SELECT count(*) FROM recusals r WHERE r.request = v.request),"
		" (SELECT count(DISTINCT (SELECT min(a.term) FROM attestations a WHERE"
		" a.person = x.person AND a.kind = 'affiliation' AND a.ended IS NULL AND"
		" (a.ends IS NULL OR a.ends > ?3)))" VOTES_OF "'approve'),"
		" (SELECT count(*)" VOTES_OF "'approve' AND EXISTS(SELECT 1 FROM decisions d"
		" WHERE d.of = x.vote AND d.via = 'browser'))" OF_VERSION,
		A_ID(v->request), A_INT(v->version), A_INT(now));

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0) {
		out->approvals = (uint32_t)sr_stmt_col_int(st, 0);
		out->denials = (uint32_t)sr_stmt_col_int(st, 1);
		out->recusals = (uint32_t)sr_stmt_col_int(st, 2);
		out->institutions = (uint32_t)sr_stmt_col_int(st, 3);
		out->browser = (uint32_t)sr_stmt_col_int(st, 4);
	}
	sr_stmt_reset(st);
	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "there is no such request or version")
				 : rc;
}

/* --- what somebody does --- */

/* Checkouts `k` that showed something since ?2, or may still: one that waits to be opened counts
 * from when it began, so that no number of them is opened at once later, and then from when it was
 * opened, however long before it began, and again from when a file of it is read: what was opened
 * before midnight may be read after it. (Where items are sealed anew nobody looks.) None that began
 * before ?3 is live so long. */
#define SHOWN                                                                                 \
	"k.begun >= ?3 AND ((k.opened = 0 AND k.ended IS NULL AND k.right_to <> 'reseal') OR" \
	" (k.opened = 1 AND EXISTS(SELECT 1 FROM views w JOIN entries o ON o.entry = w.entry" \
	" WHERE w.checkout = k.checkout AND w.event IN ('open', 'read', 'read-part') AND"     \
	" o.received >= ?2)))"
#define OF_CHECKOUT SR_HAZARDS_OF("k.n")

int sr_query_exposure(uint32_t *out, struct sr_catalogue *c, const char *person,
	const uint8_t item[SR_ID], int64_t since, const char *const *hazards, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_stmt *st = NULL;
	char words[512] = " ";
	int64_t n = 0;
	int rc;

	for (size_t i = 0; hazards[i] != NULL; i++) {
		const size_t at = strlen(words);

		if (at + strlen(hazards[i]) + 2 > sizeof words)
			return sr_fail(e, SR_MISUSE, "exposure: too many terms");
		snprintf(words + at, sizeof words - at, "%s ", hazards[i]);
	}
	rc = SQL_OPEN(&st, db, e,
		"SELECT count(DISTINCT k.n) FROM checkouts k JOIN items i ON i.n = k.n WHERE"
		" k.person = ?1 AND " SHOWN " AND i.item <> ?4 AND EXISTS(SELECT 1 FROM"
		" " OF_CHECKOUT " h WHERE instr(?5, ' ' || h.hazard || ' ') > 0)",
		A_STR(person), A_INT(since), A_INT(since - LIVE_S), A_ID(item), A_STR(words));
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		n = sr_stmt_col_int(st, 0);
	sr_stmt_reset(st);
	*out = (uint32_t)n;
	return rc;
}

int sr_query_loans(uint32_t *out, struct sr_catalogue *c, const char *person,
	const uint8_t item[SR_ID], const uint8_t *except, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM checkouts k JOIN items i ON i.n = k.n WHERE k.person = ?"
		" AND i.item = ? AND k.ended IS NULL AND (?3 IS NULL OR k.checkout <> ?3)",
		A_STR(person), A_ID(item), A_ID(except));

	*out = (uint32_t)n;
	return rc;
}

void sr_standings_free(struct sr_standings *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].term);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_standings(
	struct sr_standings *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	struct sr_standings l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_OPEN(&st, sr_catalogue_db(c), e,
		"SELECT a.kind, a.term, max(min(coalesce(a.ends, " END_OF_TIME "),"
		" coalesce((SELECT e.received FROM entries e WHERE e.entry = a.ended),"
		" " END_OF_TIME "))) FROM attestations a WHERE a.person = ? AND a.kind IN"
		" ('training', 'affiliation') AND a.term IS NOT NULL GROUP BY a.kind, a.term"
		" ORDER BY a.kind, a.term",
		A_STR(person));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		snprintf(l.rows[l.count - 1].kind, sizeof l.rows->kind, "%s",
			sr_stmt_col_str(st, 0));
		rc = sr_col_dup(&l.rows[l.count - 1].term, st, 1, e);
		l.rows[l.count - 1].until = sr_stmt_col_int(st, 2);
	}
	sr_stmt_reset(st);
	if (rc != 0)
		sr_standings_free(&l);
	*out = l;
	return rc;
}
