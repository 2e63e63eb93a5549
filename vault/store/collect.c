/*
 * collect - see collect.h.
 *
 * Three grains: all packs (`packs`, by id, with what the index says is alive), a group of those
 * that may go (`group`, with their footers and a bit for each record), and a step of the group. The
 * marks serve all three; when they cannot hold all cids at once, the range of cids is walked in
 * parts, for the count and again for every group.
 */
#include "store/collect.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/fetch.h"
#include "store/ingest.h"
#include "store/packer.h"
#include "store/reach.h"

const uint8_t SR_COLLECT_ID[SR_ID] = {'c', 'o', 'l', 'l', 'e', 'c', 't', 0, 0, 0, 0, 0, 0, 0, 0, 0};

enum {
	REPORT_MS = 100
};

struct known { /* a committed pack */
	int64_t id;
	uint8_t name[SR_HASH];
	uint64_t size;        /* of the file */
	uint64_t bytes, live; /* of records */
	enum sr_pack_kind kind;
	bool seen; /* it was in a group */
};

struct member { /* of the group */
	struct known *pack;
	struct sr_pack_entry *entries; /* NULL: its footer cannot be read */
	uint8_t *alive;                /* one byte an entry */
	size_t count;
	uint64_t live;
	bool lost, taken; /* not there at all; of an earlier step */
};

struct sr_collect {
	struct sr_collect_options o;
	struct sr_collect_found found;
	struct known *packs; /* by id */
	size_t pack_count, pack_cap;
	size_t next; /* pack to be looked at for the next group */
	/* cids of live items that lie in `range`, as numbers, sorted and without duplicates */
	uint64_t *marks;
	size_t mark_count, mark_cap;
	struct sr_index_range range;
	uint64_t parts; /* of the whole range */
	bool marked;    /* the marks are those of `range` */
	struct member *group;
	size_t group_count, group_cap, group_bytes;
	/* the step that waits */
	bool waits;
	struct sr_buf removed, added;
	uint64_t copied, reported_ms;
	uint8_t *segment; /* SR_SEGMENT */
	uint8_t *record;  /* SR_RECORD_MAX */
};

static int report(struct sr_collect *c, const char *what, uint64_t done, struct sr_err *e) {
	uint64_t now = sr_mono_ms();
	if (c->o.progress.report == NULL || now - c->reported_ms < REPORT_MS)
		return 0;
	c->reported_ms = now;
	if (sr_progress_report(&c->o.progress, what, done, 0, "bytes") != 0)
		return sr_fail(e, SR_LOCKED, "collect: stopped on request");
	return 0;
}

/* --- marks ---------------------------------------------------------------------------------------
 */

static uint64_t prefix(const uint8_t cid[SR_HASH]) {
	uint64_t v = 0;
	for (size_t k = 0; k < 8; k++)
		v = v << 8 | cid[k];
	return v;
}

