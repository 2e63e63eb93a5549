/*
 * A standby board at people's desks: what everybody sees while it waits, who takes over, and a
 * vault that opens it by itself, whom no client believes.
 */
#include "audit/audit.h"
#include "board/follow.h"
#include "board/keys.h"
#include "catalogue/catalogue.h"
#include "client_rig.h"
#include "ledger/card.h"
#include "store/db.h"
#include "things.h"
#include "world.h"

struct scene {
	struct office *o;
	struct world_person standby[2];
};

static int vote(struct office *o, size_t member, const uint8_t request[SR_ID]) {
	const struct sr_voting v = {.decision = "approve"};
	struct desk *d = desk_new(o, &o->w->member[member]);
	struct sr_ballot *b = NULL;
	struct sr_writ draft;
	int rc = sr_ballot_fetch(&b, d->c, request, 0, &d->e);

	if (rc == 0)
		rc = sr_ballot_vote(&draft, b, &v, &d->e);
	if (rc == 0) {
		rc = sr_client_submit(d->c, &draft, &d->s, &d->e);
		sr_writ_free(&draft);
	}
	sr_ballot_free(b);
	desk_free(d);
	return rc;
}

static int ask(struct scene *s, bool standby, struct sr_err *e) {
	const struct world *w = s->o->w;
	const char *none[] = {NULL}, *own[] = {w->member[0].person, w->member[1].person, NULL};
	const uint64_t quorum[1][2] = {{2, 2}};
	const struct sr_introduction who[2] = {intro_of(&s->standby[0]), intro_of(&s->standby[1])};
	const struct sr_seats seats = {.member = standby ? none : own,
		.newcomer = who,
		.newcomers = 2,
		.quorum = quorum,
		.levels = 1,
		.dealer = own,
		.standby = standby};
	const struct sr_asking a = {.kind = "reshare",
		.seats = &seats,
		.board = w->v->fingerprint,
		.reason = "Another city."};
	struct desk *d = desk_new(s->o, &w->member[0]);
	uint8_t request[SR_ID];
	int rc = sr_client_request(d->c, &a, request, &d->s, &d->e);

	*e = d->e;
	desk_free(d);
	for (size_t i = 0; rc == 0 && i < 2; i++)
		rc = vote(s->o, i, request);
	return rc;
}

static void scene_open(struct scene *s) {
	struct sr_err e = {0};
	bool complained = false;

	memset(s, 0, sizeof *s);
	s->o = office_new(NULL);
	world_person_make(s->o->w, &s->standby[0], "Sara Standby");
	world_person_make(s->o->w, &s->standby[1], "Sven Standby");
	assert_ok(ask(s, true, &e), &e);
	for (size_t i = 0; i < 2; i++) {
		struct desk *d = desk_new(s->o, &s->o->w->member[i]);
		struct sr_dealt out;

		assert_ok(sr_client_deal(d->c, NULL, &out, &d->e), &d->e);
		sr_submitted_free(&out.submitted);
		desk_free(d);
	}
	for (size_t i = 0; i < 2; i++) {
		struct desk *d = desk_new(s->o, &s->standby[i]);
		struct sr_accepting a;

		assert_ok(sr_client_accept(d->c, NULL, &a, &d->e), &d->e);
		complained = complained || a.complained;
		sr_submitted_free(&a.submitted);
		desk_free(d);
	}
	assert_false(complained);
}

static void scene_close(struct scene *s) {
	for (size_t i = 0; i < 2; i++)
		sr_buf_free(&s->standby[i].card);
	office_free(s->o);
}

static int take(struct scene *s, const struct world_person *who, struct sr_err *e) {
	struct desk *d = desk_new(s->o, who);
	const int rc = sr_client_takeover(d->c, NULL, &d->s, &d->e);

	*e = d->e;
	desk_free(d);
	return rc;
}

struct seen {
	uint64_t epoch;
	bool waits;
	unsigned members;
	bool custodian, auditor;
	uint8_t key[SR_POINT];
};

static struct seen look(struct scene *s, const struct world_person *who) {
	struct desk *d = desk_new(s->o, who);
	const struct sr_board_view *v = NULL;
	struct seen out = {.epoch = 0};

	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	out.epoch = v->epoch;
	memcpy(out.key, v->key[0], SR_POINT);
	if (v->next != NULL) {
		out.waits = v->next->standby && v->next->opened;
		out.members = v->next->taking;
		out.custodian = v->next->taking_custodian;
		out.auditor = v->next->taking_auditor;
		if (out.waits) /* the same secret */
			assert_memory_equal(v->next->key[0], v->key[0], SR_POINT);
	}
	desk_free(d);
	return out;
}

