/*
 * Held items: who looks at them, how they are released, what a refusal and a kill leave, and that
 * nothing of the held item opens afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "board/held.h"
#include "board/keys.h"
#include "room/redact.h"
#include "store/envelope.h"
#include "store/itemkey.h"
#include "store/secrets.h"
#include "world.h"

static const char LETTER[] = "Held back until somebody has read it.\n";

struct held {
	struct world *w;
	uint8_t item[SR_ID];
	char hex[2 * SR_ID + 1];
};

static void bring(struct held *h, const struct world_person *by) {
	struct world_file f = {.path = "letter.txt", .content = sr_bytes_str(LETTER)};
	struct world_deposit d = {.files = &f, .count = 1, .by = by};

	assert_ok(world_deposit(h->w, &d), &h->w->out.err);
	memcpy(h->item, d.items[0], SR_ID);
	sr_hex(h->hex, h->item, SR_ID);
}

/* A vault with one held item of the depositor, or of a curator. */
static struct held *held_new(bool by_curator) {
	struct held *h = calloc(1, sizeof *h);

	assert_non_null(h);
	h->w = world_new(&(struct world_options){.members = 3, .level = {2, 3}, .second = true});
	bring(h, by_curator ? &h->w->curator[0] : NULL);
	return h;
}

static void held_free(struct held *h) {
	world_free(h->w);
	free(h);
}

static bool has(const struct held *h, enum sr_secret_kind kind, uint64_t n) {
	return sr_secrets_has(h->w->v->secrets, kind, sr_bytes_str(h->hex), n);
}

static bool has_file(const struct held *h, uint32_t n) {
	char name[SR_ENVELOPE_NAME];

	sr_envelope_name(name, h->item, n);
	return sr_file_exists(h->w->v->items, name);
}

static int look(struct held *h, const struct world_person *by, struct world_checkout *c) {
	uint8_t part[SR_PART];
	int rc;

	*c = (struct world_checkout){.by = by, .item = h->item};
	rc = world_checkout(h->w, c);
	if (rc != 0)
		return rc;
	rc = world_part(h->w, by, h->item, part);
	return rc != 0 ? rc : sr_room_open_held(h->w->room, c->id, by->person, part, &h->w->e);
}

static void a_curator_looks(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct world_checkout c;
	struct sr_buf text;
	uint8_t part[SR_PART];

	sr_buf_init(&text);
	assert_ok(look(h, &w->curator[1], &c), &w->e);
	assert_ok(world_read(w, &c, 0, &text), &w->e);
	assert_memory_equal(text.p, LETTER, strlen(LETTER));
	assert_int_equal(world_count(w, SR_T_CHECKOUT), 1);
	assert_int_equal(world_count(w, SR_T_VIEWED), 2);
	assert_ok(world_part(w, &w->curator[1], h->item, part), &w->e);
	assert_fails(sr_room_open_held(w->room, c.id, w->curator[0].person, part, &w->e),
		SR_NOTFOUND, &w->e, "has no such checkout");
	struct sr_gap gap = {.file = 9, .from = 0, .to = 1};
	struct sr_redaction plan = {.gaps = &gap, .gap_count = 1};
	struct sr_redacting making = {.room = w->room, .person = c.by->person, .plan = &plan};
	memcpy(making.checkout, c.id, SR_ID);
	assert_fails(sr_redact_check(&making, &w->e), SR_USAGE, &w->e,
		"no file 9: the item has 1 (from 0)");
	struct sr_room_open by_votes = {.person = c.by->person};
	memcpy(by_votes.checkout, c.id, SR_ID);
	sr_room_forget(w->room, c.id);
	assert_fails(sr_room_open(w->room, &by_votes, &w->e), SR_DENIED, &w->e,
		"a checkout of right quarantine opens with its curator's part, not with votes");
	assert_ok(sr_room_open_held(w->room, c.id, c.by->person, part, &w->e), &w->e);
	assert_fails(sr_room_export_begin(w->room, c.id, c.by->person, &w->e), SR_DENIED, &w->e,
		"of right quarantine");
	assert_ok(world_return(w, &c), &w->out.err);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_fails(sr_room_open_held(w->room, c.id, c.by->person, part, &w->e), SR_DENIED, &w->e,
		"returned");
	sr_buf_free(&text);
	held_free(h);
}

