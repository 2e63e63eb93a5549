/*
 * world - see world.h. The clients' side (voter, researcher, curator) is done here with the
 * library's own primitives and what the catalogue says: what a client must prove before it believes
 * that is tested where the clients are.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "board/authorize.h"
#include "board/held.h"
#include "board/invariants.h"
#include "board/keys.h"
#include "board/rotate.h"
#include "board/shares.h"
#include "catalogue/lists.h"
#include "catalogue/seals.h"
#include "ledger/card.h"
#include "ledger/ledger.h"
#include "merkle/note.h"
#include "merkle/tree.h"
#include "store/envelope.h"
#include "store/object.h"

static const char PASSPHRASE[] = WORLD_CREDENTIAL;

static int64_t clock_now(void *ctx) {
	return ((struct world *)ctx)->now;
}

void world_id(struct world *w, uint8_t id[SR_ID]) {
	(void)w;
	sr_random(id, SR_ID);
}

/* --- making --- */

void world_person_make(struct world *w, struct world_person *p, const char *name) {
	uint8_t commitment[SR_HASH];

	w->serial++;
	t_fill(p->seed, SR_SEED, 9000 + w->serial);
	t_fill(p->salt, SR_SALT, 7000 + w->serial);
	sr_sign_public(p->pk, p->seed);
	sr_person_name(p->person, p->pk);
	(void)snprintf(p->name, sizeof p->name, "%s", name);
	sr_text_commit(commitment, p->salt, sr_bytes_str(p->name));
	sr_buf_init(&p->card);
	assert_ok(sr_card_make(&p->card, p->seed, commitment, &w->e), &w->e);
}

static void people_make(struct world *w) {
	char name[40];

	for (size_t i = 0; i < W_MEMBERS; i++) {
		(void)snprintf(name, sizeof name, "Member %zu of the board", i + 1);
		world_person_make(w, &w->member[i], name);
	}
	for (size_t i = 0; i < W_CURATORS; i++) {
		(void)snprintf(name, sizeof name, "Curator %zu", i + 1);
		world_person_make(w, &w->curator[i], name);
	}
	for (size_t i = 0; i < W_RESEARCHERS; i++) {
		(void)snprintf(name, sizeof name, "Researcher %zu", i + 1);
		world_person_make(w, &w->researcher[i], name);
	}
	world_person_make(w, &w->officer, "Ethics Officer");
	world_person_make(w, &w->auditor, "Auditor");
	world_person_make(w, &w->custodian, "Custodian");
	world_person_make(w, &w->depositor, "Depositor");
	world_person_make(w, &w->outsider, "Nobody Known");
}

static struct sr_unlock unlock(void) {
	struct sr_unlock u = {.credential = sr_bytes_str(PASSPHRASE)};

	return u;
}

struct sr_unlock world_unlock(void) {
	return unlock();
}

struct sr_clock world_clock(struct world *w) {
	return (struct sr_clock){clock_now, w};
}

void world_reopen(struct world *w) {
	struct sr_vault_open o = {.path = w->vault, .unlock = unlock(), .clock = {clock_now, w}};

	world_close(w);
	assert_ok(sr_vault_open(&w->v, &o, &w->e), &w->e);
	assert_ok(sr_deposit_recover(w->v, &w->e), &w->e);
	assert_ok(sr_room_new(&w->room, w->v, &w->e), &w->e);
}

void world_rotate(struct world *w) {
	const struct sr_rotate o = {.path = w->vault, .then = unlock(), .clock = {clock_now, w}};
	struct sr_vault *next = NULL, *v = w->v;
	bool changed = false;

	sr_room_free(w->room);
	w->room = NULL;
	w->v = NULL;
	assert_ok(sr_rotate(&next, v, &o, &changed, &w->e), &w->e);
	assert_true(changed);
	sr_vault_close(next);
	world_reopen(w);
}

void world_close(struct world *w) {
	sr_room_free(w->room);
	w->room = NULL;
	sr_vault_close(w->v);
	w->v = NULL;
}

static void vault_make(struct world *w, bool second) {
	struct sr_vault_init o = {.origin = W_ORIGIN, .unlock = unlock(), .clock = {clock_now, w}};

	w->path = t_tmp_new();
	w->vault = strdup(t_path(w->path, "vault"));
	assert_non_null(w->vault);
	if (second) {
		struct sr_dir *d = NULL, *s = NULL;

		w->second = strdup(t_path(w->path, "second"));
		assert_non_null(w->second);
		assert_ok(sr_dir_open(&d, w->path, &w->e), &w->e);
		assert_ok(sr_dir_make(&s, d, "second", 0700, &w->e), &w->e);
		sr_dir_close(s);
		sr_dir_close(d);
	}
	o.path = w->vault;
	o.second = w->second;
	o.no_second = !second;
	assert_ok(sr_vault_create(&o, &w->e), &w->e);
	world_reopen(w);
}

struct world *world_new(const struct world_options *o) {
	static const struct world_options usual;
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	assert_ok(sr_crypto_init(NULL), NULL);
	if (o == NULL)
		o = &usual;
	w->now = W_TIME;
	w->members = o->members == 0 ? 3 : o->members;
	while (w->levels < SR_BOARD_LEVELS_MAX && o->level[w->levels] != 0) {
		w->level[w->levels] = o->level[w->levels];
		w->levels++;
	}
	if (w->levels == 0)
		w->level[w->levels++] = 2;
	people_make(w);
	vault_make(w, o->second);
	if (o->bare)
		return w;
	world_draft_found(w);
	for (size_t i = 0; i < w->members; i++)
		assert_int_equal(world_sign_found(w, i), i + 1 == w->members);
	for (size_t i = 0; i < w->members; i++)
		assert_ok(world_accept(w, i), &w->out.err);
	for (size_t i = 0; i < W_RESEARCHERS; i++)
		assert_ok(world_person_add(w, &w->officer, &w->researcher[i], "researcher"),
			&w->out.err);
	assert_ok(world_person_add(w, &w->curator[0], &w->depositor, "depositor"), &w->out.err);
	world_collection(w, "Seized archive", "collection", w->collection);
	return w;
}

static void person_free(struct world_person *p) {
	sr_buf_free(&p->card);
}

void world_free(struct world *w) {
	struct world_person *one[] = {
		&w->officer, &w->auditor, &w->custodian, &w->depositor, &w->outsider};

	if (w == NULL)
		return;
	world_close(w);
	for (size_t i = 0; i < W_MEMBERS; i++)
		person_free(&w->member[i]);
	for (size_t i = 0; i < W_CURATORS; i++)
		person_free(&w->curator[i]);
	for (size_t i = 0; i < W_RESEARCHERS; i++)
		person_free(&w->researcher[i]);
	for (size_t i = 0; i < T_COUNT(one); i++)
		person_free(one[i]);
	t_tmp_remove(w->path);
	free(w->vault);
	free(w->second);
	free(w);
}

