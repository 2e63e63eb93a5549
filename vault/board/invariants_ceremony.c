/*
 * invariants_ceremony - key generation: deals, acceptances, complaints and their answers. See
 * invariants_in.h.
 */
#include "board/invariants_in.h"

#include "board/ceremony.h"

static int run_of(struct rules_ctx *c, struct sr_run_row *run) {
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, c->s, "run", 0, c->e);

	return rc != 0 ? rc : sr_query_run(run, c->cat, id, c->e);
}

static const struct sr_run_member *in_run(const struct sr_run_row *run, const char *person) {
	for (size_t i = 0; i < run->member_count; i++)
		if (strcmp(run->members[i].person, person) == 0)
			return &run->members[i];
	return NULL;
}

static int not_a_member(struct rules_ctx *c) {
	return rules_deny(c, "not-a-member", "board show names them",
		"%s is not a member of this board", c->me.person);
}

/* Is the actor one of those who deal for this epoch? */
static bool deals(const struct rules_ctx *c, const struct sr_board_row *next) {
	for (size_t i = 0; i < next->dealer_count; i++)
		if (strcmp(next->dealers[i], c->me.person) == 0)
			return true;
	for (size_t i = 0; next->dealer_count == 0 && i < next->member_count; i++)
		if (strcmp(next->members[i].person, c->me.person) == 0)
			return true;
	return false;
}

/* Was somebody's seat in the epoch to come ended since it was decided? A share that is dealt to
 * them, and their vote with it, would be given by who wanted them to have neither: nothing more is
 * dealt or accepted, and who may decides anew. The ruling is made. */
static int plan_stands(struct rules_ctx *c) {
	char person[SR_PERSON_TEXT];
	const int rc = sr_query_seat_ended(person, c->cat, c->board.id, NULL, c->e);

	if (rc == 0 && person[0] != '\0')
		return rules_deny(c, "seat-ended",
			c->board.opened ? "decide anew without them (board reshare, board rekey)"
					: "ask for another board without them",
			"the board ended the roles of %s since this was decided, and it is void",
			person);
	return rc != 0 ? rc : rules_allow(c);
}

static int deal_judge(struct rules_ctx *c, const struct sr_board_row *next);

int rule_deal(struct rules_ctx *c) {
	struct sr_board_row *next = calloc(1, sizeof *next);
	int rc = next == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			      : sr_query_board(next, c->cat, c->board.id,
					c->board.opened ? c->board.epoch + 1 : 1, c->e);

	if (rc == SR_NOTFOUND) {
		sr_err_clear(c->e);
		rc = rules_deny(c, "board-open", "a reshare changes members, a rekey the key",
			"the board's keys are made already");
	} else if (rc == 0) {
		rc = deal_judge(c, next);
	}
	free(next);
	return rc;
}

static int deal_judge(struct rules_ctx *c, const struct sr_board_row *next) {
	struct sr_run_row run;
	uint8_t now[SR_ID], named[SR_ID];
	uint64_t number = 0, done = 0;
	int rc;

	rc = sr_field_id(named, c->s, "run", 0, c->e);
	if (rc == 0)
		rc = sr_ceremony_current(&number, now, c->cat, c->board.id, c->e);
	if (rc == 0)
		rc = sr_query_runs_before_plan(&done, c->cat, c->board.id, c->e);
	if (rc != 0)
		return rc;
	if (!deals(c, next))
		return next->dealer_count == 0
			       ? not_a_member(c)
			       : rules_deny(c, "not-a-dealer", "board show names them",
					 "%s is not one of those who deal in this reshare",
					 c->me.person);
	rc = plan_stands(c);
	if (rc != 0 || !c->out->allowed)
		return rc;
	rc = run_of(c, &run);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(c->e);
		if (memcmp(named, now, SR_ID) != 0)
			return rules_deny(c, "not-this-run", "board deal does",
				"run %llu is the one to deal in, and the statement names another",
				(unsigned long long)number);
		if (number - done > SR_BOARD_RUNS_MAX)
			return rules_deny(c, "runs-spent",
				"decide anew (board reshare), or found another vault, without the "
				"member who spoils them",
				"%d runs of the key generation were voided", SR_BOARD_RUNS_MAX);
		return rules_allow(c); /* the first deal of a run begins it */
	}
	if (rc != 0)
		return rc;
	if (run.state != SR_S_DEALING)
		return rules_deny(c, "run-ended", "deal in the next run (board deal)",
			"this run of the key generation is %s", sr_state_name(run.state));
	for (size_t i = 0; i < run.dealer_count; i++)
		if (strcmp(run.dealers[i].person, c->me.person) == 0 && run.dealers[i].dealt)
			return rules_deny(c, "dealt-already", "",
				"member %s has dealt in this run already", c->me.person);
	return rules_allow(c);
}

