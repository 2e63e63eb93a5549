/*
 * vfs - see the header. The xMethods below run under SQLite's mutex of the one connection.
 */
#include "store/vfs.h"

#include <sqlite3.h>

struct sr_vfs {
	sqlite3_vfs vfs;
	struct sr_pagefile *pf;
	bool scrub;
	bool open;
	char name[48];
};

struct file {
	sqlite3_file base;
	struct sr_vfs *v;
};

static struct sr_pagefile *pf_of(sqlite3_file *f) {
	return ((struct file *)(void *)f)->v->pf;
}

static int code_of(int rc, int other) {
	if (rc == SR_NOMEM)
		return SQLITE_NOMEM;
	return rc == SR_LIMIT ? SQLITE_FULL : other;
}

/* ---- scrubbing (https://www.sqlite.org/fileformat2.html, section 1.6) ---- */

static size_t be16(const uint8_t *p) {
	return (size_t)sr_be16_get(p);
}

void sr_vfs_scrub(uint8_t *page, size_t usable, bool first) {
	size_t head = first ? 100 : 0, pointers, cells, content, block, hops = 0;
	uint8_t kind = page[head];

	if (kind != 2 && kind != 5 && kind != 10 && kind != 13)
		return;
	pointers = head + (kind == 2 || kind == 5 ? 12 : 8);
	cells = be16(page + head + 3);
	content = be16(page + head + 5);
	if (content == 0)
		content = 65536;
	if (content > usable || pointers + 2 * cells > content)
		return; /* not a B-tree page after all: nothing is known of its bytes */
	memset(page + pointers + 2 * cells, 0, content - pointers - 2 * cells);
	for (block = be16(page + head + 1);
		block >= content && block + 4 <= usable && hops < usable; hops++) {
		size_t size = be16(page + block + 2);

		if (size < 4 || block + size > usable)
			return;
		memset(page + block + 4, 0, size - 4);
		block = be16(page + block);
	}
}

/* ---- the file ---- */

static int x_close(sqlite3_file *f) {
	((struct file *)(void *)f)->v->open = false;
	return SQLITE_OK;
}

static int x_read(sqlite3_file *f, void *out, int amount, sqlite3_int64 offset) {
	uint8_t page[SR_UNIT], *to = out;
	uint64_t at = (uint64_t)offset;
	size_t left = (size_t)amount;
	struct sr_err e = {0};
	int rc = SQLITE_OK;

	while (left > 0) {
		uint64_t index = at / SR_UNIT;
		size_t skip = (size_t)(at % SR_UNIT),
		       n = SR_UNIT - skip < left ? SR_UNIT - skip : left;

		if (index >= sr_pagefile_pages(pf_of(f))) {
			memset(to, 0, left);
			rc = SQLITE_IOERR_SHORT_READ;
			break;
		}
		rc = sr_pagefile_read(pf_of(f), index, page, &e);
		if (rc != 0) {
			rc = code_of(rc, SQLITE_IOERR_READ);
			break;
		}
		memset(page + SR_UNIT_PLAIN, 0, SR_UNIT - SR_UNIT_PLAIN);
		memcpy(to, page + skip, n);
		to += n;
		at += n;
		left -= n;
	}
	sr_wipe(page, sizeof page);
	return rc;
}

static int x_write(sqlite3_file *f, const void *in, int amount, sqlite3_int64 offset) {
	uint8_t page[SR_UNIT];
	uint64_t index = (uint64_t)offset / SR_UNIT;
	struct sr_vfs *v = ((struct file *)(void *)f)->v;
	struct sr_err e = {0};
	int rc;

	if (amount != SR_UNIT || offset % SR_UNIT != 0)
		return SQLITE_IOERR_WRITE; /* another page size: db.c sets ours before the first
					      page */
	memcpy(page, in, SR_UNIT);
	if (v->scrub)
		sr_vfs_scrub(page, SR_UNIT_PLAIN, index == 0);
	rc = sr_pagefile_write(v->pf, index, page, &e);
	sr_wipe(page, sizeof page);
	return rc == 0 ? SQLITE_OK : code_of(rc, SQLITE_IOERR_WRITE);
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 size) {
	struct sr_err e = {0};
	int rc = sr_pagefile_truncate(pf_of(f), ((uint64_t)size + SR_UNIT - 1) / SR_UNIT, &e);

	return rc == 0 ? SQLITE_OK : code_of(rc, SQLITE_IOERR_TRUNCATE);
}

