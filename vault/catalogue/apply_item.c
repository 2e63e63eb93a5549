/*
 * apply_item - effects of collection, accession, redact, describe and release.
 *
 * Lists of tokens in describe and release (hazard, language) replace the whole list; without such a
 * line the list stays as it is, and the token `none` alone empties it. Texts in describe replace
 * one field each; keywords are replaced together; the other fields are rows (apply_fields.c). An
 * item is described once a describe statement carried a title, whether or not anybody can still
 * read it.
 */
#include "catalogue/apply_in.h"
#include "catalogue/lists.h"
#include "catalogue/query.h"
#include "catalogue/search.h"

int sr_apply_collection(struct sr_apply *a, struct sr_err *e) {
	struct sr_bytes dedupe = sr_field(a->s, "dedupe", 0), name = sr_apply_text(a, "name", 0);
	struct sr_id_arg id, board, request;
	int rc;

	if (!sr_bytes_eq(dedupe, sr_bytes_str("collection")) &&
		!sr_bytes_eq(dedupe, sr_bytes_str("none")))
		return sr_fail(e, SR_CORRUPT, "dedupe is \"%.*s\", want collection or none",
			(int)dedupe.len, (const char *)dedupe.p);
	rc = SQL_RUN(a->db, e,
		"INSERT INTO collections(collection, board, request, dedupe, entry)"
		" VALUES(?, ?, ?, ?, ?)",
		sr_arg_id(a, "collection", &id), sr_arg_id(a, "board", &board),
		sr_arg_id(a, "request", &request), A_TEXT(dedupe), A_INT(a->entry));
	if (rc == 0 && name.p != NULL)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO collection_texts(collection, name) VALUES(?, ?)", id.arg,
			A_TEXT(name));
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}

/* --- items --- */

int sr_apply_item(
	struct sr_apply *a, struct sr_item_ref *out, const uint8_t item[SR_ID], struct sr_err *e) {
	struct sr_stmt *st = NULL;
	char hex[2 * SR_ID + 1];
	int rc = SQL_OPEN(
		&st, a->db, e, "SELECT n, state, number FROM items WHERE item = ?", A_ID(item));

	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_state_named(&out->state, sr_stmt_col_bytes(st, 1), e);
	if (rc == 0) {
		out->n = sr_stmt_col_int(st, 0);
		out->number = sr_stmt_col_int(st, 2);
	}
	sr_stmt_reset(st);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_hex(hex, item, SR_ID);
	return sr_fail(e, SR_CORRUPT, "there is no item %s", hex);
}

int sr_apply_item_step(
	struct sr_apply *a, const struct sr_item_ref *it, enum sr_event event, struct sr_err *e) {
	enum sr_state to = SR_S_NONE;
	int rc = sr_state_step(&to, SR_M_ITEM, it->state, event, e);

	if (rc != 0 || to == it->state)
		return rc;
	return SQL_RUN(a->db, e, "UPDATE items SET state = ? WHERE n = ?", A_STR(sr_state_name(to)),
		A_INT(it->n));
}

