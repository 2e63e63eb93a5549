/*
 * apply - see apply.h: the dispatch, and what every entry leaves behind whatever its type.
 *
 * Order: checks of the entry itself; texts of records that lie out; row of the log, subjects,
 * object lines; the effect; then records and texts. Errors of tables (a second row with one id, a
 * reference to nothing) come out of SQLite as constraint failures and are CORRUPT here, because
 * only a wrong ledger makes them.
 */
#include "catalogue/apply_in.h"
#include "catalogue/query_in.h"
#include "catalogue/search.h"

#include "base/escape.h"

static sr_effect_fn *const effects[SR_T_COUNT] = {
	[SR_T_FOUND] = sr_apply_found,
	[SR_T_KEY_EPOCH] = sr_apply_key_epoch,
	[SR_T_SERVICE_KEY] = sr_apply_service_key,
	[SR_T_AUDITOR] = sr_apply_auditor,
	[SR_T_DEAL] = sr_apply_deal,
	[SR_T_ACCEPT] = sr_apply_accept,
	[SR_T_COMPLAINT] = sr_apply_complaint,
	[SR_T_REVEAL] = sr_apply_reveal,
	[SR_T_OPENED] = sr_apply_opened,
	[SR_T_SHARE] = sr_apply_share,
	[SR_T_CONFIRM] = sr_apply_confirm,
	[SR_T_BOARD] = sr_apply_board,
	[SR_T_RESHARE] = sr_apply_reshare,
	[SR_T_STANDBY] = sr_apply_standby,
	[SR_T_TAKEOVER] = sr_apply_takeover,
	[SR_T_REKEY] = sr_apply_reshare,
	[SR_T_REKEYED] = sr_apply_rekeyed,
	[SR_T_POLICY] = sr_apply_policy,
	[SR_T_COLLECTION] = sr_apply_collection,
	[SR_T_PERSON] = sr_apply_person,
	[SR_T_PERSON_END] = sr_apply_person_end,
	[SR_T_PERSON_SET] = sr_apply_person_set,
	[SR_T_PERSON_KEY] = sr_apply_person_key,
	[SR_T_ERASE] = sr_apply_erase,
	[SR_T_ATTEST] = sr_apply_attest,
	[SR_T_ATTEST_END] = sr_apply_attest_end,
	[SR_T_ACCESSION] = sr_apply_accession,
	[SR_T_REDACT] = sr_apply_redact,
	[SR_T_STORED] = sr_apply_stored,
	[SR_T_DESCRIBE] = sr_apply_describe,
	[SR_T_HELD_BOX] = sr_apply_held_box,
	[SR_T_INTAKE] = sr_apply_intake,
	[SR_T_SCAN] = sr_apply_scan,
	[SR_T_RELEASE] = sr_apply_release,
	[SR_T_RESEAL] = sr_apply_reseal,
	[SR_T_EMBARGO] = sr_apply_embargo,
	[SR_T_HOLD] = sr_apply_hold,
	[SR_T_SEAL] = sr_apply_seal,
	[SR_T_RETENTION] = sr_apply_retention,
	[SR_T_DESTROY] = sr_apply_destroy,
	[SR_T_REQUEST] = sr_apply_request,
	[SR_T_AMEND] = sr_apply_amend,
	[SR_T_ROOM_KEY] = sr_apply_room_key,
	[SR_T_JOIN] = sr_apply_join,
	[SR_T_COMMENT] = sr_apply_comment,
	[SR_T_RECUSE] = sr_apply_recuse,
	[SR_T_VOTE] = sr_apply_vote,
	[SR_T_WITHDRAW] = sr_apply_withdraw,
	[SR_T_LAPSE] = sr_apply_lapse,
	[SR_T_REFUSE] = sr_apply_refuse,
	[SR_T_GRANT] = sr_apply_grant,
	[SR_T_SUSPEND] = sr_apply_suspend,
	[SR_T_LIFT] = sr_apply_lift,
	[SR_T_REVOKE] = sr_apply_revoke,
	[SR_T_RENEW] = sr_apply_renew,
	[SR_T_EXTEND] = sr_apply_extend,
	[SR_T_CLOSE] = sr_apply_close,
	[SR_T_CHECKOUT] = sr_apply_checkout,
	[SR_T_VIEWED] = sr_apply_viewed,
	[SR_T_RETURN] = sr_apply_return,
	[SR_T_EXPORT] = sr_apply_export,
	[SR_T_ENQUIRY] = sr_apply_enquiry,
	[SR_T_NOTICE] = sr_apply_notice,
	[SR_T_READ] = sr_apply_read,
	[SR_T_SCRUB] = sr_apply_scrub,
	[SR_T_COLLECT] = sr_apply_collect,
	[SR_T_ESCROW] = sr_apply_escrow,
	[SR_T_BACKUP] = sr_apply_backup,
	[SR_T_RECOVER] = sr_apply_recover,
	[SR_T_WITNESS] = sr_apply_witness,
	[SR_T_BREAK_GLASS] = sr_apply_break_glass,
	[SR_T_INCIDENT] = sr_apply_incident,
	[SR_T_DECIDED] = sr_apply_decision,
};

