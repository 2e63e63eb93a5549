/*
 * The ceremony's unhappy path, on a member's side. See client.h.
 *
 * A complaint makes its run void. What it is about is judged here and never told by the vault: the
 * dealing as its dealer signed it, the complaint as the complainer signed it, and the ephemeral
 * secret as the dealer published it (sr_deal_judge). A dealing that everybody sees is wrong needs
 * no answer. A dealer publishes the secret of no share but one whose recipient provably complained.
 */
#include "core/client_in.h"
#include "store/object.h"

/* --- judging ---------------------------------------------------------------------------------- */

/* The public inputs of another run of the same plan, which went by the keys of its time. */
static int dkg_of_run(struct sr_dkg **out, const struct sr_client_board *b,
	const struct sr_client *c, uint64_t number, struct sr_err *e) {
	struct sr_dkg *d = malloc(sizeof *d);
	const struct sr_proven *deal;
	int rc;

	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "board: out of memory");
	*d = b->dkg;
	sr_ceremony_run_id(d->run, c->info.fingerprint, b->id, number);
	deal = sr_client_of_run(&c->proofs, SR_T_DEAL, d->run, NULL, 0);
	rc = sr_client_run_keys(d, c, b, deal != NULL ? deal->index : UINT64_MAX, e);
	if (rc != 0) {
		free(d);
		return rc;
	}
	*out = d;
	return 0;
}

/* The deal of ${level} in the dealing that ${v} is about, whose public part must be right. The
 * reason why it is not stands in ${why}. */
static int accused_deal(struct sr_deal *out, const struct sr_client_board *b,
	const struct sr_dkg *d, const struct sr_complaint_view *v, struct sr_bytes body,
	struct sr_err *why) {
	struct sr_dealing dealing;
	int rc = sr_deal_decode(&dealing, body, why);

	if (rc == 0 && dealing.dealer != b->dealer[v->dealer - 1])
		rc = sr_fail(why, SR_CORRUPT, "dealer %u: the dealing is of dealer %u",
			b->dealer[v->dealer - 1], dealing.dealer);
	if (rc == 0)
		rc = sr_deal_verify(d, &dealing, why);
	for (size_t i = 0; i < dealing.count && rc == 0; i++)
		if (dealing.deal[i].level == v->level) {
			*out = dealing.deal[i];
			return 0;
		}
	return rc != 0 ? rc : sr_fail(why, SR_NOTFOUND, "there is no level %u", v->level);
}

/* The dealer's answer to ${v}; NULL: none yet. */
static const struct sr_proven *answer_to(const struct sr_client *c, const struct sr_client_board *b,
	const struct sr_dkg *d, const struct sr_complaint_view *v) {
	const char *dealer = b->view.dealer[v->dealer - 1];

	for (size_t n = 0;; n++) {
		const struct sr_proven *r =
			sr_client_of_run(&c->proofs, SR_T_REVEAL, d->run, dealer, n);
		uint64_t level = 0;

		if (r == NULL)
			return NULL;
		if (sr_field_dec(&level, &r->entry.statement, "level", 0, NULL) == 0 &&
			level == v->level &&
			sr_client_index(&b->view, sr_proven_field(r, "member", 0)) == v->complainer)
			return r;
	}
}

static int judge(struct sr_client *c, struct sr_client_board *b, const struct sr_dkg *d, size_t at,
	struct sr_err *e) {
	struct sr_complaint_view *v = &b->complaint[at];
	const struct sr_proven *answer = answer_to(c, b, d, v);
	enum sr_verdict verdict = SR_VERDICT_DEALER;
	uint8_t ephemeral[SR_X_SK];
	struct sr_err why = {0};
	struct sr_deal deal;
	char said[128];
	int rc = accused_deal(&deal, b, d, v, sr_buf_view(&b->accused[at]), &why);

	if (rc == SR_NOMEM)
		return sr_fail(e, SR_NOMEM, "%s", why.text);
	if (rc != 0) {
		v->verdict = rc == SR_NOTFOUND ? SR_COMPLAINT_FALSE : SR_COMPLAINT_RIGHT;
		snprintf(v->why, sizeof v->why, "%.190s", why.text);
		return 0;
	}
	if (answer == NULL)
		return 0;
	rc = sr_field_key(ephemeral, &answer->entry.statement, "ephemeral", 0, e);
	if (rc == 0)
		rc = sr_deal_judge(&verdict, said, d, &deal, v->complainer, ephemeral, e);
	if (rc != 0)
		return rc;
	v->verdict = verdict == SR_VERDICT_DEALER ? SR_COMPLAINT_RIGHT : SR_COMPLAINT_FALSE;
	snprintf(v->why, sizeof v->why, "%s", said);
	return 0;
}

