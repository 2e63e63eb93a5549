/*
 * strongroom-verify: what an outsider can check, with files and public keys alone. See verify.h and
 * strongroom-verify(1).
 *
 *   0 ok   1 refused: a signature, proof, memory or quorum says no   2 usage
 *   3 damaged: bytes are missing or break a format   5 system error: nothing is known
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fs.h"
#include "crypto/hash.h"
#include "verify/verify.h"

enum {
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_DAMAGED = 3,
	EXIT_SYSTEM = 5,
	WORDS = 2,
	SAY_EVERY_S = 1 /* progress on a terminal */
};

static const struct command {
	const char *name, *words, *options, *summary;
	size_t count; /* of words */
} commands[] = {
	{"receipt", "FILE", "[--entry FILE]", "An entry is in the log: a .tlog-proof.", 1},
	{"consistency", "OLD NEW", "[--proof FILE | --log DIR]",
		"A checkpoint (or receipt) continues an earlier one.", 2},
	{"log", "DIR", "[--checkpoint FILE] [--since FILE]... [--replayed]",
		"An exported log is whole, and what its key signed.", 1},
	{"vault", "DIR", "[--since FILE]... [--replayed] [--log-only]",
		"A copy of a vault: its log, packs and objects.", 1},
};

enum option {
	OPT_KEY_CHANGE,
	OPT_KEY,
	OPT_ORIGIN,
	OPT_POLICY,
	OPT_ENTRY,
	OPT_PROOF,
	OPT_LOG,
	OPT_CHECKPOINT,
	OPT_SINCE,
	OPT_REPLAYED,
	OPT_LOG_ONLY,
	OPT_QUIET,
	OPTIONS
};
static const struct {
	const char *name, *value, *help;
	const char *of; /* the commands that take it, NULL: all */
} options[OPTIONS] = {
	[OPT_KEY_CHANGE] = {"--key-change", "FILE",
		"the note by which one key followed another; repeated, in "
		"their order",
		NULL},
	[OPT_KEY] = {"--key", "VKEY",
		"the log's public key, NAME+8 hex digits+base64; repeated "
		"while a log changes its key",
		NULL},
	[OPT_ORIGIN] = {"--origin", "NAME", "the log's name, where its keys have another", NULL},
	[OPT_POLICY] = {"--policy", "FILE",
		"a tlog-policy: the witnesses whose cosignatures must "
		"be there (and the log's keys, without --key)",
		NULL},
	[OPT_ENTRY] = {"--entry", "FILE", "the entry's bytes", "receipt"},
	[OPT_PROOF] = {"--proof", "FILE", "the proof: a line of base64 for each hash",
		"consistency"},
	[OPT_LOG] = {"--log", "DIR", "make the proof from this export", "consistency"},
	[OPT_CHECKPOINT] = {"--checkpoint", "FILE", "this one, not DIR/checkpoint", "log"},
	[OPT_SINCE] = {"--since", "FILE",
		"a checkpoint or receipt kept from before, that the log "
		"must continue; repeated",
		"log vault"},
	[OPT_REPLAYED] = {"--replayed", NULL,
		"look for repeated entries among more than 4 Mi too "
		"(16 bytes of memory each)",
		"log vault"},
	[OPT_LOG_ONLY] = {"--log-only", NULL, "leave packs and objects alone", "vault"},
	[OPT_QUIET] = {"--quiet", NULL, "say nothing when all is well", NULL},
};

static void usage(FILE *f) {
	(void)fputs("usage: strongroom-verify COMMAND WORDS --key VKEY [OPTIONS]\n\n", f);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		(void)fprintf(f, "  %s %s %s\n      %s\n", commands[i].name, commands[i].words,
			commands[i].options, commands[i].summary);
	(void)fputc('\n', f);
	for (int i = 0; i < OPTIONS; i++)
		(void)fprintf(f, "  %s%s%s\n      %s\n", options[i].name,
			options[i].value != NULL ? " " : "",
			options[i].value != NULL ? options[i].value : "", options[i].help);
	(void)fputs("\nexit: 0 ok, 1 refused, 2 usage, 3 damaged, 5 system error\n", f);
}

/* ---- the command line ---- */