bool sr_apply_knows(enum sr_type_id type) {
	return (unsigned)type < SR_T_COUNT && effects[type] != NULL;
}

/* --- arguments --- */

struct sr_sql_arg sr_arg_token(const struct sr_apply *a, const char *key) {
	return A_TEXT(sr_field(a->s, key, 0));
}

struct sr_sql_arg sr_arg_dec(const struct sr_apply *a, const char *key) {
	uint64_t v = 0;

	return sr_field_dec(&v, a->s, key, 0, NULL) == 0 ? A_U64(v) : A_NULL();
}

struct sr_sql_arg sr_arg_time(const struct sr_apply *a, const char *key) {
	int64_t t = 0;

	return sr_field_time(&t, a->s, key, 0, NULL) == 0 ? A_INT(t) : A_NULL();
}

struct sr_sql_arg sr_arg_id(const struct sr_apply *a, const char *key, struct sr_id_arg *out) {
	out->arg = sr_field_id(out->bytes, a->s, key, 0, NULL) == 0 ? A_ID(out->bytes) : A_NULL();
	return out->arg;
}

struct sr_sql_arg sr_arg_hash(const struct sr_apply *a, const char *key, struct sr_id_arg *out) {
	out->arg =
		sr_field_hash(out->bytes, a->s, key, 0, NULL) == 0 ? A_HASH(out->bytes) : A_NULL();
	return out->arg;
}

struct sr_sql_arg sr_arg_key(const struct sr_apply *a, const char *key, struct sr_id_arg *out) {
	out->arg =
		sr_field_key(out->bytes, a->s, key, 0, NULL) == 0 ? A_HASH(out->bytes) : A_NULL();
	return out->arg;
}

int sr_apply_each(struct sr_apply *a, const char *key, const char *sql, struct sr_sql_arg owner,
	struct sr_err *e) {
	size_t count = sr_field_count(a->s, key);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = SQL_RUN(a->db, e, sql, owner, A_TEXT(sr_field(a->s, key, i)));
	return rc;
}

int sr_apply_each_at(struct sr_apply *a, const char *key, const char *sql, struct sr_sql_arg owner,
	struct sr_err *e) {
	size_t count = sr_field_count(a->s, key);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = SQL_RUN(a->db, e, sql, owner, A_U64(i), A_TEXT(sr_field(a->s, key, i)));
	return rc;
}

int sr_apply_person_known(struct sr_apply *a, struct sr_bytes person, struct sr_err *e) {
	char shown[64];
	int64_t one = 0;
	char *memo = a->memo->known[person.len > 0 ? person.p[person.len - 1] % SR_MEMO_PEOPLE : 0];
	int rc;

	if (sr_bytes_eq(person, sr_bytes_str(memo)))
		return 0;
	rc = SQL_INT_OF(a->db, e, &one, "SELECT 1 FROM people WHERE person = ?", A_TEXT(person));
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "%s is nobody of this vault",
			sr_escape_to(shown, sizeof shown, person));
	if (rc == 0)
		snprintf(memo, SR_PERSON_TEXT, "%.*s", (int)person.len, (const char *)person.p);
	return rc;
}

/* --- objects --- */

int sr_apply_object(
	struct sr_apply *a, const uint8_t id[SR_HASH], const char *subject, struct sr_err *e) {
	if (!a->en->has_object)
		return sr_fail(e, SR_CORRUPT, "it names an object but has no object file");
	return SQL_RUN(a->db, e,
		"INSERT INTO objects(object, entry, file, position, subject, epoch)"
		" VALUES(?, ?, ?, ?, ?, ?)",
		A_HASH(id), A_INT(a->entry), A_HASH(a->en->object), A_INT(a->position++),
		A_STR(subject), A_INT(a->en->epoch));
}

