/*
 * What a reader's client checks of witnesses before a key leaves it, at a vault that lies: the
 * policy that it shows, the entry that it says began the checkout, the proof that the quorum saw
 * it; and what is not over for want of witnesses says so. The witnesses are nowhere.
 */
#include "client_rig.h"
#include "core/client_in.h"
#include "lies_rig.h"
#include "things.h"
#include "world.h"

#include "cosigning_rig.h"

struct reading {
	struct office *o;
	uint8_t item[3][SR_ID]; /* the third is asked for by nobody */
	uint8_t grant[SR_ID];
	struct world_checkout out;
	uint64_t began, granted; /* entries */
};

static void reading_begin(struct reading *r) {
	struct world_request rq;
	struct sr_entry en;

	memset(r, 0, sizeof *r);
	r->o = office_new(NULL);
	release_one(r->o->w, 3, r->item, NULL);
	rq = (struct world_request){.by = &r->o->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])r->item[0],
		.count = 2};
	assert_int_equal(world_request(r->o->w, &rq), 0);
	world_grant(r->o->w, rq.id, r->grant);
	world_last(r->o->w, SR_T_GRANT, &en);
	r->granted = en.index;
	sr_entry_free(&en);
	r->out = (struct world_checkout){
		.by = &r->o->w->researcher[0], .grant = r->grant, .item = r->item[0]};
	assert_ok(world_checkout(r->o->w, &r->out), &r->o->w->out.err);
	world_last(r->o->w, SR_T_CHECKOUT, &en);
	r->began = en.index;
	sr_entry_free(&en);
}

/* ${p} is the reader's own policy, or NULL; ${lies} NULL: nothing is lied about. ${code} 0: the
 * item is opened. */
static void opening(struct reading *r, const struct sr_policy *p, struct lie *lies, int code,
	const char *text) {
	struct desk *d = desk_new(r->o, r->out.by);
	uint64_t files = 0;

	d->c->o.witnesses = p;
	d->c->o.witness_ms = 1;
	if (lies != NULL)
		tell_all(d, lies);
	d->liar.asked[0] = '\0';
	if (code == 0) /* the key is let go; what the vault does then is not looked at */
		(void)!sr_client_open_item(d->c, r->out.id, &files, &d->e);
	else
		assert_fails(
			sr_client_open_item(d->c, r->out.id, &files, &d->e), code, &d->e, text);
	assert_int_equal(asked(d, "checkout.open"), code == 0);
	if (lies != NULL)
		honest(d, lies);
	desk_free(d);
}

/* What is lied about to a reader who goes by a policy of their own. */
static void entries(struct reading *r, const struct sr_policy *p) {
	char granted[24], text[80];
	struct lie lies[] = {
		{.op = "witness", .how = HEAD, .key = "entry", .value = granted}, {.op = NULL}};
	struct sr_entry en;
	struct sr_buf again;
	struct desk *d;
	struct sr_call q, a;

	snprintf(granted, sizeof granted, "%llu", (unsigned long long)r->granted);
	snprintf(text, sizeof text, "entry %s did not begin this checkout", granted);
	opening(r, p, lies, SR_AUTH, text);
	lies[0] = (struct lie){.op = "witness", .how = HEAD, .key = "glass", .value = "yes"};
	opening(r, p, lies, SR_AUTH,
		"two people answered for this checkout; so much is proven of 0 of them");
	lies[0] = (struct lie){.op = "proof", .row = "receipt", .how = MANY, .times = 2};
	opening(r, p, lies, SR_AUTH, "the vault gave 2 receipts, want 1");

	/* The proof of another entry. */
	d = desk_new(r->o, r->out.by);
	sr_call_init(&q);
	sr_call_init(&a);
	sr_call_begin(&q, "log.prove");
	sr_text_put_dec(&q.head, "index", r->granted);
	assert_ok(sr_client_call(d->c, &q, &a, &d->e), &d->e);
	desk_free(d);
	lies[0] = (struct lie){.op = "log.prove", .how = BODY, .bytes = sr_buf_view(&a.body)};
	snprintf(text, sizeof text, "the proof is of entry %s, not of %llu", granted,
		(unsigned long long)r->began);
	opening(r, p, lies, SR_AUTH, text);
	sr_call_free(&q);
	sr_call_free(&a);

	/* The same words twice in the log: the second is not the entry that opens. */
	assert_ok(sr_vault_entry(&en, r->o->w->v, r->began, &r->o->w->e), &r->o->w->e);
	sr_buf_init(&again);
	sr_buf_put_bytes(&again, en.statement.body);
	sr_entry_free(&en);
	lies[0] = (struct lie){.op = "proof", .call = 3, .row = "receipt", .how = RECEIPT};
	forge_by(r->o, &again, r->out.by, &lies[0].index);
	opening(r, p, lies, SR_AUTH, "the receipt is of another entry");
}