static void it_waits_and_takes_over(void **state) {
	struct scene s;
	struct world *w;
	struct seen v;
	struct sr_err e = {0};
	uint8_t key[SR_POINT];

	(void)state;
	scene_open(&s);
	w = s.o->w;
	v = look(&s, &w->member[2]);
	assert_true(v.waits && v.epoch == 1 && v.members == 0 && !v.custodian && !v.auditor);
	memcpy(key, v.key, SR_POINT);
	assert_int_equal(world_count(w, SR_T_STANDBY), 1);
	assert_int_equal(world_count(w, SR_T_OPENED), 1);
	assert_int_equal(take(&s, &w->member[0], &e), SR_DENIED);
	assert_non_null(strstr(e.text, "not-a-standby"));
	assert_ok(take(&s, &s.standby[0], &e), &e);
	assert_int_equal(take(&s, &s.standby[0], &e), SR_DENIED);
	assert_ok(take(&s, &w->custodian, &e), &e);
	assert_ok(take(&s, &s.standby[1], &e), &e);
	v = look(&s, &w->researcher[0]);
	assert_true(v.waits && v.epoch == 1 && v.members == 2 && v.custodian && !v.auditor);
	assert_ok(take(&s, &w->auditor, &e), &e);
	v = look(&s, &w->researcher[0]);
	assert_true(!v.waits && v.epoch == 2);
	assert_memory_equal(v.key, key, SR_POINT);
	assert_int_equal(take(&s, &s.standby[0], &e), SR_DENIED);
	assert_non_null(strstr(e.text, "no standby board waits"));
	scene_close(&s);
}

static int confirm(struct scene *s, const struct world_person *who, struct sr_err *e) {
	struct desk *d = desk_new(s->o, who);
	uint8_t index = 0;
	const int rc = sr_client_confirm(d->c, NULL, &index, &d->s, &d->e);

	if (rc == 0)
		assert_string_equal(s->standby[index - 1].person, who->person);
	*e = d->e;
	desk_free(d);
	return rc;
}

static size_t share_due(struct world *w, const char *person) {
	struct sr_notices l = {NULL, 0};
	size_t n = 0;

	assert_ok(sr_query_notices(&l, w->v->catalogue, w->now, &w->e), &w->e);
	for (size_t i = 0; i < l.count; i++)
		n += strcmp(l.rows[i].what, "share-due") == 0 &&
		     (person == NULL || strcmp(l.rows[i].person, person) == 0);
	sr_notices_free(&l);
	return n;
}

/* How many of those who wait confirmed within a year, as a client proves it. */
static unsigned confirmed(struct scene *s) {
	struct desk *d = desk_new(s->o, &s->o->w->officer);
	const struct sr_board_view *v = NULL;
	unsigned have = 0, takes = 0;

	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	assert_non_null(v->next);
	sr_board_confirmed(v->next, s->o->w->now, &have, &takes);
	assert_int_equal(takes, 2);
	desk_free(d);
	return have;
}

static int by_hand(
	struct world *w, const struct world_person *who, uint64_t epoch, const uint8_t *keys) {
	struct world_draft d;

	world_begin(&d, w, who, SR_T_CONFIRM);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", epoch);
	sr_text_put_hex(&d.text, "keys", keys, SR_HASH);
	return world_commit(&d, NULL);
}

/* Once a year, while they wait: each opens their share, says so, and is asked to, who have no role
 * and no vote. What they said counts on when they take over. */
