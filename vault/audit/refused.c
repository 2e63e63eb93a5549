/*
 * refused - requests that the service ended as refused: by which rule, and whether that is so.
 * Asked of the state before the entry, at the entry's time, by other code than decided it
 * (board/decide.c, board/follow.c).
 *
 *   quorum-out-of-reach   too few members are left who may approve: counted as the catalogue has
 *                         them, and as the rules in force let them vote; the more counts
 *   rekeyed               its board has another key, and no item is left under the one before
 *   a rule of the board   the votes took the quorum; the entry before is the rules' answer to them
 *                         (derived in asked.c, judged.c), and no; with everybody's who may still
 *                         vote it were no, too
 *   policy-inputs,        the votes took the quorum, and the rules cannot be asked: an incident of
 *   policy-error          the last hour says so of them, and they are asked again
 *   policy-set            the same, and that incident is believed: a set that the board adopted and
 *                         that could not be read may be whole by now
 *   any other             the votes took the quorum, the entry before is the rules' answer that
 *                         allows it, and what was voted for could not be done (hindered.h)
 *
 * Other refusals are records of what the door did not take, and end nothing. What was not taken is
 * in no entry, so nobody can ask whether they are true.
 */
#include "audit/audit_in.h"

#include <stdlib.h>

#include "audit/derive_in.h"
#include "audit/hindered.h"
#include "board/authorize.h"
#include "board/policy_default.h"

struct refusal {
	struct sr_audit *a;
	const struct sr_entry *en;
	struct sr_audit_finding f;
	struct derive_asked *of;
	char rule[130];      /* a token has at most 128 */
	uint8_t item[SR_ID]; /* of its line, if there is one */
	bool has_item, ok;
	bool no_rules; /* their text cannot be had */
	struct sr_err *e;
};

