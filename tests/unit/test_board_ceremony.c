/*
 * The ceremony's unhappy path as the vault sees it: who may complain, answer and deal anew, and
 * when; then that a later run opens the board and an item is read with its keys.
 */
#include "board/keys.h"
#include "drafts.h"
#include "ledger/ledger.h"
#include "ledger_fixture.h"
#include "store/object.h"
#include "threshold.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

static const struct world_options bare = {.bare = true};

static void assert_refused(struct world *w, int code, const char *piece) {
	assert_int_equal(code, SR_DENIED);
	if (strstr(w->out.err.text, piece) == NULL)
		fail_msg("\"%s\" is not in: %s", piece, w->out.err.text);
}

/* Founded, with a bad share of dealer ${dealer} for member ${victim} (both from 0). */
static struct world *founded(size_t dealer, uint8_t victim) {
	struct world *w = world_new(&bare);

	world_draft_found(w);
	for (size_t i = 0; i < w->members; i++) {
		sr_deal_spoil(i == dealer ? (uint8_t)(victim + 1) : 0);
		(void)world_sign_found(w, i);
	}
	sr_deal_spoil(0);
	assert_true(w->v->founded);
	return w;
}

static size_t member_of(const struct world *w, const char *person) {
	for (size_t i = 0; i < w->members; i++)
		if (strcmp(w->member[i].person, person) == 0)
			return i;
	fail_msg("%s is no member", person);
	return 0;
}

/* What anybody says who reads the log. */
static enum sr_verdict judged(struct world *w, size_t at, uint64_t number, char why[128]) {
	struct sr_dkg *run = calloc(1, sizeof *run);
	struct sr_complaints l = {0};
	struct sr_entry en;
	struct sr_dealing views;
	struct sr_buf dealing;
	enum sr_verdict v = SR_VERDICT_DEALER;
	uint8_t ephemeral[SR_X_SK];

	assert_non_null(run);
	sr_buf_init(&dealing);
	assert_ok(sr_query_complaints(&l, w->v->catalogue, NULL, NULL, &w->e), &w->e);
	assert_true(at < l.count && l.rows[at].revealed);
	assert_ok(sr_vault_entry(&en, w->v, l.rows[at].reveal_entry, &w->e), &w->e);
	assert_ok(sr_field_key(ephemeral, &en.statement, "ephemeral", 0, &w->e), &w->e);
	sr_entry_free(&en);
	world_run(w, number, run);
	world_dealing(w, member_of(w, l.rows[at].dealer), number, &dealing);
	assert_ok(sr_deal_decode(&views, sr_buf_view(&dealing), &w->e), &w->e);
	assert_ok(sr_deal_verify(run, &views, &w->e), &w->e);
	assert_ok(sr_deal_judge(&v, why, run, &views.deal[0],
			  (uint8_t)(member_of(w, l.rows[at].person) + 1), ephemeral, &w->e),
		&w->e);
	sr_complaints_free(&l);
	sr_buf_free(&dealing);
	free(run);
	return v;
}

/* Nothing but a complaint of somebody else's deal, once, and not by one who accepted. */
static void who_may_complain(void **state) {
	struct world *w = founded(2, 1);
	struct sr_complaints l = {0};

	(void)state;
	assert_refused(w, world_complain(w, 0, 1, 2), "no-such-run");
	assert_refused(w, world_complain(w, 1, 1, 1), "own-deal");
	w->level[0] = 3;
	assert_refused(w, world_complain(w, 1, 2, 1), "no-such-level");
	w->level[0] = 2;
	assert_ok(world_accept(w, 0), &w->out.err);
	assert_refused(w, world_complain(w, 0, 2, 1), "accepted-already");
	assert_refused(w, world_reveal(w, 2, 1, 1), "no-such-complaint");
	assert_int_equal(world_complain(w, 1, 2, 1), 0);
	assert_refused(w, world_complain(w, 1, 2, 1), "complained-already");
	/* Void: no accept, no deal, no answer to what nobody asked. */
	assert_refused(w, world_accept(w, 0), "run-ended");
	assert_refused(w, world_deal(w, 2, 1), "run-ended");
	assert_refused(w, world_reveal(w, 2, 0, 1), "no-such-complaint");
	assert_refused(w, world_reveal(w, 0, 1, 1), "no-such-complaint");
	assert_int_equal(world_reveal(w, 2, 1, 1), 0);
	assert_refused(w, world_reveal(w, 2, 1, 1), "revealed-already");
	assert_ok(sr_query_complaints(&l, w->v->catalogue, NULL, NULL, &w->e), &w->e);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.rows[0].dealer, w->member[2].person);
	assert_true(l.rows[0].dealt && l.rows[0].revealed);
	sr_complaints_free(&l);
	world_free(w);
}

