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
	CHUNK_MAX = 1 << 20, /* bytes of one chunk: below any StreamMaxLength */
	NAP_MS = 2,          /* until it is called again, or a command that said all has ended */
	SOON_MS = 50         /* and its patience is looked at */
};

struct sr_scan {
	const struct sr_scanner *scanner;
	int in, out; /* of clamd the same socket; -1 */
	pid_t child;
	bool dialing;          /* its queue was full: it is called again */
	struct sr_buf pending; /* secret: what it did not take yet, from ${pending_at} on */
	size_t pending_at;
	bool deaf;  /* it takes no more, and may have said why */
	bool done;  /* its answer is whole, or ended */
	bool ended; /* the child did */
	char answer[SR_SCAN_ANSWER_MAX];
	size_t answer_len;
	bool sent;         /* all of it was handed over */
	uint64_t moved_ms; /* when it last took something, or was given something to wait for */
	bool failed;       /* sticky: the verdict is there */
	struct sr_scan_verdict verdict;
};

/* --- without waiting -------------------------------------------------------------------------- */

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

/* What it says now; false: nothing, for now or for ever. */
static bool take_answer(struct sr_scan *s) {
	char more[512];
	const ssize_t n = read(s->out, more, sizeof more);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		s->done = true;
	} else if ((size_t)n > sizeof s->answer - s->answer_len) {
		fail(s, "the scanner's answer is longer than %d bytes", SR_SCAN_ANSWER_MAX);
	} else {
		memcpy(s->answer + s->answer_len, more, (size_t)n);
		s->answer_len += (size_t)n;
		if (s->child == 0 && memchr(s->answer, 0, s->answer_len) != NULL)
			s->done = true;
	}
	if (s->done)
		s->moved_ms = sr_mono_ms();
	return !s->done && !s->failed;
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

static void pending_drop(struct sr_scan *s) {
	if (s->pending.len > 0)
		sr_wipe(s->pending.p, s->pending.len);
	sr_buf_clear(&s->pending);
	s->pending_at = 0;
}

static void close_in(struct sr_scan *s) {
	if (s->in >= 0 && s->in != s->out) {
		close(s->in);
		s->in = -1;
	}
}

/* As much of what is pending as it takes now. */
static void flush(struct sr_scan *s) {
	while (s->pending_at < s->pending.len && s->in >= 0 && !s->deaf && !s->done) {
		const uint8_t *p = s->pending.p + s->pending_at;
		const size_t len = s->pending.len - s->pending_at;
		const ssize_t n = s->child == 0 ? send(s->in, p, len, MSG_NOSIGNAL)
						: write_pipe(s->in, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			s->deaf = true;
			return;
		}
		s->pending_at += (size_t)n;
		s->moved_ms = sr_mono_ms();
	}
	if (s->pending_at < s->pending.len) /* it closed its mouth, or said all, too early */
		s->deaf = true;
	pending_drop(s);
	if (s->sent && s->child != 0)
		close_in(s);
}

static void hand_over(struct sr_scan *s, const void *p, size_t len) {
	struct sr_err e = {0};

	if (s->failed)
		return;
	if (s->pending.len == 0)
		s->moved_ms = sr_mono_ms();
	sr_buf_put(&s->pending, p, len);
	if (sr_buf_ok(&s->pending, &e) != 0)
		fail(s, "there is no memory for what the scanner does not take yet");
}

/* It closed its output: did it end? It stays to be reaped. */
static bool child_ended(const struct sr_scan *s) {
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)s->child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid != 0;
}

static bool has_ended(const struct sr_scan *s) {
	return s->failed || (s->done && (s->child == 0 || s->ended));
}

static void overdue(struct sr_scan *s) {
	const unsigned patience = s->scanner->patience_ms;

	if (has_ended(s) || sr_mono_ms() - s->moved_ms < patience)
		return;
	if (s->dialing)
		fail(s, "the scanner took no connection for %u ms", patience);
	else if (s->done)
		fail(s, "the command did not end within %u ms", patience);
	else if (s->pending.len > 0)
		fail(s, "the scanner took nothing for %u ms", patience);
	else if (s->sent)
		fail(s, "the scanner said nothing for %u ms", patience);
	s->verdict.silent = s->failed; /* else it waits for us */
}

