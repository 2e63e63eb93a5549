/*
 * hello and login. The nonce makes a signature worth one login on one connection; it is spent
 * whether the attempt succeeds or not.
 */
#include <stdio.h>

#include "board/ceremony.h"
#include "board/keys.h"
#include "core/ops_in.h"
#include "ledger/ledger.h"
#include "merkle/note.h"
#include "room/room.h"

#ifndef SR_VERSION
#define SR_VERSION "unknown"
#endif

void sr_login_text(struct sr_buf *out, const uint8_t fingerprint[SR_HASH],
	const uint8_t nonce[SR_LOGIN_NONCE], const char *person) {
	sr_text_begin(out, "strongroom/login/v1");
	sr_text_put_hex(out, "vault", fingerprint, SR_HASH);
	sr_text_put_hex(out, "nonce", nonce, SR_LOGIN_NONCE);
	sr_text_put(out, "person", person);
}

void sr_session_init(struct sr_core *c, struct sr_session *s, bool embedded) {
	memset(s, 0, sizeof *s);
	s->embedded = embedded;
	c->sessions++;
}

/* What is under way belongs to the person who began it, not to the connection. */
void sr_session_drop(struct sr_core *c, struct sr_session *s) {
	sr_inflow_end(c, s);
	sr_offers_free(s);
	sr_scanning_free(s);
	s->gave_way = false;
	if (s->prepared &&
		--c->prepared == 0) /* the room does not know whose a prepared release is */
		sr_room_release_forget(c->room);
	s->prepared = false;
	s->person[0] = '\0';
}

void sr_session_end(struct sr_core *c, struct sr_session *s) {
	sr_session_drop(c, s);
	sr_wipe(s, sizeof *s);
	c->sessions--;
}

static void put_roles(struct sr_buf *head, unsigned roles) {
	for (unsigned bit = 1; bit < SR_ROLES_ALL; bit <<= 1) {
		if ((roles & bit) != 0)
			sr_text_put(head, "role", sr_role_name(bit));
	}
}

static int founding_state(struct sr_x *x, const char **state, struct sr_err *e) {
	struct sr_buf *head = &x->r->head;
	if (x->vault->founded) {
		struct sr_board_row *board = calloc(1, sizeof *board);
		int rc = board == NULL ? sr_fail(e, SR_NOMEM, "hello: out of memory")
				       : sr_query_board(board, x->catalogue, NULL, 0, e);
		if (rc == 0)
			*state = board->opened ? "opened" : "founded";
		free(board);
		if (rc != 0)
			return rc;
		sr_text_put_hex(head, "fingerprint", x->vault->fingerprint, SR_HASH);
		return 0;
	}
	struct sr_ceremony_state draft = {0};
	int rc = sr_ceremony_load(&draft, x->vault, e);
	*state = rc == 0 ? "draft" : "none";
	if (rc == 0) {
		sr_text_put_hex(head, "fingerprint", draft.fingerprint, SR_HASH);
		sr_ceremony_state_free(&draft);
	}
	return rc == SR_NOTFOUND ? 0 : rc;
}

/* The keys that a draft of `found` names. Nobody believes them for being said here: founders sign
 * them. */
static int put_service_keys(struct sr_buf *head, const struct sr_vault *v, struct sr_err *e) {
	struct sr_buf text;
	int rc;
	sr_buf_init(&text);
	sr_vkey_put(&text, sr_ledger_vkey(v->ledger));
	sr_buf_put_u8(&text, 0);
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		sr_text_put(head, "ledger-key", (const char *)text.p);
	sr_buf_free(&text);
	sr_text_put_base64(head, "room-key", v->keys->room_pk, SR_PK);
	return rc;
}

/* The notes by which the log's key or name followed that of `found`, for who remembers an earlier
 * one: they prove themselves (ledger/keychange.h). */
static int put_key_changes(struct sr_x *x, struct sr_err *e) {
	uint64_t *rows = NULL;
	size_t count = 0;
	int rc = x->vault->founded ? sr_query_log_changes(&rows, &count, x->catalogue, e) : 0;
	for (size_t i = 0; i < count && rc == 0; i++) {
		struct sr_entry en = {0};
		rc = sr_vault_entry(&en, x->vault, rows[i], e);
		if (rc != 0)
			break;
		const struct sr_bytes note = sr_buf_view(&en.statement.note);
		sr_text_put_base64(&x->r->head, "key-change", note.p, note.len);
		sr_entry_free(&en);
	}
	free(rows);
	return rc;
}

