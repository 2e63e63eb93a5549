/*
 * refusals_rig - a founded vault with items, a request and a grant, and lawful statements about
 * them, of which a line can be changed (drafts.h) so that the door names the rule it breaks.
 */
#ifndef SR_TESTS_REFUSALS_RIG_H
#define SR_TESTS_REFUSALS_RIG_H

#include "drafts.h"
#include "ledger/card.h"
#include "rules_rig.h"
#include "things.h"
#include "world.h"

struct scene {
	struct world *w;
	uint8_t item[2][SR_ID]; /* released */
	uint8_t held[SR_ID];
	uint8_t open[SR_ID];    /* a request of researcher 0, for item 0, that nobody voted on */
	uint8_t granted[SR_ID]; /* another, granted */
	uint8_t grant[SR_ID];
};

#define DRAFT(s, d, act)                      \
	do {                                  \
		(s)->w->instead = (d);        \
		assert_int_equal((act), 0);   \
		assert_null((s)->w->instead); \
	} while (0)

/* Committed, it is refused by exactly this rule. */
static inline void refused_by(struct world *w, struct world_draft *d, const char *rule) {
	const int rc = world_commit(d, NULL);

	if (rc != SR_DENIED || strcmp(w->out.rule, rule) != 0)
		fail_msg("want rule %s, have %d, rule %s: %s", rule, rc, w->out.rule,
			w->out.err.text);
}

static inline struct world_request asks(struct scene *s, size_t who) {
	return (struct world_request){.by = &s->w->researcher[who],
		.items = (const uint8_t(*)[SR_ID])s->item,
		.count = 1};
}

static inline void scene_open(struct scene *s) {
	struct world_request rq;

	memset(s, 0, sizeof *s);
	s->w = world_new(&(struct world_options){.members = 3, .level = {2, 3}});
	put_item(s->w, s->item[0], true);
	put_item(s->w, s->item[1], true);
	put_item(s->w, s->held, false);
	rq = asks(s, 0);
	assert_int_equal(world_request(s->w, &rq), 0);
	memcpy(s->granted, rq.id, SR_ID);
	world_grant(s->w, rq.id, s->grant);
	assert_int_equal(world_request(s->w, &rq), 0);
	memcpy(s->open, rq.id, SR_ID);
}

static inline void scene_close(struct scene *s) {
	world_free(s->w);
}

/* A request without items, by hand, as far as its level. */
static inline void begin(struct scene *s, struct world_draft *d, const struct world_person *by,
	const char *kind, uint32_t level) {
	uint8_t id[SR_ID];

	world_id(s->w, id);
	world_begin(d, s->w, by, SR_T_REQUEST);
	sr_text_put_hex(&d->text, "request", id, SR_ID);
	sr_text_put_dec(&d->text, "version", 1);
	sr_text_put(&d->text, "kind", kind);
	sr_text_put_hex(&d->text, "board", s->w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d->text, "epoch", 1);
	sr_text_put_dec(&d->text, "level", level);
}

/* --- the drafts --- */

static inline void access_asked(struct scene *s, struct world_draft *d) {
	struct world_request rq = asks(s, 0);

	DRAFT(s, d, world_request(s->w, &rq));
}

static inline void role_asked(struct scene *s, struct world_draft *d) {
	begin(s, d, &s->w->curator[0], "role", 2);
	sr_text_put(&d->text, "subject", s->w->outsider.person);
	sr_text_put(&d->text, "role", "curator");
	world_card(d, "card", &s->w->outsider);
}

static inline void collection_asked(struct scene *s, struct world_draft *d) {
	uint8_t id[SR_ID];

	begin(s, d, &s->w->curator[0], "collection", 2);
	world_id(s->w, id);
	sr_text_put_hex(&d->text, "collection", id, SR_ID);
	sr_text_put(&d->text, "dedupe", "none");
	world_text(d, "name", "Another box");
}

static inline void reshare_asked(struct scene *s, struct world_draft *d) {
	begin(s, d, &s->w->member[0], "reshare", 2);
	sr_text_put(&d->text, "quorum", "2 2");
	sr_text_put(&d->text, "quorum", "3 3");
	for (size_t i = 0; i < 3; i++)
		sr_text_put(&d->text, "member", s->w->member[i].person);
	for (size_t i = 0; i < 3; i++)
		sr_text_put(&d->text, "dealer", s->w->member[i].person);
}

static inline void erase_asked(struct scene *s, struct world_draft *d) {
	begin(s, d, &s->w->officer, "erase", 3);
	sr_text_put(&d->text, "purpose", "retention");
	sr_text_put(&d->text, "subject", s->w->researcher[2].person);
}

static inline void vote_cast(struct scene *s, struct world_draft *d) {
	DRAFT(s, d, world_vote(s->w, &(struct world_vote){.member = 0, .request = s->open}));
}

static inline void look(struct scene *s, struct world_draft *d) {
	struct world_checkout c = {
		.by = &s->w->researcher[0], .grant = s->grant, .item = s->item[0]};

	DRAFT(s, d, world_checkout(s->w, &c));
}

static inline void boxed(struct scene *s, struct world_draft *d) {
	const uint8_t hash[SR_HASH] = {1};
	struct sr_item_row row = {0};

	assert_ok(sr_query_item(&row, s->w->v->catalogue, s->held, &s->w->e), &s->w->e);
	world_begin(d, s->w, &s->w->curator[0], SR_T_HELD_BOX);
	sr_text_put_hex(&d->text, "item", s->held, SR_ID);
	sr_text_put_dec(&d->text, "number", row.number);
	sr_text_put(&d->text, "person", s->w->curator[1].person);
	sr_text_put_base64(&d->text, "key", s->w->curator[1].pk, SR_PK);
	sr_text_put_hex(&d->text, "box", hash, SR_HASH);
	sr_item_row_free(&row);
}

static inline void described(struct scene *s, struct world_draft *d) {
	world_begin(d, s->w, &s->w->curator[0], SR_T_DESCRIBE);
	sr_text_put_hex(&d->text, "item", s->item[0], SR_ID);
	world_text(d, "title", "A page");
}

static inline void read_on_record(struct scene *s, struct world_draft *d) {
	world_begin(d, s->w, &s->w->officer, SR_T_READ);
	sr_text_put(&d->text, "what", "report");
}

static inline void read_of_somebody(struct scene *s, struct world_draft *d) {
	world_begin(d, s->w, &s->w->officer, SR_T_READ);
	sr_text_put(&d->text, "what", "person");
	sr_text_put(&d->text, "person", s->w->researcher[0].person);
}

/* A new key of ${p}, which the old one bears out, by curator 0. ${of}: whom the statement names. */
static inline void key_given(
	struct scene *s, struct world_draft *d, struct world_person *p, const char *of) {
	const struct sr_card_next next = {p->person, p->seed};
	uint8_t commitment[SR_HASH], seed[SR_SEED];

	t_fill(seed, SR_SEED, 4711);
	sr_text_commit(commitment, p->salt, sr_bytes_str(p->name));
	sr_buf_clear(&p->card);
	assert_ok(sr_card_make_next(&p->card, seed, commitment, &next, &s->w->e), &s->w->e);
	world_begin(d, s->w, &s->w->curator[0], SR_T_PERSON_KEY);
	sr_text_put(&d->text, "person", of);
	world_card(d, "card", p);
}

#endif
