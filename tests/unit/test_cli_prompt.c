/*
 * Tests of cli/prompt: passphrases that are asked for on a terminal. Each is typed by this program,
 * on a terminal that it makes, to a child that has no other; what was typed is never shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli_rig.h"

enum {
	WAIT_MS = 20000,  /* for a prompt: more than any machine takes */
	CHILD_S = 60,     /* then the child is ended */
	SHOWN_MAX = 4096, /* bytes of what the terminal shows */
	CODE_OTHER = 99
};

static const char PROMPT[] = "Passphrase of a key";

struct ask {
	bool terminal, fresh;
	bool early;           /* ^C came before anybody waited for a key */
	const char *lines[2]; /* typed one at a prompt, with what ends them; NULL: no more */
	int code;             /* 0: the first line is the passphrase */
	const char *piece;
};

/* In the child: ask, and end with 0 when it came out as it should. */
static void child(const struct ask *a, int other_end, const char *terminal) {
	const struct cli_ask ask = {
		.prompt = PROMPT, .options = "give --passphrase-file F", .fresh = a->fresh};
	struct cli_secret s;
	struct sr_err e = {0};

	(void)close(other_end); /* else nobody hangs up when the test ends */
	(void)alarm(CHILD_S);
	/* Without O_NOCTTY the first terminal that a session opens becomes its own. */
	if (setsid() < 0 || (a->terminal && open(terminal, O_RDWR) < 0))
		t_exit(CODE_OTHER);
	cli_catch_stop();
	cli_stopped = a->early ? SIGINT : 0;
	const int rc = cli_secret(&s, &ask, &e);

	if (rc != a->code || (rc != 0 && strstr(e.text, a->piece) == NULL)) {
		fprintf(stderr, "code %d: %s\n", rc, e.text);
		t_exit(1);
	}
	if (rc == 0) {
		const size_t len = strcspn(a->lines[0], "\n");

		if (!sr_bytes_eq(s.unlock.passphrase, sr_bytes_of(a->lines[0], len)))
			t_exit(2);
		cli_secret_free(&s);
	}
	t_exit(0);
}

static size_t prompts_in(const char *shown) {
	size_t n = 0;

	for (const char *at = shown; (at = strstr(at, PROMPT)) != NULL; at++)
		n += strstr(at, ": ") != NULL;
	return n;
}

/* Everything that ${fd} shows up to the ${n}-th prompt, or its end. */
static void read_to(int fd, char *shown, size_t *len, size_t n) {
	while (prompts_in(shown) < n) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, WAIT_MS) <= 0)
			return;
		const ssize_t got = read(fd, shown + *len, SHOWN_MAX - 1 - *len);
		if (got <= 0)
			return; /* EIO: the child is gone */
		*len += (size_t)got;
		shown[*len] = '\0';
	}
}

static void ask_at(const struct ask *a) {
	const int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char shown[SHOWN_MAX] = "", name[128] = "";
	size_t len = 0;
	int status = 0;

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd), 0);
	assert_int_equal(unlockpt(fd), 0);
	assert_int_equal(ptsname_r(fd, name, sizeof name), 0);
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		child(a, fd, name);
	for (size_t i = 0; i < T_COUNT(a->lines) && a->lines[i] != NULL; i++) {
		read_to(fd, shown, &len, i + 1);
		const size_t n = strlen(a->lines[i]);

		assert_int_equal(write(fd, a->lines[i], n), (ssize_t)n);
	}
	if (a->terminal)
		read_to(fd, shown, &len, SIZE_MAX);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(fd);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("status %d, shown: %s", status, shown);
	assert_null(strstr(shown, "secret"));
	assert_true(!a->terminal || strstr(shown, PROMPT) != NULL);
}

static void prompts(void **state) {
	static char much[SR_PASSPHRASE_MAX + 3];
	const struct ask all[] = {
		{true, false, false, {"secret\n", NULL}, 0, NULL},
		{true, true, false, {"secret-words\n", "secret-words\n"}, 0, NULL},
		{true, true, false, {"secret-word\n", NULL}, SR_USAGE,
			"a new passphrase has at least 12 characters, this one has 11"},
		{true, true, false, {"secret-words\n", "secret-wordss\n"}, SR_USAGE,
			"the two passphrases differ: give the same one twice, begin again"},
		{true, false, false, {"\n", NULL}, SR_USAGE, "the passphrase is empty"},
		{true, false, false, {much, NULL}, SR_USAGE,
			"more than 1024 bytes are no passphrase"},
		{true, false, false, {"\x03", NULL}, SR_LOCKED, "stopped on request"}, /* ^C */
		{true, false, true, {NULL, NULL}, SR_LOCKED, "stopped on request"},
		{false, false, false, {NULL, NULL}, SR_USAGE,
			"Passphrase of a key is needed, and there is no terminal to ask on: give "
			"--passphrase-file F"},
	};

	(void)state;
	memset(much, 'a', sizeof much - 2);
	much[sizeof much - 2] = '\n';
	for (size_t i = 0; i < T_COUNT(all); i++)
		ask_at(&all[i]);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(prompts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
