/*
 * The audit's replay: a whole life holds; and each thing that somebody with the service keys, or
 * with the database, could write is named with its entry, its statement's id and its field.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit_in.h"
#include "audit/derive.h"
#include "audit_rig.h"
#include "board/authorize.h"
#include "board/follow.h"
#include "drafts.h"
#include "ledger/card.h"
#include "store/object.h"
#include "world.h"

/* Granted, read, returned, revoked; a second request refused, a third granted and open. */
static void life(struct desk *d) {
	struct sr_buf text;

	desk_begin(d);
	assert_ok(world_vote(d->w, &(struct world_vote){.member = 0,
					   .request = d->rq.id,
					   .forms = "outline text",
					   .condition = "In the evening only"}),
		&d->w->out.err);
	assert_ok(world_vote(d->w, &(struct world_vote){.member = 1,
					   .request = d->rq.id,
					   .forms = "metadata text",
					   .ends = d->w->now + 5 * W_DAY}),
		&d->w->out.err);
	assert_true(world_grant_of(d->w, d->rq.id, d->grant));
	d->c = (struct world_checkout){
		.by = &d->w->researcher[0], .grant = d->grant, .item = d->item[0]};
	assert_ok(world_checkout(d->w, &d->c), &d->w->out.err);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
	sr_buf_init(&text);
	assert_ok(world_read(d->w, &d->c, 0, &text), &d->w->e);
	sr_buf_free(&text);
	assert_ok(world_return(d->w, &d->c), &d->w->out.err);
	assert_ok(world_suspend(d->w, 2, d->grant), &d->w->out.err);
	assert_ok(world_lift(d->w, 2, d->grant), &d->w->out.err);
	world_revoke(d->w, d->grant);
	ask(d);
	for (size_t i = 0; i < 2; i++)
		assert_ok(world_vote(d->w,
				  &(struct world_vote){
					  .member = i, .request = d->rq.id, .decision = "reject"}),
			&d->w->out.err);
	ask(d);
	world_grant(d->w, d->rq.id, d->grant);
}

static void test_whole(void **state) {
	struct desk d;
	struct heap h;
	size_t size;

	(void)state;
	life(&d);
	size = (size_t)sr_ledger_next_index(d.w->v->ledger);
	replay(d.w, 7, false, &h);
	nothing_found(&h);
	assert_int_equal(h.counts.entries, size);
	assert_int_equal(h.counts.signatures, size);
	assert_int_equal(h.counts.grants, world_count(d.w, SR_T_GRANT));
	assert_int_equal(h.counts.grants, 2);
	/* a collection and a revocation, by votes */
	assert_int_equal(h.counts.decisions,
		world_count(d.w, SR_T_COLLECTION) + world_count(d.w, SR_T_REVOKE));
	/* and what the rules said to votes and to a checkout, from the inputs of then */
	assert_int_equal(h.counts.rules, world_count(d.w, SR_T_DECIDED));
	assert_true(h.counts.rules >= 4);
	assert_true(h.counts.judged > 20);
	assert_true(h.counts.seen > 20);
	assert_true(h.compared.rows > 200);
	heap_free(&h);
	/* In one go it is the same, and nothing is left of it. */
	replay(d.w, SR_AUDIT_STEP, false, &h);
	nothing_found(&h);
	assert_int_equal(h.counts.resumed, 0);
	heap_free(&h);
	assert_false(t_exists(t_path(d.w->vault, SR_AUDIT_FILE)));
	world_free(d.w);
}

/* Interrupted and gone on with, in another process; what the file says is believed only for the log
 * that it stands for. */
static void test_resumed(void **state) {
	struct sr_audit_counts counts;
	struct sr_audit *a = NULL;
	struct desk d;
	struct heap h;
	uint64_t size;

	(void)state;
	desk_begin(&d);
	size = sr_ledger_next_index(d.w->v->ledger);
	assert_ok(sr_audit_open(&a, d.w->v, false, &d.w->e), &d.w->e);
	assert_ok(sr_audit_step(a, 11, &d.w->e), &d.w->e);
	assert_int_equal(sr_audit_state(a), SR_AUDIT_RUNNING);
	assert_fails(sr_audit_report(a, keep, &h, &h.compared, &d.w->e), SR_MISUSE, &d.w->e,
		"not at the end");
	sr_audit_close(a);
	world_reopen(d.w);
	world_grant(d.w, d.rq.id, d.grant); /* the log grows meanwhile */
	replay(d.w, 5, false, &h);
	nothing_found(&h);
	assert_int_equal(h.counts.resumed, 11);
	assert_int_equal(h.counts.signatures, sr_ledger_next_index(d.w->v->ledger));
	assert_true(h.counts.entries > size);
	heap_free(&h);

	/* From the beginning when asked, or when the file is damaged. */
	assert_ok(sr_audit_open(&a, d.w->v, false, &d.w->e), &d.w->e);
	assert_ok(sr_audit_step(a, 20, &d.w->e), &d.w->e);
	sr_audit_close(a);
	assert_ok(sr_audit_open(&a, d.w->v, true, &d.w->e), &d.w->e);
	sr_audit_counts(&counts, a);
	assert_int_equal(counts.resumed, 0);
	assert_ok(sr_audit_step(a, 20, &d.w->e), &d.w->e);
	sr_audit_close(a);
	/* Or when it is of another log. */
	assert_ok(sr_audit_open(&a, d.w->v, false, &d.w->e), &d.w->e);
	sr_audit_counts(&counts, a);
	assert_int_equal(counts.resumed, 20);
	assert_ok(sr_db_begin(sr_catalogue_db(a->cat), &d.w->e), &d.w->e);
	sr_db_set_position(sr_catalogue_db(a->cat), 20, (const uint8_t[SR_HASH]){7});
	assert_ok(
		sr_db_exec(sr_catalogue_db(a->cat), "UPDATE audit_counts SET seen = seen", &d.w->e),
		&d.w->e);
	assert_ok(sr_db_commit(sr_catalogue_db(a->cat), &d.w->e), &d.w->e);
	sr_audit_close(a);
	assert_ok(sr_audit_open(&a, d.w->v, false, &d.w->e), &d.w->e);
	sr_audit_counts(&counts, a);
	assert_int_equal(counts.resumed, 0);
	assert_ok(sr_audit_step(a, 20, &d.w->e), &d.w->e);
	sr_audit_close(a);
	struct sr_buf file;
	sr_buf_init(&file);
	t_read_file(t_path(d.w->vault, SR_AUDIT_FILE), &file);
	assert_true(file.len > 8192);
	file.p[file.len / 2] ^= 1;
	t_write_file(t_path(d.w->vault, SR_AUDIT_FILE), file.p, file.len);
	sr_buf_free(&file);
	replay(d.w, SR_AUDIT_STEP, false, &h);
	nothing_found(&h);
	heap_free(&h);
	world_free(d.w);
}

