/*
 * test_board_redact - what the door says of a `redact` that a client made up.
 */
#include "room/redact.h"
#include "world.h"

struct said { /* what the statement says; the rest is right */
	const uint8_t *collection, *parent, *checkout;
	uint64_t items;
};

static int redact(struct world *w, const struct world_person *by, const struct said *s) {
	struct world_draft d;
	uint8_t id[SR_ID], root[SR_HASH] = {0};

	world_begin(&d, w, by, SR_T_REDACT);
	world_id(w, id);
	sr_text_put_hex(&d.text, "accession", id, SR_ID);
	sr_text_put_hex(&d.text, "collection", s->collection, SR_ID);
	sr_text_put_hex(&d.text, "parent", s->parent, SR_ID);
	sr_text_put_hex(&d.text, "checkout", s->checkout, SR_ID);
	sr_statement_put_count_root(&d.text, "items", s->items, root);
	sr_statement_put_count_root(&d.text, "files", 1, root);
	sr_text_put_dec(&d.text, "bytes", 1);
	world_object(&d, "list", sr_bytes_str("a list that is none"));
	world_text(&d, "reason", "names of the living");
	return world_commit(&d, NULL);
}

static void refused(
	struct world *w, const struct world_person *by, const struct said *s, const char *rule) {
	assert_int_equal(redact(w, by, s), SR_DENIED);
	if (strstr(w->out.err.text, rule) == NULL)
		fail_msg("%s, not %s", w->out.err.text, rule);
	assert_int_equal(world_count(w, SR_T_REDACT), 0);
}

static void test_refused(void **state) {
	struct world *w = world_new(NULL);
	struct world_file f = {.path = "page.txt", .content = sr_bytes_str("of the living\n")};
	struct world_deposit d = {.files = &f, .count = 1};
	struct world_checkout look = {.by = &w->curator[0]};
	uint8_t nobody[SR_ID] = {9}, other[SR_ID], second[SR_ID];

	(void)state;
	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(second, d.items[0], SR_ID);
	assert_int_equal(world_deposit(w, &d), 0);
	look.item = d.items[0];
	assert_int_equal(world_checkout(w, &look), 0);
	world_collection(w, "other", "collection", other);
	struct said s = {w->collection, d.items[0], look.id, 1};
	refused(w, &w->depositor, &s, "role-missing");
	s.parent = nobody;
	refused(w, &w->curator[0], &s, "rule no-such-item");
	s.parent = d.items[0];
	s.collection = other;
	refused(w, &w->curator[0], &s, "rule not-one-version");
	s.collection = nobody;
	refused(w, &w->curator[0], &s, "rule no-such-collection");
	s.collection = w->collection;
	s.items = 2;
	refused(w, &w->curator[0], &s, "rule not-one-version");
	s.items = 1;
	s.checkout = nobody;
	refused(w, &w->curator[0], &s, "rule no-such-checkout");
	s.checkout = look.id;
	refused(w, &w->curator[1], &s, "rule no-such-checkout"); /* another's look */
	s.parent = second;
	refused(w, &w->curator[0], &s, "rule no-such-checkout"); /* at another item */
	s.parent = d.items[0];
	/* All that is right; the list is not one: apply says so. */
	assert_int_equal(redact(w, &w->curator[0], &s), SR_CORRUPT);
	assert_non_null(strstr(w->out.err.text, "accession list"));
	assert_int_equal(world_return(w, &look), 0);
	refused(w, &w->curator[0], &s, "rule no-such-checkout");
	world_held_release(w, d.items[0]);
	refused(w, &w->curator[0], &s, "rule no-such-checkout");
	/* Of what is no more there is no version without something. */
	struct world_request end = {.by = &w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])d.items,
		.count = 1};
	assert_ok(world_request(w, &end), &w->out.err);
	for (size_t i = 0; i < 2; i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = end.id}),
			&w->out.err);
	refused(w, &w->curator[0], &s,
		"a redaction is made from a held or released item, this one is destroyed");
	world_free(w);
}

