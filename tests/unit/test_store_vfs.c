/*
 * The encrypting SQLite VFS, from the places of units to SQL: a random workload against SQLite's
 * own in-memory database, kill and errno at every fault point, old and foreign bytes put back, bit
 * flips and cuts, spilled transactions, and no plaintext in any file.
 */
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

#include "store/db.h"
#include "store/pagefile.h"
#include "store/vfs.h"

static const char marker[] = "MARKER-of-the-plaintext-0123456789";
static uint8_t key[SR_KEY] = {7, 7, 7};

struct box {
	char *path;
	struct sr_dir *dir;
};

static void box_new(struct box *b) {
	struct sr_err e = {0};

	b->path = t_tmp_new();
	assert_ok(sr_dir_open(&b->dir, b->path, &e), &e);
}

static void box_free(struct box *b) {
	sr_dir_close(b->dir);
	t_tmp_remove(b->path);
}

static struct sr_db_options opts(struct box *b, enum sr_db_mode mode, bool durable) {
	struct sr_db_options o = {.dir = b->dir,
		.name = "t.db",
		.key = key,
		.mode = mode,
		.create = true,
		.durable = durable,
		.cache_kib = 64};

	return o;
}

/* ---- images of the files ---- */

static const char *const parts[] = {"t.db", "t.db-redo", "t.db-root"};
struct image {
	struct sr_buf part[3];
};

static void image_take(struct image *im, struct box *b) {
	for (size_t i = 0; i < 3; i++) {
		sr_buf_init(&im->part[i]);
		if (t_exists(t_path(b->path, parts[i])))
			t_read_file(t_path(b->path, parts[i]), &im->part[i]);
	}
}

static void image_put(const struct image *im, size_t i, struct box *b) {
	if (im->part[i].len > 0)
		t_write_file(t_path(b->path, parts[i]), im->part[i].p, im->part[i].len);
	else
		(void)unlink(t_path(b->path, parts[i]));
}

static void image_put_all(const struct image *im, struct box *b) {
	for (size_t i = 0; i < 3; i++)
		image_put(im, i, b);
}

static void image_free(struct image *im) {
	for (size_t i = 0; i < 3; i++)
		sr_buf_free(&im->part[i]);
}

/* ---- a database whose contents say which commit it stands at ---- */

/* Commit ${k}: the counter becomes k, and rows that fill several pages change; everything follows
 * from k. */
static int step(struct sr_db *db, int k, struct sr_err *e) {
	char sql[400];
	uint8_t root[SR_HASH] = {(uint8_t)k};
	int rc = sr_db_begin(db, e);

	snprintf(sql, sizeof sql,
		"create table if not exists c(k integer); create table if not exists t(a integer "
		"primary key, b text);"
		"delete from c; insert into c values(%d);"
		"insert or replace into t values(%d, '%s' || hex(zeroblob(%d)));"
		"insert or replace into t values(%d, '%s%d'); delete from t where a = %d",
		k, k % 17, marker, 500 + k * 37 % 3000, 100 + k, marker, k, 100 + k - 9);
	if (rc == 0)
		rc = sr_db_exec(db, sql, e);
	sr_db_set_position(db, (uint64_t)k, root);
	if (rc == 0)
		rc = sr_db_commit(db, e);
	else
		sr_db_rollback(db);
	return rc;
}

/* Which commit it is at, 0 for an empty one; every byte of it verified. */
static int at_step(struct sr_db *db, int64_t *k, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int64_t n = 0;
	bool row = true;
	int rc = sr_db_verify(db, e);

	*k = 0;
	if (rc == 0)
		rc = sr_db_int(db, "select count(*) from sqlite_schema where name = 'c'", &n, e);
	if (rc != 0 || n == 0)
		return rc;
	rc = sr_db_int(db, "select k from c", k, e);
	if (rc == 0)
		rc = sr_stmt_new(&st, db, "pragma integrity_check", e);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		assert_string_equal(sr_stmt_col_str(st, 0), "ok");
	sr_stmt_free(st);
	st = NULL;
	if (rc == 0)
		rc = sr_stmt_new(&st, db, "select a, b from t where a >= 100", e);
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		char want[64];

		snprintf(want, sizeof want, "%s%lld", marker,
			(long long)sr_stmt_col_int(st, 0) - 100);
		assert_string_equal(sr_stmt_col_str(st, 1), want);
		assert_true(sr_stmt_col_int(st, 0) - 100 <= *k);
		assert_true(sr_stmt_col_int(st, 0) - 100 > *k - 9);
	}
	sr_stmt_free(st);
	return rc;
}

static int open_at(struct box *b, enum sr_db_mode mode, bool durable, int64_t *k, char *recovered,
	struct sr_err *e) {
	struct sr_db_options o = opts(b, mode, durable);
	struct sr_db *db = NULL;
	uint64_t size;
	uint8_t root[SR_HASH];
	int rc;

	o.create = false;
	rc = sr_db_open(&db, &o, e);
	if (rc == 0)
		rc = at_step(db, k, e);
	if (rc == 0) {
		sr_db_position(db, &size, root);
		assert_int_equal(size, *k);
	}
	if (recovered != NULL)
		snprintf(recovered, 300, "%s",
			rc == 0 && sr_db_recovered(db) != NULL ? sr_db_recovered(db) : "");
	sr_db_free(db);
	return rc;
}

static void build(struct box *b, enum sr_db_mode mode, int from, int to, bool applied) {
	struct sr_db_options o = opts(b, mode, true);
	struct sr_err e = {0};
	struct sr_db *db;

	assert_ok(sr_db_open(&db, &o, &e), &e);
	for (int k = from; k <= to; k++)
		assert_ok(step(db, k, &e), &e);
	if (applied)
		assert_ok(sr_db_close(&db, &e), &e);
	sr_db_free(db);
}

/* ---- what our SQLite needs ---- */

/* A library that began it before us has memory that nobody wipes: nothing is opened with it. In a
 * child, because it cannot be begun anew; the first test, because it is to be the first. */
