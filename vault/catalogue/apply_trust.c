/*
 * apply_trust - effects of found, key-epoch, the ceremony of the board's keys, person and
 * person-end.
 *
 * The founding board is the board of epoch 1; its keys are there after `opened`. vault.epoch is 0
 * until then.
 */
#include "catalogue/apply_in.h"
#include "catalogue/query.h"

static int read_card(
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
static int add_person(struct sr_apply *a, const struct sr_card *card, struct sr_err *e) {
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
	return SQL_RUN(a->db, e, "INSERT INTO people(person, pk, entry) VALUES(?, ?, ?)",
		A_STR(card->person), A_HASH(card->key), A_INT(a->entry));
}

/* Unless the person has it already. */
static int add_role(
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
static int set_names(struct sr_apply *a, struct sr_err *e) {
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
		if ((rc = read_card(a, role, i, &card, e)) != 0 ||
			(rc = add_person(a, &card, e)) != 0 ||
			(rc = add_role(a, card.person, sr_bytes_str(role), e)) != 0)
			return rc;
		if (strcmp(role, "member") == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO board(epoch, member, person) VALUES(1, ?, ?)",
				A_U64(i + 1), A_STR(card.person));
	}
	return rc;
}

int sr_apply_found(struct sr_apply *a, struct sr_err *e) {
	static const char *const roles[] = {"member", "curator", "officer", "auditor", "custodian"};
	size_t members = sr_field_count(a->s, "member"), levels = sr_field_count(a->s, "level");
	struct sr_id_arg room;
	int rc;

	if (members > SR_BOARD_MEMBERS_MAX || levels > SR_BOARD_LEVELS_MAX)
		return sr_fail(e, SR_CORRUPT, "%zu members and %zu levels, at most %d and %d",
			members, levels, SR_BOARD_MEMBERS_MAX, SR_BOARD_LEVELS_MAX);
	rc = SQL_RUN(a->db, e,
		"INSERT INTO vault(id, fingerprint, origin, vkey, room_key, epoch,"
		" key_epoch) VALUES(1, ?, ?, ?, ?, 0, 0)",
		A_HASH(a->s->hash), sr_arg_token(a, "origin"), sr_arg_token(a, "ledger-key"),
		sr_arg_key(a, "room-key", &room));
	for (size_t i = 0; i < levels && rc == 0; i++) {
		uint64_t k = 0;
		rc = sr_field_dec(&k, a->s, "level", i, e);
		if (rc == 0 && (k < 2 || k > members))
			return sr_fail(e, SR_CORRUPT, "level %llu with %zu members",
				(unsigned long long)k, members);
		if (rc == 0)
			rc = SQL_RUN(a->db, e, "INSERT INTO levels(level) VALUES(?)", A_U64(k));
	}
	for (size_t i = 0; i < sizeof roles / sizeof roles[0] && rc == 0; i++)
		rc = found_people(a, roles[i], e);
	return rc == 0 ? set_names(a, e) : rc;
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
	return rc;
}

/* --- the ceremony --- */

struct run {
	uint8_t id[SR_ID];
	int64_t epoch; /* of the board that it makes keys for */
	enum sr_state state;
};

/* The run that the statement names; state none when it is new, for the board that waits for its
 * keys. */
static int load_run(struct sr_apply *a, struct run *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_field_id(out->id, a->s, "run", 0, e);

	if (rc == 0)
		rc = SQL_OPEN(&st, a->db, e, "SELECT state, epoch FROM runs WHERE run = ?",
			A_ID(out->id));
	if (rc != 0)
		return rc;
	rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_state_named(&out->state, sr_stmt_col_bytes(st, 0), e);
	if (rc == 0)
		out->epoch = sr_stmt_col_int(st, 1);
	sr_stmt_reset(st);
	if (rc != SR_NOTFOUND)
		return rc;
	out->state = SR_S_NONE;
	return sr_db_int(a->db, "SELECT epoch + 1 FROM vault", &out->epoch, e);
}

static int member_of(
	struct sr_apply *a, const struct run *r, struct sr_bytes person, struct sr_err *e) {
	int64_t member = 0;
	int rc = SQL_INT_OF(a->db, e, &member,
		"SELECT member FROM board WHERE epoch = ? AND person = ?", A_INT(r->epoch),
		A_TEXT(person));

	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "%.*s is no member of board %lld", (int)person.len,
			(const char *)person.p, (long long)r->epoch);
	return rc;
}

