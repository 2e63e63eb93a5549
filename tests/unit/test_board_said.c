/*
 * said - what the door says when it refuses: the rule, the sentence, and what to do where something
 * can be done. Each is a lawful statement with one thing that is not so, or that is not so any
 * more. What clients of ours do not let happen is here; more of the kind are in
 * test_board_refusals.c.
 */
#include "base/limits.h"
#include "crypto/age.h"
#include "crypto/box.h"
#include "refusals_rig.h"
#include "world.h"

/* Committed, it is refused by ${rule}, in these words; ${help}: NULL, or what to do. */
static void refused_saying(struct world *w, struct world_draft *d, const char *rule,
	const char *why, const char *help) {
	const int rc = world_commit(d, NULL);

	if (rc != SR_DENIED || strcmp(w->out.rule, rule) != 0 ||
		strstr(w->out.err.text, why) == NULL ||
		(help != NULL && strstr(w->out.err.text, help) == NULL))
		fail_msg("want rule %s, \"%s\" and \"%s\"; have %d, rule %s: %s", rule, why,
			help != NULL ? help : "", rc, w->out.rule, w->out.err.text);
}

/* The same of an act that was committed. */
static void was_refused(struct world *w, int rc, const char *rule, const char *why) {
	if (rc != SR_DENIED || strcmp(w->out.rule, rule) != 0 ||
		strstr(w->out.err.text, why) == NULL)
		fail_msg("want rule %s and \"%s\"; have %d, rule %s: %s", rule, why, rc,
			w->out.rule, w->out.err.text);
}

/* The line of ${key} goes, and what opens it. */
static void without(struct world_draft *d, const char *key) {
	size_t n = 0;

	draft_line(d, key, "");
	for (size_t i = 0; i < d->text_count; i++)
		if (strcmp(d->texts[i].field, key) != 0) {
			char *kept = d->kept[n];

			d->texts[n] = d->texts[i];
			d->kept[n] = d->kept[i];
			d->kept[i] = n == i ? d->kept[i] : kept;
			n++;
		}
	for (size_t i = n; i < d->text_count; i++) {
		free(d->kept[i]);
		d->kept[i] = NULL;
	}
	d->text_count = n;
}

/* Whom a referral is for. */
static const char *somebody(void) {
	static char text[SR_AGE_RECIPIENT_TEXT];
	uint8_t sk[SR_X_SK], pk[SR_X_PK];

	t_fill(sk, sizeof sk, 4712);
	sr_box_public(pk, sk);
	sr_age_recipient_text(text, pk);
	return text;
}

/* --- on the record --- */

static void readings(void **state) {
	struct scene s;
	struct world_draft d;

	(void)state;
	scene_open(&s);
	read_of_somebody(&s, &d);
	draft_line(&d, "person", "\nperson p-00000000000000ff");
	world_text(&d, "reason", "they asked");
	refused_saying(s.w, &d, "no-such-person", "p-00000000000000ff is not known here", NULL);
	world_begin(&d, s.w, &s.w->researcher[0], SR_T_READ);
	sr_text_put(&d.text, "what", "report");
	sr_text_put(&d.text, "person", s.w->researcher[0].person);
	refused_saying(s.w, &d, "role-missing", "reports are for auditors and officers; p-",
		"audit person shows what is held on oneself");
	scene_close(&s);
}

/* --- requests --- */

static void destroy_asked(struct scene *s, struct world_draft *d) {
	struct world_request rq = asks(s, 0);

	rq.by = &s->w->curator[0];
	rq.kind = "destroy";
	DRAFT(s, d, world_request(s->w, &rq));
}

static void time_asked(struct scene *s, struct world_draft *d) {
	begin(s, d, &s->w->researcher[0], "renew", 2);
	sr_text_put_time(&d->text, "ends", s->w->now + 60 * W_DAY);
	sr_text_put_hex(&d->text, "target", s->grant, SR_ID);
	world_text(d, "reason", "two chapters are done");
}

