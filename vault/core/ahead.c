/*
 * Two pools (base/pool.h). `found` carries entries from the thread that walks the source to the
 * caller, in order; a worker reads the first bytes of a regular file on the way. Of SLOTS entries
 * at most SR_AHEAD_FILES are in the pool, one is being filled by the walk and one is held by the
 * caller, so the walk takes them in a circle and needs no list of free ones.
 *
 * `rest` has one worker: its jobs are chunks of the long file that the caller holds, asked for by
 * the caller, so they are filled one after the other. An entry's content belongs to the walk until
 * it is submitted, then to its worker, then (long files) to the worker of `rest` while chunks are
 * asked for; whoever meets its end closes it.
 */
#include "core/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "store/manifest.h"

enum {
	SLOTS = SR_AHEAD_FILES + 2,
	READERS_MAX = 8 /* more would wait for the same disk */
};

struct entry {
	struct sr_ahead_event ev;
	struct sr_buf names; /* what the views of ev point to */
	uint8_t *first;      /* SR_AHEAD_FIRST bytes */
	size_t first_len;
	size_t used; /* of first, ever: to be wiped */
	bool open;   /* content is to be closed */
	bool ended;
	bool hash;
	struct sr_sha256 *sha;
	struct sr_ahead_sum sum;
	int rc; /* SR_AHEAD_END: why the source ended */
	struct sr_err e;
};

struct chunk {
	struct sr_ahead *a;
	uint8_t *bytes; /* SR_AHEAD_CHUNK */
	size_t len;
	size_t used;
};

struct sr_ahead {
	const struct sr_deposit_source *src;
	struct entry entries[SLOTS];
	struct sr_pool *found;
	pthread_t walk;
	bool walking;
	pthread_mutex_t lock;
	bool stop; /* under the lock */

	struct entry *at; /* the caller's */
	bool given;       /* its first bytes were */
	bool over;        /* it was SR_AHEAD_END */
	struct sr_pool *rest;
	struct chunk chunks[SR_AHEAD_CHUNKS];
	size_t asked, taken; /* chunks of this file */
};

/* --- reading ---------------------------------------------------------------------------------- */

static void close_entry(struct entry *en) {
	struct sr_deposit_content *c = &en->ev.file.content;

	if (en->open && c->close != NULL)
		c->close(c->ctx);
	en->open = false;
}

/* Up to ${len} bytes, hashed; fewer only at the end. */
static size_t fill(struct entry *en, uint8_t *p, size_t len) {
	const struct sr_deposit_content *c = &en->ev.file.content;
	size_t have = 0;

	if (en->ended)
		return 0;
	while (have < len && !en->ended) {
		struct sr_err why = {0};
		size_t got = 0;

		if (c->read(c->ctx, p + have, len - have, &got, &why) != 0) {
			en->sum.broken = true;
			snprintf(en->sum.reason, sizeof en->sum.reason, "%.199s",
				why.text[0] != '\0' ? why.text : "it could not be read");
		}
		en->ended = en->sum.broken || got == 0;
		have += en->ended ? 0 : got;
	}
	if (en->hash)
		sr_sha256_update(en->sha, p, have);
	en->sum.size += have;
	if (en->ended) {
		if (en->hash)
			sr_sha256_final(en->sha, en->sum.sha256);
		close_entry(en);
	}
	return have;
}

static void read_first(void *job) {
	struct entry *en = job;

	if (en->ev.what != SR_AHEAD_FILE || en->ev.file.kind != SR_FILE_REGULAR)
		return;
	en->first_len = fill(en, en->first, SR_AHEAD_FIRST);
	en->used = en->first_len > en->used ? en->first_len : en->used;
}

static void read_chunk(void *job) {
	struct chunk *c = job;

	c->len = fill(c->a->at, c->bytes, SR_AHEAD_CHUNK);
	c->used = c->len > c->used ? c->len : c->used;
}

/* --- the walk --------------------------------------------------------------------------------- */

static bool stopped(struct sr_ahead *a) {
	bool stop;

	(void)pthread_mutex_lock(&a->lock);
	stop = a->stop;
	(void)pthread_mutex_unlock(&a->lock);
	return stop;
}