/* Killed at a write, an fsync or a rename of the replay itself, anywhere: whoever goes on ends with
 * the same counts and finds nothing. */
static void killed_at(struct world *w, unsigned long nth, bool *ended) {
	int status = 0;
	pid_t pid;

	world_close(w);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sr_audit *a = NULL;

		world_reopen(w);
		if (sr_audit_open(&a, w->v, false, &w->e) != 0)
			_exit(2);
		sr_fault_set(nth, -1);
		while (sr_audit_state(a) == SR_AUDIT_RUNNING)
			if (sr_audit_step(a, 9, &w->e) != 0)
				_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	assert_true(*ended || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
	world_reopen(w);
}

static void test_killed(void **state) {
	struct heap whole, h;
	uint64_t resumed = 0;
	bool ended = false;
	struct desk d;

	(void)state;
	desk_begin(&d);
	world_grant(d.w, d.rq.id, d.grant);
	replay(d.w, SR_AUDIT_STEP, false, &whole);
	nothing_found(&whole);
	for (unsigned long nth = 1; !ended && nth < 400; nth += 1 + nth / 3) {
		struct sr_audit *a = NULL;

		killed_at(d.w, nth, &ended);

		assert_ok(sr_audit_open(&a, d.w->v, false, &d.w->e), &d.w->e);
		sr_audit_counts(&h.counts, a);
		assert_true(h.counts.resumed >= resumed);
		resumed = h.counts.resumed;
		sr_audit_close(a);
	}
	assert_true(resumed > 0);
	replay(d.w, 9, false, &h);
	nothing_found(&h);
	assert_true(h.counts.resumed > 0);
	whole.counts.resumed = h.counts.resumed;
	assert_memory_equal(&h.counts, &whole.counts, sizeof h.counts);
	assert_int_equal(h.compared.rows, whole.compared.rows);
	heap_free(&whole);
	heap_free(&h);
	world_free(d.w);
}

/* --- the catalogue in use --------------------------------------------------------------------- */

static void spoil(struct desk *d, const char *sql) {
	assert_ok(sr_db_exec(sr_catalogue_db(d->w->v->catalogue), sql, &d->w->e), &d->w->e);
}

static void test_catalogue(void **state) {
	const struct sr_audit_finding *f;
	struct sr_grant_row g = {.entry = 0};
	struct sr_entry_row row;
	struct desk d;
	struct heap h;

	(void)state;
	life(&d);
	assert_ok(sr_query_grant(&g, d.w->v->catalogue, d.grant, &d.w->e), &d.w->e);
	assert_ok(sr_query_entry(&row, d.w->v->catalogue, g.entry, &d.w->e), &d.w->e);
	spoil(&d, "PRAGMA foreign_keys = OFF");
	/* A later end; one form more; a checkout that was never there taken out of sight; a
	 * person's role that nobody gave. */
	spoil(&d, "UPDATE grants SET ends = ends + 86400 WHERE state = 'live'");
	spoil(&d, "INSERT INTO grant_forms SELECT grant_id, 'colour' FROM grants WHERE state ="
		  " 'live'");
	spoil(&d, "DELETE FROM views WHERE entry = (SELECT max(entry) FROM views)");
	spoil(&d, "UPDATE people_texts SET name = 'Somebody Else' WHERE person = (SELECT"
		  " max(person) FROM people_texts)");
	replay(d.w, SR_AUDIT_STEP, false, &h);
	assert_int_equal(h.count, 4);
	assert_int_equal(h.counts.findings, 4);
	f = finding(&h, "catalogue", "grants.ends");
	assert_int_equal(f->entry, g.entry);
	assert_memory_equal(f->statement, row.statement, SR_ID);
	assert_string_equal(f->type, "grant");
	assert_non_null(strstr(f->text, "from the log follows"));
	f = finding(&h, "catalogue", "grant_forms");
	assert_int_equal(f->entry, g.entry);
	assert_non_null(strstr(f->text, "form colour is in the catalogue, and follows from no"));
	f = finding(&h, "catalogue", "views");
	assert_string_equal(f->type, "viewed");
	assert_non_null(strstr(f->text, "is missing in the catalogue"));
	f = finding(&h, "catalogue", "people_texts.name");
	assert_null(strstr(f->text, "Somebody")); /* texts of people are not shown */
	assert_true(f->has_entry);
	sr_grant_row_free(&g);
	heap_free(&h);
	world_free(d.w);
}

/* --- what the service's own key can write ----------------------------------------------------- */

struct forged {
	const char *forms[4];
	const char *training;
	int64_t ends;
	size_t votes; /* of those there are, how many it names */
	bool alone;   /* without the co-applicant */
	const char *right;
	uint32_t level;
	bool unasked; /* the rules of its board */
};

static int by_name(const void *a, const void *b) {
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void forge_grant(struct desk *d, const struct forged *f) {
	struct sr_version_row v = {.version = 0};
	struct sr_votes votes = {.count = 0};
	struct sr_outcome out;
	struct sr_buf text;
	uint8_t id[SR_ID];
	const char *people[2] = {d->w->researcher[0].person, d->w->researcher[1].person};

	assert_ok(sr_query_version(&v, d->w->v->catalogue, d->rq.id, 0, &d->w->e), &d->w->e);
	assert_ok(sr_query_votes(&votes, d->w->v->catalogue, d->rq.id, 1, &d->w->e), &d->w->e);
	qsort(people, 2, sizeof *people, by_name);
	world_id(d->w, id);
	sr_buf_init(&text);
	sr_follow_begin(&text, d->w->v, SR_T_GRANT, d->w->now);
	sr_text_put_hex(&text, "grant", id, SR_ID);
	sr_text_put_hex(&text, "request", d->rq.id, SR_ID);
	sr_text_put_dec(&text, "version", 1);
	sr_text_put(&text, "right", f->right != NULL ? f->right : "access");
	for (size_t i = 0; i < 2; i++)
		if (!f->alone || strcmp(people[i], d->w->researcher[0].person) == 0)
			sr_text_put(&text, "person", people[i]);
	for (size_t i = 0; f->forms[i] != NULL; i++)
		sr_text_put(&text, "form", f->forms[i]);
	if (f->training != NULL)
		sr_text_put(&text, "training", f->training);
	sr_text_put_time(&text, "ends", f->ends != 0 ? f->ends : v.ends);
	sr_text_put_dec(&text, "level", f->level != 0 ? f->level : v.level);
	sr_text_put_dec(&text, "epoch", v.epoch);
	for (size_t i = 0; i < votes.count && i < f->votes; i++)
		sr_text_put_hex(&text, "vote", votes.rows[i].statement, SR_ID);
	assert_ok(sr_buf_ok(&text, &d->w->e), &d->w->e);
	assert_ok(sr_door_service(d->w->v, sr_buf_view(&text), &out, &d->w->e), &d->w->e);
	assert_int_equal(out.code, 0);
	sr_buf_free(&text);
	sr_votes_free(&votes);
	sr_version_row_free(&v);
}

/* One vote of two is there: whatever the service makes of it, the audit says what is missing. */
static void one_forgery(const struct forged *f, const char *field, const char *piece) {
	const struct sr_audit_finding *found;
	struct desk d;
	struct heap h;

	desk_begin(&d);
	assert_ok(world_vote(d.w,
			  &(struct world_vote){
				  .member = 0, .request = d.rq.id, .forms = "outline text"}),
		&d.w->out.err);
	forge_grant(&d, f);
	replay(d.w, SR_AUDIT_STEP, false, &h);
	found = finding(&h, "grant", field);
	of_last(d.w, found);
	assert_non_null(strstr(found->text, piece));
	assert_int_equal(h.count, 1);
	assert_int_equal(h.counts.grants, 0);
	heap_free(&h);
	world_free(d.w);
}

static void test_too_few(void **state) {
	(void)state;
	one_forgery(&(struct forged){.forms = {"outline", "text"}, .votes = 1}, "vote",
		"takes 2 members; 1 approved");
}

/* The board gives its first member another key, without the word of the one before. */
static void lose_key(struct world *w) {
	struct world_person next = w->member[0];
	const struct sr_card_next of = {next.person, NULL};
	struct world_draft d;
	uint8_t id[SR_ID], commit[SR_HASH];

	for (size_t i = 0; i < SR_SEED; i++)
		next.seed[i] = (uint8_t)(0xa5 ^ (i * i));
	sr_sign_public(next.pk, next.seed);
	sr_text_commit(commit, next.salt, sr_bytes_str(next.name));
	sr_buf_init(&next.card);
	assert_ok(sr_card_make_next(&next.card, next.seed, commit, &of, &w->e), &w->e);
	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "person");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[0]);
	sr_text_put(&d.text, "subject", next.person);
	world_card(&d, "card", &next);
	assert_int_equal(world_commit(&d, NULL), 0);
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = id}), 0);
	sr_buf_free(&next.card);
}

