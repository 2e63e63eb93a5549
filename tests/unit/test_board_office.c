/*
 * office - the officer's enquiries with their refusals, and who is told what, when, and once. The
 * acts are world.h's.
 */
#include "board/follow.h"
#include "ledger/ledger.h"
#include "world.h"

#define assert_refused(w, rc, piece) assert_fails((rc), SR_DENIED, &(w)->out.err, (piece))

struct ask {
	const struct world_person *by; /* NULL: the officer */
	const char *event, *kind;
	int64_t deadline;
	const uint8_t *item;
	const char *concerns, *reference;
};

static int enquiry(struct world *w, const uint8_t id[SR_ID], const struct ask *a) {
	struct world_draft d;

	world_begin(&d, w, a->by != NULL ? a->by : &w->officer, SR_T_ENQUIRY);
	sr_text_put_hex(&d.text, "enquiry", id, SR_ID);
	sr_text_put(&d.text, "event", a->event);
	if (a->kind != NULL)
		sr_text_put(&d.text, "kind", a->kind);
	if (a->deadline != 0)
		sr_text_put_time(&d.text, "deadline", a->deadline);
	if (a->item != NULL)
		sr_text_put_hex(&d.text, "item", a->item, SR_ID);
	if (a->concerns != NULL)
		sr_text_put(&d.text, "concerns", a->concerns);
	world_text(&d, "reference", a->reference);
	world_text(&d, "text", "what is asked, or said");
	return world_commit(&d, NULL);
}

static void put_item(struct world *w, uint8_t item[SR_ID]) {
	static const char text[] = "a page of harmless text\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	world_held_release(w, item);
}

static void life_of_an_enquiry(void **state) {
	struct world *w = world_new(NULL);
	struct sr_enquiry_row q = {.entry = 0};
	struct sr_enquiry_events v = {NULL, 0};
	struct sr_enquiries l = {NULL, 0};
	uint8_t id[SR_ID], urgent[SR_ID], item[SR_ID];

	(void)state;
	put_item(w, item);
	world_id(w, id);
	world_id(w, urgent);
	assert_int_equal(enquiry(w, id,
				 &(struct ask){.event = "open",
					 .kind = "court",
					 .item = item,
					 .concerns = w->researcher[0].person,
					 .reference = "2 Js 114/26"}),
		0);
	assert_int_equal(enquiry(w, urgent,
				 &(struct ask){.event = "open",
					 .kind = "data-subject",
					 .deadline = w->now + W_DAY}),
		0);
	assert_int_equal(
		enquiry(w, id, &(struct ask){.event = "answer", .deadline = w->now + 9 * W_DAY}),
		0);
	assert_int_equal(enquiry(w, id, &(struct ask){.event = "answer"}), 0);
	world_reopen(w);
	assert_ok(sr_query_enquiry(&q, w->v->catalogue, id, &w->e), &w->e);
	assert_int_equal(q.state, SR_S_ANSWERED);
	assert_string_equal(q.kind, "court");
	assert_int_equal(q.deadline, w->now + 9 * W_DAY);
	assert_int_equal(q.item_count, 1);
	assert_memory_equal(q.items[0], item, SR_ID);
	assert_string_equal(q.people, w->researcher[0].person);
	assert_string_equal(q.reference, "2 Js 114/26");
	sr_enquiry_row_free(&q);
	assert_ok(sr_query_enquiries(&l, w->v->catalogue, SR_S_NONE, &w->e), &w->e);
	assert_int_equal(l.count, 2);
	assert_memory_equal(l.rows[0].id, urgent, SR_ID); /* the most urgent first */
	sr_enquiries_free(&l);
	assert_int_equal(enquiry(w, id, &(struct ask){.event = "close"}), 0);
	assert_ok(sr_query_enquiry_events(&v, w->v->catalogue, id, &w->e), &w->e);
	assert_int_equal(v.count, 4);
	assert_string_equal(v.rows[0].event, "open");
	assert_string_equal(v.rows[3].event, "close");
	assert_string_equal(v.rows[3].text, "what is asked, or said");
	sr_enquiry_events_free(&v);
	assert_ok(sr_query_enquiries(&l, w->v->catalogue, SR_S_CLOSED, &w->e), &w->e);
	assert_int_equal(l.count, 1);
	sr_enquiries_free(&l);
	world_free(w);
}

