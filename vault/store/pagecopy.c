/*
 * pagecopy - see the header. Invariant while attached: c->state is what c->redo's last record says,
 * under the root in c->cell.slots[c->slot]; (c->salt, c->from) say up to which cell of which redo
 * file of the page file it has the frames.
 */
#include "store/pagecopy.h"

#include "base/escape.h"
#include "base/secret.h"
#include "store/pagetree.h"

struct sr_pagecopy {
	char *path;
	char name[SR_DB_NAME_MAX];
	struct sr_dir *dir;
	struct sr_unit_file own; /* for check and restore, where there is no page file */
	uint8_t *wrap;           /* of its root cell, in the arena; NULL: the key given there */
	struct sr_redo redo;
	struct sr_rootcell cell;
	int slot;
	struct sr_page_state *state; /* in the secret arena */
	bool attached, damaged;      /* damaged: something was dropped from its end */
	bool broken;                 /* sr_pagecopy_check found a bad unit: write it anew */
	bool source_bad, unwritten;  /* of the last sync: what failed, the reading or the writing */
	bool seen; /* ours was attached once: a failure later may be mended by writing anew */
	uint8_t salt[SR_ID];
	uint64_t from;
	uint64_t root;
};

int sr_pagecopy_new(
	struct sr_pagecopy **out, const char *path, const char *name, struct sr_err *e) {
	struct sr_pagecopy *c = calloc(1, sizeof *c);

	*out = NULL;
	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for the second copy");
	c->redo.fd = -1;
	c->cell.fd = -1;
	snprintf(c->name, sizeof c->name, "%s", name);
	c->path = strdup(path);
	c->state = sr_secret_new(sizeof *c->state, e);
	if (c->path == NULL || c->state == NULL) {
		sr_pagecopy_free(c);
		return sr_fail(e, SR_NOMEM, "no memory for the second copy");
	}
	*out = c;
	return 0;
}

static void detach(struct sr_pagecopy *c) {
	sr_redo_close(&c->redo);
	sr_rootcell_close(&c->cell);
	sr_dir_close(c->dir);
	c->dir = NULL;
	c->attached = false;
	c->from = 0;
	sr_wipe(c->state, sizeof *c->state);
}

void sr_pagecopy_free(struct sr_pagecopy *c) {
	if (c == NULL)
		return;
	if (c->state != NULL)
		detach(c);
	sr_unit_file_free(&c->own);
	sr_secret_free(c->state, sizeof *c->state);
	sr_secret_free(c->wrap, SR_KEY);
	free(c->path);
	free(c);
}

int sr_pagecopy_wrap(struct sr_pagecopy *c, const uint8_t wrap[SR_KEY], struct sr_err *e) {
	if (c->wrap == NULL)
		c->wrap = sr_secret_new(SR_KEY, e);
	if (c->wrap == NULL)
		return SR_LIMIT;
	memcpy(c->wrap, wrap, SR_KEY);
	return 0;
}

uint64_t sr_pagecopy_root(const struct sr_pagecopy *c) {
	return c->root;
}

bool sr_pagecopy_source_bad(const struct sr_pagecopy *c) {
	return c->source_bad;
}

bool sr_pagecopy_current(const struct sr_pagecopy *c, const struct sr_pagefile *pf) {
	return c->attached && !c->damaged && c->state->sequence == sr_pagefile_state(pf)->sequence;
}

/* ---- opening what is there ---- */

static int open_files(struct sr_pagecopy *c, const struct sr_unit_file *f, struct sr_err *e) {
	struct sr_redo_keys keys = {.count = 0};
	struct sr_redo_open ro = {c->dir, f, "copy", &keys, true};
	struct sr_redo_found *found = sr_secret_new(sizeof *found, e);
	int slots[2] = {-1, -1},
	    rc = found == NULL ? SR_LIMIT : sr_rootcell_open(&c->cell, c->dir, f, "copy-root", e);

	for (int i = 0; rc == 0 && i < 2; i++) {
		if (!c->cell.slots[i].present)
			continue;
		slots[keys.count] = i;
		keys.key[keys.count] = c->cell.slots[i].key;
		keys.birth[keys.count++] = &c->cell.slots[i].birth;
	}
	if (rc == 0)
		rc = sr_redo_open(&c->redo, found, &ro, e);
	if (rc == 0) {
		*c->state = found->state;
		c->slot = slots[found->key];
		c->damaged = found->dropped || c->cell.replica_bad;
		c->attached = true;
	}
	sr_secret_free(found, sizeof *found);
	return rc;
}

