/*
 * The ceremony's unhappy path at the members' desks: who was wrong is judged there and not told by
 * the vault, which may hide and change what it shows.
 */
#include "board/ceremony.h"
#include "client_rig.h"
#include "crypto/dkg.h"
#include "past_the_door.h"
#include "world.h"

static const struct world_options bare = {.bare = true};

/* Founded by clients; member 3 deals a bad share to member 2. */
static struct office *founded(void) {
	struct office *o = office_new(&bare);
	struct sr_found_state st;

	world_draft_found(o->w);
	for (size_t i = 0; i < 3; i++) {
		struct desk *d = desk_new(o, &o->w->member[i]);

		sr_deal_spoil(i == 2 ? 2 : 0);
		assert_ok(sr_client_found_sign(d->c, NULL, &st, &d->e), &d->e);
		sr_deal_spoil(0);
		desk_free(d);
	}
	assert_true(st.founded);
	return o;
}

static void deal(struct office *o, size_t member, uint64_t run) {
	struct desk *d = desk_new(o, &o->w->member[member]);
	struct sr_dealt dealt;

	assert_ok(sr_client_deal(d->c, NULL, &dealt, &d->e), &d->e);
	assert_int_equal(dealt.index, member + 1);
	assert_int_equal(dealt.run, run);
	assert_true(dealt.submitted.proven);
	sr_submitted_free(&dealt.submitted);
	assert_fails(
		sr_client_deal(d->c, NULL, &dealt, &d->e), SR_EXISTS, &d->e, "has dealt in run");
	desk_free(d);
}

/* true: complained, of what ${piece} says. */
static bool accept_or_complain(struct office *o, size_t member, const char *piece) {
	struct desk *d = desk_new(o, &o->w->member[member]);
	struct sr_accepting a;
	bool complained;

	assert_ok(sr_client_accept(d->c, NULL, &a, &d->e), &d->e);
	assert_true(a.submitted.proven);
	complained = a.complained;
	if (complained && (piece == NULL || strstr(a.why.text, piece) == NULL))
		fail_msg("complained: %s", a.why.text);
	sr_submitted_free(&a.submitted);
	desk_free(d);
	return complained;
}

static void reveal(struct office *o, size_t member) {
	struct desk *d = desk_new(o, &o->w->member[member]);
	struct sr_revealing r;

	assert_ok(sr_client_reveal(d->c, NULL, &r, &d->e), &d->e);
	assert_int_equal(r.revealed, 1);
	assert_true(r.submitted.proven);
	sr_submitted_free(&r.submitted);
	assert_fails(
		sr_client_reveal(d->c, NULL, &r, &d->e), SR_NOTFOUND, &d->e, "waits for an answer");
	desk_free(d);
}

/* The ${at}-th complaint as the auditor's client sees it. */
static void assert_verdict(struct office *o, size_t at, enum sr_complaint_verdict verdict,
	uint8_t complainer, uint8_t dealer, const char *why) {
	struct desk *d = desk_new(o, &o->w->auditor);
	const struct sr_board_view *v = NULL;

	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	assert_true(at < v->complaints);
	assert_int_equal(v->complaint[at].run, at + 1);
	assert_int_equal(v->complaint[at].verdict, verdict);
	assert_int_equal(v->complaint[at].complainer, complainer);
	assert_int_equal(v->complaint[at].dealer, dealer);
	assert_int_equal(v->complaint[at].level, 2);
	if (strstr(v->complaint[at].why, why) == NULL)
		fail_msg("\"%s\" is not in: %s", why, v->complaint[at].why);
	desk_free(d);
}

