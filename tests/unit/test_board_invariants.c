/*
 * invariants - who may not: members in their own affairs, items whose hazards grew, what one person
 * could otherwise do to everybody. What every request and vote needs is in test_board_door.c. The
 * acts are world.h's.
 */
#include "board/invariants.h"

#include "ledger/ledger.h"
#include "store/secrets.h"
#include "world.h"

#define assert_refused(w, rc, piece) assert_fails((rc), SR_DENIED, &(w)->out.err, (piece))

static void put_item(struct world *w, uint8_t item[SR_ID]) {
	static const char text[] = "a page of harmless text\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	world_held_release(w, item);
}

static enum sr_state request_state(struct world *w, const uint8_t request[SR_ID]) {
	struct sr_version_row v = {0};
	enum sr_state s;

	assert_ok(sr_query_version(&v, w->v->catalogue, request, 0, &w->e), &w->e);
	s = v.state;
	sr_version_row_free(&v);
	return s;
}

/* Beginning of a request without items; the caller adds what its kind needs. */
static void begin_request(struct world_draft *d, struct world *w, const struct world_person *by,
	const char *kind, uint8_t id[SR_ID]) {
	world_id(w, id);
	world_begin(d, w, by, SR_T_REQUEST);
	sr_text_put_hex(&d->text, "request", id, SR_ID);
	sr_text_put_dec(&d->text, "version", 1);
	sr_text_put(&d->text, "kind", kind);
	sr_text_put_hex(&d->text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d->text, "epoch", 1);
	sr_text_put_dec(&d->text, "level", w->level[0]);
}

static int ask_role(struct world *w, const struct world_person *by, const struct world_person *who,
	const struct world_person *card, uint8_t id[SR_ID]) {
	struct world_draft d;

	begin_request(&d, w, by, "role", id);
	sr_text_put(&d.text, "subject", who->person);
	sr_text_put(&d.text, "role", "curator");
	world_card(&d, "card", card);
	return world_commit(&d, NULL);
}

/* The name that a request was made with is erased before the last vote: that vote is refused, and
 * nothing without a name comes of it. */
static void names_that_are_gone(struct world *w) {
	struct world_person p[2];
	struct world_draft d;
	char subject[SR_SUBJECT_TEXT], hex[2 * SR_ID + 1];
	uint8_t id[SR_ID], collection[SR_ID], target[SR_ID];

	begin_request(&d, w, &w->curator[0], "collection", id);
	world_id(w, collection);
	sr_text_put_hex(&d.text, "collection", collection, SR_ID);
	sr_text_put(&d.text, "dedupe", "none");
	world_text(&d, "name", "A box");
	assert_ok(world_commit(&d, NULL), &w->out.err);
	assert_ok(world_vote(w, &(struct world_vote){.member = 0, .request = id}), &w->out.err);
	sr_hex(hex, collection, SR_ID);
	snprintf(subject, sizeof subject, "collection:%s", hex);
	assert_ok(sr_secrets_erase(w->v->secrets, SR_SECRET_DESCRIPTIVE, sr_bytes_str(subject), 0,
			  NULL, &w->e),
		&w->e);
	assert_fails(world_vote(w, &(struct world_vote){.member = 1, .request = id}), SR_NOTFOUND,
		&w->out.err, "request: the name it was made with can no longer be read");
	assert_int_equal(request_state(w, id), SR_S_OPEN);

	for (size_t i = 0; i < 2; i++)
		world_person_make(w, &p[i], "Newcomer");
	begin_request(&d, w, &w->member[0], "board", id);
	world_id(w, target);
	sr_text_put_hex(&d.text, "target", target, SR_ID);
	sr_text_put(&d.text, "quorum", "2 2");
	for (size_t i = 0; i < 2; i++)
		sr_text_put(&d.text, "member", p[i].person);
	for (size_t i = 0; i < 2; i++)
		world_card(&d, "newcomer", &p[i]);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	assert_ok(world_vote(w, &(struct world_vote){.member = 0, .request = id}), &w->out.err);
	assert_ok(sr_secrets_erase(w->v->secrets, SR_SECRET_PERSON, sr_bytes_str(p[1].person), 0,
			  NULL, &w->e),
		&w->e);
	assert_fails(world_vote(w, &(struct world_vote){.member = 1, .request = id}), SR_NOTFOUND,
		&w->out.err, "request: the names of 1 of 2 new members can no longer be read");
	assert_int_equal(request_state(w, id), SR_S_OPEN);
	for (size_t i = 0; i < 2; i++)
		sr_buf_free(&p[i].card);
}