static void dial_again(struct sr_scan *s);

/* All that can be done now. */
static void pump(struct sr_scan *s) {
	if (s->dialing)
		dial_again(s);
	if (!s->failed && !s->dialing && s->out >= 0) {
		while (!s->done && take_answer(s))
			continue;
		flush(s);
		while (!s->done && !s->failed && take_answer(s))
			continue;
		if (s->done && s->child != 0)
			s->ended = s->ended || child_ended(s);
	}
	overdue(s);
	if (s->failed)
		pending_drop(s);
}

/* Until something of it can be done, or a moment. */
static void wait_for(const struct sr_scan *s) {
	struct pollfd p[2] = {
		{s->out, POLLIN, 0}, {s->pending_at < s->pending.len ? s->in : -1, POLLOUT, 0}};

	if (s->dialing || s->done)
		(void)poll(NULL, 0, NAP_MS);
	else
		(void)poll(p, 2, SOON_MS);
}

/* --- clamd ------------------------------------------------------------------------------------ */

/* Call the clamd. Its queue may be full (it is stopped, or has too much to do): then *${again}. */
static int dial(int *out, const char *path, bool *again, struct sr_err *e) {
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	*out = -1;
	*again = false;
	memcpy(to.sun_path, path, strlen(path) + 1);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0) {
		*out = fd;
		return 0;
	}
	err = errno;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && err == EAGAIN) {
		*again = true;
		return 0;
	}
	return sr_fail(e, SR_IO,
		"%s: %s. Is clamd running, is this its LocalSocket, and may this "
		"user use it?",
		path, strerror(err));
}

static void dial_again(struct sr_scan *s) {
	struct sr_err why = {0};

	if (dial(&s->in, s->scanner->socket, &s->dialing, &why) != 0)
		fail(s, "%.*s", SR_SCAN_TEXT - 1, why.text);
	s->out = s->in;
	if (s->in >= 0)
		s->moved_ms = sr_mono_ms();
}

