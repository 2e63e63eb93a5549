/*
 * catalogue_rig - a ledger made by hand for the tests of the catalogue: statements without
 * signatures, records and objects in memory, and a replay over them. Texts of any subject can be
 * erased; structural bytes never change by that.
 *
 *     rig_begin(&r, SR_T_DESCRIBE, CURATOR); put fields on &r.text; rig_text(...); rig_end(&r);
 */
#ifndef SR_TESTS_CATALOGUE_RIG_H
#define SR_TESTS_CATALOGUE_RIG_H

#include <stdlib.h>
#include <string.h>

#include "catalogue/apply.h"
#include "catalogue/lists.h"
#include "catalogue/query.h"
#include "crypto/identity.h"
#include "ledger/card.h"
#include "merkle/note.h"
#include "util.h"

#define RIG __attribute__((unused)) static

enum {
	M0,
	M1,
	M2,
	M3,
	M4,
	CURATOR,
	OFFICER,
	AUDITOR,
	CUSTODIAN,
	RESEARCHER,
	RESEARCHER2,
	DEPOSITOR,
	LEAVER,
	PEOPLE,
	SERVICE = PEOPLE
};
enum {
	RIG_RECORDS = 24,
	RIG_MEMBERS = 5
};
#define RIG_NOW INT64_C(1800000000)

struct rig_record {
	enum sr_compartment compartment;
	char subject[SR_SUBJECT_TEXT];
	const char *key;
	uint32_t index;
	uint8_t salt[SR_SALT];
	char *text;
	bool out;
	uint8_t object[SR_HASH];
};
struct rig_entry {
	struct sr_buf text;
	struct rig_record records[RIG_RECORDS];
	size_t count;
	bool has_object;
	uint8_t file[SR_HASH];
	int64_t received;
	enum sr_type_id type;
	uint8_t id[SR_ID];
	uint8_t hash[SR_HASH];
};
struct rig_object {
	uint8_t id[SR_HASH];
	char subject[SR_SUBJECT_TEXT];
	struct sr_buf body;
};
struct rig {
	char *path;
	struct sr_dir *dir;
	uint8_t key[SR_KEY];
	struct sr_catalogue *cat;
	uint8_t seed[PEOPLE][SR_SEED];
	bool next_key[PEOPLE]; /* their cards are of another key than the first */
	uint8_t pk[PEOPLE][SR_PK];
	char person[PEOPLE][SR_PERSON_TEXT];
	uint8_t vault[SR_HASH];
	struct rig_entry *entries;
	size_t count, cap;
	struct rig_object *objects;
	size_t object_count;
	struct rig_entry now; /* being built */
	struct sr_buf text;   /* its text */
	const char *
		erased[PEOPLE + 8]; /* subjects without a key, or "item:" for all items and so on */
	size_t erased_count;
	uint32_t next_position;
	uint64_t serial;
};

RIG void rig_id(uint8_t out[SR_ID], const char *name) {
	uint8_t h[SR_HASH];
	sr_sha256(h, name, strlen(name));
	memcpy(out, h, SR_ID);
}
RIG void rig_hash(uint8_t out[SR_HASH], const char *name) {
	sr_sha256(out, name, strlen(name));
}
RIG const char *rig_hex(const char *name) {
	static char ring[8][2 * SR_ID + 1];
	static int at;
	uint8_t id[SR_ID];
	at = (at + 1) % 8;
	rig_id(id, name);
	sr_hex(ring[at], id, SR_ID);
	return ring[at];
}
/* Field lines. */
RIG void f_id(struct rig *r, const char *key, const char *name) {
	sr_text_put(&r->text, key, rig_hex(name));
}
RIG void f_hash(struct rig *r, const char *key, const char *name) {
	uint8_t h[SR_HASH];
	rig_hash(h, name);
	sr_text_put_hex(&r->text, key, h, SR_HASH);
}
RIG void f_key(struct rig *r, const char *key, const char *name) {
	uint8_t h[SR_HASH];
	rig_hash(h, name);
	sr_text_put_base64(&r->text, key, h, SR_HASH);
}
RIG void f_put(struct rig *r, const char *key, const char *value) {
	sr_text_put(&r->text, key, value);
}
RIG void f_dec(struct rig *r, const char *key, uint64_t v) {
	sr_text_put_dec(&r->text, key, v);
}
RIG void f_time(struct rig *r, const char *key, int64_t t) {
	sr_text_put_time(&r->text, key, t);
}

