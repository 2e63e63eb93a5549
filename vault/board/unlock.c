/*
 * unlock - see unlock.h.
 */
#include "board/unlock.h"

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

int sr_unlock_put(struct sr_dir *dir, const struct sr_service *keys, const struct sr_unlock *u,
	bool *changed, struct sr_err *e) {
	struct sr_dir *at = NULL;
	struct sr_buf b;
	int rc;

	*changed = false;
	sr_buf_init(&b);
	rc = sr_service_seal(&b, keys, u, e);
	if (rc == 0)
		rc = sr_dir_open_at(&at, dir, "keys", e);
	if (rc == 0)
		rc = sr_file_supersede(at, SR_SERVICE_FILE, sr_buf_view(&b), changed, e);
	sr_dir_close(at);
	sr_buf_free(&b);
	return rc;
}

int sr_unlock_change(const struct sr_unlock_change *o, bool *changed, struct sr_err *e) {
	struct sr_vault_conf *conf = calloc(1, sizeof *conf);
	struct sr_service *keys = NULL;
	struct sr_dir *dir = NULL, *run = NULL;
	struct sr_lock *lock = NULL;
	int rc = conf == NULL ? sr_fail(e, SR_NOMEM, "vault: out of memory")
			      : sr_vault_conf_read(conf, o->path, e);

	*changed = false;
	if (rc == 0)
		rc = sr_dir_open(&dir, o->path, e);
	if (rc == 0)
		rc = sr_dir_open_at(&run, dir, "run", e);
	if (rc == 0)
		rc = sr_lock_take(&lock, run, "lock", e);
	if (rc == 0)
		rc = sr_unlock_open(&keys, dir, &o->now, e);
	if (rc == 0)
		rc = sr_unlock_put(dir, keys, &o->then, changed, e);
	sr_service_free(keys);
	sr_lock_free(lock);
	sr_dir_close(run);
	sr_dir_close(dir);
	free(conf);
	return rc;
}