static int put_files(struct sr_apply *a, int64_t n, struct sr_file_list *list, struct sr_err *e) {
	struct sr_list_file f;
	int64_t position = 0;
	int rc = 0;

	while (rc == 0 && (rc = sr_file_list_next(list, &f, e)) == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO item_files(n, position, path, media_type, kind, size,"
			" mtime, sha256)"
			" VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
			A_INT(n), A_INT(position++),
			A_BLOB(f.path.len == 0 ? (const uint8_t *)"" : f.path.p, f.path.len),
			A_TEXT(f.media_type), A_INT(f.kind), A_U64(f.size), A_INT(f.mtime),
			A_HASH(f.sha256));
	return rc == SR_NOTFOUND ? 0 : rc; /* the end of the list */
}

/* The file list of an item, when its key is here; the title stands for the item until it is
 * described. */
static int add_files(struct sr_apply *a, int64_t n, const uint8_t id[SR_HASH], struct sr_err *e) {
	struct sr_file_list list;
	struct sr_buf body;
	int rc;

	sr_buf_init_secret(&body);
	rc = sr_apply_body(a, id, &body, e);
	if (rc == SR_NOTFOUND) {
		rc = 0;
		goto out;
	}
	if (rc == 0)
		rc = sr_file_list_read(&list, sr_buf_view(&body), e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "INSERT INTO item_texts(n, title) VALUES(?, ?)", A_INT(n),
			A_TEXT(list.title));
	if (rc == 0)
		rc = put_files(a, n, &list, e);
	if (rc == 0)
		rc = sr_apply_search(a, n, e);
out:
	sr_buf_free(&body);
	return rc;
}

struct accession {
	struct sr_id_arg id, collection;
	int64_t level, epoch; /* a deposit goes to the highest level, in the present epoch */
};

static int add_item(struct sr_apply *a, const struct accession *acc, const struct sr_list_item *row,
	struct sr_err *e) {
	char subject[SR_SUBJECT_TEXT] = "item:";
	enum sr_state state = SR_S_NONE;
	int rc;

	sr_hex(subject + strlen(subject), row->id, SR_ID);
	if ((rc = sr_state_step(&state, SR_M_ITEM, SR_S_NONE, SR_E_ACCESSION, e)) != 0 ||
		(rc = sr_apply_object(a, row->files_id, subject, e)) != 0)
		return rc;
	rc = SQL_RUN(a->db, e,
		"INSERT INTO items(item, accession, collection, depositor, state, flags,"
		" level, epoch, sealed, number, envelope, seal,"
		" files_id, bytes, files, described, entry) VALUES(?, ?, ?, ?, ?, 0, ?, ?, ?, 1,"
		" ?, ?, ?, ?, ?, 0, ?)",
		A_ID(row->id), acc->id.arg, acc->collection.arg, A_STR(a->actor),
		A_STR(sr_state_name(state)), A_INT(acc->level), A_INT(acc->epoch), A_INT(a->entry),
		A_HASH(row->envelope), A_HASH(row->seal), A_HASH(row->files_id), A_U64(row->bytes),
		A_INT(row->files), A_INT(a->entry));
	return rc == 0 ? add_files(a, sr_db_last_rowid(a->db), row->files_id, e) : rc;
}

/* The list must be the one that the statement signed for. */
static int check_list(struct sr_apply *a, const struct sr_accession_list *l, struct sr_err *e) {
	uint8_t root[SR_HASH], want[SR_HASH], files_root[SR_HASH];
	uint64_t items = 0, files = 0, bytes = 0, sum_files = 0, sum_bytes = 0;
	int rc = sr_accession_list_root(root, l, e);

	if (rc != 0 || (rc = sr_field_count_root(&items, want, a->s, "items", e)) != 0 ||
		(rc = sr_field_count_root(&files, files_root, a->s, "files", e)) != 0 ||
		(rc = sr_field_dec(&bytes, a->s, "bytes", 0, e)) != 0)
		return rc;
	for (size_t i = 0; i < l->item_count; i++) {
		sum_files += l->items[i].files;
		sum_bytes += l->items[i].bytes;
	}
	if (items != l->item_count || memcmp(root, want, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT,
			"the list of %zu items is not the one that was signed (%llu items)",
			l->item_count, (unsigned long long)items);
	if (files != sum_files || bytes != sum_bytes)
		return sr_fail(e, SR_CORRUPT,
			"the list has %llu files and %llu bytes, signed are %llu and %llu",
			(unsigned long long)sum_files, (unsigned long long)sum_bytes,
			(unsigned long long)files, (unsigned long long)bytes);
	return 0;
}

static int add_accession(struct sr_apply *a, const struct accession *acc, struct sr_err *e) {
	struct sr_id_arg list;
	uint8_t root[SR_HASH];
	uint64_t items = 0, files = 0;
	int rc;

	if ((rc = sr_field_count_root(&items, root, a->s, "items", e)) != 0 ||
		(rc = sr_field_count_root(&files, root, a->s, "files", e)) != 0)
		return rc;
	return SQL_RUN(a->db, e,
		"INSERT INTO accessions(accession, collection, depositor, items, files,"
		" bytes, list, entry)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		acc->id.arg, acc->collection.arg, A_STR(a->actor), A_U64(items), A_U64(files),
		sr_arg_dec(a, "bytes"), sr_arg_hash(a, "list", &list), A_INT(a->entry));
}

/* The present epoch of the board that a collection is under. */
static int board_epoch(
	struct sr_apply *a, int64_t *epoch, struct sr_sql_arg collection, struct sr_err *e) {
	return SQL_INT_OF(a->db, e, epoch,
		"SELECT coalesce(max(b.epoch), 0) FROM collections c JOIN boards b ON b.board ="
		" c.board WHERE c.collection = ?",
		collection);
}

int sr_apply_accession(struct sr_apply *a, struct sr_err *e) {
	struct sr_accession_list l = {NULL, 0};
	struct accession acc;
	struct sr_buf body;
	int rc;

	sr_buf_init(&body);
	(void)sr_arg_id(a, "accession", &acc.id);
	(void)sr_arg_id(a, "collection", &acc.collection);
	rc = SQL_INT_OF(a->db, e, &acc.level,
		"SELECT coalesce(max(l.level), 0) FROM collections c JOIN boards b ON b.board ="
		" c.board JOIN board_levels l ON l.board = b.board AND l.epoch = b.epoch"
		" WHERE c.collection = ?",
		acc.collection.arg);
	if (rc == 0)
		rc = board_epoch(a, &acc.epoch, acc.collection.arg, e);
	if (rc == 0)
		rc = add_accession(a, &acc, e);
	if (rc == 0)
		rc = sr_apply_list(a, "list", &body, e);
	if (rc == 0)
		rc = sr_accession_list_read(&l, sr_buf_view(&body), e);
	if (rc == 0)
		rc = check_list(a, &l, e);
	for (size_t i = 0; i < l.item_count && rc == 0; i++)
		rc = add_item(a, &acc, &l.items[i], e);
	sr_accession_list_free(&l);
	sr_buf_free(&body);
	return rc;
}

/* As an accession of one item, whose hazards, hence its level, begin as its parent's. */
int sr_apply_redact(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg parent, accession;
	int64_t n = 0, from = 0;
	int rc = sr_apply_accession(a, e);

	(void)sr_arg_id(a, "accession", &accession);
	(void)sr_arg_id(a, "parent", &parent);
	if (rc == 0)
		rc = SQL_INT_OF(
			a->db, e, &n, "SELECT n FROM items WHERE accession = ?", accession.arg);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &from, "SELECT n FROM items WHERE item = ?", parent.arg);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "there is no such parent");
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE items SET parent = ?2 WHERE n = ?1", A_INT(n),
			parent.arg);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO item_hazards(n, hazard)"
			" SELECT ?1, hazard FROM item_hazards WHERE n = ?2"
			/* Of parts: which files the version has left of them, a curator says. */
			" UNION SELECT ?1, hazard FROM item_marks WHERE n = ?2",
			A_INT(n), A_INT(from));
	return rc == 0 ? sr_apply_search(a, n, e) : rc;
}

