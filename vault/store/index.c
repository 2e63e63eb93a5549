/*
 * index - see index.h.
 *
 * One lock around everything: the lookup costs a few microseconds, a block's sealing a millisecond.
 * Rows of a forgotten pack stay in `blocks` until the next vacuum, invisible, because a row counts
 * only through its pack and pack ids are never used twice.
 *
 * What is checked or broken is remembered in memory alone: cid and pack XORed for copies (at most
 * CHECKED_MAX, then anew; forgetting only costs another read), names of packs for a scrub.
 */
#include "store/index.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/idmap.h"

enum {
	CHECKED_MAX = 65536,
	SCHEMA_VERSION = 1,
	BLOCKS_AT_ONCE = 4096,   /* rows of a listing for which the lock is held */
	VACUUM_AT_ONCE = 1 << 16 /* rows looked at in one transaction: about 4 MiB of pages */
};

struct sr_index {
	struct sr_db *db; /* borrowed */
	pthread_mutex_t mutex;
	struct sr_idmap checked;
	struct sr_idmap broken;
	struct sr_idmap whole;
	struct sr_idmap leaned;    /* packs, while writers > 0 */
	struct sr_idmap condemned; /* packs */
	size_t writers;
};

static const char SCHEMA[] =
	"create table if not exists meta (version integer not null);"
	"create table if not exists packs ("
	" id integer primary key autoincrement,"
	" name blob not null unique,"
	" size integer not null,"
	" kind integer not null,"
	" accession blob," /* pending deposit, or null */
	" state integer not null default 0);"
	"create index if not exists packs_pending on packs (accession) where accession is not null;"
	"create table if not exists blocks ("
	" cid blob not null,"
	" pack integer not null,"
	" off integer not null,"
	" len integer not null,"
	" primary key (cid, pack)) without rowid;";

static void lock(struct sr_index *ix) {
	(void)pthread_mutex_lock(&ix->mutex);
}

static void unlock(struct sr_index *ix) {
	(void)pthread_mutex_unlock(&ix->mutex);
}

static int open_schema(struct sr_db *db, struct sr_err *e) {
	int64_t version = 0;
	int rc = sr_db_exec(db, SCHEMA, e);
	if (rc != 0)
		return rc;
	rc = sr_db_int(db, "select version from meta", &version, e);
	if (rc == SR_NOTFOUND)
		return sr_db_exec(db, "insert into meta (version) values (1)", e);
	if (rc == 0 && version != SCHEMA_VERSION)
		return sr_fail(e, SR_UNSUPPORTED, "index: version %lld, want %d",
			(long long)version, SCHEMA_VERSION);
	return rc;
}

int sr_index_open(struct sr_index **out, struct sr_db *db, struct sr_err *e) {
	*out = NULL;
	struct sr_index *ix = calloc(1, sizeof *ix);
	if (ix == NULL)
		return sr_fail(e, SR_NOMEM, "index: no memory");
	ix->db = db;
	(void)pthread_mutex_init(&ix->mutex, NULL);
	int rc = open_schema(db, e);
	if (rc != 0) {
		sr_index_close(ix);
		return rc;
	}
	*out = ix;
	return 0;
}

void sr_index_close(struct sr_index *ix) {
	if (ix == NULL)
		return;
	sr_idmap_free(&ix->checked);
	sr_idmap_free(&ix->broken);
	sr_idmap_free(&ix->whole);
	sr_idmap_free(&ix->leaned);
	sr_idmap_free(&ix->condemned);
	(void)pthread_mutex_destroy(&ix->mutex);
	free(ix);
}

/* --- adding --------------------------------------------------------------------------------------
 */

