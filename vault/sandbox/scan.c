/*
 * scan - see scan.h.
 */
#include "sandbox/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/time.h"

enum {
	PATIENCE_MS = 90000, /* clamd's MaxScanTime of 60 s, and half of it for a busy machine */
	ASK_MS = 5000,       /* for who it is: clamd answers in 1 ms, and sleeps while it reloads */
	CHUNK_MAX = 1 << 20  /* bytes of one chunk: below any StreamMaxLength */
};

struct sr_scan {
	const struct sr_scanner *scanner;
	int in, out; /* of clamd the same socket */
	pid_t child;
	bool deaf; /* it takes no more, and may have said why */
	bool done; /* its answer is whole, or ended */
	char answer[SR_SCAN_ANSWER_MAX];
	size_t answer_len;
	bool sent;        /* all of it */
	uint64_t sent_ms; /* when */
	bool failed;      /* sticky: the verdict is there */
	struct sr_scan_verdict verdict;
};

/* --- waiting ---------------------------------------------------------------------------------- */

static void fail(struct sr_scan *s, const char *fmt, ...) SR_PRINTF(2, 3);
static void fail(struct sr_scan *s, const char *fmt, ...) {
	va_list ap;

	if (s->failed)
		return;
	s->failed = true;
	s->verdict.result = SR_SCAN_NOT;
	va_start(ap, fmt);
	(void)vsnprintf(s->verdict.text, sizeof s->verdict.text, fmt, ap);
	va_end(ap);
}

/* What it says, as far as it has. */
static void take_answer(struct sr_scan *s) {
	char more[512];
	const ssize_t n = read(s->out, more, sizeof more);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		s->done = true;
		return;
	}
	if ((size_t)n > sizeof s->answer - s->answer_len) {
		fail(s, "the scanner's answer is longer than %d bytes", SR_SCAN_ANSWER_MAX);
		return;
	}
	memcpy(s->answer + s->answer_len, more, (size_t)n);
	s->answer_len += (size_t)n;
	if (s->child == 0 && memchr(s->answer, 0, s->answer_len) != NULL)
		s->done = true;
}

/* write(2) to a pipe whose reader may be gone, without the signal. */
static ssize_t write_pipe(int fd, const void *p, size_t len) {
	const struct timespec now = {0, 0};
	sigset_t pipe, before, pending;
	ssize_t n;
	bool was;
	int err;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	was = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	n = write(fd, p, len);
	err = errno;
	if (n < 0 && err == EPIPE && !was)
		while (sigtimedwait(&pipe, NULL, &now) < 0 && errno == EINTR)
			continue;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return n;
}

static void push(struct sr_scan *s, struct sr_bytes data) {
	while (data.len > 0 && !s->failed && !s->deaf && !s->done) {
		struct pollfd p[2] = {{s->in, POLLOUT, 0}, {s->out, POLLIN, 0}};
		const int ready = poll(p, 2, (int)s->scanner->patience_ms);
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			fail(s, "the scanner took nothing for %u ms", s->scanner->patience_ms);
			return;
		}
		if (p[1].revents != 0)
			take_answer(s);
		if (p[0].revents == 0 || s->done)
			continue;
		n = s->child == 0 ? send(s->in, data.p, data.len, MSG_NOSIGNAL)
				  : write_pipe(s->in, data.p, data.len);
		if (n >= 0)
			data = sr_bytes_of(data.p + n, data.len - (size_t)n);
		else if (errno != EAGAIN && errno != EINTR)
			s->deaf = true;
	}
	s->deaf = s->deaf || data.len > 0; /* it closed its mouth, or said all, too early */
}

/* Until it has said all. */
static void hear(struct sr_scan *s) {
	while (!s->failed && !s->done) {
		struct pollfd p = {s->out, POLLIN, 0};
		const int ready = poll(&p, 1, (int)s->scanner->patience_ms);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			fail(s, "the scanner said nothing for %u ms", s->scanner->patience_ms);
			return;
		}
		take_answer(s);
	}
}

/* --- clamd ------------------------------------------------------------------------------------ */

static int dial(const char *path, struct sr_err *e) {
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 ||
		fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
		const int err = errno;

		if (fd >= 0)
			close(fd);
		return sr_fail(e, SR_IO,
			"%s: %s. Is clamd running, is this its LocalSocket, and may this "
			"user use it?",
			path, strerror(err));
	}
	return fd;
}

static bool ends_with(struct sr_bytes v, const char *word, struct sr_bytes *before) {
	const size_t n = strlen(word);

	if (v.len < n || memcmp(v.p + v.len - n, word, n) != 0)
		return false;
	*before = sr_bytes_of(v.p, v.len - n);
	return true;
}