/* A member asks for a role for themselves: the others decide. */
static void own_role(void **state) {
	struct world *w = world_new(NULL);
	uint8_t id[SR_ID];

	(void)state;
	assert_refused(w, ask_role(w, &w->member[0], &w->member[0], &w->member[1], id),
		"the card is that of");
	assert_int_equal(ask_role(w, &w->member[0], &w->member[0], &w->member[0], id), 0);
	assert_refused(
		w, world_vote(w, &(struct world_vote){.member = 0, .request = id}), "own-matter");
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = id}), 0);
	assert_int_equal(request_state(w, id), SR_S_OPEN);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 2, .request = id}), 0);
	assert_int_equal(request_state(w, id), SR_S_GRANTED);
	/* Two of three may vote on the next one; when one of them rejects, two are out of reach. */
	assert_int_equal(ask_role(w, &w->member[0], &w->member[0], &w->member[0], id), 0);
	assert_int_equal(
		world_vote(
			w, &(struct world_vote){.member = 1, .request = id, .decision = "reject"}),
		0);
	assert_int_equal(request_state(w, id), SR_S_REFUSED);
	/* Asked for by somebody else, the one concerned does not vote either. */
	assert_int_equal(ask_role(w, &w->curator[0], &w->member[1], &w->member[1], id), 0);
	assert_refused(
		w, world_vote(w, &(struct world_vote){.member = 1, .request = id}), "own-matter");
	assert_int_equal(
		world_vote(
			w, &(struct world_vote){.member = 0, .request = id, .decision = "reject"}),
		0);
	assert_int_equal(request_state(w, id), SR_S_REFUSED);
	names_that_are_gone(w);
	world_free(w);
}

/* A member who is a researcher too has no say about the end of their own grant. */
static void own_grant(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 4, .level = {2}});
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->member[3], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request revoke = {.by = &w->member[3], .kind = "revoke", .target = grant};

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_person_add(w, &w->curator[0], &w->member[3], "researcher"), 0);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_refused(w, world_suspend(w, 3, grant), "own-grant");
	assert_int_equal(world_request(w, &revoke), 0);
	assert_refused(w,
		world_vote(w,
			&(struct world_vote){
				.member = 3, .request = revoke.id, .decision = "reject"}),
		"own-grant");
	assert_refused(w,
		world_vote(w,
			&(struct world_vote){
				.member = 3, .request = revoke.id, .decision = "correct"}),
		"own-grant");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = revoke.id}), 0);
	assert_int_equal(request_state(w, revoke.id), SR_S_GRANTED);
	world_free(w);
}

static enum sr_state grant_state(struct world *w, const uint8_t grant[SR_ID]) {
	struct sr_grant_row g = {0};
	enum sr_state s;

	assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
	s = g.state;
	sr_grant_row_free(&g);
	return s;
}

static int vote_on(struct world *w, size_t member, const struct world_request *rq) {
	return world_vote(w, &(struct world_vote){.member = member, .request = rq->id});
}

/* The member who suspended is away: a quorum lifts. Who is named in the grant neither asks nor
 * votes, and what the votes were about must still stand. */