static int pack_id(
	struct sr_index *ix, const uint8_t name[SR_HASH], int64_t *id, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_db_stmt(&st, ix->db, "select id from packs where name = ?", e);
	if (rc != 0)
		return rc;
	sr_stmt_blob(st, 1, sr_bytes_of(name, SR_HASH));
	rc = sr_stmt_step(st, &row, e);
	*id = rc == 0 && row ? sr_stmt_col_int(st, 0) : -1;
	sr_stmt_reset(st);
	return rc;
}

static void bind_accession(struct sr_stmt *st, int i, const uint8_t *accession) {
	if (accession == NULL)
		sr_stmt_null(st, i);
	else
		sr_stmt_blob(st, i, sr_bytes_of(accession, SR_ID));
}

static int insert_pack(struct sr_index *ix, const struct sr_index_pack *p, const uint8_t *accession,
	int64_t *id, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, ix->db,
		"insert into packs (name, size, kind, accession) values (?, ?, ?, ?)", e);
	if (rc != 0)
		return rc;
	sr_stmt_blob(st, 1, sr_bytes_of(p->name, SR_HASH));
	sr_stmt_int(st, 2, (int64_t)p->size);
	sr_stmt_int(st, 3, (int64_t)p->kind);
	bind_accession(st, 4, accession);
	rc = sr_stmt_run(st, e);
	*id = sr_db_last_rowid(ix->db);
	return rc;
}

static int insert_blocks(
	struct sr_index *ix, const struct sr_index_pack *p, int64_t id, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, ix->db,
		"insert or replace into blocks (cid, pack, off, len) values (?, ?, ?, ?)", e);
	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		sr_stmt_blob(st, 1, sr_bytes_of(p->entries[i].cid, SR_HASH));
		sr_stmt_int(st, 2, id);
		sr_stmt_int(st, 3, p->entries[i].offset);
		sr_stmt_int(st, 4, p->entries[i].len);
		rc = sr_stmt_run(st, e);
	}
	return rc;
}

static int set_committed(struct sr_index *ix, int64_t id, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, ix->db, "update packs set accession = null where id = ?", e);
	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, id);
	return sr_stmt_run(st, e);
}

int sr_index_add(struct sr_index *ix, const struct sr_index_pack *p, const uint8_t *accession,
	struct sr_err *e) {
	int64_t id = -1;
	lock(ix);
	int rc = sr_db_begin(ix->db, e);
	if (rc != 0) {
		unlock(ix);
		return rc;
	}
	rc = pack_id(ix, p->name, &id, e);
	if (rc == 0 && id >= 0) {
		if (accession == NULL)
			rc = set_committed(ix, id, e);
	} else if (rc == 0) {
		rc = insert_pack(ix, p, accession, &id, e);
		if (rc == 0)
			rc = insert_blocks(ix, p, id, e);
	}
	if (rc == 0)
		rc = sr_db_commit(ix->db, e);
	else
		sr_db_rollback(ix->db);
	unlock(ix);
	return rc;
}

/* --- the life of an accession --------------------------------------------------------------------
 */

/* Run ${sql} with one blob; its changes in ${*changes}. Under the lock. */
static int run_blob(struct sr_index *ix, const char *sql, struct sr_bytes v, int64_t *changes,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, ix->db, sql, e);
	if (rc != 0)
		return rc;
	sr_stmt_blob(st, 1, v);
	rc = sr_stmt_run(st, e);
	if (rc == 0 && changes != NULL)
		*changes = sr_db_changes(ix->db);
	return rc;
}

int sr_index_commit(
	struct sr_index *ix, const uint8_t accession[SR_ID], size_t *packs, struct sr_err *e) {
	int64_t changes = 0;
	lock(ix);
	int rc = run_blob(ix, "update packs set accession = null where accession = ?",
		sr_bytes_of(accession, SR_ID), &changes, e);
	unlock(ix);
	if (rc == 0 && packs != NULL)
		*packs = (size_t)changes;
	return rc;
}