static bool begins_with(struct sr_bytes v, const char *word, struct sr_bytes *rest) {
	const size_t n = strlen(word);

	if (v.len < n || memcmp(v.p, word, n) != 0)
		return false;
	*rest = sr_bytes_of(v.p + n, v.len - n);
	return true;
}

/* "stream: OK", "stream: NAME FOUND", "... ERROR". */
static void judge_clamd(struct sr_scan *s) {
	static const char *const partly[] = {"Heuristics.Limits.", "Heuristics.Encrypted."};
	char shown[SR_SCAN_TEXT / 2];
	struct sr_bytes answer, said, name, rest;

	if (s->answer_len == 0 || memchr(s->answer, 0, s->answer_len) == NULL) {
		fail(s,
			"the connection to the scanner was lost after %llu bytes (it "
			"ended, or takes "
			"no more)",
			(unsigned long long)s->verdict.bytes);
		return;
	}
	answer = sr_bytes_str(s->answer);
	if (ends_with(answer, " ERROR", &name)) {
		fail(s, "the scanner says: %s", sr_escape_to(shown, sizeof shown, name));
		return;
	}
	if (!begins_with(answer, "stream: ", &said)) {
		fail(s, "the scanner's answer is none: %s",
			sr_escape_to(shown, sizeof shown, answer));
		return;
	}
	if (sr_bytes_eq(said, sr_bytes_str("OK"))) {
		if (s->deaf)
			fail(s, "the scanner answered before it had all of it");
		else
			s->verdict.result = SR_SCAN_CLEAN;
		return;
	}
	if (!ends_with(said, " FOUND", &name) || name.len == 0) {
		fail(s, "the scanner's answer is none: %s",
			sr_escape_to(shown, sizeof shown, answer));
		return;
	}
	(void)sr_escape_to(shown, sizeof shown, name);
	for (size_t i = 0; i < sizeof partly / sizeof partly[0]; i++)
		if (begins_with(name, partly[i], &rest)) {
			fail(s, "the scanner did not look at all of it: %s", shown);
			return;
		}
	s->verdict.result = SR_SCAN_INFECTED;
	(void)snprintf(s->verdict.text, sizeof s->verdict.text, "%s", shown);
}

/* "ClamAV 1.4.6/27500/Mon Nov 24 10:00:00 2026", in the clock of its machine, taken as UTC: a
 * day does not decide. 0: no date. */
