/*
 * The whole way of an item, from the founding of a vault to the end of a grant; and every way in
 * which opening must fail.
 */
#include "world.h"

static const char SECRET[] = "What the letter says: meet at the old mill.\n";

static void deposit_one(
	struct world *w, const char *path, const char *content, uint8_t item[SR_ID]) {
	struct world_file f = {path, sr_bytes_str(content)};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_ok(world_deposit(w, &d), &w->out.err);
	assert_int_equal(d.item_count, 1);
	memcpy(item, d.items[0], SR_ID);
}

static void whole_way(void **state) {
	(void)state;
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};
	struct sr_buf text;

	sr_buf_init(&text);
	deposit_one(w, "letter.txt", SECRET, item[0]);
	world_held_release(w, item[0]);
	assert_ok(world_request(w, &rq), &w->out.err);
	world_grant(w, rq.id, grant);
	assert_ok(world_checkout(w, &c), &w->out.err);
	assert_ok(world_open(w, &c), &w->e);
	assert_ok(world_read(w, &c, 0, &text), &w->e);
	assert_int_equal(text.len, strlen(SECRET));
	assert_memory_equal(text.p, SECRET, strlen(SECRET));
	assert_ok(world_return(w, &c), &w->out.err);
	assert_int_equal(sr_room_count(w->room), 0);
	sr_buf_free(&text);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