static void who_waits_confirms(void **state) {
	struct scene s;
	struct world *w;
	struct sr_standby_row row;
	struct sr_confirmed l = {.count = 0};
	struct sr_err e = {0};

	(void)state;
	scene_open(&s);
	w = s.o->w;
	assert_ok(sr_query_standby(&row, w->v->catalogue, w->v->fingerprint, 2, &w->e), &w->e);
	assert_int_equal(confirmed(&s), 2); /* an acceptance is one */
	assert_int_equal(share_due(w, NULL), 0);
	w->now += SR_CONFIRM_S;
	assert_int_equal(confirmed(&s), 0);
	assert_int_equal(share_due(w, NULL), w->members + 2);
	assert_int_equal(share_due(w, s.standby[0].person), 1);
	assert_ok(confirm(&s, &s.standby[0], &e), &e);
	assert_int_equal(confirmed(&s), 1);
	assert_int_equal(share_due(w, s.standby[0].person), 0);
	assert_int_equal(share_due(w, s.standby[1].person), 1);
	/* A member says it of their own epoch, and of nothing else; nobody of keys that wait not.
	 */
	assert_int_equal(by_hand(w, &w->member[0], 2, row.keys), SR_DENIED);
	assert_non_null(strstr(w->out.err.text, "not-a-member"));
	assert_int_equal(by_hand(w, &s.standby[1], 2, w->v->fingerprint), SR_DENIED);
	assert_non_null(strstr(w->out.err.text, "no-standby"));
	assert_int_equal(by_hand(w, &s.standby[1], 3, row.keys), SR_DENIED);
	assert_non_null(strstr(w->out.err.text, "not-a-member"));
	{ /* nor takes over with keys that are not those that wait */
		struct world_draft d;

		world_begin(&d, w, &s.standby[1], SR_T_TAKEOVER);
		sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
		sr_text_put_hex(&d.text, "run", row.run, SR_ID);
		sr_text_put_dec(&d.text, "epoch", 2);
		sr_text_put_hex(&d.text, "keys", w->v->fingerprint, SR_HASH);
		assert_int_equal(world_commit(&d, NULL), SR_DENIED);
		assert_string_equal(w->out.rule, "other-standby");
	}
	assert_ok(confirm(&s, &s.standby[1], &e), &e);
	assert_int_equal(confirmed(&s), 2);
	/* The board in force: nobody of theirs was counted. */
	assert_int_equal(share_due(w, NULL), w->members);

	assert_ok(take(&s, &s.standby[0], &e), &e);
	assert_ok(take(&s, &s.standby[1], &e), &e);
	assert_ok(take(&s, &w->custodian, &e), &e);
	assert_ok(take(&s, &w->auditor, &e), &e);
	assert_ok(sr_query_confirmed(&l, w->v->catalogue, w->v->fingerprint, 2, &w->e), &w->e);
	assert_int_equal(l.count, 2);
	for (size_t i = 0; i < l.count; i++)
		assert_false(l.rows[i].accept);
	assert_int_equal(share_due(w, NULL), 0);
	office_reopen(s.o);
	scene_close(&s);
}

/* A host writes into its own catalogue that enough said so; then its service opens the board, in
 * the log, for all to see. Nobody follows. */
static void the_service_alone_opens_nothing(void **state) {
	static const char *const lies[] = {
		"INSERT INTO takeovers(board, epoch, person, role, entry) SELECT board, 2, person,"
		" 'member', (SELECT max(entry) FROM entries) FROM board_members WHERE epoch = 2",
		"INSERT INTO takeovers(board, epoch, person, role, entry) SELECT b.board, 2,"
		" r.person, r.role, (SELECT max(entry) FROM entries) FROM roles r, boards b WHERE"
		" r.role = 'custodian'"};
	struct scene s;
	struct world *w;
	struct sr_err e = {0};

	(void)state;
	scene_open(&s);
	w = s.o->w;
	for (size_t i = 0; i < T_COUNT(lies); i++)
		assert_ok(sr_db_exec(sr_catalogue_db(w->v->catalogue), lies[i], &e), &e);
	assert_ok(take(&s, &w->auditor, &e), &e);
	assert_int_equal(world_count(w, SR_T_OPENED), 2);
	/* To each of them the board is still the one of epoch 1, whose keys are not shown any more.
	 */
	const struct world_person *who[] = {&w->researcher[0], &s.standby[0], &w->officer};
	for (size_t i = 0; i < T_COUNT(who); i++) {
		struct desk *d = desk_new(s.o, who[i]);
		const struct sr_board_view *v = NULL;

		assert_fails(sr_client_board(d->c, NULL, &v, &d->e), SR_AUTH, &d->e,
			"withholds the board's keys");
		desk_free(d);
	}
	world_close(w); /* its catalogue is not what the log says */
	scene_close(&s);
}

/* A service plans a standby board of its own people, and cites no vote, as where founders named
 * one: nobody who looks sees any board to come, and a dealer deals to nobody. */
