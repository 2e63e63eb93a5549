/*
 * packer - see packer.h.
 *
 * State of a pack: OPEN (in open[]) -> CLOSING (one thread seals and commits it, without the lock)
 * -> CLOSED (places known, rows in the index). refs counts slots, plus one until CLOSED; at 0 the
 * state is freed. Under the lock a record is only copied: a segment that became full is written
 * and hashed without it, by the thread that filled it, or by the one that is at it already
 * (`writing`); threads that fill faster than the disk takes wait at WAITING_MAX.
 *
 * `inflight` maps cid -> serial << 32 | entry for packs that are not CLOSED, so a block is found
 * there or in the index at any time: it leaves the map only after its rows are in.
 */
#include "store/packer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/draw.h"
#include "store/idmap.h"

enum {
	WAITING_MAX = 2, /* segments of a pack; each is 1 MiB of memory */
	/* Packs that may fill before one is closed. The records of a job are a megabyte, and a pack
	 * takes SR_PACK_TARGET: no open pack fills twice. */
	FULL_MAX = SR_PACKER_OPEN
};

struct place {
	uint32_t offset;
	uint32_t len;
};

struct sr_packing {
	struct sr_packing *next; /* of the list of packs not CLOSED */
	struct sr_pack_writer *writer;
	uint32_t serial;
	size_t refs;
	bool closed;
	bool writing; /* a thread writes and hashes its segments, or closes it */
	bool closing; /* the latter: the writer is that thread's alone, without the lock */
	uint8_t name[SR_HASH];
	struct place *places;         /* when closed */
	struct sr_resume_entry *keys; /* for the journal */
	size_t keys_cap;
	enum sr_pack_kind kind;
};

struct sr_packer {
	struct sr_packer_options o;
	pthread_mutex_t mutex;
	pthread_cond_t wrote; /* a segment was, or nobody writes a pack any more */
	struct sr_packing *open[SR_PACKER_OPEN];
	struct sr_packing *meta;
	struct sr_packing *active; /* list: OPEN and CLOSING */
	struct sr_idmap inflight;
	uint64_t taken; /* bytes of file records so far */
	uint64_t bytes;
	uint32_t serial;
	struct sr_draw draw;
	int failed; /* sticky code */
	struct sr_err
		cause; /* and what was said then: every worker that comes later says the same */
};

/* Under the lock. */
static void fail_for_good(struct sr_packer *p, int rc, const struct sr_err *e) {
	(void)pthread_cond_broadcast(&p->wrote);
	if (p->failed != 0)
		return;
	p->failed = rc;
	if (e != NULL)
		p->cause = *e;
	else
		(void)sr_fail(&p->cause, (enum sr_code)rc, "packer: a pack could not be written");
}

static int failed_before(const struct sr_packer *p, struct sr_err *e) {
	if (e != NULL)
		*e = p->cause;
	return p->failed;
}

int sr_packer_new(struct sr_packer **out, const struct sr_packer_options *o, struct sr_err *e) {
	*out = NULL;
	struct sr_packer *p = calloc(1, sizeof *p);
	if (p == NULL)
		return sr_fail(e, SR_NOMEM, "packer: no memory");
	p->o = *o;
	(void)pthread_mutex_init(&p->mutex, NULL);
	(void)pthread_cond_init(&p->wrote, NULL);
	*out = p;
	return 0;
}

static void packing_free(struct sr_packing *k) {
	if (k == NULL)
		return;
	sr_pack_writer_free(k->writer);
	if (k->keys != NULL)
		sr_wipe(k->keys, k->keys_cap * sizeof *k->keys);
	free(k->keys);
	free(k->places);
	free(k);
}

void sr_packer_free(struct sr_packer *p) {
	if (p == NULL)
		return;
	while (p->active != NULL) {
		struct sr_packing *k = p->active;
		p->active = k->next;
		packing_free(k);
	}
	sr_idmap_free(&p->inflight);
	sr_draw_wipe(&p->draw);
	(void)pthread_cond_destroy(&p->wrote);
	(void)pthread_mutex_destroy(&p->mutex);
	free(p);
}

/* Under the lock. */
static void unref(struct sr_packing *k) {
	if (--k->refs == 0)
		packing_free(k);
}

/* --- opening and closing -------------------------------------------------------------------------
 */