static int by_number(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void sort_marks(struct sr_collect *c) {
	size_t n = 0;
	if (c->mark_count == 0)
		return;
	qsort(c->marks, c->mark_count, sizeof *c->marks, by_number);
	for (size_t i = 1; i < c->mark_count; i++)
		if (c->marks[i] != c->marks[n])
			c->marks[++n] = c->marks[i];
	c->mark_count = n + 1;
}

static bool is_marked(const struct sr_collect *c, uint64_t v) {
	return c->mark_count > 0 &&
	       bsearch(&v, c->marks, c->mark_count, sizeof *c->marks, by_number) != NULL;
}

/* Full: many of them may be the same blocks of several items. */
static int more_marks(struct sr_collect *c, struct sr_err *e) {
	sort_marks(c);
	if (c->mark_count < c->mark_cap - c->mark_cap / 4)
		return 0;
	size_t cap = c->mark_cap == 0 ? 4096 : c->mark_cap * 2;
	uint64_t *v = reallocarray(c->marks, cap, sizeof *v);
	if (v == NULL)
		return sr_fail(e, SR_NOMEM, "collect: no memory for %zu marks", cap);
	c->marks = v;
	c->mark_cap = cap;
	return 0;
}

static int mark_cid(void *ctx, const uint8_t cid[SR_HASH], struct sr_err *e) {
	struct sr_collect *c = ctx;
	uint64_t v = prefix(cid);
	if (v < c->range.first || v > c->range.last)
		return 0;
	int rc = c->mark_count == c->mark_cap ? more_marks(c, e) : 0;
	if (rc == 0)
		c->marks[c->mark_count++] = v;
	return rc;
}

static int mark_item(
	void *collect, const uint8_t item[SR_ID], struct sr_bytes sealed, struct sr_err *e) {
	struct sr_collect *c = collect;
	struct sr_reach_visitor v = {.cid = mark_cid, .ctx = c};
	struct sr_fetch_options fo = {.backend = c->o.backend, .index = c->o.index};
	struct sr_fetch *f = NULL;
	struct sr_reach r;
	char hex[2 * SR_ID + 1];
	int rc = 0;
	for (size_t i = 0; i == 0 || (rc == SR_AUTH && i < c->o.structure_count); i++) {
		if (i > 0)
			sr_err_clear(e);
		rc = sr_reach_open(
			&r, sealed, c->o.structure_sk + i * SR_X_SK, c->o.vault, item, e);
	}
	if (rc == 0) {
		memcpy(fo.vault, c->o.vault, SR_HASH);
		memcpy(fo.domain, r.domain, SR_ID);
		if (r.cids.part_count > 0)
			rc = sr_fetch_new(&f, &fo, e);
		if (rc == 0)
			rc = sr_reach_each(&r, f, &v, e);
		sr_fetch_free(f);
		sr_reach_free(&r);
	}
	c->found.items++;
	if (rc == 0)
		return report(c, "marking", c->found.items, e);
	sr_hex(hex, item, SR_ID);
	if (e != NULL)
		(void)sr_wrap(
			e, "item %s: what it needs cannot be read, so nothing is removed", hex);
	return rc;
}

/* The marks of part ${i} of the range; those that are there already are taken as they are. */
static int mark(struct sr_collect *c, uint64_t i, struct sr_err *e) {
	uint64_t width = UINT64_MAX / c->parts;
	struct sr_index_range r = {i * width, i + 1 == c->parts ? UINT64_MAX : (i + 1) * width - 1};
	if (c->marked && r.first == c->range.first)
		return 0;
	c->range = r;
	c->mark_count = 0;
	c->marked = false;
	c->found.items = 0;
	int rc = c->o.live(c->o.ctx, mark_item, c, e);
	if (rc == 0)
		sort_marks(c);
	c->marked = rc == 0;
	return rc;
}

/* --- all packs -----------------------------------------------------------------------------------
 */

static int add_known(void *ctx, const struct sr_index_pack *p, struct sr_err *e) {
	struct sr_collect *c = ctx;
	if (c->pack_count == c->pack_cap) {
		size_t cap = c->pack_cap == 0 ? 256 : c->pack_cap * 2;
		struct known *v = reallocarray(c->packs, cap, sizeof *v);
		if (v == NULL)
			return sr_fail(e, SR_NOMEM, "collect: no memory for %zu packs", cap);
		c->packs = v;
		c->pack_cap = cap;
	}
	struct known *k = &c->packs[c->pack_count++];
	memset(k, 0, sizeof *k);
	k->id = p->id;
	memcpy(k->name, p->name, SR_HASH);
	k->size = p->size;
	k->kind = p->kind;
	return 0;
}

static int by_id(const void *a, const void *b) {
	int64_t x = ((const struct known *)a)->id;
	int64_t y = ((const struct known *)b)->id;
	return x < y ? -1 : x > y;
}

static int count_block(void *ctx, const struct sr_index_block *b, struct sr_err *e) {
	struct sr_collect *c = ctx;
	struct known key = {.id = b->pack};
	(void)e;
	if (c->pack_count == 0)
		return 0;
	struct known *k = bsearch(&key, c->packs, c->pack_count, sizeof key, by_id);
	if (k == NULL) /* pending, or forgotten */
		return 0;
	k->bytes += b->len;
	if (is_marked(c, prefix(b->cid)))
		k->live += b->len;
	return 0;
}

/* Less than half of its records' bytes live. Padding does not count: a small pack is mostly that.
 */
static bool is_sparse(const struct known *k) {
	return k->live < k->bytes - k->live;
}

static bool may_go(const struct known *k) {
	return k->live == 0 || is_sparse(k);
}

static int count_all(struct sr_collect *c, struct sr_err *e) {
	uint64_t packs = 0;
	uint64_t blocks = 0;
	int rc = sr_index_packs(c->o.index, NULL, add_known, c, e);
	if (rc == 0)
		rc = sr_index_counts(c->o.index, &packs, &blocks, e);
	/* Half full on average, so that a part that got more than its share still fits. */
	c->parts = 1 + blocks / (c->o.marks_max / sizeof *c->marks / 2);
	for (uint64_t i = 0; rc == 0 && i < c->parts; i++) {
		rc = mark(c, i, e);
		if (rc == 0)
			rc = sr_index_blocks(c->o.index, &c->range, count_block, c, e);
	}
	for (size_t i = 0; rc == 0 && i < c->pack_count; i++) {
		const struct known *k = &c->packs[i];
		c->found.packs++;
		c->found.bytes += k->bytes;
		c->found.live_bytes += k->live;
		if (k->live == 0) {
			c->found.dead++;
		} else if (is_sparse(k)) {
			c->found.sparse++;
			c->found.sparse_live_bytes += k->live;
		}
	}
	return rc;
}

/* A new pack that is pending under SR_COLLECT_ID and came to nothing. */
static int forget_added(struct sr_backend *b, struct sr_index *ix, struct sr_err *e) {
	struct sr_ingest_abort a = {.backend = b, .index = ix};
	memcpy(a.accession, SR_COLLECT_ID, SR_ID);
	return sr_ingest_abort(&a, NULL, e);
}

int sr_collect_new(struct sr_collect **out, const struct sr_collect_options *o, struct sr_err *e) {
	*out = NULL;
	struct sr_collect *c = calloc(1, sizeof *c);
	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "collect: no memory");
	c->o = *o;
	if (c->o.marks_max == 0)
		c->o.marks_max = SR_COLLECT_MARKS;
	if (c->o.step_max == 0)
		c->o.step_max = SR_COLLECT_STEP;
	sr_buf_init(&c->removed);
	sr_buf_init(&c->added);
	c->segment = malloc(SR_SEGMENT);
	c->record = malloc(SR_RECORD_MAX);
	int rc = c->segment == NULL || c->record == NULL
			 ? sr_fail(e, SR_NOMEM, "collect: no memory for a segment")
			 : 0;
	if (rc == 0)
		rc = forget_added(o->backend, o->index, e);
	if (rc == 0)
		rc = count_all(c, e);
	if (rc != 0) {
		sr_collect_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

const struct sr_collect_found *sr_collect_found(const struct sr_collect *c) {
	return &c->found;
}

/* --- a group -------------------------------------------------------------------------------------
 */

static void group_clear(struct sr_collect *c) {
	for (size_t i = 0; i < c->group_count; i++) {
		free(c->group[i].entries);
		free(c->group[i].alive);
	}
	c->group_count = 0;
	c->group_bytes = 0;
}

static int group_grow(struct sr_collect *c, struct sr_err *e) {
	if (c->group_count < c->group_cap)
		return 0;
	size_t cap = c->group_cap == 0 ? 64 : c->group_cap * 2;
	struct member *v = reallocarray(c->group, cap, sizeof *v);
	if (v == NULL)
		return sr_fail(e, SR_NOMEM, "collect: no memory for %zu packs", cap);
	c->group = v;
	c->group_cap = cap;
	return 0;
}

/* Its footer, or none when that is lost or damaged. */
static int read_footer(struct sr_collect *c, struct member *m, struct sr_err *e) {
	struct sr_pack p;
	int rc = sr_pack_open(&p, c->o.backend, m->pack->name, e);
	if (rc == 0) {
		for (size_t i = 0; i == 0 || (rc == SR_AUTH && i < c->o.structure_count); i++)
			rc = sr_pack_footer(&m->entries, &m->count, &p, c->o.backend,
				c->o.structure_sk + i * SR_X_SK, e);
		sr_pack_close(&p);
	}
	m->lost = rc == SR_NOTFOUND;
	if (rc == SR_NOTFOUND || rc == SR_CORRUPT || rc == SR_AUTH) {
		sr_err_clear(e);
		return 0;
	}
	if (rc != 0)
		return rc;
	m->alive = calloc(m->count + 1, 1);
	return m->alive == NULL
		       ? sr_fail(e, SR_NOMEM, "collect: no memory for %zu records", m->count)
		       : 0;
}

static int group_add(struct sr_collect *c, struct known *k, struct sr_err *e) {
	int rc = group_grow(c, e);
	if (rc != 0)
		return rc;
	struct member *m = &c->group[c->group_count++];
	memset(m, 0, sizeof *m);
	m->pack = k;
	rc = read_footer(c, m, e);
	c->group_bytes += m->count * (sizeof *m->entries + 1);
	return rc;
}

/* Which records of the group live. */
static int group_mark(struct sr_collect *c, struct sr_err *e) {
	int rc = 0;
	for (uint64_t part = 0; rc == 0 && part < c->parts; part++) {
		rc = mark(c, part, e);
		for (size_t i = 0; rc == 0 && i < c->group_count; i++) {
			struct member *m = &c->group[i];
			for (size_t k = 0; k < m->count; k++) {
				uint64_t v = prefix(m->entries[k].cid);
				if (v < c->range.first || v > c->range.last || !is_marked(c, v))
					continue;
				m->alive[k] = 1;
				m->live += m->entries[k].len;
			}
		}
	}
	return rc;
}

/* The index said so; does the pack itself? */
static bool member_may_go(const struct member *m) {
	uint64_t bytes = 0;
	if (m->entries == NULL)
		return m->pack->live == 0;
	for (size_t k = 0; k < m->count; k++)
		bytes += m->entries[k].len;
	return m->live == 0 || m->live < bytes - m->live;
}

/* The next packs that may go, as many as their footers fit. Empty: there are none left. */
static int next_group(struct sr_collect *c, struct sr_err *e) {
	int rc = 0;
	group_clear(c);
	for (; rc == 0 && c->next < c->pack_count && c->group_bytes < SR_COLLECT_FOOTERS &&
		c->group_count < SR_COLLECT_NAMES;
		c->next++)
		if (may_go(&c->packs[c->next]))
			rc = group_add(c, &c->packs[c->next], e);
	if (rc == 0 && c->group_count > 0)
		rc = group_mark(c, e);
	for (size_t i = 0; rc == 0 && i < c->group_count; i++)
		if (!member_may_go(&c->group[i])) {
			c->group[i].taken = true;
			c->found.spared++;
		}
	return rc;
}

/* --- a step --------------------------------------------------------------------------------------
 */

/* Does every segment verify that a living record touches? */
static int verify_source(
	struct sr_collect *c, const struct member *m, bool *whole, struct sr_err *e) {
	struct sr_pack p;
	int rc = sr_pack_open(&p, c->o.backend, m->pack->name, e);
	size_t next = 0; /* segments below were looked at, if need be */
	*whole = rc == 0;
	for (size_t k = 0; rc == 0 && k < m->count; k++) {
		const struct sr_pack_entry *en = &m->entries[k]; /* in file order */
		size_t last = (en->offset + (size_t)en->len - 1) / SR_SEGMENT;
		if (m->alive[k] == 0)
			continue;
		if (next < en->offset / SR_SEGMENT)
			next = en->offset / SR_SEGMENT;
		for (; rc == 0 && next <= last; next++)
			rc = sr_pack_check_segment(&p, c->o.backend, next, c->segment, e);
	}
	if (*whole)
		sr_pack_close(&p);
	if (rc == SR_CORRUPT || rc == SR_NOTFOUND || rc == SR_AUTH) {
		*whole = false;
		sr_err_clear(e);
		return 0;
	}
	return rc;
}

static int copy_record(struct sr_collect *c, struct sr_packer *p, const struct member *m, size_t k,
	struct sr_err *e) {
	const struct sr_pack_entry *en = &m->entries[k];
	struct sr_block_ref ref = {.plain_len = 0};
	struct sr_place at = {.offset = en->offset, .len = en->len};
	struct sr_packer_record r = {m->pack->kind, &ref, NULL, sr_bytes_of(c->record, en->len)};
	struct sr_packer_added added;
	memcpy(at.pack, m->pack->name, SR_HASH);
	memcpy(ref.cid, en->cid, SR_HASH);
	int rc = sr_pack_read(c->o.backend, &at, c->record, e);
	if (rc == 0)
		rc = sr_packer_add(p, &r, 1, &added, e);
	if (rc == 0) {
		sr_packer_drop(p, &added.slot);
		c->copied += en->len;
		rc = report(c, "repacking", c->copied, e);
	}
	return rc;
}

static int condemn(struct sr_collect *c, struct member *m, bool *leaned, struct sr_err *e) {
	int rc = sr_index_condemn(c->o.index, m->pack->name, leaned, e);
	m->taken = true;
	if (rc == 0 && *leaned)
		c->found.spared++;
	return rc;
}

static int take_removed(
	struct sr_collect *c, struct sr_collect_step *s, const struct member *m, struct sr_err *e) {
	sr_buf_put(&c->removed, m->pack->name, SR_HASH);
	if (!m->lost)
		s->removed_bytes += m->pack->size;
	return sr_buf_ok(&c->removed, e);
}

/* Everything dead of the group: costs nothing and gives room. */
static int step_dead(struct sr_collect *c, struct sr_collect_step *s, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->group_count; i++) {
		struct member *m = &c->group[i];
		bool leaned = false;
		if (m->taken || m->live > 0)
			continue;
		rc = condemn(c, m, &leaned, e);
		if (rc == 0 && !leaned)
			rc = take_removed(c, s, m, e);
	}
	return rc;
}

static int copy_member(struct sr_collect *c, struct sr_packer *p, struct sr_collect_step *s,
	struct member *m, struct sr_err *e) {
	bool leaned = false;
	bool whole = false;
	int rc = verify_source(c, m, &whole, e);
	if (rc == 0 && !whole) {
		m->taken = true;
		c->found.spared++;
		return 0;
	}
	if (rc == 0)
		rc = condemn(c, m, &leaned, e);
	if (rc != 0 || leaned)
		return rc;
	for (size_t k = 0; rc == 0 && k < m->count; k++)
		if (m->alive[k] != 0)
			rc = copy_record(c, p, m, k, e);
	return rc == 0 ? take_removed(c, s, m, e) : rc;
}

static int take_added(void *ctx, const struct sr_index_pack *p, struct sr_err *e) {
	struct sr_buf *names = ctx;
	sr_buf_put(names, p->name, SR_HASH);
	return sr_buf_ok(names, e);
}

/* Read what was written: the only other copy goes. */
static int verify_added(struct sr_collect *c, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->added.len; i += SR_HASH) {
		struct sr_pack p;
		rc = sr_pack_open(&p, c->o.backend, c->added.p + i, e);
		if (rc != 0)
			break;
		for (size_t k = 0; rc == 0 && k < p.segments; k++)
			rc = sr_pack_check_segment(&p, c->o.backend, k, c->segment, e);
		sr_pack_close(&p);
	}
	if (rc != 0 && e != NULL)
		(void)sr_wrap(e, "a pack that was just written");
	return rc;
}