static void the_service_plans_nothing(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	struct world_person theirs[2];
	struct sr_outcome out;
	struct sr_buf text;

	(void)state;
	world_person_make(w, &theirs[0], "Paid One");
	world_person_make(w, &theirs[1], "Paid Two");
	for (size_t i = 0; i < 2; i++) /* the door takes nobody who is not known */
		assert_int_equal(world_person_add(w, &w->curator[0], &theirs[i], "researcher"), 0);
	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_RESHARE, w->now);
	sr_text_put_hex(&text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&text, "epoch", 2);
	sr_text_put(&text, "quorum", "2 2");
	for (size_t i = 0; i < 2; i++)
		sr_text_put(&text, "member", theirs[i].person);
	for (size_t i = 0; i < 2; i++)
		sr_text_put(&text, "dealer", w->member[i].person);
	sr_text_put(&text, "standby", "yes");
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &out, &w->e), &w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(&text);
	const struct world_person *who[] = {&w->member[0], &w->officer};
	for (size_t i = 0; i < T_COUNT(who); i++) {
		struct desk *d = desk_new(o, who[i]);
		const struct sr_board_view *v = NULL;
		struct sr_dealt dealt = {0};

		assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
		assert_null(v->next);
		assert_int_not_equal(sr_client_deal(d->c, NULL, &dealt, &d->e), 0);
		sr_submitted_free(&dealt.submitted);
		desk_free(d);
	}
	assert_int_equal(world_count(w, SR_T_DEAL), w->members);
	for (size_t i = 0; i < 2; i++)
		sr_buf_free(&theirs[i].card);
	office_free(o);
}

/* Another key of theirs, which the one before bears out. */
static void rekey(struct world *w, struct world_person *who) {
	const struct sr_card_next next = {who->person, who->seed};
	struct world_person p = *who;
	struct world_draft d;
	uint8_t commit[SR_HASH];

	for (size_t i = 0; i < SR_SEED; i++)
		p.seed[i] = (uint8_t)(who->seed[i] ^ 0x5a);
	sr_sign_public(p.pk, p.seed);
	sr_text_commit(commit, p.salt, sr_bytes_str(p.name));
	sr_buf_init(&p.card);
	assert_ok(sr_card_make_next(&p.card, p.seed, commit, &next, &w->e), &w->e);
	world_begin(&d, w, &w->curator[0], SR_T_PERSON_KEY);
	sr_text_put(&d.text, "person", p.person);
	world_card(&d, "card", &p);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	sr_buf_free(&who->card);
	*who = p;
}

/* What was said with a key that was replaced counts no more: of a member, whose share went with it,
 * for good; who holds an office says it again. */
static void a_word_goes_with_its_key(void **state) {
	struct scene s;
	struct world *w;
	struct world_draft d;
	struct sr_standby_row row;
	struct seen v;
	struct sr_err e = {0};

	(void)state;
	scene_open(&s);
	w = s.o->w;
	assert_ok(take(&s, &s.standby[0], &e), &e);
	assert_ok(take(&s, &w->custodian, &e), &e);
	assert_ok(take(&s, &w->auditor, &e), &e);
	rekey(w, &w->custodian);
	v = look(&s, &w->officer);
	assert_true(v.members == 1 && !v.custodian && v.auditor);
	assert_ok(take(&s, &w->custodian, &e), &e);
	v = look(&s, &w->officer);
	assert_true(v.members == 1 && v.custodian && v.auditor);
	rekey(w, &s.standby[0]);
	v = look(&s, &w->officer);
	assert_true(v.members == 0 && v.custodian && v.auditor);
	assert_ok(take(&s, &s.standby[1], &e), &e);
	v = look(&s, &w->officer);
	assert_true(v.waits && v.epoch == 1 && v.members == 1);
	assert_ok(sr_query_standby(&row, w->v->catalogue, w->v->fingerprint, 2, &w->e), &w->e);
	assert_true(!row.enough && row.members == 1 && row.custodians == 1 && row.auditors == 1);
	world_begin(&d, w, &s.standby[0], SR_T_TAKEOVER);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_hex(&d.text, "run", row.run, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 2);
	sr_text_put_hex(&d.text, "keys", row.keys, SR_HASH);
	assert_int_equal(world_commit(&d, NULL), SR_DENIED);
	assert_string_equal(w->out.rule, "share-not-theirs");
	assert_int_equal(world_count(w, SR_T_OPENED), 1);
	/* Nor does that member show that they have their share still. */
	world_begin(&d, w, &s.standby[0], SR_T_CONFIRM);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 2);
	sr_text_put_hex(&d.text, "keys", row.keys, SR_HASH);
	assert_int_equal(world_commit(&d, NULL), SR_DENIED);
	assert_string_equal(w->out.rule, "share-not-theirs");
	assert_non_null(strstr(w->out.err.text, "has another key than the share was dealt to"));
	office_reopen(s.o);
	assert_fails(confirm(&s, &s.standby[0], &e), SR_DENIED, &e,
		"the share of the standby board was dealt to the key before; another standby board "
		"is dealt to the new one (board reshare --standby)");
	scene_close(&s);
}

