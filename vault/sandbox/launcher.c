/*
 * launcher - see launcher.h. A request is a struct of this very program, with two or three open
 * files; an answer is a code and a sentence, with two files when the code is 0.
 */
#include "sandbox/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "sandbox/swap.h"

enum {
	FDS_MAX = 2,
	SERVICE_FD = 3
};

struct sr_launcher {
	int fd;
	pid_t pid;
};

struct request {
	struct sr_box_limits limits;
	bool input; /* the second file is one */
	bool look;  /* start nothing: what of the tools cannot be used? No file comes with it */
};
struct answer {
	int rc;
	char text[SR_LAUNCHER_UNUSABLE]; /* why it failed, or what is unusable */
};
_Static_assert(sizeof(((struct answer *)0)->text) >= sizeof(((struct sr_err *)0)->text),
	"a sentence fits");

/* --- messages with open files ----------------------------------------------------------------- */

static int send_with(int to, const void *p, size_t len, const int *fds, size_t count) {
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FDS_MAX * sizeof(int))] = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)p, .iov_len = len};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (count > 0) {
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		if (c == NULL) /* never: there is room for one */
			return -1;
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	}
	do
		n = sendmsg(to, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? 0 : -1;
}

/* ${fds}: FDS_MAX, -1 where none came. The length, 0 at the end, -1. */
static ssize_t receive_with(int from, void *p, size_t len, int *fds) {
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FDS_MAX * sizeof(int))] = {0};
	struct iovec part = {.iov_base = p, .iov_len = len};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	ssize_t n;

	for (size_t i = 0; i < FDS_MAX; i++)
		fds[i] = -1;
	do
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	for (struct cmsghdr *c = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL; c != NULL;
		c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return n;
}

static void close_all(int *fds, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

/* --- the process ------------------------------------------------------------------------------ */

struct service {
	struct sr_walls *walls[SR_TOOLS_COUNT]; /* of each set of tools */
	const char *program;
	pid_t children[SR_LAUNCHER_CHILDREN]; /* 0: free; the index is the slot */
	unsigned next;
	unsigned first; /* slot of the first, among those of all launchers */
};

enum {
	LAUNCHERS = SR_WALLS_SLOTS / SR_LAUNCHER_CHILDREN
};

static int make_walls(struct service *s, enum sr_box_tools with, struct sr_err *e) {
	static const char *const data[] = {
		"/usr/share/misc/magic.mgc", "/usr/lib/locale/C.utf8/LC_CTYPE", NULL};
	/* draw.c and text_tools.c of the parser start these */
	static const char *const page_tools[] = {
		"/usr/bin/pdftotext", "/usr/bin/pdftoppm", "/usr/bin/tesseract", NULL};
	/* Character maps of PDF; letters for documents that bring none; trained data. */
	static const struct sr_walls_extra page_extras[] = {
		{"/usr/share/poppler", "/usr/share/poppler"}, {"/etc/fonts", "/run/fonts"},
		{"/usr/share/fontconfig", "/usr/share/fontconfig"},
		{"/usr/share/fonts/truetype", "/usr/share/fonts/truetype"},
		{"/var/cache/fontconfig", "/run/cache/fontconfig"},
		{"/usr/share/tesseract-ocr", "/usr/share/tesseract-ocr"}, {NULL, NULL}};
	/* about_tools.c of the parser starts these; exiftool is Perl. */
	static const char *const about_tools[] = {
		"/usr/bin/pdfinfo", "/usr/bin/ffprobe", "/usr/bin/perl", NULL};
	static const struct sr_walls_extra about_extras[] = {{"/usr/bin/exiftool", "/run/exiftool"},
		{"/usr/share/perl5/Image", "/run/perl/Image"},
		{"/usr/share/perl5/File", "/run/perl/File"},
		{"/usr/lib/x86_64-linux-gnu/perl-base", "/run/perl-base"},
		{"/usr/lib/aarch64-linux-gnu/perl-base", "/run/perl-base"},
		{"/usr/share/poppler", "/usr/share/poppler"}, {NULL, NULL}};
	struct sr_walls_root root = {.program = s->program, .data = data};
	char path[4096];
	int rc = 0;

	/* What was unusable may be repaired since, and is looked at again: the loader's few
	 * milliseconds, for as long as it is not. */
	if (s->walls[with] != NULL && sr_walls_is_whole(s->walls[with]))
		return 0;
	sr_walls_free(s->walls[with]);
	s->walls[with] = NULL;
	if (with == SR_TOOLS_PAGES) {
		root.tools = page_tools;
		root.extras = page_extras;
	} else if (with == SR_TOOLS_ABOUT) {
		root.tools = about_tools;
		root.extras = about_extras;
	}
	if (root.program == NULL) {
		rc = sr_walls_program(path, sizeof path, "strongroom-parse", e);
		root.program = path;
	}
	return rc == 0 ? sr_walls_new(&s->walls[with], &root, e) : rc;
}

/* A bubblewrap that is killed while it sets out leaves its other half, which waits for its word for
 * ever, or has it, did not see it end, and goes on. All are of one process group, whose number is
 * the first's; so bubblewrap makes no session of its own, in which the other half would leave the
 * group. Ours has no terminal (begin). */
static void kill_all_of(pid_t bubblewrap) {
	(void)kill(-bubblewrap, SIGKILL);
	(void)kill(bubblewrap, SIGKILL);
}

/* What ended is taken off: bubblewraps, and what they leave behind comes to us (a subreaper), since
 * the dead count as processes of their user until somebody does. */
static void reap(struct service *s) {
	siginfo_t dead = {0};

	while (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) == 0 && dead.si_pid > 0) {
		for (size_t i = 0; i < SR_LAUNCHER_CHILDREN; i++)
			if (s->children[i] == dead.si_pid) {
				/* While it is not taken off, its number is nobody else's. */
				kill_all_of(dead.si_pid);
				s->children[i] = 0;
			}
		(void)waitpid(dead.si_pid, NULL, 0);
		dead.si_pid = 0;
	}
}