int rule_accept(struct rules_ctx *c) {
	struct sr_run_row run;
	uint8_t transcript[SR_HASH], keys[SR_HASH];
	int rc = run_of(c, &run);

	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-run", "", "no such run of the key generation");
	if (rc == 0)
		rc = sr_field_hash(transcript, c->s, "transcript", 0, c->e);
	if (rc == 0)
		rc = sr_field_hash(keys, c->s, "keys", 0, c->e);
	if (rc != 0)
		return rc;
	if (memcmp(run.board, c->board.id, SR_ID) != 0)
		return rules_deny(c, "no-such-run", "", "the run is of another board");
	if (in_run(&run, c->me.person) == NULL)
		return not_a_member(c);
	if (run.state != SR_S_DEALING)
		return rules_deny(c, "run-ended", "", "this run of the key generation is %s",
			sr_state_name(run.state));
	for (size_t i = 0; i < run.dealer_count; i++)
		if (!run.dealers[i].dealt)
			return rules_deny(c, "deal-missing", "accept when all have dealt",
				"member %s has not dealt yet", run.dealers[i].person);
	for (size_t i = 0; i < run.member_count; i++) {
		const struct sr_run_member *m = &run.members[i];

		if (strcmp(m->person, c->me.person) == 0 && m->accepted)
			return rules_deny(c, "accepted-already", "",
				"member %s has accepted already", c->me.person);
		if (m->accepted && (memcmp(m->transcript, transcript, SR_HASH) != 0 ||
					   memcmp(m->keys_hash, keys, SR_HASH) != 0))
			return rules_deny(c, "transcript-differs",
				"compare `board minutes` with each other before going on",
				"member %s accepted another transcript than this one", m->person);
	}
	return plan_stands(c);
}

/* A member's own shares under the key that they have now: of the board's key, or of one before it,
 * for what may be left under that. Only their client sees whether the box holds them; a wrong one
 * harms nobody else. */
int rule_share(struct rules_ctx *c) {
	struct sr_run_row *made = calloc(1, sizeof *made);
	uint8_t run[SR_ID], keys[SR_HASH];
	int rc = made == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			      : sr_field_id(run, c->s, "run", 0, c->e);

	if (rc == 0)
		rc = sr_field_hash(keys, c->s, "keys", 0, c->e);
	if (rc == 0)
		rc = run_of(c, made);
	if (rc == 0 && memcmp(made->board, c->board.id, SR_ID) == 0)
		rc = rules_former(c, made->epoch);
	free(made);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-run", "", "no such run of the key generation");
	if (rc != 0)
		return rc;
	if (rules_member(&c->board, c->me.person) == NULL)
		return not_a_member(c);
	if (memcmp(c->board.run, run, SR_ID) != 0 || memcmp(c->board.keys_hash, keys, SR_HASH) != 0)
		return rules_deny(c, "not-these-keys", "",
			"the board has other keys by now: these shares open nothing any more");
	return rules_allow(c);
}