static int open_dir(struct sr_pagecopy *c, struct sr_err *e) {
	size_t removed;
	int rc = sr_dir_open(&c->dir, c->path, e);

	return rc != 0 ? rc : sr_tmpfile_sweep(c->dir, &removed, e);
}

/* EXISTS when ${name} is whole enough to say that it is another file's. */
static int not_another(
	struct sr_pagecopy *c, const struct sr_unit_file *f, const char *name, struct sr_err *e) {
	uint8_t id[SR_ID];

	if (sr_redo_peek(id, c->dir, name, NULL) != 0 || memcmp(id, f->id, SR_ID) == 0)
		return 0;
	return sr_fail(e, SR_EXISTS, "%s is the copy of another %s", name, c->name);
}

/* CURRENT or BEHIND, or *fresh: nothing that could be kept is there and it must be made from
 * nothing. */
static int attach(
	struct sr_pagecopy *c, struct sr_pagefile *pf, bool anew, bool *fresh, struct sr_err *e) {
	const struct sr_page_state *want = sr_pagefile_state(pf);
	const struct sr_unit_file *f = sr_pagefile_unit(pf);
	uint8_t id[SR_ID], have_hash[SR_HASH], want_hash[SR_HASH];
	char name[SR_DB_NAME_MAX + 16];
	bool there = false;
	int rc = open_dir(c, e);

	*fresh = anew;
	if (rc != 0)
		return rc;
	snprintf(name, sizeof name, "%s-copy", c->name);
	if (anew)
		return not_another(c, f, name, e);
	rc = sr_file_find(&there, c->dir, name, e);
	if (rc != 0)
		return rc;
	if (!there) {
		*fresh = want->copy_root == 0 && !c->seen;
		return *fresh ? 0
			      : sr_fail(e, SR_NOTFOUND, "%s is not there: is its medium mounted?",
					name);
	}
	rc = sr_redo_peek(id, c->dir, name, e);
	if (rc == 0 && memcmp(id, f->id, SR_ID) != 0)
		return sr_fail(e, SR_AUTH, "%s is the copy of another %s", name, c->name);
	if (rc == 0)
		rc = open_files(c, f, e);
	if (rc == SR_CORRUPT || rc == SR_AUTH || rc == SR_NOTFOUND) {
		*fresh = true; /* ours, and damaged; the page file is whole */
		return 0;
	}
	if (rc != 0)
		return rc;
	c->root = c->state->root_number;
	c->seen = true;
	c->damaged = c->damaged || c->broken;
	if (c->state->sequence > want->sequence)
		return sr_fail(e, SR_AUTH, "%s is at generation %llu, ahead of %llu here", name,
			(unsigned long long)c->state->sequence, (unsigned long long)want->sequence);
	sr_state_hash(have_hash, f, c->state);
	sr_pagefile_hash(pf, want_hash);
	if (c->state->sequence == want->sequence) {
		if (memcmp(have_hash, want_hash, SR_HASH) != 0)
			return sr_fail(e, SR_AUTH,
				"%s is at generation %llu as here, with other contents", name,
				(unsigned long long)want->sequence);
		memcpy(c->salt, sr_pagefile_redo(pf)->salt, SR_ID);
		c->from = sr_pagefile_redo(pf)->cells;
	}
	return sr_rootcell_destroy(&c->cell, 1 - c->slot, e);
}

/* ---- bringing it up to date ---- */

struct putting {
	struct sr_pagecopy *c;
	struct sr_redo *to;
};

static int put_frame(
	void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e) {
	struct putting *p = ctx;
	int rc = sr_redo_frame(p->to, at, sealed, e);

	if (rc != 0)
		p->c->unwritten = true;
	return rc;
}

