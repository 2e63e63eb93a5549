/*
 * ingest - see ingest.h. The caller's thread reads, hashes and keeps the drafts; workers of a pool
 * do everything else to a block, the last step (into a pack) under the packer's lock.
 *
 * Invariants: a job is free, or gathers (`batch`), or is in the pool; the drafts of its blocks
 * outlive it, because drafts leave only in flush, which first takes every job back. drafts:
 * `current` (between item_begin and item_end), and a list of ended ones in order. Memory:
 * jobs SR_INGEST_PLAIN_MAX and their SMALLS_MAX, threads * 3.5 MiB, 3 open packs * 14 MiB, drafts
 * (SR_INGEST_DRAFTS_MAX, then flush). Two threads have five jobs of 4.25 MiB, ten 13 of 2.25.
 *
 * Blocks go to a worker together, one behind the other as they were read: small ones, each of which
 * is work for a few tens of microseconds, as long as it takes to wake a thread for it, up to BATCH;
 * and large ones up to SR_LANES, whose H are made side by side in a third of the time.
 */
#include "store/ingest.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/time.h"
#include "store/columns.h"
#include "store/draft.h"
#include "store/reader.h"

enum {
	REPORT_MS = 100,
	/* Small ones of a job. In flight are then more files than a message of the client brings
	 * (1 MiB: 420 of man pages), so that threads have work while it gathers the next. */
	BATCH = 128,
	SMALL = 32 << 10,       /* bytes: a larger one is worth a thread's waking */
	SMALLS_MAX = 256 << 10, /* bytes of small ones that a job gathers */
	MESSAGE = SR_BLOCK_HEAD + SR_BLOCK,
	/* Jobs beside those that threads are at: the one that gathers, and two that wait. They come
	 * back in order, and a thread that writes a pack may wait for the disk while the others do
	 * as many blocks as those two have. */
	JOBS_BESIDE = 3,
	/* More would not be fed by the one that reads and makes SHA-256, and have no memory. */
	THREADS_MAX = 10,
	JOBS_MAX = THREADS_MAX + JOBS_BESIDE
};
_Static_assert(SR_INGEST_PLAIN_MAX / JOBS_MAX >= 2 * SR_BLOCK, "two side by side at the least");
_Static_assert((int)BATCH <= (int)SR_LANES_TEXTS, "all H of a job in one call");

enum state {
	OPEN,
	IN_ITEM,
	FINISHED,
	FAILED
};

struct block {
	struct sr_draft *draft;
	uint64_t number;       /* in the draft */
	uint64_t block;        /* in the file */
	uint8_t file[SR_HASH]; /* sr_resume_file */
	size_t at;             /* of its plaintext in the job's bytes, behind SR_BLOCK_HEAD bytes */
	struct sr_block_ref ref;
	struct sr_slot slot;
	uint8_t lookup[SR_RESUME_LOOKUP]; /* dedupe none: in the journal */
	bool found, checked; /* in the index: its place is in ref, and it need not be read back */
	bool pending;        /* in a pack of this accession */
	bool reused;
	int rc;
};

struct job {
	struct sr_ingest *in;
	struct sr_block_work *work; /* the worker's who is at it */
	struct job *next_free;
	struct block blocks[BATCH];
	size_t count, large;
	uint8_t *bytes; /* SMALLS_MAX + group * MESSAGE */
	size_t used;
	size_t small;               /* of those used: by small ones */
	size_t touched;             /* bytes that may hold a secret, and are wiped */
	struct sr_pack_reads reads; /* of this time */
	struct sr_err e;            /* of the first that failed */
};

struct ended {
	struct ended *next;
	struct sr_draft *draft;
};

struct sr_ingest {
	enum state state;
	int failed_rc;
	struct sr_ingest_options o;
	struct sr_resume *journal; /* dedupe none only */
	struct sr_packer *packer;
	struct sr_block_work *meta_work;
	struct sr_sha256 *sha;
	struct sr_pool *pool;
	pthread_mutex_t mutex; /* of the next two */
	struct sr_block_work *works[THREADS_MAX];
	size_t idle; /* the first of them: nobody works with them */
	size_t work_count;
	struct job jobs[JOBS_MAX];
	size_t job_count;
	size_t group; /* large blocks of a job, at most */
	struct job *free_jobs;
	struct job *batch; /* gathers; or NULL */
	struct sr_draft *current;
	struct ended *first;
	struct ended **last;
	size_t ended_memory;
	size_t parts; /* of manifests and reach lists, stored now or before */
	struct sr_buf packs;
	struct sr_ingest_totals totals;
	uint64_t reported_ms;
	bool entered;          /* the index knows of us */
	struct pieces *pieces; /* a file that comes in pieces, or NULL */
};

/* --- a worker's part -----------------------------------------------------------------------------
 */

static struct sr_bytes plain_of(const struct job *j, const struct block *b) {
	return sr_bytes_of(j->bytes + b->at, b->ref.plain_len);
}

/* Is the record at the ref's place this block? Reads it back. The plaintext stays. */
static bool stored_well(struct job *j, const struct block *b) {
	struct sr_place at = {.offset = b->ref.offset, .len = b->ref.len};
	memcpy(at.pack, b->ref.pack, SR_HASH);
	return sr_pack_reads(&j->reads, &at, sr_block_work_record(j->work), NULL) == 0 &&
	       sr_block_same(j->work, SR_BLOCK_FILE, &b->ref, plain_of(j, b), NULL) == 0;
}

static void take_hit(struct block *b, const struct sr_index_hit *hit) {
	memcpy(b->ref.pack, hit->at.pack, SR_HASH);
	b->ref.offset = hit->at.offset;
	b->ref.len = hit->at.len;
	b->checked = hit->checked;
	b->pending = hit->pending;
}

/* Is a copy that the index has of ${b} good? The first, or another: where a pack was damaged, a
 * later one has what a deposit stored again. */