/* --- statements --- */

void world_begin(struct world_draft *d, struct world *w, const struct world_person *by,
	enum sr_type_id type) {
	struct sr_head head = {.time = w->now};

	memset(d, 0, sizeof *d);
	d->w = w;
	d->by = by;
	world_id(w, d->id);
	memcpy(head.id, d->id, SR_ID);
	memcpy(head.vault, w->v->fingerprint, SR_HASH);
	memcpy(head.actor, by->person, SR_PERSON_TEXT);
	head.seen_size = sr_ledger_next_index(w->v->ledger);
	sr_ledger_root(head.seen_root, w->v->ledger);
	sr_buf_init(&d->text);
	sr_statement_begin(&d->text, type, &head);
}

static struct sr_door_text *text_add(
	struct world_draft *d, const char *key, const uint8_t salt[SR_SALT], const char *text) {
	struct sr_door_text *t = &d->texts[d->text_count];

	assert_true(d->text_count < W_TEXTS);
	(void)snprintf(t->field, sizeof t->field, "%s", key);
	t->index = 0;
	for (size_t i = 0; i < d->text_count; i++)
		t->index += strcmp(d->texts[i].field, key) == 0;
	memcpy(t->salt, salt, SR_SALT);
	d->kept[d->text_count] = strdup(text);
	assert_non_null(d->kept[d->text_count]);
	t->text = sr_bytes_str(d->kept[d->text_count]);
	d->text_count++;
	return t;
}

void world_text(struct world_draft *d, const char *key, const char *text) {
	uint8_t salt[SR_SALT];

	if (text == NULL)
		return;
	sr_random(salt, SR_SALT);
	sr_statement_put_text(&d->text, key, salt, text_add(d, key, salt, text)->text);
}

void world_card(struct world_draft *d, const char *key, const struct world_person *p) {
	sr_text_put_base64(&d->text, key, p->card.p, p->card.len);
	(void)text_add(d, key, p->salt, p->name);
}

void world_object(struct world_draft *d, const char *key, struct sr_bytes body) {
	struct sr_door_object *o = &d->objects[d->object_count];
	struct sr_buf *keep = &d->bodies[d->object_count];
	uint8_t id[SR_HASH];

	assert_true(d->object_count < W_OBJECTS);
	d->object_count++;
	sr_buf_init(keep);
	sr_buf_put_bytes(keep, body);
	assert_ok(sr_buf_ok(keep, NULL), NULL);
	sr_random(o->salt, SR_SALT);
	o->body = sr_buf_view(keep);
	sr_object_id(id, o->salt, o->body);
	sr_text_put_hex(&d->text, key, id, SR_HASH);
}

void world_words(struct sr_buf *text, const char *key, const char *words) {
	struct sr_bytes all = sr_bytes_str(words == NULL ? "" : words);

	for (size_t i = 0; all.len > 0 && i < sr_word_count(all); i++) {
		struct sr_bytes one = sr_word(all, i);

		sr_text_putf(text, key, "%.*s", (int)one.len, (const char *)one.p);
	}
}

void world_draft_free(struct world_draft *d) {
	sr_buf_free(&d->text);
	for (size_t i = 0; i < d->text_count; i++)
		free(d->kept[i]);
	for (size_t i = 0; i < d->object_count; i++)
		sr_buf_free(&d->bodies[i]);
	memset(d, 0, sizeof *d);
}

int world_commit(struct world_draft *d, struct sr_submission *hooks) {
	struct world *w = d->w;
	struct sr_submission own = {0}, *sub = hooks != NULL ? hooks : &own;
	struct sr_buf note;

	if (w->instead != NULL) {
		assert_null(hooks);
		*w->instead = *d; /* what it points to is on the heap */
		w->instead = NULL;
		return 0;
	}
	sr_buf_init(&note);
	assert_ok(sr_buf_ok(&d->text, &w->e), &w->e);
	assert_ok(
		sr_statement_sign(&note, sr_buf_view(&d->text), d->by->person, d->by->seed, &w->e),
		&w->e);
	sub->note = sr_buf_view(&note);
	sub->texts = d->texts;
	sub->text_count = d->text_count;
	if (sub->objects == NULL) { /* a deposit brings its own */
		sub->objects = d->objects;
		sub->object_count = d->object_count;
	}
	assert_ok(sr_door_commit(w->v, sub, 1, &w->out, &w->e), &w->e);
	sr_buf_free(&note);
	world_draft_free(d);
	if (w->room != NULL)
		assert_ok(sr_room_sweep(w->room, NULL, &w->e), &w->e);
	return w->out.code;
}

/* --- the ceremony --- */

void world_draft_found(struct world *w) {
	static const struct {
		const char *key;
	} roles[] = {{"officer"}, {"auditor"}, {"custodian"}};
	const struct world_person *who[] = {&w->officer, &w->auditor, &w->custodian};
	struct sr_head head = {.time = w->now};
	struct world_draft d = {.w = w};
	struct sr_buf vkey;

	world_id(w, head.id);
	sr_buf_init(&d.text);
	sr_buf_init(&vkey);
	sr_vkey_put(&vkey, sr_ledger_vkey(w->v->ledger));
	sr_statement_begin(&d.text, SR_T_FOUND, &head);
	sr_text_put(&d.text, "origin", W_ORIGIN);
	sr_text_putf(&d.text, "ledger-key", "%.*s", (int)vkey.len, (const char *)vkey.p);
	sr_text_put_base64(&d.text, "room-key", w->v->keys->room_pk, SR_PK);
	for (size_t i = 0; i < w->levels; i++)
		sr_text_put_dec(&d.text, "level", w->level[i]);
	for (size_t i = 0; i < w->members; i++)
		world_card(&d, "member", &w->member[i]);
	for (size_t i = 0; i < W_CURATORS; i++)
		world_card(&d, "curator", &w->curator[i]);
	for (size_t i = 0; i < T_COUNT(roles); i++)
		world_card(&d, roles[i].key, who[i]);
	assert_ok(sr_buf_ok(&d.text, &w->e), &w->e);
	assert_ok(
		sr_ceremony_draft(w->v, sr_buf_view(&d.text), d.texts, d.text_count, &w->e), &w->e);
	sr_buf_free(&vkey);
	world_draft_free(&d);
}

/* The public inputs of the key generation, as every member's client computes them from the draft.
 */
static void ceremony_inputs(
	struct world *w, struct sr_dkg *d, const struct sr_ceremony_state *state) {
	struct sr_statement found;
	uint8_t run[SR_ID];

	assert_ok(sr_statement_parse_text(&found, sr_buf_view(&state->text), &w->e), &w->e);
	sr_ceremony_run_id(run, state->fingerprint, state->fingerprint, 1);
	assert_ok(sr_ceremony_dkg(d, &found, run, &w->e), &w->e);
	sr_statement_free(&found);
}

