/*
 * notices list, send: the outbox, handed to any program that sends mail.
 *
 *   due (core) -> one message for each person -> the program, on its standard input -> exit 0:
 *   `notice` for each in the log
 *
 * A kill between the last two sends a message twice and loses none. The message says nothing of
 * what it is about: whoever reads another's mail learns that they have to do with a vault.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/verbs.h"

enum {
	SEND_LIMIT_MS = 60000, /* a mail program hands over to its queue at once; one that tries a
				  dead server for longer must not hold up the others */
	ADDRESS_MAX = 254      /* RFC 5321, 4.5.3.1.3, without the angle brackets */
};

const struct cli_option cli_notices_send_options[] = {
	{"command", CLI_ONE, "CMD",
		"what sends a message from its standard input; /usr/sbin/sendmail -t -oi"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static int due(struct cli *c, struct cli_answer *a, struct sr_err *e) {
	int rc = cli_connect(c, CLI_MAYBE, e);

	cli_ask(a, "notices");
	return rc == 0 ? cli_call(c, a, e) : rc;
}

int verb_notices_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {"PERSON", "WHAT", "SINCE", "ABOUT", "ADDRESS"};
	struct cli_answer a;
	int rc = due(c, &a, e);

	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "notice"));
	} else if (rc == 0) {
		struct cli_table t;

		cli_table(&t, 5, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];

			cli_cell_row(&t, row, "person");
			cli_cell_row(&t, row, "what");
			cli_cell_row(&t, row, "since");
			cli_cell_id(&t, sr_row_get(row, "about"));
			cli_cell_row(&t, row, "address");
		}
		cli_table_print(&t);
		if (a.rows.count == 0)
			cli_tell(c, "nobody waits for word");
	}
	cli_answer_free(&a);
	return rc;
}

/* One address and nothing else: what a person typed on their card must not become a second header
 * or a second recipient. */
static bool address_ok(struct sr_bytes a) {
	size_t at = 0;

	if (a.len < 3 || a.len > ADDRESS_MAX || a.p[0] == '-')
		return false;
	for (size_t i = 0; i < a.len; i++) {
		const uint8_t ch = a.p[i];

		if (ch <= ' ' || ch >= 0x7f || strchr("<>,;:\"\\()[]", ch) != NULL)
			return false;
		at += ch == '@';
	}
	return at == 1 && a.p[0] != '@' && a.p[a.len - 1] != '@';
}

static void message(struct sr_buf *out, struct sr_bytes address, const char *origin) {
	char date[64] = "";
	const struct sr_clock clock = sr_clock_system();
	const time_t now = (time_t)sr_now(&clock);
	struct tm tm;

	/* RFC 5322, in the words that the C locale has. */
	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	sr_buf_put_str(out, "To: ");
	sr_buf_put_bytes(out, address);
	sr_buf_printf(out,
		"\nSubject: A matter waits in the vault\nDate: %s\nAuto-Submitted: "
		"auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
		"A matter waits for you in the vault %s.\n"
		"`strongroom inbox` tells what it is; this message does not, on purpose.\n",
		date, origin);
}

static void reap(pid_t pid, int *status, int left_ms) {
	static const int step_ms = 20;

	for (; left_ms > 0; left_ms -= step_ms) {
		if (waitpid(pid, status, WNOHANG) != 0)
			return;
		(void)poll(NULL, 0, step_ms);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, status, 0);
}

/* All of ${text} into ${fd}, or as much as the program takes: it may end without reading. */
static void feed(int fd, struct sr_bytes text, int left_ms) {
	size_t at = 0;

	while (at < text.len) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		ssize_t n = -1;

		if (poll(&p, 1, left_ms) == 1)
			n = write(fd, text.p + at, text.len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		at += (size_t)n;
	}
}

