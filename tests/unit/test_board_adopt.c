/*
 * Tests of board/adopt: a log that goes on under another name. What is written when the custodian
 * names it; that nothing opens before the board has confirmed exactly that entry; that names only
 * go forward, whatever strongroom.conf says; and that names and changes of keys are one chain.
 */
#include "board/adopt.h"

#include "board/follow.h"
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

static int adopt(struct world *w, const char *name, uint64_t known, uint64_t agreed) {
	const struct sr_adopt a = {.name = name, .known = known, .agreed = agreed};
	uint64_t said = 0, entry = 0;
	const uint64_t size = sr_ledger_next_index(w->v->ledger);
	const int rc = sr_adopt(w->v, &a, &said, &entry, &w->e);

	if (rc == 0) {
		assert_int_equal(entry, size);
		assert_int_equal(sr_ledger_next_index(w->v->ledger), size + 2);
	}
	return rc;
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

/* The name over the published checkpoint, as it lies there. */
static void assert_published(struct world *w, const char *name) {
	struct sr_bytes rest, line;
	struct sr_buf b;

	sr_buf_init(&b);
	assert_ok(sr_ledger_published(w->v->ledger, &b, &w->e), &w->e);
	rest = sr_buf_view(&b);
	line.len = 0;
	while (line.len < rest.len && rest.p[line.len] != '\n')
		line.len++;
	line.p = rest.p;
	assert_true(sr_bytes_eq(line, sr_bytes_str(name)));
	sr_buf_free(&b);
}

static void goes_on(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], grant[SR_ID], id[SR_ID], late[SR_ID], other[SR_HASH] = {1};
	struct world_checkout c = {.by = &w->researcher[0], .item = item, .grant = grant};
	struct sr_log_name n;
	char alarm[T_PATH];
	uint64_t size;

	(void)state;
	granted(w, item, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_int_equal(world_open(w, &c), 0);
	assert_refused(w, ask(w, other, id), "rule log-other");
	size = sr_ledger_next_index(w->v->ledger);
	assert_fails(adopt(w, NEW, size, SR_ADOPT_ALL), SR_DENIED, &w->e, "nothing is lost");
	assert_fails(adopt(w, NEW, size - 1, size - 1), SR_DENIED, &w->e, "nothing is lost");
	assert_fails(adopt(w, NEW, size + 9, size + 1), SR_USAGE, &w->e, "cannot be as others");
	assert_fails(adopt(w, NEW, size + 9, 0), SR_USAGE, &w->e, "cannot be as others");
	assert_fails(adopt(w, "two words", size + 1, SR_ADOPT_ALL), SR_USAGE, &w->e, "space");
	assert_fails(
		adopt(w, W_ORIGIN, size + 1, SR_ADOPT_ALL), SR_USAGE, &w->e, "was founded with");
	assert_int_equal(sr_ledger_next_index(w->v->ledger), size);

	/* What an old witness said stops the vault, and does not outlive the old name. */
	snprintf(alarm, sizeof alarm, "%s/ledger/alarm", w->vault);
	t_write_file(alarm, "a witness knows more", 20);
	world_reopen(w);
	assert_non_null(sr_witnessing_alarm(w->v));
	assert_ok(adopt(w, NEW, size + 40, SR_ADOPT_ALL), &w->e);
	assert_false(t_exists(alarm));
	assert_null(sr_witnessing_alarm(w->v));
	assert_string_equal(sr_ledger_vkey(w->v->ledger)->name, NEW);
	assert_string_equal(sr_ledger_origin(w->v->ledger), W_ORIGIN);
	assert_ok(sr_ledger_publish(w->v->ledger, &w->e), &w->e);
	assert_published(w, NEW);
	last_name(&n, w);
	assert_int_equal(n.entry, size);
	assert_int_equal(n.agreed, size);
	assert_int_equal(n.known, size + 40);
	assert_string_equal(n.name, NEW);
	assert_string_equal(n.former, W_ORIGIN);
	assert_int_equal(n.confirmed, 0);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	/* Asked once more, it is done, and the sentence says what is left. */
	assert_fails(adopt(w, NEW, size + 40, SR_ADOPT_ALL), SR_DENIED, &w->e, "log adopt --ask");

	/* Nothing opens before the highest level has confirmed this very entry. */
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "until the board confirms it");
	world_reopen(w);
	assert_int_equal(world_count(w, SR_T_SERVICE_KEY), 1);
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
	assert_int_equal(world_count(w, SR_T_WITNESS), 1);
	assert_refused(w, ask(w, n.hash, late), "rule log-confirmed");
	/* From an empty file it is the same. */
	struct sr_rebuilt r;
	size_t packs, bad;
	assert_ok(sr_vault_rebuild(w->v, NULL, &r, &packs, &bad, &w->e), &w->e);
	last_name(&n, w);
	assert_true(n.confirmed > n.entry);
	/* What is lost later is another name's. */
	size = sr_ledger_next_index(w->v->ledger);
	assert_fails(adopt(w, NEW, size + 40, SR_ADOPT_ALL), SR_USAGE, &w->e, "takes a new one");
	world_free(w);
}

