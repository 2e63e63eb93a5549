/*
 * Boxes of held items that one curator gives another: which are wanted, and the boxes themselves.
 *
 * held.missing -> the curator's program opens its own boxes and makes new ones -> held.offer keeps
 * them with the connection -> submit of `held-box`, which signs each one's hash: the ledger first,
 * then the box in secrets.db. A kill between the two loses a box that nobody was told of; the same
 * call again finds what is missing.
 */
#include "board/quarantine.h"
#include "core/ops_in.h"

struct sr_offer {
	struct sr_quarantine_item at;
	struct sr_held_box box;
};
struct sr_offers { /* of one connection: the last call's */
	struct sr_offer rows[SR_PREPARE_MAX];
	uint32_t count;
};

void sr_offers_free(struct sr_session *s) {
	free(s->offers);
	s->offers = NULL;
}

/* The person that the call names, who must be a curator now. */
static int receiver(struct sr_person_row *out, struct sr_x *x, struct sr_err *e) {
	char person[SR_IN_TEXT];
	int rc = sr_query_person(out, x->catalogue, sr_in_str(x, "person", person), e);
	if (rc == SR_NOTFOUND || (rc == 0 && (out->roles & SR_ROLE_CURATOR) == 0)) {
		sr_person_row_free(out);
		memset(out, 0, sizeof *out);
		return sr_fail(e, SR_DENIED,
			"%s is not a curator here: only curators are given held items", person);
	}
	return rc;
}

int sr_op_held_missing(struct sr_x *x, struct sr_err *e) {
	struct sr_person_row to = {0}, me = {0};
	struct sr_quarantine_item found[SR_PREPARE_MAX];
	struct sr_quarantine_want want = {.giver = &me, .receiver = &to, .max = SR_PREPARE_MAX};
	struct sr_rows_out o;
	uint8_t after[SR_ID];
	uint64_t since = 0;
	size_t count = 0;
	int rc = receiver(&to, x, e);
	(void)sr_in_dec(x, "since", &since);
	if (rc == 0)
		rc = sr_query_person(&me, x->catalogue, x->caller.person, e);
	if (sr_in_id(x, "after", after))
		want.after = after;
	if (rc == 0)
		rc = sr_quarantine_missing(x->vault, &want, found, &count, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		sr_row(&o, "held");
		sr_row_hex(&o, "item", found[i].item, SR_ID);
		sr_row_dec(&o, "number", found[i].number);
	}
	if (rc == 0 && count > 0 && want.after == NULL)
		rc = sr_put_person_trust(x, &o, to.person, since, e);
	sr_person_row_free(&to);
	sr_person_row_free(&me);
	return rc;
}

static int get_offer(
	struct sr_offer *out, struct sr_reader *in, const char *person, struct sr_err *e) {
	int rc = sr_get(in, out->at.item, SR_ID, e);
	if (rc == 0)
		rc = sr_get_le64(in, &out->at.number, e);
	if (rc == 0)
		rc = sr_get(in, out->box.pk, SR_PK, e);
	if (rc == 0)
		rc = sr_get(in, out->box.box, SR_HELD_BOX, e);
	(void)snprintf(out->box.person, sizeof out->box.person, "%s", person);
	return rc;
}

int sr_op_held_offer(struct sr_x *x, struct sr_err *e) {
	struct sr_offers *offers = NULL;
	struct sr_person_row to = {0};
	struct sr_reader in;
	uint32_t count = 0;
	sr_reader_init(&in, sr_in_body(x));
	int rc = receiver(&to, x, e);
	if (rc == 0)
		rc = sr_get_le32(&in, &count, e);
	if (rc == 0 && (count < 1 || count > SR_PREPARE_MAX))
		rc = sr_fail(
			e, SR_USAGE, "held.offer: %u boxes, want 1 to %d", count, SR_PREPARE_MAX);
	if (rc == 0 && (offers = calloc(1, sizeof *offers)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "held.offer: %u boxes: out of memory", count);
	for (uint32_t i = 0; rc == 0 && offers != NULL && i < count; i++) {
		rc = get_offer(&offers->rows[i], &in, to.person, e);
		offers->count += rc == 0 ? 1 : 0;
	}
	if (rc == 0)
		rc = sr_get_end(&in, e);
	sr_person_row_free(&to);
	if (rc != 0) {
		free(offers);
		return rc;
	}
	sr_offers_free(x->session);
	x->session->offers = offers;
	return 0;
}

/* --- with the statement ----------------------------------------------------------------------- */

static int box_before(void *ctx, struct sr_vault *v, struct sr_bytes note, struct sr_err *e) {
	const struct sr_offer *o = ctx;
	struct sr_held_place at = {.number = o->at.number};
	uint8_t hash[SR_HASH], signed_for[SR_HASH], key[SR_PK];
	struct sr_statement s;
	int rc = sr_statement_parse(&s, note, e);

	if (rc != 0)
		return rc;
	memcpy(at.vault, v->fingerprint, SR_HASH);
	memcpy(at.item, o->at.item, SR_ID);
	sr_held_box_hash(hash, &at, &o->box);
	rc = sr_field_hash(signed_for, &s, "box", 0, e);
	if (rc == 0)
		rc = sr_field_key(key, &s, "key", 0, e);
	if (rc == 0 &&
		(memcmp(hash, signed_for, SR_HASH) != 0 || memcmp(key, o->box.pk, SR_PK) != 0 ||
			!sr_bytes_eq(sr_field(&s, "person", 0), sr_bytes_str(o->box.person))))
		rc = sr_fail(e, SR_DENIED,
			"held-box: what is signed is another box than the one that was offered");
	sr_statement_free(&s);
	return rc == 0 ? sr_quarantine_may_add(v, &o->at, &o->box, e) : rc;
}

static int box_after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	const struct sr_offer *o = ctx;
	char hex[2 * SR_ID + 1];
	int rc = sr_quarantine_add(v, &o->at, &o->box, e);

	sr_hex(hex, o->at.item, SR_ID);
	return rc != 0 ? sr_wrap(e, "box of item %s", hex) : 0;
}

int sr_offers_hooks(struct sr_session *s, const uint8_t item[SR_ID], struct sr_submission *sub,
	struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	for (uint32_t i = 0; s->offers != NULL && i < s->offers->count; i++) {
		struct sr_offer *o = &s->offers->rows[i];
		if (memcmp(o->at.item, item, SR_ID) != 0)
			continue;
		sub->before = box_before;
		sub->after = box_after;
		sub->ctx = o;
		return 0;
	}
	sr_hex(hex, item, SR_ID);
	return sr_fail(e, SR_NOTFOUND,
		"item %s: no box of it was offered on this connection: share it again", hex);
}