static bool stored_before(struct job *j, struct block *b) {
	const struct sr_ingest *in = j->in;
	struct sr_index_hit other;
	for (size_t i = 0; b->found && i < SR_INDEX_COPIES; i++) {
		if (b->checked)
			return true;
		bool well = stored_well(j, b);
		/* A pack that another worker closes has rows before it has a name: until then the
		 * block is the packer's, and from then on it can be read. */
		if (!well && b->pending) {
			const uint8_t *cid = b->ref.cid;
			sr_packer_inflight(in->packer, &cid, 1, &b->slot);
			if (b->slot.pack != NULL)
				return true;
			well = stored_well(j, b);
		}
		if (well) {
			sr_index_checked(in->o.index, b->ref.cid, b->ref.pack);
			return true;
		}
		b->found = sr_index_find_other(in->o.index, b->ref.cid, b->ref.pack,
				   in->o.accession, &other, NULL) == 0;
		if (b->found)
			take_hit(b, &other);
	}
	return false;
}

/* Dedupe collection: which blocks are in an open pack of this accession (slot), or in the index.
 * In this order: a block leaves the one after it came into the other. */
static void look_up(struct job *j) {
	struct sr_ingest *in = j->in;
	const uint8_t *cids[BATCH];
	struct block *asked[BATCH];
	struct sr_slot slots[BATCH];
	struct sr_index_hit hits[BATCH];
	bool found[BATCH];
	size_t n = 0;
	for (size_t i = 0; i < j->count; i++)
		cids[i] = j->blocks[i].ref.cid;
	sr_packer_inflight(in->packer, cids, j->count, slots);
	for (size_t i = 0; i < j->count; i++) {
		struct block *b = &j->blocks[i];
		b->slot = slots[i];
		b->reused = slots[i].pack != NULL;
		if (b->reused)
			continue;
		cids[n] = b->ref.cid;
		asked[n++] = b;
	}
	if (n > 0)
		sr_index_find_all(in->o.index, cids, n, in->o.accession, hits, found);
	for (size_t i = 0; i < n; i++) {
		asked[i]->found = found[i];
		if (found[i])
			take_hit(asked[i], &hits[i]);
	}
}

static void hash_blocks(struct job *j) {
	struct sr_bytes plain[BATCH];
	uint8_t h[BATCH][SR_HASH];
	for (size_t i = 0; i < j->count; i++)
		plain[i] = plain_of(j, &j->blocks[i]);
	sr_block_hashes(h, plain, j->count);
	for (size_t i = 0; i < j->count; i++)
		memcpy(j->blocks[i].ref.h, h[i], SR_HASH);
	sr_wipe(h, sizeof h);
}

/* Before any of them is sealed: names, and what is known of them. */
static void name_blocks(struct job *j) {
	struct sr_ingest *in = j->in;
	hash_blocks(j);
	if (in->o.domain.dedupe != SR_DEDUPE_COLLECTION)
		return;
	for (size_t i = 0; i < j->count; i++)
		sr_block_name(&j->blocks[i].ref, SR_BLOCK_FILE, &in->o.domain);
	look_up(j);
}

/* Dedupe none: is it stored since an earlier run of this accession? Otherwise the journal will say
 * b->lookup of it. */
static bool stored_in_journal(struct job *j, struct block *b) {
	struct sr_ingest *in = j->in;
	if (in->journal == NULL)
		return false;
	sr_resume_lookup(in->journal, b->lookup, b->file, b->block, b->ref.h);
	return sr_resume_find(in->journal, b->lookup, &b->ref, NULL) == 0 && stored_well(j, b);
}

/* Blocks of a job that are sealed and lie in the worker's record buffer. */
struct sealed {
	struct block *blocks[BATCH];
	struct sr_packer_record records[BATCH];
	size_t count;
	size_t used; /* of the buffer */
};

/* All of them into packs; the buffer is free again. */
static void pack_sealed(struct job *j, struct sealed *s) {
	struct sr_packer_added added[BATCH];
	struct sr_err e = {.code = SR_OK};
	const int rc = sr_packer_add(j->in->packer, s->records, s->count, added, &e);
	for (size_t i = 0; i < s->count; i++) {
		s->blocks[i]->rc = rc;
		s->blocks[i]->slot = added[i].slot;
		s->blocks[i]->reused = added[i].again;
	}
	if (rc != 0 && j->e.code == SR_OK)
		j->e = e;
	s->count = s->used = 0;
}

/* The same file comes many times in a tree, and what lies in the buffer is in no pack yet. */
static const struct sr_packer_record *sealed_before(const struct sealed *s, const struct block *b) {
	for (size_t i = 0; i < s->count; i++)
		if (memcmp(s->blocks[i]->ref.cid, b->ref.cid, SR_HASH) == 0)
			return &s->records[i];
	return NULL;
}

static void seal_block(struct job *j, struct sealed *s, struct block *b) {
	const bool dedupe = j->in->o.domain.dedupe == SR_DEDUPE_COLLECTION;
	struct sr_err e = {.code = SR_OK};
	if (SR_RECORD_MAX - s->used < SR_RECORD_OVERHEAD + b->ref.plain_len)
		pack_sealed(j, s);
	struct sr_packer_record *r = &s->records[s->count];
	*r = (struct sr_packer_record){.kind = SR_PACK_FILES, .ref = &b->ref};
	const struct sr_packer_record *same = dedupe ? sealed_before(s, b) : NULL;
	if (same != NULL) {
		r->record = same->record;
	} else {
		b->rc = sr_block_seal_in(j->work, SR_BLOCK_FILE, &b->ref,
			j->bytes + b->at - SR_BLOCK_HEAD, s->used, &r->record, &e);
		s->used += r->record.len;
	}
	if (!dedupe && j->in->journal != NULL)
		r->lookup = b->lookup;
	if (b->rc == 0)
		s->blocks[s->count++] = b;
	else if (j->e.code == SR_OK)
		j->e = e;
}