RIG struct rig_record *rig_add_record(struct rig *r, enum sr_compartment c, const char *subject,
	const char *key, const char *text) {
	struct rig_record *rec = &r->now.records[r->now.count++];
	assert_true(r->now.count <= RIG_RECORDS);
	memset(rec, 0, sizeof *rec);
	rec->compartment = c;
	snprintf(rec->subject, sizeof rec->subject, "%s", subject);
	rec->key = sr_type_field(sr_type_at(r->now.type), sr_bytes_str(key))->key;
	t_fill(rec->salt, sizeof rec->salt, ++r->serial);
	rec->text = strdup(text);
	for (size_t i = 0; i + 1 < r->now.count; i++)
		rec->index += strcmp(r->now.records[i].key, key) == 0;
	return rec;
}
/* A `key ~...` line with its record. */
RIG struct rig_record *rig_text(struct rig *r, enum sr_compartment c, const char *subject,
	const char *key, const char *text) {
	struct rig_record *rec = rig_add_record(r, c, subject, key, text);
	sr_statement_put_text(&r->text, key, rec->salt, sr_bytes_str(text));
	return rec;
}
RIG void rig_new_object(
	struct rig *r, uint8_t id[SR_HASH], const char *subject, struct sr_bytes body) {
	struct rig_object *o;
	r->objects = realloc(r->objects, (r->object_count + 1) * sizeof *r->objects);
	assert_non_null(r->objects);
	o = &r->objects[r->object_count++];
	memset(o, 0, sizeof *o);
	t_fill(o->id, SR_HASH, 1000000 + ++r->serial);
	snprintf(o->subject, sizeof o->subject, "%s", subject);
	sr_buf_init(&o->body);
	sr_buf_put_bytes(&o->body, body);
	memcpy(id, o->id, SR_HASH);
	r->now.has_object = true;
}
/* A structural object and the line that names it. */
RIG void rig_object(struct rig *r, const char *key, struct sr_bytes body) {
	uint8_t id[SR_HASH];
	rig_new_object(r, id, "", body);
	sr_text_put_hex(&r->text, key, id, SR_HASH);
}
/* Put the newest record out, into the object file. */
RIG void rig_out(struct rig *r, struct rig_record *rec) {
	struct sr_buf body;
	sr_buf_init(&body);
	sr_record_body(&body, rec->salt, sr_bytes_str(rec->text));
	rig_new_object(r, rec->object, rec->subject, sr_buf_view(&body));
	rec->out = true;
	sr_buf_free(&body);
}

RIG void rig_card(struct rig *r, const char *key, int who, bool record) {
	struct sr_buf card;
	struct sr_err e;
	char name[64];
	uint8_t salt[SR_SALT] = {0}, commit[SR_HASH];
	struct rig_record *rec = NULL;
	snprintf(name, sizeof name, "Name-of-%d", who);
	if (record) {
		rec = rig_add_record(r, SR_PERSONAL, r->person[who], key, name);
		memcpy(salt, rec->salt, SR_SALT);
	}
	sr_text_commit(commit, salt, sr_bytes_str(name));
	sr_buf_init(&card);
	const struct sr_card_next next = {r->person[who], NULL};
	if (r->next_key[who]) {
		r->seed[who][0] ^= 0x80;
		assert_ok(sr_card_make_next(&card, r->seed[who], commit, &next, &e), &e);
		r->seed[who][0] ^= 0x80;
	} else {
		assert_ok(sr_card_make(&card, r->seed[who], commit, &e), &e);
	}
	sr_text_put_base64(&r->text, key, card.p, card.len);
	sr_buf_free(&card);
}

