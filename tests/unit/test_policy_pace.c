/*
 * Cedar: what is sixteen times as long takes about sixteen times as long. A set, entities, a
 * request and a decision come from outside, up to the limits of cedar.h; none of them may make the
 * vault stand still. Each shape here once met, or invites, an algorithm that is quadratic.
 *
 * Measured is the processor time of this process for the same number of bytes, once in sixteen
 * small pieces and once in one: a quadratic algorithm takes sixteen times as long for the one.
 */
#include <time.h>

#include "policy_rig.h"

enum {
	PIECES = 16,
	SPARE_MS = 60, /* what a machine that is busy with others may add */
	FACTOR = 5     /* log n, and what does not fit a cache any more */
};

#define P "permit(principal, action, resource)"

/* Appends a text of about ${size} bytes. */
typedef void shape_fn(struct sr_buf *out, size_t size);

static void repeated(struct sr_buf *out, const char *what, size_t size) {
	const size_t end = out->len + size;

	while (out->len < end)
		sr_buf_put_str(out, what);
}

static void numbered(struct sr_buf *out, const char *form, size_t size) {
	const size_t end = out->len + size;

	for (unsigned i = 0; out->len < end; i++) {
		char text[120];

		/* The forms are those below, each with two numbers at most. */
		const char *at = strchr(form, '#');
		size_t n = 0;

		for (const char *from = form;; from = at + 1, at = strchr(from, '#')) {
			if (at == NULL) {
				(void)snprintf(text + n, sizeof text - n, "%s", from);
				break;
			}
			n += (size_t)snprintf(
				text + n, sizeof text - n, "%.*s%u", (int)(at - from), from, i);
		}
		sr_buf_put_str(out, text);
	}
}

/* --- policies --------------------------------------------------------------------------------- */

static void many(struct sr_buf *out, size_t size) {
	numbered(out, "@id(\"rule-#\") " P " when { context.a == # };\n", size);
}

static void comments(struct sr_buf *out, size_t size) {
	repeated(out, "// nothing\n", size);
	sr_buf_put_str(out, P ";");
}

static void annotations(struct sr_buf *out, size_t size) {
	numbered(out, "@a#(\"#\") ", size);
	sr_buf_put_str(out, P ";");
}

static void set_of_numbers(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, P " when { [");
	numbered(out, "#,", size);
	sr_buf_put_str(out, "].contains(1) };");
}

static void record(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, P " when { {");
	numbered(out, "k#: #,", size);
	sr_buf_put_str(out, "} == {} };");
}

static void string(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, P " when { context.s == \"");
	repeated(out, "a\\u{e4}\\n", size);
	sr_buf_put_str(out, "\" };");
}

static void pattern(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, P " when { context.s like \"");
	repeated(out, "a*\\*", size);
	sr_buf_put_str(out, "\" };");
}

static void path(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, P " when { principal is a");
	repeated(out, " :: a", size);
	sr_buf_put_str(out, " };");
}

static void name(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, P " when { context.");
	repeated(out, "long", size);
	sr_buf_put_str(out, " == 1 };");
}

static void actions(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, "permit(principal, action in [");
	numbered(out, "Action::\"#\",", size);
	sr_buf_put_str(out, "], resource);");
}

static void conditions(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, P);
	repeated(out, " when { true }", size);
	sr_buf_put_str(out, ";");
}

static void broken_at_the_end(struct sr_buf *out, size_t size) {
	repeated(out, P " when { context.n == 1 };\n", size);
	sr_buf_put_str(out, "permit");
}

static void open_brackets(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, P " when { ");
	repeated(out, "(", size);
}

/* --- entities --------------------------------------------------------------------------------- */

static void flat(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, "[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{},\"parents\":[]}");
	numbered(out, ",{\"uid\":{\"type\":\"U\",\"id\":\"#\"},\"attrs\":{\"n\":#},\"parents\":[]}",
		size);
	sr_buf_put_str(out, "]");
}

static void of_one_house(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, "[{\"uid\":{\"type\":\"G\",\"id\":\"g\"},\"attrs\":{},\"parents\":[]}");
	numbered(out,
		",{\"uid\":{\"type\":\"U\",\"id\":\"#\"},\"attrs\":{},"
		"\"parents\":[{\"type\":\"G\",\"id\":\"g\"}]}",
		size);
	sr_buf_put_str(out, "]");
}

static void the_same_twice(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, "[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{},\"parents\":[]}");
	repeated(out, ",{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{},\"parents\":[]}", size);
	sr_buf_put_str(out, "]");
}

static void of_many_houses(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, "[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{},\"parents\":[");
	sr_buf_put_str(out, "{\"type\":\"G\",\"id\":\"g\"}");
	numbered(out, ",{\"type\":\"G\",\"id\":\"#\"}", size);
	sr_buf_put_str(out, "]}]");
}

static void of_many_words(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, "[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{\"a\":1");
	numbered(out, ",\"k#\":[#]", size);
	sr_buf_put_str(out, "},\"parents\":[]}]");
}

