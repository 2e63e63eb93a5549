/*
 * walk - the rules of the default set, each by a deed at the door.
 *
 * A rule that nothing asks is dead: it is read aloud, has rows in the table of decisions, and
 * protects nobody. So each one is taken out of the set, and something must change at the door:
 *
 *   forbid   a deed that this rule alone refuses. Under the default set the door says no by that
 *            rule; under the set without it the same deed is done.
 *   permit   a deed that this rule alone allows. Without it the rules refuse, with it, it is done.
 *
 * The inputs of every deed are those that the vault makes of the statement; what each attribute was
 * is remembered, so that one that never has but one value shows (walk_attributes).
 *
 * Some things an invariant refuses before the rules are asked (board/invariants.h): the default set
 * says them once more for whoever reads it. `first` names that invariant; then the deed shows that
 * both say the same: the invariant at the door, the rule to the inputs of this very statement. (Of
 * a permit: it does not hold for them.)
 */
#ifndef SR_TESTS_WALK_H
#define SR_TESTS_WALK_H

#include "board/authorize.h"
#include "board/keys.h"
#include "board/policy_default.h"
#include "crypto/age.h"
#include "drafts.h"
#include "ledger/card.h"
#include "policy/entities.h"
#include "policy/lint.h"
#include "policy/request.h"
#include "rules_rig.h"
#include "things.h"
#include "world.h"

enum {
	WALK_SIGHTS = 400,
	WALK_NAME = 80,
	WALK_VALUE = 200
};

/* One attribute: of an entity type ("Item.state"), or of contexts ("context.form"). */
struct walk_sight {
	char name[WALK_NAME];
	char value[WALK_VALUE]; /* the first one seen */
	bool other;             /* and another */
	bool absent;            /* an optional one was not there */
};

struct walk {
	struct world *w;
	struct sr_cedar_policies *set; /* the default one */
	struct sr_buf text;            /* of it */
	const char *without;           /* the rule that is not in force; NULL: all are */
	struct sr_version_row v;       /* of a decision: what it is about */
	const char *word;              /* of the row */
	struct sr_submission hooks;    /* of the next deed */
	struct sr_deposit *dep;        /* whose accession it is */
	uint8_t plain[SR_ID];          /* released, no hazard */
	uint8_t held[SR_ID];           /* held, described */
	uint8_t id[SR_ID], grant[SR_ID];
	struct walk_sight sights[WALK_SIGHTS];
	size_t sight_count;
	char actions[64][SR_ACTION_TEXT]; /* that were asked */
	size_t action_count;
};

/* Leaves the statement of the deed in ${d}; what it needs before is done. */
typedef void walk_deed(struct walk *k, struct world_draft *d);

enum walk_kind {
	WALK_STATEMENT, /* the rules are asked about the statement */
	WALK_DECISION,  /* it is the last vote: they are asked what the votes bring about */
	WALK_ALONE      /* the vault never asks so (why); k->v is what it would be asked with */
};

struct walk_row {
	const char *id;
	walk_deed *deed;
	const char *first; /* the invariant that refuses before the rules are asked */
	const char *then;  /* of a forbid: the one that refuses when it is not there */
	enum walk_kind kind;
	int done;          /* what the door says when the rules let it pass; 0: it is done */
	const char *word;  /* for the deed: which form, which decision */
	const char *small; /* "FROM|TO": the same rule with a smaller number, which is enough */
	const char *why;   /* no deed: why nothing asks it yet */
};

/* --- sets ------------------------------------------------------------------------------------- */

static inline struct sr_bytes walk_id(const struct sr_cedar_policy *p) {
	return sr_cedar_annotation_of(p, "id");
}

