/*
 * ledger_fixture - people, statements and keys that the tests of the ledger share.
 *
 * Everything is made from small numbers, so that a failure repeats. Keys of subjects are a hash of
 * the subject's name, unless it is on the ring's list of erased ones.
 */
#ifndef SR_TESTS_LEDGER_FIXTURE_H
#define SR_TESTS_LEDGER_FIXTURE_H

#include "ledger/card.h"
#include "ledger/entry.h"
#include "merkle/note.h"
#include "merkle/tree.h"
#include "util.h"

#define T_ORIGIN "vault.example/strongroom"
#define T_TIME 1795255200 /* 2026-11-21T10:00:00Z */

struct t_person {
	uint8_t seed[SR_SEED];
	uint8_t pk[SR_PK];
	char name[SR_PERSON_TEXT];
	uint8_t salt[SR_SALT];
	char real[32]; /* name, as text */
};

static inline struct t_person t_person(unsigned i) {
	struct t_person p;
	t_fill(p.seed, sizeof p.seed, 1000 + i);
	t_fill(p.salt, sizeof p.salt, 2000 + i);
	(void)snprintf(p.real, sizeof p.real, "Person Number %u", i);
	sr_sign_public(p.pk, p.seed);
	sr_person_name(p.name, p.pk);
	return p;
}

static inline void t_card(struct sr_buf *out, const struct t_person *p) {
	uint8_t commit[SR_HASH];
	struct sr_err e;
	sr_text_commit(commit, p->salt, sr_bytes_str(p->real));
	assert_ok(sr_card_make(out, p->seed, commit, &e), &e);
}

static inline void t_put_card(struct sr_buf *text, const char *key, const struct t_person *p) {
	struct sr_buf card;
	sr_buf_init(&card);
	t_card(&card, p);
	sr_text_put_base64(text, key, card.p, card.len);
	sr_buf_free(&card);
}

/* The text of a found by persons 0..n-1 as members, n.. as the others; levels 2 and n. */
static inline void t_found_text(struct sr_buf *b, unsigned n) {
	struct sr_head h = {.time = T_TIME};
	struct sr_vkey k;
	struct sr_buf vkey;
	uint8_t seed[SR_SEED], pk[SR_PK];
	struct sr_err e;
	t_fill(h.id, sizeof h.id, 7);
	t_fill(seed, sizeof seed, 8);
	sr_sign_public(pk, seed);
	sr_buf_init(&vkey);
	assert_ok(sr_vkey_make(&k, sr_bytes_str(T_ORIGIN), SR_NOTE_ED25519, pk, &e), &e);
	sr_vkey_put(&vkey, &k);
	sr_statement_begin(b, SR_T_FOUND, &h);
	sr_text_put(b, "origin", T_ORIGIN);
	sr_text_putf(b, "ledger-key", "%.*s", (int)vkey.len, (const char *)vkey.p);
	sr_text_put_base64(b, "room-key", pk, sizeof pk);
	sr_text_put(b, "level", "2");
	if (n > 2)
		sr_text_put_dec(b, "level", n);
	for (unsigned i = 0; i < n; i++) {
		const struct t_person p = t_person(i);
		t_put_card(b, "member", &p);
	}
	static const char *const roles[] = {"curator", "officer", "auditor", "custodian"};
	for (unsigned i = 0; i < 4; i++) {
		const struct t_person p = t_person(n + i);
		t_put_card(b, roles[i], &p);
	}
	sr_buf_free(&vkey);
}

static inline struct sr_head t_head(const struct t_person *p, uint64_t id) {
	struct sr_head h = {.time = T_TIME};
	t_fill(h.vault, sizeof h.vault, 3);
	t_fill(h.id, sizeof h.id, 5000 + id);
	sr_merkle_root(h.seen_root, NULL, 0);
	memcpy(h.actor, p == NULL ? "service" : p->name,
		p == NULL ? sizeof "service" : SR_PERSON_TEXT);
	return h;
}

static inline void t_text_salt(uint8_t salt[SR_SALT], const char *text) {
	t_fill(salt, SR_SALT, 77 + strlen(text));
}

/* A text field and the record beside it. */
static inline void t_put_text(struct sr_buf *b, const char *key, const char *text) {
	uint8_t salt[SR_SALT];
	t_text_salt(salt, text);
	sr_statement_put_text(b, key, salt, sr_bytes_str(text));
}