/* --- contexts --------------------------------------------------------------------------------- */

static void numbers(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, "{\"s\":\"\",\"set\":[0");
	numbered(out, ",#", size);
	sr_buf_put_str(out, "]}");
}

static void like_all(struct sr_buf *out, size_t size) {
	sr_buf_put_str(out, "{\"set\":[],\"s\":\"");
	repeated(out, "a", size);
	sr_buf_put_str(out, "\"}");
}

/* --- what is done with them ------------------------------------------------------------------- */

/* Whether it is taken or refused does not matter here; that it is not refused for its size does. */
typedef void work_fn(struct sr_bytes text);

static void parse(struct sr_bytes text) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};

	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	if (sr_cedar_policies_parse(p, text, &e) != 0)
		assert_true(e.code == SR_CORRUPT || strstr(e.text, "brackets") != NULL);
	sr_cedar_policies_free(p);
}

static void load(struct sr_bytes text) {
	struct sr_cedar_entities *s = NULL;
	struct sr_err e = {0};

	assert_ok(sr_cedar_entities_load(&s, text, &e), &e);
	sr_cedar_entities_free(s);
}

/* Rules that look at every element and every character. */
static void decide(struct sr_bytes text) {
	static const char rules[] =
		P " when { context.set.containsAll(context.set) && context.set == context.set };" P
		  " when { context.s like \"*a*a*a*aab\" };" P
		  " when { context.s like \"*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab*\" };" P
		  " when { context.set.containsAny([-1, -2, -3]) };";
	static const char nobody[] = "[]";
	struct sr_cedar_policies *p = rig_parse(rules);
	struct sr_cedar_entities *s = rig_entities(nobody);
	struct sr_cedar_request *r = NULL;
	struct sr_cedar_answer *a = NULL;
	struct sr_err e = {0};
	const struct sr_cedar_request_parts parts = {
		.principal = {sr_bytes_str("User"), sr_bytes_str("a")},
		.action = {sr_bytes_str("Action"), sr_bytes_str("v")},
		.resource = {sr_bytes_str("Doc"), sr_bytes_str("d")},
		.context = text};

	assert_ok(sr_cedar_request_new(&r, &parts, &e), &e);
	assert_ok(sr_cedar_authorize(&a, p, s, r, &e), &e);
	assert_int_equal(a->error_count, 0);
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
}

static double ms_of(work_fn *work, struct sr_bytes text, size_t times) {
	const clock_t began = clock();

	for (size_t i = 0; i < times; i++)
		work(text);
	return (double)(clock() - began) * 1000 / CLOCKS_PER_SEC;
}

struct pace {
	const char *name;
	shape_fn *shape;
};

static void measure(work_fn *work, const struct pace *list, size_t count, size_t size) {
	for (size_t i = 0; i < count; i++) {
		struct sr_buf small, large;
		double apart, once;

		sr_buf_init(&small);
		sr_buf_init(&large);
		list[i].shape(&small, size / PIECES);
		list[i].shape(&large, size);
		assert_ok(sr_buf_ok(&small, NULL), NULL);
		assert_ok(sr_buf_ok(&large, NULL), NULL);
		apart = ms_of(work, sr_buf_view(&small), PIECES);
		once = ms_of(work, sr_buf_view(&large), 1);
		printf("# %-18s %8zu bytes: %7.1f ms, in %d pieces %7.1f\n", list[i].name,
			large.len, once, PIECES, apart);
		if (once > FACTOR * apart + SPARE_MS)
			fail_msg("%s: %zu bytes take %.1f ms, and %.1f in %d pieces", list[i].name,
				large.len, once, apart, PIECES);
		sr_buf_free(&small);
		sr_buf_free(&large);
	}
}

static void policies(void **state) {
	static const struct pace list[] = {{"many", many}, {"comments", comments},
		{"annotations", annotations}, {"set", set_of_numbers}, {"record", record},
		{"string", string}, {"pattern", pattern}, {"path", path}, {"name", name},
		{"actions", actions}, {"conditions", conditions},
		{"broken at the end", broken_at_the_end}, {"brackets", open_brackets}};

	(void)state;
	measure(parse, list, T_COUNT(list), SR_CEDAR_SOURCE_MAX - 1000);
}

static void entities(void **state) {
	static const struct pace list[] = {{"flat", flat}, {"of one house", of_one_house},
		{"the same twice", the_same_twice}, {"of many houses", of_many_houses},
		{"of many words", of_many_words}};

	(void)state;
	measure(load, list, T_COUNT(list), 3 << 20); /* 65,536 entities at most */
}

static void decisions(void **state) {
	static const struct pace list[] = {{"numbers", numbers}, {"like", like_all}};

	(void)state;
	measure(decide, list, T_COUNT(list), 1 << 20);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies),
		cmocka_unit_test(entities),
		cmocka_unit_test(decisions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
