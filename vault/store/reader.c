/*
 * reader - see reader.h.
 *
 * The file list is one secret buffer of rows and an array of offsets into it, all unpacked once at
 * open, so later access cannot fail for format. Refs come from the one part of them that is in
 * memory; an inline stream is that part for good. What is read ahead is a ring of up to JOBS_MAX
 * jobs of SR_LANES blocks (whose H takes little longer than that of one, and of small files it is
 * one waking for four): fetched by any thread, taken in order, so that files come as they are. The
 * job before the one at hand stays as it is (reader.h, struct sr_item_part). An item of fewer
 * blocks than SR_LANES is one job: the blocks of its files do not overlap (store/columns.h).
 */
#include "store/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/pool.h"
#include "store/columns.h"

enum {
	/* Threads that fetch, however many cores there are: as many reads are on their way to the
	 * disk, and two threads at work are faster than whoever takes can make a SHA-256 of it. */
	THREADS_MAX = 4,
	/* Beside the jobs that they are at: the one at hand, the one before, and one that is ready.
	 * Each is SR_LANES x 2 MiB of records and messages. */
	JOBS_MORE = 3,
	JOBS_MAX = THREADS_MAX + JOBS_MORE
};

struct sr_item {
	struct sr_item_options o;
	struct sr_manifest m;
	struct sr_fetch *fetch; /* of the caller's thread */
	struct sr_buf files;
	size_t *offsets;
	/* the part of the block list in memory: refs first .. first + count */
	struct sr_block_ref *refs; /* SR_REFS_PART_ROWS */
	uint64_t first;
	uint32_t count;
};

/* --- open ----------------------------------------------------------------------------------------
 */

static int copy_manifest(struct sr_manifest *out, const struct sr_manifest *m, struct sr_err *e) {
	struct sr_buf bytes;
	sr_buf_init_secret(&bytes);
	int rc = sr_manifest_encode(&bytes, m, e);
	if (rc == 0)
		rc = sr_manifest_decode(out, sr_buf_view(&bytes), e);
	sr_buf_free(&bytes);
	return rc;
}

static int new_fetch(struct sr_fetch **out, const struct sr_item *it, struct sr_err *e) {
	struct sr_fetch_options o = {.backend = it->o.backend, .index = it->o.index};
	memcpy(o.vault, it->o.vault, SR_HASH);
	memcpy(o.domain, it->m.domain, SR_ID);
	return sr_fetch_new(out, &o, e);
}

#ifdef SR_TESTING
static size_t rows_max = SR_FILES_STREAM_MAX;

void sr_item_rows_max(size_t bytes) {
	rows_max = bytes;
}
#else
static const size_t rows_max = SR_FILES_STREAM_MAX;
#endif

static int add_files(struct sr_item *it, struct sr_bytes part, uint32_t said, uint64_t *block,
	struct sr_err *e) {
	uint32_t count = 0;
	int rc = sr_files_unpack(&it->files, &count, part, block, e);
	if (rc == 0 && it->files.len > rows_max)
		rc = sr_fail(e, SR_LIMIT, "a file list of more than %zu bytes", rows_max);
	if (rc == 0 && count != said)
		rc = sr_fail(e, SR_CORRUPT, "%u files where the manifest says %u", count, said);
	return rc;
}

/* The whole file list into rows. */
static int load_files(struct sr_item *it, struct sr_err *e) {
	const struct sr_stream *s = &it->m.files;
	uint64_t block = 0;
	int rc = 0;
	if (s->part_count == 0)
		return it->m.file_count == 0 ? 0
					     : add_files(it, sr_buf_view(&s->inline_bytes),
						       (uint32_t)it->m.file_count, &block, e);
	for (size_t i = 0; rc == 0 && i < s->part_count; i++) {
		struct sr_bytes plain = {NULL, 0};
		rc = sr_fetch_block(it->fetch, SR_BLOCK_MANIFEST, &s->parts[i], &plain, e);
		if (rc == 0)
			rc = add_files(it, plain, s->rows[i], &block, e);
		if (rc != 0 && e != NULL)
			(void)sr_wrap(e, "file list, part %zu of %zu", i + 1, s->part_count);
	}
	return rc;
}

