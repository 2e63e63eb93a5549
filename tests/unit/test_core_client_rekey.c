/*
 * A new key of a board: from its plan to the last item that is sealed anew, who gives pieces of
 * what is left, what shares, seals and slots of before open afterwards, what a vault that lies is
 * not believed, and that a kill at any step leaves each item wholly old or wholly new. Members 1, 2
 * and 3 sit at the founding board; 3 leaves, somebody new joins as member 3, 2 of 3 as before.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/keys.h"
#include "board/recovery.h"
#include "client_rig.h"
#include "core/client_in.h"
#include "crypto/age.h"
#include "intake/deposit.h"
#include "ledger/card.h"
#include "lies_rig.h"
#include "store/envelope.h"
#include "store/itemkey.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

enum {
	OPEN,  /* released, under a live grant of researcher 1 */
	OTHER, /* released */
	HELD,
	ITEMS
};

struct hall {
	struct office *o;
	struct world *w;
	uint8_t item[ITEMS][SR_ID];
	uint8_t grant[SR_ID];
	struct world_request rq;
};

static struct hall *hall_new(void) {
	static const struct world_options two = {.second = true};
	struct hall *h = calloc(1, sizeof *h);

	assert_non_null(h);
	h->o = office_new(&two);
	h->w = h->o->w;
	for (size_t i = 0; i < ITEMS; i++)
		put_item(h->w, h->item[i], i != HELD);
	h->rq = (struct world_request){.by = &h->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])h->item[OPEN],
		.count = 1};
	assert_int_equal(world_request(h->w, &h->rq), 0);
	world_grant(h->w, h->rq.id, h->grant);
	return h;
}

static void hall_free(struct hall *h) {
	office_free(h->o);
	free(h);
}

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

static int vote_of(struct hall *h, const struct world_person *who, const uint8_t request[SR_ID],
	const char *decision, struct sr_err *why) {
	struct desk *d = desk_new(h->o, who);
	const int rc = vote(d, request, decision);

	if (why != NULL)
		*why = d->e;
	desk_free(d);
	return rc;
}

static int ask(struct hall *h, const struct world_person *by, const struct sr_asking *a,
	uint8_t request[SR_ID], struct sr_err *why) {
	struct desk *d = desk_new(h->o, by);
	const int rc = sr_client_request(d->c, a, request, &d->s, &d->e);

	if (rc == 0)
		sr_submitted_free(&d->s);
	if (why != NULL)
		*why = d->e;
	desk_free(d);
	return rc;
}

/* ${kind} rekey or reshare: members 1 and 2 go on, and ${joins} if not NULL. */
static int plan(struct hall *h, const char *kind, const struct world_person *joins,
	uint8_t request[SR_ID]) {
	const struct world *w = h->w;
	const char *member[] = {w->member[0].person, w->member[1].person, NULL};
	const uint64_t quorum[1][2] = {{2, 2}};
	struct sr_introduction who = {0};
	const struct sr_seats seats = {.member = member,
		.newcomer = &who,
		.newcomers = joins != NULL ? 1 : 0,
		.quorum = quorum,
		.levels = 1,
		.dealer = strcmp(kind, "reshare") == 0 ? member : NULL};
	const struct sr_asking a = {.kind = kind,
		.seats = &seats,
		// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a hall has a world
		.board = w->v->fingerprint,
		.reason = "Two safes were open."};
	struct sr_err why;
	int rc;

	if (joins != NULL)
		who = intro_of(joins);
	rc = ask(h, &w->member[0], &a, request, &why);
	if (rc != 0)
		print_message("asked: %s\n", why.text);
	return rc;
}

static void decided(struct hall *h, const char *kind, const struct world_person *joins) {
	uint8_t request[SR_ID];

	assert_int_equal(plan(h, kind, joins, request), 0);
	assert_int_equal(vote_of(h, &h->w->member[0], request, "approve", NULL), 0);
	assert_int_equal(vote_of(h, &h->w->member[1], request, "approve", NULL), 0);
}

static int deal(struct hall *h, const struct world_person *who, struct sr_err *why) {
	struct desk *d = desk_new(h->o, who);
	struct sr_dealt out;
	const int rc = sr_client_deal(d->c, NULL, &out, &d->e);

	if (rc == 0)
		sr_submitted_free(&out.submitted);
	if (why != NULL)
		*why = d->e;
	desk_free(d);
	return rc;
}

static int accept_of(struct hall *h, const struct world_person *who) {
	struct desk *d = desk_new(h->o, who);
	struct sr_accepting a;
	const int rc = sr_client_accept(d->c, NULL, &a, &d->e);

	if (rc == 0) {
		assert_false(a.complained);
		sr_submitted_free(&a.submitted);
	} else {
		print_message("accept: %s\n", d->e.text);
	}
	desk_free(d);
	return rc;
}

/* All of a plan but the last acceptance, which is member 2's. */
static void almost(struct hall *h, const char *kind, const struct world_person *joins) {
	struct world *w = h->w;

	decided(h, kind, joins);
	assert_int_equal(deal(h, &w->member[0], NULL), 0);
	assert_int_equal(deal(h, &w->member[1], NULL), 0);
	if (joins != NULL && strcmp(kind, "rekey") == 0)
		assert_int_equal(deal(h, joins, NULL), 0);
	if (joins != NULL)
		assert_int_equal(accept_of(h, joins), 0);
	assert_int_equal(accept_of(h, &w->member[0]), 0);
}

static void switched(struct hall *h, const char *kind, const struct world_person *joins) {
	almost(h, kind, joins);
	assert_int_equal(accept_of(h, &h->w->member[1]), 0);
}

/* Curator 1 asks for ${item}, or for all that is left. */
static int ask_anew(
	struct hall *h, const uint8_t *item, uint8_t request[SR_ID], struct sr_err *why) {
	const struct sr_asking a = {.kind = "reseal",
		.items = item,
		.item_count = item != NULL ? 1 : 0,
		.left = item == NULL ? SR_REQUEST_ITEMS_MAX : 0,
		.ends = h->w->now + 10 * (int64_t)W_DAY,
		.reason = "Two safes were open."};

	return ask(h, &h->w->curator[0], &a, request, why);
}

/* Seal the items of the grant anew at curator 1's desk. */
static int run(struct hall *h, const uint8_t grant[SR_ID], size_t *left, struct sr_err *why) {
	const struct sr_resealing r = {.grant = grant};
	struct desk *d = desk_new(h->o, &h->w->curator[0]);
	const int rc = sr_client_reseal(d->c, &r, left, &d->e);

	if (why != NULL)
		*why = d->e;
	desk_free(d);
	return rc;
}

/* Asked, voted by who sat before, done: ${item}, or all that is left of one key. */
static void anew(struct hall *h, const uint8_t *item) {
	uint8_t request[SR_ID], grant[SR_ID];
	struct sr_err why;
	size_t left = 9;

	assert_ok(ask_anew(h, item, request, &why), &why);
	assert_ok(vote_of(h, &h->w->member[0], request, "approve", &why), &why);
	assert_ok(vote_of(h, &h->w->member[2], request, "approve", &why), &why);
	assert_true(world_grant_of(h->w, request, grant));
	assert_ok(run(h, grant, &left, &why), &why);
	assert_int_equal(left, 0);
}

/* --- looking ---------------------------------------------------------------------------------- */

static struct sr_left left_of(struct world *w) {
	struct sr_left l = {0};

