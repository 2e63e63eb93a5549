/*
 * escape - see escape.h. Each attempt is what hostile code in a parser would try first; it uses the
 * system calls themselves.
 */
#include "parser/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
	FILL_STEP = 1 << 20,
	FDS_OURS = 4,   /* 0 to 3 */
	FDS_MAX = 1024, /* looked at */
	ROOT_UID_MAX = 0
};

static bool through(char *how, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool through(char *how, size_t size, const char *fmt, ...) {
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(how, size, fmt, ap);
	va_end(ap);
	return true;
}

static bool network(char *how, size_t size) {
	static const int domains[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK};

	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
		for (int type = SOCK_STREAM; type <= SOCK_RAW; type++)
			if (socket(domains[i], type, 0) >= 0)
				return through(how, size, "a socket of domain %d", domains[i]);
	return false;
}

static bool host_files(char *how, size_t size) {
	static const char *const paths[] = {"/etc/passwd", "/etc/hostname", "/etc/machine-id",
		"/root", "/home", "/var", "/proc/self/status", "/proc/1/root", "/sys/kernel",
		"/dev/null", "/dev/mem", "/bin/sh", "/usr/bin", "/usr/bin/env", "/usr/local",
		"/opt", "/srv", "/mnt", "/run/user", "/oldroot", "/newroot"};
	struct stat st;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (stat(paths[i], &st) == 0 || open(paths[i], O_PATH) >= 0)
			return through(how, size, "%s is there", paths[i]);
	return false;
}

static bool way_up(char *how, size_t size) {
	static const char *const paths[] = {"..", "../..", "../../../../../../etc", "/../etc"};
	struct stat root, up;

	if (stat("/", &root) != 0)
		return false;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		if (stat(paths[i], &up) != 0)
			continue;
		if (up.st_dev != root.st_dev || up.st_ino != root.st_ino)
			return through(how, size, "%s leads out of the root", paths[i]);
	}
	return false;
}

static bool write_outside(char *how, size_t size) {
	static const char *const paths[] = {
		"/x", "/usr/x", "/usr/lib/x", "/run/x", "/run/program", "/etc/x", "/lib/x"};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (open(paths[i], O_WRONLY | O_CREAT, 0600) >= 0)
			return through(how, size, "%s can be written", paths[i]);
	if (mkdir("/y", 0700) == 0 || unlink("/run/program") == 0 ||
		chmod("/run/program", 0777) == 0)
		return through(how, size, "the root can be changed");
	return false;
}

/* The private folder must end at its size: no more than 64 MiB of it are believed. */
static bool fill_tmp(char *how, size_t size) {
	static char step[FILL_STEP];
	struct statfs st;
	size_t done = 0;

	for (unsigned file = 0; file < 64; file++) {
		char path[32];
		(void)snprintf(path, sizeof path, "/tmp/f%u", file);
		const int fd = open(path, O_WRONLY | O_CREAT, 0600);
		if (fd < 0)
			break;
		for (unsigned i = 0; i < 16 && write(fd, step, sizeof step) == (ssize_t)sizeof step;
			i++)
			done += sizeof step;
		(void)close(fd);
	}
	if (statfs("/tmp", &st) == 0 && done > (size_t)st.f_blocks * (size_t)st.f_bsize)
		return through(how, size, "%zu bytes fit a folder of less", done);
	return done > (size_t)256 << 20 ? through(how, size, "%zu MiB fit", done >> 20) : false;
}

static bool new_process(char *how, size_t size) {
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		return through(how, size, "fork made process %d", pid);
	if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) >= 0 ||
		syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL) >= 0)
		return through(how, size, "clone made a process");
	return false;
}

/* As many threads or processes as there is room for: fork is what it would do. */
static bool fork_bomb(char *how, size_t size) {
	unsigned made = 0;

	for (unsigned i = 0; i < 1000; i++) {
		const pid_t pid = fork();

		if (pid == 0)
			(void)pause();
		made += pid > 0 ? 1 : 0;
	}
	return made > 0 ? through(how, size, "%u processes", made) : false;
}

