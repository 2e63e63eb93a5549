/*
 * resume - see resume.h.
 *
 * In memory: a sorted array of (lookup, record, entry), searched by halves, and the one opened
 * record that was asked last: a deposit that runs again asks in the order in which it was written.
 */
#include "store/resume.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"

#define JOURNAL_LABEL "strongroom/accession-journal/v1"

enum {
	ENTRY = SR_RESUME_LOOKUP + SR_HASH + SR_KEY + 8,
	HEAD = SR_HASH + 4,
	PLAIN_MAX = HEAD + SR_PACK_RECORDS_MAX * ENTRY,
	AD_LEN = SR_HASH + SR_ID + 8,
	NAME_LEN = 48
};

struct known {
	uint8_t lookup[SR_RESUME_LOOKUP];
	uint32_t record;
	uint32_t entry;
};

struct sr_resume {
	struct sr_resume_options o; /* without the key */
	uint8_t *key;               /* in the secret arena */
	pthread_mutex_t mutex;
	int fd;
	uint64_t end;      /* of the last good record */
	uint64_t *offsets; /* of each record */
	size_t records, records_cap;
	struct known *known;
	size_t count, cap;
	struct sr_buf opened; /* plaintext of record `opened_at` */
	size_t opened_at;
	bool failed;
};

static void journal_name(char name[NAME_LEN], const uint8_t accession[SR_ID]) {
	char hex[2 * SR_ID + 1];
	sr_hex(hex, accession, SR_ID);
	(void)snprintf(name, NAME_LEN, "accession-%s", hex);
}

static void put_ad(uint8_t ad[AD_LEN], const struct sr_resume *r, uint64_t sequence) {
	memcpy(ad, r->o.vault, SR_HASH);
	memcpy(ad + SR_HASH, r->o.accession, SR_ID);
	sr_le64_put(ad + SR_HASH + SR_ID, sequence);
}

/* --- loading -------------------------------------------------------------------------------------
 */

/* Open the record at ${offset} into r->opened; ${*next} is where the following one begins. */
static int open_record(
	struct sr_resume *r, uint64_t offset, uint64_t sequence, uint64_t *next, struct sr_err *e) {
	uint8_t ad[AD_LEN];
	uint8_t le[4];
	struct sr_buf sealed;
	sr_buf_init(&sealed);
	sr_buf_clear(&r->opened);
	int rc = sr_fd_pread(r->fd, le, sizeof le, offset, e);
	uint32_t len = rc == 0 ? sr_le32_get(le) : 0;
	if (rc == 0 && (len < HEAD + SR_AEAD_OVERHEAD || len > PLAIN_MAX + SR_AEAD_OVERHEAD))
		rc = sr_fail(e, SR_CORRUPT, "journal: a record of %u bytes at %llu", len,
			(unsigned long long)offset);
	if (rc == 0)
		rc = sr_buf_reserve(&sealed, len, e);
	if (rc == 0)
		rc = sr_fd_pread(r->fd, sealed.p, len, offset + 4, e);
	if (rc == 0) {
		put_ad(ad, r, sequence);
		rc = sr_aead_open_buf(&r->opened, r->key, JOURNAL_LABEL, sr_bytes_of(ad, sizeof ad),
			sr_bytes_of(sealed.p, len), e);
	}
	if (rc == 0 && sr_le32_get(r->opened.p + SR_HASH) != (r->opened.len - HEAD) / ENTRY)
		rc = sr_fail(e, SR_CORRUPT, "journal: a record says %u blocks in %zu bytes",
			sr_le32_get(r->opened.p + SR_HASH), r->opened.len);
	sr_buf_free(&sealed);
	if (rc == 0)
		*next = offset + 4 + len;
	return rc;
}