/* The default set without the rule ${id}; with ${small} instead of a number of it. NULL: all. */
static inline char *walk_without(struct walk *k, const char *id, const char *small) {
	struct sr_buf b;
	char *text, *at;

	sr_buf_init(&b);
	for (size_t i = 0; i < sr_cedar_policies_count(k->set); i++) {
		const struct sr_cedar_policy *p = sr_cedar_policies_get(k->set, i);

		if (small == NULL && id != NULL && sr_bytes_eq(walk_id(p), sr_bytes_str(id)))
			continue;
		assert_ok(sr_cedar_policy_text(p, &b, &k->w->e), &k->w->e);
		sr_buf_put_u8(&b, '\n');
	}
	text = sr_buf_dup_str(&b);
	sr_buf_free(&b);
	assert_non_null(text);
	if (small != NULL) {
		const char *to = strchr(small, '|');
		char from[80];

		assert_non_null(to);
		snprintf(from, sizeof from, "%.*s", (int)(to - small), small);
		at = strstr(text, from);
		if (at == NULL)
			fail_msg("the set has no \"%s\"", from);
		assert_int_equal(strlen(from), strlen(to + 1));
		memcpy(at, to + 1, strlen(from));
	}
	return text;
}

static inline void walk_under(struct walk *k, const char *id, const char *small) {
	char *text = walk_without(k, id, small);

	rules_impose(k->w, text, NULL);
	k->without = id;

	free(text);
}

static inline void walk_default(struct walk *k) {
	if (k->without != NULL)
		walk_under(k, NULL, NULL);
}

/* While a deed makes ready what the rule is not about; what to give to walk_resume. */
static inline const char *walk_pause(struct walk *k) {
	const char *without = k->without;

	walk_default(k);
	return without;
}

static inline void walk_resume(struct walk *k, const char *without) {
	if (without != NULL)
		walk_under(k, without, NULL);
}

/* --- attributes ------------------------------------------------------------------------------- */

static inline void walk_value(struct sr_buf *out, const struct sr_cedar_value *v) {
	switch (v->kind) {
	case SR_CEDAR_BOOL:
		sr_buf_put_str(out, v->b ? "true" : "false");
		break;
	case SR_CEDAR_LONG:
	case SR_CEDAR_DECIMAL:
	case SR_CEDAR_DATETIME:
	case SR_CEDAR_DURATION:
		sr_buf_printf(out, "%lld", (long long)v->n);
		break;
	case SR_CEDAR_STRING:
		sr_buf_put_bytes(out, v->s);
		break;
	case SR_CEDAR_ENTITY:
		sr_buf_put_bytes(out, v->name->id);
		break;
	case SR_CEDAR_SET:
		for (size_t i = 0; i < v->set->count; i++) {
			sr_buf_put_str(out, " ");
			walk_value(out, &v->set->items[i]);
		}
		break;
	case SR_CEDAR_RECORD: /* by its fields */
		break;
	case SR_CEDAR_IPADDR:
		sr_buf_printf(out, "%u.%u.%u.%u", v->ip->addr[0], v->ip->addr[1], v->ip->addr[2],
			v->ip->addr[3]);
		break;
	}
}

static inline struct walk_sight *walk_sight(struct walk *k, const char *name) {
	for (size_t i = 0; i < k->sight_count; i++)
		if (strcmp(k->sights[i].name, name) == 0)
			return &k->sights[i];
	assert_true(k->sight_count < WALK_SIGHTS);
	snprintf(k->sights[k->sight_count].name, WALK_NAME, "%s", name);
	return &k->sights[k->sight_count++];
}

static inline void walk_saw(struct walk *k, const char *name, const struct sr_cedar_value *v) {
	struct walk_sight *s = walk_sight(k, name);
	char value[WALK_VALUE];
	struct sr_buf b;

	if (v == NULL) {
		s->absent = true;
		return;
	}
	sr_buf_init(&b);
	sr_buf_put_u8(&b, '=');
	walk_value(&b, v);
	snprintf(value, sizeof value, "%.*s", (int)b.len, (const char *)b.p);
	sr_buf_free(&b);
	if (s->value[0] == '\0')
		snprintf(s->value, sizeof s->value, "%s", value);
	else if (strcmp(s->value, value) != 0)
		s->other = true;
}

/* Every field that the schema has for a record, the one in it too. */
static inline void walk_record(struct walk *k, const char *of, const struct sr_schema_record *want,
	const struct sr_cedar_record *have) {
	for (size_t i = 0; want != NULL && i < want->count; i++) {
		const struct sr_schema_field *f = &want->fields[i];
		const struct sr_cedar_value *v = sr_cedar_record_get(have, f->name);
		char name[WALK_NAME];

		snprintf(name, sizeof name, "%s.%.*s", of, (int)f->name.len,
			(const char *)f->name.p);
		walk_saw(k, name, v);
		if (v != NULL && v->kind == SR_CEDAR_RECORD)
			walk_record(k, name, f->type->record, v->record);
	}
}