static int step_sparse(struct sr_collect *c, struct sr_collect_step *s, struct sr_err *e) {
	struct sr_packer_options po = {
		.backend = c->o.backend, .index = c->o.index, .dedupe = true};
	struct sr_packer *p = NULL;
	uint64_t bytes = 0;
	memcpy(po.vault, c->o.vault, SR_HASH);
	memcpy(po.structure_pk, c->o.structure_pk, SR_X_PK);
	memcpy(po.accession, SR_COLLECT_ID, SR_ID);
	int rc = sr_packer_new(&p, &po, e);
	for (size_t i = 0; rc == 0 && i < c->group_count; i++) {
		struct member *m = &c->group[i];
		if (m->taken || (bytes > 0 && bytes + m->live > c->o.step_max))
			continue;
		bytes += m->live;
		rc = copy_member(c, p, s, m, e);
	}
	if (rc == 0)
		rc = sr_packer_flush(p, SR_PACK_FILES, e);
	if (rc == 0)
		rc = sr_packer_flush(p, SR_PACK_META, e);
	if (rc == 0)
		rc = sr_backend_settle(c->o.backend, e);
	if (rc == 0)
		rc = sr_index_packs(c->o.index, SR_COLLECT_ID, take_added, &c->added, e);
	if (rc == 0)
		rc = verify_added(c, e);
	if (p != NULL)
		s->added_bytes = sr_packer_bytes(p);
	sr_packer_free(p);
	return rc;
}

