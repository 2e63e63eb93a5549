/*
 * walls - see walls.h.
 */
#include "sandbox/walls.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PATH = 4096,
	LIBRARIES_MAX = 384,   /* of the program and the tools; ours has 20, ffprobe 215 */
	DATA_MAX = 16,         /* data, tools and extras, each */
	LIST_MAX = 64 << 10,   /* bytes of the loader's list */
	FILTER_MAX = 64 << 10, /* bytes of the filter: BPF_MAXINSNS of 8 bytes, twice */
	ARGS_MAX = 96 + 4 * (LIBRARIES_MAX + 3 * DATA_MAX),
	UID_FIRST = 2000000000, /* user ids that no system gives to people or services */
	PROCESSES = 32,         /* of such a user id: bubblewrap's two, ours, a tool's threads */
	FILES = 64,             /* open files */
	SPARE_FD = 20,          /* first number for what waits for its place */
	PROGRAM_FD = 4,
	FILTER_FD = 5,
	INNER_FD = 6
};

static const char inside_program[] = "/run/program";

struct library {
	char *from; /* real path; unusable: the sentence why */
	char *to;   /* where the loader looks */
	bool unusable;
};

struct sr_walls {
	char bwrap[PATH], program[PATH];
	struct library libraries[LIBRARIES_MAX];
	size_t library_count;
	struct library data[3 * DATA_MAX]; /* tools too: they are data of the root */
	size_t data_count;
	char *search; /* LD_LIBRARY_PATH: the folders of the libraries */
	bool merged;  /* /lib is /usr/lib */
	bool still;   /* /tmp cannot be written */
	struct filter {
		uint8_t *p;
		size_t len;
	} outer, inner;
};

struct sr_box_limits sr_box_limits_usual(void) {
	const struct sr_box_limits l = {
		.memory = UINT64_C(1) << 30, .tmpfs = 16 << 20, .cpu_s = 60, .wall_ms = 90000};

	return l;
}

/* --- the filter ------------------------------------------------------------------------------- */

#define S(name) SCMP_SYS(name)

/* What parsers and the C library do; 13 programs were traced for it. */
static const int allowed[] = {S(read), S(write), S(readv), S(writev), S(pread64), S(pwrite64),
	S(close), S(lseek), S(mmap), S(munmap), S(mprotect), S(mremap), S(madvise), S(brk),
	S(mlock), S(munlock), S(openat), S(open), S(access), S(faccessat), S(faccessat2),
	S(newfstatat), S(fstat), S(stat), S(lstat), S(statx), S(fstatfs), S(statfs), S(getdents64),
	S(readlink), S(readlinkat), S(dup), S(dup2), S(dup3), S(pipe), S(pipe2), S(poll), S(ppoll),
	S(select), S(pselect6), S(epoll_create1), S(epoll_ctl), S(epoll_wait), S(epoll_pwait),
	S(eventfd2), S(ftruncate), S(fallocate), S(unlink), S(unlinkat), S(mkdir), S(mkdirat),
	S(rmdir), S(rename), S(renameat), S(renameat2), S(link), S(linkat), S(symlink),
	S(symlinkat), S(chmod), S(fchmod), S(umask), S(getcwd), S(chdir), S(flock), S(fsync),
	S(fdatasync), S(futex), S(set_robust_list), S(set_tid_address), S(rseq), S(rt_sigaction),
	S(rt_sigprocmask), S(rt_sigreturn), S(rt_sigsuspend), S(sigaltstack), S(getpid), S(gettid),
	S(getppid), S(getuid), S(geteuid), S(getgid), S(getegid), S(getgroups), S(getpgrp),
	S(getpgid), S(getsid), S(getrlimit), S(getrusage), S(sysinfo), S(times), S(uname),
	S(clock_gettime), S(clock_getres), S(clock_nanosleep), S(nanosleep), S(gettimeofday),
	S(time), S(getrandom), S(sched_yield), S(sched_getaffinity), S(sched_getparam),
	S(sched_getscheduler), S(get_mempolicy), S(set_mempolicy), S(arch_prctl), S(prctl),
	S(execve), S(exit), S(exit_group), S(wait4), S(waitid), S(tgkill), S(getcpu),
	S(restart_syscall)};

