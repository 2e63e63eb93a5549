/*
 * cedar-conformance - runs files of Cedar conformance cases (forms: tests/unit/cedar_cases.h) and
 * prints "class: N passed, N failed" for each class that occurs. Exit 1 if any case failed, 2 if a
 * file cannot be read. Each decision is taken twice, with the policies as parsed and after they
 * went through their JSON form and their text.
 */
#include "../unit/cedar_cases.h"

int main(int argc, char **argv) {
	struct cedar_tally t = {0};
	const char *vectors = getenv("SR_VECTORS");
	char setup[CASES_PATH];
	bool failed = false;
	if (argc < 2) {
		(void)fprintf(stderr, "usage: cedar-conformance FILE...\n");
		return 2;
	}
	(void)snprintf(setup, sizeof setup, "%s/cedar/generated/quirks-setup.json",
		vectors != NULL ? vectors : "../shared/vectors");
	for (int i = 1; i < argc; i++)
		if (!cases_file(&t, argv[i], setup))
			return 2;
	for (enum cedar_class c = 0; c < CASE_CLASSES; c++) {
		failed = failed || t.failed[c] > 0;
		if (t.passed[c] + t.failed[c] > 0)
			(void)printf("%s: %zu passed, %zu failed\n", cedar_class_name(c),
				t.passed[c], t.failed[c]);
	}
	return failed ? 1 : 0;
}