/* One line is another. */
static void lines_of_requests(void **state) {
	static const struct {
		void (*make)(struct scene *s, struct world_draft *d);
		const char *from, *to, *rule, *why, *help;
	} rows[] = {
		{access_asked, "\nitems 1 ", "\nitems 1000000000 ", "too-many-items",
			"items, have 1000000000", "split the request"},
		{access_asked, "\nitems 1 ", "\nitems 0 ", "too-many-items", "items, have 0",
			"split the request"},
		{time_asked, "\nlevel 2\n", "\nlevel 3\n", "level-differs",
			"the grant was given at level 2, the request says 3",
			"fetch the grant anew"},
	};
	struct world_request rq;
	struct world_draft d;
	struct scene s;
	uint8_t nobodys[SR_ID];
	char line[100], hex[2 * SR_ID + 1];

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		rows[i].make(&s, &d);
		draft_edit(&d, rows[i].from, rows[i].to);
		refused_saying(s.w, &d, rows[i].rule, rows[i].why, rows[i].help);
	}
	access_asked(&s, &d);
	draft_line(&d, "ends", "\nends 2020-01-01T00:00:00Z");
	refused_saying(s.w, &d, "ends-past", "its end lies in the past", NULL);
	destroy_asked(&s, &d);
	without(&d, "reason");
	refused_saying(s.w, &d, "reason-missing", "say why these items are to end", NULL);
	/* A version that is not the next one. */
	rq = asks(&s, 0);
	rq.version = 3;
	memcpy(rq.id, s.open, SR_ID);
	DRAFT(&s, &d, world_request(s.w, &rq));
	refused_saying(
		s.w, &d, "version", "its next version is 2, this says 3", "fetch the request anew");
	/* What nobody has: a grant, an item. */
	world_id(s.w, nobodys);
	rq = (struct world_request){.by = &s.w->officer, .kind = "revoke", .target = nobodys};
	was_refused(s.w, world_request(s.w, &rq), "no-such-grant", "no such grant");
	rq = (struct world_request){.by = &s.w->member[1], .kind = "lift", .target = nobodys};
	was_refused(s.w, world_request(s.w, &rq), "no-such-grant",
		"no such grant, and no such seal of an item");
	rq = asks(&s, 0);
	rq.by = &s.w->officer;
	rq.kind = "referral";
	rq.authority = "the police";
	rq.forms = "";
	rq.recipient = somebody();
	rq.items = (const uint8_t(*)[SR_ID])nobodys;
	DRAFT(&s, &d, world_request(s.w, &rq));
	sr_hex(hex, nobodys, SR_ID);
	snprintf(line, sizeof line, "item %.8s is ", hex);
	refused_saying(s.w, &d, "item-state", line, NULL);
	scene_close(&s);
}

