/*
 * draft - see draft.h.
 *
 * `waiting` holds refs number base.. of blocks that are not encoded; `next` is the first of them
 * that is not resolved. The order of end: spill what is left of `files` and `blocks` if they became
 * parts; their cids join the reach list; then the reach list's own rest. The places of all parts
 * are known when the metadata pack has closed (result).
 */
#include "store/draft.h"

#include <stdlib.h>
#include <string.h>

#include "store/columns.h"
#include "store/idmap.h"

struct waiting {
	struct sr_block_ref ref;
	struct sr_slot slot;
	bool filled;
};

_Static_assert(sizeof(struct waiting) <= SR_DRAFT_WAITING, "what draft.h says");

struct growing {            /* a stream on its way into parts */
	struct sr_buf rows; /* secret: not packed yet */
	size_t row_count;   /* in there */
	uint64_t len;       /* packed so far */
	struct sr_block_ref *parts;
	struct sr_slot *slots;
	uint32_t *part_rows;
	size_t count, cap;
	enum sr_block_kind kind;
};

struct sr_draft {
	struct sr_draft_options o;
	struct growing files, blocks, cids;
	uint64_t packed_block;    /* behind the files that are packed */
	struct waiting *waiting;  /* blocks base .. base + count */
	size_t first, count, cap; /* waiting[first .. first + count) */
	uint64_t base;            /* number of waiting[first] */
	uint64_t file_count;
	uint64_t bytes;
	uint64_t row_bytes; /* of rows of files, packed or not */
	struct sr_idmap packs;
	bool ended;
	struct sr_manifest manifest; /* of the result */
	struct sr_reach reach;
};

static void growing_init(struct growing *g, enum sr_block_kind kind) {
	sr_buf_init_secret(&g->rows);
	g->kind = kind;
}

static void growing_free(struct growing *g, struct sr_packer *p) {
	sr_buf_free(&g->rows);
	for (size_t i = 0; i < g->count; i++)
		sr_packer_drop(p, &g->slots[i]);
	if (g->parts != NULL)
		sr_wipe(g->parts, g->count * sizeof *g->parts);
	free(g->parts);
	free(g->slots);
	free(g->part_rows);
}

int sr_draft_new(struct sr_draft **out, const struct sr_draft_options *o, struct sr_err *e) {
	*out = NULL;
	struct sr_draft *d = calloc(1, sizeof *d);
	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "draft: no memory");
	d->o = *o;
	growing_init(&d->files, SR_BLOCK_MANIFEST);
	growing_init(&d->blocks, SR_BLOCK_MANIFEST);
	growing_init(&d->cids, SR_BLOCK_REACH);
	sr_manifest_init(&d->manifest);
	sr_reach_init(&d->reach);
	*out = d;
	return 0;
}

void sr_draft_free(struct sr_draft *d) {
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++)
		sr_packer_drop(d->o.packer, &d->waiting[d->first + i].slot);
	if (d->waiting != NULL)
		sr_wipe(d->waiting, d->cap * sizeof *d->waiting);
	free(d->waiting);
	growing_free(&d->files, d->o.packer);
	growing_free(&d->blocks, d->o.packer);
	growing_free(&d->cids, d->o.packer);
	sr_idmap_free(&d->packs);
	sr_manifest_free(&d->manifest);
	sr_reach_free(&d->reach);
	free(d);
}

const uint8_t *sr_draft_item(const struct sr_draft *d) {
	return d->o.item;
}

size_t sr_draft_memory(const struct sr_draft *d) {
	return sizeof *d + d->cap * sizeof *d->waiting + d->files.rows.cap + d->blocks.rows.cap +
	       d->cids.rows.cap + d->packs.cap * 48;
}

size_t sr_draft_waiting(const struct sr_draft *d) {
	return d->count;
}

/* --- streams into parts --------------------------------------------------------------------------
 */

static int growing_reserve(struct growing *g, struct sr_err *e) {
	if (g->count < g->cap)
		return 0;
	size_t cap = g->cap == 0 ? 8 : g->cap * 2;
	struct sr_block_ref *parts = calloc(cap, sizeof *parts);
	struct sr_slot *slots = calloc(cap, sizeof *slots);
	uint32_t *rows = calloc(cap, sizeof *rows);
	if (parts == NULL || slots == NULL || rows == NULL) {
		free(parts);
		free(slots);
		free(rows);
		return sr_fail(e, SR_NOMEM, "draft: no memory for %zu parts", cap);
	}
	if (g->count > 0) {
		memcpy(parts, g->parts, g->count * sizeof *parts);
		memcpy(slots, g->slots, g->count * sizeof *slots);
		memcpy(rows, g->part_rows, g->count * sizeof *rows);
		sr_wipe(g->parts, g->count * sizeof *parts);
	}
	free(g->parts);
	free(g->slots);
	free(g->part_rows);
	g->parts = parts;
	g->slots = slots;
	g->part_rows = rows;
	g->cap = cap;
	return 0;
}

