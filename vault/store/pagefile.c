/*
 * pagefile - see the header. What is where, for the page of index i:
 *   pf->dirty[i]            written since the last sync, plaintext
 *   redo.pending[place]     spilled frame of the open batch (its entry is in the tree, its record
 * is not written yet) redo.committed[place]   newest frame of a whole batch NAME at its place as of
 * the redo file's base pf->state is the last whole batch's; pf->tree stands at the state to come. A
 * unit in NAME that the redo file has, may be torn.
 */
#include "store/pagefile.h"

#include <unistd.h>

#include "base/pool.h"
#include "base/secret.h"
#include "store/pagetree.h"

enum {
	DIRTY_MAX = 1024, /* pages in memory before a transaction spills: 4 MiB */
	SEAL_AT_ONCE =
		128,      /* pages that are sealed on all cores, before they are written: 512 KiB */
	REDO_LARGE = 8192 /* cells after which the redo file is applied: 32 MiB */
};

struct sr_pagefile {
	struct sr_dir *dir;
	struct sr_unit_file f;
	bool durable, erasing, resync, position_set;
	int fd;
	struct sr_redo redo;
	struct sr_rootcell cell;
	int slot;                    /* of the current root; -1 in plain mode */
	struct sr_page_state *state; /* in the secret arena */
	struct sr_pagetree tree;
	struct sr_umap dirty; /* index -> uint8_t[SR_UNIT_PLAIN] */
	uint64_t ledger_size;
	uint8_t ledger_root[SR_HASH];
	uint64_t copy_root;
	uint64_t large;
	struct sr_err failed; /* sticky */
	struct sr_err last;   /* for sr_pagefile_take_error */
	char recovered[320];
};

static int note(struct sr_pagefile *pf, int rc, struct sr_err *e) {
	if (rc != 0 && e != NULL && e->code != SR_OK) {
		if (strncmp(e->text, pf->f.name, strlen(pf->f.name)) != 0)
			sr_wrap(e, "%s", pf->f.name);
		pf->last = *e;
	}
	return rc;
}

/* From here on nothing may be written: what is on the disk is not known any more. */
static int fail_for_good(struct sr_pagefile *pf, int rc, struct sr_err *e) {
	note(pf, rc, e);
	if (pf->failed.code == SR_OK) {
		pf->failed = *e;
		sr_wrap(&pf->failed, "stopped after an earlier failure");
	}
	return rc;
}

static int check_alive(struct sr_pagefile *pf, struct sr_err *e) {
	if (pf->failed.code == SR_OK)
		return 0;
	*e = pf->failed;
	pf->last = *e;
	return (int)e->code;
}

static int fetch(void *ctx, struct sr_unit_at at, uint8_t out[SR_UNIT], struct sr_err *e) {
	struct sr_pagefile *pf = ctx;
	uint64_t place = sr_unit_place(at);
	bool found;
	int rc = sr_redo_read(&pf->redo, place, out, &found, e);

	if (rc == 0 && !found) {
		rc = sr_fd_pread(pf->fd, out, SR_UNIT, SR_UNIT + place * SR_UNIT, e);
		if (rc != 0)
			sr_wrap(e, "%s %llu", at.level == 0 ? "page" : "tree node",
				(unsigned long long)at.index + (at.level == 0));
	}
	return rc;
}

static int put_frame(
	void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e) {
	struct sr_pagefile *pf = ctx;

	return sr_redo_frame(&pf->redo, at, sealed, e);
}

static const uint8_t *record_key(const struct sr_pagefile *pf) {
	return pf->f.erasable ? pf->cell.slots[pf->slot].key : sr_unit_record_key(&pf->f);
}

/* ---- pages in memory ---- */

static uint8_t *as_page(uint64_t value) {
	return (uint8_t *)(uintptr_t)value;
}

static void page_free(uint8_t *page) {
	sr_wipe(page, SR_UNIT_PLAIN);
	free(page);
}

