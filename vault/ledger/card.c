/*
 * card - self-signed key cards. See card.h.
 */
#include "ledger/card.h"

#include <pthread.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "merkle/note.h"

static const char type_line[] = "strongroom/card/v1";

static int card_make(struct sr_buf *out, const uint8_t seed[SR_SEED], const uint8_t name[SR_HASH],
	const struct sr_card_next *next, struct sr_err *e) {
	uint8_t pk[SR_PK], old_pk[SR_PK];
	char person[SR_PERSON_TEXT];
	const bool two = next != NULL && next->old != NULL;
	struct sr_vkey key, old;
	struct sr_buf text, commit;
	int rc;

	sr_buf_init(&text);
	sr_buf_init(&commit);
	sr_sign_public(pk, seed);
	sr_person_name(person, pk);
	if (next != NULL && strcmp(next->person, person) == 0)
		return sr_fail(e, SR_USAGE, "%s: that is the key which the name is of", person);
	if (next != NULL)
		snprintf(person, sizeof person, "%s", next->person);
	sr_buf_put_base64(&commit, name, SR_HASH);
	sr_text_begin(&text, type_line);
	if (next != NULL)
		sr_text_put(&text, "person", person);
	sr_text_put_base64(&text, "key", pk, sizeof pk);
	sr_text_putf(&text, "name", "~%.*s", (int)commit.len, (const char *)commit.p);
	rc = sr_buf_ok(&commit, e);
	if (rc == 0)
		rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_vkey_make(&key, sr_bytes_str(person), SR_NOTE_ED25519, pk, e);
	if (rc == 0 && two) {
		sr_sign_public(old_pk, next->old);
		rc = sr_vkey_make(&old, sr_bytes_str(person), SR_NOTE_ED25519, old_pk, e);
	}
	if (rc == 0) {
		const struct sr_signer signers[] = {{.key = &key, .seed = seed, .person = true},
			{.key = &old, .seed = two ? next->old : NULL, .person = true}};
		rc = sr_note_sign(out, sr_buf_view(&text), signers, two ? 2 : 1, e);
	}
	sr_buf_free(&text);
	sr_buf_free(&commit);
	return rc;
}

int sr_card_make(struct sr_buf *out, const uint8_t seed[SR_SEED], const uint8_t name[SR_HASH],
	struct sr_err *e) {
	return card_make(out, seed, name, NULL, e);
}

int sr_card_make_next(struct sr_buf *out, const uint8_t seed[SR_SEED], const uint8_t name[SR_HASH],
	const struct sr_card_next *next, struct sr_err *e) {
	return card_make(out, seed, name, next, e);
}

/* Two lines, or three on a next card, and nothing else. The name is that of the key, or the one
 * that the card says, which then is another. */
static int read_text(struct sr_card *c, struct sr_bytes in, struct sr_err *e) {
	struct sr_text t;
	int rc = sr_text_parse(&t, in, e);
	if (rc != 0)
		return rc;
	const struct sr_bytes name = sr_text_get(&t, "name"), person = sr_text_get(&t, "person");
	const size_t at = person.p != NULL ? 1 : 0;
	if (!sr_bytes_eq(t.type, sr_bytes_str(type_line)))
		rc = sr_fail(e, SR_CORRUPT, "first line is not \"%s\"", type_line);
	else if (t.count != 2 + at ||
		 (at > 0 && !sr_bytes_eq(t.lines[0].key, sr_bytes_str("person"))) ||
		 !sr_bytes_eq(t.lines[at].key, sr_bytes_str("key")) ||
		 !sr_bytes_eq(t.lines[at + 1].key, sr_bytes_str("name")))
		rc = sr_fail(e, SR_CORRUPT, "lines are not `person`?, `key` and `name`");
	else if (name.len < 2 || name.p[0] != '~')
		rc = sr_fail(e, SR_CORRUPT, "`name` is not ~ and base64 of 32 bytes");
	else
		rc = sr_unbase64_fixed(c->key, SR_PK, t.lines[at].value, e);
	if (rc == 0)
		rc = sr_unbase64_fixed(c->name, SR_HASH, sr_bytes_of(name.p + 1, name.len - 1), e);
	if (rc == 0)
		sr_person_name(c->person, c->key);
	if (rc == 0 && at > 0) {
		uint8_t id[8];
		c->next = true;
		if (person.len != SR_PERSON_TEXT - 1 || memcmp(person.p, "p-", 2) != 0 ||
			sr_unhex(id, sizeof id, sr_bytes_of(person.p + 2, 16), NULL) != 0)
			rc = sr_fail(e, SR_CORRUPT, "`person` is not p- and 16 hex digits");
		else if (sr_bytes_eq(person, sr_bytes_str(c->person)))
			rc = sr_fail(e, SR_CORRUPT, "`person` is the name of the key itself");
		else
			memcpy(c->person, person.p, person.len);
	}
	sr_text_free(&t);
	return rc;
}

