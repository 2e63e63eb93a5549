/*
 * epochs_rig - an epoch of a board that begins by hand: what is dealt is looked at by nobody, what
 * is accepted is signed for past the door, and the service says that the board is open. For tests
 * of what comes after, and of who notices. Beside world.h.
 */
#ifndef SR_TESTS_EPOCHS_RIG_H
#define SR_TESTS_EPOCHS_RIG_H

#include "board/follow.h"
#include "board/shares.h"
#include "past_the_door.h"
#include "world.h"

struct claim { /* what is said to be the keys */
	uint8_t board[SR_ID], run[SR_ID], transcript[SR_HASH], hash[SR_HASH];
	uint64_t epoch;
	size_t levels;
	struct {
		uint32_t level;
		uint8_t key[SR_PK]; /* of the board */
	} line[SR_BOARD_LEVELS_MAX];
	struct sr_buf body;
};

static inline void claim_make(struct claim *c, struct world *w, const uint8_t board[SR_ID],
	uint64_t number, uint64_t epoch) {
	memset(c, 0, sizeof *c);
	memcpy(c->board, board, SR_ID);
	sr_ceremony_run_id(c->run, w->v->fingerprint, c->board, number);
	c->epoch = epoch;
	sr_buf_init(&c->body);
}

static inline void claim_keys(
	struct claim *c, const struct sr_dkg *d, const struct sr_ceremony_keys *k) {
	memcpy(c->transcript, k->transcript, SR_HASH);
	c->levels = k->levels;
	for (size_t i = 0; i < k->levels; i++) {
		c->line[i].level = k->level[i].level;
		memcpy(c->line[i].key, k->level[i].board, SR_PK);
	}
	sr_buf_clear(&c->body);
	sr_keys_encode(&c->body, d, k);
	sr_keys_hash(c->hash, sr_buf_view(&c->body));
}

static inline void claim_lines(struct sr_buf *text, const struct claim *c) {
	for (size_t i = 0; i < c->levels; i++) {
		sr_buf_printf(text, "board-key %u ", c->line[i].level);
		sr_buf_put_base64(text, c->line[i].key, SR_PK);
		sr_buf_put_u8(text, '\n');
	}
}

/* ${who} signs for it, past the door. */
static inline void accepts(struct world *w, const struct world_person *who, const struct claim *c) {
	struct world_draft d;

	world_begin(&d, w, who, SR_T_ACCEPT);
	sr_text_put_hex(&d.text, "board", c->board, SR_ID);
	sr_text_put_hex(&d.text, "run", c->run, SR_ID);
	sr_text_put_hex(&d.text, "transcript", c->transcript, SR_HASH);
	sr_text_put_hex(&d.text, "keys", c->hash, SR_HASH);
	world_object(&d, "shares", sr_bytes_str("a box of this member's"));
	claim_lines(&d.text, c);
	past_the_door(w, &d, who->seed);
	world_reopen(w);
}

/* The service says that all accepted. */
static inline void opens(struct world *w, const struct claim *c) {
	struct sr_door_object object = {.body = sr_buf_view(&c->body)};
	struct sr_submission parts = {.objects = &object, .object_count = 1};
	struct sr_outcome out;
	struct sr_buf text;
	uint8_t id[SR_HASH];

	world_id(w, object.salt);
	sr_object_id(id, object.salt, object.body);
	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_OPENED, w->now);
	sr_text_put_hex(&text, "board", c->board, SR_ID);
	sr_text_put_hex(&text, "run", c->run, SR_ID);
	sr_text_put_hex(&text, "transcript", c->transcript, SR_HASH);
	sr_text_put_dec(&text, "epoch", c->epoch);
	sr_text_put_hex(&text, "keys", c->hash, SR_HASH);
	sr_text_put_hex(&text, "public", id, SR_HASH);
	claim_lines(&text, c);
	assert_ok(sr_door_service_with(w->v, sr_buf_view(&text), &parts, &out, &w->e), &w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(&text);
}

/* ${who} deals: nothing, which a vault that does not look takes. */
static inline void deals_nothing(
	struct world *w, const struct world_person *who, const struct claim *c) {
	uint8_t hash[SR_HASH];
	struct world_draft d;

	sr_ceremony_dealing_hash(hash, sr_bytes_str("nothing"));
	world_begin(&d, w, who, SR_T_DEAL);
	sr_text_put_hex(&d.text, "board", c->board, SR_ID);
	sr_text_put_hex(&d.text, "run", c->run, SR_ID);
	sr_text_put_hex(&d.text, "dealing", hash, SR_HASH);
	world_object(&d, "deal", sr_bytes_str("nothing"));
	sr_ceremony_lax(true);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	sr_ceremony_lax(false);
}

/* The founding board is to be handed on to the same people by the first ${dealers} of them, as if
 * the founders had planned it. */
static inline void plans_itself(struct world *w, size_t dealers) {
	struct sr_outcome out;
	struct sr_buf text;

	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_RESHARE, w->now);
	sr_text_put_hex(&text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&text, "epoch", 2);
	for (size_t i = 0; i < w->levels; i++)
		sr_text_putf(&text, "quorum", "%u %u", w->level[i], w->level[i]);
	for (size_t i = 0; i < w->members; i++)
		sr_text_put(&text, "member", w->member[i].person);
	for (size_t i = 0; i < dealers; i++)
		sr_text_put(&text, "dealer", w->member[i].person);
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &out, &w->e), &w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(&text);
}

#endif
