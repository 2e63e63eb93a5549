/*
 * inspect: what our parser finds becomes events and findings; a parser that crashes, lies or stops
 * half way is an outcome of its file, with nothing left open; the inspector's own failure is not.
 * Needs bubblewrap and user namespaces, and says so where they are missing.
 */
#include "util.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "intake/holding.h"
#include "intake/inspect.h"

static struct sr_err e;
static struct sr_launcher *fake, *real;

struct seen {
	struct sr_buf text;
	bool open, refuse;
};

static int fact(void *ctx, struct sr_bytes key, struct sr_bytes value, struct sr_err *err) {
	struct seen *s = ctx;

	(void)err;
	sr_buf_printf(&s->text, " %.*s=%.*s", (int)key.len, (const char *)key.p, (int)value.len,
		(const char *)value.p);
	return 0;
}

static int member(void *ctx, const struct sr_member *m, struct sr_err *err) {
	struct seen *s = ctx;

	assert_false(s->open);
	s->open = true;
	sr_buf_printf(&s->text, "\n%.*s", (int)m->path.len, (const char *)m->path.p);
	return s->refuse ? sr_fail(err, SR_LOCKED, "not today") : 0;
}

static int end(void *ctx, enum sr_box_status status, uint64_t bytes, struct sr_bytes reason,
	struct sr_err *err) {
	struct seen *s = ctx;

	(void)err;
	assert_true(s->open);
	s->open = false;
	sr_buf_printf(&s->text, " %llu %s %.*s", (unsigned long long)bytes,
		sr_box_status_name(status), (int)reason.len, (const char *)reason.p);
	return 0;
}

static int run(struct sr_launcher *l, const char *name, struct sr_bytes input, struct seen *s,
	struct sr_inspected *r) {
	const struct sr_box_input in = sr_box_input_bytes(&input);
	const struct sr_inspector to = {
		.name = sr_bytes_str(name), .fact = fact, .member = member, .end = end, .ctx = s};
	struct sr_inspect_caps caps = sr_inspect_usual();

	caps.wall_ms = 20000;
	s->open = false;
	sr_buf_clear(&s->text);
	const int rc = sr_inspect(r, l, &in, &caps, &to, &e);
	assert_true(rc != 0 || !s->open);
	sr_buf_put_u8(&s->text, 0);
	return rc;
}

static void need(const struct sr_launcher *l) {
	if (l == NULL) {
		print_message("skipped: no sandbox here: %s\n", e.text);
		skip();
	}
}

static void finds(void **state) {
	struct sr_inspected r;
	struct seen s = {.open = false};

	(void)state;
	need(real);
	sr_buf_init(&s.text);
	assert_ok(run(real, "a.txt", sr_bytes_str("Just some words.\n"), &s, &r), &e);
	assert_false(r.failed);
	assert_int_equal(r.members, 0);
	assert_non_null(strstr((char *)s.text.p, "media-type=text/plain"));
	assert_non_null(strstr((char *)s.text.p, "pronom=x-fmt/111"));
	assert_null(strstr((char *)s.text.p, "mismatch"));
	assert_ok(run(real, "a.jpg", sr_bytes_str("Just some words.\n"), &s, &r), &e);
	assert_non_null(strstr((char *)s.text.p, "mismatch="));
	assert_ok(run(real, "a.eml",
			  sr_bytes_str("From: a@b\nSubject: x\nContent-Disposition: attachment; "
				       "filename=\"../x.pdf\"\n\nhello, world\n"),
			  &s, &r),
		&e);
	assert_int_equal(r.members, 1);
	assert_non_null(strstr((char *)s.text.p, "01-../x.pdf"));
	assert_non_null(strstr((char *)s.text.p, "mismatch="));
	sr_buf_free(&s.text);
}

static void parsers_fail(void **state) {
	static const struct {
		const char *input, *reason, *text; /* text: what was told */
		uint32_t members, troubled;
	} cases[] = {
		{"c", "ended without an answer", "", 0, 0},
		{"N0", "says what only we say", "", 0, 0},
		{"N1", "says what only we say", "", 0, 0},
		{"N2", "says what only we say", "", 0, 0},
		{"N3", "says what only we say", "", 0, 0},
		{"N4", "says what only we say", "", 0, 0},
		{"N5", "says what only we say", "", 0, 0},
		{"N6", "says what only we say", "", 0, 0},
		{"N7", "says what only we say", "", 0, 0},
		{"N8", "says what only we say", "", 0, 0},
		{"N9", "says what only we say", "", 0, 0},
		{"Nm", "says what only we say", "0 broken the parser failed", 1, 1},
		{"Nn", "says what only we say", "0 broken the parser failed", 1, 1},
		{"T", "a member begins in a member", "0 broken the parser failed", 1, 1},
		{"h", "ended without an answer",
			"../half.pdf name=leads out of its folder media-type=image/png", 1, 1},
		{"M1", "a member of kind 6", "", 0, 0},
	};
	struct sr_inspected r;
	struct seen s = {.open = false};

	(void)state;
	need(fake);
	sr_buf_init(&s.text);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		assert_ok(run(fake, "x", sr_bytes_str(cases[i].input), &s, &r), &e);
		assert_true(r.failed);
		if (strstr(r.reason, cases[i].reason) == NULL ||
			strstr((char *)s.text.p, cases[i].text) == NULL)
			fail_msg("%s: %s%s", cases[i].input, r.reason, (char *)s.text.p);
		assert_int_equal(r.members, cases[i].members);
		assert_int_equal(r.troubled, cases[i].troubled);
	}
	/* Ours is ours. */
	s.refuse = true;
	assert_fails(run(fake, "x", sr_bytes_str("a"), &s, &r), SR_LOCKED, &e, "not today");
	s.refuse = false;
	assert_ok(run(fake, "x", sr_bytes_str("a"), &s, &r), &e);
	assert_false(r.failed);
	assert_int_equal(r.bytes, 3);
	sr_buf_free(&s.text);
}