/* What has ended: a grant, a request that somebody was to join. */
static void what_is_over(void **state) {
	struct world_request rq;
	struct world_draft d;
	struct scene s;

	(void)state;
	scene_open(&s);
	rq = asks(&s, 0);
	rq.with[0] = &s.w->researcher[1];
	assert_ok(world_request(s.w, &rq), &s.w->out.err);
	world_begin(&d, s.w, &s.w->researcher[0], SR_T_WITHDRAW);
	sr_text_put_hex(&d.text, "request", rq.id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	assert_ok(world_commit(&d, NULL), &s.w->out.err);
	was_refused(s.w, world_join(s.w, &s.w->researcher[1], rq.id), "request-ended",
		"the request is withdrawn");
	/* Of a suspension nobody gives reasons to its own member. */
	assert_ok(world_suspend(s.w, 0, s.grant), &s.w->out.err);
	DRAFT(&s, &d, world_lift(s.w, 0, s.grant));
	world_text(&d, "reason", "it was a mistake");
	refused_saying(s.w, &d, "lift-of-what",
		"a member's own suspension is lifted without a reason",
		"a reason with it asks the board");
	assert_ok(world_lift(s.w, 0, s.grant), &s.w->out.err);
	assert_ok(world_close_grant(s.w, &s.w->researcher[0], s.grant), &s.w->out.err);
	rq = (struct world_request){.by = &s.w->officer, .kind = "revoke", .target = s.grant};
	was_refused(s.w, world_request(s.w, &rq), "grant-ended", "the grant is closed already");
	scene_close(&s);
}

/* A grant that a look names, and nobody has. */
static void looks(void **state) {
	struct world_draft d;
	struct scene s;
	char line[200];

	(void)state;
	scene_open(&s);
	look(&s, &d);
	snprintf(line, sizeof line, "\ngrant %032d", 7);
	draft_line(&d, "grant", line);
	refused_saying(s.w, &d, "no-such-grant", "no such grant", "grants shows yours");
	scene_close(&s);
}

/* --- votes --- */

static void votes(void **state) {
	struct world_vote v;
	struct scene s;

	(void)state;
	scene_open(&s);
	v = (struct world_vote){.member = 0, .request = s.open, .ends = s.w->now - W_DAY};
	was_refused(s.w, world_vote(s.w, &v), "ends-past", "the vote's end lies in the past");
	s.w->now += 31 * W_DAY;
	v.ends = 0;
	was_refused(s.w, world_vote(s.w, &v), "ends-past",
		"the end that the request asks for has passed");
	scene_close(&s);
}

/* --- items --- */

static void boxed_of(struct scene *s, struct world_draft *d, const uint8_t item[SR_ID]) {
	char line[200], hex[2 * SR_ID + 1];

	boxed(s, d);
	sr_hex(hex, item, SR_ID);
	snprintf(line, sizeof line, "\nitem %s", hex);
	draft_line(d, "item", line);
}

static void release_of(
	struct scene *s, struct world_draft *d, const uint8_t item[SR_ID], const char *hazard) {
	const uint8_t envelope[SR_HASH] = {1};

	world_begin(d, s->w, &s->w->curator[1], SR_T_RELEASE);
	sr_text_put_hex(&d->text, "item", item, SR_ID);
	sr_text_put_dec(&d->text, "number", 2);
	sr_text_put_hex(&d->text, "envelope", envelope, SR_HASH);
	sr_text_put_dec(&d->text, "level", 3);
	sr_text_put(&d->text, "hazard", hazard);
}

static void descriptions(void **state) {
	struct world_draft d;
	struct scene s;
	uint8_t nobodys[SR_ID];
	char line[200], hex[2 * SR_ID + 1];

	(void)state;
	scene_open(&s);
	world_id(s.w, nobodys);
	sr_hex(hex, nobodys, SR_ID);
	snprintf(line, sizeof line, "\nitem %s", hex);
	described(&s, &d);
	draft_line(&d, "item", line);
	refused_saying(s.w, &d, "no-such-item", "no such item", NULL);
	world_begin(&d, s.w, &s.w->curator[0], SR_T_DESCRIBE);
	sr_text_put_hex(&d.text, "item", s.item[0], SR_ID);
	for (size_t i = 0; i < 33; i++)
		sr_text_put(&d.text, "language", "en");
	refused_saying(s.w, &d, "too-many-values", "33 values of language, at most 32", NULL);
	world_begin(&d, s.w, &s.w->curator[0], SR_T_DESCRIBE);
	sr_text_put_hex(&d.text, "item", s.item[0], SR_ID);
	sr_text_put(&d.text, "medium", "papyrus");
	refused_saying(s.w, &d, "bad-value", "medium: ", NULL);
	world_begin(&d, s.w, &s.w->curator[0], SR_T_DESCRIBE);
	sr_text_put_hex(&d.text, "item", s.item[0], SR_ID);
	sr_text_put_hex(&d.text, "part-of", nobodys, SR_ID);
	refused_saying(s.w, &d, "no-such-item", "part-of: there is no such item", NULL);
	scene_close(&s);
}

static void held_and_released(void **state) {
	struct world_draft d;
	struct scene s;
	uint8_t nobodys[SR_ID];

	(void)state;
	scene_open(&s);
	world_id(s.w, nobodys);
	boxed_of(&s, &d, nobodys);
	refused_saying(s.w, &d, "no-such-item", "no such item", NULL);
	boxed_of(&s, &d, s.item[0]);
	refused_saying(s.w, &d, "not-held", "the item is released", NULL);
	release_of(&s, &d, nobodys, "minors");
	refused_saying(s.w, &d, "no-such-item", "no such item", NULL);
	release_of(&s, &d, s.item[0], "minors");
	refused_saying(s.w, &d, "not-held", "the item is released", NULL);
	release_of(&s, &d, s.held, "referral");
	refused_saying(
		s.w, &d, "referral", "hazard referral: such an item is never released", NULL);
	assert_ok(
		world_describe(s.w, &s.w->curator[0], s.held, "A page", "referral"), &s.w->out.err);
	release_of(&s, &d, s.held, "minors");
	refused_saying(
		s.w, &d, "referral", "the item is marked for referral: it is never released", NULL);
	scene_close(&s);
}

/* Of an item that is gone nothing is said or done any more: what was to be sealed anew, what was to
 * be handed over, and what nobody may look at before a day. */
static void destroyed(void **state) {
	struct world_request rq[3];
	struct world_checkout c;
	struct world_draft d;
	struct scene s;
	uint8_t grant[2][SR_ID], flag[SR_ID], both[2][SR_ID];
	char line[100], hex[2 * SR_ID + 1];

	(void)state;
	scene_open(&s);
	memcpy(both[0], s.item[1], SR_ID);
	memcpy(both[1], s.held, SR_ID);
	assert_ok(
		world_describe(s.w, &s.w->curator[0], s.held, "A page", "referral"), &s.w->out.err);
	for (size_t i = 0; i < 3; i++) {
		rq[i] = (struct world_request){.by = i == 1 ? &s.w->officer : &s.w->curator[0],
			.kind = i == 0   ? "reseal"
				: i == 1 ? "referral"
					 : "destroy",
			.items = (const uint8_t(*)[SR_ID])both[i % 2],
			.count = i < 2 ? 1 : 2,
			.forms = "",
			.authority = i == 1 ? "the police" : NULL,
			.recipient = i == 1 ? somebody() : NULL,
			.instruction = i == 2 ? "of the police, 12/31" : NULL};
		assert_ok(world_request(s.w, &rq[i]), &s.w->out.err);
		if (i < 2)
			world_grant(s.w, rq[i].id, grant[i]);
	}
	assert_ok(set(s.w, &s.w->curator[0], SR_T_EMBARGO, both[0], s.w->now + 60 * W_DAY, flag),
		&s.w->out.err);
	for (size_t i = 0; i < 3 && request_state(s.w, rq[2].id) != SR_S_GRANTED; i++)
		assert_ok(vote_on(s.w, i, &rq[2]), &s.w->out.err);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(item_state(s.w, both[i]), SR_S_DESTROYED);
		c = (struct world_checkout){
			.by = rq[i].by, .grant = grant[i], .item = both[i], .right = rq[i].kind};
		was_refused(s.w, world_checkout(s.w, &c), "item-state", "the item is destroyed");
	}
	was_refused(s.w, lift(s.w, &s.w->curator[0], both[0], flag), "flag-ended",
		"the embargo ended with entry ");
	described(&s, &d);
	sr_hex(hex, both[0], SR_ID);
	snprintf(line, sizeof line, "\nitem %s", hex);
	draft_line(&d, "item", line);
	refused_saying(s.w, &d, "item-state", "the item is destroyed", NULL);
	scene_close(&s);
}

