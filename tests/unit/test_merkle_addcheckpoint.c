/*
 * Tests of merkle/addcheckpoint: the worked request of a small log, byte for byte; what is no
 * request; and what every answer of a witness means.
 */
#include <stdlib.h>
#include <string.h>

#include "merkle/addcheckpoint.h"
#include "util.h"

#define D "\xe2\x80\x94"

static const char checkpoint8[] =
	"example.com/log/testdata\n8\nbC+VwvrJbalNVjfkdI8kUgs7mJoXrqiXCE7bgnD28pY=\n\n" D
	" example.com/log/testdata M9e0lq1EK37dHtgv9O3UzPxisw5vwIPcJsX9ab0xt4mvVfbdUR1fbMjN6sBFYpBo"
	"BEmD4+cWhj/AVgI5MitCO5+mews=\n";
static const char request38[] = "old 3\n"
				"Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=\n"
				"9xWrP6pdBx5uKsS7mU1b9zWUPcw3mdoNCF55gM+5M2o=\n"
				"T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=\n"
				"g0ZoeYWtIV8Q8i+4CmgqPnBvH2il107lyCgTQsyB7H4=\n"
				"\n";

static void worked(void **state) {
	struct sr_add_checkpoint r;
	struct sr_err e = {0};
	struct sr_buf b, again;
	uint8_t hash[SR_HASH], want[SR_HASH];

	(void)state;
	sr_buf_init(&b);
	sr_buf_init(&again);
	sr_buf_printf(&b, "%s%s", request38, checkpoint8);
	sr_sha256(hash, b.p, b.len);
	assert_int_equal(
		t_hex(want, sizeof want,
			"a74b6beeaa01dd6feb976c3938562ae9f6f8d9d5e33c1967ab02e68f08f4f881"),
		SR_HASH);
	assert_memory_equal(hash, want, SR_HASH);
	assert_ok(sr_add_checkpoint_parse(&r, sr_buf_view(&b), &e), &e);
	assert_int_equal(r.old, 3);
	assert_int_equal(r.proof.count, 4);
	assert_true(sr_bytes_eq(r.note, sr_bytes_str(checkpoint8)));
	assert_ok(sr_add_checkpoint_put(&again, &r, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&again), sr_buf_view(&b)));
	sr_buf_free(&again);
	sr_buf_free(&b);
}

static void no_request(void **state) {
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"", "the first line is not \"old <size>\""},
		{"old 3", "the first line is not"},
		{"Old 3\n\nx\n", "the first line is not"},
		{"old\n\nx\n", "the first line is not"},
		{"old 03\n\nx\n", "old: "},
		{"old -1\n\nx\n", "old: "},
		{"old  3\n\nx\n", "old: "},
		{"old 3 \n\nx\n", "old: "},
		{"old 9223372036854775808\n\nx\n", "old: "},
		{"old 3\n", "no empty line before the checkpoint"},
		{"old 3\nZx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=\n", "no empty line"},
		{"old 3\n\n", "no checkpoint"},
		{"old 3\r\n\r\nx\n", "old: "},
		{"old 3\nZx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q\n\nx\n", "hash 1"},
		{"old 3\nZx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75R=\n\nx\n", "hash 1"},
		{"old 3\nAAAA\n\nx\n", "hash 1"},
	};
	struct sr_add_checkpoint r = {.old = 77};
	struct sr_err e = {0};
	struct sr_buf b;
	char *large = calloc(1, SR_WITNESS_REQUEST_MAX + 1);

	(void)state;
	assert_non_null(large);
	for (size_t i = 0; i < T_COUNT(bad); i++)
		assert_fails(sr_add_checkpoint_parse(&r, sr_bytes_str(bad[i].text), &e), SR_CORRUPT,
			&e, bad[i].says);
	assert_fails(
		sr_add_checkpoint_parse(&r, sr_bytes_of(large, SR_WITNESS_REQUEST_MAX + 1), &e),
		SR_LIMIT, &e, "65537 bytes, at most 65536");
	assert_int_equal(r.old, 77);
	/* 63 lines are a request, 64 are not. */
	for (size_t n = 63; n <= 64; n++) {
		struct sr_proof p = {.count = n};

		sr_buf_init(&b);
		sr_buf_put_str(&b, "old 5\n");
		sr_proof_put(&b, &p);
		sr_buf_put_str(&b, "\nx\n");
		if (n == 63)
			assert_ok(sr_add_checkpoint_parse(&r, sr_buf_view(&b), &e), &e);
		else
			assert_fails(sr_add_checkpoint_parse(&r, sr_buf_view(&b), &e), SR_LIMIT, &e,
				"more than 63 lines of proof");
		sr_buf_free(&b);
	}
	sr_buf_init(&b);
	r.proof.count = 64;
	assert_fails(sr_add_checkpoint_put(&b, &r, &e), SR_MISUSE, &e, "64 hashes");
	sr_buf_free(&b);
	free(large);
}