/* Parse every record once; remember where each begins. */
static int index_files(struct sr_item *it, struct sr_err *e) {
	struct sr_reader r;
	uint64_t bytes = 0;
	it->offsets = calloc((size_t)it->m.file_count + 1, sizeof *it->offsets);
	if (it->offsets == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %llu files",
			(unsigned long long)it->m.file_count);
	sr_reader_init(&r, sr_buf_view(&it->files));
	for (uint64_t i = 0; i < it->m.file_count; i++) {
		struct sr_file f;
		it->offsets[i] = r.pos;
		int rc = sr_file_get(&r, &f, e);
		if (rc != 0)
			return rc;
		if (f.block_count > it->m.block_count ||
			f.first_block > it->m.block_count - f.block_count)
			return sr_fail(e, SR_CORRUPT,
				"file %llu says blocks %llu to %llu, the item has %llu",
				(unsigned long long)i, (unsigned long long)f.first_block,
				(unsigned long long)(f.first_block + f.block_count),
				(unsigned long long)it->m.block_count);
		bytes += f.size;
	}
	if (bytes != it->m.bytes)
		return sr_fail(e, SR_CORRUPT, "the files have %llu bytes, the manifest says %llu",
			(unsigned long long)bytes, (unsigned long long)it->m.bytes);
	return sr_get_end(&r, e);
}

static int wrap_item(const struct sr_item *it, int rc, struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	if (rc != 0 && e != NULL) {
		sr_hex(hex, it->o.item, SR_ID);
		(void)sr_wrap(e, "item %s", hex);
	}
	return rc;
}

int sr_item_open(struct sr_item **out, const struct sr_item_options *o, const struct sr_manifest *m,
	struct sr_err *e) {
	*out = NULL;
	struct sr_item *it = calloc(1, sizeof *it);
	if (it == NULL)
		return sr_fail(e, SR_NOMEM, "item: no memory");
	it->o = *o;
	sr_manifest_init(&it->m);
	sr_buf_init_secret(&it->files);
	it->refs = calloc(SR_REFS_PART_ROWS, sizeof *it->refs);
	int rc = it->refs == NULL ? sr_fail(e, SR_NOMEM, "item: no memory")
				  : copy_manifest(&it->m, m, e);
	if (rc == 0)
		rc = new_fetch(&it->fetch, it, e);
	if (rc == 0)
		rc = load_files(it, e);
	if (rc == 0)
		rc = index_files(it, e);
	if (rc != 0) {
		(void)wrap_item(it, rc, e);
		sr_item_close(it);
		return rc;
	}
	*out = it;
	return 0;
}

void sr_item_close(struct sr_item *it) {
	if (it == NULL)
		return;
	sr_manifest_free(&it->m);
	sr_fetch_free(it->fetch);
	sr_buf_free(&it->files);
	if (it->refs != NULL)
		sr_wipe(it->refs, SR_REFS_PART_ROWS * sizeof *it->refs);
	free(it->refs);
	free(it->offsets);
	free(it);
}

/* --- files ---------------------------------------------------------------------------------------
 */

uint64_t sr_item_files(const struct sr_item *it) {
	return it->m.file_count;
}

const uint8_t *sr_item_domain(const struct sr_item *it) {
	return it->m.domain;
}

int sr_item_file(struct sr_item *it, uint64_t index, struct sr_file *out, struct sr_err *e) {
	struct sr_reader r;
	if (index >= it->m.file_count)
		return sr_fail(e, SR_MISUSE, "file %llu of %llu", (unsigned long long)index,
			(unsigned long long)it->m.file_count);
	sr_reader_init(&r, sr_buf_view(&it->files));
	r.pos = it->offsets[index];
	return sr_file_get(&r, out, e);
}

