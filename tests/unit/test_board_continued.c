/*
 * Tests of board/continued: a log that goes on under another name. What is written when the
 * custodian names it, also when a kill came first; that nothing opens before the board has
 * confirmed exactly that entry; and that names only go forward.
 */
#include "board/continued.h"

#include "board/witnessing.h"
#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "world.h"

#define assert_refused(w, rc, piece) assert_fails((rc), SR_DENIED, &(w)->out.err, (piece))

static const char NEW[] = "archive.example/second";

static void granted(struct world *w, uint8_t item[SR_ID], uint8_t grant[SR_ID]) {
	static const char text[] = "a page of harmless text\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit d = {.files = &f, .count = 1};
	struct world_request q = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	world_held_release(w, item);
	assert_int_equal(world_request(w, &q), 0);
	world_grant(w, q.id, grant);
}

static void name_it(struct world *w, const char *name, uint64_t known) {
	world_close(w);
	assert_ok(sr_vault_conf_log(w->vault, name, known, &w->e), &w->e);
	world_reopen(w);
}

static int ask(struct world *w, const uint8_t set[SR_HASH], uint8_t id[SR_ID]) {
	struct world_draft d;

	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "adopt");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[w->levels - 1]);
	sr_text_put_hex(&d.text, "set", set, SR_HASH);
	return world_commit(&d, NULL);
}

static void vote(struct world *w, const uint8_t id[SR_ID], size_t votes) {
	for (size_t i = 0; i < votes; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = id}), 0);
}

static void last_name(struct sr_log_name *out, struct world *w) {
	struct sr_log_names names = {0};

	assert_ok(sr_query_log_names(&names, w->v->catalogue, &w->e), &w->e);
	assert_true(names.count > 0);
	*out = names.rows[names.count - 1];
	sr_log_names_free(&names);
}

static void goes_on(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], grant[SR_ID], id[SR_ID], late[SR_ID], other[SR_HASH] = {1};
	struct world_checkout c = {.by = &w->researcher[0], .item = item, .grant = grant};
	struct sr_log_name n;
	char alarm[T_PATH], witnessed[T_PATH];
	uint64_t size;

	(void)state;
	granted(w, item, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_int_equal(world_open(w, &c), 0);
	size = sr_ledger_next_index(w->v->ledger);
	assert_fails(sr_continued_may(w->v, NEW, size, &w->e), SR_DENIED, &w->e, "nothing is lost");
	assert_fails(
		sr_continued_may(w->v, "two words", size + 1, &w->e), SR_USAGE, &w->e, "space");
	assert_fails(sr_continued_may(w->v, W_ORIGIN, size + 1, &w->e), SR_USAGE, &w->e,
		"was founded with");
	assert_ok(sr_continued_may(w->v, NEW, size + 1, &w->e), &w->e);
	assert_refused(w, ask(w, other, id), "rule log-other");
	size = sr_ledger_next_index(w->v->ledger); /* the refusal is on the record */

	/* What the old witnesses left would stop the vault, and does not outlive the old name. */
	snprintf(alarm, sizeof alarm, "%s/ledger/alarm", w->vault);
	snprintf(witnessed, sizeof witnessed, "%s/ledger/witnessed", w->vault);
	t_write_file(alarm, "a witness knows more", 20);
	t_write_file(witnessed, "of the old name", 15);
	name_it(w, NEW, size + 40);
	assert_false(t_exists(alarm) || t_exists(witnessed));
	assert_string_equal(sr_ledger_vkey(w->v->ledger)->name, NEW);
	assert_string_equal(sr_ledger_origin(w->v->ledger), W_ORIGIN);
	last_name(&n, w);
	assert_int_equal(n.entry, size);
	assert_int_equal(n.known, size + 40);
	assert_string_equal(n.name, NEW);
	assert_string_equal(n.former, W_ORIGIN);
	assert_int_equal(n.confirmed, 0);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	/* Once. */
	world_reopen(w);
	assert_int_equal(world_count(w, SR_T_WITNESS), 1);
	assert_int_equal(sr_ledger_next_index(w->v->ledger), size + 2);

	/* Nothing opens before the highest level has confirmed this very entry. */
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "until the board confirms it");
	assert_refused(w, ask(w, other, late), "rule log-other");
	assert_int_equal(ask(w, n.hash, id), 0);
	assert_int_equal(ask(w, n.hash, late), 0);
	vote(w, id, w->level[w->levels - 1] - 1U);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "until the board confirms it");
	assert_int_equal(world_vote(w, &(struct world_vote){.member = w->level[w->levels - 1] - 1U,
					       .request = id}),
		0);
	last_name(&n, w);
	assert_true(n.confirmed > n.entry);
	assert_int_equal(world_open(w, &c), 0);
	vote(w, late, w->level[w->levels - 1]); /* changes nothing */
	assert_int_equal(world_count(w, SR_T_WITNESS), 2);
	assert_refused(w, ask(w, n.hash, late), "rule log-confirmed");
	world_reopen(w);
	world_free(w);
}

/* strongroom.conf is a file that anybody on the machine may have changed. */
static void names_go_forward(void **state) {
	struct world *w = world_new(NULL);
	char conf[T_PATH], line[400];
	struct sr_log_name n;
	struct sr_buf b, without;
	struct sr_dir *d = NULL;
	uint64_t size = sr_ledger_next_index(w->v->ledger);

	(void)state;
	name_it(w, NEW, size + 1);
	size = sr_ledger_next_index(w->v->ledger);
	assert_fails(sr_continued_may(w->v, NEW, size + 1, &w->e), SR_USAGE, &w->e,
		"had that name already");
	name_it(w, "archive.example/third", size + 9);
	last_name(&n, w);
	assert_string_equal(n.former, NEW);
	assert_string_equal(sr_ledger_vkey(w->v->ledger)->name, "archive.example/third");
	world_close(w);
	/* Back under the name of the founding, or under one that others believe in still. */
	snprintf(conf, sizeof conf, "%s/strongroom.conf", w->vault);
	sr_buf_init(&b);
	sr_buf_init(&without);
	assert_ok(sr_dir_open(&d, w->vault, &w->e), &w->e);
	assert_ok(sr_file_read(d, "strongroom.conf", &b, 4096, &w->e), &w->e);
	sr_buf_put_u8(&b, 0);
	const char *at = strstr((const char *)b.p, "log ");
	assert_non_null(at);
	sr_buf_put(&without, b.p, (size_t)(at - (const char *)b.p));
	t_write_file(conf, without.p, without.len);
	assert_int_not_equal(world_try_open(w), 0);
	snprintf(line, sizeof line, "log %s %s 0\n", NEW, W_ORIGIN);
	sr_buf_put_str(&without, line);
	t_write_file(conf, without.p, without.len);
	assert_int_not_equal(world_try_open(w), 0);
	t_write_file(conf, b.p, b.len - 1);
	world_reopen(w);
	sr_buf_free(&b);
	sr_buf_free(&without);
	sr_dir_close(d);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on),
		cmocka_unit_test(names_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
