/*
 * What clients of members, curators, officers and auditors say when the vault tells them what is
 * not so, keeps back what they need, or when they are asked to stop: shares on paper, held items
 * for another curator, requests, rules, versions without what is left out, and the log.
 */
#include "board/held.h"
#include "client_rig.h"
#include "core/client_in.h"
#include "core/ops.h"
#include "lies_rig.h"
#include "rules_rig.h"
#include "things.h"
#include "world.h"

static const uint8_t NOTHING[SR_ID] = {0x77}; /* the id of nothing */

/* --- shares on paper -------------------------------------------------------------------------- */

static int restore(struct desk *d, const struct sr_sheet *sheet, const uint8_t *old) {
	const struct sr_share_from from = {.sheet = sheet, .old = old};
	struct sr_restored out;

	return sr_client_restore_share(d->c, NULL, &from, &out, &d->e);
}

static void shares(struct office *o) {
	struct desk *d = desk_new(o, &o->w->member[0]);
	struct sr_sheet_kept kept;
	struct sr_sheet s;

	assert_ok(sr_client_sheet(d->c, NULL, &kept, &d->e), &d->e);
	s = kept.sheet;
	s.keys[0] ^= 1;
	assert_fails(restore(d, &s, NULL), SR_DENIED, &d->e,
		"the sheet is of other keys than the board has in epoch 1");
	s = kept.sheet;
	s.index = 2;
	assert_fails(restore(d, &s, NULL), SR_DENIED, &d->e,
		"the sheet is that of member 2, and this is member 1");
	s = kept.sheet;
	s.levels = 2;
	assert_fails(
		restore(d, &s, NULL), SR_CORRUPT, &d->e, "the sheet has 2 levels, the board 1");
	s = kept.sheet;
	memset(s.x[0], 0, SR_SCALAR);
	s.x[0][0] = 7;
	assert_fails(restore(d, &s, NULL), SR_AUTH, &d->e,
		"the sheet's share of level 2: it is not the share behind the public one");
	assert_false(asked(d, "submit"));
	desk_free(d);
	d = desk_new(o, &o->w->member[0]);
	struct lie box = {.op = "board.material", .row = "share", .all = true, .how = DROP};
	tell(d, &box);
	assert_fails(restore(d, NULL, o->w->member[0].seed), SR_AUTH, &d->e,
		"the vault withholds the box of member 1");
	honest(d, &box);
	sr_wipe(&s, sizeof s);
	sr_wipe(&kept, sizeof kept);
	desk_free(d);
}

/* --- requests --------------------------------------------------------------------------------- */

static const char *const text_form[] = {"text", NULL}, *const study[] = {"research", NULL};

struct house {
	struct office *o;
	uint8_t item[SR_ID], held[2][SR_ID], grant[SR_ID];
	struct world_request rq;
};

static void house_begin(struct house *h) {
	memset(h, 0, sizeof *h);
	h->o = office_new(NULL);
	put_item(h->o->w, h->item, true);
	for (size_t i = 0; i < 2; i++)
		put_item(h->o->w, h->held[i], false);
	h->rq = (struct world_request){.by = &h->o->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])h->item,
		.count = 1};
	assert_int_equal(world_request(h->o->w, &h->rq), 0);
	world_grant(h->o->w, h->rq.id, h->grant);
}

/* Asked by ${who}; ${lies} NULL: nothing is lied about. Nothing is handed in. */
static void not_asked(struct house *h, const struct world_person *who, const struct sr_asking *a,
	struct lie *lies, int code, const char *text) {
	struct desk *d = desk_new(h->o, who);
	uint8_t request[SR_ID];

	d->liar.asked[0] = '\0';
	if (lies != NULL)
		tell_all(d, lies);
	assert_fails(sr_client_request(d->c, a, request, &d->s, &d->e), code, &d->e, text);
	assert_false(asked(d, "submit"));
	if (lies != NULL)
		honest(d, lies);
	desk_free(d);
}