/* A right complaint, a false one, a dealing that anybody sees is wrong; then the fourth run. */
static void every_way_to_be_wrong(void **state) {
	struct office *o = founded();
	const struct sr_board_view *v = NULL;
	struct sr_revealing r;
	struct desk *d;

	(void)state;
	assert_false(accept_or_complain(o, 0, NULL));
	assert_true(accept_or_complain(o, 1, "dealer 3: level 2: share for member 2"));
	assert_verdict(o, 0, SR_COMPLAINT_WAITS, 2, 3, "");
	for (size_t i = 0; i < 3; i++) /* nobody needs to wait for the answer */
		deal(o, i, 2);
	reveal(o, 2);
	assert_verdict(o, 0, SR_COMPLAINT_RIGHT, 2, 3, "does not fit the dealer's commitments");

	sr_client_complain_of(2);
	assert_true(accept_or_complain(o, 0, "a false complaint"));
	sr_client_complain_of(0);
	reveal(o, 1);
	assert_verdict(o, 1, SR_COMPLAINT_FALSE, 1, 2, "opens and fits the commitments");

	sr_ceremony_lax(true);
	sr_deal_spoil(SR_DEAL_SPOIL_PROOF);
	deal(o, 0, 3);
	sr_deal_spoil(0);
	sr_ceremony_lax(false);
	d = desk_new(o, &o->w->auditor);
	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	assert_int_equal(v->spoilt, 1);
	assert_true(v->dealt[0] && !v->dealt[1]);
	desk_free(d);
	assert_true(accept_or_complain(o, 2, "dealer 1: level 2: proof of knowledge"));
	assert_verdict(o, 2, SR_COMPLAINT_RIGHT, 3, 1, "proof of knowledge does not verify");
	d = desk_new(o, &o->w->member[0]);
	assert_fails(
		sr_client_reveal(d->c, NULL, &r, &d->e), SR_NOTFOUND, &d->e, "waits for an answer");
	desk_free(d);

	for (size_t i = 0; i < 3; i++)
		deal(o, i, 4);
	for (size_t i = 0; i < 3; i++)
		assert_false(accept_or_complain(o, i, NULL));
	d = desk_new(o, &o->w->auditor);
	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	assert_true(v->opened);
	assert_int_equal(v->run_number, 4);
	assert_int_equal(v->complaints, 3);
	assert_int_equal(v->spoilt, 0);
	desk_free(d);
	assert_verdict(o, 0, SR_COMPLAINT_RIGHT, 2, 3, "does not fit");
	office_free(o);
}

static void who_is_missing_is_named(void **state) {
	struct office *o = founded();
	struct sr_accepting a;
	char missing[64];

	(void)state;
	assert_true(accept_or_complain(o, 1, "dealer 3"));
	deal(o, 0, 2);
	deal(o, 2, 2);
	struct desk *d = desk_new(o, &o->w->member[0]);
	snprintf(missing, sizeof missing, "in run 2 yet: waiting for member 2 (%s)",
		o->w->member[1].person);
	assert_fails(sr_client_accept(d->c, NULL, &a, &d->e), SR_DENIED, &d->e, missing);
	desk_free(d);
	office_free(o);
}

/* ${member} hands in what ${dealer} dealt, at a vault that does not look. */
static void deals_of_another(struct office *o, size_t member, size_t dealer, uint64_t run) {
	uint8_t hash[SR_HASH], id[SR_ID];
	struct world_draft d;
	struct sr_buf dealing;

	sr_buf_init(&dealing);
	world_dealing(o->w, dealer, run, &dealing);
	sr_ceremony_run_id(id, o->w->v->fingerprint, o->w->v->fingerprint, run);
	sr_ceremony_dealing_hash(hash, sr_buf_view(&dealing));
	world_begin(&d, o->w, &o->w->member[member], SR_T_DEAL);
	sr_text_put_hex(&d.text, "board", o->w->v->fingerprint, SR_ID);
	sr_text_put_hex(&d.text, "run", id, SR_ID);
	sr_text_put_hex(&d.text, "dealing", hash, SR_HASH);
	world_object(&d, "deal", sr_buf_view(&dealing));
	sr_ceremony_lax(true);
	assert_ok(world_commit(&d, NULL), &o->w->out.err);
	sr_ceremony_lax(false);
	sr_buf_free(&dealing);
}

/* After run 1: a dealing that is another's; a complaint of a level that no board here has, which
 * only a host that is with the complainer lets in. */
