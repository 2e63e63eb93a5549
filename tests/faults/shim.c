/*
 * shim - one call to the system fails, as the test wants it, or the process dies before it.
 *
 *     LD_PRELOAD=shim.so FAULT_ROOT=FOLDER FAULT="CALL NTH HOW" [FAULT_NAME=PIECE]
 *             [FAULT_COUNT=FILE] strongroom ...
 *
 * CALL is a name of the table below. Calls on files count when the file lies under FOLDER, and
 * PIECE is in its path; calls on sockets and pipes (`talk`), on memory and on processes count
 * always; `change` counts all that change a disk, whatever they are, and is for deaths. From the
 * NTH of them (1: the first) on: HOW is an errno (decimal), by which that one call fails; the same
 * with a `+` behind it, and all that follow fail too; `short`: of a read or write only a half (at
 * least one byte) happens; or `kill`: SIGKILL. FAULT_COUNT: at the end the number of calls of each
 * name is written there, a line each; with FAULT unset that tells how many there are.
 *
 * Only a program of the name `strongroom` and its forks fail; what they execute does not, nor what
 * the C library calls within itself. A fork goes on counting where its parent was, so in it, too,
 * there is an NTH call.
 *
 * Not for release: tests preload it into any build.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
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
	ALLOCATE,
	LINK,
	MODE,
	STAT,
	LIST,
	LOCK,
	SOCKET, /* whatever makes a descriptor that is no file */
	CONNECT,
	TALK,
	POLL,
	FORK,
	THREAD,
	WAIT,
	MAP,
	PIN,
	RANDOM,
	MEMORY,
	CHANGE,
	CALLS
};
static const char *const names[CALLS] = {"open", "read", "write", "fsync", "rename", "unlink",
	"mkdir", "truncate", "allocate", "link", "mode", "stat", "list", "lock", "socket",
	"connect", "talk", "poll", "fork", "thread", "wait", "map", "pin", "random", "memory",
	"change"};

static const char *root, *piece;
static atomic_ulong counts[CALLS];
static int wanted = -1, error;
static unsigned long nth;
static bool forever, half, deadly, begun;
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

	if (strcmp(program_invocation_short_name, "strongroom") != 0)
		return;
	root = getenv("FAULT_ROOT");
	piece = getenv("FAULT_NAME");
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
		deadly = strcmp(end, " kill") == 0;
		error = half || deadly ? 0 : (int)strtol(end, &end, 10);
		forever = error != 0 && *end == '+';
		if (wanted < 0 || nth == 0 || (!half && !deadly && error == 0))
			abort();
	}
	(void)atexit(count_out);
	begun = true;
}

static bool changes(enum call what) {
	return what == WRITE || what == FSYNC || what == RENAME || what == UNLINK ||
	       what == MKDIR || what == TRUNCATE || what == ALLOCATE || what == LINK ||
	       what == MODE;
}

/* Counted; is it the one? */
static bool at(enum call what) {
	const unsigned long n = atomic_fetch_add(&counts[what], 1) + 1;

	return (int)what == wanted && (n == nth || (forever && n > nth));
}

/* Is this the call? One that is to kill does so here. */
static bool due(enum call what) {
	if (!begun)
		return false;
	const bool change = changes(what) && at(CHANGE);
	const bool this = at(what);
	if (deadly && (this || change)) {
		(void)kill(getpid(), SIGKILL);
		for (;;)
			(void)pause();
	}
	return this;
}

static bool fails(enum call what) {
	if (!due(what) || half)
		return false;
	errno = error;
	return true;
}

