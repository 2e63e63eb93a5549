/*
 * The vault asks the rules: every attribute of what they are asked with, against a vault in which
 * each has a value of its own; what cannot be evaluated, read or asked denies, with one incident an
 * hour; a stricter set is obeyed at once, a looser one moves no invariant; a decision stays what it
 * was under the rules of then, from the log's bytes alone.
 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "board/authorize.h"
#include "board/follow.h"
#include "board/invariants.h"
#include "board/keys.h"
#include "board/policy_default.h"
#include "crypto/hash.h"
#include "policy/entities.h"
#include "policy/request.h"
#include "rules_rig.h"
#include "store/object.h"
#include "things.h"
#include "world.h"

/* --- adopting --------------------------------------------------------------------------------- */

/* The board's way: what lint lets pass. */
static void adopt(struct world *w, const char *text, uint8_t set[SR_HASH]) {
	struct rules_asked a = {.text = text};

	assert_int_equal(rules_ask(w, &a), 0);
	for (size_t i = 0; i < w->level[w->levels - 1]; i++)
		rules_vote(w, i, &a);
	if (set != NULL)
		memcpy(set, a.set, SR_HASH);
}

/* The default set and more. */
static void adopt_with(struct world *w, const char *more, uint8_t set[SR_HASH]) {
	struct sr_buf b;
	char *text;

	sr_buf_init(&b);
	assert_ok(sr_policy_default(&b, &w->e), &w->e);
	sr_buf_put_str(&b, more);
	text = sr_buf_dup_str(&b);
	assert_non_null(text);
	adopt(w, text, set);
	free(text);
	sr_buf_free(&b);
}

/* --- looking at inputs ------------------------------------------------------------------------ */

static struct sr_question loaded(const struct sr_inputs *in, struct world *w) {
	const struct sr_schema *s = NULL;
	assert_ok(sr_authorize_schema(&s, w->v, &w->e), &w->e);
	struct sr_question q;

	assert_non_null(s);
	assert_ok(sr_question_load(&q, sr_buf_view(&in->text), &w->e), &w->e);
	assert_ok(sr_question_conforms(s, &q, &w->e), &w->e);
	return q;
}

static const struct sr_cedar_entity *entity(
	const struct sr_question *q, const char *type, const char *id) {
	const struct sr_cedar_name n = sr_cedar_name_of(sr_bytes_str(type), sr_bytes_str(id));
	const struct sr_cedar_entity *en = sr_cedar_entity_find(q->entities, &n);

	if (en == NULL)
		fail_msg("no %s::\"%s\" among the entities", type, id);
	return en;
}

/* A value as one word; a set as words in its order. */
static void value_text(struct sr_buf *out, const struct sr_cedar_value *v) {
	char time[SR_TIME_TEXT];

	switch (v->kind) {
	case SR_CEDAR_BOOL:
		sr_buf_put_str(out, v->b ? "true" : "false");
		break;
	case SR_CEDAR_LONG:
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
			sr_buf_put_str(out, i == 0 ? "" : " ");
			value_text(out, &v->set->items[i]);
		}
		break;
	case SR_CEDAR_DATETIME:
		sr_time_format(time, v->n / 1000);
		sr_buf_put_str(out, time);
		break;
	case SR_CEDAR_RECORD:
		for (size_t i = 0; i < v->record->count; i++) {
			sr_buf_put_str(out, i == 0 ? "" : " ");
			sr_buf_put_bytes(out, v->record->fields[i].key);
			sr_buf_put_u8(out, '=');
			value_text(out, &v->record->fields[i].value);
		}
		break;
	case SR_CEDAR_DECIMAL:
	case SR_CEDAR_IPADDR:
	case SR_CEDAR_DURATION:
		sr_buf_put_str(out, sr_cedar_kind_name(v->kind));
		break;
	}
}

static void field_is(const struct sr_cedar_record *r, const char *key, const char *want) {
	const struct sr_cedar_value *v = sr_cedar_record_get(r, sr_bytes_str(key));
	struct sr_buf b;

	sr_buf_init(&b);
	if (v == NULL) {
		if (want != NULL)
			fail_msg("no %s, want \"%s\"", key, want);
		return;
	}
	value_text(&b, v);
	if (want == NULL || !sr_bytes_eq(sr_buf_view(&b), sr_bytes_str(want)))
		fail_msg("%s: want \"%s\", have \"%.*s\"", key, want == NULL ? "none" : want,
			(int)b.len, (const char *)b.p);
	sr_buf_free(&b);
}

struct want {
	const char *key, *value; /* NULL: not there */
};

static void fields_are(const struct sr_cedar_record *r, const struct want *w) {
	for (; w->key != NULL; w++)
		field_is(r, w->key, w->value);
}

static void context_is(const struct sr_question *q, const struct want *w) {
	fields_are(q->request->vars[SR_VAR_CONTEXT].record, w);
}

static bool is_in(const struct sr_cedar_entity *en, const char *type, const char *id) {
	const struct sr_cedar_name n = sr_cedar_name_of(sr_bytes_str(type), sr_bytes_str(id));

	return sr_cedar_entity_in(en, &n);
}

/* --- a vault in which every fact differs ------------------------------------------------------ */

static void attest(struct world *w, const struct world_person *who, const char *kind,
	const char *term, const struct world_person *other, int64_t ends) {
	uint8_t id[SR_ID];

	rules_attest(w, who, kind, term, other, ends, id);
}

static void item_with(struct world *w, const char *hazards, uint8_t item[SR_ID]) {
	put_item(w, item, false);
	assert_int_equal(world_describe(w, &w->curator[0], item, "A page", hazards), 0);
	assert_int_equal(world_release(w, &w->curator[1], item, hazards), 0);
}

static struct sr_facts facts(struct world *w) {
	struct sr_facts f;