static void answers(void **state) {
	static const struct {
		unsigned status;
		const char *type, *body;
		enum sr_add_answer want;
		uint64_t size;
		const char *says;
	} all[] = {
		{200, "text/plain", D " w AAAAAAA=\n", SR_ADD_LINES, 0, NULL},
		{200, "text/plain", "", SR_ADD_NONSENSE, 0, "200 without a signature line"},
		{409, "text/x.tlog.size", "0\n", SR_ADD_SIZE, 0, NULL},
		{409, "text/x.tlog.size", "20852163\n", SR_ADD_SIZE, 20852163, NULL},
		{409, "Text/X.tlog.size; charset=utf-8", "7\n", SR_ADD_SIZE, 7, NULL},
		{409, "text/x.tlog.sizes", "7\n", SR_ADD_NONSENSE, 0, "409 without Content-Type"},
		{409, "text/plain", "7\n", SR_ADD_NONSENSE, 0, "409 without Content-Type"},
		{409, "", "7\n", SR_ADD_NONSENSE, 0, "409 without Content-Type"},
		{409, "text/x.tlog.size", "7", SR_ADD_NONSENSE, 0, "not a size and a newline"},
		{409, "text/x.tlog.size", "7\n\n", SR_ADD_NONSENSE, 0, "not a size and a newline"},
		{409, "text/x.tlog.size", "07\n", SR_ADD_NONSENSE, 0, "not a size and a newline"},
		{409, "text/x.tlog.size", "-7\n", SR_ADD_NONSENSE, 0, "not a size and a newline"},
		{409, "text/x.tlog.size", "seven\n", SR_ADD_NONSENSE, 0, "\"seven\""},
		{409, "text/x.tlog.size", "9223372036854775808\n", SR_ADD_NONSENSE, 0, "9223372"},
		{409, "text/x.tlog.size", "", SR_ADD_NONSENSE, 0, "0 bytes"},
		{422, "text/plain", "no\nreally\n", SR_ADD_DENIES, 0, "422: by its memory"},
		{400, "", "what?", SR_ADD_SETUP, 0, "400: not an answer of a witness (\"what?\")"},
		{403, "", "", SR_ADD_SETUP, 0, "does not know the key of this log"},
		{404, "", "", SR_ADD_SETUP, 0, "does not know this log, or the address is wrong"},
		{301, "", "", SR_ADD_SETUP, 0, "sends us elsewhere, which is not followed"},
		{307, "", "", SR_ADD_SETUP, 0, "sends us elsewhere"},
		{204, "", "", SR_ADD_SETUP, 0, "not an answer of a witness"},
		{418, "", "\x1b[2J", SR_ADD_SETUP, 0, "\\x1b[2J"},
		{408, "", "", SR_ADD_LATER, 0, "408: it wants to be asked later"},
		{429, "", "", SR_ADD_LATER, 0, "429"},
		{500, "", "", SR_ADD_LATER, 0, "500: it cannot answer now"},
		{503, "", "", SR_ADD_LATER, 0, "503"},
		{599, "", "", SR_ADD_LATER, 0, "599"},
		{600, "", "", SR_ADD_SETUP, 0, "600"},
		{0, "", "", SR_ADD_SETUP, 0, "0: not an answer"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(all); i++) {
		const struct sr_add_reply r = {
			all[i].status, sr_bytes_str(all[i].type), sr_bytes_str(all[i].body)};
		struct sr_err e = {0};
		uint64_t size = 99;

		if (sr_add_answer(&size, &r, &e) != all[i].want)
			fail_msg("answer %zu (%u \"%s\")", i, all[i].status, all[i].body);
		assert_int_equal(size, all[i].size);
		if (all[i].says == NULL)
			assert_int_equal(e.code, 0);
		else if (e.code == 0 || strstr(e.text, all[i].says) == NULL)
			fail_msg("answer %zu says \"%s\", want \"%s\"", i, e.text, all[i].says);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked),
		cmocka_unit_test(no_request),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
