/*
 * cli - what the verbs share: the command line, the connection to core, passphrases, output.
 *
 *   main: words -> verb (main.c, verbs.c) -> options (options.c) -> run -> error or answer -> exit
 *
 * A verb is one row of a table: name, summary, usage, example, options, limits of its positional
 * words and a function. It returns 0 or a code with the sentence in ${e}; main alone prints it
 * (`strongroom VERB: sentence`, then `  what to do: ...` where a verb or the code has advice) and
 * maps it to the exit status. Data goes to stdout (a table for people, JSON with --json), news and
 * progress to stderr. Everything that comes from outside is escaped before it is printed.
 *
 * Secrets come from a prompt on the terminal or from files, never from an argument or the
 * environment.
 */
#ifndef SR_CLI_CLI_H
#define SR_CLI_CLI_H

#include <jansson.h>
#include <signal.h>
#include <sys/types.h>

#include "core/client.h"
#include "core/core.h"
#include "sandbox/launcher.h"

/* --- the command line (options.c) --- */

enum cli_kind {
	CLI_FLAG,  /* --json */
	CLI_ONE,   /* --title TEXT, once */
	CLI_TEXTS, /* --condition TEXT, repeated */
	CLI_LIST,  /* --form TOKEN, repeated or with commas */
	CLI_WORDS  /* --member CARD..., repeated or several words */
};

struct cli_option {       /* tables end with name == NULL */
	const char *name; /* without the dashes */
	enum cli_kind kind;
	const char *value; /* "TEXT"; NULL for flags */
	const char *help;
};

struct cli_given {
	const struct cli_option *option;
	const char *value;
};

struct cli_args {
	struct cli_given *given;
	size_t count;
	const char **words; /* positional */
	size_t word_count;
	void **owned; /* lists and strings that were made; freed at the end */
	size_t owned_count;
};

struct cli;
struct cli_verb {
	const char *name;
	const char *sub; /* second word, or NULL */
	const char *summary;
	const char *usage; /* after the name */
	const char *example;
	const struct cli_option *options; /* NULL: only the global ones */
	size_t words_min, words_max;      /* SIZE_MAX: any number */
	int (*run)(struct cli *c, struct sr_err *e);
};
extern const struct cli_verb cli_verbs[]; /* ends with name == NULL */
extern const struct cli_option cli_globals[];

struct cli {
	const struct cli_verb *verb;
	struct cli_args args;
	bool json, quiet;
	mode_t umask; /* the person's; this process has 077 */
	struct sr_identity identity;
	struct sr_policy *witnesses;  /* of --witnesses; NULL: none was given */
	struct sr_core *core;         /* embedded; NULL over the socket */
	struct sr_launcher *launcher; /* of its sandboxes; NULL: none was started */
	struct sr_client *client;
	struct sr_dir *memory;
	char socket_of[4096]; /* the vault that reconnect goes to */
	char hint[1024];      /* advice for the error; "" none */
	bool own_input;       /* what failed is the person's passphrase or card: status 1 */
	bool alone;           /* the verb needs a vault that core does not have */
	bool older_secrets;   /* cli_open_vault: also with an older secrets.db than the log says */
	bool told;            /* outcomes were printed one by one; no sentence of main's own */
};

/* Parse ${argv} for ${c}->verb. USAGE. */
SR_MUST int cli_parse(struct cli *c, char **argv, size_t count, struct sr_err *e);
/* Global options that stand before the verb; how many words they take. */
SR_MUST int cli_parse_globals(
	struct cli *c, char **argv, size_t count, size_t *used, struct sr_err *e);
void cli_args_free(struct cli_args *a);
bool cli_has(const struct cli *c, const char *name);
const char *cli_get(const struct cli *c, const char *name); /* NULL when not given */
/* NULL-terminated and owned by ${c}; NULL when not given. */
SR_MUST int cli_list(struct cli *c, const char *const **out, const char *name, struct sr_err *e);
size_t cli_list_count(const char *const *list);
SR_MUST int cli_keep(struct cli *c, void *p, struct sr_err *e); /* free(${p}) at the end */
SR_MUST int cli_dec(const struct cli *c, const char *name, uint64_t *out, struct sr_err *e);
/* A time as people type it ("90d", "2027-03-31"); 0 when not given. */
SR_MUST int cli_time(const struct cli *c, const char *name, int64_t *out, struct sr_err *e);
/* --NAME TEXT, --NAME-file F, or "-" for standard input; NULL when not given. */
SR_MUST int cli_text(struct cli *c, const char *name, const char **out, struct sr_err *e);
/* "a vault, --vault DIR or $STRONGROOM_VAULT": USAGE when there is none. */
SR_MUST int cli_vault(const struct cli *c, const char **path, struct sr_err *e);
/* Did the disk refuse it, not a limit of ours? */
bool cli_no_space(const struct sr_err *e);
void cli_hint(struct cli *c, const char *fmt, ...) SR_PRINTF(2, 3);
void cli_help_verb(const struct cli_verb *v);