/* The pending rows of ${g} as they are stored, into ${out}. */
static int pack_rows(struct sr_draft *d, struct growing *g, struct sr_buf *out, struct sr_err *e) {
	if (g == &d->files)
		return sr_files_pack(out, sr_buf_view(&g->rows), &d->packed_block, e);
	if (g == &d->blocks)
		return sr_refs_pack(
			out, (const struct sr_block_ref *)(void *)g->rows.p, g->row_count, e);
	sr_buf_put_buf(out, &g->rows);
	return sr_buf_ok(out, e);
}

/* Does the copy at ${at} read back as this part? */
static bool stored_well(struct sr_draft *d, enum sr_block_kind kind, struct sr_bytes packed,
	const struct sr_place *at, const struct sr_block_ref *ref) {
	return sr_pack_read(d->o.backend, at, sr_block_work_record(d->o.work), NULL) == 0 &&
	       sr_block_same(d->o.work, kind, ref, packed, NULL) == 0;
}

/* A copy that was stored before counts when it reads back: the first, or another (as the blocks of
 * files, ingest.c). */
static bool stored_before(struct sr_draft *d, enum sr_block_kind kind, struct sr_bytes packed,
	struct sr_block_ref *ref) {
	struct sr_index_hit hit;
	if (d->o.domain->dedupe != SR_DEDUPE_COLLECTION ||
		sr_index_find(d->o.index, ref->cid, d->o.accession, &hit, NULL) != 0)
		return false;
	for (size_t i = 0; i < SR_INDEX_COPIES; i++) {
		memcpy(ref->pack, hit.at.pack, SR_HASH);
		ref->offset = hit.at.offset;
		ref->len = hit.at.len;
		if (hit.checked)
			return true;
		if (stored_well(d, kind, packed, &hit.at, ref)) {
			sr_index_checked(d->o.index, ref->cid, ref->pack);
			return true;
		}
		if (sr_index_find_other(
			    d->o.index, ref->cid, hit.at.pack, d->o.accession, &hit, NULL) != 0)
			break;
	}
	return false;
}

/* ${packed} becomes a metadata block, or is one already. */
static int store_part(struct sr_draft *d, struct growing *g, struct sr_bytes packed,
	struct sr_slot *slot, struct sr_block_ref *ref, struct sr_err *e) {
	struct sr_bytes record = {NULL, 0};
	memset(ref, 0, sizeof *ref);
	sr_block_hash(ref->h, packed);
	ref->plain_len = (uint32_t)packed.len;
	sr_block_name(ref, g->kind, d->o.domain);
	++*d->o.parts;
	if (stored_before(d, g->kind, packed, ref))
		return 0;
	int rc = sr_block_seal_of(d->o.work, g->kind, ref, packed, &record, e);
	const struct sr_packer_record r = {SR_PACK_META, ref, NULL, record};
	struct sr_packer_added added;
	if (rc == 0)
		rc = sr_packer_add(d->o.packer, &r, 1, &added, e);
	if (rc == 0)
		*slot = added.slot;
	return rc;
}

/* ${packed}, which is what the pending rows became, as one part. */
static int spill(
	struct sr_draft *d, struct growing *g, const struct sr_buf *packed, struct sr_err *e) {
	struct sr_block_ref ref;
	struct sr_slot slot = {NULL, 0};
	int rc = growing_reserve(g, e);
	if (rc == 0)
		rc = store_part(d, g, sr_buf_view(packed), &slot, &ref, e);
	if (rc != 0)
		return rc;
	g->parts[g->count] = ref;
	g->part_rows[g->count] = (uint32_t)g->row_count;
	g->slots[g->count++] = slot;
	g->len += packed->len;
	g->row_count = 0;
	sr_buf_clear(&g->rows);
	sr_wipe(&ref, sizeof ref);
	return 0;
}

static int cut(struct sr_draft *d, struct growing *g, struct sr_err *e) {
	struct sr_buf packed;
	sr_buf_init_secret(&packed);
	int rc = pack_rows(d, g, &packed, e);
	if (rc == 0)
		rc = spill(d, g, &packed, e);
	sr_buf_free(&packed);
	return rc;
}

