/*
 * test_catalogue_flags - what stands on items: each on its own, items.flags derived from those that
 * have not ended, checkouts that end with them; what cannot be is refused; replay twice is equal.
 */
#include "catalogue_life.h"

static unsigned flags_of(struct rig *r, const char *item) {
	struct sr_item_row row = {0};
	uint8_t id[SR_ID];
	struct sr_err e;
	unsigned flags;

	rig_id(id, item);
	assert_ok(sr_query_item(&row, r->cat, id, &e), &e);
	flags = row.flags;
	sr_item_row_free(&row);
	return flags;
}

static size_t standing(struct rig *r, const char *item, bool all) {
	struct sr_flags l = {0};
	uint8_t id[SR_ID];
	struct sr_err e;
	size_t n;

	rig_id(id, item);
	assert_ok(sr_query_flags(&l, r->cat, id, !all, &e), &e);
	n = l.count;
	sr_flags_free(&l);
	return n;
}

static enum sr_state checkout_state(struct rig *r, const char *checkout) {
	struct sr_checkout_row row = {0};
	uint8_t id[SR_ID];
	struct sr_err e;

	rig_id(id, checkout);
	assert_ok(sr_query_checkout(&row, r->cat, id, &e), &e);
	return row.state;
}

static void begin(struct rig *r) {
	rig_open(r);
	life_board(r);
	life_items_in(r);
	life_granted(r, "request 5", "grant 5", "access");
	rig_apply(r);
}

static void test_each_on_its_own(void **state) {
	uint8_t first[SR_ID], second[SR_ID];
	struct sr_flag_row f = {0};
	struct rig r;
	struct sr_err e;
	(void)state;
	begin(&r);
	s_flag(&r, OFFICER, SR_T_HOLD, "item 1", 0);
	memcpy(first, rig_last(&r)->id, SR_ID);
	s_flag(&r, OFFICER, SR_T_HOLD, "item 1", 0);
	memcpy(second, rig_last(&r)->id, SR_ID);
	s_flag(&r, CURATOR, SR_T_EMBARGO, "item 1", 0);
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 1"), SR_ITEM_HOLD | SR_ITEM_EMBARGO);
	assert_int_equal(flags_of(&r, "item 2"), 0);
	s_unflag(&r, OFFICER, NULL, "item 1", first);
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 1"), SR_ITEM_HOLD | SR_ITEM_EMBARGO);
	s_unflag(&r, OFFICER, NULL, "item 1", second);
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 1"), SR_ITEM_EMBARGO);
	assert_int_equal(standing(&r, "item 1", false), 1);
	assert_int_equal(standing(&r, "item 1", true), 3);
	assert_ok(sr_query_flag(&f, r.cat, first, &e), &e);
	assert_string_equal(f.what, "hold");
	assert_string_equal(f.person, r.person[OFFICER]);
	assert_string_equal(f.reason, "Because-of-it");
	assert_true(f.ended > f.entry && f.ends == 0 && f.due == 0 && f.basis == NULL);
	sr_flag_row_free(&f);
	/* ended already; another item's; by nobody */
	s_unflag(&r, OFFICER, NULL, "item 1", first);
	rig_refused(&r, "the hold of");
	s_flag(&r, OFFICER, SR_T_HOLD, "item 2", 0);
	memcpy(second, rig_last(&r)->id, SR_ID);
	rig_apply(&r);
	s_unflag(&r, OFFICER, NULL, "item 1", second);
	rig_refused(&r, "another item's");
	rig_id(second, "no flag");
	s_unflag(&r, OFFICER, NULL, "item 1", second);
	rig_refused(&r, "nothing was set by");
	rig_close(&r);
}

