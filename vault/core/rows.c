/*
 * The writer counts as it goes and writes the counts back in place, so no list has to be known
 * before it is written. The reader makes one pass to count and check, one to fill: two
 * allocations for any number of rows.
 */
#include "core/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/time.h"

void sr_rows_begin(struct sr_rows_out *o, struct sr_buf *b) {
	memset(o, 0, sizeof *o);
	o->b = b;
	o->start = b->len;
	sr_buf_put_le32(b, 0);
}

static void put_name(struct sr_buf *b, const char *name) {
	const size_t len = strlen(name);
	sr_buf_put_u8(b, (uint8_t)len);
	sr_buf_put(b, name, len);
}

void sr_row(struct sr_rows_out *o, const char *kind) {
	if (o->rows == SR_ROWS_MAX) {
		if (o->b->failed == 0)
			o->b->failed = SR_LIMIT;
		return;
	}
	put_name(o->b, kind);
	o->row = o->b->len;
	o->fields = 0;
	sr_buf_put_le16(o->b, 0);
	o->rows++;
	if (sr_buf_ok(o->b, NULL) == 0)
		sr_le32_put(o->b->p + o->start, o->rows);
}

void sr_row_bytes(struct sr_rows_out *o, const char *key, struct sr_bytes value) {
	if (o->rows == 0 || o->fields == SR_ROW_FIELDS || value.len > UINT32_MAX) {
		if (o->b->failed == 0)
			o->b->failed = o->rows == 0 ? SR_MISUSE : SR_LIMIT;
		return;
	}
	put_name(o->b, key);
	sr_buf_put_lp(o->b, value);
	o->fields++;
	if (sr_buf_ok(o->b, NULL) == 0)
		sr_le16_put(o->b->p + o->row, (uint16_t)o->fields);
}

void sr_row_buf(struct sr_rows_out *o, const char *key, const struct sr_buf *value) {
	if (o->b->failed == SR_OK)
		o->b->failed = value->failed;
	sr_row_bytes(o, key, sr_bytes_of(value->p, value->len));
}

void sr_row_str(struct sr_rows_out *o, const char *key, const char *value) {
	if (value != NULL && value[0] != '\0')
		sr_row_bytes(o, key, sr_bytes_str(value));
}

void sr_row_hex(struct sr_rows_out *o, const char *key, const void *p, size_t len) {
	char text[2 * 64 + 1];
	if (len > 64) {
		if (o->b->failed == 0)
			o->b->failed = SR_MISUSE;
		return;
	}
	sr_hex(text, p, len);
	sr_row_str(o, key, text);
}

void sr_row_base64(struct sr_rows_out *o, const char *key, const void *p, size_t len) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_buf_put_base64(&b, p, len);
	sr_row_buf(o, key, &b);
	sr_buf_free(&b);
}

static void put_number(struct sr_rows_out *o, const char *key, bool minus, uint64_t v) {
	char digits[24];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	if (minus)
		digits[--at] = '-';
	sr_row_bytes(o, key, sr_bytes_of(digits + at, sizeof digits - at));
}

void sr_row_dec(struct sr_rows_out *o, const char *key, uint64_t v) {
	put_number(o, key, false, v);
}

void sr_row_signed(struct sr_rows_out *o, const char *key, int64_t v) {
	put_number(o, key, v < 0, v < 0 ? ~(uint64_t)v + 1 : (uint64_t)v);
}

void sr_row_time(struct sr_rows_out *o, const char *key, int64_t t) {
	if (t == 0)
		return;
	char text[SR_TIME_TEXT];
	sr_time_format(text, t);
	sr_row_str(o, key, text);
}

void sr_row_flag(struct sr_rows_out *o, const char *key, bool v) {
	if (v)
		sr_row_str(o, key, "yes");
}

void sr_row_words(struct sr_rows_out *o, const char *key, const char *tokens) {
	if (tokens == NULL)
		return;
	const struct sr_bytes all = sr_bytes_str(tokens);
	size_t from = 0;
	for (size_t i = 0; i <= all.len; i++) {
		if (i < all.len && all.p[i] != ' ')
			continue;
		if (i > from)
			sr_row_bytes(o, key, sr_bytes_of(all.p + from, i - from));
		from = i + 1;
	}
}

/* --- reading --- */

static int get_name(struct sr_reader *r, struct sr_bytes *out, struct sr_err *e) {
	uint8_t len = 0;
	int rc = sr_get_u8(r, &len, e);
	if (rc == 0)
		rc = sr_get_view(r, out, len, e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < out->len; i++) {
		const uint8_t c = out->p[i];
		const bool letter = c >= 'a' && c <= 'z';
		const bool other = (c >= '0' && c <= '9') || c == '-';
		if (!letter && !(i > 0 && other)) {
			char shown[64];
			return sr_fail(e, SR_CORRUPT, "name \"%s\" is not [a-z][a-z0-9-]*",
				sr_escape_to(shown, sizeof shown, *out));
		}
	}
	return len > 0 ? 0 : sr_fail(e, SR_CORRUPT, "empty name at offset %zu", r->pos);
}

