/*
 * destroy - the end of items: who asks, what stands in the way (when asked, and when the last vote
 * comes), what is gone afterwards and what is left, and that an erasure that broke off is repeated.
 */
#include <fcntl.h>
#include <unistd.h>

#include "board/erase.h"
#include "board/fixity.h"
#include "catalogue/search.h"
#include "store/envelope.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

static size_t secrets_of(struct world *w, const uint8_t item[SR_ID]) {
	size_t n = 0;

	assert_ok(sr_item_secrets(&n, w->v, item, &w->e), &w->e);
	return n;
}

static bool has_envelope(struct world *w, const uint8_t item[SR_ID], uint32_t n) {
	char name[SR_ENVELOPE_NAME];

	sr_envelope_name(name, item, n);
	return sr_file_exists(w->v->items, name);
}

static struct world_request ask(const struct world_person *by, uint8_t (*items)[SR_ID], size_t n) {
	return (struct world_request){
		.by = by, .kind = "destroy", .items = (const uint8_t(*)[SR_ID])items, .count = n};
}

static void destroy(struct world *w, uint8_t (*items)[SR_ID], size_t n) {
	struct world_request rq = ask(&w->curator[0], items, n);

	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_GRANTED);
}

static void who_asks(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[2][SR_ID], hold[SR_ID];
	struct world_request rq = ask(&w->researcher[0], item, 1);
	struct world_draft d;

	(void)state;
	put_item(w, item[0], false);
	world_id(w, item[1]);
	assert_refused(w, world_request(w, &rq), "rule house-asks-to-destroy");
	rq = ask(&w->depositor, item, 1);
	assert_refused(w, world_request(w, &rq), "rule house-asks-to-destroy");
	rq = ask(&w->curator[0], item, 2);
	assert_refused(w, world_request(w, &rq), "rule no-such-item");
	assert_int_equal(set(w, &w->officer, SR_T_HOLD, item[0], 0, hold), 0);
	rq = ask(&w->officer, item, 1);
	assert_refused(w, world_request(w, &rq), "rule hold-stands");
	assert_int_equal(lift(w, &w->officer, item[0], hold), 0);
	assert_int_equal(world_describe(w, &w->curator[0], item[0], "A page", "referral"), 0);
	assert_refused(w, world_request(w, &rq), "rule instruction-missing");
	rq.instruction = "State attorney, 12 Js 1/31, of 3 May 2031: to be destroyed";
	assert_int_equal(world_request(w, &rq), 0);
	/* Without a reason, or a list: nobody could weigh it. */
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", d.id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "destroy");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", 2);
	world_text(&d, "reason", "it ends");
	assert_refused(w, world_commit(&d, NULL), "rule request-incomplete");
	assert_int_equal(item_state(w, item[0]), SR_S_HELD);
	world_free(w);
}

/* An approval as far as it goes before pieces are looked at. */
static int approve(struct world *w, const struct world_person *by, const uint8_t request[SR_ID]) {
	char id[2 * SR_ID + 1], hash[2 * SR_HASH + 1];
	struct sr_version_row v = {0};
	struct world_draft d;

	assert_ok(sr_query_version(&v, w->v->catalogue, request, 0, &w->e), &w->e);
	sr_hex(id, v.request, SR_ID);
	sr_hex(hash, v.hash, SR_HASH);
	world_begin(&d, w, by, SR_T_VOTE);
	sr_text_putf(&d.text, "request", "%s %s", id, hash);
	sr_text_put_dec(&d.text, "version", v.version);
	sr_text_put_dec(&d.text, "epoch", v.epoch);
	sr_text_put(&d.text, "decision", "approve");
	sr_text_put(&d.text, "form", "text");
	sr_version_row_free(&v);
	return world_commit(&d, NULL);
}