/* The complaint by ${complainer} about ${dealer}'s share of ${level} in ${run}; NULL: none. */
static const struct sr_complaint_row *complaint_of(const struct sr_complaints *l,
	const uint8_t run[SR_ID], const char *complainer, const char *dealer, uint64_t level) {
	for (size_t i = 0; i < l->count; i++)
		if (memcmp(l->rows[i].run, run, SR_ID) == 0 && l->rows[i].level == level &&
			strcmp(l->rows[i].person, complainer) == 0 &&
			strcmp(l->rows[i].dealer, dealer) == 0)
			return &l->rows[i];
	return NULL;
}

static bool has_level(const struct sr_board_row *b, uint64_t level) {
	for (size_t i = 0; i < b->level_count; i++)
		if (b->levels[i].level == level)
			return true;
	return false;
}

/* What complaint and reveal have in common: run, the other member, the level, complaints so far. */
struct quarrel {
	struct sr_run_row run;
	char other[SR_PERSON_TEXT];
	uint64_t level;
	struct sr_complaints all;
};

static int quarrel_read(struct rules_ctx *c, struct quarrel *q, const char *other) {
	struct sr_bytes person = sr_field(c->s, other, 0);
	int rc = run_of(c, &q->run);

	if (rc == 0)
		rc = sr_field_dec(&q->level, c->s, "level", 0, c->e);
	if (rc == 0)
		rc = sr_query_complaints(&q->all, c->cat, NULL, q->run.run, c->e);
	memcpy(q->other, person.p, SR_PERSON_TEXT - 1);
	q->other[SR_PERSON_TEXT - 1] = '\0';
	return rc;
}

static int complaint_judge(struct rules_ctx *c, const struct quarrel *q) {
	const struct sr_run_member *dealer = NULL, *me = in_run(&q->run, c->me.person);

	for (size_t i = 0; i < q->run.dealer_count; i++)
		if (strcmp(q->run.dealers[i].person, q->other) == 0)
			dealer = &q->run.dealers[i];

	if (!sr_state_may(SR_M_RUN, q->run.state, SR_E_COMPLAINT))
		return rules_deny(c, "run-ended", "", "this run of the key generation is %s",
			sr_state_name(q->run.state));
	if (me == NULL)
		return not_a_member(c);
	if (dealer == NULL || !dealer->dealt)
		return rules_deny(c, "deal-missing", "", "%s has not dealt in this run", q->other);
	if (strcmp(dealer->person, c->me.person) == 0)
		return rules_deny(c, "own-deal", "", "nobody complains of their own deal");
	if (!has_level(&c->board, q->level))
		return rules_deny(c, "no-such-level", "", "the board has no level %llu",
			(unsigned long long)q->level);
	if (me->accepted)
		return rules_deny(c, "accepted-already", "",
			"member %s has accepted the transcript of this run", c->me.person);
	if (complaint_of(&q->all, q->run.run, c->me.person, q->other, q->level) != NULL)
		return rules_deny(c, "complained-already", "board show says what is next",
			"member %s has complained of this share already", c->me.person);
	return rules_allow(c);
}

static int reveal_judge(struct rules_ctx *c, const struct quarrel *q) {
	const struct sr_complaint_row *row =
		complaint_of(&q->all, q->run.run, q->other, c->me.person, q->level);

	if (row == NULL || !sr_state_may(SR_M_RUN, q->run.state, SR_E_REVEAL))
		return rules_deny(c, "no-such-complaint", "",
			"%s has not complained of this share, and nobody publishes another's share",
			q->other);
	if (row->revealed)
		return rules_deny(c, "revealed-already", "board show judges it",
			"member %s has answered this complaint already", c->me.person);
	return rules_allow(c);
}