static int packing_new(
	struct sr_packing **out, struct sr_packer *p, enum sr_pack_kind kind, struct sr_err *e) {
	struct sr_pack_options o = {.backend = p->o.backend, .kind = kind};
	struct sr_packing *k = calloc(1, sizeof *k);
	if (k == NULL)
		return sr_fail(e, SR_NOMEM, "packer: no memory");
	memcpy(o.vault, p->o.vault, SR_HASH);
	memcpy(o.structure_pk, p->o.structure_pk, SR_X_PK);
	k->serial = p->serial++;
	k->kind = kind;
	k->refs = 1;
	int rc = sr_pack_writer_new(&k->writer, &o, e);
	if (rc != 0) {
		packing_free(k);
		return rc;
	}
	k->next = p->active;
	p->active = k;
	*out = k;
	return 0;
}

/* Seal, rows, commit, journal: without the lock. */
static int close_files(
	struct sr_packer *p, struct sr_packing *k, uint64_t *bytes, struct sr_err *e) {
	struct sr_index_pack row = {.kind = k->kind};
	int rc = sr_pack_writer_seal(k->writer, k->name, e);
	if (rc != 0)
		return rc;
	row.entries = sr_pack_writer_entries(k->writer, &row.count);
	row.size = sr_pack_writer_size(k->writer);
	*bytes = row.size;
	memcpy(row.name, k->name, SR_HASH);
	k->places = calloc(row.count + 1, sizeof *k->places);
	if (k->places == NULL)
		return sr_fail(e, SR_NOMEM, "packer: no memory for %zu places", row.count);
	for (size_t i = 0; i < row.count; i++)
		k->places[i] = (struct place){row.entries[i].offset, row.entries[i].len};
	rc = sr_index_add(p->o.index, &row, p->o.accession, e);
	if (rc == 0)
		rc = sr_pack_writer_commit(k->writer, e);
	if (rc == 0 && p->o.journal != NULL && k->kind == SR_PACK_FILES) {
		struct sr_resume_pack done = {k->name, row.entries, k->keys, row.count};
		rc = sr_resume_append(p->o.journal, &done, e);
	}
	return rc;
}

/* CLOSING -> CLOSED. Takes the lock. */
static void closed(struct sr_packer *p, struct sr_packing *k, uint64_t bytes) {
	size_t count = 0;
	(void)pthread_mutex_lock(&p->mutex);
	const struct sr_pack_entry *en = sr_pack_writer_entries(k->writer, &count);
	for (size_t i = 0; p->o.dedupe && i < count; i++)
		(void)sr_idmap_del(&p->inflight, en[i].cid);
	for (struct sr_packing **at = &p->active; *at != NULL; at = &(*at)->next)
		if (*at == k) {
			*at = k->next;
			break;
		}
	sr_pack_writer_free(k->writer);
	k->writer = NULL;
	k->closed = true;
	(void)pthread_cond_broadcast(&p->wrote);
	p->bytes += bytes;
	unref(k);
	(void)pthread_mutex_unlock(&p->mutex);
}

/* ${k} is nobody else's to write from here on. Under the lock. */
static void begin_writing(struct sr_packer *p, struct sr_packing *k) {
	while (k->writing)
		(void)pthread_cond_wait(&p->wrote, &p->mutex);
	k->writing = true;
}

/* Segments of ${k}, whose writer this thread is, until none waits. Takes the lock, and is the
 * writer no more. */
static int write_segments(struct sr_packer *p, struct sr_packing *k, struct sr_err *e) {
	struct sr_pack_segment *s;
	int rc = 0;
	(void)pthread_mutex_lock(&p->mutex);
	while (rc == 0 && (s = sr_pack_writer_take(k->writer)) != NULL) {
		(void)pthread_mutex_unlock(&p->mutex);
		rc = sr_pack_segment_write(s, e);
		(void)pthread_mutex_lock(&p->mutex);
		sr_pack_writer_put_back(k->writer, s);
		if (rc != 0)
			fail_for_good(p, rc, e);
		(void)pthread_cond_broadcast(&p->wrote);
	}
	k->writing = false;
	(void)pthread_cond_broadcast(&p->wrote);
	(void)pthread_mutex_unlock(&p->mutex);
	return rc;
}

/* Close one pack that is in no open slot any more. Not under the lock. */
static int close_pack(struct sr_packer *p, struct sr_packing *k, struct sr_err *e) {
	uint64_t bytes = 0;
	int rc = 0;
	(void)pthread_mutex_lock(&p->mutex);
	begin_writing(p, k);
	k->closing = true;
	if (p->failed != 0) /* it may have been a segment of this one */
		rc = failed_before(p, e);
	(void)pthread_mutex_unlock(&p->mutex);
	if (rc == 0)
		rc = close_files(p, k, &bytes, e);
	if (rc != 0) {
		(void)pthread_mutex_lock(&p->mutex);
		fail_for_good(p, rc, e);
		(void)pthread_mutex_unlock(&p->mutex);
		return rc;
	}
	closed(p, k, bytes);
	return 0;
}