static void drop_dirty(struct sr_pagefile *pf) {
	uint64_t index, value;
	size_t at = 0;

	while (sr_umap_next(&pf->dirty, &at, &index, &value))
		page_free(as_page(value));
	sr_umap_clear(&pf->dirty);
}

/* Back to the last whole batch. */
static void forget_batch(struct sr_pagefile *pf) {
	drop_dirty(pf);
	sr_redo_abort(&pf->redo);
	sr_pagetree_reset(&pf->tree, pf->state->pages, pf->state->top);
	pf->resync = true;
	pf->erasing = false;
	pf->position_set = false;
}

void sr_pagefile_forget(struct sr_pagefile *pf) {
	bool resync = pf->resync;

	if (pf->dirty.count == 0 && pf->tree.dirty == 0 && pf->redo.batch == 0 &&
		pf->tree.pages == pf->state->pages)
		return;
	forget_batch(pf);
	pf->resync = resync;
}

struct sealing { /* a run of pages, each by itself */
	const struct sr_unit_file *f;
	struct {
		uint64_t index;
		const uint8_t *plain;
		uint8_t entry[SR_KEY];
	} page[SEAL_AT_ONCE];
	size_t count;
	uint8_t sealed[SEAL_AT_ONCE][SR_UNIT];
};

static int seal_one(void *ctx, size_t i, struct sr_err *e) {
	struct sealing *s = ctx;
	const struct sr_unit_at at = {0, s->page[i].index};

	(void)e;
	sr_unit_seal(s->sealed[i], s->page[i].entry, s->f, at, s->page[i].plain);
	return 0;
}

/* On all cores where there are many: threads are not worth their start for a few. */
static int seal_run(struct sr_pagefile *pf, struct sealing *s, struct sr_err *e) {
	int rc = 0;

	if (s->count == SEAL_AT_ONCE)
		rc = sr_parallel(s->count, seal_one, s, e);
	else
		for (size_t i = 0; i < s->count && rc == 0; i++)
			rc = seal_one(s, i, e);
	for (size_t i = 0; i < s->count && rc == 0; i++) {
		const struct sr_unit_at at = {0, s->page[i].index};

		rc = sr_redo_frame(&pf->redo, at, s->sealed[i], e);
		if (rc == 0)
			rc = sr_pagetree_set(&pf->tree, at.index, s->page[i].entry, e);
	}
	s->count = 0;
	return rc;
}

/* Seal the pages in memory as frames, in order of their index. */
static int spill_pages(struct sr_pagefile *pf, struct sr_err *e) {
	struct sealing *s = malloc(sizeof *s);
	uint64_t *order = NULL, value = 0;
	size_t count = pf->dirty.count;
	int rc;

	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for sealing pages");
	s->f = &pf->f;
	s->count = 0;
	rc = sr_umap_sorted(&pf->dirty, &order, e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (!sr_umap_get(&pf->dirty, order[i], &value))
			continue;
		s->page[s->count].index = order[i];
		s->page[s->count++].plain = as_page(value);
		if (s->count == SEAL_AT_ONCE)
			rc = seal_run(pf, s, e);
	}
	if (rc == 0)
		rc = seal_run(pf, s, e);
	sr_wipe(s->page, sizeof s->page);
	free(s);
	free(order);
	if (rc == 0)
		drop_dirty(pf);
	return rc;
}

uint64_t sr_pagefile_pages(const struct sr_pagefile *pf) {
	return pf->tree.pages;
}

static int read_synced(
	struct sr_pagefile *pf, uint64_t index, uint8_t out[SR_UNIT_PLAIN], struct sr_err *e) {
	uint8_t sealed[SR_UNIT], entry[SR_KEY];
	struct sr_unit_at at = {0, index};
	int rc = sr_pagetree_get(&pf->tree, index, entry, e);

	if (rc == 0 && sr_unit_absent(entry)) {
		memset(out, 0, SR_UNIT_PLAIN);
		return 0;
	}
	if (rc == 0)
		rc = fetch(pf, at, sealed, e);
	if (rc == 0)
		rc = sr_unit_open(out, &pf->f, at, entry, sealed, e);
	sr_wipe(entry, sizeof entry);
	return rc;
}