static struct sr_bytes kept(struct sr_buf *b, struct sr_bytes v) {
	const size_t at = b->len;

	sr_buf_put_bytes(b, v);
	return b->failed == SR_OK && v.len > 0 ? sr_bytes_of(b->p + at, v.len)
					       : sr_bytes_of(NULL, 0);
}

/* Room first: views must not move while the next name is put. */
static int keep_names(struct entry *en, struct sr_err *e) {
	struct sr_deposit_file *f = &en->ev.file;
	int rc;

	sr_buf_clear(&en->names);
	rc = sr_buf_reserve(
		&en->names, en->ev.title.len + f->path.len + f->media_type.len + f->note.len, e);
	if (rc != 0)
		return rc;
	en->ev.title = kept(&en->names, en->ev.title);
	f->path = kept(&en->names, f->path);
	f->media_type = kept(&en->names, f->media_type);
	f->note = kept(&en->names, f->note);
	return sr_buf_ok(&en->names, e);
}

struct walk {
	struct sr_ahead *a;
	uint64_t count; /* entries so far */
	bool in_item;
};

/* What the source says next, into ${en}. */
static int ask(struct walk *w, struct entry *en, struct sr_err *e) {
	const struct sr_deposit_source *src = w->a->src;
	int more;

	memset(&en->ev, 0, sizeof en->ev);
	if (!w->in_item) {
		more = src->item(src->ctx, &en->ev.title, e);
		en->ev.what = more > 0 ? SR_AHEAD_ITEM : SR_AHEAD_END;
		w->in_item = more > 0;
		return more < 0 ? more : 0;
	}
	more = src->file(src->ctx, &en->ev.file, e);
	en->ev.what = more > 0 ? SR_AHEAD_FILE : SR_AHEAD_ITEM_END;
	w->in_item = more > 0;
	en->open = more > 0 && en->ev.file.content.read != NULL;
	if (more > 0 && en->ev.file.kind == SR_FILE_REGULAR && !en->open)
		return sr_fail(e, SR_MISUSE, "a file without content");
	return more < 0 ? more : 0;
}

/* One entry into the pool; false after the last one. */
static bool step(struct walk *w) {
	struct entry *en = &w->a->entries[w->count++ % SLOTS];
	int rc;

	en->first_len = 0;
	en->ended = false;
	memset(&en->sum, 0, sizeof en->sum);
	sr_err_clear(&en->e);
	sr_sha256_reset(en->sha);
	rc = stopped(w->a) ? sr_fail(&en->e, SR_LOCKED, "stopped") : ask(w, en, &en->e);
	if (rc == 0)
		rc = keep_names(en, &en->e);
	if (rc != 0) {
		close_entry(en);
		en->ev.what = SR_AHEAD_END;
	}
	en->rc = rc;
	const bool last = en->ev.what == SR_AHEAD_END;
	return sr_pool_submit(w->a->found, en, NULL) == 0 && !last;
}

static void *walk(void *arg) {
	struct walk w = {.a = arg};

	while (step(&w))
		;
	return NULL;
}

/* Signals are for the thread that runs the program. */
static int start_walk(struct sr_ahead *a, struct sr_err *e) {
	sigset_t all, before;
	int no;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	no = pthread_create(&a->walk, NULL, walk, a);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (no != 0)
		return sr_fail(e, SR_NOMEM, "no thread to look for files (%s)", strerror(no));
	a->walking = true;
	return 0;
}

/* --- the caller's side ------------------------------------------------------------------------ */

static int make_buffers(struct sr_ahead *a, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < SLOTS && rc == 0; i++) {
		sr_buf_init_secret(&a->entries[i].names);
		a->entries[i].first = malloc(SR_AHEAD_FIRST);
		rc = a->entries[i].first == NULL ? sr_fail(e, SR_NOMEM, "no memory to read ahead")
						 : sr_sha256_new(&a->entries[i].sha, e);
	}
	for (size_t i = 0; i < SR_AHEAD_CHUNKS && rc == 0; i++) {
		a->chunks[i].a = a;
		a->chunks[i].bytes = malloc(SR_AHEAD_CHUNK);
		if (a->chunks[i].bytes == NULL)
			rc = sr_fail(e, SR_NOMEM, "no memory to read ahead");
	}
	return rc;
}

