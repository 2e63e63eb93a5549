/*
 * A vault that lies: every answer that a client relies on is altered, kept back, replayed, or
 * replaced by entries that a host with all service keys really wrote into its log. Each lie is
 * refused with the sentence that says what is wrong, and what would use a secret was never asked.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "board/ceremony.h"
#include "board/service.h"
#include "client_rig.h"
#include "core/client_in.h"
#include "ledger/keychange.h"
#include "lies_rig.h"
#include "world.h"

/* --- the connection --------------------------------------------------------------------------- */

static int other_vault(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)q;
	(void)e;
	if (strcmp(op, l->ctx) == 0)
		lie_head(r, "fingerprint", OTHER_HASH);
	return 0;
}

static int no_vault(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)l;
	(void)q;
	(void)e;
	if (strcmp(op, "hello") == 0) {
		lie_head(r, "fingerprint", NULL);
		lie_head(r, "state", "none");
	}
	return 0;
}

/* What lies where the fingerprint of this place is remembered is something else. */
static void what_is_pinned(struct office *o) {
	struct desk *d = desk_prepare(o, &o->w->member[0]);
	uint8_t h[SR_HASH];
	char hex[17], name[32];

	SR_HASH_OF(h, "strongroom/pin-place/v1", NULL, sr_bytes_str(o->w->vault));
	sr_hex(hex, h, 8);
	snprintf(name, sizeof name, "pin-%s", hex);
	assert_true(sr_file_exists(o->memory, name));
	assert_ok(sr_file_replace(o->memory, name, sr_bytes_str("strongroom/other/v1\n"), &d->e),
		&d->e);
	assert_fails(
		desk_open(d), SR_CORRUPT, &d->e, "the first line is not \"strongroom/pin/v1\"");
	assert_non_null(strstr(d->e.text, name));
	assert_ok(sr_file_remove(o->memory, name, &d->e), &d->e);
	desk_free(d);
}

static void what_hello_says(struct office *o) {
	struct lie lies[] = {
		{.op = "hello",
			.how = HEAD,
			.key = "state",
			.value = "gone",
			.text = "the vault's state is none of none, draft, founded, opened"},
		{.op = "hello",
			.how = HEAD,
			.key = "fingerprint",
			.text = "a founded vault without a fingerprint"}};

	for (size_t i = 0; i < T_COUNT(lies); i++) {
		struct desk *d = desk_prepare(o, &o->w->member[0]);

		tell(d, &lies[i]);
		assert_fails(desk_open(d), SR_CORRUPT, &d->e, lies[i].text);
		assert_false(asked(d, "login.finish"));
		honest(d, &lies[i]);
		desk_free(d);
	}
}

/* A draft that is not shown, is something else, or is not for who would sign it. */
static void what_is_drafted(struct office *o) {
	struct lie lies[] = {{.op = "found.show",
				     .row = "draft",
				     .how = DROP,
				     .text = "found: the vault shows no draft"},
		{.op = "found.show",
			.row = "draft",
			.how = VALUE,
			.key = "text",
			.text = "the draft is recuse, not found"}};
	struct desk *d = desk_prepare(o, &o->w->curator[0]);
	struct sr_found_state st;
	struct sr_buf text;

	forged_head(o, &text, SR_T_RECUSE, o->w->member[0].person);
	sr_text_put(&text, "request", "00112233445566778899aabbccddeeff");
	lies[1].bytes = sr_buf_view(&text);
	assert_ok(desk_open(d), &d->e);
	assert_fails(sr_client_found_sign(d->c, NULL, &st, &d->e), SR_DENIED, &d->e,
		"is none of the 2 members of this draft");
	desk_free(d);
	for (size_t i = 0; i < T_COUNT(lies); i++) {
		d = desk_prepare(o, &o->w->member[0]);
		assert_ok(desk_open(d), &d->e);
		tell(d, &lies[i]);
		assert_fails(sr_client_found_sign(d->c, NULL, &st, &d->e), SR_CORRUPT, &d->e,
			lies[i].text);
		assert_false(asked(d, "found.sign"));
		honest(d, &lies[i]);
		desk_free(d);
	}
	sr_buf_free(&text);
}

/* Nothing is signed by nobody, without a connection that it needs, or for no vault. */
static void who_signs(struct office *founded) {
	static const struct world_options bare = {.bare = true};
	static const uint64_t levels[] = {2};
	struct office *o = founded;
	struct desk *d = desk_prepare(o, NULL);
	const struct sr_board_view *v = NULL;
	struct sr_found_state st;
	struct sr_accepting a;
	uint8_t fingerprint[SR_HASH];

	assert_ok(desk_open(d), &d->e);
	assert_fails(sr_client_accept(d->c, NULL, &a, &d->e), SR_USAGE, &d->e,
		"this needs an identity (--as FILE)");
	assert_fails(sr_client_found_sign(d->c, NULL, &st, &d->e), SR_USAGE, &d->e,
		"this needs an identity (--as FILE)");
	memcpy(fingerprint, sr_client_info(d->c)->fingerprint, SR_HASH);
	desk_free(d);
	d = desk_prepare(o, &o->w->member[0]);
	assert_ok(desk_open_with(d, fingerprint, NULL, false), &d->e);
	assert_fails(sr_client_board(d->c, NULL, &v, &d->e), SR_MISUSE, &d->e,
		"there is no connection to a vault");
	desk_free(d);

	o = office_new(&bare);
	d = desk_prepare(o, &o->w->member[0]);
	assert_ok(desk_open(d), &d->e);
	assert_fails(sr_client_accept(d->c, NULL, &a, &d->e), SR_MISUSE, &d->e, "for which vault");
	desk_free(d);
	/* A name that is not the one of its card is not drafted. */
	struct sr_introduction m[2] = {intro_of(&o->w->member[0]), intro_of(&o->w->member[1])},
			       curator = intro_of(&o->w->curator[0]),
			       officer = intro_of(&o->w->officer),
			       auditor = intro_of(&o->w->auditor),
			       custodian = intro_of(&o->w->custodian);
	m[1].name = sr_bytes_str("Somebody else");
	const struct sr_founding f = {.levels = levels,
		.level_count = 1,
		.member = m,
		.members = 2,
		.curator = &curator,
		.curators = 1,
		.officer = &officer,
		.officers = 1,
		.auditor = &auditor,
		.auditors = 1,
		.custodian = &custodian,
		.custodians = 1};
	d = desk_prepare(o, &o->w->custodian);
	assert_ok(desk_open(d), &d->e);
	assert_fails(sr_client_found_draft(d->c, &f, fingerprint, &d->e), SR_AUTH, &d->e,
		"member 2: the name beside the card is not the one it was made with");
	assert_false(asked(d, "found.draft"));
	desk_free(d);
	/* Nor is one whose keys nobody says, or that is kept as another. */
	m[1] = intro_of(&o->w->member[1]);
	struct lie no_keys = {.op = "hello", .how = HEAD, .key = "ledger-key"};
	d = desk_prepare(o, &o->w->custodian);
	tell(d, &no_keys);
	assert_ok(desk_open(d), &d->e);
	assert_fails(sr_client_found_draft(d->c, &f, fingerprint, &d->e), SR_UNSUPPORTED, &d->e,
		"the vault does not say its ledger key and room key");
	honest(d, &no_keys);
	desk_free(d);
	struct lie other = {
		.op = "found.draft", .how = HEAD, .key = "fingerprint", .value = OTHER_HASH};
	d = desk_prepare(o, &o->w->custodian);
	assert_ok(desk_open(d), &d->e);
	tell(d, &other);
	assert_fails(sr_client_found_draft(d->c, &f, fingerprint, &d->e), SR_AUTH, &d->e,
		"the vault keeps another draft than it was given");
	honest(d, &other);
	desk_free(d);
	what_is_drafted(o);
	office_free(o);
}

