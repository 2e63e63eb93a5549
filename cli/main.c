/*
 * strongroom: the command. Finds the verb, runs it, prints what failed and what to do about it, and
 * exits with the status that base/err has for the code.
 *
 *   0 ok   1 refused   2 usage   3 damaged   4 locked   5 system error
 *
 * Where nobody reads standard output any more it ends by SIGPIPE, without a word.
 *
 * A wrong passphrase, credential or card is the person's own input: 1, not 3.
 */
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fs.h"
#include "base/secret.h"
#include "cli/verbs.h"
#include "crypto/dkg.h"
#include "crypto/hash.h"
#ifdef SR_TESTING
#include "sandbox/swap.h"
#endif

/* --- finding the verb --- */

static size_t smallest(size_t a, size_t b, size_t c) {
	const size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/* Edit distance, for "did you mean". */
static size_t distance(const char *a, const char *b) {
	enum {
		LONGEST = 32
	};
	size_t row[LONGEST + 1];
	const size_t la = strlen(a), lb = strlen(b);
	if (la > LONGEST || lb > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			const size_t up = row[j];
			const size_t change = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
			row[j] = smallest(up + 1, row[j - 1] + 1, change);
			diagonal = up;
		}
	}
	return row[lb];
}

static void near(struct cli *c, const char *name) {
	char names[200] = "";
	const char *last = "";
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		const bool close =
			distance(name, v->name) <= 2 || strncmp(v->name, name, strlen(name)) == 0;
		const size_t at = strlen(names);
		if (!close || strcmp(last, v->name) == 0 || at + 40 > sizeof names)
			continue;
		snprintf(names + at, sizeof names - at, "%s%s", at == 0 ? "" : ", ", v->name);
		last = v->name;
	}
	if (names[0] != '\0')
		cli_hint(c, "did you mean: %s? `strongroom help` lists all verbs", names);
	else
		cli_hint(c, "`strongroom help` lists all verbs");
}

static void subs(struct cli *c, const char *name) {
	size_t at = 0;
	char list[200];
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		if (strcmp(v->name, name) != 0 || v->sub == NULL || at + 40 > sizeof list)
			continue;
		at += (size_t)snprintf(
			list + at, sizeof list - at, "%s%s", at == 0 ? "" : ", ", v->sub);
	}
	cli_hint(c, "after %s comes one of: %s", name, list);
}

/* The verb of the words at ${argv}; how many of them name it. */
static int find_verb(struct cli *c, char **argv, size_t count, size_t *used, struct sr_err *e) {
	char shown[80];
	bool known = false;
	for (const struct cli_verb *v = cli_verbs; count > 0 && v->name != NULL; v++) {
		if (strcmp(v->name, argv[0]) != 0)
			continue;
		known = true;
		if (v->sub != NULL && (count < 2 || strcmp(v->sub, argv[1]) != 0))
			continue;
		c->verb = v;
		*used = v->sub != NULL ? 2 : 1;
		return 0;
	}
	if (count == 0)
		return sr_fail(e, SR_USAGE, "a verb is missing");
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(argv[0]));
	if (known) {
		subs(c, argv[0]);
		return sr_fail(e, SR_USAGE, "\"%s\" needs a second word", shown);
	}
	near(c, argv[0]);
	return sr_fail(e, SR_USAGE, "\"%s\" is no verb", shown);
}

/* --- help --- */