static int put_cid(struct sr_draft *d, const uint8_t cid[SR_HASH], struct sr_err *e) {
	struct growing *g = &d->cids;
	sr_buf_put(&g->rows, cid, SR_HASH);
	int rc = sr_buf_ok(&g->rows, e);
	g->row_count++;
	if (rc == 0 && (g->row_count == SR_CIDS_PART_ROWS ||
			       (g->row_count >= SR_CIDS_PART_MIN && sr_part_ends(cid))))
		rc = cut(d, g, e);
	return rc;
}

/* What is left becomes a last part, or stays inline when it is short and the only piece. */
static int growing_end(struct sr_draft *d, struct growing *g, struct sr_err *e) {
	struct sr_buf packed;
	if (g->row_count == 0)
		return 0;
	sr_buf_init_secret(&packed);
	int rc = pack_rows(d, g, &packed, e);
	if (rc == 0 && (g->count > 0 || packed.len > SR_STREAM_INLINE)) {
		rc = spill(d, g, &packed, e);
	} else if (rc == 0) {
		g->len = packed.len;
		sr_buf_clear(&g->rows);
		sr_buf_put_buf(&g->rows, &packed);
		rc = sr_buf_ok(&g->rows, e);
	}
	sr_buf_free(&packed);
	return rc;
}

/* --- blocks and files ----------------------------------------------------------------------------
 */

static int waiting_reserve(struct sr_draft *d, struct sr_err *e) {
	if (d->first + d->count < d->cap)
		return 0;
	if (d->first > d->cap / 2) { /* the front is free: move down */
		memmove(d->waiting, d->waiting + d->first, d->count * sizeof *d->waiting);
		d->first = 0;
		return 0;
	}
	size_t cap = d->cap == 0 ? 4 : d->cap * 2;
	struct waiting *v = calloc(cap, sizeof *v);
	if (v == NULL)
		return sr_fail(e, SR_NOMEM, "draft: no memory for %zu blocks", cap);
	if (d->count > 0)
		memcpy(v, d->waiting + d->first, d->count * sizeof *v);
	if (d->waiting != NULL)
		sr_wipe(d->waiting, d->cap * sizeof *v);
	free(d->waiting);
	d->waiting = v;
	d->first = 0;
	d->cap = cap;
	return 0;
}

uint64_t sr_draft_next(const struct sr_draft *d) {
	return d->base + d->count;
}

int sr_draft_block(struct sr_draft *d, uint64_t *number, struct sr_err *e) {
	int rc = waiting_reserve(d, e);
	if (rc != 0)
		return rc;
	memset(&d->waiting[d->first + d->count], 0, sizeof *d->waiting);
	*number = d->base + d->count++;
	return 0;
}

void sr_draft_fill(struct sr_draft *d, uint64_t number, const struct sr_block_ref *ref,
	const struct sr_slot *slot) {
	struct waiting *w = &d->waiting[d->first + (size_t)(number - d->base)];
	w->ref = *ref;
	w->slot = *slot;
	w->filled = true;
}

/* Of one item: files, bytes of their rows, packs. */
#ifdef SR_TESTING
static size_t files_max = SR_MANIFEST_FILES_MAX, rows_max = SR_FILES_STREAM_MAX,
	      packs_max = SR_REACH_PACKS_MAX;

void sr_draft_max(size_t files, size_t bytes, size_t packs) {
	files_max = files;
	rows_max = bytes;
	packs_max = packs;
}
#else
static const size_t files_max = SR_MANIFEST_FILES_MAX, rows_max = SR_FILES_STREAM_MAX,
		    packs_max = SR_REACH_PACKS_MAX;
#endif

int sr_draft_file(struct sr_draft *d, const struct sr_file *f, struct sr_err *e) {
	if (d->file_count >= files_max)
		return sr_fail(e, SR_LIMIT, "an item of more than %zu files", files_max);
	struct growing *g = &d->files;
	size_t before = g->rows.len;
	sr_file_put(&g->rows, f);
	int rc = sr_buf_ok(&g->rows, e);
	if (rc != 0)
		return rc;
	d->row_bytes += g->rows.len - before;
	if (d->row_bytes > rows_max)
		return sr_fail(e, SR_LIMIT, "an item's file list of more than %zu bytes", rows_max);
	g->row_count++;
	d->file_count++;
	d->bytes += f->size;
	if (g->rows.len >= SR_FILES_PART_MAX - SR_FILE_ROW_MAX ||
		g->row_count == SR_FILES_PART_ROWS ||
		(g->rows.len >= SR_FILES_PART_MIN && sr_part_ends(f->sha256)))
		rc = cut(d, g, e);
	return rc;
}