struct line {
	const struct command *command;
	const char *words[WORDS];
	size_t count;
	const char *policy;
	struct verify_given given;
};

static int once(const char **at, const char *name, const char *value, struct sr_err *e) {
	if (*at != NULL)
		return sr_fail(e, SR_USAGE, "%s is given twice", name);
	*at = value;
	return 0;
}

static int take_option(struct line *l, enum option o, const char *value, struct sr_err *e) {
	struct verify_given *g = &l->given;
	const char *name = options[o].name;

	switch (o) {
	case OPT_KEY:
		return verify_add_key(g, value, e);
	case OPT_KEY_CHANGE:
		if (g->change_count == VERIFY_KEYS)
			return sr_fail(
				e, SR_USAGE, "--key-change: more than %d files", (int)VERIFY_KEYS);
		g->change[g->change_count++] = value;
		return 0;
	case OPT_ORIGIN:
		return once(&g->origin, name, value, e);
	case OPT_POLICY:
		return once(&l->policy, name, value, e);
	case OPT_ENTRY:
		return once(&g->entry, name, value, e);
	case OPT_PROOF:
		return once(&g->proof, name, value, e);
	case OPT_LOG:
		return once(&g->log, name, value, e);
	case OPT_CHECKPOINT:
		return once(&g->checkpoint, name, value, e);
	case OPT_SINCE:
		if (g->since_count == VERIFY_SINCE)
			return sr_fail(
				e, SR_USAGE, "--since: more than %d files", (int)VERIFY_SINCE);
		g->since[g->since_count++] = value;
		return 0;
	case OPT_REPLAYED:
		g->replayed = true;
		return 0;
	case OPT_LOG_ONLY:
		g->log_only = true;
		return 0;
	case OPT_QUIET:
		g->quiet = true;
		return 0;
	case OPTIONS:
		break;
	}
	return sr_fail(e, SR_MISUSE, "%s", name);
}