/* Two people answered for the checkout, who may not all say so; a vault takes what it likes. */
static void who_answers(struct reading *r, const struct sr_policy *p) {
	const struct world *w = r->o->w;
	static const uint8_t salt[SR_SALT] = {0};
	char said[2][24];
	struct lie lies[] = {{.op = "witness", .how = HEAD, .key = "glass", .value = "yes"},
		{.op = "witness", .how = LINE, .key = "said", .value = said[0]},
		{.op = "witness", .how = LINE, .key = "said", .value = said[1]},
		{.op = "proof", .call = 2, .how = REPLY}, {.op = "proof", .call = 2, .how = ADD},
		{.op = "proof", .call = 3, .how = REPLY}, {.op = "proof", .call = 3, .how = ADD},
		{.op = NULL}};
	const struct {
		const struct world_person *who[2];
		const char *text; /* of the refusal; NULL: they may */
	} cases[] = {{{&w->custodian, &w->auditor}, "so much is proven of 0 of them"},
		{{&w->curator[0], &w->auditor}, "so much is proven of 1 of them"},
		{{&w->curator[0], &w->curator[0]}, "so much is proven of 1 of them"},
		{{&w->curator[0], &w->officer}, NULL}};

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		for (size_t k = 0; k < 2; k++) {
			uint64_t *index = &lies[4 + 2 * k].index;
			struct sr_buf text;

			forged_head(r->o, &text, SR_T_BREAK_GLASS, cases[i].who[k]->person);
			sr_text_put_hex(&text, "checkout", r->out.id, SR_ID);
			sr_statement_put_text(&text, "reason", salt, sr_bytes_str("It burns."));
			forge_by(r->o, &text, cases[i].who[k], index);
			snprintf(said[k], sizeof said[k], "%llu", (unsigned long long)*index);
		}
		opening(r, p, lies, cases[i].text != NULL ? SR_AUTH : 0, cases[i].text);
	}
}

/* What is remembered of policies, or lies where it is remembered. */
static void memories(struct reading *r) {
	char hex[17], name[40], vault[2 * SR_HASH + 1], began[24], text[160];
	struct lie lies[] = {
		{.op = "witness", .how = HEAD, .key = "adopted", .value = "1"}, {.op = NULL}};
	struct sr_err e = {0};

	sr_hex(hex, r->o->w->v->fingerprint, 8);
	snprintf(name, sizeof name, "witnesses-%s", hex);
	assert_ok(
		sr_file_replace(r->o->memory, name, sr_bytes_str("strongroom/other/v1\n"), &e), &e);
	snprintf(text, sizeof text, "%s is no memory of witnesses", name);
	opening(r, NULL, NULL, SR_CORRUPT, text);

	sr_hex(vault, r->o->w->v->fingerprint, SR_HASH);
	snprintf(text, sizeof text, "strongroom/witnesses/v1\nvault %s\nentry 5\n", vault);
	assert_ok(sr_file_replace(r->o->memory, name, sr_bytes_str(text), &e), &e);
	opening(r, NULL, NULL, SR_AUTH,
		"the vault shows no witness policy, and that of entry 5 was verified before");
	opening(r, NULL, lies, SR_AUTH,
		"the vault shows an older witness policy, and that of entry 5 was verified before");
	assert_ok(sr_file_remove(r->o->memory, name, &e), &e);

	snprintf(began, sizeof began, "%llu", (unsigned long long)r->began);
	lies[0].value = began;
	snprintf(text, sizeof text, "entry %s of the log is no witness policy", began);
	opening(r, NULL, lies, SR_AUTH, text);
	assert_false(sr_file_exists(r->o->memory, name));
}

