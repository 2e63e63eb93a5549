/*
 * apply_trust - effects of found, key-epoch, service-key, auditor, person and person-end. The
 * founding board's id is the first half of the fingerprint.
 */
#include "catalogue/apply_in.h"
#include "catalogue/query.h"
#include "ledger/founding.h"
#include "ledger/keychange.h"

int sr_apply_card(
	struct sr_apply *a, const char *key, size_t i, struct sr_card *out, struct sr_err *e) {
	struct sr_buf bytes;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, a->s, key, i, e);
	if (rc == 0)
		rc = sr_card_read(out, sr_buf_view(&bytes), e);
	sr_buf_free(&bytes);
	return rc;
}

/* The person of ${card}, made if new; a known one must have this key. */
int sr_apply_add_person(struct sr_apply *a, const struct sr_card *card, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	uint8_t pk[SR_PK];
	int rc = SQL_OPEN(
		&st, a->db, e, "SELECT pk FROM people WHERE person = ?", A_STR(card->person));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, pk, sizeof pk, e);
	sr_stmt_reset(st);
	if (rc == 0 && memcmp(pk, card->key, SR_PK) != 0)
		return sr_fail(e, SR_CORRUPT, "%s has another key already", card->person);
	if (rc != SR_NOTFOUND)
		return rc;
	if (card->next) /* whoever comes first with a name must hold the key that it is of */
		return sr_fail(e, SR_CORRUPT, "%s is nobody here, and the card is of a later key",
			card->person);
	rc = SQL_RUN(a->db, e, "INSERT INTO people(person, pk, entry) VALUES(?, ?, ?)",
		A_STR(card->person), A_HASH(card->key), A_INT(a->entry));
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "INSERT INTO person_keys(person, entry, pk) VALUES(?, ?, ?)",
			A_STR(card->person), A_INT(a->entry), A_HASH(card->key));
	return rc;
}

/* Unless the person has it already. */
int sr_apply_add_role(
	struct sr_apply *a, const char *person, struct sr_bytes role, struct sr_err *e) {
	if (sr_role_named(role) == 0)
		return sr_fail(
			e, SR_CORRUPT, "\"%.*s\" is no role", (int)role.len, (const char *)role.p);
	return SQL_RUN(a->db, e,
		"INSERT INTO roles(person, role, entry) SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
		"(SELECT 1 FROM roles WHERE person = ?1 AND role = ?2 AND ended IS NULL)",
		A_STR(person), A_TEXT(role), A_INT(a->entry));
}

/* Names of cards, where they are here. */
int sr_apply_names(struct sr_apply *a, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < a->en->count && rc == 0; i++) {
		const struct sr_record *r = &a->en->records[i];
		const struct sr_field *f = sr_type_field(a->s->type, sr_bytes_str(r->key));
		if (f == NULL || f->kind != SR_V_CARD || a->texts[i].p == NULL)
			continue;
		rc = SQL_RUN(a->db, e,
			"INSERT INTO people_texts(person, name) VALUES(?, ?)"
			" ON CONFLICT(person) DO UPDATE SET name = excluded.name",
			A_STR(r->subject), A_TEXT(a->texts[i]));
	}
	return rc;
}

static int found_people(struct sr_apply *a, const char *role, struct sr_err *e) {
	size_t count = sr_field_count(a->s, role);
	struct sr_card card;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if ((rc = sr_apply_card(a, role, i, &card, e)) != 0 ||
			(rc = sr_apply_add_person(a, &card, e)) != 0 ||
			(rc = sr_apply_add_role(a, card.person, sr_bytes_str(role), e)) != 0)
			return rc;
		if (strcmp(role, "member") == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO board_members(board, epoch, member, person)"
				" VALUES(?, 1, ?, ?)",
				A_ID(a->s->hash), A_U64(i + 1), A_STR(card.person));
	}
	return rc;
}

/* Those who are to wait are known, and have no role. */
static int found_standby(struct sr_apply *a, struct sr_err *e) {
	struct sr_card card;
	int rc = 0;

	for (size_t i = 0; i < sr_field_count(a->s, "standby") && rc == 0; i++) {
		rc = sr_apply_card(a, "standby", i, &card, e);
		if (rc == 0)
			rc = sr_apply_add_person(a, &card, e);
	}
	return rc;
}

