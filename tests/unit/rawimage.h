/*
 * rawimage - a file system in a file, mounted by loop device, whose raw bytes tests search: what
 * was erased must not lie on the medium, whatever a file system keeps. Needs root, mkfs.ext4 and a
 * free loop device; else the test is skipped with that reason.
 */
#ifndef SR_TESTS_RAWIMAGE_H
#define SR_TESTS_RAWIMAGE_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

enum {
	IMAGE = 64 << 20,
	PIECE = 64
};

static inline int run(const char *const argv[]) {
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct medium {
	const char *features; /* of mkfs.ext4 -O; NULL: what it takes by itself */
	char *folder;
	char image[T_PATH], mount[T_PATH];
	bool mounted;
};

static inline bool medium_new(struct medium *m) {
	int fd;

	m->folder = t_tmp_new();
	(void)snprintf(m->image, sizeof m->image, "%s/image", m->folder);
	(void)snprintf(m->mount, sizeof m->mount, "%s/mount", m->folder);
	fd = open(m->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, IMAGE), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(mkdir(m->mount, 0700), 0);
	if (run((const char *const[]){"mkfs.ext4", "-q", "-F", m->image,
		    m->features != NULL ? "-O" : NULL, m->features, NULL}) != 0)
		return false;
	m->mounted =
		run((const char *const[]){"mount", "-o", "loop", m->image, m->mount, NULL}) == 0;
	return m->mounted;
}

static inline void medium_unmount(struct medium *m) {
	if (m->mounted)
		assert_int_equal(run((const char *const[]){"umount", m->mount, NULL}), 0);
	m->mounted = false;
}

static inline void medium_free(struct medium *m) {
	medium_unmount(m);
	t_tmp_remove(m->folder);
}

/* How many of the cell's pieces lie anywhere in the image. */
static inline size_t pieces_found(const struct medium *m, const uint8_t *cell, size_t len) {
	struct sr_buf raw;
	size_t found = 0;

	sr_buf_init(&raw);
	t_read_file(m->image, &raw);
	for (size_t at = 0; at + PIECE <= len; at += PIECE)
		found += memmem(raw.p, raw.len, cell + at, PIECE) != NULL;
	sr_buf_free(&raw);
	return found;
}

/* Do these bytes lie anywhere in the image? */
static inline bool image_has(const struct medium *m, const void *p, size_t len) {
	struct sr_buf raw;
	bool found;

	sr_buf_init(&raw);
	t_read_file(m->image, &raw);
	found = memmem(raw.p, raw.len, p, len) != NULL;
	sr_buf_free(&raw);
	return found;
}

/* Mounted, or the test is skipped. */
static inline void medium_or_skip(struct medium *m) {
	if (geteuid() == 0 && medium_new(m))
		return;
	if (m->folder != NULL)
		medium_free(m);
	print_message("needs root, mkfs.ext4 and a loop device\n");
	skip();
}

#endif