RIG void rig_begin(struct rig *r, enum sr_type_id type, int actor) {
	struct sr_head h;
	char name[32];
	memset(&h, 0, sizeof h);
	memset(&r->now, 0, sizeof r->now);
	r->now.type = type;
	snprintf(name, sizeof name, "statement %llu", (unsigned long long)++r->serial);
	rig_id(h.id, name);
	memcpy(r->now.id, h.id, SR_ID);
	memcpy(h.vault, r->vault, SR_HASH);
	h.time = RIG_NOW + (int64_t)r->count;
	r->now.received = h.time;
	snprintf(h.actor, sizeof h.actor, "%s", actor == SERVICE ? "service" : r->person[actor]);
	if (actor != SERVICE)
		sr_sha256(h.seen_root, "", 0);
	sr_buf_init(&r->text);
	sr_statement_begin(&r->text, type, &h);
}
/* The statement becomes entry r->count. */
RIG void rig_end(struct rig *r) {
	struct sr_statement s;
	struct sr_err e;
	char name[32];
	assert_ok(sr_statement_parse_text(&s, sr_buf_view(&r->text), &e), &e);
	memcpy(r->now.hash, s.hash, SR_HASH);
	if (r->count == 0)
		memcpy(r->vault, s.hash, SR_HASH);
	sr_statement_free(&s);
	snprintf(name, sizeof name, "file %zu",
		r->count / 2); /* some files are shared by two entries */
	rig_hash(r->now.file, name);
	if (r->count == r->cap) {
		r->cap = r->cap == 0 ? 64 : 2 * r->cap;
		r->entries = realloc(r->entries, r->cap * sizeof *r->entries);
		assert_non_null(r->entries);
	}
	r->now.text = r->text;
	r->entries[r->count++] = r->now;
}
RIG void rig_entry_free(struct rig_entry *en) {
	for (size_t i = 0; i < en->count; i++)
		free(en->records[i].text);
	sr_buf_free(&en->text);
}
/* Forget the newest entry (one that was meant to fail). */
RIG void rig_drop(struct rig *r) {
	rig_entry_free(&r->entries[--r->count]);
}
RIG const struct rig_entry *rig_last(const struct rig *r) {
	return &r->entries[r->count - 1];
}

RIG bool rig_is_erased(const struct rig *r, const char *subject) {
	for (size_t i = 0; i < r->erased_count; i++)
		if (strncmp(subject, r->erased[i], strlen(r->erased[i])) == 0)
			return true;
	return false;
}
RIG int rig_get_object(
	void *ctx, const struct sr_object_at *at, struct sr_buf *body, struct sr_err *e) {
	const struct rig *r = ctx;
	for (size_t i = 0; i < r->object_count; i++) {
		if (memcmp(r->objects[i].id, at->id, SR_HASH) != 0)
			continue;
		assert_string_equal(r->objects[i].subject, at->subject);
		if (at->subject[0] != '\0' && rig_is_erased(r, at->subject))
			return sr_fail(e, SR_NOTFOUND, "erased");
		sr_buf_put_bytes(body, sr_buf_view(&r->objects[i].body));
		return sr_buf_ok(body, e);
	}
	return sr_fail(e, SR_NOTFOUND, "no such object");
}
RIG int rig_entry_at(void *ctx, uint64_t index, struct sr_entry *out, struct sr_err *e) {
	const struct rig *r = ctx;
	const struct rig_entry *en = &r->entries[index];
	int rc = sr_statement_parse_text(&out->statement, sr_buf_view(&en->text), e);
	if (rc != 0)
		return rc;
	out->index = index;
	out->epoch = 0;
	for (uint64_t i = 0; i < index; i++)
		out->epoch += r->entries[i].type == SR_T_KEY_EPOCH;
	out->epoch = out->epoch < SR_EPOCH_FIRST ? SR_EPOCH_FIRST : out->epoch;
	out->received = en->received;
	out->has_object = en->has_object;
	memcpy(out->object, en->file, SR_HASH);
	out->records = calloc(en->count + 1, sizeof *out->records);
	assert_non_null(out->records);
	out->count = en->count;
	sr_buf_init_secret(&out->plain);
	for (size_t i = 0; i < en->count; i++) {
		const struct rig_record *from = &en->records[i];
		struct sr_record *to = &out->records[i];
		to->compartment = from->compartment;
		memcpy(to->subject, from->subject, sizeof to->subject);
		to->key = from->key;
		to->index = from->index;
		to->out = from->out;
		memcpy(to->object_id, from->object, SR_HASH);
		memcpy(to->salt, from->salt, SR_SALT);
		to->state = from->out                         ? SR_RECORD_OUT
			    : rig_is_erased(r, from->subject) ? SR_RECORD_ERASED
							      : SR_RECORD_READ;
		if (to->state == SR_RECORD_READ)
			to->text = sr_bytes_str(from->text);
	}
	return 0;
}
RIG int rig_root_at(void *ctx, uint64_t size, uint8_t root[SR_HASH], struct sr_err *e) {
	(void)ctx;
	(void)e;
	memset(root, 0x5a, SR_HASH);
	root[0] ^= (uint8_t)size;
	return 0;
}
RIG struct sr_replay rig_replay(struct rig *r) {
	struct sr_replay p;
	memset(&p, 0, sizeof p);
	p.size = r->count;
	p.entry = rig_entry_at;
	p.root_at = rig_root_at;
	(void)rig_root_at(r, r->count, p.root, NULL);
	p.ctx = r;
	p.objects.get = rig_get_object;
	p.objects.ctx = r;
	return p;
}

