/*
 * mounts - for a test's child process: a user and a mount namespace of its own, in which it may lay
 * a file or folder over one of the system's. There it is an ordinary user (1234), whom rights bind:
 * what has none cannot be read.
 */
#ifndef SR_TEST_MOUNTS_H
#define SR_TEST_MOUNTS_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static inline bool mounts_put(const char *path, const char *text) {
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const bool put = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return put;
}

/* false: the system has none for us. */
static inline bool mounts_own(void) {
	char users[40], groups[40];

	(void)snprintf(users, sizeof users, "1234 %u 1", (unsigned)getuid());
	(void)snprintf(groups, sizeof groups, "1234 %u 1", (unsigned)getgid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       mounts_put("/proc/self/setgroups", "deny") &&
	       mounts_put("/proc/self/uid_map", users) &&
	       mounts_put("/proc/self/gid_map", groups) &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static inline bool mounts_lay(const char *over, const char *what) {
	return mount(what, over, NULL, MS_BIND | MS_REC, NULL) == 0;
}

#endif