static void test_what_ends_checkouts(void **state) {
	uint8_t flag[SR_ID];
	struct rig r;
	(void)state;
	begin(&r);
	s_checkout(&r, RESEARCHER, "loan 1", "grant 5", "item 1");
	s_viewed(&r, "loan 1", "open");
	s_checkout(&r, RESEARCHER, "loan 2", "grant 5", "item 2");
	s_checkout(&r, CURATOR, "look 3", NULL, "item 3");
	s_flag(&r, OFFICER, SR_T_HOLD, "item 1", 0);
	rig_apply(&r);
	assert_int_equal(checkout_state(&r, "loan 1"), SR_S_OPEN);
	s_flag(&r, CURATOR, SR_T_EMBARGO, "item 1", 0);
	s_flag(&r, CURATOR, SR_T_EMBARGO, "item 3", 0);
	rig_apply(&r);
	assert_int_equal(checkout_state(&r, "loan 1"), SR_S_ENDED);
	assert_int_equal(checkout_state(&r, "loan 2"), SR_S_BEGUN);
	assert_int_equal(checkout_state(&r, "look 3"), SR_S_BEGUN);
	s_flag(&r, M2, SR_T_SEAL, "item 2", 0);
	memcpy(flag, rig_last(&r)->id, SR_ID);
	s_describe(&r, "item 3", "Title-of-three", "referral");
	rig_apply(&r);
	assert_int_equal(checkout_state(&r, "loan 2"), SR_S_ENDED);
	assert_int_equal(checkout_state(&r, "look 3"), SR_S_ENDED);
	assert_int_equal(flags_of(&r, "item 2"), SR_ITEM_SEALED);
	assert_int_equal(flags_of(&r, "item 3"), SR_ITEM_REFERRAL | SR_ITEM_EMBARGO);
	s_describe(&r, "item 3", "Title-of-three-again", "referral");
	rig_apply(&r);
	assert_int_equal(standing(&r, "item 3", true), 2); /* once is enough */
	/* A seal is the board's to lift, and a mark for referral. */
	s_unflag(&r, M2, NULL, "item 2", flag);
	rig_refused(&r, "does not end a seal");
	s_embargo_over(&r, "item 2", flag);
	rig_refused(&r, "does not end a seal");
	rig_close(&r);
}

static void test_seal_by_quorum(void **state) {
	struct rig_request q = {"unseal", "lift", 1, NULL, 0, -1, 0, NULL, NULL};
	struct rig_vote v = {.request = "unseal", .decision = "approve", .version = 1};
	struct sr_version_row row = {0};
	uint8_t flag[SR_ID], id[SR_ID];
	struct rig r;
	struct sr_err e;
	(void)state;
	begin(&r);
	s_flag(&r, M2, SR_T_SEAL, "item 2", 0);
	memcpy(flag, rig_last(&r)->id, SR_ID);
	s_request(&r, M1, &q);
	memcpy(v.of, rig_last(&r)->hash, SR_HASH);
	s_vote(&r, M1, &v);
	s_vote(&r, M2, &v);
	s_unflag(&r, SERVICE, "unseal", "item 2", flag);
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 2"), 0);
	rig_id(id, "unseal");
	assert_ok(sr_query_version(&row, r.cat, id, 0, &e), &e);
	assert_int_equal(row.state, SR_S_GRANTED);
	sr_version_row_free(&row);
	/* What the board lifts is a seal. */
	s_flag(&r, OFFICER, SR_T_HOLD, "item 2", 0);
	memcpy(flag, rig_last(&r)->id, SR_ID);
	q.request = "unhold";
	s_request(&r, M1, &q);
	rig_apply(&r);
	s_unflag(&r, SERVICE, "unhold", "item 2", flag);
	rig_refused(&r, "does not end a hold");
	rig_close(&r);
}

/* A mark for referral: lifted by the vault alone, with its hazard; and set anew by a description.
 */
static void test_unmarked(void **state) {
	struct rig_request q = {"unmark", "lift", 1, NULL, 0, -1, 0, NULL, NULL};
	struct sr_item_row row = {0};
	uint8_t flag[SR_ID], id[SR_ID];
	struct rig r;
	struct sr_err e;
	(void)state;
	begin(&r);
	s_describe(&r, "item 2", "Title-of-two", "referral");
	memcpy(flag, rig_last(&r)->id, SR_ID);
	s_request(&r, OFFICER, &q);
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 2"), SR_ITEM_REFERRAL);
	s_unflag(&r, OFFICER, NULL, "item 2", flag);
	rig_refused(&r, "does not end a referral");
	s_embargo_over(&r, "item 2", flag);
	rig_refused(&r, "does not end a referral");
	s_unflag(&r, SERVICE, "unmark", "item 2", flag);
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 2"), 0);
	rig_id(id, "item 2");
	assert_ok(sr_query_item(&row, r.cat, id, &e), &e);
	assert_true(row.hazards == NULL || row.hazards[0] == '\0');
	sr_item_row_free(&row);
	s_describe(&r, "item 2", "Title-of-two", "referral");
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 2"), SR_ITEM_REFERRAL);
	assert_int_equal(standing(&r, "item 2", true), 2);
	rig_close(&r);
}