static unsigned readers(void) {
	const long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > READERS_MAX ? READERS_MAX : (unsigned)n;
}

int sr_ahead_new(
	struct sr_ahead **out, const struct sr_deposit_source *src, bool hash, struct sr_err *e) {
	struct sr_ahead *a = calloc(1, sizeof *a);
	int rc;

	*out = NULL;
	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to read ahead");
	a->src = src;
	for (size_t i = 0; i < SLOTS; i++)
		a->entries[i].hash = hash;
	(void)pthread_mutex_init(&a->lock, NULL);
	rc = make_buffers(a, e);
	if (rc == 0)
		rc = sr_pool_new(&a->found, readers(), SR_AHEAD_FILES, read_first, e);
	if (rc == 0)
		rc = sr_pool_new(&a->rest, 1, SR_AHEAD_CHUNKS, read_chunk, e);
	if (rc == 0)
		rc = start_walk(a, e);
	if (rc != 0) {
		sr_ahead_free(a);
		return rc;
	}
	*out = a;
	return 0;
}

/* Chunks that were asked for and not wanted any more. */
static void drop_chunks(struct sr_ahead *a) {
	while (a->taken < a->asked) {
		(void)sr_pool_take(a->rest);
		a->taken++;
	}
	a->asked = a->taken = 0;
}

int sr_ahead_next(struct sr_ahead *a, struct sr_ahead_event *ev, struct sr_err *e) {
	if (!a->over) {
		drop_chunks(a);
		if (a->at != NULL)
			close_entry(a->at);
		a->at = sr_pool_next(a->found);
		a->given = false;
		a->over = a->at->ev.what == SR_AHEAD_END;
	}
	*ev = a->at->ev;
	if (a->at->rc != 0 && e != NULL)
		*e = a->at->e;
	return a->at->rc;
}

struct sr_bytes sr_ahead_bytes(struct sr_ahead *a) {
	struct entry *en = a->at;
	struct chunk *c;

	if (!a->given) {
		a->given = true;
		if (en->first_len > 0 || en->ended)
			return sr_bytes_of(en->first, en->first_len);
	}
	if (a->asked == 0 && en->ended) /* the first bytes were all */
		return sr_bytes_of(NULL, 0);
	/* The chunk that was given last is free again; all that are free are asked for. */
	while (a->asked - a->taken < SR_AHEAD_CHUNKS) {
		c = &a->chunks[a->asked % SR_AHEAD_CHUNKS];
		if (sr_pool_submit(a->rest, c, NULL) != 0)
			break;
		a->asked++;
	}
	c = sr_pool_take(a->rest);
	a->taken++;
	return sr_bytes_of(c->bytes, c->len);
}

const struct sr_ahead_sum *sr_ahead_sum(const struct sr_ahead *a) {
	return &a->at->sum;
}

static void stop(struct sr_ahead *a) {
	struct sr_ahead_event ev;

	(void)pthread_mutex_lock(&a->lock);
	a->stop = true;
	(void)pthread_mutex_unlock(&a->lock);
	while (a->walking && !a->over)
		(void)!sr_ahead_next(a, &ev, NULL);
	if (a->walking)
		(void)pthread_join(a->walk, NULL);
}

void sr_ahead_free(struct sr_ahead *a) {
	if (a == NULL)
		return;
	stop(a);
	sr_pool_free(a->found);
	sr_pool_free(a->rest);
	for (size_t i = 0; i < SLOTS; i++) {
		struct entry *en = &a->entries[i];

		close_entry(en);
		if (en->first != NULL)
			sr_wipe(en->first, en->used);
		free(en->first);
		sr_sha256_free(en->sha);
		sr_buf_free(&en->names);
	}
	for (size_t i = 0; i < SR_AHEAD_CHUNKS; i++) {
		if (a->chunks[i].bytes != NULL)
			sr_wipe(a->chunks[i].bytes, a->chunks[i].used);
		free(a->chunks[i].bytes);
	}
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}