static void other_polynomials(struct world *w) {
	struct sr_dealing first, second;
	struct sr_buf one, two;

	sr_buf_init(&one);
	sr_buf_init(&two);
	world_dealing(w, 0, 1, &one);
	world_dealing(w, 0, 2, &two);
	assert_ok(sr_deal_decode(&first, sr_buf_view(&one), &w->e), &w->e);
	assert_ok(sr_deal_decode(&second, sr_buf_view(&two), &w->e), &w->e);
	for (size_t j = 0; j < first.deal[0].commitments; j++)
		assert_memory_not_equal(
			first.deal[0].commitment[j], second.deal[0].commitment[j], SR_POINT);
	sr_buf_free(&one);
	sr_buf_free(&two);
}

/* A dealing that comes with a statement about another one, or that another member signed. */
static void a_dealing_is_its_signers(struct world *w) {
	static struct world_draft d; /* the world keeps its address */
	char line[200];

	w->instead = &d;
	assert_int_equal(world_deal(w, 0, 2), 0);
	draft_line(&d, "dealing",
		"\ndealing 0000000000000000000000000000000000000000000000000000000000000000");
	assert_refused(w, world_commit(&d, NULL), "the dealing is not the one that was signed");
	w->instead = &d;
	assert_int_equal(world_deal(w, 0, 2), 0);
	d.by = &w->member[1];
	snprintf(line, sizeof line, "\nactor %s", d.by->person);
	draft_line(&d, "actor", line);
	snprintf(line, sizeof line, "the dealing is of member 1, signed by %s", d.by->person);
	assert_refused(w, world_commit(&d, NULL), line);
}

static void runs_follow_each_other(void **state) {
	struct world *w = founded(2, 1);
	struct sr_run_row *run = calloc(1, sizeof *run);
	uint64_t number = 0;
	uint8_t id[SR_ID];

	(void)state;
	assert_non_null(run);
	assert_refused(w, world_deal(w, 0, 2), "not-this-run");
	assert_refused(w, world_deal(w, 0, 1), "dealt-already");
	assert_int_equal(world_complain(w, 1, 2, 1), 0);
	assert_refused(w, world_deal(w, 0, 3), "not-this-run");
	a_dealing_is_its_signers(w);
	assert_int_equal(world_deal(w, 0, 2), 0);
	assert_refused(w, world_deal(w, 0, 2), "dealt-already");
	assert_refused(w, world_complain(w, 0, 2, 2), "deal-missing");
	/* The vault looks into a dealing as everybody does. */
	sr_deal_spoil(SR_DEAL_SPOIL_PROOF);
	assert_refused(w, world_deal(w, 1, 2), "proof of knowledge does not verify");
	sr_deal_spoil(0);
	assert_int_equal(world_deal(w, 1, 2), 0);
	/* One is missing: it is known who, also after a restart. */
	world_reopen(w);
	assert_ok(sr_query_last_run(run, w->v->catalogue, NULL, &w->e), &w->e);
	assert_true(run->members[0].dealt && run->members[1].dealt && !run->members[2].dealt);
	assert_int_equal(run->state, SR_S_DEALING);
	assert_ok(
		sr_ceremony_current(&number, id, w->v->catalogue, w->v->fingerprint, &w->e), &w->e);
	assert_int_equal(number, 2);
	assert_memory_equal(id, run->run, SR_ID);
	assert_int_equal(world_deal(w, 2, 2), 0);
	other_polynomials(w);
	for (size_t i = 0; i < w->members; i++)
		assert_ok(world_accept(w, i), &w->out.err);
	assert_int_equal(world_count(w, SR_T_OPENED), 1);
	assert_refused(w, world_deal(w, 0, 3), "board-open");
	assert_refused(w, world_complain(w, 0, 1, 2), "run-ended");
	free(run);
	world_free(w);
}

/* A board whose members void one run after the other comes to an end of it. */
static void runs_are_counted(void **state) {
	struct world *w = founded(2, 1);

	(void)state;
	assert_int_equal(world_complain(w, 1, 2, 1), 0);
	for (uint64_t n = 2; n <= SR_BOARD_RUNS_MAX; n++) {
		assert_int_equal(world_deal(w, 2, n), 0);
		assert_int_equal(world_complain(w, 1, 2, n), 0);
	}
	assert_refused(w, world_deal(w, 2, SR_BOARD_RUNS_MAX + 1), "runs-spent");
	world_free(w);
}