static void nobody_else_looks(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct world_checkout c = {.by = &w->researcher[0], .item = h->item};
	struct world_checkout mine = {.by = &w->curator[0], .item = h->item};
	uint8_t part[SR_PART], box[SR_HELD_BOX];
	struct sr_buf boxed;

	assert_fails(world_checkout(w, &c), SR_DENIED, &w->out.err, "rule curators-inspect");
	assert_fails(
		world_part(w, &w->researcher[0], h->item, part), SR_DENIED, &w->e, "not a curator");
	assert_fails(
		world_part(w, &w->depositor, h->item, part), SR_DENIED, &w->e, "not a curator");
	assert_fails(world_part(w, &w->outsider, h->item, part), SR_DENIED, &w->e, "not a curator");
	sr_buf_init(&boxed);
	memset(box, 9, SR_ID); /* an item that there is none of */
	assert_fails(sr_room_quarantine(w->room, box, w->curator[0].person, &boxed, &w->e),
		SR_NOTFOUND, &w->e, "no such item");
	assert_int_equal(boxed.len, 0);
	/* The box of one curator is worth nothing to another, and no part but the item's opens it.
	 */
	sr_buf_init(&boxed);
	assert_ok(sr_room_quarantine(w->room, h->item, w->curator[0].person, &boxed, &w->e), &w->e);
	assert_int_equal(boxed.len, SR_HELD_BOX);
	memcpy(box, boxed.p, SR_HELD_BOX);
	struct sr_held_place at = {.number = 1};
	memcpy(at.vault, w->v->fingerprint, SR_HASH);
	memcpy(at.item, h->item, SR_ID);
	assert_fails(sr_held_open_box(part, &at, sr_buf_view(&boxed), w->curator[1].seed, &w->e),
		SR_AUTH, &w->e, "quarantine");
	assert_ok(
		sr_held_open_box(part, &at, sr_buf_view(&boxed), w->curator[0].seed, &w->e), &w->e);
	at.number = 2;
	assert_fails(sr_held_open_box(part, &at, sr_buf_view(&boxed), w->curator[0].seed, &w->e),
		SR_AUTH, &w->e, "quarantine");
	assert_ok(world_checkout(w, &mine), &w->out.err);
	part[0] ^= 1;
	assert_fails(sr_room_open_held(w->room, mine.id, mine.by->person, part, &w->e), SR_AUTH,
		&w->e, "item key does not match its commitment");
	sr_buf_free(&boxed);
	/* Marked for referral: not even curators. */
	assert_ok(world_return(w, &mine), &w->out.err);
	assert_ok(world_describe(w, &w->curator[0], h->item, "Found", "referral"), &w->out.err);
	assert_fails(world_checkout(w, &mine), SR_DENIED, &w->out.err, "referral");
	assert_fails(world_part(w, &w->curator[0], h->item, part), SR_DENIED, &w->e,
		"nobody looks at it");
	held_free(h);
}

