/*
 * keep - the file of a replay (audit.h): the replayed catalogue, with counts, findings, and the
 * question that waits for its answer (asked.c) in tables beside the usual ones. All of it changes
 * in the transaction of a step, so that whoever goes on finds them of one moment.
 */
#include "audit/audit_in.h"

#include "board/dbkeys.h"
#include "ledger/ledger.h"

static const char TABLES[] =
	"CREATE TABLE IF NOT EXISTS audit_counts(id INTEGER PRIMARY KEY CHECK(id = 1),"
	" signatures INTEGER NOT NULL, judged INTEGER NOT NULL, seen INTEGER NOT NULL,"
	" grants INTEGER NOT NULL, decisions INTEGER NOT NULL, rules INTEGER NOT NULL,"
	" pieces INTEGER NOT NULL, findings INTEGER NOT NULL, broken INTEGER NOT NULL) STRICT;"
	/* the question of the last statement of a person; entry: of that statement, id: its own;
	 * due: it has an answer in any case; action '': nothing could be asked */
	"CREATE TABLE IF NOT EXISTS audit_asked(n INTEGER PRIMARY KEY CHECK(n = 1),"
	" entry INTEGER NOT NULL, id BLOB NOT NULL, due INTEGER NOT NULL,"
	" action TEXT NOT NULL, board BLOB NOT NULL, inputs BLOB NOT NULL) STRICT;"
	/* answers whose rules were told that an entry (of the grant) was witnessed */
	"CREATE TABLE IF NOT EXISTS audit_witnessed(entry INTEGER PRIMARY KEY,"
	" witnessed INTEGER NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS audit_findings(n INTEGER PRIMARY KEY, what TEXT NOT NULL,"
	" entry INTEGER NOT NULL, statement BLOB NOT NULL, type TEXT NOT NULL,"
	" field TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
	"INSERT OR IGNORE INTO audit_counts VALUES(1, 0, 0, 0, 0, 0, 0, 0, 0, 0)";

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
		"SELECT signatures, judged, seen, grants, decisions, rules, pieces, findings,"
		" broken FROM audit_counts",
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
		a->counts.pieces = (uint64_t)sr_stmt_col_int(st, 6);
		a->counts.findings = (uint64_t)sr_stmt_col_int(st, 7);
		a->state = sr_stmt_col_int(st, 8) != 0 ? SR_AUDIT_BROKEN : SR_AUDIT_RUNNING;
	}
	sr_stmt_free(st);
	return rc;
}

static int store_counts(struct sr_audit *a, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, sr_catalogue_db(a->cat),
		"UPDATE audit_counts SET signatures = ?, judged = ?, seen = ?, grants = ?,"
		" decisions = ?, rules = ?, pieces = ?, findings = ?, broken = ?",
		e);

	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, (int64_t)a->counts.signatures);
	sr_stmt_int(st, 2, (int64_t)a->counts.judged);
	sr_stmt_int(st, 3, (int64_t)a->counts.seen);
	sr_stmt_int(st, 4, (int64_t)a->counts.grants);
	sr_stmt_int(st, 5, (int64_t)a->counts.decisions);
	sr_stmt_int(st, 6, (int64_t)a->counts.rules);
	sr_stmt_int(st, 7, (int64_t)a->counts.pieces);
	sr_stmt_int(st, 8, (int64_t)a->counts.findings);
	sr_stmt_int(st, 9, a->state == SR_AUDIT_BROKEN);
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
	if (size > 0)
		rc = sr_ledger_root_at(a->v->ledger, size, ours, e);
	if (rc == 0 && size > 0 && memcmp(mine, ours, SR_HASH) != 0)
		rc = sr_fail(e, SR_CORRUPT, "%s stands for another log", SR_AUDIT_FILE);
	return rc;
}

void audit_keep_close(struct sr_audit *a) {
	struct sr_err ignored = {.code = SR_OK};

	if (a->cat != NULL)
		(void)!sr_catalogue_close(a->cat, &ignored);
	a->cat = NULL;
}

int audit_keep_open(struct sr_audit *a, bool create, struct sr_err *e) {
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

int audit_keep_step(struct sr_audit *a, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < a->found_count && rc == 0; i++)
		if (a->counts.findings++ < SR_AUDIT_FINDINGS_MAX)
			rc = store_finding(a, &a->found[i], e);
	return rc == 0 ? store_counts(a, e) : rc;
}

int audit_keep_each(struct sr_audit *a,
	int (*each)(void *ctx, const struct sr_audit_finding *f, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_stmt_new(&st, sr_catalogue_db(a->cat),
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
			rc = each(ctx, &f, e);
	}
	sr_stmt_free(st);
	return rc;
}
