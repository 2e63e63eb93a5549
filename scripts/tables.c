/*
 * tables - the parts of the manual that are tables of the program, printed as mdoc: so the manual
 * says what the program does, and scripts/manual-check finds when it no longer does.
 *
 *     tables kinds     kinds of values in statements (ledger/types.h)
 *     tables types     statement types and their fields (ledger/types.c)
 *     tables states    states and steps (catalogue/states.c)
 *     tables terms     controlled terms: roles, forms, purposes, hazards (board/invariants.c)
 *     tables fields    fields of a description (ledger/fields.inc)
 *     tables codes     exit statuses (base/err.c)
 *     tables limits    caps that a person can meet (base/limits.h)
 *     tables globals   options of every verb (cli/options.c)
 *     tables verbs     the names of all verbs, one a line, not as mdoc (cli/main.c)
 *     tables verb V    the verb V ("vote", "board new"): usage, summary, options, example
 *
 * Every example of a value is put through the grammar that it illustrates.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "board/invariants.h"
#include "catalogue/query.h"
#include "catalogue/states.h"
#include "cli/cli.h"
#include "ledger/fields.h"
#include "ledger/types.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct kind {
	enum sr_value_kind kind;
	const char *name, *meaning, *example; /* a NULL example: too long to print */
} kinds[] = {
	{SR_V_ID, "id", "32 hex digits", "6f1c2a90b3d4e5f66f1c2a90b3d4e5f6"},
	{SR_V_HASH, "hash", "64 hex digits",
		"6f1c2a90b3d4e5f66f1c2a90b3d4e5f66f1c2a90b3d4e5f66f1c2a90b3d4e5f6"},
	{SR_V_PERSON, "person", "p\\- and 16 hex digits", "p-6f1c2a90b3d4e5f6"},
	{SR_V_KEY, "key", "base64 of 32 bytes", "DgCt0WZqEuoWKJ3mGYBQ4pqYZ3WB8CJkSwKGIsTxqRo="},
	{SR_V_CARD, "card", "base64 of a key card", NULL},
	{SR_V_TOKEN, "token", "1 to 128 of a\\(enz, 0\\(en9 and (not first) the signs .\\&_:+\\-",
		"approve"},
	{SR_V_NAME, "name", "1 to 255 printable ASCII characters without a space",
		"archive.example.org/vault"},
	{SR_V_DEC, "dec", "decimal below 2^63, no leading zero", "1024"},
	{SR_V_TIME, "time", "RFC 3339, UTC, whole seconds", "2026-11-21T10:00:00Z"},
	{SR_V_TEXT, "text",
		"a tilde and the base64 of 32 bytes: a commitment;\nsalt and text travel as a "
		"record",
		"~DgCt0WZqEuoWKJ3mGYBQ4pqYZ3WB8CJkSwKGIsTxqRo="},
	{SR_V_COUNT_ROOT, "count-root", "a dec and a hash, one space between",
		"3 6f1c2a90b3d4e5f66f1c2a90b3d4e5f66f1c2a90b3d4e5f66f1c2a90b3d4e5f6"},
	{SR_V_LEVEL_KEY, "level-key", "a dec and a key",
		"2 DgCt0WZqEuoWKJ3mGYBQ4pqYZ3WB8CJkSwKGIsTxqRo="},
	{SR_V_LEVEL_QUORUM, "level-quorum", "a level and how many members it takes, each a dec",
		"2 3"},
	{SR_V_ID_HASH, "id-hash", "an id and a hash",
		"6f1c2a90b3d4e5f66f1c2a90b3d4e5f6 "
		"6f1c2a90b3d4e5f66f1c2a90b3d4e5f66f1c2a90b3d4e5f66f1c2a90b3d4e5f6"},
};

static void die(const char *what, const char *detail) {
	fprintf(stderr, "tables: %s: %s\n", what, detail);
	exit(1);
}