/* --- what is said about items --- */

struct token_list {
	const char *key, *have, *drop, *insert;
};

static bool is_line(const struct sr_apply *a, const char *key, struct sr_bytes word) {
	for (size_t i = 0; i < sr_field_count(a->s, key); i++)
		if (sr_bytes_eq(sr_field(a->s, key, i), word))
			return true;
	return false;
}

/* The words of the item that no line has, each by its whole key: a DELETE of a range would make
 * SQLite gather it in a table of its own first, which costs more than all the rest of a statement,
 * and most have nothing to drop. */
static int drop_others(
	struct sr_apply *a, int64_t n, const struct token_list *t, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	struct sr_buf have;
	int rc = SQL_OPEN(&st, a->db, e, t->have, A_INT(n));

	sr_buf_init(&have);
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0) {
		sr_buf_put_bytes(&have, sr_stmt_col_bytes(st, 0));
		rc = sr_buf_ok(&have, e);
	}
	sr_stmt_reset(st);
	for (size_t at = 0; rc == 0 && at < have.len;) {
		const uint8_t *end = memchr(have.p + at, ' ', have.len - at);
		const size_t len = end == NULL ? have.len - at : (size_t)(end - (have.p + at));
		const struct sr_bytes word = sr_bytes_of(have.p + at, len);

		if (!is_line(a, t->key, word))
			rc = SQL_RUN(a->db, e, t->drop, A_INT(n), A_TEXT(word));
		at += len + 1;
	}
	sr_buf_free(&have);
	return rc;
}

