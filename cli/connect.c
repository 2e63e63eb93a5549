/*
 * The way to a vault: through DIR/run/core.sock when a core answers there, else the vault is opened
 * in this process (which takes its lock, and the service keys must be unlocked). What was verified
 * of each vault is remembered in the person's own state folder, never under the vault.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/cli.h"
#include "store/supersede.h"

enum {
	IDENTITY_MAX = 16 << 10, /* bytes of an identity file */
	STOP_MS = 5000 /* after ^C core may still answer, so that it is known what was done */
};

/* --- the person --- */

int cli_identity(struct cli *c, struct sr_err *e) {
	const char *path = cli_get(c, "as");
	if (c->identity.seed != NULL)
		return 0;
	if (path == NULL)
		path = getenv("STRONGROOM_IDENTITY");
	if (path == NULL || *path == '\0')
		return sr_fail(
			e, SR_USAGE, "who acts? Give --as IDENTITY or set $STRONGROOM_IDENTITY");
	return cli_identity_at(c, path, e);
}

/* A change of its passphrase that was killed: the bytes before still lie beside it. Where they
 * cannot be reached (a file on a read-only medium) they stay, as the file does. */
static void finish_passphrase(const char *path) {
	struct sr_dir *dir = NULL;
	char name[256];
	if (cli_real_place(&dir, name, path, NULL) == 0)
		(void)!sr_file_supersede_finish(dir, name, NULL, NULL);
	sr_dir_close(dir);
}

int cli_identity_at(struct cli *c, const char *path, struct sr_err *e) {
	struct sr_buf file;
	struct cli_secret s;
	char shown[200], prompt[240];
	sr_buf_init(&file);
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	snprintf(prompt, sizeof prompt, "Passphrase of %s", shown);
	int rc = cli_read_file(&file, path, IDENTITY_MAX, e);
	if (rc != 0)
		goto out;
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	rc = sr_identity_peek(person, pk, sr_buf_view(&file), e);
	if (rc != 0) {
		rc = sr_wrap(e, "%s is no identity file", shown);
		c->own_input = true;
		cli_hint(c, "name the file that `strongroom identity new` made (not its .card)");
		goto out;
	}
	const struct cli_ask ask = {.passphrase_file = cli_get(c, "passphrase-file"),
		.prompt = prompt,
		.options = "give --passphrase-file F"};
	rc = cli_secret(&s, &ask, e);
	if (rc != 0)
		goto out;
	rc = sr_identity_open(&c->identity, sr_buf_view(&file), &s.unlock, e);
	if (rc == 0)
		finish_passphrase(path);
	if (rc == SR_AUTH) {
		c->own_input = true;
		cli_hint(c, "type it again, or name the file that holds it with --passphrase-file");
	}
	if (rc != 0)
		rc = sr_wrap(e, "%s", shown);
	cli_secret_free(&s);
out:
	sr_buf_free(&file);
	return rc;
}

/* --- the memory --- */

static int make_folders(char *path, struct sr_err *e) {
	for (char *at = path + 1;; at++) {
		if (*at != '/' && *at != '\0')
			continue;
		const char keep = *at;
		*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return sr_fail_errno(e, "state folder %s", path);
		*at = keep;
		if (keep == '\0')
			return 0;
	}
}

int cli_memory(struct cli *c, struct sr_err *e) {
	char path[SR_PATH_MAX];
	const char *own = getenv("STRONGROOM_STATE");
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int n = -1;
	if (c->memory != NULL)
		return 0;
	if (own != NULL && *own != '\0')
		n = snprintf(path, sizeof path, "%s", own);
	else if (state != NULL && *state == '/')
		n = snprintf(path, sizeof path, "%s/strongroom", state);
	else if (home != NULL && *home == '/')
		n = snprintf(path, sizeof path, "%s/.local/state/strongroom", home);
	if (n < 0 || (size_t)n >= sizeof path)
		return sr_fail(
			e, SR_USAGE, "no folder to remember vaults in: set $STRONGROOM_STATE");
	int rc = make_folders(path, e);
	if (rc == 0)
		rc = sr_dir_open(&c->memory, path, e);
	if (rc != 0)
		cli_hint(c, "what you saw of vaults is remembered there: set $STRONGROOM_STATE to "
			    "a folder that you may write");
	return rc;
}

/* --- the vault --- */