static bool memory(char *how, size_t size) {
	const size_t step = (size_t)64 << 20;
	size_t have = 0;

	while (have < (size_t)8 << 30) {
		void *p = mmap(
			NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			break;
		have += step;
	}
	return have > (size_t)4 << 30 ? through(how, size, "%zu MiB were mapped", have >> 20)
				      : false;
}

static bool raise_limits(char *how, size_t size) {
	static const int kinds[] = {
		RLIMIT_AS, RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CORE};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct rlimit r = {0};

		if (getrlimit((__rlimit_resource_t)kinds[i], &r) != 0)
			continue;
		if (r.rlim_max == RLIM_INFINITY)
			return through(how, size, "limit %d is not set", kinds[i]);
		r.rlim_max++;
		r.rlim_cur = r.rlim_max;
		if (setrlimit((__rlimit_resource_t)kinds[i], &r) == 0)
			return through(how, size, "limit %d was raised", kinds[i]);
	}
	return false;
}

static bool trace_parent(char *how, size_t size) {
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ? through(how, size, "attached")
								 : false;
}

static bool trace_me(char *how, size_t size) {
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? through(how, size, "ptrace works")
							  : false;
}

static bool read_parent(char *how, size_t size) {
	char byte = 0;
	struct iovec here = {&byte, 1}, there = {environ, 1};

	return process_vm_readv(getppid(), &here, 1, &there, 1, 0) >= 0
		       ? through(how, size, "another process's memory can be read")
		       : false;
}

static bool signal_others(char *how, size_t size) {
	for (pid_t pid = 1; pid < 4; pid++)
		if (pid != getpid() && kill(pid, 0) == 0)
			return through(how, size, "process %d can be signalled", pid);
	return kill(-1, 0) == 0 ? through(how, size, "others can be signalled") : false;
}

/* Of processes that live: the foreman, bubblewrap's own. */
static bool signal_by_thread(char *how, size_t size) {
	for (pid_t pid = 1; pid < 8; pid++)
		if (pid != getpid() && syscall(SYS_tgkill, pid, pid, 0) == 0)
			return through(how, size, "process %d can be signalled", pid);
	return false;
}

static bool signal_by_file(char *how, size_t size) {
	int ends[2];

	if (pipe(ends) != 0)
		return false;
	return fcntl(ends[0], F_SETOWN, getppid()) == 0 || fcntl(ends[0], F_SETSIG, SIGKILL) == 0
		       ? through(how, size, "a pipe signals its parent")
		       : false;
}

static bool limit_others(char *how, size_t size) {
	struct rlimit r;

	for (pid_t pid = 1; pid < 8; pid++)
		if (pid != getpid() && prlimit(pid, RLIMIT_NOFILE, NULL, &r) == 0)
			return through(how, size, "limits of process %d can be set", pid);
	return false;
}

/* Their bytes are of no process. */
static bool memory_files(char *how, size_t size) {
	return memfd_create("x", 0) >= 0 ? through(how, size, "files in memory can be made")
					 : false;
}

static int sleep_for_ever(void *unused) {
	const struct timespec t = {.tv_sec = 1};

	(void)unused;
	while (true)
		(void)nanosleep(&t, NULL);
	return 0;
}

static bool threads(char *how, size_t size) {
	enum {
		STACK = 16 << 10,
		MANY = 64
	};
	unsigned made = 0;

	for (unsigned i = 0; i < 200; i++) {
		uint8_t *stack = malloc(STACK);

		made += stack != NULL && clone(sleep_for_ever, stack + STACK,
						 CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
							 CLONE_THREAD | CLONE_SYSVSEM,
						 NULL) > 0
				? 1
				: 0;
	}
	return made > MANY ? through(how, size, "%u threads", made) : false;
}

static bool new_user_namespace(char *how, size_t size) {
	return unshare(CLONE_NEWUSER) == 0 ? through(how, size, "unshare works") : false;
}

static bool clone_namespace(char *how, size_t size) {
	return syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD, NULL, NULL, NULL, NULL) >=
			       0
		       ? through(how, size, "clone made a namespace")
		       : false;
}

