/*
 * audit_rig - what tests of the audit's replay share: a desk with two items asked for, a replay
 * with what it found, and answers that are forged.
 */
#ifndef SR_TESTS_AUDIT_RIG_H
#define SR_TESTS_AUDIT_RIG_H

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "board/authorize.h"
#include "board/keys.h"
#include "ledger/ledger.h"
#include "past_the_door.h"
#include "world.h"

struct heap {
	struct sr_audit_finding *rows;
	size_t count;
	struct sr_audit_counts counts;
	struct sr_audit_compared compared;
	enum sr_audit_state state;
};

static inline int keep(void *ctx, const struct sr_audit_finding *f, struct sr_err *e) {
	struct heap *h = ctx;

	(void)e;
	h->rows = realloc(h->rows, (h->count + 1) * sizeof *h->rows);
	assert_non_null(h->rows);
	h->rows[h->count++] = *f;
	return 0;
}

static inline void heap_free(struct heap *h) {
	free(h->rows);
	memset(h, 0, sizeof *h);
}

/* To the end in steps of ${step}, and the report. */
static inline void replay(struct world *w, size_t step, bool anew, struct heap *h) {
	struct sr_audit *a = NULL;

	memset(h, 0, sizeof *h);
	assert_ok(sr_audit_open(&a, w->v, anew, &w->e), &w->e);
	while (sr_audit_state(a) == SR_AUDIT_RUNNING)
		assert_ok(sr_audit_step(a, step, &w->e), &w->e);
	assert_ok(sr_audit_report(a, keep, h, &h->compared, &w->e), &w->e);
	h->state = sr_audit_state(a);
	sr_audit_counts(&h->counts, a);
	sr_audit_close(a);
	assert_ok(sr_audit_remove(w->v, &w->e), &w->e);
}

static inline const struct sr_audit_finding *finding(
	const struct heap *h, const char *what, const char *field) {
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->rows[i].what, what) == 0 && strcmp(h->rows[i].field, field) == 0)
			return &h->rows[i];
	for (size_t i = 0; i < h->count; i++)
		print_message("  %s entry %llu (%s) %s: %s\n", h->rows[i].what,
			(unsigned long long)h->rows[i].entry, h->rows[i].type, h->rows[i].field,
			h->rows[i].text);
	fail_msg("no finding %s of %s among %zu", what, field, h->count);
	abort(); /* fail_msg does not return */
}

/* That one is about this entry of the log, by index and id. */
static inline void about(struct world *w, const struct sr_audit_finding *f, uint64_t entry) {
	struct sr_entry_row row;

	assert_true(f->has_entry);
	assert_int_equal(f->entry, entry);
	assert_ok(sr_query_entry(&row, w->v->catalogue, entry, &w->e), &w->e);
	assert_memory_equal(f->statement, row.statement, SR_ID);
	assert_string_equal(f->type, sr_type_at(row.type)->name);
}

static inline uint64_t last_entry(struct world *w) {
	return sr_ledger_next_index(w->v->ledger) - 1;
}

static inline void of_last(struct world *w, const struct sr_audit_finding *f) {
	about(w, f, last_entry(w));
}

/* The replay finds that of this entry, in these words, and nothing else, and comes to its end. */
static inline void only(
	struct world *w, const char *what, const char *field, uint64_t entry, const char *piece) {
	const struct sr_audit_finding *f;
	struct heap h;

	replay(w, SR_AUDIT_STEP, true, &h);
	f = finding(&h, what, field);
	about(w, f, entry);
	if (strstr(f->text, piece) == NULL)
		fail_msg("no \"%s\" in: %s", piece, f->text);
	assert_int_equal(h.count, 1);
	assert_int_equal(h.state, SR_AUDIT_COMPLETE);
	heap_free(&h);
}

struct desk {
	struct world *w;
	uint8_t item[2][SR_ID];
	uint8_t grant[SR_ID];
	struct world_request rq;
	struct world_checkout c;
};

static inline void ask(struct desk *d) {
	d->rq = (struct world_request){.by = &d->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])d->item,
		.count = 2,
		.forms = "metadata outline text",
		.with = {&d->w->researcher[1]}};
	assert_ok(world_request(d->w, &d->rq), &d->w->out.err);
	assert_ok(world_join(d->w, &d->w->researcher[1], d->rq.id), &d->w->out.err);
}

static inline void desk_begin(struct desk *d) {
	struct world_file files[] = {
		{.path = "letter.txt",
			.content = sr_bytes_str("The letter says: meet at the old mill.\n")},
		{.path = "diary.txt", .content = sr_bytes_str("Tuesday.\n")}};
	struct world_deposit dep = {.files = files, .count = 2};

	memset(d, 0, sizeof *d);
	d->w = world_new(NULL);
	assert_ok(world_deposit(d->w, &dep), &d->w->out.err);
	memcpy(d->item, dep.items, sizeof d->item);
	world_held_release(d->w, d->item[0]);
	world_held_release(d->w, d->item[1]);
	ask(d);
}