/* What was open is wiped, what opened it is gone, what was said of it is gone; the rest is left. */
static void what_is_gone(void **state) {
	struct world *w = world_new(&(struct world_options){.second = true});
	uint8_t item[3][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 2};
	struct world_request late = rq;
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};
	struct world_checkout other = {.by = &w->researcher[0], .grant = grant, .item = item[1]};
	struct world_checkout look = {.by = &w->curator[0], .item = item[2]};
	uint8_t doomed[2][SR_ID];
	struct sr_checkout_row row;
	struct sr_item_row left = {0};
	struct sr_item_files files = {0};
	struct sr_texts texts = {0};
	struct sr_scrub_totals totals = {0};
	struct sr_fixity f = {0};
	struct sr_rebuilt rebuilt;
	size_t packs, bad;
	uint64_t entry;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		put_item(w, item[i], i < 2);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_request(w, &late), 0);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	assert_int_equal(world_checkout(w, &look), 0);
	assert_int_equal(world_checkout(w, &other), 0);
	assert_ok(world_open(w, &other), &w->e);
	assert_int_equal(sr_room_count(w->room), 2);
	assert_int_equal(secrets_of(w, item[0]), 2); /* slot, words */
	assert_int_equal(secrets_of(w, item[2]), 4); /* and the quarantine and intake seals */
	assert_true(has_envelope(w, item[0], 2) && has_envelope(w, item[2], 1));
	memcpy(doomed[0], item[0], SR_ID);
	memcpy(doomed[1], item[2], SR_ID);
	destroy(w, doomed, 2);

	assert_int_equal(item_state(w, item[0]), SR_S_DESTROYED);
	assert_int_equal(item_state(w, item[1]), SR_S_RELEASED);
	assert_int_equal(item_state(w, item[2]), SR_S_DESTROYED);
	assert_int_equal(secrets_of(w, item[0]), 0);
	assert_int_equal(secrets_of(w, item[1]), 2);
	assert_int_equal(secrets_of(w, item[2]), 0);
	assert_false(has_envelope(w, item[0], 2) || has_envelope(w, item[2], 1));
	assert_int_equal(sr_room_count(w->room), 1); /* wiped with the commit; the other goes on */
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "the checkout is ended");
	assert_ok(sr_query_checkout(&row, w->v->catalogue, look.id, &w->e), &w->e);
	assert_int_equal(row.state, SR_S_ENDED);
	assert_refused(w, world_checkout(w, &c), "rule item-state");
	assert_refused(w, world_describe(w, &w->curator[0], item[0], "Again", NULL), "item");
	assert_refused(w, set(w, &w->officer, SR_T_HOLD, item[0], 0, NULL), "rule item-state");
	assert_refused(w, world_request(w, &rq), "rule item-not-released");
	/* A request that was open by then: no piece is made for what is gone; the applicant amends.
	 */
	assert_refused(w, approve(w, &w->member[0], late.id), "rule item-destroyed");
	assert_int_equal(world_vote(w,
				 &(struct world_vote){
					 .member = 0, .request = late.id, .decision = "correct"}),
		0);

	/* The tombstone: that it was there, when it came and went; none of its words. */
	assert_ok(sr_query_item(&left, w->v->catalogue, item[0], &w->e), &w->e);
	assert_true(left.title == NULL && left.description == NULL && left.bytes > 0);
	assert_true(left.destroyed > left.released && left.released > left.entry);
	entry = left.entry;
	sr_item_row_free(&left);
	assert_ok(sr_query_item_files(&files, w->v->catalogue, item[0], NULL, &w->e), &w->e);
	assert_int_equal(files.total, 0);
	sr_item_files_free(&files);
	for (; entry < sr_catalogue_size(w->v->catalogue); entry++) {
		char subject[SR_SUBJECT_TEXT] = "item:";

		sr_hex(subject + 5, item[0], SR_ID);
		assert_ok(sr_query_texts(&texts, w->v->catalogue, entry, &w->e), &w->e);
		for (size_t i = 0; i < texts.count; i++)
			assert_false(strcmp(texts.rows[i].subject, subject) == 0 &&
				     texts.rows[i].text != NULL);
		sr_texts_free(&texts);
	}

	/* All of it is true of a replay, of a scrub, and after another opening. */
	assert_ok(sr_vault_rebuild(w->v, NULL, &rebuilt, &packs, &bad, &w->e), &w->e);
	assert_true(rebuilt.had_old && rebuilt.equal);
	assert_ok(sr_fixity_check(w->v, &f, &totals, &w->e), &w->e);
	assert_int_equal(totals.findings, 0);
	assert_int_equal(totals.envelopes, 1);
	world_reopen(w); /* catalogue and index get new keys: test_board_dbkeys.c */
	world_reopen(w);
	assert_int_equal(w->v->recovered.len, 0);
	assert_int_equal(item_state(w, item[0]), SR_S_DESTROYED);
	assert_ok(world_open(w, &other), &w->e);
	world_free(w);
}

/* A hold that comes between the request and the last vote: the request ends refused, as a whole. */
static void hold_in_between(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[2][SR_ID], hold[SR_ID];
	struct world_request rq = ask(&w->curator[0], item, 2);

	(void)state;
	put_item(w, item[0], true);
	put_item(w, item[1], false);
	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(set(w, &w->officer, SR_T_HOLD, item[1], 0, hold), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_REFUSED);
	assert_last_rule(w, "hold-at-the-end");
	assert_int_equal(world_count(w, SR_T_DESTROY), 0);
	assert_int_equal(item_state(w, item[0]), SR_S_RELEASED);
	assert_true(secrets_of(w, item[0]) == 2 && secrets_of(w, item[1]) == 4);
	/* Lifting it destroys nothing: that takes a new request and new votes. */
	assert_int_equal(lift(w, &w->officer, item[1], hold), 0);
	assert_refused(w, vote_on(w, 2, &rq), "rule request-ended");
	assert_int_equal(item_state(w, item[1]), SR_S_HELD);
	destroy(w, item, 2);
	assert_int_equal(item_state(w, item[1]), SR_S_DESTROYED);
	world_free(w);
}

