/*
 * Secrets of persons: from the terminal, without echo, or from a file. Never from an argument or
 * the environment, where other processes read them. Whatever happens the terminal gets its echo
 * back, and buffers are wiped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/cli.h"

enum {
	CREDENTIAL_MAX = 64 << 10 /* bytes: systemd credentials and key files are far smaller */
};

/* Waits for a key. ^C counts from the prompt on, also when it comes just before this waits: -1 with
 * EINTR. */
static int wait_key(int tty) {
	struct pollfd p = {.fd = tty, .events = POLLIN};
	sigset_t stops, before;
	int rc = -1;
	(void)sigemptyset(&stops);
	(void)sigaddset(&stops, SIGINT);
	(void)sigaddset(&stops, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &stops, &before);
	if (cli_stopped != 0)
		errno = EINTR;
	else
		rc = ppoll(&p, 1, NULL, &before);
	const int why = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = why;
	return rc < 0 ? -1 : 0;
}

/* A line from the terminal, without its newline. */
static int read_line(int tty, struct sr_buf *out, struct sr_err *e) {
	for (;;) {
		char ch = 0;
		const ssize_t n = wait_key(tty) != 0 ? -1 : read(tty, &ch, 1);
		if (n < 0 && errno == EINTR && cli_stopped == 0)
			continue;
		if (n < 0)
			return errno == EINTR ? sr_fail(e, SR_LOCKED, "stopped on request")
					      : sr_fail_errno(e, "terminal");
		if (n == 0 || ch == '\n' || ch == '\r')
			return 0;
		if (out->len >= SR_PASSPHRASE_MAX)
			return sr_fail(e, SR_USAGE, "more than %d bytes are no passphrase",
				SR_PASSPHRASE_MAX);
		sr_buf_put_u8(out, (uint8_t)ch);
		sr_wipe(&ch, 1);
	}
}

static int ask_once(
	int tty, const char *prompt, const char *more, struct sr_buf *out, struct sr_err *e) {
	struct termios before, quiet;
	if (tcgetattr(tty, &before) != 0)
		return sr_fail_errno(e, "terminal");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	/* Quiet first: who types, or pastes, as soon as they are asked is not shown on the screen.
	 */
	if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
		return sr_fail_errno(e, "terminal");
	dprintf(tty, "%s%s: ", prompt, more);
	int rc = read_line(tty, out, e);
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	dprintf(tty, "\n");
	if (rc == 0)
		rc = sr_buf_ok(out, e);
	return rc;
}

static int ask_terminal(struct sr_buf *out, const struct cli_ask *a, struct sr_err *e) {
	struct sr_buf again;
	sr_buf_init_secret(&again);
	const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0)
		return sr_fail(e, SR_USAGE, "%s is needed, and there is no terminal to ask on: %s",
			a->prompt, a->options);
	int rc = ask_once(tty, a->prompt, a->fresh ? " (new)" : "", out, e);
	if (rc == 0 && out->len == 0)
		rc = sr_fail(e, SR_USAGE, "the passphrase is empty");
	if (rc == 0 && a->fresh && out->len < SR_PASSPHRASE_TYPED_MIN)
		rc = sr_fail(e, SR_USAGE,
			"a new passphrase has at least %d characters, this one has %zu: take "
			"four or five words",
			SR_PASSPHRASE_TYPED_MIN, out->len);
	if (rc == 0 && a->fresh) {
		rc = ask_once(tty, a->prompt, " (again)", &again, e);
		if (rc == 0 && (again.len != out->len || !sr_ct_eq(again.p, out->p, out->len)))
			rc = sr_fail(e, SR_USAGE,
				"the two passphrases differ: give the same one twice, begin again");
	}
	sr_buf_free(&again);
	(void)close(tty);
	return rc;
}

/* The first line of a file. */
static int from_file(struct sr_buf *out, const char *path, struct sr_err *e) {
	char shown[256];
	int rc = cli_read_file(out, path, SR_PASSPHRASE_MAX + 2, e);
	if (rc != 0)
		return rc;
	const uint8_t *end = out->len > 0 ? memchr(out->p, '\n', out->len) : NULL;
	if (end != NULL)
		out->len = (size_t)(end - out->p);
	if (out->len > 0 && out->p[out->len - 1] == '\r')
		out->len--;
	if (out->len == 0)
		return sr_fail(e, SR_USAGE, "%s: the first line, the passphrase, is empty",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(path)));
	return 0;
}

int cli_secret(struct cli_secret *out, const struct cli_ask *a, struct sr_err *e) {
	int rc = 0;
	sr_buf_init_secret(&out->passphrase);
	sr_buf_init_secret(&out->credential);
	out->unlock = (struct sr_unlock){0};
	if (a->credential_file != NULL)
		rc = cli_read_file(&out->credential, a->credential_file, CREDENTIAL_MAX, e);
	else if (a->passphrase_file != NULL)
		rc = from_file(&out->passphrase, a->passphrase_file, e);
	else
		rc = ask_terminal(&out->passphrase, a, e);
	if (rc != 0) {
		cli_secret_free(out);
		return rc;
	}
	if (a->credential_file != NULL)
		out->unlock.credential = sr_buf_view(&out->credential);
	else
		out->unlock.passphrase = sr_buf_view(&out->passphrase);
	return 0;
}

void cli_secret_free(struct cli_secret *s) {
	sr_buf_free(&s->passphrase);
	sr_buf_free(&s->credential);
	s->unlock = (struct sr_unlock){0};
}

bool cli_question(const char *prompt, char *answer, size_t size) {
	const int tty = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
	if (tty < 0)
		return false;
	dprintf(tty, "%s", prompt);
	const ssize_t n = read(tty, answer, size - 1);
	(void)close(tty);
	answer[n > 0 ? n : 0] = '\0';
	answer[strcspn(answer, "\r\n")] = '\0';
	return n > 0;
}