static void everybody_sees_who_was_wrong(void **state) {
	struct world *w = founded(2, 1);
	char why[128];

	(void)state;
	assert_int_equal(world_complain(w, 1, 2, 1), 0);
	assert_int_equal(world_reveal(w, 2, 1, 1), 0);
	assert_int_equal(judged(w, 0, 1, why), SR_VERDICT_DEALER);
	assert_non_null(strstr(why, "does not fit the dealer's commitments"));
	for (size_t i = 0; i < w->members; i++)
		assert_int_equal(world_deal(w, i, 2), 0);
	assert_int_equal(world_complain(w, 0, 1, 2), 0);
	assert_int_equal(world_reveal(w, 1, 0, 2), 0);
	assert_int_equal(judged(w, 1, 2, why), SR_VERDICT_COMPLAINER);
	assert_non_null(strstr(why, "opens and fits the commitments"));
	world_free(w);
}

/* The keys of the second run are the ones that seal and open. */
static void a_later_run_reads_an_item(void **state) {
	static const char content[] = "Read me.\n";
	const struct world_file files[] = {{.path = "a.txt", .content = sr_bytes_str(content)}};
	struct world_deposit dep = {.files = files, .count = 1};
	struct world *w = founded(0, 2);
	struct world_request rq = {.by = &w->researcher[0], .count = 1};
	struct world_checkout co = {.by = &w->researcher[0]};
	struct sr_buf text;
	uint8_t grant[SR_ID];

	(void)state;
	assert_int_equal(world_complain(w, 2, 0, 1), 0);
	for (size_t i = 0; i < w->members; i++)
		assert_int_equal(world_deal(w, i, 2), 0);
	for (size_t i = 0; i < w->members; i++)
		assert_ok(world_accept(w, i), &w->out.err);
	assert_int_equal(world_person_add(w, &w->officer, &w->researcher[0], "researcher"), 0);
	assert_int_equal(world_person_add(w, &w->curator[0], &w->depositor, "depositor"), 0);
	world_collection(w, "Seized archive", "collection", w->collection);
	assert_int_equal(world_deposit(w, &dep), 0);
	world_held_release(w, dep.items[0]);
	rq.items = (const uint8_t(*)[SR_ID])dep.items;
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	co.grant = grant;
	co.item = dep.items[0];
	assert_ok(world_checkout(w, &co), &w->out.err);
	assert_ok(world_open(w, &co), &w->e);
	sr_buf_init(&text);
	assert_int_equal(world_read(w, &co, 0, &text), 0);
	assert_true(sr_bytes_eq(sr_buf_view(&text), sr_bytes_str(content)));
	sr_buf_free(&text);
	/* An accused dealer may still answer, late. */
	assert_int_equal(world_reveal(w, 0, 2, 1), 0);
	world_reopen(w);
	world_free(w);
}

/* The keys of a board are made from its founding, and from nothing else. */
static void another_statement(void **state) {
	const struct t_person p = t_person(1);
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_statement st;
	struct sr_buf note;
	struct sr_err e;

	(void)state;
	assert_non_null(d);
	sr_buf_init(&note);
	t_recuse(&note, &p, 1);
	assert_ok(sr_statement_parse(&st, sr_buf_view(&note), &e), &e);
	assert_fails(sr_ceremony_dkg(d, &st, st.head.id, &e), SR_MISUSE, &e,
		"a recuse statement is not found");
	sr_statement_free(&st);
	sr_buf_free(&note);
	free(d);
}

