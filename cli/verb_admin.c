/*
 * The custodian's verbs: init, scrub, rebuild, status, core.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "board/unlock.h"
#include "board/witnessing.h"
#include "cli/verbs.h"
#include "core/server.h"
#include "crypto/hash.h"

const struct cli_option cli_init_options[] = {
	{"origin", CLI_ONE, "NAME", "name of the log, for example archive.example.org/vault"},
	{"second", CLI_ONE, "PATH", "folder for the second copy of secrets.db (another disk)"},
	{"no-second", CLI_FLAG, NULL, "no second copy: a lost secrets.db loses the vault"},
	{"unlock-new", CLI_ONE, "F", "make a new credential file that unlocks the service keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- init --- */

int cli_new_credential(const char *path, struct sr_buf *out, struct sr_err *e) {
	uint8_t key[SR_CREDENTIAL_MIN];
	sr_random(key, sizeof key);
	sr_buf_put(out, key, sizeof key);
	sr_wipe(key, sizeof key);
	int rc = sr_buf_ok(out, e);
	return rc == 0 ? cli_write_file(path, sr_buf_view(out), false, e) : rc;
}

static int init_unlock(struct cli *c, struct cli_secret *s, struct sr_err *e) {
	const char *fresh = cli_get(c, "unlock-new");
	if (fresh != NULL) {
		sr_buf_init_secret(&s->passphrase);
		sr_buf_init_secret(&s->credential);
		int rc = cli_new_credential(fresh, &s->credential, e);
		if (rc == 0)
			s->unlock = (struct sr_unlock){.credential = sr_buf_view(&s->credential)};
		return rc;
	}
	const struct cli_ask ask = {.credential_file = cli_get(c, "unlock"),
		.passphrase_file = cli_get(c, "service-passphrase-file"),
		.prompt = "Passphrase for the service keys",
		.options = "give --unlock-new F, --unlock F or --service-passphrase-file F",
		.fresh = true};
	return cli_secret(s, &ask, e);
}

int verb_init(struct cli *c, struct sr_err *e) {
	struct sr_vault_init o = {.clock = sr_clock_system()};
	struct cli_secret s = {0};
	char second[SR_PATH_MAX];
	o.origin = cli_get(c, "origin");
	o.second = cli_get(c, "second");
	o.no_second = cli_has(c, "no-second");
	int rc = cli_vault(c, &o.path, e);
	if (rc != 0)
		return rc;
	if (o.origin == NULL)
		return sr_fail(e, SR_USAGE,
			"--origin NAME is missing: the name of the log, for "
			"example archive.example.org/vault");
	if ((o.second != NULL) == o.no_second) {
		cli_hint(c, "secrets.db holds what makes erasure real; losing it loses every item. "
			    "Put its copy on another disk or host");
		return sr_fail(e, SR_USAGE,
			"say where the second copy of secrets.db lies: --second "
			"PATH, or --no-second");
	}
	rc = cli_second_folder(&o.second, second, e);
	if (rc != 0)
		return rc;
	rc = init_unlock(c, &s, e);
	o.unlock = s.unlock;
	if (rc == 0)
		rc = sr_vault_create(&o, e);
	if (rc != 0 && cli_has(c, "unlock-new") && s.unlock.credential.p != NULL)
		cli_unlock_new_undo(c);
	cli_secret_free(&s);
	if (rc != 0)
		return rc;
	if (c->json) {
		json_t *j = json_object();
		cli_json_set_bytes(j, "vault", sr_bytes_str(o.path));
		json_object_set_new(j, "origin", json_string(o.origin));
		cli_json_print(j);
		return 0;
	}
	printf("an empty vault lies in %s\nnext: `strongroom board new` with the cards of the "
	       "founding members; then each member runs `board deal`, and later `board accept`\n",
		o.path);
	return 0;
}

/* --- passphrase --- */

