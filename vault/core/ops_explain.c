/*
 * Why the rules decided what they did, and what they would say now. See ops.h: explain, uses.
 *
 * What was decided is read from `decided` entries, with titles out of the set of then. What would
 * be decided now is asked of the set in force with the facts of now, and nothing is written.
 */
#include "core/ops_in.h"

#include "board/authorize.h"
#include "board/invariants.h"
#include "policy/explain.h"
#include "policy/lint.h"

enum {
	USES_MAX = 256, /* questions that one grant is asked with: people, kinds of items, forms */
	CLASSES_MAX = 64, /* kinds of items of one grant */
	GRANTS_MAX = 4    /* live grants of one answer: 16 people with as many questions of 3 KiB
			     each still fit a reply */
};

struct explaining {
	struct sr_x *x;
	struct sr_rows_out o;
	struct sr_facts facts;
	struct sr_err *e;
};

/* --- rows ------------------------------------------------------------------------------------- */

/* A rule with its title, from the set that decided. */
static void put_rule(struct explaining *k, const struct sr_cedar_policies *set, const char *id) {
	const struct sr_cedar_policy *p = NULL;

	for (size_t i = 0; p == NULL && i < sr_cedar_policies_count(set); i++) {
		const struct sr_cedar_policy *c = sr_cedar_policies_get(set, i);
		const struct sr_bytes own = sr_cedar_annotation_of(c, "id");

		if (sr_bytes_eq(own.len > 0 ? own : c->id, sr_bytes_str(id)))
			p = c;
	}
	sr_row(&k->o, "rule");
	sr_row_str(&k->o, "id", id);
	if (p == NULL)
		return;
	sr_row_str(&k->o, "effect", p->forbid ? "forbid" : "permit");
	sr_row_bytes(&k->o, "title", sr_cedar_annotation_of(p, "title"));
	sr_row_bytes(&k->o, "why", sr_cedar_annotation_of(p, "why"));
}

/* Lines as fields, one each. */
static void put_lines(struct explaining *k, const char *key, const struct sr_buf *lines) {
	size_t at = 0;

	while (at < lines->len) {
		const uint8_t *end = memchr(lines->p + at, '\n', lines->len - at);
		const size_t n = end == NULL ? lines->len - at : (size_t)(end - (lines->p + at));

		sr_row_bytes(&k->o, key, sr_bytes_of(lines->p + at, n));
		at += n + 1;
	}
}

/* The open `rule` row gets what is missing in it, and what it looked at. */
static int put_reasons(struct explaining *k, const struct sr_cedar_policy *p,
	const struct sr_question *q, bool lacks) {
	struct sr_buf missing, reads;
	size_t parts = 0;
	int rc = 0;

	sr_buf_init(&missing);
	sr_buf_init(&reads);
	if (lacks)
		rc = sr_rule_lacks(&missing, &parts, p, q, k->e);
	if (rc == 0)
		rc = sr_rule_reads(&reads, p, q, k->e);
	if (rc == 0) {
		put_lines(k, "missing", &missing);
		put_lines(k, "reads", &reads);
	}
	sr_buf_free(&missing);
	sr_buf_free(&reads);
	return rc;
}

/* --- what was decided ------------------------------------------------------------------------- */

static int put_number(struct explaining *k, const struct sr_decision_row *d) {
	struct sr_policies l = {0};
	int rc = sr_query_policies(&l, k->x->catalogue, d->board, k->e);

	for (size_t i = 0; rc == 0 && i < l.count; i++)
		if (memcmp(l.rows[i].set, d->set, SR_HASH) == 0 && l.rows[i].entry < d->entry) {
			sr_row_dec(&k->o, "number", l.rows[i].number);
			break;
		}
	sr_policies_free(&l);
	return rc;
}

static int put_decision(struct explaining *k, const struct sr_decision_row *d) {
	const struct sr_cedar_policies *set = NULL;
	const char *p = d->rules;
	int rc;

	sr_row(&k->o, "decided");
	sr_row_dec(&k->o, "entry", d->entry);
	sr_row_time(&k->o, "received", d->received);
	sr_row_str(&k->o, "action", d->action);
	sr_row_str(&k->o, "decision", d->decision);
	sr_row_hex(&k->o, "set", d->set, SR_HASH);
	sr_row_hex(&k->o, "inputs", d->inputs, SR_HASH);
	sr_row_str(&k->o, "protection", d->protection);
	rc = put_number(k, d);
	if (rc == 0)
		rc = sr_authorize_parsed(&set, k->x->vault, d->set, k->e);
	while (rc == 0 && *p != '\0') {
		const size_t n = strcspn(p, " ");
		char id[130];

		snprintf(id, sizeof id, "%.*s", (int)n, p);
		put_rule(k, set, id);
		p += n + (p[n] == ' ');
	}
	return rc;
}