/* Two requests about one item: what is gone is not destroyed twice. A member who asks has a vote
 * like any other; two rejections of three put the quorum out of reach. */
static void asked_twice(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID];
	struct world_request a = ask(&w->member[0], item, 1), b = a, c = a;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(world_request(w, &a), 0);
	assert_int_equal(world_request(w, &b), 0);
	assert_int_equal(world_request(w, &c), 0);
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(world_vote(w, &(struct world_vote){.member = i,
						       .request = c.id,
						       .decision = "reject"}),
			0);
	assert_int_equal(request_state(w, c.id), SR_S_REFUSED);
	assert_int_equal(vote_on(w, 1, &b), 0);
	assert_int_equal(vote_on(w, 0, &a), 0);
	assert_int_equal(vote_on(w, 2, &a), 0);
	assert_int_equal(item_state(w, item[0]), SR_S_DESTROYED);
	assert_int_equal(vote_on(w, 2, &b), 0);
	assert_int_equal(request_state(w, b.id), SR_S_REFUSED);
	assert_last_rule(w, "item-destroyed");
	assert_refused(w, world_request(w, &c), "rule item-state");
	assert_int_equal(world_count(w, SR_T_DESTROY), 1);
	world_free(w);
}

/* A grant and a request with no item left end by the sweep, and their room keys with them. */
static void nothing_left(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[2][SR_ID], grant[SR_ID];
	struct world_request one = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request open = one, both = one;
	struct sr_grant_row g = {0};
	char hex[2 * SR_ID + 1];
	size_t ended = 0;

	(void)state;
	put_item(w, item[0], true);
	put_item(w, item[1], true);
	both.count = 2;
	assert_int_equal(world_request(w, &one), 0);
	world_grant(w, one.id, grant);
	assert_int_equal(world_request(w, &open), 0);
	assert_int_equal(world_request(w, &both), 0);
	sr_hex(hex, one.id, SR_ID);
	assert_true(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(hex), 1));
	destroy(w, item, 1);
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 2);
	assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
	assert_int_equal(g.state, SR_S_EXPIRED);
	sr_grant_row_free(&g);
	assert_int_equal(request_state(w, open.id), SR_S_LAPSED);
	assert_int_equal(request_state(w, both.id), SR_S_OPEN);
	assert_false(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(hex), 1));
	sr_hex(hex, open.id, SR_ID);
	assert_false(sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(hex), 1));
	assert_ok(sr_door_sweep(w->v, &ended, &w->e), &w->e);
	assert_int_equal(ended, 0);
	world_free(w);
}

/* What a kill between the statement and the erasure leaves: found by the next opening, and told. */
static void repeated_at_open(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], value[SR_KEY] = {7};
	char hex[2 * SR_ID + 1], subject[SR_SUBJECT_TEXT], name[SR_ENVELOPE_NAME], *told;

	(void)state;
	put_item(w, item[0], true);
	destroy(w, item, 1);
	sr_hex(hex, item[0], SR_ID);
	snprintf(subject, sizeof subject, "item:%s", hex);
	assert_ok(sr_secrets_put(w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(hex), 2,
			  sr_bytes_of(value, SR_KEY), &w->e),
		&w->e);
	assert_ok(sr_secrets_put(w->v->secrets, SR_SECRET_DESCRIPTIVE, sr_bytes_str(subject), 0,
			  sr_bytes_of(value, SR_KEY), &w->e),
		&w->e);
	sr_envelope_name(name, item[0], 2);
	assert_ok(sr_file_create(w->v->items, name, sr_bytes_str("what was left"), &w->e), &w->e);
	assert_int_equal(secrets_of(w, item[0]), 2);
	/* The state of secrets.db that the ledger's last commit names is older than these puts: the
	 * next entry carries the new one, as it would after a kill. */
	assert_int_equal(set(w, &w->curator[0], SR_T_EMBARGO, item[0], 0, NULL), SR_DENIED);
	world_reopen(w);
	told = sr_buf_dup_str(&w->v->recovered);
	assert_non_null(told);
	assert_non_null(strstr(told, "destroyed items: 2 secrets and 1 envelopes"));
	free(told);
	assert_int_equal(secrets_of(w, item[0]), 0);
	assert_false(has_envelope(w, item[0], 2));
	world_reopen(w);
	assert_int_equal(w->v->recovered.len, 0);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks),
		cmocka_unit_test(what_is_gone),
		cmocka_unit_test(hold_in_between),
		cmocka_unit_test(asked_twice),
		cmocka_unit_test(nothing_left),
		cmocka_unit_test(repeated_at_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