/* One resolved ref into the streams. */
static int encode(struct sr_draft *d, const struct sr_block_ref *ref, struct sr_err *e) {
	if (!sr_idmap_get(&d->packs, ref->pack, NULL)) {
		if (d->packs.count >= packs_max)
			return sr_fail(e, SR_LIMIT, "an item in more than %zu packs", packs_max);
		int rc = sr_idmap_put(&d->packs, ref->pack, 0, e);
		if (rc != 0)
			return rc;
	}
	struct growing *g = &d->blocks;
	sr_buf_put(&g->rows, ref, sizeof *ref);
	int rc = sr_buf_ok(&g->rows, e);
	g->row_count++;
	if (rc == 0 && (g->row_count == SR_REFS_PART_ROWS ||
			       (g->row_count >= SR_REFS_PART_MIN && sr_part_ends(ref->key))))
		rc = cut(d, g, e);
	return rc == 0 ? put_cid(d, ref->cid, e) : rc;
}

int sr_draft_advance(struct sr_draft *d, struct sr_err *e) {
	while (d->count > 0) {
		struct waiting *w = &d->waiting[d->first];
		if (!w->filled || !sr_packer_resolve(d->o.packer, &w->slot, &w->ref))
			break;
		int rc = encode(d, &w->ref, e);
		if (rc != 0)
			return rc;
		sr_wipe(w, sizeof *w);
		d->first++;
		d->base++;
		d->count--;
	}
	if (d->count == 0)
		d->first = 0;
	return 0;
}

/* --- the end -------------------------------------------------------------------------------------
 */

int sr_draft_end(struct sr_draft *d, struct sr_err *e) {
	int rc = sr_draft_advance(d, e);
	if (rc == 0 && d->count > 0)
		rc = sr_fail(e, SR_MISUSE, "draft: %zu blocks have no place yet", d->count);
	if (rc == 0)
		rc = growing_end(d, &d->files, e);
	if (rc == 0)
		rc = growing_end(d, &d->blocks, e);
	/* Behind those of all blocks: when a part was cut says nothing of the item. */
	for (size_t i = 0; rc == 0 && i < d->files.count; i++)
		rc = put_cid(d, d->files.parts[i].cid, e);
	for (size_t i = 0; rc == 0 && i < d->blocks.count; i++)
		rc = put_cid(d, d->blocks.parts[i].cid, e);
	if (rc == 0)
		rc = growing_end(d, &d->cids, e);
	if (rc != 0)
		return rc;
	free(d->waiting);
	d->waiting = NULL;
	d->cap = 0;
	d->ended = true;
	return 0;
}

/* Into ${out}, whose parts are all resolved then; their packs join the list unless ${packs} is
 * NULL. */
static int growing_result(struct sr_draft *d, struct growing *g, struct sr_stream *out,
	struct sr_idmap *packs, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < g->count; i++) {
		if (!sr_packer_resolve(d->o.packer, &g->slots[i], &g->parts[i]))
			return sr_fail(e, SR_MISUSE, "draft: part %zu of %zu has no place yet",
				i + 1, g->count);
		if (packs != NULL)
			rc = sr_idmap_put(packs, g->parts[i].pack, 0, e);
	}
	if (rc != 0)
		return rc;
	out->len = g->len;
	out->parts = g->parts;
	out->rows = g->part_rows;
	out->part_count = g->count;
	out->inline_bytes = g->rows;
	g->parts = NULL;
	g->part_rows = NULL;
	g->count = 0;
	sr_buf_init_secret(&g->rows);
	return 0;
}

int sr_draft_result(struct sr_draft *d, const struct sr_manifest **m, const struct sr_reach **r,
	struct sr_err *e) {
	if (!d->ended)
		return sr_fail(e, SR_MISUSE, "draft: a result before the end");
	d->ended = false;
	memcpy(d->manifest.domain, d->o.domain->domain, SR_ID);
	memcpy(d->reach.domain, d->o.domain->domain, SR_ID);
	d->manifest.dedupe = d->o.domain->dedupe;
	d->manifest.file_count = d->file_count;
	d->manifest.bytes = d->bytes;
	d->manifest.block_count = d->base;
	int rc = growing_result(d, &d->files, &d->manifest.files, &d->packs, e);
	if (rc == 0)
		rc = growing_result(d, &d->blocks, &d->manifest.blocks, &d->packs, e);
	if (rc == 0)
		rc = growing_result(d, &d->cids, &d->reach.cids, NULL, e);
	if (rc == 0)
		rc = sr_idmap_sorted(&d->packs, &d->reach.packs, e);
	if (rc != 0)
		return rc;
	*m = &d->manifest;
	*r = &d->reach;
	return 0;
}