/* --- adding --------------------------------------------------------------------------------------
 */

/* The slot of open packs where a record of ${kind} goes. Under the lock. */
static struct sr_packing **choose(struct sr_packer *p, enum sr_pack_kind kind) {
	if (kind == SR_PACK_META)
		return &p->meta;
	if (p->taken <= SR_PACK_SHUFFLE)
		return &p->open[0];
	return &p->open[sr_draw_below(&p->draw, SR_PACKER_OPEN)];
}

/* Under the lock. */
static bool find_inflight(struct sr_packer *p, const uint8_t cid[SR_HASH], struct sr_slot *slot) {
	uint64_t v = 0;
	if (!p->o.dedupe || !sr_idmap_get(&p->inflight, cid, &v))
		return false;
	for (struct sr_packing *k = p->active; k != NULL; k = k->next)
		if (k->serial == (uint32_t)(v >> 32)) {
			k->refs++;
			*slot = (struct sr_slot){k, (uint32_t)v};
			return true;
		}
	return false;
}

void sr_packer_inflight(
	struct sr_packer *p, const uint8_t *const *cids, size_t count, struct sr_slot *slots) {
	(void)pthread_mutex_lock(&p->mutex);
	for (size_t i = 0; i < count; i++) {
		slots[i] = (struct sr_slot){NULL, 0};
		(void)find_inflight(p, cids[i], &slots[i]);
	}
	(void)pthread_mutex_unlock(&p->mutex);
}

/* What the journal will say of the record that was just added as ${entry}. */
static int note_key(
	struct sr_packing *k, uint32_t entry, const struct sr_packer_record *r, struct sr_err *e) {
	if (entry >= k->keys_cap) {
		/* Not realloc: the old array holds keys and must be wiped. */
		size_t cap = k->keys_cap == 0 ? 64 : k->keys_cap * 2;
		struct sr_resume_entry *v = calloc(cap, sizeof *v);
		if (v == NULL)
			return sr_fail(e, SR_NOMEM, "packer: no memory for %zu keys", cap);
		if (k->keys != NULL) {
			memcpy(v, k->keys, k->keys_cap * sizeof *v);
			sr_wipe(k->keys, k->keys_cap * sizeof *v);
		}
		free(k->keys);
		k->keys = v;
		k->keys_cap = cap;
	}
	memcpy(k->keys[entry].lookup, r->lookup, SR_RESUME_LOOKUP);
	memcpy(k->keys[entry].key, r->ref->key, SR_KEY);
	return 0;
}

/* Into ${k}. Under the lock. */
static int add_to(struct sr_packer *p, struct sr_packing *k, const struct sr_packer_record *r,
	struct sr_slot *slot, struct sr_err *e) {
	uint32_t entry = (uint32_t)sr_pack_writer_count(k->writer);
	int rc = sr_pack_writer_add(k->writer, r->ref->cid, r->record, e);
	if (rc == 0 && r->lookup != NULL && p->o.journal != NULL)
		rc = note_key(k, entry, r, e);
	if (rc == 0 && p->o.dedupe)
		rc = sr_idmap_put(&p->inflight, r->ref->cid, (uint64_t)k->serial << 32 | entry, e);
	if (rc != 0)
		return rc;
	if (r->kind == SR_PACK_FILES)
		p->taken += r->record.len;
	k->refs++;
	*slot = (struct sr_slot){k, entry};
	return 0;
}

/* ${*full}: a pack that this call took out of its slot, for the caller to close. Under the lock. */
static int add(struct sr_packer *p, const struct sr_packer_record *r, struct sr_slot *slot,
	struct sr_packing **full, struct sr_err *e) {
	struct sr_packing **at = choose(p, r->kind);
	int rc = 0;
	if (*at != NULL && sr_pack_writer_full((*at)->writer, r->record.len)) {
		*full = *at;
		*at = NULL;
	}
	if (*at == NULL)
		rc = packing_new(at, p, r->kind, e);
	return rc == 0 ? add_to(p, *at, r, slot, e) : rc;
}

/* ${k}, if segments of it wait and nobody writes them: this thread does, whose slot keeps it alive.
 * NULL: another does, which this one waits for when it lags. Under the lock. */
static struct sr_packing *to_write(struct sr_packer *p, struct sr_packing *k) {
	/* Its pack may be closed meanwhile, by another thread. */
	while (k->writing && !k->closing && p->failed == 0 &&
		sr_pack_writer_waiting(k->writer) > WAITING_MAX)
		(void)pthread_cond_wait(&p->wrote, &p->mutex);
	if (k->closing || k->writing || sr_pack_writer_waiting(k->writer) == 0)
		return NULL;
	k->writing = true;
	return k;
}

