/*
 * core_desk - two released items under a live grant, behind core's table (core_rig.h): what tests
 * of single operations ask about.
 *
 *     struct desk t;
 *     desk_new(&t, true);                  false: the request is open
 *     ... t.g->desk ...
 *     rig_free(t.g);
 */
#ifndef SR_TESTS_CORE_DESK_H
#define SR_TESTS_CORE_DESK_H

#include "core_rig.h"

static const char LETTER[] = "What the letter says: meet at the old mill.\n";

struct desk {
	struct rig *g;
	uint8_t item[2][SR_ID];
	uint8_t grant[SR_ID];
	struct world_request rq;
	struct world_checkout c;
};

/* Two released items under a live grant of researcher 0, item 0 checked out. */
static inline void desk_new(struct desk *t, bool granted) {
	struct world_file files[] = {{.path = "letter.txt", .content = sr_bytes_str(LETTER)},
		{.path = "diary.txt", .content = sr_bytes_str("Tuesday.\n")}};
	struct world_deposit dep = {.files = files, .count = 2};
	memset(t, 0, sizeof *t);
	t->g = rig_new(NULL);
	struct world *w = t->g->w;
	assert_ok(world_deposit(w, &dep), &w->out.err);
	memcpy(t->item, dep.items, sizeof t->item);
	world_held_release(w, t->item[0]);
	world_held_release(w, t->item[1]);
	t->rq = (struct world_request){.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])t->item,
		.count = 2,
		.forms = "metadata text"};
	assert_ok(world_request(w, &t->rq), &w->out.err);
	if (!granted)
		return;
	world_grant(w, t->rq.id, t->grant);
	t->c = (struct world_checkout){
		.by = &w->researcher[0], .grant = t->grant, .item = t->item[0]};
	assert_ok(world_checkout(w, &t->c), &w->out.err);
}

#endif
