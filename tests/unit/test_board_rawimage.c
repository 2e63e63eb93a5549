/*
 * rawimage - a whole vault on a medium of its own: after an item was destroyed the raw bytes hold
 * neither what would open its slot and the room key of its request, here or in the second copy, nor
 * the secrets themselves, nor a word of its title.
 *
 * What is searched for: both root cells of secrets.db as they stood while the secrets lived, in
 * pieces of 64 bytes. The control: before the destruction the image does hold them.
 */
#include "rawimage.h"

#include "store/rootcell.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

#define TITLE "A-title-that-nobody-else-has"

static void secret_of(struct world *w, enum sr_secret_kind kind, const uint8_t id[SR_ID],
	uint64_t n, struct sr_buf *out) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, id, SR_ID);
	sr_buf_init_secret(out);
	assert_ok(sr_secrets_get(w->v->secrets, kind, sr_bytes_str(hex), n, out, &w->e), &w->e);
	assert_int_equal(out->len, SR_KEY);
}

static void test_destroyed(void **state) {
	struct medium m = {0};
	uint8_t item[1][SR_ID], grant[SR_ID];
	struct world_request rq, end;
	struct sr_buf slot, room, cell[2];
	struct world *w;
	char *paths[2];

	(void)state;
	medium_or_skip(&m);
	assert_int_equal(setenv("TMPDIR", m.mount, 1), 0);
	w = world_new(&(struct world_options){.second = true});
	put_item(w, item[0], true);
	assert_int_equal(world_describe(w, &w->curator[0], item[0], TITLE, NULL), 0);
	rq = (struct world_request){
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	secret_of(w, SR_SECRET_SLOT, item[0], 2, &slot);
	secret_of(w, SR_SECRET_ROOM_KEY, rq.id, 1, &room);
	end = (struct world_request){.by = &w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1};
	assert_int_equal(world_request(w, &end), 0);
	assert_int_equal(vote_on(w, 0, &end), 0);

	paths[0] = strdup(t_path(w->vault, "secrets.db-root"));
	paths[1] = strdup(t_path(w->second, "secrets.db-copy-root"));
	sync();
	for (size_t i = 0; i < 2; i++) {
		sr_buf_init(&cell[i]);
		t_read_file(paths[i], &cell[i]);
		assert_int_equal(cell[i].len, SR_ROOT_CELL);
		assert_true(pieces_found(&m, cell[i].p, cell[i].len) > 0);
		free(paths[i]);
	}

	assert_int_equal(vote_on(w, 1, &end), 0);
	assert_int_equal(item_state(w, item[0]), SR_S_DESTROYED);
	assert_ok(sr_door_sweep(w->v, NULL, &w->e), &w->e); /* the grant has no item left */
	world_free(w); /* removes the folder, which overwrites nothing */
	assert_int_equal(unsetenv("TMPDIR"), 0);
	sync();
	medium_unmount(&m);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pieces_found(&m, cell[i].p, cell[i].len), 0);
		sr_buf_free(&cell[i]);
	}
	assert_false(image_has(&m, slot.p, slot.len));
	assert_false(image_has(&m, room.p, room.len));
	assert_false(image_has(&m, TITLE, strlen(TITLE)));
	sr_buf_free(&slot);
	sr_buf_free(&room);
	medium_free(&m);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_destroyed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
