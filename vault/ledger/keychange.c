/*
 * keychange - see keychange.h.
 */
#include "ledger/keychange.h"

static int keys_named(struct sr_vkey *ledger, struct sr_vkey *room, const char *origin,
	const uint8_t *ledger_pk, const uint8_t *room_pk, struct sr_err *e) {
	char name[300];
	int rc = sr_statement_room_name(name, sizeof name, origin, e);

	if (rc == 0)
		rc = sr_vkey_make(ledger, sr_bytes_str(origin), SR_NOTE_ED25519, ledger_pk, e);
	if (rc == 0 && room_pk != NULL)
		rc = sr_vkey_make(room, sr_bytes_str(name), SR_NOTE_ED25519, room_pk, e);
	return rc;
}

int sr_key_change_put(
	struct sr_buf *text, const struct sr_key_change *k, const char *origin, struct sr_err *e) {
	struct sr_vkey key;
	int rc = sr_vkey_make(&key, sr_bytes_str(origin), SR_NOTE_ED25519, k->ledger_pk, e);

	if (rc != 0)
		return rc;
	sr_text_put_dec(text, "from", k->from);
	sr_buf_put_str(text, "ledger-key ");
	sr_vkey_put(text, &key);
	sr_buf_put_u8(text, '\n');
	sr_text_put_base64(text, "room-key", k->room_pk, SR_PK);
	return sr_buf_ok(text, e);
}

int sr_key_change_sign(struct sr_buf *out, struct sr_bytes text, const char *origin,
	const uint8_t ledger_seed[SR_SEED], const uint8_t room_seed[SR_SEED], struct sr_err *e) {
	uint8_t ledger_pk[SR_PK], room_pk[SR_PK];
	struct sr_key_change k;
	struct sr_vkey ledger, room;
	struct sr_statement s;
	int rc = sr_statement_parse_text(&s, text, e);

	if (rc != 0)
		return rc;
	rc = sr_key_change_read(&k, &s, origin, e);
	sr_statement_free(&s);
	sr_sign_public(ledger_pk, ledger_seed);
	sr_sign_public(room_pk, room_seed);
	if (rc == 0)
		rc = keys_named(&ledger, &room, origin, ledger_pk, room_pk, e);
	if (rc == 0) {
		const struct sr_signer signers[2] = {
			{.key = &ledger, .seed = ledger_seed, .person = true},
			{.key = &room, .seed = room_seed, .person = true}};

		rc = sr_note_sign(out, text, signers, 2, e);
	}
	if (rc != 0)
		(void)sr_wrap(e, "sign service-key");
	return rc;
}

int sr_key_change_read(struct sr_key_change *out, const struct sr_statement *s, const char *origin,
	struct sr_err *e) {
	struct sr_key_change k = {.from = 0};
	struct sr_vkey key;
	int rc;

	if (s->type->id != SR_T_SERVICE_KEY)
		return sr_fail(e, SR_CORRUPT, "%s is not service-key", s->type->name);
	rc = sr_vkey_parse(&key, sr_field(s, "ledger-key", 0), e);
	if (rc == 0 && (key.type != SR_NOTE_ED25519 || strcmp(key.name, origin) != 0))
		rc = sr_fail(
			e, SR_CORRUPT, "`ledger-key` is not an Ed25519 key named as the origin");
	if (rc == 0)
		rc = sr_field_dec(&k.from, s, "from", 0, e);
	if (rc == 0)
		rc = sr_field_key(k.room_pk, s, "room-key", 0, e);
	if (rc != 0) {
		(void)sr_wrap(e, "service-key");
		return rc;
	}
	memcpy(k.ledger_pk, key.pk, SR_PK);
	*out = k;
	return 0;
}

int sr_key_change_verify(const struct sr_statement *s, const char *origin,
	const uint8_t ledger_pk[SR_PK], const uint8_t *room_pk, struct sr_err *e) {
	struct sr_vkey keys[2];
	struct sr_note note;
	int rc = sr_note_parse(&note, sr_buf_view(&s->note), e);

	if (rc != 0)
		return rc;
	rc = keys_named(&keys[0], &keys[1], origin, ledger_pk, room_pk, e);
	if (rc == 0 && note.count != 2)
		rc = sr_fail(e, SR_AUTH, "have %zu signature lines, want 2", note.count);
	for (size_t i = 0; rc == 0 && i < (room_pk != NULL ? 2U : 1U); i++)
		if (!sr_note_line_is(&note.lines[i], &keys[i]))
			rc = sr_fail(e, SR_AUTH,
				"signature line %zu is not by the %s key in force before it", i + 1,
				i == 0 ? "ledger" : "room");
	if (rc == 0)
		rc = sr_note_verify(&note, keys, room_pk != NULL ? 2 : 1, e);
	sr_note_free(&note);
	if (rc != 0)
		(void)sr_wrap(e, "service-key");
	return rc;
}

int sr_key_change_follow(struct sr_log_keys *keys, const char *origin, const uint8_t *vault,
	struct sr_bytes note, struct sr_err *e) {
	struct sr_key_change k;
	struct sr_statement s;
	int rc = sr_statement_parse(&s, note, e);

	if (rc != 0)
		return rc;
	rc = sr_key_change_read(&k, &s, origin, e);
	if (rc == 0 && vault != NULL && memcmp(s.head.vault, vault, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "service-key: of another vault");
	for (size_t i = 1; rc == 0 && i < keys->count; i++) {
		if (keys->key[i].from != k.from)
			continue;
		if (memcmp(keys->key[i].pk, k.ledger_pk, SR_PK) != 0)
			rc = sr_fail(e, SR_AUTH,
				"service-key: entry %llu names another ledger key than it did "
				"before: forked",
				(unsigned long long)k.from);
		sr_statement_free(&s);
		return rc;
	}
	if (rc == 0)
		rc = sr_key_change_verify(&s, origin, sr_log_keys_newest(keys), NULL, e);
	if (rc == 0)
		rc = sr_log_keys_add(keys, k.from, k.ledger_pk, e);
	sr_statement_free(&s);
	return rc;
}
