/*
 * card - self-signed key cards. See card.h.
 */
#include "ledger/card.h"

#include "base/text.h"
#include "merkle/note.h"

static const char type_line[] = "strongroom/card/v1";

int sr_card_make(struct sr_buf *out, const uint8_t seed[SR_SEED], const uint8_t name[SR_HASH],
	struct sr_err *e) {
	uint8_t pk[SR_PK];
	char person[SR_PERSON_TEXT];
	struct sr_vkey key;
	struct sr_buf text, commit;
	sr_buf_init(&text);
	sr_buf_init(&commit);
	sr_sign_public(pk, seed);
	sr_person_name(person, pk);
	sr_buf_put_base64(&commit, name, SR_HASH);
	sr_text_begin(&text, type_line);
	sr_text_put_base64(&text, "key", pk, sizeof pk);
	sr_text_putf(&text, "name", "~%.*s", (int)commit.len, (const char *)commit.p);
	int rc = sr_buf_ok(&commit, e);
	if (rc == 0)
		rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_vkey_make(&key, sr_bytes_str(person), SR_NOTE_ED25519, pk, e);
	if (rc == 0) {
		const struct sr_signer signer = {.key = &key, .seed = seed, .person = true};
		rc = sr_note_sign(out, sr_buf_view(&text), &signer, 1, e);
	}
	sr_buf_free(&text);
	sr_buf_free(&commit);
	return rc;
}

/* The two lines and nothing else. */
static int read_text(struct sr_card *c, struct sr_bytes in, struct sr_err *e) {
	struct sr_text t;
	int rc = sr_text_parse(&t, in, e);
	if (rc != 0)
		return rc;
	const struct sr_bytes name = sr_text_get(&t, "name");
	if (!sr_bytes_eq(t.type, sr_bytes_str(type_line)))
		rc = sr_fail(e, SR_CORRUPT, "first line is not \"%s\"", type_line);
	else if (t.count != 2 || !sr_bytes_eq(t.lines[0].key, sr_bytes_str("key")) ||
		 !sr_bytes_eq(t.lines[1].key, sr_bytes_str("name")))
		rc = sr_fail(e, SR_CORRUPT, "lines are not `key` and `name`");
	else if (name.len < 2 || name.p[0] != '~')
		rc = sr_fail(e, SR_CORRUPT, "`name` is not ~ and base64 of 32 bytes");
	else
		rc = sr_unbase64_fixed(c->key, SR_PK, t.lines[0].value, e);
	if (rc == 0)
		rc = sr_unbase64_fixed(c->name, SR_HASH, sr_bytes_of(name.p + 1, name.len - 1), e);
	sr_text_free(&t);
	return rc;
}

int sr_card_read(struct sr_card *out, struct sr_bytes card, struct sr_err *e) {
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
	sr_person_name(c.person, c.key);
	if ((rc = sr_vkey_make(&key, sr_bytes_str(c.person), SR_NOTE_ED25519, c.key, e)) != 0)
		goto out;
	if (note.count != 1) {
		rc = sr_fail(e, SR_CORRUPT, "have %zu signature lines, want 1", note.count);
		goto out;
	}
	if (!sr_note_line_is(&note.lines[0], &key)) {
		rc = sr_fail(
			e, SR_AUTH, "signature line is not by the card's own key, %s", c.person);
		goto out;
	}
	if ((rc = sr_note_verify(&note, &key, 1, e)) != 0)
		goto out;
	*out = c;
out:
	if (open)
		sr_note_free(&note);
	if (rc != 0)
		(void)sr_wrap(e, "key card");
	return rc;
}