/* --- files and secrets (files.c, prompt.c) --- */

/* openat; an interruption ends it only when somebody asked to stop. -1 with errno. */
int cli_open(int at, const char *path, int flags);
SR_MUST int cli_read_file(struct sr_buf *out, const char *path, size_t max, struct sr_err *e);
/* Durable, 0600; EXISTS unless ${replace}. */
SR_MUST int cli_write_file(const char *path, struct sr_bytes data, bool replace, struct sr_err *e);
/* The folder that a new file goes to, opened, and its name there. */
SR_MUST int cli_split_path(struct sr_dir **dir, char name[256], const char *path, struct sr_err *e);
/* The same of a file that is there, symbolic links followed: it changes, not what points to it. */
SR_MUST int cli_real_place(struct sr_dir **dir, char name[256], const char *path, struct sr_err *e);

struct cli_secret { /* a passphrase or a credential, wiped by cli_secret_free */
	struct sr_buf passphrase, credential;
	struct sr_unlock unlock;
};
struct cli_ask {
	const char *credential_file; /* or NULL */
	const char *passphrase_file;
	const char *prompt;  /* "Passphrase of alice.id" */
	const char *options; /* what to give where there is no terminal */
	bool fresh;          /* a new one: ask twice */
};
SR_MUST int cli_secret(struct cli_secret *out, const struct cli_ask *a, struct sr_err *e);
void cli_secret_free(struct cli_secret *s);
/* Make a credential file: random bytes, into the file and into ${credential} (verb_admin.c). */
SR_MUST int cli_new_credential(const char *path, struct sr_buf *credential, struct sr_err *e);
/* A question on the terminal, answered in clear; false when there is none. */
bool cli_question(const char *prompt, char *answer, size_t size);

/* What introduces a person to a vault: FILE.card, or the folder's word for it (introduction.c). */
struct cli_card {
	struct sr_introduction who;
	struct sr_buf raw;
	char person[SR_PERSON_TEXT];
	uint8_t key[SR_PK];
};
SR_MUST int cli_card_read(struct cli_card *out, const char *path, struct sr_err *e);
/* The card of ${id}; a next card when its name is not of its key. ${old}: the seed before, or NULL.
 */
SR_MUST int cli_card_make(struct sr_buf *out, const struct sr_identity *id, struct sr_bytes name,
	const uint8_t *old, struct sr_err *e);
void cli_card_free(struct cli_card *k);

/* --- the connection (connect.c) --- */

enum cli_need {
	CLI_NOBODY, /* no identity even when one is named */
	CLI_MAYBE,  /* an identity when one is named */
	CLI_PERSON  /* --as is needed */
};
SR_MUST int cli_identity(struct cli *c, struct sr_err *e); /* open --as */
SR_MUST int cli_identity_at(struct cli *c, const char *path, struct sr_err *e);
/* Connect: the socket when it answers, else the vault in this process. */
SR_MUST int cli_connect(struct cli *c, enum cli_need need, struct sr_err *e);
/* A client without a vault at hand. */
SR_MUST int cli_offline(struct cli *c, struct sr_err *e);
/* The credential or passphrase of the service keys, and the vault's path. */
SR_MUST int cli_unlock(struct cli *c, struct cli_secret *s, struct sr_err *e);
/* Was a passphrase or credential wrong? Whatever else does not verify is the vault's, not theirs
 * who typed it. */
bool cli_wrong_secret(int rc, const struct sr_err *e);
/* For verbs that need the vault alone: LOCKED, with advice, where core answers at ${path}; what is
 * asked for and advised from then on does not send anybody to core. */
SR_MUST int cli_alone(struct cli *c, const char *path, struct sr_err *e);
/* The vault itself, for the custodian's verbs that no operation serves. */
SR_MUST int cli_open_vault(struct cli *c, struct sr_vault **out, struct sr_err *e);
SR_MUST int cli_memory(struct cli *c, struct sr_err *e);
void cli_close(struct cli *c);