/* Call it and say ${word}, of which the NUL is part. */
static int call(struct sr_scan *s, const char *word, size_t len, struct sr_err *e) {
	const int rc = dial(&s->in, s->scanner->socket, &s->dialing, e);

	s->out = s->in;
	if (rc == 0)
		hand_over(s, word, len);
	return rc;
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

struct sr_asking {
	struct sr_scanner asking; /* its socket, and how long it has */
	struct sr_scan s;
};

int sr_asking_begin(struct sr_asking **out, const char *socket, struct sr_err *e) {
	static const char ask[] = "zVERSION"; /* with its NUL */
	struct sr_asking *a;
	int rc;

	*out = NULL;
	if (strlen(socket) > SR_SCAN_SOCKET_MAX)
		return sr_fail(e, SR_USAGE, "a socket's path has at most %d bytes, this one %zu",
			SR_SCAN_SOCKET_MAX, strlen(socket));
	a = calloc(1, sizeof *a);
	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory to ask a scanner");
	(void)snprintf(a->asking.socket, sizeof a->asking.socket, "%s", socket);
	a->asking.patience_ms = ASK_MS;
	a->s.scanner = &a->asking;
	sr_buf_init_secret(&a->s.pending);
	rc = call(&a->s, ask, sizeof ask, e);
	a->s.sent = true;
	if (rc != 0) {
		sr_asking_drop(a);
		return rc;
	}
	*out = a;
	return 0;
}

bool sr_asking_answered(struct sr_asking *a) {
	pump(&a->s);
	return has_ended(&a->s);
}

void sr_asking_drop(struct sr_asking *a) {
	if (a == NULL)
		return;
	if (a->s.in >= 0)
		close(a->s.in);
	sr_buf_free(&a->s.pending);
	free(a);
}

/* Its answer, judged. */
static int who_it_is(struct sr_scanner *out, const struct sr_asking *a, struct sr_err *e) {
	const struct sr_scan *s = &a->s;
	struct sr_bytes rest;

	if (s->failed)
		return sr_fail(e, SR_IO, "%s: %s", a->asking.socket, s->verdict.text);
	if (s->answer_len == 0 || memchr(s->answer, 0, s->answer_len) == NULL ||
		!begins_with(sr_bytes_str(s->answer), "ClamAV ", &rest))
		return sr_fail(
			e, SR_CORRUPT, "%s: what answers there is no clamd", a->asking.socket);
	memset(out, 0, sizeof *out);
	memcpy(out->socket, a->asking.socket, sizeof out->socket);
	(void)sr_escape_to(out->engine, sizeof out->engine, sr_bytes_str(s->answer));
	out->signatures = signatures_of(s->answer);
	out->patience_ms = PATIENCE_MS;
	return 0;
}

int sr_asking_end(struct sr_asking *a, struct sr_scanner *out, struct sr_err *e) {
	int rc;

	while (!sr_asking_answered(a))
		wait_for(&a->s);
	rc = who_it_is(out, a, e);
	sr_asking_drop(a);
	return rc;
}

int sr_scanner_clamd(struct sr_scanner *out, const char *socket, struct sr_err *e) {
	struct sr_asking *a = NULL;
	const int rc = sr_asking_begin(&a, socket, e);

	return rc == 0 ? sr_asking_end(a, out, e) : rc;
}

/* --- a command -------------------------------------------------------------------------------- */

int sr_scanner_command(struct sr_scanner *out, const char *const *argv, struct sr_err *e) {
	char shown[SR_SCAN_TEXT];

	if (argv[0] == NULL || argv[0][0] != '/')
		return sr_fail(e, SR_USAGE,
			"the command of a scanner is named by its whole path, which no "
			"PATH decides");
	if (access(argv[0], X_OK) != 0) {
		const bool named_wrongly = errno == ENOENT || errno == ENOTDIR || errno == EACCES ||
					   errno == ELOOP || errno == ENAMETOOLONG;
		const int rc = sr_fail_errno(
			e, "%s", sr_escape_to(shown, sizeof shown, sr_bytes_str(argv[0])));
		if (named_wrongly && e != NULL)
			e->code = SR_USAGE;
		return named_wrongly ? (int)SR_USAGE : rc;
	}
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

static void judge_command(struct sr_scan *s) {
	char shown[SR_SCAN_TEXT];
	struct sr_bytes line;
	const uint8_t *lf;
	int status;

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
	s->moved_ms = sr_mono_ms();
	sr_buf_init_secret(&s->pending);
	if (scanner->socket[0] == '\0')
		start_command(s);
	else if (call(s, ask, sizeof ask, &why) != 0)
		fail(s, "%.*s", SR_SCAN_TEXT - 1, why.text);
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
		for (int i = 0; i < 4; i++)
			len[i] = (uint8_t)(chunk.len >> (24 - 8 * i));
		if (s->child == 0)
			hand_over(s, len, sizeof len);
		hand_over(s, chunk.p, chunk.len);
		s->verdict.bytes += chunk.len;
		data = sr_bytes_of(data.p + chunk.len, data.len - chunk.len);
		pump(s);
	}
	s->deaf = s->deaf || data.len > 0;
}

bool sr_scan_takes(struct sr_scan *s) {
	pump(s);
	return s->failed || s->deaf || s->done || s->pending.len == 0;
}

bool sr_scan_answered(struct sr_scan *s) {
	pump(s);
	return has_ended(s);
}

static void hang_up(struct sr_scan *s) {
	if (s->in >= 0)
		close(s->in);
	if (s->out >= 0 && s->out != s->in)
		close(s->out);
	if (s->child != 0)
		(void)reap(s, false);
	sr_buf_free(&s->pending);
	free(s);
}

void sr_scan_sent(struct sr_scan *s) {
	static const uint8_t end[4] = {0, 0, 0, 0};

	if (s->sent)
		return;
	s->sent = true;
	if (s->pending.len == 0)
		s->moved_ms = sr_mono_ms();
	if (s->scanner->socket[0] != '\0')
		hand_over(s, end, sizeof end);
	pump(s);
}

void sr_scan_end(struct sr_scan *s, struct sr_scan_verdict *out) {
	sr_scan_sent(s);
	while (!sr_scan_answered(s))
		wait_for(s);
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
