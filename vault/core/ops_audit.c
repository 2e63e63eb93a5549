/*
 * What auditors ask: reports out of the catalogue, what is held on a person, and the log replayed
 * against it. Whoever reads the first two has said so in the log; the third shows nothing but what
 * is wrong.
 */
#include "audit/audit.h"
#include "board/beats.h"
#include "board/witnessing.h"
#include "catalogue/report.h"
#include "core/ops_in.h"
#include "ledger/ledger.h"

enum {
	LIMIT_DEFAULT = 100,
	LIMIT_MAX = 1000
};

/* --- on the record ---------------------------------------------------------------------------- */

int sr_on_record(struct sr_x *x, const struct sr_reading_want *want, struct sr_err *e) {
	struct sr_reading_want w = *want;
	bool covered = false;

	w.reader = x->caller.person;
	w.of.now = sr_now(&x->vault->clock);
	const int rc = sr_query_reading(&covered, x->catalogue, &w, e);
	if (rc != 0 || covered)
		return rc;
	return sr_denied(e,
		"reading the log is itself logged: sign `read` of it first (it holds for %d min)",
		SR_READ_S / 60);
}

struct wanted { /* fields of the call, and where their bytes lie */
	struct sr_reading_want want;
	char what[SR_IN_TEXT], person[SR_IN_TEXT], begins[SR_IN_TEXT], ends[SR_IN_TEXT];
	uint8_t item[SR_ID], collection[SR_ID];
};

static void take_wanted(struct wanted *w, const struct sr_x *x) {
	struct sr_report_filter *f = &w->want.of;

	memset(w, 0, sizeof *w);
	w->want.what = sr_in_str(x, "what", w->what);
	if (sr_in_str(x, "person", w->person)[0] != '\0')
		f->person = w->person;
	if (sr_in_id(x, "item", w->item))
		f->item = w->item;
	if (sr_in_id(x, "collection", w->collection))
		f->collection = w->collection;
	/* Their grammar was checked against the table. */
	(void)!sr_time_parse(&f->begins, sr_bytes_str(sr_in_str(x, "begins", w->begins)), NULL);
	(void)!sr_time_parse(&f->ends, sr_bytes_str(sr_in_str(x, "ends", w->ends)), NULL);
	f->now = sr_now(&x->vault->clock);
	(void)sr_in_dec(x, "from", &w->want.from);
	w->want.to = INT64_MAX;
	(void)sr_in_dec(x, "to", &w->want.to);
	w->want.reader = x->caller.person;
}

int sr_op_audit_reading(struct sr_x *x, struct sr_err *e) {
	struct wanted w;
	bool covered = false;

	take_wanted(&w, x);
	const int rc = sr_query_reading(&covered, x->catalogue, &w.want, e);
	if (rc == 0 && covered)
		sr_text_put(&x->r->head, "covered", "yes");
	return rc;
}

/* --- rows of a section ------------------------------------------------------------------------ */

struct putting {
	struct sr_x *x;
	struct sr_rows_out rows;
	const struct sr_section *section;
	bool titles; /* of all items: it is about the caller, or they said why on the record */
	bool texts; /* names and words of people, too: it is about the caller, or for the officer */
};

static const struct sr_cell *cell_of(
	const struct putting *p, const struct sr_cell *cells, const char *key) {
	for (int i = 0; i < SR_REPORT_COLUMNS && p->section->columns[i].key != NULL; i++)
		if (key != NULL && strcmp(p->section->columns[i].key, key) == 0)
			return &cells[i];
	return NULL;
}

static int may_name(bool *may, struct sr_x *x, const struct sr_cell *who, struct sr_err *e) {
	struct sr_person_row p = {.roles = 0};
	char person[SR_PERSON_TEXT];
	int rc;

	*may = false;
	if (who == NULL || who->null)
		return 0;
	snprintf(person, sizeof person, "%.*s", (int)who->text.len, (const char *)who->text.p);
	rc = sr_query_person(&p, x->catalogue, person, e);
	if (rc == 0)
		*may = sr_may_see_name(&x->caller, &p);
	sr_person_row_free(&p);
	return rc;
}