/* The person's place among those who deal, from 1; 0: none. */
static uint8_t dealer_place(const struct sr_board_view *v, struct sr_bytes person) {
	for (uint8_t i = 0; i < v->dealers; i++)
		if (sr_bytes_eq(person, sr_bytes_str(v->dealer[i])))
			return (uint8_t)(i + 1);
	return 0;
}

static int complaint_add(struct sr_client *c, struct sr_client_board *b, const struct sr_proven *pr,
	const struct sr_dkg *d, const struct sr_rows *rows, struct sr_err *e) {
	const size_t n = b->complaints;
	const struct sr_proven *deal;
	uint64_t level = 0;
	struct sr_complaint_view *v;
	struct sr_buf *bodies;
	int rc = sr_field_dec(&level, &pr->entry.statement, "level", 0, e);

	if (rc != 0)
		return rc;
	v = realloc(b->complaint, (n + 1) * sizeof *v);
	if (v != NULL)
		b->complaint = v;
	bodies = realloc(b->accused, (n + 1) * sizeof *bodies);
	if (bodies != NULL)
		b->accused = bodies;
	if (v == NULL || bodies == NULL)
		return sr_fail(e, SR_NOMEM, "board: out of memory for %zu complaints", n + 1);
	memset(&v[n], 0, sizeof v[n]);
	v[n].entry = pr->index;
	v[n].complainer = sr_client_index(&b->view, sr_bytes_str(pr->entry.statement.head.actor));
	v[n].dealer = dealer_place(&b->view, sr_proven_field(pr, "dealer", 0));
	v[n].level = level <= UINT8_MAX ? (uint8_t)level : 0;
	sr_buf_init(&bodies[n]);
	if (v[n].complainer == 0 || v[n].dealer == 0)
		return 0; /* not of this board: it cannot be in the log of an honest vault */
	b->complaints++;
	deal = sr_client_of_run(&c->proofs, SR_T_DEAL, d->run, b->view.dealer[v[n].dealer - 1], 0);
	rc = deal == NULL
		     ? SR_NOTFOUND
		     : sr_client_dealing(&bodies[n], b->dealer[v[n].dealer - 1], deal, rows, e);
	if (rc == SR_NOTFOUND) { /* as in a bundle, where nobody asked for it */
		sr_err_clear(e);
		v[n].verdict = SR_COMPLAINT_GONE;
		snprintf(v[n].why, sizeof v[n].why, "the vault does not show the deal");
		return 0;
	}
	return rc == 0 ? judge(c, b, d, n, e) : rc;
}

int sr_client_judge(struct sr_client *c, struct sr_client_board *b, const struct sr_rows *rows,
	struct sr_err *e) {
	const uint64_t end = b->view.run_number;
	int rc = 0;

	for (uint64_t run = b->first; run < end && rc == 0; run++) {
		struct sr_dkg *d = NULL;
		const struct sr_proven *pr = NULL;

		rc = dkg_of_run(&d, b, c, run, e);
		if (rc != 0)
			return rc;
		/* A plan that was replaced had other members: nobody is judged by this one. */
		const bool other = sr_client_of_former_plan(c, b, d->run);
		for (size_t n = 0; rc == 0 && !other &&
				   (pr = sr_client_of_run(
					    &c->proofs, SR_T_COMPLAINT, d->run, NULL, n)) != NULL;
			n++) {
			const size_t before = b->complaints;

			rc = complaint_add(c, b, pr, d, rows, e);
			if (rc == 0 && b->complaints > before)
				b->complaint[before].run = run;
		}
		free(d);
	}
	b->view.complaint = b->complaint;
	b->view.complaints = b->complaints;
	return rc;
}

/* --- dealing anew, answering ------------------------------------------------------------------ */

/* The ceremony as it is now, and our place among those who deal in it. */
static int dealer_at_board(struct sr_client *c, const uint8_t *board, uint8_t *place,
	struct sr_client_board **b, struct sr_err *e) {
	int rc = sr_client_signer(c, e);

	if (rc == 0)
		rc = sr_client_board_need(c, board, false, e);
	if (rc != 0)
		return rc;
	*b = sr_client_ceremony(c);
	*place = sr_client_dealer(c, *b);
	if (*place == 0)
		return sr_fail(e, SR_DENIED, "%s is none of the %u %s", c->o.identity->person,
			(*b)->view.dealers, c->next != NULL ? "who deal" : "members");
	return 0;
}

/* The dealing. In a reshare it shares what this member holds now, which is opened from their own
 * box and dealt to the members that a quorum voted for. */