/* Of a released item: a live look of right redact, by the board's leave, and no other right. */
static void test_released(void **state) {
	struct world *w = world_new(NULL);
	struct world_file f = {.path = "page.txt", .content = sr_bytes_str("of the living\n")};
	struct world_deposit d = {.files = &f, .count = 1};
	struct world_request rq = {.by = &w->curator[0],
		.kind = "reseal",
		.items = (const uint8_t(*)[SR_ID])d.items,
		.count = 1};
	uint8_t grant[SR_ID];
	struct world_checkout look = {.by = &w->curator[0],
		.grant = grant,
		.item = d.items[0],
		.right = "reseal",
		.form = "none"};

	(void)state;
	assert_int_equal(world_deposit(w, &d), 0);
	struct said s = {w->collection, d.items[0], look.id, 1};
	rq.kind = "redact";
	assert_int_equal(
		world_request(w, &rq), SR_DENIED); /* what is held is looked at otherwise */
	assert_non_null(strstr(w->out.err.text, "rule item-not-released"));
	world_held_release(w, d.items[0]);
	rq.kind = "reseal";
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	assert_ok(world_checkout(w, &look), &w->out.err);
	refused(w, &w->curator[0], &s, "rule no-such-checkout"); /* of another right */
	assert_int_equal(world_return(w, &look), 0);
	rq.kind = "redact";
	rq.by = &w->researcher[0];
	assert_int_equal(world_request(w, &rq), SR_DENIED);
	assert_non_null(strstr(w->out.err.text, "rule role-missing"));
	rq.by = &w->curator[0];
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	look.right = "redact";
	look.form = "colour";
	assert_int_equal(world_checkout(w, &look), SR_DENIED);
	assert_non_null(strstr(w->out.err.text, "rule form-not-granted"));
	look.form = "text";
	assert_ok(world_checkout(w, &look), &w->out.err);
	assert_ok(world_open(w, &look), &w->e);
	refused(w, &w->curator[1], &s, "rule no-such-checkout"); /* another's */
	/* All that is right; the list is not one: apply says so. */
	assert_int_equal(redact(w, &w->curator[0], &s), SR_CORRUPT);
	assert_non_null(strstr(w->out.err.text, "accession list"));
	assert_int_equal(world_suspend(w, 2, grant), 0); /* its checkouts end */
	refused(w, &w->curator[0], &s, "rule no-such-checkout");
	world_free(w);
}

/* A plan is a curator's bytes: each thing that no plan says by its own sentence. */
static void test_plans(void **state) {
	static const struct {
		uint64_t left[2], kept[2], gaps[2][3]; /* as many as the counts say */
		uint32_t left_count, gap_count, kept_count;
		const char *says;
	} rows[] = {
		{.says = "redaction: it leaves nothing out"},
		{.kept = {4}, .kept_count = 1, .says = "redaction: it leaves nothing out"},
		{.left = {4, 4},
			.left_count = 2,
			.says = "redaction: files left out are not in order"},
		{.left = {5, 4},
			.left_count = 2,
			.says = "redaction: files left out are not in order"},
		{.left = {1},
			.left_count = 1,
			.kept = {7, 6},
			.kept_count = 2,
			.says = "redaction: files kept are not in order"},
		{.gaps = {{0, 9, 9}}, .gap_count = 1, .says = "redaction: a gap from 9 to 9"},
		{.gaps = {{0, 9, 8}}, .gap_count = 1, .says = "redaction: a gap from 9 to 8"},
		{.gaps = {{1, 0, 9}, {0, 0, 9}},
			.gap_count = 2,
			.says = "redaction: gaps are not in order, or overlap"},
		{.gaps = {{1, 0, 9}, {1, 8, 12}},
			.gap_count = 2,
			.says = "redaction: gaps are not in order, or overlap"},
		{.left_count = 65537, .says = "redaction: 65537 do not fit"},
		{.left_count = 4, .says = "redaction: 4 do not fit"},
		{.gaps = {{1, 0, 9}, {1, 9, 12}}, .gap_count = 2, .says = NULL},
	};
	struct sr_redaction plan;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		sr_buf_init(&b);
		sr_buf_put_le32(&b, rows[i].left_count);
		for (uint32_t k = 0; k < rows[i].left_count && k < 2; k++)
			sr_buf_put_le64(&b, rows[i].left[k]);
		sr_buf_put_le32(&b, rows[i].gap_count);
		for (uint32_t k = 0; k < rows[i].gap_count; k++)
			for (size_t n = 0; n < 3; n++)
				sr_buf_put_le64(&b, rows[i].gaps[k][n]);
		sr_buf_put_le32(&b, rows[i].kept_count);
		for (uint32_t k = 0; k < rows[i].kept_count; k++)
			sr_buf_put_le64(&b, rows[i].kept[k]);
		int rc = sr_redaction_read(&plan, sr_buf_view(&b), &e);
		if (rows[i].says != NULL)
			assert_fails(rc, SR_CORRUPT, &e, rows[i].says);
		else
			assert_ok(rc, &e);
		sr_redaction_free(&plan);
		sr_err_clear(&e);
		sr_buf_free(&b);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_released),
	};
	return cmocka_run_group_tests_name("board redact", tests, NULL, NULL);
}