static int may_title(bool *may, struct sr_x *x, const struct sr_cell *of, struct sr_err *e) {
	struct sr_item_row item = {.level = 0};
	int rc;

	*may = false;
	if (of == NULL || of->null || of->text.len != SR_ID)
		return 0;
	rc = sr_query_item(&item, x->catalogue, of->text.p, e);
	if (rc == 0)
		*may = sr_may_know_item(&x->caller, &item);
	sr_item_row_free(&item);
	return rc;
}

/* Officers read all reasons; who gave one, and whom it is about, read that one. */
static bool may_reason(const struct putting *p, const struct sr_cell *cells, const char *by) {
	const struct sr_cell *reader = cell_of(p, cells, by), *about = cell_of(p, cells, "person");
	const struct sr_bytes me = sr_bytes_str(p->x->caller.person);

	return (p->x->caller.roles & SR_ROLE_OFFICER) != 0 ||
	       (reader != NULL && !reader->null && sr_bytes_eq(reader->text, me)) ||
	       (about != NULL && !about->null && sr_bytes_eq(about->text, me));
}

static void put_words(struct sr_rows_out *o, const char *key, struct sr_bytes v) {
	char words[4096];

	snprintf(words, sizeof words, "%.*s", (int)v.len, (const char *)v.p);
	sr_row_words(o, key, words);
}

static int put_cell(struct putting *p, const struct sr_cell *cells, int i, struct sr_err *e) {
	const struct sr_column *c = &p->section->columns[i];
	const struct sr_cell *v = &cells[i];
	struct sr_rows_out *o = &p->rows;
	bool may = false;
	int rc = 0;

	if (v->null)
		return 0;
	switch (c->kind) {
	case SR_CELL_DEC:
		sr_row_signed(o, c->key, v->number);
		break;
	case SR_CELL_TIME:
		sr_row_time(o, c->key, v->number);
		break;
	case SR_CELL_DAY:
		sr_row_time(o, c->key, v->number * 86400);
		break;
	case SR_CELL_FLAG:
		sr_row_flag(o, c->key, v->number != 0);
		break;
	case SR_CELL_HEX:
		sr_row_hex(o, c->key, v->text.p, v->text.len);
		break;
	case SR_CELL_WORD:
		sr_row_bytes(o, c->key, v->text);
		break;
	case SR_CELL_WORDS:
		put_words(o, c->key, v->text);
		break;
	case SR_CELL_NAME:
		rc = may_name(&may, p->x, cell_of(p, cells, c->of), e);
		if (rc == 0 && (may || p->texts))
			sr_row_bytes(o, c->key, v->text);
		break;
	case SR_CELL_TITLE:
		rc = may_title(&may, p->x, cell_of(p, cells, c->of), e);
		if (rc == 0 && (may || p->titles))
			sr_row_bytes(o, c->key, v->text);
		break;
	case SR_CELL_TEXT:
		if (p->texts)
			sr_row_bytes(o, c->key, v->text);
		break;
	case SR_CELL_REASON:
		if (may_reason(p, cells, c->of))
			sr_row_bytes(o, c->key, v->text);
		break;
	}
	return rc;
}

static int put_row(void *ctx, const struct sr_cell *cells, struct sr_err *e) {
	struct putting *p = ctx;
	int rc = 0;

	sr_row(&p->rows, p->section->name);
	for (int i = 0; i < SR_REPORT_COLUMNS && p->section->columns[i].key != NULL && rc == 0; i++)
		rc = put_cell(p, cells, i, e);
	return rc;
}

