/*
 * A board as the log proves it, and the two visits of its members. See client.h.
 *
 * Believed is what all founding members signed: each `deal` with the dealing it hashes, each
 * `accept` of the transcript that is computed here from all dealings. `opened`, which the vault
 * signs, must say the same; alone it proves nothing. A voter's own `accept` is among them, so a
 * board key that was made of other dealings is never used. Who the members are is in `found`, or in
 * the statement `board` behind which a quorum of the founding board stands (core/proofs.h).
 */
#include "catalogue/query.h"
#include "core/client_in.h"
#include "ledger/card.h"
#include "merkle/note.h"
#include "store/object.h"

uint8_t sr_client_seat(const struct sr_client *c, const struct sr_client_board *b) {
	for (uint8_t i = 0; b != NULL && c->o.identity != NULL && i < b->view.members; i++)
		if (strcmp(b->view.member[i], c->o.identity->person) == 0)
			return (uint8_t)(i + 1);
	return 0;
}

uint8_t sr_client_member(const struct sr_client *c) {
	return sr_client_seat(c, c->board);
}

uint8_t sr_client_dealer(const struct sr_client *c, const struct sr_client_board *b) {
	for (uint8_t i = 0; c->o.identity != NULL && i < b->view.dealers; i++)
		if (strcmp(b->view.dealer[i], c->o.identity->person) == 0)
			return (uint8_t)(i + 1);
	return 0;
}

/* --- what the log proves ---------------------------------------------------------------------- */

const struct sr_proven *sr_client_of_run(const struct sr_proofs *p, enum sr_type_id type,
	const uint8_t run[SR_ID], const char *person, size_t n) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, run, SR_ID);
	for (size_t i = 0;; i++) {
		const struct sr_proven *pr = sr_proofs_find(p, type, "run", sr_bytes_str(hex), i);

		if (pr == NULL)
			return NULL;
		if (pr->trusted &&
			(person == NULL || strcmp(pr->entry.statement.head.actor, person) == 0) &&
			n-- == 0)
			return pr;
	}
}

uint8_t sr_client_index(const struct sr_board_view *v, struct sr_bytes person) {
	for (uint8_t i = 0; i < v->members; i++)
		if (sr_bytes_eq(person, sr_bytes_str(v->member[i])))
			return (uint8_t)(i + 1);
	return 0;
}

/* The opening of run ${n} of the board, if it is proven, or that its board waits; the run's id. */
static const struct sr_proven *opening_of(
	const struct sr_client *c, const uint8_t board[SR_ID], uint64_t n, uint8_t run[SR_ID]) {
	const struct sr_known_board *k;
	const struct sr_proven *opened;
	uint64_t epoch = 0;

	sr_ceremony_run_id(run, c->info.fingerprint, board, n);
	opened = sr_client_of_run(&c->proofs, SR_T_OPENED, run, NULL, 0);
	if (opened != NULL)
		return opened;
	opened = sr_client_of_run(&c->proofs, SR_T_STANDBY, run, NULL, 0);
	if (opened == NULL || sr_field_dec(&epoch, &opened->entry.statement, "epoch", 0, NULL) != 0)
		return NULL;
	k = sr_proofs_board(&c->proofs, board, epoch); /* another decision may have replaced it */
	return k != NULL && k->standby && opened->index > k->entry ? opened : NULL;
}

/* Somebody dealt in it before the decision that ${b} goes by. */
bool sr_client_of_former_plan(
	const struct sr_client *c, const struct sr_client_board *b, const uint8_t run[SR_ID]) {
	const struct sr_known_board *k = sr_proofs_board(&c->proofs, b->id, b->dkg.epoch);
	const struct sr_proven *deal = sr_client_of_run(&c->proofs, SR_T_DEAL, run, NULL, 0);

	return k != NULL && deal != NULL && deal->index < k->entry;
}

/* Has a member a new key since the run began? Nothing it deals would open: it is void. */
static bool rekeyed_in(
	const struct sr_client *c, const struct sr_client_board *b, const uint8_t run[SR_ID]) {
	const struct sr_known_board *k = sr_proofs_board(&c->proofs, b->id, b->dkg.epoch);
	const struct sr_proven *deal = sr_client_of_run(&c->proofs, SR_T_DEAL, run, NULL, 0);
	uint8_t then[SR_PK], now[SR_PK];

	for (size_t i = 0; k != NULL && deal != NULL && i < k->members; i++)
		if (sr_proofs_key_at(&c->proofs, k->member[i], deal->index, then) &&
			sr_proofs_key_at(&c->proofs, k->member[i], UINT64_MAX, now) &&
			memcmp(then, now, SR_PK) != 0)
			return true;
	return false;
}

/* The run that counts for ${b}, whose epoch is set: the one that `opened` names, else the first
 * after the epoch before that nobody complained in, nor got a new key. A server that hides a
 * complaint shows a run that its complainer never accepts. */
static int find_run(const struct sr_client *c, struct sr_client_board *b, uint8_t run[SR_ID],
	uint64_t *number, const struct sr_proven **opened, struct sr_err *e) {
	uint64_t epoch = 0, free_run = 0;

	b->first = 1;
	for (uint64_t n = 1; n <= b->first + SR_BOARD_RUNS_MAX; n++) {
		bool is_void;

		sr_ceremony_run_id(run, c->info.fingerprint, b->id, n);
		is_void = sr_client_of_run(&c->proofs, SR_T_COMPLAINT, run, NULL, 0) != NULL;

		*opened = opening_of(c, b->id, n, run);
		if (*opened != NULL && is_void)
			return sr_fail(e, SR_AUTH,
				"the vault opened the board with run %llu, which a complaint "
				"made void",
				(unsigned long long)n);
		*number = n;
		if (*opened != NULL &&
			sr_field_dec(&epoch, &(*opened)->entry.statement, "epoch", 0, NULL) == 0) {
			if (epoch == b->dkg.epoch)
				return 0;
			if (epoch < b->dkg.epoch) {
				b->first = n + 1;
				free_run = 0;
			}
			continue;
		}
		if (sr_client_of_former_plan(c, b, run)) {
			b->first = n + 1;
			free_run = 0;
			continue;
		}
		if (free_run == 0 && !is_void && !rekeyed_in(c, b, run))
			free_run = n;
	}
	*opened = NULL;
	if (b->dkg.epoch == 1 && memcmp(b->id, c->info.fingerprint, SR_ID) == 0 &&
		c->info.state == SR_CLIENT_OPENED)
		return sr_fail(e, SR_AUTH,
			"the vault says its board is open, and withholds the statement that "
			"opened it");
	*number = free_run != 0 ? free_run : b->first + SR_BOARD_RUNS_MAX;
	sr_ceremony_run_id(run, c->info.fingerprint, b->id, *number);
	return 0;
}

static void view_begin(struct sr_client_board *b, const struct sr_proofs *p) {
	const struct sr_known_board *k =
		sr_proofs_board(p, b->id, b->dkg.epoch); /* board_inputs had it */
	struct sr_board_view *v = &b->view;

	memcpy(v->board, b->id, SR_ID);
	v->rekey = k->epoch > 1 && k->base == k->epoch;
	v->members = b->dkg.members;
	v->levels = b->dkg.levels;
	memcpy(v->run, b->dkg.run, SR_ID);
	memcpy(v->room_key, sr_proofs_service_pk(p), SR_PK);
	if (sr_seen_newest_key(v->ledger_key, &p->seen, NULL) != 0)
		v->ledger_key[0] = '\0';
	for (size_t i = 0; i < b->dkg.members; i++) {
		memcpy(v->member_key[i], b->dkg.key[i], SR_PK);
		snprintf(v->member[i], SR_PERSON_TEXT, "%s", k->member[i]);
	}
	for (size_t i = 0; i < b->dkg.levels; i++)
		v->level[i] = b->dkg.level[i].level;
	for (size_t i = 0; i < b->dkg.levels; i++)
		v->quorum[i] = b->dkg.level[i].quorum;
}