/* Nothing that parses calls these by accident. */
static const int deadly[] = {S(ptrace), S(process_vm_readv), S(process_vm_writev), S(bpf),
	S(io_uring_setup), S(userfaultfd), S(keyctl), S(add_key), S(request_key), S(mount),
	S(umount2), S(setns), S(unshare), S(pivot_root), S(open_by_handle_at), S(kexec_load),
	S(init_module), S(finit_module), S(delete_module), S(perf_event_open), S(move_mount),
	S(open_tree), S(fsopen), S(fsmount)};

/* The foreman's own, beside the above: a process for each file, what belongs to it, its end, open
 * files that come with a job, and files in memory, whose bytes count against no limit. */
static const int foremans[] = {S(kill), S(socketpair), S(recvmsg), S(memfd_create)};

/* What is done with open files. No owner and no signal, which would be another process's. */
static const int file_commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL,
	F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_GET_SEALS};

static int add_rules(scmp_filter_ctx c, bool outer) {
	static const unsigned long ioctls[] = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX};
	const struct scmp_arg_cmp process = {.arg = 0,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
			   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE,
		.datum_b = 0};
	const struct scmp_arg_cmp thread = {.arg = 0,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = CLONE_THREAD | CLONE_VM | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
			   CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
			   CLONE_PTRACE,
		.datum_b = CLONE_THREAD | CLONE_VM};
	/* Its own limits alone: those of the foreman are of every file that comes after. */
	const struct scmp_arg_cmp itself = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = 0};
	int rc = seccomp_rule_add_array(c, SCMP_ACT_ALLOW, S(prlimit64), 1, &itself);

	for (size_t i = 0; i < sizeof file_commands / sizeof *file_commands && rc == 0; i++) {
		const struct scmp_arg_cmp is = {
			.arg = 1, .op = SCMP_CMP_EQ, .datum_a = (unsigned)file_commands[i]};

		rc = seccomp_rule_add_array(c, SCMP_ACT_ALLOW, S(fcntl), 1, &is);
	}
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed && rc == 0; i++)
		rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < sizeof deadly / sizeof *deadly && rc == 0; i++)
		rc = seccomp_rule_add(c, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	for (size_t i = 0; i < sizeof ioctls / sizeof *ioctls && rc == 0; i++) {
		const struct scmp_arg_cmp is = {
			.arg = 1, .op = SCMP_CMP_EQ, .datum_a = ioctls[i], .datum_b = 0};

		rc = seccomp_rule_add_array(c, SCMP_ACT_ALLOW, S(ioctl), 1, &is);
	}
	/* The C library falls back to clone, whose flags a filter can see. Threads, no processes.
	 */
	if (rc == 0)
		rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), S(clone3), 0);
	if (rc == 0)
		rc = seccomp_rule_add_array(
			c, SCMP_ACT_ALLOW, S(clone), 1, outer ? &process : &thread);
	for (size_t i = 0; outer && i < sizeof foremans / sizeof *foremans && rc == 0; i++)
		rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, foremans[i], 0);
	return rc;
}

/* As bytes: each child gets them in a file of its own. */
static int make_filter(struct filter *f, bool outer, struct sr_err *e) {
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	const int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t len = 0;
	int rc = c == NULL || fd < 0 ? -ENOMEM : add_rules(c, outer);

	if (rc == 0)
		rc = seccomp_export_bpf(c, fd);
	if (rc == 0)
		len = lseek(fd, 0, SEEK_END);
	if (rc == 0 && len > 0 && len <= FILTER_MAX) {
		f->p = malloc((size_t)len);
		f->len = (size_t)len;
	}
	if (f->p == NULL || pread(fd, f->p, f->len, 0) != len)
		rc = sr_fail(e, SR_UNSUPPORTED,
			"the system call filter cannot be made: libseccomp "
			"says %d",
			rc);
	else
		rc = 0;
	if (fd >= 0)
		(void)close(fd);
	if (c != NULL)
		seccomp_release(c);
	return rc;
}

/* --- the root --------------------------------------------------------------------------------- */

/* "Not there" is said of what the system says it of, and of nothing else. */
static int find_file(bool *there, const char *path, int mode, struct sr_err *e) {
	*there = access(path, mode) == 0;
	return *there || errno == ENOENT || errno == ENOTDIR
		       ? 0
		       : sr_fail_errno(e, "%s, which the sandbox is made with", path);
}