int sr_item_find(struct sr_item *it, struct sr_bytes path, uint64_t *index, struct sr_err *e) {
	char shown[200];
	struct sr_file f;
	for (uint64_t i = 0; i < it->m.file_count; i++) {
		int rc = sr_item_file(it, i, &f, e);
		if (rc != 0)
			return rc;
		if (sr_bytes_eq(f.path, path)) {
			*index = i;
			return 0;
		}
	}
	return wrap_item(it,
		sr_fail(e, SR_NOTFOUND, "no file \"%s\" among %llu",
			sr_escape_to(shown, sizeof shown, path),
			(unsigned long long)it->m.file_count),
		e);
}

/* Part ${i} of the block list, whose first ref has number ${first}, into memory. */
static int load_refs(struct sr_item *it, size_t i, uint64_t first, struct sr_err *e) {
	const struct sr_stream *s = &it->m.blocks;
	struct sr_bytes plain = sr_buf_view(&s->inline_bytes);
	const uint64_t said = s->part_count > 0 ? s->rows[i] : it->m.block_count;
	int rc = 0;
	it->count = 0;
	if (s->part_count > 0)
		rc = sr_fetch_block(it->fetch, SR_BLOCK_MANIFEST, &s->parts[i], &plain, e);
	if (rc == 0)
		rc = sr_refs_unpack(it->refs, &it->count, plain, e);
	if (rc == 0 && it->count != said)
		rc = sr_fail(e, SR_CORRUPT, "%u blocks where the manifest says %llu", it->count,
			(unsigned long long)said);
	if (rc != 0) {
		it->count = 0;
		if (e != NULL)
			(void)sr_wrap(e, "block list, part %zu of %zu", i + 1,
				s->part_count > 0 ? s->part_count : 1);
		return rc;
	}
	it->first = first;
	return 0;
}

/* Ref number ${n} of the item, which is less than block_count. */
static int get_ref(struct sr_item *it, uint64_t n, struct sr_block_ref *out, struct sr_err *e) {
	const struct sr_stream *s = &it->m.blocks;
	if (n < it->first || n - it->first >= it->count) {
		uint64_t first = 0;
		size_t i = 0;
		while (i + 1 < s->part_count && n - first >= s->rows[i])
			first += s->rows[i++];
		int rc = load_refs(it, i, first, e);
		if (rc != 0)
			return rc;
	}
	*out = it->refs[n - it->first];
	return 0;
}

/* Puts item, file and block in front of what ${e} says. */
static int wrap_block(const struct sr_item *it, const struct sr_file *f, uint64_t block, int rc,
	struct sr_err *e) {
	char shown[200];
	if (rc == 0 || e == NULL)
		return rc;
	(void)sr_wrap(e, "file \"%s\": block %llu of %llu (offset %llu)",
		sr_escape_to(shown, sizeof shown, f->path), (unsigned long long)block + 1,
		(unsigned long long)f->block_count, (unsigned long long)(block * SR_BLOCK));
	return wrap_item(it, rc, e);
}

/* The size that block ${n} of the file must have. */
static uint32_t block_size(const struct sr_file *f, uint64_t n) {
	uint64_t left = f->size - n * SR_BLOCK;
	return left < SR_BLOCK ? (uint32_t)left : (uint32_t)SR_BLOCK;
}

static int block_ref(struct sr_item *it, const struct sr_file *f, uint64_t n,
	struct sr_block_ref *ref, struct sr_err *e) {
	int rc = get_ref(it, f->first_block + n, ref, e);
	if (rc != 0)
		return rc;
	ref->plain_len = block_size(f, n);
	return 0;
}

int sr_item_ref(struct sr_item *it, uint64_t index, uint64_t block, struct sr_block_ref *out,
	struct sr_err *e) {
	struct sr_file f;
	int rc = sr_item_file(it, index, &f, e);
	if (rc == 0 && block >= f.block_count)
		rc = sr_fail(e, SR_MISUSE, "block %llu of %llu", (unsigned long long)block,
			(unsigned long long)f.block_count);
	return rc == 0 ? block_ref(it, &f, block, out, e) : rc;
}

/* --- ranges --------------------------------------------------------------------------------------
 */