/* Slots are taken in turn, so that what is dying under one is gone when its turn comes again. */
static int free_slot(struct service *s, struct sr_err *e) {
	reap(s);
	for (unsigned i = 0; i < SR_LAUNCHER_CHILDREN; i++) {
		const unsigned slot = (s->next + i) % SR_LAUNCHER_CHILDREN;

		if (s->children[slot] != 0)
			continue;
		s->next = slot + 1;
		return (int)slot;
	}
	return sr_fail(e, SR_LOCKED, "%d sandboxed children live already", SR_LAUNCHER_CHILDREN);
}

static void become_child(const struct service *s, const struct request *q, unsigned slot,
	const int *fds, int errors) {
	struct sr_err e = {0};
	sigset_t none;

	(void)setpgid(0, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	if (sr_walls_enter(s->walls[q->limits.tools], &q->limits, slot, q->input ? fds[1] : -1,
		    fds[0], errors, &e) != 0) {
		/* Whatever became of the files, 2 is the pipe or nothing. */
		if (write(errors, e.text, strlen(e.text)) < 0)
			_exit(126);
	}
	_exit(127);
}

static int launch(
	struct service *s, const struct request *q, const int *fds, int *out, struct sr_err *e) {
	int ends[2] = {-1, -1}, slot;
	int rc = sr_swap_check(e);
	pid_t pid;

	if (rc == 0)
		rc = make_walls(s, q->limits.tools, e);

	if (rc != 0)
		return rc;
	if ((slot = free_slot(s, e)) < 0)
		return slot;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return sr_fail_errno(e, "pipe");
	pid = fork();
	if (pid == 0)
		become_child(s, q, s->first + (unsigned)slot, fds, ends[1]);
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return sr_fail_errno(e, "fork");
	}
	(void)setpgid(pid, pid); /* here too: whoever kills it may come before it runs */
	s->children[slot] = pid;
	out[0] = (int)syscall(SYS_pidfd_open, pid, 0);
	out[1] = ends[0];
	if (out[0] >= 0)
		return 0;
	rc = sr_fail_errno(e, "pidfd_open");
	(void)kill(pid, SIGKILL);
	return rc;
}

#ifdef SR_COV
/* Of a build that counts what was run: this process has run it, too. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): gcov's name */
extern void __gcov_dump(void);
#endif

/* The other end is gone: so is all that we started, and nobody else has to bury it. */
static _Noreturn void end_all(const struct service *s) {
	for (size_t i = 0; i < SR_LAUNCHER_CHILDREN; i++)
		if (s->children[i] != 0)
			kill_all_of(s->children[i]);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
#ifdef SR_COV
	__gcov_dump();
#endif
	_exit(0);
}

