/*
 * scrub - see scrub.h.
 *
 * Work is handed out one pack, one object, one envelope at a time. Packs go in the order of the
 * list, to more threads than there are cores, since each waits for the disk before it hashes what
 * came: SR_LANES segments at a time, which is as fast as three cores hash one by one. They are read
 * past the page cache where that goes, so what is checked is what the medium holds, and not what
 * memory remembers of it. Counters and the two callbacks are under one lock; the index is told
 * outside of it.
 */
#include "store/scrub.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/time.h"
#include "store/envelope.h"

enum {
	REPORT_MS = 100,
	READERS_MAX = 16, /* of packs, each with SR_LANES MiB: disks gain nothing from more */
	ENVELOPES =
		1024 /* read ahead of the check, so that the caller's list is asked by one thread */
};

struct scrub {
	const struct sr_scrub_options *o;
	pthread_mutex_t mutex;
	struct sr_scrub_totals totals;
	uint64_t reported_ms;
	/* Buffers that are not in use: memory which is new for each pack has to be zeroed by the
	 * kernel first, which takes as long as to hash it. */
	uint8_t *spare[READERS_MAX];
	size_t spares;
	struct sr_scrub_envelope envelopes[ENVELOPES];
};

/* A finding, or, for codes that say nothing about the stored bytes, the error of the scrub itself.
 */