/* `deal`, signed before the ledger has an entry: seen 0. */
static void deal_note(struct world *w, struct sr_buf *note, const struct world_person *by,
	const struct sr_dkg *d, const struct sr_ceremony_sign *s) {
	struct sr_head head = {.time = w->now};
	struct sr_buf text;
	uint8_t hash[SR_HASH], id[SR_HASH];

	world_id(w, head.id);
	memcpy(head.vault, d->vault, SR_HASH);
	memcpy(head.actor, by->person, SR_PERSON_TEXT);
	sr_merkle_root(head.seen_root, NULL, 0);
	sr_ceremony_dealing_hash(hash, s->dealing);
	sr_object_id(id, s->salt, s->dealing);
	sr_buf_init(&text);
	sr_statement_begin(&text, SR_T_DEAL, &head);
	sr_text_put_hex(&text, "board", d->board, SR_ID);
	sr_text_put_hex(&text, "run", d->run, SR_ID);
	sr_text_put_hex(&text, "dealing", hash, SR_HASH);
	sr_text_put_hex(&text, "deal", id, SR_HASH);
	assert_ok(sr_statement_sign(note, sr_buf_view(&text), by->person, by->seed, &w->e), &w->e);
	sr_buf_free(&text);
}

bool world_sign_found(struct world *w, size_t member) {
	const struct world_person *by = &w->member[member];
	struct sr_ceremony_state state;
	struct sr_ceremony_sign s = {0};
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_buf found, deal, dealing;
	bool founded = false;

	assert_non_null(d);
	sr_buf_init(&found);
	sr_buf_init(&deal);
	sr_buf_init(&dealing);
	assert_ok(sr_ceremony_load(&state, w->v, &w->e), &w->e);
	ceremony_inputs(w, d, &state);
	assert_ok(sr_deal_make(&dealing, d, (uint8_t)(member + 1), by->seed, NULL, &w->e), &w->e);
	sr_random(s.salt, SR_SALT);
	s.dealing = sr_buf_view(&dealing);
	assert_ok(sr_statement_sign(&found, sr_buf_view(&state.text), by->person, by->seed, &w->e),
		&w->e);
	deal_note(w, &deal, by, d, &s);
	s.found = sr_buf_view(&found);
	s.deal = sr_buf_view(&deal);
	assert_ok(sr_ceremony_sign(w->v, &s, &founded, &w->e), &w->e);
	sr_ceremony_state_free(&state);
	sr_buf_free(&found);
	sr_buf_free(&deal);
	sr_buf_free(&dealing);
	free(d);
	return founded;
}

/* What a member computes at the second visit: keys, transcript, own shares. */
static void member_computes(struct world *w, size_t member, uint8_t run_id[SR_ID]) {
	struct sr_ceremony_member own = {(uint8_t)(member + 1), w->member[member].seed};
	struct sr_run_row *run = calloc(1, sizeof *run);
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_buf bodies[W_MEMBERS];
	struct sr_bytes dealings[W_MEMBERS];
	struct sr_entry found;

	assert_non_null(run);
	assert_non_null(d);
	assert_ok(sr_query_last_run(run, w->v->catalogue, NULL, &w->e), &w->e);
	assert_ok(sr_vault_entry(&found, w->v, 0, &w->e), &w->e);
	assert_ok(sr_ceremony_dkg(d, &found.statement, run->run, &w->e), &w->e);
	for (size_t i = 0; i < w->members; i++) {
		sr_buf_init(&bodies[i]);
		assert_ok(sr_object_fetch(w->v, run->members[i].deal, &bodies[i], &w->e), &w->e);
		dealings[i] = sr_buf_view(&bodies[i]);
	}
	assert_ok(sr_ceremony_combine(&w->keys, d, dealings, w->members, &w->e), &w->e);
	assert_ok(sr_ceremony_shares(w->x[member], &w->keys, d, dealings, &own, &w->e), &w->e);
	memcpy(run_id, run->run, SR_ID);
	for (size_t i = 0; i < w->members; i++)
		sr_buf_free(&bodies[i]);
	sr_entry_free(&found);
	free(run);
	free(d);
}

/* Lines keys and shares of `accept`. */
static void accept_shares(struct world_draft *d, size_t member, const uint8_t run[SR_ID]) {
	struct world *w = d->w;
	struct sr_share_place at = {.keys = &w->keys, .index = (uint8_t)(member + 1)};
	struct sr_dkg *dkg = calloc(1, sizeof *dkg);
	struct sr_buf body, box;

	assert_non_null(dkg);
	sr_buf_init(&body);
	sr_buf_init(&box);
	assert_ok(sr_ceremony_run_dkg(dkg, w->v, w->v->fingerprint, run, &w->e), &w->e);
	sr_keys_encode(&body, dkg, &w->keys);
	sr_keys_hash(at.hash, sr_buf_view(&body));
	assert_ok(sr_shares_seal(&box, &at, w->member[member].pk,
			  (const uint8_t(*)[SR_SCALAR])w->x[member], &w->e),
		&w->e);
	sr_text_put_hex(&d->text, "keys", at.hash, SR_HASH);
	world_object(d, "shares", sr_buf_view(&box));
	sr_buf_free(&body);
	sr_buf_free(&box);
	free(dkg);
}

int world_accept(struct world *w, size_t member) {
	struct world_draft d;
	uint8_t run[SR_ID];

	member_computes(w, member, run);
	world_begin(&d, w, &w->member[member], SR_T_ACCEPT);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_hex(&d.text, "run", run, SR_ID);
	sr_text_put_hex(&d.text, "transcript", w->keys.transcript, SR_HASH);
	accept_shares(&d, member, run);
	for (size_t i = 0; i < w->keys.levels; i++) {
		sr_buf_printf(&d.text, "board-key %u ", w->keys.level[i].level);
		sr_buf_put_base64(&d.text, w->keys.level[i].board, SR_POINT);
		sr_buf_put_u8(&d.text, '\n');
	}
	return world_commit(&d, NULL);
}

void world_run(struct world *w, uint64_t number, struct sr_dkg *d) {
	struct sr_entry found;
	uint8_t run[SR_ID];

	sr_ceremony_run_id(run, w->v->fingerprint, w->v->fingerprint, number);
	assert_ok(sr_vault_entry(&found, w->v, 0, &w->e), &w->e);
	assert_ok(sr_ceremony_dkg(d, &found.statement, run, &w->e), &w->e);
	sr_entry_free(&found);
}