int sr_pagefile_read(
	struct sr_pagefile *pf, uint64_t index, uint8_t out[SR_UNIT_PLAIN], struct sr_err *e) {
	uint64_t value;
	int rc = check_alive(pf, e);

	if (rc != 0)
		return rc;
	if (index >= pf->tree.pages)
		return note(pf,
			sr_fail(e, SR_MISUSE, "page %llu of %llu asked for",
				(unsigned long long)index + 1, (unsigned long long)pf->tree.pages),
			e);
	if (sr_umap_get(&pf->dirty, index, &value)) {
		memcpy(out, as_page(value), SR_UNIT_PLAIN);
		return 0;
	}
	return note(pf, read_synced(pf, index, out, e), e);
}

int sr_pagefile_write(
	struct sr_pagefile *pf, uint64_t index, const uint8_t in[SR_UNIT_PLAIN], struct sr_err *e) {
	uint8_t *page = NULL;
	uint64_t value;
	int rc = check_alive(pf, e);

	if (rc != 0)
		return rc;
	if (index >= UINT32_MAX)
		return note(pf,
			sr_fail(e, SR_LIMIT, "page %llu is beyond the format",
				(unsigned long long)index + 1),
			e);
	if (index >= pf->tree.pages)
		rc = sr_pagetree_resize(&pf->tree, index + 1, e);
	if (rc == 0 && sr_umap_get(&pf->dirty, index, &value)) {
		memcpy(as_page(value), in, SR_UNIT_PLAIN);
		return 0;
	}
	if (rc == 0 && pf->dirty.count >= DIRTY_MAX)
		rc = spill_pages(pf, e);
	if (rc == 0) {
		page = malloc(SR_UNIT_PLAIN);
		rc = page == NULL ? sr_fail(e, SR_NOMEM, "no memory for a page") : 0;
	}
	if (rc == 0) {
		memcpy(page, in, SR_UNIT_PLAIN);
		rc = sr_umap_put(&pf->dirty, index, (uint64_t)(uintptr_t)page, e);
		if (rc != 0)
			page_free(page);
	}
	if (rc != 0)
		forget_batch(pf);
	return note(pf, rc, e);
}

int sr_pagefile_truncate(struct sr_pagefile *pf, uint64_t pages, struct sr_err *e) {
	uint64_t *order = NULL, value;
	size_t count = pf->dirty.count;
	int rc = check_alive(pf, e);

	if (rc != 0 || pages == pf->tree.pages)
		return rc;
	rc = sr_umap_sorted(&pf->dirty, &order, e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (order[i] < pages || !sr_umap_get(&pf->dirty, order[i], &value))
			continue;
		page_free(as_page(value));
		sr_umap_del(&pf->dirty, order[i]);
	}
	free(order);
	if (rc == 0)
		rc = sr_pagetree_resize(&pf->tree, pages, e);
	if (rc != 0)
		forget_batch(pf);
	return note(pf, rc, e);
}

/* After a forgotten batch SQLite writes back the old pages; those that are as they were need no
 * batch. */
static int drop_unchanged(struct sr_pagefile *pf, struct sr_err *e) {
	uint8_t old[SR_UNIT_PLAIN];
	uint64_t *order = NULL, value;
	size_t count = pf->dirty.count;
	int rc = sr_umap_sorted(&pf->dirty, &order, e);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (!sr_umap_get(&pf->dirty, order[i], &value) || order[i] >= pf->tree.pages)
			continue;
		rc = read_synced(pf, order[i], old, e);
		if (rc == 0 && sr_ct_eq(old, as_page(value), SR_UNIT_PLAIN)) {
			page_free(as_page(value));
			sr_umap_del(&pf->dirty, order[i]);
		}
	}
	sr_wipe(old, sizeof old);
	free(order);
	if (rc == 0)
		pf->resync = false;
	return rc;
}

/* ---- sync ---- */