/* What is said of a reshare must fit the keys of the epoch before: levels, dealers and members. */
static void reshares_that_cannot_be(void **state) {
	static const uint8_t levels[] = {2, 3, 0};
	static const struct {
		size_t levels, dealers;
		uint8_t dealer[4];
		const char *says;
	} rows[] = {
		{1, 3, {1, 2, 3}, "reshare: the board is to have 2 levels, and its keys have 1"},
		{2, 2, {1, 2}, "reshare: level 3 takes 3 dealers, 2 are named"},
		{2, 3, {1, 2, 5}, "reshare: dealer 5 of 4 members"},
		{2, 3, {0, 2, 3}, "reshare: dealer 0 of 4 members"},
		{2, 4, {1, 2, 3, 4}, "reshare: 4 dealers are named, want 3"},
		{2, 3, {1, 2, 4}, NULL},
	};
	struct t_board *b = t_board_found(4, levels, 1), *next = t_board_members(3, levels, 2);
	struct sr_ceremony_keys old = {.levels = 2};
	struct sr_err e;

	(void)state;
	memcpy(old.level, b->key, sizeof old.level);
	next->d.epoch = 2;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct sr_reshare r = {.old = &old,
			.key = (const uint8_t(*)[SR_PK])b->d.key,
			.members = 4,
			.dealer = rows[i].dealer,
			.dealers = rows[i].dealers};

		old.levels = rows[i].levels;
		if (rows[i].says != NULL)
			assert_fails(sr_ceremony_reshare(&next->d, &r, &e), SR_CORRUPT, &e,
				rows[i].says);
		else
			assert_ok(sr_ceremony_reshare(&next->d, &r, &e), &e);
	}
	t_board_free(b);
	t_board_free(next);
}

/* The names of a draft, as a damaged file would give them back. */
static void names_that_are_none(void **state) {
	static const uint8_t nul[] = {1, 0, 0, 0, 3, 0, 0, 0, 'a', 0, 'b'}, many[] = {193, 0, 0, 0};
	struct sr_buf again;
	struct sr_err e;

	(void)state;
	sr_buf_init(&again);
	assert_fails(sr_ceremony_names_again(&again, sr_bytes_of(nul, sizeof nul), &e), SR_CORRUPT,
		&e, "names: a field's name holds a NUL");
	assert_fails(sr_ceremony_names_again(&again, sr_bytes_of(many, sizeof many), &e),
		SR_CORRUPT, &e, "names: want at most 192, have 193");
	assert_int_equal(again.len, 0);
	sr_buf_free(&again);
}

/* All members accept what the dealings do not give: the vault computes it itself, and the board
 * does not open. */
static void what_all_accept_is_computed(void **state) {
	static const char *const keys[] = {"transcript", "keys"};
	static const char *const says[] = {
		"the transcript that all members accepted is not the one the vault computes",
		"the keys that all members accepted are not the ones the vault computes"};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct world *w = founded(2, W_MEMBERS);
		struct world_draft d;
		char line[100];

		snprintf(line, sizeof line, "\n%s %064d", keys[k], 7);
		for (size_t i = 0; i < w->members; i++) {
			w->instead = &d;
			assert_int_equal(world_accept(w, i), 0);
			draft_line(&d, keys[k], line);
			if (i + 1 < w->members)
				assert_ok(world_commit(&d, NULL), &w->out.err);
			else
				assert_fails(world_commit(&d, NULL), SR_AUTH, &w->out.err, says[k]);
		}
		assert_int_equal(world_count(w, SR_T_OPENED), 0);
		assert_fails(
			sr_ceremony_load(&(struct sr_ceremony_state){.names = NULL}, w->v, &w->e),
			SR_NOTFOUND, &w->e, "the vault is founded; there is no draft");
		world_free(w);
	}
}

enum visit {
	OTHER_TYPE,     /* another statement for the deal */
	OTHER_FOUNDING, /* the deal is for another one */
	OTHER_RUN,
	OTHER_SIGNER, /* the deal is not signed by whose dealing it is */
	OTHER_TEXT,   /* the founding that is signed is not the draft */
	OTHER_DEALING,
	OTHER_INDEX, /* the dealing is of somebody who is no member */
	TWICE
};