int sr_apply_body(
	struct sr_apply *a, const uint8_t id[SR_HASH], struct sr_buf *body, struct sr_err *e) {
	struct sr_object_at at;
	struct sr_stmt *st = NULL;
	int rc;

	rc = SQL_OPEN(&st, a->db, e, SR_SQL_OBJECT, A_HASH(id));
	if (rc == 0)
		rc = sr_object_at_read(&at, st, id, e);
	sr_stmt_reset(st);
	if (rc != 0)
		return rc == SR_NOTFOUND ? sr_fail(e, SR_MISUSE, "an object that no line names")
					 : rc;
	if (a->objects == NULL || a->objects->get == NULL)
		return sr_fail(e, SR_MISUSE, "no reader of objects was given");
	return a->objects->get(a->objects->ctx, &at, body, e);
}

int sr_apply_list(struct sr_apply *a, const char *key, struct sr_buf *body, struct sr_err *e) {
	uint8_t id[SR_HASH];
	int rc = sr_field_hash(id, a->s, key, 0, e);

	if (rc == 0)
		rc = sr_apply_body(a, id, body, e);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT,
			"the object of its line %s is not in the store: bring it back from a "
			"backup",
			key);
	return rc;
}

/* Where the objects of this entry begin in its file: after those of entries that share it. */
static int first_position(struct sr_apply *a, struct sr_err *e) {
	int64_t n = 0;
	int rc = 0;

	if (a->en->has_object)
		rc = SQL_INT_OF(a->db, e, &n, "SELECT count(*) FROM objects WHERE file = ?",
			A_HASH(a->en->object));
	a->position = (uint32_t)n;
	return rc;
}

/* --- what every entry leaves --- */

static int insert_entry(struct sr_apply *a, struct sr_err *e) {
	const struct sr_head *h = &a->s->head;

	return SR_LATE_ROW(&a->memo->late, a->db, SR_LATE_ENTRIES, e, A_INT(a->entry),
		A_STR(a->s->type->name), A_ID(h->id), A_HASH(a->s->hash), A_STR(h->actor),
		A_INT(h->time), A_INT(a->en->received),
		A_HASH(a->en->has_object ? a->en->object : NULL));
}

/* ${f}: of the line. */
static int insert_subject(
	struct sr_apply *a, const struct sr_field *f, struct sr_bytes value, struct sr_err *e) {
	return SR_LATE_ROW(&a->memo->late, a->db, SR_LATE_SUBJECTS, e, A_TEXT(value),
		A_INT(a->entry), A_STR(f->key));
}

/* A card stands for its person. */
static int insert_card_subject(
	struct sr_apply *a, const struct sr_field *f, const struct sr_line *l, struct sr_err *e) {
	struct sr_buf bytes;
	struct sr_card card;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_unbase64(&bytes, l->value, e);
	if (rc == 0)
		rc = sr_card_read(&card, sr_buf_view(&bytes), e);
	if (rc == 0)
		rc = insert_subject(a, f, sr_bytes_str(card.person), e);
	sr_buf_free(&bytes);
	return rc;
}

static int insert_line(struct sr_apply *a, const struct sr_line *l, struct sr_err *e) {
	const struct sr_field *f = sr_type_field(a->s->type, l->key);
	char subject[SR_SUBJECT_TEXT];
	uint8_t id[SR_HASH];
	int rc;

	if (f == NULL)
		return sr_fail(e, SR_MISUSE, "a line that its type does not have");
	switch (f->kind) {
	case SR_V_ID:
	case SR_V_PERSON:
		return insert_subject(a, f, l->value, e);
	case SR_V_ID_HASH:
		return insert_subject(a, f, sr_word(l->value, 0), e);
	case SR_V_CARD:
		return insert_card_subject(a, f, l, e);
	case SR_V_HASH:
		if (!f->object)
			return 0;
		if ((rc = sr_unhex(id, sizeof id, l->value, e)) != 0)
			return rc;
		rc = sr_apply_object_subject(subject, a->db, a->s, e);
		return rc == 0 ? sr_apply_object(a, id, subject, e) : rc;
	case SR_V_KEY:
	case SR_V_TOKEN:
	case SR_V_NAME:
	case SR_V_DEC:
	case SR_V_TIME:
	case SR_V_TEXT:
	case SR_V_COUNT_ROOT:
	case SR_V_LEVEL_KEY:
	case SR_V_LEVEL_QUORUM:
		return 0;
	}
	return sr_fail(e, SR_MISUSE, "value kind %d", (int)f->kind);
}

