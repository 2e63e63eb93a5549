/*
 * keychange - see keychange.h.
 */
#include "ledger/keychange.h"

static int keys_named(struct sr_vkey *ledger, struct sr_vkey *room, const char *origin,
	const struct sr_log_link *l, const uint8_t *room_pk, struct sr_err *e) {
	char name[300];
	int rc = sr_vkey_make(ledger, sr_bytes_str(l->name), SR_NOTE_ED25519, l->pk, e);

	if (rc == 0 && room_pk != NULL)
		rc = sr_statement_room_name(name, sizeof name, origin, e);
	if (rc == 0 && room_pk != NULL)
		rc = sr_vkey_make(room, sr_bytes_str(name), SR_NOTE_ED25519, room_pk, e);
	return rc;
}

int sr_key_change_put(struct sr_buf *text, const struct sr_key_change *k, struct sr_err *e) {
	const struct sr_log_link *l = &k->log.next;
	struct sr_vkey key;
	int rc = sr_vkey_make(&key, sr_bytes_str(l->name), SR_NOTE_ED25519, l->pk, e);

	if (rc != 0)
		return rc;
	sr_text_put_dec(text, "from", l->from);
	sr_buf_put_str(text, "ledger-key ");
	sr_vkey_put(text, &key);
	sr_buf_put_u8(text, '\n');
	sr_text_put_base64(text, "room-key", k->room_pk, SR_PK);
	if (k->log.renames) {
		sr_text_put_dec(text, "agreed", l->agreed);
		sr_text_put_dec(text, "known", l->known);
		sr_text_put_hex(text, "root", k->log.root, SR_HASH);
	}
	return sr_buf_ok(text, e);
}

int sr_key_change_sign(struct sr_buf *out, struct sr_bytes text, const struct sr_key_change_by *by,
	struct sr_err *e) {
	struct sr_log_link l = {.from = 0};
	uint8_t room_pk[SR_PK];
	struct sr_key_change k;
	struct sr_vkey ledger, room;
	struct sr_statement s;
	int rc = sr_statement_parse_text(&s, text, e);

	if (rc != 0)
		return rc;
	rc = sr_key_change_read(&k, &s, e);
	sr_statement_free(&s);
	(void)snprintf(l.name, sizeof l.name, "%s", by->name);
	sr_sign_public(l.pk, by->ledger_seed);
	sr_sign_public(room_pk, by->room_seed);
	if (rc == 0)
		rc = sr_log_change_fits(&k.log, &l, e);
	if (rc == 0)
		rc = keys_named(&ledger, &room, by->origin, &l, room_pk, e);
	if (rc == 0) {
		const struct sr_signer signers[2] = {
			{.key = &ledger, .seed = by->ledger_seed, .person = true},
			{.key = &room, .seed = by->room_seed, .person = true}};

		rc = sr_note_sign(out, text, signers, 2, e);
	}
	if (rc != 0)
		(void)sr_wrap(e, "sign service-key");
	return rc;
}

int sr_key_change_read(struct sr_key_change *out, const struct sr_statement *s, struct sr_err *e) {
	struct sr_key_change k = {.room_pk = {0}};
	int rc;

	if (s->type->id != SR_T_SERVICE_KEY)
		return sr_fail(e, SR_CORRUPT, "%s is not service-key", s->type->name);
	rc = sr_log_change_read(&k.log, s->body, e);
	if (rc == 0)
		rc = sr_field_key(k.room_pk, s, "room-key", 0, e);
	if (rc == 0)
		*out = k;
	return rc;
}

/* The room's key is the log's key's companion: it changes with it, and not with the name. */
static int room_fits(const struct sr_key_change *k, const uint8_t *room_pk, struct sr_err *e) {
	if (room_pk == NULL || !k->log.renames || memcmp(k->room_pk, room_pk, SR_PK) == 0)
		return 0;
	return sr_fail(e, SR_AUTH, "a name for what was lost comes with another room key");
}

int sr_key_change_verify(const struct sr_statement *s, const char *origin,
	const struct sr_log_link *before, const uint8_t *room_pk, struct sr_err *e) {
	struct sr_key_change k;
	struct sr_vkey keys[2];
	struct sr_note note;
	int rc = sr_note_parse(&note, sr_buf_view(&s->note), e);

	if (rc != 0)
		return rc;
	rc = keys_named(&keys[0], &keys[1], origin, before, room_pk, e);
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
	if (rc != 0) {
		(void)sr_wrap(e, "service-key");
		return rc;
	}
	rc = sr_key_change_read(&k, s, e);
	if (rc == 0)
		rc = sr_log_change_fits(&k.log, before, e);
	return rc == 0 ? room_fits(&k, room_pk, e) : rc;
}

static int two_lines(const struct sr_statement *s, struct sr_err *e) {
	struct sr_note note;
	int rc = sr_note_parse(&note, sr_buf_view(&s->note), e);

	if (rc != 0)
		return rc;
	if (note.count != 2)
		rc = sr_fail(
			e, SR_AUTH, "service-key: have %zu signature lines, want 2", note.count);
	sr_note_free(&note);
	return rc;
}

int sr_key_change_follow(struct sr_key_change *out, struct sr_log_keys *keys, const uint8_t *vault,
	struct sr_bytes note, struct sr_err *e) {
	struct sr_key_change k;
	struct sr_statement s;
	int rc = sr_statement_parse(&s, note, e);

	if (rc != 0)
		return rc;
	rc = sr_key_change_read(&k, &s, e);
	if (rc == 0 && vault != NULL && memcmp(s.head.vault, vault, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "service-key: of another vault");
	if (rc == 0) /* one for each key, here too */
		rc = two_lines(&s, e);
	sr_statement_free(&s);
	if (rc == 0)
		rc = sr_log_change_follow(keys, &k.log, note, e);
	if (rc == 0 && out != NULL)
		*out = k;
	return rc;
}