int cli_unlock(struct cli *c, struct cli_secret *s, struct sr_err *e) {
	const char *file = cli_get(c, "unlock");
	const char *passphrase = cli_get(c, "service-passphrase-file");
	if (file == NULL && passphrase == NULL) {
		file = getenv("STRONGROOM_UNLOCK");
		if (file != NULL && *file == '\0')
			file = NULL;
	}
	const struct cli_ask ask = {.credential_file = file,
		.passphrase_file = passphrase,
		.prompt = "Passphrase of the vault's service keys",
		.options = c->alone ? "give --unlock F or --service-passphrase-file F"
				    : "give --unlock F or --service-passphrase-file F (or start "
				      "`strongroom core`, then nobody else needs it)"};
	return cli_secret(s, &ask, e);
}

/* crypto/passphrase.h says it in these words, and nothing else does. */
bool cli_wrong_secret(int rc, const struct sr_err *e) {
	return rc == SR_AUTH && (strstr(e->text, "wrong passphrase") != NULL ||
					strstr(e->text, "wrong credential") != NULL);
}

#define CORE_FIRST                                                                           \
	"end `strongroom core` first: it holds the vault (systemctl stop strongroom); then " \
	"repeat the command, and start core again"

int cli_alone(struct cli *c, const char *path, struct sr_err *e) {
	struct sr_transport t;
	struct sr_err none = {0};
	c->alone = true;
	if (sr_transport_socket(&t, path, &none) != 0)
		return 0; /* nobody answers: the lock says whether somebody has it */
	t.close(t.ctx);
	cli_hint(c, CORE_FIRST);
	return sr_fail(e, SR_LOCKED, "`strongroom core` runs and holds the vault");
}

/* Advice for what opening a vault meets. */
static int opening_failed(struct cli *c, const char *path, int rc, struct sr_err *e) {
	struct sr_vault_conf conf;
	struct stat st;

	if (rc == SR_LOCKED && c->alone)
		cli_hint(c, CORE_FIRST);
	else if (rc == SR_LOCKED)
		cli_hint(c, "wait until that process ends. If it is `strongroom core`, it does not "
			    "answer on its socket yet: try again in a moment");
	else if (rc == SR_NOTFOUND && sr_vault_conf_read(&conf, path, NULL) != 0)
		cli_hint(c, "name the vault's folder with --vault DIR, or make a new vault with "
			    "`strongroom init`");
	else if (rc == SR_NOTFOUND && strstr(e->text, path) != NULL) {
		cli_hint(c,
			"a part of the vault is gone. If all that is mounted which should be: "
			"`run`, when it is gone alone, is made with mkdir; keys/service comes "
			"from a backup, or from the board (`strongroom recover begin`); what "
			"else the sentence names is put back from a backup, or all is restored");
		e->code = SR_CORRUPT;
		return SR_CORRUPT;
	} else if (rc == SR_UNSUPPORTED)
		cli_hint(c, "use the version of strongroom that made this vault, or a newer one");
	else if (cli_wrong_secret(rc, e)) {
		c->own_input = true;
		cli_hint(c, "give the passphrase (or credential file) of the service keys that "
			    "`init` was given");
	} else if (rc == SR_IO && (e->no == EACCES || e->no == EPERM) &&
		   (stat(path, &st) != 0 || st.st_uid != geteuid()))
		cli_hint(c, "the vault belongs to another user of this machine: ask its custodian "
			    "to start `strongroom core`");
	return rc;
}

/* What opening found, a line each. That an accession can be resumed is told where it helps, not by
 * every command. */
static void tell_recovered(const struct cli *c, const struct sr_vault *v) {
	static const char *const about_house[] = {"deposit", "status", "core", "verify", "backup"};
	struct sr_buf b;
	bool house = false;
	if (v->recovered.len == 0 || c->quiet)
		return;
	for (size_t i = 0; i < sizeof about_house / sizeof about_house[0]; i++)
		house = house || strcmp(c->verb->name, about_house[i]) == 0;
	sr_buf_init(&b);
	sr_escape_text(&b, sr_buf_view(&v->recovered));
	sr_buf_put_u8(&b, 0);
	for (const char *at = sr_buf_ok(&b, NULL) == 0 ? (const char *)b.p : ""; *at != '\0';) {
		const size_t n = strcspn(at, "\n");
		const char *kept = strstr(at, "its packs are kept");
		if (n > 0 && (house || kept == NULL || kept > at + n))
			fprintf(stderr, "on opening: %.*s\n", (int)n, at);
		at += n + (at[n] == '\n' ? 1 : 0);
	}
	sr_buf_free(&b);
}