/* A vote of a key that was lost since does not count: a grant that rests on it is named, and the
 * replay goes on (catalogue/apply_grant.c). */
static void test_lost_vote(void **state) {
	const struct forged f = {.forms = {"outline", "text"}, .votes = 2};
	const struct sr_audit_finding *found;
	struct desk d;
	struct heap h;

	(void)state;
	desk_begin(&d);
	for (size_t i = 0; i < 2; i++) {
		assert_ok(world_vote(d.w, &(struct world_vote){.member = i,
						  .request = d.rq.id,
						  .forms = "outline text"}),
			&d.w->out.err);
		if (i == 0)
			lose_key(d.w);
	}
	forge_grant(&d, &f);
	replay(d.w, SR_AUDIT_STEP, false, &h);
	found = finding(&h, "grant", "vote");
	of_last(d.w, found);
	assert_non_null(strstr(found->text, "takes 2 members; 1 approved"));
	assert_int_equal(h.count, 1);
	assert_int_equal(h.counts.grants, 0);
	heap_free(&h);
	world_free(d.w);
}

/* Two votes are there, and the vault granted; the lines of another such grant, one by one wrong.
 * The vault itself never makes a second one, so the first is taken away: the votes are of a vault
 * that stopped before it decided. */
static void wrong_line(const struct forged *f, const char *field, const char *piece) {
	static struct world_draft late;
	const struct sr_audit_finding *found = NULL;
	struct desk d;
	struct heap h;

	desk_begin(&d);
	assert_ok(world_vote(d.w, &(struct world_vote){.member = 0,
					  .request = d.rq.id,
					  .forms = "outline text",
					  .ends = d.w->now + 5 * W_DAY}),
		&d.w->out.err);
	/* The second vote, as the voter signed it, brought in by somebody who lets nothing follow.
	 */
	memset(&late, 0, sizeof late);
	d.w->instead = &late;
	assert_ok(world_vote(d.w,
			  &(struct world_vote){
				  .member = 1, .request = d.rq.id, .forms = "metadata text"}),
		&d.w->out.err);
	d.w->instead = NULL;
	past_the_door(d.w, &late, late.by->seed);
	world_reopen(d.w);
	if (!f->unasked)
		(void)forge_decision(d.w, d.rq.id, NULL, NULL);
	forge_grant(&d, f);
	replay(d.w, SR_AUDIT_STEP, false, &h);
	if (field == NULL) {
		nothing_found(&h);
		assert_int_equal(h.counts.grants, 1);
	} else {
		found = finding(&h, f->unasked ? "judged" : "grant", field);
		of_last(d.w, found);
		if (strstr(found->text, piece) == NULL)
			fail_msg("\"%s\" is not in: %s", piece, found->text);
		assert_int_equal(h.count, 1);
	}
	heap_free(&h);
	world_free(d.w);
}

