/*
 * Messages and rows: one spelling, every cut and flip refused or harmless, bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "core/call.h"
#include "core/rows.h"
#include "core/wire.h"
#include "util.h"

static void copy_head(struct sr_call *to, const struct sr_call *from) {
	sr_buf_clear(&to->head);
	sr_buf_put_bytes(&to->head, sr_buf_view(&from->head));
}

static void test_call(void **state) {
	struct sr_call c;
	struct sr_err e = {0};
	(void)state;
	sr_call_init(&c);
	sr_call_begin(&c, "items");
	sr_text_put_dec(&c.head, "limit", 5);
	sr_buf_put_str(&c.body, "body");
	assert_ok(sr_call_parse(&c, &e), &e);
	assert_int_equal(c.text.count, 2);
	assert_true(sr_bytes_eq(sr_text_get(&c.text, "op"), sr_bytes_str("items")));
	assert_true(c.body.secret);
	/* A second use starts from nothing. */
	sr_call_begin(&c, "hello");
	assert_int_equal(c.body.len, 0);
	assert_ok(sr_call_parse(&c, &e), &e);
	assert_int_equal(c.text.count, 1);
	sr_call_free(&c);
}

static void test_reply(void **state) {
	struct sr_call c;
	struct sr_err e = {0}, why = {0};
	(void)state;
	sr_call_init(&c);
	sr_reply_begin(&c, 0, NULL);
	sr_text_put(&c.head, "person", "p-0123456789abcdef");
	assert_ok(sr_call_parse(&c, &e), &e);
	for (int code = -1; code >= -12; code--) {
		const int rc =
			sr_fail(&why, (enum sr_code)code, "member 3 of 5 has voted; %d more", 2);
		sr_reply_begin(&c, rc, &why);
		sr_text_put_dec(&c.head, "index", 7);
		assert_fails(sr_call_parse(&c, &e), (enum sr_code)code, &e,
			"member 3 of 5 has voted; 2 more");
		/* Fields stay readable beside the refusal. */
		assert_true(sr_bytes_eq(sr_text_get(&c.text, "index"), sr_bytes_str("7")));
	}
	sr_reply_begin(&c, SR_DENIED, NULL);
	assert_fails(sr_call_parse(&c, &e), SR_DENIED, &e, "without a sentence");
	/* What a server says is escaped before it reaches a terminal. */
	(void)!sr_fail(&why, SR_DENIED, "red \033[31m");
	sr_reply_begin(&c, SR_DENIED, &why);
	assert_fails(sr_call_parse(&c, &e), SR_DENIED, &e, "red \\x1b[31m");
	sr_call_free(&c);
}

static void parse_text(struct sr_call *c, const char *text) {
	sr_buf_clear(&c->head);
	sr_buf_put_str(&c->head, text);
}

static void test_refused(void **state) {
	static const struct {
		const char *text;
		enum sr_code code;
		const char *piece;
	} cases[] = {
		{"strongroom/call/v1\n", SR_CORRUPT, "line `op`"},
		{"strongroom/call/v1\nlimit 5\nop items\n", SR_CORRUPT, "line `op`"},
		{"strongroom/call/v2\nop items\n", SR_UNSUPPORTED, "strongroom/call/v2"},
		{"strongroom/vote/v1\nop items\n", SR_UNSUPPORTED, "strongroom/vote/v1"},
		{"strongroom/reply/v1\n", SR_CORRUPT, "line `code`"},
		{"strongroom/reply/v1\nerror YQ==\ncode OK\n", SR_CORRUPT, "line `code`"},
		{"strongroom/reply/v1\ncode FINE\n", SR_CORRUPT, "\"FINE\""},
		{"strongroom/reply/v1\ncode ok\n", SR_CORRUPT, "\"ok\""},
		{"strongroom/reply/v1\ncode DENIED\nerror a!\n", SR_CORRUPT, NULL},
		{"op items\n", SR_CORRUPT, NULL},
		{"strongroom/call/v1\nop items", SR_CORRUPT, NULL},
		{"strongroom/call/v1\nop  items\n", SR_CORRUPT, NULL},
		{"", SR_CORRUPT, NULL},
	};
	struct sr_call c;
	struct sr_err e = {0};
	(void)state;
	sr_call_init(&c);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		parse_text(&c, cases[i].text);
		assert_fails(sr_call_parse(&c, &e), cases[i].code, &e, cases[i].piece);
	}
	sr_call_free(&c);
}