int world_deal(struct world *w, size_t member, uint64_t number) {
	const struct world_person *by = &w->member[member];
	struct sr_dkg *run = calloc(1, sizeof *run);
	struct sr_buf dealing;
	struct world_draft d;
	uint8_t hash[SR_HASH];

	assert_non_null(run);
	sr_buf_init(&dealing);
	world_run(w, number, run);
	assert_ok(sr_deal_make(&dealing, run, (uint8_t)(member + 1), by->seed, NULL, &w->e), &w->e);
	sr_ceremony_dealing_hash(hash, sr_buf_view(&dealing));
	world_begin(&d, w, by, SR_T_DEAL);
	sr_text_put_hex(&d.text, "board", run->board, SR_ID);
	sr_text_put_hex(&d.text, "run", run->run, SR_ID);
	sr_text_put_hex(&d.text, "dealing", hash, SR_HASH);
	world_object(&d, "deal", sr_buf_view(&dealing));
	sr_buf_free(&dealing);
	free(run);
	return world_commit(&d, NULL);
}

int world_complain(struct world *w, size_t member, size_t dealer, uint64_t number) {
	struct world_draft d;
	uint8_t run[SR_ID];

	sr_ceremony_run_id(run, w->v->fingerprint, w->v->fingerprint, number);
	world_begin(&d, w, &w->member[member], SR_T_COMPLAINT);
	sr_text_put_hex(&d.text, "run", run, SR_ID);
	sr_text_put(&d.text, "dealer", w->member[dealer].person);
	sr_text_put_dec(&d.text, "level", w->level[0]);
	return world_commit(&d, NULL);
}

void world_dealing(struct world *w, size_t member, uint64_t number, struct sr_buf *out) {
	struct sr_run_row *row = calloc(1, sizeof *row);
	uint8_t run[SR_ID];

	assert_non_null(row);
	sr_ceremony_run_id(run, w->v->fingerprint, w->v->fingerprint, number);
	assert_ok(sr_query_run(row, w->v->catalogue, run, &w->e), &w->e);
	assert_true(row->members[member].dealt);
	assert_ok(sr_object_fetch(w->v, row->members[member].deal, out, &w->e), &w->e);
	free(row);
}

int world_reveal(struct world *w, size_t member, size_t complainer, uint64_t number) {
	const struct world_person *by = &w->member[member];
	struct sr_dkg *run = calloc(1, sizeof *run);
	struct sr_dealing views;
	struct sr_buf dealing;
	struct world_draft d;
	uint8_t ephemeral[SR_X_SK];

	assert_non_null(run);
	sr_buf_init(&dealing);
	world_run(w, number, run);
	world_dealing(w, member, number, &dealing);
	assert_ok(sr_deal_decode(&views, sr_buf_view(&dealing), &w->e), &w->e);
	assert_ok(sr_deal_reveal(ephemeral, run, &views.deal[0], (uint8_t)(complainer + 1),
			  by->seed, &w->e),
		&w->e);
	world_begin(&d, w, by, SR_T_REVEAL);
	sr_text_put_hex(&d.text, "run", run->run, SR_ID);
	sr_text_put_dec(&d.text, "level", views.deal[0].level);
	sr_text_put(&d.text, "member", w->member[complainer].person);
	sr_text_put_base64(&d.text, "ephemeral", ephemeral, SR_X_SK);
	sr_buf_free(&dealing);
	free(run);
	return world_commit(&d, NULL);
}

/* --- people, collections, items --------------------------------------------------------------- */

int world_person_add(struct world *w, const struct world_person *by, const struct world_person *who,
	const char *roles) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_PERSON);
	sr_text_put(&d.text, "person", who->person);
	world_words(&d.text, "role", roles);
	world_card(&d, "card", who);
	return world_commit(&d, NULL);
}

void world_collection(struct world *w, const char *name, const char *dedupe, uint8_t id[SR_ID]) {
	struct world_draft d;
	uint8_t request[SR_ID];

	world_id(w, id);
	world_id(w, request);
	world_begin(&d, w, &w->curator[0], SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", request, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "collection");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[0]);
	sr_text_put_hex(&d.text, "collection", id, SR_ID);
	sr_text_put(&d.text, "dedupe", dedupe);
	world_text(&d, "name", name);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	for (size_t i = 0; i < w->level[0]; i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = request}),
			&w->out.err);
}

struct feed {
	struct sr_bytes left;
};

static int feed_read(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct feed *f = ctx;

	(void)e;
	*got = f->left.len < len ? f->left.len : len;
	if (*got > 0)
		memcpy(p, f->left.p, *got);
	f->left.p += *got;
	f->left.len -= *got;
	return 0;
}

static void feed_file(struct world *w, struct sr_deposit *dep, const struct world_file *in) {
	struct feed feed = {in->content};
	struct sr_ingest_file f = {.path = sr_bytes_str(in->path),
		.kind = in->kind != 0 ? in->kind : SR_FILE_REGULAR,
		.note = sr_bytes_str(in->note != NULL ? in->note : ""),
		.media_type = sr_bytes_str(in->media_type != NULL ? in->media_type : ""),
		.mtime_s = W_TIME - W_DAY,
		.size_expected = in->content.len,
		.read = feed_read,
		.read_ctx = &feed};

	assert_ok(sr_deposit_file(dep, &f, &w->e), &w->e);
}

static int deposit_commit(struct world *w, struct sr_deposit *dep, const struct sr_deposit_sign *s,
	const struct world_person *by) {
	struct sr_submission sub = {0};
	struct world_draft d;

	assert_ok(sr_deposit_submission(dep, &sub, &w->e), &w->e);
	world_begin(&d, w, by, SR_T_ACCESSION);
	sr_text_put_hex(&d.text, "accession", s->accession, SR_ID);
	sr_text_put_hex(&d.text, "collection", s->collection, SR_ID);
	sr_statement_put_count_root(&d.text, "items", s->items, s->items_root);
	sr_statement_put_count_root(&d.text, "files", s->files, s->files_root);
	sr_text_put_dec(&d.text, "bytes", s->bytes);
	sr_text_put_hex(&d.text, "list", s->list_id, SR_HASH);
	return world_commit(&d, &sub);
}

int world_deposit(struct world *w, struct world_deposit *dp) {
	const struct world_person *by = dp->by != NULL ? dp->by : &w->depositor;
	struct sr_deposit_options o = {
		.collection = dp->collection != NULL ? dp->collection : w->collection,
		.depositor = by->person,
		.threads = 1};
	struct sr_accession_list list;
	struct sr_deposit_sign s;
	struct sr_deposit *dep = NULL;
	int rc;

	assert_true(dp->count <= W_FILES);
	assert_ok(sr_deposit_begin(&dep, w->v, &o, &w->e), &w->e);
	for (size_t i = 0; i < dp->count; i++) {
		if (i == 0 || !dp->together)
			assert_ok(sr_deposit_item_begin(dep, sr_bytes_str(""), &w->e), &w->e);
		feed_file(w, dep, &dp->files[i]);
		if (i + 1 == dp->count || !dp->together)
			assert_ok(sr_deposit_item_end(dep, &w->e), &w->e);
	}
	assert_ok(sr_deposit_finish(dep, &s, &w->e), &w->e);
	assert_ok(sr_accession_list_read(&list, s.list, &w->e), &w->e);
	dp->item_count = list.item_count;
	for (size_t i = 0; i < list.item_count; i++)
		memcpy(dp->items[i], list.items[i].id, SR_ID);
	sr_accession_list_free(&list);
	rc = deposit_commit(w, dep, &s, by);
	if (rc == 0)
		sr_deposit_free(dep);
	else
		assert_ok(sr_deposit_abort(dep, &w->e), &w->e);
	return rc;
}