	assert_ok(sr_authorize_facts(&f, w->v, w->now, &w->e), &w->e);
	return f;
}

static const char *hex_of(char out[2 * SR_ID + 1], const uint8_t id[SR_ID]) {
	sr_hex(out, id, SR_ID);
	return out;
}

/* The statement that ${d} would be, as the door has it; the draft is freed. */
static void inputs_of_draft(struct sr_inputs *in, struct world *w, struct world_draft *d,
	const struct sr_facts *f, const uint8_t *items, size_t count) {
	struct sr_statement st;
	struct sr_buf note;

	sr_buf_init(&note);
	assert_ok(
		sr_statement_sign(&note, sr_buf_view(&d->text), d->by->person, d->by->seed, &w->e),
		&w->e);
	assert_ok(sr_statement_parse(&st, sr_buf_view(&note), &w->e), &w->e);
	assert_ok(sr_inputs_of_statement(in, f, &st, items, count, &w->e), &w->e);
	sr_statement_free(&st);
	sr_buf_free(&note);
	world_draft_free(d);
}

/* A request as it is asked for, and as it then lies in the catalogue: the same. */
static void request_inputs(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 4, .level = {2, 3}});
	uint8_t item[2][SR_ID], hold[SR_ID];
	struct world_request rq = {.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 2,
		.forms = "grey text",
		.ends = w->now + 10 * W_DAY + 1,
		.with = {&w->researcher[1]}};
	char board[2 * SR_ID + 1], id[2 * SR_ID + 1];
	struct want of[] = {{"board", board}, {"kind", "access"}, {"level", "3"}, {"quorum", "3"},
		{"applicant", w->researcher[0].person}, {"people", w->researcher[1].person},
		{"subject", NULL}, {"forms", "grey text"}, {"purposes", "research"}, {"days", "11"},
		{"items", "2"}, {"hazards", "hate instructional"}, {"states", "released"},
		{"anySealed", "false"}, {"anyHold", "true"}, {"anyReferral", "false"},
		{"allReferral", "false"}, {"targetPeople", ""}, {"lifts", NULL}, {NULL, NULL}};
	struct sr_facts f;
	struct world_draft draft;
	struct sr_inputs in;
	struct sr_question q;
	struct sr_version_row v = {0};
	const struct sr_cedar_entity *en;

	(void)state;
	item_with(w, "instructional hate", item[0]);
	item_with(w, "hate", item[1]);
	if (memcmp(item[0], item[1], SR_ID) > 0) { /* lists are in byte order */
		uint8_t t[SR_ID];

		memcpy(t, item[0], SR_ID);
		memcpy(item[0], item[1], SR_ID);
		memcpy(item[1], t, SR_ID);
	}
	assert_int_equal(set(w, &w->officer, SR_T_HOLD, item[0], 0, hold), 0);
	attest(w, &w->researcher[0], "training", "trauma-awareness", NULL, w->now + W_DAY);
	attest(w, &w->researcher[0], "affiliation", "uni-one", NULL, 0);
	hex_of(board, w->v->fingerprint);
	f = facts(w);
	f.network = "10.1.2.3";
	w->instead = &draft;
	assert_int_equal(world_request(w, &rq), 0);
	inputs_of_draft(&in, w, &draft, &f, item[0], 2);
	hex_of(id, rq.id);
	assert_string_equal(in.action, "request-access");
	assert_memory_equal(in.board, w->v->fingerprint, SR_ID);
	q = loaded(&in, w);
	fields_are(entity(&q, "Request", id)->attrs, of);
	context_is(&q, (struct want[]){{"now", "2026-11-21T10:00:00Z"}, {"browser", "false"},
			       {"network", "ipaddr"}, {NULL, NULL}});
	en = entity(&q, "Person", w->researcher[0].person);
	assert_true(is_in(en, "Role", "researcher"));
	assert_false(is_in(en, "Role", "member"));
	fields_are(
		en->tags, (struct want[]){{"training trauma-awareness", "2026-11-22T10:00:00Z"},
				  {"affiliation uni-one", "9999-12-31T23:59:59Z"}, {NULL, NULL}});
	(void)entity(&q, "Person", w->researcher[1].person);
	fields_are(entity(&q, "Board", board)->attrs,
		(struct want[]){{"members", "4"}, {"lowest", "2"}, {"highest", "3"}, {NULL, NULL}});
	sr_question_free(&q);
	sr_inputs_free(&in);

	/* And from the catalogue. */
	assert_int_equal(world_request(w, &rq), 0);
	hex_of(id, rq.id);
	assert_int_equal(world_join(w, &w->researcher[1], rq.id), 0);
	assert_ok(sr_query_version(&v, w->v->catalogue, rq.id, 0, &w->e), &w->e);
	assert_ok(sr_inputs_of_decision(&in, &f, &v, 0, &w->e), &w->e);
	q = loaded(&in, w);
	fields_are(entity(&q, "Request", id)->attrs, of);
	assert_string_equal(in.action, "grant");
	context_is(&q, (struct want[]){{"approvals", "0"}, {"denials", "0"}, {"recusals", "0"},
			       {"institutions", "0"}, {"browserVotes", "0"},
			       {"safes", "data=highest outputs=none people=untrained "
					 "projects=named settings=room"},
			       {NULL, NULL}});
	sr_question_free(&q);
	sr_inputs_free(&in);
	sr_version_row_free(&v);
	world_free(w);
}

static void vote_draft(struct world *w, size_t member, const uint8_t request[SR_ID],
	const char *decision, struct world_draft *draft) {
	w->instead = draft;
	assert_int_equal(world_vote(w, &(struct world_vote){.member = member,
					       .request = request,
					       .decision = decision}),
		0);
}