static int make_dealing(struct sr_client *c, const struct sr_client_board *b, uint8_t place,
	struct sr_buf *dealing, struct sr_err *e) {
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR] = {{0}};
	const bool reshare = b->dkg.old_members > 0;
	int rc = reshare ? sr_client_shares(c, c->board, b->dealer[place - 1], x, e) : 0;

	if (rc == 0)
		rc = sr_deal_make(dealing, &b->dkg, b->dealer[place - 1], c->o.identity->seed,
			reshare ? (const uint8_t(*)[SR_SCALAR])x : NULL, e);
	sr_wipe(x, sizeof x);
	return rc;
}

int sr_client_deal(
	struct sr_client *c, const uint8_t *board, struct sr_dealt *out, struct sr_err *e) {
	struct sr_client_board *b = NULL;
	uint8_t hash[SR_HASH];
	struct sr_buf dealing;
	struct sr_writ d;
	int rc;

	memset(out, 0, sizeof *out);
	rc = dealer_at_board(c, board, &out->index, &b, e);
	if (rc != 0)
		return rc;
	out->run = b->view.run_number;
	if (b->view.opened)
		return sr_fail(e, SR_EXISTS, "this board is open already");
	if (b->view.dealt[out->index - 1])
		return sr_fail(e, SR_EXISTS, "member %u has dealt in run %llu already",
			b->dealer[out->index - 1], (unsigned long long)out->run);
	rc = sr_client_plan_stands(c, b, e);
	if (rc != 0)
		return rc;
	sr_buf_init(&dealing);
	rc = make_dealing(c, b, out->index, &dealing, e);
	if (rc == 0)
		rc = sr_writ_begin(&d, c, SR_T_DEAL, 0, e);
	if (rc == 0) {
		sr_text_put_hex(&d.text, "board", b->id, SR_ID);
		sr_text_put_hex(&d.text, "run", b->dkg.run, SR_ID);
		sr_ceremony_dealing_hash(hash, sr_buf_view(&dealing));
		sr_text_put_hex(&d.text, "dealing", hash, SR_HASH);
		sr_writ_object(&d, "deal", sr_buf_view(&dealing));
		rc = sr_client_submit(c, &d, &out->submitted, e);
		sr_writ_free(&d);
	}
	out->index = b->dealer[out->index - 1];
	sr_buf_free(&dealing);
	sr_client_board_forget(c);
	return rc;
}

/* One answer: the secret that opens exactly this share. */
static int reveal(struct sr_client *c, const struct sr_client_board *b, size_t at,
	struct sr_submitted *out, struct sr_err *e) {
	const struct sr_complaint_view *v = &b->complaint[at];
	struct sr_dkg *d = NULL;
	uint8_t ephemeral[SR_X_SK] = {0};
	struct sr_deal deal;
	struct sr_writ w;
	int rc = dkg_of_run(&d, b, c, v->run, e);

	if (rc == 0)
		rc = accused_deal(&deal, b, d, v, sr_buf_view(&b->accused[at]), e);

	if (rc == 0)
		rc = sr_deal_reveal(ephemeral, d, &deal, v->complainer, c->o.identity->seed, e);
	if (rc == 0)
		rc = sr_writ_begin(&w, c, SR_T_REVEAL, 0, e);
	if (rc == 0) {
		sr_text_put_hex(&w.text, "run", d->run, SR_ID);
		sr_text_put_dec(&w.text, "level", v->level);
		sr_text_put(&w.text, "member", b->view.member[v->complainer - 1]);
		sr_text_put_base64(&w.text, "ephemeral", ephemeral, SR_X_SK);
		rc = sr_client_submit(c, &w, out, e);
		sr_writ_free(&w);
	}
	sr_wipe(ephemeral, sizeof ephemeral);
	free(d);
	return rc;
}

int sr_client_reveal(
	struct sr_client *c, const uint8_t *board, struct sr_revealing *out, struct sr_err *e) {
	struct sr_client_board *b = NULL;
	int rc;

	memset(out, 0, sizeof *out);
	rc = dealer_at_board(c, board, &out->index, &b, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < b->complaints && rc == 0; i++) {
		const struct sr_complaint_view *v = &b->complaint[i];

		if (v->dealer != out->index || v->verdict != SR_COMPLAINT_WAITS)
			continue;
		sr_submitted_free(&out->submitted);
		rc = reveal(c, b, i, &out->submitted, e);
		out->revealed += rc == 0;
	}
	out->index = b->dealer[out->index - 1];
	sr_client_board_forget(c);
	if (rc == 0 && out->revealed == 0)
		rc = sr_fail(e, SR_NOTFOUND, "no complaint about member %u waits for an answer",
			out->index);
	return rc;
}