static void of_somebody_else_and_of_nothing(struct office *o) {
	const struct sr_board_view *v = NULL;
	struct world_draft c;
	uint8_t run[SR_ID];
	struct desk *d;

	deal(o, 1, 2);
	deals_of_another(o, 0, 1, 2);
	assert_true(accept_or_complain(o, 2, "dealer 1: the dealing is of dealer 2"));
	assert_verdict(o, 1, SR_COMPLAINT_RIGHT, 3, 1, "dealer 1: the dealing is of dealer 2");

	deal(o, 1, 3);
	sr_ceremony_run_id(run, o->w->v->fingerprint, o->w->v->fingerprint, 3);
	world_begin(&c, o->w, &o->w->member[0], SR_T_COMPLAINT);
	sr_text_put_hex(&c.text, "run", run, SR_ID);
	sr_text_put(&c.text, "dealer", o->w->member[1].person);
	sr_text_put_dec(&c.text, "level", 9);
	past_the_door(o->w, &c, o->w->member[0].seed);
	office_reopen(o);
	d = desk_new(o, &o->w->auditor);
	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	assert_int_equal(v->complaints, 3);
	assert_int_equal(v->complaint[2].verdict, SR_COMPLAINT_FALSE);
	assert_string_equal(v->complaint[2].why, "there is no level 9");
	desk_free(d);
}

/* --- lies ------------------------------------------------------------------------------------- */

struct hide { /* a row of board.material is kept back, or its body changed */
	const char *kind, *what;
	bool flip;
};

static void hide_row(void *ctx, const struct sr_row *row, struct sr_rows_out *out) {
	const struct hide *h = ctx;
	struct sr_buf body;

	if (!row_what(row, h->kind, h->what)) {
		lie_row(out, row, NULL, sr_bytes_of(NULL, 0));
		return;
	}
	if (!h->flip)
		return;
	sr_buf_init(&body);
	sr_buf_put_bytes(&body, sr_row_get(row, "body"));
	body.p[100] ^= 1;
	lie_row(out, row, "body", sr_buf_view(&body));
	sr_buf_free(&body);
}

static int hider(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)q;
	(void)e;
	if (strcmp(op, "board.material") == 0)
		lie_rows(r, hide_row, l->ctx);
	return 0;
}

static struct desk *lied_to(struct office *o, const struct world_person *p, struct hide *h) {
	struct desk *d = desk_new(o, p);

	d->liar.twist = hider;
	d->liar.ctx = h;
	return d;
}

static void a_vault_that_hides_gains_nothing(void **state) {
	struct hide complaint = {"receipt", "complaint", false},
		    answer = {"receipt", "reveal", false}, changed = {"dealing", NULL, true},
		    dealing = {"dealing", NULL, false};
	struct office *o = founded();
	const struct sr_board_view *v = NULL;
	struct sr_accepting a;
	struct desk *d;

	(void)state;
	/* A hidden dealing, of a run that nobody complained in. */
	d = lied_to(o, &o->w->auditor, &dealing);
	assert_fails(sr_client_board(d->c, NULL, &v, &d->e), SR_AUTH, &d->e,
		"the vault withholds the dealing of member 1");
	desk_free(d);
	assert_true(accept_or_complain(o, 1, "dealer 3"));
	reveal(o, 2);
	/* A hidden answer: nobody is judged. */
	d = lied_to(o, &o->w->auditor, &answer);
	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	assert_int_equal(v->complaint[0].verdict, SR_COMPLAINT_WAITS);
	assert_int_equal(v->run_number, 2);
	desk_free(d);
	/* Another dealing than the one that was signed does not make its dealer a liar. */
	d = lied_to(o, &o->w->auditor, &changed);
	assert_fails(sr_client_board(d->c, NULL, &v, &d->e), SR_AUTH, &d->e, "dealing of member 3");
	desk_free(d);
	/* A hidden complaint shows the first run, which its complainer never accepts. */
	d = lied_to(o, &o->w->member[0], &complaint);
	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	assert_int_equal(v->run_number, 1);
	assert_int_equal(v->complaints, 0);
	assert_fails(sr_client_accept(d->c, NULL, &a, &d->e), SR_DENIED, &d->e, "");
	desk_free(d);
	of_somebody_else_and_of_nothing(o);
	office_free(o);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_be_wrong),
		cmocka_unit_test(who_is_missing_is_named),
		cmocka_unit_test(a_vault_that_hides_gains_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