static void wrong(struct refusal *x, const char *field, const char *fmt, ...) SR_PRINTF(3, 4);
static void wrong(struct refusal *x, const char *field, const char *fmt, ...) {
	va_list ap;

	snprintf(x->f.field, sizeof x->f.field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(x->f.text, sizeof x->f.text, fmt, ap);
	va_end(ap);
	x->ok = false;
}

#define SQL_IS(out, x, ...) AUDIT_IS((out), (x)->a, (x)->e, __VA_ARGS__)

/* --- who may still approve -------------------------------------------------------------------- */

/* Does the grant that it is about name this person; or do they read the item whose flag it would
 * lift under a grant that was there when it was asked? */
static int concerned(bool *out, struct refusal *x, const char *person) {
	const struct sr_version_row *v = &x->of->v;

	*out = false;
	return !v->has_target ? 0
			      : SQL_IS(out, x,
					"SELECT EXISTS(SELECT 1 FROM grant_people WHERE grant_id ="
					" ?1 AND person = ?2) OR EXISTS(SELECT 1 FROM item_flags f"
					" JOIN request_items r ON r.n = f.n JOIN grants g ON g.v ="
					" r.v JOIN grant_people p ON p.grant_id = g.grant_id WHERE"
					" f.flag = ?1 AND p.person = ?2 AND g.entry < ?3 AND"
					" g.state IN ('live', 'suspended'))",
					A_ID(v->target), A_STR(person), A_U64(v->entry));
}

/* Stepped aside, or set against it by an officer's word. */
static int set_aside(bool *out, struct refusal *x, const char *person) {
	const struct sr_version_row *v = &x->of->v;
	struct sr_attestation_row why = {0};
	bool conflict = false;
	int rc = sr_query_recused(out, x->a->cat, v->request, person, x->e);

	if (rc == 0)
		rc = sr_query_conflict(
			&conflict, &why, x->a->cat, v->request, v->version, person, x->e);
	sr_attestation_row_free(&why);
	*out = *out || conflict;
	return rc;
}

/* May this member vote, whatever the rules say? */
static int eligible(bool *out, struct refusal *x, const struct sr_member_row *m) {
	const struct sr_version_row *v = &x->of->v;
	bool aside = false, about = false;
	int rc = set_aside(&aside, x, m->person);

	if (rc == 0)
		rc = concerned(&about, x, m->person);
	*out = m->active && !aside && !about && strcmp(v->applicant, m->person) != 0 &&
	       (v->subject == NULL || strcmp(v->subject, m->person) != 0);
	for (size_t i = 0; i < v->people_count; i++)
		*out = *out && strcmp(v->people[i].person, m->person) != 0;
	return rc;
}

static bool has_voted(const struct refusal *x, const char *person) {
	for (size_t i = 0; i < x->of->votes.count; i++) {
		const struct sr_vote_row *vote = &x->of->votes.rows[i];

		if (!vote->is_void && strcmp(vote->decision, "topup") != 0 &&
			strcmp(vote->person, person) == 0)
			return true;
	}
	return false;
}

static uint32_t said(const struct refusal *x, const char *decision) {
	uint32_t n = 0;

	for (size_t i = 0; i < x->of->votes.count; i++)
		n += !x->of->votes.rows[i].is_void &&
		     strcmp(x->of->votes.rows[i].decision, decision) == 0;
	return n;
}

/* What the rules in force answer to ${in}, which is freed; ${rc}: of making it. What is wrong with
 * them or with it is an answer, as it was then. */
static int rules_say(enum sr_judged *word, struct refusal *x, struct sr_inputs *in, int rc) {
	const struct sr_cedar_policies *set = NULL;
	const struct sr_schema *schema = NULL;
	struct sr_question q = {NULL, NULL};
	struct sr_judgement j;
	struct sr_policy_row row = {.number = 0};
	uint8_t hash[SR_HASH];
	struct sr_buf text;

	memset(&j, 0, sizeof j);
	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_authorize_schema(&schema, x->a->v, x->e);
	if (rc == 0) {
		rc = sr_query_policy(&row, x->a->cat, in->board, 0, x->e);
		memcpy(hash, row.set, SR_HASH);
		if (rc == SR_NOTFOUND) {
			sr_err_clear(x->e);
			rc = sr_policy_default(&text, x->e);
			sr_sha256(hash, text.p, text.len);
		}
		if (rc == 0)
			rc = sr_authorize_parsed(&set, x->a->v, hash, x->e);
		x->no_rules = x->no_rules || rc != 0;
	}
	if (rc == 0)
		rc = sr_question_load(&q, sr_buf_view(&in->text), x->e);
	if (rc == 0)
		rc = sr_question_conforms(schema, &q, x->e);
	if (rc == 0)
		rc = sr_judge(&j, set, &q, x->e);
	*word = rc == 0 ? j.word : SR_JUDGED_ERROR;
	sr_judgement_free(&j);
	sr_question_free(&q);
	sr_inputs_free(in);
	sr_buf_free(&text);
	return audit_ours(rc, x->e);
}

/* Do the rules let this member approve? A fault of theirs keeps nobody from it. */
static int rules_let(bool *out, struct refusal *x, const char *person) {
	enum sr_judged word = SR_JUDGED_ERROR;
	struct sr_inputs in = {.action = ""};
	struct sr_facts f;
	int rc;

	if (strcmp(x->of->v.kind, "policy") == 0) { /* they have no say in that */
		rc = set_aside(out, x, person);
		*out = !*out;
		return rc;
	}
	rc = audit_facts(&f, x->a, x->en->received, x->e);
	if (rc != 0)
		return rc;
	rc = sr_inputs_of_voter(&in, &f, &x->of->v, person, x->e);
	rc = rules_say(&word, x, &in, rc);
	*out = word != SR_JUDGED_DENY;
	return rc;
}

/* How many may approve who have not voted. Rules whose text cannot be had keep nobody from it and
 * let nobody: what the catalogue says counts. */
static int may_come(uint32_t *out, struct refusal *x) {
	const struct sr_board_row *b = &x->of->board;
	const uint32_t done = said(x, "approve") + said(x, "reject");
	uint32_t all = 0, by_rules = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < b->member_count; i++) {
		bool may = false;

		rc = eligible(&may, x, &b->members[i]);
		all += may;
	}
	for (size_t i = 0; rc == 0 && i < b->member_count; i++) {
		bool may = false;

		if (!b->members[i].active || has_voted(x, b->members[i].person))
			continue;
		rc = rules_let(&may, x, b->members[i].person);
		by_rules += may;
	}
	*out = all > done ? all - done : 0;
	*out = !x->no_rules && by_rules > *out ? by_rules : *out;
	return rc;
}

static int out_of_reach(struct refusal *x) {
	const uint32_t approved = said(x, "approve");
	uint32_t can = 0;
	int rc = may_come(&can, x);

	if (rc == 0 && approved + can >= x->of->quorum)
		wrong(x, "rule",
			"level %u of the board takes %u members; %u approved, and %u more may: the "
			"quorum is in reach",
			x->of->v.level, x->of->quorum, approved, can);
	return rc;
}