int world_describe(struct world *w, const struct world_person *by, const uint8_t item[SR_ID],
	const char *title, const char *hazards) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_DESCRIBE);
	sr_text_put_hex(&d.text, "item", item, SR_ID);
	world_words(&d.text, "hazard", hazards);
	world_text(&d, "title", title);
	return world_commit(&d, NULL);
}

int world_part(struct world *w, const struct world_person *by, const uint8_t item[SR_ID],
	uint8_t part[SR_PART]) {
	struct sr_held_place at = {.number = 0};
	struct sr_item_row row = {0};
	struct sr_buf boxed;
	int rc;

	sr_buf_init(&boxed);
	assert_ok(sr_query_item(&row, w->v->catalogue, item, &w->e), &w->e);
	memcpy(at.vault, w->v->fingerprint, SR_HASH);
	memcpy(at.item, item, SR_ID);
	at.number = row.number;
	sr_item_row_free(&row);
	rc = sr_room_quarantine(w->room, item, by->person, &boxed, &w->e);
	if (rc == 0)
		rc = sr_held_open_box(part, &at, sr_buf_view(&boxed), by->seed, &w->e);
	sr_buf_free(&boxed);
	return rc;
}

int world_release(struct world *w, const struct world_person *by, const uint8_t item[SR_ID],
	const char *hazards) {
	struct sr_room_release rel = {.curator = by->person};
	struct sr_submission sub = {0};
	struct sr_board_row board;
	struct world_draft d;
	int rc;

	memcpy(rel.item, item, SR_ID);
	assert_ok(sr_query_board(&board, w->v->catalogue, NULL, 0, &w->e), &w->e);
	rc = sr_invariants_level(&rel.level, &board, hazards == NULL ? "" : hazards, &w->e);
	if (rc == 0)
		rc = world_part(w, by, item, rel.part);
	if (rc == 0)
		rc = sr_room_release_prepare(w->room, &rel, &w->e);
	if (rc != 0)
		return rc;
	assert_ok(sr_room_release_hooks(w->room, item, &sub, &w->e), &w->e);
	world_begin(&d, w, by, SR_T_RELEASE);
	sr_text_put_hex(&d.text, "item", item, SR_ID);
	sr_text_put_dec(&d.text, "number", rel.number);
	sr_text_put_hex(&d.text, "envelope", rel.envelope, SR_HASH);
	sr_text_put_dec(&d.text, "level", rel.level);
	world_words(&d.text, "hazard", hazards);
	return world_commit(&d, &sub);
}

void world_held_release(struct world *w, const uint8_t item[SR_ID]) {
	assert_ok(world_describe(w, &w->curator[0], item, "A described item", NULL), &w->out.err);
	assert_ok(world_release(w, &w->curator[1], item, NULL), &w->out.err);
}

/* --- requests and votes --- */

/* ${act}: it is decided by the lowest level, whatever the items need. */
static void put_items(struct world_draft *d, const struct world_request *rq, bool act) {
	struct world *w = d->w;
	uint32_t level = w->level[0];
	uint8_t *ids = malloc(rq->count * SR_ID);
	uint8_t root[SR_HASH];

	assert_non_null(ids);
	memcpy(ids, rq->items, rq->count * SR_ID);
	assert_ok(sr_request_list_sort(ids, rq->count, &w->e), &w->e);
	assert_ok(sr_request_list_root(root, ids, rq->count, &w->e), &w->e);
	for (size_t i = 0; i < rq->count && !act; i++) {
		struct sr_item_row row = {0};

		if (sr_query_item(&row, w->v->catalogue, ids + i * SR_ID, NULL) == 0 &&
			row.level > level)
			level = row.level;
		sr_item_row_free(&row);
	}
	sr_text_put_dec(&d->text, "level", level);
	if (rq->closes != 0)
		sr_text_put_time(&d->text, "closes", rq->closes);
	sr_statement_put_count_root(&d->text, "items", rq->count, root);
	world_object(d, "list", sr_bytes_of(ids, rq->count * SR_ID));
	free(ids);
}