static bool something_to_sync(const struct sr_pagefile *pf) {
	return pf->dirty.count > 0 || pf->tree.dirty > 0 || pf->redo.batch > 0 ||
	       pf->tree.pages != pf->state->pages || pf->position_set || pf->erasing;
}

static void next_state(struct sr_pagefile *pf, struct sr_page_state *next) {
	*next = *pf->state;
	next->sequence++;
	next->pages = pf->tree.pages;
	memcpy(next->top, pf->tree.top, SR_KEY);
	if (pf->position_set) {
		next->ledger_size = pf->ledger_size;
		memcpy(next->ledger_root, pf->ledger_root, SR_HASH);
	}
	next->copy_root = pf->copy_root;
	sr_state_hash(next->prev, &pf->f, pf->state);
}

/* Step 1 of an erasure (store/secrets.h): the new root, durable beside the old one. */
static int add_root(struct sr_pagefile *pf, struct sr_page_state *next, struct sr_err *e) {
	struct sr_root *root = sr_secret_new(sizeof *root, e);
	int rc;

	if (root == NULL)
		return SR_LIMIT;
	next->root_number++;
	sr_random(root->key, SR_KEY);
	root->birth = *next;
	rc = sr_rootcell_set(&pf->cell, &pf->f, 1 - pf->slot, root, e);
	sr_secret_free(root, sizeof *root);
	return rc;
}

static int write_record(struct sr_pagefile *pf, struct sr_page_state *next, struct sr_err *e) {
	struct sr_err ignored = {0};
	const uint8_t *key;
	int rc = sr_redo_finish(&pf->redo, next, e);

	if (rc != 0)
		return rc;
	if (pf->erasing)
		rc = add_root(pf, next, e);
	if (rc == 0) {
		key = pf->erasing ? pf->cell.slots[1 - pf->slot].key : record_key(pf);
		rc = sr_redo_record(&pf->redo, key, next, e);
	}
	/* not committed: the new root must not stay; if that fails, opening finishes it */
	if (rc != 0 && pf->erasing && sr_rootcell_destroy(&pf->cell, 1 - pf->slot, &ignored) != 0)
		fail_for_good(pf, rc, e);
	return rc;
}

static void apply_if_large(struct sr_pagefile *pf) {
	struct sr_err e = {0};
	int rc;

	if (pf->redo.cells < pf->large)
		return;
	rc = sr_pagefile_checkpoint(pf, &e);
	if (rc == SR_LIMIT)
		pf->large = pf->redo.cells * 2; /* a full disk: the batch is safe where it is */
	else if (rc != 0)
		fail_for_good(pf, rc, &e);
	else
		pf->large = REDO_LARGE;
}

int sr_pagefile_sync(struct sr_pagefile *pf, struct sr_err *e) {
	struct sr_page_state *next = NULL;
	bool erasing = pf->erasing;
	int rc = check_alive(pf, e);

	if (rc == 0 && pf->resync)
		rc = drop_unchanged(pf, e);
	if (rc != 0 || !something_to_sync(pf))
		return note(pf, rc, e);
	next = sr_secret_new(sizeof *next, e);
	rc = next == NULL ? SR_LIMIT : spill_pages(pf, e);
	if (rc == 0)
		rc = sr_pagetree_seal(&pf->tree, put_frame, e);
	if (rc == 0) {
		next_state(pf, next);
		rc = write_record(pf, next, e);
	}
	if (rc != 0) {
		forget_batch(pf);
		goto out;
	}
	*pf->state = *next;
	pf->position_set = false;
	pf->erasing = false;
	if (pf->durable || erasing)
		rc = sr_redo_sync(&pf->redo, e);
	if (rc == 0 && erasing) {
		pf->slot = 1 - pf->slot;
		rc = sr_rootcell_destroy(&pf->cell, 1 - pf->slot, e);
	}
	if (rc != 0)
		fail_for_good(pf, rc, e);
	else
		apply_if_large(pf);
out:
	sr_secret_free(next, sizeof *next);
	return note(pf, rc, e);
}

