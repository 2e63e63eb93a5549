/*
 * A reshare at the members' desks: who deals and who accepts, what becomes of the dealings, what a
 * new key or a lying dealer in the middle does, and that a kill at any step leaves the board as it
 * was or as it is to be. Members 1, 2 and 3 sit at the founding board; 3 leaves, somebody new joins
 * as member 3, and 2 of 3 are taken as before.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/ceremony.h"
#include "board/dealings.h"
#include "board/follow.h"
#include "board/keys.h"
#include "client_rig.h"
#include "crypto/dkg.h"
#include "ledger/card.h"
#include "ledger/ledger.h"
#include "store/object.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

/* --- steps ------------------------------------------------------------------------------------ */

static int vote(struct desk *d, const uint8_t request[SR_ID], const char *decision) {
	const struct sr_voting v = {.decision = decision, .reason = "We agreed."};
	struct sr_ballot *b = NULL;
	struct sr_writ draft;
	int rc = sr_ballot_fetch(&b, d->c, request, 0, &d->e);

	if (rc == 0)
		rc = sr_ballot_vote(&draft, b, &v, &d->e);
	if (rc == 0) {
		rc = sr_client_submit(d->c, &draft, &d->s, &d->e);
		sr_submitted_free(&d->s);
		sr_writ_free(&draft);
	}
	sr_ballot_free(b);
	return rc;
}

static int vote_of(struct office *o, size_t member, const uint8_t request[SR_ID]) {
	struct desk *d = desk_new(o, &o->w->member[member]);
	const int rc = vote(d, request, "approve");

	desk_free(d);
	return rc;
}

/* Members 1 and 2 (and ${joins}) from then on; ${dealer}: who deals, NULL: 1 and 2. */
static int ask(struct office *o, const struct world_person *joins, const char *const *dealer,
	uint8_t request[SR_ID]) {
	const struct world *w = o->w;
	const char *member[] = {w->member[0].person, w->member[1].person, NULL},
		   *deal[] = {w->member[0].person, w->member[1].person, NULL};
	const uint64_t quorum[1][2] = {{2, 2}};
	struct sr_introduction who = {0};
	struct sr_seats seats = {.member = member,
		.newcomer = &who,
		.newcomers = joins != NULL ? 1 : 0,
		.quorum = quorum,
		.levels = 1,
		.dealer = dealer != NULL ? dealer : deal};
	const struct sr_asking a = {.kind = "reshare",
		.seats = &seats,
		// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an office has a world
		.board = w->v->fingerprint,
		.reason = "Member 3 leaves."};
	struct desk *d = desk_new(o, &w->member[0]);
	int rc;

	if (joins != NULL)
		who = intro_of(joins);
	rc = sr_client_request(d->c, &a, request, &d->s, &d->e);
	if (rc != 0)
		print_message("asked: %s\n", d->e.text);
	desk_free(d);
	return rc;
}

static void decided(struct office *o, const struct world_person *joins, uint8_t request[SR_ID]) {
	assert_int_equal(ask(o, joins, NULL, request), 0);
	assert_int_equal(vote_of(o, 0, request), 0);
	assert_int_equal(vote_of(o, 1, request), 0);
}

/* 0, or the code with its text kept in ${why}. */
static int deal(struct office *o, const struct world_person *who, struct sr_err *why) {
	struct desk *d = desk_new(o, who);
	struct sr_dealt out;
	const int rc = sr_client_deal(d->c, NULL, &out, &d->e);

	if (rc == 0)
		sr_submitted_free(&out.submitted);
	if (why != NULL)
		*why = d->e;
	desk_free(d);
	return rc;
}

static int accept_of(
	struct office *o, const struct world_person *who, bool *complained, struct sr_err *why) {
	struct desk *d = desk_new(o, who);
	struct sr_accepting a;
	const int rc = sr_client_accept(d->c, NULL, &a, &d->e);

	if (why != NULL)
		*why = rc != 0 ? d->e : a.why;
	if (complained != NULL)
		*complained = rc == 0 && a.complained;
	else if (rc == 0)
		assert_false(a.complained);
	if (rc == 0)
		sr_submitted_free(&a.submitted);
	desk_free(d);
	return rc;
}

/* --- looking ---------------------------------------------------------------------------------- */

static uint64_t ceremony_keys(struct world *w) {
	uint64_t n = 0;

	assert_ok(sr_secrets_count(w->v->secrets, SR_SECRET_CEREMONY, &n, &w->e), &w->e);
	return n;
}

static uint32_t epoch_of(struct world *w) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	uint32_t epoch;

	assert_non_null(b);
	assert_ok(sr_query_board(b, w->v->catalogue, NULL, 0, &w->e), &w->e);
	epoch = b->epoch;
	free(b);
	return epoch;
}

/* The last run of the founding board; the caller frees. */
static struct sr_run_row *run_of(struct world *w) {
	struct sr_run_row *run = calloc(1, sizeof *run);

	assert_non_null(run);
	assert_ok(sr_query_last_run(run, w->v->catalogue, NULL, &w->e), &w->e);
	return run;
}