/* A member's visit at the founding, with something in it that is not what everybody agreed on. */
static int visit(struct world *w, enum visit what) {
	const struct world_person *by = &w->member[1];
	struct sr_ceremony_state state;
	struct sr_ceremony_sign s = {0};
	struct sr_head head = {.time = w->now};
	struct sr_statement draft;
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_buf text, found, deal, dealing;
	uint8_t run[SR_ID], hash[SR_HASH], id[SR_HASH];
	bool founded = true;
	int rc;

	assert_non_null(d);
	sr_buf_init(&text);
	sr_buf_init(&found);
	sr_buf_init(&deal);
	sr_buf_init(&dealing);
	assert_ok(sr_ceremony_load(&state, w->v, &w->e), &w->e);
	assert_ok(sr_statement_parse_text(&draft, sr_buf_view(&state.text), &w->e), &w->e);
	sr_ceremony_run_id(run, state.fingerprint, state.fingerprint, 1);
	assert_ok(sr_ceremony_dkg(d, &draft, run, &w->e), &w->e);
	assert_ok(sr_deal_make(&dealing, d, 2, by->seed, NULL, &w->e), &w->e);
	dealing.p[8] = what == OTHER_INDEX ? 9 : dealing.p[8];
	s.dealing = sr_buf_view(&dealing);
	world_id(w, head.id);
	memcpy(head.vault, d->vault, SR_HASH);
	head.vault[0] ^= what == OTHER_FOUNDING ? 1 : 0;
	const struct world_person *signer = what == OTHER_SIGNER ? &w->member[0] : by;
	memcpy(head.actor, signer->person, SR_PERSON_TEXT);
	sr_merkle_root(head.seen_root, NULL, 0);
	d->run[0] ^= what == OTHER_RUN ? 1 : 0;
	sr_ceremony_dealing_hash(hash, s.dealing);
	hash[0] ^= what == OTHER_DEALING ? 1 : 0;
	sr_object_id(id, s.salt, s.dealing);
	sr_statement_begin(&text, what == OTHER_TYPE ? SR_T_CLOSE : SR_T_DEAL, &head);
	if (what == OTHER_TYPE) {
		sr_text_put_hex(&text, "grant", run, SR_ID);
	} else {
		sr_text_put_hex(&text, "board", d->board, SR_ID);
		sr_text_put_hex(&text, "run", d->run, SR_ID);
		sr_text_put_hex(&text, "dealing", hash, SR_HASH);
		sr_text_put_hex(&text, "deal", id, SR_HASH);
	}
	assert_ok(sr_statement_sign(&deal, sr_buf_view(&text), signer->person, signer->seed, &w->e),
		&w->e);
	if (what == OTHER_TEXT) { /* another id: the same people, and another founding */
		uint8_t *at = memmem(state.text.p, state.text.len, "\nid ", 4);

		assert_non_null(at);
		at[4] = at[4] == 'a' ? 'b' : 'a';
	}
	assert_ok(sr_statement_sign(&found, sr_buf_view(&state.text), by->person, by->seed, &w->e),
		&w->e);
	s.found = sr_buf_view(&found);
	s.deal = sr_buf_view(&deal);
	rc = sr_ceremony_sign(w->v, &s, &founded, &w->e);
	sr_statement_free(&draft);
	sr_ceremony_state_free(&state);
	sr_buf_free(&text);
	sr_buf_free(&found);
	sr_buf_free(&deal);
	sr_buf_free(&dealing);
	free(d);
	return rc;
}

/* The draft, for a vault of another name. */
static int draft_of(struct world *w, const char *origin) {
	struct sr_ceremony_state state;
	struct world_draft d = {.w = w};
	struct sr_vkey key;
	struct sr_buf line;
	int rc;

	assert_ok(sr_ceremony_load(&state, w->v, &w->e), &w->e);
	assert_ok(sr_vkey_make(&key, sr_bytes_str(origin), SR_NOTE_ED25519,
			  sr_ledger_vkey(w->v->ledger)->pk, &w->e),
		&w->e);
	sr_buf_init(&d.text);
	sr_buf_init(&line);
	sr_buf_put_buf(&d.text, &state.text);
	sr_buf_put_str(&line, "\nledger-key ");
	sr_vkey_put(&line, &key);
	sr_buf_put_u8(&line, 0);
	draft_line(&d, "ledger-key", (const char *)line.p);
	sr_buf_clear(&line);
	sr_buf_printf(&line, "\norigin %s", origin);
	sr_buf_put_u8(&line, 0);
	draft_line(&d, "origin", (const char *)line.p);
	rc = sr_ceremony_draft(w->v, sr_buf_view(&d.text), state.names, state.name_count, &w->e);
	sr_ceremony_state_free(&state);
	sr_buf_free(&line);
	world_draft_free(&d);
	return rc;
}

/* Another draft in its place: with a name too many, twice or of somebody else, for a vault of
 * another name, and with a room key that is not this vault's. */