/* --- what waits for them ---------------------------------------------------------------------- */

static void erased(struct world *w, const struct world_person *who) {
	struct world_draft d;
	uint8_t id[SR_ID];

	world_begin(&d, w, &w->curator[0], SR_T_PERSON_END);
	sr_text_put(&d.text, "person", who->person);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "erase");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[w->levels - 1]);
	sr_text_put(&d.text, "purpose", "data-subject");
	sr_text_put(&d.text, "subject", who->person);
	world_text(&d, "reason", "a letter came");
	assert_ok(world_commit(&d, NULL), &w->out.err);
	for (size_t i = 0; i < w->level[w->levels - 1]; i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = id}),
			&w->out.err);
}

static int report(struct desk *d, const char *person, struct lie *lies) {
	struct sr_submitted out;
	struct sr_buf note;
	int rc;

	sr_buf_init(&note);
	if (lies != NULL)
		tell_all(d, lies);
	rc = sr_client_erasure(d->c, person, &note, &out, &d->e);
	if (lies != NULL)
		honest(d, lies);
	sr_submitted_free(&out);
	sr_buf_free(&note);
	return rc;
}

/* Erased before there was a policy, and after. */
static void erasures(struct reading *r) {
	struct office *o = r->o;
	struct world *w = o->w;
	struct world_request rq;
	struct desk *d;
	const uint8_t *item = r->item[2];
	struct sr_buf note;
	struct lie lies[] = {{.op = "erasure", .row = "erasure", .how = DROP}, {.op = NULL}};
	struct sr_entry first;

	erased(w, &w->researcher[1]);
	world_last(w, SR_T_ERASE, &first);
	assert_ok(adopt(w, "both"), &w->e);
	/* From here on nobody sees what the vault does. */
	erased(w, &w->researcher[2]);
	d = desk_new(o, &w->officer);
	assert_ok(report(d, w->researcher[1].person, NULL), &d->e);
	assert_fails(report(d, w->researcher[1].person, lies), SR_CORRUPT, &d->e,
		"the vault shows no report of the erasure");
	assert_fails(report(d, w->researcher[2].person, NULL), SR_DENIED, &d->e,
		"of its keys are there still: they go when the quorum of witnesses has cosigned");
	/* The other's entry does not stand behind the report. */
	struct sr_buf receipt;
	sr_buf_init(&receipt);
	receipt_of(o, first.index, sr_client_info(d->c)->seen_size, &receipt);
	lies[0] = (struct lie){.op = "erasure",
		.row = "erasure",
		.how = VALUE,
		.key = "receipt",
		.bytes = sr_buf_view(&receipt)};
	assert_fails(report(d, w->researcher[2].person, lies), SR_AUTH, &d->e,
		"of the log is not the erasure that the report names");
	sr_buf_free(&receipt);
	sr_entry_free(&first);

	rq = (struct world_request){.by = &w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1};
	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	sr_buf_init(&note);
	const struct sr_certifying of = {.item = item};
	assert_fails(sr_client_certificate(d->c, &of, &note, &d->s, &d->e), SR_DENIED, &d->e,
		"of it are left: they go when the quorum of witnesses has cosigned");
	sr_submitted_free(&d->s);
	sr_buf_free(&note);
	desk_free(d);
}

static void answers(
	struct world *w, const struct world_person *who, const uint8_t checkout[SR_ID]) {
	struct world_draft d;

	world_begin(&d, w, who, SR_T_BREAK_GLASS);
	sr_text_put_hex(&d.text, "checkout", checkout, SR_ID);
	world_text(&d, "reason", "the deadline is today");
	assert_ok(world_commit(&d, NULL), &w->out.err);
}

/* Two answer for another item, one of whom a quorum made curator when the vault was there already:
 * the reader never met them. */