/* A run begins only when those before it, for the same board, are void. */
static int no_run_open(struct sr_apply *a, const struct run *r, struct sr_err *e) {
	int64_t open = 0;
	int rc = SQL_INT_OF(a->db, e, &open,
		"SELECT count(*) FROM runs WHERE epoch = ? AND state != 'void'", A_INT(r->epoch));

	if (rc == 0 && open != 0)
		return sr_fail(e, SR_CORRUPT,
			"a run of key generation begins while another one is not void");
	return rc;
}

/* Load the run, check the actor (a member, unless it is the service) and take the step. */
static int run_step(struct sr_apply *a, struct run *r, enum sr_event event, struct sr_err *e) {
	enum sr_state to = SR_S_NONE;
	int rc = load_run(a, r, e);

	if (rc == 0 && !a->s->by_service)
		rc = member_of(a, r, sr_bytes_str(a->actor), e);
	if (rc == 0)
		rc = sr_state_step(&to, SR_M_RUN, r->state, event, e);
	if (rc == 0 && r->state == SR_S_NONE)
		rc = no_run_open(a, r, e);
	if (rc != 0)
		return rc;
	if (r->state == SR_S_NONE)
		return SQL_RUN(a->db, e,
			"INSERT INTO runs(run, epoch, state, entry) VALUES(?, ?, ?, ?)",
			A_ID(r->id), A_INT(r->epoch), A_STR(sr_state_name(to)), A_INT(a->entry));
	return SQL_RUN(a->db, e, "UPDATE runs SET state = ? WHERE run = ?",
		A_STR(sr_state_name(to)), A_ID(r->id));
}

int sr_apply_deal(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg dealing, object;
	struct run r = {.epoch = 0};
	int rc = run_step(a, &r, SR_E_DEAL, e);

	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO deals(run, person, dealing, object, entry) VALUES(?, ?, ?, ?, ?)",
		A_ID(r.id), A_STR(a->actor), sr_arg_hash(a, "dealing", &dealing),
		sr_arg_hash(a, "deal", &object), A_INT(a->entry));
}

int sr_apply_accept(struct sr_apply *a, struct sr_err *e) {
	size_t count = sr_field_count(a->s, "board-key");
	struct sr_id_arg transcript;
	struct run r = {.epoch = 0};
	int rc = run_step(a, &r, SR_E_ACCEPT, e);

	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO accepts(run, person, transcript, entry) VALUES(?, ?, ?, ?)",
			A_ID(r.id), A_STR(a->actor), sr_arg_hash(a, "transcript", &transcript),
			A_INT(a->entry));
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint64_t level = 0;
		uint8_t key[SR_PK];
		rc = sr_field_level_key(&level, key, a->s, "board-key", i, e);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO accept_keys(run, person, level, key) VALUES(?,"
				" ?, ?, ?)",
				A_ID(r.id), A_STR(a->actor), A_U64(level), A_HASH(key));
	}
	return rc;
}

int sr_apply_complaint(struct sr_apply *a, struct sr_err *e) {
	struct run r = {.epoch = 0};
	int rc = run_step(a, &r, SR_E_COMPLAINT, e);

	if (rc == 0)
		rc = member_of(a, &r, sr_field(a->s, "dealer", 0), e);
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO complaints(entry, run, person, dealer, level) VALUES(?, ?, ?, ?, ?)",
		A_INT(a->entry), A_ID(r.id), A_STR(a->actor), sr_arg_token(a, "dealer"),
		sr_arg_dec(a, "level"));
}

int sr_apply_reveal(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg ephemeral;
	struct run r = {.epoch = 0};
	int64_t asked = 0;
	int rc = run_step(a, &r, SR_E_REVEAL, e);

	if (rc == 0)
		rc = member_of(a, &r, sr_field(a->s, "member", 0), e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &asked,
			"SELECT count(*) FROM complaints WHERE run = ? AND person = ?"
			" AND dealer = ? AND level = ?",
			A_ID(r.id), sr_arg_token(a, "member"), A_STR(a->actor),
			sr_arg_dec(a, "level"));
	if (rc == 0 && asked == 0)
		return sr_fail(e, SR_CORRUPT, "%s answers a complaint that nobody made", a->actor);
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO reveals(entry, run, person, member, level, ephemeral) VALUES(?,"
		" ?, ?, ?, ?, ?)",
		A_INT(a->entry), A_ID(r.id), A_STR(a->actor), sr_arg_token(a, "member"),
		sr_arg_dec(a, "level"), sr_arg_key(a, "ephemeral", &ephemeral));
}

