/*
 * The custodian's verbs for backups: backup, restore.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "board/backup.h"
#include "cli/verbs.h"
#include "ledger/receipt.h"

const struct cli_option cli_backup_options[] = {
	{"secrets", CLI_ONE, "FILE", "the sealed file of secrets; keep it apart from DIR"},
	{"secrets-passphrase-file", CLI_ONE, "F", "file with the passphrase that seals it"},
	{"secrets-unlock", CLI_ONE, "F", "or the credential file that seals it"},
	{"escrow", CLI_ONE, "FILE",
		"the escrow file, on another medium (made when absent): the secrets file opens "
		"only with it"},
	{"rotate-escrow", CLI_FLAG, NULL,
		"overwrite the escrow's key when this backup is made: secrets files made before "
		"open no more"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_restore_options[] = {
	{"secrets", CLI_ONE, "FILE", "the sealed file of secrets"},
	{"secrets-passphrase-file", CLI_ONE, "F", "file with the passphrase that seals it"},
	{"secrets-unlock", CLI_ONE, "F", "or the credential file that seals it"},
	{"escrow", CLI_ONE, "FILE", "the escrow file that the backup was made with"},
	{"since", CLI_ONE, "FILE",
		"a receipt or checkpoint from after the backup: be told how far the log went on"},
	{"second", CLI_ONE, "PATH", "folder for the second copy of secrets.db"},
	{"no-second", CLI_FLAG, NULL, "no second copy"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- backup --- */

static int secrets_secret(struct cli *c, struct cli_secret *s, bool fresh, struct sr_err *e) {
	const struct cli_ask ask = {.credential_file = cli_get(c, "secrets-unlock"),
		.passphrase_file = cli_get(c, "secrets-passphrase-file"),
		.prompt = "Passphrase of the secrets file",
		.options = "give --secrets-passphrase-file F or --secrets-unlock F",
		.fresh = fresh};
	return cli_secret(s, &ask, e);
}

static void backup_json(const struct sr_backup_result *r, const char *path, struct sr_bytes told) {
	json_t *o = json_object();
	cli_json_set_bytes(o, "to", sr_bytes_str(path));
	json_object_set_new(o, "files", json_integer((json_int_t)r->files));
	json_object_set_new(o, "bytes", json_integer((json_int_t)r->bytes));
	json_object_set_new(o, "skipped", json_integer((json_int_t)r->skipped));
	json_object_set_new(o, "removed", json_integer((json_int_t)r->removed));
	json_object_set_new(o, "mended", json_integer((json_int_t)r->mended));
	json_object_set_new(o, "secrets", json_integer((json_int_t)r->secrets));
	json_object_set_new(o, "entries", json_integer((json_int_t)r->entries));
	if (told.p == NULL) /* a restore reads no copy back */
		json_object_set_new(o, "checked", json_integer((json_int_t)r->checked));
	if (r->generation > 0) {
		json_object_set_new(o, "escrow", cli_json_hex(r->escrow, SR_ID));
		json_object_set_new(o, "generation", json_integer((json_int_t)r->generation));
		json_object_set_new(o, "rotated", json_boolean(r->rotated));
	}
	if (told.p != NULL)
		json_object_set_new(o, "notes", cli_json_lines(told));
	cli_json_print(o);
}

static void backup_escrow(const struct sr_backup_result *r, const char *path) {
	const unsigned long long generation = r->generation;
	if (r->escrow_made)
		printf("made the escrow file %s: keep it on another medium, in one copy; without "
		       "it no secrets file opens\n",
			path);
	else if (r->rotated)
		printf("the escrow is rotated to generation %llu: secrets files made before open "
		       "no more, wherever copies of them are\n",
			generation);
	else
		printf("under generation %llu of the escrow: earlier secrets files of this "
		       "generation could still bring back what was destroyed since "
		       "(--rotate-escrow ends that)\n",
			generation);
}

/* It is made, and has what the vault has lost. */
static int backup_kept(
	struct cli *c, const struct sr_backup_result *r, const char *path, struct sr_err *e) {
	if (r->kept.count == 0)
		return 0;
	cli_hint(c,
		"copy what `strongroom scrub` names from %s into the vault, to the same place "
		"there, then scrub again",
		path);
	return sr_fail(e, r->kept.unread == r->kept.count ? SR_IO : SR_CORRUPT,
		"the backup is whole, the vault is not: %llu of its files cannot be read whole, "
		"the first: %s",
		(unsigned long long)r->kept.count, r->kept.first);
}

