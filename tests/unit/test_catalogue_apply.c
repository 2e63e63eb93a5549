/*
 * test_catalogue_apply - the effect of statements: a whole life, every type; replay twice and
 * rebuild give the same tables; erasure leaves structural tables equal and no name anywhere; what
 * cannot be is refused and changes nothing.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/time.h"
#include "catalogue/schema.h"
#include "catalogue_life.h"

static void test_every_type_has_an_effect(void **state) {
	(void)state;
	for (int t = 0; t < SR_T_COUNT; t++) {
		assert_int_equal(sr_type_at((enum sr_type_id)t)->id, t);
		if (!sr_apply_knows((enum sr_type_id)t))
			fail_msg("no effect for %s", sr_type_at((enum sr_type_id)t)->name);
	}
	assert_false(sr_apply_knows(SR_T_COUNT));
}

static void test_life(void **state) {
	bool seen[SR_T_COUNT] = {false};
	struct sr_counts n;
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_all(&r);
	rig_apply(&r);
	for (size_t i = 0; i < r.count; i++)
		seen[r.entries[i].type] = true;
	for (int t = 0; t < SR_T_COUNT; t++)
		if (!seen[t])
			fail_msg("the life has no %s", sr_type_at((enum sr_type_id)t)->name);
	assert_ok(sr_query_counts(&n, r.cat, &e), &e);
	assert_int_equal(n.entries, r.count);
	assert_int_equal(n.people, 13);
	assert_int_equal(n.items_held, 1);
	assert_int_equal(n.items_destroyed, 1);
	assert_int_equal(n.items_released, 2);
	assert_int_equal(n.bytes, 40);
	assert_int_equal(n.requests_open, 1);
	assert_int_equal(n.grants_live, 1);
	assert_int_equal(n.checkouts_live, 0);
	assert_int_equal(n.incidents, 1);
	assert_int_equal(n.refusals, 2);
	assert_true(n.last_scrub > RIG_NOW && n.last_received >= n.last_scrub);
	rig_close(&r);
}

/* A change of the vault's keys names its own place, and keys that never were. */
static void test_service_key(void **state) {
	struct sr_service_key_row *rows = NULL;
	struct sr_vault_row v;
	struct rig r;
	size_t count = 0;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	const uint64_t at = r.count;
	s_service_key(&r, at + 1, M1, "the second room");
	rig_refused(&r, "it says that it is entry");
	s_service_key(&r, at, M0, "the second room");
	rig_refused(&r, "");
	s_service_key(&r, at, M1, "room");
	rig_refused(&r, "");
	s_service_key(&r, at, M1, "the second room");
	rig_apply(&r);
	assert_ok(sr_query_service_keys(&rows, &count, r.cat, &e), &e);
	assert_int_equal(count, 2);
	assert_int_equal(rows[0].entry, 0);
	assert_int_equal(rows[1].entry, at);
	assert_ok(sr_query_vault(&v, r.cat, &e), &e);
	assert_memory_equal(v.room_key, rows[1].room_key, SR_PK);
	assert_memory_not_equal(rows[0].room_key, rows[1].room_key, SR_PK);
	free(rows);
	rig_close(&r);
}

/* A standby board waits, whatever the service says, until two of it, a custodian and an auditor
 * took over, each once and as one of these. */
static void test_standby(void **state) {
	struct sr_standby_row s;
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct rig r;
	bool done = true;
	struct sr_err e;
	(void)state;
	assert_non_null(b);
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	assert_fails(
		sr_query_standby(&s, r.cat, r.vault, 2, &e), SR_NOTFOUND, &e, "no standby board");
	life_standby(&r);
	rig_apply(&r);
	assert_ok(sr_query_standby(&s, r.cat, r.vault, 2, &e), &e);
	assert_true(s.waits > s.entry && s.entry > 0 && !s.enough);
	assert_int_equal(s.want, 2);
	assert_ok(sr_query_board(b, r.cat, r.vault, 0, &e), &e);
	assert_int_equal(b->epoch, 1);
	assert_ok(sr_query_run_needed(&done, r.cat, s.run, &e), &e);
	assert_false(done); /* its dealings may go */
	s_opens(&r, SR_T_STANDBY, "standby run", 2);
	rig_refused(&r, "not that of a standby board to come");
	s_opens(&r, SR_T_OPENED, "standby run", 2);
	rig_refused(&r, "has not taken over");
	s_takeover(&r, M1, "standby run", 2);
	rig_refused(&r, "takes over nothing");
	s_takeover(&r, CURATOR, "standby run", 2);
	rig_refused(&r, "takes over nothing");
	s_takeover(&r, RESEARCHER, "another run", 2);
	rig_refused(&r, "no standby board waits");
	s_takeover(&r, RESEARCHER, "standby run", 1);
	rig_refused(&r, "no standby board waits");
	static const int who[] = {RESEARCHER, RESEARCHER2, CUSTODIAN, AUDITOR};
	for (size_t i = 0; i < 4; i++) {
		s_opens(&r, SR_T_OPENED, "standby run", 2);
		rig_refused(&r, "has not taken over");
		s_takeover(&r, who[i], "standby run", 2);
		rig_apply(&r);
		s_takeover(&r, who[i], "standby run", 2);
		rig_refused(&r, "");
		assert_ok(sr_query_standby(&s, r.cat, r.vault, 2, &e), &e);
		assert_int_equal(s.enough, i == 3);
	}
	s_opens(&r, SR_T_OPENED, "standby run", 2);
	rig_apply(&r);
	assert_ok(sr_query_board(b, r.cat, r.vault, 0, &e), &e);
	assert_int_equal(b->epoch, 2);
	assert_int_equal(b->member_count, 2);
	free(b);
	rig_close(&r);
}

/* What a key voted on that is replaced without its word counts no more while it is open, and once a
 * grant rests on it (as grants did that stand in logs of before) it counts as it did then. */
static void test_lost_votes(void **state) {
	struct rig_request q = {
		"request 50", "access", 1, life_wanted, 2, RESEARCHER2, 0, NULL, NULL};
	struct rig_vote v = {.request = "request 50", .decision = "approve", .version = 1};
	uint8_t votes[2][SR_ID], request[SR_ID];
	struct sr_vote_row row;
	struct sr_tally t;
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	life_granted(&r, "request 49", "grant 49", "access");
	memcpy(votes[0], r.entries[r.count - 3].id, SR_ID); /* of M1, and decided */
	s_request(&r, RESEARCHER, &q);
	memcpy(v.of, rig_last(&r)->hash, SR_HASH);
	s_room_key(&r, "request 50", 1, v.of);
	s_vote(&r, M1, &v);
	r.next_key[M1] = true;
	rig_begin(&r, SR_T_PERSON_KEY, OFFICER);
	f_put(&r, "person", r.person[M1]);
	rig_card(&r, "card", M1, true);
	rig_end(&r);
	rig_apply(&r);
	assert_ok(sr_query_vote(&row, r.cat, votes[0], &e), &e);
	assert_false(row.is_void);
	sr_vote_row_free(&row);
	memcpy(votes[0], r.entries[r.count - 2].id, SR_ID);
	assert_ok(sr_query_vote(&row, r.cat, votes[0], &e), &e);
	assert_true(row.is_void);
	sr_vote_row_free(&row);
	rig_id(request, "request 50");
	assert_ok(sr_query_tally(&t, r.cat, request, 1, &e), &e);
	assert_int_equal(t.approved, 0);
	s_vote(&r, M3, &v);
	memcpy(votes[1], rig_last(&r)->id, SR_ID);
	rig_apply(&r);
	s_grant(&r, "grant 50", "request 50", 1, (const uint8_t(*)[SR_ID])votes);
	rig_apply(&r);
	assert_ok(sr_query_vote(&row, r.cat, votes[0], &e), &e);
	assert_false(row.is_void);
	sr_vote_row_free(&row);
	rig_close(&r);
	/* They vote anew, once: a grant rests on that one. */
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	s_request(&r, RESEARCHER, &q);
	memcpy(v.of, rig_last(&r)->hash, SR_HASH);
	s_room_key(&r, "request 50", 1, v.of);
	s_vote(&r, M1, &v);
	memcpy(votes[0], rig_last(&r)->id, SR_ID);
	r.next_key[M1] = true;
	rig_begin(&r, SR_T_PERSON_KEY, OFFICER);
	f_put(&r, "person", r.person[M1]);
	rig_card(&r, "card", M1, true);
	rig_end(&r);
	s_vote(&r, M1, &v);
	memcpy(votes[1], rig_last(&r)->id, SR_ID);
	rig_apply(&r);
	s_grant(&r, "grant 50", "request 50", 1, (const uint8_t(*)[SR_ID])votes);
	rig_refused(&r, "line vote 1 is no valid approval");
	rig_close(&r);
}