/* ${p}: what may be shown. */
static int put_section(struct putting *p, const struct sr_report_filter *f, struct sr_err *e) {
	struct sr_x *x = p->x;
	struct sr_page page;
	int rc = sr_in_page(x, &page, LIMIT_DEFAULT, LIMIT_MAX, e);

	sr_rows_begin(&p->rows, &x->r->body);
	if (rc == 0)
		rc = sr_report_rows(x->catalogue, p->section, f, &page, put_row, p, e);
	sr_text_put_dec(&x->r->head, "size", sr_ledger_next_index(x->vault->ledger));
	return rc;
}

static int section_of(
	const struct sr_section **out, const struct sr_x *x, bool person, struct sr_err *e) {
	char name[SR_IN_TEXT];

	*out = sr_section_named(sr_bytes_str(sr_in_str(x, "section", name)));
	if (*out == NULL || ((*out)->person && !person) || ((*out)->sql == NULL && person))
		return sr_fail(e, SR_USAGE, "there is no section \"%.40s\" of %s", name,
			person ? "what is held on a person" : "a report");
	return 0;
}

/* --- silence and waiting, out of ledger/beats --------------------------------------------------
 */

enum {
	WINDOW_S = 60 /* what witnesses are asked every 10 s; less is their usual pace */
};

struct beating {
	struct sr_rows_out rows;
	const struct sr_report_filter *of;
	struct sr_page page;
	uint64_t seen;
};

/* Does the time [from, to) touch what is asked for, and is it on this page? */
static bool wanted(struct beating *b, int64_t from, int64_t to) {
	if ((b->of->ends != 0 && from >= b->of->ends) || to < b->of->begins)
		return false;
	const uint64_t n = b->seen++;
	return n >= b->page.offset && n - b->page.offset < b->page.limit;
}

static int put_silence(void *ctx, const struct sr_silence *s, struct sr_err *e) {
	struct beating *b = ctx;

	(void)e;
	if (!wanted(b, s->from, s->to))
		return 0;
	sr_row(&b->rows, "heartbeat");
	sr_row_time(&b->rows, "from", s->from);
	sr_row_time(&b->rows, "to", s->to);
	sr_row_signed(&b->rows, "seconds", s->to - s->from);
	sr_row_dec(&b->rows, "entries", s->size);
	sr_row_flag(&b->rows, "cut", s->cut);
	return 0;
}

static int put_window(void *ctx, const struct sr_window *w, struct sr_err *e) {
	struct beating *b = ctx;

	(void)e;
	if (!wanted(b, w->from, w->to))
		return 0;
	sr_row(&b->rows, "unwitnessed");
	sr_row_time(&b->rows, "from", w->from);
	sr_row_time(&b->rows, "to", w->to);
	sr_row_signed(&b->rows, "seconds", w->to - w->from);
	sr_row_dec(&b->rows, "entry", w->entry);
	sr_row_dec(&b->rows, "entries", w->entries);
	sr_row_flag(&b->rows, "still", w->open);
	return 0;
}

static int put_beats(struct sr_x *x, const struct sr_section *s, const struct sr_report_filter *f,
	struct sr_err *e) {
	struct beating b = {.of = f};
	struct sr_beats l = {NULL, 0, false};
	int rc = sr_in_page(x, &b.page, LIMIT_DEFAULT, LIMIT_MAX, e);

	if (rc == 0)
		rc = sr_beats_read(&l, x->vault, e);
	sr_rows_begin(&b.rows, &x->r->body);
	if (rc == 0 && strcmp(s->name, "heartbeat") == 0 && sr_witnessing_asked(x->vault))
		rc = sr_beats_silences(&l, f->now, put_silence, &b, e);
	else if (rc == 0 && strcmp(s->name, "unwitnessed") == 0 && sr_witnessing_asked(x->vault))
		rc = sr_beats_windows(&l, x->vault, WINDOW_S, put_window, &b, e);
	sr_text_put_dec(&x->r->head, "size", sr_ledger_next_index(x->vault->ledger));
	if (!sr_witnessing_asked(x->vault))
		sr_text_put(&x->r->head, "note", "no-witnesses");
	else if (l.broken)
		sr_text_put(&x->r->head, "note", "beats-changed");
	sr_beats_free(&l);
	return rc;
}