static void later_curator(struct reading *r) {
	static const char *const curator[] = {"curator", NULL};
	struct world *w = r->o->w;
	const struct sr_introduction card = intro_of(&w->outsider);
	const struct sr_asking a = {
		.kind = "role", .card = &card, .roles = curator, .reason = "Needed."};
	struct world_checkout c = {.by = r->out.by, .grant = r->grant, .item = r->item[1]};
	struct desk *d = desk_new(r->o, &w->member[0]);
	uint8_t request[SR_ID];
	uint64_t files = 0;

	assert_ok(sr_client_request(d->c, &a, request, NULL, &d->e), &d->e);
	desk_free(d);
	for (size_t i = 0; i < 2; i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = request}),
			&w->out.err);
	assert_ok(world_checkout(w, &c), &w->out.err);
	answers(w, &w->member[1], c.id);
	d = desk_new(r->o, c.by);
	d->c->o.witness_ms = 1;
	assert_fails(sr_client_open_item(d->c, c.id, &files, &d->e), SR_DENIED, &d->e,
		"not witnessed: entry");
	answers(w, &w->outsider, c.id);
	assert_ok(sr_client_open_item(d->c, c.id, &files, &d->e), &d->e);
	assert_int_equal(files, 1);
	desk_free(d);
}

static void remembers(struct office *o, const char *lines) {
	char hex[17], name[40], vault[2 * SR_HASH + 1], text[200];
	struct sr_err e = {0};

	sr_hex(hex, o->w->v->fingerprint, 8);
	sr_hex(vault, o->w->v->fingerprint, SR_HASH);
	snprintf(name, sizeof name, "witnesses-%s", hex);
	snprintf(text, sizeof text, "strongroom/witnesses/v1\nvault %s\n%s", vault, lines);
	assert_ok(sr_file_replace(o->memory, name, sr_bytes_str(text), &e), &e);
}

/* Another program of this person sees a later policy while ours looks at this one. */
static int meanwhile(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)q;
	(void)r;
	(void)e;
	if (strcmp(op, "object") == 0)
		remembers(l->ctx, "entry 9999\n");
	return 0;
}

/* The policy in force is the custodian's choice. */
static void choices(struct reading *r) {
	struct desk *d = desk_new(r->o, r->out.by);
	uint64_t files = 0;

	remembers(r->o, "entry 1\n");
	d->c->o.witness_ms = 1;
	d->liar.twist = meanwhile;
	d->liar.ctx = r->o;
	assert_fails(sr_client_open_item(d->c, r->out.id, &files, &d->e), SR_AUTH, &d->e,
		"a later witness policy (entry 9999) meanwhile");
	d->liar.twist = NULL;
	assert_fails(sr_client_open_item(d->c, r->out.id, &files, &d->e), SR_AUTH, &d->e,
		"an older witness policy, and that of entry 9999 was verified before");
	desk_free(d);
	remembers(r->o, "entry 1\nvoted yes\n");
	opening(r, NULL, NULL, SR_AUTH, "which only its members' votes change");
	remembers(r->o, "entry 1\n");
	opening(r, NULL, NULL, SR_DENIED, "not witnessed");
}

static void test_witnesses(void **state) {
	struct reading r;
	struct sr_policy *p = NULL;
	struct sr_buf text;
	struct sr_err e = {0};

	(void)state;
	keys();
	reading_begin(&r);
	memories(&r);
	erasures(&r);
	later_curator(&r);
	choices(&r);
	sr_buf_init(&text);
	policy(&text, "both");
	assert_ok(sr_policy_parse(&p, sr_buf_view(&text), &e), &e);
	sr_buf_free(&text);
	entries(&r, p);
	who_answers(&r, p);
	sr_policy_free(p);
	world_close(r.o->w); /* its catalogue knows nothing of the forged entries */
	office_free(r.o);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_witnesses),
	};

	/* Nobody is at their address: core need not wait for them as long as for somebody. */
	(void)setenv("SR_WITNESS_MS", "1", 1);
	return cmocka_run_group_tests_name("core client: witnesses", tests, NULL, NULL);
}