static bool mount_something(char *how, size_t size) {
	return mount("none", "/tmp", "tmpfs", 0, NULL) == 0 ? through(how, size, "mount works")
							    : false;
}

static bool remount(char *how, size_t size) {
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) == 0
		       ? through(how, size, "the root was remounted")
		       : false;
}

static bool privileges(char *how, size_t size) {
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return through(how, size, "new privileges are possible");
	if (getuid() == 0 || geteuid() == 0 || getgid() == 0)
		return through(how, size, "it is root inside");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 ||
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			return through(how, size, "capability %d is left", cap);
	if (setuid(0) == 0)
		return through(how, size, "setuid works");
	return false;
}

static bool other_files(char *how, size_t size) {
	for (int fd = FDS_OURS; fd < FDS_MAX; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return through(how, size, "file %d is open", fd);
	return false;
}

static bool environment(char *how, size_t size) {
	static const char *const ours[] = {"LC_ALL=", "LD_LIBRARY_PATH=", "PWD="};

	for (char **at = environ; *at != NULL; at++) {
		bool known = false;

		for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
			known = known || strncmp(*at, ours[i], strlen(ours[i])) == 0;
		if (!known)
			return through(how, size, "the environment has %.40s", *at);
	}
	return false;
}

static bool terminal(char *how, size_t size) {
	char c = '\n';

	for (int fd = 0; fd < FDS_OURS; fd++)
		if (ioctl(fd, TIOCSTI, &c) == 0)
			return through(how, size, "a terminal took a character");
	return open("/dev/tty", O_RDWR) >= 0 ? through(how, size, "there is a terminal") : false;
}

static bool kernel_doors(char *how, size_t size) {
	/* Each of them ends the process. */
	return syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM
		       ? through(how, size, "bpf answers")
		       : false;
}

static bool ring(char *how, size_t size) {
	char params[256] = {0};

	return syscall(SYS_io_uring_setup, 4, params) >= 0 ? through(how, size, "io_uring works")
							   : false;
}

static bool keys(char *how, size_t size) {
	return syscall(SYS_keyctl, 0, -3, 0, 0, 0) >= 0 ? through(how, size, "the keyring answers")
							: false;
}

static bool sealed_input(char *how, size_t size) {
	struct stat st;

	if (fstat(0, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return false;
	if (pwrite(0, "x", 1, 0) >= 0 || ftruncate(0, 0) == 0)
		return through(how, size, "the input can be changed");
	return false;
}

static const struct {
	const char *name;
	bool (*try)(char *how, size_t size);
} attempts[] = {
	{"open a network", network},
	{"read the host's files", host_files},
	{"climb out of the root", way_up},
	{"write outside of its folder", write_outside},
	{"fill more than its folder", fill_tmp},
	{"change its input", sealed_input},
	{"start a process", new_process},
	{"fork without end", fork_bomb},
	{"take more memory than it may", memory},
	{"raise its limits", raise_limits},
	{"trace its parent", trace_parent},
	{"be traced", trace_me},
	{"read another process", read_parent},
	{"signal another process", signal_others},
	{"signal another process by its thread", signal_by_thread},
	{"have a file signal another process", signal_by_file},
	{"limit another process", limit_others},
	{"take memory that is counted nowhere", memory_files},
	{"start threads without end", threads},
	{"make a user namespace", new_user_namespace},
	{"clone into a namespace", clone_namespace},
	{"mount", mount_something},
	{"remount its root", remount},
	{"gain or keep privileges", privileges},
	{"find open files that are not its own", other_files},
	{"find something in its environment", environment},
	{"type into a terminal", terminal},
	{"load a program into the kernel", kernel_doors},
	{"use io_uring", ring},
	{"use the kernel's keyring", keys},
};

const char *par_escape_name(unsigned number) {
	return number < sizeof attempts / sizeof *attempts ? attempts[number].name : NULL;
}

bool par_escape(unsigned number, char *how, size_t size) {
	how[0] = '\0';
	return attempts[number].try(how, size);
}
