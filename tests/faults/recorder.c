/*
 * recorder - every change that a program makes under one folder, in order, for a model of a power
 * cut (powercut).
 *
 *     LD_PRELOAD=recorder.so RECORD_ROOT=FOLDER RECORD_LOG=FILE program
 *
 * Wraps the calls that change files or make changes durable. One record each, written after the
 * call succeeded and before the next one may begin (a lock around both), so that the log is one
 * order of what the kernel was told:
 *
 *     w PATH INODE OFFSET LEN\n<LEN bytes>\n    bytes written
 *     t PATH INODE SIZE\n                       size set
 *     s PATH INODE\n                            fsync or fdatasync of a file
 *     d PATH COUNT\n{INODE KIND NAME\n}         fsync of a folder: what was in it
 *     S\n                                       syncfs
 *     r OLD NEW\n   l OLD NEW\n   u PATH\n   m PATH\n     rename, link, unlink, mkdir
 *
 * What is written to a file that has no name (any more) is left out, since nobody can come to it
 * after the cut; with RECORD_UNNAMED it is there, since a disk keeps it. RECORD_ROOT="" is
 * everything with a path.
 *
 * A file that open made shows in the next record that names it, and in the list of its folder. The
 * vault's own names have no white space; a path that has is a mistake of the test and ends the
 * program. Not for release: tests preload it into any build.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static int log_fd = -1;
static bool unnamed;

/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a function */
#define REAL(name) (__extension__(__typeof__(&name)) real(#name))

static void *real(const char *name) {
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

__attribute__((constructor)) static void begin(void) {
	const char *file = getenv("RECORD_LOG");

	root = getenv("RECORD_ROOT");
	unnamed = getenv("RECORD_UNNAMED") != NULL;
	if (root == NULL || file == NULL)
		return;
	log_fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		abort();
}

static void put(const void *p, size_t len) {
	static ssize_t (*say)(int, const void *, size_t);
	const char *at = p;

	if (say == NULL)
		say = REAL(write);
	while (len > 0) {
		const ssize_t n = say(log_fd, at, len);

		if (n <= 0)
			abort();
		at += n;
		len -= (size_t)n;
	}
}

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...) {
	char text[2 * PATH_MAX + 128];
	va_list args;

	va_start(args, format);
	const int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof text)
		abort();
	put(text, (size_t)n);
}

