/*
 * age-kit - runs folders of files of the age test kit (form: tests/unit/age_kit.h): prints what
 * came of each file and at the end "age-kit: N passed, N failed", with what was not run and why.
 * Exit 1 if any file failed, 2 if a folder cannot be read or holds no file of the kit.
 */
#include "../unit/age_kit.h"

int main(int argc, char **argv) {
	struct age_tally t = {.passed = 0};
	struct sr_err e = {0};

	if (argc < 2) {
		(void)fprintf(stderr, "usage: age-kit DIR...\n");
		return 2;
	}
	if (sr_crypto_init(&e) != 0) {
		(void)fprintf(stderr, "age-kit: %s\n", e.text);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		if (!age_kit(&t, argv[i])) {
			(void)fprintf(stderr, "age-kit: %s cannot be read\n", argv[i]);
			return 2;
		}
	}
	if (t.passed + t.failed + t.not_run == 0) {
		(void)fprintf(stderr, "age-kit: no file there begins \"expect: \"\n");
		return 2;
	}
	(void)printf("age-kit: %zu passed, %zu failed", t.passed, t.failed);
	if (t.not_run > 0)
		(void)printf(", %zu not run (post-quantum recipients are not read)", t.not_run);
	(void)printf("\n");
	return t.failed > 0 ? 1 : 0;
}