/* Everybody said so, and an office ended since: the word counts no more, and is said again by who
 * is back. A log in which it was opened all the same, as vaults did once, is read on. */
static void test_words_that_ended(void **state) {
	static const int who[] = {RESEARCHER, RESEARCHER2, CUSTODIAN, AUDITOR};
	struct sr_standby_row row;
	struct rig r;
	struct sr_err e;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_standby(&r);
	for (size_t i = 0; i < 4; i++)
		s_takeover(&r, who[i], "standby run", 2);
	rig_apply(&r);
	assert_ok(sr_query_standby(&row, r.cat, r.vault, 2, &e), &e);
	assert_true(row.enough && row.members == 2 && row.custodians == 1 && row.auditors == 1);
	rig_begin(&r, SR_T_PERSON_END, OFFICER);
	f_put(&r, "person", r.person[CUSTODIAN]);
	rig_text(&r, SR_PERSONAL, r.person[CUSTODIAN], "reason", "has left");
	rig_end(&r);
	rig_apply(&r);
	assert_ok(sr_query_standby(&row, r.cat, r.vault, 2, &e), &e);
	assert_true(!row.enough && row.members == 2 && row.custodians == 0 && row.auditors == 1);
	s_takeover(&r, CUSTODIAN, "standby run", 2);
	rig_refused(&r, "takes over nothing");
	s_person(&r, OFFICER, CUSTODIAN, "custodian");
	rig_apply(&r);
	assert_ok(sr_query_standby(&row, r.cat, r.vault, 2, &e), &e);
	assert_false(row.enough);
	s_takeover(&r, CUSTODIAN, "standby run", 2);
	rig_apply(&r);
	assert_ok(sr_query_standby(&row, r.cat, r.vault, 2, &e), &e);
	assert_true(row.enough);
	s_person(&r, OFFICER, AUDITOR, "custodian"); /* what they get besides changes no word */
	rig_apply(&r);
	assert_ok(sr_query_standby(&row, r.cat, r.vault, 2, &e), &e);
	assert_true(row.enough && row.custodians == 1 && row.auditors == 1);
	rig_begin(&r, SR_T_PERSON_END, OFFICER);
	f_put(&r, "person", r.person[AUDITOR]);
	rig_text(&r, SR_PERSONAL, r.person[AUDITOR], "reason", "has left");
	rig_end(&r);
	rig_apply(&r);
	assert_ok(sr_query_standby(&row, r.cat, r.vault, 2, &e), &e);
	assert_false(row.enough);
	s_opens(&r, SR_T_OPENED, "standby run", 2);
	rig_apply(&r);
	rig_close(&r);
}

/* A fresh catalogue beside the first, replayed in one go; the same digest and no difference. */
static void replay_beside(struct rig *r, struct sr_catalogue **out, const char *name) {
	struct sr_catalogue_options o = rig_options(r, name);
	struct sr_replay p = rig_replay(r);
	uint64_t applied = 0;
	struct sr_err e;
	assert_ok(sr_catalogue_open(out, &o, &e), &e);
	assert_ok(sr_catalogue_catch_up(*out, &p, &applied, &e), &e);
	assert_int_equal(applied, r->count);
}

static void test_replay_twice(void **state) {
	struct sr_catalogue *second = NULL;
	uint8_t a[SR_HASH], b[SR_HASH];
	char difference[512];
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r); /* in pieces here, at once there */
	life_items_in(&r);
	rig_apply(&r);
	life_request(&r);
	life_use(&r);
	rig_apply(&r);
	life_ends(&r);
	rig_apply(&r);
	rig_apply(&r); /* nothing left: nothing done */
	replay_beside(&r, &second, "second.db");
	assert_ok(sr_catalogue_digest(r.cat, a, &e), &e);
	assert_ok(sr_catalogue_digest(second, b, &e), &e);
	assert_memory_equal(a, b, SR_HASH);
	assert_ok(sr_catalogue_compare(r.cat, second, difference, &e), &e);
	assert_string_equal(difference, "");
	assert_ok(sr_db_exec(sr_catalogue_db(second), "UPDATE items SET level = 9 WHERE n = 2", &e),
		&e);
	assert_ok(sr_catalogue_compare(r.cat, second, difference, &e), &e);
	assert_non_null(strstr(difference, "items, row 2, column"));
	assert_non_null(strstr(difference, ": 3, not 9"));
	assert_ok(sr_catalogue_close(second, &e), &e);
	rig_close(&r);
}

/* More than fits in usual batches: items are indexed for search late, once, and it is the same in
 * the end; so it is after a stop in between. */
static void test_long(void **state) {
	static const char *const items[] = {"item 1", "item 2", "item 3"};
	struct sr_catalogue *second = NULL;
	uint8_t a[SR_HASH], b[SR_HASH];
	struct rig r;
	struct sr_err e;
	int64_t one = 0, two = 0;
	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	rig_apply(&r); /* a few: indexed at once */
	while (r.count < 4500)
		s_describe(&r, items[r.count % 3], r.count < 4490 ? "Draft" : "Zeppelin", "hate");
	for (size_t all = r.count, to = 200; to <= all; to += 200) { /* in small batches here */
		r.count = to < all ? to : all;
		rig_apply(&r);
		r.count = all;
	}
	rig_apply(&r);
	replay_beside(&r, &second, "second.db"); /* and in one there */
	assert_ok(sr_catalogue_digest(r.cat, a, &e), &e);
	assert_ok(sr_catalogue_digest(second, b, &e), &e);
	assert_memory_equal(a, b, SR_HASH);
	assert_ok(sr_db_int(sr_catalogue_db(r.cat),
			  "SELECT count(*) FROM search WHERE search MATCH 'title:zeppelin'", &one,
			  &e),
		&e);
	assert_ok(sr_db_int(sr_catalogue_db(second),
			  "SELECT count(*) FROM search WHERE search MATCH 'title:zeppelin'", &two,
			  &e),
		&e);
	assert_int_equal(one, 3);
	assert_int_equal(two, 3);
	assert_ok(sr_db_int(sr_catalogue_db(second),
			  "SELECT count(*) FROM search WHERE search MATCH 'title:draft'", &two, &e),
		&e);
	assert_int_equal(two, 0);
	assert_ok(sr_catalogue_close(second, &e), &e);
	rig_close(&r);
}

static void test_reopen_and_catch_up(void **state) {
	struct sr_catalogue_options o;
	struct sr_replay p;
	struct rig r;
	uint64_t applied = 9, size = 0;
	uint8_t root[SR_HASH];
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	assert_ok(sr_catalogue_close(r.cat, &e), &e);
	o = rig_options(&r, NULL);
	o.create = false;
	assert_ok(sr_catalogue_open(&r.cat, &o, &e), &e);
	assert_int_equal(sr_catalogue_size(r.cat), r.count);
	sr_catalogue_position(r.cat, &size, root);
	assert_int_equal(size, r.count);
	life_items_in(&r);
	p = rig_replay(&r);
	assert_ok(sr_catalogue_catch_up(r.cat, &p, &applied, &e), &e);
	assert_int_equal(applied, r.count - size);
	/* ahead of its ledger, or on another one */
	p.size = 3;
	assert_fails(sr_catalogue_catch_up(r.cat, &p, &applied, &e), SR_CORRUPT, &e,
		"but the ledger has 3");
	p = rig_replay(&r);
	p.root[5] ^= 1;
	assert_fails(
		sr_catalogue_catch_up(r.cat, &p, &applied, &e), SR_CORRUPT, &e, "another ledger");
	rig_close(&r);
}