static bool group_left(const struct sr_collect *c) {
	for (size_t i = 0; i < c->group_count; i++)
		if (!c->group[i].taken)
			return true;
	return false;
}

static int make_step(struct sr_collect *c, struct sr_collect_step *s, struct sr_err *e) {
	int rc = 0;
	while (rc == 0 && c->removed.len == 0) {
		if (!group_left(c)) {
			rc = next_group(c, e);
			if (rc == 0 && c->group_count == 0)
				return 0;
		}
		if (rc == 0)
			rc = step_dead(c, s, e);
		if (rc == 0 && c->removed.len == 0)
			rc = step_sparse(c, s, e);
	}
	return rc;
}

int sr_collect_step(struct sr_collect *c, struct sr_collect_step *out, struct sr_err *e) {
	struct sr_collect_step s = {.removed = NULL};
	memset(out, 0, sizeof *out);
	if (c->waits)
		return sr_fail(e, SR_MISUSE, "collect: a step before the last one was done");
	sr_buf_clear(&c->removed);
	sr_buf_clear(&c->added);
	int rc = make_step(c, &s, e);
	if (rc != 0) {
		sr_collect_undo(c);
		return rc;
	}
	if (c->removed.len == 0)
		return 0;
	s.removed = c->removed.p;
	s.removed_count = c->removed.len / SR_HASH;
	s.added = c->added.p;
	s.added_count = c->added.len / SR_HASH;
	c->waits = true;
	*out = s;
	return 1;
}