static void requests(struct house *h) {
	static const char *const twice[] = {"text", "text", NULL};
	const struct world_person *r = &h->o->w->researcher[0], *c = &h->o->w->curator[0];
	const int64_t ends = h->o->w->now + W_DAY;
	struct sr_asking access = {.kind = "access",
		.items = h->item,
		.item_count = 1,
		.forms = twice,
		.purposes = study,
		.ends = ends};
	const struct sr_asking renew = {.kind = "renew", .target = NOTHING, .ends = ends},
			       anew = {.kind = "reseal", .left = 1, .ends = ends};
	struct lie lies[3] = {{.op = "item", .row = "item", .how = DROP}, {.op = NULL}};
	struct sr_rows_out o;
	struct sr_buf body;

	not_asked(h, r, &access, NULL, SR_USAGE, "text is given twice");
	access.forms = text_form;
	not_asked(h, r, &access, lies, SR_CORRUPT, "the vault shows no row of it");
	access.item_count = SR_REQUEST_ITEMS_MAX + 1;
	not_asked(h, r, &access, NULL, SR_LIMIT,
		"10001 items, a request has at most 10000: split it");
	lies[0] = (struct lie){.op = "grant", .how = REPLY};
	not_asked(h, r, &renew, lies, SR_CORRUPT, "the vault shows no row of the grant");
	not_asked(h, c, &anew, NULL, SR_NOTFOUND,
		"no item is left under a key before that nobody asked about");
	sr_buf_init(&body);
	sr_rows_begin(&o, &body);
	sr_row(&o, "left");
	sr_row(&o, "left");
	lies[0] = (struct lie){.op = "left", .how = BODY, .bytes = sr_buf_view(&body)};
	not_asked(h, c, &anew, lies, SR_CORRUPT, "2 items, at most 1 were asked for");
	sr_buf_free(&body);
}

/* Sealing anew under a grant that is not shown, or for something else. */
static void reseals(struct house *h) {
	struct lie lies[] = {{.op = "grant", .how = REPLY}, {.op = NULL}};
	const struct sr_resealing of_nothing = {.grant = NOTHING}, of_access = {.grant = h->grant};
	struct desk *d = desk_new(h->o, &h->o->w->researcher[0]);
	size_t left = 0;

	tell_all(d, lies);
	assert_fails(sr_client_reseal(d->c, &of_nothing, &left, &d->e), SR_CORRUPT, &d->e,
		"the vault shows no row of the grant");
	honest(d, lies);
	assert_fails(sr_client_reseal(d->c, &of_access, &left, &d->e), SR_USAGE, &d->e,
		"the grant is not for sealing anew");
	desk_free(d);
}

/* --- rules ------------------------------------------------------------------------------------ */

static void rules(struct house *h) {
	struct rules_asked a = {.text = RULE("fit", "forbid (principal, action in Action::\"look\","
						    " resource is Item);")};
	struct lie lies[] = {
		{.op = "object", .how = BODY, .bytes = sr_bytes_str("permit all;")}, {.op = NULL}};
	struct desk *d = desk_new(h->o, &h->o->w->member[0]);
	struct world_request end = {
		.by = &h->o->w->member[1], .kind = "revoke", .target = h->grant};
	struct sr_buf out;

	sr_buf_init(&out);
	assert_int_equal(world_request(h->o->w, &end), 0);
	assert_ok(rules_ask(h->o->w, &a), &h->o->w->out.err);
	assert_fails(sr_client_rules_asked(&out, d->c, end.id, &d->e), SR_USAGE, &d->e,
		"this request asks for no rules");
	tell_all(d, lies);
	assert_fails(sr_client_rules_asked(&out, d->c, a.id, &d->e), SR_AUTH, &d->e,
		"the vault shows another text of rules than entry");
	honest(d, lies);
	lies[0] = (struct lie){.op = "request", .row = "version", .all = true, .how = DROP};
	tell_all(d, lies);
	assert_fails(sr_client_rules_asked(&out, d->c, a.id, &d->e), SR_CORRUPT, &d->e,
		"the vault shows no version of it");
	honest(d, lies);
	assert_fails(sr_client_rules_adopted(&out, d->c, h->o->w->v->fingerprint, 1, &d->e),
		SR_AUTH, &d->e, "entry 1 of the log is no adoption of rules by this board");
	assert_int_equal(out.len, 0);
	desk_free(d);
	d = desk_new(h->o, &h->o->w->member[0]);
	lies[0] = (struct lie){.op = "proof", .row = "receipt", .how = RECEIPT, .index = 1};
	tell_all(d, lies);
	assert_fails(sr_client_rules_asked(&out, d->c, a.id, &d->e), SR_AUTH, &d->e,
		"the vault shows another statement than was asked for");
	honest(d, lies);
	assert_ok(sr_client_rules_asked(&out, d->c, a.id, &d->e), &d->e);
	assert_true(sr_bytes_eq(sr_buf_view(&out), sr_bytes_str(a.text)));
	sr_buf_free(&out);
	desk_free(d);
}