int verb_backup(struct cli *c, struct sr_err *e) {
	struct sr_vault *v = NULL;
	struct cli_secret s = {0};
	struct sr_backup_result r = {0};
	struct sr_progress progress = cli_progress(c);
	char size[48];
	struct sr_backup_options o = {.path = c->args.words[0],
		.secrets_path = cli_get(c, "secrets"),
		.escrow_path = cli_get(c, "escrow"),
		.rotate = cli_has(c, "rotate-escrow"),
		.progress = &progress};
	if (o.secrets_path == NULL)
		return sr_fail(e, SR_USAGE,
			"--secrets FILE is missing: the sealed file of secrets, "
			"to be kept apart from the backup");
	if (o.escrow_path == NULL)
		return sr_fail(e, SR_USAGE,
			"--escrow FILE is missing: the small file with the key that secrets files "
			"need, to be kept on a medium that is neither the vault's nor the "
			"backup's");
	int rc = cli_open_vault(c, &v, e);
	if (rc != 0)
		return rc;
	rc = secrets_secret(c, &s, true, e);
	o.unlock = s.unlock;
	if (rc == 0)
		rc = sr_backup_make(v, &o, &r, e);
	cli_secret_free(&s);
	sr_vault_close(v);
	cli_progress_end();
	if (rc != 0) {
		if (r.lost.count > 0)
			cli_hint(c,
				"put back what `strongroom scrub` (of the log: `verify`) names, "
				"if another backup has it (the files are immutable: copy "
				"them), then repeat the command");
		else if (rc == SR_CORRUPT)
			cli_hint(c, "the vault is as it was: see to the medium of what the "
				    "sentence names, or name another");
		return rc;
	}
	if (c->json) {
		backup_json(&r, o.path, sr_bytes_of(NULL, 0));
		return backup_kept(c, &r, o.path, e);
	}
	cli_size_text(size, sizeof size, r.bytes);
	printf("copied %llu files (%s), %llu were there already; read back and checked: %llu "
	       "packs, "
	       "objects and envelopes, and a log of %llu entries\n",
		(unsigned long long)r.files, size, (unsigned long long)r.skipped,
		(unsigned long long)r.checked, (unsigned long long)r.entries);
	printf("%llu secrets lie sealed in %s: keep it apart from the backup\n",
		(unsigned long long)r.secrets, o.secrets_path);
	if (r.mended > 0)
		printf("damaged there, and copied once more: %llu files; see to that medium\n",
			(unsigned long long)r.mended);
	backup_escrow(&r, o.escrow_path);
	return backup_kept(c, &r, o.path, e);
}

/* --- restore --- */

/* What --since names: the receipt NAME (NAME.tlog-proof and NAME.keys), or a checkpoint's note. */
struct since {
	struct sr_receipt receipt;
	struct sr_buf note;
};

static int since_read(
	struct since *s, struct sr_restore_options *o, const char *path, struct sr_err *e) {
	static const char suffix[] = ".tlog-proof";
	char base[SR_PATH_MAX], file[SR_PATH_MAX + sizeof suffix];
	const char *name = NULL;
	struct sr_dir *d = NULL;
	size_t len = strlen(path), end = sizeof suffix - 1;
	bool there = false;
	int rc;

	if (len >= sizeof base)
		return sr_fail(e, SR_USAGE, "--since: a path of %zu bytes", len);
	if (len > end && strcmp(path + len - end, suffix) == 0)
		len -= end;
	snprintf(base, sizeof base, "%.*s", (int)len, path);
	rc = sr_dir_of(&d, &name, base, e);
	if (rc != 0)
		return sr_wrap(e, "--since");
	snprintf(file, sizeof file, "%s%s", name, suffix);
	rc = sr_file_find(&there, d, file, e);
	if (rc == 0 && there) {
		rc = sr_receipt_load(&s->receipt, d, name, e);
		o->receipt = &s->receipt;
	} else if (rc == 0) {
		rc = cli_read_file(&s->note, path, SR_NOTE_MAX, e);
		o->checkpoint = sr_buf_view(&s->note);
	}
	sr_dir_close(d);
	return rc != 0 ? sr_wrap(e, "--since") : 0;
}