static void print_kinds(void) {
	struct sr_err e;

	puts(".Bl -tag -width count-root -compact");
	for (size_t i = 0; i < COUNT(kinds); i++) {
		sr_err_clear(&e);
		if (kinds[i].example != NULL &&
			sr_value_check(kinds[i].kind, sr_bytes_str(kinds[i].example), &e) != 0)
			die(kinds[i].name, e.text);
		printf(".It Cm %s\n%s\n", kinds[i].name, kinds[i].meaning);
	}
	puts(".El");
}

static const char *kind_name(enum sr_value_kind kind) {
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	die("a kind of value", "has no row in scripts/tables.c");
	return "";
}

static const char *how_many(enum sr_cardinality c) {
	switch (c) {
	case SR_ONE:
		return "1";
	case SR_OPTIONAL:
		return "0\\(en1";
	case SR_ANY:
		return "0\\(enn";
	case SR_SOME:
		return "1\\(enn";
	}
	return "";
}

static const struct {
	unsigned bit;
	const char *name;
} signers[] = {{SR_BY_FOUNDERS, "all founding members"}, {SR_BY_MEMBER, "member"},
	{SR_BY_CURATOR, "curator"}, {SR_BY_OFFICER, "officer"}, {SR_BY_DEPOSITOR, "depositor"},
	{SR_BY_RESEARCHER, "researcher"}, {SR_BY_PERSON, "any person of the vault"},
	{SR_BY_SERVICE, "the service"}};

static void print_signers(const struct sr_type *t) {
	const char *between = "";
	unsigned left = t->signers;

	printf("Signed by ");
	for (size_t i = 0; i < COUNT(signers); i++) {
		if ((t->signers & signers[i].bit) == 0)
			continue;
		left &= ~signers[i].bit;
		printf("%s%s", between, signers[i].name);
		between = left != 0 && (left & (left - 1)) == 0 ? " or " : ", ";
	}
	if (left != 0)
		die(t->name, "a signer has no name in scripts/tables.c");
	puts(".");
	if (t->service_needs != NULL)
		printf("The service signs only with the line\n.Cm %s ,\npersons only without it.\n",
			t->service_needs);
}

static void print_note(const struct sr_field *f) {
	const char *between = " ";

	if (f->compartment != SR_STRUCTURAL) {
		printf("%s%s, key of %s", between, sr_compartment_name(f->compartment), f->subject);
		between = "; ";
	}
	if (f->object) {
		printf("%sobject record", between);
		between = "; ";
	}
	if (f->sorted)
		printf("%sin order, none twice", between);
}

static void print_types(void) {
	puts(".Bl -tag -width Ds");
	for (unsigned i = 0; i < SR_T_COUNT; i++) {
		const struct sr_type *t = sr_type_at((enum sr_type_id)i);

		printf(".It Cm %s\n", t->name);
		if (i == SR_T_AMEND) {
			print_signers(t);
			puts("Fields as in\n.Cm request .");
			if (t->fields != sr_type_at(SR_T_REQUEST)->fields)
				die("amend", "its fields are no longer those of request");
			continue;
		}
		print_signers(t);
		puts(".Bl -column \"personal-key\" \"count-root\" \"0-n\" "
		     "\"descriptive, key of item\" -compact");
		for (const struct sr_field *f = t->fields; f->key != NULL; f++) {
			printf(".It %s Ta %s Ta %s Ta", f->key, kind_name(f->kind),
				how_many(f->cardinality));
			print_note(f);
			puts("");
		}
		puts(".El");
	}
	puts(".El");
}

static void print_states(void) {
	size_t count;
	const struct sr_step *steps = sr_steps(&count);
	static const char *const machines[SR_M_COUNT] = {
		[SR_M_VERSION] = "version of a request",
		[SR_M_GRANT] = "grant",
		[SR_M_CHECKOUT] = "checkout",
		[SR_M_ITEM] = "item",
		[SR_M_RUN] = "run of key generation",
		[SR_M_ENQUIRY] = "enquiry",
	};

	for (unsigned m = 0; m < SR_M_COUNT; m++) {
		printf(".Ss States: %s\n", machines[m]);
		puts(".Bl -column \"superseded\" \"checkout quarantine\" \"superseded\" -compact");
		puts(".It Sy from Ta Sy event Ta Sy to");
		for (size_t i = 0; i < count; i++)
			if (steps[i].machine == (enum sr_machine)m)
				printf(".It %s Ta %s Ta %s\n", sr_state_name(steps[i].from),
					sr_event_name(steps[i].event), sr_state_name(steps[i].to));
		puts(".El");
	}
}