int sr_index_abort(struct sr_index *ix, const uint8_t accession[SR_ID], struct sr_err *e) {
	lock(ix);
	int rc = run_blob(ix, "delete from packs where accession = ?",
		sr_bytes_of(accession, SR_ID), NULL, e);
	unlock(ix);
	return rc;
}

int sr_index_remove(struct sr_index *ix, const uint8_t pack[SR_HASH], struct sr_err *e) {
	lock(ix);
	int rc = run_blob(
		ix, "delete from packs where name = ?", sr_bytes_of(pack, SR_HASH), NULL, e);
	(void)sr_idmap_del(&ix->whole, pack);
	unlock(ix);
	return rc;
}

/* --- finding -------------------------------------------------------------------------------------
 */

static void copy_id(uint8_t out[SR_HASH], const uint8_t cid[SR_HASH], const uint8_t pack[SR_HASH]) {
	for (size_t i = 0; i < SR_HASH; i++)
		out[i] = cid[i] ^ pack[i];
}

static bool is_checked(
	const struct sr_index *ix, const uint8_t cid[SR_HASH], const uint8_t pack[SR_HASH]) {
	uint8_t id[SR_HASH];
	copy_id(id, cid, pack);
	return sr_idmap_get(&ix->checked, id, NULL) || sr_idmap_get(&ix->whole, pack, NULL);
}

static bool is_broken(
	const struct sr_index *ix, const uint8_t cid[SR_HASH], const uint8_t pack[SR_HASH]) {
	uint8_t id[SR_HASH];
	copy_id(id, cid, pack);
	return sr_idmap_get(&ix->broken, id, NULL);
}

static int take_hit(struct sr_index *ix, struct sr_stmt *st, const uint8_t cid[SR_HASH],
	struct sr_index_hit *hit, struct sr_err *e) {
	int rc = sr_stmt_col_copy(st, 0, hit->at.pack, SR_HASH, e);
	if (rc != 0)
		return rc;
	int64_t offset = sr_stmt_col_int(st, 1);
	int64_t len = sr_stmt_col_int(st, 2);
	if (offset < 0 || offset > SR_PACK_MAX || len < 0 || len > SR_RECORD_MAX)
		return sr_fail(e, SR_CORRUPT, "index: a record of %lld bytes at %lld",
			(long long)len, (long long)offset);
	hit->at.offset = (uint32_t)offset;
	hit->at.len = (uint32_t)len;
	hit->pending = !sr_stmt_col_is_null(st, 3);
	hit->checked = is_checked(ix, cid, hit->at.pack);
	return 0;
}