static void call_cut(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_call *c = ctx;
	struct sr_err e = {0};
	(void)what;
	sr_buf_clear(&c->head);
	sr_buf_put_bytes(&c->head, mutant);
	/* A cut at the end of a line is a shorter message; none may crash, and none parses with a
	 * torn line. */
	if (sr_call_parse(c, &e) == 0)
		assert_true(mutant.len > 0 && mutant.p[mutant.len - 1] == '\n');
}

static void call_flip(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_call *c = ctx, again;
	struct sr_err e = {0};
	(void)what;
	sr_buf_clear(&c->head);
	sr_buf_put_bytes(&c->head, mutant);
	if (sr_call_parse(c, &e) != 0)
		return;
	/* What parses has one spelling: written again from its lines it is the same. */
	sr_call_init(&again);
	copy_head(&again, c);
	assert_ok(sr_call_parse(&again, &e), &e);
	assert_int_equal(again.text.count, c->text.count);
	sr_call_free(&again);
}

static void test_mutants(void **state) {
	struct sr_call good, c;
	(void)state;
	sr_call_init(&good);
	sr_call_init(&c);
	sr_call_begin(&good, "request.material");
	sr_text_put_hex(&good.head, "request", "0123456789abcdef", 16);
	sr_text_put_dec(&good.head, "since", 12);
	t_each_cut(sr_buf_view(&good.head), call_cut, &c);
	t_each_flip(sr_buf_view(&good.head), call_flip, &c);
	sr_call_free(&good);
	sr_call_free(&c);
}

static void test_wire(void **state) {
	struct sr_call c;
	struct sr_wire w;
	struct sr_err e = {0};
	uint8_t h[SR_WIRE_HEADER];
	(void)state;
	sr_call_init(&c);
	assert_fails(sr_wire_put(h, &c, &e), SR_LIMIT, &e, "header of 0 bytes");
	sr_call_begin(&c, "hello");
	sr_buf_put_zero(&c.body, 1000);
	assert_ok(sr_wire_put(h, &c, &e), &e);
	assert_ok(sr_wire_get(&w, h, &e), &e);
	assert_int_equal(w.head, c.head.len);
	assert_int_equal(w.body, 1000);
	sr_le32_put(h, 0);
	assert_fails(sr_wire_get(&w, h, &e), SR_CORRUPT, &e, "header of 0 bytes");
	sr_le32_put(h, SR_TEXT_MAX + 1);
	assert_fails(sr_wire_get(&w, h, &e), SR_CORRUPT, &e, "header of 32769 bytes");
	sr_le32_put(h, SR_TEXT_MAX);
	sr_le32_put(h + 4, SR_CALL_BODY_MAX);
	assert_ok(sr_wire_get(&w, h, &e), &e);
	sr_le32_put(h + 4, SR_CALL_BODY_MAX + 1);
	assert_fails(sr_wire_get(&w, h, &e), SR_CORRUPT, &e,
		"body of 75497473 bytes, want at most 75497472");
	const size_t len = c.body.len;
	c.body.len = SR_CALL_BODY_MAX + 1; /* its length alone is looked at */
	assert_fails(sr_wire_put(h, &c, &e), SR_LIMIT, &e,
		"body of 75497473 bytes, at most 75497472 can be sent");
	c.body.len = len;
	sr_buf_put_zero(&c.head, SR_TEXT_MAX);
	assert_fails(sr_wire_put(h, &c, &e), SR_LIMIT, &e, "header of");
	sr_buf_clear(&c.head);
	sr_call_begin(&c, "hello");
	c.body.len = SR_CALL_BODY_MAX + 1; /* nobody reads it: its length is asked first */
	assert_fails(sr_wire_put(h, &c, &e), SR_LIMIT, &e,
		"body of 75497473 bytes, at most 75497472 can be sent");
	c.body.len = 0;
	sr_call_free(&c);
}

/* --- rows --- */

static void make_rows(struct sr_buf *b) {
	struct sr_rows_out o;
	sr_rows_begin(&o, b);
	sr_row(&o, "item");
	sr_row_hex(&o, "id", "\x01\x02\xff", 3);
	sr_row_dec(&o, "bytes", UINT64_MAX);
	sr_row_signed(&o, "mtime", INT64_MIN);
	sr_row_words(&o, "hazard", "malware graphic");
	sr_row_words(&o, "language", "");
	sr_row_flag(&o, "described", true);
	sr_row_flag(&o, "sealed", false);
	sr_row_time(&o, "begun", 1795255200);
	sr_row_time(&o, "ended", 0);
	sr_row_str(&o, "title", "two\nlines \xd9\x85");
	sr_row_str(&o, "creator", NULL);
	sr_row_bytes(&o, "path", sr_bytes_of("a\0b", 3));
	sr_row(&o, "empty");
	sr_row(&o, "key");
	sr_row_base64(&o, "key", "0123456789abcdef0123456789abcdef", 32);
}