static int read_dealing(struct world *w, size_t dealer) {
	struct sr_run_row *run = run_of(w);
	struct sr_buf body;
	int rc;

	sr_buf_init_secret(&body);
	assert_true(run->dealer_count > dealer && run->dealers[dealer].dealt);
	rc = sr_object_fetch(w->v, run->dealers[dealer].deal, &body, &w->e);
	sr_buf_free(&body);
	free(run);
	return rc;
}

/* Catalogue and index made anew from the log are what they were: nothing rests on what is erased.
 */
static void assert_replays(struct world *w) {
	struct sr_rebuilt out = {0};
	size_t packs = 0, bad = 0;

	assert_ok(sr_vault_rebuild(w->v, NULL, &out, &packs, &bad, &w->e), &w->e);
	assert_string_equal(out.difference, "");
}

static const struct sr_board_view *view_of(struct desk *d) {
	const struct sr_board_view *v = NULL;

	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	return v;
}

/* --- dealings --------------------------------------------------------------------------------- */

/* No service key opens a dealing while the run goes on, and nothing does afterwards. */
static void dealings_live_and_die(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	struct sr_object_at at;
	struct sr_object *file = NULL;
	struct sr_run_row *run;
	struct sr_buf body;
	uint8_t key[SR_KEY], request[SR_ID];

	(void)state;
	decided(o, &w->outsider, request);
	assert_int_equal(ceremony_keys(w), 0);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_int_equal(ceremony_keys(w), 1);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_int_equal(ceremony_keys(w), 1);
	assert_int_equal(read_dealing(w, 0), 0);
	/* The key that opens all that is structural does not open it. */
	run = run_of(w);
	assert_ok(sr_query_object(&at, w->v->catalogue, run->dealers[0].deal, &w->e), &w->e);
	assert_memory_equal(at.subject, SR_CEREMONY_SUBJECT, sizeof SR_CEREMONY_SUBJECT - 1);
	assert_ok(sr_object_key(key, w->v, "", SR_EPOCH_FIRST, &w->e), &w->e);
	assert_ok(sr_object_open(&file, w->v->store, w->v->fingerprint, at.file, &w->e), &w->e);
	sr_buf_init_secret(&body);
	assert_int_equal(sr_object_read(file, at.position, key, at.id, &body, &w->e), SR_AUTH);
	sr_buf_free(&body);
	sr_object_close(file);
	free(run);

	assert_ok(accept_of(o, &w->outsider, NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_int_equal(ceremony_keys(w), 1);
	assert_int_equal(epoch_of(w), 1);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	assert_int_equal(epoch_of(w), 2);
	assert_int_equal(ceremony_keys(w), 0);
	assert_int_equal(read_dealing(w, 0), SR_NOTFOUND);
	assert_replays(w);
	office_free(o);
}

/* What was dealt for a plan dies with the plan: it was for people who never came to sit. */
static void a_replaced_plan_takes_its_dealings_along(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	uint8_t request[SR_ID];
	struct desk *d;

	(void)state;
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	decided(o, NULL, request);
	assert_int_equal(ceremony_keys(w), 0);
	d = desk_prepare(o, &w->outsider); /* no longer of any board */
	assert_fails(desk_open(d), SR_DENIED, &d->e, "has no role in this vault");
	desk_free(d);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	assert_int_equal(epoch_of(w), 2);
	assert_int_equal(ceremony_keys(w), 0);
	assert_replays(w);
	office_free(o);
}

/* A dealer who lies is named while the run can be judged; afterwards nobody can tell. */
/* The first two members end the third's roles. */
static void end_third(struct world *w) {
	struct world_draft d;
	uint8_t id[SR_ID];

	world_id(w, id);
	world_begin(&d, w, &w->member[0], SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "person-end");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[0]);
	sr_text_put(&d.text, "subject", w->member[2].person);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = id}), 0);
}

/* Who is dealt to, or is to deal, and was ended since that was decided: nobody deals or accepts any
 * more, at their own desks, nor does the door take it. */
