/*
 * apply_intake - effects of intake and scan: what is found in items by itself, or by a curator.
 */
#include "catalogue/apply_in.h"
#include "catalogue/lists.h"

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
		rc = sr_apply_files(a, n, &list, e);
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
		rc = sr_apply_envelope(a, it, (int64_t)epoch, e);
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