int sr_collect_done(struct sr_collect *c, struct sr_err *e) {
	char path[SR_STORED_NAME];
	if (!c->waits)
		return sr_fail(e, SR_MISUSE, "collect: done without a step");
	c->waits = false;
	int rc = sr_index_switch(
		c->o.index, SR_COLLECT_ID, c->removed.p, c->removed.len / SR_HASH, e);
	sr_index_absolve(c->o.index); /* what is not removed then is by sr_collect_recover */
	for (size_t i = 0; rc == 0 && i < c->removed.len; i += SR_HASH) {
		sr_hash_name(path, "packs", c->removed.p + i);
		rc = sr_backend_delete(c->o.backend, path, e);
		if (rc == SR_NOTFOUND) {
			sr_err_clear(e);
			rc = 0;
		}
	}
	return rc;
}

void sr_collect_undo(struct sr_collect *c) {
	c->waits = false;
	(void)!forget_added(c->o.backend, c->o.index, NULL);
	sr_index_absolve(c->o.index);
}

void sr_collect_free(struct sr_collect *c) {
	if (c == NULL)
		return;
	group_clear(c);
	free(c->group);
	free(c->packs);
	free(c->marks);
	free(c->segment);
	free(c->record);
	sr_buf_free(&c->removed);
	sr_buf_free(&c->added);
	free(c);
}

