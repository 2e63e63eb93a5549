/*
 * Founding: drafts and signatures go to board/ceremony.h as they came. Nobody can log in yet, so
 * what is signed is all that counts; a draft without a signature can be replaced by whoever
 * reaches the socket, which costs its author a repetition.
 */
#include "board/ceremony.h"
#include "core/ops_in.h"
#include "ledger/ledger.h"

enum {
	NAMES_MAX = 1024,
	NAME_MAX_BYTES = 8 << 10
};

static int refuse_founded(const struct sr_x *x, struct sr_err *e) {
	return x->vault->founded ? sr_fail(e, SR_EXISTS, "this vault is founded already") : 0;
}

int sr_op_found_draft(struct sr_x *x, struct sr_err *e) {
	struct sr_door_text *names = NULL;
	struct sr_bytes text = {0};
	struct sr_reader in;
	struct sr_ceremony_state state = {0};
	uint32_t count = 0;
	sr_reader_init(&in, sr_in_body(x));
	int rc = refuse_founded(x, e);
	if (rc == 0)
		rc = sr_get_lp(&in, &text, SR_TEXT_MAX, e);
	if (rc == 0)
		rc = sr_get_le32(&in, &count, e);
	if (rc == 0 && count > NAMES_MAX)
		rc = sr_fail(e, SR_USAGE, "found.draft: %u names, at most %d", count, NAMES_MAX);
	if (rc == 0 && (names = calloc(count + 1, sizeof *names)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "%u names: out of memory", count);
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		rc = sr_get_door_text(&names[i], &in, NAME_MAX_BYTES, e);
	if (rc == 0)
		rc = sr_get_end(&in, e);
	if (rc == 0)
		rc = sr_ceremony_draft(x->vault, text, names, count, e);
	if (rc == 0 && (rc = sr_ceremony_load(&state, x->vault, e)) == 0) {
		sr_text_put_hex(&x->r->head, "fingerprint", state.fingerprint, SR_HASH);
		sr_ceremony_state_free(&state);
	}
	free(names);
	return rc;
}

static size_t count_signed(const struct sr_ceremony_state *s) {
	size_t n = 0;
	for (size_t i = 0; i < s->members; i++)
		n += s->signed_by[i] ? 1 : 0;
	return n;
}

int sr_op_found_show(struct sr_x *x, struct sr_err *e) {
	struct sr_ceremony_state s = {0};
	struct sr_rows_out o;
	int rc = refuse_founded(x, e);
	if (rc == 0)
		rc = sr_ceremony_load(&s, x->vault, e);
	if (rc != 0)
		return rc;
	sr_text_put_hex(&x->r->head, "fingerprint", s.fingerprint, SR_HASH);
	sr_text_put_dec(&x->r->head, "members", s.members);
	sr_text_put_dec(&x->r->head, "signed", count_signed(&s));
	sr_rows_begin(&o, &x->r->body);
	sr_row(&o, "draft");
	sr_row_buf(&o, "text", &s.text);
	for (size_t i = 0; i < s.name_count; i++) {
		sr_row(&o, "name");
		sr_row_str(&o, "field", s.names[i].field);
		sr_row_dec(&o, "index", s.names[i].index);
		sr_row_base64(&o, "salt", s.names[i].salt, SR_SALT);
		sr_row_bytes(&o, "text", s.names[i].text);
	}
	for (size_t i = 0; i < s.members; i++) {
		sr_row(&o, "member");
		sr_row_dec(&o, "index", i + 1);
		sr_row_flag(&o, "signed", s.signed_by[i]);
	}
	sr_ceremony_state_free(&s);
	return 0;
}

int sr_op_found_sign(struct sr_x *x, struct sr_err *e) {
	struct sr_ceremony_sign sign = {0};
	struct sr_ceremony_state s = {0};
	struct sr_reader in;
	bool founded = false;
	sr_reader_init(&in, sr_in_body(x));
	int rc = refuse_founded(x, e);
	if (rc == 0)
		rc = sr_get_lp(&in, &sign.found, SR_STATEMENT_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(&in, &sign.deal, SR_STATEMENT_MAX, e);
	if (rc == 0)
		rc = sr_get(&in, sign.salt, SR_SALT, e);
	if (rc == 0)
		rc = sr_get_lp(&in, &sign.dealing, SR_OBJECT_MAX, e);
	if (rc == 0)
		rc = sr_get_end(&in, e);
	if (rc == 0)
		rc = sr_ceremony_sign(x->vault, &sign, &founded, e);
	if (rc != 0)
		return rc;
	if (founded) {
		struct sr_board_row board;
		rc = sr_query_board(&board, x->catalogue, NULL, 0, e);
		if (rc != 0)
			return rc;
		sr_text_put_hex(&x->r->head, "fingerprint", x->vault->fingerprint, SR_HASH);
		sr_text_put(&x->r->head, "founded", "yes");
		sr_text_put_dec(&x->r->head, "members", board.member_count);
		sr_text_put_dec(&x->r->head, "signed", board.member_count);
		return 0;
	}
	rc = sr_ceremony_load(&s, x->vault, e);
	if (rc != 0)
		return rc;
	sr_text_put_hex(&x->r->head, "fingerprint", s.fingerprint, SR_HASH);
	sr_text_put_dec(&x->r->head, "members", s.members);
	sr_text_put_dec(&x->r->head, "signed", count_signed(&s));
	sr_ceremony_state_free(&s);
	return 0;
}
