/*
 * fuzz_sandbox_scan - what a virus scanner answers: clean only for the one sentence that says so of
 * all of it; a name or a reason in words that a terminal can show.
 *
 * Input: the answer, with its NUL or without.
 */
#include "base/escape.h"
#include "base/time.h"
#include "fuzz.h"
#include "sandbox/scan.h"

static const char clean[] = "stream: OK";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_scan_verdict v = {.result = SR_SCAN_NOT};
	int64_t signatures = -1;
	char text[SR_TIME_TEXT];
	sr_scan_judge_test(&v, &signatures, sr_bytes_of(data, size));
	MUST(memchr(v.text, 0, sizeof v.text) != NULL);
	MUST((v.result == SR_SCAN_CLEAN) == (size >= sizeof clean && size <= SR_SCAN_ANSWER_MAX &&
						    memcmp(data, clean, sizeof clean) == 0));
	MUST((v.result == SR_SCAN_CLEAN) == (v.text[0] == '\0'));
	for (struct sr_bytes t = sr_bytes_str(v.text); t.len > 0;) {
		uint32_t cp = 0;
		const size_t n = sr_utf8_next(t, &cp);
		MUST(n > 0 && cp >= 0x20 && (cp < 0x7f || cp >= 0xa0));
		t = sr_bytes_of(t.p + n, t.len - n);
	}
	MUST(signatures >= 0);
	sr_time_format(text, signatures); /* a time that can be written */
	return 0;
}

void fuzz_seeds(void) {
	static const char *const answers[] = {clean, "stream: Eicar-Test-Signature FOUND",
		"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND",
		"INSTREAM size limit exceeded. ERROR", "stream:  FOUND", "UNKNOWN COMMAND",
		"ClamAV 1.4.6/27500/Mon Nov 24 10:00:00 2026",
		"ClamAV 1.4.6/27500/Mon Feb 30 10:00:00 2026"};
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		char name[24];
		(void)snprintf(name, sizeof name, "answer-%zu", i);
		fuzz_seed(name, sr_bytes_of(answers[i], strlen(answers[i]) + 1));
	}
	fuzz_seed_str("without-an-end", clean);
}