/* Replace a list by the lines with its key, if there are any; `none` alone empties it. */
static int set_tokens(struct sr_apply *a, int64_t n, const struct token_list *t, struct sr_err *e) {
	size_t count = sr_field_count(a->s, t->key);
	bool none = count == 1 && sr_bytes_eq(sr_field(a->s, t->key, 0), sr_bytes_str("none"));
	int rc;

	if (count == 0)
		return 0;
	rc = drop_others(a, n, t, e);
	return rc != 0 || none ? rc : sr_apply_each(a, t->key, t->insert, A_INT(n), e);
}

static int set_hazards(struct sr_apply *a, int64_t n, struct sr_err *e) {
	static const struct token_list hazards = {"hazard",
		"SELECT group_concat(hazard, ' ') FROM item_hazards WHERE n = ?",
		"DELETE FROM item_hazards WHERE n = ? AND hazard = ?",
		"INSERT OR IGNORE INTO item_hazards(n, hazard) VALUES(?, ?)"};
	int rc = set_tokens(a, n, &hazards, e);

	for (size_t i = 0; i < sr_field_count(a->s, "hazard") && rc == 0; i++)
		if (sr_bytes_eq(sr_field(a->s, "hazard", i), sr_bytes_str("referral")))
			rc = sr_apply_referral(a, n, e);
	return rc;
}

static int set_text(
	struct sr_apply *a, int64_t n, const char *key, const char *sql, struct sr_err *e) {
	if (sr_field_count(a->s, key) == 0)
		return 0;
	return SQL_RUN(a->db, e, sql, A_INT(n), A_TEXT(sr_apply_text(a, key, 0)));
}

static int set_keywords(struct sr_apply *a, int64_t n, struct sr_err *e) {
	size_t count = sr_field_count(a->s, "keyword"), here = 0;
	struct sr_bytes none = {NULL, 0};
	struct sr_buf all;
	int rc = 0;

	if (count == 0)
		return 0;
	sr_buf_init(&all);
	for (size_t i = 0; i < count; i++) {
		struct sr_bytes t = sr_apply_text(a, "keyword", i);
		if (t.p == NULL)
			continue;
		if (here++ != 0)
			sr_buf_put_u8(&all, '\n');
		sr_buf_put_bytes(&all, t);
	}
	rc = sr_buf_ok(&all, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE item_texts SET keywords = ?2 WHERE n = ?1", A_INT(n),
			A_TEXT(here == 0 ? none
					 : sr_bytes_of(all.p == NULL ? (const uint8_t *)"" : all.p,
						   all.len)));
	sr_buf_free(&all);
	return rc;
}

static int set_texts(struct sr_apply *a, int64_t n, struct sr_err *e) {
	static const char *const fields[][2] = {
		{"title", "UPDATE item_texts SET title = ?2 WHERE n = ?1"},
		{"translit", "UPDATE item_texts SET translit = ?2 WHERE n = ?1"},
		{"description", "UPDATE item_texts SET description = ?2 WHERE n = ?1"},
		{"creator", "UPDATE item_texts SET creator = ?2 WHERE n = ?1"},
		{"source", "UPDATE item_texts SET source = ?2 WHERE n = ?1"},
		{"rights", "UPDATE item_texts SET rights = ?2 WHERE n = ?1"},
	};
	int rc = SQL_RUN(a->db, e, "INSERT OR IGNORE INTO item_texts(n) VALUES(?)", A_INT(n));

	for (size_t i = 0; i < sizeof fields / sizeof fields[0] && rc == 0; i++)
		rc = set_text(a, n, fields[i][0], fields[i][1], e);
	return rc == 0 ? set_keywords(a, n, e) : rc;
}