int rule_quarrel(struct rules_ctx *c) {
	bool complaint = c->s->type->id == SR_T_COMPLAINT;
	struct quarrel *q = calloc(1, sizeof *q);
	int rc = q == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			   : quarrel_read(c, q, complaint ? "dealer" : "member");

	if (rc == SR_NOTFOUND)
		rc = rules_deny(c, "no-such-run", "", "no such run of the key generation");
	else if (rc == 0)
		rc = complaint ? complaint_judge(c, q) : reveal_judge(c, q);
	if (q != NULL)
		sr_complaints_free(&q->all);
	free(q);
	return rc;
}

int rules_other_key(bool *other, struct rules_ctx *c, const struct sr_member_row *m) {
	uint8_t then[SR_PK] = {0};
	uint64_t entry = 0;
	int rc = sr_query_share_entry(&entry, c->cat, &c->board, m->person, c->e);

	if (rc == 0)
		rc = sr_query_key_at(then, c->cat, m->person, entry, c->e);
	*other = rc == 0 && memcmp(then, m->pk, SR_PK) != 0;
	return rc;
}

/* Has ${person} of the standby board that waits the key still that their share was dealt to? */
static int has_standby_key(bool *has, struct rules_ctx *c, uint32_t epoch, const char *person) {
	struct sr_confirmed *l = calloc(1, sizeof *l);
	int rc = l == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			   : sr_query_confirmed(l, c->cat, c->board.id, epoch, c->e);

	*has = false;
	for (size_t i = 0; rc == 0 && i < l->count; i++)
		*has = *has || strcmp(l->rows[i].person, person) == 0;
	free(l);
	return rc;
}

/* Of a standby board that waits: whoever has another key since is none of it any more. */
static int confirm_standby(struct rules_ctx *c, uint32_t epoch, const uint8_t keys[SR_HASH]) {
	struct sr_board_row *next = calloc(1, sizeof *next);
	struct sr_standby_row s = {.waits = 0};
	bool sits = false, theirs = false;
	int rc = next == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			      : sr_query_standby(&s, c->cat, c->board.id, epoch, c->e);

	if (rc == SR_NOTFOUND ||
		(rc == 0 && (s.waits == 0 || memcmp(s.keys, keys, SR_HASH) != 0))) {
		sr_err_clear(c->e);
		rc = rules_deny(c, "no-standby", "board show says what is under way",
			"no standby board of epoch %u waits here with these keys", epoch);
		goto out;
	}
	if (rc == 0)
		rc = sr_query_board(next, c->cat, c->board.id, epoch, c->e);
	if (rc == 0)
		rc = has_standby_key(&theirs, c, epoch, c->me.person);
	if (rc != 0)
		goto out;
	for (size_t i = 0; i < next->member_count; i++)
		sits = sits || strcmp(next->members[i].person, c->me.person) == 0;
	if (!sits)
		rc = not_a_member(c);
	else if (!theirs)
		rc = rules_deny(c, "share-not-theirs",
			"another standby board is dealt to the new key (board reshare --standby)",
			"%s has another key than the share was dealt to", c->me.person);
	else
		rc = rules_allow(c);
out:
	free(next);
	return rc;
}

/* That a member still has their share: of the epoch in force, whose public keys it fits, or of a
 * standby board that waits. Those who wait have no role, and say this and nothing else. */
int rule_confirm(struct rules_ctx *c) {
	const struct sr_member_row *m = rules_member(&c->board, c->me.person);
	uint8_t keys[SR_HASH];
	uint64_t epoch = 0;
	bool other = false;
	int rc = sr_field_dec(&epoch, c->s, "epoch", 0, c->e);

	if (rc == 0)
		rc = sr_field_hash(keys, c->s, "keys", 0, c->e);
	if (rc != 0)
		return rc;
	if (!c->board.opened)
		return rules_deny(
			c, "board-closed", "board accept comes first", "the board has no keys yet");
	if (epoch == (uint64_t)c->board.epoch + 1)
		return confirm_standby(c, c->board.epoch + 1, keys);
	if (m == NULL)
		return not_a_member(c);
	if (epoch != c->board.epoch || memcmp(keys, c->board.keys_hash, SR_HASH) != 0)
		return rules_deny(c, "other-epoch", "board check opens the share of now",
			"made for epoch %llu, the board is in epoch %u, or has other keys",
			(unsigned long long)epoch, c->board.epoch);
	rc = rules_other_key(&other, c, m);
	if (rc == 0 && other)
		return rules_deny(c, "share-not-theirs", "a reshare deals to the new key",
			"%s has another key than the share was dealt to", m->person);
	return rc != 0 ? rc : rules_allow(c);
}

