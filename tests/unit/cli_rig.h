/*
 * cli_rig - command lines, run in this process: the verb of the table, its options, its function;
 * what comes back is the code and the sentence that main would print, and the advice.
 *
 *     rig_line(&l, "deposit --rows t.csv folder");     words are parted by single spaces; a tab in
 *                                                      one stands for a space
 *     assert_fails(l.rc, SR_USAGE, &l.e, "--rows names");
 *
 * A verb that connects acts as cli_rig_as, when there is somebody: with the client of their desk
 * (client_rig.h), whose vault may lie. Else it looks for a vault as it would. The program that
 * includes this is linked with the command's objects, and what connect.c asks of core for a
 * connection is answered here (--wrap, Makefile).
 */
#ifndef SR_TESTS_CLI_RIG_H
#define SR_TESTS_CLI_RIG_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "util.h"

enum {
	CLI_RIG_WORDS = 600,
	CLI_RIG_LINE = 32 << 10
};

struct cli_rig_as {
	struct sr_client *client;
	const struct sr_identity *identity;
};
static struct cli_rig_as cli_rig_as;    /* borrowed; zero: nobody */
static void (*cli_rig_meanwhile)(void); /* happens when a verb connects; NULL: nothing does */
/* Happens just before a file of the person's is opened, after it was looked at. */
static void (*cli_rig_opening)(const char *path);

/* The linker's names. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl51-cpp) */
int __real_sr_transport_socket(struct sr_transport *out, const char *vault, struct sr_err *e);
int __wrap_sr_transport_socket(struct sr_transport *out, const char *vault, struct sr_err *e);
int __real_cli_open(int at, const char *path, int flags);
int __wrap_cli_open(int at, const char *path, int flags);
int __real_sr_client_open(
	struct sr_client **out, const struct sr_client_options *o, struct sr_err *e);
int __wrap_sr_client_open(
	struct sr_client **out, const struct sr_client_options *o, struct sr_err *e);

int __wrap_sr_transport_socket(struct sr_transport *out, const char *vault, struct sr_err *e) {
	if (cli_rig_as.client == NULL)
		return __real_sr_transport_socket(out, vault, e);
	if (cli_rig_meanwhile != NULL)
		cli_rig_meanwhile();
	*out = (struct sr_transport){.call = NULL};
	return 0;
}

int __wrap_sr_client_open(
	struct sr_client **out, const struct sr_client_options *o, struct sr_err *e) {
	if (cli_rig_as.client == NULL)
		return __real_sr_client_open(out, o, e);
	*out = cli_rig_as.client;
	return 0;
}

int __wrap_cli_open(int at, const char *path, int flags) {
	if (cli_rig_opening != NULL)
		cli_rig_opening(path);
	return __real_cli_open(at, path, flags);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl51-cpp) */

/* The tests of a program run in a folder of their own (as group set-up and teardown). */
static char *cli_rig_home;

static inline int cli_rig_move_in(void **state) {
	(void)state;
	cli_rig_home = t_tmp_new();
	assert_int_equal(chdir(cli_rig_home), 0);
	return 0;
}

static inline int cli_rig_move_out(void **state) {
	(void)state;
	assert_int_equal(chdir("/"), 0);
	t_tmp_remove(cli_rig_home);
	return 0;
}

struct rig_line {
	int rc;
	struct sr_err e;
	char hint[1024];
};

/* The words of ${text}, as main takes them apart; they point into it. */
static inline size_t cli_rig_words(char *argv[CLI_RIG_WORDS], char *text) {
	size_t n = 0;

	for (char *at = text; at != NULL && n < CLI_RIG_WORDS;) {
		char *space = strchr(at, ' ');

		argv[n++] = at;
		if (space != NULL)
			*space++ = '\0';
		for (char *tab = at; (tab = strchr(tab, '\t')) != NULL;)
			*tab = ' ';
		at = space;
	}
	return n;
}

/* Find the verb and parse what follows it. */
static inline int cli_rig_parse(struct cli *c, char **argv, size_t count, struct sr_err *e) {
	for (const struct cli_verb *v = cli_verbs; c->verb == NULL && v->name != NULL; v++) {
		if (strcmp(v->name, argv[0]) == 0 &&
			(v->sub == NULL || (count > 1 && strcmp(v->sub, argv[1]) == 0)))
			c->verb = v;
	}
	if (c->verb == NULL)
		fail_msg("%s is no verb", argv[0]);
	const size_t used = c->verb != NULL && c->verb->sub != NULL ? 2 : 1;

	return cli_parse(c, argv + used, count - used, e);
}

static inline void cli_rig_end(struct cli *c) {
	if (cli_rig_as.client != NULL) {
		c->client = NULL;
		c->identity = (struct sr_identity){.seed = NULL};
	}
	cli_close(c);
	cli_args_free(&c->args);
}

static inline void rig_line(struct rig_line *l, const char *line) {
	static char text[CLI_RIG_LINE];
	char *argv[CLI_RIG_WORDS] = {NULL};
	struct cli c = {0};

	memset(l, 0, sizeof *l);
	(void)!cli_json_whole(NULL); /* of a line before, which printed none */
	if (cli_rig_as.identity != NULL)
		c.identity = *cli_rig_as.identity;
	assert_true(strlen(line) < sizeof text);
	memcpy(text, line, strlen(line) + 1);
	l->rc = cli_rig_parse(&c, argv, cli_rig_words(argv, text), &l->e);
	if (l->rc == 0)
		l->rc = c.verb->run(&c, &l->e);
	if (c.json)
		l->rc = cli_json_end(&c, l->rc, &l->e);
	memcpy(l->hint, c.hint, sizeof l->hint);
	cli_rig_end(&c);
}

/* ${line} must fail so; which line it was is said when it does not. */
static inline void rig_line_fails(const char *line, enum sr_code code, const char *piece) {
	struct rig_line l;

	rig_line(&l, line);
	if (l.rc != (int)code || strstr(l.e.text, piece) == NULL)
		print_error("strongroom %.200s\n", line);
	assert_fails(l.rc, code, &l.e, piece);
}

#endif