/* As many as there are threads, so there is one for whoever asks. */
static struct sr_block_work *take_work(struct sr_ingest *in) {
	(void)pthread_mutex_lock(&in->mutex);
	assert(in->idle > 0);
	struct sr_block_work *w = in->works[--in->idle];
	(void)pthread_mutex_unlock(&in->mutex);
	return w;
}

static void give_work(struct sr_ingest *in, struct sr_block_work *w) {
	(void)pthread_mutex_lock(&in->mutex);
	in->works[in->idle++] = w;
	(void)pthread_mutex_unlock(&in->mutex);
}

/* First all that was stored before, which is read into the same buffer that records are sealed
 * into. */
static void work_job(void *arg) {
	struct job *j = arg;
	struct sealed s = {.count = 0};
	const bool dedupe = j->in->o.domain.dedupe == SR_DEDUPE_COLLECTION;
	j->work = take_work(j->in);
	name_blocks(j);
	for (size_t i = 0; i < j->count; i++) {
		struct block *b = &j->blocks[i];
		if (!b->reused) /* in an open pack */
			b->reused = dedupe ? stored_before(j, b) : stored_in_journal(j, b);
	}
	for (size_t i = 0; i < j->count; i++) {
		struct block *b = &j->blocks[i];
		if (b->reused)
			continue;
		if (!dedupe)
			sr_block_name(&b->ref, SR_BLOCK_FILE, &j->in->o.domain);
		seal_block(j, &s, b);
	}
	if (s.count > 0)
		pack_sealed(j, &s);
	sr_pack_reads_end(&j->reads);
	give_work(j->in, j->work);
	j->work = NULL;
}

/* --- jobs ----------------------------------------------------------------------------------------
 */

static int fail(struct sr_ingest *in, int rc) {
	in->state = FAILED;
	in->failed_rc = rc;
	return rc;
}

static int refuse(const struct sr_ingest *in, struct sr_err *e) {
	if (in->state == FAILED)
		return sr_fail(e, (enum sr_code)in->failed_rc, "accession: it failed before");
	return sr_fail(e, SR_MISUSE, "accession: not in this state (%d)", (int)in->state);
}

static int report(struct sr_ingest *in, bool end, struct sr_err *e) {
	uint64_t now = sr_mono_ms();
	if (in->o.progress.report == NULL || (!end && now - in->reported_ms < REPORT_MS))
		return 0;
	in->reported_ms = now;
	if (sr_progress_report(&in->o.progress, "storing", in->totals.bytes, 0, "bytes") != 0)
		return sr_fail(e, SR_LOCKED, "accession: stopped on request");
	return 0;
}

static void put_job(struct sr_ingest *in, struct job *j) {
	j->count = j->large = 0;
	j->used = j->small = 0;
	j->next_free = in->free_jobs;
	in->free_jobs = j;
}

/* A finished job's results into their drafts; the job is free again. */
static int settle_job(struct sr_ingest *in, struct job *j, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; i < j->count; i++) {
		struct block *b = &j->blocks[i];
		if (b->rc == 0) {
			in->totals.blocks++;
			if (b->reused)
				in->totals.blocks_reused++;
			sr_draft_fill(b->draft, b->number, &b->ref, &b->slot);
		} else {
			sr_packer_drop(in->packer, &b->slot);
			rc = b->rc;
		}
	}
	if (rc != 0 && j->e.code != SR_OK)
		rc = j->e.code; /* what failed first */
	if (rc != 0 && e != NULL && in->state != FAILED)
		*e = j->e;
	put_job(in, j);
	return rc;
}

/* A free job, waiting for the oldest if there is none. */
static int get_job(struct sr_ingest *in, struct job **out, struct sr_err *e) {
	while (in->free_jobs == NULL) {
		int rc = settle_job(in, sr_pool_take(in->pool), e);
		if (rc != 0)
			return rc;
	}
	*out = in->free_jobs;
	in->free_jobs = (*out)->next_free;
	return 0;
}

/* What ${j} gathered goes to the workers. */
static int send_job(struct sr_ingest *in, struct job *j, struct sr_err *e) {
	int rc;
	sr_err_clear(&j->e);
	rc = sr_pool_submit(in->pool, j, e);
	if (rc != 0)
		put_job(in, j);
	return rc;
}

static int send_batch(struct sr_ingest *in, struct sr_err *e) {
	struct job *j = in->batch;
	in->batch = NULL;
	return j != NULL ? send_job(in, j, e) : 0;
}

/* All jobs back; the first failure counts. */
static int drain(struct sr_ingest *in, struct sr_err *e) {
	struct job *j = NULL;
	int rc = send_batch(in, e);
	while ((j = sr_pool_take(in->pool)) != NULL) {
		struct sr_err mine = {.code = SR_OK};
		int got = settle_job(in, j, &mine);
		if (got != 0 && rc == 0) {
			rc = got;
			if (e != NULL)
				*e = mine;
		}
	}
	return rc;
}

/* --- begin ---------------------------------------------------------------------------------------
 */