int sr_op_hello(struct sr_x *x, struct sr_err *e) {
	struct sr_buf *head = &x->r->head;
	uint8_t root[SR_HASH];
	const char *state = "none";
	sr_ledger_root(root, x->vault->ledger);
	sr_text_put(head, "origin", x->vault->keys->origin);
	sr_text_put_dec(head, "format", 1);
	sr_text_put(head, "version", SR_VERSION);
	sr_text_put_time(head, "time", sr_now(&x->vault->clock));
	sr_text_put_dec(head, "size", sr_ledger_next_index(x->vault->ledger));
	sr_text_put_base64(head, "root", root, sizeof root);
	int rc = founding_state(x, &state, e);
	if (rc != 0)
		return rc;
	sr_text_put(head, "state", state);
	if ((rc = put_service_keys(head, x->vault, e)) != 0 || (rc = put_key_changes(x, e)) != 0)
		return rc;
	if (x->session->embedded)
		sr_text_put(head, "embedded", "yes");
	if (x->caller.person[0] != '\0') {
		sr_text_put(head, "person", x->caller.person);
		put_roles(head, x->caller.roles);
	}
	return sr_ledger_checkpoint(x->vault->ledger, &x->r->body, e);
}

int sr_op_login_begin(struct sr_x *x, struct sr_err *e) {
	if (!x->vault->founded)
		return sr_fail(e, SR_DENIED,
			"nobody can log in before the vault is founded (board new, board deal)");
	sr_random(x->session->nonce, SR_LOGIN_NONCE);
	x->session->asked = true;
	sr_text_put_base64(&x->r->head, "nonce", x->session->nonce, SR_LOGIN_NONCE);
	sr_text_put_hex(&x->r->head, "fingerprint", x->vault->fingerprint, SR_HASH);
	return 0;
}

/* The person, with a role now or a seat on a board that waits for its keys: the same words whether
 * nobody has that name or the roles ended. */
static int person_of(
	struct sr_person_row *p, struct sr_x *x, const char *person, struct sr_err *e) {
	bool pending = false;
	int rc = sr_query_person(p, x->catalogue, person, e);
	if (rc == 0 && p->roles == 0)
		rc = sr_query_pending_member(&pending, x->catalogue, person, e);
	if (rc == SR_NOTFOUND || (rc == 0 && p->roles == 0 && !pending))
		return sr_fail(e, SR_DENIED,
			"%s has no role in this vault; a curator or officer adds people "
			"(person add)",
			person);
	return rc;
}

/* Why a login does not verify: with a key that was theirs, or one that nobody knows here. */
static int other_key(struct sr_x *x, const char *person, const uint8_t sig[SR_SIG],
	struct sr_bytes text, struct sr_err *e) {
	struct sr_person_keys l = {NULL, 0};
	int rc = sr_query_person_keys(&l, x->catalogue, person, e);
	for (size_t i = 0; rc == 0 && i + 1 < l.count; i++)
		if (sr_verify(sig, l.rows[i].pk, text, NULL) == 0)
			rc = sr_fail(e, SR_DENIED,
				"login: this identity has an earlier key of %s: since entry %llu "
				"of the log another one is in force",
				person, (unsigned long long)l.rows[i + 1].entry);
	sr_person_keys_free(&l);
	return rc != 0 ? rc
		       : sr_fail(e, SR_AUTH,
				 "login: the key of this identity is not the one in force for %s "
				 "here, or it signed for another connection",
				 person);
}

int sr_op_login_finish(struct sr_x *x, struct sr_err *e) {
	struct sr_session *s = x->session;
	struct sr_person_row p = {0};
	struct sr_buf text;
	char person[SR_IN_TEXT], signature[SR_IN_TEXT];
	uint8_t sig[SR_SIG];
	const bool asked = s->asked;
	char before[SR_PERSON_TEXT];
	sr_buf_init(&text);
	snprintf(before, sizeof before, "%s", s->person);
	s->asked = false;
	s->person[0] = '\0';
	if (!asked)
		return sr_fail(e, SR_USAGE,
			"login.finish without login.begin: a nonce serves one attempt");
	sr_login_text(&text, x->vault->fingerprint, s->nonce, sr_in_str(x, "person", person));
	sr_wipe(s->nonce, sizeof s->nonce);
	int rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = person_of(&p, x, person, e);
	if (rc == 0 && sr_unbase64_fixed(sig, sizeof sig,
			       sr_bytes_str(sr_in_str(x, "signature", signature)), NULL) != 0)
		rc = sr_fail(e, SR_USAGE, "login: the signature is not base64 of %d bytes", SR_SIG);
	if (rc == 0 && sr_verify(sig, p.pk, sr_buf_view(&text), NULL) != 0)
		rc = other_key(x, person, sig, sr_buf_view(&text), e);
	if (rc == 0) {
		if (strcmp(before, p.person) != 0)
			sr_session_drop(x->core, s);
		snprintf(s->person, sizeof s->person, "%s", p.person);
		memcpy(s->pk, p.pk, SR_PK);
		sr_text_put(&x->r->head, "person", p.person);
		put_roles(&x->r->head, p.roles);
	}
	sr_person_row_free(&p);
	sr_buf_free(&text);
	return rc;
}

int sr_op_logout(struct sr_x *x, struct sr_err *e) {
	(void)e;
	sr_session_drop(x->core, x->session);
	x->session->asked = false;
	return 0;
}