	assert_ok(sr_query_left(&l, w->v->catalogue, w->v->fingerprint, &w->e), &w->e);
	return l;
}

static void board_now(struct world *w, uint32_t epoch, uint32_t base) {
	struct sr_board_row *b = calloc(1, sizeof *b);

	assert_non_null(b);
	assert_ok(sr_query_board(b, w->v->catalogue, NULL, 0, &w->e), &w->e);
	assert_int_equal(b->epoch, epoch);
	assert_int_equal(b->base, base);
	free(b);
}

static bool is_member(struct world *w, const struct world_person *who) {
	struct sr_person_row p = {0};
	bool is;

	assert_ok(sr_query_person(&p, w->v->catalogue, who->person, &w->e), &w->e);
	is = (p.roles & SR_ROLE_MEMBER) != 0;
	sr_person_row_free(&p);
	return is;
}

static void assert_replays(struct world *w) {
	struct sr_rebuilt out = {0};
	size_t packs = 0, bad = 0;

	assert_ok(sr_vault_rebuild(w->v, NULL, &out, &packs, &bad, &w->e), &w->e);
	assert_string_equal(out.difference, "");
}

/* Open the item at the reader's desk, and return it. */
static int read_at_desk(struct hall *h, size_t item, struct sr_err *why) {
	const struct sr_borrow b = {.item = h->item[item], .grant = h->grant};
	struct desk *d = desk_new(h->o, &h->w->researcher[0]);
	struct sr_act back = {.type = SR_T_RETURN};
	struct sr_err ignored;
	uint8_t checkout[SR_ID] = {0};
	uint64_t files = 0;
	const int rc = sr_client_checkout(d->c, &b, checkout, &files, &d->s, &d->e);

	*why = d->e;
	back.id = checkout;
	sr_submitted_free(&d->s);
	if (sr_client_act(d->c, &back, NULL, &ignored) != 0) /* it may not have begun */
		assert_true(rc != 0);
	desk_free(d);
	return rc;
}

/* --- the way ---------------------------------------------------------------------------------- */

/* The service keys are sealed to the key that the board has. */
static void assert_service_sealed(struct world *w, uint64_t epoch) {
	struct sr_recovery *r = calloc(1, sizeof *r);
	struct sr_dir *vault = NULL, *keys = NULL;
	struct sr_buf file;

	assert_non_null(r);
	sr_buf_init(&file);
	assert_ok(sr_dir_open(&vault, w->vault, &w->e), &w->e);
	assert_ok(sr_dir_open_at(&keys, vault, "keys", &w->e), &w->e);
	assert_ok(sr_file_read(keys, "service.board", &file, 1 << 20, &w->e), &w->e);
	assert_ok(sr_recovery_read(r, sr_buf_view(&file), &w->e), &w->e);
	assert_int_equal(r->board.epoch, epoch);
	sr_recovery_free(r);
	sr_dir_close(keys);
	sr_dir_close(vault);
	sr_buf_free(&file);
	free(r);
}

static void the_whole_way(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	uint8_t request[SR_ID];
	struct sr_err why;

	(void)state;
	almost(h, "rekey", &w->outsider);
	board_now(w, 1, 1);
	assert_int_equal(left_of(w).rekeying, 0);
	assert_service_sealed(w, 1);
	assert_int_equal(accept_of(h, &w->member[1]), 0);
	board_now(w, 2, 2);
	assert_service_sealed(w, 2);
	assert_int_equal(left_of(w).rekeying, 2);
	assert_int_equal(left_of(w).items, ITEMS);
	assert_int_equal(left_of(w).held, 1);
	assert_int_equal(left_of(w).epoch, 1);
	/* Who left is a member until the end; who joined is one. */
	assert_true(is_member(w, &w->member[2]) && is_member(w, &w->outsider));
	assert_ok(read_at_desk(h, OPEN, &why), &why);

	anew(h, h->item[OTHER]);
	assert_int_equal(left_of(w).items, ITEMS - 1);
	assert_ok(read_at_desk(h, OPEN, &why), &why);
	assert_int_equal(world_count(w, SR_T_REKEYED), 0);
	office_reopen(h->o);
	/* Asked about twice: what is open when nothing is left is refused. */
	assert_ok(ask_anew(h, h->item[OPEN], request, &why), &why);
	anew(h, h->item[OPEN]);
	anew(h, NULL);
	assert_int_equal(request_state(w, request), SR_S_REFUSED);
	assert_int_equal(left_of(w).rekeying, 0);
	assert_int_equal(world_count(w, SR_T_REKEYED), 1);
	assert_false(is_member(w, &w->member[2]));
	assert_true(is_member(w, &w->member[0]) && is_member(w, &w->outsider));

	/* Two of those who sit now, and it is read again. */
	assert_int_equal(read_at_desk(h, OPEN, &why), SR_DENIED);
	assert_non_null(strstr(why.text, "0 of 2"));
	assert_ok(vote_of(h, &w->outsider, h->rq.id, "topup", &why), &why);
	assert_int_equal(read_at_desk(h, OPEN, &why), SR_DENIED);
	assert_ok(vote_of(h, &w->member[1], h->rq.id, "topup", &why), &why);
	assert_ok(read_at_desk(h, OPEN, &why), &why);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	assert_replays(w);
	hall_free(h);
}

/* A dealer who lies is named, and the next run of the same plan makes the key; a plan of another
 * kind in between ends both. What a rekey deals hands nothing on, so it needs no key of its own. */
static void a_lying_dealer(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	const struct sr_board_view *v = NULL;
	struct sr_accepting a;
	uint64_t n = 0;
	struct desk *d;

	(void)state;
	decided(h, "rekey", &w->outsider);
	assert_int_equal(deal(h, &w->member[0], NULL), 0);
	sr_deal_spoil(3);
	assert_int_equal(deal(h, &w->member[1], NULL), 0);
	sr_deal_spoil(0);
	assert_int_equal(deal(h, &w->outsider, NULL), 0);
	assert_ok(sr_secrets_count(w->v->secrets, SR_SECRET_CEREMONY, &n, &w->e), &w->e);
	assert_int_equal(n, 0);
	d = desk_new(h->o, &w->outsider);
	assert_ok(sr_client_accept(d->c, NULL, &a, &d->e), &d->e);
	assert_true(a.complained);
	assert_non_null(strstr(a.why.text, "dealer 2: level 2: share for member 3"));
	sr_submitted_free(&a.submitted);
	desk_free(d);
	board_now(w, 1, 1);
	/* Dealt anew, while a reshare takes the plan's place, and another rekey that one's. */
	assert_int_equal(deal(h, &w->member[0], NULL), 0);
	decided(h, "reshare", &w->outsider);
	assert_int_equal(deal(h, &w->member[0], NULL), 0);
	assert_ok(sr_secrets_count(w->v->secrets, SR_SECRET_CEREMONY, &n, &w->e), &w->e);
	assert_int_equal(n, 1);
	switched(h, "rekey", &w->outsider);
	assert_ok(sr_secrets_count(w->v->secrets, SR_SECRET_CEREMONY, &n, &w->e), &w->e);
	assert_int_equal(n, 0);
	board_now(w, 2, 2);
	d = desk_new(h->o, &w->auditor);
	assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
	assert_true(v->rekey && v->opened);
	assert_memory_not_equal(v->key[0], w->keys.level[0].board, SR_POINT);
	desk_free(d);
	assert_replays(w);
	hall_free(h);
}