static void drafts(struct world *w) {
	struct sr_ceremony_state state;
	struct sr_door_text names[20];
	char says[100];
	size_t n;

	assert_ok(sr_ceremony_load(&state, w->v, &w->e), &w->e);
	n = state.name_count;
	assert_true(n > 0 && n < T_COUNT(names));
	memcpy(names, state.names, n * sizeof *names);
	names[n] = names[0];
	names[n].index = 99;
	snprintf(says, sizeof says, "found: %zu names given, %zu of them open a card of the draft",
		n + 1, n);
	assert_fails(sr_ceremony_draft(w->v, sr_buf_view(&state.text), names, n + 1, &w->e),
		SR_USAGE, &w->e, says);
	names[n] = names[0];
	snprintf(says, sizeof says, "found: %s %u is named twice", names[0].field,
		names[0].index + 1);
	assert_fails(sr_ceremony_draft(w->v, sr_buf_view(&state.text), names, n + 1, &w->e),
		SR_USAGE, &w->e, says);
	names[0].text = sr_bytes_str("Somebody Else");
	snprintf(says, sizeof says, "found: %s %u: the name given does not open the card",
		names[0].field, names[0].index + 1);
	assert_fails(sr_ceremony_draft(w->v, sr_buf_view(&state.text), names, n, &w->e), SR_AUTH,
		&w->e, says);
	names[0] = state.names[0];
	assert_fails(draft_of(w, "other.example/vault"), SR_USAGE, &w->e,
		"found: its origin is not this vault's (" W_ORIGIN ")");
	uint8_t *at = memmem(state.text.p, state.text.len, "\nroom-key ", 10);
	assert_non_null(at);
	at[10] = at[10] == 'A' ? 'B' : 'A';
	assert_fails(sr_ceremony_draft(w->v, sr_buf_view(&state.text), names, n, &w->e), SR_USAGE,
		&w->e, "found: its ledger or room key is not this vault's");
	sr_ceremony_state_free(&state);
}

/* What a member signs is the draft and their own dealing, once. */
static void visits(void **state) {
	struct world *w = world_new(&bare);
	struct sr_entry en = {0};
	struct world_draft d;

	(void)state;
	assert_fails(sr_ceremony_load(&(struct sr_ceremony_state){.names = NULL}, w->v, &w->e),
		SR_NOTFOUND, &w->e, "no founding has been drafted (board new)");
	world_draft_found(w);
	drafts(w);
	assert_fails(visit(w, OTHER_TYPE), SR_USAGE, &w->e, "want a deal statement, have close");
	assert_fails(visit(w, OTHER_DEALING), SR_AUTH, &w->e,
		"deal: the dealing is not the one that was signed");
	assert_fails(visit(w, OTHER_INDEX), SR_CORRUPT, &w->e,
		"dealing: index 9 is not one of the 3 members");
	assert_fails(visit(w, OTHER_FOUNDING), SR_DENIED, &w->e,
		"deal: made for another founding (fingerprint differs)");
	assert_fails(visit(w, OTHER_RUN), SR_DENIED, &w->e,
		"deal: made for another run of the key generation");
	assert_fails(
		visit(w, OTHER_SIGNER), SR_DENIED, &w->e, ", but the dealing is of member 2 (p-");
	assert_fails(
		visit(w, OTHER_TEXT), SR_DENIED, &w->e, "found: the signed text is not the draft");
	assert_false(world_sign_found(w, 1));
	assert_fails(visit(w, TWICE), SR_EXISTS, &w->e, "member 2 has signed and dealt already");
	/* Founded, it is not drafted again, and takes no other founding. */
	for (size_t i = 0; i < w->members; i += 2)
		(void)world_sign_found(w, i);
	assert_true(w->v->founded);
	assert_fails(sr_ceremony_draft(w->v, sr_bytes_str("any"), NULL, 0, &w->e), SR_EXISTS, &w->e,
		"this vault is founded already");
	assert_ok(sr_vault_entry(&en, w->v, 0, &w->e), &w->e);
	world_begin(&d, w, &w->member[0], SR_T_CLOSE);
	sr_buf_clear(&d.text);
	sr_buf_put_bytes(&d.text, en.statement.body);
	draft_line(&d, "id", "\nid 00000000000000000000000000000007");
	assert_fails(
		world_commit(&d, NULL), SR_DENIED, &w->out.err, "this vault is founded already");
	sr_entry_free(&en);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_complain),
		cmocka_unit_test(runs_follow_each_other),
		cmocka_unit_test(runs_are_counted),
		cmocka_unit_test(everybody_sees_who_was_wrong),
		cmocka_unit_test(a_later_run_reads_an_item),
		cmocka_unit_test(another_statement),
		cmocka_unit_test(reshares_that_cannot_be),
		cmocka_unit_test(names_that_are_none),
		cmocka_unit_test(visits),
		cmocka_unit_test(what_all_accept_is_computed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