static int insert_records(struct sr_apply *a, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < a->en->count && rc == 0; i++) {
		const struct sr_record *r = &a->en->records[i];
		if (r->out)
			rc = sr_apply_object(a, r->object_id, r->subject, e);
		if (rc == 0)
			rc = SR_LATE_ROW(&a->memo->late, a->db, SR_LATE_RECORDS, e, A_INT(a->entry),
				A_U64(i), A_INT(r->compartment), A_STR(r->subject), A_STR(r->key),
				A_INT(r->index), A_HASH(r->out ? r->object_id : NULL));
	}
	return rc;
}

/* Texts: those of the entry, and bodies of records that lie out. Missing ones stay p == NULL. */
static int load_texts(struct sr_apply *a, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < a->en->count && rc == 0; i++) {
		const struct sr_record *r = &a->en->records[i];
		if (r->state == SR_RECORD_READ) {
			a->texts[i] = r->text.p == NULL ? sr_bytes_str("") : r->text;
			continue;
		}
		if (r->state != SR_RECORD_OUT)
			continue;
		struct sr_record check = *r;
		rc = sr_apply_body(a, r->object_id, &a->bodies[i], e);
		if (rc == SR_NOTFOUND) {
			rc = 0;
			continue;
		}
		if (rc == 0)
			rc = sr_record_body_read(
				check.salt, &check.text, sr_buf_view(&a->bodies[i]), e);
		check.state = SR_RECORD_READ;
		if (rc == 0)
			rc = sr_record_check(a->s, &check, e);
		if (rc == 0)
			a->texts[i] = check.text;
	}
	return rc;
}

static int insert_texts(struct sr_apply *a, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < a->en->count && rc == 0; i++)
		if (a->texts[i].p != NULL)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO texts(entry, record, text) VALUES(?, ?, ?)",
				A_INT(a->entry), A_U64(i), A_TEXT(a->texts[i]));
	return rc;
}

struct sr_bytes sr_apply_text(const struct sr_apply *a, const char *key, size_t i) {
	struct sr_bytes none = {NULL, 0};

	for (size_t r = 0; r < a->en->count; r++)
		if (a->en->records[r].index == i && strcmp(a->en->records[r].key, key) == 0)
			return a->texts[r];
	return none;
}

/* --- the entry --- */

/* What the tables say of the entry before this one, and of the vault. */
static int learn_before(struct sr_apply *a, struct sr_err *e) {
	struct sr_apply_memo *m = a->memo;
	struct sr_stmt *st = NULL;
	int rc = SQL_OPEN(&st, a->db, e,
		"SELECT o.received, o.type, v.fingerprint, max(v.key_epoch, ?2) FROM entries o,"
		" vault v WHERE o.entry = ?1",
		A_INT(a->entry - 1), A_INT(SR_EPOCH_FIRST));

	m->size = 0;
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0) {
		const struct sr_type *t = sr_type_named(sr_stmt_col_bytes(st, 1));

		m->received = sr_stmt_col_int(st, 0);
		m->brings = t != NULL && sr_type_brings_items(t->id);
		m->epoch = (uint64_t)sr_stmt_col_int(st, 3);
		rc = sr_stmt_col_copy(st, 2, m->vault, SR_HASH, e);
	}
	if (rc == 0)
		m->size = (uint64_t)a->entry;
	sr_stmt_reset(st);
	return rc;
}

/* Against the entry before: time does not run back, and an accession has its `stored` directly
 * behind it, in the same commit. */
static int check_before(struct sr_apply *a, struct sr_err *e) {
	uint8_t accession[SR_ID];
	int64_t at = -1;
	int rc = a->memo->size == (uint64_t)a->entry ? 0 : learn_before(a, e);

	if (rc != 0)
		return rc;
	if (a->en->received < a->memo->received)
		return sr_fail(e, SR_CORRUPT, "received %lld s before the entry before it",
			(long long)(a->memo->received - a->en->received));
	if (a->s->type->id != SR_T_STORED)
		return a->memo->brings
			       ? sr_fail(e, SR_CORRUPT,
					 "the accession before it has no `stored` behind it")
			       : 0;
	rc = sr_field_id(accession, a->s, "accession", 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &at, "SELECT entry FROM accessions WHERE accession = ?",
			A_ID(accession));
	if (rc == SR_NOTFOUND || (rc == 0 && at != a->entry - 1))
		return sr_fail(e, SR_CORRUPT, "it does not stand directly behind its accession");
	return rc;
}

/* This entry is the one before, for the next. */
static void remember(struct sr_apply *a) {
	struct sr_apply_memo *m = a->memo;

	if (a->entry == 0 || m->size != (uint64_t)a->entry)
		return; /* entry 0: the next one asks the tables */
	m->size++;
	m->received = a->en->received;
	m->brings = sr_type_brings_items(a->s->type->id);
}