int sr_client_dealing(struct sr_buf *out, unsigned member, const struct sr_proven *deal,
	const struct sr_rows *rows, struct sr_err *e) {
	const char *dealer = deal->entry.statement.head.actor;
	uint8_t want[SR_HASH], have[SR_HASH];
	int rc = sr_field_hash(want, &deal->entry.statement, "dealing", 0, e);

	for (size_t k = 0; k < rows->count && rc == 0; k++) {
		const struct sr_row *row = &rows->rows[k];
		uint64_t index = 0;

		if (!sr_row_is(row, "dealing") || sr_row_get_dec(&index, row, "index", NULL) != 0 ||
			index != deal->index)
			continue;
		sr_ceremony_dealing_hash(have, sr_row_get(row, "body"));
		if (memcmp(have, want, SR_HASH) != 0)
			return sr_fail(e, SR_AUTH,
				"the dealing of member %u (%s) is not the one that was signed",
				member, dealer);
		sr_buf_clear(out);
		sr_buf_put_bytes(out, sr_row_get(row, "body"));
		return sr_buf_ok(out, e);
	}
	return rc != 0 ? rc
		       : sr_fail(e, SR_NOTFOUND,
				 "the vault withholds the dealing of member %u (%s)", member,
				 dealer);
}

/* The first dealing of this run that anybody sees is wrong: a reason to complain, before all have
 * dealt too. */
static void find_spoilt(struct sr_client_board *b) {
	for (uint8_t i = 0; i < b->view.dealers && b->view.spoilt == 0; i++) {
		struct sr_err *why = &b->spoilt_why;
		struct sr_dealing dealing;
		int rc;

		if (!b->view.dealt[i])
			continue;
		rc = sr_deal_decode(&dealing, sr_buf_view(&b->dealing[i]), why);
		if (rc == 0 && dealing.dealer != b->dealer[i])
			rc = sr_fail(why, SR_CORRUPT, "dealer %u: the dealing is of dealer %u",
				b->dealer[i], dealing.dealer);
		if (rc == 0)
			rc = sr_deal_verify(&b->dkg, &dealing, why);
		if (rc == 0)
			continue;
		b->view.spoilt = (uint8_t)(i + 1);
		b->spoilt_level = b->dkg.level[0].level;
	}
}

static void dealings(const struct sr_client_board *b, struct sr_bytes views[SR_BOARD_MEMBERS_MAX]) {
	for (size_t i = 0; i < b->view.dealers; i++)
		views[i] = sr_buf_view(&b->dealing[i]);
}

/* Do the board-key lines say exactly the computed keys? */
static bool same_keys(const struct sr_client_board *b, const struct sr_statement *s) {
	if (sr_field_count(s, "board-key") != b->keys.levels)
		return false;
	for (size_t i = 0; i < b->keys.levels; i++) {
		uint64_t level = 0;
		uint8_t key[SR_PK];

		if (sr_field_level_key(&level, key, s, "board-key", i, NULL) != 0 ||
			level != b->keys.level[i].level ||
			memcmp(key, b->keys.level[i].board, SR_POINT) != 0)
			return false;
	}
	return true;
}

static bool same_transcript(const struct sr_client_board *b, const struct sr_statement *s) {
	uint8_t t[SR_HASH];

	return sr_field_hash(t, s, "transcript", 0, NULL) == 0 &&
	       memcmp(t, b->keys.transcript, SR_HASH) == 0;
}

static bool same_hash(const struct sr_client_board *b, const struct sr_statement *s) {
	uint8_t h[SR_HASH];

	return sr_field_hash(h, s, "keys", 0, NULL) == 0 && memcmp(h, b->keys_hash, SR_HASH) == 0;
}

static int check_accepts(
	struct sr_client *c, struct sr_client_board *b, bool all, struct sr_err *e) {
	for (size_t i = 0; i < b->dkg.members; i++) {
		const struct sr_proven *a =
			sr_client_of_run(&c->proofs, SR_T_ACCEPT, b->dkg.run, b->view.member[i], 0);

		if (a == NULL && all)
			return sr_fail(e, SR_AUTH,
				"the vault withholds the acceptance of member %zu (%s)", i + 1,
				b->view.member[i]);
		if (a == NULL)
			continue;
		if (!same_transcript(b, &a->entry.statement) ||
			!same_keys(b, &a->entry.statement) || !same_hash(b, &a->entry.statement))
			return sr_fail(e, SR_AUTH,
				"member %zu (%s) accepted another transcript or other keys than "
				"are shown: compare the minutes",
				i + 1, b->view.member[i]);
		b->view.accepted[i] = true;
	}
	return 0;
}

/* The last statement by which member number ${i} shows that they opened their share of this epoch:
 * acceptance, `share` (brought over to a new key) or `confirm`. NULL: none. */
static const struct sr_proven *last_opened(
	const struct sr_client_board *b, const struct sr_proofs *p, size_t i) {
	static const enum sr_type_id types[] = {SR_T_SHARE, SR_T_CONFIRM};
	const char *person = b->view.member[i];
	const struct sr_proven *last = sr_client_of_run(p, SR_T_ACCEPT, b->dkg.run, person, 0);
	char hex[2 * SR_ID + 1];

	sr_hex(hex, b->id, SR_ID);
	for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
		const struct sr_proven *pr;

		for (size_t n = 0;
			(pr = sr_proofs_find(p, types[t], "board", sr_bytes_str(hex), n)) != NULL;
			n++)
			if (pr->trusted && strcmp(pr->entry.statement.head.actor, person) == 0 &&
				same_hash(b, &pr->entry.statement) &&
				(last == NULL || pr->index > last->index))
				last = pr;
	}
	return last;
}

static int check_opened(struct sr_client_board *b, const struct sr_proofs *p,
	const struct sr_proven *opened, struct sr_err *e) {
	const struct sr_statement *s = &opened->entry.statement;
	uint64_t epoch = 0;
	int rc = sr_field_dec(&epoch, s, "epoch", 0, e);

	if (rc == 0 && (!same_transcript(b, s) || !same_keys(b, s) || !same_hash(b, s) ||
			       epoch != b->dkg.epoch))
		rc = sr_fail(
			e, SR_AUTH, "the vault opened the board with other keys than are shown");
	if (rc != 0)
		return rc;
	b->view.opened = true;
	b->view.epoch = epoch;
	for (size_t i = 0; i < b->view.members; i++) {
		const struct sr_known *who = sr_proofs_person(p, b->view.member[i]);

		const struct sr_proven *last = last_opened(b, p, i);

		b->view.rekeyed[i] = who != NULL && who->rekeyed > opened->index &&
				     (last == NULL || who->rekeyed > last->index);
		b->view.confirmed[i] =
			b->view.rekeyed[i] || last == NULL ? 0 : last->entry.received;
	}
	return 0;
}

