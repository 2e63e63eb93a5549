/*
 * things - what tests of items' flags and ends share: an item of one page, what is set on it and
 * lifted, and what is left of it. Beside world.h.
 */
#ifndef SR_TESTS_THINGS_H
#define SR_TESTS_THINGS_H

#include "world.h"

#define assert_refused(w, rc, piece) assert_fails((rc), SR_DENIED, &(w)->out.err, (piece))

static inline void put_item(struct world *w, uint8_t item[SR_ID], bool release) {
	static const char text[] = "a page of harmless text\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	if (release)
		world_held_release(w, item);
}

/* A statement that sets something; its id, by which it is lifted. */
static inline int set(struct world *w, const struct world_person *by, enum sr_type_id type,
	const uint8_t item[SR_ID], int64_t date, uint8_t flag[SR_ID]) {
	struct world_draft d;

	world_begin(&d, w, by, type);
	if (flag != NULL)
		memcpy(flag, d.id, SR_ID);
	sr_text_put_hex(&d.text, "item", item, SR_ID);
	if (type == SR_T_EMBARGO && date != 0)
		sr_text_put_time(&d.text, "ends", date);
	if (type == SR_T_RETENTION) {
		sr_text_put_time(&d.text, "due", date);
		sr_text_put(&d.text, "basis", "contract");
	}
	world_text(&d, "reason", "there is one");
	return world_commit(&d, NULL);
}

static inline int lift(struct world *w, const struct world_person *by, const uint8_t item[SR_ID],
	const uint8_t flag[SR_ID]) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_LIFT);
	sr_text_put_hex(&d.text, "item", item, SR_ID);
	sr_text_put_hex(&d.text, "flag", flag, SR_ID);
	return world_commit(&d, NULL);
}

static inline unsigned flags_of(struct world *w, const uint8_t item[SR_ID]) {
	struct sr_item_row row = {0};
	unsigned flags;

	assert_ok(sr_query_item(&row, w->v->catalogue, item, &w->e), &w->e);
	flags = row.flags;
	sr_item_row_free(&row);
	return flags;
}

static inline enum sr_state item_state(struct world *w, const uint8_t item[SR_ID]) {
	struct sr_item_row row = {0};
	enum sr_state s;

	assert_ok(sr_query_item(&row, w->v->catalogue, item, &w->e), &w->e);
	s = row.state;
	sr_item_row_free(&row);
	return s;
}

static inline enum sr_state request_state(struct world *w, const uint8_t request[SR_ID]) {
	struct sr_version_row v = {0};
	enum sr_state s;

	assert_ok(sr_query_version(&v, w->v->catalogue, request, 0, &w->e), &w->e);
	s = v.state;
	sr_version_row_free(&v);
	return s;
}

static inline int vote_on(struct world *w, size_t member, const struct world_request *rq) {
	return world_vote(w, &(struct world_vote){.member = member, .request = rq->id});
}

/* The rule of the last `refuse`. */
static inline void assert_last_rule(struct world *w, const char *rule) {
	struct sr_entry en = {0};

	world_last(w, SR_T_REFUSE, &en);
	assert_true(sr_bytes_eq(sr_field(&en.statement, "rule", 0), sr_bytes_str(rule)));
	sr_entry_free(&en);
}

#endif