/* The list of verbs falls into parts, by who comes to do what: each begins at a verb. */
static const char *part_at(const struct cli_verb *v) {
	static const struct {
		const char *name, *sub, *title;
	} parts[] = {
		{"init", NULL, "A vault and its keys (custodian)"},
		{"identity", "new", "Your own key (everybody)"},
		{"board", "new", "Boards (members)"},
		{"person", "add", "People (curators, officers, the board)"},
		{"collection", "new", "Taking material in (depositors, curators)"},
		{"embargo", NULL,
			"What stands on items, and their end (curators, officers, the board)"},
		{"list", NULL, "Finding and asking (researchers)"},
		{"inbox", NULL, "Deciding (members)"},
		{"grants", NULL, "Looking, under a grant (researchers)"},
		{"suspend", NULL, "Ending a grant (members, researchers)"},
		{"policy", "adopt", "Rules (members, auditors)"},
		{"enquiry", "open", "Enquiries (officers)"},
		{"notices", "list", "Notices (custodian)"},
		{"log", "export", "The log (auditors)"},
		{"verify", NULL, "Keeping and checking (custodian, auditors)"},
		{"witness", "policy", "Witnesses (custodian, and who witnesses for others)"},
		{"help", NULL, "And"},
	};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (strcmp(v->name, parts[i].name) == 0 &&
			(v->sub == NULL ? parts[i].sub == NULL
					: parts[i].sub != NULL &&
						  strcmp(v->sub, parts[i].sub) == 0))
			return parts[i].title;
	return NULL;
}

static void help_all(void) {
	printf("strongroom %s: a vault for dangerous documents; a quorum decides who may look\n\n"
	       "usage: strongroom VERB [WORDS] [--OPTIONS]\n"
	       "       strongroom VERB --help: one page; strongroom --version\n\n",
		SR_VERSION);
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		char name[48];
		const char *part = part_at(v);
		if (part != NULL)
			printf("%s%s\n", v == cli_verbs ? "" : "\n", part);
		snprintf(name, sizeof name, "%s%s%s", v->name, v->sub != NULL ? " " : "",
			v->sub != NULL ? v->sub : "");
		printf("  %-19s  ", name);
		cli_wrapped(23, v->summary);
	}
	printf("\nexit: 0 ok, 1 refused, 2 usage, 3 damaged, 4 locked, 5 system error\n");
}

int verb_help(struct cli *c, struct sr_err *e) {
	struct cli about = {0};
	size_t used = 0;
	if (c->args.word_count == 0) {
		help_all();
		return 0;
	}
	char *words[2] = {(char *)(uintptr_t)c->args.words[0],
		c->args.word_count > 1 ? (char *)(uintptr_t)c->args.words[1] : NULL};
	int rc = find_verb(&about, words, c->args.word_count, &used, e);
	if (rc == 0)
		cli_help_verb(about.verb);
	else
		cli_hint(c, "%s", about.hint);
	return rc;
}

/* --- ending --- */

bool cli_no_space(const struct sr_err *e) {
	return e->code == SR_LIMIT && strstr(e->text, "No space left") != NULL;
}

/* What a name or its rights are about: no disk fails there. */
static const char *of_the_place(int no) {
	switch (no) {
	case ENOENT:
	case ENOTDIR:
		return "name what is there: of a path that the sentence names a folder is missing. "
		       "Make it, or name another, then repeat the command";
	case EACCES:
	case EPERM:
		return "whoever runs this may not: see to owner and rights of what the sentence "
		       "names, or run it as the user who may";
	case EROFS:
		return "what the sentence names cannot be written, it is mounted read-only: mount "
		       "it anew, or name another place, then repeat the command";
	case EFBIG:
		return "a file may not become as large as that here: raise the limit (ulimit -f, "
		       "LimitFSIZE= of a service), or name another file system, then repeat the "
		       "command: nothing is lost";
	case ECONNREFUSED:
		return "nobody listens there: start what should, or name the place where it does, "
		       "then repeat the command";
	default:
		return NULL;
	}
}

/* Who read our output has gone, as `head` does: that is no failure to speak of. */
static bool reader_gone(int rc, const struct sr_err *e) {
	return rc != 0 && e->no == EPIPE && strstr(e->text, "standard output") != NULL;
}