static void lift_by_quorum(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 4, .level = {2}});
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->member[3], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request lift = {.by = &w->member[1], .kind = "lift", .target = grant};

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_person_add(w, &w->curator[0], &w->member[3], "researcher"), 0);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_refused(w, world_request(w, &lift), "the grant is live: there is nothing to lift");
	assert_int_equal(world_suspend(w, 0, grant), 0);
	lift.by = &w->member[3];
	assert_refused(w, world_request(w, &lift), "own-grant");
	lift.by = &w->curator[0];
	assert_refused(w, world_request(w, &lift), "rule members-ask-to-lift");
	lift.by = &w->officer;
	assert_refused(w, world_request(w, &lift), "rule members-ask-to-lift");
	lift.by = &w->member[1];
	assert_int_equal(world_request(w, &lift), 0);
	assert_refused(w, vote_on(w, 3, &lift), "own-grant");
	assert_int_equal(vote_on(w, 1, &lift), 0);
	assert_int_equal(grant_state(w, grant), SR_S_SUSPENDED);
	assert_int_equal(vote_on(w, 2, &lift), 0);
	assert_int_equal(request_state(w, lift.id), SR_S_GRANTED);
	assert_int_equal(grant_state(w, grant), SR_S_LIVE);
	/* Pointless but lawful: the one who suspended asks, and is outvoted by two. */
	assert_int_equal(world_suspend(w, 0, grant), 0);
	lift.by = &w->member[0];
	assert_int_equal(world_request(w, &lift), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(world_vote(w, &(struct world_vote){.member = i,
						       .request = lift.id,
						       .decision = "reject"}),
			0);
	assert_int_equal(request_state(w, lift.id), SR_S_REFUSED);
	assert_int_equal(grant_state(w, grant), SR_S_SUSPENDED);
	world_free(w);
}

/* A lift whose suspension is gone, or is another by now, is moot; so is that of an ended grant. */
static void lift_is_moot(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 4, .level = {2}});
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request lift = {.by = &w->member[1], .kind = "lift", .target = grant};
	static const char *const rules[] = {"not-suspended", "suspended-anew", "not-suspended"};

	(void)state;
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	for (size_t i = 0; i < 3; i++) {
		struct sr_entry en = {0};
		enum sr_state before;

		assert_int_equal(world_suspend(w, 0, grant), 0);
		assert_int_equal(world_request(w, &lift), 0);
		assert_int_equal(vote_on(w, 1, &lift), 0);
		if (i == 2)
			assert_int_equal(world_close_grant(w, &w->researcher[0], grant), 0);
		else
			assert_int_equal(world_lift(w, 0, grant), 0);
		if (i == 1)
			assert_int_equal(world_suspend(w, 0, grant), 0);
		before = grant_state(w, grant);
		assert_int_equal(vote_on(w, 2, &lift), 0);
		assert_int_equal(request_state(w, lift.id), SR_S_REFUSED);
		assert_int_equal(grant_state(w, grant), before);
		world_last(w, SR_T_REFUSE, &en);
		assert_true(
			sr_bytes_eq(sr_field(&en.statement, "rule", 0), sr_bytes_str(rules[i])));
		sr_entry_free(&en);
		if (i == 1)
			assert_int_equal(world_lift(w, 0, grant), 0);
	}
	world_free(w);
}

/* After release: a raised hazard stops checkouts and what is open until the item is sealed anew. */
static void raised_hazard(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 3, .level = {2, 3}});
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};
	struct sr_buf text;

	(void)state;
	sr_buf_init_secret(&text);
	put_item(w, item[0]);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	assert_ok(world_read(w, &c, 0, &text), &w->e);
	assert_int_equal(world_describe(w, &w->curator[0], item[0], "A title", "graphic"), 0);
	assert_ok(world_read(w, &c, 0, &text), &w->e); /* this one needs no higher level */
	assert_int_equal(
		world_describe(w, &w->curator[0], item[0], "A title", "graphic minors"), 0);
	assert_int_equal(sr_room_count(w->room), 0); /* forgotten with the commit */
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "need a higher level");
	assert_int_equal(world_return(w, &c), 0);
	assert_refused(w, world_checkout(w, &c), "hazard-raised");
	assert_int_equal(world_describe(w, &w->curator[1], item[0], "A title", "graphic"), 0);
	assert_int_equal(world_checkout(w, &c), 0);
	sr_buf_free(&text);
	world_free(w);
}