/* --- a version without what is left out, and what scanners say -------------------------------- */

static void redactions(struct house *h, struct desk *d, const uint8_t checkout[SR_ID]) {
	static const char none[] = "1 "
				   "00000000000000000000000000000000"
				   "00000000000000000000000000000000";
	char parent[2 * SR_ID + 1], list[2 * SR_HASH + 1];
	struct sr_redact redact = {.plan = sr_bytes_str("a plan"), .reason = "It is named."};
	uint8_t item[SR_ID] = {0}, zero[SR_ID] = {0};
	struct sr_buf body;
	struct lie lies[] = {{.op = "redact.make", .how = REPLY},
		{.op = "redact.make", .how = HEAD, .key = "parent", .value = parent},
		{.op = "deposit.finish", .how = REPLY},
		{.op = "deposit.finish", .how = HEAD, .key = "accession", .value = parent},
		{.op = "deposit.finish", .how = HEAD, .key = "collection", .value = parent},
		{.op = "deposit.finish", .how = HEAD, .key = "list", .value = OTHER_HASH},
		{.op = "deposit.finish", .how = HEAD, .key = "items", .value = none},
		{.op = "deposit.finish", .how = HEAD, .key = "files", .value = none},
		{.op = "deposit.finish", .how = HEAD, .key = "bytes", .value = "9"},
		{.op = "deposit.finish", .how = BODY}, {.op = NULL}};
	const struct {
		const char *list;
		size_t cut; /* bytes of the body that come; 0: all */
		int code;
		const char *text;
	} cases[] = {{OTHER_HASH, 3, SR_CORRUPT, "the vault withholds the list of the new item"},
		{OTHER_HASH, 0, SR_AUTH, "the list is not the one that is to be signed"},
		{list, 0, SR_AUTH, "the list has 2 items, want one"}};

	memcpy(redact.checkout, checkout, SR_ID);
	sr_hex(parent, h->held[0], SR_ID);
	sr_buf_init(&body);
	list_of(&body, list, 2);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		lies[5].value = cases[i].list;
		lies[9].bytes = sr_bytes_of(body.p, cases[i].cut != 0 ? cases[i].cut : body.len);
		tell_all(d, lies);
		assert_fails(sr_client_redact(d->c, &redact, item, &d->s, &d->e), cases[i].code,
			&d->e, cases[i].text);
		assert_false(asked(d, "submit"));
		assert_true(asked(d, "deposit.abort"));
		assert_memory_equal(item, zero, SR_ID);
		honest(d, lies);
	}
	sr_buf_free(&body);
}

static int no_row(void *ctx, const struct sr_row *row, struct sr_err *e) {
	(void)ctx;
	(void)row;
	(void)e;
	return 0;
}