static void test_transactions(void **state) {
	struct sr_entry en;
	struct sr_objects objects = {rig_get_object, NULL};
	struct rig r;
	uint8_t root[SR_HASH] = {1};
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_board(&r);
	objects.ctx = &r;
	memset(&en, 0, sizeof en);
	assert_ok(rig_entry_at(&r, 0, &en, &e), &e);
	assert_fails(sr_catalogue_apply(r.cat, &en, &objects, &e), SR_MISUSE, &e,
		"outside a transaction");
	assert_fails(sr_catalogue_mark(r.cat, &e), SR_MISUSE, &e, "transaction");
	assert_ok(sr_catalogue_begin(r.cat, &e), &e);
	assert_ok(sr_catalogue_apply(r.cat, &en, &objects, &e), &e);
	assert_fails(sr_catalogue_apply(r.cat, &en, &objects, &e), SR_MISUSE, &e, "stands at 1");
	sr_entry_free(&en);
	assert_ok(sr_catalogue_mark(r.cat, &e), &e);
	assert_ok(rig_entry_at(&r, 1, &en, &e), &e);
	assert_ok(sr_catalogue_apply(r.cat, &en, &objects, &e), &e);
	assert_int_equal(sr_catalogue_size(r.cat), 2);
	assert_fails(sr_catalogue_commit(r.cat, root, &e), SR_MISUSE, &e, "open mark");
	assert_ok(sr_catalogue_undo(r.cat, &e), &e);
	assert_int_equal(sr_catalogue_size(r.cat), 1);
	assert_ok(sr_catalogue_mark(r.cat, &e), &e);
	assert_ok(sr_catalogue_apply(r.cat, &en, &objects, &e), &e);
	assert_ok(sr_catalogue_keep(r.cat, &e), &e);
	assert_ok(sr_catalogue_commit(r.cat, root, &e), &e);
	sr_entry_free(&en);
	assert_int_equal(sr_catalogue_size(r.cat), 2);
	assert_ok(sr_catalogue_begin(r.cat, &e), &e);
	assert_ok(rig_entry_at(&r, 2, &en, &e), &e);
	assert_ok(sr_catalogue_apply(r.cat, &en, &objects, &e), &e);
	sr_entry_free(&en);
	sr_catalogue_rollback(r.cat);
	assert_int_equal(sr_catalogue_size(r.cat), 2);
	rig_close(&r);
}

/* --- erasure --- */

static const char *const secrets[] = {"Name-of-", "Secret-project", "Because-of-me",
	"Only in the evening", "No copies", "My-neighbour", "Something-odd", "A-long-comment",
	"Has-left"};
static const char *const forgotten[] = {"Name-of-12", "Gone-for-good", "To-be-forgotten"};
static const char *const descriptive[] = {"Title-of-", "Pamphlets", "item 1.txt"};

/* Every value of every table, the search index included. */
static bool anywhere(struct sr_catalogue *c, const char *needle) {
	struct sr_stmt *tables = NULL;
	struct sr_err e;
	bool row = false, found = false;
	assert_ok(sr_stmt_new(&tables, sr_catalogue_db(c),
			  "SELECT name FROM sqlite_schema WHERE type = 'table'", &e),
		&e);
	while (sr_stmt_step(tables, &row, &e) == 0 && row) {
		struct sr_stmt *st = NULL;
		char sql[200];
		bool more = false;
		const char *name = sr_stmt_col_str(tables, 0);
		int64_t columns = 0;
		snprintf(sql, sizeof sql, "SELECT count(*) FROM pragma_table_info('%s')", name);
		assert_ok(sr_db_int(sr_catalogue_db(c), sql, &columns, &e), &e);
		snprintf(sql, sizeof sql, "SELECT * FROM %s", name);
		if (sr_stmt_new(&st, sr_catalogue_db(c), sql, &e) != 0)
			continue;
		while (sr_stmt_step(st, &more, &e) == 0 && more) {
			for (int i = 0; i < columns; i++) {
				struct sr_bytes v = sr_stmt_col_bytes(st, i);
				found = found || (v.p != NULL && memmem(v.p, v.len, needle,
									 strlen(needle)) != NULL);
			}
		}
		sr_stmt_free(st);
	}
	sr_stmt_free(tables);
	return found;
}

static void test_erased(void **state) {
	struct sr_catalogue *erased = NULL;
	char difference[512];
	struct rig r;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_all(&r);
	rig_apply(&r);
	for (size_t i = 0; i < T_COUNT(secrets); i++)
		assert_true(anywhere(r.cat, secrets[i]));
	for (size_t i = 0; i < T_COUNT(descriptive); i++)
		assert_true(anywhere(r.cat, descriptive[i]));
	/* one whom the board erased is in none of it already */
	for (size_t i = 0; i < T_COUNT(forgotten); i++)
		assert_false(anywhere(r.cat, forgotten[i]));
	assert_true(anywhere(r.cat, r.person[LEAVER]));
	/* everything personal */
	r.erased[r.erased_count++] = "p-";
	replay_beside(&r, &erased, "erased.db");
	assert_ok(sr_catalogue_compare(r.cat, erased, difference, &e), &e);
	assert_string_equal(difference, "");
	for (size_t i = 0; i < T_COUNT(secrets); i++)
		assert_false(anywhere(erased, secrets[i]));
	for (size_t i = 0; i < T_COUNT(descriptive); i++)
		assert_true(anywhere(erased, descriptive[i]));
	assert_ok(sr_catalogue_close(erased, &e), &e);
	/* and everything descriptive */
	r.erased[r.erased_count++] = "item:";
	r.erased[r.erased_count++] = "collection:";
	replay_beside(&r, &erased, "erased2.db");
	assert_ok(sr_catalogue_compare(r.cat, erased, difference, &e), &e);
	assert_string_equal(difference, "");
	for (size_t i = 0; i < T_COUNT(descriptive); i++)
		assert_false(anywhere(erased, descriptive[i]));
	struct sr_item_row it;
	uint8_t id[SR_ID];
	rig_id(id, "item 1");
	assert_ok(sr_query_item(&it, erased, id, &e), &e);
	assert_null(it.title);
	assert_true(it.described);
	assert_string_equal(it.hazards, "graphic");
	sr_item_row_free(&it);
	assert_ok(sr_catalogue_close(erased, &e), &e);
	rig_close(&r);
}

/* --- rebuild --- */

