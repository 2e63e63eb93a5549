/* A database whose memory runs out: what failed is taken back without any, and while it cannot be,
 * nothing is read of it and nothing is added. */
#include <string.h>

#include <sqlite3.h>

#include "store/db.h"
#include "util.h"

enum {
	NONE,
	MEMORY, /* there is none */
	UNDO    /* nothing can be taken back */
};
static int lacks;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
int __real_sqlite3_step(sqlite3_stmt *st);
int __wrap_sqlite3_step(sqlite3_stmt *st);

void *__wrap_malloc(size_t size) {
	return lacks == MEMORY ? NULL : __real_malloc(size);
}

int __wrap_sqlite3_step(sqlite3_stmt *st) {
	if (lacks == UNDO && strcmp(sqlite3_sql(st), "rollback") == 0)
		return SQLITE_NOMEM;
	return __real_sqlite3_step(st);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

struct rig {
	char *tmp;
	struct sr_dir *dir;
	struct sr_db *db;
	struct sr_err e;
};

static void rig_new(struct rig *r) {
	static const uint8_t key[SR_KEY] = {1};
	struct sr_db_options o = {.name = "x.db", .key = key, .create = true};

	memset(r, 0, sizeof *r);
	lacks = NONE;
	r->tmp = t_tmp_new();
	assert_ok(sr_dir_open(&r->dir, r->tmp, &r->e), &r->e);
	o.dir = r->dir;
	assert_ok(sr_db_open(&r->db, &o, &r->e), &r->e);
	assert_ok(sr_db_exec(r->db, "create table t(a); insert into t values(1)", &r->e), &r->e);
}

static void rig_free(struct rig *r) {
	lacks = NONE;
	assert_ok(sr_db_close(&r->db, &r->e), &r->e);
	sr_dir_close(r->dir);
	t_tmp_remove(r->tmp);
}

static int64_t sum(struct rig *r) {
	int64_t n = -1;

	assert_ok(sr_db_int(r->db, "select sum(a) from t", &n, &r->e), &r->e);
	return n;
}

static void begun(struct rig *r) {
	assert_ok(sr_db_begin(r->db, &r->e), &r->e);
	assert_ok(sr_db_exec(r->db, "insert into t values(10)", &r->e), &r->e);
}

static void test_without_memory(void **state) {
	struct rig r;

	(void)state;
	rig_new(&r);
	begun(&r);
	lacks = MEMORY;
	sr_db_rollback(r.db);
	assert_false(sr_db_in_transaction(r.db));
	lacks = NONE;
	assert_int_equal(sum(&r), 1);
	begun(&r);
	assert_ok(sr_db_commit(r.db, &r.e), &r.e);
	assert_int_equal(sum(&r), 11);
	rig_free(&r);
}

static void test_not_taken_back(void **state) {
	static const char why[] = "x.db: there is no memory to take back what failed";
	struct sr_stmt *st = NULL;
	struct rig r;
	int64_t n;

	(void)state;
	rig_new(&r);
	assert_ok(sr_stmt_new(&st, r.db, "insert into t values(100)", &r.e), &r.e);
	begun(&r);
	lacks = UNDO;
	sr_db_rollback(r.db);
	assert_true(sr_db_in_transaction(r.db));
	assert_fails(sr_db_int(r.db, "select sum(a) from t", &n, &r.e), SR_NOMEM, &r.e, why);
	assert_fails(sr_db_begin(r.db, &r.e), SR_NOMEM, &r.e, why);
	assert_fails(sr_db_commit(r.db, &r.e), SR_NOMEM, &r.e, why);
	assert_fails(sr_db_exec(r.db, "insert into t values(5)", &r.e), SR_NOMEM, &r.e, why);
	assert_fails(sr_stmt_run(st, &r.e), SR_NOMEM, &r.e, why);
	/* There is memory again: it is taken back before anything else is done. */
	lacks = NONE;
	assert_ok(sr_stmt_run(st, &r.e), &r.e);
	assert_int_equal(sum(&r), 101);
	sr_stmt_free(st);
	rig_free(&r);
}

/* What was given back is given out again as if it were new, to one at a time. */
static void test_given_back(void **state) {
	static const char sql[] = "select ?1, a from t";
	struct sr_stmt *one = NULL, *other = NULL, *st = NULL;
	struct rig r;
	bool row = true;

	(void)state;
	rig_new(&r);
	assert_ok(sr_stmt_new(&one, r.db, sql, &r.e), &r.e);
	sr_stmt_int(one, 1, 5);
	assert_ok(sr_stmt_row(one, &r.e), &r.e); /* there is more: it is in the middle */
	assert_int_equal(sr_stmt_col_int(one, 0), 5);
	assert_ok(sr_stmt_new(&other, r.db, sql, &r.e), &r.e);
	assert_ptr_not_equal(other, one);
	sr_stmt_int(other, 9, 5); /* no such parameter */
	sr_stmt_free(other);
	sr_stmt_free(one);
	for (int i = 0; i < 3; i++) {
		struct sr_stmt **at = i == 0 ? &one : i == 1 ? &other : &st;

		assert_ok(sr_stmt_new(at, r.db, sql, &r.e), &r.e);
		assert_ok(sr_stmt_row(*at, &r.e), &r.e);
		assert_true(sr_stmt_col_is_null(*at, 0));
		assert_int_equal(sr_stmt_col_int(*at, 1), 1);
		assert_ok(sr_stmt_step(*at, &row, &r.e), &r.e);
		assert_false(row);
	}
	assert_true(one != other && other != st && st != one);
	/* The table changes its shape while it is nobody's. */
	sr_stmt_free(one);
	sr_stmt_free(other);
	sr_stmt_free(st);
	assert_ok(sr_db_exec(r.db, "drop table t; create table t(b, a); insert into t values(7, 8)",
			  &r.e),
		&r.e);
	assert_ok(sr_stmt_new(&st, r.db, sql, &r.e), &r.e);
	assert_ok(sr_stmt_row(st, &r.e), &r.e);
	assert_int_equal(sr_stmt_col_int(st, 1), 8);
	sr_stmt_free(st);
	/* More texts than are kept, and again: the memory of all is found by the checkers. */
	for (int i = 0; i < 400; i++) {
		char text[40];

		snprintf(text, sizeof text, "select %d", i % 100);
		assert_ok(sr_stmt_new(&st, r.db, text, &r.e), &r.e);
		assert_ok(sr_stmt_row(st, &r.e), &r.e);
		assert_int_equal(sr_stmt_col_int(st, 0), i % 100);
		sr_stmt_free(st);
	}
	rig_free(&r);
}

static int no_write(void *ctx, struct sr_db *db, uint32_t set, struct sr_err *e) {
	(void)e;
	++*(int *)ctx;
	for (unsigned i = 0; i < 32; i++)
		if ((set >> i & 1) != 0)
			sr_db_waits(db, i, false);
	return 0;
}

/* One that was prepared before rows could be late is not given out after that: it would not know of
 * which tables they are. */
static void test_late_after_given_back(void **state) {
	static const char *const tables[] = {"t"};
	struct sr_stmt *st = NULL;
	struct rig r;
	int writes = 0;

	(void)state;
	rig_new(&r);
	for (int i = 0; i < 2; i++) {
		assert_ok(sr_stmt_new(&st, r.db, "select a from t", &r.e), &r.e);
		if (i == 1)
			sr_db_waits(r.db, 0, true);
		assert_ok(sr_stmt_row(st, &r.e), &r.e);
		assert_int_equal(writes, i);
		sr_stmt_free(st);
		if (i == 0)
			assert_ok(sr_db_late(r.db, tables, 1, no_write, &writes, &r.e), &r.e);
	}
	rig_free(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_memory),
		cmocka_unit_test(test_not_taken_back),
		cmocka_unit_test(test_given_back),
		cmocka_unit_test(test_late_after_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
