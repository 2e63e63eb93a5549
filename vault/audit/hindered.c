/*
 * hindered - see hindered.h. One function for each thing that can stand in the way, by other code
 * than decides (board/decide.c); what is an invariant is asked of those, as it is of persons'
 * statements.
 */
#include "audit/hindered.h"

#include <stdlib.h>

#include "board/invariants.h"
#include "board/kinds.h"

struct hindrance {
	struct audit_hindered *h;
	const struct sr_version_row *v; /* what was voted on */
	struct sr_catalogue *cat;
	struct sr_ruling ruling; /* of an invariant that is asked again */
	struct sr_entry request; /* the version's own, once asked for */
	bool opened;             /* it was */
	struct sr_err *e;
};

#define SQL_IS(out, x, ...) AUDIT_IS((out), (x)->h->a, (x)->e, __VA_ARGS__)

/* The version's own lines. */
static int open_request(struct hindrance *x) {
	int rc = 0;

	if (!x->opened)
		rc = sr_replaying_entry(&x->h->a->from, x->v->entry, &x->request, x->e);
	x->opened = x->opened || rc == 0;
	return rc;
}

typedef int obstacle_fn(bool *so, struct hindrance *x);

static int grant_over(bool *so, struct hindrance *x) {
	return SQL_IS(so, x,
		"SELECT count(*) FROM grants WHERE grant_id = ? AND state NOT IN ('live',"
		" 'suspended')",
		A_ID(x->v->target));
}

static int renewed_enough(bool *so, struct hindrance *x) {
	return SQL_IS(so, x,
		"SELECT count(*) FROM grants WHERE grant_id = ? AND (state <> 'live' OR ends <= ?"
		" OR ends >= ?)",
		A_ID(x->v->target), A_INT(x->h->received), A_INT(x->v->ends));
}

static int not_suspended(bool *so, struct hindrance *x) {
	return SQL_IS(so, x,
		"SELECT count(*) FROM grants WHERE grant_id = ? AND state <> 'suspended'",
		A_ID(x->v->target));
}

static int suspended_anew(bool *so, struct hindrance *x) {
	return SQL_IS(so, x,
		"SELECT count(*) FROM grants WHERE grant_id = ? AND state = 'suspended' AND"
		" suspended > ?",
		A_ID(x->v->target), A_U64(x->v->entry));
}

static int flag_referred(bool *so, struct hindrance *x) {
	return SQL_IS(so, x,
		"SELECT count(*) FROM item_flags f JOIN request_items r ON r.n = f.n JOIN grants g"
		" ON g.v = r.v WHERE f.flag = ? AND f.what = 'referral' AND g.right_to ="
		" 'referral'",
		A_ID(x->v->target));
}

static int flag_item_gone(bool *so, struct hindrance *x) {
	return SQL_IS(so, x,
		"SELECT count(*) FROM item_flags f JOIN items i ON i.n = f.n WHERE f.flag = ? AND"
		" i.state NOT IN ('held', 'released')",
		A_ID(x->v->target));
}

static int flag_over(bool *so, struct hindrance *x) {
	return SQL_IS(so, x, "SELECT count(*) FROM item_flags WHERE flag = ? AND ended NOT NULL",
		A_ID(x->v->target));
}

static int collection_there(bool *so, struct hindrance *x) {
	return SQL_IS(so, x, "SELECT count(*) FROM collections WHERE collection = ?",
		A_ID(x->v->collection));
}

static int board_there(bool *so, struct hindrance *x) {
	return SQL_IS(so, x, "SELECT count(*) FROM boards WHERE board = ?", A_ID(x->v->target));
}

#define ITEM_LIKE(condition)                                                                      \
	"SELECT count(*) FROM versions v JOIN request_items r ON r.v = v.v JOIN items i ON i.n =" \
	" r.n WHERE v.request = ? AND v.version = ? AND (?3 IS NULL OR i.item = ?3) AND " condition

static int item_gone(bool *so, struct hindrance *x) {
	return SQL_IS(so, x, ITEM_LIKE("i.state = 'destroyed'"), A_ID(x->v->request),
		A_INT(x->v->version), A_ID(x->h->item));
}

static int item_held_back(bool *so, struct hindrance *x) {
	return SQL_IS(so, x,
		ITEM_LIKE("EXISTS(SELECT 1 FROM item_flags f WHERE f.n = i.n AND f.what = 'hold'"
			  " AND f.ended IS NULL)"),
		A_ID(x->v->request), A_INT(x->v->version), A_ID(x->h->item));
}

/* Were this person's roles ended since it was asked? */
static int ended_since(bool *so, struct hindrance *x, struct sr_bytes person) {
	return SQL_IS(so, x,
		"SELECT count(*) FROM entries n JOIN subjects u ON u.entry = n.entry WHERE u.value"
		" = ? AND u.what = 'person' AND n.type = 'person-end' AND n.entry > ?",
		A_TEXT(person), A_U64(x->v->entry));
}

static int subject_ended(bool *so, struct hindrance *x) {
	*so = false;
	return x->v->subject == NULL ? 0 : ended_since(so, x, sr_bytes_str(x->v->subject));
}

