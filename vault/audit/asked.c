/*
 * asked - what the boards' rules were asked with, made again from the log (board/policy_inputs.h).
 *
 * A `decided` keeps the inputs of an answer. That its answer follows from them is one thing
 * (judged.c); here it is whether they were true. Three things are asked of the rules and kept, and
 * each is asked again of the state that the vault asked it of:
 *
 *   what votes bring about    of the state before the `decided`: it comes in the commit of the last
 *                             vote, or of what was said since and let them be weighed again
 *   a checkout; a vote that   of the state before the statement, to which the `decided` comes in
 *   came by a browser         the same commit: the question is kept in the file until then
 *   the use of a checkout     of the state before the `decided`, at the time that it says
 *   (an export begins)
 *
 * A checkout has its answer in any case, before another person says anything: one without is
 * named. So is what a board is said to have decided, if the entry before it is not the answer that
 * allows it.
 */
#include "audit/audit_in.h"

#include <stdlib.h>

#include "audit/inputs.h"
#include "base/escape.h"
#include "base/limits.h"
#include "board/authorize.h"

static bool wrong(struct sr_audit_finding *f, const char *field, const char *fmt, ...)
	SR_PRINTF(3, 4);
static bool wrong(struct sr_audit_finding *f, const char *field, const char *fmt, ...) {
	va_list ap;

	snprintf(f->what, sizeof f->what, "judged");
	snprintf(f->field, sizeof f->field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
	return false;
}

int audit_facts(struct sr_facts *out, struct sr_audit *a, int64_t now, struct sr_err *e) {
	*out = (struct sr_facts){.catalogue = a->cat, .now = now};
	return sr_authorize_schema(&out->schema, a->v, e);
}

/* --- a question that waits -------------------------------------------------------------------- */

struct waiting {
	bool is;
	uint64_t entry;
	uint8_t id[SR_ID];
	bool due;
	char action[SR_ACTION_TEXT];
	uint8_t board[SR_ID];
	struct sr_buf inputs;
};

static int waiting_load(struct waiting *w, struct sr_audit *a, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_db_stmt(&st, sr_catalogue_db(a->cat),
		"SELECT entry, id, due, action, board, inputs FROM audit_asked", e);

	memset(w, 0, sizeof *w);
	sr_buf_init(&w->inputs);
	if (rc == 0)
		rc = sr_stmt_step(st, &row, e);
	if (rc == 0 && row) {
		w->is = true;
		w->entry = (uint64_t)sr_stmt_col_int(st, 0);
		rc = sr_stmt_col_copy(st, 1, w->id, SR_ID, e);
		w->due = sr_stmt_col_int(st, 2) != 0;
		snprintf(w->action, sizeof w->action, "%s", sr_stmt_col_str(st, 3));
		if (rc == 0)
			rc = sr_stmt_col_copy(st, 4, w->board, SR_ID, e);
		sr_buf_put_bytes(&w->inputs, sr_stmt_col_bytes(st, 5));
		if (rc == 0)
			rc = sr_buf_ok(&w->inputs, e);
	}
	sr_stmt_reset(st);
	return rc;
}

static int waiting_store(struct sr_audit *a, const struct sr_entry *en, const struct sr_inputs *in,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, sr_catalogue_db(a->cat),
		"INSERT INTO audit_asked(n, entry, id, due, action, board, inputs)"
		" VALUES(1, ?, ?, ?, ?, ?, ?)",
		e);

	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, (int64_t)en->index);
	sr_stmt_blob(st, 2, sr_bytes_of(en->statement.head.id, SR_ID));
	sr_stmt_int(st, 3, en->statement.type->id == SR_T_CHECKOUT);
	sr_stmt_str(st, 4, in->action);
	sr_stmt_blob(st, 5, sr_bytes_of(in->board, SR_ID));
	sr_stmt_blob(st, 6, sr_buf_view(&in->text));
	return sr_stmt_run(st, e);
}

static int waiting_end(struct sr_audit *a, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, sr_catalogue_db(a->cat), "DELETE FROM audit_asked", e);

	return rc == 0 ? sr_stmt_run(st, e) : rc;
}

int audit_asked_end(struct sr_audit *a, struct sr_err *e) {
	struct waiting w;
	int rc = waiting_load(&w, a, e);

	if (rc == 0 && w.due) {
		struct sr_audit_finding f = {.has_entry = true, .entry = w.entry};

		memcpy(f.statement, w.id, SR_ID);
		snprintf(f.type, sizeof f.type, "%s", sr_type_at(SR_T_CHECKOUT)->name);
		wrong(&f, "decided", "no entry says what the rules of its board answered to it");
		rc = audit_add(a, &f, e);
	}
	if (rc == 0 && w.is)
		rc = waiting_end(a, e);
	sr_buf_free(&w.inputs);
	return rc;
}