int sr_apply_describe(struct sr_apply *a, struct sr_err *e) {
	static const struct token_list languages = {"language",
		"SELECT group_concat(language, ' ') FROM item_languages WHERE n = ?",
		"DELETE FROM item_languages WHERE n = ? AND language = ?",
		"INSERT OR IGNORE INTO item_languages(n, language) VALUES(?, ?)"};
	struct sr_item_ref it = {.n = 0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, a->s, "item", 0, e);

	if (rc == 0)
		rc = sr_apply_item(a, &it, id, e);
	if (rc == 0)
		rc = sr_apply_item_step(a, &it, SR_E_DESCRIBE, e);
	if (rc == 0)
		rc = set_hazards(a, it.n, e);
	if (rc == 0)
		rc = set_tokens(a, it.n, &languages, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE items SET date = coalesce(?2, date), described = described |"
			" ?3 WHERE n = ?1",
			A_INT(it.n), sr_arg_token(a, "date"),
			A_INT(sr_field_count(a->s, "title") != 0));
	if (rc == 0)
		rc = set_texts(a, it.n, e);
	if (rc == 0)
		rc = sr_apply_fields(a, it.n, e);
	return rc == 0 ? sr_apply_search(a, it.n, e) : rc;
}

/* The envelope in force from now on: one more than the one before, with a new seal. Votes before
 * this entry have no piece of it, and what is open under the one before ends. */
static int set_seal(
	struct sr_apply *a, const struct sr_item_ref *it, int64_t epoch, struct sr_err *e) {
	struct sr_id_arg envelope;
	uint64_t number = 0;
	int rc = sr_field_dec(&number, a->s, "number", 0, e);

	if (rc != 0)
		return rc;
	if (number != (uint64_t)it->number + 1)
		return sr_fail(e, SR_CORRUPT, "envelope %llu after %lld",
			(unsigned long long)number, (long long)it->number);
	rc = SQL_RUN(a->db, e,
		"UPDATE items SET number = ?2, envelope = ?3, level = ?4, epoch = ?5, sealed = ?6,"
		" seal = NULL WHERE n = ?1",
		A_INT(it->n), A_U64(number), sr_arg_hash(a, "envelope", &envelope),
		sr_arg_dec(a, "level"), A_INT(epoch), A_INT(a->entry));
	return rc == 0 ? sr_apply_end_checkouts(a, "n", A_INT(it->n), e) : rc;
}

/* Whose boxes there are is in secrets.db alone: here nothing changes. */
int sr_apply_held_box(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, a->s, "item", 0, e);

	return rc == 0 ? sr_apply_item(a, &it, id, e) : rc;
}

/* --- intake --- */

/* The files of the item from now on, when its key is here; what it is called stays. */
static int files_anew(struct sr_apply *a, int64_t n, const uint8_t id[SR_HASH], struct sr_err *e) {
	struct sr_file_list list;
	struct sr_buf body;
	int rc;

	sr_buf_init_secret(&body);
	rc = sr_apply_body(a, id, &body, e);
	if (rc == 0)
		rc = sr_file_list_read(&list, sr_buf_view(&body), e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "DELETE FROM item_files WHERE n = ?", A_INT(n));
	if (rc == 0)
		rc = put_files(a, n, &list, e);
	if (rc == 0)
		rc = sr_apply_search(a, n, e);
	if (rc == SR_NOTFOUND) /* the item's key is gone: so are the rows of before */
		rc = 0;
	sr_buf_free(&body);
	return rc;
}