static void test_lines(void **state) {
	const int64_t end = W_TIME + 5 * W_DAY; /* the world's clock moves by tests alone */

	(void)state;
	wrong_line(&(struct forged){.forms = {"text"}, .votes = 2, .ends = end}, NULL, NULL);
	wrong_line(&(struct forged){.forms = {"text"}, .votes = 2, .ends = end, .unasked = true},
		"decided", "the rules of its board were not asked");
	wrong_line(&(struct forged){.forms = {"outline", "text"}, .votes = 2, .ends = end}, "form",
		"it says form outline text; from the votes follows text");
	wrong_line(&(struct forged){.forms = {NULL}, .votes = 2, .ends = end}, "form",
		"it says form nothing");
	wrong_line(&(struct forged){.forms = {"text"}, .votes = 2}, "ends",
		"what was asked and voted for is 2026-11-26");
	wrong_line(&(struct forged){.forms = {"text"}, .votes = 2, .ends = end, .alone = true},
		"person", "it says person p-");
	wrong_line(&(struct forged){.forms = {"text"}, .votes = 1, .ends = end}, "vote",
		"it says vote ");
	wrong_line(&(struct forged){.forms = {"text"}, .votes = 2, .ends = end, .right = "export"},
		"right", "it says right export");
	wrong_line(&(struct forged){.forms = {"text"}, .votes = 2, .ends = end, .level = 3},
		"level", "it says level 3");
	wrong_line(
		&(struct forged){
			.forms = {"text"}, .votes = 2, .ends = end, .training = "trauma-awareness"},
		"training", "it says training trauma-awareness; from the votes follows nothing");
}

/* A decision of the board that nobody voted for. */
static void test_decision(void **state) {
	struct sr_outcome out;
	struct sr_buf text;
	struct desk d;
	struct world_request rq;

	(void)state;
	life(&d);
	rq = (struct world_request){.by = &d.w->member[0], .kind = "revoke", .target = d.grant};
	assert_ok(world_request(d.w, &rq), &d.w->out.err);
	sr_buf_init(&text);
	sr_follow_begin(&text, d.w->v, SR_T_REVOKE, d.w->now);
	sr_text_put_hex(&text, "request", rq.id, SR_ID);
	sr_text_put_hex(&text, "grant", d.grant, SR_ID);
	assert_ok(sr_door_service(d.w->v, sr_buf_view(&text), &out, &d.w->e), &d.w->e);
	sr_buf_free(&text);
	only(d.w, "decision", "vote", last_entry(d.w), "");
	world_free(d.w);
}

static void put_plan(struct sr_buf *text, const struct world *w) {
	sr_text_putf(text, "quorum", "%u 2", w->level[0]);
	for (size_t i = 0; i < w->members; i++)
		sr_text_put(text, "member", w->member[i].person);
}

/* A new key for the board that was asked for and that nobody voted for. */
static void test_rekey_of_nobody(void **state) {
	const struct sr_audit_finding *f;
	struct world *w = world_new(NULL);
	struct world_draft d;
	struct sr_outcome out;
	struct sr_buf text;
	struct heap h;
	uint8_t id[SR_ID];

	(void)state;
	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "rekey");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[0]);
	put_plan(&d.text, w);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_REKEY, w->now);
	sr_text_put_hex(&text, "request", id, SR_ID);
	sr_text_put_hex(&text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&text, "epoch", 2);
	put_plan(&text, w);
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &out, &w->e), &w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(&text);
	replay(w, SR_AUDIT_STEP, false, &h);
	f = finding(&h, "decision", "vote");
	of_last(w, f);
	assert_int_equal(h.count, 1);
	heap_free(&h);
	world_free(w);
}

/* A reshare that cites no vote at all, as if the founders had planned it. */
static void test_plan_of_nobody(void **state) {
	const struct sr_audit_finding *f;
	struct world *w = world_new(NULL);
	struct sr_outcome out;
	struct sr_buf text;
	struct heap h;

	(void)state;
	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_RESHARE, w->now);
	sr_text_put_hex(&text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&text, "epoch", 2);
	put_plan(&text, w);
	for (size_t i = 0; i < 2; i++)
		sr_text_put(&text, "dealer", w->member[i].person);
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &out, &w->e), &w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(&text);
	replay(w, SR_AUDIT_STEP, false, &h);
	f = finding(&h, "decision", "request");
	of_last(w, f);
	assert_int_equal(h.count, 1);
	heap_free(&h);
	world_free(w);
}

/* --- what the rules are said to have said --- */

struct answer {
	const char *decision, *rule; /* NULL: as it was */
	const char *rules;           /* a text that comes with it */
	bool own;                    /* and is the set that it cites */
	size_t cut;                  /* bytes off the inputs */
	const char *action;          /* NULL: as it was */
	bool bare;                   /* names nothing that was asked */
	const char *piece;           /* of what is found; NULL: any */
};