static int by_name(const void *a, const void *b) {
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_terms(struct world_draft *d, const struct world_request *rq) {
	const char *people[T_COUNT(rq->with)] = {NULL};
	uint8_t sk[SR_X_SK], pk[SR_X_PK];
	size_t n = 0;

	const bool reseal = rq->kind != NULL && strcmp(rq->kind, "reseal") == 0;

	if (rq->recipient == NULL && !reseal)
		world_words(&d->text, "form", rq->forms != NULL ? rq->forms : "text");
	if (rq->authority == NULL)
		sr_text_put(&d->text, "purpose", "research");
	sr_text_put_time(&d->text, "ends", rq->ends != 0 ? rq->ends : d->w->now + 30 * W_DAY);
	for (size_t i = 0; i < T_COUNT(rq->with) && rq->with[i] != NULL; i++)
		people[n++] = rq->with[i]->person;
	qsort(people, n, sizeof *people, by_name);
	for (size_t i = 0; i < n; i++)
		sr_text_put(&d->text, "person", people[i]);
	sr_box_request_sk(sk, rq->by->seed, sr_bytes_of(d->w->v->fingerprint, SR_HASH),
		sr_bytes_of(rq->id, SR_ID));
	sr_box_public(pk, sk);
	sr_text_put_base64(&d->text, "key", pk, SR_X_PK);
	if (rq->recipient != NULL)
		sr_text_put(&d->text, "recipient", rq->recipient);
	sr_wipe(sk, sizeof sk);
}

int world_request(struct world *w, struct world_request *rq) {
	const char *kind = rq->kind != NULL        ? rq->kind
			   : rq->recipient != NULL ? "export"
						   : "access";
	bool act = strcmp(kind, "destroy") == 0;
	struct world_draft d;

	if (rq->version == 0)
		world_id(w, rq->id);
	world_begin(&d, w, rq->by, rq->version == 0 ? SR_T_REQUEST : SR_T_AMEND);
	sr_text_put_hex(&d.text, "request", rq->id, SR_ID);
	sr_text_put_dec(&d.text, "version", rq->version == 0 ? 1 : rq->version);
	sr_text_put(&d.text, "kind", kind);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	if (rq->items != NULL) {
		put_items(&d, rq, act);
		if (!act)
			put_terms(&d, rq);
	} else {
		sr_text_put_dec(&d.text, "level", w->level[0]);
	}
	if (rq->target != NULL)
		sr_text_put_hex(&d.text, "target", rq->target, SR_ID);
	world_text(&d, "project",
		rq->items != NULL && !act && rq->authority == NULL ? "A study of rhetoric" : NULL);
	world_text(&d, "authority", rq->authority);
	world_text(&d, "instruction", rq->instruction);
	world_text(&d, "reason", "because the study needs it");
	return world_commit(&d, NULL);
}

int world_join(struct world *w, const struct world_person *who, const uint8_t request[SR_ID]) {
	uint8_t sk[SR_X_SK], pk[SR_X_PK];
	struct world_draft d;

	sr_box_request_sk(sk, who->seed, sr_bytes_of(w->v->fingerprint, SR_HASH),
		sr_bytes_of(request, SR_ID));
	sr_box_public(pk, sk);
	sr_wipe(sk, sizeof sk);
	world_begin(&d, w, who, SR_T_JOIN);
	sr_text_put_hex(&d.text, "request", request, SR_ID);
	sr_text_put_base64(&d.text, "key", pk, SR_X_PK);
	return world_commit(&d, NULL);
}

/* What a voter or researcher knows of a request's items: seals in force, in the request's order. */
struct world_seals {
	struct sr_sealed sealed[W_ITEMS];
	uint8_t bytes[W_ITEMS][SR_SEAL];
	uint32_t level[W_ITEMS];
	bool gone[W_ITEMS]; /* destroyed */
	size_t count;
};

static void seals_load(
	struct world *w, struct world_seals *s, const struct sr_version_row *v, int64_t extension) {
	const struct sr_list_of of = {v->request, v->version, extension};
	uint8_t *ids = NULL;

	assert_ok(sr_query_list_items(&ids, &s->count, w->v->catalogue, &of, &w->e), &w->e);
	assert_true(s->count <= W_ITEMS);
	for (size_t i = 0; i < s->count; i++) {
		struct sr_envelope_want want = {.n = 0};
		struct sr_item_row row = {0};
		struct sr_envelope env;
		struct sr_buf file;

		sr_buf_init(&file);
		assert_ok(sr_query_item(&row, w->v->catalogue, ids + i * SR_ID, &w->e), &w->e);
		memcpy(s->sealed[i].id, row.id, SR_ID);
		s->sealed[i].number = row.number;
		s->sealed[i].seal = s->bytes[i];
		s->level[i] = row.level;
		s->gone[i] = row.state == SR_S_DESTROYED;
		if (s->gone[i]) { /* it has none any more */
			sr_item_row_free(&row);
			continue;
		}
		want.n = row.number;
		memcpy(want.item, row.id, SR_ID);
		memcpy(want.hash, row.envelope, SR_HASH);
		memcpy(want.room_pk, w->v->keys->room_pk, SR_PK);
		want.former_room = w->v->keys->former_room[0];
		want.former_count = w->v->keys->generations - 1;
		assert_ok(sr_envelope_load(&env, &file, w->v->items, &want, &w->e), &w->e);
		assert_int_equal(env.seal.len, SR_SEAL);
		memcpy(s->bytes[i], env.seal.p, SR_SEAL);
		sr_item_row_free(&row);
		sr_buf_free(&file);
	}
	free(ids);
}

struct world_seals *world_seals(struct world *w, const uint8_t request[SR_ID], int64_t extension) {
	struct world_seals *s = calloc(1, sizeof *s);
	struct sr_version_row v = {0};

	assert_non_null(s);
	assert_ok(sr_query_version(&v, w->v->catalogue, request, 0, &w->e), &w->e);
	seals_load(w, s, &v, extension);
	sr_version_row_free(&v);
	return s;
}

static size_t level_at(const struct world *w, uint32_t level) {
	size_t at = 0;

	while (at < w->keys.levels && w->keys.level[at].level != level)
		at++;
	assert_true(at < w->keys.levels);
	return at;
}

/* Everything but level and member: the same for all pieces of a vote. */
static void context(struct world *w, struct sr_piece_ctx *c, const struct sr_version_row *v,
	uint8_t (*readers)[SR_X_PK]) {
	memset(c, 0, sizeof *c);
	memcpy(c->key.vault, w->v->fingerprint, SR_HASH);
	c->key.kind = "item";
	memcpy(c->transcript, w->keys.transcript, SR_HASH);
	c->epoch = v->epoch;
	memcpy(c->request, v->hash, SR_HASH);
	memcpy(c->room, v->room_key, SR_X_PK);
	memcpy(readers[0], v->key, SR_X_PK);
	for (size_t i = 0; i < v->people_count; i++)
		memcpy(readers[i + 1], v->people[i].key, SR_X_PK);
	c->readers = (const uint8_t(*)[SR_X_PK])readers;
	c->reader_count = v->people_count + 1;
}

static void at_level(struct world *w, struct sr_piece_ctx *c, size_t member, uint32_t level) {
	size_t at = level_at(w, level);

	c->key.level = (uint8_t)level;
	memcpy(c->key.board, w->keys.level[at].board, SR_POINT);
	c->index = (uint8_t)(member + 1);
	memcpy(c->share, w->keys.level[at].share[member], SR_POINT);
	memcpy(c->voter, w->member[member].pk, SR_PK);
}

static void bundle_root(uint8_t root[SR_HASH], const struct sr_buf *bytes) {
	struct sr_bundle b;
	struct sr_tree t;
	struct sr_buf leaf;
	uint8_t hash[SR_HASH];

	assert_ok(sr_bundle_parse(&b, sr_buf_view(bytes), NULL), NULL);
	sr_tree_init(&t);
	sr_buf_init(&leaf);
	for (size_t i = 0; i < b.items; i++) {
		sr_buf_clear(&leaf);
		sr_bundle_leaf(&leaf, &b, i);
		sr_leaf_hash(hash, sr_buf_view(&leaf));
		assert_ok(sr_tree_append(&t, hash, NULL), NULL);
	}
	sr_tree_root(root, &t);
	sr_buf_free(&leaf);
}

/* The voter's client: pieces for every item, sealed to room and researchers. */
static void pieces_put(
	struct world_draft *d, const struct world_vote *vote, const struct sr_version_row *v) {
	struct world *w = d->w;
	struct world_seals *mine =
		vote->seals != NULL ? NULL : world_seals(w, vote->request, vote->extension);
	const struct world_seals *s = vote->seals != NULL ? vote->seals : mine;
	uint8_t(*pieces)[SR_PIECE] = NULL, readers[SR_REQUEST_PEOPLE_MAX][SR_X_PK], root[SR_HASH],
	seals[SR_HASH];
	struct sr_piece_ctx c;
	struct sr_hash h;
	struct sr_buf bundle;

	assert_non_null(s);
	pieces = calloc(s->count, sizeof *pieces);
	assert_non_null(pieces);
	context(w, &c, v, readers);
	memcpy(c.vote, d->id, SR_ID);
	if (vote->room != NULL)
		memcpy(c.room, vote->room, SR_X_PK);
	sr_seals_begin(&h, s->count);
	for (size_t i = 0; i < s->count; i++) {
		sr_seals_add(&h, s->sealed[i].id, s->sealed[i].number);
		if (s->gone[i])
			continue;
		at_level(w, &c, vote->member, s->level[i]);
		assert_ok(sr_piece_make(pieces[i], &c, &s->sealed[i],
				  w->x[vote->member][level_at(w, s->level[i])], &w->e),
			&w->e);
		if (vote->lie == W_BAD_PIECE)
			pieces[i][SR_PIECE - 20] ^= 1; /* in the proof's response */
	}
	sr_hash_final(&h, seals);
	sr_buf_init(&bundle);
	assert_ok(sr_bundle_make(&bundle, &c, s->sealed, pieces[0], s->count, &w->e), &w->e);
	bundle_root(root, &bundle);
	if (vote->lie == W_BAD_BUNDLE)
		bundle.p[bundle.len - 1] ^= 1;
	sr_text_put_dec(&d->text, "count", s->count);
	sr_text_put_base64(&d->text, "room-key", c.room, SR_X_PK);
	sr_text_put_hex(&d->text, "seals", seals, SR_HASH);
	sr_text_put_hex(&d->text, "bundle", root, SR_HASH);
	world_object(d, "pieces", sr_buf_view(&bundle));
	sr_buf_free(&bundle);
	free(pieces);
	free(mine);
}

/* What a member's inbox is made of says the same as the door did: who may vote is taken, and who
 * may not hears of the same rule; a rule of the board refuses nobody who may. */
static void judged_alike(struct world *w, const struct sr_ruling *r, int rc) {
	const bool fault = strstr(w->out.err.text, "an incident tells") != NULL;

	if (rc == 0)
		assert_true(r->allowed);
	else if (strcmp(w->out.rule, "sealed-anew") == 0)
		return; /* that is of what the vote brings, which nobody has asked about */
	else if (!r->allowed && w->out.rule[0] != '\0')
		assert_string_equal(w->out.rule, r->rule);
	else if (!fault)
		assert_string_equal(w->out.title, "");
}

int world_vote(struct world *w, const struct world_vote *vote) {
	const char *decision = vote->decision != NULL ? vote->decision : "approve";
	bool approves = strcmp(decision, "approve") == 0 || strcmp(decision, "topup") == 0;
	struct sr_version_row v = {0};
	struct world_draft d;
	struct sr_ruling r;
	char id[2 * SR_ID + 1], hash[2 * SR_HASH + 1];

	assert_ok(sr_query_version(&v, w->v->catalogue, vote->request, 0, &w->e), &w->e);
	sr_hex(id, v.request, SR_ID);
	sr_hex(hash, v.hash, SR_HASH);
	world_begin(&d, w, &w->member[vote->member], SR_T_VOTE);
	sr_text_putf(&d.text, "request", "%s %s", id, hash);
	sr_text_put_dec(&d.text, "version", v.version);
	sr_text_put_dec(&d.text, "epoch", v.epoch);
	sr_text_put(&d.text, "decision", decision);
	if (vote->extension != 0)
		sr_text_put_dec(&d.text, "extension", (uint64_t)vote->extension);
	if (approves && v.has_key)
		world_words(&d.text, "form", vote->forms != NULL ? vote->forms : v.forms);
	if (vote->ends != 0)
		sr_text_put_time(&d.text, "ends", vote->ends);
	world_text(&d, "condition", vote->condition);
	world_text(&d, "reason", "considered");
	if (approves && v.has_key)
		pieces_put(&d, vote, &v);
	assert_ok(sr_authorize_voter(
			  &r, w->v, &v, w->member[vote->member].person, sr_vault_now(w->v), &w->e),
		&w->e);
	sr_version_row_free(&v);
	const bool committed = w->instead == NULL;
	const int rc = world_commit(&d, NULL);
	if (committed && strcmp(decision, "approve") == 0 && vote->extension == 0)
		judged_alike(w, &r, rc);
	return rc;
}

int world_extend(struct world *w, const struct world_extend *x) {
	uint8_t *ids = malloc(x->count * SR_ID), root[SR_HASH];
	struct world_draft d;

	assert_non_null(ids);
	memcpy(ids, x->items, x->count * SR_ID);
	assert_ok(sr_request_list_sort(ids, x->count, &w->e), &w->e);
	assert_ok(sr_request_list_root(root, ids, x->count, &w->e), &w->e);
	world_begin(&d, w, x->by, SR_T_EXTEND);
	sr_text_put_hex(&d.text, "grant", x->grant, SR_ID);
	sr_text_put_hex(&d.text, "request", x->request, SR_ID);
	sr_text_put_dec(&d.text, "version", x->version != 0 ? x->version : 1);
	sr_text_put_dec(&d.text, "number", x->number);
	sr_statement_put_count_root(&d.text, "items", x->count, root);
	world_object(&d, "list", sr_bytes_of(ids, x->count * SR_ID));
	free(ids);
	return world_commit(&d, NULL);
}

bool world_grant_of(struct world *w, const uint8_t request[SR_ID], uint8_t grant[SR_ID]) {
	struct sr_grant_filter f = {.request = request};
	struct sr_grants list = {0};
	bool found;

	assert_ok(sr_query_grants(&list, w->v->catalogue, &f, NULL, &w->e), &w->e);
	found = list.count > 0;
	if (found)
		memcpy(grant, list.rows[0].id, SR_ID);
	sr_grants_free(&list);
	return found;
}

void world_grant(struct world *w, const uint8_t request[SR_ID], uint8_t grant[SR_ID]) {
	for (size_t i = 0; i < w->members && !world_grant_of(w, request, grant); i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = request}),
			&w->out.err);
	assert_true(world_grant_of(w, request, grant));
}