static void test_rebuild(void **state) {
	struct sr_catalogue_options o;
	struct sr_rebuilt out;
	struct sr_replay p;
	struct rig r;
	uint8_t before[SR_HASH];
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_all(&r);
	rig_apply(&r);
	o = rig_options(&r, NULL);
	p = rig_replay(&r);
	assert_ok(sr_catalogue_digest(r.cat, before, &e), &e);
	assert_ok(sr_catalogue_rebuild(&r.cat, &o, &p, &out, &e), &e);
	assert_true(out.had_old && out.equal);
	assert_int_equal(out.entries, r.count);
	assert_memory_equal(out.digest, before, SR_HASH);
	/* a structural row that lies */
	assert_ok(sr_db_exec(sr_catalogue_db(r.cat),
			  "UPDATE grants SET state = 'live' WHERE state = 'revoked'", &e),
		&e);
	assert_ok(sr_catalogue_rebuild(&r.cat, &o, &p, &out, &e), &e);
	assert_true(out.had_old && !out.equal);
	assert_non_null(strstr(out.difference, "grants, row"));
	assert_non_null(strstr(out.difference, "live, not revoked"));
	assert_memory_equal(out.digest, before, SR_HASH);
	/* a text that lies: healed, and not shown in the difference */
	assert_ok(sr_db_exec(sr_catalogue_db(r.cat),
			  "UPDATE item_texts SET title = 'Forged' WHERE n = 1", &e),
		&e);
	assert_ok(sr_catalogue_rebuild(&r.cat, &o, &p, &out, &e), &e);
	assert_true(out.had_old && out.equal);
	assert_false(anywhere(r.cat, "Forged"));
	/* erasure: the old one goes */
	r.erased[r.erased_count++] = "p-";
	assert_ok(sr_catalogue_rebuild(&r.cat, &o, &p, &out, &e), &e);
	assert_true(out.equal);
	assert_false(anywhere(r.cat, "Name-of-"));
	assert_memory_equal(out.digest, before, SR_HASH);
	/* without an old one */
	assert_ok(sr_catalogue_close(r.cat, &e), &e);
	r.cat = NULL;
	assert_ok(sr_catalogue_rebuild(&r.cat, &o, &p, &out, &e), &e);
	assert_false(out.had_old);
	assert_memory_equal(out.digest, before, SR_HASH);
	assert_false(t_exists(t_path(r.path, "catalogue-rebuild.db")));
	rig_close(&r);
}

/* A flipped byte in the file is found at open or at the next look, and a rebuild heals it. */
static void test_damaged_file(void **state) {
	struct sr_catalogue_options o;
	struct sr_rebuilt out;
	struct sr_replay p;
	struct rig r;
	uint8_t before[SR_HASH], byte = 0;
	struct sr_err e;
	int fd, rc;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	assert_ok(sr_catalogue_digest(r.cat, before, &e), &e);
	assert_ok(sr_catalogue_close(r.cat, &e), &e);
	r.cat = NULL;
	fd = open(t_path(r.path, SR_CATALOGUE_FILE), O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, 30000), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, 30000), 1);
	assert_int_equal(close(fd), 0);
	o = rig_options(&r, NULL);
	p = rig_replay(&r);
	rc = sr_catalogue_open(&r.cat, &o, &e);
	if (rc != 0) {
		assert_true(rc == SR_CORRUPT || rc == SR_AUTH);
		r.cat = NULL;
	}
	assert_ok(sr_catalogue_rebuild(&r.cat, &o, &p, &out, &e), &e);
	assert_memory_equal(out.digest, before, SR_HASH);
	assert_ok(sr_db_verify(sr_catalogue_db(r.cat), &e), &e);
	rig_close(&r);
}

/* --- what cannot be --- */

static void test_impossible_trust(void **state) {
	struct rig r;
	(void)state;
	rig_open(&r);
	rig_begin(&r, SR_T_SCRUB, SERVICE);
	f_dec(&r, "packs", 0);
	f_dec(&r, "objects", 0);
	f_dec(&r, "envelopes", 0);
	f_dec(&r, "bad", 0);
	f_put(&r, "result", "clean");
	rig_end(&r);
	memset(r.vault, 0, sizeof r.vault);
	rig_refused(&r, "entry 0 is found");
	s_found(&r);
	rig_apply(&r);
	s_found(&r);
	rig_refused(&r, "entry 0 is found, and no other");
	s_person(&r, RESEARCHER, DEPOSITOR, "depositor");
	rig_refused(&r, "is nobody of this vault");
	s_deal(&r, CURATOR, "run 1");
	rig_refused(&r, "is no member of the board of epoch 1");
	s_accept(&r, M0, "run 1");
	rig_refused(&r, "run: none, so no accept");
	s_deal(&r, M0, "run 1");
	rig_apply(&r);
	s_deal(&r, M0, "run 1");
	rig_refused(&r, "deals");
	s_opened(&r, "run 1");
	rig_refused(&r, "0 of 5 members accepted");
	for (int i = 0; i < 4; i++)
		s_accept(&r, M0 + i, "run 1");
	rig_apply(&r);
	s_opened(&r, "run 1");
	rig_refused(&r, "4 of 5 members accepted");
	s_accept(&r, M4, "run 1");
	s_opened(&r, "run 1");
	rig_apply(&r);
	s_accept(&r, M4, "run 1");
	rig_refused(&r, "run: done, so no accept");
	s_opened(&r, "run 1");
	rig_refused(&r, "run: done, so no opened");
	s_person(&r, CURATOR, RESEARCHER, "emperor");
	rig_refused(&r, "\"emperor\" is no role");
	r.vault[0] ^= 1;
	s_person(&r, CURATOR, RESEARCHER, "researcher");
	rig_refused(&r, "another vault");
	r.vault[0] ^= 1;
	rig_close(&r);
}

static void test_impossible_items(void **state) {
	struct rig_request q = {"request x", "access", 1, life_items, 3, -1, 0, NULL, NULL};
	struct rig r;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	s_describe(&r, "item 1", "Title", NULL);
	rig_refused(&r, "there is no item");
	s_collection(&r, "make collection", "collection 2", "Again");
	rig_refused(&r, "request: granted, so no decided");
	life_items_in(&r);
	rig_apply(&r);
	s_accession(&r, DEPOSITOR, "accession 2", life_items, 1);
	rig_refused(&r, "items.item");
	s_release(&r, "item 3", 3, 2);
	rig_refused(&r, "envelope 3 after 1");
	s_release(&r, "item 1", 3, 2);
	rig_refused(&r, "item: released, so no release");
	s_request(&r, RESEARCHER, &q);
	rig_refused(&r, "item: held, so no request");
	s_checkout(&r, CURATOR, "look 2", NULL, "item 1");
	rig_refused(&r, "item: released, so no checkout quarantine");
	s_viewed(&r, "look", "read"); /* release ended it */
	rig_refused(&r, "checkout: ended, so no viewed");
	s_viewed(&r, "no such", "open");
	rig_refused(&r, "there is no checkout");
	rig_close(&r);
}

static void test_list_is_the_signed_one(void **state) {
	struct rig r;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	s_accession(&r, DEPOSITOR, "accession 1", life_items, 2);
	struct rig_object *list = &r.objects[r.object_count - 1];
	list->body.p[8] ^= 1; /* the id of the first item */
	rig_refused(&r, "the list of 2 items is not the one that was signed");
	s_accession(&r, DEPOSITOR, "accession 1", life_items, 2);
	list = &r.objects[r.object_count - 1];
	list->body.p[8 + 112] ^= 1; /* bytes of the first item */
	rig_refused(&r, "signed are 2 and 20");
	s_accession(&r, DEPOSITOR, "accession 1", life_items, 2);
	list = &r.objects[r.object_count - 1];
	list->body.len--;
	rig_refused(&r, "bytes, want");
	list->body.len++;
	s_accession(&r, DEPOSITOR, "accession 1", life_items, 2);
	r.entries[r.count - 1].has_object = false;
	rig_refused(&r, "names an object but has no object file");
	rig_close(&r);
}