static inline void walk_note(
	struct walk *k, const struct sr_inputs *in, const struct sr_question *q) {
	const struct sr_schema *s = NULL;
	assert_ok(sr_authorize_schema(&s, k->w->v, &k->w->e), &k->w->e);
	const struct sr_schema_action *a;
	bool known = false;

	assert_non_null(s);
	assert_ok(sr_question_conforms(s, q, &k->w->e), &k->w->e);
	a = sr_schema_action_named(s, sr_bytes_str(in->action));
	assert_non_null(a);
	walk_record(k, "context", a->context, q->request->vars[SR_VAR_CONTEXT].record);
	for (size_t i = 0; i < q->entities->count; i++) {
		const struct sr_cedar_entity *en = &q->entities->list[i];
		const struct sr_schema_entity *t = sr_schema_entity_named(s, en->name->type);
		char type[40];

		if (t == NULL)
			continue; /* an action */
		snprintf(type, sizeof type, "%.*s", (int)t->name.len, (const char *)t->name.p);
		walk_record(k, type, t->attrs, en->attrs);
	}
	for (size_t i = 0; i < k->action_count; i++)
		known = known || strcmp(k->actions[i], in->action) == 0;
	if (!known) {
		assert_true(k->action_count < T_COUNT(k->actions));
		snprintf(k->actions[k->action_count++], SR_ACTION_TEXT, "%s", in->action);
	}
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Was the rule among those that decided? */
static inline void walk_judge(
	struct walk *k, const struct walk_row *row, struct sr_inputs *in, bool want) {
	struct sr_judgement said;
	struct sr_question q;
	bool hit = false;
	char all[400] = "";

	assert_ok(sr_question_load(&q, sr_buf_view(&in->text), &k->w->e), &k->w->e);
	walk_note(k, in, &q);
	assert_ok(sr_judge(&said, k->set, &q, &k->w->e), &k->w->e);
	for (size_t i = 0; i < said.rule_count; i++) {
		const size_t n = strlen(all);

		snprintf(all + n, sizeof all - n, " %s", said.rules[i]);
		hit = hit || strcmp(said.rules[i], row->id) == 0;
	}
	if (said.word == SR_JUDGED_ERROR || (row->small == NULL && hit != want))
		fail_msg("rule %s: asked for %s, the answer is %s by%s", row->id, in->action,
			sr_judged_name(said.word), all);
	sr_judgement_free(&said);
	sr_question_free(&q);
	sr_inputs_free(in);
}

static inline struct sr_facts walk_facts(struct walk *k) {
	struct sr_facts f;

	assert_ok(sr_authorize_facts(&f, k->w->v, k->w->now, &k->w->e), &k->w->e);
	f.browser = k->hooks.browser;
	f.network = k->hooks.network;
	return f;
}

/* The inputs of the statement that ${d} would be, as the door makes them. */
static inline void walk_ask(
	struct walk *k, const struct walk_row *row, struct world_draft *d, bool want) {
	const struct sr_facts f = walk_facts(k);
	struct sr_inputs in;
	struct sr_statement st;
	struct sr_bytes list = {NULL, 0};
	struct sr_buf note;

	sr_buf_init(&note);
	assert_ok(sr_statement_sign(
			  &note, sr_buf_view(&d->text), d->by->person, d->by->seed, &k->w->e),
		&k->w->e);
	assert_ok(sr_statement_parse(&st, sr_buf_view(&note), &k->w->e), &k->w->e);
	if (sr_field_count(&st, "list") > 0 && st.type->id != SR_T_ACCESSION)
		list = d->objects[0].body;
	assert_ok(
		sr_inputs_of_statement(&in, &f, &st, list.p, list.len / SR_ID, &k->w->e), &k->w->e);
	walk_judge(k, row, &in, want);
	sr_statement_free(&st);
	sr_buf_free(&note);
}

static inline void walk_ask_decision(
	struct walk *k, const struct walk_row *row, const struct sr_version_row *v) {
	const struct sr_facts f = walk_facts(k);
	struct sr_inputs in;

	assert_ok(sr_inputs_of_decision(&in, &f, v, 0, &k->w->e), &k->w->e);
	walk_judge(k, row, &in, true);
}

static inline void walk_version(struct walk *k) {
	sr_version_row_free(&k->v);
	memset(&k->v, 0, sizeof k->v);
	assert_ok(sr_query_version(&k->v, k->w->v->catalogue, k->id, 0, &k->w->e), &k->w->e);
}

enum walk_asks {
	WALK_UNASKED, /* the inputs are not looked at */
	WALK_HOLDS,   /* the rule is among those that decide */
	WALK_FAILS    /* it is not */
};

/* The door's word, with the rule that it names in ${rule}. */
static inline int walk_do(struct walk *k, const struct walk_row *row, enum walk_asks asks,
	char rule[SR_JUDGED_ID_MAX + 1]) {
	struct world *w = k->w;
	struct sr_entry en = {0};
	struct world_draft d;
	int rc;

	memset(&k->hooks, 0, sizeof k->hooks);
	k->word = row->word;
	row->deed(k, &d);
	assert_null(w->instead);
	if (asks != WALK_UNASKED && row->kind == WALK_STATEMENT)
		walk_ask(k, row, &d, asks == WALK_HOLDS);
	memset(&w->out, 0, sizeof w->out);
	rc = world_commit(&d, &k->hooks);
	if (k->dep != NULL && rc == 0)
		sr_deposit_free(k->dep);
	else if (k->dep != NULL)
		assert_ok(sr_deposit_abort(k->dep, &w->e), &w->e);
	k->dep = NULL;
	snprintf(rule, SR_JUDGED_ID_MAX + 1, "%s", w->out.rule);
	if (row->kind != WALK_DECISION || rc != 0)
		return rc;
	walk_version(k);
	if (asks != WALK_UNASKED)
		walk_ask_decision(k, row, &k->v);
	if (k->v.state == SR_S_GRANTED)
		return 0;
	if (k->v.state == SR_S_REFUSED) {
		world_last(w, SR_T_REFUSE, &en);
		snprintf(rule, SR_JUDGED_ID_MAX + 1, "%.*s",
			(int)sr_field(&en.statement, "rule", 0).len,
			(const char *)sr_field(&en.statement, "rule", 0).p);
		sr_entry_free(&en);
	} else if (sscanf(w->out.follow[0], "the rules ask for more votes (rule %47[a-z0-9-])",
			   rule) != 1) {
		rule[0] = '\0';
	}
	return SR_DENIED;
}

static inline void walk_says(struct walk *k, const struct walk_row *row, const char *under, int rc,
	int want, const char *rule, const char *want_rule) {
	if (rc != want || (want_rule != NULL && strcmp(rule, want_rule) != 0))
		fail_msg("rule %s, %s: want %d by %s, have %d by %s: %s", row->id, under, want,
			want_rule == NULL ? "any" : want_rule, rc, rule, k->w->out.err.text);
}

/* --- what deeds share ------------------------------------------------------------------------- */

/* The act of world.h leaves its statement in ${d}. */
#define WALK_DRAFT(k, d, act)                 \
	do {                                  \
		(k)->w->instead = (d);        \
		assert_int_equal((act), 0);   \
		assert_null((k)->w->instead); \
	} while (0)
#define WALK_OK(k, act)                                       \
	do {                                                  \
		if ((act) != 0)                               \
			fail_msg("%s", (k)->w->out.err.text); \
	} while (0)

/* A new item: released with these hazards, or held and described with them. */
static inline void walk_item(struct walk *k, const char *hazards, bool release, uint8_t id[SR_ID]) {
	put_item(k->w, id, false);
	WALK_OK(k, world_describe(k->w, &k->w->curator[0], id, "A page", hazards));
	if (release)
		WALK_OK(k, world_release(k->w, &k->w->curator[1], id, hazards));
}

static inline void walk_mark(struct walk *k, const uint8_t item[SR_ID]) {
	WALK_OK(k, world_describe(k->w, &k->w->curator[0], item, "A page", "referral"));
}

/* An age recipient, which is nobody's. */
static inline const char *walk_recipient(void) {
	static char text[SR_AGE_RECIPIENT_TEXT];
	uint8_t pk[SR_X_PK], sk[SR_X_SK];

	if (text[0] == '\0') {
		sr_box_keypair(pk, sk);
		sr_age_recipient_text(text, pk);
	}
	return text;
}

/* The usual request for one item; ${of} may say more. Its id in k->id. */
static inline struct world_request walk_request(
	struct walk *k, const struct world_person *by, const char *kind, const uint8_t *item) {
	(void)k;
	return (struct world_request){.by = by,
		.kind = kind,
		.items = (const uint8_t(*)[SR_ID])(const void *)item,
		.count = item == NULL ? 0 : 1,
		.authority = strcmp(kind, "referral") == 0 ? "State police, K 5" : NULL,
		.recipient = strcmp(kind, "referral") == 0 || strcmp(kind, "export") == 0
				     ? walk_recipient()
				     : NULL};
}

static inline void walk_asked(struct walk *k, struct world_request *rq) {
	WALK_OK(k, world_request(k->w, rq));
	memcpy(k->id, rq->id, SR_ID);
}

/* A grant of that kind for one item in these forms (NULL: text), in k->grant. */
static inline void walk_granted_as(struct walk *k, const struct world_person *by, const char *kind,
	const uint8_t *item, const char *forms) {
	struct world_request rq = walk_request(k, by, kind, item);

	rq.forms = forms;
	walk_asked(k, &rq);
	world_grant(k->w, rq.id, k->grant);
}

static inline void walk_granted(
	struct walk *k, const struct world_person *by, const char *kind, const uint8_t *item) {
	walk_granted_as(k, by, kind, item, NULL);
}

/* Beginning of a request of the board's acts. */
static inline void walk_begin(
	struct walk *k, struct world_draft *d, const struct world_person *by, const char *kind) {
	struct world *w = k->w;

	world_id(w, k->id);
	world_begin(d, w, by, SR_T_REQUEST);
	sr_text_put_hex(&d->text, "request", k->id, SR_ID);
	sr_text_put_dec(&d->text, "version", 1);
	sr_text_put(&d->text, "kind", kind);
	sr_text_put_hex(&d->text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d->text, "epoch", 1);
	sr_text_put_dec(&d->text, "level", w->level[0]);
}

static inline void walk_vote(struct walk *k, size_t member) {
	WALK_OK(k, world_vote(k->w, &(struct world_vote){.member = member, .request = k->id}));
}

static inline void walk_vote_draft(struct walk *k, struct world_draft *d, size_t member) {
	WALK_DRAFT(
		k, d, world_vote(k->w, &(struct world_vote){.member = member, .request = k->id}));
}

/* One row, as the head of this file says. */
static inline void walk_row(struct walk *k, const struct walk_row *row, bool forbid) {
	char rule[SR_JUDGED_ID_MAX + 1] = "";
	int rc;

	if (row->kind == WALK_ALONE) {
		struct world_draft d;

		row->deed(k, &d);
		walk_ask_decision(k, row, &k->v);
		return;
	}
	if (forbid) {
		if (row->small != NULL)
			walk_under(k, row->id, row->small);
		else
			walk_default(k);
		rc = walk_do(k, row, WALK_HOLDS, rule);
		walk_says(k, row, "with it", rc, SR_DENIED, rule,
			row->first != NULL ? row->first : row->id);
		if (row->first != NULL)
			return;
		walk_under(k, row->id, NULL);
		rc = walk_do(k, row, WALK_UNASKED, rule);
		walk_says(k, row, "without it", rc, row->then != NULL ? SR_DENIED : row->done, rule,
			row->then);
		return;
	}
	if (row->first != NULL) {
		walk_default(k);
		rc = walk_do(k, row, WALK_FAILS, rule);
		walk_says(k, row, "with it", rc, SR_DENIED, rule, row->first);
		return;
	}
	walk_under(k, row->id, NULL);
	rc = walk_do(k, row, WALK_UNASKED, rule);
	walk_says(k, row, "without it", rc, SR_DENIED, rule, NULL);
	if (row->kind == WALK_STATEMENT && k->w->out.title[0] == '\0')
		fail_msg("rule %s: without it an invariant refuses: %s", row->id,
			k->w->out.err.text);
	walk_default(k);
	rc = walk_do(k, row, WALK_HOLDS, rule);
	walk_says(k, row, "with it", rc, row->done, rule, NULL);
}

#endif