int sr_client_run_keys(struct sr_dkg *d, const struct sr_client *c, const struct sr_client_board *b,
	uint64_t began, struct sr_err *e) {
	const struct sr_known_board *k = sr_proofs_board(&c->proofs, b->id, b->dkg.epoch);
	const struct sr_known_board *old =
		k != NULL && k->dealers > 0 ? sr_proofs_board(&c->proofs, b->id, k->epoch - 1)
					    : NULL;

	for (size_t i = 0; k != NULL && i < k->members; i++)
		if (!sr_proofs_key_at(&c->proofs, k->member[i], began, d->key[i]))
			return sr_fail(e, SR_AUTH, "the key of %s is not proven", k->member[i]);
	for (size_t i = 0; old != NULL && i < old->members; i++)
		if (!sr_proofs_key_at(&c->proofs, old->member[i], began, d->old_key[i]))
			return sr_fail(e, SR_AUTH, "the key of %s is not proven", old->member[i]);
	return 0;
}

/* Whom the reshare goes by: the epoch in force, as it was verified. */
static int reshare_inputs(struct sr_client *c, struct sr_client_board *b,
	const struct sr_known_board *k, struct sr_err *e) {
	const struct sr_client_board *old = c->board;
	struct sr_reshare r = {.dealer = k->dealer, .dealers = k->dealers};
	uint8_t key[SR_BOARD_MEMBERS_MAX][SR_PK];

	if (old == NULL || !old->view.opened || old->dkg.epoch + 1 != k->epoch)
		return sr_fail(e, SR_AUTH, "the epoch before the reshare is not shown");
	memcpy(key, b->dkg.old_key, sizeof key);
	r.old = &old->keys;
	r.key = (const uint8_t(*)[SR_PK])key;
	r.members = old->dkg.members;
	for (size_t i = 0; i < k->dealers; i++) {
		b->dealer[i] = k->dealer[i];
		memcpy(b->view.dealer[i], old->view.member[k->dealer[i] - 1], SR_PERSON_TEXT);
	}
	b->view.dealers = k->dealers;
	return sr_ceremony_reshare(&b->dkg, &r, e);
}

/* Members and quorums of an epoch, from what was proven about the board, and the members' keys: a
 * run goes by those that they had when it began. */
static int board_inputs(struct sr_client *c, struct sr_client_board *b, struct sr_err *e) {
	const struct sr_known_board *k = sr_proofs_board(&c->proofs, b->id, b->dkg.epoch);
	struct sr_dkg *d = &b->dkg;

	if (k == NULL)
		return sr_fail(e, SR_AUTH,
			"the vault does not show that a quorum made this board: it is withheld");
	memcpy(d->vault, c->info.fingerprint, SR_HASH);
	memcpy(d->board, b->id, SR_ID);
	d->members = k->members;
	d->levels = k->levels;
	for (size_t i = 0; i < k->members; i++) {
		b->dealer[i] = (uint8_t)(i + 1);
		memcpy(b->view.dealer[i], k->member[i], SR_PERSON_TEXT);
	}
	b->view.dealers = k->members;
	for (size_t i = 0; i < k->levels; i++) {
		d->level[i].level = k->level[i];
		d->level[i].quorum = k->quorum[i];
	}
	return sr_client_run_keys(d, c, b, b->began, e);
}

static int view_keys(struct sr_client_board *b) {
	b->combined = true;
	memcpy(b->view.transcript, b->keys.transcript, SR_HASH);
	for (size_t i = 0; i < b->keys.levels; i++)
		memcpy(b->view.key[i], b->keys.level[i].board, SR_POINT);
	return 0;
}

/* Are these the keys of exactly this run, epoch and board, with its levels and members? */
static bool keys_fit(const struct sr_client_board *b, const struct sr_board_keys *k) {
	const struct sr_dkg *d = &b->dkg;

	if (memcmp(k->vault, d->vault, SR_HASH) != 0 || memcmp(k->board, d->board, SR_ID) != 0 ||
		memcmp(k->run, d->run, SR_ID) != 0 || k->epoch != d->epoch ||
		k->keys.levels != d->levels)
		return false;
	for (size_t i = 0; i < d->levels; i++)
		if (k->keys.level[i].level != d->level[i].level ||
			k->keys.level[i].quorum != d->level[i].quorum ||
			k->keys.level[i].members != d->members)
			return false;
	return true;
}

/* An open board: the keys that `opened` names, which every member must have accepted. Dealings are
 * needed no more. */
static int open_keys(struct sr_client *c, struct sr_client_board *b, const struct sr_proven *opened,
	const struct sr_rows *rows, struct sr_err *e) {
	const struct sr_row *row = NULL;
	struct sr_board_keys *k = calloc(1, sizeof *k);
	char run[2 * SR_ID + 1];
	int rc = k == NULL ? sr_fail(e, SR_NOMEM, "board: out of memory") : 0;

	sr_hex(run, b->dkg.run, SR_ID);
	for (size_t i = 0; i < rows->count && row == NULL; i++)
		if (sr_row_is(&rows->rows[i], "keys") &&
			sr_bytes_eq(sr_row_get(&rows->rows[i], "run"), sr_bytes_str(run)))
			row = &rows->rows[i];
	if (rc == 0 && row == NULL)
		rc = sr_fail(e, SR_AUTH, "the vault withholds the board's keys");
	if (rc == 0) {
		sr_buf_put_bytes(&b->body, sr_row_get(row, "body"));
		rc = sr_buf_ok(&b->body, e);
	}
	sr_keys_hash(b->keys_hash, sr_buf_view(&b->body));
	if (rc == 0 && !same_hash(b, &opened->entry.statement))
		rc = sr_fail(
			e, SR_AUTH, "the vault opened the board with other keys than are shown");
	if (rc == 0)
		rc = sr_keys_decode(k, sr_buf_view(&b->body), e);
	if (rc == 0 && !keys_fit(b, k))
		rc = sr_fail(e, SR_AUTH,
			"the vault shows the keys of another board, epoch or run than it opened");
	if (rc == 0) {
		b->keys = k->keys;
		rc = view_keys(b);
	}
	free(k);
	if (rc == 0)
		rc = check_accepts(c, b, true, e);
	for (size_t i = 0; i < b->view.dealers; i++)
		b->view.dealt[i] = true;
	return rc == 0 ? check_opened(b, &c->proofs, opened, e) : rc;
}

/* The box with our own shares, if we are a member. It proves itself when it is opened. */
static int own_box(struct sr_client *c, struct sr_client_board *b, const struct sr_rows *rows,
	struct sr_err *e) {
	char run[2 * SR_ID + 1];

	sr_hex(run, b->dkg.run, SR_ID);
	for (size_t i = 0; c->o.identity != NULL && i < rows->count; i++) {
		const struct sr_row *row = &rows->rows[i];

		if (!sr_row_is(row, "share") ||
			!sr_bytes_eq(sr_row_get(row, "run"), sr_bytes_str(run)) ||
			!sr_bytes_eq(
				sr_row_get(row, "person"), sr_bytes_str(c->o.identity->person)))
			continue;
		sr_buf_clear(&b->box);
		sr_buf_put_bytes(&b->box, sr_row_get(row, "body"));
	}
	return sr_buf_ok(&b->box, e);
}

/* The dealing in place ${i} is not shown; the first such is told. */
static void missing(struct sr_client_board *b, size_t i) {
	if (b->view.spoilt != 0)
		return;
	b->view.spoilt_gone = true;
	b->view.spoilt = (uint8_t)(i + 1);
	b->spoilt_level = b->dkg.level[0].level;
	(void)sr_fail(&b->spoilt_why, SR_NOTFOUND,
		"the vault does not show the dealing of member %u (%s). If it was restored, the "
		"dealing is gone: board accept --gone makes the run void",
		b->dealer[i], b->view.dealer[i]);
}

