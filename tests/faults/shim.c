/*
 * shim - one call to the system fails, as the test wants it.
 *
 *     LD_PRELOAD=shim.so FAULT_ROOT=FOLDER FAULT="CALL NTH HOW" [FAULT_COUNT=FILE] program
 *
 * CALL is a name of the table below. Calls on files count when the file lies under FOLDER; memory
 * counts always. From the NTH of them (1: the first) on: HOW is an errno (decimal), by which that
 * one call fails; the same with a `+` behind it, and all that follow fail too; or `short`: of a
 * read or write only a half (at least one byte) happens. FAULT_COUNT: at the end the number of
 * calls of each name is written there, a line each; with FAULT unset that tells how many there are.
 *
 * Not for release: tests preload it into any build.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum call {
	OPEN,
	READ,
	WRITE,
	FSYNC,
	RENAME,
	UNLINK,
	MKDIR,
	TRUNCATE,
	LINK,
	STAT,
	SOCKET,
	MEMORY,
	CALLS
};
static const char *const names[CALLS] = {"open", "read", "write", "fsync", "rename", "unlink",
	"mkdir", "truncate", "link", "stat", "socket", "memory"};

static const char *root;
static atomic_ulong counts[CALLS];
static int wanted = -1, error;
static unsigned long nth;
static bool forever, half, begun;
static pid_t first; /* children of ours keep silent: they would write over the counts */

/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a function */
#define REAL(name) (__extension__(__typeof__(&name)) real(#name))