static inline struct sr_record t_record(enum sr_compartment c, const char *subject, const char *key,
	uint32_t index, const char *text) {
	struct sr_record r = {
		.compartment = c, .key = key, .index = index, .text = sr_bytes_str(text)};
	(void)snprintf(r.subject, sizeof r.subject, "%s", subject);
	t_text_salt(r.salt, text);
	return r;
}

#define T_ITEM_HEX "00112233445566778899aabbccddeeff"
#define T_ITEM "item:" T_ITEM_HEX
#define T_TITLE "Pamphlet found in box 12"
#define T_KEYWORD_0 "pamphlet"
#define T_KEYWORD_1 "seized"

/* A curator's describe of T_ITEM with a title and two keywords, signed. */
static inline void t_describe(struct sr_buf *note, const struct t_person *p, uint64_t id) {
	const struct sr_head h = t_head(p, id);
	struct sr_buf b;
	struct sr_err e;
	sr_buf_init(&b);
	sr_statement_begin(&b, SR_T_DESCRIBE, &h);
	sr_text_put(&b, "item", T_ITEM_HEX);
	sr_text_put(&b, "hazard", "hate");
	sr_text_put(&b, "language", "en");
	t_put_text(&b, "title", T_TITLE);
	t_put_text(&b, "keyword", T_KEYWORD_0);
	t_put_text(&b, "keyword", T_KEYWORD_1);
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_ok(sr_statement_sign(note, sr_buf_view(&b), p->name, p->seed, &e), &e);
	sr_buf_free(&b);
}

#define T_REASON "I know this collection"

/* A member's recuse with a reason, signed. */
static inline void t_recuse(struct sr_buf *note, const struct t_person *p, uint64_t id) {
	const struct sr_head h = t_head(p, id);
	struct sr_buf b;
	struct sr_err e;
	sr_buf_init(&b);
	sr_statement_begin(&b, SR_T_RECUSE, &h);
	sr_text_put(&b, "request", T_ITEM_HEX);
	t_put_text(&b, "reason", T_REASON);
	assert_ok(sr_statement_sign(note, sr_buf_view(&b), p->name, p->seed, &e), &e);
	sr_buf_free(&b);
}

struct t_ring {
	struct sr_epoch epoch;
	bool no_epoch[SR_COMPARTMENTS];
	const char *erased; /* subjects that start with this have no key; NULL: none */
};

static inline int t_ring_epoch(
	void *ctx, uint32_t number, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct t_ring *r = ctx;
	if (number != r->epoch.number || r->no_epoch[c])
		return sr_fail(
			e, SR_NOTFOUND, "epoch %u: no %s key", number, sr_compartment_name(c));
	memcpy(key, r->epoch.key[c], SR_KEY);
	return 0;
}

static inline int t_ring_subject(void *ctx, uint32_t epoch, enum sr_compartment c,
	const char *subject, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct t_ring *r = ctx;
	(void)epoch;
	(void)c;
	if (r->erased != NULL && strncmp(subject, r->erased, strlen(r->erased)) == 0)
		return sr_fail(e, SR_NOTFOUND, "%s has no key", subject);
	SR_HASH_OF(key, "strongroom/test-subject/v1", NULL, sr_bytes_str(subject));
	return 0;
}

static inline struct sr_keyring t_keyring(struct t_ring *r) {
	const struct sr_keyring k = {t_ring_epoch, t_ring_subject, r};
	return k;
}

static inline struct t_ring t_ring_new(void) {
	struct t_ring r = {.erased = NULL};
	uint8_t secret[SR_KEY];
	t_fill(secret, sizeof secret, 99);
	sr_epoch_derive(&r.epoch, 1, secret);
	return r;
}

/* Seal the entry of a signed note at ${index}. */
static inline void t_seal(struct sr_buf *out, struct t_ring *ring, uint64_t index,
	struct sr_bytes note, const struct sr_record *records, size_t count) {
	const struct sr_keyring keys = t_keyring(ring);
	struct sr_statement s;
	struct sr_err e;
	assert_ok(sr_statement_parse(&s, note, &e), &e);
	const struct sr_entry_in in = {.origin = T_ORIGIN,
		.index = index,
		.epoch = &ring->epoch,
		.received = T_TIME + 1,
		.statement = &s,
		.records = records,
		.count = count,
		.keys = &keys};
	assert_ok(sr_entry_seal(out, &in, &e), &e);
	sr_statement_free(&s);
}

static inline bool t_contains(struct sr_bytes in, const char *piece) {
	const size_t n = strlen(piece);
	for (size_t i = 0; i + n <= in.len; i++) {
		if (memcmp(in.p + i, piece, n) == 0)
			return true;
	}
	return false;
}

#endif