int audit_asked(struct sr_audit *a, const struct sr_entry *en, bool allowed, struct sr_err *e) {
	const enum sr_type_id type = en->statement.type->id;
	struct sr_inputs in = {.action = ""};
	struct sr_err own = {.code = SR_OK};
	struct sr_facts f;
	int rc = audit_asked_end(a, e);

	if (rc != 0 || !allowed || (type != SR_T_CHECKOUT && type != SR_T_VOTE))
		return rc;
	rc = audit_facts(&f, a, en->received, e);
	if (rc != 0)
		return rc;
	rc = sr_inputs_of_statement(&in, &f, &en->statement, NULL, 0, &own);
	if (rc == SR_NOMEM || rc == SR_IO)
		rc = sr_fail(e, (enum sr_code)rc, "%s", own.text);
	else if (rc != 0) /* then the vault denies */
		rc = audit_found(a, en, "judged", "inputs", e,
			"the rules of its board cannot be asked about it: %.400s", own.text);
	else if (in.action[0] != '\0')
		rc = waiting_store(a, en, &in, e);
	sr_inputs_free(&in);
	return rc;
}

/* --- an answer -------------------------------------------------------------------------------- */

struct answer {
	struct sr_audit *a;
	const struct sr_entry *en;
	struct sr_audit_finding *f;
	struct sr_inputs in; /* from the log */
	struct waiting w;
	bool of_votes, ok;
	struct sr_err *e;
};

static bool says(const struct answer *x, const char *key, const char *word) {
	return sr_bytes_eq(sr_field(&x->en->statement, key, 0), sr_bytes_str(word));
}

static bool has(const struct answer *x, const char *key) {
	return sr_field_count(&x->en->statement, key) > 0;
}

/* The commit was made at one time; what is used later says when, and that is not before. */
static void time_is(struct answer *x, bool exactly) {
	const int64_t said = x->en->statement.head.time, taken = x->en->received;

	if (exactly ? said != taken : said < taken - SR_CLOCK_BACK_S)
		x->ok = wrong(x->f, "time", "it was asked %lld s %s it was taken",
			(long long)(said < taken ? taken - said : said - taken),
			said < taken ? "before" : "after");
}

/* One row of ${sql}, whose parameters are lines of the statement: ids, or NULL. */
static int is_row(
	bool *out, struct answer *x, const char *sql, const char *const keys[], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_db_stmt(&st, sr_catalogue_db(x->a->cat), sql, e);

	for (int i = 0; rc == 0 && keys[i] != NULL; i++) {
		uint8_t id[SR_ID];
		uint64_t n = 0;

		if (!has(x, keys[i]))
			sr_stmt_null(st, i + 1);
		else if (strcmp(keys[i], "version") == 0 &&
			 (rc = sr_field_dec(&n, &x->en->statement, keys[i], 0, e)) == 0)
			sr_stmt_int(st, i + 1, (int64_t)n);
		else if (rc == 0 && (rc = sr_field_id(id, &x->en->statement, keys[i], 0, e)) == 0)
			sr_stmt_blob(st, i + 1, sr_bytes_of(id, SR_ID));
	}
	if (rc == 0)
		rc = sr_stmt_step(st, &row, e);
	sr_stmt_reset(st);
	*out = row;
	return rc;
}

/* Its lines are those of what it is about. */
static int about_same(struct answer *x) {
	static const char *const checkout[] = {"checkout", "item", "grant", NULL};
	static const char *const vote[] = {"of", "request", "version", NULL};
	bool is = false;
	int rc = has(x, "checkout")
			 ? is_row(&is, x,
				   "SELECT 1 FROM checkouts k JOIN items i ON i.n = k.n"
				   " WHERE k.checkout = ? AND i.item = ? AND k.grant_id"
				   " IS ?",
				   checkout, x->e)
			 : is_row(&is, x,
				   "SELECT 1 FROM votes x JOIN versions v ON v.v = x.v"
				   " WHERE x.vote = ? AND v.request = ? AND v.version = ?",
				   vote, x->e);

	if (rc == 0 && !is)
		x->ok = wrong(x->f, has(x, "checkout") ? "checkout" : "request",
			"its lines are not those of what it answers");
	return rc;
}