/* Two copies of a vault write under the same name after a restore: what is alike ends there. */
static void agreed_up_to_the_restore(void **state) {
	struct world *w = world_new(NULL);
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_log_name n;
	struct sr_buf text;
	uint8_t id[SR_ID];
	uint64_t at;

	(void)state;
	assert_non_null(o);
	for (int i = 0; i < 2; i++) {
		sr_buf_init(&text);
		at = sr_ledger_next_index(w->v->ledger);
		sr_follow_begin(&text, w->v, SR_T_INCIDENT, sr_now(&w->v->clock));
		sr_text_put(&text, "what", "restored");
		assert_ok(sr_door_service(w->v, sr_buf_view(&text), o, &w->e), &w->e);
		sr_buf_free(&text);
		world_collection(w, i == 0 ? "later" : "again", "collection", (uint8_t[SR_ID]){0});
		assert_ok(adopt(w, i == 0 ? NEW : "archive.example/third", at + 1, SR_ADOPT_ALL),
			&w->e);
		last_name(&n, w);
		assert_int_equal(n.agreed, at);
		assert_true(n.entry > at + 1);
		assert_int_equal(ask(w, n.hash, id), 0);
		vote(w, id, w->level[w->levels - 1]);
	}
	/* A restore of before the name is no more of it. */
	at = sr_ledger_next_index(w->v->ledger);
	assert_ok(adopt(w, "archive.example/fourth", at + 9, SR_ADOPT_ALL), &w->e);
	last_name(&n, w);
	assert_int_equal(n.agreed, at);
	/* In place of one that is not confirmed comes one that says no less. */
	assert_fails(adopt(w, "archive.example/fifth", at + 9, at + 1), SR_DENIED, &w->e,
		"says no less");
	assert_fails(adopt(w, "archive.example/fifth", at + 8, at - 1), SR_DENIED, &w->e,
		"says no less");
	assert_ok(adopt(w, "archive.example/fifth", at + 9, SR_ADOPT_ALL), &w->e);
	last_name(&n, w);
	assert_int_equal(n.agreed, at);
	assert_int_equal(ask(w, n.hash, id), 0);
	vote(w, id, w->level[w->levels - 1]);
	assert_ok(sr_adopt_check(w->v, &w->e), &w->e);
	free(o);
	world_free(w);
}

static void conf_is(struct world *w, const char *path, const struct sr_buf *b, const char *log,
	int code, const char *piece) {
	struct sr_vault_open o = {.path = w->vault};
	struct sr_buf text;

	world_close(w);
	sr_buf_init(&text);
	sr_buf_put(&text, b->p, b->len);
	sr_buf_put_str(&text, log);
	t_write_file(path, text.p, text.len);
	sr_buf_free(&text);
	o.unlock = world_unlock();
	o.clock = world_clock(w);
	assert_fails(sr_vault_open(&w->v, &o, &w->e), code, &w->e, piece);
}

static int reopened(struct world *w) {
	struct sr_vault_open o = {.path = w->vault, .unlock = world_unlock()};

	o.clock = world_clock(w);
	return sr_vault_open(&w->v, &o, &w->e);
}

/* A name is for a log that is there, and is not given while its keys change. */
static void not_now(void **state) {
	struct world *w = world_new(&(struct world_options){.bare = true});

	(void)state;
	assert_fails(adopt(w, NEW, 9, SR_ADOPT_ALL), SR_DENIED, &w->e,
		"the log's name: this vault is not founded: its log has no history");
	world_free(w);
	w = world_new(NULL);
	w->v->keys->under_way = true; /* as a kill within a rotation leaves it */
	assert_fails(adopt(w, NEW, 99, SR_ADOPT_ALL), SR_LOCKED, &w->e,
		"the log's name: a change of keys is under way: open the vault again");
	w->v->keys->under_way = false;
	world_free(w);
}

/* strongroom.conf is a file that anybody on the machine may have changed: it names nothing that the
 * log does not, and hides nothing that it does. */