static unsigned thread_count(unsigned wanted) {
	long n = wanted != 0 ? (long)wanted : sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		n = 1;
	return n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

static int make_jobs(struct sr_ingest *in, unsigned threads, struct sr_err *e) {
	const size_t count = threads + JOBS_BESIDE;
	int rc = 0;
	in->group = SR_INGEST_PLAIN_MAX / count / SR_BLOCK;
	if (in->group > SR_LANES)
		in->group = SR_LANES;
	for (; rc == 0 && in->work_count < threads; in->work_count++) {
		rc = sr_block_work_new(&in->works[in->work_count], &in->o.domain, in->o.codec, e);
		if (rc != 0)
			break;
		in->idle++;
	}
	for (; rc == 0 && in->job_count < count; in->job_count++) {
		struct job *j = &in->jobs[in->job_count];
		j->bytes = malloc(SMALLS_MAX + in->group * MESSAGE);
		if (j->bytes == NULL)
			return sr_fail(e, SR_NOMEM, "accession: no memory for blocks");
		j->in = in;
		j->reads.backend = in->o.backend;
		put_job(in, j);
	}
	return rc;
}

static int make_parts(struct sr_ingest *in, struct sr_err *e) {
	struct sr_packer_options po = {.backend = in->o.backend,
		.index = in->o.index,
		.journal = in->journal,
		.dedupe = in->o.domain.dedupe == SR_DEDUPE_COLLECTION};
	memcpy(po.vault, in->o.domain.vault, SR_HASH);
	memcpy(po.structure_pk, in->o.structure_pk, SR_X_PK);
	memcpy(po.accession, in->o.accession, SR_ID);
	unsigned threads = thread_count(in->o.threads);
	int rc = sr_packer_new(&in->packer, &po, e);
	if (rc == 0)
		rc = sr_sha256_new(&in->sha, e);
	if (rc == 0)
		rc = sr_block_work_new(&in->meta_work, &in->o.domain, in->o.codec, e);
	if (rc == 0)
		rc = make_jobs(in, threads, e);
	if (rc == 0)
		rc = sr_pool_new(&in->pool, threads, in->job_count, work_job, e);
	return rc;
}

static int add_name(void *ctx, const struct sr_index_pack *p, struct sr_err *e) {
	struct sr_buf *names = ctx;
	sr_buf_put(names, p->name, SR_HASH);
	return sr_buf_ok(names, e);
}

/* An earlier run may have been killed between a pack's rows and its name: those rows name nothing.
 */
static int forget_unnamed(struct sr_ingest *in, struct sr_err *e) {
	struct sr_buf names;
	char path[SR_STORED_NAME];
	uint64_t size = 0;
	sr_buf_init(&names);
	int rc = sr_index_packs(in->o.index, in->o.accession, add_name, &names, e);
	for (size_t i = 0; rc == 0 && i < names.len; i += SR_HASH) {
		sr_hash_name(path, "packs", names.p + i);
		rc = sr_backend_head(in->o.backend, path, &size, e);
		if (rc == SR_NOTFOUND) {
			sr_err_clear(e);
			rc = sr_index_remove(in->o.index, names.p + i, e);
		}
	}
	sr_buf_free(&names);
	return rc;
}

int sr_ingest_begin(struct sr_ingest **out, const struct sr_ingest_options *o, struct sr_err *e) {
	*out = NULL;
	struct sr_ingest *in = calloc(1, sizeof *in);
	if (in == NULL)
		return sr_fail(e, SR_NOMEM, "accession: no memory");
	in->o = *o;
	in->last = &in->first;
	(void)pthread_mutex_init(&in->mutex, NULL);
	sr_buf_init(&in->packs);
	sr_index_enter(o->index);
	in->entered = true;
	int rc = forget_unnamed(in, e);
	if (rc == 0 && o->domain.dedupe == SR_DEDUPE_NONE && o->run != NULL) {
		struct sr_resume_options ro = {.run = o->run};
		memcpy(ro.vault, o->domain.vault, SR_HASH);
		memcpy(ro.accession, o->accession, SR_ID);
		memcpy(ro.key, o->journal_key, SR_KEY);
		rc = sr_resume_open(&in->journal, &ro, e);
		sr_wipe(&ro, sizeof ro);
	}
	sr_wipe(in->o.journal_key, SR_KEY); /* the journal keeps it where it is locked */
	if (rc == 0)
		rc = make_parts(in, e);
	if (rc != 0) {
		sr_ingest_free(in);
		return rc;
	}
	*out = in;
	return 0;
}

static void drop_pieces(struct sr_ingest *in);

/* When no thread is left. */
static void free_jobs(struct sr_ingest *in) {
	for (size_t i = 0; i < in->job_count; i++) {
		struct job *j = &in->jobs[i];
		sr_wipe(j->bytes, j->touched);
		free(j->bytes);
		sr_wipe(j, sizeof *j);
	}
	while (in->work_count > 0)
		sr_block_work_free(in->works[--in->work_count]);
	in->job_count = in->idle = 0;
	in->free_jobs = in->batch = NULL;
}

void sr_ingest_free(struct sr_ingest *in) {
	if (in == NULL)
		return;
	/* Slots of jobs that were in the pool go with the packer's states, through settle_job. */
	in->state = FAILED;
	in->batch = NULL; /* nobody wants it stored any more */
	if (in->pool != NULL)
		(void)!drain(in, NULL);
	sr_pool_free(in->pool);
	drop_pieces(in);
	sr_draft_free(in->current);
	while (in->first != NULL) {
		struct ended *x = in->first;
		in->first = x->next;
		sr_draft_free(x->draft);
		free(x);
	}
	free_jobs(in);
	sr_block_work_free(in->meta_work);
	sr_packer_free(in->packer);
	sr_resume_close(in->journal);
	sr_sha256_free(in->sha);
	sr_buf_free(&in->packs);
	if (in->entered)
		sr_index_leave(in->o.index);
	(void)pthread_mutex_destroy(&in->mutex);
	sr_wipe(in, sizeof *in);
	free(in);
}

/* --- giving items --------------------------------------------------------------------------------
 */

static int give(struct sr_ingest *in, struct sr_draft *d, struct sr_err *e) {
	struct sr_ingest_item it = {.manifest = NULL};
	memcpy(it.item, sr_draft_item(d), SR_ID);
	int rc = sr_draft_result(d, &it.manifest, &it.reach, e);
	return rc == 0 ? in->o.item(in->o.ctx, &it, e) : rc;
}

/* Close the open packs, so that every ended draft can be finished and given, and the current one
 * shrinks. */
static int flush(struct sr_ingest *in, struct sr_err *e) {
	int rc = drain(in, e);
	if (rc == 0)
		rc = sr_packer_flush(in->packer, SR_PACK_FILES, e);
	if (rc == 0 && in->current != NULL)
		rc = sr_draft_advance(in->current, e);
	for (struct ended *x = in->first; rc == 0 && x != NULL; x = x->next)
		rc = sr_draft_end(x->draft, e);
	if (rc == 0 && in->first != NULL)
		rc = sr_packer_flush(in->packer, SR_PACK_META, e);
	if (rc == 0 && !in->o.settle_later)
		rc = sr_backend_settle(in->o.backend, e);
	while (rc == 0 && in->first != NULL) {
		struct ended *x = in->first;
		rc = give(in, x->draft, e);
		if (rc != 0)
			break;
		in->first = x->next;
		sr_draft_free(x->draft);
		free(x);
	}
	if (in->first == NULL)
		in->last = &in->first;
	in->ended_memory = 0;
	return rc;
}

/* Keep the drafts small. */
static int relieve(struct sr_ingest *in, struct sr_err *e) {
	int rc = 0;
	if (in->current != NULL && sr_draft_waiting(in->current) >= SR_REFS_PART_MIN)
		rc = sr_draft_advance(in->current, e);
	size_t memory = in->ended_memory;
	if (in->current != NULL)
		memory += sr_draft_waiting(in->current) * SR_DRAFT_WAITING;
	if (rc == 0 && memory > SR_INGEST_DRAFTS_MAX)
		rc = flush(in, e);
	return rc;
}

int sr_ingest_item_begin(struct sr_ingest *in, const uint8_t item[SR_ID], struct sr_err *e) {
	if (in->state != OPEN)
		return refuse(in, e);
	struct sr_draft_options o = {.domain = &in->o.domain,
		.packer = in->packer,
		.backend = in->o.backend,
		.index = in->o.index,
		.parts = &in->parts,
		.work = in->meta_work};
	memcpy(o.accession, in->o.accession, SR_ID);
	memcpy(o.item, item, SR_ID);
	int rc = sr_draft_new(&in->current, &o, e);
	if (rc != 0)
		return fail(in, rc);
	in->state = IN_ITEM;
	return 0;
}

int sr_ingest_item_end(struct sr_ingest *in, struct sr_err *e) {
	if (in->state != IN_ITEM || in->pieces != NULL)
		return refuse(in, e);
	struct ended *x = calloc(1, sizeof *x);
	if (x == NULL)
		return fail(in, sr_fail(e, SR_NOMEM, "accession: no memory for an item"));
	x->draft = in->current;
	in->current = NULL;
	in->ended_memory += sizeof *x + sr_draft_memory(x->draft);
	*in->last = x;
	in->last = &x->next;
	in->state = OPEN;
	int rc = relieve(in, e);
	return rc == 0 ? 0 : fail(in, rc);
}

/* --- files ---------------------------------------------------------------------------------------
 */

/* What reading one file has come to. */
struct reading {
	const struct sr_ingest_file *f;
	struct sr_file record;
	uint8_t file[SR_HASH];
	bool unreadable;
	struct sr_err why;
};

/* Up to a whole block from the caller's function; ${*end}: no more will come. */
static size_t fill(struct reading *r, uint8_t *p, bool *end) {
	size_t have = 0;
	while (have < SR_BLOCK) {
		size_t got = 0;
		sr_err_clear(&r->why);
		int rc = r->f->read(r->f->read_ctx, p + have, SR_BLOCK - have, &got, &r->why);
		if (rc != 0 || got > SR_BLOCK - have) {
			if (rc == 0)
				(void)sr_fail(
					&r->why, SR_MISUSE, "a read gave more than was asked");
			r->unreadable = true;
		}
		if (r->unreadable || got == 0) {
			*end = true;
			break;
		}
		have += got;
	}
	return have;
}

/* Where the plaintext of the next block of ${j} goes: SR_BLOCK bytes. */
static uint8_t *room_of(struct job *j) {
	if (j->touched < j->used + MESSAGE)
		j->touched = j->used + MESSAGE;
	return j->bytes + j->used + SR_BLOCK_HEAD;
}

/* May nothing more come into ${j}? If more may, there is room for a large one. */
static bool is_full(const struct sr_ingest *in, const struct job *j) {
	return j->count == BATCH || j->large == in->group ||
	       SMALLS_MAX - j->small < SR_BLOCK_HEAD + SMALL;
}

/* One more block of ${j}, whose ${len} bytes lie in its room: ${j} goes to the workers, or waits
 * for more. ${j} is given up. */
static int submit(struct sr_ingest *in, struct job *j, const struct reading *r, size_t len,
	struct sr_err *e) {
	struct block *b = &j->blocks[j->count];
	memset(b, 0, sizeof *b);
	int rc = sr_draft_block(in->current, &b->number, e);
	if (rc != 0) {
		in->batch = j;
		return rc;
	}
	b->draft = in->current;
	b->block = r->record.block_count;
	memcpy(b->file, r->file, SR_HASH);
	b->ref.plain_len = (uint32_t)len;
	b->at = j->used + SR_BLOCK_HEAD;
	j->count++;
	j->used += SR_BLOCK_HEAD + len;
	if (len > SMALL)
		j->large++;
	else
		j->small += SR_BLOCK_HEAD + len;
	in->batch = j;
	return is_full(in, j) ? send_batch(in, e) : 0;
}

/* The job that gathers, or a free one: either has room for a block. */
static int open_job(struct sr_ingest *in, struct job **out, struct sr_err *e) {
	*out = in->batch;
	in->batch = NULL;
	return *out != NULL ? 0 : get_job(in, out, e);
}

/* Nothing came into it. */
static void leave_job(struct sr_ingest *in, struct job *j) {
	if (j->count > 0)
		in->batch = j;
	else
		put_job(in, j);
}

static int read_blocks(struct sr_ingest *in, struct reading *r, struct sr_err *e) {
	bool end = false;
	sr_sha256_reset(in->sha);
	while (!end) {
		struct job *j = NULL;
		int rc = open_job(in, &j, e);
		if (rc != 0)
			return rc;
		uint8_t *p = room_of(j);
		size_t len = fill(r, p, &end);
		if (len == 0 || r->unreadable) {
			sr_wipe(p, len);
			leave_job(in, j);
			break;
		}
		sr_sha256_update(in->sha, p, len);
		rc = submit(in, j, r, len, e);
		if (rc == 0)
			rc = relieve(in, e);
		if (rc != 0)
			return rc;
		r->record.block_count++;
		r->record.size += len;
		in->totals.bytes += len;
		rc = report(in, false, e);
		if (rc != 0)
			return rc;
	}
	sr_sha256_final(in->sha, r->record.sha256);
	return 0;
}

/* After reading: what the record, the callback and the totals say. */
static void judge(struct sr_ingest *in, struct reading *r, struct sr_ingest_file_result *out,
	char reason[SR_FILE_NOTE_MAX]) {
	struct sr_file *rec = &r->record;
	uint64_t expected = r->f->size_expected;
	reason[0] = '\0';
	in->totals.files++;
	out->status = rec->kind == SR_FILE_REGULAR ? SR_INGEST_STORED : SR_INGEST_RECORDED;
	if (r->unreadable) {
		(void)snprintf(reason, SR_FILE_NOTE_MAX, "after %llu bytes: %s",
			(unsigned long long)rec->size, r->why.text);
		rec->kind = SR_FILE_UNREADABLE;
		rec->size = 0;
		rec->block_count = 0;
		memset(rec->sha256, 0, SR_HASH);
		rec->note = sr_bytes_str(reason);
	} else if (rec->kind == SR_FILE_REGULAR && expected != UINT64_MAX &&
		   expected != rec->size) {
		rec->flags = SR_FILE_CHANGED;
		out->status = SR_INGEST_CHANGED;
		in->totals.changed++;
		(void)snprintf(reason, SR_FILE_NOTE_MAX,
			"size changed from %llu to %llu while it was read",
			(unsigned long long)expected, (unsigned long long)rec->size);
	} else if (rec->kind == SR_FILE_REGULAR && r->f->changed) {
		rec->flags = SR_FILE_CHANGED;
		out->status = SR_INGEST_CHANGED;
		in->totals.changed++;
		(void)snprintf(reason, SR_FILE_NOTE_MAX, "it was written to while it was read");
	}
	if (rec->kind == SR_FILE_UNREADABLE) {
		out->status = SR_INGEST_UNREADABLE;
		in->totals.unreadable++;
	}
	out->path = rec->path;
	out->size = rec->size;
	memcpy(out->sha256, rec->sha256, SR_HASH);
	out->reason = reason;
}

static int check_request(const struct sr_ingest_file *f, struct sr_err *e) {
	if (f->path.len == 0 || f->path.len > SR_PATH_MAX)
		return sr_fail(
			e, SR_LIMIT, "a path of %zu bytes, want 1 to %d", f->path.len, SR_PATH_MAX);
	if (f->media_type.len > SR_MEDIA_TYPE_MAX || f->note.len > SR_FILE_NOTE_MAX ||
		f->mtime_ns > 999999999)
		return sr_fail(e, SR_LIMIT,
			"a media type of %zu bytes, a note of %zu bytes, %u nanoseconds",
			f->media_type.len, f->note.len, f->mtime_ns);
	for (size_t i = 0; i < f->media_type.len; i++)
		if (f->media_type.p[i] < 0x20 || f->media_type.p[i] > 0x7e)
			return sr_fail(
				e, SR_MISUSE, "a media type with byte %u", f->media_type.p[i]);
	if (f->kind < SR_FILE_REGULAR || f->kind > SR_FILE_UNREADABLE)
		return sr_fail(e, SR_MISUSE, "a file of kind %d", (int)f->kind);
	return 0;
}

static void begin_reading(
	const struct sr_ingest *in, struct reading *r, const struct sr_ingest_file *f) {
	memset(r, 0, sizeof *r);
	r->f = f;
	r->record = (struct sr_file){.kind = f->kind,
		.mtime_s = f->mtime_s,
		.mtime_ns = f->mtime_ns,
		.path = f->path,
		.media_type = f->media_type,
		.note = f->note};
	r->record.first_block =
		sr_draft_next(in->current); /* the number its first block would get */
	if (f->kind == SR_FILE_REGULAR && in->journal != NULL)
		sr_resume_file(r->file, sr_draft_item(in->current), f->path);
}

static int end_reading(struct sr_ingest *in, struct reading *r, struct sr_err *e) {
	char reason[SR_FILE_NOTE_MAX];
	struct sr_ingest_file_result result;
	const struct sr_ingest_file *f = r->f;
	memset(&result, 0, sizeof result);
	judge(in, r, &result, reason);
	if (result.status == SR_INGEST_UNREADABLE && f->kind == SR_FILE_UNREADABLE)
		(void)snprintf(
			reason, sizeof reason, "%.*s", (int)f->note.len, (const char *)f->note.p);
	int rc = sr_draft_file(in->current, &r->record, e);
	if (rc == 0 && in->o.file != NULL)
		rc = in->o.file(in->o.ctx, &result, e);
	return rc == 0 ? 0 : fail(in, rc);
}

int sr_ingest_file(struct sr_ingest *in, const struct sr_ingest_file *f, struct sr_err *e) {
	struct reading r;
	if (in->state != IN_ITEM || in->pieces != NULL)
		return refuse(in, e);
	int rc = check_request(f, e);
	if (rc != 0)
		return rc; /* the accession goes on */
	begin_reading(in, &r, f);
	if (f->kind == SR_FILE_REGULAR)
		rc = read_blocks(in, &r, e);
	return rc == 0 ? end_reading(in, &r, e) : fail(in, rc);
}

/* --- a file in pieces ------------------------------------------------------------------------- */

struct pieces {
	struct sr_ingest_file f;
	struct reading r;
	struct sr_buf names; /* path and note */
	struct job *job;     /* in whose room a block grows, or NULL */
	size_t have;
};

static void drop_pieces(struct sr_ingest *in) {
	struct pieces *p = in->pieces;
	in->pieces = NULL;
	if (p == NULL)
		return;
	if (p->job != NULL) {
		sr_wipe(room_of(p->job), p->have);
		leave_job(in, p->job);
	}
	sr_buf_free(&p->names);
	free(p);
}

int sr_ingest_open(struct sr_ingest *in, const struct sr_ingest_file *f, struct sr_err *e) {
	const struct sr_bytes none = {NULL, 0};
	if (in->state != IN_ITEM || in->pieces != NULL || f->kind != SR_FILE_REGULAR)
		return refuse(in, e);
	struct pieces *p = calloc(1, sizeof *p);
	if (p == NULL)
		return fail(in, sr_fail(e, SR_NOMEM, "accession: no memory for a file"));
	sr_buf_init_secret(&p->names);
	sr_buf_put_bytes(&p->names, f->path);
	sr_buf_put_bytes(&p->names, f->note);
	p->f = *f;
	p->f.media_type = none;
	p->f.size_expected = UINT64_MAX;
	int rc = sr_buf_ok(&p->names, e);
	if (rc == 0) {
		p->f.path = sr_bytes_of(p->names.p, f->path.len);
		p->f.note = sr_bytes_of(p->names.p + f->path.len, f->note.len);
		rc = check_request(&p->f, e);
	}
	in->pieces = p;
	if (rc != 0) {
		drop_pieces(in);
		return rc;
	}
	begin_reading(in, &p->r, &p->f);
	sr_sha256_reset(in->sha);
	return 0;
}

/* The block at work goes to the workers. */
static int piece_out(struct sr_ingest *in, struct pieces *p, struct sr_err *e) {
	struct job *j = p->job;
	const size_t len = p->have;
	p->job = NULL;
	p->have = 0;
	sr_sha256_update(in->sha, room_of(j), len);
	int rc = submit(in, j, &p->r, len, e);
	if (rc == 0)
		rc = relieve(in, e);
	p->r.record.block_count++;
	p->r.record.size += len;
	in->totals.bytes += len;
	return rc == 0 ? report(in, false, e) : rc;
}

int sr_ingest_more(struct sr_ingest *in, struct sr_bytes data, struct sr_err *e) {
	struct pieces *p = in->pieces;
	int rc = 0;
	if (in->state != IN_ITEM || p == NULL)
		return refuse(in, e);
	while (rc == 0 && data.len > 0) {
		if (p->job == NULL)
			rc = open_job(in, &p->job, e);
		if (rc != 0)
			break;
		const size_t n = data.len < SR_BLOCK - p->have ? data.len : SR_BLOCK - p->have;
		memcpy(room_of(p->job) + p->have, data.p, n);
		p->have += n;
		data = sr_bytes_of(data.p + n, data.len - n);
		if (p->have == SR_BLOCK)
			rc = piece_out(in, p, e);
	}
	return rc == 0 ? 0 : fail(in, rc);
}

int sr_ingest_close(
	struct sr_ingest *in, struct sr_bytes media_type, const char *broken, struct sr_err *e) {
	struct pieces *p = in->pieces;
	int rc = 0;
	if (in->state != IN_ITEM || p == NULL)
		return refuse(in, e);
	p->f.media_type = p->r.record.media_type = media_type;
	rc = check_request(&p->f, e);
	if (rc == 0 && broken != NULL) {
		p->r.unreadable = true;
		(void)sr_fail(&p->r.why, SR_IO, "%s", broken);
	}
	if (rc == 0 && broken == NULL && p->have > 0)
		rc = piece_out(in, p, e);
	if (rc != 0)
		return fail(in, rc);
	sr_sha256_final(in->sha, p->r.record.sha256);
	rc = end_reading(in, &p->r, e);
	drop_pieces(in);
	return rc;
}

/* --- files that are stored already ------------------------------------------------------------ */

/* Where the block lies now: packs are made anew by a collection, and manifests keep the old place.
 */
static void place_now(struct sr_ingest *in, struct sr_block_ref *ref) {
	struct sr_index_hit hit;
	if (sr_index_find(in->o.index, ref->cid, in->o.accession, &hit, NULL) != 0)
		return;
	memcpy(ref->pack, hit.at.pack, SR_HASH);
	ref->offset = hit.at.offset;
	ref->len = hit.at.len;
}

static int carry_file(struct sr_ingest *in, struct sr_item *it, uint64_t index, struct sr_err *e) {
	struct sr_slot slot = {NULL, 0};
	struct sr_block_ref ref;
	struct sr_file f;
	uint64_t number = 0;
	int rc = sr_item_file(it, index, &f, e);
	if (rc != 0)
		return rc;
	const uint64_t first = sr_draft_next(in->current);
	for (uint64_t i = 0; rc == 0 && i < f.block_count; i++) {
		rc = sr_item_ref(it, index, i, &ref, e);
		if (rc != 0)
			break;
		place_now(in, &ref);
		rc = sr_draft_block(in->current, &number, e);
		if (rc == 0) {
			sr_draft_fill(in->current, number, &ref, &slot);
			rc = relieve(in, e);
		}
	}
	sr_wipe(&ref, sizeof ref);
	f.first_block = first;
	return rc == 0 ? sr_draft_file(in->current, &f, e) : rc;
}

int sr_ingest_carry(struct sr_ingest *in, struct sr_item *it, struct sr_err *e) {
	int rc = 0;
	if (in->state != IN_ITEM || in->pieces != NULL || sr_draft_next(in->current) != 0)
		return refuse(in, e);
	if (memcmp(sr_item_domain(it), in->o.domain.domain, SR_ID) != 0)
		return sr_fail(e, SR_MISUSE, "accession: the item is of another collection");
	for (uint64_t i = 0; rc == 0 && i < sr_item_files(it); i++)
		rc = carry_file(in, it, i, e);
	return rc == 0 ? 0 : fail(in, rc);
}

int sr_ingest_read_fd(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	for (;;) {
		ssize_t n = read(*(int *)ctx, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sr_fail_errno(e, "read");
		*got = (size_t)n;
		return 0;
	}
}

/* --- the end -------------------------------------------------------------------------------------
 */

struct kinds {
	bool files, meta;
};

static int see_kind(void *ctx, const struct sr_index_pack *p, struct sr_err *e) {
	struct kinds *k = ctx;
	(void)e;
	k->files = k->files || p->kind == SR_PACK_FILES;
	k->meta = k->meta || p->kind == SR_PACK_META;
	return 0;
}

static int filler(struct sr_ingest *in, enum sr_pack_kind kind, struct sr_err *e) {
	uint8_t bytes[4096];
	struct sr_block_ref ref = {.plain_len = 0};
	struct sr_packer_added added;
	sr_random(ref.cid, SR_HASH);
	sr_random(bytes, sizeof bytes);
	const struct sr_packer_record r = {kind, &ref, NULL, sr_bytes_of(bytes, sizeof bytes)};
	int rc = sr_packer_add(in->packer, &r, 1, &added, e);
	if (rc == 0)
		rc = sr_packer_flush(in->packer, kind, e);
	sr_packer_drop(in->packer, &added.slot);
	return rc;
}

/* When every block was stored before, a pack of one meaningless record takes the place of the one
 * that the blocks would have made, and so for the parts of manifests: whoever only sees times and
 * the growth of the folder finds the same packs for a small document, whether it was there or not.
 * The vault tells a depositor nothing of packs (catalogue/lists.h), but one with a login on the
 * same machine reads the growth of its disk from df, and one with a friend at the backup from that.
 */
static int cover(struct sr_ingest *in, struct sr_err *e) {
	struct kinds have = {false, false};
	if (in->o.domain.dedupe != SR_DEDUPE_COLLECTION)
		return 0;
	int rc = sr_index_packs(in->o.index, in->o.accession, see_kind, &have, e);
	if (rc == 0 && in->totals.blocks > 0 && !have.files)
		rc = filler(in, SR_PACK_FILES, e);
	if (rc == 0 && in->parts > 0 && !have.meta)
		rc = filler(in, SR_PACK_META, e);
	return rc;
}

/* The commit that follows needs memory of its own: what only served the reading goes before it (20
 * MiB of blocks' buffers). */
static void retire(struct sr_ingest *in) {
	sr_pool_free(in->pool);
	in->pool = NULL;
	free_jobs(in);
	sr_block_work_free(in->meta_work);
	in->meta_work = NULL;
	in->totals.bytes_stored = sr_packer_bytes(in->packer);
	sr_packer_free(in->packer);
	in->packer = NULL;
	sr_sha256_free(in->sha);
	in->sha = NULL;
}

int sr_ingest_finish(struct sr_ingest *in, struct sr_err *e) {
	if (in->state != OPEN)
		return refuse(in, e);
	int rc = flush(in, e);
	if (rc == 0)
		rc = sr_packer_flush(in->packer, SR_PACK_META, e);
	if (rc == 0)
		rc = cover(in, e);
	if (rc == 0 && !in->o.settle_later)
		rc = sr_backend_settle(in->o.backend, e);
	if (rc == 0)
		rc = report(in, true, e);
	if (rc == 0)
		rc = sr_index_packs(in->o.index, in->o.accession, add_name, &in->packs, e);
	if (rc != 0)
		return fail(in, rc);
	retire(in);
	in->state = FINISHED;
	return 0;
}

void sr_ingest_totals(const struct sr_ingest *in, struct sr_ingest_totals *out) {
	*out = in->totals;
	if (in->packer != NULL)
		out->bytes_stored = sr_packer_bytes(in->packer);
}

int sr_ingest_packs(struct sr_ingest *in, const uint8_t **names, size_t *count, struct sr_err *e) {
	if (in->state != FINISHED)
		return refuse(in, e);
	*names = in->packs.p;
	*count = in->packs.len / SR_HASH;
	return 0;
}

int sr_ingest_abort(const struct sr_ingest_abort *o, size_t *packs, struct sr_err *e) {
	struct sr_buf names;
	char path[SR_STORED_NAME];
	size_t removed = 0;
	sr_buf_init(&names);
	int rc = sr_index_packs(o->index, o->accession, add_name, &names, e);
	for (size_t i = 0; rc == 0 && i < names.len; i += SR_HASH) {
		sr_hash_name(path, "packs", names.p + i);
		rc = sr_backend_delete(o->backend, path, e);
		if (rc == SR_NOTFOUND) { /* killed between its rows and its name */
			sr_err_clear(e);
			rc = 0;
		} else if (rc == 0) {
			removed++;
		}
	}
	/* Rows last: while they are there, the packs can be found again. */
	if (rc == 0)
		rc = sr_index_abort(o->index, o->accession, e);
	if (rc == 0 && o->run != NULL)
		rc = sr_resume_remove(o->run, o->accession, e);
	if (rc == 0 && packs != NULL)
		*packs = removed;
	sr_buf_free(&names);
	return rc;
}

int sr_ingest_committed(const struct sr_ingest_abort *o, struct sr_err *e) {
	int rc = sr_index_commit(o->index, o->accession, NULL, e);
	if (rc == 0 && o->run != NULL)
		rc = sr_resume_remove(o->run, o->accession, e);
	return rc;
}