/* The answer to the grant's votes once more, with ${x} wrong. */
static void answer_again(struct desk *d, const struct answer *x) {
	struct sr_decisions l;
	struct sr_buf inputs, text;
	struct sr_door_object objects[2];
	struct sr_submission parts = {.objects = objects, .object_count = 1};
	struct sr_outcome out;
	uint8_t id[SR_HASH], set[SR_HASH];

	memset(objects, 0, sizeof objects);
	sr_buf_init(&inputs);
	sr_buf_init(&text);
	assert_ok(sr_query_decisions(&l, d->w->v->catalogue,
			  &(struct sr_decision_filter){.request = d->rq.id}, &d->w->e),
		&d->w->e);
	const struct sr_decision_row *r = &l.rows[0];
	memcpy(set, r->set, SR_HASH);
	if (x->own)
		sr_sha256(set, x->rules, strlen(x->rules));
	assert_ok(sr_object_fetch(d->w->v, r->inputs, &inputs, &d->w->e), &d->w->e);
	inputs.len -= x->cut;
	sr_follow_begin(&text, d->w->v, SR_T_DECIDED, d->w->now);
	if (!x->bare)
		sr_text_put_hex(&text, "of", r->of, SR_ID);
	sr_text_put(&text, "action", x->action != NULL ? x->action : r->action);
	if (!x->bare) {
		sr_text_put_hex(&text, "request", d->rq.id, SR_ID);
		sr_text_put_dec(&text, "version", 1);
	}
	sr_text_put_hex(&text, "board", r->board, SR_ID);
	sr_text_put_hex(&text, "set", set, SR_HASH);
	if (x->rules != NULL) {
		sr_random(objects[1].salt, SR_SALT);
		objects[1].body = sr_bytes_str(x->rules);
		sr_object_id(id, objects[1].salt, objects[1].body);
		sr_text_put_hex(&text, "rules", id, SR_HASH);
	}
	sr_random(objects[0].salt, SR_SALT); /* an object has its id once */
	objects[0].body = sr_buf_view(&inputs);
	sr_object_id(id, objects[0].salt, objects[0].body);
	sr_text_put_hex(&text, "inputs", id, SR_HASH);
	if (x->rules != NULL) { /* in the order of the lines */
		const struct sr_door_object first = objects[1];

		objects[1] = objects[0];
		objects[0] = first;
		parts.object_count = 2;
	}
	sr_text_put(&text, "decision", x->decision != NULL ? x->decision : r->decision);
	world_words(&text, "rule", x->rule != NULL ? x->rule : r->rules);
	assert_ok(sr_buf_ok(&text, &d->w->e), &d->w->e);
	assert_ok(sr_door_service_with(d->w->v, sr_buf_view(&text), &parts, &out, &d->w->e),
		&d->w->e);
	assert_int_equal(out.code, 0);
	sr_buf_free(&text);
	sr_buf_free(&inputs);
	sr_decisions_free(&l);
}

static void wrong_answer(struct desk *d, const struct answer *x, const char *field) {
	struct heap h;

	answer_again(d, x);
	replay(d->w, SR_AUDIT_STEP, false, &h);
	if (field == NULL) {
		nothing_found(&h);
	} else {
		assert_true(h.count > 0);
		/* each stays in the log: the newest is the last */
		assert_string_equal(h.rows[h.count - 1].what, "judged");
		assert_string_equal(h.rows[h.count - 1].field, field);
		assert_string_equal(h.rows[h.count - 1].type, "decided");
		if (x->piece != NULL && strstr(h.rows[h.count - 1].text, x->piece) == NULL)
			fail_msg("\"%s\" is not in: %s", x->piece, h.rows[h.count - 1].text);
		of_last(d->w, &h.rows[h.count - 1]);
	}
	heap_free(&h);
}

/* An answer by rules that its board had replaced by then. */
static void in_force(struct desk *d) {
	struct sr_audit_finding f = {.entry = 0};
	struct sr_decisions l;
	struct sr_entry en = {0};
	struct sr_buf inputs;
	bool ok = false;

	sr_buf_init(&inputs);
	assert_ok(sr_query_decisions(&l, d->w->v->catalogue,
			  &(struct sr_decision_filter){.request = d->rq.id}, &d->w->e),
		&d->w->e);
	assert_ok(sr_vault_entry(&en, d->w->v, l.rows[0].entry, &d->w->e), &d->w->e);
	assert_ok(sr_object_fetch(d->w->v, l.rows[0].inputs, &inputs, &d->w->e), &d->w->e);
	for (size_t i = 0; i < 2; i++) {
		assert_ok(sr_derive_judged(&ok, &f, d->w->v, d->w->v->catalogue, &en.statement,
				  sr_buf_view(&inputs), sr_bytes_str(""), &d->w->e),
			&d->w->e);
		assert_int_equal(ok, i == 0);
		if (i == 0)
			spoil(d, "INSERT INTO policies SELECT board, 1, 0, zeroblob(16),"
				 " zeroblob(32), X'07070707070707070707070707070707"
				 "07070707070707070707070707070707', 0 FROM decisions LIMIT 1");
	}
	assert_string_equal(f.what, "judged");
	assert_string_equal(f.field, "set");
	assert_non_null(strstr(f.text, "not in force; those were 0707"));
	sr_entry_free(&en);
	sr_buf_free(&inputs);
	sr_decisions_free(&l);
}

static void test_judged(void **state) {
	struct desk d;

	(void)state;
	desk_begin(&d);
	world_grant(d.w, d.rq.id, d.grant);
	wrong_answer(&d, &(struct answer){.cut = 0}, NULL);
	wrong_answer(&d, &(struct answer){.decision = "deny"}, "decision");
	wrong_answer(&d, &(struct answer){.rule = "another-rule"}, "rule");
	wrong_answer(&d, &(struct answer){.rule = "board-grants another-rule"}, "rule");
	wrong_answer(&d, &(struct answer){.rule = ""}, "rule");
	wrong_answer(&d, &(struct answer){.cut = 1}, "inputs");
	wrong_answer(
		&d, &(struct answer){.rules = "permit (principal, action, resource);"}, "rules");
	wrong_answer(&d,
		&(struct answer){.rules = "permit (principal, action, resource);", .own = true},
		"set");
	wrong_answer(&d,
		&(struct answer){.rules = "@id(\"all\") permit (principal, action, resource);",
			.own = true,
			.rule = "all"},
		"set"); /* which the answer follows from */
	wrong_answer(
		&d, &(struct answer){.rules = "permit (principal, action", .own = true}, "set");
	wrong_answer(&d, &(struct answer){.action = "destroy", .piece = "what was asked is grant"},
		"action");
	wrong_answer(&d,
		&(struct answer){.bare = true, .piece = "it answers nothing that is asked"}, "of");
	in_force(&d);
	world_free(d.w);
}

/* --- what only the ledger's key can write ----------------------------------------------------- */

static void bare_vote(struct desk *d, struct world_draft *draft, const char *decision) {
	struct sr_version_row v = {.version = 0};
	char hex[2 * SR_HASH + 1], id[2 * SR_ID + 1];

	assert_ok(sr_query_version(&v, d->w->v->catalogue, d->rq.id, 0, &d->w->e), &d->w->e);
	world_begin(draft, d->w, &d->w->member[1], SR_T_VOTE);
	sr_hex(hex, v.hash, SR_HASH);
	sr_hex(id, d->rq.id, SR_ID);
	sr_text_putf(&draft->text, "request", "%s %s", id, hex);
	sr_text_put_dec(&draft->text, "version", 1);
	sr_text_put_dec(&draft->text, "epoch", v.epoch);
	sr_text_put(&draft->text, "decision", decision);
	sr_version_row_free(&v);
}

