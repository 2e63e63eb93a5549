/*
 * query - see query.h: helpers of all queries; vault, people and board; log, objects, texts and
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

static int read_levels(struct sr_board_level *out, size_t *count, struct sr_db *db, int64_t epoch,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT l.level, k.key FROM levels l LEFT JOIN board_keys k ON k.level ="
		" l.level AND k.epoch = ?"
		" ORDER BY l.level",
		A_INT(epoch));

	*count = 0;
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		*count < SR_BOARD_LEVELS_MAX) {
		struct sr_board_level *l = &out[(*count)++];
		memset(l, 0, sizeof *l);
		l->level = (uint32_t)sr_stmt_col_int(st, 0);
		l->has_key = sr_col_opt(st, 1, l->key, SR_PK, &rc, e);
	}
	sr_stmt_free(st);
	return rc;
}

int sr_query_vault(struct sr_vault_row *out, struct sr_catalogue *c, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_vault_row v;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, db, e,
		"SELECT fingerprint, origin, vkey, room_key, epoch, key_epoch FROM vault"
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
		v.epoch = (uint32_t)sr_stmt_col_int(st, 4);
		v.key_epoch = (uint32_t)sr_stmt_col_int(st, 5);
	}
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "the vault is not founded yet");
	if (rc == 0)
		rc = read_levels(v.levels, &v.level_count, db, v.epoch, e);
	if (rc == 0)
		*out = v;
	return rc;
}

void sr_person_row_free(struct sr_person_row *r) {
	free(r->name);
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
	" (SELECT group_concat(role, ' ') FROM roles WHERE person = p.person)"                    \
	" FROM people p LEFT JOIN people_texts t ON t.person = p.person"

static int read_person(struct sr_person_row *r, struct sr_stmt *st, struct sr_err *e) {
	sr_col_person(r->person, st, 0);
	r->entry = (uint64_t)sr_stmt_col_int(st, 2);
	r->roles = roles_of(sr_stmt_col_str(st, 4));
	r->roles_ever = roles_of(sr_stmt_col_str(st, 5));
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

/* --- board --- */

int sr_query_board(
	struct sr_board_row *out, struct sr_catalogue *c, uint32_t epoch, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_vault_row v;
	struct sr_board_row b;
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_query_vault(&v, c, e);

	if (rc != 0)
		return rc;
	memset(&b, 0, sizeof b);
	b.epoch = epoch != 0 ? epoch : v.epoch != 0 ? v.epoch : 1;
	rc = SQL_NEW(&st, db, e,
		"SELECT b.person, p.pk, b.member, EXISTS(SELECT 1 FROM roles r WHERE"
		" r.person = b.person AND r.role = 'member'"
		" AND r.ended IS NULL) FROM board b JOIN people p ON p.person = b.person"
		" WHERE b.epoch = ? ORDER BY b.member",
		A_INT(b.epoch));
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		b.member_count < SR_BOARD_MEMBERS_MAX) {
		struct sr_member_row *m = &b.members[b.member_count++];
		sr_col_person(m->person, st, 0);
		m->index = (uint32_t)sr_stmt_col_int(st, 2);
		m->active = sr_stmt_col_int(st, 3) != 0;
		rc = sr_stmt_col_copy(st, 1, m->pk, SR_PK, e);
	}
	sr_stmt_free(st);
	if (rc == 0 && b.member_count == 0)
		return sr_fail(e, SR_NOTFOUND, "there is no board of epoch %u", b.epoch);
	if (rc == 0)
		rc = read_levels(b.levels, &b.level_count, db, b.epoch, e);
	if (rc != 0)
		return rc;
	if ((rc = SQL_NEW(&st, db, e, "SELECT run, transcript FROM epochs WHERE epoch = ?",
		     A_INT(b.epoch))) != 0)
		return rc;
	rc = sr_stmt_step(st, &row, e);
	if (rc == 0 && row) {
		b.opened = sr_col_opt(st, 0, b.run, SR_ID, &rc, e);
		(void)sr_col_opt(st, 1, b.transcript, SR_HASH, &rc, e);
	}
	sr_stmt_free(st);
	if (rc == 0)
		*out = b;
	return rc;
}

static int read_run_keys(
	struct sr_run_member *m, struct sr_db *db, const uint8_t run[SR_ID], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT level, key FROM accept_keys WHERE run = ? AND person = ? ORDER BY level",
		A_ID(run), A_STR(m->person));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		m->key_count < SR_BOARD_LEVELS_MAX) {
		struct sr_board_level *l = &m->keys[m->key_count++];
		l->level = (uint32_t)sr_stmt_col_int(st, 0);
		l->has_key = sr_col_opt(st, 1, l->key, SR_PK, &rc, e);
	}
	sr_stmt_free(st);
	return rc;
}