/* The cards that this process found good, by the hash of their bytes, on which alone that depends.
 * A genesis has a card of everybody, and one command reads it five times: to open the vault, to
 * show it to the client, and to believe it there. Whoever falls in a place that is taken drives out
 * who was there. */
enum {
	GOOD_MAX = 512 /* 16 KiB */
};
static pthread_mutex_t good_lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t good[GOOD_MAX][SR_HASH];

static uint8_t *good_at(const uint8_t hash[SR_HASH]) {
	return good[sr_le16_get(hash) % GOOD_MAX];
}

static bool found_good(const uint8_t hash[SR_HASH]) {
	(void)pthread_mutex_lock(&good_lock);
	const bool is = memcmp(good_at(hash), hash, SR_HASH) == 0;
	(void)pthread_mutex_unlock(&good_lock);
	return is;
}

static void is_good(const uint8_t hash[SR_HASH]) {
	(void)pthread_mutex_lock(&good_lock);
	memcpy(good_at(hash), hash, SR_HASH);
	(void)pthread_mutex_unlock(&good_lock);
}

/* The signature of ${note}, which is all of ${card}, by the card's own key. */
static int verify_card(
	struct sr_note *note, struct sr_bytes card, const struct sr_vkey *key, struct sr_err *e) {
	uint8_t hash[SR_HASH];
	int rc;
	sr_sha256(hash, card.p, card.len);
	if (found_good(hash))
		return 0;
	rc = sr_note_verify(note, key, 1, e);
	if (rc == 0)
		is_good(hash);
	return rc;
}

static int read_card(struct sr_card *out, struct sr_bytes card, bool verify, struct sr_err *e) {
	struct sr_card c = {.person = ""};
	struct sr_note note = {.count = 0};
	struct sr_vkey key;
	int rc;
	bool open = false;
	if (card.len > SR_CARD_MAX) {
		rc = sr_fail(
			e, SR_CORRUPT, "have %zu bytes, want at most %d", card.len, SR_CARD_MAX);
		goto out;
	}
	if ((rc = sr_note_parse(&note, card, e)) != 0)
		goto out;
	open = true;
	if ((rc = read_text(&c, note.text, e)) != 0)
		goto out;
	if ((rc = sr_vkey_make(&key, sr_bytes_str(c.person), SR_NOTE_ED25519, c.key, e)) != 0)
		goto out;
	c.by_old = c.next && note.count == 2;
	if (note.count != 1 && !c.by_old) {
		rc = sr_fail(e, SR_CORRUPT, "have %zu signature lines, want 1%s", note.count,
			c.next ? " or 2" : "");
		goto out;
	}
	if (!sr_note_line_is(&note.lines[0], &key) ||
		(c.by_old && !sr_bytes_eq(note.lines[1].name, sr_bytes_str(c.person)))) {
		rc = sr_fail(
			e, SR_AUTH, "signature line is not by the card's own key, %s", c.person);
		goto out;
	}
	if (verify && (rc = verify_card(&note, card, &key, e)) != 0)
		goto out;
	*out = c;
out:
	if (open)
		sr_note_free(&note);
	if (rc != 0)
		(void)sr_wrap(e, "key card");
	return rc;
}

int sr_card_read(struct sr_card *out, struct sr_bytes card, struct sr_err *e) {
	return read_card(out, card, true, e);
}

int sr_card_reread(struct sr_card *out, struct sr_bytes card, struct sr_err *e) {
	return read_card(out, card, false, e);
}

int sr_card_by_old(struct sr_bytes card, const uint8_t pk[SR_PK], struct sr_err *e) {
	struct sr_card c;
	struct sr_note note;
	struct sr_vkey key;
	int rc = sr_card_read(&c, card, e);
	if (rc != 0)
		return rc;
	if (!c.by_old)
		return sr_fail(e, SR_AUTH, "key card: it has no signature of the key before");
	rc = sr_note_parse(&note, card, e);
	if (rc != 0)
		return rc;
	rc = sr_vkey_make(&key, sr_bytes_str(c.person), SR_NOTE_ED25519, pk, e);
	if (rc == 0 && !sr_note_line_is(&note.lines[1], &key))
		rc = sr_fail(e, SR_AUTH, "its second signature is not by the key before");
	if (rc == 0)
		rc = sr_note_verify(&note, &key, 1, e);
	sr_note_free(&note);
	if (rc != 0)
		(void)sr_wrap(e, "key card");
	return rc;
}