static int put_facts(struct sr_apply *a, int64_t n, struct sr_bytes body, struct sr_err *e) {
	const struct sr_bytes none = sr_bytes_str("");
	struct sr_reader r;
	struct sr_fact f;
	int64_t place = 0;
	int rc = sr_facts_read(&r, body, e);

	while (rc == 0 && (rc = sr_facts_next(&r, &f, e)) == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO item_facts(n, step, place, position, key, value)"
			" VALUES(?, ?, ?, ?, ?, ?)",
			A_INT(n), sr_arg_token(a, "step"), A_INT(place++), A_INT(f.file),
			A_TEXT(f.key), A_BLOB(f.value.len > 0 ? f.value.p : none.p, f.value.len));
	return rc == SR_NOTFOUND ? 0 : rc; /* the end */
}

static int facts_anew(struct sr_apply *a, int64_t n, const uint8_t id[SR_HASH], struct sr_err *e) {
	struct sr_buf body;
	int rc;

	sr_buf_init_secret(&body);
	rc = SQL_RUN(a->db, e, "DELETE FROM item_facts WHERE n = ? AND step = ?", A_INT(n),
		sr_arg_token(a, "step"));
	if (rc == 0)
		rc = sr_apply_body(a, id, &body, e);
	if (rc == 0)
		rc = put_facts(a, n, sr_buf_view(&body), e);
	sr_buf_free(&body);
	return rc == SR_NOTFOUND ? 0 : rc; /* its key is gone */
}

/* Files came with it: all of envelope, level, epoch, files, bytes, list and work, or none. */
static int more_files(
	struct sr_apply *a, const struct sr_item_ref *it, int64_t *added, struct sr_err *e) {
	uint64_t epoch = 0, files = 0;
	uint8_t list[SR_HASH];
	int64_t before = 0, good = 0;
	int rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);

	if (rc == 0)
		rc = sr_field_dec(&files, a->s, "files", 0, e);
	if (rc == 0)
		rc = sr_field_hash(list, a->s, "list", 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(
			a->db, e, &before, "SELECT files FROM items WHERE n = ?", A_INT(it->n));
	/* Never a lower level than before, and the key is one that the board has. */
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &good,
			"SELECT count(*) FROM items i JOIN collections c ON c.collection ="
			" i.collection JOIN board_levels l ON l.board = c.board"
			" WHERE i.n = ?1 AND i.level <= ?3 AND l.epoch = ?2 AND l.level = ?3"
			" AND i.epoch <= ?2",
			A_INT(it->n), A_U64(epoch), sr_arg_dec(a, "level"));
	if (rc == 0 && (good != 1 || sr_field_count(a->s, "bytes") == 0 ||
			       sr_field_count(a->s, "work") == 0))
		rc = sr_fail(e, SR_CORRUPT, "files came with no envelope that fits the item");
	if (rc == 0 && files <= (uint64_t)before)
		rc = sr_fail(e, SR_CORRUPT, "%llu files, where there were %lld",
			(unsigned long long)files, (long long)before);
	*added = (int64_t)files - before;
	if (rc == 0)
		rc = set_seal(a, it, (int64_t)epoch, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE items SET files = ?2, bytes = ?3, files_id = ?4 WHERE n = ?1",
			A_INT(it->n), A_U64(files), sr_arg_dec(a, "bytes"), A_HASH(list));
	return rc == 0 ? files_anew(a, it->n, list, e) : rc;
}

static int packs_of(struct sr_apply *a, struct sr_err *e) {
	const size_t count = sr_field_count(a->s, "pack");
	struct sr_buf names;
	uint8_t name[SR_HASH];
	int rc = 0;

	sr_buf_init(&names);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = sr_field_hash(name, a->s, "pack", i, e);
		sr_buf_put(&names, name, SR_HASH);
	}
	if (rc == 0)
		rc = sr_buf_ok(&names, e);
	if (rc == 0)
		rc = sr_apply_packs(a, sr_buf_view(&names), e);
	sr_buf_free(&names);
	return rc;
}

/* What a curator adds in a look of theirs: at a held item, or by the board's leave to make a
 * version of it at a released one. The look is open, and of this item. */