/* Nothing is there to seal anew: it is done with the switch. */
static void an_empty_board(void **state) {
	struct hall *h = calloc(1, sizeof *h);

	(void)state;
	assert_non_null(h);
	h->o = office_new(NULL);
	h->w = h->o->w;
	switched(h, "rekey", NULL);
	board_now(h->w, 2, 2);
	assert_int_equal(world_count(h->w, SR_T_REKEYED), 1);
	assert_false(is_member(h->w, &h->w->member[2]));
	assert_replays(h->w);
	hall_free(h);
}

/* --- what opened it before -------------------------------------------------------------------- */

struct kept { /* by somebody who copied everything before, and has all shares of then */
	uint8_t part[ITEMS][SR_PART], slot[ITEMS][SR_KEY];
	uint8_t commitment[ITEMS][SR_HASH];
};

static void envelope_of(struct hall *h, size_t i, struct sr_envelope *env, struct sr_buf *file,
	uint8_t slot[SR_KEY]) {
	struct sr_envelope_want want = {.n = 0};
	struct sr_item_row row = {0};
	struct world *w = h->w;
	char name[2 * SR_ID + 1];
	struct sr_buf b;

	assert_ok(sr_query_item(&row, w->v->catalogue, h->item[i], &w->e), &w->e);
	want.n = row.number;
	memcpy(want.item, row.id, SR_ID);
	memcpy(want.hash, row.envelope, SR_HASH);
	memcpy(want.room_pk, w->v->keys->room_pk, SR_PK);
	sr_buf_init(file);
	assert_ok(sr_envelope_load(env, file, w->v->items, &want, &w->e), &w->e);
	sr_hex(name, h->item[i], SR_ID);
	sr_buf_init_secret(&b);
	assert_ok(sr_secrets_get(
			  w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), row.number, &b, &w->e),
		&w->e);
	assert_int_equal(b.len, SR_KEY);
	memcpy(slot, b.p, SR_KEY);
	sr_buf_free(&b);
	sr_item_row_free(&row);
}

/* What all shares of before make of a seal: the part, or the error. ${key}: P that it is taken for.
 * No client makes such pieces for a seal of another key; whoever has the shares can. */
static int with_old_shares(struct world *w, uint8_t part[SR_PART], const struct sr_envelope *env,
	const uint8_t key[SR_POINT], size_t count) {
	struct sr_tdh2_key k = {.level = 2, .kind = "item"};
	struct sr_sealed sealed = {.number = env->n, .seal = env->seal.p};
	struct sr_piece_share shares[W_MEMBERS];
	uint8_t xr[SR_POINT];

	memset(shares, 0, sizeof shares);
	memcpy(k.vault, w->v->fingerprint, SR_HASH);
	memcpy(k.board, key, SR_POINT);
	memcpy(sealed.id, env->item, SR_ID);
	for (size_t i = 0; i < count; i++) {
		shares[i].index = (uint8_t)(i + 1);
		assert_ok(sr_point_mul(shares[i].d, w->x[i][0], sr_tdh2_r(env->seal.p), &w->e),
			&w->e);
	}
	assert_ok(sr_piece_combine(xr, shares, count, count, &w->e), &w->e);
	return sr_tdh2_open(part, &k, &sealed, xr, &w->e);
}

static bool key_is(
	const uint8_t slot[SR_KEY], const uint8_t part[SR_PART], const struct sr_envelope *env) {
	uint8_t key[SR_KEY], commitment[SR_HASH];

	sr_item_key(key, slot, env->vault, env->item, part);
	sr_item_key_commit(commitment, key, env->vault, env->item);
	return memcmp(commitment, env->commitment, SR_HASH) == 0;
}

/* The part of the envelope in force, as k of those who sit now open it: for the controls. */
static void part_now(struct world *w, uint8_t part[SR_PART], const struct sr_envelope *env,
	const struct sr_board_row *b, const uint8_t x[2][SR_SCALAR]) {
	struct sr_tdh2_key k = {.level = 2, .kind = "item"};
	struct sr_sealed sealed = {.number = env->n, .seal = env->seal.p};
	struct sr_piece_share shares[2];
	uint8_t xr[SR_POINT];

	memset(shares, 0, sizeof shares);
	memcpy(k.vault, w->v->fingerprint, SR_HASH);
	memcpy(k.board, b->levels[0].key, SR_POINT);
	memcpy(sealed.id, env->item, SR_ID);
	for (size_t i = 0; i < 2; i++) {
		shares[i].index = (uint8_t)(i + 1);
		assert_ok(sr_point_mul(shares[i].d, x[i], sr_tdh2_r(env->seal.p), &w->e), &w->e);
	}
	assert_ok(sr_piece_combine(xr, shares, 2, 2, &w->e), &w->e);
	assert_ok(sr_tdh2_open(part, &k, &sealed, xr, &w->e), &w->e);
}

/* The share of level 2 that a member has now, as their client writes it on paper. */
static void share_now(struct hall *h, size_t member, uint8_t x[SR_SCALAR]) {
	struct desk *d = desk_new(h->o, &h->w->member[member]);
	struct sr_sheet_kept kept = {0};

	assert_ok(sr_client_sheet(d->c, NULL, &kept, &d->e), &d->e);
	memcpy(x, kept.sheet.x[0], SR_SCALAR);
	desk_free(d);
}

/* Every share of before (all n of them), every seal and every slot of before: with them, and all
 * that lies in the vault afterwards, nothing opens that was sealed anew. */
static void what_opened_it_before(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	struct kept *k = calloc(1, sizeof *k);
	struct sr_board_row *b = calloc(1, sizeof *b);
	uint8_t slot[SR_KEY], part[SR_PART], x[2][SR_SCALAR];
	struct sr_envelope env;
	struct sr_buf file;
	uint64_t n = 0;

	(void)state;
	assert_non_null(k);
	assert_non_null(b);
	for (size_t i = 0; i < ITEMS; i++) {
		envelope_of(h, i, &env, &file, k->slot[i]);
		/* The control: all of them, and any two, are what opens it. */
		for (size_t count = 2; count <= 3; count++)
			assert_ok(
				with_old_shares(w, k->part[i], &env, w->keys.level[0].board, count),
				&w->e);
		assert_true(key_is(k->slot[i], k->part[i], &env));
		memcpy(k->commitment[i], env.commitment, SR_HASH);
		sr_buf_free(&file);
	}
	switched(h, "rekey", &w->outsider);
	anew(h, NULL);
	assert_ok(sr_secrets_count(w->v->secrets, SR_SECRET_SLOT, &n, &w->e), &w->e);
	assert_int_equal(n, ITEMS);
	assert_ok(sr_query_board(b, w->v->catalogue, NULL, 0, &w->e), &w->e);
	assert_memory_not_equal(b->levels[0].key, w->keys.level[0].board, SR_POINT);
	share_now(h, 0, x[0]);
	share_now(h, 1, x[1]);
	for (size_t i = 0; i < ITEMS; i++) {
		envelope_of(h, i, &env, &file, slot);
		assert_int_equal(env.epoch, 2);
		for (size_t count = 2; count <= 3; count++) {
			assert_int_equal(
				with_old_shares(w, part, &env, w->keys.level[0].board, count),
				SR_AUTH);
			assert_int_equal(
				with_old_shares(w, part, &env, b->levels[0].key, count), SR_AUTH);
		}
		part_now(w, part, &env, b, (const uint8_t(*)[SR_SCALAR])x);
		assert_true(key_is(slot, part, &env)); /* the control */
		assert_memory_not_equal(part, k->part[i], SR_PART);
		assert_memory_not_equal(slot, k->slot[i], SR_KEY);
		/* An old copy of secrets.db has the old slot, whoever had the shares the old part:
		 * neither is a half of the new key. */
		assert_false(key_is(k->slot[i], k->part[i], &env));
		assert_false(key_is(slot, k->part[i], &env));
		assert_false(key_is(k->slot[i], part, &env));
		memcpy(env.commitment, k->commitment[i], SR_HASH);
		assert_false(key_is(slot, k->part[i], &env)); /* nor the other way round */
		sr_buf_free(&file);
	}
	sr_wipe(x, sizeof x);
	free(k);
	free(b);
	hall_free(h);
}