int sr_op_audit_report(struct sr_x *x, struct sr_err *e) {
	const struct sr_section *s = NULL;
	struct wanted w;
	int rc = section_of(&s, x, false, e);

	take_wanted(&w, x);
	w.want.what = "report";
	if (rc == 0)
		rc = sr_on_record(x, &w.want, e);
	if (rc == 0 && s->sql == NULL)
		return put_beats(x, s, &w.want.of, e);
	struct putting p = {.x = x, .section = s};
	return rc == 0 ? put_section(&p, &w.want.of, e) : rc;
}

/* --- what is held on a person ----------------------------------------------------------------- */

static int put_person(struct sr_x *x, const char *person, struct sr_err *e) {
	struct sr_person_row p = {.roles = 0};
	struct sr_person_keys keys = {NULL, 0};
	struct sr_rows_out o;
	int rc = sr_query_person(&p, x->catalogue, person, e);

	if (rc == 0)
		rc = sr_query_person_keys(&keys, x->catalogue, person, e);
	sr_rows_begin(&o, &x->r->body);
	if (rc == 0) {
		sr_row(&o, "person");
		sr_row_str(&o, "person", p.person);
		sr_row_base64(&o, "key", p.pk, SR_PK);
		sr_row_dec(&o, "entry", p.entry);
		for (unsigned bit = 1; bit < SR_ROLES_ALL; bit <<= 1) {
			if ((p.roles & bit) != 0)
				sr_row_str(&o, "role", sr_role_name(bit));
			if ((p.roles_ever & bit) != 0)
				sr_row_str(&o, "ever", sr_role_name(bit));
		}
		for (size_t i = 1; i < keys.count; i++)
			sr_row_dec(&o, "rekeyed", keys.rows[i].entry);
		if (sr_may_see_name(&x->caller, &p))
			sr_row_str(&o, "name", p.name);
		sr_text_put_dec(&x->r->head, "size", sr_ledger_next_index(x->vault->ledger));
	}
	sr_person_keys_free(&keys);
	sr_person_row_free(&p);
	return rc;
}

int sr_op_audit_person(struct sr_x *x, struct sr_err *e) {
	const bool office = (x->caller.roles & (SR_ROLE_AUDITOR | SR_ROLE_OFFICER)) != 0;
	const struct sr_section *s = NULL;
	struct wanted w;
	char name[SR_IN_TEXT];
	bool own;
	int rc = 0;

	take_wanted(&w, x);
	w.want.what = "person";
	own = strcmp(w.person, x->caller.person) == 0;
	if (!own && !office)
		return sr_denied(e,
			"what is held on %s is for %s, and for auditors and officers who say why",
			w.person, w.person);
	if (!own)
		rc = sr_on_record(x, &w.want, e);
	if (rc == 0 && strcmp(sr_in_str(x, "section", name), "person") == 0)
		return put_person(x, w.person, e);
	if (rc == 0)
		rc = section_of(&s, x, true, e);
	struct putting p = {.x = x, .section = s, .titles = true};
	/* Auditors have keys of statements and titles, not of what people say (DESIGN 4, 6). */
	p.texts = own || (x->caller.roles & SR_ROLE_OFFICER) != 0;
	return rc == 0 ? put_section(&p, &w.want.of, e) : rc;
}

/* --- replay ----------------------------------------------------------------------------------- */

struct reporting {
	struct sr_x *x;
	struct sr_rows_out rows;
	struct sr_err first;
	size_t count;
};