static void release_renews_everything(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct world_checkout c;
	struct sr_item_row row = {0};
	uint8_t part[SR_PART];

	assert_true(has(h, SR_SECRET_SLOT, 1) && has(h, SR_SECRET_QUARANTINE, 1) && has_file(h, 1));
	assert_ok(look(h, &w->curator[1], &c), &w->e);
	assert_ok(world_part(w, &w->curator[1], h->item, part), &w->e);
	world_held_release(w, h->item);
	assert_int_equal(sr_room_count(w->room), 0); /* the look ends with the release */
	assert_false(
		has(h, SR_SECRET_SLOT, 1) || has(h, SR_SECRET_QUARANTINE, 1) || has_file(h, 1));
	assert_true(has(h, SR_SECRET_SLOT, 2) && has_file(h, 2));
	assert_ok(sr_query_item(&row, w->v->catalogue, h->item, &w->e), &w->e);
	assert_int_equal(row.number, 2);
	assert_int_equal(row.level, 2);
	assert_int_equal(row.state, SR_S_RELEASED);
	sr_item_row_free(&row);
	assert_fails(sr_room_open_held(w->room, c.id, c.by->person, part, &w->e), SR_DENIED, &w->e,
		"the checkout is ended");
	assert_fails(world_part(w, &w->curator[1], h->item, part), SR_DENIED, &w->e,
		"the item is released");
	assert_fails(look(h, &w->curator[1], &c), SR_DENIED, &w->out.err, "not-held");
	assert_fails(world_release(w, &w->curator[1], h->item, NULL), SR_DENIED, &w->e, "released");
	struct sr_room_release twice = {.curator = w->curator[1].person, .level = 2};
	memcpy(twice.item, h->item, SR_ID);
	assert_fails(sr_room_release_prepare(w->room, &twice, &w->e), SR_DENIED, &w->e,
		"the item is released, only a held one is released");
	world_reopen(w);
	assert_true(has(h, SR_SECRET_SLOT, 2) && has_file(h, 2));
	assert_int_equal(w->v->recovered.len, 0);
	held_free(h);
}

static void refused_releases_leave_nothing(void **state) {
	(void)state;
	struct held *h = held_new(true); /* curator 0 deposits */
	struct world *w = h->w;
	uint64_t n = 0;

	assert_fails(world_release(w, &w->curator[1], h->item, NULL), SR_DENIED, &w->out.err,
		"not-described");
	assert_false(has(h, SR_SECRET_SLOT, 2) || has_file(h, 2));
	assert_ok(world_describe(w, &w->curator[1], h->item, "A title", "malware"), &w->out.err);
	assert_fails(world_release(w, &w->curator[0], h->item, "malware"), SR_DENIED, &w->out.err,
		"rule own-deposit): Nobody releases what they deposited");
	assert_false(has(h, SR_SECRET_SLOT, 2) || has_file(h, 2));
	assert_fails(world_release(w, &w->curator[1], h->item, NULL), SR_DENIED, &w->out.err,
		"hazard-dropped");
	assert_false(has(h, SR_SECRET_SLOT, 2) || has_file(h, 2));
	assert_true(has(h, SR_SECRET_SLOT, 1) && has(h, SR_SECRET_QUARANTINE, 1) && has_file(h, 1));
	assert_int_equal(world_count(w, SR_T_REFUSE), 3);
	assert_ok(sr_secrets_count(w->v->secrets, SR_SECRET_SLOT, &n, &w->e), &w->e);
	assert_int_equal(n, 1);
	assert_ok(world_release(w, &w->curator[1], h->item, "malware"), &w->out.err);
	held_free(h);
}