static void test_forged(void **state) {
	const struct sr_audit_finding *f;
	struct world_draft draft;
	struct desk d;
	struct heap h;

	(void)state;
	desk_begin(&d);
	bare_vote(&d, &draft, "reject");
	past_the_door(d.w, &draft, d.w->outsider.seed);
	world_reopen(d.w); /* the catalogue in use takes what the ledger has */
	replay(d.w, 9, false, &h);
	f = finding(&h, "signature", "signature");
	of_last(d.w, f);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.counts.signatures, h.counts.entries - 1);
	heap_free(&h);
	world_free(d.w);
}

/* Well signed, and its head says what cannot be: the log that its signer had verified, until when
 * it was good, or a time that is another than the log's. */
static void test_heads(void **state) {
	static const struct {
		const char *key, *line, *what, *field, *says;
	} rows[] = {
		{"seen", "\nseen 99999 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "seen",
			"seen",
			"its signer had verified 99999 entries, more than there were before it"},
		{"seen", "\nseen 3 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "seen", "seen",
			"its signer had verified another log of 3 entries: one of the two is a "
			"fork"},
		{"time", "\ntime 2026-11-20T10:00:00Z\nuntil 2026-11-20T11:00:00Z", "late", "until",
			"it was good until 2026-11-20T11:00:00Z and was taken at "},
		{"time", "\ntime 2026-11-21T10:00:00Z\nuntil 2026-12-22T10:00:01Z", "late", "until",
			"it was good for more than 31 days"},
		{"time", "\ntime 2026-11-21T09:49:59Z", "late", "time",
			"it is of 2026-11-21T09:49:59Z and was taken at 2026-11-21T10:00:00Z: more "
			"than 600 s apart"},
		{"time", "\ntime 2026-11-21T10:10:01Z", "late", "time",
			"it is of 2026-11-21T10:10:01Z and was taken at "},
	};

	struct world *w = world_new(NULL);
	uint64_t entry[T_COUNT(rows)];
	struct heap h;

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct world_draft draft;

		world_begin(&draft, w, &w->officer, SR_T_READ);
		sr_text_put(&draft.text, "what", "report");
		draft_line(&draft, rows[i].key, rows[i].line);
		entry[i] = sr_ledger_next_index(w->v->ledger);
		past_the_door(w, &draft, w->officer.seed);
	}
	world_reopen(w);
	replay(w, SR_AUDIT_STEP, false, &h);
	assert_int_equal(h.count, T_COUNT(rows));
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct sr_audit_finding *f = &h.rows[i];

		assert_int_equal(f->entry, entry[i]);
		assert_string_equal(f->what, rows[i].what);
		assert_string_equal(f->field, rows[i].field);
		if (strstr(f->text, rows[i].says) == NULL)
			fail_msg("want \"%s\", have \"%s\"", rows[i].says, f->text);
	}
	heap_free(&h);
	world_free(w);
}

/* Well signed, and not what the rules allow: an approval without its pieces. */
static void test_rule(void **state) {
	struct world_draft draft;
	struct desk d;

	(void)state;
	desk_begin(&d);
	bare_vote(&d, &draft, "approve");
	past_the_door(d.w, &draft, d.w->member[1].seed);
	world_reopen(d.w);
	only(d.w, "rule", "pieces-missing", last_entry(d.w), "");
	world_free(d.w);
}

/* The service ends an embargo that is not due. (What else it ends: test_audit_stopped.c.) */
static void test_early(void **state) {
	const int64_t days[] = {30, 1, 0};
	struct world_draft draft;
	struct sr_outcome out;
	struct sr_buf text;
	struct desk d;
	struct heap h;
	size_t found = 0;

	(void)state;
	desk_begin(&d);
	for (size_t i = 0; i < T_COUNT(days); i++) {
		uint8_t flag[SR_ID];

		world_begin(&draft, d.w, &d.w->curator[0], SR_T_EMBARGO);
		memcpy(flag, draft.id, SR_ID);
		sr_text_put_hex(&draft.text, "item", d.item[0], SR_ID);
		if (days[i] != 0)
			sr_text_put_time(&draft.text, "ends", d.w->now + days[i] * W_DAY);
		world_text(&draft, "reason", "there is one");
		assert_ok(world_commit(&draft, NULL), &d.w->out.err);
		sr_buf_init(&text);
		sr_follow_begin(&text, d.w->v, SR_T_LAPSE, d.w->now);
		sr_text_put(&text, "what", "embargo");
		sr_text_put_hex(&text, "item", d.item[0], SR_ID);
		sr_text_put_hex(&text, "flag", flag, SR_ID);
		assert_ok(sr_door_service(d.w->v, sr_buf_view(&text), &out, &d.w->e), &d.w->e);
		assert_ok(out.code, &out.err);
		sr_buf_free(&text);
	}
	replay(d.w, SR_AUDIT_STEP, false, &h);
	for (size_t i = 0; i < h.count; i++)
		found += strcmp(h.rows[i].what, "early") == 0;
	assert_int_equal(found, 3);
	assert_int_equal(h.count, 3);
	of_last(d.w, &h.rows[2]);
	assert_non_null(strstr(h.rows[2].text, "until somebody ends it"));
	heap_free(&h);
	world_free(d.w);
}

/* The service ends somebody's roles, and cites no vote. */
static void test_end_of_nobody(void **state) {
	struct world *w = world_new(NULL);
	struct sr_outcome out;
	struct sr_buf text;
	struct heap h;

	(void)state;
	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_PERSON_END, w->now);
	sr_text_put(&text, "person", w->member[2].person);
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &out, &w->e), &w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(&text);
	replay(w, SR_AUDIT_STEP, false, &h);
	of_last(w, finding(&h, "decision", "request"));
	assert_int_equal(h.count, 1);
	heap_free(&h);
	world_free(w);
}

