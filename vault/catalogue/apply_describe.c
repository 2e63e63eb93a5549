/*
 * apply_describe - effects of describe.
 *
 * Lists of tokens in describe and release (hazard, language) replace the whole list; without such a
 * line the list stays as it is, and the token `none` alone empties it. Texts in describe replace
 * one field each; keywords are replaced together; the other fields are rows (apply_fields.c). An
 * item is described once a describe statement carried a title, whether or not anybody can still
 * read it.
 */
#include "catalogue/apply_in.h"

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

int sr_apply_hazards(struct sr_apply *a, int64_t n, struct sr_err *e) {
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
		rc = sr_apply_hazards(a, it.n, e);
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
