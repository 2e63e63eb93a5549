/*
 * query_attest - what officers attested of people, and whom it keeps from voting.
 */
#include "catalogue/conflict.h"
#include "catalogue/query_in.h"

#define ATTESTATION_SQL                                                                     \
	"SELECT a.attestation, a.person, a.kind, a.other, a.request, a.term, a.ends,"       \
	" a.officer, a.entry, a.ended, (SELECT t.text FROM records r JOIN texts t"          \
	" ON t.entry = r.entry AND t.record = r.record WHERE r.entry = a.entry AND r.field" \
	" = 'note') FROM attestations a"

void sr_attestation_row_free(struct sr_attestation_row *r) {
	sr_words_free(r->term);
	sr_words_free(r->note);
	memset(r, 0, sizeof *r);
}

void sr_attestations_free(struct sr_attestations *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_attestation_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static int read_row(struct sr_attestation_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, r->id, SR_ID, e);

	sr_col_person(r->person, st, 1);
	snprintf(r->kind, sizeof r->kind, "%s", sr_stmt_col_str(st, 2));
	sr_col_person(r->other, st, 3);
	r->has_request = sr_col_opt(st, 4, r->request, SR_ID, &rc, e);
	if (rc == 0)
		rc = sr_col_dup(&r->term, st, 5, e);
	r->ends = sr_stmt_col_int(st, 6);
	sr_col_person(r->officer, st, 7);
	r->entry = (uint64_t)sr_stmt_col_int(st, 8);
	r->ended = (uint64_t)sr_stmt_col_int(st, 9);
	return rc == 0 ? sr_col_dup(&r->note, st, 10, e) : rc;
}

/* The only row, or the first; takes over ${st}. */
static int one_row(struct sr_attestation_row *out, struct sr_stmt *st, struct sr_err *e) {
	struct sr_attestation_row r = {.ends = 0};
	int rc = sr_stmt_row(st, e);

	if (rc == 0)
		rc = read_row(&r, st, e);
	sr_stmt_free(st);
	if (rc == 0)
		*out = r;
	else
		sr_attestation_row_free(&r);
	return rc;
}

int sr_query_attestation(struct sr_attestation_row *out, struct sr_catalogue *c,
	const uint8_t id[SR_ID], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(
		&st, sr_catalogue_db(c), e, ATTESTATION_SQL " WHERE a.attestation = ?", A_ID(id));

	if (rc == 0)
		rc = one_row(out, st, e);
	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "there is no such attestation") : rc;
}

int sr_query_attestations(struct sr_attestations *out, struct sr_catalogue *c,
	const struct sr_attestation_filter *f, struct sr_err *e) {
	struct sr_attestations l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		ATTESTATION_SQL " WHERE (?1 IS NULL OR a.person = ?1 OR a.other = ?1)"
				" AND (?2 = 0 OR a.ended IS NULL) AND (?3 = 0 OR a.ends <= ?3)"
				" ORDER BY a.entry",
		A_STR(f->person), A_INT(f->standing), A_INT(f->ends));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0)
			rc = read_row(&l.rows[l.count - 1], st, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_attestations_free(&l);
	*out = l;
	return rc;
}

int sr_query_conflict(bool *out, struct sr_attestation_row *row, struct sr_catalogue *c,
	const uint8_t request[SR_ID], uint32_t version, const char *member, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		ATTESTATION_SQL
		" JOIN versions v JOIN requests q ON q.request = v.request WHERE v.request = ?1"
		" AND v.version = CASE ?2 WHEN 0 THEN q.newest ELSE ?2 END"
		" AND " SR_SQL_SETS_AGAINST("?3") " ORDER BY a.entry LIMIT 1",
		A_ID(request), A_INT(version), A_STR(member));

	*out = false;
	if (rc == 0)
		rc = one_row(row, st, e);
	*out = rc == 0;
	return rc == SR_NOTFOUND ? 0 : rc;
}