/* Votes: what stands between people, how the count stands, who came through a browser. */
static void vote_inputs(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 5, .level = {3}});
	uint8_t item[1][SR_ID], shared[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request project = {.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1,
		.with = {&w->member[4]}};
	struct sr_submission browser = {.browser = true};
	struct world_draft draft;
	struct sr_facts f;
	struct sr_inputs in;
	struct sr_question q;
	struct sr_version_row v = {0};

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(world_person_add(w, &w->curator[0], &w->member[4], "researcher"), 0);
	assert_int_equal(world_request(w, &project), 0);
	assert_int_equal(world_join(w, &w->member[4], project.id), 0);
	world_grant(w, project.id, shared);
	assert_int_equal(world_request(w, &rq), 0);
	attest(w, &w->member[0], "affiliation", "uni-one", NULL, 0);
	attest(w, &w->member[1], "affiliation", "uni-two", NULL, 0);
	attest(w, &w->member[1], "affiliation", "uni-three", NULL, 0);
	/* One vote by the browser (level 3 is the lowest here), one without. */
	vote_draft(w, 0, rq.id, NULL, &draft);
	assert_int_equal(world_commit(&draft, &browser), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	assert_int_equal(world_count(w, SR_T_DECIDED), 3); /* collection, project, browser */
	attest(w, &w->member[2], "supervisor-of", NULL, &w->researcher[0], 0);
	attest(w, &w->researcher[0], "supervisor-of", NULL, &w->member[3], 0);
	attest(w, &w->researcher[0], "conflict", NULL, &w->member[2], 0);
	f = facts(w);
	f.browser = true;
	for (size_t i = 2; i < 5; i++) {
		const char *want = i == 2 ? "conflict supervisor" : i == 3 ? "student" : "project";

		vote_draft(w, i, rq.id, "reject", &draft);
		inputs_of_draft(&in, w, &draft, &f, NULL, 0);
		assert_string_equal(in.action, "vote-reject");
		q = loaded(&in, w);
		context_is(&q, (struct want[]){{"ties", want}, {"browser", "true"},
				       {"recused", "false"}, {"approvals", "2"}, {"denials", "0"},
				       {"recusals", "0"}, {NULL, NULL}});
		assert_true(is_in(entity(&q, "Person", w->member[i].person), "Role", "member"));
		sr_question_free(&q);
		sr_inputs_free(&in);
	}
	assert_ok(sr_query_version(&v, w->v->catalogue, rq.id, 0, &w->e), &w->e);
	assert_ok(sr_inputs_of_decision(&in, &f, &v, 2, &w->e), &w->e);
	q = loaded(&in, w);
	/* Two of member 1's are one; two more members would be of two more. */
	context_is(&q, (struct want[]){{"approvals", "4"}, {"institutions", "4"},
			       {"browserVotes", "1"}, {NULL, NULL}});
	sr_question_free(&q);
	sr_inputs_free(&in);
	sr_version_row_free(&v);
	/* The rules say the same as these inputs. */
	assert_refused(w, vote_on(w, 2, &rq), "rule ");
	assert_refused(w, vote_on(w, 3, &rq), "rule ");
	assert_refused(w, vote_on(w, 4, &rq),
		"rule same-project): Nobody votes on a request of "
		"those with whom they read under one grant");
	assert_string_equal(w->out.rule, "same-project");
	assert_non_null(strstr(w->out.title, "Nobody votes on a request of those"));
	world_free(w);
}

/* Use: loans and exposure without the one at hand, and everything of item and grant. */
static void use_inputs(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[3][SR_ID], embargo[SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 3};
	struct world_checkout c[2] = {{.by = &w->researcher[0], .grant = grant, .item = item[0]},
		{.by = &w->researcher[0], .grant = grant, .item = item[1]}};
	struct sr_checkout_row row;
	char hex[2 * SR_ID + 1], collection[2 * SR_ID + 1], board[2 * SR_ID + 1];
	struct sr_facts f;
	struct sr_inputs in;
	struct sr_question q;
	const struct sr_cedar_entity *en;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		item_with(w, i == 2 ? NULL : "hate", item[i]);
	for (size_t i = 0; i < 2; i++) /* a list is in byte order */
		for (size_t k = 0; k < 2; k++)
			if (memcmp(item[k], item[k + 1], SR_ID) > 0) {
				uint8_t t[SR_ID];

				memcpy(t, item[k], SR_ID);
				memcpy(item[k], item[k + 1], SR_ID);
				memcpy(item[k + 1], t, SR_ID);
			}
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	/* Yesterday the one, today the other; which of the three is harmless does not matter: two
	 * are opened and at least one of them counts. */
	assert_int_equal(world_checkout(w, &c[0]), 0);
	assert_int_equal(world_open(w, &c[0]), 0);
	assert_int_equal(world_return(w, &c[0]), 0);
	w->now += W_DAY;
	assert_int_equal(world_checkout(w, &c[1]), 0);
	assert_int_equal(world_open(w, &c[1]), 0);
	f = facts(w);
	assert_ok(sr_query_checkout(&row, w->v->catalogue, c[1].id, &w->e), &w->e);
	assert_ok(sr_inputs_of_checkout(&in, &f, &row, &w->e), &w->e);
	assert_string_equal(in.action, "look-text");
	q = loaded(&in, w);
	hex_of(hex, grant);
	context_is(&q, (struct want[]){{"grant", hex}, {"granted", "true"}, {"form", "text"},
			       {"loans", "0"}, {"exposureToday", "0"}, {"witnessed", "false"},
			       {NULL, NULL}});
	hex_of(board, w->v->fingerprint);
	fields_are(entity(&q, "Grant", hex)->attrs,
		(struct want[]){{"board", board}, {"right", "access"}, {"state", "live"},
			{"people", w->researcher[0].person}, {"forms", "text"},
			{"purposes", "research"}, {"ends", "2026-12-21T10:00:00Z"},
			{"suspendedBy", NULL}, {NULL, NULL}});
	en = entity(&q, "Item", hex_of(hex, item[1]));
	hex_of(collection, w->collection);
	assert_true(is_in(en, "Collection", collection));
	fields_are(
		en->attrs, (struct want[]){{"board", board}, {"state", "released"}, {"level", "2"},
				   {"raised", "false"}, {"described", "true"}, {"embargo", "false"},
				   {"hold", "false"}, {"sealed", "false"}, {"referral", "false"},
				   {"depositor", w->depositor.person}, {NULL, NULL}});
	sr_question_free(&q);
	sr_inputs_free(&in);

	/* Asked for the third, the open one is a loan of another item, and both were opened. */
	{
		struct sr_grant_row g = {0};
		const struct sr_use use = {.grant = &g,
			.person = w->researcher[0].person,
			.item = c[1].item,
			.form = "text"};
		uint32_t today = 0, month = 0;

		assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
		assert_ok(sr_inputs_of_use(&in, &f, &use, &w->e), &w->e);
		q = loaded(&in, w);
		context_is(&q, (struct want[]){{"loans", "1"}, {NULL, NULL}});
		sr_question_free(&q);
		sr_inputs_free(&in);
		sr_grant_row_free(&g);
		for (size_t i = 0; i < 3; i++) {
			uint32_t d = 0, m = 0;

			assert_ok(sr_query_exposure(&d, w->v->catalogue, w->researcher[0].person,
					  item[i], w->now - w->now % W_DAY,
					  sr_invariants_distressing(), &w->e),
				&w->e);
			assert_ok(sr_query_exposure(&m, w->v->catalogue, w->researcher[0].person,
					  item[i], w->now - 30 * W_DAY, sr_invariants_distressing(),
					  &w->e),
				&w->e);
			today = d > today ? d : today;
			month = m > month ? m : month;
		}
		assert_true(today <= 1 && month >= 1 && month >= today);
	}
	/* An embargo is seen at the next use, and stops the open reading by the rule. */
	assert_int_equal(set(w, &w->curator[0], SR_T_EMBARGO, c[1].item, 0, embargo), 0);
	assert_int_equal(sr_authorize_use(w->v, &row, w->now, false, &w->e), SR_DENIED);
	assert_non_null(strstr(w->e.text, "rule embargo): An item under embargo"));
	world_free(w);
}

/* Whatever a person signs asks the rules, or is an invariant by name: nothing slips by. */
static void every_type(void **state) {
	static const enum sr_type_id invariants[] = {SR_T_FOUND, SR_T_DEAL, SR_T_ACCEPT, SR_T_SHARE,
		SR_T_COMPLAINT, SR_T_REVEAL, SR_T_CONFIRM, SR_T_TAKEOVER, SR_T_HELD_BOX, SR_T_READ};

	(void)state;
	for (unsigned t = 0; t < SR_T_COUNT; t++) {
		const struct sr_type *type = sr_type_at((enum sr_type_id)t);
		bool fixed = false;

		for (size_t i = 0; i < sizeof invariants / sizeof invariants[0]; i++)
			fixed = fixed || (unsigned)invariants[i] == t;
		if (sr_inputs_asks(type->id) != (type->signers != SR_BY_SERVICE && !fixed))
			fail_msg(
				"a %s statement: asked of the rules, or an invariant?", type->name);
	}
	assert_false(sr_inputs_asks(SR_T_COUNT));
}

/* --- denials ---------------------------------------------------------------------------------- */

/* A new request; of one that is refused ${rq} keeps the id that it had. */
static int ask_for(struct world *w, struct world_request *rq) {
	struct world_request own = *rq;
	const int rc = world_request(w, &own);

	if (rc == 0)
		memcpy(rq->id, own.id, SR_ID);
	return rc;
}

/* Rules that err: everything they are asked about is denied, one incident an hour says so, and a
 * better set makes it good again. */
static void errs(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct sr_entry en = {0};
	size_t before;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(ask_for(w, &rq), 0);
	rules_impose(w,
		RULE("all", "permit (principal, action, resource);")
			RULE("slip", "forbid (principal, action, resource is Request)"
				     " when { resource.nosuch };"),
		NULL);
	assert_refused(w, ask_for(w, &rq), "rule slip");
	assert_non_null(strstr(w->out.err.text, "no attribute \"nosuch\""));
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	world_last(w, SR_T_INCIDENT, &en);
	assert_true(sr_bytes_eq(sr_field(&en.statement, "what", 0), sr_bytes_str("policy-error")));
	assert_true(sr_bytes_eq(sr_field(&en.statement, "rule", 0), sr_bytes_str("slip")));
	assert_true(sr_bytes_eq(
		sr_field(&en.statement, "person", 0), sr_bytes_str(w->researcher[0].person)));
	sr_entry_free(&en);
	/* Again and again, by others too, and after a new opening: denied, and nothing written but
	 * the refusals that are kept. */
	before = world_count(w, SR_T_INCIDENT);
	for (size_t i = 0; i < 4; i++)
		assert_refused(w, ask_for(w, &rq), "rule slip");
	assert_refused(w, vote_on(w, 0, &rq), "rule slip");
	world_reopen(w);
	assert_refused(w, vote_on(w, 1, &rq), "rule slip");
	assert_int_equal(world_count(w, SR_T_INCIDENT), before);
	w->now += SR_POLICY_INCIDENT_S - 1;
	assert_refused(w, vote_on(w, 1, &rq), "rule slip");
	assert_int_equal(world_count(w, SR_T_INCIDENT), before);
	w->now += 1;
	assert_refused(w, vote_on(w, 1, &rq), "rule slip");
	assert_int_equal(world_count(w, SR_T_INCIDENT), before + 1);
	adopt_with(w, "", NULL);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_GRANTED);
	world_free(w);
}

