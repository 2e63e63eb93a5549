/*
 * The command line: words against the option table of a verb and the global one. `--name value` and
 * `--name=value`; `--` ends the options; a single `-` is a word (standard input). An option that
 * takes several words (CLI_WORDS) takes all up to the next option.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/cli.h"

enum {
	TEXT_MAX = 8 << 10 /* bytes of a reason or description given as a file */
};

const struct cli_option cli_globals[] = {
	{"vault", CLI_ONE, "DIR", "the vault; else $STRONGROOM_VAULT"},
	{"as", CLI_ONE, "IDENTITY", "act as this identity file; else $STRONGROOM_IDENTITY"},
	{"passphrase-file", CLI_ONE, "F",
		"file with the identity's passphrase; else the terminal asks"},
	{"unlock", CLI_ONE, "F", "credential file of the service keys; else $STRONGROOM_UNLOCK"},
	{"service-passphrase-file", CLI_ONE, "F", "file with the passphrase of the service keys"},
	{"fingerprint", CLI_ONE, "HEX", "the vault must have this fingerprint (64 hex digits)"},
	{"log-name", CLI_ONE, "NAME",
		"go on though the log is called so because it lost entries, and its board has not "
		"confirmed that"},
	{"json", CLI_FLAG, NULL, "print data as JSON"},
	{"quiet", CLI_FLAG, NULL, "no progress, no remarks"},
	{"help", CLI_FLAG, NULL, "this page"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static const struct cli_option *find(const struct cli_option *table, const char *name, size_t len) {
	for (; table != NULL && table->name != NULL; table++) {
		if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	}
	return NULL;
}

int cli_keep(struct cli *c, void *p, struct sr_err *e) {
	struct cli_args *a = &c->args;
	void **more = realloc(a->owned, (a->owned_count + 1) * sizeof *more);
	if (p == NULL || more == NULL) {
		if (more != NULL)
			a->owned = more;
		free(p);
		return sr_fail(e, SR_NOMEM, "command line: out of memory");
	}
	a->owned = more;
	a->owned[a->owned_count++] = p;
	return 0;
}

static int give(
	struct cli_args *a, const struct cli_option *o, const char *value, struct sr_err *e) {
	for (size_t i = 0; i < a->count; i++) {
		if (a->given[i].option == o && o->kind == CLI_ONE)
			return sr_fail(e, SR_USAGE, "--%s is given twice", o->name);
	}
	struct cli_given *more = realloc(a->given, (a->count + 1) * sizeof *more);
	if (more == NULL)
		return sr_fail(e, SR_NOMEM, "command line: out of memory");
	a->given = more;
	a->given[a->count++] = (struct cli_given){.option = o, .value = value};
	return 0;
}

static int word(struct cli *c, const char *text, struct sr_err *e) {
	struct cli_args *a = &c->args;
	const char **more = realloc(a->words, (a->word_count + 1) * sizeof *more);
	if (more == NULL)
		return sr_fail(e, SR_NOMEM, "command line: out of memory");
	a->words = more;
	a->words[a->word_count++] = text;
	return 0;
}

/* One option at argv[i] with its values; *used words were taken. */
static int option(struct cli *c, char **argv, size_t count, size_t *used, struct sr_err *e) {
	const char *text = argv[0] + 2;
	const char *eq = strchr(text, '=');
	const size_t len = eq != NULL ? (size_t)(eq - text) : strlen(text);
	char shown[128];
	const struct cli_option *o = find(cli_globals, text, len);
	if (o == NULL && c->verb != NULL)
		o = find(c->verb->options, text, len);
	*used = 1;
	if (o == NULL)
		return sr_fail(e, SR_USAGE, "there is no option %s here",
			sr_escape_to(shown, sizeof shown, sr_bytes_of(argv[0], len + 2)));
	if (o->kind == CLI_FLAG) {
		if (eq != NULL)
			return sr_fail(e, SR_USAGE, "--%s takes no value", o->name);
		return give(&c->args, o, "yes", e);
	}
	if (eq != NULL)
		return give(&c->args, o, eq + 1, e);
	if (count < 2)
		return sr_fail(
			e, SR_USAGE, "--%s needs a value: --%s %s", o->name, o->name, o->value);
	int rc = give(&c->args, o, argv[1], e);
	*used = 2;
	while (rc == 0 && o->kind == CLI_WORDS && *used < count &&
		strncmp(argv[*used], "--", 2) != 0) {
		rc = give(&c->args, o, argv[*used], e);
		*used += 1;
	}
	return rc;
}

int cli_parse_globals(struct cli *c, char **argv, size_t count, size_t *used, struct sr_err *e) {
	int rc = 0;
	*used = 0;
	while (rc == 0 && *used < count && strncmp(argv[*used], "--", 2) == 0) {
		size_t n = 0;
		rc = option(c, argv + *used, count - *used, &n, e);
		*used += n;
	}
	return rc;
}

/* Options whose values go into statements as tokens: said here, with what there is, and not by the
 * parser of the statement that would be made of them, after a passphrase and a connection. What
 * describe takes has rules of its own (describing.c). */
static int check_token(const struct cli_option *o, const char *value, struct sr_err *e) {
	static const char *const tokens[] = {"basis", "form", "ground", "hazard", "kind", "purpose",
		"right", "role", "term", "training"};
	char shown[128];
	bool is = false;
	for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
		is = is || strcmp(tokens[i], o->name) == 0;
	while (is && *value != '\0') {
		const size_t n = o->kind == CLI_LIST ? strcspn(value, ",") : strlen(value);
		const struct sr_bytes one = sr_bytes_of(value, n);
		if (n > 0 && sr_value_check(SR_V_TOKEN, one, NULL) != 0)
			return sr_fail(e, SR_USAGE,
				"--%s: \"%s\" is no token (a-z 0-9 . _ : + -): %s", o->name,
				sr_escape_to(shown, sizeof shown, one), o->help);
		value += n + (value[n] == ',' ? 1 : 0);
	}
	return 0;
}

static int check_given(const struct cli *c, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->args.count; i++) {
		const struct cli_given *g = &c->args.given[i];
		if (strcmp(c->verb->name, "describe") != 0)
			rc = check_token(g->option, g->value, e);
	}
	return rc;
}

static int check_words(struct cli *c, struct sr_err *e) {
	const struct cli_verb *v = c->verb;
	const size_t n = c->args.word_count;
	char shown[128];
	if (n < v->words_min)
		return sr_fail(e, SR_USAGE, "%zu word%s given, want %zu%s", n, n == 1 ? "" : "s",
			v->words_min, v->words_max > v->words_min ? " or more" : "");
	if (n > v->words_max)
		return sr_fail(e, SR_USAGE,
			"\"%s\" is one word too many, %zu %s taken; a text of "
			"several words stands in quotes",
			sr_escape_to(
				shown, sizeof shown, sr_bytes_str(c->args.words[v->words_max])),
			v->words_max, v->words_max == 1 ? "is" : "are");
	return 0;
}

int cli_parse(struct cli *c, char **argv, size_t count, struct sr_err *e) {
	bool words_only = false;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count;) {
		size_t used = 1;
		if (!words_only && strcmp(argv[i], "--") == 0)
			words_only = true;
		else if (!words_only && strncmp(argv[i], "--", 2) == 0)
			rc = option(c, argv + i, count - i, &used, e);
		else if (!words_only && argv[i][0] == '-' && argv[i][1] != '\0' &&
			 strcmp(argv[i], "-h") != 0)
			rc = sr_fail(
				e, SR_USAGE, "options have two dashes here: --%c...", argv[i][1]);
		else if (!words_only && strcmp(argv[i], "-h") == 0)
			rc = give(&c->args, find(cli_globals, "help", 4), "yes", e);
		else
			rc = word(c, argv[i], e);
		i += used;
	}
	c->json = cli_has(c, "json");
	c->quiet = cli_has(c, "quiet") || c->json;
	if (rc == 0 && !cli_has(c, "help"))
		rc = check_words(c, e);
	if (rc == 0 && !cli_has(c, "help"))
		rc = check_given(c, e);
	return rc;
}