/* Referral is not taken back by who describes, and hazards are named once. */
static void referral_stays(void **state) {
	struct world *w = world_new(NULL);
	static const char text[] = "a page\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit d = {.files = &f, .count = 1};

	(void)state;
	assert_int_equal(world_deposit(w, &d), 0);
	assert_int_equal(world_describe(w, &w->curator[0], d.items[0], "A page", "referral"), 0);
	assert_refused(w, world_describe(w, &w->curator[0], d.items[0], "A page", "none"),
		"marked for referral");
	assert_refused(w, world_describe(w, &w->curator[1], d.items[0], "A page", "graphic"),
		"marked for referral");
	assert_int_equal(
		world_describe(w, &w->curator[1], d.items[0], "A page", "graphic referral"), 0);
	assert_int_equal(world_describe(w, &w->curator[1], d.items[0], "Another title", NULL), 0);
	assert_refused(w,
		world_describe(w, &w->curator[1], d.items[0], "A page",
			"graphic graphic graphic graphic graphic graphic graphic graphic graphic "
			"graphic graphic graphic referral"),
		"name each hazard once");
	world_free(w);
}

/* A collection's id is asked for once; a last vote would otherwise fail. */
static void taken_collection(void **state) {
	struct world *w = world_new(NULL);
	struct world_draft d;
	uint8_t id[SR_ID];

	(void)state;
	begin_request(&d, w, &w->curator[0], "collection", id);
	sr_text_put_hex(&d.text, "collection", w->collection, SR_ID);
	sr_text_put(&d.text, "dedupe", "none");
	world_text(&d, "name", "The same again");
	assert_refused(w, world_commit(&d, NULL), "collection-taken");
	world_free(w);
}

/* A vote on an act without pieces carries nothing but the decision; nothing is signed for the
 * future. */
static void surplus_and_future(void **state) {
	struct world *w = world_new(NULL);
	struct world_draft d;
	uint8_t id[SR_ID];

	(void)state;
	assert_int_equal(ask_role(w, &w->curator[0], &w->outsider, &w->outsider, id), 0);
	assert_refused(w,
		world_vote(w,
			&(struct world_vote){.member = 0, .request = id, .ends = w->now + W_DAY}),
		"vote-surplus");
	assert_refused(w,
		world_vote(w, &(struct world_vote){.member = 0,
				      .request = id,
				      .decision = "reject",
				      .ends = w->now + W_DAY}),
		"vote-surplus");
	w->now += INT64_C(2) * SR_INVARIANTS_SKEW_S;
	{
		struct sr_head head = {.until = w->now + W_DAY};

		world_begin(&d, w, &w->curator[0], SR_T_COMMENT);
		w->now -= INT64_C(2) * SR_INVARIANTS_SKEW_S;
		sr_buf_clear(&d.text);
		memcpy(head.vault, w->v->fingerprint, SR_HASH);
		world_id(w, head.id);
		head.time = w->now + INT64_C(2) * SR_INVARIANTS_SKEW_S;
		snprintf(head.actor, sizeof head.actor, "%s", w->curator[0].person);
		head.seen_size = sr_ledger_next_index(w->v->ledger);
		sr_ledger_root(head.seen_root, w->v->ledger);
		sr_statement_begin(&d.text, SR_T_COMMENT, &head);
		sr_text_put_hex(&d.text, "request", id, SR_ID);
		world_text(&d, "text", "from the day after tomorrow");
		assert_refused(w, world_commit(&d, NULL), "the vault's clock says");
	}
	world_free(w);
}