static int seat_ended(bool *so, struct hindrance *x) {
	static const char *const keys[] = {"member", "dealer"};
	const struct sr_statement *s = &x->request.statement;
	int rc = open_request(x);

	*so = false;
	for (size_t k = 0; rc == 0 && k < 2; k++)
		for (size_t i = 0; rc == 0 && !*so && i < sr_field_count(s, keys[k]); i++)
			rc = ended_since(so, x, sr_field(s, keys[k], i));
	return rc;
}

/* Line ${i} of ${key} is a card of this person. */
static int card_at(struct sr_card *card, const struct hindrance *x, const char *key, size_t i) {
	struct sr_buf bytes;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, &x->request.statement, key, i, x->e);
	if (rc == 0)
		rc = sr_card_read(card, sr_buf_view(&bytes), x->e);
	sr_buf_free(&bytes);
	return rc;
}

/* The invariants, which are asked of every statement of a person again, forbid it: by the rule that
 * is said, or any. */
static bool forbidden(const struct hindrance *x) {
	return !x->ruling.allowed &&
	       (x->h->rule == NULL || strcmp(x->ruling.rule, x->h->rule) == 0);
}

/* Somebody keeps a seat, without a card, that they have lost. */
static int seat_lost(bool *so, struct hindrance *x) {
	const struct sr_statement *s = &x->request.statement;
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(x->e, SR_NOMEM, "audit: out of memory") : open_request(x);

	*so = false;
	if (rc == 0)
		rc = sr_query_board(b, x->cat, x->v->board, 0, x->e);
	for (size_t i = 0; rc == 0 && i < b->member_count; i++) {
		const char *person = b->members[i].person;
		struct sr_card card;
		bool lost = false;

		for (size_t k = 0; !b->members[i].active && k < sr_field_count(s, "member"); k++)
			lost = lost || sr_bytes_eq(sr_field(s, "member", k), sr_bytes_str(person));
		for (size_t k = 0; rc == 0 && lost && k < sr_field_count(s, "newcomer"); k++) {
			rc = card_at(&card, x, "newcomer", k);
			lost = rc == 0 && strcmp(card.person, person) != 0;
		}
		*so = *so || lost;
	}
	free(b);
	return rc;
}

/* A card that came with it is not the one of its person now: as the rule says. */
static int card_stale(bool *so, struct hindrance *x) {
	static const char *const keys[] = {"card", "newcomer"};
	struct sr_card card;
	int rc = open_request(x);

	*so = false;
	for (size_t k = 0; rc == 0 && k < 2; k++)
		for (size_t i = 0;
			rc == 0 && !*so && i < sr_field_count(&x->request.statement, keys[k]);
			i++) {
			rc = card_at(&card, x, keys[k], i);
			if (rc == 0)
				rc = sr_invariants_card(&x->ruling, x->cat, &card, x->e);
			*so = rc == 0 && forbidden(x);
		}
	return rc;
}

static int board_changed(bool *so, struct hindrance *x) {
	uint64_t asked = 0;
	int rc = open_request(x);

	if (rc == 0)
		rc = sr_field_dec(&asked, &x->request.statement, "epoch", 0, x->e);
	return rc != 0 ? rc
		       : SQL_IS(so, x, "SELECT count(*) FROM boards WHERE board = ? AND epoch <> ?",
				 A_ID(x->v->board), A_U64(asked));
}

static int may_not_end(bool *so, struct hindrance *x) {
	const int rc = sr_invariants_end(&x->ruling, x->cat, x->v->subject, x->e);

	*so = rc == 0 && forbidden(x);
	return rc;
}

static int may_not_erase(bool *so, struct hindrance *x) {
	const int rc = sr_invariants_erase(&x->ruling, x->cat, x->v->subject, x->e);

	*so = rc == 0 && forbidden(x);
	return rc;
}

static int may_not_give(bool *so, struct hindrance *x) {
	uint64_t from = 0;
	int rc = open_request(x);

	if (rc == 0)
		rc = sr_field_dec(&from, &x->request.statement, "from", 0, x->e);
	if (rc == 0)
		rc = sr_invariants_auditor(&x->ruling, x->cat, x->v->subject, from, x->e);
	*so = rc == 0 && forbidden(x);
	return rc;
}

static int may_not_key(bool *so, struct hindrance *x) {
	struct sr_buf card;
	int rc;

	*so = false;
	if (x->v->card == NULL)
		return 0;
	sr_buf_init(&card);
	rc = sr_unbase64(&card, sr_bytes_str(x->v->card), x->e);
	if (rc == 0)
		rc = sr_invariants_key(&x->ruling, x->cat, x->v->subject, sr_buf_view(&card), x->e);
	sr_buf_free(&card);
	*so = rc == 0 && forbidden(x);
	return rc;
}

static int rules_changed(bool *so, struct hindrance *x) {
	return SQL_IS(so, x, "SELECT count(*) FROM policies WHERE board = ? AND entry > ?",
		A_ID(x->v->board), A_U64(x->v->entry));
}