/* A rule reads what is there for some and not for others, and does not ask whether it is: at the
 * door that is no answer, so it is a denial and an incident; where it is there, the rule counts. */
static void absent(void **state) {
	static const struct {
		const char *network, *rule;
	} from[] = {{NULL, "rule lan"}, {"192.0.2.7", "rule lan"}, {"10.1.2.3", NULL}};
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct sr_entry en = {0};

	(void)state;
	put_item(w, item[0], true);
	rules_impose(w,
		RULE("all", "permit (principal, action, resource);")
			RULE("lan", "forbid (principal, action == Action::\"request-access\","
				    " resource is Request)"
				    " unless { context.network.isInRange(ip(\"10.0.0.0/8\")) };"),
		NULL);
	for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
		struct sr_submission sub = {.network = from[i].network};
		struct world_draft d;
		int rc;

		w->instead = &d;
		assert_int_equal(world_request(w, &rq), 0);
		rc = world_commit(&d, &sub);
		if (from[i].rule == NULL)
			assert_int_equal(rc, 0);
		else
			assert_refused(w, rc, from[i].rule);
		if (i == 0)
			assert_non_null(strstr(w->out.err.text, "no attribute \"network\""));
		assert_int_equal(world_count(w, SR_T_INCIDENT), 1); /* of the first alone */
	}
	world_last(w, SR_T_INCIDENT, &en);
	assert_true(sr_bytes_eq(sr_field(&en.statement, "what", 0), sr_bytes_str("policy-error")));
	assert_true(sr_bytes_eq(sr_field(&en.statement, "rule", 0), sr_bytes_str("lan")));
	sr_entry_free(&en);
	world_free(w);
}