static int vault_options(
	struct cli *c, struct sr_vault_open *o, struct cli_secret *s, struct sr_err *e) {
	struct sr_vault_conf conf;
	int rc = cli_vault(c, &o->path, e);
	if (rc != 0)
		return rc;
	/* Before anybody is asked for a passphrase. */
	rc = sr_vault_conf_read(&conf, o->path, e);
	if (rc != 0)
		return opening_failed(c, o->path, rc, e);
	rc = sr_vault_not_others(o->path, e);
	if (rc == 0)
		rc = cli_unlock(c, s, e);
	o->unlock = s->unlock;
	o->clock = sr_clock_system();
	return rc;
}

int cli_open_vault(struct cli *c, struct sr_vault **out, struct sr_err *e) {
	struct cli_secret s = {0};
	struct sr_vault_open o = {0};
	struct sr_progress progress = cli_progress(c);
	int rc = cli_vault(c, &o.path, e);
	if (rc == 0)
		rc = cli_alone(c, o.path, e);
	if (rc == 0)
		rc = vault_options(c, &o, &s, e);
	o.progress = &progress;
	o.accept_older_secrets = c->older_secrets;
	if (rc == 0) {
		rc = sr_vault_open(out, &o, e);
		if (rc != 0)
			rc = opening_failed(c, o.path, rc, e);
	}
	cli_secret_free(&s);
	cli_progress_end();
	if (rc == 0)
		tell_recovered(c, *out);
	return rc;
}

static int embedded(struct cli *c, struct sr_transport *t, struct sr_err *e) {
	struct cli_secret s = {0};
	struct sr_vault_open o = {0};
	struct sr_progress progress = cli_progress(c);
	int rc = vault_options(c, &o, &s, e);
	o.progress = &progress;
	if (rc == 0) {
		rc = sr_core_open(&c->core, &o, e);
		if (rc != 0)
			rc = opening_failed(c, o.path, rc, e);
	}
	cli_secret_free(&s);
	if (rc != 0)
		return rc;
	c->core->progress = progress; /* that of the options lived on this stack */
	tell_recovered(c, c->core->vault);
	return sr_core_embedded(t, c->core, e);
}

/* To a running core, given up after ^C if that does not answer. */
static int to_core(struct sr_transport *out, const char *path, struct sr_err *e) {
	unsigned ms = STOP_MS;
#ifdef SR_TESTING
	const char *wait = getenv("SR_STOP_MS");
	if (wait != NULL)
		ms = (unsigned)strtoul(wait, NULL, 10);
#endif
	const int rc = sr_transport_socket(out, path, e);
	if (rc == 0)
		sr_transport_stop(out, &cli_stopped, ms);
	return rc;
}

static int reconnect(void *ctx, struct sr_transport *out, struct sr_err *e) {
	const struct cli *c = ctx;
	return to_core(out, c->socket_of, e);
}

static int pin(
	const struct cli *c, uint8_t fingerprint[SR_HASH], const uint8_t **out, struct sr_err *e) {
	const char *text = cli_get(c, "fingerprint");
	char digits[2 * SR_HASH + 2];
	size_t n = 0;
	*out = NULL;
	if (text == NULL)
		return 0;
	/* In groups and lines, as it stands on the minutes. */
	for (const char *at = text; *at != '\0' && n < sizeof digits; at++)
		if (strchr(" \t\n\r", *at) == NULL)
			digits[n++] = *at;
	if (sr_unhex(fingerprint, SR_HASH, sr_bytes_of(digits, n), NULL) != 0)
		return sr_fail(e, SR_USAGE,
			"--fingerprint: want 64 hex digits, have %zu characters", strlen(text));
	*out = fingerprint;
	return 0;
}

static void tell_first_contact(const struct cli *c) {
	const struct sr_client_info *info = sr_client_info(c->client);
	char hex[2 * SR_HASH + 1];
	if (!info->first_contact || cli_has(c, "fingerprint") || info->state < SR_CLIENT_FOUNDED)
		return;
	sr_hex(hex, info->fingerprint, SR_HASH);
	cli_tell(c,
		"first contact with this vault. Its fingerprint, remembered from now on, is\n"
		"  %s\ncompare it with the minutes of its founding",
		hex);
}

/* Once, when the memory takes the name; each time, while it may not. Whatever the output is for:
 * nobody is told again. */
static void tell_renamed(const struct cli *c) {
	const struct sr_client_info *info = sr_client_info(c->client);
	char name[300];
	if (info->renamed != 0)
		fprintf(stderr,
			"WARNING: the log of this vault goes on as %s since entry %llu: an older "
			"copy was put back, and what came after it is lost (witness status)\n",
			sr_escape_to(name, sizeof name, sr_bytes_str(info->log)),
			(unsigned long long)info->renamed);
	if (info->renamed != 0 && info->lost > 0)
		fprintf(stderr,
			"WARNING: you had verified %llu entries; those from %llu on are gone: your "
			"receipts show what is missing\n",
			(unsigned long long)info->lost, (unsigned long long)info->lost_agreed);
}