static void test_impossible_requests(void **state) {
	struct rig_request q = {
		"request 1", "access", 1, life_wanted, 2, RESEARCHER2, 0, NULL, NULL};
	struct rig_vote v = {.request = "request 1", .decision = "approve", .version = 1};
	uint8_t votes[2][SR_ID];
	struct rig r;
	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	q.version = 2;
	rig_apply(&r);
	s_request(&r, RESEARCHER, &q);
	rig_refused(&r, "there is no request");
	q.version = 1;
	s_request(&r, RESEARCHER, &q);
	memcpy(v.of, rig_last(&r)->hash, SR_HASH);
	rig_apply(&r);
	s_request(&r, RESEARCHER, &q);
	rig_refused(&r, "requests.request");
	q.version = 3;
	s_request(&r, RESEARCHER, &q);
	rig_refused(&r, "version 3 after 1");
	q.version = 2;
	s_request(&r, RESEARCHER2, &q);
	rig_refused(&r, "another applicant or kind");
	v.of[0] ^= 1;
	s_vote(&r, M0, &v);
	rig_refused(&r, "on another text than that of version 1");
	s_room_key(&r, "request 1", 1, v.of);
	rig_refused(&r, "for another text");
	v.of[0] ^= 1;
	v.decision = "perhaps";
	s_vote(&r, M0, &v);
	rig_refused(&r, "\"perhaps\" is no decision");
	s_room_key(&r, "request 1", 1, v.of);
	rig_apply(&r);
	s_room_key(&r, "request 1", 1, v.of); /* renewed after a restore: the newest counts */
	rig_apply(&r);
	v.decision = "approve";
	v.room_key = "the room key before";
	s_vote(&r, M0, &v);
	rig_refused(&r, "pieces are for another room key than that of version 1");
	v.room_key = "room key of request 1 1";
	v.decision = "topup";
	s_vote(&r, M0, &v);
	rig_refused(&r, "request: open, so no vote topup");
	v.decision = "approve";
	v.version = 2;
	s_vote(&r, M0, &v);
	rig_refused(&r, "version 2");
	v.version = 1;
	s_vote(&r, M0, &v);
	memcpy(votes[0], rig_last(&r)->id, SR_ID);
	rig_apply(&r);
	s_vote(&r, M0, &v);
	rig_refused(&r, "votes");
	s_ids(&r, SR_T_RECUSE, M0, "request", "request 1"); /* voids that vote */
	s_vote(&r, M1, &v);
	memcpy(votes[1], rig_last(&r)->id, SR_ID);
	rig_apply(&r);
	s_grant(&r, "grant 1", "request 1", 1, (const uint8_t(*)[SR_ID])votes);
	rig_refused(&r, "line vote 1 is no valid approval");
	memcpy(votes[0], votes[1], SR_ID);
	s_grant(&r, "grant 1", "request 1", 1, (const uint8_t(*)[SR_ID])votes);
	rig_refused(&r, "2 votes of 1 members");
	rig_begin(&r, SR_T_JOIN, CURATOR);
	f_id(&r, "request", "request 1");
	f_key(&r, "key", "k");
	rig_end(&r);
	rig_refused(&r, "is not named in the request");
	rig_begin(&r, SR_T_ATTEST_END, OFFICER);
	f_id(&r, "attestation", "never attested");
	rig_end(&r);
	rig_refused(&r, "not there, or has ended");
	s_lapse(&r, "attestation", "never attested");
	rig_refused(&r, "not there, or has ended");
	s_refuse(&r, "request", "request 1", 1);
	rig_apply(&r);
	v.decision = "reject";
	s_vote(&r, M2, &v);
	rig_refused(&r, "request: refused, so no vote");
	s_room_key(&r, "request 1", 1, v.of);
	rig_refused(&r, "request: refused, so no room-key");
	s_lapse(&r, "request", "request 1");
	rig_refused(&r, "request: refused, so no lapse");
	s_request(&r, RESEARCHER, &q);
	rig_refused(&r, "request: refused, so no amend");
	rig_close(&r);
}

static void test_impossible_grants(void **state) {
	struct rig r;
	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	life_granted(&r, "request 1", "grant 1", "access");
	rig_apply(&r);
	s_checkout(&r, CURATOR, "c", "grant 1", "item 1");
	rig_refused(&r, "the grant does not give this item");
	s_checkout(&r, RESEARCHER, "c", "grant 1", "item 3");
	rig_refused(&r, "item: held, so no checkout");
	s_checkout(&r, RESEARCHER, "c", "no grant", "item 1");
	rig_refused(&r, "there is no grant");
	s_checkout(&r, RESEARCHER, "c", "grant 1", "item 1");
	rig_apply(&r);
	s_checkout(&r, RESEARCHER, "d", "grant 1", "item 1");
	rig_refused(&r, "checkouts");
	s_viewed(&r, "c", "read");
	rig_refused(&r, "checkout: begun, so no viewed");
	s_ids(&r, SR_T_RETURN, RESEARCHER2, "checkout", "c");
	rig_refused(&r, "returns what");
	s_ids(&r, SR_T_LIFT, M1, "grant", "grant 1");
	rig_refused(&r, "lifts what nobody suspended");
	s_ids(&r, SR_T_SUSPEND, M1, "grant", "grant 1");
	rig_apply(&r);
	s_viewed(&r, "c", "open");
	rig_refused(&r, "checkout: ended, so no viewed open");
	s_ids(&r, SR_T_LIFT, M2, "grant", "grant 1");
	rig_refused(&r, "lifts what p-");
	s_checkout(&r, RESEARCHER, "d", "grant 1", "item 1");
	rig_refused(&r, "grant: suspended, so no checkout");
	s_lapse(&r, "grant", "grant 1");
	rig_apply(&r);
	s_ids(&r, SR_T_LIFT, M1, "grant", "grant 1");
	rig_refused(&r, "lifts what nobody suspended");
	s_ids(&r, SR_T_CLOSE, RESEARCHER, "grant", "grant 1");
	rig_refused(&r, "grant: expired, so no close");
	s_checkout(&r, RESEARCHER, "d", "grant 1", "item 1");
	rig_refused(&r, "grant: expired, so no checkout");
	s_lapse(&r, "request", "request 1");
	rig_refused(&r, "request: granted, so no lapse");
	rig_begin(&r, SR_T_LAPSE, SERVICE);
	f_put(&r, "what", "patience");
	rig_end(&r);
	rig_refused(&r, "what lapses is \"patience\"");
	rig_close(&r);
}

/* The hash that a vote on life_wanted names, for these numbers of envelopes. */
static void seals_of(uint8_t out[SR_HASH], uint64_t first, uint64_t second) {
	uint8_t ids[2][SR_ID];
	const uint64_t number[2] = {first, second};
	struct sr_hash h;

	for (size_t i = 0; i < 2; i++)
		rig_id(ids[i], life_wanted[i]);
	const size_t low = memcmp(ids[0], ids[1], SR_ID) < 0 ? 0 : 1;

	sr_seals_begin(&h, 2);
	sr_seals_add(&h, ids[low], number[low]);
	sr_seals_add(&h, ids[1 - low], number[1 - low]);
	sr_hash_final(&h, out);
}

static void sealed_as(
	struct rig *r, const char *item, uint32_t number, uint32_t level, uint64_t entry) {
	struct sr_item_row it = {0};
	uint8_t id[SR_ID];
	struct sr_err e;

	rig_id(id, item);
	assert_ok(sr_query_item(&it, r->cat, id, &e), &e);
	assert_int_equal(it.number, number);
	assert_int_equal(it.level, level);
	assert_int_equal(it.epoch, 1);
	assert_int_equal(it.sealed, entry);
	sr_item_row_free(&it);
}

/* An item is sealed anew once under a live grant for that, to no lower level and a key that its
 * board has; and a vote's pieces are for the seals that are in force when it comes. */
