/*
 * replay - see audit.h. A step is one transaction over the replayed catalogue:
 *
 *   for each entry: what can be judged before it (seen, rules, votes) -> apply -> by which key it
 *   should be signed; then all signatures of the step, and bundles of votes, on all cores; findings
 *   and counts; commit
 *
 * An entry that cannot be applied ends the replay: whether those behind it are right rests on what
 * it should have left in the tables, so each of them would be a false alarm or an unearned yes.
 * Their place in the tree needs no table and is still looked at (telling.c). The entries before it
 * in the step are then replayed once more, alone, so that what is committed is whole.
 */
#include "audit/audit_in.h"

#include <stdarg.h>
#include <stdlib.h>

#include "catalogue/apply.h"
#include "ledger/ledger.h"

enum {
	/* Bytes of entries and bundles, in memory, after which a step ends early. Usual ones of a
	 * whole step take 12 MiB; a log of nothing but the largest would take ten times as much. */
	STEP_BYTES = 32 << 20
};

int sr_audit_open(struct sr_audit **out, struct sr_vault *v, bool anew, struct sr_err *e) {
	struct sr_audit *a = calloc(1, sizeof *a);
	struct sr_err why = {.code = SR_OK};
	int rc = 0;

	*out = NULL;
	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "audit: out of memory");
	a->v = v;
	sr_replaying_init(&a->from, v, NULL);
	/* What an earlier one left is good, or it is worth nothing: then from the beginning. */
	if (anew || audit_keep_open(a, false, &why) != 0) {
		audit_keep_close(a);
		memset(&a->counts, 0, sizeof a->counts);
		rc = sr_audit_remove(v, e);
		if (rc == 0)
			rc = audit_keep_open(a, true, e);
	}
	if (rc != 0) {
		sr_audit_close(a);
		return rc;
	}
	a->counts.resumed = a->counts.entries = sr_catalogue_size(a->cat);
	*out = a;
	return 0;
}

static void forget_batch(struct sr_audit *a) {
	for (size_t i = 0; i < a->count; i++) {
		sr_entry_free(&a->batch[i].entry);
		sr_buf_free(&a->batch[i].bundle);
	}
	a->count = 0;
	a->bytes = 0;
	a->found_count = 0;
}

void sr_audit_close(struct sr_audit *a) {
	if (a == NULL)
		return;
	forget_batch(a);
	audit_keep_close(a);
	sr_replaying_free(&a->from);
	free(a->batch);
	free(a->found);
	free(a);
}

enum sr_audit_state sr_audit_state(const struct sr_audit *a) {
	return a->state;
}

void sr_audit_counts(struct sr_audit_counts *out, const struct sr_audit *a) {
	*out = a->counts;
	out->size = sr_ledger_next_index(a->v->ledger);
}

/* --- findings of the step --------------------------------------------------------------------- */

int audit_add(struct sr_audit *a, const struct sr_audit_finding *f, struct sr_err *e) {
	if (a->found_count == a->found_cap) {
		const size_t cap = a->found_cap == 0 ? 16 : 2 * a->found_cap;
		struct sr_audit_finding *more = reallocarray(a->found, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "audit: no memory for %zu findings", cap);
		a->found = more;
		a->found_cap = cap;
	}
	a->found[a->found_count++] = *f;
	return 0;
}

void audit_about(struct sr_audit_finding *f, const struct sr_entry *en) {
	memset(f, 0, sizeof *f);
	f->has_entry = true;
	f->entry = en->index;
	memcpy(f->statement, en->statement.head.id, SR_ID);
	snprintf(f->type, sizeof f->type, "%s", en->statement.type->name);
}