static int witnesses_changed(bool *so, struct hindrance *x) {
	return SQL_IS(
		so, x, "SELECT count(*) FROM witness_policies WHERE entry > ?", A_U64(x->v->entry));
}

/* The name that it would confirm is not the last, or was confirmed. */
static int name_settled(bool *so, struct hindrance *x) {
	uint8_t set[SR_HASH];
	bool waits = false;
	int rc = open_request(x);

	if (rc == 0)
		rc = sr_field_hash(set, &x->request.statement, "set", 0, x->e);
	if (rc == 0)
		rc = SQL_IS(&waits, x,
			"SELECT count(*) FROM log_names WHERE entry = (SELECT max(entry) FROM"
			" log_names) AND confirmed IS NULL AND hash = ?",
			A_HASH(set));
	*so = rc == 0 && !waits;
	return rc;
}

/* ${rule} NULL: the one by which the invariants forbid it. */
static const struct obstacle {
	enum sr_kind_id kind;
	const char *rule;
	obstacle_fn *is;
} obstacles[] = {
	{SR_K_REVOKE, "grant-ended", grant_over},
	{SR_K_RENEW, "grant-ended", renewed_enough},
	{SR_K_LIFT, "not-suspended", not_suspended},
	{SR_K_LIFT, "suspended-anew", suspended_anew},
	{SR_K_LIFT, "referred", flag_referred},
	{SR_K_LIFT, "item-state", flag_item_gone},
	{SR_K_LIFT, "flag-ended", flag_over},
	{SR_K_COLLECTION, "collection-taken", collection_there},
	{SR_K_BOARD, "board-taken", board_there},
	{SR_K_BOARD, "person-ended", seat_ended},
	{SR_K_BOARD, "member-ended", seat_lost},
	{SR_K_BOARD, NULL, card_stale},
	{SR_K_RESHARE, "board-changed", board_changed},
	{SR_K_RESHARE, "person-ended", seat_ended},
	{SR_K_RESHARE, "member-ended", seat_lost},
	{SR_K_RESHARE, NULL, card_stale},
	{SR_K_REKEY, "board-changed", board_changed},
	{SR_K_REKEY, "person-ended", seat_ended},
	{SR_K_REKEY, "member-ended", seat_lost},
	{SR_K_REKEY, NULL, card_stale},
	{SR_K_ROLE, "person-ended", subject_ended},
	{SR_K_ROLE, NULL, card_stale},
	{SR_K_DESTROY, "item-destroyed", item_gone},
	{SR_K_DESTROY, "item-on-hold", item_held_back},
	{SR_K_PERSON_END, NULL, may_not_end},
	{SR_K_ERASE, NULL, may_not_erase},
	{SR_K_AUDITOR, NULL, may_not_give},
	{SR_K_PERSON, NULL, may_not_key},
	{SR_K_POLICY, "rules-changed", rules_changed},
	{SR_K_WITNESSES, "policy-changed", witnesses_changed},
	{SR_K_ADOPT, "log-confirmed", name_settled},
};

int audit_hindered(struct audit_hindered *h, struct sr_err *e) {
	struct sr_err own = {.code = SR_OK};
	enum sr_kind_id kind = SR_K_COUNT;
	struct hindrance *x = calloc(1, sizeof *x);
	bool so = false;
	int rc = 0;

	h->found[0] = '\0';
	if (x == NULL)
		return sr_fail(e, SR_NOMEM, "audit: out of memory");
	x->h = h;
	x->v = &h->of->v;
	x->cat = h->a->cat;
	x->e = e != NULL ? e : &own;
	(void)sr_kind_named(&kind, sr_bytes_str(x->v->kind));
	for (size_t i = 0; rc == 0 && !so && i < sizeof obstacles / sizeof obstacles[0]; i++) {
		const struct obstacle *o = &obstacles[i];

		if (o->kind != kind ||
			(o->rule != NULL && h->rule != NULL && strcmp(o->rule, h->rule) != 0))
			continue;
		rc = o->is(&so, x);
		so = so && rc == 0; /* what the request does not say is in no way */
		rc = audit_ours(rc, x->e);
		if (so)
			snprintf(h->found, sizeof h->found, "%s",
				o->rule != NULL ? o->rule : x->ruling.rule);
	}
	if (x->opened)
		sr_entry_free(&x->request);
	free(x);
	return rc;
}

int audit_hindered_not(bool *ok, struct sr_audit_finding *f, struct sr_audit *a,
	const struct sr_entry *en, struct sr_err *e) {
	struct audit_hindered h = {.a = a, .received = en->received};
	struct derive_asked *of = NULL;
	int rc = derive_load(&of, a->cat, &en->statement, e);

	if (rc == 0) {
		h.of = of;
		rc = audit_hindered(&h, e);
	}
	if (rc == 0 && h.found[0] != '\0') {
		derive_wrong(f, "decision", "request",
			"what was voted for could not be done any more (%s), and was done",
			h.found);
		*ok = false;
	}
	derive_asked_free(of);
	return rc;
}