static void *real(const char *name) {
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

static void count_out(void) {
	const char *file = getenv("FAULT_COUNT");

	begun = false;
	if (file == NULL || getpid() != first)
		return;
	FILE *f = fopen(file, "w");
	for (int i = 0; f != NULL && i < CALLS; i++)
		(void)fprintf(f, "%s %lu\n", names[i], atomic_load(&counts[i]));
	if (f != NULL)
		(void)fclose(f);
}

__attribute__((constructor)) static void begin(void) {
	const char *fault = getenv("FAULT");
	char name[16] = "", *end = NULL;

	root = getenv("FAULT_ROOT");
	first = getpid();
	if (fault != NULL) {
		const size_t len = strcspn(fault, " ");
		if (len >= sizeof name)
			abort();
		memcpy(name, fault, len);
		for (int i = 0; i < CALLS; i++)
			wanted = strcmp(names[i], name) == 0 ? i : wanted;
		nth = strtoul(fault + len, &end, 10);
		half = strcmp(end, " short") == 0;
		error = half ? 0 : (int)strtol(end, &end, 10);
		forever = !half && *end == '+';
		if (wanted < 0 || nth == 0 || (!half && error == 0))
			abort();
	}
	(void)atexit(count_out);
	begun = true;
}

/* Is this the call? */
static bool due(enum call what) {
	if (!begun)
		return false;
	const unsigned long n = atomic_fetch_add(&counts[what], 1) + 1;
	return (int)what == wanted && (n == nth || (forever && n > nth));
}

static bool fails(enum call what) {
	if (!due(what) || half)
		return false;
	errno = error;
	return true;
}

static bool beneath(const char *path) {
	return root != NULL && strncmp(path, root, strlen(root)) == 0;
}

/* Does ${fd} lie under the folder? */
static bool ours(int fd) {
	char link[64], path[PATH_MAX];

	if (!begun || root == NULL || fd == AT_FDCWD)
		return false;
	const int no = errno;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	const ssize_t n = readlink(link, path, sizeof path - 1);
	errno = no;
	if (n <= 0)
		return false;
	path[n] = '\0';
	return beneath(path);
}

static size_t some(enum call what, size_t len) {
	return due(what) && half && len > 1 ? len / 2 : len;
}

/* What may be due for a call on ${fd}: a failure, or less than ${len}. */
static bool stopped(enum call what, int fd, size_t *len) {
	if (!ours(fd))
		return false;
	if (!half)
		return fails(what);
	*len = some(what, *len);
	return false;
}

int openat(int fd, const char *name, int flags, ...) {
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(args, mode_t);
	va_end(args);
	if ((name[0] == '/' ? beneath(name) : ours(fd)) && fails(OPEN))
		return -1;
	return REAL(openat)(fd, name, flags, mode);
}

/* openat2 has no wrapper in the C library. */
long syscall(long number, ...) {
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
#ifdef SYS_openat2
	if (number == SYS_openat2 && ours((int)a[0]) && fails(OPEN))
		return -1;
#endif
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t pread(int fd, void *p, size_t len, off_t offset) {
	if (stopped(READ, fd, &len))
		return -1;
	return REAL(pread)(fd, p, len, offset);
}

ssize_t read(int fd, void *p, size_t len) {
	if (stopped(READ, fd, &len))
		return -1;
	return REAL(read)(fd, p, len);
}

ssize_t pwrite(int fd, const void *p, size_t len, off_t offset) {
	if (stopped(WRITE, fd, &len))
		return -1;
	return REAL(pwrite)(fd, p, len, offset);
}

ssize_t write(int fd, const void *p, size_t len) {
	if (stopped(WRITE, fd, &len))
		return -1;
	return REAL(write)(fd, p, len);
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the C library's names */

/* What a fortified program calls. */
ssize_t __pread_chk(int fd, void *p, size_t len, off_t offset, size_t room);
ssize_t __read_chk(int fd, void *p, size_t len, size_t room);

ssize_t __pread_chk(int fd, void *p, size_t len, off_t offset, size_t room) {
	if (len > room)
		abort();
	return pread(fd, p, len, offset);
}

ssize_t __read_chk(int fd, void *p, size_t len, size_t room) {
	if (len > room)
		abort();
	return read(fd, p, len);
}

int fsync(int fd) {
	return ours(fd) && fails(FSYNC) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd) {
	return ours(fd) && fails(FSYNC) ? -1 : REAL(fdatasync)(fd);
}

int syncfs(int fd) {
	return ours(fd) && fails(FSYNC) ? -1 : REAL(syncfs)(fd);
}

int renameat(int from, const char *old, int to, const char *name) {
	return ours(from) && fails(RENAME) ? -1 : REAL(renameat)(from, old, to, name);
}

int renameat2(int from, const char *old, int to, const char *name, unsigned flags) {
	return ours(from) && fails(RENAME) ? -1 : REAL(renameat2)(from, old, to, name, flags);
}

int unlinkat(int fd, const char *name, int flags) {
	return ours(fd) && fails(UNLINK) ? -1 : REAL(unlinkat)(fd, name, flags);
}

int mkdirat(int fd, const char *name, mode_t mode) {
	return ours(fd) && fails(MKDIR) ? -1 : REAL(mkdirat)(fd, name, mode);
}

int linkat(int from, const char *old, int to, const char *name, int flags) {
	return ours(from) && fails(LINK) ? -1 : REAL(linkat)(from, old, to, name, flags);
}

int ftruncate(int fd, off_t size) {
	return ours(fd) && fails(TRUNCATE) ? -1 : REAL(ftruncate)(fd, size);
}

int fstat(int fd, struct stat *st) {
	return ours(fd) && fails(STAT) ? -1 : REAL(fstat)(fd, st);
}

int fstatat(int fd, const char *name, struct stat *st, int flags) {
	return ours(fd) && fails(STAT) ? -1 : REAL(fstatat)(fd, name, st, flags);
}

int socket(int domain, int type, int protocol) {
	return fails(SOCKET) ? -1 : REAL(socket)(domain, type, protocol);
}

/* Memory: the C library's own names for the real ones, since dlsym itself takes some. */
extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t count, size_t len);
extern void *__libc_realloc(void *p, size_t len);

void *malloc(size_t len) {
	return fails(MEMORY) ? NULL : __libc_malloc(len);
}

void *calloc(size_t count, size_t len) {
	return fails(MEMORY) ? NULL : __libc_calloc(count, len);
}

void *realloc(void *p, size_t len) {
	return fails(MEMORY) ? NULL : __libc_realloc(p, len);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