/* Where the object with the rules lies. */
static const char *object_path(struct world *w, const uint8_t object[SR_HASH]) {
	struct sr_object_at at;
	char hex[2 * SR_HASH + 1], name[160];

	assert_ok(sr_query_object(&at, w->v->catalogue, object, &w->e), &w->e);
	sr_hex(hex, at.file, SR_HASH);
	snprintf(name, sizeof name, "objects/%.2s/%s", hex, hex);
	return t_path(w->vault, name);
}

static void flip_middle(const char *path) {
	uint8_t byte = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	const off_t size = lseek(fd, 0, SEEK_END);

	assert_true(fd >= 0 && size > 0);
	assert_int_equal(pread(fd, &byte, 1, size / 4), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, size / 4), 1);
	assert_int_equal(close(fd), 0);
}

/* A set that is no Cedar, one whose bytes are damaged, one whose file is gone: denied, told, and
 * replaced. */
static void unreadable(void **state) {
	for (size_t k = 0; k < 3; k++) {
		struct world *w = world_new(NULL);
		uint8_t item[1][SR_ID], object[SR_HASH];
		struct world_request rq = {.by = &w->researcher[0],
			.items = (const uint8_t(*)[SR_ID])item,
			.count = 1};
		struct sr_entry en = {0};
		const char *path;

		(void)state;
		put_item(w, item[0], true);
		assert_int_equal(ask_for(w, &rq), 0);
		rules_impose(w,
			k == 0 ? "permit (principal"
			       : RULE("all", "permit (principal, action, resource);"),
			object);
		if (k > 0) {
			assert_int_equal(vote_on(w, 0, &rq), 0);
			path = object_path(w, object);
			if (k == 1)
				flip_middle(path);
			else
				assert_int_equal(unlink(path), 0);
			world_reopen(w); /* what was parsed before is still right */
		}
		assert_refused(w, vote_on(w, 1, &rq),
			"rule policy-set): The rules in force cannot be read");
		assert_refused(w, ask_for(w, &rq), "rule policy-set");
		assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
		world_last(w, SR_T_INCIDENT, &en);
		assert_true(sr_bytes_eq(
			sr_field(&en.statement, "what", 0), sr_bytes_str("policy-set")));
		sr_entry_free(&en);
		assert_int_equal(request_state(w, rq.id), SR_S_OPEN);
		adopt_with(w, "", NULL);
		assert_int_equal(vote_on(w, 1, &rq), 0);
		world_free(w);
	}
}

static void spoil(struct world *w, const char *sql) {
	assert_ok(sr_db_exec(sr_catalogue_db(w->v->catalogue), sql, &w->e), &w->e);
}

/* A catalogue that lost the board's levels, or rules that know no such action, answer nothing; nor
 * does a text that has another hash than was voted on. */
static void no_answer(struct world *w, const uint8_t item[SR_ID], const uint8_t request[SR_ID]) {
	const uint8_t none[SR_HASH] = {0};
	struct sr_statement said;
	struct sr_version_row v = {0};
	struct sr_schema *small = NULL;
	static struct world_draft d; /* the world keeps its address */
	struct sr_inputs in;
	struct sr_facts f;
	struct sr_buf text;

	w->instead = &d;
	assert_int_equal(world_describe(w, &w->curator[0], item, "A page", NULL), 0);
	assert_ok(sr_statement_parse_text(&said, sr_buf_view(&d.text), &w->e), &w->e);
	assert_ok(sr_query_version(&v, w->v->catalogue, request, 0, &w->e), &w->e);
	f = facts(w);
	assert_ok(sr_inputs_of_voter(&in, &f, &v, w->member[0].person, &w->e), &w->e);
	sr_inputs_free(&in);
	assert_ok(sr_inputs_of_statement(&in, &f, &said, NULL, 0, &w->e), &w->e);
	sr_inputs_free(&in);
	assert_ok(sr_schema_parse(&small, sr_bytes_str("entity Person; action other;"), &w->e),
		&w->e);
	f.schema = small;
	assert_fails(sr_inputs_of_voter(&in, &f, &v, w->member[0].person, &w->e), SR_MISUSE, &w->e,
		"inputs: the schema has no action vote-approve");
	rules_impose(w, RULE("all", "permit (principal, action, resource);"), NULL);
	spoil(w, "UPDATE policies SET sha256 = zeroblob(32)");
	sr_buf_init(&text);
	assert_fails(sr_authorize_set(&text, w->v, none, &w->e), SR_AUTH, &w->e,
		"the text of the rules has another SHA-256 than was voted on");
	assert_int_equal(text.len, 0);
	sr_buf_free(&text);
	f = facts(w);
	spoil(w, "UPDATE board_levels SET quorum = 0");
	assert_fails(sr_inputs_of_voter(&in, &f, &v, w->member[0].person, &w->e), SR_CORRUPT, &w->e,
		"inputs: the board has no level 2");
	spoil(w, "DELETE FROM board_levels");
	assert_fails(sr_inputs_of_statement(&in, &f, &said, NULL, 0, &w->e), SR_CORRUPT, &w->e,
		"inputs: the board has no quorum level");
	sr_schema_free(small);
	sr_statement_free(&said);
	sr_version_row_free(&v);
	world_draft_free(&d);
}