static int64_t signatures_of(const char *text) {
	const char *date = strrchr(text, '/'), *end;
	char when[SR_TIME_TEXT];
	struct tm tm = {0};
	int64_t t = 0;

	end = date == NULL ? NULL : strptime(date + 1, "%a %b %e %H:%M:%S %Y", &tm);
	if (end == NULL || *end != '\0' || tm.tm_year < 70 || tm.tm_year >= 8100)
		return 0;
	/* What strptime lets through (30 February) the parser of times does not. */
	(void)snprintf(when, sizeof when, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		(unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
		(unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
		(unsigned)tm.tm_sec % 100);
	return sr_time_parse(&t, sr_bytes_str(when), NULL) == 0 ? t : 0;
}

int sr_scanner_clamd(struct sr_scanner *out, const char *socket, struct sr_err *e) {
	static const char ask[] = "zVERSION"; /* with its NUL */
	struct sr_scanner asking = {.patience_ms = ASK_MS};
	struct sr_scan s = {.scanner = &asking};
	struct sr_bytes rest;

	if (strlen(socket) > SR_SCAN_SOCKET_MAX)
		return sr_fail(e, SR_USAGE, "a socket's path has at most %d bytes, this one %zu",
			SR_SCAN_SOCKET_MAX, strlen(socket));
	s.in = s.out = dial(socket, e);
	if (s.in < 0)
		return s.in;
	push(&s, sr_bytes_of(ask, sizeof ask));
	hear(&s);
	close(s.in);
	if (s.failed)
		return sr_fail(e, SR_IO, "%s: %s", socket, s.verdict.text);
	if (s.answer_len == 0 || memchr(s.answer, 0, s.answer_len) == NULL ||
		!begins_with(sr_bytes_str(s.answer), "ClamAV ", &rest))
		return sr_fail(e, SR_CORRUPT, "%s: what answers there is no clamd", socket);
	memset(out, 0, sizeof *out);
	(void)snprintf(out->socket, sizeof out->socket, "%s", socket);
	(void)sr_escape_to(out->engine, sizeof out->engine, sr_bytes_str(s.answer));
	out->signatures = signatures_of(s.answer);
	out->patience_ms = PATIENCE_MS;
	return 0;
}

/* --- a command -------------------------------------------------------------------------------- */

int sr_scanner_command(struct sr_scanner *out, const char *const *argv, struct sr_err *e) {
	char shown[SR_SCAN_TEXT];

	if (argv[0] == NULL || argv[0][0] != '/')
		return sr_fail(e, SR_USAGE,
			"the command of a scanner is named by its whole path, which no "
			"PATH decides");
	if (access(argv[0], X_OK) != 0)
		return sr_fail(e, SR_USAGE, "%s: %s",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(argv[0])), strerror(errno));
	memset(out, 0, sizeof *out);
	out->command = argv;
	(void)sr_escape_to(out->engine, sizeof out->engine, sr_bytes_str(argv[0]));
	out->patience_ms = PATIENCE_MS;
	return 0;
}

static int pipes(int to[2], int from[2]) {
	to[0] = to[1] = from[0] = from[1] = -1;
	return pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0 &&
			       fcntl(to[1], F_SETFL, O_NONBLOCK) == 0 &&
			       fcntl(from[0], F_SETFL, O_NONBLOCK) == 0
		       ? 0
		       : errno;
}

static void close_two(int fd[2]) {
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* In a process group of its own, so that what it starts ends with it; without our environment. */
static int spawn(struct sr_scan *s, int in, int out) {
	char *const env[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"LC_ALL=C"}, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	int rc;

	sigemptyset(&none);
	sigfillset(&usual);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	rc = posix_spawn_file_actions_adddup2(&files, in, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawnattr_setflags(&attr,
			POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(&attr, &usual);
	if (rc == 0)
		rc = posix_spawn(&s->child, s->scanner->command[0], &files, &attr,
			(char *const *)(uintptr_t)s->scanner->command, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return rc;
}

static void start_command(struct sr_scan *s) {
	int to[2], from[2];
	int rc = pipes(to, from);

	if (rc == 0)
		rc = spawn(s, to[0], from[1]);
	if (rc != 0) {
		s->child = 0;
		close_two(to);
		close_two(from);
		fail(s, "the command cannot be run: %s", strerror(rc));
		return;
	}
	close(to[0]);
	close(from[1]);
	s->in = to[1];
	s->out = from[0];
}

/* How it ended; with its group, if it does not. */
static int reap(struct sr_scan *s, bool wait) {
	int status = 0;

	if (!wait)
		(void)kill(-s->child, SIGKILL);
	while (waitpid(s->child, &status, 0) < 0 && errno == EINTR)
		continue;
	(void)kill(-s->child, SIGKILL); /* what it left behind */
	s->child = 0;
	return status;
}

/* It closed its output: it ends now, or is ended. */
static bool ends_soon(const struct sr_scan *s) {
	const uint64_t until = sr_mono_ms() + s->scanner->patience_ms;
	const struct timespec nap = {0, 2000000};
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)s->child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
			info.si_pid != 0)
			return true;
		if (sr_mono_ms() >= until)
			return false;
		(void)nanosleep(&nap, NULL);
	}
}

static void judge_command(struct sr_scan *s) {
	char shown[SR_SCAN_TEXT];
	struct sr_bytes line;
	const uint8_t *lf;
	int status;

	if (!s->failed && !ends_soon(s))
		fail(s, "the command did not end within %u ms", s->scanner->patience_ms);
	status = reap(s, !s->failed);
	if (s->failed)
		return;
	if (WIFSIGNALED(status)) {
		fail(s, "the command was ended by signal %d", WTERMSIG(status));
	} else if (WEXITSTATUS(status) == 1) {
		line = sr_bytes_of(s->answer, s->answer_len);
		lf = line.len > 0 ? memchr(line.p, '\n', line.len) : NULL;
		if (lf != NULL)
			line.len = (size_t)(lf - line.p);
		s->verdict.result = SR_SCAN_INFECTED;
		(void)snprintf(s->verdict.text, sizeof s->verdict.text, "%s",
			line.len > 0 ? sr_escape_to(shown, sizeof shown, line)
				     : "(it names nothing)");
	} else if (WEXITSTATUS(status) != 0) {
		fail(s, "the command ended with status %d", WEXITSTATUS(status));
	} else if (s->deaf) {
		fail(s, "the command ended before it had all of it");
	} else {
		s->verdict.result = SR_SCAN_CLEAN;
	}
}

/* --- one scan --------------------------------------------------------------------------------- */

bool sr_scanner_stale(const struct sr_scanner *s, int64_t now, int64_t age_max) {
	return s->signatures == 0 || now - s->signatures > age_max;
}

const char *sr_scan_result_name(enum sr_scan_result r) {
	switch (r) {
	case SR_SCAN_CLEAN:
		return "clean";
	case SR_SCAN_INFECTED:
		return "infected";
	case SR_SCAN_NOT:
		break;
	}
	return "not-scanned";
}

int sr_scan_begin(struct sr_scan **out, const struct sr_scanner *scanner, struct sr_err *e) {
	static const char ask[] = "zINSTREAM"; /* with its NUL */
	struct sr_scan *s = calloc(1, sizeof *s);
	struct sr_err why = {0};

	*out = NULL;
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for a scan");
	s->scanner = scanner;
	s->in = s->out = -1;
	s->verdict.result = SR_SCAN_NOT;
	if (scanner->socket[0] == '\0') {
		start_command(s);
	} else {
		const int fd = dial(scanner->socket, &why);

		if (fd < 0) {
			fail(s, "%.*s", SR_SCAN_TEXT - 1, why.text);
		} else {
			s->in = s->out = fd;
			push(s, sr_bytes_of(ask, sizeof ask));
		}
	}
	*out = s;
	return 0;
}

void sr_scan_more(struct sr_scan *s, struct sr_bytes data) {
	const uint64_t max = s->scanner->bytes_max;

	if (max > 0 && s->verdict.bytes + data.len > max)
		fail(s, "it is larger than the %llu bytes that are scanned here",
			(unsigned long long)max);
	while (data.len > 0 && !s->failed && !s->deaf && !s->done) {
		struct sr_bytes chunk = data;
		uint8_t len[4];

		if (chunk.len > CHUNK_MAX)
			chunk.len = CHUNK_MAX;
		if (s->child == 0) {
			for (int i = 0; i < 4; i++)
				len[i] = (uint8_t)(chunk.len >> (24 - 8 * i));
			push(s, sr_bytes_of(len, sizeof len));
		}
		push(s, chunk);
		s->verdict.bytes += chunk.len;
		data = sr_bytes_of(data.p + chunk.len, data.len - chunk.len);
	}
	s->deaf = s->deaf || data.len > 0;
}

bool sr_scan_takes(const struct sr_scan *s) {
	struct pollfd p = {s->in, POLLOUT, 0};

	return s->failed || s->deaf || s->done || s->in < 0 || poll(&p, 1, 0) != 0;
}

bool sr_scan_answered(struct sr_scan *s) {
	while (!s->failed && !s->done && s->out >= 0) {
		struct pollfd p = {s->out, POLLIN, 0};

		if (poll(&p, 1, 0) > 0)
			take_answer(s);
		else if (sr_mono_ms() - s->sent_ms < s->scanner->patience_ms)
			return false;
		else
			fail(s, "the scanner said nothing for %u ms", s->scanner->patience_ms);
	}
	return true;
}

static void hang_up(struct sr_scan *s) {
	if (s->in >= 0)
		close(s->in);
	if (s->out >= 0 && s->out != s->in)
		close(s->out);
	if (s->child != 0)
		(void)reap(s, false);
	free(s);
}

void sr_scan_sent(struct sr_scan *s) {
	static const uint8_t end[4] = {0, 0, 0, 0};

	if (s->sent)
		return;
	s->sent = true;
	s->sent_ms = sr_mono_ms();
	if (s->scanner->socket[0] != '\0') {
		push(s, sr_bytes_of(end, sizeof end));
	} else if (s->in >= 0) {
		close(s->in);
		s->in = -1;
	}
}

void sr_scan_end(struct sr_scan *s, struct sr_scan_verdict *out) {
	sr_scan_sent(s);
	if (s->out >= 0)
		hear(s);
	if (s->child != 0)
		judge_command(s);
	else if (!s->failed)
		judge_clamd(s);
	*out = s->verdict;
	hang_up(s);
}

void sr_scan_drop(struct sr_scan *s) {
	if (s != NULL)
		hang_up(s);
}

#ifdef SR_TESTING
void sr_scan_judge_test(struct sr_scan_verdict *out, int64_t *signatures, struct sr_bytes answer) {
	struct sr_scan s = {.in = -1, .out = -1};

	s.answer_len = answer.len < sizeof s.answer ? answer.len : sizeof s.answer;
	if (s.answer_len > 0)
		memcpy(s.answer, answer.p, s.answer_len);
	*signatures = s.answer_len > 0 && memchr(s.answer, 0, s.answer_len) != NULL
			      ? signatures_of(s.answer)
			      : 0;
	judge_clamd(&s);
	*out = s.verdict;
}
#endif