int sr_item_read(struct sr_item *it, const struct sr_range *range, uint8_t *out, struct sr_err *e) {
	struct sr_file f;
	struct sr_block_ref ref;
	int rc = sr_item_file(it, range->file, &f, e);
	if (rc != 0)
		return rc;
	if (f.kind != SR_FILE_REGULAR || range->offset > f.size ||
		range->len > f.size - range->offset)
		return wrap_item(it,
			sr_fail(e, SR_LIMIT,
				"%zu bytes at %llu of a file of kind %d with %llu bytes",
				range->len, (unsigned long long)range->offset, (int)f.kind,
				(unsigned long long)f.size),
			e);
	uint64_t at = range->offset;
	size_t done = 0;
	while (rc == 0 && done < range->len) {
		struct sr_bytes plain = {NULL, 0};
		uint64_t n = at / SR_BLOCK;
		size_t skip = (size_t)(at % SR_BLOCK);
		rc = block_ref(it, &f, n, &ref, e);
		if (rc == 0)
			rc = sr_fetch_block(it->fetch, SR_BLOCK_FILE, &ref, &plain, e);
		if (rc != 0) {
			rc = wrap_block(it, &f, n, rc, e);
			break;
		}
		size_t take = plain.len - skip;
		if (take > range->len - done)
			take = range->len - done;
		memcpy(out + done, plain.p + skip, take);
		done += take;
		at += take;
	}
	sr_wipe(&ref, sizeof ref);
	if (rc != 0 && done > 0)
		sr_wipe(out, done);
	return rc;
}

/* --- reading ahead ----------------------------------------------------------------------------
 */

struct ahead { /* one block */
	uint64_t file, block;
	struct sr_fetch_one f;
};

struct job {
	struct ahead of[SR_LANES];
	size_t count, given; /* how many are in it, and were handed out */
};

struct sr_item_blocks {
	struct sr_item *it;        /* borrowed */
	const bool *not_wanted;    /* borrowed */
	uint64_t file, end, block; /* the next to be sent, if it is there */
	struct sr_pool *pool;      /* NULL: the caller's thread does it */
	struct job jobs[JOBS_MAX]; /* job i in i % count */
	size_t count, width;       /* jobs, and blocks of each */
	size_t ahead;              /* jobs at hand or sent, at most */
	uint64_t sent, taken; /* jobs; the one at hand is taken when all of it was handed out */
	bool at_hand;
	int failed; /* sticky */
};

static void fetch_job(void *arg) {
	struct job *j = arg;
	struct sr_fetch_one *ones[SR_LANES];
	for (size_t i = 0; i < j->count; i++)
		ones[i] = &j->of[i].f;
	sr_fetch_blocks(ones, j->count, SR_BLOCK_FILE);
}

static size_t thread_count(unsigned wanted) {
	const size_t n = wanted != 0 ? wanted : (size_t)sr_cores() + 2;
	return n > THREADS_MAX ? THREADS_MAX : n;
}

