/*
 * authorize - see authorize.h.
 */
#include "board/authorize.h"

#include "base/escape.h"
#include "board/follow.h"
#include "board/keys.h"
#include "board/policy_default.h"
#include "board/witnessing.h"
#include "crypto/hash.h"
#include "policy/explain.h"
#include "policy/lint.h"
#include "store/object.h"

#define NOT_PERMITTED "not-permitted" /* no permit of the set is for what is asked */

struct kept {
	uint8_t set[SR_HASH];
	struct sr_cedar_policies *policies; /* NULL: a free place */
	uint64_t used;
};

struct sr_authorizer {
	struct sr_schema *schema;
	uint8_t program[SR_HASH]; /* of the set that comes with the program */
	struct kept kept[SR_POLICY_KEPT];
	uint64_t clock; /* of uses */
};

void sr_authorizer_free(struct sr_authorizer *a) {
	if (a == NULL)
		return;
	for (size_t i = 0; i < SR_POLICY_KEPT; i++)
		sr_cedar_policies_free(a->kept[i].policies);
	sr_schema_free(a->schema);
	free(a);
}

static int authorizer(struct sr_authorizer **out, struct sr_vault *v, struct sr_err *e) {
	struct sr_authorizer *a = v->authorizer;
	struct sr_buf text;
	int rc = 0;

	*out = a;
	if (a != NULL)
		return 0;
	a = calloc(1, sizeof *a);
	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "rules: out of memory");
	sr_buf_init(&text);
	rc = sr_schema_parse(&a->schema, sr_policy_schema(), e);
	if (rc != 0 && rc != SR_NOMEM)
		rc = sr_fail(e, SR_MISUSE, "the program's own schema does not parse");
	if (rc == 0)
		rc = sr_policy_default(&text, e);
	sr_sha256(a->program, text.p, text.len);
	sr_buf_free(&text);
	if (rc != 0) {
		sr_authorizer_free(a);
		return rc;
	}
	*out = v->authorizer = a;
	return 0;
}

int sr_authorize_schema(const struct sr_schema **out, struct sr_vault *v, struct sr_err *e) {
	struct sr_authorizer *a = NULL;
	const int rc = authorizer(&a, v, e);

	*out = rc == 0 && a != NULL ? a->schema : NULL;
	return rc;
}

/* --- sets ------------------------------------------------------------------------------------- */

int sr_authorize_in_force(uint8_t set[SR_HASH], uint64_t *number, struct sr_vault *v,
	const uint8_t board[SR_ID], struct sr_err *e) {
	struct sr_authorizer *a = NULL;
	struct sr_policy_row row;
	int rc = authorizer(&a, v, e);

	if (rc == 0)
		rc = sr_query_policy(&row, v->catalogue, board, 0, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		*number = 0;
		memcpy(set, a->program, SR_HASH);
		return 0;
	}
	if (rc == 0) {
		*number = row.number;
		memcpy(set, row.set, SR_HASH);
	}
	return rc;
}

int sr_authorize_set(
	struct sr_buf *out, struct sr_vault *v, const uint8_t set[SR_HASH], struct sr_err *e) {
	struct sr_authorizer *a = NULL;
	uint8_t object[SR_HASH], have[SR_HASH];
	struct sr_buf text;
	int rc = authorizer(&a, v, e);

	if (rc != 0)
		return rc;
	sr_buf_init(&text);
	if (memcmp(set, a->program, SR_HASH) == 0) {
		rc = sr_policy_default(&text, e);
	} else {
		rc = sr_query_policy_text(object, v->catalogue, set, e);
		if (rc == 0)
			rc = sr_object_fetch(v, object, &text, e);
	}
	if (rc == 0) {
		sr_sha256(have, text.p, text.len);
		if (memcmp(have, set, SR_HASH) != 0)
			rc = sr_fail(e, SR_AUTH,
				"the text of the rules has another SHA-256 than was voted on: the "
				"object is not the one that was adopted");
	}
	if (rc == 0) {
		sr_buf_put_buf(out, &text);
		rc = sr_buf_ok(out, e);
	}
	sr_buf_free(&text);
	return rc;
}