struct cli_answer { /* one call of the table */
	struct sr_call q, r;
	struct sr_rows rows;
	bool has_rows;
};
void cli_ask(struct cli_answer *a, const char *op);
SR_MUST int cli_call(struct cli *c, struct cli_answer *a, struct sr_err *e); /* rows in the body */
SR_MUST int cli_call_plain(struct cli *c, struct cli_answer *a, struct sr_err *e);
void cli_answer_free(struct cli_answer *a);
struct sr_bytes cli_field(const struct cli_answer *a, const char *key);
uint64_t cli_field_dec(const struct cli_answer *a, const char *key);
/* offset and limit of the command line into the call. */
SR_MUST int cli_page(struct cli *c, struct cli_answer *a, struct sr_err *e);
/* Options that are passed on as fields of the same name, when given; ids are resolved. */
SR_MUST int cli_pass(struct cli *c, struct cli_answer *a, const char *option, struct sr_err *e);
SR_MUST int cli_pass_id(struct cli *c, struct cli_answer *a, const char *option, const char *kind,
	struct sr_err *e);
/* The id that positional word ${i} names. */
SR_MUST int cli_word_id(
	struct cli *c, uint8_t id[SR_ID], size_t i, const char *kind, struct sr_err *e);
/* Connects as the person, and begins ${a} with the ${kind} of thing that the first word names in
 * the field of that name; freed by the caller, also after a failure. */
SR_MUST int cli_ask_of(
	struct cli_answer *a, struct cli *c, const char *op, const char *kind, struct sr_err *e);

/* --board as an id; *${given} false: the caller's own, or the founding one (verb_board.c). */
SR_MUST int cli_board(struct cli *c, uint8_t id[SR_ID], bool *given, struct sr_err *e);
/* The LEVEL:K of ${option} into ${quorum}, ${levels} pairs of a level and how many it takes; what
 * is not said stays. USAGE for a level that is none of them, or named twice. */
SR_MUST int cli_quorums(
	struct cli *c, uint64_t (*quorum)[2], size_t levels, const char *option, struct sr_err *e);

/* --- output (out.c, json.c) --- */

struct cli_table {
	size_t columns, cells;
	struct sr_buf text; /* cells, each with a NUL */
};
void cli_table(struct cli_table *t, size_t columns, const char *const *heads);
void cli_cell(struct cli_table *t, const char *text); /* ours: not escaped */
void cli_cell_bytes(struct cli_table *t, struct sr_bytes text);
void cli_cell_id(struct cli_table *t, struct sr_bytes hex); /* the first digits */
void cli_cell_row(struct cli_table *t, const struct sr_row *row, const char *key);
void cli_cell_words(struct cli_table *t, const struct sr_row *row, const char *key);
/* The hazards of an item, and those of its parts (hate@1: of file 1, or in it). */
void cli_cell_hazards(struct cli_table *t, const struct sr_row *row);
void cli_table_print(struct cli_table *t); /* and frees */
/* "  key   value" of a page about one thing; nothing for an empty value. */
void cli_line(const char *key, struct sr_bytes value);
/* A public key as people compare it, on every screen and on the minutes: 64 hex digits in groups of
 * eight, with a terminator. */
enum {
	CLI_KEY_TEXT = 2 * SR_PK + SR_PK / 4 + 1
};
void cli_key_text(char out[CLI_KEY_TEXT], const uint8_t key[SR_PK]);
/* The same of the base64 of one; "" when it is none. */
const char *cli_key_shown(char out[CLI_KEY_TEXT], struct sr_bytes base64);
void cli_line_str(const char *key, const char *value);
void cli_line_row(const char *key, const struct sr_row *row, const char *field);
void cli_line_words(const char *key, const struct sr_row *row, const char *field);
void cli_print(struct sr_bytes text); /* escaped, stdout */
/* The value of such a line: escaped, but that each further line of it stands under the first, where
 * no key does. */
void cli_lines(FILE *to, struct sr_bytes text);
/* A line of help, from column ${at} on, and its end: no wider than the terminal, or $COLUMNS; whole
 * where there is neither. */
void cli_wrapped(size_t at, const char *text);
/* " (name)" behind an id; nothing where there is none to be read. */
void cli_name(struct sr_bytes name);
/* A person, with the name that a row `named` of the answer says they have. */
void cli_who(const struct sr_rows *rows, struct sr_bytes who);
/* An item of a request or grant, by id and title. */
void cli_item_line(const struct sr_row *item);
void cli_size_text(char *out, size_t size, uint64_t bytes);
/* One piece of news on stderr, unless --quiet. */
/* Is what this verb prints the vault's word: looked up in its catalogue, proven by nothing? */
bool cli_vaults_word(const struct cli_verb *v);
/* Say so under a page that a person reads on a terminal. */
void cli_vaults_word_tell(const struct cli *c);
void cli_tell(const struct cli *c, const char *fmt, ...) SR_PRINTF(2, 3);

