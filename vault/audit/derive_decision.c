/*
 * What a quorum decides and is no grant, against the votes behind it. See derive.h.
 */
#include "audit/derive_in.h"

#include <stdlib.h>

#include "board/kinds.h"
#include "catalogue/lists.h"
#include "ledger/founding.h"

/* Lines of what the board's votes bring about that stand in the request, word for word. */
static const char *const copied[SR_K_COUNT][6] = {
	[SR_K_COLLECTION] = {"name"},
	[SR_K_BOARD] = {"quorum", "member", "newcomer"},
	[SR_K_RESHARE] = {"quorum", "member", "newcomer", "dealer", "standby"},
	[SR_K_REKEY] = {"quorum", "member", "newcomer"},
	[SR_K_POLICY] = {"rules", "set"},
	[SR_K_WITNESSES] = {"rules", "set"},
	[SR_K_ADOPT] = {"set"},
};

static bool same_lines(
	const struct sr_statement *a, const struct sr_statement *b, const char *key) {
	const size_t count = sr_field_count(a, key);
	bool same = count == sr_field_count(b, key);

	for (size_t i = 0; same && i < count; i++)
		same = sr_bytes_eq(sr_field(a, key, i), sr_field(b, key, i));
	return same;
}

/* The lines that were voted on, of the request's own entry. */
static int request_lines(bool *ok, struct sr_audit_finding *f, struct sr_replaying *from,
	const struct derive_asked *a, enum sr_kind_id kind, const struct sr_statement *s,
	struct sr_err *e) {
	const char *const *const lines = copied[kind];
	struct sr_entry en = {0};
	uint64_t first = 0;
	int rc;

	if (!*ok || (lines[0] == NULL && kind != SR_K_AUDITOR))
		return 0;
	rc = sr_replaying_entry(from, a->v.entry, &en, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; lines[i] != NULL && *ok; i++)
		if (!same_lines(s, &en.statement, lines[i])) {
			derive_wrong(f, f->what, lines[i],
				"its lines %s are not those of the request that was voted on",
				lines[i]);
			*ok = false;
		}
	if (kind == SR_K_AUDITOR)
		rc = sr_field_dec(&first, &en.statement, "from", 0, e);
	if (rc == 0 && kind == SR_K_AUDITOR)
		derive_dec(ok, f, s, "first", first);
	sr_entry_free(&en);
	return rc;
}

/* The items that end are those that were asked about. */
static int same_items(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct derive_asked *a, const struct sr_statement *s, struct sr_err *e) {
	uint8_t root[SR_HASH] = {0}, want[SR_HASH] = {0}, *ids = NULL;
	uint64_t signed_count = 0;
	size_t count = 0;
	int rc = sr_query_request_items(&ids, &count, c, a->v.request, a->v.version, e);

	if (rc == 0)
		rc = sr_request_list_root(want, ids, count, e);
	if (rc == 0)
		rc = sr_field_count_root(&signed_count, root, s, "items", e);
	if (rc == 0 && (signed_count != count || memcmp(root, want, SR_HASH) != 0)) {
		derive_wrong(f, f->what, "items",
			"its %llu items are not the %zu that were asked about",
			(unsigned long long)signed_count, count);
		*ok = false;
	}
	free(ids);
	return rc;
}

static int same_roles(bool *ok, struct sr_audit_finding *f, const struct derive_asked *a,
	const struct sr_statement *s, struct sr_err *e) {
	struct audit_words want;
	int rc;

	audit_words_init(&want);
	rc = audit_words_split(&want, a->v.roles, e);
	if (rc == 0)
		rc = derive_words(ok, f, s, "role", &want, e);
	audit_words_free(&want);
	return rc;
}