/* Prepared here, stated wrongly: what was prepared is the only thing that can be committed. */
static void a_release_is_what_was_prepared(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct sr_room_release rel = {.curator = w->curator[1].person, .level = 2};
	struct sr_submission sub = {0};

	memcpy(rel.item, h->item, SR_ID);
	assert_fails(sr_room_release_hooks(w->room, h->item, &sub, &w->e), SR_NOTFOUND, &w->e,
		"no release is prepared");
	assert_ok(world_part(w, &w->curator[1], h->item, rel.part), &w->e);
	rel.level = 4;
	assert_fails(sr_room_release_prepare(w->room, &rel, &w->e), SR_DENIED, &w->e, "no level 4");
	rel.level = 3;
	rel.part[7] ^= 1;
	assert_fails(sr_room_release_prepare(w->room, &rel, &w->e), SR_AUTH, &w->e,
		"does not match its commitment");
	rel.part[7] ^= 1;
	rel.curator = w->researcher[0].person;
	assert_fails(
		sr_room_release_prepare(w->room, &rel, &w->e), SR_DENIED, &w->e, "not a curator");
	rel.curator = w->curator[1].person;
	rel.item[0] ^= 1;
	assert_fails(
		sr_room_release_prepare(w->room, &rel, &w->e), SR_NOTFOUND, &w->e, "no such item");
	rel.item[0] ^= 1;
	assert_ok(sr_room_release_prepare(w->room, &rel, &w->e), &w->e);
	assert_int_equal(rel.number, 2);
	assert_ok(sr_room_release_hooks(w->room, h->item, &sub, &w->e), &w->e);
	assert_false(has(h, SR_SECRET_SLOT, 2) || has_file(h, 2)); /* nothing counts yet */
	sr_room_release_forget(w->room);
	assert_fails(sr_room_release_hooks(w->room, h->item, &sub, &w->e), SR_NOTFOUND, &w->e,
		"no release is prepared");
	/* with no seal to look through, as in a vault that came from a backup */
	struct sr_buf boxed;
	sr_buf_init(&boxed);
	assert_ok(sr_secrets_erase(w->v->secrets, SR_SECRET_QUARANTINE, sr_bytes_str(h->hex), 1,
			  NULL, &w->e),
		&w->e);
	assert_fails(sr_room_quarantine(w->room, h->item, rel.curator, &boxed, &w->e), SR_NOTFOUND,
		&w->e, "its quarantine seal is gone (backups carry none)");
	assert_non_null(strstr(w->e.text, "deposit it anew"));
	assert_int_equal(boxed.len, 0);
	/* marked for referral, it is not prepared by anybody, whatever he has of it */
	assert_ok(world_describe(w, &w->curator[0], h->item, "Found", "referral"), &w->out.err);
	assert_fails(sr_room_release_prepare(w->room, &rel, &w->e), SR_DENIED, &w->e,
		"the item is marked for referral: it is never released");
	held_free(h);
}

/* A release up to the door: prepared, hooked, signed. */
struct ready {
	struct world_draft d;
	struct sr_submission sub;
	struct sr_buf note;
};

/* ${envelope} and ${level} of the statement; NULL and 0: as prepared. */
static void ready_sign(struct held *h, struct ready *r, const uint8_t *envelope, uint32_t level) {
	struct world *w = h->w;
	struct sr_room_release rel = {.curator = w->curator[1].person, .level = 2};

	memset(r, 0, sizeof *r);
	memcpy(rel.item, h->item, SR_ID);
	assert_ok(world_part(w, &w->curator[1], h->item, rel.part), &w->e);
	assert_ok(sr_room_release_prepare(w->room, &rel, &w->e), &w->e);
	assert_ok(sr_room_release_hooks(w->room, h->item, &r->sub, &w->e), &w->e);
	world_begin(&r->d, w, &w->curator[1], SR_T_RELEASE);
	sr_text_put_hex(&r->d.text, "item", h->item, SR_ID);
	sr_text_put_dec(&r->d.text, "number", rel.number);
	sr_text_put_hex(
		&r->d.text, "envelope", envelope != NULL ? envelope : rel.envelope, SR_HASH);
	sr_text_put_dec(&r->d.text, "level", level != 0 ? level : rel.level);
	sr_buf_init(&r->note);
	assert_ok(sr_statement_sign(
			  &r->note, sr_buf_view(&r->d.text), r->d.by->person, r->d.by->seed, &w->e),
		&w->e);
	r->sub.note = sr_buf_view(&r->note);
}

static void ready_make(struct held *h, struct ready *r, const uint8_t *envelope) {
	ready_sign(h, r, envelope, 0);
}