int sr_authorize_parsed(const struct sr_cedar_policies **out, struct sr_vault *v,
	const uint8_t set[SR_HASH], struct sr_err *e) {
	struct sr_cedar_policies *p = NULL;
	struct sr_authorizer *a = NULL;
	struct kept *place = NULL;
	struct sr_buf text;
	int rc = authorizer(&a, v, e);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < SR_POLICY_KEPT; i++) {
		struct kept *k = &a->kept[i];

		if (k->policies != NULL && memcmp(k->set, set, SR_HASH) == 0) {
			k->used = ++a->clock;
			*out = k->policies;
			return 0;
		}
		if (place == NULL || k->used < place->used)
			place = k;
	}
	sr_buf_init(&text);
	rc = sr_authorize_set(&text, v, set, e);
	if (rc == 0)
		rc = sr_cedar_policies_new(&p, e);
	if (rc == 0)
		rc = sr_cedar_policies_parse(p, sr_buf_view(&text), e);
	sr_buf_free(&text);
	if (rc != 0 || place == NULL) {
		sr_cedar_policies_free(p);
		return rc;
	}
	sr_cedar_policies_free(place->policies);
	place->policies = p;
	place->used = ++a->clock;
	memcpy(place->set, set, SR_HASH);
	*out = p;
	return 0;
}

/* --- one answer ------------------------------------------------------------------------------- */

void sr_authorized_free(struct sr_authorized *a) {
	sr_judgement_free(&a->judged);
	sr_buf_free(&a->inputs);
	memset(a, 0, sizeof *a);
}

int sr_authorize_facts(struct sr_facts *out, struct sr_vault *v, int64_t now, struct sr_err *e) {
	*out = (struct sr_facts){.catalogue = v->catalogue, .now = now};
	const int rc = sr_authorize_schema(&out->schema, v, e);
	if (rc != 0)
		return rc;
	out->witnessed = sr_witnessing_asked(v) ? sr_witnessing_size(v) : 0;
	return 0;
}

static void text_of(char *out, size_t size, const struct sr_cedar_policy *p, const char *key) {
	(void)sr_escape_to(out, size, sr_cedar_annotation_of(p, key));
}

/* The rule that is not met, for people. */
static int name_rule(struct sr_authorized *a, const struct sr_cedar_policies *set,
	const struct sr_schema *schema, const struct sr_question *q, struct sr_err *e) {
	const struct sr_cedar_answer *plain = a->judged.plain;
	const struct sr_cedar_policy *p = NULL;
	int rc = 0;

	if (a->word == SR_JUDGED_ERROR && plain->error_count > 0)
		p = plain->errors[0].policy;
	else if (plain->reason_count > 0)
		p = plain->reasons[0];
	else
		rc = sr_permit_nearest(&p, set, schema, q, e);
	if (rc != 0)
		return rc;
	if (p == NULL) {
		snprintf(a->rule, sizeof a->rule, NOT_PERMITTED);
		snprintf(a->title, sizeof a->title,
			"nothing permits it: the rules in force have no permit for it");
		return 0;
	}
	text_of(a->rule, sizeof a->rule, p, "id");
	text_of(a->title, sizeof a->title, p, "title");
	text_of(a->why, sizeof a->why, p, "why");
	return 0;
}

/* What the permits that hold carry: the strictest protection, all obligations. */
static void name_obligations(struct sr_authorized *a) {
	static const char *const levels[] = {"advised", "default", "required"};
	const struct sr_cedar_answer *plain = a->judged.plain;

	for (size_t i = 0; i < plain->reason_count; i++) {
		const struct sr_bytes level =
			sr_cedar_annotation_of(plain->reasons[i], "protection");
		const struct sr_bytes must =
			sr_cedar_annotation_of(plain->reasons[i], "obligation");
		size_t have = 0, k;

		while (have < 3 && strcmp(a->protection, levels[have]) != 0)
			have++;
		for (k = 0; k < 3 && !sr_bytes_eq(level, sr_bytes_str(levels[k])); k++)
			;
		if (k < 3 && (have == 3 || k > have))
			snprintf(a->protection, sizeof a->protection, "%s", levels[k]);
		if (sr_bytes_eq(must, sr_bytes_str("reason-per-lift")))
			a->obligations |= SR_OBLIGE_REASON_PER_LIFT;
		if (sr_bytes_eq(must, sr_bytes_str("seal-to-recipient")))
			a->obligations |= SR_OBLIGE_SEAL_TO_RECIPIENT;
	}
}