static int x_sync(sqlite3_file *f, int flags) {
	struct sr_err e = {0};
	int rc = sr_pagefile_sync(pf_of(f), &e);

	(void)flags;
	return rc == 0 ? SQLITE_OK : code_of(rc, SQLITE_IOERR_FSYNC);
}

static int x_size(sqlite3_file *f, sqlite3_int64 *out) {
	*out = (sqlite3_int64)sr_pagefile_pages(pf_of(f)) * SR_UNIT;
	return SQLITE_OK;
}

/* One process, one connection: the vault's lock is held elsewhere. */
static int x_lock(sqlite3_file *f, int level) {
	(void)f;
	(void)level;
	return SQLITE_OK;
}

static int x_check_reserved(sqlite3_file *f, int *out) {
	(void)f;
	*out = 0;
	return SQLITE_OK;
}

static int x_control(sqlite3_file *f, int op, void *arg) {
	(void)f;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int x_sector(sqlite3_file *f) {
	(void)f;
	return SR_UNIT;
}

static int x_traits(sqlite3_file *f) {
	(void)f;
	return SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL |
	       SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = x_close,
	.xRead = x_read,
	.xWrite = x_write,
	.xTruncate = x_truncate,
	.xSync = x_sync,
	.xFileSize = x_size,
	.xLock = x_lock,
	.xUnlock = x_lock,
	.xCheckReservedLock = x_check_reserved,
	.xFileControl = x_control,
	.xSectorSize = x_sector,
	.xDeviceCharacteristics = x_traits,
};

/* ---- the VFS ---- */

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags) {
	struct sr_vfs *v = vfs->pAppData;
	struct file *file = (struct file *)(void *)f;

	(void)name;
	f->pMethods = NULL;
	if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || v->open)
		return SQLITE_CANTOPEN;
	file->v = v;
	v->open = true;
	f->pMethods = &methods;
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync) {
	(void)vfs;
	(void)name;
	(void)sync;
	return SQLITE_IOERR_DELETE_NOENT;
}

static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
	(void)vfs;
	(void)name;
	(void)flags;
	*out = 0; /* there never is a journal or a WAL */
	return SQLITE_OK;
}

static int v_path(sqlite3_vfs *vfs, const char *name, int size, char *out) {
	(void)vfs;
	snprintf(out, (size_t)size, "%s", name);
	return SQLITE_OK;
}

static int v_random(sqlite3_vfs *vfs, int size, char *out) {
	(void)vfs;
	sr_random(out, (size_t)size);
	return size;
}

static int v_sleep(sqlite3_vfs *vfs, int us) {
	sqlite3_vfs *system = sqlite3_vfs_find(NULL);

	(void)vfs;
	return system->xSleep(system, us);
}

static int v_time(sqlite3_vfs *vfs, double *out) {
	sqlite3_vfs *system = sqlite3_vfs_find(NULL);

	(void)vfs;
	return system->xCurrentTime(system, out);
}

static int v_last_error(sqlite3_vfs *vfs, int size, char *out) {
	(void)vfs;
	if (size > 0)
		out[0] = '\0';
	return 0;
}

int sr_vfs_new(struct sr_vfs **out, struct sr_pagefile *pf, bool scrub, struct sr_err *e) {
	struct sr_vfs *v = calloc(1, sizeof *v);
	uint8_t unique[8];
	char hex[17];
	int rc;

	if (v == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a VFS");
	sr_random(unique, sizeof unique);
	sr_hex(hex, unique, sizeof unique);
	snprintf(v->name, sizeof v->name, "strongroom-%s", hex);
	v->pf = pf;
	v->scrub = scrub;
	v->vfs = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = (int)sizeof(struct file),
		.mxPathname = 512,
		.zName = v->name,
		.pAppData = v,
		.xOpen = v_open,
		.xDelete = v_delete,
		.xAccess = v_access,
		.xFullPathname = v_path,
		.xRandomness = v_random,
		.xSleep = v_sleep,
		.xCurrentTime = v_time,
		.xGetLastError = v_last_error,
	};
	rc = sqlite3_vfs_register(&v->vfs, 0);
	if (rc != SQLITE_OK) {
		free(v);
		return sr_fail(e, SR_NOMEM, "registering the VFS: %s", sqlite3_errstr(rc));
	}
	*out = v;
	return 0;
}

const char *sr_vfs_name(const struct sr_vfs *v) {
	return v->name;
}

void sr_vfs_free(struct sr_vfs *v) {
	if (v == NULL)
		return;
	sqlite3_vfs_unregister(&v->vfs);
	free(v);
}