static const char *advice(const struct cli *c, const struct sr_err *e) {
	if (c->hint[0] != '\0')
		return c->hint;
	switch (e->code) {
	case SR_LIMIT:
		return cli_no_space(e) ? "make room, then repeat the command: nothing is lost" : "";
	case SR_CORRUPT:
		if (c->own_input)
			return ""; /* a file that somebody named, not the vault */
		return "`strongroom verify` and `strongroom scrub` name what is damaged; put it "
		       "back "
		       "from a backup";
	case SR_NOMEM:
		return "end what else needs memory here, or allow this program more (ulimit -v, "
		       "the limits of its service), then repeat the command: nothing is lost";
	case SR_IO:
		if (of_the_place(e->no) != NULL)
			return of_the_place(e->no);
		return "the system refused this, no rule of the vault did: see to what the "
		       "sentence "
		       "names (disk, rights, network; dmesg tells of disks that fail), then "
		       "repeat the command; `strongroom verify` says whether the vault is whole";
	case SR_UNSUPPORTED:
	case SR_LOCKED:
	case SR_OK:
	case SR_AUTH:
	case SR_NOTFOUND:
	case SR_EXISTS:
	case SR_DENIED:
	case SR_MISUSE:
	case SR_USAGE:
		break;
	}
	return "";
}

/* Whatever a person gave: the machine had no memory, no room, or could not read it. */
static bool of_the_system(const struct sr_err *e) {
	return e->code == SR_NOMEM || e->code == SR_IO || e->code == SR_USAGE || cli_no_space(e);
}

static int complain(const struct cli *c, const struct sr_err *e) {
	const struct cli_verb *v = c->verb;
	const size_t named = v != NULL ? strlen(v->name) : 0;
	/* The library says `deposit: ...` too. */
	const bool twice = v != NULL && v->sub == NULL && strncmp(e->text, v->name, named) == 0 &&
			   strncmp(e->text + named, ": ", 2) == 0;
	fprintf(stderr, "strongroom%s%s%s%s: %s\n", v != NULL ? " " : "", v != NULL ? v->name : "",
		v != NULL && v->sub != NULL ? " " : "", v != NULL && v->sub != NULL ? v->sub : "",
		e->text + (twice ? named + 2 : 0));
	if (e->code == SR_USAGE && v != NULL && c->hint[0] == '\0')
		fprintf(stderr, "  what to do: strongroom %s%s%s %s   (--help: all options)\n",
			v->name, v->sub != NULL ? " " : "", v->sub != NULL ? v->sub : "", v->usage);
	else if (advice(c, e)[0] != '\0')
		fprintf(stderr, "  what to do: %s\n", advice(c, e));
	return c->own_input && !of_the_system(e) ? 1 : sr_code_exit(e->code);
}

/* What a rule refused, for programs: the sentence goes to people all the same. */
static void refused_json(const struct cli *c, const struct sr_err *e) {
	const struct sr_client_info *info = c->client != NULL ? sr_client_info(c->client) : NULL;

	if (e->code != SR_DENIED || info == NULL || info->rule[0] == '\0')
		return;
	cli_json_print(json_pack(
		"{s:s,s:s,s:s}", "error", e->text, "rule", info->rule, "title", info->title));
}

static int run(struct cli *c, char **argv, size_t count, struct sr_err *e) {
	size_t globals = 0, used = 0;
	if (count == 1 && strcmp(argv[0], "--version") == 0) {
		printf("strongroom %s\n", SR_VERSION);
		return 0;
	}
	if (count == 1 && strcmp(argv[0], "-h") == 0) {
		help_all();
		return 0;
	}
	int rc = cli_parse_globals(c, argv, count, &globals, e);
	if (rc != 0)
		return rc;
	if (globals == count && (count == 0 || cli_has(c, "help"))) {
		help_all();
		return count == 0 ? sr_fail(e, SR_USAGE, "a verb is missing") : 0;
	}
	rc = find_verb(c, argv + globals, count - globals, &used, e);
	if (rc == 0)
		rc = cli_parse(c, argv + globals + used, count - globals - used, e);
	if (rc == 0 && cli_has(c, "help")) {
		cli_help_verb(c->verb);
		return 0;
	}
	if (rc == 0)
		rc = c->verb->run(c, e);
	if (c->json)
		rc = cli_json_end(c, rc, e);
	if (rc == 0)
		cli_vaults_word_tell(c);
	return rc;
}