static void refused_enquiries(void **state) {
	struct world *w = world_new(NULL);
	uint8_t id[SR_ID], other[SR_ID], item[SR_ID];
	const struct ask right = {.event = "open", .kind = "police"};

	(void)state;
	put_item(w, item);
	world_id(w, id);
	world_id(w, other);
	assert_refused(w,
		enquiry(w, id,
			&(struct ask){.by = &w->member[0], .event = "open", .kind = "police"}),
		"role-missing");
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "open", .kind = "neighbour"}),
		"unknown-kind");
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "open"}), "unknown-kind");
	assert_refused(w,
		enquiry(w, id,
			&(struct ask){.event = "open", .kind = "court", .deadline = w->now - 1}),
		"deadline-past");
	assert_refused(w,
		enquiry(w, id, &(struct ask){.event = "open", .kind = "court", .item = other}),
		"no-such-item");
	assert_refused(w,
		enquiry(w, id,
			&(struct ask){.event = "open",
				.kind = "court",
				.concerns = "p-0000000000000000"}),
		"no-such-person");
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "answer"}), "no-such-enquiry");
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "ponder"}), "no-such-enquiry");
	assert_int_equal(enquiry(w, id, &right), 0);
	assert_refused(w, enquiry(w, id, &right), "enquiry-taken");
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "ponder"}), "unknown-event");
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "answer", .kind = "court"}),
		"enquiry-surplus");
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "answer", .item = item}),
		"enquiry-surplus");
	assert_refused(w,
		enquiry(w, id, &(struct ask){.event = "close", .deadline = w->now + W_DAY}),
		"enquiry-surplus");
	assert_refused(w,
		enquiry(w, id, &(struct ask){.event = "answer", .deadline = w->now - W_DAY}),
		"deadline-past");
	assert_int_equal(enquiry(w, id, &(struct ask){.event = "close"}), 0);
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "answer"}), "enquiry-closed");
	assert_refused(w, enquiry(w, id, &(struct ask){.event = "close"}), "enquiry-closed");
	world_free(w);
}

/* --- notices ---------------------------------------------------------------------------------- */

/* How many of this kind are due, for ${person} or (NULL) anybody; the last one in ${found}. */
static size_t due(
	struct world *w, const char *what, const char *person, struct sr_notice_row *found) {
	struct sr_notices l = {NULL, 0};
	size_t n = 0;

	assert_ok(sr_query_notices(&l, w->v->catalogue, w->now, &w->e), &w->e);
	for (size_t i = 0; i < l.count; i++) {
		if (i > 0)
			assert_true(strcmp(l.rows[i - 1].person, l.rows[i].person) <= 0);
		if (strcmp(l.rows[i].what, what) != 0 ||
			(person != NULL && strcmp(l.rows[i].person, person) != 0))
			continue;
		n++;
		if (found != NULL)
			*found = l.rows[i];
	}
	sr_notices_free(&l);
	return n;
}

static void send(struct world *w, const struct sr_notice_row *n) {
	struct sr_buf text;

	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_NOTICE, w->now);
	sr_text_put(&text, "what", n->what);
	sr_text_put(&text, "person", n->person);
	sr_text_put_hex(&text, "about", n->about, SR_ID);
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &w->out, &w->e), &w->e);
	assert_int_equal(w->out.code, 0);
	sr_buf_free(&text);
}