/* --- after a kill, and what nobody names ---------------------------------------------------------
 */

static int by_name(const void *a, const void *b) {
	return memcmp(a, b, SR_HASH);
}

static bool is_named(const struct sr_collect_names *n, const uint8_t name[SR_HASH]) {
	return n->count > 0 && bsearch(name, n->names, n->count, SR_HASH, by_name) != NULL;
}

struct gather {
	const struct sr_collect_names *names;
	struct sr_buf gone, stays; /* names in the index that statements lack, or have */
};

static int gather_pack(void *ctx, const struct sr_index_pack *p, struct sr_err *e) {
	struct gather *g = ctx;
	struct sr_buf *b = is_named(g->names, p->name) ? &g->stays : &g->gone;
	sr_buf_put(b, p->name, SR_HASH);
	return sr_buf_ok(b, e);
}

int sr_collect_recover(struct sr_backend *b, struct sr_index *ix, const struct sr_collect_names *n,
	bool *changed, struct sr_err *e) {
	struct gather g = {.names = n};
	*changed = false;
	sr_buf_init(&g.gone);
	sr_buf_init(&g.stays);
	int rc = sr_index_packs(ix, SR_COLLECT_ID, gather_pack, &g, e);
	bool pending = g.gone.len + g.stays.len > 0;
	if (rc == 0 && g.stays.len == 0 && pending)
		rc = forget_added(b, ix, e); /* no statement: it came to nothing */
	sr_buf_clear(&g.gone);
	if (rc == 0)
		rc = sr_index_packs(ix, NULL, gather_pack, &g, e);
	*changed = rc == 0 && (pending || g.gone.len > 0);
	if (*changed)
		rc = sr_index_switch(ix, SR_COLLECT_ID, g.gone.p, g.gone.len / SR_HASH, e);
	sr_buf_free(&g.gone);
	sr_buf_free(&g.stays);
	return rc;
}

