/*
 * apply_flag - effects of embargo, hold, seal, retention and of the hazard referral: rows of
 * item_flags, each ended on its own, and items.flags, which is derived from those that stand.
 *
 *   embargo    may be requested, not checked out: checkouts under grants end
 *              Of the basis `infected` by a scan that names something in a released item: until a
 *              curator or officer lifts it. What was named in the same files before the release, or
 *              before it was lifted, is decided.
 *   hold       is not destroyed; changes nothing else
 *   seal       neither requested nor looked at: every checkout ends; the board alone lifts it
 *   referral   the same; no description takes it back, and the board at its highest level alone
 *              lifts it, which ends the hazard of that name too
 *   retention  a date at which people are asked; one an item: a new one ends the one before. No
 *              flag: it forbids nothing
 */
#include "catalogue/apply_in.h"
#include "catalogue/query.h"
#include "catalogue/search.h"

/* items.flags from the rows that stand. The words are those of the rows, the bits of query.h. */
static int derive(struct sr_apply *a, int64_t n, struct sr_err *e) {
	return SQL_RUN(a->db, e,
		"UPDATE items SET flags = coalesce((SELECT sum(bit) FROM (SELECT DISTINCT CASE what"
		" WHEN 'referral' THEN ?2 WHEN 'embargo' THEN ?3 WHEN 'hold' THEN ?4"
		" WHEN 'seal' THEN ?5 ELSE 0 END AS bit FROM item_flags"
		" WHERE n = ?1 AND ended IS NULL)), 0) WHERE n = ?1",
		A_INT(n), A_INT(SR_ITEM_REFERRAL), A_INT(SR_ITEM_EMBARGO), A_INT(SR_ITEM_HOLD),
		A_INT(SR_ITEM_SEALED));
}

static int add(struct sr_apply *a, int64_t n, const char *what, struct sr_err *e) {
	bool dated = a->s->type->id == SR_T_EMBARGO, due = a->s->type->id == SR_T_RETENTION;
	int rc = SQL_RUN(a->db, e,
		"INSERT INTO item_flags(flag, n, what, person, entry, ends, due, basis)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		A_ID(a->s->head.id), A_INT(n), A_STR(what), A_STR(a->actor), A_INT(a->entry),
		dated ? sr_arg_time(a, "ends") : A_NULL(), due ? sr_arg_time(a, "due") : A_NULL(),
		due ? sr_arg_token(a, "basis") : A_NULL());

	return rc == 0 ? derive(a, n, e) : rc;
}

/* The item of the line `item`, which takes the event. */
static int named_item(
	struct sr_apply *a, struct sr_item_ref *it, enum sr_event event, struct sr_err *e) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, a->s, "item", 0, e);

	if (rc == 0)
		rc = sr_apply_item(a, it, id, e);
	return rc == 0 ? sr_apply_item_step(a, it, event, e) : rc;
}

static int set(struct sr_apply *a, const char *what, struct sr_item_ref *it, struct sr_err *e) {
	int rc = named_item(a, it, SR_E_FLAG, e);

	return rc == 0 ? add(a, it->n, what, e) : rc;
}

int sr_apply_embargo(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	int rc = set(a, "embargo", &it, e);

	/* Curators' looks into quarantine go on. */
	return rc == 0 ? sr_apply_end_checkouts(a, "grant_id NOT NULL AND n", A_INT(it.n), e) : rc;
}

int sr_apply_infected(struct sr_apply *a, int64_t n, struct sr_sql_arg named, struct sr_err *e) {
	int64_t settled = 0;
	int rc = SQL_INT_OF(a->db, e, &settled,
		"SELECT (SELECT count(*) FROM item_flags WHERE n = ?1 AND what = 'embargo'"
		" AND basis = 'infected' AND ended IS NULL) + (SELECT count(*) FROM scans"
		" WHERE n = ?1 AND named = ?2 AND entry < (SELECT max(coalesce(i.released, 0),"
		" coalesce((SELECT max(f.ended) FROM item_flags f WHERE f.n = i.n AND"
		" f.what = 'embargo' AND f.basis = 'infected'), 0)) FROM items i WHERE i.n = ?1))",
		A_INT(n), named);

	if (rc != 0 || settled > 0)
		return rc;
	rc = SQL_RUN(a->db, e,
		"INSERT INTO item_flags(flag, n, what, entry, basis)"
		" VALUES(?, ?, 'embargo', ?, 'infected')",
		A_ID(a->s->head.id), A_INT(n), A_INT(a->entry));
	if (rc == 0)
		rc = derive(a, n, e);
	return rc == 0 ? sr_apply_end_checkouts(a, "grant_id NOT NULL AND n", A_INT(n), e) : rc;
}