/* What is wrong with rules or inputs denies, and is told; only our own trouble is an error. */
static int fault(struct sr_authorized *a, const char *incident, int rc, const struct sr_err *why) {
	if (rc == 0 || rc == SR_NOMEM || rc == SR_IO)
		return rc;
	a->word = SR_JUDGED_ERROR;
	snprintf(a->incident, sizeof a->incident, "%s", incident);
	snprintf(a->rule, sizeof a->rule, "%s", incident);
	snprintf(a->title, sizeof a->title, "%s",
		strcmp(incident, "policy-set") == 0
			? "The rules in force cannot be read, so nothing is permitted"
			: "What is asked cannot be put to the rules, so it is not permitted");
	a->fault = *why;
	return 0;
}

static int decide(struct sr_authorized *a, struct sr_vault *v, const struct sr_schema *schema,
	struct sr_err *e) {
	const struct sr_cedar_policies *set = NULL;
	struct sr_question q = {NULL, NULL};
	const char *incident = "policy-set";
	int rc = sr_authorize_in_force(a->set, &a->number, v, a->board, e);

	if (rc == 0)
		rc = sr_authorize_parsed(&set, v, a->set, e);
	if (rc == 0) {
		incident = "policy-inputs";
		rc = sr_question_load(&q, sr_buf_view(&a->inputs), e);
	}
	if (rc == 0)
		rc = sr_question_conforms(schema, &q, e);
	if (rc == 0) {
		incident = "policy-error";
		rc = sr_judge(&a->judged, set, &q, e);
	}
	if (rc == 0) {
		a->word = a->judged.word;
		if (a->word == SR_JUDGED_ALLOW)
			name_obligations(a);
		else
			rc = name_rule(a, set, schema, &q, e);
	}
	if (rc == 0 && a->word == SR_JUDGED_ERROR) {
		const struct sr_cedar_problem *first = &a->judged.plain->errors[0];

		snprintf(a->incident, sizeof a->incident, "policy-error");
		(void)!sr_fail(&a->fault, SR_CORRUPT, "rule %s, line %u, column %u: %s", a->rule,
			first->line, first->column, first->text);
	}
	sr_question_free(&q);
	return fault(a, incident, rc, e);
}

int sr_authorize(struct sr_authorized *out, struct sr_vault *v, struct sr_inputs *in, int rc,
	struct sr_err *e) {
	const struct sr_schema *schema = NULL;
	struct sr_err own = {0}, *why = e != NULL ? e : &own;
	const int known = sr_authorize_schema(&schema, v, rc == 0 ? e : NULL);

	memset(out, 0, sizeof *out);
	out->word = SR_JUDGED_DENY;
	if (known != 0)
		return rc != 0 ? rc : known;
	out->asked = rc != 0 || in->action[0] != '\0';
	if (!out->asked) {
		out->word = SR_JUDGED_ALLOW;
		return 0;
	}
	snprintf(out->action, sizeof out->action, "%s", in->action);
	memcpy(out->board, in->board, SR_ID);
	out->inputs = in->text;
	sr_buf_init(&in->text);
	if (rc != 0)
		rc = fault(out, "policy-inputs", rc, why);
	else
		rc = decide(out, v, schema, why);
	if (rc == 0)
		sr_err_clear(e);
	else
		sr_authorized_free(out);
	return rc;
}

void sr_authorized_text(char *out, size_t size, const struct sr_authorized *a) {
	const bool open = a->word == SR_JUDGED_DENY && a->judged.rule_count == 0 &&
			  strcmp(a->rule, NOT_PERMITTED) != 0;

	if (a->word == SR_JUDGED_ERROR)
		snprintf(out, size,
			"(rule %s): %s%s%s; an incident tells the auditors, and the "
			"board adopts rules that can be evaluated",
			a->rule, a->title, a->fault.text[0] != '\0' ? ": " : "", a->fault.text);
	else
		snprintf(out, size, "(rule %s): %s%s%s%s", a->rule,
			open ? "nothing permits it here. What would: " : "", a->title,
			a->why[0] != '\0' ? ". " : "", a->why);
}

