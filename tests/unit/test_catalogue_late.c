/*
 * Rows that a long replay writes late: nobody misses one that waits, whatever way they ask; the
 * tables are the same as when each was written at once; and of a log that is wrong the first entry
 * is named that is.
 */
#include "catalogue/apply_in.h"
#include "catalogue_life.h"
#include "catalogue_year.h"

enum {
	LONG = 4600 /* entries: more than are replayed in small batches */
};

static struct sr_late *late_of(struct rig *r) {
	return &sr_catalogue_memo(r->cat)->late;
}

static int64_t number(struct rig *r, const char *sql) {
	struct sr_err e;
	int64_t n = -1;

	assert_ok(sr_db_int(sr_catalogue_db(r->cat), sql, &n, &e), &e);
	return n;
}

static size_t waiting(struct rig *r, enum sr_late_table t) {
	return late_of(r)->rows[t].count;
}

/* A subject of entry ${entry} that waits. */
static void put(struct rig *r, int64_t entry, const char *value) {
	const size_t before = waiting(r, SR_LATE_SUBJECTS);
	struct sr_err e;

	assert_ok(SR_LATE_ROW(late_of(r), sr_catalogue_db(r->cat), SR_LATE_SUBJECTS, &e,
			  A_STR(value), A_INT(entry), A_STR("item")),
		&e);
	assert_int_equal(waiting(r, SR_LATE_SUBJECTS), before + 1);
}

static void test_nobody_misses(void **state) {
	static const char all[] = "SELECT count(*) FROM subjects",
			  in[] = "SELECT count(*) FROM entries e WHERE EXISTS(SELECT 1 FROM"
				 " Subjects s WHERE s.entry = e.entry AND s.value = 'seven')",
			  where[] = "INSERT INTO notices(what, person, about, entry) SELECT 'x',"
				    " person, x'00', 1 FROM people WHERE EXISTS(SELECT 1 FROM"
				    " subjects WHERE value = 'nine') LIMIT 1";
	struct sr_stmt *kept = NULL;
	struct sr_db *db;
	struct rig r;
	struct sr_err e;
	int64_t had, n = 0;
	bool row;

	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	db = sr_catalogue_db(r.cat);
	had = number(&r, all);
	/* Prepared while nothing waited. */
	assert_ok(SQL_INT_OF(db, &e, &n, "SELECT count(*) FROM subjects WHERE entry < ?",
			  A_INT(100000)),
		&e);
	assert_int_equal(n, had);
	assert_ok(sr_catalogue_begin(r.cat, &e), &e);
	late_of(&r)->on = true;
	put(&r, 7, "seven");
	put(&r, 7, "seven"); /* ignored, as at once */
	put(&r, 8, "a value that is longer than any id or person, as no statement has one");
	assert_true(number(&r, "SELECT count(*) FROM people") > 3);
	assert_int_equal(number(&r, "SELECT count(*) FROM records WHERE entry > 99999"), 0);
	assert_int_equal(waiting(&r, SR_LATE_SUBJECTS), 3); /* of other tables: they wait on */
	assert_ok(SQL_INT_OF(db, &e, &n, "SELECT count(*) FROM subjects WHERE entry < ?",
			  A_INT(100000)),
		&e);
	assert_int_equal(n, had + 2);
	assert_int_equal(waiting(&r, SR_LATE_SUBJECTS), 0);
	put(&r, 9, "nine");
	assert_int_equal(number(&r, all), had + 3);
	put(&r, 7, "seventy");
	assert_int_equal(number(&r, in), 1); /* in a part of a question, in other letters */
	assert_int_equal(waiting(&r, SR_LATE_SUBJECTS), 0);
	put(&r, 10, "nine");
	assert_ok(sr_db_stmt(&kept, db, where, &e), &e);
	assert_ok(sr_stmt_run(kept, &e), &e);
	assert_int_equal(number(&r, "SELECT count(*) FROM notices WHERE what = 'x'"), 1);
	assert_int_equal(waiting(&r, SR_LATE_SUBJECTS), 0);
	put(&r, 11, "eleven");
	assert_ok(
		SQL_RUN(db, &e, "UPDATE subjects SET what = 'x' WHERE value = ?", A_STR("eleven")),
		&e);
	assert_int_equal(sr_db_changes(db), 1);
	put(&r, 12, "twelve");
	assert_ok(SQL_RUN(db, &e, "DELETE FROM subjects WHERE value = ?", A_STR("twelve")), &e);
	assert_int_equal(sr_db_changes(db), 1);
	put(&r, 13, "thirteen");
	assert_ok(sr_db_exec(db, "CREATE TABLE copied AS SELECT * FROM subjects", &e), &e);
	assert_int_equal(number(&r, "SELECT count(*) FROM copied WHERE value = 'thirteen'"), 1);
	/* In the middle of a question, as an INSERT would do. */
	assert_ok(sr_db_stmt(&kept, db, "SELECT value FROM subjects ORDER BY value", &e), &e);
	assert_ok(sr_stmt_row(kept, &e), &e);
	put(&r, 14, "~ fourteen, behind all others");
	for (n = 0, row = true; row; n++)
		assert_ok(sr_stmt_step(kept, &row, &e), &e);
	assert_int_equal(n, number(&r, all));
	put(&r, 16, "sixteen");
	/* A commit has all of it; what comes after a rollback has none of it. */
	late_of(&r)->on = false;
	assert_ok(sr_db_commit(db, &e), &e);
	assert_int_equal(waiting(&r, SR_LATE_SUBJECTS), 0);
	assert_int_equal(number(&r, "SELECT count(*) FROM subjects WHERE value = 'sixteen'"), 1);
	assert_ok(sr_catalogue_begin(r.cat, &e), &e);
	late_of(&r)->on = true;
	put(&r, 15, "fifteen");
	sr_catalogue_rollback(r.cat);
	assert_int_equal(waiting(&r, SR_LATE_SUBJECTS), 0);
	assert_int_equal(number(&r, "SELECT count(*) FROM subjects WHERE value = 'fifteen'"), 0);
	late_of(&r)->on = false;
	rig_close(&r);
}

