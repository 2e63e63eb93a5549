/*
 * unlock - see unlock.h.
 */
#include "board/unlock.h"

#include "board/recover.h"
#include "board/vault.h"
#include "store/supersede.h"

enum {
	SERVICE_MAX = 16 << 10 /* bytes: a dozen lines */
};

int sr_unlock_open(
	struct sr_service **out, struct sr_dir *dir, const struct sr_unlock *u, struct sr_err *e) {
	struct sr_dir *keys = NULL;
	struct sr_buf b;
	size_t swept = 0;
	int rc;

	sr_buf_init(&b);
	rc = sr_dir_open_at(&keys, dir, "keys", e);
	if (rc == 0)
		rc = sr_tmpfile_sweep(keys, &swept, e);
	if (rc == 0)
		rc = sr_file_supersede_finish(keys, SR_SERVICE_FILE, NULL, e);
	if (rc == 0)
		rc = sr_file_read(keys, SR_SERVICE_FILE, &b, SERVICE_MAX, e);
	if (rc == 0)
		rc = sr_service_open(out, sr_buf_view(&b), u, e);
	sr_dir_close(keys);
	sr_buf_free(&b);
	return rc;
}

int sr_unlock_put(struct sr_dir *dir, struct sr_bytes sealed, bool *changed, struct sr_err *e) {
	struct sr_dir *keys = NULL;
	bool there = false;
	int rc = sr_dir_make(&keys, dir, "keys", 0700, e);

	*changed = false;
	if (rc == 0)
		rc = sr_file_find(&there, keys, SR_SERVICE_FILE, e);
	if (rc == 0 && there) {
		rc = sr_file_supersede(keys, SR_SERVICE_FILE, sealed, changed, e);
	} else if (rc == 0) { /* lost, and given back by the board */
		rc = sr_file_create(keys, SR_SERVICE_FILE, sealed, e);
		*changed = rc == 0;
	}
	sr_dir_close(keys);
	return rc;
}

/* A recovery that is not in the log yet knows keys/service by its bytes. */
static int no_recovery_due(struct sr_dir *dir, struct sr_err *e) {
	bool there = false;
	const int rc = sr_file_find(&there, dir, "keys/" SR_RECOVER_NOTE, e);

	if (rc != 0 || !there)
		return rc;
	return sr_fail(e, SR_LOCKED,
		"a recovery of the service keys was broken off: open the vault once "
		"(`strongroom status`), so that it comes into the log first");
}

int sr_unlock_change(const struct sr_unlock_change *o, bool *changed, struct sr_err *e) {
	struct sr_vault_conf *conf = calloc(1, sizeof *conf);
	struct sr_service *keys = NULL;
	struct sr_dir *dir = NULL, *run = NULL;
	struct sr_lock *lock = NULL;
	struct sr_buf sealed;
	int rc = conf == NULL ? sr_fail(e, SR_NOMEM, "vault: out of memory")
			      : sr_vault_conf_read(conf, o->path, e);

	*changed = false;
	sr_buf_init(&sealed);
	if (rc == 0)
		rc = sr_vault_not_others(o->path, e);
	if (rc == 0)
		rc = sr_dir_open(&dir, o->path, e);
	if (rc == 0)
		rc = sr_dir_open_at(&run, dir, "run", e);
	if (rc == 0)
		rc = sr_lock_take(&lock, run, "lock", e);
	if (rc == 0)
		rc = sr_unlock_open(&keys, dir, &o->now, e);
	if (rc == 0)
		rc = no_recovery_due(dir, e);
	if (rc == 0)
		rc = sr_service_seal(&sealed, keys, &o->then, e);
	if (rc == 0)
		rc = sr_unlock_put(dir, sr_buf_view(&sealed), changed, e);
	sr_buf_free(&sealed);
	sr_service_free(keys);
	sr_lock_free(lock);
	sr_dir_close(run);
	sr_dir_close(dir);
	free(conf);
	return rc;
}