/* The frame of the unit at ${place} from ${cell}. Memory says that it is there, the cell must say
 * the same: passed over for a bit of its head, it would be missing in the copy. */
static int copy_frame(struct putting *p, struct sr_pagefile *pf, uint64_t place, uint64_t cell,
	struct sr_err *e) {
	struct sr_redo *from = sr_pagefile_redo(pf);
	uint8_t sealed[SR_UNIT];
	struct sr_unit_at at;
	bool is_frame = false, part = false;
	int rc = sr_redo_cell(from, cell, &at, sealed, &is_frame, e);

	if (rc != 0)
		return rc;
	if (!is_frame || sr_unit_place(at) != place)
		return sr_fail(e, SR_CORRUPT,
			"%s: cell %llu is not the frame that was written there", from->name,
			(unsigned long long)cell);
	rc = sr_pagefile_check(pf, at, sealed, &part, e);
	if (rc != 0) {
		sr_wrap(e, "%s: cell %llu", from->name, (unsigned long long)cell);
		return rc;
	}
	return part ? put_frame(p, at, sealed, e) : 0;
}

/* The frames of the batches since c->from, the newest of each unit only. */
static int copy_frames(struct putting *p, struct sr_pagefile *pf, struct sr_err *e) {
	struct sr_redo *from = sr_pagefile_redo(pf);
	const uint64_t first = p->c->from;
	const size_t count = (size_t)(from->cells - first);
	uint64_t *due = count == 0 ? NULL : calloc(count, sizeof *due); /* place + 1; 0: none */
	uint64_t place, cell;
	size_t at = 0;
	int rc = 0;

	if (count > 0 && due == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a list of %zu cells", count);
	while (due != NULL && sr_umap_next(&from->committed, &at, &place, &cell))
		if (cell >= first && cell - first < count)
			due[cell - first] = place + 1;
	for (size_t i = 0; due != NULL && rc == 0 && i < count; i++)
		if (due[i] != 0)
			rc = copy_frame(p, pf, due[i] - 1, first + i, e);
	free(due);
	return rc;
}

/* All that changed, or all, each unit verified. */
static int put_units(struct sr_pagecopy *c, struct sr_pagefile *pf, struct sr_redo *to, bool whole,
	struct sr_err *e) {
	struct putting p = {c, to};
	int rc;

	c->unwritten = false;
	rc = whole ? sr_pagefile_each(pf, put_frame, &p, e) : copy_frames(&p, pf, e);
	c->source_bad = !c->unwritten && (rc == SR_AUTH || rc == SR_CORRUPT || rc == SR_IO);
	return rc;
}

/* The root of ${pf}, with the state that is about to be written, into the free slot, or into a new
 * cell. */
static int set_root(struct sr_pagecopy *c, struct sr_pagefile *pf, bool fresh,
	const struct sr_page_state *next, struct sr_err *e) {
	const struct sr_unit_file *f = sr_pagefile_unit(pf);
	struct sr_root *root = sr_secret_new(sizeof *root, e);
	char name[SR_DB_NAME_MAX + 16];
	int rc = root == NULL ? SR_LIMIT : 0;

	if (rc != 0)
		return rc;
	memcpy(root->key, sr_pagefile_root(pf), SR_KEY);
	root->birth = *next;
	if (fresh) {
		sr_rootcell_name(name, f, "copy-root");
		sr_rootcell_close(&c->cell);
		rc = sr_rootcell_remove(c->dir, name, e);
		if (rc == 0)
			rc = sr_rootcell_create(c->dir, f, "copy-root", root, e);
		if (rc == 0)
			rc = sr_rootcell_open(&c->cell, c->dir, f, "copy-root", e);
		c->slot = 1; /* so that the free slot, now the new root's, is 0 */
	} else {
		rc = sr_rootcell_set(&c->cell, f, 1 - c->slot, root, e);
	}
	sr_secret_free(root, sizeof *root);
	return rc;
}

/* Write frames and record; ${whole}: into a new file, of all units. */
static int write_batch(
	struct sr_pagecopy *c, struct sr_pagefile *pf, bool fresh, bool whole, struct sr_err *e) {
	const struct sr_unit_file *f = sr_pagefile_unit(pf);
	struct sr_page_state *next = sr_secret_new(2 * sizeof *next, e), *empty;
	struct sr_redo anew = {.fd = -1}, *to = whole ? &anew : &c->redo;
	struct sr_redo_base base = {sr_pagefile_root(pf), NULL};
	bool new_root;
	int rc = 0;

	if (next == NULL)
		return SR_LIMIT;
	empty = next + 1;
	base.state = empty;
	*next = *sr_pagefile_state(pf);
	empty->root_number = next->root_number;
	new_root = fresh || c->damaged || c->state->root_number != next->root_number;
	sr_state_hash(next->prev, f, whole ? empty : c->state);
	if (whole)
		rc = sr_redo_begin(to, c->dir, f, "copy", &base, e);
	if (rc == 0)
		rc = put_units(c, pf, to, whole, e);
	if (rc == 0)
		rc = sr_redo_finish(to, next, e);
	if (rc == 0 && new_root)
		rc = set_root(c, pf, fresh, next, e);
	if (rc == 0)
		rc = sr_redo_record(to, sr_pagefile_root(pf), next, e);
	if (rc == 0)
		rc = whole ? sr_redo_publish(to, c->dir, e) : sr_redo_sync(to, e);
	if (rc == 0 && whole) {
		sr_redo_close(&c->redo);
		c->redo = anew;
		anew = (struct sr_redo){.fd = -1};
	}
	if (rc == 0 && new_root) {
		c->slot = 1 - c->slot;
		rc = sr_rootcell_destroy(&c->cell, 1 - c->slot, e);
	}
	if (rc == 0)
		*c->state = *next;
	sr_redo_close(&anew);
	sr_secret_free(next, 2 * sizeof *next);
	return rc;
}

int sr_pagecopy_sync(struct sr_pagecopy *c, struct sr_pagefile *pf, bool anew, struct sr_err *e) {
	struct sr_redo *from = sr_pagefile_redo(pf);
	bool fresh = false, whole;
	int rc = 0;

	c->source_bad = false;
	if (anew)
		detach(c);
	if (!c->attached)
		rc = attach(c, pf, anew, &fresh, e);
	if (rc != 0)
		goto out;
	if (!fresh && sr_pagecopy_current(c, pf))
		goto out;
	whole = fresh || c->damaged || c->from == 0 || memcmp(c->salt, from->salt, SR_ID) != 0 ||
		c->redo.cells > 2 * sr_unit_places(sr_pagefile_pages(pf)) + 1024;
	rc = write_batch(c, pf, fresh, whole, e);
	if (rc != 0)
		goto out;
	c->attached = true;
	c->damaged = false;
	c->broken = false;
	c->seen = true;
	memcpy(c->salt, from->salt, SR_ID);
	c->from = from->cells;
out:
	if (rc != 0) {
		char shown[200];

		detach(c);
		sr_wrap(e, "the second copy in %s",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(c->path)));
		return rc;
	}
	c->root = c->state->root_number;
	sr_pagefile_set_copy_root(pf, c->root);
	return 0;
}

