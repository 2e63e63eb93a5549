/*
 * restore - see backup.h: the copy, secrets.db from the sealed file, one opening, and what it
 * tells.
 */
#include "board/backup_in.h"

#include <errno.h>

#include "board/door.h"
#include "board/follow.h"
#include "board/making.h"
#include "board/unlock.h"
#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"
#include "merkle/checkpoint.h"

/* What a restore needs to open, opened before anything is made: a passphrase or a file of another
 * kind is found out before hours of copying. */
struct restoring {
	struct sr_vault_conf conf;
	struct sr_service *k;
	struct sr_escrow x;
	struct sr_backup_secrets f;
};

static int restoring_new(
	struct restoring **out, const struct sr_restore_options *o, struct sr_err *e) {
	struct restoring *r = calloc(1, sizeof *r);

	*out = r;
	if (r == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	r->x.fd = -1;
	sr_buf_init_secret(&r->f.plain);
	if ((o->second != NULL) == o->no_second)
		return sr_fail(e, SR_USAGE,
			"say where the second copy of secrets.db shall lie (--second PATH), or "
			"--no-second");
	return sr_vault_conf_restored(&r->conf, o->from, o->second, e);
}

static void restoring_free(struct restoring *r) {
	if (r == NULL)
		return;
	sr_service_free(r->k);
	sr_buf_free(&r->f.plain);
	sr_escrow_close(&r->x);
	free(r);
}

static int restoring_open(struct restoring *r, struct sr_dir *from,
	const struct sr_restore_options *o, struct sr_err *e) {
	const struct sr_backup_keys keys_of = {&o->unlock_secrets, &r->x};
	struct sr_dir *keys = NULL;
	struct sr_buf file, service;
	int rc = sr_dir_open_at(&keys, from, "keys", e);

	sr_buf_init(&file);
	sr_buf_init(&service);
	if (rc == 0)
		rc = sr_file_read(keys, SR_SERVICE_FILE, &service, 16 << 10, e);
	if (rc == 0)
		rc = sr_service_open(&r->k, sr_buf_view(&service), &o->unlock, e);
	if (rc == 0)
		rc = sr_escrow_open(&r->x, o->escrow_path, r->conf.fingerprint, e);
	if (rc == 0)
		rc = sr_backup_secrets_read(&file, o->secrets_path, e);
	if (rc == 0) {
		rc = sr_backup_secrets_open(
			&r->f, sr_buf_view(&file), r->conf.fingerprint, &keys_of, e);
		if (rc != 0)
			sr_wrap(e, "secrets file");
	}
	sr_dir_close(keys);
	sr_buf_free(&file);
	sr_buf_free(&service);
	return rc;
}

/* secrets.db of the restored vault, filled before the vault is opened for the first time. */
static int restore_secrets(struct restoring *r, struct sr_making *m, const char *second,
	uint64_t *count, struct sr_err *e) {
	const struct sr_secrets_options so = {.dir = sr_making_dir(m),
		.second = second,
		.key = r->k->s->secrets_file,
		.wrap = r->k->s->secrets_wrap,
		.create = true};
	struct sr_secrets *s = NULL;
	int rc;

	rc = sr_secrets_open(&s, &so, e);
	sr_making_second(m, rc);
	if (rc == 0)
		rc = sr_backup_secrets_put(s, &r->f, e);
	if (s != NULL) {
		int end = sr_secrets_close(&s, rc == 0 ? e : NULL);

		rc = rc == 0 ? end : rc;
	}
	*count = r->f.count;
	return rc;
}

/* The secret first: a statement whose key nobody has would never open anything. */
static int renew_room_key(
	struct sr_vault *v, const struct sr_room_key *k, struct sr_outcome *o, struct sr_err *e) {
	struct sr_version_row row = {0};
	struct sr_buf text;
	int rc = sr_query_version(&row, v->catalogue, k->request, k->version, e);

	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_follow_room_key(&text, v, &row, sr_now(&v->clock), e);
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), o, e);
	sr_version_row_free(&row);
	sr_buf_free(&text);
	return rc != 0 ? sr_wrap(e, "room key") : 0;
}

