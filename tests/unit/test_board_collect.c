/*
 * test_board_collect - a vault after items were destroyed: what the log says, scrub, inventory,
 * backup and readers agree with what is left, and a kill anywhere leaves at worst dead bytes.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/backup.h"
#include "board/collect.h"
#include "board/fixity.h"
#include "catalogue/catalogue.h"
#include "ledger/ledger.h"
#include "store/db.h"
#include "store/envelope.h"
#include "store/fetch.h"
#include "store/reach.h"
#include "world.h"

enum {
	SMALL = 30000,
	LARGE = 90000
};

static uint8_t content[4][LARGE];

/* ${sizes} of text that hardly shrinks, an item each, in one accession. */
static void put(struct world *w, const size_t *sizes, size_t count, struct world_deposit *d) {
	struct world_file files[4];
	static const char *const names[] = {"0.txt", "1.txt", "2.txt", "3.txt"};

	memset(files, 0, sizeof files);
	for (size_t i = 0; i < count; i++) {
		t_fill(content[i], sizes[i], 1000 + ++w->serial);
		for (size_t k = 0; k < sizes[i]; k++)
			content[i][k] = (uint8_t)('A' + content[i][k] % 26);
		files[i].path = names[i];
		files[i].content = sr_bytes_of(content[i], sizes[i]);
	}
	*d = (struct world_deposit){.files = files, .count = count};
	assert_int_equal(world_deposit(w, d), 0);
	d->files = NULL;
}

/* By the board: member 0 asks, members 1 and 2 agree. */
static void destroy(struct world *w, const uint8_t a[SR_ID], const uint8_t b[SR_ID]) {
	uint8_t items[2][SR_ID];
	struct world_request rq = {.by = &w->member[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])items,
		.count = b == NULL ? 1 : 2};

	memcpy(items[0], a, SR_ID);
	if (b != NULL)
		memcpy(items[1], b, SR_ID);
	assert_ok(world_request(w, &rq), &w->out.err);
	for (size_t i = 1; i < 3; i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = rq.id}),
			&w->out.err);
}

static size_t packs_named(struct world *w) {
	uint8_t *names = NULL;
	size_t count = 0;

	assert_ok(sr_query_packs(&names, &count, w->v->catalogue, &w->e), &w->e);
	free(names);
	return count;
}

static int one_pack(void *ctx, const char *name, struct sr_err *e) {
	uint8_t hash[SR_HASH];

	(void)e;
	*(size_t *)ctx += sr_hash_of_name(hash, "packs", name, NULL) == 0;
	return 0;
}
static size_t packs_there(struct world *w) {
	size_t n = 0;

	assert_ok(sr_backend_list(w->v->store, "packs", one_pack, &n, &w->e), &w->e);
	return n;
}

/* --- everything that lives is there ----------------------------------------------------------- */

static int have_cid(void *ctx, const uint8_t cid[SR_HASH], struct sr_err *e) {
	struct world *w = ctx;
	struct sr_index_hit hit;
	static uint8_t record[SR_RECORD_MAX];
	int rc = sr_index_find(w->v->index, cid, NULL, &hit, e);

	return rc == 0 ? sr_pack_read(w->v->store, &hit.at, record, e) : rc;
}

static void have_item(struct world *w, const struct sr_stored_item *row) {
	struct sr_envelope_want want = {.n = row->number};
	struct sr_reach_visitor v = {.cid = have_cid, .ctx = w};
	struct sr_fetch_options fo = {.backend = w->v->store, .index = w->v->index};
	struct sr_fetch *f = NULL;
	struct sr_envelope env;
	struct sr_reach reach;
	struct sr_buf file;

	sr_buf_init(&file);
	memcpy(want.item, row->item, SR_ID);
	memcpy(want.hash, row->envelope, SR_HASH);
	memcpy(want.room_pk, w->v->keys->room_pk, SR_PK);
	assert_ok(sr_envelope_load(&env, &file, w->v->items, &want, &w->e), &w->e);
	assert_ok(sr_reach_open(&reach, env.reach, w->v->keys->s->structure_sk, w->v->fingerprint,
			  row->item, &w->e),
		&w->e);
	memcpy(fo.vault, w->v->fingerprint, SR_HASH);
	memcpy(fo.domain, reach.domain, SR_ID);
	assert_ok(sr_fetch_new(&f, &fo, &w->e), &w->e);
	assert_ok(sr_reach_each(&reach, f, &v, &w->e), &w->e);
	sr_fetch_free(f);
	sr_reach_free(&reach);
	sr_buf_free(&file);
}