static inline void nothing_found(const struct heap *h) {
	for (size_t i = 0; i < h->count; i++)
		print_message("  %s entry %llu (%s) %s: %s\n", h->rows[i].what,
			(unsigned long long)h->rows[i].entry, h->rows[i].type, h->rows[i].field,
			h->rows[i].text);
	assert_int_equal(h->count, 0);
	assert_int_equal(h->counts.findings, 0);
	assert_int_equal(h->state, SR_AUDIT_COMPLETE);
}

/* A checkout past the door, as its reader signed it, so that no answer comes with it. The question
 * that the rules are asked, of before. Its entry. */
static inline uint64_t bare_checkout(
	struct world *w, struct world_checkout *k, struct sr_inputs *in) {
	static struct world_draft draft;
	struct sr_statement s;
	struct sr_facts f;
	const uint64_t index = sr_ledger_next_index(w->v->ledger);

	memset(&draft, 0, sizeof draft);
	w->instead = &draft;
	assert_ok(world_checkout(w, k), &w->out.err);
	w->instead = NULL;
	assert_ok(sr_statement_parse_text(&s, sr_buf_view(&draft.text), &w->e), &w->e);
	assert_ok(sr_authorize_facts(&f, w->v, w->now, &w->e), &w->e);
	assert_ok(sr_inputs_of_statement(in, &f, &s, NULL, 0, &w->e), &w->e);
	sr_statement_free(&s);
	past_the_door(w, &draft, draft.by->seed);
	world_reopen(w);
	return index;
}

static inline void id_of(struct world *w, uint64_t entry, uint8_t id[SR_ID]) {
	struct sr_entry_row row;

	assert_ok(sr_query_entry(&row, w->v->catalogue, entry, &w->e), &w->e);
	memcpy(id, row.statement, SR_ID);
}

/* What a service that lies says that the rules answered: to ${in} (freed here), with ${from} in it
 * replaced by ${to} (NULL: as it is), and so that the answer follows. Its entry. */
static inline uint64_t forge_answer(struct world *w, struct sr_inputs *in,
	const struct sr_decided_of *of, const char *from, const char *to, int64_t now) {
	struct sr_authorized *a = calloc(1, sizeof *a);
	struct sr_decided made;
	struct sr_outcome out;
	struct sr_buf text;

	assert_non_null(a);
	sr_buf_init(&text);
	if (from != NULL) {
		const uint8_t *at = memmem(in->text.p, in->text.len, from, strlen(from));
		size_t n;

		if (at == NULL)
			fail_msg("%s is not in: %.*s", from, (int)in->text.len, in->text.p);
		n = (size_t)(at - in->text.p);
		sr_buf_put(&text, in->text.p, n);
		sr_buf_put_str(&text, to);
		sr_buf_put(&text, at + strlen(from), in->text.len - n - strlen(from));
		sr_buf_free(&in->text);
		in->text = text;
	}
	assert_ok(sr_authorize(a, w->v, in, 0, &w->e), &w->e);
	assert_ok(sr_authorized_decided(&made, w->v, a, of, now, &w->e), &w->e);
	assert_ok(sr_door_service_with(w->v, sr_buf_view(&made.text), &made.parts, &out, &w->e),
		&w->e);
	assert_int_equal(out.code, 0);
	sr_decided_free(&made);
	sr_authorized_free(a);
	sr_inputs_free(in);
	free(a);
	return out.index;
}

/* The same about the votes on a request as they stand, on the last vote of all. */
static inline uint64_t forge_decision(
	struct world *w, const uint8_t request[SR_ID], const char *from, const char *to) {
	struct sr_decided_of of = {.request = request, .version = 1};
	struct sr_version_row v = {.version = 0};
	struct sr_entry last = {.index = 0};
	struct sr_inputs in;
	struct sr_facts f;
	uint64_t index;

	if (world_count(w, SR_T_VOTE) > 0) {
		world_last(w, SR_T_VOTE, &last);
		of.of = last.statement.head.id;
	}
	assert_ok(sr_query_version(&v, w->v->catalogue, request, 1, &w->e), &w->e);
	assert_ok(sr_authorize_facts(&f, w->v, w->now, &w->e), &w->e);
	assert_ok(sr_inputs_of_decision(&in, &f, &v, 0, &w->e), &w->e);
	sr_version_row_free(&v);
	index = forge_answer(w, &in, &of, from, to, w->now);
	sr_entry_free(&last);
	return index;
}

#endif