/* --- who may still vote ----------------------------------------------------------------------- */

static bool has_voted(const struct sr_votes *votes, const char *person) {
	for (size_t i = 0; i < votes->count; i++)
		if (!votes->rows[i].is_void && strcmp(votes->rows[i].decision, "topup") != 0 &&
			strcmp(votes->rows[i].person, person) == 0)
			return true;
	return false;
}

/* On other rules votes whoever has not stepped aside and is not set against it
 * (invariants_policy.c). */
static int may_adopt(bool *out, struct sr_vault *v, const struct sr_version_row *of,
	const char *member, struct sr_err *e) {
	struct sr_attestation_row row = {0};
	bool recused = false, against = false;
	int rc = sr_query_recused(&recused, v->catalogue, of->request, member, e);

	if (rc == 0)
		rc = sr_query_conflict(
			&against, &row, v->catalogue, of->request, of->version, member, e);
	sr_attestation_row_free(&row);
	*out = rc == 0 && !recused && !against;
	return rc;
}

/* Does nothing in the rules keep this member from approving? A fault of the rules does not. */
static int may_approve(struct sr_ruling *out, struct sr_vault *v, const struct sr_facts *f,
	const struct sr_version_row *of, const char *member, struct sr_err *e) {
	struct sr_authorized *a = calloc(1, sizeof *a);
	struct sr_inputs in = {.action = ""};
	int rc = 0;

	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "rules: out of memory");
	rc = sr_inputs_of_voter(&in, f, of, member, e);
	rc = sr_authorize(a, v, &in, rc, e);
	sr_inputs_free(&in);
	memset(out, 0, sizeof *out);
	out->allowed = rc == 0 && a->word != SR_JUDGED_DENY;
	if (rc == 0 && !out->allowed) {
		snprintf(out->rule, sizeof out->rule, "%.47s", a->rule);
		snprintf(out->title, sizeof out->title, "%s", a->title);
		snprintf(out->why, sizeof out->why, "%.399s", a->why);
	}
	sr_authorized_free(a);
	free(a);
	return rc;
}

int sr_authorize_voter(struct sr_ruling *out, struct sr_vault *v, const struct sr_version_row *of,
	const char *member, int64_t now, struct sr_err *e) {
	struct sr_facts f;
	int rc = sr_invariants_voter(out, v->catalogue, now, of, member, e);

	if (rc != 0 || !out->allowed || strcmp(of->kind, "policy") == 0)
		return rc;
	rc = sr_authorize_facts(&f, v, now, e);
	if (rc == 0)
		rc = may_approve(out, v, &f, of, member, e);
	/* By which way they will vote nobody knows yet. */
	f.browser = true;
	return rc == 0 && !out->allowed ? may_approve(out, v, &f, of, member, e) : rc;
}

int sr_authorize_inbox(struct sr_versions *out, struct sr_vault *v, const char *member, int64_t now,
	struct sr_err *e) {
	size_t kept = 0;
	int rc = sr_query_unvoted(out, v->catalogue, member, e);

	for (size_t i = 0; rc == 0 && i < out->count; i++) {
		const struct sr_version_row row = out->rows[i];
		struct sr_ruling r;

		rc = sr_authorize_voter(&r, v, &row, member, now, e);
		if (rc != 0 || !r.allowed)
			continue;
		/* The one that is left out takes its place, and is freed with the list's end. */
		out->rows[i] = out->rows[kept];
		out->rows[kept++] = row;
	}
	while (rc == 0 && out->count > kept)
		sr_version_row_free(&out->rows[--out->count]);
	if (rc != 0)
		sr_versions_free(out);
	return rc;
}

