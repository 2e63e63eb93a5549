/*
 * A member's shares on paper, and back: client_board.c proves whose they are. See client.h.
 */
#include "core/client_in.h"

/* We are member *${index} of a board that is open. */
static int as_member(struct sr_client *c, const uint8_t *board, uint8_t *index, struct sr_err *e) {
	int rc = sr_client_signer(c, e);

	if (rc == 0)
		rc = sr_client_board_need(c, board, true, e);
	if (rc != 0 || c->board == NULL)
		return rc;
	*index = sr_client_member(c);
	if (*index == 0)
		return sr_fail(e, SR_DENIED, "%s is none of the %u members", c->o.identity->person,
			c->board->dkg.members);
	return 0;
}

void sr_client_sheet_of(struct sr_sheet_kept *out, const struct sr_client_board *b, uint8_t index,
	const uint8_t (*x)[SR_SCALAR]) {
	struct sr_sheet *s = &out->sheet;

	memset(out, 0, sizeof *out);
	memcpy(s->keys, b->keys_hash, SR_SHEET_KEYS);
	s->index = index;
	s->levels = (uint8_t)b->keys.levels;
	for (size_t i = 0; i < b->keys.levels; i++) {
		s->level[i] = b->keys.level[i].level;
		memcpy(s->x[i], x[i], SR_SCALAR);
	}
	memcpy(out->board, b->id, SR_ID);
	out->epoch = b->dkg.epoch;
}

int sr_client_sheet(
	struct sr_client *c, const uint8_t *board, struct sr_sheet_kept *out, struct sr_err *e) {
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR] = {{0}}, index = 0;
	int rc = as_member(c, board, &index, e);

	memset(out, 0, sizeof *out);
	if (rc != 0 || c->board == NULL) /* they go together; the analyser does not see it */
		return rc;
	rc = sr_client_shares(c, c->board, index, x, e);
	if (rc == 0)
		sr_client_sheet_of(out, c->board, index, (const uint8_t(*)[SR_SCALAR])x);
	sr_wipe(x, sizeof x);
	return rc;
}

/* Is the sheet ours, of these keys? Then its shares, each checked against the public one. */
static int from_sheet(uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR], const struct sr_client_board *b,
	uint8_t index, const struct sr_sheet *s, struct sr_err *e) {
	uint8_t have[SR_POINT];

	if (memcmp(s->keys, b->keys_hash, SR_SHEET_KEYS) != 0)
		return sr_fail(e, SR_DENIED,
			"the sheet is of other keys than the board has in epoch %llu: a newer "
			"sheet, or the board deals anew",
			(unsigned long long)b->dkg.epoch);
	if (s->index != index)
		return sr_fail(e, SR_DENIED,
			"the sheet is that of member %u, and this is member %u", s->index, index);
	if (s->levels != b->keys.levels)
		return sr_fail(e, SR_CORRUPT, "the sheet has %u levels, the board %zu", s->levels,
			b->keys.levels);
	for (size_t i = 0; i < s->levels; i++) {
		const struct sr_level_key *k = &b->keys.level[i];
		int rc = sr_point_mul_base(have, s->x[i], e);

		if (rc == 0 && (s->level[i] != k->level ||
				       memcmp(have, k->share[index - 1], SR_POINT) != 0))
			rc = sr_fail(e, SR_AUTH, "it is not the share behind the public one");
		if (rc != 0)
			return sr_wrap(e, "the sheet's share of level %u", s->level[i]);
		memcpy(x[i], s->x[i], SR_SCALAR);
	}
	return 0;
}

static int from_box(uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR], const struct sr_client_board *b,
	uint8_t index, const uint8_t *old, struct sr_err *e) {
	struct sr_share_place at = {.keys = &b->keys, .index = index};

	if (b->box.len == 0)
		return sr_fail(e, SR_AUTH, "the vault withholds the box of member %u", index);
	memcpy(at.hash, b->keys_hash, SR_HASH);
	return sr_shares_open(x, &at, old, sr_buf_view(&b->box), e);
}

static int submit_share(struct sr_client *c, const struct sr_client_board *b, uint8_t index,
	const uint8_t (*x)[SR_SCALAR], struct sr_submitted *out, struct sr_err *e) {
	struct sr_share_place at = {.keys = &b->keys, .index = index};
	struct sr_buf box;
	struct sr_writ d;
	int rc;

	memcpy(at.hash, b->keys_hash, SR_HASH);
	sr_buf_init(&box);
	rc = sr_shares_seal(&box, &at, c->o.identity->pk, x, e);
	if (rc == 0)
		rc = sr_writ_begin(&d, c, SR_T_SHARE, 0, e);
	if (rc == 0) {
		sr_text_put_hex(&d.text, "board", b->id, SR_ID);
		sr_text_put_hex(&d.text, "run", b->dkg.run, SR_ID);
		sr_text_put_hex(&d.text, "keys", b->keys_hash, SR_HASH);
		sr_writ_object(&d, "shares", sr_buf_view(&box));
		rc = sr_client_submit(c, &d, out, e);
		sr_writ_free(&d);
	}
	sr_buf_free(&box);
	return rc;
}

/* We were member *${index} of the epoch that last had the oldest key which items are left under: it
 * is c->former. */
static int as_former(struct sr_client *c, const uint8_t *board, uint8_t *index, struct sr_err *e) {
	struct sr_call q, r;
	uint64_t epoch = 0;
	int rc = sr_client_signer(c, e);

	if (rc == 0)
		rc = sr_client_board_need(c, board, true, e);
	if (rc != 0 || c->board == NULL)
		return rc;
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "left");
	sr_text_put_hex(&q.head, "board", c->board->id, SR_ID);
	sr_text_put_dec(&q.head, "limit", 1);
	rc = sr_client_call(c, &q, &r, e);
	if (rc == 0 && sr_text_get(&r.text, "epoch").p == NULL)
		rc = sr_fail(e, SR_NOTFOUND, "no item is left under a key before the present one");
	if (rc == 0)
		rc = sr_parse_dec(&epoch, sr_text_get(&r.text, "epoch"), UINT32_MAX, e);
	if (rc == 0)
		rc = sr_client_former_need(c, epoch, e);
	sr_call_free(&q);
	sr_call_free(&r);
	if (rc != 0 || c->former == NULL)
		return rc;
	*index = sr_client_seat(c, c->former);
	if (*index == 0)
		return sr_fail(e, SR_DENIED, "%s is none of the %u members of epoch %llu",
			c->o.identity->person, c->former->dkg.members, (unsigned long long)epoch);
	return 0;
}

int sr_client_restore_share(struct sr_client *c, const uint8_t *board,
	const struct sr_share_from *from, struct sr_restored *out, struct sr_err *e) {
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR] = {{0}};
	const struct sr_client_board *b;
	int rc;

	memset(out, 0, sizeof *out);
	rc = from->before ? as_former(c, board, &out->index, e)
			  : as_member(c, board, &out->index, e);
	b = from->before ? c->former : c->board;
	if (rc != 0 || b == NULL) /* they go together; the analyser does not see it */
		return rc;
	rc = from->sheet != NULL ? from_sheet(x, b, out->index, from->sheet, e)
				 : from_box(x, b, out->index, from->old, e);
	if (rc == 0)
		rc = submit_share(
			c, b, out->index, (const uint8_t(*)[SR_SCALAR])x, &out->submitted, e);
	sr_wipe(x, sizeof x);
	if (rc == 0)
		sr_client_board_forget(c);
	return rc;
}
