/*
 * tool - see tool.h.
 */
#include "parser/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parser/foreman.h"

enum {
	CHUNK = 64 << 10,
	JOB = 3,
	FILES = 64 /* sandbox/walls.c: no number is higher */
};

static _Noreturn void become(const char *const *argv, int in, int out) {
	/* No network, no other place: what a tool may know of where it runs. */
	const char *search = getenv("LD_LIBRARY_PATH");
	static char path[8192];
	char *env[] = {path, "LC_ALL=C.UTF-8", "HOME=/tmp", "OMP_THREAD_LIMIT=1",
		"FONTCONFIG_FILE=/run/fonts/fonts.conf", "XDG_CACHE_HOME=/run/cache", NULL};

	(void)snprintf(path, sizeof path, "LD_LIBRARY_PATH=%s", search != NULL ? search : "");
	/* 1 was /dev/null: there its errors go. The parent's socket is not for it. */
	if (lseek(in, 0, SEEK_SET) != 0 || dup2(1, 2) < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
		!par_inner_filter())
		_exit(127);
	for (int fd = JOB; fd < FILES; fd++)
		(void)close(fd);
	(void)execve(argv[0], (char *const *)(uintptr_t)argv, env);
	_exit(127);
}

/* All that it prints, up to ${max}. */
static bool collect(struct sr_buf *out, int from, size_t max) {
	const size_t begun = out->len;

	for (;;) {
		ssize_t n;

		if (sr_buf_reserve(out, CHUNK, NULL) != 0)
			return false;
		do
			n = read(from, out->p + out->len, CHUNK);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return true;
		out->len += (size_t)n;
		if (out->len - begun > max) {
			out->len = begun + max;
			return false;
		}
	}
}

static char unusable[512]; /* why the one that was looked at last is */

enum par_tool_end par_tool_look(const char *path, int mode) {
	if (access(path, mode) == 0)
		return PAR_TOOL_ENDED;
	const ssize_t n = readlink(path, unusable, sizeof unusable - 1);

	unusable[n > 0 ? n : 0] = '\0';
	return n > 0 ? PAR_TOOL_UNUSABLE : PAR_TOOL_MISSING;
}

bool par_tool_idle(enum par_tool_end end) {
	return end == PAR_TOOL_MISSING || end == PAR_TOOL_UNUSABLE || end == PAR_TOOL_FAILED;
}

/* ENDED: all is there. */
static enum par_tool_end look(const char *const *argv) {
	static const char inside[] = "/run/";
	enum par_tool_end end = PAR_TOOL_ENDED;

	for (size_t i = 0; argv[i] != NULL && end == PAR_TOOL_ENDED; i++)
		if (strncmp(argv[i], inside, sizeof inside - 1) == 0)
			end = par_tool_look(argv[i], i == 0 ? X_OK : R_OK);
	return end;
}

enum par_tool_end par_tool_run(struct sr_buf *out, const char *const *argv, int in, size_t max) {
	int ends[2] = {-1, -1}, status = 0;
	bool all;
	pid_t pid;

	const enum par_tool_end wanting = look(argv);

	if (wanting != PAR_TOOL_ENDED)
		return wanting;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return PAR_TOOL_FAILED;
	pid = fork();
	if (pid == 0)
		become(argv, in, ends[1]);
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return PAR_TOOL_FAILED;
	}
	all = collect(out, ends[0], max);
	(void)close(ends[0]);
	if (!all)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!all)
		return PAR_TOOL_CAPPED;
	return WIFSIGNALED(status) ? PAR_TOOL_KILLED : PAR_TOOL_ENDED;
}

void par_tool_say(char *out, size_t size, enum par_tool_end end, const char *name) {
	switch (end) {
	case PAR_TOOL_ENDED:
		(void)snprintf(out, size,
			"%s gives nothing of it: it is damaged, or under a password", name);
		break;
	case PAR_TOOL_KILLED:
		(void)snprintf(out, size,
			"%s crashed over it, or took more time or memory than it may", name);
		break;
	case PAR_TOOL_CAPPED:
		(void)snprintf(out, size, "%s gives more than is taken", name);
		break;
	case PAR_TOOL_MISSING:
		(void)snprintf(out, size, "%s is not installed here (make deps-room)", name);
		break;
	case PAR_TOOL_UNUSABLE:
		(void)snprintf(out, size, "%s cannot be used here (see strongroom doctor): %s",
			name, unusable);
		break;
	case PAR_TOOL_FAILED:
		(void)snprintf(out, size, "%s could not be started", name);
		break;
	}
}

int par_tool_file(struct sr_bytes bytes) {
	const int fd = memfd_create("page", MFD_CLOEXEC);
	size_t at = 0;

	while (fd >= 0 && at < bytes.len) {
		const ssize_t n = write(fd, bytes.p + at, bytes.len - at);

		if (n <= 0 && errno != EINTR) {
			(void)close(fd);
			return -1;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	return fd;
}