static int count_approvers(uint32_t *out, struct sr_vault *v, const struct sr_version_row *of,
	int64_t now, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_votes votes = {0};
	struct sr_facts f;
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "rules: out of memory")
			   : sr_query_board(b, v->catalogue, of->board, of->epoch, e);

	*out = 0;
	if (rc == 0)
		rc = sr_query_votes(&votes, v->catalogue, of->request, of->version, e);
	if (rc == 0)
		rc = sr_authorize_facts(&f, v, now, e);
	for (size_t i = 0; rc == 0 && i < b->member_count; i++) {
		struct sr_ruling r;
		bool may = false;

		if (!b->members[i].active || has_voted(&votes, b->members[i].person))
			continue;
		if (strcmp(of->kind, "policy") == 0) {
			rc = may_adopt(&may, v, of, b->members[i].person, e);
		} else {
			rc = may_approve(&r, v, &f, of, b->members[i].person, e);
			may = rc == 0 && r.allowed;
		}
		*out += may;
	}
	sr_votes_free(&votes);
	free(b);
	return rc;
}

int sr_authorize_voters(uint32_t *out, struct sr_vault *v, const struct sr_version_row *of,
	int64_t now, struct sr_err *e) {
	struct sr_tally t;
	uint32_t said, by_rules = 0, by_catalogue;
	int rc = sr_query_tally(&t, v->catalogue, of->request, of->version, e);

	*out = 0;
	if (rc == 0)
		rc = count_approvers(&by_rules, v, of, now, e);
	if (rc != 0)
		return rc;
	said = t.approved + t.rejected;
	by_catalogue = t.eligible > said ? t.eligible - said : 0;
	*out = by_rules > by_catalogue ? by_rules : by_catalogue;
	return 0;
}

/* --- statements ------------------------------------------------------------------------------- */

int sr_authorized_incident(struct sr_buf *text, struct sr_vault *v, const struct sr_authorized *a,
	const char *person, int64_t now, struct sr_err *e) {
	int64_t last = 0;
	int rc;

	if (a->incident[0] == '\0')
		return 0;
	rc = sr_query_policy_incident(&last, v->catalogue, a->incident, a->set, e);
	if (rc != 0 || (last != 0 && now - last < SR_POLICY_INCIDENT_S))
		return rc;
	sr_follow_begin(text, v, SR_T_INCIDENT, now);
	sr_text_put(text, "what", a->incident);
	if (person != NULL)
		sr_text_put(text, "person", person);
	sr_text_put_hex(text, "set", a->set, SR_HASH);
	if (a->judged.rule_count > 0)
		sr_text_put(text, "rule", a->judged.rules[0]);
	return sr_buf_ok(text, e);
}

static void put_object(struct sr_decided *d, const char *key, struct sr_bytes body) {
	struct sr_door_object *o = &d->objects[d->parts.object_count++];
	uint8_t id[SR_HASH];

	sr_random(o->salt, SR_SALT);
	o->body = body;
	sr_object_id(id, o->salt, body);
	sr_text_put_hex(&d->text, key, id, SR_HASH);
}

void sr_decided_free(struct sr_decided *d) {
	sr_buf_free(&d->text);
	sr_buf_free(&d->rules);
}

/* The set's text, where whoever replays would not find it otherwise. */
static int put_set(
	struct sr_decided *d, struct sr_vault *v, const struct sr_authorized *a, struct sr_err *e) {
	uint8_t object[SR_HASH];
	int rc = sr_query_policy_text(object, v->catalogue, a->set, e);

	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	rc = sr_authorize_set(&d->rules, v, a->set, e);
	if (rc == 0)
		put_object(d, "rules", sr_buf_view(&d->rules));
	return rc;
}