/* --- who gives pieces ------------------------------------------------------------------------- */

/* A vote of kind approve as ${who} writes it, with whatever epoch they say and no piece. */
static int vote_by_hand(struct world *w, const struct world_person *who,
	const uint8_t request[SR_ID], uint32_t epoch) {
	struct sr_version_row v = {0};
	struct world_draft d;
	char id[2 * SR_ID + 1], hash[2 * SR_HASH + 1];

	assert_ok(sr_query_version(&v, w->v->catalogue, request, 0, &w->e), &w->e);
	sr_hex(id, v.request, SR_ID);
	sr_hex(hash, v.hash, SR_HASH);
	world_begin(&d, w, who, SR_T_VOTE);
	sr_text_putf(&d.text, "request", "%s %s", id, hash);
	sr_text_put_dec(&d.text, "version", v.version);
	sr_text_put_dec(&d.text, "epoch", epoch);
	sr_text_put(&d.text, "decision", "approve");
	sr_version_row_free(&v);
	return world_commit(&d, NULL);
}

/* A request that names the epoch which is planned: nobody has shares of that yet. */
static void by_those_who_come(struct hall *h, const uint8_t request[SR_ID]) {
	static const char *const changes[] = {"epoch", "3", NULL};
	struct lie lies[] = {
		{.op = "request.material", .row = "receipt", .what = "request", .how = RECEIPT},
		{.op = "board.material", .call = 2, .how = REPLY}, {.op = NULL}};
	struct sr_entry en;
	struct sr_buf text;
	struct sr_writ writ;
	struct desk *d;

	world_last(h->w, SR_T_REQUEST, &en);
	decided(h, "rekey", NULL);
	forged_head(h->o, &text, SR_T_REQUEST, h->w->curator[0].person);
	copy_but(&text, &en, changes);
	sr_entry_free(&en);
	forge_by(h->o, &text, &h->w->curator[0], &lies[0].index);
	d = desk_new(h->o, &h->w->member[0]);
	tell_all(d, lies);
	assert_fails(try_vote(d, request, &writ), SR_AUTH, &d->e,
		"it is not shown that epoch 3 was opened");
	honest(d, lies);
	desk_free(d);
}

static void who_gives_pieces(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	static const char *const forms[] = {"text", NULL}, *const study[] = {"research", NULL};
	const struct sr_asking look = {.kind = "access",
		.items = h->item[OTHER],
		.item_count = 1,
		.forms = forms,
		.purposes = study,
		.ends = h->w->now + 10 * (int64_t)W_DAY,
		.reason = "A study."};
	uint8_t before[SR_ID], request[SR_ID], grant[SR_ID];
	struct sr_err why;
	size_t left = 0;

	(void)state;
	/* Asked and begun before the switch: what was given counts on. */
	assert_ok(ask_anew(h, h->item[OTHER], before, &why), &why);
	assert_ok(vote_of(h, &w->member[2], before, "approve", &why), &why);
	switched(h, "rekey", &w->outsider);
	assert_fails(vote_of(h, &w->outsider, before, "approve", &why), SR_DENIED, &why,
		"was not a member of the board in epoch 1");
	assert_refused(w, vote_by_hand(w, &w->outsider, before, 1), "role-missing");
	assert_refused(w, vote_by_hand(w, &w->outsider, before, 2), "other-epoch");
	assert_refused(w, vote_by_hand(w, &w->member[1], before, 2), "other-epoch");
	assert_refused(w, vote_by_hand(w, &w->researcher[0], before, 1), "role-missing");
	assert_ok(vote_of(h, &w->member[1], before, "approve", &why), &why);
	assert_true(world_grant_of(w, before, grant));

	/* What is under the key before is not asked for before it is sealed anew. */
	assert_fails(
		ask(h, &w->researcher[0], &look, request, &why), SR_DENIED, &why, "key-before");
	assert_ok(run(h, grant, &left, &why), &why);
	assert_ok(ask(h, &w->researcher[0], &look, request, &why), &why);
	/* Who left has no vote on anything else. */
	assert_fails(vote_of(h, &w->member[2], request, "approve", &why), SR_DENIED, &why,
		"is not a member of the board");
	assert_refused(w, vote_by_hand(w, &w->member[2], request, 2), "role-missing");
	assert_refused(w, vote_by_hand(w, &w->member[2], request, 1), "other-epoch");
	assert_ok(vote_of(h, &w->outsider, request, "approve", &why), &why);
	/* What has the new key is not asked for together with what has not. */
	assert_fails(ask(h, &w->curator[0],
			     &(struct sr_asking){.kind = "reseal",
				     .items = h->item[OPEN],
				     .item_count = 2,
				     .ends = w->now + W_DAY,
				     .reason = "Both."},
			     request, &why),
		SR_DENIED, &why, "key");
	assert_ok(ask_anew(h, h->item[HELD], request, &why), &why);
	by_those_who_come(h, request);
	world_close(w); /* its catalogue knows nothing of the forged entry */
	hall_free(h);
}

/* Another key of somebody, which the one before bears out, handed in by a curator. */
static struct world_person renewed(struct world *w, const struct world_person *who) {
	const struct sr_card_next next = {who->person, who->seed};
	struct world_person p = *who;
	struct world_draft d;
	uint8_t commit[SR_HASH];

	for (size_t i = 0; i < SR_SEED; i++)
		p.seed[i] = (uint8_t)(0x33 ^ (i * i));
	sr_sign_public(p.pk, p.seed);
	sr_text_commit(commit, p.salt, sr_bytes_str(p.name));
	sr_buf_init(&p.card);
	assert_ok(sr_card_make_next(&p.card, p.seed, commit, &next, &w->e), &w->e);
	world_begin(&d, w, &w->curator[0], SR_T_PERSON_KEY);
	sr_text_put(&d.text, "person", p.person);
	world_card(&d, "card", &p);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	return p;
}

/* Somebody who has seen one item sealed anew, and says no. */
static int enough(void *ctx, const uint8_t item[SR_ID], uint64_t number, uint64_t level) {
	(void)ctx;
	(void)item;
	(void)number;
	(void)level;
	return 1;
}

/* A vault that seals nothing anew, and says of an entry of its own that it did: as the last one,
 * but of this item, and for one line. */
struct retelling {
	struct hall *h;
	const char *key, *value;
	char item[2 * SR_ID + 1];
	struct lie entry;
};

static void write_it(struct retelling *t) {
	const char *const changes[] = {"item", t->item, t->key, t->value, NULL};
	struct sr_entry en;
	struct sr_buf text;

	world_last(t->h->w, SR_T_RESEAL, &en);
	forged_head(t->h->o, &text, SR_T_RESEAL, "service");
	copy_but(&text, &en, changes);
	sr_entry_free(&en);
	forge_by_room(t->h->o, &text, &t->entry.index);
}