static void serve(struct service *s) {
	for (;;) {
		struct request q;
		struct answer a = {.rc = SR_MISUSE};
		struct sr_err e = {0};
		int fds[FDS_MAX], out[FDS_MAX] = {-1, -1};
		const ssize_t n = receive_with(SERVICE_FD, &q, sizeof q, fds);

		if (n <= 0)
			end_all(s);
		if (n == (ssize_t)sizeof q && q.look)
			a.rc = make_walls(s, q.limits.tools, &e);
		else if (n == (ssize_t)sizeof q && fds[0] >= 0)
			a.rc = launch(s, &q, fds, out, &e);
		close_all(fds, FDS_MAX);
		if (a.rc == 0 && q.look)
			sr_walls_unusable(s->walls[q.limits.tools], a.text, sizeof a.text);
		else
			(void)snprintf(a.text, sizeof a.text, "%s", e.text);
		if (send_with(SERVICE_FD, &a, sizeof a, out, out[0] >= 0 ? FDS_MAX : 0) != 0)
			end_all(s);
		close_all(out, FDS_MAX);
	}
}

/* In the new process: nothing of its parent but the socket. */
static void begin(int fd, const char *program) {
	struct service s = {
		.program = program, .first = (unsigned)getpid() % LAUNCHERS * SR_LAUNCHER_CHILDREN};

	(void)setsid(); /* a ^C at the terminal is its parent's business */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)prctl(PR_SET_NAME, "sr-launcher", 0, 0, 0);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (fd != SERVICE_FD && dup2(fd, SERVICE_FD) < 0)
		_exit(1);
	if (close_range(SERVICE_FD + 1, ~0U, 0) != 0 || fcntl(SERVICE_FD, F_SETFD, FD_CLOEXEC) != 0)
		_exit(1);
	serve(&s);
}

/* --- its parent's side ------------------------------------------------------------------------ */

int sr_launcher_start(struct sr_launcher **out, const char *program, struct sr_err *e) {
	const size_t keys = sr_secret_in_use();
	struct sr_launcher *l;
	int ends[2];

	*out = NULL;
	if (keys > 0)
		return sr_fail(e, SR_MISUSE,
			"the launcher of sandboxed children is started before any key is in "
			"memory, and %zu bytes of keys are: a mistake of this program",
			keys);
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a launcher");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		free(l);
		return sr_fail_errno(e, "the launcher's socket");
	}
	l->fd = ends[0];
	l->pid = fork();
	if (l->pid == 0)
		begin(ends[1], program);
	(void)close(ends[1]);
	if (l->pid < 0) {
		const int rc = sr_fail_errno(e, "fork of the launcher");

		(void)close(ends[0]);
		free(l);
		return rc;
	}
	*out = l;
	return 0;
}

void sr_launcher_stop(struct sr_launcher *l) {
	if (l == NULL)
		return;
	(void)close(l->fd);
	while (waitpid(l->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(l);
}

pid_t sr_launcher_pid(const struct sr_launcher *l) {
	return l->pid;
}

static int gone(struct sr_err *e) {
	return sr_fail(e, SR_IO, "the launcher of sandboxed children is gone: start again");
}

int sr_launcher_unusable(struct sr_launcher *l, enum sr_box_tools tools,
	char out[SR_LAUNCHER_UNUSABLE], struct sr_err *e) {
	const struct request q = {.limits = {.tools = tools}, .look = true};
	int got[FDS_MAX] = {-1, -1};
	struct answer a = {.rc = 0};
	ssize_t n = -1;

	out[0] = '\0';
	if (send_with(l->fd, &q, sizeof q, NULL, 0) == 0)
		n = receive_with(l->fd, &a, sizeof a, got);
	close_all(got, FDS_MAX);
	if (n != (ssize_t)sizeof a)
		return gone(e);
	a.text[sizeof a.text - 1] = '\0';
	if (a.rc != 0)
		return sr_fail(e, (enum sr_code)a.rc, "%s", a.text);
	memcpy(out, a.text, sizeof a.text);
	return 0;
}

int sr_launcher_run(struct sr_launcher *l, const struct sr_box_limits *limits, int input, int job,
	struct sr_launched *out, struct sr_err *e) {
	const struct request q = {.limits = *limits, .input = input >= 0};
	const int fds[FDS_MAX] = {job, input};
	int got[FDS_MAX] = {-1, -1};
	struct answer a = {.rc = 0};
	ssize_t n = -1;

	*out = (struct sr_launched){-1, -1};
	if (send_with(l->fd, &q, sizeof q, fds, q.input ? 2 : 1) == 0)
		n = receive_with(l->fd, &a, sizeof a, got);
	if (n != (ssize_t)sizeof a || (a.rc == 0 && (got[0] < 0 || got[1] < 0))) {
		close_all(got, FDS_MAX);
		return gone(e);
	}
	a.text[sizeof a.text - 1] = '\0';
	if (a.rc != 0) {
		close_all(got, FDS_MAX);
		return sr_fail(e, (enum sr_code)a.rc, "%s", a.text);
	}
	*out = (struct sr_launched){.pidfd = got[0], .errors = got[1]};
	return 0;
}