static int in_a_look(struct sr_apply *a, const struct sr_item_ref *it, struct sr_err *e) {
	struct sr_id_arg checkout;
	int64_t open = 0;
	int rc = SQL_INT_OF(a->db, e, &open,
		"SELECT count(*) FROM checkouts WHERE checkout = ? AND n = ? AND state = 'open'"
		" AND right_to = ?",
		sr_arg_id(a, "checkout", &checkout), A_INT(it->n),
		A_STR(it->state == SR_S_RELEASED ? "redact" : "quarantine"));

	if (rc == 0 && open != 1)
		rc = sr_fail(e, SR_CORRUPT, "the look that it names does not allow it");
	return rc == 0 ? sr_apply_item_step(
				 a, it, it->state == SR_S_RELEASED ? SR_E_RESEAL : SR_E_INTAKE, e)
		       : rc;
}

/* A step of what is done with a held item by itself, or what a curator adds. */
int sr_apply_intake(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	struct sr_id_arg work;
	int64_t added = 0;
	uint64_t number = 0;
	uint8_t id[SR_ID], facts[SR_HASH];
	int rc = sr_field_id(id, a->s, "item", 0, e);

	if (rc == 0)
		rc = sr_apply_item(a, &it, id, e);
	if (rc == 0)
		rc = sr_field_count(a->s, "checkout") != 0
			     ? in_a_look(a, &it, e)
			     : sr_apply_item_step(a, &it, SR_E_INTAKE, e);
	if (rc == 0)
		rc = sr_field_dec(&number, a->s, "number", 0, e);
	if (rc == 0 && sr_field_count(a->s, "envelope") == 0 && number != (uint64_t)it.number)
		rc = sr_fail(e, SR_CORRUPT, "it is about envelope %llu, and %lld is in force",
			(unsigned long long)number, (long long)it.number);
	if (rc == 0 && sr_field_count(a->s, "envelope") != 0)
		rc = more_files(a, &it, &added, e);
	if (rc == 0 && sr_field_count(a->s, "facts") != 0) {
		rc = sr_field_hash(facts, a->s, "facts", 0, e);
		if (rc == 0)
			rc = facts_anew(a, it.n, facts, e);
	}
	if (rc == 0)
		rc = packs_of(a, e);
	return rc != 0 ? rc
		       : SQL_RUN(a->db, e,
				 "INSERT INTO intakes(entry, n, step, result, added, work)"
				 " VALUES(?, ?, ?, ?, ?, ?)",
				 A_INT(a->entry), A_INT(it.n), sr_arg_token(a, "step"),
				 sr_arg_token(a, "result"), A_INT(added),
				 sr_arg_id(a, "work", &work));
}

/* What a scanner said of an item's files, in a look that is under way; without a checkout, in the
 * vault's own: of a held item, or by the hashes that the catalogue has of a released one. What is
 * named anew in a released one closes it until a curator decides. */
int sr_apply_scan(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	struct sr_id_arg checkout = {.arg = A_NULL()}, named = {.arg = A_NULL()};
	uint64_t infected = 0;
	int64_t looked = 1;
	uint8_t id[SR_ID];
	int rc = sr_field_id(id, a->s, "item", 0, e);

	if (rc == 0)
		rc = sr_apply_item(a, &it, id, e);
	if (rc == 0 && it.state == SR_S_DESTROYED)
		rc = sr_fail(e, SR_CORRUPT, "the item is destroyed");
	if (rc == 0 && sr_field_count(a->s, "checkout") != 0)
		rc = SQL_INT_OF(a->db, e, &looked,
			"SELECT count(*) FROM checkouts WHERE checkout = ? AND n = ?",
			sr_arg_id(a, "checkout", &checkout), A_INT(it.n));
	if (rc == 0 && looked != 1)
		rc = sr_fail(e, SR_CORRUPT, "the item is not that of the checkout");
	if (rc == 0)
		rc = sr_field_dec(&infected, a->s, "infected", 0, e);
	(void)sr_arg_hash(a, "named", &named);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO scans(entry, n, checkout, scanner, signatures, result,"
			" clean, infected, not_scanned, named)"
			" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			A_INT(a->entry), A_INT(it.n), checkout.arg, sr_arg_token(a, "scanner"),
			sr_arg_time(a, "signatures"), sr_arg_token(a, "result"),
			sr_arg_dec(a, "clean"), sr_arg_dec(a, "infected"),
			sr_arg_dec(a, "not-scanned"), named.arg);
	return rc == 0 && infected > 0 && it.state == SR_S_RELEASED
		       ? sr_apply_infected(a, it.n, named.arg, e)
		       : rc;
}