static int decision_lines(bool *ok, struct sr_audit_finding *f, struct sr_catalogue *c,
	const struct derive_asked *a, const struct sr_statement *s, struct sr_err *e) {
	const bool names_board = sr_type_field(s->type, sr_bytes_str("board")) != NULL;
	int rc = 0;

	switch ((int)s->type->id) {
	case SR_T_REVOKE:
		derive_id(ok, f, s, "grant", a->v.target);
		break;
	case SR_T_RENEW:
		derive_id(ok, f, s, "grant", a->v.target);
		derive_time(ok, f, s, "ends", a->v.ends);
		break;
	case SR_T_LIFT:
		derive_id(ok, f, s, sr_field_count(s, "grant") > 0 ? "grant" : "flag", a->v.target);
		break;
	case SR_T_DESTROY:
		rc = same_items(ok, f, c, a, s, e);
		break;
	case SR_T_PERSON:
	case SR_T_PERSON_KEY:
		derive_line(ok, f, s, "person", a->v.subject);
		derive_line(ok, f, s, "card", a->v.card);
		if (*ok && s->type->id == SR_T_PERSON)
			rc = same_roles(ok, f, a, s, e);
		break;
	case SR_T_PERSON_END:
	case SR_T_AUDITOR:
		derive_line(ok, f, s, "person", a->v.subject);
		break;
	case SR_T_ERASE:
		derive_line(ok, f, s, "person", a->v.subject);
		derive_line(ok, f, s, "ground", a->v.purposes);
		break;
	case SR_T_COLLECTION:
		derive_id(ok, f, s, "collection", a->v.collection);
		derive_line(ok, f, s, "dedupe", a->v.dedupe);
		break;
	case SR_T_BOARD:
		derive_id(ok, f, s, "board", a->v.target);
		return 0; /* the board that decided is another one */
	default:
		break;
	}
	if (rc == 0 && names_board)
		derive_id(ok, f, s, "board", a->v.board);
	return rc;
}

/* A reshare that no vote stands behind is what the founders planned, line by line, and follows the
 * opening of their board: nothing else was planned for it since. */
static int founders_plan(bool *ok, struct sr_audit_finding *f, struct sr_replaying *from,
	struct sr_catalogue *c, const struct sr_statement *s, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_entry found = {0};
	bool planned = false;
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "audit: out of memory")
			   : sr_replaying_entry(from, 0, &found, e);

	snprintf(f->what, sizeof f->what, "decision");
	if (rc != 0)
		goto out;
	rc = sr_founding_plan_is(&planned, s, &found.statement, e);
	if (rc == 0 && !planned) {
		derive_wrong(f, f->what, "request",
			"a reshare cites no vote, and is not what the founders planned");
		*ok = false;
	} else if (rc == 0) {
		rc = sr_query_board(b, c, found.statement.hash, SR_FOUNDING_STANDBY_EPOCH, e);
		if (rc == 0) {
			derive_wrong(f, f->what, "epoch",
				"the founders' plan again, where another took its place");
			*ok = false;
		} else if (rc == SR_NOTFOUND) {
			sr_err_clear(e);
			rc = 0;
		}
	}
	sr_entry_free(&found);
out:
	free(b);
	return rc;
}

int sr_derive_decision(bool *is, bool *ok, struct sr_audit_finding *f, struct sr_replaying *from,
	struct sr_catalogue *c, const struct sr_statement *s, struct sr_err *e) {
	const struct sr_kind *const d = sr_kind_deciding(s);
	enum sr_kind_id kind = SR_K_COUNT;
	struct derive_asked *a = NULL;
	int rc;

	*is = d != NULL && s->by_service && sr_field_count(s, "request") > 0;
	*ok = true;
	if (s->by_service && sr_founding_planned(s))
		return founders_plan(ok, f, from, c, s, e);
	/* The types of all others want the line; and the first witness policies are the
	 * custodian's.
	 */
	if (s->by_service && !*is && s->type->id == SR_T_PERSON_END) {
		derive_wrong(f, "decision", "request",
			"the service ended somebody's roles, and cites no vote");
		*ok = false;
		return 0;
	}
	if (!*is || d == NULL || !sr_kind_named(&kind, sr_bytes_str(d->name)))
		return 0;
	snprintf(f->what, sizeof f->what, "decision");
	rc = derive_load(&a, c, s, e);
	if (rc == SR_NOTFOUND)
		return derive_not_there(ok, f, e);
	if (rc != 0)
		return rc;
	if (strcmp(a->v.kind, d->name) != 0) {
		derive_wrong(f, f->what, "request", "it cites a request of kind %s, want %s",
			a->v.kind, d->name);
		*ok = false;
	}
	if (*ok)
		rc = derive_quorum(ok, f, c, a, e);
	if (rc == 0 && *ok)
		rc = decision_lines(ok, f, c, a, s, e);
	if (rc == 0)
		rc = request_lines(ok, f, from, a, kind, s, e);
	derive_asked_free(a);
	return rc;
}