/* Votes are weighed when somebody says what may decide them (follow_decide, board/), in the commit
 * of that: what they bring about is kept back for no better day either. */
static int weighed_then(struct answer *x) {
	static const enum sr_type_id words[] = {
		SR_T_VOTE, SR_T_RECUSE, SR_T_ATTEST, SR_T_PERSON_END, SR_T_PERSON_KEY};
	const struct sr_bytes request = sr_field(&x->en->statement, "request", 0);
	struct sr_entry_row by = {.index = 0};
	uint8_t of[SR_ID];
	int64_t about = 0;
	bool is = false;
	int rc = 0;

	if (has(x, "of")) {
		rc = sr_field_id(of, &x->en->statement, "of", 0, x->e);
		if (rc == 0)
			rc = sr_query_statement(&by, x->a->cat, of, x->e);
		for (size_t i = 0; rc == 0 && i < sizeof words / sizeof words[0]; i++)
			is = is || by.type == words[i];
		if (rc == 0)
			rc = SQL_INT_OF(sr_catalogue_db(x->a->cat), x->e, &about,
				"SELECT count(*) FROM subjects WHERE value = ? AND entry = ?",
				A_TEXT(request), A_U64(by.index));
		is = is && (about > 0 || (by.type != SR_T_VOTE && by.type != SR_T_RECUSE));
	}
	if (rc == 0 && !is)
		x->ok = wrong(x->f, "of", "it answers no word on which votes are weighed");
	else if (rc == 0 && by.received != x->en->received)
		x->ok = wrong(x->f, "time",
			"it was taken %lld s after the word on which they were"
			" weighed, entry %llu",
			(long long)(x->en->received - by.received), (unsigned long long)by.index);
	return rc;
}

static int of_votes(struct answer *x) {
	struct sr_version_row v = {.version = 0};
	struct sr_facts f;
	uint8_t request[SR_ID];
	uint64_t version = 0;
	int rc = sr_field_id(request, &x->en->statement, "request", 0, x->e);

	time_is(x, true);
	if (rc == 0)
		rc = sr_field_dec(&version, &x->en->statement, "version", 0, x->e);
	if (rc == 0 && (version == 0 || version > UINT32_MAX))
		rc = sr_fail(x->e, SR_NOTFOUND, "there is no such version");
	if (rc == 0)
		rc = sr_query_version(&v, x->a->cat, request, (uint32_t)version, x->e);
	if (rc == 0 && x->ok)
		rc = weighed_then(x);
	if (rc == 0)
		rc = audit_facts(&f, x->a, x->en->received, x->e);
	if (rc == 0)
		rc = sr_inputs_of_decision(&x->in, &f, &v, 0, x->e);
	sr_version_row_free(&v);
	return rc;
}

static int of_statement(struct answer *x) {
	uint8_t of[SR_ID];
	int rc = sr_field_id(of, &x->en->statement, "of", 0, x->e);

	time_is(x, true);
	if (rc == 0)
		rc = waiting_load(&x->w, x->a, x->e);
	if (rc != 0)
		return rc;
	if (!x->w.is || memcmp(x->w.id, of, SR_ID) != 0) {
		x->ok = wrong(x->f, "of", "it answers no statement that waits for an answer");
		return 0;
	}
	snprintf(x->in.action, sizeof x->in.action, "%s", x->w.action);
	memcpy(x->in.board, x->w.board, SR_ID);
	x->in.text = x->w.inputs;
	sr_buf_init(&x->w.inputs);
	rc = waiting_end(x->a, x->e);
	return rc == 0 ? about_same(x) : rc;
}

static int of_use(struct answer *x) {
	struct sr_checkout_row c;
	struct sr_facts f;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, &x->en->statement, "checkout", 0, x->e);

	time_is(x, false);
	if (rc == 0)
		rc = sr_query_checkout(&c, x->a->cat, id, x->e);
	if (rc == 0)
		rc = audit_facts(&f, x->a, x->en->statement.head.time, x->e);
	if (rc == 0)
		rc = sr_inputs_of_checkout(&x->in, &f, &c, x->e);
	return rc == 0 ? about_same(x) : rc;
}

static int ask_again(struct answer *x) {
	static const char *const votes[] = {"grant", "destroy", "enact"};

	for (size_t i = 0; i < sizeof votes / sizeof votes[0]; i++)
		x->of_votes = x->of_votes || (has(x, "request") && says(x, "action", votes[i]));
	if (x->of_votes)
		return of_votes(x);
	if (has(x, "of"))
		return of_statement(x);
	if (has(x, "checkout"))
		return of_use(x);
	x->ok = wrong(x->f, "of", "it answers nothing that is asked");
	return 0;
}