static void voters_are_told(void **state) {
	struct world *w = world_new(NULL);
	struct sr_notice_row n;
	uint8_t item[SR_ID], grant[SR_ID];
	struct world_request rq = {.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1,
		.with = {&w->researcher[1]}};

	(void)state;
	put_item(w, item);
	assert_int_equal(due(w, "request", NULL, NULL), 0);
	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(due(w, "request", NULL, NULL), w->members);
	assert_int_equal(due(w, "join", w->researcher[1].person, NULL), 1);
	assert_int_equal(due(w, "vote-needed", NULL, NULL), 0);
	assert_int_equal(due(w, "request", w->member[2].person, &n), 1);
	send(w, &n);
	assert_int_equal(due(w, "request", NULL, NULL), w->members - 1);
	world_reopen(w); /* what was sent is in the log */
	assert_int_equal(due(w, "request", w->member[2].person, NULL), 0);
	assert_int_equal(world_join(w, &w->researcher[1], rq.id), 0);
	assert_int_equal(due(w, "join", NULL, NULL), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = rq.id}), 0);
	w->now += SR_NOTICE_VOTE_S;
	assert_int_equal(due(w, "vote-needed", NULL, NULL), w->members - 1);
	assert_int_equal(due(w, "vote-needed", w->member[0].person, NULL), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = rq.id}), 0);
	assert_true(world_grant_of(w, rq.id, grant));
	assert_int_equal(due(w, "request", NULL, NULL) + due(w, "vote-needed", NULL, NULL), 0);
	assert_int_equal(due(w, "granted", NULL, NULL), 2);
	world_free(w);
}

/* Half of the time that a request has is when its voters hear of it again. */
static void reminded_in_time(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID];
	struct world_request rq = {.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1,
		.closes = W_TIME + 4 * W_DAY};

	(void)state;
	put_item(w, item);
	assert_int_equal(world_request(w, &rq), 0);
	w->now = W_TIME + 2 * W_DAY - W_HOUR;
	assert_int_equal(due(w, "vote-needed", NULL, NULL), 0);
	w->now = W_TIME + 2 * W_DAY + W_HOUR;
	assert_int_equal(due(w, "vote-needed", NULL, NULL), w->members);
	w->now = W_TIME + 4 * W_DAY + W_HOUR;
	assert_ok(sr_door_sweep(w->v, NULL, &w->e), &w->e);
	assert_int_equal(due(w, "vote-needed", NULL, NULL), 0);
	assert_int_equal(due(w, "decided", w->researcher[0].person, NULL), 1);
	world_free(w);
}

static void renew(struct world *w, const uint8_t grant[SR_ID], int64_t ends) {
	struct world_draft d;
	uint8_t id[SR_ID];

	world_id(w, id);
	world_begin(&d, w, &w->researcher[0], SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "renew");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[0]);
	sr_text_put_time(&d.text, "ends", ends);
	sr_text_put_hex(&d.text, "target", grant, SR_ID);
	world_text(&d, "reason", "half of it is read");
	assert_int_equal(world_commit(&d, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = id}), 0);
}

static void grants_are_told(void **state) {
	struct world *w = world_new(NULL);
	struct sr_notice_row first, second;
	uint8_t item[SR_ID], grant[SR_ID];
	const char *who = w->researcher[0].person;
	struct world_request rq = {.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1,
		.ends = W_TIME + 60 * W_DAY};

	(void)state;
	put_item(w, item);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(due(w, "granted", who, &first), 1);
	assert_memory_equal(first.about, grant, SR_ID);
	assert_int_equal(due(w, "ends-soon", NULL, NULL), 0);
	assert_int_equal(world_suspend(w, 0, grant), 0);
	assert_int_equal(due(w, "suspended", who, &first), 1);
	assert_int_equal(due(w, "granted", NULL, NULL), 0);
	send(w, &first);
	assert_int_equal(due(w, "suspended", who, NULL), 0);
	assert_int_equal(world_lift(w, 0, grant), 0);
	assert_int_equal(world_suspend(w, 1, grant), 0); /* another one is news again */
	assert_int_equal(due(w, "suspended", who, &second), 1);
	assert_memory_not_equal(first.about, second.about, SR_ID);
	assert_int_equal(world_lift(w, 1, grant), 0);
	w->now = W_TIME + 50 * W_DAY;
	assert_int_equal(due(w, "granted", who, NULL), 0); /* no news any more */
	assert_int_equal(due(w, "ends-soon", who, &first), 1);
	assert_memory_equal(first.thing, grant, SR_ID);
	send(w, &first);
	assert_int_equal(due(w, "ends-soon", who, NULL), 0);
	/* Renewed, it ends another time, and that is told as well. */
	renew(w, grant, W_TIME + 90 * W_DAY);
	assert_int_equal(due(w, "ends-soon", NULL, NULL), 0);
	w->now = W_TIME + 80 * W_DAY;
	assert_int_equal(due(w, "ends-soon", who, &second), 1);
	assert_memory_equal(second.thing, grant, SR_ID);
	assert_memory_not_equal(second.about, first.about, SR_ID);
	world_revoke(w, grant);
	assert_int_equal(due(w, "ends-soon", NULL, NULL), 0);
	assert_int_equal(due(w, "revoked", who, NULL), 1);
	w->now += SR_NOTICE_FRESH_S;
	assert_int_equal(due(w, "revoked", who, NULL), 0);
	world_free(w);
}