static void names(void **state) {
	static const struct {
		const char *path, *is;
	} cases[] = {
		{"a/b.txt", NULL},
		{"..b/c..", NULL},
		{"../b", "leads out of its folder"},
		{"a/../../b", "leads out of its folder"},
		{"a/..", "leads out of its folder"},
		{"/a", "is absolute"},
		{"C:\\a", "is absolute"},
		{"a\\b", "has backslashes"},
		{"a\nb", "has control characters"},
		{"\xC3\xA9", NULL},
		{"\xE9", "is no UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const char *is = sr_inspect_name(sr_bytes_str(cases[i].path));

		if (cases[i].is == NULL ? is != NULL : is == NULL || strcmp(is, cases[i].is) != 0)
			fail_msg("%s: %s", cases[i].path, is != NULL ? is : "nothing");
	}
}

static void links(void **state) {
	static const struct {
		enum sr_member_kind kind;
		const char *path, *target, *is;
	} cases[] = {
		{SR_MEMBER_SYMLINK, "l", "a/b", NULL},
		{SR_MEMBER_SYMLINK, "l", "", NULL},
		{SR_MEMBER_SYMLINK, "l", "/tmp", "is absolute"},
		{SR_MEMBER_SYMLINK, "l", "..", "leads out of its folder"},
		{SR_MEMBER_SYMLINK, "a/l", "../b", NULL},
		{SR_MEMBER_SYMLINK, "a/l", "b/.././../c", NULL},
		{SR_MEMBER_SYMLINK, "a/l", "./../../c", "leads out of its folder"},
		{SR_MEMBER_SYMLINK, "a/b/l", "/x/../y", "leads out of its folder"},
		{SR_MEMBER_HARDLINK, "a/l", "a/b", NULL},
		{SR_MEMBER_HARDLINK, "a/l", "../b", "leads out of its folder"},
		{SR_MEMBER_FILE, "a", "../b", NULL},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct sr_member m = {.kind = cases[i].kind,
			.path = sr_bytes_str(cases[i].path),
			.target = sr_bytes_str(cases[i].target)};
		const char *is = sr_inspect_link(&m);

		if (cases[i].is == NULL ? is != NULL : is == NULL || strcmp(is, cases[i].is) != 0)
			fail_msg("%s -> %s: %s", cases[i].path, cases[i].target,
				is != NULL ? is : "nothing");
	}
}

static void try_launcher(struct sr_launcher **l, const char *program) {
	struct sr_inspected r;
	struct seen s = {.open = false};

	sr_buf_init(&s.text);
	if (sr_launcher_start(l, program, &e) != 0 ||
		run(*l, "x", sr_bytes_str("a"), &s, &r) == 0) {
		sr_buf_free(&s.text);
		return;
	}
	sr_buf_free(&s.text);
	sr_launcher_stop(*l);
	*l = NULL;
}

static int setup(void **state) {
	static char path[T_PATH];
	const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);

	(void)state;
	if (n <= 0)
		return -1;
	path[n] = '\0';
	(void)snprintf(strrchr(path, '/'), 32, "/fake-parser");
	try_launcher(&fake, path);
	try_launcher(&real, NULL);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	sr_launcher_stop(fake);
	sr_launcher_stop(real);
	return 0;
}

/* However many facts hostile names make, which member came out of which archive is kept. */
static void room_for_kin(void **state) {
	(void)state;
	assert_true(sr_facts_fit(0, 0, "name", 1024));
	assert_true(sr_facts_fit(SR_FACTS_MAX / 2 - 1, 0, "name", 1));
	assert_false(sr_facts_fit(SR_FACTS_MAX / 2, 0, "name", 1));
	assert_true(sr_facts_fit(SR_FACTS_MAX / 2, 0, "of", 1));
	assert_true(sr_facts_fit(SR_FACTS_MAX - 1, 0, "cut", 1));
	assert_false(sr_facts_fit(SR_FACTS_MAX, 0, "cut", 1));
	assert_false(sr_facts_fit(0, SR_FACTS_BYTES / 2, "often", 1));
	assert_true(sr_facts_fit(0, SR_FACTS_BYTES / 2, "of", 1));
	assert_false(sr_facts_fit(0, SR_FACTS_BYTES, "of", 1));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_for_kin),
		cmocka_unit_test(finds),
		cmocka_unit_test(parsers_fail),
		cmocka_unit_test(names),
		cmocka_unit_test(links),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
