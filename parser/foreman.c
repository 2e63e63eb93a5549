/*
 * foreman - see foreman.h.
 */
#include "parser/foreman.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/walls.h"

enum {
	INPUT = 0,
	JOB = 3,
	OTHER_SIDE_WRONG = 70,
	PROCESSES = 32 /* and threads, in the sandbox: as sandbox/walls.c has for root's */
};

struct foreman {
	int worker;     /* our end of its socket */
	bool in_member; /* of what it said */
	struct sr_buf out;
	uint8_t frame[SR_BOX_FRAME_MAX + 1];
};

static _Noreturn void give_up(void) {
	_exit(OTHER_SIDE_WRONG);
}

/* Which process may be signalled: no file can have that number. Other ways to say the call are
 * known to the filter that was there before. */
static bool only_itself(void) {
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog prog = {sizeof code / sizeof *code, code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

bool par_inner_filter(void) {
	static struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog prog = {.filter = code};
	const int fd = open(SR_WALLS_INNER, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, code, sizeof code);
	(void)close(fd);
	if (n <= 0 || (size_t)n % sizeof *code != 0)
		return false;
	prog.len = (unsigned short)((size_t)n / sizeof *code);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0 && only_itself();
}

/* Who started the sandbox as a person has no limit of processes of it (sandbox/walls.c): theirs
 * would count, too. From Linux 5.14 on it is counted by the sandbox's own users. */
static bool limit_processes(void) {
	const struct rlimit most = {PROCESSES, PROCESSES};
	unsigned long major, minor;
	struct utsname u;
	char *end = NULL;

	if (uname(&u) != 0)
		return false;
	major = strtoul(u.release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return major < 5 || (major == 5 && minor < 14) || setrlimit(RLIMIT_NPROC, &most) == 0;
}

/* --- messages --------------------------------------------------------------------------------- */

static bool send_all(int to, const void *p, size_t len) {
	ssize_t n;

	do
		n = write(to, p, len);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len;
}

static void say(struct foreman *f, const struct sr_frame *frame) {
	sr_buf_clear(&f->out);
	sr_frame_put(&f->out, frame);
	if (sr_buf_ok(&f->out, NULL) != 0 || !send_all(JOB, f->out.p, f->out.len))
		give_up();
}

/* The next message of the parent, and the open file that came with it, or -1. */
static size_t hear(struct foreman *f, int *file) {
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = f->frame, .iov_len = sizeof f->frame};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	const struct cmsghdr *c;
	ssize_t n;

	*file = -1;
	do
		n = recvmsg(JOB, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		_exit(0); /* it hung up */
	c = CMSG_FIRSTHDR(&m);
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(file, CMSG_DATA(c), sizeof *file);
	return (size_t)n;
}

/* --- one job ---------------------------------------------------------------------------------- */

static _Noreturn void become_worker(const int ends[2], int file, void (*work)(void)) {
	(void)close(ends[0]);
	/* Its own socket takes the place of ours; its input that of nothing. */
	if (dup2(ends[1], JOB) < 0 || (file >= 0 && dup2(file, INPUT) < 0))
		give_up();
	(void)close(ends[1]);
	if (file >= 0)
		(void)close(file);
	work();
	_exit(0);
}

/* Nobody is left who has seen the input; a process that forks meanwhile is killed before it can. */
static void bury_all(void) {
	do
		(void)kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

/* What it said comes last, when nothing of it lives. */
static void over(struct foreman *f, size_t len, const char *why) {
	struct sr_frame end = {.type = SR_FRAME_END, .status = SR_BOX_BROKEN};

	bury_all();
	(void)close(f->worker);
	if (len > 0) {
		if (!send_all(JOB, f->frame, len))
			give_up();
		return;
	}
	end.reason = sr_bytes_str(why);
	if (f->in_member)
		say(f, &end);
	end.type = SR_FRAME_DONE;
	say(f, &end);
}

/* Frames of the worker to the parent, answers back, until it is done or gone. */
static void relay(struct foreman *f, struct sr_bytes job) {
	bool greeted = false;

	f->in_member = false;
	for (;;) {
		ssize_t n;
		int file = -1;

		do
			n = read(f->worker, f->frame, sizeof f->frame);
		while (n < 0 && errno == EINTR);
		if (n <= 0) {
			over(f, 0, "the parser crashed over it, or reached a limit of the system");
			return;
		}
		if (!greeted) { /* whatever it said, as a hello */
			greeted = true;
			if (!send_all(f->worker, job.p, job.len))
				continue; /* it is gone: the next read says so */
			continue;
		}
		if (f->frame[0] == SR_FRAME_DONE) {
			over(f, (size_t)n, NULL);
			return;
		}
		if (f->frame[0] == SR_FRAME_MEMBER || f->frame[0] == SR_FRAME_END)
			f->in_member = f->frame[0] == SR_FRAME_MEMBER;
		const bool asks = f->frame[0] == SR_FRAME_READ;
		if (!send_all(JOB, f->frame, (size_t)n))
			give_up();
		if (!asks)
			continue;
		const size_t len = hear(f, &file);
		if (file >= 0)
			give_up(); /* none comes with an answer */
		(void)send_all(f->worker, f->frame, len);
	}
}

static void one_job(struct foreman *f, struct sr_bytes job, int file, void (*work)(void)) {
	int ends[2] = {-1, -1};
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		give_up();
	pid = fork();
	if (pid < 0)
		give_up();
	if (pid == 0)
		become_worker(ends, file, work);
	(void)close(ends[1]);
	if (file >= 0)
		(void)close(file);
	f->worker = ends[0];
	relay(f, job);
}

_Noreturn void par_foreman(void (*work)(void)) {
	static struct foreman f;
	static uint8_t job[512]; /* a job frame has at most 110 bytes */
	const struct sr_frame hello = {.type = SR_FRAME_HELLO, .version = SR_BOX_VERSION};

	(void)signal(SIGPIPE, SIG_IGN); /* a worker that is gone is no reason to end */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 || !limit_processes())
		give_up();
	sr_buf_init(&f.out);
	say(&f, &hello);
	for (;;) {
		int file = -1;
		const size_t n = hear(&f, &file);

		if (n > sizeof job || f.frame[0] != SR_FRAME_JOB)
			give_up();
		memcpy(job, f.frame, n);
		one_job(&f, sr_bytes_of(job, n), file, work);
	}
}