const struct cli_option cli_passphrase_options[] = {
	{"unlock-new", CLI_ONE, "F", "make a new credential file that unlocks the service keys"},
	{"new-passphrase-file", CLI_ONE, "F", "the new passphrase (else it is asked for)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int cli_unlock_new(struct cli *c, struct cli_secret *s, struct sr_err *e) {
	const char *fresh = cli_get(c, "unlock-new");
	const struct cli_ask ask = {.passphrase_file = cli_get(c, "new-passphrase-file"),
		.prompt = "Passphrase for the service keys",
		.options = "give --unlock-new F or --new-passphrase-file F",
		.fresh = true};
	if (fresh == NULL)
		return cli_secret(s, &ask, e);
	if (ask.passphrase_file != NULL)
		return sr_fail(e, SR_USAGE, "give --unlock-new or --new-passphrase-file, not both");
	sr_buf_init_secret(&s->passphrase);
	sr_buf_init_secret(&s->credential);
	int rc = cli_new_credential(fresh, &s->credential, e);
	if (rc == 0)
		s->unlock = (struct sr_unlock){.credential = sr_buf_view(&s->credential)};
	return rc;
}

void cli_unlock_new_undo(const struct cli *c) {
	const char *path = cli_get(c, "unlock-new");
	char shown[200];
	if (path == NULL || unlink(path) == 0 || errno == ENOENT)
		return;
	const int no = errno;
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	cli_tell(c,
		"the new credential file %s opens nothing, and could not be removed (%s): "
		"remove it before the command is repeated",
		shown, strerror(no));
}

int verb_passphrase(struct cli *c, struct sr_err *e) {
	struct sr_unlock_change o = {0};
	struct cli_secret now = {0}, then = {0};
	struct sr_vault_conf conf;
	bool changed = false;
	int rc = cli_vault(c, &o.path, e);
	if (rc == 0)
		rc = sr_vault_conf_read(&conf, o.path, e);
	if (rc == 0)
		rc = sr_vault_not_others(o.path, e);
	if (rc == 0)
		rc = cli_alone(c, o.path, e);
	if (rc == 0)
		rc = cli_unlock(c, &now, e);
	if (rc == 0)
		rc = cli_unlock_new(c, &then, e);
	o.now = now.unlock, o.then = then.unlock;
	if (rc == 0)
		rc = sr_unlock_change(&o, &changed, e);
	/* Once the keys may be sealed to it the new credential is never taken away. */
	if (rc != 0 && !changed && then.unlock.credential.p != NULL)
		cli_unlock_new_undo(c);
	cli_secret_free(&now);
	cli_secret_free(&then);
	if (cli_wrong_secret(rc, e))
		c->own_input = true;
	if (rc == SR_LOCKED && c->hint[0] == '\0')
		cli_hint(c, "end `strongroom core` first: it holds the vault");
	else if (rc != 0 && changed)
		cli_hint(c, "the new way to unlock is in force; what failed comes again at the "
			    "next opening");
	if (rc != 0)
		return rc;
	if (c->json) {
		json_t *j = json_object();
		cli_json_set_bytes(j, "vault", sr_bytes_str(o.path));
		json_object_set_new(j, "changed", json_boolean(true));
		cli_json_print(j);
		return 0;
	}
	printf("the service keys are sealed anew; the file before is overwritten.\nBackups made "
	       "until now still open with what was before: make a new one, and destroy those\n");
	return 0;
}

/* --- scrub and rebuild --- */

static void print_findings(const struct cli_answer *a) {
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		printf("  ");
		cli_print(sr_row_get(row, "what"));
		putchar(' ');
		cli_print(sr_row_get(row, "name"));
		printf(": ");
		cli_print(sr_row_get(row, "text"));
		putchar('\n');
	}
}

int verb_scrub(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	char size[48];
	int rc = cli_connect(c, CLI_MAYBE, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "scrub");
	rc = cli_call_plain(c, &a, e);
	cli_progress_end();
	/* What is damaged comes in the body of a reply that is no success. */
	a.has_rows = sr_rows_parse(&a.rows, sr_buf_view(&a.r.body), NULL) == 0;
	const size_t findings = a.has_rows ? a.rows.count : 0;
	if (rc != 0 && findings == 0)
		goto out;
	if (c->json) {
		json_t *o = cli_json_fields(&a);
		json_object_set_new(
			o, "found", a.has_rows ? cli_json_rows(&a.rows, "finding") : json_array());
		cli_json_print(o);
	} else {
		cli_size_text(size, sizeof size, cli_field_dec(&a, "bytes"));
		printf("read %s: %llu packs, %llu objects, %llu envelopes; %zu finding%s\n", size,
			(unsigned long long)cli_field_dec(&a, "packs"),
			(unsigned long long)cli_field_dec(&a, "objects"),
			(unsigned long long)cli_field_dec(&a, "envelopes"), findings,
			findings == 1 ? "" : "s");
		if (a.has_rows)
			print_findings(&a);
	}
	if (findings > 0 && rc == SR_IO)
		cli_hint(c, "see what kept it from being read (dmesg tells of disks that fail; "
			    "rights; ulimit -n), then scrub again; put back from a backup what "
			    "cannot be read then (the files are immutable: copy them)");
	else if (findings > 0)
		cli_hint(c, "put back what is named from a backup (the files are immutable: copy "
			    "them), then scrub again");
out:
	cli_answer_free(&a);
	return rc;
}