/* The path of ${name} in the open folder ${fd}, or of ${fd} itself; false when it is not ours. */
static bool ours(char out[PATH_MAX], int fd, const char *name) {
	char link[64];
	ssize_t n = 0;

	if (log_fd < 0)
		return false;
	if (name == NULL || name[0] != '/') {
		if (fd == AT_FDCWD) {
			if (getcwd(out, PATH_MAX) == NULL)
				return false;
			n = (ssize_t)strlen(out);
		} else {
			(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
			n = readlink(link, out, PATH_MAX - 1);
			if (n <= 0 || out[0] != '/')
				return false;
			out[n] = '\0';
		}
		if (name != NULL && (size_t)snprintf(out + n, PATH_MAX - (size_t)n, "/%s", name) >=
					    PATH_MAX - (size_t)n)
			return false;
	} else if ((size_t)snprintf(out, PATH_MAX, "%s", name) >= PATH_MAX) {
		return false;
	}
	if (strncmp(out, root, strlen(root)) != 0 || out[strlen(root)] != '/')
		return false;
	const size_t len = strlen(out), gone = sizeof " (deleted)" - 1;
	if (len > gone && strcmp(out + len - gone, " (deleted)") == 0) {
		if (!unnamed || strncmp(out, "/memfd:", 7) == 0)
			return false; /* nobody can come to it any more; or it is memory */
		out[len - gone] = '\0';
	}
	if (strpbrk(out, " \n\t") != NULL)
		abort();
	return true;
}

static unsigned long long inode(int fd) {
	struct stat st;

	return fstat(fd, &st) == 0 ? (unsigned long long)st.st_ino : 0;
}

static void wrote(int fd, const void *p, size_t len, long long offset) {
	char path[PATH_MAX];

	if (!ours(path, fd, NULL))
		return;
	line("w %s %llu %lld %zu\n", path, inode(fd), offset, len);
	put(p, len);
	put("\n", 1);
}

ssize_t pwrite(int fd, const void *p, size_t len, off_t offset) {
	(void)pthread_mutex_lock(&lock);
	const ssize_t n = REAL(pwrite)(fd, p, len, offset);
	const int no = errno;
	if (n > 0)
		wrote(fd, p, (size_t)n, offset);
	(void)pthread_mutex_unlock(&lock);
	errno = no;
	return n;
}

ssize_t pwrite64(int fd, const void *p, size_t len, off64_t offset) {
	return pwrite(fd, p, len, (off_t)offset);
}

ssize_t write(int fd, const void *p, size_t len) {
	char path[PATH_MAX];

	if (log_fd < 0 || !ours(path, fd, NULL))
		return REAL(write)(fd, p, len);
	(void)pthread_mutex_lock(&lock);
	const ssize_t n = REAL(write)(fd, p, len);
	const int no = errno;
	const off_t end = lseek(fd, 0, SEEK_CUR);
	if (n > 0 && end >= n)
		wrote(fd, p, (size_t)n, (long long)(end - n));
	(void)pthread_mutex_unlock(&lock);
	errno = no;
	return n;
}

int ftruncate(int fd, off_t size) {
	char path[PATH_MAX];

	(void)pthread_mutex_lock(&lock);
	const int rc = REAL(ftruncate)(fd, size);
	const int no = errno;
	if (rc == 0 && ours(path, fd, NULL))
		line("t %s %llu %lld\n", path, inode(fd), (long long)size);
	(void)pthread_mutex_unlock(&lock);
	errno = no;
	return rc;
}

int ftruncate64(int fd, off64_t size) {
	return ftruncate(fd, (off_t)size);
}

/* Files in a folder, as its fsync makes them durable. */
static void listed(int fd, const char *path) {
	struct stat st;
	struct dirent *de = NULL;
	size_t count = 0;
	const int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again >= 0 ? fdopendir(again) : NULL;

	if (d == NULL)
		abort();
	while ((de = readdir(d)) != NULL)
		count += strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0;
	line("d %s %zu\n", path, count);
	rewinddir(d);
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		if (fstatat(again, de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			abort();
		line("%llu %c %s\n", (unsigned long long)st.st_ino, S_ISDIR(st.st_mode) ? 'd' : 'f',
			de->d_name);
	}
	(void)closedir(d);
}

static int flushed(int fd, int (*call)(int)) {
	char path[PATH_MAX];
	struct stat st;

	(void)pthread_mutex_lock(&lock);
	const int rc = call(fd);
	const int no = errno;
	if (rc == 0 && ours(path, fd, NULL) && fstat(fd, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			listed(fd, path);
		else
			line("s %s %llu\n", path, (unsigned long long)st.st_ino);
	}
	(void)pthread_mutex_unlock(&lock);
	errno = no;
	return rc;
}

int fsync(int fd) {
	return flushed(fd, REAL(fsync));
}

int fdatasync(int fd) {
	return flushed(fd, REAL(fdatasync));
}

int syncfs(int fd) {
	char path[PATH_MAX];

	(void)pthread_mutex_lock(&lock);
	const int rc = REAL(syncfs)(fd);
	const int no = errno;
	if (rc == 0 && ours(path, fd, NULL))
		line("S\n");
	(void)pthread_mutex_unlock(&lock);
	errno = no;
	return rc;
}

static int moved(int from, const char *old, int to, const char *name, char what, int rc) {
	char a[PATH_MAX], b[PATH_MAX];
	const int no = errno;

	if (rc == 0 && ours(a, from, old) && ours(b, to, name))
		line("%c %s %s\n", what, a, b);
	(void)pthread_mutex_unlock(&lock);
	errno = no;
	return rc;
}

int renameat(int from, const char *old, int to, const char *name) {
	(void)pthread_mutex_lock(&lock);
	return moved(from, old, to, name, 'r', REAL(renameat)(from, old, to, name));
}

int renameat2(int from, const char *old, int to, const char *name, unsigned flags) {
	(void)pthread_mutex_lock(&lock);
	return moved(from, old, to, name, 'r', REAL(renameat2)(from, old, to, name, flags));
}

int linkat(int from, const char *old, int to, const char *name, int flags) {
	(void)pthread_mutex_lock(&lock);
	return moved(from, old, to, name, 'l', REAL(linkat)(from, old, to, name, flags));
}

int unlinkat(int fd, const char *name, int flags) {
	char path[PATH_MAX];

	(void)pthread_mutex_lock(&lock);
	const int rc = REAL(unlinkat)(fd, name, flags);
	const int no = errno;
	if (rc == 0 && ours(path, fd, name))
		line("u %s\n", path);
	(void)pthread_mutex_unlock(&lock);
	errno = no;
	return rc;
}

int mkdirat(int fd, const char *name, mode_t mode) {
	char path[PATH_MAX];

	(void)pthread_mutex_lock(&lock);
	const int rc = REAL(mkdirat)(fd, name, mode);
	const int no = errno;
	if (rc == 0 && ours(path, fd, name))
		line("m %s\n", path);
	(void)pthread_mutex_unlock(&lock);
	errno = no;
	return rc;
}
