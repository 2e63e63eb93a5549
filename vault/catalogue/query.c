/*
 * query - see query.h: helpers of all queries; vault and people; log, objects, texts and
 * counts.
 */
#include "catalogue/query_in.h"

/* --- helpers --- */

bool sr_token_in(const char *list, const char *token) {
	size_t len = strlen(token);

	for (const char *p = list; p != NULL && *p != '\0';) {
		const char *end = strchr(p, ' ');
		size_t n = end == NULL ? strlen(p) : (size_t)(end - p);
		if (n == len && memcmp(p, token, n) == 0)
			return true;
		p = end == NULL ? NULL : end + 1;
	}
	return false;
}

int sr_col_dup(char **out, struct sr_stmt *st, int i, struct sr_err *e) {
	struct sr_bytes v;
	char *copy;

	free(*out);
	*out = NULL;
	if (sr_stmt_col_is_null(st, i))
		return 0;
	v = sr_stmt_col_bytes(st, i);
	copy = malloc(v.len + 1);
	if (copy == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu bytes of text", v.len);
	if (v.len != 0)
		memcpy(copy, v.p, v.len);
	copy[v.len] = '\0';
	*out = copy;
	return 0;
}

int sr_col_dup_some(char **out, struct sr_stmt *st, int i, struct sr_err *e) {
	int rc = sr_col_dup(out, st, i, e);

	if (rc == 0 && *out == NULL && (*out = calloc(1, 1)) == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for an empty text");
	return rc;
}

void sr_col_person(char out[SR_PERSON_TEXT], struct sr_stmt *st, int i) {
	snprintf(out, SR_PERSON_TEXT, "%s", sr_stmt_col_str(st, i));
}

bool sr_col_opt(struct sr_stmt *st, int i, void *out, size_t len, int *rc, struct sr_err *e) {
	int got;

	if (*rc != 0 || sr_stmt_col_is_null(st, i))
		return false;
	got = sr_stmt_col_copy(st, i, out, len, e);
	if (got != 0)
		*rc = got;
	return got == 0;
}

int sr_list_grow(void **rows, size_t *count, size_t row_size, struct sr_err *e) {
	uint8_t *more;

	/* full at 0, 8, 16, 32, ...: a power of two */
	if (*count == 0 || (*count >= 8 && (*count & (*count - 1)) == 0)) {
		size_t cap = *count == 0 ? 8 : 2 * *count;
		more = realloc(*rows, cap * row_size);
		if (more == NULL)
			return sr_fail(
				e, SR_NOMEM, "no memory for %zu rows of %zu bytes", cap, row_size);
		*rows = more;
	}
	memset((uint8_t *)*rows + *count * row_size, 0, row_size);
	(*count)++;
	return 0;
}

struct sr_page sr_page_of(const struct sr_page *p) {
	struct sr_page page = {0, 100};

	if (p == NULL)
		return page;
	page.offset = p->offset > INT64_MAX ? INT64_MAX : p->offset;
	if (p->limit != 0)
		page.limit = p->limit > 1000 ? 1000 : p->limit;
	return page;
}

/* --- roles --- */

static const struct {
	const char *name;
	unsigned role;
} role_names[] = {
	{"member", SR_ROLE_MEMBER},
	{"curator", SR_ROLE_CURATOR},
	{"officer", SR_ROLE_OFFICER},
	{"auditor", SR_ROLE_AUDITOR},
	{"custodian", SR_ROLE_CUSTODIAN},
	{"researcher", SR_ROLE_RESEARCHER},
	{"depositor", SR_ROLE_DEPOSITOR},
};

unsigned sr_role_named(struct sr_bytes word) {
	for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++)
		if (sr_bytes_eq(word, sr_bytes_str(role_names[i].name)))
			return role_names[i].role;
	return 0;
}

const char *sr_role_name(unsigned role) {
	for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++)
		if (role_names[i].role == role)
			return role_names[i].name;
	return "unknown";
}

/* --- vault and people --- */