int audit_found(struct sr_audit *a, const struct sr_entry *en, const char *what, const char *field,
	struct sr_err *e, const char *fmt, ...) {
	struct sr_audit_finding f;
	va_list ap;

	audit_about(&f, en);
	snprintf(f.what, sizeof f.what, "%s", what);
	snprintf(f.field, sizeof f.field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(f.text, sizeof f.text, fmt, ap);
	va_end(ap);
	return audit_add(a, &f, e);
}

/* --- the tables as they stand ----------------------------------------------------------------- */

int audit_is(bool *out, struct sr_audit *a, struct sr_err *e, const char *sql,
	const struct sr_sql_arg *args, size_t count) {
	int64_t n = 0;
	const int rc = sr_sql_int(sr_catalogue_db(a->cat), e, &n, sql, args, count);

	*out = rc == 0 && n != 0;
	return rc;
}

int audit_ours(int rc, struct sr_err *e) {
	if (rc == 0 || rc == SR_NOMEM || rc == SR_IO)
		return rc;
	sr_err_clear(e);
	return 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* Whose fault is it? IO, NOMEM, LOCKED and LIMIT (a full disk) are this machine's, MISUSE would be
 * a bug of ours: none of them is told of a log, but the entry is named. */
static bool of_the_log(int rc) {
	return rc == SR_CORRUPT || rc == SR_AUTH || rc == SR_NOTFOUND || rc == SR_EXISTS ||
	       rc == SR_UNSUPPORTED || rc == SR_DENIED || rc == SR_USAGE;
}

static int next_slot(struct sr_audit *a, struct audit_signature **out, struct sr_err *e) {
	if (a->count == a->cap) {
		const size_t cap = a->cap == 0 ? 256 : 2 * a->cap;
		struct audit_signature *more = reallocarray(a->batch, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "audit: no memory for %zu entries", cap);
		a->batch = more;
		a->cap = cap;
	}
	*out = &a->batch[a->count];
	memset(*out, 0, sizeof **out);
	sr_buf_init(&(*out)->bundle);
	return 0;
}

/* What is told of an entry with which the replay ends. */
static void broken_text(
	const struct sr_audit *a, int rc, struct sr_audit_finding *f, const struct sr_err *why) {
	const unsigned long long behind = a->from.replay.size - f->entry - 1;

	snprintf(f->what, sizeof f->what, rc == SR_UNSUPPORTED ? "newer" : "entry");
	snprintf(f->text, sizeof f->text,
		"%.400s: the replay ends here; of the %llu entries behind it nothing but their "
		"place in the tree was looked at, and the catalogue in use was not compared",
		why->text, behind);
}

/* One entry more. *${broken}: it cannot be opened, judged or applied, and ${f} says so. */
static int one(struct sr_audit *a, bool *broken, struct sr_audit_finding *f, struct sr_err *e) {
	const uint64_t index = sr_catalogue_size(a->cat);
	struct audit_signature *s = NULL;
	int rc = next_slot(a, &s, e);

	if (rc != 0 || s == NULL)
		return rc;
	memset(f, 0, sizeof *f);
	f->has_entry = true;
	f->entry = index;
	rc = a->from.replay.entry(a->from.replay.ctx, index, &s->entry, e);
	if (rc == 0) {
		a->count++; /* freed with the batch */
		a->bytes += s->entry.statement.note.len + s->entry.plain.len;
		audit_about(f, &s->entry);
		rc = audit_judge(a, &s->entry, e);
	}
	if (rc == 0)
		rc = sr_catalogue_apply(a->cat, &s->entry, &a->from.replay.objects, e);
	if (rc == 0)
		rc = audit_signer(a, s, e);
	if (rc == 0)
		rc = audit_pieces(a, s, e);
	if (!of_the_log(rc))
		return rc == 0 ? 0 : sr_wrap(e, "entry %llu", (unsigned long long)index);
	broken_text(a, rc, f, e);
	sr_err_clear(e);
	*broken = true;
	return 0;
}

static int commit_step(struct sr_audit *a, struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc = sr_ledger_root_at(a->v->ledger, sr_catalogue_size(a->cat), root, e);

	if (rc == 0)
		rc = audit_keep_step(a, e);
	return rc == 0 ? sr_catalogue_commit(a->cat, root, e) : rc;
}

/* Up to ${entries}; where one is broken, the step is undone and *${good} says how many came before
 * it. */
static int try_step(struct sr_audit *a, size_t entries, const struct sr_audit_finding *end,
	size_t *good, bool *broken, struct sr_audit_finding *f, struct sr_err *e) {
	const struct sr_audit_counts before = a->counts;
	const enum sr_audit_state state = a->state;
	int rc = sr_catalogue_begin(a->cat, e);

	*broken = false;
	*good = 0;
	if (rc != 0)
		return rc;
	while (rc == 0 && !*broken && *good < entries && a->bytes < STEP_BYTES) {
		rc = one(a, broken, f, e);
		if (rc == 0 && !*broken)
			*good += 1;
	}
	/* A log never ends within a commit. */
	if (rc == 0 && !*broken && sr_catalogue_size(a->cat) == a->from.replay.size)
		rc = audit_asked_end(a, e);
	if (rc == 0 && !*broken)
		rc = audit_signatures(a, e);
	if (rc == 0 && !*broken && end != NULL) {
		rc = audit_add(a, end, e);
		a->state = SR_AUDIT_BROKEN;
	}
	if (rc == 0 && !*broken)
		rc = commit_step(a, e);
	if (rc != 0 || *broken) {
		if (sr_db_in_transaction(sr_catalogue_db(a->cat)))
			sr_catalogue_rollback(a->cat);
		a->counts = before;
		a->state = state;
	}
	forget_batch(a);
	return rc;
}

int sr_audit_step(struct sr_audit *a, size_t entries, struct sr_err *e) {
	struct sr_audit_finding f, again;
	struct sr_err own = {.code = SR_OK};
	bool broken = false;
	size_t good = 0;
	int rc = 0;

	if (a->state != SR_AUDIT_RUNNING)
		return 0;
	/* The log may have grown since. */
	a->from.replay.size = sr_ledger_next_index(a->v->ledger);
	sr_ledger_root(a->from.replay.root, a->v->ledger);
	const uint64_t left = a->from.replay.size - sr_catalogue_size(a->cat);
	if (entries > left)
		entries = (size_t)left;
	if (entries > 0)
		rc = try_step(a, entries, NULL, &good, &broken, &f, &own);
	if (rc == 0 && broken)
		rc = try_step(a, good, &f, &good, &broken, &again, &own);
	if (rc == 0 && broken)
		rc = sr_fail(&own, SR_MISUSE, "the same entries were applied and were not");
	a->counts.entries = sr_catalogue_size(a->cat);
	if (rc != 0) {
		if (e != NULL)
			*e = own;
		(void)sr_wrap(e, "audit");
		return rc;
	}
	if (a->state == SR_AUDIT_RUNNING && a->counts.entries == a->from.replay.size)
		a->state = SR_AUDIT_COMPLETE;
	return 0;
}