/* ---- letting it go ---- */

int sr_pagecopy_destroy(
	struct sr_pagecopy *c, struct sr_pagefile *pf, bool *there, struct sr_err *e) {
	const struct sr_unit_file *f = sr_pagefile_unit(pf);
	char copy[SR_DB_NAME_MAX + 16], cell[SR_DB_NAME_MAX + 16];
	bool have = false;
	int rc;

	*there = false;
	detach(c);
	snprintf(copy, sizeof copy, "%s-copy", c->name);
	sr_rootcell_name(cell, f, "copy-root");
	rc = open_dir(c, e);
	if (rc == 0)
		rc = not_another(c, f, copy, e);
	if (rc == 0)
		rc = sr_file_find(&have, c->dir, copy, e);
	if (rc == 0 && !have) {
		/* A cell alone: made by a change that was killed before the copy was there, unless
		 * it is another's. */
		rc = sr_rootcell_open(&c->cell, c->dir, f, "copy-root", e);
		sr_rootcell_close(&c->cell);
		if (rc == SR_NOTFOUND || rc == SR_AUTH || rc == SR_CORRUPT) {
			sr_err_clear(e);
			detach(c);
			return 0;
		}
	}
	if (rc == 0)
		rc = sr_rootcell_remove(c->dir, cell, e);
	*there = rc == 0;
	detach(c);
	return rc;
}