static int put_decisions(struct explaining *k, const struct sr_decision_filter *f) {
	struct sr_decisions l = {0};
	int rc = sr_query_decisions(&l, k->x->catalogue, f, k->e);

	for (size_t i = 0; rc == 0 && i < l.count; i++)
		rc = put_decision(k, &l.rows[i]);
	sr_decisions_free(&l);
	return rc;
}

/* --- what would be decided -------------------------------------------------------------------- */

struct asked { /* who and what, for the row */
	const char *person;
	const uint8_t *item;
	const char *form;
};

/* The rules that decide, each with what it looked at; where nothing permits it, what would. */
static int put_judged(struct explaining *k, const struct sr_authorized *a,
	const struct sr_question *q, const struct sr_cedar_policies *set) {
	const struct sr_cedar_answer *plain = a->judged.plain;
	const struct sr_cedar_policy *near = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < a->judged.rule_count; i++) {
		put_rule(k, set, a->judged.rules[i]);
		if (a->word != SR_JUDGED_ALLOW && plain->error_count == 0)
			rc = put_reasons(k, plain->reasons[i], q, false);
	}
	if (rc == 0 && a->word == SR_JUDGED_DENY && a->judged.rule_count == 0) {
		rc = sr_permit_nearest(&near, set, k->facts.schema, q, k->e);
		if (rc == 0 && near != NULL) {
			put_rule(k, set, a->rule);
			rc = put_reasons(k, near, q, true);
		}
	}
	return rc;
}

/* Ask, and say it; *${allowed}. ${in} is taken over. */
static int put_now(struct explaining *k, struct sr_inputs *in, int rc, const struct asked *about,
	bool *allowed) {
	struct sr_authorized *a = calloc(1, sizeof *a);
	const struct sr_cedar_policies *set = NULL;
	struct sr_question q = {NULL, NULL};

	*allowed = false;
	if (a == NULL)
		rc = sr_fail(k->e, SR_NOMEM, "explain: out of memory");
	else
		rc = sr_authorize(a, k->x->vault, in, rc, k->e);
	sr_inputs_free(in);
	if (rc == 0) {
		*allowed = a->word == SR_JUDGED_ALLOW;
		sr_row(&k->o, "now");
		sr_row_str(&k->o, "action", a->action);
		sr_row_str(&k->o, "decision", sr_judged_name(a->word));
		sr_row_str(&k->o, "person", about->person);
		if (about->item != NULL)
			sr_row_hex(&k->o, "item", about->item, SR_ID);
		sr_row_str(&k->o, "form", about->form);
		sr_row_str(&k->o, "protection", a->protection);
		if (a->incident[0] != '\0')
			sr_row_str(&k->o, "error", a->fault.text);
	}
	if (rc == 0 && a->judged.plain != NULL) {
		rc = sr_authorize_parsed(&set, k->x->vault, a->set, k->e);
		if (rc == 0)
			rc = sr_question_load(&q, sr_buf_view(&a->inputs), k->e);
		if (rc == 0)
			rc = put_judged(k, a, &q, set);
	}
	sr_question_free(&q);
	if (a != NULL)
		sr_authorized_free(a);
	free(a);
	return rc;
}

/* --- a request -------------------------------------------------------------------------------- */

static void put_missing(struct explaining *k, const char *text) {
	sr_row(&k->o, "missing");
	sr_row_str(&k->o, "text", text);
}

/* How many more approvals would do, of as many as can still come; 0: none would. */
static int votes_needed(uint32_t *out, struct explaining *k, const struct sr_version_row *v,
	const struct sr_tally *t, uint32_t can) {
	int rc = 0;

	*out = 0;
	for (uint32_t more = 1; rc == 0 && *out == 0 && more <= can; more++) {
		struct sr_inputs in = {.action = ""};
		struct sr_authorized *a = calloc(1, sizeof *a);

		if (t->approved + more < t->quorum) {
			free(a);
			continue;
		}
		rc = a == NULL ? sr_fail(k->e, SR_NOMEM, "explain: out of memory") : 0;
		if (rc == 0) {
			rc = sr_inputs_of_decision(&in, &k->facts, v, more, k->e);
			rc = sr_authorize(a, k->x->vault, &in, rc, k->e);
		}
		if (rc == 0 && a->word == SR_JUDGED_ALLOW)
			*out = more;
		sr_inputs_free(&in);
		if (a != NULL)
			sr_authorized_free(a);
		free(a);
	}
	return rc;
}