static void test_pin(void **state) {
	struct office *o = office_new(NULL);
	struct desk *d = desk_new(o, &o->w->member[0]);
	uint8_t fingerprint[SR_HASH], other[SR_HASH] = {7};

	(void)state;
	assert_true(sr_client_info(d->c)->first_contact);
	memcpy(fingerprint, sr_client_info(d->c)->fingerprint, SR_HASH);
	desk_close(d);
	assert_ok(desk_open(d), &d->e);
	assert_false(sr_client_info(d->c)->first_contact);
	desk_close(d);
	assert_fails(
		desk_open_with(d, other, o->memory, true), SR_AUTH, &d->e, "it is another vault");
	assert_ok(desk_open_with(d, fingerprint, o->memory, true), &d->e);
	desk_close(d);
	d->liar.twist = other_vault;
	d->liar.ctx = (void *)(uintptr_t) "hello";
	assert_fails(desk_open(d), SR_AUTH, &d->e, "here was the vault with the fingerprint");
	assert_false(asked(d, "login.finish") && strstr(d->liar.asked, "hello login") == NULL);
	d->liar.ctx = (void *)(uintptr_t) "login.begin";
	d->liar.asked[0] = '\0';
	assert_fails(desk_open(d), SR_AUTH, &d->e, "login is asked for another vault");
	assert_false(asked(d, "login.finish"));
	d->liar.twist = no_vault;
	assert_fails(desk_open(d), SR_AUTH, &d->e, "not founded: rolled back, or replaced");
	assert_fails(desk_open_with(d, fingerprint, o->memory, true), SR_AUTH, &d->e,
		"this vault is not founded");
	d->liar.twist = NULL;
	desk_free(d);
	d = desk_prepare(o, &o->w->outsider);
	assert_fails(desk_open(d), SR_DENIED, &d->e, "no role in this vault");
	desk_free(d);
	what_is_pinned(o);
	what_hello_says(o);
	who_signs(o);
	office_free(o);
}

/* Replies as they were: what a vault shows that was put back from a copy. */
struct replay {
	struct sr_buf hello, proof;
	bool play_hello, play_proof;
};

static int replaying(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct replay *p = l->ctx;
	const bool hello = strcmp(op, "hello") == 0, proof = strcmp(op, "proof") == 0;
	struct sr_buf *kept = hello ? &p->hello : &p->proof;

	(void)q;
	(void)e;
	if (!hello && !proof)
		return 0;
	if (hello ? p->play_hello : p->play_proof) {
		sr_buf_clear(&r->body);
		sr_buf_put_bytes(&r->body, sr_buf_view(kept));
	} else if (kept->len == 0) {
		sr_buf_put_bytes(kept, sr_buf_view(&r->body));
	}
	return 0;
}

/* Asks again without saying what the caller knows: so no consistency proof comes. */
static int without_since(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct sr_call again;
	int rc;

	if (strcmp(op, "proof") != 0)
		return 0;
	sr_call_init(&again);
	sr_call_begin(&again, op);
	sr_text_put_dec(&again.head, "index", 0);
	(void)q;
	rc = l->real.call(l->real.ctx, &again, r, e);
	sr_call_free(&again);
	return rc;
}

static int deny_proof(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)l;
	(void)q;
	(void)e;
	if (strcmp(op, "proof") != 0)
		return 0;
	sr_call_begin(r, "none");
	return 1;
}

static void grow(struct office *o) {
	assert_int_equal(
		world_person_add(o->w, &o->w->curator[0], &o->w->outsider, "depositor"), 0);
}

static void test_ledger(void **state) {
	struct office *o = office_new(NULL);
	struct desk *d = desk_prepare(o, &o->w->member[0]);
	struct replay p = {0};
	struct sr_seen seen;
	uint8_t fingerprint[SR_HASH];

	(void)state;
	d->liar.twist = replaying;
	d->liar.ctx = &p;
	assert_ok(desk_open(d), &d->e);
	memcpy(fingerprint, sr_client_info(d->c)->fingerprint, SR_HASH);
	desk_close(d);
	grow(o);
	assert_ok(desk_open(d), &d->e);
	desk_close(d);
	p.play_hello = true;
	assert_fails(desk_open(d), SR_AUTH, &d->e, "rolled back");
	p.play_hello = false;
	p.play_proof = true;
	assert_fails(desk_open(d), SR_AUTH, &d->e, "rolled back");
	p.play_proof = false;
	assert_int_equal(
		world_person_add(o->w, &o->w->curator[0], &o->w->outsider, "researcher"), 0);
	d->liar.twist = without_since;
	assert_fails(desk_open(d), SR_AUTH, &d->e, "withheld: no proof came");
	d->liar.twist = deny_proof;
	assert_fails(desk_open(d), SR_DENIED, &d->e, "withholds a proof");
	d->liar.twist = NULL;
	/* A memory of another history of the same vault: shorter, then of the same length. */
	assert_ok(
		sr_seen_load(&seen, o->memory, fingerprint, o->w->member[0].person, &d->e), &d->e);
	char name[64];
	struct sr_buf text;
	sr_buf_init(&text);
	sr_seen_name(name, fingerprint, o->w->member[0].person);
	seen.root[0] ^= 1;
	sr_seen_encode(&text, &seen);
	assert_ok(sr_file_replace(o->memory, name, sr_buf_view(&text), &d->e), &d->e);
	assert_fails(desk_open(d), SR_AUTH, &d->e, NULL);
	assert_ok(desk_open_with(d, NULL, NULL, true),
		&d->e); /* nothing remembered: just to learn the size */
	seen.size = sr_client_info(d->c)->seen_size;
	desk_close(d);
	sr_buf_clear(&text);
	sr_seen_encode(&text, &seen);
	assert_ok(sr_file_replace(o->memory, name, sr_buf_view(&text), &d->e), &d->e);
	assert_fails(desk_open(d), SR_AUTH, &d->e, "forked");
	sr_buf_free(&text);
	sr_buf_free(&p.hello);
	sr_buf_free(&p.proof);
	desk_free(d);
	office_free(o);
}

/* Another process of the same person is at their memory: nobody overtakes it, and what it stored
 * meanwhile, which goes further, stays. */
struct closing {
	struct desk *d;
	atomic_bool done;
};

static void *close_desk(void *ctx) {
	struct closing *c = ctx;

	desk_close(c->d);
	atomic_store(&c->done, true);
	return NULL;
}

static void test_memory_lock(void **state) {
	const struct timespec pause = {.tv_nsec = 100000000};
	struct office *o = office_new(NULL);
	struct closing c = {.d = desk_new(o, &o->w->member[0])};
	const char *me = o->w->member[0].person;
	struct sr_lock *lock = NULL;
	struct sr_seen seen;
	uint8_t fingerprint[SR_HASH];
	struct sr_err e = {0};
	pthread_t thread;
	char name[64];

	(void)state;
	memcpy(fingerprint, sr_client_info(c.d->c)->fingerprint, SR_HASH);
	assert_ok(sr_seen_load(&seen, o->memory, fingerprint, me, &e), &e);
	sr_seen_name(name, fingerprint, me);
	assert_ok(sr_file_remove(o->memory, name, &e), &e); /* so that it has what to store */
	assert_ok(sr_seen_lock(&lock, o->memory, &e), &e);
	assert_int_equal(pthread_create(&thread, NULL, close_desk, &c), 0);
	(void)nanosleep(&pause, NULL);
	assert_false(atomic_load(&c.done));
	assert_false(sr_file_exists(o->memory, name));
	seen.size += 1000;
	assert_ok(sr_seen_store(o->memory, &seen, &e), &e);
	sr_lock_free(lock);
	assert_int_equal(pthread_join(thread, NULL), 0);
	const uint64_t size = seen.size;
	assert_ok(sr_seen_load(&seen, o->memory, fingerprint, me, &e), &e);
	assert_int_equal(seen.size, size);
	desk_free(c.d);
	office_free(o);
}

/* What lies in the memory, with another size or root: as another program of this person stores it
 * that was shown another log. */
static void stored_by_other(struct office *o, const struct sr_seen *seen, struct sr_err *e) {
	struct sr_buf text;
	char name[64];

	sr_buf_init(&text);
	sr_seen_name(name, seen->vault, seen->person);
	sr_seen_encode(&text, seen);
	assert_ok(sr_file_replace(o->memory, name, sr_buf_view(&text), e), e);
	sr_buf_free(&text);
}

