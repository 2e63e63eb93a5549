/*
 * replay - runs a fuzz target once over every file of the folders and files named on its command
 * line: the committed corpus, as a test. The same target is linked with libFuzzer by `make fuzz`.
 * With --seed FOLDER it writes the inputs that the target's own encoders make instead.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

/* 0, or 1 when ${path} cannot be read. The input lies in memory of exactly its size. */
static int replay_file(const char *path) {
	struct stat st;
	FILE *f = fopen(path, "rb");
	if (f == NULL || fstat(fileno(f), &st) != 0 || st.st_size < 0) {
		perror(path);
		if (f != NULL)
			(void)fclose(f);
		return 1;
	}
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size > 0 ? size : 1);
	int rc = 1;
	if (data != NULL && fread(data, 1, size, f) == size) {
		(void)fprintf(stderr, "%s: %zu bytes\n", path, size);
		(void)LLVMFuzzerTestOneInput(data, size);
		rc = 0;
	}
	free(data);
	(void)fclose(f);
	return rc;
}

static int replay_folder(const char *path, unsigned long *count) {
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, NULL, alphasort);
	int rc = n < 0;
	for (int i = 0; i < n; i++) {
		char *file = NULL;
		if (entries[i]->d_name[0] != '.') {
			if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
				exit(2);
			rc |= replay_file(file);
			(*count)++;
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int main(int argc, char **argv) {
	int rc = 0;
	unsigned long count = 0;
	if (argc == 3 && strcmp(argv[1], "--seed") == 0) {
		if (setenv("SR_FUZZ_SEEDS", argv[2], 1) != 0)
			return 2;
		fuzz_seeds();
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			rc |= replay_folder(argv[i], &count);
		} else {
			rc |= replay_file(argv[i]);
			count++;
		}
	}
	(void)fprintf(stderr, "%lu inputs\n", count);
	/* A corpus that is not there would pass for ever. */
	return count == 0 ? 1 : rc;
}
