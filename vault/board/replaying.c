/*
 * replaying - see replaying.h.
 */
#include "board/replaying.h"

#include "ledger/feed.h"
#include "ledger/ledger.h"

enum {
	AHEAD_FROM = 1024 /* entries: for fewer, threads are not worth their start */
};

static int open_entry(
	struct sr_replaying *r, uint64_t index, struct sr_entry *out, struct sr_err *e) {
	int rc = 0;

	if (r->feed == NULL && r->replay.size - index >= AHEAD_FROM) {
		const struct sr_feed_options o = {.ledger = r->vault->ledger,
			.origin = r->vault->keys->origin,
			.keys = &r->ring,
			.from = index};

		rc = sr_feed_new(&r->feed, &o, e);
	}
	if (rc == 0 && r->feed != NULL)
		return sr_feed_take(r->feed, index, out, e);
	return rc == 0 ? sr_vault_entry(out, r->vault, index, e) : rc;
}

static int entry(void *ctx, uint64_t index, struct sr_entry *out, struct sr_err *e) {
	struct sr_replaying *r = ctx;
	const int rc = open_entry(r, index, out, e);

	r->no_entry = rc != 0;
	return rc;
}

static void done(void *ctx, struct sr_entry *en) {
	struct sr_replaying *r = ctx;

	if (r->feed != NULL)
		sr_feed_done(r->feed, en);
	else
		sr_entry_free(en);
}

static int root_at(void *ctx, uint64_t size, uint8_t root[SR_HASH], struct sr_err *e) {
	const struct sr_replaying *r = ctx;

	return sr_ledger_root_at(r->vault->ledger, size, root, e);
}

static int object(void *ctx, const struct sr_object_at *at, struct sr_buf *body, struct sr_err *e) {
	struct sr_replaying *r = ctx;

	pthread_mutex_lock(&r->lock);
	const int rc = r->objects.get(r->objects.ctx, at, body, e);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

static int epoch_key(
	void *ctx, uint32_t epoch, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct sr_replaying *r = ctx;

	return r->own.epoch(r->own.ctx, epoch, c, key, e);
}

static int subject_key(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_replaying *r = ctx;

	pthread_mutex_lock(&r->lock);
	const int rc = r->own.subject(r->own.ctx, epoch, c, subject, key, e);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

void sr_replaying_init(
	struct sr_replaying *r, struct sr_vault *v, const struct sr_progress *progress) {
	memset(r, 0, sizeof *r);
	pthread_mutex_init(&r->lock, NULL);
	r->vault = v;
	r->objects = sr_object_source_init(&r->source, v);
	r->own = sr_vault_keyring(v);
	r->ring = (struct sr_keyring){epoch_key, subject_key, r};
	r->replay.size = sr_ledger_next_index(v->ledger);
	sr_ledger_root(r->replay.root, v->ledger);
	r->replay.entry = entry;
	r->replay.done = done;
	r->replay.root_at = root_at;
	r->replay.ctx = r;
	r->replay.objects = (struct sr_objects){object, r};
	r->replay.progress = progress;
}

void sr_replaying_free(struct sr_replaying *r) {
	sr_feed_free(r->feed);
	sr_object_source_free(&r->source);
	pthread_mutex_destroy(&r->lock);
	memset(r, 0, sizeof *r);
}

int sr_replaying_entry(
	struct sr_replaying *r, uint64_t index, struct sr_entry *out, struct sr_err *e) {
	struct sr_buf raw;
	int rc;

	sr_buf_init(&raw);
	rc = sr_ledger_entry(r->vault->ledger, index, &raw, e);
	if (rc == 0) /* names the entry itself */
		rc = sr_entry_open(
			out, r->vault->keys->origin, index, sr_buf_view(&raw), &r->ring, e);
	else
		(void)sr_wrap(e, "entry %llu", (unsigned long long)index);
	sr_buf_free(&raw);
	return rc;
}