static int retell(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct retelling *t = l->ctx;
	struct sr_text text = {0};
	uint64_t index = 0;

	assert_ok(sr_text_parse(&text, sr_buf_view(&q->head), e), e);
	if (strcmp(op, "checkouts") == 0)
		sr_view_str(t->item, sizeof t->item, sr_text_get(&text, "item"));
	(void)!sr_parse_dec(&index, sr_text_get(&text, "index"), INT64_MAX, NULL);
	sr_text_free(&text);
	const bool sealed = strcmp(op, "reseal") == 0;
	if (!sealed && (strcmp(op, "proof") != 0 || t->entry.index == 0 || index != t->entry.index))
		return 0;
	if (sealed)
		write_it(t);
	sr_reply_begin(r, 0, NULL);
	if (sealed)
		sr_text_put_dec(&r->head, "entry", t->entry.index);
	assert_int_equal(sr_call_parse(r, NULL), 0);
	if (!sealed)
		lie_tell(&t->entry, q, r);
	l->was_twisted = true;
	return -1;
}

static int run_at_liar(struct hall *h, const uint8_t grant[SR_ID], const char *key,
	const char *value, struct sr_err *why) {
	const struct sr_resealing r = {.grant = grant};
	struct retelling t = {.h = h, .key = key, .value = value, .entry = {.how = ADD, .o = h->o}};
	struct desk *d = desk_new(h->o, &h->w->curator[0]);
	size_t left = 0;
	int rc;

	d->liar.twist = retell;
	d->liar.ctx = &t;
	d->liar.keeps = "reseal";
	rc = sr_client_reseal(d->c, &r, &left, &d->e);
	assert_true(d->liar.was_twisted);
	*why = d->e;
	desk_free(d);
	return rc;
}

/* A version that names another epoch is shown when the members of the one before it are. */
static void shown_too_late(struct hall *h, const uint8_t request[SR_ID]) {
	static const char *const changes[] = {"version", "2", "epoch", "9", NULL};
	struct lie later = {.op = "board.material", .call = 2, .how = ADD, .as = "amend"};
	struct desk *d = desk_new(h->o, &h->w->member[1]);
	struct sr_entry en;
	struct sr_buf text;
	struct sr_writ w;

	world_last(h->w, SR_T_REQUEST, &en);
	forged_head(h->o, &text, SR_T_AMEND, h->w->curator[0].person);
	copy_but(&text, &en, changes);
	sr_entry_free(&en);
	forge_by(h->o, &text, &h->w->curator[0], &later.index);
	tell(d, &later);
	assert_fails(try_vote(d, request, &w), SR_AUTH, &d->e,
		"the board of epoch 9, which had the key, is not shown");
	honest(d, &later);
	desk_free(d);
}

/* Who left has another key by now: they bring their old share over, for what is left, and for
 * nothing else. */
static void a_share_is_brought_over(void **state) {
	static const char NOBODYS[] = "00112233445566778899aabbccddeeff";
	struct hall *h = hall_new();
	struct world *w = h->w;
	struct sr_share_from from = {.before = true};
	uint8_t request[SR_ID], grant[SR_ID], old[SR_SEED];
	struct world_person next;
	struct sr_restored out;
	struct sr_err why;
	struct desk *d;

	(void)state;
	memcpy(old, w->member[2].seed, SR_SEED);
	from.old = old;
	d = desk_new(h->o, &w->member[2]);
	assert_fails(sr_client_restore_share(d->c, NULL, &from, &out, &d->e), SR_NOTFOUND, &d->e,
		"no item is left");
	desk_free(d);
	switched(h, "rekey", &w->outsider);
	next = renewed(w, &w->member[2]);
	sr_buf_free(&w->member[2].card);
	w->member[2] = next; /* the world frees it */
	assert_ok(ask_anew(h, NULL, request, &why), &why);
	assert_fails(vote_of(h, &w->member[2], request, "approve", &why), SR_DENIED, &why,
		"board restore-share");
	d = desk_new(h->o, &w->outsider); /* sits now, and sat not then */
	assert_fails(sr_client_restore_share(d->c, NULL, &from, &out, &d->e), SR_DENIED, &d->e,
		"is none of the 3 members of epoch 1");
	desk_free(d);
	d = desk_new(h->o, &w->member[2]);
	old[0] ^= 1;
	assert_int_equal(sr_client_restore_share(d->c, NULL, &from, &out, &d->e), SR_AUTH);
	old[0] ^= 1;
	assert_ok(sr_client_restore_share(d->c, NULL, &from, &out, &d->e), &d->e);
	assert_int_equal(out.index, 3);
	sr_submitted_free(&out.submitted);
	desk_free(d);
	assert_ok(vote_of(h, &w->member[2], request, "approve", &why), &why);
	assert_ok(vote_of(h, &w->member[1], request, "approve", &why), &why);
	assert_replays(w);
	sr_wipe(old, sizeof old);
	/* Stopped after one item, that one is sealed anew. */
	assert_true(world_grant_of(w, request, grant));
	const struct sr_resealing once = {.grant = grant, .told = enough};
	size_t left = 0;
	d = desk_new(h->o, &w->curator[0]);
	assert_fails(sr_client_reseal(d->c, &once, &left, &d->e), SR_LOCKED, &d->e,
		"stopped on request");
	desk_free(d);
	assert_int_equal(world_count(w, SR_T_RESEAL), 1);
	assert_int_equal(left_of(w).items, ITEMS - 1);
	/* What is said to be done was done under another grant. */
	assert_int_equal(run_at_liar(h, grant, "grant", NOBODYS, &why), SR_AUTH);
	assert_non_null(
		strstr(why.text, "is not the reseal that was asked for (item, grant or level)"));
	assert_int_equal(run_at_liar(h, grant, "epoch", "1", &why), SR_AUTH);
	assert_non_null(strstr(
		why.text, "it is sealed under the key of epoch 1, which is not that of the board"));
	shown_too_late(h, request);
	world_close(w); /* its catalogue knows nothing of the forged entry */
	hall_free(h);
}

/* A held item is sealed anew for a new key and for nothing else. */
static void a_held_item(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	uint8_t request[SR_ID], part[SR_PART], again[SR_PART];
	struct world_checkout look = {.by = &w->curator[1], .item = h->item[HELD]};
	struct sr_err why;

	(void)state;
	assert_int_equal(ask_anew(h, h->item[HELD], request, &why), SR_DENIED);
	assert_non_null(strstr(why.text, "item-not-released"));
	assert_ok(world_part(w, &w->curator[1], h->item[HELD], part), &w->e);
	switched(h, "rekey", &w->outsider);
	assert_ok(world_checkout(w, &look), &w->out.err);
	anew(h, h->item[HELD]);
	assert_int_equal(item_state(w, h->item[HELD]), SR_S_HELD);
	/* The part of before opens nothing; the curators have the new one. */
	assert_fails(sr_room_open_held(w->room, look.id, w->curator[1].person, part, &w->e),
		SR_DENIED, &w->e, "ended");
	assert_ok(world_part(w, &w->curator[1], h->item[HELD], again), &w->e);
	assert_memory_not_equal(again, part, SR_PART);
	assert_ok(world_checkout(w, &look), &w->out.err);
	assert_fails(sr_room_open_held(w->room, look.id, w->curator[1].person, part, &w->e),
		SR_AUTH, &w->e, "");
	assert_ok(sr_room_open_held(w->room, look.id, w->curator[1].person, again, &w->e), &w->e);
	world_held_release(w, h->item[HELD]);
	assert_int_equal(left_of(w).items, ITEMS - 1);
	anew(h, NULL);
	assert_int_equal(world_count(w, SR_T_REKEYED), 1);
	assert_replays(w);
	hall_free(h);
}