/* ---- applying the redo file ---- */

static int apply_units(struct sr_pagefile *pf, struct sr_err *e) {
	uint8_t sealed[SR_UNIT];
	uint64_t *order = NULL, places = sr_unit_places(pf->state->pages), size;
	size_t count = pf->redo.committed.count;
	bool found;
	int rc = sr_umap_sorted(&pf->redo.committed, &order, e);

	for (size_t i = 0; rc == 0 && i < count && order[i] < places; i++) {
		rc = sr_redo_read(&pf->redo, order[i], sealed, &found, e);
		if (rc == 0 && found)
			rc = sr_fd_pwrite(pf->fd, sealed, SR_UNIT, SR_UNIT + order[i] * SR_UNIT, e);
	}
	free(order);
	if (rc == 0)
		rc = sr_file_size(pf->dir, pf->f.name, &size, e);
	if (rc == 0 && size > SR_UNIT + places * SR_UNIT)
		rc = sr_fd_truncate(pf->fd, SR_UNIT + places * SR_UNIT, e);
	return rc;
}

int sr_pagefile_checkpoint(struct sr_pagefile *pf, struct sr_err *e) {
	struct sr_redo fresh = {.fd = -1};
	struct sr_redo_base base;
	int rc = check_alive(pf, e);

	if (rc != 0)
		return rc;
	if (pf->dirty.count > 0 || pf->redo.batch > 0 || pf->tree.dirty > 0)
		return note(pf, sr_fail(e, SR_MISUSE, "a checkpoint inside a transaction"), e);
	rc = sr_redo_sync(&pf->redo, e); /* the redo file first: it is what mends a torn unit */
	if (rc != 0)
		return fail_for_good(pf, rc, e);
	rc = apply_units(pf, e);
	if (rc != 0)
		return note(pf, rc, e);
	rc = sr_fd_datasync(pf->fd, e);
	if (rc != 0)
		return fail_for_good(pf, rc, e);
	base = (struct sr_redo_base){record_key(pf), pf->state};
	rc = sr_redo_begin(&fresh, pf->dir, &pf->f, "redo", &base, e);
	if (rc != 0)
		return note(pf, rc, e);
	rc = sr_redo_publish(&fresh, pf->dir, e);
	if (rc != 0) {
		sr_redo_close(&fresh);
		return fail_for_good(pf, rc, e);
	}
	sr_redo_close(&pf->redo);
	pf->redo = fresh;
	return 0;
}

/* ---- every unit ---- */

int sr_pagefile_check(struct sr_pagefile *pf, struct sr_unit_at at, const uint8_t sealed[SR_UNIT],
	bool *part, struct sr_err *e) {
	int rc = check_alive(pf, e);

	if (rc == 0 && something_to_sync(pf))
		rc = sr_fail(e, SR_MISUSE, "a page was checked inside a transaction");
	if (rc == 0)
		rc = sr_pagetree_check(&pf->tree, at, sealed, part, e);
	return note(pf, rc, e);
}

int sr_pagefile_each(struct sr_pagefile *pf,
	int (*each)(
		void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e),
	void *ctx, struct sr_err *e) {
	int rc = check_alive(pf, e);

	if (rc == 0 && something_to_sync(pf))
		rc = sr_fail(e, SR_MISUSE, "the pages were asked for inside a transaction");
	if (rc == 0)
		rc = sr_pagetree_walk(&pf->tree, each, ctx, e);
	return note(pf, rc, e);
}

static int accept_unit(
	void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e) {
	(void)ctx;
	(void)at;
	(void)sealed;
	(void)e;
	return 0;
}

int sr_pagefile_verify(struct sr_pagefile *pf, struct sr_err *e) {
	return sr_pagefile_each(pf, accept_unit, NULL, e);
}

/* ---- opening ---- */

static void companion(char out[SR_DB_NAME_MAX + 16], const char *name, const char *what) {
	snprintf(out, SR_DB_NAME_MAX + 16, "%s-%s", name, what);
}