/* Whether ${list} (words with spaces between, NULL: everything) has ${word}. */
static bool listed(const char *list, const char *word) {
	const size_t len = strlen(word);
	const char *at = list;

	if (list == NULL)
		return true;
	for (; (at = strstr(at, word)) != NULL; at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

/* The option at argv[i], and how many words it took. */
static int option_at(struct line *l, char **argv, int argc, int i, int *took, struct sr_err *e) {
	char shown[100];

	for (int o = 0; o < OPTIONS; o++) {
		const size_t len = strlen(options[o].name);
		const char *value = NULL;
		if (strncmp(argv[i], options[o].name, len) != 0 ||
			(argv[i][len] != '\0' && argv[i][len] != '='))
			continue;
		*took = 1;
		if (!listed(options[o].of, l->command->name))
			return sr_fail(
				e, SR_USAGE, "%s takes no %s", l->command->name, options[o].name);
		if (argv[i][len] == '=')
			value = argv[i] + len + 1;
		else if (options[o].value != NULL && i + 1 < argc) {
			value = argv[i + 1];
			*took = 2;
		}
		if ((value == NULL) != (options[o].value == NULL))
			return sr_fail(e, SR_USAGE, "%s %s", options[o].name,
				value == NULL ? "needs a value" : "takes no value");
		return take_option(l, (enum option)o, value, e);
	}
	return sr_fail(e, SR_USAGE, "no option is called %s",
		sr_escape_to(shown, sizeof shown, sr_bytes_str(argv[i])));
}

static int parse(struct line *l, char **argv, int argc, struct sr_err *e) {
	int took = 1;
	bool words_only = false;

	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0)
			l->command = &commands[i];
	if (l->command == NULL)
		return sr_fail(
			e, SR_USAGE, "want one of receipt, consistency, log, vault (--help tells)");
	for (int i = 2; i < argc; i += took) {
		took = 1;
		if (!words_only && strcmp(argv[i], "--") == 0) {
			words_only = true;
		} else if (!words_only && argv[i][0] == '-' && argv[i][1] != '\0') {
			const int rc = option_at(l, argv, argc, i, &took, e);
			if (rc != 0)
				return rc;
		} else if (l->count == l->command->count) {
			return sr_fail(e, SR_USAGE, "%s takes %s and nothing more",
				l->command->name, l->command->words);
		} else {
			l->words[l->count++] = argv[i];
		}
	}
	if (l->count < l->command->count)
		return sr_fail(e, SR_USAGE, "%s wants %s", l->command->name, l->command->words);
	if (l->given.proof != NULL && l->given.log != NULL)
		return sr_fail(e, SR_USAGE, "--proof or --log, not both");
	if (l->given.key_count == 0 && l->policy == NULL)
		return sr_fail(e, SR_USAGE,
			"--key VKEY is missing: the log's public key (`strongroom board minutes` "
			"prints it, and so does the paper that members signed)");
	return 0;
}

/* ---- running ---- */

static int show_progress(
	void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	static time_t said; /* of the one check of this process */
	const time_t now = time(NULL);

	(void)ctx;
	if (now - said < SAY_EVERY_S && done < total)
		return 0;
	said = now;
	(void)fprintf(stderr, "\r\033[K%s: %llu of %llu %s%s", what, (unsigned long long)done,
		(unsigned long long)total, unit, done < total ? "" : "\r\033[K");
	return 0;
}

static int run(struct line *l, struct sr_err *e) {
	static const struct sr_progress progress = {show_progress, NULL}; /* outlives the run */
	struct verify_given *g = &l->given;
	int rc = sr_crypto_init(e);

	if (!g->quiet && isatty(STDERR_FILENO) != 0)
		g->progress = &progress;
	if (rc == 0 && l->policy != NULL)
		rc = verify_policy(g, l->policy, e);
	if (rc != 0)
		return rc;
	if (strcmp(l->command->name, "receipt") == 0)
		return verify_receipt(g, l->words[0], e);
	if (strcmp(l->command->name, "consistency") == 0)
		return verify_pair(g, l->words[0], l->words[1], e);
	if (strcmp(l->command->name, "log") == 0)
		return verify_log(g, l->words[0], e);
	return verify_vault(g, l->words[0], e);
}

static int status_of(int rc) {
	switch ((enum sr_code)rc) {
	case SR_OK:
		return 0;
	case SR_AUTH:
	case SR_DENIED:
		return EXIT_REFUSED;
	case SR_USAGE:
		return EXIT_USAGE;
	case SR_CORRUPT:
	case SR_UNSUPPORTED:
	case SR_LIMIT: /* a file that is longer than any of its kind, or holds more */
		return EXIT_DAMAGED;
	case SR_NOMEM:
	case SR_IO:
	case SR_NOTFOUND:
	case SR_EXISTS:
	case SR_LOCKED:
	case SR_MISUSE:
		break;
	}
	return EXIT_SYSTEM;
}

static const char *verdict(int status) {
	return status == EXIT_REFUSED   ? "REFUSED"
	       : status == EXIT_DAMAGED ? "DAMAGED"
	       : status == EXIT_USAGE   ? "usage"
					: "not checked";
}

/* Names in it may be anybody's. */
static void complain(const char *judged, const struct sr_err *e) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_escape_text(&b, sr_bytes_str(e->text));
	(void)fprintf(stderr, "strongroom-verify: %s: %.*s\n", judged, (int)b.len,
		b.p != NULL ? (const char *)b.p : "");
	sr_buf_free(&b);
}

int main(int argc, char **argv) {
	static struct line l;
	struct sr_err e = {0};

	if (sr_standard_files(&e) != 0) {
		complain(verdict(EXIT_SYSTEM), &e);
		return EXIT_SYSTEM;
	}
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		usage(stdout);
		return fflush(stdout) == 0 ? 0 : EXIT_SYSTEM;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)puts("strongroom-verify " SR_VERSION);
		return fflush(stdout) == 0 ? 0 : EXIT_SYSTEM;
	}
	int rc = parse(&l, argv, argc, &e);
	if (rc == 0)
		rc = run(&l, &e);
	/* A reader must not take silence for a yes: what could not be printed was not said. */
	if (fflush(stdout) != 0 && rc == 0)
		rc = sr_fail(&e, SR_IO, "standard output cannot be written");
	sr_policy_free(l.given.policy);
	if (rc == 0)
		return 0;
	const int status = status_of(rc);
	complain(verdict(status), &e);
	return status;
}