static void test_reseal(void **state) {
	struct rig_reseal n = {"item 2", "request 8", "grant 8", 3, 3, 1};
	struct rig_request q = {
		"request 1", "access", 1, life_wanted, 2, RESEARCHER2, 0, NULL, NULL};
	struct rig_vote v = {.request = "request 1", .decision = "approve", .version = 1};
	struct rig_reseal bad = n;
	uint8_t before[SR_HASH], after[SR_HASH];
	struct rig r;
	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	s_request(&r, RESEARCHER, &q);
	memcpy(v.of, rig_last(&r)->hash, SR_HASH);
	s_room_key(&r, "request 1", 1, v.of);
	life_granted(&r, "request 7", "grant 7", "access");
	rig_apply(&r);
	bad.request = "request 7";
	bad.grant = "grant 7";
	s_reseal(&r, &bad);
	rig_refused(&r, "no live grant of right reseal names this item");
	life_granted(&r, "request 8", "grant 8", "reseal");
	rig_apply(&r);
	bad = n;
	bad.request = "request 7";
	s_reseal(&r, &bad);
	rig_refused(&r, "no live grant of right reseal names this item");
	bad = n;
	bad.item = "item 3";
	s_reseal(&r, &bad);
	rig_refused(&r, "no live grant of right reseal names this item");
	bad = n;
	bad.number = 4;
	s_reseal(&r, &bad);
	rig_refused(&r, "envelope 4 after 2");
	bad = n;
	bad.level = 1;
	s_reseal(&r, &bad);
	rig_refused(&r, "or to a lower level");
	bad = n;
	bad.level = 9;
	s_reseal(&r, &bad);
	rig_refused(&r, "its board has no such level in epoch 1");
	bad = n;
	bad.epoch = 2;
	s_reseal(&r, &bad);
	rig_refused(&r, "its board has no such level in epoch 2");
	seals_of(before, 2, 2);
	seals_of(after, 2, 3);
	v.seals = after;
	s_vote(&r, M0, &v);
	rig_refused(&r, "for other seals than those of the items of version 1");
	v.seals = before;
	s_vote(&r, M0, &v);
	s_reseal(&r, &n);
	const uint64_t entry = r.count - 1;
	rig_apply(&r);
	sealed_as(&r, "item 2", 3, 3, entry);
	bad = n;
	bad.number = 4;
	s_reseal(&r, &bad);
	rig_refused(&r, "it was sealed anew under it already");
	s_vote(&r, M1, &v);
	rig_refused(&r, "for other seals than those of the items of version 1");
	v.seals = after;
	s_vote(&r, M1, &v);
	rig_apply(&r);
	s_ids(&r, SR_T_CLOSE, RESEARCHER, "grant", "grant 8");
	rig_apply(&r);
	bad = n;
	bad.item = "item 1";
	s_reseal(&r, &bad);
	rig_refused(&r, "no live grant of right reseal names this item");
	rig_close(&r);
}

/* What comes later into a grant: by whom it names, one number after the other, no item twice; its
 * pieces come by topups that name it, and open nothing of the first list. */
static void test_extend(void **state) {
	struct sr_version_row row = {.version = 1};
	struct sr_topups l = {0};
	uint8_t grant[SR_ID];
	uint8_t *ids = NULL;
	size_t count = 0;
	int64_t list = 7;
	struct sr_err e;
	struct rig r;
	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	life_granted_of(&r, "request 5", "grant 5", "access", 1);
	life_granted_of(&r, "request 6", "grant 6", "export", 1);
	rig_apply(&r);
	s_extend(&r, CURATOR, "grant 5", "request 5", "item 2", 1);
	rig_refused(&r, "none of right access for");
	s_extend(&r, RESEARCHER, "grant 6", "request 6", "item 2", 1);
	rig_refused(&r, "none of right access for");
	s_extend(&r, RESEARCHER, "grant 5", "request 6", "item 2", 1);
	rig_refused(&r, "none of right access for");
	s_extend(&r, RESEARCHER, "grant 5", "request 5", "item 2", 2);
	rig_refused(&r, "extension 2 after 0");
	s_extend(&r, RESEARCHER, "grant 5", "request 5", "item 1", 1);
	rig_refused(&r, "UNIQUE");
	s_extend(&r, RESEARCHER, "grant 5", "request 5", "item 3", 1);
	rig_refused(&r, "item: held");
	s_extend(&r, RESEARCHER, "grant 5", "request 5", "item 2", 1);
	rig_apply(&r);
	rig_id(row.request, "request 5");
	rig_id(grant, "grant 5");
	assert_ok(sr_query_request_items(&ids, &count, r.cat, row.request, 1, &e), &e);
	assert_int_equal(count, 1);
	free(ids);
	rig_id(row.hash, "item 2");
	assert_ok(sr_query_list_of(&list, r.cat, &row, row.hash, &e), &e);
	assert_int_equal(list, 1);
	assert_ok(sr_query_topups(&l, r.cat, grant, row.hash, &e), &e);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.rows[0].have, 0);
	assert_int_equal(l.rows[0].extension, 1);
	sr_topups_free(&l);
	s_ids(&r, SR_T_SUSPEND, M1, "grant", "grant 5");
	rig_apply(&r);
	s_extend(&r, RESEARCHER, "grant 5", "request 5", "item 2", 2);
	rig_refused(&r, "grant: suspended, so no extend");
	rig_close(&r);
}

/* Every accession has its `stored`, at once, and nothing else has one. */
static void test_stored(void **state) {
	struct rig r;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	s_stored(&r, "accession 1");
	rig_refused(&r, "(stored): it does not stand directly behind its accession");
	s_accession(&r, DEPOSITOR, "accession 1", life_items, 2);
	s_describe(&r, "item 1", "Title", NULL);
	rig_refused(&r, "(describe): the accession before it has no `stored` behind it");
	s_stored(&r, "accession 2");
	rig_refused(&r, "(stored): it does not stand directly behind its accession");
	s_stored(&r, "accession 1");
	struct rig_object *list = &r.objects[r.object_count - 1];
	list->body.p[list->body.len - 1] ^= 1;
	rig_refused(&r, "the list of 1 packs is not the one that was signed");
	/* A ledger that ends between the two is not whole. */
	struct sr_replay p = rig_replay(&r);
	struct sr_err e;
	assert_fails(sr_catalogue_catch_up(r.cat, &p, NULL, &e), SR_CORRUPT, &e,
		"(accession): the ledger ends without its `stored`");
	s_stored(&r, "accession 1");
	rig_apply(&r);
	s_stored(&r, "accession 1");
	rig_refused(&r, "(stored): it does not stand directly behind its accession");
	rig_close(&r);
}

/* A redacted version begins with the hazards of its parent, and names it. */
static void test_redacted(void **state) {
	struct rig r;
	struct sr_item_row it = {0};
	uint8_t id[SR_ID], parent[SR_ID];
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_board(&r);
	s_accession(&r, DEPOSITOR, "accession 1", life_items, 2);
	s_stored(&r, "accession 1");
	s_describe(&r, "item 1", "Title", "graphic");
	rig_apply(&r);
	s_redact(&r, "accession 2", "item 7", "item 9");
	rig_refused(&r, "(redact): there is no such parent");
	s_redact(&r, "accession 2", "item 1", "item 9");
	s_describe(&r, "item 9", "Title", NULL);
	rig_refused(&r, "(describe): the accession before it has no `stored` behind it");
	struct sr_replay p = rig_replay(&r);
	assert_fails(sr_catalogue_catch_up(r.cat, &p, NULL, &e), SR_CORRUPT, &e,
		"the ledger ends without its `stored`");
	s_stored(&r, "accession 2");
	rig_apply(&r);
	rig_id(id, "item 9");
	rig_id(parent, "item 1");
	assert_ok(sr_query_item(&it, r.cat, id, &e), &e);
	assert_true(it.redacted && it.state == SR_S_HELD);
	assert_memory_equal(it.parent, parent, SR_ID);
	assert_string_equal(it.hazards, "graphic");
	assert_string_equal(it.depositor, r.person[CURATOR]);
	sr_item_row_free(&it);
	assert_ok(sr_query_item(&it, r.cat, parent, &e), &e);
	assert_false(it.redacted);
	sr_item_row_free(&it);
	rig_close(&r);
}

static size_t packs_of(struct rig *r) {
	uint8_t *names = NULL;
	size_t count = 0;
	struct sr_err e;
	assert_ok(sr_query_packs(&names, &count, r->cat, &e), &e);
	free(names);
	return count;
}

