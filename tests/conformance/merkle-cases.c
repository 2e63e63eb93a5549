/*
 * merkle-cases - runs folders of published cases of RFC 6962 proofs and tlog-tiles logs (forms:
 * tests/unit/merkle_cases.h) and prints "class: N passed, N failed" for each class that occurs; the
 * names of failures go to stderr. Exit 1 if any case failed, 2 if a folder cannot be read or holds
 * no case.
 */
#include "../unit/merkle_cases.h"

int main(int argc, char **argv) {
	struct merkle_tally t = {.not_run = 0};
	struct sr_err e = {0};
	size_t passed = 0, failed = 0;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: merkle-cases DIR...\n");
		return 2;
	}
	if (sr_crypto_init(&e) != 0) {
		(void)fprintf(stderr, "merkle-cases: %s\n", e.text);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		char dir[CASES_PATH];
		size_t len = (size_t)snprintf(dir, sizeof dir, "%s", argv[i]);
		while (len > 1 && len < sizeof dir && dir[len - 1] == '/')
			dir[--len] = '\0';
		if (!merkle_cases(&t, dir)) {
			(void)fprintf(stderr, "merkle-cases: %s cannot be read\n", argv[i]);
			return 2;
		}
	}
	for (int k = 0; k < CASE_KINDS; k++) {
		passed += t.passed[k];
		failed += t.failed[k];
		if (t.passed[k] + t.failed[k] > 0)
			(void)printf("%s: %zu passed, %zu failed\n",
				merkle_kind_name((enum merkle_kind)k), t.passed[k], t.failed[k]);
	}
	if (t.not_run > 0)
		(void)printf("subtree: %zu not run (no proofs of subtrees here)\n", t.not_run);
	if (passed + failed + t.not_run == 0) {
		(void)fprintf(stderr, "merkle-cases: no cases there\n");
		return 2;
	}
	(void)printf("%zu passed, %zu failed\n", passed, failed);
	return failed > 0 ? 1 : 0;
}