int sr_apply_found(struct sr_apply *a, struct sr_err *e) {
	static const char *const roles[] = {"member", "curator", "officer", "auditor", "custodian"};
	const size_t levels = sr_field_count(a->s, "level");
	struct sr_id_arg room;
	int rc;

	/* How many they are, and which levels, was looked at when it was parsed. */
	rc = SQL_RUN(a->db, e,
		"INSERT INTO vault(id, fingerprint, origin, vkey, room_key, key_epoch,"
		" standby_due) VALUES(1, ?, ?, ?, ?, 0, ?)",
		A_HASH(a->s->hash), sr_arg_token(a, "origin"), sr_arg_token(a, "ledger-key"),
		sr_arg_key(a, "room-key", &room), A_INT(sr_founding_standby(a->s)));
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO service_keys(entry, vkey, room_key) VALUES(?, ?, ?)",
			A_INT(a->entry), sr_arg_token(a, "ledger-key"),
			sr_arg_key(a, "room-key", &room));
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "INSERT INTO boards(board, epoch, entry) VALUES(?, 0, ?)",
			A_ID(a->s->hash), A_INT(a->entry));
	for (size_t i = 0; i < levels && rc == 0; i++) {
		uint64_t k = 0;
		rc = sr_field_dec(&k, a->s, "level", i, e);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO board_levels(board, epoch, level, quorum)"
				" VALUES(?, 1, ?, ?)",
				A_ID(a->s->hash), A_U64(k), A_U64(k));
	}
	for (size_t i = 0; i < sizeof roles / sizeof roles[0] && rc == 0; i++)
		rc = found_people(a, roles[i], e);
	if (rc == 0)
		rc = found_standby(a, e);
	return rc == 0 ? sr_apply_names(a, e) : rc;
}

int sr_apply_key_epoch(struct sr_apply *a, struct sr_err *e) {
	uint64_t epoch = 0;
	int64_t last = 0;
	struct sr_id_arg keys;
	int rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);

	if (rc == 0)
		rc = sr_db_int(a->db, "SELECT key_epoch FROM vault", &last, e);
	if (rc != 0)
		return rc;
	if (epoch != (uint64_t)last + 1)
		return sr_fail(e, SR_CORRUPT, "key epoch %llu after %lld",
			(unsigned long long)epoch, (long long)last);
	rc = SQL_RUN(a->db, e, "INSERT INTO key_epochs(epoch, object, entry) VALUES(?, ?, ?)",
		A_U64(epoch), sr_arg_hash(a, "keys", &keys), A_INT(a->entry));
	if (rc == 0)
		rc = sr_apply_each(a, "auditor",
			"INSERT INTO key_epoch_auditors(epoch, person) VALUES(?, ?)", A_U64(epoch),
			e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE vault SET key_epoch = ?", A_U64(epoch));
	if (rc == 0)
		a->memo->epoch = epoch;
	return rc;
}

/* The log's key and name in force, and a key or a name that may follow them. */
static int change_follows(struct sr_log_link *before, struct sr_apply *a,
	const struct sr_key_change *k, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	struct sr_vkey key;
	int64_t had = 0;
	int rc = SQL_OPEN(&st, a->db, e, "SELECT vkey FROM vault WHERE id = ?", A_INT(1));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_vkey_parse(&key, sr_bytes_str(sr_stmt_col_str(st, 0)), e);
	sr_stmt_reset(st);
	if (rc != 0)
		return rc;
	memcpy(before->pk, key.pk, SR_PK);
	memcpy(before->name, key.name, sizeof before->name);
	rc = sr_log_change_fits(&k->log, before, e);
	if (rc == 0 && k->log.next.from != a->en->index)
		rc = sr_fail(e, SR_CORRUPT, "it says that it is entry %llu, and is %llu",
			(unsigned long long)k->log.next.from, (unsigned long long)a->en->index);
	if (rc == 0 && k->log.renames)
		rc = SQL_INT_OF(a->db, e, &had, "SELECT count(*) FROM vault WHERE origin = ?",
			A_STR(k->log.next.name));
	if (rc == 0 && had != 0)
		rc = sr_fail(e, SR_CORRUPT, "the log goes on under the name of its founding");
	return rc;
}

/* The log lost entries: its name is another one, which the board has to confirm. */
static int named(struct sr_apply *a, const struct sr_key_change *k,
	const struct sr_log_link *before, struct sr_err *e) {
	const struct sr_log_link *l = &k->log.next;
	struct sr_id_arg root;

	if (l->agreed > l->from || l->known <= l->agreed)
		return sr_fail(e, SR_CORRUPT,
			"entries %llu to %llu, at entry %llu: that is no loss",
			(unsigned long long)l->agreed, (unsigned long long)l->known,
			(unsigned long long)l->from);
	return SQL_RUN(a->db, e,
		"INSERT INTO log_names(entry, hash, name, former, agreed, known, root)"
		" VALUES(?, ?, ?, ?, ?, ?, ?)",
		A_INT(a->entry), A_HASH(a->s->hash), A_STR(l->name), A_STR(before->name),
		A_U64(l->agreed), A_U64(l->known), sr_arg_hash(a, "root", &root));
}

