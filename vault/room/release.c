/*
 * release - a held item becomes the board's: a new envelope with a new part, slot and seal (DESIGN
 * 5, 6a). anew.h has the steps; what is here is whose right it is and what a curator signs.
 *
 * Nothing that opened the held item opens the released one: whoever looked in quarantine holds a
 * part that is worth nothing.
 */
#include "room/anew.h"

static struct prepared **prepared_at(struct sr_room *r, const uint8_t item[SR_ID]) {
	struct prepared **at = &r->prepared;

	while (*at != NULL && memcmp((*at)->item, item, SR_ID) != 0)
		at = &(*at)->link;
	return at;
}

static void prepared_drop(struct prepared **at) {
	struct prepared *p = *at;

	*at = p->link;
	prepared_free(p);
}

void sr_room_release_forget(struct sr_room *r) {
	while (r->prepared != NULL)
		prepared_drop(&r->prepared);
}

int room_release_sweep(struct sr_room *r, struct sr_err *e) {
	struct prepared **at = &r->prepared;

	while (*at != NULL) {
		struct sr_item_row item = {0};
		int rc = sr_query_item(&item, r->v->catalogue, (*at)->item, e);
		bool stale =
			rc == 0 && (item.state != SR_S_HELD || item.number + 1 != (*at)->number);

		sr_item_row_free(&item);
		if (rc != 0)
			return rc;
		if (stale)
			prepared_drop(at);
		else
			at = &(*at)->link;
	}
	return 0;
}

/* --- prepare --- */

/* Whose work it is at all, so that nothing is prepared in vain. Who of them may (not who deposited
 * it, nothing that is sealed) is the board's to say, when the statement comes. */
static int may_release(
	struct sr_room *r, const struct sr_item_row *item, const char *curator, struct sr_err *e) {
	struct sr_person_row p = {0};
	int rc = sr_query_person(&p, r->v->catalogue, curator, e);
	unsigned roles = p.roles;

	sr_person_row_free(&p);
	if (rc == SR_NOTFOUND || (rc == 0 && (roles & SR_ROLE_CURATOR) == 0))
		return sr_fail(e, SR_DENIED, "%s is not a curator here", curator);
	if (rc != 0)
		return rc;
	if (item->state != SR_S_HELD)
		return sr_fail(e, SR_DENIED, "the item is %s, only a held one is released",
			sr_state_name(item->state));
	if ((item->flags & SR_ITEM_REFERRAL) != 0)
		return sr_fail(
			e, SR_DENIED, "the item is marked for referral: it is never released");
	return 0;
}

int sr_room_release_prepare(struct sr_room *r, struct sr_room_release *rel, struct sr_err *e) {
	struct prepared *p = NULL, **at;
	struct sr_item_row item = {0};
	int rc = sr_query_item(&item, r->v->catalogue, rel->item, e);

	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_NOTFOUND, "no such item");
	if (rc == 0)
		rc = may_release(r, &item, rel->curator, e);
	if (rc == 0)
		rc = room_prepare(&p, r,
			&(struct room_anew){.item = &item, .part = rel->part, .level = rel->level},
			e);
	sr_item_row_free(&item);
	if (rc != 0)
		return rc;
	memcpy(rel->envelope, p->hash, SR_HASH);
	rel->number = p->number;
	at = prepared_at(r, rel->item);
	if (*at != NULL)
		prepared_drop(at);
	p->link = r->prepared;
	r->prepared = p;
	return 0;
}

/* --- hooks of the submission ------------------------------------------------------------------ */

/* A statement that names another envelope or level would release an item that nothing opens. */
static int names_prepared(const struct prepared *p, struct sr_bytes note, struct sr_err *e) {
	struct sr_statement s;
	uint8_t hash[SR_HASH];
	uint64_t level = 0;
	int rc = sr_statement_parse(&s, note, e);

	if (rc != 0)
		return rc;
	rc = sr_field_hash(hash, &s, "envelope", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&level, &s, "level", 0, e);
	if (rc == 0 && (memcmp(hash, p->hash, SR_HASH) != 0 || level != p->level))
		rc = sr_fail(e, SR_DENIED,
			"the statement names another envelope or level than the one that was "
			"prepared: prepare the release again");
	sr_statement_free(&s);
	return rc;
}

static void release_refused(void *ctx, struct sr_vault *v) {
	prepared_undo(ctx, v);
}

/* The board may have got a new key since it was prepared: the item would be under one key and the
 * catalogue say the other. */
static int key_holds(const struct prepared *p, struct sr_vault *v, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_item_row item = {0};
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "room: out of memory")
			   : sr_query_item(&item, v->catalogue, p->item, e);

	if (rc == 0)
		rc = sr_query_board(b, v->catalogue, item.board, 0, e);
	if (rc == 0 && p->epoch < b->base)
		rc = sr_fail(e, SR_DENIED,
			"the board got a new key in epoch %u, and the release was prepared under "
			"the one before: prepare it again",
			b->base);
	sr_item_row_free(&item);
	free(b);
	return rc;
}

static int release_before(void *ctx, struct sr_vault *v, struct sr_bytes note, struct sr_err *e) {
	const struct prepared *p = ctx;
	char name[2 * SR_ID + 1];
	int rc = names_prepared(p, note, e);

	if (rc == 0)
		rc = key_holds(p, v, e);

	if (rc == 0)
		rc = prepared_put(p, v, e);
	sr_hex(name, p->item, SR_ID);
	return rc != 0 ? sr_wrap(e, "release of item %s", name) : 0;
}

static int release_after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	return prepared_done(ctx, v, e);
}

int sr_room_release_hooks(
	struct sr_room *r, const uint8_t item[SR_ID], struct sr_submission *sub, struct sr_err *e) {
	struct prepared *p = *prepared_at(r, item);
	char name[2 * SR_ID + 1];

	if (p == NULL) {
		sr_hex(name, item, SR_ID);
		return sr_fail(e, SR_NOTFOUND,
			"item %s: no release is prepared (in this process): prepare it again",
			name);
	}
	sub->before = release_before;
	sub->refused = release_refused;
	sub->after = release_after;
	sub->ctx = p;
	return 0;
}