static int no_finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	(void)ctx;
	return sr_fail(e, SR_CORRUPT, "%s: %s", f->name, f->text);
}

/* Every block of every live item can be read, and scrub finds nothing to say, also of INVENTORY. */
static void whole(struct world *w) {
	struct sr_fixity f = {.finding = no_finding};
	struct sr_scrub_totals t;
	struct sr_stored_items l;

	assert_ok(sr_query_stored_items(&l, w->v->catalogue, 0, UINT64_MAX, &w->e), &w->e);
	for (size_t i = 0; i < l.count; i++)
		have_item(w, &l.rows[i]);
	sr_stored_items_free(&l);
	assert_ok(sr_fixity_check(w->v, &f, &t, &w->e), &w->e);
}

static void collect(struct world *w, struct sr_vault_collected *out) {
	const struct sr_vault_collect o = {.dry_run = false};

	assert_ok(sr_vault_collect(w->v, &o, out, &w->e), &w->e);
	assert_int_equal(packs_there(w), packs_named(w));
	whole(w);
}

static void reads(struct world *w, const struct world_checkout *c, const uint8_t want[SMALL]) {
	struct sr_buf text;

	sr_buf_init_secret(&text);
	assert_ok(world_read(w, c, 0, &text), &w->e);
	assert_true(sr_bytes_eq(sr_buf_view(&text), sr_bytes_of(want, SMALL)));
	sr_buf_free(&text);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_life(void **state) {
	static const size_t one[] = {LARGE}, two[] = {LARGE, SMALL};
	struct world *w = world_new(NULL);
	struct sr_vault_collect dry = {.dry_run = true};
	struct sr_vault_collected n;
	struct sr_backup_result r;
	struct world_deposit a, b;
	struct world_request rq = {.by = &w->researcher[0], .count = 1};
	struct world_checkout c = {.by = &w->researcher[0]};
	static uint8_t want[SMALL];
	uint8_t grant[SR_ID];
	struct sr_rebuilt rebuilt;
	size_t packs = 0, bad = 0;
	struct sr_entry last;
	char to[T_PATH], secrets[T_PATH], escrow[T_PATH];
	struct sr_backup_options bo = {.path = to, .secrets_path = secrets, .escrow_path = escrow};

	(void)state;
	snprintf(to, sizeof to, "%s/backup", w->path);
	snprintf(secrets, sizeof secrets, "%s/backup-secrets", w->path);
	snprintf(escrow, sizeof escrow, "%s/escrow", w->path);
	bo.unlock.credential = sr_bytes_str("the credential of the backup, 32 bytes and more");
	put(w, one, 1, &a);
	put(w, two, 2, &b);
	memcpy(want, content[1], SMALL);
	world_held_release(w, b.items[1]);
	rq.items = (const uint8_t(*)[SR_ID]) & b.items[1];
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	c.grant = grant;
	c.item = b.items[1];
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	assert_ok(sr_backup_make(w->v, &bo, &r, &w->e), &w->e);
	collect(w, &n); /* all of it is needed */
	assert_int_equal(n.steps, 0);
	assert_int_equal(n.found.items, 3);
	destroy(w, a.items[0], b.items[0]);
	assert_ok(sr_vault_collect(w->v, &dry, &n, &w->e), &w->e);
	assert_true(n.found.dead == 1 && n.found.sparse == 1 && n.steps == 0);
	assert_int_equal(n.found.sparse_live_bytes, n.found.live_bytes);
	assert_int_equal(world_count(w, SR_T_COLLECT), 0);
	assert_int_equal(packs_there(w), 2);
	/* Beside an open look: what was read before reads on. */
	collect(w, &n);
	assert_int_equal(n.steps, 2);
	assert_int_equal(n.removed, 2);
	assert_int_equal(n.added, 1);
	assert_int_equal(packs_there(w), 1);
	assert_int_equal(world_count(w, SR_T_COLLECT), 2);
	world_last(w, SR_T_COLLECT, &last);
	assert_true(sr_bytes_eq(
		sr_word(sr_field(&last.statement, "removed", 0), 0), sr_bytes_str("1")));
	assert_true(
		sr_bytes_eq(sr_word(sr_field(&last.statement, "added", 0), 0), sr_bytes_str("1")));
	sr_entry_free(&last);
	reads(w, &c, want);
	/* A new process: hints are stale, the index is not; and one that is made anew. */
	world_reopen(w);

	whole(w);
	assert_ok(world_open(w, &c), &w->e);
	reads(w, &c, want);
	world_close(w);
	assert_int_equal(unlink(t_path(w->vault, "index.db")), 0);
	world_reopen(w);
	whole(w);
	/* A backup lets go of what was collected. */
	assert_ok(sr_backup_make(w->v, &bo, &r, &w->e), &w->e);
	assert_true(r.removed >= 4); /* two packs, two envelopes */
	collect(w, &n);
	assert_int_equal(n.steps, 0);
	/* What the log says is what is there. */
	assert_ok(sr_vault_rebuild(w->v, NULL, &rebuilt, &packs, &bad, &w->e), &w->e);
	assert_true(rebuilt.equal && packs == 1 && bad == 0);
	whole(w);
	world_free(w);
}

static void test_refused(void **state) {
	static const size_t one[] = {SMALL};
	const struct sr_vault_collect o = {.dry_run = false};
	struct world *w = world_new(&(struct world_options){.bare = true});
	struct sr_vault_collected n;
	struct world_deposit d;
	char path[T_PATH], hex[2 * SR_ID + 1];
	struct sr_buf file;

	(void)state;
	assert_fails(sr_vault_collect(w->v, &o, &n, &w->e), SR_DENIED, &w->e, "founded");
	world_free(w);
	w = world_new(NULL);
	put(w, one, 1, &d);
	w->v->failed = true;
	assert_fails(
		sr_vault_collect(w->v, &o, &n, &w->e), SR_IO, &w->e, "an earlier write failed");
	w->v->failed = false;
	/* An envelope that cannot be read stops everything. */
	sr_hex(hex, d.items[0], SR_ID);
	snprintf(path, sizeof path, "%s/items/%s.1", w->vault, hex);
	sr_buf_init(&file);
	t_read_file(path, &file);
	file.p[file.len / 2] ^= 1;
	t_write_file(path, file.p, file.len);
	assert_fails(sr_vault_collect(w->v, &o, &n, &w->e), SR_AUTH, &w->e,
		"its envelope cannot be read, so nobody knows what it needs and nothing is "
		"removed");
	assert_int_equal(packs_there(w), 1);
	file.p[file.len / 2] ^= 1;
	t_write_file(path, file.p, file.len);
	sr_buf_free(&file);
	collect(w, &n);
	world_free(w);
}

/* A statement that the door refuses undoes the step: here the clock is set back. */
static void test_statement_refused(void **state) {
	static const size_t two[] = {LARGE, SMALL};
	const struct sr_vault_collect o = {.dry_run = false};
	struct world *w = world_new(NULL);
	struct sr_vault_collected n;
	struct world_deposit d;

	(void)state;
	put(w, two, 2, &d);
	destroy(w, d.items[0], NULL);
	w->now -= W_DAY;
	assert_fails(sr_vault_collect(w->v, &o, &n, &w->e), SR_LOCKED, &w->e, "writing stops");
	assert_int_equal(packs_there(w), 1);
	w->now += W_DAY;
	whole(w);
	collect(w, &n);
	assert_int_equal(n.removed, 1);
	assert_int_equal(n.added, 1);
	world_free(w);
}

/* Killed at every step, with one dead pack and one sparse one: the vault opens, everything that
 * lives is whole, and the next run ends it. */
static void test_kill_everywhere(void **state) {
	static const size_t one[] = {LARGE}, two[] = {LARGE, SMALL};
	const struct sr_vault_collect o = {.dry_run = false};
	struct world *w = world_new(NULL);
	size_t followed = 0;
	bool done = false;

	(void)state;
	for (unsigned long nth = 1; !done; nth += t_stride(5)) {
		struct sr_vault_collected n;
		struct world_deposit a, b;
		int status = 0;
		pid_t pid;

		put(w, one, 1, &a);
		put(w, two, 2, &b);
		destroy(w, a.items[0], b.items[0]);
		world_close(w);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			world_reopen(w);
			sr_fault_set(nth, -1);
			t_exit(sr_vault_collect(w->v, &o, &n, &w->e) == 0 ? 7 : 8);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		done = WIFEXITED(status) && WEXITSTATUS(status) == 7;
		assert_true(done || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
		world_reopen(w);
		if (w->v->recovered.len > 0)
			followed += memmem(w->v->recovered.p, w->v->recovered.len,
					    "a collection that was interrupted", 33) != NULL;
		whole(w);
		collect(w, &n);
		assert_int_equal(n.found.spared, 0);
		collect(w, &n);
		assert_true(n.steps == 0 && n.strays == 0);
		assert_true(!done || nth > 20);
	}
	assert_true(followed > 0);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_statement_refused),
		cmocka_unit_test(test_kill_everywhere),
	};
	return cmocka_run_group_tests_name("board collect", tests, NULL, NULL);
}