static void at_a_held_item(struct house *h) {
	struct desk *d = desk_new(h->o, &h->o->w->curator[0]);
	const struct sr_borrow look = {.item = h->held[0], .right = "quarantine"};
	struct lie scan[] = {{.op = "intake.scan", .how = REPLY},
		{.op = "intake.scan", .how = HEAD, .key = "files", .value = "1"},
		{.op = "intake.scan", .how = HEAD, .key = "of", .value = "2"}, {.op = NULL}};
	uint8_t checkout[SR_ID];
	uint64_t files = 0;

	assert_ok(sr_client_checkout(d->c, &look, checkout, &files, NULL, &d->e), &d->e);
	redactions(h, d, checkout);
	tell_all(d, scan);
	d->c->o.progress = (struct sr_progress){say_stop, NULL};
	assert_fails(sr_client_scan(d->c, checkout, no_row, NULL, &d->e), SR_LOCKED, &d->e,
		"stopped on request");
	honest(d, scan);
	desk_free(d);
}

/* --- held items for another curator ----------------------------------------------------------- */

static void given(
	struct office *o, const struct world_person *who, const char *kind, const char *role) {
	const char *const roles[] = {role, NULL};
	const struct sr_introduction card = intro_of(who);
	const struct sr_asking a = {
		.kind = kind, .card = &card, .roles = roles, .reason = "Needed."};
	struct desk *d = desk_new(o, &o->w->member[0]);
	uint8_t request[SR_ID];

	assert_ok(sr_client_request(d->c, &a, request, NULL, &d->e), &d->e);
	desk_free(d);
	for (size_t i = 0; i < 2; i++)
		assert_ok(world_vote(o->w, &(struct world_vote){.member = i, .request = request}),
			&o->w->out.err);
}

/* ${n} rows of held items, as held.missing has them. */
static void held_rows(struct sr_buf *out, size_t n) {
	struct sr_rows_out o;

	sr_buf_clear(out);
	sr_rows_begin(&o, out);
	for (size_t i = 0; i < n; i++) {
		uint8_t item[SR_ID] = {0};

		item[0] = (uint8_t)(i + 1);
		sr_row(&o, "held");
		sr_row_hex(&o, "item", item, SR_ID);
		sr_row_dec(&o, "number", 1);
	}
}

static int share_held(struct desk *d, const struct world_person *with, size_t *shared) {
	const struct sr_held_sharing s = {.person = with->person};

	return sr_client_share_held(d->c, &s, shared, &d->e);
}

/* Whatever is asked, it has 64 more, behind what was asked for and never that. */
static int name_endlessly(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	uint64_t *calls = l->ctx;
	uint8_t item[SR_ID] = {0};
	struct sr_rows_out o;

	(void)q;
	(void)e;
	if (strcmp(op, "held.missing") != 0)
		return 0;
	sr_reply_begin(r, 0, NULL);
	assert_int_equal(sr_call_parse(r, NULL), 0);
	sr_buf_clear(&r->body);
	sr_rows_begin(&o, &r->body);
	sr_be64_put(item, ++*calls);
	for (int i = 1; i <= SR_PREPARE_MAX; i++) {
		item[SR_ID - 1] = (uint8_t)i;
		sr_row(&o, "held");
		sr_row_hex(&o, "item", item, SR_ID);
		sr_row_dec(&o, "number", 1);
	}
	return -1;
}

/* A vault that does not stop is asked once for each item that is wanted, and no more than so
 * often. */
static void held_endlessly(struct office *o) {
	static uint8_t wanted[3000][SR_ID];
	struct sr_held_sharing s = {
		.person = o->w->outsider.person, .items = wanted[0], .count = 3};
	struct desk *d = desk_new(o, &o->w->curator[0]);
	uint64_t calls = 0;
	size_t shared = 9;

	for (size_t i = 0; i < T_COUNT(wanted); i++)
		sr_be64_put(wanted[i], i + 1);
	d->liar.twist = name_endlessly;
	d->liar.ctx = &calls;
	d->liar.keeps = "held.missing";
	assert_ok(sr_client_share_held(d->c, &s, &shared, &d->e), &d->e);
	assert_int_equal(calls, 3);
	calls = 0;
	s.count = T_COUNT(wanted);
	assert_fails(sr_client_share_held(d->c, &s, &shared, &d->e), SR_LIMIT, &d->e,
		"the vault has named 131072 items to share, and does not stop");
	assert_int_equal(calls, 131072 / SR_PREPARE_MAX + 1);
	assert_int_equal(shared, 0);
	/* and a person who is tired of it stops it */
	d->c->o.progress = (struct sr_progress){say_stop, NULL};
	calls = 0;
	assert_fails(sr_client_share_held(d->c, &s, &shared, &d->e), SR_LOCKED, &d->e,
		"stopped on request");
	assert_int_equal(calls, 1);
	desk_free(d);
}

