/*
 * query_epoch - epochs of the structural key, and who was given them. See query.h.
 */
#include "catalogue/query_in.h"

void sr_key_epochs_free(struct sr_key_epochs *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_words_free(l->rows[i].auditors);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_key_epochs(struct sr_key_epochs *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_key_epochs l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_stmt_new(&st, sr_catalogue_db(c),
		"SELECT k.epoch, k.entry, k.object, o.received, (SELECT group_concat(person, ' ')"
		" FROM (SELECT person FROM key_epoch_auditors a WHERE a.epoch = k.epoch ORDER BY"
		" person)) FROM key_epochs k JOIN entries o ON o.entry = k.entry ORDER BY k.epoch",
		e);

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_key_epoch_row *r = &l.rows[l.count - 1];
		r->epoch = (uint32_t)sr_stmt_col_int(st, 0);
		r->entry = (uint64_t)sr_stmt_col_int(st, 1);
		r->received = sr_stmt_col_int(st, 3);
		rc = sr_stmt_col_copy(st, 2, r->keys, SR_HASH, e);
		if (rc == 0)
			rc = sr_col_dup_some(&r->auditors, st, 4, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_key_epochs_free(&l);
	*out = l;
	return rc;
}

int sr_query_epoch_now(uint32_t *epoch, struct sr_catalogue *c, struct sr_err *e) {
	int64_t n = SR_EPOCH_FIRST;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT max(coalesce((SELECT key_epoch FROM vault), ?1), ?1)",
		A_INT(SR_EPOCH_FIRST));

	*epoch = (uint32_t)n;
	return rc;
}

void sr_auditor_epochs_free(struct sr_auditor_epochs *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_auditor_epochs(struct sr_auditor_epochs *out, struct sr_catalogue *c,
	const char *person, struct sr_err *e) {
	struct sr_auditor_epochs l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT person, first, last, entry, object FROM auditor_epochs"
		" WHERE ?1 IS NULL OR person = ?1 ORDER BY entry",
		A_STR(person));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		struct sr_auditor_epochs_row *r = &l.rows[l.count - 1];
		sr_col_person(r->person, st, 0);
		r->first = (uint32_t)sr_stmt_col_int(st, 1);
		r->last = (uint32_t)sr_stmt_col_int(st, 2);
		r->entry = (uint64_t)sr_stmt_col_int(st, 3);
		rc = sr_stmt_col_copy(st, 4, r->keys, SR_HASH, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_auditor_epochs_free(&l);
	*out = l;
	return rc;
}

/* ${after}: of what was sealed after this entry alone. */
static int given_after(bool *out, struct sr_catalogue *c, const char *person, uint64_t index,
	int64_t after, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"WITH at(epoch) AS (SELECT max(1, coalesce((SELECT max(epoch) FROM key_epochs"
		" WHERE entry < ?2), 1)))"
		" SELECT EXISTS(SELECT 1 FROM key_epoch_auditors a JOIN at ON at.epoch = a.epoch"
		" JOIN key_epochs k ON k.epoch = a.epoch WHERE a.person = ?1 AND k.entry > ?3)"
		" OR EXISTS(SELECT 1 FROM auditor_epochs x JOIN at ON at.epoch BETWEEN x.first"
		" AND x.last WHERE x.person = ?1 AND x.entry > ?3)",
		A_STR(person), A_U64(index), A_INT(after));

	*out = rc == 0 && n != 0;
	return rc;
}

int sr_query_epoch_given(
	bool *out, struct sr_catalogue *c, const char *person, uint64_t index, struct sr_err *e) {
	return given_after(out, c, person, index, -1, e);
}

int sr_query_epoch_held(
	bool *out, struct sr_catalogue *c, const char *person, uint64_t index, struct sr_err *e) {
	int64_t since = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &since,
		"SELECT coalesce(max(entry), -1) FROM person_keys WHERE person = ?", A_STR(person));

	*out = false;
	return rc == 0 ? given_after(out, c, person, index, since, e) : rc;
}