static int find_bwrap(struct sr_walls *w, struct sr_err *e) {
	static const char *const places[] = {
		"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		bool there = false;
		const int rc = find_file(&there, places[i], X_OK, e);

		if (rc != 0)
			return rc;
		if (!there)
			continue;
		(void)snprintf(w->bwrap, sizeof w->bwrap, "%s", places[i]);
		return 0;
	}
	return sr_fail(e, SR_UNSUPPORTED,
		"bubblewrap is not installed, and nothing is parsed without it: make deps-room, or "
		"apt-get install bubblewrap");
}

int sr_walls_program(char *out, size_t size, const char *name, struct sr_err *e) {
	static const char *const beside[] = {"", "../libexec/strongroom/"};
	char self[PATH];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;

	if (n <= 0)
		return sr_fail_errno(e, "/proc/self/exe");
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return sr_fail(e, SR_MISUSE, "/proc/self/exe is no path");
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		const int len = snprintf(out, size, "%s%s%s", self, beside[i], name);
		bool there = false;
		const int rc = len > 0 && (size_t)len < size ? find_file(&there, out, X_OK, e) : 0;

		if (rc != 0 || there)
			return rc;
	}
	return sr_fail(e, SR_UNSUPPORTED,
		"%s is not beside this program nor in ../libexec/strongroom: install it (make "
		"install)",
		name);
}

/* The loader that the program names: it lists the libraries. */
static int find_loader(char *out, size_t size, const char *program, struct sr_err *e) {
	Elf64_Ehdr h;
	Elf64_Phdr p;
	const int fd = open(program, O_RDONLY | O_CLOEXEC);
	int rc = SR_UNSUPPORTED;

	if (fd < 0)
		return sr_fail_errno(e, "%s", program);
	if (pread(fd, &h, sizeof h, 0) == (ssize_t)sizeof h &&
		memcmp(h.e_ident, ELFMAG, SELFMAG) == 0 && h.e_ident[EI_CLASS] == ELFCLASS64 &&
		h.e_phentsize == sizeof p) {
		for (unsigned i = 0; i < h.e_phnum && rc != 0; i++) {
			const off_t at = (off_t)(h.e_phoff + i * sizeof p);

			if (pread(fd, &p, sizeof p, at) != (ssize_t)sizeof p ||
				p.p_type != PT_INTERP || p.p_filesz < 2 || p.p_filesz > size)
				continue;
			if (pread(fd, out, p.p_filesz, (off_t)p.p_offset) == (ssize_t)p.p_filesz) {
				out[p.p_filesz - 1] = '\0';
				rc = 0;
			}
		}
	}
	(void)close(fd);
	return rc == 0 ? 0
		       : sr_fail(e, SR_UNSUPPORTED, "%s names no loader of its libraries", program);
}

/* Its end when it did not begin: something was short. The loader ends with 1 or 127. */
enum {
	NOT_BEGUN = 126
};

static _Noreturn void become_loader(const char *loader, const char *program, int out) {
	char *const env[] = {NULL};

	/* Else it would list them to whoever reads what we print. */
	if (dup2(out, 1) != 1)
		_exit(NOT_BEGUN);
	(void)execle(loader, loader, "--list", program, (char *)NULL, env);
	_exit(errno == ENOMEM || errno == EAGAIN || errno == EMFILE || errno == ENFILE ? NOT_BEGUN
										       : 127);
}

/* What `ld.so --list program` prints. ${why}: it ran and would not list it, or the system took it
 * for no program, which is ${program}'s fault or the disk's; all else is in ${e}. One that the
 * system killed (no memory) says nothing of what it read. */
