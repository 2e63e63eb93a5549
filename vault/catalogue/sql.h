/*
 * sql - statements with typed arguments, for the files of this layer, and for the audit, which
 * looks at what stood in the tables before an entry.
 *
 *     rc = SQL_RUN(db, e, "UPDATE items SET state = ? WHERE n = ?", A_STR("held"), A_INT(n));
 *
 * Arguments are values, so that a wrong type does not compile. All statements are kept by the db
 * (sr_db_stmt).
 */
#ifndef SR_CATALOGUE_SQL_H
#define SR_CATALOGUE_SQL_H

#include "crypto/hash.h"
#include "store/db.h"

enum sr_sql_kind {
	SQL_NULL,
	SQL_INTEGER,
	SQL_BLOB,
	SQL_TEXT
};
struct sr_sql_arg {
	enum sr_sql_kind kind;
	int64_t i;
	struct sr_bytes b;
};

/* Names in capitals, which the formatter takes for macros. */
/* clang-format off */
static inline struct sr_sql_arg A_NULL(void) {
	struct sr_sql_arg a = {SQL_NULL, 0, {NULL, 0}};
	return a;
}
static inline struct sr_sql_arg A_INT(int64_t i) {
	struct sr_sql_arg a = {SQL_INTEGER, i, {NULL, 0}};
	return a;
}
/* Indices and counts are below 2^63: sr_parse_dec and the ledger see to it. */
static inline struct sr_sql_arg A_U64(uint64_t i) {
	return A_INT((int64_t)i);
}
/* NULL: null. */
static inline struct sr_sql_arg A_BLOB(const uint8_t *p, size_t len) {
	struct sr_sql_arg a = {p == NULL ? SQL_NULL : SQL_BLOB, 0, {p, len}};
	return a;
}
static inline struct sr_sql_arg A_ID(const uint8_t *id) {
	return A_BLOB(id, SR_ID);
}
static inline struct sr_sql_arg A_HASH(const uint8_t *hash) {
	return A_BLOB(hash, SR_HASH);
}
static inline struct sr_sql_arg A_TEXT(struct sr_bytes b) {
	struct sr_sql_arg a = {b.p == NULL ? SQL_NULL : SQL_TEXT, 0, b};
	return a;
}
static inline struct sr_sql_arg A_STR(const char *s) {
	struct sr_bytes none = {NULL, 0};
	return A_TEXT(s == NULL ? none : sr_bytes_str(s));
}

#define SQL_ARGS(...) \
	(const struct sr_sql_arg[]){__VA_ARGS__}, \
	sizeof((const struct sr_sql_arg[]){__VA_ARGS__}) / sizeof(struct sr_sql_arg)
/* clang-format on */

SR_MUST int
sr_sql_run(struct sr_db *db, struct sr_err *e, const char *sql, const struct sr_sql_arg *args,
	size_t count);
/* The first column of the only row; NOTFOUND. */
SR_MUST int sr_sql_int(struct sr_db *db, struct sr_err *e, int64_t *out, const char *sql,
	const struct sr_sql_arg *args, size_t count);
/* A kept statement with its arguments, to be stepped and reset by the caller. */
SR_MUST int sr_sql_open(struct sr_stmt **out, struct sr_db *db, const char *sql,
	const struct sr_sql_arg *args, size_t count, struct sr_err *e);
/* The same, the caller's alone until it is given back (sr_stmt_free): for two uses of one text at
 * the same time, too. */
SR_MUST int sr_sql_new(struct sr_stmt **out, struct sr_db *db, const char *sql,
	const struct sr_sql_arg *args, size_t count, struct sr_err *e);

#define SQL_RUN(db, e, sql, ...) sr_sql_run((db), (e), (sql), SQL_ARGS(__VA_ARGS__))
#define SQL_INT_OF(db, e, out, sql, ...) sr_sql_int((db), (e), (out), (sql), SQL_ARGS(__VA_ARGS__))
#define SQL_OPEN(st, db, e, sql, ...) sr_sql_open((st), (db), (sql), SQL_ARGS(__VA_ARGS__), (e))
#define SQL_NEW(st, db, e, sql, ...) sr_sql_new((st), (db), (sql), SQL_ARGS(__VA_ARGS__), (e))

#endif