static void scrub(struct world *w, const char *result) {
	struct sr_buf text;

	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_SCRUB, w->now);
	sr_text_put_dec(&text, "packs", 1);
	sr_text_put_dec(&text, "objects", 1);
	sr_text_put_dec(&text, "envelopes", 1);
	sr_text_put_dec(&text, "bad", strcmp(result, "damaged") == 0);
	sr_text_put(&text, "result", result);
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &w->out, &w->e), &w->e);
	sr_buf_free(&text);
}

static void the_house_is_told(void **state) {
	struct world *w = world_new(NULL);
	struct world_draft d;
	uint8_t id[SR_ID];

	(void)state;
	scrub(w, "damaged");
	assert_int_equal(due(w, "scrub-failed", w->custodian.person, NULL), 1);
	assert_int_equal(due(w, "scrub-failed", w->officer.person, NULL), 1);
	scrub(w, "whole");
	assert_int_equal(due(w, "scrub-failed", NULL, NULL), 0);
	put_item(w, id);
	world_begin(&d, w, &w->curator[0], SR_T_RETENTION);
	sr_text_put_hex(&d.text, "item", id, SR_ID);
	sr_text_put_time(&d.text, "due", w->now + 2 * W_DAY);
	sr_text_put(&d.text, "basis", "contract");
	assert_int_equal(world_commit(&d, NULL), 0);
	assert_int_equal(due(w, "retention-due", NULL, NULL), 0);
	world_id(w, id);
	assert_int_equal(
		enquiry(w, id,
			&(struct ask){
				.event = "open", .kind = "court", .deadline = w->now + 10 * W_DAY}),
		0);
	assert_int_equal(due(w, "enquiry-due", NULL, NULL), 0);
	w->now += 8 * W_DAY;
	assert_int_equal(due(w, "enquiry-due", w->officer.person, NULL), 1);
	assert_int_equal(due(w, "retention-due", NULL, NULL), W_CURATORS + 1);
	assert_int_equal(enquiry(w, id, &(struct ask){.event = "close"}), 0);
	assert_int_equal(due(w, "enquiry-due", NULL, NULL), 0);
	world_free(w);
}

/* Whoever left is told nothing. */
static void who_left_is_not_told(void **state) {
	struct world *w = world_new(NULL);
	struct world_draft d;
	uint8_t item[SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};

	(void)state;
	put_item(w, item);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	world_revoke(w, grant);
	assert_int_equal(due(w, "revoked", w->researcher[0].person, NULL), 1);
	world_begin(&d, w, &w->officer, SR_T_PERSON_END);
	sr_text_put(&d.text, "person", w->researcher[0].person);
	assert_int_equal(world_commit(&d, NULL), 0);
	assert_int_equal(due(w, "revoked", w->researcher[0].person, NULL), 0);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_of_an_enquiry),
		cmocka_unit_test(refused_enquiries),
		cmocka_unit_test(voters_are_told),
		cmocka_unit_test(reminded_in_time),
		cmocka_unit_test(grants_are_told),
		cmocka_unit_test(the_house_is_told),
		cmocka_unit_test(who_left_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