static void held_items(struct office *o) {
	struct world_person *later = &o->w->outsider;
	struct sr_buf rows;
	struct lie lies[4];
	size_t shared = 9;
	struct desk *d;

	given(o, later, "role", "curator");
	sr_buf_init(&rows);
	held_rows(&rows, SR_PREPARE_MAX + 1);
	const struct {
		const struct world_person *with;
		struct lie lie[2];
		int code;
		const char *text;
	} cases[] = {{later, {{.op = "held.missing", .row = "receipt", .all = true, .how = DROP}},
			     SR_AUTH, "is a person of this vault"},
		{&o->w->member[1],
			{{.op = "held.missing", .how = REPLY}, {.op = "held.missing", .how = BODY}},
			SR_DENIED,
			"is not a curator here: held items are shared with curators alone"},
		{later, {{.op = "held.missing", .how = BODY}}, SR_CORRUPT,
			"the vault names more than 64 items at once"},
		{later, {{.op = "held.missing", .row = "held", .how = OTHER_ROW, .key = "item"}},
			SR_CORRUPT, "the vault names items out of order"},
		{later,
			{{.op = "held.missing",
				.row = "held",
				.how = VALUE,
				.key = "number",
				.value = "9"}},
			SR_AUTH, "the vault names two numbers for one envelope"}};
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		memset(lies, 0, sizeof lies);
		memcpy(lies, cases[i].lie, sizeof cases[i].lie);
		if (cases[i].with != later) /* one is enough for somebody who may have none */
			held_rows(&rows, 1);
		for (size_t n = 0; n < 2; n++)
			if (lies[n].how == BODY)
				lies[n].bytes = sr_buf_view(&rows);
		d = desk_new(o, &o->w->curator[0]);
		tell_all(d, lies);
		assert_fails(
			share_held(d, cases[i].with, &shared), cases[i].code, &d->e, cases[i].text);
		assert_int_equal(shared, 0);
		assert_false(asked(d, "held.offer"));
		honest(d, lies);
		desk_free(d);
		held_rows(&rows, SR_PREPARE_MAX + 1);
	}
	sr_buf_free(&rows);
	/* Stopped after a group: what was shared stays shared. */
	d = desk_new(o, &o->w->curator[0]);
	d->c->o.progress = (struct sr_progress){say_stop, NULL};
	assert_fails(share_held(d, later, &shared), SR_LOCKED, &d->e, "stopped on request");
	assert_int_equal(shared, 2);
	d->c->o.progress.report = NULL;
	assert_ok(share_held(d, later, &shared), &d->e);
	assert_int_equal(shared, 0);
	desk_free(d);
}

/* --- the log ---------------------------------------------------------------------------------- */

static int count_it(void *ctx, const struct sr_entry *en, struct sr_err *e) {
	(void)en;
	(void)e;
	++*(size_t *)ctx;
	return 0;
}

/* An entry that the host seals for itself: no auditor's key opens it, the receipt does. */
struct own_seal {
	struct office *o;
	uint64_t index;
	bool promotes; /* it says that the auditor is an officer, who reads by receipts alone */
};

static int own_epoch(
	void *ctx, uint32_t epoch, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct own_seal *s = ctx;
	const struct sr_keyring ring = sr_vault_keyring(s->o->w->v);
	const int rc = ring.epoch(ring.ctx, epoch, c, key, e);

	if (rc == 0 && c == SR_STRUCTURAL)
		key[0] ^= 1;
	return rc;
}

static int own_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	const struct own_seal *s = ctx;
	const struct sr_keyring ring = sr_vault_keyring(s->o->w->v);

	return ring.subject(ring.ctx, epoch, c, subject, key, e);
}