static void one_more(struct office *o) {
	struct world_person guest;

	world_person_make(o->w, &guest, "A guest");
	assert_int_equal(world_person_add(o->w, &o->w->curator[0], &guest, "researcher"), 0);
	sr_buf_free(&guest.card);
}

static uint64_t remembered(struct office *o, const struct desk *d) {
	struct sr_seen seen;
	struct sr_err e = {0};

	assert_ok(
		sr_seen_load(&seen, o->memory, sr_client_info(d->c)->fingerprint, d->id.person, &e),
		&e);
	return seen.size;
}

static int sees_on(struct desk *d) {
	const uint64_t first = 0;

	one_more(d->o);
	assert_ok(sr_client_prove_entries(d->c, &first, 1, &d->e), &d->e);
	return sr_client_finish(d->c, &d->e);
}

/* Two programs of a person at the same moment: what one was shown and what the other was is one
 * log, by proof, or a fork that is named; and nothing of it takes the other's place. */
static void test_two_programs(void **state) {
	static const struct {
		uint64_t further; /* than ours less one: so many entries */
		const char *says, *keeps;
	} forks[] = {{0, "does not prove", NULL}, {1, "another root at size", NULL},
		{2, "does not prove", NULL}, {2, "does not prove", "consistency"}};
	const uint64_t first = 0;
	struct office *o = office_new(NULL);
	struct desk *a = desk_new(o, &o->w->member[0]), *b = desk_new(o, &o->w->member[0]);
	struct sr_seen seen;

	(void)state;
	/* One log: each stores over the other's, in turn, and goes on from what is further. */
	assert_ok(sees_on(a), &a->e);
	assert_ok(sees_on(b), &b->e);
	assert_int_equal(remembered(o, a), sr_client_info(b->c)->seen_size);
	/* All of this one's was stored: nothing is asked of a vault that may be gone by now. */
	a->liar.keeps = "consistency";
	assert_ok(sr_client_finish(a->c, &a->e), &a->e);
	a->liar.keeps = NULL;
	assert_ok(sees_on(a), &a->e);
	assert_ok(sees_on(b), &b->e);
	one_more(o);
	assert_ok(sr_client_prove_entries(b->c, &first, 1, &b->e), &b->e);
	assert_ok(sees_on(a), &a->e);
	assert_ok(sr_client_finish(b->c, &b->e), &b->e);
	assert_int_equal(sr_client_info(b->c)->seen_size, sr_client_info(a->c)->seen_size);
	/* Two that begin anew, since the log lost what was remembered: one was first. */
	b->c->lost = true;
	b->c->was = b->c->proofs.seen;
	b->c->kept_size = 0;
	assert_ok(sees_on(a), &a->e);
	assert_ok(sees_on(b), &b->e);
	assert_int_equal(remembered(o, b), sr_client_info(b->c)->seen_size);
	assert_ok(sr_seen_load(
			  &seen, o->memory, sr_client_info(a->c)->fingerprint, a->id.person, &a->e),
		&a->e);
	desk_close(a);
	desk_close(b);
	/* Another one: shorter than what we were shown, as long, longer. */
	for (size_t i = 0; i < sizeof forks / sizeof forks[0]; i++) {
		struct sr_seen other = seen;

		assert_ok(desk_open(b), &b->e);
		one_more(o);
		one_more(o);
		assert_ok(sr_client_prove_entries(b->c, &first, 1, &b->e), &b->e);
		one_more(o);
		other.size = b->c->proofs.seen.size + forks[i].further - 1;
		other.root[0] ^= 1;
		stored_by_other(o, &other, &b->e);
		b->liar.keeps = forks[i].keeps; /* it does not refuse, it hangs up */
		assert_fails(sr_client_finish(b->c, &b->e), SR_AUTH, &b->e, forks[i].says);
		assert_int_equal(remembered(o, b), other.size);
		b->liar.keeps = NULL;
		desk_close(b);
		sr_err_clear(&b->e);
		stored_by_other(o, &seen, &b->e);
	}
	desk_free(a);
	desk_free(b);
	office_free(o);
}

/* --- submissions ------------------------------------------------------------------------------ */

static void comment(struct desk *d, const uint8_t request[SR_ID], int code, const char *text) {
	const struct sr_act a = {
		.type = SR_T_COMMENT, .id = request, .text = sr_bytes_str("So be it.")};
	const int rc = sr_client_act(d->c, &a, &d->s, &d->e);

	if (code == 0)
		assert_ok(rc, &d->e);
	else
		assert_fails(rc, code, &d->e, text);
	sr_submitted_free(&d->s);
}

static void test_submit(void **state) {
	struct office *o = office_new(NULL);
	uint8_t items[2][SR_ID];

	(void)state;
	release_one(o->w, 1, items, NULL);
	struct world_request rq = {
		.by = &o->w->researcher[0], .items = (const uint8_t(*)[SR_ID])items, .count = 1};
	assert_int_equal(world_request(o->w, &rq), 0);
	struct desk *d = desk_new(o, &o->w->member[0]);
	struct lie lies[] = {
		{.op = "submit",
			.row = "outcome",
			.how = VALUE,
			.key = "receipt",
			.code = SR_CORRUPT,
			.text = "receipt"},
		{.op = "submit",
			.row = "outcome",
			.how = FLIP,
			.key = "receipt",
			.code = SR_AUTH,
			.text = "receipt of entry"},
		{.op = "submit",
			.row = "outcome",
			.how = LEAVE_OUT,
			.key = "receipt",
			.code = SR_AUTH,
			.text = "that it took the statement, and withholds the receipt"},
		{.op = "submit",
			.row = "outcome",
			.how = VALUE,
			.key = "index",
			.value = "3",
			.code = SR_AUTH,
			.text = "the vault says 3"},
		{.op = "submit",
			.row = "outcome",
			.how = DROP,
			.code = SR_CORRUPT,
			.text = "want 1 outcomes, have 0"},
	};
	for (size_t i = 0; i < T_COUNT(lies); i++) {
		tell(d, &lies[i]);
		comment(d, rq.id, lies[i].code, lies[i].text);
		honest(d, &lies[i]);
	}
	/* The answer never comes: the same bytes again, and the first receipt. */
	const size_t before = world_count(o->w, SR_T_COMMENT);
	const struct sr_act a = {.type = SR_T_COMMENT, .id = rq.id, .text = sr_bytes_str("Once.")};
	d->liar.breaks = 1;
	assert_ok(sr_client_act(d->c, &a, &d->s, &d->e), &d->e);
	assert_true(d->s.repeated && d->s.proven);
	assert_int_equal(world_count(o->w, SR_T_COMMENT), before + 1);
	sr_submitted_free(&d->s);
	desk_free(d);
	office_free(o);
}

/* --- the board -------------------------------------------------------------------------------- */

/* Shows the founding board, whatever board was asked for. */
static int founding_board(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct sr_call again;

	(void)q;
	if (strcmp(op, "board.material") != 0)
		return 0;
	sr_call_init(&again);
	sr_call_begin(&again, op);
	assert_ok(l->real.call(l->real.ctx, &again, r, e), e);
	sr_call_free(&again);
	l->was_twisted = true;
	return -1;
}

static void open_already(struct office *o) {
	struct desk *d = desk_new(o, &o->w->member[0]);
	struct sr_sheet_kept kept;
	struct sr_accepting a;
	struct sr_dealt dealt;

	assert_fails(sr_client_accept(d->c, NULL, &a, &d->e), SR_EXISTS, &d->e,
		"this board is open already");
	assert_fails(sr_client_deal(d->c, NULL, &dealt, &d->e), SR_EXISTS, &d->e,
		"this board is open already");
	desk_free(d);
	d = desk_new(o, &o->w->auditor);
	assert_fails(sr_client_sheet(d->c, NULL, &kept, &d->e), SR_DENIED, &d->e,
		"is none of the 3 members");
	desk_free(d);
}