static int run(const char *command, struct sr_bytes text, struct sr_err *e) {
	extern char **environ;
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)command, NULL};
	posix_spawn_file_actions_t files;
	int ends[2], status = -1;
	pid_t pid;
	int rc;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return sr_fail_errno(e, "a pipe to the mail program");
	rc = posix_spawn_file_actions_init(&files);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&files, ends[0], STDIN_FILENO);
	if (rc == 0)
		rc = posix_spawn(&pid, "/bin/sh", &files, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	close(ends[0]);
	if (rc != 0) {
		close(ends[1]);
		errno = rc;
		return sr_fail_errno(e, "starting the mail program");
	}
	feed(ends[1], text, SEND_LIMIT_MS);
	close(ends[1]);
	reap(pid, &status, SEND_LIMIT_MS);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return sr_fail(e, SR_IO, "the mail program was ended by signal %d (it has %d s)",
			WTERMSIG(status), SEND_LIMIT_MS / 1000);
	return sr_fail(e, SR_IO, "the mail program ended with status %d", WEXITSTATUS(status));
}

static int sent(struct cli *c, const struct sr_row *row, struct sr_err *e) {
	static const char *const keys[] = {"what", "person", "about"};
	struct cli_answer a;

	cli_ask(&a, "notice.sent");
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		sr_text_putf(&a.q.head, keys[i], "%.*s", (int)sr_row_get(row, keys[i]).len,
			(const char *)sr_row_get(row, keys[i]).p);
	int rc = cli_call_plain(c, &a, e);
	cli_answer_free(&a);
	return rc;
}

struct tally {
	size_t messages, notices, silent, failed;
};

/* The rows [from, to) are one person's. */
static int send_to(struct cli *c, const struct cli_answer *a, size_t from, size_t to,
	const char *command, struct tally *n, struct sr_err *e) {
	const struct sr_bytes address = sr_row_get(&a->rows.rows[from], "address"),
			      person = sr_row_get(&a->rows.rows[from], "person");
	struct sr_err why = {0};
	struct sr_buf text;
	int rc;

	if (!address_ok(address)) {
		n->silent++;
		cli_tell(c, "%.*s has no mail address in the name on their card (Name <address>)",
			(int)person.len, (const char *)person.p);
		return 0;
	}
	sr_buf_init_secret(&text);
	message(&text, address, sr_client_info(c->client)->origin);
	rc = sr_buf_ok(&text, e);
	if (rc == 0 && run(command, sr_buf_view(&text), &why) != 0) {
		n->failed++;
		cli_tell(c, "%.*s: %s", (int)person.len, (const char *)person.p, why.text);
		from = to;
	} else if (rc == 0) {
		n->messages++;
	}
	sr_buf_free(&text);
	for (size_t i = from; i < to && rc == 0; i++) {
		rc = sent(c, &a->rows.rows[i], e);
		n->notices += rc == 0;
	}
	return rc;
}

int verb_notices_send(struct cli *c, struct sr_err *e) {
	const char *command = cli_get(c, "command");
	struct tally n = {0};
	struct cli_answer a;
	int rc = due(c, &a, e);

	(void)signal(SIGPIPE, SIG_IGN); /* a program may end without reading */
	if (command == NULL)
		command = "/usr/sbin/sendmail -t -oi";
	for (size_t i = 0; rc == 0 && i < a.rows.count;) {
		size_t to = i + 1;

		while (to < a.rows.count && sr_bytes_eq(sr_row_get(&a.rows.rows[to], "person"),
						    sr_row_get(&a.rows.rows[i], "person")))
			to++;
		rc = send_to(c, &a, i, to, command, &n, e);
		i = to;
	}
	cli_answer_free(&a);
	if (rc == 0 && c->json) {
		json_t *o = json_object();

		json_object_set_new(o, "messages", json_integer((json_int_t)n.messages));
		json_object_set_new(o, "notices", json_integer((json_int_t)n.notices));
		json_object_set_new(o, "without_address", json_integer((json_int_t)n.silent));
		json_object_set_new(o, "failed", json_integer((json_int_t)n.failed));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("%zu messages sent, for %zu notices; %zu people without an address; %zu "
		       "failed\n",
			n.messages, n.notices, n.silent, n.failed);
	}
	if (rc == 0 && n.failed > 0) {
		cli_hint(c, "they are still due: run it again when the mail program works");
		rc = sr_fail(e, SR_IO, "%zu messages could not be sent", n.failed);
	}
	return rc;
}