/* One record; as add. Under the lock. */
static int add_one(struct sr_packer *p, const struct sr_packer_record *r,
	struct sr_packer_added *out, struct sr_packing **full, struct sr_err *e) {
	if (p->failed != 0)
		return failed_before(p, e);
	out->again = find_inflight(p, r->ref->cid, &out->slot);
	if (out->again)
		return 0;
	const int rc = add(p, r, &out->slot, full, e);
	if (rc != 0)
		fail_for_good(p, rc, e);
	return rc;
}

/* The packs that ${added} went to, one after the other: who writes one does not wait for another.
 * Takes the lock. */
static int write_full_segments(
	struct sr_packer *p, const struct sr_packer_added *added, size_t count, struct sr_err *e) {
	const struct sr_packing *last = NULL;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct sr_packing *k = added[i].slot.pack;
		if (added[i].again || k == last)
			continue;
		last = k;
		(void)pthread_mutex_lock(&p->mutex);
		k = to_write(p, k);
		(void)pthread_mutex_unlock(&p->mutex);
		if (k != NULL)
			rc = write_segments(p, k, e);
	}
	return rc;
}

/* Packs that became full are closed when all records are in: until then what lies in them is in
 * flight, so that a content that comes twice is found. */
int sr_packer_add(struct sr_packer *p, const struct sr_packer_record *records, size_t count,
	struct sr_packer_added *out, struct sr_err *e) {
	size_t done = 0;
	int rc = 0;
	memset(out, 0, count * sizeof *out);
	while (rc == 0 && done < count) {
		struct sr_packing *full[FULL_MAX] = {NULL};
		const size_t from = done;
		size_t fulls = 0;
		(void)pthread_mutex_lock(&p->mutex);
		for (; rc == 0 && fulls < FULL_MAX && done < count; done++) {
			rc = add_one(p, &records[done], &out[done], &full[fulls], e);
			fulls += full[fulls] != NULL ? 1 : 0;
		}
		(void)pthread_mutex_unlock(&p->mutex);
		if (rc == 0)
			rc = write_full_segments(p, out + from, done - from, e);
		for (size_t i = 0; rc == 0 && i < fulls; i++)
			rc = close_pack(p, full[i], e);
	}
	for (size_t i = 0; rc != 0 && i < count; i++)
		sr_packer_drop(p, &out[i].slot);
	return rc;
}

int sr_packer_flush(struct sr_packer *p, enum sr_pack_kind kind, struct sr_err *e) {
	struct sr_packing *todo[SR_PACKER_OPEN] = {NULL};
	int rc = 0;
	(void)pthread_mutex_lock(&p->mutex);
	if (p->failed != 0)
		rc = failed_before(p, e);
	for (size_t i = 0; rc == 0 && i < SR_PACKER_OPEN && kind == SR_PACK_FILES; i++) {
		todo[i] = p->open[i];
		p->open[i] = NULL;
	}
	if (rc == 0 && kind == SR_PACK_META) {
		todo[0] = p->meta;
		p->meta = NULL;
	}
	(void)pthread_mutex_unlock(&p->mutex);
	for (size_t i = 0; rc == 0 && i < SR_PACKER_OPEN; i++)
		if (todo[i] != NULL)
			rc = close_pack(p, todo[i], e);
	return rc;
}

/* --- slots ---------------------------------------------------------------------------------------
 */

bool sr_packer_resolve(struct sr_packer *p, struct sr_slot *slot, struct sr_block_ref *ref) {
	struct sr_packing *k = slot->pack;
	if (k == NULL)
		return true;
	(void)pthread_mutex_lock(&p->mutex);
	bool is = k->closed;
	if (is) {
		memcpy(ref->pack, k->name, SR_HASH);
		ref->offset = k->places[slot->entry].offset;
		ref->len = k->places[slot->entry].len;
		unref(k);
		slot->pack = NULL;
	}
	(void)pthread_mutex_unlock(&p->mutex);
	return is;
}

void sr_packer_drop(struct sr_packer *p, struct sr_slot *slot) {
	if (slot->pack == NULL)
		return;
	(void)pthread_mutex_lock(&p->mutex);
	unref(slot->pack);
	(void)pthread_mutex_unlock(&p->mutex);
	slot->pack = NULL;
}

uint64_t sr_packer_bytes(struct sr_packer *p) {
	(void)pthread_mutex_lock(&p->mutex);
	uint64_t n = p->bytes;
	(void)pthread_mutex_unlock(&p->mutex);
	return n;
}