static int remember(struct sr_resume *r, uint64_t offset, struct sr_err *e) {
	size_t n = (r->opened.len - HEAD) / ENTRY;
	if (r->records == r->records_cap) {
		size_t cap = r->records_cap == 0 ? 64 : r->records_cap * 2;
		uint64_t *v = reallocarray(r->offsets, cap, sizeof *v);
		if (v == NULL)
			return sr_fail(e, SR_NOMEM, "journal: no memory for %zu records", cap);
		r->offsets = v;
		r->records_cap = cap;
	}
	if (n > SR_RESUME_MAX - r->count)
		n = SR_RESUME_MAX - r->count;
	if (r->count + n > r->cap) {
		size_t cap = (r->count + n) * 2;
		struct known *v = reallocarray(r->known, cap, sizeof *v);
		if (v == NULL)
			return sr_fail(e, SR_NOMEM, "journal: no memory for %zu blocks", cap);
		r->known = v;
		r->cap = cap;
	}
	for (size_t i = 0; i < n; i++) {
		struct known *k = &r->known[r->count++];
		memcpy(k->lookup, r->opened.p + HEAD + i * ENTRY, SR_RESUME_LOOKUP);
		k->record = (uint32_t)r->records;
		k->entry = (uint32_t)i;
	}
	r->offsets[r->records++] = offset;
	return 0;
}

static int by_lookup(const void *a, const void *b) {
	return memcmp(((const struct known *)a)->lookup, ((const struct known *)b)->lookup,
		SR_RESUME_LOOKUP);
}

/* Records up to the first that is not whole; the rest is cut off. */
static int load(struct sr_resume *r, struct sr_err *e) {
	uint64_t next = 0;
	int rc = 0;
	for (;;) {
		rc = open_record(r, r->end, r->records, &next, e);
		if (rc != 0)
			break;
		rc = remember(r, r->end, e);
		if (rc != 0)
			return rc;
		r->end = next;
	}
	if (rc != SR_CORRUPT && rc != SR_AUTH)
		return rc;
	sr_err_clear(e);
	r->opened_at = SIZE_MAX;
	if (r->count > 1)
		qsort(r->known, r->count, sizeof *r->known, by_lookup);
	return sr_fd_truncate(r->fd, r->end, e);
}

