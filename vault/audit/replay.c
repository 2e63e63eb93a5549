/*
 * replay - see audit.h. A step is one transaction over the replayed catalogue:
 *
 *   for each entry: what can be judged before it (seen, rules, votes) -> apply -> by which key it
 *   should be signed; then all signatures of the step, on all cores; findings and counts; commit
 *
 * An entry that cannot be applied ends the replay. The entries before it in the step are then
 * replayed once more, alone, so that what is committed is whole.
 */
#include "audit/audit.h"

#include <stdarg.h>
#include <stdlib.h>

#include "audit/derive.h"
#include "base/pool.h"
#include "base/time.h"
#include "board/dbkeys.h"
#include "board/replaying.h"
#include "board/rules.h"
#include "catalogue/apply.h"
#include "catalogue/diff.h"
#include "catalogue/lists.h"
#include "catalogue/query.h"
#include "ledger/keychange.h"
#include "ledger/ledger.h"

struct signature { /* one entry of the step, and by whom it should be signed */
	struct sr_entry entry;
	char name[320];
	uint8_t pk[SR_PK];
	bool known; /* false: nobody that the log had introduced */
	bool good;
	struct sr_err why;
};

struct sr_audit {
	struct sr_vault *v;
	struct sr_catalogue *cat;
	struct sr_replaying from;
	enum sr_audit_state state;
	struct sr_audit_counts counts;
	char room[320]; /* name that the service signs by */
	uint8_t vault[SR_HASH];
	bool introduced; /* the two above are known: found was applied */
	uint64_t seen_size;
	uint8_t seen_root[SR_HASH]; /* ours at seen_size; 0: nothing looked up */
	/* of the step at work */
	struct signature *batch;
	size_t count, cap;
	struct sr_audit_finding *found;
	size_t found_count, found_cap;
};

/* --- the file --------------------------------------------------------------------------------- */

static const char TABLES[] =
	"CREATE TABLE IF NOT EXISTS audit_counts(id INTEGER PRIMARY KEY CHECK(id = 1),"
	" signatures INTEGER NOT NULL, judged INTEGER NOT NULL, seen INTEGER NOT NULL,"
	" grants INTEGER NOT NULL, decisions INTEGER NOT NULL, rules INTEGER NOT NULL,"
	" findings INTEGER NOT NULL, broken INTEGER NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS audit_findings(n INTEGER PRIMARY KEY, what TEXT NOT NULL,"
	" entry INTEGER NOT NULL, statement BLOB NOT NULL, type TEXT NOT NULL,"
	" field TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
	"INSERT OR IGNORE INTO audit_counts VALUES(1, 0, 0, 0, 0, 0, 0, 0, 0)";

/* Of the catalogue's own key, so that it dies with that. */
static int file_key(uint8_t key[SR_KEY], struct sr_vault *v, struct sr_err *e) {
	uint8_t of[SR_KEY];
	const int rc = sr_db_file_key(of, v, SR_CATALOGUE_FILE, e);

	if (rc == 0)
		sr_hash_of(key, "strongroom/audit-replay/v2", of, NULL, 0);
	sr_wipe(of, sizeof of);
	return rc;
}

int sr_audit_remove(struct sr_vault *v, struct sr_err *e) {
	return sr_db_remove(v->dir, SR_AUDIT_FILE, e);
}

static int load_counts(struct sr_audit *a, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_stmt_new(&st, sr_catalogue_db(a->cat),
		"SELECT signatures, judged, seen, grants, decisions, rules, findings, broken FROM"
		" audit_counts",
		e);

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0) {
		a->counts.signatures = (uint64_t)sr_stmt_col_int(st, 0);
		a->counts.judged = (uint64_t)sr_stmt_col_int(st, 1);
		a->counts.seen = (uint64_t)sr_stmt_col_int(st, 2);
		a->counts.grants = (uint64_t)sr_stmt_col_int(st, 3);
		a->counts.decisions = (uint64_t)sr_stmt_col_int(st, 4);
		a->counts.rules = (uint64_t)sr_stmt_col_int(st, 5);
		a->counts.findings = (uint64_t)sr_stmt_col_int(st, 6);
		a->state = sr_stmt_col_int(st, 7) != 0 ? SR_AUDIT_BROKEN : SR_AUDIT_RUNNING;
	}
	sr_stmt_free(st);
	return rc;
}

