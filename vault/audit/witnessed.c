/*
 * witnessed - what is said to have been witnessed, against what can be known of it.
 *
 * Two things wait for the quorum of witnesses: what rules are told in `witnessed` (that the entry
 * of the grant was cosigned), and the opening of a checkout (that its entry was; or two people
 * answered for it, whose statements are in the log). At that moment nobody but the vault knew.
 * Afterwards there are two testimonies:
 *
 *   the log's own     `witness`, event unwitnessed: from the moment on at which the log had `first`
 *                     entries, and until this statement, no quorum confirmed more than those. So
 *                     between entry `first` and this one, nothing from entry `first` on was
 *                     witnessed. By places in the log, not by clocks
 *   the witnesses'    ledger/witnessed, the last checkpoint that the quorum of the policy in force
 *                     cosigned; its signatures and its root were checked when the vault was opened.
 *                     What was witnessed once stays so: since that policy was adopted, nothing
 *                     beyond that checkpoint was
 *
 * What remains believed: a moment within what was confirmed by the end, where the log admits no gap
 * (shorter ones than SR_WITNESSING_GAP_S are in none), and what was witnessed under a policy that
 * another one followed, whose cosignatures are not kept. Against a false word there stand the
 * witnesses' own memory, and each reader's, whose client checks the cosignatures itself before it
 * sends a key (core/client_witness.c).
 */
#include "audit/audit_in.h"

#include "board/witnessing.h"
#include "merkle/policy.h"

int audit_witnessed_asked(bool *out, struct sr_audit *a, struct sr_err *e) {
	struct sr_witness_policy_row row;
	struct sr_policy *p = NULL;
	struct sr_object_at at;
	struct sr_buf text;
	int rc = sr_query_witness_policy(&row, a->cat, e);

	*out = a->asks;
	if (rc != 0 || row.adopted == a->policies)
		return rc;
	sr_buf_init(&text);
	rc = sr_query_object(&at, a->cat, row.object, e);
	if (rc == 0)
		rc = a->from.replay.objects.get(a->from.replay.objects.ctx, &at, &text, e);
	if (rc == 0)
		rc = sr_policy_parse(&p, sr_buf_view(&text), e);
	if (rc == 0) {
		*out = a->asks = !sr_policy_is_none(p);
		a->policies = row.adopted;
	}
	sr_policy_free(p);
	sr_buf_free(&text);
	return rc;
}

int audit_witnessed_told(struct sr_audit *a, const struct sr_entry *en, const uint8_t grant[SR_ID],
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, sr_catalogue_db(a->cat),
		"INSERT INTO audit_witnessed(entry, witnessed) SELECT ?, entry FROM grants"
		" WHERE grant_id = ?",
		e);

	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, (int64_t)en->index);
	sr_stmt_blob(st, 2, sr_bytes_of(grant, SR_ID));
	return sr_stmt_run(st, e);
}

/* --- against what was confirmed --------------------------------------------------------------- */

struct confirmed {
	struct sr_audit *a;
	uint64_t size;        /* so many entries, and no more, */
	uint64_t from, until; /* between these two (the second not included) */
	const char *by;       /* whose word that is */
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e);
	void *ctx;
};

/* The first two columns of ${sql}: an entry, and one that it takes as witnessed. */
static int beyond(const struct confirmed *c, const char *sql, const char *field, const char *claim,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_stmt_new(&st, sr_catalogue_db(c->a->cat), sql, e);

	if (rc == 0) {
		sr_stmt_int(st, 1, (int64_t)c->from);
		sr_stmt_int(st, 2, (int64_t)c->until);
		sr_stmt_int(st, 3, (int64_t)c->size);
	}
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_audit_finding f = {.has_entry = true, .what = "witness"};

		f.entry = (uint64_t)sr_stmt_col_int(st, 0);
		rc = sr_stmt_col_copy(st, 2, f.statement, SR_ID, e);
		snprintf(f.type, sizeof f.type, "%s", sr_stmt_col_str(st, 3));
		snprintf(f.field, sizeof f.field, "%s", field);
		snprintf(f.text, sizeof f.text, "%s entry %lld was witnessed; %s", claim,
			(long long)sr_stmt_col_int(st, 1), c->by);
		if (rc == 0)
			rc = c->each(c->ctx, &f, e);
	}
	sr_stmt_free(st);
	return rc;
}

/* What the rules were told, and what was opened though two people had not answered for it. */
static int all_beyond(const struct confirmed *c, struct sr_err *e) {
	int rc = beyond(c,
		"SELECT w.entry, w.witnessed, n.statement, n.type FROM audit_witnessed w"
		" JOIN entries n ON n.entry = w.entry"
		" WHERE w.entry >= ?1 AND w.entry < ?2 AND w.witnessed >= ?3 ORDER BY w.entry",
		"context.witnessed", "its rules were told that", e);

	return rc != 0 ? rc
		       : beyond(c,
				 "SELECT s.entry, k.entry, n.statement, n.type FROM views s"
				 " JOIN checkouts k ON k.checkout = s.checkout"
				 " JOIN entries n ON n.entry = s.entry"
				 " WHERE s.entry >= ?1 AND s.entry < ?2 AND s.event = 'open'"
				 " AND k.entry >= ?3 AND k.grant_id NOT NULL"
				 " AND (SELECT count(*) FROM glass g WHERE g.checkout = s.checkout"
				 " AND g.entry < s.entry) < 2 ORDER BY s.entry",
				 "event", "a checkout was opened as if its", e);
}

static int add(void *ctx, const struct sr_audit_finding *f, struct sr_err *e) {
	return audit_add(ctx, f, e);
}

int audit_witnessed_gap(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct confirmed c = {.a = a, .until = en->index, .each = add, .ctx = a};
	struct sr_witness_policy_row row;
	char by[120];
	int rc;

	if (en->statement.type->id != SR_T_WITNESS ||
		!sr_bytes_eq(sr_field(&en->statement, "event", 0), sr_bytes_str("unwitnessed")) ||
		sr_field_dec(&c.size, &en->statement, "first", 0, NULL) != 0)
		return 0;
	rc = sr_query_witness_policy(&row, a->cat, e);
	if (rc != 0)
		return rc;
	/* Under a policy before, which may have asked nobody, it was another matter. */
	c.from = row.adopted > 0 && row.entry > c.size ? row.entry : c.size;
	snprintf(by, sizeof by, "until entry %llu says so, nobody had confirmed more than %llu",
		(unsigned long long)en->index, (unsigned long long)c.size);
	c.by = by;
	return all_beyond(&c, e);
}

int audit_witnessed_end(struct sr_audit *a,
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct confirmed c = {.a = a, .each = each, .ctx = ctx};
	struct sr_witness_policy_row row;
	char by[160];
	int rc;

	if (!sr_witnessing_asked(a->v))
		return 0;
	rc = sr_query_witness_policy(&row, a->cat, e);
	if (rc != 0 || row.adopted == 0)
		return rc;
	c.size = sr_witnessing_size(a->v);
	c.from = row.entry;
	c.until = sr_catalogue_size(a->cat);
	snprintf(by, sizeof by,
		"the cosignatures that are kept show %llu entries (`witness now` brings those of "
		"today)",
		(unsigned long long)c.size);
	c.by = by;
	return all_beyond(&c, e);
}