int verb_rebuild(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_connect(c, CLI_MAYBE, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "rebuild");
	rc = cli_call_plain(c, &a, e);
	cli_progress_end();
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_fields(&a));
	} else if (rc == 0) {
		const struct sr_bytes how = cli_field(&a, "catalogue");
		printf("replayed %llu entries; the catalogue is ",
			(unsigned long long)cli_field_dec(&a, "entries"));
		if (sr_bytes_eq(how, sr_bytes_str("equal")))
			printf("equal to the one before");
		else
			cli_print(how);
		printf("; read the footers of %llu packs, %llu of them bad\n",
			(unsigned long long)cli_field_dec(&a, "packs"),
			(unsigned long long)cli_field_dec(&a, "bad"));
		const struct sr_bytes difference = cli_field(&a, "difference");
		struct sr_buf text;
		sr_buf_init(&text);
		if (difference.p != NULL && sr_unbase64(&text, difference, NULL) == 0)
			cli_line("it differed in", sr_buf_view(&text));
		sr_buf_free(&text);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- status --- */

static void status_line(const struct cli_answer *a, const char *label, const char *key) {
	cli_line(label, cli_field(a, key));
}

static void status_backups(const struct cli_answer *a) {
	const unsigned long long open = cli_field_dec(a, "backups-open");
	const unsigned long long reviving = cli_field_dec(a, "backups-reviving");
	if (cli_field(a, "last-backup").p == NULL)
		cli_line_str("last backup", "none that was read back");
	status_line(a, "last backup", "last-backup");
	if (reviving > 0)
		printf("  %-14s %llu can be opened, %llu of them could bring back what was "
		       "destroyed since: backup --rotate-escrow\n",
			"backups", open, reviving);
	else if (open > 0)
		printf("  %-14s %llu can be opened\n", "backups", open);
}

static void status_print(struct cli *c, const struct cli_answer *a) {
	const struct sr_client_info *info = sr_client_info(c->client);
	static const char *const states[] = {"empty: `board new` is next",
		"a draft of its founding lies here: members `board deal`",
		"founded: members `board accept`", "open", "offline"};
	char hex[2 * SR_HASH + 1], size[48];
	sr_hex(hex, info->fingerprint, SR_HASH);
	printf("vault %s\n", info->origin);
	cli_line_str("state", states[info->state]);
	if (info->state >= SR_CLIENT_FOUNDED)
		cli_line_str("fingerprint", hex);
	cli_line_str("reached", info->embedded ? "in this process" : "through the running core");
	status_line(a, "log entries", "size");
	status_line(a, "log root", "root");
	status_line(a, "last entry", "last-received");
	status_line(a, "people", "people");
	status_line(a, "collections", "collections");
	status_line(a, "accessions", "accessions");
	printf("  %-14s %llu released, %llu held\n", "items",
		(unsigned long long)cli_field_dec(a, "released"),
		(unsigned long long)cli_field_dec(a, "held"));
	cli_size_text(size, sizeof size, cli_field_dec(a, "bytes"));
	if (cli_field(a, "packs").p != NULL)
		printf("  %-14s %s in %llu pack%s, %llu block%s\n", "content", size,
			(unsigned long long)cli_field_dec(a, "packs"),
			cli_field_dec(a, "packs") == 1 ? "" : "s",
			(unsigned long long)cli_field_dec(a, "blocks"),
			cli_field_dec(a, "blocks") == 1 ? "" : "s");
	else
		cli_line_str("content", size);
	if (cli_field(a, "left").p != NULL)
		printf("  %-14s %llu items are left under a key before (board show)\n", "new key",
			(unsigned long long)cli_field_dec(a, "left"));
	if (cli_field(a, "rotate-due").p != NULL)
		cli_line_str("service keys", "OLDER THAN THE BOARD'S KEY: service rotate (old "
					     "copies of keys/service.board hold them)");
	status_line(a, "open requests", "requests-open");
	printf("  %-14s %llu live, %llu suspended\n", "grants",
		(unsigned long long)cli_field_dec(a, "grants-live"),
		(unsigned long long)cli_field_dec(a, "grants-suspended"));
	status_line(a, "checkouts", "checkouts-live");
	status_line(a, "open here", "open-here");
	status_line(a, "incidents", "incidents");
	status_line(a, "refusals", "refusals");
	status_line(a, "last scrub", "last-scrub");
	status_backups(a);
	if (sr_bytes_eq(cli_field(a, "renewal-due"), sr_bytes_str("yes")))
		cli_line_str("new keys", "due for catalogue and index, after a destruction: "
					 "rebuild, or the next night");
	const bool second = sr_bytes_eq(cli_field(a, "second"), sr_bytes_str("yes"));
	const bool current = cli_field(a, "second-current").p != NULL;
	cli_line_str("second copy",
		!second   ? "none: a lost secrets.db loses the vault"
		: current ? "there and current"
			  : "NOT CURRENT: deposits wait, erasures are pending there");
	if (cli_field(a, "failed").p != NULL)
		cli_line_str("writing", "STOPPED: a commit broke off; open the vault again");
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		cli_line_row(sr_row_is(row, "second") ? "second copy" : "repaired", row,
			sr_row_is(row, "second") ? "reason" : "text");
	}
}

