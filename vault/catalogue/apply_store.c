/*
 * apply_store - effects of stored, collect, escrow and backup: which packs there are, and which
 * backups could be opened.
 *
 * `packs` has every pack that a statement ever named; `ended` is the entry that removed it. A name
 * is never used again, being a hash over random bytes.
 */
#include "catalogue/apply_in.h"
#include "catalogue/lists.h"

/* The names under ${list}, which must be those that ${field} counts. */
static int read_names(struct sr_apply *a, const char *field, const char *list, struct sr_buf *body,
	struct sr_bytes *names, struct sr_err *e) {
	uint8_t root[SR_HASH] = {0}, want[SR_HASH] = {0};
	uint64_t count = 0;
	int rc = sr_apply_list(a, list, body, e);

	if (rc == 0)
		rc = sr_pack_list_read(names, sr_buf_view(body), e);
	if (rc == 0)
		rc = sr_pack_list_root(root, *names, e);
	if (rc == 0)
		rc = sr_field_count_root(&count, want, a->s, field, e);
	if (rc == 0 && (count != names->len / SR_HASH || memcmp(root, want, SR_HASH) != 0))
		rc = sr_fail(e, SR_CORRUPT,
			"%s: the list of %zu packs is not the one that was signed (%llu packs)",
			list, names->len / SR_HASH, (unsigned long long)count);
	return rc;
}

static int no_such_pack(const uint8_t name[SR_HASH], const char *why, struct sr_err *e) {
	char hex[2 * SR_HASH + 1];

	sr_hex(hex, name, SR_HASH);
	return sr_fail(e, SR_CORRUPT, "pack %.16s...: %s", hex, why);
}

int sr_apply_packs(struct sr_apply *a, struct sr_bytes names, struct sr_err *e) {
	for (size_t i = 0; i < names.len; i += SR_HASH) {
		int rc = SQL_RUN(a->db, e, "INSERT OR IGNORE INTO packs(pack, entry) VALUES(?, ?)",
			A_HASH(names.p + i), A_INT(a->entry));

		if (rc != 0)
			return rc;
		if (sr_db_changes(a->db) != 1)
			return no_such_pack(names.p + i, "it was named before", e);
	}
	return 0;
}

static int end_packs(struct sr_apply *a, struct sr_bytes names, struct sr_err *e) {
	for (size_t i = 0; i < names.len; i += SR_HASH) {
		int rc = SQL_RUN(a->db, e,
			"UPDATE packs SET ended = ? WHERE pack = ? AND ended IS NULL",
			A_INT(a->entry), A_HASH(names.p + i));

		if (rc != 0)
			return rc;
		if (sr_db_changes(a->db) != 1)
			return no_such_pack(names.p + i, "there is none to be removed", e);
	}
	return 0;
}

/* apply.c has checked that it stands directly behind its accession. */
int sr_apply_stored(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg accession, list;
	struct sr_bytes names = {NULL, 0};
	struct sr_buf body;
	int rc;

	sr_buf_init(&body);
	rc = read_names(a, "packs", "list", &body, &names, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO stored(accession, packs, list, entry) VALUES(?, ?, ?, ?)",
			sr_arg_id(a, "accession", &accession), A_U64(names.len / SR_HASH),
			sr_arg_hash(a, "list", &list), A_INT(a->entry));
	if (rc == 0)
		rc = sr_apply_packs(a, names, e);
	sr_buf_free(&body);
	return rc;
}

int sr_apply_collect(struct sr_apply *a, struct sr_err *e) {
	struct sr_bytes removed = {NULL, 0}, added = {NULL, 0};
	struct sr_id_arg removed_list, added_list;
	struct sr_buf gone, come;
	int rc;

	sr_buf_init(&gone);
	sr_buf_init(&come);
	rc = read_names(a, "removed", "removed-list", &gone, &removed, e);
	if (rc == 0)
		rc = read_names(a, "added", "added-list", &come, &added, e);
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"INSERT INTO collects(entry, removed, removed_bytes, removed_list, added,"
			" added_bytes, added_list) VALUES(?, ?, ?, ?, ?, ?, ?)",
			A_INT(a->entry), A_U64(removed.len / SR_HASH),
			sr_arg_dec(a, "removed-bytes"),
			sr_arg_hash(a, "removed-list", &removed_list), A_U64(added.len / SR_HASH),
			sr_arg_dec(a, "added-bytes"), sr_arg_hash(a, "added-list", &added_list));
	if (rc == 0)
		rc = end_packs(a, removed, e);
	if (rc == 0)
		rc = sr_apply_packs(a, added, e);
	sr_buf_free(&gone);
	sr_buf_free(&come);
	return rc;
}

/* --- backups ---------------------------------------------------------------------------------- */

int sr_apply_escrow(struct sr_apply *a, struct sr_err *e) {
	struct sr_id_arg escrow;
	uint64_t generation = 0;
	int64_t last = 0;
	int rc = sr_field_dec(&generation, a->s, "generation", 0, e);

	(void)sr_arg_id(a, "escrow", &escrow);
	if (rc == 0)
		rc = SQL_INT_OF(a->db, e, &last,
			"SELECT coalesce(max(generation), 0) FROM escrows WHERE escrow = ?",
			escrow.arg);
	if (rc == 0 && generation <= (uint64_t)last)
		return sr_fail(e, SR_CORRUPT, "generation %llu after %lld",
			(unsigned long long)generation, (long long)last);
	if (rc != 0)
		return rc;
	return SQL_RUN(a->db, e, "INSERT INTO escrows(escrow, generation, entry) VALUES(?, ?, ?)",
		escrow.arg, A_U64(generation), A_INT(a->entry));
}

int sr_apply_backup(struct sr_apply *a, struct sr_err *e) {
	struct sr_bytes result = sr_field(a->s, "result", 0);
	struct sr_id_arg backup, escrow;
	int rc;

	(void)sr_arg_id(a, "backup", &backup);
	(void)sr_arg_id(a, "escrow", &escrow);
	if (sr_bytes_eq(result, sr_bytes_str("begun")))
		return SQL_RUN(a->db, e,
			"INSERT INTO backups(backup, escrow, generation, entry) VALUES(?, ?, ?, ?)",
			backup.arg, escrow.arg, sr_arg_dec(a, "generation"), A_INT(a->entry));
	if (!sr_bytes_eq(result, sr_bytes_str("made")))
		return sr_fail(e, SR_CORRUPT, "result is \"%.*s\", want begun or made",
			(int)result.len, (const char *)result.p);
	rc = SQL_RUN(a->db, e,
		"UPDATE backups SET made = ?, entries = ?, checked = ?, secrets = ?"
		" WHERE backup = ? AND escrow = ? AND generation = ? AND made IS NULL",
		A_INT(a->entry), sr_arg_dec(a, "entries"), sr_arg_dec(a, "checked"),
		sr_arg_dec(a, "secrets"), backup.arg, escrow.arg, sr_arg_dec(a, "generation"));
	if (rc == 0 && sr_db_changes(a->db) != 1)
		rc = sr_fail(e, SR_CORRUPT, "no such backup was begun, or it is made already");
	return rc;
}
