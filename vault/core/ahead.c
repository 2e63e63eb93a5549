/*
 * A run is FILLED by the walk -> FOUND -> READ by a worker -> DONE -> the caller's -> FILLED again.
 * They are used in a circle, so three counts say which is where: taken <= begun <= found, and found
 * - taken < SR_AHEAD_RUNS; run `found` is the one that is being filled. `done` of a run tells
 * whether its worker is ready.
 *
 * An entry that was found is put into the run under the lock; until then it is the walk's own. So a
 * worker that has nothing else to do may take the run that is being filled, after a while
 * (SR_AHEAD_WAIT_MS): the walk may be waiting for just that, and puts its next entry elsewhere.
 *
 * A worker reads the files of its run one after the other into the run's bytes, and stops at the
 * first that does not end there: a long one, which has a run of its own, or one that has grown. It
 * and all behind it are read when their turn comes: `rest` has one worker, its jobs are chunks of
 * the file that the caller holds, asked for by the caller, so they are filled one after the other.
 * One SHA-256 state for a run is enough, since what is hashed is ended, or is the last that the
 * worker was at, or is the caller's.
 *
 * An entry's content belongs to the walk until it is in a run, then to the run's worker, then to
 * the caller and the worker of `rest` while chunks are asked for; whoever meets its end closes it.
 */
#include "core/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/pool.h"
#include "store/manifest.h"

enum {
	READERS_MAX = 8 /* more would wait for the same disk */
};

struct found { /* what the source said */
	struct sr_ahead_event ev;
	struct sr_buf names; /* what the views of ev point to */
	bool open;           /* content is to be closed */
};

struct entry {
	struct found of;
	const uint8_t *first; /* in the run's bytes */
	size_t first_len;
	bool begun, ended;
	struct sr_ahead_sum sum;
};

struct run {
	struct entry entries[SR_AHEAD_RUN];
	size_t count;
	uint64_t expected; /* bytes of its files, as the source says, and one for the end of each */
	struct timespec late;  /* when a worker that has nothing else to do takes it */
	bool done;             /* its worker is ready; under the lock */
	uint8_t *bytes;        /* SR_AHEAD_FIRST */
	size_t used;           /* of bytes, ever: to be wiped */
	struct sr_sha256 *sha; /* NULL: nothing is hashed */
};

struct chunk {
	struct sr_ahead *a;
	uint8_t *bytes; /* SR_AHEAD_CHUNK */
	size_t len;
	size_t used;
};

struct sr_ahead {
	const struct sr_deposit_source *src;
	struct run runs[SR_AHEAD_RUNS];
	pthread_t walk, readers[READERS_MAX];
	bool walking;
	unsigned reading; /* readers that run */

	pthread_mutex_t lock; /* for what stands from here to `quit`, and done and count of a run */
	pthread_cond_t work;  /* readers: a run was found, or began to fill, or stop, or quit */
	pthread_cond_t ready; /* the caller: a run is done */
	pthread_cond_t room;  /* the walk: the caller has given a run back */
	uint64_t found, begun, taken;
	bool stop; /* nobody wants more: what is found is closed unread */
	bool quit; /* nothing more will be found */

	int rc; /* why the source ended; set before its end is found */
	struct sr_err e;

	struct run *at_run; /* the caller's */
	size_t at_index;
	struct entry *at;
	bool given; /* its first bytes were */
	bool over;  /* it was SR_AHEAD_END */
	struct sr_pool *rest;
	struct chunk chunks[SR_AHEAD_CHUNKS];
	size_t asked, taken_chunks; /* chunks of this file */
};

static void lock(struct sr_ahead *a) {
	(void)pthread_mutex_lock(&a->lock);
}

static void unlock(struct sr_ahead *a) {
	(void)pthread_mutex_unlock(&a->lock);
}

static struct run *run_of(struct sr_ahead *a, uint64_t number) {
	return &a->runs[number % SR_AHEAD_RUNS];
}

/* --- reading ---------------------------------------------------------------------------------- */

static void close_found(struct found *f) {
	struct sr_deposit_content *c = &f->ev.file.content;

	if (f->open && c->close != NULL)
		c->close(c->ctx);
	f->open = false;
}

static bool is_read(const struct entry *en) {
	return en->of.ev.what == SR_AHEAD_FILE && en->of.ev.file.kind == SR_FILE_REGULAR;
}