static void print_words(const char *what, const char *const *words) {
	printf(".It %s\n", what);
	for (size_t i = 0; words[i] != NULL; i++)
		printf(".Cm %s%s\n", words[i], words[i + 1] != NULL ? " ," : " .");
}

static void print_terms(void) {
	puts(".Bl -tag -width purposes");
	print_words("forms", sr_invariants_forms());
	print_words("purposes", sr_invariants_purposes());
	print_words("hazards", sr_invariants_hazards());
	print_words("attestations", sr_invariants_attestations());
	puts(".El");
}

/* Text into a line that is no macro: a leading dot or quote is protected, a backslash shown, a
 * new sentence begins a new line. */
static void print_text(const char *text) {
	if (text[0] == '.' || text[0] == '\'')
		fputs("\\&", stdout);
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\\')
			fputs("\\e", stdout);
		else if (*p == ' ' && p > text && p[-1] == '.' && p[1] >= 'A' && p[1] <= 'Z')
			putchar('\n');
		else
			putchar(*p);
	}
	putchar('\n');
}

/* Who sees a value (core/reader.h). */
static const char *seen_by(enum sr_compartment c) {
	return c == SR_PERSONAL ? "curators, officers, members" : "who may know of the item";
}

static void print_fields(void) {
	size_t count = 0;
	const struct sr_desc_field *f = sr_desc_fields(&count);

	puts(".Bl -tag -width Ds -compact");
	for (size_t i = 0; i < count; i++) {
		printf(".It Cm %s\n", f[i].name);
		print_text(f[i].help);
		if (f[i].max > 1)
			printf("(at most %zu)\n", f[i].max);
		if (strcmp(sr_form_wants(f[i].form), "") == 0)
			die(f[i].name, "its form has no words");
		printf("\\(em %s, seen by %s\n", sr_compartment_name(f[i].compartment),
			seen_by(f[i].compartment));
	}
	puts(".El");
}

static void print_codes(void) {
	static const char *const meaning[] = {"done",
		"refused: a rule says no, there is no such thing,\nit is there already, or it is "
		"not "
		"supported",
		"usage: the command line or a file given is off",
		"damaged: bytes break a format, or a tag, proof or signature is wrong",
		"locked: another process, a clock or an unreachable copy holds it up",
		"the system: memory, input and output, a full disk\nor another limit, or a fault "
		"of the "
		"program"};

	puts(".Bl -tag -width Ds -compact");
	for (int status = 0; status < (int)COUNT(meaning); status++) {
		const char *between = " (";

		printf(".It %d\n%s", status, meaning[status]);
		for (int code = 0; code >= SR_USAGE; code--) {
			if (code == SR_OK || sr_code_exit((enum sr_code)code) != status)
				continue;
			printf("%s%s", between, sr_code_name((enum sr_code)code));
			between = ", ";
		}
		puts(between[0] == ',' ? ")" : "");
	}
	puts(".El");
}

static void print_limits(void) {
	static const struct {
		const char *what;
		long long value;
	} rows[] = {
		{"bytes of a statement's text", SR_TEXT_MAX},
		{"bytes of an entry of the log", SR_ENTRY_MAX},
		{"bytes of an origin", SR_NAME_MAX},
		{"bytes of a path inside an item", SR_PATH_MAX},
		{"bytes of a passphrase", SR_PASSPHRASE_MAX},
		{"bytes of an object record", SR_OBJECT_MAX},
		{"members of a board", SR_BOARD_MEMBERS_MAX},
		{"quorum levels of a board", SR_BOARD_LEVELS_MAX},
		{"items of a request", SR_REQUEST_ITEMS_MAX},
		{"researchers named in a request", SR_REQUEST_PEOPLE_MAX},
		{"days for which a statement signed elsewhere may wait",
			SR_INVARIANTS_UNTIL_MAX_S / 86400},
		{"seconds between a statement's time and the vault's", SR_INVARIANTS_SKEW_S},
		{"hours of a checkout", SR_CHECKOUT_HOURS},
		{"minutes within which a checkout is opened", SR_CHECKOUT_OPEN_MIN},
		{"seconds a clock may step back", SR_CLOCK_BACK_S},
	};

	puts(".Bl -column \"days for which a statement signed elsewhere waits\" "
	     "\"67108864\" -compact");
	for (size_t i = 0; i < COUNT(rows); i++)
		printf(".It %s Ta %lld\n", rows[i].what, rows[i].value);
	puts(".El");
}