int sr_apply_hold(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};

	return set(a, "hold", &it, e);
}

int sr_apply_seal(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	int rc = set(a, "seal", &it, e);

	return rc == 0 ? sr_apply_end_checkouts(a, "n", A_INT(it.n), e) : rc;
}

int sr_apply_retention(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	int rc = named_item(a, &it, SR_E_FLAG, e);

	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE item_flags SET ended = ? WHERE n = ? AND what = 'retention' AND"
			" ended IS NULL",
			A_INT(a->entry), A_INT(it.n));
	return rc == 0 ? add(a, it.n, "retention", e) : rc;
}

int sr_apply_referral(struct sr_apply *a, int64_t n, struct sr_err *e) {
	int64_t there = 0;
	int rc = SQL_INT_OF(a->db, e, &there,
		"SELECT count(*) FROM item_flags WHERE n = ? AND what = 'referral' AND ended IS"
		" NULL",
		A_INT(n));

	if (rc != 0 || there > 0)
		return rc;
	rc = add(a, n, "referral", e);
	return rc == 0 ? sr_apply_end_checkouts(a, "n", A_INT(n), e) : rc;
}

int sr_apply_flags_over(struct sr_apply *a, int64_t n, struct sr_err *e) {
	int rc = SQL_RUN(a->db, e,
		"UPDATE item_flags SET ended = ? WHERE n = ? AND what <> 'referral' AND ended IS"
		" NULL",
		A_INT(a->entry), A_INT(n));

	return rc == 0 ? derive(a, n, e) : rc;
}

/* --- ends --- */

struct flag {
	int64_t n;
	char what[16];
};

/* The row of the line `flag`: of the item of the line `item`, and standing. */
static int load(struct sr_apply *a, struct flag *f, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	char hex[2 * SR_ID + 1];
	bool over = false;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, a->s, "flag", 0, e);

	if (rc == 0)
		rc = SQL_OPEN(&st, a->db, e, "SELECT n, what, ended FROM item_flags WHERE flag = ?",
			A_ID(id));
	if (rc != 0)
		return rc;
	rc = sr_stmt_row(st, e);
	if (rc == 0) {
		f->n = sr_stmt_col_int(st, 0);
		snprintf(f->what, sizeof f->what, "%s", sr_stmt_col_str(st, 1));
		over = !sr_stmt_col_is_null(st, 2);
	}
	sr_stmt_reset(st);
	sr_hex(hex, id, SR_ID);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "nothing was set by %s", hex);
	if (rc == 0 && over)
		return sr_fail(e, SR_CORRUPT, "the %s of %s has ended already", f->what, hex);
	return rc;
}

/* Who may end what: an embargo ends by itself or by a person, a seal and a mark for referral by the
 * board alone. */
static bool may_end(const struct sr_apply *a, const struct flag *f, enum sr_event event) {
	if (event == SR_E_LAPSE)
		return strcmp(f->what, "embargo") == 0;
	if (strcmp(f->what, "seal") == 0 || strcmp(f->what, "referral") == 0)
		return a->s->by_service;
	return !a->s->by_service;
}

int sr_apply_flag_end(struct sr_apply *a, enum sr_event event, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	struct sr_id_arg flag;
	struct flag f = {.n = 0};
	int rc = named_item(a, &it, event, e);

	if (rc == 0)
		rc = load(a, &f, e);
	if (rc == 0 && f.n != it.n)
		return sr_fail(e, SR_CORRUPT, "the %s is another item's", f.what);
	if (rc == 0 && !may_end(a, &f, event))
		return sr_fail(e, SR_CORRUPT, "%s does not end a %s", a->actor, f.what);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE item_flags SET ended = ? WHERE flag = ?",
			A_INT(a->entry), sr_arg_id(a, "flag", &flag));
	if (rc == 0 && strcmp(f.what, "referral") == 0)
		rc = SQL_RUN(a->db, e,
			"DELETE FROM item_hazards WHERE n = ? AND hazard = 'referral'",
			A_INT(it.n));
	if (rc == 0)
		rc = sr_apply_search(a, it.n, e);
	return rc == 0 ? derive(a, it.n, e) : rc;
}