/* Up to ${len} bytes, hashed; fewer only at the end. */
static size_t fill(struct entry *en, struct sr_sha256 *sha, uint8_t *p, size_t len) {
	const struct sr_deposit_content *c = &en->of.ev.file.content;
	size_t have = 0;

	if (en->ended)
		return 0;
	if (!en->begun && sha != NULL)
		sr_sha256_reset(sha);
	en->begun = true;
	while (have < len && !en->ended) {
		struct sr_err why;
		size_t got = 0;
		int rc;

		sr_err_clear(&why);
		rc = c->read(c->ctx, p + have, len - have, &got, &why);
		if (rc != 0) {
			en->sum.broken = true;
			en->sum.rc = rc == SR_LOCKED || rc == SR_NOMEM ? rc : 0;
			snprintf(en->sum.reason, sizeof en->sum.reason, "%.199s",
				why.text[0] != '\0' ? why.text : "it could not be read");
		}
		en->ended = en->sum.broken || got == 0;
		have += en->ended ? 0 : got;
	}
	if (sha != NULL)
		sr_sha256_update(sha, p, have);
	en->sum.size += have;
	if (en->ended) {
		if (sha != NULL)
			sr_sha256_final(sha, en->sum.sha256);
		en->sum.changed = !en->sum.broken && c->changed != NULL && c->changed(c->ctx);
		close_found(&en->of);
	}
	return have;
}

static bool stopped(struct sr_ahead *a) {
	bool stop;

	lock(a);
	stop = a->stop;
	unlock(a);
	return stop;
}

/* The files of a run, as far as they end in its bytes. Nobody else has it. */
static void read_run(struct sr_ahead *a, struct run *r) {
	size_t at = 0;

	for (size_t i = 0; i < r->count && !stopped(a); i++) {
		struct entry *en = &r->entries[i];

		if (!is_read(en))
			continue;
		if (at == SR_AHEAD_FIRST)
			break;
		en->first = r->bytes + at;
		en->first_len = fill(en, r->sha, r->bytes + at, SR_AHEAD_FIRST - at);
		at += en->first_len;
		r->used = at > r->used ? at : r->used;
		if (!en->ended)
			break;
	}
}