static void test_rows(void **state) {
	struct sr_buf b;
	struct sr_rows l;
	struct sr_err e = {0};
	uint8_t id[3], key[32];
	uint64_t v = 0;
	int64_t t = 0;
	(void)state;
	sr_buf_init(&b);
	make_rows(&b);
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_ok(sr_rows_parse(&l, sr_buf_view(&b), &e), &e);
	assert_int_equal(l.count, 3);
	const struct sr_row *r = sr_rows_first(&l, "item");
	assert_non_null(r);
	assert_int_equal(r->count, 9);
	assert_ok(sr_row_get_id(id, 3, r, "id", &e), &e);
	assert_memory_equal(id, "\x01\x02\xff", 3);
	assert_ok(sr_row_get_dec(&v, r, "bytes", &e), &e);
	assert_true(v == UINT64_MAX);
	assert_true(sr_bytes_eq(sr_row_get(r, "mtime"), sr_bytes_str("-9223372036854775808")));
	assert_true(sr_bytes_eq(sr_row_get_n(r, "hazard", 1), sr_bytes_str("graphic")));
	assert_null(sr_row_get_n(r, "hazard", 2).p);
	assert_null(sr_row_get(r, "sealed").p);
	assert_ok(sr_row_get_time(&t, r, "begun", &e), &e);
	assert_int_equal(t, 1795255200);
	assert_true(sr_bytes_eq(sr_row_get(r, "path"), sr_bytes_of("a\0b", 3)));
	assert_fails(sr_row_get_dec(&v, r, "files", &e), SR_NOTFOUND, &e, "row item has no files");
	assert_fails(sr_row_get_dec(&v, r, "title", &e), SR_CORRUPT, &e, "title");
	assert_fails(sr_row_get_id(key, 32, r, "id", &e), SR_CORRUPT, &e, "id");
	assert_int_equal(l.rows[1].count, 0);
	assert_ok(sr_row_get_key(key, 32, &l.rows[2], "key", &e), &e);
	assert_null(sr_rows_first(&l, "grant"));
	sr_rows_free(&l);
	assert_ok(sr_rows_parse(&l, sr_bytes_of(NULL, 0), &e), &e);
	assert_int_equal(l.count, 0);
	sr_buf_free(&b);
}

static void rows_cut(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_rows l;
	struct sr_err e = {0};
	(void)ctx;
	(void)what;
	if (mutant.len == 0)
		return; /* an empty body is no rows */
	assert_fails(sr_rows_parse(&l, mutant, &e), SR_CORRUPT, &e, "rows: ");
	assert_null(l.rows);
}

static void rows_flip(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_rows l;
	struct sr_err e = {0};
	(void)ctx;
	(void)what;
	if (sr_rows_parse(&l, mutant, &e) == 0)
		sr_rows_free(&l);
	else
		assert_int_equal(e.code, SR_CORRUPT);
}

static void test_rows_mutants(void **state) {
	struct sr_buf b;
	struct sr_rows l;
	struct sr_err e = {0};
	(void)state;
	sr_buf_init(&b);
	make_rows(&b);
	t_each_cut(sr_buf_view(&b), rows_cut, NULL);
	t_each_flip(sr_buf_view(&b), rows_flip, NULL);
	sr_buf_put_u8(&b, 0);
	assert_fails(sr_rows_parse(&l, sr_buf_view(&b), &e), SR_CORRUPT, &e, NULL);
	sr_buf_free(&b);
	/* A count that promises much costs nothing before the bytes are there. */
	sr_buf_put_le32(&b, UINT32_MAX);
	assert_fails(sr_rows_parse(&l, sr_buf_view(&b), &e), SR_CORRUPT, &e, "at most 65536");
	sr_buf_free(&b);
}

static void test_rows_misuse(void **state) {
	struct sr_rows_out o;
	struct sr_buf b;
	struct sr_err e = {0};
	(void)state;
	sr_buf_init(&b);
	sr_rows_begin(&o, &b);
	sr_row_dec(&o, "stray", 1);
	assert_fails(sr_buf_ok(&b, &e), SR_MISUSE, &e, NULL);
	sr_buf_free(&b);
	sr_rows_begin(&o, &b);
	for (size_t i = 0; i <= SR_ROWS_MAX; i++)
		sr_row(&o, "r");
	assert_fails(sr_buf_ok(&b, &e), SR_LIMIT, &e, NULL);
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rows_mutants),
		cmocka_unit_test(test_rows_misuse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
