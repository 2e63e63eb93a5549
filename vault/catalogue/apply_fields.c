/*
 * apply_fields - what a description says in fields that the catalogue keeps as rows
 * (ledger/fields.h), the hazards of parts, and what it clears.
 *
 * A field that the statement names is replaced as a whole. Structural values come from the
 * statement alone; of texts, those that are here. No statement sets what it clears
 * (board/invariants_item.c).
 */
#include "catalogue/apply_in.h"
#include "ledger/fields.h"
#include "ledger/mark.h"

/* How to empty what has a column or table of its own. */
static const struct {
	const char *name, *sql;
} own[] = {
	{"date", "UPDATE items SET date = NULL WHERE n = ?"},
	{"language", "DELETE FROM item_languages WHERE n = ?"},
	{"translit", "UPDATE item_texts SET translit = NULL WHERE n = ?"},
	{"description", "UPDATE item_texts SET description = NULL WHERE n = ?"},
	{"creator", "UPDATE item_texts SET creator = NULL WHERE n = ?"},
	{"source", "UPDATE item_texts SET source = NULL WHERE n = ?"},
	{"rights", "UPDATE item_texts SET rights = NULL WHERE n = ?"},
	{"keyword", "UPDATE item_texts SET keywords = NULL WHERE n = ?"},
	{"mark", "DELETE FROM item_marks WHERE n = ?"},
};

static int empty_rows(
	struct sr_apply *a, int64_t n, const struct sr_desc_field *f, struct sr_err *e) {
	return SQL_RUN(a->db, e,
		f->kind == SR_V_TEXT ? "DELETE FROM item_value_texts WHERE n = ? AND field = ?"
				     : "DELETE FROM item_values WHERE n = ? AND field = ?",
		A_INT(n), A_STR(f->name));
}

/* Names that are no field, or that are not cleared, were refused at the door; a log that has one is
 * none of ours. */
static int clear_one(struct sr_apply *a, int64_t n, struct sr_bytes name, struct sr_err *e) {
	const struct sr_desc_field *f = sr_desc_field(name);

	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (sr_bytes_eq(name, sr_bytes_str(own[i].name)))
			return SQL_RUN(a->db, e, own[i].sql, A_INT(n));
	if (f != NULL && f->kept == SR_KEPT_ROW)
		return empty_rows(a, n, f, e);
	return sr_fail(e, SR_CORRUPT, "it clears \"%.*s\", which is no field that can be",
		(int)name.len, (const char *)name.p);
}

static int put_row(
	struct sr_apply *a, int64_t n, const struct sr_desc_field *f, size_t i, struct sr_err *e) {
	const bool text = f->kind == SR_V_TEXT;
	const struct sr_bytes v = text ? sr_apply_text(a, f->name, i) : sr_field(a->s, f->name, i);

	if (v.p == NULL)
		return 0;
	return SQL_RUN(a->db, e,
		text ? "INSERT INTO item_value_texts(n, field, idx, value) VALUES(?, ?, ?, ?)"
		     : "INSERT INTO item_values(n, field, idx, value) VALUES(?, ?, ?, ?)",
		A_INT(n), A_STR(f->name), A_U64(i), A_TEXT(v));
}

static int set_field(
	struct sr_apply *a, int64_t n, const struct sr_desc_field *f, struct sr_err *e) {
	const size_t count = sr_field_count(a->s, f->name);
	int rc = count == 0 ? 0 : empty_rows(a, n, f, e);

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = put_row(a, n, f, i, e);
	return rc;
}

static int set_marks(struct sr_apply *a, int64_t n, struct sr_err *e) {
	const size_t count = sr_field_count(a->s, "mark");
	int rc = count == 0 ? 0 : SQL_RUN(a->db, e, "DELETE FROM item_marks WHERE n = ?", A_INT(n));

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct sr_bytes text = sr_field(a->s, "mark", i);
		struct sr_mark m;

		if (sr_mark_parse(&m, text, e) != 0)
			return sr_fail(e, SR_CORRUPT, "mark %zu is none", i + 1);
		rc = SQL_RUN(a->db, e,
			"INSERT OR IGNORE INTO item_marks(n, mark, hazard) VALUES(?, ?, ?)",
			A_INT(n), A_TEXT(text), A_STR(m.hazard));
	}
	return rc;
}

int sr_apply_fields(struct sr_apply *a, int64_t n, struct sr_err *e) {
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	int rc = 0;

	for (size_t i = 0; i < sr_field_count(a->s, "clear") && rc == 0; i++)
		rc = clear_one(a, n, sr_field(a->s, "clear", i), e);
	for (size_t i = 0; i < count && rc == 0; i++)
		if (fields[i].kept == SR_KEPT_ROW)
			rc = set_field(a, n, &fields[i], e);
	return rc == 0 ? set_marks(a, n, e) : rc;
}