/* A piece that does not fit is found by the room: its member is named, the vote is void, and the
 * others' pieces count on. */
static void a_bad_piece(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	uint8_t request[SR_ID], grant[SR_ID];
	struct sr_err why;
	struct sr_entry en;
	size_t left = 0;

	(void)state;
	switched(h, "rekey", &w->outsider);
	assert_ok(ask_anew(h, NULL, request, &why), &why);
	/* The world's members have their shares of the founding. */
	assert_ok(
		world_vote(w, &(struct world_vote){.member = 0, .request = request}), &w->out.err);
	assert_ok(
		world_vote(w,
			&(struct world_vote){.member = 2, .request = request, .lie = W_BAD_PIECE}),
		&w->out.err);
	assert_true(world_grant_of(w, request, grant));
	assert_int_equal(run(h, grant, &left, &why), SR_AUTH);
	assert_non_null(strstr(why.text, w->member[2].person));
	assert_non_null(strstr(why.text, "1 good pieces, want 2"));
	assert_int_equal(left_of(w).items, ITEMS);
	world_last(w, SR_T_INCIDENT, &en);
	assert_true(sr_bytes_eq(
		sr_field(&en.statement, "person", 0), sr_bytes_str(w->member[2].person)));
	sr_entry_free(&en);
	/* One more of those who sat before, and it goes on. */
	assert_ok(vote_of(h, &w->member[1], request, "topup", &why), &why);
	assert_ok(run(h, grant, &left, &why), &why);
	assert_int_equal(world_count(w, SR_T_REKEYED), 1);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	hall_free(h);
}

/* The right of a referral is not stopped at the checkout: the room itself passes over the pieces of
 * before, as they are for another seal, and says what is needed. */
static void pieces_of_the_key_before(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	uint8_t sk[SR_X_SK] = {5}, pk[SR_X_PK], grant[SR_ID];
	char recipient[SR_AGE_RECIPIENT_TEXT];
	struct world_request rq = {.by = &w->officer,
		.kind = "referral",
		.items = (const uint8_t(*)[SR_ID])h->item[HELD],
		.count = 1,
		.authority = "State police, K 5, 12/31",
		.recipient = recipient};
	struct world_checkout c = {
		.by = &w->officer, .grant = grant, .item = h->item[HELD], .right = "referral"};

	(void)state;
	sr_box_public(pk, sk);
	sr_age_recipient_text(recipient, pk);
	assert_ok(world_describe(w, &w->curator[0], h->item[HELD], "A page", "referral"),
		&w->out.err);
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	switched(h, "rekey", &w->outsider);
	assert_ok(world_checkout(w, &c), &w->out.err);
	assert_ok(world_open(w, &c), &w->e);
	assert_ok(world_return(w, &c), &w->out.err);
	anew(h, h->item[HELD]); /* marked, it is sealed anew all the same */
	assert_ok(world_checkout(w, &c), &w->out.err);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "the item was sealed anew at entry");
	if (w == NULL) /* hall_new has failed the test */
		return;
	if (strstr(w->e.text, "2 topups are needed") == NULL)
		fail_msg("%s", w->e.text);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	hall_free(h);
}

/* --- what was begun before -------------------------------------------------------------------- */

static void a_release_prepared_before(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	struct sr_room_release rel = {.curator = w->curator[1].person, .level = 2};
	struct sr_submission hooks = {0};
	struct world_draft d;

	(void)state;
	assert_int_equal(world_describe(w, &w->curator[0], h->item[HELD], "A title", NULL), 0);
	memcpy(rel.item, h->item[HELD], SR_ID);
	assert_ok(world_part(w, &w->curator[1], h->item[HELD], rel.part), &w->e);
	assert_ok(sr_room_release_prepare(w->room, &rel, &w->e), &w->e);
	switched(h, "rekey", &w->outsider);
	assert_ok(sr_room_release_hooks(w->room, h->item[HELD], &hooks, &w->e), &w->e);
	world_begin(&d, w, &w->curator[1], SR_T_RELEASE);
	sr_text_put_hex(&d.text, "item", h->item[HELD], SR_ID);
	sr_text_put_dec(&d.text, "number", rel.number);
	sr_text_put_hex(&d.text, "envelope", rel.envelope, SR_HASH);
	sr_text_put_dec(&d.text, "level", 2);
	assert_int_equal(world_commit(&d, &hooks), SR_DENIED);
	assert_non_null(strstr(w->out.err.text, "prepare it again"));
	assert_int_equal(item_state(w, h->item[HELD]), SR_S_HELD);
	world_held_release(w, h->item[HELD]);
	assert_int_equal(left_of(w).items, ITEMS - 1);
	hall_free(h);
}

static int feed_page(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	static const char page[] = "one more page\n";
	bool *fed = ctx;

	(void)e;
	*got = *fed ? 0 : sizeof page - 1;
	assert_true(len >= *got);
	memcpy(p, page, *got);
	*fed = true;
	return 0;
}

/* One page deposited, but for its statement. ${resume} NULL: anew. */
static struct sr_deposit *deposited(
	struct world *w, const uint8_t *resume, struct sr_deposit_sign *s) {
	const struct sr_deposit_options o = {.collection = w->collection,
		.depositor = w->depositor.person,
		.threads = 1,
		.resume = resume};
	struct sr_deposit *dep = NULL;
	bool fed = false;
	const struct sr_ingest_file f = {.path = sr_bytes_str("page.txt"),
		.kind = SR_FILE_REGULAR,
		.mtime_s = W_TIME - W_DAY,
		.size_expected = 14,
		.read = feed_page,
		.read_ctx = &fed};

	assert_ok(sr_deposit_begin(&dep, w->v, &o, &w->e), &w->e);
	assert_ok(sr_deposit_item_begin(dep, sr_bytes_str(""), &w->e), &w->e);
	assert_ok(sr_deposit_file(dep, &f, &w->e), &w->e);
	assert_ok(sr_deposit_item_end(dep, &w->e), &w->e);
	assert_ok(sr_deposit_finish(dep, s, &w->e), &w->e);
	return dep;
}

static int deposit_signed(
	struct world *w, struct sr_deposit *dep, const struct sr_deposit_sign *s) {
	struct sr_submission sub = {0};
	struct world_draft d;

	assert_ok(sr_deposit_submission(dep, &sub, &w->e), &w->e);
	world_begin(&d, w, &w->depositor, SR_T_ACCESSION);
	sr_text_put_hex(&d.text, "accession", s->accession, SR_ID);
	sr_text_put_hex(&d.text, "collection", s->collection, SR_ID);
	sr_statement_put_count_root(&d.text, "items", s->items, s->items_root);
	sr_statement_put_count_root(&d.text, "files", s->files, s->files_root);
	sr_text_put_dec(&d.text, "bytes", s->bytes);
	sr_text_put_hex(&d.text, "list", s->list_id, SR_HASH);
	return world_commit(&d, &sub);
}