/* Who is a member of the standby board that waits says so with the share that was dealt to them;
 * not whose seat is gone. */
static int member_takes(struct rules_ctx *c) {
	char ended[SR_PERSON_TEXT];
	bool theirs = false;
	int rc = sr_query_seat_ended(ended, c->cat, c->board.id, c->me.person, c->e);

	if (rc == 0)
		rc = has_standby_key(&theirs, c, c->board.epoch + 1, c->me.person);
	if (rc != 0)
		return rc;
	if (ended[0] != '\0')
		return rules_deny(c, "seat-ended", "",
			"the board ended the roles of %s since the standby board was decided",
			c->me.person);
	if (!theirs)
		return rules_deny(c, "share-not-theirs", "",
			"%s has another key than the share was dealt to", c->me.person);
	return rules_allow(c);
}

/* A standby board takes over: its members, a custodian and an auditor say so, each once, and again
 * where their word counts no more (catalogue/standby.h). The board in force is not asked; it may be
 * lost. */
int rule_takeover(struct rules_ctx *c) {
	struct sr_board_row *next = calloc(1, sizeof *next);
	struct sr_standby_row s;
	uint8_t run[SR_ID], keys[SR_HASH];
	uint64_t epoch = 0;
	bool sits = false, done = false;
	int rc = next == NULL ? sr_fail(c->e, SR_NOMEM, "rules: out of memory")
			      : sr_field_dec(&epoch, c->s, "epoch", 0, c->e);

	if (rc == 0)
		rc = sr_field_id(run, c->s, "run", 0, c->e);
	if (rc == 0)
		rc = sr_field_hash(keys, c->s, "keys", 0, c->e);
	if (rc == 0)
		rc = sr_query_standby(&s, c->cat, c->board.id, c->board.epoch + 1, c->e);
	if (rc == SR_NOTFOUND || (rc == 0 && s.waits == 0)) {
		sr_err_clear(c->e);
		rc = rules_deny(c, "no-standby", "board show says what is under way",
			"no standby board waits here");
		goto out;
	}
	if (rc == 0)
		rc = sr_query_board(next, c->cat, c->board.id, c->board.epoch + 1, c->e);
	if (rc == 0)
		rc = sr_query_takeover(
			&done, c->cat, c->board.id, c->board.epoch + 1, c->me.person, c->e);
	if (rc != 0)
		goto out;
	for (size_t i = 0; i < next->member_count; i++)
		sits = sits || strcmp(next->members[i].person, c->me.person) == 0;
	if (epoch != (uint64_t)c->board.epoch + 1 || memcmp(run, s.run, SR_ID) != 0 ||
		memcmp(keys, s.keys, SR_HASH) != 0)
		rc = rules_deny(c, "other-standby", "board show says which one waits",
			"the standby board that waits has other keys than the statement names");
	else if (!sits && !rules_has_role(c, SR_ROLE_CUSTODIAN | SR_ROLE_AUDITOR))
		rc = rules_deny(c, "not-a-standby", "",
			"%s is no member of the standby board, nor custodian or auditor",
			c->me.person);
	else if (done)
		rc = rules_deny(
			c, "taken-over-already", "", "%s has said so already", c->me.person);
	else
		rc = sits ? member_takes(c) : rules_allow(c);
out:
	free(next);
	return rc;
}