/* What a collection removes must be there, what it adds must be new. */
static void test_collected(void **state) {
	struct rig r;
	uint8_t *names = NULL, want[SR_HASH];
	size_t count = 0;
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_board(&r);
	s_accession(&r, DEPOSITOR, "accession 1", life_items, 2);
	s_stored(&r, "accession 1");
	rig_apply(&r);
	s_collect(&r, "pack 0", NULL);
	rig_refused(&r, "(collect): pack ");
	s_collect(&r, "accession 1", "accession 1");
	rig_refused(&r, ": it was named before");
	s_collect(&r, "accession 1", "pack 1");
	struct rig_object *list = &r.objects[r.object_count - 2];
	list->body.p[list->body.len - 1] ^= 1;
	rig_refused(
		&r, "(collect): removed-list: the list of 1 packs is not the one that was signed");
	s_collect(&r, "accession 1", "pack 1");
	list = &r.objects[r.object_count - 1];
	list->body.p[list->body.len - 1] ^= 1;
	rig_refused(&r, "(collect): added-list: the list of 1 packs is not the one");
	assert_int_equal(packs_of(&r), 1);
	s_collect(&r, "accession 1", "pack 1");
	rig_apply(&r);
	assert_ok(sr_query_packs(&names, &count, r.cat, &e), &e);
	rig_hash(want, "pack 1");
	assert_int_equal(count, 1);
	assert_memory_equal(names, want, SR_HASH);
	free(names);
	s_collect(&r, "accession 1", NULL);
	rig_refused(&r, ": there is none to be removed");
	s_collect(&r, "pack 1", NULL);
	rig_apply(&r);
	assert_int_equal(packs_of(&r), 0);
	rig_close(&r);
}

/* A member's share under another key, and a recovery of the service keys: both are of the board
 * that is open. */
static void test_share_and_recover(void **state) {
	const int enough[] = {M0, M1}, strange[] = {M0, CURATOR};
	struct rig r;
	struct sr_err e;
	uint8_t ask[SR_HASH];
	bool known = true;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_hash(ask, "ask 1");
	assert_ok(sr_query_recovered(&known, r.cat, ask, &e), &e);
	assert_false(known);
	s_share(&r, M1, "run 1", "keys of the board");
	s_recover(&r, "ask 1", 2, enough, 2);
	rig_apply(&r);
	assert_ok(sr_query_recovered(&known, r.cat, ask, &e), &e);
	assert_true(known);
	s_recover(&r, "ask 1", 2, enough, 2);
	rig_refused(&r, "(recover)");
	s_recover(&r, "ask 2", 2, enough, 1);
	rig_refused(&r, "(recover): 1 members, and the board wants 2 at that level");
	s_recover(&r, "ask 2", 7, enough, 2);
	rig_refused(&r, "(recover): 2 members, and the board wants 0 at that level");
	s_recover(&r, "ask 2", 2, strange, 2);
	rig_refused(&r, "is no member of that board");
	s_share(&r, M1, "run 1", "other keys");
	rig_refused(&r, "(share)");
	s_share(&r, CURATOR, "run 1", "keys of the board");
	rig_refused(&r, "accepted no such keys of this board");
	s_share(&r, M1, "run 2", "keys of the board");
	rig_refused(&r, "accepted no such keys of this board");
	rig_close(&r);
}

/* Which backups could be opened: those whose escrow was not rotated since. */
static void test_backups(void **state) {
	struct rig r;
	struct sr_backups l;
	struct sr_backup_counts n;
	uint64_t generation = 0;
	uint8_t escrow[SR_ID];
	struct sr_err e;
	(void)state;
	rig_open(&r);
	life_board(&r);
	s_escrow(&r, "escrow 1", 1);
	s_backup(&r, "backup 1", "begun", "escrow 1", 1);
	s_backup(&r, "backup 1", "made", "escrow 1", 1);
	s_backup(&r, "backup 2", "begun", "escrow 1", 2);
	rig_apply(&r);
	assert_ok(sr_query_backups(&l, r.cat, true, 0, &e), &e);
	assert_int_equal(l.count, 2);
	assert_true(l.rows[0].made && !l.rows[1].made);
	const uint64_t second = l.rows[1].entry;
	sr_backups_free(&l);
	assert_ok(sr_query_backups(&l, r.cat, true, second, &e), &e);
	assert_int_equal(l.count, 1);
	sr_backups_free(&l);
	s_escrow(&r, "escrow 1", 2);
	s_backup(&r, "backup 2", "made", "escrow 1", 2);
	s_escrow(&r, "escrow 2", 1);
	s_backup(&r, "backup 3", "begun", "escrow 2", 1);
	rig_apply(&r);
	assert_ok(sr_query_backups(&l, r.cat, true, 0, &e), &e);
	assert_int_equal(l.count, 2);
	assert_true(l.rows[0].made && l.rows[0].generation == 2 && !l.rows[1].made);
	sr_backups_free(&l);
	assert_ok(sr_query_backups(&l, r.cat, false, 0, &e), &e);
	assert_int_equal(l.count, 3);
	assert_true(l.rows[0].closed && !l.rows[1].closed && !l.rows[2].closed);
	sr_backups_free(&l);
	assert_ok(sr_query_backup_counts(&n, r.cat, &e), &e);
	assert_true(n.last > 0 && n.open == 2 && n.ended == 0 && n.reviving == 0);
	rig_id(escrow, "escrow 1");
	assert_ok(sr_query_escrow(&generation, r.cat, escrow, &e), &e);
	assert_int_equal(generation, 2);
	rig_id(escrow, "escrow 3");
	assert_fails(
		sr_query_escrow(&generation, r.cat, escrow, &e), SR_NOTFOUND, &e, "no such escrow");
	s_escrow(&r, "escrow 1", 2);
	rig_refused(&r, "(escrow): generation 2 after 2");
	s_backup(&r, "backup 3", "made", "escrow 2", 2);
	rig_refused(&r, "(backup): no such backup was begun, or it is made already");
	s_backup(&r, "backup 2", "made", "escrow 1", 2);
	rig_refused(&r, "(backup): no such backup was begun, or it is made already");
	s_backup(&r, "backup 4", "dreamt", "escrow 1", 2);
	rig_refused(&r, "result is \"dreamt\", want begun or made");
	rig_close(&r);
}

/* --- lists --- */