/* One pass; ${out} NULL: only check and count. */
static int walk(struct sr_bytes body, struct sr_rows *out, size_t *row_count, size_t *field_count,
	struct sr_err *e) {
	struct sr_reader r;
	uint32_t rows = 0;
	size_t fields = 0;
	sr_reader_init(&r, body);
	int rc = sr_get_le32(&r, &rows, e);
	if (rc == 0 && rows > SR_ROWS_MAX)
		rc = sr_fail(e, SR_CORRUPT, "%u rows, at most %d", rows, SR_ROWS_MAX);
	for (uint32_t i = 0; rc == 0 && i < rows; i++) {
		struct sr_bytes kind = {0};
		uint16_t n = 0;
		rc = get_name(&r, &kind, e);
		if (rc == 0)
			rc = sr_get_le16(&r, &n, e);
		if (rc == 0 && out != NULL) {
			out->rows[i].kind = kind;
			out->rows[i].fields = n > 0 ? out->fields + fields : NULL;
			out->rows[i].count = n;
		}
		for (uint16_t j = 0; rc == 0 && j < n; j++) {
			struct sr_row_field f = {0};
			rc = get_name(&r, &f.key, e);
			if (rc == 0)
				rc = sr_get_lp(&r, &f.value, body.len, e);
			if (rc == 0 && out != NULL)
				out->fields[fields] = f;
			fields++;
		}
		if (rc != 0)
			rc = sr_wrap(e, "row %u of %u", i + 1, rows);
	}
	if (rc == 0)
		rc = sr_get_end(&r, e);
	*row_count = rows;
	*field_count = fields;
	return rc;
}

int sr_rows_parse(struct sr_rows *out, struct sr_bytes body, struct sr_err *e) {
	struct sr_rows list = {0};
	size_t rows = 0, fields = 0;
	memset(out, 0, sizeof *out);
	if (body.len == 0)
		return 0;
	int rc = walk(body, NULL, &rows, &fields, e);
	if (rc != 0)
		return sr_wrap(e, "rows");
	list.rows = calloc(rows + 1, sizeof *list.rows);
	list.fields = calloc(fields + 1, sizeof *list.fields);
	if (list.rows == NULL || list.fields == NULL) {
		sr_rows_free(&list);
		return sr_fail(
			e, SR_NOMEM, "%zu rows with %zu fields: out of memory", rows, fields);
	}
	rc = walk(body, &list, &rows, &fields, e);
	list.count = rows;
	if (rc != 0)
		sr_rows_free(&list);
	else
		*out = list;
	return rc;
}

void sr_rows_free(struct sr_rows *r) {
	free(r->rows);
	free(r->fields);
	memset(r, 0, sizeof *r);
}

bool sr_row_is(const struct sr_row *r, const char *kind) {
	return sr_bytes_eq(r->kind, sr_bytes_str(kind));
}

struct sr_bytes sr_row_get_n(const struct sr_row *r, const char *key, size_t n) {
	const struct sr_bytes want = sr_bytes_str(key);
	for (size_t i = 0; i < r->count; i++) {
		if (sr_bytes_eq(r->fields[i].key, want) && n-- == 0)
			return r->fields[i].value;
	}
	return (struct sr_bytes){0};
}

struct sr_bytes sr_row_get(const struct sr_row *r, const char *key) {
	return sr_row_get_n(r, key, 0);
}

const struct sr_row *sr_rows_first(const struct sr_rows *r, const char *kind) {
	for (size_t i = 0; i < r->count; i++) {
		if (sr_row_is(&r->rows[i], kind))
			return &r->rows[i];
	}
	return NULL;
}

static int need(struct sr_bytes *v, const struct sr_row *r, const char *key, struct sr_err *e) {
	char shown[64];
	*v = sr_row_get(r, key);
	if (v->p == NULL)
		return sr_fail(e, SR_NOTFOUND, "row %s has no %s",
			sr_escape_to(shown, sizeof shown, r->kind), key);
	return 0;
}

int sr_row_get_id(
	uint8_t *out, size_t len, const struct sr_row *r, const char *key, struct sr_err *e) {
	struct sr_bytes v;
	int rc = need(&v, r, key, e);
	if (rc == 0 && (rc = sr_unhex(out, len, v, e)) != 0)
		rc = sr_wrap(e, "%s", key);
	return rc;
}

int sr_row_get_key(
	uint8_t *out, size_t len, const struct sr_row *r, const char *key, struct sr_err *e) {
	struct sr_bytes v;
	int rc = need(&v, r, key, e);
	if (rc == 0 && (rc = sr_unbase64_fixed(out, len, v, e)) != 0)
		rc = sr_wrap(e, "%s", key);
	return rc;
}

int sr_row_get_dec(uint64_t *out, const struct sr_row *r, const char *key, struct sr_err *e) {
	struct sr_bytes v;
	int rc = need(&v, r, key, e);
	if (rc == 0 && (rc = sr_parse_dec(out, v, UINT64_MAX, e)) != 0)
		rc = sr_wrap(e, "%s", key);
	return rc;
}

int sr_row_get_time(int64_t *out, const struct sr_row *r, const char *key, struct sr_err *e) {
	struct sr_bytes v;
	int rc = need(&v, r, key, e);
	if (rc == 0 && (rc = sr_time_parse(out, v, e)) != 0)
		rc = sr_wrap(e, "%s", key);
	return rc;
}