static void refused_board(struct office *o, struct lie *lies, const char *text) {
	struct desk *d = desk_new(o, &o->w->member[1]);
	const struct sr_board_view *v = NULL;

	tell_all(d, lies);
	assert_fails(sr_client_board(d->c, NULL, &v, &d->e), SR_AUTH, &d->e, text);
	assert_null(v);
	honest(d, lies);
	desk_free(d);
}

/* A board that nobody made; keys that are those of another run; an opening of a run that is void.
 * Of the last two, the host has the keys of the service, and for the last a member too. */
static void other_boards(struct office *o) {
	struct desk *d = desk_new(o, &o->w->member[1]);
	const struct sr_board_view *v = NULL;
	uint8_t other[SR_ID] = {9}, hash[SR_HASH], run[SR_ID];
	char hex[2 * SR_HASH + 1];
	struct sr_buf text, body;
	struct sr_dkg *dkg = calloc(1, sizeof *dkg);

	d->liar.twist = founding_board;
	assert_fails(sr_client_board(d->c, other, &v, &d->e), SR_AUTH, &d->e,
		"does not show that a quorum made this board: it is withheld");
	assert_true(d->liar.was_twisted);
	desk_free(d);

	assert_non_null(dkg);
	world_run(o->w, 2, dkg);
	sr_buf_init(&body);
	sr_keys_encode(&body, dkg, &o->w->keys);
	sr_keys_hash(hash, sr_buf_view(&body));
	sr_hex(hex, hash, SR_HASH);
	free(dkg);
	struct lie keys[] = {
		{.op = "board.material", .row = "receipt", .what = "opened", .how = RECEIPT},
		{.op = "board.material",
			.row = "keys",
			.how = VALUE,
			.key = "body",
			.bytes = sr_buf_view(&body)},
		{.op = NULL}};
	forged_head(o, &text, SR_T_OPENED, "service");
	copy_fields(o, &text, SR_T_OPENED, "keys", hex);
	forge_by_room(o, &text, &keys[0].index);
	refused_board(o, keys, "shows the keys of another board, epoch or run than it opened");
	sr_buf_free(&body);

	struct lie spoilt[] = {
		{.op = "board.material", .how = ADD, .as = "complaint"}, {.op = NULL}};
	sr_ceremony_run_id(run, o->w->v->fingerprint, o->w->v->fingerprint, 1);
	forged_head(o, &text, SR_T_COMPLAINT, o->w->member[0].person);
	sr_text_put_hex(&text, "run", run, SR_ID);
	sr_text_put(&text, "dealer", o->w->member[2].person);
	sr_text_put_dec(&text, "level", 2);
	forge_by(o, &text, &o->w->member[0], &spoilt[0].index);
	refused_board(o, spoilt, "opened the board with run 1, which a complaint made void");
}