static int run_loader(struct sr_buf *out, const char *loader, const char *program,
	struct sr_err *why, struct sr_err *e) {
	int ends[2], status = 0, rc = 0;
	ssize_t n = 1;
	pid_t pid, ended = 0;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return sr_fail_errno(e, "pipe");
	pid = fork();
	if (pid == 0)
		become_loader(loader, program, ends[1]);
	if (pid < 0)
		rc = sr_fail_errno(e, "fork");
	(void)close(ends[1]);
	while (rc == 0 && n > 0 && out->len < LIST_MAX) {
		rc = sr_buf_reserve(out, 4096, e);
		if (rc != 0)
			break;
		do
			n = read(ends[0], out->p + out->len, 4096);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			rc = sr_fail_errno(e, "what %s --list %s says", loader, program);
		else
			out->len += (size_t)n;
	}
	(void)close(ends[0]); /* it ends by that, if it has more to say */
	while (pid > 0 && (ended = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (rc == 0 && ended < 0)
		rc = sr_fail_errno(e, "the end of %s --list %s", loader, program);
	if (rc != 0)
		return rc;
	const bool short_of = (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
			      (WIFEXITED(status) && WEXITSTATUS(status) == NOT_BEGUN);

	if (status != 0 || n != 0)
		return sr_fail(short_of ? e : why, SR_UNSUPPORTED,
			"%s --list %s does not work (status %d)", loader, program, status);
	sr_buf_put_u8(out, 0);
	return sr_buf_ok(out, e);
}

/* Where the loader finds it: /lib is a link to /usr/lib where systems are merged. */
static char *place_inside(const struct sr_walls *w, const char *path) {
	const bool lib = strncmp(path, "/lib", 4) == 0;
	char *out = NULL;

	if (asprintf(&out, "%s%s", w->merged && lib ? "/usr" : "", path) < 0)
		return NULL;
	return out;
}

static int add_library(struct sr_walls *w, const char *path, struct sr_err *e) {
	struct library *l = &w->libraries[w->library_count];

	for (size_t i = 0; i < w->library_count; i++) {
		char *to = place_inside(w, path);
		const bool there = to != NULL && strcmp(to, w->libraries[i].to) == 0;

		free(to);
		if (there)
			return 0;
	}
	if (w->library_count == LIBRARIES_MAX)
		return sr_fail(
			e, SR_LIMIT, "%s has more than %d libraries", w->program, LIBRARIES_MAX);
	l->from = realpath(path, NULL);
	l->to = place_inside(w, path);
	w->library_count++;
	if (l->from == NULL || l->to == NULL)
		return sr_fail_errno(e, "%s", path);
	return 0;
}

/* Lines "name => /path (0x...)" and "/path (0x...)"; the first word that begins with a slash. */
static int read_list(struct sr_walls *w, const char *program, char *list, struct sr_err *e) {
	char *lines = NULL;
	int rc = 0;

	for (char *line = strtok_r(list, "\n", &lines); line != NULL && rc == 0;
		line = strtok_r(NULL, "\n", &lines)) {
		char *path = strchr(line, '/');
		char *end = path != NULL ? strstr(path, " (0x") : NULL;

		if (strstr(line, "not found") != NULL)
			return sr_fail(e, SR_UNSUPPORTED, "%s lacks a library:%s", program, line);
		if (end == NULL)
			continue; /* the kernel's own */
		*end = '\0';
		rc = add_library(w, path, e);
	}
	if (rc == 0 && w->library_count == 0)
		rc = sr_fail(e, SR_UNSUPPORTED, "the loader lists no library of %s", program);
	return rc;
}

static int make_search(struct sr_walls *w, struct sr_err *e) {
	struct sr_buf b;

	sr_buf_init(&b);
	for (size_t i = 0; i < w->library_count; i++) {
		const char *to = w->libraries[i].to, *slash = strrchr(to, '/');
		const size_t n = (size_t)(slash - to);
		bool known = false;

		for (size_t j = 0; j < i && !known; j++)
			known = strncmp(w->libraries[j].to, to, n + 1) == 0 &&
				strchr(w->libraries[j].to + n + 1, '/') == NULL;
		if (known)
			continue;
		sr_buf_put_str(&b, b.len > 0 ? ":" : "");
		sr_buf_put(&b, to, n);
	}
	w->search = sr_buf_ok(&b, e) == 0 ? sr_buf_dup_str(&b) : NULL;
	sr_buf_free(&b);
	return w->search != NULL ? 0 : sr_fail(e, SR_NOMEM, "no memory for a path");
}

/* What ${loader} said of ${program}. */
static int take_list(struct sr_walls *w, const char *program, const char *loader,
	struct sr_buf *list, struct sr_err *e) {
	char lib[8] = "";
	int rc;

	w->merged = readlink("/lib", lib, sizeof lib) == 7 && memcmp(lib, "usr/lib", 7) == 0;
	rc = read_list(w, program, (char *)list->p, e);
	/* Some loaders do not list themselves. */
	for (size_t i = 0; rc == 0 && i < w->library_count; i++) {
		char *to = place_inside(w, loader);
		const bool same = to != NULL && strcmp(to, w->libraries[i].to) == 0;

		free(to);
		if (same)
			break;
		if (i + 1 == w->library_count) {
			rc = add_library(w, loader, e);
			break;
		}
	}
	return rc;
}

static int find_libraries(struct sr_walls *w, const char *program, struct sr_err *e) {
	char loader[PATH];
	struct sr_buf list;
	int rc = find_loader(loader, sizeof loader, program, e);

	sr_buf_init(&list);
	if (rc == 0)
		rc = run_loader(&list, loader, program, e, e);
	if (rc == 0)
		rc = take_list(w, program, loader, &list, e);
	sr_buf_free(&list);
	return rc;
}

static int add_one(struct sr_walls *w, const char *from, const char *to, struct sr_err *e) {
	struct library *l = &w->data[w->data_count];

	if (w->data_count == sizeof w->data / sizeof *w->data)
		return sr_fail(e, SR_LIMIT, "the sandbox's root has no room for %s", from);
	w->data_count++;
	l->from = strdup(from);
	l->to = strdup(to);
	return l->from != NULL && l->to != NULL ? 0 : sr_fail(e, SR_NOMEM, "no memory for a path");
}

/* What the program cannot do without. */
static int add_data(struct sr_walls *w, const char *const *paths, struct sr_err *e) {
	int rc = 0;

	for (; rc == 0 && paths != NULL && *paths != NULL; paths++) {
		bool there = false;

		rc = find_file(&there, *paths, R_OK, e);
		if (rc == 0 && !there)
			rc = sr_fail_errno(e, "%s, which is needed inside the sandbox", *paths);
		if (rc == 0)
			rc = add_one(w, *paths, *paths, e);
	}
	return rc;
}

static void free_libraries(struct library *l, size_t count) {
	for (size_t i = 0; i < count; i++) {
		free(l[i].from);
		free(l[i].to);
	}
}

/* ${from}, which is a ${program} or what one reads, inside as ${to}. One that cannot be used stops
 * nothing: its place says why. What may be otherwise in a moment (no memory, no process, no more
 * open files) does: what is left out for it would be told of as if it were always so. */
static int add_optional(
	struct sr_walls *w, const char *from, const char *to, bool program, struct sr_err *e) {
	const size_t libraries = w->library_count;
	struct sr_err why = {.code = SR_OK};
	char loader[PATH];
	struct sr_buf list;
	bool there = false;
	int rc = find_file(&there, from, program ? X_OK : R_OK, &why);

	if (rc == 0 && !there)
		return 0;
	if (rc == 0 && program)
		rc = find_loader(loader, sizeof loader, from, &why);
	if (rc == 0 && program) {
		sr_buf_init(&list);
		rc = run_loader(&list, loader, from, &why, e);
		if (rc != 0 && why.code == SR_OK) {
			sr_buf_free(&list);
			return rc;
		}
		if (rc == 0)
			rc = take_list(w, from, loader, &list, &why);
		sr_buf_free(&list);
	}
	if (rc == 0)
		return add_one(w, from, to, e);
	if (rc == SR_NOMEM || why.no == EMFILE || why.no == ENFILE) {
		if (e != NULL)
			*e = why;
		return rc;
	}
	free_libraries(w->libraries + libraries, w->library_count - libraries);
	w->library_count = libraries;
	rc = add_one(w, why.text, to, e);
	if (rc == 0)
		w->data[w->data_count - 1].unusable = true;
	return rc;
}

static int add_tools(struct sr_walls *w, const char *const *paths, struct sr_err *e) {
	char to[PATH];
	int rc = 0;

	for (; rc == 0 && paths != NULL && *paths != NULL; paths++) {
		(void)snprintf(to, sizeof to, SR_WALLS_TOOLS "%s", strrchr(*paths, '/'));
		rc = add_optional(w, *paths, to, true, e);
	}
	return rc;
}

static int add_extras(struct sr_walls *w, const struct sr_walls_extra *x, struct sr_err *e) {
	int rc = 0;

	for (; rc == 0 && x != NULL && x->from != NULL; x++)
		rc = add_optional(w, x->from, x->to, false, e);
	return rc;
}

int sr_walls_new(struct sr_walls **out, const struct sr_walls_root *root, struct sr_err *e) {
	struct sr_walls *w = calloc(1, sizeof *w);
	int rc;

	*out = NULL;
	if (w == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for walls");
	(void)snprintf(w->program, sizeof w->program, "%s", root->program);
	w->still = root->tools != NULL;
	rc = find_bwrap(w, e);
	if (rc == 0)
		rc = find_libraries(w, w->program, e);
	if (rc == 0)
		rc = make_filter(&w->outer, true, e);
	if (rc == 0)
		rc = make_filter(&w->inner, false, e);
	if (rc == 0)
		rc = add_data(w, root->data, e);
	if (rc == 0)
		rc = add_tools(w, root->tools, e);
	if (rc == 0)
		rc = add_extras(w, root->extras, e);
	if (rc == 0)
		rc = make_search(w, e);
	if (rc != 0) {
		sr_walls_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

void sr_walls_free(struct sr_walls *w) {
	if (w == NULL)
		return;
	free_libraries(w->libraries, w->library_count);
	free_libraries(w->data, w->data_count);
	free(w->search);
	free(w->outer.p);
	free(w->inner.p);
	free(w);
}

const char *sr_walls_bwrap(const struct sr_walls *w) {
	return w->bwrap;
}

size_t sr_walls_libraries(const struct sr_walls *w) {
	return w->library_count;
}

bool sr_walls_is_whole(const struct sr_walls *w) {
	for (size_t i = 0; i < w->data_count; i++)
		if (w->data[i].unusable)
			return false;
	return true;
}

void sr_walls_unusable(const struct sr_walls *w, char *out, size_t size) {
	const size_t room = size - SR_WALLS_MORE; /* the rest is for the line of those left out */
	size_t at = 0, more = 0;

	out[0] = '\0';
	for (size_t i = 0; i < w->data_count; i++) {
		const char *line = w->data[i].from;

		if (!w->data[i].unusable)
			continue;
		if (at + strlen(line) + 2 > room) {
			more++;
			continue;
		}
		at += (size_t)snprintf(out + at, size - at, "%s%s", at > 0 ? "\n" : "", line);
	}
	if (more > 0)
		(void)snprintf(out + at, size - at, "%s%zu more, for which there is no room here",
			at > 0 ? "\n" : "", more);
}

/* --- going in --------------------------------------------------------------------------------- */

struct args {
	const char *v[ARGS_MAX];
	size_t count;
	char tmpfs[32];
};

static void arg(struct args *a, const char *s) {
	if (a->count + 1 < ARGS_MAX)
		a->v[a->count++] = s;
}

static void arg_list(struct args *a, const char *const *list) {
	for (; *list != NULL; list++)
		arg(a, *list);
}

static void bind(struct args *a, const char *from, const char *to) {
	arg(a, "--ro-bind");
	arg(a, from);
	arg(a, to);
}

static void make_args(struct args *a, const struct sr_walls *w, const struct sr_box_limits *l) {
	static const char *const first[] = {"bwrap", "--unshare-all", "--unshare-user",
		"--disable-userns", "--die-with-parent", "--clearenv", NULL};
	static const char *const merged[] = {
		"--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", NULL};
	static const char *const last[] = {"--tmpfs", "/tmp", "--perms", "0555", "--ro-bind-data",
		"4", inside_program, "--ro-bind-data", "6", SR_WALLS_INNER, "--remount-ro", "/",
		"--chdir", "/tmp", "--setenv", "LC_ALL", "C.UTF-8", "--uid", "65534", "--gid",
		"65534", "--hostname", "box", "--cap-drop", "ALL", "--seccomp", "5", NULL};

	(void)snprintf(a->tmpfs, sizeof a->tmpfs, "%llu", (unsigned long long)l->tmpfs);
	arg_list(a, first);
	for (size_t i = 0; i < w->library_count; i++)
		bind(a, w->libraries[i].from, w->libraries[i].to);
	if (w->merged)
		arg_list(a, merged);
	for (size_t i = 0; i < w->data_count; i++) {
		if (!w->data[i].unusable) {
			bind(a, w->data[i].from, w->data[i].to);
			continue;
		}
		arg(a, "--symlink");
		arg(a, w->data[i].from);
		arg(a, w->data[i].to);
	}
	arg(a, "--size");
	arg(a, a->tmpfs);
	arg_list(a, last);
	if (w->still) {
		arg(a, "--remount-ro");
		arg(a, "/tmp");
	}
	arg(a, "--setenv");
	arg(a, "LD_LIBRARY_PATH");
	arg(a, w->search);
	arg(a, "--");
	arg(a, inside_program);
	a->v[a->count] = NULL;
}

static int set_limit(int what, uint64_t value, struct sr_err *e) {
	const struct rlimit r = {.rlim_cur = value, .rlim_max = value};

	return setrlimit((__rlimit_resource_t)what, &r) == 0 ? 0
							     : sr_fail_errno(e, "limit %d", what);
}

static int set_limits(const struct sr_box_limits *l, bool own_user, struct sr_err *e) {
	int rc = set_limit(RLIMIT_AS, l->memory, e);

	if (rc == 0)
		rc = set_limit(RLIMIT_CPU, l->cpu_s, e);
	if (rc == 0)
		rc = set_limit(RLIMIT_CORE, 0, e);
	if (rc == 0)
		rc = set_limit(RLIMIT_FSIZE, l->tmpfs > 64 << 20 ? l->tmpfs : 64 << 20, e);
	if (rc == 0)
		rc = set_limit(RLIMIT_NOFILE, FILES, e);
	/* A person's other processes would count too; for them the filter alone forbids new ones.
	 */
	if (rc == 0 && own_user)
		rc = set_limit(RLIMIT_NPROC, PROCESSES, e);
	return rc;
}

static int leave_root(unsigned slot, struct sr_err *e) {
	const uid_t uid = (uid_t)UID_FIRST + slot;

	if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 ||
		setresuid(uid, uid, uid) != 0)
		return sr_fail_errno(e, "user id %u, which a parser of root's runs under", uid);
	return 0;
}

/* The filter in a file that only this child reads. */
static int filter_file(const struct filter *f, struct sr_err *e) {
	const int fd = memfd_create("filter", 0);

	if (fd < 0 || write(fd, f->p, f->len) != (ssize_t)f->len || lseek(fd, 0, SEEK_SET) != 0)
		return sr_fail_errno(e, "the filter's file");
	return fd;
}

int sr_walls_enter(const struct sr_walls *w, const struct sr_box_limits *limits, unsigned slot,
	int input, int job, int errors, struct sr_err *e) {
	static const int places[] = {0, 1, 2, 3, PROGRAM_FD, FILTER_FD, INNER_FD};
	const bool root = geteuid() == 0;
	const int null = open("/dev/null", O_RDWR), program = open(w->program, O_RDONLY);
	const int filter = filter_file(&w->outer, e);
	const int inner = filter >= 0 ? filter_file(&w->inner, e) : filter;
	int fds[] = {input >= 0 ? input : null, null, errors, job, program, filter, inner};
	struct args a = {.count = 0};
	int rc = 0;

	if (inner < 0)
		return inner;
	if (null < 0 || program < 0)
		return sr_fail_errno(e, "%s", null < 0 ? "/dev/null" : w->program);
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if ((fds[i] = fcntl(fds[i], F_DUPFD, SPARE_FD)) < 0)
			return sr_fail_errno(e, "dup");
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (dup2(fds[i], places[i]) < 0)
			return sr_fail_errno(e, "dup2");
	if (close_range(INNER_FD + 1, ~0U, 0) != 0)
		return sr_fail_errno(e, "close_range");
	make_args(&a, w, limits);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return sr_fail_errno(e, "no new privileges");
	if (root)
		rc = leave_root(slot, e);
	if (rc == 0)
		rc = set_limits(limits, root, e);
	if (rc != 0)
		return rc;
	char *const env[] = {NULL};
	(void)execve(w->bwrap, (char *const *)(uintptr_t)a.v, env);
	return sr_fail_errno(e, "%s", w->bwrap);
}