static int rekeyed(struct refusal *x) {
	bool so = false;
	int rc = SQL_IS(&so, x,
		"SELECT count(*) FROM boards b JOIN epochs p ON p.board = b.board AND p.epoch ="
		" b.epoch WHERE b.board = ? AND b.rekeying IS NULL AND p.base > ?",
		A_ID(x->of->v.board), A_INT(x->of->v.epoch));

	if (rc == 0 && !so)
		wrong(x, "rule",
			"its board has no other key than that of epoch %u, or items are left under "
			"one before",
			x->of->v.epoch);
	return rc;
}

/* --- the board's own rules -------------------------------------------------------------------- */

/* The entry before is the rules' answer to these votes, and it is no; *${erred}: because a rule
 * could not be evaluated. */
static int answered_no(bool *so, bool *erred, struct refusal *x) {
	const struct sr_version_row *v = &x->of->v;
	int rc = SQL_IS(so, x,
		"SELECT count(*) FROM decisions d JOIN entries n ON n.entry = d.entry WHERE"
		" d.entry = ? AND d.request = ? AND d.version = ? AND d.action IN ('grant',"
		" 'destroy', 'enact') AND d.decision <> 'allow' AND n.received = ?",
		A_U64(x->en->index - 1), A_ID(v->request), A_INT(v->version),
		A_INT(x->en->received));

	if (rc == 0)
		rc = SQL_IS(erred, x,
			"SELECT count(*) FROM decisions WHERE entry = ? AND decision = ?",
			A_U64(x->en->index - 1), A_STR(sr_judged_name(SR_JUDGED_ERROR)));
	return rc;
}

/* By a rule that its answer names, if that names any; and no vote could change it. */
static int by_rules(struct refusal *x, bool erred) {
	enum sr_judged word = SR_JUDGED_DENY;
	struct sr_inputs in = {.action = ""};
	struct sr_facts f;
	bool named = false;
	uint32_t can = 0;
	int rc = SQL_IS(&named, x,
		"SELECT NOT EXISTS(SELECT 1 FROM decision_rules WHERE entry = ?1) OR EXISTS(SELECT"
		" 1 FROM decision_rules WHERE entry = ?1 AND rule = ?2)",
		A_U64(x->en->index - 1), A_STR(x->rule));

	if (rc == 0 && !named)
		wrong(x, "rule", "it names a rule that did not decide");
	if (rc != 0 || !named || erred)
		return rc;
	rc = may_come(&can, x);
	if (rc == 0 && can > 0)
		rc = audit_facts(&f, x->a, x->en->received, x->e);
	if (rc == 0 && can > 0) {
		rc = sr_inputs_of_decision(&in, &f, &x->of->v, can, x->e);
		rc = rules_say(&word, x, &in, rc);
	}
	if (rc == 0 && word == SR_JUDGED_ALLOW)
		wrong(x, "rule",
			"with the approval of the %u who may still vote its rules allow it: it "
			"waits for them",
			can);
	return rc;
}

/* The rules could not be asked, and an incident that was due at most once an hour says so, of those
 * that the board adopted last. Those that come with the program can be read. */
static int unasked(bool *so, struct refusal *x) {
	const bool unread = strcmp(x->rule, "policy-set") == 0;
	enum sr_judged word = SR_JUDGED_ERROR;
	struct sr_inputs in = {.action = ""};
	struct sr_policy_row row = {.number = 0};
	struct sr_facts f;
	int rc = sr_query_policy(&row, x->a->cat, x->of->v.board, 0, x->e);
	const bool adopted = rc == 0;

	*so = false;
	if (rc == SR_NOTFOUND) {
		sr_err_clear(x->e);
		rc = 0;
	}
	if (rc != 0 || (unread && !adopted))
		return rc;
	rc = SQL_IS(so, x,
		"SELECT count(*) FROM incidents i JOIN entries n ON n.entry = i.entry WHERE"
		" i.what = ?1 AND i.policy_set NOT NULL AND n.received > ?2 AND ?1 IN"
		" ('policy-set', 'policy-inputs', 'policy-error') AND (?3 IS NULL OR"
		" i.policy_set = ?3)",
		A_STR(x->rule), A_INT(x->en->received - SR_POLICY_INCIDENT_S),
		A_HASH(adopted ? row.set : NULL));
	if (rc == 0 && *so && !unread)
		rc = audit_facts(&f, x->a, x->en->received, x->e);
	if (rc != 0 || !*so || unread)
		return rc;
	rc = sr_inputs_of_decision(&in, &f, &x->of->v, 0, x->e);
	rc = rules_say(&word, x, &in, rc);
	*so = word == SR_JUDGED_ERROR;
	return rc;
}