static void test_board(void **state) {
	struct office *o = office_new(NULL);
	struct lie lies[] = {
		{.op = "board.material",
			.row = "keys",
			.how = FLIP,
			.key = "body",
			.code = SR_AUTH,
			.text = "with other keys than are shown"},
		{.op = "board.material",
			.row = "keys",
			.how = DROP,
			.code = SR_AUTH,
			.text = "withholds the board's keys"},
		{.op = "board.material",
			.row = "receipt",
			.what = "accept",
			.nth = 1,
			.how = DROP,
			.code = SR_AUTH,
			.text = "withholds the acceptance of member 2"},
		{.op = "board.material",
			.row = "receipt",
			.what = "opened",
			.how = DROP,
			.code = SR_AUTH,
			.text = "withholds the statement that opened it"},
		{.op = "board.material",
			.row = "receipt",
			.what = "accept",
			.how = FLIP,
			.key = "receipt",
			.code = SR_AUTH,
			.text = "receipt"},
		{.op = "board.material",
			.row = "receipt",
			.what = "accept",
			.how = VALUE,
			.key = "what",
			.value = "deal",
			.code = SR_AUTH,
			.text = "announced as another type"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(lies); i++) {
		struct desk *d = desk_new(o, &o->w->member[0]);
		const struct sr_board_view *v = NULL;

		tell(d, &lies[i]);
		assert_fails(
			sr_client_board(d->c, NULL, &v, &d->e), lies[i].code, &d->e, lies[i].text);
		honest(d, &lies[i]);
		assert_ok(sr_client_board(d->c, NULL, &v, &d->e), &d->e);
		assert_true(v->opened);
		desk_free(d);
	}
	open_already(o);
	other_boards(o);
	world_close(o->w);
	office_free(o);
}

/* --- ballots ---------------------------------------------------------------------------------- */

static struct lie ballot_lies[] = {
	{.op = "request.material",
		.row = "receipt",
		.what = "person",
		.how = DROP,
		.code = SR_AUTH,
		.text = "whom no proven statement introduces"},
	{.op = "request.material",
		.row = "receipt",
		.what = "request",
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows no request: it is withheld"},
	{.op = "request.material",
		.row = "receipt",
		.what = "room-key",
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows no room key of exactly this version"},
	{.op = "request.material",
		.row = "receipt",
		.what = "join",
		.how = DROP,
		.code = SR_DENIED,
		.text = "1 of 1 co-applicants have not joined"},
	{.op = "request.material",
		.row = "receipt",
		.what = "request",
		.how = FLIP,
		.key = "receipt",
		.code = SR_AUTH,
		.text = "receipt"},
	{.op = "request.material",
		.row = "list",
		.how = DROP,
		.code = SR_AUTH,
		.text = "withholds the list"},
	{.op = "request.material",
		.row = "list",
		.how = FLIP,
		.key = "body",
		.code = SR_AUTH,
		.text = "not the one that the applicant signed"},
	{.op = "request.material",
		.row = "seal",
		.nth = 1,
		.how = DROP,
		.code = SR_AUTH,
		.text = "its seal is of another item"},
	{.op = "request.material",
		.row = "seal",
		.nth = 2,
		.how = DROP,
		.code = SR_AUTH,
		.text = "the vault withholds seals: 2 of 3 came"},
	{.op = "request.material",
		.row = "seal",
		.nth = 2,
		.how = DROP,
		.code = SR_AUTH,
		.text = "2 of 3 came"},
	{.op = "request.material",
		.row = "seal",
		.how = OTHER_ROW,
		.key = "item",
		.code = SR_AUTH,
		.text = "its seal is of another item"},
	{.op = "request.material",
		.row = "seal",
		.nth = 1,
		.how = OTHER_ROW,
		.key = "seal",
		.code = SR_AUTH,
		.text = "proof does not verify"},
	{.op = "request.material",
		.row = "seal",
		.nth = 2,
		.how = FLIP,
		.key = "seal",
		.code = SR_AUTH,
		.text = "proof does not verify"},
	{.op = "request.material",
		.row = "seal",
		.how = VALUE,
		.key = "number",
		.value = "7",
		.code = SR_AUTH,
		.text = "proof does not verify"},
	{.op = "request.material",
		.row = "seal",
		.how = VALUE,
		.key = "level",
		.value = "9",
		.code = SR_AUTH,
		.text = "which the board does not have"},
	{.op = "request.material",
		.row = "seal",
		.how = VALUE,
		.key = "seal",
		.value = "short",
		.code = SR_CORRUPT,
		.text = "want 272 bytes, have 5"},
	{.op = "request.material",
		.row = "seal",
		.how = VALUE,
		.key = "destroyed",
		.value = "yes",
		.code = SR_DENIED,
		.text = "item 1 of the list was destroyed after this request"},
	{.op = "request.material",
		.row = "seal",
		.how = VALUE,
		.key = "key-epoch",
		.value = "7",
		.code = SR_DENIED,
		.text = "sealed under another key of the board than your share is of"},
};

static void test_ballot(void **state) {
	struct asked_for a;
	struct sr_writ w;

	(void)state;
	ask_for(&a, true);
	for (size_t i = 0; i < T_COUNT(ballot_lies); i++) {
		struct desk *d = desk_new(a.o, &a.o->w->member[0]);

		tell(d, &ballot_lies[i]);
		assert_fails(
			try_vote(d, a.rq.id, &w), ballot_lies[i].code, &d->e, ballot_lies[i].text);
		assert_null(w.note.p);
		assert_false(asked(d, "submit"));
		honest(d, &ballot_lies[i]);
		desk_free(d);
	}
	/* All items said to be of the lowest level: less than the request says. */
	struct desk *d = desk_new(a.o, &a.o->w->member[0]);
	size_t high = 0;
	for (size_t i = 0; i < 3;
		i++) /* the list is in byte order of ids; item 0 is the one with a hazard */
		high += memcmp(a.items[i], a.items[0], SR_ID) < 0;
	struct lie lower = {.op = "request.material",
		.row = "seal",
		.nth = high,
		.how = VALUE,
		.key = "level",
		.value = "2"};
	tell(d, &lower);
	assert_fails(try_vote(d, a.rq.id, &w), SR_AUTH, &d->e, "its items need level 2");
	honest(d, &lower);
	/* One of another request said to be of a higher level than that asks for. */
	struct world_request low = {.by = &a.o->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])a.items[1],
		.count = 2};
	assert_int_equal(world_request(a.o->w, &low), 0);
	struct lie higher = {.op = "request.material",
		.row = "seal",
		.how = VALUE,
		.key = "level",
		.value = "3"};
	tell(d, &higher);
	assert_fails(try_vote(d, low.id, &w), SR_DENIED, &d->e,
		"the request is of level 2, its items need level 3: the applicant amends it");
	honest(d, &higher);
	/* And honestly, with items of two levels. */
	assert_ok(try_vote(d, a.rq.id, &w), &d->e);
	assert_fails(sr_client_sign(d->c, &w, &d->e), SR_MISUSE, &d->e, "is signed already");
	assert_fails(sr_client_submit_many(d->c, &w, 0, NULL, &d->e), SR_MISUSE, &d->e,
		"0 statements at once, want 1 to 64");
	assert_ok(sr_client_submit(d->c, &w, NULL, &d->e), &d->e);
	sr_writ_free(&w);
	desk_free(d);
	/* Nobody votes on what they ask for, or when the time for it is over. */
	assert_int_equal(
		world_person_add(a.o->w, &a.o->w->curator[0], &a.o->w->member[1], "researcher"), 0);
	struct world_request own = {
		.by = &a.o->w->member[1], .items = (const uint8_t(*)[SR_ID])a.items[1], .count = 1};
	assert_int_equal(world_request(a.o->w, &own), 0);
	d = desk_new(a.o, &a.o->w->member[1]);
	assert_fails(
		try_vote(d, own.id, &w), SR_DENIED, &d->e, "nobody votes on their own request");
	desk_free(d);
	low.closes = a.o->w->now + W_HOUR;
	assert_int_equal(world_request(a.o->w, &low), 0);
	a.o->w->now += 2 * W_HOUR;
	d = desk_new(a.o, &a.o->w->member[0]);
	assert_fails(try_vote(d, low.id, &w), SR_DENIED, &d->e,
		"the request closed before this vote: its applicant asks again");
	desk_free(d);
	d = desk_new(a.o, &a.o->w->researcher[0]);
	assert_fails(try_vote(d, a.rq.id, &w), SR_DENIED, &d->e, "not a member");
	desk_free(d);
	office_free(a.o);
}

/* --- items that came later --- */

static struct lie extension_lies[] = {
	{.op = "request.material",
		.row = "receipt",
		.what = "extend",
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows no extension: it is withheld"},
	{.op = "request.material",
		.row = "receipt",
		.what = "extend",
		.how = FLIP,
		.key = "receipt",
		.code = SR_AUTH,
		.text = "receipt"},
	{.op = "request.material",
		.row = "list",
		.how = VALUE,
		.key = "body",
		.value = "sixteen bytes id",
		.code = SR_AUTH,
		.text = "has 1 items, the request was signed for 2"},
	{.op = "request.material",
		.row = "seal",
		.nth = 1,
		.how = DROP,
		.code = SR_AUTH,
		.text = "1 of 2 came"},
	{.op = "request.material",
		.row = "seal",
		.how = VALUE,
		.key = "number",
		.value = "7",
		.code = SR_AUTH,
		.text = "proof does not verify"},
};

static int try_topup(
	struct desk *d, const uint8_t request[SR_ID], uint64_t extension, struct sr_writ *out) {
	struct sr_ballot *b = NULL;
	int rc = sr_ballot_fetch_extension(&b, d->c, request, extension, &d->e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_ballot_vote(out, b, &(struct sr_voting){.decision = "topup"}, &d->e);
	sr_ballot_free(b);
	return rc;
}

static void test_extension(void **state) {
	struct asked_for a;
	uint8_t grant[SR_ID], later[2][SR_ID], checkout[SR_ID];
	uint64_t files = 0;
	struct sr_writ w;

	(void)state;
	ask_for(&a, true);
	world_grant(a.o->w, a.rq.id, grant);
	release_one(a.o->w, 2, later, "personal-data");
	const struct world_extend x = {.by = &a.o->w->researcher[0],
		.grant = grant,
		.request = a.rq.id,
		.items = (const uint8_t(*)[SR_ID])later,
		.count = 2,
		.number = 1};
	assert_ok(world_extend(a.o->w, &x), &a.o->w->out.err);
	for (size_t i = 0; i < T_COUNT(extension_lies); i++) {
		struct desk *d = desk_new(a.o, &a.o->w->member[0]);

		tell(d, &extension_lies[i]);
		assert_fails(try_topup(d, a.rq.id, 1, &w), extension_lies[i].code, &d->e,
			extension_lies[i].text);
		assert_null(w.note.p);
		assert_false(asked(d, "submit"));
		honest(d, &extension_lies[i]);
		desk_free(d);
	}
	for (size_t i = 0; i < 3; i++) {
		struct desk *d = desk_new(a.o, &a.o->w->member[i]);

		assert_ok(try_topup(d, a.rq.id, 1, &w), &d->e);
		assert_ok(sr_client_submit(d->c, &w, NULL, &d->e), &d->e);
		sr_writ_free(&w);
		desk_free(d);
	}
	/* And a reader's client proves those votes, not those of the first list. */
	struct desk *d = desk_new(a.o, &a.o->w->researcher[1]);
	struct sr_borrow b = {.item = later[0], .grant = grant};
	assert_ok(sr_client_checkout(d->c, &b, checkout, &files, NULL, &d->e), &d->e);
	assert_int_equal(files, 1);
	desk_free(d);
	/* They are topped up; and whom the request does not name asks for nothing. */
	struct sr_ballot *ballot = NULL;
	d = desk_new(a.o, &a.o->w->member[0]);
	assert_ok(sr_ballot_fetch_extension(&ballot, d->c, a.rq.id, 1, &d->e), &d->e);
	assert_fails(sr_ballot_vote(&w, ballot, &(struct sr_voting){.decision = "approve"}, &d->e),
		SR_USAGE, &d->e, "vote REQUEST topup --extension N");
	sr_ballot_free(ballot);
	desk_free(d);
	struct lie theirs = {
		.op = "request.material", .row = "receipt", .what = "extend", .how = RECEIPT};
	struct sr_buf text;
	forged_head(a.o, &text, SR_T_EXTEND, a.o->w->curator[0].person);
	copy_fields(a.o, &text, SR_T_EXTEND, "number", "1");
	forge_by(a.o, &text, &a.o->w->curator[0], &theirs.index);
	d = desk_new(a.o, &a.o->w->member[0]);
	tell(d, &theirs);
	assert_fails(
		try_topup(d, a.rq.id, 1, &w), SR_AUTH, &d->e, "whom the request does not name");
	assert_non_null(strstr(d->e.text, a.o->w->curator[0].person));
	honest(d, &theirs);
	desk_free(d);
	world_close(a.o->w);
	office_free(a.o);
}

/* --- entries that a hostile host wrote into the log ------------------------------------------- */

struct forgery { /* replaces the receipt of a row by that of a forged entry */
	struct office *o;
	const char *op, *what;
	size_t nth;
	uint64_t index;
	uint64_t since;
	size_t seen;
};

static void replace(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	struct forgery *f = ctx;
	struct sr_buf b;

	if (!row_what(row, "receipt", f->what) || f->seen++ != f->nth) {
		lie_row(o, row, NULL, sr_bytes_of(NULL, 0));
		return;
	}
	sr_buf_init(&b);
	receipt_of(f->o, f->index, f->since, &b);
	lie_row(o, row, "receipt", sr_buf_view(&b));
	sr_buf_free(&b);
}

static int twist_forgery(
	struct liar *liar, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct forgery *list = liar->ctx;

	(void)e;
	for (size_t i = 0; list[i].op != NULL; i++) {
		struct forgery *f = &list[i];
		struct sr_text t = {0};

		if (strcmp(op, f->op) != 0)
			continue;
		f->seen = 0;
		f->since = 0;
		if (sr_text_parse(&t, sr_buf_view(&q->head), NULL) == 0) {
			(void)!sr_parse_dec(&f->since, sr_text_get(&t, "since"), INT64_MAX, NULL);
			sr_text_free(&t);
		}
		lie_rows(r, replace, f);
		liar->was_twisted = true;
	}
	return 0;
}

static void room_key_for(
	struct office *o, const struct sr_buf *request, struct sr_buf *b, const char *actor) {
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];

	sr_statement_hash(hash, sr_buf_view(request));
	sr_hex(hex, hash, SR_HASH);
	forged_head(o, b, SR_T_ROOM_KEY, actor);
	copy_fields(o, b, SR_T_ROOM_KEY, "of", hex);
}

static void refused_forgery(struct asked_for *a, struct forgery *f, int code, const char *text) {
	struct desk *d = desk_new(a->o, &a->o->w->member[0]);
	struct sr_writ w;

	d->liar.twist = twist_forgery;
	d->liar.ctx = f;
	assert_fails(try_vote(d, a->rq.id, &w), code, &d->e, text);
	assert_true(d->liar.was_twisted);
	assert_null(w.note.p);
	desk_free(d);
}

static void refused_lies(struct asked_for *a, struct lie *lies, int code, const char *text) {
	struct desk *d = desk_new(a->o, &a->o->w->member[0]);
	struct sr_writ w;

	tell_all(d, lies);
	assert_fails(try_vote(d, a->rq.id, &w), code, &d->e, text);
	assert_null(w.note.p);
	honest(d, lies);
	desk_free(d);
}

static int by_name(const void *a, const void *b) {
	return strcmp(a, b);
}

/* ${text}, signed by ${by}, and then the room's key for it, as the honest ${key} in all else. */
static void forge_with_key(struct office *o, struct sr_buf *text, const struct world_person *by,
	const struct sr_entry *key, struct lie *lies) {
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];
	const char *const of[] = {"of", hex, NULL};
	struct sr_buf more;

	sr_statement_hash(hash, sr_buf_view(text));
	sr_hex(hex, hash, SR_HASH);
	forge_by(o, text, by, &lies[0].index);
	forged_head(o, &more, SR_T_ROOM_KEY, "service");
	copy_but(&more, key, of);
	forge_by_room(o, &more, &lies[1].index);
}

/* What an applicant, or somebody in their place, signs together with a host. ${en}, ${key}: the
 * honest request and its room key. */
static void forged_requests(
	struct asked_for *a, const struct sr_entry *en, const struct sr_entry *key) {
	enum {
		MANY_PEOPLE = SR_REQUEST_PEOPLE_MAX
	};
	struct office *o = a->o;
	const struct world_person *r = &o->w->researcher[0];
	struct lie request[] = {
		{.op = "request.material", .row = "receipt", .what = "request", .how = RECEIPT},
		{.op = "request.material", .row = "receipt", .what = "room-key", .how = RECEIPT},
		{.op = NULL}};
	struct lie later[] = {{.op = "board.material", .how = ADD, .as = "amend"}, {.op = NULL}};
	static char people[MANY_PEOPLE][SR_PERSON_TEXT];
	char hex[2 * SR_ID + 1];
	struct sr_buf text;

	/* By somebody known who may not ask. */
	const char *const same[] = {NULL};
	forged_head(o, &text, SR_T_REQUEST, o->w->curator[0].person);
	copy_but(&text, en, same);
	forge_by(o, &text, &o->w->curator[0], &request[0].index);
	struct lie only[] = {request[0], {.op = NULL}};
	refused_lies(a, only, SR_AUTH, "nothing shows that the applicant");

	/* More people than a request can have. */
	for (size_t i = 0; i < MANY_PEOPLE; i++) {
		uint8_t pk[SR_PK];

		t_fill(pk, SR_PK, 900 + i);
		sr_person_name(people[i], pk);
	}
	qsort(people, MANY_PEOPLE, sizeof people[0], by_name);
	forged_head(o, &text, SR_T_REQUEST, r->person);
	for (size_t i = en->statement.fields_at; i < en->statement.text.count; i++) {
		const struct sr_line *l = &en->statement.text.lines[i];
		char k[40];

		snprintf(k, sizeof k, "%.*s", (int)l->key.len, (const char *)l->key.p);
		if (strcmp(k, "person") != 0)
			sr_text_putf(&text, k, "%.*s", (int)l->value.len, (const char *)l->value.p);
		for (size_t n = 0; strcmp(k, "person") == 0 && n < MANY_PEOPLE; n++)
			sr_text_put(&text, k, people[n]);
	}
	forge_by(o, &text, r, &only[0].index);
	refused_lies(a, only, SR_LIMIT, "17 people in the request, at most 16");

	/* Of an epoch that is not there yet. */
	const char *const epoch[] = {"epoch", "2", NULL};
	forged_head(o, &text, SR_T_REQUEST, r->person);
	copy_but(&text, en, epoch);
	forge_with_key(o, &text, r, key, request);
	refused_lies(a, request, SR_DENIED, "the request is of epoch 2, the board is in epoch 1");

	/* A newer version, which asks another board, is shown when the board is. */
	snprintf(hex, sizeof hex, "%.32s", OTHER_HASH);
	const char *const board[] = {"version", "2", "board", hex, NULL};
	forged_head(o, &text, SR_T_AMEND, r->person);
	copy_but(&text, en, board);
	forge_by(o, &text, r, &later[0].index);
	refused_lies(a, later, SR_AUTH, "the board shown is not the one that the request asks");

	/* Another name of a log that never took one. */
	forged_head(o, &text, SR_T_REQUEST, o->w->officer.person);
	sr_text_put_hex(&text, "request", a->rq.id, SR_ID);
	sr_text_put_dec(&text, "version", 1);
	sr_text_put(&text, "kind", "adopt");
	sr_text_put_hex(&text, "board", o->w->v->fingerprint, SR_ID);
	sr_text_put_dec(&text, "epoch", 1);
	sr_text_put_dec(&text, "level", 3);
	sr_text_put(&text, "set", OTHER_HASH);
	forge_by(o, &text, &o->w->officer, &only[0].index);
	refused_lies(a, only, SR_NOTFOUND, "the log has the name that it was founded with");
}

static void test_forged(void **state) {
	struct asked_for a;
	struct sr_buf text, more;
	const uint8_t *room;
	uint8_t host[SR_SEED];
	char service[300];

	(void)state;
	ask_for(&a, true);
	struct office *o = a.o;
	const struct world_person *r = &o->w->researcher[0];
	struct sr_entry request, room_key;
	world_last(o->w, SR_T_REQUEST, &request);
	world_last(o->w, SR_T_ROOM_KEY, &room_key);
	room = o->w->v->keys->s->room_seed;
	t_fill(host, sizeof host, 4711);
	snprintf(service, sizeof service, "%s/room", W_ORIGIN);

	/* The host's own key in the request, with a room key that the service really signed for it.
	 */
	struct forgery f[3] = {{.o = o, .op = "request.material", .what = "request"},
		{.o = o, .op = "request.material", .what = "room-key"}};
	forged_head(o, &text, SR_T_REQUEST, r->person);
	copy_fields(o, &text, SR_T_REQUEST, "key", HOSTS_KEY);
	room_key_for(o, &text, &more, "service");
	forge(o, &text, r->person, host, &f[0].index);
	forge(o, &more, service, room, &f[1].index);
	refused_forgery(&a, f, SR_AUTH, "request (entry");

	/* Room keys: signed by a key that is not the room's; signed rightly, but of another
	 * version. */
	memset(f, 0, sizeof f);
	f[0] = (struct forgery){.o = o, .op = "request.material", .what = "room-key"};
	forged_head(o, &text, SR_T_ROOM_KEY, "service");
	copy_fields(o, &text, SR_T_ROOM_KEY, "key", HOSTS_KEY);
	forge(o, &text, service, host, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "room key of exactly this version (entry");
	forged_head(o, &text, SR_T_ROOM_KEY, "service");
	copy_fields(o, &text, SR_T_ROOM_KEY, "of", OTHER_HASH);
	forge(o, &text, service, room, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "shows no room key of exactly this version");
	forged_head(o, &text, SR_T_ROOM_KEY, "service");
	copy_fields(o, &text, SR_T_ROOM_KEY, "version", "2");
	forge(o, &text, service, room, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "is of another request or version");

	/* A co-applicant's key. */
	f[0] = (struct forgery){.o = o, .op = "request.material", .what = "join"};
	forged_head(o, &text, SR_T_JOIN, o->w->researcher[1].person);
	copy_fields(o, &text, SR_T_JOIN, "key", HOSTS_KEY);
	forge(o, &text, o->w->researcher[1].person, host, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "join of a co-applicant (entry");

	/* A curator made by the vault alone vouches for a researcher of the host's: neither counts.
	 */
	forged_head(o, &text, SR_T_PERSON, "service");
	sr_text_put_hex(&text, "request", a.rq.id, SR_ID);
	sr_text_put(&text, "person", r->person);
	sr_text_put(&text, "role", "researcher");
	sr_text_put_base64(&text, "card", r->card.p, r->card.len);
	f[0] = (struct forgery){.o = o, .op = "request.material", .what = "person"};
	forge(o, &text, service, room, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "whom no proven statement introduces");
	forged_head(o, &text, SR_T_PERSON, o->w->depositor.person); /* who may not vouch */
	sr_text_put(&text, "person", r->person);
	sr_text_put(&text, "role", "researcher");
	sr_text_put_base64(&text, "card", r->card.p, r->card.len);
	forge(o, &text, o->w->depositor.person, o->w->depositor.seed, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "whom no proven statement introduces");

	/* The board opened with a key of the host's; an acceptance that a member never made. */
	f[0] = (struct forgery){.o = o, .op = "board.material", .what = "opened"};
	forged_head(o, &text, SR_T_OPENED, "service");
	copy_fields(o, &text, SR_T_OPENED, "transcript", OTHER_HASH);
	forge(o, &text, service, room, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "opened the board with other keys");
	f[0] = (struct forgery){.o = o, .op = "board.material", .what = "accept", .nth = 2};
	forged_head(o, &text, SR_T_ACCEPT, o->w->member[2].person);
	copy_fields(o, &text, SR_T_ACCEPT, "keys", OTHER_HASH);
	forge(o, &text, o->w->member[2].person, host, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "withholds the acceptance of member 3");
	f[0] = (struct forgery){.o = o, .op = "board.material", .what = "accept"};
	forged_head(o, &text, SR_T_ACCEPT, o->w->member[0].person);
	copy_fields(o, &text, SR_T_ACCEPT, "transcript", OTHER_HASH);
	forge(o, &text, o->w->member[0].person, o->w->member[0].seed, &f[0].index);
	refused_forgery(&a, f, SR_AUTH, "accepted another transcript");
	forged_requests(&a, &request, &room_key);
	sr_entry_free(&request);
	sr_entry_free(&room_key);
	world_close(o->w); /* the catalogue knows nothing of these entries */
	office_free(o);
}

/* --- an end that is kept from a voter --------------------------------------------------------- */

static struct lie hidden_end = {.op = "request.material",
	.row = "receipt",
	.what = "person-end",
	.how = DROP};

/* Member ${m} tries to vote, at a vault that tells of the end, or does not. */
static int vote_where(struct asked_for *a, size_t m, bool hides, struct sr_err *e) {
	struct desk *d = desk_new(a->o, &a->o->w->member[m]);
	struct sr_writ w;
	int rc;

	if (hides)
		tell(d, &hidden_end);
	rc = try_vote(d, a->rq.id, &w);
	if (hides) {
		assert_true(d->liar.was_twisted);
		hidden_end.seen = 0;
		sr_buf_free(&hidden_end.other);
		d->liar.twist = NULL;
	}
	*e = d->e;
	if (rc == 0)
		sr_writ_free(&w);
	desk_free(d);
	return rc;
}

/* A co-applicant's roles ended. Whoever was shown that once makes no piece for them, in whatever
 * later visit, though the vault does not tell of it any more; whoever never was cannot know, which
 * SECURITY.md says. A role that was given anew afterwards holds. */
static void test_hidden_end(void **state) {
	struct asked_for a;
	struct world *w;
	struct world_draft d;
	struct sr_err e = {0};

	(void)state;
	ask_for(&a, true);
	w = a.o->w;
	world_begin(&d, w, &w->curator[0], SR_T_PERSON_END);
	sr_text_put(&d.text, "person", w->researcher[1].person);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	assert_ok(vote_where(&a, 0, true, &e), &e); /* it cannot be told: not promised */
	assert_fails(vote_where(&a, 0, false, &e), SR_DENIED, &e, w->researcher[1].person);
	assert_fails(vote_where(&a, 0, true, &e), SR_DENIED, &e, w->researcher[1].person);
	assert_ok(vote_where(&a, 1, true, &e), &e); /* each by what they saw */
	/* As if it had never been: remembered in a file beside the memory of the log. */
	{
		char hex[17], name[64];

		sr_hex(hex, w->v->fingerprint, 8);
		snprintf(name, sizeof name, "%s-%s.ended", hex, w->member[0].person);
		assert_true(sr_file_exists(a.o->memory, name));
		/* Killed at the first contact, when the memory of the log was not stored yet. */
		char seen[64];
		sr_seen_name(seen, w->v->fingerprint, w->member[0].person);
		assert_ok(sr_file_remove(a.o->memory, seen, &e), &e);
		assert_fails(vote_where(&a, 0, true, &e), SR_DENIED, &e, w->researcher[1].person);
		assert_ok(sr_file_remove(a.o->memory, name, &e), &e);
		assert_ok(vote_where(&a, 0, true, &e), &e);
		assert_fails(vote_where(&a, 0, false, &e), SR_DENIED, &e, w->researcher[1].person);
	}
	assert_int_equal(world_person_add(w, &w->curator[0], &w->researcher[1], "researcher"), 0);
	assert_ok(vote_where(&a, 0, true, &e), &e);
	assert_ok(vote_where(&a, 0, false, &e), &e);
	office_free(a.o);
}

/* --- what a voter is told --------------------------------------------------------------------- */

struct told {
	char text[2000]; /* a line each: key, value, name */
};

static int keep_told(void *ctx, const struct sr_said *s, struct sr_err *e) {
	struct told *t = ctx;
	const size_t at = strlen(t->text);

	(void)e;
	snprintf(t->text + at, sizeof t->text - at, "%s: %.*s (%.*s)\n", s->key, (int)s->value.len,
		(const char *)s->value.p, (int)s->name.len,
		s->name.p != NULL ? (const char *)s->name.p : "");
	return 0;
}

/* A catalogue that shows another request than the one that is signed: who votes is told what the
 * proven statement says, whoever asked the vault what it is about. */
static void test_said(void **state) {
	static const char *const curator[] = {"curator", NULL};
	struct office *o = office_new(NULL);
	const struct world_person *out = &o->w->outsider, *m = &o->w->member[0];
	const struct sr_introduction card = intro_of(out);
	const struct sr_asking role = {
		.kind = "role", .card = &card, .roles = curator, .reason = "A colleague."};
	struct lie lies[] = {{.op = "request",
				     .row = "version",
				     .how = VALUE,
				     .key = "subject",
				     .value = o->w->researcher[0].person},
		{.op = "request",
			.row = "version",
			.how = VALUE,
			.key = "role",
			.value = "researcher"},
		{.op = NULL}};
	struct desk *d = desk_new(o, m);
	struct sr_ballot *b = NULL;
	struct told told = {""};
	uint8_t request[SR_ID];
	struct sr_call q, r;
	struct sr_rows rows = {0};
	char want[400];

	(void)state;
	assert_ok(sr_client_request(d->c, &role, request, NULL, &d->e), &d->e);
	tell_all(d, lies);
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "request");
	sr_text_put_hex(&q.head, "request", request, SR_ID);
	assert_ok(sr_client_rows(d->c, &q, &r, &rows, &d->e), &d->e);
	assert_true(sr_bytes_eq(sr_row_get(&rows.rows[0], "role"), sr_bytes_str("researcher")));
	assert_ok(sr_ballot_fetch(&b, d->c, request, 0, &d->e), &d->e);
	assert_ok(sr_ballot_said(b, keep_told, &told, &d->e), &d->e);
	snprintf(want, sizeof want,
		"applicant: %s (%s)\nsubject: %s (%s)\nroles: curator ()\n"
		"reason: A colleague. ()\n",
		m->person, m->name, out->person, out->name);
	assert_string_equal(told.text, want);
	honest(d, lies);
	sr_ballot_free(b);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	desk_free(d);
	office_free(o);
	/* No line of a request is forgotten. */
	for (const struct sr_field *f = sr_type_at(SR_T_REQUEST)->fields; f->key != NULL; f++)
		if (!sr_said_covers(sr_bytes_str(f->key)))
			fail_msg("nobody is told the line %s of a request", f->key);
}