/* What was verified is remembered by now; that another program of this person was shown another
 * log meanwhile is said whatever became of the verb. */
static int finish(struct cli *c, int rc, struct sr_err *e) {
	struct sr_err why = {0};
	if (c->client == NULL || sr_client_finish(c->client, &why) != SR_AUTH)
		return rc;
	*e = why;
	c->told = false;
	c->own_input = false;
	cli_hint(c, "the vault may show you two histories: rely on nothing that either command "
		    "said, keep its receipts, and tell the board and the auditors");
	return SR_AUTH;
}

/* A write beyond what files may hold here (ulimit -f, LimitFSIZE=) fails then, and is told: without
 * a handler the system ends the process, without a word. What is started from here has none. */
static void too_large(int number) {
	(void)number;
}

/* What goes through standard output is words of documents and titles: the library's own buffer
 * would keep the last of them until the process is gone. */
static char shown[1 << 14];

#ifdef __GLIBC__
/* glibc gives every thread an arena that it keeps, and learns from each large buffer that is freed
 * to keep the next ones too: of a deposit of 45,000 items a quarter of the memory was such. One
 * arena is enough, since workers have their buffers from the beginning; what is large goes back at
 * once. */
static void bound_memory(void) {
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
}
#else
static void bound_memory(void) {
}
#endif

int main(int argc, char **argv) {
	struct cli c = {0};
	struct sr_err e = {0};
	if (sr_standard_files(&e) != 0)
		return complain(&c, &e);
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	c.umask = umask(077);
	bound_memory();
	(void)signal(SIGXFSZ, too_large);
#ifdef SR_TESTING
	/* A scenario looks at a real core dump, which production never leaves. */
	if (getenv("SR_DUMPABLE") == NULL)
		sr_process_harden();
#else
	sr_process_harden();
#endif
	cli_catch_stop();
#ifdef SR_TESTING
	if (getenv("SR_CHEAP") != NULL)
		sr_passphrase_cheap();
	sr_swap_places_test(getenv("SR_SWAPS"), NULL);
	const char *member = getenv("SR_BAD_SHARE");
	if (member != NULL)
		sr_deal_spoil((uint8_t)strtoul(member, NULL, 10));
	member = getenv("SR_FALSE_COMPLAINT");
	if (member != NULL)
		sr_client_complain_of((uint8_t)strtoul(member, NULL, 10));
#endif
	(void)setvbuf(stdout, shown, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof shown);
	int rc = run(&c, argv + 1, argc > 0 ? (size_t)(argc - 1) : 0, &e);
	if (rc != 0 && c.json && !c.told)
		refused_json(&c, &e);
	rc = finish(&c, rc, &e);
	cli_close(&c);
	if (fclose(stdout) != 0 && rc == 0)
		rc = sr_fail_errno(&e, "standard output");
	sr_wipe(shown, sizeof shown);
	sr_wipe_registers();
	int status = 0;
	const bool gone = reader_gone(rc, &e);
	if (gone) {
		status = 128 + SIGPIPE;
	} else if (rc != 0) {
		e.code = e.code == SR_OK ? (enum sr_code)rc : e.code;
		status = c.told ? sr_code_exit(e.code) : complain(&c, &e);
	}
	cli_args_free(&c.args);
#ifdef SR_TESTING
	if (getenv("SR_ABORT_AT_END") != NULL)
		abort(); /* everything is closed: what is left now should have been wiped */
#endif
	if (gone) { /* as every program that leaves the signal as it is */
		(void)signal(SIGPIPE, SIG_DFL);
		(void)raise(SIGPIPE);
	}
	return status;
}