static int put_finding(void *ctx, const struct sr_audit_finding *f, struct sr_err *e) {
	static const uint8_t none[SR_ID];
	struct reporting *r = ctx;

	(void)e;
	if (r->count++ == 0 && f->has_entry)
		(void)!sr_fail(&r->first, SR_CORRUPT, "entry %llu (%s%s%s): %.400s",
			(unsigned long long)f->entry, f->type[0] != '\0' ? f->type : "unknown",
			f->field[0] != '\0' ? ", " : "", f->field, f->text);
	else if (r->count == 1)
		(void)!sr_fail(&r->first, SR_CORRUPT, "%s: %.400s", f->what, f->text);
	sr_row(&r->rows, "finding");
	sr_row_str(&r->rows, "what", f->what);
	if (f->has_entry)
		sr_row_dec(&r->rows, "index", f->entry);
	if (memcmp(f->statement, none, SR_ID) != 0)
		sr_row_hex(&r->rows, "id", f->statement, SR_ID);
	sr_row_str(&r->rows, "type", f->type);
	sr_row_str(&r->rows, "field", f->field);
	sr_row_str(&r->rows, "text", f->text);
	return 0;
}

static void put_counts(struct sr_x *x, const struct sr_audit_counts *n) {
	struct sr_buf *head = &x->r->head;

	sr_text_put_dec(head, "done", n->entries);
	sr_text_put_dec(head, "size", n->size);
	sr_text_put_dec(head, "signatures", n->signatures);
	sr_text_put_dec(head, "judged", n->judged);
	sr_text_put_dec(head, "seen", n->seen);
	sr_text_put_dec(head, "grants", n->grants);
	sr_text_put_dec(head, "decisions", n->decisions);
	sr_text_put_dec(head, "rules", n->rules);
	sr_text_put_dec(head, "pieces", n->pieces);
	sr_text_put_dec(head, "findings", n->findings);
	sr_text_put_dec(head, "resumed", n->resumed);
}

/* The end: everything that was found, and the file is gone. */
static int replay_end(struct sr_x *x, struct sr_err *e) {
	struct reporting r = {.x = x};
	struct sr_audit_compared compared;
	struct sr_audit_counts counts;
	uint8_t root[SR_HASH];
	const bool whole = sr_audit_state(x->core->audit) == SR_AUDIT_COMPLETE;
	int rc;

	sr_rows_begin(&r.rows, &x->r->body);
	rc = sr_audit_report(x->core->audit, put_finding, &r, &compared, e);
	sr_audit_counts(&counts, x->core->audit);
	if (rc != 0)
		return rc;
	put_counts(x, &counts);
	sr_ledger_root(root, x->vault->ledger);
	sr_text_put(&x->r->head, "ended", whole ? "complete" : "broken");
	sr_text_put_dec(&x->r->head, "rows", compared.rows);
	sr_text_put_dec(&x->r->head, "tiles", compared.tiles);
	sr_text_put_dec(&x->r->head, "bytes", compared.bytes);
	sr_text_put_base64(&x->r->head, "root", root, SR_HASH);
	sr_audit_close(x->core->audit);
	x->core->audit = NULL;
	rc = sr_audit_remove(x->vault, e);
	if (rc == 0 && counts.findings > 0) {
		x->keep_body = true;
		rc = sr_fail(e, r.first.code, "audit replay: %llu finding%s; the first: %s",
			(unsigned long long)counts.findings, counts.findings == 1 ? "" : "s",
			r.first.text);
	}
	return rc;
}

int sr_op_audit_replay(struct sr_x *x, struct sr_err *e) {
	struct sr_audit_counts counts;
	int rc = 0;

	if (!x->vault->founded)
		return sr_fail(
			e, SR_DENIED, "there is nothing to replay before the vault is founded");
	if (x->core->audit != NULL && sr_in_yes(x, "anew")) {
		sr_audit_close(x->core->audit);
		x->core->audit = NULL;
	}
	if (x->core->audit == NULL)
		rc = sr_audit_open(&x->core->audit, x->vault, sr_in_yes(x, "anew"), e);
	if (rc == 0)
		rc = sr_audit_step(x->core->audit, SR_AUDIT_STEP, e);
	if (rc != 0)
		return rc;
	if (sr_audit_state(x->core->audit) != SR_AUDIT_RUNNING)
		return replay_end(x, e);
	sr_audit_counts(&counts, x->core->audit);
	put_counts(x, &counts);
	return 0;
}
