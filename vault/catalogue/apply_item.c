/*
 * apply_item - effects of collection, accession and redact: what comes in.
 */
#include "catalogue/apply_in.h"
#include "catalogue/lists.h"

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

int sr_apply_files(struct sr_apply *a, int64_t n, struct sr_file_list *list, struct sr_err *e) {
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
		rc = sr_apply_files(a, n, &list, e);
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
