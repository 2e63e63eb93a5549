/*
 * Hazards of parts in the room, and what the replay makes of views that say otherwise than what was
 * marked then.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "board/follow.h"
#include "world.h"

static const char PAGES[] = "page one\n\fhow to build it\n\fpage three\n";

struct desk {
	struct world *w;
	uint8_t item[SR_ID], grant[SR_ID];
	struct world_checkout c;
};

/* An item of two files, released and granted at the lower of two levels, and open. */
static void desk_begin(struct desk *d) {
	struct world_file files[] = {{.path = "a.txt", .content = sr_bytes_str(PAGES)},
		{.path = "b.txt", .content = sr_bytes_str("names\n")}};
	struct world_deposit dep = {.files = files, .count = 2, .together = true};
	const struct world_options o = {.members = 3, .level = {2, 3}};
	struct world_request rq;

	memset(d, 0, sizeof *d);
	d->w = world_new(&o);
	assert_ok(world_deposit(d->w, &dep), &d->w->out.err);
	memcpy(d->item, dep.items[0], SR_ID);
	world_held_release(d->w, d->item);
	rq = (struct world_request){.by = &d->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])dep.items,
		.count = 1};
	assert_ok(world_request(d->w, &rq), &d->w->out.err);
	world_grant(d->w, rq.id, d->grant);
	d->c = (struct world_checkout){
		.by = &d->w->researcher[0], .grant = d->grant, .item = d->item};
	assert_ok(world_checkout(d->w, &d->c), &d->w->out.err);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
}

static int marked(struct desk *d, const char *marks) {
	struct world_draft w;

	world_begin(&w, d->w, &d->w->curator[0], SR_T_DESCRIBE);
	sr_text_put_hex(&w.text, "item", d->item, SR_ID);
	world_words(&w.text, "mark", marks);
	return world_commit(&w, NULL);
}

static bool text_has(struct desk *d, uint64_t file, const char *piece) {
	struct sr_buf text;
	bool has;

	sr_buf_init(&text);
	assert_ok(world_read(d->w, &d->c, file, &text), &d->w->e);
	has = text.len > 0 && memmem(text.p, text.len, piece, strlen(piece)) != NULL;
	sr_buf_free(&text);
	return has;
}

struct heap {
	struct sr_audit_finding first;
	size_t count;
};

static int keep(void *ctx, const struct sr_audit_finding *f, struct sr_err *e) {
	struct heap *h = ctx;

	(void)e;
	if (h->count++ == 0)
		h->first = *f;
	return 0;
}

static void replay(struct desk *d, struct heap *h) {
	struct sr_audit_compared compared;
	struct sr_audit *a = NULL;
	struct world *w = d->w;

	memset(h, 0, sizeof *h);
	assert_ok(sr_audit_open(&a, w->v, true, &w->e), &w->e);
	while (sr_audit_state(a) == SR_AUDIT_RUNNING)
		assert_ok(sr_audit_step(a, SR_AUDIT_STEP, &w->e), &w->e);
	assert_ok(sr_audit_report(a, keep, h, &compared, &w->e), &w->e);
	sr_audit_close(a);
	assert_ok(sr_audit_remove(w->v, &w->e), &w->e);
}

/* The service says that it showed a file. */
static void says(struct desk *d, const char *event, const char *file) {
	struct sr_outcome out;
	struct sr_buf text;

	sr_buf_init(&text);
	sr_follow_begin(&text, d->w->v, SR_T_VIEWED, d->w->now);
	sr_text_put_hex(&text, "checkout", d->c.id, SR_ID);
	sr_text_put(&text, "event", event);
	sr_text_put(&text, "file", file);
	sr_text_put(&text, "form", "text");
	assert_ok(sr_door_service(d->w->v, sr_buf_view(&text), &out, &d->w->e), &d->w->e);
	sr_buf_free(&text);
}

static void test_left_out(void **state) {
	struct sr_buf text;
	struct desk d;
	struct heap h;

	(void)state;
	desk_begin(&d);
	assert_true(text_has(&d, 0, "build"));
	assert_ok(marked(&d, "instructional@0:p2-2 personal-data@1"), &d.w->out.err);
	assert_false(text_has(&d, 0, "build"));
	assert_true(text_has(&d, 0, "page three"));
	assert_true(text_has(&d, 0, "[page 2 left out: instructional]"));
	sr_buf_init(&text);
	assert_fails(world_read(d.w, &d.c, 1, &text), SR_DENIED, &d.w->e, "personal-data");
	sr_buf_free(&text);
	/* A hazard of the level that the grant has is covered. */
	assert_ok(marked(&d, "hate@0:p2-2"), &d.w->out.err);
	assert_true(text_has(&d, 0, "build"));
	assert_true(text_has(&d, 1, "names"));
	replay(&d, &h);
	if (h.count > 0)
		fail_msg("%s: %s", h.first.field, h.first.text);
	world_free(d.w);
}

/* Marked while somebody reads: the next page is refused, and from the start it is left out. */
static void test_meanwhile(void **state) {
	struct sr_room_page p = {.file = 0, .len = 5};
	const char *encoding = NULL;
	struct sr_buf text;
	struct desk d;
	uint64_t next = 0;

	(void)state;
	desk_begin(&d);
	memcpy(p.checkout, d.c.id, SR_ID);
	p.person = d.c.by->person;
	sr_buf_init(&text);
	assert_ok(sr_room_text(d.w->room, &p, &text, &next, &encoding, &d.w->e), &d.w->e);
	assert_ok(marked(&d, "instructional@0:p2-2"), &d.w->out.err);
	p.offset = next;
	assert_fails(sr_room_text(d.w->room, &p, &text, &next, &encoding, &d.w->e), SR_DENIED,
		&d.w->e, "marked while it was read");
	sr_buf_free(&text);
	assert_false(text_has(&d, 0, "build"));
	world_free(d.w);
}

static void one_lie(const char *marks, const char *event, const char *file, const char *piece) {
	struct desk d;
	struct heap h;

	desk_begin(&d);
	if (marks != NULL)
		assert_ok(marked(&d, marks), &d.w->out.err);
	says(&d, event, file);
	replay(&d, &h);
	if (piece == NULL) {
		assert_int_equal(h.count, 0);
	} else {
		assert_int_equal(h.count, 1);
		assert_string_equal(h.first.what, "view");
		assert_string_equal(h.first.field, "event");
		assert_non_null(strstr(h.first.text, piece));
	}
	world_free(d.w);
}

static void test_lies(void **state) {
	(void)state;
	one_lie("instructional@0:p2-2", "read", "0", "does not cover what is marked of it");
	one_lie("instructional@0:p2-2", "read-part", "0", NULL);
	one_lie("instructional@0:p2-2", "read", "1", NULL);
	one_lie("instructional@1", "read-part", "1", "does not cover");
	one_lie("hate@0:p2-2", "read-part", "0", "covers all of it");
}

/* What the door refuses of marks. */
static void test_door(void **state) {
	static const struct {
		const char *marks, *rule;
	} cases[] = {{"instructional@2", "no-such-file"}, {"dull@0", "unknown-hazard"},
		{"referral@0", "referral"}, {"instructional@0:12-18", "bad-value"}};
	struct desk d;

	(void)state;
	desk_begin(&d);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(marked(&d, cases[i].marks), SR_DENIED);
		assert_string_equal(d.w->out.rule, cases[i].rule);
	}
	world_free(d.w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_door),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