static void since_free(struct since *s) {
	sr_receipt_free(&s->receipt);
	sr_buf_free(&s->note);
}

static int restore_options(struct sr_restore_options *o, struct cli *c, struct sr_err *e) {
	o->from = c->args.words[0];
	o->to = c->args.words[1];
	o->secrets_path = cli_get(c, "secrets");
	o->escrow_path = cli_get(c, "escrow");
	o->second = cli_get(c, "second");
	o->no_second = cli_has(c, "no-second");
	o->clock = sr_clock_system();
	if (o->secrets_path == NULL)
		return sr_fail(
			e, SR_USAGE, "--secrets FILE is missing: the sealed file of secrets");
	if (o->escrow_path == NULL)
		return sr_fail(e, SR_USAGE,
			"--escrow FILE is missing: the escrow file that the backup was made with");
	if ((o->second != NULL) == o->no_second)
		return sr_fail(e, SR_USAGE,
			"say where the second copy of secrets.db will lie: --second "
			"PATH, or --no-second");
	return 0;
}

static void restore_print(const struct sr_restore_options *o, const struct sr_backup_result *r,
	struct sr_bytes told) {
	struct sr_buf b;

	printf("restored %s: %llu files, a log of %llu entries, %llu secrets; `strongroom scrub` "
	       "reads all of it\n",
		o->to, (unsigned long long)r->files, (unsigned long long)r->entries,
		(unsigned long long)r->secrets);
	printf("live grants need new pieces from members: strongroom vote REQUEST topup\n");
	sr_buf_init(&b);
	sr_escape_text(&b, told);
	fwrite(b.p, 1, b.len, stdout);
	sr_buf_free(&b);
}

int verb_restore(struct cli *c, struct sr_err *e) {
	struct cli_secret sealed = {0}, service = {0};
	struct sr_backup_result r = {0};
	struct sr_progress progress = cli_progress(c);
	struct sr_restore_options o = {.progress = &progress};
	struct since since = {.receipt = {.index = 0}};
	struct sr_buf told;
	char second[SR_PATH_MAX];
	int rc = restore_options(&o, c, e);

	c->alone = true; /* no core can open what is not there yet */
	sr_buf_init(&told);
	sr_buf_init(&since.note);
	if (rc == 0)
		rc = cli_second_folder(&o.second, second, e);
	if (rc == 0 && cli_get(c, "since") != NULL)
		rc = since_read(&since, &o, cli_get(c, "since"), e);
	if (rc == 0)
		rc = cli_unlock(c, &service, e);
	if (rc == 0)
		rc = secrets_secret(c, &sealed, false, e);
	o.unlock = service.unlock;
	o.unlock_secrets = sealed.unlock;
	if (rc == 0)
		rc = sr_backup_restore(&o, &r, &told, e);
	if (cli_wrong_secret(rc, e))
		c->own_input = true;
	else if (rc == SR_CORRUPT || (rc == SR_AUTH && strstr(e->text, "objects/") != NULL))
		cli_hint(c,
			"nothing was made, and the backup is as it was. Files of packs, "
			"objects, items and ledger/tile never change: put the one that is named "
			"there from another backup, whatever its age, then repeat the command");
	cli_secret_free(&service);
	cli_secret_free(&sealed);
	cli_progress_end();
	if (rc == 0 && c->json)
		backup_json(&r, o.to, sr_buf_view(&told));
	else if (rc == 0)
		restore_print(&o, &r, sr_buf_view(&told));
	if (rc == 0 && r.unread.count > 0) {
		cli_hint(c, "copy what `strongroom scrub` names from another backup, to the same "
			    "place in the vault, then scrub again");
		rc = sr_fail(e, SR_IO,
			"the vault is restored, but %llu files of the backup could not be read, "
			"the first: %s",
			(unsigned long long)r.unread.count, r.unread.first);
	}
	since_free(&since);
	sr_buf_free(&told);
	return rc;
}