/* Keys that nobody can seal to are refused with the request, not after the votes. */
static void unusable_keys(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request rq = {.by = &w->researcher[0],
		.kind = "export",
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1,
		.recipient = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"};
	struct world_request shared = {.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1,
		.with = {&w->researcher[1]}};
	static const uint8_t zero[SR_X_PK];
	struct world_draft d;

	(void)state;
	put_item(w, item[0]);
	assert_refused(w, world_request(w, &rq), "recipient-unusable");
	assert_int_equal(world_request(w, &shared), 0);
	world_begin(&d, w, &w->researcher[1], SR_T_JOIN);
	sr_text_put_hex(&d.text, "request", shared.id, SR_ID);
	sr_text_put_base64(&d.text, "key", zero, SR_X_PK);
	assert_refused(w, world_commit(&d, NULL), "key-unusable");
	assert_int_equal(world_join(w, &w->researcher[1], shared.id), 0);
	world_free(w);
}

/* What is due is found, however many younger checkouts are live. */
static void due_among_many(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[2][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 2};
	struct world_checkout c[2] = {{.by = &w->researcher[0], .grant = grant, .item = item[0]},
		{.by = &w->researcher[0], .grant = grant, .item = item[1]}};
	struct sr_checkouts due = {0};
	size_t ended = 0;

	(void)state;
	put_item(w, item[0]);
	put_item(w, item[1]);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_checkout(w, &c[0]), 0);
	assert_ok(world_open(w, &c[0]), &w->e);
	w->now += 5 * W_MIN;
	assert_int_equal(world_checkout(w, &c[1]), 0);
	w->now += 6 * W_MIN; /* the first is open, the second unopened for 6 minutes */
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 0);
	w->now += 5 * W_MIN;
	assert_ok(sr_query_lapsing(
			  &due, w->v->catalogue, w->now - 8 * W_HOUR, w->now - 10 * W_MIN, &w->e),
		&w->e);
	assert_int_equal(due.count, 1);
	assert_memory_equal(due.rows[0].id, c[1].id, SR_ID);
	sr_checkouts_free(&due);
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 1);
	w->now += 8 * W_HOUR;
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 1);
	world_free(w);
}

/* --- renewals --------------------------------------------------------------------------------- */

static int ask_renew(struct world *w, const struct world_person *by, const uint8_t grant[SR_ID],
	int64_t ends, const char *report, uint8_t id[SR_ID]) {
	struct world_draft d;

	begin_request(&d, w, by, "renew", id);
	sr_text_put_time(&d.text, "ends", ends);
	sr_text_put_hex(&d.text, "target", grant, SR_ID);
	world_text(&d, "reason", report);
	return world_commit(&d, NULL);
}

static int64_t grant_ends(struct world *w, const uint8_t grant[SR_ID]) {
	struct sr_grant_row g = {0};
	int64_t ends;

	assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
	ends = g.ends;
	sr_grant_row_free(&g);
	return ends;
}

static int top_up(struct world *w, size_t member, const uint8_t grant[SR_ID]) {
	struct world_vote v = {.member = member, .decision = "topup"};
	struct sr_grant_row g = {0};
	int rc;

	assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
	v.request = g.request;
	rc = world_vote(w, &v);
	sr_grant_row_free(&g);
	return rc;
}

static void granted(struct world *w, uint8_t grant[SR_ID], uint8_t item[SR_ID]) {
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};

	put_item(w, item);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
}

/* More time is voted on, without pieces; the same room key opens until the new end and no longer.
 */
static void renewed(void **state) {
	struct world *w = world_new(NULL);
	struct world_checkout k;
	uint8_t grant[SR_ID], item[SR_ID], id[SR_ID];
	const int64_t first = W_TIME + 30 * W_DAY, later = W_TIME + 60 * W_DAY;

	(void)state;
	granted(w, grant, item);
	assert_int_equal(grant_ends(w, grant), first);
	w->now = W_TIME + 29 * W_DAY;
	assert_int_equal(
		ask_renew(w, &w->researcher[0], grant, later, "two chapters are done", id), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = id}), 0);
	assert_int_equal(grant_ends(w, grant), first);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = id}), 0);
	assert_int_equal(grant_ends(w, grant), later);
	assert_int_equal(request_state(w, id), SR_S_GRANTED);
	w->now = W_TIME + 31 * W_DAY;
	world_reopen(w); /* sweeps what is due */
	k = (struct world_checkout){.by = &w->researcher[0], .grant = grant, .item = item};
	assert_int_equal(world_checkout(w, &k), 0);
	assert_ok(world_open(w, &k), &w->e);
	assert_ok(top_up(w, 2, grant), &w->out.err); /* by the grant's end, not the request's */
	w->now = later + W_MIN;
	assert_refused(w, top_up(w, 1, grant), "grant-state");
	assert_ok(sr_door_sweep(w->v, NULL, &w->e), &w->e);
	k = (struct world_checkout){.by = &w->researcher[0], .grant = grant, .item = item};
	assert_refused(w, world_checkout(w, &k), "grant-state");
	world_free(w);
}