/* A ceremony under way: whose dealings are there. */
static int take_deals(struct sr_client *c, struct sr_client_board *b, const struct sr_rows *rows,
	size_t *dealt, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < b->view.dealers && rc == 0; i++) {
		const struct sr_proven *deal =
			sr_client_of_run(&c->proofs, SR_T_DEAL, b->dkg.run, b->view.dealer[i], 0);

		if (deal == NULL)
			continue;
		rc = sr_client_dealing(&b->dealing[i], b->dealer[i], deal, rows, e);
		if (rc == SR_NOTFOUND && b->dkg.old_members > 0) {
			/* After a restore it is gone. To complain of it is the member's to
			 * decide: a vault may hide it to make them look like a liar. */
			sr_err_clear(e);
			rc = 0;
			missing(b, i);
		}
		if (rc == SR_NOTFOUND) {
			rc = SR_AUTH;
			if (e != NULL)
				e->code = SR_AUTH;
		}
		b->view.dealt[i] = true;
		(*dealt)++;
	}
	return rc;
}

static int combine(struct sr_client *c, struct sr_client_board *b, struct sr_err *e) {
	struct sr_bytes views[SR_BOARD_MEMBERS_MAX];
	int rc;

	dealings(b, views);
	rc = sr_ceremony_combine(&b->keys, &b->dkg, views, b->view.dealers, e);
	if (rc != 0)
		return rc;
	sr_keys_encode(&b->body, &b->dkg, &b->keys);
	rc = sr_buf_ok(&b->body, e);
	sr_keys_hash(b->keys_hash, sr_buf_view(&b->body));
	if (rc == 0)
		rc = view_keys(b);
	return rc == 0 ? check_accepts(c, b, false, e) : rc;
}

/* ${waits}: the epoch that a reshare or rekey makes, c->board being the one in force. */
static int board_make(struct sr_client *c, struct sr_client_board *b, bool waits,
	const struct sr_rows *rows, struct sr_err *e) {
	const struct sr_proven *opened = NULL, *first;
	const struct sr_known_board *plan;
	uint8_t run[SR_ID];
	size_t dealt = 0;
	uint64_t number = 0;
	int rc = find_run(c, b, run, &number, &opened, e);

	if (rc != 0)
		return rc;
	first = sr_client_of_run(&c->proofs, SR_T_DEAL, run, NULL, 0);
	b->began = first != NULL ? first->index : UINT64_MAX;
	memcpy(b->dkg.run, run, SR_ID);
	rc = board_inputs(c, b, e);
	if (rc != 0)
		return rc;
	/* A new key is nobody's of before: its members deal as those of a new board. */
	plan = sr_proofs_board(&c->proofs, b->id, b->dkg.epoch);
	rc = waits && plan != NULL && plan->dealers > 0 ? reshare_inputs(c, b, plan, e)
							: sr_dkg_check(&b->dkg, e);
	if (rc != 0)
		return rc;
	view_begin(b, &c->proofs);
	b->view.run_number = number;
	if (opened != NULL) {
		rc = open_keys(c, b, opened, rows, e);
		if (rc == 0)
			rc = own_box(c, b, rows, e);
		return rc == 0 ? sr_client_judge(c, b, rows, e) : rc;
	}
	rc = take_deals(c, b, rows, &dealt, e);
	if (rc == 0)
		rc = sr_client_judge(c, b, rows, e);
	if (rc == 0 && b->view.spoilt == 0)
		find_spoilt(b);
	if (rc != 0 || dealt < b->view.dealers || b->view.spoilt != 0)
		return rc;
	return combine(c, b, e);
}

static void board_free(struct sr_client_board *b) {
	for (size_t i = 0; b != NULL && i < SR_BOARD_MEMBERS_MAX; i++)
		sr_buf_free(&b->dealing[i]);
	for (size_t i = 0; b != NULL && i < b->complaints; i++)
		sr_buf_free(&b->accused[i]);
	if (b != NULL) {
		sr_buf_free(&b->body);
		sr_buf_free(&b->box);
		free(b->complaint);
		free(b->accused);
	}
	free(b);
}

void sr_client_board_forget(struct sr_client *c) {
	board_free(c->board);
	board_free(c->next);
	board_free(c->former);
	c->board = c->next = c->former = NULL;
}