int sr_pagefile_remove(struct sr_dir *dir, const char *name, struct sr_err *e) {
	static const char *const what[] = {"redo", "", NULL};
	char path[SR_DB_NAME_MAX + 16];
	bool there = false;
	int rc;

	companion(path, name, "root");
	rc = sr_rootcell_remove(dir, path, e);
	for (size_t i = 0; rc == 0 && what[i] != NULL; i++) {
		if (what[i][0] == '\0')
			snprintf(path, sizeof path, "%s", name);
		else
			companion(path, name, what[i]);
		rc = sr_file_find(&there, dir, path, e);
		if (rc == 0 && there)
			rc = sr_file_remove(dir, path, e);
	}
	return rc;
}

/* A new file: NAME, root cell, then the redo file, whose presence says that the others are
 * complete. */
static int make(struct sr_pagefile *pf, const struct sr_pagefile_options *o, struct sr_err *e) {
	uint8_t header[SR_UNIT], id[SR_ID];
	struct sr_root *root = NULL;
	struct sr_page_state empty = {0};
	struct sr_redo_base base = {NULL, &empty};
	struct sr_redo redo = {.fd = -1};
	int rc = sr_pagefile_remove(o->dir, o->name, e);

	if (rc != 0)
		return rc;
	sr_random(id, sizeof id);
	rc = sr_unit_file_init(&pf->f, o->name, id, o->erasable, o->key, e);
	if (rc != 0)
		goto out;
	if (o->wrap != NULL)
		sr_unit_file_wrap(&pf->f, o->wrap);
	sr_unit_header_put(header, &pf->f);
	rc = sr_file_create(o->dir, o->name, sr_bytes_of(header, sizeof header), e);
	if (rc != 0)
		goto out;
	base.key = sr_unit_record_key(&pf->f);
	if (o->erasable) {
		root = sr_secret_new(sizeof *root, e);
		rc = root == NULL ? SR_LIMIT : 0;
		if (rc != 0)
			goto out;
		empty.root_number = 1;
		sr_random(root->key, SR_KEY);
		root->birth = empty;
		rc = sr_rootcell_create(o->dir, &pf->f, "root", root, e);
		base.key = root->key;
	}
	if (rc == 0)
		rc = sr_redo_begin(&redo, o->dir, &pf->f, "redo", &base, e);
	if (rc == 0)
		rc = sr_redo_publish(&redo, o->dir, e);
out:
	sr_redo_close(&redo);
	sr_secret_free(root, sizeof *root);
	sr_unit_file_free(&pf->f);
	return rc;
}

/* Is something there? Makes it if asked. */
static int find_or_make(
	struct sr_pagefile *pf, const struct sr_pagefile_options *o, struct sr_err *e) {
	char redo[SR_DB_NAME_MAX + 16];
	bool main_there = false, redo_there = false;
	uint64_t size = 0;
	int rc = sr_file_find(&main_there, o->dir, o->name, e);

	companion(redo, o->name, "redo");
	if (rc == 0)
		rc = sr_file_find(&redo_there, o->dir, redo, e);
	if (rc != 0)
		return rc;
	if (redo_there) {
		if (main_there)
			return 0;
		return sr_fail(
			e, SR_CORRUPT, "the file is missing, its redo file %s is there", redo);
	}
	if (main_there) {
		rc = sr_file_size(o->dir, o->name, &size, e);
		if (rc != 0)
			return rc;
	}
	if (size > SR_UNIT)
		return sr_fail(e, SR_CORRUPT, "the redo file %s is missing", redo);
	if (!o->create)
		return sr_fail(e, SR_NOTFOUND,
			main_there ? "was begun and never finished" : "no such database");
	return make(pf, o, e);
}