RIG struct sr_catalogue_options rig_options(struct rig *r, const char *name) {
	struct sr_catalogue_options o = {r->dir, name, r->key, true};
	return o;
}
RIG void rig_open(struct rig *r) {
	struct sr_catalogue_options o;
	struct sr_err e;
	memset(r, 0, sizeof *r);
	assert_ok(sr_crypto_init(&e), &e);
	r->path = t_tmp_new();
	assert_ok(sr_dir_open(&r->dir, r->path, &e), &e);
	t_fill(r->key, sizeof r->key, 7);
	for (int i = 0; i < PEOPLE; i++) {
		t_fill(r->seed[i], SR_SEED, 100 + (uint64_t)i);
		sr_sign_public(r->pk[i], r->seed[i]);
		sr_person_name(r->person[i], r->pk[i]);
	}
	o = rig_options(r, NULL);
	assert_ok(sr_catalogue_open(&r->cat, &o, &e), &e);
}
RIG void rig_close(struct rig *r) {
	struct sr_err e;
	assert_ok(sr_catalogue_close(r->cat, &e), &e);
	sr_dir_close(r->dir);
	t_tmp_remove(r->path);
	for (size_t i = 0; i < r->count; i++)
		rig_entry_free(&r->entries[i]);
	for (size_t i = 0; i < r->object_count; i++)
		sr_buf_free(&r->objects[i].body);
	free(r->entries);
	free(r->objects);
}
/* Apply what is new. */
RIG void rig_apply(struct rig *r) {
	struct sr_replay p = rig_replay(r);
	struct sr_err e;
	assert_ok(sr_catalogue_catch_up(r->cat, &p, NULL, &e), &e);
}
/* The newest statement must be impossible: CORRUPT with ${piece}; it is forgotten, the catalogue
 * stays as it was. */
RIG void rig_refused(struct rig *r, const char *piece) {
	struct sr_replay p = rig_replay(r);
	struct sr_err e;
	uint8_t before[SR_HASH], after[SR_HASH];
	uint64_t size = sr_catalogue_size(r->cat);
	assert_ok(sr_catalogue_digest(r->cat, before, &e), &e);
	assert_fails(sr_catalogue_catch_up(r->cat, &p, NULL, &e), SR_CORRUPT, &e, piece);
	assert_non_null(strstr(e.text, sr_type_at(rig_last(r)->type)->name));
	rig_drop(r);
	assert_int_equal(sr_catalogue_size(r->cat), size);
	assert_ok(sr_catalogue_digest(r->cat, after, &e), &e);
	assert_memory_equal(before, after, SR_HASH);
}

/* --- usual statements --- */