/* One epoch of the board, as the rows and the set show it. */
static int epoch_make(struct sr_client_board **out, struct sr_client *c, const uint8_t board[SR_ID],
	uint64_t epoch, bool waits, const struct sr_rows *rows, struct sr_err *e) {
	struct sr_client_board *b = calloc(1, sizeof *b);
	int rc;

	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "board: out of memory");
	memcpy(b->id, board, SR_ID);
	b->dkg.epoch = epoch;
	sr_buf_init(&b->body);
	sr_buf_init(&b->box);
	rc = board_make(c, b, waits, rows, e);
	if (rc != 0) {
		board_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

static void view_standby(struct sr_client *c, struct sr_client_board *b) {
	const struct sr_known_board *k = sr_proofs_board(&c->proofs, b->id, b->dkg.epoch);
	struct sr_takeover t;
	char hex[2 * SR_HASH + 1];

	b->view.standby = k != NULL && k->standby;
	if (!b->view.standby || !b->view.opened)
		return;
	sr_hex(hex, b->keys_hash, SR_HASH);
	sr_proofs_takeover(&t, &c->proofs, k, sr_bytes_str(hex), UINT64_MAX);
	b->view.taking = t.members;
	b->view.taking_custodian = t.custodian;
	b->view.taking_auditor = t.auditor;
}

int sr_client_board_rows(struct sr_client *c, const uint8_t board[SR_ID],
	const struct sr_rows *rows, struct sr_err *e) {
	uint64_t epoch = 1;
	int rc;

	for (const struct sr_known_board *k;
		(k = sr_proofs_board(&c->proofs, board, epoch + 1)) != NULL && k->opened != 0;)
		epoch++;
	sr_client_board_forget(c);
	rc = epoch_make(&c->board, c, board, epoch, false, rows, e);
	if (rc == 0 && c->board != NULL && c->board->view.opened &&
		sr_proofs_board(&c->proofs, board, epoch + 1) != NULL)
		rc = epoch_make(&c->next, c, board, epoch + 1, true, rows, e);
	if (rc != 0 || c->board == NULL) {
		sr_client_board_forget(c);
		SR_NAMED(rc, e, "board");
		return rc;
	}
	c->board->view.next = c->next != NULL ? &c->next->view : NULL;
	if (c->next != NULL)
		view_standby(c, c->next);
	c->board_size = c->proofs.seen.size;
	return 0;
}

uint64_t sr_client_former_epoch(
	const struct sr_client *c, const uint8_t request[SR_ID], uint64_t version) {
	const struct sr_proven *pr = sr_client_version_of(&c->proofs, request, version);
	const struct sr_client_board *b = c->board;
	uint64_t epoch = 0;

	if (pr == NULL || b == NULL ||
		!sr_bytes_eq(sr_proven_field(pr, "kind", 0), sr_bytes_str("reseal")) ||
		sr_field_dec(&epoch, &pr->entry.statement, "epoch", 0, NULL) != 0)
		return 0;
	/* It may have been asked for before a reshare that came before the new key. */
	return sr_proofs_base(&c->proofs, b->id, epoch) ==
			       sr_proofs_base(&c->proofs, b->id, b->dkg.epoch)
		       ? 0
		       : sr_proofs_last(&c->proofs, b->id, epoch);
}

int sr_client_former_rows(
	struct sr_client *c, uint64_t epoch, const struct sr_rows *rows, struct sr_err *e) {
	int rc;

	board_free(c->former);
	c->former = NULL;
	rc = epoch_make(&c->former, c, c->board->id, epoch, false, rows, e);
	if (rc == 0 && c->former != NULL && !c->former->view.opened) {
		board_free(c->former);
		c->former = NULL;
		rc = sr_fail(e, SR_AUTH, "it is not shown that epoch %llu was opened",
			(unsigned long long)epoch);
	}
	SR_NAMED(rc, e, "board in epoch %llu", (unsigned long long)epoch);
	return rc;
}

/* Of the board as it is now, or of an epoch before (${epoch} not 0). */
static int board_fetch(
	struct sr_client *c, const uint8_t id[SR_ID], uint64_t epoch, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	uint8_t board[SR_ID];
	int rc;

	memcpy(board, id, SR_ID);
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "board.material");
	sr_text_put_hex(&q.head, "board", board, SR_ID);
	sr_client_put_since(c, &q);
	if (epoch == 0)
		sr_text_put(&q.head, "complaints", "yes");
	else
		sr_text_put_dec(&q.head, "epoch", epoch);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0)
		rc = sr_proofs_add_rows(&c->proofs, &rows, e);
	if (rc == 0)
		rc = epoch == 0 ? sr_client_board_rows(c, board, &rows, e)
				: sr_client_former_rows(c, epoch, &rows, e);
	if (rc == 0)
		rc = sr_client_seen(c, false, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* Has the board's log grown since it was verified here? Only a hint of the server's: what follows
 * is that it is verified again, and a server that keeps it back could keep back the entries as
 * well. */
static int board_moved(
	bool *moved, struct sr_client *c, const uint8_t board[SR_ID], struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "board");
	sr_text_put_hex(&q.head, "board", board, SR_ID);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; i < rows.count && rc == 0; i++) {
		uint64_t index = 0;

		if (!sr_row_is(&rows.rows[i], "entry"))
			continue;
		rc = sr_row_get_dec(&index, &rows.rows[i], "index", e);
		*moved = *moved || index >= c->board_size;
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_board_need(struct sr_client *c, const uint8_t *board, bool opened, struct sr_err *e) {
	uint8_t id[SR_ID];
	bool stale;
	int rc = 0;

	memcpy(id, board != NULL ? board : c->info.fingerprint, SR_ID);
	stale = c->board == NULL || memcmp(c->board->id, id, SR_ID) != 0 ||
		!c->board->view.opened || (c->next != NULL && !opened);
	if (!stale && c->o.transport.call != NULL)
		rc = board_moved(&stale, c, id, e);
	if (rc == 0 && stale)
		rc = board_fetch(c, id, 0, e);
	if (rc == 0 && opened && !c->board->view.opened)
		rc = sr_fail(e, SR_DENIED,
			"the board has no keys yet: every member accepts first (board accept)");
	return rc;
}

int sr_client_former_need(struct sr_client *c, uint64_t epoch, struct sr_err *e) {
	if (c->former != NULL && c->former->dkg.epoch == epoch)
		return 0;
	return board_fetch(c, c->board->id, epoch, e);
}

int sr_client_board(struct sr_client *c, const uint8_t *board, const struct sr_board_view **out,
	struct sr_err *e) {
	const int rc = sr_client_board_need(c, board, false, e);

	if (rc == 0)
		*out = &c->board->view;
	return rc;
}

int sr_client_own_board(struct sr_client *c, uint8_t board[SR_ID], struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	size_t mine = 0;
	int rc;

	memcpy(board, c->info.fingerprint, SR_ID);
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "boards");
	rc = sr_client_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; rc == 0 && i < rows.count; i++) {
		uint8_t id[SR_ID];

		if (!sr_row_is(&rows.rows[i], "board") ||
			sr_row_get(&rows.rows[i], "mine").p == NULL)
			continue;
		rc = sr_row_get_id(id, SR_ID, &rows.rows[i], "id", e);
		if (rc == 0 && mine++ == 0)
			memcpy(board, id, SR_ID);
		else
			memcpy(board, c->info.fingerprint, SR_ID);
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* A share that does not open because it was dealt to the key before: the log shows another key
 * since, or ours is not the one that we are named after. */
static int inherited(const struct sr_client *c, uint8_t index, int rc, struct sr_err *e) {
	const struct sr_known *self = sr_proofs_person(&c->proofs, c->o.identity->person);
	char first[SR_PERSON_TEXT];

	sr_person_name(first, c->o.identity->pk);
	if (rc != SR_AUTH ||
		((self == NULL || self->rekeyed == 0) && strcmp(first, c->o.identity->person) == 0))
		return rc;
	return sr_fail(e, SR_DENIED,
		"the share of member %u was dealt to the key before: the recovery sheet or the "
		"identity before brings it over (board restore-share); without either the board "
		"deals anew (board reshare)",
		index);
}

int sr_client_shares(struct sr_client *c, const struct sr_client_board *b, uint8_t index,
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR], struct sr_err *e) {
	struct sr_share_place at = {.keys = &b->keys, .index = index};
	int rc;

	if (b->box.len == 0)
		return sr_fail(e, SR_AUTH, "the vault withholds the box of member %u", index);
	memcpy(at.hash, b->keys_hash, SR_HASH);
	rc = sr_shares_open(x, &at, c->o.identity->seed, sr_buf_view(&b->box), e);
	return inherited(c, index, rc, e);
}

/* What a member is dealt in the ceremony under way. */
static int dealt_shares(struct sr_client *c, const struct sr_client_board *b, uint8_t index,
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR], struct sr_err *e) {
	const struct sr_ceremony_member me = {index, c->o.identity->seed};
	struct sr_bytes views[SR_BOARD_MEMBERS_MAX];
	int rc;

	dealings(b, views);
	rc = sr_ceremony_shares(x, &b->keys, &b->dkg, views, &me, e);
	return inherited(c, index, rc, e);
}

/* --- the draft -------------------------------------------------------------------------------- */

struct roster { /* one role's cards while the draft is made */
	const char *key;
	const struct sr_introduction *who;
	size_t count;
};

static int roster_put(struct sr_buf *text, struct sr_buf *names, uint32_t *named,
	const struct roster *all, size_t role, struct sr_err *e) {
	for (size_t i = 0; i < all[role].count; i++) {
		const struct sr_introduction *w = &all[role].who[i];
		struct sr_card card;
		uint8_t want[SR_HASH];
		bool before = false;
		int rc = sr_card_read(&card, w->card, e);

		if (rc != 0) {
			SR_NAMED(rc, e, "%s %zu", all[role].key, i + 1);
			return rc;
		}
		sr_text_commit(want, w->salt, w->name);
		if (memcmp(want, card.name, SR_HASH) != 0)
			return sr_fail(e, SR_AUTH,
				"%s %zu: the name beside the card is not the one it was made with",
				all[role].key, i + 1);
		sr_text_put_base64(text, all[role].key, w->card.p, w->card.len);
		for (size_t r = 0; r <= role && !before;
			r++) /* one name for each distinct person */
			for (size_t k = 0; k < (r < role ? all[r].count : i) && !before; k++)
				before = sr_bytes_eq(all[r].who[k].card, w->card);
		if (before)
			continue;
		sr_buf_put_lp(names, sr_bytes_str(all[role].key));
		sr_buf_put_le32(names, (uint32_t)i);
		sr_buf_put(names, w->salt, SR_SALT);
		sr_buf_put_lp(names, w->name);
		(*named)++;
	}
	return 0;
}