static void ready_free(struct ready *r) {
	sr_buf_free(&r->note);
	world_draft_free(&r->d);
}

static int ready_commit(struct held *h, struct ready *r) {
	return sr_door_commit(h->w->v, &r->sub, 1, &h->w->out, &h->w->e);
}

/* A statement that names another envelope than the prepared one would make an item that nothing
 * opens. */
static void another_envelope_is_refused(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct ready r;
	uint8_t other[SR_HASH] = {1};

	assert_ok(world_describe(w, &w->curator[0], h->item, "A title", NULL), &w->out.err);
	ready_make(h, &r, other);
	assert_ok(ready_commit(h, &r), &w->e);
	assert_fails(w->out.code, SR_DENIED, &w->out.err, "another envelope");
	ready_free(&r);
	assert_false(has(h, SR_SECRET_SLOT, 2) || has_file(h, 2));
	assert_true(has(h, SR_SECRET_SLOT, 1) && has_file(h, 1));
	assert_ok(world_release(w, &w->curator[1], h->item, NULL), &w->out.err);
	held_free(h);
}

/* The same for the level: the envelope would say another one than the statement. */
static void another_level_is_refused(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct ready r;

	assert_ok(world_describe(w, &w->curator[0], h->item, "A title", NULL), &w->out.err);
	ready_sign(h, &r, NULL, 3);
	assert_ok(ready_commit(h, &r), &w->e);
	assert_fails(w->out.code, SR_DENIED, &w->out.err, "another envelope or level");
	ready_free(&r);
	assert_true(has(h, SR_SECRET_SLOT, 1) && has_file(h, 1));
	assert_ok(world_release(w, &w->curator[1], h->item, NULL), &w->out.err);
	held_free(h);
}

/* A bad statement does not slip in behind a good one of the same group: each is judged by its own
 * text. */
static void two_in_a_group(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct ready r[2];
	struct sr_submission subs[2];
	struct sr_outcome out[2];
	uint8_t other[SR_HASH] = {1};

	assert_ok(world_describe(w, &w->curator[0], h->item, "A title", NULL), &w->out.err);
	ready_make(h, &r[0], other);
	ready_make(h, &r[1], NULL);
	for (size_t i = 0; i < 2; i++) {
		subs[i] = r[i].sub;
		assert_ok(sr_room_release_hooks(w->room, h->item, &subs[i], &w->e), &w->e);
	}
	assert_ok(sr_door_commit(w->v, subs, 2, out, &w->e), &w->e);
	assert_fails(out[0].code, SR_DENIED, &out[0].err, "another envelope");
	assert_int_equal(out[1].code, 0);
	assert_true(has(h, SR_SECRET_SLOT, 2) && has_file(h, 2));
	ready_free(&r[0]);
	ready_free(&r[1]);
	held_free(h);
}

static int fails_after(void *ctx, struct sr_vault *v, struct sr_err *e) {
	(void)ctx;
	(void)v;
	return sr_fail(e, SR_IO, "the plug is pulled here");
}

/* The process dies after the statement and before the erasures: the next opening makes them. */
static void a_kill_is_repaired(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct ready r;

	assert_ok(world_describe(w, &w->curator[0], h->item, "A title", NULL), &w->out.err);
	ready_make(h, &r, NULL);
	r.sub.after = fails_after;
	assert_fails(ready_commit(h, &r), SR_IO, &w->e, "the plug");
	ready_free(&r);
	assert_true(has(h, SR_SECRET_SLOT, 1) && has(h, SR_SECRET_QUARANTINE, 1) && has_file(h, 1));
	world_reopen(w);
	assert_false(
		has(h, SR_SECRET_SLOT, 1) || has(h, SR_SECRET_QUARANTINE, 1) || has_file(h, 1));
	assert_true(has(h, SR_SECRET_SLOT, 2) && has_file(h, 2));
	held_free(h);
}