int sr_resume_open(struct sr_resume **out, const struct sr_resume_options *o, struct sr_err *e) {
	char name[NAME_LEN];
	*out = NULL;
	struct sr_resume *r = calloc(1, sizeof *r);
	if (r == NULL)
		return sr_fail(e, SR_NOMEM, "journal: no memory");
	r->o = *o;
	sr_wipe(r->o.key, SR_KEY);
	r->fd = -1;
	r->opened_at = SIZE_MAX;
	sr_buf_init_secret(&r->opened);
	(void)pthread_mutex_init(&r->mutex, NULL);
	journal_name(name, o->accession);
	r->key = sr_secret_new(SR_KEY, e);
	int rc = r->key == NULL ? SR_LIMIT : 0;
	if (rc == 0) {
		memcpy(r->key, o->key, SR_KEY);
		rc = sr_file_open(&r->fd, o->run, name, SR_FS_WRITE | SR_FS_CREATE, e);
	}
	if (rc == 0)
		rc = load(r, e);
	if (rc != 0) {
		sr_resume_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

void sr_resume_close(struct sr_resume *r) {
	if (r == NULL)
		return;
	if (r->fd >= 0)
		(void)close(r->fd);
	sr_buf_free(&r->opened);
	free(r->offsets);
	free(r->known);
	sr_secret_free(r->key, SR_KEY);
	(void)pthread_mutex_destroy(&r->mutex);
	sr_wipe(r, sizeof *r);
	free(r);
}

size_t sr_resume_count(const struct sr_resume *r) {
	return r->count;
}

/* --- asking --------------------------------------------------------------------------------------
 */

void sr_resume_file(uint8_t file[SR_HASH], const uint8_t item[SR_ID], struct sr_bytes path) {
	SR_HASH_OF(file, "strongroom/resume-file/v1", NULL, sr_bytes_of(item, SR_ID), path);
}

void sr_resume_lookup(const struct sr_resume *r, uint8_t lookup[SR_RESUME_LOOKUP],
	const uint8_t file[SR_HASH], uint64_t block, const uint8_t h[SR_HASH]) {
	uint8_t hash[SR_HASH];
	uint8_t number[8];
	sr_le64_put(number, block);
	SR_HASH_OF(hash, "strongroom/resume/v1", r->key, sr_bytes_of(file, SR_HASH),
		sr_bytes_of(number, sizeof number), sr_bytes_of(h, SR_HASH));
	memcpy(lookup, hash, SR_RESUME_LOOKUP);
}

static int find(
	struct sr_resume *r, const struct known *k, struct sr_block_ref *ref, struct sr_err *e) {
	uint64_t next = 0;
	if (r->opened_at != k->record) {
		r->opened_at = SIZE_MAX;
		int rc = open_record(r, r->offsets[k->record], k->record, &next, e);
		if (rc != 0)
			return rc;
		r->opened_at = k->record;
	}
	const uint8_t *p = r->opened.p + HEAD + (size_t)k->entry * ENTRY + SR_RESUME_LOOKUP;
	memcpy(ref->pack, r->opened.p, SR_HASH);
	memcpy(ref->cid, p, SR_HASH);
	memcpy(ref->key, p + SR_HASH, SR_KEY);
	ref->offset = sr_le32_get(p + SR_HASH + SR_KEY);
	ref->len = sr_le32_get(p + SR_HASH + SR_KEY + 4);
	return 0;
}

int sr_resume_find(struct sr_resume *r, const uint8_t lookup[SR_RESUME_LOOKUP],
	struct sr_block_ref *ref, struct sr_err *e) {
	struct known want = {.record = 0};
	memcpy(want.lookup, lookup, SR_RESUME_LOOKUP);
	/* `known` does not change after load. */
	const struct known *k =
		r->count == 0 ? NULL
			      : bsearch(&want, r->known, r->count, sizeof *r->known, by_lookup);
	if (k == NULL)
		return sr_fail(e, SR_NOTFOUND, "journal: the block was not stored before");
	(void)pthread_mutex_lock(&r->mutex);
	int rc = find(r, k, ref, e);
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

/* --- appending -----------------------------------------------------------------------------------
 */

static int append(struct sr_resume *r, const struct sr_resume_pack *p, struct sr_err *e) {
	uint8_t ad[AD_LEN];
	struct sr_buf plain;
	struct sr_buf sealed;
	sr_buf_init_secret(&plain);
	sr_buf_init(&sealed);
	sr_buf_put(&plain, p->name, SR_HASH);
	sr_buf_put_le32(&plain, (uint32_t)p->count);
	for (size_t i = 0; i < p->count; i++) {
		sr_buf_put(&plain, p->keys[i].lookup, SR_RESUME_LOOKUP);
		sr_buf_put(&plain, p->places[i].cid, SR_HASH);
		sr_buf_put(&plain, p->keys[i].key, SR_KEY);
		sr_buf_put_le32(&plain, p->places[i].offset);
		sr_buf_put_le32(&plain, p->places[i].len);
	}
	int rc = sr_buf_ok(&plain, e);
	put_ad(ad, r, r->records);
	sr_buf_put_le32(&sealed, (uint32_t)(plain.len + SR_AEAD_OVERHEAD));
	if (rc == 0)
		rc = sr_aead_seal_buf(&sealed, r->key, JOURNAL_LABEL, sr_bytes_of(ad, sizeof ad),
			sr_buf_view(&plain), e);
	if (rc == 0)
		rc = sr_fd_pwrite(r->fd, sealed.p, sealed.len, r->end, e);
	if (rc == 0)
		rc = sr_fd_datasync(r->fd, e);
	if (rc == 0) {
		r->end += sealed.len;
		r->records++;
	}
	sr_buf_free(&plain);
	sr_buf_free(&sealed);
	return rc;
}

int sr_resume_append(struct sr_resume *r, const struct sr_resume_pack *p, struct sr_err *e) {
	(void)pthread_mutex_lock(&r->mutex);
	int rc = r->failed ? sr_fail(e, SR_IO, "journal: an earlier write of it failed")
			   : append(r, p, e);
	if (rc != 0)
		r->failed = true;
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

int sr_resume_remove(struct sr_dir *run, const uint8_t accession[SR_ID], struct sr_err *e) {
	char name[NAME_LEN];
	journal_name(name, accession);
	int rc = sr_file_remove(run, name, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	return rc;
}