static int draft_text(struct sr_client *c, const struct sr_founding *f, struct sr_buf *text,
	struct sr_buf *names, uint32_t *named, struct sr_err *e) {
	const struct roster all[] = {{"member", f->member, f->members},
		{"curator", f->curator, f->curators}, {"officer", f->officer, f->officers},
		{"auditor", f->auditor, f->auditors}, {"custodian", f->custodian, f->custodians},
		{"standby", f->standby, f->standbys}};
	const char *key = f->ledger_key != NULL ? f->ledger_key : c->hello_key;
	const uint8_t *room = f->room_key != NULL ? f->room_key : c->hello_room;
	struct sr_head head = {.time = sr_now(&c->clock)};
	int rc = 0;

	if ((f->ledger_key == NULL || f->room_key == NULL) && !c->hello_keys)
		return sr_fail(
			e, SR_UNSUPPORTED, "the vault does not say its ledger key and room key");
	sr_random(head.id, SR_ID);
	sr_statement_begin(text, SR_T_FOUND, &head);
	sr_text_put(text, "origin", f->origin != NULL ? f->origin : c->info.origin);
	sr_text_put(text, "ledger-key", key);
	sr_text_put_base64(text, "room-key", room, SR_PK);
	for (size_t i = 0; i < f->level_count; i++)
		sr_text_put_dec(text, "level", f->levels[i]);
	for (size_t k = 0; k < sizeof all / sizeof all[0] && rc == 0; k++)
		rc = roster_put(text, names, named, all, k, e);
	for (size_t i = 0; i < f->level_count && f->standbys > 0; i++)
		sr_text_putf(text, "standby-quorum", "%llu %llu", (unsigned long long)f->levels[i],
			(unsigned long long)f->standby_quorums[i]);
	return rc == 0 ? sr_buf_ok(text, e) : rc;
}

/* Is it a founding that can be signed: grammar, members, levels? */
static int draft_check(
	struct sr_bytes text, struct sr_statement *st, struct sr_dkg *d, struct sr_err *e) {
	uint8_t run[SR_ID];
	int rc = sr_statement_parse_text(st, text, e);

	if (rc == 0 && st->type->id != SR_T_FOUND)
		rc = sr_fail(e, SR_CORRUPT, "the draft is %s, not found", st->type->name);
	if (rc != 0)
		return rc;
	sr_ceremony_run_id(run, st->hash, st->hash, 1);
	return sr_ceremony_dkg(d, st, run, e);
}