/* Its items are sealed under the key before: it is not taken, and resumed under the new one. */
static void a_deposit_begun_before(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	struct sr_deposit_sign s;
	struct sr_deposit *dep = deposited(w, NULL, &s);
	uint8_t accession[SR_ID];

	(void)state;
	memcpy(accession, s.accession, SR_ID);
	switched(h, "rekey", &w->outsider);
	assert_int_equal(deposit_signed(w, dep, &s), SR_DENIED);
	assert_non_null(strstr(w->out.err.text, "deposit --resume goes on under the new one"));
	sr_deposit_free(dep);
	dep = deposited(w, accession, &s);
	assert_ok(deposit_signed(w, dep, &s), &w->out.err);
	sr_deposit_free(dep);
	assert_int_equal(left_of(w).items, ITEMS);
	anew(h, NULL);
	assert_int_equal(world_count(w, SR_T_REKEYED), 1);
	assert_replays(w);
	hall_free(h);
}

/* A reshare while items are left, and even another new key: who has shares of a key gives pieces of
 * what is left under it, the oldest first. */
static void and_on(void **state) {
	struct hall *h = hall_new();
	struct world *w = h->w;
	uint8_t request[SR_ID], grant[SR_ID], item[SR_ID];
	struct sr_err why;
	size_t left = 0;

	(void)state;
	switched(h, "rekey", &w->outsider);
	anew(h, h->item[OTHER]);
	switched(h, "reshare", NULL);
	board_now(w, 3, 2);
	assert_int_equal(left_of(w).items, ITEMS - 1);
	assert_true(is_member(w, &w->member[2]));
	assert_false(is_member(w, &w->outsider)); /* of an epoch that nothing needs */
	put_item(w, item, true);
	switched(h, "rekey", NULL);
	board_now(w, 4, 4);
	assert_int_equal(left_of(w).items, ITEMS + 1);
	assert_int_equal(left_of(w).epoch, 1);
	anew(h, NULL); /* of epoch 1, by members 1 and 3 */
	assert_int_equal(left_of(w).items, 2);
	assert_int_equal(left_of(w).epoch, 3);
	assert_int_equal(world_count(w, SR_T_REKEYED), 0);
	/* The rest is under the key of epochs 2 and 3, which members 1 and 2 had last. */
	assert_ok(ask_anew(h, NULL, request, &why), &why);
	assert_fails(vote_of(h, &w->member[2], request, "approve", &why), SR_DENIED, &why,
		"was not a member of the board in epoch 3");
	assert_ok(vote_of(h, &w->member[0], request, "approve", &why), &why);
	assert_ok(vote_of(h, &w->member[1], request, "approve", &why), &why);
	assert_true(world_grant_of(w, request, grant));
	assert_ok(run(h, grant, &left, &why), &why);
	assert_int_equal(world_count(w, SR_T_REKEYED), 1);
	assert_false(is_member(w, &w->member[2]));
	assert_replays(w);
	hall_free(h);
}

/* --- a vault that lies ------------------------------------------------------------------------ */

struct forgery { /* the receipt of a forged entry in the place of that of an honest one */
	struct hall *h;
	const char *what;
	uint64_t index, since;
	size_t hit;
};

/* The last entry of that type, word for word, but for the lines ${key}, which become ${value}. */
static void forge_like(
	struct hall *h, enum sr_type_id type, const char *key, const char *value, uint64_t *index) {
	struct sr_buf text;

	forged_head(h->o, &text, type, "service");
	copy_fields(h->o, &text, type, key, value);
	forge_by_room(h->o, &text, index);
}

/* The last row of that type gets the forged receipt. */
static void replace(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	struct forgery *f = ctx;
	struct sr_buf b;

	/* Of `opened` the first is the founding's. */
	if (!row_what(row, "receipt", f->what) ||
		(strcmp(f->what, "opened") == 0 && f->hit++ == 0)) {
		lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
		return;
	}
	sr_buf_init(&b);
	receipt_of(f->h->o, f->index, f->since, &b);
	lie_row(o, row, "receipt", sr_buf_view(&b));
	sr_buf_free(&b);
}

static int twist_forgery(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct forgery *f = l->ctx;
	struct sr_text t = {0};

	(void)e;
	if (strcmp(op, "board.material") != 0)
		return 0;
	f->hit = 0;
	f->since = 0;
	if (sr_text_parse(&t, sr_buf_view(&q->head), NULL) == 0) {
		(void)!sr_parse_dec(&f->since, sr_text_get(&t, "since"), INT64_MAX, NULL);
		sr_text_free(&t);
	}
	lie_rows(r, replace, f);
	l->was_twisted = true;
	return 0;
}

/* What the auditor's client believes of the board: the epoch and the key of level 2, or nothing;
 * and why it does not trust the forged entry ("": it does, as far as it goes). */
struct belief {
	uint64_t epoch; /* 0: nothing */
	uint8_t key[SR_POINT];
	char why[240];
	struct sr_err e;
};
static struct belief believed(struct forgery *f) {
	struct desk *d = desk_new(f->h->o, &f->h->w->auditor);
	const struct sr_board_view *v = NULL;
	const struct sr_proven *pr;
	struct belief b = {.epoch = 0};

	d->liar.twist = twist_forgery;
	d->liar.ctx = f;
	if (sr_client_board(d->c, NULL, &v, &d->e) == 0) {
		b.epoch = v->epoch;
		memcpy(b.key, v->key[0], SR_POINT);
		assert_true(v->next == NULL || !v->next->rekey);
	}
	assert_true(d->liar.was_twisted);
	pr = sr_proofs_at(&d->c->proofs, f->index);
	assert_non_null(pr);
	if (!pr->trusted)
		snprintf(b.why, sizeof b.why, "%s", pr->why);
	b.e = d->e;
	desk_free(d);
	return b;
}

/* Nothing, or the key that it was founded with. */
static void assert_old_key(const struct world *w, const struct belief *b) {
	if (b->epoch == 0) {
		assert_int_equal(b->e.code, SR_AUTH);
		return;
	}
	assert_int_equal(b->epoch, 1);
	assert_memory_equal(b->key, w->keys.level[0].board, SR_POINT);
}

static void key_line(char out[64], const uint8_t key[SR_POINT]) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_buf_put_base64(&b, key, SR_POINT);
	snprintf(out, 64, "2 %.*s", (int)b.len, (const char *)b.p);
	sr_buf_free(&b);
}

/* A host with all service keys wants clients to seal to a key of its own, or to another board. */
static void lies_are_not_believed(void **state) {
	struct hall *h = hall_new();
	struct forgery f = {.h = h};
	uint8_t secret[SR_SCALAR] = {7}, key[SR_POINT];
	struct belief b;
	char line[64];
	struct sr_err why;

	(void)state;
	assert_ok(sr_point_mul_base(key, secret, &why), &why);
	key_line(line, key);
	/* The board is reshared; `opened` says another key, and there is no rekey. */
	switched(h, "reshare", &h->w->outsider);
	f.what = "opened";
	forge_like(h, SR_T_OPENED, "board-key", line, &f.index);
	b = believed(&f);
	assert_non_null(
		strstr(b.why, "with other keys than those of the epoch before, and no rekey"));
	assert_old_key(h->w, &b);
	hall_free(h);

	/* There is a rekey; what opened it has another key than its members accepted. */
	h = hall_new();
	f = (struct forgery){.h = h, .what = "opened"};
	switched(h, "rekey", &h->w->outsider);
	forge_like(h, SR_T_OPENED, "board-key", line, &f.index);
	b = believed(&f);
	assert_int_equal(b.epoch, 0);
	assert_fails(b.e.code, SR_AUTH, &b.e, "other keys than");
	/* Members of the host's choice: nobody voted for them. */
	f = (struct forgery){.h = h, .what = "rekey"};
	forge_like(h, SR_T_REKEY, "member", h->w->researcher[1].person, &f.index);
	b = believed(&f);
	assert_non_null(strstr(b.why, "0 of 0 members' approvals proven"));
	assert_old_key(h->w, &b);
	hall_free(h);
}

