/*
 * bagit-suite - judges folders of bags (form: tests/unit/bag_cases.h): prints what came of each bag
 * with every finding, and at the end "bagit-suite: N passed, N failed". Exit 1 if any bag failed, 2
 * if a folder cannot be read or holds no bag.
 */
#include "../unit/bag_cases.h"

int main(int argc, char **argv) {
	struct bag_tally t = {.passed = 0};
	struct sr_err e = {0};

	if (argc < 2) {
		(void)fprintf(stderr, "usage: bagit-suite DIR...\n");
		return 2;
	}
	if (sr_crypto_init(&e) != 0) {
		(void)fprintf(stderr, "bagit-suite: %s\n", e.text);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		if (!bag_cases(&t, argv[i])) {
			(void)fprintf(stderr, "bagit-suite: %s cannot be read\n", argv[i]);
			return 2;
		}
	}
	if (t.passed + t.failed == 0) {
		(void)fprintf(stderr,
			"bagit-suite: no folder named valid, invalid, warning, darwin-only, "
			"linux-only or windows-only has a bag in it there\n");
		return 2;
	}
	(void)printf("bagit-suite: %zu passed, %zu failed\n", t.passed, t.failed);
	return t.failed > 0 ? 1 : 0;
}