/* --- the vault's keys change -------------------------------------------------------------------
 */

static int twist_hello(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)q;
	(void)e;
	if (strcmp(op, "hello") == 0) {
		lie_head(r, "key-change", l->ctx);
		l->was_twisted = true;
	}
	return 0;
}

/* The change that a thief of the keys before names at the same entry: keys of theirs. */
static void thief_change(struct office *o, const struct sr_service *stolen, struct sr_buf *out) {
	struct sr_key_change k = {.log = {.next = {.from = o->w->v->keys->former_end[0]}}};
	const struct sr_key_change_by by = {.origin = W_ORIGIN,
		.name = W_ORIGIN,
		.ledger_seed = stolen->s->ledger_seed,
		.room_seed = stolen->s->room_seed};
	struct sr_buf text, note;
	struct sr_err e;

	snprintf(k.log.next.name, sizeof k.log.next.name, "%s", W_ORIGIN);
	t_fill(k.log.next.pk, SR_PK, 666);
	t_fill(k.room_pk, SR_PK, 667);
	sr_buf_init(&note);
	forged_head(o, &text, SR_T_SERVICE_KEY, "service");
	assert_ok(sr_key_change_put(&text, &k, &e), &e);
	assert_ok(sr_key_change_sign(&note, sr_buf_view(&text), &by, &e), &e);
	sr_buf_init(out);
	sr_buf_put_base64(out, note.p, note.len);
	sr_buf_put_u8(out, 0);
	sr_buf_free(&note);
	sr_buf_free(&text);
}