RIG void rig_vkey(struct rig *r) {
	struct sr_vkey k;
	struct sr_buf b;
	struct sr_err e;
	char text[300];
	sr_buf_init(&b);
	assert_ok(
		sr_vkey_make(&k, sr_bytes_str("archive.example.org/vault"), 1, r->pk[M0], &e), &e);
	sr_vkey_put(&b, &k);
	snprintf(text, sizeof text, "%.*s", (int)b.len, (const char *)b.p);
	f_put(r, "ledger-key", text);
	sr_buf_free(&b);
}
RIG void s_found(struct rig *r) {
	rig_begin(r, SR_T_FOUND, SERVICE);
	f_put(r, "origin", "archive.example.org/vault");
	rig_vkey(r);
	f_key(r, "room-key", "room");
	f_dec(r, "level", 2);
	f_dec(r, "level", 3);
	for (int i = 0; i < RIG_MEMBERS; i++)
		rig_card(r, "member", M0 + i, true);
	rig_card(r, "curator", CURATOR, true);
	rig_card(r, "officer", OFFICER, true);
	rig_card(r, "auditor", AUDITOR, true);
	rig_card(r, "custodian", CUSTODIAN, true);
	rig_end(r);
}
/* The line of the founding board. */
RIG void f_board(struct rig *r) {
	sr_text_put_hex(&r->text, "board", r->vault, SR_ID);
}
RIG void s_deal(struct rig *r, int who, const char *run) {
	rig_begin(r, SR_T_DEAL, who);
	f_board(r);
	f_id(r, "run", run);
	f_hash(r, "dealing", run);
	rig_object(r, "deal", sr_bytes_str("a dealing"));
	rig_end(r);
}
static inline void put_board_keys(struct rig *r) {
	for (uint64_t k = 2; k <= 3; k++) {
		char name[16], b64[64];
		uint8_t h[SR_HASH];
		struct sr_buf b;
		snprintf(name, sizeof name, "board key %d", (int)k);
		rig_hash(h, name);
		sr_buf_init(&b);
		sr_buf_put_base64(&b, h, SR_HASH);
		snprintf(b64, sizeof b64, "%.*s", (int)b.len, (const char *)b.p);
		sr_text_putf(&r->text, "board-key", "%d %s", (int)k, b64);
		sr_buf_free(&b);
	}
}
RIG void s_accept(struct rig *r, int who, const char *run) {
	rig_begin(r, SR_T_ACCEPT, who);
	f_board(r);
	f_id(r, "run", run);
	f_hash(r, "transcript", run);
	f_hash(r, "keys", "keys of the board");
	rig_object(r, "shares", sr_bytes_str("a box"));
	put_board_keys(r);
	rig_end(r);
}
RIG void s_opened(struct rig *r, const char *run) {
	rig_begin(r, SR_T_OPENED, SERVICE);
	f_board(r);
	f_id(r, "run", run);
	f_hash(r, "transcript", run);
	f_dec(r, "epoch", 1);
	f_hash(r, "keys", "keys of the board");
	rig_object(r, "public", sr_bytes_str("keys of the board"));
	put_board_keys(r);
	rig_end(r);
}
RIG void s_share(struct rig *r, int who, const char *run, const char *keys) {
	rig_begin(r, SR_T_SHARE, who);
	f_board(r);
	f_id(r, "run", run);
	f_hash(r, "keys", keys);
	rig_object(r, "shares", sr_bytes_str("another box"));
	rig_end(r);
}
RIG void s_recover(struct rig *r, const char *ask, uint64_t level, const int *who, size_t count) {
	const char *people[8];
	rig_begin(r, SR_T_RECOVER, SERVICE);
	f_board(r);
	f_dec(r, "epoch", 1);
	f_dec(r, "level", level);
	f_hash(r, "ask", ask);
	for (size_t i = 0; i < count; i++)
		people[i] = r->person[who[i]];
	for (size_t i = 0; i < count; i++) /* in byte order */
		for (size_t k = i + 1; k < count; k++)
			if (strcmp(people[k], people[i]) < 0) {
				const char *other = people[i];
				people[i] = people[k];
				people[k] = other;
			}
	for (size_t i = 0; i < count; i++)
		f_put(r, "member", people[i]);
	rig_end(r);
}
RIG void s_person(struct rig *r, int by, int who, const char *role) {
	rig_begin(r, SR_T_PERSON, by);
	f_put(r, "person", r->person[who]);
	f_put(r, "role", role);
	rig_card(r, "card", who, true);
	rig_end(r);
}
RIG void s_collection(
	struct rig *r, const char *request, const char *collection, const char *name) {
	char subject[SR_SUBJECT_TEXT];
	rig_begin(r, SR_T_COLLECTION, SERVICE);
	f_id(r, "request", request);
	f_board(r);
	f_id(r, "collection", collection);
	f_put(r, "dedupe", "collection");
	snprintf(subject, sizeof subject, "collection:%s", rig_hex(collection));
	rig_text(r, SR_DESCRIPTIVE, subject, "name", name);
	rig_end(r);
}
/* One pack, named as the accession. */
RIG void s_stored(struct rig *r, const char *accession) {
	uint8_t pack[SR_HASH], root[SR_HASH];
	struct sr_buf body;
	struct sr_err e;
	sr_buf_init(&body);
	rig_hash(pack, accession);
	sr_pack_list_put(&body, sr_bytes_of(pack, SR_HASH));
	assert_ok(sr_pack_list_root(root, sr_bytes_of(pack, SR_HASH), &e), &e);
	rig_begin(r, SR_T_STORED, SERVICE);
	f_id(r, "accession", accession);
	sr_statement_put_count_root(&r->text, "packs", 1, root);
	rig_object(r, "list", sr_buf_view(&body));
	rig_end(r);
	sr_buf_free(&body);
}
/* One pack goes, one comes; NULL: none. */
RIG void s_collect(struct rig *r, const char *removed, const char *added) {
	const char *const names[2] = {removed, added};
	static const char *const keys[2][3] = {{"removed", "removed-bytes", "removed-list"},
		{"added", "added-bytes", "added-list"}};
	rig_begin(r, SR_T_COLLECT, SERVICE);
	for (size_t i = 0; i < 2; i++) {
		uint8_t pack[SR_HASH], root[SR_HASH];
		struct sr_bytes list = sr_bytes_of(pack, names[i] != NULL ? SR_HASH : 0);
		struct sr_buf body;
		struct sr_err e;
		sr_buf_init(&body);
		rig_hash(pack, names[i] != NULL ? names[i] : "");
		sr_pack_list_put(&body, list);
		assert_ok(sr_pack_list_root(root, list, &e), &e);
		sr_statement_put_count_root(&r->text, keys[i][0], list.len / SR_HASH, root);
		f_dec(r, keys[i][1], 70000 * (list.len / SR_HASH));
		rig_object(r, keys[i][2], sr_buf_view(&body));
		sr_buf_free(&body);
	}
	rig_end(r);
}
RIG void s_escrow(struct rig *r, const char *escrow, uint64_t generation) {
	rig_begin(r, SR_T_ESCROW, SERVICE);
	f_id(r, "escrow", escrow);
	f_dec(r, "generation", generation);
	rig_end(r);
}
RIG void s_backup(struct rig *r, const char *backup, const char *result, const char *escrow,
	uint64_t generation) {
	rig_begin(r, SR_T_BACKUP, SERVICE);
	f_id(r, "backup", backup);
	f_put(r, "result", result);
	f_id(r, "escrow", escrow);
	f_dec(r, "generation", generation);
	if (strcmp(result, "made") == 0) {
		f_dec(r, "entries", 40);
		f_dec(r, "checked", 4);
		f_dec(r, "secrets", 9);
	}
	rig_end(r);
}
/* Without its `stored`. ${names}: items; the file list of each has one file, "<name>.txt". */
RIG void rig_items(struct rig *r, int who, const char *accession, const char *parent,
	const char *const *names, size_t count) {
	struct sr_accession_list l = {calloc(count, sizeof *l.items), count};
	uint8_t items[SR_HASH], files[SR_HASH];
	struct sr_buf body;
	struct sr_err e;
	sr_buf_init(&body);
	rig_begin(r, parent == NULL ? SR_T_ACCESSION : SR_T_REDACT, who);
	rig_hash(files, "files");
	for (size_t i = 0; i < count; i++) {
		char subject[SR_SUBJECT_TEXT], path[96];
		struct sr_list_file f;
		memset(&f, 0, sizeof f);
		snprintf(subject, sizeof subject, "item:%s", rig_hex(names[i]));
		snprintf(path, sizeof path, "%s.txt", names[i]);
		f.path = sr_bytes_str(path);
		f.media_type = sr_bytes_str("text/plain");
		f.kind = SR_FILE_REGULAR;
		f.size = 10;
		f.mtime = -5;
		sr_buf_clear(&body);
		sr_file_list_begin(&body, f.path, 1);
		sr_file_list_add(&body, &f);
		rig_id(l.items[i].id, names[i]);
		rig_hash(l.items[i].envelope, names[i]);
		l.items[i].bytes = 10;
		l.items[i].files = 1;
		rig_new_object(r, l.items[i].files_id, subject, sr_buf_view(&body));
	}
	sr_buf_clear(&body);
	sr_accession_list_put(&body, &l);
	assert_ok(sr_accession_list_root(items, &l, &e), &e);
	f_id(r, "accession", accession);
	f_id(r, "collection", "collection 1");
	if (parent != NULL) {
		f_id(r, "parent", parent);
		f_id(r, "checkout", "look");
	}
	sr_statement_put_count_root(&r->text, "items", count, items);
	sr_statement_put_count_root(&r->text, "files", count, files);
	f_dec(r, "bytes", 10 * count);
	rig_object(r, "list", sr_buf_view(&body));
	if (parent != NULL)
		rig_text(r, SR_PERSONAL, r->person[who], "reason", "Names-of-the-living");
	rig_end(r);
	sr_buf_free(&body);
	sr_accession_list_free(&l);
}
RIG void s_accession(
	struct rig *r, int who, const char *accession, const char *const *names, size_t count) {
	rig_items(r, who, accession, NULL, names, count);
}
/* By the curator; without its `stored`. */
RIG void s_redact(struct rig *r, const char *accession, const char *parent, const char *item) {
	rig_items(r, CURATOR, accession, parent, &item, 1);
}
RIG void s_describe(struct rig *r, const char *item, const char *title, const char *hazard) {
	char subject[SR_SUBJECT_TEXT];
	snprintf(subject, sizeof subject, "item:%s", rig_hex(item));
	rig_begin(r, SR_T_DESCRIBE, CURATOR);
	f_id(r, "item", item);
	if (hazard != NULL)
		f_put(r, "hazard", hazard);
	f_put(r, "date", "1999");
	f_put(r, "language", "en");
	rig_text(r, SR_DESCRIPTIVE, subject, "title", title);
	rig_end(r);
}
RIG void s_release(struct rig *r, const char *item, uint64_t number, uint64_t level) {
	rig_begin(r, SR_T_RELEASE, CURATOR);
	f_id(r, "item", item);
	f_dec(r, "number", number);
	f_hash(r, "envelope", "released");
	f_dec(r, "level", level);
	rig_end(r);
}
struct rig_reseal {
	const char *item, *request, *grant;
	uint64_t number, level, epoch;
};
RIG void s_reseal(struct rig *r, const struct rig_reseal *n) {
	rig_begin(r, SR_T_RESEAL, SERVICE);
	f_id(r, "request", n->request);
	f_id(r, "grant", n->grant);
	f_id(r, "item", n->item);
	f_dec(r, "number", n->number);
	f_hash(r, "envelope", "sealed anew");
	f_dec(r, "level", n->level);
	f_dec(r, "epoch", n->epoch);
	rig_end(r);
}
struct rig_request {
	const char *request, *kind;
	uint64_t version;
	const char *const *items;
	size_t count;
	int co; /* co-applicant, or -1 */
	int64_t closes;
	const char *target, *collection;
};
RIG void s_request(struct rig *r, int who, const struct rig_request *q) {
	uint8_t *ids = calloc(q->count + 1, SR_ID), root[SR_HASH];
	struct sr_err e;
	rig_begin(r, q->version == 1 ? SR_T_REQUEST : SR_T_AMEND, who);
	f_id(r, "request", q->request);
	f_dec(r, "version", q->version);
	f_put(r, "kind", q->kind);
	f_board(r);
	f_dec(r, "epoch", 1);
	f_dec(r, "level", 2);
	if (q->closes != 0)
		f_time(r, "closes", q->closes);
	for (size_t i = 0; i < q->count; i++)
		rig_id(ids + i * SR_ID, q->items[i]);
	if (q->count != 0) {
		assert_ok(sr_request_list_sort(ids, q->count, &e), &e);
		assert_ok(sr_request_list_root(root, ids, q->count, &e), &e);
		sr_statement_put_count_root(&r->text, "items", q->count, root);
		rig_object(r, "list", sr_bytes_of(ids, q->count * SR_ID));
		f_put(r, "form", "outline");
		f_put(r, "form", "text");
		f_put(r, "purpose", "history");
		f_time(r, "ends", RIG_NOW + 1000000);
	}
	if (q->co >= 0)
		f_put(r, "person", r->person[q->co]);
	if (q->count != 0)
		f_key(r, "key", "request key");
	if (q->target != NULL)
		f_id(r, "target", q->target);
	if (q->collection != NULL)
		f_id(r, "collection", q->collection);
	rig_text(r, SR_PERSONAL, r->person[who], "project", "Secret-project");
	rig_end(r);
	free(ids);
}
RIG void s_extend(struct rig *r, int who, const char *grant, const char *request, const char *item,
	uint64_t number) {
	uint8_t id[SR_ID], root[SR_HASH];
	struct sr_err e;
	rig_id(id, item);
	assert_ok(sr_request_list_root(root, id, 1, &e), &e);
	rig_begin(r, SR_T_EXTEND, who);
	f_id(r, "grant", grant);
	f_id(r, "request", request);
	f_dec(r, "version", 1);
	f_dec(r, "number", number);
	sr_statement_put_count_root(&r->text, "items", 1, root);
	rig_object(r, "list", sr_bytes_of(id, SR_ID));
	rig_end(r);
}
RIG void s_room_key(
	struct rig *r, const char *request, uint64_t version, const uint8_t of[SR_HASH]) {
	char name[64];
	rig_begin(r, SR_T_ROOM_KEY, SERVICE);
	f_id(r, "request", request);
	f_dec(r, "version", version);
	sr_text_put_hex(&r->text, "of", of, SR_HASH);
	snprintf(name, sizeof name, "room key of %s %d", request, (int)version);
	f_key(r, "key", name);
	rig_end(r);
}
struct rig_vote {
	const char *request, *decision;
	uint64_t version;
	uint8_t of[SR_HASH];
	const char *room_key; /* name of the one that the pieces are for; NULL: no line */
	const uint8_t *seals; /* SR_HASH bytes; NULL: no line */
	uint64_t extension;   /* 0: no line */
};
RIG void s_vote(struct rig *r, int who, const struct rig_vote *v) {
	char hex[2 * SR_HASH + 1];
	rig_begin(r, SR_T_VOTE, who);
	sr_hex(hex, v->of, SR_HASH);
	sr_text_putf(&r->text, "request", "%s %s", rig_hex(v->request), hex);
	f_dec(r, "version", v->version);
	f_dec(r, "epoch", 1);
	f_put(r, "decision", v->decision);
	if (v->extension != 0)
		f_dec(r, "extension", v->extension);
	if (strcmp(v->decision, "approve") == 0) {
		f_put(r, "form", "text");
		rig_text(r, SR_PERSONAL, r->person[who], "condition", "Only in the evening");
		rig_text(r, SR_PERSONAL, r->person[who], "condition", "No copies");
	}
	rig_text(r, SR_PERSONAL, r->person[who], "reason", "Because-of-me");
	if (strcmp(v->decision, "approve") == 0) {
		f_dec(r, "count", 2);
		if (v->room_key != NULL)
			f_key(r, "room-key", v->room_key);
		if (v->seals != NULL)
			sr_text_put_hex(&r->text, "seals", v->seals, SR_HASH);
		f_hash(r, "bundle", "bundle");
		rig_object(r, "pieces", sr_bytes_str("pieces"));
	}
	rig_end(r);
}
/* found, keys of the board, a collection: what every life begins with. */
RIG void rig_prologue(struct rig *r) {
	struct rig_request q = {
		"make collection", "collection", 1, NULL, 0, -1, 0, NULL, "collection 1"};
	struct rig_vote v = {.request = "make collection", .decision = "approve", .version = 1};
	s_found(r);
	for (int i = 0; i < RIG_MEMBERS; i++)
		s_deal(r, M0 + i, "run 1");
	for (int i = 0; i < RIG_MEMBERS; i++)
		s_accept(r, M0 + i, "run 1");
	s_opened(r, "run 1");
	s_request(r, M0, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_vote(r, M1, &v);
	s_vote(r, M2, &v);
	s_collection(r, "make collection", "collection 1", "Pamphlets of the north");
	s_person(r, CURATOR, RESEARCHER, "researcher");
	s_person(r, CURATOR, RESEARCHER2, "researcher");
	s_person(r, OFFICER, DEPOSITOR, "depositor");
}

#endif