int sr_apply_release(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	uint8_t id[SR_ID];
	int64_t epoch = 0;
	int rc = sr_field_id(id, a->s, "item", 0, e);

	if (rc == 0)
		rc = sr_apply_item(a, &it, id, e);
	if (rc == 0)
		rc = sr_apply_item_step(a, &it, SR_E_RELEASE, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &epoch,
			"SELECT b.epoch FROM items i JOIN collections c ON c.collection ="
			" i.collection JOIN boards b ON b.board = c.board WHERE i.n = ?",
			A_INT(it.n));
	if (rc == 0)
		rc = set_seal(a, &it, epoch, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE items SET released = ?2 WHERE n = ?1", A_INT(it.n),
			A_INT(a->entry));
	if (rc == 0)
		rc = set_hazards(a, it.n, e);
	return rc == 0 ? sr_apply_search(a, it.n, e) : rc;
}

/* A quorum of the old level decided it: the grant is live, of right reseal, and names the item. A
 * level is never lowered: that would need votes which say so. */
int sr_apply_reseal(struct sr_apply *a, struct sr_err *e) {
	struct sr_item_ref it = {.n = 0};
	struct sr_id_arg grant, request;
	uint64_t epoch = 0;
	uint8_t id[SR_ID];
	int64_t good = 0;
	int rc = sr_field_id(id, a->s, "item", 0, e);

	if (rc == 0)
		rc = sr_apply_item(a, &it, id, e);
	if (rc == 0)
		rc = sr_apply_item_step(a, &it, SR_E_RESEAL, e);
	if (rc == 0)
		rc = sr_field_dec(&epoch, a->s, "epoch", 0, e);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &good,
			"SELECT count(*) FROM grants g JOIN versions v ON v.v = g.v"
			" JOIN request_items r ON r.v = g.v JOIN items i ON i.n = r.n"
			" WHERE g.grant_id = ?1 AND v.request = ?2 AND g.right_to = 'reseal'"
			" AND g.state = 'live' AND i.n = ?3 AND i.sealed < g.entry"
			" AND i.level <= ?4",
			sr_arg_id(a, "grant", &grant), sr_arg_id(a, "request", &request),
			A_INT(it.n), sr_arg_dec(a, "level"));
	if (rc == 0 && good == 0)
		return sr_fail(e, SR_CORRUPT,
			"no live grant of right reseal names this item, or it was sealed anew "
			"under it already, or to a lower level");
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &good,
			"SELECT count(*) FROM items i JOIN collections c ON c.collection ="
			" i.collection JOIN board_levels l ON l.board = c.board"
			" WHERE i.n = ? AND l.epoch = ? AND l.level = ?",
			A_INT(it.n), A_U64(epoch), sr_arg_dec(a, "level"));
	if (rc == 0 && good == 0)
		return sr_fail(e, SR_CORRUPT, "its board has no such level in epoch %llu",
			(unsigned long long)epoch);
	/* Never back to a key before; a held item is another's to seal but for a new key. */
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &good,
			"SELECT count(*) FROM items i JOIN collections c ON c.collection ="
			" i.collection JOIN epochs o ON o.board = c.board AND o.epoch = i.epoch"
			" JOIN epochs p ON p.board = c.board AND p.epoch = ?2"
			" WHERE i.n = ?1 AND (o.base < p.base OR (o.base = p.base AND i.state ="
			" 'released'))",
			A_INT(it.n), A_U64(epoch));
	if (rc == 0 && good == 0)
		return sr_fail(e, SR_CORRUPT, "the key of epoch %llu is not one for this item",
			(unsigned long long)epoch);
	return rc == 0 ? set_seal(a, &it, (int64_t)epoch, e) : rc;
}
