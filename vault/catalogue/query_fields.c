/*
 * query_fields - what a description says in rows, and the hazards of parts. See query.h.
 */
#include "catalogue/query_in.h"

void sr_item_values_free(struct sr_item_values *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].text);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

void sr_item_marks_free(struct sr_item_marks *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

/* The rows of one field; those of all fields lie beside each other, in order. */
static int values_of(struct sr_item_values *l, struct sr_db *db, int64_t n,
	const struct sr_desc_field *f, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_OPEN(&st, db, e,
		"SELECT value FROM item_values WHERE n = ?1 AND field = ?2 UNION ALL SELECT value"
		" FROM (SELECT value FROM item_value_texts WHERE n = ?1 AND field = ?2 ORDER BY"
		" idx)",
		A_INT(n), A_STR(f->name));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l->rows, &l->count, sizeof *l->rows, e);
		if (rc != 0)
			break;
		l->rows[l->count - 1].field = f;
		rc = sr_col_dup(&l->rows[l->count - 1].text, st, 0, e);
	}
	sr_stmt_reset(st);
	return rc;
}

/* Most items say little: one look tells. */
static int any_values(bool *any, struct sr_db *db, int64_t n, struct sr_err *e) {
	int64_t there = 0;
	int rc = SQL_INT_OF(db, e, &there,
		"SELECT EXISTS(SELECT 1 FROM item_values WHERE n = ?1) OR EXISTS(SELECT 1 FROM"
		" item_value_texts WHERE n = ?1)",
		A_INT(n));

	*any = there != 0;
	return rc;
}

int sr_query_item_values(struct sr_item_values *out, struct sr_catalogue *c,
	const uint8_t item[SR_ID], struct sr_err *e) {
	size_t count = 0;
	const struct sr_desc_field *fields = sr_desc_fields(&count);
	struct sr_item_values l = {NULL, 0};
	bool any = false;
	int64_t n = 0;
	int rc = sr_item_number(&n, c, item, e);

	if (rc == 0)
		rc = any_values(&any, sr_catalogue_db(c), n, e);
	for (size_t i = 0; any && i < count && rc == 0; i++)
		if (fields[i].kept == SR_KEPT_ROW)
			rc = values_of(&l, sr_catalogue_db(c), n, &fields[i], e);
	if (rc != 0)
		sr_item_values_free(&l);
	*out = l;
	return rc;
}

static int mark_order(const void *a, const void *b) {
	const struct sr_mark *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return strcmp(x->hazard, y->hazard);
}

int sr_query_item_marks(struct sr_item_marks *out, struct sr_catalogue *c,
	const uint8_t item[SR_ID], struct sr_err *e) {
	struct sr_item_marks l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int64_t n = 0;
	int rc = sr_item_number(&n, c, item, e);

	if (rc == 0)
		rc = SQL_OPEN(&st, sr_catalogue_db(c), e, "SELECT mark FROM item_marks WHERE n = ?",
			A_INT(n));
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = sr_mark_parse(&l.rows[l.count - 1], sr_stmt_col_bytes(st, 0), e);
	}
	sr_stmt_reset(st);
	if (rc == 0 && l.count > 1)
		qsort(l.rows, l.count, sizeof *l.rows, mark_order);
	if (rc != 0)
		sr_item_marks_free(&l);
	*out = l;
	return rc;
}

enum {
	WHOLES_MAX = 512 /* of one item, at any height: a page, its issue, its volume, a fonds */
};

struct wholes {
	uint8_t id[WHOLES_MAX][SR_ID];
	size_t count;
};

static int wholes_add(struct wholes *w, const uint8_t id[SR_ID], struct sr_err *e) {
	for (size_t i = 0; i < w->count; i++)
		if (memcmp(w->id[i], id, SR_ID) == 0)
			return 0;
	if (w->count == WHOLES_MAX)
		return sr_fail(e, SR_LIMIT, "the item is part of more than %d others", WHOLES_MAX);
	memcpy(w->id[w->count++], id, SR_ID);
	return 0;
}

/* What ${id} is said to be a part of. */
static int wholes_of(
	struct wholes *w, struct sr_db *db, const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_OPEN(&st, db, e,
		"SELECT v.value FROM items i JOIN item_values v ON v.n = i.n AND v.field ="
		" 'part-of' WHERE i.item = ?",
		A_ID(id));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		uint8_t up[SR_ID];

		rc = sr_unhex(up, SR_ID, sr_stmt_col_bytes(st, 0), e);
		if (rc == 0)
			rc = wholes_add(w, up, e);
	}
	sr_stmt_reset(st);
	return rc;
}

int sr_query_part_of(bool *out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	const uint8_t whole[SR_ID], struct sr_err *e) {
	struct wholes *w = calloc(1, sizeof *w);
	int rc = w == NULL ? sr_fail(e, SR_NOMEM, "items: out of memory") : wholes_add(w, item, e);

	*out = false;
	for (size_t i = 0; w != NULL && rc == 0 && i < w->count && !*out; i++) {
		*out = memcmp(w->id[i], whole, SR_ID) == 0;
		if (!*out)
			rc = wholes_of(w, sr_catalogue_db(c), w->id[i], e);
	}
	free(w);
	return rc;
}