static bool is_late(const struct timespec *t) {
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

/* The next run to read; NULL at the end. Under the lock. */
static struct run *next_run(struct sr_ahead *a) {
	for (;;) {
		struct run *filling = run_of(a, a->found);
		/* Where every run is in use, the one at this place is another. */
		const bool some = a->found - a->taken < SR_AHEAD_RUNS && filling->count > 0;

		if (a->begun < a->found)
			break;
		if (some && (a->stop || is_late(&filling->late))) {
			a->found++;
			break;
		}
		if (a->quit)
			return NULL;
		const struct timespec late = filling->late; /* it may be another run's meanwhile */
		if (some)
			(void)pthread_cond_timedwait(&a->work, &a->lock, &late);
		else
			(void)pthread_cond_wait(&a->work, &a->lock);
	}
	return run_of(a, a->begun++);
}

static void *reader(void *arg) {
	struct sr_ahead *a = arg;
	struct run *r;

	lock(a);
	while ((r = next_run(a)) != NULL) {
		unlock(a);
		read_run(a, r);
		lock(a);
		r->done = true;
		(void)pthread_cond_signal(&a->ready);
	}
	unlock(a);
	return NULL;
}

static void read_chunk(void *job) {
	struct chunk *c = job;

	c->len = fill(c->a->at, c->a->at_run->sha, c->bytes, SR_AHEAD_CHUNK);
	c->used = c->len > c->used ? c->len : c->used;
}

/* --- the walk --------------------------------------------------------------------------------- */

static struct sr_bytes kept(struct sr_buf *b, struct sr_bytes v) {
	const size_t at = b->len;

	sr_buf_put_bytes(b, v);
	return b->failed == SR_OK && v.len > 0 ? sr_bytes_of(b->p + at, v.len)
					       : sr_bytes_of(NULL, 0);
}

/* Room first: views must not move while the next name is put. */
static int keep_names(struct found *en, struct sr_err *e) {
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
	struct found at; /* the entry at hand, until it is in a run */
	bool in_item;
};

/* What the source says next. */
static int ask(struct walk *w, struct sr_err *e) {
	const struct sr_deposit_source *src = w->a->src;
	struct found *en = &w->at;
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

/* What the entry counts for in a run. */
static uint64_t expects(const struct found *f) {
	if (f->ev.what != SR_AHEAD_FILE || f->ev.file.kind != SR_FILE_REGULAR)
		return 0;
	return f->ev.file.size < SR_AHEAD_FIRST ? f->ev.file.size + 1 : SR_AHEAD_FIRST;
}

/* The run that is being filled is full, or the last. Under the lock. */
static void hand_over(struct sr_ahead *a) {
	a->found++;
	(void)pthread_cond_signal(&a->work);
}

/* The run that an entry of ${expected} bytes goes into, waiting for one. Under the lock. */
static struct run *place_for(struct sr_ahead *a, uint64_t expected) {
	for (;;) {
		struct run *r = run_of(a, a->found);

		if (a->found - a->taken == SR_AHEAD_RUNS)
			(void)pthread_cond_wait(&a->room, &a->lock);
		else if (r->count > 0 && r->expected + expected > SR_AHEAD_FIRST)
			hand_over(a);
		else
			return r;
	}
}

/* The first of a run: how long it waits for others. */
static void begin_run(struct sr_ahead *a, struct run *r) {
	(void)clock_gettime(CLOCK_MONOTONIC, &r->late);
	r->late.tv_nsec += SR_AHEAD_WAIT_MS * 1000000L;
	if (r->late.tv_nsec >= 1000000000L) {
		r->late.tv_nsec -= 1000000000L;
		r->late.tv_sec++;
	}
	(void)pthread_cond_signal(&a->work);
}

/* The entry at hand into a run. */
static void put_entry(struct walk *w) {
	const uint64_t expected = expects(&w->at);
	struct sr_ahead *a = w->a;
	struct sr_buf names;

	lock(a);
	struct run *r = place_for(a, expected);
	struct entry *en = &r->entries[r->count];
	names = en->of.names; /* memory for the next */
	en->of = w->at;
	w->at = (struct found){.names = names};
	en->first_len = 0;
	en->begun = en->ended = false;
	memset(&en->sum, 0, sizeof en->sum);
	if (r->count++ == 0)
		begin_run(a, r);
	r->expected += expected;
	if (r->count == SR_AHEAD_RUN || r->expected >= SR_AHEAD_FIRST ||
		en->of.ev.what == SR_AHEAD_END)
		hand_over(a);
	unlock(a);
}

/* One entry; false after the last one. */
static bool step(struct walk *w) {
	struct sr_err e;
	int rc;

	sr_err_clear(&e);
	rc = stopped(w->a) ? sr_fail(&e, SR_LOCKED, "stopped") : ask(w, &e);
	if (rc == 0)
		rc = keep_names(&w->at, &e);
	if (rc != 0) {
		close_found(&w->at);
		w->at.ev.what = SR_AHEAD_END;
		w->a->rc = rc;
		w->a->e = e;
	}
	const bool last = w->at.ev.what == SR_AHEAD_END;
	put_entry(w);
	return !last;
}

static void *walk(void *arg) {
	struct walk w = {.a = arg};

	sr_buf_init_secret(&w.at.names);
	while (step(&w))
		;
	sr_buf_free(&w.at.names);
	return NULL;
}

/* Fewer readers than wanted do the same more slowly. */
static int start_threads(struct sr_ahead *a, unsigned wanted, struct sr_err *e) {
	int no = 0;

	while (a->reading < wanted && no == 0) {
		no = pthread_create(&a->readers[a->reading], NULL, reader, a);
		a->reading += no == 0;
	}
	if (a->reading > 0) {
		no = pthread_create(&a->walk, NULL, walk, a);
		a->walking = no == 0;
	}
	return a->walking ? 0
			  : sr_fail(e, SR_NOMEM, "no thread to look for files (%s)", strerror(no));
}

/* Signals are for the thread that runs the program. */
static int start(struct sr_ahead *a, unsigned wanted, struct sr_err *e) {
	sigset_t all, before;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = start_threads(a, wanted, e);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

/* --- the caller's side ------------------------------------------------------------------------ */

static int make_run(struct run *r, bool hash, struct sr_err *e) {
	for (size_t i = 0; i < SR_AHEAD_RUN; i++)
		sr_buf_init_secret(&r->entries[i].of.names);
	r->bytes = malloc(SR_AHEAD_FIRST);
	if (r->bytes == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to read ahead");
	return hash ? sr_sha256_new(&r->sha, e) : 0;
}

static int make_buffers(struct sr_ahead *a, bool hash, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < SR_AHEAD_RUNS && rc == 0; i++)
		rc = make_run(&a->runs[i], hash, e);
	for (size_t i = 0; i < SR_AHEAD_CHUNKS && rc == 0; i++) {
		a->chunks[i].a = a;
		a->chunks[i].bytes = malloc(SR_AHEAD_CHUNK);
		if (a->chunks[i].bytes == NULL)
			rc = sr_fail(e, SR_NOMEM, "no memory to read ahead");
	}
	return rc;
}

static void make_conditions(struct sr_ahead *a) {
	pthread_condattr_t monotonic;

	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->work, &monotonic);
	(void)pthread_cond_init(&a->ready, NULL);
	(void)pthread_cond_init(&a->room, NULL);
	(void)pthread_condattr_destroy(&monotonic);
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
	make_conditions(a);
	rc = make_buffers(a, hash, e);
	if (rc == 0)
		rc = sr_pool_new(&a->rest, 1, SR_AHEAD_CHUNKS, read_chunk, e);
	if (rc == 0)
		rc = start(a, readers(), e);
	if (rc != 0) {
		sr_ahead_free(a);
		return rc;
	}
	*out = a;
	return 0;
}

/* Chunks that were asked for and not wanted any more. */
static void drop_chunks(struct sr_ahead *a) {
	while (a->taken_chunks < a->asked) {
		(void)sr_pool_take(a->rest);
		a->taken_chunks++;
	}
	a->asked = a->taken_chunks = 0;
}

/* The caller is through with its run; waits for the next. */
static void turn_over(struct sr_ahead *a) {
	lock(a);
	if (a->at_run != NULL) {
		a->at_run->count = 0;
		a->at_run->expected = 0;
		a->at_run->done = false;
		a->taken++;
		(void)pthread_cond_signal(&a->room);
	}
	a->at_run = run_of(a, a->taken);
	while (!a->at_run->done)
		(void)pthread_cond_wait(&a->ready, &a->lock);
	a->at_index = 0;
	unlock(a);
}

int sr_ahead_next(struct sr_ahead *a, struct sr_ahead_event *ev, struct sr_err *e) {
	if (!a->over) {
		drop_chunks(a);
		if (a->at != NULL)
			close_found(&a->at->of);
		if (a->at_run == NULL || ++a->at_index == a->at_run->count)
			turn_over(a);
		a->at = &a->at_run->entries[a->at_index];
		a->given = false;
		a->over = a->at->of.ev.what == SR_AHEAD_END;
	}
	*ev = a->at->of.ev;
	if (!a->over || a->rc == 0)
		return 0;
	if (e != NULL)
		*e = a->e;
	return a->rc;
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
	while (a->asked - a->taken_chunks < SR_AHEAD_CHUNKS) {
		c = &a->chunks[a->asked % SR_AHEAD_CHUNKS];
		if (sr_pool_submit(a->rest, c, NULL) != 0)
			break;
		a->asked++;
	}
	c = sr_pool_take(a->rest);
	a->taken_chunks++;
	return sr_bytes_of(c->bytes, c->len);
}

const struct sr_ahead_sum *sr_ahead_sum(const struct sr_ahead *a) {
	return &a->at->sum;
}

/* What is found meanwhile is closed, so that a source that waits for that goes on. */
static void stop(struct sr_ahead *a) {
	struct sr_ahead_event ev;

	lock(a);
	a->stop = true;
	(void)pthread_cond_broadcast(&a->work);
	unlock(a);
	while (a->walking && !a->over)
		(void)!sr_ahead_next(a, &ev, NULL);
	if (a->walking)
		(void)pthread_join(a->walk, NULL);
	lock(a);
	a->quit = true;
	(void)pthread_cond_broadcast(&a->work);
	unlock(a);
	for (unsigned i = 0; i < a->reading; i++)
		(void)pthread_join(a->readers[i], NULL);
}

static void free_run(struct run *r) {
	for (size_t i = 0; i < SR_AHEAD_RUN; i++)
		sr_buf_free(&r->entries[i].of.names);
	if (r->bytes != NULL)
		sr_wipe(r->bytes, r->used);
	free(r->bytes);
	sr_sha256_free(r->sha);
}

void sr_ahead_free(struct sr_ahead *a) {
	if (a == NULL)
		return;
	stop(a);
	sr_pool_free(a->rest);
	for (size_t i = 0; i < SR_AHEAD_RUNS; i++)
		free_run(&a->runs[i]);
	for (size_t i = 0; i < SR_AHEAD_CHUNKS; i++) {
		if (a->chunks[i].bytes != NULL)
			sr_wipe(a->chunks[i].bytes, a->chunks[i].used);
		free(a->chunks[i].bytes);
	}
	(void)pthread_cond_destroy(&a->work);
	(void)pthread_cond_destroy(&a->ready);
	(void)pthread_cond_destroy(&a->room);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}