static void test_sqlite_is_ours(void **state) {
	int status = 0;
	const pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sr_err e = {0};
		const bool begun = sqlite3_initialize() == SQLITE_OK;
		const int rc = sr_db_init(&e);

		t_exit(begun && rc == SR_MISUSE &&
					strstr(e.text, "SQLite was initialised before us") != NULL
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- places, maps, scrubbing ---- */

static void test_places(void **state) {
	enum {
		PAGES = 40000
	};
	struct sr_umap seen = {0};
	uint64_t places = sr_unit_places(PAGES), other, last = 0;

	(void)state;
	for (unsigned level = 0; level <= sr_unit_height(PAGES); level++) {
		for (uint64_t i = 0; i < sr_unit_count(level, PAGES); i++) {
			uint64_t place = sr_unit_place((struct sr_unit_at){level, i});

			assert_true(place < places);
			assert_false(sr_umap_get(&seen, place, &other));
			assert_int_equal(sr_umap_put(&seen, place, i, NULL), 0);
		}
	}
	assert_true(places - seen.count <= places / 100);
	assert_int_equal(sr_unit_height(1), 0);
	assert_int_equal(sr_unit_height(2), 1);
	assert_int_equal(sr_unit_height(125), 1);
	assert_int_equal(sr_unit_height(126), 2);
	assert_int_equal(sr_unit_height(UINT32_MAX), 5);
	for (uint64_t i = UINT32_MAX - 1000; i < UINT32_MAX; i++) {
		uint64_t place = sr_unit_place((struct sr_unit_at){0, i});

		assert_true(place > last);
		last = place;
	}
	sr_umap_free(&seen);
}

static void test_umap(void **state) {
	struct sr_umap m = {0};
	uint64_t *model = calloc(500, sizeof *model), *sorted = NULL, seed = 5, v = 0;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t k = t_rand(&seed, 500);

		if (t_rand(&seed, 3) == 0) {
			sr_umap_del(&m, k);
			model[k] = 0;
		} else {
			assert_int_equal(sr_umap_put(&m, k, (uint64_t)i + 1, NULL), 0);
			model[k] = (uint64_t)i + 1;
		}
	}
	for (uint64_t k = 0; k < 500; k++) {
		assert_int_equal(sr_umap_get(&m, k, &v), model[k] != 0);
		if (model[k] != 0) {
			assert_int_equal(v, model[k]);
			count++;
		}
	}
	assert_int_equal(m.count, count);
	assert_int_equal(sr_umap_sorted(&m, &sorted, NULL), 0);
	for (size_t i = 1; i < count; i++)
		assert_true(sorted[i - 1] < sorted[i]);
	free(sorted);
	free(model);
	struct sr_err e = {0};
	assert_fails(sr_umap_reserve(&m, SIZE_MAX / 4, &e), SR_LIMIT, &e, "pages is too large");
	assert_int_equal(m.count, count);
	sr_umap_free(&m);
}

static void test_scrub(void **state) {
	uint8_t page[SR_UNIT_PLAIN], want[SR_UNIT_PLAIN];

	(void)state;
	memset(page, 0xaa, sizeof page);
	page[0] = 13; /* a leaf of one cell at 4000, a free block of 20 bytes at 3900 */
	page[1] = 3900 >> 8;
	page[2] = 3900 & 255;
	page[3] = 0;
	page[4] = 1;
	page[5] = 3800 >> 8;
	page[6] = 3800 & 255;
	page[7] = 0;
	page[3900] = page[3901] = 0;
	page[3902] = 0;
	page[3903] = 20;
	memcpy(want, page, sizeof page);
	memset(want + 10, 0, 3800 - 10);
	memset(want + 3904, 0, 16);
	sr_vfs_scrub(page, sizeof page, false);
	assert_memory_equal(page, want, sizeof page);
	page[0] = 0; /* not of a B-tree: untouched */
	memcpy(want, page, sizeof page);
	sr_vfs_scrub(page, sizeof page, false);
	assert_memory_equal(page, want, sizeof page);
	for (size_t seed = 0; seed < 3000; seed++) { /* any bytes: no read or write outside */
		t_fill(page, sizeof page, seed);
		page[seed % 2 * 100] = (uint8_t[]){2, 5, 10, 13}[seed % 4];
		sr_vfs_scrub(page, sizeof page, seed % 2 != 0);
	}
}

/* ---- SQL against SQLite itself ---- */

static void same_rows(struct sr_db *db, sqlite3 *model) {
	struct sr_err e = {0};
	struct sr_stmt *st = NULL;
	sqlite3_stmt *ms = NULL;
	bool row;

	assert_ok(sr_stmt_new(&st, db, "select a, b, c from t order by a", &e), &e);
	assert_int_equal(
		sqlite3_prepare_v2(model, "select a, b, c from t order by a", -1, &ms, NULL), 0);
	for (;;) {
		int mrc = sqlite3_step(ms);

		assert_ok(sr_stmt_step(st, &row, &e), &e);
		assert_int_equal(row, mrc == SQLITE_ROW);
		if (!row)
			break;
		assert_int_equal(sr_stmt_col_int(st, 0), sqlite3_column_int64(ms, 0));
		struct sr_bytes b = sr_stmt_col_bytes(st, 1);
		assert_int_equal(b.len, sqlite3_column_bytes(ms, 1));
		if (b.len > 0)
			assert_memory_equal(b.p, sqlite3_column_blob(ms, 1), b.len);
		assert_int_equal(sr_stmt_col_int(st, 2), sqlite3_column_int64(ms, 2));
	}
	sr_stmt_free(st);
	sqlite3_finalize(ms);
}

/* One random change, the same to both. */
static void change(struct sr_db *db, sqlite3 *model, uint64_t *seed) {
	static uint8_t blob[9000];
	char sql[200];
	struct sr_err e = {0};
	struct sr_stmt *st;
	sqlite3_stmt *ms;
	uint64_t a = t_rand(seed, 400), what = t_rand(seed, 10);
	size_t len = (size_t)t_rand(seed, what == 0 ? 9000 : 300);

	if (what < 6) {
		t_fill(blob, len, *seed);
		assert_ok(sr_db_stmt(&st, db, "insert or replace into t values(?, ?, ?)", &e), &e);
		sr_stmt_int(st, 1, (int64_t)a);
		sr_stmt_blob(st, 2, sr_bytes_of(blob, len));
		sr_stmt_int(st, 3, (int64_t)len);
		assert_ok(sr_stmt_run(st, &e), &e);
		assert_int_equal(sqlite3_prepare_v2(model,
					 "insert or replace into t values(?, ?, ?)", -1, &ms, NULL),
			0);
		sqlite3_bind_int64(ms, 1, (int64_t)a);
		sqlite3_bind_blob(
			ms, 2, len == 0 ? "" : (const char *)blob, (int)len, SQLITE_TRANSIENT);
		sqlite3_bind_int64(ms, 3, (int64_t)len);
		assert_int_equal(sqlite3_step(ms), SQLITE_DONE);
		sqlite3_finalize(ms);
		return;
	}
	snprintf(sql, sizeof sql,
		what < 9 ? "delete from t where a between %u and %u"
			 : "update t set c = c + 1 where a between %u and %u",
		(unsigned)a, (unsigned)a + (what == 8 ? 150U : 8U));
	assert_ok(sr_db_exec(db, sql, &e), &e);
	assert_int_equal(sqlite3_exec(model, sql, NULL, NULL, NULL), 0);
}

static void torture(enum sr_db_mode mode, uint64_t seed) {
	static const char schema[] = "create table t(a integer primary key, b blob, c integer);"
				     "create index tc on t(c, b)";
	struct box b;
	struct sr_err e = {0};
	struct sr_db *db;
	sqlite3 *model;

	box_new(&b);
	struct sr_db_options o = opts(&b, mode, false);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_int_equal(sqlite3_open(":memory:", &model), 0);
	assert_ok(sr_db_exec(db, "pragma auto_vacuum = full", &e), &e);
	assert_ok(sr_db_exec(db, schema, &e), &e);
	assert_int_equal(sqlite3_exec(model, schema, NULL, NULL, NULL), 0);
	for (int i = 0; i < 120; i++) {
		uint64_t what = t_rand(&seed, 20);

		assert_ok(sr_db_begin(db, &e), &e);
		sqlite3_exec(model, "begin", NULL, NULL, NULL);
		for (uint64_t n = t_rand(&seed, 30) + 1; n > 0; n--)
			change(db, model, &seed);
		if (what < 4) {
			sr_db_rollback(db);
			sqlite3_exec(model, "rollback", NULL, NULL, NULL);
		} else {
			assert_ok(mode == SR_DB_ERASABLE && what < 8 ? sr_db_commit_erasing(db, &e)
								     : sr_db_commit(db, &e),
				&e);
			sqlite3_exec(model, "commit", NULL, NULL, NULL);
		}
		if (what == 19)
			assert_ok(sr_db_checkpoint(db, &e), &e);
		if (what == 18)
			assert_ok(sr_db_exec(db, "vacuum", &e), &e);
		if (what >= 16) {
			if (what == 16)
				sr_db_free(db);
			else
				assert_ok(sr_db_close(&db, &e), &e);
			assert_ok(sr_db_open(&db, &o, &e), &e);
			assert_null(sr_db_recovered(db));
			assert_ok(sr_db_verify(db, &e), &e);
			same_rows(db, model);
		}
	}
	same_rows(db, model);
	assert_ok(sr_db_close(&db, &e), &e);
	sqlite3_close(model);
	box_free(&b);
}

static void test_torture_plain(void **state) {
	(void)state;
	torture(SR_DB_PLAIN, 1);
	torture(SR_DB_PLAIN, 2);
}

static void test_torture_erasable(void **state) {
	(void)state;
	torture(SR_DB_ERASABLE, 3);
}

/* ---- spilled transactions ---- */

static const char spill_sql[] =
	"with recursive n(i) as (select 1 union all select i + 1 from n where i < 9000) "
	"insert into big select i, randomblob(600) from n";

static void spill(enum sr_db_mode mode) {
	struct box b;
	struct image im;
	struct sr_err e = {0};
	struct sr_db *db;
	int64_t n;

	box_new(&b);
	struct sr_db_options o = opts(&b, mode, true);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_ok(sr_db_exec(db, "create table big(a integer primary key, b blob)", &e), &e);
	assert_ok(sr_db_begin(db, &e), &e);
	assert_ok(sr_db_exec(db, spill_sql, &e), &e);
	assert_true(sr_pagefile_redo(sr_db_pagefile(db))->batch >
		    300); /* on the disk, without a record */
	sr_db_rollback(db);
	assert_ok(sr_db_int(db, "select count(*) from big", &n, &e), &e);
	assert_int_equal(n, 0);
	assert_ok(sr_db_verify(db, &e), &e);
	assert_ok(sr_db_begin(db, &e), &e);
	assert_ok(sr_db_exec(db, spill_sql, &e), &e);
	image_take(&im, &b); /* as a kill now would leave it */
	sr_db_free(db);
	image_put_all(&im, &b);
	image_free(&im);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_non_null(sr_db_recovered(db));
	assert_non_null(strstr(sr_db_recovered(db), "an unfinished batch"));
	assert_ok(sr_db_int(db, "select count(*) from big", &n, &e), &e);
	assert_int_equal(n, 0);
	assert_ok(sr_db_begin(db, &e), &e);
	assert_ok(sr_db_exec(db, spill_sql, &e), &e);
	assert_ok(sr_db_commit(db, &e), &e);
	assert_ok(sr_db_exec(db, "delete from big where a > 100; vacuum", &e), &e);
	assert_ok(sr_db_verify(db, &e), &e);
	assert_ok(sr_db_close(&db, &e), &e);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_ok(sr_db_int(db, "select count(*) from big", &n, &e), &e);
	assert_int_equal(n, 100);
	assert_ok(sr_db_close(&db, &e), &e);
	box_free(&b);
}

static void test_spill(void **state) {
	(void)state;
	spill(SR_DB_PLAIN);
	spill(SR_DB_ERASABLE);
}

/* ---- faults ---- */

enum {
	FAULT_STEPS = 8
};

/* The workload; *acked is the last step whose commit returned 0. */
static int workload(struct box *b, enum sr_db_mode mode, volatile int *acked, struct sr_err *e) {
	struct sr_db_options o = opts(b, mode, true);
	struct sr_db *db = NULL;
	int rc = sr_db_open(&db, &o, e);

	for (int k = 1; rc == 0 && k <= FAULT_STEPS; k++) {
		if (mode == SR_DB_ERASABLE && k % 2 == 0) {
			rc = sr_db_begin(db, e);
			if (rc == 0)
				rc = sr_db_exec(db,
					"create table if not exists c(k integer);"
					"create table if not exists t(a integer primary key, b "
					"text)",
					e);
			if (rc == 0)
				rc = sr_db_commit_erasing(db, e);
		}
		if (rc == 0)
			rc = step(db, k, e);
		if (rc == 0)
			*acked = k;
		if (rc == 0 && k % 3 == 0)
			rc = sr_db_checkpoint(db, e);
		if (rc == 0 && k == 5) {
			rc = sr_db_close(&db, e);
			if (rc == 0)
				rc = sr_db_open(&db, &o, e);
		}
	}
	if (rc == 0)
		rc = sr_db_close(&db, e);
	sr_db_free(db);
	return rc;
}

static void check_after(struct box *b, enum sr_db_mode mode, int acked, unsigned long nth) {
	struct sr_err e = {0};
	struct sr_db_options o = opts(b, mode, true);
	struct sr_db *db;
	int64_t k = 0;

	/* a folder whose fsync failed stays failed: as a new process would, open it anew */
	sr_dir_close(b->dir);
	assert_ok(sr_dir_open(&b->dir, b->path, &e), &e);
	o.dir = b->dir;
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_ok(at_step(db, &k, &e), &e);
	if (k != acked && k != acked + 1)
		fail_msg("fault %lu: acknowledged %d, found %d", nth, acked, (int)k);
	assert_ok(step(db, (int)k + 1, &e), &e);
	assert_ok(sr_db_close(&db, &e), &e);
	assert_ok(open_at(b, mode, true, &k, NULL, &e), &e);
}

static void kill_everywhere(enum sr_db_mode mode) {
	volatile int *acked =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct box b;
	struct sr_err e = {0};
	unsigned long points, nth;
	int status;

	assert_true(acked != MAP_FAILED);
	box_new(&b);
	sr_fault_set(0, 0);
	assert_ok(workload(&b, mode, acked, &e), &e);
	points = sr_fault_count();
	box_free(&b);
	assert_true(points > 60);
	for (nth = 1; nth <= points; nth += t_stride(2)) {
		box_new(&b);
		*acked = 0;
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			sr_fault_set(nth, -1);
			t_exit(workload(&b, mode, acked, &e) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		check_after(&b, mode, *acked, nth);
		box_free(&b);
	}
	munmap((void *)(uintptr_t)acked, 4096);
}

static void fail_everywhere(enum sr_db_mode mode, int err) {
	struct box b;
	struct sr_err e = {0};
	unsigned long points, nth;
	volatile int acked = 0;

	box_new(&b);
	sr_fault_set(0, 0);
	assert_ok(workload(&b, mode, &acked, &e), &e);
	points = sr_fault_count();
	box_free(&b);
	for (nth = 1; nth <= points; nth += t_stride(2)) {
		int rc;

		box_new(&b);
		acked = 0;
		sr_err_clear(&e);
		sr_fault_set(nth, err);
		rc = workload(&b, mode, &acked, &e);
		sr_fault_set(0, 0);
		if (rc != 0) { /* a few faults only cost a later application of the redo file */
			assert_true(e.text[0] != '\0');
			assert_true(rc == SR_IO || rc == SR_LIMIT);
			assert_int_equal(rc, e.code);
		}
		check_after(&b, mode, acked, nth);
		box_free(&b);
	}
}

static void test_kill_plain(void **state) {
	(void)state;
	kill_everywhere(SR_DB_PLAIN);
}

static void test_kill_erasable(void **state) {
	(void)state;
	kill_everywhere(SR_DB_ERASABLE);
}

static void test_errno(void **state) {
	(void)state;
	fail_everywhere(SR_DB_PLAIN, EIO);
	fail_everywhere(SR_DB_PLAIN, ENOSPC);
	fail_everywhere(SR_DB_ERASABLE, ENOSPC);
}

/* A full disk while the batch is written: the state before, and the next commit works. */
static void test_full_disk_goes_on(void **state) {
	struct box b;
	struct sr_err e = {0};
	struct sr_db *db;
	int64_t k = 0;

	(void)state;
	box_new(&b);
	for (int mode = 0; mode < 2; mode++) {
		struct sr_db_options o = opts(&b, mode == 0 ? SR_DB_PLAIN : SR_DB_ERASABLE, true);

		assert_ok(sr_db_remove(b.dir, o.name, &e), &e);
		assert_ok(sr_db_open(&db, &o, &e), &e);
		assert_ok(step(db, 1, &e), &e);
		sr_fault_set(1, ENOSPC);
		assert_fails(step(db, 2, &e), SR_LIMIT, &e, "t.db-redo");
		sr_fault_set(0, 0);
		sr_err_clear(&e);
		assert_ok(at_step(db, &k, &e), &e);
		assert_int_equal(k, 1);
		assert_ok(step(db, 2, &e), &e);
		sr_fault_set(2, EIO); /* the fdatasync: final */
		assert_fails(step(db, 3, &e), SR_IO, &e, "fdatasync");
		sr_fault_set(0, 0);
		assert_fails(step(db, 3, &e), SR_IO, &e, "stopped after an earlier failure");
		sr_db_free(db);
		sr_err_clear(&e);
		assert_ok(open_at(&b, o.mode, true, &k, NULL, &e), &e);
		assert_int_equal(k, 3); /* it had reached the disk all the same */
	}
	box_free(&b);
}

/* ---- old and foreign bytes ---- */

/* Opening and reading everything must fail as ${code}, with ${piece} in the text. */
static void assert_refused(
	struct box *b, enum sr_db_mode mode, enum sr_code code, const char *piece) {
	struct sr_err e = {0};
	int64_t k = 0;

	assert_fails(open_at(b, mode, true, &k, NULL, &e), (int)code, &e, piece);
	assert_non_null(strstr(e.text, "t.db"));
}

static void put_back_pages(enum sr_db_mode mode) {
	struct box b;
	struct image old, now;
	size_t changed = 0, swapped = 0;

	box_new(&b);
	build(&b, mode, 1, 20, true);
	image_take(&old, &b);
	build(&b, mode, 21, 26, true);
	image_take(&now, &b);
	for (size_t at = SR_UNIT; at + SR_UNIT <= now.part[0].len; at += SR_UNIT) {
		struct image mixed;

		if (at + SR_UNIT > old.part[0].len ||
			memcmp(now.part[0].p + at, old.part[0].p + at, SR_UNIT) == 0)
			continue;
		image_put_all(&now, &b);
		image_take(&mixed, &b);
		memcpy(mixed.part[0].p + at, old.part[0].p + at, SR_UNIT);
		image_put_all(&mixed, &b);
		assert_refused(&b, mode, SR_AUTH, "an older one was put back");
		changed++;
		image_free(&mixed);
		if (at + 2 * (size_t)SR_UNIT <= now.part[0].len) {
			image_put_all(&now, &b);
			image_take(&mixed, &b);
			memcpy(mixed.part[0].p + at, now.part[0].p + at + SR_UNIT, SR_UNIT);
			memcpy(mixed.part[0].p + at + SR_UNIT, now.part[0].p + at, SR_UNIT);
			image_put_all(&mixed, &b);
			assert_refused(&b, mode, SR_AUTH,
				mode == SR_DB_PLAIN ? "from another place"
						    : "does not open under its own key");
			swapped++;
			image_free(&mixed);
		}
	}
	assert_true(changed > 2 && swapped > 1);
	/* the whole old file under the new redo file */
	image_put_all(&now, &b);
	image_put(&old, 0, &b);
	assert_refused(&b, mode, SR_AUTH, "put back");
	image_free(&old);
	image_free(&now);
	box_free(&b);
}

static void test_old_pages(void **state) {
	(void)state;
	put_back_pages(SR_DB_PLAIN);
	put_back_pages(SR_DB_ERASABLE);
}

/* Offsets where batches end in a redo file. */
static size_t batch_ends(const struct sr_buf *redo, size_t *ends, size_t max) {
	size_t n = 0;

	for (size_t at = SR_REDO_CELL; at + SR_REDO_CELL <= redo->len && n < max;
		at += SR_REDO_CELL)
		if (sr_le32_get(redo->p + at) == 3)
			ends[n++] = at + SR_REDO_CELL;
	return n;
}

static void test_old_batches(void **state) {
	struct box b;
	struct image now, old;
	struct sr_buf mixed;
	size_t ends[32] = {0}, n;
	int64_t k = 0;
	struct sr_err e = {0};
	char text[300];

	(void)state;
	for (int m = 0; m < 2; m++) {
		enum sr_db_mode mode = m == 0 ? SR_DB_PLAIN : SR_DB_ERASABLE;

		box_new(&b);
		build(&b, mode, 1, 12, true);
		build(&b, mode, 13, 14, false);
		image_take(&old, &b);
		build(&b, mode, 15, 15, true);
		build(&b, mode, 16, 22, false);
		image_take(&now, &b);
		n = batch_ends(&now.part[1], ends, 32);
		assert_true(n == 7);
		/* batch 4 again behind the last one */
		sr_buf_init(&mixed);
		sr_buf_put_bytes(&mixed, sr_buf_view(&now.part[1]));
		sr_buf_put(&mixed, now.part[1].p + ends[2], ends[3] - ends[2]);
		t_write_file(t_path(b.path, parts[1]), mixed.p, mixed.len);
		assert_refused(&b, mode, SR_AUTH, "an old batch was put back");
		/* batch 2 in place of batch 5 and what follows */
		sr_buf_clear(&mixed);
		sr_buf_put(&mixed, now.part[1].p, ends[3]);
		sr_buf_put(&mixed, now.part[1].p + ends[0], ends[1] - ends[0]);
		t_write_file(t_path(b.path, parts[1]), mixed.p, mixed.len);
		assert_refused(&b, mode, SR_AUTH, "an old batch was put back");
		/* batch 5 left out */
		sr_buf_clear(&mixed);
		sr_buf_put(&mixed, now.part[1].p, ends[3]);
		sr_buf_put(&mixed, now.part[1].p + ends[4], ends[6] - ends[4]);
		t_write_file(t_path(b.path, parts[1]), mixed.p, mixed.len);
		assert_refused(&b, mode, SR_CORRUPT, "is damaged");
		/* a batch of the redo file before this one */
		size_t old_ends[32] = {0};
		assert_true(batch_ends(&old.part[1], old_ends, 32) == 2);
		sr_buf_clear(&mixed);
		sr_buf_put_bytes(&mixed, sr_buf_view(&now.part[1]));
		sr_buf_put(&mixed, old.part[1].p + old_ends[0], old_ends[1] - old_ends[0]);
		t_write_file(t_path(b.path, parts[1]), mixed.p, mixed.len);
		assert_refused(&b, mode, SR_AUTH, "from another redo file");
		/* a flip in the middle of batch 3: named, since batch 4 is whole */
		image_put_all(&now, &b);
		sr_buf_clear(&mixed);
		sr_buf_put_bytes(&mixed, sr_buf_view(&now.part[1]));
		mixed.p[ends[1] + 1000] ^= 1;
		t_write_file(t_path(b.path, parts[1]), mixed.p, mixed.len);
		assert_refused(&b, mode, SR_CORRUPT, "is damaged");
		/* an old batch behind one that is damaged: found all the same, of this file and of
		 * the one before it */
		for (int from = 0; from < 2; from++) {
			sr_buf_clear(&mixed);
			sr_buf_put(&mixed, now.part[1].p, ends[4]);
			mixed.p[ends[3] + 1000] ^= 1;
			if (from == 0)
				sr_buf_put(&mixed, now.part[1].p + ends[0], ends[1] - ends[0]);
			else
				sr_buf_put(&mixed, old.part[1].p + old_ends[0],
					old_ends[1] - old_ends[0]);
			t_write_file(t_path(b.path, parts[1]), mixed.p, mixed.len);
			assert_refused(&b, mode, SR_AUTH,
				from == 0 ? " lies at offset " : "is from another redo file");
		}
		image_put_all(&now, &b);
		sr_buf_clear(&mixed);
		sr_buf_put_bytes(&mixed, sr_buf_view(&now.part[1]));
		mixed.p[ends[1] + 1000] ^= 1;
		t_write_file(t_path(b.path, parts[1]), mixed.p, mixed.len);
		/* where commits do not wait for the disk it is what a power cut may leave: the end
		 */
		assert_ok(open_at(&b, mode, false, &k, text, &e), &e);
		assert_int_equal(k, 17);
		assert_non_null(strstr(text, "was dropped"));
		/* the older redo file with the file of now: nothing but an older state, which the
		 * position tells, or a refusal */
		image_put_all(&now, &b);
		image_put(&old, 1, &b);
		int rc = open_at(&b, mode, true, &k, NULL, &e);
		assert_true(rc == SR_AUTH || (rc == 0 && k == 14));
		/* the whole older set: whole, and older by its position */
		image_put_all(&old, &b);
		assert_ok(open_at(&b, mode, true, &k, NULL, &e), &e);
		assert_int_equal(k, 14);
		sr_buf_free(&mixed);
		image_free(&now);
		image_free(&old);
		box_free(&b);
	}
}

/* One flipped bit anywhere: the same contents, an earlier commit with a report, or a named refusal.
 */
static void flips(enum sr_db_mode mode) {
	struct box b;
	struct image now;
	struct sr_err e = {0};
	char text[300];
	uint64_t seed = 99;
	size_t refused = 0, dropped = 0;
	int64_t k = 0;

	box_new(&b);
	build(&b, mode, 1, 12, true);
	build(&b, mode, 13, 16, false);
	image_take(&now, &b);
	for (size_t n = 0; n < 360; n++) {
		size_t i = n % 3, len = now.part[i].len, at;
		int rc, bit = (int)t_rand(&seed, 8);

		if (len == 0)
			continue;
		at = (size_t)t_rand(&seed, n % 2 == 0 ? len : 400);
		if (i == 1 && n % 2 != 0) /* the heads of all cells: type, place, nonce, records */
			at += (size_t)t_rand(&seed, len / SR_REDO_CELL) * SR_REDO_CELL;
		image_put_all(&now, &b);
		now.part[i].p[at] ^= (uint8_t)(1 << bit);
		image_put(&now, i, &b);
		now.part[i].p[at] ^= (uint8_t)(1 << bit);
		sr_err_clear(&e);
		rc = open_at(&b, mode, true, &k, text, &e);
		if (rc != 0) {
			assert_true(rc == SR_AUTH || rc == SR_CORRUPT || rc == SR_UNSUPPORTED);
			assert_non_null(strstr(e.text, "t.db"));
			refused++;
		} else if (k != 16) {
			assert_non_null(strstr(text, "was dropped"));
			assert_true(k == 15); /* only the last batch can look torn */
			dropped++;
		}
	}
	assert_true(refused > 50 && dropped > 0);
	image_free(&now);
	box_free(&b);
}

static void test_flips(void **state) {
	(void)state;
	flips(SR_DB_PLAIN);
	flips(SR_DB_ERASABLE);
}

/* One byte in each field of the heads of the two files: a sentence of its own for each. */
enum {
	MAIN = 0,
	REDO = 1,
	ROOT = 2,
	REDO_BODY = 16,              /* of the base cell */
	REDO_SEALED = REDO_BODY + 56 /* the state in it */
};

static void test_named_damage(void **state) {
	static const struct {
		size_t part, at;
		uint8_t flip;
		enum sr_code code;
		const char *says;
	} rows[] = {
		{MAIN, 0, 1, SR_CORRUPT, "the first bytes are not those of a strongroom database"},
		{MAIN, 14, '1' ^ '2', SR_UNSUPPORTED, "newer than \"strongroom-db/1\""},
		{MAIN, 19, 1, SR_CORRUPT, "in the header, want 0 or 1"},
		{MAIN, 20, 1, SR_AUTH, "the header does not verify"}, /* the file's id */
		{MAIN, 67, 1, SR_AUTH, "the header does not verify"}, /* the end of its hash */
		{MAIN, 68, 3, SR_CORRUPT, "byte 68 of the header is 3, want 0"},
		{MAIN, SR_UNIT - 1, 3, SR_CORRUPT, "byte 4095 of the header is 3, want 0"},
		{REDO, 0, 2, SR_CORRUPT, "the first bytes are not those of a redo file"},
		{REDO, REDO_BODY, 1, SR_CORRUPT, "the first bytes are not those of a redo file"},
		{REDO, REDO_BODY + 15, '1' ^ '2', SR_UNSUPPORTED,
			"the format is newer than strongroom-rdo/1"},
		{REDO, REDO_BODY + 16, 1, SR_AUTH, "t.db-redo: belongs to another database"},
		{REDO, REDO_BODY + 32, 1, SR_AUTH, "was put together from two files"}, /* salt */
		{REDO, REDO_BODY + 48, 1, SR_AUTH, "was put together from two files"}, /* root */
		{REDO, 4, 1, SR_CORRUPT, "the base cell has bytes that should be zero"},
		{REDO, SR_REDO_CELL - 1, 1, SR_CORRUPT,
			"the base cell has bytes that should be zero"},
	};
	struct box b;
	struct image now;

	(void)state;
	for (int m = 0; m < 2; m++) {
		const enum sr_db_mode mode = m == 0 ? SR_DB_PLAIN : SR_DB_ERASABLE;

		box_new(&b);
		build(&b, mode, 1, 3, true);
		build(&b, mode, 4, 5, false);
		image_take(&now, &b);
		for (size_t i = 0; i < T_COUNT(rows); i++) {
			now.part[rows[i].part].p[rows[i].at] ^= rows[i].flip;
			image_put_all(&now, &b);
			assert_refused(&b, mode, rows[i].code, rows[i].says);
			now.part[rows[i].part].p[rows[i].at] ^= rows[i].flip;
		}
		now.part[REDO].p[REDO_SEALED + 100] ^= 1;
		image_put_all(&now, &b);
		assert_refused(&b, mode, SR_AUTH,
			mode == SR_DB_PLAIN ? "the base cell does not verify: damaged, or from"
					    : ": the base cell is damaged");
		image_free(&now);
		box_free(&b);
	}
}

/* Pages of another size than ours can only come from who has the key: SQLite's own header says
 * them. It refuses them itself, before we ask it. */
static void test_another_page_size(void **state) {
	struct box b;
	struct sr_pagefile *pf;
	struct sr_db *db = NULL;
	struct sr_err e = {0};
	uint8_t page[SR_UNIT_PLAIN];

	(void)state;
	box_new(&b);
	build(&b, SR_DB_PLAIN, 1, 2, true);
	struct sr_pagefile_options o = {.dir = b.dir, .name = "t.db", .key = key, .durable = true};
	struct sr_db_options d = opts(&b, SR_DB_PLAIN, true);
	for (unsigned k = 2; k <= 32; k *= 4) {
		assert_ok(sr_pagefile_open(&pf, &o, &e), &e);
		assert_ok(sr_pagefile_read(pf, 0, page, &e), &e);
		page[16] = (uint8_t)k; /* 512, 2048, 8192 */
		page[17] = 0;
		assert_ok(sr_pagefile_write(pf, 0, page, &e), &e);
		assert_ok(sr_pagefile_sync(pf, &e), &e);
		assert_ok(sr_pagefile_close(&pf, &e), &e);
		assert_fails(sr_db_open(&db, &d, &e), SR_CORRUPT, &e, "t.db: ");
		assert_null(db);
		sr_err_clear(&e);
	}
	box_free(&b);
}

/* An older root cell beside files that were applied under the new root: the base says it. */
static void test_older_root_under_a_new_base(void **state) {
	struct box b;
	struct image old;
	struct sr_err e = {0};
	struct sr_db *db;
	int64_t k = 0;

	(void)state;
	box_new(&b);
	build(&b, SR_DB_ERASABLE, 1, 2, true);
	image_take(&old, &b);
	struct sr_db_options o = opts(&b, SR_DB_ERASABLE, true);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_ok(sr_db_begin(db, &e), &e);
	assert_ok(sr_db_exec(db, "delete from t where a = 2", &e), &e);
	assert_ok(sr_db_commit_erasing(db, &e), &e);
	assert_ok(sr_db_close(&db, &e), &e);
	image_put(&old, ROOT, &b);
	assert_fails(open_at(&b, SR_DB_ERASABLE, true, &k, NULL, &e), SR_AUTH, &e,
		"t.db-redo: its base is under root");
	assert_non_null(strstr(e.text, ": an older root cell was put back"));
	image_free(&old);
	box_free(&b);
}

/* Cells that change on the disk while the file is open, as the second copy is made of them; and
 * what is asked without a key. */
static void test_cells_of_an_open_file(void **state) {
	struct box b;
	struct sr_buf file;
	struct sr_err e = {0};
	struct sr_db *db;
	struct sr_unit_at at;
	uint8_t unit[SR_UNIT], id[SR_ID];
	bool is_frame = false;

	(void)state;
	box_new(&b);
	sr_buf_init(&file);
	struct sr_db_options o = opts(&b, SR_DB_PLAIN, true);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_ok(step(db, 1, &e), &e);
	struct sr_redo *r = sr_pagefile_redo(sr_db_pagefile(db));
	assert_ok(sr_redo_cell(r, 1, &at, unit, &is_frame, &e), &e);
	assert_true(is_frame);
	t_read_file(t_path(b.path, parts[REDO]), &file);
	file.p[SR_REDO_CELL] = 9; /* no type */
	t_write_file(t_path(b.path, parts[REDO]), file.p, file.len);
	assert_fails(sr_redo_cell(r, 1, &at, unit, &is_frame, &e), SR_CORRUPT, &e,
		"t.db-redo: cell 1 is neither a frame nor a record");
	file.p[SR_REDO_CELL] = 2;
	file.p[SR_REDO_CELL + 4] = 9; /* a frame, of no level */
	t_write_file(t_path(b.path, parts[REDO]), file.p, file.len);
	assert_fails(sr_redo_cell(r, 1, &at, unit, &is_frame, &e), SR_CORRUPT, &e,
		"t.db-redo: cell 1 is neither a frame nor a record");
	sr_db_free(db);
	sr_err_clear(&e);
	assert_ok(sr_redo_peek(id, b.dir, parts[REDO], &e), &e);
	file.p[REDO_BODY] ^= 1;
	t_write_file(t_path(b.path, parts[REDO]), file.p, file.len);
	assert_fails(sr_redo_peek(id, b.dir, parts[REDO], &e), SR_CORRUPT, &e,
		"t.db-redo: the first bytes are not those of a redo file");
	sr_buf_free(&file);
	box_free(&b);
}

/* A state says no more pages than SQLite can have, whoever sealed it. */
static void test_state_of_too_many_pages(void **state) {
	static const uint8_t id[SR_ID] = {1};
	struct sr_page_state s = {.pages = (uint64_t)UINT32_MAX + 1}, back;
	uint8_t sealed[SR_STATE_SEALED];
	struct sr_unit_file f;
	struct sr_err e = {0};

	(void)state;
	assert_ok(sr_unit_file_init(&f, "t.db", id, false, key, &e), &e);
	sr_state_seal(sealed, &f, "redo", sr_unit_record_key(&f), &s);
	assert_fails(sr_state_open(&back, &f, "redo", sr_unit_record_key(&f), sealed, &e),
		SR_CORRUPT, &e, "a state of 4294967296 pages, at most 4294967295");
	s.pages--;
	sr_err_clear(&e);
	sr_state_seal(sealed, &f, "redo", sr_unit_record_key(&f), &s);
	assert_ok(sr_state_open(&back, &f, "redo", sr_unit_record_key(&f), sealed, &e), &e);
	assert_int_equal(back.pages, UINT32_MAX);
	sr_unit_file_free(&f);
}

/* The redo file cut anywhere is an earlier commit, whole; the file itself cut is refused. */
static void test_cuts(void **state) {
	struct box b;
	struct image now;
	struct sr_err e = {0};
	char text[300];
	uint64_t seed = 4;
	int64_t k = 0;

	(void)state;
	for (int m = 0; m < 2; m++) {
		enum sr_db_mode mode = m == 0 ? SR_DB_PLAIN : SR_DB_ERASABLE;

		box_new(&b);
		build(&b, mode, 1, 9, true);
		build(&b, mode, 10, 13, false);
		image_take(&now, &b);
		for (int n = 0; n < 60; n++) {
			size_t cut = (size_t)t_rand(&seed, now.part[1].len);

			image_put_all(&now, &b);
			t_write_file(t_path(b.path, parts[1]), now.part[1].p, cut);
			sr_err_clear(&e);
			if (cut < SR_REDO_CELL) {
				assert_refused(&b, mode, SR_CORRUPT, "t.db-redo");
				continue;
			}
			assert_ok(open_at(&b, mode, true, &k, text, &e), &e);
			assert_true(k >= 9 && k < 13);
			if (cut % SR_REDO_CELL != 0)
				assert_non_null(strstr(text, "was dropped"));
		}
		/* what the redo file does not cover is needed from the file */
		image_put_all(&now, &b);
		t_write_file(t_path(b.path, parts[0]), now.part[0].p, SR_UNIT);
		assert_refused(&b, mode, SR_CORRUPT, "t.db");
		t_write_file(t_path(b.path, parts[0]), now.part[0].p, 100);
		assert_refused(&b, mode, SR_CORRUPT, "t.db");
		image_free(&now);
		box_free(&b);
	}
}

/* ---- the page file by itself ---- */

static void put_page(struct sr_pagefile *pf, uint64_t index, uint8_t with) {
	uint8_t page[SR_UNIT_PLAIN];
	struct sr_err e = {0};

	memset(page, with, sizeof page);
	assert_ok(sr_pagefile_write(pf, index, page, &e), &e);
}

static void check_page(struct sr_pagefile *pf, uint64_t index, uint8_t want) {
	uint8_t page[SR_UNIT_PLAIN];
	struct sr_err e = {0};

	assert_ok(sr_pagefile_read(pf, index, page, &e), &e);
	for (size_t i = 0; i < sizeof page; i++)
		assert_int_equal(page[i], want);
}

static int no_unit(
	void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e) {
	(void)ctx;
	(void)at;
	(void)sealed;
	return sr_fail(e, SR_MISUSE, "a unit was given");
}

static void test_pagefile(void **state) {
	struct box b;
	struct sr_pagefile *pf;
	struct sr_err e = {0};
	uint8_t page[SR_UNIT_PLAIN];

	(void)state;
	for (int m = 0; m < 2; m++) {
		box_new(&b);
		struct sr_pagefile_options o = {.dir = b.dir,
			.name = "t.db",
			.key = key,
			.erasable = m != 0,
			.create = true,
			.durable = true};
		assert_ok(sr_pagefile_open(&pf, &o, &e), &e);
		for (uint64_t i = 0; i < 16000;
			i += i < 400 ? 1 : 97) /* three levels of nodes, and holes */
			put_page(pf, i, (uint8_t)(i % 251 + 1));
		assert_ok(sr_pagefile_sync(pf, &e), &e);
		assert_ok(sr_pagefile_checkpoint(pf, &e), &e);
		check_page(pf, 401, 0);
		check_page(pf, 15920, 15920 % 251 + 1);
		/* what is cut off is gone, also when the file grows again */
		static const uint64_t cuts[] = {15700, 15625, 400, 126, 125, 2, 1};
		for (size_t c = 0; c < T_COUNT(cuts); c++) {
			uint64_t last = cuts[c] - 1;

			assert_ok(sr_pagefile_truncate(pf, cuts[c], &e), &e);
			put_page(pf, cuts[c] + 300, 9);
			assert_int_equal(sr_pagefile_pages(pf), cuts[c] + 301);
			if (c % 2 == 0)
				assert_ok(sr_pagefile_sync(pf, &e), &e);
			for (uint64_t i = cuts[c]; i < cuts[c] + 300; i++)
				check_page(pf, i, 0);
			check_page(pf, cuts[c] + 300, 9);
			check_page(pf, last,
				last < 400 || (last - 400) % 97 == 0 ? (uint8_t)(last % 251 + 1)
								     : 0);
			assert_ok(sr_pagefile_sync(pf, &e), &e);
			assert_ok(sr_pagefile_verify(pf, &e), &e);
		}
		assert_fails(
			sr_pagefile_read(pf, 99999, page, &e), SR_MISUSE, &e, "page 100000 of 302");
		assert_fails(sr_pagefile_write(pf, UINT32_MAX, page, &e), SR_LIMIT, &e,
			"page 4294967296 is beyond the format");
		/* a batch that could not be written is forgotten */
		sr_err_clear(&e);
		put_page(pf, 0, 77);
		sr_fault_set(1, ENOSPC);
		assert_fails(sr_pagefile_sync(pf, &e), SR_LIMIT, &e, "t.db");
		sr_fault_set(0, 0);
		check_page(pf, 0, 1);
		put_page(pf, 1, 55);
		sr_pagefile_forget(pf);
		check_page(pf, 1, 0);
		put_page(pf, 1, 56);
		assert_fails(sr_pagefile_checkpoint(pf, &e), SR_MISUSE, &e, "inside a transaction");
		assert_fails(sr_pagefile_each(pf, no_unit, NULL, &e), SR_MISUSE, &e,
			"the pages were asked for inside a transaction");
		assert_fails(sr_pagefile_rewrap(pf, key, &e), SR_MISUSE, &e,
			"t.db: rewrapped inside a transaction, or without a root");
		assert_ok(sr_pagefile_sync(pf, &e), &e);
		assert_ok(sr_pagefile_truncate(pf, 0, &e), &e);
		assert_ok(sr_pagefile_sync(pf, &e), &e);
		assert_ok(sr_pagefile_close(&pf, &e), &e);
		assert_ok(sr_pagefile_open(&pf, &o, &e), &e);
		assert_int_equal(sr_pagefile_pages(pf), 0);
		put_page(pf, 0, 3);
		sr_pagefile_free(pf); /* never synced */
		assert_ok(sr_pagefile_open(&pf, &o, &e), &e);
		assert_int_equal(sr_pagefile_pages(pf), 0);
		sr_pagefile_free(pf);
		box_free(&b);
	}
}

/* ---- what opening refuses, and small things ---- */

static void test_refusals(void **state) {
	struct box b;
	struct image now;
	struct sr_err e = {0};
	struct sr_db *db;
	struct sr_db_options o;
	int64_t k = 0;

	(void)state;
	for (int m = 0; m < 2; m++) {
		enum sr_db_mode mode = m == 0 ? SR_DB_PLAIN : SR_DB_ERASABLE;

		box_new(&b);
		o = opts(&b, mode, true);
		o.create = false;
		assert_fails(sr_db_open(&db, &o, &e), SR_NOTFOUND, &e, "t.db: no such database");
		assert_null(db);
		build(&b, mode, 1, 5, true);
		image_take(&now, &b);
		key[0] ^= 1;
		assert_refused(&b, mode, SR_AUTH, "a wrong key");
		key[0] ^= 1;
		o.mode = m == 0 ? SR_DB_ERASABLE : SR_DB_PLAIN;
		assert_fails(sr_db_open(&db, &o, &e), SR_CORRUPT, &e, "the header says mode");
		(void)unlink(t_path(b.path, parts[1]));
		assert_refused(&b, mode, SR_CORRUPT, "t.db-redo is missing");
		image_put_all(&now, &b);
		(void)unlink(t_path(b.path, parts[0]));
		assert_refused(&b, mode, SR_CORRUPT, "the file is missing");
		image_put_all(&now, &b);
		if (mode == SR_DB_ERASABLE) {
			(void)unlink(t_path(b.path, parts[2]));
			assert_refused(&b, mode, SR_NOTFOUND, "t.db-root");
			t_write_file(t_path(b.path, parts[2]), now.part[2].p, 4096);
			assert_refused(&b, mode, SR_CORRUPT, "has 4096 bytes, want 8192");
			memset(now.part[2].p, 1, now.part[2].len);
			image_put(&now, 2, &b);
			assert_refused(&b, mode, SR_AUTH, "neither slot opens");
		}
		assert_ok(sr_db_remove(b.dir, "t.db", &e), &e);
		assert_int_equal(t_count_entries(b.path), 0);
		assert_ok(sr_db_remove(b.dir, "t.db", &e), &e);
		image_free(&now);
		box_free(&b);
	}
	box_new(&b);
	o = opts(&b, SR_DB_PLAIN, false);
	o.name = "a-name-that-is-longer-than-the-sixty-three-bytes-that-a-name-may-have.db";
	assert_fails(sr_db_open(&db, &o, &e), SR_MISUSE, &e, "want 1 to 63");
	sr_err_clear(&e);
	build(&b, SR_DB_PLAIN, 1, 2, true);
	assert_ok(open_at(&b, SR_DB_PLAIN, false, &k, NULL, &e), &e);
	box_free(&b);
}

static void test_root_cell(void **state) {
	struct box b;
	struct image g2, g4;
	struct sr_err e = {0};
	struct sr_db *db;
	char text[300];
	int64_t k = 0;

	(void)state;
	box_new(&b);
	struct sr_db_options o = opts(&b, SR_DB_ERASABLE, true);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_ok(step(db, 1, &e), &e);
	for (int g = 2; g <= 4; g++) {
		assert_ok(sr_db_begin(db, &e), &e);
		assert_ok(sr_db_exec(db, "delete from t where a = 3", &e), &e);
		assert_ok(sr_db_commit_erasing(db, &e), &e);
		assert_ok(step(db, g, &e), &e);
		image_take(g == 2 ? &g2 : &g4, &b);
		if (g == 3)
			image_free(&g4);
	}
	sr_db_free(db);
	image_put(&g2, 2, &b);
	assert_refused(&b, SR_DB_ERASABLE, SR_AUTH, "an older root cell was put back");
	image_put_all(&g4, &b);
	image_put(&g2, 1, &b);
	assert_refused(&b, SR_DB_ERASABLE, SR_AUTH, "an older redo file was put back");
	/* one replica damaged: the other one is taken, and the cell mended */
	for (size_t i = 0; i < 4; i++) {
		image_put_all(&g4, &b);
		g4.part[2].p[i * 2048 + 100] ^= 4;
		image_put(&g4, 2, &b);
		g4.part[2].p[i * 2048 + 100] ^= 4;
		assert_ok(open_at(&b, SR_DB_ERASABLE, true, &k, text, &e), &e);
		assert_int_equal(k, 4);
		assert_ok(open_at(&b, SR_DB_ERASABLE, true, &k, text, &e), &e);
		assert_int_equal(text[0], '\0');
	}
	/* the first record under root 4 is damaged, and nothing else: its state is in the root cell
	 */
	image_free(&g4);
	image_put_all(&g2, &b);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_ok(sr_db_begin(db, &e), &e);
	assert_ok(sr_db_exec(db, "delete from t where a = 2", &e), &e);
	assert_ok(sr_db_commit_erasing(db, &e), &e);
	sr_db_free(db);
	image_take(&g4, &b);
	g4.part[1].p[g4.part[1].len - SR_REDO_CELL + 60] ^= 1;
	image_put(&g4, 1, &b);
	assert_ok(open_at(&b, SR_DB_ERASABLE, true, &k, text, &e), &e);
	assert_non_null(strstr(text, "its state was taken from the root cell"));
	assert_int_equal(k, 2);
	image_free(&g2);
	image_free(&g4);
	box_free(&b);
}

static void test_position(void **state) {
	struct box b;
	struct sr_err e = {0};
	struct sr_db *db;
	uint8_t root[SR_HASH] = {9}, have[SR_HASH], before[SR_HASH], after[SR_HASH];
	uint64_t size, g1, g2;

	(void)state;
	box_new(&b);
	struct sr_db_options o = opts(&b, SR_DB_PLAIN, true);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	sr_db_position(db, &size, have);
	assert_int_equal(size, 0);
	sr_db_state(db, &g1, before);
	assert_ok(sr_db_begin(db, &e), &e);
	sr_db_set_position(db, 77, root); /* nothing else changes: a batch all the same */
	assert_ok(sr_db_commit(db, &e), &e);
	sr_db_state(db, &g2, after);
	assert_int_equal(g2, g1 + 1);
	assert_memory_not_equal(before, after, SR_HASH);
	assert_ok(sr_db_begin(db, &e), &e);
	assert_ok(sr_db_exec(db, "create table x(a)", &e), &e);
	sr_db_set_position(db, 78, root);
	sr_db_rollback(db);
	assert_ok(sr_db_begin(db, &e), &e);
	assert_ok(sr_db_exec(db, "create table y(a)", &e), &e);
	assert_ok(sr_db_commit(db, &e), &e);
	sr_db_free(db);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	sr_db_position(db, &size, have);
	assert_int_equal(size, 77);
	assert_memory_equal(have, root, SR_HASH);
	assert_fails(sr_db_commit(db, &e), SR_MISUSE, &e, "without a transaction");
	assert_ok(sr_db_begin(db, &e), &e);
	assert_fails(sr_db_begin(db, &e), SR_MISUSE, &e, "open already");
	assert_fails(sr_db_commit_erasing(db, &e), SR_MISUSE, &e, "cannot erase");
	sr_db_free(db);
	box_free(&b);
}

static void test_statements(void **state) {
	struct box b;
	struct sr_err e = {0};
	struct sr_db *db;
	struct sr_stmt *st, *again;
	uint8_t four[4];
	int64_t n;
	bool row;

	(void)state;
	box_new(&b);
	struct sr_db_options o = opts(&b, SR_DB_PLAIN, false);
	assert_ok(sr_db_open(&db, &o, &e), &e);
	assert_fails(sr_db_exec(db, "create tabel x(a)", &e), SR_MISUSE, &e,
		"t.db: statement: near \"tabel\"");
	assert_fails(
		sr_db_exec(db, "attach '/tmp/other.db' as o", &e), SR_IO, &e, "unable to open");
	assert_ok(
		sr_db_exec(db, "create table x(a integer primary key, b, c text, d real)", &e), &e);
	assert_ok(sr_db_stmt(&st, db, "insert into x values(?, ?, ?, ?)", &e), &e);
	sr_stmt_int(st, 1, 5);
	sr_stmt_blob(st, 2, sr_bytes_of("abcd", 4));
	sr_stmt_str(st, 3, "text");
	sr_stmt_real(st, 4, 0.5);
	assert_ok(sr_stmt_run(st, &e), &e);
	assert_int_equal(sr_db_changes(db), 1);
	assert_int_equal(sr_db_last_rowid(db), 5);
	sr_stmt_int(st, 1, 5);
	assert_fails(sr_stmt_run(st, &e), SR_EXISTS, &e, "UNIQUE");
	sr_stmt_int(st, 9, 5); /* no such parameter: sticky until the step */
	sr_stmt_int(st, 1, 6);
	assert_fails(sr_stmt_run(st, &e), SR_MISUSE, &e, "t.db");
	sr_stmt_int(st, 1, 7);
	sr_stmt_blob(st, 2, sr_bytes_of(NULL, 0));
	sr_stmt_text(st, 3, sr_bytes_of(NULL, 0));
	sr_stmt_null(st, 4);
	assert_ok(sr_stmt_run(st, &e), &e);
	assert_ok(sr_db_stmt(&st, db, "select b, c, d from x order by a", &e), &e);
	assert_ok(sr_stmt_row(st, &e), &e);
	assert_fails(sr_db_stmt(&again, db, "select b, c, d from x order by a", &e), SR_MISUSE, &e,
		"twice");
	assert_ok(sr_stmt_col_copy(st, 0, four, 4, &e), &e);
	assert_memory_equal(four, "abcd", 4);
	assert_fails(sr_stmt_col_copy(st, 0, four, 3, &e), SR_CORRUPT, &e, "has 4 bytes, want 3");
	assert_string_equal(sr_stmt_col_str(st, 1), "text");
	assert_true(sr_stmt_col_real(st, 2) > 0.4);
	assert_ok(sr_stmt_step(st, &row, &e), &e);
	assert_true(row);
	assert_false(sr_stmt_col_is_null(st, 0));
	assert_int_equal(sr_stmt_col_bytes(st, 0).len, 0);
	assert_true(sr_stmt_col_is_null(st, 2));
	assert_ok(sr_stmt_step(st, &row, &e), &e);
	assert_false(row);
	assert_fails(sr_db_int(db, "select a from x where a = 99", &n, &e), SR_NOTFOUND, &e,
		"no such row");
	assert_ok(sr_db_exec(db,
			  "create virtual table f using fts5(body); insert into f values('two "
			  "words')",
			  &e),
		&e);
	assert_ok(sr_db_int(db, "select count(*) from f where f match 'words'", &n, &e), &e);
	assert_int_equal(n, 1);
	/* a table of ours that grows with its input would be a leak: it is bounded, and says so */
	int rc = 0;
	for (int i = 0; i < 1000 && rc == 0; i++) {
		char sql[40];

		snprintf(sql, sizeof sql, "select %d", i);
		rc = sr_db_stmt(&st, db, sql, &e);
	}
	assert_fails(rc, SR_LIMIT, &e, "t.db: more than 512 kept statements");
	assert_fails(sr_db_late(db, NULL, 0, NULL, NULL, &e), SR_MISUSE, &e,
		"t.db: late rows of 0 tables"); /* statements are kept that would not know */
	sr_err_clear(&e);
	assert_ok(sr_db_stmt(&st, db, "select b, c, d from x order by a", &e), &e);
	assert_ok(sr_db_close(&db, &e), &e);
	box_free(&b);
}

static bool has_marker(const struct sr_buf *b) {
	return memmem(b->p, b->len, marker, 20) != NULL ||
	       memmem(b->p, b->len, "SQLite format", 13) != NULL ||
	       memmem(b->p, b->len, "create table", 12) != NULL;
}

static void test_no_plaintext(void **state) {
	struct box b;
	struct image im;

	(void)state;
	for (int m = 0; m < 4; m++) {
		box_new(&b);
		build(&b, m % 2 == 0 ? SR_DB_PLAIN : SR_DB_ERASABLE, 1, 20, m < 2);
		assert_int_equal(t_count_entries(b.path), m % 2 == 0 ? 2 : 3);
		image_take(&im, &b);
		for (size_t i = 0; i < 3; i++)
			assert_false(im.part[i].len > 0 && has_marker(&im.part[i]));
		image_free(&im);
		box_free(&b);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sqlite_is_ours), /* the first: see there */
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_umap),
		cmocka_unit_test(test_scrub),
		cmocka_unit_test(test_pagefile),
		cmocka_unit_test(test_torture_plain),
		cmocka_unit_test(test_torture_erasable),
		cmocka_unit_test(test_spill),
		cmocka_unit_test(test_kill_plain),
		cmocka_unit_test(test_kill_erasable),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_full_disk_goes_on),
		cmocka_unit_test(test_old_pages),
		cmocka_unit_test(test_old_batches),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_named_damage),
		cmocka_unit_test(test_another_page_size),
		cmocka_unit_test(test_older_root_under_a_new_base),
		cmocka_unit_test(test_cells_of_an_open_file),
		cmocka_unit_test(test_state_of_too_many_pages),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_root_cell),
		cmocka_unit_test(test_position),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_no_plaintext),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
