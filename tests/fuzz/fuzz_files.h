/*
 * fuzz_files - targets of what lies in files: one temporary folder for the whole run, emptied
 * before each input, and files planted in it behind the library's back. $TMPDIR should be in
 * memory.
 */
#ifndef SR_TESTS_FUZZ_FILES_H
#define SR_TESTS_FUZZ_FILES_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "fuzz.h"

static char fuzz_folder_path[512];

/* Everything beneath ${path}; the folder itself stays. */
static inline void fuzz_empty(const char *path) {
	DIR *d = opendir(path);
	MUST(d != NULL);
	for (struct dirent *n = readdir(d); n != NULL; n = readdir(d)) {
		char below[1024];
		struct stat st;
		if (strcmp(n->d_name, ".") == 0 || strcmp(n->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof below, "%s/%s", path, n->d_name);
		MUST(lstat(below, &st) == 0);
		if (S_ISDIR(st.st_mode)) {
			fuzz_empty(below);
			MUST(rmdir(below) == 0);
		} else {
			MUST(unlink(below) == 0);
		}
	}
	(void)closedir(d);
}

static inline void fuzz_folder_remove(void) {
	fuzz_empty(fuzz_folder_path);
	(void)rmdir(fuzz_folder_path);
}

/* The folder, empty. */
static inline const char *fuzz_folder(void) {
	if (fuzz_folder_path[0] == '\0') {
		const char *tmp = getenv("TMPDIR");
		(void)snprintf(fuzz_folder_path, sizeof fuzz_folder_path,
			"%s/strongroom-fuzz-XXXXXX", tmp == NULL ? "/tmp" : tmp);
		MUST(mkdtemp(fuzz_folder_path) != NULL);
		MUST(atexit(fuzz_folder_remove) == 0);
	}
	fuzz_empty(fuzz_folder_path);
	return fuzz_folder_path;
}

static inline void fuzz_plant(const char *folder, const char *name, struct sr_bytes v) {
	char path[1024];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	MUST(v.len == 0 || write(fd, v.p, v.len) == (ssize_t)v.len);
	MUST(close(fd) == 0);
}

/* A whole file, appended. */
static inline void fuzz_read(struct sr_buf *out, const char *folder, const char *name) {
	struct sr_dir *d = NULL;
	struct sr_err e;
	assert_ok(sr_dir_open(&d, folder, &e), &e);
	assert_ok(sr_file_read(d, name, out, 256 << 20, &e), &e);
	sr_dir_close(d);
}

#endif