static void the_log_says_its_names(void **state) {
	struct world *w = world_new(NULL);
	char conf[T_PATH], line[400];
	struct sr_log_name n;
	struct sr_buf b, plain;
	struct sr_dir *d = NULL;
	uint64_t size = sr_ledger_next_index(w->v->ledger);

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&plain);
	snprintf(conf, sizeof conf, "%s/strongroom.conf", w->vault);
	assert_ok(sr_dir_open(&d, w->vault, &w->e), &w->e);
	assert_ok(sr_file_read(d, "strongroom.conf", &plain, 4096, &w->e), &w->e);
	snprintf(line, sizeof line, "log %llu %s %llu 99\n", (unsigned long long)size, NEW,
		(unsigned long long)size);
	conf_is(w, conf, &plain, line, SR_AUTH, "no entry of the log says");
	conf_is(w, conf, &plain, "log 5 two\n", SR_CORRUPT, "line log is not");
	t_write_file(conf, plain.p, plain.len);
	world_reopen(w);
	assert_ok(adopt(w, NEW, size + 1, SR_ADOPT_ALL), &w->e);
	size = sr_ledger_next_index(w->v->ledger);
	assert_ok(adopt(w, "archive.example/third", size + 9, SR_ADOPT_ALL), &w->e);
	last_name(&n, w);
	assert_string_equal(n.former, NEW);
	assert_int_equal(n.agreed, size - 2);
	world_reopen(w);
	assert_string_equal(sr_ledger_vkey(w->v->ledger)->name, "archive.example/third");
	assert_published(w, "archive.example/third");
	assert_ok(sr_file_read(d, "strongroom.conf", &b, 4096, &w->e), &w->e);
	/* Back under the name of the founding, or under one that others believe in still. */
	conf_is(w, conf, &plain, "", SR_AUTH, "is of");
	conf_is(w, conf, &plain, line, SR_AUTH, "is of");
	/* The right names, and another size that the witnesses are said to know. */
	sr_buf_put_u8(&b, 0);
	snprintf(line, sizeof line, " %llu\n", (unsigned long long)size + 9);
	char *at = strstr((char *)b.p, line);
	assert_non_null(at);
	at[1] = at[1] == '9' ? '8' : '9';
	t_write_file(conf, b.p, b.len - 1);
	assert_fails(reopened(w), SR_AUTH, &w->e,
		"strongroom.conf says that the log is archive.example/third since entry ");
	at[1] = line[1];
	b.len--;
	t_write_file(conf, b.p, b.len);
	world_reopen(w);
	sr_buf_free(&b);
	sr_buf_free(&plain);
	sr_dir_close(d);
	world_free(w);
}

/* The name is in the log, and the process was killed before it wrote anything else. */
static void killed_behind_the_entry(void **state) {
	struct world *w = world_new(NULL);
	const uint64_t size = sr_ledger_next_index(w->v->ledger);
	char conf[T_PATH], alarm[T_PATH], published[T_PATH];
	struct sr_buf plain, checkpoint;
	struct sr_dir *d = NULL;

	(void)state;
	sr_buf_init(&plain);
	sr_buf_init(&checkpoint);
	snprintf(conf, sizeof conf, "%s/strongroom.conf", w->vault);
	snprintf(alarm, sizeof alarm, "%s/ledger/alarm", w->vault);
	snprintf(published, sizeof published, "%s/ledger/checkpoint", w->vault);
	world_reopen(w); /* published as it is */
	assert_ok(sr_dir_open(&d, w->vault, &w->e), &w->e);
	assert_ok(sr_file_read(d, "strongroom.conf", &plain, 4096, &w->e), &w->e);
	assert_ok(sr_file_read(d, "ledger/checkpoint", &checkpoint, 4096, &w->e), &w->e);
	assert_ok(adopt(w, NEW, size + 1, SR_ADOPT_ALL), &w->e);
	world_close(w);
	t_write_file(conf, plain.p, plain.len);
	t_write_file(published, checkpoint.p, checkpoint.len);
	t_write_file(alarm, "a witness knows more", 20);
	world_reopen(w);
	assert_non_null(
		strstr((const char *)w->v->recovered.p, "goes on as archive.example/second"));
	assert_false(t_exists(alarm));
	assert_int_equal(world_count(w, SR_T_SERVICE_KEY), 1);
	assert_string_equal(sr_ledger_vkey(w->v->ledger)->name, NEW);
	world_reopen(w);
	assert_null(w->v->recovered.p);
	assert_published(w, NEW);
	sr_buf_free(&plain);
	sr_buf_free(&checkpoint);
	sr_dir_close(d);
	world_free(w);
}

/* Keys before the name and keys after it: one chain, each signing its own time. */
static void names_and_keys_are_one_chain(void **state) {
	struct world *w = world_new(NULL);
	const struct sr_log_keys *k;
	uint64_t size;

	(void)state;
	world_rotate(w);
	size = sr_ledger_next_index(w->v->ledger);
	assert_ok(adopt(w, NEW, size + 1, SR_ADOPT_ALL), &w->e);
	world_rotate(w);
	assert_published(w, NEW);
	k = sr_ledger_keys(w->v->ledger);
	assert_int_equal(k->count, 4);
	assert_false(sr_log_keys_renames(k, 1) || sr_log_keys_renames(k, 3));
	assert_true(sr_log_keys_renames(k, 2));
	assert_int_equal(k->key[2].from, size);
	assert_string_equal(k->key[1].name, W_ORIGIN);
	assert_string_equal(k->key[3].name, NEW);
	assert_memory_equal(k->key[2].pk, k->key[1].pk, SR_PK);
	assert_memory_not_equal(k->key[3].pk, k->key[2].pk, SR_PK);
	struct sr_rebuilt r;
	size_t packs, bad;
	assert_ok(sr_vault_rebuild(w->v, NULL, &r, &packs, &bad, &w->e), &w->e);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_now),
		cmocka_unit_test(goes_on),
		cmocka_unit_test(agreed_up_to_the_restore),
		cmocka_unit_test(the_log_says_its_names),
		cmocka_unit_test(killed_behind_the_entry),
		cmocka_unit_test(names_and_keys_are_one_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
