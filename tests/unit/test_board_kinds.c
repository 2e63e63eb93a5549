/*
 * kinds - the one table of what a quorum can decide: names, what each brings about, and that the
 * vault has a rule and a decision for each.
 */
#include "board/kinds.h"
#include "ledger/types.h"
#include "world.h"

static void names(void **state) {
	enum sr_kind_id id = SR_K_COUNT;

	(void)state;
	for (unsigned i = 0; i < SR_K_COUNT; i++) {
		const struct sr_kind *k = sr_kind_at((enum sr_kind_id)i);

		assert_non_null(k->name);
		assert_true(sr_kind_named(&id, sr_bytes_str(k->name)));
		assert_int_equal(id, i); /* no two alike */
		/* The service says what was decided; nobody else does. */
		assert_true((sr_type_at(k->brings)->signers & SR_BY_SERVICE) != 0);
		assert_non_null(sr_type_field(sr_type_at(k->brings), sr_bytes_str("request")));
		const struct sr_statement s = {.type = sr_type_at(k->brings)};
		if ((k->flags & SR_KIND_PIECES) != 0)
			assert_int_equal(k->brings, SR_T_GRANT);
		else if (i != SR_K_ADOPT) /* by its event: test_audit_replay */
			assert_ptr_equal(sr_kind_deciding(&s), k);
		assert_true((k->flags & SR_KIND_LOOKS) == 0 || (k->flags & SR_KIND_PIECES) != 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		const struct sr_statement s = {.type = sr_type_at(i == 0 ? SR_T_GRANT : SR_T_VOTE)};

		assert_null(sr_kind_deciding(&s));
	}
	assert_false(sr_kind_named(&id, sr_bytes_str("")));
	assert_false(sr_kind_named(&id, sr_bytes_str("acces")));
	assert_false(sr_kind_is(sr_bytes_str("nothing"), SR_KIND_TRUST));
}

/* Each has a rule of its own: what it lacks is named; nothing is taken that no rule knows. */
static void rules(void **state) {
	struct world *w = world_new(NULL);
	uint8_t id[SR_ID];

	(void)state;
	for (unsigned i = 0; i <= SR_K_COUNT; i++) {
		struct world_draft d;
		char want[64];

		world_id(w, id);
		world_begin(&d, w, &w->officer, SR_T_REQUEST);
		sr_text_put_hex(&d.text, "request", id, SR_ID);
		sr_text_put_dec(&d.text, "version", 1);
		sr_text_put(&d.text, "kind",
			i < SR_K_COUNT ? sr_kind_at((enum sr_kind_id)i)->name : "unheard-of");
		sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
		sr_text_put_dec(&d.text, "epoch", 1);
		sr_text_put_dec(&d.text, "level", w->level[0]);
		assert_int_equal(world_commit(&d, NULL), SR_DENIED);
		(void)snprintf(want, sizeof want, "a request of kind %s needs the line",
			i < SR_K_COUNT ? sr_kind_at((enum sr_kind_id)i)->name : "");
		assert_non_null(
			strstr(w->out.err.text, i < SR_K_COUNT ? want : "unknown kind of request"));
	}
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