static int found(struct scrub *s, enum sr_scrub_what what, const char *name,
	const struct sr_err *why, struct sr_err *e) {
	struct sr_scrub_finding f = {what, name, why->code, why->text};
	if (why->code == SR_NOMEM || why->code == SR_MISUSE) {
		if (e != NULL)
			*e = *why;
		return why->code;
	}
	(void)pthread_mutex_lock(&s->mutex);
	s->totals.findings++;
	s->totals.unread += why->code == SR_IO ? 1 : 0;
	int rc = s->o->finding != NULL ? s->o->finding(s->o->ctx, &f, e) : 0;
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

static int progress(struct scrub *s, uint64_t bytes, struct sr_err *e) {
	int rc = 0;
	(void)pthread_mutex_lock(&s->mutex);
	s->totals.bytes += bytes;
	uint64_t now = sr_mono_ms();
	if (s->o->progress.report != NULL && now - s->reported_ms >= REPORT_MS) {
		s->reported_ms = now;
		if (sr_progress_report(&s->o->progress, "checking", s->totals.bytes, 0, "bytes") !=
			0)
			rc = sr_fail(e, SR_LOCKED, "scrub: stopped on request");
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

/* --- packs ---------------------------------------------------------------------------------------
 */

/* SR_LANES segments at a whole page; NULL: no memory. */
static uint8_t *buffer_take(struct scrub *s) {
	void *p = NULL;
	(void)pthread_mutex_lock(&s->mutex);
	if (s->spares > 0)
		p = s->spare[--s->spares];
	(void)pthread_mutex_unlock(&s->mutex);
	if (p == NULL && posix_memalign(&p, SR_DIRECT_PAGE, SR_LANES * (size_t)SR_SEGMENT) != 0)
		return NULL;
	return p;
}

static void buffer_give(struct scrub *s, uint8_t *p) {
	(void)pthread_mutex_lock(&s->mutex);
	if (s->spares < READERS_MAX) {
		s->spare[s->spares++] = p;
		p = NULL;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	free(p);
}

/* Every segment, also behind a bad one: the finding names each. */
static int check_segments(
	struct scrub *s, const struct sr_pack *p, const char *name, bool *whole, struct sr_err *e) {
	struct sr_err why;
	unsigned seen = 0; /* of the SR_LANES around this one, those that are whole */
	uint8_t *buf = buffer_take(s);
	int rc = 0;
	if (buf == NULL)
		return sr_fail(e, SR_NOMEM, "scrub: no memory for segments");
	for (size_t i = 0; rc == 0 && i < p->segments; i++) {
		if (i % SR_LANES == 0)
			seen = sr_pack_whole_segments(p, s->o->backend, i, buf);
		sr_err_clear(&why);
		if ((seen >> i % SR_LANES & 1) == 0 &&
			sr_pack_check_segment(p, s->o->backend, i, buf, &why) != 0) {
			*whole = false;
			rc = found(s, SR_SCRUB_PACK, name, &why, e);
		}
		if (rc == 0)
			rc = progress(s, SR_SEGMENT, e);
	}
	buffer_give(s, buf);
	return rc;
}

/* Twice the cores: while one half hashes, the other has the disk read for it. */
static unsigned readers(void) {
	const unsigned n = 2 * sr_cores();
	return n < READERS_MAX ? n : READERS_MAX;
}

static int check_pack(void *ctx, size_t i, struct sr_err *e) {
	struct scrub *s = ctx;
	const uint8_t *id = s->o->packs + i * SR_HASH;
	char name[SR_STORED_NAME];
	struct sr_pack p;
	struct sr_err why;
	bool whole = true;
	int rc = 0;
	sr_err_clear(&why);
	sr_hash_name(name, "packs", id);
	if (sr_pack_open(&p, s->o->backend, id, &why) != 0) {
		whole = false;
		rc = found(s, SR_SCRUB_PACK, name, &why, e);
	} else {
		rc = check_segments(s, &p, name, &whole, e);
		sr_pack_close(&p);
	}
	if (rc == 0 && s->o->index != NULL)
		rc = sr_index_scrubbed(s->o->index, id, whole, e);
	(void)pthread_mutex_lock(&s->mutex);
	s->totals.packs++;
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

/* --- objects and envelopes -----------------------------------------------------------------------
 */

static int check_object(void *ctx, size_t i, struct sr_err *e) {
	struct scrub *s = ctx;
	const uint8_t *id = s->o->objects + i * SR_HASH;
	char name[SR_STORED_NAME];
	struct sr_err why;
	uint64_t size = 0;
	int rc = 0;
	sr_err_clear(&why);
	if (sr_object_check(s->o->backend, id, &size, &why) != 0) {
		sr_hash_name(name, "objects", id);
		rc = found(s, SR_SCRUB_OBJECT, name, &why, e);
	}
	(void)pthread_mutex_lock(&s->mutex);
	s->totals.objects++;
	(void)pthread_mutex_unlock(&s->mutex);
	return rc == 0 ? progress(s, size, e) : rc;
}

static int check_envelope(void *ctx, size_t i, struct sr_err *e) {
	struct scrub *s = ctx;
	const struct sr_scrub_envelope *want = &s->envelopes[i];
	char name[SR_ENVELOPE_NAME];
	char full[SR_ENVELOPE_NAME + 8];
	uint8_t hash[SR_HASH];
	struct sr_buf file;
	struct sr_err why;
	int rc = 0;
	sr_err_clear(&why);
	sr_buf_init(&file);
	sr_envelope_name(name, want->item, want->n);
	int bad = sr_file_read(s->o->items, name, &file, SR_ENVELOPE_MAX, &why);
	if (bad == 0) {
		sr_envelope_hash(hash, sr_buf_view(&file));
		if (memcmp(hash, want->hash, SR_HASH) != 0)
			bad = sr_fail(&why, SR_AUTH,
				"%zu bytes that do not have the hash which the statement names",
				file.len);
	}
	if (bad != 0) {
		(void)snprintf(full, sizeof full, "items/%s", name);
		rc = found(s, SR_SCRUB_ENVELOPE, full, &why, e);
	}
	(void)pthread_mutex_lock(&s->mutex);
	s->totals.envelopes++;
	(void)pthread_mutex_unlock(&s->mutex);
	uint64_t size = file.len;
	sr_buf_free(&file);
	return rc == 0 ? progress(s, size, e) : rc;
}

static int check_envelopes(struct scrub *s, struct sr_err *e) {
	bool end = s->o->items == NULL || s->o->next_envelope == NULL;
	int rc = 0;
	while (rc == 0 && !end) {
		size_t n = 0;
		while (n < ENVELOPES) {
			int got = s->o->next_envelope(s->o->ctx, &s->envelopes[n], e);
			if (got < 0)
				return got;
			if (got == 0) {
				end = true;
				break;
			}
			n++;
		}
		if (n > 0)
			rc = sr_parallel(n, check_envelope, s, e);
	}
	return rc;
}

int sr_scrub(const struct sr_scrub_options *o, struct sr_scrub_totals *out, struct sr_err *e) {
	uint64_t start = sr_mono_ms();
	struct scrub *s = calloc(1, sizeof *s);
	memset(out, 0, sizeof *out);
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "scrub: no memory");
	s->o = o;
	(void)pthread_mutex_init(&s->mutex, NULL);
	int rc = o->pack_count > 0 ? sr_parallel_on(readers(), o->pack_count, check_pack, s, e) : 0;
	if (rc == 0 && o->object_count > 0)
		rc = sr_parallel(o->object_count, check_object, s, e);
	if (rc == 0)
		rc = check_envelopes(s, e);
	s->totals.elapsed_ms = sr_mono_ms() - start;
	if (rc == 0 && sr_progress_report(&o->progress, "checking", s->totals.bytes,
			       s->totals.bytes, "bytes") != 0)
		rc = sr_fail(e, SR_LOCKED, "scrub: stopped on request");
	*out = s->totals;
	(void)pthread_mutex_destroy(&s->mutex);
	while (s->spares > 0)
		free(s->spare[--s->spares]);
	free(s);
	return rc;
}
