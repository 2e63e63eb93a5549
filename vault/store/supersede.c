/*
 * supersede - see the header.
 */
#include "store/supersede.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"

enum {
	NAME_SIZE = 256 /* bytes of a file name with its NUL, as file systems have it */
};

static int second_name(char out[NAME_SIZE], const char *name, struct sr_err *e) {
	const int n = snprintf(out, NAME_SIZE, ".%s.superseded", name);

	if (strchr(name, '/') != NULL || n < 0 || n >= NAME_SIZE)
		return sr_fail(e, SR_USAGE, "a name of 1 to %zu bytes without folders is needed",
			NAME_SIZE - sizeof "..superseded");
	return 0;
}

/* Every byte of ${fd} becomes another one, durably. */
static int overwrite(int fd, struct sr_err *e) {
	uint8_t noise[4096];
	struct stat st;
	int rc = 0;

	if (fstat(fd, &st) != 0)
		return sr_fail_errno(e, "stat");
	for (uint64_t at = 0; rc == 0 && at < (uint64_t)st.st_size; at += sizeof noise) {
		const uint64_t left = (uint64_t)st.st_size - at;

		sr_random(noise, sizeof noise);
		rc = sr_fd_pwrite(
			fd, noise, left < sizeof noise ? (size_t)left : sizeof noise, at, e);
	}
	return rc == 0 ? sr_fd_datasync(fd, e) : rc;
}

int sr_file_overwrite(struct sr_dir *d, const char *name, struct sr_err *e) {
	int fd = -1, rc = sr_file_open(&fd, d, name, SR_FS_WRITE, e);

	if (rc != 0)
		return rc;
	rc = overwrite(fd, e);
	(void)close(fd);
	return rc == 0 ? 0 : sr_wrap(e, "overwrite %s", name);
}

static int same_file(bool *same, struct sr_dir *d, const char *a, const char *b, struct sr_err *e) {
	struct stat x, y;

	*same = false;
	if (fstatat(sr_dir_fd(d), b, &y, AT_SYMLINK_NOFOLLOW) != 0)
		return sr_fail_errno(e, "stat %s", b);
	if (fstatat(sr_dir_fd(d), a, &x, AT_SYMLINK_NOFOLLOW) != 0)
		return sr_fail_errno(e, "stat %s", a);
	*same = x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	return 0;
}

int sr_file_supersede_finish(struct sr_dir *d, const char *name, bool *found, struct sr_err *e) {
	char old[NAME_SIZE];
	bool same = false, there = false;
	int rc = second_name(old, name, e);

	if (found != NULL)
		*found = false;
	if (rc == 0)
		rc = sr_file_find(&there, d, old, e);
	if (rc != 0 || !there)
		return rc;
	rc = same_file(&same, d, name, old, e);
	if (rc == 0 && !same) {
		rc = sr_file_overwrite(d, old, e);
		if (found != NULL)
			*found = rc == 0;
	}
	if (rc == 0)
		rc = sr_file_remove(d, old, e);
	return rc == 0 ? 0 : sr_wrap(e, "the file that %s was before", name);
}

/* False with rc 0: this file system has no second names. */
static int name_twice(
	bool *twice, struct sr_dir *d, const char *name, const char *old, struct sr_err *e) {
	*twice = false;
	if (sr_fault_point("link") != 0)
		return sr_fail_errno(e, "a second name for %s", name);
	if (linkat(sr_dir_fd(d), name, sr_dir_fd(d), old, 0) == 0) {
		*twice = true;
		return sr_dir_sync(d, e);
	}
	if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK)
		return 0;
	return sr_fail_errno(e, "a second name for %s", name);
}

int sr_file_supersede(struct sr_dir *d, const char *name, struct sr_bytes data, bool *replaced,
	struct sr_err *e) {
	char old[NAME_SIZE];
	bool twice = false, done = false;
	int fd = -1, rc = second_name(old, name, e);

	if (replaced != NULL)
		*replaced = false;
	if (rc == 0)
		rc = sr_file_supersede_finish(d, name, NULL, e);
	if (rc == 0)
		rc = sr_file_open(&fd, d, name, SR_FS_WRITE, e);
	if (rc == 0)
		rc = name_twice(&twice, d, name, old, e);
	if (rc == 0) {
		rc = sr_file_replace(d, name, data, e);
		/* A failure of the last fsync comes after the new name is there. */
		if (fd >= 0 && rc != 0 && twice) {
			bool same = true;

			done = same_file(&same, d, name, old, NULL) == 0 && !same;
		} else {
			done = rc == 0;
		}
	}
	if (replaced != NULL)
		*replaced = done;
	if (rc == 0 && !twice)
		rc = overwrite(fd, e);
	if (fd >= 0)
		(void)close(fd);
	return rc == 0 && twice ? sr_file_supersede_finish(d, name, NULL, e) : rc;
}
