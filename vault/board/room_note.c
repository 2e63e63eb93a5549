/*
 * room_note - see room_note.h.
 */
#include "board/room_note.h"

#include "board/keys.h"
#include "ledger/statement.h"

static int room_key(
	struct sr_vkey *key, const char *origin, const uint8_t pk[SR_PK], struct sr_err *e) {
	char name[300];
	int rc = sr_statement_room_name(name, sizeof name, origin, e);

	return rc != 0 ? rc : sr_vkey_make(key, sr_bytes_str(name), SR_NOTE_ED25519, pk, e);
}

int sr_room_note_sign(
	struct sr_buf *out, struct sr_bytes text, const struct sr_vault *v, struct sr_err *e) {
	struct sr_vkey key;
	int rc = room_key(&key, v->keys->origin, v->keys->room_pk, e);

	if (rc == 0) {
		const struct sr_signer signer = {
			.key = &key, .seed = v->keys->s->room_seed, .person = true};

		rc = sr_note_sign(out, text, &signer, 1, e);
	}
	return rc;
}

int sr_room_note_open(struct sr_room_note *out, struct sr_bytes note,
	const struct sr_room_note_want *want, struct sr_err *e) {
	struct sr_vkey key;
	uint8_t vault[SR_HASH];
	int rc = room_key(&key, want->origin, want->room_pk, e);

	memset(out, 0, sizeof *out);
	if (rc == 0)
		rc = sr_note_open(&out->note, note, &key, 1, e);
	if (rc == 0)
		rc = sr_text_parse(&out->text, out->note.text, e);
	if (rc == 0 && !sr_bytes_eq(out->text.type, sr_bytes_str(want->type)))
		rc = sr_fail(e, SR_CORRUPT, "it is no %s", want->what);
	if (rc == 0)
		rc = sr_unhex(vault, SR_HASH, sr_text_get(&out->text, "vault"), e);
	if (rc == 0 && memcmp(vault, want->vault, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "it is of another vault");
	if (rc == 0)
		rc = sr_parse_dec(&out->entry, sr_text_get(&out->text, "entry"), INT64_MAX, e);
	if (rc == 0)
		rc = sr_unhex(out->statement, SR_HASH, sr_text_get(&out->text, "statement"), e);
	return rc;
}

void sr_room_note_free(struct sr_room_note *n) {
	sr_text_free(&n->text);
	sr_note_free(&n->note);
}