static int open_header(
	struct sr_pagefile *pf, const struct sr_pagefile_options *o, struct sr_err *e) {
	uint8_t header[SR_UNIT], id[SR_ID];
	bool erasable;
	int rc = sr_file_open(&pf->fd, o->dir, o->name, SR_FS_WRITE, e);

	if (rc == 0)
		rc = sr_fd_pread(pf->fd, header, sizeof header, 0, e);
	if (rc == 0)
		rc = sr_unit_header_get(id, &erasable, header, e);
	if (rc == 0 && erasable != o->erasable)
		rc = sr_fail(e, SR_CORRUPT, "the header says mode %s, want %s",
			erasable ? "erasable" : "plain", o->erasable ? "erasable" : "plain");
	if (rc == 0)
		rc = sr_unit_file_init(&pf->f, o->name, id, erasable, o->key, e);
	if (rc == 0 && o->wrap != NULL)
		sr_unit_file_wrap(&pf->f, o->wrap);
	if (rc == 0)
		rc = sr_unit_header_check(&pf->f, header, e);
	return rc;
}

static int open_redo(
	struct sr_pagefile *pf, const struct sr_pagefile_options *o, struct sr_err *e) {
	struct sr_redo_keys keys = {.count = 0};
	struct sr_redo_open ro = {o->dir, &pf->f, "redo", &keys, o->durable};
	struct sr_redo_found *found = sr_secret_new(sizeof *found, e);
	int slots[2] = {-1, -1}, rc = found == NULL ? SR_LIMIT : 0;

	if (rc == 0 && o->erasable)
		rc = sr_rootcell_open(&pf->cell, o->dir, &pf->f, "root", e);
	for (int i = 0; rc == 0 && o->erasable && i < 2; i++) {
		if (!pf->cell.slots[i].present)
			continue;
		slots[keys.count] = i;
		keys.key[keys.count] = pf->cell.slots[i].key;
		keys.birth[keys.count++] = &pf->cell.slots[i].birth;
	}
	if (rc == 0 && !o->erasable)
		keys = (struct sr_redo_keys){{sr_unit_record_key(&pf->f), NULL}, {NULL, NULL}, 1};
	if (rc == 0)
		rc = sr_redo_open(&pf->redo, found, &ro, e);
	if (rc != 0)
		goto out;
	*pf->state = found->state;
	pf->copy_root = found->state.copy_root;
	pf->slot = slots[found->key];
	sr_pagetree_reset(&pf->tree, pf->state->pages, pf->state->top);
	if (found->dropped || pf->cell.replica_bad)
		snprintf(pf->recovered, sizeof pf->recovered, "%s%s%s", found->text,
			found->dropped && pf->cell.replica_bad ? "; " : "",
			pf->cell.replica_bad
				? "one replica of the root was damaged, the other one was taken"
				: "");
	/* whatever lies in the other slot: a root of an erasure that did not happen, or of one not
	 * finished */
	if (o->erasable) {
		rc = sr_rootcell_destroy(&pf->cell, 1 - pf->slot, e);
		if (rc == 0 && pf->cell.replica_bad)
			rc = sr_rootcell_move(&pf->cell, &pf->f, pf->slot, e);
		if (rc == 0 && pf->cell.replica_bad)
			pf->slot = 1 - pf->slot;
	}
	if (rc == 0 && found->dropped)
		rc = sr_pagefile_checkpoint(pf, e);
out:
	sr_secret_free(found, sizeof *found);
	return rc;
}

int sr_pagefile_open(
	struct sr_pagefile **out, const struct sr_pagefile_options *o, struct sr_err *e) {
	struct sr_err local = {0};
	struct sr_pagefile *pf = calloc(1, sizeof *pf);
	int rc;

	*out = NULL;
	e = e == NULL ? &local : e;
	if (pf == NULL)
		return sr_fail(e, SR_NOMEM, "%s: no memory", o->name);
	pf->dir = o->dir;
	pf->durable = o->durable;
	pf->fd = -1;
	pf->redo.fd = -1;
	pf->cell.fd = -1;
	pf->slot = -1;
	pf->large = REDO_LARGE;
	sr_pagetree_init(&pf->tree, &pf->f, fetch, pf);
	pf->state = sr_secret_new(sizeof *pf->state, e);
	rc = pf->state == NULL ? SR_LIMIT : find_or_make(pf, o, e);
	if (rc == 0)
		rc = open_header(pf, o, e);
	if (rc == 0)
		rc = open_redo(pf, o, e);
	if (rc != 0) {
		if (strncmp(e->text, o->name, strlen(o->name)) != 0)
			sr_wrap(e, "%s", o->name);
		sr_pagefile_free(pf);
		return rc;
	}
	*out = pf;
	return 0;
}