static int of_words(void *ctx, const struct sr_audit_finding *f, struct sr_err *e) {
	size_t *named = ctx;

	(void)e;
	*named += strcmp(f->what, "dealt") == 0 && strcmp(f->field, "epoch") == 0 &&
		  strstr(f->text, "2 of its members, 0 custodians and 1 auditors") != NULL;
	return 0;
}

/* A host counts the word of a key that was replaced: its log is read on, no client follows, and the
 * audit names the opening. */
static void a_word_of_before_opens_nothing(void **state) {
	struct sr_audit_compared compared;
	struct sr_audit *a = NULL;
	size_t named = 0;
	struct scene s;
	struct world *w;
	struct desk *d;
	const struct sr_board_view *v = NULL;
	struct sr_err e = {0};

	(void)state;
	scene_open(&s);
	w = s.o->w;
	assert_ok(take(&s, &s.standby[0], &e), &e);
	assert_ok(take(&s, &w->custodian, &e), &e);
	assert_ok(take(&s, &w->auditor, &e), &e);
	rekey(w, &w->custodian);
	assert_ok(sr_db_exec(sr_catalogue_db(w->v->catalogue),
			  "UPDATE takeovers SET entry = (SELECT max(entry) FROM entries)", &e),
		&e);
	assert_ok(take(&s, &s.standby[1], &e), &e);
	assert_int_equal(world_count(w, SR_T_OPENED), 2);
	d = desk_new(s.o, &w->researcher[0]);
	assert_fails(sr_client_board(d->c, NULL, &v, &d->e), SR_AUTH, &d->e,
		"withholds the board's keys");
	desk_free(d);
	assert_ok(sr_audit_open(&a, w->v, true, &w->e), &w->e);
	while (sr_audit_state(a) == SR_AUDIT_RUNNING)
		assert_ok(sr_audit_step(a, SR_AUDIT_STEP, &w->e), &w->e);
	assert_ok(sr_audit_report(a, of_words, &named, &compared, &w->e), &w->e);
	sr_audit_close(a);
	assert_int_equal(named, 1);
	scene_close(&s);
}

/* A plan that is decided later takes its place, and what was said for it counts for no other. */
static void another_decision_forgets_it(void **state) {
	struct scene s;
	struct world *w;
	struct seen v;
	struct sr_err e = {0};

	(void)state;
	scene_open(&s);
	w = s.o->w;
	assert_ok(take(&s, &s.standby[0], &e), &e);
	assert_ok(take(&s, &w->custodian, &e), &e);
	assert_ok(take(&s, &w->auditor, &e), &e);
	assert_ok(ask(&s, false, &e), &e);
	v = look(&s, &w->member[0]);
	assert_true(v.epoch == 1 && !v.waits);
	assert_int_equal(take(&s, &s.standby[1], &e), SR_DENIED);
	assert_non_null(strstr(e.text, "no standby board waits"));
	assert_int_equal(world_count(w, SR_T_OPENED), 1);
	scene_close(&s);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_and_takes_over),
		cmocka_unit_test(who_waits_confirms),
		cmocka_unit_test(the_service_alone_opens_nothing),
		cmocka_unit_test(the_service_plans_nothing),
		cmocka_unit_test(a_word_goes_with_its_key),
		cmocka_unit_test(a_word_of_before_opens_nothing),
		cmocka_unit_test(another_decision_forgets_it),
	};

	return cmocka_run_group_tests_name("core client: a standby board", tests, NULL, NULL);
}