/* Inputs that lack something: each attribute in turn, of what a vote is asked with. */
static void lacking(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_draft draft;
	struct sr_facts f;
	struct sr_inputs whole;
	static const char *const names[] = {"now", "browser", "recused", "ties", "approvals",
		"denials", "recusals", "board", "kind", "level", "quorum", "applicant", "people",
		"forms", "purposes", "days", "items", "hazards", "states", "anySealed", "anyHold",
		"anyReferral", "allReferral", "targetPeople", "members", "lowest", "highest", NULL};

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(ask_for(w, &rq), 0);
	f = facts(w);
	vote_draft(w, 0, rq.id, NULL, &draft);
	inputs_of_draft(&whole, w, &draft, &f, NULL, 0);
	for (size_t i = 0; names[i] != NULL; i++) {
		struct sr_authorized a;
		struct sr_inputs in = whole;
		char key[40];
		const uint8_t *place;
		size_t at;

		snprintf(key, sizeof key, "\"%s\":", names[i]);
		place = memmem(whole.text.p, whole.text.len, key, strlen(key));
		if (place == NULL)
			fail_msg("the inputs have no %s", key);
		at = (size_t)(place - whole.text.p);
		sr_buf_init(&in.text);
		sr_buf_put_bytes(&in.text, sr_buf_view(&whole.text));
		assert_ok(sr_buf_ok(&in.text, &w->e), &w->e);
		in.text.p[at + 1] = 'Z'; /* then it is missing, and another is unknown */
		assert_ok(sr_authorize(&a, w->v, &in, 0, &w->e), &w->e);
		if (a.word != SR_JUDGED_ERROR || strcmp(a.incident, "policy-inputs") != 0)
			fail_msg("without %s: word %d, incident \"%s\"", names[i], (int)a.word,
				a.incident);
		sr_authorized_free(&a);
	}
	/* The whole is allowed; what could not even be made is not. */
	{
		struct sr_authorized a;
		struct sr_inputs none = {.action = ""};

		assert_ok(sr_authorize(&a, w->v, &whole, 0, &w->e), &w->e);
		assert_int_equal(a.word, SR_JUDGED_ALLOW);
		assert_int_equal(a.judged.plain->decision, SR_CEDAR_ALLOW);
		sr_authorized_free(&a);
		w->e = (struct sr_err){0};
		(void)!sr_fail(&w->e, SR_CORRUPT, "no such thing");
		assert_ok(sr_authorize(&a, w->v, &none, SR_CORRUPT, &w->e), &w->e);
		assert_int_equal(a.word, SR_JUDGED_ERROR);
		assert_string_equal(a.incident, "policy-inputs");
		sr_authorized_free(&a);
	}
	no_answer(w, item[0], rq.id);
	sr_inputs_free(&whole);
	world_free(w);
}

/* What is too large for the engine is no answer either: a set beyond its limit, inputs beyond it.
 */
static void limit(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_draft draft;
	struct sr_authorized a;
	struct sr_inputs in;
	struct sr_facts f;
	struct sr_buf b;
	char *text;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(ask_for(w, &rq), 0);
	f = facts(w);
	vote_draft(w, 0, rq.id, NULL, &draft);
	inputs_of_draft(&in, w, &draft, &f, NULL, 0);
	in.text.len--; /* more entities than there may be in front of the end: spaces are JSON too
			*/
	for (size_t i = 0; i < (size_t)SR_CEDAR_JSON_MAX; i++)
		sr_buf_put_u8(&in.text, ' ');
	sr_buf_put_u8(&in.text, '\n');
	assert_ok(sr_buf_ok(&in.text, &w->e), &w->e);
	assert_ok(sr_authorize(&a, w->v, &in, 0, &w->e), &w->e);
	assert_int_equal(a.word, SR_JUDGED_ERROR);
	assert_string_equal(a.incident, "policy-inputs");
	assert_int_equal(a.fault.code, SR_LIMIT);
	sr_authorized_free(&a);

	sr_buf_init(&b);
	sr_buf_put_str(&b, RULE("all", "permit (principal, action, resource);"));
	while (b.len <= (size_t)SR_CEDAR_SOURCE_MAX)
		sr_buf_put_str(&b, "// a comment is source as well\n");
	text = sr_buf_dup_str(&b);
	assert_non_null(text);
	rules_impose(w, text, NULL);
	free(text);
	sr_buf_free(&b);
	assert_refused(w, vote_on(w, 0, &rq), "rule policy-set");
	assert_non_null(strstr(w->out.err.text, "524288"));
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	world_free(w);
}

/* --- sets ------------------------------------------------------------------------------------- */