int sr_pagecopy_sweep(struct sr_pagecopy *c, struct sr_pagefile *pf, struct sr_err *e) {
	const struct sr_unit_file *f = sr_pagefile_unit(pf);
	char copy[SR_DB_NAME_MAX + 16], cell[SR_DB_NAME_MAX + 16];
	bool have = false, open = false;
	int rc;

	detach(c);
	snprintf(copy, sizeof copy, "%s-copy", c->name);
	sr_rootcell_name(cell, f, "copy-root");
	rc = open_dir(c, e);
	if (rc == 0)
		rc = sr_file_find(&have, c->dir, copy, e);
	if (rc == 0)
		rc = sr_file_find(&open, c->dir, cell, e);
	if (rc == 0 && have && !open && not_another(c, f, copy, NULL) == 0)
		rc = sr_file_remove(c->dir, copy, e);
	detach(c);
	return rc;
}

struct names {
	char copy[SR_DB_NAME_MAX + 16], cell[SR_DB_NAME_MAX + 16];
	bool copy_there, cell_there;
};

/* *${d} stays NULL where there is no folder. */
static int look(
	struct names *n, struct sr_dir **d, const char *path, const char *name, struct sr_err *e) {
	int rc = sr_dir_open(d, path, e);

	n->copy_there = n->cell_there = false;
	snprintf(n->copy, sizeof n->copy, "%s-copy", name);
	snprintf(n->cell, sizeof n->cell, "%s-copy-root", name);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0)
		rc = sr_file_find(&n->copy_there, *d, n->copy, e);
	return rc == 0 ? sr_file_find(&n->cell_there, *d, n->cell, e) : rc;
}

int sr_pagecopy_find(bool *there, const char *path, const char *name, struct sr_err *e) {
	struct sr_dir *d = NULL;
	struct names n;
	const int rc = look(&n, &d, path, name, e);

	*there = rc == 0 && (n.copy_there || n.cell_there);
	sr_dir_close(d);
	return rc;
}

int sr_pagecopy_undo(const char *path, const char *name, struct sr_err *e) {
	struct sr_dir *d = NULL;
	struct names n;
	int rc = look(&n, &d, path, name, e);

	if (rc == 0 && n.cell_there)
		rc = sr_rootcell_remove(d, n.cell, e);
	if (rc == 0 && n.copy_there)
		rc = sr_file_remove(d, n.copy, e);
	sr_dir_close(d);
	return rc;
}

/* ---- taking the page file from it ---- */

static int fetch(void *ctx, struct sr_unit_at at, uint8_t out[SR_UNIT], struct sr_err *e) {
	struct sr_pagecopy *c = ctx;
	bool found;
	int rc = sr_redo_read(&c->redo, sr_unit_place(at), out, &found, e);

	/* It was begun with every unit, and what is lost of it is told by its root. */
	if (rc == 0 && !found)
		rc = sr_fail(e, SR_MISUSE, "%s: %s %llu is not in the file", c->redo.name,
			at.level == 0 ? "page" : "tree node",
			(unsigned long long)at.index + (at.level == 0));
	return rc;
}

static int accept_unit(
	void *ctx, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e) {
	(void)ctx;
	(void)at;
	(void)sealed;
	(void)e;
	return 0;
}