static void seal_for_itself(struct own_seal *s) {
	static const uint8_t attachment[SR_ATTACHMENT] = {0};
	const struct world *w = s->o->w;
	const struct sr_keyring ring = {own_epoch, own_subject, s};
	struct sr_buf text, note, leaf;
	struct sr_statement st;
	struct sr_epoch epoch;
	struct sr_err e = {0};

	forged_head(s->o, &text, SR_T_RETURN, w->curator[0].person);
	sr_text_put_hex(&text, "checkout", NOTHING, SR_ID);
	sr_buf_init(&note);
	sr_buf_init(&leaf);
	sr_vault_epoch(&epoch, w->v, 2);
	epoch.key[SR_STRUCTURAL][0] ^= 1;
	assert_ok(sr_statement_sign(
			  &note, sr_buf_view(&text), w->curator[0].person, w->curator[0].seed, &e),
		&e);
	assert_ok(sr_statement_parse(&st, sr_buf_view(&note), &e), &e);
	s->index = sr_ledger_next_index(w->v->ledger);
	const struct sr_entry_in in = {.origin = W_ORIGIN,
		.index = s->index,
		.epoch = &epoch,
		.received = w->now,
		.statement = &st,
		.keys = &ring};
	assert_ok(sr_entry_seal(&leaf, &in, &e), &e);
	const struct sr_bytes view = sr_buf_view(&leaf);
	assert_ok(sr_ledger_commit(w->v->ledger, &view, 1, attachment, NULL, &e), &e);
	sr_statement_free(&st);
	sr_buf_free(&text);
	sr_buf_free(&note);
	sr_buf_free(&leaf);
}

static int shows_own(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct own_seal *s = l->ctx;
	const struct sr_keyring ring = {own_epoch, own_subject, s};
	const struct sr_disclose all = {all_of_it, NULL};
	struct sr_receipt_make m = {s->o->w->v->ledger, s->index, 0, &ring, &all};
	struct sr_receipt receipt;
	struct sr_rows_out o;
	struct sr_text t = {0};
	struct sr_buf b;
	uint64_t asked_for = 0;

	if (strcmp(op, "login.finish") == 0 && s->promotes) {
		sr_text_put(&r->head, "role", "officer");
		assert_int_equal(sr_call_parse(r, NULL), 0);
	}
	assert_int_equal(sr_text_parse(&t, sr_buf_view(&q->head), NULL), 0);
	(void)!sr_parse_dec(&asked_for, sr_text_get(&t, "index"), INT64_MAX, NULL);
	(void)!sr_parse_dec(&m.since, sr_text_get(&t, "since"), INT64_MAX, NULL);
	sr_text_free(&t);
	if (strcmp(op, "proof") != 0 || asked_for != s->index)
		return 0;
	sr_buf_init(&b);
	assert_ok(sr_receipt_make(&receipt, &m, e), e);
	assert_ok(sr_receipt_encode(&b, &receipt, e), e);
	sr_receipt_free(&receipt);
	sr_reply_begin(r, 0, NULL);
	assert_int_equal(sr_call_parse(r, NULL), 0);
	sr_rows_begin(&o, &r->body);
	sr_row(&o, "receipt");
	sr_row_bytes(&o, "receipt", sr_buf_view(&b));
	sr_buf_free(&b);
	l->was_twisted = true;
	return -1;
}

/* Whatever the vault says of the auditor's roles, what their key does not open is refused: that
 * they are an officer is not in the log. */
static void a_vault_that_promotes(struct office *o) {
	struct own_seal s = {.o = o};
	size_t n = 0;

	seal_for_itself(&s);
	for (int promotes = 0; promotes < 2; promotes++) {
		const struct sr_log_ask ask = {.from = s.index, .each = count_it, .ctx = &n};
		struct desk *d = desk_prepare(o, &o->w->auditor);

		s.promotes = promotes == 1;
		d->liar.twist = shows_own;
		d->liar.ctx = &s;
		assert_ok(desk_open(d), &d->e);
		assert_fails(sr_client_log(d->c, &ask, &d->e), SR_AUTH, &d->e,
			"does not open with the epoch's key");
		assert_true(d->liar.was_twisted);
		assert_int_equal(n, 0);
		d->liar.was_twisted = false;
		desk_free(d);
	}
}