static int find(struct sr_index *ix, const uint8_t cid[SR_HASH], const uint8_t *accession,
	struct sr_index_hit *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	struct sr_index_hit hit;
	bool found = false;
	bool row = false;
	int rc = sr_db_stmt(&st, ix->db,
		"select p.name, b.off, b.len, p.accession"
		" from blocks b join packs p on p.id = b.pack"
		" where b.cid = ? and p.state = 0 and (p.accession is null or p.accession = ?)"
		" order by b.pack",
		e);
	if (rc != 0)
		return rc;
	memset(&hit, 0, sizeof hit);
	sr_stmt_blob(st, 1, sr_bytes_of(cid, SR_HASH));
	bind_accession(st, 2, accession);
	while ((rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_index_hit next = {.pending = false};
		rc = take_hit(ix, st, cid, &next, e);
		if (rc != 0)
			break;
		if (accession != NULL && sr_idmap_get(&ix->condemned, next.at.pack, NULL))
			continue;
		/* What a scrub found whole since, is. */
		if (accession != NULL && !next.checked && is_broken(ix, cid, next.at.pack))
			continue;
		if (!found || (next.checked && !hit.checked))
			hit = next;
		found = true;
	}
	sr_stmt_reset(st);
	if (rc == 0 && !found)
		return sr_fail(e, SR_NOTFOUND, "index: the block is in no pack");
	if (rc == 0 && accession != NULL && !hit.pending)
		rc = sr_idmap_put(&ix->leaned, hit.at.pack, 0, e);
	if (rc == 0)
		*out = hit;
	return rc;
}

int sr_index_find(struct sr_index *ix, const uint8_t cid[SR_HASH], const uint8_t *accession,
	struct sr_index_hit *out, struct sr_err *e) {
	lock(ix);
	int rc = find(ix, cid, accession, out, e);
	unlock(ix);
	return rc;
}

int sr_index_find_other(struct sr_index *ix, const uint8_t cid[SR_HASH],
	const uint8_t pack[SR_HASH], const uint8_t *accession, struct sr_index_hit *out,
	struct sr_err *e) {
	uint8_t id[SR_HASH];
	copy_id(id, cid, pack);
	lock(ix);
	if (ix->broken.count >= CHECKED_MAX)
		sr_idmap_clear(&ix->broken);
	int rc = sr_idmap_put(&ix->broken, id, 0, e);
	if (rc == 0)
		rc = find(ix, cid, accession, out, e);
	unlock(ix);
	return rc;
}

static int run_kept(struct sr_index *ix, const char *sql) {
	struct sr_stmt *st = NULL;
	int rc = sr_db_stmt(&st, ix->db, sql, NULL);
	return rc == 0 ? sr_stmt_run(st, NULL) : rc;
}

/* One transaction: SQLite looks once whether the file has changed, and not for each. */
void sr_index_find_all(struct sr_index *ix, const uint8_t *const *cids, size_t count,
	const uint8_t *accession, struct sr_index_hit *hits, bool *found) {
	lock(ix);
	const bool begun = run_kept(ix, "begin") == 0; /* without it, it only takes longer */
	for (size_t i = 0; i < count; i++)
		found[i] = find(ix, cids[i], accession, &hits[i], NULL) == 0;
	if (begun && run_kept(ix, "commit") != 0)
		sr_db_rollback(ix->db);
	unlock(ix);
}

static int copies(struct sr_index *ix, const uint8_t cid[SR_HASH], struct sr_place *places,
	size_t *count, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_db_stmt(&st, ix->db,
		"select p.name, b.off, b.len, p.accession"
		" from blocks b join packs p on p.id = b.pack"
		" where b.cid = ? and p.state = 0 and p.accession is null order by b.pack",
		e);
	if (rc != 0)
		return rc;
	sr_stmt_blob(st, 1, sr_bytes_of(cid, SR_HASH));
	while (*count < SR_INDEX_COPIES && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_index_hit hit = {.pending = false};
		rc = take_hit(ix, st, cid, &hit, e);
		if (rc != 0)
			break;
		places[(*count)++] = hit.at;
	}
	sr_stmt_reset(st);
	return rc;
}

int sr_index_copies(struct sr_index *ix, const uint8_t cid[SR_HASH],
	struct sr_place places[SR_INDEX_COPIES], size_t *count, struct sr_err *e) {
	*count = 0;
	lock(ix);
	int rc = copies(ix, cid, places, count, e);
	unlock(ix);
	return rc;
}

void sr_index_checked(
	struct sr_index *ix, const uint8_t cid[SR_HASH], const uint8_t pack[SR_HASH]) {
	uint8_t id[SR_HASH];
	copy_id(id, cid, pack);
	lock(ix);
	if (ix->checked.count >= CHECKED_MAX)
		sr_idmap_clear(&ix->checked);
	/* Without memory it is merely read again. */
	(void)!sr_idmap_put(&ix->checked, id, 0, NULL);
	unlock(ix);
}

int sr_index_scrubbed(
	struct sr_index *ix, const uint8_t pack[SR_HASH], bool whole, struct sr_err *e) {
	struct sr_bytes name = sr_bytes_of(pack, SR_HASH);
	lock(ix);
	int rc = 0;
	if (whole) {
		rc = sr_idmap_put(&ix->whole, pack, 0, e);
		if (rc == 0)
			rc = run_blob(ix,
				"update packs set state = 0 where name = ? and state != 0", name,
				NULL, e);
	} else {
		(void)sr_idmap_del(&ix->whole, pack);
		sr_idmap_clear(&ix->checked);
		rc = run_blob(ix, "update packs set state = 1 where name = ?", name, NULL, e);
	}
	unlock(ix);
	return rc;
}

/* --- deposits and collection ---------------------------------------------------------------------
 */

void sr_index_enter(struct sr_index *ix) {
	lock(ix);
	ix->writers++;
	unlock(ix);
}

void sr_index_leave(struct sr_index *ix) {
	lock(ix);
	if (--ix->writers == 0)
		sr_idmap_clear(&ix->leaned);
	unlock(ix);
}

int sr_index_condemn(
	struct sr_index *ix, const uint8_t name[SR_HASH], bool *leaned, struct sr_err *e) {
	lock(ix);
	*leaned = sr_idmap_get(&ix->leaned, name, NULL);
	int rc = *leaned ? 0 : sr_idmap_put(&ix->condemned, name, 0, e);
	unlock(ix);
	return rc;
}

void sr_index_absolve(struct sr_index *ix) {
	lock(ix);
	sr_idmap_clear(&ix->condemned);
	unlock(ix);
}

int sr_index_switch(struct sr_index *ix, const uint8_t accession[SR_ID], const uint8_t *removed,
	size_t count, struct sr_err *e) {
	lock(ix);
	int rc = sr_db_begin(ix->db, e);
	if (rc != 0) {
		unlock(ix);
		return rc;
	}
	rc = run_blob(ix, "update packs set accession = null where accession = ?",
		sr_bytes_of(accession, SR_ID), NULL, e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const uint8_t *name = removed + i * SR_HASH;
		rc = run_blob(ix, "delete from packs where name = ?", sr_bytes_of(name, SR_HASH),
			NULL, e);
		(void)sr_idmap_del(&ix->whole, name);
	}
	if (rc == 0)
		rc = sr_db_commit(ix->db, e);
	else
		sr_db_rollback(ix->db);
	unlock(ix);
	return rc;
}

int sr_index_has_pack(
	struct sr_index *ix, const uint8_t name[SR_HASH], bool *has, struct sr_err *e) {
	int64_t id = -1;
	lock(ix);
	int rc = pack_id(ix, name, &id, e);
	unlock(ix);
	*has = rc == 0 && id >= 0;
	return rc;
}

static void bind_prefix(struct sr_stmt *st, int i, uint64_t prefix, uint8_t fill) {
	uint8_t cid[SR_HASH];
	memset(cid, fill, sizeof cid);
	for (size_t k = 0; k < 8; k++)
		cid[k] = (uint8_t)(prefix >> (56 - 8 * k));
	sr_stmt_blob(st, i, sr_bytes_of(cid, sizeof cid));
}

int sr_index_vacuum(struct sr_index *ix, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int64_t rows = 0;
	lock(ix);
	int rc = sr_db_int(ix->db, "select count(*) from blocks", &rows, e);
	uint64_t steps = (uint64_t)rows / VACUUM_AT_ONCE + 1;
	uint64_t width = UINT64_MAX / steps;
	for (uint64_t i = 0; rc == 0 && i < steps; i++) {
		rc = sr_db_stmt(&st, ix->db,
			"delete from blocks where cid between ? and ?"
			" and pack not in (select id from packs)",
			e);
		if (rc != 0)
			break;
		bind_prefix(st, 1, i * width, 0);
		bind_prefix(st, 2, i + 1 == steps ? UINT64_MAX : (i + 1) * width - 1, 0xff);
		rc = sr_stmt_run(st, e);
	}
	unlock(ix);
	return rc;
}

/* Up to BLOCKS_AT_ONCE rows after (cid, pack) of ${after}. */
static int some_blocks(struct sr_index *ix, const struct sr_index_block *after, uint64_t last,
	struct sr_buf *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_db_stmt(&st, ix->db,
		"select cid, pack, len from blocks where (cid, pack) > (?, ?) and cid <= ?"
		" order by cid, pack limit ?",
		e);
	if (rc != 0)
		return rc;
	sr_stmt_blob(st, 1, sr_bytes_of(after->cid, SR_HASH));
	sr_stmt_int(st, 2, after->pack);
	bind_prefix(st, 3, last, 0xff);
	sr_stmt_int(st, 4, BLOCKS_AT_ONCE);
	while ((rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		struct sr_index_block b = {.pack = sr_stmt_col_int(st, 1)};
		int64_t len = sr_stmt_col_int(st, 2);
		rc = sr_stmt_col_copy(st, 0, b.cid, SR_HASH, e);
		if (rc == 0 && (len < 0 || len > SR_RECORD_MAX))
			rc = sr_fail(
				e, SR_CORRUPT, "index: a record of %lld bytes", (long long)len);
		if (rc != 0)
			break;
		b.len = (uint32_t)len;
		sr_buf_put(out, &b, sizeof b);
	}
	sr_stmt_reset(st);
	return rc != 0 ? rc : sr_buf_ok(out, e);
}

int sr_index_blocks(struct sr_index *ix, const struct sr_index_range *range,
	int (*each)(void *ctx, const struct sr_index_block *b, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_index_block after = {.pack = -1};
	struct sr_buf rows;
	size_t n = BLOCKS_AT_ONCE;
	int rc = 0;
	for (size_t k = 0; k < 8; k++)
		after.cid[k] = (uint8_t)(range->first >> (56 - 8 * k));
	sr_buf_init(&rows);
	while (rc == 0 && n == BLOCKS_AT_ONCE) {
		sr_buf_clear(&rows);
		lock(ix);
		rc = some_blocks(ix, &after, range->last, &rows, e);
		unlock(ix);
		n = rows.len / sizeof after;
		for (size_t i = 0; rc == 0 && i < n; i++) {
			memcpy(&after, rows.p + i * sizeof after, sizeof after);
			rc = each(ctx, &after, e);
		}
	}
	sr_buf_free(&rows);
	return rc;
}

/* --- listing -------------------------------------------------------------------------------------
 */

/* The next pack after ${*after}; NOTFOUND at the end. So no lock is held while the caller's
 * function runs. */
static int next_pack(struct sr_index *ix, const uint8_t *accession, int64_t *after,
	struct sr_index_pack *p, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row = false;
	int rc = sr_db_stmt(&st, ix->db,
		accession == NULL ? "select id, name, size, kind from packs"
				    " where id > ? and accession is null order by id limit 1"
				  : "select id, name, size, kind from packs"
				    " where id > ? and accession = ? order by id limit 1",
		e);
	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, *after);
	if (accession != NULL)
		bind_accession(st, 2, accession);
	rc = sr_stmt_step(st, &row, e);
	if (rc == 0 && !row)
		rc = SR_NOTFOUND;
	if (rc == 0) {
		*after = sr_stmt_col_int(st, 0);
		p->id = *after;
		rc = sr_stmt_col_copy(st, 1, p->name, SR_HASH, e);
	}
	if (rc == 0) {
		p->size = (uint64_t)sr_stmt_col_int(st, 2);
		p->kind = sr_stmt_col_int(st, 3) == SR_PACK_META ? SR_PACK_META : SR_PACK_FILES;
	}
	sr_stmt_reset(st);
	return rc;
}

int sr_index_packs(struct sr_index *ix, const uint8_t *accession,
	int (*each)(void *ctx, const struct sr_index_pack *p, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	int64_t after = 0;
	for (;;) {
		struct sr_index_pack p = {.entries = NULL};
		lock(ix);
		int rc = next_pack(ix, accession, &after, &p, e);
		unlock(ix);
		if (rc == SR_NOTFOUND)
			return 0;
		if (rc == 0)
			rc = each(ctx, &p, e);
		if (rc != 0)
			return rc;
	}
}

int sr_index_pending(struct sr_index *ix,
	int (*each)(void *ctx, const uint8_t accession[SR_ID], struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_stmt *st = NULL;
	struct sr_buf ids;
	bool row = false;
	sr_buf_init(&ids);
	lock(ix);
	int rc = sr_db_stmt(&st, ix->db,
		"select distinct accession from packs where accession is not null order by 1", e);
	while (rc == 0 && (rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		uint8_t id[SR_ID];
		rc = sr_stmt_col_copy(st, 0, id, SR_ID, e);
		if (rc == 0)
			sr_buf_put(&ids, id, SR_ID);
	}
	sr_stmt_reset(st);
	unlock(ix);
	if (rc == 0)
		rc = sr_buf_ok(&ids, e);
	for (size_t i = 0; rc == 0 && i < ids.len; i += SR_ID)
		rc = each(ctx, ids.p + i, e);
	sr_buf_free(&ids);
	return rc;
}

int sr_index_counts(struct sr_index *ix, uint64_t *packs, uint64_t *blocks, struct sr_err *e) {
	int64_t p = 0;
	int64_t b = 0;
	lock(ix);
	int rc = sr_db_int(ix->db, "select count(*) from packs where accession is null", &p, e);
	if (rc == 0)
		rc = sr_db_int(ix->db,
			"select count(*) from blocks where pack in"
			" (select id from packs where accession is null)",
			&b, e);
	unlock(ix);
	if (rc == 0) {
		*packs = (uint64_t)p;
		*blocks = (uint64_t)b;
	}
	return rc;
}

/* --- rebuilding ----------------------------------------------------------------------------------
 */

static int rebuild_one(struct sr_index *ix, const struct sr_index_rebuild *o,
	const uint8_t name[SR_HASH], struct sr_err *e) {
	struct sr_pack p;
	struct sr_pack_entry *entries = NULL;
	struct sr_index_pack row;
	int rc = sr_pack_open(&p, o->backend, name, e);
	if (rc != 0)
		return rc;
	memset(&row, 0, sizeof row);
	for (size_t i = 0; i == 0 || (rc == SR_AUTH && i < o->structure_count); i++) {
		if (i > 0)
			sr_err_clear(e);
		rc = sr_pack_footer(
			&entries, &row.count, &p, o->backend, o->structure_sk + i * SR_X_SK, e);
	}
	memcpy(row.name, name, SR_HASH);
	row.size = p.size;
	row.kind = p.kind;
	row.entries = entries;
	if (rc == 0)
		rc = sr_index_add(ix, &row, NULL, e);
	free(entries);
	sr_pack_close(&p);
	return rc;
}

int sr_index_rebuild(struct sr_index *ix, const struct sr_index_rebuild *o, size_t *added,
	size_t *bad, struct sr_err *e) {
	*added = 0;
	*bad = 0;
	for (size_t i = 0; i < o->count; i++) {
		const uint8_t *name = o->names + i * SR_HASH;
		int64_t id = -1;
		lock(ix);
		int rc = pack_id(ix, name, &id, e);
		if (rc == 0 && id >= 0)
			rc = set_committed(ix, id, e);
		unlock(ix);
		if (rc != 0)
			return rc;
		if (id >= 0)
			continue;
		rc = rebuild_one(ix, o, name, e);
		if (rc == SR_NOTFOUND || rc == SR_CORRUPT || rc == SR_AUTH)
			++*bad;
		else if (rc != 0)
			return rc;
		else
			++*added;
	}
	if (*bad == 0)
		sr_err_clear(e);
	return 0;
}