/* A stricter set is obeyed at the next act; a looser one moves nothing of what is not for rules. */
static void strict_and_loose(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[2][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]}, again;
	struct sr_checkout_row row;
	struct sr_buf text;

	(void)state;
	put_item(w, item[0], true);
	put_item(w, item[1], true);
	assert_int_equal(ask_for(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_int_equal(world_open(w, &c), 0);
	adopt_with(w,
		RULE("no-text", "forbid (principal, action == Action::\"look-text\","
				" resource is Item);"),
		NULL);
	/* What is open is shut at the next page. */
	sr_buf_init(&text);
	assert_int_not_equal(world_read(w, &c, 0, &text), 0);
	sr_buf_free(&text);
	assert_ok(sr_query_checkout(&row, w->v->catalogue, c.id, &w->e), &w->e);
	assert_int_equal(sr_authorize_use(w->v, &row, w->now, false, &w->e), SR_DENIED);
	assert_non_null(strstr(w->e.text, "rule no-text): A rule. For this test."));
	assert_int_equal(world_return(w, &c), 0);
	assert_refused(w, world_checkout(w, &c), "rule no-text): A rule");
	assert_last_rule(w, "no-text");

	rules_impose(w, RULE("all", "permit (principal, action, resource);"), NULL);
	c.form = "text";
	if (world_checkout(w, &c) != 0)
		fail_msg("%s", w->out.err.text);
	again = c;
	assert_refused(w, world_checkout(w, &again), "rule checked-out"); /* one live per person */
	assert_int_equal(world_return(w, &c), 0);
	c.form = "sound";
	assert_refused(w, world_checkout(w, &c), "rule form-not-granted");
	c.form = "text";
	c.item = item[1];
	assert_refused(w, world_checkout(w, &c), "rule item-not-granted");
	c.item = item[0];
	c.by = &w->researcher[1];
	assert_refused(w, world_checkout(w, &c), "rule not-named");
	c.by = &w->researcher[0];
	c.right = "export";
	assert_refused(w, world_checkout(w, &c), "rule right-not-granted");
	c.right = NULL;
	assert_int_equal(ask_for(w, &rq), 0);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_refused(w, vote_on(w, 0, &rq), "rule already-voted");
	rq.by = &w->curator[0]; /* reader roles */
	assert_refused(w, ask_for(w, &rq), "rule role-missing");
	rq.by = &w->researcher[0];
	assert_refused(w, world_person_add(w, &w->researcher[0], &w->outsider, "researcher"),
		"rule role-missing");
	assert_refused(w, world_person_add(w, &w->curator[0], &w->outsider, "member"),
		"rule role-needs-quorum");
	assert_int_equal(world_suspend(w, 0, grant), 0);
	assert_refused(w, world_checkout(w, &c), "rule grant-state");
	world_free(w);
}

/* A rule asks for three where the level takes two: the second vote waits, the third grants. Where
 * nobody is left who could vote, it is refused by that rule. */
static void more_votes(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 4, .level = {2}});
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct sr_decisions l = {NULL, 0};

	(void)state;
	put_item(w, item[0], true);
	adopt_with(w,
		RULE("three", "forbid (principal is Board, action == Action::\"grant\","
			      " resource is Request) when { context.approvals < 3 };"),
		NULL);
	assert_int_equal(ask_for(w, &rq), 0);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	assert_non_null(strstr(w->out.follow[0], "ask for more votes (rule three)"));
	assert_int_equal(request_state(w, rq.id), SR_S_OPEN);
	assert_int_equal(vote_on(w, 2, &rq), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_GRANTED);
	assert_true(world_grant_of(w, rq.id, grant));
	assert_ok(sr_query_decisions(&l, w->v->catalogue,
			  &(struct sr_decision_filter){.request = rq.id}, &w->e),
		&w->e);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.rows[0].action, "grant");
	assert_string_equal(l.rows[0].decision, "allow");
	assert_string_equal(l.rows[0].rules, "board-grants");
	sr_decisions_free(&l);

	assert_int_equal(ask_for(w, &rq), 0);
	for (size_t i = 2; i < 4; i++)
		assert_int_equal(world_vote(w, &(struct world_vote){.member = i,
						       .request = rq.id,
						       .decision = "reject"}),
			0);
	assert_int_equal(request_state(w, rq.id), SR_S_OPEN);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_REFUSED);
	assert_last_rule(w, "three");
	assert_ok(sr_query_decisions(&l, w->v->catalogue,
			  &(struct sr_decision_filter){.request = rq.id}, &w->e),
		&w->e);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.rows[0].decision, "deny");
	assert_string_equal(l.rows[0].rules, "three");
	sr_decisions_free(&l);
	world_free(w);
}

/* Who may still vote is what the rules say: a set that lets applicants vote waits for them, one
 * that forbids what nobody can change refuses as before. */
