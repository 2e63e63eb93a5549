/*
 * service rotate: the service keys change, and with them what they are sealed to.
 */
#include <stdio.h>
#include <unistd.h>

#include "board/rotate.h"
#include "board/witnessing.h"
#include "cli/verbs.h"
#include "ledger/ledger.h"

const struct cli_option cli_rotate_options[] = {
	{"unlock-new", CLI_ONE, "F", "make a new credential file: it will unlock the service keys"},
	{"new-passphrase-file", CLI_ONE, "F", "the new passphrase (else it is asked for)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static int key_text(struct sr_buf *out, const struct sr_vault *v, struct sr_err *e) {
	sr_vkey_put(out, sr_ledger_vkey(v->ledger));
	sr_buf_put_u8(out, '\0');
	return sr_buf_ok(out, e);
}

static int rotated(const struct cli *c, const struct sr_vault *v, struct sr_err *e) {
	const size_t witnesses = sr_witnessing_count(v);
	struct sr_buf key;
	int rc;
	sr_buf_init(&key);
	rc = key_text(&key, v, e);
	if (rc == 0 && c->json) {
		json_t *j = json_object();
		json_object_set_new(j, "entry", json_integer((json_int_t)v->keys->former_end[0]));
		json_object_set_new(j, "ledger-key", json_string((const char *)key.p));
		json_object_set_new(
			j, "changes", json_integer((json_int_t)v->keys->generations - 1));
		json_object_set_new(j, "witnesses", json_integer((json_int_t)witnesses));
		cli_json_print(j);
	} else if (rc == 0) {
		printf("the service keys are new ones from entry %llu of the log on "
		       "(service-key). The log's public key is\n  %s\n"
		       "Whoever checks the log with the key before wants this one too (`log "
		       "export` shows how one follows from the other).\n"
		       "Backups made until now hold the keys before: make a new one, and destroy "
		       "those\n",
			(unsigned long long)v->keys->former_end[0], (const char *)key.p);
		if (witnesses > 0)
			printf("Give it to the operators of the %zu witness%s: until they have "
			       "added it (strongroom witness log add), they cosign nothing more, "
			       "and checkouts wait\n",
				witnesses, witnesses == 1 ? "" : "es");
	}
	sr_buf_free(&key);
	return rc;
}

int verb_service_rotate(struct cli *c, struct sr_err *e) {
	const struct sr_progress progress = cli_progress(c);
	struct sr_vault_open vo = {.clock = sr_clock_system(), .progress = &progress};
	struct sr_rotate o = {.clock = sr_clock_system(), .progress = &progress};
	struct cli_secret now = {0}, then = {0};
	struct sr_vault *v = NULL, *next = NULL;
	bool changed = false;
	int rc = cli_vault(c, &o.path, e);
	vo.path = o.path;
	if (rc == 0)
		rc = cli_alone(c, o.path, e);
	if (rc == 0)
		rc = cli_unlock(c, &now, e);
	vo.unlock = now.unlock;
	if (rc == 0)
		rc = sr_vault_open(&v, &vo, e);
	if (cli_wrong_secret(rc, e))
		c->own_input = true;
	else if (rc == SR_LOCKED && c->hint[0] == '\0')
		cli_hint(c, "end `strongroom core` first: it holds the vault");
	if (rc == 0)
		rc = cli_unlock_new(c, &then, e);
	o.then = then.unlock;
	if (rc == 0) {
		rc = sr_rotate(&next, v, &o, &changed, e);
		v = NULL;
	}
	cli_progress_end();
	/* Once the keys may be sealed to it the new credential is never taken away. */
	if (rc != 0 && !changed && then.unlock.credential.p != NULL)
		cli_unlock_new_undo(c);
	cli_secret_free(&now);
	cli_secret_free(&then);
	if (rc != 0 && changed)
		cli_hint(c,
			"the new way to unlock is in force; the next opening (`strongroom status`) "
			"goes on");
	if (rc == 0)
		rc = rotated(c, next, e);
	sr_vault_close(v);
	sr_vault_close(next);
	return rc;
}
