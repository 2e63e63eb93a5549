/*
 * query_key - the keys of the vault and of people, now and then.
 */
#include "catalogue/query_in.h"

int sr_query_service_keys(
	struct sr_service_key_row **out, size_t *count, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_service_key_row *rows = NULL;
	struct sr_stmt *st = NULL;
	size_t n = 0;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT entry, room_key FROM service_keys WHERE entry >= ? ORDER BY entry",
		A_INT(0));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&rows, &n, sizeof *rows, e);
		if (rc != 0)
			break;
		rows[n - 1].entry = (uint64_t)sr_stmt_col_int(st, 0);
		rc = sr_stmt_col_copy(st, 1, rows[n - 1].room_key, SR_PK, e);
	}
	sr_stmt_free(st);
	if (rc != 0) {
		free(rows);
		return rc;
	}
	*out = rows;
	*count = n;
	return 0;
}

void sr_person_keys_free(struct sr_person_keys *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

int sr_query_person_keys(
	struct sr_person_keys *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	struct sr_person_keys l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT person, entry, pk FROM person_keys WHERE ?1 IS NULL OR person = ?1"
		" ORDER BY person, entry",
		A_STR(person));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc != 0)
			break;
		sr_col_person(l.rows[l.count - 1].person, st, 0);
		l.rows[l.count - 1].entry = (uint64_t)sr_stmt_col_int(st, 1);
		rc = sr_stmt_col_copy(st, 2, l.rows[l.count - 1].pk, SR_PK, e);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_person_keys_free(&l);
	*out = l;
	return rc;
}

/* Before ${person} at ${entry}, in the order of the list? */
static bool comes_before(const struct sr_person_key *k, const char *person, uint64_t entry) {
	const int order = strcmp(k->person, person);

	return order < 0 || (order == 0 && k->entry < entry);
}

const struct sr_person_key *sr_person_key_at(
	const struct sr_person_keys *l, const char *person, uint64_t entry) {
	size_t lo = 0, hi = l->count;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (comes_before(&l->rows[mid], person, entry))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 && strcmp(l->rows[lo - 1].person, person) == 0 ? &l->rows[lo - 1] : NULL;
}

int sr_query_key_at(uint8_t pk[SR_PK], struct sr_catalogue *c, const char *person, uint64_t entry,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_OPEN(&st, sr_catalogue_db(c), e,
		"SELECT pk FROM person_keys WHERE person = ? AND entry < ? ORDER BY entry DESC"
		" LIMIT 1",
		A_STR(person), A_U64(entry));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, pk, SR_PK, e);
	sr_stmt_reset(st);
	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "%s had no key before entry %llu",
					   person, (unsigned long long)entry)
				 : rc;
}

int sr_query_key_used(
	bool *out, struct sr_catalogue *c, const uint8_t pk[SR_PK], struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM person_keys WHERE pk = ?", A_HASH(pk));

	*out = n != 0;
	return rc;
}

int sr_query_knew_service_keys(
	bool *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM (SELECT max(ended) AS last, count(*) - count(ended) AS live"
		" FROM roles WHERE person = ? AND role = 'custodian') WHERE live = 0 AND last >"
		" (SELECT max(entry) FROM service_keys)",
		A_STR(person));

	*out = n != 0;
	return rc;
}

int sr_query_service_keys_old(bool *out, struct sr_catalogue *c, struct sr_err *e) {
	int64_t n = 0;
	int rc = SQL_INT_OF(sr_catalogue_db(c), e, &n,
		"SELECT count(*) FROM boards b JOIN epochs p ON p.board = b.board AND p.epoch ="
		" b.epoch JOIN epochs q ON q.board = b.board AND q.epoch = p.base WHERE"
		" b.request IS NULL AND q.epoch > ? AND q.entry > (SELECT max(entry) FROM"
		" service_keys)",
		A_INT(1));

	*out = n != 0;
	return rc;
}