/* What was voted for did not come about. */
static int not_done(struct refusal *x) {
	/* Whether rules may change they are not asked. */
	const bool asked = strcmp(x->of->v.kind, "policy") != 0;
	bool no = false, erred = false, so = false;
	int rc = derive_quorum(&x->ok, &x->f, x->a->cat, x->of, x->e);

	if (rc == 0 && x->ok && asked)
		rc = answered_no(&no, &erred, x);
	if (rc != 0 || !x->ok)
		return rc;
	if (no)
		return by_rules(x, erred);
	struct audit_hindered h = {.a = x->a,
		.received = x->en->received,
		.of = x->of,
		.rule = x->rule,
		.item = x->has_item ? x->item : NULL};
	rc = audit_hindered(&h, x->e);
	if (rc == 0 && h.found[0] != '\0') {
		rc = audit_asked_allowed(&x->ok, &x->f, x->a, x->en, x->e);
		return rc;
	}
	if (rc == 0 && asked)
		rc = unasked(&so, x);
	if (rc == 0 && !so)
		wrong(x, "rule",
			"nothing of the kind stands in the way of what was voted for, a request of "
			"kind %s",
			x->of->v.kind);
	return rc;
}

/* --- one refusal ------------------------------------------------------------------------------ */

static bool is_line(const struct refusal *x, const char *key) {
	return sr_field_count(&x->en->statement, key) > 0;
}

/* Who and what it names is what the request is about. */
static int lines(struct refusal *x) {
	const struct sr_statement *s = &x->en->statement;
	bool of_it = true;
	int rc = 0;

	if (is_line(x, "person"))
		derive_line(&x->ok, &x->f, s, "person", x->of->v.subject);
	if (x->ok && is_line(x, "grant"))
		derive_id(&x->ok, &x->f, s, "grant", x->of->v.target);
	if (x->ok && x->has_item)
		rc = SQL_IS(&of_it, x,
			"SELECT EXISTS(SELECT 1 FROM versions v JOIN request_items r ON r.v = v.v"
			" JOIN items i ON i.n = r.n WHERE v.request = ?1 AND v.version = ?2 AND"
			" i.item = ?3) OR EXISTS(SELECT 1 FROM item_flags f JOIN items i ON i.n ="
			" f.n WHERE f.flag = ?4 AND i.item = ?3)",
			A_ID(x->of->v.request), A_INT(x->of->v.version), A_ID(x->item),
			A_ID(x->of->v.has_target ? x->of->v.target : NULL));
	if (rc == 0 && !of_it)
		wrong(x, "item", "its item is none that the request is about");
	return rc;
}

static int judge(struct refusal *x) {
	const struct sr_statement *s = &x->en->statement;
	const struct sr_bytes rule = sr_field(s, "rule", 0);
	int rc = derive_load(&x->of, x->a->cat, s, x->e);

	if (rc == SR_NOTFOUND) {
		sr_err_clear(x->e);
		return 0; /* applying it says so */
	}
	if (rc != 0 || x->of->v.state != SR_S_OPEN) /* and so here */
		return rc;
	snprintf(x->f.what, sizeof x->f.what, "cause");
	snprintf(x->rule, sizeof x->rule, "%.*s", (int)rule.len, (const char *)rule.p);
	if (is_line(x, "item")) {
		rc = sr_field_id(x->item, s, "item", 0, x->e);
		x->has_item = true;
	}
	if (rc == 0)
		rc = lines(x);
	if (rc != 0 || !x->ok)
		return rc;
	return strcmp(x->rule, "quorum-out-of-reach") == 0 ? out_of_reach(x)
	       : strcmp(x->rule, "rekeyed") == 0           ? rekeyed(x)
							   : not_done(x);
}

int audit_refused(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	struct sr_err own = {.code = SR_OK};
	struct refusal *x;
	int rc;

	if (!sr_bytes_eq(sr_field(s, "what", 0), sr_bytes_str("request")) ||
		sr_field_count(s, "request") == 0 || sr_field_count(s, "version") == 0)
		return 0; /* it ends nothing */
	x = calloc(1, sizeof *x);
	if (x == NULL)
		return sr_fail(e, SR_NOMEM, "audit: out of memory");
	*x = (struct refusal){.a = a, .en = en, .ok = true, .e = e != NULL ? e : &own};
	audit_about(&x->f, en);
	rc = judge(x);
	if (rc == 0 && !x->ok)
		rc = audit_add(a, &x->f, e);
	derive_asked_free(x->of);
	free(x);
	return rc;
}
