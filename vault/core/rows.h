/*
 * rows - lists in bodies of replies: rows of named values, the same for every operation, so that
 * one reader serves all of them and a face can print any row as JSON.
 *
 *   body    le32 number of rows, then the rows
 *   row     u8 length and bytes of its kind ([a-z][a-z0-9-]*), le16 number of fields, then the
 *           fields
 *   field   u8 length and bytes of its key (as the kind), le32 length and bytes of its value
 *
 * A key may be repeated (a list). Values are spelled as in statements (hex, decimal, base64, RFC
 * 3339 time, tokens with single spaces, `yes` alone for a flag that holds); texts of people are
 * UTF-8 of any content; what is binary is said in core/ops.h ("bytes"). An absent value has no
 * field. Bounds: SR_ROWS_MAX rows, SR_ROW_FIELDS fields in a row.
 */
#ifndef SR_CORE_ROWS_H
#define SR_CORE_ROWS_H

#include "base/bytes.h"

enum {
	SR_ROWS_MAX = 65536,  /* more is asked for page by page */
	SR_ROW_FIELDS = 65535 /* le16 */
};

/* Writing: sr_rows_begin once, sr_row for each row, then its fields. The counts are filled in as
 * one goes, so the buffer is a whole body after every call. Failures stick to the buffer. */
struct sr_rows_out {
	struct sr_buf *b;
	size_t start; /* of the body in the buffer */
	size_t row;   /* where the field count of the open row lies */
	uint32_t rows;
	uint32_t fields;
};
void sr_rows_begin(struct sr_rows_out *o, struct sr_buf *b);
void sr_row(struct sr_rows_out *o, const char *kind);
void sr_row_bytes(struct sr_rows_out *o, const char *key, struct sr_bytes value);
/* When ${value} failed, the rows fail as it did. */
void sr_row_buf(struct sr_rows_out *o, const char *key, const struct sr_buf *value);
void sr_row_str(
	struct sr_rows_out *o, const char *key, const char *value); /* NULL or "": no field */
void sr_row_hex(struct sr_rows_out *o, const char *key, const void *p, size_t len);
void sr_row_base64(struct sr_rows_out *o, const char *key, const void *p, size_t len);
void sr_row_dec(struct sr_rows_out *o, const char *key, uint64_t v);
void sr_row_time(struct sr_rows_out *o, const char *key, int64_t t); /* 0: no field */
void sr_row_flag(struct sr_rows_out *o, const char *key, bool v);    /* `yes`, or no field */
void sr_row_signed(struct sr_rows_out *o, const char *key, int64_t v);
void sr_row_words(struct sr_rows_out *o, const char *key,
	const char *tokens); /* a field for each word; NULL: none */

/* Reading. Views into the body. */
struct sr_row_field {
	struct sr_bytes key;
	struct sr_bytes value;
};
struct sr_row {
	struct sr_bytes kind;
	struct sr_row_field *fields; /* owned by the list */
	size_t count;
};
struct sr_rows {
	struct sr_row *rows;
	size_t count;
	struct sr_row_field *fields;
};
/* Strict: counts are exact, nothing follows. CORRUPT. An empty body is no rows. Free with
 * sr_rows_free. */
SR_MUST int sr_rows_parse(struct sr_rows *out, struct sr_bytes body, struct sr_err *e);
void sr_rows_free(struct sr_rows *r);
bool sr_row_is(const struct sr_row *r, const char *kind);
/* The first (the i-th) field with ${key}, or an empty view (p == NULL). */
struct sr_bytes sr_row_get(const struct sr_row *r, const char *key);
struct sr_bytes sr_row_get_n(const struct sr_row *r, const char *key, size_t i);
/* The first row of that kind; NULL. */
const struct sr_row *sr_rows_first(const struct sr_rows *r, const char *kind);
/* Values with a grammar: 0; NOTFOUND when absent, CORRUPT when it is spelled wrongly. */
SR_MUST int sr_row_get_id(uint8_t *out, size_t len, const struct sr_row *r, const char *key,
	struct sr_err *e); /* hex */
SR_MUST int sr_row_get_key(uint8_t *out, size_t len, const struct sr_row *r, const char *key,
	struct sr_err *e); /* base64 */
SR_MUST int sr_row_get_dec(
	uint64_t *out, const struct sr_row *r, const char *key, struct sr_err *e);
SR_MUST int sr_row_get_time(
	int64_t *out, const struct sr_row *r, const char *key, struct sr_err *e);

#endif