int sr_item_blocks_new(struct sr_item_blocks **out, struct sr_item *it,
	const struct sr_item_span *span, struct sr_err *e) {
	*out = NULL;
	struct sr_item_blocks *b = calloc(1, sizeof *b);
	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "item: no memory to read ahead");
	/* For an item of a block or two threads cost more than they give. */
	const bool alone = it->m.block_count <= 2;
	const uint64_t jobs = (it->m.block_count + SR_LANES - 1) / SR_LANES;
	size_t threads = thread_count(it->o.threads);
	threads = threads < jobs ? threads : (size_t)jobs;
	b->it = it;
	b->not_wanted = span->not_wanted;
	b->file = span->first;
	b->end = span->end < it->m.file_count ? span->end : it->m.file_count;
	b->count = threads + JOBS_MORE < jobs + 1 ? threads + JOBS_MORE : (size_t)jobs + 1;
	b->count = alone ? 1 : b->count;
	b->ahead = alone ? 1 : b->count - 1; /* one stays */
	b->width = it->m.block_count < SR_LANES ? (size_t)it->m.block_count : SR_LANES;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < b->count * b->width; i++)
		rc = new_fetch(&b->jobs[i / b->width].of[i % b->width].f.fetch, it, e);
	if (rc == 0 && !alone)
		rc = sr_pool_new(&b->pool, (unsigned)threads, b->count, fetch_job, e);
	if (rc != 0) {
		sr_item_blocks_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

void sr_item_blocks_free(struct sr_item_blocks *b) {
	if (b == NULL)
		return;
	sr_pool_free(b->pool); /* waits for those that are at work */
	for (size_t i = 0; i < JOBS_MAX; i++)
		for (size_t k = 0; k < SR_LANES; k++)
			sr_fetch_free(b->jobs[i].of[k].f.fetch);
	sr_wipe(b, sizeof *b);
	free(b);
}

/* The next block that is wanted into ${a}; *${any}: there was one. */
static int pick(struct sr_item_blocks *b, struct ahead *a, bool *any, struct sr_err *e) {
	struct sr_file f = {0};
	*any = false;
	for (; b->file < b->end; b->file++, b->block = 0) {
		int rc = sr_item_file(b->it, b->file, &f, e);
		if (rc != 0)
			return rc;
		if (f.kind != SR_FILE_REGULAR || b->block >= f.block_count ||
			(b->not_wanted != NULL && b->not_wanted[b->file]))
			continue;
		a->file = b->file;
		a->block = b->block++;
		rc = block_ref(b->it, &f, a->block, &a->f.ref, e);
		if (rc != 0)
			return wrap_block(b->it, &f, a->block, rc, e);
		*any = true;
		return 0;
	}
	return 0;
}

/* Gives one more job to the threads; *${any}: there was one. */
static int send_next(struct sr_item_blocks *b, bool *any, struct sr_err *e) {
	struct job *j = &b->jobs[b->sent % b->count];
	int rc = 0;
	j->count = 0;
	j->given = 0;
	*any = true;
	while (rc == 0 && *any && j->count < b->width) {
		rc = pick(b, &j->of[j->count], any, e);
		j->count += rc == 0 && *any ? 1 : 0;
	}
	*any = j->count > 0;
	if (rc != 0 || j->count == 0)
		return rc;
	if (b->pool != NULL)
		rc = sr_pool_submit(b->pool, j, e);
	else
		fetch_job(j);
	b->sent += rc == 0 ? 1 : 0;
	return rc;
}

/* The job whose blocks come next, finished; *${out} NULL: there is none. */
static int next_job(struct sr_item_blocks *b, struct job **out, struct sr_err *e) {
	struct job *j = &b->jobs[b->taken % b->count];
	bool any = true;
	int rc = 0;
	*out = j;
	if (b->at_hand && j->given < j->count)
		return 0;
	b->taken += b->at_hand ? 1 : 0;
	b->at_hand = false;
	*out = NULL;
	while (rc == 0 && any && b->sent - b->taken < b->ahead)
		rc = send_next(b, &any, e);
	if (rc != 0 || b->sent == b->taken)
		return rc;
	*out = &b->jobs[b->taken % b->count];
	b->at_hand = true;
	if (b->pool != NULL)
		(void)sr_pool_take(b->pool); /* the oldest, which is that one */
	return 0;
}

static int take_next(struct sr_item_blocks *b, struct sr_item_part *out, struct sr_err *e) {
	struct sr_file f;
	struct job *j = NULL;
	memset(out, 0, sizeof *out);
	int rc = next_job(b, &j, e);
	if (rc != 0 || j == NULL)
		return rc;
	const struct ahead *a = &j->of[j->given++];
	if (a->f.rc != 0) {
		if (e != NULL)
			*e = a->f.e;
		return sr_item_file(b->it, a->file, &f, NULL) == 0
			       ? wrap_block(b->it, &f, a->block, a->f.rc, e)
			       : a->f.rc;
	}
	*out = (struct sr_item_part){a->file, a->block * SR_BLOCK, a->f.plain};
	return 0;
}

int sr_item_blocks_next(struct sr_item_blocks *b, struct sr_item_part *out, struct sr_err *e) {
	if (b->failed != 0)
		return sr_fail(e, (enum sr_code)b->failed, "item: reading it failed before");
	b->failed = take_next(b, out, e);
	return b->failed;
}