/* The last vote comes when the grant is over, and nobody has said so yet. */
static void renewed_too_late(void **state) {
	struct world *w = world_new(NULL);
	uint8_t grant[SR_ID], item[SR_ID], id[SR_ID];
	const int64_t first = W_TIME + 30 * W_DAY;

	(void)state;
	granted(w, grant, item);
	w->now = first - W_MIN;
	assert_int_equal(ask_renew(w, &w->researcher[0], grant, first + 30 * W_DAY, "used", id), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = id}), 0);
	w->now = first;
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = id}), 0);
	assert_int_equal(request_state(w, id), SR_S_REFUSED);
	assert_int_equal(world_count(w, SR_T_RENEW), 0);
	assert_int_equal(grant_ends(w, grant), first);
	world_free(w);
}

static void renewals_refused(void **state) {
	struct world *w = world_new(NULL);
	uint8_t grant[SR_ID], item[SR_ID], id[SR_ID], other[SR_ID] = {7};
	const struct world_person *me = &w->researcher[0];
	const int64_t later = W_TIME + 60 * W_DAY;

	(void)state;
	granted(w, grant, item);
	assert_refused(w, ask_renew(w, me, other, later, "used", id), "no-such-grant");
	assert_refused(w, ask_renew(w, &w->researcher[1], grant, later, "used", id),
		"readers-ask-for-more-time");
	assert_refused(
		w, ask_renew(w, me, grant, W_TIME + 30 * W_DAY, "used", id), "ends-not-later");
	assert_refused(w, ask_renew(w, me, grant, W_TIME + 366 * W_DAY + W_DAY, "used", id),
		"ends-too-late");
	assert_refused(w, ask_renew(w, me, grant, later, NULL, id), "report-missing");
	assert_int_equal(world_suspend(w, 2, grant), 0);
	assert_refused(w, ask_renew(w, me, grant, later, "used", id), "grant-state");
	assert_int_equal(world_lift(w, 2, grant), 0);
	/* Revoked while the votes come in: nothing is renewed. */
	assert_int_equal(ask_renew(w, me, grant, later, "used", id), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = id}), 0);
	world_revoke(w, grant);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = id}), 0);
	assert_int_equal(request_state(w, id), SR_S_REFUSED);
	assert_int_equal(world_count(w, SR_T_RENEW), 0);
	assert_refused(w, ask_renew(w, me, grant, later, "used", id), "grant-state");
	world_free(w);
}

/* A board that is not open yet decides about no item. */
static void no_level_yet(void **state) {
	const struct sr_board_row none = {.level_count = 0};
	uint32_t level = 7;
	struct sr_err e;

	(void)state;
	assert_fails(sr_invariants_level(&level, &none, "", &e), SR_DENIED, &e,
		"the board has no quorum level yet");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_role),
		cmocka_unit_test(own_grant),
		cmocka_unit_test(lift_by_quorum),
		cmocka_unit_test(lift_is_moot),
		cmocka_unit_test(raised_hazard),
		cmocka_unit_test(referral_stays),
		cmocka_unit_test(taken_collection),
		cmocka_unit_test(surplus_and_future),
		cmocka_unit_test(unusable_keys),
		cmocka_unit_test(due_among_many),
		cmocka_unit_test(renewed),
		cmocka_unit_test(renewed_too_late),
		cmocka_unit_test(renewals_refused),
		cmocka_unit_test(no_level_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