/* --- kills ------------------------------------------------------------------------------------ */

struct step {
	struct hall *h;
	const uint8_t *grant;
	int (*act)(struct step *s);
	bool (*check)(struct hall *h); /* what must hold; true: all of it is done */
};

static int act_accept(struct step *s) {
	return accept_of(s->h, &s->h->w->member[1]);
}

static int act_run(struct step *s) {
	size_t left = 0;

	return run(s->h, s->grant, &left, NULL);
}

static void shut(struct hall *h) {
	office_close(h->o);
}

static void open_again(struct hall *h) {
	office_reopen(h->o);
}

static void shell(struct hall *h, const char *command) {
	char line[4 * T_PATH];

	(void)snprintf(line, sizeof line, "cd '%s' && %s", h->w->path, command);
	assert_int_equal(system(line), 0); // NOLINT(cert-env33-c)
}

/* Kill it at its ${nth} step, from the vault that lies in kept/; true: it was done before. */
static bool kill_at(struct step *s, unsigned long nth) {
	int status = 0;
	pid_t pid;

	shell(s->h, "rm -rf vault second && cp -a kept/vault kept/second .");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		s->h->o->memory = NULL; /* what the client remembers would not be taken back */
		open_again(s->h);
		sr_fault_set(nth, -1);
		t_exit(s->act(s) == 0 ? 7 : 8);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	open_again(s->h);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
		return true;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return false;
}

/* At every ${stride}-th step; after each the vault is as somebody finds it who comes next, and
 * goes on to the end. */
static void killed(struct step *s, unsigned long stride) {
	unsigned long nth = 1, before = 0, after = 0, kills = 0;
	bool done = false;

	shut(s->h);
	shell(s->h, "rm -rf kept && mkdir kept && cp -a vault second kept/");
	for (; !done; nth += stride) {
		if (nth > 1)
			shut(s->h);
		done = kill_at(s, nth);
		if (s->check(s->h))
			after++;
		else
			before++;
		/* Whoever comes next finishes it. */
		if (!done && s->act == act_run && ++kills % 4 == 1) {
			struct sr_dir *memory = s->h->o->memory;

			s->h->o->memory = NULL;
			assert_int_equal(act_run(s), 0);
			assert_true(s->check(s->h));
			s->h->o->memory = memory;
		}
		assert_true(nth < 2000);
	}
	assert_true(s->check(s->h));
	print_message("killed up to step %lu: %lu times not done, %lu times done\n", nth - stride,
		before, after - 1);
	/* The last of them is what was done; a stride may pass over the few steps behind the
	 * statement. */
	assert_true(before > 0 && (after > 1 || stride > 1));
}

static bool check_switch(struct hall *h) {
	const bool in = left_of(h->w).rekeying != 0;

	board_now(h->w, in ? 2 : 1, in ? 2 : 1);
	assert_service_sealed(h->w, in ? 2 : 1);
	assert_int_equal(left_of(h->w).items, in ? ITEMS : 0);
	assert_int_equal(is_member(h->w, &h->w->outsider), in);
	assert_true(is_member(h->w, &h->w->member[2]));
	return in;
}

/* An item is under one key, with the slot, the envelope and (held) the boxes of that and no other:
 * a curator opens it, or who has shares of that key would. */
static bool wholly(struct hall *h, size_t i) {
	struct world *w = h->w;
	struct sr_item_row row = {0};
	uint8_t part[SR_PART], slot[SR_KEY];
	struct sr_envelope env;
	struct sr_buf file;
	char name[2 * SR_ID + 1], path[SR_ENVELOPE_NAME];
	bool new;

	assert_ok(sr_query_item(&row, w->v->catalogue, h->item[i], &w->e), &w->e);
	new = row.epoch == 2;
	sr_hex(name, h->item[i], SR_ID);
	for (uint32_t n = 1; n < 6; n++) {
		sr_envelope_name(path, h->item[i], n);
		assert_int_equal(sr_file_exists(w->v->items, path), n == row.number);
		assert_int_equal(
			sr_secrets_has(w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), n),
			n == row.number);
		assert_int_equal(
			sr_secrets_has(w->v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(name), n),
			i == HELD && n == row.number);
	}
	sr_item_row_free(&row);
	envelope_of(h, i, &env, &file, slot);
	assert_int_equal(env.epoch, new ? 2 : 1);
	if (i == HELD)
		assert_ok(world_part(w, &w->curator[0], h->item[i], part), &w->e);
	else if (!new)
		assert_ok(with_old_shares(w, part, &env, w->keys.level[0].board, 2), &w->e);
	if (i == HELD || !new)
		assert_true(key_is(slot, part, &env));
	sr_buf_free(&file);
	return new;
}

static bool check_items(struct hall *h) {
	size_t done = 0;

	for (size_t i = 0; i < ITEMS; i++)
		done += wholly(h, i);
	assert_int_equal(world_count(h->w, SR_T_REKEYED), done == ITEMS ? 1 : 0);
	assert_int_equal(is_member(h->w, &h->w->member[2]), done < ITEMS);
	return done == ITEMS;
}

static void kills_at_the_switch(void **state) {
	struct hall *h = hall_new();
	struct step s = {h, NULL, act_accept, check_switch};

	(void)state;
	almost(h, "rekey", &h->w->outsider);
	killed(&s, t_stride(11));
	assert_replays(h->w);
	hall_free(h);
}

static void kills_between_the_items(void **state) {
	struct hall *h = hall_new();
	uint8_t request[SR_ID], grant[SR_ID];
	struct step s = {h, grant, act_run, check_items};
	struct sr_err why;

	(void)state;
	switched(h, "rekey", &h->w->outsider);
	assert_ok(ask_anew(h, NULL, request, &why), &why);
	assert_ok(vote_of(h, &h->w->member[0], request, "approve", &why), &why);
	assert_ok(vote_of(h, &h->w->member[2], request, "approve", &why), &why);
	assert_true(world_grant_of(h->w, request, grant));
	killed(&s, t_stride(19));
	assert_replays(h->w);
	hall_free(h);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_way),
		cmocka_unit_test(a_lying_dealer),
		cmocka_unit_test(an_empty_board),
		cmocka_unit_test(what_opened_it_before),
		cmocka_unit_test(who_gives_pieces),
		cmocka_unit_test(a_share_is_brought_over),
		cmocka_unit_test(a_held_item),
		cmocka_unit_test(a_bad_piece),
		cmocka_unit_test(pieces_of_the_key_before),
		cmocka_unit_test(a_release_prepared_before),
		cmocka_unit_test(a_deposit_begun_before),
		cmocka_unit_test(and_on),
		cmocka_unit_test(lies_are_not_believed),
		cmocka_unit_test(kills_at_the_switch),
		cmocka_unit_test(kills_between_the_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