/* A key to make pieces for: no backup has the one that was. */
static int renew_room_keys(
	struct sr_vault *v, struct sr_outcome *o, size_t *renewed, struct sr_err *e) {
	struct sr_room_keys keys = {0};
	int rc = sr_query_room_keys(&keys, v->catalogue, e);

	for (size_t i = 0; i < keys.count && rc == 0; i++) {
		char name[2 * SR_ID + 1];
		bool there = keys.rows[i].ended;

		sr_hex(name, keys.rows[i].request, SR_ID);
		if (!there)
			rc = sr_secrets_find(&there, v->secrets, SR_SECRET_ROOM_KEY,
				sr_bytes_str(name), keys.rows[i].version, e);
		if (rc != 0 || there)
			continue;
		rc = renew_room_key(v, &keys.rows[i], o, e);
		*renewed += rc == 0;
	}
	sr_room_keys_free(&keys);
	return rc;
}

static int log_restored(struct sr_vault *v, struct sr_buf *told, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_buf text;
	size_t renewed = 0;
	int rc;

	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	sr_buf_init(&text);
	sr_follow_begin(&text, v, SR_T_INCIDENT, sr_now(&v->clock));
	sr_text_put(&text, "what", "restored");
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), o, e);
	if (rc == 0)
		rc = renew_room_keys(v, o, &renewed, e);
	if (rc == 0 && told != NULL && renewed > 0)
		sr_buf_printf(told,
			"%zu room key%s made anew: pieces of earlier votes are for the keys "
			"that are gone\n",
			renewed, renewed == 1 ? " was" : "s were");
	sr_buf_free(&text);
	free(o);
	return rc;
}

static int list_lost(struct sr_vault *v, struct sr_buf *out, struct sr_err *e) {
	struct sr_stored_items page = {NULL, 0};
	int64_t after = 0;
	int rc;

	do {
		sr_stored_items_free(&page);
		rc = sr_query_stored_items(&page, v->catalogue, after, UINT64_MAX, e);
		for (size_t i = 0; i < page.count && rc == 0; i++) {
			char hex[2 * SR_ID + 1];
			bool there = false;

			after = page.rows[i].n;
			sr_hex(hex, page.rows[i].item, SR_ID);
			rc = sr_secrets_find(&there, v->secrets, SR_SECRET_SLOT, sr_bytes_str(hex),
				page.rows[i].number, e);
			if (rc == 0 && !there)
				sr_buf_printf(
					out, "item %s has no slot: it is lost for ever\n", hex);
		}
	} while (rc == 0 && page.count > 0);
	sr_stored_items_free(&page);
	return rc;
}

/* --- what came after the backup --------------------------------------------------------------- */

/* A statement that the backup lacks, as the receipt shows it. */
static void tell_statement(struct sr_buf *told, const struct sr_entry *en) {
	const struct sr_statement *s = &en->statement;

	if (s->type == NULL)
		return;
	sr_buf_printf(told, "entry %llu, which the receipt shows, is not in it: %s\n",
		(unsigned long long)en->index, s->type->name);
	for (size_t i = 0; i < sr_field_count(s, "item"); i++) {
		struct sr_bytes item = sr_field(s, "item", i);

		sr_buf_printf(told, "  item %.*s\n", (int)item.len, (const char *)item.p);
	}
}