/* Who became an auditor later reads what was sealed since; when they become an officer too, which
 * the log shows, all. */
static void an_officer_too(struct office *o, const struct world_person *who) {
	for (int officer = 0; officer < 2; officer++) {
		uint64_t sealed = 0;
		size_t n = 0;
		const struct sr_log_ask ask = {.each = count_it, .ctx = &n, .sealed = &sealed};

		if (officer == 1)
			given(o, who, "role", "officer");
		struct desk *d = desk_new(o, who);
		assert_ok(sr_client_log(d->c, &ask, &d->e), &d->e);
		assert_int_equal(sealed == 0, officer == 1);
		assert_int_equal(n + sealed, sr_client_info(d->c)->seen_size);
		desk_free(d);
	}
}

static void the_log(struct office *o) {
	size_t n = 0;
	struct lie lies[] = {{.op = "epochs",
				     .row = "epoch",
				     .how = VALUE,
				     .key = "entry",
				     .value = "0",
				     .code = SR_AUTH,
				     .text = "entry 0 is not the key-epoch 1 that the vault says"},
		{.op = "epochs",
			.row = "epoch",
			.all = true,
			.how = DROP,
			.code = SR_AUTH,
			.text = "the vault shows no key-epoch: they are withheld"},
		{.op = "epochs",
			.row = "epoch",
			.nth = 1,
			.how = DROP,
			.code = SR_AUTH,
			.text = "is sealed under epoch 2, and 1 was in force: a change of epochs "
				"is withheld, or the entry is not for its auditors"},
		{.op = "proof",
			.row = "receipt",
			.nth = 12,
			.how = DROP,
			.code = SR_AUTH,
			.text = "entries from 0: the rest is withheld"}};

	given(o, &o->w->custodian, "role", "auditor");
	for (size_t i = 0; i < T_COUNT(lies); i++) {
		const struct sr_log_ask ask = {.each = count_it, .ctx = &n};
		struct desk *d = desk_new(o, &o->w->auditor);

		tell(d, &lies[i]);
		assert_fails(sr_client_log(d->c, &ask, &d->e), lies[i].code, &d->e, lies[i].text);
		honest(d, &lies[i]);
		desk_free(d);
	}
	/* To whom an epoch was given says the log, and not the vault. */
	struct lie not_given = {
		.op = "epochs", .row = "epoch", .all = true, .how = LEAVE_OUT, .key = "auditor"};
	uint64_t sealed = 0;
	const struct sr_log_ask mine = {.each = count_it, .ctx = &n, .sealed = &sealed};
	struct desk *d = desk_new(o, &o->w->auditor);
	n = 0;
	tell(d, &not_given);
	assert_ok(sr_client_log(d->c, &mine, &d->e), &d->e);
	honest(d, &not_given);
	assert_int_equal(sealed, 0);
	assert_int_equal(n, sr_client_info(d->c)->seen_size);
	desk_free(d);
	const struct sr_log_ask all = {.each = count_it, .ctx = &n};
	d = desk_new(o, &o->w->auditor);
	d->c->o.progress = (struct sr_progress){say_stop, NULL};
	assert_fails(sr_client_log(d->c, &all, &d->e), SR_LOCKED, &d->e, "stopped on request");
	desk_free(d);
	an_officer_too(o, &o->w->custodian);
	a_vault_that_promotes(o);
}

static void test_told(void **state) {
	struct house h;

	(void)state;
	house_begin(&h);
	shares(h.o);
	requests(&h);
	reseals(&h);
	rules(&h);
	at_a_held_item(&h);
	held_items(h.o);
	held_endlessly(h.o);
	the_log(h.o);
	world_close(h.o->w); /* its catalogue knows nothing of the forged entry */
	office_free(h.o);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests_name("core client: what it is told", tests, NULL, NULL);
}