/* --witnesses, where the verb has it. */
static int read_witnesses(struct cli *c, struct sr_err *e) {
	const char *path = cli_get(c, "witnesses");
	struct sr_buf b;
	int rc;
	if (path == NULL || c->witnesses != NULL)
		return 0;
	sr_buf_init(&b);
	rc = cli_read_file(&b, path, SR_POLICY_MAX, e);
	if (rc == 0)
		rc = sr_policy_parse(&c->witnesses, sr_buf_view(&b), e);
	sr_buf_free(&b);
	if (rc != 0) {
		c->own_input = true;
		return sr_wrap(e, "--witnesses");
	}
	return 0;
}

static int open_client(struct cli *c, const struct sr_client_options *given, struct sr_err *e) {
	struct sr_client_options o = *given;
	uint8_t fingerprint[SR_HASH];
	int rc = pin(c, fingerprint, &o.fingerprint, e);
	if (rc == 0)
		rc = cli_memory(c, e);
	if (rc != 0) {
		if (o.transport.call != NULL)
			o.transport.close(o.transport.ctx);
		return rc;
	}
	o.identity = c->identity.seed != NULL ? &c->identity : NULL;
#ifdef SR_TESTING
	/* A scenario with a witness that is away need not wait as long as a person would. */
	const char *wait = getenv("SR_WITNESS_MS");
	if (wait != NULL)
		o.witness_ms = (unsigned)strtoul(wait, NULL, 10);
#endif
	rc = read_witnesses(c, e);
	if (rc != 0) {
		if (o.transport.call != NULL)
			o.transport.close(o.transport.ctx);
		return rc;
	}
	o.witnesses = c->witnesses;
	o.log_name = cli_get(c, "log-name");
	o.memory = c->memory;
	o.clock = sr_clock_system();
	o.progress = cli_progress(c);
	rc = sr_client_open(&c->client, &o, e);
	if ((rc == SR_AUTH || rc == SR_DENIED) && strstr(e->text, "login: ") != NULL) {
		c->own_input = true;
		cli_hint(c,
			"this identity file holds another key than the one in force: take the file "
			"of that key. A new key counts from `person rekey` on, or from the board's "
			"vote on it; until then the one before does");
	} else if (rc == SR_AUTH)
		cli_hint(c,
			"nothing was signed and no key was used. Compare the fingerprint with the "
			"minutes, and ask the custodian what happened to the vault");
	if (rc == SR_AUTH && cli_has(c, "fingerprint") && strstr(e->text, "fingerprint") != NULL)
		c->own_input = true;
	return rc;
}

int cli_connect(struct cli *c, enum cli_need need, struct sr_err *e) {
	const char *path = NULL;
	struct sr_client_options o = {0};
	const bool named = cli_has(c, "as") || getenv("STRONGROOM_IDENTITY") != NULL;
	char *absolute = NULL, shown[256];
	if (c->client != NULL)
		return 0; /* a word of the command was looked up already */
	int rc = cli_vault(c, &path, e);
	if (rc != 0)
		return rc;
	if (need == CLI_PERSON || (need == CLI_MAYBE && named)) {
		rc = cli_identity(c, e);
		if (rc != 0)
			return rc;
	}
	snprintf(c->socket_of, sizeof c->socket_of, "%s", path);
	rc = to_core(&o.transport, path, e);
	if (rc == 0) {
		o.reconnect = reconnect;
		o.reconnect_ctx = c;
	} else if (rc == SR_NOTFOUND) {
		rc = embedded(c, &o.transport, e);
	}
	if (rc != 0)
		return rc;
	/* What is remembered of a place stands under its whole path: under another name of it
	 * nothing would be known, and any vault would be met for the first time. */
	o.place = absolute = realpath(path, NULL);
	if (absolute == NULL) {
		rc = sr_fail_errno(e, "the place of the vault, %s",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(path)));
		o.transport.close(o.transport.ctx);
		return rc;
	}
	rc = open_client(c, &o, e);
	free(absolute);
	if (rc == 0) {
		tell_first_contact(c);
		tell_renamed(c);
	}
	return rc;
}

int cli_offline(struct cli *c, struct sr_err *e) {
	struct sr_client_options o = {0};
	int rc = cli_identity(c, e);
	return rc != 0 ? rc : open_client(c, &o, e);
}