/* A row that breaks a check, found when somebody else asks: they are told, and nothing is left. */
static void test_refused(void **state) {
	struct sr_db *db;
	struct rig r;
	struct sr_err e;
	int64_t n = 0;

	(void)state;
	rig_open(&r);
	life_board(&r);
	rig_apply(&r);
	db = sr_catalogue_db(r.cat);
	assert_ok(sr_catalogue_begin(r.cat, &e), &e);
	late_of(&r)->on = true;
	/* No such checkout: a foreign key. */
	assert_ok(SR_LATE_ROW(late_of(&r), db, SR_LATE_VIEWS, &e, A_INT(900), A_ID(r.now.id),
			  A_STR("open"), A_INT(0), A_NULL()),
		&e);
	assert_fails(sr_db_int(db, "SELECT count(*) FROM views", &n, &e), SR_EXISTS, &e,
		"FOREIGN KEY constraint failed");
	sr_catalogue_rollback(r.cat);
	/* Not of its type (STRICT), and a commit that would have written it. */
	assert_ok(sr_catalogue_begin(r.cat, &e), &e);
	assert_ok(SR_LATE_ROW(late_of(&r), db, SR_LATE_SUBJECTS, &e, A_ID(r.now.id), A_INT(1),
			  A_STR("item")),
		&e);
	assert_fails(sr_db_commit(db, &e), SR_EXISTS, &e, "subjects.value");
	assert_false(sr_db_in_transaction(db));
	sr_catalogue_rollback(r.cat);
	late_of(&r)->on = false;
	assert_int_equal(number(&r, "SELECT count(*) FROM views"), 0);
	rig_close(&r);
}

static void beside(struct rig *r, struct sr_catalogue **out) {
	struct sr_catalogue_options o = rig_options(r, "second.db");
	struct sr_replay p = rig_replay(r);
	struct sr_err e;

	assert_ok(sr_catalogue_open(out, &o, &e), &e);
	assert_ok(sr_catalogue_catch_up(*out, &p, NULL, &e), &e);
}

/* A year in small batches, and at once: every row of every table is the same. */
static void test_same(void **state) {
	struct sr_catalogue *second = NULL;
	uint8_t a[SR_HASH], b[SR_HASH];
	char difference[512];
	int64_t bad = 0;
	struct rig r;
	struct sr_err e;

	(void)state;
	rig_open(&r);
	rig_prologue(&r);
	for (size_t i = 0; r.count < LONG; i++) {
		year_accession(&r, i);
		rig_apply(&r);
	}
	beside(&r, &second);
	assert_ok(sr_catalogue_digest(r.cat, a, &e), &e);
	assert_ok(sr_catalogue_digest(second, b, &e), &e);
	assert_memory_equal(a, b, SR_HASH);
	assert_ok(sr_catalogue_compare(r.cat, second, difference, &e), &e);
	assert_string_equal(difference, "");
	assert_true(number(&r, "SELECT count(*) FROM views") > 1000);
	assert_true(number(&r, "SELECT count(*) FROM vote_forms") > 100);
	assert_ok(sr_db_int(sr_catalogue_db(second),
			  "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <>"
			  " 'ok'",
			  &bad, &e),
		&e);
	assert_int_equal(bad, 0);
	assert_ok(sr_catalogue_close(second, &e), &e);
	rig_close(&r);
}

/* The end of ${r} is refused with ${piece}, and the catalogue is as before. */
static void refused(struct rig *r, const char *piece) {
	struct sr_replay p = rig_replay(r);
	const uint64_t size = sr_catalogue_size(r->cat);
	uint8_t before[SR_HASH], after[SR_HASH];
	struct sr_err e;

	assert_ok(sr_catalogue_digest(r->cat, before, &e), &e);
	assert_fails(sr_catalogue_catch_up(r->cat, &p, NULL, &e), SR_CORRUPT, &e, piece);
	assert_int_equal(sr_catalogue_size(r->cat), size);
	assert_ok(sr_catalogue_digest(r->cat, after, &e), &e);
	assert_memory_equal(before, after, SR_HASH);
}

static void test_first_is_named(void **state) {
	struct rig r;
	uint64_t first, next;

	(void)state;
	rig_open(&r);
	life_board(&r);
	life_items_in(&r);
	rig_apply(&r);
	first = r.serial;
	while (r.count < 300)
		s_describe(&r, "item 1", "Draft", "hate");
	/* Entry 300 has the id of a statement before it: a row that waits is what is wrong. */
	next = r.serial;
	r.serial = first;
	s_describe(&r, "item 1", "Other", "hate");
	r.serial = next;
	while (r.count < LONG)
		s_describe(&r, "item 2", "Draft", "hate");
	refused(&r, "entry 300 (describe): catalogue.db: statement: UNIQUE constraint failed:"
		    " entries.statement");
	/* And so it is when one behind it cannot be applied at all. */
	s_release(&r, "item 9", 1, 1);
	refused(&r, "entry 300 (describe): ");
	rig_close(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_misses),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_first_is_named),
	};

	return cmocka_run_group_tests_name("catalogue: late rows", tests, NULL, NULL);
}