static int compare(struct answer *x, struct sr_bytes inputs) {
	struct audit_told told = {.browser = says(x, "via", "browser")};
	char path[AUDIT_PATH], text[500], board[2 * SR_ID + 1];
	uint8_t grant[SR_ID];
	bool same = true;
	int rc = audit_witnessed_asked(&told.asked, x->a, x->e);

	if (rc != 0)
		return rc;
	sr_hex(board, x->in.board, SR_ID);
	if (!says(x, "action", x->in.action))
		x->ok = wrong(x->f, "action", "what was asked is %s", x->in.action);
	else if (!says(x, "board", board))
		x->ok = wrong(x->f, "board", "what was asked is for the rules of board %s", board);
	if (!x->ok)
		return 0;
	rc = audit_inputs_same(
		&same, path, text, sizeof text, inputs, sr_buf_view(&x->in.text), &told, x->e);
	if (rc == 0 && !same)
		x->ok = wrong(x->f, path, "its inputs are not true: %s", text);
	/* Its line `grant` is what it answers about (about_same), and of that it was told. */
	if (rc == 0 && same && told.witnessed)
		rc = sr_field_id(grant, &x->en->statement, "grant", 0, x->e);
	if (rc == 0 && same && told.witnessed)
		rc = audit_witnessed_told(x->a, x->en, grant, x->e);
	return rc;
}

int audit_asked_same(bool *ok, struct sr_audit_finding *f, struct sr_audit *a,
	const struct sr_entry *en, struct sr_bytes inputs, struct sr_err *e) {
	struct sr_err own = {.code = SR_OK};
	struct answer x = {.a = a, .en = en, .f = f, .ok = true, .e = &own};
	int rc;

	sr_buf_init(&x.in.text);
	sr_buf_init(&x.w.inputs);
	rc = ask_again(&x);
	if (rc == 0 && x.ok)
		rc = compare(&x, inputs);
	sr_buf_free(&x.in.text);
	sr_buf_free(&x.w.inputs);
	if (rc == SR_NOMEM || rc == SR_IO)
		return sr_fail(e, (enum sr_code)rc, "%s", own.text);
	*ok = rc == 0 ? x.ok
		      : wrong(f, "inputs", "nothing of the kind can be asked: %.400s", own.text);
	return 0;
}

int audit_asked_allowed(bool *ok, struct sr_audit_finding *f, struct sr_audit *a,
	const struct sr_entry *en, struct sr_err *e) {
	struct sr_version_row v = {.version = 0};
	uint8_t request[SR_ID];
	uint64_t version = 0;
	bool answered = false, asked = false, voted = false;
	int rc = sr_field_id(request, &en->statement, "request", 0, e);

	if (rc == 0 && sr_field_count(&en->statement, "version") > 0)
		rc = sr_field_dec(&version, &en->statement, "version", 0, e);
	if (rc == 0) /* what follows from the votes was derived: it is there */
		rc = sr_query_version(&v, a->cat, request, (uint32_t)version, e);
	if (rc == 0) {
		asked = strcmp(v.kind, "policy") != 0;
		version = v.version;
	}
	sr_version_row_free(&v);
	if (rc == 0 && !asked) {
		rc = AUDIT_IS(&voted, a, e,
			"SELECT count(*) FROM versions v JOIN votes x ON x.v = v.v JOIN entries n"
			" ON n.entry = x.entry WHERE v.request = ? AND v.version = ? AND x.entry ="
			" ? AND n.received = ?",
			A_ID(request), A_U64(version), A_U64(en->index - 1), A_INT(en->received));
		if (rc == 0 && !voted)
			*ok = wrong(f, "request",
				"the rules are not asked about rules: the entry before it is no "
				"vote on it, of the same commit");
	}
	if (rc != 0 || !asked)
		return rc;
	rc = AUDIT_IS(&answered, a, e,
		"SELECT count(*) FROM decisions d JOIN entries n ON n.entry = d.entry WHERE"
		" d.entry = ? AND d.request = ? AND d.version = ? AND d.decision = 'allow' AND"
		" d.action IN ('grant', 'destroy', 'enact') AND n.received = ?",
		A_U64(en->index - 1), A_ID(request), A_U64(version), A_INT(en->received));
	if (rc == 0 && !answered)
		*ok = wrong(f, "decided",
			"the rules of its board were not asked: the entry before it is not their "
			"answer that allows it, of the same commit");
	return rc;
}