void cli_close(struct cli *c) {
	sr_client_close(c->client);
	sr_policy_free(c->witnesses);
	sr_core_close(c->core);
	sr_launcher_stop(c->launcher);
	sr_dir_close(c->memory);
	sr_identity_free(&c->identity);
	c->client = NULL;
	c->core = NULL;
	c->launcher = NULL;
	c->memory = NULL;
	cli_progress_end();
}

/* --- one call --- */

void cli_ask(struct cli_answer *a, const char *op) {
	*a = (struct cli_answer){0};
	sr_call_init(&a->q);
	sr_call_init(&a->r);
	sr_call_begin(&a->q, op);
}

/* Some verbs need no person in the process that holds the keys, but one when core is asked. */
static int denied_to_nobody(struct cli *c, int rc, struct sr_err *e) {
	const struct sr_client_info *info = sr_client_info(c->client);
	if (rc == SR_DENIED && info->state < SR_CLIENT_FOUNDED && !info->embedded) {
		/* Core knows nobody yet, and would ask for a login that was given. */
		cli_hint(c, "each member named in the draft runs `strongroom board deal` first");
		return sr_fail(e, SR_DENIED, "the vault is not founded yet: it knows nobody");
	}
	if (rc == SR_DENIED && c->identity.seed == NULL)
		cli_hint(c, "say who asks: --as IDENTITY, or set $STRONGROOM_IDENTITY");
	return rc;
}

int cli_call(struct cli *c, struct cli_answer *a, struct sr_err *e) {
	int rc = sr_client_rows(c->client, &a->q, &a->r, &a->rows, e);
	a->has_rows = rc == 0;
	return denied_to_nobody(c, rc, e);
}

int cli_call_plain(struct cli *c, struct cli_answer *a, struct sr_err *e) {
	return denied_to_nobody(c, sr_client_call(c->client, &a->q, &a->r, e), e);
}

void cli_answer_free(struct cli_answer *a) {
	if (a->has_rows)
		sr_rows_free(&a->rows);
	sr_call_free(&a->q);
	sr_call_free(&a->r);
	a->has_rows = false;
}

struct sr_bytes cli_field(const struct cli_answer *a, const char *key) {
	return sr_text_get(&a->r.text, key);
}

uint64_t cli_field_dec(const struct cli_answer *a, const char *key) {
	uint64_t v = 0;
	const struct sr_bytes text = cli_field(a, key);
	if (text.p == NULL || sr_parse_dec(&v, text, INT64_MAX, NULL) != 0)
		return 0;
	return v;
}

int cli_page(struct cli *c, struct cli_answer *a, struct sr_err *e) {
	uint64_t v = 0;
	int rc = cli_dec(c, "offset", &v, e);
	if (rc == 0 && cli_has(c, "offset"))
		sr_text_put_dec(&a->q.head, "offset", v);
	if (rc == 0)
		rc = cli_dec(c, "limit", &v, e);
	if (rc == 0 && cli_has(c, "limit"))
		sr_text_put_dec(&a->q.head, "limit", v);
	return rc;
}

int cli_pass(struct cli *c, struct cli_answer *a, const char *option, struct sr_err *e) {
	const char *v = cli_get(c, option);
	char shown[128];
	if (v == NULL)
		return 0;
	if (sr_value_check(SR_V_TOKEN, sr_bytes_str(v), NULL) != 0)
		return sr_fail(e, SR_USAGE, "--%s: \"%s\" is no word of the vault", option,
			sr_escape_to(shown, sizeof shown, sr_bytes_str(v)));
	sr_text_put(&a->q.head, option, v);
	return 0;
}

int cli_pass_id(struct cli *c, struct cli_answer *a, const char *option, const char *kind,
	struct sr_err *e) {
	const char *v = cli_get(c, option);
	uint8_t id[SR_ID];
	if (v == NULL)
		return 0;
	int rc = sr_client_resolve(c->client, id, v, kind, e);
	if (rc == 0)
		sr_text_put_hex(&a->q.head, option, id, SR_ID);
	return rc;
}

int cli_word_id(struct cli *c, uint8_t id[SR_ID], size_t i, const char *kind, struct sr_err *e) {
	return sr_client_resolve(c->client, id, c->args.words[i], kind, e);
}

int cli_ask_of(
	struct cli_answer *a, struct cli *c, const char *op, const char *kind, struct sr_err *e) {
	uint8_t id[SR_ID];
	int rc = cli_connect(c, CLI_PERSON, e);
	cli_ask(a, op);
	if (rc == 0)
		rc = cli_word_id(c, id, 0, kind, e);
	if (rc == 0)
		sr_text_put_hex(&a->q.head, kind, id, SR_ID);
	return rc;
}