static int store_counts(struct sr_audit *a, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, sr_catalogue_db(a->cat),
		"UPDATE audit_counts SET signatures = ?, judged = ?, seen = ?, grants = ?,"
		" decisions = ?, rules = ?, findings = ?, broken = ?",
		e);

	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, (int64_t)a->counts.signatures);
	sr_stmt_int(st, 2, (int64_t)a->counts.judged);
	sr_stmt_int(st, 3, (int64_t)a->counts.seen);
	sr_stmt_int(st, 4, (int64_t)a->counts.grants);
	sr_stmt_int(st, 5, (int64_t)a->counts.decisions);
	sr_stmt_int(st, 6, (int64_t)a->counts.rules);
	sr_stmt_int(st, 7, (int64_t)a->counts.findings);
	sr_stmt_int(st, 8, a->state == SR_AUDIT_BROKEN);
	return sr_stmt_run(st, e);
}

static int store_finding(struct sr_audit *a, const struct sr_audit_finding *f, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, sr_catalogue_db(a->cat),
		"INSERT INTO audit_findings(what, entry, statement, type, field, text)"
		" VALUES(?, ?, ?, ?, ?, ?)",
		e);

	if (rc != 0)
		return rc;
	sr_stmt_str(st, 1, f->what);
	sr_stmt_int(st, 2, (int64_t)f->entry);
	sr_stmt_blob(st, 3, sr_bytes_of(f->statement, SR_ID));
	sr_stmt_str(st, 4, f->type);
	sr_stmt_str(st, 5, f->field);
	sr_stmt_str(st, 6, f->text);
	return sr_stmt_run(st, e);
}

/* What the file stands for must be a prefix of this log, by its root. */
static int check_ground(struct sr_audit *a, struct sr_err *e) {
	uint8_t mine[SR_HASH], ours[SR_HASH];
	uint64_t size = 0;
	int rc = 0;

	sr_catalogue_position(a->cat, &size, mine);
	if (size > a->from.replay.size)
		return sr_fail(e, SR_CORRUPT, "%s stands for %llu entries, the log has %llu",
			SR_AUDIT_FILE, (unsigned long long)size,
			(unsigned long long)a->from.replay.size);
	if (size > 0)
		rc = sr_ledger_root_at(a->v->ledger, size, ours, e);
	if (rc == 0 && size > 0 && memcmp(mine, ours, SR_HASH) != 0)
		rc = sr_fail(e, SR_CORRUPT, "%s stands for another log", SR_AUDIT_FILE);
	return rc;
}

static void drop_file(struct sr_audit *a) {
	struct sr_err ignored = {.code = SR_OK};

	if (a->cat != NULL)
		(void)!sr_catalogue_close(a->cat, &ignored);
	a->cat = NULL;
}

static int open_file(struct sr_audit *a, bool create, struct sr_err *e) {
	uint8_t key[SR_KEY];
	const struct sr_catalogue_options o = {
		.dir = a->v->dir, .name = SR_AUDIT_FILE, .key = key, .create = create};
	int rc = file_key(key, a->v, e);

	if (rc == 0)
		rc = sr_catalogue_open(&a->cat, &o, e);
	sr_wipe(key, sizeof key);
	if (rc == 0 && create)
		rc = sr_db_exec(sr_catalogue_db(a->cat), TABLES, e);
	if (rc == 0 && !create)
		rc = sr_db_verify(sr_catalogue_db(a->cat), e);
	if (rc == 0)
		rc = check_ground(a, e);
	if (rc == 0)
		rc = load_counts(a, e);
	return rc;
}

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
	if (anew || open_file(a, false, &why) != 0) {
		drop_file(a);
		memset(&a->counts, 0, sizeof a->counts);
		rc = sr_audit_remove(v, e);
		if (rc == 0)
			rc = open_file(a, true, e);
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
	for (size_t i = 0; i < a->count; i++)
		sr_entry_free(&a->batch[i].entry);
	a->count = 0;
	a->found_count = 0;
}

