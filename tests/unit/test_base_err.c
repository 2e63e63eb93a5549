/*
 * test_base_err - sentences: code and text, nouns in front, cuts, errno, and the table of codes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

static void fail_sets_code_and_sentence(void **state) {
	(void)state;
	struct sr_err e = {0};
	int rc = sr_fail(&e, SR_CORRUPT, "have %d bytes, want %d", 31, 32);
	assert_int_equal(rc, SR_CORRUPT);
	assert_int_equal(e.code, SR_CORRUPT);
	assert_string_equal(e.text, "have 31 bytes, want 32");
	rc = sr_fail(&e, SR_AUTH, "tag does not verify");
	assert_int_equal(rc, SR_AUTH);
	assert_string_equal(e.text, "tag does not verify");
}

static void null_error_still_returns_code(void **state) {
	(void)state;
	assert_int_equal(sr_fail(NULL, SR_DENIED, "no"), SR_DENIED);
	errno = ENOSPC;
	assert_int_equal(sr_fail_errno(NULL, "write"), SR_LIMIT);
	assert_int_equal(sr_wrap(NULL, "noun"), SR_MISUSE);
	sr_err_clear(NULL);
}

static void wraps_put_nouns_in_front(void **state) {
	(void)state;
	struct sr_err e = {0};
	(void)sr_fail(&e, SR_AUTH, "tag does not verify");
	assert_int_equal(sr_wrap(&e, "block %d of %d (offset %d)", 7, 12, 7340032), SR_AUTH);
	assert_int_equal(sr_wrap(&e, "item %s", "3f2a"), SR_AUTH);
	assert_int_equal(sr_wrap(&e, "deposit"), SR_AUTH);
	assert_string_equal(
		e.text, "deposit: item 3f2a: block 7 of 12 (offset 7340032): tag does not verify");
	sr_err_clear(&e);
	assert_int_equal(e.code, SR_OK);
	assert_string_equal(e.text, "");
	assert_int_equal(sr_wrap(&e, "noun"), SR_MISUSE);
}

/* A sentence may be made of the one before, whatever stands around it. */
static void sentences_of_sentences(void **state) {
	(void)state;
	struct sr_err e = {0};
	(void)sr_fail(&e, SR_CORRUPT, "key id is 1a2b3c4d by its name and key");
	(void)sr_fail(&e, SR_USAGE, "--key of the log: %s; a key reads NAME+id+key", e.text);
	assert_int_equal(e.code, SR_USAGE);
	assert_string_equal(e.text, "--key of the log: key id is 1a2b3c4d by its name and key; a "
				    "key reads NAME+id+key");
	errno = EIO;
	(void)sr_fail_errno(&e, "then %s", e.text);
	assert_memory_equal(e.text, "then --key of the log: key id", 29);
	(void)sr_wrap(&e, "<%s>", e.text);
	assert_memory_equal(e.text, "<then --key of the log: key id", 30);
}

static void long_sentences_end_in_dots(void **state) {
	(void)state;
	struct sr_err e;
	char longest[1000];
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	(void)sr_fail(&e, SR_IO, "first %s", longest);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	assert_string_equal(e.text + sizeof e.text - 4, "...");
	(void)sr_wrap(&e, "outer");
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	assert_memory_equal(e.text, "outer: first xxx", 16);
	assert_string_equal(e.text + sizeof e.text - 4, "...");
	errno = EIO;
	(void)sr_fail_errno(&e, "%s", longest);
	assert_string_equal(e.text + sizeof e.text - 4, "...");
	/* Every length around the size of the array stays terminated. */
	for (size_t len = sizeof e.text - 8; len < sizeof e.text + 8; len++) {
		(void)sr_fail(&e, SR_IO, "%.*s", (int)len, longest);
		assert_int_equal(strlen(e.text), len < sizeof e.text ? len : sizeof e.text - 1);
	}
}

static void errno_chooses_the_code(void **state) {
	(void)state;
	static const struct {
		int no;
		int code;
	} cases[] = {{EIO, SR_IO}, {EACCES, SR_IO}, {ENOSPC, SR_LIMIT}, {EDQUOT, SR_LIMIT},
		{ENOMEM, SR_NOMEM}};
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_err e;
		char want[200];
		(void)snprintf(want, sizeof want, "write block: %s", strerror(cases[i].no));
		errno = cases[i].no;
		assert_int_equal(sr_fail_errno(&e, "write %s", "block"), cases[i].code);
		assert_string_equal(e.text, want);
		assert_int_equal(errno, cases[i].no);
		assert_int_equal(e.no, cases[i].no);
		assert_int_equal(sr_wrap(&e, "pack"), cases[i].code); /* under a noun, too */
		assert_int_equal(e.no, cases[i].no);
		(void)sr_fail(&e, SR_IO, "another: %s", e.text); /* nothing that the system did */
		assert_int_equal(e.no, 0);
		errno = cases[i].no;
		(void)sr_fail_errno(&e, "write");
		sr_err_clear(&e);
		assert_int_equal(e.no, 0);
	}
}

static void every_code_is_in_the_table(void **state) {
	(void)state;
	static const struct {
		enum sr_code code;
		const char *name;
		int exit;
		int http;
	} want[] = {
		{SR_OK, "OK", 0, 200},
		{SR_NOMEM, "NOMEM", 5, 503},
		{SR_IO, "IO", 5, 500},
		{SR_CORRUPT, "CORRUPT", 3, 500},
		{SR_AUTH, "AUTH", 3, 500},
		{SR_NOTFOUND, "NOTFOUND", 1, 404},
		{SR_EXISTS, "EXISTS", 1, 409},
		{SR_LOCKED, "LOCKED", 4, 423},
		{SR_LIMIT, "LIMIT", 5, 413},
		{SR_DENIED, "DENIED", 1, 403},
		{SR_MISUSE, "MISUSE", 5, 500},
		{SR_UNSUPPORTED, "UNSUPPORTED", 1, 501},
		{SR_USAGE, "USAGE", 2, 400},
	};
	for (size_t i = 0; i < T_COUNT(want); i++) {
		assert_int_equal(want[i].code, -(int)i);
		assert_string_equal(sr_code_name(want[i].code), want[i].name);
		assert_int_equal(sr_code_exit(want[i].code), want[i].exit);
		assert_int_equal(sr_code_http(want[i].code), want[i].http);
	}
	enum sr_code unknown = (enum sr_code) - 1000;
	assert_string_equal(sr_code_name(unknown), "UNKNOWN");
	assert_int_equal(sr_code_exit(unknown), 5);
	assert_int_equal(sr_code_http(unknown), 500);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_sets_code_and_sentence),
		cmocka_unit_test(null_error_still_returns_code),
		cmocka_unit_test(wraps_put_nouns_in_front),
		cmocka_unit_test(sentences_of_sentences),
		cmocka_unit_test(long_sentences_end_in_dots),
		cmocka_unit_test(errno_chooses_the_code),
		cmocka_unit_test(every_code_is_in_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