static void print_options(const struct cli_option *o) {
	if (o == NULL || o->name == NULL)
		return;
	puts(".Bl -tag -width Ds -offset indent -compact");
	for (; o->name != NULL; o++) {
		printf(".It Fl Fl %s", o->name);
		if (o->value != NULL)
			printf(" Ar %s%s", o->value,
				o->kind == CLI_TEXTS || o->kind == CLI_LIST || o->kind == CLI_WORDS
					? " ..."
					: "");
		puts("");
		print_text(o->help);
	}
	puts(".El");
}

/* A command in lines that fit a terminal; ${more} ends a line that goes on. */
static void print_wrapped(const char *text, size_t width, const char *more) {
	size_t column = 0;

	for (const char *at = text; *at != '\0';) {
		size_t len = strcspn(at, " ");

		if (column > 0 && column + 1 + len > width) {
			printf("%s\n    ", more);
			column = 4;
		} else if (column > 0) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)len, at);
		column += len;
		at += len;
		at += strspn(at, " ");
	}
	putchar('\n');
}

static void print_usage(const struct cli_verb *v) {
	char line[1024];
	int n = snprintf(line, sizeof line, "strongroom %s%s%s %s", v->name,
		v->sub != NULL ? " " : "", v->sub != NULL ? v->sub : "", v->usage);

	if (n < 0 || (size_t)n >= sizeof line)
		die(v->name, "its usage is too long");
	puts(".Bd -literal");
	print_wrapped(line, 72, "");
	puts(".Ed");
}

static void print_verb(const struct cli_verb *v) {
	print_usage(v);
	puts(".Pp");
	print_text(v->summary);
	print_options(v->options);
	if (v->example != NULL && v->example[0] != '\0') {
		puts(".Pp\nExample:");
		puts(".Bd -literal -offset indent");
		print_wrapped(v->example, 64, " \\e");
		puts(".Ed");
	}
}

static void print_globals(void) {
	print_options(cli_globals);
}

static void print_verbs(void) {
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		printf("%s%s%s\n", v->name, v->sub != NULL ? " " : "",
			v->sub != NULL ? v->sub : "");
}

/* tables verb NAME [SUB] */
static bool one_verb(int argc, char **argv) {
	if (argc < 3 || strcmp(argv[1], "verb") != 0)
		return false;
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		if (strcmp(v->name, argv[2]) != 0 || (v->sub != NULL) != (argc == 4))
			continue;
		if (v->sub == NULL || strcmp(v->sub, argv[3]) == 0) {
			print_verb(v);
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv) {
	static const struct {
		const char *name;
		void (*print)(void);
	} tables[] = {{"kinds", print_kinds}, {"types", print_types}, {"states", print_states},
		{"terms", print_terms}, {"fields", print_fields}, {"codes", print_codes},
		{"limits", print_limits}, {"globals", print_globals}, {"verbs", print_verbs}};

	if (one_verb(argc, argv))
		return fflush(stdout) == 0 ? 0 : 1;
	for (size_t i = 0; argc == 2 && i < COUNT(tables); i++) {
		if (strcmp(argv[1], tables[i].name) == 0) {
			tables[i].print();
			return fflush(stdout) == 0 ? 0 : 1;
		}
	}
	fputs("usage: tables kinds|types|states|terms|fields|codes|limits|globals|verbs|verb "
	      "NAME\n",
		stderr);
	return 2;
}