/* Each member of the board accepted this transcript and these keys. */
static int check_accepted(
	struct sr_apply *a, const struct run *r, size_t levels, struct sr_err *e) {
	struct sr_id_arg transcript;
	int64_t members = 0, accepted = 0, keys = 0;
	int rc = SQL_INT_OF(
		a->db, e, &members, "SELECT count(*) FROM board WHERE epoch = ?", A_INT(r->epoch));

	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &accepted,
			"SELECT count(*) FROM accepts WHERE run = ? AND transcript = ?",
			A_ID(r->id), sr_arg_hash(a, "transcript", &transcript));
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &keys,
			"SELECT count(*) FROM accept_keys k JOIN board_keys b ON b.level ="
			" k.level AND b.key = k.key"
			" WHERE k.run = ? AND b.epoch = ?",
			A_ID(r->id), A_INT(r->epoch));
	if (rc != 0)
		return rc;
	if (members == 0 || accepted != members || keys != members * (int64_t)levels)
		return sr_fail(e, SR_CORRUPT,
			"%lld of %lld members accepted this transcript, %lld of %lld keys agree",
			(long long)accepted, (long long)members, (long long)keys,
			(long long)(members * (int64_t)levels));
	return 0;
}

int sr_apply_opened(struct sr_apply *a, struct sr_err *e) {
	size_t count = sr_field_count(a->s, "board-key");
	struct sr_id_arg transcript;
	uint64_t epoch = 0;
	int64_t current = 0;
	struct run r = {.epoch = 0};
	int rc = run_step(a, &r, SR_E_OPENED, e);

	if (rc == 0)
		rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);
	if (rc == 0)
		rc = sr_db_int(a->db, "SELECT epoch FROM vault", &current, e);
	if (rc != 0)
		return rc;
	if (epoch != (uint64_t)current + 1 || epoch != (uint64_t)r.epoch)
		return sr_fail(e, SR_CORRUPT, "epoch %llu opened after %lld by a run for %lld",
			(unsigned long long)epoch, (long long)current, (long long)r.epoch);
	rc = SQL_RUN(a->db, e,
		"INSERT INTO epochs(epoch, run, transcript, entry) VALUES(?, ?, ?, ?)",
		A_U64(epoch), A_ID(r.id), sr_arg_hash(a, "transcript", &transcript),
		A_INT(a->entry));
	for (size_t i = 0; i < count && rc == 0; i++) {
		uint64_t level = 0;
		uint8_t key[SR_PK];
		rc = sr_field_level_key(&level, key, a->s, "board-key", i, e);
		if (rc == 0)
			rc = SQL_RUN(a->db, e,
				"INSERT INTO board_keys(epoch, level, key) VALUES(?, ?, ?)",
				A_U64(epoch), A_U64(level), A_HASH(key));
	}
	if (rc == 0)
		rc = check_accepted(a, &r, count, e);
	return rc == 0 ? SQL_RUN(a->db, e, "UPDATE vault SET epoch = ?", A_U64(epoch)) : rc;
}

/* --- people --- */

int sr_apply_person(struct sr_apply *a, struct sr_err *e) {
	size_t count = sr_field_count(a->s, "role");
	struct sr_card card;
	int rc = read_card(a, "card", 0, &card, e);

	if (rc != 0)
		return rc;
	if (!sr_bytes_eq(sr_field(a->s, "person", 0), sr_bytes_str(card.person)))
		return sr_fail(e, SR_CORRUPT, "the card is that of %s", card.person);
	if ((rc = add_person(a, &card, e)) != 0)
		return rc;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = add_role(a, card.person, sr_field(a->s, "role", i), e);
	if (rc == 0)
		rc = set_names(a, e);
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

int sr_apply_person_end(struct sr_apply *a, struct sr_err *e) {
	struct sr_bytes person = sr_field(a->s, "person", 0);
	int rc = sr_apply_person_known(a, person, e);

	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE roles SET ended = ? WHERE person = ? AND ended IS NULL",
			A_INT(a->entry), A_TEXT(person));
	if (rc == 0 && sr_db_changes(a->db) == 0)
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
