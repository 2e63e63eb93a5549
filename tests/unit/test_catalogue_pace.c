/*
 * Nothing takes longer the longer the log is: of every statement of SQL that applying an entry
 * runs, and of those that the door asks for each act, the steps of SQLite's machine are counted,
 * early in a log and when it is many times as long. One that goes through a table or an index,
 * where it could look a row up, is named. (A search for hazards was such a one: a replay of 200,000
 * entries took fifteen times as long as it had to.)
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "catalogue/facts.h"
#include "catalogue/query.h"
#include "catalogue_year.h"
#include "store/db.h"

enum {
	EARLY = 2,    /* accessions before the first count, */
	COUNTED = 2,  /* in each count, */
	BETWEEN = 12, /* and between the two: 9 times as many at its middle as at the first's */
	RUNS = 8,     /* of fewer, the mean says little */
	STATEMENTS = 512,
	/* Steps that a mean may differ by though nothing grows: one page more of a tree is none, a
	 * row more of FTS5's own tables a few. */
	SLACK = 40
};

struct pace {
	struct statement {
		char *sql;
		uint64_t steps[2], runs[2];
	} of[STATEMENTS];
	size_t count;
	int phase; /* -1: nothing is counted */
};

static struct statement *statement_of(struct pace *p, const char *sql) {
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->of[i].sql, sql) == 0)
			return &p->of[i];
	assert_true(p->count < STATEMENTS);
	p->of[p->count].sql = strdup(sql);
	assert_non_null(p->of[p->count].sql);
	return &p->of[p->count++];
}

static int ran(unsigned what, void *ctx, void *statement, void *unused) {
	struct pace *p = ctx;
	sqlite3_stmt *st = statement;
	const int steps = sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 1);

	(void)what;
	(void)unused;
	if (p->phase >= 0 && sqlite3_sql(st) != NULL) {
		struct statement *s = statement_of(p, sqlite3_sql(st));

		s->steps[p->phase] += (uint64_t)steps;
		s->runs[p->phase]++;
	}
	return 0;
}

/* What the door asks of items and grants, of those that came last. */
static void questions(struct rig *r, size_t accession) {
	static const char *const hazards[] = {"graphic", NULL};
	const size_t request = accession * (YEAR_ITEMS / YEAR_ASKED);

	for (size_t i = 0; i < RUNS; i++) {
		struct sr_version_row v = {.version = 0};
		struct sr_items_facts f;
		uint8_t item[SR_ID], grant[SR_ID], id[SR_ID];
		uint8_t *classes = NULL;
		size_t count = 0;
		uint32_t n = 0;
		bool has = false;
		char name[40];
		struct sr_err e;

		snprintf(name, sizeof name, "item %zu of %zu", i, accession);
		rig_id(item, name);
		snprintf(name, sizeof name, "request %zu", request + i);
		rig_id(id, name);
		snprintf(name, sizeof name, "grant %zu", request + i);
		rig_id(grant, name);
		assert_ok(sr_query_items_facts(&f, r->cat, item, 1, &e), &e);
		assert_ok(sr_query_version(&v, r->cat, id, 1, &e), &e);
		assert_ok(sr_query_version_facts(&f, r->cat, &v, &e), &e);
		sr_version_row_free(&v);
		assert_ok(sr_query_grant_classes(&classes, &count, r->cat, grant, 8, &e), &e);
		assert_int_equal(count, 1);
		free(classes);
		assert_ok(sr_query_grant_has_item(&has, r->cat, grant, item, &e), &e);
		/* Of nobody, so that what somebody did does not grow. */
		assert_ok(sr_query_exposure(&n, r->cat, r->person[OFFICER], item, 0, hazards, &e),
			&e);
		assert_ok(sr_query_loans(&n, r->cat, r->person[RESEARCHER], item, grant, &e), &e);
	}
}

static size_t made(struct rig *r, struct pace *p, size_t from, size_t accessions, int phase) {
	p->phase = phase;
	for (size_t i = 0; i < accessions; i++) {
		year_accession(r, from + i);
		rig_apply(r);
		if (phase >= 0)
			questions(r, from + i);
	}
	p->phase = -1;
	return from + accessions;
}

static void test_pace(void **state) {
	static struct pace p;
	struct rig r;
	size_t at, judged = 0, slow = 0;

	(void)state;
	rig_open(&r);
	rig_prologue(&r);
	rig_apply(&r);
	p.phase = -1;
	assert_int_equal(sqlite3_trace_v2(sr_db_handle(sr_catalogue_db(r.cat)),
				 SQLITE_TRACE_PROFILE, ran, &p),
		SQLITE_OK);
	at = made(&r, &p, 0, EARLY, -1);
	at = made(&r, &p, at, COUNTED, 0);
	at = made(&r, &p, at, BETWEEN, -1);
	(void)made(&r, &p, at, COUNTED, 1);
	for (size_t i = 0; i < p.count; i++) {
		struct statement *s = &p.of[i];

		if (s->runs[0] >= RUNS && s->runs[1] >= RUNS) {
			const uint64_t early = s->steps[0] / s->runs[0],
				       late = s->steps[1] / s->runs[1];

			judged++;
			if (late > early + early / 2 + SLACK) {
				slow++;
				print_message("%llu steps, then %llu: %s\n",
					(unsigned long long)early, (unsigned long long)late,
					s->sql);
			}
		}
		free(s->sql);
	}
	assert_int_equal(slow, 0);
	assert_true(judged > 60); /* it is not that nothing was counted */
	rig_close(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pace)};

	return cmocka_run_group_tests_name("catalogue: pace", tests, NULL, NULL);
}