static void cut_list(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_accession_list l;
	struct sr_err e;
	(void)ctx;
	(void)what;
	assert_fails(sr_accession_list_read(&l, mutant, &e), SR_CORRUPT, &e, "accession list");
}
static void cut_packs(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_bytes names;
	struct sr_err e;
	(void)ctx;
	(void)what;
	assert_fails(sr_pack_list_read(&names, mutant, &e), SR_CORRUPT, &e, "pack list");
}
static void cut_files(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_file_list l;
	struct sr_list_file f;
	struct sr_err e;
	int rc = sr_file_list_read(&l, mutant, &e);
	(void)ctx;
	while (rc == 0)
		rc = sr_file_list_next(&l, &f, &e);
	if (rc != SR_CORRUPT)
		fail_msg("%s: %s", what, e.text);
}
static void test_lists(void **state) {
	struct sr_accession_list l = {calloc(2, sizeof *l.items), 2}, back;
	uint8_t packs[2 * SR_HASH] = {7, [SR_HASH] = 3};
	struct sr_bytes names;
	uint8_t ids[4 * SR_ID] = {9, [SR_ID] = 3, [2 * SR_ID] = 5, [3 * SR_ID] = 3};
	struct sr_file_list files;
	struct sr_list_file f = {.path = sr_bytes_str("a\xff\nb"),
		.media_type = sr_bytes_str("text/plain"),
		.kind = SR_FILE_SYMLINK,
		.size = 7,
		.mtime = -1};
	struct sr_list_file got;
	struct sr_buf b;
	struct sr_err e;
	(void)state;
	sr_buf_init(&b);
	l.items[1].bytes = UINT64_C(1) << 40;
	l.items[1].files = 77;
	sr_accession_list_put(&b, &l);
	assert_fails(sr_accession_list_read(&back, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"is named twice");
	l.items[1].id[0] = 1;
	sr_buf_clear(&b);
	sr_accession_list_put(&b, &l);
	assert_ok(sr_accession_list_read(&back, sr_buf_view(&b), &e), &e);
	assert_int_equal(back.item_count, 2);
	assert_memory_equal(back.items, l.items, 2 * sizeof *l.items);
	sr_accession_list_free(&back);
	t_each_cut(sr_buf_view(&b), cut_list, NULL);
	b.p[7] = 0xff; /* 4 billion items in 256 bytes */
	assert_fails(sr_accession_list_read(&back, sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"256 bytes, want");
	sr_accession_list_free(&l);
	sr_buf_clear(&b);
	sr_pack_list_put(&b, sr_bytes_of(packs, sizeof packs));
	assert_ok(sr_pack_list_read(&names, sr_buf_view(&b), &e), &e);
	assert_true(sr_bytes_eq(names, sr_bytes_of(packs, sizeof packs)));
	t_each_cut(sr_buf_view(&b), cut_packs, NULL);
	b.p[7] = 0xff;
	assert_fails(
		sr_pack_list_read(&names, sr_buf_view(&b), &e), SR_CORRUPT, &e, "72 bytes, want");
	sr_buf_clear(&b);
	sr_pack_list_put(&b, sr_bytes_of(NULL, 0)); /* of files without content */
	assert_ok(sr_pack_list_read(&names, sr_buf_view(&b), &e), &e);
	assert_int_equal(names.len, 0);
	sr_buf_clear(&b);
	sr_file_list_begin(&b, sr_bytes_str("title"), 2);
	sr_file_list_add(&b, &f);
	sr_file_list_add(&b, &f);
	assert_ok(sr_file_list_read(&files, sr_buf_view(&b), &e), &e);
	assert_true(sr_bytes_eq(files.title, sr_bytes_str("title")));
	assert_ok(sr_file_list_next(&files, &got, &e), &e);
	assert_ok(sr_file_list_next(&files, &got, &e), &e);
	assert_true(sr_bytes_eq(got.path, f.path) && got.kind == f.kind && got.mtime == -1 &&
		    got.size == 7);
	assert_int_equal(sr_file_list_next(&files, &got, &e), SR_NOTFOUND);
	t_each_cut(sr_buf_view(&b), cut_files, NULL);
	sr_buf_put_u8(&b, 0);
	cut_files(NULL, sr_buf_view(&b), "one byte more");
	sr_buf_free(&b);
	assert_fails(sr_request_list_sort(ids, 4, &e), SR_EXISTS, &e, "is named twice");
	assert_fails(sr_request_list_check(sr_bytes_of(ids, (size_t)3 * SR_ID), &e), SR_CORRUPT, &e,
		"row 1 is not above");
	assert_ok(sr_request_list_check(sr_bytes_of(ids + SR_ID, (size_t)2 * SR_ID), &e), &e);
	ids[0] = 200;
	assert_ok(sr_request_list_sort(ids, 4, &e), &e);
	assert_int_equal(ids[0], 3);
	assert_int_equal(ids[(size_t)3 * SR_ID], 200);
	assert_fails(sr_request_list_check(sr_bytes_of(ids, 17), &e), SR_CORRUPT, &e, "17 bytes");
	assert_fails(sr_request_list_check(sr_bytes_of(ids, 0), &e), SR_CORRUPT, &e, "0 bytes");
}

/* --- faults --- */

/* Changes of the disk fail, one at a time (the first ones each, later ones in steps): what follows
 * is an error, and a reopened catalogue catches up to the same tables. */
static void test_disk_faults(void **state) {
	struct sr_catalogue_options o;
	uint8_t want[SR_HASH], got[SR_HASH];
	struct sr_replay p;
	struct rig r;
	struct sr_err e;
	bool failed = true;
	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	life_items_in(&r);
	rig_apply(&r);
	assert_ok(sr_catalogue_digest(r.cat, want, &e), &e);
	o = rig_options(&r, "faulty.db");
	p = rig_replay(&r);
	for (unsigned long nth = 1; failed && nth < 5000; nth += 1 + nth / 5) {
		struct sr_catalogue *c = NULL;
		struct sr_dir *dir = NULL; /* one that saw a failed fsync takes no more work */
		int rc;
		assert_ok(sr_dir_open(&dir, r.path, &e), &e);
		assert_ok(sr_db_remove(dir, "faulty.db", &e), &e);
		o.dir = dir;
		sr_fault_set(nth, 5 /* EIO */);
		rc = sr_catalogue_open(&c, &o, &e);
		if (rc == 0)
			rc = sr_catalogue_catch_up(c, &p, NULL, &e);
		if (rc == 0)
			rc = sr_db_checkpoint(sr_catalogue_db(c), &e);
		failed = sr_fault_count() >= nth;
		sr_fault_set(0, 0);
		if (c != NULL && sr_catalogue_close(c, &e) != 0)
			rc = SR_IO;
		if (failed)
			assert_true(rc != 0);
		sr_dir_close(dir);
		assert_ok(sr_dir_open(&dir, r.path, &e), &e);
		o.dir = dir;
		rc = sr_catalogue_open(&c, &o, &e);
		if (rc != 0) { /* half made: rebuildable, so removed and made again */
			assert_ok(sr_db_remove(dir, "faulty.db", &e), &e);
			assert_ok(sr_catalogue_open(&c, &o, &e), &e);
		}
		assert_ok(sr_catalogue_catch_up(c, &p, NULL, &e), &e);
		assert_ok(sr_catalogue_digest(c, got, &e), &e);
		assert_memory_equal(got, want, SR_HASH);
		assert_ok(sr_catalogue_close(c, &e), &e);
		sr_dir_close(dir);
	}
	assert_false(failed);
	rig_close(&r);
}

/* --- speed --- */

static void test_speed(void **state) {
	struct sr_catalogue *c = NULL;
	struct rig r;
	uint64_t start, ms;
	char name[32];
	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	life_granted(&r, "request 1", "grant 1", "access");
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof name, "c %d", i);
		s_checkout(&r, RESEARCHER, name, "grant 1", "item 1");
		s_viewed(&r, name, "open");
		s_viewed(&r, name, "read");
		s_describe(&r, "item 2", "Title-of-two", NULL);
		s_ids(&r, SR_T_RETURN, RESEARCHER, "checkout", name);
	}
	start = sr_mono_ms();
	replay_beside(&r, &c, "speed.db");
	ms = sr_mono_ms() - start;
	print_message("# replay: %zu entries in %llu ms, %llu entries/s\n", r.count,
		(unsigned long long)ms, (unsigned long long)(r.count * 1000 / (ms == 0 ? 1 : ms)));
	struct sr_err e;
	assert_ok(sr_catalogue_close(c, &e), &e);
	rig_close(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_has_an_effect),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_service_key),
		cmocka_unit_test(test_standby),
		cmocka_unit_test(test_lost_votes),
		cmocka_unit_test(test_words_that_ended),
		cmocka_unit_test(test_replay_twice),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_reopen_and_catch_up),
		cmocka_unit_test(test_transactions),
		cmocka_unit_test(test_erased),
		cmocka_unit_test(test_rebuild),
		cmocka_unit_test(test_damaged_file),
		cmocka_unit_test(test_impossible_trust),
		cmocka_unit_test(test_impossible_items),
		cmocka_unit_test(test_list_is_the_signed_one),
		cmocka_unit_test(test_stored),
		cmocka_unit_test(test_redacted),
		cmocka_unit_test(test_collected),
		cmocka_unit_test(test_share_and_recover),
		cmocka_unit_test(test_backups),
		cmocka_unit_test(test_impossible_requests),
		cmocka_unit_test(test_impossible_grants),
		cmocka_unit_test(test_reseal),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_disk_faults),
		cmocka_unit_test(test_speed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
