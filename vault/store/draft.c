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

#include "store/idmap.h"

struct waiting {
	struct sr_block_ref ref;
	struct sr_slot slot;
	bool filled;
};

struct growing {             /* a stream on its way into parts */
	struct sr_buf bytes; /* secret: not spilled yet */
	uint64_t len;        /* in all */
	struct sr_block_ref *parts;
	struct sr_slot *slots;
	size_t count, cap;
	size_t part_size;
	enum sr_block_kind kind;
};

struct sr_draft {
	struct sr_draft_options o;
	struct growing files, blocks, cids;
	struct waiting *waiting;  /* blocks base .. base + count */
	size_t first, count, cap; /* waiting[first .. first + count) */
	uint64_t base;            /* number of waiting[first] */
	uint64_t file_count;
	uint64_t bytes;
	struct sr_idmap packs;
	bool ended;
	struct sr_manifest manifest; /* of the result */
	struct sr_reach reach;
};

static void growing_init(struct growing *g, enum sr_block_kind kind, size_t part_size) {
	sr_buf_init_secret(&g->bytes);
	g->kind = kind;
	g->part_size = part_size;
}

static void growing_free(struct growing *g, struct sr_packer *p) {
	sr_buf_free(&g->bytes);
	for (size_t i = 0; i < g->count; i++)
		sr_packer_drop(p, &g->slots[i]);
	if (g->parts != NULL)
		sr_wipe(g->parts, g->count * sizeof *g->parts);
	free(g->parts);
	free(g->slots);
}

int sr_draft_new(struct sr_draft **out, const struct sr_draft_options *o, struct sr_err *e) {
	*out = NULL;
	struct sr_draft *d = calloc(1, sizeof *d);
	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "draft: no memory");
	d->o = *o;
	growing_init(&d->files, SR_BLOCK_MANIFEST, SR_BLOCK);
	growing_init(&d->blocks, SR_BLOCK_MANIFEST, (size_t)SR_MANIFEST_PART_REFS * SR_BLOCK_REF);
	growing_init(&d->cids, SR_BLOCK_REACH, SR_BLOCK);
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
	return sizeof *d + d->cap * sizeof *d->waiting + d->files.bytes.cap + d->blocks.bytes.cap +
	       d->cids.bytes.cap + d->packs.cap * 48;
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
	if (parts == NULL || slots == NULL) {
		free(parts);
		free(slots);
		return sr_fail(e, SR_NOMEM, "draft: no memory for %zu parts", cap);
	}
	if (g->count > 0) {
		memcpy(parts, g->parts, g->count * sizeof *parts);
		memcpy(slots, g->slots, g->count * sizeof *slots);
		sr_wipe(g->parts, g->count * sizeof *parts);
	}
	free(g->parts);
	free(g->slots);
	g->parts = parts;
	g->slots = slots;
	g->cap = cap;
	return 0;
}

static int put_cid(struct sr_draft *d, const uint8_t cid[SR_HASH], struct sr_err *e);

/* The first ${len} bytes of the stream become a metadata block under a random key. */
static int spill(struct sr_draft *d, struct growing *g, size_t len, struct sr_err *e) {
	struct sr_block_ref ref;
	struct sr_slot slot = {NULL, 0};
	struct sr_bytes record = {NULL, 0};
	bool again = false;
	int rc = growing_reserve(g, e);
	if (rc != 0)
		return rc;
	memset(&ref, 0, sizeof ref);
	memcpy(sr_block_work_plain(d->o.work), g->bytes.p, len);
	sr_block_hash(ref.h, sr_bytes_of(g->bytes.p, len));
	ref.plain_len = (uint32_t)len;
	sr_random(ref.cid, SR_HASH);
	sr_random(ref.key, SR_KEY);
	rc = sr_block_seal(d->o.work, g->kind, &ref, &record, e);
	if (rc == 0) {
		struct sr_packer_record r = {SR_PACK_META, &ref, NULL, record};
		rc = sr_packer_add(d->o.packer, &r, &slot, &again, e);
	}
	if (rc == 0) {
		g->parts[g->count] = ref;
		g->slots[g->count++] = slot;
		size_t left = g->bytes.len - len;
		memmove(g->bytes.p, g->bytes.p + len, left);
		sr_wipe(g->bytes.p + left, len);
		g->bytes.len = left;
		if (g != &d->cids)
			rc = put_cid(d, ref.cid, e);
	}
	sr_wipe(&ref, sizeof ref);
	return rc;
}

static int growing_put(struct sr_draft *d, struct growing *g, struct sr_err *e) {
	int rc = sr_buf_ok(&g->bytes, e);
	while (rc == 0 && g->bytes.len >= g->part_size)
		rc = spill(d, g, g->part_size, e);
	return rc;
}

static int put_cid(struct sr_draft *d, const uint8_t cid[SR_HASH], struct sr_err *e) {
	sr_buf_put(&d->cids.bytes, cid, SR_HASH);
	d->cids.len += SR_HASH;
	return growing_put(d, &d->cids, e);
}

/* What is left becomes a last part, or stays inline when it is short and the only piece. */
static int growing_end(struct sr_draft *d, struct growing *g, struct sr_err *e) {
	if (g->bytes.len == 0 || (g->count == 0 && g->bytes.len <= SR_STREAM_INLINE))
		return 0;
	return spill(d, g, g->bytes.len, e);
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

int sr_draft_file(struct sr_draft *d, const struct sr_file *f, struct sr_err *e) {
	if (d->file_count >= SR_MANIFEST_FILES_MAX)
		return sr_fail(e, SR_LIMIT, "an item of more than %d files", SR_MANIFEST_FILES_MAX);
	size_t before = d->files.bytes.len;
	sr_file_put(&d->files.bytes, f);
	int rc = sr_buf_ok(&d->files.bytes, e);
	if (rc != 0)
		return rc;
	d->files.len += d->files.bytes.len - before;
	if (d->files.len > SR_FILES_STREAM_MAX)
		return sr_fail(e, SR_LIMIT, "an item's file list of more than %d bytes",
			SR_FILES_STREAM_MAX);
	d->file_count++;
	d->bytes += f->size;
	return growing_put(d, &d->files, e);
}

/* One resolved ref into the streams. */
static int encode(struct sr_draft *d, const struct sr_block_ref *ref, struct sr_err *e) {
	if (!sr_idmap_get(&d->packs, ref->pack, NULL)) {
		if (d->packs.count >= SR_REACH_PACKS_MAX)
			return sr_fail(
				e, SR_LIMIT, "an item in more than %d packs", SR_REACH_PACKS_MAX);
		int rc = sr_idmap_put(&d->packs, ref->pack, 0, e);
		if (rc != 0)
			return rc;
	}
	sr_block_ref_put(&d->blocks.bytes, ref);
	d->blocks.len += SR_BLOCK_REF;
	int rc = growing_put(d, &d->blocks, e);
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
	out->part_count = g->count;
	out->inline_bytes = g->bytes;
	g->parts = NULL;
	g->count = 0;
	sr_buf_init_secret(&g->bytes);
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