static void test_dates(void **state) {
	uint8_t flag[SR_ID];
	struct sr_flags l = {0};
	struct rig r;
	struct sr_err e;
	(void)state;
	begin(&r);
	s_flag(&r, CURATOR, SR_T_EMBARGO, "item 1", RIG_NOW + 500);
	memcpy(flag, rig_last(&r)->id, SR_ID);
	s_flag(&r, CURATOR, SR_T_EMBARGO, "item 2", 0);
	s_flag(&r, CURATOR, SR_T_RETENTION, "item 1", RIG_NOW + 600);
	s_flag(&r, OFFICER, SR_T_RETENTION, "item 1", RIG_NOW + 700);
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 1"), SR_ITEM_EMBARGO); /* a date is no flag */
	assert_ok(sr_query_embargoes_over(&l, r.cat, RIG_NOW + 499, &e), &e);
	assert_int_equal(l.count, 0);
	assert_ok(sr_query_embargoes_over(&l, r.cat, RIG_NOW + 500, &e), &e);
	assert_int_equal(l.count, 1);
	assert_memory_equal(l.rows[0].id, flag, SR_ID);
	sr_flags_free(&l);
	/* The second date took the place of the first. */
	assert_ok(sr_query_retentions_due(&l, r.cat, RIG_NOW + 650, &e), &e);
	assert_int_equal(l.count, 0);
	assert_ok(sr_query_retentions_due(&l, r.cat, RIG_NOW + 700, &e), &e);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.rows[0].basis, "contract");
	sr_flags_free(&l);
	s_embargo_over(&r, "item 1", flag);
	rig_apply(&r);
	assert_int_equal(flags_of(&r, "item 1"), 0);
	assert_ok(sr_query_embargoes_over(&l, r.cat, RIG_NOW + 900, &e), &e);
	assert_int_equal(l.count, 0);
	s_embargo_over(&r, "item 1", flag);
	rig_refused(&r, "has ended already");
	rig_close(&r);
}

static void test_shape_of_lift(void **state) {
	struct rig r;
	(void)state;
	begin(&r);
	rig_begin(&r, SR_T_LIFT, M1);
	rig_end(&r);
	rig_refused(&r, "a grant, or a flag of an item");
	rig_begin(&r, SR_T_LIFT, M1);
	f_id(&r, "grant", "grant 5");
	f_id(&r, "item", "item 1");
	f_id(&r, "flag", "flag");
	rig_end(&r);
	rig_refused(&r, "a grant, or a flag of an item");
	rig_begin(&r, SR_T_LIFT, M1);
	f_id(&r, "item", "item 1");
	rig_end(&r);
	rig_refused(&r, "a grant, or a flag of an item");
	rig_close(&r);
}

static void test_replay(void **state) {
	struct sr_catalogue_options o;
	struct sr_catalogue *second = NULL;
	char difference[512];
	struct sr_replay p;
	struct rig r;
	struct sr_err e;
	(void)state;
	begin(&r);
	life_flags(&r);
	rig_apply(&r);
	o = rig_options(&r, "second.db");
	p = rig_replay(&r);
	assert_ok(sr_catalogue_open(&second, &o, &e), &e);
	assert_ok(sr_catalogue_catch_up(second, &p, NULL, &e), &e);
	assert_ok(sr_catalogue_compare(r.cat, second, difference, &e), &e);
	assert_string_equal(difference, "");
	assert_ok(sr_catalogue_close(second, &e), &e);
	rig_close(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_on_its_own),
		cmocka_unit_test(test_what_ends_checkouts),
		cmocka_unit_test(test_seal_by_quorum),
		cmocka_unit_test(test_unmarked),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_shape_of_lift),
		cmocka_unit_test(test_replay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