int sr_apply_search(struct sr_apply *a, int64_t n, struct sr_err *e) {
	return a->memo->late.on ? sr_late_item(&a->memo->late, a->db, n, e)
				: sr_search_index(a->db, n, e);
}

/* The epoch in force: an entry under another one is one that those who watch could not read, or
 * that somebody who should not any more still can. */
static int check_epoch(const struct sr_apply *a, struct sr_err *e) {
	const uint64_t epoch = a->en->index == 0 ? SR_EPOCH_FIRST : a->memo->epoch;

	if (a->en->epoch == epoch)
		return 0;
	return sr_fail(e, SR_CORRUPT, "it is sealed under epoch %u, and epoch %llu is in force",
		a->en->epoch, (unsigned long long)epoch);
}

static int check_entry(struct sr_apply *a, struct sr_catalogue *c, struct sr_err *e) {
	const struct sr_head *h = &a->s->head;
	int rc;

	if (a->en->index != sr_catalogue_size(c))
		return sr_fail(e, SR_MISUSE, "entry %llu, but the catalogue stands at %llu",
			(unsigned long long)a->en->index, (unsigned long long)sr_catalogue_size(c));
	if ((a->s->type->id == SR_T_FOUND) != (a->en->index == 0))
		return sr_fail(e, SR_CORRUPT, "entry 0 is found, and no other");
	rc = a->en->index == 0 ? 0 : check_before(a, e);
	if (rc == 0)
		rc = check_epoch(a, e);
	if (rc != 0 || a->en->index == 0)
		return rc;
	if (memcmp(a->memo->vault, h->vault, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "it is a statement of another vault");
	return a->s->by_service ? 0 : sr_apply_person_known(a, sr_bytes_str(h->actor), e);
}

static int apply_all(struct sr_apply *a, struct sr_catalogue *c, struct sr_err *e) {
	int rc = check_entry(a, c, e);

	if (rc == 0)
		rc = insert_entry(a, e);
	if (rc == 0)
		rc = first_position(a, e);
	for (size_t i = a->s->fields_at; i < a->s->text.count && rc == 0; i++)
		rc = insert_line(a, &a->s->text.lines[i], e);
	if (rc == 0 && sr_type_brings_items(a->s->type->id))
		rc = effects[a->s->type->id](a, e); /* its file lists lie before records */
	if (rc == 0)
		rc = insert_records(a, e);
	if (rc == 0)
		rc = load_texts(a, e);
	if (rc == 0 && !sr_type_brings_items(a->s->type->id))
		rc = effects[a->s->type->id](a, e);
	return rc == 0 ? insert_texts(a, e) : rc;
}

int sr_catalogue_apply(struct sr_catalogue *c, const struct sr_entry *en,
	const struct sr_objects *objects, struct sr_err *e) {
	struct sr_apply a;
	struct sr_err own; /* so that the sentence can be completed when ${e} is NULL, too */
	int rc;

	memset(&a, 0, sizeof a);
	sr_err_clear(&own);
	a.db = sr_catalogue_db(c);
	a.en = en;
	a.s = &en->statement;
	a.objects = objects;
	a.entry = (int64_t)en->index;
	a.actor = en->statement.head.actor;
	a.memo = sr_catalogue_memo(c);
	if (!sr_db_in_transaction(a.db))
		return sr_fail(e, SR_MISUSE, "apply outside a transaction");
	a.texts = calloc(en->count + 1, sizeof *a.texts);
	a.bodies = calloc(en->count + 1, sizeof *a.bodies);
	if (a.texts == NULL || a.bodies == NULL) {
		rc = sr_fail(&own, SR_NOMEM, "no memory for %zu records", en->count);
		goto out;
	}
	for (size_t i = 0; i < en->count; i++)
		sr_buf_init_secret(&a.bodies[i]);
	rc = apply_all(&a, c, &own);
	if (rc == 0)
		rc = sr_catalogue_advance(c, &own);
	if (rc == 0)
		remember(&a);
out:
	for (size_t i = 0; a.bodies != NULL && i < en->count; i++)
		sr_buf_free(&a.bodies[i]);
	free(a.bodies);
	free(a.texts);
	if (rc == 0)
		return 0;
	if (rc == SR_NOTFOUND || rc == SR_EXISTS)
		rc = SR_CORRUPT;
	return sr_fail(e, (enum sr_code)rc, "entry %llu (%s): %s", (unsigned long long)en->index,
		en->statement.type->name, own.text);
}