static bool beneath(const char *path) {
	const size_t len = root == NULL ? 0 : strlen(root);

	return len > 0 && strncmp(path, root, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0') &&
	       (piece == NULL || strstr(path, piece) != NULL);
}

/* The path of a descriptor, at most ${size} - 1 bytes of it and a zero; how many, 0: none. */
static size_t path_of(int fd, char *path, size_t size) {
	const int no = errno;
	ssize_t n = 0;
	char link[64];

	if (fd == AT_FDCWD) {
		n = getcwd(path, size) == NULL ? 0 : (ssize_t)strlen(path);
	} else {
		(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		n = readlink(link, path, size - 1);
	}
	errno = no;
	if (n <= 0)
		return 0;
	path[n] = '\0';
	return (size_t)n;
}

/* What a descriptor is: nothing of ours, a file under the folder, a socket or pipe. */
enum thing {
	NOTHING,
	FILE_OF_OURS,
	CHANNEL
};

static enum thing thing(int fd) {
	char path[PATH_MAX];

	if (!begun || path_of(fd, path, sizeof path) == 0)
		return NOTHING;
	/* Standard output and errors are the test's. */
	if (fd > STDERR_FILENO &&
		(strncmp(path, "socket:", 7) == 0 || strncmp(path, "pipe:", 5) == 0))
		return CHANNEL;
	return beneath(path) ? FILE_OF_OURS : NOTHING;
}

/* Does ${fd} lie under the folder? */
static bool ours(int fd) {
	return thing(fd) == FILE_OF_OURS;
}

/* Does ${name}, as seen from the folder ${fd}? */
static bool named(int fd, const char *name) {
	char path[PATH_MAX];

	if (!begun || root == NULL)
		return false;
	if (name[0] == '/')
		return beneath(name);
	const size_t len = path_of(fd, path, sizeof path);
	return len > 0 &&
	       (size_t)snprintf(path + len, sizeof path - len, "/%s", name) < sizeof path - len &&
	       beneath(path);
}

static size_t some(enum call what, size_t len) {
	return due(what) && half && len > 1 ? len / 2 : len;
}

/* What may be due for a call on ${fd}: a failure, or less than ${len}. */
static bool stopped(enum call what, int fd, size_t *len) {
	const enum thing t = thing(fd);

	if (t == NOTHING)
		return false;
	if (t == CHANNEL)
		what = TALK;
	if (!half)
		return fails(what);
	*len = some(what, *len);
	return false;
}

int open(const char *name, int flags, ...) {
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(args, mode_t);
	va_end(args);
	if (named(AT_FDCWD, name) && fails(OPEN))
		return -1;
	return REAL(open)(name, flags, mode);
}

FILE *fopen(const char *name, const char *mode) {
	return named(AT_FDCWD, name) && fails(OPEN) ? NULL : REAL(fopen)(name, mode);
}

int openat(int fd, const char *name, int flags, ...) {
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(args, mode_t);
	va_end(args);
	if (named(fd, name) && fails(OPEN))
		return -1;
	return REAL(openat)(fd, name, flags, mode);
}

/* openat2 has no wrapper in the C library, and libsodium asks for randomness by number. */
long syscall(long number, ...) {
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
#ifdef SYS_openat2
	if (number == SYS_openat2) {
		const char *name = NULL;
		memcpy(&name, &a[1], sizeof name);
		if (named((int)a[0], name) && fails(OPEN))
			return -1;
	}
#endif
	if (number == SYS_getrandom && fails(RANDOM))
		return -1;
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
	return named(from, old) && fails(RENAME) ? -1 : REAL(renameat)(from, old, to, name);
}

int renameat2(int from, const char *old, int to, const char *name, unsigned flags) {
	return named(from, old) && fails(RENAME) ? -1 : REAL(renameat2)(from, old, to, name, flags);
}

int unlinkat(int fd, const char *name, int flags) {
	return named(fd, name) && fails(UNLINK) ? -1 : REAL(unlinkat)(fd, name, flags);
}

int unlink(const char *name) {
	return named(AT_FDCWD, name) && fails(UNLINK) ? -1 : REAL(unlink)(name);
}

int mkdirat(int fd, const char *name, mode_t mode) {
	return named(fd, name) && fails(MKDIR) ? -1 : REAL(mkdirat)(fd, name, mode);
}

int mkdir(const char *name, mode_t mode) {
	return named(AT_FDCWD, name) && fails(MKDIR) ? -1 : REAL(mkdir)(name, mode);
}

int linkat(int from, const char *old, int to, const char *name, int flags) {
	return named(to, name) && fails(LINK) ? -1 : REAL(linkat)(from, old, to, name, flags);
}

int ftruncate(int fd, off_t size) {
	return ours(fd) && fails(TRUNCATE) ? -1 : REAL(ftruncate)(fd, size);
}

int fallocate(int fd, int mode, off_t offset, off_t len) {
	return ours(fd) && fails(ALLOCATE) ? -1 : REAL(fallocate)(fd, mode, offset, len);
}

int posix_fallocate(int fd, off_t offset, off_t len) {
	return ours(fd) && fails(ALLOCATE) ? errno : REAL(posix_fallocate)(fd, offset, len);
}

int fchmod(int fd, mode_t mode) {
	return ours(fd) && fails(MODE) ? -1 : REAL(fchmod)(fd, mode);
}

int fchmodat(int fd, const char *name, mode_t mode, int flags) {
	return named(fd, name) && fails(MODE) ? -1 : REAL(fchmodat)(fd, name, mode, flags);
}

int fstat(int fd, struct stat *st) {
	return ours(fd) && fails(STAT) ? -1 : REAL(fstat)(fd, st);
}

int fstatat(int fd, const char *name, struct stat *st, int flags) {
	return named(fd, name) && fails(STAT) ? -1 : REAL(fstatat)(fd, name, st, flags);
}

int lstat(const char *name, struct stat *st) {
	return named(AT_FDCWD, name) && fails(STAT) ? -1 : REAL(lstat)(name, st);
}

DIR *fdopendir(int fd) {
	return ours(fd) && fails(LIST) ? NULL : REAL(fdopendir)(fd);
}

struct dirent *readdir(DIR *d) {
	return ours(dirfd(d)) && fails(LIST) ? NULL : REAL(readdir)(d);
}

int fcntl(int fd, int cmd, ...) {
	va_list args;

	va_start(args, cmd);
	void *arg = va_arg(args, void *);
	va_end(args);
	const bool lock = cmd == F_SETLK || cmd == F_SETLKW || cmd == F_OFD_SETLK;
	return lock && ours(fd) && fails(LOCK) ? -1 : REAL(fcntl)(fd, cmd, arg);
}

/* --- descriptors that are no files, and what goes over them --- */

int socket(int domain, int type, int protocol) {
	return fails(SOCKET) ? -1 : REAL(socket)(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int fds[2]) {
	return fails(SOCKET) ? -1 : REAL(socketpair)(domain, type, protocol, fds);
}

int pipe2(int fds[2], int flags) {
	return fails(SOCKET) ? -1 : REAL(pipe2)(fds, flags);
}

int eventfd(unsigned first_value, int flags) {
	return fails(SOCKET) ? -1 : REAL(eventfd)(first_value, flags);
}

int signalfd(int fd, const sigset_t *set, int flags) {
	return fails(SOCKET) ? -1 : REAL(signalfd)(fd, set, flags);
}

int memfd_create(const char *name, unsigned flags) {
	return fails(SOCKET) ? -1 : REAL(memfd_create)(name, flags);
}

int accept4(int fd, __SOCKADDR_ARG a, socklen_t *len, int flags) {
	return fails(SOCKET) ? -1 : REAL(accept4)(fd, a, len, flags);
}

int dup(int fd) {
	return fails(SOCKET) ? -1 : REAL(dup)(fd);
}

int connect(int fd, __CONST_SOCKADDR_ARG a, socklen_t len) {
	return fails(CONNECT) ? -1 : REAL(connect)(fd, a, len);
}

int bind(int fd, __CONST_SOCKADDR_ARG a, socklen_t len) {
	return fails(CONNECT) ? -1 : REAL(bind)(fd, a, len);
}

int listen(int fd, int backlog) {
	return fails(CONNECT) ? -1 : REAL(listen)(fd, backlog);
}

ssize_t recv(int fd, void *p, size_t len, int flags) {
	if (stopped(TALK, fd, &len))
		return -1;
	return REAL(recv)(fd, p, len, flags);
}

ssize_t send(int fd, const void *p, size_t len, int flags) {
	if (stopped(TALK, fd, &len))
		return -1;
	return REAL(send)(fd, p, len, flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags) {
	return !half && fails(TALK) ? -1 : REAL(recvmsg)(fd, m, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags) {
	return !half && fails(TALK) ? -1 : REAL(sendmsg)(fd, m, flags);
}

int poll(struct pollfd *p, nfds_t n, int ms) {
	return fails(POLL) ? -1 : REAL(poll)(p, n, ms);
}

int __poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room);

int __poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room) {
	if (room / sizeof *p < n)
		abort();
	return poll(p, n, ms);
}

/* --- processes, threads --- */

pid_t fork(void) {
	return fails(FORK) ? -1 : REAL(fork)();
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attr, char *const argv[], char *const envp[]) {
	return fails(FORK) ? errno : REAL(posix_spawn)(pid, path, actions, attr, argv, envp);
}

int pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg) {
	return fails(THREAD) ? errno : REAL(pthread_create)(t, attr, run, arg);
}

pid_t waitpid(pid_t pid, int *status, int options) {
	return fails(WAIT) ? -1 : REAL(waitpid)(pid, status, options);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
	return fails(WAIT) ? -1 : REAL(waitid)(type, id, info, options);
}

/* --- memory, randomness --- */

void *mmap(void *p, size_t len, int prot, int flags, int fd, off_t offset) {
	return fails(MAP) ? MAP_FAILED : REAL(mmap)(p, len, prot, flags, fd, offset);
}

int mprotect(void *p, size_t len, int prot) {
	return fails(MAP) ? -1 : REAL(mprotect)(p, len, prot);
}

int mlock(const void *p, size_t len) {
	return fails(PIN) ? -1 : REAL(mlock)(p, len);
}

int madvise(void *p, size_t len, int advice) {
	return fails(PIN) ? -1 : REAL(madvise)(p, len, advice);
}

ssize_t getrandom(void *p, size_t len, unsigned flags) {
	return fails(RANDOM) ? -1 : REAL(getrandom)(p, len, flags);
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

void *aligned_alloc(size_t alignment, size_t len) {
	return fails(MEMORY) ? NULL : REAL(aligned_alloc)(alignment, len);
}

/* Libraries that are built for large files call these by their other names. */
#define ALSO(name) __attribute__((alias(#name)))
int open64(const char *name, int flags, ...) ALSO(open);
int openat64(int fd, const char *name, int flags, ...) ALSO(openat);
FILE *fopen64(const char *name, const char *mode) ALSO(fopen);
ssize_t pread64(int fd, void *p, size_t len, off_t offset) ALSO(pread);
ssize_t pwrite64(int fd, const void *p, size_t len, off_t offset) ALSO(pwrite);
int ftruncate64(int fd, off_t size) ALSO(ftruncate);
int fallocate64(int fd, int mode, off_t offset, off_t len) ALSO(fallocate);
void *mmap64(void *p, size_t len, int prot, int flags, int fd, off_t offset) ALSO(mmap);

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