static int read_run_members(struct sr_run_row *r, struct sr_db *db, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = SQL_NEW(&st, db, e,
		"SELECT b.member, b.person, d.dealing, d.object, d.entry, a.transcript,"
		" a.entry FROM runs r"
		" JOIN board b ON b.epoch = r.epoch LEFT JOIN deals d ON d.run = r.run AND"
		" d.person = b.person"
		" LEFT JOIN accepts a ON a.run = r.run AND a.person = b.person WHERE r.run ="
		" ? ORDER BY b.member",
		A_ID(r->run));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row &&
		r->member_count < SR_BOARD_MEMBERS_MAX) {
		struct sr_run_member *m = &r->members[r->member_count++];
		m->index = (uint32_t)sr_stmt_col_int(st, 0);
		sr_col_person(m->person, st, 1);
		m->dealt = sr_col_opt(st, 2, m->dealing, SR_HASH, &rc, e);
		(void)sr_col_opt(st, 3, m->deal, SR_HASH, &rc, e);
		m->deal_entry = (uint64_t)sr_stmt_col_int(st, 4);
		m->accepted = sr_col_opt(st, 5, m->transcript, SR_HASH, &rc, e);
		m->accept_entry = (uint64_t)sr_stmt_col_int(st, 6);
		if (rc == 0 && m->accepted)
			rc = read_run_keys(m, db, r->run, e);
	}
	sr_stmt_free(st);
	return rc;
}

int sr_query_run(
	struct sr_run_row *out, struct sr_catalogue *c, const uint8_t *run, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(c);
	struct sr_run_row r;
	struct sr_stmt *st = NULL;
	int rc = SQL_NEW(&st, db, e,
		"SELECT run, state, entry, (SELECT count(*) FROM complaints c WHERE c.run = r.run),"
		" (SELECT count(*) FROM reveals v WHERE v.run = r.run) FROM runs r WHERE ?1"
		" IS NULL OR run = ?1"
		" ORDER BY entry DESC LIMIT 1",
		A_ID(run));

	memset(&r, 0, sizeof r);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, r.run, SR_ID, e);
	if (rc == 0)
		rc = sr_state_named(&r.state, sr_stmt_col_bytes(st, 1), e);
	if (rc == 0) {
		r.entry = (uint64_t)sr_stmt_col_int(st, 2);
		r.complaints = (uint32_t)sr_stmt_col_int(st, 3);
		r.reveals = (uint32_t)sr_stmt_col_int(st, 4);
	}
	sr_stmt_free(st);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND, "there is no such run of key generation");
	if (rc == 0)
		rc = read_run_members(&r, db, e);
	if (rc == 0)
		*out = r;
	return rc;
}

static int read_complaint(struct sr_complaint_row *r, struct sr_stmt *st, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 1, r->run, SR_ID, e);

	r->entry = (uint64_t)sr_stmt_col_int(st, 0);
	sr_col_person(r->person, st, 2);
	sr_col_person(r->dealer, st, 3);
	r->level = (uint32_t)sr_stmt_col_int(st, 4);
	r->dealt = sr_col_opt(st, 6, r->deal, SR_HASH, &rc, e);
	r->deal_entry = (uint64_t)sr_stmt_col_int(st, 5);
	r->revealed = !sr_stmt_col_is_null(st, 7);
	r->reveal_entry = (uint64_t)sr_stmt_col_int(st, 7);
	return rc;
}

int sr_query_complaints(
	struct sr_complaints *out, struct sr_catalogue *c, const uint8_t *run, struct sr_err *e) {
	struct sr_complaints l = {0};
	struct sr_stmt *st = NULL;
	size_t cap = 0;
	bool row = false;
	int rc = SQL_NEW(&st, sr_catalogue_db(c), e,
		"SELECT c.entry, c.run, c.person, c.dealer, c.level, d.entry, d.object,"
		" (SELECT min(r.entry) FROM reveals r WHERE r.run = c.run AND r.person = c.dealer"
		" AND r.member = c.person AND r.level = c.level)"
		" FROM complaints c LEFT JOIN deals d ON d.run = c.run AND d.person = c.dealer"
		" WHERE ?1 IS NULL OR c.run = ?1 ORDER BY c.entry",
		A_ID(run));

	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		if (l.count == cap) {
			size_t more = cap == 0 ? 8 : 2 * cap;
			struct sr_complaint_row *rows = realloc(l.rows, more * sizeof *rows);

			if (rows == NULL) {
				rc = sr_fail(e, SR_NOMEM, "no memory for %zu complaints", more);
				break;
			}
			l.rows = rows;
			cap = more;
		}
		memset(&l.rows[l.count], 0, sizeof *l.rows);
		rc = read_complaint(&l.rows[l.count++], st, e);
	}
	sr_stmt_free(st);
	if (rc == 0)
		*out = l;
	else
		sr_complaints_free(&l);
	return rc;
}

void sr_complaints_free(struct sr_complaints *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
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