/* --- checkouts --- */

int world_checkout(struct world *w, struct world_checkout *c) {
	struct world_draft d;

	world_id(w, c->id);
	world_begin(&d, w, c->by, SR_T_CHECKOUT);
	sr_text_put_hex(&d.text, "checkout", c->id, SR_ID);
	sr_text_put(&d.text, "right",
		c->right != NULL   ? c->right
		: c->grant != NULL ? "access"
				   : "quarantine");
	if (c->grant != NULL)
		sr_text_put_hex(&d.text, "grant", c->grant, SR_ID);
	sr_text_put_hex(&d.text, "item", c->item, SR_ID);
	sr_text_put(&d.text, "form", c->form != NULL ? c->form : "text");
	return world_commit(&d, NULL);
}

/* One vote's record of the item: its key, from the researcher's request key. */
static bool record_key(struct world *w, const struct world_checkout *c,
	const struct sr_version_row *v, const struct sr_vote_row *vote,
	struct sr_room_record *out) {
	struct world_seals *s = calloc(1, sizeof *s);
	uint8_t sk[SR_X_SK], readers[SR_REQUEST_PEOPLE_MAX][SR_X_PK];
	struct sr_bundle bundle;
	struct sr_piece_ctx ctx;
	struct sr_bundle_at at = {.bundle = &bundle, .ctx = &ctx};
	struct sr_buf body;
	int64_t extension = 0;
	bool ok;

	assert_non_null(s);
	if (sr_query_list_of(&extension, w->v->catalogue, v, c->item, &w->e) != 0)
		extension = 0; /* not in the request: found below */
	seals_load(w, s, v, extension);
	context(w, &ctx, v, readers);
	memcpy(ctx.vote, vote->statement, SR_ID);
	for (size_t i = 0; i < w->members; i++)
		if (strcmp(w->member[i].person, vote->person) == 0)
			memcpy(ctx.voter, w->member[i].pk, SR_PK);
	while (at.item < s->count && memcmp(s->sealed[at.item].id, c->item, SR_ID) != 0)
		at.item++;
	for (size_t i = 0; i < v->people_count; i++)
		if (strcmp(v->people[i].person, c->by->person) == 0)
			at.reader = i + 1;
	sr_buf_init_secret(&body);
	assert_ok(sr_object_fetch(w->v, vote->pieces, &body, &w->e), &w->e);
	sr_box_request_sk(sk, c->by->seed, sr_bytes_of(w->v->fingerprint, SR_HASH),
		sr_bytes_of(v->request, SR_ID));
	ok = at.item < s->count && sr_bundle_parse(&bundle, sr_buf_view(&body), NULL) == 0;
	if (ok) {
		at.sealed = &s->sealed[at.item];
		memcpy(out->vote, vote->statement, SR_ID);
		ok = sr_bundle_record_key(out->key, &at, sk, NULL) == 0;
	}
	sr_wipe(sk, sizeof sk);
	sr_buf_free(&body);
	free(s);
	return ok;
}