void sr_pagefile_free(struct sr_pagefile *pf) {
	if (pf == NULL)
		return;
	drop_dirty(pf);
	sr_umap_free(&pf->dirty);
	sr_pagetree_free(&pf->tree);
	sr_redo_close(&pf->redo);
	sr_rootcell_close(&pf->cell);
	sr_secret_free(pf->state, sizeof *pf->state);
	sr_unit_file_free(&pf->f);
	if (pf->fd >= 0)
		(void)close(pf->fd);
	free(pf);
}

int sr_pagefile_close(struct sr_pagefile **pf, struct sr_err *e) {
	int rc = 0;

	if (*pf == NULL)
		return 0;
	if ((*pf)->failed.code == SR_OK && !something_to_sync(*pf) && (*pf)->redo.cells > 1)
		rc = sr_pagefile_checkpoint(*pf, e);
	sr_pagefile_free(*pf);
	*pf = NULL;
	return rc;
}

int sr_pagefile_rewrap(struct sr_pagefile *pf, const uint8_t wrap[SR_KEY], struct sr_err *e) {
	int rc = check_alive(pf, e);

	if (rc == 0 && (!pf->f.erasable || something_to_sync(pf)))
		rc = sr_fail(e, SR_MISUSE, "%s: rewrapped inside a transaction, or without a root",
			pf->f.name);
	if (rc != 0)
		return rc;
	sr_unit_file_wrap(&pf->f, wrap);
	rc = sr_rootcell_move(&pf->cell, &pf->f, pf->slot, e);
	/* Either wrap may be the one on the disk: the next root is sealed under none. */
	if (rc != 0)
		return fail_for_good(pf, rc, e);
	pf->slot = 1 - pf->slot;
	return 0;
}

/* ---- small things ---- */

void sr_pagefile_set_erasing(struct sr_pagefile *pf, bool erasing) {
	pf->erasing = erasing && pf->f.erasable;
}

void sr_pagefile_set_position(struct sr_pagefile *pf, uint64_t size, const uint8_t root[SR_HASH]) {
	pf->ledger_size = size;
	memcpy(pf->ledger_root, root, SR_HASH);
	pf->position_set = size != pf->state->ledger_size ||
			   memcmp(root, pf->state->ledger_root, SR_HASH) != 0;
}

void sr_pagefile_drop_position(struct sr_pagefile *pf) {
	pf->position_set = false;
}

void sr_pagefile_set_copy_root(struct sr_pagefile *pf, uint64_t number) {
	pf->copy_root = number;
}

const struct sr_page_state *sr_pagefile_state(const struct sr_pagefile *pf) {
	return pf->state;
}

void sr_pagefile_hash(const struct sr_pagefile *pf, uint8_t out[SR_HASH]) {
	sr_state_hash(out, &pf->f, pf->state);
}

const char *sr_pagefile_recovered(const struct sr_pagefile *pf) {
	return pf->recovered[0] == '\0' ? NULL : pf->recovered;
}

void sr_pagefile_take_error(struct sr_pagefile *pf, struct sr_err *out) {
	*out = pf->last;
	sr_err_clear(&pf->last);
}

const struct sr_unit_file *sr_pagefile_unit(const struct sr_pagefile *pf) {
	return &pf->f;
}

struct sr_redo *sr_pagefile_redo(struct sr_pagefile *pf) {
	return &pf->redo;
}

const uint8_t *sr_pagefile_root(const struct sr_pagefile *pf) {
	return pf->f.erasable ? pf->cell.slots[pf->slot].key : NULL;
}