void sr_audit_close(struct sr_audit *a) {
	if (a == NULL)
		return;
	forget_batch(a);
	drop_file(a);
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

static int add_finding(struct sr_audit *a, const struct sr_audit_finding *f, struct sr_err *e) {
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

static void about(struct sr_audit_finding *f, const struct sr_entry *en) {
	memset(f, 0, sizeof *f);
	f->has_entry = true;
	f->entry = en->index;
	memcpy(f->statement, en->statement.head.id, SR_ID);
	snprintf(f->type, sizeof f->type, "%s", en->statement.type->name);
}

static int found(struct sr_audit *a, const struct sr_entry *en, const char *what, const char *field,
	struct sr_err *e, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
static int found(struct sr_audit *a, const struct sr_entry *en, const char *what, const char *field,
	struct sr_err *e, const char *fmt, ...) {
	struct sr_audit_finding f;
	va_list ap;

	about(&f, en);
	snprintf(f.what, sizeof f.what, "%s", what);
	snprintf(f.field, sizeof f.field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(f.text, sizeof f.text, fmt, ap);
	va_end(ap);
	return add_finding(a, &f, e);
}

/* --- what can be said before an entry is applied ---------------------------------------------- */

static int check_seen(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_head *h = &en->statement.head;
	int rc = 0;

	if (!en->statement.has_seen)
		return 0;
	if (h->seen_size > en->index)
		return found(a, en, "seen", "seen", e,
			"its signer had verified %llu entries, more than there were before it",
			(unsigned long long)h->seen_size);
	if (h->seen_size != a->seen_size || a->seen_size == 0) {
		rc = sr_ledger_root_at(a->v->ledger, h->seen_size, a->seen_root, e);
		a->seen_size = rc == 0 ? h->seen_size : 0;
	}
	if (rc != 0)
		return rc;
	if (memcmp(a->seen_root, h->seen_root, SR_HASH) != 0)
		return found(a, en, "seen", "seen", e,
			"its signer had verified another log of %llu entries: one of the two is a "
			"fork",
			(unsigned long long)h->seen_size);
	a->counts.seen++;
	return 0;
}

/* A deposit may have been gone on with after its statement was signed (board/door.c). */
static int check_until(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_head *h = &en->statement.head;
	char until[SR_TIME_TEXT], received[SR_TIME_TEXT];

	if (h->until == 0 || h->until >= en->received ||
		sr_type_brings_items(en->statement.type->id))
		return 0;
	sr_time_format(until, h->until);
	sr_time_format(received, en->received);
	return found(a, en, "late", "until", e, "it was good until %s and was taken at %s", until,
		received);
}

/* The ${nth} object that the statement names, which no table knows of yet. */
static int object_of(struct sr_audit *a, const struct sr_entry *en, const char *key,
	struct sr_buf *body, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(a->cat);
	struct sr_object_at at = {.entry = en->index, .epoch = en->epoch};
	struct sr_stmt *st = NULL;
	uint32_t nth = 0;
	int rc = sr_field_hash(at.id, &en->statement, key, 0, e);

	for (const struct sr_field *f = en->statement.type->fields; f->key != NULL; f++) {
		if (strcmp(f->key, key) == 0)
			break;
		nth += f->object ? (uint32_t)sr_field_count(&en->statement, f->key) : 0;
	}
	memcpy(at.file, en->object, SR_HASH);
	if (rc == 0)
		rc = sr_query_object_subject(at.subject, a->cat, &en->statement, e);
	if (rc == 0)
		rc = sr_db_stmt(&st, db, "SELECT count(*) FROM objects WHERE file = ?", e);
	if (rc != 0)
		return rc;
	sr_stmt_blob(st, 1, sr_bytes_of(en->object, SR_HASH));
	rc = sr_stmt_row(st, e);
	if (rc == 0)
		at.position = (uint32_t)sr_stmt_col_int(st, 0) + nth;
	sr_stmt_reset(st);
	return rc == 0 ? a->from.replay.objects.get(a->from.replay.objects.ctx, &at, body, e) : rc;
}

/* The same question that the door asked, of the state that it asked it of. */
static int check_rules(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	struct sr_rules r = {.catalogue = a->cat, .now = en->received};
	struct sr_ruling *ruling = calloc(1, sizeof *ruling);
	const bool lists = s->type->id == SR_T_REQUEST || s->type->id == SR_T_AMEND ||
			   s->type->id == SR_T_EXTEND;
	struct sr_buf list, rules;
	int rc = ruling == NULL ? sr_fail(e, SR_NOMEM, "audit: out of memory") : 0;

	sr_buf_init(&list);
	sr_buf_init(&rules);
	if (rc == 0 && lists && sr_field_count(s, "list") > 0) {
		rc = object_of(a, en, "list", &list, e);
		r.items = list.p;
		r.item_count = list.len / SR_ID;
	}
	if (rc == 0 && lists && s->type->id != SR_T_EXTEND && sr_field_count(s, "rules") > 0) {
		rc = object_of(a, en, "rules", &rules, e);
		r.object = sr_buf_view(&rules);
	}
	if (rc == 0)
		rc = sr_rules_check(ruling, &r, s, e);
	if (rc == 0 && ruling != NULL && ruling->allowed)
		a->counts.judged++;
	else if (rc == 0 && ruling != NULL)
		rc = found(a, en, "rule", ruling->rule, e, "the rules refuse it: %s", ruling->why);
	free(ruling);
	sr_buf_free(&list);
	sr_buf_free(&rules);
	return rc;
}

static int check_judged(bool *ok, struct sr_audit *a, const struct sr_entry *en,
	struct sr_audit_finding *f, struct sr_err *e) {
	struct sr_buf inputs, rules;
	int rc;

	sr_buf_init(&inputs);
	sr_buf_init(&rules);
	rc = object_of(a, en, "inputs", &inputs, e);
	if (rc == 0 && sr_field_count(&en->statement, "rules") > 0)
		rc = object_of(a, en, "rules", &rules, e);
	if (rc == 0)
		rc = sr_derive_judged(ok, f, a->v, a->cat, &en->statement, sr_buf_view(&inputs),
			sr_buf_view(&rules), e);
	sr_buf_free(&inputs);
	sr_buf_free(&rules);
	return rc;
}

/* What the service says that members decided, or that was shown. */
static int check_service(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_audit_finding f;
	bool ok = true, is = true;
	int rc;

	about(&f, en);
	if (en->statement.type->id == SR_T_GRANT) {
		rc = sr_derive_grant(&ok, &f, a->cat, &en->statement, e);
		a->counts.grants += rc == 0 && ok;
	} else if (en->statement.type->id == SR_T_VIEWED) {
		rc = sr_derive_view(&ok, &f, a->cat, &en->statement, e);
	} else if (en->statement.type->id == SR_T_DECIDED) {
		rc = check_judged(&ok, a, en, &f, e);
		a->counts.rules += rc == 0 && ok;
	} else {
		rc = sr_derive_decision(&is, &ok, &f, a->cat, &en->statement, e);
		a->counts.decisions += rc == 0 && is && ok;
	}
	return rc == 0 && !ok ? add_finding(a, &f, e) : rc;
}

static int judge(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	int rc;

	if (en->statement.type->id == SR_T_FOUND)
		return 0; /* its form is its rule (sr_statement_verify_found) */
	if (en->statement.by_service)
		return check_service(a, en, e);
	rc = check_seen(a, en, e);
	if (rc == 0)
		rc = check_until(a, en, e);
	return rc == 0 ? check_rules(a, en, e) : rc;
}

/* --- signatures ------------------------------------------------------------------------------- */

static int introduce(struct sr_audit *a, struct sr_err *e) {
	struct sr_vault_row *row = calloc(1, sizeof *row);
	int rc = row == NULL ? sr_fail(e, SR_NOMEM, "audit: out of memory")
			     : sr_query_vault(row, a->cat, e);

	if (rc == 0)
		rc = sr_statement_room_name(a->room, sizeof a->room, row->origin, e);
	if (rc == 0 && row != NULL) {
		memcpy(a->vault, row->fingerprint, SR_HASH);
		a->introduced = true;
	}
	free(row);
	return rc;
}

/* The key in force for this entry: person-key puts another one in force for those after it. */
static int find_signer(struct sr_audit *a, struct signature *s, struct sr_err *e) {
	const struct sr_statement *st = &s->entry.statement;
	int rc = a->introduced ? 0 : introduce(a, e);

	s->known = true;
	if (rc != 0 || st->type->id == SR_T_FOUND)
		return rc;
	if (st->by_service) {
		snprintf(s->name, sizeof s->name, "%s", a->room);
		memcpy(s->pk, sr_service_room_at(a->v->keys, s->entry.index), SR_PK);
		return 0;
	}
	snprintf(s->name, sizeof s->name, "%s", st->head.actor);
	rc = sr_query_key_at(s->pk, a->cat, st->head.actor, s->entry.index, e);
	s->known = rc == 0;
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	return rc;
}

static int verify_one(void *ctx, size_t i, struct sr_err *e) {
	struct sr_audit *a = ctx;
	struct signature *s = &a->batch[i];
	const struct sr_statement *st = &s->entry.statement;
	int rc;

	(void)e;
	if (st->type->id == SR_T_FOUND)
		rc = sr_statement_verify_found(st, &s->why);
	else if (memcmp(st->head.vault, a->vault, SR_HASH) != 0)
		rc = sr_fail(&s->why, SR_AUTH, "it names another vault");
	else if (st->type->id == SR_T_SERVICE_KEY)
		rc = sr_key_change_verify(st, a->v->keys->origin,
			sr_log_keys_link(sr_ledger_keys(a->v->ledger), s->entry.index), s->pk,
			&s->why);
	else if (!s->known)
		rc = sr_fail(&s->why, SR_AUTH, "%s is nobody that the log had introduced",
			st->head.actor);
	else
		rc = sr_statement_verify(st, s->name, s->pk, &s->why);
	s->good = rc == 0;
	return 0;
}

static int verify_batch(struct sr_audit *a, struct sr_err *e) {
	int rc = sr_parallel(a->count, verify_one, a, e);

	for (size_t i = 0; i < a->count && rc == 0; i++) {
		struct signature *s = &a->batch[i];

		if (s->good)
			a->counts.signatures++;
		else
			rc = found(a, &s->entry, "signature", "signature", e, "%s", s->why.text);
	}
	return rc;
}

/* --- steps ------------------------------------------------------------------------------------ */

static bool of_the_log(int rc) {
	return rc == SR_CORRUPT || rc == SR_AUTH || rc == SR_NOTFOUND || rc == SR_EXISTS ||
	       rc == SR_UNSUPPORTED || rc == SR_DENIED;
}

static int next_slot(struct sr_audit *a, struct signature **out, struct sr_err *e) {
	if (a->count == a->cap) {
		const size_t cap = a->cap == 0 ? 256 : 2 * a->cap;
		struct signature *more = reallocarray(a->batch, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "audit: no memory for %zu entries", cap);
		a->batch = more;
		a->cap = cap;
	}
	*out = &a->batch[a->count];
	memset(*out, 0, sizeof **out);
	return 0;
}

/* One entry more. *${broken}: it cannot be opened, judged or applied, and ${f} says so. */
static int one(struct sr_audit *a, bool *broken, struct sr_audit_finding *f, struct sr_err *e) {
	const uint64_t index = sr_catalogue_size(a->cat);
	struct signature *s = NULL;
	int rc = next_slot(a, &s, e);

	if (rc != 0 || s == NULL)
		return rc;
	memset(f, 0, sizeof *f);
	f->has_entry = true;
	f->entry = index;
	rc = a->from.replay.entry(a->from.replay.ctx, index, &s->entry, e);
	if (rc == 0) {
		a->count++; /* freed with the batch */
		about(f, &s->entry);
		rc = judge(a, &s->entry, e);
	}
	if (rc == 0)
		rc = sr_catalogue_apply(a->cat, &s->entry, &a->from.replay.objects, e);
	if (rc == 0)
		rc = find_signer(a, s, e);
	if (!of_the_log(rc))
		return rc;
	snprintf(f->what, sizeof f->what, "entry");
	snprintf(f->text, sizeof f->text,
		"%.400s: the replay ends here, nothing behind it can be judged", e->text);
	sr_err_clear(e);
	*broken = true;
	return 0;
}

static int commit_step(struct sr_audit *a, struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc = sr_ledger_root_at(a->v->ledger, sr_catalogue_size(a->cat), root, e);

	for (size_t i = 0; i < a->found_count && rc == 0; i++)
		if (a->counts.findings++ < SR_AUDIT_FINDINGS_MAX)
			rc = store_finding(a, &a->found[i], e);
	if (rc == 0)
		rc = store_counts(a, e);
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
	while (rc == 0 && !*broken && *good < entries) {
		rc = one(a, broken, f, e);
		if (rc == 0 && !*broken)
			*good += 1;
	}
	if (rc == 0 && !*broken)
		rc = verify_batch(a, e);
	if (rc == 0 && !*broken && end != NULL) {
		rc = add_finding(a, end, e);
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
	if (rc != 0)
		return sr_fail(e, (enum sr_code)rc, "audit: %s", own.text);
	if (a->state == SR_AUDIT_RUNNING && a->counts.entries == a->from.replay.size)
		a->state = SR_AUDIT_COMPLETE;
	return 0;
}

/* --- the report ------------------------------------------------------------------------------- */

struct telling {
	struct sr_audit *a;
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e);
	void *ctx;
	size_t told;
};

static int tell(struct telling *t, const struct sr_audit_finding *f, bool fresh, struct sr_err *e) {
	t->a->counts.findings += fresh;
	return t->told++ < SR_AUDIT_FINDINGS_MAX ? t->each(t->ctx, f, e) : 0;
}

static int tell_stored(struct telling *t, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_stmt_new(&st, sr_catalogue_db(t->a->cat),
		"SELECT what, entry, statement, type, field, text FROM audit_findings ORDER BY"
		" entry, n",
		e);

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_audit_finding f = {.has_entry = true};

		snprintf(f.what, sizeof f.what, "%s", sr_stmt_col_str(st, 0));
		f.entry = (uint64_t)sr_stmt_col_int(st, 1);
		rc = sr_stmt_col_copy(st, 2, f.statement, SR_ID, e);
		snprintf(f.type, sizeof f.type, "%s", sr_stmt_col_str(st, 3));
		snprintf(f.field, sizeof f.field, "%s", sr_stmt_col_str(st, 4));
		snprintf(f.text, sizeof f.text, "%s", sr_stmt_col_str(st, 5));
		if (rc == 0)
			rc = tell(t, &f, false, e);
	}
	sr_stmt_free(st);
	return rc;
}

static int tell_difference(void *ctx, const struct sr_difference *d, struct sr_err *e) {
	struct sr_audit_finding f = {.has_entry = d->has_entry, .entry = d->entry};

	snprintf(f.what, sizeof f.what, "catalogue");
	memcpy(f.statement, d->statement, SR_ID);
	snprintf(f.type, sizeof f.type, "%s", d->type);
	snprintf(f.field, sizeof f.field, "%s%s%.46s", d->table, d->kind == SR_DIFFERS ? "." : "",
		d->kind == SR_DIFFERS ? d->field : "");
	if (d->kind == SR_DIFFERS)
		snprintf(f.text, sizeof f.text,
			"%s of %.180s is %s in the catalogue; from the log follows %s", d->field,
			d->key, d->have, d->want);
	else
		snprintf(f.text, sizeof f.text, "%s %.180s %s", d->table, d->key,
			d->kind == SR_MISSING ? "is missing in the catalogue"
					      : "is in the catalogue, and follows from no entry");
	return tell(ctx, &f, true, e);
}

static int tell_whole(struct telling *t, const char *what, const char *text, struct sr_err *e) {
	struct sr_audit_finding f = {.has_entry = false};

	snprintf(f.what, sizeof f.what, "%s", what);
	snprintf(f.text, sizeof f.text, "%.600s", text);
	return tell(t, &f, true, e);
}

/* The catalogue in use: its pages, then its rows. */
static int compare(struct telling *t, struct sr_audit_compared *out, struct sr_err *e) {
	struct sr_err why = {.code = SR_OK};
	int rc = sr_db_verify(sr_catalogue_db(t->a->v->catalogue), &why);

	if (rc == 0 && sr_catalogue_size(t->a->v->catalogue) == sr_catalogue_size(t->a->cat))
		rc = sr_catalogue_diff(
			t->a->v->catalogue, t->a->cat, tell_difference, t, &out->rows, &why);
	else if (rc == 0)
		rc = sr_fail(&why, SR_CORRUPT,
			"the catalogue in use has %llu entries, the log has %llu",
			(unsigned long long)sr_catalogue_size(t->a->v->catalogue),
			(unsigned long long)sr_catalogue_size(t->a->cat));
	if (rc == 0)
		return 0;
	if (rc == SR_NOMEM || rc == SR_IO)
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	return tell_whole(t, "catalogue", why.text, e);
}

static int verify_tree(struct telling *t, struct sr_audit_compared *out, struct sr_err *e) {
	const struct sr_ledger_check check = {.leaf = NULL};
	struct sr_ledger_checked done = {0};
	struct sr_err why = {.code = SR_OK};
	const int rc = sr_ledger_verify(t->a->v->ledger, &check, &done, &why);

	out->tiles = done.tiles;
	out->bytes = done.bytes;
	if (rc == 0)
		return 0;
	if (rc == SR_NOMEM || rc == SR_IO)
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	return tell_whole(t, "tree", why.text, e);
}

int sr_audit_report(struct sr_audit *a,
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e), void *ctx,
	struct sr_audit_compared *out, struct sr_err *e) {
	struct telling t = {.a = a, .each = each, .ctx = ctx};
	int rc;

	memset(out, 0, sizeof *out);
	if (a->state == SR_AUDIT_RUNNING)
		return sr_fail(e, SR_MISUSE, "audit: the replay is not at the end of the log");
	rc = tell_stored(&t, e);
	if (rc == 0 && a->state == SR_AUDIT_COMPLETE)
		rc = compare(&t, out, e);
	return rc == 0 ? verify_tree(&t, out, e) : rc;
}