/* The service says ${text}, which is freed, with its parts: of all the log that alone is named. */
static void found_of_service(struct world *w, struct sr_buf *text,
	const struct sr_submission *parts, const char *what, const char *field) {
	struct sr_outcome out;
	struct heap h;

	assert_ok(sr_door_service_with(w->v, sr_buf_view(text), parts, &out, &w->e), &w->e);
	assert_ok(out.code, &out.err);
	sr_buf_free(text);
	replay(w, SR_AUDIT_STEP, false, &h);
	of_last(w, finding(&h, what, field));
	assert_int_equal(h.count, 1);
	heap_free(&h);
}

/* An epoch that is sealed to somebody else in the place of an auditor. */
static void test_epoch_of_others(void **state) {
	struct world *w = world_new(NULL);
	struct sr_door_object object = {.body = sr_bytes_str("no keys")};
	const struct sr_submission parts = {.objects = &object, .object_count = 1};
	uint8_t name[SR_HASH];
	struct sr_buf text;

	(void)state;
	sr_random(object.salt, SR_SALT);
	sr_object_id(name, object.salt, object.body);
	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_KEY_EPOCH, w->now);
	sr_text_put_dec(&text, "epoch", 2);
	sr_text_put_hex(&text, "keys", name, SR_HASH);
	sr_text_put(&text, "auditor", w->custodian.person);
	found_of_service(w, &text, &parts, "epoch", "auditor");
	world_free(w);
}

/* The custodian's choice again, where the board had adopted a policy. */
static void test_policy_of_nobody(void **state) {
	static const char policy[] = "quorum none\n";
	const struct sr_bytes body = sr_bytes_str(policy);
	struct world *w = world_new(NULL);
	struct sr_door_object object = {.body = body};
	const struct sr_submission parts = {.objects = &object, .object_count = 1};
	uint8_t id[SR_ID], set[SR_HASH], name[SR_HASH];
	struct world_draft d;
	struct sr_buf text;
	struct heap h;

	(void)state;
	sr_sha256(set, policy, sizeof policy - 1);
	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "witnesses");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[w->levels - 1]);
	world_object(&d, "rules", body);
	sr_text_put_hex(&d.text, "set", set, SR_HASH);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	for (size_t i = 0; i < w->level[w->levels - 1]; i++)
		assert_ok(world_vote(w, &(struct world_vote){.member = i, .request = id}),
			&w->out.err);
	replay(w, SR_AUDIT_STEP, false, &h);
	nothing_found(&h);
	heap_free(&h);
	sr_random(object.salt, SR_SALT);
	sr_object_id(name, object.salt, body);
	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_WITNESS, w->now);
	sr_text_put(&text, "event", "policy");
	sr_text_put_dec(&text, "witnesses", 0);
	sr_text_put(&text, "quorum", "none");
	sr_text_put_hex(&text, "policy", name, SR_HASH);
	sr_text_put_hex(&text, "set", set, SR_HASH);
	found_of_service(w, &text, &parts, "witness", "request");
	world_free(w);
}

/* A vault keeps from a voter that a co-applicant's roles ended, and takes the vote. Whoever lives
 * the log through again names it: the vote stands behind the end. */
static void test_hidden_end(void **state) {
	struct world_draft draft;
	struct desk d;

	(void)state;
	desk_begin(&d);
	d.rq = (struct world_request){.by = &d.w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])d.item,
		.count = 1,
		.with = {&d.w->researcher[1]}};
	assert_ok(world_request(d.w, &d.rq), &d.w->out.err);
	assert_ok(world_join(d.w, &d.w->researcher[1], d.rq.id), &d.w->out.err);
	world_begin(&draft, d.w, &d.w->curator[0], SR_T_PERSON_END);
	sr_text_put(&draft.text, "person", d.w->researcher[1].person);
	assert_ok(world_commit(&draft, NULL), &d.w->out.err);
	bare_vote(&d, &draft, "approve");
	past_the_door(d.w, &draft, d.w->member[1].seed);
	world_reopen(d.w);
	only(d.w, "rule", "reader-ended", last_entry(d.w), "");
	world_free(d.w);
}

/* Votes that were good when they were given bring no grant for who has left since: a vault that
 * waits for that with what it does. */
static void test_late_grant(void **state) {
	struct world_draft draft;
	struct desk d;

	(void)state;
	desk_begin(&d);
	assert_ok(world_vote(d.w, &(struct world_vote){.member = 0, .request = d.rq.id}),
		&d.w->out.err);
	memset(&draft, 0, sizeof draft);
	d.w->instead = &draft;
	assert_ok(world_vote(d.w, &(struct world_vote){.member = 1, .request = d.rq.id}),
		&d.w->out.err);
	d.w->instead = NULL;
	past_the_door(d.w, &draft, draft.by->seed);
	world_reopen(d.w);
	world_begin(&draft, d.w, &d.w->curator[0], SR_T_PERSON_END);
	sr_text_put(&draft.text, "person", d.w->researcher[1].person);
	assert_ok(world_commit(&draft, NULL), &d.w->out.err);
	(void)forge_decision(d.w, d.rq.id, NULL, NULL);
	forge_grant(&d, &(struct forged){.forms = {"metadata", "outline", "text"}, .votes = 2});
	only(d.w, "grant", "person", last_entry(d.w), "is no researcher here any more");
	world_free(d.w);
}

/* The log of a newer strongroom: entry 5 is of a type that is not known here. */
static int (*entry_of)(void *ctx, uint64_t index, struct sr_entry *out, struct sr_err *e);

static int entry_of_a_later_day(void *ctx, uint64_t index, struct sr_entry *out, struct sr_err *e) {
	const struct sr_type *t = NULL;

	return index == 5 ? sr_type_of_line(&t, sr_bytes_str("strongroom/ballot/v1"), e)
			  : entry_of(ctx, index, out, e);
}