static int opened_with(struct office *o, const struct world_person *p, struct sr_dir *memory,
	void *hello, struct sr_err *e) {
	struct desk *d = desk_prepare(o, p);
	int rc;

	d->liar.twist = twist_hello;
	d->liar.ctx = hello;
	rc = desk_open_with(d, NULL, memory, true);
	assert_true(d->liar.was_twisted);
	*e = d->e;
	desk_free(d);
	return rc;
}

static int withhold_change(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct lie drop = {.row = "receipt", .what = "service-key", .how = DROP};

	(void)q;
	(void)e;
	if (strcmp(op, "proof") == 0 && strstr(l->asked, "proof") != NULL) {
		const size_t before = r->body.len;

		lie_rows(r, lie_apply, &drop);
		l->was_twisted = l->was_twisted || r->body.len != before;
	}
	return 0;
}

static void test_changed_keys(void **state) {
	struct office *o = office_new(NULL);
	struct world_person *who = &o->w->member[0], *later = &o->w->member[1];
	struct sr_service *stolen = NULL;
	struct sr_buf secrets, thief, text;
	struct sr_err e = {0};
	struct desk *d;
	char service[300];

	(void)state;
	desk_free(desk_new(o, who)); /* it remembers the log under the first key */
	sr_buf_init_secret(&secrets);
	assert_ok(sr_service_put(&secrets, o->w->v->keys, &e), &e);
	assert_ok(sr_service_of(&stolen, sr_bytes_str(W_ORIGIN), sr_buf_view(&secrets), &e), &e);
	world_rotate(o->w);
	o->core.vault = o->w->v;
	o->core.room = o->w->room;

	/* A change that is not said, another one: who remembers, and who comes for the first time.
	 */
	thief_change(o, stolen, &thief);
	assert_fails(opened_with(o, who, o->memory, NULL, &e), SR_AUTH, &e, "checkpoint");
	assert_fails(opened_with(o, later, o->memory, NULL, &e), SR_AUTH, &e, "receipt of entry 0");
	assert_fails(opened_with(o, who, o->memory, thief.p, &e), SR_AUTH, &e, "checkpoint");
	assert_fails(
		opened_with(o, later, o->memory, thief.p, &e), SR_AUTH, &e, "receipt of entry 0");

	/* Said, and its entry kept back. */
	d = desk_prepare(o, who);
	d->liar.twist = withhold_change;
	assert_fails(desk_open(d), SR_AUTH, &d->e, "withheld");
	assert_true(d->liar.was_twisted);
	desk_free(d);

	/* The truth is followed, and from then on nothing else. */
	desk_free(desk_new(o, who));
	desk_free(desk_new(o, later));
	assert_fails(opened_with(o, who, o->memory, thief.p, &e), SR_AUTH, &e, "forked");

	/* What the keys before sign is nothing any more, in the real log too. */
	struct world_request rq = {.by = &o->w->researcher[0]};
	uint8_t item[SR_ID];
	release_one(o->w, 1, &item, "personal-data");
	rq.items = (const uint8_t(*)[SR_ID]) & item;
	rq.count = 1;
	assert_int_equal(world_request(o->w, &rq), 0);
	snprintf(service, sizeof service, "%s/room", W_ORIGIN);
	struct forgery f[2] = {{.o = o, .op = "request.material", .what = "room-key"}};
	forged_head(o, &text, SR_T_ROOM_KEY, "service");
	copy_fields(o, &text, SR_T_ROOM_KEY, "version", "1");
	forge(o, &text, service, stolen->s->room_seed, &f[0].index);
	struct asked_for a = {.o = o, .rq = rq};
	refused_forgery(&a, f, SR_AUTH, "is not by vault.example/strongroom/room with the key");
	/* And the same by the key in force is taken. */
	memset(f, 0, sizeof f);
	f[0] = (struct forgery){.o = o, .op = "request.material", .what = "room-key"};
	forged_head(o, &text, SR_T_ROOM_KEY, "service");
	copy_fields(o, &text, SR_T_ROOM_KEY, "version", "1");
	forge(o, &text, service, o->w->v->keys->s->room_seed, &f[0].index);
	struct sr_writ w;
	d = desk_new(o, who);
	d->liar.twist = twist_forgery;
	d->liar.ctx = f;
	assert_ok(try_vote(d, rq.id, &w), &d->e);
	assert_true(d->liar.was_twisted);
	sr_writ_free(&w);
	desk_free(d);
	sr_buf_free(&thief);
	sr_buf_free(&secrets);
	sr_service_free(stolen);
	world_close(o->w); /* the forged entries are in no catalogue */
	office_free(o);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_memory_lock),
		cmocka_unit_test(test_two_programs),
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_board),
		cmocka_unit_test(test_ballot),
		cmocka_unit_test(test_extension),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_hidden_end),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_changed_keys),
	};

	return cmocka_run_group_tests_name("core client: a vault that lies", tests, NULL, NULL);
}
