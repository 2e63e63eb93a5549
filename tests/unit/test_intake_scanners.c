/*
 * scanners: the lines of DIR/scanners that are limits, each within its bounds and no further, with
 * the line that is wrong; and what a job in the sandbox gets of them.
 */
#include "util.h"

#include <stdio.h>
#include <string.h>

#include "intake/inspect.h"
#include "intake/scan.h"
#include "intake/scanners.h"

static struct sr_err e;

static int check(const char *name, const char *value) {
	char text[200];

	(void)snprintf(text, sizeof text, "# ours\nlimit %s %s\n", name, value);
	return sr_scanners_check(sr_bytes_str(text), &e);
}

static void limits(void **state) {
	static const struct {
		const char *name, *least, *most, *below, *above;
	} known[] = {
		{"depth", "1", "32", "0", "33"},
		{"members", "1", "1000000", "0", "1000001"},
		{"bytes", "1", "12884901888", "0", "12884901889"},
		{"ratio", "1", "1000000", "0", "1000001"},
		{"name", "64", "4096", "63", "4097"},
		{"scan-bytes", "0", "9223372036854775807", "-1", "9223372036854775808"},
		{"text-bytes", "0", "12884901888", "-1", "12884901889"},
		{"texts", "0", "100000", "-1", "100001"},
		{"item-seconds", "0", "31622400", "-1", "31622401"},
		{"signatures-days", "1", "36500", "0", "36501"},
	};
	static const char *const none[] = {
		"", "x", "1x", "0x10", "01", "+1", "1 1", "1,000", "1.5"};
	char says[100];

	(void)state;
	for (size_t i = 0; i < T_COUNT(known); i++) {
		(void)snprintf(says, sizeof says, "line 2: limit %s: want %s to %s", known[i].name,
			known[i].least, known[i].most);
		assert_ok(check(known[i].name, known[i].least), &e);
		assert_ok(check(known[i].name, known[i].most), &e);
		assert_fails(check(known[i].name, known[i].below), SR_USAGE, &e, says);
		assert_fails(check(known[i].name, known[i].above), SR_USAGE, &e, says);
		for (size_t n = 0; n < T_COUNT(none); n++)
			assert_fails(check(known[i].name, none[n]), SR_USAGE, &e, "line 2: ");
	}
	assert_fails(check("member", "5"), SR_USAGE, &e,
		"line 2: limit: want depth, members, bytes, ratio, name, scan-bytes, text-bytes,");
	assert_fails(sr_scanners_check(sr_bytes_str("limit\n"), &e), SR_USAGE, &e, "line 1: want");
	assert_fails(sr_scanners_check(sr_bytes_str("clamd /a\nclamd /a\nclamd /a\nclamd /a\n"
						    "# one more\nclamd /a\n"),
			     &e),
		SR_USAGE, &e, "line 6: at most 4 scanners");
	static char long_text[1 << 20];
	memset(long_text, '\n', sizeof long_text);
	assert_fails(sr_scanners_check(sr_bytes_of(long_text, sizeof long_text), &e), SR_USAGE, &e,
		"1048576 bytes, at most ");
	assert_fails(sr_scanners_check(sr_bytes_str("clam /a\n"), &e), SR_USAGE, &e,
		"line 1: want \"clamd SOCKET\", \"command PROGRAM [WORD...]\", \"limit NAME "
		"NUMBER\" or \"ocr LANGS\", not \"clam /a\"");
	assert_fails(sr_scanners_check(sr_bytes_of("limit\0depth 4", 13), &e), SR_USAGE, &e,
		"it is no text");
}

/* How many bytes may come out: of the ratio, of all, with what is free for small files. */
static void bytes(void **state) {
	static const uint64_t mib = 1 << 20;
	struct sr_inspect_caps caps = sr_inspect_usual();

	(void)state;
	caps.ratio = 2;
	assert_int_equal(sr_inspect_job(&caps, 10).job.bytes, 64 * mib);
	assert_int_equal(sr_inspect_job(&caps, 32 * mib).job.bytes, 64 * mib);
	assert_int_equal(sr_inspect_job(&caps, 32 * mib + 1).job.bytes, 64 * mib + 2);
	assert_int_equal(sr_inspect_job(&caps, UINT64_MAX / 2 + 1).job.bytes, caps.bytes);
	caps.bytes = 1000;
	assert_int_equal(sr_inspect_job(&caps, 10).job.bytes, 1000);
	caps.members = 7;
	caps.depth = 3;
	assert_int_equal(sr_inspect_job(&caps, 10).job.members, 7);
	assert_int_equal(sr_inspect_job(&caps, 10).job.depth, 3);
	assert_int_equal(sr_inspect_job(&caps, 10).job.what, SR_BOX_UNPACK);
	caps.depth = 0;
	assert_int_equal(sr_inspect_job(&caps, 10).job.what, SR_BOX_IDENTIFY);
}

/* What a kill left of a scan: taken up as it is, or not at all. */
static void notes(void **state) {
	const struct sr_scanner scanner = {.engine = "Engine 1", .signatures = 5};
	const struct sr_scanner newer = {.engine = "Engine 1", .signatures = 6};
	struct sr_filescan *x = NULL;
	struct sr_buf note;

	(void)state;
	sr_buf_init(&note);
	assert_ok(sr_filescan_begin(&x, &scanner, &e), &e);
	assert_ok(sr_filescan_note(x, &note, &e), &e);
	assert_ok(sr_filescan_resume(x, sr_buf_view(&note), &e), &e);
	for (size_t cut = 0; cut < note.len; cut++)
		assert_int_equal(sr_filescan_resume(x, sr_bytes_of(note.p, cut), &e), SR_CORRUPT);
	sr_le32_put(note.p + note.len - 4, UINT32_MAX); /* how many findings follow */
	assert_fails(sr_filescan_resume(x, sr_buf_view(&note), &e), SR_CORRUPT, &e,
		"note: 4294967295 findings, at most 64");
	sr_le32_put(note.p + note.len - 4, 0);
	sr_filescan_free(x);
	assert_ok(sr_filescan_begin(&x, &newer, &e), &e);
	assert_fails(sr_filescan_resume(x, sr_buf_view(&note), &e), SR_CORRUPT, &e,
		"note: of another scanner");
	sr_filescan_free(x);
	sr_buf_free(&note);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits), cmocka_unit_test(bytes), cmocka_unit_test(notes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