static void a_seat_that_ended(void **state) {
	const char *dealer[] = {NULL, NULL, NULL};
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	const size_t deals = world_count(w, SR_T_DEAL), accepts = world_count(w, SR_T_ACCEPT);
	uint8_t request[SR_ID], hash[SR_HASH];
	struct world_draft d;
	struct sr_err e = {0};

	(void)state;
	dealer[0] = w->member[0].person;
	dealer[1] = w->member[2].person;
	assert_int_equal(ask(o, NULL, dealer, request), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(vote_of(o, i, request), 0);
	end_third(w);
	assert_fails(
		deal(o, &w->member[0], &e), SR_DENIED, &e, "and it is void: no share is dealt");
	assert_fails(accept_of(o, &w->member[1], NULL, &e), SR_DENIED, &e, "and it is void");
	assert_int_equal(world_count(w, SR_T_DEAL), deals);
	assert_int_equal(world_count(w, SR_T_ACCEPT), accepts);
	sr_ceremony_dealing_hash(hash, sr_bytes_str("nothing"));
	world_begin(&d, w, &w->member[0], SR_T_DEAL);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_hex(&d.text, "run", hash, SR_ID);
	sr_text_put_hex(&d.text, "dealing", hash, SR_HASH);
	world_object(&d, "deal", sr_bytes_str("nothing"));
	assert_int_equal(world_commit(&d, NULL), SR_DENIED);
	assert_string_equal(w->out.rule, "seat-ended");
	/* Decided anew, without them. */
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	office_free(o);
}

static void a_lying_dealer(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	const struct sr_board_view *v;
	struct sr_revealing r;
	struct sr_err why;
	uint8_t request[SR_ID];
	bool complained = false;
	struct desk *d;

	(void)state;
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	sr_deal_spoil(3);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	sr_deal_spoil(0);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->outsider, &complained, &why), NULL);
	assert_true(complained);
	assert_non_null(strstr(why.text, "dealer 2: level 2: share for member 3"));
	assert_int_equal(ceremony_keys(w), 1); /* judged by it */
	d = desk_new(o, &w->member[1]);
	assert_ok(sr_client_reveal(d->c, NULL, &r, &d->e), &d->e);
	sr_submitted_free(&r.submitted);
	desk_free(d);
	d = desk_new(o, &w->auditor);
	v = view_of(d)->next;
	assert_non_null(v);
	assert_int_equal(v->complaints, 1);
	assert_int_equal(v->complaint[0].verdict, SR_COMPLAINT_RIGHT);
	assert_string_equal(v->dealer[v->complaint[0].dealer - 1], w->member[1].person);
	assert_string_equal(v->member[v->complaint[0].complainer - 1], w->outsider.person);
	desk_free(d);

	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_int_equal(ceremony_keys(w), 2);
	assert_ok(accept_of(o, &w->outsider, NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	assert_int_equal(epoch_of(w), 2);
	assert_int_equal(ceremony_keys(w), 0);
	d = desk_new(o, &w->auditor);
	v = view_of(d);
	assert_int_equal(v->complaints, 1);
	assert_int_equal(v->complaint[0].verdict, SR_COMPLAINT_GONE);
	desk_free(d);
	assert_replays(w);
	office_free(o);
}

static int gone(struct office *o, const struct world_person *who) {
	struct desk *d = desk_new(o, who);
	struct sr_accepting a;
	const int rc = sr_client_accept_gone(d->c, NULL, &a, &d->e);

	if (rc == 0) {
		assert_true(a.complained);
		sr_submitted_free(&a.submitted);
	}
	desk_free(d);
	return rc;
}

/* A restored vault has no ceremony keys: the run ends by a complaint and the next one goes on. */
static void after_a_restore(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	struct sr_run_row *run;
	struct sr_err why;
	char name[SR_SUBJECT_TEXT] = SR_CEREMONY_SUBJECT;
	uint8_t request[SR_ID];
	bool complained = false;
	struct desk *d;

	(void)state;
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	run = run_of(w);
	sr_hex(name + sizeof SR_CEREMONY_SUBJECT - 1, run->run, SR_ID);
	free(run);
	assert_ok(sr_secrets_erase(
			  w->v->secrets, SR_SECRET_CEREMONY, sr_bytes_str(name), 0, NULL, &w->e),
		&w->e);
	d = desk_new(o, &w->member[0]);
	assert_true(view_of(d)->next->spoilt == 1 && view_of(d)->next->spoilt_gone);
	desk_free(d);
	/* Nobody complains of it unasked: the vault may only be hiding it. */
	assert_int_equal(accept_of(o, &w->outsider, &complained, &why), SR_AUTH);
	assert_non_null(strstr(why.text, "does not show the dealing of member 1"));
	assert_int_equal(gone(o, &w->outsider), 0);
	d = desk_new(o, &w->auditor);
	assert_int_equal(view_of(d)->next->complaint[0].verdict, SR_COMPLAINT_GONE);
	desk_free(d);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_int_equal(gone(o, &w->outsider), SR_EXISTS);
	assert_ok(accept_of(o, &w->outsider, NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	assert_int_equal(epoch_of(w), 2);
	office_free(o);
}

/* --- another key in the middle ---------------------------------------------------------------- */

/* ${who} with another key, handed in by a curator; ${old}: the key before bears it out. */
static int renew(struct world *w, const struct world_person *who, uint8_t n, bool old,
	struct world_person *out) {
	const struct sr_card_next next = {who->person, old ? who->seed : NULL};
	struct world_person p = *who;
	struct world_draft d;
	uint8_t commit[SR_HASH];

	for (size_t i = 0; i < SR_SEED; i++)
		p.seed[i] = (uint8_t)(0x5a ^ ((size_t)n * 11 + i * i));
	sr_sign_public(p.pk, p.seed);
	sr_text_commit(commit, p.salt, sr_bytes_str(p.name));
	sr_buf_init(&p.card);
	assert_ok(sr_card_make_next(&p.card, p.seed, commit, &next, &w->e), &w->e);
	world_begin(&d, w, &w->curator[0], SR_T_PERSON_KEY);
	sr_text_put(&d.text, "person", p.person);
	world_card(&d, "card", &p);
	*out = p;
	return world_commit(&d, NULL);
}

/* Who joins gets another key when all have dealt: the run is void, its dealings die, and the next
 * one deals to the new key. */
static void who_joins_has_another_key(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	struct world_person next;
	struct sr_run_row *run;
	struct sr_err why;
	uint8_t request[SR_ID];
	struct desk *d;

	(void)state;
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_ok(accept_of(o, &w->outsider, NULL, NULL), NULL);
	/* One curator alone must not choose to which key a share is dealt. */
	assert_int_equal(renew(w, &w->outsider, 1, false, &next), SR_DENIED);
	// NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array
	assert_non_null(strstr(w->out.err.text, "role-needs-quorum"));
	sr_buf_free(&next.card);
	assert_int_equal(renew(w, &w->outsider, 1, true, &next), 0);
	run = run_of(w);
	assert_int_equal(run->state, SR_S_VOID);
	free(run);
	assert_int_equal(ceremony_keys(w), 0);
	assert_int_equal(accept_of(o, &w->member[0], NULL, &why), SR_DENIED);
	assert_non_null(strstr(why.text, "not all members have dealt in run 3"));
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_ok(accept_of(o, &next, NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	assert_int_equal(epoch_of(w), 2);
	d = desk_new(o, &w->auditor);
	assert_memory_equal(view_of(d)->member_key[2], next.pk, SR_PK);
	assert_false(view_of(d)->rekeyed[2]);
	desk_free(d);
	assert_replays(w);
	sr_buf_free(&next.card);
	office_free(o);
}

/* A dealer with another key has no share to deal. A plan that names one is refused; a plan that
 * came before waits in vain until another replaces it, which deals to the new key. */
static void a_dealer_has_another_key(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	const char *others[] = {w->member[1].person, w->member[2].person, NULL};
	struct world_person next;
	struct sr_err why;
	uint8_t request[SR_ID];
	struct desk *d;

	(void)state;
	decided(o, NULL, request);
	assert_int_equal(renew(w, &w->member[0], 2, true, &next), 0);
	sr_buf_free(&w->member[0].card);
	w->member[0] = next; /* the world frees it */
	assert_int_equal(deal(o, &w->member[0], &why), SR_DENIED);
	assert_non_null(strstr(why.text, "was dealt to the key before"));
	assert_int_equal(ask(o, NULL, NULL, request), SR_DENIED);
	d = desk_new(o, &w->auditor);
	assert_true(view_of(d)->rekeyed[0]);
	assert_false(view_of(d)->rekeyed[1]);
	desk_free(d);
	assert_int_equal(ask(o, NULL, others, request), 0);
	assert_int_equal(vote_of(o, 0, request), 0); /* no pieces: the new key votes */
	assert_int_equal(vote_of(o, 1, request), 0);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_ok(deal(o, &w->member[2], NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	assert_int_equal(epoch_of(w), 2);
	d = desk_new(o, &w->auditor);
	assert_false(view_of(d)->rekeyed[0]);
	desk_free(d);
	assert_replays(w);
	office_free(o);
}

/* --- what was granted before ------------------------------------------------------------------ */

static void topped_up(struct office *o, const struct world_person *who, const uint8_t *request) {
	struct desk *d = desk_new(o, who);

	assert_ok(vote(d, request, "topup"), &d->e);
	desk_free(d);
}

/* Open the item at the reader's desk; the code, with its text in ${why}. */
static int read_at_desk(
	struct office *o, const uint8_t *item, const uint8_t *grant, struct sr_err *why) {
	const struct sr_borrow b = {.item = item, .grant = grant};
	struct desk *d = desk_new(o, &o->w->researcher[0]);
	struct sr_act back = {.type = SR_T_RETURN};
	struct sr_err ignored;
	uint8_t checkout[SR_ID] = {0};
	uint64_t files = 0;
	const int rc = sr_client_checkout(d->c, &b, checkout, &files, &d->s, &d->e);

	*why = d->e;
	back.id = checkout;
	sr_submitted_free(&d->s);
	if (sr_client_act(d->c, &back, NULL, &ignored) != 0) /* it may not have begun */
		assert_int_equal(rc != 0, true);
	desk_free(d);
	return rc;
}

/* As a restore does: pieces made before open nothing any more. */
static void renew_room_key(struct world *w, const uint8_t request[SR_ID]) {
	struct sr_version_row row = {0};
	struct sr_buf text;

	sr_buf_init(&text);
	assert_ok(sr_query_version(&row, w->v->catalogue, request, 0, &w->e), &w->e);
	assert_ok(sr_follow_room_key(&text, w->v, &row, w->now, &w->e), &w->e);
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &w->out, &w->e), &w->e);
	assert_int_equal(w->out.code, 0);
	sr_version_row_free(&row);
	sr_buf_free(&text);
}

struct late { /* a vote that was signed, and comes later */
	struct desk *d;
	struct sr_writ writ;
};

static void late_sign(struct late *l, struct office *o, const struct world_person *who,
	const uint8_t *request, const char *decision) {
	const struct sr_voting v = {.decision = decision, .reason = "On the train."};
	struct sr_ballot *b = NULL;

	l->d = desk_new(o, who);
	assert_ok(sr_ballot_fetch(&b, l->d->c, request, 0, &l->d->e), &l->d->e);
	assert_ok(sr_ballot_vote(&l->writ, b, &v, &l->d->e), &l->d->e);
	sr_ballot_free(b);
}

static void late_fails(struct late *l, const char *piece) {
	assert_fails(sr_client_submit(l->d->c, &l->writ, &l->d->s, &l->d->e), SR_DENIED, &l->d->e,
		piece);
	sr_writ_free(&l->writ);
	desk_free(l->d);
}

/* Pieces of before open what was granted before; votes of the epoch before come too late; pieces
 * that are needed later are those of who sits now, and of no two epochs together. */
static void a_grant_outlives_it(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	uint8_t item[1][SR_ID], grant[SR_ID], request[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request open = rq;
	struct late approval, topup;
	struct sr_err why;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_request(w, &open), 0);
	late_sign(&approval, o, &w->member[0], open.id, "approve");
	late_sign(&topup, o, &w->member[0], rq.id, "topup");
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_ok(accept_of(o, &w->outsider, NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	assert_int_equal(epoch_of(w), 2);

	assert_ok(read_at_desk(o, item[0], grant, &why), &why);
	late_fails(&approval, "other-epoch");
	late_fails(&topup, "other-epoch");

	renew_room_key(w, rq.id);
	assert_int_equal(read_at_desk(o, item[0], grant, &why), SR_DENIED);
	topped_up(o, &w->member[0], rq.id);
	assert_int_equal(read_at_desk(o, item[0], grant, &why), SR_DENIED);
	assert_non_null(strstr(why.text, "1 topup is needed"));
	topped_up(o, &w->outsider, rq.id);
	assert_ok(read_at_desk(o, item[0], grant, &why), &why);

	assert_replays(w);
	office_free(o);
}

/* An approval of epoch 1 and a topup of epoch 2 are one good piece of each, never two. */
static void pieces_of_two_epochs_do_not_add_up(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	uint8_t item[1][SR_ID], grant[SR_ID], request[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct sr_err why;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(world_request(w, &rq), 0);
	/* Member 1's piece is bad, which only a checkout finds. */
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}), 0);
	assert_int_equal(
		world_vote(
			w, &(struct world_vote){.member = 1, .request = rq.id, .lie = W_BAD_PIECE}),
		0);
	assert_true(world_grant_of(w, rq.id, grant));
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_ok(accept_of(o, &w->outsider, NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	topped_up(o, &w->outsider, rq.id);
	assert_int_equal(read_at_desk(o, item[0], grant, &why), SR_AUTH);
	assert_non_null(strstr(why.text, "1 good pieces, want 2"));
	topped_up(o, &w->member[1], rq.id);
	assert_ok(read_at_desk(o, item[0], grant, &why), &why);
	office_free(o);
}

/* --- a vault that lies ------------------------------------------------------------------------ */

struct meddle { /* with the ${nth} row of the material: leave it out, or spoil one of its fields */
	size_t nth, field, seen;
	bool drop, hit, last_field;
	struct sr_buf swap; /* the body of the first dealing */
};

static void meddle_row(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	struct meddle *m = ctx;
	char key[64];
	uint8_t *copy;

	if (m->seen++ != m->nth) {
		lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
		return;
	}
	m->hit = true;
	m->last_field = m->drop || m->field + 1 >= row->count;
	if (m->drop || row->count == 0)
		return;
	const struct sr_row_field *f = &row->fields[m->field];

	snprintf(key, sizeof key, "%.*s", (int)f->key.len, (const char *)f->key.p);
	copy = malloc(f->value.len + 1);
	assert_non_null(copy);
	if (f->value.len > 0)
		memcpy(copy, f->value.p, f->value.len);
	copy[f->value.len / 2] = copy[f->value.len / 2] == 'B' ? 'C' : 'B';
	lie_row(o, row, key, sr_bytes_of(copy, f->value.len));
	free(copy);
}

static int twist_material(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct meddle *m = l->ctx;

	(void)q;
	(void)e;
	if (strcmp(op, "board.material") != 0)
		return 0;
	m->seen = 0;
	lie_rows(r, meddle_row, m);
	return 0;
}

static bool nothing(const uint8_t *p, size_t len) {
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* What is believed of a board is what is so; it may be less. */
static void assert_same(const struct sr_board_view *is, const struct sr_board_view *so) {
	assert_int_equal(is->members, so->members);
	assert_int_equal(is->dealers, so->dealers);
	assert_int_equal(is->levels, so->levels);
	assert_memory_equal(is->member, so->member, sizeof is->member);
	assert_memory_equal(is->dealer, so->dealer, sizeof is->dealer);
	assert_memory_equal(is->member_key, so->member_key, sizeof is->member_key);
	assert_memory_equal(is->level, so->level, sizeof is->level);
	assert_memory_equal(is->quorum, so->quorum, sizeof is->quorum);
	if (!nothing(is->transcript, SR_HASH)) {
		assert_memory_equal(is->transcript, so->transcript, SR_HASH);
		assert_memory_equal(is->key, so->key, sizeof is->key);
	}
}

/* Whatever row of the material is left out or altered in whatever field: members, their keys,
 * dealers, quorums, epoch and transcript of the reshare are those that were decided, or nothing is
 * believed. So nobody deals to another key, or for another epoch, than the log proves. */
static void lies_are_not_believed(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	struct meddle m = {.nth = 0};
	struct sr_board_view now, next;
	size_t refused = 0, hidden = 0, harmless = 0;
	uint8_t request[SR_ID];
	struct desk *d;

	(void)state;
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_ok(accept_of(o, &w->outsider, NULL, NULL), NULL);
	d = desk_new(o, &w->member[0]);
	now = *view_of(d);
	assert_non_null(now.next);
	next = *now.next;
	assert_false(nothing(next.transcript, SR_HASH));
	desk_free(d);
	for (bool more = true; more;) {
		const struct sr_board_view *v = NULL;

		m.hit = false;
		d = desk_new(o, &w->member[0]);
		d->liar.twist = twist_material;
		d->liar.ctx = &m;
		if (sr_client_board(d->c, NULL, &v, &d->e) != 0) {
			assert_true(d->e.code == SR_AUTH || d->e.code == SR_CORRUPT ||
				    d->e.code == SR_NOTFOUND);
			refused++;
		} else {
			assert_same(v, &now);
			if (v->next != NULL)
				assert_same(v->next, &next);
			if (v->next == NULL || nothing(v->next->transcript, SR_HASH))
				hidden++;
			else
				harmless++;
		}
		desk_free(d);
		more = m.hit;
		if (!m.drop && !m.last_field) {
			m.field++;
		} else {
			m.nth += m.drop;
			m.drop = !m.drop;
			m.field = 0;
		}
	}
	print_message("%zu rows: %zu lies refused, %zu hide something, %zu change nothing\n", m.nth,
		refused, hidden, harmless);
	assert_true(m.nth >= 15 && refused > 20 && harmless > 0);
	office_free(o);
}

/* The dealing of the other dealer in the place of one. */
static void swap_dealings(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	struct meddle *m = ctx;

	if (!sr_row_is(row, "dealing")) {
		lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
		return;
	}
	if (m->seen++ == 0) {
		sr_buf_put_bytes(&m->swap, sr_row_get(row, "body"));
		lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
	} else {
		lie_row(o, row, "body", sr_buf_view(&m->swap));
	}
}

static int twist_dealings(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct meddle *m = l->ctx;

	(void)q;
	(void)e;
	if (strcmp(op, "board.material") != 0)
		return 0;
	m->seen = 0;
	sr_buf_clear(&m->swap);
	lie_rows(r, swap_dealings, m);
	return 0;
}

static void a_swapped_dealing(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	struct meddle m = {.nth = 0};
	struct sr_accepting a;
	uint8_t request[SR_ID];
	struct desk *d;

	(void)state;
	sr_buf_init(&m.swap);
	decided(o, &w->outsider, request);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	d = desk_new(o, &w->outsider);
	d->liar.twist = twist_dealings;
	d->liar.ctx = &m;
	assert_fails(sr_client_accept(d->c, NULL, &a, &d->e), SR_AUTH, &d->e,
		"is not the one that was signed");
	assert_int_equal(m.seen, 2);
	assert_null(strstr(d->liar.asked, "submit"));
	desk_free(d);
	sr_buf_free(&m.swap);
	office_free(o);
}

/* --- once a year ------------------------------------------------------------------------------ */

static int confirm(struct office *o, const struct world_person *who, struct sr_err *why) {
	struct desk *d = desk_new(o, who);
	uint8_t index = 0;
	const int rc = sr_client_confirm(d->c, NULL, &index, &d->s, &d->e);

	if (rc == 0) {
		assert_true(d->s.proven);
		assert_string_equal(o->w->member[index - 1].person, who->person);
		sr_submitted_free(&d->s);
	}
	*why = d->e;
	desk_free(d);
	return rc;
}

static size_t due(struct world *w, const char *what, const char *person) {
	struct sr_notices l = {NULL, 0};
	size_t n = 0;

	assert_ok(sr_query_notices(&l, w->v->catalogue, w->now, &w->e), &w->e);
	for (size_t i = 0; i < l.count; i++)
		n += strcmp(l.rows[i].what, what) == 0 &&
		     (person == NULL || strcmp(l.rows[i].person, person) == 0);
	sr_notices_free(&l);
	return n;
}

static unsigned confirmed(struct office *o) {
	struct desk *d = desk_new(o, &o->w->auditor);
	unsigned have = 0, takes = 0;

	sr_board_confirmed(view_of(d), o->w->now, &have, &takes);
	assert_int_equal(takes, 2);
	desk_free(d);
	return have;
}

/* The rows ${ctx} of the material are left out. */
static void without(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	if (!sr_row_is(row, ctx))
		lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
}

static int twist_without(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)q;
	(void)e;
	if (strcmp(op, "board.material") == 0)
		lie_rows(r, without, l->ctx);
	return 0;
}

static int confirm_by_hand(
	struct world *w, const struct world_person *who, uint64_t epoch, const uint8_t *keys) {
	struct world_draft d;

	world_begin(&d, w, who, SR_T_CONFIRM);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", epoch);
	sr_text_put_hex(&d.text, "keys", keys, SR_HASH);
	return world_commit(&d, NULL);
}

static void members_confirm_once_a_year(void **state) {
	static char share[] = "share";
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct world_person next;
	struct world_draft back;
	struct sr_err why;
	uint8_t request[SR_ID], index = 0;
	struct desk *d;

	(void)state;
	assert_non_null(b);
	assert_int_equal(confirmed(o), 3); /* an acceptance is one */
	assert_int_equal(due(w, "share-due", NULL), 0);
	w->now += SR_CONFIRM_S - SR_NOTICE_SHARE_S;
	assert_int_equal(due(w, "share-due", NULL), 3);
	assert_int_equal(confirmed(o), 3);
	assert_ok(confirm(o, &w->member[0], &why), &why);
	assert_int_equal(due(w, "share-due", w->member[0].person), 0);
	assert_int_equal(due(w, "share-due", NULL), 2);
	w->now += SR_NOTICE_SHARE_S;
	assert_int_equal(confirmed(o), 1);
	assert_ok(confirm(o, &w->member[1], &why), &why);
	assert_int_equal(confirmed(o), 2);

	/* Who has no share says nothing; nor does anybody whose share is kept back. */
	assert_int_equal(confirm(o, &w->researcher[0], &why), SR_DENIED);
	d = desk_new(o, &w->member[2]);
	d->liar.twist = twist_without;
	d->liar.ctx = share;
	assert_fails(sr_client_confirm(d->c, NULL, &index, &d->s, &d->e), SR_AUTH, &d->e,
		"withholds the box of member 3");
	assert_null(strstr(d->liar.asked, "submit"));
	desk_free(d);
	/* Not of keys that were never this epoch's. */
	assert_ok(sr_query_board(b, w->v->catalogue, NULL, 0, &w->e), &w->e);
	assert_fails(confirm_by_hand(w, &w->member[2], 1, w->v->fingerprint), SR_DENIED,
		&w->out.err, "other-epoch");
	assert_fails(confirm_by_hand(w, &w->researcher[0], 1, b->keys_hash), SR_DENIED, &w->out.err,
		"not-a-member");

	/* A new key has no share: what its owner confirmed before counts no more. */
	assert_int_equal(renew(w, &w->member[1], 5, true, &next), 0);
	sr_buf_free(&w->member[1].card);
	w->member[1] = next;
	assert_int_equal(confirmed(o), 1);
	assert_int_equal(confirm(o, &w->member[1], &why), SR_DENIED);
	assert_non_null(strstr(why.text, "was dealt to the key before"));
	assert_fails(confirm_by_hand(w, &w->member[1], 1, b->keys_hash), SR_DENIED, &w->out.err,
		"share-not-theirs");
	assert_int_equal(due(w, "share-due", w->member[1].person), 0);
	/* Brought over to the new key it is theirs again: they may confirm, and deal. */
	world_begin(&back, w, &w->member[1], SR_T_SHARE);
	sr_text_put_hex(&back.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_hex(&back.text, "run", b->run, SR_ID);
	sr_text_put_hex(&back.text, "keys", b->keys_hash, SR_HASH);
	world_object(&back, "shares", sr_bytes_str("a box that nobody opens here"));
	assert_ok(world_commit(&back, NULL), &w->out.err);
	assert_int_equal(confirmed(o), 2);
	assert_ok(confirm_by_hand(w, &w->member[1], 1, b->keys_hash), &w->out.err);
	w->now += SR_CONFIRM_S - SR_NOTICE_SHARE_S;
	assert_int_equal(due(w, "share-due", w->member[1].person), 1);
	assert_int_equal(ask(o, NULL, NULL, request), 0); /* dealers 1 and 2 */

	/* Another epoch begins with everybody's acceptance. */
	const char *others[] = {w->member[0].person, w->member[2].person, NULL};

	assert_int_equal(ask(o, NULL, others, request), 0);
	assert_int_equal(vote_of(o, 0, request), 0);
	assert_int_equal(vote_of(o, 2, request), 0);
	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[2], NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[1], NULL, NULL), NULL);
	assert_int_equal(epoch_of(w), 2);
	assert_int_equal(confirmed(o), 2);
	assert_fails(confirm_by_hand(w, &w->member[0], 1, b->keys_hash), SR_DENIED, &w->out.err,
		"other-epoch");
	assert_fails(confirm_by_hand(w, &w->member[2], 2, b->keys_hash), SR_DENIED, &w->out.err,
		"not-a-member");
	assert_fails(confirm_by_hand(w, &w->member[2], 3, b->keys_hash), SR_DENIED, &w->out.err,
		"no-standby");
	assert_ok(confirm(o, &w->member[1], &why), &why);
	assert_replays(w);
	free(b);
	office_free(o);
}

/* --- kills ------------------------------------------------------------------------------------ */

struct step {
	struct office *o;
	const uint8_t *request; /* vote: on this */
	const struct world_person *who;
	int (*act)(struct step *s);
};

static int act_vote(struct step *s) {
	return vote_of(s->o, (size_t)(s->who - s->o->w->member), s->request);
}

static int act_deal(struct step *s) {
	return deal(s->o, s->who, NULL);
}

static int act_accept(struct step *s) {
	return accept_of(s->o, s->who, NULL, NULL);
}

static void shell(struct office *o, const char *command) {
	char line[4 * T_PATH];

	(void)snprintf(line, sizeof line, "cd '%s' && %s", o->w->path, command);
	assert_int_equal(system(line), 0); // NOLINT(cert-env33-c)
}

/* Kill ${s} at its ${nth} step, from the vault that lies in kept/: true when it was done before.
 * Afterwards the vault is open, as the next process finds it. */
static bool kill_at(struct step *s, unsigned long nth) {
	int status = 0;
	pid_t pid;

	shell(s->o, "rm -rf vault second && cp -a kept/vault kept/second .");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		s->o->memory = NULL; /* what the client remembers would not be taken back */
		office_reopen(s->o);
		sr_fault_set(nth, -1);
		t_exit(s->act(s) == 0 ? 7 : 8);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	office_reopen(s->o);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
		return true;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return false;
}

/* Kill it at every fifth step, at every one with $SR_EVERY_STEP; ${check} says what must hold, and
 * whether the statement is in. It ends done. */
static void killed(struct step *s, bool (*check)(struct world *w)) {
	unsigned long nth = 1, before = 0, after = 0;
	bool done = false;

	office_close(s->o);
	shell(s->o, "rm -rf kept && mkdir kept && cp -a vault second kept/");
	for (; !done; nth += t_stride(5)) {
		if (nth > 1)
			office_close(s->o);
		done = kill_at(s, nth);
		if (check(s->o->w))
			after++;
		else
			before++;
		assert_true(nth < 1000);
	}
	assert_true(check(s->o->w));
	print_message("killed at %lu steps: %lu before the statement, %lu after\n",
		before + after - 1, before, after - 1);
	/* The last of them is what was done. How many steps come after the statement depends on
	 * what else the commit finds to do: a stride may pass over them. */
	assert_true(before > 0 && (after > 1 || t_stride(5) > 1));
}

static bool check_first_deal(struct world *w) {
	const bool in = world_count(w, SR_T_DEAL) > 3; /* those of the founding */

	assert_int_equal(ceremony_keys(w), in ? 1 : 0);
	if (in)
		assert_int_equal(read_dealing(w, 0), 0);
	return in;
}

static bool check_switch(struct world *w) {
	const bool in = epoch_of(w) == 2;
	struct sr_person_row p = {0};

	assert_int_equal(world_count(w, SR_T_OPENED), in ? 2 : 1);
	assert_int_equal(ceremony_keys(w), in ? 0 : 1);
	assert_int_equal(read_dealing(w, 0), in ? SR_NOTFOUND : 0);
	/* Roles change at the same index: never two boards, never none. */
	assert_ok(sr_query_person(&p, w->v->catalogue, w->outsider.person, &w->e), &w->e);
	assert_int_equal((p.roles & SR_ROLE_MEMBER) != 0, in);
	sr_person_row_free(&p);
	assert_ok(sr_query_person(&p, w->v->catalogue, w->member[2].person, &w->e), &w->e);
	assert_int_equal((p.roles & SR_ROLE_MEMBER) != 0, !in);
	sr_person_row_free(&p);
	return in;
}

static bool check_replaced(struct world *w) {
	const bool in = world_count(w, SR_T_RESHARE) == 2;

	assert_int_equal(ceremony_keys(w), in ? 0 : 1);
	return in;
}

static void kills_at_every_step(void **state) {
	static const struct world_options two = {.second = true};
	struct office *o = office_new(&two);
	struct world *w = o->w;
	struct step s = {.o = o, .who = &w->member[0], .act = act_deal};
	uint8_t request[SR_ID];

	(void)state;
	decided(o, &w->outsider, request);
	killed(&s, check_first_deal);
	assert_ok(deal(o, &w->member[1], NULL), NULL);

	/* Another plan takes its place. */
	assert_int_equal(ask(o, &w->outsider, NULL, request), 0);
	assert_int_equal(vote_of(o, 0, request), 0);
	s = (struct step){o, request, &w->member[1], act_vote};
	killed(&s, check_replaced);

	assert_ok(deal(o, &w->member[0], NULL), NULL);
	assert_ok(deal(o, &w->member[1], NULL), NULL);
	assert_ok(accept_of(o, &w->outsider, NULL, NULL), NULL);
	assert_ok(accept_of(o, &w->member[0], NULL, NULL), NULL);
	s = (struct step){o, NULL, &w->member[1], act_accept};
	killed(&s, check_switch);
	assert_replays(w);
	office_free(o);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dealings_live_and_die),
		cmocka_unit_test(a_replaced_plan_takes_its_dealings_along),
		cmocka_unit_test(a_seat_that_ended),
		cmocka_unit_test(a_lying_dealer),
		cmocka_unit_test(after_a_restore),
		cmocka_unit_test(who_joins_has_another_key),
		cmocka_unit_test(a_dealer_has_another_key),
		cmocka_unit_test(members_confirm_once_a_year),
		cmocka_unit_test(lies_are_not_believed),
		cmocka_unit_test(a_swapped_dealing),
		cmocka_unit_test(a_grant_outlives_it),
		cmocka_unit_test(pieces_of_two_epochs_do_not_add_up),
		cmocka_unit_test(kills_at_every_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