/* --- people --- */

static void people(void **state) {
	struct world_draft d;
	struct scene s;

	(void)state;
	scene_open(&s);
	world_begin(&d, s.w, &s.w->curator[0], SR_T_PERSON_END);
	sr_text_put(&d.text, "person", s.w->researcher[2].person);
	assert_ok(world_commit(&d, NULL), &s.w->out.err);
	key_given(&s, &d, &s.w->researcher[2], s.w->researcher[2].person);
	refused_saying(
		s.w, &d, "no-role", " has no role any more", "add them anew with a new name");
	scene_close(&s);
}

/* --- rules to be --- */

static void rules_to_be(void **state) {
	struct rules_asked a = {.text = RULE("fit", "forbid (principal, action in Action::\"look\","
						    " resource is Item);")};
	struct world_draft d;
	struct scene s;
	uint8_t id[SR_ID];
	char of[2 * SR_ID + 2 * SR_HASH + 2];

	(void)state;
	memset(&s, 0, sizeof s);
	s.w = world_new(&(struct world_options){.members = 4, .level = {2, 3}});
	assert_ok(rules_ask(s.w, &a), &s.w->out.err);
	world_begin(&d, s.w, &s.w->member[1], SR_T_WITHDRAW);
	sr_text_put_hex(&d.text, "request", a.id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	refused_saying(s.w, &d, "not-applicant", ") withdraws a request", NULL);
	/* Who stepped aside, and whom an officer has set against it. */
	world_begin(&d, s.w, &s.w->member[1], SR_T_RECUSE);
	sr_text_put_hex(&d.text, "request", a.id, SR_ID);
	assert_ok(world_commit(&d, NULL), &s.w->out.err);
	for (size_t i = 1; i < 3; i++) {
		if (i == 2) {
			assert_ok(rules_ask(s.w, &a), &s.w->out.err);
			world_id(s.w, id);
			world_begin(&d, s.w, &s.w->officer, SR_T_ATTEST);
			sr_text_put_hex(&d.text, "attestation", id, SR_ID);
			sr_text_put(&d.text, "person", s.w->member[2].person);
			sr_text_put(&d.text, "kind", "conflict");
			sr_text_put_hex(&d.text, "request", a.id, SR_ID);
			assert_ok(world_commit(&d, NULL), &s.w->out.err);
		}
		sr_hex(of, a.id, SR_ID);
		of[(size_t)2 * SR_ID] = ' ';
		sr_hex(of + (size_t)2 * SR_ID + 1, a.hash, SR_HASH);
		world_begin(&d, s.w, &s.w->member[i], SR_T_VOTE);
		sr_text_put(&d.text, "request", of);
		sr_text_put_dec(&d.text, "version", 1);
		sr_text_put_dec(&d.text, "epoch", 1);
		sr_text_put(&d.text, "decision", "approve");
		refused_saying(s.w, &d, i == 1 ? "recused" : "conflict",
			i == 1 ? " has stepped aside from this request"
			       : "an officer attested a conflict of ",
			"another member votes");
	}
	scene_close(&s);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings),
		cmocka_unit_test(lines_of_requests),
		cmocka_unit_test(what_is_over),
		cmocka_unit_test(looks),
		cmocka_unit_test(votes),
		cmocka_unit_test(descriptions),
		cmocka_unit_test(held_and_released),
		cmocka_unit_test(destroyed),
		cmocka_unit_test(people),
		cmocka_unit_test(rules_to_be),
	};

	return cmocka_run_group_tests_name("said", tests, NULL, NULL);
}