static int request_missing(struct explaining *k, const struct sr_version_row *v) {
	struct sr_tally t;
	char text[160];
	uint32_t more = 0, can = 0;
	int rc = sr_query_tally(&t, k->x->catalogue, v->request, v->version, k->e);

	if (rc == 0)
		rc = sr_authorize_voters(&can, k->x->vault, v, k->facts.now, k->e);

	if (rc == 0 && t.joined < t.co_applicants) {
		snprintf(text, sizeof text, "%u of %u co-applicants have not joined",
			t.co_applicants - t.joined, t.co_applicants);
		put_missing(k, text);
	}
	if (rc == 0 && strcmp(v->kind, "policy") != 0)
		rc = votes_needed(&more, k, v, &t, can);
	else if (rc == 0)
		more = t.quorum > t.approved ? t.quorum - t.approved : 0;
	if (rc != 0)
		return rc;
	if (more > 0)
		snprintf(text, sizeof text, "%u more vote%s of %u members who can still vote", more,
			more == 1 ? "" : "s", can);
	else
		snprintf(text, sizeof text,
			"no number of votes makes it allowed as things are: see the rules above");
	put_missing(k, text);
	return 0;
}

static int explain_request(struct explaining *k, const uint8_t id[SR_ID]) {
	const struct asked nobody = {NULL, NULL, NULL};
	struct sr_version_row v = {0};
	struct sr_inputs in = {.action = ""};
	bool allowed = false;
	int rc = sr_get_version(&v, k->x, id, 0, k->e);

	if (rc != 0)
		return rc;
	sr_row(&k->o, "thing");
	sr_row_str(&k->o, "what", "request");
	sr_row_hex(&k->o, "id", id, SR_ID);
	sr_row_str(&k->o, "state", sr_state_name(v.state));
	sr_row_str(&k->o, "kind", v.kind);
	rc = put_decisions(k, &(struct sr_decision_filter){.request = id});
	if (rc == 0 && v.state == SR_S_OPEN && strcmp(v.kind, "policy") != 0) {
		rc = sr_inputs_of_decision(&in, &k->facts, &v, 0, k->e);
		rc = put_now(k, &in, rc, &nobody, &allowed);
	}
	if (rc == 0 && v.state == SR_S_OPEN && !allowed)
		rc = request_missing(k, &v);
	sr_version_row_free(&v);
	return rc;
}

/* --- a grant, a checkout ---------------------------------------------------------------------- */

/* Each question that a use of the grant may ask, one for each kind of item. */
typedef int use_fn(void *ctx, const struct sr_use *use);

static bool next_word(const char **at, char *word, size_t size) {
	const size_t n = strcspn(*at, " ");

	if (n == 0)
		return false;
	snprintf(word, size, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] == ' ');
	return true;
}

/* A checkout that the person has of the item is the use that is asked about, and no second one. */
static int live_checkout(
	bool *there, uint8_t id[SR_ID], struct sr_x *x, const struct sr_use *u, struct sr_err *e) {
	const struct sr_checkout_filter f = {.person = u->person, .item = u->item, .live = true};
	struct sr_checkouts l = {0};
	int rc = sr_query_checkouts(&l, x->catalogue, &f, NULL, e);

	*there = rc == 0 && l.count > 0;
	if (*there)
		memcpy(id, l.rows[0].id, SR_ID);
	sr_checkouts_free(&l);
	return rc;
}

static int each_use(struct sr_x *x, const struct sr_grant_row *g, const char *person, use_fn *use,
	void *ctx, struct sr_err *e) {
	const char *forms =
		sr_invariants_looks(g->right) && g->forms != NULL ? g->forms : "features";
	struct sr_use u = {.grant = g, .person = person};
	uint8_t *ids = NULL;
	size_t count = 0, asked = 0;
	int rc = sr_query_grant_classes(&ids, &count, x->catalogue, g->id, CLASSES_MAX, e);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *at = forms;
		uint8_t checkout[SR_ID];
		char form[64];
		bool there = false;

		u.item = ids + i * SR_ID;
		rc = live_checkout(&there, checkout, x, &u, e);
		u.checkout = there ? checkout : NULL;
		while (rc == 0 && asked < USES_MAX && next_word(&at, form, sizeof form)) {
			u.form = form;
			rc = use(ctx, &u);
			asked++;
		}
	}
	free(ids);
	return rc;
}

static int explain_use(void *ctx, const struct sr_use *u) {
	struct explaining *k = ctx;
	const struct asked about = {u->person, u->item, u->form};
	struct sr_inputs in = {.action = ""};
	bool allowed = false;
	int rc = sr_inputs_of_use(&in, &k->facts, u, k->e);

	return put_now(k, &in, rc, &about, &allowed);
}

/* What is known of somebody's training is theirs, and the house's. */
static bool may_hear_of(const struct sr_x *x, const char *person) {
	return strcmp(x->caller.person, person) == 0 ||
	       (x->caller.roles & (SR_ROLE_MEMBER | SR_ROLE_OFFICER | SR_ROLE_AUDITOR)) != 0;
}