int sr_client_found_draft(struct sr_client *c, const struct sr_founding *f,
	uint8_t fingerprint[SR_HASH], struct sr_err *e) {
	struct sr_buf text, names;
	struct sr_statement st = {0};
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_call q, r;
	uint8_t theirs[SR_HASH];
	uint32_t named = 0;
	int rc = d == NULL ? sr_fail(e, SR_NOMEM, "found: out of memory") : 0;

	sr_buf_init(&text);
	sr_buf_init_secret(&names);
	sr_call_init(&q);
	sr_call_init(&r);
	if (rc == 0)
		rc = draft_text(c, f, &text, &names, &named, e);
	if (rc == 0)
		rc = draft_check(sr_buf_view(&text), &st, d, e);
	if (rc == SR_CORRUPT && e != NULL) { /* what was typed here: nothing is damaged */
		const struct sr_err why = *e;

		rc = sr_fail(e, SR_USAGE, "%s", why.text);
	}
	if (rc != 0)
		goto out;
	sr_call_begin(&q, "found.draft");
	sr_buf_put_lp_buf(&q.body, &text);
	sr_buf_put_le32(&q.body, named);
	sr_buf_put_buf(&q.body, &names);
	rc = sr_client_call(c, &q, &r, e);
	if (rc == 0)
		rc = sr_unhex(theirs, SR_HASH, sr_text_get(&r.text, "fingerprint"), e);
	if (rc == 0 && memcmp(theirs, st.hash, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "the vault keeps another draft than it was given");
	if (rc == 0) {
		memcpy(fingerprint, st.hash, SR_HASH);
		memcpy(c->info.fingerprint, st.hash, SR_HASH);
		c->info.state = SR_CLIENT_DRAFT;
	}
out:
	SR_NAMED(rc, e, "found");
	sr_statement_free(&st);
	free(d);
	sr_buf_free(&text);
	sr_buf_free(&names);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* --- first visit ------------------------------------------------------------------------------ */

static uint8_t index_in(const struct sr_dkg *d, const uint8_t pk[SR_PK]) {
	for (uint8_t i = 0; i < d->members; i++)
		if (memcmp(d->key[i], pk, SR_PK) == 0)
			return (uint8_t)(i + 1);
	return 0;
}

/* The deal statement for ${dealing}; its object's id under ${salt}. */
static int deal_note(struct sr_client *c, const struct sr_dkg *d, struct sr_bytes dealing,
	const uint8_t salt[SR_SALT], struct sr_buf *note, struct sr_err *e) {
	struct sr_head head = {.time = sr_now(&c->clock)};
	uint8_t hash[SR_HASH], id[SR_HASH];
	struct sr_buf text;
	int rc;

	memcpy(head.vault, d->vault, SR_HASH);
	sr_random(head.id, SR_ID);
	snprintf(head.actor, sizeof head.actor, "%s", c->o.identity->person);
	sr_merkle_root(head.seen_root, NULL, 0);
	sr_ceremony_dealing_hash(hash, dealing);
	sr_object_id(id, salt, dealing);
	sr_buf_init(&text);
	sr_statement_begin(&text, SR_T_DEAL, &head);
	sr_text_put_hex(&text, "board", d->board, SR_ID);
	sr_text_put_hex(&text, "run", d->run, SR_ID);
	sr_text_put_hex(&text, "dealing", hash, SR_HASH);
	sr_text_put_hex(&text, "deal", id, SR_HASH);
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_statement_sign(
			note, sr_buf_view(&text), c->o.identity->person, c->o.identity->seed, e);
	sr_buf_free(&text);
	return rc;
}

static int sign_body(struct sr_client *c, const struct sr_dkg *d, struct sr_bytes draft,
	uint8_t index, struct sr_buf *body, struct sr_err *e) {
	struct sr_buf found, deal, dealing;
	uint8_t salt[SR_SALT];
	int rc;

	sr_buf_init(&found);
	sr_buf_init(&deal);
	sr_buf_init(&dealing);
	sr_random(salt, SR_SALT);
	rc = sr_deal_make(&dealing, d, index, c->o.identity->seed, NULL, e);
	if (rc == 0)
		rc = deal_note(c, d, sr_buf_view(&dealing), salt, &deal, e);
	if (rc == 0)
		rc = sr_statement_sign(
			&found, draft, c->o.identity->person, c->o.identity->seed, e);
	if (rc == 0) {
		sr_buf_put_lp_buf(body, &found);
		sr_buf_put_lp_buf(body, &deal);
		sr_buf_put(body, salt, SR_SALT);
		sr_buf_put_lp_buf(body, &dealing);
		rc = sr_buf_ok(body, e);
	}
	sr_buf_free(&found);
	sr_buf_free(&deal);
	sr_buf_free(&dealing);
	return rc;
}

static int sign_state(struct sr_found_state *s, const struct sr_call *r, struct sr_err *e) {
	int rc = sr_parse_dec(
		&s->members, sr_text_get(&r->text, "members"), SR_BOARD_MEMBERS_MAX, e);

	if (rc == 0)
		rc = sr_parse_dec(
			&s->signed_by, sr_text_get(&r->text, "signed"), SR_BOARD_MEMBERS_MAX, e);
	s->founded = sr_text_get(&r->text, "founded").p != NULL;
	return rc;
}

static int sign_draft(struct sr_client *c, struct sr_bytes draft, const uint8_t *expected,
	struct sr_found_state *s, struct sr_err *e) {
	struct sr_statement st = {0};
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_call q, r;
	int rc = d == NULL ? sr_fail(e, SR_NOMEM, "found: out of memory")
			   : draft_check(draft, &st, d, e);

	sr_call_init(&q);
	sr_call_init(&r);
	if (rc == 0 && memcmp(st.hash, expected, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH,
			"the draft has another fingerprint than the one that was agreed on; "
			"nothing is signed");
	if (rc == 0) {
		s->index = index_in(d, c->o.identity->pk);
		if (s->index == 0)
			rc = sr_fail(e, SR_DENIED, "%s is none of the %u members of this draft",
				c->o.identity->person, d->members);
	}
	if (rc == 0) {
		sr_call_begin(&q, "found.sign");
		rc = sign_body(c, d, draft, s->index, &q.body, e);
	}
	if (rc == 0)
		rc = sr_client_call(c, &q, &r, e);
	if (rc == 0)
		rc = sign_state(s, &r, e);
	memcpy(s->fingerprint, st.hash, SR_HASH);
	sr_statement_free(&st);
	free(d);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_found_sign(struct sr_client *c, const uint8_t *expected, struct sr_found_state *out,
	struct sr_err *e) {
	struct sr_found_state s = {0};
	struct sr_call q, r;
	struct sr_rows rows = {0};
	int rc = 0;

	if (c->o.identity == NULL)
		return sr_fail(e, SR_USAGE, "this needs an identity (--as FILE)");
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "found.show");
	rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0) {
		const struct sr_row *row = sr_rows_first(&rows, "draft");

		rc = row == NULL
			     ? sr_fail(e, SR_CORRUPT, "found: the vault shows no draft")
			     : sign_draft(c, sr_row_get(row, "text"),
				       expected != NULL ? expected : c->info.fingerprint, &s, e);
	}
	if (rc == 0)
		*out = s;
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* Did the board end the roles of somebody who is to sit, or to deal and has not yet, since it
 * decided that? Nobody deals or accepts for them any more, whatever vault asks for it; an honest
 * one does not (board/invariants_ceremony.c). */
int sr_client_plan_stands(
	const struct sr_client *c, const struct sr_client_board *b, struct sr_err *e) {
	const struct sr_known_board *k = sr_proofs_board(&c->proofs, b->id, b->dkg.epoch);
	const char *ended = NULL;

	for (size_t i = 0; k != NULL && ended == NULL && i < b->view.members; i++)
		if (sr_proofs_ended(&c->proofs, b->view.member[i], k->entry))
			ended = b->view.member[i];
	for (size_t i = 0; k != NULL && ended == NULL && i < b->view.dealers; i++)
		if (!b->view.dealt[i] && sr_proofs_ended(&c->proofs, b->view.dealer[i], k->entry))
			ended = b->view.dealer[i];
	if (ended == NULL)
		return 0;
	return sr_fail(e, SR_DENIED,
		"the board ended the roles of %s since this was decided, and it is void: no share "
		"is dealt to them; the board decides anew without them (board reshare, board "
		"rekey, board add)",
		ended);
}

/* --- second visit ----------------------------------------------------------------------------- */

/* The first dealer (by place) and level whose share for us is bad; 0 none. */
static uint8_t bad_dealer(struct sr_client *c, uint8_t index, uint8_t *level, struct sr_err *why) {
	const struct sr_client_board *b = sr_client_ceremony(c);

	for (uint8_t i = 0; i < b->view.dealers; i++) {
		struct sr_dealing dealing;

		if (sr_deal_decode(&dealing, sr_buf_view(&b->dealing[i]), why) != 0)
			return 0;
		for (size_t k = 0; k < dealing.count; k++) {
			uint8_t share[SR_SCALAR];
			const int rc = sr_deal_open_share(
				share, &b->dkg, &dealing.deal[k], index, c->o.identity->seed, why);

			sr_wipe(share, sizeof share);
			if (rc == SR_AUTH || rc == SR_CORRUPT) {
				*level = dealing.deal[k].level;
				return (uint8_t)(i + 1);
			}
		}
	}
	return 0;
}

static int complain(struct sr_client *c, uint8_t dealer, uint8_t level, struct sr_accepting *out,
	struct sr_err *e) {
	const struct sr_client_board *b = sr_client_ceremony(c);
	struct sr_writ d;
	int rc = sr_writ_begin(&d, c, SR_T_COMPLAINT, 0, e);

	if (rc == 0) {
		sr_text_put_hex(&d.text, "run", b->dkg.run, SR_ID);
		sr_text_put(&d.text, "dealer", b->view.dealer[dealer - 1]);
		sr_text_put_dec(&d.text, "level", level);
		rc = sr_client_submit(c, &d, &out->submitted, e);
	}
	out->complained = rc == 0;
	sr_writ_free(&d);
	if (rc == 0)
		sr_client_board_forget(c);
	return rc;
}

static int not_all_dealt(const struct sr_board_view *v, struct sr_err *e) {
	char who[300] = "";
	size_t len = 0;

	for (uint8_t i = 0; i < v->dealers && len < sizeof who; i++) {
		if (v->dealt[i])
			continue;
		int n = snprintf(who + len, sizeof who - len, "%smember %u (%s)",
			len == 0 ? "" : ", ", (unsigned)i + 1, v->dealer[i]);
		len += n > 0 ? (size_t)n : 0;
	}
	return sr_fail(e, SR_DENIED, "not all members have dealt in run %llu yet: waiting for %s",
		(unsigned long long)v->run_number, who);
}

#ifdef SR_TESTING
static uint8_t falsely;

void sr_client_complain_of(uint8_t dealer) {
	falsely = dealer;
}
#endif

static int accept_transcript(struct sr_client *c, const uint8_t (*x)[SR_SCALAR],
	struct sr_accepting *out, struct sr_err *e) {
	const struct sr_client_board *b = sr_client_ceremony(c);
	struct sr_share_place at = {.keys = &b->keys, .index = out->index};
	struct sr_buf box;
	struct sr_writ d;
	int rc;

	memcpy(at.hash, b->keys_hash, SR_HASH);
	sr_buf_init(&box);
	rc = sr_shares_seal(&box, &at, c->o.identity->pk, x, e);
	if (rc == 0)
		rc = sr_writ_begin(&d, c, SR_T_ACCEPT, 0, e);
	if (rc != 0) {
		sr_buf_free(&box);
		return rc;
	}
	if (rc == 0) {
		sr_text_put_hex(&d.text, "board", b->id, SR_ID);
		sr_text_put_hex(&d.text, "run", b->dkg.run, SR_ID);
		sr_text_put_hex(&d.text, "transcript", b->keys.transcript, SR_HASH);
		sr_text_put_hex(&d.text, "keys", b->keys_hash, SR_HASH);
		sr_writ_object(&d, "shares", sr_buf_view(&box));
		for (size_t i = 0; i < b->keys.levels; i++) {
			sr_buf_printf(&d.text, "board-key %u ", b->keys.level[i].level);
			sr_buf_put_base64(&d.text, b->keys.level[i].board, SR_POINT);
			sr_buf_put_u8(&d.text, '\n');
		}
		rc = sr_client_submit(c, &d, &out->submitted, e);
	}
	sr_writ_free(&d);
	sr_buf_free(&box);
	return rc;
}

static int accept(struct sr_client *c, const uint8_t *board, bool gone, struct sr_sheet_kept *kept,
	struct sr_accepting *out, struct sr_err *e) {
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR] = {{0}}, level = 0, dealer;
	const struct sr_client_board *b;
	struct sr_err shares = {0};
	int rc = sr_client_signer(c, e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_client_board_need(c, board, false, e);
	if (rc != 0 || c->board == NULL)
		return rc;
	b = sr_client_ceremony(c);
	out->index = sr_client_seat(c, b);
	if (out->index == 0)
		return sr_fail(e, SR_DENIED, "%s is none of the %u members", c->o.identity->person,
			b->dkg.members);
	if (!b->view.opened)
		rc = sr_client_plan_stands(c, b, e);
	if (rc != 0)
		return rc;
	if (gone && !b->view.spoilt_gone)
		return sr_fail(e, SR_EXISTS, "no dealing of run %llu is missing",
			(unsigned long long)b->view.run_number);
	if (b->view.spoilt_gone && !gone)
		return sr_fail(e, SR_AUTH, "%s", b->spoilt_why.text);
	if (b->view.spoilt != 0) {
		out->why = b->spoilt_why;
		return complain(c, b->view.spoilt, b->spoilt_level, out, e);
	}
	if (!b->combined)
		return not_all_dealt(&b->view, e);
#ifdef SR_TESTING
	if (falsely != 0) {
		(void)sr_fail(&out->why, SR_AUTH, "dealer %u: a false complaint", falsely);
		return complain(c, falsely, b->dkg.level[0].level, out, e);
	}
#endif
	memcpy(out->transcript, b->keys.transcript, SR_HASH);
	if (b->view.opened)
		return sr_fail(e, SR_EXISTS, "this board is open already");
	rc = dealt_shares(c, b, out->index, x, &shares);
	if (rc == SR_AUTH || rc == SR_CORRUPT) {
		sr_wipe(x, sizeof x);
		dealer = bad_dealer(c, out->index, &level, &out->why);
		if (dealer != 0)
			return complain(c, dealer, level, out, e);
	}
	if (rc != 0)
		return sr_fail(e, shares.code, "%s", shares.text);
	rc = accept_transcript(c, (const uint8_t(*)[SR_SCALAR])x, out, e);
	if (rc == 0 && kept != NULL)
		sr_client_sheet_of(kept, b, out->index, (const uint8_t(*)[SR_SCALAR])x);
	sr_wipe(x, sizeof x);
	if (rc == 0) /* it may have opened the board: look again when somebody asks */
		sr_client_board_forget(c);
	return rc;
}

int sr_client_accept(
	struct sr_client *c, const uint8_t *board, struct sr_accepting *out, struct sr_err *e) {
	return accept(c, board, false, NULL, out, e);
}

int sr_client_accept_kept(struct sr_client *c, const uint8_t *board, struct sr_sheet_kept *kept,
	struct sr_accepting *out, struct sr_err *e) {
	return accept(c, board, false, kept, out, e);
}

int sr_client_accept_gone(
	struct sr_client *c, const uint8_t *board, struct sr_accepting *out, struct sr_err *e) {
	return accept(c, board, true, NULL, out, e);
}

/* --- a standby board takes over --------------------------------------------------------------- */

int sr_client_takeover(
	struct sr_client *c, const uint8_t *board, struct sr_submitted *out, struct sr_err *e) {
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR] = {{0}};
	const struct sr_client_board *b;
	struct sr_share_place at = {.index = 0};
	struct sr_writ d;
	int rc = sr_client_signer(c, e);

	if (rc == 0) /* what is under way too, as it is now */
		rc = sr_client_board_need(c, board, false, e);
	if (rc != 0 || c->board == NULL)
		return rc;
	b = c->next;
	if (b == NULL || !b->view.standby || !b->view.opened)
		return sr_fail(e, SR_DENIED,
			"no standby board waits: one is dealt to by a reshare (board reshare "
			"--standby), and waits when all of its members accepted");
	at.index = sr_client_index(&b->view, sr_bytes_str(c->o.identity->person));
	if (at.index != 0) { /* who takes over has a share that opens */
		at.keys = &b->keys;
		memcpy(at.hash, b->keys_hash, SR_HASH);
		rc = sr_shares_open(x, &at, c->o.identity->seed, sr_buf_view(&b->box), e);
		sr_wipe(x, sizeof x);
		SR_NAMED(rc, e, "own share of the standby board");
	}
	if (rc == 0)
		rc = sr_writ_begin(&d, c, SR_T_TAKEOVER, 0, e);
	if (rc != 0)
		return rc;
	sr_text_put_hex(&d.text, "board", b->id, SR_ID);
	sr_text_put_hex(&d.text, "run", b->dkg.run, SR_ID);
	sr_text_put_dec(&d.text, "epoch", b->dkg.epoch);
	sr_text_put_hex(&d.text, "keys", b->keys_hash, SR_HASH);
	rc = sr_client_submit(c, &d, out, e);
	sr_writ_free(&d);
	sr_client_board_forget(c);
	return rc;
}

/* --- once a year ------------------------------------------------------------------------------ */

int sr_client_confirm(struct sr_client *c, const uint8_t *board, uint8_t *index,
	struct sr_submitted *out, struct sr_err *e) {
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR] = {{0}};
	const struct sr_client_board *b;
	struct sr_writ d;
	int rc = sr_client_signer(c, e);

	if (rc == 0)
		rc = sr_client_board_need(c, board, true, e);
	if (rc != 0 || c->board == NULL)
		return rc;
	b = c->board;
	*index = sr_client_member(c);
	if (*index == 0 && c->next != NULL && c->next->view.standby && c->next->view.opened) {
		b = c->next;
		*index = sr_client_index(&b->view, sr_bytes_str(c->o.identity->person));
	}
	if (*index == 0)
		return sr_fail(e, SR_DENIED, "%s is none of the %u members", c->o.identity->person,
			b->dkg.members);
	rc = sr_client_shares(c, b, *index, x, e);
	sr_wipe(x, sizeof x);
	if (rc == SR_DENIED && b == c->next)
		rc = sr_fail(e, SR_DENIED,
			"the share of the standby board was dealt to the key before; another "
			"standby board is dealt to the new one (board reshare --standby)");
	if (rc == 0)
		rc = sr_writ_begin(&d, c, SR_T_CONFIRM, 0, e);
	if (rc != 0)
		return rc;
	sr_text_put_hex(&d.text, "board", b->id, SR_ID);
	sr_text_put_dec(&d.text, "epoch", b->view.epoch);
	sr_text_put_hex(&d.text, "keys", b->keys_hash, SR_HASH);
	rc = sr_client_submit(c, &d, out, e);
	sr_writ_free(&d);
	sr_client_board_forget(c);
	return rc;
}

void sr_board_confirmed(
	const struct sr_board_view *v, int64_t now, unsigned *confirmed, unsigned *takes) {
	*confirmed = *takes = 0;
	for (size_t i = 0; i < v->members; i++)
		*confirmed += v->confirmed[i] != 0 && v->confirmed[i] > now - SR_CONFIRM_S;
	for (size_t i = 0; i < v->levels; i++)
		*takes = v->quorum[i] > *takes ? v->quorum[i] : *takes;
}
