/*
 * walk_asking - deeds for 10-requests, 20-votes and 30-decisions. See walk.h. Member 3 is a
 * researcher as well.
 */
#ifndef SR_TESTS_WALK_ASKING_H
#define SR_TESTS_WALK_ASKING_H

#include "walk.h"

/* --- 10: requests ----------------------------------------------------------------------------- */

static void ask_access(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->researcher[0], "access", k->plain);

	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_copies(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->researcher[0], "export", k->plain);

	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_referral(struct walk *k, struct world_draft *d) {
	uint8_t item[1][SR_ID];
	struct world_request rq = walk_request(k, &k->w->officer, "referral", item[0]);

	walk_item(k, NULL, true, item[0]);
	walk_mark(k, item[0]);
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_reseal(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->member[0], "reseal", k->plain);

	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_redact(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->curator[0], "redact", k->plain);

	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_destroy(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->curator[0], "destroy", k->plain);

	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_collection(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	walk_begin(k, d, &k->w->curator[0], "collection");
	world_id(k->w, id);
	sr_text_put_hex(&d->text, "collection", id, SR_ID);
	sr_text_put(&d->text, "dedupe", "none");
	world_text(d, "name", "Another box");
}

static void renew_of(struct walk *k, struct world_draft *d, const struct world_person *by) {
	walk_granted(k, by, "access", k->plain);
	walk_begin(k, d, by, "renew");
	sr_text_put_time(&d->text, "ends", k->w->now + 60 * W_DAY);
	sr_text_put_hex(&d->text, "target", k->grant, SR_ID);
	world_text(d, "reason", "two chapters are done");
}

static void ask_renew(struct walk *k, struct world_draft *d) {
	renew_of(k, d, &k->w->researcher[0]);
}

static void ask_revoke(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->officer, "revoke", NULL);

	walk_granted(k, &k->w->researcher[0], "access", k->plain);
	rq.target = k->grant;
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

/* Of the suspended grant of ${reader}. */
static void lift_of(struct walk *k, struct world_draft *d, const struct world_person *reader,
	const struct world_person *by) {
	struct world_request rq = walk_request(k, by, "lift", NULL);

	walk_granted(k, reader, "access", k->plain);
	WALK_OK(k, world_suspend(k->w, 0, k->grant));
	rq.target = k->grant;
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_lift(struct walk *k, struct world_draft *d) {
	lift_of(k, d, &k->w->researcher[0], &k->w->member[1]);
}

static void ask_lift_own(struct walk *k, struct world_draft *d) {
	lift_of(k, d, &k->w->member[3], &k->w->member[3]);
}

static void ask_unseal(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID], flag[SR_ID];
	struct world_request rq = walk_request(k, &k->w->curator[0], "lift", NULL);

	walk_item(k, NULL, true, item);
	WALK_OK(k, set(k->w, &k->w->officer, SR_T_SEAL, item, 0, flag));
	rq.target = flag;
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

/* The mark is lifted by the statement that set it, at the highest level. */
static void ask_unmark(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];
	struct world_draft mark;

	walk_item(k, NULL, true, item);
	world_begin(&mark, k->w, &k->w->curator[0], SR_T_DESCRIBE);
	sr_text_put_hex(&mark.text, "item", item, SR_ID);
	sr_text_put(&mark.text, "hazard", "referral");
	world_text(&mark, "title", "A page");
	memcpy(item, mark.id, SR_ID);
	WALK_OK(k, world_commit(&mark, NULL));
	walk_begin(k, d, &k->w->officer, "lift");
	draft_edit(d, "\nlevel 2\n", "\nlevel 3\n");
	sr_text_put_hex(&d->text, "target", item, SR_ID);
	world_text(d, "reason", "the wrong page was marked");
}

/* By a curator, who sits on no board; right in every other way. */
static void ask_reshare(struct walk *k, struct world_draft *d) {
	walk_begin(k, d, &k->w->curator[0], "reshare");
	sr_text_put(&d->text, "quorum", "2 2");
	sr_text_put(&d->text, "quorum", "3 3");
	for (size_t i = 0; i < 4; i++)
		sr_text_put(&d->text, "member", k->w->member[i].person);
	for (size_t i = 0; i < 3; i++)
		sr_text_put(&d->text, "dealer", k->w->member[i].person);
}

static void ask_no_purpose(struct walk *k, struct world_draft *d) {
	ask_access(k, d);
	draft_line(d, "purpose", "");
}

static void ask_no_form(struct walk *k, struct world_draft *d) {
	ask_access(k, d);
	draft_line(d, "form", "");
}

static void ask_training(struct walk *k, struct world_draft *d) {
	ask_access(k, d);
	draft_edit(d, "\npurpose research\n", "\npurpose classifier-training\n");
}

static void ask_no_end(struct walk *k, struct world_draft *d) {
	ask_access(k, d);
	draft_line(d, "ends", "");
}

static void ask_long(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->researcher[0], "access", k->plain);

	rq.ends = k->w->now + 367 * W_DAY;
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_held(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->researcher[0], "access", k->held);

	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void reseal_held(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->member[0], "reseal", k->held);

	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void reseal_late(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->member[0], "reseal", k->plain);

	rq.ends = k->w->now + 32 * W_DAY;
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_sealed(struct walk *k, struct world_draft *d) {
	uint8_t item[1][SR_ID];
	struct world_request rq = walk_request(k, &k->w->researcher[0], "access", item[0]);

	walk_item(k, NULL, true, item[0]);
	WALK_OK(k, set(k->w, &k->w->officer, SR_T_SEAL, item[0], 0, NULL));
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void ask_marked(struct walk *k, struct world_draft *d) {
	uint8_t item[1][SR_ID];
	struct world_request rq = walk_request(k, &k->w->researcher[0], "access", item[0]);

	walk_item(k, NULL, true, item[0]);
	walk_mark(k, item[0]);
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void refer_plain(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->officer, "referral", k->plain);

	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

static void destroy_on_hold(struct walk *k, struct world_draft *d) {
	uint8_t item[1][SR_ID];
	struct world_request rq = walk_request(k, &k->w->officer, "destroy", item[0]);

	walk_item(k, NULL, true, item[0]);
	WALK_OK(k, set(k->w, &k->w->officer, SR_T_HOLD, item[0], 0, NULL));
	WALK_DRAFT(k, d, world_request(k->w, &rq));
}

/* --- a request that is there ------------------------------------------------------------------ */

static void open_request(struct walk *k, const struct world_person *by) {
	struct world_request rq = walk_request(k, by, "access", k->plain);

	walk_asked(k, &rq);
}

static void withdraw(struct walk *k, struct world_draft *d) {
	open_request(k, &k->w->researcher[0]);
	world_begin(d, k->w, &k->w->researcher[0], SR_T_WITHDRAW);
	sr_text_put_hex(&d->text, "request", k->id, SR_ID);
	sr_text_put_dec(&d->text, "version", 1);
}

static void joins(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->researcher[0], "access", k->plain);

	rq.with[0] = &k->w->researcher[1];
	walk_asked(k, &rq);
	WALK_DRAFT(k, d, world_join(k->w, &k->w->researcher[1], k->id));
}

static void comment_by(struct walk *k, struct world_draft *d, const struct world_person *by) {
	open_request(k, &k->w->researcher[0]);
	world_begin(d, k->w, by, SR_T_COMMENT);
	sr_text_put_hex(&d->text, "request", k->id, SR_ID);
	world_text(d, "text", "a word about it");
}

static void party_comments(struct walk *k, struct world_draft *d) {
	comment_by(k, d, &k->w->researcher[0]);
}

static void officer_comments(struct walk *k, struct world_draft *d) {
	comment_by(k, d, &k->w->officer);
}

static void recuse_draft(struct walk *k, struct world_draft *d, size_t member) {
	world_begin(d, k->w, &k->w->member[member], SR_T_RECUSE);
	sr_text_put_hex(&d->text, "request", k->id, SR_ID);
}

static void recuses(struct walk *k, struct world_draft *d) {
	open_request(k, &k->w->researcher[0]);
	recuse_draft(k, d, 0);
}

/* --- 20: votes -------------------------------------------------------------------------------- */

static void votes(struct walk *k, struct world_draft *d) {
	open_request(k, &k->w->researcher[0]);
	walk_vote_draft(k, d, 0);
}

static void votes_in_a_browser(struct walk *k, struct world_draft *d) {
	votes(k, d);
	k->hooks.browser = true;
}

/* In the word's way, after somebody said no. */
static void votes_otherwise(struct walk *k, struct world_draft *d) {
	const char *without = walk_pause(k);

	open_request(k, &k->w->researcher[0]);
	WALK_OK(k, world_vote(k->w, &(struct world_vote){
					    .member = 1, .request = k->id, .decision = "reject"}));
	walk_resume(k, without);
	WALK_DRAFT(k, d,
		world_vote(k->w,
			&(struct world_vote){.member = 0, .request = k->id, .decision = k->word}));
}

/* More pieces, for an item that came later. */
static void votes_topup(struct walk *k, struct world_draft *d) {
	const char *without = walk_pause(k);
	uint8_t newer[1][SR_ID];
	struct world_extend x = {.by = &k->w->researcher[0],
		.grant = k->grant,
		.request = k->id,
		.items = (const uint8_t(*)[SR_ID])newer,
		.count = 1,
		.number = 1};

	open_request(k, &k->w->researcher[0]);
	world_grant(k->w, k->id, k->grant);
	walk_item(k, NULL, true, newer[0]);
	WALK_OK(k, world_extend(k->w, &x));
	walk_resume(k, without);
	WALK_DRAFT(k, d,
		world_vote(k->w, &(struct world_vote){.member = 0,
					 .request = k->id,
					 .decision = "topup",
					 .extension = 1}));
}

static void votes_on_own(struct walk *k, struct world_draft *d) {
	open_request(k, &k->w->member[3]);
	walk_vote_draft(k, d, 3);
}

static void votes_as_co_applicant(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->researcher[1], "access", k->plain);

	rq.with[0] = &k->w->member[3];
	walk_asked(k, &rq);
	WALK_OK(k, world_join(k->w, &k->w->member[3], k->id));
	walk_vote_draft(k, d, 3);
}

static void votes_on_own_matter(struct walk *k, struct world_draft *d) {
	walk_begin(k, d, &k->w->officer, "person-end");
	sr_text_put(&d->text, "subject", k->w->member[4].person);
	WALK_OK(k, world_commit(d, NULL));
	walk_vote_draft(k, d, 4);
}

static void votes_on_own_grant(struct walk *k, struct world_draft *d) {
	renew_of(k, d, &k->w->member[3]);
	WALK_OK(k, world_commit(d, NULL));
	walk_vote_draft(k, d, 3);
}

static void votes_after_recusal(struct walk *k, struct world_draft *d) {
	open_request(k, &k->w->researcher[0]);
	recuse_draft(k, d, 2);
	WALK_OK(k, world_commit(d, NULL));
	walk_vote_draft(k, d, 2);
}

/* Researcher 2 is the one with ties. */
static void votes_on(struct walk *k, struct world_draft *d, size_t member) {
	open_request(k, &k->w->researcher[2]);
	walk_vote_draft(k, d, member);
}

static void votes_as_supervisor(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	rules_attest(k->w, &k->w->member[0], "supervisor-of", NULL, &k->w->researcher[2], 0, id);
	votes_on(k, d, 0);
}

static void votes_as_student(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	rules_attest(k->w, &k->w->researcher[2], "supervisor-of", NULL, &k->w->member[1], 0, id);
	votes_on(k, d, 1);
}

static void votes_in_conflict(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	rules_attest(k->w, &k->w->member[2], "conflict", NULL, &k->w->researcher[2], 0, id);
	votes_on(k, d, 2);
}

static void votes_in_project(struct walk *k, struct world_draft *d) {
	struct world_request rq = walk_request(k, &k->w->researcher[1], "access", k->plain);

	rq.with[0] = &k->w->member[3];
	walk_asked(k, &rq);
	WALK_OK(k, world_join(k->w, &k->w->member[3], k->id));
	world_grant(k->w, k->id, k->grant);
	open_request(k, &k->w->researcher[1]);
	walk_vote_draft(k, d, 3);
}

/* --- 30: decisions ---------------------------------------------------------------------------- */

/* All votes but the last. */
static void last_vote(struct walk *k, struct world_draft *d, size_t quorum) {
	for (size_t i = 0; i + 1 < quorum; i++)
		walk_vote(k, i);
	walk_vote_draft(k, d, quorum - 1);
}

static void grants(struct walk *k, struct world_draft *d) {
	open_request(k, &k->w->researcher[0]);
	last_vote(k, d, 2);
}

/* One of two houses, and through a browser. */
static void grants_variously(struct walk *k, struct world_draft *d) {
	struct sr_submission browser = {.browser = true};
	uint8_t id[SR_ID];

	open_request(k, &k->w->researcher[0]);
	rules_attest(k->w, &k->w->member[0], "affiliation", "uni-one", NULL, k->w->now + W_DAY, id);
	WALK_OK(k, world_vote(k->w, &(struct world_vote){
					    .member = 4, .request = k->id, .decision = "reject"}));
	walk_vote_draft(k, d, 0);
	WALK_OK(k, world_commit(d, &browser));
	walk_vote_draft(k, d, 1);
}

static void destroys(struct walk *k, struct world_draft *d) {
	uint8_t item[1][SR_ID];
	struct world_request rq = walk_request(k, &k->w->officer, "destroy", item[0]);

	walk_item(k, NULL, true, item[0]);
	walk_asked(k, &rq);
	last_vote(k, d, 2);
}

static void enacts(struct walk *k, struct world_draft *d) {
	ask_collection(k, d);
	WALK_OK(k, world_commit(d, NULL));
	last_vote(k, d, 2);
}

/* With one vote. */
static void decided_by_one(struct walk *k, struct world_draft *d) {
	open_request(k, &k->w->researcher[0]);
	walk_vote(k, 0);
	walk_version(k);
	memset(d, 0, sizeof *d);
}

static void open_instructional(struct walk *k, size_t voted) {
	uint8_t item[1][SR_ID];
	struct world_request rq = walk_request(k, &k->w->researcher[0], "access", item[0]);

	walk_item(k, "instructional", true, item[0]);
	walk_asked(k, &rq);
	for (size_t i = 0; i < voted; i++)
		walk_vote(k, i);
	walk_version(k);
}

/* As if it had been asked for at the lowest level. */
static void decided_too_low(struct walk *k, struct world_draft *d) {
	open_instructional(k, 0);
	assert_int_equal(k->v.level, 3);
	k->v.level = 2;
	memset(d, 0, sizeof *d);
}

static void decided_by_two(struct walk *k, struct world_draft *d) {
	open_instructional(k, 2);
	memset(d, 0, sizeof *d);
}

/* Something happens to the item between the first vote and the last. */
static void item_between(
	struct walk *k, struct world_draft *d, const char *kind, enum sr_type_id what) {
	uint8_t item[1][SR_ID];
	struct world_request rq = walk_request(k,
		strcmp(kind, "destroy") == 0 ? &k->w->officer : &k->w->researcher[0], kind,
		item[0]);

	walk_item(k, NULL, true, item[0]);
	walk_asked(k, &rq);
	walk_vote(k, 0);
	if (what == SR_T_DESCRIBE)
		walk_mark(k, item[0]);
	else
		WALK_OK(k, set(k->w, &k->w->officer, what, item[0], 0, NULL));
	walk_vote_draft(k, d, 1);
}

static void grants_marked(struct walk *k, struct world_draft *d) {
	item_between(k, d, "access", SR_T_DESCRIBE);
}

static void grants_sealed(struct walk *k, struct world_draft *d) {
	item_between(k, d, "access", SR_T_SEAL);
}

static void destroys_on_hold(struct walk *k, struct world_draft *d) {
	item_between(k, d, "destroy", SR_T_HOLD);
}

/* Copies of an item of the highest level, to somebody whose training is over. */
static void grants_unsafe(struct walk *k, struct world_draft *d) {
	uint8_t item[1][SR_ID], id[SR_ID];
	struct world_request rq = walk_request(k, &k->w->researcher[1], "export", item[0]);

	rules_attest(k->w, &k->w->researcher[1], "training", "trauma-awareness", NULL,
		k->w->now + W_HOUR, id);
	k->w->now += 2 * W_HOUR;
	walk_item(k, "instructional", true, item[0]);
	walk_asked(k, &rq);
	last_vote(k, d, 3);
}

static const struct walk_row asking_rows[] = {
	{.id = "researchers-ask", .deed = ask_access},
	{.id = "researchers-ask-for-copies", .deed = ask_copies},
	{.id = "office-refers", .deed = ask_referral},
	{.id = "house-asks-to-reseal", .deed = ask_reseal},
	{.id = "curators-ask-to-redact", .deed = ask_redact},
	{.id = "house-asks-to-destroy", .deed = ask_destroy},
	{.id = "house-asks-for-acts", .deed = ask_collection},
	{.id = "readers-ask-for-more-time", .deed = ask_renew},
	{.id = "members-and-officers-ask-for-an-end", .deed = ask_revoke},
	{.id = "members-ask-to-lift", .deed = ask_lift},
	{.id = "house-asks-to-lift-a-seal", .deed = ask_unseal},
	{.id = "officers-ask-to-take-back-a-mark", .deed = ask_unmark},
	{.id = "reshare-by-its-board", .deed = ask_reshare},
	{.id = "purpose-named", .deed = ask_no_purpose, .first = "request-incomplete"},
	{.id = "form-named", .deed = ask_no_form, .first = "request-incomplete"},
	{.id = "training-on-features", .deed = ask_training},
	{.id = "ends-named", .deed = ask_no_end, .first = "request-incomplete"},
	{.id = "ends-too-late", .deed = ask_long},
	{.id = "item-not-released", .deed = ask_held, .first = "item-not-released"},
	{.id = "reseal-released", .deed = reseal_held, .first = "item-not-released"},
	{.id = "reseal-soon", .deed = reseal_late},
	{.id = "item-sealed", .deed = ask_sealed},
	{.id = "referral-not-requested", .deed = ask_marked},
	{.id = "referral-marked", .deed = refer_plain},
	{.id = "hold-stands", .deed = destroy_on_hold},
	{.id = "own-grant-not-lifted", .deed = ask_lift_own},
	{.id = "applicant-withdraws", .deed = withdraw},
	{.id = "co-applicants-join", .deed = joins},
	{.id = "parties-comment", .deed = party_comments},
	{.id = "house-comments", .deed = officer_comments},
	{.id = "members-recuse", .deed = recuses},
	{.id = "members-vote", .deed = votes},
	{.id = "members-vote", .deed = votes_otherwise, .word = "approve"},
	{.id = "members-vote", .deed = votes_otherwise, .word = "reject"},
	{.id = "members-vote", .deed = votes_otherwise, .word = "correct"},
	{.id = "members-vote", .deed = votes_topup},
	{.id = "members-vote-in-a-browser", .deed = votes_in_a_browser},
	{.id = "own-request", .deed = votes_on_own},
	{.id = "named-in-request", .deed = votes_as_co_applicant},
	{.id = "own-matter", .deed = votes_on_own_matter},
	{.id = "own-grant", .deed = votes_on_own_grant},
	{.id = "recused", .deed = votes_after_recusal},
	{.id = "supervisor", .deed = votes_as_supervisor},
	{.id = "student", .deed = votes_as_student},
	{.id = "conflict", .deed = votes_in_conflict},
	{.id = "same-project", .deed = votes_in_project},
	{.id = "board-grants", .deed = grants, .kind = WALK_DECISION},
	{.id = "board-grants", .deed = grants_variously, .kind = WALK_DECISION},
	{.id = "board-destroys", .deed = destroys, .kind = WALK_DECISION},
	{.id = "board-acts", .deed = enacts, .kind = WALK_DECISION},
	{.id = "two-at-least",
		.deed = decided_by_one,
		.kind = WALK_ALONE,
		.why = "the vault decides at a quorum, and no level takes fewer than two"},
	{.id = "instructional-at-the-highest-level",
		.deed = decided_too_low,
		.kind = WALK_ALONE,
		.why = "the level of a request is that of its items, and theirs is the highest"},
	{.id = "instructional-takes-three",
		.deed = decided_by_two,
		.kind = WALK_ALONE,
		.why = "three pieces open it, so the vault decides at three"},
	{.id = "referral-not-granted", .deed = grants_marked, .kind = WALK_DECISION},
	{.id = "sealed-not-granted", .deed = grants_sealed, .kind = WALK_DECISION},
	{.id = "hold-at-the-end",
		.deed = destroys_on_hold,
		.kind = WALK_DECISION,
		.then = "item-on-hold"},
	{.id = "five-safes", .deed = grants_unsafe, .kind = WALK_DECISION},
};

#endif