int verb_status(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_connect(c, CLI_MAYBE, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "status");
	rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		json_t *o = cli_json_fields(&a);
		const struct sr_client_info *info = sr_client_info(c->client);
		json_object_set_new(o, "origin", json_string(info->origin));
		json_object_set_new(o, "fingerprint", cli_json_hex(info->fingerprint, SR_HASH));
		json_object_set_new(o, "embedded", json_boolean(info->embedded));
		json_object_set_new(o, "notes", cli_json_rows(&a.rows, NULL));
		cli_json_print(o);
	} else if (rc == 0) {
		status_print(c, &a);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- core --- */

static void tell(void *ctx, const char *sentence) {
	const struct cli *c = ctx;
	if (!c->quiet)
		fprintf(stderr, "strongroom core: %s\n", sentence);
}

int verb_core(struct cli *c, struct sr_err *e) {
	struct cli_secret s = {0};
	struct sr_vault_open o = {.clock = sr_clock_system()};
	struct sr_server *server = NULL;
	struct sr_vault_conf conf;
	struct sr_progress progress = cli_progress(c);
	int rc = cli_vault(c, &o.path, e);
	if (rc == 0) {
		rc = sr_vault_conf_read(&conf, o.path, e);
		if (rc == SR_NOTFOUND)
			cli_hint(c, "name the vault's folder with --vault DIR");
	}
	c->alone = true; /* to start core is what this is */
	/* Before any key is here. */
	if (rc == 0 && !cli_intake_later())
		rc = cli_intake_launcher(c, e);
	if (rc == 0)
		rc = cli_unlock(c, &s, e);
	o.unlock = s.unlock;
	o.progress = &progress;
	if (rc == 0) {
		rc = sr_core_open(&c->core, &o, e);
		if (cli_wrong_secret(rc, e))
			c->own_input = true;
	}
	cli_secret_free(&s);
	cli_progress_end();
	if (rc != 0)
		return rc;
	c->core->progress = (struct sr_progress){0};
	if (!cli_intake_later())
		sr_core_intake(c->core, c->launcher);
	/* One of an earlier day. What witnesses know now is asked by the server. */
	if (sr_witnessing_alarm(c->core->vault) != NULL)
		rc = sr_fail(
			e, SR_AUTH, "core does not start: %s", sr_witnessing_alarm(c->core->vault));
	const struct sr_server_options so = {
		.core = c->core, .tell = tell, .ctx = c, .stopped = &cli_stopped};
	if (rc == 0)
		rc = sr_server_new(&server, &so, e);
	if (rc == 0)
		rc = sr_server_run(server, e);
	if (rc == SR_AUTH && sr_witnessing_alarm(c->core->vault) != NULL)
		cli_hint(c, "stop, and read ADMIN, \"A witness knows more\"");
	sr_server_free(server);
	return rc;
}
