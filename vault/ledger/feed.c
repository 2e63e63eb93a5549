/*
 * feed - see feed.h. Work is handed to the pool bundle by bundle and taken back in that order; an
 * error of one entry waits until that entry is asked for.
 */
#include "ledger/feed.h"

#include <stdlib.h>

#include "base/pool.h"
#include "ledger/ledger_impl.h"

struct spent { /* entries to be freed */
	struct sr_entry entry[SR_TILE_WIDTH];
	size_t count;
};

struct work { /* one bundle */
	const struct sr_feed *feed;
	struct spent *spent; /* first; NULL: none */
	uint64_t n;
	size_t first, end; /* slots that are wanted */
	struct sr_entry entry[SR_TILE_WIDTH];
	size_t done; /* opened: slots first .. done */
	size_t taken;
	struct sr_err err; /* of slot `done`, when code is not 0 */
};

struct sr_feed {
	struct sr_feed_options o;
	struct sr_pool *pool;
	struct work *now;    /* entries are taken from here; NULL: none */
	uint64_t next;       /* bundle that is handed out next */
	size_t out;          /* pieces of work in the pool */
	uint64_t at;         /* index that is taken next */
	struct spent *spent; /* goes with the next piece of work; NULL: none yet */
};

static void spent_free(struct spent *s) {
	for (size_t i = 0; s != NULL && i < s->count; i++)
		sr_entry_free(&s->entry[i]);
	free(s);
}

static void work_free(struct work *w) {
	if (w == NULL)
		return;
	for (size_t i = w->taken; i < w->done; i++)
		sr_entry_free(&w->entry[i]);
	spent_free(w->spent);
	free(w);
}

/* The entries of bundle ${n}: a full one out of its file, compared with its tile; the journal's as
 * they lie in memory. */
static int read_entries(const struct sr_ledger *l, const struct work *w, struct sr_buf *b,
	struct sr_bytes entry[SR_TILE_WIDTH], struct sr_err *e) {
	const uint64_t first = w->n * SR_TILE_WIDTH, base = sr_journal_base(l->journal);
	const struct sr_tile t = {.n = w->n, .width = SR_TILE_WIDTH};
	uint8_t tile[SR_TILE_SIZE];
	int rc;

	if (first >= base) {
		for (size_t i = w->first; i < w->end; i++)
			entry[i] = sr_journal_leaf(l->journal, (size_t)(first - base) + i);
		return 0;
	}
	rc = sr_ledger_read_tile(l, tile, &t, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(
			e, SR_CORRUPT, "tile of entry %llu is missing", (unsigned long long)first);
	if (rc == 0)
		rc = sr_ledger_read_bundle(l, w->n, b, entry, tile, e);
	return rc == 0 ? 0 : sr_wrap(e, "ledger");
}

static void run(void *job) {
	struct work *w = job;
	const struct sr_feed_options *o = &w->feed->o;
	struct sr_bytes entry[SR_TILE_WIDTH] = {{NULL, 0}};
	struct sr_buf b;
	int rc;

	spent_free(w->spent);
	w->spent = NULL;
	sr_buf_init(&b);
	rc = read_entries(o->ledger, w, &b, entry, &w->err);
	while (rc == 0 && w->done < w->end) {
		const uint64_t index = w->n * SR_TILE_WIDTH + w->done;

		rc = sr_entry_open(
			&w->entry[w->done], o->origin, index, entry[w->done], o->keys, &w->err);
		if (rc == 0)
			w->done++;
	}
	if (rc != 0 && w->err.code == SR_OK)
		w->err.code = (enum sr_code)rc;
	sr_buf_free(&b);
}

static void drop(struct sr_feed *f) {
	work_free(f->now);
	f->now = NULL;
	for (; f->out > 0; f->out--)
		work_free(sr_pool_take(f->pool));
}

/* Hand out what may be handed out. */
static int fill(struct sr_feed *f, struct sr_err *e) {
	const uint64_t size = sr_ledger_next_index(f->o.ledger);
	int rc = 0;

	while (rc == 0 && f->out < SR_FEED_AHEAD && f->next * SR_TILE_WIDTH < size) {
		const uint64_t first = f->next * SR_TILE_WIDTH;
		struct work *w = calloc(1, sizeof *w);

		if (w == NULL)
			return sr_fail(e, SR_NOMEM, "feed: no memory for a bundle of entries");
		w->feed = f;
		w->n = f->next;
		w->first = f->at > first ? (size_t)(f->at - first) : 0;
		w->end = size - first < SR_TILE_WIDTH ? (size_t)(size - first) : SR_TILE_WIDTH;
		w->done = w->taken = w->first;
		w->spent = f->spent;
		f->spent = NULL;
		rc = sr_pool_submit(f->pool, w, e);
		if (rc != 0) {
			work_free(w);
			return rc;
		}
		f->next++;
		f->out++;
	}
	return rc;
}

static void seek(struct sr_feed *f, uint64_t index) {
	drop(f);
	f->at = index;
	f->next = index / SR_TILE_WIDTH;
}

int sr_feed_new(struct sr_feed **out, const struct sr_feed_options *o, struct sr_err *e) {
	struct sr_feed *f = calloc(1, sizeof *f);
	int rc;

	*out = NULL;
	if (f == NULL)
		return sr_fail(e, SR_NOMEM, "feed: out of memory");
	f->o = *o;
	seek(f, o->from);
	rc = sr_pool_new(&f->pool, 0, SR_FEED_AHEAD, run, e);
	if (rc != 0) {
		free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void sr_feed_free(struct sr_feed *f) {
	if (f == NULL)
		return;
	drop(f);
	sr_pool_free(f->pool);
	spent_free(f->spent);
	free(f);
}

int sr_feed_take(struct sr_feed *f, uint64_t index, struct sr_entry *out, struct sr_err *e) {
	int rc;

	if (index >= sr_ledger_next_index(f->o.ledger))
		return sr_fail(e, SR_NOTFOUND, "entry %llu: there are %llu",
			(unsigned long long)index,
			(unsigned long long)sr_ledger_next_index(f->o.ledger));
	if (index != f->at)
		seek(f, index);
	if (f->now != NULL && f->now->taken == f->now->end) {
		work_free(f->now);
		f->now = NULL;
	}
	rc = fill(f, e);
	if (rc != 0)
		return rc;
	if (f->now == NULL) {
		f->now = sr_pool_take(f->pool);
		if (f->now == NULL)
			return sr_fail(e, SR_MISUSE, "feed: nothing was read ahead");
		f->out--;
	}
	if (f->now->taken == f->now->done) /* its error, each time it is asked for */
		return sr_fail(e, f->now->err.code, "%s", f->now->err.text);
	*out = f->now->entry[f->now->taken++];
	f->at++;
	return 0;
}

void sr_feed_done(struct sr_feed *f, struct sr_entry *en) {
	if (f->spent == NULL)
		f->spent = calloc(1, sizeof *f->spent);
	if (f->spent == NULL || f->spent->count == SR_TILE_WIDTH) {
		sr_entry_free(en);
		return;
	}
	f->spent->entry[f->spent->count++] = *en;
	*en = (struct sr_entry){.records = NULL};
}
