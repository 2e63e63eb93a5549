/*
 * making - see making.h.
 */
#include "board/making.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/vault.h"
#include "store/rootcell.h"
#include "store/secrets.h"

static const char run_name[] = "run", lock_name[] = "lock";

struct sr_making {
	struct sr_dir *dir, *run;
	struct sr_lock *lock; /* NULL: not taken, or let */
	char *path, *second;
	bool made, second_ours;
};

static void making_free(struct sr_making *m) {
	sr_lock_free(m->lock);
	sr_dir_close(m->run);
	sr_dir_close(m->dir);
	free(m->path);
	free(m->second);
	free(m);
}

void sr_making_let(struct sr_making *m) {
	sr_lock_free(m->lock);
	m->lock = NULL;
}

int sr_making_hold(struct sr_making *m, struct sr_err *e) {
	return sr_lock_take(&m->lock, m->run, lock_name, e);
}

void sr_making_second(struct sr_making *m, int rc) {
	m->second_ours = m->second != NULL && rc != SR_EXISTS;
}

/* --- undoing ---------------------------------------------------------------------------------- */

/* All of one folder, but what holds others off; a root cell, which opens what lies beside it, is
 * overwritten. */
static int undo_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	const char *const end = strrchr(name, '-');
	struct sr_dir *d = ctx, *sub = NULL;

	if (!is_dir && end != NULL && strcmp(end, "-root") == 0)
		(void)!sr_rootcell_remove(d, name, e);
	else if (!is_dir)
		(void)!sr_file_remove_later(d, name, e);
	else if (sr_dir_open_at(&sub, d, name, e) == 0) {
		(void)!sr_dir_each(sub, undo_entry, sub, e);
		sr_dir_close(sub);
		(void)unlinkat(sr_dir_fd(d), name, AT_REMOVEDIR);
	}
	return 0; /* the others all the same */
}

static int undo_but_run(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	return strcmp(name, run_name) == 0 ? 0 : undo_entry(ctx, name, is_dir, e);
}

/* The lock is ours. */
static void undo(struct sr_making *m) {
	struct sr_err ignored = {0};

	/* From here on it is no vault, whoever comes. */
	(void)!sr_file_remove_later(m->dir, "strongroom.conf", &ignored);
	if (m->second_ours)
		(void)!sr_secrets_copy_undo(m->second, &ignored);
	(void)!sr_dir_each(m->dir, undo_but_run, m->dir, &ignored);
	(void)!undo_entry(m->dir, run_name, true, &ignored);
	if (m->made)
		(void)rmdir(m->path);
}

/* --- beginning -------------------------------------------------------------------------------- */

/* ${ctx}: the one name that may be there, or NULL. */
static int not_empty(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	(void)is_dir;
	if (ctx != NULL && strcmp(ctx, name) == 0)
		return 0;
	return sr_fail(e, SR_EXISTS,
		"the directory is not empty (%s): name an empty one, or one that is not there yet; "
		"what an init or restore left that was killed is no vault: remove it",
		name);
}

static int only(struct sr_dir *d, const char *name, struct sr_err *e) {
	char may[sizeof run_name + sizeof lock_name];

	snprintf(may, sizeof may, "%s", name != NULL ? name : "");
	const int rc = sr_dir_each(d, not_empty, name != NULL ? may : NULL, e);
	return rc == SR_EXISTS ? sr_wrap(e, "%s", sr_dir_path(d)) : rc;
}

/* Between the first look and the lock another process may have made one. */
static int hold(struct sr_making *m, struct sr_err *e) {
	int rc = sr_dir_make(&m->run, m->dir, run_name, 0711, e);

	if (rc == 0)
		rc = sr_making_hold(m, e);
	if (rc == 0)
		rc = only(m->dir, run_name, e);
	if (rc == 0)
		rc = only(m->run, lock_name, e);
	return rc;
}

static int second_empty(const char *second, struct sr_err *e) {
	bool there = false;
	int rc = second == NULL ? 0 : sr_secrets_copy_find(&there, second, e);

	if (rc == 0 && there)
		rc = sr_fail(e, SR_EXISTS,
			"in %s lies a second copy already, which may be the copy of another "
			"secrets.db; name an empty folder",
			second);
	return rc;
}

/* What is made in it is durable only with its own name. A parent that we may not read is left to
 * the system. */
static int keep_name(const char *path, struct sr_err *e) {
	struct sr_dir *parent = NULL;
	const char *name = NULL;
	int rc = 0;

	if (sr_dir_of(&parent, &name, path, NULL) == 0)
		rc = sr_dir_sync(parent, e);
	sr_dir_close(parent);
	return rc;
}

static int begin(struct sr_making *m, struct sr_err *e) {
	int rc = second_empty(m->second, e);

	if (rc != 0)
		return rc;
	m->made = mkdir(m->path, 0711) == 0;
	if (!m->made && errno != EEXIST)
		return sr_fail_errno(e, "%s", m->path);
	rc = sr_vault_not_others(m->path, e);
	if (rc == 0 && m->made)
		rc = keep_name(m->path, e);
	if (rc == 0)
		rc = sr_dir_open(&m->dir, m->path, e);
	if (rc == 0)
		rc = only(m->dir, NULL, e);
	if (rc == 0 && m->second != NULL)
		rc = sr_vault_apart(m->path, m->second, e);
	if (rc == 0)
		rc = hold(m, e);
	/* Whatever the umask says: other users pass through to run/core.sock, and read nothing. */
	if (rc == 0 && fchmod(sr_dir_fd(m->dir), 0711) != 0)
		rc = sr_fail_errno(e, "%s: mode", m->path);
	return rc;
}

/* What a beginning that failed has made itself: nothing else can be in it. */
static void take_back(struct sr_making *m) {
	struct sr_err ignored = {0};
	const bool held = m->run != NULL && (m->lock != NULL || sr_making_hold(m, NULL) == 0);

	if (held && only(m->dir, run_name, &ignored) == 0 && only(m->run, lock_name, &ignored) == 0)
		undo(m);
	else { /* if they are empty */
		if (m->dir != NULL && m->run == NULL)
			(void)unlinkat(sr_dir_fd(m->dir), run_name, AT_REMOVEDIR);
		if (m->made)
			(void)rmdir(m->path);
	}
}

int sr_making_begin(
	struct sr_making **out, const char *path, const char *second, struct sr_err *e) {
	struct sr_making *m = calloc(1, sizeof *m);
	int rc = 0;

	*out = NULL;
	if (m == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory");
	if ((m->path = strdup(path)) == NULL ||
		(second != NULL && (m->second = strdup(second)) == NULL))
		rc = sr_fail(e, SR_NOMEM, "out of memory");
	if (rc == 0)
		rc = begin(m, e);
	if (rc != 0) {
		take_back(m);
		making_free(m);
		return rc;
	}
	*out = m;
	return 0;
}

struct sr_dir *sr_making_dir(const struct sr_making *m) {
	return m->dir;
}

void sr_making_end(struct sr_making *m, bool done) {
	if (m == NULL)
		return;
	if (!done &&
		(m->lock != NULL || sr_making_hold(m, NULL) == 0)) /* else it is somebody else's */
		undo(m);
	making_free(m);
}