void cli_args_free(struct cli_args *a) {
	for (size_t i = 0; i < a->owned_count; i++)
		free(a->owned[i]);
	free(a->owned);
	free(a->given);
	free(a->words);
	*a = (struct cli_args){0};
}

const char *cli_get(const struct cli *c, const char *name) {
	for (size_t i = 0; i < c->args.count; i++) {
		if (strcmp(c->args.given[i].option->name, name) == 0)
			return c->args.given[i].value;
	}
	return NULL;
}

bool cli_has(const struct cli *c, const char *name) {
	return cli_get(c, name) != NULL;
}

/* The values of one option, a list split at its commas. The strings are cut out of one copy. */
static size_t split(char *at, bool commas, const char **list) {
	size_t n = 0;
	while (at != NULL) {
		char *comma = commas ? strchr(at, ',') : NULL;
		if (comma != NULL)
			*comma++ = '\0';
		if (*at != '\0' || !commas)
			list[n++] = at;
		at = comma;
	}
	return n;
}

int cli_list(struct cli *c, const char *const **out, const char *name, struct sr_err *e) {
	size_t most = 0, n = 0;
	*out = NULL;
	for (size_t i = 0; i < c->args.count; i++) {
		if (strcmp(c->args.given[i].option->name, name) == 0)
			most += 1 + strlen(c->args.given[i].value);
	}
	if (most == 0)
		return 0;
	const char **list = calloc(most + 1, sizeof *list);
	int rc = cli_keep(c, list, e);
	for (size_t i = 0; rc == 0 && i < c->args.count; i++) {
		const struct cli_given *g = &c->args.given[i];
		if (strcmp(g->option->name, name) != 0)
			continue;
		char *copy = strdup(g->value);
		rc = cli_keep(c, copy, e);
		if (rc == 0)
			n += split(copy, g->option->kind == CLI_LIST, list + n);
	}
	if (rc == 0 && n > 0)
		*out = list;
	return rc;
}