/* A key that was there before never comes back, nor a name: the columns are unique. */
int sr_apply_service_key(struct sr_apply *a, struct sr_err *e) {
	struct sr_log_link before = {.from = 0};
	struct sr_key_change k;
	struct sr_id_arg room;
	int rc = sr_key_change_read(&k, a->s, e);

	if (rc == 0)
		rc = change_follows(&before, a, &k, e);
	if (rc != 0)
		return rc;
	if (k.log.renames) {
		rc = named(a, &k, &before, e);
		return rc == 0 ? SQL_RUN(a->db, e, "UPDATE vault SET vkey = ?",
					 sr_arg_token(a, "ledger-key"))
			       : rc;
	}
	rc = SQL_RUN(a->db, e, "INSERT INTO service_keys(entry, vkey, room_key) VALUES(?, ?, ?)",
		A_INT(a->entry), sr_arg_token(a, "ledger-key"), sr_arg_key(a, "room-key", &room));
	return rc == 0 ? SQL_RUN(a->db, e, "UPDATE vault SET vkey = ?, room_key = ?",
				 sr_arg_token(a, "ledger-key"), sr_arg_key(a, "room-key", &room))
		       : rc;
}

/* Epochs of before for somebody who is auditor now: no later one, since each of those was sealed to
 * the auditors of its time. */
int sr_apply_auditor(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg request, keys;
	uint64_t first = 0, last = 0;
	int64_t epoch = 0, role = 0;
	int rc = sr_apply_person_known(a, sr_field(a->s, "person", 0), e);

	if (rc == 0)
		rc = sr_field_dec(&first, a->s, "first", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&last, a->s, "last", 0, e);
	if (rc == 0)
		rc = sr_db_int(a->db, "SELECT key_epoch FROM vault", &epoch, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &role,
			"SELECT count(*) FROM roles WHERE person = ? AND role = 'auditor' AND"
			" ended IS NULL",
			sr_arg_token(a, "person"));
	if (rc == 0 && role == 0)
		return sr_fail(e, SR_CORRUPT, "who is given epochs is no auditor");
	if (rc == 0 && (first < 1 || first > last || last > (uint64_t)epoch))
		return sr_fail(e, SR_CORRUPT, "epochs %llu to %llu of %lld",
			(unsigned long long)first, (unsigned long long)last, (long long)epoch);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO auditor_epochs(entry, request, person, first, last, object)"
			" VALUES(?, ?, ?, ?, ?, ?)",
			A_INT(a->entry), sr_arg_id(a, "request", &request),
			sr_arg_token(a, "person"), A_U64(first), A_U64(last),
			sr_arg_hash(a, "keys", &keys));
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

/* --- people --- */

int sr_apply_person(struct sr_apply *a, struct sr_err *e) {
	size_t count = sr_field_count(a->s, "role");
	struct sr_card card;
	int rc = sr_apply_card(a, "card", 0, &card, e);

	if (rc != 0)
		return rc;
	if (!sr_bytes_eq(sr_field(a->s, "person", 0), sr_bytes_str(card.person)))
		return sr_fail(e, SR_CORRUPT, "the card is that of %s", card.person);
	if ((rc = sr_apply_add_person(a, &card, e)) != 0)
		return rc;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = sr_apply_add_role(a, card.person, sr_field(a->s, "role", i), e);
	if (rc == 0)
		rc = sr_apply_names(a, e);
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

/* A seat without the role is ended once more in logs of before standby boards took over without
 * whom a quorum had ended: they had the role then. */
static int has_seat(int64_t *seats, struct sr_apply *a, struct sr_bytes person, struct sr_err *e) {
	return SQL_INT_OF(a->db, e, seats,
		"SELECT count(*) FROM board_members m JOIN boards b ON b.board = m.board AND"
		" b.epoch = m.epoch WHERE m.person = ?",
		A_TEXT(person));
}

int sr_apply_person_end(struct sr_apply *a, struct sr_err *e) {
	struct sr_bytes person = sr_field(a->s, "person", 0);
	int64_t seats = 1;
	int rc = sr_apply_person_known(a, person, e);

	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE roles SET ended = ? WHERE person = ? AND ended IS NULL",
			A_INT(a->entry), A_TEXT(person));
	if (rc == 0 && sr_db_changes(a->db) == 0)
		rc = has_seat(&seats, a, person, e);
	if (rc == 0 && seats == 0)
		return sr_fail(e, SR_CORRUPT, "%.*s has no role left", (int)person.len,
			(const char *)person.p);
	if (rc == 0)
		rc = sr_apply_end_checkouts(a, "person", A_TEXT(person), e);
	if (rc == 0) /* what is not decided yet is decided without them */
		rc = SQL_RUN(a->db, e,
			"UPDATE votes SET ended = ? WHERE person = ? AND ended IS NULL AND v IN"
			" (SELECT v FROM versions WHERE state = 'open')",
			A_INT(a->entry), A_TEXT(person));
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}