int sr_authorized_decided(struct sr_decided *d, struct sr_vault *v, const struct sr_authorized *a,
	const struct sr_decided_of *of, int64_t now, struct sr_err *e) {
	const struct {
		const char *key;
		const uint8_t *id;
	} about[] = {{"grant", of->grant}, {"checkout", of->checkout}, {"item", of->item},
		{"board", a->board}};
	int rc;

	memset(d, 0, sizeof *d);
	sr_buf_init(&d->text);
	sr_buf_init(&d->rules);
	d->parts.objects = d->objects;
	sr_follow_begin(&d->text, v, SR_T_DECIDED, now);
	if (of->of != NULL)
		sr_text_put_hex(&d->text, "of", of->of, SR_ID);
	sr_text_put(&d->text, "action", a->action);
	if (of->request != NULL) {
		sr_text_put_hex(&d->text, "request", of->request, SR_ID);
		sr_text_put_dec(&d->text, "version", of->version);
	}
	for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
		if (about[i].id != NULL)
			sr_text_put_hex(&d->text, about[i].key, about[i].id, SR_ID);
	sr_text_put_hex(&d->text, "set", a->set, SR_HASH);
	rc = put_set(d, v, a, e);
	if (rc != 0)
		return rc;
	put_object(d, "inputs", sr_buf_view(&a->inputs));
	sr_text_put(&d->text, "decision", sr_judged_name(a->word));
	for (size_t i = 0; i < a->judged.rule_count; i++)
		sr_text_put(&d->text, "rule", a->judged.rules[i]);
	if (a->protection[0] != '\0')
		sr_text_put(&d->text, "protection", a->protection);
	if ((a->obligations & SR_OBLIGE_REASON_PER_LIFT) != 0)
		sr_text_put(&d->text, "obligation", "reason-per-lift");
	if ((a->obligations & SR_OBLIGE_SEAL_TO_RECIPIENT) != 0)
		sr_text_put(&d->text, "obligation", "seal-to-recipient");
	if (of->browser)
		sr_text_put(&d->text, "via", "browser");
	return sr_buf_ok(&d->text, e);
}

/* --- use -------------------------------------------------------------------------------------- */

static int commit_text(struct sr_vault *v, struct sr_bytes text, const struct sr_submission *parts,
	struct sr_err *e) {
	struct sr_outcome *outcome = calloc(1, sizeof *outcome);
	int rc = outcome == NULL ? sr_fail(e, SR_NOMEM, "rules: out of memory")
				 : sr_door_service_with(v, text, parts, outcome, e);

	free(outcome);
	return rc;
}

static int use_incident(struct sr_vault *v, const struct sr_authorized *a, const char *person,
	int64_t now, struct sr_err *e) {
	static const struct sr_submission none;
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	rc = sr_authorized_incident(&text, v, a, person, now, e);
	if (rc == 0 && text.len > 0)
		rc = commit_text(v, sr_buf_view(&text), &none, e);
	sr_buf_free(&text);
	return rc;
}

static int use_decided(struct sr_vault *v, const struct sr_authorized *a,
	const struct sr_checkout_row *c, int64_t now, struct sr_err *e) {
	const struct sr_decided_of of = {
		.grant = c->has_grant ? c->grant : NULL, .checkout = c->id, .item = c->item};
	struct sr_decided d;
	int rc = sr_authorized_decided(&d, v, a, &of, now, e);

	if (rc == 0)
		rc = commit_text(v, sr_buf_view(&d.text), &d.parts, e);
	sr_decided_free(&d);
	return rc;
}

int sr_authorize_use(struct sr_vault *v, const struct sr_checkout_row *c, int64_t now, bool decided,
	struct sr_err *e) {
	struct sr_inputs in = {.action = ""};
	struct sr_authorized *a = calloc(1, sizeof *a);
	struct sr_facts f;
	int rc = a == NULL ? sr_fail(e, SR_NOMEM, "rules: out of memory")
			   : sr_authorize_facts(&f, v, now, e);

	if (rc == 0) {
		rc = sr_inputs_of_checkout(&in, &f, c, e);
		rc = sr_authorize(a, v, &in, rc, e);
	}
	sr_inputs_free(&in);
	if (rc == 0)
		rc = use_incident(v, a, c->person, now, e);
	if (rc == 0 && decided && a->incident[0] == '\0')
		rc = use_decided(v, a, c, now, e);
	if (rc == 0 && a->word != SR_JUDGED_ALLOW) {
		char text[640];

		sr_authorized_text(text, sizeof text, a);
		rc = sr_fail(e, SR_DENIED, "not now %s", text);
	}
	if (a != NULL)
		sr_authorized_free(a);
	free(a);
	return rc;
}