size_t cli_list_count(const char *const *list) {
	size_t n = 0;
	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

int cli_dec(const struct cli *c, const char *name, uint64_t *out, struct sr_err *e) {
	const char *text = cli_get(c, name);
	char shown[64];
	if (text == NULL || sr_parse_dec(out, sr_bytes_str(text), INT64_MAX, NULL) == 0)
		return 0;
	return sr_fail(e, SR_USAGE, "--%s: \"%s\" is not a number", name,
		sr_escape_to(shown, sizeof shown, sr_bytes_str(text)));
}

int cli_time(const struct cli *c, const char *name, int64_t *out, struct sr_err *e) {
	const char *text = cli_get(c, name);
	struct sr_clock clock = sr_clock_system();
	*out = 0;
	if (text == NULL)
		return 0;
	int rc = sr_time_parse_human(out, text, sr_now(&clock), e);
	return rc != 0 ? sr_wrap(e, "--%s", name) : 0;
}

/* A text of nothing, or of blanks, says no more than one that is not given, and passes for a
 * reason.
 */
static int said(const char *text, const char *name, struct sr_err *e) {
	if (text[strspn(text, " \t\r\n\v\f")] != '\0')
		return 0;
	return sr_fail(e, SR_USAGE, "--%s: the text is empty", name);
}

int cli_text(struct cli *c, const char *name, const char **out, struct sr_err *e) {
	char file_option[64];
	const char *text = cli_get(c, name);
	snprintf(file_option, sizeof file_option, "%s-file", name);
	const char *file = cli_get(c, file_option);
	*out = text;
	if (text != NULL && file != NULL)
		return sr_fail(e, SR_USAGE, "give --%s or --%s, not both", name, file_option);
	if (file == NULL && text == NULL)
		return 0;
	if (file == NULL && strcmp(text, "-") != 0)
		return said(text, name, e);
	struct sr_buf b;
	sr_buf_init(&b);
	int rc = cli_read_file(&b, file != NULL ? file : "-", TEXT_MAX, e);
	while (rc == 0 && b.len > 0 && (b.p[b.len - 1] == '\n' || b.p[b.len - 1] == '\r'))
		b.len--;
	if (rc == 0 && b.len > 0 && memchr(b.p, 0, b.len) != NULL)
		rc = sr_fail(e, SR_USAGE, "--%s: the text holds a NUL byte", name);
	if (rc == 0) {
		char *s = sr_buf_dup_str(&b);
		rc = cli_keep(c, s, e);
		if (rc == 0)
			rc = said(s, name, e);
		*out = rc == 0 ? s : NULL;
	}
	sr_buf_free(&b);
	return rc;
}

int cli_vault(const struct cli *c, const char **path, struct sr_err *e) {
	const char *p = cli_get(c, "vault");
	if (p == NULL)
		p = getenv("STRONGROOM_VAULT");
	if (p == NULL || *p == '\0')
		return sr_fail(
			e, SR_USAGE, "which vault? Give --vault DIR or set $STRONGROOM_VAULT");
	*path = p;
	return 0;
}

void cli_hint(struct cli *c, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(c->hint, sizeof c->hint, fmt, ap);
	va_end(ap);
}

static void help_options(const struct cli_option *o) {
	for (; o != NULL && o->name != NULL; o++) {
		char left[64];
		snprintf(left, sizeof left, "--%s%s%s%s", o->name, o->value != NULL ? " " : "",
			o->value != NULL ? o->value : "", o->kind >= CLI_TEXTS ? " ..." : "");
		printf("  %-28s  ", left);
		cli_wrapped(strlen(left) > 28 ? strlen(left) + 4 : 32, o->help);
	}
}

void cli_help_verb(const struct cli_verb *v) {
	printf("usage: strongroom %s%s%s%s%s\n\n", v->name, v->sub != NULL ? " " : "",
		v->sub != NULL ? v->sub : "", v->usage[0] != '\0' ? " " : "", v->usage);
	cli_wrapped(0, v->summary);
	if (v->options != NULL) {
		printf("\noptions:\n");
		help_options(v->options);
	}
	bool several = false;
	for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
		several = several || o->kind >= CLI_TEXTS;
	if (several) {
		putchar('\n');
		cli_wrapped(0, "What has ... is given once for each value. Tokens may have commas "
			       "between them, too.");
	}
	printf("\nfor every verb:\n");
	help_options(cli_globals);
	if (cli_vaults_word(v)) {
		putchar('\n');
		cli_wrapped(0, "The answer is the vault's word, proven by nothing: strongroom(1), "
			       "WHAT IS PROVEN.");
	}
	printf("\nexample:\n  %s\n", v->example);
}