size_t world_records(struct world *w, const struct world_checkout *c,
	struct sr_room_record *records, size_t max) {
	struct sr_grant_row g = {0};
	struct sr_version_row v = {0};
	struct sr_votes votes = {0};
	size_t n = 0;

	assert_non_null(c->grant);
	assert_ok(sr_query_grant(&g, w->v->catalogue, c->grant, &w->e), &w->e);
	assert_ok(sr_query_version(&v, w->v->catalogue, g.request, g.version, &w->e), &w->e);
	assert_ok(sr_query_votes(&votes, w->v->catalogue, g.request, g.version, &w->e), &w->e);
	for (size_t i = 0; i < votes.count && n < max; i++)
		if (votes.rows[i].has_bundle && !votes.rows[i].is_void &&
			record_key(w, c, &v, &votes.rows[i], &records[n]))
			n++;
	sr_votes_free(&votes);
	sr_version_row_free(&v);
	sr_grant_row_free(&g);
	return n;
}

int world_open(struct world *w, const struct world_checkout *c) {
	struct sr_room_record records[2 * W_MEMBERS];
	struct sr_room_open o = {.person = c->by->person, .records = records};
	int rc;

	memcpy(o.checkout, c->id, SR_ID);
	o.count = world_records(w, c, records, T_COUNT(records));
	rc = sr_room_open(w->room, &o, &w->e);
	sr_wipe(records, sizeof records);
	return rc;
}

int world_return(struct world *w, const struct world_checkout *c) {
	struct world_draft d;

	world_begin(&d, w, c->by, SR_T_RETURN);
	sr_text_put_hex(&d.text, "checkout", c->id, SR_ID);
	return world_commit(&d, NULL);
}

int world_read(
	struct world *w, const struct world_checkout *c, uint64_t file, struct sr_buf *text) {
	struct sr_room_page p = {.person = c->by->person, .file = file, .len = 4096};
	const char *encoding = NULL;
	uint64_t next = 0, size = 1;
	int rc = 0;

	memcpy(p.checkout, c->id, SR_ID);
	while (rc == 0 && next < size) {
		p.offset = next;
		rc = sr_room_text(w->room, &p, text, &next, &encoding, &w->e);
		if (rc == 0)
			rc = sr_room_text_size(w->room, c->id, c->by->person, &size, &w->e);
	}
	return rc;
}

/* --- the end of grants --- */

static int on_grant(struct world *w, const struct world_person *by, enum sr_type_id type,
	const uint8_t grant[SR_ID]) {
	struct world_draft d;

	world_begin(&d, w, by, type);
	sr_text_put_hex(&d.text, "grant", grant, SR_ID);
	return world_commit(&d, NULL);
}

int world_suspend(struct world *w, size_t member, const uint8_t grant[SR_ID]) {
	return on_grant(w, &w->member[member], SR_T_SUSPEND, grant);
}

int world_lift(struct world *w, size_t member, const uint8_t grant[SR_ID]) {
	return on_grant(w, &w->member[member], SR_T_LIFT, grant);
}

int world_close_grant(struct world *w, const struct world_person *who, const uint8_t grant[SR_ID]) {
	return on_grant(w, who, SR_T_CLOSE, grant);
}

void world_revoke(struct world *w, const uint8_t grant[SR_ID]) {
	struct world_request rq = {.by = &w->member[0], .kind = "revoke", .target = grant};

	assert_ok(world_request(w, &rq), &w->out.err);
	for (size_t i = 0; i < w->level[0]; i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = rq.id}),
			&w->out.err);
}

/* --- looking --- */

size_t world_count(struct world *w, enum sr_type_id type) {
	struct sr_entry_filter f = {.type = (int)type};
	struct sr_page page = {0, 1000};
	struct sr_entries list = {0};
	size_t n;

	assert_ok(sr_query_entries(&list, w->v->catalogue, &f, &page, &w->e), &w->e);
	n = list.count;
	sr_entries_free(&list);
	return n;
}

void world_last(struct world *w, enum sr_type_id type, struct sr_entry *out) {
	struct sr_entry_filter f = {.type = (int)type, .newest_first = true};
	struct sr_page page = {0, 1};
	struct sr_entries list = {0};

	assert_ok(sr_query_entries(&list, w->v->catalogue, &f, &page, &w->e), &w->e);
	assert_int_equal(list.count, 1);
	assert_ok(sr_vault_entry(out, w->v, list.rows[0].index, &w->e), &w->e);
	sr_entries_free(&list);
}