int sr_query_vault(struct sr_vault_row *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_vault_row v;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, db, e,
		"SELECT fingerprint, origin, vkey, room_key, key_epoch, standby_due FROM vault"
		" WHERE id = ?",
		A_INT(1));

	memset(&v, 0, sizeof v);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, v.fingerprint, SR_HASH, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 3, v.room_key, SR_PK, e);
	if (rc == 0) {
		snprintf(v.origin, sizeof v.origin, "%s", sr_stmt_col_str(st, 1));
		snprintf(v.vkey, sizeof v.vkey, "%s", sr_stmt_col_str(st, 2));
		v.key_epoch = (uint32_t)sr_stmt_col_int(st, 4);
		v.standby_due = sr_stmt_col_int(st, 5) != 0;
	}
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "the vault is not founded yet");
	if (rc == 0)
		*out = v;
	return rc;
}

void sr_person_row_free(struct sr_person_row *r) {
	sr_words_free(r->name);
	memset(r, 0, sizeof *r);
}

void sr_people_free(struct sr_people *l) {
	for (size_t i = 0; i < l->count; i++)
		sr_person_row_free(&l->rows[i]);
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static unsigned roles_of(const char *list) {
	unsigned roles = 0;

	for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++)
		if (sr_token_in(list, role_names[i].name))
			roles |= role_names[i].role;
	return roles;
}

#define PERSON_SQL                                                                                \
	"SELECT p.person, p.pk, p.entry, t.name,"                                                 \
	" (SELECT group_concat(role, ' ') FROM roles WHERE person = p.person AND ended IS NULL)," \
	" (SELECT group_concat(role, ' ') FROM roles WHERE person = p.person),"                   \
	" (SELECT entry FROM erasures WHERE person = p.person)"                                   \
	" FROM people p LEFT JOIN people_texts t ON t.person = p.person"

static int read_person(struct sr_person_row *r, struct sr_stmt *st, struct sr_err *e) {
	sr_col_person(r->person, st, 0);
	r->entry = (uint64_t)sr_stmt_col_int(st, 2);
	r->roles = roles_of(sr_stmt_col_str(st, 4));
	r->roles_ever = roles_of(sr_stmt_col_str(st, 5));
	r->erased = (uint64_t)sr_stmt_col_int(st, 6);
	int rc = sr_stmt_col_copy(st, 1, r->pk, SR_PK, e);
	return rc == 0 ? sr_col_dup(&r->name, st, 3, e) : rc;
}

/* Takes over ${st}. */
static int one_person(struct sr_person_row *out, struct sr_stmt *st, struct sr_err *e) {
	struct sr_person_row r;
	int rc = sr_stmt_row(st, e);

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = read_person(&r, st, e);
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such person in this vault");
	if (rc != 0)
		sr_person_row_free(&r);
	else
		*out = r;
	return rc;
}

int sr_query_person(
	struct sr_person_row *out, struct sr_catalogue *c, const char *person, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(
		&st, sr_catalogue_db(c), e, PERSON_SQL " WHERE p.person = ?", A_STR(person));

	return rc == 0 ? one_person(out, st, e) : rc;
}

int sr_query_person_by_key(struct sr_person_row *out, struct sr_catalogue *c,
	const uint8_t pk[SR_PK], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e, PERSON_SQL " WHERE p.pk = ?", A_HASH(pk));

	return rc == 0 ? one_person(out, st, e) : rc;
}

int sr_query_people(
	struct sr_people *out, struct sr_catalogue *c, unsigned roles, struct sr_err *e) {
	struct sr_people l = {NULL, 0};
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_stmt_new(&st, sr_catalogue_db(c), PERSON_SQL " ORDER BY p.entry, p.person", e);

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_person_row r;
		bool wanted;
		memset(&r, 0, sizeof r);
		rc = read_person(&r, st, e);
		wanted = roles == 0 || (r.roles & roles) != 0;
		if (rc == 0 && wanted)
			rc = sr_list_grow((void **)&l.rows, &l.count, sizeof *l.rows, e);
		if (rc == 0 && wanted)
			l.rows[l.count - 1] = r;
		else
			sr_person_row_free(&r);
	}
	sr_stmt_free(st);
	if (rc != 0)
		sr_people_free(&l);
	*out = l;
	return rc;
}

int sr_query_key_epoch(uint8_t keys[SR_HASH], uint64_t *entry, struct sr_catalogue *c,
	uint32_t epoch, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT object, entry FROM key_epochs WHERE epoch = ?", A_INT(epoch));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, keys, SR_HASH, e);
	if (rc == 0)
		*entry = (uint64_t)sr_stmt_col_int(st, 1);
	sr_stmt_free(st);
	return rc == SR_NOTFOUND ? sr_fail(e, SR_NOTFOUND, "there is no key epoch %u", epoch) : rc;
}