static int explain_grant(struct explaining *k, const uint8_t id[SR_ID]) {
	struct sr_grant_row g = {0};
	const char *at;
	char person[SR_PERSON_TEXT];
	bool may = false;
	int rc = sr_query_grant(&g, k->x->catalogue, id, k->e);

	if (rc == 0)
		rc = sr_may_see_request(&may, &k->x->caller, g.request, k->e);
	if (rc == 0 && !may)
		rc = sr_fail(k->e, SR_NOTFOUND, "there is no such grant");
	if (rc == 0) {
		sr_row(&k->o, "thing");
		sr_row_str(&k->o, "what", "grant");
		sr_row_hex(&k->o, "id", id, SR_ID);
		sr_row_str(&k->o, "state", sr_state_name(g.state));
		sr_row_time(&k->o, "ends", g.ends);
		rc = put_decisions(k, &(struct sr_decision_filter){.request = g.request});
	}
	at = g.people == NULL ? "" : g.people;
	while (rc == 0 && g.state == SR_S_LIVE && next_word(&at, person, sizeof person))
		if (may_hear_of(k->x, person))
			rc = each_use(k->x, &g, person, explain_use, k, k->e);
	sr_grant_row_free(&g);
	return rc;
}

static int explain_checkout(struct explaining *k, const uint8_t id[SR_ID]) {
	struct sr_checkout_row c = {.entry = 0};
	struct sr_inputs in = {.action = ""};
	bool allowed = false;
	int rc = sr_query_checkout(&c, k->x->catalogue, id, k->e);

	if (rc == 0 && !may_hear_of(k->x, c.person))
		rc = sr_fail(k->e, SR_NOTFOUND, "there is no such checkout");
	if (rc != 0)
		return rc;
	sr_row(&k->o, "thing");
	sr_row_str(&k->o, "what", "checkout");
	sr_row_hex(&k->o, "id", id, SR_ID);
	sr_row_str(&k->o, "state", sr_state_name(c.state));
	sr_row_str(&k->o, "person", c.person);
	rc = put_decisions(k, &(struct sr_decision_filter){.checkout = id});
	if (rc == 0 && c.ended == 0) {
		const struct asked about = {c.person, c.item, c.form};

		rc = sr_inputs_of_checkout(&in, &k->facts, &c, k->e);
		rc = put_now(k, &in, rc, &about, &allowed);
	}
	return rc;
}

int sr_op_explain(struct sr_x *x, struct sr_err *e) {
	struct explaining k = {.x = x, .e = e};
	uint8_t id[SR_ID];
	int rc = sr_authorize_facts(&k.facts, x->vault, sr_now(&x->vault->clock), e);

	sr_rows_begin(&k.o, &x->r->body);
	if (rc != 0)
		return rc;
	if (sr_in_id(x, "request", id))
		return explain_request(&k, id);
	if (sr_in_id(x, "grant", id))
		return explain_grant(&k, id);
	if (sr_in_id(x, "checkout", id))
		return explain_checkout(&k, id);
	return sr_fail(e, SR_USAGE, "explain: a request, a grant or a checkout is named");
}

/* --- uses of live grants ---------------------------------------------------------------------- */

static int put_use(void *ctx, const struct sr_use *u) {
	struct explaining *k = ctx;
	struct sr_inputs in = {.action = ""};
	int rc = sr_inputs_of_use(&in, &k->facts, u, k->e);

	if (rc == 0) {
		sr_row(&k->o, "use");
		sr_row_hex(&k->o, "grant", u->grant->id, SR_ID);
		sr_row_str(&k->o, "person", u->person);
		sr_row_hex(&k->o, "item", u->item, SR_ID);
		sr_row_str(&k->o, "action", in.action);
		sr_row_buf(&k->o, "inputs", &in.text);
	}
	sr_inputs_free(&in);
	return rc;
}

int sr_op_uses(struct sr_x *x, struct sr_err *e) {
	const struct sr_grant_filter live = {.state = SR_S_LIVE};
	struct explaining k = {.x = x, .e = e};
	struct sr_page page;
	struct sr_grants l = {0};
	int rc = sr_authorize_facts(&k.facts, x->vault, sr_now(&x->vault->clock), e);

	sr_rows_begin(&k.o, &x->r->body);
	if (rc == 0)
		rc = sr_in_page(x, &page, GRANTS_MAX, GRANTS_MAX, e);
	if (rc == 0)
		rc = sr_query_grants(&l, x->catalogue, &live, &page, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const char *at = l.rows[i].people == NULL ? "" : l.rows[i].people;
		char person[SR_PERSON_TEXT];

		while (rc == 0 && next_word(&at, person, sizeof person))
			rc = each_use(x, &l.rows[i], person, put_use, &k, e);
	}
	sr_text_put_dec(&x->r->head, "grants", l.count);
	sr_grants_free(&l);
	return rc;
}