/* Open it without a page file, and verify every unit. Leaves it attached. */
static int open_alone(struct sr_pagecopy *c, const uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_pagetree tree;
	uint8_t id[SR_ID];
	char name[SR_DB_NAME_MAX + 16], shown[200];
	int rc;

	detach(c);
	sr_unit_file_free(&c->own);
	snprintf(name, sizeof name, "%s-copy", c->name);
	rc = open_dir(c, e);
	if (rc == 0)
		rc = sr_redo_peek(id, c->dir, name, e);
	if (rc == 0)
		rc = sr_unit_file_init(&c->own, c->name, id, true, key, e);
	if (rc == 0 && c->wrap != NULL)
		sr_unit_file_wrap(&c->own, c->wrap);
	if (rc == 0)
		rc = open_files(c, &c->own, e);
	if (rc == 0) {
		sr_pagetree_init(&tree, &c->own, fetch, c);
		sr_pagetree_reset(&tree, c->state->pages, c->state->top);
		rc = sr_pagetree_walk(&tree, accept_unit, NULL, e);
		c->broken = rc != 0;
		sr_pagetree_free(&tree);
	}
	if (rc != 0) {
		detach(c);
		sr_wrap(e, "the second copy in %s",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(c->path)));
	}
	return rc;
}

int sr_pagecopy_check(struct sr_pagecopy *c, const uint8_t key[SR_KEY],
	struct sr_pagecopy_state *out, struct sr_err *e) {
	int rc = open_alone(c, key, e);

	if (rc != 0)
		return rc;
	out->sequence = c->state->sequence;
	out->ledger_size = c->state->ledger_size;
	sr_state_hash(out->hash, &c->own, c->state);
	detach(c);
	return 0;
}

bool sr_pagecopy_damaged(const struct sr_pagecopy *c) {
	return c->damaged || c->broken;
}

bool sr_pagecopy_id(const struct sr_pagecopy *c, uint8_t id[SR_ID]) {
	if (c->own.keys == NULL)
		return false;
	memcpy(id, c->own.id, SR_ID);
	return true;
}

/* NAME: the header, then every unit in its place; holes are zeros. */
static int write_main(struct sr_pagecopy *c, struct sr_dir *dir, struct sr_err *e) {
	uint8_t unit[SR_UNIT];
	struct sr_tmpfile *t = NULL;
	uint64_t places = sr_unit_places(c->state->pages);
	bool found;
	int rc = sr_tmpfile_new(&t, dir, e);

	if (rc != 0)
		return rc;
	sr_unit_header_put(unit, &c->own);
	rc = sr_tmpfile_write(t, unit, SR_UNIT, e);
	for (uint64_t place = 0; rc == 0 && place < places; place++) {
		rc = sr_redo_read(&c->redo, place, unit, &found, e);
		if (rc == 0 && !found)
			memset(unit, 0, SR_UNIT);
		if (rc == 0)
			rc = sr_tmpfile_write(t, unit, SR_UNIT, e);
	}
	if (rc != 0) {
		sr_tmpfile_abort(t);
		return rc;
	}
	return sr_tmpfile_commit(t, c->name, true, true, e);
}

int sr_pagecopy_restore(
	struct sr_pagecopy *c, struct sr_dir *dir, const uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_redo redo = {.fd = -1};
	struct sr_redo_base base = {NULL, c->state};
	struct sr_root *root = NULL;
	int rc = open_alone(c, key, e);

	if (rc == 0)
		rc = sr_pagefile_remove(dir, c->name, e);
	if (rc == 0)
		rc = write_main(c, dir, e);
	if (rc != 0)
		goto out;
	root = sr_secret_new(sizeof *root, e);
	rc = root == NULL ? SR_LIMIT : 0;
	if (rc != 0)
		goto out;
	memcpy(root->key, c->cell.slots[c->slot].key, SR_KEY);
	root->birth = *c->state;
	base.key = root->key;
	rc = sr_rootcell_create(dir, &c->own, "root", root, e);
	if (rc == 0)
		rc = sr_redo_begin(&redo, dir, &c->own, "redo", &base, e);
	if (rc == 0)
		rc = sr_redo_publish(&redo, dir, e);
out:
	sr_redo_close(&redo);
	sr_secret_free(root, sizeof *root);
	detach(c);
	return rc;
}