static void test_newer(void **state) {
	const struct sr_audit_finding *f;
	struct heap h = {.count = 0};
	struct sr_audit *a = NULL;
	char says[60];
	struct desk d;

	(void)state;
	desk_begin(&d);
	assert_ok(sr_audit_open(&a, d.w->v, false, &d.w->e), &d.w->e);
	entry_of = a->from.replay.entry;
	a->from.replay.entry = entry_of_a_later_day;
	assert_ok(sr_audit_step(a, SR_AUDIT_STEP, &d.w->e), &d.w->e);
	assert_int_equal(sr_audit_state(a), SR_AUDIT_BROKEN);
	assert_ok(sr_audit_report(a, keep, &h, &h.compared, &d.w->e), &d.w->e);
	assert_int_equal(h.count, 1);
	f = finding(&h, "newer", "");
	assert_int_equal(f->entry, 5);
	assert_non_null(strstr(f->text, "a newer strongroom may know it: the replay ends here"));
	snprintf(says, sizeof says, "of the %llu entries behind it",
		(unsigned long long)sr_ledger_next_index(d.w->v->ledger) - 6);
	assert_non_null(strstr(f->text, says));
	sr_audit_close(a);
	heap_free(&h);
	world_free(d.w);
}

static void test_broken(void **state) {
	const struct sr_audit_finding *f;
	struct world_draft draft;
	struct sr_audit *a = NULL;
	struct desk d;
	struct heap h = {.count = 0};
	uint64_t last;

	(void)state;
	desk_begin(&d);
	bare_vote(&d, &draft, "reject");
	past_the_door(d.w, &draft, d.w->member[1].seed);
	bare_vote(&d, &draft, "reject"); /* nobody votes twice: no table takes it */
	past_the_door(d.w, &draft, d.w->member[1].seed);
	last = sr_ledger_next_index(d.w->v->ledger) - 1;
	assert_ok(sr_audit_open(&a, d.w->v, false, &d.w->e), &d.w->e);
	assert_ok(sr_audit_step(a, SR_AUDIT_STEP, &d.w->e), &d.w->e);
	assert_int_equal(sr_audit_state(a), SR_AUDIT_BROKEN);
	sr_audit_close(a); /* and it is broken for the next one, too */
	assert_ok(sr_audit_open(&a, d.w->v, false, &d.w->e), &d.w->e);
	assert_int_equal(sr_audit_state(a), SR_AUDIT_BROKEN);
	assert_ok(sr_audit_report(a, keep, &h, &h.compared, &d.w->e), &d.w->e);
	sr_audit_counts(&h.counts, a);
	assert_int_equal(h.counts.entries, last);
	assert_int_equal(h.counts.signatures, last);
	f = finding(&h, "entry", "");
	assert_int_equal(f->entry, last);
	assert_string_equal(f->type, "vote");
	assert_non_null(strstr(f->text, "the replay ends here; of the 0 entries behind it"));
	sr_audit_close(a);
	heap_free(&h);
	world_free(d.w);
}

/* A copy of the vault with an object cut, emptied, made giant or taken away: the replay ends at the
 * entry that names it, whatever it is. */
static void test_objects(void **state) {
	static const struct {
		off_t size; /* -1: half of it */
		bool gone;
	} damage[] = {{-1, false}, {0, false}, {((off_t)1 << 40), false}, {0, true}};
	const struct sr_audit_finding *f;
	struct sr_version_row v = {.version = 0};
	struct sr_object_at at;
	char hex[2 * SR_HASH + 1], name[SR_HASH * 2 + 16];
	struct sr_buf whole;
	const char *path;
	struct desk d;
	struct heap h;

	(void)state;
	desk_begin(&d);
	world_grant(d.w, d.rq.id, d.grant);
	assert_ok(sr_query_version(&v, d.w->v->catalogue, d.rq.id, 1, &d.w->e), &d.w->e);
	assert_ok(sr_query_object(&at, d.w->v->catalogue, v.list, &d.w->e), &d.w->e);
	sr_hex(hex, at.file, SR_HASH);
	snprintf(name, sizeof name, "objects/%.2s/%s", hex, hex);
	path = t_path(d.w->vault, name);
	sr_buf_init(&whole);
	t_read_file(path, &whole);
	for (size_t i = 0; i < T_COUNT(damage); i++) {
		assert_int_equal(chmod(path, 0600), 0);
		if (damage[i].gone)
			assert_int_equal(unlink(path), 0);
		else
			assert_int_equal(
				truncate(path, damage[i].size >= 0 ? damage[i].size
								   : (off_t)(whole.len / 2)),
				0);
		replay(d.w, SR_AUDIT_STEP, true, &h);
		assert_int_equal(h.state, SR_AUDIT_BROKEN);
		f = finding(&h, "entry", "");
		assert_int_equal(f->entry, v.entry);
		assert_string_equal(f->type, "request");
		assert_int_equal(h.counts.entries, v.entry);
		heap_free(&h);
		(void)unlink(path);
		t_write_file(path, whole.p, whole.len);
	}
	replay(d.w, SR_AUDIT_STEP, true, &h);
	nothing_found(&h);
	heap_free(&h);
	sr_version_row_free(&v);
	sr_buf_free(&whole);
	world_free(d.w);
}

static void test_fork(void **state) {
	const struct sr_audit_finding *f;
	struct world_draft draft;
	struct desk d;
	struct heap h;
	char *seen;

	(void)state;
	desk_begin(&d);
	bare_vote(&d, &draft, "reject");
	/* Another root than ours at that size: one digit of its base64. */
	seen = strstr((char *)draft.text.p, "\nseen ");
	assert_non_null(seen);
	seen = strchr(seen + 6, ' ') + 5;
	*seen = *seen == 'A' ? 'B' : 'A';
	past_the_door(d.w, &draft, d.w->member[1].seed);
	world_reopen(d.w);
	replay(d.w, SR_AUDIT_STEP, false, &h);
	f = finding(&h, "seen", "seen");
	of_last(d.w, f);
	assert_non_null(strstr(f->text, "fork"));
	heap_free(&h);
	world_free(d.w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_catalogue),
		cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_lost_vote),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_decision),
		cmocka_unit_test(test_rekey_of_nobody),
		cmocka_unit_test(test_plan_of_nobody),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_policy_of_nobody),
		cmocka_unit_test(test_end_of_nobody),
		cmocka_unit_test(test_epoch_of_others),
		cmocka_unit_test(test_hidden_end),
		cmocka_unit_test(test_late_grant),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_fork),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