static void who_counts(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {
		.by = &w->member[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct sr_version_row v = {0};
	struct world_draft d;
	uint32_t can = 0;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(world_person_add(w, &w->curator[0], &w->member[0], "researcher"), 0);
	/* The default set: with one of two others against it there is no quorum. */
	assert_int_equal(ask_for(w, &rq), 0);
	assert_ok(sr_query_version(&v, w->v->catalogue, rq.id, 0, &w->e), &w->e);
	assert_ok(sr_authorize_voters(&can, w->v, &v, w->now, &w->e), &w->e);
	assert_int_equal(can, 2);
	assert_refused(w, vote_on(w, 0, &rq), "rule own-request");
	assert_int_equal(
		world_vote(w,
			&(struct world_vote){.member = 1, .request = rq.id, .decision = "reject"}),
		0);
	assert_int_equal(request_state(w, rq.id), SR_S_REFUSED);
	sr_version_row_free(&v);
	/* A set without that rule: theirs is the second vote. */
	rules_impose(w, RULE("all", "permit (principal, action, resource);"), NULL);
	assert_int_equal(ask_for(w, &rq), 0);
	assert_int_equal(
		world_vote(w,
			&(struct world_vote){.member = 1, .request = rq.id, .decision = "reject"}),
		0);
	assert_int_equal(request_state(w, rq.id), SR_S_OPEN);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(vote_on(w, 2, &rq), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_GRANTED);
	/* Rules that forbid every vote end nothing: they may be others tomorrow. */
	assert_int_equal(ask_for(w, &rq), 0);
	rules_impose(w,
		RULE("all", "permit (principal, action, resource);")
			RULE("rest", "forbid (principal, action in Action::\"vote\", resource);"),
		NULL);
	world_begin(&d, w, &w->member[2], SR_T_RECUSE);
	sr_text_put_hex(&d.text, "request", rq.id, SR_ID);
	assert_int_equal(world_commit(&d, NULL), 0);
	assert_ok(sr_query_version(&v, w->v->catalogue, rq.id, 0, &w->e), &w->e);
	assert_ok(sr_authorize_voters(&can, w->v, &v, w->now, &w->e), &w->e);
	assert_int_equal(
		can, 1); /* by the catalogue; the applicant and who stepped aside are out */
	sr_version_row_free(&v);
	world_free(w);
}

/* What was decided stays decided as it was: from the bytes in the log, under the set of then. */
static void replayed(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], grant[SR_ID], stricter[SR_HASH];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};
	struct sr_decisions l[2] = {{NULL, 0}, {NULL, 0}};
	struct sr_entry en = {0};
	uint8_t hash[SR_HASH];

	(void)state;
	item_with(w, "hate", item[0]);
	assert_int_equal(ask_for(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	world_last(w, SR_T_DECIDED, &en);
	assert_true(sr_bytes_eq(sr_field(&en.statement, "protection", 0), sr_bytes_str("default")));
	assert_true(sr_bytes_eq(sr_field(&en.statement, "action", 0), sr_bytes_str("look-text")));
	assert_int_equal(sr_field_count(&en.statement, "rules"), 0); /* the first one brought it */
	sr_entry_free(&en);
	adopt_with(w,
		RULE("nothing", "forbid (principal, action, resource is Item);")
			RULE("none", "forbid (principal is Board, action == Action::\"grant\","
				     " resource is Request);"),
		stricter);
	world_reopen(w);
	assert_ok(sr_query_decisions(&l[0], w->v->catalogue,
			  &(struct sr_decision_filter){.request = rq.id}, &w->e),
		&w->e);
	assert_ok(sr_query_decisions(&l[1], w->v->catalogue,
			  &(struct sr_decision_filter){.checkout = c.id}, &w->e),
		&w->e);
	for (size_t k = 0; k < 2; k++) {
		const struct sr_decision_row *d = &l[k].rows[0];
		struct sr_judgement then, now;
		struct sr_buf set, inputs, other;

		assert_int_equal(l[k].count, 1);
		sr_buf_init(&set);
		sr_buf_init(&other);
		sr_buf_init(&inputs);
		assert_ok(sr_authorize_set(&set, w->v, d->set, &w->e), &w->e);
		assert_ok(sr_authorize_set(&other, w->v, stricter, &w->e), &w->e);
		assert_ok(sr_object_fetch(w->v, d->inputs, &inputs, &w->e), &w->e);
		sr_sha256(hash, set.p, set.len);
		assert_memory_equal(hash, d->set, SR_HASH);
		assert_ok(sr_judge_replay(&then, sr_buf_view(&set), sr_buf_view(&inputs), &w->e),
			&w->e);
		assert_string_equal(sr_judged_name(then.word), d->decision);
		assert_int_equal(then.rule_count, 1);
		assert_string_equal(then.rules[0], d->rules);
		assert_string_equal(d->rules, k == 0 ? "board-grants" : "read-distressing");
		assert_ok(sr_judge_replay(&now, sr_buf_view(&other), sr_buf_view(&inputs), &w->e),
			&w->e);
		assert_int_equal(now.word, SR_JUDGED_DENY);
		assert_string_equal(now.rules[0], k == 0 ? "none" : "nothing");
		sr_judgement_free(&then);
		sr_judgement_free(&now);
		/* Not the inputs: nothing that is cut off or longer passes. */
		inputs.len--;
		assert_int_equal(
			sr_judge_replay(&now, sr_buf_view(&set), sr_buf_view(&inputs), &w->e),
			SR_CORRUPT);
		sr_buf_free(&set);
		sr_buf_free(&other);
		sr_buf_free(&inputs);
		sr_decisions_free(&l[k]);
	}
	world_free(w);
}

/* Every page of what is open is asked about: what that takes, with everything from the catalogue.
 */
static void pace(void **state) {
	enum {
		TIMES = 300
	};
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};
	struct sr_checkout_row row;
	clock_t began; /* of this process: others may be at work */
	uint64_t us;

	(void)state;
	item_with(w, "hate", item[0]);
	assert_int_equal(ask_for(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(sr_query_checkout(&row, w->v->catalogue, c.id, &w->e), &w->e);
	began = clock();
	for (size_t i = 0; i < TIMES; i++)
		assert_ok(sr_authorize_use(w->v, &row, w->now, false, &w->e), &w->e);
	us = (uint64_t)(clock() - began) * 1000000 / CLOCKS_PER_SEC / TIMES;
	printf("# one use asked about: %llu us\n", (unsigned long long)us);
	/* A page takes longer to render; ten times what it takes. A checker takes its time. */
	if (getenv("SR_WRAPPED") == NULL)
		assert_true(us < 10000);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_inputs),
		cmocka_unit_test(vote_inputs),
		cmocka_unit_test(use_inputs),
		cmocka_unit_test(every_type),
		cmocka_unit_test(errs),
		cmocka_unit_test(absent),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(lacking),
		cmocka_unit_test(limit),
		cmocka_unit_test(strict_and_loose),
		cmocka_unit_test(more_votes),
		cmocka_unit_test(who_counts),
		cmocka_unit_test(replayed),
		cmocka_unit_test(pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