/* A kill before the statement: slot and envelope 2 are nobody's, and the release can be made again.
 */
static void a_kill_before_the_statement(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	struct ready r;

	assert_ok(world_describe(w, &w->curator[0], h->item, "A title", NULL), &w->out.err);
	ready_make(h, &r, NULL);
	assert_ok(r.sub.before(r.sub.ctx, w->v, r.sub.note, &w->e), &w->e);
	ready_free(&r);
	assert_true(has(h, SR_SECRET_SLOT, 2) && has_file(h, 2));
	/* In the same process: a new preparation takes their place. */
	assert_ok(world_release(w, &w->curator[1], h->item, NULL), &w->out.err);
	assert_false(has(h, SR_SECRET_SLOT, 1) || has_file(h, 1));
	held_free(h);

	h = held_new(false);
	w = h->w;
	ready_make(h, &r, NULL);
	assert_ok(r.sub.before(r.sub.ctx, w->v, r.sub.note, &w->e), &w->e);
	ready_free(&r);
	world_reopen(w);
	assert_false(has(h, SR_SECRET_SLOT, 2) || has_file(h, 2));
	assert_true(has(h, SR_SECRET_SLOT, 1) && has(h, SR_SECRET_QUARANTINE, 1) && has_file(h, 1));
	held_free(h);
}

static enum sr_state state_of(struct held *h, uint32_t *number) {
	struct sr_item_row row = {0};
	enum sr_state s;

	assert_ok(sr_query_item(&row, h->w->v->catalogue, h->item, &h->w->e), &h->w->e);
	s = row.state;
	*number = row.number;
	sr_item_row_free(&row);
	return s;
}

/* Every step that touches the disk fails once: afterwards the item is held as before or released,
 * never between. */
static void every_fault(void **state) {
	(void)state;
	struct held *h = held_new(false);
	struct world *w = h->w;
	unsigned long nth = 0, released = 0;
	bool hit = true;

	assert_ok(world_describe(w, &w->curator[0], h->item, "A title", NULL), &w->out.err);
	while (hit) {
		struct ready r;
		enum sr_state s;
		uint32_t number = 0;

		assert_true(++nth < 200);
		ready_make(h, &r, NULL);
		sr_fault_set(nth, 5 /* EIO */);
		hit = ready_commit(h, &r) != 0 || w->out.code != 0;
		sr_fault_set(0, 0);
		ready_free(&r);
		world_reopen(w);
		s = state_of(h, &number);
		assert_int_equal(number, s == SR_S_HELD ? 1 : 2);
		assert_true(has(h, SR_SECRET_SLOT, number) && has_file(h, number));
		assert_false(has(h, SR_SECRET_SLOT, 3 - number) || has_file(h, 3 - number));
		assert_int_equal(has(h, SR_SECRET_QUARANTINE, 1), s == SR_S_HELD);
		assert_true(hit || s == SR_S_RELEASED);
		if (hit && s == SR_S_RELEASED) { /* failed after the statement: the next one dies a
						    step later */
			released++;
			bring(h, NULL);
			assert_ok(world_describe(w, &w->curator[0], h->item, "A title", NULL),
				&w->out.err);
		}
	}
	assert_true(nth - released > 5 &&
		    released > 2); /* faults did hit before and after the statement */
	held_free(h);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_curator_looks),
		cmocka_unit_test(nobody_else_looks),
		cmocka_unit_test(release_renews_everything),
		cmocka_unit_test(refused_releases_leave_nothing),
		cmocka_unit_test(a_release_is_what_was_prepared),
		cmocka_unit_test(another_envelope_is_refused),
		cmocka_unit_test(another_level_is_refused),
		cmocka_unit_test(two_in_a_group),
		cmocka_unit_test(a_kill_is_repaired),
		cmocka_unit_test(a_kill_before_the_statement),
		cmocka_unit_test(every_fault),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