struct sweep {
	struct sr_backend *backend;
	const char *folder;
	struct sr_index *index;
	const struct sr_collect_names *names;
	struct sr_buf found; /* names to delete */
	struct sr_collect_swept *out;
};

static int sweep_one(void *ctx, const char *name, struct sr_err *e) {
	struct sweep *w = ctx;
	uint8_t hash[SR_HASH];
	bool has = false;
	int rc = 0;
	if (sr_hash_of_name(hash, w->folder, name, NULL) != 0 || is_named(w->names, hash))
		return 0;
	if (w->index != NULL)
		rc = sr_index_has_pack(w->index, hash, &has, e);
	if (rc != 0 || has)
		return rc;
	sr_buf_put(&w->found, hash, SR_HASH);
	return sr_buf_ok(&w->found, e);
}

int sr_collect_sweep(struct sr_backend *b, const char *folder, struct sr_index *ix,
	const struct sr_collect_names *n, struct sr_collect_swept *out, struct sr_err *e) {
	struct sweep w = {b, folder, ix, n, {0}, out};
	char path[SR_STORED_NAME];
	memset(out, 0, sizeof *out);
	sr_buf_init(&w.found);
	int rc = sr_backend_list(b, folder, sweep_one, &w, e);
	for (size_t i = 0; rc == 0 && i < w.found.len; i += SR_HASH) {
		uint64_t size = 0;
		sr_hash_name(path, folder, w.found.p + i);
		rc = sr_backend_head(b, path, &size, e);
		if (rc == 0)
			rc = sr_backend_delete(b, path, e);
		if (rc == 0) {
			out->files++;
			out->bytes += size;
		}
	}
	sr_buf_free(&w.found);
	return rc;
}