json_t *cli_json_row(const struct sr_row *row);
json_t *cli_json_rows(const struct sr_rows *rows, const char *kind); /* NULL: all, with "row" */
json_t *cli_json_bytes(struct sr_bytes text);
json_t *cli_json_hex(const void *p, size_t len);
json_t *cli_json_fields(const struct cli_answer *a);                       /* of the reply's head */
void cli_json_set_bytes(json_t *o, const char *key, struct sr_bytes text); /* path, path_hex */
/* And frees. Whole, or not at all: cli_json_whole. */
json_t *cli_json_lines(struct sr_bytes text); /* each line of it, which may hold any bytes */
void cli_json_print(json_t *j);
/*
 * jansson says with a result that it had no memory for a member, and an object without it looks
 * whole to the program that reads it. So each call that puts something into another goes through
 * here, where a loss is remembered: nothing is printed from then on, and the command fails.
 */
int cli_json_set(json_t *o, const char *key, json_t *value); /* takes ${value}, NULL: a loss */
int cli_json_append(json_t *list, json_t *value);
#define json_object_set_new(o, key, value) cli_json_set(o, key, value)
#define json_object_set(o, key, value) cli_json_set(o, key, json_incref(value))
#define json_array_append_new(list, value) cli_json_append(list, value)
#define json_array_append(list, value) cli_json_append(list, json_incref(value))
/* NOMEM when something was lost since the last call. */
SR_MUST int cli_json_whole(struct sr_err *e);
/* After a verb that ended with ${rc}, where --json is asked for: ${rc}, or NOMEM and what to do. */
SR_MUST int cli_json_end(struct cli *c, int rc, struct sr_err *e);
/* Why one was refused: "error", and "rule" and "title" where a rule did it. */
void cli_json_refused(json_t *o, const struct sr_submitted *s);
/* One line of RFC 8785, and frees; for objects, arrays, strings, integers (canonical.c). */
SR_MUST int cli_json_canonical(json_t *j, struct sr_err *e);
/* The same, appended to ${out}. */
SR_MUST int cli_json_canonical_to(struct sr_buf *out, json_t *j, struct sr_err *e);
/* Does the caller read the log as auditor or officer, and so on the record? (verb_audit.c) */
bool cli_reads_by_office(const struct cli *c);
/* The log's key as somebody types it after --key; USAGE, nothing is damaged (verb_log.c). */
SR_MUST int cli_vkey(struct sr_vkey *out, const char *typed, struct sr_err *e);
/* An opened entry of the log (verb_log.c). */
json_t *cli_entry_json(const struct sr_entry *en);
void cli_entry_print(const struct sr_entry *en);
/* Begins ${a} and asks log.prove for what the first word names (verb_log_public.c); freed by the
 * caller, also after a failure. */
SR_MUST int cli_log_ask(struct cli_answer *a, struct cli *c, struct sr_err *e);
/* What became of a statement: the sentence, what followed, --receipt; ${more} is taken over. */
SR_MUST int cli_done(struct cli *c, const struct sr_submitted *s, json_t *more, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));

/* The same of a statement with which comes a note that the room signed: it goes to --out, without
 * its signature to the reader, and whole into the JSON. */
struct cli_note {
	const char *key;                     /* in the JSON */
	void (*print)(struct sr_bytes text); /* for people */
	const char *told;                    /* the sentence about the statement */
};
struct cli_limit { /* what the note says that it does not promise, for people */
	const char *token, *sentence;
};
void cli_not_promised(const struct sr_text *note, const struct cli_limit *limits, size_t count);
SR_MUST int cli_done_note(struct cli *c, const struct sr_submitted *s, struct sr_bytes note,
	const struct cli_note *kind, struct sr_err *e);

/* --- progress and interruption (progress.c) --- */

struct sr_progress cli_progress(struct cli *c);
void cli_progress_end(void); /* wipe the line */
extern volatile sig_atomic_t cli_stopped;
void cli_catch_stop(void);

/* --- what is done after deposits (intake_run.c) --- */

/* $STRONGROOM_INTAKE says `later`: another process does it (intake run). */
bool cli_intake_later(void);
/* Start the launcher of the sandboxes: first of all, while no key was seen. */
SR_MUST int cli_intake_launcher(struct cli *c, struct sr_err *e);
/* Do all that is to be done, in embedded use; else nothing. */
SR_MUST int cli_intake_run(struct cli *c, struct sr_err *e);

#endif