static int tell_receipt(struct sr_buf *told, const struct sr_vault *v, const struct sr_receipt *r,
	struct sr_err *e) {
	struct sr_receipt_check check = {.ignore_size = true};
	struct sr_receipt_result result = {0};
	struct sr_seen *seen = calloc(1, sizeof *seen);
	struct sr_buf vkey;
	char *text = NULL;
	int rc;

	if (seen == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	sr_buf_init(&vkey);
	sr_vkey_put(&vkey, sr_ledger_vkey(v->ledger));
	rc = sr_buf_ok(&vkey, e);
	if (rc == 0 && (text = sr_buf_dup_str(&vkey)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "out of memory");
	if (rc == 0)
		rc = sr_seen_init(
			seen, v->keys->origin, v->fingerprint, text, "p-0000000000000000", e);
	if (rc == 0)
		seen->keys = *sr_ledger_keys(v->ledger);
	check.seen = seen;
	if (rc == 0)
		rc = sr_receipt_verify(&result, r, &check, e);
	if (rc == 0) {
		tell_statement(told, &result.entry);
		sr_entry_free(&result.entry);
	}
	sr_buf_free(&vkey);
	free(text);
	free(seen);
	return rc;
}

/* ${checkpoint} against the restored log. *${shown}: its size; *${ours}: a key of the log signed
 * it. */
static int since_size(uint64_t *shown, bool *ours, const struct sr_vault *v,
	struct sr_bytes checkpoint, struct sr_err *e) {
	struct sr_checkpoint cp;
	struct sr_note note = {0};
	uint8_t root[SR_HASH];
	int rc = sr_log_keys_open(&cp, &note, checkpoint, sr_ledger_keys(v->ledger), e);

	sr_note_free(&note);
	if (rc != 0)
		return rc;
	*shown = cp.size;
	*ours = true;
	if (cp.size > sr_ledger_next_index(v->ledger))
		return 0;
	rc = sr_ledger_root_at(v->ledger, cp.size, root, e);
	if (rc == 0 && memcmp(root, cp.root, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH,
			"forked: the log's key signed another log of %llu entries than the one in "
			"the backup; keep both, and use this backup only when it is clear which of "
			"them is the true one",
			(unsigned long long)cp.size);
	return rc;
}

/* The escrow was not rotated since, or the restore would have failed: say what lives again. */
static int tell_since(struct sr_buf *told, const struct sr_vault *v,
	const struct sr_restore_options *o, struct sr_err *e) {
	const uint64_t size = sr_ledger_next_index(v->ledger);
	const struct sr_bytes checkpoint =
		o->receipt != NULL ? sr_buf_view(&o->receipt->checkpoint) : o->checkpoint;
	uint64_t shown = 0;
	bool ours = false;
	int rc;

	if (checkpoint.p == NULL) {
		sr_buf_printf(told,
			"the log of the backup ends after %llu entries; whatever was destroyed or "
			"ended later lives again here (--since FILE, a later receipt or "
			"checkpoint, shows how far the log went on)\n",
			(unsigned long long)size);
		return 0;
	}
	rc = since_size(&shown, &ours, v, checkpoint, e);
	if (rc == 0 && shown <= size)
		sr_buf_printf(told,
			"the log of %llu entries that --since shows is all in the backup\n",
			(unsigned long long)shown);
	if (rc == 0 && shown > size)
		sr_buf_printf(told,
			"the log went on to %llu entries, the backup ends after %llu: whatever was "
			"destroyed, erased, revoked or closed in the %llu between lives again here "
			"and must be decided anew\n",
			(unsigned long long)shown, (unsigned long long)size,
			(unsigned long long)(shown - size));
	if (rc == 0 && o->receipt != NULL && o->receipt->index >= size)
		rc = tell_receipt(told, v, o->receipt, e);
	if (rc == SR_AUTH && !ours)
		sr_wrap(e, "--since: forged, or the service keys were changed after this backup, "
			   "which then can not check it (restore without)");
	else if (rc != 0)
		sr_wrap(e, "--since");
	return rc;
}

/* What an older secrets.db wants, once the vault is open with it. */
static int after_older(struct sr_vault *v, struct sr_buf *told, struct sr_err *e) {
	int rc = log_restored(v, told, e);

	if (rc == 0 && told != NULL)
		rc = list_lost(v, told, e);
	return rc == 0 && v->older ? sr_vault_older_done(v, e) : rc;
}

int sr_restore_accept(struct sr_vault *v, struct sr_buf *told, struct sr_err *e) {
	if (!v->older)
		return sr_fail(e, SR_DENIED,
			"secrets.db is as new as the ledger says: there is nothing to accept");
	return after_older(v, told, e);
}

static int open_restored(const struct sr_restore_options *o, const struct restoring *r,
	uint64_t *entries, struct sr_buf *recovered, struct sr_err *e) {
	struct sr_vault_open vo = {
		.path = o->to,
		.unlock = o->unlock,
		.clock = o->clock,
		.progress = o->progress,
		.conf = &r->conf,
		.known_size = r->f.size,
		.known_root = r->f.root,
		.accept_older_secrets = true,
	};
	struct sr_vault *v = NULL;
	int rc = sr_vault_open(&v, &vo, e);

	if (rc == 0 && recovered != NULL)
		sr_buf_put_buf(recovered, &v->recovered);
	if (rc == 0 && recovered != NULL)
		rc = tell_since(recovered, v, o, e);
	if (rc == 0)
		rc = after_older(v, recovered, e);
	if (rc == 0)
		*entries = sr_ledger_next_index(v->ledger);
	sr_vault_close(v);
	return rc;
}

/* ${from} may be the folder of a vault that has lost its secrets.db, and nobody may write in it
 * meanwhile. A backup has no lock; one on a medium that cannot be written is nobody's. */
static int hold_from(
	struct sr_lock **lock, struct sr_dir **run, struct sr_dir *from, struct sr_err *e) {
	bool there = false;
	int rc = sr_file_find(&there, from, "run/lock", e);

	if (rc == SR_NOTFOUND)
		sr_err_clear(e);
	if (rc != 0 || !there)
		return rc == SR_NOTFOUND ? 0 : rc;
	rc = sr_dir_open_at(run, from, "run", e);
	if (rc == 0)
		rc = sr_lock_take(lock, *run, "lock", e);
	if (rc == SR_IO && e != NULL && e->no == EROFS) {
		sr_err_clear(e);
		return 0;
	}
	return rc == SR_LOCKED ? sr_wrap(e, "%s is a vault that is open", sr_dir_path(from)) : rc;
}

/* Everything but the conf, in a folder that is ours. */
static int restore_to(struct sr_making *m, struct sr_dir *from, struct restoring *r,
	const struct sr_restore_options *o, struct sr_backup_result *out, struct sr_buf *recovered,
	struct sr_err *e) {
	int rc = sr_backup_copy(from, sr_making_dir(m), out, o->progress, e);

	if (rc == 0)
		rc = restore_secrets(r, m, o->second, &out->secrets, e);
	if (rc == 0) {
		sr_making_let(m);
		rc = open_restored(o, r, &out->entries, recovered, e);
	}
	return rc == 0 ? sr_making_hold(m, e) : rc;
}

int sr_backup_restore(const struct sr_restore_options *o, struct sr_backup_result *out,
	struct sr_buf *recovered, struct sr_err *e) {
	struct restoring *r = NULL;
	struct sr_making *m = NULL;
	struct sr_dir *from = NULL, *run = NULL;
	struct sr_lock *lock = NULL;
	int rc;

	memset(out, 0, sizeof *out);
	rc = restoring_new(&r, o, e);
	if (rc == 0)
		rc = sr_dir_open(&from, o->from, e);
	if (rc == 0)
		rc = hold_from(&lock, &run, from, e);
	if (rc == 0)
		rc = restoring_open(r, from, o, e);
	if (rc == 0)
		rc = sr_making_begin(&m, o->to, o->second, e);
	if (rc == 0)
		rc = restore_to(m, from, r, o, out, recovered, e);
	/* Last: what a kill leaves before is no vault, which would be opened with the second copy
	 * of the one that was backed up, or without what only a restore does. */
	if (rc == 0)
		rc = sr_vault_conf_put(sr_making_dir(m), &r->conf, e);
	out->files += rc == 0;
	sr_making_end(m, rc == 0);
	sr_lock_free(lock);
	sr_dir_close(run);
	sr_dir_close(from);
	restoring_free(r);
	return rc != 0 ? sr_wrap(e, "restore to %s", o->to) : 0;
}
